// SPDX-License-Identifier: Apache-2.0
//
// top - Lacuna on a Colorlight i5 v7.0 (LFE5U-25F-6BG381C) in its extension board
//
//   Clock      25 MHz / 5 * CLOCK_MULT = 5 MHz * CLOCK_MULT, 40 .. 160 MHz: CLOCK_MULT = 8 .. 32, for the VCO's sake (ecp5_clocks)
//   Serial     CLOCK / DIVISOR baud
//   SDRAM      EM638325 or M12L64322A: 2048 rows x 256 columns x 4 banks x 32 bit = 8 MB, CS# and DQM low, CKE high on the board
//   Button     resets; the light: slow double flash: alive; on: busy; fast: the core has told an error
`default_nettype none

module top #(
    parameter integer LANES        = 8,
    parameter integer DATA_W       = 64,
    parameter integer ADDR_W       = 24,
    parameter integer STORE_W      = 2,
    parameter integer WEIGHT_DEPTH = 512,
    parameter integer COL_DEPTH    = 512,
    parameter integer ACC_DEPTH    = 512,
    parameter integer FEAT_DEPTH   = 512,
    parameter integer PARAM_DEPTH  = 512,
    parameter integer FIFO_DEPTH   = 8,
    parameter integer BURST        = 32,
    parameter integer FLIGHT       = 4,
    parameter integer WINDOWS      = 0,
    parameter integer MAP_RING     = 0,
    parameter integer CLOCK_MULT   = 24,    // [5 MHz]
    parameter integer DIVISOR      = 40,    // [cycles] a bit
    parameter integer TIMEOUT      = CLOCK_MULT * 500000,  // [cycles] 100 ms
    parameter integer DEBOUNCE     = CLOCK_MULT * 50000,   // [cycles] 10 ms
    parameter integer SDRAM_INIT   = 0      // [cycles] 0: as the chip wants it
) (
    input  wire        clk_25,
    input  wire        button_n,
    output wire        led_n,
    input  wire        serial_rx,
    output wire        serial_tx,
    output wire        sdram_clk,
    output wire        sdram_ras_n,
    output wire        sdram_cas_n,
    output wire        sdram_we_n,
    output wire [1:0]  sdram_ba,
    output wire [10:0] sdram_a,
    inout  wire [31:0] sdram_dq
);

    localparam integer CLOCK_HZ = CLOCK_MULT * 5000000;

    wire clk, clk_sdram, locked;
    ecp5_clocks #(.CLOCK_MULT(CLOCK_MULT)) u_clocks (.clk_25(clk_25), .clk(clk), .clk_sdram(clk_sdram), .locked(locked));

    wire [7:0]  leds;
    wire [31:0] dq_o, dq_i;
    wire        dq_oe;
    // verilator lint_off PINCONNECTEMPTY
    lac_system #(
        .LANES(LANES), .DATA_W(DATA_W), .ADDR_W(ADDR_W), .STORE_W(STORE_W), .WEIGHT_DEPTH(WEIGHT_DEPTH), .COL_DEPTH(COL_DEPTH), .ACC_DEPTH(ACC_DEPTH),
        .FEAT_DEPTH(FEAT_DEPTH), .PARAM_DEPTH(PARAM_DEPTH), .FIFO_DEPTH(FIFO_DEPTH), .BURST(BURST), .FLIGHT(FLIGHT), .WINDOWS(WINDOWS),
        .MAP_RING(MAP_RING), .MEM_BYTES(32'd8388608), .CLOCK_HZ(CLOCK_HZ), .DIVISOR(DIVISOR), .TIMEOUT(TIMEOUT), .DEBOUNCE(DEBOUNCE),
        .NAME({"colorlight-i5", 24'd0}), .SDRAM_W(32), .SDRAM_PINS(32), .SDRAM_ROW_W(11), .SDRAM_COL_W(8), .SDRAM_BANK_W(2), .SDRAM_DQM(0),
        .SDRAM_ROWS(4096), .SDRAM_T_RAS(48000), .SDRAM_T_RC(70000), .SDRAM_T_RFC(70000), .SDRAM_INIT(SDRAM_INIT)
    ) u_system (
        .clk(clk), .locked(locked), .button(!button_n), .serial_rx(serial_rx), .serial_tx(serial_tx), .leds(leds),
        .sdram_cke(), .sdram_cs_n(), .sdram_ras_n(sdram_ras_n), .sdram_cas_n(sdram_cas_n), .sdram_we_n(sdram_we_n),
        .sdram_ba(sdram_ba), .sdram_a(sdram_a), .sdram_dqm(), .sdram_dq_o(dq_o), .sdram_dq_oe(dq_oe), .sdram_dq_i(dq_i)
    );
    // verilator lint_on PINCONNECTEMPTY

    // An edge of the output register in the pin's cell: as late as the other outputs, and later by the phase.
    ODDRX1F u_clk_pin (.SCLK(clk_sdram), .RST(1'b0), .D0(1'b1), .D1(1'b0), .Q(sdram_clk));
    genvar i;
    generate
        for (i = 0; i < 32; i = i + 1) begin : g_dq
            BB u_pin (.I(dq_o[i]), .T(!dq_oe), .O(dq_i[i]), .B(sdram_dq[i]));
        end
    endgenerate

    assign led_n = !(leds[2] || leds[1] || leds[0]);

    wire unused_ok = &{1'b0, leds[7:3]};

endmodule
`default_nettype wire
