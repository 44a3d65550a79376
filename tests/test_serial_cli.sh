#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# test_serial_cli.sh - `lacuna --port serial:` on a simulated board at a pseudo-terminal: the Verilated bridge with the golden model as its core
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
tmp=$(mktemp -d)
status=0

ok() { echo "ok - serial cli: $1"; }
no() { echo "not ok - serial cli: $1: $2"; status=1; }
# says NAME EXIT TEXT COMMAND...: exit status and a part of what it prints
says() {
    local name=$1 code=$2 text=$3 out got
    shift 3
    out=$("$@" 2>&1)
    got=$?
    if [ "$got" = "$code" ] && printf '%s\n' "$out" | grep -qF -- "$text"; then ok "$name"; else no "$name" "expected exit $code and '$text', got $got and '$out'"; fi
}

# The board runs while its standard input is open.
mkfifo "$tmp/in"
"$B/tests/serial_pty" configs/l8.cfg "${SEED:-1}" < "$tmp/in" > "$tmp/name" &
board=$!
exec 9> "$tmp/in"
trap 'exec 9>&-; wait "$board"; rm -rf "$tmp"' EXIT
for _ in $(seq 100); do [ -s "$tmp/name" ] && break; sleep 0.1; done
tty=$(cat "$tmp/name")
[ -n "$tty" ] || { no "a board at a pseudo-terminal" "serial_pty gives no name"; exit 1; }

says "info shows the board" 0 "board            rig, map 1.0" "$B/lacuna" info --port "serial:$tty"
says "info shows its capabilities" 0 "lanes                 8" "$B/lacuna" info --port "serial:$tty@115200"
says "a configuration that is the board's" 0 "configuration l8" "$B/lacuna" info --port "serial:$tty" --config l8
says "one that is not" 2 "LANES is 8, expected 64" "$B/lacuna" info --port "serial:$tty" --config l64
says "an unknown one" 2 "configuration 'nix' is unknown" "$B/lacuna" info --port "serial:$tty" --config nix
says "no device" 2 "/dev/none: no such device" "$B/lacuna" info --port serial:/dev/none
says "no name" 2 "expected serial:DEVICE or serial:DEVICE@BAUD" "$B/lacuna" info --port serial:
says "no rate" 2 "expected serial:DEVICE or serial:DEVICE@BAUD" "$B/lacuna" info --port serial:/dev/none@fast

/usr/bin/python3 - "$tmp" <<'END'
import sys
import numpy as np
r = np.random.default_rng(1)
np.save(sys.argv[1] + '/W.npy', (r.integers(-7, 8, (90, 130)) * (r.random((90, 130)) < 0.2)).astype(np.int8))
np.save(sys.argv[1] + '/X.npy', (r.integers(-99, 99, (3, 130)) * (r.random((3, 130)) < 0.5)).astype(np.int8))
np.save(sys.argv[1] + '/big.npy', r.integers(-7, 8, (700, 700)).astype(np.int8))
np.save(sys.argv[1] + '/bigx.npy', r.integers(-7, 8, (1, 700)).astype(np.int8))
END
for format in csc csc8 4:4; do
    "$B/lacuna" fc "$tmp/W.npy" "$tmp/X.npy" -o "$tmp/model.npy" --format "$format" --config l8 -q
    if out=$("$B/lacuna" fc "$tmp/W.npy" "$tmp/X.npy" -o "$tmp/board.npy" --format "$format" --port "serial:$tty" --stats "$tmp/stats.json" 2>&1) \
        && cmp -s "$tmp/model.npy" "$tmp/board.npy"; then
        ok "fc --format $format, as on the golden model"
    else
        no "fc --format $format, as on the golden model" "$out"
    fi
    rm -f "$tmp/board.npy"
done
says "the stats name the port" 0 "\"port\":	\"serial:$tty\"" cat "$tmp/stats.json"
says "a job that does not fit the board's memory" 2 "of device memory, the board 'rig' has 262144" \
    "$B/lacuna" fc "$tmp/big.npy" "$tmp/bigx.npy" -o "$tmp/board.npy" --format 4:4 --port "serial:$tty"
exit $status
