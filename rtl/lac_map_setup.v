// SPDX-License-Identifier: Apache-2.0
//
// lac_map_setup - from the fields of MAP to what its parts need
//
//   Function   ok: every field is in its range. The rest: see the ports; arrays begin with kz, ky, kx, r = 0 in the lowest bits
//   Timing     `start` in the first cycle of a command; all stands when `ready`, 28 cycles later, off and offs a cycle behind it, and holds until the next start
//   Reset      none needed
`default_nettype none

module lac_map_setup (
    input  wire         clk,
    input  wire         start,
    output wire         ready,
    input  wire [447:0] cmd,      // words 0 .. 13
    output wire         ok,
    output wire [8:0]   active,   // group kz * 3 + ky is part of the kernel
    output wire [8:0]   match,    // by ky: what (y + pad) mod stride is in rows that it takes
    output wire [17:0]  add,      // by ky, signed: from (y + pad) div stride to the output's y
    output wire [32:0]  pad_z,    // by kz, signed: padding less kz * dilation
    output wire [10:0]  pad_y,
    output wire [10:0]  pad_x,    // TRANSPOSED: less (KX - 1) * dilation
    output wire [62:0]  pitch,    // by group: tap of kx = 0
    output wire [124:0] off,      // by r and kx: there is such a tap; its site, from the output's first on
    output wire [12:0]  offs,     // all sites of taps
    output wire [11:0]  low,      // sites behind the 32 of a window that taps look at
    output wire [4:0]   reach     // (KY - 1) * dilation
);

`include "lac_regs.vh"
    wire        transposed = cmd[`LAC_F_MAP_TRANSPOSED];
    wire        made    = cmd[`LAC_F_MAP_MADE], bounded = cmd[`LAC_F_MAP_BOUNDED];
    wire [1:0]  nz = cmd[`LAC_F_MAP_KZ], ny = cmd[`LAC_F_MAP_KY];
    wire [2:0]  nx = cmd[`LAC_F_MAP_KX];
    wire [2:0]  sz = cmd[`LAC_F_MAP_SZ], sy = cmd[`LAC_F_MAP_SY], sx = cmd[`LAC_F_MAP_SX];
    wire [3:0]  dz = cmd[`LAC_F_MAP_DZ], dy = cmd[`LAC_F_MAP_DY], dx = cmd[`LAC_F_MAP_DX];
    wire [9:0]  pz = cmd[`LAC_F_MAP_PZ], py = cmd[`LAC_F_MAP_PY], px = cmd[`LAC_F_MAP_PX];
    wire [15:0] hz = cmd[`LAC_F_MAP_SHAPE_Z], hy = cmd[`LAC_F_MAP_SHAPE_Y], hx = cmd[`LAC_F_MAP_SHAPE_X];
    wire [6:0]  tap = cmd[`LAC_F_MAP_TAP];
    wire [4:0]  tap_z = cmd[`LAC_F_MAP_TAP_Z];
    wire [2:0]  tap_y = cmd[`LAC_F_MAP_TAP_Y];

    // n div s, for n up to 31: by the reciprocal * 128, rounded up
    function [7:0] recip(input [2:0] s);
        case (s)
            3'd2:    recip = 8'd64;
            3'd3:    recip = 8'd43;
            3'd4:    recip = 8'd32;
            3'd5:    recip = 8'd26;
            default: recip = 8'd128;
        endcase
    endfunction
    function [4:0] div(input [4:0] n, input [7:0] r);
        reg [12:0] p;
        begin
            p   = {8'd0, n} * {5'd0, r};
            p   = p >> 7;
            div = p[4:0];
        end
    endfunction
`include "lac_rest.vh"

    // ---- Ranges -----------------------------------------------------------------------------------------------------------------
    wire [2:0]  x1   = nx - 3'd1;
    reg  [5:0]  wide;    // (KX - 1) * dilation, of KX up to 5
    always @(posedge clk) wide <= (x1[0] ? {2'd0, dx} : 6'd0) + (x1[1] ? {1'b0, dx, 1'b0} : 6'd0) + (x1[2] ? {dx, 2'd0} : 6'd0);
    wire [1:0]  z1 = nz - 2'd1, y1 = ny - 2'd1;
    reg  [7:0]  most;    // the highest tap
    always @(posedge clk) most <= {1'b0, tap} + (z1[0] ? {3'd0, tap_z} : 8'd0) + (z1[1] ? {2'd0, tap_z, 1'b0} : 8'd0)
                     + (y1[0] ? {5'd0, tap_y} : 8'd0) + (y1[1] ? {4'd0, tap_y, 1'b0} : 8'd0) + {5'd0, x1};
    wire        range_k = nz != 2'd0 && ny != 2'd0 && nx != 3'd0 && nx <= 3'd5;
    wire        range_s = sz != 3'd0 && sz <= 3'd5 && sy != 3'd0 && sy <= 3'd5 && sx != 3'd0 && sx <= 3'd5;
    wire        range_d = dz != 4'd0 && dy != 4'd0 && dx != 4'd0 && dx <= 4'd12;
    wire        shape   = hz != 16'd0 && hz <= 16'd32768 && hy != 16'd0 && hy <= 16'd32768 && hx != 16'd0 && hx <= 16'd32768;
    wire        range_h = bounded ? shape : {hz, hy, hx} == 48'd0;
    wire        range_m = cmd[`LAC_F_MAP_BAND] != 16'd0 && (made || (!bounded && cmd[`LAC_F_MAP_OUT_LINES] == 24'd0));
    reg  [6:0]  ok_q;
    always @(posedge clk) ok_q <= {range_k, range_s, range_d, range_h, range_m, most <= 8'd126, wide <= 6'd12};
    assign ok = &ok_q;

    // ---- z, y, x ------------------------------------------------------------------------------------------------------------------
    wire [4:0]  y_by1 = {1'b0, dy}, y_by2 = {dy, 1'b0};
    reg  [4:0]  q1, q2;   // a product a cycle: registers between
    wire [2:0]  m1 = rest(y_by1[2:0], q1[2:0], sy), m2 = rest(y_by2[2:0], q2[2:0], sy);
    reg  [7:0]  recip_x, recip_y;
    always @(posedge clk) {recip_x, recip_y} <= {transposed ? recip(sx) : 8'd128, recip(sy)};
    always @(posedge clk) {q1, q2} <= {div(y_by1, recip_y), div(y_by2, recip_y)};
    reg  [5:0]  match_q;
    reg  [11:0] add_q;
    reg  [32:0] pad_z_q;
    reg  [10:0] pad_x_q;
    reg  [11:0] low_q;
    reg  [4:0]  reach_q;
    reg  [62:0] pitch_q;
    reg  [8:0]  active_q;
    wire [10:0] pz11 = {pz[9], pz}, px11 = {px[9], px};
    wire [6:0]  t1 = {2'd0, tap_z}, t2 = {1'b0, tap_z, 1'b0}, u1 = {4'd0, tap_y}, u2 = {3'd0, tap_y, 1'b0};
    always @(posedge clk) begin
        match_q  <= transposed ? 6'd0 : {m2, m1};
        add_q    <= transposed ? {1'b0, y_by2, 1'b0, y_by1} : {6'd0 - {1'b0, q2}, 6'd0 - {1'b0, q1}};
        pad_z_q  <= {pz11 - {6'd0, dz, 1'b0}, pz11 - {7'd0, dz}, pz11};
        pad_x_q  <= transposed ? px11 - {5'd0, wide} : px11;
        low_q    <= ~(12'hfff << wide[3:0]);
        reach_q  <= (y1[0] ? y_by1 : 5'd0) + (y1[1] ? y_by2 : 5'd0);
        pitch_q  <= {tap + t2 + u2, tap + t2 + u1, tap + t2, tap + t1 + u2, tap + t1 + u1, tap + t1, tap + u2, tap + u1, tap};
        active_q <= {{3{nz == 2'd3}}, {3{nz[1]}}, 3'd7} & {3{ny == 2'd3, ny[1], 1'b1}};
    end
    assign match  = {match_q, 3'd0};
    assign add    = {add_q, 6'd0};
    assign pad_z  = pad_z_q;
    assign pad_y  = {py[9], py};
    assign pad_x  = pad_x_q;
    assign low    = low_q;
    assign reach  = reach_q;
    assign pitch  = pitch_q;
    assign active = active_q;

    // ---- Taps in x, one a cycle: r = 0 .. 4, kx = 0 .. 4 -------------------------------------------------------------------------------
    reg  [4:0]   left_q;
    reg  [2:0]   r_q, k_q;
    reg  [5:0]   at_q;       // TRANSPOSED: (KX - 1 - kx) * dilation + r, else kx * dilation
    reg  [124:0] off_q;
    reg  [12:0]  offs_q;
    wire [4:0]   n   = at_q[4:0];
    reg          next_q, may_q;       // a tap to be noted; there is one if nothing is left
    reg          note_q, is_q;        // there is one, or is not
    reg  [2:0]   n_q;
    reg  [4:0]   q;
    reg  [3:0]   site_q;
    wire [2:0]   rem = rest(n_q, q[2:0], sx);
    wire         step = !start && left_q > 5'd1 && left_q != 5'd27;
    always @(posedge clk) begin
        next_q <= step;
        may_q  <= k_q < nx && (transposed ? r_q < sx : r_q == 3'd0);
        note_q <= next_q;
        is_q   <= may_q && (!transposed || rem == 3'd0);
        site_q <= q[3:0];
        {n_q, q} <= {n[2:0], div(n, recip_x)};
    end
    wire         turn = k_q == 3'd4;
    wire [2:0]   r1  = r_q + 3'd1;
    always @(posedge clk) begin
        if (start)               left_q <= 5'd27;
        else if (left_q != 5'd0) left_q <= left_q - 5'd1;
        if (left_q == 5'd27) begin
            {r_q, k_q} <= 6'd0;
            at_q       <= transposed ? wide : 6'd0;
            offs_q     <= 13'd0;
        end else if (step) begin
            k_q   <= turn ? 3'd0 : k_q + 3'd1;
            if (turn) r_q <= r1;
            at_q  <= turn ? (transposed ? wide + {3'd0, r1} : 6'd0) : transposed ? at_q - {2'd0, dx} : at_q + {2'd0, dx};
        end
        if (note_q) begin
            off_q <= {is_q, site_q, off_q[124:5]};
            if (is_q) offs_q <= offs_q | (13'd1 << site_q);
        end
    end
    assign ready = left_q == 5'd0;
    assign off   = off_q;
    assign offs  = offs_q;

    wire unused_ok = &{1'b0, cmd, at_q, q[4]};

endmodule
`default_nettype wire
