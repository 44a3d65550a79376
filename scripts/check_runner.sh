#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check_runner.sh - run_tests.sh counts every way in which a test can fail
set -u
cd "$(dirname "$0")/.." || exit 2
export B=${B:-build}/runner TEST_TIMEOUT=1
rm -rf "$B" && mkdir -p "$B"
status=0

# check NAME LAST-LINE SCRIPT: a program with that text gives that last line, and an exit status to match
check() {
    local last want=1 got
    printf '#!/bin/sh\n%s\n' "$3" > "$B/$1"
    chmod +x "$B/$1"
    case $2 in *' 0 failed') want=0 ;; esac
    scripts/run_tests.sh "$B/$1" > "$B/$1.out" 2>&1
    got=$?
    last=$(tail -n 1 "$B/$1.out")
    if [ "$last" = "$2" ] && [ "$got" = "$want" ]; then
        echo "ok - runner: $1"
    else
        echo "not ok - runner: $1: expected '$2' and $want, got '$last' and $got"
        status=1
    fi
}
check passes         '2 passed, 0 failed' 'echo "ok - a"; echo "skip - b: why"; echo "ok - c"'
check fails          '1 passed, 1 failed' 'echo "ok - a"; echo "not ok - b: x"; exit 1'
check crashes        '1 passed, 1 failed' 'echo "ok - a"; kill -SEGV $$'
check exits_non_zero '1 passed, 1 failed' 'echo "ok - a"; exit 1'
check exits_zero     '1 passed, 2 failed' 'echo "ok - a"; echo "not ok - b: x"'
check prints_nothing '0 passed, 1 failed' 'exit 0'
check hangs          '1 passed, 1 failed' 'echo "ok - a"; exec sleep 30'
rm "$B/passes"
scripts/run_tests.sh "$B/passes" > "$B/missing.out" 2>&1
if [ "$(tail -n 1 "$B/missing.out")" = '0 passed, 1 failed' ]; then
    echo "ok - runner: missing program"
else
    echo "not ok - runner: missing program: $(tail -n 1 "$B/missing.out")"
    status=1
fi
scripts/run_tests.sh --build false > "$B/build.out" 2>&1
if [ "$(tail -n 1 "$B/build.out")" = '0 passed, 1 failed' ]; then
    echo "ok - runner: failing build"
else
    echo "not ok - runner: failing build: $(tail -n 1 "$B/build.out")"
    status=1
fi
exit $status
