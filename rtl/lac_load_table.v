// SPDX-License-Identifier: Apache-2.0
//
// lac_load_table - a line of a column table: every lane's slice, and whether the line may stand (docs/formats.md)
//
//   line -->[ reg ]--> difference to the lane before, sum of the octets before --> [ reg ] --> length, first word and slot
//                           |                                                                        |
//                           +-------------- counts that cannot be ----------> [ reg ] ---------------+--> [ reg ] --> bad, its kind, lane
//
//   Function   weight block: a byte is the length of the lane's slice. Column block (`columns`): bytes count up within an octet of
//              lanes, octets of one 64-bit position follow each other, all within the column's `words`
//   Timing     results two cycles behind `put`, the verdict three. `fill` puts one length for all lanes in the results a cycle later
//   Order      BLOCK_COUNT (bad_count) before BLOCK_TABLE, the lowest lane first; bytes behind the block's last lane do not count
//   Reset      none: `columns` low forgets the octets before
`default_nettype none

module lac_load_table #(
    parameter integer LANES   = 8,
    parameter integer LINE_W  = 64,
    parameter integer LANE_W  = 3,   // [bits]
    parameter integer CHUNK_W = 1    // [bits] lines of a column's table, from 0
) (
    input  wire                clk,

    input  wire                put,
    input  wire [LINE_W-1:0]   line,
    input  wire [CHUNK_W-1:0]  chunk,
    input  wire                last,      // of the column
    input  wire                columns,
    input  wire                wide,      // four entries to a word, else six
    input  wire [LANE_W-1:0]   lanes1,    // lanes of the block, less one
    input  wire [7:0]          words,     // column block: of a position

    output wire                bad,
    output wire                bad_count,
    output wire [7:0]          bad_lane,

    input  wire                fill,
    input  wire [9:0]          fill_q,
    input  wire [2:0]          fill_r,

    output wire [LANES*10-1:0] t_q,
    output wire [LANES*3-1:0]  t_r,
    output wire [LANES-1:0]    t_some,    // not empty
    output wire [LANES*8-1:0]  t_word,    // column block
    output wire [LANES*3-1:0]  t_slot
);

`include "lac_clog2.vh"
    localparam integer LB     = LINE_W / 8;
    localparam integer LB_LOG = clog2(LB);
    localparam integer BYTES  = (LANES < LB) ? LANES : LB;  // of a line that belong to lanes
    localparam integer CHUNKS = (LANES + LB - 1) / LB;
    localparam integer OCTETS = LB / 8;                     // of a line, each of a position of its own
    localparam integer FFS_W  = clog2(BYTES);

    // ---- The line, and beside each byte the one before it in its octet ------------------------------------------------
    reg  [8*BYTES-1:0] own_q, before_q;
    reg                put_q, last_q, columns_q;
    reg  [CHUNK_W-1:0] chunk_q;
    reg  [7:0]         words_q, words2_q;
    always @(posedge clk) begin
        put_q     <= put;
        last_q    <= last;
        columns_q <= columns;
        chunk_q   <= chunk;
        words_q   <= words;
        own_q     <= line[8*BYTES-1:0];
    end

    wire [3:0]         per = wide ? 4'd4 : 4'd6;
    wire [BYTES-1:0]   low, over;       // a count that cannot be; a cycle later: an end behind the words
    reg  [4:0]         high_q;          // of every length: only `fill` has more than five bits
    reg                fill_1_q;
    always @(posedge clk) begin
        fill_1_q <= fill;
        high_q   <= fill_1_q ? fill_q[9:5] : 5'd0;
    end
    wire [31:0]        tail   = {{(32-LANE_W){1'b0}}, lanes1} & (LB - 1);
    wire [LB-1:0]      behind = {LB{1'b1}} << 1 << tail[LB_LOG-1:0];  // the block's last lane, in its last line
    wire [BYTES*13-1:0] length;
    wire [BYTES*12-1:0] ends;           // {word, slot} behind the lane's last entry
    wire [11*OCTETS-1:0] carry;         // the same behind the octet before, by position
    wire [BYTES*8-1:0] first_word;
    wire [BYTES*3-1:0] first_slot;
    genvar i;
    generate
        for (i = 0; i < BYTES; i = i + 1) begin : g_byte
            always @(posedge clk)
                if (i % 8 == 0 || !columns) before_q[8*i +: 8] <= 8'd0;
                else                        before_q[8*i +: 8] <= line[8*((i % 8 == 0) ? i : i-1) +: 8];

            wire [7:0] own    = own_q[8*i +: 8];
            wire [7:0] before = before_q[8*i +: 8];
            wire       used   = !last_q || !behind[i];

            // own without before: entries of this lane. The remainders bit by bit, with a word more where they do not suffice; borrow out
            // of the words: less than the lane before
            wire [2:0] a = own[2:0], b = before[2:0];
            wire       less_1 = !a[0] && b[0];
            wire       less_2 = (!a[1] && b[1]) || (a[1] == b[1] && less_1);
            wire       less   = (!a[2] && b[2]) || (a[2] == b[2] && less_2);
            wire [2:0] mod_8  = {a[2] ^ b[2] ^ less_2, a[1] ^ b[1] ^ less_1, a[0] ^ b[0]};
            wire [2:0] r_diff = !less ? mod_8 : wide ? mod_8 ^ 3'd4 : {mod_8[2] ^ !mod_8[1], !mod_8[1], mod_8[0]};  // + 4, + 6
            wire [6:0] q_diff = {1'b0, own[7:3], 1'b1} + {1'b0, ~before[7:3], !less};  // bit 6: no borrow
            assign low[i] = used && ((own[2] && (wide || own[1])) || !q_diff[6]);
            wire unused_diff = &{1'b0, q_diff[0]};

            reg  [7:0] length_q;
            always @(posedge clk) length_q <= fill_1_q ? {fill_q[4:0], fill_r} : {q_diff[5:1], r_diff};
            assign length[13*i +: 13] = {high_q, length_q};

            // where it begins and ends in its position
            reg  [7:0] word_q;
            reg  [2:0] slot_q;
            assign first_word[8*i +: 8] = word_q;
            assign first_slot[3*i +: 3] = slot_q;
            if (CHUNKS == 1) begin : g_alone
                assign ends[12*i +: 12] = {4'd0, own};
                always @(posedge clk) {word_q, slot_q} <= {3'd0, before};
            end else begin : g_behind
                wire [10:0] base = carry[11*(i/8) +: 11];
                wire [3:0]  sum  = {1'b0, base[2:0]} + {1'b0, own[2:0]};
                wire        wrap = sum >= per;
                assign ends[12*i +: 12] = {{1'b0, base[10:3]} + {4'd0, own[7:3]} + {8'd0, wrap}, sum[2:0] - (wrap ? per[2:0] : 3'd0)};
                if (i % 8 == 0) begin : g_first
                    always @(posedge clk) {word_q, slot_q} <= base;
                end else begin : g_next
                    always @(posedge clk) {word_q, slot_q} <= ends[12*(i-1) +: 11];
                end
            end
            // where it ends, a cycle later
            reg  [11:0] end_q;
            reg         used_q;
            wire        part = end_q[2:0] != 3'd0;
            always @(posedge clk) {used_q, end_q} <= {used, ends[12*i +: 12]};
            if (CHUNKS == 1) begin : g_over_small
                assign over[i] = used_q && words2_q[7:5] == 3'd0 && {end_q[7:3], part} > {words2_q[4:0], 1'b0};
                wire unused_end = &{1'b0, end_q[11:8]};
            end else begin : g_over
                assign over[i] = used_q && {end_q[11:3], part} > {1'b0, words2_q, 1'b0};
            end
        end
        for (i = 0; i < OCTETS; i = i + 1) begin : g_carry
            if (CHUNKS == 1) begin : g_none
                assign carry[11*i +: 11] = 11'd0;
            end else begin : g_some
                reg [10:0] carry_q;
                assign carry[11*i +: 11] = carry_q;
                always @(posedge clk)
                    if (!columns)   carry_q <= 11'd0;
                    else if (put_q) carry_q <= last_q ? 11'd0 : ends[12*(8*i+7) +: 11];
            end
        end
    endgenerate

    // ---- Verdict ---------------------------------------------------------------------------------------------------------
    reg  [BYTES-1:0]   low_q, wrong_q;
    reg  [FFS_W-1:0]   at;
    integer            k;
    always @* begin
        at = {FFS_W{1'b0}};
        for (k = BYTES - 1; k >= 0; k = k - 1) if (wrong_q[k]) at = k[FFS_W-1:0];
    end
    reg                put2_q, columns2_q, bad_q, bad_count_q;
    reg  [CHUNK_W-1:0] chunk2_q, chunk3_q;
    wire [31:0]        lane = ({{(32-CHUNK_W){1'b0}}, chunk3_q} << LB_LOG) | {{(32-FFS_W){1'b0}}, at};
    wire               any_low = |low_q;
    wire [BYTES-1:0]   wrong = any_low ? low_q : over & {BYTES{columns2_q}};
    always @(posedge clk) begin
        {put2_q, columns2_q, chunk2_q, words2_q, low_q} <= {put_q, columns_q, chunk_q, words_q, low};
        bad_q       <= put2_q && |wrong;
        bad_count_q <= any_low;
        wrong_q     <= wrong;
        chunk3_q    <= chunk2_q;
    end
    assign bad       = bad_q;
    assign bad_count = bad_count_q;
    assign bad_lane  = lane[7:0];

    // ---- To the lanes: those of every line of the table see the same bytes, who is meant is told beside -------------------
    generate
        for (i = 0; i < LANES; i = i + 1) begin : g_lane
            localparam integer BYTE = i % LB;
            assign t_q[10*i +: 10]   = length[13*BYTE + 3 +: 10];
            assign t_r[3*i +: 3]     = length[13*BYTE +: 3];
            assign t_some[i]         = length[13*BYTE +: 13] != 13'd0;
            assign t_word[8*i +: 8]  = first_word[8*BYTE +: 8];
            assign t_slot[3*i +: 3]  = first_slot[3*BYTE +: 3];
        end
    endgenerate

    wire unused_ok = &{1'b0, lane, line, carry, behind, tail, per, ends};

endmodule
`default_nettype wire
