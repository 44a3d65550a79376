// SPDX-License-Identifier: Apache-2.0
//
// lac_lane_decode - from words of stored entries to single entries with rows, without the padding
//
//   word -->[ two entries ]-->[ their rows ]-->[ queue of pairs ]--> one entry a cycle
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

    localparam integer ROW_W = (ACC_AW < 9 ? 9 : ACC_AW) + 2;  // a row and two gaps fit

    // ---- D: which two slots -----------------------------------------------------------------------------
    reg  [2:0]  slot_q;      // next slot, where a word has been begun
    reg         begun_q;
    wire [2:0]  slot  = begun_q ? slot_q : in_first;
    wire [3:0]  next  = {1'b0, slot} + 4'd2;
    wire        two   = {1'b0, slot} + 4'd1 < {1'b0, in_stop};
    wire        done  = in_end || next >= {1'b0, in_stop};
    wire        wide  = cfg_format[{in_job, 1'b0} +: 2] == 2'd1;

    // entry s of the word, normalised: {gap[7:0] or index, weight[7:0]}
    wire [95:0] narrow_word = {6'd0, in_word[59:50], 6'd0, in_word[49:40], 6'd0, in_word[39:30],
                               6'd0, in_word[29:20], 6'd0, in_word[19:10], 6'd0, in_word[9:0]};
    wire [127:0] slots = wide ? {64'd0, in_word} : {32'd0, narrow_word};
    wire [2:0]   slot1 = slot + 3'd1;
    wire [15:0]  entry0 = slots[{slot,  4'd0} +: 16];
    wire [15:0]  entry1 = slots[{slot1, 4'd0} +: 16];

    reg          d_valid_q, d_two_q, d_head_q, d_job_q, d_fin_q, d_last_q;
    reg  [15:0]  d_e0_q, d_e1_q;
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
        if (d_move) begin
            slot_q   <= next[2:0];
            d_two_q  <= two && !in_end;
            d_head_q <= in_head && !begun_q;
            d_last_q <= in_tail && done;
            d_job_q  <= in_job;
            d_fin_q  <= in_end;
            d_e0_q   <= entry0;
            d_e1_q   <= entry1;
        end

    // ---- Rows of the two -----------------------------------------------------------------------------------
    wire [1:0]       d_format = cfg_format[{d_job_q, 1'b0} +: 2];
    wire             d_nm     = d_format == 2'd2;
    wire [2:0]       d_n      = d_job_q ? cfg_n[5:3] : cfg_n[2:0];
    wire [ROW_W-1:0] limit    = {{(ROW_W-ACC_AW-1){1'b0}}, d_job_q ? cfg_rows[2*ACC_AW+1:ACC_AW+1] : cfg_rows[ACC_AW:0]};

    reg  [ROW_W-1:0] row_q;    // row behind the previous entry's
    reg  [2:0]       phase_q;  // N:4: entries of this row so far
    reg              bad_q;    // this slice has left the rows

    // csc: {gap[5:0], code[3:0]} in the low ten bits
    wire [7:0] gap0 = d_nm ? 8'd0 : d_format == 2'd0 ? {2'd0, d_e0_q[9:4]} : d_e0_q[15:8];
    wire [7:0] gap1 = d_nm ? 8'd0 : d_format == 2'd0 ? {2'd0, d_e1_q[9:4]} : d_e1_q[15:8];
    wire       pad0 = d_format == 2'd0 ? d_e0_q[3:0] == 4'd0 : d_e0_q[7:0] == 8'd0 && !d_nm;
    wire       pad1 = d_format == 2'd0 ? d_e1_q[3:0] == 4'd0 : d_e1_q[7:0] == 8'd0 && !d_nm;

    wire [ROW_W-1:0] from   = d_head_q ? {ROW_W{1'b0}} : row_q;
    wire [2:0]       ph0    = d_head_q ? 3'd0 : phase_q;
    wire             turn0  = !d_nm || ph0 + 3'd1 == d_n;
    wire [2:0]       ph1    = turn0 ? 3'd0 : ph0 + 3'd1;
    wire             turn1  = !d_nm || ph1 + 3'd1 == d_n;
    wire [ROW_W-1:0] row0   = from + {{(ROW_W-8){1'b0}}, gap0};
    wire [ROW_W-1:0] from1  = row0 + {{(ROW_W-1){1'b0}}, turn0};
    wire [ROW_W-1:0] row1   = from1 + {{(ROW_W-8){1'b0}}, gap1};
    wire [ROW_W-1:0] from2  = row1 + {{(ROW_W-1){1'b0}}, turn1};
    wire             was    = bad_q && !d_head_q;
    wire             bad0   = !d_fin_q && (was || row0 >= limit);
    wire             bad1   = bad0 || row1 >= limit;

    wire push_ready;
    assign d_move = !d_valid_q || push_ready;

    always @(posedge clk)
        if (d_valid_q && push_ready) begin
            row_q   <= d_two_q ? from2 : from1;
            phase_q <= !d_two_q ? ph1 : turn1 ? 3'd0 : ph1 + 3'd1;
            bad_q   <= d_two_q ? bad1 : bad0;
        end

    // ---- Pairs, then one at a time -----------------------------------------------------------------------
    localparam integer EW = ACC_AW + 14;
    wire en0   = !d_fin_q && !pad0 && !bad0;
    wire err0  = bad0 && !was;
    wire last0 = d_last_q && !d_two_q;
    wire en1   = d_two_q && !pad1 && !bad1;
    wire err1  = d_two_q && bad1 && !bad0;
    wire last1 = d_last_q && d_two_q;
    wire use0  = en0 || err0 || last0;
    wire use1  = en1 || err1 || last1;
    wire [EW-1:0] pair0 = {d_fin_q, last0, err0, en0, bad0 ? {ACC_AW{1'b0}} : row0[ACC_AW-1:0], d_e0_q[9:8], d_e0_q[7:0]};
    wire [EW-1:0] pair1 = {1'b0,    last1, err1, en1, bad1 ? {ACC_AW{1'b0}} : row1[ACC_AW-1:0], d_e1_q[9:8], d_e1_q[7:0]};

    wire              fifo_ready, fifo_valid, fifo_pop;
    wire              push = d_valid_q && fifo_ready && (use0 || use1);
    wire [2*EW+1:0]   head;
    wire [2:0]        unused_level;
    assign push_ready = fifo_ready;
    assign skips      = d_valid_q && !use0 && !use1;

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
