// SPDX-License-Identifier: Apache-2.0
//
// tb_sdram_model - the checks of sdram_model, each at its limit: the last legal command sequence says nothing, one edge
// less (or one thing wrong) says its name
//
//   Clock      100 MHz: 10 ns an edge, so the limits below can be read off the times given to the model
//   Verdict    a line `ok - ..` or `not ok - ..` a check
`timescale 1ns/1ps
module tb_sdram_model;
    reg         clk = 0;
    always #5 clk = !clk;

    reg  [2:0]  cmd = 3'b111;
    reg  [1:0]  ba = 0;
    reg  [12:0] a = 0;
    reg  [1:0]  dqm = 0;
    reg  [15:0] dq = 0;
    reg         oe = 0;
    wire [15:0] q;
    wire [31:0] violations, reads, writes, refreshes;

    sdram_model #(
        .STORE_ROW_W(4), .CLOCK_KHZ(100000), .T_RCD(30000), .T_RP(20000), .T_RAS(50000), .T_RC(90000), .T_RRD(30000), .T_WR(40000),
        .T_RFC(60000), .T_MRD_CK(3), .T_REF_NS(64000), .REFRESHES(64), .T_INIT_NS(1000)
    ) ram (
        .clk(clk), .cke(1'b1), .cs_n(1'b0), .ras_n(cmd[2]), .cas_n(cmd[1]), .we_n(cmd[0]), .ba(ba), .a(a), .dqm(dqm),
        .dq_i(dq), .dq_i_valid(oe), .dq_o(q), .violations(violations), .reads(reads), .writes(writes), .refreshes(refreshes)
    );

    localparam ACT = 3'b011, RD = 3'b101, WR = 3'b100, PRE = 3'b010, REF = 3'b001, MRS = 3'b000;
    integer was, others, i, bad;
    reg [15:0] got;

    task idle(input integer n);
        repeat (n) @(negedge clk);
    endtask
    // One command, then n - 1 edges without
    task put(input [2:0] what, input [1:0] bank, input [12:0] addr, input integer n);
        begin
            cmd = what; ba = bank; a = addr;
            @(negedge clk);
            cmd = 3'b111;
            idle(n - 1);
        end
    endtask
    task write(input [1:0] bank, input [12:0] col, input integer n);  // n >= 4: edges until the next command
        begin
            oe = 1; dq = 16'h1000;
            put(WR, bank, col, 1);
            for (i = 1; i < 4; i = i + 1) begin dq = dq + 1; idle(1); end
            oe = 0;
            idle(n - 4);
        end
    endtask
    // All banks closed, nothing to wait for, refreshed just now
    task rest;
        begin
            oe = 0;
            idle(20); put(PRE, 0, 13'h400, 20); put(REF, 0, 0, 20);
            was = ram.said[0];
            others = violations;
        end
    endtask
    reg [4:0] name;
    task from(input [4:0] n);
        begin rest; name = n; was = ram.said[n]; others = violations; end
    endtask
    task legal(input [8*48-1:0] what);
        if (violations != others) begin bad = bad + 1; $display("not ok - model, legal: %0s", what); end
        else $display("ok - model, legal: %0s", what);
    endtask
    task wrong(input [8*48-1:0] what);
        if (ram.said[name] == was) begin bad = bad + 1; $display("not ok - model, no violation: %0s", what); end
        else $display("ok - model, violation: %0s", what);
    endtask

    initial begin
        bad = 0; others = 0;
        @(negedge clk);
        // Power-up, wrong on purpose
        name = ram.V_INIT_T; was = 0; idle(90); put(PRE, 0, 13'h400, 10); wrong("a command after 0.9 us of 1 us");
        idle(20); others = violations;
        put(PRE, 0, 13'h400, 2); put(REF, 0, 0, 6); legal("tRP, tRFC at power-up");
        name = ram.V_INIT; was = ram.said[name]; put(MRS, 0, 13'h032, 3); wrong("mode register after one refresh");
        was = ram.said[name]; put(PRE, 0, 13'h400, 10);
        repeat (7) put(REF, 0, 0, 6);
        others = violations; put(MRS, 0, 13'h032, 3); put(PRE, 0, 13'h400, 20); legal("8 refreshes, mode register, tMRD");
        from(ram.V_MRD);  put(MRS, 0, 13'h032, 2); put(PRE, 0, 13'h400, 20); wrong("tMRD");
        from(ram.V_MODE); put(MRS, 0, 13'h022, 9); wrong("another CAS latency");
        from(ram.V_MODE); put(MRS, 0, 13'h033, 9); wrong("another burst length");
        put(MRS, 0, 13'h032, 9);

        from(ram.V_RCD);  put(ACT, 0, 1, 3); put(RD, 0, 0, 9); legal("tRCD");
        from(ram.V_RCD);  put(ACT, 0, 1, 2); put(RD, 0, 0, 9); wrong("tRCD, read");
        from(ram.V_RCD);  put(ACT, 0, 1, 2); write(0, 0, 9); wrong("tRCD, write");
        from(ram.V_RAS);  put(ACT, 0, 1, 5); put(PRE, 0, 0, 9); legal("tRAS");
        from(ram.V_RAS);  put(ACT, 0, 1, 4); put(PRE, 0, 0, 9); wrong("tRAS");
        from(ram.V_RAS);  put(ACT, 0, 1, 4); put(PRE, 1, 13'h400, 9); wrong("tRAS, precharge all");
        from(ram.V_RP);   put(ACT, 0, 1, 9); put(PRE, 0, 0, 2); put(ACT, 0, 2, 9); legal("tRP");
        from(ram.V_RP);   put(ACT, 0, 1, 9); put(PRE, 0, 0, 1); put(ACT, 0, 2, 9); wrong("tRP");
        from(ram.V_RP);   put(ACT, 0, 1, 9); put(PRE, 0, 0, 1); put(REF, 0, 0, 9); wrong("tRP, refresh");
        from(ram.V_RC);   put(ACT, 0, 1, 5); put(PRE, 0, 0, 4); put(ACT, 0, 2, 9); legal("tRC");
        from(ram.V_RC);   put(ACT, 0, 1, 5); put(PRE, 0, 0, 3); put(ACT, 0, 2, 9); wrong("tRC");
        from(ram.V_RRD);  put(ACT, 0, 1, 3); put(ACT, 1, 1, 9); legal("tRRD");
        from(ram.V_RRD);  put(ACT, 0, 1, 2); put(ACT, 1, 1, 9); wrong("tRRD");
        from(ram.V_WR);   put(ACT, 0, 1, 3); write(0, 0, 7); put(PRE, 0, 0, 9); legal("tWR");
        from(ram.V_WR);   put(ACT, 0, 1, 3); write(0, 0, 6); put(PRE, 0, 0, 9); wrong("tWR");
        from(ram.V_OPEN); put(ACT, 0, 1, 9); put(ACT, 0, 2, 9); wrong("ACTIVATE of an open bank");
        from(ram.V_OPEN); put(ACT, 0, 1, 9); put(REF, 0, 0, 9); wrong("REFRESH with an open bank");
        from(ram.V_CLOSED); put(RD, 2, 0, 9); wrong("READ without a row");
        from(ram.V_CLOSED); put(ACT, 1, 1, 9); put(PRE, 1, 0, 9); write(1, 0, 9); wrong("WRITE without a row");
        from(ram.V_RFC);  put(REF, 0, 0, 6); put(ACT, 0, 1, 9); legal("tRFC");
        from(ram.V_RFC);  put(REF, 0, 0, 5); put(ACT, 0, 1, 9); wrong("tRFC");
        from(ram.V_CUT);  put(ACT, 0, 1, 3); put(RD, 0, 0, 4); put(RD, 0, 4, 9); legal("READs back to back");
        from(ram.V_CUT);  put(ACT, 0, 1, 3); put(RD, 0, 0, 3); put(RD, 0, 4, 9); wrong("READ into a READ");
        from(ram.V_CUT);  put(ACT, 0, 1, 5); put(RD, 0, 0, 4); put(PRE, 0, 0, 9); legal("PRECHARGE behind a READ");
        from(ram.V_CUT);  put(ACT, 0, 1, 5); put(RD, 0, 0, 3); put(PRE, 0, 0, 9); wrong("PRECHARGE into a READ");
        from(ram.V_CUT);  put(ACT, 0, 1, 5); oe = 1; put(WR, 0, 0, 3); oe = 0; put(PRE, 0, 0, 9); wrong("PRECHARGE into a WRITE");
        from(ram.V_HZ);   put(ACT, 0, 1, 5); put(RD, 0, 0, 8); write(0, 0, 9); legal("WRITE a cycle behind the words of a READ");
        from(ram.V_HZ);   put(ACT, 0, 1, 5); put(RD, 0, 0, 7); write(0, 0, 9); wrong("WRITE right behind the words of a READ");
        from(ram.V_MISSING); put(ACT, 0, 1, 5); put(WR, 0, 0, 9); wrong("WRITE without words");
        from(ram.V_EXTRA); oe = 1; idle(1); oe = 0; wrong("words without WRITE");
        from(ram.V_ROW);  put(ACT, 3, 13'h005, 9); put(PRE, 3, 0, 9); put(ACT, 3, 13'h015, 9); wrong("a row beyond the storage");
        from(ram.V_UNKNOWN); put(3'bx11, 0, 0, 3); wrong("an unknown command");
        from(ram.V_MODE); put(ACT, 0, 1, 5); put(RD, 0, 13'h400, 9); wrong("auto precharge");
        // 64 refreshes in 64 us: one a us, 9 us at the most without; and no 64 in more than 64 us
        from(ram.V_REFI); idle(850); put(REF, 0, 0, 9); legal("8.7 us without a refresh");
        from(ram.V_REFI); idle(910); put(REF, 0, 0, 9); wrong("9.1 us without a refresh");
        rest; for (i = 0; i < 80; i = i + 1) put(REF, 0, 0, 98);
        from(ram.V_REF); for (i = 0; i < 80; i = i + 1) put(REF, 0, 0, 98); legal("64 refreshes in 63 us");
        from(ram.V_REF); for (i = 0; i < 80; i = i + 1) put(REF, 0, 0, 102); wrong("64 refreshes in 65 us");
        // Storage: a word masked, another one not, and the latency
        rest; put(ACT, 1, 3, 5); write(1, 8, 9);
        oe = 1; dq = 16'hFFFF; dqm = 2'b01; put(WR, 1, 8, 1); dqm = 2'b11; idle(3); dqm = 0; oe = 0; idle(9);
        put(RD, 1, 8, 1);
        idle(2); @(posedge clk); got = q;  // the third edge after the command
        if (got !== 16'hFF00) begin bad = bad + 1; $display("not ok - model: masked write, word 0 read %h", got); end
        else $display("ok - model: masked write, word 0");
        @(posedge clk); got = q;
        if (got !== 16'h1001) begin bad = bad + 1; $display("not ok - model: masked write, word 1 read %h", got); end
        else $display("ok - model: masked write, word 1");
        @(negedge clk); idle(9);
        dqm = 2'b00; put(RD, 1, 8, 1); dqm = 2'b11; idle(1); dqm = 0; idle(1); @(posedge clk); got = q; // DQM at edge 1: word 0 is sampled at 3
        if (got !== 16'hxxxx) begin bad = bad + 1; $display("not ok - model: DQM two edges before a word leaves %h", got); end
        else $display("ok - model: DQM two edges before a word hides it");
        if (bad != 0) $display("not ok - model: %0d checks", bad);
        $finish;
    end
endmodule
