#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# bench_sdram.sh BUILD - run BUILD/fpga/rate_*.vvp, print the table, write BUILD/bench/sdram.json
#
#   Figure     words on the SDRAM's pins in 30,000 cycles / 30,000, in per cent; refreshes, row changes and turnarounds
#              are what is missing. Masters never wait
cd "$(dirname "$0")/.." || exit 1
B=$1 status=0
out=$B/bench/sdram.json
mkdir -p "$B/bench"

# pattern: name, plusargs
patterns='linear reads, 16 beats|+read=1 +write=0 +beats=16
linear reads, 32 beats|+read=1 +write=0 +beats=32
linear writes, 16 beats|+read=0 +write=1 +beats=16
linear writes, 32 beats|+read=0 +write=1 +beats=32
linear reads and linear writes, 16 beats|+read=1 +write=1 +beats=16
random reads, 128 bytes|+read=2 +write=0 +beats=16
random writes, 128 bytes|+read=0 +write=2 +beats=16
random reads and writes, 128 bytes|+read=2 +write=2 +beats=16
random reads in one bank, 128 bytes|+read=2 +write=0 +beats=16 +only=1
reads of one beat, linear|+read=1 +write=0 +beats=1'

rate() {  # rate BOARD PLUSARGS: per mille of the pins
    # shellcheck disable=SC2086 # plusargs are words
    set -- "$(vvp -N "$B/fpga/rate_$1.vvp" $2 | tail -n 1)"
    case $1 in
    "rate "*) echo "$1" | awk '{ printf "%.0f", 1000 * $2 / $3 }' ;;
    *)        echo FAIL ;;
    esac
}

{
    printf '{"bench": "sdram", "git": "%s", "clock_khz": 125000, "cycles": 30000, "rows": [' "$(GIT_OPTIONAL_LOCKS=0 git describe --always --dirty 2>/dev/null)"
    sep=
    while IFS='|' read -r name args; do
        for board in ulx3s i5; do
            r=$(rate $board "$args")
            [ "$r" != FAIL ] || { r=null; status=1; }
            printf '%s\n{"board": "%s", "pattern": "%s", "per_mille": %s}' "$sep" "$board" "$name" "$r"
            sep=,
        done
    done <<END
$patterns
END
    printf '\n]}\n'
} > "$out.tmp.$$" && mv "$out.tmp.$$" "$out" || exit 1

echo '| 64-bit AXI, 125 MHz | 16-bit SDRAM (ulx3s) | 32-bit SDRAM (i5) |'
echo '|---|---|---|'
awk -F'"' '/"pattern"/ {
    split($0, p, "per_mille\": "); v = p[2] + 0
    cell = p[2] ~ /^null/ ? "FAIL" : sprintf("%.1f %%", v / 10)
    if ($4 == "ulx3s") first = cell; else printf "| %s | %s | %s |\n", $8, first, cell
}' "$out"
exit $status
