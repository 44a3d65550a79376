// SPDX-License-Identifier: Apache-2.0
//
// MMCME2_BASE - stand-in of the clock generator of Xilinx' 7 series: passes the clock on
//
//   Clock      every output is CLKIN1: the simulation counts cycles, not nanoseconds
//   Locked     from the start
`default_nettype none

// Parameters of the part that the simulation has no use for.
// verilator lint_off UNUSEDPARAM
module MMCME2_BASE #(
    parameter real    CLKIN1_PERIOD = 10.0, CLKFBOUT_MULT_F = 10.0,
    parameter integer DIVCLK_DIVIDE = 1, CLKOUT1_DIVIDE = 10
) (
    input  wire CLKIN1,
    input  wire CLKFBIN,
    input  wire RST,
    input  wire PWRDWN,
    output wire LOCKED,
    output wire CLKFBOUT, CLKOUT0, CLKOUT1, CLKOUT2, CLKOUT3, CLKOUT4, CLKOUT5, CLKOUT6,
    output wire CLKFBOUTB, CLKOUT0B, CLKOUT1B, CLKOUT2B, CLKOUT3B
);
    // verilator lint_on UNUSEDPARAM

    assign {CLKFBOUT, CLKOUT0, CLKOUT1, CLKOUT2, CLKOUT3, CLKOUT4, CLKOUT5, CLKOUT6} = {8{CLKIN1}};
    assign {CLKFBOUTB, CLKOUT0B, CLKOUT1B, CLKOUT2B, CLKOUT3B} = {5{!CLKIN1}};
    assign LOCKED = 1'b1;

    wire unused_ok = &{1'b0, CLKFBIN, RST, PWRDWN};

endmodule
`default_nettype wire
