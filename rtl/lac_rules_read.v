// SPDX-License-Identifier: Apache-2.0
//
// lac_rules_read - a band's header and rules, out of memory (docs/mapping.md, "Rules into EXEC")
//
//   go --> window, header --> judged --> window, rules' lines ahead of what is looked at --> a rule, with its output's accumulator
//
//   Function   one token for each rule, in order, then one that ends the job, with or without an error; nothing is read behind that
//   Requests   the header; then CHUNK lines at most, as soon as there is room for as many. Lines that were asked for are always taken
//   Timing     a rule every second cycle at the most
//   Errors     err_* stand from the end token until the next `go`
//   Halt       the end token follows; what the bus still brings is dropped
//   Reset      control only
`default_nettype none

module lac_rules_read #(
    parameter integer LINE_W = 64,
    parameter integer ADDR_W = 32,
    parameter integer ACC_AW = 8,
    parameter integer NW     = 39   // [bits] of a line's number
) (
    input  wire              clk,
    input  wire              rst,

    input  wire              go,           // with the command, which holds still in the next cycle too; not before its last end token has been taken
    input  wire [31:0]       c_band,
    input  wire [31:0]       c_rules,
    input  wire [15:0]       c_outputs,
    input  wire [15:0]       c_rows,
    input  wire [ACC_AW-1:0] c_base,       // of the first output
    input  wire              halt,
    input  wire [63:0]       rd_base,
    input  wire [63:0]       rd_limit,

    output wire              ask_valid,
    input  wire              ask_ready,
    output wire [NW-1:0]     ask_line,
    output wire [3:0]        ask_lines,    // 1 .. 8
    input  wire              line_valid,
    input  wire [LINE_W-1:0] line_data,
    input  wire [2:0]        line_fault,
    input  wire [ADDR_W-1:0] line_fault_addr,

    output wire              tok_valid,
    input  wire              tok_ready,
    output wire              tok_end,
    output wire              tok_err,      // the job ends by an error
    output wire [6:0]        tok_tap,
    output wire [23:0]       tok_input,
    output wire [ACC_AW-1:0] tok_base,

    output wire [7:0]        err_code,
    output wire [47:0]       err_addr,
    output wire [31:0]       err_index
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
`include "lac_bus_code.vh"
    localparam integer LB      = LINE_W / 8;
    localparam integer LB_LOG  = clog2(LB);
    localparam integer P       = 6 - LB_LOG;      // lines of 64 bytes, as a power of two
    localparam integer HEADS   = (LB == 8) ? 2 : 1;  // lines of the header that say something
    localparam integer WORDS_LOG = LB_LOG - 2;    // words of a line
    localparam integer DEPTH   = (LB == 8) ? 16 : (LB == 16) ? 8 : 4;
    localparam integer CHUNK   = DEPTH / 2;
    localparam integer BLOCK_I = 64 / LB - 1;
    localparam [2:0] ST_IDLE = 3'd0, ST_INSIDE = 3'd1, ST_HEAD = 3'd2, ST_JUDGE = 3'd3, ST_RUN = 3'd4, ST_END = 3'd5;
    localparam [1:0] AT_BAND = 2'd0, AT_RULES = 2'd1, AT_FAULT = 2'd2;

    reg  [2:0]        state_q;
    reg  [1:0]        step_q;        // ST_INSIDE: cycles; ST_HEAD: lines; ST_JUDGE: cycles
    reg  [31:0]       band_q;
    reg  [32:0]       place_q;       // [64 bytes] RULES, then the first rule
    reg  [15:0]       most_q, rows_q;
    reg               head_q;        // it is the header that is asked for
    reg  [31:0]       outputs_q, rules_q, where_q;
    reg               bad_q, none_q; // of the header
    reg  [1:0]        err_at_q;
    reg  [7:0]        code_q;
    reg               whole_q, err_q;
    reg  [ADDR_W-1:0] fault_addr_q;
    reg  [2:0]        fault_q;       // the first one of the job
    wire [63:0]       fault_addr = {{(64-ADDR_W){1'b0}}, fault_addr_q};
    wire              run = state_q == ST_RUN;

    // ---- The window: first and last line of the header, then of the rules ---------------------------------------------------
    reg  [NW-1:0]     line_q;        // asked for next
    reg  [23:0]       more_q;        // lines behind it
    reg  [NW-1:0]     look_q;
    reg               first_ok_q;
    wire              inside, unused_beyond;
    lac_inside #(.LB_LOG(LB_LOG), .ADDR_W(ADDR_W), .NW(NW)) u_inside (
        .clk(clk), .base(rd_base), .limit(rd_limit), .line(look_q), .inside(inside), .beyond(unused_beyond)
    );
    always @(posedge clk) begin
        look_q     <= step_q == 2'd0 ? line_q : line_q + {{(NW-24){1'b0}}, more_q};
        first_ok_q <= inside;        // right in step 3
    end
    wire [32:0]       first64 = {1'b0, place_q[31:0]} + {1'b0, where_q};
    wire [23:0]       rules1  = rules_q[23:0] - 24'd1;

    // A line, a cycle after it came: who else takes lines decides late whether this one is taken
    reg               got_valid_q;
    reg  [LINE_W-1:0] got_data_q;
    reg  [2:0]        got_fault_q;
    reg  [ADDR_W-1:0] got_fault_addr_q;
    always @(posedge clk) got_valid_q <= line_valid;
    always @(posedge clk) {got_data_q, got_fault_q, got_fault_addr_q} <= {line_data, line_fault, line_fault_addr};

    // ---- Requests -----------------------------------------------------------------------------------------------------------------
    reg               ask_q;
    reg  [3:0]        ask_lines_q;
    reg  [4:0]        held_q;        // lines of the buffer that are asked for, or full
    reg               left_q;        // some are still to be asked for
    wire              may   = run && left_q && held_q <= CHUNK[4:0] && !halt;
    wire              few   = more_q < CHUNK[23:0];   // no more than a chunk
    wire              pop;
    assign ask_valid = ask_q;
    assign ask_line  = line_q;
    assign ask_lines = ask_lines_q;

    // ---- The buffer, word by word --------------------------------------------------------------------------------------------------
    wire              buf_valid, buf_bad, unused_ready;
    wire [LINE_W-1:0] buf_data;
    wire [4:0]        unused_level;
    lac_fifo #(.W(LINE_W + 1), .DEPTH(DEPTH), .LEVEL_W(5)) u_lines (
        .clk(clk), .rst(rst || !run), .push(run && got_valid_q), .in_data({got_fault_q != 3'd0, got_data_q}), .in_ready(unused_ready),
        .out_valid(buf_valid), .out_data({buf_bad, buf_data}), .pop(pop), .level(unused_level)
    );
    reg  [WORDS_LOG-1:0] word_q;
    wire [31:0]       word = buf_data[{word_q, 5'd0} +: 32];
    reg  [23:0]       number_q;      // of the word
    reg  [15:0]       outs_q;        // outputs still without their last word
    reg  [ACC_AW-1:0] base_q;
    reg               settled_q;     // number and outputs have been looked at:
    reg               all_q, no_more_q;
    reg               tok_q, tok_end_q;
    reg  [30:0]       tok_word_q;
    reg  [ACC_AW-1:0] tok_base_q;
    wire              look  = run && settled_q && !all_q && buf_valid;
    wire              over  = no_more_q && !buf_bad;   // there are words, but no outputs
    wire              step  = look && !buf_bad && !no_more_q && !tok_q && !halt;
    wire              head_last = got_valid_q && step_q == HEADS[1:0] - 2'd1;
    assign pop = step && &word_q;

    always @(posedge clk) begin
        if (rst) begin
            state_q <= ST_IDLE;
            ask_q   <= 1'b0;
        end else begin
            if (ask_ready) ask_q <= 1'b0;
            case (state_q)
                ST_IDLE: if (go) state_q <= halt ? ST_END : ST_INSIDE;
                ST_INSIDE:                                   // the window
                    if (step_q == 2'd3) begin
                        if (!first_ok_q || !inside || halt) state_q <= ST_END;
                        else if (head_q) begin
                            state_q <= ST_HEAD;
                            ask_q   <= 1'b1;
                        end else
                            state_q <= ST_RUN;
                    end
                ST_HEAD:                                     // waits for the header
                    if (halt || (got_valid_q && got_fault_q != 3'd0))         state_q <= ST_END;
                    else if (head_last)                                       state_q <= ST_JUDGE;
                ST_JUDGE: if (step_q[0]) state_q <= (bad_q || none_q) ? ST_END : ST_INSIDE;
                ST_RUN:                                      // a rule after the other
                    if (halt || (look && (buf_bad || no_more_q)) || (settled_q && all_q)) state_q <= ST_END;
                    else if (may && !ask_q) ask_q <= 1'b1;
                default: if (!tok_q && !ask_q) state_q <= ST_IDLE;  // ST_END
            endcase
        end
    end

    always @(posedge clk) begin
        if (rst)                                            step_q <= 2'd0;
        else if (state_q == ST_HEAD)                        step_q <= head_last ? 2'd0 : step_q + {1'b0, got_valid_q};
        else if (state_q == ST_INSIDE && step_q != 2'd3)    step_q <= step_q + 2'd1;
        else if (state_q == ST_JUDGE)                       step_q <= {1'b0, !step_q[0]};
        else                                                step_q <= 2'd0;

        // Whether a command starts is known late in the cycle: what an error's address does not need follows it while idle, and the
        // rest is taken in the cycle behind
        if (state_q == ST_INSIDE && step_q == 2'd0 && head_q) begin
            band_q  <= c_band;
            place_q <= {1'b0, c_rules};
        end
        if (state_q == ST_IDLE) begin
            most_q  <= c_outputs;
            rows_q  <= c_rows;
            line_q  <= {{(NW-32){1'b0}}, c_band} << P;
            more_q  <= BLOCK_I[23:0];
            head_q  <= 1'b1;
            base_q  <= c_base;
            fault_q <= 3'd0;
        end
        if (got_valid_q && fault_q == 3'd0 && (state_q == ST_HEAD || run)) {fault_q, fault_addr_q} <= {got_fault_q, got_fault_addr_q};

        // header
        if (state_q == ST_HEAD && got_valid_q) begin
            if (step_q == 2'd0) {rules_q, outputs_q} <= got_data_q[63:0];
            where_q <= got_data_q[(LB == 8 ? 0 : 64) +: 32];
        end
        bad_q  <= outputs_q[31:16] != 16'd0 || outputs_q[15:0] > most_q || rules_q[31:24] != 8'd0 || (outputs_q == 32'd0) != (rules_q == 32'd0);
        none_q <= outputs_q == 32'd0;
        if (state_q == ST_JUDGE && !step_q[0]) place_q <= first64;
        if (state_q == ST_JUDGE) begin
            line_q <= {{(NW-33){1'b0}}, place_q} << P;
            more_q <= rules1 >> WORDS_LOG;
            head_q <= 1'b0;
            held_q <= 5'd0;
            left_q <= 1'b1;
        end

        // requests
        if (state_q == ST_INSIDE) ask_lines_q <= HEADS[3:0];
        if (run && !ask_q)        ask_lines_q <= few ? more_q[3:0] + 4'd1 : CHUNK[3:0];
        if (run) begin
            held_q <= held_q + (ask_q && ask_ready ? {1'b0, ask_lines_q} : 5'd0) - {4'd0, pop};
            if (ask_q && ask_ready) begin
                line_q <= line_q + {{(NW-4){1'b0}}, ask_lines_q};
                more_q <= more_q - {20'd0, ask_lines_q};
                left_q <= {20'd0, ask_lines_q} <= more_q;
            end
        end

        // words
        settled_q <= run && !step;
        all_q     <= number_q == rules_q[23:0];
        no_more_q <= outs_q == 16'd0;
        if (state_q == ST_JUDGE) begin
            word_q   <= {WORDS_LOG{1'b0}};
            number_q <= 24'd0;
            outs_q   <= outputs_q[15:0];
        end else if (step) begin
            word_q   <= word_q + 1'b1;
            number_q <= number_q + 24'd1;
            if (word[31]) begin
                outs_q <= outs_q - 16'd1;
                base_q <= base_q + rows_q[ACC_AW-1:0];
            end
        end

        // tokens
        if (rst)            tok_q <= 1'b0;
        else if (!tok_q)    tok_q <= step || (state_q == ST_END && !ask_q);
        else if (tok_ready) tok_q <= 1'b0;
        if (!tok_q) {tok_end_q, tok_word_q, tok_base_q} <= {state_q == ST_END, word[30:0], base_q};

        // errors
        if (state_q == ST_IDLE) err_q <= err_q && !go;
        else if (state_q != ST_END && !halt) begin
            if (state_q == ST_INSIDE && step_q == 2'd3 && (!first_ok_q || !inside))
                {err_q, code_q, err_at_q} <= {1'b1, `LAC_ERR_WINDOW, head_q ? AT_BAND : AT_RULES};
            if ((state_q == ST_HEAD && got_valid_q && got_fault_q != 3'd0) || (look && buf_bad))
                {err_q, code_q, err_at_q} <= {1'b1, bus_code(run ? fault_q : got_fault_q), AT_FAULT};
            if ((state_q == ST_JUDGE && step_q[0] && bad_q) || (run && settled_q && all_q && !no_more_q) || (look && over))
                {err_q, code_q, err_at_q} <= {1'b1, `LAC_ERR_RULES, AT_BAND};
            whole_q <= state_q == ST_JUDGE;
        end
    end

    assign tok_valid = tok_q;
    assign tok_end   = tok_end_q;
    assign tok_err   = err_q;
    assign tok_tap   = tok_word_q[30:24];
    assign tok_input = tok_word_q[23:0];
    assign tok_base  = tok_base_q;
    assign err_code  = code_q;
    assign err_addr  = err_at_q == AT_BAND ? {10'd0, band_q, 6'd0} : err_at_q == AT_RULES ? {9'd0, place_q, 6'd0} : fault_addr[47:0];
    assign err_index = code_q != `LAC_ERR_RULES ? 32'd0 : whole_q ? 32'hFFFFFFFF : {8'd0, number_q};

    wire unused_ok = &{1'b0, unused_beyond, unused_ready, unused_level, rows_q, fault_addr};

endmodule
`default_nettype wire
