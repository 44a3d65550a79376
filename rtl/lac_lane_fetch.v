// SPDX-License-Identifier: Apache-2.0
//
// lac_lane_fetch - from column numbers to words of stored entries
//
//   column -->[ column table ]-->[ slice: word, slot, entries ]-->[ weight RAM ]--> word, a pair of its slots after the other
//
//   Function   for each column, the pairs of slots (0 and 1, 2 and 3, 4 and 5 of a word) that hold this lane's slice, in order; an
//              end mark passes through as a pair without a second entry
//   Timing     five stages that stall as one chain, on registers alone; one pair a cycle, also across words and items
//   Handshake  valid/ready, out_ready a register; out_* hold while out_valid && !out_ready
//   Loading    a cycle behind its inputs. t_start places the running pointer. Weight block: each t_we stores the pointer and the length of the next
//              column's slice and moves on; t_check compares where it ended with the words received. Column block: t_we says which
//              of the coming words the slice has entries in; those are kept, one after the other from the pointer on
//   Reset      control only
`default_nettype none

module lac_lane_fetch #(
    parameter integer WEIGHT_DEPTH = 1024,  // [words]   at most 32768
    parameter integer WEIGHT_AW    = 10,
    parameter integer COL_DEPTH    = 512,   // [columns]
    parameter integer COL_AW       = 9
) (
    input  wire                 clk,       // of loading
    input  wire                 item_clk,  // of the stages and of reading
    input  wire                 rst,

    input  wire                 in_valid,
    output wire                 in_ready,
    input  wire [COL_AW-1:0]    in_col,
    input  wire                 in_job,
    input  wire                 in_end,    // the mark that ends a job
    input  wire [1:0]           cfg_wide,  // job's entries are 16 bits wide: four to a word, else six

    output wire                 out_valid,
    input  wire                 out_ready,
    output wire [63:0]          out_word,
    output wire [1:0]           out_pair,
    output wire [1:0]           out_has,   // entries of the pair that belong to the slice
    output wire                 out_head,  // first pair of the slice
    output wire                 out_last,  // last pair of the slice
    output wire                 out_job,
    output wire                 out_end,

    input  wire                 w_we,
    input  wire [WEIGHT_AW-1:0] w_addr,    // weight block
    input  wire [7:0]           w_index,   // column block: the word's place in its column
    input  wire [63:0]          w_data,
    input  wire                 t_columns, // a column block is being loaded
    input  wire [7:0]           t_word,    // column block: the slice's first word in its column
    input  wire [2:0]           t_slot,    // ... and first slot
    input  wire                 t_start,
    input  wire [15:0]          t_base,    // [words]
    input  wire                 t_wide,
    input  wire                 t_we,
    input  wire [COL_AW-1:0]    t_col,
    input  wire [9:0]           t_q,       // [words]   whole words of entries
    input  wire [2:0]           t_r,       // [entries] beyond them
    input  wire                 t_check,
    input  wire [16:0]          t_limit,   // [words]   first word that was not received, at most WEIGHT_DEPTH
    output wire                 t_short    // the slices run past it
);

    // ---- Loading: the running pointer -----------------------------------------------------------------
    // It may stand one behind the RAM's end; what runs further is remembered in ptr_over_q.
    localparam integer   PTR_W = ((WEIGHT_AW > 10) ? WEIGHT_AW : 10) + 1;
    localparam integer   TOP_I = 1 << WEIGHT_AW;
    localparam [PTR_W:0] TOP   = TOP_I[PTR_W:0];
    localparam [WEIGHT_AW:0] DEPTH = WEIGHT_DEPTH[WEIGHT_AW:0];
    reg  [PTR_W:0] ptr_q;         // a cycle behind the slot
    wire [WEIGHT_AW:0] ptr_word = ptr_q[WEIGHT_AW:0];
    reg  [2:0]  ptr_slot_q;
    reg         ptr_over_q, short_q;

    // The slice of t_q whole words and t_r entries that begins at slot l_first ends before slot l_stop, t_q words and l_wrap further.
    wire [3:0]  t_per   = t_wide ? 4'd4 : 4'd6;
    // A cycle later: the words.
    reg         l_we_q, l_wrap_q, l_check_q;
    reg  [2:0]  l_first_q, l_stop_q;
    reg  [9:0]  l_words_q;
    reg  [COL_AW-1:0] l_col_q;
    reg  [WEIGHT_AW:0] l_limit_q;
    wire [PTR_W:0] l_word = {{(PTR_W-WEIGHT_AW){1'b0}}, ptr_word} + {{(PTR_W-9){1'b0}}, l_words_q} + {{PTR_W{1'b0}}, l_wrap_q};
    wire [WEIGHT_AW-1:0] l_last = l_word[WEIGHT_AW-1:0] - {{(WEIGHT_AW-1){1'b0}}, l_stop_q == 3'd0};
    wire        past    = {ptr_word, ptr_slot_q != 3'd0} > {l_limit_q, 1'b0};
    assign t_short = short_q;

    always @(posedge clk)
        if (rst) {l_we_q, l_check_q, short_q} <= 3'b000;
        else begin
            l_we_q    <= t_we;
            l_check_q <= t_check;
            if (t_start)        short_q <= 1'b0;
            else if (l_check_q) short_q <= ptr_over_q || (!t_columns && (past || ptr_q > TOP));
        end
    always @(posedge clk) if (t_check) l_limit_q <= t_limit[WEIGHT_AW:0];

    // column block: the words this lane keeps
    reg  [7:0]  c_first_q;   // first of them in the column
    reg  [5:0]  c_left_q;    // still to come
    reg  [1:0]  c_more_q;    // words beyond the whole ones, a cycle behind t_we like l_words_q
    reg         c_begun_q;
    wire        c_mine  = w_we && c_left_q != 6'd0 && (c_begun_q || w_index == c_first_q);
    wire        c_fits  = ptr_word < DEPTH;
    always @(posedge clk) begin
        if (t_we) begin : slice
            reg [2:0] l_first;
            reg [3:0] l_sum, c_sum;
            reg       l_wrap;
            reg [2:0] l_stop;
            l_first = t_columns ? t_slot : ptr_slot_q;
            l_sum   = {1'b0, l_first} + {1'b0, t_r};
            l_wrap  = l_sum >= t_per;
            l_stop  = l_sum[2:0] - (l_wrap ? t_per[2:0] : 3'd0);  // below 6: three bits are enough
            {l_wrap_q, l_first_q, l_stop_q, l_words_q, l_col_q} <= {l_wrap, l_first, l_stop, t_q, t_col};
            ptr_slot_q <= l_stop;

            c_sum = {1'b0, t_slot} + {1'b0, t_r};
            c_first_q <= t_word;
            c_more_q  <= (t_q == 10'd0 && t_r == 3'd0) || c_sum == 4'd0 ? 2'd0 : c_sum > t_per ? 2'd2 : 2'd1;
            c_begun_q <= 1'b0;
        end else if (c_mine) c_begun_q <= 1'b1;
        if (l_we_q)      c_left_q <= l_words_q[5:0] + {4'd0, c_more_q};  // the column's first word comes a cycle later, or after that
        else if (c_mine) c_left_q <= c_left_q - 6'd1;
        if (t_start) {c_left_q, ptr_slot_q} <= 9'd0;
    end

    always @(posedge clk)
        if (t_start) begin
            ptr_q      <= {{(PTR_W-WEIGHT_AW){1'b0}}, t_base[WEIGHT_AW:0]};
            ptr_over_q <= 1'b0;
        end else if (t_columns) begin
            if (c_mine && c_fits) ptr_q <= {{(PTR_W-WEIGHT_AW){1'b0}}, ptr_word + 1'b1};
            if (c_mine && !c_fits) ptr_over_q <= 1'b1;
        end else if (l_we_q) begin
            ptr_q      <= l_word;
            ptr_over_q <= ptr_over_q || ptr_q > TOP;
        end

    // ---- T1, T2: the column table's latch and register --------------------------------------------------
    // an entry of the table: the slice's first word and slot, its last word, the slot behind its last entry (0: the end of that word)
    localparam integer TW = 2 * WEIGHT_AW + 6;
    reg                 t1_valid_q, t1_job_q, t1_end_q;
    reg                 t2_valid_q, t2_job_q, t2_end_q;
    wire [TW-1:0]       t2_entry;
    wire                f_load;
    wire                t2_move = !t2_valid_q || f_load;
    wire                t1_move = !t1_valid_q || t2_move;
    assign in_ready = t1_move;

    lac_ram #(.W(TW), .DEPTH(COL_DEPTH), .ADDR_W(COL_AW)) u_table (
        .clk(clk), .rclk(item_clk),
        .we(l_we_q), .waddr(l_col_q), .wdata({ptr_word[WEIGHT_AW-1:0], l_first_q, l_last, l_stop_q}),
        .re(in_valid && t1_move), .raddr(in_col),
        .qe(t2_move), .q(t2_entry)
    );

    always @(posedge item_clk)
        if (rst) begin
            t1_valid_q <= 1'b0;
            t2_valid_q <= 1'b0;
        end else begin
            if (t1_move) t1_valid_q <= in_valid;
            if (t2_move) t2_valid_q <= t1_valid_q;
        end
    always @(posedge item_clk) begin
        if (t1_move && in_valid) {t1_job_q, t1_end_q} <= {in_job, in_end};
        if (t2_move && t1_valid_q) {t2_job_q, t2_end_q} <= {t1_job_q, t1_end_q};
    end

    // ---- F: the slice being fetched, one word address a cycle --------------------------------------------
    wire [WEIGHT_AW-1:0] e_word  = t2_entry[TW-1:WEIGHT_AW+6];
    wire [2:0]           e_first = t2_entry[WEIGHT_AW+5:WEIGHT_AW+3];
    wire [WEIGHT_AW-1:0] e_last  = t2_entry[WEIGHT_AW+2:3];
    wire [2:0]           e_stop  = t2_entry[2:0];
    wire                 e_even  = e_stop == 3'd0;

    reg                 f_valid_q, f_job_q, f_end_q, f_head_q, f_even_q, f_tail_q;
    reg [WEIGHT_AW-1:0] f_addr_q, f_last_q;
    reg [2:0]           f_first_q, f_stop_q;
    wire                f_wide = cfg_wide[f_job_q];
    wire [WEIGHT_AW-1:0] f_next = f_addr_q + 1'b1;
    wire                r1_move;
    assign f_load = !f_valid_q || (r1_move && f_tail_q);

    always @(posedge item_clk)
        if (rst)         f_valid_q <= 1'b0;
        else if (f_load) f_valid_q <= t2_valid_q;

    always @(posedge item_clk)
        if (f_load && t2_valid_q) begin
            f_job_q   <= t2_job_q;
            f_end_q   <= t2_end_q;
            f_head_q  <= 1'b1;
            f_addr_q  <= e_word;
            f_last_q  <= e_last;
            f_tail_q  <= t2_end_q || e_word == e_last;
            f_first_q <= e_first;
            f_stop_q  <= e_stop;
            f_even_q  <= e_even;
        end else if (!f_load && r1_move) begin
            f_head_q  <= 1'b0;
            f_addr_q  <= f_next;
            f_tail_q  <= f_next == f_last_q;
            f_first_q <= 3'd0;
        end

    // ---- R1: the weight RAM's latch; R2: its register, the word that is being read out, a pair a cycle ----------------
    // What the readies of all stages hang on are registers: `done`, this is the word's last pair, is known a cycle early.
    reg        r1_valid_q, r1_job_q, r1_end_q, r1_head_q, r1_tail_q, r1_half_q;
    reg        r2_valid_q, r2_job_q, r2_end_q, r2_head_q, r2_tail_q, r2_half_q, r2_done_q, r2_has0_q;
    reg  [2:0] r1_first_q;
    reg  [1:0] r1_final_q, r2_final_q, r2_pair_q;  // the word's last pair with entries of the slice
    wire       f_partly = f_tail_q && !f_even_q;   // it ends before the word does, at f_stop_q
    wire       r2_move  = !r2_valid_q || (out_ready && r2_done_q);
    wire [1:0] r2_next  = r2_pair_q + 2'd1;
    assign r1_move = !r1_valid_q || r2_move;

    lac_ram #(.W(64), .DEPTH(WEIGHT_DEPTH), .ADDR_W(WEIGHT_AW)) u_weight (
        .clk(clk), .rclk(item_clk),
        .we(t_columns ? c_mine && c_fits : w_we), .waddr(t_columns ? ptr_word[WEIGHT_AW-1:0] : w_addr), .wdata(w_data),
        .re(f_valid_q && r1_move), .raddr(f_addr_q),
        .qe(r2_move), .q(out_word)
    );

    always @(posedge item_clk)
        if (rst) begin
            r1_valid_q <= 1'b0;
            r2_valid_q <= 1'b0;
        end else begin
            if (r1_move) r1_valid_q <= f_valid_q;
            if (r2_move) r2_valid_q <= r1_valid_q;
        end
    always @(posedge item_clk)
        if (r1_move && f_valid_q) begin
            {r1_job_q, r1_end_q, r1_head_q, r1_tail_q} <= {f_job_q, f_end_q, f_head_q, f_tail_q};
            r1_first_q <= f_first_q;
            r1_final_q <= !f_partly ? (f_wide ? 2'd1 : 2'd2) : f_stop_q > 3'd4 ? 2'd2 : f_stop_q > 3'd2 ? 2'd1 : 2'd0;
            r1_half_q  <= f_end_q || (f_partly && f_stop_q[0]);
        end
    always @(posedge item_clk)
        if (r2_move && r1_valid_q) begin
            {r2_job_q, r2_end_q, r2_head_q, r2_tail_q} <= {r1_job_q, r1_end_q, r1_head_q, r1_tail_q};
            {r2_final_q, r2_half_q} <= {r1_final_q, r1_half_q};
            r2_pair_q <= r1_first_q[2:1];
            r2_done_q <= r1_end_q || r1_first_q[2:1] == r1_final_q;
            r2_has0_q <= r1_end_q || !r1_first_q[0];
        end else if (!r2_move && out_ready) begin
            r2_head_q <= 1'b0;
            r2_pair_q <= r2_next;
            r2_done_q <= r2_next == r2_final_q;
            r2_has0_q <= 1'b1;
        end

    assign out_valid = r2_valid_q;
    assign out_pair  = r2_pair_q;
    assign out_has   = {!(r2_done_q && r2_half_q), r2_has0_q};
    assign out_head  = r2_head_q;
    assign out_last  = r2_tail_q && r2_done_q;
    assign out_job   = r2_job_q;
    assign out_end   = r2_end_q;

    wire unused_ok = &{1'b0, t_base, t_limit};  // a RAM this deep needs fewer bits

endmodule
`default_nettype wire
