#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh NAME.. - measure ($B/bench_NAME writes $B/bench/NAME.json) and print the tables; exit status 1 when any of them failed
cd "$(dirname "$0")/.." || exit 1
B=${B:-build}
BENCH=$B/bench
BENCH_GIT=$(GIT_OPTIONAL_LOCKS=0 git describe --always --dirty 2>/dev/null)
export B BENCH BENCH_GIT
failed=0
mkdir -p "$BENCH"
for name; do
    case $name in
        sim)     "$B/bench_sim" "$B/bench_model" ;;
        trained) "${PYTHON:-/usr/bin/python3}" bench/trained.py "$BENCH/trained" && "$B/bench_trained" "$BENCH/trained" ;;
        conv)    bench/conv.py ${CONV:-} ;;
        map)     bench/map.py ;;
        sconv)   bench/sconv.py ${SCONV:-} ;;
        *)       "$B/bench_$name" ;;
    esac || failed=1
    scripts/bench_tables.py "$name" || failed=1
done
exit $failed
