// SPDX-License-Identifier: Apache-2.0
//
// lac_ram - one block RAM: a write port, a read port, and the register behind it
//
//   Function   write: mem[waddr] <= wdata.  read: two edges, re latches mem[raddr], qe moves it into q
//   Timing     q is a register and nothing stands between the RAM and it (a block RAM's clock-to-output
//              is most of a cycle on the parts we care for)
//   Hazard     reading an address in the cycle that writes it gives either value: users forward or avoid it
//   Reset      none; contents are undefined until written
`default_nettype none

module lac_ram #(
    parameter integer W      = 64,   // [bits]  word
    parameter integer DEPTH  = 512,  // [words] 2 .. 65536
    parameter integer ADDR_W = 9     // [bits]  2^ADDR_W >= DEPTH
) (
    input  wire              clk,    // of the write port
    input  wire              rclk,   // of the read port: clk, or clk while there is something to read (lac_clock_gate)
    input  wire              we,
    input  wire [ADDR_W-1:0] waddr,
    input  wire [W-1:0]      wdata,
    input  wire              re,
    input  wire [ADDR_W-1:0] raddr,
    input  wire              qe,
    output wire [W-1:0]      q
);

    (* no_rw_check *) reg [W-1:0] mem [0:DEPTH-1];
    reg [W-1:0] latch_q, out_q;

    assign q = out_q;

    always @(posedge clk) if (we) mem[waddr] <= wdata;
    always @(posedge rclk) if (re) latch_q <= mem[raddr];
    always @(posedge rclk) if (qe) out_q <= latch_q;

endmodule
`default_nettype wire
