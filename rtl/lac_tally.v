// SPDX-License-Identifier: Apache-2.0
//
// lac_tally - wide sums of all units' cause counters, in one RAM
//
//   at: unit, cause -->[ select ]--> lac_count of that unit --live--> + --> RAM, sums
//                  +----------------------------------------> RAM --^     (sums and counts begin at zero together: a sum's low bits are
//                                                                          the count when last seen)
//
//   Function   visits all counters in turn, one a cycle, and adds what each has grown by since its last visit. A counter of W bits
//              must not wrap between two visits, 8 * UNITS cycles, or less than twice that and 32 while asks never cease
//   Ask        `ask` with `ask_at`: that counter is visited alone, once seven others have had their turn since the last one asked for;
//              `pending` falls when `value` is its sum as of a cycle behind the ask. A unit that does not exist: 0
//   Reset      `sweep_we` writes zero to the RAM at sweep_addr; the counters are cleared beside it
`default_nettype none

module lac_tally #(
    parameter integer UNITS  = 13,
    parameter integer AW     = 7,   // [bits] 2^AW >= 8 * UNITS
    parameter integer W      = 9    // [bits] of a counter
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             sweep_we,
    input  wire [AW-1:0]    sweep_addr,

    input  wire             ask,
    input  wire [11:0]      ask_at,    // unit in bits 11:3, cause in bits 2:0
    output wire             pending,
    output wire [31:0]      value,

    output wire [UNITS-1:0] select,    // one-hot, registered
    output wire [2:0]       cause,
    input  wire [W-1:0]     live       // of the counter selected, in the same cycle
);

    localparam integer LAST_I = UNITS * 8 - 1;
    localparam [11:0]  LAST   = LAST_I[11:0];

    // ---- Whose turn: 0 in turn, 1 .. 3 let the pipeline run empty, 4 the one asked for, 5 .. 7 until its sum is written ------------
    reg  [2:0]       step_q;
    reg  [AW-1:0]    turn_q;
    reg  [11:0]      ask_at_q;
    reg              pending_q, wanted_q;
    reg  [2:0]       rest_q;          // turns since the last one asked for: asks leave the turns at least every second cycle
    wire             start  = wanted_q && step_q == 3'd0 && rest_q == 3'd7;
    wire             exists = ask_at_q <= LAST;
    wire             visit  = step_q == 3'd0 || (step_q == 3'd4 && exists);
    wire [AW-1:0]    addr   = step_q == 3'd0 ? turn_q : ask_at_q[AW-1:0];

    always @(posedge clk)
        if (rst) begin
            step_q    <= 3'd0;
            turn_q    <= {AW{1'b0}};
            pending_q <= 1'b0;
            wanted_q  <= 1'b0;
            rest_q    <= 3'd0;
        end else begin
            if (ask)                  wanted_q <= 1'b1;
            else if (start)           wanted_q <= 1'b0;
            if (step_q != 3'd0)       rest_q <= 3'd0;
            else if (rest_q != 3'd7)  rest_q <= rest_q + 3'd1;
            if (start)                step_q <= 3'd1;
            else if (step_q != 3'd0)  step_q <= step_q + 3'd1;
            if (ask)                  pending_q <= 1'b1;
            else if (step_q == 3'd7 && !wanted_q) pending_q <= 1'b0;
            if (step_q == 3'd0) turn_q <= {{(12-AW){1'b0}}, turn_q} == LAST ? {AW{1'b0}} : turn_q + 1'b1;
        end
    always @(posedge clk) if (ask) ask_at_q <= ask_at;

    // ---- A: selected. B: its count, the RAM's latch. C: the RAM's word; added and written -------------------------------------------
    reg              a_valid_q, b_valid_q, c_valid_q;
    reg  [AW-1:0]    a_addr_q, b_addr_q, c_addr_q;
    reg  [UNITS-1:0] select_q;
    reg  [W-1:0]     b_live_q, c_live_q;
    wire [31:0]      word;
    // The carry out of word's low bits + ~live is "live has wrapped": one chain compares and counts up.
    wire [31:0]      grown = word + {{(32-W){1'b0}}, ~c_live_q};
    wire [31:0]      sum   = {grown[31:W], c_live_q};
    reg  [31:0]      value_q;

    genvar i;
    generate
        for (i = 0; i < UNITS; i = i + 1) begin : g_select
            localparam integer I = i;
            always @(posedge clk) select_q[i] <= visit && addr[AW-1:3] == I[AW-4:0];
        end
    endgenerate

    always @(posedge clk)
        if (rst) {a_valid_q, b_valid_q, c_valid_q} <= 3'b000;
        else     {a_valid_q, b_valid_q, c_valid_q} <= {visit, a_valid_q, b_valid_q};
    always @(posedge clk) begin
        a_addr_q <= addr;
        b_addr_q <= a_addr_q;
        c_addr_q <= b_addr_q;
        b_live_q <= live;
        c_live_q <= b_live_q;
        if (rst || (step_q == 3'd7 && !exists)) value_q <= 32'd0;
        else if (step_q == 3'd7)                value_q <= sum;
    end

    lac_ram #(.W(32), .DEPTH(UNITS * 8), .ADDR_W(AW)) u_sums (
        .clk(clk), .rclk(clk), .we(sweep_we || c_valid_q), .waddr(sweep_we ? sweep_addr : c_addr_q), .wdata(sweep_we ? 32'd0 : sum),
        .re(a_valid_q), .raddr(a_addr_q), .qe(b_valid_q), .q(word)
    );

    assign select  = select_q;
    assign cause   = a_addr_q[2:0];
    assign pending = pending_q;
    assign value   = value_q;

    wire unused_ok = &{1'b0, grown[W-1:0]};

endmodule
`default_nettype wire
