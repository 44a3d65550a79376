# SPDX-License-Identifier: Apache-2.0
#
# Every command a contributor needs; `make` alone lists them. What is built stands in build/. V=1 shows commands.
#
# Each folder brings a fragment, FOLDER/FOLDER.mk, that adds rules and appends to
#   ALL        what `make all` builds
#   TESTS      test programs of `make sim`: one word each, no arguments, environment SEED; they print
#              `ok - name`, `not ok - name: why` or `skip - name: why`, one line a check
#   TEST_DEPS  what has to be built before them
#   FORMAL_TESTS, FORMAL_DEPS  the same for `make formal`
SEED   ?= 1
CONFIG ?= l8
PREFIX ?= /usr/local
B      := build
JOBS   ?= $(shell nproc)
PYTHON := /usr/bin/python3

ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS  = -std=c99 -O2 -g -Wall -Wextra -Wpedantic -Werror -Icmodel -Idriver -Itb -Icompiler
SAN     = -fsanitize=address,undefined -fno-sanitize-recover=all
CONFIGS := $(basename $(notdir $(wildcard configs/*.cfg)))
# Cores of boards: no test runs them alone, so `make all` leaves them out.
BOARD_CONFIGS := i5 ulx3s ulx3s-map

ALL          :=
TESTS        := scripts/check_runner.sh scripts/lint.sh scripts/check_regs.sh scripts/check_cells.sh scripts/check_wave.py
TEST_DEPS    := $(B)/gen_regs
FORMAL_TESTS :=
FORMAL_DEPS  :=
export SEED B

.DEFAULT_GOAL := help
ifndef V # V=1 shows every command
.SILENT:
endif
.DELETE_ON_ERROR:
.PHONY: help all demo sim lint formal regs regs-check configs bench-model cells train readme install clean

# All cores, unless the caller said how many.
ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(JOBS)
endif

help: ## Show this list
	@awk -F':.*## ' '/^[a-z][a-z0-9-]*:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

-include cmodel/cmodel.mk
-include driver/driver.mk
-include compiler/compiler.mk
-include tb/tb.mk
-include tb/unit/unit.mk
-include rtl/rtl.mk
-include formal/formal.mk
-include examples/examples.mk
-include fpga/fpga.mk
-include fpga/netlist.mk
-include bench/bench.mk
-include fpga/serial.mk
-include fpga/sdram.mk

all: $(ALL) $(TEST_DEPS) $(if $(wildcard tb/tb.mk),$(patsubst %,$(B)/rtl/%.so,$(filter-out $(BOARD_CONFIGS),$(CONFIGS)))) ## The library, the tools and the Verilated RTL of every configuration

demo: $(B)/examples/demo $(if $(PORT),,$(B)/rtl/l8.so) ## Digits, read by two networks in three versions on the golden model and on the RTL (PORT=serial:DEVICE[@BAUD]: on a board; PICTURES=n BITS=8|16: less)
	$(B)/examples/demo $(if $(PORT),--port '$(PORT)') $(if $(PICTURES),--pictures '$(PICTURES)') $(if $(BITS),--bits '$(BITS)')

sim: ## The whole regression on Verilator and Icarus (SEED=n repeats a run)
	@+scripts/run_tests.sh --build '$(MAKE) --no-print-directory -k all' $(TESTS)

lint: ## Icarus in strict Verilog-2005 and Verilator -Wall, every configuration, every module
	@scripts/run_tests.sh scripts/lint.sh

formal: $(FORMAL_DEPS) ## Prove the properties of the modules (yosys-smtbmc, z3)
	@TEST_TIMEOUT=3000 scripts/run_tests.sh $(FORMAL_TESTS)

regs: $(B)/gen_regs ## Regenerate rtl/lac_regs.vh and docs/registers.md from driver/*.def
	$(B)/gen_regs vh > rtl/lac_regs.vh
	$(B)/gen_regs md > docs/registers.md

regs-check: $(B)/gen_regs ## Fail where those committed copies differ
	@scripts/run_tests.sh scripts/check_regs.sh

$(B)/gen_regs: driver/gen_regs.c driver/lac_regs.def driver/lac_cmd.def driver/lac_errors.def driver/lac_causes.def
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $<

configs: ## List the hardware configurations
	@sed -sn '1s/^# */  /p' configs/*.cfg

cells: ## ECP5 cells of one lane (build/cells.json); TARGET=xilinx7, xilinxup, gowin, ecp5: of a lane and the core CONFIG=i5, elsewhere
	@if [ -n '$(TARGET)' ]; then exec scripts/cells.sh '$(TARGET)' $(if $(filter file default,$(origin CONFIG)),i5,$(CONFIG)); fi; \
	scripts/check_cells.sh && sed -n '/"design"/,$$p' $(B)/cells.json | grep -E 'LUT4|CCU2C|DP16KD|MULT18|DPR16X4|TRELLIS_FF'

train: ## Train the digits again (needs scikit-learn and PyTorch: installs them first; some fifteen minutes)
	./setup.sh train
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(PYTHON) examples/digits/train.py
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(PYTHON) examples/digits/train_conv.py
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(PYTHON) examples/digits/train_strokes.py

bench-model: $(B)/bench_model ## Speed of the golden model
	$(B)/bench_model

readme: all $(B)/count_tflite ## Measure the figures of README.md and docs/numerics.md again
	scripts/readme.py

clean: ## Remove build/, the only place anything is generated
	rm -rf $(B)
