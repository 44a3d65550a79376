// SPDX-License-Identifier: Apache-2.0
//
// lac_sdram_cut - an AXI burst in, pieces of at most PIECE beats out; no piece crosses a multiple of PIECE beats
//
//   Function   one burst at a time; the piece on offer is the next `out_beats` beats from `out_beat` on
//   Timing     a piece 2 cycles after the burst, or after the piece before it
//   Handshake  burst: in_valid && in_ready. Piece: `take` in any cycle of out_valid but the one behind a take (what is on offer there is
//              stale), with the number of beats taken, 1 .. out_beats: take_all says all of them, else what is left comes in the next piece
//   Reset      drops the burst
`default_nettype none

module lac_sdram_cut #(
    parameter integer BEAT_W = 22,  // [bits]  of a beat's number in memory
    parameter integer PAGE_W = 9,   // [bits]  of a beat's number in 4096 bytes, which no burst crosses; < BEAT_W
    parameter integer PIECE  = 8,   // [beats] a power of two, 1 .. 8
    parameter integer N_W    = 4    // [bits]  of a piece's length
) (
    input  wire              clk,
    input  wire              rst,

    input  wire              in_valid,
    output wire              in_ready,
    input  wire [BEAT_W-1:0] in_beat,
    input  wire [7:0]        in_len,     // beats - 1

    output wire              out_soon,   // a burst is here: out_valid in the next cycle
    output wire              out_valid,
    output wire [BEAT_W-1:0] out_beat,
    output wire [N_W-1:0]    out_beats,  // 1 .. PIECE
    output wire              out_last,   // the burst ends with it, if all of it is taken
    input  wire              take,
    input  wire [N_W-1:0]    take_beats,
    input  wire              take_all
);

    localparam integer   INSIDE_I = PIECE - 1;
    localparam [N_W-1:0] INSIDE = INSIDE_I[N_W-1:0];  // of a beat's number: its place between two multiples of PIECE

    reg              busy_q, valid_q;  // a burst is here; .. for a cycle already: the piece on offer is worked out
    reg [BEAT_W-1:0] beat_q;
    reg [PAGE_W-1:0] end_q;            // the burst's last beat, in its page
    reg [N_W-1:0]    beats_q;
    reg              last_q;

    wire              ends  = ((beat_q[PAGE_W-1:0] ^ end_q) & ~{{(PAGE_W - N_W){1'b0}}, INSIDE}) == {PAGE_W{1'b0}};  // no multiple of PIECE between them
    wire [PAGE_W+7:0] len   = {{PAGE_W{1'b0}}, in_len};
    wire [PAGE_W-1:0] after = beat_q[PAGE_W-1:0] + {{(PAGE_W - N_W){1'b0}}, take_beats};
    wire              done  = take && last_q && take_all;

    assign in_ready  = !busy_q;
    assign out_soon  = busy_q;
    assign out_valid = valid_q;
    assign out_beat  = beat_q;
    assign out_beats = beats_q;
    assign out_last  = last_q;

    always @(posedge clk)
        if (rst) begin
            busy_q  <= 1'b0;
            valid_q <= 1'b0;
        end else begin
            busy_q  <= busy_q ? !done : in_valid;
            valid_q <= busy_q;
        end

    always @(posedge clk) begin
        if (!busy_q) begin
            beat_q <= in_beat;
            end_q  <= in_beat[PAGE_W-1:0] + len[PAGE_W-1:0];
        end else if (take)
            beat_q[PAGE_W-1:0] <= after;
        beats_q <= (ends ? end_q[N_W-1:0] & INSIDE : INSIDE) - (beat_q[N_W-1:0] & INSIDE) + 1'b1;
        last_q  <= ends;
    end

    wire unused_ok = &{1'b0, len};

endmodule
`default_nettype wire
