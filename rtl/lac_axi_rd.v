// SPDX-License-Identifier: Apache-2.0
//
// lac_axi_rd - AXI4 read master: requests for whole lines in, lines out, in the order of the requests
//
//   req 0 -->[skid]--+                                              +--> line 0
//   req 1 -->[skid]--+--> cut --> AR                    R -->[skid]--+--> line 1
//                          +----> queue of bursts: address, length, client
//
//   Requests   client 0 goes first whenever the next request is chosen. A request's bursts follow those of the
//              request before it without waiting for data, up to OUTSTANDING bursts in flight
//   Timing     one beat a cycle; a beat is in its line 2 cycles after its handshake
//   Handshake  valid && ready everywhere; VALIDs never wait for READYs and are never withdrawn (but `flush`
//              takes lines back from the clients)
//   Faults     of a line: its first faulty beat. RLAST at the wrong beat is a fault of that beat and nothing
//              else: bursts are counted by beats (if the slave really ended one early, the next burst's data come
//              in its place until the watchdog fires). EXOKAY counts as OKAY, data nobody asked for is dropped
//   Watchdog   `watchdog` cycles in which the bus owes something, does nothing, and is not held up by us:
//              "dead". ARVALID stays until accepted, no other burst is started, late beats are swallowed, and
//              lines owed or asked for later are delivered at once as timeouts. A slave that ended bursts early
//              owes nothing any more once it has given every burst's RLAST
//   Flush      drops requests and lines, starts no burst, swallows what the bus owes; holds on inside until that
//              has come. Only flush with nothing owed (or rst) ends "dead"
//   Reset      rst forgets everything, the bus included
`default_nettype none

module lac_axi_rd #(
    parameter integer ADDR_W      = 32,  // [bits]   13 .. 64
    parameter integer DATA_W      = 64,  // [bits]   32, 64, 128, 256, 512
    parameter integer BURST       = 32,  // [beats]  longest burst, 1 .. 256
    parameter integer OUTSTANDING = 8    // [bursts] in flight, 2 .. 64
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                flush,
    output wire                idle,      // nothing queued, owed or offered
    output wire                stuck,     // dead, and the bus still owes answers
    input  wire [31:0]         watchdog,  // [cycles] 0: off

    input  wire [1:0]          req_valid,
    output wire [1:0]          req_ready,
    input  wire [2*ADDR_W-1:0] req_addr,   // first byte, a multiple of a line; client 0 in the low half
    input  wire [2*24-1:0]     req_lines,  // [lines] >= 1

    output wire [1:0]          line_valid,
    input  wire [1:0]          line_ready,
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
    localparam integer FLIGHT_W = clog2(OUTSTANDING + 1);

    localparam [FLIGHT_W-1:0] FLIGHT_MAX = OUTSTANDING[FLIGHT_W-1:0];
    localparam [11:0]         BEAT_STEP  = BYTES[11:0];

    localparam [2:0] OK = 3'd0, SLVERR = 3'd1, DECERR = 3'd2, TIMEOUT = 3'd3, PROTOCOL = 3'd4;

    // ---- Dead, flush, and what the bus owes
    reg                dead_q, drain_q;
    reg [14:0]         owed_q;   // [beats] of bursts offered on AR, not yet come
    reg [FLIGHT_W-1:0] lasts_q;  // [bursts] offered whose RLAST has not come
    reg [31:0]         timer_q;  // [cycles] until the watchdog fires

    wire kill   = flush || drain_q;
    wire owes   = owed_q != 15'd0;
    wire ar_hs  = m_axi_arvalid && m_axi_arready;
    wire r_hs   = m_axi_rvalid && m_axi_rready;
    wire r_owed = r_hs && owes;
    wire expire = owes && !ar_hs && !r_hs && m_axi_rready && timer_q == 32'd1;

    // ---- Requests to bursts
    wire [1:0]          q_valid, q_ready, q_fits;
    wire [2*ADDR_W-1:0] q_addr;
    wire [2*24-1:0]     q_lines;
    genvar c;
    generate
        for (c = 0; c < 2; c = c + 1) begin : g_client
            lac_skid #(.W(ADDR_W + 24)) u_req (
                .clk(clk), .rst(rst || kill),
                .in_valid(req_valid[c] && !kill), .in_ready(q_fits[c]),
                .in_data({req_addr[c*ADDR_W +: ADDR_W], req_lines[c*24 +: 24]}),
                .out_valid(q_valid[c]), .out_ready(q_ready[c]),
                .out_data({q_addr[c*ADDR_W +: ADDR_W], q_lines[c*24 +: 24]})
            );
        end
    endgenerate
    assign req_ready = q_fits & {2{!kill}};

    wire              cut_ready, burst_valid, burst_ready;
    wire [ADDR_W-1:0] burst_addr;
    wire [7:0]        burst_len;
    wire              pick = !q_valid[0];  // the client whose request is cut next
    reg               burst_client_q;      // the client whose request is being cut

    assign q_ready = {cut_ready && pick, cut_ready};

    // verilator lint_off PINCONNECTEMPTY
    lac_axi_cut #(.ADDR_W(ADDR_W), .DATA_W(DATA_W), .BURST(BURST)) u_cut (
        .clk(clk), .rst(rst || kill),
        .in_valid(q_valid != 2'd0), .in_ready(cut_ready),
        .in_addr(pick ? q_addr[ADDR_W +: ADDR_W] : q_addr[0 +: ADDR_W]),
        .in_lines(pick ? q_lines[24 +: 24] : q_lines[0 +: 24]),
        .out_valid(burst_valid), .out_ready(burst_ready),
        .out_addr(burst_addr), .out_len(burst_len), .out_last()
    );
    // verilator lint_on PINCONNECTEMPTY

    always @(posedge clk) if (cut_ready) burst_client_q <= pick;

    // ---- Bursts to the bus, and to the queue of what is to come
    reg                ar_valid_q;
    reg [ADDR_W-1:0]   ar_addr_q;
    reg [7:0]          ar_len_q;
    reg [FLIGHT_W-1:0] flight_q;  // [bursts] from here until their last beat is in a line

    wire want  = burst_valid && flight_q != FLIGHT_MAX && !kill;
    wire issue = want && !dead_q && (!ar_valid_q || m_axi_arready);  // goes to the bus
    wire fake  = want && dead_q;                                    // goes to the queue only
    wire burst_done;  // the last beat of a burst is in its line

    assign burst_ready = issue || fake;

    always @(posedge clk) begin
        if (rst)        ar_valid_q <= 1'b0;
        else if (issue) ar_valid_q <= 1'b1;
        else if (ar_hs) ar_valid_q <= 1'b0;

        if (issue) begin
            ar_addr_q <= burst_addr;
            ar_len_q  <= burst_len;
        end

        if (rst || kill) flight_q <= 0;
        else             flight_q <= flight_q + {{(FLIGHT_W - 1){1'b0}}, burst_ready}
                                              - {{(FLIGHT_W - 1){1'b0}}, burst_done};
    end

    assign m_axi_arvalid = ar_valid_q;
    assign m_axi_araddr  = ar_addr_q;
    assign m_axi_arlen   = ar_len_q;
    assign m_axi_arsize  = SIZE[2:0];
    assign m_axi_arburst = 2'b01;

    // ---- The account with the bus
    wire forgiven = dead_q && lasts_q == 0 && !ar_valid_q;  // some bursts were ended early, and by now all have ended
    wire r_last   = r_owed && m_axi_rlast && lasts_q != 0;

    always @(posedge clk)
        if (rst) begin
            owed_q  <= 15'd0;
            lasts_q <= 0;
            dead_q  <= 1'b0;
            drain_q <= 1'b0;
        end else begin
            if (forgiven) owed_q <= 15'd0;
            else          owed_q <= owed_q + (issue ? {7'd0, burst_len} + 15'd1 : 15'd0) - {14'd0, r_owed};

            // RLASTs that never came must not make it wrap: it saturates, never below the truth
            if (!owes)                                  lasts_q <= {{(FLIGHT_W - 1){1'b0}}, issue};
            else if (issue && !r_last && !(&lasts_q))   lasts_q <= lasts_q + 1'b1;
            else if (r_last && !issue)                  lasts_q <= lasts_q - 1'b1;

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

    // ---- Beats from the bus; a dead bus's beats come at once, as timeouts
    wire              in_ready, in_valid, in_last;
    wire [1:0]        in_resp;
    wire [DATA_W-1:0] in_data;
    wire              take;  // a beat goes into its line

    lac_skid #(.W(DATA_W + 3)) u_beat (
        .clk(clk), .rst(rst || kill),
        .in_valid(m_axi_rvalid && owes && !dead_q), .in_ready(in_ready),
        .in_data({m_axi_rlast, m_axi_rresp, m_axi_rdata}),
        .out_valid(in_valid), .out_ready(take),
        .out_data({in_last, in_resp, in_data})
    );
    assign m_axi_rready = in_ready;  // dead or in flush nothing enters, so it is and stays high
    assign beat         = r_hs;

    // ---- Which burst they belong to
    wire              next_valid, next_client;
    wire [ADDR_W-1:0] next_addr;
    wire [7:0]        next_len;
    reg               cur_valid_q, cur_client_q;
    reg [ADDR_W-1:0]  cur_addr_q;  // of the beat that comes next
    reg [7:0]         cur_left_q;  // [beats] behind it

    wire cur_last = cur_left_q == 8'd0;
    wire cur_free = !cur_valid_q || burst_done;

    assign burst_done = take && cur_last;

    // verilator lint_off PINCONNECTEMPTY
    lac_fifo #(.W(ADDR_W + 9), .DEPTH(OUTSTANDING), .LEVEL_W(FLIGHT_W)) u_bursts (
        .clk(clk), .rst(rst || kill),
        .push(burst_ready), .in_data({burst_client_q, burst_addr, burst_len}), .in_ready(),
        .out_valid(next_valid), .out_data({next_client, next_addr, next_len}),
        .pop(cur_free && next_valid), .level()
    );
    // verilator lint_on PINCONNECTEMPTY

    always @(posedge clk) begin
        if (rst || kill)   cur_valid_q <= 1'b0;
        else if (cur_free) cur_valid_q <= next_valid;

        if (cur_free) begin
            cur_client_q <= next_client;
            cur_addr_q   <= next_addr;
            cur_left_q   <= next_len;
        end else if (take) begin
            cur_addr_q[11:0] <= cur_addr_q[11:0] + BEAT_STEP;  // a burst stays in its 4096 bytes
            cur_left_q       <= cur_left_q - 8'd1;
        end
    end

    wire [2:0] fault = !in_valid           ? TIMEOUT
                     : in_resp == 2'b10    ? SLVERR
                     : in_resp == 2'b11    ? DECERR
                     : in_last != cur_last ? PROTOCOL
                     :                       OK;

    // ---- Beats to lines
    reg              line_valid_q, line_client_q;
    reg [ADDR_W-1:0] line_addr_q, line_fault_addr_q;
    reg [2:0]        line_fault_q;

    wire line_free = !line_valid_q || (line_client_q ? line_ready[1] : line_ready[0]);
    wire come      = cur_valid_q && (in_valid || dead_q);
    wire make;  // a line is complete

    always @(posedge clk)
        if (rst || kill)    line_valid_q <= 1'b0;
        else if (line_free) line_valid_q <= make;

    always @(posedge clk) if (make) line_client_q <= cur_client_q;

    generate
        if (DATA_W >= 64) begin : g_whole
            reg [DATA_W-1:0] data_q;

            assign take      = come && line_free;
            assign make      = take;
            assign line_data = data_q;

            always @(posedge clk)
                if (make) begin
                    data_q            <= in_data;
                    line_addr_q       <= cur_addr_q;
                    line_fault_q      <= fault;
                    line_fault_addr_q <= cur_addr_q;
                end
        end else begin : g_half  // two beats a line
            reg              half_q;  // the low half waits in low_*
            reg [DATA_W-1:0] low_q, data_low_q, data_high_q;
            reg [ADDR_W-1:0] low_addr_q;
            reg [2:0]        low_fault_q;

            assign take      = come && (line_free || !half_q);
            assign make      = take && half_q;
            assign line_data = {data_high_q, data_low_q};

            always @(posedge clk)
                if (rst || kill) half_q <= 1'b0;
                else if (take)   half_q <= !half_q;

            always @(posedge clk) begin
                if (take && !half_q) begin
                    low_q       <= in_data;
                    low_addr_q  <= cur_addr_q;
                    low_fault_q <= fault;
                end
                if (make) begin
                    data_low_q        <= low_q;
                    data_high_q       <= in_data;
                    line_addr_q       <= low_addr_q;
                    line_fault_q      <= (low_fault_q != OK) ? low_fault_q : fault;
                    line_fault_addr_q <= (low_fault_q != OK) ? low_addr_q : cur_addr_q;
                end
            end
        end
    endgenerate

    assign line_valid      = {line_client_q, !line_client_q} & {2{line_valid_q && !kill}};
    assign line_addr       = line_addr_q;
    assign line_fault      = line_fault_q;
    assign line_fault_addr = line_fault_addr_q;

    assign idle = !owes && q_valid == 2'd0 && !burst_valid && flight_q == 0 && !line_valid_q;

endmodule
`default_nettype wire
