// SPDX-License-Identifier: Apache-2.0
//
// tb_skid - lac_skid under random offers and stalls, four-state: order, no loss, stability, full rate
//
//   Plusargs   +seed=N repeats a run
//   Verdict    the last line starts with PASS or FAIL
`timescale 1ns/1ns
module tb_skid;
    localparam N = 5000;  // [words]
    reg clk = 0, rst = 1;
    always #5 clk = !clk;

    reg in_valid = 0, out_ready = 0;
    reg [15:0] in_data;
    wire in_ready, out_valid;
    wire [15:0] out_data;
    lac_skid #(.W(16)) dut (.clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data),
                            .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data));

    integer seed, rng, sent, got, cycles, chance, full;
    reg done, p_stall, p_took; reg [15:0] p_data;
    function integer pick(input integer n);
        pick = $unsigned($random(rng)) % n;
    endfunction
    task fail(input [8*30-1:0] what, input [31:0] is, input [31:0] want);
        if (!done) begin
            done = 1; $display("FAIL seed=%0d word=%0d %0s got=%h want=%h", seed, got, what, is, want); $finish;
        end
    endtask
    function [15:0] word(input integer i);
        word = i * 16'd40503 + 16'd77;
    endfunction

    initial begin
        if (!$value$plusargs("seed=%d", seed)) seed = 1;
        rng = seed; sent = 0; got = 0; cycles = 0; done = 0; full = 0; p_stall = 0; p_took = 0;
        @(negedge clk); @(negedge clk); rst = 0;
    end

    always @(posedge clk) if (!rst) begin
        cycles = cycles + 1;
        chance = (cycles / 500) % 5;  // of a stall, in 4; 0: none
        if (^{in_ready, out_valid} === 1'bx) fail("X", {in_ready, out_valid}, 0);
        if (p_stall && (out_valid !== 1 || out_data !== p_data)) fail("offer changed", out_data, p_data);
        p_stall = out_valid && !out_ready; p_data = out_data;
        if (!in_ready) full = full + 1;
        if (out_valid && out_ready) begin
            if (out_data !== word(got)) fail("word", out_data, word(got));
            got = got + 1;
        end
        if (p_took && out_valid !== 1) fail("an accepted word is not on offer", out_valid, 1);
        p_took = in_valid && in_ready;
        if (in_valid && in_ready) sent = sent + 1;
        if (sent - got > 2) fail("more than two words inside", sent - got, 2);
        // full rate: without a stall the input is never refused
        if (cycles % 500 > 5 && chance == 0 && cycles < 500 && !in_ready) fail("refused at full rate", 0, 1);
        if (!in_valid || in_ready) begin
            in_valid <= chance == 0 || pick(4) != 0;
            in_data  <= word(sent);
        end
        out_ready <= chance == 0 || pick(4) >= chance;
        if (cycles == 500 && got < 490) fail("rate", got, 490);
        if (got >= N && !done) begin
            done = 1;
            if (full == 0) $display("FAIL seed=%0d never full", seed);
            else $display("PASS words=%0d cycles=%0d full=%0d seed=%0d", got, cycles, full, seed);
            $finish;
        end
        if (cycles > 60000) fail("hang", got, N);
    end
endmodule
