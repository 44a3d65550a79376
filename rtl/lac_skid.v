// SPDX-License-Identifier: Apache-2.0
//
// lac_skid - a two-word register stage: no combinational path crosses it in either direction
//
//   in --->[ spare ]--->[ out ]---> out        the spare word holds what arrived while `out` was stalled
//
//   Timing     latency 1 cycle; one word a cycle while out_ready is high
//   Handshake  a word moves on a rising edge with valid && ready; in_ready, out_valid and out_data are
//              registers; out_data holds still while stalled
//   Reset      rst drops both words
`default_nettype none

module lac_skid #(
    parameter integer W = 8  // [bits]
) (
    input  wire         clk,
    input  wire         rst,

    input  wire         in_valid,
    output wire         in_ready,
    input  wire [W-1:0] in_data,

    output wire         out_valid,
    input  wire         out_ready,
    output wire [W-1:0] out_data
);

    reg         spare_q, valid_q;      // spare_q: the spare word is in use; then valid_q is too
    reg [W-1:0] spare_data_q, data_q;  // no reset

    wire take = in_valid && !spare_q;
    wire move = out_ready || !valid_q;  // the out word is free after this edge

    assign in_ready  = !spare_q;
    assign out_valid = valid_q;
    assign out_data  = data_q;

    always @(posedge clk)
        if (rst) begin
            spare_q <= 1'b0;
            valid_q <= 1'b0;
        end else begin
            if (move) valid_q <= spare_q || take;
            spare_q <= !move && (spare_q || take);
        end

    always @(posedge clk) begin
        if (take) spare_data_q <= in_data;
        if (move) data_q <= spare_q ? spare_data_q : in_data;
    end

endmodule
`default_nettype wire
