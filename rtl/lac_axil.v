// SPDX-License-Identifier: Apache-2.0
//
// lac_axil - AXI4-Lite slave: transactions in, strobes for a register file out
//
//   Write      AW and W in any order, one write at a time. wr_en for one cycle when both are there; a write
//              without all four strobes is not passed on and answered with SLVERR, everything else with OKAY
//   Read       one at a time, beside writes. rd_en for one cycle, rd_data is taken in the cycle after it
//   Timing     write: B 2 cycles after the later of AW and W; read: R 3 cycles after AR
//   Handshake  all READYs and VALIDs are registers; a response holds still until taken
//   Reset      rst drops what is in flight
`default_nettype none

module lac_axil (
    input  wire        clk,
    input  wire        rst,

    input  wire        s_axil_awvalid,
    output wire        s_axil_awready,
    input  wire [11:0] s_axil_awaddr,
    input  wire        s_axil_wvalid,
    output wire        s_axil_wready,
    input  wire [31:0] s_axil_wdata,
    input  wire [3:0]  s_axil_wstrb,
    output wire        s_axil_bvalid,
    input  wire        s_axil_bready,
    output wire [1:0]  s_axil_bresp,
    input  wire        s_axil_arvalid,
    output wire        s_axil_arready,
    input  wire [11:0] s_axil_araddr,
    output wire        s_axil_rvalid,
    input  wire        s_axil_rready,
    output wire [31:0] s_axil_rdata,
    output wire [1:0]  s_axil_rresp,

    output wire        wr_en,
    output wire [11:0] wr_addr,  // [bytes] the two low bits as the master sent them
    output wire [31:0] wr_data,
    output wire        rd_en,
    output wire [11:0] rd_addr,  // [bytes] likewise
    input  wire [31:0] rd_data   // of the rd_en one cycle ago
);

    // ---- Writes: collect AW and W, act, answer
    reg        aw_q, w_q, b_q;  // have the address; have the data; the answer is on offer
    reg        bad_q;           // the answer is SLVERR
    reg [11:0] wr_addr_q;
    reg [31:0] wr_data_q;
    reg [3:0]  wr_strb_q;

    wire aw_hs = s_axil_awvalid && !aw_q;
    wire w_hs  = s_axil_wvalid && !w_q;
    wire act   = aw_q && w_q && !b_q;
    wire b_hs  = b_q && s_axil_bready;

    // aw_q and w_q stay until the answer is taken: so one write at a time
    always @(posedge clk)
        if (rst) begin
            aw_q <= 1'b0;
            w_q  <= 1'b0;
            b_q  <= 1'b0;
        end else if (b_hs) begin
            aw_q <= 1'b0;
            w_q  <= 1'b0;
            b_q  <= 1'b0;
        end else begin
            if (aw_hs) aw_q <= 1'b1;
            if (w_hs)  w_q  <= 1'b1;
            if (act)   b_q  <= 1'b1;
        end

    always @(posedge clk) begin
        if (aw_hs) wr_addr_q <= s_axil_awaddr;
        if (w_hs) begin
            wr_data_q <= s_axil_wdata;
            wr_strb_q <= s_axil_wstrb;
        end
        if (act) bad_q <= wr_strb_q != 4'hF;
    end

    assign s_axil_awready = !aw_q;
    assign s_axil_wready  = !w_q;
    assign s_axil_bvalid  = b_q;
    assign s_axil_bresp   = {bad_q, 1'b0};
    assign wr_en          = act && wr_strb_q == 4'hF;
    assign wr_addr        = wr_addr_q;
    assign wr_data        = wr_data_q;

    // ---- Reads: ask, take, answer
    reg        ask_q, take_q, r_q;
    reg [11:0] rd_addr_q;
    reg [31:0] rd_data_q;

    wire ar_hs = s_axil_arvalid && s_axil_arready;
    wire r_hs  = r_q && s_axil_rready;

    always @(posedge clk)
        if (rst) begin
            ask_q  <= 1'b0;
            take_q <= 1'b0;
            r_q    <= 1'b0;
        end else begin
            ask_q  <= ar_hs;
            take_q <= ask_q;
            r_q    <= take_q || (r_q && !r_hs);
        end

    always @(posedge clk) begin
        if (ar_hs)  rd_addr_q <= s_axil_araddr;
        if (take_q) rd_data_q <= rd_data;
    end

    assign s_axil_arready = !ask_q && !take_q && !r_q;
    assign s_axil_rvalid  = r_q;
    assign s_axil_rdata   = rd_data_q;
    assign s_axil_rresp   = 2'b00;
    assign rd_en          = ask_q;
    assign rd_addr        = rd_addr_q;

endmodule
`default_nettype wire
