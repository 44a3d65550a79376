// SPDX-License-Identifier: Apache-2.0
//
// lac_map_ones - how many bits of a word are set
//
//   Timing     combinational
`default_nettype none

module lac_map_ones #(
    parameter integer W = 32,  // [bits]
    parameter integer N = 6    // [bits] of the count
) (
    input  wire [W-1:0] in,
    output wire [N-1:0] count
);

    reg [N-1:0] sum;
    integer     i;
    always @* begin
        sum = {N{1'b0}};
        for (i = 0; i < W; i = i + 1) sum = sum + {{(N-1){1'b0}}, in[i]};
    end
    assign count = sum;

endmodule
`default_nettype wire
