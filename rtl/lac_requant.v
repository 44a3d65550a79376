// SPDX-License-Identifier: Apache-2.0
//
// lac_requant - one wide accumulator in, one narrow activation out, every cycle
//
//   acc, bias -->[ sum ]-->[ four products ]-->[ fold ]-->[ product ]--+
//      +--[ clamp ]<--[ round, zero ]<--[ >> 0..3 ]<--[ >> 0,4,8,12 ]<--[ >> 0,16,32,48 ]
//
//   Function   out_q = min(hi, max(lo, zero + floor(((acc + bias) * mult + 2^(shift-1)) / 2^shift))), exact:
//              docs/numerics.md. out_raw_value is in_acc, as late as out_q. in_raw: bias, mult and shift are not
//              looked at (they need not be defined), and out_q means nothing
//   Timing     LATENCY = 9 cycles of `en`; one output a cycle; nothing moves while en is low
//   Constants  in_zero, in_lo <= in_hi are read in the last two stages: hold them while anything is inside
//   Reset      rst drops what is inside
`default_nettype none

module lac_requant (
    input  wire        clk,
    input  wire        rst,
    input  wire        en,

    input  wire        in_valid,
    input  wire [35:0] in_acc,    // signed
    input  wire [31:0] in_bias,   // signed
    input  wire [30:0] in_mult,
    input  wire [5:0]  in_shift,  // 1 .. 62
    input  wire [15:0] in_zero,   // signed
    input  wire [15:0] in_lo,     // signed
    input  wire [15:0] in_hi,     // signed
    input  wire        in_raw,

    output wire        out_valid,
    output wire [35:0] out_raw_value,
    output wire [15:0] out_q      // signed
);

    localparam integer LATENCY = 9;

    reg [LATENCY-1:0]    valid_q;  // bit n: stage n + 1 holds an item
    reg [36*LATENCY-1:0] acc_q;    // its accumulator

    wire move = en && (in_valid || |valid_q);  // an empty pipeline stands still

    always @(posedge clk)
        if (rst)       valid_q <= {LATENCY{1'b0}};
        else if (move) valid_q <= {valid_q[LATENCY-2:0], in_valid};

    always @(posedge clk) if (move) acc_q <= {acc_q[36*(LATENCY-1)-1:0], in_acc};

    // 1: the sum, 37 bits; one less than the shift, because the last place is rounded off in stage 8
    reg [36:0] sum1_q;
    reg [30:0] mult1_q;
    reg [5:0]  shift1_q;
    always @(posedge clk)
        if (move) begin
            sum1_q   <= {in_acc[35], in_acc} + (in_raw ? 37'd0 : {{5{in_bias[31]}}, in_bias});
            mult1_q  <= in_raw ? 31'd0 : in_mult;
            shift1_q <= in_raw ? 6'd0 : in_shift - 6'd1;
        end

    // 2: sum = -2^36 sum[36] + sum[35:0], and the unsigned rest times mult in four 18 x 18 products
    reg [35:0] ll2_q, hl2_q;  // {high, low} half of the sum x low 18 bits of mult
    reg [30:0] lh2_q, hh2_q;  // ... x high 13 bits of mult
    reg [30:0] negative2_q;   // mult if the sum is negative: to be taken away at bit 36
    reg [5:0]  shift2_q;
    always @(posedge clk)
        if (move) begin
            ll2_q       <= sum1_q[17:0]  * mult1_q[17:0];
            hl2_q       <= sum1_q[35:18] * mult1_q[17:0];
            lh2_q       <= sum1_q[17:0]  * mult1_q[30:18];
            hh2_q       <= sum1_q[35:18] * mult1_q[30:18];
            negative2_q <= sum1_q[36] ? mult1_q : 31'd0;
            shift2_q    <= shift1_q;
        end

    // 3: what weighs 2^18, and what weighs 2^36, added up
    reg [35:0] low3_q;
    reg [36:0] mid3_q;
    reg [31:0] high3_q;  // signed
    reg [5:0]  shift3_q;
    always @(posedge clk)
        if (move) begin
            low3_q   <= ll2_q;
            mid3_q   <= {1'b0, hl2_q} + {6'd0, lh2_q};
            high3_q  <= {1'b0, hh2_q} - {1'b0, negative2_q};
            shift3_q <= shift2_q;
        end

    // 4: the product, 68 bits
    reg [67:0] product4_q;
    reg [5:0]  shift4_q;
    always @(posedge clk)
        if (move) begin
            product4_q <= {{high3_q, low3_q[35:18]} + {13'd0, mid3_q}, low3_q[17:0]};
            shift4_q   <= shift3_q;
        end

    // 5: shifted right by 0, 16, 32 or 48
    reg [67:0] coarse5_q;
    reg [3:0]  shift5_q;
    always @(posedge clk)
        if (move) begin
            case (shift4_q[5:4])
                2'd0:    coarse5_q <= product4_q;
                2'd1:    coarse5_q <= {{16{product4_q[67]}}, product4_q[67:16]};
                2'd2:    coarse5_q <= {{32{product4_q[67]}}, product4_q[67:32]};
                default: coarse5_q <= {{48{product4_q[67]}}, product4_q[67:48]};
            endcase
            shift5_q <= shift4_q[3:0];
        end

    // 6: shifted right by 0, 4, 8 or 12. Fifteen places are left to go at most here, so a value that needs more than
    // 35 bits is far beyond any clamp: over_q says so, and the sign says which one
    wire [34:0] tail5 = coarse5_q[34:0];
    reg  [34:0] middle6_q;
    reg         over6_q, sign6_q;
    reg  [1:0]  shift6_q;
    always @(posedge clk)
        if (move) begin
            case (shift5_q[3:2])
                2'd0:    middle6_q <= tail5;
                2'd1:    middle6_q <= {{4{tail5[34]}}, tail5[34:4]};
                2'd2:    middle6_q <= {{8{tail5[34]}}, tail5[34:8]};
                default: middle6_q <= {{12{tail5[34]}}, tail5[34:12]};
            endcase
            over6_q  <= coarse5_q[67:34] != {34{coarse5_q[67]}};
            sign6_q  <= coarse5_q[67];
            shift6_q <= shift5_q[1:0];
        end

    // 7: shifted right by 0 to 3; likewise what needs more than 22 bits is beyond any clamp
    wire [21:0] tail6 = middle6_q[21:0];
    reg  [21:0] fine7_q;
    reg         over7_q, sign7_q;
    always @(posedge clk)
        if (move) begin
            case (shift6_q)
                2'd0:    fine7_q <= tail6;
                2'd1:    fine7_q <= {tail6[21], tail6[21:1]};
                2'd2:    fine7_q <= {{2{tail6[21]}}, tail6[21:2]};
                default: fine7_q <= {{3{tail6[21]}}, tail6[21:3]};
            endcase
            over7_q <= over6_q || middle6_q[34:21] != {14{middle6_q[34]}};
            sign7_q <= sign6_q;
        end

    // 8: the last place away, rounded half up, and the zero point
    reg [22:0] value8_q;
    reg        over8_q, sign8_q;
    always @(posedge clk)
        if (move) begin
            value8_q <= {{2{fine7_q[21]}}, fine7_q[21:1]} + {{7{in_zero[15]}}, in_zero} + {22'd0, fine7_q[0]};
            over8_q  <= over7_q;
            sign8_q  <= sign7_q;
        end

    // 9: the clamp
    wire signed [22:0] value8 = value8_q;
    wire signed [22:0] lo     = {{7{in_lo[15]}}, in_lo};
    wire signed [22:0] hi     = {{7{in_hi[15]}}, in_hi};
    reg         [15:0] q9_q;
    always @(posedge clk)
        if (move)
            q9_q <= over8_q ? (sign8_q ? in_lo : in_hi)
                  : (value8 < lo) ? in_lo
                  : (value8 > hi) ? in_hi
                  :                 value8_q[15:0];

    assign out_valid     = valid_q[LATENCY-1];
    assign out_raw_value = acc_q[36*LATENCY-1 -: 36];
    assign out_q         = q9_q;

endmodule
`default_nettype wire
