// SPDX-License-Identifier: Apache-2.0
//
// tb_system - lac_system with a small core and block RAM, over its serial line, four-state
//
//   Host       frames of docs/boards.md, section 2, bit by bit, DIVISOR cycles a bit; its clock is slow by one cycle in 64
//   Checks     every board register; the core's ID through the decoder; memory words in both halves of a beat; an error and its address for
//              all that is nothing; the core held in reset and let go; the button: reset, and seen while held; leds
//   Plusargs   +seed=N chooses data and addresses
//   Verdict    the last line starts with PASS or FAIL
`timescale 1ns/1ns
module tb_system;
    parameter DIVISOR = 4;
    parameter SHORT = 0;  // a few frames only
    parameter [31:0] MEM_BYTES = 32'd8192;
    localparam BIT = DIVISOR * 10 + DIVISOR * 10 / 64;  // [ns] at 100 MHz
    reg clk = 0, locked = 0, button = 0, rx = 1;
    always #5 clk = !clk;
    wire tx; wire [7:0] leds;
    wire [20:0] pins_unused; wire [15:0] dq_unused;
    lac_system #(.LANES(4), .DATA_W(64), .ADDR_W(24), .STORE_W(2), .WEIGHT_DEPTH(16), .COL_DEPTH(16), .ACC_DEPTH(8), .FEAT_DEPTH(64), .PARAM_DEPTH(8), .FIFO_DEPTH(2),
        .BURST(4), .FLIGHT(2), .SDRAM_W(0), .MEM_BYTES(MEM_BYTES), .CLOCK_HZ(32'd100000000), .DIVISOR(DIVISOR), .TIMEOUT(20000), .DEBOUNCE(50),
        .NAME({"bench", 88'd0})) dut (
        .clk(clk), .locked(locked), .button(button), .serial_rx(rx), .serial_tx(tx), .leds(leds),
        .sdram_cke(), .sdram_cs_n(), .sdram_ras_n(), .sdram_cas_n(), .sdram_we_n(), .sdram_ba(), .sdram_a(), .sdram_dqm(), .sdram_dq_o(), .sdram_dq_oe(),
        .sdram_dq_i(16'hxxxx));

    integer seed, rng, checks;
    reg done = 0;
    task fail(input [8*40-1:0] what, input [63:0] is, input [63:0] want);
        if (!done) begin
            done = 1; $display("FAIL seed=%0d time=%0d %0s got=%h want=%h", seed, $time, what, is, want); $finish;
        end
    endtask
    task check(input [8*40-1:0] what, input [63:0] is, input [63:0] want);
        begin
            checks = checks + 1;
            if (is !== want) fail(what, is, want);
        end
    endtask

    // ---- The line
    reg [31:0] crc;
    task crc_byte(input [7:0] b);  // CRC-32 of zlib, a bit at a time
        integer i;
        begin
            crc = crc ^ {24'd0, b};
            for (i = 0; i < 8; i = i + 1) crc = crc[0] ? (crc >> 1) ^ 32'hEDB88320 : crc >> 1;
        end
    endtask
    task send(input [7:0] b);
        integer i;
        begin
            rx = 0; #(BIT);
            for (i = 0; i < 8; i = i + 1) begin rx = b[i]; #(BIT); end
            rx = 1; #(BIT);
            crc_byte(b);
        end
    endtask
    reg [7:0] got [0:255];
    integer   gets = 0, gi;
    reg [9:0] shift;
    initial forever begin
        @(negedge tx);
        #(DIVISOR * 5);
        for (gi = 0; gi < 10; gi = gi + 1) begin shift[gi] = tx; if (gi < 9) #(DIVISOR * 10); end
        if (shift[0] !== 0 || shift[9] !== 1) fail("start and stop bit", shift, 10'h200);
        got[gets % 256] = shift[8:1];
        gets = gets + 1;
    end

    // ---- Frames: one word of data at the most
    reg [7:0]  seq, a_status, a_seq;
    reg [31:0] a_addr, a_data;
    integer    at, want_bytes, k;
    task frame(input [3:0] op, input [31:0] addr, input [31:0] data);
        begin
            seq = (op == 1) ? 8'h5A : seq + 8'd1;
            at = gets;
            send(8'hF5);
            crc = 32'hFFFFFFFF;
            send({4'd0, op}); send(seq); send(8'd0);
            send(addr[7:0]); send(addr[15:8]); send(addr[23:16]); send(addr[31:24]);
            a_data = ~crc;
            send(a_data[7:0]); send(a_data[15:8]); send(a_data[23:16]); send(a_data[31:24]);
            if (op == 2) begin
                crc = 32'hFFFFFFFF;
                send(data[7:0]); send(data[15:8]); send(data[23:16]); send(data[31:24]);
                a_data = ~crc;
                send(a_data[7:0]); send(a_data[15:8]); send(a_data[23:16]); send(a_data[31:24]);
            end
            want_bytes = 12;
            k = 0;
            while (gets - at < want_bytes && k < 4000) begin
                #(DIVISOR * 10);
                k = k + 1;
                if (gets - at == 2 && op == 3 && got[(at + 1) % 256][7:4] == 4'd8) want_bytes = 20;
            end
            if (gets - at != want_bytes) fail("bytes of an answer", gets - at, want_bytes);
            check("first byte of an answer", got[at % 256], 8'hF5);
            crc = 32'hFFFFFFFF;
            for (k = 1; k < 8; k = k + 1) crc_byte(got[(at + k) % 256]);
            check("CRC of an answer", {got[(at+11)%256], got[(at+10)%256], got[(at+9)%256], got[(at+8)%256]}, {32'd0, ~crc});
            a_status = {4'd0, got[(at + 1) % 256][7:4]} - 8'd8;
            a_seq    = got[(at + 2) % 256];
            a_addr   = {got[(at+7)%256], got[(at+6)%256], got[(at+5)%256], got[(at+4)%256]};
            a_data   = {got[(at+15)%256], got[(at+14)%256], got[(at+13)%256], got[(at+12)%256]};
            check("sequence of an answer", a_seq, seq);
            check("op of an answer", got[(at + 1) % 256][3:0], op);
        end
    endtask
    task rd(input [31:0] addr, input [31:0] want);
        begin
            frame(4'd3, addr, 0);
            check("status of a read", a_status, 0);
            check("a word read", {addr, a_data}, {addr, want});
        end
    endtask
    task wr(input [31:0] addr, input [31:0] data);
        begin
            frame(4'd2, addr, data);
            check("status of a write", a_status, 0);
        end
    endtask
    task nothing(input [31:0] addr);
        begin
            frame(4'd3, addr, 0);
            check("status of a read of nothing", {addr, a_status}, {addr, 8'd1});
            check("the bad address", a_addr, addr);
            frame(4'd2, addr, 32'h12345678);
            check("status of a write of nothing", {addr, a_status}, {addr, 8'd1});
        end
    endtask

    integer   i;
    reg [31:0] w0, w1, w2, where;
    initial begin
        if (!$value$plusargs("seed=%d", seed)) seed = 1;
        rng = seed; checks = 0;
        w0 = $random(rng); w1 = $random(rng); w2 = $random(rng); where = ($random(rng) & (MEM_BYTES - 1)) & ~32'd15;
        #1000 locked = 1;
        #2000;
        frame(4'd1, 0, 0);
        check("status of HELLO", a_status, 0);
        check("version", a_addr, 32'h0001_0000);
        rd(32'hF001_0000, 32'h4C414342); rd(32'hF001_0004, 32'h0001_0000); rd(32'hF001_0008, 0); rd(32'hF001_000C, MEM_BYTES);
        if (!SHORT) begin
        rd(32'hF001_0010, 32'd100000000); rd(32'hF001_0014, DIVISOR);
        rd(32'hF001_0018, "cneb"); rd(32'hF001_001C, "h"); rd(32'hF001_0020, 0); rd(32'hF001_0024, 0);
        rd(32'hF001_0028, 0); rd(32'hF001_002C, 2); rd(32'hF001_0030, 0); rd(32'hF001_0034, 0); rd(32'hF001_0038, 0);
        wr(32'hF001_0034, w0); wr(32'hF001_0030, ~0); wr(32'hF001_0000, 0);
        rd(32'hF001_0034, w0); rd(32'hF001_0030, 0); rd(32'hF001_0000, 32'h4C414342);
        // memory: four words around one address, then one of them again
        wr(where, w0); wr(where + 4, w1); wr(where + 8, w2); wr(where + 12, ~w0);
        wr(where + 4, ~w1);
        rd(where, w0); rd(where + 4, ~w1); rd(where + 8, w2); rd(where + 12, ~w0);
        wr(MEM_BYTES - 4, w2); rd(MEM_BYTES - 4, w2);
        // what is nothing, at its borders
        nothing(MEM_BYTES); nothing(32'h8000_0000); nothing(32'hEFFF_FFFC); nothing(32'hF000_1000); nothing(32'hF000_FFFC); nothing(32'hF001_0100); nothing(32'hFFFF_FFFC);
        rd(where, w0);
        // the core: its ID, held, let go; a register of its own forgets
        rd(32'hF000_0000, 32'h4C414301); wr(32'hF000_00A8, w1); rd(32'hF000_00A8, w1);
        wr(32'hF001_0028, 32'hFFFF_A501);
        rd(32'hF001_0028, 32'h0000_A501); rd(32'hF001_002C, 10);
        check("leds", leds[7:4], 4'hA);
        nothing(32'hF000_0000);
        rd(where, w0);  // memory is there all the same
        wr(32'hF001_0028, 0);
        rd(32'hF001_002C, 2); rd(32'hF000_0000, 32'h4C414301); rd(32'hF000_00A8, 0);
        // the button: bounces, then stays; everything but memory is reset once
        for (i = 0; i < 10; i = i + 1) begin button = !button; #200; end
        rd(32'hF001_0034, w0);
        button = 1; #3000;
        frame(4'd1, 0, 0);
        check("status of HELLO after the button", a_status, 0);
        rd(32'hF001_002C, 6); rd(32'hF001_0034, 0); rd(where, w0);
        button = 0; #3000;
        rd(32'hF001_002C, 2);
        end
        if (!done) $display("PASS checks=%0d divisor=%0d seed=%0d", checks, DIVISOR, seed);
        done = 1;
        $finish;
    end
    initial begin #60000000 fail("hang", 0, 0); end
endmodule
