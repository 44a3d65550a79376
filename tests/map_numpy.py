#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# map_numpy.py [PORT [CONFIG]] - `lacuna map` and `lacuna voxelize` against the rule, in NumPy's integers
#
#   Oracle   the rule alone: every input through every tap gives the output it would contribute to; which of them there are is the mode's definition. Nothing of the project is
#            used but the command itself. Maps of real clouds, computed by others, in $LACUNA_DATA (default ../shared/data)/kmap: counts and SHA-256 of all rules and sites
#   Lines    directed jobs print one line each, random jobs one line a port and configuration. SEED repeats a run, MAPS=n: n random jobs
#   Port     model: three configurations, with a mapping unit if they have none. rtl: those that have one and that build/rtl/NAME.so exists for
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
BUILD = os.path.join(ROOT, os.environ.get("B", "build"))
DATA = os.path.join(os.environ.get("LACUNA_DATA") or os.path.join(ROOT, "..", "shared", "data"), "kmap")
SEED = int(os.environ.get("SEED", "1"))
CONFIGS = ["l64", "odd", "w512"]
MODES = ["submanifold", "regular", "strided", "inverse", "generative"]
RING = 512
bad = 0


def say(name, error):
    global bad
    bad += bool(error)
    print(f"not ok - map {name}: {error} (SEED={SEED})" if error else f"ok - map {name}")
    sys.stdout.flush()


class Bench:
    """One port and configuration, and a folder for its files, in which stand configurations as well."""

    def __init__(self, port, config, folder):
        self.port, self.config, self.folder = port, config, folder
        with open(os.path.join(ROOT, "configs", config + ".cfg"), encoding="ascii") as f:
            text = f.read()
        keys = {key: int(value) for key, value in re.findall(r"^(\w+)=(\d+)", text, re.M)}
        self.has_map = keys.get("MAP_RING", 0) > 0
        os.makedirs(self.path("configs"), exist_ok=True)
        with open(self.path(f"configs/{config}.cfg"), "w", encoding="ascii") as f:
            f.write(text if self.has_map else re.sub(r"^MAP_RING=.*\n", "", text, flags=re.M) + f"MAP_RING={RING}\n")
        self.ring = keys.get("MAP_RING") or RING
        if not os.path.exists(self.path("rtl")):
            os.symlink(os.path.abspath(os.path.join(BUILD, "rtl")), self.path("rtl"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def save(self, name, array):
        np.save(self.path(name), array)
        return self.path(name)

    def run(self, *args):
        p = subprocess.run([os.path.join(BUILD, "lacuna"), *map(str, args)], capture_output=True, text=True, timeout=500, check=False,
                           env={**os.environ, "LACUNA_HOME": self.folder})
        return p.returncode, p.stdout + p.stderr

    def job(self, command, result, inputs, options):
        """(exit code, result, outputs' sites, stats, output); after a failure the output says which of these files it has left."""
        names = (result, "O.npy", "stats.json")
        files = [self.path(n) for n in names]
        for f in files:
            if os.path.exists(f):
                os.unlink(f)
        code, out = self.run("--port", self.port, command, "--config", self.config, *inputs, "-o", files[0], "--out-coords", files[1], "--stats", files[2], *options)
        if code:
            left = [f for f in os.listdir(self.folder) if f.startswith(names)]
            return code, None, None, None, out + (f" and left {left}" if left else "")
        with open(files[2], encoding="utf-8") as f:
            return 0, np.load(files[0]), np.load(files[1]), json.load(f), out

    def map(self, coords, *options):
        """(exit code, rules, outputs' sites, stats, output)"""
        return self.job("map", "R.npy", [self.save("C.npy", coords)], options)

    def count(self, *options):
        """Rules and outputs of the cloud before, counted only; or what the command said."""
        code, out = self.run("--port", self.port, "map", "--config", self.config, self.path("C.npy"), "--count", "--stats", self.path("stats.json"), *options)
        if code:
            return out.strip()
        with open(self.path("stats.json"), encoding="utf-8") as f:
            stats = json.load(f)
        return stats["rules"], stats["voxels_out"]


# ---- The rule ------------------------------------------------------------------------------------------

class Job:
    """Axes z, y, x; or t, z, y, x."""

    def __init__(self, mode, kernel, stride=None, dilation=None, pad=None, shape=None):
        ones = (1,) * len(kernel)
        self.mode, self.kernel, self.stride, self.dilation, self.shape = mode, kernel, stride or ones, dilation or ones, shape
        self.transposed = mode in ("inverse", "generative")
        made = mode in ("regular", "generative")
        self.given_pad = pad is not None
        self.pad = pad if pad is not None else tuple(0 if made else d * ((k - 1) // 2) for k, d in zip(kernel, self.dilation))

    def options(self):
        def text(v):
            return ",".join(map(str, v if len(set(v)) > 1 else v[:1]))
        o = ["--mode", self.mode, "--kernel", text(self.kernel)]
        for name, value, skip in (("--stride", self.stride, set(self.stride) == {1}), ("--dilation", self.dilation, set(self.dilation) == {1}), ("--pad", self.pad, not self.given_pad)):
            o += [] if skip else [name, text(value)]
        return o + (["--shape", text(self.shape)] if self.shape else [])

    def __str__(self):
        return " ".join(self.options())

    def grid(self):
        """What dense arithmetic gives."""
        return [(n - 1) * s - 2 * p + d * (k - 1) + 1 if self.transposed else (n + 2 * p - d * (k - 1) - 1) // s + 1
                for n, k, s, d, p in zip(self.shape, self.kernel, self.stride, self.dilation, self.pad)]

    def reach(self, c):
        """For each tap: (tap, rows of c that go somewhere, sites where they go)."""
        s, d, p = (np.array(v, np.int64) for v in (self.stride, self.dilation, self.pad))
        for tap, k in enumerate(np.ndindex(*self.kernel)):
            at = c[:, 1:].astype(np.int64)
            at = at * s + np.array(k) * d - p if self.transposed else at + p - np.array(k) * d
            if not self.transposed:
                rows = np.flatnonzero((at % s == 0).all(axis=1))
                at = at[rows] // s
            else:
                rows = np.arange(len(c))
            yield tap, rows, np.column_stack([c[rows, 0].astype(np.int64), at])

    def inside(self, sites):
        return (sites[:, 1:] >= 0).all(axis=1) & (sites[:, 1:] < self.grid()).all(axis=1)

    def outputs(self, c):
        """Made ones, ascending; None: some lie outside int16."""
        if self.mode == "strided":
            sites = np.column_stack([c[:, 0], c[:, 1:].astype(np.int64) // np.array(self.stride)])
        else:
            sites = np.concatenate([at for _, _, at in self.reach(c)])
        if self.shape:
            sites = sites[self.inside(sites)]
        if len(sites) and (sites[:, 1:].min() < -32768 or sites[:, 1:].max() > 32767):
            return None
        return np.unique(sites, axis=0).reshape(-1, c.shape[1])

    def rules(self, c, outs):
        """int32 [M, 3], sorted."""
        index = keys(outs)
        order = np.argsort(index, kind="stable")
        index = index[order]
        found = [np.zeros((0, 3), np.int64)]
        for tap, rows, at in self.reach(c):
            key = keys(at)
            i = np.searchsorted(index, key)
            hit = (i < len(index)) & (index[np.minimum(i, len(index) - 1)] == key) if len(index) else np.zeros(len(key), bool)
            hit &= (np.abs(at[:, 1:] + 0.5) < 32768).all(axis=1)
            found.append(np.column_stack([np.full(hit.sum(), tap), rows[hit], order[i[hit]]]))
        r = np.concatenate(found)
        return r[np.lexsort(r.T[::-1])].astype(np.int32)


def keys(sites):
    """One number each; beyond int16 they may be ambiguous, so who looks them up takes those out."""
    s = sites.astype(np.int64 if sites.shape[1] == 4 else object)  # with time they are Python's
    key = s[:, 0]
    for a in range(1, sites.shape[1]):
        key = key * (1 << 17) + s[:, a] + 65536
    return key


def differs(name, got, want):
    if got.dtype != want.dtype or got.shape != want.shape:
        return f"{name}: expected {want.dtype} {want.shape}, got {got.dtype} {got.shape}"
    if not np.array_equal(got, want):
        i = int(np.flatnonzero((got != want).any(axis=1))[0])
        return f"{name}: row {i}: expected {want[i].tolist()}, got {got[i].tolist()}"
    return None


def ring_words(c, reach):
    """The most words of a coordinate list that rows of one batch and z within `reach` of each other take."""
    if c.shape[1] == 5:  # made outputs come from several times together
        c = c[:, [0, 2, 3, 4]]
    parts = np.unique(np.column_stack([c[:, :3], c[:, 3] >> 5]), axis=0)
    rows, words = np.unique(parts[:, :3], axis=0, return_counts=True)
    planes, most = {}, 0
    for (batch, z, y), n in zip(rows.tolist(), words.tolist()):
        planes.setdefault((batch, z), []).append((y, n + 1))
    for plane in planes.values():
        for y, _ in plane:
            most = max(most, sum(n for at, n in plane if y - reach <= at <= y))
    return most


def too_long(b, job, c):
    """Rows that an output needs do not fit the machine's ring: those of the cloud, or, on a small ring, perhaps of the lists between, of outputs made in several steps."""
    steps = job.mode in ("regular", "generative") and max(job.kernel) > 3
    return ring_words(c, (min(job.kernel[-2], 3) - 1) * job.dilation[-2]) > b.ring - 32 or (b.ring < 256 and steps)


def check(b, job, c, onto=None, more=()):
    """One job with all that is said of it; None, or what went wrong."""
    outs = {"submanifold": lambda: c, "inverse": lambda: onto}.get(job.mode, lambda: job.outputs(c))()
    options = [*job.options(), *more, *(["--onto", b.save("onto.npy", onto)] if onto is not None else [])]
    code, rules, sites, stats, out = b.map(c, *options)
    if outs is None:
        return None if code == 1 and "error 24 MAP_RANGE" in out and " and left " not in out else f"expected MAP_RANGE, got exit {code}: {out.strip()}"
    if code == 1 and "error 23 MAP_RING" in out and len(c) and too_long(b, job, c):
        return None
    if code:
        return f"exit {code}: {out.strip()}"
    want = job.rules(c, outs)
    error = differs("sites", sites, np.ascontiguousarray(outs, np.int32)) or differs("rules", rules, want)
    if error:
        return error
    if (stats["voxels_in"], stats["voxels_out"], stats["rules"]) != (len(c), len(outs), len(want)):
        return f"stats: {stats['voxels_in']} voxels to {stats['voxels_out']}, {stats['rules']} rules"
    timed = b.port != "model"
    if (stats["map_cycles"] is None) == timed or (stats["cycles"] is None) == timed:
        return f"stats: {stats['map_cycles']} of {stats['cycles']} cycles"
    if timed and not 0 < stats["map_cycles"] <= stats["cycles"] == sum(stats["counters"]["map"].values()):
        return f"stats: {stats['map_cycles']} of {stats['cycles']} cycles, causes of MAP add up to {sum(stats['counters']['map'].values())}"
    counted = b.count(*options) if len(want) % (3 if b.port == "model" else 12) == 0 else (len(want), len(outs))
    return None if counted == (len(want), len(outs)) else f"--count: {counted}, expected {len(want)} rules, {len(outs)} outputs"


# ---- Random clouds --------------------------------------------------------------------------------------

def random_cloud(r, size, low, high, batches):
    """Sites of a box, each once, in any order."""
    n = min(size, batches * int(np.prod(np.array(high, np.int64) - low)))
    if n == 0:
        return np.zeros((0, 1 + len(low)), np.int32)
    c = np.column_stack([r.choice(np.sort(r.choice(256, batches, replace=False)), 4 * n), *(r.integers(a, z, 4 * n) for a, z in zip(low, high))])
    c = np.unique(c, axis=0)
    return np.ascontiguousarray(r.permutation(c)[:n].astype(np.int32))


def some(r, *choices, axes=3):
    return tuple(int(v) for v in r.choice(choices, axes)) if r.random() < 0.6 else (int(r.choice(choices)),) * axes


def given(r, job, c, low, high):
    """A part of what can be reached, and others."""
    reached = np.unique(np.concatenate([at for _, _, at in job.reach(c)]), axis=0).reshape(-1, c.shape[1])
    reached = reached[((reached[:, 1:] >= -32768) & (reached[:, 1:] < 32768)).all(axis=1)]
    onto = np.concatenate([r.permutation(reached)[:int(r.integers(0, 2 * len(c) + 2))], random_cloud(r, 20, low, high, 2)])
    return np.ascontiguousarray(r.permutation(np.unique(onto, axis=0)).astype(np.int32)).reshape(-1, c.shape[1])


def random_time(r, most, kernels=(1, 2, 3, 4, 5)):
    """A job in four dimensions, its voxels, its outputs where they are given: few and many frames, with gaps, negative times, several batches."""
    mode = str(r.choice(MODES))
    sub = mode == "submanifold"
    kernel = some(r, *({k | 1 for k in kernels} if sub else kernels), axes=4)
    stride, dilation = (1, 1, 1, 1) if sub else some(r, 1, 1, 2, 3, 5, axes=4), some(r, 1, 1, 2, 3, axes=4)
    pad = some(r, 0, 1, 2, int(r.integers(-9, 10)), axes=4) if r.random() < 0.5 else None
    times = int(r.choice([1, 2, 6, 25]))
    low = [0, 0, 0, 0] if r.random() < 0.4 else [int(r.choice([-9, -200, 5000])), *(int(v) for v in r.integers(-40, 20, 3))]
    high = [v + int(n) for v, n in zip(low, (times, *r.integers(1, 14, 3)))]
    job = Job(mode, kernel, stride, dilation, pad)
    if min(low) == 0 and r.random() < 0.5:
        job.shape = tuple(int(v + r.integers(0, 4)) for v in high)
        if any(not 1 <= g <= 32768 for g in job.grid()):
            job.shape = None
    c = random_cloud(r, int(r.choice([0, 1, 5, 40, most])), low, high, int(r.integers(1, 4)))
    if r.random() < 0.3 and len(c):
        c = c[c[:, 1] % 3 != 0]  # frames without a voxel
    c = np.ascontiguousarray(c)
    return job, c, given(r, job, c, low, high) if mode == "inverse" else None


def random_time_job(b, r, most):
    job, c, onto = random_time(r, most)
    error = check(b, job, c, onto)
    if error and "frames" in error and "expected at most 256" in error and too_many(job, c, onto):
        return None
    return error and f"{job} of {len(c)} voxels: {error}"


def frames(c):
    return len(np.unique(c[:, :2], axis=0))


def too_many(job, c, onto):
    """Frames of the outputs and, for each element of the kernel in time, of the inputs, are more than the machine's batches."""
    outs = onto if onto is not None else c if job.mode == "submanifold" else job.outputs(c)
    return outs is None or frames(outs) + job.kernel[0] * frames(c) > 256


def random_job(b, r, most):
    mode = str(r.choice(MODES))
    flat = r.integers(1, 4)  # dimensions
    kernel = some(r, 1, 3, 5) if mode == "submanifold" else some(r, 1, 2, 3, 4, 5)
    stride = (1, 1, 1) if mode == "submanifold" else some(r, 1, 1, 2, 2, 3, 4, 5)
    dilation = some(r, 1, 1, 1, 2, 3, int(r.integers(1, 16)))
    if mode in ("regular", "generative"):
        dilation = (*dilation[:2], min(dilation[2], 12))
    pad = some(r, 0, 1, 2, int(r.integers(-30, 31))) if r.random() < 0.6 else None
    job = Job(mode, kernel, stride, dilation, pad)
    size = int(r.choice([0, 1, 2, 10, 50, 200, most]))
    span = int(r.choice([2, 5, 12, 40, 200]))
    low = [0 if a < 3 - flat else int(r.choice([0, 0, -span // 2, -30000, 31000, -span])) for a in range(3)]
    high = [low[a] + (1 if a < 3 - flat else max(1, int(span * r.uniform(0.5, 1)))) for a in range(3)]
    if r.random() < 0.4:
        low, shape = [max(0, v) for v in low], None
        high = [max(h, lo + 1) for h, lo in zip(high, low)]
        job.shape = shape = tuple(int(h + r.integers(0, 4)) for h in high)
        if mode != "inverse" and any(not 1 <= g <= 32768 for g in job.grid()):
            job.shape = None
        elif mode in ("regular", "strided", "generative") and max(shape) > 30000:
            job.shape = None  # steps may need more than that
    c = random_cloud(r, size, low, high, int(r.integers(1, 4)))
    onto = given(r, job, c, low, high) if mode == "inverse" else None
    error = check(b, job, c, onto)
    if error and mode in ("regular", "strided") and "MAP_RANGE" in error and "exit 1" in error and len(c) and np.abs(c[:, 1:].astype(int) + 0.5).max() > 32700:
        return None  # as lac_map_build() says
    return error and f"{job} of {len(c)} voxels: {error}"


# ---- Directed ------------------------------------------------------------------------------------------

def directed(b):
    name = f"{b.port} {b.config}"
    c = np.array([[0, 0, 1, 2], [0, 0, 2, 3]], np.int32)
    # The worked example: outputs in the order of first touch there; taps are (dy + 1) * 3 + dx + 1.
    touch = np.array([[0, 0, y, x] for x, y in ((0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (1, 2), (2, 2))])
    book = {(-1, -1): [(0, 5)], (0, -1): [(0, 4), (1, 7)], (1, -1): [(0, 3), (1, 6)], (-1, 0): [(0, 2)], (0, 0): [(0, 1), (1, 5)], (1, 0): [(0, 0), (1, 4)], (0, 1): [(1, 2)], (1, 1): [(1, 1)]}
    code, rules, sites, _, out = b.map(c, "--mode", "regular", "--kernel", "1,3,3", "--pad", 0, "--shape", "1,5,5")
    want = {((dy + 1) * 3 + dx + 1, i, tuple(touch[o].tolist())) for (dx, dy), pairs in book.items() for i, o in pairs}
    got = {(int(t), int(i), tuple(sites[o].tolist())) for t, i, o in rules} if not code else out
    say(f"{name} the worked example", None if got == want and len(rules) == 12 and len(sites) == 8 else f"expected {sorted(want)}, got {got}")
    points = np.array([[0, 0, y, x] for y, x in ((0, 0), (0, 1), (0, 2), (1, 1), (5, 0), (5, 5), (6, 1), (6, 4))], np.int32)
    code, rules, _, _, out = b.map(points, "--mode", "submanifold", "--kernel", "1,3,3")
    masks = [sum(256 >> t for t, _, o in rules if o == i) for i in range(8)] if not code else out
    say(f"{name} neighbour masks", None if masks == [25, 58, 52, 464, 17, 20, 272, 80] else f"got {masks}")

    r = np.random.default_rng([SEED, 21])
    empty, one = np.zeros((0, 4), np.int32), np.array([[7, -5, 31, -32768]], np.int32)
    for mode in MODES:
        onto = random_cloud(r, 30, (-9, -9, -9), (9, 9, 9), 1) if mode == "inverse" else None
        stride = (1, 1, 1) if mode == "submanifold" else (2, 2, 2)
        say(f"{name} {mode} of nothing", check(b, Job(mode, (3, 3, 3), stride), empty, onto))
        say(f"{name} {mode} of nothing, 5 x 5 x 5", check(b, Job(mode, (5, 5, 5), stride), empty, onto))
        say(f"{name} {mode} of one voxel", check(b, Job(mode, (3, 1, 1), (1, 1, 1)), one, one if onto is not None else None))
    say(f"{name} inverse onto nothing", check(b, Job("inverse", (3, 3, 3), (2, 2, 2)), random_cloud(r, 30, (0, 0, 0), (9, 9, 9), 1), empty))
    ends = np.array([[b_, z, y, x] for b_ in (0, 255) for z in (-32768, 32767) for y in (-32768, 32767) for x in (-32768, 32767)], np.int32)
    say(f"{name} the ends of space", check(b, Job("submanifold", (5, 5, 5)), ends))
    say(f"{name} an output beyond", check(b, Job("regular", (3, 3, 3), pad=(1, 1, 1)), ends))
    say(f"{name} strided at the ends", check(b, Job("strided", (3, 3, 3), (3, 2, 5)), ends))
    say(f"{name} an output beyond, generative", check(b, Job("generative", (1, 1, 1), (2, 2, 2)), ends))
    dense = np.array(list(np.ndindex(2, 9, 10, 70)), np.int32)
    for job in (Job("submanifold", (5, 5, 5)), Job("regular", (5, 5, 5), (2, 2, 2), pad=(2, 2, 2), shape=(9, 10, 70)), Job("strided", (4, 5, 3), (4, 5, 2)),
                Job("generative", (5, 4, 2), (5, 4, 2), shape=(9, 10, 70)), Job("submanifold", (1, 1, 1)), Job("regular", (1, 1, 5), (1, 1, 5), (1, 1, 12))):
        say(f"{name} dense, {job}", check(b, job, dense))
    say(f"{name} an image", check(b, Job("submanifold", (1, 3, 3)), random_cloud(r, 400, (0, 0, 0), (1, 30, 30), 2)))
    say(f"{name} a line", check(b, Job("regular", (1, 1, 5), (1, 1, 3)), random_cloud(r, 400, (0, 0, -2000), (1, 1, 2000), 2)))
    ascending = np.unique(random_cloud(r, 100, (-9, -9, -9), (9, 9, 9), 2), axis=0)
    say(f"{name} --sorted", check(b, Job("submanifold", (3, 3, 3)), ascending, more=["--sorted"]))


def time(b):
    name = f"{b.port} {b.config} 4-D"
    r = np.random.default_rng([SEED, 25])
    moving = np.array([[3, t, 0, 2, 5 + t] for t in range(-2, 4)], np.int32)  # one point, a site in x each step
    code, rules, sites, stats, out = b.map(moving, "--mode", "submanifold", "--kernel", "3,1,1,3")
    want = [[t, o + t // 3 - 1, o] for t in (0, 4, 8) for o in range(6) if 0 <= o + t // 3 - 1 < 6]  # taps kt * 3 + kx where both step alike
    say(f"{name} a moving point", None if not code and rules.tolist() == want and np.array_equal(sites, moving) and stats["passes"] == 3 else f"expected {want}, got {rules.tolist() if not code else out}")
    empty, one = np.zeros((0, 5), np.int32), np.array([[7, -32768, -5, 31, -32768]], np.int32)
    for mode in MODES:
        onto = random_cloud(r, 30, (-9, -9, -9, -9), (9, 9, 9, 9), 1) if mode == "inverse" else None
        stride = (1,) * 4 if mode == "submanifold" else (2,) * 4
        say(f"{name} {mode} of nothing", check(b, Job(mode, (3, 3, 3, 3), stride), empty, onto))
        say(f"{name} {mode} of one voxel", check(b, Job(mode, (1, 3, 1, 1)), one, one if onto is not None else None))
    say(f"{name} inverse onto nothing", check(b, Job("inverse", (3, 3, 3, 3), (2, 2, 2, 2)), random_cloud(r, 30, (0, 0, 0, 0), (9, 9, 9, 9), 1), empty))
    ends = np.array([[b_, t, z, y, x] for b_ in (0, 255) for t in (-32768, -32767, 32767) for z in (-32768, 32767) for y in (-1, 0) for x in (-32768, 32767)], np.int32)
    say(f"{name} the ends of space", check(b, Job("submanifold", (3, 3, 3, 3)), ends))
    say(f"{name} strided at the ends", check(b, Job("strided", (3, 3, 3, 3), (3, 3, 2, 5)), ends))
    dense = np.array(list(np.ndindex(2, 5, 4, 5, 40)), np.int32)
    for job in (Job("submanifold", (3, 3, 3, 3)), Job("regular", (5, 5, 2, 3), (2, 2, 2, 2), pad=(2, 2, 1, 1), shape=(5, 4, 5, 40)), Job("generative", (2, 2, 2, 2), (2, 2, 2, 2), shape=(5, 4, 5, 40))):
        say(f"{name} dense, {job}", check(b, job, dense))
    say(f"{name} 256 frames", check(b, Job("regular", (1, 1, 1, 3)), np.array([[t // 100, t, 0, 0, t] for t in range(256)], np.int32)))
    ascending = np.unique(random_cloud(r, 100, (-9, -9, -9, -9), (9, 9, 9, 9), 2), axis=0)
    say(f"{name} --sorted", check(b, Job("submanifold", (3, 3, 3, 3)), ascending, more=["--sorted"]))

    cf, of = b.path("C.npy"), b.path("onto.npy")
    c, k3 = moving[:3], ["--mode", "submanifold", "--kernel", "3"]
    b.save("onto.npy", np.ones((2, 4), np.int32))
    apart = np.array([[0, 10 * t, 0, 0, 0] for t in range(128)], np.int32)
    for what, coords, options, want in [
        ("a time", np.array([[0, 32768, 0, 0, 0]], np.int32), k3, f"{cf}: element [0, 1] (byte 132), t, is 32768, expected -32768 .. 32767"),
        ("a time outside the shape", c, [*k3, "--shape", "9"], f"{cf}: element [0, 1] (byte 132), t, is -2, expected 0 .. 8, inside --shape"),
        ("257 frames", np.array([[0, t, 0, 0, 0] for t in range(257)], np.int32), k3, f"{cf}: 257 frames (voxels of one batch and t), expected at most 256"),
        ("128 frames apart", apart, k3, f"{cf}: 257 frames (voxels of one batch and t) of outputs, and of inputs between them, expected at most 256"),
        ("outputs in too many frames", apart, ["--mode", "generative", "--kernel", "3"], f"{cf}: at least 257 frames (voxels of one batch and t) of outputs, and of inputs between them, expected at most 256"),
        ("outputs beyond time", np.array([[4, -32767, 0, 0, 0]], np.int32), ["--mode", "regular", "--kernel", "3"], f"{cf}: voxels of batch 4 and t -32767 have outputs beyond t = -32768 .. 32767"),
        ("a voxel twice", c[[0, 1, 1]], k3, f"{cf}: voxel 1 (3, -1, 0, 2, 4) and voxel 2 (3, -1, 0, 2, 4) are the same, expected each (batch, t, z, y, x) once"),
        ("voxels out of order", c[::-1].copy(), [*k3, "--sorted"], f"{cf}: voxel 1 (3, -1, 0, 2, 4) stands behind voxel 0 (3, 0, 0, 2, 5), expected (batch, t, z, y, x) to ascend with --sorted"),
        ("a kernel of three axes", c, ["--mode", "submanifold", "--kernel", "3,3,3"], "--kernel: 3 numbers, expected one, or t,z,y,x, for voxels with 5 columns"),
        ("a stride of four axes without time", np.ones((1, 4), np.int32), [*k3, "--stride", "1,1,1,1"], "--stride: 4 numbers, expected one, or z,y,x, for voxels with 4 columns"),
        ("an even kernel in time", c, ["--mode", "submanifold", "--kernel", "2,3,3,3"], "--kernel: 2 in t, expected an odd one for mode submanifold"),
        ("outputs without time", c, ["--mode", "inverse", "--kernel", "3", "--onto", of], f"{of}: shape (2, 4), expected [V, 5], as {cf}"),
        ("a grid without times", np.zeros((1, 5), np.int32), ["--mode", "regular", "--kernel", "5,1,1,1", "--shape", "4,9,9,9"],
         "--shape 4,9,9,9: the outputs' grid is empty, or larger than 32768 sites, expected 1 .. 32768 on each axis"),
    ]:
        code, _, _, _, out = b.map(coords, *options)
        say(f"{name} refuses {what}", None if (code, out) == (2, f"lacuna map: {want}\n") else f"expected exit 2 and {want!r}, got {code} and {out!r}")


def large(b):
    """The bound of a large cloud is more memory than a job takes unasked: it is counted first."""
    r = np.random.default_rng([SEED, 22])
    c = random_cloud(r, 370000, (0, 0, 0), (100, 300, 400), 1)
    say(f"{b.port} {b.config} 370,000 voxels", check(b, Job("submanifold", (5, 5, 5)), c))
    say(f"{b.port} {b.config} 1,000,000 outputs", check(b, Job("generative", (3, 3, 3), (2, 2, 2)), c[:40000]))


def refuse(b):
    c = np.array([[0, 3, 2, 1], [0, 1, 2, 3], [1, 1, 2, 3]], np.int32)
    k3 = ["--mode", "submanifold", "--kernel", "3"]
    cf, of, rf = b.path("C.npy"), b.path("onto.npy"), b.path("R.npy")

    def changed(row, column, value):
        d = c.copy()
        d[row, column] = value
        return d
    for name, coords, options, want in [
        ("a batch", changed(1, 0, 256), k3, f"{cf}: element [1, 0] (byte 144), batch, is 256, expected 0 .. 255"),
        ("a negative batch", changed(2, 0, -1), k3, f"{cf}: element [2, 0] (byte 160), batch, is -1, expected 0 .. 255"),
        ("a coordinate", changed(1, 3, 32768), k3, f"{cf}: element [1, 3] (byte 156), x, is 32768, expected -32768 .. 32767"),
        ("a negative coordinate", changed(0, 1, -32769), k3, f"{cf}: element [0, 1] (byte 132), z, is -32769, expected -32768 .. 32767"),
        ("a voxel outside the shape", c, [*k3, "--shape", "4,3,3"], f"{cf}: element [1, 3] (byte 156), x, is 3, expected 0 .. 2, inside --shape"),
        ("a voxel below the shape", changed(1, 2, -1), [*k3, "--shape", "9"], f"{cf}: element [1, 2] (byte 152), y, is -1, expected 0 .. 8, inside --shape"),
        ("a voxel twice", np.concatenate([c, c[1:2]]), k3, f"{cf}: voxel 1 (0, 1, 2, 3) and voxel 3 (0, 1, 2, 3) are the same, expected each (batch, z, y, x) once"),
        ("a voxel twice with --sorted", c[[1, 1]], [*k3, "--sorted"], f"{cf}: voxel 0 (0, 1, 2, 3) and voxel 1 (0, 1, 2, 3) are the same, expected each (batch, z, y, x) once"),
        ("voxels out of order", c, [*k3, "--sorted"], f"{cf}: voxel 1 (0, 1, 2, 3) stands behind voxel 0 (0, 3, 2, 1), expected (batch, z, y, x) to ascend with --sorted"),
        ("one dimension", c[0], k3, f"{cf}: shape (4,), expected [V, 4]: batch, z, y, x, or [V, 5]: batch, t, z, y, x"),
        ("three columns", c[:, :3], k3, f"{cf}: shape (3, 3), expected [V, 4]: batch, z, y, x, or [V, 5]: batch, t, z, y, x"),
        ("int64", c.astype(np.int64), k3, f"{cf}: byte 20: dtype int64, expected int32"),
        ("no columns", np.zeros((3, 0), np.int32), k3, f"{cf}: byte 64: dimension 1 is 0 (an empty array), expected at least 1"),
        ("a given voxel twice", c, ["--mode", "inverse", "--kernel", "3", "--onto", of], f"{of}: voxel 0 (1, 1, 1, 1) and voxel 1 (1, 1, 1, 1) are the same, expected each (batch, z, y, x) once"),
        ("no file to put them onto", c, ["--mode", "inverse", "--kernel", "3", "--onto", "none.npy"], "none.npy: cannot be read: No such file or directory"),
        ("results in place of the voxels", c, [*k3, "-o", cf], f"{cf}: expected an output file that is not an input"),
        ("results in place of each other", c, [*k3, "--out-coords", rf], f"{rf}: expected different files for -o and --out-coords"),
        ("a directory", c, [*k3, "-o", b.folder], f"{b.folder}: cannot be written: it is a directory, expected a file name"),
        ("a grid that is too large between steps", c, ["--mode", "regular", "--kernel", "5", "--stride", "2", "--pad", "5", "--shape", "32768"],
         "--shape 32768,32768,32768: expected a grid that with padding and stride stays below 32768 sites, because this kernel's outputs are made in several steps"),
    ]:
        b.save("onto.npy", np.ones((2, 4), np.int32))
        code, _, _, _, out = b.map(coords, *options)
        say(f"{b.port} {b.config} refuses {name}", None if (code, out) == (2, f"lacuna map: {want}\n") else f"expected exit 2 and {want!r}, got {code} and {out!r}")
    for options, want in [
        ([], "expected --mode submanifold, regular, strided, inverse or generative"),
        (["--mode", "sub"], "--mode 'sub': expected submanifold, regular, strided, inverse or generative"),
        (["--mode", "regular"], "expected --kernel"),
        (["--kernel", "6"], "--kernel '6': expected one integer, or 3 or 4 with commas, of 1 .. 5"),
        (["--kernel", "3,3"], "--kernel '3,3': expected one integer, or 3 or 4 with commas, of 1 .. 5"),
        ([*k3, "--stride", "0"], "--stride '0': expected one integer, or 3 or 4 with commas, of 1 .. 5"),
        ([*k3, "--stride", "1,2,1"], "--stride: 2 in y, expected 1 for mode submanifold"),
        (["--mode", "submanifold", "--kernel", "3,3,2"], "--kernel: 2 in x, expected an odd one for mode submanifold"),
        ([*k3, "--dilation", "16"], "--dilation '16': expected one integer, or 3 or 4 with commas, of 1 .. 15"),
        (["--mode", "generative", "--kernel", "3", "--dilation", "13"], "--dilation: 13 in x, expected at most 12 for mode generative"),
        ([*k3, "--pad", "1,x,1"], "--pad '1,x,1': expected one integer, or 3 or 4 with commas, of -450 .. 450"),
        ([*k3, "--pad", "-451"], "--pad '-451': expected one integer, or 3 or 4 with commas, of -450 .. 450"),
        ([*k3, "--shape", "0"], "--shape '0': expected one integer, or 3 or 4 with commas, of 1 .. 32768"),
        (["--mode", "regular", "--kernel", "5", "--shape", "4"], "--shape 4,4,4: the outputs' grid is empty, or larger than 32768 sites, expected 1 .. 32768 on each axis"),
        (["--mode", "generative", "--kernel", "1", "--stride", "2", "--shape", "20000"],
         "--shape 20000,20000,20000: the outputs' grid is empty, or larger than 32768 sites, expected 1 .. 32768 on each axis"),
        ([*k3, "--onto", of], "--onto: expected --mode inverse with it, the outputs of mode submanifold are not given"),
        (["--mode", "inverse", "--kernel", "3"], "--mode inverse: expected --onto O.npy with it"),
        ([*k3, cf], f"unexpected argument '{cf}', expected one file"),
    ]:
        code, _, _, _, out = b.map(c, *options)  # a matter of options alone: argp adds two lines
        out = out.partition("\n")[0]
        say(f"{b.port} {b.config} refuses {' '.join(options)[:60].replace(b.folder, '')}", None if (code, out) == (2, f"lacuna map: {want}") else f"expected exit 2 and {want!r}, got {code} and {out!r}")
    bare = os.path.join(b.folder, "configs", "bare.cfg")
    with open(os.path.join(b.folder, "configs", b.config + ".cfg"), encoding="ascii") as f, open(bare, "w", encoding="ascii") as g:
        g.write(re.sub(r"^MAP_RING=.*\n", "", f.read(), flags=re.M))
    code, _, _, _, out = b.map(c, *k3, "--config", "bare")
    say(f"{b.port} a machine without a mapping unit", None if b.port != "model" or (code, out) == (2, "lacuna map: configuration bare has no mapping unit\n") else f"{code} {out!r}")
    wide = np.array(list(np.ndindex(1, 1, 3, 32 * b.ring // 2)), np.int32)
    code, _, _, _, out = b.map(wide, *k3)
    say(f"{b.port} {b.config} rows that do not fit the ring", None if code == 1 and "error 23 MAP_RING" in out and "unit MAP" in out and " and left " not in out else f"{code} {out!r}")


# ---- Real clouds ----------------------------------------------------------------------------------------

def triple(v):
    return tuple(v) if isinstance(v, list) else (v,) * 3


def golden(b, only=None):
    files = ["kmap_golden_small_full_tables.json", "kmap_golden_redistributable.json"]
    if not all(os.path.exists(os.path.join(DATA, f)) for f in files):
        print(f"skip - map {b.port} {b.config} maps of real clouds: {DATA} has none")
        return
    r = np.random.default_rng([SEED, 23])
    for f in files:
        with open(os.path.join(DATA, f), encoding="utf-8") as g:
            clouds = json.load(g)["clouds"]
        for cloud in clouds:
            if only is not None and cloud["n"] > only:
                continue
            c = np.load(os.path.join(DATA, cloud["name"] + "_coords.npz"))["coords"].astype(np.int32)
            shuffled = r.permutation(c)
            for n, case in enumerate(cloud["cases"]):
                mode = {"subm": "submanifold", "conv": "regular", "deconv": "generative"}[case["mode"]]
                job = Job(mode, triple(case["kernel"]), triple(case["stride"]), triple(case["dilation"]), triple(case["padding"]), tuple(cloud["shape"]))
                given = shuffled if n % 2 else c
                code, rules, sites, _, out = b.map(given, *job.options())
                error = out if code else same_map(case, job, given, rules, sites)
                say(f"{b.port} {b.config} {cloud['name']} {job}", error)


def same_map(case, job, c, rules, sites):
    if job.grid() != case["out_shape"] and job.mode != "submanifold":
        return f"a grid of {case['out_shape']}, here {job.grid()}"
    if (len(sites), len(rules)) != (case["n_out"], case["pairs"]):
        return f"expected {case['n_out']} outputs and {case['pairs']} rules, got {len(sites)} and {len(rules)}"
    per = np.bincount(rules[:, 0], minlength=len(case["per_offset"])).tolist()
    if per != case["per_offset"]:
        return f"rules of each tap: expected {case['per_offset']}, got {per}"
    fan = int(np.bincount(rules[:, 2]).max())
    if fan != case["max_fan_in_per_out"]:
        return f"expected at most {case['max_fan_in_per_out']} rules an output, got {fan}"
    if not np.array_equal(rules, rules[np.lexsort(rules.T[::-1])]):
        return "rules are not sorted"
    if hashlib.sha256(np.unique(sites, axis=0).astype("<i4").tobytes()).hexdigest() != case["out_coords_sha256_sorted"]:
        return "other sites"
    table = np.column_stack([rules[:, 0], c[rules[:, 1]], sites[rules[:, 2]]]).astype("<i4")
    table = table[np.lexsort(table.T[::-1])]
    if "table_k_in4_out4" in case and table.tolist() != case["table_k_in4_out4"]:
        return "other rules"
    return None if hashlib.sha256(table.tobytes()).hexdigest() == case["sha256_sorted_k_in_out_i4"] else "other rules"


# ---- Voxels ------------------------------------------------------------------------------------------------

def voxel_reference(p, size, batch, f):
    site = np.floor(p[:, ::-1].astype(np.float64) / np.array(size)).astype(np.int64).reshape(-1, 3)
    sites, index, count = np.unique(site, axis=0, return_inverse=True, return_counts=True)
    index = index.reshape(-1)
    sites = np.column_stack([np.full(len(sites), batch), sites.reshape(-1, 3)]).astype(np.int32)
    if f is None:
        return sites, index.astype(np.int32), None
    mean = np.zeros((len(sites), f.shape[1]))
    np.add.at(mean, index, f.astype(np.float64))  # in the order of the points
    return sites, index.astype(np.int32), (mean / count[:, None]).astype(np.float32)


def voxels_of(b, p, size, batch=0, f=None):
    files = [b.path(n) for n in ("V.npy", "G.npy", "I.npy")]
    for n in files:
        if os.path.exists(n):
            os.unlink(n)
    options = ["--features", b.save("F.npy", f), "--out-features", files[1]] if f is not None else []
    code, out = b.run("voxelize", b.save("P.npy", p), "--size", ",".join(map(repr, map(float, size))), "--batch", batch, "-o", files[0], "--out-index", files[2], *options)
    if code:
        return f"exit {code}: {out.strip()}"
    sites, index, mean = voxel_reference(p, size, batch, f)
    error = differs("sites", np.load(files[0]), sites) or differs("index", np.load(files[2])[:, None], index[:, None])
    return error or (differs("means", np.load(files[1]), mean) if f is not None else None)


def voxels(b):
    r = np.random.default_rng([SEED, 24])
    errors = []
    for _ in range(60):
        n = int(r.choice([0, 1, 2, 30, 1000]))
        p = (r.normal(size=(n, 3)) * r.choice([0.01, 1, 300])).astype(np.float32)
        if n > 10:
            p[::3] = np.round(p[::3] * 8) / 8  # on the faces of voxels
        size = r.choice([0.125, 0.1, 1, 2.5], 3)
        if n and np.abs(p[:, ::-1] / size).max() > 32000:
            continue
        errors.append(voxels_of(b, p, size, int(r.integers(256)), r.normal(size=(n, int(r.integers(1, 6)))).astype(np.float32) if r.random() < 0.7 else None))
    errors = [e for e in errors if e]
    say("voxels of random points", f"{len(errors)} wrong, first: {errors[0]}" if errors else None)
    p = np.array([[-32768.0, 32767.99, 0], [-0.0, -1e-30, 1e-30]], np.float32)
    say("voxels at the ends", voxels_of(b, p, (1, 1, 1)))
    scan = os.path.join(DATA, "office1_xyz.npz")
    if os.path.exists(scan):
        with np.load(scan) as d:
            p = d[d.files[0]]
        p = p[np.isfinite(p).all(axis=1)]
        p = (p - p.min(axis=0)).astype(np.float32)
        error = voxels_of(b, p, (0.05,) * 3)
        with np.load(os.path.join(DATA, "pcl_office1_50mm_coords.npz")) as d:
            error = error or differs("sites", np.load(b.path("V.npy")), d["coords"].astype(np.int32))
        say("voxels of a scan", error)
    else:
        print(f"skip - map voxels of a scan: there is no {scan}")
    pf, ff, vf = b.path("P.npy"), b.path("F.npy"), b.path("V.npy")
    nothing = [pf, "--size", "1", "-o", vf]
    for name, points, features, args, want in [
        ("a point too far", np.array([[0, 0, 0], [0, 32768, 0]], np.float32), None, nothing, f"{pf}: point 1 (byte 140) is (0, 32768, 0), expected numbers in voxels -32768 .. 32767"),
        ("a point that is no number", np.array([[0, np.nan, 0]], np.float32), None, nothing, f"{pf}: point 0 (byte 128) is (0, nan, 0), expected numbers in voxels -32768 .. 32767"),
        ("an infinite point", np.array([[0, 0, -np.inf]], np.float32), None, nothing, f"{pf}: point 0 (byte 128) is (0, 0, -inf), expected numbers in voxels -32768 .. 32767"),
        ("four columns", np.zeros((2, 4), np.float32), None, nothing, f"{pf}: shape (2, 4), expected [N, 3]: x, y, z"),
        ("float64", np.zeros((2, 3)), None, nothing, f"{pf}: byte 20: dtype '<f8' is not read here, expected float32"),
        ("features of other points", np.zeros((2, 3), np.float32), np.zeros((3, 1), np.float32), [*nothing, "--features", ff, "--out-features", b.path("G.npy")],
         f"{ff}: shape (3, 1), expected [2, C], a row for each point of {pf}"),
        ("no size", np.zeros((2, 3), np.float32), None, [pf, "-o", vf], "expected --size"),
        ("a size of 0", np.zeros((2, 3), np.float32), None, [pf, "--size", "0", "-o", vf], "--size '0': expected one number above 0, or three with commas"),
        ("two sizes", np.zeros((2, 3), np.float32), None, [pf, "--size", "1,2", "-o", vf], "--size '1,2': expected one number above 0, or three with commas"),
        ("a size that is no number", np.zeros((2, 3), np.float32), None, [pf, "--size", "nan", "-o", vf], "--size 'nan': expected one number above 0, or three with commas"),
        ("half of the features' options", np.zeros((2, 3), np.float32), None, [*nothing, "--features", ff], "expected --features and --out-features together"),
    ]:
        b.save("P.npy", points)
        if features is not None:
            b.save("F.npy", features)
        if os.path.exists(vf):
            os.unlink(vf)
        code, out = b.run("voxelize", *args)
        out = out.partition("\n")[0]
        say(f"voxelize refuses {name}", None if (code, out) == (2, f"lacuna voxelize: {want}") and not os.path.exists(vf) else f"expected exit 2 and {want!r}, got {code} and {out!r}")


def main():
    ports = sys.argv[1:2] or ["model", "rtl"]
    configs = sys.argv[2:3] or CONFIGS
    with tempfile.TemporaryDirectory(prefix="lacuna-map-") as folder:
        for port in ports:
            for i, config in enumerate(configs):
                b = Bench(port, config, folder)
                if port != "model" and (not b.has_map or not os.path.exists(os.path.join(BUILD, "rtl", config + ".so"))):
                    print(f"skip - map {port} {config}: " + (f"build/rtl/{config}.so is not built" if b.has_map else "this configuration has no mapping unit"))
                    continue
                directed(b)
                time(b)
                if i == 0:
                    refuse(b)
                    golden(b, None if port == "model" else 3000)
                if port == "model" and i == 0:
                    large(b)
                    voxels(b)
                jobs = int(os.environ.get("MAPS") or (150 if port == "model" else 30))
                r = np.random.default_rng([SEED, 20, i])
                errors = [e for e in (random_job(b, r, 1500 if port == "model" else 300) for _ in range(jobs)) if e]
                say(f"{port} {config} {jobs} random maps", f"{len(errors)} wrong, first: {errors[0]}" if errors else None)
                errors = [e for e in (random_time_job(b, r, 600 if port == "model" else 150) for _ in range(jobs * 2 // 3)) if e]
                say(f"{port} {config} {jobs * 2 // 3} random maps, 4-D", f"{len(errors)} wrong, first: {errors[0]}" if errors else None)
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
