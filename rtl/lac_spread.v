// SPDX-License-Identifier: Apache-2.0
//
// lac_spread - a reset that goes everywhere
//
//   Function   out = in
//   Devices    a module of its own, so that a net of the device's clock network can stand in for it: that takes no wires of the others'
//   Use        a register in front of it; nothing that one cycle decides about
`default_nettype none

module lac_spread (
    input  wire in,
    output wire out
);

    assign out = in;

endmodule
`default_nettype wire
