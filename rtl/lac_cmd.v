// SPDX-License-Identifier: Apache-2.0
//
// lac_cmd - the command processor: ring, fetch, checks, dispatch, tokens, order, errors
//
//   doorbell --> ring --> fetch --> lac_slots --+--> lac_check --> dispatch --+--> lac_queue LOAD  --> engine
//                                               |                             +--> lac_queue EXEC  --> engine
//                                               +--- commands, by number ---> +--> lac_queue STORE --> engine
//                                                                             +--> lac_queue MAP   --> engine (ENGINES 4)
//
//   Numbers    commands count from 0 since reset, in ring order. Command n stands in slot n mod 16 from its fetch on; it is asked for when at
//              most fourteen between it and the oldest that has not completed are under way. So numbers of five bits tell the order
//   Tokens     a command is dispatched only if, in ring order, the tokens it takes have been promised before it; so the
//              oldest command that has not completed can always run, and nothing can deadlock
//   Errors     the lowest failing command in ring order wins. Once one is known nothing is dispatched, what is behind it
//              and has not started is dropped; when all is quiet the record is published
//   STORE      starts when every command before it has completed without error; so does MAP
//   Timing     a command costs eleven cycles from its last line to its queue, and ten behind the one before; fetching runs ahead by FETCH.
//              The slots' read port is asked a cycle ahead: LOAD before EXEC before STORE before MAP, else it serves the dispatcher
//   Reset      empties everything; while rst stays, clear_at must have gone through its sixteen values
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
    parameter integer PARAM_DEPTH  = 512,
    parameter integer WINDOWS      = 1,
    parameter integer ENGINES      = 3    // 4: with MAP
) (
    input  wire              clk,
    input  wire              rst,
    input  wire [3:0]        clear_at,     // counts through all its values while rst

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
    output wire [4:0]        completed,    // modulo 32
    output wire              busy,
    output wire              pending,      // a doorbell is on its way to being busy
    output wire              started,      // pulse: idle ended
    output wire [1:0]        marks,        // marked commands completed in the cycle before
    output wire [3:0]        engine_busy,  // LOAD, EXEC, STORE, MAP
    output wire [3:0]        engine_waits, // its next command waits for tokens, or for the commands before it
    output wire              err_valid,    // the record stands
    output wire [7:0]        err_code,
    output wire [2:0]        err_unit,
    output wire [31:0]       err_tag,
    output wire              err_no_tag,   // it is 0
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

    // engines: LOAD, EXEC, STORE, MAP
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
    output wire [415:0]      ex_cmd,       // words 0 .. 12
    input  wire              ex_done,
    input  wire              ex_fail,
    input  wire [7:0]        ex_code,
    input  wire [47:0]       ex_addr,
    input  wire [31:0]       ex_index,
    output wire              st_valid,
    input  wire              st_ready,
    output wire [415:0]      st_cmd,
    input  wire              st_done,
    input  wire              st_fail,
    input  wire [7:0]        st_code,
    input  wire [ADDR_W-1:0] st_addr,
    output wire              mp_valid,
    input  wire              mp_ready,
    output wire [383:0]      mp_cmd,       // words 2 .. 13
    input  wire              mp_done,
    input  wire              mp_fail,
    input  wire [7:0]        mp_code,
    input  wire [47:0]       mp_addr,
    input  wire [31:0]       mp_index
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
`include "lac_bus_code.vh"
    localparam integer PER     = 512 / LINE_W;     // lines of a command
    localparam integer FETCH   = 4;                // commands asked for and not yet taken up
    localparam integer R_W     = ADDR_W - 6;       // [bits] of an address that is a multiple of 64

    // ---- Ring and doorbell ------------------------------------------------------------------------------------------
    reg         bell_q;          // a doorbell is being looked at
    reg  [31:0] bell_tail_q;
    reg         ring_bad_q;      // a bad one stands behind all commands so far
    reg  [15:0] tail_q, head_q, fetch_q;
    reg         ring_ok_q, tail_ok_q;  // base, size and window; the new tail, as of the cycle before
    reg         bell2_q, bell3_q;
    reg         err_q;           // some error is known
    reg  [3:0]  load_q;          // the slots' port serves this engine
    reg         halt;            // ... or is about to be
    wire        idle;
    reg         wipe;            // register: all is quiet behind an error
    reg         d_ring_q, d_fault_q, d_window_q, d_unknown_q, d_spoilt_q;  // the dispatcher's error
    wire [R_W-1:0] ring     = ring_base[ADDR_W-1:6];
    reg  [R_W:0]   ring_end;     // these two: registers on the way to ring_ok_q
    reg            ring_begin_ok;
    wire        size_ok  = ring_size[31:16] == 16'd0 && ring_size[15:1] != 15'd0;
    wire        ring_ok  = ring_begin_ok && fetch_q < ring_size[15:0]
                        && (!ring_end[R_W] || ring_end[R_W-1:0] == {R_W{1'b0}})
                        && ((rd_limit >> ADDR_W) != 64'd0 || ring_end <= {1'b0, rd_limit[ADDR_W-1:6]});
    wire [15:0] fetch1 = fetch_q + 16'd1, head1 = head_q + 16'd1;
    reg         more_q;          // fetch_q != tail_q, a cycle late

    always @(posedge clk)
        if (rst) begin
            bell_q     <= 1'b0;
            bell2_q    <= 1'b0;
            bell3_q    <= 1'b0;
            ring_bad_q <= 1'b0;
            tail_q     <= 16'd0;
        end else begin
            bell_q  <= bell;
            bell2_q <= bell_q;
            bell3_q <= bell2_q;
            if (bell2_q && !err_q && !ring_bad_q) begin
                if (ring_ok_q && tail_ok_q) tail_q     <= bell_tail_q[15:0];
                else                        ring_bad_q <= 1'b1;
            end
        end
    always @(posedge clk) begin
        more_q        <= fetch_q != tail_q;
        ring_ok_q     <= ring_ok;
        tail_ok_q     <= bell_tail_q[31:16] == 16'd0 && bell_tail_q[15:0] < ring_size[15:0];
        ring_end      <= {1'b0, ring} + {{(R_W-15){1'b0}}, ring_size[15:0]};
        ring_begin_ok <= ring_base[5:0] == 6'd0 && (ring_base >> ADDR_W) == 64'd0 && size_ok
                      && (rd_base >> ADDR_W) == 64'd0 && {ring, 1'b0} >= {rd_base[ADDR_W-1:6], |rd_base[5:0]};
        if (wipe && !d_ring_q)        bell_tail_q <= 32'd0;
        else if (bell && !ring_bad_q) bell_tail_q <= bell_tail;
    end

    // ---- Fetch: one command a request, into a slot that is free ----------------------------------------------------------
    reg  [2:0]         credit_q;   // commands that may still be asked for
    reg  [4:0]         asked_q, low_q;
    reg                req_q;
    reg  [ADDR_W-1:0]  req_addr_q;
    wire               taken;      // a whole command is being taken up
    wire [4:0]         ahead = asked_q - low_q;
    reg                room_q;     // as of the cycle before, in which nothing was asked for: every second cycle at the most, more_q is right then
    wire               ask = more_q && !err_q && room_q && (!req_q || req_ready);
    wire [15:0]        entry = err_q ? (d_ring_q ? 16'd0 : head_q) : fetch_q;   // once nothing is fetched any more: where the error is
    wire [R_W-1:0]     entry_at = ring + {{(R_W-16){1'b0}}, entry};
    assign req_valid  = req_q;
    assign req_addr   = req_addr_q;
    assign req_lines  = PER[23:0];
    assign line_ready = 1'b1;

    always @(posedge clk)
        if (rst) begin
            req_q    <= 1'b0;
            fetch_q  <= 16'd0;
            asked_q  <= 5'd0;
            credit_q <= FETCH[2:0];
            room_q   <= 1'b0;
        end else begin
            room_q <= !ask && credit_q != 3'd0 && ahead != 5'd15;
            if (ask) begin
                req_q   <= 1'b1;
                asked_q <= asked_q + 5'd1;
                fetch_q <= fetch1 == ring_size[15:0] ? 16'd0 : fetch1;
            end else if (req_ready)
                req_q <= 1'b0;
            if (ask != taken) credit_q <= credit_q + {{2{ask}}, 1'b1};
        end
    always @(posedge clk) if (ask) req_addr_q <= {entry_at, 6'd0};

    wire [4:0]         arrived, arrived_next, fault_seq, unknown_seq, spoilt_seq;
    reg  [3:0]         at_q;
    wire [3:0]         spoilt_at;
    wire               lap, mark, skew, beyond, faulty, unknown, spoilt;
    wire [1:0]         engine;
    wire               rules;
    wire [2:0]         kind, fault_code;
    wire [ENGINES-1:0] waits, gives;
    wire [31:0]        tag, unknown_word;
    wire [63-ADDR_W:0] far_hi;
    wire [ADDR_W-1:0]  addr, fault_addr;
    wire [383:0]       words;
    lac_slots #(.LINE_W(LINE_W), .ADDR_W(ADDR_W), .WINDOWS(WINDOWS), .ENGINES(ENGINES)) u_slots (
        .clk(clk), .rst(rst), .line_valid(line_valid), .line_data(line_data), .line_fault(line_fault), .line_fault_addr(line_fault_addr),
        .arrived(arrived), .arrived_next(arrived_next), .at(at_q), .lap(lap), .engine(engine), .kind(kind), .rules(rules), .waits(waits), .gives(gives), .mark(mark), .tag(tag),
        .addr(addr), .skew(skew), .beyond(beyond), .words(words), .faulty(faulty), .fault_seq(fault_seq), .fault_code(fault_code),
        .fault_addr(fault_addr), .wipe_fault(wipe && !d_fault_q), .wipe_unknown(wipe && !d_unknown_q), .wipe_spoilt(wipe && !d_spoilt_q),
        .wipe_far(wipe && !(d_window_q && beyond_q)), .unknown(unknown), .unknown_seq(unknown_seq), .unknown_word(unknown_word),
        .spoilt(spoilt), .spoilt_seq(spoilt_seq), .spoilt_at(spoilt_at), .far_hi(far_hi)
    );

    // ---- One command: take it up, check it, hand it on -----------------------------------------------------------------------
    localparam [1:0] ST_WAIT = 2'd0, ST_CHECK = 2'd1, ST_SEND = 2'd2;
    reg  [1:0]         state_q;
    reg  [4:0]         seq_q;          // number of the next command
    wire [4:0]         seq1 = seq_q + 5'd1;
    reg  [1:0]         me_q;           // its engine: 0 LOAD, 1 EXEC, 2 STORE, 3 MAP
    reg  [ENGINES-1:0] waits_q, gives_q;
    reg                beyond_q;
    wire               check_ready;
    wire [7:0]         check_code;
    wire [ADDR_W-1:0]  check_at;
    reg                here_q;         // the next command has arrived
    always @(posedge clk) here_q <= !rst && (state_q == ST_SEND ? seq1 : seq_q) != arrived_next;
    assign taken = state_q == ST_WAIT && here_q && !err_q && !halt && load_q == 4'b0000;

    lac_check #(
        .LANES(LANES), .LINE_W(LINE_W), .ADDR_W(ADDR_W), .STORE_W(STORE_W), .WEIGHT_DEPTH(WEIGHT_DEPTH),
        .COL_DEPTH(COL_DEPTH), .ACC_DEPTH(ACC_DEPTH), .FEAT_DEPTH(FEAT_DEPTH), .PARAM_DEPTH(PARAM_DEPTH), .WINDOWS(WINDOWS), .ENGINES(ENGINES)
    ) u_check (
        .clk(clk), .start(taken), .wipe(wipe && !d_window_q), .ready(check_ready), .engine(engine), .kind(kind), .rules(rules), .addr(addr), .skew(skew), .beyond(beyond),
        .words(words[287:0]), .rd_base(rd_base), .rd_limit(rd_limit), .wr_base(wr_base), .wr_limit(wr_limit), .code(check_code), .at(check_at)
    );

    // Tokens in ring order: promised and not yet spoken for, from engine to engine. While lac_check is at work, a pair a cycle: those
    // that it takes (even steps) and that it gives (odd steps), from LOAD, EXEC, STORE; where there is a MAP, from the three that are not its own engine
    reg  [3:0]  promised [0:15];       // [4 * from + to]
    reg  [3:0]  pair_q;
    reg         token_bad_q;
    wire        pairs   = state_q == ST_CHECK && pair_q < 4'd6;
    wire [1:0]  other   = pair_q[2:1] + {1'b0, ENGINES == 4 && pair_q[2:1] >= me_q};
    wire [3:0]  pair_at = rst ? clear_at : pair_q[0] ? {me_q, other} : {other, me_q};
    wire [3:0]  promise = promised[pair_at];
    wire        speaks  = pair_q[0] ? gives_q[other] : waits_q[other];
    always @(posedge clk) begin
        pair_q <= pairs ? pair_q + 4'd1 : state_q == ST_CHECK ? pair_q : 4'd0;
        if (rst || (pairs && speaks)) promised[pair_at] <= rst ? 4'd0 : pair_q[0] ? promise + 4'd1 : promise - 4'd1;
        token_bad_q <= state_q != ST_WAIT && (token_bad_q || (pairs && speaks && promise == (pair_q[0] ? 4'd15 : 4'd0)));
    end

    reg         fault_now, unknown_now, spoilt_now;  // registers: all that lac_slots says of a command is known when it is taken up
    reg         refused_q;
    always @(posedge clk) begin
        fault_now   <= faulty && fault_seq == seq_q;
        unknown_now <= unknown && unknown_seq == seq_q;
        spoilt_now  <= spoilt && spoilt_seq == seq_q;
        refused_q   <= fault_now || unknown_now || spoilt_now || check_code != `LAC_ERR_NONE || token_bad_q;
    end
    wire        send      = state_q == ST_SEND && !err_q && !refused_q;
    wire [3:0]  push      = {4{send}} & {me_q == 2'd3, me_q == 2'd2, me_q == 2'd1, me_q == 2'd0};
    always @(posedge clk)
        if (rst) begin
            state_q <= ST_WAIT;
            seq_q   <= 5'd0;
            head_q  <= 16'd0;
        end else
            case (state_q)
                ST_WAIT:  if (taken) state_q <= ST_CHECK;              // waits for a command's last line
                ST_CHECK: if (err_q) state_q <= ST_WAIT;               // waits for lac_check
                          else if (check_ready) state_q <= ST_SEND;
                default: begin                                         // ST_SEND: sent, or its error is recorded
                    state_q <= ST_WAIT;
                    if (send) begin
                        seq_q  <= seq1;
                        head_q <= head1 == ring_size[15:0] ? 16'd0 : head1;
                    end
                end
            endcase
    always @(posedge clk) if (taken) {me_q, waits_q, gives_q, beyond_q} <= {engine, waits, gives, beyond};

    // ---- Tokens, really given and taken: at most fifteen promised, and those of the sixteen slots ----------------------------------------
    wire [ENGINES-1:0] take [0:ENGINES-1];
    wire [ENGINES-1:0] give [0:ENGINES-1];
    wire [ENGINES-1:0] have [0:ENGINES-1];
    genvar g, h;
    generate
        for (g = 0; g < ENGINES; g = g + 1) begin : g_from
            for (h = 0; h < ENGINES; h = h + 1) begin : g_to
                if (g == h) begin : g_none
                    assign have[h][g] = 1'b0;
                end else begin : g_pair
                    reg  [4:0] token_q;
                    wire       up   = give[g][h];
                    wire       down = take[h][g];
                    reg        have_one_q;       // token_q != 0
                    assign have[h][g] = have_one_q;
                    always @(posedge clk)
                        if (rst) {have_one_q, token_q} <= 6'd0;
                        else if (up != down) begin
                            token_q    <= token_q + {{4{down}}, 1'b1};
                            have_one_q <= up || token_q != 5'd1;
                        end
                end
            end
        end
    endgenerate

    // ---- The queues, and the port on the slots ----------------------------------------------------------------------------------------
    wire [3:0]  old_valid, done_mark, need, fill, head_new;
    wire [19:0] old_seq, first_seq;
    wire [15:0] slot;
    reg  [4:0]  err_seq_q;
    reg         have_q;                // it is right
    wire [3:0]  cready = {mp_ready, st_ready, ex_ready, ld_ready};
    wire [3:0]  done  = {ENGINES == 4 && mp_done, st_done, ex_done, ld_done};
    wire [3:0]  fail  = {mp_fail, st_fail, ex_fail, ld_fail};
    wire [3:0]  new_err = done & fail;
    // the port is asked a cycle ahead, never for the cycle of a send; a command that is to be taken up waits
    wire        send_next = state_q == ST_CHECK && check_ready;
    wire [3:0]  ask_for = need & ~load_q;
    wire [3:0]  want = send_next ? 4'b0000 : ask_for;
    always @(posedge clk) begin
        load_q <= rst ? 4'b0000 : want & ~{want[2] || want[1] || want[0], want[1] || want[0], want[0], 1'b0};
        if (!send_next && ask_for != 4'd0) at_q <= ask_for[0] ? slot[3:0] : ask_for[1] ? slot[7:4] : ask_for[2] ? slot[11:8] : slot[15:12];
        else                               at_q <= err_q ? err_seq_q[3:0] : state_q == ST_SEND ? seq1[3:0] : seq_q[3:0];
    end
    // STORE, MAP: nothing before it may be under way. Looked at a cycle late, so a new head waits for a cycle
    wire [4:0]  gap_ld = old_seq[4:0]  - first_seq[14:10];
    wire [4:0]  gap_ex = old_seq[9:5]  - first_seq[14:10];
    wire [4:0]  gap_er = err_seq_q     - first_seq[14:10];
    wire [4:0]  gap_mp = old_seq[19:15] - first_seq[14:10];
    wire [4:0]  pag_ld = old_seq[4:0]   - first_seq[19:15];
    wire [4:0]  pag_ex = old_seq[9:5]   - first_seq[19:15];
    wire [4:0]  pag_st = old_seq[14:10] - first_seq[19:15];
    wire [4:0]  pag_er = err_seq_q      - first_seq[19:15];
    wire        st_held = (old_valid[0] && gap_ld[4]) || (old_valid[1] && gap_ex[4]) || (old_valid[3] && gap_mp[4]) || (err_q && gap_er[4]);
    wire        mp_held = (old_valid[0] && pag_ld[4]) || (old_valid[1] && pag_ex[4]) || (old_valid[2] && pag_st[4]) || (err_q && pag_er[4]);
    reg         st_held_q, mp_held_q;
    always @(posedge clk) {mp_held_q, st_held_q} <= {mp_held || halt, st_held || halt};
    wire [3:0]  cmd_valid;
    assign {mp_valid, st_valid, ex_valid, ld_valid} = cmd_valid;
    generate
        if (ENGINES == 3) begin : g_none
            assign {old_valid[3], done_mark[3], need[3], fill[3], head_new[3], old_seq[19:15], first_seq[19:15], slot[15:12]} = 19'd0;
            assign {cmd_valid[3], engine_busy[3], engine_waits[3]} = 3'd0;
        end
        for (g = 0; g < ENGINES; g = g + 1) begin : g_queue
            wire held = held_q || (g == 2 && (st_held_q || head_new[2])) || (g == 3 && (mp_held_q || head_new[3]));
            lac_queue #(.FLIGHT(2), .ENGINES(ENGINES)) u_queue (
                .clk(clk), .rst(rst), .push(push[g]), .push_seq(seq_q), .push_gives(gives_q), .push_mark(mark),
                .need_slot(need[g]), .slot(slot[4*g +: 4]), .load(load_q[g]), .fill(fill[g]),
                .slot_lap(lap), .slot_at(at_q), .slot_waits(waits),
                .tokens(have[g]), .take(take[g]), .give(give[g]), .held(held),
                .oldest_valid(old_valid[g]), .oldest_seq(old_seq[5*g +: 5]), .head_seq(first_seq[5*g +: 5]), .head_new(head_new[g]),
                .busy(engine_busy[g]), .waits(engine_waits[g]), .mark(done_mark[g]),
                .cmd_valid(cmd_valid[g]), .cmd_ready(cready[g]), .done(done[g]), .fail(fail[g]),
                .err_valid(have_q), .err_seq(err_seq_q)
            );
        end
    endgenerate

    // the engines' commands, in the places of their words
    reg  [ADDR_W-1:0] ld_addr_q, st_addr_q;
    reg  [3:0]        ld_kind_q;
    reg  [127:0]      ld_words_q;
    localparam integer EX_W = ENGINES == 4 ? 353 : 224;
    wire [352:0]      ex_words = {rules, words[351:0]};
    wire [352:0]      ex_kept  = {{(353-EX_W){1'b0}}, ex_words_q};
    reg  [EX_W-1:0]   ex_words_q;
    reg  [287:0]      st_words_q;
    reg  [383:0]      mp_words_q;
    wire [63:0]       ld_addr64 = {{(64-ADDR_W){1'b0}}, ld_addr_q};
    wire [63:0]       st_addr64 = {{(64-ADDR_W){1'b0}}, st_addr_q};
    always @(posedge clk) begin
        if (fill[0]) {ld_kind_q, ld_addr_q, ld_words_q} <= {1'b0, kind, addr, words[127:0]};
        if (fill[1]) ex_words_q <= ex_words[EX_W-1:0];
        if (fill[2]) {st_addr_q, st_words_q} <= {addr, words[287:0]};
        if (fill[3]) mp_words_q <= words;
    end
    assign ld_cmd = {ld_words_q, ld_addr64, 32'd0, 24'd0, ld_kind_q, 4'd1};
    assign ex_cmd = {ex_kept[351:0], 32'd0, 24'd0, 3'd0, ex_kept[352], 4'd2};
    assign st_cmd = {st_words_q, st_addr64, 32'd0, 24'd0, 8'd3};
    assign mp_cmd = mp_words_q;

    // ---- The lowest error ------------------------------------------------------------------------------------------------------------
    // An engine's first error, and the dispatcher's own, wait for their turn: one a cycle is picked, and compared with the lowest so far in the
    // next. Nothing starts until the queues have looked at the outcome. What each says of its error is kept beside; what has not won in the end is wiped, so that the record is the or of all.
    reg         fetch_idle_q, ring_now_q;  // a cycle late: neither ends by itself, and more_q is there before a fetch begins
    always @(posedge clk) begin
        fetch_idle_q <= state_q == ST_WAIT && asked_q == arrived && (err_q || seq_q == arrived) && !req_q;
        ring_now_q   <= ring_bad_q && fetch_idle_q && !more_q;
    end
    reg  [4:0]  todo_q;                // LOAD, EXEC, STORE, MAP, dispatcher
    reg         turn_valid_q;          // one has been picked
    reg  [2:0]  turn_q;
    reg  [4:0]  turn_seq_q;
    reg         held_q;                // halt, or it was in the cycle before
    reg  [3:0]  failed_q;
    reg  [19:0] fail_seq_q;
    reg         final_q;
    reg  [2:0]  unit_q;                // 0 dispatcher, 1 LOAD, 2 EXEC, 3 STORE, 4 MAP
    wire        d_err    = !err_q && !todo_q[4] && ((state_q == ST_SEND && refused_q) || ring_now_q);
    wire [3:0]  first_err = new_err & ~failed_q;
    wire        halt_next = d_err || first_err != 4'd0 || todo_q != 5'd0;
    wire [2:0]  turn     = todo_q[0] ? 3'd1 : todo_q[1] ? 3'd2 : todo_q[2] ? 3'd3 : todo_q[3] ? 3'd4 : 3'd0;
    wire [4:0]  turn_seq = todo_q[0] ? fail_seq_q[4:0] : todo_q[1] ? fail_seq_q[9:5] : todo_q[2] ? fail_seq_q[14:10] : todo_q[3] ? fail_seq_q[19:15] : seq_q;
    wire [4:0]  lower    = turn_seq_q - err_seq_q;
    integer     e;
    always @(posedge clk) begin
        for (e = 0; e < 4; e = e + 1) if (first_err[e]) fail_seq_q[5*e +: 5] <= old_seq[5*e +: 5];
        if (rst) begin
            todo_q   <= 5'd0;
            failed_q <= 4'd0;
            err_q    <= 1'b0;
            have_q   <= 1'b0;
            halt     <= 1'b0;
            held_q   <= 1'b0;
        end else begin
            halt     <= halt_next;           // todo_q != 0 || turn_valid_q
            held_q   <= halt_next || halt;
            todo_q   <= {d_err || (todo_q[4] && turn != 3'd0), first_err[3] || (todo_q[3] && turn != 3'd4), first_err[2] || (todo_q[2] && turn != 3'd3),
                         first_err[1] || (todo_q[1] && turn != 3'd2), first_err[0]};
            failed_q <= failed_q | new_err;
            err_q    <= err_q || todo_q != 5'd0;
            have_q   <= have_q || turn_valid_q;
        end
        turn_valid_q <= todo_q != 5'd0;
        turn_q       <= turn;
        turn_seq_q   <= turn_seq;
        if (turn_valid_q && (!have_q || lower[4])) {err_seq_q, unit_q} <= {turn_seq_q, turn_q};
    end

    reg  [7:0]        ld_code_q, ex_code_q, st_code_q, mp_code_q, d_code_q;
    reg  [ADDR_W-1:0] ld_at_q, st_at_q, d_at_q;
    reg  [47:0]       ex_at_q, mp_at_q;
    reg  [31:0]       ld_index_q, ex_index_q, mp_index_q;
    reg  [63-ADDR_W:0] d_hi_q;
    always @(posedge clk) begin
        wipe <= !rst && err_q && idle;
        if (wipe && unit_q != 3'd1) {ld_code_q, ld_at_q, ld_index_q} <= {(40+ADDR_W){1'b0}};
        else if (first_err[0])      {ld_code_q, ld_at_q, ld_index_q} <= {ld_code, ld_addr, ld_index};
        if (wipe && unit_q != 3'd2) {ex_code_q, ex_at_q, ex_index_q} <= 88'd0;
        else if (first_err[1])      {ex_code_q, ex_at_q, ex_index_q} <= {ex_code, ex_addr, ex_index};
        if (wipe && unit_q != 3'd3) {st_code_q, st_at_q} <= {(8+ADDR_W){1'b0}};
        else if (first_err[2])      {st_code_q, st_at_q} <= {st_code, st_addr};
        if (wipe && unit_q != 3'd4) {mp_code_q, mp_at_q, mp_index_q} <= 88'd0;
        else if (first_err[3])      {mp_code_q, mp_at_q, mp_index_q} <= {mp_code, mp_addr, mp_index};
        if (wipe && unit_q != 3'd0) begin
            {d_ring_q, d_fault_q, d_window_q, d_unknown_q, d_spoilt_q} <= 5'd0;
            d_code_q <= `LAC_ERR_NONE;
        end else if (d_err) begin
            d_ring_q   <= ring_now_q;
            d_fault_q  <= !ring_now_q && fault_now;
            d_unknown_q <= !ring_now_q && !fault_now && unknown_now;
            d_spoilt_q  <= !ring_now_q && !fault_now && !unknown_now && spoilt_now;
            d_window_q <= !ring_now_q && !fault_now && !unknown_now && !spoilt_now && check_code == `LAC_ERR_WINDOW;
            d_code_q   <= ring_now_q ? `LAC_ERR_RING : fault_now ? bus_code(fault_code) : unknown_now ? `LAC_ERR_OPCODE : spoilt_now ? `LAC_ERR_RESERVED
                        : check_code != `LAC_ERR_NONE ? check_code : `LAC_ERR_TOKEN;
        end
        // the entry of the ring, or the ring
        if (wipe && (unit_q != 3'd0 || d_fault_q || d_window_q)) d_at_q <= {ADDR_W{1'b0}};
        else if (!final_q)                                       d_at_q <= {entry_at, ring_base[5:0]};
        if (wipe && (unit_q != 3'd0 || !d_ring_q)) d_hi_q <= {(64-ADDR_W){1'b0}};
        else if (!final_q)                         d_hi_q <= ring_base[63:ADDR_W];
    end
    wire [ADDR_W-1:0] err_at = ld_at_q | st_at_q | d_at_q | fault_addr | check_at;
    assign err_code  = ld_code_q | ex_code_q | st_code_q | mp_code_q | d_code_q;
    assign err_unit  = unit_q;
    assign err_tag   = tag;    // at_q stands on its slot
    assign err_no_tag = d_ring_q || d_fault_q;
    assign err_addr  = {d_hi_q | far_hi, err_at} | {16'd0, ex_at_q | mp_at_q};
    assign err_index = ld_index_q | ex_index_q | mp_index_q | unknown_word | {28'd0, spoilt_at} | bell_tail_q;

    // ---- Idle, progress -----------------------------------------------------------------------------------------------------------------
    assign idle = fetch_idle_q && (err_q || (!more_q && !ring_bad_q)) && old_valid == 4'b0000 && !bell_q && !bell2_q && !bell3_q && new_err == 4'b0000 && !halt;
    reg         busy_q;
    reg  [1:0]  marks_q;
    always @(posedge clk) marks_q <= {1'b0, done_mark[0]} + {1'b0, done_mark[1]} + {1'b0, done_mark[2]} + {1'b0, done_mark[3]};  // of STORE and MAP one at a time
    // the oldest that has not completed: of two engines, of STORE, of MAP, of all
    reg  [4:0]  low1_q, low2_q, low3_q;
    wire [4:0]  next_seq = err_q ? err_seq_q : seq_q;
    wire [4:0]  diff1 = old_seq[9:5] - old_seq[4:0], diff2 = old_seq[14:10] - next_seq, diff = low2_q - low1_q;
    wire [4:0]  diff3 = old_seq[19:15] - next_seq, diff13 = low3_q - low1_q, diff23 = low3_q - low2_q;
    wire        ex_low = old_valid[1] && (!old_valid[0] || diff1[4]);
    always @(posedge clk)
        if (rst) begin
            busy_q  <= 1'b0;
            final_q <= 1'b0;
            low_q   <= 5'd0;
            low1_q  <= 5'd0;
            low2_q  <= 5'd0;
            low3_q  <= 5'd0;
        end else begin
            busy_q  <= busy_q ? !(err_q ? wipe : idle) : started;
            final_q <= final_q || wipe;
            if (!halt) begin            // an error on its way counts as not completed
                low1_q <= ex_low ? old_seq[9:5] : old_valid[0] ? old_seq[4:0] : next_seq;
                low2_q <= old_valid[2] && diff2[4] ? old_seq[14:10] : next_seq;
                low3_q <= old_valid[3] && diff3[4] ? old_seq[19:15] : next_seq;
                low_q  <= ENGINES == 4 && (diff[4] ? diff23[4] : diff13[4]) ? low3_q : diff[4] ? low2_q : low1_q;
            end
        end

    assign head      = head_q;
    assign tail      = tail_q;
    assign completed = low_q;
    assign busy      = busy_q;
    assign pending   = bell_q || bell2_q || bell3_q || started;
    assign started   = !busy_q && (more_q || ring_bad_q) && !final_q && !err_q;
    assign marks     = marks_q;
    assign err_valid = final_q;

    wire unused_ok = &{1'b0, words, ex_words, lower, gap_ld, gap_ex, gap_er, gap_mp, pag_ld, pag_ex, pag_st, pag_er, diff1, diff2, diff3, diff, diff13, diff23, first_seq,
                       head_new, load_q, push, cready, mp_done, mp_held_q};

endmodule
`default_nettype wire
