// SPDX-License-Identifier: Apache-2.0
//
// fit_sdram - lac_sdram for place and route alone: the AXI side between shift registers, so that pins do not count
//
//   Function   none. Inputs come from one pin through a shift register, outputs leave through another one, a register
//              on either side of every port
`default_nettype none

module fit_sdram #(
    parameter integer DATA_W    = 64,
    parameter integer DQ_W      = 16,
    parameter integer ROW_W     = 13,
    parameter integer COL_W     = 9,
    parameter integer HAS_DQM   = 1,
    parameter integer CLOCK_KHZ = 125000
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              scan_in,
    input  wire              load,
    output wire              scan_out,
    output wire              sdram_ras_n,
    output wire              sdram_cas_n,
    output wire              sdram_we_n,
    output wire [1:0]        sdram_ba,
    output wire [ROW_W-1:0]  sdram_a,
    output wire [DQ_W/8-1:0] sdram_dqm,
    inout  wire [DQ_W-1:0]   sdram_dq
);

    localparam integer IN_W  = 2 * 40 + DATA_W + DATA_W / 8 + 5;
    localparam integer OUT_W = DATA_W + 11;

    reg  [IN_W-1:0]  in_q, in2_q;
    reg  [OUT_W-1:0] out_q, out2_q;
    reg              rst_q;
    wire [OUT_W-1:0] out;
    wire [DQ_W-1:0]  dq_o;
    wire             dq_oe, unused_cke, unused_cs;

    always @(posedge clk) begin
        rst_q  <= rst;
        in_q   <= {in_q[IN_W-2:0], scan_in};
        in2_q  <= in_q;
        out_q  <= out;
        out2_q <= load ? out_q : {out2_q[OUT_W-2:0], 1'b0};
    end
    assign scan_out = out2_q[OUT_W-1];
    assign sdram_dq = dq_oe ? dq_o : {DQ_W{1'bz}};

`ifdef EMPTY  // to subtract: what stands around the controller
    assign out = in2_q[IN_W-1 -: OUT_W];
    assign dq_o = in2_q[DQ_W-1:0];
    assign dq_oe = in2_q[0];
    assign {sdram_ras_n, sdram_cas_n, sdram_we_n, sdram_ba, sdram_a, sdram_dqm} = in2_q;
`else
    lac_sdram #(.DATA_W(DATA_W), .DQ_W(DQ_W), .ROW_W(ROW_W), .COL_W(COL_W), .HAS_DQM(HAS_DQM), .CLOCK_KHZ(CLOCK_KHZ)) u_sdram (
        .clk(clk), .rst(rst_q), .ready(out[OUT_W-1]),
        .s_axi_arvalid(in2_q[0]), .s_axi_arready(out[0]), .s_axi_araddr(in2_q[36:5]), .s_axi_arlen(in2_q[44:37]),
        .s_axi_rvalid(out[1]), .s_axi_rready(in2_q[1]), .s_axi_rdata(out[9 +: DATA_W]), .s_axi_rresp(out[3:2]), .s_axi_rlast(out[4]),
        .s_axi_awvalid(in2_q[2]), .s_axi_awready(out[5]), .s_axi_awaddr(in2_q[76:45]), .s_axi_awlen(in2_q[84:77]),
        .s_axi_wvalid(in2_q[3]), .s_axi_wready(out[6]), .s_axi_wdata(in2_q[85 +: DATA_W]), .s_axi_wstrb(in2_q[85 + DATA_W +: DATA_W/8]),
        .s_axi_bvalid(out[7]), .s_axi_bready(in2_q[4]), .s_axi_bresp({out[8], out[OUT_W-2]}),
        .sdram_cke(unused_cke), .sdram_cs_n(unused_cs), .sdram_ras_n(sdram_ras_n), .sdram_cas_n(sdram_cas_n), .sdram_we_n(sdram_we_n),
        .sdram_ba(sdram_ba), .sdram_a(sdram_a), .sdram_dqm(sdram_dqm),
        .sdram_dq_o(dq_o), .sdram_dq_oe(dq_oe), .sdram_dq_i(sdram_dq)
    );
`endif

endmodule
`default_nettype wire
