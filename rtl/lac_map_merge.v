// SPDX-License-Identifier: Apache-2.0
//
// lac_map_merge - windows of the nine cursors at the same place, place by place
//
//   given:  targets ------------------+
//   MADE:   cursors --> min --> min --+--> [ target ] --> compared with every cursor --> windows there, zero where there is none
//
//   Function   windows below the target are dropped, those at it are taken together. MADE: the target is the least that a cursor shows; one of
//              marks alone is taken and goes nowhere
//   Timing     given: a target every second cycle, and two more cycles for every window that the cursor with the most of them drops. MADE: four
//              cycles
//   Handshake  target, out: valid/ready; out_* hold until taken. `drain`: everything is dropped. `idle`: nothing is to come (MADE), or no
//              target is at hand
//   Reset      control only
`default_nettype none

module lac_map_merge (
    input  wire         clk,
    input  wire         rst,
    input  wire         made,
    input  wire         drain,
    output wire         idle,

    input  wire         target_valid,
    output wire         target_ready,
    input  wire [59:0]  target,       // as the cursors' keys

    input  wire [8:0]   valid,        // kz * 3 + ky
    input  wire [8:0]   ended,
    input  wire [8:0]   changes,
    output wire [8:0]   pop,
    output wire         loose,
    input  wire [539:0] key,
    input  wire [287:0] lo,
    input  wire [107:0] hi,
    input  wire [215:0] base,

    output wire [59:0]  next_key,     // the target at hand
    output wire         out_valid,
    input  wire         out_ready,
    output wire [59:0]  out_key,
    output wire [43:0]  out_any,      // sites of all windows
    output wire [287:0] out_lo,
    output wire [107:0] out_hi,
    output wire [215:0] out_base
);

    // ---- MADE: the least -----------------------------------------------------------------------------------------------------
    localparam [1:0] PH_HEADS = 2'd0, PH_MIN = 2'd1, PH_TAKE = 2'd2;
    reg  [1:0]   phase_q;
    wire [8:0]   known = valid | ended;
    wire         start = made && phase_q == PH_HEADS && &known && !(&ended);
    reg  [182:0] least_q;      // of each kz; bit 60: there is none
    wire [182:0] least;
    wire [60:0]  least_all;
    genvar i;
    generate
        for (i = 0; i < 3; i = i + 1) begin : g_kz
            lac_map_least u_least (
                .a({!valid[3*i], key[180*i +: 60]}), .b({!valid[3*i+1], key[180*i+60 +: 60]}), .c({!valid[3*i+2], key[180*i+120 +: 60]}),
                .least(least[61*i +: 61])
            );
        end
    endgenerate
    lac_map_least u_least (.a(least_q[60:0]), .b(least_q[121:61]), .c(least_q[182:122]), .least(least_all));
    always @(posedge clk) least_q <= least;
    assign loose = !made || (phase_q == PH_HEADS && !start);

    // ---- The target, and how each cursor stands to it --------------------------------------------------------------------------
    reg          t_valid_q;
    reg  [59:0]  t_q;
    reg  [8:0]   cmp_q, lt_q, eq_q;
    reg          out_valid_q;
    wire         take  = t_valid_q && &(ended | (cmp_q & ~lt_q)) && !out_valid_q;
    wire         empty = made && t_q[13:0] == 14'd0;   // marks alone
    assign target_ready = !made && (!t_valid_q || take);
    assign pop  = valid & ({9{drain}} | (cmp_q & (lt_q | ({9{take}} & eq_q))));
    assign idle = !t_valid_q && !out_valid_q && (!made || (phase_q == PH_HEADS && &ended));
    always @(posedge clk)
        if (rst) begin
            phase_q     <= PH_HEADS;
            t_valid_q   <= 1'b0;
            out_valid_q <= 1'b0;
        end else begin
            case (phase_q)
                PH_HEADS: if (start) phase_q <= PH_MIN;
                PH_MIN:   phase_q <= PH_TAKE;
                default:  if (take) phase_q <= PH_HEADS;
            endcase
            if (made)              t_valid_q <= phase_q == PH_MIN || (t_valid_q && !take);
            else if (target_ready) t_valid_q <= target_valid;
            if (take && !empty)    out_valid_q <= 1'b1;
            else if (out_ready)    out_valid_q <= 1'b0;
        end
    always @(posedge clk)
        if (made ? phase_q == PH_MIN : target_ready) t_q <= made ? least_all[59:0] : target;

    reg  [59:0]  key_q;
    reg  [287:0] lo_q;
    reg  [107:0] hi_q;
    reg  [215:0] base_q;
    reg  [43:0]  any_q;
    wire [395:0] here;         // windows at the target
    generate
        for (i = 0; i < 9; i = i + 1) begin : g_cursor
            assign here[44*i +: 44] = {44{eq_q[i] && cmp_q[i]}} & {hi[12*i +: 12], lo[32*i +: 32]};
            always @(posedge clk) begin
                cmp_q[i] <= !rst && valid[i] && !changes[i] && t_valid_q && !take;
                lt_q[i]  <= key[60*i +: 60] < t_q;
                eq_q[i]  <= key[60*i +: 60] == t_q;
            end
            always @(posedge clk)
                if (!out_valid_q) {hi_q[12*i +: 12], lo_q[32*i +: 32], base_q[24*i +: 24]} <= {here[44*i +: 44], base[24*i +: 24]};
        end
    endgenerate
    wire [131:0] any3;         // of each kz
    generate
        for (i = 0; i < 3; i = i + 1) begin : g_any
            assign any3[44*i +: 44] = here[132*i +: 44] | here[132*i+44 +: 44] | here[132*i+88 +: 44];
        end
    endgenerate
    always @(posedge clk)
        if (!out_valid_q) begin
            key_q <= t_q;
            any_q <= any3[43:0] | any3[87:44] | any3[131:88];
        end

    assign out_valid = out_valid_q;
    assign next_key  = t_q;
    assign out_key   = key_q;
    assign out_any   = any_q;
    assign out_lo    = lo_q;
    assign out_hi    = hi_q;
    assign out_base  = base_q;

    wire unused_ok = &{1'b0, least_all[60]};

endmodule
`default_nettype wire
