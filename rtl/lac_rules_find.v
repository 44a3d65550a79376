// SPDX-License-Identifier: Apache-2.0
//
// lac_rules_find - where a rule's input stands in memory, and in which columns its elements are
//
//   rule --> F0 --> products of 24 x 16 bits: input * CHANNELS, and 7 x 16: (tap - TAP) * columns of a tap --> F3
//        --> F4 element --> F5 address --> A its first line, how many, the places of the first and last element, column
//
//   Function   rules whose columns are not all in the column table are dropped; end tokens pass
//   Timing     one a cycle, seven cycles; A is a skid stage, and all before it stand still while its spare word is in use
//   Handshake  tokens and out: valid/ready; the job's fields hold still while it has tokens inside
//   Reset      control only
`default_nettype none

module lac_rules_find #(
    parameter integer LB_LOG = 3,   // log2 of the bytes of a line
    parameter integer COL_AW = 9,
    parameter integer ACC_AW = 8,
    parameter integer NW     = 39,  // [bits] of a line's number
    parameter integer MORE_W = 15   // [bits] of the lines of an input
) (
    input  wire              clk,
    input  wire              rst,

    input  wire [31:0]       c_features,   // [64 bytes]
    input  wire [15:0]       c_channels,
    input  wire [15:0]       c_columns,
    input  wire [6:0]        c_tap,
    input  wire              c_wide,       // int16
    input  wire              c_nm,         // columns are groups of four

    input  wire              tok_valid,
    output wire              tok_ready,
    input  wire              tok_end,
    input  wire              tok_err,
    input  wire [6:0]        tok_tap,
    input  wire [23:0]       tok_input,
    input  wire [ACC_AW-1:0] tok_base,

    output wire              out_valid,
    input  wire              out_ready,
    output wire              out_end,
    output wire              out_err,
    output wire [NW-1:0]     out_line,
    output wire [MORE_W-1:0] out_more,     // lines behind it
    output wire [5:0]        out_lo,       // place of the first element in its line
    output wire [5:0]        out_hi,       // of the last in its
    output wire [COL_AW-1:0] out_col,      // column of the first line's place 0, counted from the job's first
    output wire [ACC_AW-1:0] out_base
);

    localparam integer A_W = NW + LB_LOG;
    localparam integer ROUND = (1 << LB_LOG) - 1;

    wire               en;               // a register: the ready goes no further than the skid stage
    assign tok_ready = en;

    // ---- The job -----------------------------------------------------------------------------------------------------------------
    reg  [15:0]        each_q;      // columns of a tap
    reg  [17:0]        room_q;      // columns before that of the last tap that is in the table, at most; bit 17: none is
    reg  [16:0]        bytes1_q;    // of an input, less one
    always @(posedge clk) begin
        each_q   <= c_nm ? {2'd0, c_channels[15:2]} : c_channels;
        room_q   <= {2'd0, c_columns} - {2'd0, each_q};
        bytes1_q <= (c_wide ? {c_channels, 1'b0} : {1'b0, c_channels}) - 17'd1;
    end

    // ---- F0 .. F3: products ---------------------------------------------------------------------------------------------------------
    wire [7:0]         tap = {1'b0, tok_tap} - {1'b0, c_tap};
    wire [35:0]        p_high, p_low, p_tap;
    lac_mul #(.SIGNED(0)) u_high (.clk(clk), .en(en), .a({6'd0, tok_input[23:12]}), .b({2'd0, c_channels}), .p(p_high));
    lac_mul #(.SIGNED(0)) u_low  (.clk(clk), .en(en), .a({6'd0, tok_input[11:0]}), .b({2'd0, c_channels}), .p(p_low));
    lac_mul #(.SIGNED(0)) u_tap  (.clk(clk), .en(en), .a({11'd0, tap[6:0]}), .b({2'd0, each_q}), .p(p_tap));

    reg  [4:0]         valid_q;                  // F1 .. F5
    reg  [4:0]         end_q, err_q;
    reg  [3:0]         none_q;                   // its tap is none, or before TAP; F4: not in the table
    reg  [5*ACC_AW-1:0] base_q;
    wire               drop = none_q[3] && !end_q[3];
    always @(posedge clk)
        if (rst)     valid_q <= 5'd0;
        else if (en) valid_q <= {valid_q[3] && !drop, valid_q[2:0], tok_valid};
    always @(posedge clk)
        if (en) begin
            end_q  <= {end_q[3:0], tok_end};
            err_q  <= {err_q[3:0], tok_err};
            none_q <= {none_q[2] || room_q[17] || p_tap[35:17] != 19'd0 || p_tap[16:0] > room_q[16:0], none_q[1:0], tap[7] || tok_tap == 7'd127};
            base_q <= {base_q[4*ACC_AW-1:0], tok_base};
        end

    // ---- F4, F5: element, address -----------------------------------------------------------------------------------------------------
    reg  [39:0]        element_q;
    reg  [A_W-1:0]     addr_q;
    reg  [COL_AW-1:0]  col4_q, col5_q;
    wire [63:0]        e64  = {24'd0, element_q} << c_wide;
    wire [63:0]        f64  = {26'd0, c_features, 6'd0};
    always @(posedge clk)
        if (en) begin
            element_q <= {p_high[27:0], 12'd0} + {12'd0, p_low[27:0]};
            addr_q    <= e64[A_W-1:0] + f64[A_W-1:0];
            col4_q    <= p_tap[COL_AW-1:0];
            col5_q    <= col4_q;
        end

    // ---- A ------------------------------------------------------------------------------------------------------------------------------
    wire [5:0]         place = {{(6-LB_LOG){1'b0}}, addr_q[LB_LOG-1:0]} >> c_wide;
    wire [17:0]        span  = {{(18-LB_LOG){1'b0}}, addr_q[LB_LOG-1:0]} + {1'b0, bytes1_q};  // the last byte, from the first line on
    wire [17:0]        lines = span >> LB_LOG;
    wire [15:0]        ahead = {10'd0, c_nm ? place >> 2 : place};
    wire [5:0]         hi    = (span[5:0] & ROUND[5:0]) >> c_wide;
    wire [COL_AW-1:0]  col   = col5_q - ahead[COL_AW-1:0];
    lac_skid #(.W(2 + NW + MORE_W + 12 + COL_AW + ACC_AW)) u_skid (
        .clk(clk), .rst(rst), .in_valid(valid_q[4]), .in_ready(en),
        .in_data({end_q[4], err_q[4], addr_q[A_W-1:LB_LOG], lines[MORE_W-1:0], place, hi, col, base_q[5*ACC_AW-1:4*ACC_AW]}),
        .out_valid(out_valid), .out_ready(out_ready), .out_data({out_end, out_err, out_line, out_more, out_lo, out_hi, out_col, out_base})
    );

    wire unused_ok = &{1'b0, p_high, p_low, p_tap, e64, f64, lines, ahead};

endmodule
`default_nettype wire
