// SPDX-License-Identifier: Apache-2.0
//
// lac_map_stream - the inputs' list, read for one kz: checked, as output rows in a ring, walked by a cursor for each ky
//
//   lines --> lac_map_list --> lac_map_norm --> ring, three copies --> three lac_map_cursor --> windows
//
//   Ring       a word is free when all cursors of the kernel have read it
//   Timing     a word a cycle
//   Handshake  as lac_map_list, lac_map_cursor
//   Reset      control only
`default_nettype none

module lac_map_stream #(
    parameter integer LINE_W = 64,
    parameter integer ADDR_W = 32,
    parameter integer RING   = 512
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              go,
    input  wire [ADDR_W-1:0] base,
    input  wire [23:0]       voxels,
    input  wire [23:0]       words,
    input  wire              transposed,
    input  wire [2:0]        active,     // by ky
    input  wire [4:0]        reach,
    input  wire [2:0]        stride_z,
    input  wire [2:0]        stride_y,
    input  wire [10:0]       pad_z,
    input  wire [10:0]       pad_y,
    input  wire [8:0]        match,
    input  wire [17:0]       add,
    input  wire [11:0]       low,

    input  wire              line_valid,
    output wire              line_ready,
    input  wire [LINE_W-1:0] line_data,
    input  wire              line_bad,
    output wire              over,
    output wire              list_ended,
    output wire [7:0]        code,
    output wire              bus,
    output wire [ADDR_W-1:0] bad_at,
    output wire [31:0]       bad_index,

    input  wire              loose,
    output wire [2:0]        valid,
    input  wire [2:0]        pop,
    output wire [2:0]        next,
    output wire [2:0]        yields,
    output wire [2:0]        ended,
    output wire [179:0]      key,
    output wire [179:0]      next_key,
    output wire [95:0]       lo,
    output wire [35:0]       hi,
    output wire [71:0]       first     // index of the windows' first voxels
);

`include "lac_clog2.vh"
    localparam integer AW = clog2(RING);
    localparam integer MOST_I = RING - 4;
    localparam [AW:0]  MOST = MOST_I[AW:0];

    wire        w_valid, w_ready, w_row;
    wire [42:0] w_word;
    wire [23:0] w_index;
    wire [5:0]  w_ones;
    wire unused_ones = &{1'b0, w_ones};
    lac_map_list #(.LINE_W(LINE_W), .ADDR_W(ADDR_W), .RING(RING)) u_list (
        .clk(clk), .rst(rst), .go(go), .none(!active[0]), .base(base), .voxels(voxels), .words(words), .reach(reach),
        .line_valid(line_valid), .line_ready(line_ready), .line_data(line_data), .line_bad(line_bad),
        .out_valid(w_valid), .out_ready(w_ready), .out_row(w_row), .out_word(w_word), .out_ones(w_ones), .out_index(w_index),
        .over(over), .ended(list_ended), .code(code), .bus(bus), .bad_at(bad_at), .bad_index(bad_index)
    );

    reg         room_q, all_q;
    wire        empty, we;
    wire [67:0] word;
    lac_map_norm u_norm (
        .clk(clk), .rst(rst), .transposed(transposed), .stride_z(stride_z), .stride_y(stride_y), .pad_z(pad_z), .pad_y(pad_y),
        .in_valid(w_valid), .in_ready(w_ready), .in_row(w_row), .in_word(w_word), .in_index(w_index), .empty(empty),
        .room(room_q), .we(we), .word(word)
    );

    reg  [AW:0] head_q;
    wire [2:0]  full;
    always @(posedge clk)
        if (rst) begin
            head_q <= {(AW+1){1'b0}};
            room_q <= 1'b0;
            all_q  <= 1'b0;
        end else begin
            if (we) head_q <= head_q + 1'b1;
            room_q <= full == 3'd0;
            all_q  <= list_ended && empty;
        end

    genvar i;
    generate
        for (i = 0; i < 3; i = i + 1) begin : g_ky
            wire [AW:0] tail;
            wire [AW:0] held = head_q - tail;
            lac_map_cursor #(.RING(RING), .AW(AW)) u_cursor (
                .clk(clk), .rst(rst), .active(active[i]), .match(match[3*i +: 3]), .add(add[6*i +: 6]),
                .we(we), .waddr(head_q[AW-1:0]), .wdata(word), .head(head_q), .all(all_q), .tail(tail), .low(low), .loose(loose),
                .valid(valid[i]), .pop(pop[i]), .next(next[i]), .yields(yields[i]), .ended(ended[i]), .key(key[60*i +: 60]), .next_key(next_key[60*i +: 60]), .lo(lo[32*i +: 32]),
                .hi(hi[12*i +: 12]), .base(first[24*i +: 24])
            );
            assign full[i]  = active[i] && held >= MOST;
        end
    endgenerate

endmodule
`default_nettype wire
