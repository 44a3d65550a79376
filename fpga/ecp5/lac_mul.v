// SPDX-License-Identifier: Apache-2.0
//
// lac_mul - rtl/lac_mul.v as one MULT18X18D with its own registers
//
//   a, b -->[ input registers ]-->[ pipeline register ]-->[ output register ]--> p
//
//   Why        an unregistered MULT18X18D takes 3.9 ns, and the way to its column and back to registers in the fabric as long again
//   Equal      to rtl/lac_mul.v, cycle by cycle: fpga/tb/tb_ecp5.v ties the two
`default_nettype none

module lac_mul #(
    parameter integer SIGNED = 1
) (
    input  wire        clk,
    input  wire        en,
    input  wire [17:0] a,
    input  wire [17:0] b,
    output wire [35:0] p
);

    localparam [0:0] S = (SIGNED != 0);

    MULT18X18D #(
        .REG_INPUTA_CLK("CLK0"), .REG_INPUTA_CE("CE0"), .REG_INPUTA_RST("RST0"),
        .REG_INPUTB_CLK("CLK0"), .REG_INPUTB_CE("CE0"), .REG_INPUTB_RST("RST0"),
        .REG_PIPELINE_CLK("CLK0"), .REG_PIPELINE_CE("CE0"), .REG_PIPELINE_RST("RST0"),
        .REG_OUTPUT_CLK("CLK0"), .REG_OUTPUT_CE("CE0"), .REG_OUTPUT_RST("RST0"),
        .GSR("DISABLED"), .RESETMODE("SYNC"), .SOURCEB_MODE("B_SHIFT")
    ) u_dsp (
        .A0(a[0]), .B0(b[0]), .C0(1'b0), .A1(a[1]), .B1(b[1]), .C1(1'b0), .A2(a[2]), .B2(b[2]), .C2(1'b0),
        .A3(a[3]), .B3(b[3]), .C3(1'b0), .A4(a[4]), .B4(b[4]), .C4(1'b0), .A5(a[5]), .B5(b[5]), .C5(1'b0),
        .A6(a[6]), .B6(b[6]), .C6(1'b0), .A7(a[7]), .B7(b[7]), .C7(1'b0), .A8(a[8]), .B8(b[8]), .C8(1'b0),
        .A9(a[9]), .B9(b[9]), .C9(1'b0), .A10(a[10]), .B10(b[10]), .C10(1'b0), .A11(a[11]), .B11(b[11]), .C11(1'b0),
        .A12(a[12]), .B12(b[12]), .C12(1'b0), .A13(a[13]), .B13(b[13]), .C13(1'b0), .A14(a[14]), .B14(b[14]), .C14(1'b0),
        .A15(a[15]), .B15(b[15]), .C15(1'b0), .A16(a[16]), .B16(b[16]), .C16(1'b0), .A17(a[17]), .B17(b[17]), .C17(1'b0),
        .P0(p[0]), .P1(p[1]), .P2(p[2]), .P3(p[3]), .P4(p[4]), .P5(p[5]), .P6(p[6]), .P7(p[7]), .P8(p[8]),
        .P9(p[9]), .P10(p[10]), .P11(p[11]), .P12(p[12]), .P13(p[13]), .P14(p[14]), .P15(p[15]), .P16(p[16]), .P17(p[17]),
        .P18(p[18]), .P19(p[19]), .P20(p[20]), .P21(p[21]), .P22(p[22]), .P23(p[23]), .P24(p[24]), .P25(p[25]), .P26(p[26]),
        .P27(p[27]), .P28(p[28]), .P29(p[29]), .P30(p[30]), .P31(p[31]), .P32(p[32]), .P33(p[33]), .P34(p[34]), .P35(p[35]),
        .SIGNEDA(S), .SIGNEDB(S), .SOURCEA(1'b0), .SOURCEB(1'b0),
        .CLK0(clk), .CE0(en), .RST0(1'b0)
    );

endmodule
`default_nettype wire
