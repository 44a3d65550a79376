# SPDX-License-Identifier: Apache-2.0
#
# project.tcl - a Vivado project of Lacuna on a Digilent Arty A7-35T: the core, the serial bridge, memory in block RAM. NOT RUN
#
#   Use        vivado -mode batch -source fpga/vivado/project.tcl                        the project, in build/vivado/project
#              vivado -mode batch -source fpga/vivado/project.tcl -tclargs bitstream     and synthesis, place and route, bitstream, reports
#   Checked    by scripts/check_vivado.tcl only: every command known, every file there, every port of the constraints in top.v
set here [file dirname [file normalize [info script]]]
set root [file dirname [file dirname $here]]
source $here/sources.tcl

create_project -force lacuna $root/build/vivado/project -part xc7a35ticsg324-1L
set_property target_language Verilog [current_project]

add_files -norecurse [concat [lacuna_core $root] [lacuna_system $root] [list $here/top.v]]
set_property include_dirs [list $root/rtl] [get_filesets sources_1]
set_property top top [get_filesets sources_1]
add_files -norecurse -fileset constrs_1 $here/arty-a7-35t.xdc
set_property generic [lacuna_generics $root/configs/i5.cfg] [get_filesets sources_1]
update_compile_order -fileset sources_1

if {[lindex $argv 0] eq "bitstream"} {
    launch_runs impl_1 -to_step write_bitstream -jobs 2
    wait_on_run impl_1
    open_run impl_1
    report_utilization -file $root/build/vivado/utilization.txt
    report_timing_summary -file $root/build/vivado/timing.txt
}
