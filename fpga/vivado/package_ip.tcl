# SPDX-License-Identifier: Apache-2.0
#
# package_ip.tcl - the core alone as an IP of Vivado's catalogue: s_axil (AXI4-Lite), m_axi (AXI4), clk, rst, irq. NOT RUN
#
#   Use        vivado -mode batch -source fpga/vivado/package_ip.tcl      the IP, in build/vivado/ip
#   Checked    as project.tcl
set here [file dirname [file normalize [info script]]]
set root [file dirname [file dirname $here]]
source $here/sources.tcl

create_project -in_memory -part xc7a35ticsg324-1L
add_files -norecurse [lacuna_core $root]
set_property include_dirs [list $root/rtl] [get_filesets sources_1]
set_property top lac_top [get_filesets sources_1]
update_compile_order -fileset sources_1

ipx::package_project -root_dir $root/build/vivado/ip -vendor lacuna -library accelerator -taxonomy /UserIP -import_files -force
set core [ipx::current_core]
set_property name lac_top $core
set_property version 1.0 $core
set_property display_name {Lacuna, accelerator for sparse neural networks} $core
set_property supported_families {artix7 Production kintex7 Production virtex7 Production zynq Production zynquplus Production} $core

ipx::infer_bus_interface clk xilinx.com:signal:clock_rtl:1.0 $core
ipx::infer_bus_interface rst xilinx.com:signal:reset_rtl:1.0 $core
ipx::infer_bus_interface irq xilinx.com:signal:interrupt_rtl:1.0 $core
ipx::associate_bus_interfaces -busif s_axil -clock clk $core
ipx::associate_bus_interfaces -busif m_axi -clock clk $core
ipx::associate_bus_interfaces -clock clk -reset rst $core
set rst [ipx::get_bus_interfaces rst -of_objects $core]
set_property value ACTIVE_HIGH [ipx::add_bus_parameter POLARITY $rst]

ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::save_core $core
