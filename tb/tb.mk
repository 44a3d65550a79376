# SPDX-License-Identifier: Apache-2.0
#
# The Verilated core of every configuration, build/rtl/NAME.so, and the benches on it.
VERILATOR ?= verilator
CXX       ?= g++
VL_ROOT    = $(shell $(VERILATOR) --getenv VERILATOR_ROOT)
VL_CCACHE := $(if $(shell command -v ccache 2>/dev/null),ccache)
VL_OPT    ?= -O3
RTL_SRC   := $(wildcard rtl/*.v)
RTL_ALL   := $(RTL_SRC) $(wildcard rtl/*.vh)

# No waveform, no assertions, no timing: speed. What is not initialised comes up at random (lac_shim.cpp).
VL_FLAGS = --cc -Wall --language 1364-2005 -O3 --x-assign unique --x-initial unique --noassert --no-timing -fno-table --unroll-count 256 \
           --prefix Vlac --top-module lac_top -Irtl
VL_HIDE  = -fPIC -fvisibility=hidden -fno-gnu-unique
VL_CXX   = -std=c++17 $(VL_OPT) $(VL_HIDE) -Itb

# One configuration: verilate, compile, link. The parameters are the KEY=value lines of the .cfg, the first prerequisite.
define VL_BUILD
	@mkdir -p $(@D)
	@echo 'building $@'
	@rm -rf $(B)/verilated/$* && mkdir -p $(B)/verilated/$*
	$(VERILATOR) $(VL_FLAGS) $$(sed -n 's/^\([A-Z_]*\)=\([0-9]*\).*/-G\1=\2/p' $<) --Mdir $(B)/verilated/$* tb/lac.vlt rtl/lac_top.v
	+@$(MAKE) --no-print-directory -C $(B)/verilated/$* -f Vlac.mk CXX='$(CXX)' OBJCACHE='$(VL_CCACHE)' \
	    OPT_FAST='$(VL_OPT)' OPT_SLOW=-O1 OPT_GLOBAL='$(VL_OPT)' USER_CPPFLAGS='$(VL_HIDE)' \
	    Vlac__ALL.a verilated.o verilated_threads.o > $(B)/verilated/$*.log || { tail -n 30 $(B)/verilated/$*.log; false; }
	$(VL_CCACHE) $(CXX) $(VL_CXX) -isystem $(VL_ROOT)/include -isystem $(VL_ROOT)/include/vltstd -I$(B)/verilated/$* \
	    -DLAC_SHIM_CONFIG='"$*"' $$(sed -n 's/^\(DATA_W\|ADDR_W\)=\([0-9]*\).*/-DLAC_SHIM_\1=\2/p' $<) \
	    -c -o $(B)/verilated/$*/lac_shim.o tb/lac_shim.cpp
	$(CXX) -shared -Wl,-Bsymbolic -Wl,--exclude-libs,ALL -o $@.tmp $(B)/verilated/$*/lac_shim.o $(B)/verilated/$*/Vlac__ALL.a \
	    $(B)/verilated/$*/verilated.o $(B)/verilated/$*/verilated_threads.o -lpthread
	@mv $@.tmp $@
endef

VL_DEPS := tb/lac_shim.cpp tb/lac_sim.h tb/lac.vlt $(RTL_ALL)
$(B)/rtl/%.so: configs/%.cfg $(VL_DEPS)
	$(VL_BUILD)

# The benches' side of the port, as a library: core, memory, monitor.
TB_SRC := axi_mem axi_monitor port_rtl
TB_OBJ := $(TB_SRC:%=$(B)/obj/tb/%.o)
TB_HDR := $(wildcard tb/*.h tests/*.h cmodel/*.h driver/*.h driver/*.def driver/ports/*.h)

ALL       += $(B)/liblacrtl.a
TESTS     += $(B)/tests/test_bus
TEST_DEPS += $(B)/tests/test_bus

$(B)/liblacrtl.a: $(TB_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(B)/obj/tb/%.o: tb/%.c $(TB_HDR)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fPIC -c -o $@ $<

$(B)/tests/test_bus: tests/test_bus.c tb/axi_mem.c tb/axi_monitor.c $(TB_HDR)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SAN) -o $@ $(filter %.c,$^)

# Model and core side by side. The cores themselves are made by `make all`; without them these tests say skip.
PAIR_SRC := tests/pair.c tests/jobgen.c tests/naive.c $(TB_SRC:%=tb/%.c) $(CMODEL_SRC:%=cmodel/%.c) driver/ports/port_model.c

TESTS     += $(B)/tests/test_random $(B)/tests/test_faults $(B)/tests/test_examples $(B)/tests/test_directed $(B)/tests/test_rules $(B)/tests/test_lists
TEST_DEPS += $(B)/tests/test_random $(B)/tests/test_faults $(B)/tests/test_examples $(B)/tests/test_directed $(B)/tests/test_rules $(B)/tests/test_lists

$(B)/tests/test_random $(B)/tests/test_faults $(B)/tests/test_examples $(B)/tests/test_directed $(B)/tests/test_rules $(B)/tests/test_lists: $(B)/tests/%: tests/%.c $(PAIR_SRC) $(B)/liblacdriver.a $(TB_HDR)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests -o $@ $(filter %.c %.a,$^) -ldl

.PHONY: fuzz-lists
fuzz-lists: $(B)/tests/test_lists ## 100,000 random coordinate lists, most of them broken, through MAP on model and RTL (SEED=n repeats a run, LISTS=n: how many)
	@LISTS=$(or $(LISTS),100000) $<
