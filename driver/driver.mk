# SPDX-License-Identifier: Apache-2.0
#
# The driver: build/liblacdriver.a for the host, its size for two small processors, its tests.
DRIVER_SRC := lac_dev lac_sparse lac_pack lac_plan lac_fc lac_conv lac_rnn lac_coords lac_map lac_frames lac_sconv lac_pixels lac_voxel ports/port_mmio
DRIVER_HDR := $(wildcard driver/*.h) $(wildcard driver/*.def) driver/ports/port_mmio.h

ALL       += $(B)/liblacdriver.a
TESTS     += $(B)/tests/test_sparse $(B)/tests/test_driver $(B)/tests/test_conv $(B)/tests/test_map $(B)/tests/test_sconv $(B)/tests/test_rnn driver/size.sh
TEST_DEPS += $(B)/tests/test_sparse $(B)/tests/test_driver $(B)/tests/test_conv $(B)/tests/test_map $(B)/tests/test_sconv $(B)/tests/test_rnn

$(B)/liblacdriver.a: $(DRIVER_SRC:%=$(B)/obj/driver/%.o)
	@rm -f $@
	ar rcs $@ $^

$(DRIVER_SRC:%=$(B)/obj/driver/%.o): $(B)/obj/driver/%.o: driver/%.c $(DRIVER_HDR)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fPIC -c -o $@ $<

.PHONY: driver-size
driver-size: ## Size of the driver on RV32 and Cortex-M3, and that it needs no library
	@driver/size.sh

# Driver, model and test in one program, so that the sanitizers watch all of them.
$(B)/tests/test_sparse: tests/test_sparse.c driver/lac_sparse.c $(DRIVER_HDR) tb/rng.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SAN) -o $@ $(filter %.c,$^)

$(B)/tests/test_driver $(B)/tests/test_conv $(B)/tests/test_map $(B)/tests/test_sconv: $(B)/tests/%: tests/%.c tests/driver_rig.c tests/driver_rig.h tests/check.c tests/check.h tests/race.c tests/race.h tests/naive.c tests/naive.h $(DRIVER_SRC:%=driver/%.c) \
                        $(CMODEL_SRC:%=cmodel/%.c) driver/ports/port_model.c $(DRIVER_HDR) $(wildcard cmodel/*.h) \
                        driver/ports/port_model.h tb/rng.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SAN) -Itests -o $@ $(filter %.c,$^)

# And on the Verilated core, where it is built.
$(B)/tests/test_rnn: tests/test_rnn.c tests/naive.c tests/naive.h $(DRIVER_SRC:%=driver/%.c) $(CMODEL_SRC:%=cmodel/%.c) driver/ports/port_model.c \
                     tb/axi_mem.c tb/axi_monitor.c tb/port_rtl.c $(DRIVER_HDR) $(wildcard cmodel/*.h tb/*.h) driver/ports/port_model.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SAN) -Itests -o $@ $(filter %.c,$^) -lm -ldl
