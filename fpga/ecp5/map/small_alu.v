// SPDX-License-Identifier: Apache-2.0
//
// small_alu - an addition or comparison of at most `SMALL bits in LUTs instead of a carry chain (a map for Yosys' techmap)
//
//   Why  a carry chain enters and leaves through a carry cell each, two LUTs apiece: a 3-bit counter takes eight LUTs with them and five without.
//        Longer ones are smaller and faster as chains; where the limit lies was measured (docs/decisions.md)
//   Cell Yosys' $alu: Y = A + (B xor BI) + CI, X = A xor B xor BI, CO the carry out of each bit
(* techmap_celltype = "$alu" *)
module small_alu (A, B, CI, BI, X, Y, CO);
    parameter A_SIGNED = 0;
    parameter B_SIGNED = 0;
    parameter A_WIDTH  = 1;
    parameter B_WIDTH  = 1;
    parameter Y_WIDTH  = 1;

    (* force_downto *) input  [A_WIDTH-1:0] A;
    (* force_downto *) input  [B_WIDTH-1:0] B;
    input CI, BI;
    (* force_downto *) output [Y_WIDTH-1:0] X, Y, CO;

    wire _TECHMAP_FAIL_ = Y_WIDTH > `SMALL;

    wire [Y_WIDTH-1:0] a, b;
    \$pos #(.A_SIGNED(A_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) u_a (.A(A), .Y(a));
    \$pos #(.A_SIGNED(B_SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) u_b (.A(B), .Y(b));

    wire [Y_WIDTH-1:0] t = b ^ {Y_WIDTH{BI}};
    wire [Y_WIDTH:0]   carry;
    assign carry[0] = CI;
    genvar i;
    generate
        for (i = 0; i < Y_WIDTH; i = i + 1) begin : g_bit
            assign carry[i+1] = (a[i] && t[i]) || (carry[i] && (a[i] || t[i]));
        end
    endgenerate

    assign X  = a ^ t;
    assign Y  = a ^ t ^ carry[Y_WIDTH-1:0];
    assign CO = carry[Y_WIDTH:1];
endmodule
