// SPDX-License-Identifier: Apache-2.0
//
// lac_load - LOAD: memory to weight RAMs, column tables, codebooks, feature RAM, output parameters
//
//   read master --lines--+--> [ one state per section of the format ] --+
//                        +--> lac_load_table: slices of a column -------+--> registered write ports of the RAMs
//                        +--> lac_load_feat: features, lists -----------+
//   lac_load_ask: the next command, sizes, requests       lac_needed: columns of a column block that are wanted
//
//   Function   one command at a time; asks for lines, checks what they hold (docs/formats.md), spreads it
//   Timing     one line a cycle for entries, tables and dense features (an index line of 64 bits two); the group list one group a cycle, a list
//              one entry or one feature line a cycle, a codebook one code a cycle
//   Errors     the first fault in the order of lines wins; the lines still owed are swallowed, nothing more is written
//   Ahead      while a command's last lines come in, the next one is already here and has made its first request
//   Handshake  cmd: valid/ready, then `done` (with `fail` and the record) once everything is in the RAMs; `begins` where its work begins
//   Reset      control only
`default_nettype none

module lac_load #(
    parameter integer LANES        = 8,
    parameter integer LINE_W       = 64,
    parameter integer BYTES        = 8,    // min(LANES, LINE_W / 8)
    parameter integer ADDR_W       = 32,
    parameter integer STORE_W      = 4,
    parameter integer WEIGHT_DEPTH = 1024,
    parameter integer WEIGHT_AW    = 10,
    parameter integer COL_DEPTH    = 512,
    parameter integer COL_AW       = 9,
    parameter integer FEAT_DEPTH   = 1024,
    parameter integer FEAT_AW      = 10,
    parameter integer PARAM_AW     = 7     // [bits] of a parameter row (STORE_W channels)
) (
    input  wire                 clk,
    input  wire                 rst,

    input  wire                 cmd_valid,
    output wire                 cmd_ready,
    input  wire [255:0]         cmd,         // words 0 .. 7
    output wire                 begins,
    output wire                 done,
    output wire                 fail,
    output wire [7:0]           fail_code,
    output wire [ADDR_W-1:0]    fail_addr,
    output wire [31:0]          fail_index,
    output wire [2:0]           cause,       // of this cycle
    input  wire                 waits,       // a command waits for its tokens

    output wire                 req_valid,
    input  wire                 req_ready,
    output wire [ADDR_W-1:0]    req_addr,
    output wire [23:0]          req_lines,
    input  wire                 line_valid,
    output wire                 line_ready,
    input  wire [LINE_W-1:0]    line_data,
    input  wire [ADDR_W-1:0]    line_addr,
    input  wire [2:0]           line_fault,
    input  wire [ADDR_W-1:0]    line_fault_addr,

    // weight RAMs: one write enable a lane, one line of data
    output wire [LANES-1:0]     w_we,
    output wire [WEIGHT_AW-1:0] w_addr,
    output wire [7:0]           w_index,     // column block: the word's place in its column
    output wire [LINE_W-1:0]    w_data,
    // column tables
    output wire                 t_columns,
    output wire                 t_start,
    output wire [15:0]          t_base,
    output wire                 t_wide,
    output wire [LANES-1:0]     t_we,
    output wire [COL_AW-1:0]    t_col,
    output wire [4:0]           t_high,      // lac_load_table
    output wire [8*BYTES-1:0]   t_length,
    output wire [11*BYTES-1:0]  t_first,
    output wire [LANES-1:0]     t_check,
    output wire [16:0]          t_limit,
    input  wire [LANES-1:0]     t_short,
    // lane masks
    output wire [LANES-1:0]     mask_we,
    output wire [LANES-1:0]     mask_bits,
    // codebooks
    output wire                 cb_we,
    output wire [4:0]           cb_addr,
    output wire [15:0]          cb_data,
    // features
    output wire                 f_valid,
    output wire [FEAT_AW-1:0]   f_addr,
    output wire [LINE_W-1:0]    f_data,
    output wire [LINE_W/8-1:0]  f_flags,
    output wire                 f_last,
    // output parameters: STORE_W records a row; word 0 is {M, bias}, word 1 {lane, shift}
    output wire [STORE_W-1:0]   p_we0,
    output wire [STORE_W-1:0]   p_we1,
    output wire [PARAM_AW-1:0]  p_addr,
    output wire [LINE_W-1:0]    p_data
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
`include "lac_bus_code.vh"
    localparam integer LB       = LINE_W / 8;   // [bytes] of a line
    localparam integer LB_LOG   = clog2(LB);
    localparam integer B        = LINE_W / 64;  // [words] of a line
    localparam integer B_LOG    = (B == 1) ? 0 : clog2(B);
    localparam integer LANE_W   = clog2(LANES);
    localparam integer GROUPS   = (LANES + B - 1) / B;
    localparam integer GROUP_W  = clog2(GROUPS);
    localparam integer CHUNKS   = (LANES + LB - 1) / LB;  // lines of a column's table
    localparam integer CHUNK_W  = clog2(CHUNKS);
    localparam integer SW_LOG   = (STORE_W == 1) ? 0 : clog2(STORE_W);
    localparam integer REC_W    = 17;           // counts whatever 16 bits can name
    localparam integer PTR_W    = WEIGHT_AW + 1;
    localparam integer AT_W     = (PTR_W < 9) ? 9 : PTR_W;
    localparam integer XROW_W   = (COL_AW > LB_LOG) ? COL_AW - LB_LOG + 1 : 1;   // lines of an index
    localparam integer PROW_W   = PARAM_AW + SW_LOG + 5 - LB_LOG;                // lines of parameters
    localparam integer ROW_1    = (FEAT_AW + 1 > XROW_W) ? FEAT_AW + 1 : XROW_W;
    localparam integer ROW_2    = (ROW_1 > PROW_W) ? ROW_1 : PROW_W;
    localparam integer ROW_W    = (ROW_2 > 21 - LB_LOG) ? 21 - LB_LOG : ROW_2;
    localparam integer SUM_W    = (COL_AW < 6) ? 14 : COL_AW + 8;  // lines of the longest column block that can be meant, index included
    localparam integer OFF_W    = (SUM_W + LB_LOG < 24) ? 24 : SUM_W + LB_LOG;
    localparam integer PART_W   = LB_LOG + 1;
    localparam integer RECS_I = B / 2;
    localparam [REC_W-1:0] RECS = RECS_I[REC_W-1:0];             // records of a line
    localparam integer HALVES_I = LB / 2, ENTRIES_I = LB / 4, LANES1_I = LANES - 1;
    localparam integer X_W      = (B == 1) ? 32 : LINE_W;        // of an index line at once: a small machine keeps it in one block RAM
    localparam [2:0] X_SUM  = (B == 1) ? 3'd7 : 3'd5;            // ST_INDEX: the step in which its sum stands
    localparam [PART_W-1:0] HALVES  = HALVES_I[PART_W-1:0];      // 16-bit parts of a line
    localparam [PART_W-1:0] ENTRIES = ENTRIES_I[PART_W-1:0];     // list entries of a line
    localparam [7:0]   LANES1  = LANES1_I[7:0];
    localparam [8:0]   LANES9  = LANES[8:0];
    localparam [16:0]  WDEPTH  = WEIGHT_DEPTH[16:0];
    localparam [16:0]  CDEPTH  = COL_DEPTH[16:0];

    // b is a + 1, told without a carry: a bit changes where the one below it goes from 1 to 0
    function follows;
        input [15:0] a, b;
        follows = (a ^ b) == {a[14:0] & ~b[14:0], 1'b1};
    endfunction

    localparam [3:0] ST_IDLE  = 4'd0,  ST_HEAD = 4'd1,  ST_CHECK = 4'd2,  ST_LIST  = 4'd3,  ST_SUM  = 4'd4,
                     ST_TABLE = 4'd5,  ST_MAKE = 4'd6,  ST_WORDS = 4'd7,  ST_CODES = 4'd8,  ST_FEAT = 4'd9,
                     ST_PARAM = 4'd10, ST_DRAIN = 4'd11, ST_DONE = 4'd12, ST_INDEX = 4'd13, ST_COLS = 4'd14;
    reg  [3:0]         state_q;
    reg  [2:0]         step_q;
    reg  [2:0]         settle_q;      // ST_DONE's steps
    wire               in_cols  = state_q == ST_COLS;
    wire               in_index = state_q == ST_INDEX;
    wire               in_feat  = state_q == ST_FEAT;

    // ---- The command, and the requests for it --------------------------------------------------------------------------
    wire [255:0]       cmd_q;
    wire [3:0]         kind    = cmd_q[`LAC_F_ANY_KIND];
    wire [63:0]        c_addr  = {cmd_q[`LAC_F_LOAD_WEIGHTS_ADDR_HI], cmd_q[`LAC_F_LOAD_WEIGHTS_ADDR_LO]};
    wire [23:0]        c_lines = cmd_q[`LAC_F_LOAD_WEIGHTS_LINES];
    wire [15:0]        c_word  = cmd_q[`LAC_F_LOAD_WEIGHTS_WORD_BASE];
    wire [15:0]        c_col   = cmd_q[`LAC_F_LOAD_WEIGHTS_COL_BASE];
    wire [15:0]        c_recs  = cmd_q[`LAC_F_LOAD_PARAMS_CHANNELS];
    wire [15:0]        c_param = cmd_q[`LAC_F_LOAD_PARAMS_PARAM_BASE];
    wire [15:0]        c_feat  = cmd_q[`LAC_F_LOAD_COLUMNS_FEAT_BASE];
    wire               is_w    = kind == 4'd0, is_x = kind == 4'd4;
    wire [31:0]        word32  = {16'd0, c_word};
    wire [31:0]        recs32  = {16'd0, c_recs};
    wire [31:0]        param32 = {16'd0, c_param};

    wire               waiting, ask_ready, ask, c_whole, c_over;
    wire [3:0]         next_kind;
    wire [23:0]        ask_lines;
    wire [ROW_W-1:0]   c_row;
    wire [OFF_W-1:0]   ask_off;
    wire               feat_take, feat_unpack, feat_pop, feat_ask, feat_moves, feat_done, feat_asked, feat_fault, feat_head, feat_header, feat_dense;
    wire [23:0]        feat_lines;
    wire [OFF_W-1:0]   feat_off;
    wire               nd_valid, nd_none, nd_done, nd_bad, cols_ask;
    wire [COL_AW-1:0]  nd_col;
    wire [7:0]         nd_lines;
    wire [SUM_W-1:0]   nd_offset, nd_sum;
    reg                cols_go_q;
    reg                asked_all, asked_all_q;  // the command at work makes no more requests; the next one is here three cycles later at the earliest
    reg                err_q, stop_q; // the first fault is known; stop_q: since this cycle
    reg                fault_q, fault2_q;  // a fault in the cycle before and in the one before that, not of a table's contents
    always @* begin
        case (state_q)
            ST_FEAT:            asked_all = feat_asked;
            ST_COLS:            asked_all = nd_done && !cols_go_q && step_q[0];
            ST_INDEX, ST_DRAIN: asked_all = 1'b0;
            default:            asked_all = 1'b1;
        endcase
    end
    always @(posedge clk) asked_all_q <= asked_all;
    assign ask       = feat_ask || cols_ask;
    assign ask_off   = in_cols ? {{(OFF_W-SUM_W){1'b0}}, nd_offset} << LB_LOG : feat_off;
    assign ask_lines = ({24{in_cols && nd_valid}} & {16'd0, nd_lines}) | feat_lines;
    lac_load_ask #(.LB_LOG(LB_LOG), .ADDR_W(ADDR_W), .OFF_W(OFF_W), .ROW_W(ROW_W), .XROW_W(XROW_W)) u_ask (
        .clk(clk), .rst(rst), .cmd_valid(cmd_valid), .cmd_ready(cmd_ready), .cmd(cmd), .waiting(waiting),
        .free(state_q == ST_IDLE || done), .asked_all(asked_all_q), .begins(begins), .next_kind(next_kind),
        .cmd_q(cmd_q), .row(c_row), .whole(c_whole), .over(c_over),
        .ask(ask), .ask_ready(ask_ready), .ask_off(ask_off), .ask_lines(ask_lines), .ask_moves(feat_moves && !in_cols),
        .req_valid(req_valid), .req_ready(req_ready), .req_addr(req_addr), .req_lines(req_lines)
    );

    // ---- A line arrives ------------------------------------------------------------------------------------------------
    reg  [23:0]        left_q;        // [lines] asked for that have not come; dense points and columns count themselves
    reg                none_left;     // left_q == 0
    reg                list_asked_q;
    // Takes a line: behind a block that is too short stand the next command's. Features and columns know by themselves when.
    wire               owed        = line_valid && !none_left;
    wire               unpacks     = in_halves ? unpacked : B == 1 && in_index && step_q == 3'd1 && !unpack_q[1];
    reg                own;           // a line of the command's request
    always @* begin
        case (state_q)
            ST_HEAD, ST_TABLE, ST_PARAM, ST_DRAIN: own = 1'b1;
            ST_LIST, ST_CODES: own = unpacks;                // one part a cycle from hold_q, then the next line
            ST_WORDS:          own = !g_empty_q;
            ST_INDEX:          own = B == 1 ? unpacks : step_q == 3'd1;  // behind step 1 the sum settles
            default:           own = 1'b0;                   // idle, thinking, done
        endcase
    end
    wire               take        = (own && !none_left) || feat_take || cq_lines;
    wire               line        = line_valid && take;
    wire               index_line  = in_index && owed && own;
    wire               param_line  = state_q == ST_PARAM && owed;
    wire               block_table = state_q == ST_TABLE && owed;
    wire               block_words = state_q == ST_WORDS && owed && !g_empty_q;
    wire               cols_line   = line_valid && cq_lines;
    wire               bad_line    = line && line_fault != 3'd0;
    wire               last_line   = left_q == 24'd1;
    wire               left_line   = owed && (own || feat_take);
    always @(posedge clk)             // what a first request asked for, or that of a list's part, still stands in its register
        if (begins || list_asked_q) left_q <= req_lines;
        else if (left_line)         left_q <= left_q - 24'd1;
    reg                bad_line_q;
    reg  [2:0]         line_fault_q;
    always @(posedge clk) {bad_line_q, line_fault_q} <= {bad_line && !rst, line_fault};
    assign line_ready = take;

    // ---- Lines that are read part by part ---------------------------------------------------------------------------------
    reg  [LINE_W-1:0]  hold_q;
    reg  [PART_W-1:0]  unpack_q;      // parts still to come, of 16 bits; of a list's entries, of 32
    reg                unpacked;      // unpack_q == 0
    wire               in_halves = state_q == ST_LIST || state_q == ST_CODES;
    wire               half      = in_halves && !unpacked;
    wire               piece     = B == 1 && in_index && !unpacked;  // of an index line, two one behind the other
    wire               to_hold   = (owed && unpacks) || (line_valid && feat_unpack);
    wire [15:0]        part16    = unpack_q[0] ? hold_q[31:16] : hold_q[15:0];
    always @(posedge clk) begin
        if (to_hold)                                         hold_q <= line_data;
        else if (feat_pop || piece || (half && unpack_q[0])) hold_q <= {hold_q[LINE_W-1 -: 32], hold_q[LINE_W-1:32]};
        if (to_hold) begin
            unpack_q <= in_halves ? HALVES : ENTRIES;
            unpacked <= 1'b0;
        end else if (state_q == ST_CHECK || state_q == ST_IDLE || state_q == ST_DONE) begin
            unpack_q <= {PART_W{1'b0}};
            unpacked <= 1'b1;
        end else if (feat_pop || piece || half) begin
            unpack_q <= unpack_q - 1'b1;
            unpacked <= unpack_q == {{(PART_W-1){1'b0}}, 1'b1};
        end
    end

    // ---- Weight block: header -----------------------------------------------------------------------------------------
    reg  [63:0]        head_q;
    wire [1:0]         h_format = head_q[1:0];
    wire [2:0]         h_n      = head_q[4:2];
    wire [2:0]         h_r      = head_q[7:5];
    wire [15:0]        h_cols   = head_q[31:16];
    wire [9:0]         h_q      = head_q[41:32];
    wire [15:0]        h_words  = head_q[63:48];
    wire               h_nm     = h_format == 2'd2;
    reg                wide_q;        // of the format; it and is_x_q stand still long before a table or words come
    reg                is_x_q;
    always @(posedge clk) {wide_q, is_x_q} <= {h_format == 2'd1, is_x};
    wire [LANE_W-1:0]  lanes1   = head_q[8 +: LANE_W];        // of the block, less one; groups and lines of a table too
    wire [LANE_W-1:0]  groups1  = lanes1 >> B_LOG;
    wire [LANE_W-1:0]  chunks1  = lanes1 >> LB_LOG;
    wire [LANES-1:0]   lane_mask = ~({LANES{1'b1}} << 1 << lanes1);   // the block's lanes
    wire [LANE_W-1:0]  list1    = groups1 >> (LB_LOG - 1);
    wire               h_bad    = h_format == 2'd3 || head_q[47:42] != 6'd0 || h_cols == 16'd0 || head_q[15:8] > LANES1
                               || (h_nm ? (h_n == 3'd0 || h_n > 3'd4 || h_r > 3'd5 || (h_q == 10'd0 && h_r == 3'd0)
                                           || h_words == 16'd0)
                                        : (h_n != 3'd0 || h_r != 3'd0 || h_q != 10'd0 || h_words != 16'd0));
    wire               h_cols_over = {1'b0, c_col} + {1'b0, h_cols} > CDEPTH;

    // Lines the block should have: csc and csc8 without the entries, N:4 in all. Without the product in step 2, all in step 4; the group list
    // adds the entries.
    localparam integer NEED_W = 18 + LANE_W;               // of a block whose columns fit the RAM, or words and groups of what fields can say
    reg  [NEED_W-1:0]  need_q;
    reg                words_over_q;
    wire               in_check = state_q == ST_CHECK;
    wire               in_list  = state_q == ST_LIST && half;
    wire [35:0]        mul_p;
    wire [LANE_W:0]    mul_b    = {1'b0, h_nm ? groups1 : chunks1} + 1'b1;
    lac_mul #(.SIGNED(0)) u_need (.clk(clk), .en(1'b1), .a({2'd0, h_nm ? h_words : h_cols}), .b({{(17-LANE_W){1'b0}}, mul_b}), .p(mul_p));
    wire [LANE_W:0]    need_few = h_nm ? {{LANE_W{1'b0}}, 1'b1} : {1'b0, list1} + {{(LANE_W-1){1'b0}}, 2'd2};
    wire [NEED_W-1:0]  addend   = (mul_p[NEED_W-1:0] & {NEED_W{in_check && step_q[0]}}) | ({{(NEED_W-LANE_W-1){1'b0}}, need_few} & {NEED_W{in_check && !step_q[0]}})
                                | ({{(NEED_W-16){1'b0}}, part16} & {NEED_W{!in_check}});
    wire               need_less;     // an error whose index is another
    always @(posedge clk)
        if (need_less || (in_check && step_q[2:1] == 2'd0))                                  need_q <= {NEED_W{1'b0}};
        else if ((in_check && step_q[2:1] == 2'd1) || (in_list && !fault2_q && !err_q)) need_q <= need_q + addend;
    wire [31:0]        need32   = {{(32-NEED_W){1'b0}}, need_q};
    wire               need_more = need32 > {8'd0, c_lines};
    wire               need_is   = need32 == {8'd0, c_lines};

    // ---- Group list: sixteen bits a group, one a cycle: where the group's words end in the RAM -------------------------------
    // The one at work stands in a register, the next one at the RAM's output.
    reg  [PTR_W-1:0]   group_end [0:GROUPS-1];
    reg  [GROUP_W-1:0] group_q, ahead_q;
    reg  [PTR_W-1:0]   g_stop_q;      // N:4: of every group
    reg                g_empty_q;
    wire [PTR_W-1:0]   g_next    = group_end[ahead_q];
    wire [16:0]        word_end  = {1'b0, c_word} + {1'b0, in_check ? h_words : part16};
    reg  [16:0]        word_end_q;
    wire               end_over  = word_end_q > WDEPTH;   // a cycle later
    wire [LANE_W:0]    group_n   = {{(LANE_W+1-GROUP_W){1'b0}}, group_q};
    wire               g_end     = group_n == {1'b0, groups1};
    always @(posedge clk) word_end_q <= (in_check || half) ? word_end : 17'd0;
    always @(posedge clk) if (in_list) group_end[group_q] <= word_end[PTR_W-1:0];

    // ---- Entries -------------------------------------------------------------------------------------------------------------
    reg  [AT_W-1:0]    at_q;          // weight block: word in the RAM; column block: in its column
    wire [AT_W-1:0]    at_next = at_q + 1'b1;
    wire [15:0]        at16    = {{(16-AT_W){1'b0}}, at_q};
    wire               g_last  = follows(at16, {{(16-PTR_W){1'b0}}, g_stop_q});
    wire               g_done  = state_q == ST_WORDS && (g_empty_q || (owed && g_last));

    // ---- Column block: the columns that come, in order ---------------------------------------------------------------------------
    wire               cq_ready, qh_valid, qh_none, qh_bare;
    wire [COL_AW-1:0]  qh_col;
    wire [7:0]         qh_words;
    reg                cq_valid;      // the queue's head, in a register
    reg  [COL_AW-1:0]  cq_col;
    reg  [7:0]         cq_words;      // of a position
    reg                cq_none, cq_bare;  // an empty column: only its mask is written; one without words
    reg                cq_lines;      // valid and not empty
    // the head makes room: there is none, it is empty, or this line is its last
    wire               cq_load = !cq_lines || (line_valid && (table_q ? chunk_last && cq_bare : cq_end));
    wire [5:0]         unused_cols;
    reg                table_q;       // this line is of the column's table
    wire [LANE_W+8:0]  chunks_n = {8'd0, {1'b0, chunks1} + 1'b1};
    wire [7:0]         nd_words = nd_lines - chunks_n[7:0];
    reg                cq_end;        // this word is the column's last
    assign cols_ask = in_cols && nd_valid && cq_ready && ask_ready && !nd_none;
    wire               named    = in_cols && nd_valid && cq_ready && (nd_none || ask_ready);

    lac_needed #(
        .LINE_W(LINE_W), .COL_DEPTH(COL_DEPTH), .COL_AW(COL_AW), .FEAT_DEPTH(FEAT_DEPTH), .FEAT_AW(FEAT_AW), .SUM_W(SUM_W), .X_W(X_W), .ROW_W(ROW_W),
        .LEAST_W(LANE_W), .SHORT((CHUNKS > 1) ? 1 : 0)
    ) u_needed (
        .clk(clk), .rst(rst), .f_valid(f_valid), .f_addr(f_addr), .f_flags(f_flags),
        .x_start(in_index && step_q == 3'd0), .columns(cmd_q[`LAC_F_LOAD_COLUMNS_COLUMNS]), .index_lines(c_row), .least1(chunks1),
        .x_valid((B == 1 ? piece : index_line) && !c_over), .x_data(B == 1 ? hold_q[X_W-1:0] : line_data[X_W-1:0]), .x_sum(nd_sum), .x_bad(nd_bad), .x_wipe(stop_q && err_index_q != IX_SUM),
        .go(cols_go_q), .halt((!in_cols && !cols_go_q) || err_q), .needed(cmd_q[`LAC_F_LOAD_COLUMNS_NEEDED]), .wide(cmd_q[`LAC_F_LOAD_COLUMNS_WIDE]),
        .feat_base(c_feat[FEAT_AW-1:0]),
        .out_valid(nd_valid), .out_ready(named), .out_col(nd_col), .out_lines(nd_lines), .out_none(nd_none), .out_offset(nd_offset), .done(nd_done)
    );
    lac_fifo #(.W(COL_AW + 10), .DEPTH(32), .LEVEL_W(6)) u_cols (
        .clk(clk), .rst(rst || !in_cols), .push(named), .in_data({nd_col, nd_words, nd_none, nd_words == 8'd0}), .in_ready(cq_ready),
        .out_valid(qh_valid), .out_data({qh_col, qh_words, qh_none, qh_bare}), .pop(cq_load && qh_valid), .level(unused_cols)
    );
    always @(posedge clk)
        if (rst || !in_cols) {cq_valid, cq_lines} <= 2'b00;
        else if (cq_load)    {cq_valid, cq_lines} <= {qh_valid, qh_valid && !qh_none};
    always @(posedge clk) begin
        if (cq_load)                     cq_end <= qh_words == 8'd1;
        else if (cols_line && !table_q)  cq_end <= follows({8'd0, at_next[7:0]}, {8'd0, cq_words});
        if (cq_load) {cq_col, cq_words, cq_none, cq_bare} <= {qh_col, qh_words, qh_none, qh_bare};
    end

    // ---- Column table ------------------------------------------------------------------------------------------------------------
    reg  [COL_AW:0]    col_q;         // column of the block
    reg                make_q;        // N:4: the table is being made
    reg  [CHUNK_W-1:0] chunk_q;
    wire [LANE_W:0]    chunk_n    = {{(LANE_W+1-CHUNK_W){1'b0}}, (CHUNKS == 1) ? {CHUNK_W{1'b0}} : chunk_q};
    wire               chunk_last = chunk_n == {1'b0, chunks1};
    wire [COL_AW:0]    col_next   = col_q + 1'b1;
    wire [31:0]        col32      = {{(31-COL_AW){1'b0}}, col_q};
    wire               col_last   = follows(col32[15:0], h_cols);   // of no more than the table holds, or the work stops
    wire               words_line = block_words || (cols_line && !table_q);
    wire               table_line = block_table || (cols_line && table_q);
    wire               tb_bad, tb_count;
    wire [7:0]         tb_lane;
    wire [BYTES-1:0]   t_some;
    lac_load_table #(.LANES(LANES), .LINE_W(LINE_W), .BYTES(BYTES), .LANE_W(LANE_W), .CHUNK_W(CHUNK_W)) u_table (
        .clk(clk), .put(table_line), .line(line_data), .chunk(chunk_n[CHUNK_W-1:0]), .last(chunk_last), .columns(in_cols), .wide(wide_q),
        .lanes1(lanes1), .words(cq_words), .bad(tb_bad), .bad_count(tb_count), .bad_lane(tb_lane),
        .fill(make_q), .fill_q(h_q), .fill_r(h_r),
        .t_high(t_high), .t_length(t_length), .t_some(t_some), .t_first(t_first)
    );

    // ---- Features ----------------------------------------------------------------------------------------------------------------
    wire [31:0]        row32 = {{(32-ROW_W){1'b0}}, c_row};
    lac_load_feat #(.LINE_W(LINE_W), .FEAT_AW(FEAT_AW), .OFF_W(OFF_W)) u_feat (
        .clk(clk), .rst(rst), .go(in_feat && step_q == 3'd0), .halt(stop_q), .cmd(cmd_q), .row(row32[FEAT_AW:0]), .whole(c_whole), .done(feat_done),
        .dense(feat_dense), .asked_all(feat_asked), .take(feat_take), .line(line_valid && feat_take), .line_bad(line_fault != 3'd0), .line_data(line_data),
        .unpack(feat_unpack), .part_last(unpack_q == {{(PART_W-1){1'b0}}, 1'b1}), .part(hold_q[31:0]), .part_next(hold_q[47:32]), .pop(feat_pop),
        .ask(feat_ask), .ask_ready(ask_ready), .ask_off(feat_off), .ask_lines(feat_lines), .ask_moves(feat_moves),
        .fault(feat_fault), .fault_head(feat_head), .header(feat_header),
        .f_valid(f_valid), .f_addr(f_addr), .f_data(f_data), .f_flags(f_flags), .f_last(f_last)
    );

    // ---- Output parameters, codebook ---------------------------------------------------------------------------------------------------
    reg  [REC_W-1:0]   rec_q;         // records, or codes, before this line
    reg                odd_q;         // B == 1: this line is a record's second half
    wire [REC_W-1:0]   p_chan = param32[REC_W-1:0] + rec_q;
    wire [B-1:0]       rec_bad;
    wire               rec_any;
    wire [31:0]        rec_at;        // of the line's records
    genvar i;
    generate
        for (i = 0; i < B; i = i + 1) begin : g_rec
            localparam integer REC = i / 2;
            wire [63:0] word = line_data[64*i +: 64];
            wire        odd  = (B == 1) ? odd_q : (i % 2) == 1;
            wire        here = B <= 2 || rec_q + REC[REC_W-1:0] < recs32[REC_W-1:0];
            assign rec_bad[i] = here && (odd ? word[7:0] == 8'd0 || word[7:0] > 8'd62 || {1'b0, word[15:8]} >= LANES9 || word[63:16] != 48'd0
                                             : word[63]);
        end
        if (B == 1) begin : g_one
            assign rec_any = rec_bad[0];
            assign rec_at  = 32'd0;
        end else begin : g_many
            wire [B_LOG-1:0] at;
            wire [B-1:0]     unused_rec;
            lac_ffs #(.W(B), .INDEX_W(B_LOG)) u_rec (.in(rec_bad), .any(rec_any), .index(at), .rest(unused_rec));
            assign rec_at = {{(32-B_LOG){1'b0}}, at} >> 1;
            wire unused_ok = &{1'b0, unused_rec};
        end
    endgenerate

    wire               search = state_q == ST_DONE && settle_q == 3'd5 && |t_short && !err_q;  // for the lowest lane with words too few
    // ---- The first fault: its code, what its index is, where it lies -----------------------------------------------------------------------
    localparam [2:0] IX_NONE = 3'd0, IX_NEED = 3'd1, IX_SUM = 3'd2, IX_SMALL = 3'd3, IX_HEAD = 3'd4;
    reg                flt;           // the state found a fault of its own in this cycle
    reg                late_q;        // or, of a record or an entry, in the cycle before
    reg  [7:0]         flt_code;
    reg  [2:0]         flt_index;
    reg                flt_line;      // it lies in the line taken last, else in the block
    always @* begin
        flt       = 1'b0;
        flt_code  = `LAC_ERR_BLOCK_HEADER;
        flt_index = IX_NONE;
        flt_line  = 1'b0;
        case (state_q)
            ST_CHECK: begin  // the header stands in head_q
                flt      = step_q == 3'd1 && (h_bad_q || h_over_q);
                flt_code = h_bad_q ? `LAC_ERR_BLOCK_HEADER : `LAC_ERR_BOUNDS;
            end
            ST_FEAT: begin
                flt       = feat_head;
                flt_code  = `LAC_ERR_LIST;
                flt_index = feat_head ? IX_HEAD : IX_SMALL;
                flt_line  = 1'b1;
            end
            ST_PARAM: begin
                flt_code  = `LAC_ERR_PARAM;
                flt_index = IX_SMALL;
                flt_line  = 1'b1;
            end
            ST_INDEX: begin
                flt       = step_q == 3'd0 && c_over;
                flt_code  = `LAC_ERR_BLOCK_LENGTH;
                flt_index = IX_SUM;
            end
            ST_DONE: begin   // the lanes have compared
                flt       = search && t_short[rec_q[LANE_W-1:0]];
                flt_code  = is_x ? `LAC_ERR_BOUNDS : `LAC_ERR_BLOCK_TABLE;
                flt_index = IX_SMALL;
            end
            default: ;
        endcase
    end
    // Lengths are compared in one cycle and judged in the next: need_q is complete in the last step of the check and in ST_SUM.
    reg                h_bad_q, h_over_q, len_q, len_exact_q, need_is_q, need_more_q, len_over_q, sum_q, sum_wrong_q;
    wire               len_wrong = len_exact_q ? !need_is_q : need_more_q;
    wire               len_bad   = len_q && (len_wrong || (len_exact_q && len_over_q));
    wire               sum_bad   = sum_q && (nd_bad || sum_wrong_q);
    always @(posedge clk) begin
        h_bad_q     <= h_bad;
        h_over_q    <= h_cols_over;
        len_q       <= state_q == ST_SUM || (in_check && step_q == 3'd4);
        len_exact_q <= !in_check || h_nm;
        need_is_q   <= need_is;
        need_more_q <= need_more;
        len_over_q  <= end_over || (!in_check && words_over_q);
        sum_q       <= in_index && step_q == X_SUM;
        sum_wrong_q <= {{(32-SUM_W){1'b0}}, nd_sum} != {8'd0, c_lines};
    end
    // A fault is known two cycles later, of what a table line holds three; it stops the work another cycle later. What goes on meanwhile
    // writes nothing but what this command would have written, and makes no request but in its own window.
    reg                fault_line_q, fault2_line_q, err_line_q;
    reg  [7:0]         fault_code_q, fault2_code_q, err_code_q;
    reg  [2:0]         fault_index_q, fault2_index_q, err_index_q;
    reg  [15:0]        small1_q, small_q;  // lane, channel or entry
    reg  [ADDR_W-1:0]  line_addr_q, line2_addr_q, err_addr_q;  // of the line taken last, or its beat that failed; holds still behind an error
    wire               err_now = (fault2_q || tb_bad) && !err_q;
    wire [31:0]        rec_index = {{(32-REC_W){1'b0}}, rec_q} + rec_at;
    always @(posedge clk) begin
        fault_q       <= flt && !rst;
        fault_code_q  <= flt_code;
        fault_index_q <= flt_index;
        fault_line_q  <= flt_line;
        late_q        <= ((rec_any && param_line) || feat_fault) && !rst;
        fault2_q      <= (bad_line_q || fault_q || late_q || len_bad || sum_bad) && !rst;
        fault2_code_q <= bad_line_q ? bus_code(line_fault_q) : len_bad ? (len_wrong ? `LAC_ERR_BLOCK_LENGTH : `LAC_ERR_BOUNDS)
                       : sum_bad ? (nd_bad ? `LAC_ERR_BLOCK_HEADER : `LAC_ERR_BLOCK_LENGTH) : fault_code_q;
        fault2_index_q <= bad_line_q ? IX_NONE : len_bad ? (len_wrong ? IX_NEED : IX_NONE) : sum_bad ? (nd_bad ? IX_NONE : IX_SUM) : fault_index_q;
        fault2_line_q <= bad_line_q || (fault_line_q && !len_bad && !sum_bad);
        if (line) line_addr_q <= bad_line ? line_fault_addr : line_addr;
        if (err_now) begin
            err_code_q  <= !tb_bad ? fault2_code_q : tb_count ? `LAC_ERR_BLOCK_COUNT : `LAC_ERR_BLOCK_TABLE;
            err_line_q  <= tb_bad || fault2_line_q;
            err_index_q <= tb_bad ? IX_SMALL : fault2_index_q;
        end
        line2_addr_q <= line_addr_q;
        if (!err_q && !tb_bad) err_addr_q <= line2_addr_q;
        small1_q     <= rec_index[15:0];
        if (stop_q && err_index_q != IX_SMALL) small_q <= 16'd0;
        else if (tb_bad && !err_q) small_q <= {8'd0, tb_lane};
        else if (!err_now && !err_q) small_q <= small1_q;
    end
    assign fail       = err_q;
    assign fail_code  = err_code_q;
    assign fail_addr  = err_line_q ? err_addr_q : c_addr[ADDR_W-1:0];
    // Of the three that an index may be, the other two are cleared when the work stops.
    assign need_less  = stop_q && err_index_q != IX_NEED;
    assign fail_index = {{(32-NEED_W){1'b0}}, need_q} | {{(32-SUM_W){1'b0}}, nd_sum} | {16'd0, small_q} | {32{err_index_q == IX_HEAD}};

    // ---- States ---------------------------------------------------------------------------------------------------------------------------
    // An engine that waits for the last write reads two cycles behind `done` at the earliest: features' line flags are in their RAM three
    // cycles behind the last line. A weight block first hears whether some lane's slices were too long.
    reg                settled_q;
    always @(posedge clk) settled_q <= !rst && !settled_q && !search && !stop_q
                                    && (state_q == ST_PARAM ? none_left : state_q == ST_DONE && settle_q == (is_w || is_x ? 3'd5 : 3'd0));
    assign done       = settled_q && (err_q || !fault2_q) && !stop_q;
    assign cause      = state_q == ST_IDLE && !waiting ? (waits ? `LAC_LOAD_TOKEN : `LAC_LOAD_IDLE)
                      : line ? `LAC_LOAD_BUSY
                      : take ? `LAC_LOAD_BUS
                      :        `LAC_LOAD_WORK;

    always @(posedge clk)
        if (rst) begin
            state_q <= ST_IDLE;
            err_q   <= 1'b0;
            stop_q  <= 1'b0;
            make_q  <= 1'b0;
            none_left <= 1'b1;
            list_asked_q <= 1'b0;
        end else begin
            list_asked_q <= feat_ask && !feat_dense;
            if (begins || (feat_ask && !feat_dense)) none_left <= 1'b0;
            else if (left_line)                      none_left <= last_line;

            // N:4: the table is made beside the words that arrive, a column a cycle
            if (state_q != ST_DONE) settle_q <= 3'd0;
            else if (!search)       settle_q <= settle_q + 3'd1;
            if (make_q) begin
                col_q <= col_next;
                if (col_last) make_q <= 1'b0;
            end
            if (in_index || state_q == ST_CHECK) begin
                chunk_q <= {CHUNK_W{1'b0}};
                table_q <= 1'b1;
            end

            case (state_q)
                ST_IDLE: ;                               // waits for a command: `begins`, below

                ST_HEAD: if (owed) begin
                    head_q  <= line_data[63:0];
                    state_q <= ST_CHECK;
                end

                ST_CHECK: begin
                    step_q       <= step_q + 3'd1;
                    group_q      <= {GROUP_W{1'b0}};
                    words_over_q <= 1'b0;
                    col_q        <= {COL_AW+1{1'b0}};
                    at_q         <= word32[AT_W-1:0];
                    if (step_q == 3'd4) begin
                        make_q  <= h_nm;
                        state_q <= h_nm ? ST_WORDS : ST_LIST;
                    end
                end

                ST_LIST: begin
                    if (end_over) words_over_q <= 1'b1;
                    if (half && !fault2_q && !err_q) begin
                        group_q <= g_end ? {GROUP_W{1'b0}} : group_q + 1'b1;
                        if (g_end) state_q <= ST_SUM;
                    end
                end

                ST_SUM: state_q <= ST_TABLE;             // the first group's words: below

                ST_TABLE: if (owed) begin
                    chunk_q <= chunk_last ? {CHUNK_W{1'b0}} : chunk_q + 1'b1;
                    if (chunk_last) begin
                        col_q <= col_next;
                        if (col_last) state_q <= ST_WORDS;
                    end
                end

                ST_MAKE: if (!make_q) state_q <= ST_DONE;  // waits for the table

                ST_WORDS: if (owed || g_empty_q) begin
                    at_q <= at_next;
                    if (g_last || g_empty_q) begin
                        at_q    <= word32[AT_W-1:0];
                        group_q <= group_q + 1'b1;
                        if (g_end) state_q <= make_q ? ST_MAKE : ST_DONE;
                    end
                end

                ST_CODES: if (half && rec_q[3:0] == 4'd15) state_q <= ST_DONE;

                ST_FEAT: begin
                    step_q <= 3'd1;
                    if (feat_done) state_q <= ST_DONE;
                end

                ST_PARAM: begin
                    if (owed) odd_q <= !odd_q;
                    if (none_left) state_q <= ST_DONE;
                end

                ST_INDEX: begin
                    if (step_q != 3'd1) step_q <= step_q + 3'd1;
                    else if (none_left) step_q <= 3'd3;  // the last line came in the cycle before
                    if (step_q == 3'd0) begin            // the command takes the header's place
                        head_q[15:8] <= cmd_q[`LAC_F_LOAD_COLUMNS_LANES];
                        head_q[1:0]  <= cmd_q[`LAC_F_LOAD_COLUMNS_FORMAT];
                    end
                    at_q <= {AT_W{1'b0}};
                    if (step_q == X_SUM) begin
                        step_q  <= 3'd0;
                        state_q <= ST_COLS;
                    end
                end

                ST_COLS: begin
                    step_q <= 3'd1;                      // the walk has begun
                    if (cols_line) begin
                        if (table_q) begin
                            chunk_q <= chunk_last ? {CHUNK_W{1'b0}} : chunk_q + 1'b1;
                            table_q <= !chunk_last || cq_bare;
                        end else begin
                            at_q    <= cq_end ? {AT_W{1'b0}} : at_next;
                            table_q <= cq_end;
                        end
                    end
                    if (nd_done && !qh_valid && !cq_valid && !cols_go_q && step_q[0]) state_q <= ST_DONE;
                end

                ST_DRAIN: if (none_left) state_q <= ST_DONE;

                default: begin                           // ST_DONE: writes settle, lanes compare, then tell
                    if (done) state_q <= ST_IDLE;
                end
            endcase

            if (begins) begin                            // behind an error, which only a reset ends: swallow what was asked for
                step_q  <= 3'd0;
                odd_q   <= 1'b0;
                state_q <= err_q ? ST_DRAIN : next_kind == 4'd0 ? ST_HEAD : next_kind == 4'd1 ? ST_CODES : next_kind == 4'd2 ? ST_FEAT
                         : next_kind == 4'd3 ? ST_PARAM : ST_INDEX;
            end

            // The first fault: swallow the lines that were asked for; dense points and columns go on as they were.
            if (err_now) err_q <= 1'b1;
            stop_q <= err_now;
            if (stop_q) begin
                make_q <= 1'b0;
                if (!in_cols && !(in_feat && feat_dense)) state_q <= ST_DRAIN;
            end
        end

    always @(posedge clk) begin
        if ((state_q == ST_SUM || g_done) && !h_nm) begin
            g_stop_q  <= g_next;
            g_empty_q <= g_next == c_word[PTR_W-1:0];
            ahead_q   <= ahead_q + 1'b1;
        end
        if (in_check) begin
            g_stop_q  <= word_end[PTR_W-1:0];
            g_empty_q <= 1'b0;
            ahead_q   <= {GROUP_W{1'b0}};
        end
        if (begins || feat_header) rec_q <= {REC_W{1'b0}};
        else if ((param_line && (B > 1 || odd_q)) || feat_pop || (state_q == ST_CODES && half) || search)
            rec_q <= rec_q + ((B > 1 && state_q == ST_PARAM) ? RECS : {{(REC_W-1){1'b0}}, 1'b1});
    end

    // ---- Registered write ports: two stages to the lanes, three of words, one to everything else ---------------------------------------------------------
    reg  [LANES-1:0]     w_we1_q, w_we2_q, t_we1_q, t_check1_q, mask_we1_q, w_we_q, t_we_q, t_check_q, mask_we_q;
    reg  [WEIGHT_AW-1:0] w_addr1_q, w_addr2_q, w_addr_q;
    reg  [7:0]           w_index1_q, w_index2_q, w_index_q;
    reg  [LINE_W-1:0]    data_q, data2_q, data3_q;
    reg                  t_start_q, checks_q;
    reg  [COL_AW-1:0]    t_col1_q, t_col_q;
    reg  [PTR_W-1:0]     t_limit1_q, t_limit_q;
    reg                  cb_we_q;
    reg  [4:0]           cb_addr_q;
    reg  [15:0]          cb_data_q;
    reg  [STORE_W-1:0]   p_we0_q, p_we1_q;
    reg  [PARAM_AW-1:0]  p_addr_q;

    wire                 empty   = cq_valid && cq_none;
    wire                 first_chunk = chunk_n == {LANE_W+1{1'b0}};
    wire [LANES-1:0]     in_group, in_chunk;
    generate
        for (i = 0; i < LANES; i = i + 1) begin : g_lane
            localparam integer GROUP = i / B;
            localparam integer CHUNK = i / LB;
            assign in_group[i]  = group_q == GROUP[GROUP_W-1:0] && (B == 1 || lane_mask[i]);
            assign in_chunk[i]  = chunk_n == CHUNK[LANE_W:0];
            assign mask_bits[i] = t_we_q[i] && t_some[i % LB];
        end
        for (i = 0; i < STORE_W; i = i + 1) begin : g_param
            // B == 1: a record takes two lines. Else a line brings B/2 records for B/2 of the STORE_W columns
            localparam integer PER  = (B == 1) ? 1 : B / 2;
            localparam integer TURN = i / PER;
            localparam integer REC  = i % PER;  // of the line's records
            wire [31:0] turn = ({{(32-REC_W){1'b0}}, p_chan} & (STORE_W - 1)) / PER;
            wire        mine = turn == TURN && (B <= 2 || rec_q + REC[REC_W-1:0] < recs32[REC_W-1:0]);
            always @(posedge clk)
                if (rst) begin
                    p_we0_q[i] <= 1'b0;
                    p_we1_q[i] <= 1'b0;
                end else begin
                    p_we0_q[i] <= param_line && mine && (B > 1 || !odd_q);
                    p_we1_q[i] <= param_line && mine && (B > 1 || odd_q);
                end
        end
    endgenerate

    always @(posedge clk)
        if (rst) begin
            {w_we1_q, t_we1_q, t_check1_q, mask_we1_q} <= {4*LANES{1'b0}};
            {w_we_q, t_we_q, t_check_q, mask_we_q}     <= {4*LANES{1'b0}};
            w_we2_q   <= {LANES{1'b0}};
            checks_q  <= 1'b0;
            t_start_q <= 1'b0;
            cols_go_q <= 1'b0;
            cb_we_q   <= 1'b0;
        end else begin
            w_we1_q    <= {LANES{words_line}} & (in_group | {LANES{in_cols}});   // of a column a lane keeps what it has entries in
            t_check1_q <= in_group | {LANES{state_q == ST_DONE}};
            checks_q   <= (g_done && !h_nm) || (state_q == ST_DONE && (is_x || (is_w && h_nm)) && settle_q == 3'd0);
            t_start_q  <= state_q == ST_CHECK || in_index;
            t_we1_q    <= (({LANES{table_line}} & in_chunk) | {LANES{make_q}}) & lane_mask;
            // the first line of a column's table clears all masks, each line sets its own
            mask_we1_q <= ({LANES{table_line}} & (in_chunk | {LANES{first_chunk}})) | {LANES{make_q || empty}};
            {t_we_q, t_check_q, mask_we_q} <= {t_we1_q, t_check1_q & {LANES{checks_q}}, mask_we1_q};
            w_we2_q    <= w_we1_q;
            w_we_q     <= w_we2_q & {LANES{!err_q && !tb_bad}};                              // behind a bad table a lane would keep what is not its own
            cols_go_q  <= in_index && step_q == X_SUM;
            cb_we_q    <= state_q == ST_CODES && half;
        end
    always @(posedge clk) begin
        w_addr1_q   <= at_q[WEIGHT_AW-1:0];
        w_index1_q  <= at_q[7:0];
        data_q      <= line_data;
        t_col1_q    <= c_col[COL_AW-1:0] + (in_cols ? cq_col : col_q[COL_AW-1:0]);
        t_limit1_q  <= g_stop_q;
        {w_addr_q, w_addr2_q}   <= {w_addr2_q, w_addr1_q};
        {w_index_q, w_index2_q} <= {w_index2_q, w_index1_q};
        if (|w_we1_q) data2_q <= data_q;
        if (|w_we2_q) data3_q <= data2_q;
        t_col_q     <= t_col1_q;
        t_limit_q   <= t_limit1_q;
        cb_addr_q   <= {cmd_q[`LAC_F_LOAD_CODEBOOK_COPY], rec_q[3:0]};
        cb_data_q   <= part16;
        p_addr_q    <= p_chan[SW_LOG +: PARAM_AW];
    end

    wire unused_ok = &{1'b0, unused_cols, cmd_q, c_feat, c_addr, row32, word32, recs32, param32, col32, chunks_n, rec_index, p_chan, at_next, small_q, mul_p};

    assign w_we      = w_we_q;
    assign w_addr    = w_addr_q;
    assign w_index   = w_index_q;
    assign w_data    = data3_q;
    assign t_columns = is_x_q;
    assign t_start   = t_start_q;
    assign t_base    = c_word;
    assign t_wide    = wide_q;
    assign t_we      = t_we_q;
    assign t_col     = t_col_q;
    assign t_check   = t_check_q;
    assign t_limit   = {{(17-PTR_W){1'b0}}, t_limit_q};
    assign mask_we   = mask_we_q;
    assign cb_we     = cb_we_q;
    assign cb_addr   = cb_addr_q;
    assign cb_data   = cb_data_q;
    assign p_we0     = p_we0_q;
    assign p_we1     = p_we1_q;
    assign p_addr    = p_addr_q;
    assign p_data    = data_q;

endmodule
`default_nettype wire
