// SPDX-License-Identifier: Apache-2.0
//
// lac_windows - the rule maker of 2-D convolution: which elements of which feature lines each output pixel takes
//
//   job --> W: a pixel, the element its window begins and ends at --> N: lines, first and last element in them (a skid stage) --> out
//
//   Function   for each point, in order, pixels 0 .. PIXELS-1: window i is elements FIRST + i * STEP and the following, of a point of WIDTH
//              elements; what of it lies outside the point is cut off. Windows of which nothing is left are passed over, but for the last one
//              of the job, which comes with out_none
//   Timing     a window a cycle; the first one two cycles behind the job
//   Handshake  job and out: valid/ready; out_* hold while stalled. `idle`: the last window has been taken
//   Reset      control only
`default_nettype none

module lac_windows #(
    parameter integer LB     = 8,   // [bytes] of a line
    parameter integer AW     = 10,  // [bits] of a line address
    parameter integer COL_AW = 9,
    parameter integer ACC_AW = 8
) (
    input  wire              clk,
    input  wire              rst,

    input  wire              job_valid,
    input  wire [AW-1:0]     job_line,    // element 0 of point 0
    input  wire [15:0]       job_pitch,   // [lines]
    input  wire [15:0]       job_points,  // 1 ..
    input  wire [16:0]       job_first,   // signed
    input  wire [14:0]       job_step,
    input  wire [15:0]       job_width,   // 1 ..
    input  wire [15:0]       job_pixels,  // 1 ..
    input  wire [17:0]       job_more,    // elements of a window, less one
    input  wire              job_wide,    // int16
    input  wire              job_nm,      // columns are groups of four
    input  wire [ACC_AW-1:0] job_base,
    input  wire [15:0]       job_rows,    // accumulators from a pixel to the next
    output wire              idle,

    output wire              out_valid,
    input  wire              out_ready,
    output wire [AW-1:0]     out_line,    // where its first element stands
    output wire [AW-1:0]     out_stop,    // where its last one stands
    output wire [5:0]        out_lo,      // place of the first in its line
    output wire [5:0]        out_hi,      // place of the last in its line
    output wire [COL_AW-1:0] out_col,     // column of the first line's place 0, counted from the job's first
    output wire [ACC_AW-1:0] out_base,
    output wire              out_last,    // of the job
    output wire              out_none     // nothing is left of it: the other fields but out_last say nothing
);

`include "lac_clog2.vh"
    localparam integer LB_LOG = clog2(LB);
    localparam integer ROUND  = LB - 1;
    localparam integer W      = 20;       // [bits] of an element's number, signed: -2^16 .. 2^17 + 2^18

    // ---- W: one pixel after the other ----------------------------------------------------------------------------------
    reg               w_valid_q;
    reg  [AW-1:0]     w_line_q;
    reg  [W-1:0]      w_s_q, w_e_q;          // its first and last element
    reg  [W-1:0]      w_s0_q, w_e0_q;        // those of pixel 0
    reg  [15:0]       w_pixels_q, w_points_q;  // still to come, this one included
    reg  [ACC_AW-1:0] w_base_q;
    reg  [15:0]       pitch_q, pixels_q, rows_q, most_q;
    reg  [14:0]       step_q;
    reg               wide_q, nm_q;

    wire              n_free;                // N's spare word is
    wire              w_row    = w_pixels_q == 16'd1;
    wire              w_last   = w_row && w_points_q == 16'd1;
    wire [W-1:0]      s0       = {{(W-17){job_first[16]}}, job_first};
    wire [W-1:0]      e0       = s0 + {{(W-18){1'b0}}, job_more};
    assign idle = !w_valid_q && !out_valid;

    always @(posedge clk)
        if (rst)                     w_valid_q <= 1'b0;
        else if (job_valid && idle)  w_valid_q <= 1'b1;
        else if (n_free && w_last)   w_valid_q <= 1'b0;

    always @(posedge clk)
        if (idle) begin
            {w_line_q, w_pixels_q, w_points_q, w_base_q} <= {job_line, job_pixels, job_points, job_base};
            {w_s_q, w_e_q, w_s0_q, w_e0_q} <= {s0, e0, s0, e0};
            {pitch_q, pixels_q, rows_q, step_q, wide_q, nm_q} <= {job_pitch, job_pixels, job_rows, job_step, job_wide, job_nm};
            most_q <= job_width - 16'd1;
        end else if (n_free) begin
            w_pixels_q <= w_row ? pixels_q : w_pixels_q - 16'd1;
            w_s_q      <= w_row ? w_s0_q : w_s_q + {{(W-15){1'b0}}, step_q};
            w_e_q      <= w_row ? w_e0_q : w_e_q + {{(W-15){1'b0}}, step_q};
            w_base_q   <= w_base_q + rows_q[ACC_AW-1:0];
            if (w_row) begin
                w_points_q <= w_points_q - 16'd1;
                w_line_q   <= w_line_q + pitch_q[AW-1:0];
            end
        end

    // ---- N: cut off, in lines --------------------------------------------------------------------------------------------
    wire              before = w_s_q[W-1];                                     // begins before the point
    wire              beyond = !w_e_q[W-1] && w_e_q[W-2:0] > {3'd0, most_q};  // ends behind it
    wire              none   = w_e_q[W-1] || (!before && w_s_q[W-2:0] > {3'd0, most_q});
    wire [15:0]       lo     = before ? 16'd0 : w_s_q[15:0];
    wire [15:0]       hi     = beyond ? most_q : w_e_q[15:0];
    wire [15:0]       lo_line = wide_q ? lo >> (LB_LOG - 1) : lo >> LB_LOG;
    wire [15:0]       hi_line = wide_q ? hi >> (LB_LOG - 1) : hi >> LB_LOG;
    wire [5:0]        place  = ROUND[5:0] >> wide_q;
    // the first line's place 0 is that many elements behind the window's first
    wire [W-1:0]      ahead  = before ? w_s_q : {{(W-6){1'b0}}, w_s_q[5:0] & place};
    wire [W-1:0]      col    = {W{1'b0}} - (nm_q ? {{2{ahead[W-1]}}, ahead[W-1:2]} : ahead);

    wire [AW-1:0]     line   = w_line_q + lo_line[AW-1:0], stop = w_line_q + hi_line[AW-1:0];
    lac_skid #(.W(2 * AW + 12 + COL_AW + ACC_AW + 2)) u_n (
        .clk(clk), .rst(rst), .in_valid(w_valid_q && (!none || w_last)), .in_ready(n_free),
        .in_data({line, stop, lo[5:0] & place, hi[5:0] & place, col[COL_AW-1:0], w_base_q, w_last, none}),
        .out_valid(out_valid), .out_ready(out_ready), .out_data({out_line, out_stop, out_lo, out_hi, out_col, out_base, out_last, out_none})
    );

    wire unused_ok = &{1'b0, pitch_q, rows_q, lo_line, hi_line, col, w_e_q};

endmodule
`default_nettype wire
