// SPDX-License-Identifier: Apache-2.0
//
// lac_lane_decode - from words of stored entries to single entries with rows, without the padding
//
//   word -->[ two entries ]-->[ gaps ]-->[ rows ]-->[ queue of pairs ]--> one entry a cycle
//
//   Function   reads two entries a cycle, adds up their rows, drops padding, and hands out one entry a cycle;
//              so padding costs no cycle of the multiplier as long as the queue is not empty
//   Entries    en: multiply; err: the first entry of the slice whose row is >= rows (it and the rest of the slice do
//              nothing else); last: last of the slice; an end mark is one entry with `fin` and `last`
//   Handshake  in: valid/ready. out: out_valid, out_pop (the reader never needs to wait)
//   Reset      control only
`default_nettype none

module lac_lane_decode #(
    parameter integer ACC_AW = 8  // [bits] of a row
) (
    input  wire              clk,
    input  wire              rst,

    input  wire [3:0]        cfg_format,  // {job 1, job 0}: 0 csc, 1 csc8, 2 N:4
    input  wire [5:0]        cfg_n,       // {job 1, job 0}: entries of a row, N:4
    input  wire [2*ACC_AW+1:0] cfg_rows,  // {job 1, job 0}, 1 .. 2^ACC_AW

    input  wire              in_valid,
    output wire              in_ready,
    input  wire [63:0]       in_word,
    input  wire [2:0]        in_first,
    input  wire [2:0]        in_stop,
    input  wire              in_head,
    input  wire              in_tail,
    input  wire              in_job,
    input  wire              in_end,

    output wire              skips,       // padding is being dropped, and nothing else found
    output wire              out_valid,
    input  wire              out_pop,
    output wire              out_en,
    output wire              out_err,
    output wire              out_last,
    output wire              out_fin,
    output wire [ACC_AW-1:0] out_row,
    output wire [1:0]        out_index,
    output wire [7:0]        out_weight   // csc: the code in bits 3:0
);

    // Rows are kept less the job's number of rows: a negative one is inside the layer.
    localparam integer ROW_W = (ACC_AW < 9 ? 9 : ACC_AW) + 2;  // a row and two gaps fit

    // ---- D: two entries: slots 0 and 1, 2 and 3, or 4 and 5 of the word -------------------------------------------
    reg  [1:0]  pair_q;      // next pair, where a word has been begun
    reg         begun_q;
    wire [1:0]  pair  = begun_q ? pair_q : in_first[2:1];
    wire [1:0]  final_ = (in_stop == 3'd1 || in_stop == 3'd2) ? 2'd0 : (in_stop == 3'd3 || in_stop == 3'd4) ? 2'd1 : 2'd2;
    wire        done  = in_end || pair == final_;
    wire        wide  = cfg_format[{in_job, 1'b0} +: 2] == 2'd1;
    wire [31:0] two   = wide ? (pair[0] ? in_word[63:32] : in_word[31:0])
                      : {12'd0, pair[1] ? in_word[59:40] : pair[0] ? in_word[39:20] : in_word[19:0]};

    reg          d_valid_q, d_head_q, d_job_q, d_fin_q, d_last_q;
    reg          d_has0_q, d_has1_q;  // the pair's entries that belong to the slice
    reg  [31:0]  d_two_q;
    wire         d_move;
    assign in_ready = d_move && done;

    always @(posedge clk)
        if (rst) begin
            begun_q   <= 1'b0;
            d_valid_q <= 1'b0;
        end else if (d_move) begin
            d_valid_q <= in_valid;
            if (in_valid) begun_q <= !done;
        end
    always @(posedge clk)
        if (d_move && in_valid) begin
            pair_q   <= pair + 2'd1;
            d_has0_q <= in_end || begun_q || !in_first[0];
            d_has1_q <= !in_end && !(done && in_stop[0]);
            d_head_q <= in_head && !begun_q;
            d_last_q <= in_tail && done;
            d_job_q  <= in_job;
            d_fin_q  <= in_end;
            d_two_q  <= two;
        end

    // ---- G: their gaps, and N:4 whether a row begins ------------------------------------------------------------------
    wire [1:0]  d_format = cfg_format[{d_job_q, 1'b0} +: 2];
    wire        d_csc    = d_format == 2'd0, d_nm = d_format == 2'd2;
    wire [2:0]  d_n      = d_job_q ? cfg_n[5:3] : cfg_n[2:0];

    reg  [2:0]  phase_q;     // N:4: entries of this row so far
    reg         g_valid_q, g_head_q, g_job_q, g_fin_q, g_last_q, g_has0_q, g_has1_q, g_pad0_q, g_pad1_q, g_step0_q, g_step1_q;
    reg  [7:0]  g_gap0_q, g_gap1_q;
    reg  [9:0]  g_e0_q, g_e1_q;
    wire        g_move;
    assign d_move = !d_valid_q || g_move;

    always @(posedge clk)
        if (rst)         g_valid_q <= 1'b0;
        else if (g_move) g_valid_q <= d_valid_q;
    // csc: {gap[5:0], code[3:0]}; csc8: {gap[7:0], weight[7:0]}; N:4: {index[1:0], weight[7:0]}
    always @(posedge clk)
        if (g_move && d_valid_q) begin : gaps
            reg [15:0] e0, e1;
            reg        row0_new, row1_new;
            e0 = d_two_q[15:0];
            e1 = d_format == 2'd1 ? d_two_q[31:16] : {6'd0, d_two_q[19:10]};
            row0_new = d_head_q || phase_q == d_n;
            row1_new = d_has0_q ? (row0_new ? d_n == 3'd1 : phase_q + 3'd1 == d_n) : row0_new;

            if (d_has1_q)      phase_q <= row1_new ? 3'd1 : (d_has0_q && row0_new) ? 3'd2 : phase_q + (d_has0_q ? 3'd2 : 3'd1);
            else if (d_has0_q) phase_q <= row0_new ? 3'd1 : phase_q + 3'd1;

            {g_head_q, g_job_q, g_fin_q, g_last_q} <= {d_head_q, d_job_q, d_fin_q, d_last_q};
            {g_has0_q, g_has1_q}                   <= {d_has0_q, d_has1_q};
            {g_e0_q, g_e1_q}                       <= {e0[9:0], e1[9:0]};
            g_pad0_q  <= !d_nm && e0[3:0] == 4'd0 && (d_csc || e0[7:4] == 4'd0);
            g_pad1_q  <= !d_nm && e1[3:0] == 4'd0 && (d_csc || e1[7:4] == 4'd0);
            g_gap0_q  <= (d_nm || !d_has0_q) ? 8'd0 : d_csc ? {2'd0, e0[9:4]} : e0[15:8];
            g_gap1_q  <= (d_nm || !d_has1_q) ? 8'd0 : d_csc ? {2'd0, e1[9:4]} : e1[15:8];
            g_step0_q <= d_has0_q && (!d_nm || row0_new);
            g_step1_q <= d_has1_q && (!d_nm || row1_new);
        end

    // ---- R: their rows ---------------------------------------------------------------------------------------------
    // Each entry stands `gap + step` rows behind the one before it; a slice begins one row above the first. Steps are carries in:
    // as the lowest bit of both operands.
    wire [ROW_W-1:0] start = {{(ROW_W-ACC_AW-1){1'b1}}, ~(g_job_q ? cfg_rows[2*ACC_AW+1:ACC_AW+1] : cfg_rows[ACC_AW:0])};
    reg  [ROW_W-1:0] row_q;       // row of the entry before
    reg                r_valid_q, r_head_q, r_fin_q, r_last_q, r_has0_q, r_has1_q, r_pad0_q, r_pad1_q, r_in0_q, r_in1_q;
    reg [ACC_AW-1:0]   r_row0_q, r_row1_q;
    reg [9:0]          r_e0_q, r_e1_q;  // index or nothing, weight or code
    wire               r_move;
    assign g_move = !g_valid_q || r_move;

    always @(posedge clk)
        if (rst)         r_valid_q <= 1'b0;
        else if (r_move) r_valid_q <= g_valid_q;
    always @(posedge clk)
        if (r_move && g_valid_q) begin : rows
            reg [ROW_W-1:0] from, row0, row1;
            reg [8:0]       both;    // of the two steps, the second comes in here, the first below
            reg [2:0]       unused_low;
            from = g_head_q ? start : row_q;
            {both, unused_low[2]} = {1'b0, g_gap0_q, 1'b1} + {1'b0, g_gap1_q, g_step0_q && g_step1_q};
            {row0, unused_low[0]} = {from, 1'b1} + {{(ROW_W-8){1'b0}}, g_gap0_q, g_step0_q};
            {row1, unused_low[1]} = {from, 1'b1} + {{(ROW_W-9){1'b0}}, both, g_step0_q || g_step1_q};

            row_q <= g_has1_q ? row1 : row0;
            {r_head_q, r_fin_q, r_last_q}            <= {g_head_q, g_fin_q, g_last_q};
            {r_has0_q, r_has1_q, r_pad0_q, r_pad1_q} <= {g_has0_q, g_has1_q, g_pad0_q, g_pad1_q};
            {r_in0_q, r_in1_q}                       <= {row0[ROW_W-1], row1[ROW_W-1]};
            {r_row0_q, r_row1_q}                     <= {row0[ACC_AW-1:0], row1[ACC_AW-1:0]};
            {r_e0_q, r_e1_q}                         <= {g_e0_q, g_e1_q};
        end

    // ---- What the entries do ------------------------------------------------------------------------------------------
    reg  bad_q;              // this slice has left the rows
    wire was   = bad_q && !r_head_q;
    wire bad0  = was || (r_has0_q && !r_fin_q && !r_in0_q);
    wire bad1  = bad0 || (r_has1_q && !r_in1_q);
    wire push_ready;
    assign r_move = !r_valid_q || push_ready;
    always @(posedge clk) if (r_valid_q && push_ready) bad_q <= bad1;

    // ---- Pairs, then one at a time -----------------------------------------------------------------------
    localparam integer EW = ACC_AW + 14;
    wire en0   = r_has0_q && !r_fin_q && !r_pad0_q && !bad0;
    wire err0  = bad0 && !was;
    wire last0 = r_last_q && !r_has1_q;
    wire en1   = r_has1_q && !r_pad1_q && !bad1;
    wire err1  = bad1 && !bad0;
    wire last1 = r_last_q && r_has1_q;
    wire use0  = en0 || err0 || last0;
    wire use1  = en1 || err1 || last1;
    wire [EW-1:0] pair0 = {r_fin_q, last0, err0, en0, r_row0_q, r_e0_q};
    wire [EW-1:0] pair1 = {1'b0,    last1, err1, en1, r_row1_q, r_e1_q};

    wire              fifo_ready, fifo_valid, fifo_pop;
    wire              push = r_valid_q && fifo_ready && (use0 || use1);
    wire [2*EW+1:0]   head;
    wire [2:0]        unused_level;
    assign push_ready = fifo_ready;
    assign skips      = r_valid_q && !use0 && !use1;

    lac_fifo #(.W(2*EW+2), .DEPTH(4), .LEVEL_W(3)) u_pairs (
        .clk(clk), .rst(rst),
        .push(push), .in_data({use1, use0, pair1, pair0}), .in_ready(fifo_ready),
        .out_valid(fifo_valid), .out_data(head), .pop(fifo_pop), .level(unused_level)
    );

    reg  second_q;  // the pair's first entry has gone
    wire pick1 = second_q || !head[2*EW];
    wire more  = !pick1 && head[2*EW+1];
    assign fifo_pop = fifo_valid && out_pop && !more;
    always @(posedge clk)
        if (rst)                        second_q <= 1'b0;
        else if (fifo_valid && out_pop) second_q <= more;

    wire [EW-1:0] one = pick1 ? head[2*EW-1:EW] : head[EW-1:0];
    assign out_valid = fifo_valid;
    assign {out_fin, out_last, out_err, out_en, out_row, out_index, out_weight} = one;

endmodule
`default_nettype wire
