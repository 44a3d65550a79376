// SPDX-License-Identifier: Apache-2.0
//
// lac_check - is this command within its rules? (docs/formats.md, "Checks before a command starts")
//
//   Function   codes OPCODE to WINDOW, the lowest that applies; TOKEN is the dispatcher's
//   Timing     `start` with cmd and the windows held still; `ready` STEPS = 5 cycles later, held until the next start
//   Reset      none needed
`default_nettype none

module lac_check #(
    parameter integer LANES        = 8,
    parameter integer LINE_W       = 64,
    parameter integer ADDR_W       = 32,
    parameter integer STORE_W      = 4,
    parameter integer WEIGHT_DEPTH = 1024,
    parameter integer COL_DEPTH    = 512,
    parameter integer ACC_DEPTH    = 256,
    parameter integer FEAT_DEPTH   = 1024,
    parameter integer PARAM_DEPTH  = 512
) (
    input  wire         clk,
    input  wire         start,
    output wire         ready,
    input  wire [511:0] cmd,
    input  wire [63:0]  rd_base,
    input  wire [63:0]  rd_limit,
    input  wire [63:0]  wr_base,
    input  wire [63:0]  wr_limit,
    output wire [7:0]   code,      // 0: good
    output wire [31:0]  index,
    output wire         at_data    // the record's address is the one the command asks for (WINDOW)
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
    localparam integer LB     = LINE_W / 8;
    localparam integer LB_LOG = clog2(LB);
    localparam integer LB1_I  = LB - 1;
    localparam [23:0]  LB1    = LB1_I[23:0];
    localparam integer SW1_I  = STORE_W - 1;
    localparam [15:0]  SW1    = SW1_I[15:0];

    // ---- Which command ------------------------------------------------------------------------------------------
    wire is_lw = cmd[7:0] == `LAC_OP_LOAD_WEIGHTS;
    wire is_lc = cmd[7:0] == `LAC_OP_LOAD_CODEBOOK;
    wire is_lf = cmd[7:0] == `LAC_OP_LOAD_FEATURES;
    wire is_lp = cmd[7:0] == `LAC_OP_LOAD_PARAMS;
    wire is_lx = cmd[7:0] == `LAC_OP_LOAD_COLUMNS;
    wire is_ex = cmd[7:0] == `LAC_OP_EXEC;
    wire is_st = cmd[7:0] == `LAC_OP_STORE;
    wire known = is_lw || is_lc || is_lf || is_lp || is_lx || is_ex || is_st;

    wire [2:0]   own      = is_ex ? 3'b010 : is_st ? 3'b100 : 3'b001;
    wire         self     = |(own & (cmd[`LAC_F_ANY_WAIT] | cmd[`LAC_F_ANY_SIGNAL]));
    wire [511:0] reserved = cmd & (is_lw ? `LAC_RESERVED_LOAD_WEIGHTS : is_lc ? `LAC_RESERVED_LOAD_CODEBOOK
                                 : is_lf ? `LAC_RESERVED_LOAD_FEATURES : is_lp ? `LAC_RESERVED_LOAD_PARAMS
                                 : is_lx ? `LAC_RESERVED_LOAD_COLUMNS
                                 : is_ex ? `LAC_RESERVED_EXEC : `LAC_RESERVED_STORE);
    wire [15:0]  words;
    genvar i;
    generate
        for (i = 0; i < 16; i = i + 1) begin : g_word
            assign words[i] = |reserved[32*i +: 32];
        end
    endgenerate
    wire         rsv_any;
    wire [3:0]   rsv_index;
    wire [15:0]  unused_rest;
    lac_ffs #(.W(16), .INDEX_W(4)) u_rsv (.in({words[15:1], words[0] || self}), .any(rsv_any), .index(rsv_index), .rest(unused_rest));

    // ---- Step 1: fields, sizes in bytes and lines ------------------------------------------------------------------
    wire [63:0]  addr   = {cmd[`LAC_F_STORE_ADDR_HI], cmd[`LAC_F_STORE_ADDR_LO]};       // all but EXEC
    wire [23:0]  lines  = cmd[`LAC_F_LOAD_WEIGHTS_LINES];                                // also LOAD_COLUMNS
    wire [15:0]  points = is_lx ? 16'd1 : is_ex ? cmd[`LAC_F_EXEC_POINTS] : cmd[`LAC_F_STORE_POINTS];    // also LOAD_FEATURES
    wire [15:0]  chans  = is_lp ? cmd[`LAC_F_LOAD_PARAMS_CHANNELS] : cmd[`LAC_F_STORE_CHANNELS];  // also LOAD_FEATURES
    wire [15:0]  cols   = is_lx ? cmd[`LAC_F_LOAD_COLUMNS_COLUMNS] : cmd[`LAC_F_EXEC_COLUMNS];
    wire         x_need = cmd[`LAC_F_LOAD_COLUMNS_NEEDED];
    wire         x_wide = cmd[`LAC_F_LOAD_COLUMNS_WIDE];
    wire [15:0]  rows   = is_ex ? cmd[`LAC_F_EXEC_ROWS] : cmd[`LAC_F_STORE_ROWS];
    wire [23:0]  pitch  = is_ex ? {8'd0, cmd[`LAC_F_EXEC_FEAT_PITCH]} : cmd[`LAC_F_STORE_PITCH];  // also LOAD_FEATURES
    wire [1:0]   type_  = is_lx ? {x_wide, 1'b0} : is_ex ? cmd[`LAC_F_EXEC_TYPE] : is_lf ? cmd[`LAC_F_LOAD_FEATURES_TYPE] : cmd[`LAC_F_STORE_TYPE];
    wire         list   = is_lf ? cmd[`LAC_F_LOAD_FEATURES_LIST] : cmd[`LAC_F_STORE_LIST];
    wire         nm     = is_ex && cmd[`LAC_F_EXEC_FORMAT] == 2'd2;
    wire [2:0]   n      = cmd[`LAC_F_EXEC_N];
    wire [17:0]  elems  = nm ? {cols, 2'b00} : (is_ex || is_lx) ? {2'b00, cols} : {2'b00, chans};
    wire [23:0]  bytes  = is_lp ? {4'd0, chans, 4'd0} : type_ == 2'd3 ? {3'd0, elems, 3'd0}
                        : type_ == 2'd2 ? {5'd0, elems, 1'b0} : {6'd0, elems};
    wire [23:0]  row    = (bytes + LB1) >> LB_LOG;                            // [lines]
    wire [23:0]  lrow   = ({6'd0, chans, 2'b00} + LB1) >> LB_LOG;             // [lines] of a list's entries

    // int16 fields against the type
    function in_type(input [1:0] t, input [15:0] v);
        in_type = t == 2'd0 ? v[15:7] == {9{v[7]}} : t == 2'd1 ? v[15:8] == 8'd0 : t == 2'd2 ? 1'b1 : v == 16'd0;
    endfunction
    wire [15:0]  zero = is_ex ? cmd[`LAC_F_EXEC_ZERO] : is_lf ? cmd[`LAC_F_LOAD_FEATURES_ZERO] : cmd[`LAC_F_STORE_ZERO];
    wire [15:0]  lo   = cmd[`LAC_F_STORE_CLAMP_LO];
    wire [15:0]  hi   = cmd[`LAC_F_STORE_CLAMP_HI];
    wire         many = points != 16'd0 && points != 16'd1;

    reg  [2:0]   step_q;
    reg  [23:0]  row_q;
    reg  [39:0]  row_bytes_q;    // one row (LOAD_FEATURES, STORE), or the whole transfer
    reg  [33:0]  prod1_q;        // POINTS * ROWS, or POINTS * lines
    reg  [39:0]  prod2_q;        // (POINTS - 1) * PITCH
    reg  [23:0]  cover_q;        // ROWS * LANES
    reg          length_q, align_q, bounds_q, window_q;
    reg  [64:0]  end_q;          // one behind the last byte
    reg  [40:0]  sum1_q, sum2_q;

    wire [17:0]  by     = (is_lf || is_lx) ? row_q[17:0] : {2'b00, rows};
    wire [15:0]  before = points - 16'd1;
    wire [40:0]  base1  = {25'd0, (is_lf || is_lx) ? cmd[`LAC_F_LOAD_FEATURES_FEAT_BASE] : is_ex ? cmd[`LAC_F_EXEC_ACC_BASE]
                                                                             : cmd[`LAC_F_STORE_ACC_BASE]};
    wire [16:0]  parms  = {1'b0, is_lp ? cmd[`LAC_F_LOAD_PARAMS_PARAM_BASE] : cmd[`LAC_F_STORE_PARAM_BASE]} + {1'b0, chans};
    wire [15:0]  w_col  = cmd[`LAC_F_LOAD_WEIGHTS_COL_BASE];     // also LOAD_COLUMNS, as WORD_BASE
    wire [16:0]  colend = {1'b0, is_lx ? w_col : cmd[`LAC_F_EXEC_COL_BASE]} + {1'b0, cols};
    wire [15:0]  pbase  = is_lp ? cmd[`LAC_F_LOAD_PARAMS_PARAM_BASE] : cmd[`LAC_F_STORE_PARAM_BASE];
    wire [15:0]  w_base = cmd[`LAC_F_LOAD_WEIGHTS_WORD_BASE];
    wire [15:0]  f_base = cmd[`LAC_F_LOAD_FEATURES_FEAT_BASE];
    localparam [64:0] TOP = 65'd1 << ADDR_W;
    wire [63:0]  base   = is_st ? wr_base : rd_base;
    wire [63:0]  limit  = is_st ? wr_limit : rd_limit;
    localparam [40:0] WD = {24'd0, WEIGHT_DEPTH[16:0]}, CD = {24'd0, COL_DEPTH[16:0]}, AD = {24'd0, ACC_DEPTH[16:0]},
                      FD = {24'd0, FEAT_DEPTH[16:0]},   PD = {24'd0, PARAM_DEPTH[16:0]};

    always @(posedge clk) begin
        step_q <= start ? 3'd1 : step_q == 3'd0 || step_q == 3'd6 ? step_q : step_q + 3'd1;

        // 1: sizes; everything that needs no arithmetic
        row_q       <= row;
        row_bytes_q <= (is_lw || is_lx) ? {16'd0, lines} << LB_LOG
                     : is_lc ? (40'd32 + {16'd0, LB1}) >> LB_LOG << LB_LOG
                     : (is_lf || is_st) && list ? ({16'd0, lrow} << LB_LOG) + 40'd64 : {16'd0, row} << LB_LOG;
        // 2: products
        prod1_q <= points * by;
        prod2_q <= before * pitch;
        cover_q <= rows * LANES[15:0];
        // 3: sums
        sum1_q  <= base1 + {7'd0, prod1_q};
        sum2_q  <= {25'd0, cmd[`LAC_F_EXEC_FEAT_BASE]} + {1'b0, prod2_q} + {17'd0, row_q};
        end_q   <= {1'b0, addr} + {25'd0, row_bytes_q} + ((is_lf || is_st) ? {25'd0, prod2_q} : 65'd0);
        // 4: verdicts
        length_q <= ((is_lw || is_lx) && lines == 24'd0)
                 || (is_lx && (cols == 16'd0 || cmd[`LAC_F_LOAD_COLUMNS_FORMAT] > 2'd1
                               || {1'b0, cmd[`LAC_F_LOAD_COLUMNS_LANES]} >= LANES[8:0] || (!x_need && (x_wide || f_base != 16'd0))))
                 || ((is_lf || is_lp || is_st) && chans == 16'd0)
                 || ((is_lf || is_ex || is_st) && points == 16'd0)
                 || (is_ex && (cols == 16'd0 || cmd[`LAC_F_EXEC_FORMAT] == 2'd3
                               || (nm ? n == 3'd0 || n > 3'd4 : n != 3'd0)))
                 || ((is_ex || is_st) && rows == 16'd0)
                 || ((is_lf || is_ex) && type_ == 2'd3)
                 || ((is_lf || is_ex || is_st) && !in_type(type_, zero))
                 || (is_st && (!in_type(type_, lo) || !in_type(type_, hi) || $signed(lo) > $signed(hi)
                               || (list && type_ == 2'd3)
                               || {8'd0, chans} > cover_q || {8'd0, chans} + LANES[23:0] <= cover_q
                               || (many && {16'd0, pitch} < row_bytes_q)));
        align_q  <= (!is_ex && addr[5:0] != 6'd0)
                 || ((is_lf || is_st) && pitch[5:0] != 6'd0)
                 || (is_lf && f_base[4:0] != 5'd0)
                 || ((is_lp || is_st) && (pbase & SW1) != 16'd0);
        bounds_q <= ((is_lw || is_lx) && {25'd0, w_base} >= WD)
                 || (is_lw && {25'd0, w_col} >= CD)
                 || ((is_lf || (is_lx && x_need)) && sum1_q > FD)
                 || ((is_lp || is_st) && {24'd0, parms} > PD)
                 || ((is_ex || is_lx) && {24'd0, colend} > CD)
                 || (is_ex && sum2_q > FD)
                 || ((is_ex || is_st) && sum1_q > AD);
        window_q <= !is_ex && (addr < base || end_q > {1'b0, limit} || end_q > TOP);
    end

    assign ready   = step_q == 3'd6;
    assign code    = !known   ? `LAC_ERR_OPCODE
                   : rsv_any  ? `LAC_ERR_RESERVED
                   : length_q ? `LAC_ERR_LENGTH
                   : align_q  ? `LAC_ERR_ALIGN
                   : bounds_q ? `LAC_ERR_BOUNDS
                   : window_q ? `LAC_ERR_WINDOW : `LAC_ERR_NONE;
    assign index   = !known ? cmd[31:0] : rsv_any ? {28'd0, rsv_index} : 32'd0;
    assign at_data = known && !rsv_any && !length_q && !align_q && !bounds_q && window_q;

    wire unused_ok = &{1'b0, row_q, unused_rest, cmd, f_base};

endmodule
`default_nettype wire
