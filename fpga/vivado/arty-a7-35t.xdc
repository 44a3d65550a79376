# SPDX-License-Identifier: Apache-2.0
#
# Pins of a Digilent Arty A7-35T, from the vendor's published master constraint file. NOT RUN
set_property -dict {PACKAGE_PIN E3  IOSTANDARD LVCMOS33} [get_ports clk_100]
create_clock -name clk_100 -period 10.000 [get_ports clk_100]

set_property -dict {PACKAGE_PIN D9  IOSTANDARD LVCMOS33} [get_ports button]
set_property -dict {PACKAGE_PIN A9  IOSTANDARD LVCMOS33} [get_ports serial_rx]
set_property -dict {PACKAGE_PIN D10 IOSTANDARD LVCMOS33} [get_ports serial_tx]
set_property -dict {PACKAGE_PIN H5  IOSTANDARD LVCMOS33} [get_ports {led[0]}]
set_property -dict {PACKAGE_PIN J5  IOSTANDARD LVCMOS33} [get_ports {led[1]}]
set_property -dict {PACKAGE_PIN T9  IOSTANDARD LVCMOS33} [get_ports {led[2]}]
set_property -dict {PACKAGE_PIN T10 IOSTANDARD LVCMOS33} [get_ports {led[3]}]

# Asynchronous, with synchronisers behind them.
set_false_path -from [get_ports {button serial_rx}]
set_false_path -to [get_ports {serial_tx led[*]}]

set_property CONFIG_VOLTAGE 3.3 [current_design]
set_property CFGBVS VCCO [current_design]
