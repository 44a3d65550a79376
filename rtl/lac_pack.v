// SPDX-License-Identifier: Apache-2.0
//
// lac_pack - outputs to lines: dense elements of 1, 2 or 8 bytes, or a compressed list
//
//   STORE_W values a cycle --> [ line under construction ] --> lines with byte strobes
//
//   Function   dense: elements in order, a point's last line is cut short by strobes. List: {value, index} of each value
//              that is not zero, then one line with the count
//   Timing     dense: one vector or one line a cycle, whichever is more; list: one entry a cycle, and one cycle a vector
//   Handshake  valid/ready both ways; in_* are looked at until taken. out_head marks a list's count
//   Reset      control only
`default_nettype none

module lac_pack #(
    parameter integer STORE_W = 4,   // [values] a power of two, at most LINE_W / 8
    parameter integer LINE_W  = 64   // [bits]
) (
    input  wire                  clk,
    input  wire                  rst,

    input  wire [1:0]            cfg_type,   // 0, 1: one byte; 2: two bytes; 3: eight bytes
    input  wire                  cfg_list,
    input  wire [15:0]           cfg_zero,

    input  wire                  in_valid,
    output wire                  in_ready,
    input  wire [STORE_W*64-1:0] in_value,   // sign-extended
    input  wire [STORE_W-1:0]    in_mask,    // the first so many are there
    input  wire                  in_last,    // of a point

    output wire                  out_valid,
    input  wire                  out_ready,
    output wire [LINE_W-1:0]     out_data,
    output wire [LINE_W/8-1:0]   out_strb,
    output wire                  out_head,
    output wire                  out_last,   // last line of a point

    output wire [15:0]           nonzero     // [values] of the vector taken in this cycle
);

`include "lac_clog2.vh"
    localparam integer LB     = LINE_W / 8;
    localparam integer SW_LOG = clog2(STORE_W);
    localparam integer POS_W  = clog2(LB) + 1;
    // vectors to a line, and lines to a vector, for elements of 1, 2 and 8 bytes
    localparam integer P1 = LB / STORE_W;
    localparam integer P2 = (2 * STORE_W <= LB) ? LB / (2 * STORE_W) : 1;
    localparam integer P8 = (8 * STORE_W <= LB) ? LB / (8 * STORE_W) : 1;
    localparam integer S2 = (2 * STORE_W <= LB) ? 1 : 2 * STORE_W / LB;
    localparam integer S8 = (8 * STORE_W <= LB) ? 1 : 8 * STORE_W / LB;
    localparam integer P1L = P1 - 1, P2L = P2 - 1, P8L = P8 - 1, PEL = LB / 4 - 1, S2L = S2 - 1, S8L = S8 - 1;

    localparam [31:0] HALF = LB / 2, EIGHTH = LB / 8;  // two- and eight-byte elements of a line
    localparam [1:0] ST_RUN = 2'd0, ST_FLUSH = 2'd1, ST_HEAD = 2'd2;

    reg  [1:0]           state_q;
    reg  [LINE_W-1:0]    line_q;
    reg  [LB-1:0]        strb_q;
    reg                  full_q, head_q, last_q;
    reg  [POS_W-1:0]     pos_q;     // vectors (list: entries) in the line under construction
    reg  [3:0]           sub_q;     // lines of this vector already made
    reg                  loaded_q;  // list: left_q holds what is still to be listed of this vector
    reg  [STORE_W-1:0]   left_q;
    reg  [31:0]          count_q;
    reg  [15:0]          index_q;   // channel of the vector's first value

    wire                 free = !full_q || out_ready;
    wire [POS_W-1:0]     pos_last = cfg_list ? PEL[POS_W-1:0] : cfg_type == 2'd3 ? P8L[POS_W-1:0]
                                  : cfg_type == 2'd2 ? P2L[POS_W-1:0] : P1L[POS_W-1:0];
    wire [3:0]           sub_last = cfg_type == 2'd3 ? S8L[3:0] : cfg_type == 2'd2 ? S2L[3:0] : 4'd0;

    // ---- Which values are not zero -------------------------------------------------------------------------------
    wire [STORE_W-1:0]   differs;
    genvar i;
    generate
        for (i = 0; i < STORE_W; i = i + 1) begin : g_differs
            assign differs[i] = in_mask[i] && (cfg_type == 2'd3 ? in_value[64*i +: 64] != 64'd0
                                                                : in_value[64*i +: 16] != cfg_zero);
        end
    endgenerate
    reg  [15:0]          ones;
    integer              k;
    always @* begin
        ones = 16'd0;
        for (k = 0; k < STORE_W; k = k + 1) ones = ones + {15'd0, differs[k]};
    end
    assign nonzero = (in_valid && in_ready) ? ones : 16'd0;

    wire                 any;
    wire [SW_LOG-1:0]    which;
    wire [STORE_W-1:0]   rest;
    wire [15:0]          value;
    generate
        if (STORE_W == 1) begin : g_one
            assign any   = left_q[0];
            assign which = 1'b0;
            assign rest  = 1'b0;
            assign value = in_value[15:0];
        end else begin : g_many
            lac_ffs #(.W(STORE_W), .INDEX_W(SW_LOG)) u_ffs (.in(left_q), .any(any), .index(which), .rest(rest));
            wire [STORE_W*64-1:0] shifted = in_value >> {which, 6'd0};
            assign value = shifted[15:0];
            wire unused_shifted = &{1'b0, shifted};
        end
    endgenerate

    // ---- Dense: where each byte of the line comes from ----------------------------------------------------------------
    wire [LINE_W-1:0]    put_data;
    wire [LB-1:0]        put_strb;
    wire                 more;      // the vector has values beyond this line
    wire [STORE_W-1:0]   beyond2 = (S2 == 1) ? {STORE_W{1'b0}} : in_mask >> (HALF * ({28'd0, sub_q} + 32'd1));
    wire [STORE_W-1:0]   beyond8 = (S8 == 1) ? {STORE_W{1'b0}} : in_mask >> (EIGHTH * ({28'd0, sub_q} + 32'd1));
    assign more = sub_q != sub_last && (cfg_type == 2'd3 ? beyond8[0] : beyond2[0]);
    wire [STORE_W*64-1:0] slice2 = in_value >> (64 * HALF * {28'd0, sub_q});
    wire [STORE_W*64-1:0] slice8 = in_value >> (64 * EIGHTH * {28'd0, sub_q});
    wire [STORE_W-1:0]    mask2  = in_mask >> (HALF * {28'd0, sub_q});
    wire [STORE_W-1:0]    mask8  = in_mask >> (EIGHTH * {28'd0, sub_q});
    generate
        for (i = 0; i < LB; i = i + 1) begin : g_byte
            localparam integer E1 = i % STORE_W,             T1 = i / STORE_W;
            localparam integer E2 = (i / 2) % STORE_W,       T2 = (S2 == 1) ? i / (2 * STORE_W) : 0;
            localparam integer E8 = (i / 8) % STORE_W,       T8 = (S8 == 1) ? i / (8 * STORE_W) : 0;
            wire [7:0] b1 = in_value[64*E1 +: 8];
            wire [7:0] b2 = slice2[64*E2 + 8*(i % 2) +: 8];
            wire [7:0] b8 = slice8[64*E8 + 8*(i % 8) +: 8];
            wire       m1 = in_mask[E1] && pos_q == T1[POS_W-1:0];
            wire       m2 = mask2[E2] && pos_q == T2[POS_W-1:0];
            wire       m8 = mask8[E8] && pos_q == T8[POS_W-1:0];
            assign put_data[8*i +: 8] = cfg_type == 2'd3 ? b8 : cfg_type == 2'd2 ? b2 : b1;
            assign put_strb[i]        = cfg_type == 2'd3 ? m8 : cfg_type == 2'd2 ? m2 : m1;
        end
    endgenerate

    // ---- The line ------------------------------------------------------------------------------------------------------
    wire                 run     = state_q == ST_RUN;
    wire                 dense   = run && in_valid && !cfg_list && free;
    wire                 listing = run && in_valid && cfg_list && loaded_q;
    wire                 entry   = listing && any && free;
    assign in_ready = run && (cfg_list ? loaded_q && !any && free : free && !more);

    wire [LB-1:0]        strb_was = full_q ? {LB{1'b0}} : strb_q;  // a full line that leaves now begins a new one
    wire [LB-1:0]        strb_entry = {{(LB-4){1'b0}}, 4'hF} << {pos_q, 2'b00};
    wire [LINE_W-1:0]    data_entry = {{(LINE_W-32){1'b0}}, value, index_q + {{(16-SW_LOG){1'b0}}, which}} << {pos_q, 5'd0};

    always @(posedge clk)
        if (rst) begin
            state_q  <= ST_RUN;
            full_q   <= 1'b0;
            strb_q   <= {LB{1'b0}};
            pos_q    <= {POS_W{1'b0}};
            sub_q    <= 4'd0;
            loaded_q <= 1'b0;
            count_q  <= 32'd0;
            index_q  <= 16'd0;
        end else begin
            if (full_q && out_ready) begin
                full_q <= 1'b0;
                strb_q <= {LB{1'b0}};
            end
            case (state_q)
                ST_RUN: begin
                    if (dense) begin
                        strb_q <= strb_was | put_strb;
                        for (k = 0; k < LB; k = k + 1) if (put_strb[k]) line_q[8*k +: 8] <= put_data[8*k +: 8];
                        head_q <= 1'b0;
                        last_q <= in_last && !more;
                        full_q <= pos_q == pos_last || in_last;
                        pos_q  <= (pos_q == pos_last || in_last) ? {POS_W{1'b0}} : pos_q + 1'b1;
                        sub_q  <= more ? sub_q + 4'd1 : 4'd0;
                    end
                    if (run && in_valid && cfg_list && !loaded_q) begin
                        left_q   <= differs;
                        loaded_q <= 1'b1;
                    end
                    if (entry) begin
                        strb_q  <= strb_was | strb_entry;
                        for (k = 0; k < LB; k = k + 1) if (strb_entry[k]) line_q[8*k +: 8] <= data_entry[8*k +: 8];
                        head_q  <= 1'b0;
                        last_q  <= 1'b0;
                        left_q  <= rest;
                        count_q <= count_q + 32'd1;
                        full_q  <= pos_q == pos_last;
                        pos_q   <= pos_q == pos_last ? {POS_W{1'b0}} : pos_q + 1'b1;
                    end
                    if (in_valid && in_ready && cfg_list) begin
                        loaded_q <= 1'b0;
                        index_q  <= index_q + STORE_W[15:0];
                        if (in_last) state_q <= pos_q == {POS_W{1'b0}} ? ST_HEAD : ST_FLUSH;
                    end
                end
                ST_FLUSH: if (free) begin               // the line that was begun
                    full_q  <= 1'b1;
                    strb_q  <= strb_was;
                    pos_q   <= {POS_W{1'b0}};
                    state_q <= ST_HEAD;
                end
                default: if (free) begin                // ST_HEAD: the count
                    full_q  <= 1'b1;
                    head_q  <= 1'b1;
                    last_q  <= 1'b1;
                    strb_q  <= {{(LB-8){1'b0}}, 8'hFF};
                    line_q  <= {{(LINE_W-32){1'b0}}, count_q};
                    count_q <= 32'd0;
                    index_q <= 16'd0;
                    state_q <= ST_RUN;
                end
            endcase
        end

    assign out_valid = full_q;
    assign out_data  = line_q;
    assign out_strb  = strb_q;
    assign out_head  = head_q;
    assign out_last  = last_q;

    wire unused_ok = &{1'b0, slice2, slice8, mask2, mask8, beyond2, beyond8, in_value};

endmodule
`default_nettype wire
