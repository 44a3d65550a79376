// SPDX-License-Identifier: Apache-2.0
//
// lac_map_list - reads one coordinate list: lines in, its words out, as far as they are right
//
//   lines -->[ S: line, shifted ]-->[ A: word, skid ]-->[ B: against row, sites and rows before ]-->[ out ]-->
//
//   Function   docs/mapping.md, "Coordinate lists". The list ends before the first word that is wrong; `code` says what it was (bus: a
//              faulty line). out_index: voxels before the word
//   Ring       RING > 0: rows whose y is at most `reach` less and this row may have RING - 32 words. Each row's y and word number stand in
//              a queue, whose oldest are dropped, one every second cycle: before there are too many words, or no room in the queue, they have been
//   Timing     a word a cycle; one more for a row of another z
//   Handshake  go, in the cycle after rst, with everything about the list; lines and words: valid/ready. `ended`: nothing more comes out; code,
//              bus, bad_at and bad_index hold from then on. `over`: no more lines are taken
//   Reset      forgets the list
`default_nettype none

module lac_map_list #(
    parameter integer LINE_W = 64,
    parameter integer ADDR_W = 32,
    parameter integer RING   = 0     // [words] 0: no limit
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              go,
    input  wire              none,    // nothing is to be read
    input  wire [ADDR_W-1:0] base,    // of the list
    input  wire [23:0]       voxels,
    input  wire [23:0]       words,
    input  wire [4:0]        reach,

    input  wire              line_valid,
    output wire              line_ready,
    input  wire [LINE_W-1:0] line_data,
    input  wire              line_bad,

    output wire              out_valid,
    input  wire              out_ready,
    output wire              out_row,
    output wire [42:0]       out_word,   // row: batch, z, y; else sites' place / 32, sites
    output wire [5:0]        out_ones,   // sites
    output wire [23:0]       out_index,

    output wire              over,
    output wire              ended,
    output wire [7:0]        code,       // 0: good
    output wire              bus,        // a faulty line
    output wire [ADDR_W-1:0] bad_at,
    output wire [31:0]       bad_index
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
    localparam integer B      = LINE_W / 64;
    localparam integer LEFT_W = 4;
    localparam integer N_W    = clog2((RING < 2) ? 2 : RING) + 1;   // [bits] word numbers, as far as they matter
    localparam integer LIMIT_I = RING - 32;
    localparam [N_W-1:0] LIMIT = LIMIT_I[N_W-1:0];

    reg               over_q, ended_q;

    // ---- S: a line -----------------------------------------------------------------------------------------------------------
    reg               s_valid_q, s_bad_q;
    reg  [LINE_W-1:0] s_line_q;
    reg  [LEFT_W-1:0] s_left_q;    // words of it
    reg  [23:0]       words_q;     // words that have not gone to A
    wire              a_ready;
    wire              s_move  = s_valid_q && a_ready;
    wire              s_last  = s_left_q == 4'd1 || words_q == 24'd1;
    assign line_ready = !over_q && (!s_valid_q || (s_move && s_last));
    always @(posedge clk)
        if (rst) begin
            s_valid_q <= 1'b0;
            words_q   <= 24'd0;
        end else begin
            if (line_ready)      s_valid_q <= line_valid && !(s_valid_q && words_q == 24'd1);
            if (go)              words_q   <= words;
            else if (s_move)     words_q   <= words_q - 24'd1;
        end
    always @(posedge clk) begin
        if (line_ready) begin
            {s_bad_q, s_line_q} <= {line_bad, line_data};
            s_left_q <= B[LEFT_W-1:0];
        end else if (s_move) begin
            s_line_q <= s_line_q >> 64;
            s_left_q <= s_left_q - 4'd1;
        end
    end

    // ---- A: a word; behind it no ready looks back any further ---------------------------------------------------------------------
    wire              a_valid, a_bad, a_last;
    wire [63:0]       a_word;
    wire              b_ready;
    lac_skid #(.W(66)) u_word (
        .clk(clk), .rst(rst || over_q), .in_valid(s_valid_q), .in_ready(a_ready), .in_data({s_bad_q, words_q == 24'd1, s_line_q[63:0]}),
        .out_valid(a_valid), .out_ready(b_ready), .out_data({a_bad, a_last, a_word})
    );
    wire [39:0]       a_key  = {a_word[39:32], !a_word[31], a_word[30:16], !a_word[15], a_word[14:0]};
    wire              a_row  = a_word[63];
    wire [5:0]        a_ones;
    lac_map_ones #(.W(32), .N(6)) u_ones (.in(a_word[31:0]), .count(a_ones));

    // ---- B: is it right? -------------------------------------------------------------------------------------------------------
    reg               b_valid_q, b_bus_q, b_last_q, b_row_q, b_bad_q, b_after_q, b_same_q, b_up_q;
    reg  [39:0]       b_key_q;
    reg  [10:0]       b_place_q;   // as a number that ascends
    reg  [31:0]       b_sites_q;
    reg  [5:0]        b_ones_q;
    reg               have_q, empty_q;  // there is a row; it has nothing yet
    reg  [39:0]       at_q;
    reg  [29:0]       count_q;
    reg  [ADDR_W-1:0] here_q;
    reg               all_q;       // every word was right
    wire              out_free;
    wire              b_wait;      // rows are dropped
    wire              b_long;      // too many words
    wire              b_take = b_valid_q && !over_q && !b_wait && out_free;
    assign b_ready = !b_valid_q || b_take;
    always @(posedge clk)
        if (rst || over_q) b_valid_q <= 1'b0;
        else if (b_ready)  b_valid_q <= a_valid;
    always @(posedge clk)
        if (b_ready && a_valid) begin
            {b_bus_q, b_last_q, b_row_q} <= {a_bad, a_last, a_row};
            b_bad_q   <= a_row ? a_word[62:40] != 23'd0 : a_word[62:43] != 20'd0 || a_word[31:0] == 32'd0;
            // A right row has sites behind it, so that the row before has long been taken
            b_after_q <= a_key > at_q;
            b_same_q  <= a_key[39:16] == at_q[39:16];
            b_key_q   <= a_key;
            b_place_q <= {!a_word[42], a_word[41:32]};
            b_up_q    <= {!a_word[42], a_word[41:32]} > b_place_q;   // behind a row nobody asks
            b_sites_q <= a_word[31:0];
            b_ones_q  <= a_ones;
        end
    wire              e_list  = b_bad_q || (b_row_q ? empty_q || b_last_q : !have_q);
    wire              e_order = b_row_q ? have_q && !b_after_q : !empty_q && !b_up_q;
    wire              b_wrong = b_bus_q || e_list || e_order || b_long;
    wire              b_good  = b_take && !b_wrong;

    reg  [7:0]        code_q;
    reg               bus_q;
    reg  [ADDR_W-1:0] bad_at_q;
    always @(posedge clk)
        if (rst) begin
            {over_q, ended_q, all_q, have_q, empty_q, bus_q} <= 6'd0;
            count_q <= 30'd0;
            code_q  <= `LAC_ERR_NONE;
        end else begin
            if (go && (none || words == 24'd0)) {over_q, ended_q} <= 2'b11;
            if (b_good) begin
                empty_q <= b_row_q;
                have_q  <= 1'b1;
                if (!b_row_q) count_q <= count_q + {24'd0, b_ones_q};
                all_q   <= b_last_q;
                over_q  <= b_last_q;
            end
            if (b_take && b_wrong) begin
                {over_q, ended_q} <= 2'b11;
                bus_q  <= b_bus_q;
                code_q <= e_list ? `LAC_ERR_MAP_LIST : e_order ? `LAC_ERR_MAP_ORDER : `LAC_ERR_MAP_RING;
            end
            if (all_q && !ended_q) begin
                ended_q <= 1'b1;
                code_q  <= count_q == {6'd0, voxels} ? `LAC_ERR_NONE : `LAC_ERR_MAP_LIST;
            end
        end
    always @(posedge clk) begin
        if (go)           here_q <= base + {{(ADDR_W-7){1'b0}}, 7'd64};
        else if (b_good)  here_q <= here_q + {{(ADDR_W-4){1'b0}}, 4'd8};
        if (!ended_q) bad_at_q <= all_q ? base : here_q;
        if (b_good && b_row_q)  at_q   <= b_key_q;
    end
    assign over      = over_q;
    assign code      = code_q;
    assign bus       = bus_q;
    assign bad_at    = bad_at_q;
    assign bad_index = {2'd0, count_q};

    // ---- Rows that count ---------------------------------------------------------------------------------------------------------
    generate
        if (RING != 0) begin : g_ring
            // The oldest row stands in front of the queue in registers. Whether it can be dropped is a register too, `sure` where that is about
            // this row and the y at hand: when there are too many words, or no room for a row, B waits until that is sure
            reg  [N_W-1:0]    number_q;   // of the word in B
            reg               head_q, old_q, sure_q;
            reg  [15:0]       head_y_q;
            reg  [N_W-1:0]    stop_q;     // number of the first word that is one too many beside the oldest row
            reg               full_q, long_q;
            wire              q_valid, q_ready;
            wire [15:0]       q_y;
            wire [N_W-1:0]    q_stop;
            wire [5:0]        q_level;
            wire              b_new  = b_valid_q && b_row_q;
            wire              wipe   = b_new && !b_same_q && head_q;    // two words behind a row it stands in front
            wire              drop   = head_q && sure_q && old_q;
            wire              next   = !head_q || drop;
            wire [15:0]       y      = b_new ? b_key_q[15:0] : at_q[15:0];
            wire              enters = b_ready && a_valid && a_row;   // another y
            // known a cycle early: this word or the next, beside this row or the next
            wire [N_W-1:0]    number1 = number_q + 1'b1;
            wire              long = next ? q_valid && (b_good ? number1 == q_stop : number_q == q_stop) : b_good ? number1 == stop_q : number_q == stop_q;
            assign            b_long = long_q;
            assign            b_wait = wipe || ((b_long || (full_q && b_row_q)) && !(sure_q && !old_q));
            always @(posedge clk)
                if (rst)         number_q <= {N_W{1'b0}};
                else if (b_good) number_q <= number1;
            always @(posedge clk) begin
                if (rst || wipe) head_q <= 1'b0;
                else if (next)   head_q <= q_valid;
                long_q <= !rst && !wipe && long;
                if (next)        {head_y_q, stop_q} <= {q_y, q_stop};
                old_q  <= {1'b0, head_y_q} + {12'd0, reach} < {1'b0, y};
                sure_q <= head_q && !next && !enters;
                full_q <= q_level >= 6'd30;
            end
            lac_fifo #(.W(16 + N_W), .DEPTH(32), .LEVEL_W(6)) u_rows (
                .clk(clk), .rst(rst || wipe), .push(b_good && b_row_q), .in_data({b_key_q[15:0], number_q + LIMIT}), .in_ready(q_ready),
                .out_valid(q_valid), .out_data({q_y, q_stop}), .pop(q_valid && next), .level(q_level)
            );
            wire unused_ring = &{1'b0, q_ready};
        end else begin : g_free
            assign {b_wait, b_long} = 2'b00;
            wire unused_free = &{1'b0, reach, LIMIT, b_same_q};
        end
    endgenerate

    // ---- Out ---------------------------------------------------------------------------------------------------------------------
    reg               out_valid_q, out_row_q;
    reg  [42:0]       out_word_q;
    reg  [23:0]       out_index_q;
    reg  [5:0]        out_ones_q;
    assign out_free = !out_valid_q || out_ready;
    always @(posedge clk)
        if (rst)           out_valid_q <= 1'b0;
        else if (out_free) out_valid_q <= b_good;
    always @(posedge clk)
        if (out_free) begin
            out_row_q   <= b_row_q;
            out_word_q  <= b_row_q ? {3'd0, b_key_q[39:32], !b_key_q[31], b_key_q[30:16], !b_key_q[15], b_key_q[14:0]}
                                   : {!b_place_q[10], b_place_q[9:0], b_sites_q};
            out_index_q <= count_q[23:0];
            out_ones_q  <= b_ones_q;
        end
    assign out_valid = out_valid_q;
    assign out_row   = out_row_q;
    assign out_word  = out_word_q;
    assign out_index = out_index_q;
    assign out_ones  = out_ones_q;
    assign ended     = ended_q && !out_valid_q;

endmodule
`default_nettype wire
