// SPDX-License-Identifier: Apache-2.0
//
// lac_regs - the register file behind lac_axil: driver/lac_regs.def in hardware
//
//   Function   configuration registers, capabilities, status, interrupts, counters of the run, time stamps
//   Timing     a read's value is taken in the cycle of rd_en and given in the next one
//   Reset      rst (hard): all. soft: what docs/formats.md says, as one pulse
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
    parameter integer FLIGHT       = 8
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        soft,        // soft reset begins

    input  wire        wr_en,
    input  wire [11:0] wr_addr,
    input  wire [31:0] wr_data,
    input  wire        rd_en,
    input  wire [11:0] rd_addr,
    output wire [31:0] rd_data,

    output wire        soft_request,
    output wire        bell,
    output wire [31:0] bell_tail,
    output wire [63:0] ring_base,
    output wire [31:0] ring_size,
    output wire [63:0] rd_base,
    output wire [63:0] rd_limit,
    output wire [63:0] wr_base,
    output wire [63:0] wr_limit,
    output wire [31:0] watchdog,
    output wire        irq,

    input  wire [15:0] head,
    input  wire [15:0] tail,
    input  wire [31:0] completed,
    input  wire        busy,
    input  wire        pending,
    input  wire        started,
    input  wire        resetting,
    input  wire        stuck,
    input  wire [1:0]  marks,
    input  wire [2:0]  engine_busy,
    input  wire        err_valid,
    input  wire [7:0]  err_code,
    input  wire [3:0]  err_unit,
    input  wire [31:0] err_seq,
    input  wire [31:0] err_tag,
    input  wire [63:0] err_addr,
    input  wire [31:0] err_index,

    input  wire        count_rd,
    input  wire        count_wr,
    input  wire        count_item,
    input  wire        count_stall,
    input  wire [8:0]  count_macs,
    input  wire [15:0] count_nonzero,

    output wire        ask,           // COUNT_SELECT was written
    output wire [11:0] ask_at,
    input  wire        ask_pending,
    input  wire [31:0] ask_value
);

`include "lac_regs.vh"

    // ---- Written by the driver ----------------------------------------------------------------------------------------
    reg [31:0] ring_lo_q, ring_hi_q, size_q, rdb_lo_q, rdb_hi_q, rdl_lo_q, rdl_hi_q, wrb_lo_q, wrb_hi_q, wrl_lo_q, wrl_hi_q;
    reg [31:0] watchdog_q, tail_q;
    reg [2:0]  irq_enable_q, irq_status_q;
    reg        bell_q, soft_q, bell_wait_q;
    reg        busy_was_q, err_was_q;

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
                    `LAC_REG_RD_BASE_HI:   rdb_hi_q     <= wr_data;
                    `LAC_REG_RD_LIMIT_LO:  rdl_lo_q     <= wr_data;
                    `LAC_REG_RD_LIMIT_HI:  rdl_hi_q     <= wr_data;
                    `LAC_REG_WR_BASE_LO:   wrb_lo_q     <= wr_data;
                    `LAC_REG_WR_BASE_HI:   wrb_hi_q     <= wr_data;
                    `LAC_REG_WR_LIMIT_LO:  wrl_lo_q     <= wr_data;
                    `LAC_REG_WR_LIMIT_HI:  wrl_hi_q     <= wr_data;
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
    wire [2:0] irq_clear = (wr_en && wr_addr == `LAC_REG_IRQ_STATUS) ? wr_data[2:0] : 3'd0;
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

    // ---- Time and counters ---------------------------------------------------------------------------------------------------
    reg [63:0] cycle_q, macs_q;
    reg [31:0] cycle_hi_q, macs_hi_q, start_q, end_q, marks_q, first_q, last_q;
    reg [31:0] ld_q, ex_q, st_q, rdbeats_q, wrbeats_q, items_q, stall_q, nonzero_q;

    always @(posedge clk)
        if (rst) cycle_q <= 64'd0;
        else     cycle_q <= cycle_q + 64'd1;

    always @(posedge clk)
        if (rst || soft || started) begin
            {ld_q, ex_q, st_q, rdbeats_q, wrbeats_q, items_q, stall_q, nonzero_q} <= 256'd0;
            {marks_q, first_q, last_q} <= 96'd0;
            macs_q  <= 64'd0;
            start_q <= (rst || soft) ? 32'd0 : cycle_q[31:0];
            end_q   <= (rst || soft) ? 32'd0 : end_q;
        end else begin
            ld_q      <= ld_q + {31'd0, engine_busy[0]};
            ex_q      <= ex_q + {31'd0, engine_busy[1]};
            st_q      <= st_q + {31'd0, engine_busy[2]};
            rdbeats_q <= rdbeats_q + {31'd0, count_rd};
            wrbeats_q <= wrbeats_q + {31'd0, count_wr};
            items_q   <= items_q + {31'd0, count_item};
            stall_q   <= stall_q + {31'd0, count_stall};
            macs_q    <= macs_q + {55'd0, count_macs};
            nonzero_q <= nonzero_q + {16'd0, count_nonzero};
            marks_q   <= marks_q + {30'd0, marks};
            if (marks != 2'd0) begin
                last_q <= cycle_q[31:0];
                if (marks_q == 32'd0) first_q <= cycle_q[31:0];
            end
            if (busy_was_q && !busy) end_q <= cycle_q[31:0];
        end

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

    // ---- Reading -----------------------------------------------------------------------------------------------------------------
    reg [31:0] value, rd_data_q;
    always @* begin
        value = 32'd0;
        case ({rd_addr[11:2], 2'b00})
            `LAC_REG_ID:           value = `LAC_VALUE_ID;
            `LAC_REG_VERSION:      value = `LAC_VALUE_VERSION;
            `LAC_REG_CAP_LANES:    value = LANES;
            `LAC_REG_CAP_DATA_W:   value = DATA_W;
            `LAC_REG_CAP_ADDR_W:   value = ADDR_W;
            `LAC_REG_CAP_STORE_W:  value = STORE_W;
            `LAC_REG_CAP_WEIGHT:   value = WEIGHT_DEPTH;
            `LAC_REG_CAP_COL:      value = COL_DEPTH;
            `LAC_REG_CAP_ACC:      value = ACC_DEPTH;
            `LAC_REG_CAP_FEAT:     value = FEAT_DEPTH;
            `LAC_REG_CAP_PARAM:    value = PARAM_DEPTH;
            `LAC_REG_CAP_FIFO:     value = FIFO_DEPTH;
            `LAC_REG_CAP_BURST:    value = BURST;
            `LAC_REG_CAP_FORMATS:  value = `LAC_VALUE_CAP_FORMATS;
            `LAC_REG_CAP_FLIGHT:   value = FLIGHT;
            `LAC_REG_STATUS:       value = {28'd0, resetting, stuck, err_valid, busy || pending || bell_q || bell_wait_q};
            `LAC_REG_IRQ_ENABLE:   value = {29'd0, irq_enable_q};
            `LAC_REG_IRQ_STATUS:   value = {29'd0, irq_status_q};
            `LAC_REG_RING_BASE_LO: value = ring_lo_q;
            `LAC_REG_RING_BASE_HI: value = ring_hi_q;
            `LAC_REG_RING_SIZE:    value = size_q;
            `LAC_REG_HEAD:         value = {16'd0, head};
            `LAC_REG_TAIL:         value = {16'd0, tail};
            `LAC_REG_DONE:         value = completed;
            `LAC_REG_RD_BASE_LO:   value = rdb_lo_q;
            `LAC_REG_RD_BASE_HI:   value = rdb_hi_q;
            `LAC_REG_RD_LIMIT_LO:  value = rdl_lo_q;
            `LAC_REG_RD_LIMIT_HI:  value = rdl_hi_q;
            `LAC_REG_WR_BASE_LO:   value = wrb_lo_q;
            `LAC_REG_WR_BASE_HI:   value = wrb_hi_q;
            `LAC_REG_WR_LIMIT_LO:  value = wrl_lo_q;
            `LAC_REG_WR_LIMIT_HI:  value = wrl_hi_q;
            `LAC_REG_WATCHDOG:     value = watchdog_q;
            `LAC_REG_ERR_CODE:     value = err_valid ? {20'd0, err_unit, err_code} : 32'd0;
            `LAC_REG_ERR_CMD:      value = err_valid ? err_seq : 32'd0;
            `LAC_REG_ERR_TAG:      value = err_valid ? err_tag : 32'd0;
            `LAC_REG_ERR_ADDR_LO:  value = err_valid ? err_addr[31:0] : 32'd0;
            `LAC_REG_ERR_ADDR_HI:  value = err_valid ? err_addr[63:32] : 32'd0;
            `LAC_REG_ERR_INDEX:    value = err_valid ? err_index : 32'd0;
            `LAC_REG_CYCLE_LO:     value = cycle_q[31:0];
            `LAC_REG_CYCLE_HI:     value = cycle_hi_q;
            `LAC_REG_RUN_START:    value = start_q;
            `LAC_REG_RUN_END:      value = end_q;
            `LAC_REG_MARKS:        value = marks_q;
            `LAC_REG_MARK_FIRST:   value = first_q;
            `LAC_REG_MARK_LAST:    value = last_q;
            `LAC_REG_CNT_LOAD:     value = ld_q;
            `LAC_REG_CNT_EXEC:     value = ex_q;
            `LAC_REG_CNT_STORE:    value = st_q;
            `LAC_REG_CNT_RD_BEATS: value = rdbeats_q;
            `LAC_REG_CNT_WR_BEATS: value = wrbeats_q;
            `LAC_REG_CNT_ITEMS:    value = items_q;
            `LAC_REG_CNT_STALL:    value = stall_q;
            `LAC_REG_CNT_MACS_LO:  value = macs_q[31:0];
            `LAC_REG_CNT_MACS_HI:  value = macs_hi_q;
            `LAC_REG_CNT_NONZERO:  value = nonzero_q;
            `LAC_REG_COUNT_SELECT: value = {ask_q || ask_pending, 19'd0, ask_at_q};
            `LAC_REG_COUNT_VALUE:  value = ask_value;
            default:               value = 32'd0;
        endcase
    end
    always @(posedge clk)
        if (rd_en) begin
            rd_data_q <= value;
            if ({rd_addr[11:2], 2'b00} == `LAC_REG_CYCLE_LO)    cycle_hi_q <= cycle_q[63:32];
            if ({rd_addr[11:2], 2'b00} == `LAC_REG_CNT_MACS_LO) macs_hi_q  <= macs_q[63:32];
        end
    assign rd_data = rd_data_q;

    wire unused_ok = &{1'b0, rd_addr[1:0]};

endmodule
`default_nettype wire
