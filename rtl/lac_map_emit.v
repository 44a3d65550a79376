// SPDX-License-Identifier: Apache-2.0
//
// lac_map_emit - outputs to operations: words of the made list, rules
//
//   record --> [ E0: record at hand, group at hand ] --> [ E1: tap, window ] --> [ E2: bits below ] --> [ E3: index, skid ] --> operation
//
//   Function   for each record: MADE: where its row or its 32 sites differ from those of the record before, the sites' word at hand, then the
//              row's; then a rule for each hit in tap order, or one without tap; with `no_rules` one operation that only counts. `flush`: the last
//              sites' word, when all else has gone
//   Tap        pitch: of group kz * 3 + ky, kx = 0, seven bits each
//   Operation  kind 0: rule: word; with kz, none: no tap. 1: word of the list: list. 2: count. `last`: an output is complete; count: its hits
//   Timing     an operation a cycle; a record's first one in the cycle behind it
//   Handshake  valid/ready. `idle`: nothing is inside; `flushed`: nor a word at hand
//   Reset      control only
`default_nettype none

module lac_map_emit (
    input  wire         clk,
    input  wire         rst,
    input  wire         made,
    input  wire         no_rules,
    input  wire [62:0]  pitch,
    input  wire         flush,
    output wire         idle,
    output wire         flushed,

    input  wire         in_valid,
    output wire         in_ready,
    input  wire         in_drop,    // the record is none
    input  wire [39:0]  in_row,
    input  wire [15:0]  in_x,
    input  wire [5:0]   in_count,
    input  wire [44:0]  in_hits,
    input  wire [8:0]   in_groups,
    input  wire [215:0] in_base,
    input  wire [116:0] in_bits,
    input  wire [19:0]  in_taps,

    output wire         out_valid,
    input  wire         out_ready,
    output wire [1:0]   out_kind,
    output wire         out_last,
    output wire         out_none,
    output wire [2:0]   out_kz,      // one-hot
    output wire [6:0]   out_tap,
    output wire [23:0]  out_index,
    output wire [5:0]   out_count,
    output wire [63:0]  out_list
);

    localparam [1:0] RULE = 2'd0, LIST = 2'd1, COUNT = 2'd2;

    wire         en;
    // ---- E0: the record at hand ----------------------------------------------------------------------------------------------
    reg          valid_q, seen_q;         // seen: there was a record
    reg          sites_q, row_q;          // words of the list to write first
    reg          done_q;                  // its last rule is at hand, or it has none
    reg  [5:0]   left_q;                  // rules
    reg  [39:0]  at_q;
    reg  [15:0]  x_q;
    reg  [5:0]   count_q;
    reg  [44:0]  hits_q;
    reg  [8:0]   group_q, groups_q;       // one-hot: the group at hand; those behind it
    reg  [4:0]   taps_q;                  // hits of it
    reg  [215:0] base_q;
    reg  [116:0] bits_q;
    reg  [19:0]  off_q;
    reg          word_q;                  // there are sites
    reg  [10:0]  place_q;
    reg  [31:0]  some_q;

    wire [8:0]   load, next;
    lac_first #(.W(9)) u_load (.in(in_groups), .first(load));
    lac_first #(.W(9)) u_next (.in(groups_q), .first(next));
    wire [4:0]   rest  = taps_q & (taps_q - 5'd1);
    wire         list  = sites_q || row_q;
    wire         step  = en && valid_q;
    wire         last  = done_q && !sites_q && !row_q;
    wire         ends  = en && last;
    wire         spill = flush && !valid_q && word_q;     // the last sites' word
    assign in_ready = !valid_q || ends;
    wire         take  = in_ready && in_valid && !in_drop;
    wire         new_row   = !seen_q || in_row != at_q;
    wire         new_place = in_x[15:5] != x_q[15:5];
    reg  [4:0]   picked, in_picked;
    integer      i;
    always @* begin
        {picked, in_picked} = 10'd0;
        for (i = 0; i < 9; i = i + 1) begin
            picked    = picked    | ({5{next[i]}} & hits_q[5*i +: 5]);
            in_picked = in_picked | ({5{load[i]}} & in_hits[5*i +: 5]);
        end
    end
    wire [31:0]  bit_ = 32'd1 << x_q[4:0];
    always @(posedge clk)
        if (rst) begin
            {valid_q, seen_q, word_q, done_q} <= 4'd0;
            sites_q <= 1'b0;
            row_q   <= 1'b0;
        end else begin
            if (in_ready) valid_q <= in_valid && !in_drop;
            if (in_ready)           done_q <= take && (no_rules || in_count <= 6'd1);
            else if (step && !list) done_q <= left_q == 6'd2;
            if (take) begin
                seen_q  <= 1'b1;
                sites_q <= made && seen_q && (new_row || new_place);
                row_q   <= made && new_row;
            end else if (step) begin
                if (sites_q) sites_q <= 1'b0;
                else         row_q   <= 1'b0;
            end
            if (ends && made)       word_q <= 1'b1;
            else if (spill && en)   word_q <= 1'b0;
        end
    always @(posedge clk) begin
        if (take) {at_q, x_q} <= {in_row, in_x};   // of the record before, until there is another
        if (in_ready) begin                        // of a record, or of none: late in the cycle it is only known that there is room
            {count_q, hits_q}       <= {in_count, in_hits};
            {base_q, bits_q, off_q} <= {in_base, in_bits, in_taps};
            group_q  <= load;
            groups_q <= in_groups & ~load;
            taps_q   <= in_picked;
            left_q   <= in_count;
        end else if (step && !list) begin
            left_q   <= left_q - 6'd1;
            if (rest == 5'd0) begin
                group_q  <= next;
                groups_q <= groups_q & ~next;
                taps_q   <= picked;
            end else
                taps_q   <= rest;
        end
        if (ends) begin
            place_q <= x_q[15:5];
            some_q  <= some_q | bit_;
            if (new_word_q) some_q <= bit_;
        end
    end
    // The record at hand is the first of its word
    reg          new_word_q;
    always @(posedge clk) if (take) new_word_q <= new_row || new_place;

    // ---- E1: tap and window of the group at hand -------------------------------------------------------------------------------
    reg  [1:0]   v_q;                     // 1, 2
    reg  [1:0]   kind1_q, kind2_q;
    reg  [1:0]   last_q, none_q;
    reg  [2:0]   kz1_q, kz2_q;
    reg  [6:0]   tap1_q, tap2_q;
    reg  [2:0]   kx1_q;
    reg  [23:0]  base1_q, base2_q;
    reg  [12:0]  bits1_q;
    reg  [3:0]   off1_q, below2_q;
    reg  [5:0]   count1_q, count2_q;
    reg  [43:0]  list1_q, list2_q;        // row: 1, 3 zeros, 40; else 0, 43
    reg  [23:0]  base;
    reg  [12:0]  bits;
    reg  [6:0]   tap;
    always @* begin
        base = 24'd0;
        bits = 13'd0;
        tap  = 7'd0;
        for (i = 0; i < 9; i = i + 1) begin
            base = base | ({24{group_q[i]}} & base_q[24*i +: 24]);
            bits = bits | ({13{group_q[i]}} & bits_q[13*i +: 13]);
            tap  = tap  | ({7{group_q[i]}}  & pitch[7*i +: 7]);
        end
    end
    wire [4:0]   lowest = taps_q & ~rest;
    wire [2:0]   kx  = {lowest[4], lowest[3] || lowest[2], lowest[3] || lowest[1]};
    wire [3:0]   off = ({4{lowest[0]}} & off_q[3:0]) | ({4{lowest[1]}} & off_q[7:4]) | ({4{lowest[2]}} & off_q[11:8])
                     | ({4{lowest[3]}} & off_q[15:12]) | ({4{lowest[4]}} & off_q[19:16]);
    wire         none = group_q == 9'd0;
    wire [3:0]   below;
    wire [11:0]  under = bits1_q[11:0] & ~(12'hfff << off1_q);
    lac_map_ones #(.W(12), .N(4)) u_below (.in(under), .count(below));
    always @(posedge clk)
        if (rst)     v_q <= 2'd0;
        else if (en) v_q <= {v_q[0], valid_q || spill};
    always @(posedge clk)
        if (en) begin
            kind1_q <= list || spill ? LIST : no_rules ? COUNT : RULE;
            kind2_q <= kind1_q;
            last_q  <= {last_q[0], last};
            none_q  <= {none_q[0], none};
            kz1_q   <= {|group_q[8:6], |group_q[5:3], |group_q[2:0]};
            kz2_q   <= kz1_q;
            {tap1_q, kx1_q, base1_q, bits1_q, off1_q} <= {none ? 7'd127 : tap, kx, base, bits, off};
            count1_q <= count_q;
            count2_q <= count1_q;
            list1_q <= spill || sites_q ? {1'b0, place_q, some_q} : {1'b1, 3'd0, at_q};
            list2_q <= list1_q;
            tap2_q   <= tap1_q + {4'd0, kx1_q};
            base2_q  <= base1_q;
            below2_q <= below;
        end

    // E3: an operation waits here; the stages before it look at nothing but a register
    wire [23:0]  index = none_q[1] ? 24'd0 : base2_q + {20'd0, below2_q};
    wire [43:0]  word;
    lac_skid #(.W(88)) u_op (
        .clk(clk), .rst(rst), .in_valid(v_q[1]), .in_ready(en),
        .in_data({kind2_q, last_q[1], none_q[1], kz2_q, tap2_q, index, count2_q, list2_q}),
        .out_valid(out_valid), .out_ready(out_ready),
        .out_data({out_kind, out_last, out_none, out_kz, out_tap, out_index, out_count, word})
    );
    assign out_list  = {word[43], 20'd0, word[42:0]};
    assign idle      = !valid_q && v_q == 2'd0 && !out_valid;
    assign flushed   = idle && !word_q;

    wire unused_ok = &{1'b0, bits1_q[12]};

endmodule
`default_nettype wire
