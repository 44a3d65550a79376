// SPDX-License-Identifier: Apache-2.0
//
// EHXPLLL - stand-in of the ECP5 PLL for simulation: passes the clock on
//
//   Clock      CLKOP and CLKOS are CLKI: the simulation counts cycles, not nanoseconds; the phase is not there
//   Locked     from the start
`default_nettype none

// Parameters of the part that the simulation has no use for.
// verilator lint_off UNUSEDPARAM
module EHXPLLL #(
    parameter PLLRST_ENA = "DISABLED", INTFB_WAKE = "DISABLED", STDBY_ENABLE = "DISABLED", DPHASE_SOURCE = "DISABLED",
    parameter OUTDIVIDER_MUXA = "DIVA", OUTDIVIDER_MUXB = "DIVB", OUTDIVIDER_MUXC = "DIVC", OUTDIVIDER_MUXD = "DIVD",
    parameter FEEDBK_PATH = "CLKOP", CLKOP_ENABLE = "ENABLED", CLKOS_ENABLE = "ENABLED",
    parameter integer CLKI_DIV = 1, CLKFB_DIV = 1,
    parameter integer CLKOP_DIV = 8, CLKOP_CPHASE = 0, CLKOP_FPHASE = 0,
    parameter integer CLKOS_DIV = 8, CLKOS_CPHASE = 0, CLKOS_FPHASE = 0
) (
    input  wire RST,
    input  wire STDBY,
    input  wire CLKI,
    input  wire CLKFB,
    input  wire PHASESEL0,
    input  wire PHASESEL1,
    input  wire PHASEDIR,
    input  wire PHASESTEP,
    input  wire PHASELOADREG,
    input  wire PLLWAKESYNC,
    input  wire ENCLKOP,
    output wire CLKOP,
    output wire CLKOS,
    output wire LOCK
);

    assign CLKOP = CLKI;
    assign CLKOS = CLKI;
    assign LOCK  = 1'b1;

    wire unused_ok = &{1'b0, RST, STDBY, CLKFB, PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG, PLLWAKESYNC, ENCLKOP};

endmodule
// verilator lint_on UNUSEDPARAM
`default_nettype wire
