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
        if (!spare_q) spare_data_q <= in_data;
        if (move) data_q <= spare_q ? spare_data_q : in_data;
    end

`ifdef FORMAL_LAC_SKID  // `make formal` proves these by induction
    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @(*) if (!f_past) assume (rst);

    // Word number f_pick of those accepted is followed to the exit; the numbers wrap
    (* anyconst *) reg [3:0] f_pick;
    reg [3:0]   f_in, f_out;  // words accepted, words delivered
    reg [W-1:0] f_word;
    wire [3:0]  f_inside = f_in - f_out;
    always @(posedge clk) begin
        if (rst) begin
            f_in  <= 4'd0;
            f_out <= 4'd0;
        end else begin
            if (in_valid && in_ready)   f_in  <= f_in + 4'd1;
            if (out_valid && out_ready) f_out <= f_out + 4'd1;
        end
        if (in_valid && in_ready && f_in == f_pick) f_word <= in_data;
    end

    always @(*) if (f_past) begin
        // P1 nothing is lost or doubled   P2 the spare word comes second
        assert (f_inside == {2'd0, valid_q && spare_q, valid_q ^ spare_q});
        assert (!spare_q || valid_q);
        // P3 words leave as they came, in order
        if (valid_q && f_out == f_pick)          assert (data_q == f_word);
        if (spare_q && f_out + 4'd1 == f_pick)   assert (spare_data_q == f_word);
    end
    always @(posedge clk) if (f_past) begin
        // P4 an offer holds still   P5 an accepted word is on offer in the next cycle
        if ($past(out_valid && !out_ready && !rst)) assert (out_valid && $stable(out_data));
        if ($past(in_valid && in_ready && !rst))    assert (out_valid);
        // P6 refused only while the output was stalled
        if ($past(out_ready || rst)) assert (in_ready);
    end
`endif

endmodule
`default_nettype wire
