// SPDX-License-Identifier: Apache-2.0
//
// ODDRX1F - stand-in of the ECP5 output register of both edges: a clock in, the same clock out
//
//   Function   only D0 = 1, D1 = 0 is used, which is SCLK; the register's delay is not there
`default_nettype none

module ODDRX1F (
    input  wire SCLK,
    input  wire RST,
    input  wire D0,
    input  wire D1,
    output wire Q
);

    assign Q = SCLK;

    wire unused_ok = &{1'b0, RST, D0, D1};

endmodule
`default_nettype wire
