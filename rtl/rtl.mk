# SPDX-License-Identifier: Apache-2.0
#
# What belongs to the RTL as a whole: the four-state bench of the core, the planted bugs.
CORE_CONFIGS := l8 odd w512
CORE_JOBS    := 1 2 3 4 5 6
TESTS        += $(B)/tests/core
TEST_DEPS    += $(B)/tests/core

.PHONY: mutate
mutate: $(B)/tests/test_random $(B)/tests/test_faults ## Plant bugs in the RTL, one by one; the tests must notice (half an hour)
	@scripts/mutate.sh

$(B)/unit/core_%.vvp: configs/%.cfg tb/unit/tb_core.v $(wildcard rtl/*.v rtl/*.vh)
	@mkdir -p $(@D)
	iverilog -g2005 -Wall -Wno-timescale -y rtl -I rtl -s tb_core $$(sed -n 's/^\([A-Z_]*\)=\([0-9]*\).*/-Ptb_core.\1=\2/p' $<) \
	    -o $@ tb/unit/tb_core.v

GEN_CORE := tb/unit/gen_core.c tests/jobgen.c tests/naive.c
$(B)/unit/gen_core: $(GEN_CORE) $(B)/liblacmodel.a $(wildcard tests/*.h cmodel/*.h driver/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests -o $@ $(GEN_CORE) $(B)/liblacmodel.a

# The program: for each configuration some random jobs, from SEED on
$(B)/tests/core: $(CORE_CONFIGS:%=$(B)/unit/core_%.vvp) $(B)/unit/gen_core tb/unit/core.sh
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec sh "%s/tb/unit/core.sh" "%s" "%s" "%s"\n' "$(CURDIR)" "$(abspath $(B))/unit" '$(CORE_CONFIGS)' '$(CORE_JOBS)' > $@
	@chmod +x $@
