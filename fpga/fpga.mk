# SPDX-License-Identifier: Apache-2.0
#
# Boards (docs/boards.md): bitstreams in build/fpga/BOARD, simulated boards in build/board/BOARD.
BOARDS    := $(patsubst fpga/%/board.cfg,%,$(wildcard fpga/*/board.cfg))
BOARD     ?=
LOADER    ?= openFPGALoader
FPGA_SRC  := $(filter-out fpga/sim/%,$(wildcard fpga/rtl/*.v))
board_key  = $(shell sed -n 's/^$2=\([^ ]*\).*/\1/p' fpga/$1/board.cfg)
# The folder of a board's top level and pins: its own, but for another core on the same board
hardware   = $(or $(call board_key,$1,HARDWARE),$1)

.PHONY: fpga fpga-check fpga-paths flash board-sim board-slow boards need-board
boards: ## List the FPGA boards
	@sed -sn '1s/^# */  /p' fpga/*/board.cfg

need-board:
	@case ' $(BOARDS) ' in *' $(BOARD) '*) ;; \
	*) echo "make: BOARD='$(BOARD)': expected one of: $(BOARDS) (say make ... BOARD=$(firstword $(BOARDS)))" >&2; exit 2 ;; esac

fpga: need-board ## Bitstream and report of a board (BOARD=..; SEEDS="1 2 3" tries seeds; installs its tools first)
	@scripts/fpga.py build $(BOARD) --out $(B)/fpga/$(BOARD) $(if $(SEEDS),--seeds "$(SEEDS)")

fpga-check: need-board ## Synthesis alone, its counts held against the board's limits (BOARD=..)
	@scripts/fpga.py synth $(BOARD) --out $(B)/fpga/$(BOARD)

fpga-paths: need-board ## Longest paths of a board's core by fan-out, before placement (BOARD=..; MODULE='lac_store ACC_AW=9 ..': of one module)
	@scripts/paths.py $(BOARD) $(MODULE) --out $(B)/paths/$(BOARD)

flash: need-board ## Load the bitstream into a board (BOARD=.., LOADER=openFPGALoader, FLASH=1: into its flash)
	@LOADER='$(LOADER)' FLASH='$(FLASH)' B='$(B)' scripts/flash.sh $(BOARD)

board-sim: need-board ## A simulated board with its serial line on a terminal (BOARD=..), until stopped
	@+$(MAKE) --no-print-directory $(B)/board/$(BOARD)/sim
	@echo 'lacuna ... --port serial:$(B)/board/$(BOARD)/tty@9600   (the low rate makes the host wait for a slow simulation)'
	@exec $(B)/board/$(BOARD)/sim --tty $(B)/board/$(BOARD)/tty --divisor $(SIM_DIVISOR)

board-slow: $(B)/lacuna $(B)/examples/demo $(B)/examples/cloud $(BOARDS:%=$(B)/board/%/sim) ## All simulated boards: command line and the demos, both widths (PICTURES=n, default 4; some minutes)
	@s=0; for b in $(BOARDS); do TEST_BOARD=$$b TEST_PICTURES=$(or $(PICTURES),4) TEST_BITS= scripts/run_tests.sh tests/test_board.py || s=1; \
	    grep '^ok - ' $(B)/tests/log/test_board.py.log; done; exit $$s

# ---- The simulated board: its top level with stand-ins of PLL and I/O cells, the SDRAM's model, the serial line as fast as it goes
SIM_DIVISOR := 4
SIM_VL   = --cc -Wall -Wno-TIMESCALEMOD --language 1364-2005 -O3 --x-assign unique --x-initial unique --noassert --no-timing -fno-table \
           --prefix Vboard --top-module sim_board -Irtl -Ifpga/rtl -Ifpga/sim -Ifpga/tb
SIM_DEPS := fpga/sim/board_shim.cpp fpga/sim/board_shim.h fpga/sim/board_sim.c tb/lac.vlt fpga/sim/sim.vlt $(RTL_ALL) $(FPGA_SRC) \
            $(wildcard fpga/sim/*.v fpga/tb/sdram_model.v)

define SIM_BUILD
$(B)/board/$1/sim: fpga/$1/board.cfg configs/$2.cfg fpga/$3/top.v fpga/$3/sim_board.v $(SIM_DEPS)
	@mkdir -p $$(@D)
	@echo 'building $$@'
	@rm -rf $$(@D)/verilated && mkdir -p $$(@D)/verilated
	$(VERILATOR) $(SIM_VL) $$$$(sed -n 's/^\([A-Z_]*\)=\([0-9]*\).*/-G\1=\2/p' configs/$2.cfg) -GDIVISOR=$(SIM_DIVISOR) \
	    -GCLOCK_MULT=$$(call board_key,$1,CLOCK_MULT) --Mdir $$(@D)/verilated tb/lac.vlt fpga/sim/sim.vlt fpga/$3/sim_board.v fpga/$3/top.v
	+@$$(MAKE) --no-print-directory -C $$(@D)/verilated -f Vboard.mk CXX='$(CXX)' OBJCACHE='$(VL_CCACHE)' \
	    OPT_FAST='$(VL_OPT)' OPT_SLOW=-O1 OPT_GLOBAL='$(VL_OPT)' \
	    Vboard__ALL.a verilated.o verilated_threads.o > $$(@D)/verilated.log || { tail -n 30 $$(@D)/verilated.log; false; }
	$(VL_CCACHE) $(CXX) -std=c++17 $(VL_OPT) -Ifpga/sim -isystem $$(VL_ROOT)/include -isystem $$(VL_ROOT)/include/vltstd -I$$(@D)/verilated \
	    -c -o $$(@D)/verilated/board_shim.o fpga/sim/board_shim.cpp
	$(CC) $(CFLAGS) -Ifpga/sim -c -o $$(@D)/verilated/board_sim.o fpga/sim/board_sim.c
	$(CXX) -o $$@.tmp $$(@D)/verilated/board_sim.o $$(@D)/verilated/board_shim.o $$(@D)/verilated/Vboard__ALL.a \
	    $$(@D)/verilated/verilated.o $$(@D)/verilated/verilated_threads.o -lpthread
	@mv $$@.tmp $$@
endef
$(foreach b,$(BOARDS),$(eval $(call SIM_BUILD,$b,$(call board_key,$b,CONFIG),$(call hardware,$b))))

# ---- Tests. The whole colorlight-i5, and its parts on Icarus: fpga/tb/tb_NAME.v, one ok or not ok each
FPGA_UNITS := axi_join axi_join_32 axi_join_128 system system_40 ecp5_36 ecp5_odd ecp5_18 ecp5_half ecp5_9 ecp5_lut
FPGA_TOP_axi_join_32  := tb_axi_join
FPGA_TOP_axi_join_128 := tb_axi_join
FPGA_TOP_system_40    := tb_system
FPGA_PAR_axi_join_32  := DATA_W=32
FPGA_PAR_axi_join_128 := DATA_W=128
FPGA_PAR_system_40    := DIVISOR=40 SHORT=1
FPGA_PAR_ecp5_odd  := W=36 DEPTH=300
FPGA_PAR_ecp5_18   := W=20 DEPTH=1024 ADDR_W=10
FPGA_PAR_ecp5_half := W=16
FPGA_PAR_ecp5_9    := W=12 DEPTH=2048 ADDR_W=11
FPGA_PAR_ecp5_lut  := W=24 DEPTH=64 ADDR_W=6
fpga_top = $(or $(FPGA_TOP_$1),tb_$1)
FPGA_TESTS := $(FPGA_UNITS:%=$(B)/tests/unit_fpga_%)

TESTS     += $(FPGA_TESTS) tests/test_flash.sh tests/test_paths.py tests/test_board.py
TEST_DEPS += $(FPGA_TESTS) $(B)/board/colorlight-i5/sim $(B)/lacuna $(B)/examples/demo $(B)/examples/cloud

$(B)/unit/fpga_%.vvp: $(wildcard fpga/tb/*.v) $(FPGA_SRC) $(RTL_ALL)
	@mkdir -p $(@D)
	iverilog -g2005 -Wall -Wno-timescale -y rtl -y fpga/rtl -I rtl -s $(call fpga_top,$*) $(foreach p,$(FPGA_PAR_$*),-P$(call fpga_top,$*).$(p)) \
	    -o $@ fpga/tb/$(call fpga_top,$*).v

# fpga/ecp5/ and its cells' models against rtl/: two modules of one name, so rtl's get another.
ECP5_REF := $(B)/unit/ecp5/ref_lac_ram.v $(B)/unit/ecp5/ref_lac_mul.v
$(ECP5_REF): $(B)/unit/ecp5/ref_%.v: rtl/%.v
	@mkdir -p $(@D)
	sed 's/^module $*\b/module ref_$*/' $< > $@

$(patsubst %,$(B)/unit/fpga_%.vvp,$(filter ecp5_%,$(FPGA_UNITS))): $(B)/unit/fpga_ecp5_%.vvp: fpga/tb/tb_ecp5.v $(wildcard fpga/ecp5/*.v fpga/sim/*.v) $(ECP5_REF)
	@mkdir -p $(@D)
	iverilog -g2005 -Wall -Wno-timescale -y fpga/ecp5 -y fpga/sim -s tb_ecp5 $(foreach p,$(FPGA_PAR_ecp5_$*),-Ptb_ecp5.$(p)) \
	    -o $@ fpga/tb/tb_ecp5.v $(ECP5_REF)

$(FPGA_TESTS): $(B)/tests/unit_%: $(B)/unit/%.vvp tb/unit/run.sh
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec sh "%s/tb/unit/run.sh" %s "%s"\n' "$(CURDIR)" $* "$(abspath $(B))/unit" > $@
	@chmod +x $@
