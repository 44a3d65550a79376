// SPDX-License-Identifier: Apache-2.0
//
// lac_first - the lowest set bit of a word, alone
//
//   Function   first: that bit, one-hot; 0 where nothing is set
//   Timing     combinational, about log2(W) levels: for narrow words, where a chain of carries takes longer
`default_nettype none

module lac_first #(
    parameter integer W = 9  // [bits]
) (
    input  wire [W-1:0] in,
    output wire [W-1:0] first
);

    // "some lower bit is set": the OR over 1, 2, 4 .. places
    reg [W-1:0] below;
    integer     reach;
    always @* begin
        below = in << 1;
        for (reach = 1; reach < W; reach = reach * 2) below = below | (below << reach);
    end
    assign first = in & ~below;

endmodule
`default_nettype wire
