// SPDX-License-Identifier: Apache-2.0
//
// tb_sdram_rate - how much of the SDRAM's pins lac_sdram uses: masters that never wait, one pattern a run
//
//   Patterns   +read=P +write=P, P: 0 none, 1 one linear stream, 2 bursts anywhere. +beats=N of a burst, +only=B: random
//              bursts come in one bank (every one another row)
//   Measure    words read and written in WINDOW cycles, refreshes included, after WARM cycles; data are not looked at
//              (tb_sdram does), violations are
//   Output     `rate <words> <cycles> <mean latency of a read burst's first beat>`, or FAIL
`timescale 1ns/1ps
module tb_sdram_rate;
    parameter DATA_W = 64, DQ_W = 16, ROW_W = 13, COL_W = 9, HAS_DQM = 1, CLOCK_KHZ = 125000, CAS = 3,
              REFRESHES = 8192, T_RAS = 45000, T_RC = 66000, T_RFC = 66000;
    localparam BYTES = DATA_W / 8, WORDS = DATA_W / DQ_W, BL = (WORDS >= 8) ? 3 : $clog2(WORDS);
    localparam WARM = 2000, WINDOW = 30000, FLIGHT = 8;

    reg clk = 0, rst = 1;
    always #5 clk = !clk;

    reg                arvalid = 0, awvalid = 0, wvalid = 0;
    wire               arready, rvalid, rlast, awready, wready, bvalid, ready;
    reg  [31:0]        araddr = 0, awaddr = 0;
    reg  [7:0]         len;
    wire [DATA_W-1:0]  rdata;
    wire [1:0]         rresp, bresp;
    wire               cke, cs_n, ras_n, cas_n, we_n, oe;
    wire [1:0]         ba;
    wire [ROW_W-1:0]   a;
    wire [DQ_W/8-1:0]  dqm;
    wire [DQ_W-1:0]    to_ram, from_ram;
    wire [31:0]        violations, reads, writes, refreshes;

    lac_sdram #(.DATA_W(DATA_W), .DQ_W(DQ_W), .ROW_W(ROW_W), .COL_W(COL_W), .HAS_DQM(HAS_DQM), .CLOCK_KHZ(CLOCK_KHZ), .CAS(CAS),
                .REFRESHES(REFRESHES), .T_RAS(T_RAS), .T_RC(T_RC), .T_RFC(T_RFC)) dut (
        .clk(clk), .rst(rst), .ready(ready),
        .s_axi_arvalid(arvalid), .s_axi_arready(arready), .s_axi_araddr(araddr), .s_axi_arlen(len),
        .s_axi_rvalid(rvalid), .s_axi_rready(1'b1), .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rlast(rlast),
        .s_axi_awvalid(awvalid), .s_axi_awready(awready), .s_axi_awaddr(awaddr), .s_axi_awlen(len),
        .s_axi_wvalid(wvalid), .s_axi_wready(wready), .s_axi_wdata({DATA_W{1'b0}}), .s_axi_wstrb({BYTES{1'b1}}),
        .s_axi_bvalid(bvalid), .s_axi_bready(1'b1), .s_axi_bresp(bresp),
        .sdram_cke(cke), .sdram_cs_n(cs_n), .sdram_ras_n(ras_n), .sdram_cas_n(cas_n), .sdram_we_n(we_n), .sdram_ba(ba), .sdram_a(a),
        .sdram_dqm(dqm), .sdram_dq_o(to_ram), .sdram_dq_oe(oe), .sdram_dq_i(from_ram)
    );
    sdram_model #(.DQ_W(DQ_W), .ROW_W(ROW_W), .COL_W(COL_W), .STORE_ROW_W(7), .CLOCK_KHZ(CLOCK_KHZ), .CAS(CAS), .BURST_LOG(BL),
        .T_RAS(T_RAS), .T_RC(T_RC), .T_RFC(T_RFC), .REFRESHES(REFRESHES)) ram (
        .clk(clk), .cke(cke), .cs_n(cs_n), .ras_n(ras_n), .cas_n(cas_n), .we_n(we_n), .ba(ba), .a(a), .dqm(dqm),
        .dq_i(to_ram), .dq_i_valid(oe), .dq_o(from_ram), .violations(violations), .reads(reads), .writes(writes), .refreshes(refreshes)
    );

    localparam SIZE = 1 << (7 + 2 + COL_W + $clog2(DQ_W / 8));
    integer read, write, beats, only, seed, cycles, start, r_flight, w_owed, began, waited, firsts, asked_at, asked_rd;
    integer asked [0:15];
    reg     first;

    // The next burst's address: linear, or anywhere at a multiple of its length
    function [31:0] next(input integer pattern, input [31:0] last, input integer half);
        integer span;
        begin
            span = beats * BYTES;
            if (pattern == 1) next = (last + span) % SIZE;
            else begin
                next = ($unsigned($random(seed)) % (SIZE / span)) * span;
                if (only >= 0) next = (next & ~(3 << (COL_W + $clog2(DQ_W / 8)))) | (only << (COL_W + $clog2(DQ_W / 8)));
            end
            if (half == 2) next = next;
        end
    endfunction

    initial begin
        if (!$value$plusargs("read=%d", read))   read = 1;
        if (!$value$plusargs("write=%d", write)) write = 0;
        if (!$value$plusargs("beats=%d", beats)) beats = 16;
        if (!$value$plusargs("only=%d", only))   only = -1;
        seed = 1; cycles = 0; start = 0; r_flight = 0; w_owed = 0; waited = 0; firsts = 0; asked_at = 0; asked_rd = 0; first = 1; began = 0;
        len = beats - 1;
        awaddr = SIZE / 2;
        repeat (5) @(posedge clk);
        rst <= 0;
    end

    always @(posedge clk) if (!rst && ready) begin
        cycles = cycles + 1;
        if (arvalid && arready) begin
            r_flight = r_flight + 1;
            asked[asked_at % 16] = cycles; asked_at = asked_at + 1;
        end
        if (rvalid) begin
            if (first) begin
                if (start != 0) begin waited = waited + cycles - asked[asked_rd % 16]; firsts = firsts + 1; end
                asked_rd = asked_rd + 1;
            end
            first = rlast;
            if (rlast) r_flight = r_flight - 1;
        end
        if ((!arvalid || arready) && read != 0) begin
            arvalid <= r_flight < FLIGHT;
            if (!arvalid || arready) araddr <= next(read, araddr, 1);
        end
        if (awvalid && awready) w_owed = w_owed + beats;
        if (wvalid && wready) w_owed = w_owed - 1;
        if ((!awvalid || awready) && write != 0) begin
            awvalid <= w_owed < FLIGHT * beats;
            awaddr  <= next(write, awaddr, 2);
        end
        wvalid <= w_owed > 1 || (w_owed == 1 && !(wvalid && wready));
        if (cycles == WARM) begin start = cycles; began = reads + writes; end
        if (cycles == WARM + WINDOW) begin
            if (violations != 0) $display("FAIL violations=%0d", violations);
            else $display("rate %0d %0d %0d", reads + writes - began, WINDOW, firsts ? waited / firsts : 0);
            $finish;
        end
    end
endmodule
