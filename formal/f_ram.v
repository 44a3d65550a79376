// SPDX-License-Identifier: Apache-2.0
//
// f_ram - stands in for lac_ram in proofs: a read that meets a write of the same word returns anything
//
//   f_addr, f_word, f_latch are connected to the harness by prove.sh: a word it follows, and the latch
`default_nettype none
module lac_ram #(
    parameter integer W = 64, DEPTH = 512, ADDR_W = 9
) (
    input  wire              clk,
    input  wire              rclk,  // clk in the proofs
    input  wire              we,
    input  wire [ADDR_W-1:0] waddr,
    input  wire [W-1:0]      wdata,
    input  wire              re,
    input  wire [ADDR_W-1:0] raddr,
    input  wire              qe,
    output wire [W-1:0]      q
);
    reg [W-1:0] mem [0:DEPTH-1];
    (* keep *) reg [W-1:0] f_latch;
    reg [W-1:0] out_q;
    (* anyseq *) reg [W-1:0] anything;
    (* keep *) wire [ADDR_W-1:0] f_addr;
    (* keep *) wire [W-1:0]      f_word = mem[f_addr];
    assign q = out_q;
    always @(posedge clk) begin
        if (we) mem[waddr] <= wdata;
        if (re) f_latch <= (we && waddr == raddr) ? anything : mem[raddr];
        if (qe) out_q <= f_latch;
    end
endmodule
`default_nettype wire
