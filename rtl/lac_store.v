// SPDX-License-Identifier: Apache-2.0
//
// lac_store - STORE: accumulators out, requantised, as dense elements or lists
//
//   T0 vector of channels --> T1 row of accumulators, read and zeroed --> T3 STORE_W of LANES --> T4 --> lac_requant --> lac_pack
//      +--> T0 lanes, shifts --> T2 one-hot -------------------------------^                  ^
//                                  +--> T2 biases, multipliers -------------------------------+
//
//   Function   channel k of a point is row k div LANES of the lane its parameter record names; STORE_W channels a cycle,
//              in order, so the lanes' permutation is one selection per output and no crossbar
//   Selection  every lane's accumulator is copied for every output, all but the wanted copy as zero, and the copies are
//              ORed: a third of a multiplexer's LUTs. Large machines, which no small FPGA holds, index instead
//   Pooling    a vector is read once for each pixel of its window, of which lac_requant makes one output, the largest or the
//              mean. Pixels may be in several windows, so all are emptied in the end, in a sweep
//   Timing     STORE_W outputs a cycle while lac_pack and the bus take them. Pooling: STORE_W pixels of windows a cycle, 32 cycles
//              before the first, in which its strides are made, and a cycle for each accumulator of a lane behind the last
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
    parameter integer PARAM_AW    = 7,
    parameter integer WINDOWS     = 1     // 0: no points of several pixels
) (
    input  wire                clk,
    input  wire                load_clk,    // of writing the parameters: at any time
    input  wire                rst,

    input  wire                cmd_valid,
    output wire                cmd_ready,
    input  wire [415:0]        cmd,          // words 0 .. 12
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
    output wire                busy,        // has a command
    output wire [2:0]          cause,       // of this cycle
    input  wire                waits        // a command waits for its tokens, or for the commands before it
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
`include "lac_bus_code.vh"
    localparam integer LB      = LINE_W / 8;
    localparam integer LB_LOG  = clog2(LB);
    localparam integer B       = LINE_W / 64;
    localparam integer SW_LOG  = (STORE_W == 1) ? 0 : clog2(STORE_W);
    localparam integer CHUNKS  = LANES / STORE_W;  // chunks of a row
    localparam integer CHUNK_W = (CHUNKS == 1) ? 1 : clog2(CHUNKS);
    localparam integer LASTC_I = CHUNKS - 1;
    localparam [CHUNK_W-1:0] LASTC = LASTC_I[CHUNK_W-1:0];
    localparam integer LANE_W  = clog2(LANES);
    localparam integer COPIES  = (LANES * STORE_W <= 128) ? 1 : 0;
    localparam integer OCTETS  = (LANES + 7) / 8;
    localparam [15:0]  SW1     = STORE_W[15:0] - 16'd1;
    localparam integer K1 = LB_LOG, K2 = LB_LOG - 1, K8 = LB_LOG - 3;  // log2 of the elements in a line
    localparam [15:0]  M1 = (16'd1 << K1) - 16'd1, M2 = (16'd1 << K2) - 16'd1, M8 = (16'd1 << K8) - 16'd1;
    // Addresses and PITCH are multiples of 64; a list's entries begin at 64, that is ENTRY0 lines on
    localparam integer OFF_W    = 19 - LB_LOG;
    localparam integer ENTRY0_I = 64 / LB;
    localparam [OFF_W-1:0] ENTRY0 = ENTRY0_I[OFF_W-1:0];

    localparam [1:0] ST_IDLE = 2'd0, ST_RUN = 2'd1, ST_WAIT = 2'd2, ST_DONE = 2'd3;

    reg  [415:0]       cmd_q;
    wire [63:0]        addr64   = {cmd[`LAC_F_STORE_ADDR_HI], cmd[`LAC_F_STORE_ADDR_LO]};
    wire [23:0]        c_pitch  = cmd_q[`LAC_F_STORE_PITCH];
    wire [15:0]        c_points = cmd_q[`LAC_F_STORE_POINTS];
    wire [15:0]        c_chan   = cmd_q[`LAC_F_STORE_CHANNELS];
    // elements of a point, which may be several pixels of c_chan channels
    wire [15:0]        c_width  = cmd_q[`LAC_F_STORE_WIDTH];
    reg                pix_q;
    wire               c_pix    = WINDOWS != 0 && pix_q;
    wire [15:0]        c_elems  = c_pix ? c_width : c_chan;
    wire [15:0]        c_pixels = cmd_q[`LAC_F_STORE_PIXELS];
    // pooling: these are what is written; what is read and emptied is told apart
    wire               n_pool   = WINDOWS != 0 && cmd[`LAC_F_STORE_POOL_Y] != 4'd0;
    reg                pool_q;
    wire               c_pool   = WINDOWS != 0 && pool_q;
    wire [1:0]         c_average = cmd_q[`LAC_F_STORE_AVERAGE];
    wire [15:0]        c_from_rows = cmd_q[`LAC_F_STORE_FROM_ROWS];
    wire [15:0]        n_pixels = n_pool ? cmd[`LAC_F_STORE_FROM_PIXELS] : cmd[`LAC_F_STORE_PIXELS];
    wire [15:0]        n_guard  = cmd[`LAC_F_STORE_GUARD];
    wire [15:0]        n_points = cmd[`LAC_F_STORE_POINTS];
    wire [3:0]         n_top    = cmd[`LAC_F_STORE_TOP];
    wire [3:0]         n_bottom = cmd[`LAC_F_STORE_BOTTOM];
    wire [3:0]         c_top    = cmd_q[`LAC_F_STORE_TOP];
    // the last point that is written, and how many are
    reg  [15:0]        stop_q, written_q;
    wire [15:0]        stop    = WINDOWS != 0 ? stop_q : c_points;
    wire [15:0]        written = WINDOWS != 0 ? written_q : c_points;
    always @(posedge clk)
        if (cmd_ready) begin
            stop_q    <= n_pool ? n_points : n_points - {12'd0, n_bottom};
            written_q <= n_pool ? n_points : n_points - {11'd0, {1'b0, n_top} + {1'b0, n_bottom}};
        end
    wire [15:0]        n_row    = n_pool ? cmd[`LAC_F_STORE_PIXELS] : n_pixels + n_guard;
    wire               n_only   = cmd[`LAC_F_STORE_PIXELS] == 16'd1 && (n_pool || n_guard == 16'd0);  // n_row == 1: of pixels there is at least one
    wire [15:0]        n_chan   = cmd[`LAC_F_STORE_CHANNELS];
    wire [15:0]        c_rows   = cmd_q[`LAC_F_STORE_ROWS];
    wire [15:0]        n_acc    = cmd[`LAC_F_STORE_ACC_BASE], c_acc = cmd_q[`LAC_F_STORE_ACC_BASE];
    wire [15:0]        c_param  = cmd_q[`LAC_F_STORE_PARAM_BASE];
    wire               c_bank   = cmd_q[`LAC_F_STORE_BANK];
    wire [1:0]         c_type   = cmd_q[`LAC_F_STORE_TYPE];
    wire               c_list   = cmd_q[`LAC_F_STORE_LIST];
    wire [15:0]        c_zero   = cmd_q[`LAC_F_STORE_ZERO];
    wire [15:0]        c_lo     = cmd_q[`LAC_F_STORE_CLAMP_LO];
    wire [15:0]        c_hi     = cmd_q[`LAC_F_STORE_CLAMP_HI];
    wire               raw      = c_type == 2'd3;

    reg  [1:0]         state_q;
    wire               run  = state_q == ST_RUN;
    wire               idle = state_q == ST_IDLE;
    reg                en_q, en0_q;  // T1 .. lac_requant move; T0 does, which stands elsewhere: a copy (the reset makes it another register)

    wire               pk_valid, pk_ready, pk_head, pk_last, pk_final;
    wire [LINE_W-1:0]  pk_data;
    wire [LB-1:0]      pk_strb;

    // ---- Requests: dense, one a point, as early as the bus takes them; lists, one a line ----------------------------------
    reg                more_q;       // dense: points to ask for
    reg  [15:0]        point_q;      // dense: number of the next one, from 1 on
    reg  [ADDR_W-1:6]  base_q;       // dense: of the next point; list: of the point being written
    reg  [OFF_W-1:0]   off_q;        // list: [lines] from there to the next line of entries
    reg                asked_q;      // the line at hand has been asked for, or this is no list
    reg                req_q;
    reg  [ADDR_W-1:0]  req_addr_q;
    reg  [16:0]        req_lines_q;
    wire [ADDR_W-1:0]  base    = {base_q, 6'd0};
    wire [OFF_W-1:0]   off     = c_list && !pk_head ? off_q : {OFF_W{1'b0}};
    // The bus takes a request every second cycle at the most, so nothing is lost by waiting for it to have gone
    wire               ask     = !req_q && (c_list ? run && pk_valid && !asked_q : more_q);
    wire               pk_move = pk_valid && pk_ready;
    wire [15:0]        whole   = c_list ? 16'd0 : raw ? c_elems >> K8 : c_type == 2'd2 ? c_elems >> K2 : c_elems >> K1;
    wire               part    = c_list || (c_elems & (raw ? M8 : c_type == 2'd2 ? M2 : M1)) != 16'd0;

    always @(posedge clk)
        if (rst || idle) begin
            req_q   <= 1'b0;
            asked_q <= !cmd[`LAC_F_STORE_LIST];
            more_q  <= !rst && !cmd[`LAC_F_STORE_LIST] && cmd_valid;
        end else begin
            req_q <= ask || (req_q && !req_ready);
            if (pk_move)  asked_q <= !c_list;
            else if (ask) asked_q <= 1'b1;
            if (ask && point_q == written) more_q <= 1'b0;
        end

    always @(posedge clk) begin
        if (idle)            point_q <= 16'd1;
        else if (ask)        point_q <= point_q + 16'd1;

        if (idle)                                  base_q <= addr64[ADDR_W-1:6];
        else if (c_list ? pk_move && pk_head : ask) base_q <= base_q + {{(ADDR_W-24){1'b0}}, c_pitch[23:6]};

        if (idle || (pk_move && pk_head)) off_q <= ENTRY0;
        else if (pk_move)                 off_q <= off_q + 1'b1;

        if (ask) begin
            req_addr_q  <= base + {{(ADDR_W-19){1'b0}}, off, {LB_LOG{1'b0}}};
            req_lines_q <= {1'b0, whole} + {16'd0, part};
        end
    end

    assign req_valid  = req_q;
    assign req_addr   = req_addr_q;
    assign req_lines  = {7'd0, req_lines_q};
    // A skid stage, so that the bus's ready does not reach into lac_pack. STORE is done when the bus owes no answer, so nothing stays behind in it
    wire               gone_ready;
    assign pk_ready   = gone_ready && asked_q;
    lac_skid #(.W(LINE_W + LB)) u_line (
        .clk(clk), .rst(rst),
        .in_valid(pk_valid && asked_q), .in_ready(gone_ready), .in_data({pk_strb, pk_data}),
        .out_valid(data_valid), .out_ready(data_ready), .out_data({strb, data})
    );

    // ---- The command ------------------------------------------------------------------------------------------------------
    reg                t0_valid_q, t1_valid_q, t2_valid_q, t3_valid_q, t4_valid_q;
    wire               t0_final;
    reg                gone_q;
    reg  [5:0]         prep_q;       // pooling: 32 .. 1, cycles that it still makes its strides in; else 0
    reg                prepare_q;    // it is not 0
    wire               prep = WINDOWS != 0 && prepare_q;
    reg                sweep_q;      // pooling: all windows are read; the accumulators are emptied
    reg                pooling_q;    // pooling, and not yet
    always @(posedge clk)
        if (rst) begin
            state_q    <= ST_IDLE;
            {prepare_q, prep_q} <= 7'd0;
            {t0_valid_q, t1_valid_q, t2_valid_q, t3_valid_q, t4_valid_q} <= 5'd0;
        end else begin
            if (en_q) {t1_valid_q, t2_valid_q, t3_valid_q, t4_valid_q} <= {t0_valid_q, t1_valid_q, t2_valid_q, t3_valid_q};
            if (en0_q && t0_final) t0_valid_q <= 1'b0;
            if (prep) begin
                prep_q     <= prep_q - 6'd1;
                prepare_q  <= prep_q != 6'd1;
                t0_valid_q <= prep_q == 6'd1;
            end
            case (state_q)
                ST_IDLE: if (cmd_valid) begin
                    cmd_q      <= cmd;
                    pool_q     <= n_pool;
                    pix_q      <= cmd[`LAC_F_STORE_WIDTH] != 16'd0;
                    t0_valid_q <= !n_pool;
                    {prepare_q, prep_q} <= {n_pool, n_pool, 5'd0};
                    gone_q     <= 1'b0;
                    state_q    <= ST_RUN;
                end
                ST_RUN: begin  // until the last line of the last point has gone to the bus, and all accumulators are empty
                    if (pk_move && pk_final) gone_q <= 1'b1;
                    if ((pk_move && pk_final) || gone_q) if (WINDOWS == 0 || !(t0_valid_q || t1_valid_q || t2_valid_q)) state_q <= ST_WAIT;
                end
                ST_WAIT: if (quiet && !req_q && !more_q) state_q <= ST_DONE;
                default: state_q <= ST_IDLE;
            endcase
        end

    // ---- T0: a vector of channels -------------------------------------------------------------------------------------------
    reg  [15:0]        t0_point_q;   // number of the point, from 1 on
    reg  [15:0]        t0_left_q;    // [vectors] of its pixel behind this one, and 1 if its last one is full
    reg                t0_end_q;     // the last of the pixel
    reg  [15:0]        t0_pixel_q;   // number of the pixel, from 1 on
    reg                t0_last_q;    // it is the last of its row
    reg  [15:0]        row_q;        // pixels of a row that are looked at; in the sweep accumulators, as if each were a pixel
    reg  [15:0]        rows_q;       // points, as they are looked at
    reg  [CHUNK_W-1:0] t0_chunk_q;   // of the vector in its row
    reg  [ACC_AW-1:0]  t0_row_q;     // accumulator
    reg  [PARAM_AW-1:0] t0_index_q;  // of the vector in the pixel, from 0 on
    wire               n_full   = (n_chan & SW1) == 16'd0;       // is the last vector of a pixel
    wire               n_single = n_chan >> SW_LOG == {15'd0, n_full};  // it is the only one
    reg                full_q, single_q;
    reg  [STORE_W-1:0] tail_q;                                   // outputs of the last vector
    always @(posedge clk) begin
        if (idle) {full_q, single_q} <= {n_full, n_single};
        tail_q <= {STORE_W{full_q}} | ~({STORE_W{1'b1}} << (c_chan & SW1));
    end
    wire               tap_end;                                  // no pooling, or the last pixel of the window
    wire               t0_next  = en0_q && t0_valid_q && tap_end;   // on to the next vector, or of the sweep to the next accumulator
    wire               t0_end   = t0_end_q || sweep_q;
    wire               end_next = t0_end ? single_q : t0_left_q == (full_q ? 16'd2 : 16'd1);  // the next one is the last of its pixel
    reg                t0_turn;      // of the row: this one, or every one of the sweep
    wire               t0_first = t0_chunk_q == {CHUNK_W{1'b0}};
    wire [15:0]        pitch;
    wire               t0_over  = t0_end && (!c_pix || t0_last_q);  // the last of the point
    reg                t0_final_q;   // t0_point_q == rows_q
    wire               t0_whole = t0_over && t0_final_q;
    assign             t0_final = t0_whole && tap_end && c_pool == sweep_q;
    // what is emptied and goes nowhere: guard pixels, and points before the first and behind the last that is written
    wire               t0_drop  = sweep_q || (c_pix && !c_pool && (t0_pixel_q > c_pixels || t0_point_q <= {12'd0, c_top} || t0_point_q > stop));
    wire               t0_told  = t0_end_q && !sweep_q && tap_end && (!c_pix || t0_pixel_q == c_pixels);  // the last of a point that is written
    wire               t0_done  = t0_told && t0_point_q == stop;
    wire [15:0]        c_param_row = c_param >> SW_LOG;
    wire [PARAM_AW-1:0] t0_param   = c_param_row[PARAM_AW-1:0] + t0_index_q;

    always @(posedge clk) begin
        if (idle)                             {sweep_q, pooling_q} <= {1'b0, n_pool};
        else if (t0_next && t0_whole)         {sweep_q, pooling_q} <= {c_pool, 1'b0};

        if (idle)                             t0_point_q <= 16'd1;
        else if (t0_next && t0_over)          t0_point_q <= t0_final_q ? 16'd1 : t0_point_q + 16'd1;

        if (idle)                             t0_final_q <= n_points == 16'd1;
        else if (t0_next && t0_over)          t0_final_q <= t0_final_q ? c_from_rows == 16'd1 : t0_point_q + 16'd1 == rows_q;

        if (idle)                             rows_q <= n_points;
        else if (t0_next && t0_whole)         rows_q <= c_from_rows;

        if (idle)                             row_q <= n_row;
        else if (t0_next && t0_whole)         row_q <= pitch;

        if (idle) begin
            t0_pixel_q <= 16'd1;
            t0_last_q  <= n_only;
        end else if (t0_next && t0_end) begin
            t0_pixel_q <= t0_over ? 16'd1 : t0_pixel_q + 16'd1;
            t0_last_q  <= t0_whole ? pitch == 16'd1 : t0_over ? row_q == 16'd1 : t0_pixel_q + 16'd1 == row_q;
        end

        if (idle)                             t0_left_q <= n_chan >> SW_LOG;
        else if (t0_next)                     t0_left_q <= t0_end ? c_chan >> SW_LOG : t0_left_q - 16'd1;

        if (idle)                             t0_end_q <= n_single;
        else if (t0_next)                     t0_end_q <= end_next;

        if (idle)                             t0_turn <= n_single || LASTC == {CHUNK_W{1'b0}};
        else if (t0_next)                     t0_turn <= (t0_whole ? c_pool : sweep_q) || end_next
                                                      || (t0_turn ? LASTC == {CHUNK_W{1'b0}} : t0_chunk_q + 1'b1 == LASTC);

        if (idle)                             t0_chunk_q <= {CHUNK_W{1'b0}};
        else if (t0_next)                     t0_chunk_q <= t0_turn ? {CHUNK_W{1'b0}} : t0_chunk_q + 1'b1;

        if (idle)                             t0_index_q <= {PARAM_AW{1'b0}};
        else if (t0_next)                     t0_index_q <= t0_end ? {PARAM_AW{1'b0}} : t0_index_q + 1'b1;
    end

    // ---- T0: its accumulator, and of pooling its window -------------------------------------------------------------------------
    // One adder makes all addresses: to the next row of a pixel, and of pooling from pixel to pixel of a window, from its row to the next, and from
    // window to window; before the first, where windows begin.
    wire               t0_outside;   // of the image
    wire               t0_tap0;      // the first of its window
    generate
        if (WINDOWS != 0) begin : g_pool
            localparam integer R_W = (ACC_AW < 4) ? 5 : ACC_AW + 1;   // rows or pixels of an image and POOL_TOP or POOL_LEFT
            wire [3:0]         ky = cmd_q[`LAC_F_STORE_POOL_Y],   kx = cmd_q[`LAC_F_STORE_POOL_X];
            wire [3:0]         dy = cmd_q[`LAC_F_STORE_POOL_DY],  dx = cmd_q[`LAC_F_STORE_POOL_DX];
            wire [3:0]         py = cmd_q[`LAC_F_STORE_POOL_TOP], px = cmd_q[`LAC_F_STORE_POOL_LEFT];
            wire [15:0]        c_from_pixels = cmd_q[`LAC_F_STORE_FROM_PIXELS];
            wire [15:0]        inner = c_from_rows - {11'd0, {1'b0, c_top} + {1'b0, cmd_q[`LAC_F_STORE_BOTTOM]}};
            wire [15:0]        n_rows = cmd[`LAC_F_STORE_ROWS];
            wire [ACC_AW-1:0]  rows  = c_rows[ACC_AW-1:0];

            // Prep: 16 cycles for a row's accumulators, by its pixels' bits; 16 for multiples of that
            reg  [15:0]        all_q;              // pixels of a row, with its guard
            always @(posedge clk) if (cmd_ready) all_q <= n_pixels + n_guard;
            wire [3:0]         n = -prep_q[3:0];   // 0 .. 15, twice
            reg                second;
            reg  [ACC_AW:0]    pitch_q;            // [accumulators] of a row of pixels
            reg  [ACC_AW:0]    shifted_q;          // ROWS * 2^n
            reg  [ACC_AW-1:0]  step_x_q, step_y_q; // from window to window
            wire [3:0]         m = 4'd1 - prep_q[3:0]; // n of the next cycle
            wire               later = prep_q <= 6'd17;
            reg                down, up;           // first row of windows: by the bits of POOL_TOP, TOP, and of POOL_LEFT
            always @(posedge clk) second <= !idle && later;
            always @(posedge clk) {down, up} <= idle ? {1'b0, cmd[`LAC_F_STORE_POOL_LEFT] != 4'd0} : {later && m < c_top, later ? m < py : m < px};
            always @(posedge clk) begin
                if (idle)                  pitch_q <= {(ACC_AW+1){1'b0}};
                else if (prep && !second && all_q[n]) pitch_q <= pitch_q + shifted_q;

                if (idle)                  shifted_q <= n_rows[ACC_AW:0];
                else if (prep)             shifted_q <= shifted_q << 1;

                if (idle)                  {step_x_q, step_y_q} <= {(2*ACC_AW){1'b0}};
                else if (prep && second) begin
                    if (n < dx) step_x_q <= step_x_q + rows;
                    if (n < dy) step_y_q <= step_y_q + pitch_q[ACC_AW-1:0];
                end
            end

            // The window
            reg  [3:0]         tx_q, ty_q;                 // pixel of the window
            reg                tx_last, ty_last;           // it is the last of its row, in the last row; right from the end of prep on
            reg  [R_W-1:0]     rem_x_q, rem_y_q;           // pixels, rows from where it begins to the image's end; 0: it begins behind
            reg  [3:0]         skip_x_q, skip_y_q;         // of its pixels, rows before the image begins
            assign             tap_end    = !pooling_q || (tx_last && ty_last);
            assign             t0_tap0    = !c_pool || (tx_q == 4'd0 && ty_q == 4'd0);
            assign             t0_outside = c_pool && (tx_q < skip_x_q || ty_q < skip_y_q || {{(R_W-4){1'b0}}, tx_q} >= rem_x_q || {{(R_W-4){1'b0}}, ty_q} >= rem_y_q);
            wire [R_W-1:0]     wide_dx = {{(R_W-4){1'b0}}, dx}, wide_dy = {{(R_W-4){1'b0}}, dy};
            wire               tap = en0_q && t0_valid_q;
            always @(posedge clk) begin
                if (idle || (tap && tx_last))      tx_q <= 4'd0;
                else if (tap)                      tx_q <= tx_q + 4'd1;
                if (idle || t0_next)               ty_q <= 4'd0;
                else if (tap && tx_last)           ty_q <= ty_q + 4'd1;
                tx_last <= tap ? (tx_last ? kx == 4'd1 : tx_q + 4'd2 == kx) : tx_q + 4'd1 == kx;
                ty_last <= t0_next ? ky == 4'd1 : tap && tx_last ? ty_q + 4'd2 == ky : ty_q + 4'd1 == ky;

                if (prep || (t0_next && t0_end)) begin
                    rem_x_q  <= prep || t0_over ? c_from_pixels[R_W-1:0] + {{(R_W-4){1'b0}}, px}
                                                : rem_x_q > wide_dx ? rem_x_q - wide_dx : {R_W{1'b0}};
                    skip_x_q <= prep || t0_over ? px : skip_x_q > dx ? skip_x_q - dx : 4'd0;
                end
                if (prep) begin
                    rem_y_q  <= inner[R_W-1:0] + {{(R_W-4){1'b0}}, py};
                    skip_y_q <= py;
                end else if (t0_next && t0_over) begin
                    rem_y_q  <= rem_y_q > wide_dy ? rem_y_q - wide_dy : {R_W{1'b0}};
                    skip_y_q <= skip_y_q > dy ? skip_y_q - dy : 4'd0;
                end
            end

            // Addresses: of the pixel; of its window's row; of the window, for this row of the pixel, for its first; of the first window of this row of them
            reg  [ACC_AW-1:0]  line_q, win_q, first_q, left_q, from, by;
            wire               less = prep && up && !down;
            wire [ACC_AW-1:0]  next = from + by + {{(ACC_AW-1){1'b0}}, less};
            // One-hot, for all that is added goes through them
            wire               pools   = pooling_q && !prep, moves = pools && tx_last && ty_last;
            wire               by_pix  = pools && !tx_last,  by_line = pools && tx_last && !ty_last;
            wire               by_vec  = moves && !t0_end_q, by_x    = moves && t0_end_q && !t0_last_q, by_y = moves && t0_end_q && t0_last_q;
            wire [ACC_AW-1:0]  by_prep = second ? pitch_q[ACC_AW-1:0] : rows;
            always @* begin
                from = ({ACC_AW{!pools || by_pix}} & t0_row_q) | ({ACC_AW{by_line}} & line_q) | ({ACC_AW{by_vec}} & win_q)
                     | ({ACC_AW{by_x}} & first_q) | ({ACC_AW{by_y}} & left_q);
                by   = ({ACC_AW{prep && up != down}} & (by_prep ^ {ACC_AW{less}})) | ({ACC_AW{by_pix}} & rows) | ({ACC_AW{by_line}} & pitch_q[ACC_AW-1:0])
                     | ({ACC_AW{by_x}} & step_x_q) | ({ACC_AW{by_y}} & step_y_q) | {{(ACC_AW-1){1'b0}}, t0_turn && !prep && (!pools || by_vec)};
            end
            always @(posedge clk) begin
                if (idle)                                       t0_row_q <= n_acc[ACC_AW-1:0];
                else if (prep || tap)                           t0_row_q <= t0_whole && tap_end && !prep ? c_acc[ACC_AW-1:0] : next;
                if (prep || (tap && tx_last))                   line_q   <= next;
                if (prep || (tap && tx_last && ty_last)) begin
                    win_q <= next;
                    if (prep || t0_end)  first_q <= next;
                    if (prep || t0_over) left_q  <= next;
                end
            end
            wire [31:0]        pitch32 = {{(31-ACC_AW){1'b0}}, pitch_q};
            assign pitch = pitch32[15:0];
            wire unused_high = &{1'b0, c_from_pixels, inner, n_rows, pitch32};
        end else begin : g_plain
            assign {tap_end, t0_tap0, t0_outside, pitch} = {3'b110, 16'd0};
            wire unused_pool = &{1'b0, pooling_q, prepare_q};
            always @(posedge clk)
                if (idle)                         t0_row_q <= n_acc[ACC_AW-1:0];
                else if (en0_q && t0_turn)        t0_row_q <= t0_row_q + 1'b1;
        end
    endgenerate

    // ---- T1, T2: it is read, and emptied ------------------------------------------------------------------------------------------
    reg                t1_read_q, t2_read_q, t1_zero_q, t2_zero_q;
    reg                t1_drop_q, t2_drop_q, t3_drop_q, t4_drop_q;
    reg  [ACC_AW-1:0]  t1_row_q, t2_row_q;
    reg  [PARAM_AW-1:0] t1_param_q, t2_param_q;
    reg  [2:0]         t1_tap_q, t2_tap_q, t3_tap_q, t4_tap_q;   // {outside, first of its window, last}
    always @(posedge clk)
        if (en_q) begin
            {t1_drop_q, t2_drop_q, t3_drop_q, t4_drop_q} <= {t0_drop, t1_drop_q, t2_drop_q, t3_drop_q};
            {t1_read_q, t1_zero_q} <= {t0_first || c_pool, c_pool ? sweep_q : t0_first};
            {t2_read_q, t2_zero_q} <= {t1_read_q, t1_zero_q};
            {t1_row_q, t2_row_q}   <= {t0_row_q, t1_row_q};
            {t1_param_q, t2_param_q} <= {t0_param, t1_param_q};
            {t1_tap_q, t2_tap_q, t3_tap_q, t4_tap_q} <= {t0_outside, t0_tap0, tap_end, t1_tap_q, t2_tap_q, t3_tap_q};
        end

    assign st_bank  = c_bank;
    assign st_re    = en_q && t1_valid_q && t1_read_q;
    assign st_raddr = t1_row_q;
    assign st_qe    = en_q && t2_valid_q && t2_read_q;
    assign st_zero  = en_q && t2_valid_q && t2_zero_q;
    assign st_waddr = t2_row_q;

    // ---- T1 .. T4: parameters, and each output's accumulator ------------------------------------------------------------------
    wire [STORE_W-1:0]    rq_valid, rq_zero;
    wire [STORE_W*36-1:0] rq_value;
    genvar i, l;
    generate
        for (i = 0; i < STORE_W; i = i + 1) begin : g_out
            localparam integer PAIR = (B == 1) ? 0 : i % (B / 2);
            wire [63:0] rec0;
            wire [13:0] rec1;
            wire [63:0] word0 = p_data[(B == 1 ? 0 : 128 * PAIR) +: 64];
            wire [63:0] word1 = p_data[(B == 1 ? 0 : 128 * PAIR + 64) +: 64];
            lac_ram #(.W(14), .DEPTH(PARAM_DEPTH), .ADDR_W(PARAM_AW)) u_rec1 (
                .clk(load_clk), .rclk(clk), .we(p_we1[i]), .waddr(p_addr), .wdata({word1[15:8], word1[5:0]}),
                .re(en_q && t0_valid_q), .raddr(t0_param), .qe(en_q && t1_valid_q), .q(rec1)
            );
            lac_ram #(.W(64), .DEPTH(PARAM_DEPTH), .ADDR_W(PARAM_AW)) u_rec0 (
                .clk(load_clk), .rclk(clk), .we(p_we0[i]), .waddr(p_addr), .wdata(word0),
                .re(en_q && t2_valid_q), .raddr(t2_param_q), .qe(en_q && t3_valid_q), .q(rec0)
            );
            reg  [5:0]  shift3_q, shift4_q;
            wire [35:0] acc4;
            always @(posedge clk) if (en_q) {shift4_q, shift3_q} <= {shift3_q, rec1[5:0]};

            if (COPIES != 0) begin : g_copies
                reg  [7:0]          low3_q;   // the lane's number, one-hot: in its octet
                reg  [OCTETS-1:0]   high3_q;  // and the octet
                reg  [36*LANES-1:0] copy4_q;
                reg  [35:0]         any4;
                integer             k;
                always @(posedge clk)
                    if (en_q && t2_valid_q) begin
                        for (k = 0; k < 8; k = k + 1)      low3_q[k]  <= rec1[8:6] == k[2:0] && !t2_tap_q[2];
                        for (k = 0; k < OCTETS; k = k + 1) high3_q[k] <= rec1[13:9] == k[4:0];
                    end
                for (l = 0; l < LANES; l = l + 1) begin : g_copy
                    wire wanted = low3_q[l % 8] && (OCTETS == 1 || high3_q[l / 8]);
                    always @(posedge clk) if (en_q && t3_valid_q) copy4_q[36*l +: 36] <= {36{wanted}} & st_acc[36*l +: 36];
                end
                always @* begin
                    any4 = 36'd0;
                    for (k = 0; k < LANES; k = k + 1) any4 = any4 | copy4_q[36*k +: 36];
                end
                assign acc4 = any4;
                wire unused_octet = &{1'b0, low3_q, high3_q};
            end else begin : g_index
                reg  [LANE_W-1:0] lane3_q;
                reg  [35:0]       acc4_q;
                always @(posedge clk) begin
                    if (en_q && t2_valid_q) lane3_q <= rec1[6 +: LANE_W];
                    if (en_q && t3_valid_q) acc4_q  <= st_acc[36*lane3_q +: 36] & {36{!t3_tap_q[2]}};
                end
                assign acc4 = acc4_q;
            end

            lac_requant #(.POOL(WINDOWS)) u_requant (
                .clk(clk), .rst(rst), .en(en_q),
                .in_valid(t4_valid_q && !t4_drop_q), .in_tap(t4_tap_q), .in_acc(acc4), .in_bias(rec0[31:0]), .in_mult(rec0[62:32]), .in_shift(shift4_q),
                .in_zero(c_zero), .in_lo(c_lo), .in_hi(c_hi), .in_raw(raw), .in_average(c_average),
                .out_valid(rq_valid[i]), .out_value(rq_value[36*i +: 36]), .out_zero(rq_zero[i])
            );
            wire unused_param = &{1'b0, rec0[63], rec1, word0, word1};
        end
    endgenerate

    // What goes with a vector, from T1 on: ends of points, and of all
    localparam integer STAGES = (WINDOWS != 0) ? 18 : 17;
    reg  [STAGES-1:0]  end_q, final_q;
    wire               rq_end   = end_q[STAGES-1];
    wire               rq_final = final_q[STAGES-1];
    always @(posedge clk)
        if (en_q) begin
            end_q   <= {end_q[STAGES-2:0], t0_told};
            final_q <= {final_q[STAGES-2:0], t0_done};
        end
    // What stops some thousand registers, from one side of the part to the other, is a register, and has a cycle to get there
    wire                  room, pk_in_valid, pk_in_ready, pk_in_end, pk_in_final;
    wire [STORE_W*36-1:0] pk_value;
    wire [STORE_W-1:0]    pk_zero, pk_mask;
    always @(posedge clk) begin
        en_q  <= room;
        en0_q <= room && !rst;
    end
    lac_late #(.W(STORE_W * 37 + 2)) u_late (
        .clk(clk), .rst(rst), .go(room), .in_valid(en_q && rq_valid[0]), .in_data({rq_final, rq_end, rq_zero, rq_value}),
        .out_valid(pk_in_valid), .out_ready(pk_in_ready), .out_data({pk_in_final, pk_in_end, pk_zero, pk_value})
    );
    assign pk_mask = {STORE_W{!pk_in_end}} | tail_q;

    lac_pack #(.STORE_W(STORE_W), .LINE_W(LINE_W)) u_pack (
        .clk(clk), .rst(rst), .cfg_type(c_type), .cfg_list(c_list),
        .in_valid(pk_in_valid), .in_ready(pk_in_ready), .in_value(pk_value), .in_zero(pk_zero), .in_mask(pk_mask),
        .in_last(pk_in_end), .in_final(pk_in_final),
        .out_valid(pk_valid), .out_ready(pk_ready), .out_data(pk_data), .out_strb(pk_strb), .out_head(pk_head), .out_last(pk_last),
        .out_final(pk_final), .nonzero(nonzero)
    );

    assign cause     = idle ? (waits ? `LAC_STORE_TOKEN : `LAC_STORE_IDLE)
                     : en0_q && t0_valid_q ? `LAC_STORE_BUSY
                     : (pk_valid && !pk_ready) || (req_valid && !req_ready) || state_q == ST_WAIT ? `LAC_STORE_BUS
                     :                    `LAC_STORE_WORK;
    assign cmd_ready = idle;
    assign busy      = !idle;
    assign clear     = idle;
    assign done      = state_q == ST_DONE;
    assign fail      = fault != 3'd0;
    assign fail_code = bus_code(fault);
    assign fail_addr = fault_addr;

    wire unused_ok = &{1'b0, cmd_q, cmd, addr64, n_acc, c_acc, c_rows, c_param_row, c_pitch, rq_valid, pk_last};

endmodule
`default_nettype wire
