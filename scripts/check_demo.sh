#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check_demo.sh - `make demo` holds for every network, and notices one wrong output of either network and one wrong factor of a residual
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
if [ "$demo" = 0 ] && [ "$(grep -c 'bit .* yes$' "$out")" = 9 ]; then
    echo "ok - demo: nine networks, exit status 0"
else
    echo "not ok - demo: nine networks: exit status $demo; $(tail -n 1 "$out")"
    status=1
fi

# $1: what is wrong, $2: the file. Its last byte is the high byte of its last number.
notices() {
    local wrong=$B/digits_wrong size
    rm -rf "$wrong" && cp -r examples/digits "$wrong"
    size=$(stat -c %s "$wrong/$2")
    printf '\x55' | dd of="$wrong/$2" bs=1 seek=$((size - 1)) conv=notrunc status=none
    if "$B/examples/demo" "$wrong" > "$out.wrong" 2>&1; then
        echo "not ok - demo notices a wrong $1: exit status 0"
        status=1
    elif grep -q 'golden model and NumPy give different' "$out.wrong"; then
        echo "ok - demo notices a wrong $1"
    else
        echo "not ok - demo notices a wrong $1: $(tail -n 1 "$out.wrong")"
        status=1
    fi
}
notices output csc_8_logits.npy
notices "output of the convolutions" conv_csc8_8_logits.npy
notices factor conv_dense_8_residual.npy
exit $status
