// SPDX-License-Identifier: Apache-2.0
//
// lac_map - MAP: lists of coordinates in, rules of sparse convolution out
//
//   lists --> lac_map_feed --+--> 3 lac_map_stream (a kz each, with 3 cursors) --> windows ---+
//                            +--> lac_map_list --> lac_map_aim (given outputs) --> targets --> lac_map_merge --> windows at one place
//                                                       +--> sites --------------------------------+
//                                                                                            lac_map_join --> records
//   write master <-- lac_map_write <-- operations -- lac_map_emit <------------------------------+
//
//   Function   docs/mapping.md: model_map() in cmodel/, bit for bit
//   Timing     about 60 cycles before the first output; a rule a cycle, without rules an output a cycle; a place (a row's 32 outputs at most) every
//              second cycle, MADE every fourth, while the lists come
//   Windows    rd_*, wr_* hold still
//   Handshake  cmd: valid/ready, then `done` (with `fail` and the record) when nothing is asked for and every write response has come
//   Pause      a command that ends because of COUNT leaves all as it is until the next one, which goes on or begins anew
//   Reset      forgets everything; the masters' clients have to be reset with it
`default_nettype none

module lac_map #(
    parameter integer LINE_W = 64,
    parameter integer ADDR_W = 32,
    parameter integer RING   = 512   // [words] of each kz; a power of two, 64 ..
) (
    input  wire                clk,
    input  wire                rst,

    input  wire                cmd_valid,
    output wire                cmd_ready,
    input  wire [383:0]        cmd,          // words 2 .. 13
    output wire                done,
    output wire                fail,
    output wire [7:0]          fail_code,
    output wire [47:0]         fail_addr,
    output wire [31:0]         fail_index,

    input  wire [63:0]         rd_base,
    input  wire [63:0]         rd_limit,
    input  wire [63:0]         wr_base,
    input  wire [63:0]         wr_limit,

    output wire                req_valid,
    input  wire                req_ready,
    output wire [ADDR_W-1:0]   req_addr,
    output wire [23:0]         req_lines,
    input  wire                line_valid,
    output wire                line_ready,
    input  wire [LINE_W-1:0]   line_data,
    input  wire [ADDR_W-1:0]   line_addr,
    input  wire [2:0]          line_fault,
    input  wire [ADDR_W-1:0]   line_fault_addr,

    output wire                wr_valid,
    input  wire                wr_ready,
    output wire [ADDR_W-1:0]   wr_addr,
    output wire [23:0]         wr_lines,
    output wire                data_valid,
    input  wire                data_ready,
    output wire [LINE_W-1:0]   data,
    output wire [LINE_W/8-1:0] strb,
    input  wire                quiet,
    output wire                clear,
    input  wire [2:0]          fault,
    input  wire [ADDR_W-1:0]   fault_addr,

    output wire                count_site,   // an output was visited
    output wire [5:0]          count_rules,  // rules found
    output wire [2:0]          cause,        // of this cycle
    output wire                busy,         // has a command
    input  wire                waits         // a command waits for its tokens, or for the commands before it
);

`include "lac_regs.vh"
`include "lac_clog2.vh"
`include "lac_bus_code.vh"
    localparam integer LB     = LINE_W / 8;
    localparam integer LB_LOG = clog2(LB);

    // ---- The command ----------------------------------------------------------------------------------------------------------
    localparam [3:0] ST_IDLE = 4'd0, ST_LOOK = 4'd1, ST_FIELDS = 4'd2, ST_STEP = 4'd3, ST_SUM = 4'd4, ST_CHECK = 4'd5, ST_VERDICT = 4'd6,
                     ST_HEAD = 4'd7, ST_GO = 4'd8, ST_RUN = 4'd9, ST_REST = 4'd10, ST_DONE = 4'd11, ST_WORD = 4'd12;
    // What is looked at before the start, in this order
    localparam [2:0] LOOK_LIST = 3'd0, LOOK_BANDS = 3'd1, LOOK_RULES = 3'd2, LOOK_IN = 3'd3, LOOK_IN_BODY = 3'd4, LOOK_OUT = 3'd5, LOOK_OUT_BODY = 3'd6,
                     LOOK_NONE = 3'd7;
    reg  [3:0]         state_q;
    reg  [2:0]         look_q;
    reg  [447:0]       cmd_q;
    reg                begun_q;
    reg                first_q;           // first cycle of ST_FIELDS
    reg  [15:0]        count_q;
    reg                unasked;   // this map has no such range
    wire               idle    = state_q == ST_IDLE;
    wire               run     = state_q == ST_RUN;
    wire [447:0]       c       = {cmd, 64'd0};   // holds still in the cycle behind its start too: that is when it is taken
    wire               more    = c[`LAC_F_MAP_MORE];
    wire               made    = cmd_q[`LAC_F_MAP_MADE];
    wire               transposed = cmd_q[`LAC_F_MAP_TRANSPOSED];
    wire               bounded = cmd_q[`LAC_F_MAP_BOUNDED];
    wire               no_rules = cmd_q[`LAC_F_MAP_NO_RULES];
    wire [47:0]        in_at    = {10'd0, cmd_q[`LAC_F_MAP_IN], 6'd0}, out_at = {10'd0, cmd_q[`LAC_F_MAP_OUT], 6'd0};
    wire [47:0]        bands_at = {10'd0, cmd_q[`LAC_F_MAP_BANDS], 6'd0}, rules_at = {10'd0, cmd_q[`LAC_F_MAP_RULES], 6'd0};
    always @*
        case (look_q)
            LOOK_LIST:              unasked = !made;
            LOOK_BANDS, LOOK_RULES: unasked = no_rules;
            LOOK_IN_BODY:           unasked = !in_some_q;
            LOOK_OUT:               unasked = made;
            LOOK_OUT_BODY:          unasked = !out_some_q;
            default:                unasked = 1'b0;
        endcase
    wire               fresh = state_q == ST_FIELDS;   // everything is as after a reset
    wire               reset = rst || fresh;

    wire               set_ready, set_ok;
    wire [8:0]         active, match;
    wire [17:0]        add;
    wire [32:0]        pad_z;
    wire [10:0]        pad_y, pad_x;
    wire [62:0]        pitch;
    wire [124:0]       off;
    wire [12:0]        offs;
    wire [11:0]        low;
    wire [4:0]         reach;
    wire [2:0]         stride_z = cmd_q[`LAC_F_MAP_SZ], stride_y = cmd_q[`LAC_F_MAP_SY], stride_x = cmd_q[`LAC_F_MAP_SX];
    lac_map_setup u_setup (
        .clk(clk), .start(first_q), .ready(set_ready), .cmd(cmd_q), .ok(set_ok), .active(active), .match(match), .add(add),
        .pad_z(pad_z), .pad_y(pad_y), .pad_x(pad_x), .pitch(pitch), .off(off), .offs(offs), .low(low), .reach(reach)
    );

    // ---- Windows of the bus --------------------------------------------------------------------------------------------------------
    reg  [47:0]        from_q, to_q;      // first byte, behind the last
    reg  [33:0]        bytes_q;
    reg                below_q, above_q, beyond_q;
    reg                writes_q;
    wire [63:0]        base   = writes_q ? wr_base : rd_base, limit = writes_q ? wr_limit : rd_limit;
    wire               bad    = below_q || above_q || beyond_q;
    reg  [23:0]        in_voxels_q, in_words_q, out_voxels_q, out_words_q;
    reg                in_some_q, out_some_q;   // there are words
    wire [23:0]        body_words = look_q == LOOK_IN_BODY ? in_words_q : out_words_q;
    wire [26:0]        body   = ({body_words, 3'd0} + LB[26:0] - 27'd1) >> LB_LOG;   // [lines]
    localparam [47:0]  SPACE  = (ADDR_W >= 40) ? 48'h100_0000_0000 : 48'd1 << ADDR_W;
    always @(posedge clk)
        if (state_q == ST_STEP) begin
            writes_q <= look_q == LOOK_LIST || look_q == LOOK_BANDS || look_q == LOOK_RULES;
            case (look_q)
                LOOK_LIST:  {from_q, bytes_q} <= {out_at,   4'd0, cmd_q[`LAC_F_MAP_OUT_LINES], 6'd0};
                LOOK_BANDS: {from_q, bytes_q} <= {bands_at, 12'd0, cmd_q[`LAC_F_MAP_BAND_ROOM], 6'd0};
                LOOK_RULES: {from_q, bytes_q} <= {rules_at, 4'd0, cmd_q[`LAC_F_MAP_RULE_LINES], 6'd0};
                LOOK_IN:    {from_q, bytes_q} <= {in_at,    34'd64};
                LOOK_OUT:   {from_q, bytes_q} <= {out_at,   34'd64};
                default:    {from_q, bytes_q} <= {(look_q == LOOK_IN_BODY ? in_at : out_at) + 48'd64, {7'd0, body} << LB_LOG};
            endcase
        end else if (state_q == ST_SUM)
            to_q <= from_q + {14'd0, bytes_q} + (look_q == LOOK_LIST ? 48'd64 : 48'd0);
        else if (state_q == ST_CHECK) begin
            below_q  <= base[63:48] != 16'd0 || from_q < base[47:0];
            above_q  <= limit[63:48] == 16'd0 && to_q > limit[47:0];
            beyond_q <= to_q > SPACE;
        end

    wire [48:0]        head_at49 = {{(49-ADDR_W){1'b0}}, head_at_q}, wr_bad49 = {{(49-ADDR_W){1'b0}}, fault_addr};

    // ---- Reading ----------------------------------------------------------------------------------------------------------------------
    wire               feed_idle, feed_req, feed_run;
    wire [ADDR_W-1:0]  feed_addr;
    wire [23:0]        feed_lines;
    wire [3:0]         l_valid, l_ready, l_bad, l_over;
    wire [4*LINE_W-1:0] l_data;
    wire [5:0]         bad_fault;
    wire [2*ADDR_W-1:0] bad_addr;
    reg                head_req_q, head_wait_q;
    wire               go = state_q == ST_GO;
    wire [26:0]        in_body  = ({in_words_q, 3'd0} + LB[26:0] - 27'd1) >> LB_LOG;
    wire [26:0]        out_body = ({out_words_q, 3'd0} + LB[26:0] - 27'd1) >> LB_LOG;
    wire [23:0]        in_lines = in_body[23:0], out_lines = out_body[23:0];
    wire [47:0]        in_first = in_at + 48'd64, out_first = out_at + 48'd64;
    assign feed_run = run;
    lac_map_feed #(.LINE_W(LINE_W), .ADDR_W(ADDR_W)) u_feed (
        .clk(clk), .rst(reset), .run(feed_run), .go(go), .addr({out_first[ADDR_W-1:0], in_first[ADDR_W-1:0]}),
        .lines({out_lines, {3{in_lines}}}), .idle(feed_idle),
        .req_valid(feed_req), .req_ready(req_ready && !head_req_q), .req_addr(feed_addr), .req_lines(feed_lines),
        .in_valid(line_valid && !head_wait_q), .in_data(line_data), .in_fault(line_fault), .in_fault_addr(line_fault_addr),
        .stop(l_over | {made, !active[6], !active[3], 1'b0}), .line_valid(l_valid), .line_ready(l_ready), .line_data(l_data), .line_bad(l_bad), .bad_fault(bad_fault), .bad_addr(bad_addr)
    );
    wire [ADDR_W-1:0]  head_addr = from_q[ADDR_W-1:0];
    assign req_valid  = head_req_q || feed_req;
    assign req_addr   = head_req_q ? head_addr : feed_addr;
    assign req_lines  = head_req_q ? 24'd1 : feed_lines;
    assign line_ready = 1'b1;
    wire               head_came = head_wait_q && line_valid;
    reg  [47:0]        head_q;        // of the header's line: words, voxels
    reg  [2:0]         head_fault_q;
    reg  [ADDR_W-1:0]  head_at_q;
    wire               h_voxels = line_data[23:0] != 24'd0, h_words = line_data[55:32] != 24'd0;
    reg                head_none_q, head_words_q;   // a header it is not; there are words
    always @(posedge clk)
        if (head_wait_q) begin
            {head_q, head_fault_q, head_at_q} <= {line_data[55:32], line_data[23:0], line_fault, line_fault_addr};
            head_words_q <= h_words;
            head_none_q  <= line_fault != 3'd0 || line_data[31:24] != 8'd0 || line_data[63:56] != 8'd0 || h_voxels != h_words;
        end
    always @(posedge clk)
        if (rst) {head_req_q, head_wait_q} <= 2'b00;
        else begin
            if (state_q == ST_VERDICT && !bad && (look_q == LOOK_IN || look_q == LOOK_OUT)) {head_req_q, head_wait_q} <= 2'b11;
            if (head_req_q && req_ready) head_req_q  <= 1'b0;
            if (head_came)               head_wait_q <= 1'b0;
        end

    // ---- The inputs, three times; the outputs ------------------------------------------------------------------------------------------
    wire [8:0]         w_valid, w_pop, w_next, w_yields, w_ended;
    wire [539:0]       w_key, w_next_key;
    wire [287:0]       w_lo;
    wire [107:0]       w_hi;
    wire [215:0]       w_first;
    wire               loose;
    wire [3:0]         ended, bus;
    wire [31:0]        code;
    wire [4*ADDR_W-1:0] bad_at;
    wire [127:0]       bad_index;
    genvar s;
    generate
        for (s = 0; s < 3; s = s + 1) begin : g_kz
            lac_map_stream #(.LINE_W(LINE_W), .ADDR_W(ADDR_W), .RING(RING)) u_stream (
                .clk(clk), .rst(reset), .go(go), .base(in_at[ADDR_W-1:0]), .voxels(in_voxels_q),
                .words(in_words_q), .transposed(transposed), .active(active[3*s +: 3]), .reach(reach),
                .stride_z(stride_z), .stride_y(stride_y), .pad_z(pad_z[11*s +: 11]), .pad_y(pad_y), .match(match), .add(add), .low(low),
                .line_valid(l_valid[s]), .line_ready(l_ready[s]), .line_data(l_data[LINE_W*s +: LINE_W]), .line_bad(l_bad[s]),
                .over(l_over[s]), .list_ended(ended[s]), .code(code[8*s +: 8]), .bus(bus[s]), .bad_at(bad_at[ADDR_W*s +: ADDR_W]),
                .bad_index(bad_index[32*s +: 32]), .loose(loose), .valid(w_valid[3*s +: 3]), .pop(w_pop[3*s +: 3]),
                .next(w_next[3*s +: 3]), .yields(w_yields[3*s +: 3]), .ended(w_ended[3*s +: 3]), .key(w_key[180*s +: 180]), .next_key(w_next_key[180*s +: 180]), .lo(w_lo[96*s +: 96]),
                .hi(w_hi[36*s +: 36]), .first(w_first[72*s +: 72])
            );
        end
    endgenerate

    wire               o_valid, o_ready, o_row;
    wire [42:0]        o_word;
    wire [23:0]        o_index;
    lac_map_list #(.LINE_W(LINE_W), .ADDR_W(ADDR_W), .RING(0)) u_out (
        .clk(clk), .rst(reset), .go(go), .base(out_at[ADDR_W-1:0]), .none(made), .voxels(out_voxels_q), .words(out_words_q),
        .reach(5'd0), .line_valid(l_valid[3]), .line_ready(l_ready[3]), .line_data(l_data[3*LINE_W +: LINE_W]), .line_bad(l_bad[3]),
        .out_valid(o_valid), .out_ready(o_ready), .out_row(o_row), .out_word(o_word), .out_ones(o_ones), .out_index(o_index),
        .over(l_over[3]), .ended(ended[3]), .code(code[24 +: 8]), .bus(bus[3]), .bad_at(bad_at[3*ADDR_W +: ADDR_W]), .bad_index(bad_index[96 +: 32])
    );
    wire               a_valid, a_ready, a_row;
    wire [42:0]        a_word;
    wire [5:0]         o_ones, a_ones;
    lac_skid #(.W(50)) u_turn (
        .clk(clk), .rst(reset), .in_valid(o_valid), .in_ready(o_ready), .in_data({o_ones, o_row, o_word}),
        .out_valid(a_valid), .out_ready(a_ready), .out_data({a_ones, a_row, a_word})
    );
    wire               aim_idle, t_valid, t_pop, t_ready, s_valid, s_pop, s_last;
    wire [59:0]        t_key;
    wire [4:0]         s_j;
    wire [2:0]         s_r;
    lac_map_aim u_aim (
        .clk(clk), .rst(reset), .transposed(transposed), .stride(stride_x), .pad(pad_x),
        .in_valid(a_valid), .in_ready(a_ready), .in_row(a_row), .in_word(a_word), .in_ones(a_ones), .in_ended(ended[3] && !a_valid), .idle(aim_idle),
        .target_valid(t_valid), .target_pop(t_pop), .target(t_key), .site_valid(s_valid), .site_pop(s_pop), .site_last(s_last), .site_j(s_j), .site_r(s_r)
    );
    assign t_pop = t_valid && t_ready;

    // ---- Places, outputs, operations --------------------------------------------------------------------------------------------------------
    reg                started_q;     // the lists are being read
    reg                settle_q;      // flush has just been said
    reg                fin_q;         // and nothing is to come any more
    reg                flush_q, drain_q;
    wire               merge_idle, m_valid, m_ready;
    wire [59:0]        m_key, m_next;
    wire [31:0]        m_reach;
    wire [287:0]       m_lo;
    wire [107:0]       m_hi;
    wire [215:0]       m_base;
    lac_map_merge u_merge (
        .clk(clk), .rst(reset || !started_q), .made(made), .drain(drain_q), .offs(offs), .idle(merge_idle), .target_valid(t_valid), .target_ready(t_ready), .target(t_key),
        .valid(w_valid), .ended(w_ended), .next(w_next), .yields(w_yields), .pop(w_pop), .loose(loose), .key(w_key), .next_key(w_next_key), .lo(w_lo), .hi(w_hi), .base(w_first),
        .place_key(m_next), .out_valid(m_valid), .out_ready(m_ready), .out_key(m_key), .out_reach(m_reach), .out_lo(m_lo), .out_hi(m_hi), .out_base(m_base)
    );
    // A record: {taps, bits, base, groups, hits, count, x, row, drop}. It waits in a skid stage: a thousand registers of lac_map_join ask a register for room
    localparam integer RECORD = 470;
    wire               join_idle, beyond, j_valid, j_ready, r_valid, r_ready;
    wire [RECORD-1:0]  j_record, r_record;
    lac_map_join u_join (
        .clk(clk), .rst(reset), .made(made), .transposed(transposed), .bounded(bounded), .stride(stride_x), .pad(pad_x),
        .shape_z(cmd_q[`LAC_F_MAP_SHAPE_Z]), .shape_y(cmd_q[`LAC_F_MAP_SHAPE_Y]), .shape_x(cmd_q[`LAC_F_MAP_SHAPE_X]), .off(off),
        .idle(join_idle), .beyond(beyond), .next_place(m_next[13:0]), .in_valid(m_valid), .in_ready(m_ready), .in_key(m_key), .in_reach(m_reach),
        .in_lo(m_lo), .in_hi(m_hi), .in_base(m_base), .site_valid(s_valid), .site_pop(s_pop), .site_last(s_last), .site_j(s_j), .site_r(s_r),
        .out_valid(j_valid), .out_ready(j_ready), .out_drop(j_record[0]), .out_row(j_record[40:1]), .out_x(j_record[56:41]), .out_count(j_record[62:57]),
        .out_hits(j_record[107:63]), .out_groups(j_record[116:108]), .out_base(j_record[332:117]), .out_bits(j_record[449:333]), .out_taps(j_record[469:450])
    );
    lac_skid #(.W(RECORD)) u_record (
        .clk(clk), .rst(reset), .in_valid(j_valid), .in_ready(j_ready), .in_data(j_record), .out_valid(r_valid), .out_ready(r_ready), .out_data(r_record)
    );
    wire               emit_idle, flushed, p_valid, p_ready, p_last, p_none;
    wire [1:0]         p_kind;
    wire [2:0]         p_kz;
    wire [6:0]         p_tap;
    wire [23:0]        p_index;
    wire [5:0]         p_count;
    wire [63:0]        p_list;
    lac_map_emit u_emit (
        .clk(clk), .rst(reset), .made(made), .no_rules(no_rules), .pitch(pitch), .flush(flush_q), .idle(emit_idle), .flushed(flushed),
        .in_valid(r_valid), .in_ready(r_ready), .in_drop(r_record[0]), .in_row(r_record[40:1]), .in_x(r_record[56:41]), .in_count(r_record[62:57]),
        .in_hits(r_record[107:63]), .in_groups(r_record[116:108]), .in_base(r_record[332:117]), .in_bits(r_record[449:333]), .in_taps(r_record[469:450]),
        .out_valid(p_valid), .out_ready(p_ready), .out_kind(p_kind), .out_last(p_last),
        .out_none(p_none), .out_kz(p_kz), .out_tap(p_tap), .out_index(p_index), .out_count(p_count), .out_list(p_list)
    );
    wire               paused, over, write_idle, list_beyond, bands_beyond, rules_beyond;
    wire [31:0]        outputs, bands, rules;
    reg                resume_q;
    lac_map_write #(.LINE_W(LINE_W), .ADDR_W(ADDR_W)) u_write (
        .clk(clk), .rst(reset), .start(fresh || go), .made(made), .no_rules(no_rules), .bands_addr(bands_at[ADDR_W-1:0]), .rules_addr(rules_at[ADDR_W-1:0]),
        .list_addr(out_at[ADDR_W-1:0]), .list_room(cmd_q[`LAC_F_MAP_OUT_LINES]), .rule_room(cmd_q[`LAC_F_MAP_RULE_LINES]),
        .band_room(cmd_q[`LAC_F_MAP_BAND_ROOM]), .band(cmd_q[`LAC_F_MAP_BAND]), .bands_left(count_q),
        .op_valid(p_valid), .op_ready(p_ready), .op_kind(p_kind), .op_last(p_last), .op_none(p_none), .op_kz(p_kz), .op_tap(p_tap), .op_index(p_index),
        .op_count(p_count), .op_list(p_list), .paused(paused), .resume(resume_q), .fin(fin_q), .over(over), .idle(write_idle),
        .count_site(count_site), .count_rules(count_rules), .outputs(outputs), .bands(bands),   .rules(rules), .list_beyond(list_beyond),
        .bands_beyond(bands_beyond), .rules_beyond(rules_beyond), .wr_valid(wr_valid), .wr_ready(wr_ready), .wr_addr(wr_addr), .data_valid(data_valid), .data_ready(data_ready), .data(data)
    );
    assign wr_lines = 24'd1;
    assign strb     = {(LINE_W/8){1'b1}};

    // ---- From the start to the end --------------------------------------------------------------------------------------------------------------
    reg                paused_q;
    reg  [1:0]         calm_q;        // cycles in which nothing has been under way
    reg                fail_q;
    reg  [87:0]        record_q;
    wire               dry  = started_q && (made || aim_idle) && merge_idle && join_idle && !r_valid && emit_idle;
    wire               calm = feed_idle && write_idle && quiet;
    reg  [3:0]         list_bad_q, list_bad2_q; // by stream, the latter a cycle later; long before `over`
    reg  [1:0]         who;           // the first stream of the inputs' list that says so
    always @(posedge clk) begin
        list_bad_q  <= ended & (bus | {code[31:24] != 8'd0, code[23:16] != 8'd0, code[15:8] != 8'd0, code[7:0] != 8'd0});
        list_bad2_q <= list_bad_q;
        who         <= list_bad_q[0] ? 2'd0 : list_bad_q[1] ? 2'd1 : 2'd2;
    end
    wire [48:0]        in_bus_at  = {{(49-ADDR_W){1'b0}}, bad_addr[0 +: ADDR_W]},      out_bus_at  = {{(49-ADDR_W){1'b0}}, bad_addr[ADDR_W +: ADDR_W]};
    wire [48:0]        in_word_at = {{(49-ADDR_W){1'b0}}, bad_at[ADDR_W*who +: ADDR_W]}, out_word_at = {{(49-ADDR_W){1'b0}}, bad_at[ADDR_W*3 +: ADDR_W]};
    wire               final_ = state_q == ST_REST && calm_q == 2'd3;

    // ---- The error: of those of a map, the one of the highest rank, and of one rank the first ---------------------------------------------------
    localparam [1:0] RANK_NONE = 2'd0, RANK_WRITE = 2'd1, RANK_OUT = 2'd2, RANK_IN = 2'd3;
    reg  [1:0]         rank_q, rank;
    reg                set;
    reg  [7:0]         e_code;
    reg  [47:0]        e_addr;
    reg  [31:0]        e_index;
    reg                ends_badly;    // at the end of the map, nothing else was wrong
    always @* begin
        {set, rank, ends_badly} = {1'b0, RANK_NONE, 1'b0};
        {e_code, e_addr, e_index} = {`LAC_ERR_LENGTH, from_q, 32'd0};
        case (state_q)
            ST_LOOK, ST_FIELDS: {set, e_addr} = {!begun_q, 48'd0};
            ST_VERDICT: begin
                e_code = `LAC_ERR_WINDOW;
                rank   = look_q == LOOK_IN || look_q == LOOK_IN_BODY ? RANK_IN : RANK_OUT;
                set    = bad && rank_q != RANK_IN;   // inputs are looked at first, and a list without a header has no body
            end
            ST_WORD: begin
                e_code  = head_fault_q != 3'd0 ? bus_code(head_fault_q) : `LAC_ERR_MAP_LIST;
                if (head_fault_q != 3'd0) e_addr = head_at49[47:0];
                e_index = {32{head_fault_q == 3'd0}};
                rank    = look_q == LOOK_IN ? RANK_IN : RANK_OUT;
                set     = head_none_q && rank_q != RANK_IN;
            end
            ST_RUN:
                if (list_bad2_q[2:0] != 3'd0) begin
                    e_code  = bus[who] ? bus_code(bad_fault[2:0]) : code[8*who +: 8];
                    e_addr  = bus[who] ? in_bus_at[47:0] : in_word_at[47:0];
                    e_index = {32{!bus[who]}} & bad_index[32*who +: 32];
                    rank    = RANK_IN;
                    set     = rank > rank_q;
                end else begin
                    e_code  = bus[3] ? bus_code(bad_fault[5:3]) : code[31:24];
                    e_addr  = bus[3] ? out_bus_at[47:0] : out_word_at[47:0];
                    e_index = {32{!bus[3]}} & bad_index[127:96];
                    rank    = RANK_OUT;
                    set     = list_bad2_q[3] && rank > rank_q;
                end
            default:
                if (fault != 3'd0) begin
                    {e_code, e_addr} = {bus_code(fault), wr_bad49[47:0]};
                    rank = RANK_WRITE;
                    set  = final_ && rank > rank_q;
                end else begin
                    ends_badly = 1'b1;
                    if      (beyond)                    {e_code, e_addr, e_index} = {`LAC_ERR_MAP_RANGE, 80'd0};
                    else if (list_beyond)               {e_code, e_addr, e_index} = {`LAC_ERR_MAP_ROOM, out_at, outputs};
                    else if (no_rules)                  ends_badly = 1'b0;
                    else if (bands_beyond)              {e_code, e_addr, e_index} = {`LAC_ERR_MAP_ROOM, bands_at, bands};
                    else if (rules_beyond)              {e_code, e_addr, e_index} = {`LAC_ERR_MAP_ROOM, rules_at, rules};
                    else                                ends_badly = 1'b0;
                    set = final_ && over && ends_badly && rank_q == RANK_NONE;
                end
        endcase
    end
    always @(posedge clk) begin
        if (set) record_q <= {e_code, e_addr, e_index};
        if (state_q == ST_LOOK && !more) rank_q <= RANK_NONE;
        else if (set && !fresh && state_q != ST_LOOK) rank_q <= rank;
    end

    always @(posedge clk) begin
        first_q <= state_q == ST_LOOK && !more;
        if (state_q == ST_LOOK)          count_q <= c[`LAC_F_MAP_COUNT];
        if (state_q == ST_LOOK && !more) cmd_q   <= c;
    end
    always @(posedge clk)
        if (rst) begin
            state_q   <= ST_IDLE;
            begun_q   <= 1'b0;
            started_q <= 1'b0;
            {flush_q, drain_q, settle_q, resume_q, paused_q, fin_q} <= 6'd0;
        end else begin
            resume_q <= 1'b0;
            settle_q <= 1'b0;
            fin_q    <= flush_q && flushed && !settle_q;
            paused_q <= paused && !resume_q;
            case (state_q)
                ST_IDLE: if (cmd_valid) state_q <= ST_LOOK;
                ST_LOOK: begin
                    fail_q <= more && !begun_q;
                    if (more && begun_q) begin
                        resume_q <= 1'b1;
                        paused_q <= 1'b0;
                        state_q  <= ST_RUN;
                    end else if (more)
                        state_q  <= ST_DONE;
                    else begin
                        begun_q   <= 1'b0;
                        started_q <= 1'b0;
                        {flush_q, drain_q} <= 2'b00;
                        state_q   <= ST_FIELDS;
                    end
                end
                ST_FIELDS: begin  // until the tables stand
                    look_q <= LOOK_LIST;
                    {in_voxels_q, in_words_q, out_voxels_q, out_words_q} <= 96'd0;
                    {in_some_q, out_some_q} <= 2'b00;
                    if (set_ready && !first_q) begin
                        state_q  <= set_ok ? ST_STEP : ST_DONE;
                        fail_q   <= !set_ok;
                    end
                end
                // One range of memory after the other: is it in the window? Then a header is read
                ST_STEP: begin
                    if (unasked) look_q  <= look_q + 3'd1;
                    else         state_q <= look_q == LOOK_NONE ? ST_GO : ST_SUM;
                end
                ST_SUM:   state_q <= ST_CHECK;
                ST_CHECK: state_q <= ST_VERDICT;
                ST_VERDICT: begin
                    look_q  <= look_q + 3'd1;
                    state_q <= ST_STEP;
                    if (bad)
                        case (look_q)
                            LOOK_IN, LOOK_IN_BODY:   {in_some_q, in_words_q, in_voxels_q}    <= 49'd0;
                            LOOK_OUT, LOOK_OUT_BODY: {out_some_q, out_words_q, out_voxels_q} <= 49'd0;
                            default:                 {fail_q, state_q}                      <= {1'b1, ST_DONE};
                        endcase
                    else if (look_q == LOOK_IN || look_q == LOOK_OUT) begin
                        look_q  <= look_q;
                        state_q <= ST_HEAD;
                    end
                end
                ST_HEAD: if (head_came) state_q <= ST_WORD;
                ST_WORD: begin
                    look_q  <= look_q + 3'd1;
                    state_q <= ST_STEP;
                    if (!head_none_q) begin
                        if (look_q == LOOK_IN) {in_some_q, in_words_q, in_voxels_q}    <= {head_words_q, head_q};
                        else                   {out_some_q, out_words_q, out_voxels_q} <= {head_words_q, head_q};
                    end
                end
                ST_GO: begin
                    started_q <= 1'b1;
                    state_q   <= ST_RUN;
                    calm_q    <= 2'd0;
                end
                // Until the map is at its end, or enough bands are full
                ST_RUN: begin
                    calm_q <= 2'd0;
                    if (dry && !flush_q) {flush_q, settle_q} <= 2'b11;
                    if (flush_q)         drain_q <= 1'b1;
                    if (paused_q || (over && (&ended) && (&w_ended))) state_q <= ST_REST;
                end
                // Until the bus owes nothing
                ST_REST: begin
                    calm_q <= calm ? calm_q + 2'd1 : 2'd0;
                    if (calm_q == 2'd3) begin
                        begun_q <= !over;
                        state_q <= ST_DONE;
                        fail_q  <= over && (rank_q != RANK_NONE || fault != 3'd0 || ends_badly);
                    end
                end
                default: state_q <= ST_IDLE;
            endcase
        end

    assign cmd_ready  = idle;
    assign busy       = !idle;
    assign clear      = idle;
    assign done       = state_q == ST_DONE;
    assign fail       = fail_q;
    assign {fail_code, fail_addr, fail_index} = record_q;

    wire               stalled = (wr_valid && !wr_ready) || (data_valid && !data_ready) || head_wait_q || state_q == ST_REST || (run && !feed_idle && !line_valid);
    assign cause      = idle ? (waits ? `LAC_MAP_TOKEN : `LAC_MAP_IDLE)
                      : count_site || count_rules != 6'd0 ? `LAC_MAP_BUSY
                      : stalled ? `LAC_MAP_BUS : `LAC_MAP_WORK;

    wire unused_ok = &{1'b0, c, cmd_q, line_addr, o_index, in_body, out_body, in_first, out_first, m_next, head_at49, wr_bad49, in_bus_at, out_bus_at, in_word_at, out_word_at};

endmodule
`default_nettype wire
