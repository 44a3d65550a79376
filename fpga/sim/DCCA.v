// SPDX-License-Identifier: Apache-2.0
//
// DCCA - stand-in of the ECP5 cell: the entry of a global network, with an enable (Lattice FPGA-TN-02200, "DCCA")
`default_nettype none

module DCCA (
    input  wire CLKI,
    input  wire CE,
    output wire CLKO
);

    assign CLKO = CLKI && CE;

endmodule
`default_nettype wire
