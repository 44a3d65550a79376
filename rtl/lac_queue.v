// SPDX-License-Identifier: Apache-2.0
//
// lac_queue - what stands between the dispatcher and one engine: commands waiting, tokens, commands in flight
//
//   dispatch --> [ waiting ] --tokens, order--> engine --> [ in flight: who it was ] --done--> tokens, marks, errors
//
//   Function   starts the oldest waiting command when the tokens it waits for are there (`held` low: and nothing
//              else forbids it), takes those tokens, and on its completion gives the tokens it promises
//   Errors     a command behind the recorded error (in ring order) that has not started is dropped without effect
//   Order      `oldest` is the first command, waiting or in flight, that has not completed
//   Reset      empties everything
`default_nettype none

module lac_queue #(
    parameter integer W        = 320,  // [bits] of a command that the engine looks at, from word 0 on
    parameter integer ADDR_W   = 32,
    parameter integer DEPTH    = 4,    // [commands] waiting
    parameter integer FLIGHT   = 2     // [commands] in flight at the most
) (
    input  wire              clk,
    input  wire              rst,

    input  wire              push,
    output wire              push_ready,
    input  wire [W-1:0]      push_cmd,
    input  wire [31:0]       push_seq,

    input  wire [2:0]        tokens,      // there is one from LOAD, EXEC, STORE
    output wire [2:0]        take,
    output wire [2:0]        give,        // to LOAD, EXEC, STORE
    input  wire              held,
    output wire              oldest_valid,
    output wire [31:0]       oldest_seq,
    output wire              head_valid,
    output wire [31:0]       head_seq,
    output wire              busy,        // the engine has a command
    output wire              waits,       // a command waits for tokens, or is held
    output wire              mark,        // a marked command completed

    output wire              cmd_valid,
    input  wire              cmd_ready,
    output wire [W-1:0]      cmd,
    input  wire              done,
    input  wire              fail,
    input  wire [7:0]        fail_code,
    input  wire [ADDR_W-1:0] fail_addr,
    input  wire [31:0]       fail_index,

    input  wire              err_valid,   // the lowest error so far
    input  wire [31:0]       err_seq,
    output wire              new_err,     // this engine adds one
    output wire [31:0]       new_seq,
    output wire [31:0]       new_tag,
    output wire [7:0]        new_code,
    output wire [ADDR_W-1:0] new_addr,
    output wire [31:0]       new_index
);

`include "lac_regs.vh"
    wire [3:0]   unused_level, unused_level2;
    wire         w_valid, f_valid, f_ready;
    wire [W-1:0] w_cmd;
    wire [31:0]  w_seq;
    wire         start, drop;

    lac_fifo #(.W(W + 32), .DEPTH(DEPTH), .LEVEL_W(4)) u_waiting (
        .clk(clk), .rst(rst), .push(push), .in_data({push_seq, push_cmd}), .in_ready(push_ready),
        .out_valid(w_valid), .out_data({w_seq, w_cmd}), .pop(start || drop), .level(unused_level)
    );

    wire [31:0] behind = err_seq - w_seq;  // negative: this command is behind the error
    wire [2:0]  need   = w_cmd[`LAC_F_ANY_WAIT];
    wire        ready  = w_valid && !held && (need & ~tokens) == 3'd0 && f_ready;
    assign drop      = w_valid && err_valid && behind[31];
    assign cmd_valid = ready && !drop;
    assign cmd       = w_cmd;
    assign start     = cmd_valid && cmd_ready;
    assign take      = start ? need : 3'd0;

    wire [31:0] f_seq, f_tag;
    wire [2:0]  f_give;
    wire        f_mark;
    lac_fifo #(.W(68), .DEPTH(FLIGHT), .LEVEL_W(4)) u_flight (
        .clk(clk), .rst(rst), .push(start),
        .in_data({w_cmd[`LAC_F_ANY_MARK], w_cmd[`LAC_F_ANY_SIGNAL], w_cmd[`LAC_F_ANY_TAG], w_seq}), .in_ready(f_ready),
        .out_valid(f_valid), .out_data({f_mark, f_give, f_tag, f_seq}), .pop(done), .level(unused_level2)
    );

    assign give         = (done && !fail) ? f_give : 3'd0;
    assign mark         = done && !fail && f_mark;
    assign new_err      = done && fail;
    assign new_seq      = f_seq;
    assign new_tag      = f_tag;
    assign new_code     = fail_code;
    assign new_addr     = fail_addr;
    assign new_index    = fail_index;
    assign head_valid   = w_valid;
    assign head_seq     = w_seq;
    assign oldest_valid = f_valid || w_valid;
    assign oldest_seq   = f_valid ? f_seq : w_seq;
    assign busy         = f_valid;
    assign waits        = w_valid && !ready;

    wire unused_ok = &{1'b0, behind};

endmodule
`default_nettype wire
