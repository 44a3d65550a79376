// SPDX-License-Identifier: Apache-2.0
//
// lac_count - the cause counters of one unit: in which of eight causes it spent each cycle of the runs
//
//   Function   counts `cause` in every cycle of `run`; `out` is the count of cause `at` while selected, else 0, so that the units'
//              outputs can be or-ed. Counts are narrow and wrap: lac_tally looks often enough to add them up
//   Timing     counted one cycle after `cause`
//   Area       one small RAM with asynchronous reads (LUT RAM) and one incrementer
//   Reset      `clear` writes zero to count `clear_at`, one a cycle
`default_nettype none

module lac_count #(
    parameter integer W = 12  // [bits]
) (
    input  wire         clk,
    input  wire         clear,
    input  wire [2:0]   clear_at,
    input  wire         run,
    input  wire [2:0]   cause,
    input  wire         select,
    input  wire [2:0]   at,
    output wire [W-1:0] out
);

    reg [W-1:0] count [0:7];
    reg         run_q;
    reg [2:0]   cause_q;

    wire [2:0]   to  = clear ? clear_at : cause_q;

    always @(posedge clk) begin
        run_q   <= run;
        cause_q <= cause;
        if (clear || run_q) count[to] <= clear ? {W{1'b0}} : count[cause_q] + 1'b1;
    end

    assign out = select ? count[at] : {W{1'b0}};

endmodule
`default_nettype wire
