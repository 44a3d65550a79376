#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# lint.sh - Icarus in strict Verilog-2005 and Verilator -Wall, on every module alone and on the whole core in every
# configuration; anything that a tool prints is a failure. (Only Icarus enforces Verilog-2005, see docs/verification.md.)
set -u
cd "$(dirname "$0")/.." || exit 2
status=0

check() {  # check NAME COMMAND...
    local name=$1 out
    shift
    if out=$("$@" 2>&1) && [ -z "$out" ]; then
        echo "ok - lint $name"
    else
        echo "not ok - lint $name: $(printf '%s\n' "$out" | head -n 1)"
        printf '%s\n' "$out" | sed 's/^/    /'
        status=1
    fi
}

# Icarus 11 cannot tell its version where it is relocated; that line is not about our code.
icarus() { iverilog -g2005 -Wall -Irtl -t null "$@" 2>&1 | grep -v '^Unable to get version'; [ "${PIPESTATUS[0]}" = 0 ]; }
verilate() { verilator --lint-only -Wall --language 1364-2005 -Irtl "$@"; }

for f in rtl/*.v; do
    m=$(basename "$f" .v)
    # A module finds the others through -y, so that "alone" means: as the top, with its defaults.
    check "$m (icarus)" icarus -y rtl -s "$m" "$f"
    check "$m (verilator)" verilate --top-module "$m" "$f"
done

if [ -f rtl/lac_top.v ]; then
    for c in configs/*.cfg; do
        n=$(basename "$c" .cfg)
        mapfile -t params < <(sed -n 's/^\([A-Z_]*=[0-9]*\).*/\1/p' "$c")
        check "lac_top $n (icarus)" icarus -s lac_top "${params[@]/#/-Plac_top.}" rtl/*.v
        check "lac_top $n (verilator)" verilate --top-module lac_top "${params[@]/#/-G}" rtl/*.v
    done
fi
exit $status
