// SPDX-License-Identifier: Apache-2.0
//
// lac_mac - the multiplier of a lane and its two accumulator banks
//
//           S0            S1         S2              S3               S4
//   entry ->[w, a, addr]->[w, a]---->[product]------>[product]------->[ sum ]---> RAM
//                 |         |          ^             ^   |   ^          |  |
//                 |         v          |             |   +---|--<-------+  |  of the entry ahead
//                 +-> RAM ->[latch]--->[RAM]-------->[own]                 |
//                                      [far]-------->[late]<---------------+  of the second, the third and fourth (far) ahead
//
//   Function   acc[bank][addr] += w * a, exact, 36 bits two's complement, overflow noticed
//   Timing     one entry a cycle, never stalls; four additions are in flight, so an entry that needs one of their
//              sums takes that instead of what the RAM gave. The address comparisons are made a cycle early
//   Errors     the first entry of `err` kind or the first overflow since reset is latched with its job
//   STORE      reads rows of bank st_bank, which no EXEC uses (its bit of st_re, then of st_qe), and writes zero to bank b with zero_pre[b] and,
//              a cycle later, zero_we[b] with the address
//   Reset      control only; the sweep behind it writes zero to both banks
`default_nettype none

module lac_mac #(
    parameter integer ACC_DEPTH = 256,  // [words] a bank
    parameter integer ACC_AW    = 8     // [bits]  2^ACC_AW >= ACC_DEPTH
) (
    input  wire              clk,
    input  wire              rst,

    // one stored entry: `en` multiplies, `err` is a row outside the layer, `last` ends a job
    input  wire              in_en,
    input  wire              in_err,
    input  wire              in_end,
    input  wire              in_job,
    input  wire              in_bank,
    input  wire [ACC_AW-1:0] in_addr,
    input  wire [15:0]       in_w,     // signed
    input  wire [16:0]       in_a,     // signed

    output wire [1:0]        done,     // pulse: everything of job 0 / job 1 is in the RAMs
    output wire              err_valid,
    output wire              err_job,
    output wire              err_ovf,  // 1 overflow, 0 row
    output wire [ACC_AW-1:0] err_addr,

    input  wire              st_bank,
    input  wire [1:0]        st_re,     // of a bank
    input  wire [1:0]        st_qe,
    input  wire [ACC_AW-1:0] st_raddr,
    input  wire [1:0]        zero_pre,  // of a bank without entries under way: zero_we in the next cycle
    input  wire [1:0]        zero_we,
    input  wire [ACC_AW-1:0] zero_addr,
    output wire [35:0]       st_acc
);

    // What is under way, four bits a stage from S0 up: {job, end, err, en}
    reg  [19:0]       what_q;
    // S0: operands; the RAM is read. `at` is {bank, address} of its accumulator
    reg  [ACC_AW:0]   s0_at_q;
    reg  [15:0]       s0_w_q;
    reg  [16:0]       s0_a_q;
    // S1: operands in lac_mul; the RAM's latch is loaded
    reg  [ACC_AW:0]   s1_at_q;
    reg               s1_near_q, s1_second_q, s1_third_q, s1_fourth_q;  // same accumulator as the entry one, two, three, four ahead
    // S2: product; the RAM's output register
    reg  [ACC_AW:0]   s2_at_q;
    reg               s2_near_q, s2_second_q, s2_late_q;  // late: two, three or four ahead
    reg  [35:0]       far_q;
    // S3: product and what it is added to
    reg  [ACC_AW:0]   s3_at_q;
    reg               s3_near_q;
    reg  [35:0]       own_q, late_q;             // what the RAM gave; a sum that came too late for it: one of the two, the other is zero
    wire [35:0]       s3_p;
    // S4: sum, written now; S5: a sum whose write the RAM read may have missed
    reg  [ACC_AW:0]   s4_at_q;
    reg               s4_ovf_q;
    reg  [35:0]       s4_sum_q, s5_sum_q;

    wire [35:0] ram_q [0:1];

    lac_mul #(.SIGNED(1)) u_mul (.clk(clk), .en(what_q[0] || what_q[4] || what_q[8]), .a({{2{s0_w_q[15]}}, s0_w_q}), .b({s0_a_q[16], s0_a_q}), .p(s3_p));

    always @(posedge clk)
        if (rst) what_q <= 20'd0;
        else     what_q <= {what_q[15:0], in_job, in_end, in_err, in_en};

    // What goes with an entry moves with it, and stands still where there is none.
    always @(posedge clk)
        if (in_en || in_err) begin
            s0_at_q <= {in_bank, in_addr};
            s0_w_q  <= in_w;
            s0_a_q  <= in_a;
        end
    always @(posedge clk)
        if (what_q[1:0] != 2'd0) begin  // against the entries ahead
            s1_at_q     <= s0_at_q;
            s1_near_q   <= what_q[4] && s1_at_q == s0_at_q;
            s1_second_q <= what_q[8] && s2_at_q == s0_at_q;
            s1_third_q  <= what_q[12] && s3_at_q == s0_at_q;
            s1_fourth_q <= what_q[16] && s4_at_q == s0_at_q;
        end
    always @(posedge clk)
        if (what_q[5:4] != 2'd0) begin
            s2_at_q     <= s1_at_q;
            s2_near_q   <= s1_near_q;
            s2_second_q <= s1_second_q;
            s2_late_q   <= s1_second_q || s1_third_q || s1_fourth_q;
            far_q       <= s1_third_q ? s4_sum_q : s5_sum_q;
        end
    always @(posedge clk)
        if (what_q[9:8] != 2'd0) begin
            s3_at_q   <= s2_at_q;
            s3_near_q <= s2_near_q;
            own_q     <= {36{!s2_late_q}} & ram_q[s2_at_q[ACC_AW]];
            late_q    <= {36{s2_late_q}} & (s2_second_q ? s4_sum_q : far_q);
        end
    always @(posedge clk) if (what_q[13:12] != 2'd0) s4_at_q <= s3_at_q;
    always @(posedge clk) if (what_q[16]) s5_sum_q <= s4_sum_q;

    // What is written, for each bank: the sum, or zero. The clear is one signal for all lanes: FPGAs have few of them.
    reg [35:0] write0_q, write1_q;
    always @(posedge clk) begin
        if (what_q[12]) begin : add
            reg [35:0] old;
            reg [36:0] sum;
            old = s3_near_q ? s4_sum_q : own_q | late_q;
            sum = {old[35], old} + {s3_p[35], s3_p};
            s4_sum_q <= sum[35:0];
            s4_ovf_q <= sum[36] != sum[35];
            write0_q <= sum[35:0];
            write1_q <= sum[35:0];
        end
        if (zero_pre[0]) write0_q <= 36'd0;
        if (zero_pre[1]) write1_q <= 36'd0;
    end

    // The first error stays until reset.
    reg              err_valid_q, err_job_q, err_ovf_q;
    reg [ACC_AW-1:0] err_addr_q;
    wire             bad = what_q[17] || (what_q[16] && s4_ovf_q);
    always @(posedge clk)
        if (rst)      err_valid_q <= 1'b0;
        else if (bad) err_valid_q <= 1'b1;
    always @(posedge clk)
        if (bad && !err_valid_q) begin
            err_job_q  <= what_q[19];
            err_ovf_q  <= !what_q[17];
            err_addr_q <= s4_at_q[ACC_AW-1:0];
        end
    assign err_valid = err_valid_q;
    assign err_job   = err_job_q;
    assign err_ovf   = err_ovf_q;
    assign err_addr  = err_addr_q;

    reg [1:0] done_q;
    always @(posedge clk)
        if (rst) done_q <= 2'b00;
        else     done_q <= {what_q[18] && what_q[19], what_q[18] && !what_q[19]};
    assign done = done_q;

    genvar b;
    generate
        for (b = 0; b < 2; b = b + 1) begin : g_bank
            localparam [0:0] BANK = b;
            lac_ram #(.W(36), .DEPTH(ACC_DEPTH), .ADDR_W(ACC_AW)) u_acc (
                .clk(clk), .rclk(clk),
                .we   (zero_we[b] || (what_q[16] && s4_at_q[ACC_AW] == BANK)),
                .waddr(zero_we[b] ? zero_addr : s4_at_q[ACC_AW-1:0]),
                .wdata(b == 0 ? write0_q : write1_q),
                .re   (st_re[b] || (what_q[0] && s0_at_q[ACC_AW] == BANK)),
                .raddr(st_re[b] ? st_raddr : s0_at_q[ACC_AW-1:0]),
                .qe   (st_qe[b] || (what_q[4] && s1_at_q[ACC_AW] == BANK)),
                .q    (ram_q[b])
            );
        end
    endgenerate
    assign st_acc = ram_q[st_bank];

endmodule
`default_nettype wire
