// SPDX-License-Identifier: Apache-2.0
//
// lac_crc32 - the CRC-32 of zlib over a stream of bytes, one bit a cycle: a serial line leaves time, and this is the smallest
//
//   Function   reflected polynomial 0xEDB88320, start and end inverted. `crc` is that of the bytes since `clear`; after four more
//              bytes, which were that CRC, least significant byte first, `good` is high
//   Timing     a byte takes 9 cycles; crc and good mean something while busy is low
//   Handshake  a byte is taken in a cycle with in_valid while busy is low; `clear` wins over everything
//   Reset      `clear` is the only one
`default_nettype none

module lac_crc32 (
    input  wire        clk,
    input  wire        clear,
    input  wire        in_valid,
    input  wire [7:0]  in_data,
    output wire        busy,
    output wire [31:0] crc,
    output wire        good
);

    localparam [31:0] POLY    = 32'hEDB88320;
    localparam [31:0] RESIDUE = 32'hDEBB20E3;  // what any bytes and their CRC leave behind

    reg [31:0] crc_q;   // not yet inverted
    reg [7:0]  data_q;  // bits to come, the next one lowest
    reg [3:0]  left_q;  // [cycles] of this byte, 9: the last one is for good_q
    reg        good_q, busy_q;

    wire step   = left_q[3] || left_q[2:1] != 2'd0;
    wire bit_in = crc_q[0] ^ data_q[0];

    assign busy = busy_q;
    assign crc  = ~crc_q;
    assign good = good_q;

    always @(posedge clk)
        if (clear) begin
            left_q <= 4'd0;
            busy_q <= 1'b0;
        end else if (busy_q) begin
            left_q <= left_q - 4'd1;
            busy_q <= step;
        end else begin
            left_q <= {in_valid, 2'b00, in_valid};
            busy_q <= in_valid;
        end

    always @(posedge clk)
        if (clear)     crc_q <= 32'hFFFFFFFF;
        else if (step) crc_q <= {1'b0, crc_q[31:1]} ^ (POLY & {32{bit_in}});

    always @(posedge clk) begin
        data_q <= busy ? {1'b0, data_q[7:1]} : in_data;
        good_q <= crc_q == RESIDUE;
    end

endmodule
`default_nettype wire
