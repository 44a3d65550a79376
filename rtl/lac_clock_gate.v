// SPDX-License-Identifier: Apache-2.0
//
// lac_clock_gate - a clock that stands still
//
//   Function   GATED 1: `out` has the rising edges of `clk` behind a cycle of `on`. GATED 0: out is clk
//   Timing     `on` has half a cycle. No edge is cut short: the register changes while clk is low, where the and ignores it
//   ASIC       the library's integrated clock gate takes its place
//   FPGA       GATED 0: the tools of many relate no two clocks of which one goes through logic
`default_nettype none

module lac_clock_gate #(
    parameter integer GATED = 0
) (
    input  wire clk,
    input  wire on,
    output wire out
);

    generate
        if (GATED != 0) begin : g_gate
            reg on_q;
            always @(negedge clk) on_q <= on;
            assign out = clk && on_q;
        end else begin : g_wire
            assign out = clk;
            wire unused_on = on;
        end
    endgenerate

endmodule
`default_nettype wire
