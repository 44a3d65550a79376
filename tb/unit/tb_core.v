// SPDX-License-Identifier: Apache-2.0
//
// tb_core - the whole core, four-state: a random job, every channel stalling, memory compared word by word
//
//   Job        +job=FILE from gen_core: memory before and after, register writes, registers after (golden model)
//   Slave      AXI memory, answers in order, each channel ready or valid at random
//   Checks     every word of memory and the listed registers with !==, so an X anywhere in a result or in an address,
//              a strobe or a valid is a failure
//   Plusargs   +seed=N stalls, +vcd writes tb_core.vcd
//   Verdict    the last line starts with PASS or FAIL
`timescale 1ns/1ns
module tb_core;
    parameter LANES = 8, DATA_W = 64, ADDR_W = 32, STORE_W = 4, WEIGHT_DEPTH = 1024, COL_DEPTH = 512, ACC_DEPTH = 256,
              FEAT_DEPTH = 1024, PARAM_DEPTH = 512, FIFO_DEPTH = 32, BURST = 32, MAP_RING = 0;
    localparam WORDS = 131072;             // [64-bit words] of memory
    localparam BYTES = DATA_W / 8;
    localparam LIMIT = 2000000;            // [cycles] far above any honest run

    reg clk = 0, rst = 1;
    always #5 clk = !clk;

    reg                 awvalid = 0, wvalid = 0, bready = 0, arvalid = 0, rready = 0;
    reg  [11:0]         awaddr, araddr;
    reg  [31:0]         wdata;
    wire                awready, wready, bvalid, arready, rvalid, irq;
    wire [1:0]          bresp, rresp;
    wire [31:0]         rdata;
    wire                m_awvalid, m_wvalid, m_wlast, m_bready, m_arvalid, m_rready;
    reg                 m_awready = 0, m_wready = 0, m_bvalid = 0, m_arready = 0, m_rvalid = 0, m_rlast = 0;
    wire [ADDR_W-1:0]   m_awaddr, m_araddr;
    wire [7:0]          m_awlen, m_arlen;
    wire [2:0]          m_awsize, m_arsize;
    wire [1:0]          m_awburst, m_arburst;
    wire [DATA_W-1:0]   m_wdata;
    wire [BYTES-1:0]    m_wstrb;
    reg  [DATA_W-1:0]   m_rdata;

    lac_top #(
        .LANES(LANES), .DATA_W(DATA_W), .ADDR_W(ADDR_W), .STORE_W(STORE_W), .WEIGHT_DEPTH(WEIGHT_DEPTH), .COL_DEPTH(COL_DEPTH),
        .ACC_DEPTH(ACC_DEPTH), .FEAT_DEPTH(FEAT_DEPTH), .PARAM_DEPTH(PARAM_DEPTH), .FIFO_DEPTH(FIFO_DEPTH), .BURST(BURST), .MAP_RING(MAP_RING)
    ) dut (
        .clk(clk), .rst(rst), .irq(irq),
        .s_axil_awvalid(awvalid), .s_axil_awready(awready), .s_axil_awaddr(awaddr), .s_axil_wvalid(wvalid), .s_axil_wready(wready),
        .s_axil_wdata(wdata), .s_axil_wstrb(4'hF), .s_axil_bvalid(bvalid), .s_axil_bready(bready), .s_axil_bresp(bresp),
        .s_axil_arvalid(arvalid), .s_axil_arready(arready), .s_axil_araddr(araddr), .s_axil_rvalid(rvalid), .s_axil_rready(rready),
        .s_axil_rdata(rdata), .s_axil_rresp(rresp),
        .m_axi_awvalid(m_awvalid), .m_axi_awready(m_awready), .m_axi_awaddr(m_awaddr), .m_axi_awlen(m_awlen), .m_axi_awsize(m_awsize),
        .m_axi_awburst(m_awburst), .m_axi_wvalid(m_wvalid), .m_axi_wready(m_wready), .m_axi_wdata(m_wdata), .m_axi_wstrb(m_wstrb),
        .m_axi_wlast(m_wlast), .m_axi_bvalid(m_bvalid), .m_axi_bready(m_bready), .m_axi_bresp(2'b00),
        .m_axi_arvalid(m_arvalid), .m_axi_arready(m_arready), .m_axi_araddr(m_araddr), .m_axi_arlen(m_arlen), .m_axi_arsize(m_arsize),
        .m_axi_arburst(m_arburst), .m_axi_rvalid(m_rvalid), .m_axi_rready(m_rready), .m_axi_rdata(m_rdata), .m_axi_rresp(2'b00),
        .m_axi_rlast(m_rlast)
    );

    reg [63:0] mem  [0:WORDS-1];
    reg [63:0] want [0:WORDS-1];
    reg [63:0] base;
    integer    seed, rng, cycles = 0, i;
    reg        over = 0;

    task fail(input [8*32-1:0] what, input [63:0] where, input [63:0] got, input [63:0] expected);
        if (!over) begin
            over = 1;
            $display("FAIL %0s at %h: got %h, expected %h, seed %0d, cycle %0d", what, where, got, expected, seed, cycles);
            $finish;
        end
    endtask

    // ---- Memory: reads. Up to sixteen bursts wait; beats leave in order --------------------------------------------------
    reg [63:0] ar_at [0:15];
    reg [8:0]  ar_left [0:15];
    integer    ar_in = 0, ar_out = 0;
    reg [63:0] at;
    always @(posedge clk) if (!rst) begin
        cycles <= cycles + 1;
        if (cycles > LIMIT) fail("no end", 0, 0, 0);
        if ((m_arvalid ^ m_arvalid) !== 1'b0 || (m_awvalid ^ m_awvalid) !== 1'b0 || (m_wvalid ^ m_wvalid) !== 1'b0
            || (m_rready ^ m_rready) !== 1'b0 || (m_bready ^ m_bready) !== 1'b0 || (irq ^ irq) !== 1'b0)
            fail("X on a handshake", 0, 0, 0);
        if (m_arvalid && m_arready) begin
            if ((^m_araddr) === 1'bx || (^m_arlen) === 1'bx) fail("X in a read address", m_araddr, 0, 0);
            ar_at[ar_in % 16]   = m_araddr - base;
            ar_left[ar_in % 16] = m_arlen + 1;
            ar_in = ar_in + 1;
        end
        m_arready <= ($random(rng) & 1) && ar_in - ar_out < 8;
        if (!m_rvalid || m_rready) begin
            m_rvalid <= 0;
            if (ar_in != ar_out && ($random(rng) & 3) != 0) begin
                at = ar_at[ar_out % 16];
                m_rvalid <= 1;
                for (i = 0; i < BYTES; i = i + 1) m_rdata[8*i +: 8] <= mem[(at + i) / 8] >> (8 * ((at + i) % 8));
                m_rlast  <= ar_left[ar_out % 16] == 1;
                ar_at[ar_out % 16]   = at + BYTES;
                ar_left[ar_out % 16] = ar_left[ar_out % 16] - 1;
                if (ar_left[ar_out % 16] == 0) ar_out = ar_out + 1;
            end
        end
    end

    // ---- Memory: writes ------------------------------------------------------------------------------------------------------
    reg [63:0] aw_at [0:15];
    integer    aw_in = 0, aw_out = 0, b_owed = 0;
    reg [63:0] wat;
    always @(posedge clk) if (!rst) begin
        if (m_awvalid && m_awready) begin
            if ((^m_awaddr) === 1'bx || (^m_awlen) === 1'bx) fail("X in a write address", m_awaddr, 0, 0);
            aw_at[aw_in % 16] = m_awaddr - base;
            aw_in = aw_in + 1;
        end
        m_awready <= ($random(rng) & 1) && aw_in - aw_out < 8;
        if (m_wvalid && m_wready) begin
            wat = aw_at[aw_out % 16];
            if ((^m_wstrb) === 1'bx) fail("X in a strobe", wat, 0, 0);
            for (i = 0; i < BYTES; i = i + 1)
                if (m_wstrb[i]) mem[(wat + i) / 8][8 * ((wat + i) % 8) +: 8] = m_wdata[8*i +: 8];
            aw_at[aw_out % 16] = wat + BYTES;
            if (m_wlast) begin
                aw_out = aw_out + 1;
                b_owed = b_owed + 1;
            end
        end
        m_wready <= ($random(rng) & 1) && aw_in != aw_out;
        if (!m_bvalid || m_bready) begin
            m_bvalid <= b_owed != 0;
            if (b_owed != 0) b_owed = b_owed - 1;
        end
    end

    // ---- The host ---------------------------------------------------------------------------------------------------------------
    task write_reg(input [11:0] a, input [31:0] v);
        begin
            @(posedge clk) begin awvalid <= 1; wvalid <= 1; awaddr <= a; wdata <= v; bready <= 1; end
            @(posedge clk);
            while (awvalid || wvalid) begin
                if (awready) awvalid <= 0;
                if (wready)  wvalid <= 0;
                @(posedge clk);
            end
            while (!bvalid) @(posedge clk);
            bready <= 0;
        end
    endtask
    task read_reg(input [11:0] a, output [31:0] v);
        begin
            @(posedge clk) begin arvalid <= 1; araddr <= a; rready <= 1; end
            @(posedge clk);
            while (!arready) @(posedge clk);
            arvalid <= 0;
            while (!rvalid) @(posedge clk);
            v = rdata;
            @(posedge clk) rready <= 0;
        end
    endtask

    integer         file, n;
    reg [8*200-1:0] name;
    reg [7:0]       kind;
    reg [63:0]      a, v;
    reg [31:0]      value;
    reg             running;
    initial begin
        if (!$value$plusargs("seed=%d", seed)) seed = 1;
        rng = seed;
        if (!$value$plusargs("job=%s", name)) $display("FAIL no +job=");
        if ($test$plusargs("vcd")) begin
            $dumpfile("tb_core.vcd");
            $dumpvars(0, tb_core);
        end
        for (n = 0; n < WORDS; n = n + 1) begin mem[n] = 0; want[n] = 0; end
        file = $fopen(name, "r");
        running = 0;
        repeat (5) @(posedge clk);
        rst <= 0;
        while ($fscanf(file, "%s %h %h\n", kind, a, v) == 3)
            case (kind)
                "B": base = a;
                "M": mem[a / 8] = v;
                "R": write_reg(a[11:0], v[31:0]);
                "W": want[a / 8] = v;
                default: begin  // C: the job is over when STATUS says so
                    if (!running) begin
                        running = 1;
                        value = 1;
                        while (value[0] !== 1'b0) read_reg(12'h064, value);
                        for (n = 0; n < WORDS; n = n + 1)
                            if (mem[n] !== want[n]) fail("memory", 8 * n, mem[n], want[n]);
                    end
                    read_reg(a[11:0], value);
                    if (value !== v[31:0]) fail("register", a, value, v);
                end
            endcase
        if (!over) $display("PASS %0d cycles, %0d read bursts, %0d write bursts, seed %0d", cycles, ar_in, aw_in, seed);
        $finish;
    end
endmodule
