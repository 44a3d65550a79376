// SPDX-License-Identifier: Apache-2.0
//
// lac_features - the feature RAM: lines, a non-zero flag per element, and one flag per line
//
//   Function   LOAD writes lines in ascending order from a multiple of 32 on, the last one marked; every 32 lines (or
//              behind the last) the lines' own flags are written as one word, those behind the last one as zero
//   Timing     reading as lac_ram: re latches, qe moves into the output register
//   Reset      sweep_we clears the line flags at sweep_addr; lines and element flags need none, they are
//              looked at only where a line flag is set
`default_nettype none

module lac_features #(
    parameter integer LINE_W = 64,    // [bits]
    parameter integer DEPTH  = 1024,  // [lines] a multiple of 32
    parameter integer AW     = 10,
    parameter integer SUM_AW = 5      // [bits] 2^SUM_AW >= DEPTH / 32
) (
    input  wire                clk,

    input  wire                w_valid,
    input  wire [AW-1:0]       w_addr,
    input  wire [LINE_W-1:0]   w_data,
    input  wire [LINE_W/8-1:0] w_flags,  // 16-bit elements use the lower half
    input  wire                w_last,
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

    lac_ram #(.W(LINE_W + LINE_W/8), .DEPTH(DEPTH), .ADDR_W(AW)) u_lines (
        .clk(clk), .we(w_valid), .waddr(w_addr), .wdata({w_flags, w_data}),
        .re(line_re), .raddr(line_addr), .qe(line_qe), .q({line_flags, line_data})
    );

    // The word of line flags under construction.
    reg         s_valid_q, s_any_q, s_last_q;
    reg [AW-1:0] s_addr_q;
    reg [31:0]  s_word_q;
    wire [31:0] bit_here = {31'd0, s_any_q} << s_addr_q[4:0];
    wire [31:0] word     = (s_addr_q[4:0] == 5'd0 ? 32'd0 : s_word_q) | bit_here;
    wire        full     = s_valid_q && (s_last_q || s_addr_q[4:0] == 5'd31);
    wire [AW:0] word_at  = {1'b0, s_addr_q} >> 5;

    always @(posedge clk) begin
        s_valid_q <= w_valid;
        s_any_q   <= |w_flags;
        s_last_q  <= w_last;
        s_addr_q  <= w_addr;
        if (s_valid_q) s_word_q <= word;
    end

    lac_ram #(.W(32), .DEPTH(DEPTH / 32), .ADDR_W(SUM_AW)) u_sums (
        .clk(clk), .we(sweep_we || full), .waddr(sweep_we ? sweep_addr : word_at[SUM_AW-1:0]),
        .wdata(sweep_we ? 32'd0 : word),
        .re(sum_re), .raddr(sum_addr), .qe(sum_qe), .q(sum_q)
    );

    wire unused_ok = &{1'b0, word_at};

endmodule
`default_nettype wire
