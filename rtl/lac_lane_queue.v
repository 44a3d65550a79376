// SPDX-License-Identifier: Apache-2.0
//
// lac_lane_queue - a lane's item queue: two readers, each at its own place
//
//              +--> columns  --> the fetch, which runs ahead
//   item ----->|
//              +--> operands --> the multiplier, an item behind the other
//
//   Function   each half is a queue of its own; both take an item at the same time, so they share the place to write
//   Handshake  push while there is room (`almost_full` stops the sender in time), pop only while valid
//   Timing     an item pushed now is visible in the next cycle; almost_full is a register: the operand half held at
//              least AFULL items a cycle ago
//   Storage    distributed RAM (asynchronous read)
//   Reset      empties it
`default_nettype none

module lac_lane_queue #(
    parameter integer COL_W  = 11,  // [bits]
    parameter integer OP_W   = 78,  // [bits]
    parameter integer PLACES = 32,  // [items] more than AFULL
    parameter integer AFULL  = 24   // [items]
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             push,
    input  wire [COL_W-1:0] in_col,
    input  wire [OP_W-1:0]  in_op,
    output wire             almost_full,

    output wire             col_valid,
    output wire [COL_W-1:0] col,
    input  wire             col_pop,
    output wire             op_valid,
    output wire [OP_W-1:0]  op,
    input  wire             op_pop
);

`include "lac_clog2.vh"
    // Places are a power of two, so that pointers wrap by themselves; a bit more tells full from empty.
    localparam integer     AW     = clog2(PLACES);
    localparam integer     SIZE   = 1 << AW;
    localparam [AW:0]      MARK   = AFULL[AW:0];

    reg  [COL_W-1:0] cols [0:SIZE-1];
    reg  [OP_W-1:0]  ops  [0:SIZE-1];
    reg  [AW:0]      wr_q, col_q, op_q;
    reg              almost_q;
    wire [AW:0]      level = wr_q - op_q;

    always @(posedge clk)
        if (push) begin
            cols[wr_q[AW-1:0]] <= in_col;
            ops[wr_q[AW-1:0]]  <= in_op;
        end

    always @(posedge clk)
        if (rst) begin
            wr_q     <= {(AW+1){1'b0}};
            col_q    <= {(AW+1){1'b0}};
            op_q     <= {(AW+1){1'b0}};
            almost_q <= 1'b0;
        end else begin
            wr_q     <= wr_q + {{AW{1'b0}}, push};
            col_q    <= col_q + {{AW{1'b0}}, col_pop};
            op_q     <= op_q + {{AW{1'b0}}, op_pop};
            almost_q <= level >= MARK;
        end

    assign col_valid   = col_q != wr_q;
    assign op_valid    = op_q != wr_q;
    assign col         = cols[col_q[AW-1:0]];
    assign op          = ops[op_q[AW-1:0]];
    assign almost_full = almost_q;

endmodule
`default_nettype wire
