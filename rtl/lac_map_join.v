// SPDX-License-Identifier: Apache-2.0
//
// lac_map_join - one output after the other: what of the nine windows it sees, and the index of the first voxel there
//
//   windows --> [ place at hand ] --> [0: site j] --> [1: its byte] --> [2: its site] --> [3: hits, bases] --> [4: count] --> record
//                                       +------> x: lac_map_scale ------------------------------------------^
//
//   Function   given: the sites come from outside. MADE: of the place's sites j those that some tap reaches, in order, and of each
//              r = 0 .. stride - 1 if TRANSPOSED; what has no hit then is no output. MADE outputs outside SHAPE are left out; outside of
//              int16 too, with `beyond`
//   Taps       off: for each r, kx {there is such a tap, which site from j on}, r = 0, kx = 0 in the lowest bits
//   Record     hits: bit kx of group kz * 3 + ky; groups: which have any; base: index of the first voxel at or behind site j; bits: sites
//              j .. j + 12; taps: off of this r
//   Timing     a site a cycle; MADE: a place of a single output takes two
//   Handshake  valid/ready everywhere; the record holds until taken. `idle`: nothing is inside
//   Reset      control only
`default_nettype none

module lac_map_join (
    input  wire         clk,
    input  wire         rst,
    input  wire         made,
    input  wire         transposed,
    input  wire         bounded,
    input  wire [2:0]   stride,
    input  wire [10:0]  pad,        // x, signed; TRANSPOSED: less (KX - 1) * dilation
    input  wire [15:0]  shape_z,
    input  wire [15:0]  shape_y,
    input  wire [15:0]  shape_x,
    input  wire [124:0] off,
    output wire         idle,
    output wire         beyond,     // an output was left out (MAP_RANGE); until rst

    input  wire [13:0]  next_place, // of the windows that come next
    input  wire         in_valid,
    output wire         in_ready,
    input  wire [59:0]  in_key,
    input  wire [31:0]  in_reach,
    input  wire [287:0] in_lo,
    input  wire [107:0] in_hi,
    input  wire [215:0] in_base,

    input  wire         site_valid,
    output wire         site_pop,
    input  wire         site_last,
    input  wire [4:0]   site_j,
    input  wire [2:0]   site_r,

    output wire         out_valid,
    input  wire         out_ready,
    output wire         out_drop,   // it is no output: take it and forget it
    output wire [39:0]  out_row,    // MADE: batch, z, y
    output wire [15:0]  out_x,
    output wire [5:0]   out_count,
    output wire [44:0]  out_hits,
    output wire [8:0]   out_groups,
    output wire [215:0] out_base,
    output wire [116:0] out_bits,
    output wire [19:0]  out_taps
);

    wire         en;
    reg          open_q;       // the last stage is empty: a copy, for all that `en` decides about
    wire         steps = open_q || out_ready;

    // ---- The place at hand ---------------------------------------------------------------------------------------------------
    wire [31:0]  begins;
    lac_map_phase u_phase (
        .clk(clk), .hold(in_valid), .all(transposed), .stride(stride), .pad(pad), .place(next_place[11:0]), .mask(begins)
    );
    wire [31:0]  n_mask = in_reach & begins;
    wire [18:0]  n_z = {!in_key[51], in_key[50:33]}, n_y = {!in_key[32], in_key[31:14]};

    reg          j_valid_q, row_ok_q;
    reg  [31:0]  mask_q;
    reg  [2:0]   r_q;
    reg  [39:0]  row_q;
    reg  [11:0]  place_q;
    reg  [287:0] lo_q;
    reg  [107:0] hi_q;
    reg  [215:0] base_q;
    wire [31:0]  rest;
    wire [4:0]   made_j;
    wire         any, one, two, three;
    lac_ffs #(.W(32), .INDEX_W(5)) u_ffs (.in(mask_q), .any(any), .index(made_j), .rest(rest));
    lac_few #(.W(32)) u_few (.in(mask_q), .one(one), .two(two), .three(three));
    // MADE: the place has one site left, or none: a cycle late for a new place, so that one of a single site takes two
    reg          single_q, none_q;
    wire         r_end = !transposed || r_q + 3'd1 == stride;
    wire         there = j_valid_q && !none_q && (made || site_valid);
    wire         last  = made ? r_end && single_q : site_last;
    wire [4:0]   j     = made ? made_j : site_j;
    wire [2:0]   r     = !transposed ? 3'd0 : made ? r_q : site_r;
    wire         move  = there && steps;
    assign in_ready = !j_valid_q || none_q || (move && last);
    assign site_pop = move && !made;
    always @(posedge clk)
        if (rst)           j_valid_q <= 1'b0;
        else if (in_ready) j_valid_q <= in_valid && (!made || n_mask != 32'd0);
    always @(posedge clk) begin
        if (in_ready) begin
            mask_q   <= n_mask;
            row_q    <= {in_key[59:52], n_z[15:0], n_y[15:0]};
            place_q  <= {!in_key[13], in_key[10:0]};
            row_ok_q <= bounded ? !n_z[18] && n_z[17:0] < {2'd0, shape_z} && !n_y[18] && n_y[17:0] < {2'd0, shape_y}
                                : n_z[18:15] == {4{n_z[18]}} && n_y[18:15] == {4{n_y[18]}};
            lo_q     <= in_lo;
            hi_q     <= in_hi;
            base_q   <= in_base;
        end else if (move && r_end)
            mask_q   <= rest;
        single_q <= !in_ready && !(move && r_end ? three : two);
        none_q   <= !in_ready && made && move && r_end && !two;
        r_q <= in_ready || (move && r_end) ? 3'd0 : move ? r_q + 3'd1 : r_q;
    end

    // ---- Stages 0 .. 4 -----------------------------------------------------------------------------------------------------------
    reg  [4:0]   valid_q;
    reg  [4:0]   j0_q;
    reg  [2:0]   j1_q;
    reg  [2:0]   r0_q, r1_q;
    reg  [11:0]  place0_q;
    reg  [39:0]  row0_q, row1_q, row2_q, row3_q, row4_q;
    reg  [4:0]   ok_q;
    reg  [24:0]  taps2_q, taps3_q;
    reg  [19:0]  taps4_q;
    wire [44:0]  hits3;
    always @(posedge clk)
        if (rst)     valid_q <= 5'd0;
        else if (en) valid_q <= {valid_q[3:0], there};
    always @(posedge clk)
        if (rst)        open_q <= 1'b1;
        else if (steps) open_q <= !valid_q[3];
    always @(posedge clk)
        if (en) begin
            {j0_q, j1_q} <= {j, j0_q[2:0]};
            {r0_q, r1_q} <= {r, r0_q};
            place0_q     <= place_q;
            {row0_q, row1_q, row2_q, row3_q, row4_q} <= {row_q, row0_q, row1_q, row2_q, row3_q};
            ok_q <= {ok_q[3:0], row_ok_q};
            taps2_q <= off[25*r1_q +: 25];
            taps3_q <= taps2_q;
            taps4_q <= {taps3_q[23:20], taps3_q[18:15], taps3_q[13:10], taps3_q[8:5], taps3_q[3:0]};
        end

    reg  [44:0]  hits3_q, hits4_q;
    reg  [8:0]   groups4_q;
    reg  [11:0]  count4_q;
    reg  [215:0] base4_q;
    reg  [116:0] bits4_q;
    genvar g, k;
    generate
        for (g = 0; g < 9; g = g + 1) begin : g_group
            reg  [43:0] all0_q;
            wire [3:0]  n0, n1, n2;
            // Set bits of the first one, two and three bytes
            lac_map_ones #(.W(8), .N(4)) u_n0 (.in(lo_q[32*g +: 8]),      .count(n0));
            lac_map_ones #(.W(8), .N(4)) u_n1 (.in(lo_q[32*g + 8 +: 8]),  .count(n1));
            lac_map_ones #(.W(8), .N(4)) u_n2 (.in(lo_q[32*g + 16 +: 8]), .count(n2));
            reg  [4:0]  c1_q, c2_q, c3_q;
            reg  [19:0] all1_q;
            reg  [4:0]  count1_q, count2_q;
            reg  [23:0] base0_q, base1_q, base2_q, base3_q;
            reg  [12:0] bits2_q, bits3_q;
            wire [2:0]  below;
            wire [6:0]  under = all1_q[6:0] & ~(7'h7f << j1_q);
            lac_map_ones #(.W(7), .N(3)) u_below (.in(under), .count(below));
            wire [19:0] shifted = all1_q >> j1_q;
            always @(posedge clk)
                if (en) begin
                    all0_q <= {hi_q[12*g +: 12], lo_q[32*g +: 32]};
                    c1_q <= {1'b0, n0};
                    c2_q <= {1'b0, n0} + {1'b0, n1};
                    c3_q <= {1'b0, n0} + {1'b0, n1} + {1'b0, n2};
                end
            always @(posedge clk)
                if (en) begin
                    case (j0_q[4:3])
                        2'd0:    {count1_q, all1_q} <= {5'd0, all0_q[19:0]};
                        2'd1:    {count1_q, all1_q} <= {c1_q, all0_q[27:8]};
                        2'd2:    {count1_q, all1_q} <= {c2_q, all0_q[35:16]};
                        default: {count1_q, all1_q} <= {c3_q, all0_q[43:24]};
                    endcase
                    count2_q <= count1_q + {2'd0, below};
                    bits2_q  <= shifted[12:0];
                    bits3_q  <= bits2_q;
                    {base0_q, base1_q, base2_q} <= {base_q[24*g +: 24], base0_q, base1_q};
                    base3_q  <= base2_q + {19'd0, count2_q};
                    base4_q[24*g +: 24] <= base3_q;
                    bits4_q[13*g +: 13] <= bits3_q;
                    groups4_q[g]        <= hits3[5*g +: 5] != 5'd0;
                end
            for (k = 0; k < 5; k = k + 1) begin : g_tap
                wire [15:0] wide = {3'd0, bits2_q};
                always @(posedge clk) if (en) hits3_q[5*g + k] <= taps2_q[5*k + 4] && wide[taps2_q[5*k +: 4]];
            end
            wire unused_shifted = &{1'b0, shifted[19:13]};
        end
    endgenerate
    assign hits3 = hits3_q;
    generate
        for (g = 0; g < 3; g = g + 1) begin : g_kz   // the sum of three is a matter of what is behind
            wire [3:0] count3;
            lac_map_ones #(.W(15), .N(4)) u_count (.in(hits3[15*g +: 15]), .count(count3));
            always @(posedge clk) if (en) count4_q[4*g +: 4] <= count3;
        end
    endgenerate
    always @(posedge clk) if (en) hits4_q <= hits3;

    // ---- x, and whether it is an output ---------------------------------------------------------------------------------------------
    wire [18:0]  x;
    wire [2:0]   rem;
    lac_map_scale u_x (
        .clk(clk), .en(en), .stride(stride), .divide(!transposed), .pad(pad), .in({place0_q, j0_q}), .plus(r0_q), .out(x), .rem(rem)
    );
    wire         ok = ok_q[4] && (bounded ? !x[18] && x[17:0] < {2'd0, shape_x} : x[18:15] == {4{x[18]}});
    wire         hit = groups4_q != 9'd0;
    wire         drop = made && !(hit && ok);
    assign en = !valid_q[4] || out_ready;
    reg          beyond_q;
    always @(posedge clk)
        if (rst)                                                      beyond_q <= 1'b0;
        else if (valid_q[4] && made && !bounded && hit && !ok)        beyond_q <= 1'b1;
    assign beyond = beyond_q;

    assign out_valid  = valid_q[4];
    assign out_drop   = drop;
    assign out_row    = row4_q;
    assign out_x      = x[15:0];
    assign out_count  = {2'd0, count4_q[3:0]} + {2'd0, count4_q[7:4]} + {2'd0, count4_q[11:8]};
    assign out_hits   = hits4_q;
    assign out_groups = groups4_q;
    assign out_base   = base4_q;
    assign out_bits   = bits4_q;
    assign out_taps   = taps4_q;
    assign idle       = !j_valid_q && valid_q == 5'd0;

    wire unused_ok = &{1'b0, any, one, rem, next_place[13:12], in_key, n_z, n_y, taps3_q};

endmodule
`default_nettype wire
