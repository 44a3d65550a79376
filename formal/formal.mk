# SPDX-License-Identifier: Apache-2.0
#
# Proofs. `make formal` runs them all; `formal/prove.sh NAME` runs one.
FORMAL_blocks  := skid late fifo fifo_odd ffs ffs_tree few lane_queue lane_decode axil cut cut_odd cut_page mac
FORMAL_axi_rd  := axi_rd_bus axi_rd_lines axi_rd_half axi_rd_three
FORMAL_axi_wr  := axi_wr_bus axi_wr_lines axi_wr_half
FORMAL_PROGS   := $(addprefix $(B)/tests/formal_,axi_rd axi_wr blocks)

FORMAL_TESTS += $(FORMAL_PROGS)
FORMAL_DEPS  += $(FORMAL_PROGS)

$(FORMAL_PROGS): $(B)/tests/formal_%: formal/formal.mk
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nB="%s" exec "%s/formal/prove.sh" %s\n' "$(abspath $(B))" "$(CURDIR)" "$(FORMAL_$*)" > $@
	@chmod +x $@
