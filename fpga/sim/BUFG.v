// SPDX-License-Identifier: Apache-2.0
//
// BUFG - stand-in of the Xilinx clock buffer
`default_nettype none

module BUFG (
    input  wire I,
    output wire O
);

    assign O = I;

endmodule
`default_nettype wire
