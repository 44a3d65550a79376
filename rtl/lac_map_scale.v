// SPDX-License-Identifier: Apache-2.0
//
// lac_map_scale - a coordinate times the stride, or divided by it
//
//   in -->[ + add ]-->[ * mul ]-->[ shift ]-->[ - sub ]--> out, rem
//
//   Function   divide: out = floor((in + pad) / stride) + plus, rem what is left. Else out = in * stride - pad + plus, rem 0
//   Division   of a number below 2^17, made positive by a multiple of every stride, by its reciprocal * 2^18, rounded up: exact for strides
//              up to 5
//   Timing     4 edges of `en`, one a cycle; stride, divide and pad hold still, from 2 cycles before the first
//   Range      in: -33,000 .. 33,000
//   Reset      none
`default_nettype none

module lac_map_scale (
    input  wire        clk,
    input  wire        en,
    input  wire [2:0]  stride,  // 1 .. 5
    input  wire        divide,
    input  wire [10:0] pad,     // signed
    input  wire [16:0] in,      // signed
    input  wire [2:0]  plus,
    output wire [18:0] out,     // signed
    output wire [2:0]  rem
);

`include "lac_rest.vh"
    localparam [16:0] UP_DIV = 17'd61440, UP_MUL = 17'd34816;  // multiples of 60; beyond any `in`

    reg         high_q;   // the quotient stands above 2^18
    reg  [16:0] add_q;
    reg  [18:0] sub_q;
    reg  [17:0] mul_q;
    wire [18:0] pad19  = {{8{pad[10]}}, pad};
    wire [18:0] up_mul = {1'b0, stride, 15'd0} + {5'd0, stride, 11'd0};  // UP_MUL * stride
    reg  [16:0] up_div;                                                  // UP_DIV / stride
    reg  [17:0] recip;
    always @*
        case (stride)
            3'd2:    {up_div, recip} = {17'd30720, 18'd131072};
            3'd3:    {up_div, recip} = {17'd20480, 18'd87382};
            3'd4:    {up_div, recip} = {17'd15360, 18'd65536};
            3'd5:    {up_div, recip} = {17'd12288, 18'd52429};
            default: {up_div, recip} = {17'd61440, 18'd1};
        endcase
    always @(posedge clk) begin
        high_q <= divide && stride != 3'd1;
        add_q  <= divide ? UP_DIV + pad19[16:0] : UP_MUL;
        sub_q  <= divide ? {2'd0, up_div} : up_mul + pad19;
        mul_q  <= divide ? recip : {15'd0, stride};
    end

    wire [16:0] u = in + add_q;
    wire [35:0] p;
    lac_mul #(.SIGNED(0)) u_mul (.clk(clk), .en(en), .a({1'b0, u}), .b(mul_q), .p(p));

    reg  [2:0]  u1_q, u2_q, u3_q, rem_q, plus1_q, plus2_q;
    reg  [18:0] sub3_q, out_q;
    wire [18:0] q = high_q ? {1'b0, p[35:18]} : p[18:0];
    always @(posedge clk)
        if (en) begin
            {u1_q, u2_q, u3_q} <= {u[2:0], u1_q, u2_q};
            {plus1_q, plus2_q} <= {plus, plus1_q};
            sub3_q <= sub_q - {16'd0, plus2_q};
            out_q  <= q - sub3_q;
            rem_q  <= high_q ? rest(u3_q, p[20:18], stride) : 3'd0;
        end
    assign out = out_q;
    assign rem = rem_q;

endmodule
`default_nettype wire
