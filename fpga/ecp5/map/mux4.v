// SPDX-License-Identifier: Apache-2.0
//
// mux4 - a choice of one bit out of four in two LUTs and the multiplexer behind them (a map for Yosys' techmap, after muxcover)
//
//   Why  ABC sees functions, not multiplexers: for it this is one of six inputs, which it makes of three LUTs
//   Cell Yosys' $_MUX4_: Y = T ? (S ? D : C) : (S ? B : A)
(* techmap_celltype = "$_MUX4_" *)
module mux4 (A, B, C, D, S, T, Y);
    input  A, B, C, D, S, T;
    output Y;
    wire   low, high;
    LUT4 #(.INIT(16'hCACA)) u_low (.A(A), .B(B), .C(S), .D(1'b0), .Z(low));
    LUT4 #(.INIT(16'hCACA)) u_high (.A(C), .B(D), .C(S), .D(1'b0), .Z(high));
    PFUMX u_mux (.ALUT(high), .BLUT(low), .C0(T), .Z(Y));
endmodule
