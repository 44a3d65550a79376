// SPDX-License-Identifier: Apache-2.0
//
// lac_map_merge - windows of the nine cursors at the same place, place by place
//
//   given:  targets ------------------+
//   MADE:   cursors ------------------+--> [ target ] --> compared with every cursor --> windows there, zero where there is none
//
//   Function   windows below the target are dropped, those at it are taken together. MADE: the target is what a cursor shows, then what
//              one below it shows, until none is below; one of marks alone is taken and goes nowhere
//   Timing     given: a target every second cycle, and two more cycles for every window that the cursor with the most of them drops. MADE: three
//              cycles, and two for every cursor that shows less than those looked at before it; out_valid is a cycle later
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

    // ---- The target: MADE: that of some cursor, then of one below it, until there is none -----------------------------------
    reg          t_valid_q, out_valid_q;
    reg  [59:0]  t_q;
    reg  [8:0]   cmp_q, lt_q, eq_q;   // how each cursor stands to it
    wire [8:0]   known = valid | ended;
    wire         heads = made && !t_valid_q && &known && !(&ended);
    wire         told  = t_valid_q && &(ended | cmp_q);
    wire [8:0]   below = cmp_q & lt_q;
    wire         lower = made && told && below != 9'd0;
    wire         take  = told && below == 9'd0 && !out_valid_q;
    wire         empty = made && t_q[13:0] == 14'd0;   // marks alone
    wire [8:0]   some  = heads ? valid : below;
    wire [8:0]   one   = some & (~some + 9'd1);
    assign target_ready = !made && (!t_valid_q || take);
    assign pop   = valid & ({9{drain}} | (below & {9{!made}}) | ({9{take}} & cmp_q & eq_q));
    assign loose = !made || (!t_valid_q && !heads);
    assign idle  = !t_valid_q && !out_valid_q && (!made || &ended);
    always @(posedge clk)
        if (rst) begin
            t_valid_q   <= 1'b0;
            out_valid_q <= 1'b0;
        end else begin
            if (made)              t_valid_q <= heads || (t_valid_q && !take);
            else if (target_ready) t_valid_q <= target_valid;
            if (take && !empty)    out_valid_q <= 1'b1;
            else if (out_valid && out_ready) out_valid_q <= 1'b0;
        end
    reg  [59:0]  found;
    integer      n;
    always @* begin
        found = {60{!made}} & target;
        for (n = 0; n < 9; n = n + 1) found = found | ({60{made && one[n]}} & key[60*n +: 60]);
    end
    always @(posedge clk) if (heads || lower || target_ready) t_q <= found;

    reg  [59:0]  key_q;
    reg  [287:0] lo_q;
    reg  [107:0] hi_q;
    reg  [215:0] base_q;
    reg  [43:0]  any_q;
    reg          any_valid_q;
    genvar i;
    generate
        for (i = 0; i < 9; i = i + 1) begin : g_cursor
            always @(posedge clk) begin
                cmp_q[i] <= !rst && valid[i] && !changes[i] && t_valid_q && !take && !lower;
                lt_q[i]  <= key[60*i +: 60] < t_q;
                eq_q[i]  <= key[60*i +: 60] == t_q;
            end
            always @(posedge clk)
                if (!out_valid_q && !(eq_q[i] && cmp_q[i])) {hi_q[12*i +: 12], lo_q[32*i +: 32]} <= 44'd0;
                else if (!out_valid_q)                      {hi_q[12*i +: 12], lo_q[32*i +: 32]} <= {hi[12*i +: 12], lo[32*i +: 32]};
            always @(posedge clk) if (!out_valid_q) base_q[24*i +: 24] <= base[24*i +: 24];
        end
    endgenerate
    reg  [43:0]  any;
    always @* begin
        any = 44'd0;
        for (n = 0; n < 9; n = n + 1) any = any | {hi_q[12*n +: 12], lo_q[32*n +: 32]};
    end
    always @(posedge clk) begin
        if (!out_valid_q) key_q <= t_q;
        any_q       <= any;
        any_valid_q <= out_valid_q && !(out_valid && out_ready);
    end

    assign out_valid = out_valid_q && (!made || any_valid_q);
    assign next_key  = t_q;
    assign out_key   = key_q;
    assign out_any   = any_q;
    assign out_lo    = lo_q;
    assign out_hi    = hi_q;
    assign out_base  = base_q;

endmodule
`default_nettype wire
