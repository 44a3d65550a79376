// SPDX-License-Identifier: Apache-2.0
//
// lac_map_merge - windows of the nine cursors at the same place, place by place
//
//   given:  targets ------------------+
//   MADE:   cursors ------------------+--> [ target ] --> compared with every cursor --> windows there, zero where there is none
//
//   Function   windows below the target are dropped, those at it are taken together. MADE: the target is what a cursor shows, then what
//              one below it shows, until none is below; one of marks alone is taken and goes nowhere
//   Timing     given: a target every second cycle, and one more cycle for every window that the cursor with the most of them drops: the one behind it
//              is compared while it comes in. MADE: three cycles, and two for every cursor that shows less than those looked at before it;
//              out_valid is a cycle later
//   Handshake  target, out: valid/ready; out_* hold until taken. `drain`: everything is dropped. `idle`: nothing is to come (MADE), or no
//              target is at hand
//   Reset      control only
`default_nettype none

module lac_map_merge (
    input  wire         clk,
    input  wire         rst,
    input  wire         made,
    input  wire         drain,
    input  wire [12:0]  offs,         // which sites from an output's own on its taps look at
    output wire         idle,

    input  wire         target_valid,
    output wire         target_ready,
    input  wire [59:0]  target,       // as the cursors' keys

    input  wire [8:0]   valid,        // kz * 3 + ky
    input  wire [8:0]   ended,
    input  wire [8:0]   next,         // as in lac_map_cursor
    input  wire [8:0]   yields,
    output wire [8:0]   pop,
    output wire         loose,
    input  wire [539:0] key,
    input  wire [539:0] next_key,
    input  wire [287:0] lo,
    input  wire [107:0] hi,
    input  wire [215:0] base,

    output wire [59:0]  place_key,    // the target at hand
    output wire         out_valid,
    input  wire         out_ready,
    output wire [59:0]  out_key,
    output wire [31:0]  out_reach,    // MADE: sites that some tap of some window reaches
    output wire [287:0] out_lo,
    output wire [107:0] out_hi,
    output wire [215:0] out_base
);

    // ---- The target: MADE: that of some cursor, then of one below it, until there is none -----------------------------------
    reg          t_valid_q, out_valid_q;
    reg  [59:0]  t_q;
    reg  [8:0]   below_q, at_q;       // cursors that have been compared: they show less than it, the same
    reg          take_q, lower_q;     // every one has been compared: none is below; one is (MADE)
    wire [8:0]   known = valid | ended;
    reg  [8:0]   guess_q;             // MADE: the cursor that is looked at first: one whose window has just been taken is likely to have the next place of the row
    wire         guess = (valid & guess_q) != 9'd0;
    wire         heads = made && !t_valid_q && &known && guess;
    reg          given_q, loose_q, free_q;  // copies, for they go to every cursor: given outputs; loose; no windows wait
    reg  [8:0]   drop_q;                    // given outputs: below
    wire         take  = take_q && free_q;
    wire         empty = made && t_q[13:0] == 14'd0;   // marks alone
    wire [8:0]   first, first_below, first_at;
    lac_first #(.W(9)) u_first (.in(valid), .first(first));
    lac_first #(.W(9)) u_below (.in(below_q), .first(first_below));
    lac_first #(.W(9)) u_at (.in(at_q), .first(first_at));
    wire [8:0]   one   = t_valid_q ? first_below : guess_q;
    always @(posedge clk)
        if (rst)                                 guess_q <= 9'd0;   // one-hot, or none
        else if (take)                           guess_q <= first_at;
        else if (!t_valid_q && &known && !guess) guess_q <= first;   // it has ended
    assign target_ready = !made && (!t_valid_q || take);
    assign pop   = (valid & {9{drain}}) | drop_q | ({9{take}} & at_q);
    assign loose = loose_q;                            // a mark that is the target and gives way costs nothing but a target
    assign idle  = !t_valid_q && !out_valid_q && (!made || &ended);
    wire         holds = t_valid_q && !take && !lower_q;
    // What will stand there in the next cycle, unless it is taken: what stands there, or what comes in
    wire [8:0]   stand = valid & ~drop_q & ~yields;
    wire [8:0]   comes = next & ~stand;
    wire [8:0]   lt, eq;
    wire         told  = holds && &(ended | stand | comes);
    wire         under = ((stand | comes) & lt) != 9'd0;
    wire         out   = (take && !empty) || (out_valid_q && !(out_valid && out_ready));
    always @(posedge clk)
        if (rst) {take_q, lower_q} <= 2'b00;
        else     {take_q, lower_q} <= {told && !under, told && under && made};
    wire         t_valid = made ? heads || (t_valid_q && !take) : target_ready ? target_valid : t_valid_q;
    always @(posedge clk) begin
        t_valid_q   <= !rst && t_valid;
        out_valid_q <= !rst && out;
        free_q      <= rst || !out;
        given_q     <= !made;
        loose_q     <= !made || !t_valid;
    end
    reg  [59:0]  found;
    integer      n;
    always @* begin
        found = {60{!made}} & target;
        for (n = 0; n < 9; n = n + 1) found = found | ({60{made && one[n]}} & key[60*n +: 60]);
    end
    always @(posedge clk) if (!t_valid_q || lower_q || (take && !made)) t_q <= found;

    reg  [59:0]  key_q;
    reg  [287:0] lo_q;
    reg  [107:0] hi_q;
    reg  [215:0] base_q;
    reg  [31:0]  reach_q;
    reg          reach_valid_q;
    genvar i;
    generate
        for (i = 0; i < 9; i = i + 1) begin : g_cursor
            assign lt[i] = stand[i] ? key[60*i +: 60] < t_q  : next_key[60*i +: 60] < t_q;
            assign eq[i] = stand[i] ? key[60*i +: 60] == t_q : next_key[60*i +: 60] == t_q;
            always @(posedge clk) begin
                below_q[i] <= holds && (stand[i] || comes[i]) && lt[i];
                drop_q[i]  <= holds && (stand[i] || comes[i]) && lt[i] && given_q;
                at_q[i]    <= holds && (stand[i] || comes[i]) && eq[i];
            end
            always @(posedge clk)
                if (!out_valid_q && !at_q[i]) {hi_q[12*i +: 12], lo_q[32*i +: 32]} <= 44'd0;
                else if (!out_valid_q)        {hi_q[12*i +: 12], lo_q[32*i +: 32]} <= {hi[12*i +: 12], lo[32*i +: 32]};
            always @(posedge clk) if (!out_valid_q) base_q[24*i +: 24] <= base[24*i +: 24];
        end
    endgenerate
    reg  [43:0]  any;
    reg  [31:0]  reach;
    always @* begin
        any   = 44'd0;
        reach = 32'd0;
        for (n = 0; n < 9; n = n + 1)  any   = any | {hi_q[12*n +: 12], lo_q[32*n +: 32]};
        for (n = 0; n < 13; n = n + 1) reach = reach | ({32{offs[n]}} & any[n +: 32]);
    end
    always @(posedge clk) begin
        if (!out_valid_q) key_q <= t_q;
        reach_q       <= reach;
        reach_valid_q <= out_valid_q && !(out_valid && out_ready);
    end

    assign out_valid = out_valid_q && (!made || reach_valid_q);
    assign place_key = t_q;
    assign out_key   = key_q;
    assign out_reach = reach_q;
    assign out_lo    = lo_q;
    assign out_hi    = hi_q;
    assign out_base  = base_q;

endmodule
`default_nettype wire
