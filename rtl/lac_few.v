// SPDX-License-Identifier: Apache-2.0
//
// lac_few - how many ones are in a word: at least one, two, three?
//
//   Function   `one`: at least one bit of `in` is set; `two`, `three`: at least so many are
//   Timing     combinational, about log2(W) levels: no carry chain, so that "is this the last one?" can be known a cycle early, or two
`default_nettype none

module lac_few #(
    parameter integer W = 8  // [bits] a power of two
) (
    input  wire [W-1:0] in,
    output wire         one,
    output wire         two,
    output wire         three
);

    // for every bit, three words: at least one, two, three; the upper half joins the lower until one is left
    reg [W-1:0] c1, c2, c3, h1, h2, h3;
    integer     half;
    always @* begin
        c1 = in;
        c2 = {W{1'b0}};
        c3 = {W{1'b0}};
        h1 = {W{1'b0}};
        h2 = {W{1'b0}};
        h3 = {W{1'b0}};
        for (half = W / 2; half > 0; half = half / 2) begin
            h1 = c1 >> half;
            h2 = c2 >> half;
            h3 = c3 >> half;
            c3 = c3 | h3 | (c2 & h1) | (c1 & h2);
            c2 = c2 | h2 | (c1 & h1);
            c1 = c1 | h1;
        end
    end
    assign one   = c1[0];
    assign two   = c2[0];
    assign three = c3[0];

`ifdef FORMAL_LAC_FEW  // `make formal` proves these for every word: the lowest one taken away
    wire [W-1:0] f_rest = in & (in - 1'b1), f_last = f_rest & (f_rest - 1'b1);
    always @(*) begin
        assert (one == (in != 0));
        assert (two == (f_rest != 0));
        assert (three == (f_last != 0));
    end
`endif

endmodule
`default_nettype wire
