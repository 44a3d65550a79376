// SPDX-License-Identifier: Apache-2.0
//
// lac_store - STORE: accumulators out, requantised, as dense elements or lists
//
//   T0 row, chunk --> T1 --> T2 accumulators of a row --> T3 STORE_W channels --> lac_requant --> lac_pack --> lines
//      |                      output parameters ----------^
//      +--> writes zero behind what it read
//
//   Function   channel k of a point is row k div LANES of the lane its parameter record names; STORE_W channels a cycle,
//              in order, so the lanes' permutation is one selection per output and no crossbar
//   Timing     STORE_W outputs a cycle while lac_pack and the bus take them
//   Handshake  cmd: valid/ready, then `done` (with `fail` and the record) when every write response has come
//   Reset      control only
`default_nettype none

module lac_store #(
    parameter integer LANES       = 8,
    parameter integer LINE_W      = 64,
    parameter integer ADDR_W      = 32,
    parameter integer STORE_W     = 4,
    parameter integer ACC_AW      = 8,
    parameter integer PARAM_DEPTH = 128,  // [rows of STORE_W channels]
    parameter integer PARAM_AW    = 7
) (
    input  wire                clk,
    input  wire                rst,

    input  wire                cmd_valid,
    output wire                cmd_ready,
    input  wire [319:0]        cmd,          // words 0 .. 9
    output wire                done,
    output wire                fail,
    output wire [7:0]          fail_code,
    output wire [ADDR_W-1:0]   fail_addr,

    input  wire [STORE_W-1:0]  p_we0,
    input  wire [STORE_W-1:0]  p_we1,
    input  wire [PARAM_AW-1:0] p_addr,
    input  wire [LINE_W-1:0]   p_data,

    output wire                st_bank,
    output wire                st_re,
    output wire                st_qe,
    output wire [ACC_AW-1:0]   st_raddr,
    output wire                st_zero,
    output wire [ACC_AW-1:0]   st_waddr,
    input  wire [LANES*36-1:0] st_acc,

    output wire                req_valid,
    input  wire                req_ready,
    output wire [ADDR_W-1:0]   req_addr,
    output wire [23:0]         req_lines,
    output wire                data_valid,
    input  wire                data_ready,
    output wire [LINE_W-1:0]   data,
    output wire [LINE_W/8-1:0] strb,
    input  wire                quiet,
    output wire                clear,
    input  wire [2:0]          fault,
    input  wire [ADDR_W-1:0]   fault_addr,

    output wire [15:0]         nonzero,
    output wire [2:0]          cause,       // of this cycle
    input  wire                waits        // a command waits for its tokens, or for the commands before it
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
    localparam integer LB      = LINE_W / 8;
    localparam integer LB_LOG  = clog2(LB);
    localparam integer B       = LINE_W / 64;
    localparam integer SW_LOG  = (STORE_W == 1) ? 0 : clog2(STORE_W);
    localparam integer CHUNKS  = LANES / STORE_W;  // chunks of a row
    localparam integer CHUNK_W = clog2(CHUNKS);
    localparam integer LASTC_I = CHUNKS - 1;
    localparam [CHUNK_W-1:0] LASTC = LASTC_I[CHUNK_W-1:0];
    localparam integer LANE_W  = clog2(LANES);
    localparam integer LB1_I   = LB - 1;
    localparam [23:0]  LB1     = LB1_I[23:0];
    localparam [15:0]  SW16    = STORE_W[15:0];

    localparam [1:0] ST_IDLE = 2'd0, ST_RUN = 2'd1, ST_WAIT = 2'd2, ST_DONE = 2'd3;

    reg  [319:0]       cmd_q;
    wire [63:0]        addr64   = {cmd[`LAC_F_STORE_ADDR_HI], cmd[`LAC_F_STORE_ADDR_LO]};
    wire [23:0]        c_pitch  = cmd_q[`LAC_F_STORE_PITCH];
    wire [15:0]        c_chan   = cmd_q[`LAC_F_STORE_CHANNELS];
    wire [15:0]        c_rows   = cmd_q[`LAC_F_STORE_ROWS];
    wire [15:0]        n_acc    = cmd[`LAC_F_STORE_ACC_BASE];
    wire [15:0]        c_param  = cmd_q[`LAC_F_STORE_PARAM_BASE];
    wire [15:0]        n_param  = cmd[`LAC_F_STORE_PARAM_BASE];
    wire               c_bank   = cmd_q[`LAC_F_STORE_BANK];
    wire [1:0]         c_type   = cmd_q[`LAC_F_STORE_TYPE];
    wire               c_list   = cmd_q[`LAC_F_STORE_LIST];
    wire [15:0]        c_zero   = cmd_q[`LAC_F_STORE_ZERO];
    wire [15:0]        c_lo     = cmd_q[`LAC_F_STORE_CLAMP_LO];
    wire [15:0]        c_hi     = cmd_q[`LAC_F_STORE_CLAMP_HI];
    wire [23:0]        c_bytes  = c_type == 2'd3 ? {5'd0, c_chan, 3'd0} : c_type == 2'd2 ? {7'd0, c_chan, 1'b0} : {8'd0, c_chan};
    wire [23:0]        c_lines  = (c_bytes + LB1) >> LB_LOG;

    reg  [1:0]         state_q;
    wire               en;           // T0 .. lac_requant move

    // ---- Requests: dense, one a point, as early as the bus takes them; lists, one a line ----------------------------------
    reg                req_q;
    reg  [ADDR_W-1:0]  point_addr_q; // dense: next request; list: the point being written
    reg  [15:0]        req_left_q;   // [points] still to be asked for
    reg  [ADDR_W-1:0]  entry_addr_q; // list: next line of entries
    reg                asked_q;      // list: the line at hand has been asked for
    reg  [15:0]        out_left_q;   // [points] whose last line is still to come
    wire               pk_valid, pk_ready, pk_head, pk_last;
    wire [LINE_W-1:0]  pk_data;
    wire [LB-1:0]      pk_strb;
    wire [ADDR_W-1:0]  pitch_a = {{(ADDR_W-24){1'b0}}, c_pitch};
    assign req_valid  = c_list ? pk_valid && !asked_q && state_q == ST_RUN : req_q;
    assign req_addr   = !c_list ? point_addr_q : pk_head ? point_addr_q : entry_addr_q;
    assign req_lines  = c_list ? 24'd1 : c_lines;
    assign data_valid = pk_valid && (!c_list || asked_q);
    assign data       = pk_data;
    assign strb       = pk_strb;
    assign pk_ready   = data_ready && (!c_list || asked_q);

    // ---- T0: which row, which chunk -------------------------------------------------------------------------------------------
    reg                t0_valid_q;
    reg  [15:0]        t0_points_q;
    reg  [ACC_AW-1:0]  t0_row_q;     // accumulator
    reg  [CHUNK_W-1:0] t0_chunk_q;
    reg  [15:0]        t0_left_q;    // [channels] of the point from this chunk on
    reg  [15:0]        t0_param_q;   // row of the parameter RAM
    wire               t0_end   = t0_left_q <= SW16;
    wire               t0_first = t0_chunk_q == {CHUNK_W{1'b0}};
    wire [STORE_W-1:0] t0_mask;
    wire [15:0]        param_row = c_param >> SW_LOG;
    genvar i;
    generate
        for (i = 0; i < STORE_W; i = i + 1) begin : g_mask
            localparam integer I = i;
            assign t0_mask[i] = t0_left_q > I[15:0];
        end
    endgenerate

    reg                t1_valid_q, t1_first_q, t1_end_q, t2_valid_q, t2_end_q, t3_valid_q;
    reg  [STORE_W-1:0] t1_mask_q, t2_mask_q;
    reg  [ACC_AW-1:0]  t1_row_q;

    assign st_bank  = c_bank;
    assign st_re    = en && t0_valid_q && t0_first;
    assign st_raddr = t0_row_q;
    assign st_qe    = en && t1_valid_q && t1_first_q;
    assign st_zero  = en && t1_valid_q && t1_first_q;
    assign st_waddr = t1_row_q;

    always @(posedge clk)
        if (rst) begin
            state_q    <= ST_IDLE;
            req_q      <= 1'b0;
            asked_q    <= 1'b0;
            t0_valid_q <= 1'b0;
            t1_valid_q <= 1'b0;
            t2_valid_q <= 1'b0;
            t3_valid_q <= 1'b0;
        end else begin
            if (en) begin
                t1_valid_q <= t0_valid_q;
                t2_valid_q <= t1_valid_q;
                t3_valid_q <= t2_valid_q;
                if (t0_valid_q && t0_end && t0_points_q == 16'd1) t0_valid_q <= 1'b0;
            end
            case (state_q)
                ST_IDLE: if (cmd_valid) begin
                    cmd_q        <= cmd;
                    t0_valid_q   <= 1'b1;
                    req_q        <= !cmd[`LAC_F_STORE_LIST];
                    state_q      <= ST_RUN;
                end
                ST_RUN: begin  // until the last line of the last point has gone to the bus
                    if (req_q && req_ready && req_left_q == 16'd1) req_q <= 1'b0;
                    if (c_list && req_valid && req_ready) asked_q <= 1'b1;
                    if (pk_valid && pk_ready) begin
                        asked_q <= 1'b0;
                        if (pk_last && out_left_q == 16'd1) state_q <= ST_WAIT;
                    end
                end
                ST_WAIT: if (quiet) state_q <= ST_DONE;
                default: state_q <= ST_IDLE;
            endcase
        end

    always @(posedge clk) begin
        if (state_q == ST_IDLE) begin
            point_addr_q <= addr64[ADDR_W-1:0];
            entry_addr_q <= addr64[ADDR_W-1:0] + {{(ADDR_W-7){1'b0}}, 7'd64};
            req_left_q   <= cmd[`LAC_F_STORE_POINTS];
            out_left_q   <= cmd[`LAC_F_STORE_POINTS];
        end else begin
            if (!c_list && req_valid && req_ready) begin
                point_addr_q <= point_addr_q + pitch_a;
                req_left_q   <= req_left_q - 16'd1;
            end
            if (pk_valid && pk_ready) begin
                entry_addr_q <= entry_addr_q + {{(ADDR_W-16){1'b0}}, LB[15:0]};
                if (pk_last) begin
                    out_left_q <= out_left_q - 16'd1;
                    if (c_list) begin
                        point_addr_q <= point_addr_q + pitch_a;
                        entry_addr_q <= point_addr_q + pitch_a + {{(ADDR_W-7){1'b0}}, 7'd64};
                    end
                end
            end
        end

        if (state_q == ST_IDLE) begin
            t0_points_q <= cmd[`LAC_F_STORE_POINTS];
            t0_row_q    <= n_acc[ACC_AW-1:0];
            t0_chunk_q  <= {CHUNK_W{1'b0}};
            t0_left_q   <= cmd[`LAC_F_STORE_CHANNELS];
            t0_param_q  <= n_param >> SW_LOG;
        end else if (en && t0_valid_q) begin
            t0_chunk_q <= (t0_end || t0_chunk_q == LASTC) ? {CHUNK_W{1'b0}} : t0_chunk_q + 1'b1;
            if (t0_end || t0_chunk_q == LASTC) t0_row_q <= t0_row_q + 1'b1;
            t0_left_q  <= t0_end ? c_chan : t0_left_q - SW16;
            t0_param_q <= t0_end ? param_row : t0_param_q + 16'd1;
            if (t0_end) t0_points_q <= t0_points_q - 16'd1;
        end
        if (en) begin
            {t1_first_q, t1_end_q, t1_mask_q, t1_row_q} <= {t0_first, t0_end, t0_mask, t0_row_q};
            {t2_end_q, t2_mask_q} <= {t1_end_q, t1_mask_q};
        end
    end

    // ---- T2, T3: parameters, and each output's accumulator -------------------------------------------------------------------------
    // what goes with a vector through the requantiser, whose latency is its own matter
    wire                  tag_ready, tag_valid, tag_last;
    wire [STORE_W-1:0]    tag_mask, rq_valid;
    wire [STORE_W*64-1:0] value;
    wire                  rq_move;
    generate
        for (i = 0; i < STORE_W; i = i + 1) begin : g_out
            localparam integer PAIR = (B == 1) ? 0 : i % (B / 2);
            wire [63:0] rec0;
            wire [13:0] rec1;
            wire [63:0] word0 = p_data[(B == 1 ? 0 : 128 * PAIR) +: 64];
            wire [63:0] word1 = p_data[(B == 1 ? 0 : 128 * PAIR + 64) +: 64];
            lac_ram #(.W(64), .DEPTH(PARAM_DEPTH), .ADDR_W(PARAM_AW)) u_rec0 (
                .clk(clk), .we(p_we0[i]), .waddr(p_addr), .wdata(word0),
                .re(en && t0_valid_q), .raddr(t0_param_q[PARAM_AW-1:0]), .qe(en && t1_valid_q), .q(rec0)
            );
            lac_ram #(.W(14), .DEPTH(PARAM_DEPTH), .ADDR_W(PARAM_AW)) u_rec1 (
                .clk(clk), .we(p_we1[i]), .waddr(p_addr), .wdata({word1[15:8], word1[5:0]}),
                .re(en && t0_valid_q), .raddr(t0_param_q[PARAM_AW-1:0]), .qe(en && t1_valid_q), .q(rec1)
            );
            wire [LANE_W-1:0] lane = rec1[6 +: LANE_W];
            reg  [35:0]       acc_q;
            reg  [31:0]       bias_q;
            reg  [30:0]       mult_q;
            reg  [5:0]        shift_q;
            always @(posedge clk)
                if (en && t2_valid_q) begin
                    acc_q   <= st_acc[36*lane +: 36];
                    bias_q  <= rec0[31:0];
                    mult_q  <= rec0[62:32];
                    shift_q <= rec1[5:0];
                end
            wire [35:0] raw;
            wire [15:0] q;
            lac_requant u_requant (
                .clk(clk), .rst(rst), .en(en),
                .in_valid(t3_valid_q), .in_acc(acc_q), .in_bias(bias_q), .in_mult(mult_q), .in_shift(shift_q),
                .in_zero(c_zero), .in_lo(c_lo), .in_hi(c_hi), .in_raw(c_type == 2'd3),
                .out_valid(rq_valid[i]), .out_raw_value(raw), .out_q(q)
            );
            assign value[64*i +: 64] = c_type == 2'd3 ? {{28{raw[35]}}, raw} : {{48{q[15]}}, q};
            wire unused_param = &{1'b0, rec0[63], rec1, word0, word1};
        end
    endgenerate

    // Tags enter where the requantiser is entered (one stage after T2).
    reg                t3_end_q;
    reg  [STORE_W-1:0] t3_mask_q;
    always @(posedge clk) if (en) {t3_end_q, t3_mask_q} <= {t2_end_q, t2_mask_q};
    wire [4:0]         unused_level;
    lac_fifo #(.W(STORE_W + 1), .DEPTH(16), .LEVEL_W(5)) u_tags (
        .clk(clk), .rst(rst),
        .push(en && t3_valid_q), .in_data({t3_end_q, t3_mask_q}), .in_ready(tag_ready),
        .out_valid(tag_valid), .out_data({tag_last, tag_mask}), .pop(rq_move), .level(unused_level)
    );
    wire               pk_in_ready;
    assign en      = !rq_valid[0] || pk_in_ready;
    assign rq_move = rq_valid[0] && pk_in_ready;

    lac_pack #(.STORE_W(STORE_W), .LINE_W(LINE_W)) u_pack (
        .clk(clk), .rst(rst), .cfg_type(c_type), .cfg_list(c_list), .cfg_zero(c_zero),
        .in_valid(rq_valid[0]), .in_ready(pk_in_ready), .in_value(value), .in_mask(tag_mask), .in_last(tag_last),
        .out_valid(pk_valid), .out_ready(pk_ready), .out_data(pk_data), .out_strb(pk_strb), .out_head(pk_head), .out_last(pk_last),
        .nonzero(nonzero)
    );

    assign cause     = state_q == ST_IDLE ? (waits ? `LAC_STORE_TOKEN : `LAC_STORE_IDLE)
                     : en && t0_valid_q ? `LAC_STORE_BUSY
                     : (pk_valid && !pk_ready) || (req_valid && !req_ready) || state_q == ST_WAIT ? `LAC_STORE_BUS
                     :                    `LAC_STORE_WORK;
    assign cmd_ready = state_q == ST_IDLE;
    assign clear     = state_q == ST_IDLE;
    assign done      = state_q == ST_DONE;
    assign fail      = fault != 3'd0;
    assign fail_code = fault == 3'd1 ? `LAC_ERR_BUS_SLVERR : fault == 3'd2 ? `LAC_ERR_BUS_DECERR
                     : fault == 3'd3 ? `LAC_ERR_BUS_TIMEOUT : `LAC_ERR_BUS_PROTOCOL;
    assign fail_addr = fault_addr;

    wire unused_ok = &{1'b0, cmd_q, cmd, addr64, n_acc, c_rows, t0_param_q, tag_ready, tag_valid, rq_valid};

endmodule
`default_nettype wire
