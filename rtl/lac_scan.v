// SPDX-License-Identifier: Apache-2.0
//
// lac_scan - the zero skipper: walks the points of a job and finds the lines with something in them
//
//   line flags (32 lines a word) --> lines that are not empty --> {data, flags} of one line after the other
//
//   Function   for each point, in order, the lines in which some element of the first `elements` is not zero (at least:
//              lines whose only non-zeros lie behind them may come too, with their flags masked off); then one end mark
//   Timing     one line a cycle; a word of 32 empty lines costs one cycle. So a reader that takes one element a cycle
//              never waits, whatever the density
//   Handshake  job: valid/ready. out: valid/ready, out_* hold while stalled
//   Reset      control only
`default_nettype none

module lac_scan #(
    parameter integer LINE_W = 64,
    parameter integer AW     = 10,  // [bits] of a line address
    parameter integer SUM_AW = 5,
    parameter integer ACC_AW = 8
) (
    input  wire                clk,
    input  wire                rst,

    input  wire                job_valid,
    output wire                job_ready,
    input  wire                job_id,
    input  wire [AW-1:0]       job_line,      // column 0 of point 0
    input  wire [15:0]         job_pitch,     // [lines]
    input  wire [15:0]         job_points,    // 1 ..
    input  wire [AW-1:0]       job_last,      // lines of a point, less one
    input  wire [ACC_AW-1:0]   job_base,
    input  wire [15:0]         job_rows,

    input  wire [2*AW-1:0]     cfg_last,      // {job 1, job 0}: number of the point's last line
    input  wire [11:0]         cfg_place,     // {job 1, job 0}: the last element's place in it
    input  wire [1:0]          cfg_nm,        // {job 1, job 0}: N:4

    output wire                sum_re,
    output wire                sum_qe,
    output wire [SUM_AW-1:0]   sum_addr,
    input  wire [31:0]         sum_q,
    output wire                line_re,
    output wire                line_qe,
    output wire [AW-1:0]       line_addr,
    input  wire [LINE_W-1:0]   line_data,
    input  wire [LINE_W/8-1:0] line_flags,

    output wire                out_valid,
    input  wire                out_ready,
    output wire [LINE_W-1:0]   out_data,
    output wire [LINE_W/8-1:0] out_flags,     // without what stands behind the job's elements
    output wire [AW:0]         out_offset,    // [lines] from the point's first
    output wire [ACC_AW-1:0]   out_base,
    output wire                out_job,
    output wire                out_nm,
    output wire                out_end
);

    localparam integer LB = LINE_W / 8;

    // ---- A: points and their words of line flags ------------------------------------------------------------
    reg               a_valid_q, a_job_q, a_first_q;
    reg  [AW-1:0]     a_line_q;    // first line of the point
    reg  [AW-1:0]     a_stop_q;    // last line of the point
    reg  [AW-6:0]     a_word_q;    // [words of 32 lines]
    reg  [15:0]       a_points_q;  // still to come, this one included
    reg  [15:0]       a_pitch_q;
    reg  [15:0]       a_rows_q;
    reg  [ACC_AW-1:0] a_base_q;
    wire              a1_move;
    wire              a_last_word = a_word_q == a_stop_q[AW-1:5];
    wire              a_done      = a_last_word && a_points_q == 16'd1;
    wire              a_step      = a_valid_q && a1_move;
    wire [AW-1:0]     job_stop    = job_line + job_last;
    wire [AW-1:0]     next_line   = a_line_q + a_pitch_q[AW-1:0];
    assign job_ready = !a_valid_q;  // not in the cycle of the last word: its ready comes from far

    always @(posedge clk)
        if (rst)                   a_valid_q <= 1'b0;
        else if (job_ready)        a_valid_q <= job_valid;
        else if (a_step && a_done) a_valid_q <= 1'b0;

    always @(posedge clk)
        if (job_ready) begin
            a_job_q    <= job_id;
            a_first_q  <= 1'b1;
            a_line_q   <= job_line;
            a_stop_q   <= job_stop;
            a_word_q   <= job_line[AW-1:5];
            a_points_q <= job_points;
            a_pitch_q  <= job_pitch;
            a_rows_q   <= job_rows;
            a_base_q   <= job_base;
        end else if (a_step) begin
            a_first_q <= a_last_word;
            if (a_last_word) begin
                a_line_q   <= next_line;
                a_stop_q   <= a_stop_q + a_pitch_q[AW-1:0];
                a_word_q   <= next_line[AW-1:5];
                a_points_q <= a_points_q - 16'd1;
                a_base_q   <= a_base_q + a_rows_q[ACC_AW-1:0];
            end else
                a_word_q <= a_word_q + 1'b1;
        end

    // ---- A1, A2: the flag words' latch and register -----------------------------------------------------------
    reg               a1_valid_q, a1_job_q, a1_end_q, a2_valid_q, a2_job_q, a2_end_q;
    reg  [AW-1:0]     a1_line_q, a2_line_q;
    reg  [AW-6:0]     a1_word_q, a2_word_q;
    reg  [ACC_AW-1:0] a1_base_q, a2_base_q;
    reg  [4:0]        a1_lo_q, a1_hi_q;
    reg  [31:0]       a2_keep_q;   // lines of the word that are the point's
    reg               a12_q;       // a1_valid_q && a2_valid_q, so that no ready waits for another
    wire              b_load;
    wire              a2_move = !a2_valid_q || b_load;
    assign a1_move  = !a12_q || b_load;
    assign sum_re   = a_step;
    assign sum_qe   = a1_valid_q && a2_move;
    assign sum_addr = a_word_q[SUM_AW-1:0];

    always @(posedge clk)
        if (rst) begin
            a1_valid_q <= 1'b0;
            a2_valid_q <= 1'b0;
            a12_q      <= 1'b0;
        end else begin
            if (a1_move) a1_valid_q <= a_valid_q;
            if (a2_move) a2_valid_q <= a1_valid_q;
            a12_q <= b_load ? a_valid_q && a1_valid_q : a2_valid_q ? a1_valid_q || a_valid_q : a1_valid_q && a_valid_q;
        end
    always @(posedge clk) begin
        if (a1_move) begin
            {a1_job_q, a1_end_q, a1_line_q, a1_word_q, a1_base_q} <= {a_job_q, a_done, a_line_q, a_word_q, a_base_q};
            a1_lo_q <= a_first_q ? a_line_q[4:0] : 5'd0;
            a1_hi_q <= a_last_word ? a_stop_q[4:0] : 5'd31;
        end
        if (a2_move) begin
            {a2_job_q, a2_end_q, a2_line_q, a2_word_q, a2_base_q} <= {a1_job_q, a1_end_q, a1_line_q, a1_word_q, a1_base_q};
            a2_keep_q <= (32'hFFFFFFFF << a1_lo_q) & (32'hFFFFFFFF >> (5'd31 - a1_hi_q));
        end
    end

    // ---- B: lines of this word that are not empty --------------------------------------------------------------
    reg               b_can_q, b_job_q, b_end_q;              // something is to be said: a line, or the end mark
    reg  [31:0]       b_word_q;                             // lines behind the one at hand ..
    reg  [4:0]        b_index_q;                            // .. which is this one of the word
    reg  [AW-1:0]     b_line_q, b_at_q;
    reg  [ACC_AW-1:0] b_base_q;
    reg               b_any_q, b_final_q;                   // it is a line, not the end mark; it is the last, or there is none
    wire              s_ready;
    wire              b_step  = b_can_q && s_ready;
    assign b_load = !b_can_q || (b_final_q && s_ready);

    // the next line, of this word or the next; and whether it is the last, known a cycle early
    wire [31:0]       lines = b_final_q ? sum_q & a2_keep_q : b_word_q;
    wire              some, two, unused_any;
    wire [4:0]        index;
    wire [31:0]       rest;
    lac_ffs #(.W(32), .INDEX_W(5)) u_line (.in(lines), .any(unused_any), .index(index), .rest(rest));
    lac_few #(.W(32)) u_few (.in(lines), .one(some), .two(two));
    wire              last = !some || !(two || (b_final_q ? a2_end_q : b_end_q));
    always @(posedge clk)
        if (rst)         {b_can_q, b_final_q} <= 2'b01;
        else if (b_load) {b_can_q, b_final_q} <= {a2_valid_q && (some || a2_end_q), !a2_valid_q || last};
        else if (b_step) b_final_q <= last;
    always @(posedge clk)
        if (b_load) begin
            {b_job_q, b_end_q, b_line_q, b_base_q} <= {a2_job_q, a2_end_q, a2_line_q, a2_base_q};
            b_at_q   <= {a2_word_q, 5'd0};
        end
    always @(posedge clk) if (b_load || b_step) {b_any_q, b_index_q, b_word_q} <= {some, index, rest};

    // ---- S: a skid stage, or else the readies of all stages from the lanes back to the next job would be one chain ------------------
    wire              c1_move, s_valid, s_job, s_end;
    wire [AW-1:0]     s_addr, s_line;
    wire [ACC_AW-1:0] s_base;
    lac_skid #(.W(2 * AW + ACC_AW + 2)) u_skid (
        .clk(clk), .rst(rst),
        .in_valid(b_can_q), .in_ready(s_ready),
        .in_data({b_job_q, !b_any_q, b_at_q | {{(AW-5){1'b0}}, b_index_q}, b_line_q, b_base_q}),
        .out_valid(s_valid), .out_ready(c1_move), .out_data({s_job, s_end, s_addr, s_line, s_base})
    );

    // ---- C1, C2: the lines' latch and register -------------------------------------------------------------------
    reg               c1_valid_q, c1_job_q, c1_end_q, c2_valid_q, c2_job_q, c2_end_q;
    reg  [AW-1:0]     c1_addr_q, c1_line_q, c2_offset_q;
    reg  [ACC_AW-1:0] c1_base_q, c2_base_q;
    reg               d_valid_q;
    reg               c2d_q, c12d_q;  // c2_valid_q && d_valid_q; and c1_valid_q: no ready waits for another
    wire              d_move  = !d_valid_q || out_ready;
    wire              c2_move = !c2d_q || out_ready;
    assign c1_move   = !c12d_q || out_ready;
    assign line_addr = s_addr;
    assign line_re   = s_valid && !s_end && c1_move;
    assign line_qe   = c1_valid_q && c2_move;

    always @(posedge clk)
        if (rst) begin
            c1_valid_q <= 1'b0;
            c2_valid_q <= 1'b0;
            d_valid_q  <= 1'b0;
            c2d_q      <= 1'b0;
            c12d_q     <= 1'b0;
        end else begin
            if (c1_move) c1_valid_q <= s_valid;
            if (c2_move) c2_valid_q <= c1_valid_q;
            if (d_move)  d_valid_q  <= c2_valid_q;
            // out_ready: all move; else the two or three fill up from behind
            c2d_q  <= out_ready ? c1_valid_q && c2_valid_q : c2d_q || (c1_valid_q && (c2_valid_q || d_valid_q));
            c12d_q <= out_ready ? s_valid && c1_valid_q && c2_valid_q
                                : c12d_q || (s_valid && (c1_valid_q ? c2_valid_q || d_valid_q : c2d_q));
        end
    always @(posedge clk) begin
        if (c1_move) {c1_job_q, c1_end_q, c1_addr_q, c1_line_q, c1_base_q} <= {s_job, s_end, s_addr, s_line, s_base};
        if (c2_move) {c2_job_q, c2_end_q, c2_offset_q, c2_base_q} <= {c1_job_q, c1_end_q, c1_addr_q - c1_line_q, c1_base_q};
    end

    // ---- D: flags behind the last element masked off ---------------------------------------------------------------
    reg               d_job_q, d_end_q, d_nm_q;
    reg  [LINE_W-1:0] d_data_q;
    reg  [LB-1:0]     d_flags_q;
    reg  [AW-1:0]     d_offset_q;
    reg  [ACC_AW-1:0] d_base_q;

    wire              at_last = c2_offset_q == (c2_job_q ? cfg_last[2*AW-1:AW] : cfg_last[AW-1:0]);
    wire [5:0]        place   = c2_job_q ? cfg_place[11:6] : cfg_place[5:0];
    wire [LB-1:0]     mask;
    assign mask[0] = 1'b1;
    genvar i;
    generate
        for (i = 1; i < LB; i = i + 1) begin : g_mask
            localparam integer I = i;
            assign mask[i] = !at_last || place >= I[5:0];
        end
    endgenerate

    always @(posedge clk)
        if (d_move) begin
            {d_job_q, d_end_q, d_offset_q, d_base_q} <= {c2_job_q, c2_end_q, c2_offset_q, c2_base_q};
            d_nm_q    <= c2_job_q ? cfg_nm[1] : cfg_nm[0];
            d_data_q  <= line_data;
            d_flags_q <= c2_end_q ? {LB{1'b0}} : line_flags & mask;
        end

    assign out_valid  = d_valid_q;
    assign out_data   = d_data_q;
    assign out_flags  = d_flags_q;
    assign out_offset = {1'b0, d_offset_q};
    assign out_base   = d_base_q;
    assign out_job    = d_job_q;
    assign out_nm     = d_nm_q;
    assign out_end    = d_end_q;

    wire unused_ok = &{1'b0, unused_any, a_pitch_q, a_rows_q, a_word_q};

endmodule
`default_nettype wire
