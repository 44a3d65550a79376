// SPDX-License-Identifier: Apache-2.0
//
// lac_slots - sixteen commands on their way from memory to their engines; command n stands in slot n mod 16
//
//   lines --> [ register ] --+--> a LUT RAM for each word, read at `at`: the whole command at once
//                            +--> what can be judged word by word: OPCODE, RESERVED; and the bus's faults
//
//   Function   keeps the words that engines look at; remembers the first command that is faulty, and the first that is not well formed
//   Layout     an EXEC's words stand two places further on than those of the others: its points, columns and zero point
//              then stand where STORE's do, and the checks need not choose. So do a MAP's, which has no address in words 2 and 3. An EXEC_RULES'
//              are those of an EXEC of one point, and POINTS is 1
//   Timing     a line is in its slot two cycles after line_valid, judged one later; `arrived` counts commands that are complete
//   Reset      empties it; the slots are not reset
`default_nettype none

module lac_slots #(
    parameter integer LINE_W = 64,
    parameter integer ADDR_W = 32,
    parameter integer WINDOWS = 1,  // 0: what only points of several pixels have is reserved
    parameter integer ENGINES = 3   // 4: with MAP; else there is no such command, and its tokens are reserved
) (
    input  wire                clk,
    input  wire                rst,

    input  wire                line_valid,
    input  wire [LINE_W-1:0]   line_data,
    input  wire [2:0]          line_fault,
    input  wire [ADDR_W-1:0]   line_fault_addr,
    output wire [4:0]          arrived,       // commands, modulo 32
    output wire [4:0]          arrived_next,  // in the next cycle

    input  wire [3:0]          at,
    output wire                lap,           // bit 4 of the command's number
    output wire [1:0]          engine,        // 0 LOAD, 1 EXEC, 2 STORE, 3 MAP
    output wire [2:0]          kind,
    output wire                rules,         // EXEC_RULES
    output wire [ENGINES-1:0]  waits,
    output wire [ENGINES-1:0]  gives,
    output wire                mark,
    output wire [31:0]         tag,
    output wire [ADDR_W-1:0]   addr,          // all but EXEC and MAP
    output wire                skew,          // it is not a multiple of 64
    output wire                beyond,           // it is beyond 2^ADDR_W
    output wire [383:0]        words,         // 4 .. 12; of EXEC 2 .. 10, of EXEC_RULES 2 .. 12, of MAP 2 .. 13

    output wire                faulty,        // there is a first faulty command
    output wire [4:0]          fault_seq,
    output wire [2:0]          fault_code,
    output wire [ADDR_W-1:0]   fault_addr,    // of its first faulty line
    input  wire                wipe_fault,    // clear fault_addr, unknown_word, spoilt_at, far_hi: they are not of the error that counts
    input  wire                wipe_unknown,
    input  wire                wipe_spoilt,
    input  wire                wipe_far,
    output wire                unknown,       // there is a first one of a kind that is none, OPCODE
    output wire [4:0]          unknown_seq,
    output wire [31:0]         unknown_word,  // its word 0
    output wire                spoilt,        // there is a first one that RESERVED speaks of
    output wire [4:0]          spoilt_seq,
    output wire [3:0]          spoilt_at,     // the word
    output wire [63-ADDR_W:0]  far_hi         // the upper bits of the first address that is far
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
    localparam integer W      = LINE_W / 32;  // words of a line
    localparam integer W_LOG  = clog2(W);
    localparam integer PER    = 16 / W;       // lines of a command
    localparam integer PER1_I = PER - 1;
    localparam [2:0]   PER1   = PER1_I[2:0];
    localparam integer P2_I   = 2 / W;
    localparam [2:0]   P2     = P2_I[2:0];          // where the address stands

    // ---- The line at hand, and of which command and part it is ----------------------------------------------------------------
    reg               valid_q;
    reg  [LINE_W-1:0] line_q;
    reg  [2:0]        line_fault_q, part_q;
    reg  [4:0]        seq_q;
    reg  [ADDR_W-1:0] line_fault_addr_q;
    wire              last = part_q == PER1;
    always @(posedge clk) begin
        valid_q           <= line_valid && !rst;
        line_q            <= line_data;
        line_fault_q      <= line_fault;
        line_fault_addr_q <= line_fault_addr;
        if (rst)          {seq_q, part_q} <= 8'd0;
        else if (valid_q) {seq_q, part_q} <= last ? {seq_q + 5'd1, 3'd0} : {seq_q, part_q + 3'd1};
    end
    assign arrived      = seq_q;
    assign arrived_next = seq_q + {4'd0, valid_q && last};

    // class of the command: LOAD's kinds 0 .. 4, 5 EXEC, 6 STORE, 7 MAP or none
    function [2:0] class_of(input [7:0] op);
        case (op)
            `LAC_OP_LOAD_WEIGHTS:  class_of = 3'd0;
            `LAC_OP_LOAD_CODEBOOK: class_of = 3'd1;
            `LAC_OP_LOAD_FEATURES: class_of = 3'd2;
            `LAC_OP_LOAD_PARAMS:   class_of = 3'd3;
            `LAC_OP_LOAD_COLUMNS:  class_of = 3'd4;
            `LAC_OP_EXEC:          class_of = 3'd5;
            `LAC_OP_EXEC_RULES:    class_of = ENGINES == 4 ? 3'd5 : 3'd7;
            `LAC_OP_STORE:         class_of = 3'd6;
            default:               class_of = 3'd7;
        endcase
    endfunction
    // *_now: what the line at hand would be as a command's first, worked out as it comes
    reg  [2:0] class_q, class_now_q;
    reg        rules_q, rules_now_q, none_q;
    wire       first  = part_q == 3'd0;
    wire [2:0] class_ = (W > 2 && first) ? class_now_q : class_q;  // two words a line: the first line's are the same in all classes
    wire       rules_ = (W > 2 && first) ? rules_now_q : rules_q;
    wire [2:0] class_in = class_of(line_data[7:0]);
    wire       rules_in = ENGINES == 4 && line_data[7:0] == `LAC_OP_EXEC_RULES;
    always @(posedge clk) begin
        class_now_q <= class_in;
        rules_now_q <= rules_in;
        none_q      <= class_in == 3'd7 && !(ENGINES == 4 && line_data[7:0] == `LAC_OP_MAP);
    end
    wire       later  = class_ == 3'd5 || (ENGINES == 4 && class_ == 3'd7);  // its words stand two places further on
    always @(posedge clk)
        if (rst)                   {rules_q, class_q} <= 4'd0;
        else if (valid_q && first) {rules_q, class_q} <= {rules_now_q, class_now_q};

    // ---- Slots --------------------------------------------------------------------------------------------------------------------
    localparam integer A_W  = ADDR_W - 6 + 2;
    localparam integer H_W = ENGINES == 4 ? 16 : 13;
    reg  [H_W-1:0] head_m [0:15];
    reg  [31:0]    tag_m  [0:15];
    reg  [A_W-1:0] addr_m [0:15];
    wire [32*W-1:0] lw = line_q;
    wire [3:0]      to = seq_q[3:0];
    wire [63:0]     a  = lw[32*(2%W) +: 64];
    wire            is_far = |(a >> ADDR_W);
    wire            here2  = valid_q && part_q == P2;
    wire [2*ENGINES+7:0] head = {rules_now_q, seq_q[4], lw[16], lw[12 +: ENGINES], lw[8 +: ENGINES], class_now_q, engine_now};
    wire [1:0]      engine_now = class_now_q == 3'd5 ? 2'd1 : class_now_q == 3'd6 ? 2'd2 : ENGINES == 4 && class_now_q == 3'd7 ? 2'd3 : 2'd0;
    always @(posedge clk) begin
        if (valid_q && first) begin
            head_m[to] <= head[H_W-1:0];
            tag_m[to]  <= lw[63:32];
        end
        if (here2) addr_m[to] <= {is_far, |a[5:0], a[ADDR_W-1:6]};
    end
    wire [A_W-1:0] addr_word = addr_m[at];
    wire [2*ENGINES+7:0] head_at = {{(2*ENGINES+8-H_W){1'b0}}, head_m[at]};
    assign {rules, lap, mark, gives, waits, kind, engine} = head_at;
    assign tag  = tag_m[at];
    assign addr = {addr_word[A_W-3:0], 6'd0};
    assign skew = addr_word[A_W-2];
    assign beyond = addr_word[A_W-1];
    localparam integer STOP = ENGINES == 4 ? 16 : 10 + 3 * WINDOWS;
    genvar c;
    generate
        if (STOP < 16) begin : g_few
            assign words[383:32*(STOP-4)] = {(32*(16-STOP)){1'b0}};
        end
        for (c = 4; c < STOP; c = c + 1) begin : g_word
            localparam integer BITS = ENGINES == 4 ? (c == 14 ? 30 : 32)
                                    : c == 11 ? 24 : WINDOWS != 0 ? 32 : c == 7 ? 25 : c == 8 ? 16 : 32;
            localparam integer E    = c - 2;             // EXEC's and MAP's word
            localparam integer P_I  = c / W, PE_I = E / W;
            localparam [2:0]   P    = P_I[2:0], PE = PE_I[2:0];
            reg  [BITS-1:0] m [0:15];
            wire            we = valid_q && (later || c > 12 ? part_q == PE : part_q == P);
            always @(posedge clk) if (we) m[to] <= (later || c > 12 ? lw[32*(E%W) +: BITS] : lw[32*(c%W) +: BITS]) | {{(BITS-1){1'b0}}, c == 5 && rules_};
            assign words[32*(c-4) +: 32] = {{(32-BITS){1'b0}}, m[at]};
        end
    endgenerate

    // ---- Faults, and what a word alone tells ------------------------------------------------------------------------------------------
    // which bits of a line are reserved, in a register that is loaded with the line; of two words a line, the first lines of all classes agree
    wire [2:0]   part_next  = valid_q ? (last ? 3'd0 : part_q + 3'd1) : part_q;
    wire [2:0]   class_next = (W > 2 && part_next == 3'd0) ? class_in : (valid_q && first) ? class_now_q : class_q;
    wire         rules_next = (W > 2 && part_next == 3'd0) ? rules_in : (valid_q && first) ? rules_now_q : rules_q;
    wire [511:0] store_bits = `LAC_RESERVED_STORE | (WINDOWS != 0 ? 512'd0 : {96'd0, {96{1'b1}}, 32'd0, {16{1'b1}}, 16'd0, 8'hFF, 248'd0}); // words 7, 8, 10 .. 12
    reg  [511:0] all;
    reg  [LINE_W-1:0] all_q;
    localparam [31:0] NO_MAP = ENGINES == 4 ? 32'd0 : 32'h8800;   // its tokens, word 0
    always @(posedge clk) all_q <= all[LINE_W*part_next +: LINE_W];
    always @* begin
        case (class_next)
            3'd0:    all = `LAC_RESERVED_LOAD_WEIGHTS;
            3'd1:    all = `LAC_RESERVED_LOAD_CODEBOOK;
            3'd2:    all = `LAC_RESERVED_LOAD_FEATURES;
            3'd3:    all = `LAC_RESERVED_LOAD_PARAMS;
            3'd4:    all = `LAC_RESERVED_LOAD_COLUMNS;
            3'd5:    all = rules_next ? `LAC_RESERVED_EXEC_RULES : `LAC_RESERVED_EXEC | (WINDOWS != 0 ? 512'd0 : {224'd0, {80{1'b1}}, 208'd0});             // words 6 (upper half), 7, 8
            3'd7:    all = ENGINES == 4 ? `LAC_RESERVED_MAP : store_bits;
            default: all = store_bits;
        endcase
        all[31:0] = all[31:0] | NO_MAP;
    end
    wire [LINE_W-1:0] set   = line_q & all_q;
    reg  [W-1:0]      word_set_q;    // words of the line before this one in which a reserved bit is set
    reg               first2_q;      // it was a first one
    reg  [3:0]        own_q;         // its waits and gives
    wire              self = first2_q && (class_q == 3'd5 ? own_q[1] : class_q == 3'd6 ? own_q[2] : ENGINES == 4 && class_q == 3'd7 ? own_q[3] : own_q[0]);  // its own engine's: word 0
    reg  [3:0]        set_at;
    reg  [2:0]        set_part_q;
    reg  [4:0]        set_seq_q;
    integer           w;
    always @(posedge clk) begin
        for (w = 0; w < W; w = w + 1) word_set_q[w] <= valid_q && !rst && |set[32*w +: 32];
        first2_q   <= valid_q && !rst && first;
        own_q      <= lw[11:8] | lw[15:12];
        set_part_q <= part_q;
        set_seq_q  <= seq_q;
    end
    always @* begin
        set_at = 4'd0;
        for (w = W - 1; w >= 0; w = w - 1) if (word_set_q[w] || (w == 0 && self)) set_at = w[3:0];
    end
    wire [6:0]        line_at = {4'd0, set_part_q} << W_LOG;

    reg               fault_q, unknown_q, spoilt_q, far_q;
    reg  [4:0]        fault_seq_q, unknown_seq_q, spoilt_seq_q;
    reg  [2:0]        fault_code_q;
    reg  [3:0]        spoilt_at_q;
    reg  [ADDR_W-1:0] fault_addr_q;
    reg  [31:0]       unknown_word_q;
    reg  [63-ADDR_W:0] far_hi_q;
    always @(posedge clk) begin
        fault_q   <= !rst && (fault_q || (valid_q && line_fault_q != 3'd0));
        unknown_q <= !rst && (unknown_q || (valid_q && first && none_q));
        spoilt_q  <= !rst && (spoilt_q || self || word_set_q != {W{1'b0}});
        far_q     <= !rst && (far_q || (here2 && is_far && !later));
        if (!fault_q)   {fault_seq_q, fault_code_q} <= {seq_q, line_fault_q};
        if (!unknown_q) unknown_seq_q <= seq_q;
        if (!spoilt_q)  spoilt_seq_q <= set_seq_q;
        if (wipe_fault)      fault_addr_q <= {ADDR_W{1'b0}};
        else if (!fault_q)   fault_addr_q <= line_fault_addr_q;
        if (wipe_unknown)    unknown_word_q <= 32'd0;
        else if (!unknown_q) unknown_word_q <= lw[31:0];
        if (wipe_spoilt)     spoilt_at_q <= 4'd0;
        else if (!spoilt_q)  spoilt_at_q <= line_at[3:0] + set_at;
        if (wipe_far)        far_hi_q <= {(64-ADDR_W){1'b0}};
        else if (!far_q)     far_hi_q <= a[63:ADDR_W];
    end
    assign faulty     = fault_q;
    assign fault_seq  = fault_seq_q;
    assign fault_code = fault_code_q;
    assign fault_addr = fault_addr_q;
    assign unknown      = unknown_q;
    assign unknown_seq  = unknown_seq_q;
    assign unknown_word = unknown_word_q;
    assign spoilt       = spoilt_q;
    assign spoilt_seq   = spoilt_seq_q;
    assign spoilt_at    = spoilt_at_q;
    assign far_hi     = far_hi_q;

    wire unused_ok = &{1'b0, line_at, lw, head};

endmodule
`default_nettype wire
