#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check_demo.sh - `make demo` holds for every network, and notices one wrong output
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
status=0
out=$B/demo.log

"$B/examples/demo" > "$out" 2>&1
demo=$?
while read -r line; do
    name=$(printf '%s' "$line" | sed -E 's/ +([0-9]+) bit .*/, \1 bit/')
    case $line in
        *yes) echo "ok - demo: $name" ;;
        *)    echo "not ok - demo: $name: $line"; status=1 ;;
    esac
done < <(grep -E '^  [^ ].* bit +[0-9]+/' "$out")
if [ "$demo" = 0 ] && [ "$(grep -c 'bit .* yes$' "$out")" = 6 ]; then
    echo "ok - demo: six networks, exit status 0"
else
    echo "not ok - demo: six networks: exit status $demo; $(tail -n 1 "$out")"
    status=1
fi

wrong=$B/digits_wrong
rm -rf "$wrong" && cp -r examples/digits "$wrong"
# The last byte of the file is the high byte of the last output.
size=$(stat -c %s "$wrong/csc_8_logits.npy")
printf '\x55' | dd of="$wrong/csc_8_logits.npy" bs=1 seek=$((size - 1)) conv=notrunc status=none
if "$B/examples/demo" "$wrong" > "$out.wrong" 2>&1; then
    echo "not ok - demo notices a wrong output: exit status 0"
    status=1
elif grep -q 'golden model and NumPy give different' "$out.wrong"; then
    echo "ok - demo notices a wrong output"
else
    echo "not ok - demo notices a wrong output: $(tail -n 1 "$out.wrong")"
    status=1
fi
exit $status
