// SPDX-License-Identifier: Apache-2.0
//
// lac_spread - rtl/lac_spread.v as a DCCA: the signal goes through one of the sixteen global networks
//
//   Why        a net of a thousand flip-flops takes a wire in almost every tile, and the router a thousand searches over the whole part
//   Equal      to rtl/lac_spread.v: fpga/sim/DCCA.v is its model
`default_nettype none

module lac_spread (
    input  wire in,
    output wire out
);

    DCCA u_global (.CLKI(in), .CE(1'b1), .CLKO(out));

endmodule
`default_nettype wire
