// SPDX-License-Identifier: Apache-2.0
//
// tb_axi_join - a bursting master and single words through lac_axi_join into lac_axi_ram, four-state
//
//   Masters    the core's: random bursts of up to 8 beats in the lower half, several in flight, W before or after AW, slow R and B, some
//              beyond the end. The bridge's: words in the upper half, most of them back to back
//   Memory     lac_axi_ram behind random stalls of every channel
//   Checks     each side reads what it wrote (a copy kept here), DECERR exactly beyond the end, RLAST and the number of answers; channels
//              hold still while stalled; a word is answered within LIMIT cycles, the core gets a burst through between two words;
//              under hold no burst is taken, and quiet comes
//   Plusargs   +seed=N repeats a run
//   Verdict    the last line starts with PASS or FAIL
`timescale 1ns/1ns
module tb_axi_join;
    parameter DATA_W = 64;
    localparam N = 400;             // [bursts] in each direction, and as many words
    localparam LIMIT = 3000;        // [cycles] far above any honest wait
    localparam BYTES = 4096;
    localparam B = DATA_W / 8;
    localparam HALF = BYTES / 2;
    reg clk = 0, rst = 1;
    always #5 clk = !clk;

    reg hold = 0; wire quiet;
    reg awvalid = 0, wvalid = 0, wlast = 0, bready = 0, arvalid = 0, rready = 0;
    reg [31:0] awaddr, araddr; reg [7:0] awlen, arlen; reg [DATA_W-1:0] wdata; reg [B-1:0] wstrb;
    wire awready, wready, bvalid, arready, rvalid, rlast; wire [1:0] bresp, rresp; wire [DATA_W-1:0] rdata;
    reg word_valid = 0, word_write = 0; reg [31:0] word_addr, word_wdata;
    wire word_done, word_fail; wire [31:0] word_rdata;
    wire m_awvalid, m_awready, m_wvalid, m_wready, m_wlast, m_bvalid, m_bready, m_arvalid, m_arready, m_rvalid, m_rready, m_rlast;
    wire [31:0] m_awaddr, m_araddr; wire [7:0] m_awlen, m_arlen; wire [DATA_W-1:0] m_wdata, m_rdata; wire [B-1:0] m_wstrb; wire [1:0] m_bresp, m_rresp;
    // Stalls: a channel that is stalled shows its two sides neither valid nor ready.
    reg [4:0] stall = 0;  // AW W B AR R
    reg [4:0] stuck = 0;  // an offer was made and not taken: it may not be hidden
    wire [4:0] s = stall & ~stuck;
    wire r_awready, r_wready, r_bvalid, r_arready, r_rvalid;
    assign m_awready = r_awready && !s[4], m_wready = r_wready && !s[3], m_bvalid = r_bvalid && !s[2], m_arready = r_arready && !s[1], m_rvalid = r_rvalid && !s[0];

    lac_axi_join #(.ADDR_W(32), .DATA_W(DATA_W)) dut (.clk(clk), .rst(rst), .hold(hold), .quiet(quiet),
        .s_axi_awvalid(awvalid), .s_axi_awready(awready), .s_axi_awaddr(awaddr), .s_axi_awlen(awlen),
        .s_axi_wvalid(wvalid), .s_axi_wready(wready), .s_axi_wdata(wdata), .s_axi_wstrb(wstrb), .s_axi_wlast(wlast),
        .s_axi_bvalid(bvalid), .s_axi_bready(bready), .s_axi_bresp(bresp),
        .s_axi_arvalid(arvalid), .s_axi_arready(arready), .s_axi_araddr(araddr), .s_axi_arlen(arlen),
        .s_axi_rvalid(rvalid), .s_axi_rready(rready), .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rlast(rlast),
        .word_valid(word_valid), .word_write(word_write), .word_addr(word_addr), .word_wdata(word_wdata),
        .word_done(word_done), .word_rdata(word_rdata), .word_fail(word_fail),
        .m_axi_awvalid(m_awvalid), .m_axi_awready(m_awready), .m_axi_awaddr(m_awaddr), .m_axi_awlen(m_awlen),
        .m_axi_wvalid(m_wvalid), .m_axi_wready(m_wready), .m_axi_wdata(m_wdata), .m_axi_wstrb(m_wstrb), .m_axi_wlast(m_wlast),
        .m_axi_bvalid(m_bvalid), .m_axi_bready(m_bready), .m_axi_bresp(m_bresp),
        .m_axi_arvalid(m_arvalid), .m_axi_arready(m_arready), .m_axi_araddr(m_araddr), .m_axi_arlen(m_arlen),
        .m_axi_rvalid(m_rvalid), .m_axi_rready(m_rready), .m_axi_rdata(m_rdata), .m_axi_rresp(m_rresp), .m_axi_rlast(m_rlast));
    lac_axi_ram #(.ADDR_W(32), .DATA_W(DATA_W), .BYTES(BYTES)) ram (.clk(clk), .rst(rst),
        .s_axi_awvalid(m_awvalid && !s[4]), .s_axi_awready(r_awready), .s_axi_awaddr(m_awaddr), .s_axi_awlen(m_awlen),
        .s_axi_wvalid(m_wvalid && !s[3]), .s_axi_wready(r_wready), .s_axi_wdata(m_wdata), .s_axi_wstrb(m_wstrb), .s_axi_wlast(m_wlast),
        .s_axi_bvalid(r_bvalid), .s_axi_bready(m_bready && !s[2]), .s_axi_bresp(m_bresp),
        .s_axi_arvalid(m_arvalid && !s[1]), .s_axi_arready(r_arready), .s_axi_araddr(m_araddr), .s_axi_arlen(m_arlen),
        .s_axi_rvalid(r_rvalid), .s_axi_rready(m_rready && !s[0]), .s_axi_rdata(m_rdata), .s_axi_rresp(m_rresp), .s_axi_rlast(m_rlast));

    integer seed, rng, cycles, i, k;
    reg done;
    function integer pick(input integer n);
        pick = $unsigned($random(rng)) % n;
    endfunction
    task fail(input [8*40-1:0] what, input [DATA_W-1:0] is, input [DATA_W-1:0] want);
        if (!done) begin
            done = 1; $display("FAIL seed=%0d cycle=%0d %0s got=%h want=%h", seed, cycles, what, is, want); $finish;
        end
    endtask

    // What was written: bytes. A byte that a write in flight may change is `hot` until the B, and not compared.
    reg [7:0] mem [0:BYTES-1];
    integer   hot [0:BYTES-1];

    // ---- The core: writes. Queues of what was taken, by number.
    reg [31:0] wq_addr [0:1023]; reg [7:0] wq_len [0:1023];
    integer aw_n, w_n, w_beat, b_n;        // bursts: address taken, data complete, answered; beats of the present one
    integer ar_n, r_n, r_beat;
    reg [31:0] rq_addr [0:1023]; reg [7:0] rq_len [0:1023];
    integer words, word_age, cores_between_rd, cores_between_wr, hold_age, beyond;
    reg want_rd, want_wr;                  // the core had wanted a burst ever since the last word of that direction
    reg p_ar, p_aw, p_w, p_r, p_b; reg [40:0] q_ar, q_aw; reg [DATA_W+B:0] q_w, q_r; reg [1:0] q_b;
    reg [31:0] at;
    reg out;

    function [31:0] burst_at(input integer n);  // in the lower half, inside 4 KB; one in twenty beyond the end
        burst_at = pick(20) == 0 ? BYTES + 4096 - n * B : pick(HALF / B - n) * B;
    endfunction

    initial begin
        if (!$value$plusargs("seed=%d", seed)) seed = 1;
        rng = seed; done = 0; cycles = 0;
        aw_n = 0; w_n = 0; w_beat = 0; b_n = 0; ar_n = 0; r_n = 0; r_beat = 0; words = 0; word_age = 0; hold_age = 0; beyond = 0;
        want_rd = 0; want_wr = 0; cores_between_rd = 0; cores_between_wr = 0;
        {p_ar, p_aw, p_w, p_r, p_b} = 0;
        for (i = 0; i < BYTES; i = i + 1) begin
            mem[i] = $random(rng); hot[i] = 0;
        end
        for (i = 0; i < BYTES / B; i = i + 1) for (k = 0; k < B; k = k + 1) poke(i, k, mem[i * B + k]);
        repeat (3) @(negedge clk);
        rst = 0;
        while (b_n < N || r_n < N || words < N) begin
            @(negedge clk);
            cycles = cycles + 1;
            if (cycles > 200000) begin fail("hang", b_n, r_n); b_n = N; r_n = N; words = N; end
        end
        if (beyond == 0) fail("no burst beyond the end", 0, 1);
        if (!done) $display("PASS bursts=%0d words=%0d beyond=%0d cycles=%0d seed=%0d", b_n + r_n, words, beyond, cycles, seed);
        done = 1;
        $finish;
    end

    always @(posedge clk) if (!rst) begin
        // ---- Offers hold still, at the memory and at the core
        if (p_ar && {m_arvalid, m_araddr, m_arlen} !== q_ar) fail("AR changed", {m_arvalid, m_araddr}, q_ar);
        if (p_aw && {m_awvalid, m_awaddr, m_awlen} !== q_aw) fail("AW changed", {m_awvalid, m_awaddr}, q_aw);
        if (p_w && {m_wvalid, m_wlast, m_wdata} !== q_w[DATA_W+1:0]) fail("W changed", m_wdata, q_w);
        p_ar = m_arvalid && !m_arready; q_ar = {m_arvalid, m_araddr, m_arlen};
        p_aw = m_awvalid && !m_awready; q_aw = {m_awvalid, m_awaddr, m_awlen};
        p_w = m_wvalid && !m_wready; q_w = {m_wvalid, m_wlast, m_wdata};
        if (^{awready, wready, bvalid, arready, rvalid, word_done, quiet} === 1'bx) fail("X on a control output", {awready, wready, bvalid, arready, rvalid, word_done}, 0);
        if (hold && ((awvalid && awready) || (arvalid && arready))) fail("a burst taken under hold", 1, 0);
        if (quiet !== (aw_n == b_n && ar_n == r_n)) fail("quiet", quiet, aw_n == b_n && ar_n == r_n);
        hold_age = hold ? hold_age + 1 : 0;
        if (hold_age > LIMIT) fail("quiet does not come", hold_age, LIMIT);

        // ---- Core, writes
        if (awvalid && awready) begin
            aw_n = aw_n + 1; awvalid <= 0; awaddr <= 32'hx; cores_between_wr = cores_between_wr + 1;
        end
        if (wvalid && wready) begin
            if (w_n >= aw_n) fail("W taken before its AW", w_n, aw_n);
            at = wq_addr[w_n] + w_beat * B;
            for (k = 0; k < B; k = k + 1) if (wstrb[k] && at < BYTES) begin mem[at + k] = wdata[8*k +: 8]; end
            w_beat = w_beat + 1;
            if (wlast) begin w_beat = 0; w_n = w_n + 1; end
            wvalid <= 0; wdata <= {DATA_W{1'bx}};
        end
        if (bvalid && bready) begin
            out = wq_addr[b_n] + wq_len[b_n] * B >= BYTES;
            if (bresp !== {2{out}}) fail("BRESP", bresp, {2{out}});
            if (w_n <= b_n) fail("B before the last W", w_n, b_n);
            for (k = 0; k < (wq_len[b_n] + 1) * B; k = k + 1) if (wq_addr[b_n] + k < BYTES) hot[wq_addr[b_n] + k] = hot[wq_addr[b_n] + k] - 1;
            beyond = beyond + out;
            b_n = b_n + 1;
        end
        if (!awvalid && !(awvalid && awready) && aw_n < N && aw_n - b_n < 5 && pick(3) == 0) begin
            i = pick(8) + 1;
            wq_len[aw_n] = i - 1; wq_addr[aw_n] = burst_at(i);
            for (k = 0; k < i * B; k = k + 1) if (wq_addr[aw_n] + k < BYTES) hot[wq_addr[aw_n] + k] = hot[wq_addr[aw_n] + k] + 1;
            awvalid <= 1; awaddr <= wq_addr[aw_n]; awlen <= wq_len[aw_n];
            w_offers = aw_n + 1;
        end
        if ((!wvalid || wready) && w_n < w_offers && pick(3) != 0) begin
            wvalid <= 1; wlast <= w_beat == wq_len[w_n]; wstrb <= pick(2) ? {B{1'b1}} : $random(rng);
            wdata <= {16{$random(rng)}} ^ {DATA_W{1'b0}} ^ ({DATA_W{1'b1}} & {$random(rng), $random(rng)});
        end
        bready <= pick(3) != 0;

        // ---- Core, reads
        if (arvalid && arready) begin
            ar_n = ar_n + 1; arvalid <= 0; araddr <= 32'hx; cores_between_rd = cores_between_rd + 1;
        end
        if (rvalid && rready) begin
            if (r_n >= ar_n) fail("R without AR", r_n, ar_n);
            at = rq_addr[r_n] + r_beat * B;
            if (rresp !== {2{at >= BYTES}}) fail("RRESP", rresp, {2{at >= BYTES}});
            for (k = 0; k < B; k = k + 1)
                if (at < BYTES && !hot[at + k] && !warm[at + k] && rdata[8*k +: 8] !== mem[at + k]) fail("RDATA", rdata, {mem[at+3], mem[at+2], mem[at+1], mem[at]});
            if (rlast !== (r_beat == rq_len[r_n])) fail("RLAST", rlast, !rlast);
            r_beat = r_beat + 1;
            if (rlast) begin r_beat = 0; r_n = r_n + 1; end
        end
        if (!arvalid && ar_n < N && ar_n - r_n < 5 && pick(3) == 0) begin
            i = pick(8) + 1;
            rq_len[ar_n] = i - 1; rq_addr[ar_n] = burst_at(i);
            arvalid <= 1; araddr <= rq_addr[ar_n]; arlen <= rq_len[ar_n];
        end
        rready <= pick(3) != 0;
        // a byte written since the oldest read in flight was asked for may read either way
        for (k = 0; k < HALF; k = k + 1) warm[k] = hot[k] != 0 || (warm[k] && ar_n + arvalid != r_n);

        // ---- Words
        if (word_valid) word_age = word_age + 1;
        if (word_age > LIMIT) fail("a word is not answered", word_age, LIMIT);
        if (word_done) begin
            if (!word_valid) fail("an answer without a word", 1, 0);
            if (word_fail !== (word_addr >= BYTES)) fail("word_fail", word_fail, word_addr >= BYTES);
            if (!word_write && word_addr < BYTES && word_rdata !== {mem[word_addr + 3], mem[word_addr + 2], mem[word_addr + 1], mem[word_addr]})
                fail("word_rdata", word_rdata, {mem[word_addr + 3], mem[word_addr + 2], mem[word_addr + 1], mem[word_addr]});
            if (!word_write) begin
                if (want_rd && cores_between_rd == 0) fail("no read of the core between two words", 0, 1);
                cores_between_rd = 0; want_rd = 1;
            end else begin
                if (want_wr && cores_between_wr == 0) fail("no write of the core between two words", 0, 1);
                cores_between_wr = 0; want_wr = 1;
            end
            words = words + 1; word_age = 0; word_valid <= 0;
        end
        if (!arvalid || hold) want_rd = 0;
        if (!awvalid || hold) want_wr = 0;
        if ((!word_valid || word_done) && words < N && pick(4) != 0) begin
            at = pick(30) == 0 ? BYTES + 4 * pick(100) : HALF + 4 * pick(HALF / 4);
            word_valid <= 1; word_write <= pick(2); word_addr <= at; word_wdata <= $random(rng);
        end

        // ---- Hold, now and then, until it is quiet; stalls
        if (!hold) hold <= pick(200) == 0;
        else if (quiet && pick(3) == 0) hold <= 0;
        stall <= $random(rng) & $random(rng);
        stuck <= {5{1'b0}};
        stuck[2] <= m_bvalid && !m_bready;
        stuck[0] <= m_rvalid && !m_rready;
    end
    // a word's write, once taken, is in the copy
    always @(posedge clk) if (!rst && word_done && word_write && word_addr < BYTES)
        {mem[word_addr + 3], mem[word_addr + 2], mem[word_addr + 1], mem[word_addr]} = word_wdata;
    integer w_offers = 0;
    reg [0:BYTES-1] warm = 0;

    // The memory begins as the copy: through its bytes.
    reg [7:0] poke_data; integer poke_at, poke_byte; event poked;
    task poke(input integer line, input integer lane, input [7:0] value);
        begin poke_at = line; poke_byte = lane; poke_data = value; -> poked; #0; end
    endtask
    genvar g;
    generate for (g = 0; g < B; g = g + 1) begin : g_poke
        always @(poked) if (poke_byte == g) ram.g_byte[g].u_ram.mem[poke_at] = poke_data;
    end endgenerate
endmodule
