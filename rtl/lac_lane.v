// SPDX-License-Identifier: Apache-2.0
//
// lac_lane - one lane: owns output channels, turns items into multiplications
//
//   item --+--> column queue --> lac_lane_fetch --> lac_lane_decode --+--> lac_mac
//          |                     table, weights     rows, padding    |
//          +--> operand queue --------------------------------------+
//
//   Function   for an item {a, column, base}: acc[base + row] += w * a[index] for each stored entry of the lane's
//              slice of that column
//   Timing     one stored weight a cycle while items are there; padding is free (lac_lane_decode)
//   Handshake  in_valid pushes; `almost_full` is registered, and the queue has SLACK more places for what is under way:
//              from the item that fills it, three cycles to the stop of lac_exec and four items between there and here
//   Jobs       two may be in flight; cfg_* hold {job 1, job 0} still until `done` of that job
//   Errors     the first one since reset, with its job
//   Reset      control only; RAM contents: zero_we, in the sweep
`default_nettype none

module lac_lane #(
    parameter integer WEIGHT_DEPTH = 1024,  // [words]
    parameter integer WEIGHT_AW    = 10,
    parameter integer COL_DEPTH    = 512,   // [columns]
    parameter integer COL_AW       = 9,
    parameter integer ACC_DEPTH    = 256,   // [words] a bank
    parameter integer ACC_AW       = 8,
    parameter integer FIFO_DEPTH   = 24,    // [items] before almost_full
    parameter integer COUNT_W      = 9      // [bits] of a cause counter
) (
    input  wire                 clk,
    input  wire                 item_clk,  // clk, or clk while there is work: of all that items and STORE move
    input  wire                 rst,

    input  wire [3:0]           cfg_format,
    input  wire [1:0]           cfg_place, // which of an item's four elements is this lane's, format 3
    input  wire [5:0]           cfg_n,
    input  wire [1:0]           cfg_long,  // job's entries are weights of 16 bits, format 3
    input  wire [2*ACC_AW+1:0]  cfg_rows,
    input  wire [1:0]           cfg_bank,
    input  wire [1:0]           cfg_copy,

    input  wire                 in_valid,
    input  wire [67:0]          in_a,      // four signed activations of 17 bits
    input  wire [COL_AW-1:0]    in_col,
    input  wire [ACC_AW-1:0]    in_base,   // accumulator of the point's row 0, plus the job's rows
    input  wire                 in_job,
    input  wire                 in_end,
    output wire                 almost_full,

    output wire [1:0]           done,
    output wire                 mac,       // a multiplication was issued
    input  wire [2:0]           ex_cause,  // of a cycle in which the lane has nothing
    input  wire                 run,
    input  wire                 count_select,
    input  wire [2:0]           count_at,
    output wire [COUNT_W-1:0]   count,
    input  wire                 clear,
    input  wire [2:0]           clear_at,
    output wire                 err_valid,
    output wire                 err_job,
    output wire                 err_ovf,
    output wire [ACC_AW-1:0]    err_addr,  // overflow: the accumulator; row: in_base

    input  wire                 w_we,
    input  wire [WEIGHT_AW-1:0] w_addr,
    input  wire [7:0]           w_index,
    input  wire [63:0]          w_data,
    input  wire                 t_columns,
    input  wire [7:0]           t_word,
    input  wire [2:0]           t_slot,
    input  wire                 t_start,
    input  wire [15:0]          t_base,
    input  wire                 t_wide,
    input  wire                 t_we,
    input  wire [COL_AW-1:0]    t_col,
    input  wire [9:0]           t_q,
    input  wire [2:0]           t_r,
    input  wire                 t_check,
    input  wire [16:0]          t_limit,
    output wire                 t_short,
    input  wire                 cb_we,
    input  wire [4:0]           cb_addr,   // {copy, code}
    input  wire [15:0]          cb_data,

    input  wire                 st_bank,
    input  wire [1:0]           st_re,
    input  wire [1:0]           st_qe,
    input  wire [ACC_AW-1:0]    st_raddr,
    input  wire [1:0]           zero_pre,
    input  wire [1:0]           zero_we,
    input  wire [ACC_AW-1:0]    zero_addr,
    output wire [35:0]          st_acc
);

`include "lac_regs.vh"
    localparam integer SLACK = 8;

    wire                col_valid, col_pop, col_end, col_job;
    wire [COL_AW-1:0]   col;
    wire                op_valid, op_pop;
    wire [67:0]         op_a;
    wire [ACC_AW-1:0]   op_base;

    lac_lane_queue #(.COL_W(COL_AW + 2), .OP_W(ACC_AW + 68), .PLACES(FIFO_DEPTH + SLACK), .AFULL(FIFO_DEPTH)) u_items (
        .clk(item_clk), .rst(rst), .push(in_valid), .in_col({in_end, in_job, in_col}), .in_op({in_base, in_a}),
        .almost_full(almost_full),
        .col_valid(col_valid), .col({col_end, col_job, col}), .col_pop(col_valid && col_pop),
        .op_valid(op_valid), .op({op_base, op_a}), .op_pop(op_pop)
    );

    wire        pair_valid, pair_ready, pair_head, pair_last, pair_job, pair_end;
    wire [63:0] word;
    wire [1:0]  pair, pair_has;
    wire [1:0]  cfg_wide = {cfg_format[2], cfg_format[0]};

    lac_lane_fetch #(
        .WEIGHT_DEPTH(WEIGHT_DEPTH), .WEIGHT_AW(WEIGHT_AW), .COL_DEPTH(COL_DEPTH), .COL_AW(COL_AW)
    ) u_fetch (
        .clk(clk), .item_clk(item_clk), .rst(rst),
        .in_valid(col_valid), .in_ready(col_pop), .in_col(col), .in_job(col_job), .in_end(col_end), .cfg_wide(cfg_wide),
        .out_valid(pair_valid), .out_ready(pair_ready), .out_word(word), .out_pair(pair), .out_has(pair_has),
        .out_head(pair_head), .out_last(pair_last), .out_job(pair_job), .out_end(pair_end),
        .w_we(w_we), .w_addr(w_addr), .w_index(w_index), .w_data(w_data), .t_columns(t_columns), .t_word(t_word), .t_slot(t_slot),
        .t_start(t_start), .t_base(t_base), .t_wide(t_wide), .t_we(t_we), .t_col(t_col), .t_q(t_q), .t_r(t_r),
        .t_check(t_check), .t_limit(t_limit), .t_short(t_short)
    );

    wire              e_valid, e_en, e_err, e_last, e_fin, e_job, e_skips;
    // Rows of 256 and more are needed where the row is a part of the weight
    localparam integer ROW_AW = (ACC_AW < 8) ? 8 : ACC_AW;
    wire [2*ROW_AW+1:0] e_rows;
    wire [ROW_AW-1:0] e_row;
    wire [1:0]        e_index;
    wire [7:0]        e_weight;
    wire              e_long = cfg_long[e_job];
    // Where the lower byte of a row is a weight's, its place has only what takes the 256 rows away again that in_base has too many
    wire [ROW_AW-1:0] x_row = e_row & ~{{(ROW_AW-8){1'b0}}, {8{e_long}}};
    generate
        if (ACC_AW < 8) begin : g_few
            assign e_rows = {cfg_long[1] ? 9'd256 : {{(8-ACC_AW){1'b0}}, cfg_rows[2*ACC_AW+1:ACC_AW+1]},
                             cfg_long[0] ? 9'd256 : {{(8-ACC_AW){1'b0}}, cfg_rows[ACC_AW:0]}};
            wire unused_row = &{1'b0, x_row};
        end else begin : g_many
            assign e_rows = cfg_rows;
        end
    endgenerate

    lac_lane_decode #(.ACC_AW(ROW_AW)) u_decode (
        .clk(item_clk), .rst(rst), .cfg_format(cfg_format), .cfg_place(cfg_place), .cfg_n(cfg_n), .cfg_long(cfg_long), .cfg_rows(e_rows),
        .in_valid(pair_valid), .in_ready(pair_ready), .in_word(word), .in_pair(pair), .in_has(pair_has),
        .in_head(pair_head), .in_last(pair_last), .in_job(pair_job), .in_end(pair_end),
        .skips(e_skips), .out_valid(e_valid), .out_en(e_en), .out_err(e_err), .out_last(e_last), .out_fin(e_fin),
        .out_job(e_job), .out_row(e_row), .out_index(e_index), .out_weight(e_weight)
    );
    assign op_pop = e_last;
    assign mac    = e_en;

    // ---- The entry meets its operand, on the way into lac_mac ---------------------------------------------------
    wire [16:0]       x_a = e_index[1] ? (e_index[0] ? op_a[67:51] : op_a[50:34]) : (e_index[0] ? op_a[33:17] : op_a[16:0]);
    reg  [15:0]       codebook [0:31];  // two copies of sixteen
    always @(posedge clk) if (cb_we) codebook[cb_addr] <= cb_data;
    wire [1:0]        e_format = cfg_format[{e_job, 1'b0} +: 2];
    wire [15:0]       x_w = e_format == 2'd0 ? codebook[{cfg_copy[e_job], e_weight[3:0]}] : {e_long ? e_row[7:0] : {8{e_weight[7]}}, e_weight};

    // ---- Why this cycle was, or was not, a multiplication ----------------------------------------------------
    wire [2:0] cause = e_en ? `LAC_LANE_BUSY
                     : (e_valid || e_skips) ? `LAC_LANE_PADDING
                     : op_valid     ? `LAC_LANE_WEIGHTS
                     :                ex_cause;
    lac_count #(.W(COUNT_W)) u_count (
        .clk(clk), .clear(clear), .clear_at(clear_at), .run(run), .cause(cause), .select(count_select), .at(count_at), .out(count)
    );

    lac_mac #(.ACC_DEPTH(ACC_DEPTH), .ACC_AW(ACC_AW)) u_mac (
        .clk(item_clk), .rst(rst),
        .in_en(e_en), .in_err(e_err), .in_end(e_fin), .in_job(e_job), .in_bank(cfg_bank[e_job]),
        .in_addr(op_base + (e_err ? {ACC_AW{1'b0}} : x_row[ACC_AW-1:0])), .in_w(x_w), .in_a(x_a),
        .done(done), .err_valid(err_valid), .err_job(err_job), .err_ovf(err_ovf), .err_addr(err_addr),
        .st_bank(st_bank), .st_re(st_re), .st_qe(st_qe), .st_raddr(st_raddr),
        .zero_pre(zero_pre), .zero_we(zero_we), .zero_addr(zero_addr), .st_acc(st_acc)
    );

endmodule
`default_nettype wire
