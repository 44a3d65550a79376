// SPDX-License-Identifier: Apache-2.0
//
// LUT4 - ECP5's look-up table, for simulating a netlist of thousands of them
//
//   Function   bit {D, C, B, A} of INIT
//   Equal      to the LUT4 that comes with Yosys, whose three intermediate vectors double the simulator's code: fpga/tb/tb_lut4.v ties the two
`default_nettype none

module LUT4 #(
    parameter [15:0] INIT = 16'h0000
) (
    input  wire A, B, C, D,
    output wire Z
);

    assign Z = INIT[{D, C, B, A}];

endmodule
`default_nettype wire
