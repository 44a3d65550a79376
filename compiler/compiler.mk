# SPDX-License-Identifier: Apache-2.0
#
# The `lacuna` command line, liblacuna (driver, golden model, both simulated ports, host helpers) and their installation.
LACUNA_VERSION := 0.1.0
PREDICT_SRC    := predict predict_load predict_exec predict_store
LACUNA_LIB_SRC := $(CMODEL_SRC:%=cmodel/%.c) $(DRIVER_SRC:%=driver/%.c) driver/ports/port_model.c driver/ports/port_serial.c driver/ports/serial_frame.c \
                  driver/ports/serial_tty.c driver/ports/serial_rate.c \
                  tb/axi_mem.c tb/axi_monitor.c tb/port_rtl.c \
                  compiler/npy.c compiler/outfile.c compiler/host.c compiler/machine.c compiler/runner.c compiler/trace.c \
                  $(PREDICT_SRC:%=compiler/%.c) compiler/choose.c compiler/causes.c compiler/cloud.c
LACUNA_CLI_SRC := compiler/main.c compiler/cli.c compiler/operands.c compiler/cmd_info.c compiler/layer.c compiler/layer_run.c compiler/lists.c compiler/traffic.c compiler/cmd_fc.c compiler/cmd_conv.c compiler/cmd_advise.c compiler/cmd_report.c compiler/mapping.c compiler/cmd_map.c compiler/cmd_sconv.c compiler/cmd_spool.c compiler/cmd_voxelize.c compiler/cmd_pixels.c compiler/report_page.c
LACUNA_HDR     := $(wildcard compiler/*.h cmodel/*.h driver/*.h driver/*.def driver/ports/*.h tb/*.h)
LACUNA_FLAGS    = $(CFLAGS) -fPIC -DLACUNA_VERSION='"$(LACUNA_VERSION)"' -I$(B)/obj/compiler
LACUNA_LIBS    := -lm -ldl
LACUNA_OBJ     := $(LACUNA_LIB_SRC:%.c=$(B)/obj/lacuna/%.o)

ALL       += $(B)/lacuna $(B)/lacuna-asan $(B)/liblacuna.a $(B)/liblacuna.so
TESTS     += $(B)/tests/test_npy $(B)/tests/test_host $(B)/tests/test_predict $(B)/tests/test_runner tests/test_cli.sh tests/test_report.py tests/fc_numpy.py tests/conv_numpy.py tests/map_numpy.py tests/sconv_numpy.py tests/spool_numpy.py tests/pixels_numpy.py tests/test_install.sh
TEST_DEPS += $(B)/tests/test_npy $(B)/tests/test_host $(B)/tests/test_predict $(B)/tests/test_runner $(B)/lacuna $(B)/lacuna-asan $(B)/liblacuna.a $(B)/liblacuna.so

$(B)/obj/lacuna/%.o: %.c $(LACUNA_HDR)
	@mkdir -p $(@D)
	$(CC) $(LACUNA_FLAGS) -c -o $@ $<

# Which commit this is, for --stats; touched only when it changes. Empty outside a repository.
.PHONY: git-describe
$(B)/obj/compiler/git.h: git-describe
	@mkdir -p $(@D)
	@printf '#define LACUNA_GIT "%s"\n' "$$(GIT_OPTIONAL_LOCKS=0 git describe --always --dirty 2>/dev/null)" > $@.tmp
	@cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@

$(B)/obj/lacuna/compiler/cli.o: $(B)/obj/compiler/git.h
$(B)/obj/lacuna/compiler/report_page.o: $(B)/obj/compiler/report_page.inc

# A file as the elements of a C array.
$(B)/obj/compiler/%.inc: compiler/%.html
	@mkdir -p $(@D)
	od -An -v -tx1 $< | sed 's/ \(..\)/0x\1,/g' > $@

$(B)/liblacuna.a: $(LACUNA_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(B)/liblacuna.so: $(LACUNA_OBJ)
	$(CC) -shared -Wl,-soname,liblacuna.so.0 -o $@ $^ $(LACUNA_LIBS)

$(B)/lacuna: $(LACUNA_CLI_SRC:%.c=$(B)/obj/lacuna/%.o) $(B)/liblacuna.a
	$(CC) -o $@ $^ -lcjson $(LACUNA_LIBS)

# The same under the sanitizers, for tests/test_cli.sh.
$(B)/lacuna-asan: $(LACUNA_CLI_SRC) $(LACUNA_LIB_SRC) $(LACUNA_HDR) $(B)/obj/compiler/git.h $(B)/obj/compiler/report_page.inc
	$(CC) $(LACUNA_FLAGS) -O1 $(SAN) -o $@ $(filter %.c,$^) -lcjson $(LACUNA_LIBS)

$(B)/tests/test_npy: tests/test_npy.c compiler/npy.c compiler/outfile.c $(LACUNA_HDR)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SAN) -o $@ $(filter %.c,$^)

$(B)/tests/test_host: tests/test_host.c compiler/host.c $(DRIVER_SRC:%=driver/%.c) $(LACUNA_HDR)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SAN) -o $@ $(filter %.c,$^) -lm

$(B)/tests/test_runner: tests/test_runner.c $(LACUNA_LIB_SRC) $(LACUNA_HDR)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SAN) -o $@ $(filter %.c,$^) $(LACUNA_LIBS)

# The cycle model against the cores, which `make all` makes; without them the test says skip.
PREDICT_CASE := tests/predict_case.c $(PREDICT_SRC:%=compiler/%.c) compiler/host.c tb/axi_mem.c tb/axi_monitor.c tb/port_rtl.c $(DRIVER_SRC:%=driver/%.c)

$(B)/tests/test_predict: tests/test_predict.c $(PREDICT_CASE) compiler/choose.c tests/predict_case.h $(LACUNA_HDR)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SAN) -o $@ $(filter %.c,$^) $(LACUNA_LIBS)

$(B)/bench_predict: compiler/bench_predict.c $(PREDICT_CASE) tests/predict_case.h $(LACUNA_HDR)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $(filter %.c,$^) -lcjson $(LACUNA_LIBS)

.PHONY: bench-predict
bench-predict: $(B)/bench_predict $(B)/rtl/l8.so $(B)/rtl/l64.so $(B)/rtl/odd.so $(B)/rtl/w512.so $(B)/rtl/l4.so ## Predicted against measured cycles, 300 fresh random layers
	@mkdir -p $(B)/bench
	@BENCH=$(B)/bench $(B)/bench_predict

.PHONY: report-demo
report-demo: $(B)/lacuna $(B)/rtl/l8.so ## What limits a job: a page and a trace in build/report/, a picture where Chromium is there
	@mkdir -p $(B)/report
	@cd $(B)/report && $(PYTHON) -c "import numpy as np; r = np.random.default_rng(1); \
	np.save('W.npy', (r.integers(-7, 8, (300, 1000)) * (r.random((300, 1000)) < 0.1)).astype(np.int8)); \
	np.save('X.npy', (r.integers(-99, 99, (4, 1000)) * (r.random((4, 1000)) < 0.5)).astype(np.int8))"
	@cd $(B)/report && ../lacuna fc W.npy X.npy -o Y.npy --format csc --port rtl --config l8 --stats stats.json --trace trace.json
	@cd $(B)/report && ../lacuna report stats.json -o report.html
	@cd $(B)/report && browser=$$(command -v chromium || command -v chromium-browser || command -v google-chrome) || \
	    { echo 'no Chromium: no picture (the page needs any browser)'; exit 0; }; \
	    "$$browser" --headless $$([ "$$(id -u)" != 0 ] || echo --no-sandbox) --disable-gpu --hide-scrollbars --window-size=1080,2430 \
	    --screenshot=report.png report.html > browser.log 2>&1 && echo '$(B)/report/report.png' || { cat browser.log; exit 1; }

.PHONY: install
install: $(B)/lacuna $(B)/liblacuna.a $(B)/liblacuna.so ## Copy the command, the library and the built configurations to PREFIX
	@set -e; p='$(DESTDIR)$(abspath $(PREFIX))'; \
	install -d "$$p/bin" "$$p/lib/pkgconfig" "$$p/lib/lacuna/configs" "$$p/lib/lacuna/rtl" "$$p/include/lacuna/ports"; \
	install -m 755 $(B)/lacuna "$$p/bin/lacuna"; \
	install -m 644 $(B)/liblacuna.a "$$p/lib/liblacuna.a"; \
	install -m 755 $(B)/liblacuna.so "$$p/lib/liblacuna.so.0"; \
	ln -sf liblacuna.so.0 "$$p/lib/liblacuna.so"; \
	install -m 644 driver/lacuna.h driver/lac_rnn.h driver/lac_hw.h driver/lac_regs.def driver/lac_cmd.def driver/lac_errors.def driver/lac_causes.def \
	    cmodel/lac_config.h cmodel/lac_model.h tb/port_rtl.h tb/axi_mem.h tb/axi_monitor.h tb/lac_sim.h tb/rng.h \
	    compiler/diag.h compiler/npy.h compiler/outfile.h compiler/host.h compiler/arena.h compiler/machine.h compiler/runner.h compiler/trace.h compiler/predict.h compiler/choose.h compiler/causes.h compiler/cloud.h \
	    "$$p/include/lacuna/"; \
	install -m 644 driver/ports/*.h "$$p/include/lacuna/ports/"; \
	install -m 644 configs/*.cfg "$$p/lib/lacuna/configs/"; \
	for f in $(B)/rtl/*.so; do [ ! -e "$$f" ] || install -m 755 "$$f" "$$p/lib/lacuna/rtl/"; done; \
	printf '%s\n' 'prefix=$(abspath $(PREFIX))' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include' '' 'Name: lacuna' \
	    'Description: Driver, golden model and host library of the Lacuna sparse neural-network accelerator' \
	    'Version: $(LACUNA_VERSION)' 'Cflags: -I$${includedir}/lacuna -I$${includedir}/lacuna/ports' \
	    'Libs: -L$${libdir} -Wl,-rpath,$${libdir} -llacuna' 'Libs.private: $(LACUNA_LIBS)' > "$$p/lib/pkgconfig/lacuna.pc"; \
	echo "installed in $$p; Verilated cores: $$(ls "$$p/lib/lacuna/rtl" | sed s/.so// | tr "\n" " ")"
