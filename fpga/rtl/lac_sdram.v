// SPDX-License-Identifier: Apache-2.0
//
// lac_sdram - controller of one SDR SDRAM, an AXI4 slave
//
//   AR --[cut]--+                                    +--> commands, addresses
//               +--[choose]--> piece --> [schedule] -+--> W data, masks --> DQ
//   AW --[cut]--+                                    +--- DQ --> [beats] --> R
//   W ---[queue]
//
//   Function   INCR bursts of whole beats inside 4096 bytes, aligned addresses (lower bits are ignored), no IDs, any
//              WSTRB; always OKAY. Bursts are cut into pieces of at most PIECE beats. Memory repeats where it ends
//   Address    row | bank | column | byte: a linear stream walks through the banks, each opened ahead
//   Order      reads among themselves, writes among themselves. A read asked for after B sees what B answers
//   Fairness   pieces of one direction follow each other until there are no more, or 16 of them while the other
//              direction waits. A piece starts only when its data are here (write) or there is room for them (read), so
//              a master that stalls one channel never stalls the other
//   Strobes    byte masks (DQM). HAS_DQM = 0, for boards that tie them low: a beat that is not written whole is read,
//              merged and written back, about 30 cycles each
//   Timing     the data-sheet times, rounded up to cycles. SDRAM outputs and the DQ input are registers that no logic
//              follows or precedes, so they fit in the I/O cells. sdram_clk is the board's: the word of a READ that
//              leaves cmd's registers at edge 0 is expected in the DQ input register at edge CAS + 1 + READ_LATE
//   Refresh    each of the REFRESHES rows within REFRESH_NS, although up to 6 of them are postponed under load
//   Reset      rst (or power-up) starts the power-up sequence: INIT_CYCLES, then refreshes and the mode register; the
//              AXI side accepts bursts from the start and answers when that is over (`ready`). Contents survive only
//              by luck
`default_nettype none

module lac_sdram #(
    parameter integer DATA_W     = 64,         // [bits]  AXI: 32, 64, 128, 256, 512
    parameter integer ADDR_W     = 32,         // [bits]
    parameter integer DQ_W       = 16,         // [bits]  SDRAM: 16, 32
    parameter integer ROW_W      = 13,         // [bits]  11 .. 13
    parameter integer COL_W      = 9,          // [bits]  8 .. 10
    parameter integer BANK_W     = 2,          // [bits]
    parameter integer HAS_DQM    = 1,          // 0: the mask pins are not connected
    parameter integer CLOCK_KHZ  = 125000,     // [kHz]   10,000 ..
    parameter integer CAS        = 3,          // [cycles] 2, 3
    parameter integer READ_LATE  = 0,          // [cycles] 0 .. 3
    parameter integer T_RCD      = 21000,      // [ps]    ACTIVATE to READ, WRITE
    parameter integer T_RP       = 21000,      // [ps]    PRECHARGE to ACTIVATE, REFRESH
    parameter integer T_RAS      = 45000,      // [ps]    ACTIVATE to PRECHARGE
    parameter integer T_RC       = 66000,      // [ps]    ACTIVATE to ACTIVATE, same bank
    parameter integer T_RRD      = 15000,      // [ps]    ACTIVATE to ACTIVATE, other bank; at least 2 cycles
    parameter integer T_WR       = 15000,      // [ps]    last word written to PRECHARGE; at least 2 cycles
    parameter integer T_RFC      = 66000,      // [ps]    REFRESH to REFRESH, ACTIVATE
    parameter integer T_MRD      = 15000,      // [ps]    mode register to any command; at least 2 cycles
    parameter integer REFRESH_NS = 64000000,   // [ns]    every row once
    parameter integer REFRESHES  = 8192,       //         in that time
    parameter integer INIT_NS    = 200000,     // [ns]    clock and power stable before the first command
    parameter integer INIT_CYCLES = 0          // [cycles] 0: from INIT_NS; else so many, rounded up (simulation)
) (
    input  wire                clk,
    input  wire                rst,
    output wire                ready,

    input  wire                s_axi_arvalid,
    output wire                s_axi_arready,
    input  wire [ADDR_W-1:0]   s_axi_araddr,
    input  wire [7:0]          s_axi_arlen,
    output wire                s_axi_rvalid,
    input  wire                s_axi_rready,
    output wire [DATA_W-1:0]   s_axi_rdata,
    output wire [1:0]          s_axi_rresp,
    output wire                s_axi_rlast,

    input  wire                s_axi_awvalid,
    output wire                s_axi_awready,
    input  wire [ADDR_W-1:0]   s_axi_awaddr,
    input  wire [7:0]          s_axi_awlen,
    input  wire                s_axi_wvalid,
    output wire                s_axi_wready,
    input  wire [DATA_W-1:0]   s_axi_wdata,
    input  wire [DATA_W/8-1:0] s_axi_wstrb,
    output wire                s_axi_bvalid,
    input  wire                s_axi_bready,
    output wire [1:0]          s_axi_bresp,

    output wire                sdram_cke,
    output wire                sdram_cs_n,
    output wire                sdram_ras_n,
    output wire                sdram_cas_n,
    output wire                sdram_we_n,
    output wire [BANK_W-1:0]   sdram_ba,
    output wire [ROW_W-1:0]    sdram_a,
    output wire [DQ_W/8-1:0]   sdram_dqm,
    output wire [DQ_W-1:0]     sdram_dq_o,
    output wire                sdram_dq_oe,
    input  wire [DQ_W-1:0]     sdram_dq_i
);

`include "lac_clog2.vh"
    // Cycles that last at least so many picoseconds.
    function integer cycles(input integer ps, input integer least);
        reg [63:0] n;
        begin
            n = ({32'd0, ps} * {32'd0, CLOCK_KHZ} + 64'd999999999) / 64'd1000000000;
            cycles = (n > 64'd100000) ? 100000 : (n[31:0] > least) ? n[31:0] : least;
        end
    endfunction
    // Cycles that last at most so many nanoseconds divided by `parts`.
    function integer every(input integer ns, input integer parts);
        reg [63:0] n;
        begin
            n = {32'd0, ns} * {32'd0, CLOCK_KHZ} / 64'd1000000 / {32'd0, parts};
            every = (n > 64'd100000000) ? 100000000 : n[31:0];
        end
    endfunction

    // What is postponed (6, and what becomes due until the pieces on their way are done) must not make a row wait
    // longer than REFRESH_NS: so 8 more refreshes in that time.
    localparam integer POSTPONE = 6;
    localparam integer REFI     = every(REFRESH_NS, REFRESHES + 8);
    localparam integer INIT     = (INIT_CYCLES != 0) ? INIT_CYCLES : every(INIT_NS, 1) + 1;
    localparam integer POWER_UP = (INIT + REFI - 1) / REFI + 1;  // the first may be a short one

    localparam integer WORDS     = DATA_W / DQ_W;              // of a beat
    localparam integer WORDS_LOG = (WORDS > 1) ? clog2(WORDS) : 0;
    localparam integer BURST_LOG = (WORDS_LOG > 3) ? 3 : WORDS_LOG;
    localparam integer BURST     = 1 << BURST_LOG;             // words a column command
    localparam integer SUB_W     = WORDS_LOG - BURST_LOG;      // column commands a beat, log2
    localparam integer PIECE     = 8 >> SUB_W;                 // [beats] 8 column commands
    localparam integer COLS_W    = COL_W - BURST_LOG;
    localparam integer BYTES_LOG = clog2(DATA_W / 8);
    localparam integer COL_BEATS = COL_W - WORDS_LOG;          // [bits] of a beat's number in a row
    localparam integer BEAT_W    = ROW_W + BANK_W + COL_BEATS;
    localparam integer PAGE_W    = 12 - BYTES_LOG;
    localparam integer N_W       = 4;
    localparam integer ROOM_W    = 3 - SUB_W;                  // log2(PIECE)
    localparam integer DEPTH_W   = ROOM_W + 3;                 // [log2, beats] of the queues: 8 pieces
    localparam integer DEPTH     = 1 << DEPTH_W;
    localparam integer LEVEL_W   = DEPTH_W + 2;                // the write queue's output registers hold some more
    localparam integer STRB_W    = DATA_W / 8;
    localparam integer MASK_W    = DQ_W / 8;

    // ---- Bursts to pieces
    wire              ar_soon, ar_last, ar_take, aw_valid, aw_last, aw_take, unused_ar, unused_aw;
    wire [BEAT_W-1:0] ar_beat, aw_beat;
    wire [N_W-1:0]    ar_beats, aw_beats;
    wire              aw_fits, b_full;

    lac_sdram_cut #(.BEAT_W(BEAT_W), .PAGE_W(PAGE_W), .PIECE(PIECE), .N_W(N_W)) u_ar (
        .clk(clk), .rst(rst),
        .in_valid(s_axi_arvalid), .in_ready(s_axi_arready),
        .in_beat(s_axi_araddr[BYTES_LOG +: BEAT_W]), .in_len(s_axi_arlen),
        .out_soon(ar_soon), .out_valid(unused_ar), .out_beat(ar_beat), .out_beats(ar_beats), .out_last(ar_last),
        .take(ar_take), .take_beats(ar_beats), .take_all(1'b1)
    );
    lac_sdram_cut #(.BEAT_W(BEAT_W), .PAGE_W(PAGE_W), .PIECE(PIECE), .N_W(N_W)) u_aw (
        .clk(clk), .rst(rst),
        .in_valid(s_axi_awvalid && !b_full), .in_ready(aw_fits),
        .in_beat(s_axi_awaddr[BYTES_LOG +: BEAT_W]), .in_len(s_axi_awlen),
        .out_soon(unused_aw), .out_valid(aw_valid), .out_beat(aw_beat), .out_beats(aw_beats), .out_last(aw_last),
        .take(aw_take), .take_beats(w_beats_q), .take_all(w_ends_q)
    );
    assign s_axi_awready = aw_fits && !b_full;

    // ---- Write data wait in a queue; a piece is ready when all of its beats are there
    wire               w_push = s_axi_wvalid && s_axi_wready;
    wire               w_fits, w_pop, unused_valid;
    wire [DATA_W-1:0]  w_data;
    wire [STRB_W-1:0]  w_strb;
    reg  [LEVEL_W-1:0] w_free_q;   // [beats] whole ones, in no piece yet
    reg                w_whole_q;  // .. and one that came in the last cycle
    reg                w_ready_q;  // a piece of w_beats_q can go
    reg  [N_W-1:0]     w_beats_q;
    reg                w_ends_q;   // .. and it is all of what is on offer
    wire               w_part;     // a beat that is not whole came: the newest one, and none after it
    wire               w_merge;    // the piece is that beat
    wire               w_fetch;    // .. but first a read of it
    wire               w_wait;     // .. which is on its way

    // A piece's beats have left the RAM long before the first of them is sent.
    lac_sdram_fifo #(.W(DATA_W + STRB_W), .DEPTH_W(DEPTH_W)) u_w (
        .clk(clk), .rst(rst),
        .push(w_push), .in_data({s_axi_wstrb, s_axi_wdata}), .in_ready(w_fits),
        .out_valid(unused_valid), .out_data({w_strb, w_data}), .pop(w_pop)
    );
    assign s_axi_wready = w_fits && !w_part;

    wire go_read, go_write;  // a piece is chosen, every other cycle at the most: in the next one nothing about pieces is looked at
    reg  went_q;             // .. and that is now
    wire w_whole = w_push && (HAS_DQM != 0 || s_axi_wstrb == {STRB_W{1'b1}});
    wire w_some  = w_free_q != 0;
    wire w_all   = w_free_q >= {{(LEVEL_W - N_W){1'b0}}, aw_beats};
    reg  w_gone_q, r_gone_q;  // the piece chosen in the last cycle takes its beats out of the account: in time for the next one
    reg  [N_W-1:0]     p_beats_q;
    wire [LEVEL_W-1:0] p_beats = {{(LEVEL_W - N_W){1'b0}}, p_beats_q};

    assign aw_take = go_write && !w_fetch;

    always @(posedge clk)
        if (rst) begin
            w_free_q  <= 0;
            w_ready_q <= 1'b0;
            w_gone_q  <= 1'b0;
            w_whole_q <= 1'b0;
        end else begin
            w_whole_q <= w_whole;
            w_free_q  <= w_free_q + {{(LEVEL_W - 1){1'b0}}, w_whole_q} - (w_gone_q ? p_beats : {LEVEL_W{1'b0}});
            w_gone_q  <= go_write && !w_merge;
            w_ready_q <= aw_valid && !went_q && (w_all || (w_part && !w_whole_q && (w_some || !w_wait)));
        end

    always @(posedge clk) begin
        w_beats_q <= w_all ? aw_beats : w_some ? w_free_q[N_W-1:0] : {{(N_W - 1){1'b0}}, 1'b1};
        w_ends_q  <= w_all || aw_beats == {{(N_W - 1){1'b0}}, 1'b1};  // some, but fewer than one, are none: the merged beat
    end

    // ---- A beat that is not written whole, where the SDRAM gets no byte masks: read, merge, write
    wire              fetched;  // `beat_q` is what was read for it
    reg  [DATA_W-1:0] beat_q;   // the last words that came
    wire [DATA_W-1:0] w_word;   // the beat to write
    wire              col_tag;
    genvar i;
    generate
        if (HAS_DQM != 0) begin : g_masks
            assign w_part  = 1'b0;
            assign w_merge = 1'b0;
            assign w_fetch = 1'b0;
            assign w_wait  = 1'b0;
            assign w_word  = w_data;
        end else begin : g_merge
            localparam [1:0] S_FETCH = 2'd0, S_WAIT = 2'd1, S_WRITE = 2'd2;
            reg              part_q, merge_q, fetch_q;
            reg              gone_q;  // a piece for it was chosen in the last cycle
            reg [1:0]        step_q;
            reg [DATA_W-1:0] old_q;
            assign w_part  = part_q;
            assign w_merge = merge_q;
            assign w_fetch = fetch_q;
            assign w_wait  = step_q == S_WAIT;
            always @(posedge clk)
                if (rst) begin
                    part_q <= 1'b0;
                    gone_q <= 1'b0;
                    step_q <= S_FETCH;
                end else begin
                    gone_q <= go_write && w_merge;
                    if (w_push)                           part_q <= !w_whole;
                    else if (gone_q && step_q != S_FETCH) part_q <= 1'b0;
                    if (gone_q)       step_q <= (step_q == S_FETCH) ? S_WAIT : S_FETCH;
                    else if (fetched) step_q <= S_WRITE;
                end
            always @(posedge clk) begin
                merge_q <= !w_all && !w_some;
                fetch_q <= !w_all && !w_some && step_q == S_FETCH;
                if (fetched) old_q <= beat_q;
            end
            for (i = 0; i < STRB_W; i = i + 1) begin : g_byte
                assign w_word[8*i +: 8] = (col_tag && !w_strb[i]) ? old_q[8*i +: 8] : w_data[8*i +: 8];
            end
        end
    endgenerate

    // ---- B: the last piece of a burst is on its way, and whatever is asked for from now on comes after it. One more may have been
    // taken while it was counted
    reg [2:0] b_q;
    reg       b_more_q;
    wire      b_less = s_axi_bvalid && s_axi_bready;

    assign b_full       = b_q[2];
    assign s_axi_bvalid = b_q != 3'd0;
    assign s_axi_bresp  = 2'b00;

    always @(posedge clk)
        if (rst) begin
            b_q      <= 3'd0;
            b_more_q <= 1'b0;
        end else begin
            b_more_q <= aw_take && aw_last && w_ends_q;
            if (b_more_q != b_less) b_q <= b_more_q ? b_q + 3'd1 : b_q - 3'd1;
        end

    // ---- R: room is set aside before a piece is chosen
    reg  [LEVEL_W-1:0] r_free_q;  // [beats]
    wire               r_put, r_put_last, unused_fits;
    wire               r_less = s_axi_rvalid && s_axi_rready;
    wire               r_room = r_free_q[LEVEL_W-1:ROOM_W] != 0;
    reg                r_ready_q;  // a piece has room

    lac_sdram_fifo #(.W(DATA_W + 1), .DEPTH_W(DEPTH_W)) u_r (
        .clk(clk), .rst(rst),
        .push(r_put), .in_data({r_put_last, beat_q}), .in_ready(unused_fits),
        .out_valid(s_axi_rvalid), .out_data({s_axi_rlast, s_axi_rdata}), .pop(r_less)
    );
    assign s_axi_rresp = 2'b00;
    assign ar_take     = go_read;

    always @(posedge clk)
        if (rst) begin
            r_free_q  <= DEPTH[LEVEL_W-1:0];
            r_gone_q  <= 1'b0;
            r_ready_q <= 1'b0;
        end else begin
            r_free_q  <= r_free_q + {{(LEVEL_W - 1){1'b0}}, r_less} - (r_gone_q ? p_beats : {LEVEL_W{1'b0}});
            r_gone_q  <= go_read;
            r_ready_q <= ar_soon && !went_q && r_room;
        end

    // ---- The next piece: which direction
    reg              write_q;    // the direction of the last one
    reg [4:0]        group_q;    // pieces since the last turn; from 16 on the other direction may have its turn
    reg              calm_q;     // the scheduler had nothing to prepare
    reg              p_valid_q, p_write_q, p_tag_q, p_last_q;
    reg [BEAT_W-1:0] p_beat_q;
    wire             p_ready, waiting, hold;

    wire can_read  = r_ready_q;
    wire can_write = w_ready_q;
    wire can_stay  = write_q ? can_write : can_read;
    wire can_turn  = write_q ? can_read : can_write;
    // Nothing of this direction for the moment: time enough to turn when the scheduler has nothing to prepare either.
    wire turn      = can_turn && (group_q[4] || (!can_stay && calm_q));
    wire pick      = write_q ^ turn;
    wire go        = !p_valid_q && !hold;
    wire choose    = go && (can_stay || turn);

    assign go_read  = go && can_read && !pick;
    assign go_write = go && can_write && pick;

    always @(posedge clk)
        if (rst) begin
            p_valid_q <= 1'b0;
            write_q   <= 1'b0;
            group_q   <= 5'd1;
            went_q    <= 1'b0;
        end else begin
            went_q <= choose;
            calm_q <= !waiting;
            if (choose) begin
                p_valid_q <= 1'b1;
                write_q   <= pick;
                if (turn)             group_q <= 5'd1;
                else if (!group_q[4]) group_q <= group_q + 5'd1;
            end else if (p_ready) p_valid_q <= 1'b0;
        end

    always @(posedge clk) if (!p_valid_q) begin
        p_write_q <= pick && !w_fetch;
        p_tag_q   <= pick && w_merge;
        p_last_q  <= ar_last;
        p_beat_q  <= pick ? aw_beat : ar_beat;
        p_beats_q <= pick ? w_beats_q : ar_beats;
    end

    // ---- Commands
    wire [2:0]        cmd;
    wire [BANK_W-1:0] cmd_bank;
    wire [ROW_W-1:0]  cmd_addr;
    wire              col_write, col_begin, col_end, col_last;
    wire [COLS_W-1:0] p_col;
    wire [2:0]        p_left;  // PIECE beats are 8 column commands
    generate
        if (SUB_W > 0) begin : g_sub
            assign p_col  = {p_beat_q[COL_BEATS-1:0], {SUB_W{1'b0}}};
            assign p_left = {p_beats_q[2-SUB_W:0], {SUB_W{1'b0}}} - 3'd1;
        end else begin : g_one
            assign p_col  = p_beat_q[COL_BEATS-1:0];
            assign p_left = p_beats_q[2:0] - 3'd1;
        end
    endgenerate

    lac_sdram_sched #(
        .ROW_W(ROW_W), .BANK_W(BANK_W), .COL_W(COL_W), .BURST_LOG(BURST_LOG), .SUB_W(SUB_W), .CAS(CAS),
        .RCD(cycles(T_RCD, 1)), .RP(cycles(T_RP, 1)), .RAS(cycles(T_RAS, 1)), .RC(cycles(T_RC, 1)),
        .RRD(cycles(T_RRD, 2)), .WR(cycles(T_WR, 2)), .RFC(cycles(T_RFC, 1)), .MRD(cycles(T_MRD, 2)),
        .REFI(REFI), .POSTPONE(POSTPONE), .POWER_UP(POWER_UP)
    ) u_sched (
        .clk(clk), .rst(rst), .ready(ready),
        .piece_valid(p_valid_q), .piece_ready(p_ready), .piece_write(p_write_q), .piece_tag(p_tag_q), .piece_last(p_last_q),
        .piece_row(p_beat_q[BEAT_W-1 -: ROW_W]), .piece_bank(p_beat_q[COL_BEATS +: BANK_W]), .piece_col(p_col), .piece_left(p_left),
        .waiting(waiting), .hold(hold),
        .cmd(cmd), .cmd_bank(cmd_bank), .cmd_addr(cmd_addr),
        .col_write(col_write), .col_begin(col_begin), .col_end(col_end), .col_tag(col_tag), .col_last(col_last)
    );

    // A cycle later the words of a write stand in send_q, and another one later all of it is in the I/O cells.
    reg [2:0]        cmd_q, pin_cmd_q;
    reg [BANK_W-1:0] bank_q, pin_bank_q;
    reg [ROW_W-1:0]  addr_q, pin_addr_q;
    reg [DATA_W-1:0] send_q;
    reg [STRB_W-1:0] mask_q;  // 1: leave the byte alone
    reg [BURST-1:0]  run_q;   // words of a column command to go
    reg [DQ_W-1:0]   pin_dq_q, dq_q;
    reg [MASK_W-1:0] pin_dqm_q;
    reg              pin_oe_q;

    assign w_pop = col_write && col_begin;

    // What moves up behind the last word is void.
    wire [DATA_W+DQ_W-1:0] shifted = {w_word[DATA_W-1 -: DQ_W], send_q};

    initial begin  // no command and no driver between configuration and the first reset
        pin_cmd_q = 3'b111;
        pin_oe_q  = 1'b0;
    end

    always @(posedge clk) begin
        bank_q     <= cmd_bank;
        addr_q     <= cmd_addr;
        pin_bank_q <= bank_q;
        pin_addr_q <= addr_q;
        send_q     <= w_pop ? w_word : shifted[DQ_W +: DATA_W];
        pin_dq_q   <= send_q[DQ_W-1:0];
        dq_q       <= sdram_dq_i;
        if (w_pop)    mask_q <= ~w_strb;
        else if (rst) mask_q <= 0;
        else          mask_q <= mask_q >> MASK_W;
        if (rst) begin
            cmd_q     <= 3'b111;
            pin_cmd_q <= 3'b111;
            run_q     <= 0;
            pin_oe_q  <= 1'b0;
            pin_dqm_q <= {MASK_W{HAS_DQM != 0}};
        end else begin
            cmd_q     <= cmd;
            pin_cmd_q <= cmd_q;
            run_q     <= col_write ? {BURST{1'b1}} : run_q << 1;
            pin_oe_q  <= run_q[BURST-1];
            pin_dqm_q <= (HAS_DQM != 0) ? mask_q[MASK_W-1:0] | {MASK_W{!ready}} : {MASK_W{1'b0}};
        end
    end

    assign sdram_cke   = 1'b1;
    assign sdram_cs_n  = 1'b0;  // tied low on some boards: nothing here needs it
    assign {sdram_ras_n, sdram_cas_n, sdram_we_n} = pin_cmd_q;
    assign sdram_ba    = pin_bank_q;
    assign sdram_a     = pin_addr_q;
    assign sdram_dqm   = pin_dqm_q;
    assign sdram_dq_o  = pin_dq_q;
    assign sdram_dq_oe = pin_oe_q;

    // ---- Words that come to beats: the mark of a READ arrives with the last word of its beat
    localparam integer DELAY = CAS + BURST + 3 + READ_LATE;
    reg [DELAY-1:0] mark_q, last_q, tag_q;

    generate
        if (WORDS > 1) begin : g_words
            always @(posedge clk) beat_q <= {dq_q, beat_q[DATA_W-1:DQ_W]};
        end else begin : g_word
            always @(posedge clk) beat_q <= dq_q;
        end
    endgenerate

    always @(posedge clk) begin
        mark_q <= rst ? {DELAY{1'b0}} : {mark_q[DELAY-2:0], col_end};
        last_q <= {last_q[DELAY-2:0], col_last};
        tag_q  <= {tag_q[DELAY-2:0], col_tag};
    end
    assign r_put      = mark_q[DELAY-1] && !tag_q[DELAY-1];
    assign r_put_last = last_q[DELAY-1];
    assign fetched    = mark_q[DELAY-1] && tag_q[DELAY-1];

    wire unused_ok = &{1'b0, s_axi_araddr, s_axi_awaddr, fetched, p_beats_q, unused_fits, unused_valid, unused_ar, unused_aw, shifted};

endmodule
`default_nettype wire
