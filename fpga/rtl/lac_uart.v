// SPDX-License-Identifier: Apache-2.0
//
// lac_uart - bytes from and to a serial line: 8 data bits, no parity, one stop bit
//
//   rx --[2 flip-flops]--[majority of 3]--> receiver --> queue of 4 --> out          in --> transmitter --> tx
//
//   Receive    a bit is sampled in its middle; a start bit that is gone by its middle was a glitch. The next start bit may
//              come from the middle of the stop bit on, so a sender up to 4 % faster is followed
//   Bad        out_bad comes with a byte whose stop bit was low (framing error), and with the first byte behind one or more that found
//              the queue full and were lost. After a framing error nothing is received until the line was high
//   Break      out_break is high for one cycle when the line has been low for 160 bit times; the queue is emptied
//   Transmit   one byte at a time; in_ready, a register, rises when its stop bit is over
//   Handshake  a byte moves in a cycle with valid && ready; out_* may change while out_valid is low or at a break only
//   Reset      rst drops everything; tx rests high
`default_nettype none

module lac_uart #(
    parameter integer DIVISOR = 40  // [cycles] a bit, 4 .. 65535
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       rx,
    output wire       tx,

    output wire       out_valid,
    input  wire       out_ready,
    output wire [7:0] out_data,
    output wire       out_bad,
    output wire       out_break,

    input  wire       in_valid,
    output wire       in_ready,
    input  wire [7:0] in_data
);

`include "lac_clog2.vh"
    localparam integer       TIME_W   = clog2(DIVISOR);
    localparam integer       BIT_I    = DIVISOR - 2;
    localparam integer       HALF_I   = DIVISOR / 2 - 2;
    localparam [TIME_W:0]    BIT      = BIT_I[TIME_W:0];
    localparam [TIME_W:0]    HALF     = HALF_I[TIME_W:0];
    localparam [7:0]         BREAK    = 8'd150;  // [bits] beyond the ten of the byte in which it began

    // ---- The line, synchronised; a pulse of one cycle does not get through
    reg [3:0] line_q;  // newest in bit 0; bit 0 may be metastable
    reg       level_q;

    always @(posedge clk)
        if (rst) begin
            line_q  <= 4'b1111;
            level_q <= 1'b1;
        end else begin
            line_q  <= {line_q[2:0], rx};
            level_q <= (line_q[3] && line_q[2]) || (line_q[3] && line_q[1]) || (line_q[2] && line_q[1]);
        end

    // ---- Receiver
    localparam [1:0] REST = 2'd0, START = 2'd1, BITS = 2'd2, LOW = 2'd3;

    reg [1:0]        state_q;
    reg [TIME_W:0]   time_q;   // [cycles] until the next sample, less one
    reg [7:0]        count_q;  // BITS: samples taken; LOW: bit times
    reg [7:0]        data_q;
    reg              push_q;   // data_q is a byte; level_q of the last cycle was its stop bit
    reg              stop_q;
    reg              break_q;

    wire sample = time_q[TIME_W];
    wire last   = count_q[3];  // eight bits are in, this is the stop bit

    always @(posedge clk) begin
        push_q  <= 1'b0;
        break_q <= 1'b0;
        if (sample || state_q == REST) time_q <= (state_q == REST) ? HALF : BIT;
        else                           time_q <= time_q - 1'b1;

        case (state_q)
            REST: if (!level_q) state_q <= START;  // the line falls
            START:                                 // the middle of the start bit
                if (sample) begin
                    state_q <= level_q ? REST : BITS;
                    count_q <= 8'd0;
                end
            BITS:
                if (sample) begin
                    count_q <= last ? 8'd0 : count_q + 8'd1;
                    push_q  <= last;
                    if (last) state_q <= level_q ? REST : LOW;
                end
            default:                               // LOW: until the line rises
                if (level_q) state_q <= REST;
                else if (sample && count_q != BREAK) begin
                    count_q <= count_q + 8'd1;
                    break_q <= count_q == BREAK - 8'd1;
                end
        endcase
        if (state_q == BITS && sample && !last) data_q <= {level_q, data_q[7:1]};
        stop_q <= level_q;

        if (rst) begin
            state_q <= REST;
            push_q  <= 1'b0;
            break_q <= 1'b0;
        end
    end

    // ---- Queue
    reg  lost_q;  // a byte found no room
    wire room;

    always @(posedge clk)
        if (rst || break_q) lost_q <= 1'b0;
        else if (push_q)    lost_q <= !room;

    // verilator lint_off PINCONNECTEMPTY
    lac_fifo #(.W(9), .DEPTH(4), .LEVEL_W(3)) u_fifo (
        .clk(clk), .rst(rst || break_q), .push(push_q && room), .in_data({!stop_q || lost_q, data_q}), .in_ready(room),
        .out_valid(out_valid), .out_data({out_bad, out_data}), .pop(out_valid && out_ready), .level()
    );
    // verilator lint_on PINCONNECTEMPTY
    assign out_break = break_q;

    // ---- Transmitter: the start bit, eight bits, the stop bit
    reg [TIME_W:0]   tx_time_q;  // [cycles] until the next bit, less one
    reg [9:0]        tx_data_q;  // bits to come, the next one lowest; ones behind them
    reg [3:0]        tx_left_q;  // [bits] of them
    reg              tx_q, ready_q;

    wire tx_rest = tx_left_q == 4'd0;
    wire tx_step = tx_time_q[TIME_W] && !ready_q;

    assign in_ready = ready_q;
    assign tx       = tx_q;

    always @(posedge clk)
        if (rst) begin
            ready_q   <= 1'b0;
            tx_left_q <= 4'd0;
            tx_time_q <= {(TIME_W + 1){1'b1}};
            tx_q      <= 1'b1;
        end else begin
            ready_q <= ready_q ? !in_valid : tx_step && tx_rest;
            if (ready_q) begin
                if (in_valid) tx_left_q <= 4'd10;
            end else if (!tx_step) begin
                tx_time_q <= tx_time_q - 1'b1;
            end else if (!tx_rest) begin
                tx_time_q <= BIT;
                tx_left_q <= tx_left_q - 4'd1;
                tx_q      <= tx_data_q[0];
            end
        end

    always @(posedge clk)
        if (ready_q)                  tx_data_q <= {1'b1, in_data, 1'b0};
        else if (tx_step && !tx_rest) tx_data_q <= {1'b1, tx_data_q[9:1]};

endmodule
`default_nettype wire
