// SPDX-License-Identifier: Apache-2.0
//
// lac_scan - the zero skipper: walks the points of a job and finds the lines with something in them
//
//   line flags (32 lines a word) --> lines that are not empty --> {data, flags} of one line after the other
//
//   Function   for each point, in order, the lines in which some element of the first `elements` is not zero (at least:
//              lines whose only non-zeros lie behind them may come too, with their flags masked off); then one end mark. Of a job of
//              windows (WINDOWS) the same for each of them, as lac_windows says. Lines of a job of rules (RULES) come from lac_rules
//   Timing     one line a cycle; a word of 32 empty lines costs one cycle. So a reader that takes one element a cycle
//              never waits, whatever the density
//   Handshake  job: valid/ready. out: valid/ready, out_* hold while stalled
//   Reset      control only
`default_nettype none

module lac_scan #(
    parameter integer LINE_W = 64,
    parameter integer AW     = 10,  // [bits] of a line address
    parameter integer SUM_AW = 5,
    parameter integer COL_AW = 9,
    parameter integer ACC_AW = 8,
    parameter integer WINDOWS = 1,
    parameter integer RULES = 0     // 1: needs WINDOWS
) (
    input  wire                clk,
    input  wire                rst,

    input  wire                job_valid,     // not one of rules
    output wire                job_ready,
    input  wire                job_id,
    input  wire [AW-1:0]       job_line,      // column 0 of point 0
    input  wire [15:0]         job_pitch,     // [lines]
    input  wire [15:0]         job_points,    // 1 ..
    input  wire [AW-1:0]       job_last,      // lines of a point, less one
    input  wire [ACC_AW-1:0]   job_base,
    input  wire [15:0]         job_rows,
    input  wire                job_windows,   // 1: the following count, job_last does not
    input  wire [16:0]         job_first,
    input  wire [14:0]         job_step,
    input  wire [15:0]         job_width,
    input  wire [15:0]         job_pixels,
    input  wire [17:0]         job_more,      // elements of a window, less one
    input  wire                job_wide,
    input  wire                job_nm,

    input  wire [2*AW-1:0]     cfg_last,      // {job 1, job 0}: number of the point's last line
    input  wire [11:0]         cfg_place,     // {job 1, job 0}: the last element's place in it
    input  wire [1:0]          cfg_nm,        // {job 1, job 0}: N:4
    input  wire [1:0]          cfg_windows,   // {job 1, job 0}: windows, or rules
    input  wire [1:0]          cfg_rules,     // {job 1, job 0}

    input  wire                rule_valid,    // a line of a job of rules, with all that windows say of one; or its end
    output wire                rule_ready,
    input  wire                rule_job,
    input  wire                rule_end,
    input  wire [AW-1:0]       rule_line,
    input  wire [5:0]          rule_lo,
    input  wire [5:0]          rule_hi,
    input  wire [COL_AW-1:0]   rule_col,
    input  wire [ACC_AW-1:0]   rule_base,
    output wire                rule_read,     // one of these lines has been read
    output wire                rule_hold,     // lines of a job before that is not one of rules have yet to be read

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
    output wire [AW:0]         out_offset,    // [lines] from the point's first, or the window's
    output wire [COL_AW-1:0]   out_col,       // column of that first line's place 0, counted from the job's first
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
    wire              a_done;      // the last word of the job
    wire              a_step      = a_valid_q && a1_move;
    wire              a_next      = !a_valid_q || (a1_move && a_last_word);  // the next point, or window
    wire [AW-1:0]     job_stop    = job_line + job_last;
    wire [AW-1:0]     next_line   = a_line_q + a_pitch_q[AW-1:0];

    // windows: A takes them one by one; X_W bits of what is said of one go with each of its lines
    localparam integer X_W = AW + 12 + COL_AW;
    wire              win_valid, win_ready, win_idle, win_last, win_none;
    wire [AW-1:0]     win_line, win_stop;
    wire [5:0]        win_lo, win_hi;
    wire [COL_AW-1:0] win_col;
    wire [ACC_AW-1:0] win_base;
    wire              a_win, a_none;   // A holds one; and nothing is left of it
    wire [X_W-1:0]    a_x;             // {last line, place of first and last element, column}
    generate
        if (WINDOWS != 0) begin : g_windows
            reg            win_q, final_q, none_q;  // final_q: the job's last
            reg  [X_W-1:0] x_q;
            lac_windows #(.LB(LB), .AW(AW), .COL_AW(COL_AW), .ACC_AW(ACC_AW)) u_windows (
                .clk(clk), .rst(rst),
                .job_valid(job_valid && job_ready && job_windows), .job_line(job_line), .job_pitch(job_pitch), .job_points(job_points),
                .job_first(job_first), .job_step(job_step), .job_width(job_width), .job_pixels(job_pixels), .job_more(job_more),
                .job_wide(job_wide), .job_nm(job_nm), .job_base(job_base), .job_rows(job_rows), .idle(win_idle),
                .out_valid(win_valid), .out_ready(win_ready), .out_line(win_line), .out_stop(win_stop), .out_lo(win_lo), .out_hi(win_hi),
                .out_col(win_col), .out_base(win_base), .out_last(win_last), .out_none(win_none)
            );
            assign win_ready = !a_valid_q || (a_step && a_last_word && !a_done);
            assign a_done    = a_last_word && (win_q ? final_q : a_points_q == 16'd1);
            always @(posedge clk) begin
                if (job_ready) win_q <= job_windows;
                if (a_next)    {x_q, final_q, none_q} <= {win_stop, win_lo, win_hi, win_col, win_last, win_none};
            end
            assign {a_win, a_none, a_x} = {win_q, win_q && none_q, x_q};
        end else begin : g_points
            assign {win_valid, win_idle, win_last, win_none} = 4'b0100;
            assign {win_ready, win_line, win_stop, win_lo, win_hi, win_col, win_base} = {(1 + 2*AW + 12 + COL_AW + ACC_AW){1'b0}};
            assign a_done = a_last_word && a_points_q == 16'd1;
            assign {a_win, a_none, a_x} = {(X_W+2){1'b0}};
            wire unused_windows = &{1'b0, job_windows, job_first, job_step, job_width, job_pixels, job_more, job_wide, job_nm, win_ready, win_line,
                                    win_stop, win_lo, win_hi, win_col, win_base, win_last, win_none, cfg_windows};
        end
    endgenerate
    assign job_ready = !a_valid_q && win_idle;  // not in the cycle of the last word: its ready comes from far

    always @(posedge clk)
        if (rst)                                    a_valid_q <= 1'b0;
        else if (job_ready)                         a_valid_q <= job_valid && !(WINDOWS != 0 && job_windows);
        else if (!a_valid_q)                        a_valid_q <= win_valid;
        else if (a_step && a_last_word && (a_done || a_win)) a_valid_q <= !a_done && win_valid;

    // With or without a point to come: what is loaded then counts for nothing
    always @(posedge clk) begin
        if (job_ready) {a_job_q, a_pitch_q, a_rows_q} <= {job_id, job_pitch, job_rows};
        if (a_next) begin
            a_line_q   <= job_ready ? job_line : a_win ? win_line : next_line;
            a_stop_q   <= job_ready ? job_stop : !a_win ? a_stop_q + a_pitch_q[AW-1:0] : win_none ? win_line : win_stop;
            a_points_q <= job_ready ? job_points : a_points_q - 16'd1;
            a_base_q   <= job_ready ? job_base : a_win ? win_base : a_base_q + a_rows_q[ACC_AW-1:0];
        end
        if (!a_valid_q || a1_move) begin
            a_first_q  <= a_next;
            a_word_q   <= !a_next ? a_word_q + 1'b1 : job_ready ? job_line[AW-1:5] : a_win ? win_line[AW-1:5] : next_line[AW-1:5];
        end
    end

    // ---- A1, A2: the flag words' latch and register -----------------------------------------------------------
    reg               a1_valid_q, a1_job_q, a1_end_q, a2_valid_q, a2_job_q, a2_end_q;
    reg  [AW-1:0]     a1_line_q, a2_line_q;
    reg  [AW-6:0]     a1_word_q, a2_word_q;
    reg  [ACC_AW-1:0] a1_base_q, a2_base_q;
    reg  [4:0]        a1_lo_q, a1_hi_q;
    reg  [31:0]       a2_keep_q;   // lines of the word that are the point's
    reg  [X_W-1:0]    a1_x_q, a2_x_q;
    reg               a1_none_q;
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
            {a1_x_q, a1_none_q} <= {a_x, a_none};
            a1_lo_q <= a_first_q ? a_line_q[4:0] : 5'd0;
            a1_hi_q <= a_last_word ? a_stop_q[4:0] : 5'd31;
        end
        if (a2_move) begin
            {a2_job_q, a2_end_q, a2_line_q, a2_word_q, a2_base_q} <= {a1_job_q, a1_end_q, a1_line_q, a1_word_q, a1_base_q};
            a2_x_q    <= a1_x_q;
            a2_keep_q <= a1_none_q ? 32'd0 : (32'hFFFFFFFF << a1_lo_q) & (32'hFFFFFFFF >> (5'd31 - a1_hi_q));
        end
    end

    // ---- B: lines of this word that are not empty --------------------------------------------------------------
    reg               b_can_q, b_job_q, b_end_q;              // something is to be said: a line, or the end mark
    reg  [31:0]       b_word_q;                             // lines behind the one at hand ..
    reg  [4:0]        b_index_q;                            // .. which is this one of the word
    reg  [AW-1:0]     b_line_q, b_at_q;
    reg  [ACC_AW-1:0] b_base_q;
    reg  [X_W-1:0]    b_x_q;
    reg               b_any_q, b_final_q;                   // it is a line, not the end mark; it is the last, or there is none
    wire              s_ready;     // for this stage
    wire              b_step  = b_can_q && s_ready;
    assign b_load = !b_can_q || (b_final_q && s_ready);

    // the next line, of this word or the next; and whether it is the last, known a cycle early
    wire [31:0]       lines = b_final_q ? sum_q & a2_keep_q : b_word_q;
    wire              some, two, unused_any, unused_three;
    wire [4:0]        index;
    wire [31:0]       rest;
    lac_ffs #(.W(32), .INDEX_W(5)) u_line (.in(lines), .any(unused_any), .index(index), .rest(rest));
    lac_few #(.W(32)) u_few (.in(lines), .one(some), .two(two), .three(unused_three));
    wire              last = !some || !(two || (b_final_q ? a2_end_q : b_end_q));
    always @(posedge clk)
        if (rst)         {b_can_q, b_final_q} <= 2'b01;
        else if (b_load) {b_can_q, b_final_q} <= {a2_valid_q && (some || a2_end_q), !a2_valid_q || last};
        else if (b_step) b_final_q <= last;
    always @(posedge clk)
        if (b_load) begin
            {b_job_q, b_end_q, b_line_q, b_base_q} <= {a2_job_q, a2_end_q, a2_line_q, a2_base_q};
            b_at_q   <= {a2_word_q, 5'd0};
            b_x_q    <= a2_x_q;
        end
    always @(posedge clk) if (b_load || b_step) {b_any_q, b_index_q, b_word_q} <= {some, index, rest};

    // ---- S: a skid stage, or else the readies of all stages from the lanes back to the next job would be one chain ------------------
    wire              c1_move, s_valid, s_job, s_end;
    wire [AW-1:0]     s_addr, s_line;
    wire [ACC_AW-1:0] s_base;
    wire [X_W-1:0]    s_x;
    localparam integer SX_W = (WINDOWS != 0) ? X_W : 1;
    localparam integer S_W  = 2 * AW + ACC_AW + 2 + SX_W;
    wire              in_valid, in_ready;
    wire [S_W-1:0]    in_data;
    wire [S_W-1:0]    b_data = {b_job_q, !b_any_q, b_at_q | {{(AW-5){1'b0}}, b_index_q}, b_line_q, b_base_q, b_x_q[SX_W-1:0]};
    generate
        if (RULES != 0) begin : g_rules
            // jobs take turns; a line of rules is a window of its own
            reg  turn_q, rules;   // whose it is; it is one of rules
            wire turn = turn_q ^ (in_ready && in_valid && (rules ? rule_end : !b_any_q));
            always @(posedge clk)
                if (rst) {turn_q, rules} <= 2'b00;
                else     {turn_q, rules} <= {turn, cfg_rules[turn]};
            reg  [1:0] plain_q;   // jobs
            always @(posedge clk)
                if (rst) plain_q <= 2'b00;
                else begin
                    if (s_valid && s_end && c1_move) plain_q[s_job]  <= 1'b0;
                    if (job_valid && job_ready)      plain_q[job_id] <= 1'b1;
                end
            assign rule_hold  = plain_q != 2'b00;
            assign in_valid   = rules ? rule_valid : b_can_q;
            assign in_data    = rules ? {rule_job, rule_end, rule_line, rule_line, rule_base, rule_line, rule_lo, rule_hi, rule_col} : b_data;
            assign s_ready    = in_ready && !rules;
            assign rule_ready = in_ready && rules;
            assign rule_read  = line_re && (s_job ? cfg_rules[1] : cfg_rules[0]);
        end else begin : g_no_rules
            assign {in_valid, in_data, s_ready, rule_ready, rule_read, rule_hold} = {b_can_q, b_data, in_ready, 3'b000};
            wire unused_rules = &{1'b0, cfg_rules, rule_valid, rule_job, rule_end, rule_line, rule_lo, rule_hi, rule_col, rule_base};
        end
    endgenerate
    lac_skid #(.W(S_W)) u_skid (
        .clk(clk), .rst(rst),
        .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data),
        .out_valid(s_valid), .out_ready(c1_move), .out_data({s_job, s_end, s_addr, s_line, s_base, s_x[SX_W-1:0]})
    );
    generate
        if (SX_W < X_W) begin : g_no_x
            assign s_x[X_W-1:SX_W] = {(X_W-SX_W){1'b0}};
        end
    endgenerate

    // ---- C1, C2: the lines' latch and register -------------------------------------------------------------------
    reg               c1_valid_q, c1_job_q, c1_end_q, c2_valid_q, c2_job_q, c2_end_q;
    reg  [AW-1:0]     c1_addr_q, c1_line_q, c2_offset_q;
    reg  [ACC_AW-1:0] c1_base_q, c2_base_q;
    reg  [X_W-1:0]    c1_x_q;
    reg  [COL_AW+11:0] c2_x_q;            // as X_W, without the last line
    reg               c2_first_q, c2_last_q; // it is the window's first line; the last of the window or point
    reg               d_valid_q;
    reg               c2d_q, c12d_q;  // c2_valid_q && d_valid_q; and c1_valid_q: no ready waits for another
    wire              d_move  = !d_valid_q || out_ready;
    wire              c2_move = !c2d_q || out_ready;
    assign c1_move   = !c12d_q || out_ready;
    assign line_addr = s_addr;
    assign line_re   = s_valid && !s_end && c1_move;
    assign line_qe   = c1_valid_q && c2_move;

    wire              c1_windows = WINDOWS != 0 && (c1_job_q ? cfg_windows[1] : cfg_windows[0]);
    wire [AW-1:0]     c1_offset  = c1_addr_q - c1_line_q;
    wire              c1_first   = c1_windows && c1_addr_q == c1_line_q;
    wire              c1_last    = c1_windows ? c1_addr_q == c1_x_q[X_W-1 -: AW] : c1_offset == (c1_job_q ? cfg_last[2*AW-1:AW] : cfg_last[AW-1:0]);
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
        if (c1_move) {c1_job_q, c1_end_q, c1_addr_q, c1_line_q, c1_base_q, c1_x_q} <= {s_job, s_end, s_addr, s_line, s_base, s_x};
        if (c2_move) {c2_job_q, c2_end_q, c2_offset_q, c2_base_q, c2_x_q, c2_first_q, c2_last_q}
            <= {c1_job_q, c1_end_q, c1_offset, c1_base_q, c1_x_q[COL_AW+11:0], c1_first, c1_last};
    end

    // ---- D: flags outside the job's elements masked off ---------------------------------------------------------------
    reg               d_job_q, d_end_q, d_nm_q;
    reg  [LINE_W-1:0] d_data_q;
    reg  [LB-1:0]     d_flags_q;
    reg  [AW-1:0]     d_offset_q;
    reg  [ACC_AW-1:0] d_base_q;
    reg  [COL_AW-1:0] d_col_q;

    wire              windows = WINDOWS != 0 && (c2_job_q ? cfg_windows[1] : cfg_windows[0]);
    wire [5:0]        c2_lo, c2_hi;
    wire [COL_AW-1:0] c2_col;
    assign {c2_lo, c2_hi, c2_col} = c2_x_q;
    wire [5:0]        place   = windows ? c2_hi : c2_job_q ? cfg_place[11:6] : cfg_place[5:0];
    wire [LB-1:0]     mask;
    assign mask[0] = !c2_first_q || c2_lo == 6'd0;
    genvar i;
    generate
        for (i = 1; i < LB; i = i + 1) begin : g_mask
            localparam integer I = i, NEXT = i + 1;
            assign mask[i] = (!c2_last_q || place >= I[5:0]) && (!c2_first_q || {1'b0, c2_lo} < NEXT[6:0]);
        end
    endgenerate

    always @(posedge clk)
        if (d_move) begin
            {d_job_q, d_end_q, d_offset_q, d_base_q} <= {c2_job_q, c2_end_q, c2_offset_q, c2_base_q};
            d_nm_q    <= c2_job_q ? cfg_nm[1] : cfg_nm[0];
            d_col_q   <= windows ? c2_col : {COL_AW{1'b0}};
            d_data_q  <= line_data;
            d_flags_q <= c2_end_q ? {LB{1'b0}} : line_flags & mask;
        end

    assign out_valid  = d_valid_q;
    assign out_data   = d_data_q;
    assign out_flags  = d_flags_q;
    assign out_offset = {1'b0, d_offset_q};
    assign out_col    = d_col_q;
    assign out_base   = d_base_q;
    assign out_job    = d_job_q;
    assign out_nm     = d_nm_q;
    assign out_end    = d_end_q;

    wire unused_ok = &{1'b0, unused_any, unused_three, a_pitch_q, a_rows_q, a_word_q, b_x_q, s_x};

endmodule
`default_nettype wire
