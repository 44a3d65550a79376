// SPDX-License-Identifier: Apache-2.0
//
// lac_load_ask - what LOAD asks the bus for: the command behind the one at work, its sizes, all requests
//
//   cmd --->[ next ]--- sizes, first request ---> [ at work ] ---> cmd_q, row, whole, over
//                              |
//   ask (offset, lines) -------+---> [ request: base + offset ] ---> read master
//
//   Sizes      `row`: lines of a point, of the parameters, or of a column block's index; a command's first request is in req_lines from then on, until `ask`
//   Timing     a command's first request is made 4 cycles after it came, at the earliest, and when the one at work makes no more; it begins
//              a cycle later at the earliest
//   Asking     `ask` only with ask_ready, a register: one request, at the base plus ask_off; ask_moves makes that address the base. The bus
//              takes a request every second cycle at the most, so nothing is lost
//   Reset      control only
`default_nettype none

module lac_load_ask #(
    parameter integer LB_LOG = 3,   // log2 of the bytes of a line
    parameter integer ADDR_W = 32,
    parameter integer OFF_W  = 24,  // [bits]  of an offset, at least 24
    parameter integer ROW_W  = 12,  // [bits]  of `row`: what the RAMs hold of features, parameters, columns' index; at most 21 - LB_LOG
    parameter integer XROW_W = 8    // [bits]  of a column block's index
) (
    input  wire              clk,
    input  wire              rst,

    input  wire              cmd_valid,
    output wire              cmd_ready,
    input  wire [255:0]      cmd,
    output wire              waiting,     // there is a command behind the one at work
    input  wire              free,        // none is at work, or it completes in this cycle
    input  wire              asked_all,   // the one at work makes no more requests
    output wire              begins,      // the command behind becomes the one at work
    output wire [3:0]        next_kind,

    output wire [255:0]      cmd_q,       // at work
    output wire [ROW_W-1:0]  row,
    output wire              whole,       // dense points follow each other: one request for all
    output wire              over,        // a column block's index is longer than the block

    input  wire              ask,
    output wire              ask_ready,
    input  wire [OFF_W-1:0]  ask_off,     // [bytes]
    input  wire [23:0]       ask_lines,   // zero where the one at work makes no more requests
    input  wire              ask_moves,

    output wire              req_valid,
    input  wire              req_ready,
    output wire [ADDR_W-1:0] req_addr,
    output wire [23:0]       req_lines
);

`include "lac_regs.vh"
    localparam integer LB1_I = (1 << LB_LOG) - 1;
    localparam [20:0]  LB1   = LB1_I[20:0];

    // ---- The command behind: sizes in three steps ---------------------------------------------------------------------
    reg  [255:0]      next_q, work_q;
    reg               valid_q, asked_q;
    reg  [1:0]        step_q;       // 0: it has just come, 1: row_q stands, 3: all of it
    reg  [ROW_W-1:0]  row_q, work_row_q;
    wire [35:0]       all;          // [lines] of all points: at most FEAT_DEPTH, or the command would not be here
    reg               whole_q, over_q, work_whole_q, work_over_q;
    wire [3:0]        kind   = next_q[`LAC_F_ANY_KIND];
    wire [63:0]       addr   = {next_q[`LAC_F_LOAD_WEIGHTS_ADDR_HI], next_q[`LAC_F_LOAD_WEIGHTS_ADDR_LO]};
    wire [23:0]       n_lines = next_q[`LAC_F_LOAD_WEIGHTS_LINES];     // also LOAD_COLUMNS
    wire [23:0]       pitch  = next_q[`LAC_F_LOAD_FEATURES_PITCH];
    wire [15:0]       chan   = next_q[`LAC_F_LOAD_FEATURES_CHANNELS];
    wire              wide   = next_q[`LAC_F_LOAD_FEATURES_TYPE] == 2'd2;
    wire              list   = next_q[`LAC_F_LOAD_FEATURES_LIST];
    wire              is_w   = kind == 4'd0, is_f = kind == 4'd2, is_x = kind == 4'd4;
    reg  [20:0]       bytes;
    always @* begin
        case (kind[1:0])
            2'd0:    bytes = {5'd0, next_q[`LAC_F_LOAD_COLUMNS_COLUMNS]};  // weights: whatever this is
            2'd1:    bytes = 21'd32;
            2'd2:    bytes = wide ? {4'd0, chan, 1'b0} : {5'd0, chan};
            default: bytes = {1'b0, next_q[`LAC_F_LOAD_PARAMS_CHANNELS], 4'd0};
        endcase
    end
    wire [ROW_W+LB_LOG-1:0] rounded = bytes[ROW_W+LB_LOG-1:0] + LB1[ROW_W+LB_LOG-1:0];
    wire [ROW_W-1:0]  n_row   = rounded[ROW_W+LB_LOG-1:LB_LOG];
    wire [XROW_W-1:0] index   = row_q[XROW_W-1:0];
    wire [40:0]       row_bytes = {{(41-ROW_W){1'b0}}, row_q} << LB_LOG;
    // One of three, or 1 for the header of a list, chosen in step 2; none when the request is not a command's first.
    reg               by_lines, by_all, by_row, by_one;
    always @(posedge clk) begin
        by_lines <= is_w || over_q;
        by_all   <= is_f && whole_q && !list;
        by_row   <= !over_q && !is_w && !(is_f && (whole_q || list));
        by_one   <= is_f && list;
    end
    wire [23:0]       lines   = ({24{may && by_lines}} & n_lines) | ({24{may && by_all}} & {7'd0, all[16:0]})
                              | ({24{may && by_row}} & {{(24-ROW_W){1'b0}}, row_q}) | {23'd0, may && by_one};
    assign next_kind = kind;
    assign waiting   = valid_q;

    wire [ROW_W+17:0] n_row18 = {18'd0, n_row};
    lac_mul #(.SIGNED(0)) u_all (.clk(clk), .en(1'b1), .a({2'd0, next_q[`LAC_F_LOAD_FEATURES_POINTS]}), .b(n_row18[17:0]), .p(all));

    // ---- Requests ------------------------------------------------------------------------------------------------------
    reg               req_q, moves_q;
    reg  [ADDR_W-1:0] base_q;
    reg  [OFF_W-1:0]  off_q;
    reg  [23:0]       lines_q;
    wire              may   = valid_q && !asked_q && step_q == 2'd3 && asked_all;
    wire              first = may && !req_q;
    assign ask_ready = !req_q;
    assign req_valid = req_q;
    assign req_addr  = base_q + {{(ADDR_W-OFF_W){1'b0}}, off_q};
    assign req_lines = lines_q;
    assign begins    = free && valid_q && asked_q;
    assign cmd_ready = !valid_q || begins;
    assign cmd_q     = work_q;
    assign row       = work_row_q;
    assign whole     = work_whole_q;
    assign over      = work_over_q;

    always @(posedge clk)
        if (rst) begin
            valid_q <= 1'b0;
            asked_q <= 1'b0;
            req_q   <= 1'b0;
        end else begin
            if (cmd_ready) begin
                valid_q <= cmd_valid;
                asked_q <= 1'b0;
            end else if (first)
                asked_q <= 1'b1;
            if (first || ask)   req_q <= 1'b1;
            else if (req_ready) req_q <= 1'b0;
        end
    always @(posedge clk) begin
        if (cmd_ready)            step_q <= 2'd0;
        else if (step_q != 2'd3)  step_q <= step_q + 2'd1;
        if (cmd_ready)            next_q <= cmd;
        if (step_q == 2'd0)       row_q  <= n_row;
        if (step_q == 2'd1) begin
            whole_q <= {17'd0, pitch} == row_bytes;
            over_q  <= is_x && n_lines[23:XROW_W] == {(24-XROW_W){1'b0}} && index > n_lines[XROW_W-1:0];  // then the block is read, nothing beyond it
        end
        if (begins) {work_q, work_row_q, work_whole_q, work_over_q} <= {next_q, row_q, whole_q, over_q};

        if (first)                             base_q <= addr[ADDR_W-1:0];
        else if (req_q && req_ready && moves_q) base_q <= req_addr;
        if (first)    off_q <= {OFF_W{1'b0}};
        else if (ask) off_q <= ask_off;
        if (first || ask) begin
            lines_q <= lines | ask_lines;
            moves_q <= !may && ask_moves;
        end
    end

    wire unused_ok = &{1'b0, rounded, bytes, addr, all, n_row18};

endmodule
`default_nettype wire
