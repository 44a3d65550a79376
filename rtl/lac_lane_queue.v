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
            if (push)    wr_q  <= wr_q + 1'b1;  // as enables: pushes and pops come late in the cycle
            if (col_pop) col_q <= col_q + 1'b1;
            if (op_pop)  op_q  <= op_q + 1'b1;
            almost_q <= level >= MARK;
        end

    assign col_valid   = col_q != wr_q;
    assign op_valid    = op_q != wr_q;
    assign col         = cols[col_q[AW-1:0]];
    assign op          = ops[op_q[AW-1:0]];
    assign almost_full = almost_q;

`ifdef FORMAL_LAC_LANE_QUEUE  // `make formal` proves these by induction
    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @(*) if (!f_past) assume (rst);
    wire [AW:0] f_cols = wr_q - col_q, f_ops = level;  // items in either half
    localparam [AW:0] FULL = SIZE[AW:0];
    always @(*) begin  // A1 the user keeps to the handshake
        assume (!push || (f_cols != FULL && f_ops != FULL));
        assume (!col_pop || col_valid);
        assume (!op_pop || op_valid);
    end

    // Item number f_pick of those pushed is followed to both exits; the numbers wrap
    (* anyconst *) reg [AW:0] f_pick;
    reg  [COL_W-1:0] f_col;
    reg  [OP_W-1:0]  f_op;
    reg  [AW:0]      f_level;                          // operands inside, a cycle ago
    wire [AW:0]      f_col_ahead = f_pick - col_q, f_op_ahead = f_pick - op_q;
    always @(posedge clk) begin
        f_level <= rst ? {(AW+1){1'b0}} : f_ops;
        if (push && wr_q == f_pick) {f_col, f_op} <= {in_col, in_op};
    end

    always @(*) if (f_past) begin
        // P1 never more inside than there are places   P2 items leave as they came, in order, each half by itself
        assert (f_cols <= FULL && f_ops <= FULL);
        if (f_col_ahead < f_cols)          assert (cols[f_pick[AW-1:0]] == f_col);
        if (f_op_ahead < f_ops)            assert (ops[f_pick[AW-1:0]] == f_op);
        if (f_pick == col_q && col_valid)  assert (col == f_col);
        if (f_pick == op_q && op_valid)    assert (op == f_op);
        // P3 empty is told, and almost full a cycle late
        assert (col_valid == (f_cols != 0) && op_valid == (f_ops != 0));
        assert (almost_full == (f_level >= MARK));
    end
`endif

endmodule
`default_nettype wire
