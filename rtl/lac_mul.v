// SPDX-License-Identifier: Apache-2.0
//
// lac_mul - one multiplier of 18 x 18 bits with a register before, inside and behind it
//
//   a, b -->[ a, b ]-->[ product ]-->[ p ]--> p
//
//   Function   p = a * b, both signed or both unsigned
//   Timing     p is three edges of `en` behind a and b; one product a cycle; nothing moves while en is low
//   Devices    a module of its own, so that a cell with these registers inside (a DSP block) can stand in for it
//   Reset      none
`default_nettype none

module lac_mul #(
    parameter integer SIGNED = 1  // 1: a, b and p are two's complement, 0: unsigned
) (
    input  wire        clk,
    input  wire        en,
    input  wire [17:0] a,
    input  wire [17:0] b,
    output wire [35:0] p
);

    reg [17:0] a_q, b_q;
    reg [35:0] product_q, p_q;

    wire [35:0] product;
    generate
        if (SIGNED != 0) begin : g_signed
            assign product = $signed(a_q) * $signed(b_q);
        end else begin : g_unsigned
            assign product = a_q * b_q;
        end
    endgenerate

    always @(posedge clk)
        if (en) begin
            a_q       <= a;
            b_q       <= b;
            product_q <= product;
            p_q       <= product_q;
        end

    assign p = p_q;

endmodule
`default_nettype wire
