# SPDX-License-Identifier: Apache-2.0
#
# The serial line: lac_serial Verilated with a few cycles a bit and a short pause, the tests on it, and the host's port.
SERIAL_DIVISOR := 4
SERIAL_TIMEOUT := 4000
SERIAL_RTL     := $(wildcard fpga/rtl/lac_serial.v fpga/rtl/lac_uart.v fpga/rtl/lac_bridge*.v fpga/rtl/lac_crc32.v) rtl/lac_fifo.v rtl/lac_ram.v
SERIAL_DIR     := $(B)/verilated/serial
SERIAL_DEF     := -DRIG_DIVISOR=$(SERIAL_DIVISOR) -DRIG_TIMEOUT=$(SERIAL_TIMEOUT)
SERIAL_RIG     := tests/serial_rig.c tests/serial_oracle.c

SERIAL_BOARD   := tests/serial_board.c tests/serial_rig.c tests/serial_oracle.c
SERIAL_PORT    := driver/ports/port_serial.c driver/ports/serial_frame.c driver/ports/serial_tty.c driver/ports/serial_rate.c
SERIAL_HDR     := $(wildcard tests/serial_*.h driver/*.h driver/*.def driver/ports/*.h cmodel/*.h) tb/rng.h

TESTS     += $(B)/tests/test_serial $(B)/tests/test_port_serial tests/test_serial_cli.sh
TEST_DEPS += $(B)/tests/test_serial $(B)/tests/test_port_serial $(B)/tests/serial_pty $(B)/examples/demo $(B)/examples/cloud

$(SERIAL_DIR)/libserial.a: $(SERIAL_RTL) rtl/lac_clog2.vh tests/serial_shim.cpp tests/serial_sim.h fpga/serial.mk
	@rm -rf $(@D) && mkdir -p $(@D)
	$(VERILATOR) --cc -Wall --language 1364-2005 -O3 --x-assign unique --x-initial unique --noassert --no-timing --prefix Vserial \
	    --top-module lac_serial -Irtl -Ifpga/rtl -GDIVISOR=$(SERIAL_DIVISOR) -GTIMEOUT=$(SERIAL_TIMEOUT) --Mdir $(@D) fpga/rtl/lac_serial.v
	+@$(MAKE) --no-print-directory -C $(@D) -f Vserial.mk CXX='$(CXX)' OBJCACHE='$(VL_CCACHE)' OPT_FAST=-O2 OPT_SLOW=-O1 OPT_GLOBAL=-O2 \
	    Vserial__ALL.a verilated.o verilated_threads.o > $(@D).log || { tail -n 30 $(@D).log; false; }
	$(VL_CCACHE) $(CXX) -std=c++17 -O2 -Itests -isystem $(VL_ROOT)/include -isystem $(VL_ROOT)/include/vltstd -I$(@D) -c -o $(@D)/shim.o tests/serial_shim.cpp
	@cp $(@D)/Vserial__ALL.a $@ && ar rs $@ $(@D)/shim.o $(@D)/verilated.o $(@D)/verilated_threads.o 2> /dev/null

$(B)/tests/test_serial: tests/test_serial.c $(SERIAL_RIG) $(SERIAL_HDR) $(SERIAL_DIR)/libserial.a $(B)/liblacmodel.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SAN) $(SERIAL_DEF) -Itests -o $@ $(filter %.c %.a,$^) -lstdc++ -lpthread -lm

$(B)/tests/test_port_serial: tests/test_port_serial.c $(SERIAL_BOARD) $(SERIAL_PORT) $(SERIAL_HDR) $(SERIAL_DIR)/libserial.a $(B)/liblacmodel.a $(B)/liblacdriver.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SAN) $(SERIAL_DEF) -Itests -o $@ $(filter %.c %.a,$^) -lstdc++ -lpthread -lm

$(B)/tests/serial_pty: tests/serial_pty.c $(SERIAL_BOARD) $(SERIAL_HDR) $(SERIAL_DIR)/libserial.a $(B)/liblacmodel.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SERIAL_DEF) -Itests -o $@ $(filter %.c %.a,$^) -lstdc++ -lpthread -lm

.PHONY: fuzz-serial board-litex
board-litex: $(B)/tests/serial_pty $(B)/lacuna ## LiteX's own client against plain mode of a simulated board (./setup.sh board installs it)
	@p=$(B)/venv/bin/python; [ -x $$p ] || p=$(PYTHON); $$p tests/litex_client.py

fuzz-serial: $(B)/tests/test_serial $(B)/lacuna $(B)/board/colorlight-i5/sim ## A million random bytes, commands and frames to the serial bridge, 200,000 to the whole colorlight-i5 (SEED=n repeats a run)
	@SERIAL_FUZZ=1000000 $(B)/tests/test_serial
	@TEST_PICTURES=0 TEST_FUZZ=200000 $(PYTHON) tests/test_board.py
