// SPDX-License-Identifier: Apache-2.0
//
// lac_load_feat - LOAD_FEATURES: dense points or compressed lists to lines of the feature RAM, with an element's flag each
//
//   lines --+--------------------------> compare with the zero point ---+--> [ line, flags ] --> feature RAM
//           +--> lac_load's unpacker --> entry: check, place in line ---+
//
//   Function   `go`, then lines are taken until `done`; a list's entries come back from the unpacker (part), `pop` takes one
//   Requests   made here but for the first: a point each, well ahead of the lines (dense), or a list's entries, then the next header;
//              a list makes one when all lines it asked for have come
//   Timing     one line a cycle (dense); one entry or one feature line a cycle (list). A line stands at f_* two cycles behind what completes it
//   Faults     `fault` in the cycle of the entry; fault_head: in that of a list's header. `halt` may follow three cycles later: a list ends
//              at once, dense points when the lines of those asked for have come
//   Reset      control only
`default_nettype none

module lac_load_feat #(
    parameter integer LINE_W  = 64,
    parameter integer FEAT_AW = 10,
    parameter integer OFF_W   = 24
) (
    input  wire                clk,
    input  wire                rst,

    input  wire                go,         // with the command in cmd
    input  wire                halt,
    input  wire [255:0]        cmd,
    input  wire [FEAT_AW:0]    row,        // [lines] of a point
    input  wire                whole,      // all points were asked for at once
    output wire                done,
    output wire                dense,      // dense points are at work
    output wire                asked_all,

    output wire                take,
    input  wire                line,       // a line is taken
    input  wire                line_bad,   // if it is taken, it is none
    input  wire [LINE_W-1:0]   line_data,

    output wire                unpack,     // this line is one of entries
    input  wire                part_last,  // of its line
    input  wire [31:0]         part,       // {value, index}
    input  wire [15:0]         part_next,  // index of the one behind it in its line
    output wire                pop,

    output wire                ask,
    input  wire                ask_ready,
    output wire [OFF_W-1:0]    ask_off,
    output wire [23:0]         ask_lines,
    output wire                ask_moves,

    output wire                fault,
    output wire                fault_head,
    output wire                header,

    output wire                f_valid,
    output wire [FEAT_AW-1:0]  f_addr,
    output wire [LINE_W-1:0]   f_data,
    output wire [LINE_W/8-1:0] f_flags,
    output wire                f_last
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
    localparam integer LB     = LINE_W / 8;
    localparam integer LB_LOG = clog2(LB);
    localparam integer LB1_I  = LB - 1;
    localparam [18:0]  LB1    = LB1_I[18:0];
    localparam [2:0] ST_IDLE = 3'd0, ST_DENSE = 3'd1, ST_HEAD = 3'd2, ST_ASK = 3'd3, ST_READ = 3'd4, ST_FILL = 3'd5;

    wire [23:0]        c_pitch  = cmd[`LAC_F_LOAD_FEATURES_PITCH];
    wire [15:0]        c_points = cmd[`LAC_F_LOAD_FEATURES_POINTS];
    wire [15:0]        c_chan   = cmd[`LAC_F_LOAD_FEATURES_CHANNELS];
    wire [15:0]        c_feat   = cmd[`LAC_F_LOAD_FEATURES_FEAT_BASE];
    wire [1:0]         c_type   = cmd[`LAC_F_LOAD_FEATURES_TYPE];
    wire               c_list   = cmd[`LAC_F_LOAD_FEATURES_LIST];
    wire [15:0]        c_zero   = cmd[`LAC_F_LOAD_FEATURES_ZERO];
    wire               wide     = c_type == 2'd2;

    // A command that is here fits into the RAM: points and lines count up to FEAT_DEPTH at the most.
    reg  [2:0]         state_q;
    reg  [FEAT_AW:0]   fline_q, fnext_q;  // line of the point, and the one behind it
    reg  [FEAT_AW:0]   point_q, pnext_q;
    reg  [FEAT_AW:0]   asked_q;       // points asked for
    reg  [FEAT_AW-1:0] fat_q;         // feature RAM line
    reg                fline_last;    // fnext_q == row
    wire [FEAT_AW:0]   fnext_next = fnext_q + 1'b1;
    wire               row_one    = row == {{FEAT_AW{1'b0}}, 1'b1};
    wire               point_last = pnext_q == c_points[FEAT_AW:0];
    reg                all_points;    // asked_q == points of the command
    wire [FEAT_AW:0]   asked_next = asked_q + 1'b1;
    reg                halted_q;
    assign dense = state_q == ST_DENSE;
    wire               fill       = state_q == ST_FILL;

    // ---- Lists: one entry at a time -----------------------------------------------------------------------------------------
    reg  [15:0]        count_q;       // entries of this point, from the one at hand on
    reg                none_q;        // there are none
    reg                here_q;        // the one at hand belongs into the line under construction
    reg                bad_q;         // that is not one
    reg  [15:0]        above_q;       // index of the entry before
    reg                any_q;         // there is one
    wire [15:0]        index   = part[15:0];
    wire [15:0]        value   = part[31:16];
    wire [16:0]        e_byte  = wide ? {index, 1'b0} : {1'b0, index};
    // the lines of the entry at hand, of the one behind it, of the first one of the line that comes; of an index that is not bad
    wire [16:0]        e_line  = e_byte >> LB_LOG;
    wire [16:0]        p_line  = (wide ? {part_next, 1'b0} : {1'b0, part_next}) >> LB_LOG;
    wire [16:0]        l_line  = (wide ? {line_data[15:0], 1'b0} : {1'b0, line_data[15:0]}) >> LB_LOG;
    wire               in_type = c_type == 2'd0 ? value[15:7] == {9{value[7]}} : c_type == 2'd1 ? value[15:8] == 8'd0 : 1'b1;
    wire               e_bad   = index >= c_chan || (any_q && index <= above_q) || !in_type;
    wire               entry_last = count_q == 16'd1;
    wire [18:0]        list_bytes = {1'b0, count_q, 2'b00} + LB1;
    wire [18:0]        list_lines = list_bytes >> LB_LOG;
    wire               head_bad = line_data[63:16] != 48'd0 || line_data[15:0] > c_chan;
    wire               e_zero  = value == c_zero;
    wire [LB-1:0]      e_byte_at = {{(LB-1){1'b0}}, 1'b1} << e_byte[LB_LOG-1:0];
    wire [LB-1:0]      e_flag_at = {{(LB-1){1'b0}}, 1'b1} << (wide ? {1'b0, e_byte[LB_LOG-1:1]} : e_byte[LB_LOG-1:0]);

    assign fault      = fill && !none_q && e_bad;
    assign fault_head = state_q == ST_HEAD && line && head_bad;
    assign header     = state_q == ST_HEAD;
    // A feature line is complete; the point's last one when its entries are: else the entry is bad, and waits for halt.
    wire               put    = fill && (none_q || (!here_q && !fline_last));
    assign pop        = fill && !none_q && here_q;
    assign unpack     = state_q == ST_READ;
    assign take       = dense || state_q == ST_HEAD || state_q == ST_READ;
    wire               next_point = put && fline_last && !point_last;
    assign done       = (((dense && line) || put) && fline_last && point_last) || (dense && halted_q && point_q == asked_q);
    assign asked_all  = dense && all_points;

    // ---- Requests --------------------------------------------------------------------------------------------------------------
    wire               ask_entries = state_q == ST_ASK && !none_q && !bad_q;
    wire               ask_dense   = dense && !all_points && !halted_q && ask_ready;
    assign ask        = ask_dense || ask_entries || next_point;  // a list's request register is free: its last request has been answered
    assign ask_off    = ask_entries ? {{(OFF_W-7){1'b0}}, 7'd64} : {{(OFF_W-24){1'b0}}, c_pitch};
    assign ask_lines  = ({24{ask_entries}} & {5'd0, list_lines}) | ({24{dense && !all_points}} & {{(23-FEAT_AW){1'b0}}, row}) | {23'd0, next_point};
    assign ask_moves  = !ask_entries;

    always @(posedge clk) halted_q <= dense && (halt || halted_q);
    always @(posedge clk)
        if (rst || (halt && !dense)) state_q <= ST_IDLE;
        else
            case (state_q)
                ST_IDLE:  if (go) state_q <= c_list ? ST_HEAD : ST_DENSE;
                ST_DENSE: if (done) state_q <= ST_IDLE;
                ST_HEAD:  if (line) state_q <= ST_ASK;
                ST_ASK:   state_q <= ask_entries ? ST_READ : ST_FILL;
                ST_READ:  if (line) state_q <= ST_FILL;
                default:                                     // ST_FILL
                    if (put) begin
                        if (fline_last) state_q <= point_last ? ST_IDLE : ST_HEAD;
                    end else if (part_last && !entry_last)
                        state_q <= ST_READ;
            endcase

    always @(posedge clk) begin
        if (state_q == ST_IDLE) begin
            fat_q   <= c_feat[FEAT_AW-1:0];
            fline_q <= {FEAT_AW+1{1'b0}};
            fnext_q <= {{FEAT_AW{1'b0}}, 1'b1};
            fline_last <= row_one;
            point_q <= {FEAT_AW+1{1'b0}};
            pnext_q <= {{FEAT_AW{1'b0}}, 1'b1};
            asked_q <= whole ? c_points[FEAT_AW:0] : {{FEAT_AW{1'b0}}, 1'b1};
            all_points <= whole || c_points[FEAT_AW:0] == {{FEAT_AW{1'b0}}, 1'b1};
        end else begin
            if (ask_dense) begin
                asked_q    <= asked_next;
                all_points <= asked_next == c_points[FEAT_AW:0];
            end
            if ((dense && line) || put) begin
                fat_q   <= fat_q + 1'b1;
                fline_q <= fline_last ? {FEAT_AW+1{1'b0}} : fnext_q;
                fnext_q <= fline_last ? {{FEAT_AW{1'b0}}, 1'b1} : fnext_next;
                fline_last <= fline_last ? row_one : fnext_next == row;
                if (fline_last) begin
                    point_q <= pnext_q;
                    pnext_q <= pnext_q + 1'b1;
                end
            end
        end
        if (state_q == ST_HEAD) begin
            count_q <= line_data[15:0];
            bad_q   <= line_bad || head_bad;
            any_q   <= 1'b0;
        end else if (pop) begin
            above_q <= index;
            any_q   <= 1'b1;
            count_q <= count_q - 16'd1;
        end
        if (state_q == ST_HEAD) none_q <= line_data[15:0] == 16'd0;
        else if (pop)           none_q <= entry_last;
        if (line)     here_q <= l_line[FEAT_AW:0] == fline_q;
        else if (put) here_q <= e_line[FEAT_AW:0] == fnext_q;
        else if (pop) here_q <= p_line[FEAT_AW:0] == fline_q;
    end

    // ---- The line under construction: what no flag names is never looked at -------------------------------------------------------
    reg                b_valid_q, b_last_q, b_dense_q, b_end_q;  // b_end_q: the point ends in this line
    reg  [FEAT_AW-1:0] b_addr_q;
    reg  [LINE_W-1:0]  b_data_q;
    reg  [LB-1:0]      b_flags_q;     // of a list
    genvar i;
    always @(posedge clk)
        if (rst) b_valid_q <= 1'b0;
        else     b_valid_q <= (dense && line) || put;
    always @(posedge clk) begin
        b_addr_q  <= fat_q;
        b_last_q  <= fline_last && point_last;
        b_end_q   <= fline_last;
        b_dense_q <= dense;
        b_flags_q <= (b_valid_q || state_q == ST_HEAD ? {LB{1'b0}} : b_flags_q) | (e_flag_at & {LB{pop && !e_zero}});
    end
    generate
        for (i = 0; i < LB; i = i + 1) begin : g_byte
            wire [7:0] v = (i % 2 == 1 && wide) ? value[15:8] : value[7:0];
            always @(posedge clk)
                if (dense || (pop && (e_byte_at[i] || (wide && e_byte_at[i - i % 2]))))
                    b_data_q[8*i +: 8] <= dense ? line_data[8*i +: 8] : v;
        end
    endgenerate

    // ---- Out; dense: the line's flags --------------------------------------------------------------------------------------
    wire [LB_LOG-1:0]  chan1   = c_chan[LB_LOG-1:0] - 1'b1;
    wire [LB_LOG-1:0]  tail    = wide ? chan1 & LB1[LB_LOG:1] : chan1;          // the point's last element in its line
    reg  [LB-1:0]      behind;        // the command stands still
    always @(posedge clk) behind <= {LB{1'b1}} << 1 << tail;
    wire [LB-1:0]      differs, dense_flags;
    generate
        for (i = 0; i < LB; i = i + 1) begin : g_flag
            wire [7:0] zero = (i % 2 == 1 && wide) ? c_zero[15:8] : c_zero[7:0];
            assign differs[i] = b_data_q[8*i +: 8] != zero;
            if (i < LB / 2) begin : g_lo
                assign dense_flags[i] = (wide ? |differs[2*i +: 2] : differs[i]) && !(b_end_q && behind[i]);
            end else begin : g_hi
                assign dense_flags[i] = !wide && differs[i] && !(b_end_q && behind[i]);
            end
        end
    endgenerate
    reg                f_valid_q, f_last_q;
    reg  [FEAT_AW-1:0] f_addr_q;
    reg  [LINE_W-1:0]  f_data_q;
    reg  [LB-1:0]      f_flags_q;
    always @(posedge clk)
        if (rst) f_valid_q <= 1'b0;
        else     f_valid_q <= b_valid_q;
    always @(posedge clk) begin
        {f_last_q, f_addr_q, f_data_q} <= {b_last_q, b_addr_q, b_data_q};
        f_flags_q <= b_dense_q ? dense_flags : b_flags_q;
    end

    assign f_valid = f_valid_q;
    assign f_addr  = f_addr_q;
    assign f_data  = f_data_q;
    assign f_flags = f_flags_q;
    assign f_last  = f_last_q;

    wire unused_ok = &{1'b0, cmd, e_line, p_line, l_line, c_feat, c_points};

endmodule
`default_nettype wire
