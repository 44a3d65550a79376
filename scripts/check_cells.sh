#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check_cells.sh - one lane of configuration l8 on ECP5 (yosys synth_ecp5, no place and route): cell counts to $B/cells.json
#
# Expected, by arithmetic (a DP16KD holds 1024 x 18 or 512 x 36):
#   DP16KD      weights 1024 x 64: 4; column table 512 entries: 1; two accumulator banks 256 x 36: 1 each
#   MULT18X18D  one 16 x 17 product: 1
# A RAM that is read asynchronously, or that needs read-during-write emulation, shows up here as LUT RAM or flip-flops.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
mkdir -p "$B"
status=0
rm -f "$B/cells.json"
if ! yosys -q -l "$B/cells.log" -p "read_verilog -Irtl rtl/lac_lane.v rtl/lac_lane_*.v rtl/lac_mac.v rtl/lac_mul.v rtl/lac_count.v rtl/lac_ram.v rtl/lac_fifo.v;
        chparam -set WEIGHT_DEPTH 1024 -set COL_DEPTH 512 -set ACC_DEPTH 256 lac_lane; synth_ecp5 -top lac_lane;
        tee -q -o $B/cells.json stat -json" > /dev/null 2>&1; then
    echo "not ok - cells: yosys fails: $(grep -m 1 ERROR "$B/cells.log")"
    exit 1
fi

check() {  # check CELL MIN MAX
    local n
    n=$(awk -v cell="\"$1\":" '/"design"/ { in_design = 1 } in_design && $1 == cell { print $2 + 0; exit }' "$B/cells.json")
    n=${n:-0}
    if [ "$n" -ge "$2" ] && [ "$n" -le "$3" ]; then
        echo "ok - cells of a lane: $1 $n"
    else
        echo "not ok - cells of a lane: $1: expected $2 .. $3, got $n"
        status=1
    fi
}
check DP16KD 7 7
check MULT18X18D 1 1
check TRELLIS_DPR16X4 1 96
check TRELLIS_FF 1 1000
exit $status
