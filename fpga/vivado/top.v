// SPDX-License-Identifier: Apache-2.0
//
// top - Lacuna on a Digilent Arty A7-35T (XC7A35T-1CSG324), memory in block RAM. NOT RUN: linted with stand-ins of the cells, nothing more
//
//   Clock      100 MHz times 10 is the VCO's 1000 MHz (600 .. 1200 allowed); the system runs at 1000 MHz / CLOCK_DIV, 1 .. 128
//   Serial     CLOCK_HZ / DIVISOR baud, the board's FTDI chip
//   Button     BTN0 resets; LEDs LD4 .. LD7: heartbeat, busy, error, memory is ready
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
    parameter integer CLOCK_DIV    = 10,           // 1000 MHz / CLOCK_DIV
    parameter integer DIVISOR      = 50,           // [cycles] a bit
    parameter [31:0]  MEM_BYTES    = 32'd65536     // 16 of the 50 block RAMs of 36 Kbit
) (
    input  wire       clk_100,
    input  wire       button,
    input  wire       serial_rx,
    output wire       serial_tx,
    output wire [3:0] led
);

    localparam integer CLOCK_HZ = 1000000000 / CLOCK_DIV;

    wire divided, feedback, feedback_buf, clk, locked;
    // verilator lint_off PINCONNECTEMPTY
    MMCME2_BASE #(
        .CLKIN1_PERIOD(10.0), .DIVCLK_DIVIDE(1), .CLKFBOUT_MULT_F(10.0), .CLKOUT1_DIVIDE(CLOCK_DIV)
    ) u_mmcm (
        .CLKIN1(clk_100), .CLKFBIN(feedback_buf), .CLKFBOUT(feedback), .RST(1'b0), .PWRDWN(1'b0), .LOCKED(locked),
        .CLKOUT0(), .CLKOUT1(divided), .CLKOUT2(), .CLKOUT3(), .CLKOUT4(), .CLKOUT5(), .CLKOUT6(),
        .CLKFBOUTB(), .CLKOUT0B(), .CLKOUT1B(), .CLKOUT2B(), .CLKOUT3B()
    );
    BUFG u_feedback (.I(feedback), .O(feedback_buf));
    BUFG u_clk (.I(divided), .O(clk));

    wire [7:0] leds;
    lac_system #(
        .LANES(LANES), .DATA_W(DATA_W), .ADDR_W(ADDR_W), .STORE_W(STORE_W), .WEIGHT_DEPTH(WEIGHT_DEPTH), .COL_DEPTH(COL_DEPTH), .ACC_DEPTH(ACC_DEPTH),
        .FEAT_DEPTH(FEAT_DEPTH), .PARAM_DEPTH(PARAM_DEPTH), .FIFO_DEPTH(FIFO_DEPTH), .BURST(BURST), .FLIGHT(FLIGHT), .WINDOWS(WINDOWS),
        .MAP_RING(MAP_RING), .SDRAM_W(0), .MEM_BYTES(MEM_BYTES), .CLOCK_HZ(CLOCK_HZ), .DIVISOR(DIVISOR), .TIMEOUT(CLOCK_HZ / 10), .DEBOUNCE(CLOCK_HZ / 100),
        .NAME({"arty-a7-35t", 40'd0})
    ) u_system (
        .clk(clk), .locked(locked), .button(button), .serial_rx(serial_rx), .serial_tx(serial_tx), .leds(leds),
        .sdram_cke(), .sdram_cs_n(), .sdram_ras_n(), .sdram_cas_n(), .sdram_we_n(), .sdram_ba(), .sdram_a(), .sdram_dqm(),
        .sdram_dq_o(), .sdram_dq_oe(), .sdram_dq_i(16'd0)
    );
    // verilator lint_on PINCONNECTEMPTY

    assign led = leds[3:0];

    wire unused_ok = &{1'b0, leds[7:4]};

endmodule
`default_nettype wire
