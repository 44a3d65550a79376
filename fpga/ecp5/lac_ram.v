// SPDX-License-Identifier: Apache-2.0
//
// lac_ram - rtl/lac_ram.v on the block RAMs of ECP5, with the output register inside the block RAM
//
//   Why        a block RAM's clock-to-output is 5.8 ns, and the way to a register in the fabric comes on top; its own output
//              register (REGMODE OUTREG) takes both away, and 36 flip-flops a block
//   Shapes     up to 512 words: 36 bits a block; up to 1024, 2048: 18, 9 bits; 64 words and fewer are left to synthesis (LUT RAM, wide ones block RAM)
//   Equal      to rtl/lac_ram.v, cycle by cycle: fpga/tb/tb_ecp5.v ties the two
`default_nettype none

module lac_ram #(
    parameter integer W      = 64,
    parameter integer DEPTH  = 512,
    parameter integer ADDR_W = 9
) (
    input  wire              clk,
    input  wire              rclk,
    input  wire              we,
    input  wire [ADDR_W-1:0] waddr,
    input  wire [W-1:0]      wdata,
    input  wire              re,
    input  wire [ADDR_W-1:0] raddr,
    input  wire              qe,
    output wire [W-1:0]      q
);

    localparam integer SLICE  = (DEPTH <= 512 && W > 18) ? 36 : (DEPTH <= 1024) ? 18 : 9;
    localparam integer SLICES = (W + SLICE - 1) / SLICE;

    generate
        if (DEPTH <= 64 || DEPTH > 2048) begin : g_plain
            (* no_rw_check *) reg [W-1:0] mem [0:DEPTH-1];
            reg [W-1:0] latch_q, out_q;
            always @(posedge clk) if (we) mem[waddr] <= wdata;
            always @(posedge rclk) if (re) latch_q <= mem[raddr];
            always @(posedge rclk) if (qe) out_q <= latch_q;
            assign q = out_q;
        end else begin : g_block
            wire [SLICES*SLICE-1:0] all_d = {{(SLICES*SLICE-W){1'b0}}, wdata};
            wire [SLICES*SLICE-1:0] all_o;
            assign q = all_o[W-1:0];
            genvar i;
            for (i = 0; i < SLICES; i = i + 1) begin : g_slice
                if (SLICE == 36) begin : g_36
                    wire [8:0]  wa = {{(9-ADDR_W){1'b0}}, waddr};
                    wire [8:0]  ra = {{(9-ADDR_W){1'b0}}, raddr};
                    wire [35:0] d  = all_d[36*i +: 36];
                    wire [35:0] o;
                    assign all_o[36*i +: 36] = o;
                    // What goes in at DI0 comes out at DO18: at 36 bits the cell's two halves stand the other way round on its read side.
                    PDPW16KD #(
                        .DATA_WIDTH_W(36), .DATA_WIDTH_R(36), .REGMODE("OUTREG"), .RESETMODE("SYNC"), .GSR("DISABLED"),
                        .CSDECODE_W("0b000"), .CSDECODE_R("0b000")
                    ) u_ram (
                        .DI0(d[0]), .DO18(o[0]), .DI1(d[1]), .DO19(o[1]), .DI2(d[2]), .DO20(o[2]),
                        .DI3(d[3]), .DO21(o[3]), .DI4(d[4]), .DO22(o[4]), .DI5(d[5]), .DO23(o[5]),
                        .DI6(d[6]), .DO24(o[6]), .DI7(d[7]), .DO25(o[7]), .DI8(d[8]), .DO26(o[8]),
                        .DI9(d[9]), .DO27(o[9]), .DI10(d[10]), .DO28(o[10]), .DI11(d[11]), .DO29(o[11]),
                        .DI12(d[12]), .DO30(o[12]), .DI13(d[13]), .DO31(o[13]), .DI14(d[14]), .DO32(o[14]),
                        .DI15(d[15]), .DO33(o[15]), .DI16(d[16]), .DO34(o[16]), .DI17(d[17]), .DO35(o[17]),
                        .DI18(d[18]), .DO0(o[18]), .DI19(d[19]), .DO1(o[19]), .DI20(d[20]), .DO2(o[20]),
                        .DI21(d[21]), .DO3(o[21]), .DI22(d[22]), .DO4(o[22]), .DI23(d[23]), .DO5(o[23]),
                        .DI24(d[24]), .DO6(o[24]), .DI25(d[25]), .DO7(o[25]), .DI26(d[26]), .DO8(o[26]),
                        .DI27(d[27]), .DO9(o[27]), .DI28(d[28]), .DO10(o[28]), .DI29(d[29]), .DO11(o[29]),
                        .DI30(d[30]), .DO12(o[30]), .DI31(d[31]), .DO13(o[31]), .DI32(d[32]), .DO14(o[32]),
                        .DI33(d[33]), .DO15(o[33]), .DI34(d[34]), .DO16(o[34]), .DI35(d[35]), .DO17(o[35]),
                        .BE0(1'b1), .BE1(1'b1), .BE2(1'b1), .BE3(1'b1),
                        .ADW0(wa[0]), .ADW1(wa[1]), .ADW2(wa[2]), .ADW3(wa[3]), .ADW4(wa[4]), .ADW5(wa[5]), .ADW6(wa[6]), .ADW7(wa[7]), .ADW8(wa[8]),
                        .ADR0(1'b0), .ADR1(1'b0), .ADR2(1'b0), .ADR3(1'b0), .ADR4(1'b0),
                        .ADR5(ra[0]), .ADR6(ra[1]), .ADR7(ra[2]), .ADR8(ra[3]), .ADR9(ra[4]), .ADR10(ra[5]), .ADR11(ra[6]), .ADR12(ra[7]), .ADR13(ra[8]),
                        .CLKW(clk), .CEW(we), .CSW0(1'b0), .CSW1(1'b0), .CSW2(1'b0),
                        .CLKR(rclk), .CER(re), .OCER(qe), .CSR0(1'b0), .CSR1(1'b0), .CSR2(1'b0), .RST(1'b0)
                    );
                end else begin : g_18
                    // 18 bits: address bits 3:0 are byte enables and unused; 9 bits: bits 2:0 are unused
                    localparam integer LOW = (SLICE == 18) ? 4 : 3;
                    wire [13:0] wa = {{(14-LOW-ADDR_W){1'b0}}, waddr, {LOW{1'b0}}} | ((SLICE == 18) ? 14'd3 : 14'd0);
                    wire [13:0] ra = {{(14-LOW-ADDR_W){1'b0}}, raddr, {LOW{1'b0}}};
                    wire [17:0] d  = {{(18-SLICE){1'b0}}, all_d[SLICE*i +: SLICE]};
                    wire [17:0] o;
                    assign all_o[SLICE*i +: SLICE] = o[SLICE-1:0];
                    DP16KD #(
                        .DATA_WIDTH_A(SLICE), .DATA_WIDTH_B(SLICE), .REGMODE_A("NOREG"), .REGMODE_B("OUTREG"), .RESETMODE("SYNC"),
                        .GSR("DISABLED"), .CSDECODE_A("0b000"), .CSDECODE_B("0b000"), .WRITEMODE_A("NORMAL"), .WRITEMODE_B("NORMAL"),
                        .CLKAMUX("CLKA"), .CLKBMUX("CLKB")
                    ) u_ram (
                        .DIA0(d[0]), .DIB0(1'b0), .DOB0(o[0]), .DIA1(d[1]), .DIB1(1'b0), .DOB1(o[1]),
                        .DIA2(d[2]), .DIB2(1'b0), .DOB2(o[2]), .DIA3(d[3]), .DIB3(1'b0), .DOB3(o[3]),
                        .DIA4(d[4]), .DIB4(1'b0), .DOB4(o[4]), .DIA5(d[5]), .DIB5(1'b0), .DOB5(o[5]),
                        .DIA6(d[6]), .DIB6(1'b0), .DOB6(o[6]), .DIA7(d[7]), .DIB7(1'b0), .DOB7(o[7]),
                        .DIA8(d[8]), .DIB8(1'b0), .DOB8(o[8]), .DIA9(d[9]), .DIB9(1'b0), .DOB9(o[9]),
                        .DIA10(d[10]), .DIB10(1'b0), .DOB10(o[10]), .DIA11(d[11]), .DIB11(1'b0), .DOB11(o[11]),
                        .DIA12(d[12]), .DIB12(1'b0), .DOB12(o[12]), .DIA13(d[13]), .DIB13(1'b0), .DOB13(o[13]),
                        .DIA14(d[14]), .DIB14(1'b0), .DOB14(o[14]), .DIA15(d[15]), .DIB15(1'b0), .DOB15(o[15]),
                        .DIA16(d[16]), .DIB16(1'b0), .DOB16(o[16]), .DIA17(d[17]), .DIB17(1'b0), .DOB17(o[17]),
                        .ADA0(wa[0]), .ADB0(ra[0]), .ADA1(wa[1]), .ADB1(ra[1]), .ADA2(wa[2]), .ADB2(ra[2]), .ADA3(wa[3]), .ADB3(ra[3]),
                        .ADA4(wa[4]), .ADB4(ra[4]), .ADA5(wa[5]), .ADB5(ra[5]), .ADA6(wa[6]), .ADB6(ra[6]), .ADA7(wa[7]), .ADB7(ra[7]),
                        .ADA8(wa[8]), .ADB8(ra[8]), .ADA9(wa[9]), .ADB9(ra[9]), .ADA10(wa[10]), .ADB10(ra[10]), .ADA11(wa[11]), .ADB11(ra[11]),
                        .ADA12(wa[12]), .ADB12(ra[12]), .ADA13(wa[13]), .ADB13(ra[13]),
                        .CLKA(clk), .CEA(we), .OCEA(1'b0), .WEA(1'b1), .RSTA(1'b0), .CSA0(1'b0), .CSA1(1'b0), .CSA2(1'b0),
                        .CLKB(rclk), .CEB(re), .OCEB(qe), .WEB(1'b0), .RSTB(1'b0), .CSB0(1'b0), .CSB1(1'b0), .CSB2(1'b0)
                    );
                end
            end
        end
    endgenerate

endmodule
`default_nettype wire
