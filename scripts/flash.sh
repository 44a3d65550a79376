#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# flash.sh BOARD - load build/fpga/BOARD/lacuna.bit into a board, with the loader's name for it (LOADER_BOARD of fpga/BOARD/board.cfg)
#
#   LOADER   the program, openFPGALoader where it is not given; FLASH=1: into the board's flash, else into the FPGA until power is off
#   Exit     the loader's; 2 for what is missing before it
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
loader=${LOADER:-openFPGALoader}
board=${1-}
fail() { echo "flash: $*" >&2; exit 2; }

[ -n "$board" ] && [ -f "fpga/$board/board.cfg" ] ||
    fail "BOARD='$board': expected one of: $(cd fpga && ls -d ./*/board.cfg | sed 's|^\./||; s|/board.cfg||' | tr '\n' ' ')"
name=$(sed -n 's/^LOADER_BOARD=\([^ ]*\).*/\1/p' "fpga/$board/board.cfg")
[ -n "$name" ] || fail "fpga/$board/board.cfg: LOADER_BOARD is missing"
bit=$B/fpga/$board/lacuna.bit
[ -f "$bit" ] || fail "$bit is not there: make fpga BOARD=$board"
command -v "$loader" > /dev/null || fail "$loader is not installed (apt-get install openfpgaloader, or LOADER=/path/to/it)"

set -- -b "$name"
[ "${FLASH:-}" = 1 ] && set -- "$@" --write-flash
echo "$loader $* $bit"
"$loader" "$@" "$bit"
status=$?
[ "$status" = 0 ] || echo "flash: $loader ended with status $status: is the board connected, and may you use its USB device?" >&2
exit "$status"
