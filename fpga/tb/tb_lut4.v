// SPDX-License-Identifier: Apache-2.0
//
// tb_lut4 - fpga/sim/LUT4.v against Yosys' LUT4 (as ref_LUT4): every input of every table with one or two bits set, or one clear
//
//   Verdict    the last line starts with PASS or FAIL
`timescale 1ns/1ns
module tb_lut4;
    reg  [3:0] in;
    wire [511:0] z, want;
    genvar i;
    generate
        for (i = 0; i < 256; i = i + 1) begin : g_two
            localparam [15:0] INIT = (16'd1 << (i / 16)) | (16'd1 << (i % 16));
            LUT4     #(.INIT(INIT)) dut (.A(in[0]), .B(in[1]), .C(in[2]), .D(in[3]), .Z(z[i]));
            ref_LUT4 #(.INIT(INIT)) lut (.A(in[0]), .B(in[1]), .C(in[2]), .D(in[3]), .Z(want[i]));
            LUT4     #(.INIT(~INIT)) dut_n (.A(in[0]), .B(in[1]), .C(in[2]), .D(in[3]), .Z(z[256+i]));
            ref_LUT4 #(.INIT(~INIT)) lut_n (.A(in[0]), .B(in[1]), .C(in[2]), .D(in[3]), .Z(want[256+i]));
        end
    endgenerate

    integer n;
    reg     bad;
    initial begin
        bad = 0;
        for (n = 0; n < 16; n = n + 1) begin
            in = n[3:0];
            #1;
            if (z !== want) bad = 1;
        end
        if (bad) $display("FAIL the two differ");
        else     $display("PASS 512 tables, 16 inputs each");
        $finish;
    end
endmodule
