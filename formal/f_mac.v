// SPDX-License-Identifier: Apache-2.0
//
// f_mac - lac_mac's forwarding, for one accumulator of either bank that the solver chooses (induction)
//
//   Assumed    STORE and the sweep leave that bank alone while EXEC uses it
//   Proved     after any sequence of entries, also to the same accumulator in neighbouring cycles, the accumulator
//              is the sum of its products in their order, and a sum that left 36 bits is noticed. RAM reads that meet
//              a write may return anything (f_ram); the product is any function of the operands (f_mul)
//
// The wires at the top are the block's insides; prove.sh connects them.
`default_nettype none
module f_mac (
    input wire        clk,
    input wire        rst,
    input wire        in_en,
    input wire        in_err,
    input wire        in_end,
    input wire        in_job,
    input wire        in_bank,
    input wire [1:0]  in_addr,
    input wire [15:0] in_w,
    input wire [16:0] in_a,
    input wire        st_bank,
    input wire [1:0]  st_re,
    input wire [1:0]  st_qe,
    input wire [1:0]  st_raddr,
    input wire [1:0]  zero_pre,
    input wire [1:0]  zero_we,
    input wire [1:0]  zero_addr
);
    (* keep *) wire [19:0] what_q;
    (* keep *) wire [2:0]  s0_at_q, s1_at_q, s2_at_q, s3_at_q, s4_at_q;  // {bank, address}
    (* keep *) wire [15:0] s0_w_q;
    (* keep *) wire [16:0] s0_a_q;
    (* keep *) wire [17:0] mul_a, mul_b;
    (* keep *) wire [35:0] mul_p1, mul_p2;
    (* keep *) wire        s1_near_q, s1_second_q, s1_third_q, s1_fourth_q, s2_near_q, s2_second_q, s2_late_q, s3_near_q, s4_ovf_q;
    (* keep *) wire [35:0] s4_sum_q, s5_sum_q, far_q, own_q, late_q;
    (* keep *) wire [35:0] word0, word1, latch0, latch1, ram0, ram1, write0, write1;
    (* keep *) (* anyconst *) reg [1:0] f_addr;
    (* anyconst *) reg       f_bank;

    // verilator lint_off PINCONNECTEMPTY
    lac_mac #(.ACC_DEPTH(4), .ACC_AW(2)) dut (
        .clk(clk), .rst(rst), .in_en(in_en), .in_err(in_err), .in_end(in_end), .in_job(in_job), .in_bank(in_bank),
        .in_addr(in_addr), .in_w(in_w), .in_a(in_a), .done(), .err_valid(), .err_job(), .err_ovf(), .err_addr(),
        .st_bank(st_bank), .st_re(st_re), .st_qe(st_qe), .st_raddr(st_raddr), .zero_pre(zero_pre), .zero_we(zero_we), .zero_addr(zero_addr), .st_acc()
    );
    // verilator lint_on PINCONNECTEMPTY
    wire [2:0]  f_at = {f_bank, f_addr};
    wire [35:0] word  = f_bank ? word1 : word0;
    wire [35:0] latch = f_bank ? latch1 : latch0;
    wire [35:0] ram   = f_bank ? ram1 : ram0;
    wire [35:0] write = f_bank ? write1 : write0, other = f_bank ? write0 : write1;

    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @(*) assume (rst == !f_past);
    always @(*) assume (!st_re[f_bank] && !st_qe[f_bank]);
    always @(*) assume (!zero_pre[f_bank] && !zero_we[f_bank]);
    reg f_zero = 1'b0;  // the other bank is written with zero now
    always @(posedge clk) f_zero <= zero_pre[!f_bank];

    // What the accumulator must be: products of its entries, four cycles after they came, added one by one
    reg        h0 = 1'b0, h1 = 1'b0, h2 = 1'b0, h3 = 1'b0, h4 = 1'b0, h5 = 1'b0, h6 = 1'b0;  // an entry of ours is in stage n
    reg [35:0] p0, p1, p2, p3;
    reg [35:0] now, now1, now2, now3;  // the sum up to the entry in stage 4; 1, 2, 3 cycles ago
    reg        over;                   // the last addition left 36 bits
    wire [36:0] next = {now[35], now} + {p3[35], p3};
    always @(posedge clk) begin
        {h6, h5, h4, h3, h2, h1, h0} <= rst ? 7'd0 : {h5, h4, h3, h2, h1, h0, in_en && in_bank == f_bank && in_addr == f_addr};
        {p3, p2, p1, p0} <= {p2, p1, p0, {2{in_w[15]}}, in_w, in_a[16], in_a};
        {now3, now2, now1} <= {now2, now1, now};
        if (h3) begin
            now  <= next[35:0];
            over <= next[36] != next[35];
        end
    end
    always @(*) if (!f_past) assume (!what_q[16] && word == now && now == now1 && now1 == now2 && now2 == now3);

    always @(*) if (f_past) begin
        // the RAM is one entry behind   P1 it holds the sums   P2 so do those under way   P3 overflow is noticed
        // P4 what is written is the sum; zero behind zero_pre
        assert (word == now1);
        if (h4) assert (s4_sum_q == now && s4_ovf_q == over);
        if (f_zero) assert (other == 36'd0);
        if (what_q[16] && s4_at_q[2] == f_bank) assert (write == s4_sum_q);
        // what the invariant needs to be inductive
        if (h5) assert (s5_sum_q == now1);
        assert (h0 == (what_q[0] && s0_at_q == f_at));
        assert (h1 == (what_q[4] && s1_at_q == f_at));
        assert (h2 == (what_q[8] && s2_at_q == f_at));
        assert (h3 == (what_q[12] && s3_at_q == f_at));
        assert (h4 == (what_q[16] && s4_at_q == f_at));
        assert (h4 || now == now1);
        assert (h5 || now1 == now2);
        assert (h6 || now2 == now3);
        if (h0) assert ({{2{s0_w_q[15]}}, s0_w_q, s0_a_q[16], s0_a_q} == p0);
        if (h1) assert ({mul_a, mul_b} == p1 && (h5 || latch == now2));
        if (h1) assert (s1_near_q == h2 && s1_second_q == h3 && s1_third_q == h4 && s1_fourth_q == h5);
        if (h2) assert (mul_p1 == p2 && (h6 || ram == now3));
        if (h2) assert (s2_near_q == h3 && s2_second_q == h4 && s2_late_q == (h4 || h5 || h6));
        if (h2 && (h5 || h6)) assert (far_q == (h5 ? now1 : now2));
        if (h3) assert (mul_p2 == p3 && s3_near_q == h4 && (h4 || (own_q | late_q) == now1));
    end
endmodule
`default_nettype wire
