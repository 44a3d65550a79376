#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check_cloud.sh - the U-Net on small clouds: every layer's outputs on the golden model and on the RTL of l8 are those of plain loops; one wrong feature is noticed
#
#   Clouds   the room with large voxels; scattered points of it; voxels of a file, in two batches, around zero and not in order
#   SEED     of the file's voxels
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build}
status=0
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cloud=$B/examples/cloud
machines=2
if [ ! -e "$B/rtl/l8.so" ]; then
    echo "skip - cloud on the RTL: $B/rtl/l8.so is not built"
    machines=1
fi

# $1: name, $2: how many machines; then arguments
holds() {
    local name=$1 n=$2 exit layers
    shift 2
    "$cloud" "$@" > "$work/log" 2>&1
    exit=$?
    layers=$(grep -cE '^  (enc|dec|down|up|head).* yes$' "$work/log")
    if [ $exit = 0 ] && [ "$layers" = 10 ] && grep -q "same on $n machine" "$work/log"; then
        echo "ok - cloud: $name: $(sed -nE '2s/.* ([0-9]+) voxels.*/\1/p' "$work/log") voxels, ten layers, $n machine(s)"
    else
        echo "not ok - cloud: $name: exit status $exit, $layers layers of 10: $(grep -m1 '^cloud:' "$work/log")"
        status=1
    fi
}

# $1: name, $2: exit status, $3: what is said; then arguments
refuses() {
    local name=$1 want=$2 text=$3 exit
    shift 3
    "$cloud" "$@" > "$work/log" 2>&1
    exit=$?
    if [ $exit = "$want" ] && grep -q "$text" "$work/log"; then
        echo "ok - cloud: $name"
    else
        echo "not ok - cloud: $name: exit status $exit, expected $want and '$text': $(tail -n 1 "$work/log")"
        status=1
    fi
}

/usr/bin/python3 - "$work" "${SEED:-1}" <<'END' || status=1
import sys
import numpy as np
r = np.random.default_rng(int(sys.argv[2]))
v = np.concatenate([np.c_[np.full(400, b), r.integers(-7, 8, (400, 3))] for b in (0, 3)])
v = r.permutation(np.unique(v, axis=0)).astype(np.int32)
np.save(sys.argv[1] + "/voxels.npy", v)
np.save(sys.argv[1] + "/twice.npy", np.concatenate([v, v[:1]]))
np.save(sys.argv[1] + "/one.npy", v[:1])
np.save(sys.argv[1] + "/flat.npy", np.zeros((5, 2), np.float32))
END

holds "room" $machines --config l8 --points 1500 --voxel 0.2 --picture "$work/room.ppm"
size=$(head -c 15 "$work/room.ppm" | sed -n '2p')
if [ -n "$size" ] && [ "$(stat -c %s "$work/room.ppm")" = "$(($(printf 'P6\n%s\n255\n' "$size" | wc -c) + 3 * ${size/ / * }))" ]; then
    echo "ok - cloud: a picture of $size pixels"
else
    echo "not ok - cloud: the picture: '$size', $(stat -c %s "$work/room.ppm") bytes"
    status=1
fi
holds "scattered points" $machines --config l8 --points 250
holds "voxels of a file" $machines --config l8 "$work/voxels.npy"
holds "one voxel" $machines --config l8 "$work/one.npy"
holds "the room on 64 lanes" 1 --model --config l64 --points 1500 --voxel 0.2
refuses "notices a wrong feature" 1 'layer enc0, output 0 of' --model --config l8 --points 250 --spoil
refuses "refuses a voxel that stands twice" 2 'are the same' --model "$work/twice.npy"
refuses "refuses points of two coordinates" 2 'expected \[N, 3\]' --model "$work/flat.npy"
refuses "refuses an unknown option" 2 usage --modle
exit $status
