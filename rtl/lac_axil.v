// SPDX-License-Identifier: Apache-2.0
//
// lac_axil - AXI4-Lite slave: transactions in, strobes for a register file out
//
//   Write      AW and W in any order, one write at a time. wr_en for one cycle when both are there, wr_addr a cycle before it; a write
//              without all four strobes is not passed on and answered with SLVERR, everything else with OKAY
//   Read       one at a time, beside writes. rd_early and rd_addr, a cycle later rd_soon, another rd_en; rd_data is taken in the cycle after that
//   Timing     write: B 3 cycles after the later of AW and W; read: R 5 cycles after AR
//   Handshake  all VALIDs are registers, all READYs functions of registers and `hold`; a response holds still until taken
//   Reset      rst drops what is in flight
`default_nettype none

module lac_axil (
    input  wire        clk,
    input  wire        rst,
    input  wire        hold,     // take nothing new

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
    output wire [31:0] wr_data,  // 0 until the first
    output wire        rd_early, // rd_soon in the next cycle, rd_addr is there
    output wire        rd_soon,  // rd_en in the next cycle
    output wire        rd_en,
    output wire [11:0] rd_addr,  // [bytes] likewise
    input  wire [31:0] rd_data   // of the rd_en one cycle ago
);

    // ---- Writes: collect AW and W, act, answer
    reg        aw_q, w_q, b_q;  // have the address; have the data; the answer is on offer
    reg        act_q;           // have both, since the last cycle
    reg [11:0] wr_addr_q;
    reg [31:0] wr_data_q;
    reg        whole_q;         // all four strobes

    wire aw_hs = s_axil_awvalid && s_axil_awready;
    wire w_hs  = s_axil_wvalid && s_axil_wready;
    wire b_hs  = b_q && s_axil_bready;

    // aw_q and w_q stay until the answer is taken: so one write at a time
    always @(posedge clk)
        if (rst) begin
            aw_q <= 1'b0;
            w_q  <= 1'b0;
            b_q  <= 1'b0;
            act_q <= 1'b0;
        end else if (b_hs) begin
            aw_q <= 1'b0;
            w_q  <= 1'b0;
            b_q  <= 1'b0;
        end else begin
            if (aw_hs) aw_q <= 1'b1;
            if (w_hs)  w_q  <= 1'b1;
            act_q <= aw_q && w_q && !act_q && !b_q;
            if (act_q) b_q  <= 1'b1;
        end

    always @(posedge clk) begin
        if (aw_hs) wr_addr_q <= s_axil_awaddr;
        if (rst)       wr_data_q <= 32'd0;
        else if (w_hs) wr_data_q <= s_axil_wdata;
        if (w_hs) whole_q <= &s_axil_wstrb;
    end

    assign s_axil_awready = !aw_q && !hold;
    assign s_axil_wready  = !w_q && !hold;
    assign s_axil_bvalid  = b_q;
    assign s_axil_bresp   = {!whole_q, 1'b0};
    assign wr_en          = act_q && whole_q;
    assign wr_addr        = wr_addr_q;
    assign wr_data        = wr_data_q;

    // ---- Reads: ask, take, answer
    reg        early_q, soon_q, ask_q, take_q, r_q;
    reg [11:0] rd_addr_q;
    reg [31:0] rd_data_q;

    wire ar_hs = s_axil_arvalid && s_axil_arready;
    wire r_hs  = r_q && s_axil_rready;

    always @(posedge clk)
        if (rst) begin
            early_q <= 1'b0;
            soon_q  <= 1'b0;
            ask_q   <= 1'b0;
            take_q  <= 1'b0;
            r_q     <= 1'b0;
        end else begin
            early_q <= ar_hs;
            soon_q  <= early_q;
            ask_q   <= soon_q;
            take_q  <= ask_q;
            r_q     <= take_q || (r_q && !r_hs);
        end

    always @(posedge clk) begin
        if (ar_hs)  rd_addr_q <= s_axil_araddr;
        if (take_q) rd_data_q <= rd_data;
    end

    assign s_axil_arready = !early_q && !soon_q && !ask_q && !take_q && !r_q && !hold;
    assign s_axil_rvalid  = r_q;
    assign s_axil_rdata   = rd_data_q;
    assign s_axil_rresp   = 2'b00;
    assign rd_early       = early_q;
    assign rd_soon        = soon_q;
    assign rd_en          = ask_q;
    assign rd_addr        = rd_addr_q;

`ifdef FORMAL_LAC_AXIL  // `make formal` proves these by induction
    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @(*) if (!f_past) assume (rst);

    // What the master was promised to have written
    reg        f_aw, f_w, f_both, f_acted;   // accepted; both, a cycle ago; wr_en has come, or been held back
    reg [11:0] f_addr, f_raddr;
    reg [31:0] f_data, f_rdata;
    reg [3:0]  f_strb;
    reg [1:0]  f_reads;              // reads accepted and not yet answered
    always @(posedge clk) begin
        if (rst || (s_axil_bvalid && s_axil_bready)) {f_aw, f_w, f_both, f_acted} <= 4'b0000;
        else begin
            if (s_axil_awvalid && s_axil_awready) f_aw <= 1'b1;
            if (s_axil_wvalid && s_axil_wready)   f_w  <= 1'b1;
            if (f_aw && f_w)                      f_both  <= 1'b1;
            if (f_both)                           f_acted <= 1'b1;
        end
        if (s_axil_awvalid && s_axil_awready) f_addr <= s_axil_awaddr;
        if (s_axil_wvalid && s_axil_wready)   {f_data, f_strb} <= {s_axil_wdata, s_axil_wstrb};
        if (s_axil_arvalid && s_axil_arready) f_raddr <= s_axil_araddr;
        if (rst) f_reads <= 2'd0;
        else     f_reads <= f_reads + {1'b0, s_axil_arvalid && s_axil_arready} - {1'b0, s_axil_rvalid && s_axil_rready};
    end

    always @(*) if (f_past) begin
        assert (f_aw == aw_q && f_w == w_q && f_acted == b_q && act_q == (f_both && !f_acted));
        // P1 one write at a time   P2 an answer belongs to a write that was acted on
        if (f_aw) assert (!s_axil_awready);
        if (f_w)  assert (!s_axil_wready);
        if (s_axil_bvalid) assert (f_acted && s_axil_bresp == (f_strb == 4'hF ? 2'b00 : 2'b10));
        // P3 wr_en: exactly once, as sent, with all strobes, a cycle after both are there
        assert (wr_en == (f_both && !f_acted && f_strb == 4'hF));
        if (wr_en) assert (wr_addr == f_addr && wr_data == f_data);
        if (f_aw)  assert (wr_addr_q == f_addr);
        if (f_w)   assert (wr_data_q == f_data && whole_q == (f_strb == 4'hF));
        if (f_both)  assert (f_aw && f_w);
        if (f_acted) assert (f_both);
        // P4 one read at a time, in one of its five steps
        assert (f_reads == {1'b0, early_q} + {1'b0, soon_q} + {1'b0, ask_q} + {1'b0, take_q} + {1'b0, r_q} && f_reads <= 2'd1);
        assert (s_axil_arready == (f_reads == 2'd0 && !hold));
        if (hold) assert (!s_axil_awready && !s_axil_wready && !s_axil_arready);
        if (rd_early || rd_soon || rd_en) assert (rd_addr == f_raddr);
        if (s_axil_rvalid) assert (s_axil_rresp == 2'b00);
    end
    always @(posedge clk) if (f_past && !rst && !$past(rst)) begin
        // P5 answers hold still   P6 they come: B two cycles after both, R two cycles after rd_en's start
        if ($past(s_axil_bvalid && !s_axil_bready)) assert (s_axil_bvalid && $stable(s_axil_bresp));
        if ($past(s_axil_rvalid && !s_axil_rready)) assert (s_axil_rvalid && $stable(s_axil_rdata));
        if ($past(f_both && !s_axil_bvalid))        assert (s_axil_bvalid);
        if ($past(f_aw && f_w && !f_both))          assert (f_both);
        assert (rd_early == $past(s_axil_arvalid && s_axil_arready));
        assert (rd_soon == $past(rd_early));
        assert (rd_en == $past(rd_soon));
        if ($past(take_q)) assert (s_axil_rvalid && s_axil_rdata == $past(rd_data));  // P7 of the cycle after rd_en
        if ($past(rd_en))  assert (take_q);
    end
`endif

endmodule
`default_nettype wire
