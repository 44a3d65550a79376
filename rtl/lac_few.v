// SPDX-License-Identifier: Apache-2.0
//
// lac_few - is there a one in a word, are there several?
//
//   Function   `one`: at least one bit of `in` is set; `two`: at least two are
//   Timing     combinational, about log2(W) levels: no carry chain, so that "is this the last one?" can be known a cycle early
`default_nettype none

module lac_few #(
    parameter integer W = 8  // [bits] a power of two
) (
    input  wire [W-1:0] in,
    output wire         one,
    output wire         two
);

    // for every bit, two words: at least one, two; the upper half joins the lower until one is left
    reg [W-1:0] c1, c2, h1, h2;
    integer     half;
    always @* begin
        c1 = in;
        c2 = {W{1'b0}};
        h1 = {W{1'b0}};
        h2 = {W{1'b0}};
        for (half = W / 2; half > 0; half = half / 2) begin
            h1 = c1 >> half;
            h2 = c2 >> half;
            c2 = c2 | h2 | (c1 & h1);
            c1 = c1 | h1;
        end
    end
    assign one = c1[0];
    assign two = c2[0];

`ifdef FORMAL_LAC_FEW  // `make formal` proves these for every word: the lowest one taken away
    wire [W-1:0] f_rest = in & (in - 1'b1);
    always @(*) begin
        assert (one == (in != 0));
        assert (two == (f_rest != 0));
    end
`endif

endmodule
`default_nettype wire
