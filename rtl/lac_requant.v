// SPDX-License-Identifier: Apache-2.0
//
// lac_requant - wide accumulators in, of a window or alone, one narrow activation out
//
//   acc, bias -->[ sum ]-->[ window ]-->[ four products ]-->[ folds ]-->[ product >> 0, 16, 32, 48 ]--+
//      +--[ one of three ]<--[ against the limits ]<--[ round, zero ]<--[ x 2^15 .. 2^0 ]---------------+
//
//   Function   out_value[15:0] = min(hi, max(lo, zero + floor((v * mult + 2^(shift-1)) / 2^shift))), exact: docs/numerics.md;
//              the bits above are not defined. v is what a window's pixels from in_first to in_last come to, 37 bits, which
//              wrap: in_average 0: the largest acc + bias, -2^35 + bias of a pixel outside the image; 1: their sum, 0 of a
//              pixel outside; 2: the sum of those that are above zero. A window's bias, mult and shift are the same in each of
//              its pixels. in_raw: out_value = the largest acc; bias, mult and shift are not looked at (they need not be defined)
//   Without    POOL each item is a window of one pixel inside the image
//   Timing     LATENCY = 14 (without POOL 13) cycles of `en` from a window's last pixel on, and an OR behind the last register;
//              one pixel a cycle; nothing moves while en is low. The products and the shift by 0 .. 15 places, which is one by a
//              power of two, are lac_mul's
//   Constants  in_zero (raw: 0), in_lo <= in_hi, in_raw, in_average (raw: 0): hold them while anything is inside
//   Reset      rst drops what is inside
`default_nettype none

module lac_requant #(
    parameter integer POOL = 1  // 0: no windows
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        en,

    input  wire        in_valid,
    input  wire [2:0]  in_tap,    // {outside the image, first of its window, last}
    input  wire [35:0] in_acc,    // signed; outside: 0
    input  wire [31:0] in_bias,   // signed
    input  wire [30:0] in_mult,
    input  wire [5:0]  in_shift,  // 1 .. 62
    input  wire [15:0] in_zero,   // signed
    input  wire [15:0] in_lo,     // signed
    input  wire [15:0] in_hi,     // signed
    input  wire        in_raw,
    input  wire [1:0]  in_average,

    output wire        out_valid,
    output wire [35:0] out_value,  // signed
    output wire        out_zero    // out_value is in_zero
);

    localparam integer EXTRA   = (POOL != 0) ? 1 : 0;
    localparam integer LATENCY = 13 + EXTRA;
    localparam integer SHIFTS  = 6 + EXTRA;

    wire              window_end;  // what stands in stage 2 ends a window
    reg [LATENCY-1:0] valid_q;     // bit n: stage n + 1 holds an item
    always @(posedge clk)
        if (rst)     valid_q <= {LATENCY{1'b0}};
        else if (en) valid_q <= {valid_q[LATENCY-2:2], valid_q[1] && window_end, valid_q[0], in_valid};

    // The shift, {low, high part}, until it is looked at
    reg  [6*SHIFTS-1:0] shifts_q;
    wire [3:0]          fine6;
    wire [1:0]          coarse6;
    assign {fine6, coarse6} = shifts_q[6*SHIFTS-1 -: 6];
    always @(posedge clk) if (en) shifts_q <= {shifts_q[6*SHIFTS-7:0], in_raw ? 6'd0 : {in_shift[3:0], in_shift[5:4]}};

    // 1: a raw item is (acc + 0) * 1 / 2^0
    wire       none = POOL != 0 && in_tap[2] && in_average == 2'd0;  // no part of a largest
    reg [35:0] acc1_q;
    reg [31:0] bias1_q;
    reg [30:0] mult1_q;
    // 2: the sum, 37 bits = -2^36 sum[36] + sum[35:0]
    reg [36:0] sum2_q;
    reg [30:0] mult2_q;
    always @(posedge clk)
        if (en) begin
            acc1_q  <= {in_acc[35] || none, in_acc[34:0]};
            sum2_q  <= {acc1_q[35], acc1_q} + {{5{bias1_q[31]}}, bias1_q};
            mult2_q <= mult1_q;
        end
    always @(posedge clk)
        if (in_raw)  {mult1_q, bias1_q} <= {31'd1, 32'd0};
        else if (en) {mult1_q, bias1_q} <= {in_mult, in_bias};

    // Of a window: the largest sum, or the sum of its sums, to which a pixel that is not `counted` adds nothing
    wire [36:0] sum;
    wire [30:0] mult;
    generate
        if (POOL != 0) begin : g_pool
            reg  [2:0]  tap1_q, tap2_q;
            reg  [36:0] sum_q;
            reg  [30:0] mult_q;
            wire        first   = tap2_q[1];
            wire        add     = in_average != 2'd0;
            wire        counted = !add || !(tap2_q[2] || (in_average[1] && sum2_q[36]));
            always @(posedge clk)
                if (en) begin
                    {tap2_q, tap1_q} <= {tap1_q, in_tap};
                    mult_q <= mult2_q;
                end
            always @(posedge clk)
                if (en && valid_q[1]) begin
                    if (first && !counted)                                                  sum_q <= 37'd0;
                    else if (first || (add ? counted : $signed(sum2_q) > $signed(sum_q))) sum_q <= first || !add ? sum2_q : sum_q + sum2_q;
                end
            assign {sum, mult, window_end} = {sum_q, mult_q, tap2_q[0]};
        end else begin : g_alone
            assign {sum, mult, window_end} = {sum2_q, mult2_q, 1'b1};
            wire unused_pool = &{1'b0, in_tap, in_average};
        end
    endgenerate

    // 3 .. 5: the unsigned part of the sum times mult: {high, low} half of the sum x {high 13, low 18} bits of mult
    wire [35:0] ll5, hl5, lh5, hh5;
    lac_mul #(.SIGNED(0)) u_ll (.clk(clk), .en(en), .a(sum[17:0]),  .b(mult[17:0]), .p(ll5));
    lac_mul #(.SIGNED(0)) u_hl (.clk(clk), .en(en), .a(sum[35:18]), .b(mult[17:0]), .p(hl5));
    lac_mul #(.SIGNED(0)) u_lh (.clk(clk), .en(en), .a(sum[17:0]),  .b({5'd0, mult[30:18]}), .p(lh5));
    lac_mul #(.SIGNED(0)) u_hh (.clk(clk), .en(en), .a(sum[35:18]), .b({5'd0, mult[30:18]}), .p(hh5));
    reg [30:0] negative3_q, negative4_q, negative5_q;  // mult if the sum is negative: to be taken away at bit 36
    always @(posedge clk)
        if (en) begin
            negative3_q <= sum[36] ? mult : 31'd0;
            negative4_q <= negative3_q;
            negative5_q <= negative4_q;
        end

    // 6: what weighs 2^18, and what weighs 2^36, added up
    reg [35:0] low6_q;
    reg [36:0] mid6_q;
    reg [31:0] high6_q;  // signed
    always @(posedge clk)
        if (en) begin
            low6_q  <= ll5;
            mid6_q  <= {1'b0, hl5} + {6'd0, lh5[30:0]};
            high6_q <= {1'b0, hh5[30:0]} - {1'b0, negative5_q};
        end

    // 7: the product, 68 bits; of its four windows, 16 places apart, all but one are cleared (a register's reset, not a
    // multiplexer). Each has the bit below the window too: the half, should the shift end there
    reg  [35:0] at0_7_q;
    reg  [36:0] at16_7_q, at32_7_q;
    reg  [20:0] at48_7_q;           // to be sign-extended
    reg  [32:0] top7_q;             // what a window may leave out above, and its own sign
    reg  [1:0]  coarse7_q;
    reg  [3:0]  fine7_q;
    always @(posedge clk)
        if (en) begin : windows
            reg [67:0] product;
            product = {{high6_q, low6_q[35:18]} + {13'd0, mid6_q}, low6_q[17:0]};
            at0_7_q   <= coarse6 == 2'd0 ? product[35:0]  : 36'd0;
            at16_7_q  <= coarse6 == 2'd1 ? product[51:15] : 37'd0;
            at32_7_q  <= coarse6 == 2'd2 ? product[67:31] : 37'd0;
            at48_7_q  <= coarse6 == 2'd3 ? product[67:47] : 21'd0;
            top7_q    <= product[67:35];
            coarse7_q <= coarse6;
            fine7_q   <= fine6;
        end

    // 8 .. 10: shifted right by 0 to 15: the window's halves times 2^15 .. 2^0, of which 2^15 is dropped below
    wire [17:0] low7   = at0_7_q[17:0]  | at16_7_q[18:1]  | at32_7_q[18:1]  | at48_7_q[18:1];
    wire [17:0] high7  = at0_7_q[35:18] | at16_7_q[36:19] | at32_7_q[36:19] | {{16{at48_7_q[20]}}, at48_7_q[20:19]};
    wire        half7  = at16_7_q[0] || at32_7_q[0] || at48_7_q[0];
    wire [15:0] power7 = 16'h8000 >> fine7_q;
    wire [35:0] low10, high10;
    lac_mul #(.SIGNED(0)) u_low  (.clk(clk), .en(en), .a(low7),  .b({2'd0, power7}), .p(low10));
    lac_mul #(.SIGNED(1)) u_high (.clk(clk), .en(en), .a(high7), .b({2'd0, power7}), .p(high10));

    // What does not fit a window, or needs more than 17 bits behind it, is beyond any limit; the sign says beyond which.
    // A bit of `same`: three bits are the sign's copies
    reg  [11:0] same8_q;
    reg  [1:0]  coarse8_q;
    reg         sign8_q, sign9_q, sign10_q, half8_q, half9_q, half10_q, over9_q, over10_q;
    always @(posedge clk)
        if (en) begin : heads
            reg [35:0] tops;
            integer    j;
            tops = {{2{top7_q[32]}}, top7_q[31:16], {2{top7_q[32]}}, top7_q[15:0]};
            for (j = 0; j < 12; j = j + 1) same8_q[j] <= tops[3*j +: 3] == {3{top7_q[32]}};
            coarse8_q <= coarse7_q;
            over9_q   <= !coarse8_q[1] && (!(&same8_q[11:6]) || (!coarse8_q[0] && !(&same8_q[5:0])));
            over10_q  <= over9_q;
            {sign10_q, sign9_q, sign8_q} <= {sign9_q, sign8_q, top7_q[32]};
            {half10_q, half9_q, half8_q} <= {half9_q, half8_q, half7 && fine7_q == 4'd0};
        end

    // 11: the half, as a carry, and the zero point. The two products overlap, but where one has ones the other has zeros
    reg  [17:0] value11_q;
    reg  [18:0] raw11_q;  // bits 35:17
    reg  [12:0] same11_q;         // 12:6: of what must be the sign's copies; 5:0: of the rest
    reg         over11_q, sign11_q;
    reg         near11_q;         // half and sign agree: 0 + 0 or -1 + 1, if all bits are alike
    always @(posedge clk)
        if (en) begin : round
            reg [35:0] shifted;
            reg [17:0] value;
            reg        unused_half;
            reg [38:0] all;
            integer    i;
            shifted = {high10[32:15], high10[14:0] | low10[32:18], low10[17:15]};
            {value, unused_half} = {shifted[16], shifted[16:0], 1'b1} + {{2{in_zero[15]}}, in_zero, low10[14] || half10_q};
            all     = {shifted[35], shifted[35:16], {2{shifted[35]}}, shifted[15:0]};
            value11_q <= value;
            raw11_q   <= shifted[35:17];
            for (i = 0; i < 13; i = i + 1) same11_q[i] <= all[3*i +: 3] == {3{shifted[35]}};
            near11_q  <= shifted[35] == (low10[14] || half10_q);
            over11_q  <= over10_q;
            sign11_q  <= sign10_q;
        end

    // 12: against the limits
    reg         [16:0] value12_q;
    reg         [18:0] raw12_q;
    reg                below12_q, above12_q, zero12_q, lo_zero12_q, hi_zero12_q;
    always @(posedge clk)
        if (en) begin : limits
            reg signed [17:0] value, lo, hi;
            reg               fits, sign;
            value = value11_q;
            lo    = {{2{in_lo[15]}}, in_lo};
            hi    = {{2{in_hi[15]}}, in_hi};
            fits  = !over11_q && &same11_q[12:6];
            sign  = over11_q ? sign11_q : raw11_q[18];
            value12_q <= value11_q[16:0];
            raw12_q   <= raw11_q;
            below12_q <= !in_raw && (fits ? value < lo :  sign);
            {lo_zero12_q, hi_zero12_q} <= {in_lo == in_zero, in_hi == in_zero};
            zero12_q  <= !over11_q && &same11_q && near11_q;
            above12_q <= !in_raw && (fits ? value > hi : !sign);
        end

    // 13: one of three, the others cleared
    reg [15:0] value13_q, lo13_q, hi13_q;
    reg [19:0] raw13_q;
    reg        zero13_q;
    always @(posedge clk)
        if (en) begin
            value13_q <= below12_q || above12_q ? 16'd0 : value12_q[15:0];
            lo13_q    <= below12_q ? in_lo : 16'd0;
            hi13_q    <= above12_q ? in_hi : 16'd0;
            zero13_q  <= below12_q ? lo_zero12_q : above12_q ? hi_zero12_q : zero12_q;
            raw13_q   <= {raw12_q, value12_q[16]};
        end

    assign out_valid = valid_q[LATENCY-1];
    assign out_value = {raw13_q, value13_q | lo13_q | hi13_q};

    assign out_zero  = zero13_q;

    wire unused_ok = &{1'b0, lh5[35:31], hh5[35:31], low10[35:33], low10[13:0], high10[35:33]};

endmodule
`default_nettype wire
