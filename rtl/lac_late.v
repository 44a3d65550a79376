// SPDX-License-Identifier: Apache-2.0
//
// lac_late - a register stage behind a pipeline that stops as a whole, told so a cycle late: its enable can be a register, and stand far away
//
//   in --->[ queue ]--->[ out ]---> out        the queue holds what arrives while `out` is stalled; else nothing passes through it
//
//   Function   the user moves its pipeline with registers loaded from `go`, copies of it wherever they are wanted. When `go` falls, two words
//              may still come
//   Timing     latency 1 cycle; one word a cycle while out_ready is high, also behind a stall: there is something in the queue until the first word
//              of a pipeline that moves again is here
//   Handshake  in_valid in any cycle behind one with go; out: valid/ready, out_* are registers and hold still while stalled
//   Reset      rst drops all words
`default_nettype none

module lac_late #(
    parameter integer W = 8  // [bits]
) (
    input  wire         clk,
    input  wire         rst,

    output wire         go,
    input  wire         in_valid,
    input  wire [W-1:0] in_data,

    output wire         out_valid,
    input  wire         out_ready,
    output wire [W-1:0] out_data
);

    localparam integer DEPTH = 8;
    localparam [3:0]   HIGH  = 4'd5;  // [words] inside when go is to fall: one more in that cycle, two late ones

    wire         q_valid, unused_ready;
    wire [W-1:0] q_data;
    wire [3:0]   level;
    wire         move;                // a register: nothing here looks through to out_ready
    reg          go_q;
    lac_fifo #(.W(W), .DEPTH(DEPTH), .LEVEL_W(4)) u_queue (
        .clk(clk), .rst(rst), .push(in_valid && (q_valid || !move)), .in_data(in_data), .in_ready(unused_ready),
        .out_valid(q_valid), .out_data(q_data), .pop(q_valid && move), .level(level)
    );
    lac_skid #(.W(W)) u_out (
        .clk(clk), .rst(rst), .in_valid(q_valid || in_valid), .in_ready(move), .in_data(q_valid ? q_data : in_data),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data)
    );
    always @(posedge clk) go_q <= level <= HIGH;
    assign go = go_q;

    wire unused_ok = &{1'b0, unused_ready};

`ifdef FORMAL_LAC_LATE  // `make formal`: bounded, from reset; lac_fifo's own proof assumes what P1 says
    reg [1:0] f_past = 2'd0, f_go;
    always @(posedge clk) f_past <= f_past + {1'b0, f_past != 2'd3};
    always @(posedge clk) f_go <= rst ? 2'b00 : {f_go[0], go_q};
    always @(*) if (f_past == 2'd0) assume (rst);
    always @(*) if (!f_go[0]) assume (!in_valid);   // A1 a pipeline whose enable is go, a cycle later

    // Word number f_pick of those that came is followed to the exit; the numbers wrap
    (* anyconst *) reg [4:0] f_pick;
    reg [4:0]   f_in, f_out;
    reg [W-1:0] f_word;
    wire [4:0]  f_inside = f_in - f_out;
    always @(posedge clk) begin
        if (rst) begin
            f_in  <= 5'd0;
            f_out <= 5'd0;
        end else begin
            if (in_valid)               f_in  <= f_in + 5'd1;
            if (out_valid && out_ready) f_out <= f_out + 5'd1;
        end
        if (in_valid && f_in == f_pick) f_word <= in_data;
    end
    always @(*) if (f_past != 2'd0) begin
        // P1 the queue never overflows   P2 nothing is lost or doubled   P3 words leave as they came, in order
        assert (level <= DEPTH[3:0] && !(in_valid && (q_valid || !move) && level == DEPTH[3:0]));
        assert (f_inside == {1'b0, level} + {4'd0, out_valid} + {4'd0, !move});
        if (out_valid && f_out == f_pick) assert (out_data == f_word);
    end
    // P4 a word a cycle, whatever was stalled: while no word can come, and in the first cycle in which one can, there is one on offer
    reg f_begun;
    always @(posedge clk) f_begun <= !rst && (f_begun || f_go == 2'b11);
    always @(*) if (f_past != 2'd0 && f_begun && f_go != 2'b11) assert (out_valid);
`endif

endmodule
`default_nettype wire
