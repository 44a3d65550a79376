#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# spool_numpy.py [PORT [CONFIG]] - `lacuna spool` against NumPy's integers, exactly
#
#   Oracle   rules by their definition (map_numpy.py), sums, floors and maxima over them in int64; nothing of the project is used but the command itself
#   Jobs     clouds of several batches, single voxels, none; windows 2 x 2 x 2 / 2, 3 x 3 x 3 / 2, 1 x 3 x 3, up to 5 x 5 x 5; channels 1 .. 100; all types, zero points; whole batches
#   Lines    directed jobs print one line each, random jobs one line a port and configuration. SEED repeats a run, SPOOLS=n: n random jobs
#   Port     model and rtl. model: four configurations. rtl: l8, where build/rtl/l8.so exists
import os
import sys
import tempfile

import numpy as np

import map_numpy as maps
from fc_numpy import requantise

SEED = maps.SEED
KINDS = ["max", "average", "sum"]
bad = 0


def say(name, error):
    global bad
    bad += bool(error)
    print(f"not ok - spool {name}: {error} (SEED={SEED})" if error else f"ok - spool {name}")
    sys.stdout.flush()


def spool(b, coords, x, kind, *options):
    """(exit code, Y, outputs' sites, stats, output)"""
    return b.job("spool", "Y.npy", [b.save("C.npy", coords), b.save("X.npy", x)], [*(["--kind", kind] if kind else []), *options])


def pooled(x, z, kind, pairs, outputs, share):
    """pairs: rows (in, out); share: by what the mean of each output divides."""
    a = x.astype(np.int64)
    info = np.iinfo(x.dtype)
    if kind == "max":
        y = np.full((outputs, x.shape[1]), info.min, np.int64)
        np.maximum.at(y, pairs[:, 1], a[pairs[:, 0]])
        return y.astype(x.dtype)
    y = np.zeros((outputs, x.shape[1]), np.int64)
    np.add.at(y, pairs[:, 1], a[pairs[:, 0]] - z)
    if kind == "sum":
        return y
    share = np.broadcast_to(np.asarray(share, np.int64).reshape(-1, 1), y.shape)
    return np.clip(z + (2 * y + share) // (2 * share), info.min, info.max).astype(x.dtype)  # floor(y / share + 1 / 2)


def differs(b, want, outs, code, y, sites, stats, out):
    if code:
        return f"exit {code}: {out.strip()}"
    error = maps.differs("sites", sites, np.ascontiguousarray(outs, np.int32))
    if not error and (y.shape != want.shape or y.dtype != want.dtype):
        error = f"expected {want.dtype} {want.shape}, got {y.dtype} {y.shape}"
    if not error and not np.array_equal(y, want):
        at = np.argwhere(y != want)[0]
        error = f"element {at.tolist()}: expected {want[tuple(at)]}, got {y[tuple(at)]}"
    if not error and b.port != "model" and stats.get("cycles") and sum(stats["counters"]["exec"].values()) != stats["cycles"]:
        error = f"stats: {stats['cycles']} cycles, causes of EXEC add up to {sum(stats['counters']['exec'].values())}"
    return error


def features(r, v, c, dtype):
    info = np.iinfo(dtype)
    z = int(r.integers(info.min, info.max + 1)) if r.random() < 0.6 else 0
    x = r.integers(info.min, info.max + 1, (v, c)).astype(dtype)
    x[r.random((v, c)) < r.choice([0, 0.5, 0.9])] = z
    if r.random() < 0.3:
        x = np.minimum(x, np.array(z, dtype))  # nothing above the zero point
    return x, z


def output_options(b, r, want):
    """Some of the time a sum is requantised."""
    if r.random() < 0.5:
        return [], want
    c = want.shape[1]
    bias = r.integers(-(1 << 20), 1 << 20, c).astype(np.int32)
    mult, shift = r.integers(0, 1 << 31, c).astype(np.int32), r.integers(34, 46, c).astype(np.int8)
    dtype = r.choice([np.int8, np.uint8, np.int16])
    info = np.iinfo(dtype)
    zp = int(r.integers(info.min, info.max + 1))
    return (["--bias", b.save("b.npy", bias), "--multiplier", b.save("m.npy", mult), "--shift", b.save("s.npy", shift), "--zero-point", zp, "--out-type", np.dtype(dtype).name],
            requantise(want, bias, mult, shift, zp, info.min, info.max, dtype))


def too_small(b, code, out, places):
    """Windows of more than thirty places do not fit every machine, and two are smaller than 64 bytes of outputs ask for; all else has to fit."""
    return code == 2 and ("cannot be cut to fit" in out or "does not fit" in out) and (b.config in ("odd", "w512") or places > 30)


def check(b, r, kind, job, coords, onto, c, dtype, more=()):
    x, z = features(r, len(coords), c, dtype)
    outs = {"submanifold": lambda: coords, "inverse": lambda: onto}.get(job.mode, lambda: job.outputs(coords))()
    if outs is None:
        return None
    rules = job.rules(coords, outs)
    taps = int(np.prod(job.kernel))
    want = pooled(x, z, kind, rules[:, 1:], len(outs), taps)
    options = [*job.options(), "--input-zero-point", z, *more]
    if onto is not None:
        options += ["--onto", b.save("onto.npy", onto)]
    if kind == "sum":
        extra, want = output_options(b, r, want)
        options += extra
    code, y, sites, stats, out = spool(b, coords, x, kind, *options)
    if code == 1 and "error 23 MAP_RING" in out and len(coords) and maps.too_long(b, job, coords):
        return None
    if too_small(b, code, out, taps if kind == "max" else 1):
        return None
    error = differs(b, want, outs, code, y, sites, stats, out)
    if not error and (stats["rules"], stats["voxels_out"]) != (len(rules), len(outs)):
        error = f"stats: {stats['rules']} rules, {stats['voxels_out']} outputs, expected {len(rules)}, {len(outs)}"
    if not error and stats["needed_macs"] != stats["repeat"] * int((x.astype(np.int64) != (np.iinfo(dtype).min if kind == "max" else z)).sum(axis=1)[rules[:, 1]].sum()):
        error = f"stats: {stats['needed_macs']} multiplications needed"
    return f"{kind}, {job}, {c} channels, {np.dtype(dtype).name}, {len(coords)} voxels: {error}" if error else None


def check_global(b, r, kind, coords, c, dtype):
    x, z = features(r, len(coords), c, dtype)
    batches, index, counts = np.unique(coords[:, 0], return_inverse=True, return_counts=True)
    want = pooled(x, z, kind, np.column_stack([np.arange(len(coords)), index.reshape(-1)]).astype(np.int64).reshape(-1, 2), len(batches), counts)
    outs = np.zeros((len(batches), 4), np.int32)
    outs[:, 0] = batches
    options = ["--global", "--input-zero-point", z]
    if kind == "sum":
        extra, want = output_options(b, r, want)
        options += extra
    code, y, sites, stats, out = spool(b, coords, x, kind, *options)
    if too_small(b, code, out, 1):
        return None
    error = differs(b, want, outs, code, y, sites, stats, out)
    if not error and (stats["voxels_in"], stats["voxels_out"]) != (len(coords), len(batches)):
        error = f"stats: {stats['voxels_in']} voxels, {stats['voxels_out']} outputs"
    return f"{kind}, whole batches, {c} channels, {np.dtype(dtype).name}, {len(coords)} voxels: {error}" if error else None


def directed(b, r):
    name = f"{b.port} {b.config}"
    cloud = maps.random_cloud(r, 150, (-4, -4, -4), (4, 4, 4), 3)
    single, none = np.array([[7, -3, 5, -32768]], np.int32), np.zeros((0, 4), np.int32)
    for text, job in (("2x2x2/2", maps.Job("strided", (2, 2, 2), (2, 2, 2))), ("3x3x3/2", maps.Job("regular", (3, 3, 3), (2, 2, 2), pad=(1, 1, 1))), ("1x3x3", maps.Job("submanifold", (1, 3, 3)))):
        for kind in KINDS:
            for c, dtype in ((1, np.int8), (3, np.uint8), (4, np.int16), (16, np.int8), (33, np.int16), (64, np.int8)):
                say(f"{name}: {kind} {text}, {c} channels, {np.dtype(dtype).name}", check(b, r, kind, job, cloud, None, c, dtype))
            say(f"{name}: {kind} {text}, one voxel, none", check(b, r, kind, job, single, None, 5, np.int8) or check(b, r, kind, job, none, None, 5, np.uint8))
    for kind in KINDS:
        say(f"{name}: {kind} 5x5x5, outputs without inputs", check(b, r, kind, maps.Job("inverse", (5, 5, 5)), cloud, maps.random_cloud(r, 40, (-30, -4, -4), (0, 4, 4), 3), 4, np.int8))
        for c, dtype in ((1, np.int8), (3, np.uint8), (33, np.int16), (64, np.int8)):
            say(f"{name}: {kind} of whole batches, {c} channels, {np.dtype(dtype).name}", check_global(b, r, kind, cloud, c, dtype))
        say(f"{name}: {kind} of whole batches, one voxel, none", check_global(b, r, kind, single, 5, np.int8) or check_global(b, r, kind, none, 5, np.uint8))


def ties(b):
    """Means that lie in the middle between two integers, for every number of voxels from 1 to 40 and every sum in reach of a few: up, always."""
    n = np.arange(1, 41)
    coords = np.array([[i, 0, 0, k] for i, m in enumerate(n) for k in range(m)], np.int32)
    x = np.zeros((len(coords), 256), np.int8)
    for i in range(len(n)):  # channel k: the sum is k - 128
        x[np.flatnonzero(coords[:, 0] == i)[0]] = np.arange(256) - 128
    for c0 in range(0, 256, 64):
        part = np.ascontiguousarray(x[:, c0:c0 + 64])
        want = pooled(part, 0, "average", np.column_stack([np.arange(len(coords)), coords[:, 0]]), len(n), n)
        code, y, _, _, out = spool(b, coords, part, "average", "--global")
        if code or not np.array_equal(y, want):
            return f"exit {code}: {out.strip()}" if code else f"first at {np.argwhere(y != want)[0].tolist()}"
    return None


def refusals(b):
    v, x = np.array([[0, 0, 0, 0], [1, 0, 0, 1]], np.int32), np.ones((2, 4), np.int8)
    twos = ["--mode", "strided", "--kernel", "2", "--stride", "2"]
    bias = b.save("bias.npy", np.zeros(3, np.int32))
    for name, coords, feats, kind, options, text in (
        ("no kind", v, x, None, twos, "expected --kind max, average or sum"),
        ("another kind", v, x, "median", twos, "--kind 'median': expected max, average or sum"),
        ("no kernel", v, x, "max", ["--mode", "strided"], "expected --kernel or --global"),
        ("time", np.insert(v, 1, 0, axis=1), x, "max", twos, "clouds with time are not pooled, expected [V, 4]"),
        ("time, whole batches", np.insert(v, 1, 0, axis=1), x, "max", ["--global"], "expected [V, 4]: batch, z, y, x"),
        ("no mode", v, x, "max", ["--kernel", "2"], "expected --mode submanifold"),
        ("a kernel of 6", v, x, "max", ["--mode", "strided", "--kernel", "6"], "--kernel"),
        ("an even kernel", v, x, "max", ["--mode", "submanifold", "--kernel", "2"], "expected an odd one"),
        ("a mode of whole batches", v, x, "max", ["--global", *twos], "--global: expected no --mode"),
        ("whole batches, twice", v, x, "max", ["--global", "--repeat", "2"], "--global: expected no --repeat"),
        ("output options of max", v, x, "max", [*twos, "--out-type", "int16"], "expected --kind sum with them"),
        ("a format", v, x, "sum", [*twos, "--format", "csc"], "there are no weights to choose"),
        ("features of one dimension", v, x[:, 0], "max", twos, "X.npy: shape (2,), expected two dimensions, [V, C]"),
        ("voxels that differ", v, x[:1], "max", twos, f"X.npy: shape (1, 4), expected (2, 4): a row for each of {b.path('C.npy')}\n"),
        ("voxels that differ, whole batches", v, x[:1], "max", ["--global"], "X.npy: shape (1, 4), expected (2, C)"),
        ("features of float32", v, x.astype(np.float32), "max", twos, "dtype float32"),
        ("a zero point out of range", v, x, "sum", [*twos, "--input-zero-point", "128"], "--input-zero-point 128: expected -128 .. 127"),
        ("a bias of other channels", v, x, "sum", [*twos, "--bias", bias], "bias.npy: shape (3,), expected (4,)"),
        ("a bias of other channels, whole batches", v, x, "sum", ["--global", "--bias", bias], "bias.npy: shape (3,), expected (4,)"),
        ("a voxel twice", v[[0, 0]], x, "max", ["--global"], "are the same"),
        ("batch 256", v + [[256, 0, 0, 0]], x, "max", ["--global"], "expected 0 .. 255"),
        ("too many channels", v, np.ones((2, 9000), np.int8), "max", twos, "expected at most 65535 taps times channels"),
        ("more channels than there are accumulators", v, np.ones((2, 65000), np.int8), "max", ["--global"], "does not fit configuration"),
    ):
        code, _, _, _, out = spool(b, coords.astype(np.int32), np.ascontiguousarray(feats), kind, *options)
        say(f"{b.port} {b.config}: refused: {name}", None if code == 2 and text in out and " and left " not in out else f"exit {code}: {out.strip()}")


def real(b, r):
    """A scan, windows of 2 x 2 x 2 and whole."""
    try:
        cloud = np.load(os.path.join(maps.DATA, "pcl_milk_5mm_coords.npz"))["coords"].astype(np.int32)
    except OSError:
        print(f"skip - spool {b.port} {b.config}: real cloud: {maps.DATA} is not there")
        return
    for kind in KINDS:
        say(f"{b.port} {b.config}: milk, {kind}", check(b, r, kind, maps.Job("strided", (2, 2, 2), (2, 2, 2)), cloud, None, 16, np.int8) or check_global(b, r, kind, cloud, 16, np.int8))


def main():
    ports = sys.argv[1:2] or ["model", "rtl"]
    for port, config in [(p, c) for p in ports for c in sys.argv[2:] or (["l64", "odd", "w512", "l8"] if p == "model" else ["l8"])]:
        count = int(os.environ.get("SPOOLS") or (60 if port == "model" else 20))
        r = np.random.default_rng([SEED, len(config), sum(map(ord, config))])
        with tempfile.TemporaryDirectory() as folder:
            b = maps.Bench(port, config, folder)
            if port == "rtl" and not (b.has_map and os.path.exists(os.path.join(maps.BUILD, "rtl", config + ".so"))):
                print(f"skip - spool rtl {config}: " + (f"build/rtl/{config}.so is not built" if b.has_map else "this configuration has no mapping unit"))
                continue
            if config == "l8":
                directed(b, r)
                if port == "model":
                    refusals(b)
                say(f"{port} {config}: ties", ties(b))
                real(b, r)
            error, ran = None, 0
            while ran < count and not error:
                kind, c, dtype = str(r.choice(KINDS)), int(r.choice([1, 3, 4, 8, 16, 20, 33, 64, 100])), r.choice([np.int8, np.uint8, np.int16])
                if r.random() < 0.3:
                    cloud = maps.random_cloud(r, int(r.choice([0, 1, 30, 300])), (-9, -9, -9), (9, 9, 9), int(r.integers(1, 6)))
                    error = check_global(b, r, kind, cloud, c, dtype)
                else:
                    job, cloud, onto = random_job(r)
                    error = check(b, r, kind, job, cloud, onto, c, dtype, ["--stream"] if r.random() < 0.3 else ["--repeat", "2"] if r.random() < 0.2 else [])
                ran += 1
            say(f"{port} {config}: {ran} random jobs", error)
    return bad != 0


def random_job(r):
    mode = str(r.choice(maps.MODES))
    top = 3 if r.random() < 0.8 else 5
    kernel, stride, dilation = maps.some(r, *range(1, top + 1)), maps.some(r, 1, 2, 3), maps.some(r, 1, 1, 2)
    if mode == "submanifold":
        kernel, stride = tuple(k | 1 for k in kernel), (1, 1, 1)
    low = (0, 0, 0) if r.random() < 0.5 else tuple(int(v) for v in r.integers(-20, 20, 3))
    high = tuple(v + int(r.choice([3, 6, 12])) for v in low)
    cloud = maps.random_cloud(r, int(r.choice([0, 1, 20, 150], p=[0.04, 0.06, 0.3, 0.6])), low, high, int(r.integers(1, 4)))
    return maps.Job(mode, kernel, stride, dilation), cloud, maps.random_cloud(r, 60, low, high, 2) if mode == "inverse" else None


if __name__ == "__main__":
    sys.exit(main())
