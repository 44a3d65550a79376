# SPDX-License-Identifier: Apache-2.0
#
# The netlist in place of the RTL (docs/verification.md): a board's core as scripts/fpga.py synthesises it, over the cell models that come with Yosys
# (block RAM, multiplier, LUT, global network: fpga/sim/), behind the C interface of build/rtl/NAME.so, in the benches of the RTL.
NETLIST_BOARD  ?= colorlight-i5
NETLIST_CONFIG := $(call board_key,$(NETLIST_BOARD),CONFIG)
NETLIST_SO     := $(B)/netlist/rtl/$(NETLIST_CONFIG).so
NETLIST_JOBS   ?= 300
NETLIST_MODELS := $(addprefix fpga/sim/,LUT4.v PDPW16KD.v DP16KD.v MULT18X18D.v DCCA.v)

.PHONY: netlist-sim
netlist-sim: $(NETLIST_SO) $(B)/tests/test_random $(B)/tests/test_faults $(B)/unit/lut4.vvp ## Random jobs and faults on the netlist of an ECP5 board (installs Yosys first; SEED=n)
	@NETLIST_JOBS='$(NETLIST_JOBS)' scripts/netlist_sim.sh $(NETLIST_CONFIG)

$(B)/netlist/lac_top.v: $(RTL_ALL) $(wildcard fpga/ecp5/*.v) fpga/$(NETLIST_BOARD)/board.cfg configs/$(NETLIST_CONFIG).cfg scripts/fpga.py
	@mkdir -p $(@D)
	@scripts/fpga.py netlist $(NETLIST_BOARD) --out $(B)/netlist

# What we have models of is taken out of Yosys' file: of a module that is there twice Verilator takes the first, and its DP16KD is empty.
$(B)/netlist/cells_rest.v: $(B)/netlist/lac_top.v fpga/netlist.mk
	sed '/^(\*.*\*)$$/d; $(foreach m,$(NETLIST_MODELS),/^module $(basename $(notdir $m))\b/,/^endmodule/d;)' $(B)/netlist/cells_sim.v > $@

# Little optimisation: the C++ is large and the run short.
NETLIST_VL = --cc --prefix Vlac --top-module lac_top -O3 --x-assign unique --x-initial unique --noassert --no-timing -fno-table --output-split 20000 \
             -Wno-fatal -Wno-lint -DNO_INCLUDES
$(NETLIST_SO): $(B)/netlist/lac_top.v $(B)/netlist/cells_rest.v $(NETLIST_MODELS) configs/$(NETLIST_CONFIG).cfg tb/lac_shim.cpp tb/lac_sim.h fpga/netlist.mk
	@mkdir -p $(@D)
	@echo 'building $@ (some minutes)'
	@rm -rf $(B)/netlist/verilated && mkdir -p $(B)/netlist/verilated
	$(VERILATOR) $(NETLIST_VL) --Mdir $(B)/netlist/verilated $(NETLIST_MODELS) $(B)/netlist/cells_rest.v $(B)/netlist/lac_top.v > $(B)/netlist/verilator.log 2>&1 \
	    || { tail -n 30 $(B)/netlist/verilator.log; false; }
	+@$(MAKE) --no-print-directory -C $(B)/netlist/verilated -f Vlac.mk CXX='$(CXX)' OBJCACHE='$(VL_CCACHE)' \
	    OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1 USER_CPPFLAGS='$(VL_HIDE)' \
	    Vlac__ALL.a verilated.o verilated_threads.o > $(B)/netlist/cxx.log || { tail -n 30 $(B)/netlist/cxx.log; false; }
	$(VL_CCACHE) $(CXX) $(VL_CXX) -isystem $(VL_ROOT)/include -isystem $(VL_ROOT)/include/vltstd -I$(B)/netlist/verilated \
	    -DLAC_SHIM_CONFIG='"$(NETLIST_CONFIG)"' $$(sed -n 's/^\(DATA_W\|ADDR_W\)=\([0-9]*\).*/-DLAC_SHIM_\1=\2/p' configs/$(NETLIST_CONFIG).cfg) \
	    -c -o $(B)/netlist/verilated/lac_shim.o tb/lac_shim.cpp
	$(CXX) -shared -Wl,-Bsymbolic -Wl,--exclude-libs,ALL -o $@.tmp $(B)/netlist/verilated/lac_shim.o $(B)/netlist/verilated/Vlac__ALL.a \
	    $(B)/netlist/verilated/verilated.o $(B)/netlist/verilated/verilated_threads.o -lpthread
	@mv $@.tmp $@

# Our LUT4 against the one that comes with Yosys, under another name. Only the part of it that strict Verilog-2005 knows.
$(B)/unit/lut4.vvp: fpga/tb/tb_lut4.v fpga/sim/LUT4.v $(B)/netlist/lac_top.v
	@mkdir -p $(@D)
	sed -n '/^module LUT4/,/^endmodule/{s/^module LUT4/module ref_LUT4/;p;}' $(B)/netlist/cells_sim.v > $(B)/netlist/ref_LUT4.v
	iverilog -g2005 -Wall -Wno-timescale -s tb_lut4 -o $@ fpga/tb/tb_lut4.v fpga/sim/LUT4.v $(B)/netlist/ref_LUT4.v
