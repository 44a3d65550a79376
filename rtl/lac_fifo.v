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
            if (push && !pop)      level_q <= level_q + 1'b1;
            else if (pop && !push) level_q <= level_q - 1'b1;
        end

endmodule
`default_nettype wire
