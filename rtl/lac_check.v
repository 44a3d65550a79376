// SPDX-License-Identifier: Apache-2.0
//
// lac_check - is this command within its rules? (docs/formats.md, "Checks before a command starts")
//
//   Function   codes LENGTH to WINDOW, the lowest that applies. OPCODE and RESERVED are lac_slots', TOKEN is the dispatcher's
//   Units      lengths and addresses in lines: an address or pitch that is not a multiple of 64 is an error of its own and comes first
//   Timing     `start` with the command; `ready` and `code` 8 cycles later, held until the next start. The windows hold still.
//              1 .. 4: the elements of a row are shifted to bytes, a bit a cycle. One multiplier, operands in its registers from the
//              step after: 1: (POINTS-1) * PITCH. 2: PIXELS * ROWS. 3: (PIXELS-1) * STEP, PIXELS * CHANNELS. 4: POINTS * ROWS, or times the
//              second. 6: the last sums. 7: verdicts
//   Reset      none needed
`default_nettype none

module lac_check #(
    parameter integer LANES        = 8,
    parameter integer LINE_W       = 64,
    parameter integer ADDR_W       = 32,
    parameter integer STORE_W      = 4,
    parameter integer WEIGHT_DEPTH = 1024,
    parameter integer COL_DEPTH    = 512,
    parameter integer ACC_DEPTH    = 256,
    parameter integer FEAT_DEPTH   = 1024,
    parameter integer PARAM_DEPTH  = 512,
    parameter integer WINDOWS      = 1,
    parameter integer ENGINES      = 3   // 4: with MAP, which looks at its own words: always good here
) (
    input  wire              clk,
    input  wire              start,
    input  wire              wipe,      // clear `at`
    output wire              ready,
    input  wire [1:0]        engine,
    input  wire [2:0]        kind,
    input  wire              rules,     // EXEC_RULES: an EXEC of one point of CHANNELS elements, OUTPUTS pixels
    input  wire [ADDR_W-1:0] addr,
    input  wire              skew,
    input  wire              beyond,    // 2^ADDR_W
    input  wire [287:0]      words,     // the first of lac_slots
    input  wire [63:0]       rd_base,
    input  wire [63:0]       rd_limit,
    input  wire [63:0]       wr_base,
    input  wire [63:0]       wr_limit,
    output wire [7:0]        code,      // 0: good
    output wire [ADDR_W-1:0] at         // the address the command asks for
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
    localparam integer LB     = LINE_W / 8;
    localparam integer LB_LOG = clog2(LB);
    localparam integer LB1_I  = LB - 1;
    localparam integer R_W    = 18;                  // [bits] lines of a row
    localparam integer U_W    = ADDR_W - LB_LOG;     // [bits] address of a line
    localparam integer PG     = 6 - LB_LOG;          // PITCH counts in 64 bytes

    // ---- The command ---------------------------------------------------------------------------------------------------------
    reg  [ADDR_W-1:6] addr_q;
    reg               skew_q, beyond_q;
    reg  [287:0]      words_q;
    always @(posedge clk)
        if (start) {skew_q, beyond_q, words_q} <= {skew, beyond, words};
    always @(posedge clk)
        if (wipe)       addr_q <= {(ADDR_W-6){1'b0}};
        else if (start) addr_q <= addr[ADDR_W-1:6];
    assign at = {addr_q, 6'd0};

    reg         is_mp, is_rules;
    reg         is_ex, is_st, is_lw, is_lc, is_lf, is_lp, is_lx;   // registers
    reg  [1:0]  type_;
    reg         nm, by4, by2;       // EXEC of groups of four; elements of a row to bytes: two bits at once, another bit
    wire        to_lf    = engine == 2'd0 && kind == 3'd2;
    wire        to_lp    = engine == 2'd0 && kind == 3'd3;
    wire        to_lx    = engine == 2'd0 && kind == 3'd4;
    wire        to_nm    = engine == 2'd1 && words[114];  // format 3 as well
    wire [1:0]  to_type  = to_lx ? {words[27], 1'b0} : to_lf ? words[81:80] : engine == 2'd1 ? words[120:119] : words[114:113];
    always @(posedge clk)
        if (start) begin
            is_rules <= ENGINES == 4 && rules;
            is_mp <= ENGINES == 4 && engine == 2'd3;
            is_ex <= engine == 2'd1;
            is_st <= engine == 2'd2;
            is_lw <= engine == 2'd0 && kind == 3'd0;
            is_lc <= engine == 2'd0 && kind == 3'd1;
            is_lf <= to_lf;
            is_lp <= to_lp;
            is_lx <= to_lx;
            nm    <= to_nm;
            type_ <= to_type;
            by4   <= to_lp || to_nm || to_type == 2'd3;
            by2   <= !to_lp && (to_type == 2'd2 || (to_type == 2'd3 && !to_nm));
        end
    wire [31:0] w4 = words_q[31:0], w5 = words_q[63:32], w6 = words_q[95:64], w7 = words_q[127:96], w8 = words_q[159:128], w9 = words_q[191:160];
    wire [31:0] w10 = words_q[223:192], w11 = words_q[255:224], w12 = words_q[287:256];

    // half words; EXEC's fields are those of its word two before
    wire [23:0] lines  = w4[23:0];                                  // LOAD_WEIGHTS, LOAD_COLUMNS
    wire [15:0] points = w5[15:0];                                  // LOAD_FEATURES, STORE, EXEC
    wire [15:0] count  = is_lp ? w4[15:0] : is_lx ? w6[31:16] : w5[31:16];  // CHANNELS or COLUMNS
    wire [15:0] rows   = is_ex ? w7[15:0] : w6[31:16];
    reg         pix;                                                // EXEC, STORE: points of several pixels
    wire [15:0] width  = w10[15:0];
    wire [15:0] pixels = w10[31:16];
    wire [15:0] extra  = w8[31:16];                                 // APART of EXEC, GUARD of STORE
    reg  [4:0]  dropped;                                            // STORE: points
    always @(posedge clk) if (start) dropped <= WINDOWS != 0 && engine == 2'd2 ? {1'b0, words[123:120]} + {1'b0, words[127:124]} : 5'd0;
    wire [15:0] between = is_ex && extra != 16'd0 ? extra : rows;
    always @(posedge clk) if (start) pix <= WINDOWS != 0 && engine != 2'd0 && words[207:192] != 16'd0;
    reg         pool;                                               // STORE: of windows; what it empties is then told apart from what it writes
    always @(posedge clk) if (start) pool <= WINDOWS != 0 && engine == 2'd2 && words[227:224] != 4'd0;
    wire [15:0] all_rows = pool ? w12[15:0] : points, all_pixels = pool ? w12[31:16] : pixels;
    wire        x_need = w4[26];
    wire        x_wide = w4[27];
    wire [1:0]  format = w7[18:17];                                 // EXEC
    wire [2:0]  n      = w7[21:19];
    wire        list   = (is_lf && w6[18]) || (is_st && w7[19]);
    wire [15:0] zero   = is_lf ? w7[15:0] : w8[15:0];
    wire [15:0] lo     = w9[15:0];
    wire [15:0] hi     = w9[31:16];

    // ---- Steps ------------------------------------------------------------------------------------------------------------------
    reg  [3:0]  step_q;
    always @(posedge clk) step_q <= start ? 4'd1 : step_q == 4'd0 || step_q == 4'd8 ? step_q : step_q + 4'd1;
    assign ready = step_q == 4'd8;

    // ---- Lines of a row -------------------------------------------------------------------------------------------------------------
    reg  [19:0]    bytes_q;       // a bit longer each cycle, until it counts bytes
    wire [20:0]    up    = {1'b0, bytes_q} + {{(21-LB_LOG){1'b0}}, {LB_LOG{1'b1}}};
    wire [20:0]    lup   = up >> LB_LOG;
    wire [R_W-1:0] row   = lup[R_W-1:0];
    reg  [R_W-1:0] row_q;
    wire [15:0]    elems = pix ? width : count;
    wire [18:0]    l_up  = {1'b0, elems, 2'd0} + 19'd64 + LB1_I[18:0];    // a list: a header of 64 bytes, then 4 an entry
    localparam integer CODE_I = (32 + LB1_I) / LB;
    reg  [23:0]    len_q;
    always @(posedge clk) begin
        if (step_q == 4'd1)                                                          bytes_q <= by4 && !(pix && nm) ? {2'd0, elems, 2'd0} : {4'd0, elems};
        else if ((step_q == 4'd2 && (by2 || is_lp)) || (step_q == 4'd3 && is_lp))   bytes_q <= {bytes_q[18:0], 1'b0};
        row_q <= row;
        len_q <= is_lc ? CODE_I[23:0] : (is_lw || is_lx) ? lines : list ? {{(5+LB_LOG){1'b0}}, l_up[18:LB_LOG]} : {{(24-R_W){1'b0}}, row_q};
    end

    // ---- Products ----------------------------------------------------------------------------------------------------------------------
    reg  [17:0] ma_q, mb_q;
    reg  [35:0] product_q;
    wire        one = step_q == 4'd1;
    wire        spread = is_lf || is_st;
    reg         many_q;
    wire        two = pix && step_q == 4'd2, three = pix && step_q == 4'd3, four = pix && step_q == 4'd4;
    wire [15:0] factor = three ? pixels : two ? (is_st ? all_pixels + extra : pixels) : one ? (pool ? points : points - {11'd0, dropped}) : all_rows;
    wire [16:0] fewer = {1'b0, factor} + {17{one || (three && is_ex)}};
    wire        ma_zero = ma_q[15:0] == 16'd0;
    reg         few_q, wide_guard_q;      // no point is written; PIXELS + GUARD is beyond every RAM
    reg         third_q, spill_q;         // PIXELS is not right for STEP, WIDTH; PIXELS * ROWS is beyond every RAM
    always @(posedge clk) begin
        if (one ? !is_ex && !spread : is_lx) ma_q <= {17'd0, !one};
        else                                 ma_q <= {2'd0, fewer[15:0]};
        if (!pix || step_q <= 4'd4)
            mb_q  <= one  ? (is_ex ? {2'd0, w4[31:16]} : w4[23:6])
                   : three ? (is_ex ? {3'd0, w9[31:17]} : {2'd0, count})
                   : four  ? product_q[17:0]
                   : (is_lf || is_lx) ? row_q : {2'd0, two ? between : rows};
        product_q <= ma_q * mb_q;
        if (step_q == 4'd2) many_q <= !ma_zero;
        if (step_q == 4'd4) spill_q <= pix && |product_q[35:18];
        few_q <= WINDOWS != 0 && is_st && all_rows <= {11'd0, dropped};
        wide_guard_q <= pix && is_st && {1'b0, all_pixels} + {1'b0, extra} > 17'h0FFFF;
        if (step_q == 4'd5) third_q <= pix && (is_ex ? |product_q[35:16] || pixels == 16'd0 : product_q != {20'd0, width});
    end

    // ---- Sums ------------------------------------------------------------------------------------------------------------------------------
    // step 3: the first product is there; every register below follows in the next cycle
    reg  [33:0]   apart_q;       // it, in 64 bytes; of EXEC in lines; else 0
    wire [63:0]   apart  = {30'd0, apart_q} << PG;
    localparam integer E_W = (U_W < 24) ? 24 : U_W;
    reg  [U_W:0]  last_q;        // first line of the last row; bit U_W: beyond the address space
    reg  [E_W:0]  end_q;         // line behind the last one
    reg           end_big_q;
    reg  [17:0]   feat1_q;       // FEAT_BASE of EXEC, and what is read from there
    reg  [18:0]   feat_q;
    reg           feat_big_q;
    wire [U_W-1:0] line_at = at[ADDR_W-1:LB_LOG];
    // step 6: the second
    reg  [17:0]   begin_q, acc_q;
    reg           acc_big_q;
    wire [15:0]   base1 = is_ex ? w6[31:16] : w6[15:0];
    reg  [16:0]   range_q;       // of the column table or the parameters
    wire [15:0]   base3 = is_lp ? w4[31:16] : is_st ? w7[15:0] : is_lx ? w5[31:16] : w6[15:0];
    localparam [15:0] LANES16 = LANES[15:0];
    reg  [24:0]   spare_q;       // channels that the rows have room for beyond those there are
    reg  [U_W-1:0] base, limit;  // of the window; registers like all of it
    reg            base_odd, base_far, limit_far;
    always @(posedge clk) begin
        base      <= is_st ? wr_base[ADDR_W-1:LB_LOG] : rd_base[ADDR_W-1:LB_LOG];
        limit     <= is_st ? wr_limit[ADDR_W-1:LB_LOG] : rd_limit[ADDR_W-1:LB_LOG];
        base_odd  <= is_st ? |wr_base[LB_LOG-1:0] : |rd_base[LB_LOG-1:0];
        base_far  <= is_st ? |(wr_base >> ADDR_W) : |(rd_base >> ADDR_W);
        limit_far <= is_st ? |(wr_limit >> ADDR_W) : |(rd_limit >> ADDR_W);
    end

    always @(posedge clk) begin
        if (step_q == 4'd3) apart_q <= product_q[33:0];
        last_q     <= {1'b0, line_at} + {1'b0, apart[U_W-1:0]};
        end_q      <= {{(E_W-U_W){1'b0}}, last_q} + {{(E_W-23){1'b0}}, len_q};
        end_big_q  <= last_q[U_W] || |(apart >> U_W);
        feat1_q    <= {2'd0, w4[15:0]} + {1'b0, apart_q[16:0]};
        feat_q     <= {1'b0, feat1_q} + {{(19-R_W){1'b0}}, row_q};
        feat_big_q <= |apart_q[33:17];
        begin_q   <= {2'd0, base1} + (pix && is_ex ? {2'd0, rows} - {2'd0, between} : 18'd0);   // the last pixel has ROWS, not APART
        acc_q     <= begin_q + {1'b0, product_q[16:0]};
        acc_big_q <= |product_q[35:17] || spill_q || wide_guard_q;
        range_q   <= {1'b0, base3} + {1'b0, count};
        spare_q   <= {1'b0, {8'd0, w6[31:16]} * LANES16} - {9'd0, w5[31:16]};
    end

    // beyond a RAM's end, in few gates where that is a power of two
    function over(input [31:0] x, input [31:0] depth);
        if ((depth & (depth - 32'd1)) == 32'd0) over = (x & ~((depth << 1) - 32'd1)) != 32'd0 || ((x & depth) != 32'd0 && (x & (depth - 32'd1)) != 32'd0);
        else                                    over = x > depth;
    endfunction
    function at_least(input [31:0] x, input [31:0] depth);
        if ((depth & (depth - 32'd1)) == 32'd0) at_least = (x & ~(depth - 32'd1)) != 32'd0;
        else                                    at_least = x >= depth;
    endfunction
    // int16 fields against the type
    function in_type(input [1:0] t, input [15:0] v);
        in_type = t == 2'd0 ? v[15:7] == {9{v[7]}} : t == 2'd1 ? v[15:8] == 8'd0 : t == 2'd2 ? 1'b1 : v == 16'd0;
    endfunction
    localparam integer SW1_I = STORE_W - 1;
    localparam [15:0]  SW1   = SW1_I[15:0];

    reg [4:0] length_q;
    reg [2:0] bounds_q, window_q;
    reg       align_q;
    reg       lines_0_q, count_0_q, row_0_q, point_0_q, zero_bad_q, clamp_bad_q;
    always @(posedge clk) begin
        lines_0_q   <= lines == 24'd0;
        count_0_q   <= count == 16'd0;
        row_0_q     <= rows == 16'd0;
        point_0_q   <= ma_zero || points == 16'd0;
        zero_bad_q  <= !in_type(type_, zero);
        clamp_bad_q <= !in_type(type_, lo) || !in_type(type_, hi) || $signed(lo) > $signed(hi);
    end
    always @(posedge clk) begin  // right in step 7; in parts, for the clock's sake
        length_q[0] <= ((is_lw || is_lx) && lines_0_q)
                 || (!is_lw && !is_lc && count_0_q)
                 || ((is_ex || is_st) && row_0_q)
                 || ((is_lf || is_ex) && type_ == 2'd3)
                 || ((is_lf || is_ex || is_st) && (point_0_q || zero_bad_q));
        length_q[1] <= (is_lx && (w4[25:24] > 2'd1 || at_least({24'd0, w7[7:0]}, LANES) || (!x_need && (x_wide || w6[15:0] != 16'd0))))
                 || (is_ex && ((format == 2'd3 && !pix) || (format == 2'd2 ? n == 3'd0 || n > 3'd4 : format == 2'd3 ? n > 3'd1 : n != 3'd0)))
                 || (is_st && (at_least({7'd0, spare_q}, LANES) || (many_q && {{LB_LOG{1'b0}}, w4[23:LB_LOG]} < len_q)));
        length_q[2] <= is_st && (clamp_bad_q || (list && type_ == 2'd3));
        length_q[4] <= WINDOWS != 0 && is_st && (pool ? !pix || w11[7:4] == 4'd0 || w11[11:8] == 4'd0 || w11[15:12] == 4'd0 || w12[31:16] == 16'd0
                                                         || w11[25:24] == 2'd3 || (w11[25:24] != 2'd0 && type_ == 2'd3)
                                                      : {w11[25:4], w12} != 54'd0);
        length_q[3] <= WINDOWS != 0 && (third_q || few_q || (is_rules && !pix)
                           || (!pix && ((is_ex && w9 != 32'd0) || (is_st && w7[31:24] != 8'd0) || ((is_ex || is_st) && {pixels, extra} != 32'd0))));
        align_q  <= (!is_ex && skew_q)
                 || (WINDOWS != 0 && is_ex && nm && (w9[18:17] != 2'd0 || w9[1:0] != 2'd0))
                 || (is_rules && nm && width[1:0] != 2'd0)
                 || (pix && is_st && (w5[31:16] & SW1) != 16'd0)
                 || (spread && w4[5:0] != 6'd0)
                 || (is_lf && w6[4:0] != 5'd0)
                 || ((is_lp || is_st) && (base3 & SW1) != 16'd0);
        bounds_q[0] <= ((is_lw || is_lx) && at_least({16'd0, w5[15:0]}, WEIGHT_DEPTH))
                 || (is_lw && at_least({16'd0, w5[31:16]}, COL_DEPTH))
                 || ((is_lp || is_st) && over({15'd0, range_q}, PARAM_DEPTH))
                 || ((is_ex || is_lx) && over({15'd0, range_q}, COL_DEPTH));
        bounds_q[1] <= ((is_lf || (is_lx && x_need)) && (acc_big_q || over({14'd0, acc_q}, FEAT_DEPTH)))
                 || ((is_ex || is_st) && (acc_big_q || over({14'd0, acc_q}, ACC_DEPTH)));
        bounds_q[2] <= is_ex && (feat_big_q || over({13'd0, feat_q}, FEAT_DEPTH));
        window_q[0] <= !is_ex && (beyond_q || base_far || end_big_q || |(end_q >> (U_W + 1)) || (end_q[U_W] && end_q[U_W-1:0] != {U_W{1'b0}}));
        window_q[1] <= !is_ex && {line_at, 1'b0} < {base, base_odd};
        window_q[2] <= !is_ex && !limit_far && end_q > {{(E_W+1-U_W){1'b0}}, limit};
    end
    assign code = is_mp     ? `LAC_ERR_NONE
                : |length_q ? `LAC_ERR_LENGTH
                : align_q   ? `LAC_ERR_ALIGN
                : |bounds_q ? `LAC_ERR_BOUNDS
                : |window_q ? `LAC_ERR_WINDOW : `LAC_ERR_NONE;

    wire unused_ok = &{1'b0, w10, w11, addr, w7, w8, up, lup, l_up[LB_LOG-1:0], fewer[16], rd_base, wr_base, rd_limit, wr_limit};

endmodule
`default_nettype wire
