// SPDX-License-Identifier: Apache-2.0
//
// lac_features - the feature RAM: lines, a non-zero flag per element, and one flag per line
//
//   Function   LOAD writes lines in ascending order from a multiple of 32 on, the last one marked; every 32 lines (or
//              behind the last) the lines' own flags are written as one word, those behind the last one as zero. What EXEC fetches itself
//              (RULES) are lines alone, wherever; only while LOAD writes none
//   Timing     reading as lac_ram: re latches, qe moves into the output register
//   Reset      sweep_we clears the line flags at sweep_addr, while nothing is written; lines and element flags need none, they are
//              looked at only where a line flag is set
`default_nettype none

module lac_features #(
    parameter integer LINE_W = 64,    // [bits]
    parameter integer DEPTH  = 1024,  // [lines] a multiple of 32
    parameter integer AW     = 10,
    parameter integer SUM_AW = 5,     // [bits] 2^SUM_AW >= DEPTH / 32
    parameter integer RULES  = 0
) (
    input  wire                clk,

    input  wire                w_valid,
    input  wire [AW-1:0]       w_addr,
    input  wire [LINE_W-1:0]   w_data,
    input  wire [LINE_W/8-1:0] w_flags,  // 16-bit elements use the lower half
    input  wire                w_last,
    input  wire                r_valid,  // RULES: not with w_valid
    input  wire [AW-1:0]       r_addr,
    input  wire [LINE_W-1:0]   r_data,
    input  wire [LINE_W/8-1:0] r_flags,
    input  wire                sweep_we,
    input  wire [SUM_AW-1:0]   sweep_addr,

    input  wire                sum_re,
    input  wire                sum_qe,
    input  wire [SUM_AW-1:0]   sum_addr,
    output wire [31:0]         sum_q,

    input  wire                line_re,
    input  wire                line_qe,
    input  wire [AW-1:0]       line_addr,
    output wire [LINE_W-1:0]   line_data,
    output wire [LINE_W/8-1:0] line_flags
);

    wire by_load = RULES == 0 || w_valid;
    lac_ram #(.W(LINE_W + LINE_W/8), .DEPTH(DEPTH), .ADDR_W(AW)) u_lines (
        .clk(clk), .rclk(clk), .we(w_valid || (RULES != 0 && r_valid)), .waddr(by_load ? w_addr : r_addr), .wdata(by_load ? {w_flags, w_data} : {r_flags, r_data}),
        .re(line_re), .raddr(line_addr), .qe(line_qe), .q({line_flags, line_data})
    );

    // The word of line flags under construction: zero where no line is written, as the sweep wants it. Each bit is one of
    // eight by four, so that its two halves of the address are decoded once.
    reg               s_valid_q, s_keep_q, s_last_q;  // s_keep_q: the word has begun
    reg  [7:0]        s_low_q;                        // of a line that has something: its place among eight
    reg  [3:0]        s_high_q;
    reg  [SUM_AW-1:0] s_addr_q;
    reg  [31:0]       s_word_q;
    wire [AW:0]       word_at = {1'b0, w_addr} >> 5;
    wire [31:0]       word;
    genvar i;
    generate
        for (i = 0; i < 32; i = i + 1) begin : g_bit
            assign word[i] = (s_low_q[i % 8] && s_high_q[i / 8]) || (s_keep_q && s_word_q[i]);
        end
    endgenerate

    always @(posedge clk) begin
        s_valid_q <= w_valid;
        s_keep_q  <= w_valid && w_addr[4:0] != 5'd0;
        s_last_q  <= w_valid && (w_last || w_addr[4:0] == 5'd31);
        s_low_q   <= {7'd0, w_valid && |w_flags} << w_addr[2:0];
        s_high_q  <= 4'd1 << w_addr[4:3];
        s_addr_q  <= sweep_we ? sweep_addr : word_at[SUM_AW-1:0];
        if (s_valid_q) s_word_q <= word;
    end

    reg sweep_q;
    always @(posedge clk) sweep_q <= sweep_we;
    lac_ram #(.W(32), .DEPTH(DEPTH / 32), .ADDR_W(SUM_AW)) u_sums (
        .clk(clk), .rclk(clk), .we(sweep_q || s_last_q), .waddr(s_addr_q), .wdata(word),
        .re(sum_re), .raddr(sum_addr), .qe(sum_qe), .q(sum_q)
    );

    wire unused_ok = &{1'b0, word_at, r_valid, r_addr, r_data, r_flags};

endmodule
`default_nettype wire
