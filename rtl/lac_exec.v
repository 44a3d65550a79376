// SPDX-License-Identifier: Apache-2.0
//
// lac_exec - EXEC: features in, items out to all lanes
//
//   command --> lac_rules --+
//      +-------> lac_scan <-+--> L: one line, its flags --> E0 index --> E1 four elements --> E2 minus zero point --> item
//                                                           |                                                          ^
//                                                           +--> column --> lane mask RAM -----------------------------+
//
//   Function   one item for each non-zero element (N:4: for each group of four that is not all zero), to the lanes that
//              have a slice for its column; behind a job's last item an end mark to all lanes
//   Timing     one item a cycle while no lane is almost full. Two jobs may be in flight: the next one's items follow
//              the previous one's end mark at once. `done` comes when every lane has passed the mark
//   Errors     at a job's end, lac_rules'; else of the lowest lane that recorded one for it
//   Reset      control only; the masks are cleared by the sweep
`default_nettype none

module lac_exec #(
    parameter integer LANES     = 8,
    parameter integer LINE_W    = 64,
    parameter integer FEAT_AW   = 10,
    parameter integer SUM_AW    = 5,
    parameter integer COL_DEPTH = 512,
    parameter integer COL_AW    = 9,
    parameter integer ACC_AW    = 8,
    parameter integer WINDOWS   = 1,  // 0: no points of several pixels
    parameter integer RULES     = 0,  // 1: EXEC_RULES, a client of the read master; needs WINDOWS
    parameter integer CACHE_AW  = 10, // of it: lines of the feature RAM that are cache, as a power of two
    parameter integer ADDR_W    = 32
) (
    input  wire                clk,
    input  wire                load_clk,    // of writing the lane masks: at any time
    input  wire                rst,

    input  wire                cmd_valid,
    output wire                cmd_ready,
    input  wire [415:0]        cmd,         // words 0 .. 12 of the command
    output wire                done,        // the oldest job has ended
    output wire                fail,        // ... with an error
    output wire [7:0]          fail_code,
    output wire [47:0]         fail_addr,
    output wire [31:0]         fail_index,

    output wire                sum_re,
    output wire                sum_qe,
    output wire [SUM_AW-1:0]   sum_addr,
    input  wire [31:0]         sum_q,
    output wire                line_re,
    output wire                line_qe,
    output wire [FEAT_AW-1:0]  line_addr,
    input  wire [LINE_W-1:0]   line_data,
    input  wire [LINE_W/8-1:0] line_flags,

    // RULES: lines of memory, to lac_rules and the feature RAM
    input  wire [63:0]         rd_base,
    input  wire [63:0]         rd_limit,
    output wire                req_valid,
    input  wire                req_ready,
    output wire [ADDR_W-1:0]   req_addr,
    output wire [23:0]         req_lines,
    input  wire                mem_valid,
    output wire                mem_ready,
    input  wire [LINE_W-1:0]   mem_data,
    input  wire [ADDR_W-1:0]   mem_addr,
    input  wire [2:0]          mem_fault,
    input  wire [ADDR_W-1:0]   mem_fault_addr,
    output wire                w_valid,
    input  wire                w_busy,
    output wire [FEAT_AW-1:0]  w_addr,
    output wire [LINE_W-1:0]   w_data,
    output wire [LINE_W/8-1:0] w_flags,
    output wire                count_sought,
    output wire                count_fetched,

    // lane masks: LOAD writes groups of LINE_W/8 lanes; `clear_above` also clears the groups above the first
    input  wire [LANES-1:0]    mask_we,     // lanes whose bit is written
    input  wire [COL_AW-1:0]   mask_col,
    input  wire [LANES-1:0]    mask_bits,

    // to the lanes
    output wire [3:0]          cfg_format,
    output wire [5:0]          cfg_n,
    output wire [1:0]          cfg_long,    // format 3: row and weight of an entry are one weight of 16 bits
    output wire [2*ACC_AW+1:0] cfg_rows,
    output wire [1:0]          cfg_bank,
    output wire [1:0]          cfg_copy,
    output wire [LANES-1:0]    item_valid,
    output wire [67:0]         item_a,
    output wire [COL_AW-1:0]   item_col,
    output wire [ACC_AW-1:0]   item_base,   // accumulator of the point's row 0, plus the job's rows (lanes count rows from there)
    output wire                item_job,
    output wire                item_end,
    input  wire [LANES-1:0]    lane_full,
    input  wire [2*LANES-1:0]  lane_done,   // {job 1, job 0} of each lane
    input  wire [LANES-1:0]    lane_err,
    input  wire [LANES-1:0]    lane_err_job,
    input  wire [LANES-1:0]    lane_err_ovf,
    input  wire [LANES*ACC_AW-1:0] lane_err_addr, // overflow: the accumulator; row: item_base

    output wire                count_item,
    output wire                count_stall,
    output wire                busy,        // has a job
    output wire [2:0]          cause,       // of this cycle
    output wire [2:0]          lane_cause,  // of a lane that has nothing to do in it
    input  wire                waits        // a command waits for its tokens
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
    localparam integer LB     = LINE_W / 8;
    localparam integer LB_LOG = clog2(LB);
    localparam integer LANE_W = clog2(LANES);
    localparam integer ROUND  = LB - 1;

    // ---- Two jobs ---------------------------------------------------------------------------------------------
    reg  [1:0]        busy_q;       // job slot in use
    reg               next_q;       // slot of the next command
    reg               oldest_q;     // slot of the oldest job
    reg  [1:0]        format_q [0:1];
    reg  [2:0]        n_q      [0:1];
    reg  [ACC_AW:0]   rows_q   [0:1];
    reg               bank_q   [0:1];
    reg               copy_q   [0:1];
    reg  [1:0]        type_q   [0:1];
    reg  [15:0]       zero_q   [0:1];
    reg  [15:0]       cbase_q  [0:1];
    reg  [FEAT_AW-1:0] last_q  [0:1];
    reg  [5:0]        place_q  [0:1];
    reg  [1:0]        windows_q, long_q, rules_q;

    wire              scan_ready, rules_ready;
    wire              c_rules = RULES != 0 && cmd[`LAC_F_ANY_KIND] != 4'd0;
    wire              take   = cmd_valid && cmd_ready;
    wire              open   = rules_ready && !busy_q[next_q];
    wire [1:0]        c_format = cmd[`LAC_F_EXEC_FORMAT];
    wire              c_nm   = c_format[1];    // items of four elements
    wire              c_wide = cmd[`LAC_F_EXEC_TYPE] == 2'd2;
    wire [15:0]       c_cols = cmd[`LAC_F_EXEC_COLUMNS];
    wire [15:0]       c_rows = cmd[`LAC_F_EXEC_ROWS];
    wire              c_long = WINDOWS != 0 && c_format == 2'd3 && cmd[`LAC_F_EXEC_N] != 3'd0;
    wire [15:0]       c_reach = c_long ? 16'd256 : c_rows;  // a lane's entries have rows below
    wire [15:0]       c_line = cmd[`LAC_F_EXEC_FEAT_BASE];
    wire [15:0]       c_acc  = cmd[`LAC_F_EXEC_ACC_BASE];
    wire [15:0]       c_width = cmd[`LAC_F_EXEC_WIDTH];
    wire              c_windows = c_width != 16'd0;
    wire [15:0]       c_apart = cmd[`LAC_F_EXEC_APART];
    // a point's last element: in its line number c_last, at place c_place
    wire [15:0]       c_more  = c_cols - 16'd1;
    wire [17:0]       c_most  = c_nm ? {c_more, 2'b11} : {2'b00, c_more};
    wire [17:0]       c_last  = c_wide ? c_most >> (LB_LOG - 1) : c_most >> LB_LOG;
    wire [5:0]        c_place = c_most[5:0] & (ROUND[5:0] >> c_wide);
    assign cmd_ready = open && (c_rules || scan_ready);  // rules wait for their turn in lac_scan

    always @(posedge clk)
        if (!busy_q[next_q]) begin       // whether there is a command is known late; until there is one nobody asks
            format_q[next_q] <= c_format;
            n_q[next_q]      <= cmd[`LAC_F_EXEC_N];
            rows_q[next_q]   <= c_reach[ACC_AW:0];
            bank_q[next_q]   <= cmd[`LAC_F_EXEC_BANK];
            copy_q[next_q]   <= cmd[`LAC_F_EXEC_COPY];
            type_q[next_q]   <= cmd[`LAC_F_EXEC_TYPE];
            zero_q[next_q]   <= cmd[`LAC_F_EXEC_ZERO];
            cbase_q[next_q]  <= cmd[`LAC_F_EXEC_COL_BASE];
            last_q[next_q]   <= c_last[FEAT_AW-1:0];
            place_q[next_q]  <= c_place;
            windows_q[next_q] <= WINDOWS != 0 && c_windows;   // of rules: CHANNELS
            rules_q[next_q]   <= c_rules;
            long_q[next_q]   <= c_long;
        end

    assign cfg_format = {format_q[1], format_q[0]};
    assign cfg_n      = {n_q[1], n_q[0]};
    assign cfg_long   = long_q;
    assign cfg_rows   = {rows_q[1], rows_q[0]};
    assign cfg_bank   = {bank_q[1], bank_q[0]};
    assign cfg_copy   = {copy_q[1], copy_q[0]};

    // ---- The skipper -----------------------------------------------------------------------------------------------
    wire              l_valid, l_ready, l_job, l_nm, l_end;
    wire [LINE_W-1:0] l_data;
    wire [LB-1:0]     l_flags;
    wire [FEAT_AW:0]  l_offset;
    wire [ACC_AW-1:0] l_base;
    wire [COL_AW-1:0] l_col;
    wire [ACC_AW-1:0] c_base = c_acc[ACC_AW-1:0] + c_reach[ACC_AW-1:0];

    // ---- Rules ---------------------------------------------------------------------------------------------------------
    wire              rule_valid, rule_ready, rule_job, rule_end, rule_read, rule_err, rule_err_job, rule_hold;
    wire [FEAT_AW-1:0] rule_line;
    wire [5:0]        rule_lo, rule_hi;
    wire [COL_AW-1:0] rule_col;
    wire [ACC_AW-1:0] rule_base;
    wire [7:0]        rule_err_code;
    wire [47:0]       rule_err_addr;
    wire [31:0]       rule_err_index;
    generate
        if (RULES != 0) begin : g_rules
            lac_rules #(
                .LINE_W(LINE_W), .ADDR_W(ADDR_W), .FEAT_AW(FEAT_AW), .CACHE_AW(CACHE_AW), .COL_AW(COL_AW), .ACC_AW(ACC_AW)
            ) u_rules (
                .clk(clk), .rst(rst), .rd_base(rd_base), .rd_limit(rd_limit),
                .go(cmd_valid && c_rules && open), .ready(rules_ready), .cmd(cmd), .job(next_q), .base(c_base),
                .cfg_zero({zero_q[1], zero_q[0]}), .cfg_wide({type_q[1][1], type_q[0][1]}),
                .req_valid(req_valid), .req_ready(req_ready), .req_addr(req_addr), .req_lines(req_lines),
                .line_valid(mem_valid), .line_ready(mem_ready), .line_data(mem_data), .line_addr(mem_addr), .line_fault(mem_fault),
                .line_fault_addr(mem_fault_addr),
                .w_valid(w_valid), .w_busy(w_busy), .w_addr(w_addr), .w_data(w_data), .w_flags(w_flags),
                .out_valid(rule_valid), .out_ready(rule_ready), .out_job(rule_job), .out_end(rule_end), .out_line(rule_line), .out_lo(rule_lo),
                .out_hi(rule_hi), .out_col(rule_col), .out_base(rule_base), .read(rule_read), .hold(rule_hold),
                .err_valid(rule_err), .err_job(rule_err_job), .err_code(rule_err_code), .err_addr(rule_err_addr), .err_index(rule_err_index),
                .sought(count_sought), .fetched(count_fetched)
            );
        end else begin : g_no_rules
            assign {rules_ready, rule_valid, rule_job, rule_end, rule_lo, rule_hi, rule_err, rule_err_job, count_sought, count_fetched} = 20'h80000;
            assign {rule_err_code, rule_err_addr, rule_err_index} = 88'd0;
            assign {rule_line, rule_col, rule_base} = {(FEAT_AW+COL_AW+ACC_AW){1'b0}};
            assign {req_valid, req_addr, req_lines, mem_ready} = {(ADDR_W+26){1'b0}};
            assign {w_valid, w_addr, w_data, w_flags} = {(1+FEAT_AW+LINE_W+LINE_W/8){1'b0}};
            wire unused_rules = &{1'b0, rd_base, rd_limit, req_ready, mem_valid, mem_data, mem_addr, mem_fault, mem_fault_addr, w_busy, rule_ready, rule_read, rule_hold};
        end
    endgenerate

    lac_scan #(.LINE_W(LINE_W), .AW(FEAT_AW), .SUM_AW(SUM_AW), .COL_AW(COL_AW), .ACC_AW(ACC_AW), .WINDOWS(WINDOWS), .RULES(RULES)) u_scan (
        .clk(clk), .rst(rst),
        .job_valid(cmd_valid && !c_rules && open), .job_ready(scan_ready), .job_id(next_q), .job_line(c_line[FEAT_AW-1:0]),
        .job_pitch(cmd[`LAC_F_EXEC_FEAT_PITCH]), .job_points(cmd[`LAC_F_EXEC_POINTS]), .job_last(c_last[FEAT_AW-1:0]),
        .job_base(c_base), .job_rows(WINDOWS != 0 && c_apart != 16'd0 ? c_apart : c_rows),
        .job_windows(c_windows), .job_first(cmd[`LAC_F_EXEC_FIRST]), .job_step(cmd[`LAC_F_EXEC_STEP]), .job_width(c_width),
        .job_pixels(cmd[`LAC_F_EXEC_PIXELS]), .job_more(c_most), .job_wide(c_wide), .job_nm(c_nm), .cfg_windows(windows_q),
        .cfg_last({last_q[1], last_q[0]}), .cfg_place({place_q[1], place_q[0]}), .cfg_nm({format_q[1][1], format_q[0][1]}),
        .cfg_rules(rules_q), .rule_valid(rule_valid), .rule_ready(rule_ready), .rule_job(rule_job), .rule_end(rule_end), .rule_line(rule_line), .rule_lo(rule_lo),
        .rule_hi(rule_hi), .rule_col(rule_col), .rule_base(rule_base), .rule_read(rule_read), .rule_hold(rule_hold),
        .sum_re(sum_re), .sum_qe(sum_qe), .sum_addr(sum_addr), .sum_q(sum_q),
        .line_re(line_re), .line_qe(line_qe), .line_addr(line_addr), .line_data(line_data), .line_flags(line_flags),
        .out_valid(l_valid), .out_ready(l_ready), .out_data(l_data), .out_flags(l_flags), .out_offset(l_offset), .out_col(l_col),
        .out_base(l_base), .out_job(l_job), .out_nm(l_nm), .out_end(l_end)
    );

    // ---- L: the line whose elements are being issued ------------------------------------------------------------------
    // pending: elements, or for N:4 groups (in the low quarter), still to be issued behind the one at hand
    reg               p_can_q, p_job_q, p_end_q;              // something is to be said: an item, or the end mark
    reg  [LINE_W-1:0] p_data_q;
    reg  [LB-1:0]     p_flags_q, pending_q;
    reg  [FEAT_AW:0]  p_offset_q;
    reg  [ACC_AW-1:0] p_base_q;
    reg  [COL_AW-1:0] p_col_q;      // column of the segment's place 0
    reg               p_any_q, p_single_q;                    // it is an element, not the end mark; it is the last, or there is none
    reg  [LB_LOG-1:0] p_index_q;
    reg               full_q;       // some lane is almost full
    wire              p_issue = p_can_q && !full_q;
    wire              p_load  = !p_can_q || (p_single_q && !full_q);
    assign l_ready = p_load;

    wire [LB-1:0]     groups;
    genvar i;
    generate
        for (i = 0; i < LB; i = i + 1) begin : g_group
            if (i < LB / 4) begin : g_in
                assign groups[i] = |l_flags[4*i +: 4];
            end else begin : g_out
                assign groups[i] = 1'b0;
            end
        end
    endgenerate

    // the next element, of this line or the next; and whether it is the last, known a cycle early: the readies of all stages before hang on it
    wire [LB-1:0]     next = !p_single_q ? pending_q : l_nm ? groups : l_flags;
    wire              some, two, unused_any, unused_three;
    wire [LB_LOG-1:0] index;
    wire [LB-1:0]     rest;
    lac_ffs #(.W(LB), .INDEX_W(LB_LOG)) u_item (.in(next), .any(unused_any), .index(index), .rest(rest));
    lac_few #(.W(LB)) u_few (.in(next), .one(some), .two(two), .three(unused_three));

    always @(posedge clk) begin
        if (rst)          {p_can_q, p_single_q} <= 2'b01;
        else if (p_load)  {p_can_q, p_single_q} <= {l_valid && (some || l_end), !l_valid || !two};
        else if (p_issue) p_single_q <= !two;
        if (rst) full_q <= 1'b0;
        else     full_q <= |lane_full;
    end
    always @(posedge clk)
        if (p_load) begin
            {p_job_q, p_end_q, p_offset_q, p_base_q, p_col_q} <= {l_job, l_end, l_offset, l_base, cbase_q[l_job][COL_AW-1:0] + l_col};
            p_data_q  <= l_data;
            p_flags_q <= l_flags;
        end
    always @(posedge clk) if (p_load || p_issue) {p_any_q, p_index_q, pending_q} <= {some, index, rest};

    // ---- E0 .. E3: element, zero point, column, mask ------------------------------------------------------------------------
    reg               e0_valid_q, e0_job_q, e0_end_q, e1_valid_q, e1_job_q, e1_end_q;
    reg               e2_valid_q, e2_job_q, e2_end_q, e3_valid_q, e3_job_q, e3_end_q;
    reg  [ACC_AW-1:0] e0_base_q, e1_base_q, e2_base_q, e3_base_q;
    reg  [LINE_W-1:0] e0_data_q;
    reg  [LB-1:0]     e0_flags_q;
    reg  [LB_LOG-1:0] e0_index_q;
    reg  [FEAT_AW:0]  e0_offset_q;
    reg  [COL_AW-1:0] e0_col_q;
    reg               e0_nm_q, e0_wide_q, e0_sign_q;   // of its job
    reg  [COL_AW-1:0] e1_col_q, e2_col_q, e3_col_q;
    reg  [63:0]       e1_x_q;       // four elements, sign- or zero-extended
    reg  [3:0]        e1_f_q;       // their flags
    reg  [1:0]        e1_pick_q;
    reg               e1_nm_q;
    reg  [67:0]       e2_a_q, e3_a_q;

    wire [LB_LOG-1:0] e0_group = e0_nm_q ? e0_index_q : e0_index_q >> 2;
    wire [31:0]       shift8   = e0_data_q[{e0_group[LB_LOG-3:0], 5'd0} +: 32];
    wire [63:0]       shift16;      // four elements of 16 bits; a line of 64 bits has no more
    generate
        if (LINE_W == 64) begin : g_whole
            assign shift16 = e0_data_q;
        end else begin : g_part
            assign shift16 = e0_data_q[{e0_group[LB_LOG-4:0], 6'd0} +: 64];
        end
    endgenerate
    wire [3:0]        shift_f  = e0_flags_q[{e0_group[LB_LOG-3:0], 2'd0} +: 4];
    // columns a line holds, as a shift: elements LB or LB/2, groups a quarter of that
    wire [31:0]       off      = {{(31-FEAT_AW){1'b0}}, e0_offset_q};
    wire [31:0]       off_cols = (off << LB_LOG) >> {e0_nm_q, e0_wide_q && !e0_nm_q} >> (e0_wide_q && e0_nm_q);
    wire [COL_AW-1:0] e0_from  = WINDOWS != 0 ? e0_col_q : cbase_q[e0_job_q][COL_AW-1:0];
    wire [31:0]       e0_col   = off_cols + {{(32-COL_AW){1'b0}}, e0_from} + {{(32-LB_LOG){1'b0}}, e0_index_q};
    wire [3:0]        neg      = {shift8[31], shift8[23], shift8[15], shift8[7]} & {4{e0_sign_q}};
    wire [63:0]       x8       = {{8{neg[3]}}, shift8[31:24], {8{neg[2]}}, shift8[23:16],
                                  {8{neg[1]}}, shift8[15:8],  {8{neg[0]}}, shift8[7:0]};

    // a = x - zero, 0 for an element that is not flagged
    wire [15:0]       e1_zero  = zero_q[e1_job_q];
    wire [67:0]       e1_a;
    generate
        for (i = 0; i < 4; i = i + 1) begin : g_sub
            wire [15:0] x = e1_x_q[16*i +: 16];
            assign e1_a[17*i +: 17] = e1_f_q[i] ? {x[15], x} - {e1_zero[15], e1_zero} : 17'd0;
        end
    endgenerate
    wire [16:0]       e1_one   = e1_pick_q[1] ? (e1_pick_q[0] ? e1_a[67:51] : e1_a[50:34])
                                              : (e1_pick_q[0] ? e1_a[33:17] : e1_a[16:0]);

    always @(posedge clk)
        if (rst) {e3_valid_q, e2_valid_q, e1_valid_q, e0_valid_q} <= 4'd0;
        else     {e3_valid_q, e2_valid_q, e1_valid_q, e0_valid_q} <= {e2_valid_q, e1_valid_q, e0_valid_q, p_issue};
    always @(posedge clk) begin
        {e0_job_q, e0_end_q, e0_base_q} <= {p_job_q, p_end_q, p_base_q};
        e0_nm_q   <= format_q[p_job_q][1];
        e0_wide_q <= type_q[p_job_q] == 2'd2;
        e0_sign_q <= type_q[p_job_q] == 2'd0;
        e1_nm_q   <= e0_nm_q;
        {e0_data_q, e0_flags_q, e0_index_q, e0_offset_q, e0_col_q} <= {p_data_q, p_flags_q, p_index_q, p_offset_q, p_col_q};
        {e1_job_q, e1_end_q, e1_base_q} <= {e0_job_q, e0_end_q, e0_base_q};
        e1_x_q    <= e0_wide_q ? shift16 : x8;
        e1_f_q    <= shift_f;
        e1_pick_q <= e0_index_q[1:0];
        e1_col_q  <= e0_col[COL_AW-1:0];
        {e2_job_q, e2_end_q, e2_base_q, e2_col_q} <= {e1_job_q, e1_end_q, e1_base_q, e1_col_q};
        e2_a_q    <= e1_nm_q ? e1_a : {51'd0, e1_one};
        {e3_job_q, e3_end_q, e3_base_q, e3_col_q, e3_a_q} <= {e2_job_q, e2_end_q, e2_base_q, e2_col_q, e2_a_q};
    end

    wire [LANES-1:0] mask;
    generate
        for (i = 0; i < LANES; i = i + LB) begin : g_mask
            localparam integer W = (LANES - i < LB) ? LANES - i : LB;
            lac_ram #(.W(W), .DEPTH(COL_DEPTH), .ADDR_W(COL_AW)) u_mask (
                .clk(load_clk), .rclk(clk), .we(mask_we[i]), .waddr(mask_col), .wdata(mask_bits[i +: W]),
                .re(e1_valid_q && !e1_end_q), .raddr(e1_col_q), .qe(e2_valid_q && !e2_end_q), .q(mask[i +: W])
            );
        end
    endgenerate

    // ---- Broadcast -----------------------------------------------------------------------------------------------------------
    reg  [LANES-1:0]  item_valid_q;
    reg  [67:0]       item_a_q;
    reg  [COL_AW-1:0] item_col_q;
    reg  [ACC_AW-1:0] item_base_q;
    reg               item_job_q, item_end_q;
    always @(posedge clk)
        if (rst) item_valid_q <= {LANES{1'b0}};
        else     item_valid_q <= {LANES{e3_valid_q}} & ({LANES{e3_end_q}} | mask);
    always @(posedge clk)
        {item_a_q, item_col_q, item_base_q, item_job_q, item_end_q} <= {e3_a_q, e3_col_q, e3_base_q, e3_job_q, e3_end_q};
    assign item_valid = item_valid_q;
    assign item_a     = item_a_q;
    assign item_col   = item_col_q;
    assign item_base  = item_base_q;
    assign item_job   = item_job_q;
    assign item_end   = item_end_q;
    assign count_item  = e3_valid_q && !e3_end_q;
    assign count_stall = p_can_q && full_q;

    // ---- Why an item was, or was not, issued --------------------------------------------------------------------------------------
    reg  [1:0]        unsaid_q;     // jobs whose end mark is not out
    wire              end_out = p_issue && !p_any_q;
    always @(posedge clk)
        if (rst) unsaid_q <= 2'd0;
        else     unsaid_q <= unsaid_q + {1'b0, take} - {1'b0, end_out};
    wire              all_out = unsaid_q == 2'd0;
    assign busy = |busy_q;
    assign lane_cause = !busy ? `LAC_LANE_IDLE : count_stall ? `LAC_LANE_BLOCKED : all_out ? `LAC_LANE_DRAIN : `LAC_LANE_ITEMS;
    assign cause = (p_issue && p_any_q) ? `LAC_EXEC_BUSY
                 : count_stall ? `LAC_EXEC_BLOCKED
                 : busy        ? (all_out ? `LAC_EXEC_DRAIN : `LAC_EXEC_SCAN)
                 : waits       ? `LAC_EXEC_TOKEN
                 :               `LAC_EXEC_IDLE;

    // ---- Completion: every lane has passed the oldest job's end mark; then its errors, lowest lane first ------------------------
    localparam [2:0] ST_RUN = 3'd0, ST_FIND = 3'd1, ST_TELL = 3'd2, ST_WHO = 3'd3, ST_WHERE = 3'd4, ST_FAIL = 3'd5;
    reg  [2:0]        state_q, state_d;
    reg  [LANES-1:0]  passed0_q, passed1_q;
    reg  [1:0]        ended_q;
    reg  [LANES-1:0]  found_q;      // lanes with an error of the oldest job; from ST_WHERE on the lowest of them
    reg               any_err_q;    // there is one
    reg               rule_err_q;   // there is one of lac_rules
    wire              tell    = (state_q == ST_TELL && !any_err_q) || state_q == ST_FAIL;

    always @* begin
        state_d = state_q;
        case (state_q)
            ST_RUN:   if (ended_q[oldest_q]) state_d = ST_FIND;  // waits for the last lane
            ST_FIND:  state_d = ST_TELL;                         // collects the lanes' errors
            ST_TELL:  state_d = any_err_q ? ST_WHO : ST_RUN;       // none: done
            ST_WHO:   state_d = ST_WHERE;                        // the lowest lane
            ST_WHERE: state_d = ST_FAIL;                         // its number, its accumulator
            default:  state_d = ST_RUN;                          // ST_FAIL: done
        endcase
    end

    wire [LANES-1:0]  done0, done1;
    generate
        for (i = 0; i < LANES; i = i + 1) begin : g_done
            assign done0[i] = lane_done[2*i];
            assign done1[i] = lane_done[2*i+1];
        end
    endgenerate

    always @(posedge clk)
        if (rst) begin
            state_q   <= ST_RUN;
            busy_q    <= 2'b00;
            next_q    <= 1'b0;
            oldest_q  <= 1'b0;
            passed0_q <= {LANES{1'b0}};
            passed1_q <= {LANES{1'b0}};
            ended_q   <= 2'b00;
        end else begin
            state_q <= state_d;
            if (take) begin
                busy_q[next_q] <= 1'b1;
                next_q         <= !next_q;
            end
            if (tell) begin
                busy_q[oldest_q] <= 1'b0;
                oldest_q         <= !oldest_q;
            end
            if (|busy_q) begin
                passed0_q <= (tell && !oldest_q) ? {LANES{1'b0}} : passed0_q | done0;
                passed1_q <= (tell && oldest_q)  ? {LANES{1'b0}} : passed1_q | done1;
            end
            ended_q   <= {&passed1_q && !(tell && oldest_q), &passed0_q && !(tell && !oldest_q)};
        end
    always @(posedge clk)
        if (state_q == ST_FIND) begin : find
            reg [LANES-1:0] of_job;
            of_job = lane_err & ~(lane_err_job ^ {LANES{oldest_q}});
            found_q   <= of_job;
            any_err_q <= |of_job || (rule_err && rule_err_job == oldest_q);
            rule_err_q <= rule_err && rule_err_job == oldest_q;
        end else if (state_q == ST_WHO)
            found_q   <= found_q & (~found_q + 1'b1);

    reg  [LANE_W-1:0]  err_lane_q;
    reg  [ACC_AW-1:0]  err_addr_q;
    reg                err_ovf_q;
    always @(posedge clk)
        if (state_q == ST_WHERE) begin : where
            reg [LANE_W-1:0] lane;
            reg [ACC_AW-1:0] addr;
            integer          l;
            lane = {LANE_W{1'b0}};
            addr = {ACC_AW{1'b0}};
            for (l = 0; l < LANES; l = l + 1)
                if (found_q[l]) begin
                    lane = lane | l[LANE_W-1:0];
                    addr = addr | lane_err_addr[l*ACC_AW +: ACC_AW];
                end
            err_lane_q <= lane;
            err_addr_q <= addr;
            err_ovf_q  <= |(found_q & lane_err_ovf);
        end
    wire [ACC_AW-1:0] err_acc = err_ovf_q ? err_addr_q : err_addr_q - rows_q[oldest_q][ACC_AW-1:0];
    wire [15:0] err_addr16 = {{(16-ACC_AW){1'b0}}, err_acc};
    wire [15:0] err_lane16 = {{(16-LANE_W){1'b0}}, err_lane_q};
    assign done       = tell;
    assign fail       = state_q == ST_FAIL;
    assign fail_code  = rule_err_q ? rule_err_code : err_ovf_q ? `LAC_ERR_OVERFLOW : `LAC_ERR_BLOCK_ROW;
    assign fail_addr  = rule_err_q ? rule_err_addr : 48'd0;
    assign fail_index = rule_err_q ? rule_err_index : {err_addr16, err_lane16};

    wire unused_ok = &{1'b0, unused_any, unused_three, cmd, c_line, c_acc, c_rows, c_reach, c_last, e0_col, e0_group, mask_we, rules_q};

endmodule
`default_nettype wire
