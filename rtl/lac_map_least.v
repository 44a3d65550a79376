// SPDX-License-Identifier: Apache-2.0
//
// lac_map_least - the least of three
//
//   Timing     combinational: three comparisons at once, one selection
`default_nettype none

module lac_map_least #(
    parameter integer W = 61  // [bits]
) (
    input  wire [W-1:0] a,
    input  wire [W-1:0] b,
    input  wire [W-1:0] c,
    output wire [W-1:0] least
);

    wire ab = a < b, ac = a < c, bc = b < c;
    assign least = ab && ac ? a : !ab && bc ? b : c;

endmodule
`default_nettype wire
