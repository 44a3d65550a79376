// SPDX-License-Identifier: Apache-2.0
//
// lac_needed - which columns of a column block are wanted, and where they stand
//
//   LOAD_FEATURES ---flags----> [ flag RAM ] --+
//                                              +--> four columns a step --> wanted ones: column, lines, offset
//   index, in pieces -lengths-> [ index RAM ] -+
//            +--> sum, smallest
//
//   Function   keeps the index of the block at hand and a copy of the features' non-zero flags; after `go` names, in ascending order, the
//              columns that are needed, each with its lines and the lines of index and columns before it
//   Timing     a step of four columns without a wanted one costs one cycle, a wanted column one cycle; out is a cycle behind. x_sum and x_bad stand
//              four cycles after the last piece of the index
//   Handshake  out: valid/ready. `done`, a cycle late: nothing more will come. `halt` forgets the walk
//   Reset      control only
`default_nettype none

module lac_needed #(
    parameter integer LINE_W     = 64,
    parameter integer COL_DEPTH  = 512,  // [columns]
    parameter integer COL_AW     = 9,
    parameter integer FEAT_DEPTH = 1024, // [lines]
    parameter integer FEAT_AW    = 10,
    parameter integer SUM_W      = 17,   // [bits] COL_AW + 8, at least 14
    parameter integer X_W        = 64,   // [bits] of a piece of the index: 32, or a multiple of 64
    parameter integer ROW_W      = 18,
    parameter integer LEAST_W    = 3,
    parameter integer SHORT      = 1     // 0: a column's table is one line, so no column can be shorter
) (
    input  wire                clk,
    input  wire                rst,

    input  wire                f_valid,
    input  wire [FEAT_AW-1:0]  f_addr,
    input  wire [LINE_W/8-1:0] f_flags,

    input  wire                x_start,     // a new block: its sizes stand from here on
    input  wire [15:0]         columns,     // 1 .. COL_DEPTH
    input  wire [ROW_W-1:0]    index_lines,
    input  wire [LEAST_W-1:0]  least1,      // [lines] of a column that is not empty, less one
    input  wire                x_valid,     // a piece of the index; pieces behind the last column do not count
    input  wire [X_W-1:0]      x_data,
    output wire [SUM_W-1:0]    x_sum,       // [lines] of index and all columns
    output wire                x_bad,       // some column is shorter than its table
    input  wire                x_wipe,      // x_sum becomes zero and stays so until x_start

    input  wire                go,
    input  wire                halt,
    input  wire                needed,      // else every column is wanted
    input  wire                wide,        // 16-bit features: half as many flags a line
    input  wire [FEAT_AW-1:0]  feat_base,
    output wire                out_valid,
    input  wire                out_ready,
    output wire [COL_AW-1:0]   out_col,
    output wire [7:0]          out_lines,
    output wire                out_none,    // no lines: the column is empty
    output wire [SUM_W-1:0]    out_offset,  // [lines]
    output wire                done
);

`include "lac_clog2.vh"
    localparam integer LB      = LINE_W / 8;
    localparam integer LB_LOG  = clog2(LB);
    localparam integer XB      = X_W / 8;                       // columns of a piece
    localparam integer XB_LOG  = clog2(XB);
    localparam integer XDEPTH_I = (COL_DEPTH + XB - 1) / XB;
    localparam integer XDEPTH  = (XDEPTH_I < 2) ? 2 : XDEPTH_I;
    localparam integer X_AW    = clog2(XDEPTH);
    localparam integer SUMS    = (X_W < 64) ? 1 : X_W / 64;     // sums of a piece, of eight columns, or four
    localparam integer S_W     = (COL_AW < 3) ? 1 : COL_AW - 2; // [bits] of a step of four columns
    localparam integer STEPS   = LB / 4;                        // of a line of flags
    localparam integer STEP_W  = clog2(STEPS);
    localparam integer HALF_I  = STEPS / 2 - 1;
    localparam [STEP_W-1:0] HALF = HALF_I[STEP_W-1:0];

    reg  [COL_AW-1:0]  last_q;        // column of the block
    wire [15:0]        last_col = {{(16-COL_AW){1'b0}}, last_q};
    wire [15:0]        columns1 = columns - 16'd1;
    wire [31:0]        first_offset = {{(32-ROW_W){1'b0}}, index_lines};
    always @(posedge clk) if (x_start) last_q <= columns1[COL_AW-1:0];

    // ---- The index comes: its sum --------------------------------------------------------------------------------
    reg  [X_AW-1:0]    x_at_q;
    reg                x_end_q;       // the last column has come
    reg                s0_valid_q, s1_valid_q, s2_valid_q, bad_q;
    reg  [X_W-1:0]     s0_q;          // what lies behind the last column is zero here
    reg  [11*SUMS-1:0] s1_q;          // of eight each
    reg  [13:0]        s2_q, s2;
    reg  [SUM_W-1:0]   sum_q;
    wire [15:0]        x_at16 = {{(16-X_AW){1'b0}}, x_at_q};
    wire               x_last = x_at16 == last_col >> XB_LOG;
    wire [XB-1:0]      behind = {XB{x_last}} << 1 << last_col[XB_LOG-1:0];
    wire               x_put  = x_valid && !x_end_q;
    wire [XB-1:0]      short;
    genvar i, k;
    generate
        for (i = 0; i < XB; i = i + 1) begin : g_byte
            always @(posedge clk)
                if (behind[i]) s0_q[8*i +: 8] <= 8'd0;
                else           s0_q[8*i +: 8] <= x_data[8*i +: 8];
            assign short[i] = SHORT != 0 && s0_q[8*i +: 8] != 8'd0 && s0_q[8*i +: 8] <= {{(8-LEAST_W){1'b0}}, least1};
        end
        for (i = 0; i < SUMS; i = i + 1) begin : g_sum
            wire [9:0] four [0:1];
            for (k = 0; k < 2; k = k + 1) begin : g_four
                localparam integer AT = (XB == 4) ? 0 : 64 * i + 32 * k;
                // `keep`: adders of two, not one of four
                (* keep *) wire [8:0] low, high;
                assign low     = {1'b0, s0_q[AT +: 8]} + {1'b0, s0_q[AT+8 +: 8]};
                assign high    = {1'b0, s0_q[AT+16 +: 8]} + {1'b0, s0_q[AT+24 +: 8]};
                assign four[k] = (XB == 4 && k == 1) ? 10'd0 : {1'b0, low} + {1'b0, high};
            end
            always @(posedge clk) s1_q[11*i +: 11] <= {1'b0, four[0]} + {1'b0, four[1]};
        end
    endgenerate
    integer j;
    always @* begin
        s2 = 14'd0;
        for (j = 0; j < SUMS; j = j + 1) s2 = s2 + {3'd0, s1_q[11*j +: 11]};
    end
    always @(posedge clk) begin
        s0_valid_q <= x_put && !x_start && !x_wipe;
        s1_valid_q <= s0_valid_q && !x_start && !x_wipe;
        s2_valid_q <= s1_valid_q && !x_start && !x_wipe;
        s2_q       <= s2;
        if (x_start) begin
            x_at_q   <= {X_AW{1'b0}};
            x_end_q  <= 1'b0;
            sum_q    <= first_offset[SUM_W-1:0];
            bad_q    <= 1'b0;
        end else begin
            if (x_put) x_at_q <= x_at_q + 1'b1;
            if (x_put && x_last) x_end_q <= 1'b1;
            if (s0_valid_q && |short) bad_q <= 1'b1;
            if (x_wipe)          sum_q <= {SUM_W{1'b0}};
            else if (s2_valid_q) sum_q <= sum_q + {{(SUM_W-14){1'b0}}, s2_q};
        end
    end
    assign x_sum = sum_q;
    assign x_bad = bad_q;

    // ---- A: one step a cycle; A1, A2: latch and register of both RAMs ---------------------------------------------
    reg                walk_q, a1_valid_q, a2_valid_q, u_valid_q, a1_last_q, a2_last_q;
    reg  [S_W-1:0]     step_q;        // [four columns]
    reg  [S_W-1:0]     a1_step_q, a2_step_q;
    wire [15:0]        step16 = {{(16-S_W){1'b0}}, step_q};
    wire               last   = step16 == {2'b00, last_col[15:2]};
    wire               a1_move, a2_move, u_move;
    (* keep *) wire    v_move;
    wire [X_W-1:0]     x_word;
    wire [LB-1:0]      f_word;
    wire [15:0]        x_at  = step16 >> (XB_LOG - 2);
    wire [15:0]        f_off = wide ? step16 >> (LB_LOG - 3) : step16 >> (LB_LOG - 2);
    wire [31:0]        f_at  = {{(32-FEAT_AW){1'b0}}, feat_base} + {16'd0, f_off};
    // A stage moves when one of those from it to V is empty, or V moves: `keep`, or synthesis makes a chain of it.
    (* keep *) wire    full_2, full_3;
    assign full_2  = a2_valid_q && u_valid_q;
    assign full_3  = a1_valid_q && a2_valid_q && u_valid_q;
    assign u_move  = !u_valid_q || v_move;
    assign a2_move = !full_2 || v_move;
    assign a1_move = !full_3 || v_move;

    always @(posedge clk)
        if (rst || halt) {walk_q, a1_valid_q, a2_valid_q} <= 3'b000;
        else begin
            if (go)                             walk_q <= 1'b1;
            else if (walk_q && a1_move && last) walk_q <= 1'b0;
            if (a1_move) a1_valid_q <= walk_q;
            if (a2_move) a2_valid_q <= a1_valid_q;
        end
    always @(posedge clk) begin
        if (go)                     step_q <= {S_W{1'b0}};
        else if (walk_q && a1_move) step_q <= step_q + 1'b1;
        if (a1_move) {a1_last_q, a1_step_q} <= {last, step_q};
        if (a2_move) {a2_last_q, a2_step_q} <= {a1_last_q, a1_step_q};
    end

    lac_ram #(.W(X_W), .DEPTH(XDEPTH), .ADDR_W(X_AW)) u_index (
        .clk(clk), .rclk(clk), .we(x_put), .waddr(x_at_q), .wdata(x_data),
        .re(walk_q && a1_move), .raddr(x_at[X_AW-1:0]), .qe(a1_valid_q && a2_move), .q(x_word)
    );
    lac_ram #(.W(LB), .DEPTH(FEAT_DEPTH), .ADDR_W(FEAT_AW)) u_flags (
        .clk(clk), .rclk(clk), .we(f_valid), .waddr(f_addr), .wdata(f_flags),
        .re(walk_q && a1_move), .raddr(f_at[FEAT_AW-1:0]), .qe(a1_valid_q && a2_move), .q(f_word)
    );

    // ---- U: the step's four lengths and flags ------------------------------------------------------------------------
    reg  [S_W-1:0]     u_step_q;
    reg  [31:0]        u_len_q;
    reg  [3:0]         u_need_q;
    wire [15:0]        a2_step16 = {{(16-S_W){1'b0}}, a2_step_q};
    wire [STEP_W-1:0]  pick_at = a2_step16[STEP_W-1:0];
    wire [STEP_W-1:0]  f_pick = wide ? pick_at & HALF : pick_at;  // the lower half of a line's flags
    wire [31:0]        a2_len;
    generate
        if (XB == 4) begin : g_whole
            assign a2_len = x_word;
        end else begin : g_part
            assign a2_len = x_word[{a2_step16[XB_LOG-3:0], 5'd0} +: 32];
        end
    endgenerate
    wire [3:0]         a2_flag = f_word[{f_pick, 2'd0} +: 4];
    wire [3:0]         beyond = {4{a2_last_q}} << 1 << last_col[1:0];

    always @(posedge clk)
        if (rst || halt) u_valid_q <= 1'b0;
        else if (u_move) u_valid_q <= a2_valid_q;
    always @(posedge clk)
        if (u_move) begin
            u_step_q <= a2_step_q;
            u_len_q  <= a2_len;
            u_need_q <= ~beyond & (a2_flag | {4{!needed}});
        end

    // ---- V: what stands before each of the four; wanted ones go out ----------------------------------------------------
    reg                v_valid_q;
    reg  [S_W-1:0]     v_step_q;
    reg  [31:0]        v_len_q;
    reg  [3:0]         v_need_q, v_none_q;
    reg                v_last_q;                       // one of them is wanted, or none
    reg                v_any_q;
    wire               v_ready;                        // a register
    reg  [9:0]         v_two_q, v_three_q, v_four_q;   // [lines] of the first two, three, four
    reg  [SUM_W-1:0]   base_q;                         // [lines] before the step
    wire [9:0]         l0 = {2'd0, u_len_q[7:0]}, l1 = {2'd0, u_len_q[15:8]}, l2 = {2'd0, u_len_q[23:16]}, l3 = {2'd0, u_len_q[31:24]};
    (* keep *) wire [9:0] l01, l23;
    assign l01 = l0 + l1;
    assign l23 = l2 + l3;
    wire [3:0]         rest = v_need_q & (v_need_q - 4'd1);
    wire [1:0]         pick = v_need_q[0] ? 2'd0 : v_need_q[1] ? 2'd1 : v_need_q[2] ? 2'd2 : 2'd3;
    wire               v_last = v_last_q && (v_ready || !v_any_q);
    wire [9:0]         before = pick == 2'd0 ? 10'd0 : pick == 2'd1 ? {2'd0, v_len_q[7:0]} : pick == 2'd2 ? v_two_q : v_three_q;
    wire [S_W+1:0]     col    = {v_step_q, pick};
    assign v_move = !v_valid_q || v_last;

    always @(posedge clk)
        if (rst || halt) v_valid_q <= 1'b0;
        else if (v_move) v_valid_q <= u_valid_q;
    always @(posedge clk) begin
        if (v_move) begin
            v_step_q  <= u_step_q;
            v_any_q   <= |u_need_q;
            v_last_q  <= (u_need_q & (u_need_q - 4'd1)) == 4'd0;
            v_len_q   <= u_len_q;
            v_need_q  <= u_need_q;
            v_none_q  <= {u_len_q[31:24] == 8'd0, u_len_q[23:16] == 8'd0, u_len_q[15:8] == 8'd0, u_len_q[7:0] == 8'd0};
            v_two_q   <= l01;
            v_three_q <= l01 + l2;
            v_four_q  <= l01 + l23;
        end else if (v_ready) begin
            v_need_q <= rest;
            v_last_q <= (rest & (rest - 4'd1)) == 4'd0;
        end
        if (go)                       base_q <= first_offset[SUM_W-1:0];
        else if (v_valid_q && v_last) base_q <= base_q + {{(SUM_W-10){1'b0}}, v_four_q};
    end

    // ---- Out: two places, so that the walk does not wait for out_ready in the same cycle -------------------------------
    wire [7:0]         lines  = v_len_q[{pick, 3'd0} +: 8];
    wire [SUM_W-1:0]   offset = base_q + {{(SUM_W-10){1'b0}}, before};
    lac_skid #(.W(COL_AW + 9 + SUM_W)) u_out (
        .clk(clk), .rst(rst || halt), .in_valid(v_valid_q && v_any_q), .in_ready(v_ready), .in_data({col[COL_AW-1:0], lines, v_none_q[pick], offset}),
        .out_valid(out_valid), .out_ready(out_ready), .out_data({out_col, out_lines, out_none, out_offset})
    );
    reg                done_q;
    always @(posedge clk) done_q <= !go && !walk_q && !a1_valid_q && !a2_valid_q && !u_valid_q && !v_valid_q && !out_valid;
    assign done = done_q;

    wire unused_ok = &{1'b0, columns1, x_at, f_at, col, a2_step16, first_offset, behind, beyond};

endmodule
`default_nettype wire
