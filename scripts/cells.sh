#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# cells.sh TARGET [CONFIG] - cells of one lane and of the whole core, as Yosys synthesises them: no place and route
#
#   TARGET       ecp5, xilinx7 (7 series), xilinxup (UltraScale+), gowin
#   CONFIG       of configs/, default i5: the eight lanes of the board colorlight-i5
#   Output       a row a design for the table of docs/boards.md, and $B/cells/TARGET.lane.json, TARGET.core.json
#   Environment  YOSYS, default yosys; B, default build
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build} target=${1-} config=${2:-i5} yosys=${YOSYS:-yosys}
case $target in
ecp5)     synth='synth_ecp5' ;;
xilinx7)  synth='synth_xilinx -family xc7' ;;
xilinxup) synth='synth_xilinx -family xcup' ;;
gowin)    synth='synth_gowin' ;;
*) echo "usage: $0 ecp5|xilinx7|xilinxup|gowin [CONFIG]" >&2; exit 2 ;;
esac
[ -f "configs/$config.cfg" ] || { echo "$0: configs/$config.cfg: no such file" >&2; exit 2; }
params=$(sed -n 's/^\([A-Z_]*\)=\([0-9]*\).*/-set \1 \2/p' "configs/$config.cfg" | tr '\n' ' ')
value() { sed -n "s/^$1=\([0-9]*\).*/\1/p" "configs/$config.cfg"; }
bits() { local n=0; while [ $((1 << n)) -lt "$1" ]; do n=$((n + 1)); done; echo "$n"; }
lane="-set WEIGHT_DEPTH $(value WEIGHT_DEPTH) -set WEIGHT_AW $(bits "$(value WEIGHT_DEPTH)") -set COL_DEPTH $(value COL_DEPTH) -set COL_AW $(bits "$(value COL_DEPTH)")
      -set ACC_DEPTH $(value ACC_DEPTH) -set ACC_AW $(bits "$(value ACC_DEPTH)") -set FIFO_DEPTH $(value FIFO_DEPTH)"
lane=$(echo $lane)
mkdir -p "$B/cells"

design() { # design FILE NAME TOP PARAMETERS
    local out=$B/cells/$target.$1
    if ! $yosys -q -l "$out.log" -p "read_verilog -Irtl rtl/*.v; chparam $4 $3; $synth -top $3; tee -q -o $out.json stat -json" > "$out.err" 2>&1; then
        echo "not ok - cells $target $1: yosys fails: $(grep -m 1 ERROR "$out.err")"
        exit 1
    fi
    # "name": count pairs behind the key "design", by kind
    awk -v name="$2" '
        /"design"/ { in_design = 1 }
        in_design && match($0, /"[^"]+": +[0-9]+/) {
            split($0, part, "\""); cell = part[2]; n = $0; sub(/.*: */, "", n); n += 0
            if      (cell ~ /^LUT[1-6]$/)                                               lut += n
            else if (cell ~ /^(CCU2C|CARRY4|CARRY8|ALU)$/)                              carry += n
            else if (cell ~ /^(RAM(32|64|128|256)[MX].*|RAM16S[0-9]*P?[0-9]*|RAM16SDP[124]|TRELLIS_DPR16X4)$/) lutram += n
            else if (cell ~ /^(FD[RSCP]E?(_1)?|TRELLIS_FF|DFF[A-Z]*)$/)                 ff += n
            else if (cell ~ /^RAMB36/)                                                  ram += 2 * n
            else if (cell ~ /^(RAMB18.*|DP16KD|PDPW16KD|SDPX?9?B?|DPX?9?B?|SPX?9?)$/)   ram += n
            else if (cell ~ /^(DSP48E[12]|MULT18X18D?|MULT9X9D?|MULT36X36)$/)            dsp += n
            else if (cell ~ /^(PFUMX|L6MUX21|MUXF[789]|MUX2_LUT[5-8])$/)                mux += n
        }
        END { printf "| %s | %d | %d | %d | %d | %d | %d | %d |\n", name, lut, mux, carry, lutram, ff, ram, dsp }' "$out.json"
}

echo "| $target | LUT | wide multiplexers | carry cells | LUT RAMs | flip-flops | block RAMs (18 Kbit) | multipliers |"
echo "|---|--:|--:|--:|--:|--:|--:|--:|"
design lane "one lane" lac_lane "$lane"
design core "$(value LANES) lanes, the core" lac_top "$params"
