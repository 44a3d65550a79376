// SPDX-License-Identifier: Apache-2.0
//
// lac_bridge - bytes on one side, an AXI4-Lite master on the other: the protocol of docs/boards.md, section 2
//
//   bytes in --> lac_bridge_in --jobs--> lac_bridge_run --> bytes out
//                      |                    ^   |
//                      +--> frame RAM <-----+   +--> m_axil_*
//
//   Frame RAM  512 words, one block RAM: while one half is worked on, the next frame is received into the other
//   Hangs      none, whatever bytes come and however they are paced, as long as out_ready and the bus's answers come in the end. A slave
//              that never answers stops the bridge until rst
//   Reset      rst drops everything, the bus's transaction included; plain mode
`default_nettype none

module lac_bridge #(
    parameter integer    TIMEOUT = 12000000,      // [cycles] the pause that ends a command or a frame, 2 .. 2^30
    parameter     [31:0] VERSION = 32'h0001_0000  // told by the answer to HELLO
) (
    input  wire        clk,
    input  wire        rst,
    output wire [15:0] frame_errors,    // frames dropped since reset, up to 65535

    input  wire        in_valid,
    output wire        in_ready,
    input  wire [7:0]  in_data,
    input  wire        in_bad,          // this byte is not what was sent, or bytes before it were lost
    input  wire        in_break,        // for one cycle: back to plain mode

    output wire        out_valid,
    input  wire        out_ready,
    output wire [7:0]  out_data,

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

    wire        framed, idle;
    wire        job_valid, job_take, job_plain, job_half, job_damaged, job_more;
    wire [7:0]  job_op, job_seq, job_last, job_fill;
    wire [29:0] job_addr;
    wire        in_we, run_we, ram_re, ram_qe;
    wire [8:0]  in_addr, run_addr;
    wire [31:0] in_word, run_word, ram_q;

    lac_bridge_in #(.TIMEOUT(TIMEOUT)) u_in (
        .clk(clk), .rst(rst), .framed(framed), .frame_errors(frame_errors),
        .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data), .in_bad(in_bad), .in_break(in_break),
        .job_valid(job_valid), .job_take(job_take), .job_plain(job_plain), .job_op(job_op), .job_seq(job_seq), .job_last(job_last),
        .job_addr(job_addr), .job_half(job_half), .job_damaged(job_damaged), .job_more(job_more), .job_fill(job_fill), .idle(idle),
        .ram_we(in_we), .ram_addr(in_addr), .ram_data(in_word)
    );

    // Both write: the receiver first, the other one waits.
    lac_ram #(.W(32), .DEPTH(512), .ADDR_W(9)) u_ram (
        .clk(clk), .rclk(clk), .we(in_we || run_we), .waddr(in_we ? in_addr : run_addr), .wdata(in_we ? in_word : run_word),
        .re(ram_re), .raddr(run_addr), .qe(ram_qe), .q(ram_q)
    );

    lac_bridge_run #(.VERSION(VERSION)) u_run (
        .clk(clk), .rst(rst), .in_break(in_break), .framed(framed), .idle(idle),
        .job_valid(job_valid), .job_take(job_take), .job_plain(job_plain), .job_op(job_op), .job_seq(job_seq), .job_last(job_last),
        .job_addr(job_addr), .job_half(job_half), .job_damaged(job_damaged), .job_more(job_more), .job_fill(job_fill),
        .in_we(in_we), .ram_we(run_we), .ram_addr(run_addr), .ram_data(run_word), .ram_re(ram_re), .ram_qe(ram_qe), .ram_q(ram_q),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data),
        .m_axil_awvalid(m_axil_awvalid), .m_axil_awready(m_axil_awready), .m_axil_awaddr(m_axil_awaddr),
        .m_axil_wvalid(m_axil_wvalid), .m_axil_wready(m_axil_wready), .m_axil_wdata(m_axil_wdata), .m_axil_wstrb(m_axil_wstrb),
        .m_axil_bvalid(m_axil_bvalid), .m_axil_bready(m_axil_bready), .m_axil_bresp(m_axil_bresp),
        .m_axil_arvalid(m_axil_arvalid), .m_axil_arready(m_axil_arready), .m_axil_araddr(m_axil_araddr),
        .m_axil_rvalid(m_axil_rvalid), .m_axil_rready(m_axil_rready), .m_axil_rdata(m_axil_rdata), .m_axil_rresp(m_axil_rresp)
    );

endmodule
`default_nettype wire
