// SPDX-License-Identifier: Apache-2.0
//
// tb_requant - replay gen_requant's windows through lac_requant, four-state, `en` low at random; without POOL those of one pixel
//
//   Plusargs   +vectors=FILE, +seed=N repeats a run
//   Checks     every output in order and bit for bit, latency, raw jobs with undefined parameters in between
//   Verdict    the last line starts with PASS or FAIL
`timescale 1ns/1ns
module tb_requant;
    parameter  POOL = 1;
    localparam least = (POOL != 0) ? 30000 : 20000;
    localparam N = 60000;  // [pixels] at most
    reg clk = 0, rst = 1;
    always #5 clk = !clk;

    reg en = 1, in_valid = 0, in_raw;
    reg [2:0] in_tap; reg [1:0] average;
    reg [35:0] in_acc; reg [31:0] in_bias; reg [30:0] in_mult; reg [5:0] in_shift;
    reg [15:0] zero, lo, hi;
    wire out_valid, out_zero; wire [35:0] out_value;
    lac_requant #(.POOL(POOL)) dut (.clk(clk), .rst(rst), .en(en), .in_valid(in_valid), .in_tap(in_tap), .in_average(average), .in_acc(in_acc), .in_bias(in_bias), .in_mult(in_mult),
        .in_shift(in_shift), .in_zero(zero), .in_lo(lo), .in_hi(hi), .in_raw(in_raw),
        .out_valid(out_valid), .out_value(out_value), .out_zero(out_zero));

    reg [175:0] vec [0:N-1];
    reg [175:0] v, w;
    integer seed, rng, sent, got, left, total, raws, stalls, moves, inside, read, windows;
    integer moved [0:N-1];  // [cycles of en] when a vector went in
    reg done;
    reg [8*200-1:0] file;
    function integer pick(input integer n);
        pick = $unsigned($random(rng)) % n;
    endfunction
    task fail(input [8*30-1:0] what, input [63:0] is, input [63:0] want);
        if (!done) begin
            done = 1;
            $display("FAIL seed=%0d vector=%0d %h %0s got=%h want=%h", seed, got, vec[got], what, is, want);
            $finish;
        end
    endtask

    initial begin
        done = 0; sent = 0; got = 0; raws = 0; stalls = 0; moves = 0; total = 0; inside = 0; windows = 0;
        if (!$value$plusargs("seed=%d", seed)) seed = 1;
        if (!$value$plusargs("vectors=%s", file)) file = "requant.hex";
        rng = seed;
        $readmemh(file, vec);
        for (read = 0; read < N && vec[read] !== 176'hx; read = read + 1)
            if (POOL != 0 || vec[read][173:168] == 6'b000011) begin
                vec[total] = vec[read];
                total = total + 1;
            end
        if (total < least) fail("too few vectors", total, least);
        {zero, lo, hi} = consts(vec[0][23:16]);
        average = vec[0][173:172];
        @(negedge clk); @(negedge clk); rst = 0;
        while (got < total) begin
            // between edges: drive the next cycle
            en = pick(4) != 0;
            v = vec[sent];
            if (inside == 0 && sent < total && v[169]) begin  // empty: the job may change
                {zero, lo, hi} = consts(v[23:16]);
                average = v[173:172];
                in_raw = average == 0 && pick(3) == 0;
                left   = 1 + pick(300);
                if (in_raw) {zero, lo, hi} = {16'd0, {32{1'bx}}};
            end
            in_valid = sent < total && (left > 0 || !v[169]) && pick(8) != 0 && average == v[173:172] && (in_raw || {zero, lo, hi} === consts(v[23:16]));
            {in_shift, in_mult, in_bias, in_acc, in_tap} = {69'hx, 36'hx, 3'bx};
            if (in_valid) begin
                in_acc = v[95:60];
                if (POOL != 0) in_tap = v[170:168];
                if (!in_raw) begin in_shift = v[165:160]; in_mult = v[158:128]; in_bias = v[127:96]; end
            end
            if (!en) stalls = stalls + 1;
            // what is out now leaves with this edge
            if (^out_valid === 1'bx) fail("X on out_valid", out_valid, 0);
            if (en && out_valid) begin
                while (!vec[got][168]) got = got + 1;  // the last of its window
                w = vec[got];
                if (in_raw && out_value !== w[59:24]) fail("raw value", out_value, w[59:24]);
                if (!in_raw && out_value[15:0] !== w[15:0]) fail("output", out_value[15:0], w[15:0]);
                if (out_zero !== (in_raw ? w[59:24] == 36'd0 : w[15:0] == zero)) fail("out_zero", out_zero, !out_zero);
                if (moves - moved[got] != 13 + (POOL != 0)) fail("latency", moves - moved[got], 13 + (POOL != 0));
                got = got + 1;
                inside = inside - 1;
                windows = windows + 1;
            end
            if (en && in_valid) begin
                raws = raws + in_raw; moved[sent] = moves; sent = sent + 1; left = left - 1; inside = inside + v[169];
            end
            moves = moves + en;
            @(negedge clk);
        end
        if (!done) $display("PASS windows=%0d of pixels=%0d raw=%0d stalls=%0d seed=%0d", windows, total, raws, stalls, seed);
        $finish;
    end
    // as jobs[] of gen_requant.c
    function [47:0] consts(input [7:0] job);
        case (job)
            0: consts = {16'd0, 16'h8000, 16'h7FFF};
            1: consts = {-16'd128, -16'd128, 16'd127};
            2: consts = {16'd0, 16'd0, 16'd255};
            3: consts = {16'h7FFF, 16'h8000, 16'h7FFF};
            4: consts = {16'h8000, 16'h8000, 16'h7FFF};
            default: consts = {16'd17, -16'd5, 16'd6};
        endcase
    endfunction
endmodule
