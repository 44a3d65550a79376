#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# test_flash.sh - `make flash` with a stand-in loader: the right file and board name, and what it says when something is missing
cd "$(dirname "$0")/.." || exit 2
dir=$(mktemp -d "${TMPDIR:-/tmp}/lacuna-flash-XXXXXX")
trap 'rm -rf "$dir"' EXIT
bad=0

say() { # name, what is wrong or nothing
    if [ -z "$2" ]; then echo "ok - flash $1"; else echo "not ok - flash $1: $2"; bad=1; fi
}

# The stand-in: its arguments, one a line; fails when told to.
printf '#!/bin/sh\nprintf "%%s\\n" "$@" > "%s/arguments"\nexit "${LOADER_STATUS:-0}"\n' "$dir" > "$dir/loader"
chmod +x "$dir/loader"

# flash NAME STATUS TEXT VARIABLE...: exit status, and TEXT in what it prints
flash() {
    name=$1 want=$2 text=$3
    shift 3
    rm -f "$dir/arguments"
    out=$(env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory B="$dir" "$@" flash 2>&1)
    status=$?
    wrong=
    [ "$status" = "$want" ] || wrong="exit status $status, expected $want: $out"
    case $out in *"$text"*) ;; *) wrong="expected '$text', got: $out" ;; esac
    say "$name" "$wrong"
}
arguments() { # name, expected
    got=$(tr '\n' ' ' < "$dir/arguments" 2>&1)
    [ "$got" = "$2 " ] && say "$1" "" || say "$1" "expected '$2', got '$got'"
}

for pair in ulx3s-85f:ulx3s colorlight-i5:colorlight-i5; do
    board=${pair%%:*}
    flash "$board without a bitstream" 2 "make fpga BOARD=$board" BOARD="$board" LOADER="$dir/loader"
    mkdir -p "$dir/fpga/$board"
    echo bits > "$dir/fpga/$board/lacuna.bit"
    flash "$board" 0 "" BOARD="$board" LOADER="$dir/loader"
    arguments "$board: arguments of the loader" "-b ${pair#*:} $dir/fpga/$board/lacuna.bit"
    flash "$board into its flash" 0 "" BOARD="$board" LOADER="$dir/loader" FLASH=1
    arguments "$board: arguments for the flash" "-b ${pair#*:} --write-flash $dir/fpga/$board/lacuna.bit"
done
flash "no board named" 2 "expected one of: colorlight-i5 ulx3s-85f" LOADER="$dir/loader"
flash "unknown board" 2 "BOARD='icebreaker'" BOARD=icebreaker LOADER="$dir/loader"
flash "no loader" 2 "no-such-loader is not installed" BOARD=ulx3s-85f LOADER=no-such-loader
LOADER_STATUS=7; export LOADER_STATUS
flash "loader fails" 2 "ended with status 7" BOARD=ulx3s-85f LOADER="$dir/loader"
exit $bad
