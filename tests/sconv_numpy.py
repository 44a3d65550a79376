#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# sconv_numpy.py [PORT [CONFIG]] - `lacuna sconv` against NumPy's integers, exactly
#
#   Oracle   rules by their definition (map_numpy.py), sums over them in int64, requantisation in Python's unbounded integers; nothing of the project is used but the command itself
#   Jobs     random clouds, all modes, kernels 1 .. 5, strides, dilations, every format and type, zero points, channels 1 .. 300; and real clouds of $LACUNA_DATA (default ../shared/data)
#   Lines    directed jobs print one line each, random jobs one line a port and configuration. SEED repeats a run, SCONVS=n: n random jobs
#   Port     model: three configurations. rtl: those that have a mapping unit and that build/rtl/NAME.so exists for, fewer and smaller jobs
import os
import re
import sys
import tempfile

import numpy as np

import map_numpy as maps
from fc_numpy import requantise

SEED = maps.SEED
bad = 0


def say(name, error):
    global bad
    bad += bool(error)
    print(f"not ok - sconv {name}: {error} (SEED={SEED})" if error else f"ok - sconv {name}")
    sys.stdout.flush()


def sconv(b, w, coords, x, *options):
    """(exit code, Y, outputs' sites, stats, output)"""
    return b.job("sconv", "Y.npy", [b.save("W.npy", w), b.save("C.npy", coords), b.save("X.npy", x)], options)


def expected(w, x, z, rules, outputs):
    """Sums [outputs, K] in int64, and the multiplications that are needed."""
    k = w.shape[0]
    taps = w.reshape(k, -1, w.shape[-1]).astype(np.int64)
    a = x.astype(np.int64) - z
    y, needed = np.zeros((outputs, k), np.int64), 0
    for t in range(taps.shape[1]):
        r = rules[rules[:, 0] == t]
        np.add.at(y, r[:, 2], a[r[:, 1]] @ taps[:, t].T)
        needed += int(((a[r[:, 1]] != 0).sum(axis=0) * (taps[:, t] != 0).sum(axis=0)).sum())
    return y, needed


def draw_weights(r, fmt, k, kernel, c):
    shape = (k, *kernel, c)
    density = r.choice([0.05, 0.2, 0.6, 1.0])
    if fmt == "csc":
        w = r.choice(r.choice(np.arange(-300, 300), 15, replace=False), shape).astype(np.int16)
    else:
        w = r.integers(-128, 128, shape).astype(np.int8)
    w[r.random(shape) >= density] = 0
    if ":" in fmt:
        n = int(fmt[0])
        padded = np.zeros((*shape[:-1], -(-c // 4) * 4), np.int8)
        padded[..., :c] = w
        groups = padded.reshape(-1, 4)
        groups[np.argsort(np.argsort(r.random(groups.shape), axis=1), axis=1) >= n] = 0
        w = np.ascontiguousarray(padded[..., :c])
    return w


def draw_features(r, v, c):
    dtype = r.choice([np.int8, np.uint8, np.int16])
    info = np.iinfo(dtype)
    z = int(r.integers(info.min, info.max + 1)) if r.random() < 0.5 else 0
    x = r.integers(info.min, info.max + 1, (v, c)).astype(dtype)
    x[r.random((v, c)) < r.choice([0, 0.5, 0.9])] = z
    return x, z


def check(b, r, job, coords, onto, c, k, fmt, more=()):
    w, (x, z) = draw_weights(r, fmt, k, job.kernel, c), draw_features(r, len(coords), c)
    outs = {"submanifold": lambda: coords, "inverse": lambda: onto}.get(job.mode, lambda: job.outputs(coords))()
    if outs is None:
        return None
    rules = job.rules(coords, outs)
    sums, needed = expected(w, x, z, rules, len(outs))
    options = [o for o in job.options()]
    i = options.index("--kernel")
    del options[i:i + 2]
    options += ["--format", fmt if r.random() < 0.8 else "auto", "--input-zero-point", z, *more]
    if onto is not None:
        options += ["--onto", b.save("onto.npy", onto)]
    want = sums
    if r.random() < 0.5:
        bias = r.integers(-(1 << 20), 1 << 20, k).astype(np.int32)
        mult, shift = r.integers(0, 1 << 31, k).astype(np.int32), r.integers(34, 46, k).astype(np.int8)
        dtype = r.choice([np.int8, np.uint8, np.int16])
        info = np.iinfo(dtype)
        zp = int(r.integers(info.min, info.max + 1))
        options += ["--bias", b.save("b.npy", bias), "--multiplier", b.save("m.npy", mult), "--shift", b.save("s.npy", shift), "--zero-point", zp, "--out-type", np.dtype(dtype).name]
        want = requantise(sums, bias, mult, shift, zp, info.min, info.max, dtype)
    code, y, sites, stats, out = sconv(b, w, coords, x, *options)
    if code == 1 and "error 23 MAP_RING" in out and len(coords) and maps.too_long(b, job, coords):
        return None
    used = str(options[options.index("--format") + 1])
    columns = -(-c // 4) * (1 if ":" in used else 4)
    if code == 2 and "cannot be cut to fit" in out and columns > b.columns:
        return None  # a tap is never divided
    if code == 2 and "expected at most 256" in out and coords.shape[1] == 5 and maps.too_many(job, coords, onto):
        return None
    if code:
        return f"{job}, {c} to {k} channels, {fmt}: exit {code}: {out.strip()}"
    error = maps.differs("sites", sites, np.ascontiguousarray(outs, np.int32))
    if not error and (y.shape != want.shape or y.dtype != want.dtype):
        error = f"expected {want.dtype} {want.shape}, got {y.dtype} {y.shape}"
    if not error and not np.array_equal(y, want):
        at = np.argwhere(y != want)[0]
        error = f"element {at.tolist()}: expected {want[tuple(at)]}, got {y[tuple(at)]}"
    if not error and (stats["rules"], stats["needed_macs"], stats["voxels_out"]) != (len(rules), needed * stats["repeat"], len(outs)):
        error = f"stats: {stats['rules']} rules, {stats['needed_macs']} multiplications needed, expected {len(rules)}, {needed}"
    if not error and b.port != "model" and (stats["cycles"] is None or sum(stats["counters"]["exec"].values()) != stats["cycles"]):
        error = f"stats: {stats['cycles']} cycles, causes of EXEC add up to {sum(stats['counters']['exec'].values())}"
    return f"{job}, {c} to {k} channels, {fmt}, {len(coords)} voxels: {error}" if error else None


def random_time(r, small):
    return maps.random_time(r, 60 if small else 200, (1, 2, 3) if small or r.random() < 0.8 else (1, 2, 3, 4, 5))


def random_job(r, small):
    mode = str(r.choice(maps.MODES))
    top = 3 if r.random() < 0.7 else 5
    kernel = maps.some(r, *range(1, top + 1))
    stride, dilation = maps.some(r, 1, 2, 3), maps.some(r, 1, 1, 2, 3)
    if mode == "submanifold":
        kernel, stride = tuple(k | 1 for k in kernel), (1, 1, 1)
    extent = int(r.choice([3, 6, 12, 40]))
    low = (0, 0, 0) if r.random() < 0.5 else tuple(int(v) for v in r.integers(-20, 20, 3))
    high = tuple(v + extent for v in low)
    cloud = maps.random_cloud(r, int(r.choice([0, 1, 20, 120] if small else [0, 1, 20, 150, 500], p=[0.04, 0.06, 0.4, 0.5] if small else [0.04, 0.06, 0.2, 0.4, 0.3])), low, high, int(r.integers(1, 4)))
    onto = maps.random_cloud(r, 100, low, high, 2) if mode == "inverse" else None
    return maps.Job(mode, kernel, stride, dilation), cloud, onto


def directed(b):
    """The rulebook of SOURCES' worked example, all features and weights 1: each output is three times its rules."""
    c = np.array([[0, 0, 1, 2], [0, 0, 2, 3]], np.int32)
    code, y, sites, _, out = sconv(b, np.ones((1, 1, 3, 3, 3), np.int8), c, np.ones((2, 3), np.int8), "--mode", "regular", "--pad", "0", "--shape", "1,5,5")
    want = {(0, 0): 3, (0, 1): 6, (0, 2): 6, (1, 0): 3, (1, 1): 6, (1, 2): 6, (2, 1): 3, (2, 2): 3}  # (y, x): outputs that both pixels reach have two rules
    got = None if code else {(int(s[2]), int(s[3])): int(v[0]) for s, v in zip(sites, y)}
    say(f"{b.port} {b.config}: worked example", None if got == want else f"exit {code}, {got}: {out.strip()}")
    # Elements in time whose weights would be cut into other row tiles on a small machine: one full, two nearly empty.
    r = np.random.default_rng([SEED, 31])
    w = np.zeros((64, 3, 1, 1, 1, 64), np.int8)
    w[:, 1], w[::7, 0, :, :, :, ::5] = draw_weights(r, "4:4", 64, (1, 1, 1), 64), 3
    w[:, 1][w[:, 1] == 0] = 1
    v, x = np.array([[0, t, 0, 0, 0] for t in range(-4, 5)], np.int32), r.integers(-128, 128, (9, 64)).astype(np.int8)
    code, y, _, _, out = sconv(b, w, v, x, "--mode", "submanifold", "--format", "csc8")
    want = expected(w, x, 0, maps.Job("submanifold", (3, 1, 1, 1)).rules(v, v), 9)[0]
    say(f"{b.port} {b.config}: a full element in time between others", None if not code and np.array_equal(y, want) else f"exit {code}: {out.strip()}")
    v = np.array([[0, 0, 0, 0]], np.int32)
    for name, w, x, options, text in (
        ("channels that differ", np.ones((4, 1, 1, 1, 3), np.int8), np.ones((1, 2), np.int8), ["--mode", "submanifold"], "X.npy: shape (1, 2), expected (1, 3)"),
        ("voxels that differ", np.ones((4, 1, 1, 1, 3), np.int8), np.ones((2, 3), np.int8), ["--mode", "submanifold"], "X.npy: shape (2, 3), expected (1, 3)"),
        ("a kernel of 7", np.ones((4, 1, 1, 7, 3), np.int8), np.ones((1, 3), np.int8), ["--mode", "submanifold"], "expected a kernel of at most 5"),
        ("an even kernel", np.ones((4, 1, 1, 2, 3), np.int8), np.ones((1, 3), np.int8), ["--mode", "submanifold"], "expected an odd one"),
        ("weights in time, voxels without", np.ones((4, 1, 1, 1, 1, 3), np.int8), np.ones((1, 3), np.int8), ["--mode", "submanifold"], "C.npy: shape (1, 4), expected [V, 5], as W has a kernel in time"),
        ("weights of two dimensions", np.ones((4, 3), np.int8), np.ones((1, 3), np.int8), ["--mode", "submanifold"], "expected five dimensions"),
        ("2:4 where it is not", np.ones((4, 1, 1, 1, 4), np.int8), np.ones((1, 4), np.int8), ["--mode", "submanifold", "--format", "2:4"], "expected at most 2 for format 2:4"),
    ):
        code, _, _, _, out = sconv(b, w, v, x, *options)
        say(f"{b.port} {b.config}: refused: {name}", None if code == 2 and text in out and " and left " not in out else f"exit {code}: {out.strip()}")


def real(b, r):
    """A scan, submanifold, 16 channels; 2:4 weights."""
    try:
        cloud = np.load(os.path.join(maps.DATA, "pcl_milk_5mm_coords.npz"))["coords"].astype(np.int32)
    except OSError:
        print(f"skip - sconv {b.port} {b.config}: a real cloud: {maps.DATA} is not there")
        return
    for fmt, job in (("2:4", maps.Job("submanifold", (3, 3, 3))), ("csc", maps.Job("strided", (2, 2, 2), (2, 2, 2)))):
        say(f"{b.port} {b.config}: milk, {job}, {fmt}", check(b, r, job, cloud, None, 16, 16, fmt))


def one(b, r, draw):
    job, cloud, onto = draw(r, b.port == "rtl")
    c = int(r.choice([1, 3, 4, 8, 16, 20, 32, 64, 100, 300], p=[0.1, 0.1, 0.15, 0.15, 0.15, 0.1, 0.1, 0.07, 0.05, 0.03]))
    if np.prod(job.kernel) * c > 2000:
        c = 4
    k = int(r.choice([1, 5, 8, 16, 33, 64, 90]))
    more = ["--stream"] if r.random() < 0.3 else ["--repeat", "2"] if r.random() < 0.2 else []
    return check(b, r, job, cloud, onto, c, k, str(r.choice(["csc", "csc8", "1:4", "2:4", "4:4"])), more)


def main():
    ports = sys.argv[1:2] or ["model", "rtl"]
    for port, config in [(p, c) for p in ports for c in sys.argv[2:3] or (maps.CONFIGS if p == "model" else ["l8", "odd", "l64"])]:
        count = int(os.environ.get("SCONVS") or (60 if port == "model" else 25))
        r = np.random.default_rng([SEED, len(config), sum(map(ord, config))])
        with tempfile.TemporaryDirectory() as folder:
            b = maps.Bench(port, config, folder)
            with open(b.path(f"configs/{config}.cfg"), encoding="ascii") as f:
                b.columns = int(re.search(r"^COL_DEPTH=(\d+)", f.read(), re.M)[1])
            if port == "rtl" and not (b.has_map and os.path.exists(os.path.join(maps.BUILD, "rtl", config + ".so"))):
                print(f"skip - sconv rtl {config}: " + (f"build/rtl/{config}.so is not built" if b.has_map else "this configuration has no mapping unit"))
                continue
            directed(b)
            for name, draw, jobs in (("random jobs", random_job, count), ("random jobs, 4-D", random_time, count // 2)):
                say(f"{port} {config}: {jobs} {name}", next(filter(None, (one(b, r, draw) for _ in range(jobs))), None))
            if config == "l64" or port == "rtl":
                real(b, r)
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
