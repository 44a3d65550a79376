// SPDX-License-Identifier: Apache-2.0
//
// tb_fifo - lac_fifo against a counter, four-state: order, level, exactly full and exactly empty, reset while full
//
//   Plusargs   +seed=N repeats a run
//   Verdict    the last line starts with PASS or FAIL
`timescale 1ns/1ns
module tb_fifo;
    parameter DEPTH = 5, LEVEL_W = 3;
    reg clk = 0, rst = 1;
    always #5 clk = !clk;

    reg  push, pop;
    reg  [11:0] in_data;
    wire in_ready, out_valid;
    wire [11:0] out_data;
    wire [LEVEL_W-1:0] level;
    lac_fifo #(.W(12), .DEPTH(DEPTH), .LEVEL_W(LEVEL_W)) dut (.clk(clk), .rst(rst), .push(push), .in_data(in_data),
        .in_ready(in_ready), .out_valid(out_valid), .out_data(out_data), .pop(pop), .level(level));

    integer seed, rng, head, tail, cycles, fulls, empties, resets, mode;
    function integer pick(input integer n);
        pick = $unsigned($random(rng)) % n;
    endfunction
    task fail(input [8*30-1:0] what, input [31:0] is, input [31:0] want);
        begin $display("FAIL seed=%0d cycle=%0d %0s got=%h want=%h", seed, cycles, what, is, want); $finish; $stop; end
    endtask
    function [11:0] word(input integer i);
        word = i * 12'd1103 + 12'd7;
    endfunction

    initial begin
        if (!$value$plusargs("seed=%d", seed)) seed = 1;
        rng = seed; head = 0; tail = 0; fulls = 0; empties = 0; resets = 0; push = 0; pop = 0;
        @(negedge clk); @(negedge clk); rst = 0;
        for (cycles = 0; cycles < 20000; cycles = cycles + 1) begin
            // now between edges: outputs are settled
            if (in_ready !== (tail - head != DEPTH)) fail("in_ready", in_ready, tail - head);
            if (out_valid !== (tail != head)) fail("out_valid", out_valid, tail - head);
            if (level !== tail - head) fail("level", level, tail - head);
            if (tail != head && out_data !== word(head)) fail("out_data", out_data, word(head));
            if (tail - head == DEPTH) fulls = fulls + 1;
            if (tail == head) empties = empties + 1;
            mode = (cycles / 64) % 3;  // fill, drain, both
            push = in_ready && (mode == 0 || pick(3) != 0) && !(mode == 1 && pick(3) != 0);
            pop  = out_valid && (mode == 1 || pick(3) != 0) && !(mode == 0 && pick(3) != 0);
            in_data = push ? word(tail) : 12'hx;
            rst = pick(500) == 0;
            @(negedge clk);
            if (rst) begin head = 0; tail = 0; resets = resets + 1; end
            else begin tail = tail + push; head = head + pop; end
        end
        if (fulls == 0 || empties == 0 || resets == 0) fail("not reached: full, empty or reset", fulls, empties);
        $display("PASS cycles=%0d fulls=%0d empties=%0d resets=%0d seed=%0d", cycles, fulls, empties, resets, seed);
        $finish;
    end
endmodule
