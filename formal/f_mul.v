// SPDX-License-Identifier: Apache-2.0
//
// f_mul - techmap that stands in for every multiplication: the operands side by side. What is proved with it holds for
// any function of the operands, and the solver is spared the multiplier (lac_lane's benches check that one)
(* techmap_celltype = "$mul" *)
module f_mul (A, B, Y);
    parameter A_SIGNED = 0, B_SIGNED = 0, A_WIDTH = 1, B_WIDTH = 1, Y_WIDTH = 1;
    input  [A_WIDTH-1:0] A;
    input  [B_WIDTH-1:0] B;
    output [Y_WIDTH-1:0] Y;
    assign Y = {A, B};
endmodule
