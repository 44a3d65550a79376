// SPDX-License-Identifier: Apache-2.0
//
// lac_axi_cut - cuts a request for whole lines into legal AXI4 INCR bursts
//
//   Function   bursts cover the request's bytes in ascending order, each once; a burst ends at a multiple
//              of 4096 bytes, after BURST beats, or with the request
//   Timing     a request is cut from the cycle after its acceptance; one burst a cycle while out_ready. in_ready says that
//              none is in progress, so that nothing looks through to out_ready: behind a request's last burst a cycle is lost
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
    input  wire [23:0]       in_lines1, // [lines of max(64, DATA_W) bits] less one

    output wire              out_valid,
    input  wire              out_ready,
    output wire [ADDR_W-1:0] out_addr,
    output wire [7:0]        out_len,   // [beats] - 1, as in AxLEN
    output wire              out_last   // the request's last burst
);

`include "lac_clog2.vh"
    localparam integer SIZE   = clog2(DATA_W / 8);    // log2 of a beat's bytes
    localparam integer PAGE_I = 4096 / (DATA_W / 8);  // [beats] in 4096 bytes
    localparam integer PAGE_W = 12 - SIZE;            // log2 of it

    // A burst longer than a page does not exist
    localparam integer    CAP_I  = (BURST < PAGE_I) ? BURST : PAGE_I;
    localparam integer    CAP1_I = CAP_I - 1;
    localparam [PAGE_W:0] CAP    = CAP_I[PAGE_W:0];
    localparam [7:0]      CAP1   = CAP1_I[7:0];

    reg               valid_q;
    reg [ADDR_W-1:0]  addr_q;
    reg [PAGE_W-1:0]  part_q;   // [beats] of the request in this page not yet cut, less one
    reg               end_q;    // no more than CAP: this burst takes them all
    reg [25-PAGE_W:0] pages_q;  // [pages] behind this one
    reg               last_q;   // none
    reg [PAGE_W-1:0]  rest_q;   // [beats] in the last one, less one; if there is one behind this one

    // The request's last beat, from the start of its first page
    wire [24:0]       in_left1 = (DATA_W == 32) ? {in_lines1, 1'b1} : {1'b0, in_lines1};
    wire [PAGE_W-1:0] in_at    = in_addr[11:SIZE];
    wire [PAGE_W:0]   in_low   = {1'b0, in_left1[PAGE_W-1:0]} + {1'b0, in_at};
    wire [25:0]       in_end   = {{1'b0, in_left1[24:PAGE_W]} + {{(25 - PAGE_W){1'b0}}, in_low[PAGE_W]}, in_low[PAGE_W-1:0]};
    wire              in_one   = in_left1[24:PAGE_W] == {(25 - PAGE_W){1'b0}} && !in_low[PAGE_W];
    wire [PAGE_W-1:0] in_part  = in_one ? in_left1[PAGE_W-1:0] : ~in_at;

    // The part behind this one is the last
    wire              turn_one = pages_q == {{(25 - PAGE_W){1'b0}}, 1'b1};
    wire [PAGE_W-1:0] turn     = turn_one ? rest_q : {PAGE_W{1'b1}};
    wire [15:0]       part16   = {{(16 - PAGE_W){1'b0}}, part_q};

    // The address behind this burst: in this page, or the start of the next one
    wire [11:0]        low_next  = addr_q[11:0] + {CAP[PAGE_W-1:0], {SIZE{1'b0}}};
    wire [ADDR_W-13:0] high_next = addr_q[ADDR_W-1:12] + 1'b1;

    assign out_valid = valid_q;
    assign out_addr  = addr_q;
    assign out_len   = end_q ? part16[7:0] : CAP1;
    assign out_last  = end_q && last_q;
    assign in_ready  = !valid_q;

    always @(posedge clk)
        if (rst)           valid_q <= 1'b0;
        else if (!valid_q) valid_q <= in_valid;
        else if (out_ready && end_q && last_q) valid_q <= 1'b0;

    always @(posedge clk)
        if (!valid_q) begin
            addr_q  <= in_addr;
            part_q  <= in_part;
            end_q   <= {1'b0, in_part} < CAP;
            pages_q <= in_end[25:PAGE_W];
            last_q  <= in_one;
            rest_q  <= in_end[PAGE_W-1:0];
        end else if (out_ready) begin
            addr_q <= end_q ? {high_next, 12'd0} : {addr_q[ADDR_W-1:12], low_next};
            part_q <= end_q ? turn : part_q - CAP[PAGE_W-1:0];
            end_q  <= end_q ? {1'b0, turn} < CAP : {2'b00, part_q} < {CAP, 1'b0};
            if (end_q) begin
                pages_q <= pages_q - 1'b1;
                last_q  <= turn_one;
            end
        end

    wire unused_ok = &{1'b0, part16};

`ifdef FORMAL_LAC_AXI_CUT  // `make formal` proves these by induction
    localparam integer F_BYTES = DATA_W / 8;
    localparam integer F_BPL   = (DATA_W == 32) ? 2 : 1;  // beats of a line
    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @(*) if (!f_past) assume (rst);
    // A1 as the ports say
    always @(*) if (in_valid) assume (in_lines1 != 24'hFFFFFF && in_addr[SIZE-1:0] == 0);

    // What is still to be covered
    reg [ADDR_W-1:0] f_addr;
    reg [24:0]       f_left;   // [beats]
    wire [12:0]      f_bytes = ({5'd0, out_len} + 13'd1) << SIZE;
    wire [24:0]      f_beats = {17'd0, out_len} + 25'd1;
    wire [25:0]      f_part  = {{(26 - PAGE_W){1'b0}}, part_q} + 26'd1;
    always @(posedge clk)
        if (in_valid && in_ready) begin
            f_addr <= in_addr;
            f_left <= ({1'b0, in_lines1} + 25'd1) * F_BPL[1:0];
        end else if (out_valid && out_ready) begin
            f_addr <= f_addr + {{(ADDR_W - 13){1'b0}}, f_bytes};
            f_left <= f_left - f_beats;
        end

    always @(*) if (f_past && out_valid) begin
        // invariants
        assert (addr_q == f_addr && f_left != 25'd0);
        assert (last_q == (pages_q == 0) && end_q == ({1'b0, part_q} < CAP));
        assert ({1'b0, f_left} == (last_q ? f_part : f_part + ((pages_q - 1'b1) << PAGE_W) + {{(26 - PAGE_W){1'b0}}, rest_q} + 26'd1));
        assert (last_q || part_q == ~addr_q[11:SIZE]);
        assert ({1'b0, part_q} + {1'b0, addr_q[11:SIZE]} <= PAGE_I - 1);
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
        if ($past(out_valid && out_ready && !out_last)) assert (out_valid);  // P5 no gap in a request
    end
`endif

endmodule
`default_nettype wire
