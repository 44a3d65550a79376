#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# sdram.sh DIR run NAME         - run the bench DIR/sdram_NAME.vvp with env SEED; a line ok or not ok
# sdram.sh DIR model            - the checks of the SDRAM model, one by one
# sdram.sh DIR red NAME:WHAT..  - DIR/sdram_red_NAME.vvp tells the controller something wrong: the model must say WHAT
dir=$1 seed=${SEED:-1} status=0
what=$2
shift 2
case $what in
run)
    last=$(vvp -N "$dir/sdram_$1.vvp" "+seed=$seed" 2>&1 | tail -n 1)
    case $last in
    PASS*) echo "ok - sdram $1: ${last#PASS }" ;;
    *)     echo "not ok - sdram $1: ${last:-no output}, seed $seed"; exit 1 ;;
    esac ;;
model)
    out=$(vvp -N "$dir/sdram_model.vvp" 2>&1)
    printf '%s\n' "$out" | grep -E '^(not )?ok - '
    if printf '%s\n' "$out" | grep -q '^not ok'; then exit 1; fi
    [ "$(printf '%s\n' "$out" | grep -c '^ok - ')" -gt 40 ] || { echo "not ok - sdram model: ends early: $(printf '%s\n' "$out" | tail -n 1)"; exit 1; } ;;
red)
    for pair; do
        name=${pair%:*} want=${pair#*:}
        out=$(vvp -N "$dir/sdram_red_$name.vvp" "+seed=$seed" +red 2>&1)
        if printf '%s\n' "$out" | grep -q "^violation $want "; then
            echo "ok - sdram, wrong $name: $(printf '%s\n' "$out" | grep -m1 "^violation $want ")"
        else
            echo "not ok - sdram, wrong $name: no violation $want; $(printf '%s\n' "$out" | tail -n 1)"
            status=1
        fi
    done
    exit $status ;;
esac
