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
	$(CC) $(CFLAGS) -o $@ $(CLOUD_SRC) $(B)/liblacuna.a -lm -ldl

# An archive is unpacked first.
CLOUD_NPY = $(if $(filter %.npz,$(CLOUD)),$(B)/demo/cloud.npy,$(CLOUD))
.PHONY: demo-cloud
demo-cloud: $(B)/examples/cloud $(B)/rtl/l8.so ## A submanifold U-Net on a room of points, on the golden model and on the RTL (CLOUD=FILE.npy|npz, VOXEL=metres, CAMERA=1: axes of a depth camera)
	@mkdir -p $(B)/demo
	$(if $(filter %.npz,$(CLOUD)),scripts/cloud_npy.py $(if $(CAMERA),--camera) '$(CLOUD)' $(CLOUD_NPY))
	$(B)/examples/cloud $(if $(VOXEL),--voxel '$(VOXEL)') --picture $(B)/demo/cloud.ppm $(if $(CLOUD),'$(CLOUD_NPY)')
