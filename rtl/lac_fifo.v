// SPDX-License-Identifier: Apache-2.0
//
// lac_fifo - a small queue whose head is visible (first word falls through)
//
//   Function   out_data is the oldest word while out_valid; pop removes it
//   Handshake  push only while in_ready, pop only while out_valid (proved for us by the users, assumed here)
//   Timing     a word pushed now is visible in the next cycle; `level` counts the words inside
//   Storage    distributed RAM (asynchronous read): keep W * DEPTH small
//   Reset      empties it; the words themselves are not reset
`default_nettype none

module lac_fifo #(
    parameter integer W       = 8,  // [bits]
    parameter integer DEPTH   = 4,  // [words] 2 .. 2^LEVEL_W - 1
    parameter integer LEVEL_W = 3   // [bits]
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               push,
    input  wire [W-1:0]       in_data,
    output wire               in_ready,
    output wire               out_valid,
    output wire [W-1:0]       out_data,
    input  wire               pop,
    output wire [LEVEL_W-1:0] level
);

`include "lac_clog2.vh"
    localparam integer       PTR_W  = clog2(DEPTH);
    localparam integer       LAST_I = DEPTH - 1;
    localparam [PTR_W-1:0]   LAST   = LAST_I[PTR_W-1:0];
    localparam [LEVEL_W-1:0] FULL   = DEPTH[LEVEL_W-1:0];

    reg [W-1:0]       mem [0:DEPTH-1];
    reg [PTR_W-1:0]   rd_q, wr_q;
    reg [LEVEL_W-1:0] level_q;

    assign in_ready  = level_q != FULL;
    assign out_valid = level_q != 0;
    assign out_data  = mem[rd_q];
    assign level     = level_q;

    always @(posedge clk) if (push) mem[wr_q] <= in_data;

    always @(posedge clk)
        if (rst) begin
            rd_q    <= 0;
            wr_q    <= 0;
            level_q <= 0;
        end else begin
            if (push) wr_q <= (wr_q == LAST) ? {PTR_W{1'b0}} : wr_q + 1'b1;
            if (pop)  rd_q <= (rd_q == LAST) ? {PTR_W{1'b0}} : rd_q + 1'b1;
            if (push != pop) level_q <= level_q + {{(LEVEL_W-1){pop}}, 1'b1};  // one more, or one less
        end

`ifdef FORMAL
`ifdef FORMAL_LAC_FIFO  // `make formal` proves these by induction
    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @(*) if (!f_past) assume (rst);
    always @(*) begin  // A1 the user keeps to the handshake
        assume (!push || in_ready);
        assume (!pop || out_valid);
    end

    // Word number f_pick of those pushed is followed to the exit; the numbers wrap
    localparam integer F_W = LEVEL_W + 1;
    (* anyconst *) reg [F_W-1:0] f_pick;
    reg [F_W-1:0]  f_in, f_out;  // words pushed, words popped
    reg [W-1:0]    f_word;
    wire [F_W-1:0] f_ahead = f_pick - f_out;  // words in front of it
    wire [F_W-1:0] f_slot  = {{(F_W - PTR_W){1'b0}}, rd_q} + f_ahead;
    wire [F_W-1:0] f_wrap  = f_slot - DEPTH[F_W-1:0];
    wire [F_W-1:0] f_at    = (f_slot >= DEPTH[F_W-1:0]) ? f_wrap : f_slot;
    wire [F_W-1:0] f_end   = {{(F_W - PTR_W){1'b0}}, rd_q} + {1'b0, level_q};
    always @(posedge clk) begin
        if (rst) begin
            f_in  <= 0;
            f_out <= 0;
        end else begin
            if (push) f_in  <= f_in + 1'b1;
            if (pop)  f_out <= f_out + 1'b1;
        end
        if (push && f_in == f_pick) f_word <= in_data;
    end

    always @(*) if (f_past) begin
        // P1 the level is what is inside, never more than fits   P2 the pointers agree with it
        assert (f_in - f_out == {1'b0, level_q});
        assert (level_q <= FULL);
        assert (rd_q <= LAST && wr_q <= LAST);
        assert ({{(F_W - PTR_W){1'b0}}, wr_q} == ((f_end >= DEPTH[F_W-1:0]) ? f_end - DEPTH[F_W-1:0] : f_end));
        // P3 words leave as they came, in order
        if (f_ahead < {1'b0, level_q})         assert (mem[f_at[PTR_W-1:0]] == f_word);
        if (f_ahead == 0 && out_valid)         assert (out_data == f_word);
        // P4 full and empty
        assert (in_ready == ({1'b0, level_q} != DEPTH[F_W-1:0]));
        assert (out_valid == (level_q != 0));
    end
`else
    always @(posedge clk) if (!rst) begin  // A1 of the proof, asserted where this module is used
        assert (!push || in_ready);
        assert (!pop || out_valid);
    end
`endif
`endif

endmodule
`default_nettype wire
