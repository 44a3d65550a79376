// SPDX-License-Identifier: Apache-2.0
//
// lac_bridge_run - jobs in, words on the bus, answers out: the working half of lac_bridge
//
//   jobs --> judge --> bus, one word at a time <--> frame RAM
//              +-----> answer: header, then words of the frame RAM --> bytes
//
//   Function   the mode, sequence numbers, ops and status codes of docs/boards.md, section 2
//   Address    the address field of an answer is that of the first word not done, which is where the address register stands
//   Again      a WRITE that is answered again finds fault_q, base_q and index_q as it left them: only jobs that are done change them
//   Plain      the words of a write are taken as job_fill counts them, until all are written or no more come; a read is answered with its
//              words and nothing else, most significant byte first. Bus errors are not told
//   Timing     a word takes 4 cycles and the bus's answer to write, 3 and the bus's answer to read
//   Handshake  a job is copied in the cycle of job_take; a byte moves with out_valid && out_ready, and holds until then
//   Reset      rst drops everything, the bus's transaction included; plain mode. A break ends framed mode, not what is being done
`default_nettype none

module lac_bridge_run #(
    parameter [31:0] VERSION = 32'h0001_0000
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        in_break,
    output wire        framed,
    output wire        idle,

    input  wire        job_valid,
    output wire        job_take,
    input  wire        job_plain,
    input  wire [7:0]  job_op,
    input  wire [7:0]  job_seq,
    input  wire [7:0]  job_last,
    input  wire [29:0] job_addr,
    input  wire        job_half,
    input  wire        job_damaged,
    input  wire        job_more,
    input  wire [7:0]  job_fill,

    input  wire        in_we,     // the RAM's write port is the receiver's in this cycle
    output wire        ram_we,
    output wire [8:0]  ram_addr,  // to write and to read
    output wire [31:0] ram_data,
    output wire        ram_re,
    output wire        ram_qe,
    input  wire [31:0] ram_q,

    output wire        out_valid,
    input  wire        out_ready,
    output wire [7:0]  out_data,

    output wire        m_axil_awvalid,
    input  wire        m_axil_awready,
    output wire [31:0] m_axil_awaddr,
    output wire        m_axil_wvalid,
    input  wire        m_axil_wready,
    output wire [31:0] m_axil_wdata,
    output wire [3:0]  m_axil_wstrb,
    input  wire        m_axil_bvalid,
    output wire        m_axil_bready,
    input  wire [1:0]  m_axil_bresp,
    output wire        m_axil_arvalid,
    input  wire        m_axil_arready,
    output wire [31:0] m_axil_araddr,
    input  wire        m_axil_rvalid,
    output wire        m_axil_rready,
    input  wire [31:0] m_axil_rdata,
    input  wire [1:0]  m_axil_rresp
);

    localparam [7:0] SYNC = 8'hF5;
    localparam [7:0] HELLO = 8'd1, WRITE = 8'd2, READ = 8'd3, BYE = 8'd4;
    localparam [2:0] S_OK = 3'd0, S_BUS = 3'd1, S_ORDER = 3'd2, S_DAMAGED = 3'd3, S_OP = 3'd4;

    localparam [3:0] REST = 4'd0, JUDGE = 4'd1,
                     NEXT = 4'd2, FETCH = 4'd3, LATCH = 4'd4, WRITING = 4'd5,           // RAM to bus; FETCH and LATCH also for answers
                     ASK = 4'd6, READING = 4'd7, KEEP = 4'd8,                           // bus to RAM
                     SEND = 4'd9, PASS = 4'd10;                                         // a byte: choose it, pass it on

    // The parts of an answer, four bytes each. A good READ has them all, P_DATA once a word; a plain read only P_DATA
    localparam [2:0] P_HEAD = 3'd0, P_ADDR = 3'd1, P_CRC = 3'd2, P_DATA = 3'd3, P_TAIL = 3'd4;

    reg [3:0]  state_q;
    reg        framed_q;
    reg [7:0]  seq_q;      // of the last frame done
    reg        wrote_q, read_q;  // that frame was a WRITE, a READ
    reg        fault_q;    // that WRITE met an error on the bus

    // The job
    reg        plain_q, fixed_q, writing_q, half_q;
    reg [3:0]  op_q;
    reg [7:0]  last_q;     // [words] - 1
    reg [29:0] base_q;     // [words]
    reg [8:0]  index_q;    // [words] done, later words sent
    reg [29:0] addr_q;     // base_q + index_q, one cycle late
    reg        faulty_q;   // the word's transfer was answered with an error
    reg [31:0] data_q;     // the word read

    // The answer
    reg [2:0]  status_q;
    reg [7:0]  say_seq_q;
    reg [2:0]  part_q;
    reg [1:0]  byte_q;
    reg [7:0]  out_data_q;
    reg        feed_q;     // out_data_q goes into the CRC

    // ---- Judgement, in three steps, the job being there: comparisons, what they mean, what is done
    reg [7:0] expect_q;
    reg       hello, is_write, is_read, is_bye, next, same;
    reg       come_q, good_q, do_q;                                    // good_q: a frame to be done; do_q: words are to be moved for it, or BYE
    reg [2:0] verdict;

    always @(posedge clk) begin
        expect_q <= seq_q + 8'd1;
        hello    <= job_op == HELLO;
        is_write <= job_op == WRITE;
        is_read  <= job_op == READ;
        is_bye   <= job_op == BYE;
        next     <= job_seq == expect_q;
        same     <= job_seq == seq_q;
    end

    wire       known   = is_write || is_read || is_bye;
    wire       again   = same && ((wrote_q && is_write) || (read_q && is_read));
    wire       fresh   = next && known && !job_damaged;
    always @(posedge clk) begin
        come_q  <= job_valid && state_q == REST;
        verdict <= hello ? S_OK : !known ? S_OP : !(next || again) ? S_ORDER : job_damaged ? S_DAMAGED : S_OK;
        good_q  <= fresh;
        do_q    <= fresh || (again && is_read);
    end
    wire       judge   = state_q == JUDGE;
    wire       obey    = judge && !job_plain && (framed_q || hello);   // a frame that is answered
    wire       start   = judge && (job_plain || (framed_q && do_q));

    assign job_take = judge;
    assign idle     = state_q == REST;
    assign framed   = framed_q;

    // ---- One word after the other
    reg  last_word, fourth;                                            // one cycle late: nobody looks before
    wire fault     = (state_q == WRITING) ? (m_axil_bresp != 2'b00) : faulty_q;
    wire stop      = fault && !plain_q;
    wire w_done    = state_q == WRITING && m_axil_bvalid;
    wire r_done    = state_q == KEEP && (!in_we || stop);
    wire moved     = (w_done || r_done) && !stop;                      // one more word is done
    wire sent      = state_q == PASS && out_ready;
    wire part_end  = sent && fourth;
    wire crc_busy;

    // One cycle late: an answer begins with SYNC
    reg       reply, bye;                                              // good, and data follow; good, and the mode changes behind it
    reg [2:0] outcome;
    always @(posedge clk) begin
        outcome <= (status_q == S_OK && fault_q) ? S_BUS : status_q;
        reply   <= status_q == S_OK && !fault_q && op_q == READ[3:0];
        bye     <= status_q == S_OK && !fault_q && op_q == BYE[3:0];
    end
    wire leave     = bye && part_end && part_q == P_CRC;

    always @(posedge clk) begin
        case (state_q)
            REST:
                if (come_q) state_q <= JUDGE;
            JUDGE:
                if (start && (job_plain ? job_op[0] : is_write)) state_q <= NEXT;
                else if (start && (job_plain || is_read))               state_q <= ASK;
                else                                                    state_q <= obey ? SEND : REST;
            NEXT:  // plain: until the word is there
                if (!plain_q || index_q[7:0] != job_fill) state_q <= FETCH;
                else if (!job_more)                       state_q <= REST;
            FETCH:
                state_q <= LATCH;
            LATCH:
                state_q <= writing_q ? WRITING : SEND;
            WRITING:
                if (m_axil_bvalid) state_q <= (!last_word && !stop) ? NEXT : plain_q ? REST : SEND;
            ASK:
                state_q <= READING;
            READING:
                if (m_axil_rvalid) state_q <= KEEP;
            KEEP:  // until the RAM's write port is free
                if (r_done) state_q <= (!last_word && !stop) ? ASK : plain_q ? FETCH : SEND;
            SEND:
                if (!crc_busy) state_q <= PASS;
            default:  // PASS
                if (out_ready) begin
                    if (!part_end || part_q == P_HEAD || part_q == P_ADDR) state_q <= SEND;
                    else if (part_q == P_CRC)                              state_q <= reply ? FETCH : REST;
                    else if (part_q == P_TAIL || (last_word && plain_q))   state_q <= REST;
                    else                                                   state_q <= last_word ? SEND : FETCH;
                end
        endcase
        if (rst) state_q <= REST;
    end

    always @(posedge clk)
        if (rst || in_break || leave) framed_q <= 1'b0;
        else if (obey && hello)       framed_q <= 1'b1;

    always @(posedge clk) begin
        if (obey && (hello || (good_q && framed_q))) begin
            seq_q   <= job_seq;
            wrote_q <= is_write;
            read_q  <= is_read;
        end
        if (start || (obey && hello))         fault_q <= 1'b0;
        else if ((w_done || r_done) && fault) fault_q <= 1'b1;

        if (judge) begin
            plain_q   <= job_plain;
            writing_q <= job_plain ? job_op[0] : is_write;
            op_q      <= job_op[3:0];
        end
        if (start) begin
            fixed_q <= job_plain && job_op[1] == job_op[0];  // commands 3 and 4
            half_q  <= job_half;
            last_q  <= job_last;
            base_q  <= job_addr;
        end

        if (start || (part_end && part_q == P_CRC && reply)
                  || (r_done && last_word && plain_q))    index_q <= 9'd0;
        else if (moved || (part_end && part_q == P_DATA)) index_q <= index_q + 9'd1;
    end

    always @(posedge clk) begin
        last_word <= index_q[7:0] == last_q;
        fourth    <= byte_q == 2'd3;
    end

    // ---- Bus. addr_q is right from the second cycle behind a change of base_q or index_q; no VALID is up before
    reg awvalid_q, wvalid_q, arvalid_q;

    always @(posedge clk) begin
        addr_q <= base_q + {21'd0, index_q & {9{!fixed_q}}};

        if (rst)                                   awvalid_q <= 1'b0;
        else if (state_q == LATCH && writing_q)    awvalid_q <= 1'b1;
        else if (m_axil_awready)                   awvalid_q <= 1'b0;
        if (rst)                                   wvalid_q <= 1'b0;
        else if (state_q == LATCH && writing_q)    wvalid_q <= 1'b1;
        else if (m_axil_wready)                    wvalid_q <= 1'b0;
        if (rst)                                   arvalid_q <= 1'b0;
        else if (state_q == ASK)                   arvalid_q <= 1'b1;
        else if (m_axil_arready)                   arvalid_q <= 1'b0;

        if (state_q == READING) begin
            data_q   <= m_axil_rdata;
            faulty_q <= m_axil_rresp != 2'b00;
        end
    end

    assign m_axil_awvalid = awvalid_q;
    assign m_axil_awaddr  = {addr_q, 2'b00};
    assign m_axil_wvalid  = wvalid_q;
    assign m_axil_wdata   = ram_q;
    assign m_axil_wstrb   = 4'hF;
    assign m_axil_bready  = state_q == WRITING;
    assign m_axil_arvalid = arvalid_q;
    assign m_axil_araddr  = {addr_q, 2'b00};
    assign m_axil_rready  = state_q == READING;

    assign ram_we   = state_q == KEEP && !in_we && !stop;
    assign ram_addr = {half_q, index_q[7:0]};
    assign ram_data = data_q;
    assign ram_re   = state_q == FETCH;
    assign ram_qe   = state_q == LATCH;

    // ---- Answers
    wire [31:0] crc;
    reg  [31:0] word;    // the four bytes of this part, in the order in which they go
    reg  [7:0]  choice;

    always @* begin
        case (part_q)
            P_HEAD:  word = {reply ? last_q : 8'd0, say_seq_q, 1'b1, outcome, op_q, SYNC};
            P_ADDR:  word = ((op_q == HELLO[3:0]) ? VERSION : {addr_q, 2'b00}) & {32{status_q == S_OK}};
            P_DATA:  word = ram_q;
            default: word = crc;
        endcase
        case (byte_q ^ {2{plain_q}})
            2'd0:    choice = word[7:0];
            2'd1:    choice = word[15:8];
            2'd2:    choice = word[23:16];
            default: choice = word[31:24];
        endcase
    end

    always @(posedge clk) begin
        if (judge) begin
            status_q  <= verdict;
            say_seq_q <= (verdict == S_ORDER) ? expect_q : job_seq;
            part_q    <= job_plain ? P_DATA : P_HEAD;
            byte_q    <= 2'd0;
        end
        if (sent) begin
            byte_q <= byte_q + 2'd1;
            if (fourth)
                case (part_q)
                    P_HEAD:  part_q <= P_ADDR;
                    P_ADDR:  part_q <= P_CRC;
                    P_CRC:   part_q <= P_DATA;
                    default: part_q <= (last_word && !plain_q) ? P_TAIL : P_DATA;
                endcase
        end
        if (state_q == SEND) out_data_q <= choice;
        feed_q <= state_q == SEND && !crc_busy && part_q != P_CRC && part_q != P_TAIL;
    end

    assign out_valid = state_q == PASS;
    assign out_data  = out_data_q;

    // verilator lint_off PINCONNECTEMPTY
    lac_crc32 u_crc (
        .clk(clk), .clear(rst || (feed_q && part_q == P_HEAD && byte_q == 2'd0) || (state_q == FETCH && index_q == 9'd0)),
        .in_valid(feed_q), .in_data(out_data_q), .busy(crc_busy), .crc(crc), .good()
    );
    // verilator lint_on PINCONNECTEMPTY

endmodule
`default_nettype wire
