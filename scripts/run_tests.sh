#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# run_tests.sh [--build 'COMMAND'] PROGRAM... - run test programs and count their checks
#
#   Protocol   a program prints `ok - name`, `not ok - name: why` or `skip - name: why`, one line a check, and exits
#              with 0 when nothing is `not ok`. It takes no argument and reads SEED from the environment
#   Failures   besides `not ok`: a program that is missing, crashes, exits with another status than its lines deserve,
#              runs longer than TEST_TIMEOUT seconds, or prints no check; and a build command that fails
#   Output     failing lines, one line a program, and at the end exactly `N passed, N failed`. Logs: $B/tests/log
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
export SEED=${SEED:-1}
log=$B/tests/log
passed=0 failed=0 skipped=0
mkdir -p "$log"

build=
if [ "${1-}" = --build ]; then build=$2; shift 2; fi

# run PROGRAM LOG: its output and, on a last line of its own, exit status and seconds
run() {
    local status start=$SECONDS
    timeout -k 5 "${TEST_TIMEOUT:-600}" "$1" > "$2" 2>&1 < /dev/null
    status=$?
    printf '%s %s\n' "$status" "$((SECONDS - start))" > "$2.status"
}

# report PROGRAM LOG: add up one log
report() {
    local ok bad skip status seconds why=
    read -r status seconds < "$2.status"
    ok=$(grep -c '^ok - ' "$2")
    bad=$(grep -c '^not ok - ' "$2")
    skip=$(grep -c '^skip - ' "$2")
    grep '^not ok - ' "$2"
    if   [ "$status" = 124 ] || [ "$status" = 137 ]; then why="stopped after ${TEST_TIMEOUT:-600} s"
    elif [ "$status" = 127 ] || [ "$status" = 126 ]; then why="could not be run"
    elif [ "$status" != 0 ] && [ "$bad" = 0 ]; then why="exit status $status without a failing check"
    elif [ "$status" = 0 ] && [ "$bad" != 0 ]; then why="exit status 0 with failing checks"
    elif [ $((ok + bad + skip)) = 0 ]; then why="printed no check"
    fi
    if [ -n "$why" ]; then
        bad=$((bad + 1))
        printf 'not ok - %s: %s; the end of %s:\n' "$1" "$why" "$2"
        tail -n 8 "$2" | sed 's/^/    /'
    fi
    printf '%-36s %5d passed %4d failed' "$(basename "$1")" "$ok" "$bad"
    [ "$skip" = 0 ] || printf ' %4d skipped' "$skip"
    printf '  %4d s\n' "$seconds"
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
}

if [ -n "$build" ]; then
    # Messages of the compiler are the reader's business only where something fails.
    if $build > "$log/build.log" 2>&1; then
        passed=1
        printf '%-36s %5d passed %4d failed\n' build 1 0
    else
        failed=1
        printf 'not ok - build: %s fails; the end of %s:\n' "$build" "$log/build.log"
        grep -E -B4 -A2 'error|Error|\*\*\*' "$log/build.log" | tail -n 40 | sed 's/^/    /'
    fi
fi

# As many programs at a time as there are cores; reported in the order in which they stand.
jobs=${JOBS:-$(nproc)}
names=("$@") logs=()
for p in "$@"; do
    name=$(basename "$p" | sed 's/\.sh$//')
    logs+=("$log/$name.log")
    rm -f "$log/$name.log.status"
done
next=0
start() {
    while [ "$next" -lt "${#names[@]}" ] && [ "$(jobs -rp | wc -l)" -lt "$jobs" ]; do
        run "${names[$next]}" "${logs[$next]}" &
        next=$((next + 1))
    done
}
for i in "${!names[@]}"; do
    start
    until [ -s "${logs[$i]}.status" ]; do
        wait -n
        # Nothing runs and there is no status: somebody killed it.
        [ -n "$(jobs -rp)" ] || [ -s "${logs[$i]}.status" ] || echo "143 0" > "${logs[$i]}.status"
        start
    done
    report "${names[$i]}" "${logs[$i]}"
done
wait

if [ "$skipped" != 0 ]; then
    echo "skipped ($skipped):"
    cat "${logs[@]}" | grep -h '^skip - ' | sed 's/^/    /'
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
