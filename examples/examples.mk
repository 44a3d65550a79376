# SPDX-License-Identifier: Apache-2.0
#
# Programs for people to read and start from: each needs the library only, and but for the demos is one file.
EXAMPLES := $(patsubst examples/%.c,$(B)/examples/%,$(wildcard examples/*.c)) $(B)/examples/brackets $(B)/examples/cloud

ALL       += $(EXAMPLES)
TESTS     += scripts/check_demo.sh examples/rnn/check_brackets.sh examples/cloud/check_cloud.sh
TEST_DEPS += $(B)/examples/demo $(B)/examples/brackets $(B)/examples/cloud

$(B)/examples/%: examples/%.c $(B)/liblacuna.a $(wildcard driver/*.h driver/*.def driver/ports/*.h tb/*.h cmodel/*.h compiler/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $< $(B)/liblacuna.a -lcjson -lm -ldl

$(B)/examples/demo: examples/demo.c examples/digits/network.c examples/digits/network.h $(B)/liblacuna.a $(wildcard driver/*.h driver/*.def driver/ports/*.h tb/*.h cmodel/*.h compiler/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $(filter %.c,$^) $(B)/liblacuna.a -lcjson -lm -ldl

$(B)/examples/brackets: examples/rnn/brackets.c $(B)/liblacuna.a $(wildcard driver/*.h driver/ports/*.h tb/*.h cmodel/*.h compiler/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $< $(B)/liblacuna.a -lcjson -lm -ldl

CLOUD_SRC := $(wildcard examples/cloud/*.c)
$(B)/examples/cloud: $(CLOUD_SRC) $(wildcard examples/cloud/*.h driver/*.h driver/*.def driver/ports/*.h tb/*.h cmodel/*.h compiler/*.h) $(B)/liblacuna.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $(CLOUD_SRC) $(B)/liblacuna.a -lcjson -lm -ldl

# An archive is unpacked first.
CLOUD_NPY = $(if $(filter %.npz,$(CLOUD)),$(B)/demo/cloud.npy,$(CLOUD))
# Which machines: a board, a configuration that is named, or all that are built.
CLOUD_NAMED = $(if $(filter file default,$(origin CONFIG)),,$(CONFIG))
CLOUD_RTL   = $(if $(PORT),,$(B)/rtl/$(or $(CLOUD_NAMED),l8).so)
CLOUD_ON    = $(if $(PORT),--port '$(PORT)') $(if $(CLOUD_NAMED),--config '$(CLOUD_NAMED)')
.PHONY: demo-cloud demo-strokes
demo-cloud: $(B)/examples/cloud $(CLOUD_RTL) ## A submanifold U-Net on a room of points, on the golden model and on the RTL (PORT=serial:DEVICE[@BAUD]: on a board; CLOUD=FILE.npy|npz, POINTS=n: of the room, VOXEL=metres, CAMERA=1: axes of a depth camera)
	@mkdir -p $(B)/demo
	$(if $(filter %.npz,$(CLOUD)),scripts/cloud_npy.py $(if $(CAMERA),--camera) '$(CLOUD)' $(CLOUD_NPY))
	$(B)/examples/cloud $(CLOUD_ON) $(if $(POINTS),--points '$(POINTS)') $(if $(VOXEL),--voxel '$(VOXEL)') --picture $(B)/demo/cloud.ppm $(if $(CLOUD),'$(CLOUD_NPY)')

demo-strokes: $(B)/examples/cloud $(CLOUD_RTL) ## Digits as strokes, only pixels with ink exist: a trained sparse network in three versions, on the golden model and on the RTL (PORT=.. as demo-cloud, PICTURES=n)
	$(B)/examples/cloud $(CLOUD_ON) --strokes examples/digits $(if $(PICTURES),--pictures '$(PICTURES)')
