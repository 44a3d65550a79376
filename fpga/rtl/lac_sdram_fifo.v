// SPDX-License-Identifier: Apache-2.0
//
// lac_sdram_fifo - a queue in block RAM, whose head stands in a register
//
//   Function   out_data is the oldest word while out_valid; pop removes it. Holds DEPTH words, and up to 2 on their way out
//   Handshake  push only while in_ready, pop only while out_valid
//   Timing     a word pushed now is visible 3 cycles later; one word a cycle in, one out; in_ready is a register, low from DEPTH - 1 words on
//   Reset      empties it; the words themselves are not reset
`default_nettype none

module lac_sdram_fifo #(
    parameter integer W       = 72,  // [bits]
    parameter integer DEPTH_W = 5    // [log2] of DEPTH
) (
    input  wire         clk,
    input  wire         rst,
    input  wire         push,
    input  wire [W-1:0] in_data,
    output wire         in_ready,
    output wire         out_valid,
    output wire [W-1:0] out_data,
    input  wire         pop
);

    reg [DEPTH_W:0] wr_q, rd_q;         // one bit more than an address: full and empty differ
    reg             read_q, valid_q;    // a word stands in the RAM's latch, in its output register

    reg             ready_q;
    wire [DEPTH_W:0] filled = wr_q - rd_q;
    localparam [DEPTH_W:0] MARK = (1 << DEPTH_W) - 1;   // one may be pushed in the cycle in which this is seen
    wire shift = !valid_q || pop;       // the output register takes what is in the latch
    wire fetch = wr_q != rd_q && (!read_q || shift);

    assign in_ready  = ready_q;
    assign out_valid = valid_q;

    // A word is read in the cycle after its write at the earliest.
    lac_ram #(.W(W), .DEPTH(1 << DEPTH_W), .ADDR_W(DEPTH_W)) u_ram (
        .clk(clk), .rclk(clk), .we(push), .waddr(wr_q[DEPTH_W-1:0]), .wdata(in_data),
        .re(fetch), .raddr(rd_q[DEPTH_W-1:0]), .qe(shift), .q(out_data)
    );

    always @(posedge clk)
        if (rst) begin
            wr_q    <= 0;
            rd_q    <= 0;
            read_q  <= 1'b0;
            valid_q <= 1'b0;
            ready_q <= 1'b0;
        end else begin
            ready_q <= filled < MARK;
            if (push)  wr_q <= wr_q + 1'b1;
            if (fetch) rd_q <= rd_q + 1'b1;
            if (!read_q || shift) read_q <= fetch;
            if (shift) valid_q <= read_q;
        end

endmodule
`default_nettype wire
