// SPDX-License-Identifier: Apache-2.0
//
// lac_pack - outputs to lines: dense elements of 1, 2 or 8 bytes, or a compressed list
//
//   STORE_W values a cycle --> [ chunk ] --> [ line under construction ] --> lines with byte strobes
//
//   Function   dense: elements in order, a point's last line is cut short by strobes. List: {value, index} of each value
//              that is not zero, then one line with the count. What its strobes leave out of a line is not defined
//   Chunk      what one cycle brings, at every place of the line where it might go; the place is a matter of enables
//   Timing     dense: one vector or one line a cycle, whichever is more; list: one entry a cycle, and two cycles a vector
//   Handshake  valid/ready both ways; in_* are looked at until taken. out_head marks a list's count
//   Reset      control only
`default_nettype none

module lac_pack #(
    parameter integer STORE_W = 4,   // [values] a power of two, at most max(8, LINE_W / 8)
    parameter integer LINE_W  = 64   // [bits]
) (
    input  wire                  clk,
    input  wire                  rst,

    input  wire [1:0]            cfg_type,   // 0, 1: one byte; 2: two bytes; 3: eight bytes
    input  wire                  cfg_list,

    input  wire                  in_valid,
    output wire                  in_ready,
    input  wire [STORE_W*36-1:0] in_value,   // eight bytes: 36 bits, signed; else the low 16 bits
    input  wire [STORE_W-1:0]    in_zero,    // is a zero: a list leaves it out
    input  wire [STORE_W-1:0]    in_mask,    // the first so many are there
    input  wire                  in_last,    // of a point
    input  wire                  in_final,   // of the last point

    output wire                  out_valid,
    input  wire                  out_ready,
    output wire [LINE_W-1:0]     out_data,
    output wire [LINE_W/8-1:0]   out_strb,
    output wire                  out_head,
    output wire                  out_last,   // last line of a point
    output wire                  out_final,  // last line of the last point

    output wire [15:0]           nonzero     // [values] of the vector taken two cycles ago
);

`include "lac_clog2.vh"
    localparam integer LB     = LINE_W / 8;
    localparam integer SW_LOG = (STORE_W == 1) ? 1 : clog2(STORE_W);
    localparam integer POS_W  = clog2(LB);
    // elements of two and eight bytes in a line; lines to a vector of them, elements of a vector in one line
    localparam integer E2 = LB / 2, E8 = LB / 8;
    localparam integer S2 = (STORE_W > E2) ? STORE_W / E2 : 1;
    localparam integer S8 = (STORE_W > E8) ? STORE_W / E8 : 1;
    localparam integer N2 = STORE_W / S2, N8 = STORE_W / S8;
    // last place in the line, by what is put there: a vector of elements of 1, 2, 8 bytes, an entry
    localparam integer P1L = LB / STORE_W - 1, P2L = E2 / N2 - 1, P8L = E8 / N8 - 1, PEL = LB / 4 - 1;
    localparam [S8-1:0] SUB0 = 1;
    // A chunk of one- and two-byte elements repeats itself after NARROW bytes, one of eight-byte elements after WIDE bytes
    localparam integer NARROW = (2 * N2 > 4) ? 2 * N2 : 4;
    localparam integer WIDE   = 8 * N8;

    localparam [1:0] ST_RUN = 2'd0, ST_FLUSH = 2'd1, ST_HEAD = 2'd2;

    reg  [1:0]           state_q;
    reg  [POS_W-1:0]     pos_q;     // chunks in the line under construction
    reg  [S8-1:0]        sub_q;     // one-hot: which line of this vector
    reg                  loaded_q;  // list: left_q holds what is still to be listed of this vector
    reg  [STORE_W-1:0]   left_q;
    reg  [15:0]          count_q;
    reg  [15:0]          index_q;   // channel of the vector's first value

    wire                 run  = state_q == ST_RUN;
    wire                 head = state_q == ST_HEAD;
    wire                 raw  = cfg_type == 2'd3;
    wire                 two  = cfg_type == 2'd2;
    wire [POS_W-1:0]     pos_last = cfg_list ? PEL[POS_W-1:0] : raw ? P8L[POS_W-1:0] : two ? P2L[POS_W-1:0] : P1L[POS_W-1:0];

    // ---- Which values are not zero -------------------------------------------------------------------------------
    wire [STORE_W-1:0]   differs = in_mask & ~in_zero;
    reg  [STORE_W-1:0]   taken_q;
    reg  [15:0]          ones, ones_q;
    genvar i;
    integer k;
    always @* begin
        ones = 16'd0;
        for (k = 0; k < STORE_W; k = k + 1) ones = ones + {15'd0, taken_q[k]};
    end
    always @(posedge clk)
        if (rst) begin
            taken_q <= {STORE_W{1'b0}};
            ones_q  <= 16'd0;
        end else begin
            taken_q <= differs & {STORE_W{in_valid && in_ready}};
            ones_q  <= ones;
        end
    assign nonzero = ones_q;

    wire                 any;
    wire [SW_LOG-1:0]    which;
    wire [STORE_W-1:0]   rest;
    generate
        if (STORE_W == 1) begin : g_one
            assign any   = left_q[0];
            assign which = 1'b0;
            assign rest  = 1'b0;
        end else begin : g_many
            lac_ffs #(.W(STORE_W), .INDEX_W(SW_LOG)) u_ffs (.in(left_q), .any(any), .index(which), .rest(rest));
        end
    endgenerate

    // ---- Elements of one line out of a vector of two- or eight-byte elements; the value of an entry --------------------
    // All selections are by one-hot words: a LUT4 takes two values and their bits
    wire [STORE_W-1:0]   first;     // the lowest bit of left_q
    wire [S8-1:0]        part8;
    reg  [36*N2-1:0]     value2;
    reg  [36*N8-1:0]     value8;
    reg  [N2-1:0]        mask2;
    reg  [N8-1:0]        mask8;
    reg                  more2, more8;  // the vector has values beyond this line
    reg  [15:0]          value;
    integer              p;
    generate
        assign first[0] = left_q[0];
        for (i = 1; i < STORE_W; i = i + 1) begin : g_first
            assign first[i] = left_q[i] && left_q[i-1:0] == {i{1'b0}};
        end
        for (i = 0; i < S8; i = i + 1) begin : g_part
            assign part8[i] = cfg_list ? |first[N8*i +: N8] : sub_q[i];
        end
    endgenerate
    always @* begin
        {value2, mask2, more2, value8, mask8, more8} = {(36*N2 + N2 + 1 + 36*N8 + N8 + 1){1'b0}};
        for (p = 0; p < S2; p = p + 1) begin
            value2 = value2 | (in_value[36*N2*p +: 36*N2] & {36*N2{sub_q[p]}});
            mask2  = mask2 | (in_mask[N2*p +: N2] & {N2{sub_q[p]}});
            if (p + 1 < S2) more2 = more2 | (sub_q[p] & in_mask[N2*(p+1) % STORE_W]);
        end
        for (p = 0; p < S8; p = p + 1) begin
            value8 = value8 | (in_value[36*N8*p +: 36*N8] & {36*N8{part8[p]}});
            mask8  = mask8 | (in_mask[N8*p +: N8] & {N8{sub_q[p]}});
            if (p + 1 < S8) more8 = more8 | (sub_q[p] & in_mask[N8*(p+1) % STORE_W]);
        end
        value = 16'd0;
        for (p = 0; p < STORE_W; p = p + 1) value = value | (value8[36*(p%N8) +: 16] & {16{first[p] | (N8 == 1)}});
    end
    wire                 more  = raw ? more8 : two && more2;
    wire [15:0]          index = STORE_W == 1 ? index_q : {index_q[15:SW_LOG], which};

    // ---- The chunk: three kinds, of which two are zero -----------------------------------------------------------------
    reg                  k_valid_q, k_full_q, k_head_q, k_last_q, k_final_q;
    reg  [8*NARROW-1:0]  k_narrow_q;  // one- and two-byte elements
    reg  [36*N8-1:0]     k_wide_q;    // eight-byte elements
    reg  [31:0]          k_entry_q;   // of a list, or its count
    reg  [LB-1:0]        k_put_q, k_strb_q;
    reg                  full_q;
    wire                 k_free = !full_q || out_ready;
    wire                 ready  = !k_valid_q || k_free;

    wire                 listing = run && cfg_list && loaded_q;
    wire                 dense   = run && in_valid && !cfg_list;
    wire                 entered = listing && any;
    wire                 put     = dense || entered || !run;  // a chunk, if it is taken
    wire                 full    = cfg_list ? !run || pos_q == pos_last : pos_q == pos_last || in_last;
    assign in_ready = run && (cfg_list ? loaded_q && !any : ready && !more);

    wire [8*NARROW-1:0]  narrow;
    wire [LB-1:0]        at, there;
    generate
        for (i = 0; i < NARROW; i = i + 1) begin : g_narrow
            localparam integer V1 = i % STORE_W, V2 = (i / 2) % N2;
            assign narrow[8*i +: 8] = two ? value2[36*V2 + 8*(i % 2) +: 8] : in_value[36*V1 +: 8];
        end
        for (i = 0; i < LB; i = i + 1) begin : g_at
            localparam integer V1 = i % STORE_W,  V2 = (i / 2) % N2,      V8 = (i / 8) % N8;
            localparam integer T1 = i / STORE_W,  T2 = i / (2 * N2),      T8 = i / WIDE,     TE = i / 4;
            localparam integer HEAD_I = (i < 8) ? 1 : 0;
            assign at[i] = !run     ? head && HEAD_I[0]
                         : cfg_list ? pos_q == TE[POS_W-1:0]
                         : raw      ? pos_q == T8[POS_W-1:0]
                         : two      ? pos_q == T2[POS_W-1:0]
                         :            pos_q == T1[POS_W-1:0];
            assign there[i] = cfg_list || (raw ? mask8[V8] : two ? mask2[V2] : in_mask[V1]);
        end
    endgenerate

    always @(posedge clk)
        if (rst) begin
            state_q   <= ST_RUN;
            k_valid_q <= 1'b0;
            pos_q     <= {POS_W{1'b0}};
            sub_q     <= SUB0;
            loaded_q  <= 1'b0;
        end else begin
            if (ready) k_valid_q <= put;
            if (put && ready) pos_q <= full ? {POS_W{1'b0}} : pos_q + 1'b1;
            case (state_q)
                ST_RUN: begin
                    if (dense && ready) sub_q <= more ? sub_q << 1 : SUB0;
                    if (in_valid && cfg_list && !loaded_q) begin
                        left_q   <= differs;
                        loaded_q <= 1'b1;
                    end
                    if (entered && ready) left_q <= rest;
                    if (listing && !any) begin
                        loaded_q <= 1'b0;
                        if (in_last) state_q <= pos_q == {POS_W{1'b0}} ? ST_HEAD : ST_FLUSH;
                    end
                end
                ST_FLUSH: if (ready) state_q <= ST_HEAD;  // the line that was begun
                default: if (ready) state_q <= ST_RUN;    // ST_HEAD: the count
            endcase
        end
    always @(posedge clk) begin
        if (rst || (head && ready))   count_q <= 16'd0;
        else if (entered && ready)    count_q <= count_q + 16'd1;
        if (rst || (head && ready))   index_q <= 16'd0;
        else if (listing && !any)     index_q <= index_q + STORE_W[15:0];
    end

    // in_final is what it was when the point's last vector left
    reg final_q;
    always @(posedge clk) begin
        if (run && in_valid) final_q <= in_final;
        if (ready) begin
            k_full_q  <= full;
            k_head_q  <= head;
            k_last_q  <= cfg_list ? head : in_last && !more;
            k_final_q <= cfg_list ? head && final_q : in_final && !more;
            k_put_q   <= at;
            k_strb_q  <= at & there;
        end
        // resets that stand still while a command runs
        if (cfg_list || raw) k_narrow_q <= {8*NARROW{1'b0}};
        else if (ready)      k_narrow_q <= narrow;
        if (!raw)            k_wide_q   <= {36*N8{1'b0}};
        else if (ready)      k_wide_q   <= value8;
        if (!cfg_list)       k_entry_q  <= 32'd0;
        else if (ready)      k_entry_q  <= {head ? 16'd0 : value, head ? count_q : index};
    end

    // ---- The line ------------------------------------------------------------------------------------------------------
    reg  [LINE_W-1:0]    line_q;
    reg  [LB-1:0]        strb_q;
    reg                  begun_q, head_q, last_q, final_out_q;  // begun_q: strb_q belongs to the line at hand
    wire [LINE_W-1:0]    bytes;
    generate
        for (i = 0; i < E8; i = i + 1) begin : g_eight
            wire [63:0] wide = {{28{k_wide_q[36*(i%N8)+35]}}, k_wide_q[36*(i%N8) +: 36]};
            wire [63:0] all;
            if (NARROW < 8) begin : g_half
                assign all = {2{k_narrow_q}} | {2{k_entry_q}} | wide;
            end else begin : g_whole
                assign all = k_narrow_q[64*(i%(NARROW/8)) +: 64] | {2{k_entry_q}} | wide;
            end
            assign bytes[64*i +: 64] = {(i == 0 && k_head_q) ? 32'd0 : all[63:32], all[31:0]};
        end
    endgenerate

    always @(posedge clk)
        if (rst) begin
            full_q  <= 1'b0;
            begun_q <= 1'b0;
        end else if (k_valid_q && k_free) begin
            full_q  <= k_full_q;
            begun_q <= !k_full_q;
        end else if (out_ready) full_q <= 1'b0;

    always @(posedge clk)
        if (k_valid_q && k_free) begin
            strb_q      <= (begun_q ? strb_q : {LB{1'b0}}) | k_strb_q;
            head_q      <= k_head_q;
            last_q      <= k_last_q;
            final_out_q <= k_final_q;
            for (k = 0; k < LB; k = k + 1) if (k_put_q[k]) line_q[8*k +: 8] <= bytes[8*k +: 8];
        end

    assign out_valid = full_q;
    assign out_data  = line_q;
    assign out_strb  = strb_q;
    assign out_head  = head_q;
    assign out_last  = last_q;
    assign out_final = final_out_q;

    wire unused_ok = &{1'b0, in_value, value2, value8, mask2, which};

endmodule
`default_nettype wire
