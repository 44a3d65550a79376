// SPDX-License-Identifier: Apache-2.0
//
// tb_ecp5 - lac_ram and lac_mul of fpga/ecp5, over the models of their cells, against those of rtl/, four-state, cycle by cycle
//
//   Reference  rtl/lac_ram.v and rtl/lac_mul.v under the names ref_lac_ram and ref_lac_mul
//   Collisions a read of the word that is being written may give anything: what it gave is not compared until it has left q
//   Plusargs   +seed=N repeats a run
//   Verdict    the last line starts with PASS or FAIL
`timescale 1ns/1ns
module tb_ecp5;
    parameter W = 64, DEPTH = 512, ADDR_W = 9;
    localparam CYCLES = 40000;
    reg clk = 0;
    always #5 clk = !clk;

    reg               we, re, qe, en;
    reg  [ADDR_W-1:0] waddr, raddr;
    reg  [W-1:0]      wdata;
    wire [W-1:0]      q, ref_q;
    lac_ram     #(.W(W), .DEPTH(DEPTH), .ADDR_W(ADDR_W)) dut (.clk(clk), .rclk(clk), .we(we), .waddr(waddr), .wdata(wdata), .re(re), .raddr(raddr), .qe(qe), .q(q));
    ref_lac_ram #(.W(W), .DEPTH(DEPTH), .ADDR_W(ADDR_W)) mem (.clk(clk), .rclk(clk), .we(we), .waddr(waddr), .wdata(wdata), .re(re), .raddr(raddr), .qe(qe), .q(ref_q));

    reg  [17:0] a, b;
    wire [35:0] ps, pu, ref_ps, ref_pu;
    lac_mul     #(.SIGNED(1)) dut_s (.clk(clk), .en(en), .a(a), .b(b), .p(ps));
    lac_mul     #(.SIGNED(0)) dut_u (.clk(clk), .en(en), .a(a), .b(b), .p(pu));
    ref_lac_mul #(.SIGNED(1)) mul_s (.clk(clk), .en(en), .a(a), .b(b), .p(ref_ps));
    ref_lac_mul #(.SIGNED(0)) mul_u (.clk(clk), .en(en), .a(a), .b(b), .p(ref_pu));

    integer seed, rng, cycle, span, words, products, collisions;
    reg latch_any, q_any; // may be anything
    function integer pick(input integer n);
        pick = $unsigned($random(rng)) % n;
    endfunction
    function [17:0] operand(input integer kind);
        case (kind)
        0: operand = 18'h00000;
        1: operand = 18'h1FFFF;
        2: operand = 18'h20000;
        3: operand = 18'h3FFFF;
        default: operand = $random(rng);
        endcase
    endfunction

    initial begin
        if (!$value$plusargs("seed=%d", seed)) seed = 1;
        rng = seed;
        words = 0; products = 0; collisions = 0;
        {we, re, qe, en, latch_any, q_any} = 6'd0;
        span = DEPTH;
        for (cycle = 0; cycle < CYCLES; cycle = cycle + 1) begin
            @(negedge clk);
            // now what the last edge did
            if (!q_any && q !== ref_q) begin
                $display("FAIL seed=%0d cycle=%0d q=%h want=%h", seed, cycle, q, ref_q);
                $finish; $stop;
            end
            if (ps !== ref_ps || pu !== ref_pu) begin
                $display("FAIL seed=%0d cycle=%0d signed=%h want=%h, unsigned=%h want=%h", seed, cycle, ps, ref_ps, pu, ref_pu);
                $finish; $stop;
            end
            if (!q_any && ^q !== 1'bx && qe) words = words + 1;
            if (^ps !== 1'bx && en) products = products + 1;
            // all of the RAM at first, then few words, so that they are read and written again and again
            if (cycle % 1000 == 0) span = (cycle < 16000) ? DEPTH : 2 + pick(DEPTH < 16 ? DEPTH - 1 : 15);
            we    = pick(4) != 0;
            re    = pick(3) != 0;
            qe    = pick(3) != 0;
            en    = pick(5) != 0;
            waddr = (cycle < DEPTH) ? cycle : pick(span);
            if (cycle < DEPTH) we = 1'b1;
            raddr = pick(span);
            wdata = {$random(rng), $random(rng), $random(rng)};
            a     = operand(pick(12));
            b     = operand(pick(12));
            if (qe) q_any = latch_any;
            if (re) begin
                latch_any = we && waddr == raddr;
                if (latch_any) collisions = collisions + 1;
            end
        end
        if (words < CYCLES / 4 || products < CYCLES / 4 || collisions < 100) $display("FAIL seed=%0d words=%0d products=%0d collisions=%0d: too few", seed, words, products, collisions);
        else $display("PASS words=%0d products=%0d collisions=%0d seed=%0d", words, products, collisions, seed);
        $finish;
    end
endmodule
