// SPDX-License-Identifier: Apache-2.0
//
// lac_ffs - find first set: the lowest set bit of a word
//
//   Function   any: some bit is set; index: position of the lowest; rest: the word without it
//   Timing     combinational; index is 0 and rest is 0 when nothing is set
`default_nettype none

module lac_ffs #(
    parameter integer W       = 32,  // [bits] 2 .. 2^INDEX_W
    parameter integer INDEX_W = 5
) (
    input  wire [W-1:0]       in,
    output wire               any,
    output wire [INDEX_W-1:0] index,
    output wire [W-1:0]       rest
);

    assign any  = |in;

    // A chain of carries where the word is wide; else "some lower bit is set", the OR over 1, 2, 4 .. places
    generate
        if (W > 16) begin : g_chain
            assign rest = in & (in - 1'b1);
        end else begin : g_tree
            reg [W-1:0] below;
            integer     reach;
            always @* begin
                below = in << 1;
                for (reach = 1; reach < W; reach = reach * 2) below = below | (below << reach);
            end
            assign rest = in & below;
        end
    endgenerate
    wire [W-1:0] lowest = in & ~rest;

    // index bit b: the OR of the one-hot bits whose position has bit b set
    genvar b, i;
    generate
        for (b = 0; b < INDEX_W; b = b + 1) begin : g_bit
            wire [W-1:0] hit;
            for (i = 0; i < W; i = i + 1) begin : g_hit
                assign hit[i] = ((i >> b) & 1) != 0 ? lowest[i] : 1'b0;
            end
            assign index[b] = |hit;
        end
    endgenerate

`ifdef FORMAL_LAC_FFS  // `make formal` proves these for every word
    wire [W-1:0] f_bit = {{(W - 1){1'b0}}, 1'b1} << index;
    always @(*) begin
        assert (any == (in != 0));
        if (any) begin
            assert ((in & f_bit) != 0);            // P1 it is set
            assert ((in & (f_bit - 1'b1)) == 0);   // P2 nothing lower is
            assert (rest == (in ^ f_bit));         // P3 and only it is gone
        end else
            assert (index == 0 && rest == 0);
    end
`endif

endmodule
`default_nettype wire
