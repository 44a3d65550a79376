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
//   Handshake  cmd: valid/ready, then `done` (with `fail` and the record) once everything is in the RAMs
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
    parameter integer FEAT_AW      = 10,
    parameter integer PARAM_AW     = 7     // [bits] of a parameter row (STORE_W channels)
) (
    input  wire                 clk,
    input  wire                 rst,

    input  wire                 cmd_valid,
    output wire                 cmd_ready,
    input  wire [255:0]         cmd,         // words 0 .. 7
    output wire                 done,
    output wire                 fail,
    output wire [7:0]           fail_code,
    output wire [ADDR_W-1:0]    fail_addr,
    output wire [31:0]          fail_index,

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
    output wire [LINE_W-1:0]    w_data,
    // column tables
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

    localparam [3:0] ST_IDLE  = 4'd0,  ST_HEAD  = 4'd1,  ST_CHECK = 4'd2,  ST_LIST  = 4'd3,  ST_SUM  = 4'd4,
                     ST_TABLE = 4'd5,  ST_MAKE  = 4'd6,  ST_WORDS = 4'd7,  ST_CODES = 4'd8,  ST_DENSE = 4'd9,
                     ST_LHEAD = 4'd10, ST_LREAD = 4'd11, ST_LFILL = 4'd12, ST_PARAM = 4'd13, ST_DRAIN = 4'd14,
                     ST_DONE  = 4'd15;

    // ---- The command ------------------------------------------------------------------------------------------------
    reg  [255:0]       cmd_q;
    wire [3:0]         kind    = cmd_q[`LAC_F_ANY_KIND];
    wire [63:0]        addr64  = {cmd_q[`LAC_F_LOAD_WEIGHTS_ADDR_HI], cmd_q[`LAC_F_LOAD_WEIGHTS_ADDR_LO]};
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
    wire [23:0]        c_bytes = c_wide ? {7'd0, c_chan, 1'b0} : {8'd0, c_chan};
    wire [23:0]        c_row   = (c_bytes + LB1) >> LB_LOG;             // [lines] of a point
    wire               c_dense_whole = c_pitch == c_row << LB_LOG;      // points follow each other: one request
    wire [39:0]        c_all   = c_points * c_row;                      // [lines]

    reg  [3:0]         state_q;
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

    // ---- Column table ------------------------------------------------------------------------------------------------------------
    reg  [15:0]        col_q;         // column of the block
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
            assign rest_bad[i] = line_data[8*i +: 3] >= per && lane < h_lanes;
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
    wire               fline_last = fline_q + 24'd1 == c_row;
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
            ST_HEAD, ST_DENSE, ST_DRAIN:
                take = left_q != 40'd0;
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
                take = unpack_q == 8'd0 && left_q != 40'd0;
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
                take      = 1'b1;
                flt       = rec_any && line_valid;
                flt_code  = `LAC_ERR_PARAM;
                flt_addr  = line_addr;
                flt_index = {14'd0, rec_index};
            end
            default: ;       // idle, making a table, done: no lines
        endcase
    end
    wire               stop = bad_line || flt;

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

    assign cmd_ready  = state_q == ST_IDLE;
    assign req_valid  = req_q;
    assign req_addr   = req_addr_q;
    assign req_lines  = req_lines_q;
    // The last write is in its RAM two cycles behind the last line, and an engine that waited for it reads later still;
    // a weight block first hears whether some lane's slices were too long.
    assign done       = state_q == ST_DONE && step_q == (kind == 4'd0 ? 3'd5 : 3'd0);
    assign fail       = err_q;
    assign fail_code  = err_code_q;
    assign fail_addr  = err_addr_q;
    assign fail_index = err_index_q;

    wire [3:0]         n_kind  = cmd[`LAC_F_ANY_KIND];

    always @(posedge clk)
        if (rst) begin
            state_q <= ST_IDLE;
            req_q   <= 1'b0;
            err_q   <= 1'b0;
        end else begin
            if (req_valid && req_ready) req_q <= 1'b0;
            if (line) left_q <= left_q - 40'd1;

            case (state_q)
                ST_IDLE: if (cmd_valid) begin
                    cmd_q   <= cmd;
                    err_q   <= 1'b0;
                    step_q  <= 3'd0;
                    left_q  <= 40'd0;
                    point_q <= 16'd0;
                    fline_q <= 24'd0;
                    state_q <= n_kind == 4'd0 ? ST_HEAD : n_kind == 4'd1 ? ST_CODES : n_kind == 4'd2 ? ST_DENSE : ST_PARAM;
                end

                ST_HEAD: if (step_q == 3'd0) begin       // ask for the whole block
                    req_q       <= 1'b1;
                    req_addr_q  <= addr64[ADDR_W-1:0];
                    req_lines_q <= c_lines;
                    left_q      <= {16'd0, c_lines};
                    block_q     <= addr64[ADDR_W-1:0];
                    step_q      <= 3'd1;
                end else if (line) begin
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
                            state_q      <= h_nm ? ST_MAKE : ST_LIST;
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

                ST_MAKE: begin
                    col_q <= col_q + 16'd1;
                    if (col_last) state_q <= ST_WORDS;
                end

                ST_WORDS: if (line || g_empty) begin
                    word_q <= word_q + 16'd1;
                    if (g_last || g_empty) begin
                        word_q  <= 16'd0;
                        group_q <= group_q + 1'b1;
                        if (g_end) state_q <= ST_DONE;
                    end
                end

                ST_CODES: if (step_q == 3'd0) begin
                    req_q       <= 1'b1;
                    req_addr_q  <= addr64[ADDR_W-1:0];
                    req_lines_q <= (24'd32 + LB1) >> LB_LOG;
                    left_q      <= (40'd32 + {16'd0, LB1}) >> LB_LOG;
                    entry_q     <= 32'd0;
                    unpack_q    <= 8'd0;
                    step_q      <= 3'd1;
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

                ST_DENSE: if (step_q == 3'd0) begin      // first request; all kinds of features begin here
                    block_q     <= addr64[ADDR_W-1:0];
                    fat_q       <= c_feat[FEAT_AW-1:0];
                    req_q       <= 1'b1;
                    req_addr_q  <= addr64[ADDR_W-1:0];
                    req_lines_q <= c_list ? 24'd1 : c_dense_whole ? c_all[23:0] : c_row;
                    left_q      <= c_list ? 40'd1 : c_all;
                    step_q      <= c_list ? 3'd0 : 3'd1;
                    word_q      <= 16'd1;                // points asked for
                    if (c_list) state_q <= ST_LHEAD;
                end else begin
                    if (!c_dense_whole && word_q != c_points && (!req_q || req_ready)) begin
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
                    req_q       <= 1'b1;
                    req_addr_q  <= addr64[ADDR_W-1:0];
                    req_lines_q <= ({4'd0, c_recs, 4'd0} + LB1) >> LB_LOG;
                    left_q      <= {16'd0, ({4'd0, c_recs, 4'd0} + LB1) >> LB_LOG};
                    rec_word_q  <= 18'd0;
                    step_q      <= 3'd1;
                end else if (line) begin
                    rec_word_q <= rec_word_q + B[17:0];
                    if (last_line) begin
                        step_q  <= 3'd0;
                        state_q <= ST_DONE;
                    end
                end

                ST_DRAIN: if (!req_q && (left_q == 40'd0 || (line && last_line))) begin
                    step_q  <= 3'd0;
                    state_q <= ST_DONE;
                end

                default: begin                           // ST_DONE: writes settle, lanes compare, then tell
                    step_q <= step_q + 3'd1;
                    if (step_q == 3'd3) short_q <= (kind == 4'd0 && !err_q) ? t_short & lane_used : {LANES{1'b0}};
                    if (step_q == 3'd4 && |short_q) begin
                        err_q       <= 1'b1;
                        err_code_q  <= `LAC_ERR_BLOCK_TABLE;
                        err_addr_q  <= block_q;
                        err_index_q <= short_lane;
                    end
                    if (done) state_q <= ST_IDLE;
                end
            endcase

            // The first fault: remember it, swallow the lines that were asked for.
            if (stop && state_q != ST_DRAIN) begin
                err_q       <= 1'b1;
                err_code_q  <= bad_line ? bus_code : flt_code;
                err_addr_q  <= bad_line ? line_fault_addr : flt_addr;
                err_index_q <= bad_line ? 32'd0 : flt_index;
                step_q      <= 3'd0;
                state_q     <= ST_DRAIN;
                // requests of points that have not been made will not be
                if (state_q == ST_DENSE && !c_dense_whole) begin
                    left_q <= {24'd0, word_q} * {16'd0, c_row} - ({24'd0, point_q} * {16'd0, c_row} + {16'd0, fline_q} + 40'd1);
                    if (!req_q || req_ready) req_q <= 1'b0;
                end
            end
        end

    // ---- Registered write ports -----------------------------------------------------------------------------------------------------------
    reg  [LANES-1:0]     w_we_q, t_we_q, t_check_q, mask_we_q, mask_bits_q;
    reg  [WEIGHT_AW-1:0] w_addr_q;
    reg  [LINE_W-1:0]    data_q;
    reg                  t_start_q, made_q;
    reg  [COL_AW-1:0]    t_col_q;
    reg  [16:0]          t_limit_q;
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
    wire [31:0]          t_at    = {16'd0, c_col} + {16'd0, col_q};
    wire                 good    = line && !stop;
    wire [17:0]          p_chan  = {2'd0, c_param} + {1'b0, rec_first};

    wire [LANES-1:0]     in_group, in_chunk, above_chunks, nonzero;
    generate
        for (i = 0; i < LANES; i = i + 1) begin : g_lane
            localparam integer GROUP = i / B;
            localparam integer CHUNK = i / LB;
            assign in_group[i]     = group_q == GROUP[GROUP_W-1:0];
            assign in_chunk[i]     = chunk_q == CHUNK[CHUNK_W-1:0];
            assign above_chunks[i] = CHUNK[23:0] >= h_chunks;
            assign nonzero[i]      = line_data[8*(i % LB) +: 8] != 8'd0;
            assign t_q[10*i +: 10] = made_q ? h_q : {5'd0, data_q[8*(i % LB) + 3 +: 5]};
            assign t_r[3*i +: 3]   = made_q ? h_r : data_q[8*(i % LB) +: 3];
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
            w_we_q    <= {LANES{1'b0}};
            t_we_q    <= {LANES{1'b0}};
            t_check_q <= {LANES{1'b0}};
            mask_we_q <= {LANES{1'b0}};
            t_start_q <= 1'b0;
            cb_we_q   <= 1'b0;
            f_valid_q <= 1'b0;
        end else begin
            w_we_q    <= {LANES{state_q == ST_WORDS && good}} & in_group & lane_used;
            t_check_q <= {LANES{state_q == ST_WORDS && ((good && g_last) || g_empty)}} & in_group;
            t_start_q <= state_q == ST_CHECK;
            t_we_q    <= ({LANES{state_q == ST_TABLE && good}} & in_chunk & lane_used)
                       | ({LANES{state_q == ST_MAKE}} & lane_used);
            mask_we_q <= ({LANES{state_q == ST_TABLE && good}} & (in_chunk | ({LANES{chunk_q == {CHUNK_W{1'b0}}}} & above_chunks)))
                       | {LANES{state_q == ST_MAKE}};
            cb_we_q   <= state_q == ST_CODES && unpack_q != 8'd0 && step_q != 3'd0;
            f_valid_q <= (state_q == ST_DENSE && good) || feat_put;
        end
    always @(posedge clk) begin
        w_addr_q    <= w_at[WEIGHT_AW-1:0];
        data_q      <= line_data;
        made_q      <= state_q == ST_MAKE;
        t_col_q     <= t_at[COL_AW-1:0];
        t_limit_q   <= {1'b0, c_word} + {1'b0, g_words};
        mask_bits_q <= lane_used & (state_q == ST_MAKE ? {LANES{1'b1}} : nonzero & in_chunk);
        cb_addr_q   <= {cmd_q[`LAC_F_LOAD_CODEBOOK_COPY], entry_q[3:0]};
        cb_data_q   <= part16;
        f_addr_q    <= fat_q;
        f_data_q    <= state_q == ST_DENSE ? line_data : fbuf_q;
        f_flags_q   <= state_q == ST_DENSE ? dense_flags : fbits_q;
        f_last_q    <= fline_last && point_last;
        p_addr_q    <= p_chan[SW_LOG +: PARAM_AW];
    end

    wire unused_ok = &{1'b0, cmd_q, addr64, c_feat, w_at, t_at, unused_rest, c_all, p_chan, head_q};

    assign w_we      = w_we_q;
    assign w_addr    = w_addr_q;
    assign w_data    = data_q;
    assign t_start   = t_start_q;
    assign t_base    = c_word;
    assign t_wide    = h_format == 2'd1;
    assign t_we      = t_we_q;
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
