// SPDX-License-Identifier: Apache-2.0
//
// top - Lacuna on a ULX3S (LFE5U-85F-6BG381C)
//
//   Clock      25 MHz / 5 * CLOCK_MULT = 5 MHz * CLOCK_MULT, 40 .. 160 MHz: CLOCK_MULT = 8 .. 32, for the VCO's sake (ecp5_clocks)
//   Serial     CLOCK / DIVISOR baud
//   SDRAM      32 MB, as on every ULX3S: 8192 rows x 512 columns x 4 banks x 16 bit
//   Button     FIRE 1 resets; lights: 0 heartbeat, 1 busy, 2 the core has told an error, 3 memory is ready; the host may invert all eight
`default_nettype none

module top #(
    parameter integer LANES        = 32,
    parameter integer DATA_W       = 64,
    parameter integer ADDR_W       = 26,
    parameter integer STORE_W      = 4,
    parameter integer WEIGHT_DEPTH = 512,
    parameter integer COL_DEPTH    = 512,
    parameter integer ACC_DEPTH    = 512,
    parameter integer FEAT_DEPTH   = 2048,
    parameter integer PARAM_DEPTH  = 2048,
    parameter integer FIFO_DEPTH   = 8,
    parameter integer BURST        = 32,
    parameter integer FLIGHT       = 4,
    parameter integer WINDOWS      = 1,
    parameter integer MAP_RING     = 0,
    parameter integer CLOCK_MULT   = 24,    // [5 MHz]
    parameter integer DIVISOR      = 40,    // [cycles] a bit
    parameter integer TIMEOUT      = CLOCK_MULT * 500000,  // [cycles] 100 ms
    parameter integer DEBOUNCE     = CLOCK_MULT * 50000,   // [cycles] 10 ms
    parameter integer SDRAM_INIT   = 0      // [cycles] 0: as the chip wants it
) (
    input  wire        clk_25,
    input  wire        button,
    output wire [7:0]  led,
    output wire        wifi_en,
    input  wire        serial_rx,
    output wire        serial_tx,
    output wire        sdram_clk,
    output wire        sdram_cke,
    output wire        sdram_cs_n,
    output wire        sdram_ras_n,
    output wire        sdram_cas_n,
    output wire        sdram_we_n,
    output wire [1:0]  sdram_ba,
    output wire [12:0] sdram_a,
    output wire [1:0]  sdram_dqm,
    inout  wire [15:0] sdram_dq
);

    localparam integer CLOCK_HZ = CLOCK_MULT * 5000000;

    wire clk, clk_sdram, locked;
    ecp5_clocks #(.CLOCK_MULT(CLOCK_MULT)) u_clocks (.clk_25(clk_25), .clk(clk), .clk_sdram(clk_sdram), .locked(locked));

    wire [15:0] dq_o, dq_i;
    wire        dq_oe;
    lac_system #(
        .LANES(LANES), .DATA_W(DATA_W), .ADDR_W(ADDR_W), .STORE_W(STORE_W), .WEIGHT_DEPTH(WEIGHT_DEPTH), .COL_DEPTH(COL_DEPTH), .ACC_DEPTH(ACC_DEPTH),
        .FEAT_DEPTH(FEAT_DEPTH), .PARAM_DEPTH(PARAM_DEPTH), .FIFO_DEPTH(FIFO_DEPTH), .BURST(BURST), .FLIGHT(FLIGHT), .WINDOWS(WINDOWS),
        .MAP_RING(MAP_RING), .MEM_BYTES(32'd33554432), .CLOCK_HZ(CLOCK_HZ), .DIVISOR(DIVISOR), .TIMEOUT(TIMEOUT), .DEBOUNCE(DEBOUNCE),
        .NAME({"ulx3s-85f", 56'd0}), .SDRAM_W(16), .SDRAM_PINS(16), .SDRAM_ROW_W(13), .SDRAM_COL_W(9), .SDRAM_BANK_W(2), .SDRAM_DQM(1),
        .SDRAM_ROWS(8192), .SDRAM_INIT(SDRAM_INIT)
    ) u_system (
        .clk(clk), .locked(locked), .button(button), .serial_rx(serial_rx), .serial_tx(serial_tx), .leds(led),
        .sdram_cke(sdram_cke), .sdram_cs_n(sdram_cs_n), .sdram_ras_n(sdram_ras_n), .sdram_cas_n(sdram_cas_n), .sdram_we_n(sdram_we_n),
        .sdram_ba(sdram_ba), .sdram_a(sdram_a), .sdram_dqm(sdram_dqm), .sdram_dq_o(dq_o), .sdram_dq_oe(dq_oe), .sdram_dq_i(dq_i)
    );

    // An edge of the output register in the pin's cell: as late as the other outputs, and later by the phase.
    ODDRX1F u_clk_pin (.SCLK(clk_sdram), .RST(1'b0), .D0(1'b1), .D1(1'b0), .Q(sdram_clk));
    genvar i;
    generate
        for (i = 0; i < 16; i = i + 1) begin : g_dq
            BB u_pin (.I(dq_o[i]), .T(!dq_oe), .O(dq_i[i]), .B(sdram_dq[i]));
        end
    endgenerate

    assign wifi_en = 1'b0;  // the ESP32 shares pins with the FPGA: off

endmodule
`default_nettype wire
