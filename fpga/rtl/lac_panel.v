// SPDX-License-Identifier: Apache-2.0
//
// lac_panel - reset after power-up and at the button, the lights
//
//   Reset      rst is high until the clock has been locked for 16 cycles, and for 16 cycles when the button goes down. So a button that is
//              held does not hold the reset: the host can see it (STATUS bit 2)
//   Button     asynchronous; believed once it has not changed for DEBOUNCE cycles, or up to a half more
//   Lights     `beat`: a heartbeat. `busy`: the core did something in the last 2^BLINK_W / 8 cycles, or a quarter less. `error`: the core's STATUS told an error
//              when the host last read it
//   Power-up   what rst hangs on has its first value in the bitstream
`default_nettype none

module lac_panel #(
    parameter integer DEBOUNCE = 1200000,  // [cycles] 16 .. 2^24
    parameter integer BLINK_W  = 27        // [bits] a heartbeat takes 2^BLINK_W cycles
) (
    input  wire clk,
    input  wire locked,        // asynchronous
    input  wire button_in,     // asynchronous
    output wire rst,
    output wire button,        // down

    input  wire activity,
    input  wire status_valid,  // the host read the core's STATUS ...
    input  wire status_error,  // ... and this was its error bit
    output wire beat,
    output wire busy,
    output wire error
);

`include "lac_clog2.vh"
    localparam integer STEP   = clog2(DEBOUNCE) - 3;                         // log2 of the cycles of a step
    localparam integer CALM_I = (DEBOUNCE + (1 << STEP) - 1) / (1 << STEP);  // 5 .. 8
    localparam [4:0]   CALM   = CALM_I[4:0];

    (* async_reg = "true" *) reg [1:0] locked_q = 2'd0, button_q = 2'd0;  // synchronisers
    reg [3:0]         wait_q = 4'd0;
    reg               down_q = 1'b0, rst_q = 1'b1;
    reg [4:0]         calm_q = CALM;   // [2^STEP cycles] the button has to differ from down_q yet, less one
    reg               step_q = 1'b0;   // of blink_q, as it was
    reg [BLINK_W-1:0] blink_q;
    reg               tick_q;          // of blink_q, as it was
    reg [2:0]         busy_q;          // [2^BLINK_W / 32 cycles] the light stays on, the first one cut short
    reg               activity_q;
    reg               error_q;

    wire step  = step_q && !blink_q[STEP-1];
    wire turn  = calm_q[4];
    wire press = turn && !down_q;

    always @(posedge clk) begin
        locked_q <= {locked_q[0], locked};
        button_q <= {button_q[0], button_in};

        step_q <= blink_q[STEP-1];
        if (button_q[1] == down_q || turn) calm_q <= CALM;
        else if (step)                     calm_q <= calm_q - 5'd1;
        if (turn) down_q <= !down_q;

        if (!locked_q[1] || press) wait_q <= 4'd0;
        else if (!(&wait_q))       wait_q <= wait_q + 4'd1;
        rst_q <= !(&wait_q);
    end

    always @(posedge clk)
        if (rst_q) begin
            blink_q    <= 0;
            tick_q     <= 1'b0;
            activity_q <= 1'b0;
            busy_q     <= 3'd0;
            error_q    <= 1'b0;
        end else begin
            blink_q    <= blink_q + 1'b1;
            tick_q     <= blink_q[BLINK_W-6];
            activity_q <= activity;
            if (activity_q)                                 busy_q <= 3'd4;
            else if (busy && tick_q && !blink_q[BLINK_W-6]) busy_q <= busy_q - 3'd1;
            if (status_valid) error_q <= status_error;
        end

    assign rst    = rst_q;
    assign button = down_q;
    assign beat   = blink_q[BLINK_W-1] && blink_q[BLINK_W-3];  // two short flashes
    assign busy   = busy_q != 3'd0;
    assign error  = error_q;

endmodule
`default_nettype wire
