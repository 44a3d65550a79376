#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# size.sh - the driver compiled for two small processors: does it fit, and does it stand on its own?
#
#   Parts    RUN is what a device needs that runs layers packed elsewhere; CONV, if there are convolutions among them. The rest of ALL is the
#            packer, and recurrent layers. MAP: coordinate lists and maps alone, in time too; SCONV: with what runs convolutions along them. Voxels (lac_voxel.c), which need floating point, and images as lists (lac_pixels.c) are in none of them
#   Checks   text (code and constants) for RV32 at most so many bytes as its limit says; no undefined symbol in any part but memcpy,
#            memset, and those of the compiler's own 64-bit arithmetic, of which a division would be one too many
#   Skips    where a compiler is absent
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
RUN="lac_dev lac_plan lac_fc"
CONV="$RUN lac_conv"
ALL="$CONV lac_rnn lac_sparse lac_pack"
MAP="lac_dev lac_plan lac_coords lac_map lac_frames"
SCONV="$RUN lac_coords lac_map lac_frames lac_sconv"
RUN_LIMIT=13056
CONV_LIMIT=20096
ALL_LIMIT=29952
MAP_LIMIT=17536
SCONV_LIMIT=24320
FLAGS="-std=c99 -Os -ffreestanding -nostdlib -ffunction-sections -fdata-sections -Wall -Wextra -Wpedantic -Werror -Idriver"
status=0

# part NAME LIMIT FILES: of the objects in $dir, by $cc $arch (LIMIT 0: only report)
part() {
    local name=$1 limit=$2 objects text undefined
    objects=$(for f in $3; do echo "$dir/$f.o"; done)
    # One relocatable object: what is undefined in it is what the driver asks of others. Linked, all of it kept and calls
    # relaxed: what lands in the flash.
    # shellcheck disable=SC2086
    "$cc" $arch -nostdlib -r -o "$dir/driver.o" $objects || status=1
    # shellcheck disable=SC2086
    "$cc" $arch -nostdlib -Wl,-e,0 -Wl,--unresolved-symbols=ignore-all -o "$dir/driver.elf" "$dir/driver.o" || status=1
    text=$("${cc%gcc}size" "$dir/driver.elf" | awk 'NR == 2 { print $1 + $2 }')
    undefined=$("${cc%gcc}nm" -u "$dir/driver.o" | awk '{ print $2 }' | grep -Evx 'memcpy|memset|__(muldi3|ashldi3|lshrdi3|ashrdi3)|__aeabi_(lmul|llsl|llsr|lasr|memcpy|memset|memclr)[48]?' | tr '\n' ' ')
    if [ "$limit" != 0 ] && [ "$text" -gt "$limit" ]; then
        echo "not ok - $name: $text bytes, at most $limit expected"
        status=1
    else
        echo "ok - $name: $text bytes"
    fi
    if [ -n "$undefined" ]; then
        echo "not ok - $name stands alone: it needs $undefined"
        status=1
    else
        echo "ok - $name stands alone"
    fi
}

# check NAME RUN_LIMIT CONV_LIMIT ALL_LIMIT MAP_LIMIT SCONV_LIMIT COMPILER FLAG...
check() {
    local name=$1 run=$2 conv=$3 all=$4 map=$5 sconv=$6 cc=$7 dir=$B/obj/size/$1 arch
    shift 7
    arch=$*
    if ! command -v "$cc" > /dev/null; then
        echo "skip - driver on $name: no $cc"
        return
    fi
    mkdir -p "$dir"
    for f in $ALL lac_coords lac_map lac_frames lac_sconv; do
        # shellcheck disable=SC2086
        "$cc" $arch $FLAGS -c -o "$dir/$f.o" "driver/$f.c" || { echo "not ok - driver on $name: $f.c does not compile"; status=1; return; }
    done
    part "driver on $name" "$all" "$ALL"
    part "its run-time part on $name" "$run" "$RUN"
    part "the same with convolutions on $name" "$conv" "$CONV"
    part "maps on $name" "$map" "$MAP"
    part "its run-time part with maps and sparse convolutions on $name" "$sconv" "$SCONV"
}

check rv32imc   "$RUN_LIMIT" "$CONV_LIMIT" "$ALL_LIMIT" "$MAP_LIMIT" "$SCONV_LIMIT" riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32
check cortex-m3 0 0 0 0 0 arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb
exit $status
