// SPDX-License-Identifier: Apache-2.0
//
// tb_sdram - lac_sdram and sdram_model under random AXI traffic, four-state
//
//   Traffic    the memory is filled, then bursts of 1 .. 256 beats read and write at random, several in flight, every
//              channel stalling at random; strobes whole, at random, or with holes at the ends of a burst. A read and a
//              write are in flight at the same time only in different kilobytes, so every read has one right answer
//   Checks     every beat read against a byte array written from the W channel; RLAST, responses, offers that hold
//              still; no channel waits longer than STARVE while its master is willing; a stalled R channel does not
//              stop writes and missing W data do not stop reads; both saturated, each gets a quarter or more; all of memory at the end; the model's violations
//   Plusargs   +seed=N repeats a run, +cycles=N its length, +vcd writes tb_sdram.vcd; +red: the controller is told something
//              wrong, so nothing but the model's violations counts, and the run ends at the first of them (memory is not filled first)
//   Verdict    the last line starts with PASS or FAIL
`timescale 1ns/1ps
module tb_sdram;
    parameter DATA_W = 64, DQ_W = 16, ROW_W = 13, COL_W = 9, BANK_W = 2, HAS_DQM = 1, CLOCK_KHZ = 125000, CAS = 3, READ_LATE = 0;
    // What the controller is told
    parameter T_RCD = 21000, T_RP = 21000, T_RAS = 45000, T_RC = 66000, T_RRD = 15000, T_WR = 15000, T_RFC = 66000, T_MRD = 15000;
    parameter REFRESH_NS = 500000, REFRESHES = 64, INIT_NS = 20000, INIT_CYCLES = 0, TELL_CAS = CAS;
    // What the data sheet says
    parameter M_RCD = 21000, M_RP = 21000, M_RAS = 42000, M_RC = 63000, M_RRD = 14000, M_WR = 14000, M_RFC = 63000, M_MRD = 2;
    parameter M_REFRESH_NS = 500000, M_REFRESHES = 64, M_INIT_NS = 20000;

    localparam BYTES   = DATA_W / 8;
    localparam WORDS   = DATA_W / DQ_W;
    localparam BL      = (WORDS >= 8) ? 3 : $clog2(WORDS);
    localparam STORE   = 3;                                               // [bits] of the row that the traffic varies
    localparam LOW_W   = STORE + BANK_W + COL_W + $clog2(DQ_W / 8);        // bytes of memory in use, log2
    localparam SIZE    = 1 << LOW_W;
    localparam PAGES   = SIZE / 1024;
    localparam FLIGHT  = 4;
    localparam STARVE  = 4000;   // [cycles]

    reg clk = 0, rst = 1;
    always #5 clk = !clk;

    // ---- the device
    reg                arvalid = 0, rready = 0, awvalid = 0, wvalid = 0, bready = 0;
    wire               arready, rvalid, rlast, awready, wready, bvalid, ready;
    reg  [31:0]        araddr, awaddr;
    reg  [7:0]         arlen, awlen;
    wire [DATA_W-1:0]  rdata;
    wire [1:0]         rresp, bresp;
    reg  [DATA_W-1:0]  wdata;
    reg  [BYTES-1:0]   wstrb;
    wire               cke, cs_n, ras_n, cas_n, we_n, oe;
    wire [BANK_W-1:0]  ba;
    wire [ROW_W-1:0]   a;
    wire [DQ_W/8-1:0]  dqm;
    wire [DQ_W-1:0]    to_ram, from_ram;
    reg  [DQ_W-1:0]    late1, late2;
    wire [31:0]        violations, words_read, words_written, refreshes;

    always @(posedge clk) begin
        late1 <= from_ram;
        late2 <= late1;
    end

    lac_sdram #(
        .DATA_W(DATA_W), .DQ_W(DQ_W), .ROW_W(ROW_W), .COL_W(COL_W), .BANK_W(BANK_W), .HAS_DQM(HAS_DQM), .CLOCK_KHZ(CLOCK_KHZ),
        .CAS(TELL_CAS), .READ_LATE(READ_LATE), .T_RCD(T_RCD), .T_RP(T_RP), .T_RAS(T_RAS), .T_RC(T_RC), .T_RRD(T_RRD), .T_WR(T_WR),
        .T_RFC(T_RFC), .T_MRD(T_MRD), .REFRESH_NS(REFRESH_NS), .REFRESHES(REFRESHES), .INIT_NS(INIT_NS), .INIT_CYCLES(INIT_CYCLES)
    ) dut (
        .clk(clk), .rst(rst), .ready(ready),
        .s_axi_arvalid(arvalid), .s_axi_arready(arready), .s_axi_araddr(araddr), .s_axi_arlen(arlen),
        .s_axi_rvalid(rvalid), .s_axi_rready(rready), .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rlast(rlast),
        .s_axi_awvalid(awvalid), .s_axi_awready(awready), .s_axi_awaddr(awaddr), .s_axi_awlen(awlen),
        .s_axi_wvalid(wvalid), .s_axi_wready(wready), .s_axi_wdata(wdata), .s_axi_wstrb(wstrb),
        .s_axi_bvalid(bvalid), .s_axi_bready(bready), .s_axi_bresp(bresp),
        .sdram_cke(cke), .sdram_cs_n(cs_n), .sdram_ras_n(ras_n), .sdram_cas_n(cas_n), .sdram_we_n(we_n), .sdram_ba(ba), .sdram_a(a),
        .sdram_dqm(dqm), .sdram_dq_o(to_ram), .sdram_dq_oe(oe),
        .sdram_dq_i(READ_LATE == 0 ? from_ram : READ_LATE == 1 ? late1 : late2)
    );
    sdram_model #(
        .DQ_W(DQ_W), .ROW_W(ROW_W), .COL_W(COL_W), .BANK_W(BANK_W), .STORE_ROW_W(STORE), .CLOCK_KHZ(CLOCK_KHZ), .CAS(CAS), .BURST_LOG(BL),
        .T_RCD(M_RCD), .T_RP(M_RP), .T_RAS(M_RAS), .T_RC(M_RC), .T_RRD(M_RRD), .T_WR(M_WR), .T_RFC(M_RFC), .T_MRD_CK(M_MRD),
        .T_REF_NS(M_REFRESH_NS), .REFRESHES(M_REFRESHES), .T_INIT_NS(M_INIT_NS)
    ) ram (
        .clk(clk), .cke(cke), .cs_n(cs_n), .ras_n(ras_n), .cas_n(cas_n), .we_n(we_n), .ba(ba), .a(a),
        .dqm(HAS_DQM ? dqm : {(DQ_W / 8){1'b0}}),  // where the pins are tied low
        .dq_i(to_ram), .dq_i_valid(oe), .dq_o(from_ram),
        .violations(violations), .reads(words_read), .writes(words_written), .refreshes(refreshes)
    );

    // ---- verdict
    integer seed, rng, cycles, limit, bursts_r, bursts_w, beats_r, beats_w, partial;
    reg     done, red;
    task fail(input [8*40-1:0] what, input [63:0] got, input [63:0] want);
        if (!done && !red) begin
            done = 1;
            $display("FAIL seed=%0d cycle=%0d %0s got=%h want=%h", seed, cycles, what, got, want);
            $finish;
        end
    endtask
    function integer pick(input integer n);  // 0 .. n-1
        pick = $unsigned($random(rng)) % n;
    endfunction

    // Offset in use -> address: the row's upper bits follow from its lower ones.
    function [31:0] spread(input integer low);
        reg [31:0] r;
        reg [ROW_W-STORE-1:0] up;
        begin
            r      = low >> (LOW_W - STORE);
            up     = (r + 1) * 32'h9E3779B1 >> 7;
            spread = {up, low[LOW_W-1:0]};
        end
    endfunction

    // ---- what memory should hold, and who is busy where
    reg [7:0] want [0:SIZE-1];
    integer   w_in [0:PAGES-1], r_in [0:PAGES-1];

    integer q_low [0:255], q_len [0:255];            // writes: queue of bursts; a: awaiting W, b: awaiting B
    integer q_style [0:255];
    reg [7:0] q_put, q_w, q_b;
    integer p_low [0:255], p_len [0:255];            // reads
    reg [7:0] p_put, p_r;
    integer w_at, r_at, w_flight, r_flight;
    integer i, j, low, len, first, last, phase, fill;
    integer s_r, s_w, s_b, s_a, calm;
    reg     free, hold_r, hold_w;
    integer r_wait, w_wait, b_seen, r_seen, r_had, w_had, mark;
    reg [DATA_W-1:0] p_rdata;
    reg              p_rvalid, p_rready, p_bvalid, p_bready, p_rlast;

    task choose;  // low, len: a burst inside 4096 bytes and inside memory
        begin
            case (pick(8))
            0, 1:    len = 1;
            2, 3:    len = 1 + pick(16);
            4, 5:    len = 16;
            6:       len = 32;
            default: len = 1 + pick(256);
            endcase
            low = pick(SIZE / BYTES) * BYTES;
            if (pick(2)) low = low - low % (8 * BYTES);
            if (low % 4096 + len * BYTES > 4096) len = (4096 - low % 4096) / BYTES;
            if (low + len * BYTES > SIZE) len = (SIZE - low) / BYTES;
        end
    endtask
    task span;
        begin
            first = low / 1024;
            last  = (low + len * BYTES - 1) / 1024;
        end
    endtask
    task stalls;
        begin
            s_r = pick(3); s_w = pick(3); s_b = pick(3); s_a = pick(3);
            if (pick(3) == 0) begin s_r = 0; s_w = 0; s_b = 0; s_a = 0; end
        end
    endtask
    // a stall in so many of four cycles
    function yes(input integer s);
        yes = s == 0 || pick(4) >= ((s == 1) ? 1 : 3);
    endfunction
    task put_w;  // the next beat on W
        integer k, style;
        begin
            style = q_style[q_w];
            for (k = 0; k < DATA_W / 32; k = k + 1) wdata[32*k +: 32] = $random(rng);
            wstrb = {BYTES{1'b1}};
            if (style == 1) wstrb = {$random(rng), $random(rng)};
            if (style == 2 && w_at == 0) wstrb = {BYTES{1'b1}} << pick(BYTES);
            if (style == 2 && w_at == q_len[q_w] - 1) wstrb = {BYTES{1'b1}} >> pick(BYTES);
            if (style == 3 && pick(4) == 0) wstrb = 0;
            wvalid <= 1;
        end
    endtask

    initial begin
        if (!$value$plusargs("seed=%d", seed)) seed = 1;
        if (!$value$plusargs("cycles=%d", limit)) limit = 22000;
        if ($test$plusargs("vcd")) begin
            $dumpfile("tb_sdram.vcd");
            $dumpvars(0, tb_sdram);
        end
        red = $test$plusargs("red");
        rng = seed * 7919 + DATA_W + DQ_W;
        done = 0; cycles = 0; bursts_r = 0; bursts_w = 0; beats_r = 0; beats_w = 0; partial = 0;
        q_put = 0; q_w = 0; q_b = 0; p_put = 0; p_r = 0; w_at = 0; r_at = 0; w_flight = 0; r_flight = 0;
        phase = red ? 1 : 0; fill = 0; hold_r = 0; hold_w = 0; r_wait = 0; w_wait = 0; b_seen = 0; r_seen = 0; mark = 0; calm = 0;
        p_rvalid = 0; p_rready = 0; p_bvalid = 0; p_bready = 0;
        for (i = 0; i < PAGES; i = i + 1) begin w_in[i] = 0; r_in[i] = 0; end
        stalls;
        repeat (5) @(posedge clk);
        rst <= 0;
    end

    // phase 0: fill; 1: random; 2: R stalled, writes must go on; 3: drain; 4: W withheld, reads must go on; 5: drain; 10: both saturated, both must get on; 11: drain; 6: read all; 7: end
    always @(posedge clk) if (!rst && !done) begin
        cycles = cycles + 1;
        if (cycles % 512 == 0) stalls;
        if (phase == 2 || phase == 4 || phase == 10) begin s_r = 0; s_w = 0; s_b = 0; s_a = 0; end

        // ---- R
        if (p_rvalid && !p_rready && (rvalid !== 1 || rdata !== p_rdata || rlast !== p_rlast)) fail("R withdrawn or changed", rdata, p_rdata);
        if (rvalid !== 0 && rvalid !== 1) fail("RVALID unknown", rvalid, 0);
        if (rvalid && rready) begin
            if (r_flight == 0) fail("R nobody asked for", rdata, 0);
            low = p_low[p_r] + r_at * BYTES;
            for (i = 0; i < BYTES; i = i + 1)
                if (rdata[8*i +: 8] !== want[low+i]) fail("byte read at", {rdata[8*i +: 8], 24'd0, low + i}, want[low+i]);
            if (rresp !== 0) fail("RRESP", rresp, 0);
            if (rlast !== (r_at == p_len[p_r] - 1)) fail("RLAST", rlast, r_at);
            beats_r = beats_r + 1; r_seen = r_seen + 1;
            r_at = r_at + 1;
            if (r_at == p_len[p_r]) begin
                low = p_low[p_r]; len = p_len[p_r]; span;
                for (i = first; i <= last; i = i + 1) r_in[i] = r_in[i] - 1;
                r_at = 0; p_r = p_r + 1; r_flight = r_flight - 1;
            end
        end
        r_wait = (r_flight > 0 && rready && !rvalid && ready) ? r_wait + 1 : 0;
        if (r_wait > STARVE) fail("reads starve, cycles", r_wait, STARVE);

        // ---- B
        if (p_bvalid && !p_bready && bvalid !== 1) fail("B withdrawn", bvalid, 1);
        if (bvalid && bready) begin
            if (q_b == q_w) fail("B before its burst's last beat", q_b, q_w);
            if (bresp !== 0) fail("BRESP", bresp, 0);
            low = q_low[q_b]; len = q_len[q_b]; span;
            for (i = first; i <= last; i = i + 1) w_in[i] = w_in[i] - 1;
            q_b = q_b + 1; w_flight = w_flight - 1; b_seen = b_seen + 1;
        end

        // ---- W
        w_wait = (w_flight > 0 && ready && !hold_w && s_w == 0 && s_b == 0 && s_a == 0 && !(wvalid && wready) && !(bvalid && bready)) ? w_wait + 1 : 0;
        if (w_wait > STARVE) fail("writes starve, cycles", w_wait, STARVE);
        if (wvalid && wready) begin
            low = q_low[q_w] + w_at * BYTES;
            for (i = 0; i < BYTES; i = i + 1) if (wstrb[i]) want[low+i] = wdata[8*i +: 8];
            if (wstrb != {BYTES{1'b1}}) partial = partial + 1;
            beats_w = beats_w + 1;
            w_at = w_at + 1;
            wvalid <= 0;
            if (w_at == q_len[q_w]) begin w_at = 0; q_w = q_w + 1; end
        end
        if ((!wvalid || wready) && q_w != q_put && yes(s_w) && !hold_w) put_w;

        // ---- AW
        if (awvalid && awready) awvalid <= 0;
        if ((!awvalid || awready) && w_flight < FLIGHT && yes(s_a) && (phase < 3 || phase == 4 || phase == 10)) begin
            if (phase == 0) begin
                low = fill; len = 16; fill = fill + 16 * BYTES; free = 1;
            end else choose;
            if (phase == 4) begin len = (len > 8) ? 8 : len; end
            if (phase == 10) begin len = 16; low = SIZE / 2 + low % (SIZE / 2); low = low - low % (16 * BYTES); end
            span;
            free = 1;
            for (i = first; i <= last; i = i + 1) if (r_in[i] != 0) free = 0;
            if (free) begin
                for (i = first; i <= last; i = i + 1) w_in[i] = w_in[i] + 1;
                q_low[q_put] = low; q_len[q_put] = len; q_style[q_put] = (phase == 0 || phase == 10) ? 0 : pick(6);
                q_put = q_put + 1; w_flight = w_flight + 1; bursts_w = bursts_w + 1;
                awvalid <= 1; awaddr <= spread(low); awlen <= len - 1;
            end
            if (phase == 0 && fill == SIZE) phase = 9;  // filled: all must have been answered first
        end
        if (phase == 9 && w_flight == 0) phase = 1;

        // ---- AR
        if (arvalid && arready) arvalid <= 0;
        if ((!arvalid || arready) && r_flight < FLIGHT && yes(s_a) && (phase == 1 || phase == 2 || phase == 4 || phase == 6 || phase == 10)) begin
            if (phase == 6) begin low = fill; len = 16; end
            else choose;
            if (phase == 10) begin len = 16; low = low % (SIZE / 2); low = low - low % (16 * BYTES); end
            span;
            free = 1;
            for (i = first; i <= last; i = i + 1) if (w_in[i] != 0) free = 0;
            if (free) begin
                for (i = first; i <= last; i = i + 1) r_in[i] = r_in[i] + 1;
                p_low[p_put] = low; p_len[p_put] = len;
                p_put = p_put + 1; r_flight = r_flight + 1; bursts_r = bursts_r + 1;
                arvalid <= 1; araddr <= spread(low); arlen <= len - 1;
                if (phase == 6) begin
                    fill = fill + 16 * BYTES;
                    if (fill == SIZE) phase = 7;
                end
            end
        end

        rready <= yes(s_r) && !hold_r;
        bready <= yes(s_b);
        p_rvalid = rvalid; p_rready = rready; p_rdata = rdata; p_rlast = rlast; p_bvalid = bvalid; p_bready = bready;

        // ---- phases
        case (phase)
        1: if (cycles > limit) begin phase = 2; hold_r = 1; mark = cycles; b_seen = 0; end
        2: begin
            if (cycles == mark + 1000) begin b_seen = 0; w_had = beats_w; end  // the read queue is full by now
            if (cycles == mark + 2500) begin
                if (b_seen == 0 && beats_w == w_had) fail("no write while R is stalled", b_seen, 1);  // a long burst of merged beats ends later
                hold_r = 0; phase = 3;
            end
        end
        3: if (r_flight == 0 && w_flight == 0) begin phase = 4; hold_w = 1; mark = cycles; end
        4: begin
            if (cycles == mark + 1000) r_seen = 0;
            if (cycles == mark + 2500) begin
                if (r_seen == 0) fail("no read while W data are missing", r_seen, 1);
                hold_w = 0; phase = 5;
            end
        end
        5: if (r_flight == 0 && w_flight == 0) begin phase = 10; mark = cycles; end
        10: begin
            if (cycles == mark + 500) begin r_had = beats_r; w_had = beats_w; end
            if (cycles == mark + 4500) begin
                r_had = beats_r - r_had; w_had = beats_w - w_had;
                if (4 * r_had < r_had + w_had) fail("too few reads among writes, beats", r_had, w_had);
                if (4 * w_had < r_had + w_had) fail("too few writes among reads, beats", w_had, r_had);
                phase = 11;
            end
        end
        11: if (r_flight == 0 && w_flight == 0) begin phase = 6; fill = 0; end
        7: if (r_flight == 0) begin
            calm = calm + 1;
            if (calm == 2500) begin  // refreshes of an idle controller
                if (violations != 0) fail("violations", violations, 0);
                done = 1;
                $display("PASS %0d+%0d bursts, %0d+%0d beats read+written, %0d partial, %0d refreshes, %0d cycles, seed %0d",
                         bursts_r, bursts_w, beats_r, beats_w, partial, refreshes, cycles, seed);
                $finish;
            end
        end
        default: ;
        endcase
        if (cycles > limit + 200000) fail("hang in phase", phase, 0);
        if (red && !done && (violations > 0 || cycles > 60000)) begin
            done = 1;
            $display("RED violations=%0d cycles=%0d", violations, cycles);
            $finish;
        end
        if (violations > 100) fail("violations", violations, 0);
    end
endmodule
