// SPDX-License-Identifier: Apache-2.0
//
// tb_axi_wr - lac_axi_wr against a behavioural AXI slave, four-state
//
//   Slave      takes AW and W at random times, W also before its AW is accepted (never before it is offered);
//              answers in order; faults are a hash of the burst's start
//   Checks     AW and W rules, every beat's address, data and strobes, the first fault and its address, quiet,
//              full rate; flush in the middle; a slave that goes silent and resumes: WSTRB = 0, no write, no hang
//   Plusargs   +seed=N repeats a run, +vcd writes tb_axi_wr.vcd
//   Verdict    the last line starts with PASS or FAIL
`timescale 1ns/1ns
module tb_axi_wr;
    parameter ADDR_W = 32, DATA_W = 64, BURST = 32, OUTSTANDING = 8, ROUNDS = 6;

    localparam LINE_W = (DATA_W > 64) ? DATA_W : 64;
    localparam LB     = LINE_W / 8;
    localparam BYTES  = DATA_W / 8;
    localparam BPL    = LB / BYTES;
    localparam LIMIT  = 400000;  // [cycles] far above any honest run

    reg clk = 0, rst = 1;
    always #5 clk = !clk;

    // ---- the device
    reg                 flush = 0, req_valid = 0, data_valid = 0, clear = 0;
    wire                idle, stuck, req_ready, data_ready, quiet, beat;
    reg  [31:0]         watchdog = 0;
    reg  [ADDR_W-1:0]   req_addr;
    reg  [23:0]         req_lines;
    reg  [LINE_W-1:0]   data;
    reg  [LB-1:0]       strb;
    wire [2:0]          fault;
    wire [ADDR_W-1:0]   fault_addr, awaddr;
    wire                awvalid, wvalid, wlast, bready;
    reg                 awready = 0, wready = 0, bvalid = 0;
    wire [7:0]          awlen;
    wire [2:0]          awsize;
    wire [1:0]          awburst;
    wire [DATA_W-1:0]   wdata;
    wire [BYTES-1:0]    wstrb;
    reg  [1:0]          bresp;

    lac_axi_wr #(.ADDR_W(ADDR_W), .DATA_W(DATA_W), .BURST(BURST), .OUTSTANDING(OUTSTANDING)) dut (
        .clk(clk), .rst(rst), .flush(flush), .idle(idle), .stuck(stuck), .watchdog(watchdog),
        .req_valid(req_valid), .req_ready(req_ready), .req_addr(req_addr), .req_lines(req_lines),
        .data_valid(data_valid), .data_ready(data_ready), .data(data), .strb(strb),
        .quiet(quiet), .clear(clear), .fault(fault), .fault_addr(fault_addr), .cause(), .beat(beat),
        .m_axi_awvalid(awvalid), .m_axi_awready(awready), .m_axi_awaddr(awaddr), .m_axi_awlen(awlen),
        .m_axi_awsize(awsize), .m_axi_awburst(awburst), .m_axi_wvalid(wvalid), .m_axi_wready(wready),
        .m_axi_wdata(wdata), .m_axi_wstrb(wstrb), .m_axi_wlast(wlast), .m_axi_bvalid(bvalid),
        .m_axi_bready(bready), .m_axi_bresp(bresp)
    );

    // ---- verdict
    integer seed, rng, cycles, lines_sent, faults_seen, timeouts_seen, flushes, bump;
    reg done;
    task fail(input [8*40-1:0] what, input [63:0] got, input [63:0] want);
        if (!done) begin
            done = 1;
            $display("FAIL seed=%0d cycle=%0d %0s got=%h want=%h", seed, cycles, what, got, want);
            $finish;
        end
    endtask
    function integer pick(input integer n);  // 0 .. n-1
        pick = $unsigned($random(rng)) % n;
    endfunction
    function [31:0] hash(input [63:0] a);
        reg [31:0] h;
        begin
            h = a[31:0] ^ {a[50:32], a[63:51]} ^ 32'h9E3779B9;
            h = h ^ (h >> 16); h = h * 32'h7FEB352D;
            h = h ^ (h >> 15); h = h * 32'h846CA68B;
            hash = h ^ (h >> 16);
        end
    endfunction
    function [DATA_W-1:0] data_at(input [63:0] a);  // what is to be written at an address, while `epoch` lasts
        integer i;
        for (i = 0; i < DATA_W / 32; i = i + 1) data_at[32*i +: 32] = hash(a + 4 * i + epoch * 64'h100000001);
    endfunction
    function [BYTES-1:0] strb_at(input [63:0] a);
        integer i;
        for (i = 0; i < BYTES; i = i + 1) strb_at[i] = hash(a + i + epoch) % 4 != 0;
    endfunction
    reg faulty;
    integer epoch;
    function [2:0] fault_at(input [63:0] a);  // how a burst that starts here is answered
        reg [31:0] h;
        begin
            h = hash(~a);
            fault_at = !faulty ? 3'd0 : (h % 31 == 0) ? 3'd1 : (h % 31 == 1) ? 3'd2 : 3'd0;
        end
    endfunction

    // ---- slave
    integer stall;
    reg     silent_aw, silent_w, silent_b, dropping;  // dropping: flush or dead, beats may come without strobes
    reg [63:0] offered [0:255];  // bursts offered on AW: start, beats
    reg [8:0]  of_len  [0:255];
    reg [7:0]  of_wr, of_rd;     // of_rd: the burst whose W beats come
    reg [8:0]  w_pos;            // [beats] of it taken
    reg [7:0]  taken;            // accepted on AW
    reg [63:0] b_addr [0:255];   // bursts whose W is complete
    reg [7:0]  b_wr, b_rd;       // b_rd: next to be answered
    integer    beats, beat_first, beat_last, blanks;
    reg p_awvalid, p_awready, p_wvalid, p_wready; reg [ADDR_W+7:0] p_aw; reg [DATA_W+BYTES:0] p_w;
    reg [2:0]  first_fault; reg [63:0] first_addr; reg [63:0] want;
    reg [2:0]  f;
    // requests, in order: what the beats must be
    reg [63:0] q_addr [0:255]; integer q_beats [0:255]; reg [7:0] q_wr, q_rd; integer q_pos;

    always @(posedge clk) if (rst) begin
        awready <= 0; wready <= 0; bvalid <= 0; of_wr = 0; of_rd = 0; w_pos = 0; taken = 0; b_wr = 0; b_rd = 0;
        p_awvalid = 0; p_wvalid = 0; q_rd = 0; q_pos = 0; first_fault = 0; blanks = 0;
    end else begin
        if (^{idle, stuck, req_ready, data_ready, quiet, beat, awvalid, wvalid, bready, fault} === 1'bx) fail("X on a control output", {idle, stuck, req_ready, data_ready, quiet, beat, awvalid, wvalid, bready, fault}, 0);
        // AW
        if (p_awvalid && !p_awready && (awvalid !== 1 || {awaddr, awlen} !== p_aw)) fail("AW withdrawn or changed", {awaddr, awlen}, p_aw);
        if (awvalid && (!p_awvalid || p_awready)) begin  // a new offer
            if (awlen + 1 > BURST) fail("burst too long", awlen, BURST);
            if ((awaddr[11:0] + (awlen + 1) * BYTES) > 4096) fail("burst crosses 4096 bytes", awaddr, awlen);
            if (awsize !== $clog2(BYTES) || awburst !== 1 || awaddr % BYTES != 0) fail("AW size, type or alignment", {awsize, awburst}, awaddr);
            offered[of_wr] = awaddr; of_len[of_wr] = awlen + 1; of_wr = of_wr + 1;
            if (((of_wr - b_rd) & 255) > OUTSTANDING) fail("too many bursts in flight", (of_wr - b_rd) & 255, OUTSTANDING);
        end
        p_awvalid = awvalid; p_awready = awready; p_aw = {awaddr, awlen};
        if (awvalid && awready) taken = taken + 1;
        awready <= !silent_aw && (stall == 0 || pick(4) >= stall);

        // W
        if (beat !== (wvalid && wready)) fail("beat", beat, wvalid && wready);
        if (p_wvalid && !p_wready && (wvalid !== 1 || {wlast, wstrb, wdata} !== p_w)) fail("W withdrawn or changed", wdata, p_w);
        if (wvalid && of_rd == of_wr) fail("W before its AW", wdata, 0);
        p_wvalid = wvalid; p_wready = wready; p_w = {wlast, wstrb, wdata};
        if (wvalid && wready) begin
            if (beats == 0) beat_first = cycles;
            beats = beats + 1; beat_last = cycles;
            if (wlast !== (w_pos + 1 == of_len[of_rd])) fail("WLAST", wlast, w_pos);
            want = offered[of_rd] + w_pos * BYTES;
            if (dropping && wstrb === {BYTES{1'b0}}) blanks = blanks + 1;
            else begin
                if (blanks != 0) fail("strobes after a beat without", wstrb, 0);
                if (q_rd == q_wr) fail("a beat nobody asked for", want, 0);
                if (want !== q_addr[q_rd] + q_pos * BYTES) fail("address", want, q_addr[q_rd] + q_pos * BYTES);
                if (wstrb !== strb_at(want)) fail("WSTRB", wstrb, strb_at(want));
                if (wdata !== data_at(want)) fail("WDATA", wdata, data_at(want));
                q_pos = q_pos + 1;
                if (q_pos == q_beats[q_rd]) begin q_pos = 0; q_rd = q_rd + 1; end
            end
            w_pos = w_pos + 1;
            if (wlast) begin b_addr[b_wr] = offered[of_rd]; b_wr = b_wr + 1; of_rd = of_rd + 1; w_pos = 0; end
        end
        wready <= !silent_w && (stall == 0 || pick(4) >= stall);

        // B
        if (bvalid && bready) begin
            f = fault_at(b_addr[b_rd]);
            if (f != 0 && first_fault == 0 && !dropping) begin first_fault = f; first_addr = b_addr[b_rd]; end
            b_rd = b_rd + 1;
        end
        if (!bvalid || bready) begin
            bvalid <= 0; bresp <= 2'bxx;
            if (b_wr != b_rd && taken != b_rd && !silent_b && (stall == 0 || pick(4) >= stall)) begin
                bvalid <= 1;
                f = fault_at(b_addr[b_rd]);
                bresp <= (f == 1) ? 2'b10 : (f == 2) ? 2'b11 : 2'b00;
            end
        end
    end

    // ---- client
    integer to_ask, shape, lag;   // lag: chance in 4 of no line
    integer lines_asked, lines_given;
    reg [7:0] g_rd; integer g_pos;  // the line being offered: request, position
    reg [63:0] r_addr; integer r_lines, i;
    always @(posedge clk) if (rst) begin
        req_valid <= 0; data_valid <= 0; q_wr = 0; lines_asked = 0; lines_given = 0; g_rd = 0; g_pos = 0;
    end else begin
        if (req_valid && req_ready) begin
            if (!flush) begin  // in flush it is dropped, and so is a line
                q_addr[q_wr] = req_addr; q_beats[q_wr] = req_lines * BPL; q_wr = q_wr + 1;
                lines_asked = lines_asked + req_lines;
            end
        end
        if (!req_valid || req_ready || flush) begin
            req_valid <= 0; req_addr <= {ADDR_W{1'bx}}; req_lines <= 24'hx;
            if (!flush && to_ask > 0 && q_wr - q_rd < 8'd100 && q_wr - g_rd < 8'd100 && (stall == 0 || pick(3) != 0)) begin
                r_addr = ({$random(rng), $random(rng)} & ((64'd1 << ADDR_W) - 1)) & ~(64'd1 * (LB - 1));
                if (pick(3) == 0) r_addr = r_addr | (4096 - LB * (1 + pick(4)));
                r_lines = (shape == 1) ? 1 : (shape == 2) ? 300 : (pick(5) == 0) ? 1 + pick(200) : 1 + pick(9);
                if ((((64'd1 << ADDR_W) - r_addr) / LB) < r_lines) r_lines = ((64'd1 << ADDR_W) - r_addr) / LB;
                req_valid <= 1; req_addr <= r_addr; req_lines <= r_lines;
                to_ask = to_ask - 1;
            end
        end
        if (data_valid && data_ready && !flush) begin
            lines_given = lines_given + 1; lines_sent = lines_sent + 1;
            g_pos = g_pos + 1;
            if (g_pos * BPL == q_beats[g_rd]) begin g_pos = 0; g_rd = g_rd + 1; end
        end
        if (!data_valid || data_ready || flush) begin
            data_valid <= 0; data <= {LINE_W{1'bx}}; strb <= {LB{1'bx}};
            if (!flush && g_rd != q_wr && (lag == 0 || pick(4) >= lag)) begin
                data_valid <= 1;
                for (i = 0; i < BPL; i = i + 1) begin
                    data[i*DATA_W +: DATA_W] <= data_at(q_addr[g_rd] + g_pos * LB + i * BYTES);
                    strb[i*BYTES +: BYTES]   <= strb_at(q_addr[g_rd] + g_pos * LB + i * BYTES);
                end
            end
        end
    end

    always @(negedge clk) begin
        cycles = cycles + 1;
        if (cycles == LIMIT) fail("hang", lines_sent, 0);
        if (!rst && !flush && quiet && !dut.dead_q && lines_asked != lines_given) fail("quiet though lines are due", lines_given, lines_asked);
        if (!rst && quiet && !dut.dead_q && of_wr != b_rd) fail("quiet though bursts are out", of_wr, b_rd);
        if (!rst && idle && (of_wr != b_rd || awvalid || wvalid)) fail("idle though the bus owes", of_wr, b_rd);
    end

    // ---- scenarios
    task settle;  // until everything asked for is done, as the client sees it
        begin
            @(negedge clk);
            while (to_ask > 0 || req_valid || lines_asked != lines_given || !quiet) @(negedge clk);
        end
    endtask
    task check_fault(input [2:0] code);
        begin
            if (fault !== code) fail("fault", fault, code);
            if (code != 0 && fault_addr !== first_addr[ADDR_W-1:0]) fail("fault_addr", fault_addr, first_addr);
            if (code != 0) faults_seen = faults_seen + 1;
            @(negedge clk); clear = 1; @(negedge clk); clear = 0; @(negedge clk);
            if (fault !== 0) fail("fault after clear", fault, 0);
            first_fault = 0;
        end
    endtask
    task flush_now(input integer max);
        begin
            @(negedge clk); flush = 1; dropping = 1; flushes = flushes + 1; bump = max; to_ask = 0;
            @(negedge clk);
            while (!idle && bump > 0) begin @(negedge clk); bump = bump - 1; end
            lines_given = lines_asked; g_rd = q_wr; g_pos = 0;
            @(negedge clk);
            flush = 0;
        end
    endtask
    task after_flush;  // beats may still come without strobes until idle; then all is forgotten
        begin
            while (!idle) @(negedge clk);
            dropping = 0; blanks = 0; q_rd = q_wr; q_pos = 0; first_fault = 0; epoch = epoch + 1;
        end
    endtask

    integer r;
    reg [63:0] start;
    initial begin
        done = 0; cycles = 0; lines_sent = 0; faults_seen = 0; timeouts_seen = 0; flushes = 0;
        if (!$value$plusargs("seed=%d", seed)) seed = 1;
        rng = seed * 7919 + 13;
        if ($test$plusargs("vcd")) begin $dumpfile("tb_axi_wr.vcd"); $dumpvars; end
        faulty = 0; epoch = 0; stall = 0; lag = 0; silent_aw = 0; silent_w = 0; silent_b = 0; dropping = 0;
        to_ask = 0; shape = 0; beats = 0;
        repeat (4) @(negedge clk);
        rst = 0;

        // 1 full rate, but for bursts of one beat
        shape = 2; beats = 0; to_ask = 3; settle;
        if (BURST >= 4 && beat_last - beat_first + 1 > beats + 3) fail("not a beat a cycle", beat_last - beat_first + 1, beats);
        // 2 short requests, every second cycle
        shape = 1; beats = 0; to_ask = 80; settle;
        if (OUTSTANDING >= 8 && beat_last - beat_first + 1 > beats * 9 / 4) fail("short requests are slow", beat_last - beat_first + 1, beats);
        check_fault(0);

        for (r = 0; r < ROUNDS; r = r + 1) begin
            // 3 random requests, stalls on both sides, faults in every other round
            shape = 0; faulty = r & 1; stall = pick(4); lag = pick(4); watchdog = (r & 2) ? 1000 : 0;
            to_ask = 25; settle;
            check_fault(first_fault);
            // 4 flush in the middle, then the next job is right; short and long pulses of flush
            to_ask = 15;
            repeat (pick(150)) @(negedge clk);
            flush_now((r & 1) ? 0 : 5000);
            after_flush;
            to_ask = 5; settle;
            check_fault(first_fault);
            // 5 a slow client is not the bus's fault
            faulty = 0; watchdog = 20; lag = 4; to_ask = 1; shape = 1; stall = 0;
            repeat (100) @(negedge clk);
            if (stuck || fault !== 0) fail("timeout while waiting for lines", fault, 0);
            lag = 0; settle; check_fault(0);
            // 6 the bus goes silent
            shape = 0; stall = pick(3); lag = pick(3); watchdog = 30 + pick(40); to_ask = 8;
            repeat (pick(60)) @(negedge clk);
            case (pick(3)) 0: silent_aw = 1; 1: silent_w = 1; default: silent_b = 1; endcase
            bump = 3000;
            while (!(stuck || (quiet && to_ask == 0 && !req_valid)) && bump > 0) begin @(negedge clk); dropping = stuck; bump = bump - 1; end
            if (bump == 0) fail("neither done nor stuck", 0, 0);
            if (stuck) begin
                timeouts_seen = timeouts_seen + 1;
                dropping = 1;
                first_addr = (b_rd != of_rd) ? b_addr[b_rd] : offered[b_rd];
                if (fault !== 3 || fault_addr !== first_addr[ADDR_W-1:0]) fail("timeout and its address", fault_addr, first_addr);
                settle;
                check_fault(3);
                // a request made later: its own start
                to_ask = 1; settle; first_addr = q_addr[(q_wr - 1) & 255]; check_fault(3);
                flush_now(100);
                if (idle || !stuck) fail("idle though the bus owes", of_wr, b_rd);
            end else begin
                settle; check_fault(0);
            end
            silent_aw = 0; silent_w = 0; silent_b = 0;
            bump = 20000;
            while ((of_wr != b_rd || awvalid) && bump > 0) begin @(negedge clk); bump = bump - 1; end
            @(negedge clk);
            if (stuck) fail("stuck though all has come", of_wr, b_rd);
            flush_now(5000);
            after_flush;
            watchdog = 0;
            to_ask = 4; settle; check_fault(0);
        end
        if (faults_seen == 0 || timeouts_seen == 0) fail("the bench met no fault", faults_seen, timeouts_seen);
        if (!done) $display("PASS lines=%0d faults=%0d timeouts=%0d flushes=%0d cycles=%0d seed=%0d", lines_sent, faults_seen, timeouts_seen, flushes, cycles, seed);
        done = 1;
        $finish;
    end
endmodule
