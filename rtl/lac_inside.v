// SPDX-License-Identifier: Apache-2.0
//
// lac_inside - is this line of memory inside a window?
//
//   Function   inside: base <= the line's first byte, its last one < limit, and < 2^ADDR_W; beyond: it is not below 2^ADDR_W
//   Timing     a cycle behind `line`; the window holds still
//   Reset      none
`default_nettype none

module lac_inside #(
    parameter integer LB_LOG = 3,   // log2 of the bytes of a line
    parameter integer ADDR_W = 32,
    parameter integer NW     = 39   // [bits] of a line's number
) (
    input  wire          clk,
    input  wire [63:0]   base,
    input  wire [63:0]   limit,
    input  wire [NW-1:0] line,
    output wire          inside,
    output wire          beyond
);

    localparam integer U_W = ADDR_W - LB_LOG;

    reg  [U_W-1:0] base_q, limit_q;
    reg            base_odd_q, base_far_q, limit_far_q;
    reg            behind_q, before_q, beyond_q;
    wire [63:0]    number = {{(64-NW){1'b0}}, line};
    wire [U_W-1:0] at     = number[U_W-1:0];

    always @(posedge clk) begin
        base_q      <= base[ADDR_W-1:LB_LOG];
        base_odd_q  <= |base[LB_LOG-1:0];
        base_far_q  <= |(base >> ADDR_W);
        limit_q     <= limit[ADDR_W-1:LB_LOG];
        limit_far_q <= |(limit >> ADDR_W);
        behind_q    <= !base_far_q && {at, 1'b0} >= {base_q, base_odd_q};
        before_q    <= limit_far_q || at < limit_q;
        beyond_q       <= |(number >> U_W);
    end
    assign inside = behind_q && before_q && !beyond_q;
    assign beyond = beyond_q;

    wire unused_ok = &{1'b0, limit[LB_LOG-1:0]};

endmodule
`default_nettype wire
