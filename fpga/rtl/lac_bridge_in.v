// SPDX-License-Identifier: Apache-2.0
//
// lac_bridge_in - bytes from the line in, jobs out: the receiving half of lac_bridge
//
//   bytes --> parser --+--> words --> frame RAM (two halves)
//                      +--> one job at a time: what to do, with which words
//
//   Frames     a job is offered when all of a frame has come. Header bad: dropped. Data bad: offered as job_damaged. While a job waits
//              to be taken there is no room: a frame whose header ends then is read over and lost
//   Plain      a job is offered when the six bytes of a command have come. The words of a write follow it: job_fill counts
//              those in RAM, job_more says that others may come. No byte is taken from the last one until all is done
//   Hunt       in plain mode, behind a damaged header, a bad byte or framed mode, what comes may be the rest of a frame: only frames mean
//              anything until a pause or a break
//   Halves     job_half is the half with the job's words, or the one that is free for them (reads). The job offered next has
//              the other one
//   Timing     a byte is worked on in the cycle after the one in which it is taken: at most one in 11 cycles; a word is in RAM in the cycle after the one in which ram_we is high
//   Handshake  a byte moves with in_valid && in_ready; a job is taken with job_valid && job_take, and its fields stay until the next one is
//              offered. `idle` says that nothing has been taken which is not done
//   Reset      rst drops everything
`default_nettype none

module lac_bridge_in #(
    parameter integer TIMEOUT = 12000000  // [cycles] a pause that ends a command or a frame, 2 .. 2^30
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        framed,    // the mode
    output wire [15:0] frame_errors,

    input  wire        in_valid,
    output wire        in_ready,
    input  wire [7:0]  in_data,
    input  wire        in_bad,
    input  wire        in_break,

    output wire        job_valid,
    input  wire        job_take,
    output wire        job_plain,
    output wire [7:0]  job_op,    // of a frame, or the plain command
    output wire [7:0]  job_seq,
    output wire [7:0]  job_last,  // [words] - 1
    output wire [29:0] job_addr,  // [words]
    output wire        job_half,
    output wire        job_damaged,
    output wire        job_more,
    output wire [7:0]  job_fill,  // [words]
    input  wire        idle,

    output wire        ram_we,
    output wire [8:0]  ram_addr,
    output wire [31:0] ram_data
);

`include "lac_clog2.vh"
    localparam integer      TIME_W  = clog2(TIMEOUT);
    localparam integer      PAUSE_I = TIMEOUT - 2;
    localparam [TIME_W:0]   PAUSE   = PAUSE_I[TIME_W:0];
    localparam [7:0]        SYNC    = 8'hF5;
    localparam [7:0]        WRITE   = 8'd2;

    // A frame: HEAD, CHECK, and for a WRITE also DATA, VERIFY. A command: COMMAND, OFFER, for a write WORDS, then SETTLE.
    localparam [3:0] REST = 4'd0, HEAD = 4'd1, CHECK = 4'd2, DATA = 4'd3, VERIFY = 4'd4, COMMAND = 4'd5, OFFER = 4'd6, WORDS = 4'd7,
                     SETTLE = 4'd8;

    reg [3:0]        state_q;
    reg [10:0]       count_q;    // [bytes] of the part that the state is about
    reg              hunt_q;
    reg              bad_q;      // a byte of this header, or of this data, is not what was sent
    reg              room_q;     // this WRITE's words go to RAM
    reg              none_q;     // a command about no word
    reg [7:0]        op_q, seq_q, last_q;
    reg [31:0]       word_q;     // the address, later the words; the byte that came last is at the end where the next one enters
    reg [TIME_W:0]   time_q;     // [cycles] until a pause is a pause; negative from then on
    reg              half_q;     // where the next words go
    reg              job_valid_q;

    wire       crc_busy, crc_good;
    wire       byte_state = state_q == REST || state_q == HEAD || state_q == DATA || state_q == COMMAND || state_q == WORDS;
    reg        take;       // there is a byte: a register, like data and bad
    reg  [7:0] data;
    reg        bad;
    wire       pause      = time_q[TIME_W] && !take && !in_valid;
    wire       whole      = crc_good && !bad_q;
    wire       tail       = count_q[10];                                        // in DATA: the CRC's bytes
    wire       word_end   = count_q[1:0] == 2'd3;
    wire       words_end  = word_end && count_q[9:2] == last_q;
    wire       plain_part = state_q == COMMAND || state_q == WORDS;             // most significant byte first

    assign in_ready = byte_state && !crc_busy && !take;

    always @(posedge clk) begin
        take <= in_valid && in_ready && !in_break && !rst;
        data <= in_data;
        bad  <= in_bad;
    end

    // verilator lint_off PINCONNECTEMPTY
    lac_crc32 u_crc (
        .clk(clk), .clear(rst || state_q == REST || (state_q == CHECK && !crc_busy)),
        .in_valid(take && !plain_part), .in_data(data), .busy(crc_busy), .crc(), .good(crc_good)
    );
    // verilator lint_on PINCONNECTEMPTY

    // ---- What ends which part
    wire check   = state_q == CHECK && !crc_busy;
    wire verify  = state_q == VERIFY && !crc_busy;
    reg  is_write;                              // a cycle late: nobody looks before
    always @(posedge clk) is_write <= op_q == WRITE;
    wire request = check && whole && !op_q[7];  // bit 7 would be an answer: ours, come back on an echoing line
    wire offer   = ((request && !is_write) && !job_valid_q)
                || (verify && room_q)
                || (state_q == OFFER && !job_valid_q && !none_q);
    wire cut     = (pause || in_break) && (state_q == HEAD || state_q == DATA);
    wire drop    = cut || (check && !whole) || (verify && !whole);

    always @(posedge clk) begin
        case (state_q)
            REST:
                if (take && !bad) begin
                    if (data == SYNC)                                                 state_q <= HEAD;
                    else if (!framed && !hunt_q && data >= 8'd1 && data <= 8'd4) state_q <= COMMAND;
                end
            HEAD:
                if (take && count_q == 11'd10) state_q <= CHECK;
                else if (pause) state_q <= REST;
            CHECK:
                if (!crc_busy) state_q <= (request && is_write) ? DATA : REST;
            DATA:
                if (take && tail && word_end) state_q <= VERIFY;
                else if (pause) state_q <= REST;
            VERIFY:
                if (!crc_busy) state_q <= REST;
            COMMAND:
                if (take) begin
                    if (bad)                    state_q <= REST;
                    else if (count_q == 11'd4)  state_q <= OFFER;
                end else if (pause) state_q <= REST;
            OFFER:
                if (none_q) state_q <= REST;
                else if (!job_valid_q) state_q <= op_q[0] ? WORDS : SETTLE;
            WORDS:
                if ((take && (bad || words_end)) || pause) state_q <= SETTLE;
            default:  // SETTLE: until the job is done
                if (idle && !job_valid_q) state_q <= REST;
        endcase
        if (in_break) state_q <= (state_q == WORDS || state_q == SETTLE) ? SETTLE : REST;
        if (rst)      state_q <= REST;
    end

    always @(posedge clk) begin
        if (state_q == REST || check || state_q == OFFER) count_q <= 11'd0;
        else if (take && state_q == DATA && !tail && words_end) count_q <= 11'h400;
        else if (take && !(bad && state_q == WORDS)) count_q <= count_q + 11'd1;

        if (state_q == REST || check) bad_q <= 1'b0;
        else if (take && bad)         bad_q <= 1'b1;

        // A pause is counted where something is to come, and from the last byte on
        if (take || !byte_state || cut || (state_q == REST && !hunt_q)) time_q <= PAUSE;
        else if (!time_q[TIME_W])                                       time_q <= time_q - 1'b1;
    end

    always @(posedge clk)
        if (rst || in_break)                                                      hunt_q <= 1'b0;
        else if (framed || cut || (check && !request) || (take && bad))        hunt_q <= 1'b1;
        else if (state_q == REST && pause)                                        hunt_q <= 1'b0;

    // ---- Header and words
    wire plain_head = state_q == COMMAND && count_q == 11'd0;
    wire head_low   = state_q == HEAD && count_q[3:0] < 4'd3;
    wire shift      = take && ((state_q == HEAD && count_q[3:0] >= 4'd3 && count_q[3:0] < 4'd7) || (state_q == COMMAND && !plain_head)
                              || (state_q == DATA && !tail) || state_q == WORDS);

    always @(posedge clk) begin
        if (take && state_q == REST) op_q <= data;  // of a command
        if (take && head_low) begin
            op_q   <= seq_q;
            seq_q  <= last_q;
            last_q <= data;
        end
        if (take && plain_head) begin
            last_q <= data - 8'd1;
            none_q <= data == 8'd0;
        end
        if (shift) word_q <= plain_part ? {word_q[23:0], data} : {data, word_q[31:8]};
    end

    // ---- The word that is complete, to RAM; word_q stays for 9 cycles, or until the parser has it
    reg       we_q;
    reg [7:0] index_q;

    always @(posedge clk) begin
        we_q    <= shift && word_end && ((state_q == DATA && room_q) || (state_q == WORDS && !bad));
        index_q <= count_q[9:2];
        if (rst) we_q <= 1'b0;
    end

    assign ram_we   = we_q;
    assign ram_addr = {half_q, index_q};
    assign ram_data = word_q;

    // ---- The job
    reg        job_plain_q, job_half_q, job_damaged_q;
    reg [7:0]  job_op_q, job_seq_q, job_last_q;
    reg [29:0] job_addr_q;

    wire load = (request || state_q == OFFER) && !job_valid_q;

    always @(posedge clk) begin
        if (rst)           job_valid_q <= 1'b0;
        else if (offer)    job_valid_q <= 1'b1;
        else if (job_take) job_valid_q <= 1'b0;

        if (check) room_q <= !job_valid_q;
        if (load) begin
            job_plain_q <= state_q == OFFER;
            job_op_q    <= op_q;
            job_seq_q   <= seq_q;
            job_last_q  <= last_q;
            job_addr_q  <= (state_q == OFFER) ? word_q[29:0] : word_q[31:2];
            job_half_q  <= half_q;
        end
        if (load || verify) job_damaged_q <= verify && !whole;
    end

    // The half changes when the words of a job are all there
    always @(posedge clk)
        if (rst)                                                              half_q <= 1'b0;
        else if ((offer && state_q != OFFER) || (state_q == SETTLE && idle && !job_valid_q)) half_q <= !half_q;

    assign job_valid   = job_valid_q;
    assign job_plain   = job_plain_q;
    assign job_op      = job_op_q;
    assign job_seq     = job_seq_q;
    assign job_last    = job_last_q;
    assign job_addr    = job_addr_q;
    assign job_half    = job_half_q;
    assign job_damaged = job_damaged_q;
    assign job_more    = state_q == WORDS;
    assign job_fill    = count_q[9:2];

    // ---- Frames dropped
    reg [15:0] errors_q;

    always @(posedge clk)
        if (rst)                     errors_q <= 16'd0;
        else if (drop && !(&errors_q)) errors_q <= errors_q + 16'd1;

    assign frame_errors = errors_q;

endmodule
`default_nettype wire
