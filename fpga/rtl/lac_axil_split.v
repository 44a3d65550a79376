// SPDX-License-Identifier: Apache-2.0
//
// lac_axil_split - the bridge's AXI4-Lite master to the core's registers, the board's registers, memory, or nothing
//
//   Map        docs/boards.md, section 1; the two low address bits are not looked at
//   Always     every access is answered. All else than the map, a write without all four strobes, the core's registers while it is held in
//              reset (core_gone), and memory that answers with an error: SLVERR, reads as all ones
//   Order      one access at a time; a write goes before a read that came with it
//   Timing     board's registers and nothing: the answer 3 cycles after the request; else that of the target and 3
//   Handshake  AW and W are taken together; answers hold still. mem_valid, with its mem_* holding still, stays until mem_done, which comes
//              for one cycle with rdata and fail. reg_wr is high for one cycle; reg_rdata belongs to the reg_addr of one cycle ago
//   Reset      drops what is in flight: bridge and targets are reset together (the core alone: core_gone)
`default_nettype none

module lac_axil_split #(
    parameter [31:0] MEM_BYTES = 32'd32768  // memory is 0 .. MEM_BYTES - 1
) (
    input  wire        clk,
    input  wire        rst,

    input  wire        s_axil_awvalid,
    output wire        s_axil_awready,
    input  wire [31:0] s_axil_awaddr,
    input  wire        s_axil_wvalid,
    output wire        s_axil_wready,
    input  wire [31:0] s_axil_wdata,
    input  wire [3:0]  s_axil_wstrb,
    output wire        s_axil_bvalid,
    input  wire        s_axil_bready,
    output wire [1:0]  s_axil_bresp,
    input  wire        s_axil_arvalid,
    output wire        s_axil_arready,
    input  wire [31:0] s_axil_araddr,
    output wire        s_axil_rvalid,
    input  wire        s_axil_rready,
    output wire [31:0] s_axil_rdata,
    output wire [1:0]  s_axil_rresp,

    input  wire        core_gone,      // rises only by a write through here, so never under an access to the core
    output wire        m_core_awvalid,
    input  wire        m_core_awready,
    output wire [11:0] m_core_awaddr,
    output wire        m_core_wvalid,
    input  wire        m_core_wready,
    output wire [31:0] m_core_wdata,
    output wire [3:0]  m_core_wstrb,
    input  wire        m_core_bvalid,
    output wire        m_core_bready,
    input  wire [1:0]  m_core_bresp,
    output wire        m_core_arvalid,
    input  wire        m_core_arready,
    output wire [11:0] m_core_araddr,
    input  wire        m_core_rvalid,
    output wire        m_core_rready,
    input  wire [31:0] m_core_rdata,
    input  wire [1:0]  m_core_rresp,

    output wire        reg_wr,
    output wire [7:0]  reg_addr,
    output wire [31:0] reg_wdata,
    input  wire [31:0] reg_rdata,

    output wire        mem_valid,
    output wire        mem_write,
    output wire [31:0] mem_addr,
    output wire [31:0] mem_wdata,
    input  wire        mem_done,
    input  wire [31:0] mem_rdata,
    input  wire        mem_fail
);

    localparam [2:0] ST_IDLE = 3'd0, ST_DECODE = 3'd1, ST_CORE = 3'd2, ST_BOARD = 3'd3, ST_MEM = 3'd4, ST_ANSWER = 3'd5;
    reg [2:0]  state_q;
    reg        write_q, strobes_q, fail_q;
    reg [31:0] addr_q, data_q;          // data_q: to be written, then what was read
    reg        aw_q, w_q, ar_q;         // on offer to the core

    wire idle     = state_q == ST_IDLE;
    wire wr_come  = s_axil_awvalid && s_axil_wvalid;
    wire rd_come  = s_axil_arvalid && !wr_come;
    wire at_core  = addr_q[31:12] == 20'hF0000 && !core_gone;
    wire at_board = addr_q[31:8] == 24'hF00100;
    wire at_mem   = addr_q < MEM_BYTES;
    wire decode   = state_q == ST_DECODE;
    wire core_end = (m_core_bvalid && m_core_bready) || (m_core_rvalid && m_core_rready);

    always @(posedge clk)
        if (rst) begin
            state_q        <= ST_IDLE;
            {aw_q, w_q, ar_q} <= 3'b000;
        end else begin
            if (m_core_awready) aw_q <= 1'b0;
            if (m_core_wready)  w_q  <= 1'b0;
            if (m_core_arready) ar_q <= 1'b0;
            case (state_q)
                ST_IDLE:   if (wr_come || rd_come) state_q <= ST_DECODE;
                ST_DECODE:
                    if (write_q && !strobes_q) state_q <= ST_ANSWER;
                    else if (at_core) begin
                        state_q           <= ST_CORE;
                        {aw_q, w_q, ar_q} <= {write_q, write_q, !write_q};
                    end else if (at_board)         state_q <= ST_BOARD;
                    else if (at_mem)               state_q <= ST_MEM;
                    else                           state_q <= ST_ANSWER;
                ST_CORE:   if (core_end)           state_q <= ST_ANSWER;
                ST_BOARD:                          state_q <= ST_ANSWER;
                ST_MEM:    if (mem_done)           state_q <= ST_ANSWER;
                default:   if (write_q ? s_axil_bready : s_axil_rready) state_q <= ST_IDLE;  // ST_ANSWER
            endcase
        end

    always @(posedge clk) begin
        if (idle) begin
            write_q   <= wr_come;
            strobes_q <= &s_axil_wstrb;
            addr_q    <= wr_come ? s_axil_awaddr : s_axil_araddr;
            data_q    <= s_axil_wdata;
            fail_q    <= 1'b1;  // unless a target answers
        end
        // The last cycle of a state counts
        if (state_q == ST_BOARD || state_q == ST_MEM || state_q == ST_CORE) begin
            if (!write_q) data_q <= (state_q == ST_BOARD) ? reg_rdata : (state_q == ST_MEM) ? mem_rdata : m_core_rdata;
            fail_q <= (state_q == ST_MEM) ? mem_fail : state_q == ST_CORE && (write_q ? m_core_bresp[1] : m_core_rresp[1]);
        end
    end

    assign s_axil_awready = idle && wr_come;
    assign s_axil_wready  = idle && wr_come;
    assign s_axil_arready = idle && rd_come;
    assign s_axil_bvalid  = state_q == ST_ANSWER && write_q;
    assign s_axil_bresp   = {fail_q, 1'b0};
    assign s_axil_rvalid  = state_q == ST_ANSWER && !write_q;
    assign s_axil_rdata   = data_q | {32{fail_q}};
    assign s_axil_rresp   = {fail_q, 1'b0};

    assign m_core_awvalid = aw_q;
    assign m_core_awaddr  = {addr_q[11:2], 2'b00};
    assign m_core_wvalid  = w_q;
    assign m_core_wdata   = data_q;
    assign m_core_wstrb   = 4'hF;
    assign m_core_bready  = state_q == ST_CORE && write_q;
    assign m_core_arvalid = ar_q;
    assign m_core_araddr  = {addr_q[11:2], 2'b00};
    assign m_core_rready  = state_q == ST_CORE && !write_q;

    assign reg_wr    = decode && at_board && write_q && strobes_q;
    assign reg_addr  = {addr_q[7:2], 2'b00};
    assign reg_wdata = data_q;

    assign mem_valid = state_q == ST_MEM;
    assign mem_write = write_q;
    assign mem_addr  = {addr_q[31:2], 2'b00};
    assign mem_wdata = data_q;

    wire unused_ok = &{1'b0, addr_q[1:0], m_core_bresp[0], m_core_rresp[0]};

endmodule
`default_nettype wire
