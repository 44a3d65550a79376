# SPDX-License-Identifier: Apache-2.0
#
# Programs for people to read and start from: each needs the library only, and but for the demo is one file.
EXAMPLES := $(patsubst examples/%.c,$(B)/examples/%,$(wildcard examples/*.c)) $(B)/examples/brackets

ALL       += $(EXAMPLES)
TESTS     += scripts/check_demo.sh examples/rnn/check_brackets.sh
TEST_DEPS += $(B)/examples/demo $(B)/examples/brackets

$(B)/examples/%: examples/%.c $(B)/liblacuna.a $(wildcard driver/*.h driver/*.def driver/ports/*.h tb/*.h cmodel/*.h compiler/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $< $(B)/liblacuna.a -lcjson -lm -ldl

$(B)/examples/demo: examples/demo.c examples/digits/network.c examples/digits/network.h $(B)/liblacuna.a $(wildcard driver/*.h driver/*.def driver/ports/*.h tb/*.h cmodel/*.h compiler/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $(filter %.c,$^) $(B)/liblacuna.a -lcjson -lm -ldl

$(B)/examples/brackets: examples/rnn/brackets.c $(B)/liblacuna.a $(wildcard driver/*.h driver/ports/*.h tb/*.h cmodel/*.h compiler/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $< $(B)/liblacuna.a -lcjson -lm -ldl
