// SPDX-License-Identifier: Apache-2.0
//
// lac_map_write - operations to lines: rules in bands, their headers, the made list
//
//   rule, header --> [ line of 32-bit words ] --+
//   list ----------> [ line of 64-bit words ] --+--> address, line --> write master, a request each
//
//   Function   docs/mapping.md, "Bands, rules" and "Order". What lies behind the room for it is counted and not written. When the count of bands
//              is reached, `paused` until `resume`, with `bands_left` anew. `fin`, when no operation is to come: the end of the map, then `over`
//   Timing     an operation a cycle while lines go; the bus takes a line every second cycle. A band's end: a cycle for each line of zeros and 16
//              for the header
//   Handshake  operations, requests, lines: valid/ready; rest of the interface: levels. `idle`: every line has gone to the bus
//   Reset      forgets everything
`default_nettype none

module lac_map_write #(
    parameter integer LINE_W = 64,
    parameter integer ADDR_W = 32
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                start,        // the addresses and sizes below are those of a new map
    input  wire                made,
    input  wire                no_rules,
    input  wire [ADDR_W-1:0]   bands_addr,
    input  wire [ADDR_W-1:0]   rules_addr,
    input  wire [ADDR_W-1:0]   list_addr,
    input  wire [23:0]         list_room,    // [64 bytes] without the header
    input  wire [23:0]         rule_room,    // [64 bytes]
    input  wire [15:0]         band_room,
    input  wire [15:0]         band,         // [outputs]
    input  wire [15:0]         bands_left,   // to the pause, 0: none

    input  wire                op_valid,
    output wire                op_ready,
    input  wire [1:0]          op_kind,
    input  wire                op_last,
    input  wire                op_none,
    input  wire [2:0]          op_kz,
    input  wire [6:0]          op_tap,
    input  wire [23:0]         op_index,
    input  wire [5:0]          op_count,
    input  wire [63:0]         op_list,

    output wire                paused,
    input  wire                resume,
    input  wire                fin,
    output wire                over,
    output wire                idle,
    output wire                count_site,
    output wire [5:0]          count_rules,
    output wire [31:0]         outputs,      // of all bands
    output wire [31:0]         bands,
    output wire [31:0]         rules,
    output wire                list_beyond,  // there was no room for something
    output wire                bands_beyond,
    output wire                rules_beyond,

    output wire                wr_valid,
    input  wire                wr_ready,
    output wire [ADDR_W-1:0]   wr_addr,
    output wire                data_valid,
    input  wire                data_ready,
    output wire [LINE_W-1:0]   data
);

`include "lac_clog2.vh"
    localparam integer LB     = LINE_W / 8;
    localparam integer LB_LOG = clog2(LB);
    localparam integer W32    = LINE_W / 32;
    localparam integer P_W    = clog2(W32);
    localparam integer B      = LINE_W / 64;
    localparam integer U_W    = 6 - LB_LOG;          // log2 of the lines in 64 bytes
    localparam integer LAST_I = W32 - 1, LASTB_I = B - 1;
    localparam [P_W-1:0]    LAST  = LAST_I[P_W-1:0];
    localparam [2:0]        LASTB = LASTB_I[2:0];
    localparam [ADDR_W-1:0] STEP  = {{(ADDR_W-8){1'b0}}, LB[7:0]};
    localparam integer      UNIT1_I = (1 << U_W) - 1;
    localparam [31:0]       UNIT1 = UNIT1_I[31:0];   // lines of 64 bytes, less one

    localparam [1:0] RULE = 2'd0, LIST = 2'd1;
    localparam [2:0] ST_RUN = 3'd0, ST_PAD = 3'd1, ST_HEAD = 3'd2, ST_PAUSE = 3'd3, ST_LIST = 3'd4, ST_ZERO = 3'd5, ST_LHEAD = 3'd6, ST_OVER = 3'd7;

    reg  [2:0]         state_q;
    reg                final_q;      // the map is at its end
    wire               room_a, room_d;
    wire               go   = room_a && room_d;      // registers
    // What this cycle would do, whether there is room or not (w_*), and does
    wire               w_open = state_q == ST_RUN && !final_q;
    wire               w_take = op_valid && w_open;
    wire               w_rule = w_take && op_kind == RULE;
    wire               w_list = w_take && op_kind == LIST;
    wire               take = go && w_take;
    wire               rule = go && w_rule;
    wire               list = go && w_list;
    assign op_ready = go && w_open;

    // ---- A band -----------------------------------------------------------------------------------------------------------------
    reg  [15:0]        in_band_q;    // its outputs
    reg  [31:0]        words_q;      // its rules
    reg  [31:0]        start_q;      // where they begin [lines]
    reg  [71:0]        first_q, stop_q;
    reg  [31:0]        outputs_q, bands_q, rules_q;
    reg  [15:0]        left_q;       // bands to the pause
    wire [15:0]        in_band1 = in_band_q + 16'd1;
    wire               full   = rule && op_last && in_band1 == band;
    wire               headed;       // a band's header has gone, or there was no room for it
    wire [23:0]        was_first = ({24{op_kz[0]}} & first_q[23:0]) | ({24{op_kz[1]}} & first_q[47:24]) | ({24{op_kz[2]}} & first_q[71:48]);
    wire [23:0]        was_stop  = ({24{op_kz[0]}} & stop_q[23:0])  | ({24{op_kz[1]}} & stop_q[47:24])  | ({24{op_kz[2]}} & stop_q[71:48]);
    wire               none_yet  = was_stop == 24'd0;
    wire               lower     = op_index < was_first || none_yet;
    wire               higher    = op_index >= was_stop;
    integer            k;
    always @(posedge clk)
        if (start || headed) begin
            in_band_q <= 16'd0;
            words_q   <= 32'd0;
            first_q   <= 72'd0;
            stop_q    <= 72'd0;
        end else if (rule) begin
            if (op_last) in_band_q <= in_band1;
            words_q <= words_q + 32'd1;
            for (k = 0; k < 3; k = k + 1)
                if (op_kz[k] && !op_none) begin
                    if (lower)  first_q[24*k +: 24] <= op_index;
                    if (higher) stop_q[24*k +: 24]  <= op_index + 24'd1;
                end
        end
    always @(posedge clk)
        if (start) begin
            outputs_q <= 32'd0;
            rules_q   <= 32'd0;
        end else begin
            if (take && op_last)  outputs_q <= outputs_q + 32'd1;
            if (rule && !op_none) rules_q   <= rules_q + 32'd1;
        end

    // ---- Rules and headers: 32 bits at a time --------------------------------------------------------------------------------------
    reg  [LINE_W-1:0]  line_q;
    reg  [P_W-1:0]     at_q;
    reg  [3:0]         head_n_q;     // the header's next word
    reg  [31:0]        head, head_word_q;
    wire               in_head = state_q == ST_HEAD || state_q == ST_LHEAD;
    reg                head_last_q;  // this one is the last
    reg  [31:0]        lines_q;      // of rules
    reg  [31:0]        lwords_q;     // of the list
    reg                has_room_q;   // for the next header
    reg                rest_q;       // has_room_q does not know of the last header yet
    reg                bands_beyond_q;
    wire [31:0]        begins = start_q >> U_W;
    always @* begin
        head = 32'd0;
        if (state_q == ST_LHEAD || state_q == ST_ZERO || state_q == ST_LIST)
            head = !in_head ? outputs_q : head_n_q == 4'd1 ? lwords_q : 32'd0;
        else if (!in_head)
            head = {16'd0, in_band_q};
        else
            case (head_n_q)
                4'd1:    head = words_q;
                4'd2:    head = begins;
                4'd4:    head = {8'd0, first_q[23:0]};
                4'd5:    head = {8'd0, stop_q[23:0]};
                4'd6:    head = {8'd0, first_q[47:24]};
                4'd7:    head = {8'd0, stop_q[47:24]};
                4'd8:    head = {8'd0, first_q[71:48]};
                4'd9:    head = {8'd0, stop_q[71:48]};
                default: head = 32'd0;
            endcase
    end
    wire               w_heads = state_q == ST_LHEAD || (state_q == ST_HEAD && has_room_q);
    wire               heads = go && w_heads;
    wire               push  = rule || heads;
    wire [31:0]        value = state_q == ST_RUN ? {op_last, op_tap, op_index} : head_word_q;
    wire               last  = at_q == LAST;
    wire               ragged = at_q != {P_W{1'b0}};
    wire               w_pads = state_q == ST_PAD && (ragged || (lines_q & UNIT1) != 32'd0);       // a line with zeros in it
    wire               pads  = go && w_pads;
    integer            w;
    always @(posedge clk)
        if (start || pads) at_q <= {P_W{1'b0}};
        else if (push)     at_q <= at_q + 1'b1;
    always @(posedge clk)
        if (push)
            for (w = 0; w < W32; w = w + 1)
                if (at_q == w[P_W-1:0])             line_q[32*w +: 32] <= value;
                else if (at_q == {P_W{1'b0}})       line_q[32*w +: 32] <= 32'd0;
    always @(posedge clk)
        if (heads || !in_head) begin
            head_n_q    <= in_head ? head_n_q + 4'd1 : 4'd1;
            head_last_q <= in_head && head_n_q == 4'd15;
            head_word_q <= head;
        end

    wire               w_band_put = (w_rule && last) || w_pads;
    wire               band_put = go && w_band_put;
    wire               w_zeros = state_q == ST_ZERO && has_room_q && !rest_q;
    wire               zeros = go && w_zeros;
    wire               w_head_put = (w_heads && last) || w_zeros;
    wire               head_put = go && w_head_put;
    reg  [2:0]         unit_q;       // of the zero header: line
    wire               unit_end = unit_q == UNIT1[2:0];
    assign headed = state_q == ST_HEAD && go && (head_last_q || !has_room_q);
    always @(posedge clk)
        if (start) begin
            bands_q <= 32'd0;
            lines_q <= 32'd0;
            start_q <= 32'd0;
        end else begin
            if (headed || (zeros && unit_end)) bands_q <= bands_q + 32'd1;
            if (band_put)                      lines_q <= lines_q + 32'd1;
            if (headed)                        start_q <= lines_q;
        end
    always @(posedge clk)
        if (state_q != ST_ZERO) unit_q <= 3'd0;
        else if (zeros)         unit_q <= unit_end ? 3'd0 : unit_q + 3'd1;

    // ---- The list: 64 bits at a time --------------------------------------------------------------------------------------------------
    wire [LINE_W-1:0]  list_line;
    wire               list_whole, list_ragged;
    wire               w_list_pads = state_q == ST_LIST && list_ragged;
    generate
        if (B == 1) begin : g_word
            assign {list_whole, list_ragged, list_line} = {2'b10, op_list};
            wire unused_b = &{1'b0, LASTB};
        end else begin : g_line
            reg  [LINE_W-1:0] list_q;
            reg  [2:0]        lat_q;
            integer           v;
            always @(posedge clk)
                if (start)     lat_q <= 3'd0;
                else if (list) lat_q <= list_whole ? 3'd0 : lat_q + 3'd1;
            always @(posedge clk)
                if (list)
                    for (v = 0; v < B; v = v + 1)
                        if (lat_q == v[2:0])        list_q[64*v +: 64] <= op_list;
                        else if (lat_q == 3'd0)     list_q[64*v +: 64] <= 64'd0;
            assign list_whole  = lat_q == LASTB;
            assign list_ragged = lat_q != 3'd0;
            assign list_line   = state_q == ST_LIST ? list_q : {op_list, list_q[LINE_W-65:0]};
        end
    endgenerate
    wire               w_list_put = (w_list && list_whole) || w_list_pads;
    wire               list_put = go && w_list_put;
    always @(posedge clk)
        if (start)     lwords_q <= 32'd0;
        else if (list) lwords_q <= lwords_q + 32'd1;

    // ---- Lines out ---------------------------------------------------------------------------------------------------------------------
    reg  [ADDR_W-1:0]  band_at_q, head_at_q, list_at_q;
    reg  [26:0]        rule_left_q, list_left_q;     // [lines] of room
    reg                rules_beyond_q, list_beyond_q;
    wire               rule_fits = rule_left_q != 27'd0, list_fits = list_left_q != 27'd0;
    wire               put  = go && ((w_band_put && rule_fits) || (w_list_put && list_fits) || w_head_put);
    reg  [ADDR_W-1:0]  lhead_at_q;
    wire [ADDR_W-1:0]  put_at = w_band_put ? band_at_q : w_list_put ? list_at_q : state_q == ST_LHEAD ? lhead_at_q : head_at_q;
    wire [LINE_W-1:0]  grown = {value, line_q[LINE_W-33:0]};
    wire [LINE_W-1:0]  put_line = w_list_put ? list_line : w_zeros || (w_pads && !ragged) ? {LINE_W{1'b0}} : w_pads ? line_q : grown;
    always @(posedge clk)
        if (start) begin
            band_at_q   <= rules_addr;
            head_at_q   <= bands_addr;
            list_at_q   <= list_addr + {{(ADDR_W-7){1'b0}}, 7'd64};
            lhead_at_q  <= list_addr;
            rule_left_q <= {3'd0, rule_room} << U_W;
            list_left_q <= {3'd0, list_room} << U_W;
            {rules_beyond_q, list_beyond_q} <= 2'b00;
        end else begin
            if (band_put) band_at_q <= band_at_q + STEP;
            if (list_put) list_at_q <= list_at_q + STEP;
            if (head_put && state_q == ST_LHEAD) lhead_at_q <= lhead_at_q + STEP;
            if (head_put && state_q != ST_LHEAD) head_at_q  <= head_at_q + STEP;
            if (band_put) begin
                if (rule_fits) rule_left_q <= rule_left_q - 1'b1;
                else           rules_beyond_q <= 1'b1;
            end
            if (list_put) begin
                if (list_fits) list_left_q <= list_left_q - 1'b1;
                else           list_beyond_q <= 1'b1;
            end
        end
    lac_skid #(.W(ADDR_W)) u_addr (
        .clk(clk), .rst(rst), .in_valid(put), .in_ready(room_a), .in_data(put_at), .out_valid(wr_valid), .out_ready(wr_ready), .out_data(wr_addr)
    );
    lac_skid #(.W(LINE_W)) u_data (
        .clk(clk), .rst(rst), .in_valid(put), .in_ready(room_d), .in_data(put_line), .out_valid(data_valid), .out_ready(data_ready), .out_data(data)
    );
    assign idle = !wr_valid && !data_valid;

    // ---- The end of a band, of the map ---------------------------------------------------------------------------------------------------
    wire               some = in_band_q != 16'd0;
    always @(posedge clk) begin
        has_room_q <= bands_q < {16'd0, band_room};
        bands_beyond_q <= bands_q > {16'd0, band_room};
        rest_q     <= start || headed || (zeros && unit_end);
        if (start || resume)     left_q <= bands_left;
        else if (headed && left_q != 16'd0) left_q <= left_q - 16'd1;
    end
    always @(posedge clk)
        if (rst || start) begin
            state_q <= ST_RUN;
            final_q <= 1'b0;
        end else
            case (state_q)
                ST_RUN:
                    if (full)     state_q <= ST_PAD;
                    else if (fin) begin
                        final_q <= 1'b1;
                        state_q <= ST_LIST;
                    end
                ST_PAD:   if (go && !pads) state_q <= ST_HEAD;
                ST_HEAD:  if (headed)      state_q <= final_q ? ST_ZERO : left_q == 16'd1 ? ST_PAUSE : ST_RUN;
                ST_PAUSE: if (resume)      state_q <= ST_RUN;
                ST_LIST:  if (go)          state_q <= no_rules ? (made ? ST_LHEAD : ST_OVER) : some ? ST_PAD : ST_ZERO;
                ST_ZERO:  if (!has_room_q && !rest_q) state_q <= made ? ST_LHEAD : ST_OVER;
                ST_LHEAD: if (go && head_last_q) state_q <= ST_OVER;
                default:  state_q <= ST_OVER;
            endcase

    assign paused       = state_q == ST_PAUSE;
    assign over         = state_q == ST_OVER;
    assign count_site   = take && op_last;
    assign count_rules  = !take || op_kind == LIST ? 6'd0 : op_kind == RULE ? {5'd0, !op_none} : op_count;
    assign outputs      = outputs_q;
    assign bands        = bands_q;
    assign rules        = rules_q;
    assign list_beyond  = list_beyond_q;
    assign bands_beyond = bands_beyond_q;
    assign rules_beyond = rules_beyond_q;

endmodule
`default_nettype wire
