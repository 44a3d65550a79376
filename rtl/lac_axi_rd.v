// SPDX-License-Identifier: Apache-2.0
//
// lac_axi_rd - AXI4 read master: requests for whole lines in, lines out, in the order of the requests
//
//   req 0 --+-->[reg]--> cut --> AR                                    +--> line 0
//   req 1 --+                     |                    R --+-->[skid]--+--> line 1
//   ...   --+                     +--> queue of bursts ----+           +--> ...
//                                      address, length, client
//
//   Requests   client 0 goes first whenever the next request is taken, then the others in turn: of two that always ask each
//              gets every second request. A request's bursts follow those of the
//              request before it without waiting for data, up to OUTSTANDING bursts in flight
//   Lines      come in the order of the requests, whosever they are: a client that does not take its lines holds up all others
//   Timing     one beat a cycle; a line is on offer in the cycle after its last beat's handshake. A request and a burst every second
//              cycle at the most. No path crosses from a client's ready to the bus or back, nor from ARREADY to anything but AR
//   Handshake  valid && ready everywhere; VALIDs never wait for READYs and are never withdrawn (but `flush`
//              takes lines back from the clients, from its second cycle on)
//   Faults     of a line: its first faulty beat. RLAST at the wrong beat is a fault of that beat and nothing
//              else: bursts are counted by beats (if the slave really ended one early, the next burst's data come
//              in its place until the watchdog fires). EXOKAY counts as OKAY, data nobody asked for is dropped
//   Watchdog   `watchdog` cycles in which the bus owes something, does nothing, and is not held up by us:
//              "dead". ARVALID stays until accepted, no other burst is started, late beats are swallowed, and
//              lines owed or asked for later are delivered at once as timeouts. A slave that ended bursts early
//              owes nothing any more once it has given every burst's RLAST
//   Flush      drops requests and lines, requests offered meanwhile too, starts no burst, swallows what the bus owes; holds on inside
//              until that has come, and takes no request then. Only flush with nothing owed (or rst) ends "dead"
//   Reset      rst forgets everything, the bus included
`default_nettype none

module lac_axi_rd #(
    parameter integer ADDR_W      = 32,  // [bits]   13 .. 64
    parameter integer DATA_W      = 64,  // [bits]   32, 64, 128, 256, 512
    parameter integer BURST       = 32,  // [beats]  longest burst, 1 .. 256
    parameter integer OUTSTANDING = 8,   // [bursts] in flight, 2 .. 64
    parameter integer CLIENTS     = 2    // 2 .. 8
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                flush,
    output wire                idle,      // nothing queued, owed or offered
    output wire                stuck,     // dead, and the bus still owes answers
    input  wire [31:0]         watchdog,  // [cycles] 0: off

    input  wire [CLIENTS-1:0]        req_valid,
    output wire [CLIENTS-1:0]        req_ready,
    input  wire [CLIENTS*ADDR_W-1:0] req_addr,   // first byte, a multiple of a line; client 0 in the low bits
    input  wire [CLIENTS*24-1:0]     req_lines,  // [lines] >= 1

    output wire [CLIENTS-1:0]  line_valid,
    input  wire [CLIENTS-1:0]  line_ready,
    output wire [((DATA_W > 64) ? DATA_W : 64)-1:0] line_data,
    output wire [ADDR_W-1:0]   line_addr,  // first byte of the line
    output wire [2:0]          line_fault,  // 0 ok, 1 SLVERR, 2 DECERR, 3 timeout, 4 protocol
    output wire [ADDR_W-1:0]   line_fault_addr,  // the first faulty beat
    output wire                beat,       // an R handshake in this cycle
    output wire [2:0]          cause,      // of this cycle

    output wire                m_axi_arvalid,
    input  wire                m_axi_arready,
    output wire [ADDR_W-1:0]   m_axi_araddr,
    output wire [7:0]          m_axi_arlen,
    output wire [2:0]          m_axi_arsize,
    output wire [1:0]          m_axi_arburst,
    input  wire                m_axi_rvalid,
    output wire                m_axi_rready,
    input  wire [DATA_W-1:0]   m_axi_rdata,
    input  wire [1:0]          m_axi_rresp,
    input  wire                m_axi_rlast
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
    localparam integer BYTES    = DATA_W / 8;
    localparam integer SIZE     = clog2(BYTES);
    localparam integer LINE_W   = (DATA_W > 64) ? DATA_W : 64;
    localparam integer FLIGHT_W = clog2(OUTSTANDING + 1);
    localparam integer CLIENT_W = clog2(CLIENTS);

    localparam [FLIGHT_W-1:0] FLIGHT_MAX = OUTSTANDING[FLIGHT_W-1:0];
    localparam integer        MAX1_I = OUTSTANDING - 1;
    localparam [FLIGHT_W-1:0] FLIGHT_MAX1 = MAX1_I[FLIGHT_W-1:0];
    localparam [11:0]         BEAT_STEP  = BYTES[11:0];

    localparam [2:0] OK = 3'd0, SLVERR = 3'd1, DECERR = 3'd2, TIMEOUT = 3'd3, PROTOCOL = 3'd4;

    // ---- Dead, flush, and what the bus owes
    reg                dead_q, drain_q;
    reg                cur_valid_q;  // a burst is at work: the beats that come are its
    reg                issued_q; // a burst was, in the cycle before
    reg [14:0]         owed_q;   // [beats] of bursts offered on AR before that and not yet come, less one: below zero nothing is owed
    reg [FLIGHT_W-1:0] lasts_q;  // [bursts] offered whose RLAST has not come, as of the cycle before
    reg [31:0]         timer_q;  // [cycles] until the watchdog fires

    wire kill   = flush || drain_q;
    wire owes   = !owed_q[14] || issued_q;
    wire ar_hs  = m_axi_arvalid && m_axi_arready;
    wire r_hs   = m_axi_rvalid && m_axi_rready;
    wire r_owed = r_hs && owes && (cur_valid_q || dead_q || kill);  // a burst's beats do not come before it is at work
    wire expire = owes && !ar_hs && !r_hs && m_axi_rready && timer_q == 32'd1;

    // ---- Requests to bursts
    reg               q_valid_q;   // the request that is cut next
    reg [CLIENT_W-1:0] q_client_q;
    reg [ADDR_W-1:0]  q_addr_q;
    reg [23:0]        q_lines1_q;
    wire              cut_ready, burst_valid, burst_ready;
    wire [ADDR_W-1:0] burst_addr;
    wire [7:0]        burst_len;
    wire              q_free = !q_valid_q && !drain_q;
    wire              out_valid;             // a line is on offer, to
    wire [CLIENT_W-1:0] out_client;
    wire [CLIENTS-1:0] grant;                // the client whose request is taken
    reg  [CLIENT_W-1:0] burst_client_q;      // the client whose request is being cut
    reg  [CLIENT_W-1:0] pick;
    reg  [ADDR_W-1:0] pick_addr;
    reg  [23:0]       pick_lines1;
    integer           c;
    always @* begin
        pick        = {CLIENT_W{1'b0}};
        pick_addr   = {ADDR_W{1'b0}};
        pick_lines1 = 24'd0;
        for (c = 0; c < CLIENTS; c = c + 1) begin
            pick        = pick        | ({CLIENT_W{grant[c]}} & c[CLIENT_W-1:0]);
            pick_addr   = pick_addr   | ({ADDR_W{grant[c]}} & req_addr[ADDR_W*c +: ADDR_W]);
            pick_lines1 = pick_lines1 | ({24{grant[c]}} & (req_lines[24*c +: 24] - 24'd1));  // each one's: grants come late
        end
    end
    genvar k;
    generate
        for (k = 0; k < CLIENTS; k = k + 1) begin : g_client
            localparam integer K = k;
            assign req_ready[k]  = q_free && (k == 0 || grant[k]);
            assign line_valid[k] = out_valid && out_client == K[CLIENT_W-1:0];
        end
        if (CLIENTS == 2) begin : g_pair
            assign grant = {!req_valid[0], req_valid[0]};
        end else begin : g_turn
            // the next behind the one of them that was taken last, round the circle
            reg  [CLIENTS-1:1] behind_q;     // those that come before the circle closes
            wire [CLIENTS-1:1] ask   = req_valid[CLIENTS-1:1];
            wire [CLIENTS-1:1] above = ask & behind_q;
            wire [CLIENTS-1:1] low, next;
            lac_first #(.W(CLIENTS - 1)) u_next (.in(above), .first(next));
            lac_first #(.W(CLIENTS - 1)) u_low (.in(ask), .first(low));
            assign grant = req_valid[0] ? {{(CLIENTS-1){1'b0}}, 1'b1} : {above != {(CLIENTS-1){1'b0}} ? next : low, 1'b0};
            always @(posedge clk)
                if (rst)                                                        behind_q <= {(CLIENTS-1){1'b1}};
                else if (q_free && !req_valid[0] && ask != {(CLIENTS-1){1'b0}}) behind_q <= ~(grant[CLIENTS-1:1] | (grant[CLIENTS-1:1] - 1'b1));
        end
    endgenerate

    always @(posedge clk)
        if (rst || kill)     q_valid_q <= 1'b0;
        else if (!q_valid_q) q_valid_q <= req_valid != {CLIENTS{1'b0}};
        else if (cut_ready)  q_valid_q <= 1'b0;

    always @(posedge clk) begin
        if (!q_valid_q) begin
            q_client_q <= pick;
            q_addr_q   <= pick_addr;
            q_lines1_q <= pick_lines1;
        end
        if (cut_ready) burst_client_q <= q_client_q;
    end

    // verilator lint_off PINCONNECTEMPTY
    lac_axi_cut #(.ADDR_W(ADDR_W), .DATA_W(DATA_W), .BURST(BURST)) u_cut (
        .clk(clk), .rst(rst || kill),
        .in_valid(q_valid_q), .in_ready(cut_ready), .in_addr(q_addr_q), .in_lines1(q_lines1_q),
        .out_valid(burst_valid), .out_ready(burst_ready),
        .out_addr(burst_addr), .out_len(burst_len), .out_last()
    );
    // verilator lint_on PINCONNECTEMPTY

    // ---- Bursts to the bus, and to the queue of what is to come
    reg                ar_valid_q;
    reg [ADDR_W-1:0]   ar_addr_q;
    reg [7:0]          ar_len_q;

    // [bursts] from here until their last beat has come: at work, and in the queue
    wire [FLIGHT_W-1:0] queued;
    wire room  = queued != FLIGHT_MAX && !(cur_valid_q && queued == FLIGHT_MAX1);
    wire want  = burst_valid && room && !kill;
    wire issue = want && !dead_q && !ar_valid_q;  // goes to the bus
    wire fake  = want && dead_q;                  // goes to the queue only

    assign burst_ready = issue || fake;

    always @(posedge clk) begin
        if (rst)        ar_valid_q <= 1'b0;
        else if (issue) ar_valid_q <= 1'b1;
        else if (ar_hs) ar_valid_q <= 1'b0;

        if (issue) begin
            ar_addr_q <= burst_addr;
            ar_len_q  <= burst_len;
        end
    end

    assign m_axi_arvalid = ar_valid_q;
    assign m_axi_araddr  = ar_addr_q;
    assign m_axi_arlen   = ar_len_q;
    assign m_axi_arsize  = SIZE[2:0];
    assign m_axi_arburst = 2'b01;

    // ---- The account with the bus
    wire forgiven = dead_q && lasts_q == 0 && !ar_valid_q;  // some bursts were ended early, and by now all have ended
    reg  rlast_q;  // an RLAST came in the cycle before
    wire r_last   = rlast_q && lasts_q != 0;

    always @(posedge clk)
        if (rst) begin
            owed_q   <= 15'h7FFF;
            issued_q <= 1'b0;
            lasts_q  <= 0;
            rlast_q  <= 1'b0;
            dead_q   <= 1'b0;
            drain_q  <= 1'b0;
        end else begin
            // a burst's length stands in AR's register when it is added: len + 1, or 0, less what came
            issued_q <= issue;
            if (forgiven) owed_q <= 15'h7FFF;
            else          owed_q <= owed_q + (issued_q ? {7'd0, ar_len_q} : 15'h7FFF) + {14'd0, !r_owed};

            // RLASTs that never came must not make it wrap: it saturates, never below the truth
            if (!owes)                                    lasts_q <= 0;
            else if (issued_q && !r_last && !(&lasts_q))  lasts_q <= lasts_q + 1'b1;
            else if (r_last && !issued_q)                 lasts_q <= lasts_q - 1'b1;
            rlast_q <= r_owed && m_axi_rlast;

            if (expire)             dead_q <= 1'b1;
            else if (kill && !owes) dead_q <= 1'b0;

            drain_q <= kill && owes;
        end

    always @(posedge clk)
        if (!owes || ar_hs || r_hs)                timer_q <= watchdog;
        else if (m_axi_rready && timer_q != 32'd0) timer_q <= timer_q - 32'd1;

    assign stuck = dead_q && owes;
    assign cause = r_hs ? `LAC_READ_BUSY : (m_axi_rvalid && !m_axi_rready) ? `LAC_READ_HELD
                 : (owes && !dead_q) ? `LAC_READ_WAIT : `LAC_READ_IDLE;

    // ---- Which burst they belong to
    wire              next_valid;
    wire [CLIENT_W-1:0] next_client;
    wire [ADDR_W-1:0] next_addr;
    wire [7:0]        next_len;
    reg [CLIENT_W-1:0] cur_client_q;
    reg [ADDR_W-1:0]  cur_addr_q;  // of the beat that comes next
    reg [7:0]         cur_left_q;  // [beats] behind it
    reg               cur_last_q;  // none

    wire take;        // a beat has come, or is given up
    wire burst_done;  // a burst's last one
    wire cur_free = !cur_valid_q || burst_done;

    assign burst_done = take && cur_last_q;

    // verilator lint_off PINCONNECTEMPTY
    lac_fifo #(.W(ADDR_W + 8 + CLIENT_W), .DEPTH(OUTSTANDING), .LEVEL_W(FLIGHT_W)) u_bursts (
        .clk(clk), .rst(rst || kill),
        .push(burst_ready), .in_data({burst_client_q, burst_addr, burst_len}), .in_ready(),
        .out_valid(next_valid), .out_data({next_client, next_addr, next_len}),
        .pop(cur_free && next_valid), .level(queued)
    );
    // verilator lint_on PINCONNECTEMPTY

    always @(posedge clk) begin
        if (rst || kill)   cur_valid_q <= 1'b0;
        else if (cur_free) cur_valid_q <= next_valid;

        if (cur_free) begin
            cur_client_q <= next_client;
            cur_addr_q   <= next_addr;
            cur_left_q   <= next_len;
            cur_last_q   <= next_len == 8'd0;
        end else if (take) begin
            cur_addr_q[11:0] <= cur_addr_q[11:0] + BEAT_STEP;  // a burst stays in its 4096 bytes
            cur_left_q       <= cur_left_q - 8'd1;
            cur_last_q       <= cur_left_q == 8'd1;
        end
    end

    // a dead bus's beats come at once, as timeouts
    wire [2:0] fault = dead_q                     ? TIMEOUT
                     : m_axi_rresp == 2'b10       ? SLVERR
                     : m_axi_rresp == 2'b11       ? DECERR
                     : m_axi_rlast != cur_last_q  ? PROTOCOL
                     :                              OK;

    // ---- Beats to lines, to whom they belong
    wire                line_room;  // a register
    wire                make;       // a line is complete
    wire [LINE_W-1:0]   make_data;
    wire [2:0]          make_fault;
    wire [ADDR_W-1:0]   make_addr, make_fault_addr;
    reg                 out_ready;
    integer             d;
    always @* begin
        out_ready = 1'b0;
        for (d = 0; d < CLIENTS; d = d + 1) if (out_client == d[CLIENT_W-1:0]) out_ready = line_ready[d];
    end

    assign take = cur_valid_q && line_room && (m_axi_rvalid || dead_q);

    lac_skid #(.W(LINE_W + 2 * ADDR_W + 3 + CLIENT_W)) u_line (
        .clk(clk), .rst(rst || kill),
        .in_valid(make), .in_ready(line_room), .in_data({cur_client_q, make_fault, make_fault_addr, make_addr, make_data}),
        .out_valid(out_valid), .out_ready(out_ready),
        .out_data({out_client, line_fault, line_fault_addr, line_addr, line_data})
    );
    assign m_axi_rready = line_room || dead_q;  // dead, the bus is not held up; nor in flush, which empties the skid stage
    assign beat         = r_hs;

    generate
        if (DATA_W >= 64) begin : g_whole
            assign make            = take;
            assign make_data       = m_axi_rdata;
            assign make_addr       = cur_addr_q;
            assign make_fault      = fault;
            assign make_fault_addr = cur_addr_q;
        end else begin : g_half  // two beats a line
            reg              half_q;  // the low half waits in low_*
            reg [DATA_W-1:0] low_q;
            reg [ADDR_W-1:0] low_addr_q;
            reg [2:0]        low_fault_q;

            assign make            = take && half_q;
            assign make_data       = {m_axi_rdata, low_q};
            assign make_addr       = low_addr_q;
            assign make_fault      = (low_fault_q != OK) ? low_fault_q : fault;
            assign make_fault_addr = (low_fault_q != OK) ? low_addr_q : cur_addr_q;

            always @(posedge clk)
                if (rst || kill) half_q <= 1'b0;
                else if (take)   half_q <= !half_q;

            always @(posedge clk)
                if (take && !half_q) begin
                    low_q       <= m_axi_rdata;
                    low_addr_q  <= cur_addr_q;
                    low_fault_q <= fault;
                end
        end
    endgenerate

    assign idle = !owes && !q_valid_q && !burst_valid && !cur_valid_q && !next_valid && !out_valid;

endmodule
`default_nettype wire
