// SPDX-License-Identifier: Apache-2.0
//
// ecp5_clocks - 25 MHz to the system's clock and the SDRAM's, by one ECP5 PLL
//
//   Clock      25 MHz / CLKI_DIV 5 = 5 MHz at the phase detector (3.125 .. 400 MHz allowed); the feedback comes from CLKOP, so clk = 5 MHz *
//              CLOCK_MULT; the VCO runs at CLKOP_DIV times that, and has to lie in 400 .. 800 MHz: CLKOP_DIV is 5 from CLOCK_MULT 16 on, 10 below
//   Phase      CLKOP_CPHASE puts clk's edge half a divider cycle after the counter's start (as the vendor's tool does); clk_sdram follows PHASE
//              fortieths of a cycle of the clock later, to an eighth of a VCO cycle: 20 is half a cycle
//   Locked     asynchronous
`default_nettype none

module ecp5_clocks #(
    parameter integer CLOCK_MULT = 24,  // [5 MHz] 8 .. 32
    parameter integer PHASE      = 20   // [1/40 cycle] 0 .. 23
) (
    input  wire clk_25,
    output wire clk,
    output wire clk_sdram,
    output wire locked
);

    localparam integer DIV  = (CLOCK_MULT < 16) ? 10 : 5;
    localparam integer LATE = PHASE * DIV / 5;  // [1/8 VCO cycle]

    // FREQUENCY_* tell the timing analysis nothing here: the constraints of the board do.
    (* ICP_CURRENT = "12" *) (* LPF_RESISTOR = "8" *) (* MFG_ENABLE_FILTEROPAMP = "1" *) (* MFG_GMCREF_SEL = "2" *)
    EHXPLLL #(
        .PLLRST_ENA("DISABLED"), .INTFB_WAKE("DISABLED"), .STDBY_ENABLE("DISABLED"), .DPHASE_SOURCE("DISABLED"),
        .OUTDIVIDER_MUXA("DIVA"), .OUTDIVIDER_MUXB("DIVB"), .OUTDIVIDER_MUXC("DIVC"), .OUTDIVIDER_MUXD("DIVD"),
        .CLKI_DIV(5), .CLKFB_DIV(CLOCK_MULT), .FEEDBK_PATH("CLKOP"),
        .CLKOP_ENABLE("ENABLED"), .CLKOP_DIV(DIV), .CLKOP_CPHASE((DIV - 1) / 2), .CLKOP_FPHASE(0),
        .CLKOS_ENABLE("ENABLED"), .CLKOS_DIV(DIV), .CLKOS_CPHASE((DIV - 1) / 2 + LATE / 8), .CLKOS_FPHASE(LATE % 8)
    ) u_pll (
        .RST(1'b0), .STDBY(1'b0), .CLKI(clk_25), .CLKFB(clk), .CLKOP(clk), .CLKOS(clk_sdram), .LOCK(locked),
        .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1),
        .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0)
    );

endmodule
`default_nettype wire
