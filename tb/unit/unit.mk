# SPDX-License-Identifier: Apache-2.0
#
# Unit benches: one RTL block each on Icarus, four-state. Every bench becomes a program build/tests/unit_NAME
# that runs it with env SEED and prints one line, ok or not ok.
# Included by tb/tb.mk or the top Makefile, from the top folder.

B ?= build

UNIT_NAMES := skid fifo fifo_deep ffs ffs_small axil requant requant_alone \
              axi_rd axi_rd_32 axi_rd_512 axi_rd_single axi_wr axi_wr_32 axi_wr_512 axi_wr_single
UNIT_TESTS := $(UNIT_NAMES:%=$(B)/tests/unit_%)

# NAME -> parameters of the bench; the bench is tb_NAME.v where UNIT_TOP_NAME does not say otherwise
UNIT_TOP_fifo_deep     := tb_fifo
UNIT_TOP_ffs_small     := tb_ffs
UNIT_TOP_axi_rd_32     := tb_axi_rd
UNIT_TOP_axi_rd_512    := tb_axi_rd
UNIT_TOP_axi_rd_single := tb_axi_rd
UNIT_TOP_axi_wr_32     := tb_axi_wr
UNIT_TOP_axi_wr_512    := tb_axi_wr
UNIT_TOP_axi_wr_single := tb_axi_wr
UNIT_TOP_requant_alone := tb_requant
UNIT_PAR_requant_alone := POOL=0
UNIT_PAR_fifo_deep     := DEPTH=32 LEVEL_W=6
UNIT_PAR_ffs_small     := W=4 INDEX_W=2
UNIT_PAR_axi_rd_32     := DATA_W=32 ADDR_W=40 BURST=7
UNIT_PAR_axi_rd_512    := DATA_W=512 ADDR_W=33 BURST=16
UNIT_PAR_axi_rd_single := DATA_W=128 BURST=1 OUTSTANDING=3
UNIT_PAR_axi_wr_32     := DATA_W=32 ADDR_W=40 BURST=7
UNIT_PAR_axi_wr_512    := DATA_W=512 ADDR_W=33 BURST=16
UNIT_PAR_axi_wr_single := DATA_W=128 BURST=1 OUTSTANDING=3
unit_top = $(or $(UNIT_TOP_$1),tb_$1)

UNIT_RTL := $(wildcard rtl/lac_axi_*.v) rtl/lac_axil.v rtl/lac_skid.v rtl/lac_fifo.v rtl/lac_ffs.v rtl/lac_first.v rtl/lac_requant.v rtl/lac_mul.v rtl/lac_clog2.vh

$(B)/unit/%.vvp: tb/unit/*.v $(UNIT_RTL)
	@mkdir -p $(@D)
	iverilog -g2005 -Wall -Wno-timescale -y rtl -I rtl -s $(call unit_top,$*) \
	    $(foreach p,$(UNIT_PAR_$*),-P$(call unit_top,$*).$(p)) -o $@ tb/unit/$(call unit_top,$*).v

$(B)/unit/gen_requant: tb/unit/gen_requant.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $<

# The program: run the bench from wherever it is called, and judge by the last line
$(UNIT_TESTS): $(B)/tests/unit_%: $(B)/unit/%.vvp tb/unit/run.sh $(B)/unit/gen_requant
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec sh "%s/tb/unit/run.sh" %s "%s"\n' "$(CURDIR)" $* "$(abspath $(B))/unit" > $@
	@chmod +x $@

TESTS     += $(UNIT_TESTS)
TEST_DEPS += $(UNIT_TESTS)
