// SPDX-License-Identifier: Apache-2.0
//
// f_axi_wr - lac_axi_wr between an arbitrary client and an arbitrary slave (bounded proof)
//
//   Assumed    client and slave keep VALID and payload; at most four requests of one to four lines, each line with all
//              strobes and its own address as data; the slave answers a burst only when AW and all of W were accepted,
//              at any time or never; the burst that starts at f_bad is answered with SLVERR or DECERR
//   Proved     AW and W are stable (through flush and "dead") and legal; no W before its AW; WLAST; every beat with
//              strobes is the line's data at the line's address; quiet, fault, idle and stuck mean what they say
`default_nettype none
module f_axi_wr #(
    parameter integer DATA_W = 64,
    parameter integer BURST  = 2,
    parameter integer LINES  = 0   // 1: prove C, data and faults, without flush and watchdog; 0: prove B, the bus
) (
    input wire              clk,
    input wire              rst,
    input wire              flush,
    input wire              clear,
    input wire              req_valid,
    input wire [12:0]       req_addr,
    input wire [23:0]       req_lines,
    input wire              data_valid,
    input wire              awready,
    input wire              wready,
    input wire              bvalid
);
    localparam integer ADDR_W = 13, OUT = 2;
    localparam integer LB = 8, BYTES = DATA_W / 8, BPL = LB / BYTES;  // DATA_W is 32 or 64 here
    localparam integer SIZE = (DATA_W == 32) ? 2 : 3;  // log2 of BYTES; shifts, because z3 finds * and % hard

    (* anyconst *) reg [2:0]  f_watchdog;  // 0: off
    (* anyconst *) reg [12:0] f_bad;
    (* anyconst *) reg        f_decerr;

    wire        idle, stuck, beat, quiet, req_ready, data_ready, awvalid, wvalid, wlast, bready;
    wire [1:0]  awburst;
    wire [2:0]  fault, awsize;
    wire [7:0]  awlen;
    wire [12:0] fault_addr, awaddr, b_addr, line_addr;
    wire [DATA_W-1:0] wdata;
    wire [BYTES-1:0]  wstrb;
    wire [1:0]  bresp = (b_addr == f_bad) ? {1'b1, f_decerr} : 2'b00;
    wire [12:0] high_addr = line_addr + 13'd4;
    wire [8*LB-1:0] data = (BPL == 2) ? {19'd0, high_addr, 19'd0, line_addr} : {{(8 * LB - 13){1'b0}}, line_addr};

    lac_axi_wr #(.ADDR_W(ADDR_W), .DATA_W(DATA_W), .BURST(BURST), .OUTSTANDING(OUT)) dut (
        .clk(clk), .rst(rst), .flush(flush), .idle(idle), .stuck(stuck), .watchdog({29'd0, f_watchdog}),
        .req_valid(req_valid), .req_ready(req_ready), .req_addr(req_addr), .req_lines(req_lines),
        .data_valid(data_valid), .data_ready(data_ready), .data(data), .strb({LB{1'b1}}),
        .quiet(quiet), .clear(clear), .fault(fault), .fault_addr(fault_addr), .cause(), .beat(beat),
        .m_axi_awvalid(awvalid), .m_axi_awready(awready), .m_axi_awaddr(awaddr), .m_axi_awlen(awlen),
        .m_axi_awsize(awsize), .m_axi_awburst(awburst), .m_axi_wvalid(wvalid), .m_axi_wready(wready),
        .m_axi_wdata(wdata), .m_axi_wstrb(wstrb), .m_axi_wlast(wlast),
        .m_axi_bvalid(bvalid), .m_axi_bready(bready), .m_axi_bresp(bresp)
    );

    reg f_past = 1'b0, f_flushed = 1'b0, f_stuck = 1'b0;
    always @(posedge clk) begin
        f_past <= 1'b1;
        if (flush) f_flushed <= 1'b1;
        if (stuck) f_stuck <= 1'b1;
    end
    always @(*) assume (rst == !f_past);
    always @(*) if (LINES) assume (!flush && f_watchdog == 0);
    // Requests lie around a multiple of 4096; lac_axi_cut is proved for every address
    always @(*) assume (req_addr[12:6] == 7'h3F || req_addr[12:6] == 7'h40);

    // ---- client
    reg [12:0] q_addr [0:3];
    reg [2:0]  q_lines [0:3];
    reg [2:0]  q_wr, q_rd, q_pos;  // requests accepted; requests whose lines were all taken; lines taken of the next
    wire       req_hs = req_valid && req_ready, data_hs = data_valid && data_ready;
    assign     line_addr = q_addr[q_rd[1:0]] + {7'd0, q_pos, 3'd0};
    always @(*) if (req_valid) begin
        assume (req_lines != 0 && req_lines <= 4 && req_addr[2:0] == 0);
        assume ({1'b0, req_addr} + {req_lines[2:0], 3'd0} <= 14'h2000);
        assume (q_wr < 4);
    end
    always @(*) if (data_valid) assume (q_rd != q_wr);
    always @(posedge clk) if (f_past && !rst) begin
        if ($past(req_valid && !req_ready && !flush && !rst)) assume (req_valid && $stable(req_addr) && $stable(req_lines));
        if ($past(data_valid && !data_ready && !flush && !rst)) assume (data_valid);
    end
    always @(posedge clk)
        if (rst) begin
            q_wr <= 0; q_rd <= 0; q_pos <= 0;
        end else if (flush) begin
            q_rd <= q_wr; q_pos <= 0;
        end else begin
            if (req_hs) begin
                q_addr[q_wr[1:0]] <= req_addr; q_lines[q_wr[1:0]] <= req_lines[2:0]; q_wr <= q_wr + 1;
            end
            if (data_hs) begin
                if (q_pos + 1 == q_lines[q_rd[1:0]]) begin q_pos <= 0; q_rd <= q_rd + 1; end
                else q_pos <= q_pos + 1;
            end
        end

    // ---- slave: bursts offered, bursts accepted, bursts whose W is complete, bursts answered; they wrap
    reg [12:0] s_addr [0:3];
    reg [7:0]  s_len  [0:3];
    reg [2:0]  n_offer, n_aw, n_w, n_b;
    reg [7:0]  w_pos;
    reg [7:0]  asked, good;   // [beats] requested; beats with strobes
    reg        first_q;       // AW's offer is one already counted
    wire       aw_hs = awvalid && awready, w_hs = wvalid && wready, b_hs = bvalid && bready;
    wire       offer = awvalid && !first_q;
    wire [2:0] n_seen = n_offer + offer;
    wire [12:0] w_start = (n_w == n_offer) ? awaddr : s_addr[n_w[1:0]];
    wire [7:0]  w_len   = (n_w == n_offer) ? awlen : s_len[n_w[1:0]];
    wire [12:0] w_addr  = w_start + ({5'd0, w_pos} << SIZE);
    wire        w_end   = w_pos == w_len;
    assign      b_addr  = s_addr[n_b[1:0]];
    always @(posedge clk)
        if (rst) begin
            n_offer <= 0; n_aw <= 0; n_w <= 0; n_b <= 0; w_pos <= 0; asked <= 0; good <= 0; first_q <= 1'b0;
        end else begin
            first_q <= awvalid && !awready;
            n_offer <= n_seen;
            if (offer) begin s_addr[n_offer[1:0]] <= awaddr; s_len[n_offer[1:0]] <= awlen; end
            if (aw_hs) n_aw <= n_aw + 1;
            if (w_hs)  begin w_pos <= w_end ? 8'd0 : w_pos + 8'd1; n_w <= n_w + w_end; end
            if (b_hs)  n_b <= n_b + 1;
            asked <= asked + (req_hs ? ({4'd0, req_lines[3:0]} << (BPL - 1)) : 8'd0);
            good  <= good + (w_hs && wstrb != 0);
        end
    always @(*) if (bvalid) assume (n_b != n_aw && n_b != n_w);
    always @(posedge clk) if (f_past && !rst && $past(bvalid && !bready && !rst)) assume (bvalid);

    // ---- the bus
    wire [12:0] bytes = ({5'd0, awlen} + 13'd1) << SIZE;
    wire        owes  = n_b != n_seen;
    always @(posedge clk) if (!LINES && f_past && !rst) begin
        // B1 AW and W hold still, whatever happens   B2 AW is legal
        if ($past(awvalid && !awready && !rst)) assert (awvalid && $stable(awaddr) && $stable(awlen));
        if ($past(wvalid && !wready && !rst))   assert (wvalid && $stable(wdata) && $stable(wstrb) && $stable(wlast));
        if (awvalid) assert (awlen < BURST && awaddr[SIZE-1:0] == 0 && {1'b0, awaddr[11:0]} + bytes <= 13'd4096);
        assert (awburst == 2'b01 && (1 << awsize) == BYTES);
        assert (n_seen - n_b <= OUT);
        // B3 no W before its AW   B4 WLAST   B5 all strobes or none
        if (wvalid) begin
            assert (n_w != n_seen);
            assert (wlast == w_end);
            assert (wstrb == 0 || &wstrb);
        end
        // B6 B is taken when it is due
        if (n_b != n_w) assert (bready);
        assert (beat == w_hs);
    end

    // ---- what the client is told
    reg [2:0]  first;      // the first fault since `clear`, as the bus saw it
    reg [12:0] first_addr;
    always @(posedge clk)
        if (rst || flush) first <= 0;
        else if (b_hs && bresp[1] && !stuck && (first == 0 || clear)) begin
            first <= bresp[0] ? 3'd2 : 3'd1; first_addr <= b_addr;
        end else if (clear) first <= 0;
    always @(posedge clk) if (LINES && f_past && !rst) begin
        // C1 what is written is the line's data at the line's address   C2 quiet   C3 fault: the first, and where
        if (wvalid) assert (&wstrb && wdata == {{(DATA_W - 13){1'b0}}, w_addr});
        if (quiet) assert (q_rd == q_wr && !owes && good == asked);
        assert (good <= asked);
        assert (fault == first);
        if (fault != 0) assert (fault_addr == first_addr);
    end
    always @(posedge clk) if (!LINES && f_past && !rst) begin
        // B7 idle, stuck
        if (quiet && !f_flushed && !stuck && !f_stuck) assert (q_rd == q_wr);
        if (idle) assert (!owes && !awvalid && !wvalid);
        if (stuck) assert (owes && f_watchdog != 0);
        // B8 the cycle it dies: a timeout, unless a fault was there
        if (stuck && !f_stuck && !f_flushed && first == 0) assert (fault == 3 && fault_addr == b_addr);
        if (fault == 3) assert (f_watchdog != 0);
    end

    // ---- the proof is about something
    always @(posedge clk) if (f_past && !rst) begin
        cover (quiet && good == 3 && fault == 1);
        cover (stuck && quiet && q_rd == 2);
        cover (idle && $past(stuck) && good != asked);
    end
endmodule
`default_nettype wire
