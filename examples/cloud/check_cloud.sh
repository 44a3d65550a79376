#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check_cloud.sh - the U-Net on small clouds, and digits as strokes: every layer's outputs on the golden model and on the RTL of l8 are those of plain loops, logits those of
# NumPy, accuracy as recorded at training; one wrong feature, logit, weight or number is noticed
#
#   Clouds   the room with large voxels; scattered points of it; voxels of a file, in two batches, around zero and not in order
#   Digits   all pictures on the golden model, some on the RTL
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

# $1: name, $2: how many machines, $3: read correctly, each version; then arguments. Layers of all versions say yes.
reads() {
    local name=$1 n=$2 right=$3 exit layers is
    shift 3
    "$cloud" --config l8 --strokes examples/digits "$@" > "$work/log" 2>&1
    exit=$?
    layers=$(grep -cE '^  [1-6]  .* yes$' "$work/log")
    is=$(sed -nE 's/^  (dense int8|2:4 int8|csc 15 values) +([0-9]+\/[0-9]+) .*/\2/p' "$work/log" | tr '\n' ' ')
    if [ $exit = 0 ] && [ "$layers" = 18 ] && [ "$is" = "$right" ] && grep -q "same on $n machine" "$work/log"; then
        echo "ok - strokes: $name: $(sed -nE '2s/.* pixels ([0-9]+) have ink.*/\1/p' "$work/log") sites, three versions of six layers, $n machine(s), read correctly: $right"
    else
        echo "not ok - strokes: $name: exit status $exit, $layers layers of 18, '$is' correct, expected '$right': $(grep -m1 '^cloud:' "$work/log")"
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
refuses "refuses a machine without mapping unit" 2 "'i5' has no mapping unit" --model --config i5

# How many are read correctly is counted here from NumPy's logits: labels and logits of the first n, of equal ones the first.
right() {
    /usr/bin/python3 - "$1" <<'END'
import sys
import numpy as np
n = int(sys.argv[1])
d = "examples/digits/"
for v in ("dense", "24", "csc"):
    print(f"{(np.load(d + f'strokes_{v}_8_logits.npy')[:n].argmax(axis=1) == np.load(d + 'labels.npy')[:n]).sum()}/{n}", end=" ")
END
}
reads "all pictures" 1 "$(right 360)" --model
reads "16 pictures" $machines "$(right 16)" --pictures 16
strokes="--model --config l8 --strokes"
# shellcheck disable=SC2086 # a list of arguments
refuses "notices a wrong pixel of a digit" 1 'layer 1, output 0 of' $strokes examples/digits --pictures 2 --spoil
/usr/bin/python3 - "$work" <<'END' || status=1
import json
import os
import shutil
import sys
import numpy as np


def folder(name, file, change):
    path = os.path.join(sys.argv[1], name)
    os.mkdir(path)
    for f in os.listdir("examples/digits"):
        if f.startswith(("strokes_", "conv_accuracy")) or f in ("pictures.npy", "labels.npy"):
            shutil.copy("examples/digits/" + f, path)
    file = os.path.join(path, file)
    if file.endswith(".json"):
        a = json.load(open(file, encoding="utf-8"))
        change(a)
        json.dump(a, open(file, "w", encoding="utf-8"))
    else:
        a = np.load(file)
        a = change(a) if change(a) is not None else a
        np.save(file, a)


def add(*at):
    def change(a):
        a[at] = a[at] + 1
    return change


def blank(a):
    a[3] = 3


folder("logit", "strokes_24_8_logits.npy", add(359, 9))
folder("weight", "strokes_csc_w4.npy", add(0, 0, 1, 1, 0))
folder("accuracy", "strokes_accuracy.json", lambda a: a["strokes_24_8"].update(correct=1))
folder("shape", "strokes_dense_w3.npy", lambda a: a[:, :, :, :1])
folder("blank", "pictures.npy", blank)
END
# shellcheck disable=SC2086
{
    refuses "notices a wrong logit" 2 'strokes_24_8_logits.npy: picture 359: plain loops give other logits than NumPy' $strokes "$work/logit"
    refuses "notices a wrong weight" 2 'strokes_csc_8_logits.npy: picture' $strokes "$work/weight"
    refuses "notices another accuracy" 2 'read correctly, 1 recorded at training' $strokes "$work/accuracy"
    refuses "refuses weights of another shape" 2 'strokes_dense_w3.npy: shape (32, 1, 2, 1, 16), expected (32, 1, 2, 2, 16)' $strokes "$work/shape"
    refuses "refuses a picture without ink" 2 'picture 3 has no pixel of 4 or more' $strokes "$work/blank"
    refuses "refuses points among pictures" 2 usage $strokes examples/digits --points 100
}
exit $status
