// SPDX-License-Identifier: Apache-2.0
//
// lac_lane_decode - from words of stored entries to single entries with rows, without the padding
//
//   pair -->[ D two entries ]-->[ G gaps ]-->[ R rows ]-->[ queue of pairs ]-->[ Y ]--> one entry a cycle
//
//   Function   takes two entries a cycle, adds up their rows, drops padding, and hands out one entry a cycle;
//              so padding costs no cycle of the multiplier as long as the queue is not empty
//   Entries    en: multiply; err: the first entry of the slice whose row is >= rows (it and the rest of the slice do
//              nothing else); last: last of the slice; an end mark is one entry with `fin` and `last`
//   Handshake  in_ready is a register: nothing behind it ever stalls, the queue has room for what is under way. out: no way to wait
//   Timing     five cycles from a pair to its first entry
//   Reset      control only
`default_nettype none

module lac_lane_decode #(
    parameter integer ACC_AW = 8  // [bits] of a row
) (
    input  wire              clk,
    input  wire              rst,

    input  wire [3:0]        cfg_format,  // {job 1, job 0}: 0 csc, 1 csc8, 2 N:4, 3 csc8 with out_index cfg_place
    input  wire [1:0]        cfg_place,
    input  wire [5:0]        cfg_n,       // {job 1, job 0}: entries of a row, N:4
    input  wire [1:0]        cfg_long,    // {job 1, job 0}: of an entry of format 3 nothing is padding
    input  wire [2*ACC_AW+1:0] cfg_rows,  // {job 1, job 0}, 1 .. 2^ACC_AW

    input  wire              in_valid,
    output wire              in_ready,
    input  wire [63:0]       in_word,
    input  wire [1:0]        in_pair,
    input  wire [1:0]        in_has,      // entries of the pair that belong to the slice
    input  wire              in_head,     // first pair of the slice
    input  wire              in_last,
    input  wire              in_job,
    input  wire              in_end,

    output wire              skips,       // padding was dropped, and nothing else found
    output wire              out_valid,
    output wire              out_en,
    output wire              out_err,
    output wire              out_last,
    output wire              out_fin,
    output wire              out_job,
    output wire [ACC_AW-1:0] out_row,     // of an entry that multiplies
    output wire [1:0]        out_index,   // N:4, format 3; else 0
    output wire [7:0]        out_weight   // csc: the code in bits 3:0
);

    // Rows are kept less the job's number of rows: a negative one is inside the layer.
    localparam integer ROW_W = (ACC_AW < 9 ? 9 : ACC_AW) + 2;  // a row and two gaps fit

    // ---- D: two entries: slots 0 and 1, 2 and 3, or 4 and 5 of the word -------------------------------------------
    reg          d_valid_q, d_head_q, d_job_q, d_fin_q, d_last_q;
    reg          d_has0_q, d_has1_q;
    reg          d_csc_q, d_nm_q;  // of its job
    reg          d_solid_q;        // it has no padding
    reg  [1:0]   d_place_q;
    reg  [2:0]   d_n_q;
    reg  [15:0]  d_e0_q, d_e1_q;  // wide ones as they are, narrow ones in the lower bits; what is above does not matter
    reg          room_q;
    assign in_ready = room_q;

    always @(posedge clk)
        if (rst) d_valid_q <= 1'b0;
        else     d_valid_q <= in_valid && room_q;
    always @(posedge clk)
        if (in_valid && room_q) begin : entries
            reg [1:0]  format;
            reg        wide;
            reg [31:0] w2;
            reg [19:0] n2;
            format = cfg_format[{in_job, 1'b0} +: 2];
            wide   = format[0];
            w2     = in_pair[0] ? in_word[63:32] : in_word[31:0];
            n2     = in_pair[1] ? in_word[59:40] : in_pair[0] ? in_word[39:20] : in_word[19:0];
            {d_has1_q, d_has0_q} <= in_has;
            d_csc_q  <= format == 2'd0;
            d_nm_q   <= format == 2'd2;
            d_solid_q <= format == 2'd2 || cfg_long[in_job];
            d_place_q <= cfg_place & {2{format == 2'd3}};
            d_n_q    <= in_job ? cfg_n[5:3] : cfg_n[2:0];
            d_head_q <= in_head;
            d_last_q <= in_last;
            d_job_q  <= in_job;
            d_fin_q  <= in_end;
            d_e0_q   <= {w2[15:10], wide ? w2[9:0] : n2[9:0]};
            d_e1_q   <= {w2[31:26], wide ? w2[25:16] : n2[19:10]};
        end

    // ---- G: their gaps, and N:4 whether a row begins ------------------------------------------------------------------
    reg  [2:0]  phase_q;     // N:4: entries of this row so far
    reg         g_valid_q, g_head_q, g_job_q, g_fin_q, g_last_q, g_has0_q, g_has1_q, g_pad0_q, g_pad1_q, g_step0_q, g_step1_q;
    reg  [7:0]  g_gap0_q, g_gap1_q;
    reg  [9:0]  g_e0_q, g_e1_q;

    always @(posedge clk)
        if (rst) g_valid_q <= 1'b0;
        else     g_valid_q <= d_valid_q;
    // csc: {gap[5:0], code[3:0]}; csc8: {gap[7:0], weight[7:0]}; N:4: {index[1:0], weight[7:0]}
    always @(posedge clk)
        if (d_valid_q) begin : gaps
            reg [15:0] e0, e1;
            reg        row0_new, row1_new;
            e0 = d_e0_q;
            e1 = d_e1_q;
            row0_new = d_head_q || phase_q == d_n_q;
            row1_new = d_has0_q ? (row0_new ? d_n_q == 3'd1 : phase_q + 3'd1 == d_n_q) : row0_new;

            if (d_has1_q)      phase_q <= row1_new ? 3'd1 : (d_has0_q && row0_new) ? 3'd2 : phase_q + (d_has0_q ? 3'd2 : 3'd1);
            else if (d_has0_q) phase_q <= row0_new ? 3'd1 : phase_q + 3'd1;

            {g_head_q, g_job_q, g_fin_q, g_last_q} <= {d_head_q, d_job_q, d_fin_q, d_last_q};
            {g_has0_q, g_has1_q}                   <= {d_has0_q, d_has1_q};
            {g_e0_q, g_e1_q}                       <= {(e0[9:8] & {2{d_nm_q}}) | d_place_q, e0[7:0], (e1[9:8] & {2{d_nm_q}}) | d_place_q, e1[7:0]};
            g_pad0_q  <= !d_solid_q && e0[3:0] == 4'd0 && (d_csc_q || e0[7:4] == 4'd0);
            g_pad1_q  <= !d_solid_q && e1[3:0] == 4'd0 && (d_csc_q || e1[7:4] == 4'd0);
            g_gap0_q  <= (d_nm_q || !d_has0_q) ? 8'd0 : d_csc_q ? {2'd0, e0[9:4]} : e0[15:8];
            g_gap1_q  <= (d_nm_q || !d_has1_q) ? 8'd0 : d_csc_q ? {2'd0, e1[9:4]} : e1[15:8];
            g_step0_q <= d_has0_q && (!d_nm_q || row0_new);
            g_step1_q <= d_has1_q && (!d_nm_q || row1_new);
        end

    // ---- R: their rows ---------------------------------------------------------------------------------------------
    // Each entry stands `gap + step` rows behind the one before it; a slice begins one row above the first. Steps are carries in:
    // as the lowest bit of both operands.
    wire [ROW_W-1:0] start = {{(ROW_W-ACC_AW-1){1'b1}}, ~(g_job_q ? cfg_rows[2*ACC_AW+1:ACC_AW+1] : cfg_rows[ACC_AW:0])};
    reg  [ROW_W-1:0] row_q;       // row of the entry before
    reg                r_valid_q, r_head_q, r_fin_q, r_job_q, r_out0_q, r_out1_q;  // out: an entry, and beyond the rows
    reg                r_mul0_q, r_mul1_q, r_last0_q, r_last1_q;  // entries to multiply with, the slice's last
    reg [ACC_AW-1:0]   r_row0_q, r_row1_q;
    reg [9:0]          r_e0_q, r_e1_q;  // index or nothing, weight or code

    always @(posedge clk)
        if (rst) r_valid_q <= 1'b0;
        else     r_valid_q <= g_valid_q;
    always @(posedge clk)
        if (g_valid_q) begin : rows
            reg [ROW_W-1:0] from, row0, row1;
            reg [8:0]       both;    // of the two steps, the second comes in here, the first below
            reg [2:0]       unused_low;
            from = g_head_q ? start : row_q;
            {both, unused_low[2]} = {1'b0, g_gap0_q, 1'b1} + {1'b0, g_gap1_q, g_step0_q && g_step1_q};
            {row0, unused_low[0]} = {from, 1'b1} + {{(ROW_W-8){1'b0}}, g_gap0_q, g_step0_q};
            {row1, unused_low[1]} = {from, 1'b1} + {{(ROW_W-9){1'b0}}, both, g_step0_q || g_step1_q};

            row_q <= g_has1_q ? row1 : row0;
            {r_head_q, r_job_q, r_fin_q} <= {g_head_q, g_job_q, g_fin_q};
            {r_mul0_q, r_mul1_q}         <= {g_has0_q && !g_fin_q && !g_pad0_q, g_has1_q && !g_pad1_q};
            {r_last0_q, r_last1_q}       <= {g_last_q && !g_has1_q, g_last_q && g_has1_q};
            {r_out0_q, r_out1_q}         <= {g_has0_q && !g_fin_q && !row0[ROW_W-1], g_has1_q && !row1[ROW_W-1]};
            {r_row0_q, r_row1_q}         <= {row0[ACC_AW-1:0], row1[ACC_AW-1:0]};
            {r_e0_q, r_e1_q}             <= {g_e0_q, g_e1_q};
        end

    // ---- What the entries do ------------------------------------------------------------------------------------------
    reg  bad_q;              // this slice has left the rows
    wire was   = bad_q && !r_head_q;
    wire bad0  = was || r_out0_q;
    wire bad1  = bad0 || r_out1_q;
    always @(posedge clk) if (r_valid_q) bad_q <= bad1;

    // ---- Pairs, then one at a time -----------------------------------------------------------------------
    localparam integer EW = ACC_AW + 13;
    wire en0   = r_mul0_q && !bad0;
    wire err0  = r_out0_q && !was;
    wire en1   = r_mul1_q && !bad1;
    wire err1  = r_out1_q && !bad0;
    wire use0  = en0 || err0 || r_last0_q;
    wire use1  = en1 || err1 || r_last1_q;
    wire [EW-1:0] pair0 = {r_last0_q, err0, en0, r_row0_q, r_e0_q};
    wire [EW-1:0] pair1 = {r_last1_q, err1, en1, r_row1_q, r_e1_q};

    // Below the mark a pair is let in; then there are at most MARK - 1 inside, and five under way: one in each of D, G, R, one that goes
    // there now, and one a cycle later, because the level is looked at a cycle late.
    localparam [4:0]  MARK = 5'd12;
    wire              fifo_valid, fifo_pop, unused_ready;
    wire [2*EW+3:0]   head;
    wire [4:0]        level;
    lac_fifo #(.W(2*EW+4), .DEPTH(16), .LEVEL_W(5)) u_pairs (
        .clk(clk), .rst(rst),
        .push(r_valid_q && (use0 || use1)), .in_data({r_job_q, r_fin_q, use1, use0, pair1, pair0}), .in_ready(unused_ready),
        .out_valid(fifo_valid), .out_data(head), .pop(fifo_pop), .level(level)
    );
    reg  skips_q;
    always @(posedge clk)
        if (rst) {room_q, skips_q} <= 2'b00;
        else     {room_q, skips_q} <= {level < MARK, r_valid_q && !use0 && !use1};

    reg  second_q;  // the pair's first entry has gone
    wire pick1 = second_q || !head[2*EW];
    wire more  = !pick1 && head[2*EW+1];
    assign fifo_pop = fifo_valid && !more;
    always @(posedge clk)
        if (rst)             second_q <= 1'b0;
        else if (fifo_valid) second_q <= more;

    // ---- Y: the entry ----------------------------------------------------------------------------------------
    reg  [4:0]        y_what_q;  // {valid, last, err, en, fin}
    reg               y_job_q;
    reg  [ACC_AW-1:0] y_row_q;
    reg  [9:0]        y_e_q;
    always @(posedge clk)
        if (rst || !fifo_valid) y_what_q <= 5'd0;
        else                    y_what_q <= {1'b1, pick1 ? head[2*EW-1:2*EW-3] : head[EW-1:EW-3], head[2*EW+2]};
    always @(posedge clk)
        if (fifo_valid) begin
            y_job_q          <= head[2*EW+3];
            {y_row_q, y_e_q} <= pick1 ? head[2*EW-4:EW] : head[EW-4:0];
        end

    assign skips      = skips_q;
    assign {out_valid, out_last, out_err, out_en, out_fin} = y_what_q;
    assign out_job    = y_job_q;
    assign out_row    = y_row_q;
    assign out_index  = y_e_q[9:8];
    assign out_weight = y_e_q[7:0];

`ifdef FORMAL_LAC_LANE_DECODE  // `make formal` proves these by induction; with them lac_fifo's own: a push finds room
    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @(*) if (!f_past) assume (rst);
    // P1 the queue has room for what is under way   P2 ... and, while pairs are let in, for the one that comes now
    wire [5:0] f_inside = {1'b0, level} + {5'd0, d_valid_q} + {5'd0, g_valid_q} + {5'd0, r_valid_q};
    always @(*) if (f_past) begin
        assert (f_inside <= 6'd16);
        assert (!room_q || f_inside <= 6'd15);
    end
`endif

endmodule
`default_nettype wire
