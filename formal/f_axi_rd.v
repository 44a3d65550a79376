// SPDX-License-Identifier: Apache-2.0
//
// f_axi_rd - lac_axi_rd between arbitrary clients and an arbitrary slave (bounded proof)
//
//   Assumed    clients and slave keep VALID and payload; at most four requests of one to four lines per client; the
//              slave answers only what it accepted, in order, at any time or never, RLAST right or wrong (LINES: at f_wrong). Its data
//              are the address of the beat; the beat at f_bad answers SLVERR or DECERR
//   Proved     AR is stable (through flush and "dead") and legal; nothing is read that was not asked for; each client
//              receives its lines in order, with their address, data and fault; idle and stuck mean what they say; no client
//              but 0 has two requests taken while another one waits
`default_nettype none
module f_axi_rd #(
    parameter integer DATA_W = 64,
    parameter integer BURST  = 2,
    parameter integer CLIENTS = 2, // 2 or 3
    parameter integer LINES  = 0   // 1: prove C, what the clients see, without flush and watchdog; 0: prove B, the bus
) (
    input wire              clk,
    input wire              rst,
    input wire              flush,
    input wire [CLIENTS-1:0]    req_valid,
    input wire [CLIENTS*13-1:0] req_addr,
    input wire [CLIENTS*24-1:0] req_lines,
    input wire [CLIENTS-1:0]    line_ready,
    input wire              arready,
    input wire              rvalid,
    input wire              rlast
);
    localparam integer ADDR_W = 13, OUT = 2;
    localparam integer LB = 8, BYTES = DATA_W / 8, BPL = LB / BYTES;  // DATA_W is 32 or 64 here
    localparam integer SIZE = (DATA_W == 32) ? 2 : 3;  // log2 of BYTES; shifts, because z3 finds * and % hard

    (* anyconst *) reg [2:0]  f_watchdog;  // 0: off
    (* anyconst *) reg [12:0] f_bad;
    (* anyconst *) reg        f_decerr;
    (* anyconst *) reg [12:0] f_wrong;     // LINES: the beat whose RLAST is wrong

    wire        idle, stuck, beat, arvalid, rready;
    wire [CLIENTS-1:0] req_ready, line_valid;
    wire [1:0]  arburst;
    wire [8*LB-1:0] line_data;
    wire [12:0] line_addr, line_fault_addr, araddr;
    wire [2:0]  line_fault, arsize;
    wire [7:0]  arlen;
    wire [12:0] beat_addr;  // of the beat on offer
    wire [1:0]  rresp = (beat_addr == f_bad) ? {1'b1, f_decerr} : 2'b00;

    lac_axi_rd #(.ADDR_W(ADDR_W), .DATA_W(DATA_W), .BURST(BURST), .OUTSTANDING(OUT), .CLIENTS(CLIENTS)) dut (
        .clk(clk), .rst(rst), .flush(flush), .idle(idle), .stuck(stuck), .watchdog({29'd0, f_watchdog}),
        .req_valid(req_valid), .req_ready(req_ready), .req_addr(req_addr), .req_lines(req_lines),
        .line_valid(line_valid), .line_ready(line_ready), .line_data(line_data), .line_addr(line_addr),
        .line_fault(line_fault), .line_fault_addr(line_fault_addr), .cause(), .beat(beat),
        .m_axi_arvalid(arvalid), .m_axi_arready(arready), .m_axi_araddr(araddr), .m_axi_arlen(arlen),
        .m_axi_arsize(arsize), .m_axi_arburst(arburst), .m_axi_rvalid(rvalid), .m_axi_rready(rready),
        .m_axi_rdata({{(DATA_W - 13){1'b0}}, beat_addr}), .m_axi_rresp(rresp), .m_axi_rlast(rlast)
    );

    reg f_past = 1'b0, f_flushed = 1'b0;
    always @(posedge clk) begin
        f_past <= 1'b1;
        if (flush) f_flushed <= 1'b1;
    end
    always @(*) assume (rst == !f_past);
    always @(*) if (LINES) assume (!flush && f_watchdog == 0);
    // Requests lie around a multiple of 4096; lac_axi_cut is proved for every address
    // ---- clients
    genvar c;
    reg [12:0] q_addr [0:4*CLIENTS-1];   // accepted requests; client c from 4 * c on
    reg [2:0]  q_lines [0:4*CLIENTS-1];
    reg [2:0]  q_wr [0:CLIENTS-1];       // requests accepted
    reg [2:0]  q_rd [0:CLIENTS-1];       // requests whose lines have all come
    reg [2:0]  q_pos [0:CLIENTS-1];      // lines of the oldest request that came
    reg [CLIENTS-1:0] last, waited;      // of the clients but 0: who had the last request taken; who has waited since
    reg        late;           // a timeout was delivered
    reg [7:0]  asked;          // [beats] requested
    wire [CLIENTS-1:0] req_hs  = req_valid & req_ready;
    wire [CLIENTS-1:0] line_hs = line_valid & line_ready;
    wire [CLIENTS-1:0] spare = {{(CLIENTS-1){1'b1}}, 1'b0};
    always @(posedge clk)
        if (rst) {last, waited} <= 0;
        else if ((req_hs & spare) != 0) {last, waited} <= {req_hs & spare, req_valid & ~req_hs & spare};
    generate
        for (c = 0; c < CLIENTS; c = c + 1) begin : g_client
            always @(*) assume (req_addr[13*c+6 +: 7] == 7'h3F || req_addr[13*c+6 +: 7] == 7'h40);
            wire [12:0] addr = req_addr[13*c +: 13];
            wire [23:0] lines = req_lines[24*c +: 24];
            localparam [1:0] C = c;
            wire [3:0]  at = {C, q_rd[c][1:0]};
            wire [3:0]  to = {C, q_wr[c][1:0]};
            wire [12:0] want = q_addr[at] + {7'd0, q_pos[c], 3'd0};
            always @(*) if (req_valid[c]) begin
                assume (lines != 0 && lines <= 4 && addr[2:0] == 0);
                assume ({1'b0, addr} + {lines[2:0], 3'd0} <= 14'h2000);
                assume (q_wr[c] < 4);
            end
            always @(posedge clk) if (f_past && !rst && $past(req_valid[c] && !req_ready[c] && !flush && !rst))
                assume (req_valid[c] && $stable(addr) && $stable(lines));
            always @(posedge clk)
                if (rst) begin
                    q_wr[c] <= 0; q_rd[c] <= 0; q_pos[c] <= 0;
                end else if (flush) begin
                    q_rd[c] <= q_wr[c]; q_pos[c] <= 0;
                end else begin
                    if (req_hs[c]) begin
                        q_addr[to]  <= addr;
                        q_lines[to] <= lines[2:0];
                        q_wr[c] <= q_wr[c] + 1;
                    end
                    if (line_hs[c]) begin
                        if (q_pos[c] + 1 == q_lines[at]) begin q_pos[c] <= 0; q_rd[c] <= q_rd[c] + 1; end
                        else q_pos[c] <= q_pos[c] + 1;
                    end
                end
            // C1 lines in order, none too many   C2 good ones carry the data of their address
            always @(*) if (LINES && f_past && !rst && line_valid[c]) begin
                assert (q_rd[c] != q_wr[c]);
                assert (line_addr == want);
                if (line_fault == 0) begin
                    assert (line_data[12:0] == want);
                    if (BPL == 2) assert (line_data[44:32] == want + 13'd4);
                    assert (f_wrong < want || f_wrong >= want + LB || f_wrong[SIZE-1:0] != 0);
                    assert (f_bad < want || f_bad >= want + LB || f_bad[SIZE-1:0] != 0);
                end
                // C3 faults: the code the beat had, at its address
                if (line_fault == 1 || line_fault == 2) begin
                    assert (line_fault == (f_decerr ? 3'd2 : 3'd1));
                    assert (line_fault_addr == f_bad);
                end
                if (line_fault == 4) assert (line_fault_addr == f_wrong && f_wrong != f_bad);
                if (line_fault != 0) assert (line_fault_addr - want < LB && line_fault_addr[SIZE-1:0] == 0);
                // C4 timeouts only with a watchdog; behind one only timeouts
                assert (line_fault <= 4 && (line_fault != 3 || f_watchdog != 0));
                if (late) assert (line_fault == 3);
            end
            always @(posedge clk) if (LINES && f_past && !rst && !flush && $past(line_valid[c] && !line_ready[c] && !flush && !rst))
                assert (line_valid[c] && $stable(line_addr) && $stable(line_fault) && (line_fault == 3 || $stable(line_data)));
        end
    endgenerate
    always @(posedge clk)
        if (rst || flush) late <= 1'b0;
        else if (line_hs != 0 && line_fault == 3) late <= 1'b1;
    always @(*) if (f_past && !rst) begin
        assert ((line_valid & (line_valid - 1'b1)) == 0);
        assert ((req_hs & (req_hs - 1'b1)) == 0);
        assert ((req_hs & last) == 0 || (waited & req_valid & ~last) == 0);
    end
    always @(posedge clk) if (f_past && !rst && flush && $past(flush)) assert (line_valid == 0);

    reg [3:0] hs_lines;        // of the request that is taken
    reg       all_came;
    integer   i;
    always @* begin
        hs_lines = 4'd0;
        all_came = 1'b1;
        for (i = 0; i < CLIENTS; i = i + 1) begin
            if (req_hs[i]) hs_lines = req_lines[24*i +: 4];
            if (q_rd[i] != q_wr[i]) all_came = 1'b0;
        end
    end

    // ---- slave
    reg [12:0] s_addr [0:3];
    reg [7:0]  s_len  [0:3];
    reg [2:0]  s_wr, s_rd;     // bursts accepted, bursts answered; they wrap
    reg [7:0]  s_pos;
    reg [7:0]  owed, read;     // [beats] accepted and not handed over; accepted in all
    wire       ar_hs = arvalid && arready, r_hs = rvalid && rready;
    reg        early;          // an RLAST came early: when dead it is believed, so less is owed than the slave thinks
    wire       s_end = s_pos == s_len[s_rd[1:0]];
    assign     beat_addr = s_addr[s_rd[1:0]] + ({5'd0, s_pos} << SIZE);
    always @(posedge clk)
        if (rst) begin
            s_wr <= 0; s_rd <= 0; s_pos <= 0; owed <= 0; read <= 0; asked <= 0; early <= 1'b0;
        end else begin
            if (ar_hs) begin
                s_addr[s_wr[1:0]] <= araddr; s_len[s_wr[1:0]] <= arlen; s_wr <= s_wr + 1;
                read <= read + arlen + 8'd1;
            end
            if (r_hs) begin
                if (rlast && !s_end) early <= 1'b1;
                s_pos <= s_end ? 8'd0 : s_pos + 8'd1;
                if (s_end) s_rd <= s_rd + 1;
            end
            owed  <= owed + (ar_hs ? arlen + 8'd1 : 8'd0) - r_hs;
            if (req_hs != 0) asked <= asked + ({4'd0, hs_lines} << (BPL - 1));
        end
    always @(*) if (rvalid) assume (owed != 0 && (!LINES || rlast == (s_end ^ (beat_addr == f_wrong))));
    always @(posedge clk) if (f_past && !rst && $past(rvalid && !rready && !rst)) assume (rvalid && $stable(rlast));

    // ---- the bus
    wire [12:0] bytes = ({5'd0, arlen} + 13'd1) << SIZE;
    always @(posedge clk) if (!LINES && f_past && !rst) begin
        // B1 AR holds still, whatever happens   B2 and is legal
        if ($past(arvalid && !arready && !rst)) assert (arvalid && $stable(araddr) && $stable(arlen));
        if (arvalid) assert (arlen < BURST && araddr[SIZE-1:0] == 0 && {1'b0, araddr[11:0]} + bytes <= 13'd4096);
        assert (arburst == 2'b01 && (1 << arsize) == BYTES);
        // B3 never more in flight than agreed, never more than was asked for
        assert (owed + (arvalid ? arlen + 8'd1 : 8'd0) <= OUT * BURST);
        assert (read + (arvalid ? arlen + 8'd1 : 8'd0) <= asked);
        // B4 idle, stuck, beat
        if (idle) assert ((owed == 0 || (early && f_watchdog != 0)) && !arvalid && line_valid == 0 && (f_flushed || late || read == asked));
        if (idle && !f_flushed) assert (all_came);
        if (stuck) assert (f_watchdog != 0 && (owed != 0 || arvalid));
        assert (beat == r_hs);
        // B5 in flush and when dead the bus is never held up
        if ($past(flush) || stuck) assert (rready || owed == 0);
    end

    // ---- the proof is about something
    always @(posedge clk) if (f_past && !rst) begin
        cover (line_hs[1] && line_fault == 0 && q_pos[1] == 2);
        cover (line_hs[0] && line_fault == 3 && stuck);
        cover (idle && f_flushed && $past(stuck));
        cover (CLIENTS == 2 || (line_hs[CLIENTS-1] && line_fault == 0 && waited != 0));
    end
endmodule
`default_nettype wire
