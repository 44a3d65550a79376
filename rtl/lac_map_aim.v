// SPDX-License-Identifier: Apache-2.0
//
// lac_map_aim - given outputs: where the windows of each output are, and which
//
//   words of the list --> sites, one by one --> lac_map_scale --> [ row, place, site in it ] --+--> targets: rows and places
//                                                                                              +--> sites: {last of its place, j, r}
//
//   Function   output x begins at input x0 = x * stride - pad (TRANSPOSED: x0, r = (x + pad) divmod stride): place x0 / 32, site j = x0 mod 32 of it.
//              A target for each (row, place), in front of its sites
//   Timing     a site a cycle
//   Handshake  words in: valid/ready, `in_ended` with the last gone; targets and sites: queues, valid then pop. `idle`: all has been taken
//   Reset      control only
`default_nettype none

module lac_map_aim (
    input  wire        clk,
    input  wire        rst,
    input  wire        transposed,
    input  wire [2:0]  stride,
    input  wire [10:0] pad,

    input  wire        in_valid,
    output wire        in_ready,
    input  wire        in_row,
    input  wire [42:0] in_word,
    input  wire [5:0]  in_ones,    // sites
    input  wire        in_ended,
    output wire        idle,

    output wire        target_valid,
    input  wire        target_pop,
    output wire [59:0] target,
    output wire        site_valid,
    input  wire        site_pop,
    output wire        site_last,
    output wire [4:0]  site_j,
    output wire [2:0]  site_r
);

    wire        targets_ready, sites_ready;
    wire        en;

    // ---- Sites, one by one ---------------------------------------------------------------------------------------------------
    reg         busy_q, fresh_q;  // sites are left of the word; the row is new
    reg         row_n_q;          // the row of the sites that come next is here
    reg  [31:0] left_q;
    reg  [10:0] place_q;
    reg  [39:0] row_q, next_q;
    wire [31:0] rest;
    wire [4:0]  bit_;
    wire        any;
    lac_ffs #(.W(32), .INDEX_W(5)) u_ffs (.in(left_q), .any(any), .index(bit_), .rest(rest));
    reg  [5:0]  ones_q;
    reg         last_q;             // one is left
    wire        free  = !busy_q || (en && last_q);
    wire        sites = in_valid && !in_row && free;
    assign in_ready = in_row || free;    // a row has sites behind it
    always @(posedge clk)
        if (rst) begin
            busy_q  <= 1'b0;
            row_n_q <= 1'b0;
        end else begin
            if (free) busy_q <= sites;
            if (in_valid && in_row) row_n_q <= 1'b1;
            else if (sites)         row_n_q <= 1'b0;
        end
    always @(posedge clk) begin
        if (in_valid && in_row) next_q <= in_word[39:0];
        if (sites) begin
            {place_q, left_q} <= in_word;
            row_q  <= next_q;
            ones_q <= in_ones;
            last_q <= in_ones == 6'd1;
        end else if (en) begin
            left_q <= rest;
            ones_q <= ones_q - 6'd1;
            last_q <= ones_q == 6'd2;
        end
        if (sites)             fresh_q <= row_n_q;
        else if (en && busy_q) fresh_q <= 1'b0;
    end

    // ---- Scaled --------------------------------------------------------------------------------------------------------------------
    reg  [4:0]  valid_q, new_q;
    reg  [16:0] x_q;
    reg  [39:0] row0_q, row1_q, row2_q, row3_q, row4_q;
    wire [18:0] x0;
    wire [2:0]  r;
    lac_map_scale u_x (
        .clk(clk), .en(en), .stride(stride), .divide(transposed), .pad(pad), .in(x_q), .plus(3'd0), .out(x0), .rem(r)
    );
    always @(posedge clk)
        if (rst)     valid_q <= 5'd0;
        else if (en) valid_q <= {valid_q[3:0], busy_q};
    always @(posedge clk)
        if (en) begin
            x_q   <= {place_q[10], place_q, bit_};
            new_q <= {new_q[3:0], fresh_q};
            {row0_q, row1_q, row2_q, row3_q, row4_q} <= {row_q, row0_q, row1_q, row2_q, row3_q};
        end

    // ---- Targets and sites: a site waits until it is known whether it is the last of its place ------------------------------------------
    reg         have_q;
    reg  [13:0] at_q;         // place of the last one
    reg  [4:0]  j_q;
    reg  [2:0]  r_q;
    wire        comes = en && valid_q[4];
    wire        turns = !have_q || new_q[4] || x0[18:5] != at_q;
    wire        over  = in_ended && !busy_q && valid_q == 5'd0;
    wire        push  = have_q && (comes || (over && sites_ready));
    wire        s_ready, t_ready, s_valid, s_move;
    wire [8:0]  s_data;
    wire [5:0]  s_level;
    wire [4:0]  t_level;
    always @(posedge clk)
        if (rst)        have_q <= 1'b0;
        else if (comes) have_q <= 1'b1;
        else if (push)  have_q <= 1'b0;
    always @(posedge clk)
        if (comes) begin
            at_q <= x0[18:5];
            j_q  <= x0[4:0];
            r_q  <= r;
        end
    wire [18:0] z19 = {{4{row4_q[31]}}, row4_q[30:16]}, y19 = {{4{row4_q[15]}}, row4_q[14:0]};
    lac_fifo #(.W(60), .DEPTH(16), .LEVEL_W(5)) u_targets (
        .clk(clk), .rst(rst), .push(comes && turns),
        .in_data({row4_q[39:32], !z19[18], z19[17:0], !y19[18], y19[17:0], !x0[18], x0[17:5]}), .in_ready(t_ready),
        .out_valid(target_valid), .out_data(target), .pop(target_pop), .level(t_level)
    );
    lac_fifo #(.W(9), .DEPTH(32), .LEVEL_W(6)) u_sites (
        .clk(clk), .rst(rst), .push(push), .in_data({comes ? turns : 1'b1, j_q, r_q}), .in_ready(s_ready),
        .out_valid(s_valid), .out_data(s_data), .pop(s_valid && s_move), .level(s_level)
    );
    lac_skid #(.W(9)) u_site (  // much waits for a site's last word
        .clk(clk), .rst(rst), .in_valid(s_valid), .in_ready(s_move), .in_data(s_data),
        .out_valid(site_valid), .out_ready(site_pop), .out_data({site_last, site_j, site_r})
    );
    // Registers, two places early
    reg         t_room_q, s_room_q;
    always @(posedge clk) begin
        t_room_q <= t_level < 5'd14;
        s_room_q <= s_level < 6'd30;
    end
    assign targets_ready = t_room_q;
    assign sites_ready   = s_room_q;
    assign en   = targets_ready && sites_ready;
    assign idle = over && !have_q && !target_valid && !s_valid && !site_valid;

    wire unused_ok = &{1'b0, any, s_ready, t_ready};

endmodule
`default_nettype wire
