// SPDX-License-Identifier: Apache-2.0
//
// lac_rules - a band of rules into EXEC: which lines of the feature RAM hold the inputs, and in which columns their elements are
//
//   go --> lac_rules_read --> lac_rules_find --> lac_rules_cache --> lines, in order, to lac_scan
//               |                                      |
//               +---- requests, one client's ----------+--> lines of features: element flags --> feature RAM
//
//   Function   docs/mapping.md, "Rules into EXEC": for each line of an input {accumulator, place, first and last element in it, column of its
//              place 0}, once it stands in the feature RAM; then one end mark
//   Jobs       `ready`: the next one may `go`, the last one's lines are all queued. Two jobs may have lines under way
//   Timing     a rule and a line every second cycle
//   Writing    a line waits while `w_busy`: LOAD writes
//   Errors     the first in the order of the rules, err_*, which stand when its job's end mark comes. From then until rst jobs end at once. The
//              end mark waits for all that the bus owes, so nothing comes behind it
//   Reset      control only; 2^CACHE_AW cycles behind it lines are looked for
`default_nettype none

module lac_rules #(
    parameter integer LINE_W   = 64,
    parameter integer ADDR_W   = 32,
    parameter integer FEAT_AW  = 10,
    parameter integer CACHE_AW = 10,  // lines of the feature RAM that are cache, as a power of two
    parameter integer COL_AW   = 9,
    parameter integer ACC_AW   = 8
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [63:0]         rd_base,
    input  wire [63:0]         rd_limit,

    input  wire                go,           // with a command EXEC_RULES
    output wire                ready,
    input  wire [415:0]        cmd,          // words 0 .. 12
    input  wire                job,
    input  wire [ACC_AW-1:0]   base,         // of the first output
    input  wire [31:0]         cfg_zero,     // {job 1, job 0}
    input  wire [1:0]          cfg_wide,

    output wire                req_valid,
    input  wire                req_ready,
    output wire [ADDR_W-1:0]   req_addr,
    output wire [23:0]         req_lines,
    input  wire                line_valid,
    output wire                line_ready,
    input  wire [LINE_W-1:0]   line_data,
    input  wire [ADDR_W-1:0]   line_addr,
    input  wire [2:0]          line_fault,
    input  wire [ADDR_W-1:0]   line_fault_addr,

    output wire                w_valid,
    input  wire                w_busy,
    output wire [FEAT_AW-1:0]  w_addr,
    output wire [LINE_W-1:0]   w_data,
    output wire [LINE_W/8-1:0] w_flags,

    output wire                out_valid,
    input  wire                out_ready,
    output wire                out_job,
    output wire                out_end,
    output wire [FEAT_AW-1:0]  out_line,
    output wire [5:0]          out_lo,
    output wire [5:0]          out_hi,
    output wire [COL_AW-1:0]   out_col,
    output wire [ACC_AW-1:0]   out_base,
    input  wire                read,         // one of these lines has been read
    input  wire                hold,         // the feature RAM has lines that other jobs still want: nothing is fetched

    output wire                err_valid,
    output wire                err_job,
    output wire [7:0]          err_code,
    output wire [47:0]         err_addr,
    output wire [31:0]         err_index,
    output wire                sought,
    output wire                fetched
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
`include "lac_bus_code.vh"
    localparam integer LB     = LINE_W / 8;
    localparam integer LB_LOG = clog2(LB);
    localparam integer NW     = 42 - LB_LOG;    // an input's address is below 2^42
    localparam integer MORE_W = 18 - LB_LOG;
    localparam integer ASKED  = 16;             // requests under way

    // ---- The job ---------------------------------------------------------------------------------------------------------------
    reg                busy_q, job_q, nm_q, wide_q;
    reg  [31:0]        features_q;
    reg  [15:0]        channels_q, columns_q;
    reg  [6:0]         tap_q;
    wire               ended, dead;
    assign ready = !busy_q;
    always @(posedge clk)
        if (rst)        busy_q <= 1'b0;
        else if (go)    busy_q <= 1'b1;
        else if (ended) busy_q <= 1'b0;
    always @(posedge clk)
        if (!busy_q) begin     // whether there is a command is known late in the cycle
            job_q      <= job;
            nm_q       <= cmd[`LAC_F_EXEC_RULES_FORMAT] >= 2'd2;
            wide_q     <= cmd[`LAC_F_EXEC_RULES_TYPE] == 2'd2;
            features_q <= cmd[`LAC_F_EXEC_RULES_FEATURES];
            channels_q <= cmd[`LAC_F_EXEC_RULES_CHANNELS];
            columns_q  <= cmd[`LAC_F_EXEC_RULES_COLUMNS];
            tap_q      <= cmd[`LAC_F_EXEC_RULES_TAP];
        end

    // ---- Rules to lines ----------------------------------------------------------------------------------------------------------
    wire               r_valid, r_ready, a_valid, a_ready;   // requests for rules, for lines of inputs
    wire [NW-1:0]      r_line, a_line, bad_line;
    wire [3:0]         r_lines, a_lines;
    wire               rule_line, bad, bad_token, here, owed;
    wire               tok_valid, tok_ready, tok_end, tok_err, in_valid, in_ready, in_end, in_err;
    wire [6:0]         tok_tap;
    wire [23:0]        tok_input;
    wire [ACC_AW-1:0]  tok_base, in_base;
    wire [NW-1:0]      in_line;
    wire [MORE_W-1:0]  in_more;
    wire [5:0]         in_lo, in_hi;
    wire [COL_AW-1:0]  in_col;
    wire [7:0]         read_code;
    wire [47:0]        read_addr;
    wire [31:0]        read_index;
    wire [CACHE_AW-1:0] place;
    lac_rules_read #(.LINE_W(LINE_W), .ADDR_W(ADDR_W), .ACC_AW(ACC_AW), .NW(NW)) u_read (
        .clk(clk), .rst(rst), .go(go), .c_band(cmd[`LAC_F_EXEC_RULES_BAND]), .c_rules(cmd[`LAC_F_EXEC_RULES_RULES]),
        .c_outputs(cmd[`LAC_F_EXEC_RULES_OUTPUTS]), .c_rows(cmd[`LAC_F_EXEC_RULES_ROWS]), .c_base(base), .halt(dead), .rd_base(rd_base), .rd_limit(rd_limit),
        .ask_valid(r_valid), .ask_ready(r_ready), .ask_line(r_line), .ask_lines(r_lines),
        .line_valid(rule_line), .line_data(line_data), .line_fault(line_fault), .line_fault_addr(line_fault_addr),
        .tok_valid(tok_valid), .tok_ready(tok_ready), .tok_end(tok_end), .tok_err(tok_err), .tok_tap(tok_tap), .tok_input(tok_input), .tok_base(tok_base),
        .err_code(read_code), .err_addr(read_addr), .err_index(read_index)
    );
    lac_rules_find #(.LB_LOG(LB_LOG), .COL_AW(COL_AW), .ACC_AW(ACC_AW), .NW(NW), .MORE_W(MORE_W)) u_find (
        .clk(clk), .rst(rst), .c_features(features_q), .c_channels(channels_q), .c_columns(columns_q), .c_tap(tap_q), .c_wide(wide_q), .c_nm(nm_q),
        .tok_valid(tok_valid), .tok_ready(tok_ready), .tok_end(tok_end), .tok_err(tok_err), .tok_tap(tok_tap), .tok_input(tok_input), .tok_base(tok_base),
        .out_valid(in_valid), .out_ready(in_ready), .out_end(in_end), .out_err(in_err), .out_line(in_line), .out_more(in_more), .out_lo(in_lo),
        .out_hi(in_hi), .out_col(in_col), .out_base(in_base)
    );
    lac_rules_cache #(
        .LB_LOG(LB_LOG), .ADDR_W(ADDR_W), .CACHE_AW(CACHE_AW), .COL_AW(COL_AW), .ACC_AW(ACC_AW), .NW(NW), .MORE_W(MORE_W)
    ) u_cache (
        .clk(clk), .rst(rst), .rd_base(rd_base), .rd_limit(rd_limit), .fresh(go && cmd[`LAC_F_EXEC_RULES_FRESH]), .c_job(job_q), .c_wide(wide_q), .c_nm(nm_q),
        .in_valid(in_valid), .in_ready(in_ready), .in_end(in_end), .in_err(in_err), .in_line(in_line), .in_more(in_more), .in_lo(in_lo),
        .in_hi(in_hi), .in_col(in_col), .in_base(in_base),
        .ask_valid(a_valid), .ask_ready(a_ready), .ask_line(a_line), .ask_lines(a_lines), .here(here),
        .out_valid(out_valid), .out_ready(out_ready), .out_job(out_job), .out_end(out_end), .out_place(place), .out_lo(out_lo), .out_hi(out_hi),
        .out_col(out_col), .out_base(out_base), .read(read), .hold(hold),
        .stop(dead), .owed(owed), .bad(bad), .bad_token(bad_token), .bad_line(bad_line), .ended(ended), .sought(sought), .fetched(fetched)
    );
    wire [FEAT_AW:0]   wide_place = {{(FEAT_AW+1-CACHE_AW){1'b0}}, place};
    assign out_line = wide_place[FEAT_AW-1:0];

    // ---- Requests, and whose lines come -------------------------------------------------------------------------------------------
    reg                req_q;
    reg  [3:0]         req_lines_q;
    reg  [NW-1:0]      req_line_q;
    wire               room, turn_valid, turn_feat, turn_job;
    wire [3:0]         turn_lines;
    wire               free = !req_q && room;
    wire [4:0]         unused_level;
    assign a_ready = free && a_valid;
    assign r_ready = free && !a_valid && r_valid;
    always @(posedge clk) begin
        if (rst)          req_q <= 1'b0;
        else if (!req_q)  req_q <= room && (a_valid || r_valid);
        else if (req_ready) req_q <= 1'b0;
        if (!req_q) {req_line_q, req_lines_q} <= a_valid ? {a_line, a_lines} : {r_line, r_lines};
    end
    wire [63:0]        req_at = {{(64-NW){1'b0}}, req_line_q} << LB_LOG;
    assign req_valid = req_q;
    assign req_addr  = req_at[ADDR_W-1:0];
    assign req_lines = {20'd0, req_lines_q};

    reg                cur_q, cur_feat_q, cur_job_q;   // the request whose lines come
    reg  [3:0]         cur_left_q;                     // lines, this one included
    wire               take = line_valid && line_ready;
    wire               cur_free = !cur_q || (take && cur_left_q == 4'd1);
    lac_fifo #(.W(6), .DEPTH(ASKED), .LEVEL_W(5)) u_asked (
        .clk(clk), .rst(rst), .push(a_ready || r_ready), .in_data({a_valid, job_q, a_valid ? a_lines : r_lines}), .in_ready(room),
        .out_valid(turn_valid), .out_data({turn_feat, turn_job, turn_lines}), .pop(cur_free && turn_valid), .level(unused_level)
    );
    always @(posedge clk) begin
        if (rst)           cur_q <= 1'b0;
        else if (cur_free) cur_q <= turn_valid;
        if (cur_free)      {cur_feat_q, cur_job_q, cur_left_q} <= {turn_feat, turn_job, turn_lines};
        else if (take)     cur_left_q <= cur_left_q - 4'd1;
    end
    assign rule_line = take && cur_q && !cur_feat_q;
    reg                owed_q;
    always @(posedge clk) owed_q <= a_valid || r_valid || req_q || turn_valid || cur_q;
    assign owed = owed_q;

    // ---- A line of features: which elements differ from the zero point ---------------------------------------------------------
    reg                w_q;
    reg  [CACHE_AW-1:0] w_place_q;
    reg  [LINE_W-1:0]  w_data_q;
    reg  [LB-1:0]      w_flags_q;
    wire [15:0]        zero = cur_job_q ? cfg_zero[31:16] : cfg_zero[15:0];
    wire               wide = cur_job_q ? cfg_wide[1] : cfg_wide[0];
    wire [LB-1:0]      differs, flags;
    genvar i;
    generate
        for (i = 0; i < LB; i = i + 1) begin : g_flag
            assign differs[i] = line_data[8*i +: 8] != ((i % 2 == 1 && wide) ? zero[15:8] : zero[7:0]);
            if (i < LB / 2) begin : g_lo
                assign flags[i] = wide ? |differs[2*i +: 2] : differs[i];
            end else begin : g_hi
                assign flags[i] = !wide && differs[i];
            end
        end
    endgenerate
    assign line_ready = !w_q || !w_busy;
    always @(posedge clk)
        if (rst)             w_q <= 1'b0;
        else if (line_ready) w_q <= line_valid && cur_q && cur_feat_q;
    always @(posedge clk)
        if (line_ready) {w_place_q, w_data_q, w_flags_q} <= {line_addr[LB_LOG +: CACHE_AW], line_data, flags};
    wire [FEAT_AW:0]   wide_w = {{(FEAT_AW+1-CACHE_AW){1'b0}}, w_place_q};
    assign w_valid = w_q && !w_busy;
    assign w_addr  = wide_w[FEAT_AW-1:0];
    assign w_data  = w_data_q;
    assign w_flags = w_flags_q;
    assign here    = w_valid;

    // ---- The first error: a fetch's comes late, but is of an earlier rule than all that was found where lines are looked for --------
    reg                dead_q, late_q, err_job_q;
    reg  [7:0]         code_q;
    reg  [47:0]        addr_q;
    reg  [31:0]        index_q;
    wire               fault    = take && cur_q && cur_feat_q && line_fault != 3'd0 && !late_q;
    wire [63:0]        bad_addr = {{(64-NW){1'b0}}, bad_line} << LB_LOG;
    wire [63:0]        at_fault = {{(64-ADDR_W){1'b0}}, line_fault_addr};
    assign dead = dead_q;
    always @(posedge clk)
        if (rst) {dead_q, late_q} <= 2'b00;
        else     {dead_q, late_q} <= {dead_q || fault || bad || bad_token, late_q || fault};
    always @(posedge clk)
        if (fault) begin
            {err_job_q, code_q, addr_q, index_q} <= {cur_job_q, bus_code(line_fault), at_fault[47:0], 32'd0};
        end else if (!dead_q && (bad || bad_token)) begin
            err_job_q <= job_q;
            {code_q, addr_q, index_q} <= bad ? {`LAC_ERR_WINDOW, bad_addr[47:0], 32'd0} : {read_code, read_addr, read_index};
        end
    assign err_valid = dead_q;
    assign err_job   = err_job_q;
    assign err_code  = code_q;
    assign err_addr  = addr_q;
    assign err_index = index_q;

    wire unused_ok = &{1'b0, cmd, unused_level, wide_place, wide_w, req_at, bad_addr, at_fault, line_addr};

endmodule
`default_nettype wire
