#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# sconv.py [TABLE...] - sparse convolutions on the Verilated l64 through `lacuna sconv`: build/bench/sconv.json; of other tables it keeps what it has
#
#   layers    submanifold 3x3x3 on scans, the map included: rules are made band by band while the bands before are computed; weights dense, 2:4 and 10 % unstructured, resident; memory latency 10
#   density   a submanifold 3x3 layer on an image of which a share of the pixels is active, random ones and scans, against the same layer dense on the same array (`lacuna conv`)
#   pool      max and average pooling of scans, windows of 2x2x2 and 3x3x3 at stride 2, and of whole batches
#   grouping  multiplications that regular arrays do for nothing on the same maps: counted, not run. The counter first reproduces the worked example of the literature
#   Checked   every output against NumPy (products in float64, exact below 2^53). A wrong one prints FAIL and ends the row
#   Clouds    $LACUNA_DATA/kmap; without them there are only the active images
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

from tables import measure

B = os.environ.get("B") or "build"
DATA = os.path.join(os.environ.get("LACUNA_DATA") or "../shared/data", "kmap")
QUICK = bool(os.environ.get("BENCH_QUICK"))
LAYERS = [("pcl_office1_50mm", 16, 16), ("pcl_office1_50mm", 32, 32), ("pcl_milk_5mm", 16, 64), ("pcl_milk_5mm", 64, 64), ("pcl_milk_5mm", 128, 128)]
POOLS = ["pcl_milk_5mm", "pcl_office1_50mm"]
DENSITIES = {64: [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8], 256: [0.02, 0.05, 0.1, 0.2]}  # of random images, by their side
# Scans as sparse images: seen along an axis (1 z, 2 y, 3 x), or one layer of voxels across it, the fullest or the one in the middle by number of voxels
SCENES = [("pcl_milk_5mm", 2, ""), ("pcl_milk_5mm", 1, "middle"), ("pcl_cturtle_20mm", 1, "middle"), ("pcl_cturtle_20mm", 1, "fullest"), ("pcl_office1_50mm", 1, ""), ("pcl_office1_50mm", 2, ""),
          ("pcl_office1_50mm", 1, "fullest"), ("pcl_office1_50mm", 2, "middle"), ("pcl_office1_50mm", 3, "fullest")]


def draw(rng, shape, density=1.0):
    v = rng.integers(1, 128, shape).astype(np.int8) * rng.choice(np.array([-1, 1], np.int8), shape)
    v[rng.random(shape) >= density] = 0
    return v


def two_of_four(rng, shape):
    v = draw(rng, shape)
    order = rng.random((v.size // 4, 4)).argsort(axis=1).argsort(axis=1)
    v.reshape(-1, 4)[order >= 2] = 0
    return v


def submanifold(c, kernel):
    """For each tap: inputs and outputs of its rules."""
    def keys(s):
        return ((s[:, 0] * 70000 + s[:, 1] + 300) * 70000 + s[:, 2] + 300) * 70000 + s[:, 3] + 300
    s = c.astype(np.int64)
    index = keys(s)
    order = np.argsort(index)
    index = index[order]
    for k in np.ndindex(*kernel):
        at = s.copy()
        at[:, 1:] += np.array(k) - (np.array(kernel) - 1) // 2
        key = keys(at)
        i = np.minimum(np.searchsorted(index, key), len(index) - 1)
        hit = np.flatnonzero(index[i] == key)
        yield order[i[hit]], hit


class Bench:
    def __init__(self):
        self.rows, self.failed = [], 0

    def lacuna(self, command, *args):
        with tempfile.TemporaryDirectory() as folder:
            paths, out, stats = [], f"{folder}/Y.npy", f"{folder}/stats.json"
            for i, a in enumerate(args):
                if isinstance(a, np.ndarray):
                    np.save(f"{folder}/{i}.npy", a)
                    a = f"{folder}/{i}.npy"
                paths.append(str(a))
            p = subprocess.run([f"{B}/lacuna", "--port", "rtl", command, "--memory-latency", "10", "--stats", stats, "-o", out, *paths], capture_output=True, text=True, check=False)
            if p.returncode:
                return None, None, p.stderr.strip()
            with open(stats) as f:
                return json.load(f), np.load(out), None

    def fail(self, row, error):
        self.failed = 1
        print(f"FAIL sconv {row['table']} {row['workload']}: {error}", file=sys.stderr)
        self.rows.append({"format": "", **row, "storage": "resident", "quick": QUICK, "correct": False})

    def layer(self, row, fmt, w, c, x):
        taps = w.reshape(len(w), -1, w.shape[-1]).astype(np.float64)
        want, needed, rules = np.zeros((len(c), len(w))), 0, 0
        for t, (ins, outs) in enumerate(submanifold(c, w.shape[1:4])):
            want[outs] += x[ins].astype(np.float64) @ taps[:, t].T
            needed += int(((x[ins] != 0).sum(axis=0) * (taps[:, t] != 0).sum(axis=0)).sum())
            rules += len(ins)
        st, y, error = self.lacuna("sconv", w, c, x, "--mode", "submanifold", "--format", fmt)
        if not error and not np.array_equal(y, want.astype(np.int64)):
            error = "other outputs than NumPy's"
        if not error and (st["rules"], st["needed_macs"]) != (rules, needed):
            error = f"{st['rules']} rules, {st['needed_macs']} multiplications needed, expected {rules}, {needed}"
        if error:
            return self.fail(row, error)
        lanes, m, e = st["lanes"], st["counters"]["map"], st["counters"]["exec"]
        row = {**row, "correct": True, "quick": QUICK, "format": fmt, "storage": "resident", "git": os.environ.get("BENCH_GIT", ""), "voxels": len(c), "rules": rules, "lanes": lanes, "memory": st["memory"], "resident": st["resident"],
               "cycles": st["cycles"], "map_cycles": st["map_cycles"], "needed_macs": needed, "utilisation": needed / (lanes * st["cycles"]), "bound": st["bound"],
               "sought": st["feature_lines_sought"], "fetched": st["feature_lines_fetched"], "bytes_read": st["bytes_read"], "bytes_written": st["bytes_written"], "map_causes": m, "exec_causes": e}
        self.rows.append(row)
        print(f"  {row['workload']} {fmt}: {row['cycles']:,} cycles, utilisation {row['utilisation']:.3f}, map {row['map_cycles']:,}", file=sys.stderr)
        return row


def cloud(name):
    files = [f for f in os.listdir(DATA) if name in f and f.endswith("_coords.npz")] if os.path.isdir(DATA) else []
    return np.load(f"{DATA}/{files[0]}")["coords"].astype(np.int32) if files else None


def layers(b, rng):
    for name, ci, co in LAYERS[2:3] if QUICK else LAYERS:
        c = cloud(name)
        if c is None:
            continue
        x = draw(rng, (len(c), ci))
        shape = (co, 3, 3, 3, ci)
        for fmt, w in (("4:4", draw(rng, shape)), ("2:4", two_of_four(rng, shape)), ("csc8", draw(rng, shape, 0.1))):
            b.layer({"table": "layers", "workload": name, "channels": [ci, co]}, fmt, w, c, x)


def scenes(rng):
    """Which pixels are active: (name, [rows, pixels])."""
    for side in [64] if QUICK else DENSITIES:
        for d in [0.1] if QUICK else DENSITIES[side]:
            yield "random", rng.random((side, side)) < d
    for name, axis, slab in [] if QUICK else SCENES:
        c = cloud(name)
        if c is None:
            continue
        numbers, voxels = np.unique(c[:, axis], return_counts=True)
        if slab:
            c = c[c[:, axis] == numbers[np.argsort(voxels)[-1 if slab == "fullest" else len(voxels) // 2]]]
        at = np.delete(c[:, 1:], axis - 1, axis=1)
        at = at - at.min(axis=0)
        active = np.zeros(at.max(axis=0) + 1, bool)
        active[at[:, 0], at[:, 1]] = True
        yield f"{name}, {slab + ' slab in' if slab else 'seen along'} {' zyx'[axis]}", active


def density(b, rng):
    drawn, dense = list(scenes(rng)), {}
    for ci in (16,) if QUICK else (16, 64):
        w = draw(rng, (ci, 1, 3, 3, ci))
        for name, active in drawn:
            high, wide = active.shape
            image = draw(rng, (1, high, wide, ci))
            row = {"table": "density", "workload": name, "channels": [ci, ci], "image": [high, wide], "density": float(active.mean())}
            if (ci, high, wide) not in dense:
                st, _, error = b.lacuna("conv", w[:, 0], image, "--pad", 1, "--format", "4:4")
                if error:
                    b.fail(row, error)
                    continue
                dense[ci, high, wide] = st["cycles"]
            yx = np.argwhere(active).astype(np.int32)
            c = np.column_stack([np.zeros((len(yx), 2), np.int32), yx])
            words = len(np.unique(yx[:, 0])) + len(np.unique(np.column_stack([yx[:, 0], yx[:, 1] // 32]), axis=0))
            b.layer({**row, "dense_cycles": dense[ci, high, wide], "dense_pairs": (3 * high - 2) * (3 * wide - 2), "dense_bytes": high * wide * ci, "list_bytes": len(yx) * ci + 64 + 8 * words},
                    "4:4", w, c, image[0][active])


def windows(c, kernel, pad):
    """Outputs of a regular map of stride 2, ascending, and inputs and outputs of its rules."""
    found = []
    for k in np.ndindex(*kernel):
        at = c[:, 1:].astype(np.int64) + pad - np.array(k)
        ins = np.flatnonzero((at % 2 == 0).all(axis=1))
        found.append((ins, np.column_stack([c[ins, 0], at[ins] // 2])))
    sites, index = np.unique(np.concatenate([at for _, at in found]), axis=0, return_inverse=True)
    return len(sites), np.concatenate([ins for ins, _ in found]), index.reshape(-1)


def pool(b, rng):
    for name in POOLS[:1] if QUICK else POOLS:
        c = cloud(name)
        if c is None:
            continue
        c = c[np.lexsort(c.T[::-1])]
        for channels in (16,) if QUICK else (16, 64):
            x = draw(rng, (len(c), channels))
            for window, kernel, pad in (("2x2x2 / 2", 2, 0), ("3x3x3 / 2", 3, 1), ("whole batches", 0, 0)):
                outs, ins, index = windows(c, (kernel,) * 3, pad) if kernel else (int(c[:, 0].max()) + 1, np.arange(len(c)), c[:, 0])
                for kind in ("max", "average"):
                    row = {"table": "pool", "workload": name, "window": window, "kind": kind, "channels": channels}
                    if kind == "max":
                        want = np.full((outs, channels), -128, np.int64)
                        np.maximum.at(want, index, x[ins])
                    else:
                        share = np.full(outs, kernel ** 3) if kernel else np.bincount(c[:, 0])
                        want = np.zeros((outs, channels), np.int64)
                        np.add.at(want, index, x[ins])
                        want = (2 * want + share[:, None]) // (2 * share[:, None])
                    st, y, error = b.lacuna("spool", c, x, "--kind", kind, *(["--mode", "regular", "--kernel", kernel, "--stride", 2, "--pad", pad] if kernel else ["--global"]))
                    if not error and not np.array_equal(y, want):
                        error = "other outputs than NumPy's"
                    if error:
                        b.fail(row, error)
                        continue
                    e, s = st["counters"]["exec"], st["counters"]["store"]
                    b.rows.append({**row, "correct": True, "quick": QUICK, "format": "csc8", "storage": "resident" if kernel else "streamed", "git": os.environ.get("BENCH_GIT", ""), "voxels": len(c), "outputs": outs, "rules": len(ins),
                                   "lanes": st["lanes"], "memory": st["memory"], "cycles": st["cycles"], "items": st["items"], "store": s["busy"], "exec_causes": e, "utilisation": len(ins) * channels / (st["lanes"] * st["cycles"])})
                    print(f"  {name} {kind} {window}, {channels} channels: {st['cycles']:,} cycles, {st['items']:,} items", file=sys.stderr)


def masks_of(c, kernel):
    """Which taps each output has, and how many rules each tap."""
    taps = list(submanifold(c, kernel))
    m = np.zeros((len(c), len(taps)), bool)
    for t, (_, outs) in enumerate(taps):
        m[outs, t] = True
    return m


def redundant_tiles(m, tile):
    """Products of a tile of outputs that pays for every tap that one of them has."""
    return sum(len(m[i:i + tile]) * int(m[i:i + tile].any(axis=0).sum()) - int(m[i:i + tile].sum()) for i in range(0, len(m), tile))


def by_mask(m):
    return m[np.lexsort(m.T[::-1])]


def bitmask_costs(m, tile, split):
    """Redundant pairs: outputs as they are, sorted by their masks, and that for each of `split` groups of taps."""
    parts = np.array_split(np.arange(m.shape[1]), split)
    return redundant_tiles(m, tile), redundant_tiles(by_mask(m), tile), sum(redundant_tiles(by_mask(m[:, p]), tile) for p in parts)


def grouping_costs(sizes, tolerance=0.5):
    """Redundant pairs of batched products: all taps apart, all together, in three groups of neighbours, and groups that grow while what is filled up stays within the tolerance."""
    def cost(groups):
        return sum(len(g) * max(g) - sum(g) for g in groups)
    adaptive, group = [], []
    for s in sizes:
        more = group + [s]
        if group and len(more) * max(more) - sum(more) > tolerance * sum(more):
            adaptive.append(group)
            more = [s]
        group = more
    adaptive.append(group)
    return cost([[s] for s in sizes]), cost([sizes]), cost([g.tolist() for g in np.array_split(np.array(sizes), 3)]), cost(adaptive), len(adaptive)


def grouping(b, _):
    points = np.array([(0, 0), (0, 1), (0, 2), (1, 1), (5, 0), (5, 5), (6, 1), (6, 4)], np.int32)
    m = masks_of(np.column_stack([np.zeros((8, 2), np.int32), points]), (1, 3, 3))
    example = bitmask_costs(m, 4, 3)
    if m.sum() != 22 or example != (34, 26, 22):
        b.fail({"table": "grouping", "workload": "worked example"}, f"{m.sum()} pairs, {example} redundant, expected 22, (34, 26, 22)")
        return
    for name in dict.fromkeys(n for n, _, _ in LAYERS):
        c = cloud(name)
        if c is None:
            continue
        m = masks_of(c, (3, 3, 3))
        sizes = m.sum(axis=0).tolist()
        apart, together, fixed, adaptive, groups = grouping_costs(sizes)
        b.rows.append({"table": "grouping", "workload": name, "correct": True, "quick": QUICK, "git": os.environ.get("BENCH_GIT", ""), "pairs": int(m.sum()), "separate": apart, "dense": together, "fixed": fixed,
                       "adaptive": adaptive, "adaptive_groups": groups, "bitmask": dict(zip(("unsorted", "sorted", "split3"), map(int, bitmask_costs(m, 128, 3))))})


TABLES = {"layers": layers, "density": density, "grouping": grouping, "pool": pool}


if __name__ == "__main__":
    sys.exit(measure("sconv", TABLES, Bench(), {t: [i] for i, t in enumerate(TABLES)}))
