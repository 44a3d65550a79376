// SPDX-License-Identifier: Apache-2.0
//
// lac_regs - the register file behind lac_axil: driver/lac_regs.def in hardware
//
//   Function   configuration registers, capabilities, status, interrupts, counters of the run, time stamps
//   Counters   events are counted in a few bits; a sweep visits one counter a cycle and moves what it has counted into a sum in LUT RAM.
//              A read shows sum and count together, so it is exact, and takes nothing away
//   Timing     a read's value is taken in the cycle of rd_en and given in the next one; rd_early and rd_soon come two cycles and one before it,
//              with rd_addr in all three.
//              A read of CYCLE_LO or CNT_MACS_LO takes the cycle after rd_en too, to freeze the upper half
//   Reset      rst (hard): all; `hold` for sixteen more cycles, in which the RAMs are cleared and nothing may be read or written.
//              soft, then resetting: what docs/formats.md says
`default_nettype none

module lac_regs #(
    parameter integer LANES        = 8,
    parameter integer DATA_W       = 64,
    parameter integer ADDR_W       = 32,
    parameter integer STORE_W      = 4,
    parameter integer WEIGHT_DEPTH = 1024,
    parameter integer COL_DEPTH    = 512,
    parameter integer ACC_DEPTH    = 256,
    parameter integer FEAT_DEPTH   = 1024,
    parameter integer PARAM_DEPTH  = 512,
    parameter integer FIFO_DEPTH   = 24,
    parameter integer BURST        = 32,
    parameter integer FLIGHT       = 8,
    parameter integer WINDOWS      = 1,
    parameter integer MAP_RING     = 0
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        soft,        // soft reset begins

    input  wire        wr_en,
    input  wire [11:0] wr_addr,       // right a cycle before wr_en too
    input  wire [31:0] wr_data,
    input  wire        rd_early,
    input  wire        rd_soon,
    input  wire        rd_en,
    input  wire [11:0] rd_addr,
    output wire [31:0] rd_data,
    output wire        hold,

    output wire        soft_request,
    output wire        bell,
    output wire [31:0] bell_tail,
    output wire [63:0] ring_base,
    output wire [31:0] ring_size,
    output wire [63:0] rd_base,       // windows: bit ADDR_W (32, where it is less) stands for it and all above
    output wire [63:0] rd_limit,
    output wire [63:0] wr_base,
    output wire [63:0] wr_limit,
    output wire [31:0] watchdog,
    output wire        irq,

    input  wire [15:0] head,
    input  wire [15:0] tail,
    input  wire [4:0]  completed,     // modulo 32: it grows by less than that between two visits
    input  wire        busy,
    input  wire        pending,
    input  wire        started,
    input  wire        resetting,
    input  wire        stuck,
    input  wire [1:0]  marks,
    input  wire [3:0]  engine_busy,   // LOAD, EXEC, STORE, MAP
    input  wire        err_valid,
    input  wire [7:0]  err_code,
    input  wire [2:0]  err_unit,
    input  wire [31:0] err_tag,
    input  wire        err_no_tag,
    input  wire [63:0] err_addr,
    input  wire [31:0] err_index,

    input  wire        count_rd,
    input  wire        count_wr,
    input  wire        count_item,
    input  wire        count_stall,
    input  wire [8:0]  count_macs,
    input  wire [15:0] count_nonzero,
    input  wire        count_site,
    input  wire [5:0]  count_rules,
    input  wire        count_sought,
    input  wire        count_fetched,

    output wire        ask,           // COUNT_SELECT was written
    output wire [11:0] ask_at,
    input  wire        ask_pending,
    input  wire [31:0] ask_value
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
    localparam [11:0] R_START = `LAC_REG_RUN_START, R_END = `LAC_REG_RUN_END, R_FIRST = `LAC_REG_MARK_FIRST, R_LAST = `LAC_REG_MARK_LAST;

    // ---- Written by the driver ----------------------------------------------------------------------------------------
    reg [31:0] ring_lo_q, ring_hi_q, size_q, rdb_lo_q, rdb_hi_q, rdl_lo_q, rdl_hi_q, wrb_lo_q, wrb_hi_q, wrl_lo_q, wrl_hi_q;
    reg [31:0] watchdog_q, tail_q;
    reg [2:0]  irq_enable_q, irq_status_q;
    reg        bell_q, soft_q, bell_wait_q;
    reg        busy_was_q, err_was_q;

    // read back from a LUT RAM, a word where the register's word address ends
    function is_kept(input [11:0] w);
        case (w)
            `LAC_REG_RING_BASE_LO, `LAC_REG_RING_BASE_HI, `LAC_REG_RING_SIZE, `LAC_REG_WATCHDOG, `LAC_REG_RD_BASE_LO, `LAC_REG_RD_BASE_HI,
            `LAC_REG_RD_LIMIT_LO, `LAC_REG_RD_LIMIT_HI, `LAC_REG_WR_BASE_LO, `LAC_REG_WR_BASE_HI, `LAC_REG_WR_LIMIT_LO,
            `LAC_REG_WR_LIMIT_HI: is_kept = 1'b1;
            default:              is_kept = 1'b0;
        endcase
    endfunction
    reg [31:0] kept [0:15];
    reg [3:0]  turn_q;
    reg        cold_q;       // the RAMs are being cleared; wr_data is 0
    wire       keep = wr_en && wr_addr[1:0] == 2'd0 && is_kept(wr_addr);
    always @(posedge clk) if (cold_q || keep) kept[cold_q ? turn_q : wr_addr[5:2]] <= wr_data;

    // and what hardware looks at; of the windows' upper halves, beyond ADDR_W, only whether there is something
    localparam integer HI = (ADDR_W > 32) ? ADDR_W - 32 : 0;
    wire [31:0] hi_ones = 32'hFFFFFFFF << HI;
    wire [31:0] window_hi = (wr_data & ~hi_ones) | ({31'd0, |(wr_data & hi_ones)} << HI);
    always @(posedge clk)
        if (rst) begin
            {ring_lo_q, ring_hi_q, size_q}         <= 96'd0;
            {rdb_lo_q, rdb_hi_q, rdl_lo_q, rdl_hi_q} <= 128'd0;
            {wrb_lo_q, wrb_hi_q, wrl_lo_q, wrl_hi_q} <= 128'd0;
            watchdog_q   <= 32'd0;
            irq_enable_q <= 3'd0;
            soft_q       <= 1'b0;
        end else begin
            soft_q <= wr_en && wr_addr == `LAC_REG_CTRL && wr_data[0];
            if (wr_en)
                case (wr_addr)
                    `LAC_REG_IRQ_ENABLE:   irq_enable_q <= wr_data[2:0];
                    `LAC_REG_RING_BASE_LO: ring_lo_q    <= wr_data;
                    `LAC_REG_RING_BASE_HI: ring_hi_q    <= wr_data;
                    `LAC_REG_RING_SIZE:    size_q       <= wr_data;
                    `LAC_REG_RD_BASE_LO:   rdb_lo_q     <= wr_data;
                    `LAC_REG_RD_BASE_HI:   rdb_hi_q     <= window_hi;
                    `LAC_REG_RD_LIMIT_LO:  rdl_lo_q     <= wr_data;
                    `LAC_REG_RD_LIMIT_HI:  rdl_hi_q     <= window_hi;
                    `LAC_REG_WR_BASE_LO:   wrb_lo_q     <= wr_data;
                    `LAC_REG_WR_BASE_HI:   wrb_hi_q     <= window_hi;
                    `LAC_REG_WR_LIMIT_LO:  wrl_lo_q     <= wr_data;
                    `LAC_REG_WR_LIMIT_HI:  wrl_hi_q     <= window_hi;
                    `LAC_REG_WATCHDOG:     watchdog_q   <= wr_data;
                    default: ;
                endcase
        end

    // A doorbell during a reset waits for its end.
    wire tail_write = wr_en && wr_addr == `LAC_REG_TAIL;
    always @(posedge clk)
        if (rst || soft || soft_q) begin  // soft_q: also a reset asked for while one is under way
            bell_q      <= 1'b0;
            bell_wait_q <= 1'b0;
        end else begin
            bell_q      <= bell_wait_q && !resetting;
            bell_wait_q <= tail_write || (bell_wait_q && resetting);
        end
    always @(posedge clk) if (tail_write) tail_q <= wr_data;
    assign bell         = bell_q;
    assign bell_tail    = tail_q;
    assign soft_request = soft_q;
    assign ring_base    = {ring_hi_q, ring_lo_q};
    assign ring_size    = size_q;
    assign rd_base      = {rdb_hi_q, rdb_lo_q};
    assign rd_limit     = {rdl_hi_q, rdl_lo_q};
    assign wr_base      = {wrb_hi_q, wrb_lo_q};
    assign wr_limit     = {wrl_hi_q, wrl_lo_q};
    assign watchdog     = watchdog_q;

    // ---- Interrupts ------------------------------------------------------------------------------------------------------
    wire [2:0] irq_now = {marks != 2'd0, err_valid && !err_was_q, busy_was_q && !busy && !err_valid};
    reg        wr_irq;  // register: wr_addr is there a cycle before wr_en
    always @(posedge clk) wr_irq <= wr_addr == `LAC_REG_IRQ_STATUS;
    wire [2:0] irq_clear = (wr_en && wr_irq) ? wr_data[2:0] : 3'd0;
    always @(posedge clk)
        if (rst || soft || resetting) begin
            irq_status_q <= 3'd0;
            busy_was_q   <= 1'b0;
            err_was_q    <= 1'b0;
        end else begin
            irq_status_q <= (irq_status_q & ~irq_clear) | irq_now;
            busy_was_q   <= busy;
            err_was_q    <= err_valid;
        end
    assign irq = |(irq_status_q & irq_enable_q);

    // ---- Time ------------------------------------------------------------------------------------------------------------------
    reg [31:0] cycle_q;         // the upper half is a sum, CYCLES below
    reg        wrap_q;
    always @(posedge clk)
        if (cold_q) {wrap_q, cycle_q} <= 33'd0;
        else        {wrap_q, cycle_q} <= {1'b0, cycle_q} + 33'd1;
    assign hold = cold_q;

    // ---- Counters: a sum each in LUT RAM, where the register's word address ends, but for a few; and a few bits of what is not in it yet ----
    localparam [3:0] AT_MACS_SHOWN = 4'd0, AT_CYCLES_SHOWN = 4'd2;           // upper halves, frozen; from FIRST on: swept
    localparam [3:0] AT_NONE = 4'd1;                                         // stays zero: for reads of other registers
    localparam [3:0] AT_DONE = 4'd3, AT_MACS_HI = 4'd4, AT_MARKS = 4'd5, AT_CYCLES_HI = 4'd6, AT_NONZERO = 4'd7, AT_MACS = 4'd15,
                     AT_EVENT = 4'd8, FIRST = AT_DONE;
    // A sweep has 13 visits; reads without a break leave it three cycles of six: a visit at least every 29 cycles.
    localparam integer N_W = 5;                       // of a count that grows by one
    localparam integer L_W = clog2(LANES + 1), S_W = clog2(STORE_W + 1);
    localparam integer M_W = L_W + N_W;
    localparam integer Z_W = S_W + N_W;
    localparam integer C_W = ((M_W > Z_W) ? M_W : Z_W) + 1;

    reg  [31:0]    sums [0:15];
    reg            fresh_q;      // counters of the run from turn_q on still hold the last run's sums
    reg            frozen_q;     // this cycle: freeze an upper half
    reg            started_q;    // the counters' run begins
    reg            visit;        // register: neither a read's cycle, nor the one before, nor frozen_q, nor started_q
    reg  [3:0]     at;           // register: the place looked at in this cycle

    // the register read, as a place of `sums`; all decoding is done in the cycle before
    wire [11:0]    word   = {rd_addr[11:2], 2'b00};
    reg  [3:0]     rd_at;
    reg            rd_sum, rd_cycle, rd_macs;
    wire           freeze = rd_en && (rd_cycle || rd_macs);
    wire [3:0]     turn   = started_q ? FIRST : !visit ? turn_q : turn_q == 4'd15 ? FIRST : turn_q + 4'd1;  // of the next cycle
    always @(posedge clk) begin
        rd_at    <= word == `LAC_REG_DONE || word == `LAC_REG_ERR_CMD ? AT_DONE : word == `LAC_REG_CNT_NONZERO ? AT_NONZERO : word[5:2];
        rd_sum   <= word[11:5] == 7'h07 || word == `LAC_REG_CNT_MACS_HI || word == `LAC_REG_CNT_NONZERO || word == `LAC_REG_MARKS
                 || word == `LAC_REG_CYCLE_HI || word == `LAC_REG_DONE || (word == `LAC_REG_ERR_CMD && err_valid);
        rd_cycle <= word == `LAC_REG_CYCLE_LO;
        rd_macs  <= word == `LAC_REG_CNT_MACS_LO;
    end
    wire           runs   = at != AT_CYCLES_HI && at != AT_CYCLES_SHOWN;    // cleared by soft reset
    wire           old    = resetting ? runs : fresh_q && at >= turn_q && at != AT_DONE && runs;

    reg  [31:0]    base_q;       // 1: sum and count, read. 2: added; written, or given to the bus
    reg  [C_W-1:0] add_q;
    reg            we_q;
    reg  [3:0]     we_at_q;
    wire [32:0]    sum    = {1'b0, base_q} + {{(33-C_W){1'b0}}, add_q};
    reg            macs_now_q;   // that is the lower half of the multiplications
    reg            over_q;       // it has run over, and the upper half does not know yet
    reg            turned_q;     // so has the cycle counter
    wire           over   = macs_now_q && sum[32];

    always @(posedge clk) begin
        cold_q   <= rst || (cold_q && turn_q != 4'd15);
        started_q <= started;
        frozen_q  <= freeze;
        visit     <= !rd_early && !rd_soon && !freeze && !started;
        turn_q    <= rst ? 4'd0 : turn;
        at        <= rst ? 4'd0 : freeze ? (rd_cycle ? AT_CYCLES_HI : AT_MACS_HI) : rd_soon ? (rd_sum ? rd_at : AT_NONE) : turn;
        fresh_q   <= rst || resetting || started_q || (fresh_q && !(visit && turn_q == 4'd15));

        if (cold_q || old) base_q <= 32'd0;
        else               base_q <= sums[at];
        add_q      <= count;
        we_q       <= visit || frozen_q;
        we_at_q    <= !frozen_q ? turn_q : at == AT_CYCLES_HI ? AT_CYCLES_SHOWN : AT_MACS_SHOWN;
        macs_now_q <= !cold_q && at == AT_MACS && (visit || rd_en);
        if (we_q) sums[we_at_q] <= sum[31:0];
    end

    // counts since the last visit
    reg  [7*N_W-1:0] n_q;        // cycles of LOAD, EXEC, STORE; beats read, written; items; stalls
    reg  [N_W-1:0] marks_q;
    reg  [M_W-1:0] macs_q;
    reg  [Z_W-1:0] nonzero_q;
    reg  [4:0]     done_q;       // completed, as of the last visit
    wire [6:0]     events = {count_stall, count_item, count_wr, count_rd, engine_busy[2:0]};
    wire           clear  = rst || resetting || started_q;
    wire [4:0]     done   = completed - done_q;
    reg  [C_W-1:0] count;
    integer        i;
    always @* begin
        count = {C_W{1'b0}};
        case (at)
            AT_DONE:      count = {{(C_W-5){1'b0}}, done};
            AT_MACS_HI:   count = {{(C_W-2){1'b0}}, over_q && over, over_q ^ over};
            AT_MARKS:     count = {{(C_W-N_W){1'b0}}, marks_q};
            AT_CYCLES_HI: count = {{(C_W-1){1'b0}}, turned_q};
            AT_NONZERO:   count = {{(C_W-Z_W){1'b0}}, nonzero_q};
            AT_MACS:      count = {{(C_W-M_W){1'b0}}, macs_q};
            default: ;
        endcase
        for (i = 0; i < 7; i = i + 1) if (at == i[3:0] + AT_EVENT) count = {{(C_W-N_W){1'b0}}, n_q[N_W*i +: N_W]};
    end
    always @(posedge clk) begin
        for (i = 0; i < 7; i = i + 1)
            if (clear)                                        n_q[N_W*i +: N_W] <= {N_W{1'b0}};
            else if (visit && turn_q == i[3:0] + AT_EVENT)    n_q[N_W*i +: N_W] <= {{(N_W-1){1'b0}}, events[i]};
            else if (events[i])                               n_q[N_W*i +: N_W] <= n_q[N_W*i +: N_W] + 1'b1;
        if (clear)                                 marks_q   <= {N_W{1'b0}};
        else if (visit && turn_q == AT_MARKS)      marks_q   <= {{(N_W-2){1'b0}}, marks};
        else                                       marks_q   <= marks_q + {{(N_W-2){1'b0}}, marks};
        if (clear)                                 macs_q    <= {M_W{1'b0}};
        else if (visit && turn_q == AT_MACS)       macs_q    <= {{N_W{1'b0}}, count_macs[L_W-1:0]};
        else                                       macs_q    <= macs_q + {{N_W{1'b0}}, count_macs[L_W-1:0]};
        if (clear)                                 nonzero_q <= {Z_W{1'b0}};
        else if (visit && turn_q == AT_NONZERO)    nonzero_q <= {{N_W{1'b0}}, count_nonzero[S_W-1:0]};
        else                                       nonzero_q <= nonzero_q + {{N_W{1'b0}}, count_nonzero[S_W-1:0]};
        if (clear && !started_q)                    done_q <= 5'd0;
        else if (visit && turn_q == AT_DONE)      done_q <= completed;
        if (clear)                                  over_q <= 1'b0;
        else if (visit && turn_q == AT_MACS_HI)   over_q <= 1'b0;
        else if (over && we_q)                      over_q <= 1'b1;
        if (cold_q)                                 turned_q <= 1'b0;
        else if (visit && turn_q == AT_CYCLES_HI) turned_q <= wrap_q;
        else if (wrap_q)                            turned_q <= 1'b1;
    end

    // ---- Counters of MAP and EXEC_RULES, whole: their places in the RAM are taken -------------------------------------------------------------------
    wire [31:0] map_value;
    generate
        if (MAP_RING != 0) begin : g_map
            reg  [31:0] busy_q, sites_q, rules_q, sought_q, fetched_q, map_value_q;
            reg         rd_map, rd_sites, rd_rules, rd_sought, rd_fetched;
            always @(posedge clk) begin
                busy_q      <= clear ? 32'd0 : busy_q + {31'd0, engine_busy[3]};
                sites_q     <= clear ? 32'd0 : sites_q + {31'd0, count_site};
                rules_q     <= clear ? 32'd0 : rules_q + {26'd0, count_rules};
                sought_q    <= clear ? 32'd0 : sought_q + {31'd0, count_sought};
                fetched_q   <= clear ? 32'd0 : fetched_q + {31'd0, count_fetched};
                rd_map      <= word == `LAC_REG_CNT_MAP;
                rd_sites    <= word == `LAC_REG_CNT_SITES;
                rd_rules    <= word == `LAC_REG_CNT_RULES;
                rd_sought   <= word == `LAC_REG_CNT_SOUGHT;
                rd_fetched  <= word == `LAC_REG_CNT_FETCHED;
                map_value_q <= (rd_map ? busy_q : 32'd0) | (rd_sites ? sites_q : 32'd0) | (rd_rules ? rules_q : 32'd0)
                             | (rd_sought ? sought_q : 32'd0) | (rd_fetched ? fetched_q : 32'd0);
            end
            assign map_value = map_value_q;
        end else begin : g_no_map
            assign map_value = 32'd0;
        end
    endgenerate

    // ---- Time stamps, in a LUT RAM likewise --------------------------------------------------------------------------------------
    reg  [31:0] stamp [0:7];
    reg         start_q, end_q;  // there is one
    reg  [1:0]  marked_q;        // there is a first mark; there is another
    reg         ended;           // register, like started_q and marks
    wire        mark  = marks != 2'd0;
    wire [2:0]  stamp_at = started_q ? R_START[4:2] : ended ? R_END[4:2] : marked_q[0] ? R_LAST[4:2] : R_FIRST[4:2];
    always @(posedge clk) begin
        ended <= !rst && busy_was_q && !busy;
        if (started_q || ended || mark) stamp[stamp_at] <= cycle_q;
        start_q  <= !rst && !soft && (started_q || start_q);
        end_q    <= !rst && !soft && (ended || end_q);
        marked_q <= rst || soft || started_q ? 2'b00 : {marked_q[1] || (mark && marked_q[0]), marked_q[0] || mark};
    end

    // ---- Cause counters: lac_tally has them -----------------------------------------------------------------------------------------
    reg        ask_q;
    reg [11:0] ask_at_q;
    wire       select_write = wr_en && wr_addr == `LAC_REG_COUNT_SELECT;
    always @(posedge clk)
        if (rst) begin
            ask_q    <= 1'b0;
            ask_at_q <= 12'd0;
        end else begin
            ask_q <= select_write;
            if (select_write) ask_at_q <= wr_data[11:0];
        end
    assign ask    = ask_q;
    assign ask_at = ask_at_q;

    // ---- Reading: a register for each source, zero where it is not meant, and all of them or-ed ------------------------------------------
    reg  [31:0] fixed, fixed_q, value_q, kept_q, stamp_q, now_q, ask_value_q, err_tag_q, err_lo_q, err_hi_q, err_index_q;
    reg         rd_kept, rd_stamp, rd_status, rd_enable, rd_irq, rd_code, rd_head, rd_tail, rd_select, rd_value, rd_etag, rd_elo, rd_ehi, rd_eindex;
    reg  [2:0]  rd_stamp_at;
    always @* begin
        fixed = 32'd0;
        case (word)
            `LAC_REG_ID:           fixed = `LAC_VALUE_ID;
            `LAC_REG_VERSION:      fixed = `LAC_VALUE_VERSION;
            `LAC_REG_CAP_LANES:    fixed = LANES;
            `LAC_REG_CAP_DATA_W:   fixed = DATA_W;
            `LAC_REG_CAP_ADDR_W:   fixed = ADDR_W;
            `LAC_REG_CAP_STORE_W:  fixed = STORE_W;
            `LAC_REG_CAP_WEIGHT:   fixed = WEIGHT_DEPTH;
            `LAC_REG_CAP_COL:      fixed = COL_DEPTH;
            `LAC_REG_CAP_ACC:      fixed = ACC_DEPTH;
            `LAC_REG_CAP_FEAT:     fixed = FEAT_DEPTH;
            `LAC_REG_CAP_PARAM:    fixed = PARAM_DEPTH;
            `LAC_REG_CAP_FIFO:     fixed = FIFO_DEPTH;
            `LAC_REG_CAP_BURST:    fixed = BURST;
            `LAC_REG_CAP_FORMATS:  fixed = `LAC_VALUE_CAP_FORMATS | (WINDOWS << 4);
            `LAC_REG_CAP_FLIGHT:   fixed = FLIGHT;
            `LAC_REG_CAP_MAP:      fixed = MAP_RING == 0 ? 32'd0 : MAP_RING | 32'h055F0000;  // kernel 3, 3, 5; stride 5
            default:               fixed = 32'd0;
        endcase
    end
    always @(posedge clk) begin
        fixed_q     <= fixed;
        rd_kept     <= is_kept(word);
        rd_stamp    <= (word == R_START && start_q) || (word == R_END && end_q) || ((word == R_FIRST || word == R_LAST) && marked_q[0]);
        rd_stamp_at <= word == R_LAST && !marked_q[1] ? R_FIRST[4:2] : word[4:2];
        rd_status   <= word == `LAC_REG_STATUS;
        rd_enable   <= word == `LAC_REG_IRQ_ENABLE;
        rd_irq      <= word == `LAC_REG_IRQ_STATUS;
        rd_code     <= word == `LAC_REG_ERR_CODE && err_valid;
        rd_head     <= word == `LAC_REG_HEAD;
        rd_tail     <= word == `LAC_REG_TAIL;
        rd_select   <= word == `LAC_REG_COUNT_SELECT;
        rd_value    <= word == `LAC_REG_COUNT_VALUE;
        rd_etag     <= word == `LAC_REG_ERR_TAG && err_valid && !err_no_tag;
        rd_elo      <= word == `LAC_REG_ERR_ADDR_LO && err_valid;
        rd_ehi      <= word == `LAC_REG_ERR_ADDR_HI && err_valid;
        rd_eindex   <= word == `LAC_REG_ERR_INDEX && err_valid;
        // every cycle: of rd_en's the next one is looked at
        value_q     <= fixed_q | (rd_status ? {28'd0, resetting, stuck, err_valid, busy || pending || bell_q || bell_wait_q} : 32'd0)
                     | {29'd0, (rd_enable ? irq_enable_q : 3'd0) | (rd_irq ? irq_status_q : 3'd0)}
                     | {16'd0, (rd_head ? head : 16'd0) | (rd_tail ? tail : 16'd0)}
                     | (rd_select ? {ask_q || ask_pending, 19'd0, ask_at_q} : 32'd0)
                     | (rd_code ? {21'd0, err_unit, err_code} : 32'd0);
        kept_q      <= rd_kept ? kept[rd_at] : 32'd0;
        stamp_q     <= rd_stamp ? stamp[rd_stamp_at] : 32'd0;
        now_q       <= rd_cycle ? cycle_q : 32'd0;
        ask_value_q <= rd_value ? ask_value : 32'd0;
        err_tag_q   <= rd_etag ? err_tag : 32'd0;
        err_lo_q    <= rd_elo ? err_addr[31:0] : 32'd0;
        err_hi_q    <= rd_ehi ? err_addr[63:32] : 32'd0;
        err_index_q <= rd_eindex ? err_index : 32'd0;
    end
    assign rd_data = sum[31:0] | value_q | map_value | kept_q | stamp_q | now_q | ask_value_q | err_tag_q | err_lo_q | err_hi_q | err_index_q;

    wire unused_ok = &{1'b0, rd_addr[1:0], count_macs, count_nonzero, count_site, count_rules, count_sought, count_fetched, engine_busy[3]};

endmodule
`default_nettype wire
