// SPDX-License-Identifier: Apache-2.0
//
// f_mul - stands in for lac_mul: the operands side by side where their product would be. What is proved with it holds for
// any function of the operands, and the solver is spared the multiplier (lac_lane's benches check that one)
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

    reg [17:0] a_q, b_q;
    reg [35:0] product_q, p_q;
    always @(posedge clk)
        if (en) begin
            {a_q, b_q} <= {a, b};
            product_q  <= {a_q, b_q};
            p_q        <= product_q;
        end
    assign p = p_q;

    wire unused_ok = &{1'b0, SIGNED != 0};

endmodule
`default_nettype wire
