// SPDX-License-Identifier: Apache-2.0
//
// PDPW16KD - model of ECP5's block RAM with one write and one read port, 512 words of 36 bits, for simulating a netlist
//
//   Modes      36 bits on both sides, output register used (REGMODE OUTREG) or not; another mode does not elaborate
//   Halves     what DI0 .. DI17 wrote is read at DO18 .. DO35, what DI18 .. DI35 wrote at DO0 .. DO17: so the vendor's own generated
//              modules connect it, and so nextpnr places it (DO0 is the block's DOB0, where the low half comes out)
//   Write      on CLKW: bytes of nine bits by BE while CEW and the block is selected (CSW = 000)
//   Read       on CLKR: CER latches the word, OCER moves the latch into the output register; RST empties both
//   Collision  a read of a word that is being written gets the old word with what is written inverted: nobody may rely on it
//   Contents   undefined until written: INITVAL is not looked at
`default_nettype none

// Parameters of the part that the simulation has no use for.
// verilator lint_off UNUSEDPARAM
module PDPW16KD #(
    parameter integer DATA_WIDTH_W = 36, DATA_WIDTH_R = 36,
    parameter [47:0] REGMODE = "NOREG",
    parameter GSR = "ENABLED", RESETMODE = "SYNC", ASYNC_RESET_RELEASE = "SYNC", CSDECODE_W = "0b000", CSDECODE_R = "0b000",
    parameter CLKWMUX = "CLKW", CLKRMUX = "CLKR", INIT_DATA = "STATIC",
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
        DI0, DI1, DI2, DI3, DI4, DI5, DI6, DI7, DI8, DI9, DI10, DI11, DI12, DI13, DI14, DI15, DI16, DI17, DI18, DI19, DI20, DI21, DI22, DI23, DI24,
        DI25, DI26, DI27, DI28, DI29, DI30, DI31, DI32, DI33, DI34, DI35,
    input  wire BE0, BE1, BE2, BE3,
    input  wire ADW0, ADW1, ADW2, ADW3, ADW4, ADW5, ADW6, ADW7, ADW8,
    input  wire CLKW, CEW, CSW0, CSW1, CSW2,
    input  wire ADR0, ADR1, ADR2, ADR3, ADR4, ADR5, ADR6, ADR7, ADR8, ADR9, ADR10, ADR11, ADR12, ADR13,
    input  wire CLKR, CER, OCER, CSR0, CSR1, CSR2, RST,
    output wire
        DO0, DO1, DO2, DO3, DO4, DO5, DO6, DO7, DO8, DO9, DO10, DO11, DO12, DO13, DO14, DO15, DO16, DO17, DO18, DO19, DO20, DO21, DO22, DO23, DO24,
        DO25, DO26, DO27, DO28, DO29, DO30, DO31, DO32, DO33, DO34, DO35
);
    // verilator lint_on UNUSEDPARAM

    generate
        if (DATA_WIDTH_W != 36 || DATA_WIDTH_R != 36 || (REGMODE != "OUTREG" && REGMODE != "NOREG") || RESETMODE != "SYNC" ||
            CSDECODE_W != "0b000" || CSDECODE_R != "0b000" || CLKWMUX != "CLKW" || CLKRMUX != "CLKR") begin : g_bad
            mode_that_is_not_modelled u_bad ();
        end
    endgenerate

    wire [35:0] di = {DI35, DI34, DI33, DI32, DI31, DI30, DI29, DI28, DI27, DI26, DI25, DI24, DI23, DI22, DI21, DI20, DI19, DI18, DI17, DI16, DI15,
                      DI14, DI13, DI12, DI11, DI10, DI9, DI8, DI7, DI6, DI5, DI4, DI3, DI2, DI1, DI0};
    wire [8:0]  wa = {ADW8, ADW7, ADW6, ADW5, ADW4, ADW3, ADW2, ADW1, ADW0};
    wire [8:0]  ra = {ADR13, ADR12, ADR11, ADR10, ADR9, ADR8, ADR7, ADR6, ADR5};
    wire        we = CEW && {CSW2, CSW1, CSW0} == 3'b000;
    wire        re = CER && {CSR2, CSR1, CSR0} == 3'b000;

    reg [35:0] mem [0:511];
    reg [35:0] latch_q, out_q;

    wire [35:0] keep = {{9{~BE3}}, {9{~BE2}}, {9{~BE1}}, {9{~BE0}}};

    always @(posedge CLKW) if (we) mem[wa] <= (di & ~keep) | (mem[wa] & keep);

    always @(posedge CLKR)
        if (RST)     latch_q <= 36'd0;
        else if (re) latch_q <= mem[ra] ^ ((we && wa == ra) ? ~keep : 36'd0);

    always @(posedge CLKR)
        if (RST)       out_q <= 36'd0;
        else if (OCER) out_q <= latch_q;

    wire [35:0] word = (REGMODE == "OUTREG") ? out_q : latch_q;

    assign {DO17, DO16, DO15, DO14, DO13, DO12, DO11, DO10, DO9, DO8, DO7, DO6, DO5, DO4, DO3, DO2, DO1, DO0, DO35, DO34, DO33, DO32, DO31, DO30,
            DO29, DO28, DO27, DO26, DO25, DO24, DO23, DO22, DO21, DO20, DO19, DO18} = word;

    wire unused_ok = &{1'b0, ADR0, ADR1, ADR2, ADR3, ADR4};

endmodule
`default_nettype wire
