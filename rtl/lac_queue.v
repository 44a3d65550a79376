// SPDX-License-Identifier: Apache-2.0
//
// lac_queue - what stands between the dispatcher and one engine: commands waiting, tokens, commands in flight
//
//   dispatch --> [ numbers: waiting ] --> [ head ] --tokens, order--> engine --> [ numbers: in flight ] --done--> tokens, marks, errors
//
//   Function   starts the oldest waiting command when the tokens it waits for are there (`held` low: and nothing
//              else forbids it), takes those tokens, and on its completion gives the tokens it promises
//   Storage    only numbers: a command stands in its slot of lac_slots until it is read into the head. The slots have one
//              read port; `need_slot` asks for it, `load` grants it and brings the command at the same time
//   Timing     a command whose push finds the head empty and nobody waiting is the head in the next cycle; another is read into the head
//              in the two cycles behind the start of the one before: in the first of them the engine's command register holds still
//   Errors     commands behind the recorded error (in ring order) that have not started are dropped without effect. Of which kind a head is
//              is known a cycle behind its arrival, and behind a change of the error; the latter `held` bridges
//   Order      `oldest` is the first command, waiting or in flight, that has not completed
//   Reset      empties everything
`default_nettype none

module lac_queue #(
    parameter integer FLIGHT  = 2,   // [commands] in flight at the most
    parameter integer ENGINES = 3    // that tokens come from and go to
) (
    input  wire        clk,
    input  wire        rst,

    input  wire        push,          // the slot port shows this command
    input  wire [4:0]  push_seq,
    input  wire [ENGINES-1:0] push_gives,
    input  wire        push_mark,

    output wire        need_slot,
    output wire [3:0]  slot,
    input  wire        load,          // the slot port shows `slot`
    output wire        fill,          // the engine's command register takes what the port shows
    input  wire        slot_lap,
    input  wire [3:0]  slot_at,
    input  wire [ENGINES-1:0] slot_waits,

    input  wire [ENGINES-1:0] tokens, // there is one from LOAD, EXEC, STORE, MAP
    output wire [ENGINES-1:0] take,
    output wire [ENGINES-1:0] give,   // to LOAD, EXEC, STORE, MAP
    input  wire        held,
    output wire        oldest_valid,
    output wire [4:0]  oldest_seq,
    output wire [4:0]  head_seq,
    output wire        head_new,      // the head came a cycle ago
    output wire        busy,          // the engine has a command
    output wire        waits,         // a command waits for tokens, or is held
    output wire        mark,          // a marked command completed

    output wire        cmd_valid,
    input  wire        cmd_ready,
    input  wire        done,
    input  wire        fail,

    input  wire        err_valid,     // the lowest error so far
    input  wire [4:0]  err_seq
);

    localparam integer FLIGHT1 = FLIGHT - 1;
    localparam [ENGINES-1:0] NONE = {ENGINES{1'b0}};

    // ---- Numbers: a ring of all that has not completed, oldest first -----------------------------------------------------------
    reg  [5+ENGINES:0] ring [0:15];
    reg  [3:0] wr_q, next_q, done_q;  // push; the head, or what is to fill it; oldest
    reg        head_q;
    wire       empty = next_q == wr_q;
    wire       drop;
    assign need_slot = !head_q && !empty;
    assign slot      = ring[next_q][3:0];
    assign fill      = load || (push && !head_q && empty);
    always @(posedge clk) if (push) ring[wr_q] <= {push_mark, push_gives, push_seq};

    // ---- The head -----------------------------------------------------------------------------------------------------------------
    reg  [4:0] head_seq_q;
    reg  [ENGINES-1:0] need_q;
    reg  [1:0] flight_q;
    wire [4:0] behind = err_seq - head_seq_q;  // negative: this command is behind the error
    reg        bar_q, seen_q;    // a cycle late: an error forbids the head, or it has not been looked at; it was there
    reg        full_q;           // flight_q == FLIGHT
    wire       ready  = head_q && !held && (need_q & ~tokens) == NONE && !full_q;
    wire       start  = cmd_valid && cmd_ready;
    assign drop      = head_q && seen_q && bar_q;
    assign cmd_valid = ready && !bar_q;
    always @(posedge clk) {seen_q, bar_q} <= {head_q, err_valid && (!head_q || behind[4])};
    reg  [ENGINES-1:0] take_q;   // a cycle later: the next head comes no earlier than that
    assign take      = take_q;

    always @(posedge clk)
        if (rst) begin
            wr_q     <= 4'd0;
            next_q   <= 4'd0;
            done_q   <= 4'd0;
            head_q   <= 1'b0;
            flight_q <= 2'd0;
            full_q   <= 1'b0;
            take_q   <= NONE;
        end else begin
            take_q <= start ? need_q : NONE;
            if (drop)       wr_q   <= next_q;          // with all that stands behind it
            else if (push)  wr_q   <= wr_q + 4'd1;
            if (start)      next_q <= next_q + 4'd1;
            if (done) done_q <= done_q + 4'd1;
            head_q   <= fill || (head_q && !start && !drop);
            if (start != done) begin
                flight_q <= flight_q + {done, 1'b1};
                full_q   <= start && flight_q == FLIGHT1[1:0];
            end
        end
    always @(posedge clk) if (fill) {head_seq_q, need_q} <= {slot_lap, slot_at, slot_waits};

    wire [ENGINES-1:0] gives;
    wire       marked;
    assign {marked, gives, oldest_seq} = ring[done_q];
    assign oldest_valid = done_q != wr_q;
    assign head_seq     = head_seq_q;
    assign give         = (done && !fail) ? gives : NONE;
    assign mark         = done && !fail && marked;
    assign busy         = flight_q != 2'd0;
    assign head_new     = !seen_q;
    assign waits        = head_q && !ready;

    wire unused_ok = &{1'b0, behind};

endmodule
`default_nettype wire
