// SPDX-License-Identifier: Apache-2.0
//
// lac_board_regs - the board's registers (docs/boards.md, section 1), and the core's reset
//
//   Timing     a write takes effect with the edge at which wr is high; rd_data belongs to the addr of the cycle before
//   Core       CONTROL bit 0 asks for its reset: core_hold at once (no new bursts, no register accesses), core_rst once its bus is quiet;
//              both fall when the bit is cleared. STATUS bit 3 is core_rst
//   Reset      CONTROL and SCRATCH to 0
`default_nettype none

module lac_board_regs #(
    parameter [31:0]  MEM_BYTES = 32'd32768,
    parameter [31:0]  CLOCK_HZ  = 32'd120000000,
    parameter [31:0]  DIVISOR   = 32'd40,          // [cycles] a bit of the serial line
    parameter [31:0]  VERSION   = 32'h0001_0000,
    parameter [127:0] NAME      = {"board", 88'd0} // first character first, filled up with zeros
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        wr,
    input  wire [7:0]  addr,           // [bytes] a multiple of 4
    input  wire [31:0] wr_data,
    output wire [31:0] rd_data,

    input  wire        core_quiet,
    output wire        core_hold,
    output wire        core_rst,
    output wire [7:0]  leds,
    input  wire        irq,
    input  wire        mem_ready,
    input  wire        button,
    input  wire [15:0] frame_errors
);

    reg         hold_q, core_rst_q;
    reg  [7:0]  leds_q;
    reg  [31:0] scratch_q, rd_data_q;

    // Memory order: the first character has the lowest address.
    localparam [31:0] NAME_0 = {NAME[103:96], NAME[111:104], NAME[119:112], NAME[127:120]};
    localparam [31:0] NAME_1 = {NAME[71:64], NAME[79:72], NAME[87:80], NAME[95:88]};
    localparam [31:0] NAME_2 = {NAME[39:32], NAME[47:40], NAME[55:48], NAME[63:56]};
    localparam [31:0] NAME_3 = {NAME[7:0], NAME[15:8], NAME[23:16], NAME[31:24]};

    always @(posedge clk)
        if (rst) begin
            hold_q     <= 1'b0;
            core_rst_q <= 1'b1;
            leds_q     <= 8'd0;
            scratch_q  <= 32'd0;
        end else begin
            core_rst_q <= hold_q && (core_quiet || core_rst_q);
            if (wr && addr == 8'h28) {leds_q, hold_q} <= {wr_data[15:8], wr_data[0]};
            if (wr && addr == 8'h34) scratch_q <= wr_data;
        end

    // What never changes is a table of four address bits; it is zero where the register is one of the others.
    reg [31:0] fixed;
    always @*
        case (addr[5:2])
            4'd0:    fixed = 32'h4C414342;
            4'd1:    fixed = VERSION;
            4'd3:    fixed = MEM_BYTES;
            4'd4:    fixed = CLOCK_HZ;
            4'd5:    fixed = DIVISOR;
            4'd6:    fixed = NAME_0;
            4'd7:    fixed = NAME_1;
            4'd8:    fixed = NAME_2;
            4'd9:    fixed = NAME_3;
            default: fixed = 32'd0;  // 2: MEM_BASE
        endcase

    wire low = addr[7:6] == 2'd0;
    wire at_control = addr == 8'h28, at_status = addr == 8'h2C, at_errors = addr == 8'h30, at_scratch = addr == 8'h34;

    always @(posedge clk)
        rd_data_q <= (fixed & {32{low}}) | (scratch_q & {32{at_scratch}}) | {16'd0, frame_errors & {16{at_errors}}}
                   | {16'd0, {leds_q, 7'd0, hold_q} & {16{at_control}}} | {28'd0, {core_rst_q, button, mem_ready, irq} & {4{at_status}}};

    assign rd_data   = rd_data_q;
    assign core_hold = hold_q;
    assign core_rst  = core_rst_q;
    assign leds      = leds_q;

endmodule
`default_nettype wire
