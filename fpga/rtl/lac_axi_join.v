// SPDX-License-Identifier: Apache-2.0
//
// lac_axi_join - the core's AXI4 master and the bridge's single words, to one AXI4 slave
//
//   Function   bursts pass as they are; a word becomes a burst of one beat. No IDs: the slave answers in order, so the bridge waits until
//              the core is owed nothing in the direction it needs, and the core's next burst waits for the bridge
//   Fairness   between two words of one direction there is a cycle in which the core's next burst is taken; and the bridge's wait ends
//              because the core takes and pays what it has asked for
//   Hold       hold: no new bursts of the core are taken. quiet: none is in flight, so that the core may be reset
//   Timing     AR and AW: 1 cycle later, one burst in two cycles at the most: their readies do not look through to the slave's, which come
//              from far. W, B and R pass straight through
//   Handshake  W of a burst is taken once its AW is; word_valid and its word_* hold still until word_done, which comes for one cycle
//   Reset      forgets the bus: reset the slave with it
`default_nettype none

module lac_axi_join #(
    parameter integer ADDR_W = 32,  // [bits]
    parameter integer DATA_W = 64,  // [bits] 32 .. 512
    parameter integer FLIGHT = 64   // [bursts] the core keeps in flight, at most
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                hold,
    output wire                quiet,

    input  wire                s_axi_awvalid,
    output wire                s_axi_awready,
    input  wire [ADDR_W-1:0]   s_axi_awaddr,
    input  wire [7:0]          s_axi_awlen,
    input  wire                s_axi_wvalid,
    output wire                s_axi_wready,
    input  wire [DATA_W-1:0]   s_axi_wdata,
    input  wire [DATA_W/8-1:0] s_axi_wstrb,
    input  wire                s_axi_wlast,
    output wire                s_axi_bvalid,
    input  wire                s_axi_bready,
    output wire [1:0]          s_axi_bresp,
    input  wire                s_axi_arvalid,
    output wire                s_axi_arready,
    input  wire [ADDR_W-1:0]   s_axi_araddr,
    input  wire [7:0]          s_axi_arlen,
    output wire                s_axi_rvalid,
    input  wire                s_axi_rready,
    output wire [DATA_W-1:0]   s_axi_rdata,
    output wire [1:0]          s_axi_rresp,
    output wire                s_axi_rlast,

    input  wire                word_valid,
    input  wire                word_write,
    input  wire [31:0]         word_addr,   // a multiple of 4
    input  wire [31:0]         word_wdata,
    output wire                word_done,
    output wire [31:0]         word_rdata,
    output wire                word_fail,

    output wire                m_axi_awvalid,
    input  wire                m_axi_awready,
    output wire [ADDR_W-1:0]   m_axi_awaddr,
    output wire [7:0]          m_axi_awlen,
    output wire                m_axi_wvalid,
    input  wire                m_axi_wready,
    output wire [DATA_W-1:0]   m_axi_wdata,
    output wire [DATA_W/8-1:0] m_axi_wstrb,
    output wire                m_axi_wlast,
    input  wire                m_axi_bvalid,
    output wire                m_axi_bready,
    input  wire [1:0]          m_axi_bresp,
    output wire                m_axi_arvalid,
    input  wire                m_axi_arready,
    output wire [ADDR_W-1:0]   m_axi_araddr,
    output wire [7:0]          m_axi_arlen,
    input  wire                m_axi_rvalid,
    output wire                m_axi_rready,
    input  wire [DATA_W-1:0]   m_axi_rdata,
    input  wire [1:0]          m_axi_rresp,
    input  wire                m_axi_rlast
);

`include "lac_clog2.vh"
    localparam integer WORDS  = DATA_W / 32;
    localparam integer BYTE_W = clog2(DATA_W / 8);
    localparam integer COUNT_W = clog2(FLIGHT + 1);

    // CORE: its bursts pass, for a cycle at least (ar_free and aw_free hold in it). WAIT: none is taken, those in flight end. ASK: the word.
    localparam [1:0] ST_CORE = 2'd0, ST_WAIT = 2'd1, ST_ASK = 2'd2;
    wire [WORDS-1:0]  here;  // the word's place in a beat
    wire [ADDR_W-1:0] word_at;
    wire [ADDR_W+31:0] wide_addr = {{ADDR_W{1'b0}}, word_addr};
    assign word_at = {wide_addr[ADDR_W-1:BYTE_W], {BYTE_W{1'b0}}};
    generate
        if (WORDS == 1) begin : g_one
            assign here = 1'b1;
        end else begin : g_many
            assign here = {{(WORDS - 1){1'b0}}, 1'b1} << word_addr[BYTE_W-1:2];
        end
    endgenerate

    // ---- Reads
    reg [1:0]         rd_state_q;
    reg               ar_valid_q;
    reg [ADDR_W-1:0]  ar_addr_q;
    reg [7:0]         ar_len_q;
    reg [COUNT_W-1:0] rd_flight_q;            // [bursts] of the core, taken and not yet ended

    wire rd_word  = word_valid && !word_write;
    wire rd_core  = rd_state_q == ST_CORE;
    wire rd_asks  = rd_state_q == ST_ASK;
    wire ar_free  = !ar_valid_q;
    wire ar_take  = rd_core && s_axi_arvalid && ar_free && !hold;
    wire rd_end   = m_axi_rvalid && m_axi_rready && m_axi_rlast;
    wire rd_empty = rd_flight_q == 0;

    always @(posedge clk)
        if (rst) begin
            rd_state_q  <= ST_CORE;
            ar_valid_q  <= 1'b0;
            rd_flight_q <= 0;
        end else begin
            ar_valid_q <= ar_free ? ar_take || (rd_state_q == ST_WAIT && rd_empty) : !m_axi_arready;
            if (!rd_asks) rd_flight_q <= rd_flight_q + {{(COUNT_W - 1){1'b0}}, ar_take} - {{(COUNT_W - 1){1'b0}}, rd_end};
            case (rd_state_q)
                ST_CORE: if (rd_word)             rd_state_q <= ST_WAIT;
                ST_WAIT: if (rd_empty && ar_free) rd_state_q <= ST_ASK;
                default: if (rd_end)              rd_state_q <= ST_CORE;
            endcase
        end
    always @(posedge clk)
        if (ar_free) begin
            ar_addr_q <= rd_core ? s_axi_araddr : word_at;
            ar_len_q  <= rd_core ? s_axi_arlen : 8'd0;
        end

    assign s_axi_arready = rd_core && ar_free && !hold;
    assign m_axi_arvalid = ar_valid_q;
    assign m_axi_araddr  = ar_addr_q;
    assign m_axi_arlen   = ar_len_q;
    assign s_axi_rvalid  = m_axi_rvalid && !rd_asks;
    assign s_axi_rdata   = m_axi_rdata;
    assign s_axi_rresp   = m_axi_rresp;
    assign s_axi_rlast   = m_axi_rlast;
    assign m_axi_rready  = rd_asks || s_axi_rready;

    // ---- Writes
    reg [1:0]         wr_state_q;
    reg               aw_valid_q, w_word_q;  // w_word_q: the word waits to be taken
    reg [ADDR_W-1:0]  aw_addr_q;
    reg [7:0]         aw_len_q;
    reg [COUNT_W-1:0] wr_flight_q;  // [bursts] of the core, taken and not yet answered
    reg [COUNT_W-1:0] wr_data_q;    // [bursts] of them whose last beat has not passed

    wire wr_word  = word_valid && word_write;
    wire wr_core  = wr_state_q == ST_CORE;
    wire wr_asks  = wr_state_q == ST_ASK;
    wire aw_free  = !aw_valid_q;
    wire aw_take  = wr_core && s_axi_awvalid && aw_free && !hold;
    wire b_end    = m_axi_bvalid && m_axi_bready;
    wire w_open   = wr_data_q != 0;
    wire w_end    = w_open && m_axi_wready && s_axi_wvalid && s_axi_wlast;
    wire wr_empty = wr_flight_q == 0;  // then wr_data_q is 0 too

    always @(posedge clk)
        if (rst) begin
            wr_state_q  <= ST_CORE;
            aw_valid_q  <= 1'b0;
            w_word_q    <= 1'b0;
            wr_flight_q <= 0;
            wr_data_q   <= 0;
        end else begin
            aw_valid_q <= aw_free ? aw_take || (wr_state_q == ST_WAIT && wr_empty) : !m_axi_awready;
            if (!wr_asks) wr_flight_q <= wr_flight_q + {{(COUNT_W - 1){1'b0}}, aw_take} - {{(COUNT_W - 1){1'b0}}, b_end};
            wr_data_q <= wr_data_q + {{(COUNT_W - 1){1'b0}}, aw_take} - {{(COUNT_W - 1){1'b0}}, w_end};
            if (wr_state_q == ST_WAIT && wr_empty && aw_free) w_word_q <= 1'b1;
            else if (m_axi_wready)                            w_word_q <= 1'b0;
            case (wr_state_q)
                ST_CORE: if (wr_word)             wr_state_q <= ST_WAIT;
                ST_WAIT: if (wr_empty && aw_free) wr_state_q <= ST_ASK;
                default: if (b_end)               wr_state_q <= ST_CORE;
            endcase
        end
    always @(posedge clk)
        if (aw_free) begin
            aw_addr_q <= wr_core ? s_axi_awaddr : word_at;
            aw_len_q  <= wr_core ? s_axi_awlen : 8'd0;
        end

    assign s_axi_awready = wr_core && aw_free && !hold;
    assign s_axi_wready  = w_open && m_axi_wready;
    assign m_axi_awvalid = aw_valid_q;
    assign m_axi_awaddr  = aw_addr_q;
    assign m_axi_awlen   = aw_len_q;
    assign m_axi_wvalid  = w_word_q || (w_open && s_axi_wvalid);
    assign m_axi_wdata   = wr_asks ? {WORDS{word_wdata}} : s_axi_wdata;
    assign m_axi_wlast   = wr_asks || s_axi_wlast;
    assign s_axi_bvalid  = m_axi_bvalid && !wr_asks;
    assign s_axi_bresp   = m_axi_bresp;
    assign m_axi_bready  = wr_asks || s_axi_bready;
    genvar i;
    generate
        for (i = 0; i < WORDS; i = i + 1) begin : g_strobe
            assign m_axi_wstrb[4*i +: 4] = wr_asks ? {4{here[i]}} : s_axi_wstrb[4*i +: 4];
        end
    endgenerate

    // ---- The word's answer
    reg [31:0] read;
    integer    k;
    always @* begin
        read = 32'd0;
        for (k = 0; k < WORDS; k = k + 1) read = read | (m_axi_rdata[32*k +: 32] & {32{here[k]}});
    end
    assign word_done  = (rd_asks && m_axi_rvalid) || (wr_asks && m_axi_bvalid);  // its only beat
    assign word_rdata = read;
    assign word_fail  = rd_asks ? m_axi_rresp[1] : m_axi_bresp[1];

    assign quiet = rd_empty && wr_empty;

    wire unused_ok = &{1'b0, wide_addr};

endmodule
`default_nettype wire
