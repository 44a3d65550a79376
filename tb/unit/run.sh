#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh NAME DIR - run the unit bench DIR/NAME.vvp with env SEED (default 1); prints one line, ok or not ok
#
# A bench says PASS or FAIL in its last line; anything else (a crash, nothing at all) is not ok.
name=$1 dir=$2 seed=${SEED:-1}
vectors=
if [ "${name%_alone}" = requant ]; then
    vectors=$dir/$name.$seed.hex
    "$dir/gen_requant" "$seed" > "$vectors.tmp.$$" && mv "$vectors.tmp.$$" "$vectors" || exit 1
fi
last=$(vvp -N "$dir/$name.vvp" "+seed=$seed" "+vectors=$vectors" 2>&1 | tail -n 1)
[ -z "$vectors" ] || rm -f "$vectors"
case $last in
PASS*) echo "ok - unit $name: ${last#PASS }" ;;
*)     echo "not ok - unit $name: ${last:-no output}, seed $seed"; exit 1 ;;
esac
