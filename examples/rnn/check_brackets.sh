#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check_brackets.sh - the bracket LSTM gives the answers written here, on the golden model and on the RTL
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build}
status=0
deep=$(printf '(%.0s' {1..300})$(printf ')%.0s' {1..300})
yes=('' '()' '([]{})' '{[((()))]}{}' '([)]' "$deep")
no=('(' ')' '())(' '][' '(()' "${deep})" "(${deep}" "}{$deep")

for port in model rtl; do
    if [ $port = rtl ] && [ ! -e "$B/rtl/l8.so" ]; then
        echo "skip - brackets on the RTL: $B/rtl/l8.so is not built"
        continue
    fi
    out=$("$B/examples/brackets" $port "${yes[@]}" "${no[@]}" 2>&1)
    exit=$?
    want=$(printf 'balanced     %s\n' "${yes[@]}"; printf 'not balanced %s\n' "${no[@]}")
    if [ $exit = 0 ] && [ "$(printf '%s\n' "$out" | grep -v ' cycles each$')" = "$want" ]; then
        echo "ok - brackets on the $port: ${#yes[@]} balanced strings and ${#no[@]} others"
    else
        echo "not ok - brackets on the $port: exit status $exit, first difference:" \
             "$(diff <(printf '%s\n' "$want") <(printf '%s\n' "$out") | sed -n 2p | cut -c1-80)"
        status=1
    fi
done
out=$("$B/examples/brackets" model '(a)' 2>&1)
exit=$?
if [ "$exit:$out" = '2:brackets: (a): expected only ()[]{}' ]; then echo "ok - brackets refuses a letter"
else echo "not ok - brackets refuses a letter: exit status $exit, $out"; status=1; fi
exit $status
