#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# core.sh DIR CONFIGS JOBS - run DIR/core_CONFIG.vvp on random jobs; one line a job. Job n of SEED s has the seed 100 s + n
dir=$1 configs=$2 jobs=$3 status=0
here=$(dirname "$0")/../..
for config in $configs; do
    for job in $jobs; do
        seed=$((${SEED:-1} * 100 + job))
        file=$dir/core.$config.$seed.$$
        "$dir/gen_core" "$here/configs/$config.cfg" "$seed" "$file" || exit 1
        last=$(vvp -N "$dir/core_$config.vvp" "+seed=$seed" "+job=$file" 2>&1 | tail -n 1)
        rm -f "$file"
        case $last in
        PASS*) echo "ok - core four-state $config: ${last#PASS }" ;;
        *)     echo "not ok - core four-state $config: ${last:-no output}, seed $seed"; status=1 ;;
        esac
    done
done
exit $status
