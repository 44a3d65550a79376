// SPDX-License-Identifier: Apache-2.0
//
// lac_load - LOAD: memory to weight RAMs, column tables, codebooks, feature RAM, output parameters
//
//   read master --lines--> [ one state per section of the format ] --> registered write ports of the RAMs
//
//   Function   one command at a time; asks for lines, checks what they hold (docs/formats.md), spreads it
//   Timing     one line a cycle for entries, tables and dense features; the group list one group a cycle, a list
//              one entry or one feature line a cycle, a codebook one code a cycle
//   Errors     the first fault in the order of lines wins; the lines still owed are swallowed, nothing more is written
//   Ahead      while a command's last lines come in, the next one is already here and has made its first request
//   Handshake  cmd: valid/ready, then `done` (with `fail` and the record) once everything is in the RAMs; `begins` where its work begins
//   Reset      control only
`default_nettype none

module lac_load #(
    parameter integer LANES        = 8,
    parameter integer LINE_W       = 64,
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
    output wire [LANES*8-1:0]   t_word,
    output wire [LANES*3-1:0]   t_slot,
    output wire                 t_start,
    output wire [15:0]          t_base,
    output wire                 t_wide,
    output wire [LANES-1:0]     t_we,
    output wire [COL_AW-1:0]    t_col,
    output wire [LANES*10-1:0]  t_q,
    output wire [LANES*3-1:0]   t_r,
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
    localparam integer LB      = LINE_W / 8;   // [bytes] of a line
    localparam integer LB_LOG  = clog2(LB);
    localparam integer B       = LINE_W / 64;  // [words] of a line
    localparam integer B_LOG   = (B == 1) ? 0 : clog2(B);
    localparam integer GROUPS  = (LANES + B - 1) / B;
    localparam integer GROUP_W = clog2(GROUPS + 1);
    localparam integer GROUP_AW = clog2(GROUPS);
    localparam integer CHUNKS  = (LANES + LB - 1) / LB;  // lines of a column's table
    localparam integer CHUNK_W = clog2(CHUNKS + 1);
    localparam integer SW_LOG  = (STORE_W == 1) ? 0 : clog2(STORE_W);
    localparam integer SW1_I   = STORE_W - 1;
    localparam [17:0]  SW1     = SW1_I[17:0];
    localparam [23:0]  LANES24 = LANES[23:0];
    localparam integer LB1_I   = LB - 1;
    localparam [23:0]  LB1     = LB1_I[23:0];
    localparam integer HALVES_I = LINE_W / 16;
    localparam [7:0]   HALVES  = HALVES_I[7:0];      // 16-bit parts of a line
    localparam integer ENTRIES_I = LB / 4;
    localparam [7:0]   ENTRIES = ENTRIES_I[7:0];     // list entries of a line
    localparam integer B1_I    = B - 1;
    localparam [23:0]  B1      = B1_I[23:0];
    localparam [23:0]  WDEPTH  = WEIGHT_DEPTH[23:0];
    localparam [16:0]  CDEPTH  = COL_DEPTH[16:0];

    localparam [4:0] ST_IDLE  = 5'd0,  ST_HEAD  = 5'd1,  ST_CHECK = 5'd2,  ST_LIST  = 5'd3,  ST_SUM  = 5'd4,
                     ST_TABLE = 5'd5,  ST_MAKE  = 5'd6,  ST_WORDS = 5'd7,  ST_CODES = 5'd8,  ST_DENSE = 5'd9,
                     ST_LHEAD = 5'd10, ST_LREAD = 5'd11, ST_LFILL = 5'd12, ST_PARAM = 5'd13, ST_DRAIN = 5'd14,
                     ST_DONE  = 5'd15, ST_INDEX = 5'd16, ST_COLS  = 5'd17;

    // ---- The command ------------------------------------------------------------------------------------------------
    reg  [255:0]       cmd_q;
    wire [3:0]         kind    = cmd_q[`LAC_F_ANY_KIND];
    wire [23:0]        c_lines = cmd_q[`LAC_F_LOAD_WEIGHTS_LINES];
    wire [15:0]        c_word  = cmd_q[`LAC_F_LOAD_WEIGHTS_WORD_BASE];
    wire [15:0]        c_col   = cmd_q[`LAC_F_LOAD_WEIGHTS_COL_BASE];
    wire [23:0]        c_pitch = cmd_q[`LAC_F_LOAD_FEATURES_PITCH];
    wire [15:0]        c_points = cmd_q[`LAC_F_LOAD_FEATURES_POINTS];
    wire [15:0]        c_chan  = cmd_q[`LAC_F_LOAD_FEATURES_CHANNELS];
    wire [15:0]        c_feat  = cmd_q[`LAC_F_LOAD_FEATURES_FEAT_BASE];
    wire [1:0]         c_type  = cmd_q[`LAC_F_LOAD_FEATURES_TYPE];
    wire               c_list  = cmd_q[`LAC_F_LOAD_FEATURES_LIST];
    wire [15:0]        c_zero  = cmd_q[`LAC_F_LOAD_FEATURES_ZERO];
    wire [15:0]        c_recs  = cmd_q[`LAC_F_LOAD_PARAMS_CHANNELS];
    wire [15:0]        c_param = cmd_q[`LAC_F_LOAD_PARAMS_PARAM_BASE];
    wire               c_wide  = c_type == 2'd2;
    wire               c_needed = cmd_q[`LAC_F_LOAD_COLUMNS_NEEDED];
    wire               c_fwide = cmd_q[`LAC_F_LOAD_COLUMNS_WIDE];
    wire [15:0]        c_ncols = cmd_q[`LAC_F_LOAD_COLUMNS_COLUMNS];
    // worked out while it was the next command
    reg  [23:0]        c_row_q;       // [lines] of a point
    reg                c_whole_q;     // dense points follow each other: one request
    reg  [23:0]        c_index_q;     // [lines] of a column block's index

    // ---- The command behind it: its first request ------------------------------------------------------------------------------
    reg  [255:0]       next_q;
    reg                next_valid_q, next_asked_q;
    wire [3:0]         n_kind   = next_q[`LAC_F_ANY_KIND];
    wire [63:0]        n_addr   = {next_q[`LAC_F_LOAD_WEIGHTS_ADDR_HI], next_q[`LAC_F_LOAD_WEIGHTS_ADDR_LO]};
    wire [15:0]        n_chan   = next_q[`LAC_F_LOAD_FEATURES_CHANNELS];
    wire               n_wide   = next_q[`LAC_F_LOAD_FEATURES_TYPE] == 2'd2;
    wire               n_list   = next_q[`LAC_F_LOAD_FEATURES_LIST];
    wire [23:0]        n_bytes  = n_wide ? {7'd0, n_chan, 1'b0} : {8'd0, n_chan};
    wire [23:0]        n_row    = (n_bytes + LB1) >> LB_LOG;
    wire [15:0]        n_points = next_q[`LAC_F_LOAD_FEATURES_POINTS];
    wire [39:0]        n_all    = n_points * n_row;
    wire               n_whole  = next_q[`LAC_F_LOAD_FEATURES_PITCH] == n_row << LB_LOG;
    wire [15:0]        n_recs   = next_q[`LAC_F_LOAD_PARAMS_CHANNELS];
    wire [15:0]        n_cols   = next_q[`LAC_F_LOAD_COLUMNS_COLUMNS];
    wire [23:0]        n_index  = ({8'd0, n_cols} + LB1) >> LB_LOG;
    reg  [39:0]        n_left;        // [lines] it takes, as far as that is known
    always @* begin
        n_left = {16'd0, next_q[`LAC_F_LOAD_WEIGHTS_LINES]};
        case (n_kind)
            4'd0:    ;
            4'd1:    n_left = (40'd32 + {16'd0, LB1}) >> LB_LOG;
            4'd2:    n_left = n_list ? 40'd1 : n_all;
            4'd3:    n_left = {16'd0, ({4'd0, n_recs, 4'd0} + LB1) >> LB_LOG};
            default: if (n_index < next_q[`LAC_F_LOAD_WEIGHTS_LINES]) n_left = {16'd0, n_index};  // never beyond the window
        endcase
    end
    wire [23:0]        n_lines  = (n_kind == 4'd2 && !n_list && !n_whole) ? n_row : n_left[23:0];

    reg  [4:0]         state_q;
    reg                req_q;         // a request stands
    reg  [ADDR_W-1:0]  req_addr_q;
    reg  [23:0]        req_lines_q;
    reg  [ADDR_W-1:0]  block_q;       // first byte of the block or point
    reg  [39:0]        left_q;        // [lines] still to come
    reg                err_q;
    reg  [7:0]         err_code_q;
    reg  [ADDR_W-1:0]  err_addr_q;
    reg  [31:0]        err_index_q;

    // ---- A line arrives ------------------------------------------------------------------------------------------------
    reg                take;          // this state takes lines now
    wire               line        = line_valid && take;
    wire               bad_line    = line && line_fault != 3'd0;
    wire               last_line   = left_q == 40'd1;
    wire [7:0]         bus_code    = line_fault == 3'd1 ? `LAC_ERR_BUS_SLVERR
                                   : line_fault == 3'd2 ? `LAC_ERR_BUS_DECERR
                                   : line_fault == 3'd3 ? `LAC_ERR_BUS_TIMEOUT : `LAC_ERR_BUS_PROTOCOL;
    assign line_ready = take;

    // ---- Weight block: header -----------------------------------------------------------------------------------------
    reg  [63:0]        head_q;
    wire [1:0]         h_format = head_q[1:0];
    wire [2:0]         h_n      = head_q[4:2];
    wire [2:0]         h_r      = head_q[7:5];
    wire [7:0]         h_lanes1 = head_q[15:8];     // lanes - 1
    wire [15:0]        h_cols   = head_q[31:16];
    wire [9:0]         h_q      = head_q[41:32];
    wire [15:0]        h_words  = head_q[63:48];
    wire               h_nm     = h_format == 2'd2;
    wire [23:0]        h_lanes  = {16'd0, h_lanes1} + 24'd1;
    wire [23:0]        h_groups = (h_lanes + B1) >> B_LOG;
    wire [23:0]        h_chunks = (h_lanes + LB1) >> LB_LOG;
    wire [23:0]        h_list   = ({h_groups[22:0], 1'b0} + LB1) >> LB_LOG;
    wire               h_bad    = h_format == 2'd3 || head_q[47:42] != 6'd0 || h_cols == 16'd0 || h_lanes > LANES24
                               || (h_nm ? (h_n == 3'd0 || h_n > 3'd4 || h_r > 3'd5 || (h_q == 10'd0 && h_r == 3'd0)
                                           || h_words == 16'd0)
                                        : (h_n != 3'd0 || h_r != 3'd0 || h_q != 10'd0 || h_words != 16'd0));
    wire               h_cols_over = {1'b0, c_col} + {1'b0, h_cols} > CDEPTH;
    // lines the block should have: csc and csc8 without the entries, N:4 in all
    reg  [39:0]        need_q;
    reg  [2:0]         step_q;
    reg                words_over_q;
    wire [23:0]        word_end_nm = {8'd0, c_word} + {8'd0, h_words};

    // ---- Group list: sixteen bits a group, one a cycle -------------------------------------------------------------------
    reg  [15:0]        group_words [0:GROUPS-1];
    reg  [GROUP_W-1:0] group_q;
    reg  [LINE_W-1:0]  hold_q;        // the line being unpacked
    reg  [7:0]         unpack_q;      // parts of it still to come
    wire [15:0]        part16 = hold_q[15:0];
    wire [23:0]        word_end = {8'd0, c_word} + {8'd0, part16};

    // ---- Entries --------------------------------------------------------------------------------------------------------------
    wire [15:0]        g_words = h_nm ? h_words : group_words[group_q[GROUP_AW-1:0]];
    reg  [15:0]        word_q;
    wire               g_last  = word_q + 16'd1 == g_words;
    wire               g_empty = g_words == 16'd0;
    wire               g_end   = {{(24-GROUP_W){1'b0}}, group_q} == h_groups - 24'd1;

    // ---- Column block: the columns that come, in order ---------------------------------------------------------------------------
    wire               in_cols = state_q == ST_COLS;
    wire               nd_valid, nd_ready, nd_done, nd_bad, cq_valid, cq_ready, cq_pop;
    wire [15:0]        nd_col, cq_col;
    wire [7:0]         nd_lines, cq_lines;
    wire [23:0]        nd_offset;
    wire [31:0]        nd_sum;
    wire [5:0]         unused_cols;
    reg                cols_go_q;
    reg                table_q;       // this line is of the column's table
    wire               cq_none  = cq_lines == 8'd0;                 // an empty column: only its mask is written
    wire [7:0]         cq_words = cq_lines - h_chunks[7:0];         // words of a position
    wire               ask_now  = in_cols && nd_valid && cq_ready && (nd_lines == 8'd0 || !req_q || req_ready);
    wire               cq_end   = word_q + 16'd1 == {8'd0, cq_words};
    wire [ADDR_W-1:0]  nd_at    = {{(ADDR_W-24){1'b0}}, nd_offset};
    reg  [ADDR_W-1:0]  block2_q;      // first byte of the columns
    assign nd_ready = ask_now;
    assign cq_pop   = in_cols && cq_valid && (cq_none || (line && (table_q ? chunk_last && cq_words == 8'd0 : cq_end)));

    lac_needed #(.LINE_W(LINE_W), .COL_DEPTH(COL_DEPTH), .FEAT_DEPTH(FEAT_DEPTH), .FEAT_AW(FEAT_AW)) u_needed (
        .clk(clk), .rst(rst), .f_valid(f_valid), .f_addr(f_addr), .f_flags(f_flags),
        .x_start(state_q == ST_INDEX && step_q == 3'd0), .columns(c_ncols), .least(h_chunks[7:0]),
        .x_valid(state_q == ST_INDEX && line && !bad_line), .x_data(line_data), .x_sum(nd_sum), .x_bad(nd_bad),
        .go(cols_go_q), .halt(!in_cols && !cols_go_q), .needed(c_needed), .wide(c_fwide), .feat_base(c_feat[FEAT_AW-1:0]),
        .out_valid(nd_valid), .out_ready(nd_ready), .out_col(nd_col), .out_lines(nd_lines), .out_offset(nd_offset), .done(nd_done)
    );
    lac_fifo #(.W(24), .DEPTH(32), .LEVEL_W(6)) u_cols (
        .clk(clk), .rst(rst || !in_cols), .push(ask_now), .in_data({nd_col, nd_lines}), .in_ready(cq_ready),
        .out_valid(cq_valid), .out_data({cq_col, cq_lines}), .pop(cq_pop), .level(unused_cols)
    );

    // ---- Column table ------------------------------------------------------------------------------------------------------------
    reg  [15:0]        col_q;         // column of the block
    reg                make_q;        // N:4: the table is being made
    reg  [CHUNK_W-1:0] chunk_q;
    wire               chunk_last = {{(24-CHUNK_W){1'b0}}, chunk_q} == h_chunks - 24'd1;
    wire               col_last   = col_q + 16'd1 == h_cols;
    wire [2:0]         per        = h_format == 2'd1 ? 3'd4 : 3'd6;
    wire [LB-1:0]      rest_bad;      // bytes whose remainder is not below the entries of a word
    wire [LANES-1:0]   lane_used;     // lane < lanes of the block
    wire               rest_any;
    wire [LB_LOG-1:0]  rest_index;
    wire [LB-1:0]      unused_rest;
    genvar i;
    generate
        for (i = 0; i < LB; i = i + 1) begin : g_rest
            localparam integer I = i;
            wire [23:0] lane = ({{(24-CHUNK_W){1'b0}}, chunk_q} << LB_LOG) + I[23:0];
            wire        descends;  // column block: counts of an octet's lanes never fall
            if (i % 8 == 0) begin : g_first
                assign descends = 1'b0;
            end else begin : g_next
                assign descends = in_cols && line_data[8*i +: 8] < line_data[8*(i-1) +: 8];
            end
            assign rest_bad[i] = (line_data[8*i +: 3] >= per || descends) && lane < h_lanes;
        end
        for (i = 0; i < LANES; i = i + 1) begin : g_used
            localparam integer I = i;
            assign lane_used[i] = h_lanes > I[23:0];
        end
    endgenerate
    lac_ffs #(.W(LB), .INDEX_W(LB_LOG)) u_rest (.in(rest_bad), .any(rest_any), .index(rest_index), .rest(unused_rest));

    // ---- Dense features: flags of a line ---------------------------------------------------------------------------------------
    reg  [23:0]        fline_q;       // line of the point
    reg  [15:0]        point_q;
    reg  [FEAT_AW-1:0] fat_q;         // feature RAM line
    wire               fline_last = fline_q + 24'd1 == c_row_q;
    wire               point_last = point_q + 16'd1 == c_points;
    wire [23:0]        felems  = c_wide ? (fline_q << LB_LOG) >> 1 : fline_q << LB_LOG;  // elements before this line
    wire [23:0]        fleft   = {8'd0, c_chan} - felems;
    wire [LB-1:0]      dense_flags;
    generate
        for (i = 0; i < LB; i = i + 1) begin : g_flag
            localparam integer I = i;
            wire differs8 = line_data[8*i +: 8] != c_zero[7:0];
            if (i < LB / 2) begin : g_lo
                wire differs16 = line_data[16*i +: 16] != c_zero;
                assign dense_flags[i] = fleft > I[23:0] && (c_wide ? differs16 : differs8);
            end else begin : g_hi
                assign dense_flags[i] = fleft > I[23:0] && !c_wide && differs8;
            end
        end
    endgenerate

    // ---- Compressed lists ---------------------------------------------------------------------------------------------------------
    reg  [31:0]        count_q;       // entries of this point
    reg  [31:0]        entry_q;       // entries done
    reg  [15:0]        above_q;       // smallest index still allowed
    reg                any_q;         // some entry has been seen
    reg                part_q;        // hold_q has entries
    reg  [ADDR_W-1:0]  hold_addr_q;
    reg  [LINE_W-1:0]  fbuf_q;        // the feature line under construction
    reg  [LB-1:0]      fbits_q;
    wire [15:0]        e_index = hold_q[15:0];
    wire [15:0]        e_value = hold_q[31:16];
    wire [23:0]        e_byte  = c_wide ? {7'd0, e_index, 1'b0} : {8'd0, e_index};
    wire [23:0]        e_line  = e_byte >> LB_LOG;
    wire [LB_LOG-1:0]  e_at    = e_byte[LB_LOG-1:0];
    wire               e_range = c_type == 2'd0 ? e_value[15:7] == {9{e_value[7]}} : c_type == 2'd1 ? e_value[15:8] == 8'd0 : 1'b1;
    wire               e_bad   = e_index >= c_chan || (any_q && e_index < above_q) || !e_range;
    wire               e_here  = e_line == fline_q;
    wire               entries_done = entry_q == count_q;
    wire [23:0]        list_lines = ({count_q[21:0], 2'b00} + LB1) >> LB_LOG;  // count_q <= 65535
    wire [LB-1:0]      e_flag_at = {{(LB-1){1'b0}}, 1'b1} << (c_wide ? e_at >> 1 : e_at);
    wire [LINE_W-1:0]  e_put   = (c_wide ? {{(LINE_W-16){1'b0}}, e_value} : {{(LINE_W-8){1'b0}}, e_value[7:0]}) << {e_at, 3'd0};

    // ---- Output parameters -----------------------------------------------------------------------------------------------------------
    reg  [17:0]        rec_word_q;    // 64-bit words before this line
    wire [16:0]        rec_first = rec_word_q[17:1];
    wire [B-1:0]       rec_bad;
    wire               rec_any;
    generate
        for (i = 0; i < B; i = i + 1) begin : g_rec
            localparam integer I = i;
            wire [63:0] word = line_data[64*i +: 64];
            wire        odd  = (B == 1) ? rec_word_q[0] : (i % 2) == 1;
            wire        here = ({1'b0, rec_first} + (I[17:0] >> 1)) < {2'd0, c_recs};
            assign rec_bad[i] = here && (odd ? word[7:0] == 8'd0 || word[7:0] > 8'd62 || {16'd0, word[15:8]} >= LANES24
                                               || word[63:16] != 48'd0
                                             : word[63]);
        end
    endgenerate
    wire [17:0]        rec_index;
    generate
        if (B == 1) begin : g_one
            assign rec_any   = rec_bad[0];
            assign rec_index = {1'b0, rec_first};
        end else begin : g_many
            wire [B_LOG-1:0] at;
            wire [B-1:0]     unused_rec;
            lac_ffs #(.W(B), .INDEX_W(B_LOG)) u_rec (.in(rec_bad), .any(rec_any), .index(at), .rest(unused_rec));
            assign rec_index = {1'b0, rec_first} + {{(18-B_LOG){1'b0}}, at >> 1};
        end
    endgenerate

    // a column's table asks for more words than the column has: found a cycle later, and before what the next line may bring
    wire               late;
    wire [ADDR_W-1:0]  late_addr;
    wire [31:0]        late_index;

    // ---- The first fault -----------------------------------------------------------------------------------------------------------------
    reg                flt;           // the state found a fault of its own in this cycle
    reg  [7:0]         flt_code;
    reg  [ADDR_W-1:0]  flt_addr;
    reg  [31:0]        flt_index;
    always @* begin
        take      = 1'b0;
        flt       = 1'b0;
        flt_code  = `LAC_ERR_BLOCK_HEADER;
        flt_addr  = block_q;
        flt_index = 32'd0;
        case (state_q)
            ST_HEAD, ST_DRAIN:
                take = left_q != 40'd0;
            ST_DENSE:        // lines may be there before the first step is done
                take = step_q != 3'd0 && left_q != 40'd0;
            ST_INDEX: begin  // step 2 .. 5: the sum settles
                take      = step_q == 3'd1 && left_q != 40'd0;
                flt       = step_q == 3'd0 ? c_index_q > c_lines : step_q == 3'd6 && (nd_bad || need_q != {16'd0, c_lines});
                flt_code  = step_q != 3'd0 && nd_bad ? `LAC_ERR_BLOCK_HEADER : `LAC_ERR_BLOCK_LENGTH;
                flt_index = step_q == 3'd0 ? {8'd0, c_index_q} : nd_bad ? 32'd0 : need_q[31:0];
            end
            ST_COLS: begin
                take      = cq_valid && !cq_none;
                flt       = table_q && rest_any && line_valid && take;
                flt_code  = `LAC_ERR_BLOCK_COUNT;
                flt_addr  = line_addr;
                flt_index = ({{(32-CHUNK_W){1'b0}}, chunk_q} << LB_LOG) + {{(32-LB_LOG){1'b0}}, rest_index};
            end
            ST_CHECK: begin  // the header stands in head_q; need_q is complete in step 3
                if (step_q == 3'd0) flt = h_bad;
                else if (step_q == 3'd1) begin
                    flt      = h_cols_over;
                    flt_code = `LAC_ERR_BOUNDS;
                end else if (step_q == 3'd3) begin
                    flt      = h_nm ? need_q != {16'd0, c_lines} : need_q > {16'd0, c_lines};
                    flt_code = `LAC_ERR_BLOCK_LENGTH;
                    flt_index = need_q[31:0];
                end else if (step_q == 3'd4) begin
                    flt      = h_nm && word_end_nm > WDEPTH;
                    flt_code = `LAC_ERR_BOUNDS;
                end
            end
            ST_LIST:         // one group a cycle from hold_q, then the next line
                take = unpack_q == 8'd0;
            ST_SUM: begin
                flt      = need_q != {16'd0, c_lines} || words_over_q;
                flt_code = need_q != {16'd0, c_lines} ? `LAC_ERR_BLOCK_LENGTH : `LAC_ERR_BOUNDS;
                flt_index = need_q != {16'd0, c_lines} ? need_q[31:0] : 32'd0;
            end
            ST_TABLE: begin
                take      = 1'b1;
                flt       = rest_any && line_valid;
                flt_code  = `LAC_ERR_BLOCK_COUNT;
                flt_addr  = line_addr;
                flt_index = ({{(32-CHUNK_W){1'b0}}, chunk_q} << LB_LOG) + {{(32-LB_LOG){1'b0}}, rest_index};
            end
            ST_WORDS:
                take = !g_empty;
            ST_CODES:
                take = step_q != 3'd0 && unpack_q == 8'd0 && left_q != 40'd0;
            ST_LHEAD: begin
                take      = 1'b1;
                flt       = line_valid && (line_data[63:32] != 32'd0 || line_data[31:0] > {16'd0, c_chan});
                flt_code  = `LAC_ERR_LIST;
                flt_addr  = line_addr;
                flt_index = 32'hFFFFFFFF;
            end
            ST_LREAD:        // next line of entries
                take = !part_q && left_q != 40'd0;
            ST_LFILL: begin  // the entry at the bottom of hold_q
                flt       = part_q && !entries_done && e_bad;
                flt_code  = `LAC_ERR_LIST;
                flt_addr  = hold_addr_q;
                flt_index = entry_q;
            end
            ST_PARAM: begin
                take      = step_q != 3'd0;
                flt       = rec_any && line_valid && take;
                flt_code  = `LAC_ERR_PARAM;
                flt_addr  = line_addr;
                flt_index = {14'd0, rec_index};
            end
            default: ;       // idle, making a table, done: no lines
        endcase
    end
    wire               stop = late || bad_line || flt;

    always @(posedge clk)
        if (state_q == ST_LIST && unpack_q != 8'd0) group_words[group_q[GROUP_AW-1:0]] <= part16;

    // ---- States ---------------------------------------------------------------------------------------------------------------------------
    wire               feat_put  = state_q == ST_LFILL && !flt && (entries_done || (part_q && !e_here));  // a line of the list is complete
    reg  [LANES-1:0]   short_q;
    wire [LANES-1:0]   short_low = short_q & (~short_q + 1'b1);
    reg  [31:0]        short_lane;
    integer k;
    always @* begin
        short_lane = 32'd0;
        for (k = 0; k < LANES; k = k + 1) if (short_low[k]) short_lane = short_lane | k;
    end

    // the command at work makes no more requests
    reg                asked_all;
    always @* begin
        case (state_q)
            ST_DENSE: asked_all = step_q != 3'd0 && (c_whole_q || word_q == c_points);
            ST_COLS:  asked_all = nd_done && !cols_go_q && step_q[0];
            ST_LHEAD, ST_LREAD, ST_LFILL, ST_INDEX, ST_DRAIN: asked_all = 1'b0;
            default:  asked_all = 1'b1;
        endcase
    end
    wire               ask_first = next_valid_q && !next_asked_q && asked_all && !stop && (!req_q || req_ready);
    assign begins     = (state_q == ST_IDLE || done) && next_valid_q && (next_asked_q || ask_first);
    assign cmd_ready  = !next_valid_q || begins;
    assign req_valid  = req_q;
    assign req_addr   = req_addr_q;
    assign req_lines  = req_lines_q;
    // The last write is in its RAM two cycles behind the last line, and an engine that waited for it reads later still;
    // a weight block first hears whether some lane's slices were too long.
    assign done       = state_q == ST_DONE && step_q == (kind == 4'd0 || kind == 4'd4 ? 3'd6 : 3'd0);
    assign fail       = err_q;
    assign fail_code  = err_code_q;
    assign fail_addr  = err_addr_q;
    assign fail_index = err_index_q;

    assign cause      = state_q == ST_IDLE && !next_valid_q ? (waits ? `LAC_LOAD_TOKEN : `LAC_LOAD_IDLE)
                      : line ? `LAC_LOAD_BUSY
                      : take ? `LAC_LOAD_BUS
                      :        `LAC_LOAD_WORK;

    always @(posedge clk)
        if (rst) begin
            state_q      <= ST_IDLE;
            req_q        <= 1'b0;
            err_q        <= 1'b0;
            make_q       <= 1'b0;
            next_valid_q <= 1'b0;
            next_asked_q <= 1'b0;
        end else begin
            if (req_valid && req_ready) req_q <= 1'b0;
            if (line) left_q <= left_q - 40'd1;

            if (cmd_ready) begin
                next_q       <= cmd;
                next_valid_q <= cmd_valid;
                next_asked_q <= 1'b0;
            end else if (ask_first)
                next_asked_q <= 1'b1;
            if (ask_first) begin
                req_q       <= 1'b1;
                req_addr_q  <= n_addr[ADDR_W-1:0];
                req_lines_q <= n_lines;
            end

            // N:4: the table is made beside the words that arrive, a column a cycle
            if (make_q) begin
                col_q <= col_q + 16'd1;
                if (col_last) make_q <= 1'b0;
            end

            case (state_q)
                ST_IDLE: ;                               // waits for a command: `begins`, below

                ST_HEAD: if (line) begin
                    head_q  <= line_data[63:0];
                    step_q  <= 3'd0;
                    state_q <= ST_CHECK;
                end

                ST_CHECK: begin
                    step_q <= step_q + 3'd1;
                    case (step_q)
                        3'd1: need_q <= h_nm ? h_groups * h_words : h_cols * h_chunks;
                        3'd2: need_q <= need_q + 40'd1 + (h_nm ? 40'd0 : {16'd0, h_list});
                        3'd4: begin
                            step_q       <= 3'd0;
                            group_q      <= {GROUP_W{1'b0}};
                            unpack_q     <= 8'd0;
                            words_over_q <= 1'b0;
                            col_q        <= 16'd0;
                            chunk_q      <= {CHUNK_W{1'b0}};
                            word_q       <= 16'd0;
                            make_q       <= h_nm;
                            state_q      <= h_nm ? ST_WORDS : ST_LIST;
                        end
                        default: ;
                    endcase
                end

                ST_LIST: if (line) begin
                    hold_q   <= line_data;
                    unpack_q <= HALVES;
                end else if (unpack_q != 8'd0) begin
                    hold_q   <= hold_q >> 16;
                    unpack_q <= unpack_q - 8'd1;
                    need_q   <= need_q + {24'd0, part16};
                    if (word_end > WDEPTH) words_over_q <= 1'b1;
                    group_q  <= group_q + 1'b1;
                    if (g_end) begin
                        group_q  <= {GROUP_W{1'b0}};
                        unpack_q <= 8'd0;
                        state_q  <= ST_SUM;
                    end
                end

                ST_SUM: state_q <= ST_TABLE;

                ST_TABLE: if (line) begin
                    chunk_q <= chunk_last ? {CHUNK_W{1'b0}} : chunk_q + 1'b1;
                    if (chunk_last) begin
                        col_q <= col_q + 16'd1;
                        if (col_last) state_q <= ST_WORDS;
                    end
                end

                ST_MAKE: if (!make_q) state_q <= ST_DONE;  // waits for the table

                ST_WORDS: if (line || g_empty) begin
                    word_q <= word_q + 16'd1;
                    if (g_last || g_empty) begin
                        word_q  <= 16'd0;
                        group_q <= group_q + 1'b1;
                        if (g_end) state_q <= make_q ? ST_MAKE : ST_DONE;
                    end
                end

                ST_CODES: if (step_q == 3'd0) begin
                    entry_q  <= 32'd0;
                    unpack_q <= 8'd0;
                    step_q   <= 3'd1;
                end else if (line) begin
                    hold_q   <= line_data;
                    unpack_q <= HALVES;
                end else if (unpack_q != 8'd0) begin
                    hold_q   <= hold_q >> 16;
                    unpack_q <= unpack_q - 8'd1;
                    entry_q  <= entry_q + 32'd1;
                    if (entry_q[3:0] == 4'd15) begin
                        step_q  <= 3'd0;
                        state_q <= ST_DONE;
                    end
                end

                ST_DENSE: if (step_q == 3'd0) begin      // all kinds of features begin here
                    fat_q  <= c_feat[FEAT_AW-1:0];
                    step_q <= c_list ? 3'd0 : 3'd1;
                    word_q <= 16'd1;                     // points asked for
                    if (c_list) state_q <= ST_LHEAD;
                end else begin
                    if (!c_whole_q && word_q != c_points && (!req_q || req_ready)) begin
                        req_q      <= 1'b1;              // one request a point, ahead of the lines
                        req_addr_q <= req_addr_q + {{(ADDR_W-24){1'b0}}, c_pitch};
                        word_q     <= word_q + 16'd1;
                    end
                    if (line) begin
                        fat_q   <= fat_q + 1'b1;
                        fline_q <= fline_last ? 24'd0 : fline_q + 24'd1;
                        if (fline_last) point_q <= point_q + 16'd1;
                        if (last_line) begin
                            step_q  <= 3'd0;
                            state_q <= ST_DONE;
                        end
                    end
                end

                ST_LHEAD: if (line) begin
                    count_q <= line_data[31:0];
                    entry_q <= 32'd0;
                    any_q   <= 1'b0;
                    part_q  <= 1'b0;
                    fline_q <= 24'd0;
                    fbits_q <= {LB{1'b0}};
                    step_q  <= 3'd0;
                    state_q <= ST_LREAD;
                end

                ST_LREAD: if (step_q == 3'd0) begin      // ask for the entries, if any
                    if (count_q != 32'd0) begin
                        req_q       <= 1'b1;
                        req_addr_q  <= block_q + {{(ADDR_W-7){1'b0}}, 7'd64};
                        req_lines_q <= list_lines;
                        left_q      <= {16'd0, list_lines};
                        step_q      <= 3'd1;
                    end else
                        state_q <= ST_LFILL;
                end else if (line) begin
                    hold_q      <= line_data;
                    hold_addr_q <= line_addr;
                    unpack_q    <= ENTRIES;
                    part_q      <= 1'b1;
                    state_q     <= ST_LFILL;
                end

                ST_LFILL:                                // one entry, or one finished feature line, a cycle
                    if (feat_put) begin
                        fat_q   <= fat_q + 1'b1;
                        fbits_q <= {LB{1'b0}};
                        fline_q <= fline_q + 24'd1;
                        if (fline_last) begin             // on to the next point
                            point_q <= point_q + 16'd1;
                            step_q  <= 3'd0;
                            if (point_last) state_q <= ST_DONE;
                            else begin
                                block_q     <= block_q + {{(ADDR_W-24){1'b0}}, c_pitch};
                                req_q       <= 1'b1;
                                req_addr_q  <= block_q + {{(ADDR_W-24){1'b0}}, c_pitch};
                                req_lines_q <= 24'd1;
                                left_q      <= 40'd1;
                                state_q     <= ST_LHEAD;
                            end
                        end
                    end else begin
                        fbits_q  <= e_value == c_zero ? fbits_q : fbits_q | e_flag_at;
                        fbuf_q   <= e_value == c_zero ? fbuf_q : (fbits_q == {LB{1'b0}} ? {LINE_W{1'b0}} : fbuf_q) | e_put;
                        above_q  <= e_index + 16'd1;
                        any_q    <= 1'b1;
                        entry_q  <= entry_q + 32'd1;
                        hold_q   <= hold_q >> 32;
                        unpack_q <= unpack_q - 8'd1;
                        if (unpack_q == 8'd1) begin
                            part_q <= 1'b0;
                            if (entry_q + 32'd1 != count_q) state_q <= ST_LREAD;
                        end
                    end

                ST_PARAM: if (step_q == 3'd0) begin
                    rec_word_q <= 18'd0;
                    step_q     <= 3'd1;
                end else if (line) begin
                    rec_word_q <= rec_word_q + B[17:0];
                    if (last_line) begin
                        step_q  <= 3'd0;
                        state_q <= ST_DONE;
                    end
                end

                ST_INDEX: begin
                    if (step_q != 3'd1) step_q <= step_q + 3'd1;
                    if (step_q == 3'd0)                  // the command takes the header's place
                        head_q <= {48'd0, cmd_q[`LAC_F_LOAD_COLUMNS_LANES], 6'd0, cmd_q[`LAC_F_LOAD_COLUMNS_FORMAT]};
                    if (line && last_line) step_q <= 3'd2;
                    if (step_q == 3'd5) need_q <= {8'd0, nd_sum} + {16'd0, c_index_q};
                    if (step_q == 3'd6) begin
                        step_q     <= 3'd0;
                        block2_q   <= block_q + {{(ADDR_W-24){1'b0}}, c_index_q << LB_LOG};
                        table_q    <= 1'b1;
                        chunk_q    <= {CHUNK_W{1'b0}};
                        word_q     <= 16'd0;
                        state_q    <= ST_COLS;
                    end
                end

                ST_COLS: begin
                    if (ask_now && nd_lines != 8'd0) begin
                        req_q       <= 1'b1;
                        req_addr_q  <= block2_q + (nd_at << LB_LOG);
                        req_lines_q <= {16'd0, nd_lines};
                    end
                    left_q <= left_q + (ask_now ? {32'd0, nd_lines} : 40'd0) - {39'd0, line};
                    if (line) begin
                        if (table_q) begin
                            chunk_q <= chunk_last ? {CHUNK_W{1'b0}} : chunk_q + 1'b1;
                            table_q <= !chunk_last || cq_words == 8'd0;
                        end else begin
                            word_q  <= cq_end ? 16'd0 : word_q + 16'd1;
                            table_q <= cq_end;
                        end
                    end
                    if (nd_done && !cq_valid && !cols_go_q && step_q[0]) begin
                        step_q  <= 3'd0;
                        state_q <= ST_DONE;
                    end else
                        step_q <= 3'd1;                  // the walk has begun
                end

                ST_DRAIN: if (!req_q && (left_q == 40'd0 || (line && last_line))) begin
                    step_q  <= 3'd0;
                    state_q <= ST_DONE;
                end

                default: begin                           // ST_DONE: writes settle, lanes compare, then tell
                    step_q <= step_q + 3'd1;
                    if (step_q == 3'd4) short_q <= ((kind == 4'd0 || kind == 4'd4) && !err_q) ? t_short & lane_used : {LANES{1'b0}};
                    if (step_q == 3'd5 && |short_q) begin
                        err_q       <= 1'b1;
                        err_code_q  <= kind == 4'd4 ? `LAC_ERR_BOUNDS : `LAC_ERR_BLOCK_TABLE;
                        err_addr_q  <= block_q;
                        err_index_q <= short_lane;
                    end
                    if (done) state_q <= ST_IDLE;
                end
            endcase

            if (begins) begin                            // behind an error, which only a reset ends: swallow what was asked for
                cmd_q   <= next_q;
                {c_row_q, c_whole_q, c_index_q} <= {n_row, n_whole, n_index};
                step_q  <= 3'd0;
                left_q  <= err_q ? {16'd0, n_lines} : n_left;
                block_q <= n_addr[ADDR_W-1:0];
                point_q <= 16'd0;
                fline_q <= 24'd0;
                state_q <= err_q ? ST_DRAIN : n_kind == 4'd0 ? ST_HEAD : n_kind == 4'd1 ? ST_CODES : n_kind == 4'd2 ? ST_DENSE : n_kind == 4'd3 ? ST_PARAM : ST_INDEX;
            end

            // The first fault: remember it, swallow the lines that were asked for.
            if (stop && state_q != ST_DRAIN) begin
                err_q       <= 1'b1;
                err_code_q  <= late ? `LAC_ERR_BLOCK_TABLE : bad_line ? bus_code : flt_code;
                err_addr_q  <= late ? late_addr : bad_line ? line_fault_addr : flt_addr;
                err_index_q <= late ? late_index : bad_line ? 32'd0 : flt_index;
                step_q      <= 3'd0;
                make_q      <= 1'b0;
                state_q     <= ST_DRAIN;
                // requests of points that have not been made will not be
                if (state_q == ST_DENSE && !asked_all) begin
                    left_q <= {24'd0, word_q} * {16'd0, c_row_q} - ({24'd0, point_q} * {16'd0, c_row_q} + {16'd0, fline_q} + 40'd1);
                    if (!req_q || req_ready) req_q <= 1'b0;
                end
            end
        end

    // ---- Registered write ports: two stages to the lanes, one to everything else ---------------------------------------------------------
    reg  [LANES-1:0]     w_we1_q, t_we1_q, t_check1_q, mask_we1_q, w_we_q, t_we_q, t_check_q, mask_we_q, mask_bits_q;
    reg  [WEIGHT_AW-1:0] w_addr1_q, w_addr_q;
    reg  [7:0]           w_index1_q, w_index_q, words1_q;
    reg  [LINE_W-1:0]    data_q, data2_q;
    reg                  t_start_q, made_q, cols1_q, table1_q;
    reg  [CHUNK_W-1:0]   chunk1_q;
    reg  [COL_AW-1:0]    t_col1_q, t_col_q;
    reg  [16:0]          t_limit1_q, t_limit_q;
    reg  [LANES*10-1:0]  t_q_q;
    reg  [LANES*3-1:0]   t_r_q, t_slot_q;
    reg  [LANES*8-1:0]   t_word_q;
    reg                  cb_we_q;
    reg  [4:0]           cb_addr_q;
    reg  [15:0]          cb_data_q;
    reg                  f_valid_q, f_last_q;
    reg  [FEAT_AW-1:0]   f_addr_q;
    reg  [LINE_W-1:0]    f_data_q;
    reg  [LB-1:0]        f_flags_q;
    reg  [STORE_W-1:0]   p_we0_q, p_we1_q;
    reg  [PARAM_AW-1:0]  p_addr_q;

    wire [31:0]          w_at    = {16'd0, c_word} + {16'd0, word_q};
    wire [31:0]          t_at    = {16'd0, c_col} + {16'd0, in_cols ? cq_col : col_q};
    wire                 good    = line && !stop;
    wire [17:0]          p_chan  = {2'd0, c_param} + {1'b0, rec_first};
    wire                 empty   = in_cols && cq_valid && cq_none;
    wire                 words_line = good && (state_q == ST_WORDS || (in_cols && !table_q));
    wire                 table_line = good && (state_q == ST_TABLE || (in_cols && table_q));

    // {words, entries beyond them} of a and b together
    function [12:0] add(input [12:0] a, input [7:0] b, input [3:0] per_word);
        reg [3:0] r;
        begin
            r   = {1'b0, a[2:0]} + {1'b0, b[2:0]};
            add = {a[12:3] + {5'd0, b[7:3]} + {9'd0, r >= per_word}, r[2:0] - (r >= per_word ? per_word[2:0] : 3'd0)};
        end
    endfunction
    // a without b, which is not more
    function [7:0] sub(input [7:0] a, input [7:0] b, input [2:0] per_word);
        sub = {a[7:3] - b[7:3] - {4'd0, a[2:0] < b[2:0]}, a[2:0] - b[2:0] + (a[2:0] < b[2:0] ? per_word : 3'd0)};
    endfunction

    // Of the table line in data_q, byte by byte: where the lane's slice starts in its position, how long it is, whether it ends behind the words
    wire [LB*13-1:0]     x_start;
    wire [LB*8-1:0]      x_length;
    wire [LB-1:0]        x_over;
    reg  [B*13-1:0]      carry_q;     // by position: entries of the octets before
    generate
        for (i = 0; i < LB; i = i + 1) begin : g_octet
            localparam integer I = i;
            wire [12:0] base  = chunk1_q == {CHUNK_W{1'b0}} ? 13'd0 : carry_q[13*(i/8) +: 13];
            wire [7:0]  own   = data_q[8*i +: 8];
            wire [12:0] stop_at = add(base, own, {1'b0, per});
            wire [23:0] lane  = ({{(24-CHUNK_W){1'b0}}, chunk1_q} << LB_LOG) + I[23:0];
            if (i % 8 == 0) begin : g_first
                assign x_start[13*i +: 13] = base;
                assign x_length[8*i +: 8]  = own;
            end else begin : g_next
                wire [7:0] before = data_q[8*(i-1) +: 8];
                assign x_start[13*i +: 13] = add(base, before, {1'b0, per});
                assign x_length[8*i +: 8]  = sub(own, before, per);
            end
            assign x_over[i] = lane < h_lanes && stop_at[12:3] + {9'd0, stop_at[2:0] != 3'd0} > {2'd0, words1_q};
            if (i % 8 == 7) begin : g_carry
                always @(posedge clk) if (table1_q) carry_q[13*(i/8) +: 13] <= stop_at;
            end
        end
    endgenerate
    wire                 over_any;
    wire [LB_LOG-1:0]    over_at;
    wire [LB-1:0]        unused_over;
    reg  [ADDR_W-1:0]    late_addr_q;
    lac_ffs #(.W(LB), .INDEX_W(LB_LOG)) u_over (.in(x_over), .any(over_any), .index(over_at), .rest(unused_over));
    assign late       = cols1_q && table1_q && over_any;
    assign late_addr  = late_addr_q;
    assign late_index = ({{(32-CHUNK_W){1'b0}}, chunk1_q} << LB_LOG) + {{(32-LB_LOG){1'b0}}, over_at};

    wire [LANES-1:0] in_group, in_chunk, above_chunks, nonzero;
    generate
        for (i = 0; i < LANES; i = i + 1) begin : g_lane
            localparam integer GROUP = i / B;
            localparam integer CHUNK = i / LB;
            localparam integer BYTE  = i % LB;
            wire [7:0] length = cols1_q ? x_length[8*BYTE +: 8] : data_q[8*BYTE +: 8];
            assign in_group[i]     = group_q == GROUP[GROUP_W-1:0];
            assign in_chunk[i]     = chunk_q == CHUNK[CHUNK_W-1:0];
            assign above_chunks[i] = CHUNK[23:0] >= h_chunks;
            assign nonzero[i]      = made_q || length != 8'd0;
            always @(posedge clk)
                if (t_we1_q[i]) begin
                    t_q_q[10*i +: 10]   <= made_q ? h_q : {5'd0, length[7:3]};
                    t_r_q[3*i +: 3]     <= made_q ? h_r : length[2:0];
                    t_word_q[8*i +: 8]  <= x_start[13*BYTE + 3 +: 8];
                    t_slot_q[3*i +: 3]  <= x_start[13*BYTE +: 3];
                end
        end
        for (i = 0; i < STORE_W; i = i + 1) begin : g_param
            // B == 1: a record takes two lines. Else a line brings B/2 records for B/2 of the STORE_W columns
            localparam integer PER   = (B == 1) ? 1 : B / 2;
            localparam integer TURN  = i / PER;
            wire [17:0] turn = (p_chan & SW1) / PER[17:0];
            localparam integer REC = i % PER;  // of the line's records
            wire        mine = turn == TURN[17:0] && {1'b0, rec_first} + REC[17:0] < {2'd0, c_recs};
            always @(posedge clk)
                if (rst) begin
                    p_we0_q[i] <= 1'b0;
                    p_we1_q[i] <= 1'b0;
                end else begin
                    p_we0_q[i] <= state_q == ST_PARAM && good && mine && (B > 1 || !rec_word_q[0]);
                    p_we1_q[i] <= state_q == ST_PARAM && good && mine && (B > 1 || rec_word_q[0]);
                end
        end
    endgenerate

    always @(posedge clk)
        if (rst) begin
            {w_we1_q, t_we1_q, t_check1_q, mask_we1_q} <= {4*LANES{1'b0}};
            {w_we_q, t_we_q, t_check_q, mask_we_q}     <= {4*LANES{1'b0}};
            t_start_q <= 1'b0;
            table1_q  <= 1'b0;
            cols_go_q <= 1'b0;
            cb_we_q   <= 1'b0;
            f_valid_q <= 1'b0;
        end else begin
            w_we1_q    <= {LANES{words_line}} & (in_group | {LANES{in_cols}}) & lane_used;
            t_check1_q <= ({LANES{state_q == ST_WORDS && !h_nm && ((good && g_last) || g_empty)}} & in_group)
                        | {LANES{state_q == ST_DONE && (kind == 4'd4 || h_nm) && step_q == 3'd0}};
            t_start_q  <= state_q == ST_CHECK || state_q == ST_INDEX;
            t_we1_q    <= ({LANES{table_line}} & in_chunk & lane_used) | ({LANES{make_q}} & lane_used);
            mask_we1_q <= ({LANES{table_line}} & (in_chunk | ({LANES{chunk_q == {CHUNK_W{1'b0}}}} & above_chunks)))
                        | {LANES{make_q || empty}};
            {w_we_q, t_we_q, t_check_q, mask_we_q} <= {w_we1_q, t_we1_q, t_check1_q, mask_we1_q};
            table1_q   <= table_line;
            cols_go_q  <= state_q == ST_INDEX && step_q == 3'd6 && !stop;
            cb_we_q    <= state_q == ST_CODES && unpack_q != 8'd0 && step_q != 3'd0;
            f_valid_q  <= (state_q == ST_DENSE && good) || feat_put;
        end
    always @(posedge clk) begin
        w_addr1_q   <= w_at[WEIGHT_AW-1:0];
        w_index1_q  <= word_q[7:0];
        data_q      <= line_data;
        made_q      <= make_q;
        cols1_q     <= in_cols;
        chunk1_q    <= chunk_q;
        words1_q    <= cq_words;
        late_addr_q <= line_addr;
        t_col1_q    <= t_at[COL_AW-1:0];
        t_limit1_q  <= {1'b0, c_word} + {1'b0, g_words};
        w_addr_q    <= w_addr1_q;
        w_index_q   <= w_index1_q;
        if (|w_we1_q) data2_q <= data_q;
        t_col_q     <= t_col1_q;
        t_limit_q   <= t_limit1_q;
        mask_bits_q <= t_we1_q & nonzero;
        cb_addr_q   <= {cmd_q[`LAC_F_LOAD_CODEBOOK_COPY], entry_q[3:0]};
        cb_data_q   <= part16;
        f_addr_q    <= fat_q;
        f_data_q    <= state_q == ST_DENSE ? line_data : fbuf_q;
        f_flags_q   <= state_q == ST_DENSE ? dense_flags : fbits_q;
        f_last_q    <= fline_last && point_last;
        p_addr_q    <= p_chan[SW_LOG +: PARAM_AW];
    end

    wire unused_ok = &{1'b0, x_start, x_length, unused_over, unused_cols, cmd_q, c_feat, w_at, t_at, unused_rest, n_addr, p_chan, head_q};

    assign w_we      = w_we_q;
    assign w_addr    = w_addr_q;
    assign w_index   = w_index_q;
    assign w_data    = data2_q;
    assign t_columns = kind == 4'd4;
    assign t_word    = t_word_q;
    assign t_slot    = t_slot_q;
    assign t_start   = t_start_q;
    assign t_base    = c_word;
    assign t_wide    = h_format == 2'd1;
    assign t_we      = t_we_q;
    assign t_q       = t_q_q;
    assign t_r       = t_r_q;
    assign t_col     = t_col_q;
    assign t_check   = t_check_q;
    assign t_limit   = t_limit_q;
    assign mask_we   = mask_we_q;
    assign mask_bits = mask_bits_q;
    assign cb_we     = cb_we_q;
    assign cb_addr   = cb_addr_q;
    assign cb_data   = cb_data_q;
    assign f_valid   = f_valid_q;
    assign f_addr    = f_addr_q;
    assign f_data    = f_data_q;
    assign f_flags   = f_flags_q;
    assign f_last    = f_last_q;
    assign p_we0     = p_we0_q;
    assign p_we1     = p_we1_q;
    assign p_addr    = p_addr_q;
    assign p_data    = data_q;

endmodule
`default_nettype wire
