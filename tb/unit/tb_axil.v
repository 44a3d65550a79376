// SPDX-License-Identifier: Apache-2.0
//
// tb_axil - lac_axil with a register file behind it, four-state
//
//   Hold       at random: nothing new is taken
//   Master     AW and W with random lead over each other, random strobes, slow B and R, reads beside writes
//   Checks     a memory of 1024 words written beside the strobes: one wr_en for each good write, none for a bad one,
//              SLVERR exactly for bad ones, answers stable, one write and one read at a time
//   Plusargs   +seed=N repeats a run
//   Verdict    the last line starts with PASS or FAIL
`timescale 1ns/1ns
module tb_axil;
    localparam N = 1500;  // [writes] and as many reads
    reg clk = 0, rst = 1, hold = 1;
    always #5 clk = !clk;

    reg awvalid = 0, wvalid = 0, bready = 0, arvalid = 0, rready = 0;
    reg [11:0] awaddr, araddr; reg [31:0] wdata; reg [3:0] wstrb;
    wire awready, wready, bvalid, arready, rvalid, wr_en, rd_en;
    wire [1:0] bresp, rresp; wire [31:0] rdata, wr_data; wire [11:0] wr_addr, rd_addr;
    reg [31:0] rd_data;
    wire rd_early, rd_soon;
    lac_axil dut (.clk(clk), .rst(rst), .hold(hold),
        .s_axil_awvalid(awvalid), .s_axil_awready(awready), .s_axil_awaddr(awaddr),
        .s_axil_wvalid(wvalid), .s_axil_wready(wready), .s_axil_wdata(wdata), .s_axil_wstrb(wstrb),
        .s_axil_bvalid(bvalid), .s_axil_bready(bready), .s_axil_bresp(bresp),
        .s_axil_arvalid(arvalid), .s_axil_arready(arready), .s_axil_araddr(araddr),
        .s_axil_rvalid(rvalid), .s_axil_rready(rready), .s_axil_rdata(rdata), .s_axil_rresp(rresp),
        .wr_en(wr_en), .wr_addr(wr_addr), .wr_data(wr_data), .rd_early(rd_early), .rd_soon(rd_soon), .rd_en(rd_en), .rd_addr(rd_addr), .rd_data(rd_data));

    integer seed, rng, cycles, writes, reads, bad, strobes;
    reg done;
    function integer pick(input integer n);
        pick = $unsigned($random(rng)) % n;
    endfunction
    task fail(input [8*30-1:0] what, input [63:0] is, input [63:0] want);
        if (!done) begin
            done = 1; $display("FAIL seed=%0d cycle=%0d %0s got=%h want=%h", seed, cycles, what, is, want); $finish;
        end
    endtask

    // the register file: rd_data is right for one cycle only
    reg [31:0] file [0:1023];
    always @(posedge clk) begin
        if (hold && (awready || wready || arready)) fail("READY while hold", {awready, wready, arready}, 0);
        if (rst !== 1) hold <= pick(8) == 0;
        if (wr_en) begin file[wr_addr[11:2]] <= wr_data; strobes = strobes + 1; end
        rd_data <= rd_en ? file[rd_addr[11:2]] : 32'hx;
    end

    // expected values: what the master wrote
    reg [31:0] mem [0:1023];
    integer i;
    // writes: one at a time; the next addresses may be offered before the answer is taken
    reg [31:0] w_data; reg [11:0] w_addr; reg [3:0] w_strb;  // the write in progress
    integer aw_wait, w_wait; reg aw_sent, w_sent, w_open;
    reg p_b, p_r; reg [1:0] p_bresp; reg [31:0] p_rdata;
    initial begin
        if (!$value$plusargs("seed=%d", seed)) seed = 1;
        rng = seed; done = 0; cycles = 0; writes = 0; reads = 0; bad = 0; strobes = 0;
        w_open = 0; aw_sent = 0; w_sent = 0; p_b = 0; p_r = 0;
        for (i = 0; i < 1024; i = i + 1) begin file[i] = i; mem[i] = i; end
        repeat (3) @(negedge clk);
        rst = 0;
        while (writes < N || reads < N) begin
            @(negedge clk);
            cycles = cycles + 1;
            if (cycles > 100000) begin fail("hang", writes, reads); writes = N; reads = N; end
        end
        if (strobes + bad != writes) fail("wr_en: one for each good write", strobes, writes - bad);
        for (i = 0; i < 1024; i = i + 1) if (file[i] !== mem[i]) fail("register file", file[i], mem[i]);
        if (!done) $display("PASS writes=%0d refused=%0d reads=%0d cycles=%0d seed=%0d", writes, bad, reads, cycles, seed);
        done = 1;
        $finish;
    end

    always @(posedge clk) if (!rst) begin
        if (^{awready, wready, bvalid, arready, rvalid, wr_en, rd_en} === 1'bx) fail("X on a control output", {awready, wready, bvalid, arready, rvalid, wr_en, rd_en}, 0);
        if (p_b && (bvalid !== 1 || bresp !== p_bresp)) fail("B changed", bresp, p_bresp);
        if (p_r && (rvalid !== 1 || rdata !== p_rdata)) fail("R changed", rdata, p_rdata);
        p_b = bvalid && !bready; p_bresp = bresp; p_r = rvalid && !rready; p_rdata = rdata;
        // write
        if (awvalid && awready) begin awvalid <= 0; aw_sent = 1; awaddr <= 12'hx; end
        if (wvalid && wready) begin wvalid <= 0; w_sent = 1; wdata <= 32'hx; wstrb <= 4'hx; end
        if (bvalid && !(aw_sent && w_sent)) fail("B before AW and W", {aw_sent, w_sent}, 3);
        if (bvalid && bready) begin
            if (bresp !== (w_strb == 4'hF ? 2'b00 : 2'b10)) fail("BRESP", bresp, w_strb);
            if (w_strb == 4'hF) mem[w_addr[11:2]] = w_data; else bad = bad + 1;
            writes = writes + 1; w_open = 0;
        end
        if (wr_en && {wr_addr, wr_data} !== {w_addr, w_data}) fail("write passed on", {wr_addr, wr_data}, {w_addr, w_data});
        if (wr_en && w_strb != 4'hF) fail("write without all strobes passed on", w_strb, 15);
        if (!w_open && writes < N && pick(3) != 0) begin
            w_open = 1; aw_sent = 0; w_sent = 0;
            w_addr = $random(rng); w_data = $random(rng); w_strb = pick(4) == 0 ? $random(rng) : 4'hF;
            aw_wait = pick(4); w_wait = pick(4);
        end
        if (w_open && !aw_sent && !awvalid) begin if (aw_wait == 0) begin awvalid <= 1; awaddr <= w_addr; end else aw_wait = aw_wait - 1; end
        if (w_open && !w_sent && !wvalid) begin if (w_wait == 0) begin wvalid <= 1; wdata <= w_data; wstrb <= w_strb; end else w_wait = w_wait - 1; end
        bready <= pick(3) != 0;
        // read: of words the writes leave alone at this moment
        if (arvalid && arready) begin arvalid <= 0; end
        if (rvalid && rready) begin
            if (rresp !== 0) fail("RRESP", rresp, 0);
            if (rdata !== mem[araddr[11:2]] && !(w_open && w_addr[11:2] == araddr[11:2]) && !crossed) fail("RDATA", rdata, mem[araddr[11:2]]);
            reads = reads + 1; r_open = 0;
        end
        if (r_open && w_open && w_addr[11:2] == araddr[11:2]) crossed = 1;  // either value is right
        if (!r_open && reads < N && pick(3) != 0) begin
            r_open = 1; crossed = 0; arvalid <= 1;
            araddr <= pick(2) ? $random(rng) : w_addr ^ (pick(2) ? 12'h004 : 12'h000);
        end
        rready <= pick(3) != 0;
    end
    reg r_open = 0, crossed = 0;
endmodule
