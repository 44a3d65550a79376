#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# size.sh - the driver compiled for two small processors: does it fit, and does it stand on its own?
#
#   Checks   text (code and constants) of the RV32 driver at most LIMIT bytes; no undefined symbol in either but memcpy, memset, and
#            those of the compiler's own 64-bit arithmetic, of which a division would be one too many
#   Skips    where a compiler is absent
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
LIMIT=16384
SRC="lac_dev lac_sparse lac_pack lac_fc"
FLAGS="-std=c99 -Os -ffreestanding -nostdlib -ffunction-sections -fdata-sections -Wall -Wextra -Wpedantic -Werror -Idriver"
status=0

# check NAME LIMIT COMPILER FLAG... (LIMIT 0: only report)
check() {
    local name=$1 limit=$2 cc=$3 dir=$B/obj/size/$1 text undefined objects=
    shift 3
    if ! command -v "$cc" > /dev/null; then
        echo "skip - driver on $name: no $cc"
        return
    fi
    mkdir -p "$dir"
    for f in $SRC; do
        # shellcheck disable=SC2086
        "$cc" "$@" $FLAGS -c -o "$dir/$f.o" "driver/$f.c" || { echo "not ok - driver on $name: $f.c does not compile"; status=1; return; }
        objects="$objects $dir/$f.o"
    done
    # One relocatable object: what is undefined in it is what the driver asks of others. Linked, all of it kept and calls
    # relaxed: what lands in the flash.
    # shellcheck disable=SC2086
    "$cc" "$@" -nostdlib -r -o "$dir/driver.o" $objects || status=1
    "$cc" "$@" -nostdlib -Wl,-e,0 -Wl,--unresolved-symbols=ignore-all -o "$dir/driver.elf" "$dir/driver.o" || status=1
    text=$("${cc%gcc}size" "$dir/driver.elf" | awk 'NR == 2 { print $1 + $2 }')
    undefined=$("${cc%gcc}nm" -u "$dir/driver.o" | awk '{ print $2 }' | grep -Evx 'memcpy|memset|__(muldi3|ashldi3|lshrdi3|ashrdi3)|__aeabi_(lmul|llsl|llsr|lasr|memcpy|memset|memclr)[48]?' | tr '\n' ' ')
    if [ "$limit" != 0 ] && [ "$text" -gt "$limit" ]; then
        echo "not ok - driver on $name: $text bytes, at most $limit expected"
        status=1
    else
        echo "ok - driver on $name: $text bytes"
    fi
    if [ -n "$undefined" ]; then
        echo "not ok - driver on $name stands alone: it needs $undefined"
        status=1
    else
        echo "ok - driver on $name stands alone"
    fi
}

check rv32imc   "$LIMIT" riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32
check cortex-m3 0        arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb
exit $status
