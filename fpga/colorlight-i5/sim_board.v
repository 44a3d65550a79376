// SPDX-License-Identifier: Apache-2.0
//
// sim_board - the FPGA of a Colorlight i5, pin for pin, with its SDRAM
//
//   Clock      clk is the 25 MHz pin, and (fpga/sim/EHXPLLL.v) the system's clock too
//   Pause      TIMEOUT is short: a client that starts again after a pause of wall-clock time expects the bridge to have forgotten the frame
//   SDRAM      the chip model checks what it is told; violations counts
`default_nettype none

module sim_board #(
    parameter integer LANES = 8, DATA_W = 64, ADDR_W = 24, STORE_W = 2, WEIGHT_DEPTH = 512, COL_DEPTH = 512, ACC_DEPTH = 512,
    parameter integer FEAT_DEPTH = 512, PARAM_DEPTH = 512, FIFO_DEPTH = 8, BURST = 32, FLIGHT = 4, WINDOWS = 0, MAP_RING = 0,
    parameter integer CLOCK_MULT = 24, DIVISOR = 4, TIMEOUT = 12000, DEBOUNCE = 1000, SDRAM_INIT = 200
) (
    input  wire        clk,
    input  wire        button,
    input  wire        rx,
    output wire        tx,
    output wire [7:0]  leds,
    output wire [31:0] violations
);

    wire        led_n, sdram_clk, ras_n, cas_n, we_n;
    wire [1:0]  ba;
    wire [10:0] a;
    wire [31:0] dq, dq_chip;
    wire        driven = u_top.dq_oe;  // there are no strengths in this simulation: one side lets go

    top #(
        .LANES(LANES), .DATA_W(DATA_W), .ADDR_W(ADDR_W), .STORE_W(STORE_W), .WEIGHT_DEPTH(WEIGHT_DEPTH), .COL_DEPTH(COL_DEPTH),
        .ACC_DEPTH(ACC_DEPTH), .FEAT_DEPTH(FEAT_DEPTH), .PARAM_DEPTH(PARAM_DEPTH), .FIFO_DEPTH(FIFO_DEPTH), .BURST(BURST), .FLIGHT(FLIGHT), .WINDOWS(WINDOWS),
        .MAP_RING(MAP_RING), .CLOCK_MULT(CLOCK_MULT), .DIVISOR(DIVISOR), .TIMEOUT(TIMEOUT), .DEBOUNCE(DEBOUNCE), .SDRAM_INIT(SDRAM_INIT)
    ) u_top (
        .clk_25(clk), .button_n(!button), .led_n(led_n), .serial_rx(rx), .serial_tx(tx),
        .sdram_clk(sdram_clk), .sdram_ras_n(ras_n), .sdram_cas_n(cas_n), .sdram_we_n(we_n), .sdram_ba(ba), .sdram_a(a), .sdram_dq(dq)
    );
    assign dq   = driven ? 32'bz : dq_chip;
    assign leds = {7'd0, !led_n};

    // What the pins show before the reset's first edge is of no meaning: the chip hears nothing then.
    reg [3:0] up_q = 4'd0;
    always @(posedge clk) if (!(&up_q)) up_q <= up_q + 4'd1;

    // verilator lint_off PINCONNECTEMPTY
    sdram_model #(
        .DQ_W(32), .ROW_W(11), .COL_W(8), .BANK_W(2), .STORE_ROW_W(11), .CLOCK_KHZ(CLOCK_MULT * 5000), .BURST_LOG(1), .REFRESHES(4096),
        .T_INIT_NS(1000)
    ) u_chip (
        .clk(sdram_clk), .cke(1'b1), .cs_n(!(&up_q)), .ras_n(ras_n), .cas_n(cas_n), .we_n(we_n), .ba(ba), .a(a), .dqm(4'd0),
        .dq_i(dq), .dq_i_valid(driven), .dq_o(dq_chip), .violations(violations), .reads(), .writes(), .refreshes()
    );
    // verilator lint_on PINCONNECTEMPTY

endmodule
`default_nettype wire
