// SPDX-License-Identifier: Apache-2.0
//
// lac_serial - a serial line on one side, an AXI4-Lite master on the other (docs/boards.md, section 2)
//
//   rx --> lac_uart --bytes--> lac_bridge --> m_axil_*
//   tx <--          <--bytes--
//
//   Function   plain mode and framed mode of the document; one word of the bus at a time
//   Bus        32-bit words at byte addresses that are multiples of 4, all strobes; one transaction in flight, AWVALID and WVALID rise
//              together and fall each on its own. A slave must answer in the end: one that never does stops the bridge until rst
//   Line       8 data bits, no parity, one stop bit. rx may be asynchronous: it is synchronised here. tx rests high
//   Errors     frame_errors counts frames dropped since reset, up to 65535
//   Reset      rst drops everything, the transaction in flight included; plain mode
`default_nettype none

module lac_serial #(
    parameter integer    DIVISOR = 40,             // [cycles] a bit, 4 .. 65535
    parameter integer    TIMEOUT = 12000000,       // [cycles] the pause that ends a command or a frame, 100 ms; 2 .. 2^30
    parameter     [31:0] VERSION = 32'h0001_0000   // BOARD_VERSION, told by the answer to HELLO
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        rx,
    output wire        tx,
    output wire [15:0] frame_errors,

    output wire        m_axil_awvalid,
    input  wire        m_axil_awready,
    output wire [31:0] m_axil_awaddr,
    output wire        m_axil_wvalid,
    input  wire        m_axil_wready,
    output wire [31:0] m_axil_wdata,
    output wire [3:0]  m_axil_wstrb,
    input  wire        m_axil_bvalid,
    output wire        m_axil_bready,
    input  wire [1:0]  m_axil_bresp,
    output wire        m_axil_arvalid,
    input  wire        m_axil_arready,
    output wire [31:0] m_axil_araddr,
    input  wire        m_axil_rvalid,
    output wire        m_axil_rready,
    input  wire [31:0] m_axil_rdata,
    input  wire [1:0]  m_axil_rresp
);

    wire       in_valid, in_ready, in_bad, in_break, out_valid, out_ready;
    wire [7:0] in_data, out_data;

    lac_uart #(.DIVISOR(DIVISOR)) u_uart (
        .clk(clk), .rst(rst), .rx(rx), .tx(tx),
        .out_valid(in_valid), .out_ready(in_ready), .out_data(in_data), .out_bad(in_bad), .out_break(in_break),
        .in_valid(out_valid), .in_ready(out_ready), .in_data(out_data)
    );

    lac_bridge #(.TIMEOUT(TIMEOUT), .VERSION(VERSION)) u_bridge (
        .clk(clk), .rst(rst), .frame_errors(frame_errors),
        .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data), .in_bad(in_bad), .in_break(in_break),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data),
        .m_axil_awvalid(m_axil_awvalid), .m_axil_awready(m_axil_awready), .m_axil_awaddr(m_axil_awaddr),
        .m_axil_wvalid(m_axil_wvalid), .m_axil_wready(m_axil_wready), .m_axil_wdata(m_axil_wdata), .m_axil_wstrb(m_axil_wstrb),
        .m_axil_bvalid(m_axil_bvalid), .m_axil_bready(m_axil_bready), .m_axil_bresp(m_axil_bresp),
        .m_axil_arvalid(m_axil_arvalid), .m_axil_arready(m_axil_arready), .m_axil_araddr(m_axil_araddr),
        .m_axil_rvalid(m_axil_rvalid), .m_axil_rready(m_axil_rready), .m_axil_rdata(m_axil_rdata), .m_axil_rresp(m_axil_rresp)
    );

endmodule
`default_nettype wire
