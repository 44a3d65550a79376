# SPDX-License-Identifier: Apache-2.0
#
# The golden model: build/liblacmodel.a (configuration reader, model, the driver's port to it), its tests and its benchmark.
CMODEL_SRC := lac_config lac_model model_check model_bus model_load model_exec model_store model_map
CMODEL_OBJ := $(CMODEL_SRC:%=$(B)/obj/cmodel/%.o) $(B)/obj/driver/ports/port_model.o
CMODEL_HDR := $(wildcard cmodel/*.h) driver/ports/port_model.h driver/lacuna.h driver/lac_hw.h $(wildcard driver/*.def)

ALL += $(B)/liblacmodel.a $(B)/bench_model

$(B)/liblacmodel.a: $(CMODEL_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(B)/obj/cmodel/%.o: cmodel/%.c $(CMODEL_HDR)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fPIC -c -o $@ $<

$(B)/obj/driver/ports/port_model.o: driver/ports/port_model.c $(CMODEL_HDR)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fPIC -c -o $@ $<

# Model and test in one program, so that the sanitizers watch both.
CMODEL_TESTS := $(B)/tests/test_model $(B)/tests/test_model_errors
TESTS        += $(CMODEL_TESTS)
TEST_DEPS    += $(CMODEL_TESTS)
CMODEL_TESTED := tests/model_rig.c tests/check.c tests/naive.c $(CMODEL_SRC:%=cmodel/%.c) driver/ports/port_model.c

$(CMODEL_TESTS): $(B)/tests/%: tests/%.c $(CMODEL_TESTED) tests/model_rig.h tests/check.h tests/naive.h tb/rng.h $(CMODEL_HDR)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SAN) -Itests -o $@ $(filter %.c,$^)

$(B)/bench_model: cmodel/bench_model.c $(B)/liblacmodel.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^

# One rounding against two: the table of docs/numerics.md
.PHONY: numerics
$(B)/count_tflite: tests/count_tflite.c tests/naive.c tests/naive.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests -o $@ $(filter %.c,$^)

numerics: $(B)/count_tflite ## Count how often one rounding differs from TFLite's two
	@$(B)/count_tflite
