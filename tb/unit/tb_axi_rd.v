// SPDX-License-Identifier: Apache-2.0
//
// tb_axi_rd - lac_axi_rd against a behavioural AXI slave, four-state
//
//   Slave      data is a hash of the address; answers in order, stalls at random; faults are a hash of the
//              address too, so what a line must report does not depend on how it was cut into bursts
//   Checks     AR rules (4096 bytes, length, stability, outstanding), every line: data, address, fault; order per
//              client; full rate; flush in the middle; a slave that goes silent, resumes, or ends bursts early
//   Plusargs   +seed=N repeats a run, +vcd writes tb_axi_rd.vcd
//   Verdict    the last line starts with PASS or FAIL
`timescale 1ns/1ns
module tb_axi_rd;
    parameter ADDR_W = 32, DATA_W = 64, BURST = 32, OUTSTANDING = 8, ROUNDS = 6;

    localparam LINE_W = (DATA_W > 64) ? DATA_W : 64;
    localparam LB     = LINE_W / 8;
    localparam BYTES  = DATA_W / 8;
    localparam LIMIT  = 400000;  // [cycles] far above any honest run

    reg clk = 0, rst = 1;
    always #5 clk = !clk;

    // ---- the device
    reg                 flush = 0;
    wire                idle, stuck, beat;
    reg  [31:0]         watchdog = 0;
    reg  [1:0]          req_valid = 0;
    wire [1:0]          req_ready;
    reg  [2*ADDR_W-1:0] req_addr;
    reg  [47:0]         req_lines;
    wire [1:0]          line_valid;
    reg  [1:0]          line_ready = 0;
    wire [LINE_W-1:0]   line_data;
    wire [ADDR_W-1:0]   line_addr, line_fault_addr;
    wire [2:0]          line_fault;
    wire                arvalid, rready;
    reg                 arready = 0, rvalid = 0, rlast;
    wire [ADDR_W-1:0]   araddr;
    wire [7:0]          arlen;
    wire [2:0]          arsize;
    wire [1:0]          arburst;
    reg  [DATA_W-1:0]   rdata;
    reg  [1:0]          rresp;

    lac_axi_rd #(.ADDR_W(ADDR_W), .DATA_W(DATA_W), .BURST(BURST), .OUTSTANDING(OUTSTANDING)) dut (
        .clk(clk), .rst(rst), .flush(flush), .idle(idle), .stuck(stuck), .watchdog(watchdog),
        .req_valid(req_valid), .req_ready(req_ready), .req_addr(req_addr), .req_lines(req_lines),
        .line_valid(line_valid), .line_ready(line_ready), .line_data(line_data), .line_addr(line_addr),
        .line_fault(line_fault), .line_fault_addr(line_fault_addr), .cause(), .beat(beat),
        .m_axi_arvalid(arvalid), .m_axi_arready(arready), .m_axi_araddr(araddr), .m_axi_arlen(arlen),
        .m_axi_arsize(arsize), .m_axi_arburst(arburst), .m_axi_rvalid(rvalid), .m_axi_rready(rready),
        .m_axi_rdata(rdata), .m_axi_rresp(rresp), .m_axi_rlast(rlast)
    );

    // ---- verdict
    integer seed, rng, cycles, lines_seen, faults_seen, timeouts_seen, flushes;
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
    function [DATA_W-1:0] data_at(input [63:0] a);
        integer i;
        for (i = 0; i < DATA_W / 32; i = i + 1) data_at[32*i +: 32] = hash(a + 4 * i);
    endfunction

    // What is wrong with the beat at an address while faults are on: 0 .. 2 and 4 as in line_fault
    reg faulty;
    function [2:0] fault_at(input [63:0] a);
        reg [31:0] h;
        begin
            h = hash(~a);
            fault_at = !faulty ? 3'd0 : (h % 67 == 0) ? 3'd1 : (h % 67 == 1) ? 3'd2 : (h % 67 == 2) ? 3'd4 : 3'd0;
        end
    endfunction

    // ---- slave
    integer stall;                       // 0: always ready, otherwise a chance of stall in 4
    reg     silent_ar, silent_r;         // answers nothing
    integer cut_after;                   // >= 0: the burst after so many beats ends early, truly
    reg [63:0] s_addr [0:255];           // accepted bursts
    reg [8:0]  s_len  [0:255];
    reg [7:0]  s_wr, s_rd;
    reg [63:0] a_now;
    reg [8:0]  l_now;
    reg        r_busy;                   // a burst is being answered: a_now, l_now are what comes after rdata
    integer    owed, bursts, beats, beat_first, beat_last, order, bump;
    reg [63:0] next_beat;                // address of the first beat not handed over
    reg        p_arvalid; reg [ADDR_W+7:0] p_ar; reg p_arready;
    reg [2:0]  f;

    always @(posedge clk) if (rst) begin
        arready <= 0; rvalid <= 0; s_wr = 0; s_rd = 0; r_busy = 0; bursts = 0; p_arvalid = 0; owed = 0;
    end else begin
        // AR: rules
        if (p_arvalid && !p_arready && (arvalid !== 1 || {araddr, arlen} !== p_ar)) fail("AR withdrawn or changed", {araddr, arlen}, p_ar);
        p_arvalid = arvalid; p_arready = arready; p_ar = {araddr, arlen};
        if (arvalid && arready) begin
            if (arlen + 1 > BURST) fail("burst too long", arlen, BURST);
            if ((araddr[11:0] + (arlen + 1) * BYTES) > 4096) fail("burst crosses 4096 bytes", araddr, arlen);
            if (arsize !== $clog2(BYTES) || arburst !== 1 || araddr % BYTES != 0) fail("AR size, type or alignment", {arsize, arburst}, araddr);
            s_addr[s_wr] = araddr; s_len[s_wr] = arlen + 1; s_wr = s_wr + 1; bursts = bursts + 1;
            owed = owed + arlen + 1;
            if (bursts > OUTSTANDING) fail("too many bursts in flight", bursts, OUTSTANDING);
        end
        arready <= !silent_ar && (stall == 0 || pick(4) >= stall);

        // R
        if (beat !== (rvalid && rready)) fail("beat", beat, rvalid && rready);
        if (rvalid && rready) begin
            if (beats == 0) beat_first = cycles;
            beats = beats + 1; beat_last = cycles; owed = owed - 1;
            next_beat = a_now;
            if (l_now == 0) begin r_busy = 0; bursts = bursts - 1; end
        end
        if (!rvalid || rready) begin
            rvalid <= 0; rdata <= {DATA_W{1'bx}}; rresp <= 2'bxx; rlast <= 1'bx;
            if (!r_busy && s_wr != s_rd) begin
                a_now = s_addr[s_rd]; l_now = s_len[s_rd]; s_rd = s_rd + 1; r_busy = 1;
                next_beat = a_now;
            end
            if (r_busy && !silent_r && (stall == 0 || pick(4) >= stall)) begin
                f = fault_at(a_now);
                rvalid <= 1;
                rdata  <= data_at(a_now);
                rresp  <= (f == 1) ? 2'b10 : (f == 2) ? 2'b11 : 2'b00;
                rlast  <= (l_now == 1) ^ (f == 4);
                a_now = a_now + BYTES; l_now = l_now - 1;
                if (cut_after > 0) cut_after = cut_after - 1;
                else if (cut_after == 0 && l_now != 0) begin  // ends here
                    rlast <= 1; owed = owed - l_now; l_now = 0; cut_after = -1;
                end
            end
        end
    end

    // ---- clients: requests
    reg [63:0] q_addr [0:511];  // accepted requests, client 1 from 256 on
    integer    q_lines [0:511];
    reg [7:0]  q_wr [0:1];
    reg [7:0]  q_rd [0:1];
    integer    q_pos [0:1];     // lines of the oldest request already seen
    integer    to_ask [0:1];    // requests still to be made
    integer    shape;           // 0 mixed, 1 one line, 2 long
    integer    c;
    reg [63:0] r_addr; integer r_lines;

    always @(posedge clk) if (rst) begin
        req_valid <= 0;
    end else for (c = 0; c < 2; c = c + 1) begin
        if (req_valid[c] && req_ready[c]) begin
            if (!flush) begin  // in flush it is dropped
                q_addr[c*256 + q_wr[c]]  = req_addr[c*ADDR_W +: ADDR_W];
                q_lines[c*256 + q_wr[c]] = req_lines[c*24 +: 24];
                q_wr[c] = q_wr[c] + 1;
            end
        end
        if (!req_valid[c] || req_ready[c] || flush) begin
            req_valid[c] <= 0;
            req_addr[c*ADDR_W +: ADDR_W] <= {ADDR_W{1'bx}};
            req_lines[c*24 +: 24]        <= 24'hx;
            if (!flush && to_ask[c] > 0 && q_wr[c] - q_rd[c] < 8'd100 && (stall == 0 || pick(3) != 0)) begin
                r_addr  = ({$random(rng), $random(rng)} & ((64'd1 << ADDR_W) - 1)) & ~(64'd1 * (LB - 1));
                if (pick(3) == 0) r_addr = r_addr | (4096 - LB * (1 + pick(4)));
                r_lines = (shape == 1) ? 1 : (shape == 2) ? 300 : (pick(5) == 0) ? 1 + pick(200) : 1 + pick(9);
                // not beyond the end of the address space
                if ((((64'd1 << ADDR_W) - r_addr) / LB) < r_lines) r_lines = ((64'd1 << ADDR_W) - r_addr) / LB;
                req_valid[c] <= 1;
                req_addr[c*ADDR_W +: ADDR_W] <= r_addr;
                req_lines[c*24 +: 24]        <= r_lines;
                to_ask[c] = to_ask[c] - 1;
            end
        end
    end

    // ---- clients: lines
    integer    d, b, who;
    reg [63:0] want_addr, bad_addr;
    reg [2:0]  want_fault;
    reg [LINE_W-1:0] want_data;
    reg        late;          // a timeout was seen: only timeouts may follow
    reg        may_time_out;
    reg        ends, junk;    // a burst will end early; it has: its data belong elsewhere
    integer    ready_of_4;
    reg [1:0]  p_valid; reg [LINE_W+2*ADDR_W+2:0] p_line; reg p_held, p_flush;

    always @(posedge clk) if (rst) begin
        line_ready <= 0; p_held = 0; p_flush = 0;
    end else begin
        if (^{idle, stuck, beat, req_ready, line_valid, arvalid, rready} === 1'bx) fail("X on a control output", {idle, stuck, beat, req_ready, line_valid, arvalid, rready}, 0);
        if (flush && p_flush && line_valid !== 0) fail("line in flush", line_valid, 0);
        p_flush = flush;
        if (line_valid === 3) fail("both clients", 3, 0);
        if (p_held && !flush && (line_valid !== p_valid || {line_data, line_addr, line_fault, line_fault == 0 ? {ADDR_W{1'b0}} : line_fault_addr} !== p_line)) fail("line withdrawn or changed", line_valid, p_valid);
        p_valid = line_valid; p_held = line_valid != 0 && (line_valid & line_ready) == 0;
        p_line  = {line_data, line_addr, line_fault, line_fault == 0 ? {ADDR_W{1'b0}} : line_fault_addr};
        for (d = 0; d < 2; d = d + 1) if (line_valid[d] && line_ready[d]) begin
            if (q_rd[d] == q_wr[d]) fail("a line nobody asked for", line_addr, d);
            want_addr  = q_addr[d*256 + q_rd[d]] + LB * q_pos[d];
            want_fault = 0;
            bad_addr   = 0;
            for (b = LB / BYTES - 1; b >= 0; b = b - 1) begin
                want_data[b*DATA_W +: DATA_W] = data_at(want_addr + b * BYTES);
                if (fault_at(want_addr + b * BYTES) != 0) begin
                    want_fault = fault_at(want_addr + b * BYTES);
                    bad_addr   = want_addr + b * BYTES;
                end
            end
            if (line_addr !== want_addr[ADDR_W-1:0]) fail("line_addr", line_addr, want_addr);
            if (line_fault === 3 && may_time_out) begin
                if (!late && line_fault_addr !== next_beat[ADDR_W-1:0] && silent_r && bursts != 0) fail("first timeout's address", line_fault_addr, next_beat);
                if (late && line_fault_addr !== line_addr) fail("timeout's address", line_fault_addr, line_addr);
                late = 1; timeouts_seen = timeouts_seen + 1;
            end else begin
                if (late) fail("data after a timeout", line_addr, 0);
                if (ends && line_fault === 4) junk = 1;
                else if (line_fault !== want_fault) fail("line_fault", line_fault, want_fault);
                if (line_fault === 0 && line_data !== want_data && !junk) fail("line_data", line_data, want_data);
                if (want_fault != 0 && line_fault_addr !== bad_addr[ADDR_W-1:0]) fail("line_fault_addr", line_fault_addr, bad_addr);
                if (line_fault != 0) faults_seen = faults_seen + 1;
            end
            lines_seen = lines_seen + 1;
            q_pos[d] = q_pos[d] + 1;
            if (q_pos[d] == q_lines[d*256 + q_rd[d]]) begin
                q_pos[d] = 0; q_rd[d] = q_rd[d] + 1;
                if (order == 0) order = 1 + d;  // whose request came back first
            end
        end
        line_ready <= {ready_of_4 > 3 || pick(4) < ready_of_4, ready_of_4 > 3 || pick(4) < ready_of_4};
    end

    always @(negedge clk) begin
        cycles = cycles + 1;
        if (cycles == LIMIT) fail("hang", lines_seen, 0);
    end

    // ---- scenarios
    task settle;  // until everything asked for has come
        begin
            @(negedge clk);
            while (to_ask[0] > 0 || to_ask[1] > 0 || req_valid != 0 || q_rd[0] != q_wr[0] || q_rd[1] != q_wr[1]) @(negedge clk);
        end
    endtask
    task settle_idle;
        begin settle; while (!idle) @(negedge clk); end
    endtask
    task wait_cycles(input integer n);
        begin bump = n; while (bump > 0) begin @(negedge clk); bump = bump - 1; end end
    endtask
    task flush_now(input integer max);  // max: cycles flush may be held
        begin
            @(negedge clk); flush = 1; flushes = flushes + 1; bump = max;
            to_ask[0] = 0; to_ask[1] = 0;
            @(negedge clk);
            while (!idle && bump > 0) begin @(negedge clk); bump = bump - 1; end
            if (idle && (owed != 0 || arvalid)) fail("idle while the bus owes", owed, 0);
            q_rd[0] = q_wr[0]; q_rd[1] = q_wr[1]; q_pos[0] = 0; q_pos[1] = 0; late = 0;
            @(negedge clk);
            flush = 0;
        end
    endtask

    integer r;
    initial begin
        done = 0; cycles = 0; lines_seen = 0; faults_seen = 0; timeouts_seen = 0; flushes = 0;
        if (!$value$plusargs("seed=%d", seed)) seed = 1;
        rng = seed * 7919 + 13;
        if ($test$plusargs("vcd")) begin $dumpfile("tb_axi_rd.vcd"); $dumpvars; end
        q_wr[0] = 0; q_wr[1] = 0; q_rd[0] = 0; q_rd[1] = 0; q_pos[0] = 0; q_pos[1] = 0; to_ask[0] = 0; to_ask[1] = 0;
        faulty = 0; stall = 0; silent_ar = 0; silent_r = 0; cut_after = -1; shape = 0; ready_of_4 = 4;
        late = 0; may_time_out = 0; beats = 0; order = 0; ends = 0; junk = 0;
        repeat (4) @(negedge clk);
        rst = 0;

        // 1 full rate: long requests, no stall: one beat a cycle from the first to the last, but for a first burst of one beat
        shape = 2; beats = 0; to_ask[1] = 3; settle_idle;
        if (BURST >= 4 && beat_last - beat_first + 1 > beats + 1) fail("not a beat a cycle", beat_last - beat_first + 1, beats);
        // 2 requests of one line each, every second cycle: the next request's burst does not wait for data
        shape = 1; beats = 0; to_ask[1] = 80; settle_idle;
        if (OUTSTANDING >= 8 && beat_last - beat_first + 1 > beats * 9 / 4) fail("short requests are slow", beat_last - beat_first + 1, beats);
        // 3 client 0 first when both ask in the same cycle
        order = 0; to_ask[0] = 1; to_ask[1] = 1; settle_idle;
        if (order != 1) fail("client 1 went first", order, 1);

        for (r = 0; r < ROUNDS; r = r + 1) begin
            // 4 random requests, stalls on both sides, faults in every other round
            shape = 0; faulty = r & 1; stall = pick(4); ready_of_4 = 1 + pick(4);
            watchdog = (r & 2) ? 1000 : 0;
            to_ask[0] = 10; to_ask[1] = 20;
            settle_idle;
            // 5 flush in the middle, then the next job is right; short and long pulses of flush
            to_ask[0] = 10; to_ask[1] = 10;
            wait_cycles(pick(120));
            flush_now((r & 1) ? 0 : 5000);
            to_ask[0] = 3; to_ask[1] = 3;
            settle_idle;
            // clients that do not take their lines are not the bus's fault
            watchdog = 25; ready_of_4 = 0; stall = 0; to_ask[0] = 3; to_ask[1] = 3;
            wait_cycles(150);
            ready_of_4 = 1 + pick(4);
            settle_idle;
            stall = pick(4);
            // 6 the bus goes silent: timeouts at once for all that is owed and asked for
            faulty = 0; watchdog = 30 + pick(40); may_time_out = 1;
            to_ask[0] = 4; to_ask[1] = 6;
            wait_cycles(pick(60));
            if (pick(2)) silent_ar = 1; else silent_r = 1;
            settle;
            if (late && !stuck) fail("not stuck though owed", owed, 1);
            // it comes back while more is asked for: its late beats are nobody's data
            if (late && pick(2)) begin
                silent_ar = 0; silent_r = 0; to_ask[0] = 5; to_ask[1] = 5;
                settle;
            end
            // still owed: flush may not finish
            else if (stuck) begin
                flush_now(200);
                if (idle || !stuck) fail("idle though the bus owes", owed, 0);
            end
            // the bus comes back late: swallowed by count, then a flush ends it
            silent_ar = 0; silent_r = 0;
            bump = 20000;
            while ((owed != 0 || arvalid) && bump > 0) begin @(negedge clk); bump = bump - 1; end
            @(negedge clk);
            if (stuck) fail("stuck though all has come", owed, 0);
            flush_now(5000);
            may_time_out = 0; late = 0; watchdog = 0;
            to_ask[0] = 3; to_ask[1] = 3;
            settle_idle;
            // 7 a burst that ends early for good: a protocol fault, then timeouts; after a flush all is well
            if (BURST > 1) begin
                watchdog = 60; may_time_out = 1; stall = 0; ready_of_4 = 4;
                cut_after = 5; ends = 1; junk = 0; shape = 2; to_ask[1] = 1;
                settle;
                flush_now(5000);
                if (!idle || stuck) fail("not idle after an ended burst", owed, 0);
                if (!junk) fail("an ended burst was not noticed", 0, 1);
                cut_after = -1; ends = 0; junk = 0; may_time_out = 0; late = 0; watchdog = 0; shape = 0;
                to_ask[0] = 3; to_ask[1] = 3;
                settle_idle;
            end
        end
        if (faults_seen == 0 || timeouts_seen == 0) fail("the bench met no fault", faults_seen, timeouts_seen);
        if (!done) $display("PASS lines=%0d faults=%0d timeouts=%0d flushes=%0d cycles=%0d seed=%0d", lines_seen, faults_seen, timeouts_seen, flushes, cycles, seed);
        done = 1;
        $finish;
    end
endmodule
