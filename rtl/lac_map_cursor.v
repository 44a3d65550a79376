// SPDX-License-Identifier: Apache-2.0
//
// lac_map_cursor - walks the ring for one (kz, ky): windows of 44 sites, by output row and place in x, in ascending order
//
//   ring -->[ L ]-->[ Q ]-->[ P: output row ]-->[ 1 ]-->[ 0 ]-->[ window ]--> key, lo, hi, base
//
//   Function   a window at (row, place): the 32 sites at 32 * place, the 12 behind them, and the index of the first voxel there or later in the
//              row. There is one for each place with sites, and one for the place before if some of the sites' low bits are in `low`. When words
//              fail to come behind a row that gives nothing here, a *mark*: a window with the least place and no sites, which says that
//              all before it have come (others may hold what the ring has no room for); a better one replaces it, while `loose`
//   Ring       a copy of its own, written from outside; `tail` is what has been read, modulo its size
//   Timing     a window a cycle, a row a cycle
//   Handshake  valid, then pop. `next`: a window (no mark) stands behind it, next_key, and comes in as soon as that goes; `yields`: it takes the
//              place of what stands there, a mark, by itself. `ended`: there will be none
//   Reset      control only
`default_nettype none

module lac_map_cursor #(
    parameter integer RING = 512,   // [words] a power of two
    parameter integer AW   = 9      // [bits]  log2 of it
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        active,      // else it has ended
    input  wire [2:0]  match,       // what is left of y in rows that give something here
    input  wire [5:0]  add,         // signed: to y, for the output's

    input  wire        we,
    input  wire [AW-1:0] waddr,
    input  wire [67:0] wdata,       // see lac_map_norm
    input  wire [AW:0] head,        // words written, modulo twice the ring
    input  wire        all,         // no more will be
    output wire [AW:0] tail,

    input  wire [11:0] low,
    input  wire        loose,
    output wire        valid,
    input  wire        pop,
    output wire        next,
    output wire        yields,
    output wire        ended,
    output wire [59:0] key,         // batch 8, z 19, y 19, place 14; signed ones with their sign turned, so that it ascends
    output wire [59:0] next_key,
    output wire [31:0] lo,
    output wire [11:0] hi,
    output wire [23:0] base
);

    // ---- Words, one behind the other ------------------------------------------------------------------------------------------
    reg         vl_q, vq_q, vp_q, v1_q, v0_q;
    reg  [AW:0] tail_q;
    wire        take;                            // of word 0
    wire        some = tail_q != head;
    wire        en0 = !v0_q || take;
    // Full from word 0 to there, as registers, worked out for both: the cycle's last decision, `take`, meets one LUT
    reg         f1_q, fp_q, fq_q, fl_q;
    wire        g1 = v1_q && vp_q, gp = g1 && vq_q, gq = gp && vl_q, gl = gq && some;                                // if word 0 goes
    wire        h1 = f1_q || (vp_q && (v0_q || v1_q)), hp = fp_q || (h1 && vq_q), hq = fq_q || (hp && vl_q), hl = fl_q || (hq && some);
    wire        en1 = !f1_q || take;
    wire        enp = !fp_q || take;
    wire        enq = !fq_q || take;
    wire        enl = !fl_q || take;
    wire [67:0] q;
    lac_ram #(.W(68), .DEPTH(RING), .ADDR_W(AW)) u_ring (
        .clk(clk), .rclk(clk), .we(we), .waddr(waddr), .wdata(wdata), .re(enl && some), .raddr(tail_q[AW-1:0]), .qe(enq && vl_q), .q(q)
    );
    assign tail = tail_q;
    always @(posedge clk)
        if (rst || !active) begin
            {vl_q, vq_q, vp_q, v1_q, v0_q} <= 5'd0;
            {fl_q, fq_q, fp_q, f1_q} <= 4'd0;
            tail_q <= {(AW+1){1'b0}};
        end else begin
            if (enl && some) tail_q <= tail_q + 1'b1;
            if (enl) vl_q <= some;
            if (enq) vq_q <= vl_q;
            if (enp) vp_q <= vq_q;
            if (en1) v1_q <= vp_q;
            if (en0) v0_q <= v1_q;
            {fl_q, fq_q, fp_q, f1_q} <= take ? {gl, gq, gp, g1} : {hl, hq, hp, h1};
        end

    // P: rows become those of the outputs
    wire        q_row   = q[67];
    wire        q_above = q[3:1] > match;
    wire        q_match = q[3:1] == match;
    wire [18:0] q_y     = q[22:4] + {{13{add[5]}}, add} + {18'd0, q_above};
    reg  [67:0] p_q, w1_q, w0_q;                 // row: key 46 from bit 4 on, bit 0: it gives something
    always @(posedge clk) begin
        if (enp) p_q  <= q_row ? {q[67:50], q[49:42], !q[41], q[40:23], !q_y[18], q_y[17:0], 3'd0, q_match} : q;
        if (en1) w1_q <= p_q;
        if (en0) w0_q <= w1_q;
    end

    // ---- Windows ------------------------------------------------------------------------------------------------------------------
    reg         mine_q;    // the row at hand gives something
    reg         none_q, idle_q;  // the row at hand gives nothing; and nothing has come for a while
    reg         skip_q, site_q;  // word 0 says nothing here, a row does not either; it has sites
    reg         ahead_q;   // there has to be a window for the place before word 0's
    reg  [45:0] row_q;
    reg         valid_q, mark_q;
    reg  [59:0] key_q;
    reg  [31:0] lo_q;
    reg  [11:0] hi_q;
    reg  [23:0] base_q;

    reg         drained_q, ended_q;  // nothing will come behind word 0; nothing stands here either
    always @(posedge clk) begin
        drained_q <= !rst && active && all && !some && !vl_q && !vq_q && !vp_q && !v1_q;
        ended_q   <= !active || (!rst && drained_q && !v0_q && !valid_q && !idle_q);
    end
    wire        better  = mark_q && loose;   // a window may take the mark's place
    wire        free    = !valid_q || pop || better;
    wire        row0    = w0_q[67];
    wire [10:0] place0  = w0_q[66:56];
    wire        joins   = v1_q && !w1_q[67] && w1_q[66:56] == place0 + 11'd1 && place0 != 11'h3ff;  // word 1 is for the place behind word 0's
    wire        mine    = skip_q && row0 ? w0_q[0] : mine_q;
    reg  [11:0] before_q;  // the place before word 0's
    wire [11:0] place12 = ahead_q ? before_q : {place0[10], place0};
    wire        want    = site_q && (ahead_q || v1_q || drained_q);
    wire        sites   = want && free;
    wire        mark    = idle_q && !valid_q;
    wire        load    = sites || mark;
    assign take    = skip_q || (site_q && !ahead_q && (v1_q || drained_q) && free);
    assign next    = want;
    assign yields  = want && better;

    always @(posedge clk)
        if (rst || !active) begin
            {mine_q, skip_q, site_q, valid_q, mark_q} <= 5'd0;
            {none_q, idle_q} <= 2'd0;
        end else begin
            mine_q <= mine;
            if (en0) begin
                skip_q <= v1_q && (w1_q[67] || !mine);
                site_q <= v1_q && !w1_q[67] && mine;
            end
            if (skip_q && row0)       none_q <= !w0_q[0];
            else if (mark)            none_q <= 1'b0;
            idle_q <= none_q && !mark && !all && !some && !vl_q && !vq_q && !vp_q && !v1_q && !v0_q;
            if (load)      {valid_q, mark_q} <= {1'b1, mark};
            else if (pop)  {valid_q, mark_q} <= 2'b00;
        end
    always @(posedge clk) begin
        // The window at word 0's place shows the first sites of the place behind it
        if (en0)        ahead_q <= (w1_q[35:24] & low) != 12'd0 && !(site_q && joins);
        else if (sites) ahead_q <= 1'b0;
        if (en0) before_q <= {w1_q[66], w1_q[66:56]} - 12'd1;
        if (skip_q && row0) row_q <= w0_q[49:4];
        if (load) begin
            key_q  <= mark ? {row_q, 14'd0} : next_key;
            lo_q   <= mark || ahead_q ? 32'd0 : w0_q[55:24];
            hi_q   <= mark ? 12'd0 : ahead_q ? w0_q[35:24] : joins ? w1_q[35:24] : 12'd0;
            base_q <= w0_q[23:0];
        end
    end

    assign valid = valid_q;
    assign ended = ended_q;
    assign key   = key_q;
    assign next_key = {row_q, !place12[11], {2{place12[11]}}, place12[10:0]};
    assign lo    = lo_q;
    assign hi    = hi_q;
    assign base  = base_q;

endmodule
`default_nettype wire
