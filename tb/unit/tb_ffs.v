// SPDX-License-Identifier: Apache-2.0
//
// tb_ffs - lac_ffs, four-state: every single bit, every pair of bits, none, all, random words; counted bit by bit
//
//   Plusargs   +seed=N repeats a run
//   Verdict    the last line starts with PASS or FAIL
`timescale 1ns/1ns
module tb_ffs;
    parameter W = 33, INDEX_W = 6;
    reg  [W-1:0] in;
    wire any;
    wire [INDEX_W-1:0] index;
    wire [W-1:0] rest;
    lac_ffs #(.W(W), .INDEX_W(INDEX_W)) dut (.in(in), .any(any), .index(index), .rest(rest));

    integer seed, rng, i, j, low, n;
    reg done;
    task check(input [W-1:0] word);
        reg [W-1:0] want;
        begin
            in = word; low = -1; want = word;
            for (i = W - 1; i >= 0; i = i - 1) if (word[i]) low = i;
            if (low >= 0) want[low] = 1'b0;
            #1;
            if (!done && (any !== (low >= 0) || index !== (low >= 0 ? low : 0) || rest !== want)) begin
                done = 1;
                $display("FAIL seed=%0d in=%b any=%b index=%0d rest=%b want index %0d", seed, in, any, index, rest, low);
                $finish;
            end
            n = n + 1;
        end
    endtask
    integer a, b;
    reg [63:0] rnd;
    initial begin
        done = 0; n = 0;
        if (!$value$plusargs("seed=%d", seed)) seed = 1;
        rng = seed;
        check({W{1'b0}}); check({W{1'b1}});
        for (a = 0; a < W; a = a + 1)
            for (b = a; b < W; b = b + 1) check(({{(W-1){1'b0}}, 1'b1} << a) | ({{(W-1){1'b0}}, 1'b1} << b));
        for (a = 0; a < 2000; a = a + 1) begin
            rnd = {$random(rng), $random(rng)} & {$random(rng), $random(rng)};
            check(rnd[W-1:0] << (a % W));
        end
        if (!done) $display("PASS words=%0d seed=%0d", n, seed);
        $finish;
    end
endmodule
