// SPDX-License-Identifier: Apache-2.0
//
// lac_axi_cut - cuts a request for whole lines into legal AXI4 INCR bursts
//
//   Function   bursts cover the request's bytes in ascending order, each once; a burst ends at a multiple
//              of 4096 bytes, after BURST beats, or with the request
//   Timing     a request is cut from the cycle after its acceptance; one burst a cycle while out_ready;
//              in_ready looks through to out_ready on the last burst, so requests follow without a gap
//   Handshake  valid && ready on both sides; out_* hold still while stalled
//   Reset      rst drops the request in progress
`default_nettype none

module lac_axi_cut #(
    parameter integer ADDR_W = 32,  // [bits] byte address, 13 .. 64
    parameter integer DATA_W = 64,  // [bits] 32, 64, 128, 256, 512
    parameter integer BURST  = 32   // [beats] longest burst, 1 .. 256
) (
    input  wire              clk,
    input  wire              rst,

    input  wire              in_valid,
    output wire              in_ready,
    input  wire [ADDR_W-1:0] in_addr,   // first byte, a multiple of a line
    input  wire [23:0]       in_lines,  // [lines of max(64, DATA_W) bits] >= 1

    output wire              out_valid,
    input  wire              out_ready,
    output wire [ADDR_W-1:0] out_addr,
    output wire [7:0]        out_len,   // [beats] - 1, as in AxLEN
    output wire              out_last   // the request's last burst
);

`include "lac_clog2.vh"
    localparam integer SIZE   = clog2(DATA_W / 8);    // log2 of a beat's bytes
    localparam integer PAGE_I = 4096 / (DATA_W / 8);  // [beats] in 4096 bytes
    localparam integer PAGE_W = 13 - SIZE;            // [bits]  to count 0 .. PAGE_I

    localparam [PAGE_W-1:0] PAGE = PAGE_I[PAGE_W-1:0];
    // A burst longer than a page does not exist
    localparam integer      CAP_I = (BURST < PAGE_I) ? BURST : PAGE_I;
    localparam [PAGE_W-1:0] CAP   = CAP_I[PAGE_W-1:0];

    localparam [PAGE_W:0]   CAP2  = {1'b0, CAP} + {1'b0, CAP};

    reg              valid_q;
    reg [ADDR_W-1:0] addr_q;
    reg [24:0]       left_q;     // [beats] of the request not yet cut, >= 1
    reg [PAGE_W-1:0] page_q;     // [beats] from addr_q to the next multiple of 4096 bytes, >= 1
    reg              to_page_q;  // page_q <= CAP: the longest burst the address allows ends there
    reg              last_q;     // what is left is no longer than that

    wire [PAGE_W-1:0] cap   = to_page_q ? page_q : CAP;
    wire [24:0]       cap25 = {{(25 - PAGE_W){1'b0}}, cap};
    wire [7:0]        beats = last_q ? left_q[7:0] : cap25[7:0];  // 256 is 0 here

    // The address behind such a burst: in this page, or the start of the next one
    wire [11:0]        low_next  = addr_q[11:0] + {CAP[PAGE_W-2:0], {SIZE{1'b0}}};
    wire [ADDR_W-13:0] high_next = addr_q[ADDR_W-1:12] + 1'b1;

    // Whether the burst behind it is the last, without waiting for the subtractions: what is left is no longer than both
    wire              to_page_next = to_page_q ? CAP == PAGE : {1'b0, page_q} <= CAP2;
    wire [PAGE_W:0]   both      = to_page_q ? {1'b0, page_q} + {1'b0, CAP} : to_page_next ? {1'b0, page_q} : CAP2;
    wire              last_next = left_q[24:PAGE_W+1] == {(24 - PAGE_W){1'b0}} && left_q[PAGE_W:0] <= both;

    wire [24:0]       in_left = (DATA_W == 32) ? {in_lines, 1'b0} : {1'b0, in_lines};
    wire [PAGE_W-1:0] in_at   = {1'b0, in_addr[11:SIZE]};
    wire [PAGE_W:0]   in_cap  = {1'b0, in_at} + {1'b0, CAP};
    wire [PAGE_W:0]   in_end  = {1'b0, in_at} + {1'b0, in_left[PAGE_W-1:0]};

    assign out_valid = valid_q;
    assign out_addr  = addr_q;
    assign out_len   = beats - 8'd1;
    assign out_last  = last_q;
    assign in_ready  = !valid_q || (out_ready && last_q);

    always @(posedge clk)
        if (rst)           valid_q <= 1'b0;
        else if (in_ready) valid_q <= in_valid;

    always @(posedge clk)
        if (in_ready) begin
            addr_q    <= in_addr;
            left_q    <= in_left;
            page_q    <= PAGE - in_at;
            to_page_q <= in_cap >= {1'b0, PAGE};
            last_q    <= in_left[24:PAGE_W] == {(25 - PAGE_W){1'b0}} && in_left[PAGE_W-1:0] <= CAP && in_end <= {1'b0, PAGE};
        end else if (out_ready) begin
            addr_q    <= to_page_q ? {high_next, 12'd0} : {addr_q[ADDR_W-1:12], low_next};
            left_q    <= left_q - cap25;
            page_q    <= to_page_q ? PAGE : page_q - CAP;
            to_page_q <= to_page_next;
            last_q    <= last_next;
        end

`ifdef FORMAL_LAC_AXI_CUT  // `make formal` proves these by induction
    localparam integer F_BYTES = DATA_W / 8;
    localparam integer F_BPL   = (DATA_W == 32) ? 2 : 1;  // beats of a line
    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @(*) if (!f_past) assume (rst);
    // A1 as the ports say
    always @(*) if (in_valid) assume (in_lines != 24'd0 && in_addr[SIZE-1:0] == 0);

    // What is still to be covered
    reg [ADDR_W-1:0] f_addr;
    reg [24:0]       f_left;   // [beats]
    wire [12:0]      f_bytes = ({5'd0, out_len} + 13'd1) << SIZE;
    wire [24:0]      f_beats = {17'd0, out_len} + 25'd1;
    always @(posedge clk)
        if (in_valid && in_ready) begin
            f_addr <= in_addr;
            f_left <= {1'b0, in_lines} * F_BPL[1:0];
        end else if (out_valid && out_ready) begin
            f_addr <= f_addr + {{(ADDR_W - 13){1'b0}}, f_bytes};
            f_left <= f_left - f_beats;
        end

    always @(*) if (f_past && out_valid) begin
        // invariants
        assert (addr_q == f_addr && left_q == f_left && left_q != 25'd0);
        assert (page_q == PAGE - {1'b0, addr_q[11:SIZE]});
        assert (to_page_q == (page_q <= CAP) && last_q == (left_q <= cap25));
        assert (addr_q[SIZE-1:0] == 0);
        // P1 the burst starts where the last one ended, covers no more than is asked   P2 the last one completes it
        assert (out_addr == f_addr && f_beats <= f_left);
        assert (out_last == (f_beats == f_left));
        // P3 at most BURST beats, not across 4096 bytes   P4 not shorter than it has to be
        assert (f_beats <= BURST);
        assert ({1'b0, out_addr[11:0]} + f_bytes <= 13'd4096);
        assert (out_last || f_beats == BURST || {1'b0, out_addr[11:0]} + f_bytes == 13'd4096);
    end
    always @(posedge clk) if (f_past && !$past(rst)) begin
        if ($past(out_valid && !out_ready)) assert (out_valid && $stable(out_addr) && $stable(out_len));
        if ($past(in_valid && in_ready))    assert (out_valid);
        if ($past(out_valid && out_ready && !out_last)) assert (out_valid);  // P5 no gap
    end
`endif

endmodule
`default_nettype wire
