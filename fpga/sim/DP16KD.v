// SPDX-License-Identifier: Apache-2.0
//
// DP16KD - model of ECP5's block RAM, port A writing and port B reading, for simulating a netlist
//
//   Modes      A only writes and B only reads, both 9 bits (2048 words), 18 (1024) or 36 (512); B's output register used (OUTREG)
//              or not; another mode does not elaborate. Reading through A or writing through B is not modelled
//   Halves     36 bits are written {DIB, DIA} and read {DOB, DOA}, as synthesis maps them
//   Write      on CLKA while CEA, WEA and the block is selected (CSA = 000); 18, 36 bits: nine of them each for ADA0 .. ADA3
//   Read       on CLKB: CEB latches the word, OCEB moves the latch into the output register; RSTB empties both, on an
//              edge of CLKB (RESETMODE ASYNC: only with RSTB tied low)
//   Collision  a read of a word that is being written gets the old word with what is written inverted: nobody may rely on it
//   Contents   undefined until written: INITVAL is not looked at
`default_nettype none

// Parameters of the part that the simulation has no use for.
// verilator lint_off UNUSEDPARAM
module DP16KD #(
    parameter integer DATA_WIDTH_A = 18, DATA_WIDTH_B = 18,
    parameter [47:0] REGMODE_A = "NOREG",
    parameter [47:0] REGMODE_B = "NOREG",
    parameter [39:0] RESETMODE = "SYNC",
    parameter GSR = "ENABLED", ASYNC_RESET_RELEASE = "SYNC", CSDECODE_A = "0b000", CSDECODE_B = "0b000",
    parameter WRITEMODE_A = "NORMAL", WRITEMODE_B = "NORMAL", CLKAMUX = "CLKA", CLKBMUX = "CLKB", INIT_DATA = "STATIC",
    parameter INITVAL_00 = 0, INITVAL_01 = 0, INITVAL_02 = 0, INITVAL_03 = 0, INITVAL_04 = 0, INITVAL_05 = 0, INITVAL_06 = 0, INITVAL_07 = 0,
        INITVAL_08 = 0, INITVAL_09 = 0, INITVAL_0A = 0, INITVAL_0B = 0, INITVAL_0C = 0, INITVAL_0D = 0, INITVAL_0E = 0, INITVAL_0F = 0, INITVAL_10 =
        0, INITVAL_11 = 0, INITVAL_12 = 0, INITVAL_13 = 0, INITVAL_14 = 0, INITVAL_15 = 0, INITVAL_16 = 0, INITVAL_17 = 0, INITVAL_18 = 0, INITVAL_19
        = 0, INITVAL_1A = 0, INITVAL_1B = 0, INITVAL_1C = 0, INITVAL_1D = 0, INITVAL_1E = 0, INITVAL_1F = 0, INITVAL_20 = 0, INITVAL_21 = 0,
        INITVAL_22 = 0, INITVAL_23 = 0, INITVAL_24 = 0, INITVAL_25 = 0, INITVAL_26 = 0, INITVAL_27 = 0, INITVAL_28 = 0, INITVAL_29 = 0, INITVAL_2A =
        0, INITVAL_2B = 0, INITVAL_2C = 0, INITVAL_2D = 0, INITVAL_2E = 0, INITVAL_2F = 0, INITVAL_30 = 0, INITVAL_31 = 0, INITVAL_32 = 0, INITVAL_33
        = 0, INITVAL_34 = 0, INITVAL_35 = 0, INITVAL_36 = 0, INITVAL_37 = 0, INITVAL_38 = 0, INITVAL_39 = 0, INITVAL_3A = 0, INITVAL_3B = 0,
        INITVAL_3C = 0, INITVAL_3D = 0, INITVAL_3E = 0, INITVAL_3F = 0
) (
    input  wire
        DIA0, DIA1, DIA2, DIA3, DIA4, DIA5, DIA6, DIA7, DIA8, DIA9, DIA10, DIA11, DIA12, DIA13, DIA14, DIA15, DIA16, DIA17, DIB0, DIB1, DIB2, DIB3,
        DIB4, DIB5, DIB6, DIB7, DIB8, DIB9, DIB10, DIB11, DIB12, DIB13, DIB14, DIB15, DIB16, DIB17,
    input  wire
        ADA0, ADA1, ADA2, ADA3, ADA4, ADA5, ADA6, ADA7, ADA8, ADA9, ADA10, ADA11, ADA12, ADA13, ADB0, ADB1, ADB2, ADB3, ADB4, ADB5, ADB6, ADB7, ADB8,
        ADB9, ADB10, ADB11, ADB12, ADB13,
    input  wire CLKA, CEA, OCEA, WEA, RSTA, CSA0, CSA1, CSA2,
    input  wire CLKB, CEB, OCEB, WEB, RSTB, CSB0, CSB1, CSB2,
    output wire
        DOA0, DOA1, DOA2, DOA3, DOA4, DOA5, DOA6, DOA7, DOA8, DOA9, DOA10, DOA11, DOA12, DOA13, DOA14, DOA15, DOA16, DOA17, DOB0, DOB1, DOB2, DOB3,
        DOB4, DOB5, DOB6, DOB7, DOB8, DOB9, DOB10, DOB11, DOB12, DOB13, DOB14, DOB15, DOB16, DOB17
);
    // verilator lint_on UNUSEDPARAM

    localparam integer W = DATA_WIDTH_A;                        // [bits]
    localparam integer A = (W == 36) ? 9 : (W == 18) ? 10 : 11; // [bits] of a word's address

    generate
        if (DATA_WIDTH_B != W || (W != 36 && W != 18 && W != 9) || (REGMODE_B != "OUTREG" && REGMODE_B != "NOREG") || REGMODE_A != "NOREG" ||
            (RESETMODE != "SYNC" && RESETMODE != "ASYNC") || CSDECODE_A != "0b000" || CSDECODE_B != "0b000" || CLKAMUX != "CLKA" || CLKBMUX != "CLKB" || WRITEMODE_A != "NORMAL") begin : g_bad
            mode_that_is_not_modelled u_bad ();
        end
    endgenerate

    wire [35:0] di = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0, DIA17,
                      DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1,
                      DIA0};
    wire [13:0] aa = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
    wire [13:0] ab = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};
    wire [A-1:0] wa = aa[13:14-A];
    wire [A-1:0] ra = ab[13:14-A];
    wire [35:0] keep = (W == 9) ? 36'd0 : {{9{~ADA3}}, {9{~ADA2}}, {9{~ADA1}}, {9{~ADA0}}};
    wire        we = CEA && WEA && {CSA2, CSA1, CSA0} == 3'b000;
    wire        re = CEB && {CSB2, CSB1, CSB0} == 3'b000;

    reg [W-1:0] mem [0:(1<<A)-1];
    reg [W-1:0] latch_q, out_q;

    always @(posedge CLKA) if (we) mem[wa] <= (di[W-1:0] & ~keep[W-1:0]) | (mem[wa] & keep[W-1:0]);

    always @(posedge CLKB)
        if (RSTB)    latch_q <= {W{1'b0}};
        else if (re) latch_q <= mem[ra] ^ ((we && wa == ra) ? ~keep[W-1:0] : {W{1'b0}});

    always @(posedge CLKB)
        if (RSTB)      out_q <= {W{1'b0}};
        else if (OCEB) out_q <= latch_q;

    wire [W-1:0]  word = (REGMODE_B == "OUTREG") ? out_q : latch_q;
    wire [35:0]   wide = {{(36-W){1'b0}}, word};

    assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0}
        = (W == 36) ? wide[35:18] : wide[17:0];
    assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0}
        = (W == 36) ? wide[17:0] : 18'd0;

    wire unused_ok = &{1'b0, OCEA, RSTA, WEB, di, keep, aa, ab};

endmodule
`default_nettype wire
