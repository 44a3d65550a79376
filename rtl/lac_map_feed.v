// SPDX-License-Identifier: Apache-2.0
//
// lac_map_feed - the bodies of the lists, line by line: three streams of one list and one of another, through one read client
//
//   streams' addresses --> request of a few lines --> read master
//          +--> queue of whose they are ------------------+--> a queue of lines for each stream
//
//   Function   a stream asks only for lines for which its queue has room, so that none waits for another
//   Start      `go` with the lists' addresses and lines: a stream without `lines` reads nothing
//   Handshake  line_valid/line_ready by stream; `stop` of a stream: it asks for no more, what comes is dropped
//   Faults     a faulty line comes with line_bad and is its stream's last; the first in time of each list is kept in bad_fault, bad_addr,
//              which are right from then on
//   Pause      no request is begun without `run`; `idle`: nothing that was asked for is still to come
//   Reset      forgets everything: only while idle, or with the read master
`default_nettype none

module lac_map_feed #(
    parameter integer LINE_W = 64,
    parameter integer ADDR_W = 32
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                run,
    input  wire                go,
    input  wire [2*ADDR_W-1:0] addr,       // of the first line: streams 0 .. 2, stream 3
    input  wire [95:0]         lines,      // by stream
    output wire                idle,

    output wire                req_valid,
    input  wire                req_ready,
    output wire [ADDR_W-1:0]   req_addr,
    output wire [23:0]         req_lines,
    input  wire                in_valid,
    input  wire [LINE_W-1:0]   in_data,
    input  wire [2:0]          in_fault,
    input  wire [ADDR_W-1:0]   in_fault_addr,

    input  wire [3:0]          stop,
    output wire [3:0]          line_valid,
    input  wire [3:0]          line_ready,
    output wire [4*LINE_W-1:0] line_data,
    output wire [3:0]          line_bad,
    output wire [5:0]          bad_fault,  // by list: as line_fault of the read master
    output wire [2*ADDR_W-1:0] bad_addr
);

`include "lac_clog2.vh"
    localparam integer LB     = LINE_W / 8;
    localparam integer LB_LOG = clog2(LB);
    localparam integer DEPTH  = (LINE_W == 64) ? 32 : (LINE_W == 128) ? 16 : 8;  // [lines] of a queue
    localparam integer BURST  = DEPTH / 2;                                       // [lines] of a request

    localparam [23:0] BURST24 = BURST[23:0];

    // ---- Requests: one stream after the other, those that have nothing to ask for passed over -------------------------------
    wire [3:0]          can;
    wire [4*ADDR_W-1:0] at;
    wire [23:0]         count;        // six bits a stream
    reg                 req_q, rest_q;  // rest: `can` does not know of the last request yet
    reg  [1:0]          turn_q;
    reg  [ADDR_W-1:0]   req_addr_q;
    reg  [5:0]          req_lines_q;
    wire [3:0]          tag_level;
    wire                tag_ready, tag_valid;
    wire [1:0]          n1 = turn_q + 2'd1, n2 = turn_q + 2'd2, n3 = turn_q + 2'd3;
    wire [1:0]          pick = can[n1] ? n1 : can[n2] ? n2 : can[n3] ? n3 : turn_q;
    wire                ask  = run && !req_q && !rest_q && can != 4'd0 && tag_ready;
    always @(posedge clk)
        if (rst) begin
            req_q  <= 1'b0;
            rest_q <= 1'b1;
            turn_q <= 2'd0;
        end else begin
            if (ask)            req_q <= 1'b1;
            else if (req_ready) req_q <= 1'b0;
            rest_q <= ask || go;
            if (ask) turn_q <= pick;
        end
    always @(posedge clk)
        if (ask) begin
            req_addr_q  <= at[ADDR_W*pick +: ADDR_W];
            req_lines_q <= count[6*pick +: 6];
        end
    assign req_valid = req_q;
    assign req_addr  = req_addr_q;
    assign req_lines = {18'd0, req_lines_q};

    // ---- Whose lines come ---------------------------------------------------------------------------------------------------
    wire [1:0]          tag;
    wire [5:0]          tag_lines;
    reg  [5:0]          got_q;
    wire                tag_pop = in_valid && tag_valid && got_q + 6'd1 == tag_lines;
    lac_fifo #(.W(8), .DEPTH(15), .LEVEL_W(4)) u_tags (
        .clk(clk), .rst(rst), .push(ask), .in_data({pick, count[6*pick +: 6]}), .in_ready(tag_ready),
        .out_valid(tag_valid), .out_data({tag, tag_lines}), .pop(tag_pop), .level(tag_level)
    );
    always @(posedge clk)
        if (rst || tag_pop) got_q <= 6'd0;
        else if (in_valid)  got_q <= got_q + 6'd1;
    assign idle = !tag_valid;

    // ---- By stream ------------------------------------------------------------------------------------------------------------
    wire [3:0]          bad_in;  // a faulty line comes
    genvar s;
    generate
        for (s = 0; s < 4; s = s + 1) begin : g_stream
            reg  [ADDR_W-1:0] addr_q;
            reg  [23:0]       left_q;   // [lines] to ask for
            reg  [5:0]        room_q;   // [lines] of the queue that nobody has asked for
            reg               can_q, over_q;  // over: a faulty line has come
            wire              mine  = ask && pick == s;
            wire              short_ = left_q < BURST24;
            wire [5:0]        n     = short_ ? left_q[5:0] : BURST[5:0];
            wire              in    = in_valid && tag_valid && tag == s && !over_q && !stop[s];
            wire              pop   = line_valid[s] && line_ready[s];
            reg  [1:0]        free_q;           // lines taken that room_q does not know of yet
            assign count[6*s +: 6] = n;
            assign at[ADDR_W*s +: ADDR_W] = addr_q;
            assign can[s] = can_q;
            assign bad_in[s] = in && in_fault != 3'd0;
            always @(posedge clk)
                if (rst) begin
                    free_q <= 2'd0;
                    left_q <= 24'd0;
                    room_q <= DEPTH[5:0];
                    can_q  <= 1'b0;
                    over_q <= 1'b0;
                end else begin
                    free_q <= (mine ? free_q : 2'd0) + {1'b0, pop};
                    if (go)        left_q <= lines[24*s +: 24];
                    else if (mine) left_q <= left_q - {18'd0, n};
                    room_q <= mine ? room_q - n : room_q + {4'd0, free_q};
                    can_q  <= left_q != 24'd0 && room_q >= BURST[5:0] && !stop[s] && !over_q && !mine;
                    if (bad_in[s]) over_q <= 1'b1;
                end
            always @(posedge clk)
                if (go)        addr_q <= addr[ADDR_W*(s/3) +: ADDR_W];
                else if (mine) addr_q <= addr_q + {{(ADDR_W-6-LB_LOG){1'b0}}, n, {LB_LOG{1'b0}}};

            // verilator lint_off PINCONNECTEMPTY
            lac_fifo #(.W(LINE_W + 1), .DEPTH(DEPTH), .LEVEL_W(6)) u_lines (
                .clk(clk), .rst(rst), .push(in), .in_data({in_fault != 3'd0, in_data}), .in_ready(),
                .out_valid(line_valid[s]), .out_data({line_bad[s], line_data[LINE_W*s +: LINE_W]}), .pop(pop), .level()
            );
            // verilator lint_on PINCONNECTEMPTY
        end
    endgenerate

    // ---- The first fault of each list -------------------------------------------------------------------------------------------
    reg                 in_bad_q, out_bad_q;   // until then every line's is noted
    reg  [2:0]          in_q, out_q;
    reg  [ADDR_W-1:0]   in_addr_q, out_addr_q;
    always @(posedge clk)
        if (rst) {in_bad_q, out_bad_q} <= 2'b00;
        else     {in_bad_q, out_bad_q} <= {in_bad_q || bad_in[2:0] != 3'd0, out_bad_q || bad_in[3]};
    always @(posedge clk) begin
        if (!in_bad_q)  {in_q, in_addr_q}   <= {in_fault, in_fault_addr};
        if (!out_bad_q) {out_q, out_addr_q} <= {in_fault, in_fault_addr};
    end
    assign bad_fault = {out_q, in_q};
    assign bad_addr  = {out_addr_q, in_addr_q};

    wire unused_ok = &{1'b0, tag_level};

endmodule
`default_nettype wire
