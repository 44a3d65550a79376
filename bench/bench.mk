# SPDX-License-Identifier: Apache-2.0
#
# Benchmarks: build/bench_NAME measures and writes build/bench/NAME.json, scripts/bench_tables.py makes the tables of it.
BENCH_NAMES   := sim eie 2to4 spmm masks trained zero scale ops conv map sconv
# bench_conv, bench_map and bench_sconv are no programs: bench/*.py runs `lacuna`, and bench_hash
BENCH_BIN     := $(patsubst %,$(B)/bench_%,$(filter-out conv map sconv,$(BENCH_NAMES)) hash)
BENCH_PYTHON  ?= $(firstword $(wildcard $(B)/venv/bin/python) $(PYTHON))
BENCH_OBJ     := $(B)/obj/bench/bench.o
BENCH_L64     := $(B)/rtl/l64.so

ALL += $(BENCH_BIN)

$(BENCH_OBJ): bench/bench.c bench/bench.h tests/naive.h $(LACUNA_HDR)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

$(BENCH_BIN): $(B)/bench_%: bench/bench_%.c bench/bench.h $(BENCH_OBJ) tests/naive.c $(B)/liblacuna.a
	$(CC) $(CFLAGS) -o $@ $(filter %.c %.o %.a,$^) -lcjson -lm -ldl

# Machines that differ from l64 in one thing: build/scale/NAME.cfg and build/scale/rtl/NAME.so. Lanes: as many weights and accumulators as fit the
# ranges, outputs a cycle as lanes and bus allow. Bus: the features' bytes stay.
SCALE_lanes8   := LANES=8 STORE_W=8 WEIGHT_DEPTH=32768 ACC_DEPTH=2048
SCALE_lanes16  := LANES=16 STORE_W=16 WEIGHT_DEPTH=32768
SCALE_lanes32  := LANES=32 WEIGHT_DEPTH=32768
SCALE_lanes128 := LANES=128 WEIGHT_DEPTH=8192
SCALE_fifo2    := FIFO_DEPTH=2
SCALE_fifo4    := FIFO_DEPTH=4
SCALE_fifo8    := FIFO_DEPTH=8
SCALE_fifo16   := FIFO_DEPTH=16
SCALE_fifo64   := FIFO_DEPTH=64
SCALE_bus64    := DATA_W=64 STORE_W=8 FEAT_DEPTH=16384
SCALE_bus128   := DATA_W=128 STORE_W=16 FEAT_DEPTH=8192
SCALE_bus512   := DATA_W=512 FEAT_DEPTH=2048
SCALE_flight8  := FLIGHT=8
SCALE_flight32 := FLIGHT=32
BENCH_SCALES   := $(patsubst SCALE_%,$(B)/scale/rtl/%.so,$(filter SCALE_%,$(.VARIABLES)))
BENCH_BUSES    := $(filter $(B)/scale/rtl/bus%,$(BENCH_SCALES))
ifdef BENCH_QUICK
BENCH_SCALES   := $(patsubst %,$(B)/scale/rtl/%.so,lanes8 fifo2 flight32)
BENCH_BUSES    :=
endif

.PRECIOUS: $(B)/scale/%.cfg
$(B)/scale/%.cfg: configs/l64.cfg bench/bench.mk
	@mkdir -p $(@D)
	{ echo '# $* - l64 with $(SCALE_$*)'; sed '1d; $(foreach o,$(SCALE_$*),/^$(firstword $(subst =, ,$o))=/d;)' $<; printf '%s\n' $(SCALE_$*); } > $@

$(B)/scale/rtl/%.so: $(B)/scale/%.cfg $(VL_DEPS)
	$(VL_BUILD)

BENCH_DEPS_sim   := $(B)/bench_model
BENCH_DEPS_eie   := $(BENCH_BUSES)
BENCH_DEPS_scale := $(BENCH_SCALES)
BENCH_DEPS_ops   := $(B)/rtl/i5.so $(B)/rtl/ulx3s.so

.PHONY: bench bench-plots bench-sparse-sparse bench-active $(BENCH_NAMES:%=bench-%)
bench-sim:     ## Speed of the simulation: RTL, golden model
bench-eie:     ## EIE's nine layers, resident and streamed, buses of 64 to 512 bit
bench-2to4:    ## Dense, 2:4 and 1:4 weights
bench-spmm:    ## Sparse matrix times batch
bench-masks:   ## Shapes of sparsity at equal density
bench-trained: ## Matrices of trained networks (LACUNA_DATA)
bench-zero:    ## Cycles against the density of activations
bench-scale:   ## Lanes, queues, buses, latency: a dozen machines, built first
bench-ops:     ## Operations a multiplier, a clock and a second: the cores of the boards
bench-conv:    ## Convolutions: ResNet-50, MLPerf Tiny, depthwise, fused, VGG-19, masks, and the next two (half an hour; CONV="tiny fused": these tables)
bench-sparse-sparse: ## Convolutions: sparse weights and sparse inputs
bench-active:  ## Convolutions: images that are mostly empty
bench-map:     ## Maps of real clouds (LACUNA_DATA)
bench-sconv:   ## Sparse convolutions on scans and active pixels; what regular grouping would cost (LACUNA_DATA)
bench:         ## All benchmarks, one after the other (BENCH_QUICK=1: a part of the rows)

bench-sparse-sparse: CONV := sparse draws
bench-active:        CONV := active
BENCH_DEPS_conv  := $(B)/lacuna
BENCH_DEPS_map   := $(B)/lacuna $(B)/bench_hash $(B)/scale/rtl/bus128.so $(B)/scale/rtl/bus64.so
BENCH_DEPS_sconv := $(B)/lacuna
$(foreach n,$(BENCH_NAMES),$(eval bench-$n: $(filter $(B)/bench_$n,$(BENCH_BIN)) $(BENCH_L64) $(BENCH_DEPS_$n)))
$(BENCH_NAMES:%=bench-%):
	@PYTHON='$(BENCH_PYTHON)' CONV='$(CONV)' SCONV='$(SCONV)' bench/run.sh $(@:bench-%=%)

bench-sparse-sparse bench-active: $(B)/lacuna $(BENCH_L64)
	@PYTHON='$(BENCH_PYTHON)' CONV='$(CONV)' bench/run.sh conv

bench: $(BENCH_BIN) $(BENCH_L64) $(foreach n,$(BENCH_NAMES),$(BENCH_DEPS_$n))
	@PYTHON='$(BENCH_PYTHON)' bench/run.sh $(BENCH_NAMES)

bench-plots: ## Draw docs/img/*.png from build/bench/*.json (needs matplotlib)
	@$(BENCH_PYTHON) scripts/bench_plot.py

# Its tables come from the JSON files.
readme: bench
