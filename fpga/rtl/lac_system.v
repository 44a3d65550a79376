// SPDX-License-Identifier: Apache-2.0
//
// lac_system - core, serial bridge, board registers and memory: everything between a board's clock and its pins
//
//   serial --> lac_serial --> lac_axil_split --+--> core's registers
//                                              +--> lac_board_regs
//                                              +--> lac_axi_join --+--> lac_axi_ram or lac_sdram
//                                   core ---------- AXI4 ----------+
//
//   Function   docs/boards.md, section 1: address map, registers
//   Clock      one domain; serial_rx, button and locked may be asynchronous
//   Reset      by lac_panel: after power-up, and at the button
//   Memory     SDRAM_W = 0: MEM_BYTES of block RAM, sdram_* mean nothing. 16, 32: an SDRAM of that width
`default_nettype none

module lac_system #(
    parameter integer LANES        = 8,            // of the core: see lac_top
    parameter integer DATA_W       = 64,
    parameter integer ADDR_W       = 32,           // [bits] of the core's addresses, 24 .. 32: memory must be in reach
    parameter integer STORE_W      = 2,
    parameter integer WEIGHT_DEPTH = 512,
    parameter integer COL_DEPTH    = 512,
    parameter integer ACC_DEPTH    = 512,
    parameter integer FEAT_DEPTH   = 512,
    parameter integer PARAM_DEPTH  = 512,
    parameter integer FIFO_DEPTH   = 8,
    parameter integer BURST        = 32,
    parameter integer FLIGHT       = 4,
    parameter integer WINDOWS      = 1,
    parameter integer MAP_RING     = 0,
    parameter integer SDRAM_W      = 0,            // [bits] 0, 16, 32
    parameter [31:0]  MEM_BYTES    = 32'd32768,
    parameter [31:0]  CLOCK_HZ     = 32'd120000000,
    parameter integer DIVISOR      = 40,           // [cycles] a bit of the serial line
    parameter integer TIMEOUT      = 12000000,     // [cycles] a pause in a command or frame that ends it: 100 ms
    parameter integer DEBOUNCE     = 1200000,      // [cycles]
    parameter [127:0] NAME         = {"system", 80'd0},
    parameter integer SDRAM_PINS   = 16,           // [bits] SDRAM_W, any where that is 0
    parameter integer SDRAM_ROW_W  = 13,           // of the SDRAM: see lac_sdram
    parameter integer SDRAM_COL_W  = 9,
    parameter integer SDRAM_BANK_W = 2,
    parameter integer SDRAM_DQM    = 1,
    parameter integer SDRAM_ROWS   = 8192,         // [refreshes] in 64 ms
    parameter integer SDRAM_T_RAS  = 45000,        // [ps]
    parameter integer SDRAM_T_RC   = 66000,        // [ps]
    parameter integer SDRAM_T_RFC  = 66000,        // [ps]
    parameter integer SDRAM_LATE   = 0,
    parameter integer SDRAM_INIT   = 0
) (
    input  wire                      clk,
    input  wire                      locked,
    input  wire                      button,
    input  wire                      serial_rx,
    output wire                      serial_tx,
    output wire [7:0]                leds,
    output wire                      sdram_cke,
    output wire                      sdram_cs_n,
    output wire                      sdram_ras_n,
    output wire                      sdram_cas_n,
    output wire                      sdram_we_n,
    output wire [SDRAM_BANK_W-1:0]   sdram_ba,
    output wire [SDRAM_ROW_W-1:0]    sdram_a,
    output wire [SDRAM_PINS/8-1:0]   sdram_dqm,
    output wire [SDRAM_PINS-1:0]     sdram_dq_o,
    output wire                      sdram_dq_oe,
    input  wire [SDRAM_PINS-1:0]     sdram_dq_i
);

    localparam integer CLOCK_KHZ = CLOCK_HZ / 1000;
    localparam [31:0]  VERSION   = 32'h0001_0000;  // of the address map and of the framed protocol

    // ---- Panel
    wire panel_rst, rst, button_down, beat, busy, error, activity, status_valid, status_error;
    lac_panel #(.DEBOUNCE(DEBOUNCE)) u_panel (
        .clk(clk), .locked(locked), .button_in(button), .rst(panel_rst), .button(button_down),
        .activity(activity), .status_valid(status_valid), .status_error(status_error), .beat(beat), .busy(busy), .error(error)
    );
    lac_spread u_rst (.in(panel_rst), .out(rst));

    // ---- The bridge, and where its accesses go
    wire        b_awvalid, b_awready, b_wvalid, b_wready, b_bvalid, b_bready, b_arvalid, b_arready, b_rvalid, b_rready;
    wire [31:0] b_awaddr, b_wdata, b_araddr, b_rdata;
    wire [3:0]  b_wstrb;
    wire [1:0]  b_bresp, b_rresp;
    wire [15:0] frame_errors;
    lac_serial #(.DIVISOR(DIVISOR), .TIMEOUT(TIMEOUT), .VERSION(VERSION)) u_serial (
        .clk(clk), .rst(rst), .rx(serial_rx), .tx(serial_tx), .frame_errors(frame_errors),
        .m_axil_awvalid(b_awvalid), .m_axil_awready(b_awready), .m_axil_awaddr(b_awaddr),
        .m_axil_wvalid(b_wvalid), .m_axil_wready(b_wready), .m_axil_wdata(b_wdata), .m_axil_wstrb(b_wstrb),
        .m_axil_bvalid(b_bvalid), .m_axil_bready(b_bready), .m_axil_bresp(b_bresp),
        .m_axil_arvalid(b_arvalid), .m_axil_arready(b_arready), .m_axil_araddr(b_araddr),
        .m_axil_rvalid(b_rvalid), .m_axil_rready(b_rready), .m_axil_rdata(b_rdata), .m_axil_rresp(b_rresp)
    );

    wire        core_hold, hold_rst, core_rst, bus_quiet;
    wire        c_awvalid, c_awready, c_wvalid, c_wready, c_bvalid, c_bready, c_arvalid, c_arready, c_rvalid, c_rready;
    wire [11:0] c_awaddr, c_araddr;
    wire [31:0] c_wdata, c_rdata;
    wire [3:0]  c_wstrb;
    wire [1:0]  c_bresp, c_rresp;
    wire        reg_wr, word_valid, word_write, word_done, word_fail;
    wire [7:0]  reg_addr;
    wire [31:0] reg_wdata, reg_rdata, word_addr, word_wdata, word_rdata;
    lac_axil_split #(.MEM_BYTES(MEM_BYTES)) u_split (
        .clk(clk), .rst(rst),
        .s_axil_awvalid(b_awvalid), .s_axil_awready(b_awready), .s_axil_awaddr(b_awaddr),
        .s_axil_wvalid(b_wvalid), .s_axil_wready(b_wready), .s_axil_wdata(b_wdata), .s_axil_wstrb(b_wstrb),
        .s_axil_bvalid(b_bvalid), .s_axil_bready(b_bready), .s_axil_bresp(b_bresp),
        .s_axil_arvalid(b_arvalid), .s_axil_arready(b_arready), .s_axil_araddr(b_araddr),
        .s_axil_rvalid(b_rvalid), .s_axil_rready(b_rready), .s_axil_rdata(b_rdata), .s_axil_rresp(b_rresp),
        .core_gone(core_hold),
        .m_core_awvalid(c_awvalid), .m_core_awready(c_awready), .m_core_awaddr(c_awaddr),
        .m_core_wvalid(c_wvalid), .m_core_wready(c_wready), .m_core_wdata(c_wdata), .m_core_wstrb(c_wstrb),
        .m_core_bvalid(c_bvalid), .m_core_bready(c_bready), .m_core_bresp(c_bresp),
        .m_core_arvalid(c_arvalid), .m_core_arready(c_arready), .m_core_araddr(c_araddr),
        .m_core_rvalid(c_rvalid), .m_core_rready(c_rready), .m_core_rdata(c_rdata), .m_core_rresp(c_rresp),
        .reg_wr(reg_wr), .reg_addr(reg_addr), .reg_wdata(reg_wdata), .reg_rdata(reg_rdata),
        .mem_valid(word_valid), .mem_write(word_write), .mem_addr(word_addr), .mem_wdata(word_wdata),
        .mem_done(word_done), .mem_rdata(word_rdata), .mem_fail(word_fail)
    );
    assign status_valid = c_rvalid && c_rready && c_araddr == 12'h064;  // STATUS
    assign status_error = c_rdata[1];

    wire       irq, mem_ready;
    wire [7:0] host_leds;
    lac_board_regs #(.MEM_BYTES(MEM_BYTES), .CLOCK_HZ(CLOCK_HZ), .DIVISOR(DIVISOR), .VERSION(VERSION), .NAME(NAME)) u_regs (
        .clk(clk), .rst(rst), .wr(reg_wr), .addr(reg_addr), .wr_data(reg_wdata), .rd_data(reg_rdata),
        .core_quiet(bus_quiet), .core_hold(core_hold), .core_rst(hold_rst), .leds(host_leds),
        .irq(irq), .mem_ready(mem_ready), .button(button_down), .frame_errors(frame_errors)
    );
    lac_spread u_core_rst (.in(hold_rst), .out(core_rst));
    assign leds = {4'd0, mem_ready, error, busy, beat} ^ host_leds;

    // ---- The core
    wire                a_awvalid, a_awready, a_wvalid, a_wready, a_wlast, a_bvalid, a_bready;
    wire                a_arvalid, a_arready, a_rvalid, a_rready, a_rlast;
    wire [ADDR_W-1:0]   a_awaddr, a_araddr;
    wire [7:0]          a_awlen, a_arlen;
    wire [DATA_W-1:0]   a_wdata, a_rdata;
    wire [DATA_W/8-1:0] a_wstrb;
    wire [1:0]          a_bresp, a_rresp;
    wire [3:0]          trace_start, trace_done;
    // Bursts are always INCR, of whole beats.
    // verilator lint_off PINCONNECTEMPTY
    lac_top #(
        .LANES(LANES), .DATA_W(DATA_W), .ADDR_W(ADDR_W), .STORE_W(STORE_W), .WEIGHT_DEPTH(WEIGHT_DEPTH), .COL_DEPTH(COL_DEPTH),
        .ACC_DEPTH(ACC_DEPTH), .FEAT_DEPTH(FEAT_DEPTH), .PARAM_DEPTH(PARAM_DEPTH), .FIFO_DEPTH(FIFO_DEPTH), .BURST(BURST), .FLIGHT(FLIGHT), .WINDOWS(WINDOWS),
        .MAP_RING(MAP_RING)
    ) u_core (
        .clk(clk), .rst(core_rst), .irq(irq),
        .s_axil_awvalid(c_awvalid), .s_axil_awready(c_awready), .s_axil_awaddr(c_awaddr),
        .s_axil_wvalid(c_wvalid), .s_axil_wready(c_wready), .s_axil_wdata(c_wdata), .s_axil_wstrb(c_wstrb),
        .s_axil_bvalid(c_bvalid), .s_axil_bready(c_bready), .s_axil_bresp(c_bresp),
        .s_axil_arvalid(c_arvalid), .s_axil_arready(c_arready), .s_axil_araddr(c_araddr),
        .s_axil_rvalid(c_rvalid), .s_axil_rready(c_rready), .s_axil_rdata(c_rdata), .s_axil_rresp(c_rresp),
        .m_axi_awvalid(a_awvalid), .m_axi_awready(a_awready), .m_axi_awaddr(a_awaddr), .m_axi_awlen(a_awlen),
        .m_axi_awsize(), .m_axi_awburst(),
        .m_axi_wvalid(a_wvalid), .m_axi_wready(a_wready), .m_axi_wdata(a_wdata), .m_axi_wstrb(a_wstrb), .m_axi_wlast(a_wlast),
        .m_axi_bvalid(a_bvalid), .m_axi_bready(a_bready), .m_axi_bresp(a_bresp),
        .m_axi_arvalid(a_arvalid), .m_axi_arready(a_arready), .m_axi_araddr(a_araddr), .m_axi_arlen(a_arlen),
        .m_axi_arsize(), .m_axi_arburst(),
        .m_axi_rvalid(a_rvalid), .m_axi_rready(a_rready), .m_axi_rdata(a_rdata), .m_axi_rresp(a_rresp), .m_axi_rlast(a_rlast),
        .trace_start(trace_start), .trace_done(trace_done), .trace_macs()
    );
    // verilator lint_on PINCONNECTEMPTY
    assign activity = |{trace_start, trace_done};

    // ---- Memory
    wire                m_awvalid, m_awready, m_wvalid, m_wready, m_wlast, m_bvalid, m_bready;
    wire                m_arvalid, m_arready, m_rvalid, m_rready, m_rlast;
    wire [ADDR_W-1:0]   m_awaddr, m_araddr;
    wire [7:0]          m_awlen, m_arlen;
    wire [DATA_W-1:0]   m_wdata, m_rdata;
    wire [DATA_W/8-1:0] m_wstrb;
    wire [1:0]          m_bresp, m_rresp;
    lac_axi_join #(.ADDR_W(ADDR_W), .DATA_W(DATA_W), .FLIGHT(FLIGHT)) u_join (
        .clk(clk), .rst(rst), .hold(core_hold), .quiet(bus_quiet),
        .s_axi_awvalid(a_awvalid), .s_axi_awready(a_awready), .s_axi_awaddr(a_awaddr), .s_axi_awlen(a_awlen),
        .s_axi_wvalid(a_wvalid), .s_axi_wready(a_wready), .s_axi_wdata(a_wdata), .s_axi_wstrb(a_wstrb), .s_axi_wlast(a_wlast),
        .s_axi_bvalid(a_bvalid), .s_axi_bready(a_bready), .s_axi_bresp(a_bresp),
        .s_axi_arvalid(a_arvalid), .s_axi_arready(a_arready), .s_axi_araddr(a_araddr), .s_axi_arlen(a_arlen),
        .s_axi_rvalid(a_rvalid), .s_axi_rready(a_rready), .s_axi_rdata(a_rdata), .s_axi_rresp(a_rresp), .s_axi_rlast(a_rlast),
        .word_valid(word_valid), .word_write(word_write), .word_addr(word_addr), .word_wdata(word_wdata),
        .word_done(word_done), .word_rdata(word_rdata), .word_fail(word_fail),
        .m_axi_awvalid(m_awvalid), .m_axi_awready(m_awready), .m_axi_awaddr(m_awaddr), .m_axi_awlen(m_awlen),
        .m_axi_wvalid(m_wvalid), .m_axi_wready(m_wready), .m_axi_wdata(m_wdata), .m_axi_wstrb(m_wstrb), .m_axi_wlast(m_wlast),
        .m_axi_bvalid(m_bvalid), .m_axi_bready(m_bready), .m_axi_bresp(m_bresp),
        .m_axi_arvalid(m_arvalid), .m_axi_arready(m_arready), .m_axi_araddr(m_araddr), .m_axi_arlen(m_arlen),
        .m_axi_rvalid(m_rvalid), .m_axi_rready(m_rready), .m_axi_rdata(m_rdata), .m_axi_rresp(m_rresp), .m_axi_rlast(m_rlast)
    );
    generate
        if (SDRAM_W == 0) begin : g_ram
            lac_axi_ram #(.ADDR_W(ADDR_W), .DATA_W(DATA_W), .BYTES(MEM_BYTES)) u_ram (
                .clk(clk), .rst(rst),
                .s_axi_awvalid(m_awvalid), .s_axi_awready(m_awready), .s_axi_awaddr(m_awaddr), .s_axi_awlen(m_awlen),
                .s_axi_wvalid(m_wvalid), .s_axi_wready(m_wready), .s_axi_wdata(m_wdata), .s_axi_wstrb(m_wstrb), .s_axi_wlast(m_wlast),
                .s_axi_bvalid(m_bvalid), .s_axi_bready(m_bready), .s_axi_bresp(m_bresp),
                .s_axi_arvalid(m_arvalid), .s_axi_arready(m_arready), .s_axi_araddr(m_araddr), .s_axi_arlen(m_arlen),
                .s_axi_rvalid(m_rvalid), .s_axi_rready(m_rready), .s_axi_rdata(m_rdata), .s_axi_rresp(m_rresp), .s_axi_rlast(m_rlast)
            );
            assign mem_ready = 1'b1;
            assign {sdram_cke, sdram_cs_n, sdram_ras_n, sdram_cas_n, sdram_we_n} = 5'b01111;
            assign sdram_ba    = {SDRAM_BANK_W{1'b0}};
            assign sdram_a     = {SDRAM_ROW_W{1'b0}};
            assign sdram_dqm   = {(SDRAM_PINS / 8){1'b1}};
            assign sdram_dq_o  = {SDRAM_PINS{1'b0}};
            assign sdram_dq_oe = 1'b0;
            wire unused_ok = &{1'b0, sdram_dq_i};
        end else begin : g_sdram
            lac_sdram #(
                .DATA_W(DATA_W), .ADDR_W(ADDR_W), .DQ_W(SDRAM_PINS), .ROW_W(SDRAM_ROW_W), .COL_W(SDRAM_COL_W), .BANK_W(SDRAM_BANK_W),
                .HAS_DQM(SDRAM_DQM), .CLOCK_KHZ(CLOCK_KHZ), .CAS(3), .READ_LATE(SDRAM_LATE),
                .T_RAS(SDRAM_T_RAS), .T_RC(SDRAM_T_RC), .T_RFC(SDRAM_T_RFC), .REFRESHES(SDRAM_ROWS), .INIT_CYCLES(SDRAM_INIT)
            ) u_sdram (
                .clk(clk), .rst(rst), .ready(mem_ready),
                .s_axi_awvalid(m_awvalid), .s_axi_awready(m_awready), .s_axi_awaddr(m_awaddr), .s_axi_awlen(m_awlen),
                .s_axi_wvalid(m_wvalid), .s_axi_wready(m_wready), .s_axi_wdata(m_wdata), .s_axi_wstrb(m_wstrb),
                .s_axi_bvalid(m_bvalid), .s_axi_bready(m_bready), .s_axi_bresp(m_bresp),
                .s_axi_arvalid(m_arvalid), .s_axi_arready(m_arready), .s_axi_araddr(m_araddr), .s_axi_arlen(m_arlen),
                .s_axi_rvalid(m_rvalid), .s_axi_rready(m_rready), .s_axi_rdata(m_rdata), .s_axi_rresp(m_rresp), .s_axi_rlast(m_rlast),
                .sdram_cke(sdram_cke), .sdram_cs_n(sdram_cs_n), .sdram_ras_n(sdram_ras_n), .sdram_cas_n(sdram_cas_n),
                .sdram_we_n(sdram_we_n), .sdram_ba(sdram_ba), .sdram_a(sdram_a), .sdram_dqm(sdram_dqm),
                .sdram_dq_o(sdram_dq_o), .sdram_dq_oe(sdram_dq_oe), .sdram_dq_i(sdram_dq_i)
            );
            wire unused_ok = &{1'b0, m_wlast};
        end
    endgenerate

endmodule
`default_nettype wire
