# SPDX-License-Identifier: Apache-2.0
#
# The SDRAM controller: its bench in several shapes, the model's own checks, wrong parameters that the model must notice
# by name, and its bandwidth (`make bench-sdram`).
SDRAM_RTL := $(wildcard fpga/rtl/lac_sdram*.v) rtl/lac_ram.v rtl/lac_clog2.vh fpga/tb/sdram_model.v
SDRAM_IVL  = iverilog -g2005 -Wall -Wno-timescale -y rtl -y fpga/rtl -y fpga/tb -I rtl

# Parts. 16: what lac_sdram assumes when it is told nothing. 32: M12L64322A and its like.
SDRAM_PART_32 := DQ_W=32 ROW_W=11 COL_W=8
# A part slower than any: every time so long that it is the one that decides.
SDRAM_SLOW := T_RCD=50000 T_RP=42000 T_RAS=120000 T_RC=200000 T_RRD=120000 T_WR=60000 T_RFC=150000 T_MRD=160000 REFRESHES=8 REFRESH_NS=62500 \
              M_RCD=50000 M_RP=42000 M_RAS=120000 M_RC=200000 M_RRD=120000 M_WR=60000 M_RFC=150000 M_MRD=20 M_REFRESHES=8 M_REFRESH_NS=62500

SDRAM_NAMES      := 16 32 no_dqm late cas2 narrow wide slow
SDRAM_PAR_16     :=
SDRAM_PAR_32     := $(SDRAM_PART_32)
SDRAM_PAR_no_dqm := $(SDRAM_PART_32) HAS_DQM=0
SDRAM_PAR_late   := CLOCK_KHZ=142857 READ_LATE=2 DATA_W=128 HAS_DQM=0
SDRAM_PAR_cas2   := CLOCK_KHZ=80000 CAS=2 READ_LATE=1
SDRAM_PAR_narrow := $(SDRAM_PART_32) DATA_W=32
SDRAM_PAR_wide   := DATA_W=512
SDRAM_PAR_slow   := $(SDRAM_SLOW)

# NAME:WHAT, the parameter that is wrong and the violation it must cause, on the slow part. A later -P replaces an earlier one.
SDRAM_RED := rcd:tRCD rp:tRP ras:tRAS rc:tRC rrd:tRRD wr:tWR rfc:tRFC mrd:tMRD refresh:tREF no_refresh:tREFI init:tINIT cas:mode clock:tCK
SDRAM_PAR_red_rcd        := T_RCD=40000
SDRAM_PAR_red_rp         := T_RP=32000
SDRAM_PAR_red_ras        := T_RAS=112000 T_RC=130000 M_RC=130000
SDRAM_PAR_red_rc         := T_RC=184000
SDRAM_PAR_red_rrd        := T_RRD=80000
SDRAM_PAR_red_wr         := T_WR=52000
SDRAM_PAR_red_rfc        := T_RFC=72000
SDRAM_PAR_red_mrd        := T_MRD=16000
SDRAM_PAR_red_refresh    := REFRESH_NS=150000
SDRAM_PAR_red_no_refresh := REFRESH_NS=1500000
SDRAM_PAR_red_init       := INIT_CYCLES=100
SDRAM_PAR_red_cas        := TELL_CAS=2
SDRAM_PAR_red_clock      := CAS=2
SDRAM_RED_NAMES  := $(foreach r,$(SDRAM_RED),$(firstword $(subst :, ,$r)))

SDRAM_TESTS := $(SDRAM_NAMES:%=$(B)/tests/sdram_%) $(B)/tests/sdram_model $(B)/tests/sdram_red
TESTS     += $(SDRAM_TESTS)
TEST_DEPS += $(SDRAM_TESTS)

$(B)/fpga/sdram_red_%.vvp: fpga/tb/tb_sdram.v $(SDRAM_RTL) fpga/sdram.mk
	@mkdir -p $(@D)
	$(SDRAM_IVL) -s tb_sdram $(foreach p,$(SDRAM_SLOW) $(SDRAM_PAR_red_$*),-Ptb_sdram.$(p)) -o $@ $<

$(B)/fpga/sdram_model.vvp: fpga/tb/tb_sdram_model.v fpga/tb/sdram_model.v
	@mkdir -p $(@D)
	$(SDRAM_IVL) -s tb_sdram_model -o $@ $<

$(B)/fpga/sdram_%.vvp: fpga/tb/tb_sdram.v $(SDRAM_RTL) fpga/sdram.mk
	@mkdir -p $(@D)
	$(SDRAM_IVL) -s tb_sdram $(foreach p,$(SDRAM_PAR_$*),-Ptb_sdram.$(p)) -o $@ $<

# The programs: call fpga/tb/sdram.sh from wherever they are called
SDRAM_PROGRAM = printf '\#!/bin/sh\nexec sh "%s/fpga/tb/sdram.sh" "%s" %s\n' "$(CURDIR)" "$(abspath $(B))/fpga" '$1' > $@ && chmod +x $@

$(SDRAM_NAMES:%=$(B)/tests/sdram_%): $(B)/tests/sdram_%: $(B)/fpga/sdram_%.vvp fpga/tb/sdram.sh
	@mkdir -p $(@D)
	@$(call SDRAM_PROGRAM,run $*)

$(B)/tests/sdram_model: $(B)/fpga/sdram_model.vvp fpga/tb/sdram.sh
	@mkdir -p $(@D)
	@$(call SDRAM_PROGRAM,model)

$(B)/tests/sdram_red: $(SDRAM_RED_NAMES:%=$(B)/fpga/sdram_red_%.vvp) fpga/tb/sdram.sh
	@mkdir -p $(@D)
	@$(call SDRAM_PROGRAM,red $(SDRAM_RED))

# ---- Bandwidth
SDRAM_RATES         := ulx3s i5
SDRAM_PAR_rate_ulx3s :=
SDRAM_PAR_rate_i5    := $(SDRAM_PART_32) HAS_DQM=0 REFRESHES=4096 T_RAS=48000 T_RC=70000 T_RFC=70000
$(SDRAM_RATES:%=$(B)/fpga/rate_%.vvp): $(B)/fpga/rate_%.vvp: fpga/tb/tb_sdram_rate.v $(SDRAM_RTL) fpga/sdram.mk
	@mkdir -p $(@D)
	$(SDRAM_IVL) -s tb_sdram_rate $(foreach p,$(SDRAM_PAR_rate_$*),-Ptb_sdram_rate.$(p)) -o $@ $<

.PHONY: bench-sdram
bench-sdram: $(SDRAM_RATES:%=$(B)/fpga/rate_%.vvp) ## How much of the SDRAM's pins the controller uses
	@fpga/bench_sdram.sh $(abspath $(B))

.PHONY: fit-sdram
fit-sdram: ## Place and route of the SDRAM controller alone (YOSYS, NEXTPNR: ECP5)
	@fpga/fit_sdram.sh $(abspath $(B))
