// SPDX-License-Identifier: Apache-2.0
//
// sdram_model - an SDR SDRAM that stores, answers, and checks what it is told
//
//   Function   inputs are sampled at rising edges. The words of a READ sampled at edge 0 can be sampled at edges
//              CAS, CAS + 1, ..; words of a WRITE come with it and after it. DQM: writes at once, reads 2 edges later
//   Checks     below, each with its name. Times are the data sheet's, in picoseconds, compared with the time that has
//              passed (edges x clock period): no cycle count of a controller enters. A violation is printed (the
//              first few of each name), counted, and changes nothing else
//                power-up  tINIT (time before the first command), init (precharge all, INIT_REFRESHES, mode register)
//                rows      tRCD tRP tRC tRAS tRRD tWR, open (ACTIVATE of an open bank), closed (READ, WRITE without row)
//                refresh   tRFC, tREF (a row unrefreshed for longer than T_REF_NS), tREFI (9 intervals without one),
//                          open (REFRESH while a bank is open)
//                bus       tHZ (a word written where one is read, or in the cycle behind), cut (a burst cut off by
//                          another command), missing / extra (a word written without its driver, and the reverse)
//                other     tMRD, mode (not the burst length and CAS expected), tCK (clock faster than CAS allows),
//                          unknown (X on a command), row (a row beyond what is stored)
//   Storage    STORE_ROW_W of the row's bits choose a stored row, its upper bits are those first used with it: another
//              row with the same lower bits is the violation `row`. Words never written read as X
`timescale 1ns/1ps
`default_nettype none

// A model, not a circuit: what happens at one edge happens in the order in which it stands here.
// verilator lint_off BLKSEQ
module sdram_model #(
    parameter integer DQ_W           = 16,        // [bits]
    parameter integer ROW_W          = 13,        // [bits]
    parameter integer COL_W          = 9,         // [bits]
    parameter integer BANK_W         = 2,         // [bits]
    parameter integer STORE_ROW_W    = 13,        // [bits]
    parameter integer CLOCK_KHZ      = 125000,    // [kHz]
    parameter integer CAS            = 3,         // expected in the mode register
    parameter integer BURST_LOG      = 2,         // .. likewise, log2 of the words
    parameter integer T_RCD          = 21000,     // [ps]
    parameter integer T_RP           = 21000,     // [ps]
    parameter integer T_RAS          = 42000,     // [ps]
    parameter integer T_RAS_MAX      = 100000000, // [ps]
    parameter integer T_RC           = 63000,     // [ps]
    parameter integer T_RRD          = 14000,     // [ps]
    parameter integer T_WR           = 14000,     // [ps]     and 2 edges
    parameter integer T_RFC          = 63000,     // [ps]
    parameter integer T_MRD_CK       = 2,         // [edges]
    parameter integer T_CK_CAS2      = 10000,     // [ps]     fastest clock with CAS latency 2
    parameter integer T_CK_CAS3      = 7000,      // [ps]
    parameter integer T_REF_NS       = 64000000,  // [ns]
    parameter integer REFRESHES      = 8192,      // rows of a bank, or what stands for them
    parameter integer T_INIT_NS      = 200000,    // [ns]
    parameter integer INIT_REFRESHES = 8
) (
    input  wire              clk,
    input  wire              cke,
    input  wire              cs_n,
    input  wire              ras_n,
    input  wire              cas_n,
    input  wire              we_n,
    input  wire [BANK_W-1:0] ba,
    input  wire [ROW_W-1:0]  a,
    input  wire [DQ_W/8-1:0] dqm,
    input  wire [DQ_W-1:0]   dq_i,        // from the controller
    input  wire              dq_i_valid,  // .. which drives it
    output reg  [DQ_W-1:0]   dq_o,        // X where nobody drives
    output reg  [31:0]       violations,
    output reg  [31:0]       reads,       // words read, written; refreshes since power-up
    output reg  [31:0]       writes,
    output reg  [31:0]       refreshes
);

    localparam integer BANKS  = 1 << BANK_W;
    localparam integer BURST  = 1 << BURST_LOG;
    localparam integer PRINTS = 3;  // of each name

    localparam integer KEY_W = BANK_W + STORE_ROW_W;  // of a stored row
    reg [DQ_W-1:0]  mem [0:(1 << (KEY_W + COL_W))-1];
    reg [ROW_W:0]   tag [0:(1 << KEY_W)-1];  // upper bit: used

    // ---- Time and complaints
    reg [63:0]  now;  // [edges] sampled so far
    integer     said [0:31];

    // Edges as time: `edges` of them last at least `ps`
    function enough(input [63:0] edges, input integer ps);
        enough = edges * 64'd1000000000 >= {32'd0, ps} * {32'd0, CLOCK_KHZ};
    endfunction
    function within_ns(input [63:0] edges, input integer ns, input integer times);
        within_ns = edges * 64'd1000000 <= {32'd0, ns} * {32'd0, CLOCK_KHZ} * {32'd0, times};
    endfunction

    localparam [4:0] V_INIT_T = 5'd0, V_INIT = 5'd1, V_RCD = 5'd2, V_RP = 5'd3, V_RC = 5'd4, V_RAS = 5'd5, V_RRD = 5'd6, V_WR = 5'd7,
                     V_OPEN = 5'd8, V_CLOSED = 5'd9, V_RFC = 5'd10, V_REF = 5'd11, V_REFI = 5'd12, V_HZ = 5'd13, V_CUT = 5'd14,
                     V_MISSING = 5'd15, V_EXTRA = 5'd16, V_MRD = 5'd17, V_MODE = 5'd18, V_CK = 5'd19, V_UNKNOWN = 5'd20, V_ROW = 5'd21;

    task complain(input [4:0] name, input [BANK_W-1:0] bank);
        begin
            violations = violations + 1;
            said[name] = said[name] + 1;
            if (said[name] <= PRINTS) begin
                case (name)
                V_INIT_T:  $write("violation tINIT");
                V_INIT:    $write("violation init");
                V_RCD:     $write("violation tRCD");
                V_RP:      $write("violation tRP");
                V_RC:      $write("violation tRC");
                V_RAS:     $write("violation tRAS");
                V_RRD:     $write("violation tRRD");
                V_WR:      $write("violation tWR");
                V_OPEN:    $write("violation open");
                V_CLOSED:  $write("violation closed");
                V_RFC:     $write("violation tRFC");
                V_REF:     $write("violation tREF");
                V_REFI:    $write("violation tREFI");
                V_HZ:      $write("violation tHZ");
                V_CUT:     $write("violation cut");
                V_MISSING: $write("violation missing");
                V_EXTRA:   $write("violation extra");
                V_MRD:     $write("violation tMRD");
                V_MODE:    $write("violation mode");
                V_CK:      $write("violation tCK");
                V_UNKNOWN: $write("violation unknown");
                default:   $write("violation row");
                endcase
                $display(" cycle %0d bank %0d", now, bank);
            end
        end
    endtask

    // ---- State
    reg [BANKS-1:0]  open;
    reg [ROW_W-1:0]  row       [0:BANKS-1];
    reg [63:0]       activated [0:BANKS-1];  // edges of the last commands and words
    reg [63:0]       closed    [0:BANKS-1];
    reg [63:0]       written   [0:BANKS-1];
    reg [63:0]       any_activated, refreshed, mode_set;
    reg              has_refreshed, has_activated;
    reg [BANKS-1:0]  has_activated_bank, has_closed, has_written;
    reg [2:0]        up;           // 0 nothing, 1 precharged, 2 refreshed enough and 3 the mode set: ready
    reg              mode_seen;
    reg [63:0]       when_refreshed [0:REFRESHES-1];
    integer          ref_at;

    // The column command whose words are on their way
    reg              w_run, r_run;
    integer          w_word, r_word;
    reg [BANK_W-1:0] w_bank, r_bank;
    reg [COL_W-1:0]  w_col, r_col;
    reg              out_v [0:3];   // what will be sampled 1, 2, .. edges from now
    reg [DQ_W-1:0]   out_d [0:3];
    reg [DQ_W/8-1:0] dqm_was;       // one edge ago: DQM reaches reads after 2
    reg              drove;         // a word could be sampled at this edge, at the edge before

    wire [3:0] command = {cs_n, ras_n, cas_n, we_n};
    integer    i;
    reg [KEY_W-1:0]       key;
    reg [KEY_W+COL_W-1:0] at;

    function [KEY_W-1:0] place(input [BANK_W-1:0] bank, input [ROW_W-1:0] r);
        place = {bank, r[STORE_ROW_W-1:0]};
    endfunction

    initial begin
        now = 0;
        violations = 0;
        reads = 0;
        writes = 0;
        refreshes = 0;
        open = 0;
        up = 0;
        mode_seen = 0;
        has_refreshed = 0;
        has_activated = 0;
        has_activated_bank = 0;
        has_closed = 0;
        has_written = 0;
        any_activated = 0;
        refreshed = 0;
        mode_set = 0;
        ref_at = 0;
        w_run = 0;
        r_run = 0;
        w_word = 0;
        r_word = 0;
        drove = 0;
        dqm_was = 0;
        dq_o = {DQ_W{1'bx}};
        for (i = 0; i < 32; i = i + 1) said[i] = 0;
        for (i = 0; i < 4; i = i + 1) out_v[i] = 0;
        for (i = 0; i < (1 << KEY_W); i = i + 1) tag[i] = 0;
        for (i = 0; i < BANKS; i = i + 1) begin
            row[i] = 0;
            activated[i] = 0;
            closed[i] = 0;
            written[i] = 0;
        end
    end

    task close_bank(input [BANK_W-1:0] bank);
        begin
            if (open[bank]) begin
                if (!enough(now - activated[bank], T_RAS)) complain(V_RAS, bank);
                if (enough(now - activated[bank], T_RAS_MAX)) complain(V_RAS, bank);
                if (has_written[bank] && (!enough(now - written[bank], T_WR) || now - written[bank] < 2)) complain(V_WR, bank);
                if (w_run && w_bank == bank) complain(V_CUT, bank);
                // A read is cut off CAS edges after the precharge.
                if (r_run && r_bank == bank && r_word < BURST) complain(V_CUT, bank);
                closed[bank]     = now;
                has_closed[bank] = 1;
            end
            open[bank] = 0;
        end
    endtask

    always @(posedge clk) begin
        now = now + 1;

        // The word that can be sampled at this edge has been on dq_o; the next ones move up.
        if (dq_i_valid !== 1'b0 && (drove || out_v[0])) complain(V_HZ, ba);
        drove = out_v[0];
        for (i = 0; i < 3; i = i + 1) begin
            out_v[i] = out_v[i+1];
            out_d[i] = out_d[i+1];
        end
        out_v[3] = 0;

        // ---- Commands
        if (^{cke, command} === 1'bx || (!cs_n && command[2:0] != 3'b111 && ^{ba, a} === 1'bx && command[2:0] != 3'b001 && command[2:0] != 3'b010)) begin
            if (up != 0 || enough(now, 1000000)) complain(V_UNKNOWN, 0);
        end else if (cke && !cs_n && command[2:0] != 3'b111) begin
            if (up == 0 && within_ns(now, T_INIT_NS, 1)) complain(V_INIT_T, ba);
            if (mode_seen && now - mode_set < {32'd0, T_MRD_CK}) complain(V_MRD, ba);
            if (has_refreshed && !enough(now - refreshed, T_RFC)) complain(V_RFC, ba);
            if (up != 3 && (command[2:0] == 3'b011 || command[2] && !command[1])) complain(V_INIT, ba);

            case (command[2:0])
            3'b011: begin  // ACTIVATE
                if (open[ba]) complain(V_OPEN, ba);
                if (has_closed[ba] && !enough(now - closed[ba], T_RP)) complain(V_RP, ba);
                if (has_activated_bank[ba] && !enough(now - activated[ba], T_RC)) complain(V_RC, ba);
                if (has_activated && !enough(now - any_activated, T_RRD)) complain(V_RRD, ba);
                key = place(ba, a);
                if (!tag[key][ROW_W]) tag[key] = {1'b1, a};
                else if (tag[key][ROW_W-1:0] != a) complain(V_ROW, ba);
                open[ba]               = 1;
                row[ba]                = a;
                activated[ba]          = now;
                any_activated          = now;
                has_activated          = 1;
                has_activated_bank[ba] = 1;
            end
            3'b101, 3'b100: begin  // READ, WRITE
                if (!open[ba]) complain(V_CLOSED, ba);
                else if (!enough(now - activated[ba], T_RCD)) complain(V_RCD, ba);
                if ((w_run && w_word < BURST) || (r_run && r_word < BURST)) complain(V_CUT, ba);
                if (a[10]) complain(V_MODE, ba);  // nobody here expects auto precharge
                w_run = !command[0];
                r_run = command[0];
                if (w_run) begin
                    w_word = 0;
                    w_bank = ba;
                    w_col  = a[COL_W-1:0];
                end else begin
                    r_word = 0;
                    r_bank = ba;
                    r_col  = a[COL_W-1:0];
                end
            end
            3'b010: begin  // PRECHARGE
                if (a[10] !== 1'b0) begin
                    for (i = 0; i < BANKS; i = i + 1) close_bank(i[BANK_W-1:0]);
                    if (up == 0) up = 1;
                end else close_bank(ba);
            end
            3'b001: begin  // REFRESH
                if (open != 0) complain(V_OPEN, ba);
                for (i = 0; i < BANKS; i = i + 1) begin
                    if (has_closed[i] && !enough(now - closed[i], T_RP)) complain(V_RP, i[BANK_W-1:0]);
                    if (has_activated_bank[i] && !enough(now - activated[i], T_RC)) complain(V_RC, i[BANK_W-1:0]);
                end
                if (up == 0) complain(V_INIT, ba);
                if (refreshes >= REFRESHES && !within_ns(now - when_refreshed[ref_at], T_REF_NS, 1)) complain(V_REF, ba);
                when_refreshed[ref_at] = now;
                ref_at        = (ref_at == REFRESHES - 1) ? 0 : ref_at + 1;
                refreshes     = refreshes + 1;
                refreshed     = now;
                has_refreshed = 1;
            end
            3'b000: begin  // MODE REGISTER
                if (open != 0) complain(V_OPEN, ba);
                if (up == 0 || refreshes < INIT_REFRESHES) complain(V_INIT, ba);
                if (a[9:0] !== {3'b000, CAS[2:0], 1'b0, BURST_LOG[2:0]}) complain(V_MODE, ba);
                if (!enough(1, (CAS == 2) ? T_CK_CAS2 : T_CK_CAS3)) complain(V_CK, ba);
                up        = 3;
                mode_set  = now;
                mode_seen = 1;
            end
            default: complain(V_CUT, ba);  // BURST STOP: not used here
            endcase
        end

        // More than 9 intervals without a refresh; looked at now and then
        if (now[4:0] == 0 && up == 3 && !within_ns((now - refreshed) * REFRESHES, T_REF_NS, 9)) begin
            complain(V_REFI, 0);
            refreshed = now;
        end

        // ---- Words
        if (w_run && w_word < BURST) begin
            if (dq_i_valid !== 1'b1) complain(V_MISSING, w_bank);
            at = {place(w_bank, row[w_bank]), w_col};
            for (i = 0; i < DQ_W / 8; i = i + 1) if (dqm[i] !== 1'b1) mem[at][8*i +: 8] = dq_i[8*i +: 8];
            written[w_bank]     = now;
            has_written[w_bank] = 1;
            writes = writes + 1;
            w_word = w_word + 1;
            w_col  = (w_col & ~(BURST[COL_W-1:0] - 1'b1)) | ((w_col + 1'b1) & (BURST[COL_W-1:0] - 1'b1));
        end else if (dq_i_valid !== 1'b0 && up == 3) complain(V_EXTRA, ba);
        if (w_word == BURST) w_run = 0;

        if (r_run && r_word < BURST) begin
            at = {place(r_bank, row[r_bank]), r_col};
            out_v[CAS-1] = 1;
            out_d[CAS-1] = mem[at];
            reads  = reads + 1;
            r_word = r_word + 1;
            r_col  = (r_col & ~(BURST[COL_W-1:0] - 1'b1)) | ((r_col + 1'b1) & (BURST[COL_W-1:0] - 1'b1));
        end
        if (r_word == BURST) r_run = 0;

        // DQM of two edges before a word is sampled hides it.
        for (i = 0; i < DQ_W / 8; i = i + 1)
            dq_o[8*i +: 8] <= (out_v[0] && dqm_was[i] === 1'b0) ? out_d[0][8*i +: 8] : 8'hxx;
        dqm_was = dqm;
    end

endmodule
// verilator lint_on BLKSEQ
`default_nettype wire
