// SPDX-License-Identifier: Apache-2.0
//
// lac_map_norm - words of the inputs' list, their rows as the outputs they belong to, into the ring
//
//   word -->[ 1 ]-->[ 2 ]-->[ 3 ]-->[ 4 ]--> write
//     +---> z, y: lac_map_scale -----^
//
//   Function   a row's z becomes that of the outputs it gives through this stream's kz; rows that give none are left out. Its y is divided too;
//              what is left tells through which ky: the cursors' business. TRANSPOSED: multiplied
//   Timing     a word a cycle while `room`; pad_z, pad_y and the rest of the configuration hold still
//   Reset      control only
`default_nettype none

module lac_map_norm (
    input  wire        clk,
    input  wire        rst,
    input  wire        transposed,
    input  wire [2:0]  stride_z,
    input  wire [2:0]  stride_y,
    input  wire [10:0] pad_z,       // signed: less this stream's kz * dilation
    input  wire [10:0] pad_y,       // signed

    input  wire        in_valid,
    output wire        in_ready,
    input  wire        in_row,
    input  wire [42:0] in_word,
    input  wire [23:0] in_index,
    output wire        empty,       // nothing is on its way

    input  wire        room,        // a register
    output wire        we,
    output wire [67:0] word         // 1, 17 zeros, batch 8, z 19, y 19, rest 3, 1 zero; else 0, place 11, sites 32, index 24
);

    wire        en = room;
    reg  [3:0]  valid_q;
    reg  [3:0]  row_q;
    reg  [66:0] w1_q, w2_q, w3_q, w4_q;
    wire [18:0] z, y;
    wire [2:0]  z_rem, y_rem;
    assign in_ready = en;
    assign empty    = valid_q == 4'd0;

    always @(posedge clk)
        if (rst)     valid_q <= 4'd0;
        else if (en) valid_q <= {valid_q[2:0], in_valid};
    always @(posedge clk)
        if (en) begin
            row_q <= {row_q[2:0], in_row};
            {w1_q, w2_q, w3_q, w4_q} <= {in_word, in_index, w1_q, w2_q, w3_q};
        end

    lac_map_scale u_z (
        .clk(clk), .en(en), .stride(stride_z), .divide(!transposed), .pad(pad_z), .in({in_word[31], in_word[31:16]}), .plus(3'd0), .out(z), .rem(z_rem)
    );
    lac_map_scale u_y (
        .clk(clk), .en(en), .stride(stride_y), .divide(!transposed), .pad(pad_y), .in({in_word[15], in_word[15:0]}), .plus(3'd0), .out(y), .rem(y_rem)
    );

    reg         drop_q;   // the row at hand
    wire        row  = row_q[3];
    wire        drop = row ? z_rem != 3'd0 : drop_q;
    always @(posedge clk) if (en && valid_q[3]) drop_q <= drop;
    assign we   = en && valid_q[3] && !drop;
    assign word = row ? {1'b1, 17'd0, w4_q[63:56], z, y, y_rem, 1'b0} : {1'b0, w4_q};

endmodule
`default_nettype wire
