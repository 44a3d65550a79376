// SPDX-License-Identifier: Apache-2.0
//
// lac_axi_ram - block RAM behind an AXI4 slave: memory for boards without any other, and for simulation
//
//   Function   INCR bursts of whole beats, one at a time in each direction, reads beside writes, answers in order; beats beyond BYTES are
//              DECERR, and writes there are dropped
//   Timing     read: first beat 4 cycles after AR, then one a cycle; write: one beat a cycle, B in the cycle after the last
//   Hazard     a read of bytes whose write has not been answered gives either value
//   Reset      forgets the bus; contents are undefined until written, and stay
`default_nettype none

module lac_axi_ram #(
    parameter integer ADDR_W = 32,    // [bits]
    parameter integer DATA_W = 64,    // [bits]
    parameter integer BYTES  = 32768  // a multiple of DATA_W / 8
) (
    input  wire                clk,
    input  wire                rst,

    input  wire                s_axi_awvalid,
    output wire                s_axi_awready,
    input  wire [ADDR_W-1:0]   s_axi_awaddr,
    input  wire [7:0]          s_axi_awlen,
    input  wire                s_axi_wvalid,
    output wire                s_axi_wready,
    input  wire [DATA_W-1:0]   s_axi_wdata,
    input  wire [DATA_W/8-1:0] s_axi_wstrb,
    input  wire                s_axi_wlast,
    output wire                s_axi_bvalid,
    input  wire                s_axi_bready,
    output wire [1:0]          s_axi_bresp,
    input  wire                s_axi_arvalid,
    output wire                s_axi_arready,
    input  wire [ADDR_W-1:0]   s_axi_araddr,
    input  wire [7:0]          s_axi_arlen,
    output wire                s_axi_rvalid,
    input  wire                s_axi_rready,
    output wire [DATA_W-1:0]   s_axi_rdata,
    output wire [1:0]          s_axi_rresp,
    output wire                s_axi_rlast
);

`include "lac_clog2.vh"
    localparam integer         BYTE_W = clog2(DATA_W / 8);
    localparam integer         DEPTH  = BYTES / (DATA_W / 8);
    localparam integer         AW     = clog2(DEPTH);
    localparam integer         BEAT_W = ADDR_W - BYTE_W;
    localparam [BEAT_W-1:0]    END    = DEPTH[BEAT_W-1:0];

    // ---- Writes
    reg              wr_open_q, b_valid_q, wr_bad_q;  // wr_bad_q: a beat was beyond the end
    reg [BEAT_W-1:0] wr_at_q;

    wire wr_fits = wr_at_q < END;
    wire w_hs    = wr_open_q && s_axi_wvalid;

    always @(posedge clk)
        if (rst) begin
            wr_open_q <= 1'b0;
            b_valid_q <= 1'b0;
        end else begin
            if (s_axi_awready && s_axi_awvalid) wr_open_q <= 1'b1;
            else if (w_hs && s_axi_wlast)       wr_open_q <= 1'b0;
            if (w_hs && s_axi_wlast)            b_valid_q <= 1'b1;
            else if (s_axi_bready)              b_valid_q <= 1'b0;
        end
    always @(posedge clk)
        if (s_axi_awready) begin
            wr_at_q  <= s_axi_awaddr[ADDR_W-1:BYTE_W];
            wr_bad_q <= 1'b0;
        end else if (w_hs) begin
            wr_at_q  <= wr_at_q + 1'b1;
            wr_bad_q <= wr_bad_q || !wr_fits;
        end
    assign s_axi_awready = !wr_open_q && !b_valid_q;
    assign s_axi_wready  = wr_open_q;
    assign s_axi_bvalid  = b_valid_q;
    assign s_axi_bresp   = {2{wr_bad_q}};

    // ---- Reads: the address on its way, the RAM's latch, the register behind it
    reg              a_valid_q, l_valid_q, l_last_q, l_bad_q, r_valid_q, r_last_q, r_bad_q;
    reg [BEAT_W-1:0] rd_at_q;
    reg [7:0]        rd_left_q;
    wire             r_move = !r_valid_q || s_axi_rready;
    wire             l_move = !l_valid_q || r_move;
    wire             a_last = rd_left_q == 8'd0;

    always @(posedge clk)
        if (rst) begin
            a_valid_q <= 1'b0;
            l_valid_q <= 1'b0;
            r_valid_q <= 1'b0;
        end else begin
            if (!a_valid_q)             a_valid_q <= s_axi_arvalid;
            else if (l_move && a_last)  a_valid_q <= 1'b0;
            if (l_move) l_valid_q <= a_valid_q;
            if (r_move) r_valid_q <= l_valid_q;
        end
    always @(posedge clk) begin
        if (!a_valid_q) begin
            rd_at_q   <= s_axi_araddr[ADDR_W-1:BYTE_W];
            rd_left_q <= s_axi_arlen;
        end else if (l_move) begin
            rd_at_q   <= rd_at_q + 1'b1;
            rd_left_q <= rd_left_q - 8'd1;
        end
        if (l_move) begin
            l_last_q <= a_last;
            l_bad_q  <= rd_at_q >= END;
        end
        if (r_move) begin
            r_last_q <= l_last_q;
            r_bad_q  <= l_bad_q;
        end
    end
    assign s_axi_arready = !a_valid_q;
    assign s_axi_rvalid  = r_valid_q;
    assign s_axi_rlast   = r_last_q;
    assign s_axi_rresp   = {2{r_bad_q}};

    // ---- A RAM a byte: the strobes are its write enables
    genvar i;
    generate
        for (i = 0; i < DATA_W / 8; i = i + 1) begin : g_byte
            lac_ram #(.W(8), .DEPTH(DEPTH), .ADDR_W(AW)) u_ram (
                .clk(clk), .rclk(clk), .we(w_hs && wr_fits && s_axi_wstrb[i]), .waddr(wr_at_q[AW-1:0]), .wdata(s_axi_wdata[8*i +: 8]),
                .re(a_valid_q && l_move), .raddr(rd_at_q[AW-1:0]), .qe(l_valid_q && r_move), .q(s_axi_rdata[8*i +: 8])
            );
        end
    endgenerate

    wire unused_ok = &{1'b0, s_axi_awlen, s_axi_awaddr[BYTE_W-1:0], s_axi_araddr[BYTE_W-1:0]};  // WLAST ends a write

endmodule
`default_nettype wire
