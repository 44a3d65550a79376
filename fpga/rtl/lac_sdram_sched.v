// SPDX-License-Identifier: Apache-2.0
//
// lac_sdram_sched - pieces of bursts in, SDRAM commands out: power-up, open rows, look-ahead, refresh
//
//   piece --> [ next: look up its bank, precharge, activate ] --> [ current: column commands ] --> command
//
//   Function   pieces are served in their order. A piece lies in one row. While the current piece's column commands
//              go out, one every BURST cycles, the next piece's row is opened in the cycles between them
//   Rows       stay open until another row of the bank is wanted, or a refresh
//   Refresh    one becomes due every REFI cycles. Due ones are made up for when nothing waits, at the latest when
//              POSTPONE are due: then no piece is taken until all of them are done
//   Timing     a command is decided, and stands in cmd_* one cycle later
//   Handshake  piece: valid && ready; `col_*` are strobes that go with the command in cmd_*
//   Reset      starts the power-up sequence: wait, precharge all, 8 refreshes, mode register; that is longer than any wait left over
`default_nettype none

module lac_sdram_sched #(
    parameter integer ROW_W     = 13,    // [bits]
    parameter integer BANK_W    = 2,     // [bits]
    parameter integer COL_W     = 9,     // [bits]   8 .. 10
    parameter integer BURST_LOG = 2,     // [log2]   words a column command, 1 .. 8
    parameter integer SUB_W     = 0,     // [bits]   column commands a beat, log2
    parameter integer CAS       = 3,     // [cycles] 2, 3
    parameter integer RCD       = 3,     // [cycles] all of these >= 1
    parameter integer RP        = 3,
    parameter integer RAS       = 6,
    parameter integer RC        = 9,
    parameter integer RRD       = 2,
    parameter integer WR        = 2,
    parameter integer RFC       = 9,
    parameter integer MRD       = 2,
    parameter integer REFI      = 970,   // [cycles] from one refresh that becomes due to the next
    parameter integer POSTPONE  = 6,     // 1 .. 7
    parameter integer POWER_UP  = 26     // [REFI]   before the first command
) (
    input  wire                             clk,
    input  wire                             rst,
    output wire                             ready,        // the power-up sequence is over

    input  wire                             piece_valid,
    output wire                             piece_ready,
    input  wire                             piece_write,
    input  wire                             piece_tag,    // comes back in col_tag
    input  wire                             piece_last,   // comes back in col_last
    input  wire [ROW_W-1:0]                 piece_row,
    input  wire [BANK_W-1:0]                piece_bank,
    input  wire [COL_W-BURST_LOG-1:0]       piece_col,    // column / words a column command
    input  wire [2:0]                       piece_left,   // column commands - 1
    output wire                             waiting,      // the next piece is here and not yet the current one
    output wire                             hold,         // take no more pieces for now

    output wire [2:0]                       cmd,          // RAS#, CAS#, WE#
    output wire [BANK_W-1:0]                cmd_bank,
    output wire [ROW_W-1:0]                 cmd_addr,
    output wire                             col_write,    // cmd is a WRITE
    output wire                             col_begin,    // .. whose first word begins a beat
    output wire                             col_end,      // cmd is a READ whose last word ends a beat
    output wire                             col_tag,
    output wire                             col_last      // .. the last beat of a burst
);

`include "lac_clog2.vh"
    localparam integer BANKS  = 1 << BANK_W;
    localparam integer BURST  = 1 << BURST_LOG;
    localparam integer COLS_W = COL_W - BURST_LOG;
    localparam integer LEFT_W = 3;  // a piece has 8 column commands at the most

    // tRC is kept by tRAS and tRP together: a row is closed later where their sum is less.
    localparam integer RAS_I   = (RAS + RP < RC) ? RC - RP : RAS;
    localparam integer WREC_I  = (BURST + WR > 3) ? BURST + WR - 3 : 0;  // WRITE to PRECHARGE, less two
    localparam integer RREC_I  = (BURST > 2) ? BURST - 2 : 0;           // READ to PRECHARGE, less two
    localparam integer CLEAR_I = CAS + BURST;  // READ to WRITE, less one: the last word read, and a cycle to let go
    localparam integer MODE_I  = (RFC > RP && RFC > MRD) ? RFC : (RP > MRD) ? RP : MRD;
    localparam integer MODE_W  = clog2(MODE_I + 1);
    localparam integer REFI_W  = clog2(REFI + 1);
    localparam integer UP_W    = clog2(POWER_UP + 1);

    // Short waits are rows of ones that leave at the bottom: over when bit 0 is clear. They need no reset.
    localparam integer RCD_I   = (RCD > 2) ? RCD - 2 : 0;
    localparam integer RP_I    = RP - 1;
    localparam integer RAS_J   = (RAS_I > 2) ? RAS_I - 2 : 0;
    localparam integer RRD_I   = RRD - 1;
    localparam integer GAP_I   = BURST - 1;
    localparam integer WREC_J  = (WREC_I > 1) ? WREC_I : 1;
    localparam integer RREC_J  = (RREC_I > 1) ? RREC_I : 1;
    localparam integer WAIT_I  = (RP_I > RCD_I) ? RP_I : RCD_I;
    localparam integer WAIT_W  = (WAIT_I > 0) ? WAIT_I : 1;
    localparam integer RAS_W   = (RAS_J > 0) ? RAS_J : 1;
    localparam integer RRD_W   = (RRD_I > 0) ? RRD_I : 1;
    localparam integer GAP_W   = (GAP_I > 0) ? GAP_I : 1;
    localparam integer CLEAR_W = CLEAR_I;
    localparam integer REC_W   = (WREC_J > RREC_J) ? WREC_J : RREC_J;
    function [63:0] ones(input integer n);
        ones = (64'd1 << n) - 64'd1;
    endfunction
    localparam [63:0]  RCD_1 = ones(RCD_I), RP_1 = ones(RP_I), RAS_1 = ones(RAS_J), RRD_1 = ones(RRD_I), GAP_1 = ones(GAP_I), CLEAR_1 = ones(CLEAR_I),
                       WREC_1 = ones(WREC_J), RREC_1 = ones(RREC_J);
    // Long ones count down until they are negative.
    localparam integer MODE_RP = RP - 2, MODE_RFC = RFC - 2, MODE_MRD = MRD - 2, TICK = REFI - 2;
    localparam integer BL_CODE = BURST_LOG;

    localparam [2:0] NOP = 3'b111, ACTIVATE = 3'b011, READ = 3'b101, WRITE = 3'b100, PRECHARGE = 3'b010,
                     REFRESH = 3'b001, SET_MODE = 3'b000;
    // Mode register: sequential bursts, writes as long as reads.
    localparam [9:0] MODE = {3'b000, CAS[2:0], 1'b0, BL_CODE[2:0]};

    wire col_go, pre_go, act_go;

    // ---- The housekeeper: power-up, then a round of refreshes now and then
    localparam [2:0] M_POWER = 3'd0, M_CLOSE = 3'd1, M_REFRESH = 3'd2, M_MODE = 3'd3, M_LEAVE = 3'd4, M_RUN = 3'd5;
    reg [2:0]        mode_q;
    reg              up_q;        // the mode register is set
    reg [MODE_W:0]   pause_q;     // [cycles] until the housekeeper's next command, less one
    reg [REFI_W:0]   tick_q;
    reg              ticked_q;    // one more is due
    reg [3:0]        due_q;       // refreshes due
    reg [UP_W-1:0]   power_q;     // [REFI] of the wait left
    reg              urgent_q, quiet_q;

    wire idle;  // no piece here, no row that could not be closed
    wire paused  = !pause_q[MODE_W];
    wire tick    = tick_q[REFI_W];
    wire close   = mode_q == M_CLOSE && !paused;
    wire refresh = mode_q == M_REFRESH && !paused;
    wire setmode = mode_q == M_MODE && !paused;
    wire running = mode_q == M_RUN;
    wire begin_round = running && quiet_q && !n_valid_q && !piece_valid && due_q != 4'd0;

    assign ready = up_q;
    assign hold  = urgent_q || !running;

    always @(posedge clk) begin
        tick_q   <= tick ? TICK[REFI_W:0] : tick_q - 1'b1;
        ticked_q <= tick;
        urgent_q <= due_q >= POSTPONE[3:0];
        quiet_q  <= idle;
        if (rst) begin
            tick_q   <= TICK[REFI_W:0];
            ticked_q <= 1'b0;
            urgent_q <= 1'b0;
            quiet_q  <= 1'b0;
        end
    end

    always @(posedge clk)
        if (rst) begin
            mode_q  <= M_POWER;
            up_q    <= 1'b0;
            pause_q <= {(MODE_W + 1){1'b1}};
            due_q   <= 4'd8;  // those of the power-up sequence
            power_q <= POWER_UP[UP_W-1:0];
        end else begin
            if (paused) pause_q <= pause_q - 1'b1;
            if (mode_q == M_POWER && ticked_q) power_q <= power_q - 1'b1;
            if (refresh != (ticked_q && up_q)) due_q <= refresh ? due_q - 4'd1 : due_q + 4'd1;

            case (mode_q)
            M_POWER: if (power_q == 0) mode_q <= M_CLOSE;
            M_CLOSE: if (close) begin
                mode_q  <= M_REFRESH;
                pause_q <= MODE_RP[MODE_W:0];
            end
            M_REFRESH: if (refresh) begin
                if (due_q == 4'd1) mode_q <= up_q ? M_LEAVE : M_MODE;
                pause_q <= MODE_RFC[MODE_W:0];
            end
            M_MODE: if (setmode) begin
                mode_q  <= M_LEAVE;
                pause_q <= MODE_MRD[MODE_W:0];
                up_q    <= 1'b1;
            end
            M_LEAVE: if (!paused) mode_q <= M_RUN;
            default: if (begin_round) mode_q <= M_CLOSE;
            endcase
        end

    // ---- The next piece: its row is made ready
    localparam [2:0] N_LOOK = 3'd0, N_CHECK = 3'd1, N_CLOSE = 3'd2, N_OPEN = 3'd3, N_WAIT = 3'd4;
    reg              n_valid_q, n_write_q, n_tag_q, n_last_q, n_hit_q, n_open_q, n_may_close_q;
    reg [2:0]        n_state_q;
    reg [ROW_W-1:0]  n_row_q;
    reg [BANK_W-1:0] n_bank_q;
    reg [COLS_W-1:0] n_col_q;
    reg [LEFT_W-1:0] n_left_q;
    reg [WAIT_W-1:0] n_pause_q;

    reg [ROW_W-1:0]  row_of [0:BANKS-1];  // the open row of each bank
    reg [BANKS-1:0]  open_q;
    wire [BANKS-1:0] busy;                // may not be closed yet
    reg [RAS_W-1:0]  ras_q;               // since the last ACTIVATE, of whatever bank
    reg [RRD_W-1:0]  rrd_q;

    reg              c_valid_q, c_write_q, c_tag_q, c_last_q, c_end_q;  // c_end_q: its last column command is next
    reg [BANK_W-1:0] c_bank_q;
    reg [COLS_W-1:0] c_col_q;
    reg [LEFT_W-1:0] c_left_q;

    wire n_paused = n_pause_q[0];
    wire n_ready  = (n_state_q == N_CHECK && n_hit_q) || (n_state_q == N_WAIT && !n_paused);  // without n_valid_q the state is N_LOOK
    wire c_free   = !c_valid_q || (col_go && c_end_q);
    wire move     = n_ready && c_free;

    assign pre_go = n_state_q == N_CLOSE && n_may_close_q && !col_go;
    assign act_go = n_state_q == N_OPEN && !n_paused && !rrd_q[0] && !col_go;

    // No piece is offered in the cycle in which a round of refreshes begins.
    assign piece_ready = running && (!n_valid_q || move);
    assign waiting     = n_valid_q;
    wire   load        = piece_valid && piece_ready;

    always @(posedge clk)
        if (rst) begin
            n_valid_q <= 1'b0;
            n_state_q <= N_LOOK;
        end else begin
            if (load)      n_valid_q <= 1'b1;
            else if (move) n_valid_q <= 1'b0;
            if (move) n_state_q <= N_LOOK;
            else case (n_state_q)
                N_LOOK:  if (n_valid_q) n_state_q <= N_CHECK;
                N_CHECK: n_state_q <= n_hit_q ? N_WAIT : n_open_q ? N_CLOSE : N_OPEN;
                N_CLOSE: if (pre_go) n_state_q <= N_OPEN;
                N_OPEN:  if (act_go) n_state_q <= N_WAIT;
                default: ;
            endcase
        end

    always @(posedge clk) n_pause_q <= pre_go ? RP_1[WAIT_W-1:0] : act_go ? RCD_1[WAIT_W-1:0] : n_pause_q >> 1;

    // Only this piece opens and closes rows, so what was looked up stays true. What allows to close is a cycle old:
    // a bank becomes busy only by column commands of the current piece, which forbids it itself.
    always @(posedge clk) begin
        if (load) begin
            n_write_q <= piece_write;
            n_tag_q   <= piece_tag;
            n_last_q  <= piece_last;
            n_row_q   <= piece_row;
            n_bank_q  <= piece_bank;
            n_col_q   <= piece_col;
            n_left_q  <= piece_left;
        end
        n_hit_q       <= open_q[n_bank_q] && row_of[n_bank_q] == n_row_q;
        n_open_q      <= open_q[n_bank_q];
        n_may_close_q <= !busy[n_bank_q] && !ras_q[0] && !(c_valid_q && c_bank_q == n_bank_q);
        if (act_go) row_of[n_bank_q] <= n_row_q;
    end

    // ---- Banks
    always @(posedge clk) begin
        ras_q <= act_go ? RAS_1[RAS_W-1:0] : ras_q >> 1;
        rrd_q <= act_go ? RRD_1[RRD_W-1:0] : rrd_q >> 1;
        if (act_go) open_q[n_bank_q] <= 1'b1;
        if (pre_go) open_q[n_bank_q] <= 1'b0;
        if (rst || close) open_q <= 0;
    end

    genvar b;
    generate
        for (b = 0; b < BANKS; b = b + 1) begin : g_bank
            localparam integer NUMBER = b;
            reg [REC_W-1:0] rec_q;  // until the last column command lets the bank be closed
            wire            mine = col_go && c_bank_q == NUMBER[BANK_W-1:0];
            always @(posedge clk) rec_q <= !mine ? rec_q >> 1 : c_write_q ? WREC_1[REC_W-1:0] : RREC_1[REC_W-1:0];
            assign busy[b] = rec_q[0];
        end
    endgenerate

    assign idle = !n_valid_q && !c_valid_q && busy == 0 && !ras_q[0];

    // ---- The current piece: a column command every BURST cycles
    reg [GAP_W-1:0]   gap_q;
    reg [CLEAR_W-1:0] clear_q;  // until the data of reads are off the bus

    assign col_go = c_valid_q && !gap_q[0] && (!c_write_q || !clear_q[0]);

    always @(posedge clk)
        if (rst)         c_valid_q <= 1'b0;
        else if (c_free) c_valid_q <= n_ready;

    always @(posedge clk) begin
        gap_q   <= col_go ? GAP_1[GAP_W-1:0] : gap_q >> 1;
        clear_q <= (col_go && !c_write_q) ? CLEAR_1[CLEAR_W-1:0] : clear_q >> 1;
    end

    always @(posedge clk)
        if (c_free) begin
            c_write_q <= n_write_q;
            c_tag_q   <= n_tag_q;
            c_last_q  <= n_last_q;
            c_bank_q  <= n_bank_q;
            c_col_q   <= n_col_q;
            c_left_q  <= n_left_q;
            c_end_q   <= n_left_q == 0;
        end else if (col_go) begin
            c_col_q  <= c_col_q + 1'b1;
            c_left_q <= c_left_q - 1'b1;
            c_end_q  <= c_left_q == 3'd1;
        end

    // ---- The command
    wire sub_first, sub_end;  // where in its beat the column command is
    generate
        if (SUB_W > 0) begin : g_sub
            assign sub_first = c_col_q[SUB_W-1:0] == {SUB_W{1'b0}};
            assign sub_end   = c_col_q[SUB_W-1:0] == {SUB_W{1'b1}};
        end else begin : g_whole
            assign sub_first = 1'b1;
            assign sub_end   = 1'b1;
        end
    endgenerate

    // One expression for the address: of commands without one the bits mean nothing. A10: precharge every bank.
    wire [ROW_W-1:0] col_addr = {{(ROW_W - COLS_W){1'b0}}, c_col_q} << BURST_LOG;
    wire [ROW_W-1:0] not_col  = setmode ? {{(ROW_W - 10){1'b0}}, MODE} : n_row_q;

    reg [2:0]        cmd_q;
    reg [BANK_W-1:0] bank_q;
    reg [ROW_W-1:0]  addr_q;
    reg              write_q, begin_q, end_q, tag_q, last_q;

    always @(posedge clk) begin
        cmd_q  <= col_go  ? (c_write_q ? WRITE : READ)
                : pre_go  ? PRECHARGE : act_go  ? ACTIVATE
                : close   ? PRECHARGE : refresh ? REFRESH : setmode ? SET_MODE : NOP;
        bank_q <= col_go ? c_bank_q : setmode ? {BANK_W{1'b0}} : n_bank_q;
        addr_q <= col_go ? col_addr : not_col;
        if (!col_go) addr_q[10] <= close || (n_row_q[10] && act_go);
        write_q <= col_go && c_write_q;
        begin_q <= sub_first;
        end_q   <= col_go && !c_write_q && sub_end;
        tag_q   <= c_tag_q;
        last_q  <= c_last_q && c_end_q;
        if (rst) begin
            cmd_q   <= NOP;
            write_q <= 1'b0;
            end_q   <= 1'b0;
        end
    end

    assign cmd       = cmd_q;
    assign cmd_bank  = bank_q;
    assign cmd_addr  = addr_q;
    assign col_write = write_q;
    assign col_begin = begin_q;
    assign col_end   = end_q;
    assign col_tag   = tag_q;
    assign col_last  = last_q;

endmodule
`default_nettype wire
