// SPDX-License-Identifier: Apache-2.0
//
// lac_rules_cache - lines of inputs, fetched into the feature RAM as rules ask for them
//
//   inputs --> X a line, its tag is read --> Y there, or fetched --+--> queue of lines, in order --> lac_scan, once each is there
//                                             |                    |
//                                             +-- requests         +-- tags: what stands in a line of the feature RAM, and who wants it last
//
//   Cache      direct-mapped: line l of memory can only stand in line l mod 2^CACHE_AW. A tag is of an epoch; `fresh` begins the next one.
//              All tags are swept behind rst, and when the epochs are through, once nothing is queued: 2^CACHE_AW cycles
//   Requests   neighbours of an input that are missing are one request, up to RUN lines
//   Queue      a line that was missing waits until `here` has counted it; behind it all wait. A line is not replaced while one that
//              wants it has not been `read`
//   Timing     a line every second cycle
//   Errors     `bad`: a line of memory outside the window; `bad_token`: of an end token. From `stop` on all lines are dropped; an end is held
//              back while `owed`, if there is an error
//   Reset      control only
`default_nettype none

module lac_rules_cache #(
    parameter integer LB_LOG   = 3,   // log2 of the bytes of a line
    parameter integer ADDR_W   = 32,
    parameter integer CACHE_AW = 10,
    parameter integer COL_AW   = 9,
    parameter integer ACC_AW   = 8,
    parameter integer NW       = 39,  // [bits] of a line's number
    parameter integer MORE_W   = 15,  // [bits] of the lines of an input
    parameter integer QUEUE    = 16   // [lines] a power of two, at least 4
) (
    input  wire                clk,
    input  wire                rst,

    input  wire [63:0]         rd_base,
    input  wire [63:0]         rd_limit,
    input  wire                fresh,       // before the job's first input
    input  wire                c_job,       // these hold still while the job has inputs
    input  wire                c_wide,
    input  wire                c_nm,

    input  wire                in_valid,
    output wire                in_ready,
    input  wire                in_end,
    input  wire                in_err,
    input  wire [NW-1:0]       in_line,
    input  wire [MORE_W-1:0]   in_more,
    input  wire [5:0]          in_lo,
    input  wire [5:0]          in_hi,
    input  wire [COL_AW-1:0]   in_col,
    input  wire [ACC_AW-1:0]   in_base,

    output wire                ask_valid,
    input  wire                ask_ready,
    output wire [NW-1:0]       ask_line,
    output wire [3:0]          ask_lines,   // 1 .. 8
    input  wire                here,        // a line that was asked for has been written

    output wire                out_valid,
    input  wire                out_ready,
    output wire                out_job,
    output wire                out_end,
    output wire [CACHE_AW-1:0] out_place,
    output wire [5:0]          out_lo,
    output wire [5:0]          out_hi,
    output wire [COL_AW-1:0]   out_col,
    output wire [ACC_AW-1:0]   out_base,
    input  wire                read,        // one of these lines has been read
    input  wire                hold,        // no next input

    input  wire                stop,
    input  wire                owed,        // the bus, or a request, of any kind
    output wire                bad,
    output wire                bad_token,
    output wire [NW-1:0]       bad_line,
    output wire                ended,       // the job's end has been queued
    output wire                sought,
    output wire                fetched
);

`include "lac_clog2.vh"
    localparam integer LB     = 1 << LB_LOG;
    localparam integer RUN1   = 7;                        // [lines] of a request, less one
    localparam integer K      = clog2(QUEUE) + 1;         // numbers of lines: more than are queued, or on their way to where they are read
    localparam integer U_W    = ADDR_W - LB_LOG;
    localparam integer T_W    = U_W - CACHE_AW;
    localparam integer E_W    = 4;                        // [bits] of an epoch: 1 .. 2^E_W - 1; 0: swept
    localparam integer MAX_I  = LB - 1;

    // ---- Epochs, sweep ---------------------------------------------------------------------------------------------------------
    reg  [E_W-1:0]      epoch_q;
    reg                 sweep_q, swept_q;    // swept_q: all, but for what is queued
    reg  [CACHE_AW-1:0] sweep_at_q;
    reg                 none_q;              // no line is queued or on its way
    always @(posedge clk)
        if (rst) begin
            epoch_q    <= {{(E_W-1){1'b0}}, 1'b1};
            sweep_q    <= 1'b1;
            swept_q    <= 1'b0;
            sweep_at_q <= {CACHE_AW{1'b0}};
        end else if (sweep_q) begin
            sweep_at_q <= sweep_at_q + 1'b1;
            swept_q    <= swept_q || &sweep_at_q;
            if (swept_q && none_q) sweep_q <= 1'b0;
        end else if (fresh) begin
            epoch_q <= &epoch_q ? {{(E_W-1){1'b0}}, 1'b1} : epoch_q + 1'b1;
            sweep_q <= &epoch_q;
            swept_q <= 1'b0;
        end

    // ---- X: a line of an input; its tag comes in two cycles -----------------------------------------------------------------------
    reg                 second_q;            // of the two
    reg                 x_valid_q, x_end_q, x_err_q, x_first_q;
    reg                 x_same_q;            // it shares its place with Y's: its tag is read once more
    reg  [NW-1:0]       x_line_q;
    reg  [MORE_W-1:0]   x_more_q;            // lines behind it
    reg                 x_last_q;            // none
    reg  [5:0]          x_lo_q, x_hi_q;
    reg  [COL_AW-1:0]   x_col_q;
    reg  [ACC_AW-1:0]   x_base_q;
    wire [63:0]         x_number = {{(64-NW){1'b0}}, x_line_q};
    wire                inside, beyond;
    lac_inside #(.LB_LOG(LB_LOG), .ADDR_W(ADDR_W), .NW(NW)) u_inside (
        .clk(clk), .base(rd_base), .limit(rd_limit), .line(x_line_q), .inside(inside), .beyond(beyond)
    );
    wire                y_ok;                // Y's is done with
    wire                move   = second_q && y_ok;
    wire                x_go   = x_valid_q && !x_same_q;
    wire                x_next = !x_valid_q || (x_go && x_last_q);   // the next input's
    wire [5:0]          most   = MAX_I[5:0] >> c_wide;               // place of a line's last element
    wire [COL_AW+6:0]   per    = {{COL_AW{1'b0}}, 7'd1} << LB_LOG >> {c_nm, 1'b0} >> c_wide;  // columns of a line
    wire                closed = sweep_q || hold;
    assign in_ready = move && x_next && !closed;
    always @(posedge clk) begin
        second_q <= !rst && !move;
        if (rst)                 x_valid_q <= 1'b0;
        else if (move && x_next) x_valid_q <= in_valid && !closed;
        if (move && x_next) begin
            {x_end_q, x_err_q, x_base_q, x_hi_q} <= {in_end, in_err, in_base, in_hi};
            x_line_q  <= in_line;
            x_more_q  <= in_more;
            x_last_q  <= in_end || in_more == {MORE_W{1'b0}};
            x_lo_q    <= in_lo;
            x_col_q   <= in_col;
            x_first_q <= 1'b1;
            x_same_q  <= x_valid_q && in_line[CACHE_AW-1:0] == x_line_q[CACHE_AW-1:0];
        end else if (move) begin
            x_same_q  <= 1'b0;
            if (x_go) begin
                x_line_q  <= x_line_q + 1'b1;
                x_more_q  <= x_more_q - 1'b1;
                x_last_q  <= x_more_q == {{(MORE_W-1){1'b0}}, 1'b1};
                x_lo_q    <= 6'd0;
                x_col_q   <= x_col_q + per[COL_AW-1:0];
                x_first_q <= 1'b0;
            end
        end
    end

    // ---- Y: its tag is there -----------------------------------------------------------------------------------------------------------
    reg                 y_valid_q, y_end_q, y_err_q, y_first_q, y_last_q, y_inside_q, y_beyond_q;
    reg  [NW-1:0]       y_line_q;
    reg  [5:0]          y_lo_q, y_hi_q;
    reg  [COL_AW-1:0]   y_col_q;
    reg  [ACC_AW-1:0]   y_base_q;
    always @(posedge clk) begin
        if (rst)       y_valid_q <= 1'b0;
        else if (move) y_valid_q <= x_go;
        if (move) begin
            {y_end_q, y_err_q, y_first_q, y_last_q, y_line_q, y_lo_q, y_col_q, y_base_q}
                <= {x_end_q, x_err_q, x_first_q, x_last_q, x_line_q, x_lo_q, x_col_q, x_base_q};
            y_hi_q <= x_last_q ? x_hi_q : most;
            {y_inside_q, y_beyond_q} <= {inside, beyond};
        end
    end
    wire [63:0]         y_number = {{(64-NW){1'b0}}, y_line_q};
    wire [T_W-1:0]      y_high   = y_number[U_W-1:CACHE_AW];

    wire [E_W-1:0]      t_epoch;
    wire [T_W-1:0]      t_high;
    wire [K-1:0]        t_last;              // number of the line of the queue that wants it last
    reg  [K-1:0]        pushed_q, read_q;    // lines
    wire                push_line;
    lac_ram #(.W(E_W + T_W + K), .DEPTH(1 << CACHE_AW), .ADDR_W(CACHE_AW)) u_tags (
        .clk(clk), .rclk(clk), .we(sweep_q || push_line), .waddr(sweep_q ? sweep_at_q : y_line_q[CACHE_AW-1:0]),
        .wdata({epoch_q & {E_W{!sweep_q}}, y_high, pushed_q}),
        .re(!second_q), .raddr(x_line_q[CACHE_AW-1:0]), .qe(move), .q({t_epoch, t_high, t_last})
    );
    reg                 hit_q, wanted_q, room_q;
    wire [K-1:0]        queued = pushed_q - read_q;
    wire [K-1:0]        age    = t_last - read_q;
    wire [K-1:0]        level;
    always @(posedge clk) begin
        hit_q    <= t_epoch == epoch_q && t_high == y_high && !y_beyond_q;
        wanted_q <= age < queued;
        room_q   <= !level[K-1];
        none_q   <= queued == {K{1'b0}};
        if (rst)            pushed_q <= {K{1'b0}};
        else if (push_line) pushed_q <= pushed_q + 1'b1;
        if (rst)            read_q <= {K{1'b0}};
        else if (read)      read_q <= read_q + 1'b1;
    end

    // ---- What becomes of it -------------------------------------------------------------------------------------------------------------
    reg                 o_valid_q, o_shut_q; // a request is being put together; it is complete
    reg  [2:0]          o_more_q;
    reg  [NW-1:0]       o_line_q;
    reg                 o_run_q;             // its last line is that of the lookup before this one
    reg                 can_q, grows_q;      // a missing line can be asked for; with the request at hand. Known in the first of the two cycles
    wire                grows  = o_valid_q && !o_shut_q && o_run_q && !y_first_q && o_more_q != RUN1[2:0] && !second_q;  // only a line that does not wait
    wire                y_line = y_valid_q && !y_end_q && !stop;
    wire                y_miss = !hit_q && y_inside_q && !wanted_q && can_q;
    wire                y_end  = y_valid_q && y_end_q && room_q && !((stop || y_err_q) && owed);
    assign y_ok      = !y_valid_q || y_end || (!y_end_q && (stop || (!hit_q && !y_inside_q) || (room_q && (hit_q || y_miss))));
    assign push_line = second_q && y_line && room_q && (hit_q || y_miss);
    wire                miss   = push_line && !hit_q;
    wire                push_end = second_q && y_end;
    assign bad       = second_q && y_line && !hit_q && !y_inside_q;
    assign bad_token = second_q && y_valid_q && y_end_q && y_err_q && !stop;
    assign bad_line  = y_line_q;
    assign ended     = push_end;
    assign sought    = push_line;
    assign fetched   = miss;

    always @(posedge clk) begin
        if (rst)                                    o_valid_q <= 1'b0;
        else if (miss)                              o_valid_q <= 1'b1;
        else if (ask_ready)                         o_valid_q <= 1'b0;
        if (miss)                                   o_shut_q <= y_last_q;
        else if (second_q)                          o_shut_q <= 1'b1;
        if (move)                                   o_run_q <= miss;
        grows_q <= grows;
        can_q   <= grows || !o_valid_q || ask_ready;
        if (miss) begin
            o_more_q <= grows_q ? o_more_q + 3'd1 : 3'd0;
            if (!grows_q) o_line_q <= y_line_q;
        end
    end
    assign ask_valid = o_valid_q && o_shut_q;
    assign ask_line  = o_line_q;
    assign ask_lines = {1'b0, o_more_q} + 4'd1;

    // ---- The queue -----------------------------------------------------------------------------------------------------------------------
    localparam integer Q_W = 3 + CACHE_AW + 12 + COL_AW + ACC_AW;
    reg  [K-1:0]        here_q;              // lines written that the queue has not let out
    wire                q_valid, q_miss, unused_ready;
    wire                pop = out_valid && out_ready;
    lac_fifo #(.W(Q_W), .DEPTH(QUEUE), .LEVEL_W(K)) u_queue (
        .clk(clk), .rst(rst), .push(push_line || push_end),
        .in_data({c_job, y_end_q, miss, y_line_q[CACHE_AW-1:0], y_lo_q, y_hi_q, y_col_q, y_base_q}), .in_ready(unused_ready),
        .out_valid(q_valid), .out_data({out_job, out_end, q_miss, out_place, out_lo, out_hi, out_col, out_base}), .pop(pop), .level(level)
    );
    assign out_valid = q_valid && (!q_miss || here_q != {K{1'b0}});
    always @(posedge clk)
        if (rst)                          here_q <= {K{1'b0}};
        else if (here != (pop && q_miss)) here_q <= here_q + {{(K-1){!here}}, 1'b1};

    wire unused_ok = &{1'b0, unused_ready, x_number, y_number, per};

endmodule
`default_nettype wire
