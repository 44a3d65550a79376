// SPDX-License-Identifier: Apache-2.0
//
// lac_panel - reset after power-up and at the button, the lights
//
//   Reset      rst is high until the clock has been locked for 16 cycles, and for 16 cycles when the button goes down. So a button that is
//              held does not hold the reset: the host can see it (STATUS bit 2)
//   Button     asynchronous; believed once it has not changed for DEBOUNCE cycles
//   Lights     `beat`: a heartbeat. `busy`: the core did something in the last 2^BLINK_W / 8 cycles, or a quarter less. `error`: the core's STATUS told an error
//              when the host last read it
//   Power-up   the counters start at zero: the value is part of the bitstream
`default_nettype none

module lac_panel #(
    parameter integer DEBOUNCE = 1200000,  // [cycles] 2 .. 2^24 - 1
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

    localparam integer CALM_I = DEBOUNCE - 1;
    localparam [24:0]  CALM   = CALM_I[24:0];

    (* async_reg = "true" *) reg [1:0] locked_q = 2'd0, button_q = 2'd0;  // synchronisers
    reg [3:0]         wait_q = 4'd0;
    reg               down_q = 1'b0, rst_q = 1'b1;
    reg [24:0]        calm_q = CALM;   // [cycles] the button has to differ from down_q yet, less one
    reg [BLINK_W-1:0] blink_q;
    reg               tick_q;          // of blink_q, as it was
    reg [2:0]         busy_q;          // [2^BLINK_W / 32 cycles] the light stays on, the first one cut short
    reg               activity_q;
    reg               error_q;

    wire turn  = calm_q[24];
    wire press = turn && !down_q;

    always @(posedge clk) begin
        locked_q <= {locked_q[0], locked};
        button_q <= {button_q[0], button_in};

        calm_q <= (button_q[1] == down_q || turn) ? CALM : calm_q - 25'd1;
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
            if (activity_q)                              busy_q <= 3'd4;
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
