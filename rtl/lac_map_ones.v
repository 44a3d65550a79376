// SPDX-License-Identifier: Apache-2.0
//
// lac_map_ones - how many bits of a word are set
//
//   Function   seven bits at a time by four full adders, then sums in pairs. Written out, for a synthesis tool makes twice the LUTs of `+`
//   Timing     combinational
`default_nettype none

module lac_map_ones #(
    parameter integer W = 32,  // [bits]
    parameter integer N = 6    // [bits] of the count, 3 or more
) (
    input  wire [W-1:0] in,
    output wire [N-1:0] count
);

    localparam integer Q = (W + 6) / 7;
    wire [W+6:0]  bits = {7'd0, in};

    function [1:0] adder(input a, input b, input c);
        adder = {(a && b) || (c && (a != b)), a ^ b ^ c};
    endfunction

    reg  [N*Q-1:0] sum;
    reg  [1:0]     a, b, c, d, e;
    reg            carry;
    integer        i, k, gap;
    always @* begin
        sum   = {(N*Q){1'b0}};
        {a, b, c, d, e, carry} = 11'd0;
        for (i = 0; i < Q; i = i + 1) begin
            a = adder(bits[7*i], bits[7*i + 1], bits[7*i + 2]);
            b = adder(bits[7*i + 3], bits[7*i + 4], bits[7*i + 5]);
            c = adder(a[0], b[0], bits[7*i + 6]);
            d = adder(a[1], b[1], c[1]);
            sum[N*i +: 3] = {d, c[0]};
        end
        for (gap = 1; gap < Q; gap = gap * 2)
            for (i = 0; i + gap < Q; i = i + 2 * gap) begin
                carry = 1'b0;
                for (k = 0; k < N; k = k + 1) begin
                    e = adder(sum[N*i + k], sum[N*(i + gap) + k], carry);
                    {carry, sum[N*i + k]} = e;
                end
            end
    end
    assign count = sum[N-1:0];

endmodule
`default_nettype wire
