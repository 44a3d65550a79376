// SPDX-License-Identifier: Apache-2.0
//
// lac_axi_wr - AXI4 write master: requests for whole lines, then the lines, in the order of the requests
//
//   req --> cut --+--> AW
//                 +--> queue of lengths ---+
//   line ------------------------------[beats]-->[ W ]----> W
//                 +--> queue of starts <------------------ B
//
//   Order      AW is offered as soon as the request is there (whoever asks promises the lines), at most
//              OUTSTANDING bursts before their B. A W beat is never offered before its AW
//   Timing     one beat a cycle; a request and a burst every second cycle at the most; data_ready looks through to WREADY; no other path
//              crosses
//   Handshake  valid && ready everywhere; VALIDs never wait for READYs and are never withdrawn
//   quiet      every accepted request has had all its lines, and the bus owes it nothing (dead: always; then its user
//              alone knows which lines have not gone)
//   Faults     the first since `clear`, with the start of its burst. EXOKAY counts as OKAY; a B nobody waits for
//              is dropped
//   Watchdog   more than `watchdog` cycles in which the bus owes something and does nothing (waiting for lines is not
//              its fault): "dead". What is offered stays; W beats owed go out with WSTRB = 0 when the bus takes them;
//              Bs are swallowed. Requests and lines, whoever they belong to, are taken and dropped at once, with
//              fault timeout at the start of the oldest burst without its B (a request made later: its own start)
//   Flush      drops requests and lines, those offered meanwhile too, pays the W beats owed with WSTRB = 0, waits for the Bs; holds on
//              inside until all have come, and takes nothing then. Only flush with nothing owed (or rst) ends "dead"
//   Reset      rst forgets everything, the bus included
`default_nettype none

module lac_axi_wr #(
    parameter integer ADDR_W      = 32,  // [bits]   13 .. 64
    parameter integer DATA_W      = 64,  // [bits]   32, 64, 128, 256, 512
    parameter integer BURST       = 32,  // [beats]  longest burst, 1 .. 256
    parameter integer OUTSTANDING = 8    // [bursts] without their B, 2 .. 64
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                flush,
    output wire                idle,      // nothing queued, owed or offered
    output wire                stuck,     // dead, and something is still owed
    input  wire [31:0]         watchdog,  // [cycles] 0: off

    input  wire                req_valid,
    output wire                req_ready,
    input  wire [ADDR_W-1:0]   req_addr,   // first byte, a multiple of a line
    input  wire [23:0]         req_lines,  // [lines] >= 1

    input  wire                data_valid,
    output wire                data_ready,
    input  wire [((DATA_W > 64) ? DATA_W : 64)-1:0]   data,
    input  wire [((DATA_W > 64) ? DATA_W : 64)/8-1:0] strb,

    output wire                quiet,
    input  wire                clear,       // forget the recorded fault
    output wire [2:0]          fault,       // 0 none, 1 SLVERR, 2 DECERR, 3 timeout
    output wire [ADDR_W-1:0]   fault_addr,
    output wire                beat,        // a W handshake in this cycle
    output wire [2:0]          cause,       // of this cycle

    output wire                m_axi_awvalid,
    input  wire                m_axi_awready,
    output wire [ADDR_W-1:0]   m_axi_awaddr,
    output wire [7:0]          m_axi_awlen,
    output wire [2:0]          m_axi_awsize,
    output wire [1:0]          m_axi_awburst,
    output wire                m_axi_wvalid,
    input  wire                m_axi_wready,
    output wire [DATA_W-1:0]   m_axi_wdata,
    output wire [DATA_W/8-1:0] m_axi_wstrb,
    output wire                m_axi_wlast,
    input  wire                m_axi_bvalid,
    output wire                m_axi_bready,
    input  wire [1:0]          m_axi_bresp
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
    localparam integer BYTES    = DATA_W / 8;
    localparam integer SIZE     = clog2(BYTES);
    localparam integer FLIGHT_W = clog2(OUTSTANDING + 1);

    localparam [FLIGHT_W-1:0] FLIGHT_MAX = OUTSTANDING[FLIGHT_W-1:0];

    localparam [2:0] NONE = 3'd0, SLVERR = 3'd1, DECERR = 3'd2, TIMEOUT = 3'd3;

    // ---- Dead, flush, and what the bus owes
    reg                dead_q, drain_q;
    reg [FLIGHT_W-1:0] flight_q;  // [bursts] offered on AW whose B has not come
    reg [FLIGHT_W-1:0] reply_q;   // [bursts] of them whose last W beat has gone
    reg [31:0]         timer_q;   // [cycles] in which the bus has owed something and done nothing, with this one

    wire kill   = flush || drain_q;
    wire owes   = flight_q != 0;
    wire aw_hs  = m_axi_awvalid && m_axi_awready;
    wire w_hs   = m_axi_wvalid && m_axi_wready;
    wire b_hs   = m_axi_bvalid && m_axi_bready && owes;
    wire w_end  = w_hs && m_axi_wlast;
    wire waits  = m_axi_awvalid || m_axi_wvalid || reply_q != 0;  // for the bus, not for lines
    wire moves  = aw_hs || w_hs || b_hs;
    reg  limit_q;  // the timer had reached `watchdog`
    wire expire = waits && !moves && limit_q;

    wire req_hs  = req_valid && req_ready;

    // ---- Requests to bursts
    wire              cut_ready, burst_valid, issue;
    wire [ADDR_W-1:0] burst_addr;
    wire [7:0]        burst_len;

    assign req_ready = (cut_ready || dead_q) && !drain_q;

    // verilator lint_off PINCONNECTEMPTY
    lac_axi_cut #(.ADDR_W(ADDR_W), .DATA_W(DATA_W), .BURST(BURST)) u_cut (
        .clk(clk), .rst(rst || kill || dead_q),
        .in_valid(req_valid), .in_ready(cut_ready), .in_addr(req_addr), .in_lines1(req_lines - 24'd1),
        .out_valid(burst_valid), .out_ready(issue), .out_addr(burst_addr), .out_len(burst_len), .out_last()
    );
    // verilator lint_on PINCONNECTEMPTY

    // ---- AW
    reg              aw_valid_q;
    reg [ADDR_W-1:0] aw_addr_q;
    reg [7:0]        aw_len_q;
    assign issue = burst_valid && flight_q != FLIGHT_MAX && !kill && !dead_q && !aw_valid_q;

    always @(posedge clk) begin
        if (rst)                  aw_valid_q <= 1'b0;
        else if (issue)           aw_valid_q <= 1'b1;
        else if (m_axi_awready)   aw_valid_q <= 1'b0;
        if (!aw_valid_q) {aw_len_q, aw_addr_q} <= {burst_len, burst_addr};
    end
    assign m_axi_awvalid = aw_valid_q;
    assign m_axi_awaddr  = aw_addr_q;
    assign m_axi_awlen   = aw_len_q;
    assign m_axi_awsize  = SIZE[2:0];
    assign m_axi_awburst = 2'b01;

    // ---- W: the burst whose beats go now
    wire       next_valid, burst_done;
    wire [7:0] next_len;
    reg        cur_valid_q;
    reg [7:0]  cur_left_q;  // [beats] behind the next one

    wire cur_last = cur_left_q == 8'd0;
    wire cur_free = !cur_valid_q || burst_done;
    reg  pop_q;               // it has just come from the queue, which shows it once more; bursts are no closer than that
    wire has_next;
    assign next_valid = has_next && !pop_q;

    // verilator lint_off PINCONNECTEMPTY
    lac_fifo #(.W(8), .DEPTH(OUTSTANDING), .LEVEL_W(FLIGHT_W)) u_lengths (
        .clk(clk), .rst(rst),
        .push(issue), .in_data(burst_len), .in_ready(),
        .out_valid(has_next), .out_data(next_len), .pop(pop_q), .level()
    );
    // verilator lint_on PINCONNECTEMPTY

    always @(posedge clk) begin
        if (rst)           cur_valid_q <= 1'b0;
        else if (cur_free) cur_valid_q <= next_valid;
        pop_q <= !rst && cur_free && next_valid;
    end

    // ---- W: beats from lines, or without any when there will be none
    wire                put, put_ready;  // a beat enters the register of W
    wire                blank = dead_q || kill;
    wire                have  = cur_valid_q && (blank || data_valid);
    wire [DATA_W-1:0]   put_data;
    wire [DATA_W/8-1:0] put_strb;

    assign put        = have && put_ready;
    assign burst_done = put && cur_last;

    always @(posedge clk)
        if (cur_free) cur_left_q <= next_len;
        else if (put) cur_left_q <= cur_left_q - 8'd1;

    generate
        if (DATA_W >= 64) begin : g_whole
            assign put_data   = data;
            assign put_strb   = blank ? {(DATA_W / 8){1'b0}} : strb;
            assign data_ready = (dead_q || (cur_valid_q && put_ready)) && !drain_q;
        end else begin : g_half  // a line is two beats
            reg half_q;  // the low half has gone
            assign put_data   = half_q ? data[63:32] : data[31:0];
            assign put_strb   = blank ? 4'd0 : half_q ? strb[7:4] : strb[3:0];
            assign data_ready = (dead_q || (cur_valid_q && put_ready && half_q)) && !drain_q;
            always @(posedge clk)
                if (rst || blank) half_q <= 1'b0;
                else if (put)     half_q <= !half_q;
        end
    endgenerate

    reg                       w_valid_q;
    reg [DATA_W+DATA_W/8:0]   w_q;
    always @(posedge clk) begin
        if (rst)            w_valid_q <= 1'b0;
        else if (put_ready) w_valid_q <= have;
        if (put_ready)      w_q <= {cur_last, put_strb, put_data};
    end
    assign put_ready    = !w_valid_q || m_axi_wready;
    assign m_axi_wvalid = w_valid_q;
    assign {m_axi_wlast, m_axi_wstrb, m_axi_wdata} = w_q;
    assign beat = w_hs;

    // ---- B
    wire              oldest_valid;
    wire [ADDR_W-1:0] oldest;  // start of the oldest burst without its B

    // verilator lint_off PINCONNECTEMPTY
    lac_fifo #(.W(ADDR_W), .DEPTH(OUTSTANDING), .LEVEL_W(FLIGHT_W)) u_starts (
        .clk(clk), .rst(rst),
        .push(issue), .in_data(burst_addr), .in_ready(),
        .out_valid(oldest_valid), .out_data(oldest), .pop(b_hs && oldest_valid), .level()
    );
    // verilator lint_on PINCONNECTEMPTY

    // A B before the last beat of its burst waits; one that belongs to no burst goes nowhere.
    assign m_axi_bready = reply_q != 0 || !owes;

    // ---- The first fault
    reg [2:0]        fault_q;
    reg [ADDR_W-1:0] fault_addr_q;

    wire bad_b   = b_hs && m_axi_bresp[1] && !dead_q;
    wire late    = req_hs && dead_q;
    wire fresh   = fault_q == NONE || clear;

    always @(posedge clk)
        if (rst || kill)                               fault_q <= NONE;
        else if (fresh && (expire || late))            fault_q <= TIMEOUT;
        else if (fresh && bad_b)                       fault_q <= m_axi_bresp[0] ? DECERR : SLVERR;
        else if (clear)                                fault_q <= NONE;

    always @(posedge clk) if (fresh) fault_addr_q <= late ? req_addr : oldest;

    assign fault      = fault_q;
    assign fault_addr = fault_addr_q;

    // ---- The account
    always @(posedge clk)
        if (rst) begin
            flight_q <= 0;
            reply_q  <= 0;
            dead_q   <= 1'b0;
            drain_q  <= 1'b0;
        end else begin
            flight_q <= flight_q + {{(FLIGHT_W - 1){1'b0}}, issue} - {{(FLIGHT_W - 1){1'b0}}, b_hs};
            reply_q  <= reply_q + {{(FLIGHT_W - 1){1'b0}}, w_end} - {{(FLIGHT_W - 1){1'b0}}, b_hs};

            if (expire)             dead_q <= 1'b1;
            else if (kill && !owes) dead_q <= 1'b0;

            drain_q <= kill && owes;
        end

    always @(posedge clk) limit_q <= !rst && waits && !moves && timer_q == watchdog;
    always @(posedge clk)
        if (!waits || moves || watchdog == 32'd0) timer_q <= 32'd1;  // never 0: the watchdog is off
        else                                      timer_q <= timer_q + 32'd1;

    assign stuck = dead_q && owes;
    assign cause = w_hs ? `LAC_WRITE_BUSY
                 : (!owes || dead_q) ? `LAC_WRITE_IDLE
                 : (cur_valid_q && !m_axi_wvalid && !m_axi_awvalid) ? `LAC_WRITE_HELD : `LAC_WRITE_WAIT;
    assign quiet = !burst_valid && (dead_q || !owes);
    assign idle  = !burst_valid && !owes;

endmodule
`default_nettype wire
