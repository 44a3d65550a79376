// SPDX-License-Identifier: Apache-2.0
//
// MULT18X18D - model of ECP5's multiplier, 18 x 18 bits, for simulating a netlist
//
//   Modes      each of the registers behind A, behind B, inside and at the output is on CLK0, CE0, RST0 or absent (NONE);
//              no cascade, no operand C; another mode does not elaborate
//   Function   P = A * B; SIGNEDA and SIGNEDB say which of them is two's complement, and go the way of their operands
//   Outputs    SRO, RO, SIGNEDP are not modelled and not there
`default_nettype none

// Parameters of the part that the simulation has no use for.
// verilator lint_off UNUSEDPARAM
module MULT18X18D #(
    parameter [31:0] REG_INPUTA_CLK = "NONE", REG_INPUTB_CLK = "NONE", REG_INPUTC_CLK = "NONE", REG_PIPELINE_CLK = "NONE", REG_OUTPUT_CLK = "NONE",
    parameter REG_INPUTA_CE = "CE0", REG_INPUTB_CE = "CE0", REG_INPUTC_CE = "CE0", REG_PIPELINE_CE = "CE0", REG_OUTPUT_CE = "CE0",
    parameter REG_INPUTA_RST = "RST0", REG_INPUTB_RST = "RST0", REG_INPUTC_RST = "RST0", REG_PIPELINE_RST = "RST0", REG_OUTPUT_RST = "RST0",
    parameter CLK0_DIV = "ENABLED", CLK1_DIV = "ENABLED", CLK2_DIV = "ENABLED", CLK3_DIV = "ENABLED", HIGHSPEED_CLK = "NONE",
    parameter GSR = "ENABLED", CAS_MATCH_REG = "FALSE", SOURCEB_MODE = "B_SHIFT", MULT_BYPASS = "DISABLED", RESETMODE = "SYNC"
) (
    input  wire
        A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15, A16, A17, B0, B1, B2, B3, B4, B5, B6, B7, B8, B9, B10, B11, B12, B13,
        B14, B15, B16, B17, C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15, C16, C17,
    input  wire SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
    input  wire CLK0, CE0, RST0,
    output wire
        P0, P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12, P13, P14, P15, P16, P17, P18, P19, P20, P21, P22, P23, P24, P25, P26, P27, P28, P29,
        P30, P31, P32, P33, P34, P35
);
    // verilator lint_on UNUSEDPARAM

    generate
        if ((REG_INPUTA_CLK != "NONE" && REG_INPUTA_CLK != "CLK0") || (REG_INPUTB_CLK != "NONE" && REG_INPUTB_CLK != "CLK0") ||
            (REG_PIPELINE_CLK != "NONE" && REG_PIPELINE_CLK != "CLK0") || (REG_OUTPUT_CLK != "NONE" && REG_OUTPUT_CLK != "CLK0") ||
            REG_INPUTA_CE != "CE0" || REG_INPUTB_CE != "CE0" || REG_PIPELINE_CE != "CE0" || REG_OUTPUT_CE != "CE0" ||
            REG_INPUTA_RST != "RST0" || REG_INPUTB_RST != "RST0" || REG_PIPELINE_RST != "RST0" || REG_OUTPUT_RST != "RST0" ||
            REG_INPUTC_CLK != "NONE" || CAS_MATCH_REG != "FALSE" || MULT_BYPASS != "DISABLED" || RESETMODE != "SYNC") begin : g_bad
            mode_that_is_not_modelled u_bad ();
        end
    endgenerate

    // Sign and operand; the product of both sign-extended.
    wire [18:0] a = {SIGNEDA, A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0};
    wire [18:0] b = {SIGNEDB, B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0};
    reg  [18:0] a_q, b_q;
    wire [18:0] a_in = (REG_INPUTA_CLK == "CLK0") ? a_q : a;
    wire [18:0] b_in = (REG_INPUTB_CLK == "CLK0") ? b_q : b;

    wire signed [35:0] a_wide = {{18{a_in[18] & a_in[17]}}, a_in[17:0]};
    wire signed [35:0] b_wide = {{18{b_in[18] & b_in[17]}}, b_in[17:0]};
    wire        [35:0] product = a_wide * b_wide;
    reg         [35:0] product_q, p_q;
    wire        [35:0] mid = (REG_PIPELINE_CLK == "CLK0") ? product_q : product;

    always @(posedge CLK0)
        if (RST0) begin
            a_q       <= 19'd0;
            b_q       <= 19'd0;
            product_q <= 36'd0;
            p_q       <= 36'd0;
        end else if (CE0) begin
            a_q       <= a;
            b_q       <= b;
            product_q <= product;
            p_q       <= mid;
        end

    assign {P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16, P15, P14, P13, P12, P11, P10, P9, P8,
            P7, P6, P5, P4, P3, P2, P1, P0} = (REG_OUTPUT_CLK == "CLK0") ? p_q : mid;

    // With a source of SOURCEA or SOURCEB the operand would come from the neighbour.
    wire unused_ok = &{1'b0, SOURCEA, SOURCEB, C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15, C16, C17};

endmodule
`default_nettype wire
