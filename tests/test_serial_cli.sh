#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# test_serial_cli.sh - `lacuna --port serial:`, the digits demo and those of point clouds and strokes on a simulated board at a pseudo-terminal: the Verilated bridge with the
# golden model as its core
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

# power_on CONFIG: another board, which runs while its standard input is open. Sets $tty.
board=
power_off() { [ -z "$board" ] || { exec 9>&-; wait "$board"; }; }
power_on() {
    power_off
    rm -f "$tmp/in" "$tmp/name"
    mkfifo "$tmp/in"
    "$B/tests/serial_pty" "$1" "${SEED:-1}" < "$tmp/in" > "$tmp/name" &
    board=$!
    exec 9> "$tmp/in"
    for _ in $(seq 100); do [ -s "$tmp/name" ] && break; sleep 0.1; done
    tty=$(cat "$tmp/name")
    [ -n "$tty" ] || { no "a board at a pseudo-terminal" "serial_pty gives no name"; exit 1; }
}
trap 'power_off; rm -rf "$tmp"' EXIT
power_on configs/l8.cfg

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

# The digits demo. The rig has 256 KB of memory, and as its core the golden model of any configuration.
demo() { "$B/examples/demo" "$@"; }
demo --port "serial:$tty" --pictures 3 > "$tmp/demo" 2>&1
got=$?
if [ "$got" = 0 ] && [ "$(grep -c ' [0-3]/3 .* yes$' "$tmp/demo")" = 9 ]; then ok "demo: nine networks, three pictures"
else no "demo: nine networks, three pictures" "exit status $got; $(cat "$tmp/demo")"; fi
says "demo: no device" 1 "/dev/none: no such device" demo --port serial:/dev/none
says "demo: no serial port" 2 "usage: demo" demo --port rtl
says "demo: no number of pictures" 2 "usage: demo" demo --pictures none
says "demo: memory too small" 1 "bytes of memory, there are 262144" demo --port "serial:$tty"
for limit in WEIGHT_DEPTH=8 COL_DEPTH=4 PARAM_DEPTH=16; do
    sed "s/^${limit%=*}=.*/$limit/" configs/l8.cfg > "$tmp/small.cfg"
    power_on "$tmp/small.cfg"
    says "demo: $limit is too small" 1 "larger would have to be ${limit%=*} (is ${limit#*=})" demo --port "serial:$tty" --pictures 2 --bits 8
done
(grep -v MAP_RING configs/l8.cfg; echo WINDOWS=0) > "$tmp/small.cfg"
power_on "$tmp/small.cfg"
says "demo: no windows" 0 "left out: the machine has no windows" demo --port "serial:$tty" --pictures 2 --bits 8
power_on configs/w512.cfg
says "demo: weights that do not fit are streamed" 0 "streamed in every job, as it does not fit" demo --port "serial:$tty" --pictures 2 --bits 16

# Point clouds and strokes: the same rig, and machines that are too small.
cloud() { "$B/examples/cloud" --port "serial:$tty" "$@"; }
same() { # NAME LAYERS ARGUMENT..: so many layers say yes
    local name=$1 layers=$2 got
    shift 2
    cloud "$@" > "$tmp/cloud" 2>&1
    got=$?
    if [ "$got" = 0 ] && [ "$(grep -cE '^  ([1-6]|enc|dec|down|up|head).* yes$' "$tmp/cloud")" = "$layers" ] && grep -q 'same on 2 machines' "$tmp/cloud"; then ok "$name"
    else no "$name" "exit status $got; $(cat "$tmp/cloud")"; fi
}
for config in l8 ulx3s-map odd; do
    power_on "configs/$config.cfg"
    same "cloud: ten layers, $config" 10 --config $config --points 200 --voxel 0.5
    same "strokes: three times six layers, $config" 18 --strokes examples/digits --pictures 2
done
says "cloud: another configuration" 2 "LANES is 12, expected 8" cloud --config l8
says "cloud: another feature on both machines" 1 "layer enc0, output 0 of" cloud --points 100 --voxel 0.4 --spoil
says "cloud: memory too small" 1 "of device memory, the board 'rig' has 262144" cloud
says "cloud: a board or the model" 2 "usage: cloud" cloud --model
says "cloud: no device" 2 "/dev/none: no such device" "$B/examples/cloud" --port serial:/dev/none
for limit in "MAP_RING=0:has no mapping unit" "ACC_DEPTH=4:is too small for a band of outputs: ACC_DEPTH is 4" "WEIGHT_DEPTH=8:is too small for layer"; do
    key=${limit%%=*}
    (grep -v "^$key=" configs/l8.cfg; echo "${limit%%:*}") > "$tmp/small.cfg"
    power_on "$tmp/small.cfg"
    says "cloud: ${limit%%:*}" 2 "cloud: board: 'rig' ${limit#*:}" cloud --points 100
    says "strokes: ${limit%%:*}" 2 "cloud: board: 'rig' ${limit#*:}" cloud --strokes examples/digits --pictures 2
done
power_off
board=
/usr/bin/python3 - "$B" <<'END' || status=1
import os, pty, subprocess, sys
_, line = pty.openpty()  # a line that nobody answers
p = subprocess.run([sys.argv[1] + '/examples/demo', '--port', 'serial:' + os.ttyname(line)], capture_output=True, text=True)
good = p.returncode == 1 and 'no answer at 3000000 baud' in p.stderr
print('ok - serial cli: demo: no answer' if good else f'not ok - serial cli: demo: no answer: exit status {p.returncode}: {p.stderr}')
sys.exit(not good)
END
exit $status
