#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check_regs.sh - the committed rtl/lac_regs.vh and docs/registers.md are what `make regs` would print
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
status=0
check() {  # check vh|md FILE
    if "$B/gen_regs" "$1" > "$B/regs.$1" && diff "$2" "$B/regs.$1" > "$B/regs.$1.diff"; then
        echo "ok - $2 is up to date"
    else
        echo "not ok - $2 is up to date: run 'make regs'; first difference: $(sed -n 2p "$B/regs.$1.diff")"
        status=1
    fi
}
check vh rtl/lac_regs.vh
check md docs/registers.md
exit $status
