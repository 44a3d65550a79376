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

    // The rest: a chain of carries where the word is wide
    generate
        if (W > 16) begin : g_chain
            assign rest = in & (in - 1'b1);
        end else begin : g_tree
            wire [W-1:0] lowest;
            lac_first #(.W(W)) u_first (.in(in), .first(lowest));
            assign rest = in & ~lowest;
        end
    endgenerate

    // The index without the chain: the lowest bit of every eight, and the lowest eight that have one
    localparam integer N = (W + 7) / 8;
    wire [8*N-1:0]     padded;
    assign padded[W-1:0] = in;
    generate
        if (8 * N > W) begin : g_pad
            assign padded[8*N-1:W] = {(8*N-W){1'b0}};
        end
    endgenerate

    function [2:0] first(input [7:0] x);
        reg [1:0] low, high;
        begin
            low   = x[0] ? 2'd0 : x[1] ? 2'd1 : x[2] ? 2'd2 : 2'd3;
            high  = x[4] ? 2'd0 : x[5] ? 2'd1 : x[6] ? 2'd2 : 2'd3;
            first = x[3:0] != 4'd0 ? {1'b0, low} : {x[7:4] != 4'd0, {2{x[7:4] != 4'd0}} & high};
        end
    endfunction

    reg  [31:0]        at;
    reg                found;
    integer            k;
    always @* begin
        at    = 32'd0;
        found = 1'b0;
        for (k = 0; k < N; k = k + 1) begin
            if (!found && padded[8*k +: 8] != 8'd0) at = at | {k[28:0], first(padded[8*k +: 8])};
            found = found || padded[8*k +: 8] != 8'd0;
        end
    end
    assign index = at[INDEX_W-1:0];
    wire   unused_at = &{1'b0, at};

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
