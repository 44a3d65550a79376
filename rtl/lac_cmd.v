// SPDX-License-Identifier: Apache-2.0
//
// lac_cmd - the command processor: ring, fetch, checks, dispatch, tokens, order, errors
//
//   doorbell --> ring --> fetch --> lac_check --> dispatch --+--> lac_queue LOAD  --> engine
//                                                            +--> lac_queue EXEC  --> engine
//                                                            +--> lac_queue STORE --> engine
//
//   Tokens     a command is dispatched only if, in ring order, the tokens it takes have been promised before it; so the
//              oldest command that has not completed can always run, and nothing can deadlock
//   Errors     the lowest failing command in ring order wins. Once one is known nothing is dispatched, what is behind it
//              and has not started is dropped; when all is quiet the record is published
//   STORE      starts when every command before it has completed without error
//   Timing     a command costs about eight cycles from its last line to its queue; fetching runs ahead by FETCH
//   Reset      empties everything
`default_nettype none

module lac_cmd #(
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
    input  wire              clk,
    input  wire              rst,

    // registers
    input  wire              bell,         // TAIL was written
    input  wire [31:0]       bell_tail,
    input  wire [63:0]       ring_base,
    input  wire [31:0]       ring_size,
    input  wire [63:0]       rd_base,
    input  wire [63:0]       rd_limit,
    input  wire [63:0]       wr_base,
    input  wire [63:0]       wr_limit,
    output wire [15:0]       head,
    output wire [15:0]       tail,
    output wire [31:0]       completed,
    output wire              busy,
    output wire              pending,      // a doorbell is on its way to being busy
    output wire              started,      // pulse: idle ended
    output wire [1:0]        marks,        // marked commands completed in this cycle
    output wire [2:0]        engine_busy,
    output wire [2:0]        engine_waits, // its next command waits for tokens, or for the commands before it
    output wire              err_valid,    // the record stands
    output wire [7:0]        err_code,
    output wire [3:0]        err_unit,
    output wire [31:0]       err_seq,
    output wire [31:0]       err_tag,
    output wire [63:0]       err_addr,
    output wire [31:0]       err_index,

    // read master, client 0
    output wire              req_valid,
    input  wire              req_ready,
    output wire [ADDR_W-1:0] req_addr,
    output wire [23:0]       req_lines,
    input  wire              line_valid,
    output wire              line_ready,
    input  wire [LINE_W-1:0] line_data,
    input  wire [2:0]        line_fault,
    input  wire [ADDR_W-1:0] line_fault_addr,

    // engines: LOAD, EXEC, STORE
    output wire              ld_valid,
    input  wire              ld_ready,
    output wire [255:0]      ld_cmd,
    input  wire              ld_done,
    input  wire              ld_fail,
    input  wire [7:0]        ld_code,
    input  wire [ADDR_W-1:0] ld_addr,
    input  wire [31:0]       ld_index,
    output wire              ex_valid,
    input  wire              ex_ready,
    output wire [223:0]      ex_cmd,
    input  wire              ex_done,
    input  wire              ex_fail,
    input  wire [7:0]        ex_code,
    input  wire [31:0]       ex_index,
    output wire              st_valid,
    input  wire              st_ready,
    output wire [319:0]      st_cmd,
    input  wire              st_done,
    input  wire              st_fail,
    input  wire [7:0]        st_code,
    input  wire [ADDR_W-1:0] st_addr
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
    localparam integer LB      = LINE_W / 8;
    localparam integer PER     = 64 / LB;          // lines of a command
    localparam integer PER1_I  = PER - 1;
    localparam [3:0]   PER1    = PER1_I[3:0];
    localparam integer FETCH   = 4;                // commands asked for and not yet taken apart
    localparam integer LINES_I = FETCH * PER;
    localparam integer LEVEL_W = clog2(LINES_I + 1);

    // ---- Ring and doorbell ------------------------------------------------------------------------------------------
    reg         bell_q;          // a doorbell is being looked at
    reg  [31:0] bell_tail_q;
    reg         ring_bad_q;      // a bad one stands behind all commands so far
    reg  [15:0] tail_q, head_q, fetch_q;
    reg         ring_ok_q;       // base, size and window, registered
    reg         bell2_q;
    reg         err_q;           // some error is known
    wire [64:0] ring_end = {1'b0, ring_base} + {27'd0, ring_size, 6'd0};
    wire        ring_ok  = ring_base[5:0] == 6'd0 && ring_size >= 32'd2 && ring_size <= 32'd65535 && {16'd0, fetch_q} < ring_size
                        && ring_base >= rd_base && ring_end <= {1'b0, rd_limit} && ring_end <= (65'd1 << ADDR_W);
    wire [15:0] wrap     = ring_size[15:0] - 16'd1;
    wire        more     = fetch_q != tail_q;

    always @(posedge clk)
        if (rst) begin
            bell_q     <= 1'b0;
            bell2_q    <= 1'b0;
            ring_bad_q <= 1'b0;
            tail_q     <= 16'd0;
        end else begin
            bell_q  <= bell;
            bell2_q <= bell_q;
            if (bell2_q && !err_q && !ring_bad_q) begin
                if (ring_ok_q && bell_tail_q < ring_size) tail_q <= bell_tail_q[15:0];
                else                                      ring_bad_q <= 1'b1;
            end
        end
    always @(posedge clk) begin
        ring_ok_q <= ring_ok;
        if (bell && !ring_bad_q) bell_tail_q <= bell_tail;
    end

    // ---- Fetch: one command a request, lines into a queue that always has room for them ----------------------------------
    reg  [2:0]             credit_q;   // commands that may still be asked for
    reg                    req_q;
    reg  [ADDR_W-1:0]      req_addr_q;
    wire                   taken;      // a whole command has left the line queue
    wire                   ask = more && !err_q && credit_q != 3'd0 && (!req_q || req_ready);
    wire                   lq_ready, lq_valid, lq_pop;
    wire [LINE_W-1:0]      lq_data;
    wire [2:0]             lq_fault;
    wire [LEVEL_W-1:0]     unused_level;
    reg                    fault_q;    // the first faulty beat of a command
    reg  [ADDR_W-1:0]      fault_addr_q;
    assign req_valid  = req_q;
    assign req_addr   = req_addr_q;
    assign req_lines  = PER[23:0];
    assign line_ready = lq_ready;

    always @(posedge clk)
        if (rst) begin
            req_q    <= 1'b0;
            fetch_q  <= 16'd0;
            credit_q <= FETCH[2:0];
            fault_q  <= 1'b0;
        end else begin
            if (ask) begin
                req_q   <= 1'b1;
                fetch_q <= fetch_q == wrap ? 16'd0 : fetch_q + 16'd1;
            end else if (req_ready)
                req_q <= 1'b0;
            credit_q <= credit_q - {2'd0, ask} + {2'd0, taken};
            if (line_valid && line_ready && line_fault != 3'd0) fault_q <= 1'b1;
        end
    always @(posedge clk) begin
        if (ask) req_addr_q <= ring_base[ADDR_W-1:0] + {{(ADDR_W-22){1'b0}}, fetch_q, 6'd0};
        if (line_valid && line_ready && line_fault != 3'd0 && !fault_q) fault_addr_q <= line_fault_addr;
    end

    lac_fifo #(.W(LINE_W + 3), .DEPTH(LINES_I), .LEVEL_W(LEVEL_W)) u_lines (
        .clk(clk), .rst(rst), .push(line_valid && line_ready), .in_data({line_fault, line_data}), .in_ready(lq_ready),
        .out_valid(lq_valid), .out_data({lq_fault, lq_data}), .pop(lq_pop), .level(unused_level)
    );

    // ---- One command: collect its lines, check it, hand it on ---------------------------------------------------------------
    localparam [1:0] ST_COLLECT = 2'd0, ST_CHECK = 2'd1, ST_SEND = 2'd2, ST_BAD = 2'd3;
    reg  [1:0]   state_q;
    reg  [511:0] cmd_q;
    reg  [3:0]   part_q;
    reg  [2:0]   cmd_fault_q;
    reg  [31:0]  seq_q;          // commands dispatched since reset
    reg  [ADDR_W-1:0] cmd_addr_q;
    wire         last_part = part_q == PER1;
    wire         check_ready, check_at_data;
    wire [7:0]   check_code;
    wire [31:0]  check_index;
    assign lq_pop = lq_valid && state_q == ST_COLLECT;
    assign taken  = lq_pop && last_part;

    lac_check #(
        .LANES(LANES), .LINE_W(LINE_W), .ADDR_W(ADDR_W), .STORE_W(STORE_W), .WEIGHT_DEPTH(WEIGHT_DEPTH),
        .COL_DEPTH(COL_DEPTH), .ACC_DEPTH(ACC_DEPTH), .FEAT_DEPTH(FEAT_DEPTH), .PARAM_DEPTH(PARAM_DEPTH)
    ) u_check (
        .clk(clk), .start(taken), .ready(check_ready), .cmd(cmd_q),
        .rd_base(rd_base), .rd_limit(rd_limit), .wr_base(wr_base), .wr_limit(wr_limit),
        .code(check_code), .index(check_index), .at_data(check_at_data)
    );

    // tokens in ring order: promised and not yet spoken for, from engine to engine
    reg  [4:0]   promised_q [0:8];   // [3 * from + to]
    wire [1:0]   me    = cmd_q[1:0] - 2'd1;        // 0 LOAD, 1 EXEC, 2 STORE
    wire [2:0]   waits = cmd_q[`LAC_F_ANY_WAIT];
    wire [2:0]   gives = cmd_q[`LAC_F_ANY_SIGNAL];
    wire [2:0]   none, full;
    genvar g, h;
    generate
        for (g = 0; g < 3; g = g + 1) begin : g_pair
            wire [4:0] to_me   = me == 2'd0 ? promised_q[3*g] : me == 2'd1 ? promised_q[3*g+1] : promised_q[3*g+2];
            wire [4:0] from_me = me == 2'd0 ? promised_q[g]   : me == 2'd1 ? promised_q[3+g]   : promised_q[6+g];
            assign none[g] = to_me == 5'd0;
            assign full[g] = from_me >= 5'd15;
        end
    endgenerate
    wire         token_bad = |(waits & none) || |(gives & full);

    wire [2:0]   q_ready;
    wire         send = state_q == ST_SEND && !err_q && !token_bad && q_ready[me];
    wire [2:0]   push = {3{send}} & {me == 2'd2, me == 2'd1, me == 2'd0};
    generate
        for (g = 0; g < 3; g = g + 1) begin : g_from
            for (h = 0; h < 3; h = h + 1) begin : g_to
                wire up   = push[g] && gives[h];
                wire down = push[h] && waits[g];
                always @(posedge clk)
                    if (rst) promised_q[3*g+h] <= 5'd0;
                    else     promised_q[3*g+h] <= promised_q[3*g+h] + {4'd0, up} - {4'd0, down};
            end
        end
    endgenerate

    // the dispatcher's own error
    wire         d_err   = !err_q && (state_q == ST_BAD || (state_q == ST_SEND && token_bad) || ring_now);
    wire         fetch_idle = state_q == ST_COLLECT && part_q == 4'd0 && !lq_valid && credit_q == FETCH[2:0] && !req_q;
    wire         ring_now = ring_bad_q && fetch_idle && !more;
    wire [7:0]   d_code  = ring_now ? `LAC_ERR_RING
                         : cmd_fault_q != 3'd0 ? (cmd_fault_q == 3'd1 ? `LAC_ERR_BUS_SLVERR : cmd_fault_q == 3'd2 ? `LAC_ERR_BUS_DECERR
                                                  : cmd_fault_q == 3'd3 ? `LAC_ERR_BUS_TIMEOUT : `LAC_ERR_BUS_PROTOCOL)
                         : state_q == ST_SEND ? `LAC_ERR_TOKEN : check_code;
    wire [63:0]  cmd_at  = {{(64-ADDR_W){1'b0}}, cmd_addr_q};
    wire [63:0]  d_addr  = ring_now ? ring_base : cmd_fault_q != 3'd0 ? {{(64-ADDR_W){1'b0}}, fault_addr_q}
                         : state_q == ST_BAD && check_at_data ? {cmd_q[`LAC_F_STORE_ADDR_HI], cmd_q[`LAC_F_STORE_ADDR_LO]} : cmd_at;
    wire [31:0]  d_index = ring_now ? bell_tail_q : (cmd_fault_q != 3'd0 || state_q == ST_SEND) ? 32'd0 : check_index;

    always @(posedge clk)
        if (rst) begin
            state_q <= ST_COLLECT;
            part_q  <= 4'd0;
            seq_q   <= 32'd0;
            head_q  <= 16'd0;
            cmd_fault_q <= 3'd0;
        end else
            case (state_q)
                ST_COLLECT: if (lq_valid) begin              // waits for the command's last line
                    part_q <= last_part ? 4'd0 : part_q + 4'd1;
                    if (part_q == 4'd0)            cmd_fault_q <= lq_fault;
                    else if (cmd_fault_q == 3'd0)  cmd_fault_q <= lq_fault;
                    if (last_part && !err_q) state_q <= ST_CHECK;
                end
                ST_CHECK:                                     // waits for lac_check
                    if (err_q) state_q <= ST_COLLECT;
                    else if (check_ready) state_q <= (cmd_fault_q != 3'd0 || check_code != `LAC_ERR_NONE) ? ST_BAD : ST_SEND;
                ST_SEND:                                      // waits for room in the engine's queue
                    if (err_q || token_bad) state_q <= ST_COLLECT;
                    else if (send) begin
                        state_q <= ST_COLLECT;
                        seq_q   <= seq_q + 32'd1;
                        head_q  <= head_q == wrap ? 16'd0 : head_q + 16'd1;
                    end
                default: state_q <= ST_COLLECT;               // ST_BAD: the error is recorded in this cycle
            endcase
    generate
        if (PER == 1) begin : g_whole
            always @(posedge clk) if (lq_pop) cmd_q <= lq_data;
        end else begin : g_parts
            always @(posedge clk) if (lq_pop) cmd_q <= {lq_data, cmd_q[511:LINE_W]};
        end
    endgenerate
    always @(posedge clk) if (taken) cmd_addr_q <= ring_base[ADDR_W-1:0] + {{(ADDR_W-22){1'b0}}, head_q, 6'd0};

    // ---- Tokens, really given and taken -------------------------------------------------------------------------------------------
    reg  [5:0]  token_q [0:8];       // [3 * from + to]
    wire [2:0]  take [0:2];
    wire [2:0]  give [0:2];
    wire [2:0]  have [0:2];
    generate
        for (g = 0; g < 3; g = g + 1) begin : g_tfrom
            for (h = 0; h < 3; h = h + 1) begin : g_tto
                wire up   = give[g][h];
                wire down = take[h][g];
                assign have[h][g] = token_q[3*g+h] != 6'd0;
                always @(posedge clk)
                    if (rst) token_q[3*g+h] <= 6'd0;
                    else     token_q[3*g+h] <= token_q[3*g+h] + {5'd0, up} - {5'd0, down};
            end
        end
    endgenerate

    // ---- The three queues ---------------------------------------------------------------------------------------------------------
    wire [2:0]        old_valid, head_valid, mark, new_err;
    wire [95:0]       old_seq;
    wire [95:0]       head_seq;
    wire [95:0]       new_seq;
    wire [95:0]       new_tag;
    wire [23:0]       new_code;
    wire [3*ADDR_W-1:0] new_addr;
    wire [95:0]       new_index;
    reg  [31:0]       err_seq_q;
    // STORE: nothing before it may be under way
    wire [31:0]       gap_ld = old_seq[0*32 +: 32] - head_seq[2*32 +: 32];
    wire [31:0]       gap_ex = old_seq[1*32 +: 32] - head_seq[2*32 +: 32];
    wire [31:0]       gap_er = err_seq_q - head_seq[2*32 +: 32];
    wire              st_held = (old_valid[0] && gap_ld[31]) || (old_valid[1] && gap_ex[31]) || (err_q && gap_er[31]);

    lac_queue #(.W(256), .ADDR_W(ADDR_W), .DEPTH(4), .FLIGHT(2)) u_load (
        .clk(clk), .rst(rst), .push(push[0]), .push_ready(q_ready[0]), .push_cmd(cmd_q[255:0]), .push_seq(seq_q),
        .tokens(have[0]), .take(take[0]), .give(give[0]), .held(1'b0),
        .oldest_valid(old_valid[0]), .oldest_seq(old_seq[0*32 +: 32]), .head_valid(head_valid[0]), .head_seq(head_seq[0*32 +: 32]),
        .busy(engine_busy[0]), .waits(engine_waits[0]), .mark(mark[0]),
        .cmd_valid(ld_valid), .cmd_ready(ld_ready), .cmd(ld_cmd), .done(ld_done), .fail(ld_fail),
        .fail_code(ld_code), .fail_addr(ld_addr), .fail_index(ld_index),
        .err_valid(err_q), .err_seq(err_seq_q), .new_err(new_err[0]), .new_seq(new_seq[0*32 +: 32]), .new_tag(new_tag[0*32 +: 32]),
        .new_code(new_code[0*8 +: 8]), .new_addr(new_addr[0*ADDR_W +: ADDR_W]), .new_index(new_index[0*32 +: 32])
    );
    lac_queue #(.W(224), .ADDR_W(ADDR_W), .DEPTH(4), .FLIGHT(2)) u_exec (
        .clk(clk), .rst(rst), .push(push[1]), .push_ready(q_ready[1]), .push_cmd(cmd_q[223:0]), .push_seq(seq_q),
        .tokens(have[1]), .take(take[1]), .give(give[1]), .held(1'b0),
        .oldest_valid(old_valid[1]), .oldest_seq(old_seq[1*32 +: 32]), .head_valid(head_valid[1]), .head_seq(head_seq[1*32 +: 32]),
        .busy(engine_busy[1]), .waits(engine_waits[1]), .mark(mark[1]),
        .cmd_valid(ex_valid), .cmd_ready(ex_ready), .cmd(ex_cmd), .done(ex_done), .fail(ex_fail),
        .fail_code(ex_code), .fail_addr({ADDR_W{1'b0}}), .fail_index(ex_index),
        .err_valid(err_q), .err_seq(err_seq_q), .new_err(new_err[1]), .new_seq(new_seq[1*32 +: 32]), .new_tag(new_tag[1*32 +: 32]),
        .new_code(new_code[1*8 +: 8]), .new_addr(new_addr[1*ADDR_W +: ADDR_W]), .new_index(new_index[1*32 +: 32])
    );
    lac_queue #(.W(320), .ADDR_W(ADDR_W), .DEPTH(4), .FLIGHT(2)) u_store (
        .clk(clk), .rst(rst), .push(push[2]), .push_ready(q_ready[2]), .push_cmd(cmd_q[319:0]), .push_seq(seq_q),
        .tokens(have[2]), .take(take[2]), .give(give[2]), .held(st_held),
        .oldest_valid(old_valid[2]), .oldest_seq(old_seq[2*32 +: 32]), .head_valid(head_valid[2]), .head_seq(head_seq[2*32 +: 32]),
        .busy(engine_busy[2]), .waits(engine_waits[2]), .mark(mark[2]),
        .cmd_valid(st_valid), .cmd_ready(st_ready), .cmd(st_cmd), .done(st_done), .fail(st_fail),
        .fail_code(st_code), .fail_addr(st_addr), .fail_index(32'd0),
        .err_valid(err_q), .err_seq(err_seq_q), .new_err(new_err[2]), .new_seq(new_seq[2*32 +: 32]), .new_tag(new_tag[2*32 +: 32]),
        .new_code(new_code[2*8 +: 8]), .new_addr(new_addr[2*ADDR_W +: ADDR_W]), .new_index(new_index[2*32 +: 32])
    );

    // ---- The lowest error ------------------------------------------------------------------------------------------------------------
    // Candidates of one cycle and the one already known: keep the lowest. Commands have distinct numbers.
    reg  [7:0]  err_code_q;
    reg  [3:0]  err_unit_q;
    reg  [31:0] err_tag_q, err_index_q;
    reg  [63:0] err_addr_q;
    reg         c_valid;
    reg  [31:0] c_seq, c_tag, c_index, c_diff;
    reg  [7:0]  c_code;
    reg  [3:0]  c_unit;
    reg  [63:0] c_addr;
    integer     e;
    always @* begin
        c_valid = err_q || d_err;
        c_seq   = err_q ? err_seq_q   : seq_q;
        c_tag   = err_q ? err_tag_q   : (ring_now || cmd_fault_q != 3'd0) ? 32'd0 : cmd_q[`LAC_F_ANY_TAG];
        c_index = err_q ? err_index_q : d_index;
        c_code  = err_q ? err_code_q  : d_code;
        c_unit  = err_q ? err_unit_q  : 4'd0;
        c_addr  = err_q ? err_addr_q  : d_addr;
        c_diff  = 32'd0;
        for (e = 0; e < 3; e = e + 1) begin
            c_diff = new_seq[e*32 +: 32] - c_seq;
            if (new_err[e] && (!c_valid || c_diff[31])) begin
                c_valid = 1'b1;
                c_seq   = new_seq[e*32 +: 32];
                c_tag   = new_tag[e*32 +: 32];
                c_index = new_index[e*32 +: 32];
                c_code  = new_code[e*8 +: 8];
                c_unit  = e[3:0] + 4'd1;
                c_addr  = {{(64-ADDR_W){1'b0}}, new_addr[e*ADDR_W +: ADDR_W]};
            end
        end
    end
    always @(posedge clk)
        if (rst) err_q <= 1'b0;
        else     err_q <= c_valid;
    always @(posedge clk)
        {err_seq_q, err_tag_q, err_index_q, err_code_q, err_unit_q, err_addr_q} <= {c_seq, c_tag, c_index, c_code, c_unit, c_addr};

    // ---- Idle, progress -----------------------------------------------------------------------------------------------------------------
    wire        idle  = fetch_idle && (err_q || (!more && !ring_bad_q)) && old_valid == 3'b000 && !bell_q && !bell2_q && !(|new_err);
    reg         busy_q, final_q;
    reg  [31:0] done_q, low;
    reg  [31:0] low_diff;
    always @* begin
        low = (err_q) ? err_seq_q : seq_q;
        low_diff = 32'd0;
        for (e = 0; e < 3; e = e + 1) begin
            low_diff = old_seq[e*32 +: 32] - low;
            if (old_valid[e] && low_diff[31]) low = old_seq[e*32 +: 32];
        end
    end
    always @(posedge clk)
        if (rst) begin
            busy_q  <= 1'b0;
            final_q <= 1'b0;
            done_q  <= 32'd0;
        end else begin
            busy_q  <= busy_q ? !idle : (more || ring_bad_q) && !final_q && !err_q;
            final_q <= final_q || (err_q && idle);
            done_q  <= low;
        end

    assign head      = head_q;
    assign tail      = tail_q;
    assign completed = done_q;
    assign busy      = busy_q;
    assign pending   = bell_q || bell2_q || started;
    assign started   = !busy_q && (more || ring_bad_q) && !final_q && !err_q;
    assign marks     = {1'b0, mark[0]} + {1'b0, mark[1]} + {1'b0, mark[2]};
    assign err_valid = final_q;
    assign err_code  = err_code_q;
    assign err_unit  = err_unit_q;
    assign err_seq   = err_seq_q;
    assign err_tag   = err_tag_q;
    assign err_addr  = err_addr_q;
    assign err_index = err_index_q;

    wire unused_ok = &{1'b0, head_valid, cmd_q, c_diff, gap_ld, gap_ex, gap_er, low_diff, head_seq};

endmodule
`default_nettype wire
