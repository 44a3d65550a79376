#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# cloud_npy.py [--camera] CLOUD.npz OUT.npy - the first array of an archive that is a cloud, for examples/cloud: points float32 [N, 3] x, y, z, or voxels int32 [V, 4] batch, z, y, x
#
#   --camera  points in a camera's axes, right, down, forward, are turned such that z is up and x is towards the camera
import sys

import numpy as np


def main():
    args = [a for a in sys.argv[1:] if a != "--camera"]
    if len(args) != 2:
        print("usage: cloud_npy.py [--camera] CLOUD.npz OUT.npy", file=sys.stderr)
        return 2
    with np.load(args[0]) as archive:
        for name in archive.files:
            a = archive[name]
            if a.ndim == 2 and a.shape[1] == 3 and a.dtype.kind == "f":
                a = a[np.isfinite(a).all(axis=1)]
                if "--camera" in sys.argv[1:]:
                    a = np.stack([-a[:, 2], a[:, 0], -a[:, 1]], axis=1)
                np.save(args[1], np.ascontiguousarray(a, np.float32))
                return 0
            if a.ndim == 2 and a.shape[1] == 4 and a.dtype.kind in "iu":
                np.save(args[1], np.ascontiguousarray(a, np.int32))
                return 0
    print(f"cloud_npy.py: {args[0]}: no array of floats [N, 3] or integers [V, 4] in it", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
