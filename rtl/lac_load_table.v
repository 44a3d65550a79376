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
    parameter integer BYTES   = 8,   // of a line that belong to lanes: min(LANES, LINE_W / 8)
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

    // of byte b, for lane b of every line of the table: who is meant is told beside
    output wire [4:0]          t_high,    // bits 9:5 of every slice's whole words: only `fill` has more than five bits
    output wire [8*BYTES-1:0]  t_length,  // {whole words, entries beyond them}
    output wire [BYTES-1:0]    t_some,    // not empty
    output wire [11*BYTES-1:0] t_first    // column block: {word, slot} of its first entry
);

`include "lac_clog2.vh"
    localparam integer LB     = LINE_W / 8;
    localparam integer LB_LOG = clog2(LB);
    localparam integer CHUNKS = (LANES + LB - 1) / LB;
    localparam integer OCTETS = LB / 8;                     // of a line, each of a position of its own
    localparam integer FFS_W  = clog2(BYTES);

    // ---- The line, and beside each byte the one before it in its octet ------------------------------------------------
    reg  [8*BYTES-1:0] own_q, before_q;
    reg                put_q, last_q, columns_q, fill_1_q;
    reg  [CHUNK_W-1:0] chunk_q;
    reg  [7:0]         words_q;
    integer            i;
    always @(posedge clk) begin
        put_q     <= put;
        columns_q <= columns;
        fill_1_q  <= fill;
        if (put) begin : take
            reg [8*BYTES-1:0] before;
            before = line[8*BYTES-1:0] << 8;
            for (i = 0; i < BYTES; i = i + 8) before[8*i +: 8] = 8'd0;
            {last_q, chunk_q, words_q, own_q} <= {last, chunk, words, line[8*BYTES-1:0]};
            before_q <= columns ? before : {(8*BYTES){1'b0}};
        end
    end

    // ---- The difference of the two; where the byte's lane begins and ends in its position --------------------------
    wire [3:0]           per    = wide ? 4'd4 : 4'd6;
    wire [31:0]          tail   = {{(32-LANE_W){1'b0}}, lanes1} & (LB - 1);
    wire [LB-1:0]        behind = {LB{1'b1}} << 1 << tail[LB_LOG-1:0];  // the block's last lane, in its last line
    wire [BYTES-1:0]     used   = ~(behind[BYTES-1:0] & {BYTES{last_q}});
    reg  [4:0]           high_q;
    reg  [8*BYTES-1:0]   length_q;
    reg  [11*BYTES-1:0]  first_q;
    reg  [12*BYTES-1:0]  end_q;       // {word, slot} behind the slice's last entry
    reg  [BYTES-1:0]     used_q, low_q;  // low: a count that cannot be
    reg  [11*OCTETS-1:0] carry_q;     // {word, slot} behind the octet before, by position; 0 where a column's table is one line
    always @(posedge clk) begin
        if (put_q || fill_1_q) begin : slices
            reg [8*BYTES-1:0]   lengths;
            reg [11*BYTES-1:0]  firsts;
            reg [12*BYTES-1:0]  ends;
            reg [11*OCTETS-1:0] carry;
            reg [BYTES-1:0]     low;
            reg [10:0]          base;
            reg [7:0]           own, before;
            reg [2:0]           a, b, mod_8, r_diff;
            reg                 less_1, less_2, less, wrap, unused_low;
            reg [5:0]           q_diff;  // bit 5: no borrow
            reg [3:0]           sum;
            carry = carry_q;
            for (i = 0; i < BYTES; i = i + 1) begin
                base   = carry_q[11*(i/8) +: 11];
                own    = own_q[8*i +: 8];
                before = before_q[8*i +: 8];
                // own without before: entries of this lane. The remainders bit by bit, with a word more where they do not suffice; borrow out
                // of the words: less than the lane before
                a      = own[2:0];
                b      = before[2:0];
                less_1 = !a[0] && b[0];
                less_2 = (!a[1] && b[1]) || (a[1] == b[1] && less_1);
                less   = (!a[2] && b[2]) || (a[2] == b[2] && less_2);
                mod_8  = {a[2] ^ b[2] ^ less_2, a[1] ^ b[1] ^ less_1, a[0] ^ b[0]};
                r_diff = !less ? mod_8 : wide ? mod_8 ^ 3'd4 : {mod_8[2] ^ !mod_8[1], !mod_8[1], mod_8[0]};  // + 4, + 6
                {q_diff, unused_low} = {1'b0, own[7:3], 1'b1} + {1'b0, ~before[7:3], !less};
                low[i] = used[i] && ((own[2] && (wide || own[1])) || !q_diff[5]);
                lengths[8*i +: 8] = fill_1_q ? {fill_q[4:0], fill_r} : {q_diff[4:0], r_diff};

                sum    = {1'b0, base[2:0]} + {1'b0, a};
                wrap   = CHUNKS != 1 && sum >= per;
                ends[12*i +: 12]   = {{1'b0, base[10:3]} + {4'd0, own[7:3]} + {8'd0, wrap}, sum[2:0] - (wrap ? per[2:0] : 3'd0)};
                firsts[11*i +: 11] = i % 8 == 0 ? base : CHUNKS == 1 ? {3'd0, before} : ends[12*((i % 8 == 0) ? i : i-1) +: 11];
                if (i % 8 == 7) carry[11*(i/8) +: 11] = last_q ? 11'd0 : ends[12*i +: 11];
            end
            high_q   <= fill_1_q ? fill_q[9:5] : 5'd0;
            {length_q, first_q, end_q} <= {lengths, firsts, ends};
            {used_q, low_q}            <= {used, low};
            if (put_q) carry_q <= carry;
        end
        if (!columns || CHUNKS == 1) carry_q <= {(11*OCTETS){1'b0}};
    end

    // ---- Verdict ---------------------------------------------------------------------------------------------------------
    reg  [BYTES-1:0]   wrong_q;
    reg  [FFS_W-1:0]   at;
    integer            k;
    always @* begin
        at = {FFS_W{1'b0}};
        for (k = BYTES - 1; k >= 0; k = k - 1) if (wrong_q[k]) at = k[FFS_W-1:0];
    end
    reg                put2_q, columns2_q, bad_q, bad_count_q;
    reg  [CHUNK_W-1:0] chunk2_q, chunk3_q;
    reg  [7:0]         words2_q;
    wire [31:0]        lane = ({{(32-CHUNK_W){1'b0}}, chunk3_q} << LB_LOG) | {{(32-FFS_W){1'b0}}, at};
    always @(posedge clk) begin
        put2_q <= put_q;
        bad_q  <= 1'b0;
        if (put_q) {columns2_q, chunk2_q, words2_q} <= {columns_q, chunk_q, words_q};
        if (put2_q) begin : verdict
            reg             any_low;
            reg [BYTES-1:0] wrong;
            any_low = |low_q;
            for (k = 0; k < BYTES; k = k + 1)  // of the words an end is behind: its own, or the next one if it is within that
                wrong[k] = any_low ? low_q[k]
                         : columns2_q && used_q[k] && {end_q[12*k+3 +: 9], end_q[12*k +: 3] != 3'd0} > {1'b0, words2_q, 1'b0};
            bad_q       <= |wrong;
            bad_count_q <= any_low;
            wrong_q     <= wrong;
            chunk3_q    <= chunk2_q;
        end
    end
    assign bad       = bad_q;
    assign bad_count = bad_count_q;
    assign bad_lane  = lane[7:0];

    assign t_high   = high_q;
    assign t_length = length_q;
    assign t_first  = first_q;
    genvar g;
    generate
        for (g = 0; g < BYTES; g = g + 1) begin : g_some
            assign t_some[g] = {high_q, length_q[8*g +: 8]} != 13'd0;
        end
    endgenerate

    wire unused_ok = &{1'b0, lane, line, behind, tail};

endmodule
`default_nettype wire
