// SPDX-License-Identifier: Apache-2.0
//
// lac_map_phase - which of 32 sites begin an output: those with (32 * place + j + pad) mod stride = 0
//
//   Function   the remainder modulo 15 is that of the sum of the hexadecimal digits; from it those modulo 3 and 5
//   Timing     mask belongs to the place of two cycles of !hold before
//   Reset      none
`default_nettype none

module lac_map_phase (
    input  wire        clk,
    input  wire        hold,
    input  wire        all,      // every site does
    input  wire [2:0]  stride,   // 1 .. 5
    input  wire [10:0] pad,      // signed
    input  wire [11:0] place,    // signed
    output wire [31:0] mask
);

    // 61440 is a multiple of 60 and makes the number positive
    wire [16:0] v = {place, 5'd0} + {{6{pad[10]}}, pad} + 17'd61440;
    wire [5:0]  d = {2'd0, v[3:0]} + {2'd0, v[7:4]} + {2'd0, v[11:8]} + {2'd0, v[15:12]} + {5'd0, v[16]};
    reg  [5:0]  d_q;
    reg  [1:0]  low_q;
    always @(posedge clk) {d_q, low_q} <= {d, v[1:0]};

    wire [4:0]  e = {1'b0, d_q[3:0]} + {3'd0, d_q[5:4]};  // 0 .. 18
    reg  [1:0]  m3;
    reg  [2:0]  m5;
    always @*
        case (e)
            5'd1, 5'd16: {m3, m5} = {2'd1, 3'd1};
            5'd2, 5'd17: {m3, m5} = {2'd2, 3'd2};
            5'd3, 5'd18: {m3, m5} = {2'd0, 3'd3};
            5'd4:        {m3, m5} = {2'd1, 3'd4};
            5'd5:        {m3, m5} = {2'd2, 3'd0};
            5'd6:        {m3, m5} = {2'd0, 3'd1};
            5'd7:        {m3, m5} = {2'd1, 3'd2};
            5'd8:        {m3, m5} = {2'd2, 3'd3};
            5'd9:        {m3, m5} = {2'd0, 3'd4};
            5'd10:       {m3, m5} = {2'd1, 3'd0};
            5'd11:       {m3, m5} = {2'd2, 3'd1};
            5'd12:       {m3, m5} = {2'd0, 3'd2};
            5'd13:       {m3, m5} = {2'd1, 3'd3};
            5'd14:       {m3, m5} = {2'd2, 3'd4};
            default:     {m3, m5} = {2'd0, 3'd0};
        endcase
    // The first j, for each stride one-hot; all ones where every j counts
    reg         all_q;
    reg  [1:0]  hot2_q;
    reg  [2:0]  hot3_q;
    reg  [3:0]  hot4_q;
    reg  [4:0]  hot5_q;
    wire [1:0]  neg4 = 2'd0 - low_q;
    always @(posedge clk)
        if (!hold) begin
            all_q  <= all || stride == 3'd1;
            hot2_q <= stride == 3'd2 ? 2'd1 << low_q[0] : 2'd0;
            hot3_q <= stride != 3'd3 ? 3'd0 : m3 == 2'd0 ? 3'd1 : m3 == 2'd1 ? 3'd4 : 3'd2;
            hot4_q <= stride == 3'd4 ? 4'd1 << neg4 : 4'd0;
            hot5_q <= stride != 3'd5 ? 5'd0 : m5 == 3'd0 ? 5'd1 : 5'd1 << (3'd5 - m5);
        end
    genvar j;
    generate
        for (j = 0; j < 32; j = j + 1) begin : g_site
            assign mask[j] = all_q || hot2_q[j % 2] || hot3_q[j % 3] || hot4_q[j % 4] || hot5_q[j % 5];
        end
    endgenerate

endmodule
`default_nettype wire
