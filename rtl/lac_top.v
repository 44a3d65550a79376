// SPDX-License-Identifier: Apache-2.0
//
// lac_top - Lacuna: a sparse neural-network accelerator on an AXI4 bus
//
//   AXI4-Lite --> lac_axil --> lac_regs <--> lac_cmd --+--> lac_load --> RAMs
//                                             |        +--> lac_exec --> lanes
//   AXI4 <--> lac_axi_rd, lac_axi_wr <--------+        +--> lac_store <-- lanes
//                                                      +--> lac_map (MAP_RING)
//
//   Function   runs the command stream of docs/formats.md; docs/architecture.md draws the parts
//   Handshake  AXI4-Lite slave; AXI4 master, INCR bursts, one stream (no IDs: give it one, answers must come in order)
//   Reset      rst is synchronous and active high, and forgets the bus. A soft reset (CTRL) first pays what the bus is
//              owed and waits for what it owes. Both clear accumulators, non-zero flags and lane masks, a word a cycle:
//              STATUS bit 3 until that is done
`default_nettype none

module lac_top #(
    parameter integer LANES        = 8,     // 4 .. 256
    parameter integer DATA_W       = 64,    // [bits]     AXI data: 32, 64, 128, 256, 512
    parameter integer ADDR_W       = 32,    // [bits]     AXI address: 24 .. 48
    parameter integer STORE_W      = 4,     // [outputs]  a cycle: a power of two, divides LANES, at most max(8, DATA_W / 8), at least DATA_W / 128
    parameter integer WEIGHT_DEPTH = 1024,  // [words]    of 64 bits, a lane: .. 32768
    parameter integer COL_DEPTH    = 512,   // [columns]  .. 65536
    parameter integer ACC_DEPTH    = 256,   // [words]    of 36 bits, a lane and bank: .. 32768
    parameter integer FEAT_DEPTH   = 1024,  // [lines]    a multiple of 32, at least 64: .. 65536
    parameter integer PARAM_DEPTH  = 512,   // [channels] a multiple of STORE_W
    parameter integer FIFO_DEPTH   = 24,    // [items]    a lane's queue holds before the others wait: 1 ..
    parameter integer BURST        = 32,    // [beats]    1 .. 256
    parameter integer FLIGHT       = 8,     // [bursts]   outstanding in each direction, 2 .. 64
    parameter integer WINDOWS      = 1,     // 0: EXEC and STORE take no points of several pixels, so no convolution
    parameter integer MAP_RING     = 0,     // [words]    of the mapping unit's rings, a power of two: 64 .. 4096; 0: there is no such unit, and no command MAP or EXEC_RULES. Needs WINDOWS
    parameter integer CLOCK_GATE   = 0      // 1: the clocks of EXEC with the lanes and of STORE stand still while they have nothing to do; nothing else changes
) (
    input  wire                clk,
    input  wire                rst,
    output wire                irq,

    input  wire                s_axil_awvalid,
    output wire                s_axil_awready,
    input  wire [11:0]         s_axil_awaddr,
    input  wire                s_axil_wvalid,
    output wire                s_axil_wready,
    input  wire [31:0]         s_axil_wdata,
    input  wire [3:0]          s_axil_wstrb,
    output wire                s_axil_bvalid,
    input  wire                s_axil_bready,
    output wire [1:0]          s_axil_bresp,
    input  wire                s_axil_arvalid,
    output wire                s_axil_arready,
    input  wire [11:0]         s_axil_araddr,
    output wire                s_axil_rvalid,
    input  wire                s_axil_rready,
    output wire [31:0]         s_axil_rdata,
    output wire [1:0]          s_axil_rresp,

    output wire                m_axi_awvalid,
    input  wire                m_axi_awready,
    output wire [ADDR_W-1:0]   m_axi_awaddr,
    output wire [7:0]          m_axi_awlen,
    output wire [2:0]          m_axi_awsize,
    output wire [1:0]          m_axi_awburst,
    output wire                m_axi_wvalid,
    input  wire                m_axi_wready,
    output wire [DATA_W-1:0]   m_axi_wdata,
    output wire [DATA_W/8-1:0] m_axi_wstrb,
    output wire                m_axi_wlast,
    input  wire                m_axi_bvalid,
    output wire                m_axi_bready,
    input  wire [1:0]          m_axi_bresp,
    output wire                m_axi_arvalid,
    input  wire                m_axi_arready,
    output wire [ADDR_W-1:0]   m_axi_araddr,
    output wire [7:0]          m_axi_arlen,
    output wire [2:0]          m_axi_arsize,
    output wire [1:0]          m_axi_arburst,
    input  wire                m_axi_rvalid,
    output wire                m_axi_rready,
    input  wire [DATA_W-1:0]   m_axi_rdata,
    input  wire [1:0]          m_axi_rresp,
    input  wire                m_axi_rlast,

    // for a logic analyser or a simulation; leave it open elsewhere
    output wire [3:0]          trace_start,  // LOAD, EXEC, STORE, MAP began a command, a cycle ago
    output wire [3:0]          trace_done,   // ... completed their oldest one, a cycle ago
    output wire [8:0]          trace_macs    // multiplications issued, two cycles ago
);

`include "lac_clog2.vh"
    localparam integer LINE_W    = (DATA_W > 64) ? DATA_W : 64;
    localparam integer WEIGHT_AW = clog2(WEIGHT_DEPTH);
    localparam integer COL_AW    = clog2(COL_DEPTH);
    localparam integer ACC_AW    = clog2(ACC_DEPTH);
    localparam integer FEAT_AW   = clog2(FEAT_DEPTH);
    localparam integer SUMS      = FEAT_DEPTH / 32;
    localparam integer SUM_AW    = clog2(SUMS);
    localparam integer PROWS     = PARAM_DEPTH / STORE_W;
    localparam integer PARAM_AW  = clog2(PROWS);
    localparam integer SWEEP_1   = (ACC_DEPTH > COL_DEPTH) ? ACC_DEPTH : COL_DEPTH;
    localparam integer SWEEP_2   = (SWEEP_1 > SUMS) ? SWEEP_1 : SUMS;
    localparam integer ENGINES   = MAP_RING != 0 ? 4 : 3;
    localparam integer CLIENTS   = MAP_RING != 0 ? 4 : 2;  // of the read master: commands, LOAD, MAP, EXEC
    localparam integer CACHE_AW  = (FEAT_DEPTH == (1 << FEAT_AW)) ? FEAT_AW : FEAT_AW - 1;  // EXEC's cache: lines of the feature RAM
    localparam integer RULES     = (MAP_RING != 0) ? 1 : 0;
    localparam integer MORE      = MAP_RING != 0 ? 6 : 5;
    localparam integer UNITS     = LANES + MORE;      // of the cause counters: lanes, LOAD, EXEC, STORE, READ, WRITE, MAP
    localparam integer COUNTERS  = UNITS * 8;
    localparam integer TALLY_AW  = clog2(COUNTERS);
    localparam integer COUNT_W   = clog2(2 * COUNTERS + 32);  // more than the cycles between two visits, of lac_tally
    localparam integer SWEEP     = (SWEEP_2 > COUNTERS) ? SWEEP_2 : COUNTERS;
    localparam integer SWEEP_W   = clog2(SWEEP) + 1;
    localparam integer B         = LINE_W / 64;
    localparam integer BYTES     = (LANES < LINE_W / 8) ? LANES : LINE_W / 8;  // of a line of a column's table

    // ---- Reset: pay the bus, then sweep the RAMs that must begin as zero -------------------------------------------------
    localparam [1:0] ST_RUN = 2'd0, ST_FLUSH = 2'd1, ST_SWEEP = 2'd2;
    reg  [1:0]  state_q;
    reg  [SWEEP_W-1:0] sweep_q;
    reg         core_rst_q, flush_q;   // flush_q: ST_FLUSH, as a register, for readies hang on it
    reg         idle_q;                // the bus owes and is owed nothing, in flush
    wire        soft_request, rd_idle, wr_idle, rd_stuck, wr_stuck;
    wire        soft  = soft_request && state_q == ST_RUN;
    wire        flush = flush_q;
    wire        sweeping = state_q == ST_SWEEP;
    localparam integer SWEEP_1L = SWEEP - 1;
    localparam [SWEEP_W-1:0] SWEEP_LAST = SWEEP_1L[SWEEP_W-1:0], ACC_END = ACC_DEPTH[SWEEP_W-1:0], COL_END = COL_DEPTH[SWEEP_W-1:0],
                             SUM_END = SUMS[SWEEP_W-1:0], TALLY_END = COUNTERS[SWEEP_W-1:0];

    // Only ST_SWEEP looks at sweep_q: it counts from zero, for it stands still at zero elsewhere
    always @(posedge clk) begin
        idle_q  <= rd_idle && wr_idle && flush_q;
        sweep_q <= (rst || !sweeping) ? {SWEEP_W{1'b0}} : sweep_q + 1'b1;
    end
    always @(posedge clk)
        if (rst) begin
            state_q    <= ST_SWEEP;
            core_rst_q <= 1'b1;
            flush_q    <= 1'b0;
        end else
            case (state_q)
                ST_RUN: if (soft) begin
                    state_q    <= ST_FLUSH;
                    core_rst_q <= 1'b1;
                    flush_q    <= 1'b1;
                end
                ST_FLUSH: if (idle_q) begin               // waits for the bus
                    state_q <= ST_SWEEP;
                    flush_q <= 1'b0;
                end
                default: begin                            // ST_SWEEP: a word of every RAM a cycle
                    if (sweep_q == SWEEP_LAST) begin
                        state_q    <= ST_RUN;
                        core_rst_q <= 1'b0;
                    end
                end
            endcase
    wire core_rst;
    lac_spread u_rst (.in(core_rst_q), .out(core_rst));
    wire sweep_acc = sweeping && sweep_q < ACC_END;
    wire sweep_col = sweeping && sweep_q < COL_END;
    wire sweep_sum = sweeping && sweep_q < SUM_END;
    wire sweep_tally = sweeping && sweep_q < TALLY_END;

    // ---- Registers ---------------------------------------------------------------------------------------------------------
    wire        reg_wr, reg_rd, reg_soon, reg_early, reg_hold;
    wire [11:0] reg_waddr, reg_raddr;
    wire [31:0] reg_wdata, reg_rdata;
    lac_axil u_axil (
        .clk(clk), .rst(rst), .hold(reg_hold),
        .s_axil_awvalid(s_axil_awvalid), .s_axil_awready(s_axil_awready), .s_axil_awaddr(s_axil_awaddr),
        .s_axil_wvalid(s_axil_wvalid), .s_axil_wready(s_axil_wready), .s_axil_wdata(s_axil_wdata), .s_axil_wstrb(s_axil_wstrb),
        .s_axil_bvalid(s_axil_bvalid), .s_axil_bready(s_axil_bready), .s_axil_bresp(s_axil_bresp),
        .s_axil_arvalid(s_axil_arvalid), .s_axil_arready(s_axil_arready), .s_axil_araddr(s_axil_araddr),
        .s_axil_rvalid(s_axil_rvalid), .s_axil_rready(s_axil_rready), .s_axil_rdata(s_axil_rdata), .s_axil_rresp(s_axil_rresp),
        .wr_en(reg_wr), .wr_addr(reg_waddr), .wr_data(reg_wdata), .rd_early(reg_early), .rd_soon(reg_soon), .rd_en(reg_rd),
        .rd_addr(reg_raddr), .rd_data(reg_rdata)
    );

    wire        bell, busy, pending, started, err_valid, err_no_tag, count_rd, count_wr, count_item, count_stall;
    wire [31:0] bell_tail, ring_size, watchdog;
    wire [4:0]  completed;
    wire [63:0] ring_base, rd_base, rd_limit, wr_base, wr_limit;
    wire [15:0] head, tail, nonzero;
    wire [1:0]  marks;
    wire [3:0]  engine_busy, engine_waits;
    wire        count_site;
    wire [5:0]  count_rules;
    wire        count_sought, count_fetched;
    wire        ask, ask_pending;
    wire [11:0] ask_at;
    wire [31:0] ask_value;
    wire [7:0]  err_code;
    wire [2:0]  err_unit;
    wire [31:0] err_tag, err_index;
    wire [63:0] err_addr;
    reg  [8:0]  macs_q;
    lac_regs #(
        .LANES(LANES), .DATA_W(DATA_W), .ADDR_W(ADDR_W), .STORE_W(STORE_W), .WEIGHT_DEPTH(WEIGHT_DEPTH), .COL_DEPTH(COL_DEPTH),
        .ACC_DEPTH(ACC_DEPTH), .FEAT_DEPTH(FEAT_DEPTH), .PARAM_DEPTH(PARAM_DEPTH), .FIFO_DEPTH(FIFO_DEPTH), .BURST(BURST), .FLIGHT(FLIGHT),
        .WINDOWS(WINDOWS), .MAP_RING(MAP_RING)
    ) u_regs (
        .clk(clk), .rst(rst), .soft(soft),
        .wr_en(reg_wr), .wr_addr(reg_waddr), .wr_data(reg_wdata), .rd_early(reg_early), .rd_soon(reg_soon), .rd_en(reg_rd),
        .rd_addr(reg_raddr), .rd_data(reg_rdata), .hold(reg_hold), .soft_request(soft_request), .bell(bell), .bell_tail(bell_tail), .ring_base(ring_base), .ring_size(ring_size),
        .rd_base(rd_base), .rd_limit(rd_limit), .wr_base(wr_base), .wr_limit(wr_limit), .watchdog(watchdog), .irq(irq),
        .head(head), .tail(tail), .completed(completed), .busy(busy), .pending(pending), .started(started),
        .resetting(state_q != ST_RUN), .stuck(rd_stuck || wr_stuck), .marks(marks), .engine_busy(engine_busy),
        .err_valid(err_valid), .err_code(err_code), .err_unit(err_unit), .err_tag(err_tag), .err_no_tag(err_no_tag), .err_addr(err_addr), .err_index(err_index),
        .count_rd(count_rd), .count_wr(count_wr), .count_item(count_item), .count_stall(count_stall),
        .count_macs(macs_q), .count_nonzero(nonzero), .count_site(count_site), .count_rules(count_rules),
        .count_sought(count_sought), .count_fetched(count_fetched), .ask(ask), .ask_at(ask_at), .ask_pending(ask_pending), .ask_value(ask_value)
    );

    // ---- The bus --------------------------------------------------------------------------------------------------------------
    wire [CLIENTS-1:0]        rq_valid, rq_ready, ln_valid, ln_ready;
    wire [CLIENTS*ADDR_W-1:0] rq_addr;
    wire [CLIENTS*24-1:0]     rq_lines;
    wire [LINE_W-1:0]   ln_data;
    wire [ADDR_W-1:0]   ln_addr, ln_fault_addr;
    wire [2:0]          ln_fault;
    wire [2:0]          rd_cause, wr_cause;
    lac_axi_rd #(.ADDR_W(ADDR_W), .DATA_W(DATA_W), .BURST(BURST), .OUTSTANDING(FLIGHT), .CLIENTS(CLIENTS)) u_read (
        .clk(clk), .rst(rst), .flush(flush), .idle(rd_idle), .stuck(rd_stuck), .watchdog(watchdog),
        .req_valid(rq_valid), .req_ready(rq_ready), .req_addr(rq_addr), .req_lines(rq_lines),
        .line_valid(ln_valid), .line_ready(ln_ready), .line_data(ln_data), .line_addr(ln_addr),
        .line_fault(ln_fault), .line_fault_addr(ln_fault_addr), .beat(count_rd), .cause(rd_cause),
        .m_axi_arvalid(m_axi_arvalid), .m_axi_arready(m_axi_arready), .m_axi_araddr(m_axi_araddr), .m_axi_arlen(m_axi_arlen),
        .m_axi_arsize(m_axi_arsize), .m_axi_arburst(m_axi_arburst), .m_axi_rvalid(m_axi_rvalid), .m_axi_rready(m_axi_rready),
        .m_axi_rdata(m_axi_rdata), .m_axi_rresp(m_axi_rresp), .m_axi_rlast(m_axi_rlast)
    );

    wire                wq_valid, wq_ready, wd_valid, wd_ready, wr_quiet, wr_clear;
    wire [ADDR_W-1:0]   wq_addr, wr_fault_addr;
    wire [23:0]         wq_lines;
    wire [LINE_W-1:0]   wd_data;
    wire [LINE_W/8-1:0] wd_strb;
    wire [2:0]          wr_fault;
    // STORE's and MAP's, of which one is at work at the most
    wire                sq_valid, sd_valid, st_clear, mq_valid, md_valid, mp_clear;
    wire [ADDR_W-1:0]   sq_addr, mq_addr;
    wire [23:0]         sq_lines, mq_lines;
    wire [LINE_W-1:0]   sd_data, md_data;
    wire [LINE_W/8-1:0] sd_strb, md_strb;
    wire                map_busy;
    assign {wq_valid, wq_addr, wq_lines} = map_busy ? {mq_valid, mq_addr, mq_lines} : {sq_valid, sq_addr, sq_lines};
    assign {wd_valid, wd_data, wd_strb}  = map_busy ? {md_valid, md_data, md_strb}  : {sd_valid, sd_data, sd_strb};
    assign wr_clear = st_clear && mp_clear;
    lac_axi_wr #(.ADDR_W(ADDR_W), .DATA_W(DATA_W), .BURST(BURST), .OUTSTANDING(FLIGHT)) u_write (
        .clk(clk), .rst(rst), .flush(flush), .idle(wr_idle), .stuck(wr_stuck), .watchdog(watchdog),
        .req_valid(wq_valid), .req_ready(wq_ready), .req_addr(wq_addr), .req_lines(wq_lines),
        .data_valid(wd_valid), .data_ready(wd_ready), .data(wd_data), .strb(wd_strb),
        .quiet(wr_quiet), .clear(wr_clear), .fault(wr_fault), .fault_addr(wr_fault_addr), .beat(count_wr), .cause(wr_cause),
        .m_axi_awvalid(m_axi_awvalid), .m_axi_awready(m_axi_awready), .m_axi_awaddr(m_axi_awaddr), .m_axi_awlen(m_axi_awlen),
        .m_axi_awsize(m_axi_awsize), .m_axi_awburst(m_axi_awburst), .m_axi_wvalid(m_axi_wvalid), .m_axi_wready(m_axi_wready),
        .m_axi_wdata(m_axi_wdata), .m_axi_wstrb(m_axi_wstrb), .m_axi_wlast(m_axi_wlast),
        .m_axi_bvalid(m_axi_bvalid), .m_axi_bready(m_axi_bready), .m_axi_bresp(m_axi_bresp)
    );

    // ---- Commands -------------------------------------------------------------------------------------------------------------
    wire              ld_valid, ld_ready, ld_done, ld_fail, ex_valid, ex_ready, ex_done, ex_fail, st_valid, st_ready, st_done, st_fail;
    wire [255:0]      ld_cmd;
    wire [415:0]      ex_cmd;
    wire [47:0]       ex_addr;
    wire [415:0]      st_cmd;
    wire [7:0]        ld_code, ex_code, st_code;
    wire [ADDR_W-1:0] ld_addr, st_addr;
    wire [31:0]       ld_index, ex_index;
    wire              mp_valid, mp_ready, mp_done, mp_fail;
    wire [383:0]      mp_cmd;
    wire [7:0]        mp_code;
    wire [47:0]       mp_addr;
    wire [31:0]       mp_index;
    lac_cmd #(
        .LANES(LANES), .LINE_W(LINE_W), .ADDR_W(ADDR_W), .STORE_W(STORE_W), .WEIGHT_DEPTH(WEIGHT_DEPTH), .COL_DEPTH(COL_DEPTH),
        .ACC_DEPTH(ACC_DEPTH), .FEAT_DEPTH(FEAT_DEPTH), .PARAM_DEPTH(PARAM_DEPTH), .WINDOWS(WINDOWS), .ENGINES(ENGINES)
    ) u_cmd (
        .clk(clk), .rst(core_rst), .clear_at(sweep_q[3:0]), .bell(bell), .bell_tail(bell_tail), .ring_base(ring_base), .ring_size(ring_size),
        .rd_base(rd_base), .rd_limit(rd_limit), .wr_base(wr_base), .wr_limit(wr_limit), .head(head), .tail(tail),
        .completed(completed), .busy(busy), .pending(pending), .started(started), .marks(marks), .engine_busy(engine_busy),
        .engine_waits(engine_waits),
        .err_valid(err_valid), .err_code(err_code), .err_unit(err_unit), .err_tag(err_tag), .err_no_tag(err_no_tag), .err_addr(err_addr), .err_index(err_index),
        .req_valid(rq_valid[0]), .req_ready(rq_ready[0]), .req_addr(rq_addr[ADDR_W-1:0]), .req_lines(rq_lines[23:0]),
        .line_valid(ln_valid[0]), .line_ready(ln_ready[0]), .line_data(ln_data), .line_fault(ln_fault), .line_fault_addr(ln_fault_addr),
        .ld_valid(ld_valid), .ld_ready(ld_ready), .ld_cmd(ld_cmd), .ld_done(ld_done), .ld_fail(ld_fail), .ld_code(ld_code),
        .ld_addr(ld_addr), .ld_index(ld_index),
        .ex_valid(ex_valid), .ex_ready(ex_ready), .ex_cmd(ex_cmd), .ex_done(ex_done), .ex_fail(ex_fail), .ex_code(ex_code),
        .ex_addr(ex_addr), .ex_index(ex_index),
        .st_valid(st_valid), .st_ready(st_ready), .st_cmd(st_cmd), .st_done(st_done), .st_fail(st_fail), .st_code(st_code),
        .st_addr(st_addr),
        .mp_valid(mp_valid), .mp_ready(mp_ready), .mp_cmd(mp_cmd), .mp_done(mp_done), .mp_fail(mp_fail), .mp_code(mp_code),
        .mp_addr(mp_addr), .mp_index(mp_index)
    );

    // ---- LOAD -------------------------------------------------------------------------------------------------------------------
    wire [LANES-1:0]     w_we, t_we, t_check, t_short, mask_we, mask_bits;
    wire [WEIGHT_AW-1:0] w_addr;
    wire [LINE_W-1:0]    w_data, f_data, p_data;
    wire [7:0]           w_index;
    wire                 t_columns;
    wire                 t_start, t_wide, cb_we, f_valid, f_last;
    wire [15:0]          t_base, cb_data;
    wire [COL_AW-1:0]    t_col;
    wire [4:0]           t_high;
    wire [8*BYTES-1:0]   t_length;
    wire [11*BYTES-1:0]  t_first;
    wire [16:0]          t_limit;
    wire [4:0]           cb_addr;
    wire [FEAT_AW-1:0]   f_addr;
    wire [LINE_W/8-1:0]  f_flags;
    wire [STORE_W-1:0]   p_we0, p_we1;
    wire [PARAM_AW-1:0]  p_addr;
    wire [2:0]           ld_cause;
    wire                 ld_begins;
    lac_load #(
        .LANES(LANES), .LINE_W(LINE_W), .BYTES(BYTES), .ADDR_W(ADDR_W), .STORE_W(STORE_W), .WEIGHT_DEPTH(WEIGHT_DEPTH), .WEIGHT_AW(WEIGHT_AW),
        .COL_DEPTH(COL_DEPTH), .COL_AW(COL_AW), .FEAT_DEPTH(FEAT_DEPTH), .FEAT_AW(FEAT_AW), .PARAM_AW(PARAM_AW)
    ) u_load (
        .clk(clk), .rst(core_rst), .cmd_valid(ld_valid), .cmd_ready(ld_ready), .cmd(ld_cmd), .begins(ld_begins), .done(ld_done), .fail(ld_fail),
        .fail_code(ld_code), .fail_addr(ld_addr), .fail_index(ld_index), .cause(ld_cause), .waits(engine_waits[0]),
        .req_valid(rq_valid[1]), .req_ready(rq_ready[1]), .req_addr(rq_addr[2*ADDR_W-1:ADDR_W]), .req_lines(rq_lines[47:24]),
        .line_valid(ln_valid[1]), .line_ready(ln_ready[1]), .line_data(ln_data), .line_addr(ln_addr), .line_fault(ln_fault),
        .line_fault_addr(ln_fault_addr),
        .w_we(w_we), .w_addr(w_addr), .w_index(w_index), .w_data(w_data), .t_columns(t_columns),
        .t_start(t_start), .t_base(t_base), .t_wide(t_wide), .t_we(t_we), .t_col(t_col),
        .t_high(t_high), .t_length(t_length), .t_first(t_first), .t_check(t_check), .t_limit(t_limit), .t_short(t_short), .mask_we(mask_we), .mask_bits(mask_bits),
        .cb_we(cb_we), .cb_addr(cb_addr), .cb_data(cb_data),
        .f_valid(f_valid), .f_addr(f_addr), .f_data(f_data), .f_flags(f_flags), .f_last(f_last),
        .p_we0(p_we0), .p_we1(p_we1), .p_addr(p_addr), .p_data(p_data)
    );

    // ---- Accumulators: STORE reads them; they become zero behind that, and in the sweep ---------------------------------------------
    wire                acc_bank, acc_re, acc_qe, acc_zero;
    wire [1:0]          acc_of = {acc_bank, !acc_bank};
    wire [ACC_AW-1:0]   acc_raddr, acc_waddr;
    wire [LANES*36-1:0] acc;
    reg  [1:0]          zero_pre_q, zero_we_q;
    reg  [ACC_AW-1:0]   zero_at_q, zero_addr_q;
    always @(posedge clk) begin
        zero_pre_q  <= {2{sweep_acc}} | ({2{acc_zero}} & acc_of);
        zero_at_q   <= sweep_acc ? sweep_q[ACC_AW-1:0] : acc_waddr;
        zero_we_q   <= zero_pre_q;
        zero_addr_q <= zero_at_q;
    end

    // ---- Clocks, with CLOCK_GATE only while there is work: EXEC's job lasts until every lane has passed its end mark, STORE's command until
    // its last line is in memory. LOAD's side of a RAM is always on clk
    wire item_clk, store_clk, exec_busy, store_busy;
    lac_clock_gate #(.GATED(CLOCK_GATE)) u_item_clk (
        .clk(clk), .on(core_rst || ex_valid || exec_busy || acc_re || acc_qe || zero_pre_q != 2'b00 || zero_we_q != 2'b00), .out(item_clk)
    );
    lac_clock_gate #(.GATED(CLOCK_GATE)) u_store_clk (.clk(clk), .on(core_rst || st_valid || store_busy), .out(store_clk));

    // ---- Features, EXEC ---------------------------------------------------------------------------------------------------------
    wire                sum_re, sum_qe, line_re, line_qe;
    wire [SUM_AW-1:0]   sum_addr;
    wire [31:0]         sum_word;
    wire [FEAT_AW-1:0]  line_addr;
    wire [LINE_W-1:0]   line_data;
    wire [LINE_W/8-1:0] line_flags;
    wire                r_valid;     // EXEC's own
    wire [FEAT_AW-1:0]  r_addr;
    wire [LINE_W-1:0]   r_data;
    wire [LINE_W/8-1:0] r_flags;
    lac_features #(.LINE_W(LINE_W), .DEPTH(FEAT_DEPTH), .AW(FEAT_AW), .SUM_AW(SUM_AW), .RULES(RULES)) u_features (
        .clk(clk), .w_valid(f_valid), .w_addr(f_addr), .w_data(f_data), .w_flags(f_flags), .w_last(f_last),
        .r_valid(r_valid), .r_addr(r_addr), .r_data(r_data), .r_flags(r_flags),
        .sweep_we(sweep_sum), .sweep_addr(sweep_q[SUM_AW-1:0]),
        .sum_re(sum_re), .sum_qe(sum_qe), .sum_addr(sum_addr), .sum_q(sum_word),
        .line_re(line_re), .line_qe(line_qe), .line_addr(line_addr), .line_data(line_data), .line_flags(line_flags)
    );

    wire [3:0]            cfg_format;
    wire [5:0]            cfg_n;
    wire [2*ACC_AW+1:0]   cfg_rows;
    wire [1:0]            cfg_long;
    wire [1:0]            cfg_bank, cfg_copy;
    wire [LANES-1:0]      item_valid, lane_full, lane_err, lane_err_job, lane_err_ovf, lane_mac;
    wire [67:0]           item_a;
    wire [COL_AW-1:0]     item_col;
    wire [ACC_AW-1:0]     item_base;
    wire                  item_job, item_end;
    wire [2*LANES-1:0]    lane_done;
    wire [LANES*ACC_AW-1:0] lane_err_addr;
    wire [2:0]            ex_cause, lane_cause;
    wire                  xq_valid, xq_ready, xl_valid, xl_ready;
    wire [ADDR_W-1:0]     xq_addr;
    wire [23:0]           xq_lines;
    generate
        if (RULES != 0) begin : g_client
            assign {rq_valid[3], rq_addr[3*ADDR_W +: ADDR_W], rq_lines[72 +: 24], ln_ready[3]} = {xq_valid, xq_addr, xq_lines, xl_ready};
            assign {xq_ready, xl_valid} = {rq_ready[3], ln_valid[3]};
        end else begin : g_no_client
            assign {xq_ready, xl_valid} = 2'b00;
            wire unused_client = &{1'b0, xq_valid, xq_addr, xq_lines, xl_ready};
        end
    endgenerate
    lac_exec #(
        .LANES(LANES), .LINE_W(LINE_W), .FEAT_AW(FEAT_AW), .SUM_AW(SUM_AW), .COL_DEPTH(COL_DEPTH), .COL_AW(COL_AW), .ACC_AW(ACC_AW),
        .WINDOWS(WINDOWS), .RULES(RULES), .CACHE_AW(CACHE_AW), .ADDR_W(ADDR_W)
    ) u_exec (
        .clk(item_clk), .load_clk(clk), .rst(core_rst), .cmd_valid(ex_valid), .cmd_ready(ex_ready), .cmd(ex_cmd), .done(ex_done), .fail(ex_fail),
        .fail_code(ex_code), .fail_addr(ex_addr), .fail_index(ex_index),
        .rd_base(rd_base), .rd_limit(rd_limit),
        .req_valid(xq_valid), .req_ready(xq_ready), .req_addr(xq_addr), .req_lines(xq_lines), .mem_valid(xl_valid), .mem_ready(xl_ready),
        .mem_data(ln_data), .mem_addr(ln_addr), .mem_fault(ln_fault), .mem_fault_addr(ln_fault_addr),
        .w_valid(r_valid), .w_busy(f_valid), .w_addr(r_addr), .w_data(r_data), .w_flags(r_flags),
        .count_sought(count_sought), .count_fetched(count_fetched),
        .sum_re(sum_re), .sum_qe(sum_qe), .sum_addr(sum_addr), .sum_q(sum_word),
        .line_re(line_re), .line_qe(line_qe), .line_addr(line_addr), .line_data(line_data), .line_flags(line_flags),
        .mask_we(mask_we | {LANES{sweep_col}}), .mask_col(sweep_col ? sweep_q[COL_AW-1:0] : t_col),
        .mask_bits(mask_bits & {LANES{!sweep_col}}),
        .cfg_format(cfg_format), .cfg_n(cfg_n), .cfg_long(cfg_long), .cfg_rows(cfg_rows), .cfg_bank(cfg_bank), .cfg_copy(cfg_copy),
        .item_valid(item_valid), .item_a(item_a), .item_col(item_col), .item_base(item_base), .item_job(item_job), .item_end(item_end),
        .lane_full(lane_full), .lane_done(lane_done), .lane_err(lane_err), .lane_err_job(lane_err_job), .lane_err_ovf(lane_err_ovf),
        .lane_err_addr(lane_err_addr), .count_item(count_item), .count_stall(count_stall),
        .busy(exec_busy), .cause(ex_cause), .lane_cause(lane_cause), .waits(engine_waits[1])
    );

    // ---- Where the cycles go: a cause a unit and cycle ----------------------------------------------------------------------------
    reg                      run_q, clear_q;
    reg  [2:0]               clear_at_q, lane_cause_q;
    wire [UNITS-1:0]         tally_select;
    wire [2:0]               tally_cause, st_cause;
    wire [UNITS*COUNT_W-1:0] counts;
    reg  [COUNT_W-1:0]       live;
    always @(posedge clk) begin
        run_q      <= busy || started;  // RUN_END - RUN_START cycles
        clear_q    <= sweep_tally;
        clear_at_q <= sweep_q[2:0];
        lane_cause_q <= lane_cause;
    end
    wire [2:0]               map_cause;
    reg  [17:0]              cause_q;   // of the engines and the bus, beside run_q
    always @(posedge clk) cause_q <= {map_cause, wr_cause, rd_cause, st_cause, ex_cause, ld_cause};
    genvar u;
    generate
        for (u = 0; u < MORE; u = u + 1) begin : g_count
            lac_count #(.W(COUNT_W)) u_count (
                .clk(clk), .clear(clear_q), .clear_at(clear_at_q), .run(run_q), .cause(cause_q[3*u +: 3]),
                .select(tally_select[LANES+u]), .at(tally_cause), .out(counts[COUNT_W*(LANES+u) +: COUNT_W])
            );
        end
    endgenerate
    integer v;
    always @* begin
        live = {COUNT_W{1'b0}};
        for (v = 0; v < UNITS; v = v + 1) live = live | counts[COUNT_W*v +: COUNT_W];
    end
    lac_tally #(.UNITS(UNITS), .AW(TALLY_AW), .W(COUNT_W)) u_tally (
        .clk(clk), .rst(core_rst), .sweep_we(sweep_tally), .sweep_addr(sweep_q[TALLY_AW-1:0]),
        .ask(ask), .ask_at(ask_at), .pending(ask_pending), .value(ask_value),
        .select(tally_select), .cause(tally_cause), .live(live)
    );
    reg [3:0] trace_start_q, trace_done_q;
    always @(posedge clk) begin
        trace_start_q <= {mp_valid && mp_ready, st_valid && st_ready, ex_valid && ex_ready, ld_begins};
        trace_done_q  <= {mp_done, st_done, ex_done, ld_done};
    end
    assign trace_start = trace_start_q;
    assign trace_done  = trace_done_q;
    assign trace_macs  = macs_q;

    // ---- Lanes --------------------------------------------------------------------------------------------------------------------
    genvar i;
    generate
        for (i = 0; i < LANES; i = i + 1) begin : g_lane
            localparam integer PLACE_I = (WINDOWS != 0) ? i % 4 : 0;
            lac_lane #(
                .WEIGHT_DEPTH(WEIGHT_DEPTH), .WEIGHT_AW(WEIGHT_AW), .COL_DEPTH(COL_DEPTH), .COL_AW(COL_AW), .ACC_DEPTH(ACC_DEPTH),
                .ACC_AW(ACC_AW), .FIFO_DEPTH(FIFO_DEPTH), .COUNT_W(COUNT_W)
            ) u_lane (
                .clk(clk), .item_clk(item_clk), .rst(core_rst),
                .cfg_format(cfg_format), .cfg_place(PLACE_I[1:0]), .cfg_n(cfg_n), .cfg_long(cfg_long), .cfg_rows(cfg_rows), .cfg_bank(cfg_bank), .cfg_copy(cfg_copy),
                .in_valid(item_valid[i]), .in_a(item_a), .in_col(item_col), .in_base(item_base), .in_job(item_job), .in_end(item_end),
                .almost_full(lane_full[i]), .done(lane_done[2*i +: 2]), .mac(lane_mac[i]),
                .ex_cause(lane_cause_q), .run(run_q), .count_select(tally_select[i]), .count_at(tally_cause), .count(counts[COUNT_W*i +: COUNT_W]),
                .clear(clear_q), .clear_at(clear_at_q),
                .err_valid(lane_err[i]), .err_job(lane_err_job[i]), .err_ovf(lane_err_ovf[i]), .err_addr(lane_err_addr[i*ACC_AW +: ACC_AW]),
                .w_we(w_we[i]), .w_addr(w_addr), .w_index(w_index),
                .w_data(t_columns ? w_data[64*(i / 8 % B) +: 64] : w_data[64*(i % B) +: 64]),
                .t_columns(t_columns), .t_word(t_first[11*(i % BYTES) + 3 +: 8]), .t_slot(t_first[11*(i % BYTES) +: 3]),
                .t_start(t_start), .t_base(t_base), .t_wide(t_wide), .t_we(t_we[i]), .t_col(t_col), .t_q({t_high, t_length[8*(i % BYTES) + 3 +: 5]}), .t_r(t_length[8*(i % BYTES) +: 3]),
                .t_check(t_check[i]), .t_limit(t_limit), .t_short(t_short[i]),
                .cb_we(cb_we), .cb_addr(cb_addr), .cb_data(cb_data),
                .st_bank(acc_bank), .st_re({2{acc_re}} & acc_of), .st_qe({2{acc_qe}} & acc_of), .st_raddr(acc_raddr),
                .zero_pre(zero_pre_q), .zero_we(zero_we_q), .zero_addr(zero_addr_q), .st_acc(acc[36*i +: 36])
            );
        end
    endgenerate

    reg [LANES-1:0] mac_q;
    always @(posedge clk) mac_q <= core_rst ? {LANES{1'b0}} : lane_mac;
    always @(posedge clk)
        if (|mac_q) begin : add
            reg [8:0] sum;
            integer   k;
            sum = 9'd0;
            for (k = 0; k < LANES; k = k + 1) sum = sum + {8'd0, mac_q[k]};
            macs_q <= sum;
        end else
            macs_q <= 9'd0;

    // ---- STORE ----------------------------------------------------------------------------------------------------------------------
    lac_store #(
        .LANES(LANES), .LINE_W(LINE_W), .ADDR_W(ADDR_W), .STORE_W(STORE_W), .ACC_AW(ACC_AW), .PARAM_DEPTH(PROWS), .PARAM_AW(PARAM_AW),
        .WINDOWS(WINDOWS)
    ) u_store (
        .clk(store_clk), .load_clk(clk), .rst(core_rst), .cmd_valid(st_valid), .cmd_ready(st_ready), .cmd(st_cmd), .done(st_done), .fail(st_fail),
        .fail_code(st_code), .fail_addr(st_addr),
        .p_we0(p_we0), .p_we1(p_we1), .p_addr(p_addr), .p_data(p_data),
        .st_bank(acc_bank), .st_re(acc_re), .st_qe(acc_qe), .st_raddr(acc_raddr), .st_zero(acc_zero), .st_waddr(acc_waddr), .st_acc(acc),
        .req_valid(sq_valid), .req_ready(wq_ready), .req_addr(sq_addr), .req_lines(sq_lines),
        .data_valid(sd_valid), .data_ready(wd_ready), .data(sd_data), .strb(sd_strb),
        .quiet(wr_quiet), .clear(st_clear), .fault(wr_fault), .fault_addr(wr_fault_addr), .nonzero(nonzero),
        .cause(st_cause), .busy(store_busy), .waits(engine_waits[2])
    );

    // ---- MAP ------------------------------------------------------------------------------------------------------------------------
    generate
        if (MAP_RING != 0) begin : g_map
            lac_map #(.LINE_W(LINE_W), .ADDR_W(ADDR_W), .RING(MAP_RING)) u_map (
                .clk(clk), .rst(core_rst), .cmd_valid(mp_valid), .cmd_ready(mp_ready), .cmd(mp_cmd), .done(mp_done), .fail(mp_fail),
                .fail_code(mp_code), .fail_addr(mp_addr), .fail_index(mp_index),
                .rd_base(rd_base), .rd_limit(rd_limit), .wr_base(wr_base), .wr_limit(wr_limit),
                .req_valid(rq_valid[2]), .req_ready(rq_ready[2]), .req_addr(rq_addr[2*ADDR_W +: ADDR_W]), .req_lines(rq_lines[48 +: 24]),
                .line_valid(ln_valid[2]), .line_ready(ln_ready[2]), .line_data(ln_data), .line_addr(ln_addr), .line_fault(ln_fault),
                .line_fault_addr(ln_fault_addr),
                .wr_valid(mq_valid), .wr_ready(wq_ready), .wr_addr(mq_addr), .wr_lines(mq_lines),
                .data_valid(md_valid), .data_ready(wd_ready), .data(md_data), .strb(md_strb),
                .quiet(wr_quiet), .clear(mp_clear), .fault(wr_fault), .fault_addr(wr_fault_addr),
                .count_site(count_site), .count_rules(count_rules), .cause(map_cause), .busy(map_busy), .waits(engine_waits[3])
            );
        end else begin : g_no_map
            assign {mp_ready, mp_done, mp_fail, mp_code, mp_addr, mp_index} = {91{1'b0}};
            assign {mq_valid, mq_addr, mq_lines, md_valid, md_data, md_strb} = {(ADDR_W+26+LINE_W+LINE_W/8){1'b0}};
            assign {mp_clear, map_busy, map_cause, count_site, count_rules}  = 12'h800;
        end
    endgenerate

    wire unused_ok = &{1'b0, w_data, mp_valid, mp_cmd, cause_q, engine_busy, engine_waits};  // fewer lanes than words of a line

endmodule
`default_nettype wire
