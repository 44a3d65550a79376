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

    // Four bits at a time, then in pairs
    localparam integer Q = (W + 3) / 4;
    wire [4*Q-1:0] bits = {{(4*Q-W){1'b0}}, in};
    reg  [N*Q-1:0] sum;
    reg  [2:0]     four;
    integer        i, gap;
    always @* begin
        four = 3'd0;
        for (i = 0; i < Q; i = i + 1) begin
            case (bits[4*i +: 4])
                4'h0:                   four = 3'd0;
                4'h1, 4'h2, 4'h4, 4'h8: four = 3'd1;
                4'h7, 4'hb, 4'hd, 4'he: four = 3'd3;
                4'hf:                   four = 3'd4;
                default:                four = 3'd2;
            endcase
            sum[N*i +: N] = {{(N-2){1'b0}}, four[1:0]} | {{(N-1){1'b0}}, four[2]} << 2;
        end
        for (gap = 1; gap < Q; gap = gap * 2)
            for (i = 0; i + gap < Q; i = i + 2 * gap) sum[N*i +: N] = sum[N*i +: N] + sum[N*(i + gap) +: N];
    end
    assign count = sum[N-1:0];

endmodule
`default_nettype wire
