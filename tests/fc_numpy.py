#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# fc_numpy.py [PORT [CONFIG]] - `lacuna fc` against NumPy and Python's integers, exactly
#
#   Oracle   sums in int64 (W @ (X - z)), requantisation in Python's unbounded integers, pruning and clustering by their definition;
#            nothing of the project is used but the command itself.
#   Lines    directed jobs print one line each, random jobs one line a port and configuration. SEED repeats a run.
#   Port     model: every configuration. rtl: those that build/rtl/NAME.so exists for, fewer and smaller jobs.
import json
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
BUILD = os.path.join(ROOT, os.environ.get("B", "build"))
SEED = int(os.environ.get("SEED", "1"))
N_OF = {"1:4": 1, "2:4": 2, "3:4": 3, "4:4": 4}
bad = 0


def say(name, error):
    global bad
    if error:
        bad += 1
        print(f"not ok - fc {name}: {error} (SEED={SEED})")
    else:
        print(f"ok - fc {name}")
    sys.stdout.flush()


class Bench:
    """One port and configuration, and a folder for its files."""

    def __init__(self, port, config, folder):
        self.port, self.config, self.folder = port, config, folder
        with open(os.path.join(ROOT, "configs", config + ".cfg"), encoding="ascii") as f:
            self.keys = {key: int(value) for key, value in re.findall(r"^(\w+)=(\d+)", f.read(), re.M)}
        self.lanes, self.line = self.keys["LANES"], max(8, self.keys["DATA_W"] // 8)

    def lines(self, n):
        """n bytes in whole lines."""
        return -(-n // self.line) * self.line

    def list_bytes(self, rows, zero):
        """What lists of these rows take on the bus, a header line each."""
        return sum(self.line + self.lines(4 * int(n)) for n in (rows != zero).sum(axis=1))

    def path(self, name):
        return os.path.join(self.folder, name)

    def save(self, name, array, version=None):
        with open(self.path(name), "wb") as f:
            np.lib.format.write_array(f, np.ascontiguousarray(array) if array.ndim else array, version=version)
        return self.path(name)

    def fc(self, w, x, *options, version=None):
        """Returns (exit code, Y or None, stats, output)."""
        y, stats = self.path("Y.npy"), self.path("stats.json")
        for f in (y, stats):
            if os.path.exists(f):
                os.unlink(f)
        cmd = [os.path.join(BUILD, "lacuna"), "--port", self.port, "fc", "--config", self.config, "--stats", stats,
               self.save("W.npy", w, version), self.save("X.npy", x, version), "-o", y, *map(str, options)]
        p = subprocess.run(cmd, capture_output=True, text=True, timeout=300, check=False)
        if p.returncode:
            return p.returncode, None, None, p.stdout + p.stderr
        with open(stats, encoding="utf-8") as f:
            return 0, np.load(y), json.load(f), p.stdout + p.stderr


def accumulate(w, x, z):
    return (x.astype(np.int64) - z) @ w.astype(np.int64).T


def requantise(acc, bias, m, s, zp, lo, hi, dtype):
    """docs/numerics.md, in integers without a size."""
    n, k = acc.shape
    out = np.empty((n, k), dtype)
    for i in range(n):
        for j in range(k):
            q = ((int(acc[i, j]) + bias[j]) * m[j] + (1 << (s[j] - 1))) >> s[j]
            out[i, j] = min(hi, max(lo, zp + q))
    return out


def differs(got, want):
    if got.dtype != want.dtype or got.shape != want.shape:
        return f"expected {want.dtype} {want.shape}, got {got.dtype} {got.shape}"
    at = np.argwhere(got != want)
    if len(at):
        i = tuple(int(v) for v in at[0])
        return f"{len(at)} of {want.size} elements wrong, first {list(i)}: expected {want[i]}, got {got[i]}"
    return None


def macs(w, x, z):
    """Products with both operands non-zero."""
    return int(((x.astype(np.int64) != z).sum(axis=0) * (w != 0).sum(axis=0)).sum())


def check_stats(b, stats, w, x, z, repeat=1):
    need = macs(w, x, z) * repeat
    if stats["needed_macs"] != need:
        return f"needed_macs: expected {need}, got {stats['needed_macs']}"
    if stats["dense_macs"] != x.shape[0] * w.size * repeat:
        return f"dense_macs: expected {x.shape[0] * w.size * repeat}, got {stats['dense_macs']}"
    if stats["format"].startswith("csc") and stats["issued_macs"] != need:
        return f"issued_macs: expected {need} (a zero operand costs no multiplication), got {stats['issued_macs']}"
    if stats["issued_macs"] < need:
        return f"issued_macs {stats['issued_macs']} below needed {need}"
    if (stats["cycles"] is None) != (b.port == "model") or stats["lanes"] != b.lanes or stats["config"] != b.config:
        return f"cycles {stats['cycles']}, lanes {stats['lanes']}, config {stats['config']} on port {b.port}"
    if b.port == "rtl" and abs(stats["utilisation"] - need / (b.lanes * stats["cycles"])) > 1e-9:
        return f"utilisation {stats['utilisation']}"
    if b.port == "rtl":
        for unit, c in stats["counters"].items():
            if sum(c.values()) != stats["cycles"] * (b.lanes if unit == "lanes" else 1) or min(c.values()) < 0:
                return f"counters of {unit}: {c} do not add up to {stats['cycles']} cycles"
    return None


def check_bytes(b, stats, x_rows, z, repeat, all_used=True):
    """Bytes moved, by tensor. x_rows: X as the machine takes it, a line each, but for channels that are filled up."""
    once, moved = stats["tensor_bytes"], stats["moved_bytes"]
    if (sum(moved.values()) - moved["output"], moved["output"]) != (stats["bytes_read"], stats["bytes_written"]):
        return f"moved {moved}, but {stats['bytes_read']} read and {stats['bytes_written']} written"
    dense, listed = len(x_rows) * b.lines(x_rows[0].nbytes), b.list_bytes(x_rows, z)
    if once["input"] != listed if stats["input_as"] == "list" else once["input"] < dense:
        return f"input of {once['input']} bytes, expected {listed} as lists or {dense} dense"
    if stats["storage"] != "columns" and (moved["weights"] if stats["resident"] else all_used and moved["weights"] < once["weights"]):
        return f"weights of {once['weights']} bytes, {moved['weights']} moved"
    if moved["output"] != repeat * once["output"]:
        return f"output of {once['output']} bytes, {moved['output']} moved"
    return None


def random_lists(r, options, requantised):
    """Options for lists in and out; often none."""
    if r.random() < 0.4:
        options += ["--input-as", str(r.choice(["list", "list", "auto"]))]
    if requantised and r.random() < 0.4:
        options += ["--output-as", "list"]


def random_w(r, fmt, k, c, density):
    """A matrix that is legal for the format."""
    keep = r.random((k, c)) < density
    if fmt == "csc":
        dtype = r.choice([np.int8, np.int16])
        info = np.iinfo(dtype)
        values = r.integers(info.min, int(info.max) + 1, r.integers(1, 16))
        values[values == 0] = 1
        w = r.choice(values, (k, c)).astype(dtype)
    else:
        w = r.integers(-128, 128, (k, c)).astype(np.int8)
    w[~keep] = 0
    if fmt in N_OF:  # random survivors in every group
        for g in range(0, c, 4):
            rank = r.random((k, min(4, c - g))).argsort(axis=1).argsort(axis=1)
            w[:, g:g + 4][rank >= N_OF[fmt]] = 0
    return w


def random_x(r, n, c, density, z=None):
    dtype = r.choice([np.int8, np.uint8, np.int16])
    info = np.iinfo(dtype)
    z = int(r.integers(info.min, int(info.max) + 1)) if z is None else z
    x = r.integers(info.min, int(info.max) + 1, (n, c)).astype(dtype)
    x[r.random((n, c)) >= density] = z
    return x, z


def random_requant(b, r, k):
    """Options, and what they mean: (options, bias, m, s, zp, lo, hi, dtype)."""
    dtype = r.choice([np.int8, np.uint8, np.int16])
    info = np.iinfo(dtype)
    options, bias, m, s = ["--out-type", np.dtype(dtype).name], [0] * k, [2] * k, [1] * k
    if r.random() < 0.7:
        a = r.integers(-2**31, 2**31, k) if r.random() < 0.2 else r.integers(-10000, 10000, k)
        bias = [int(v) for v in a]
        options += ["--bias", b.save("B.npy", a.astype(np.int32))]
    if r.random() < 0.9:
        scalar = r.random() < 0.3
        a = r.integers(0, 2**31, () if scalar else k)
        if not scalar and r.random() < 0.3:
            a[r.integers(0, k)] = 2**31 - 1
        t = r.integers(1, 63, () if r.random() < 0.3 else k) if r.random() < 0.3 else r.integers(28, 48, () if r.random() < 0.3 else k)
        options += ["--multiplier", b.save("M.npy", np.asarray(a, np.int32)), "--shift", b.save("S.npy", np.asarray(t, np.int8))]
        m = [int(v) for v in np.broadcast_to(a, k)]
        s = [int(v) for v in np.broadcast_to(t, k)]
    zp, lo, hi = 0, int(info.min), int(info.max)
    if r.random() < 0.6:
        zp = int(r.integers(lo, hi + 1))
        options += ["--zero-point", zp]
    if r.random() < 0.4:
        lo, hi = sorted(int(v) for v in r.integers(lo, hi + 1, 2))
        options += ["--clamp", f"{lo},{hi}"]
    return options, bias, m, s, zp, lo, hi, dtype


def fits36(w, x, z):
    """No order of the additions leaves 36 bits."""
    return int((abs(x.astype(np.int64) - z) @ abs(w.astype(np.int64)).T).max()) < 2**35


def random_job(b, r, small):
    """None, or what went wrong."""
    fmt = str(r.choice(["csc", "csc8", "1:4", "2:4", "3:4", "4:4"]))
    edge = [1, 2, 3, b.lanes - 1, b.lanes, b.lanes + 1]
    k = int(r.choice(edge)) if r.random() < 0.4 else int(r.integers(1, 60 if small else 300))
    c = int(r.choice([1, 3, 4, 5, 31, 32, 33])) if r.random() < 0.4 else int(r.integers(1, 80 if small else 400))
    n = int(r.integers(1, 4)) if small or r.random() < 0.5 else int(r.integers(1, 30))
    wd, xd = (float(r.choice([0, 0.05, 0.3, 0.7, 1.0])) for _ in range(2))
    w = random_w(r, fmt, k, c, wd)
    x, z = random_x(r, n, c, xd)
    while not fits36(w, x, z):
        if fmt != "csc":
            x, z = random_x(r, n, c, xd, 0)
            continue
        w = (w // 4).astype(w.dtype)
    options = ["--input-zero-point", z]
    if r.random() < 0.8:
        options += ["--format", fmt]
    if r.random() < 0.3:
        options += ["--stream"]
    repeat = int(r.integers(2, 4)) if r.random() < 0.2 else 1
    if repeat > 1:
        options += ["--repeat", repeat]
    want = accumulate(w, x, z)
    if r.random() < 0.6:
        more, bias, m, s, zp, lo, hi, dtype = random_requant(b, r, k)
        options += more
        want = requantise(want, bias, m, s, zp, lo, hi, dtype)
    random_lists(r, options, "--out-type" in options)
    name = f"W {w.dtype} [{k}, {c}] density {wd}, X {x.dtype} [{n}, {c}] density {xd}, {' '.join(map(str, options))}"
    code, y, stats, out = b.fc(w, x, *options)
    error = f"exit {code}: {out.strip()}" if code else differs(y, want) or check_stats(b, stats, w, x, z, repeat) or check_bytes(b, stats, x, z, repeat)
    if error and "--input-as" in options and "cannot be cut to fit" in error:  # a list is not loaded in parts
        return None
    return f"{name}: {error}" if error else None


def job(b, w, x, *options, z=0, fmt=None):
    """None, or what went wrong, with exact accumulators."""
    opts = ["--input-zero-point", z, *options] + (["--format", fmt] if fmt else [])
    code, y, stats, out = b.fc(w, x, *opts)
    return f"exit {code}: {out.strip()}" if code else differs(y, accumulate(w, x, z)) or check_stats(b, stats, w, x, z)


def directed(b):
    r = np.random.default_rng([SEED, 1])
    tag = f"{b.port} {b.config}"
    all_formats = ["csc", "csc8", "1:4", "2:4", "3:4", "4:4"]
    one = np.array([[7]], np.int8)

    say(f"{tag} one weight, one activation", next((e for f in all_formats if (e := job(b, one, one, fmt=f))), None))
    zero = np.zeros((b.lanes + 1, 9), np.int8)
    x, z = random_x(r, 2, 9, 1.0)
    say(f"{tag} no weight at all", next((e for f in all_formats if (e := job(b, zero, x, z=z, fmt=f))), None))
    w = random_w(r, "2:4", b.lanes + 3, 10, 1.0)
    say(f"{tag} no activation at all", next((e for f in ("csc8", "2:4") if (e := job(b, w, np.full((2, 10), -128, np.int8), z=-128, fmt=f))), None))

    w = np.array([[-128, 127, 0, 1], [127, -128, -1, 0]], np.int8)
    x = np.array([[-32768, 32767, -32768, 32767]], np.int16)
    say(f"{tag} 17-bit activations", job(b, w, x, z=32767, fmt="csc8") or job(b, w, x, z=-32768, fmt="4:4"))
    values = np.array([-32768, 32767, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0], np.int16)
    x = np.array([[255, 0, 1, 128]], np.uint8)
    say(f"{tag} fifteen values, the extremes among them", job(b, np.resize(values, (20, 4)), x, z=3, fmt="csc"))
    w = random_w(r, "csc8", 2 * b.lanes + 1, 23, 0.4)
    w[:, [0, 5, 6, 22]] = 0
    x, z = random_x(r, 3, 23, 0.8)
    say(f"{tag} empty columns: first, two in a row, last", job(b, w, x, z=z, fmt="csc8"))

    # One row in a long way: the gap passes its escape limit (64 rows for csc, 256 for csc8).
    for fmt, rows in (("csc", 66), ("csc8", 258)) if b.port == "model" else (("csc", 66),):
        w = np.zeros((rows * b.lanes, 3), np.int8)
        w[-b.lanes:, 1] = 3
        w[0, 1] = w[-1, 2] = 5
        if rows * b.lanes < 66000:
            say(f"{tag} a gap of {rows - 2} rows in {fmt}", job(b, w, np.array([[1, -2, 3]], np.int8), fmt=fmt))

    # Requantisation at the ends of every field.
    w = np.array([[127], [-128], [1], [-1], [3], [-3]], np.int8)
    x = np.array([[32767], [-32768], [1], [0], [-1], [5]], np.int16)
    m, s = np.array([2**31 - 1, 2**31 - 1, 1, 1, 2**30, 0], np.int32), np.array([62, 20, 1, 1, 31, 62], np.int8)
    bias = np.array([2**31 - 1, -2**31, 0, 0, 1, -1], np.int32)
    files = ["--bias", b.save("B.npy", bias), "--multiplier", b.save("M.npy", m), "--shift", b.save("S.npy", s)]
    for name, zp, lo, hi in (("int8", -128, -128, 127), ("uint8", 255, 0, 255), ("int16", 1, -32768, 32767), ("int16", 0, 5, 5)):
        code, y, _, out = b.fc(w, x, *files, "--out-type", name, "--zero-point", zp, "--clamp", f"{lo},{hi}", "--format", "csc8")
        want = requantise(accumulate(w, x, 0), bias.tolist(), m.tolist(), s.tolist(), zp, lo, hi, np.dtype(name))
        say(f"{tag} requantised at the limits, {name} {lo}..{hi}", out.strip() if code else differs(y, want))
    code, y, _, out = b.fc(w, x, "--out-type", "int16", "--format", "csc8")
    say(f"{tag} --out-type alone: times one, clamped", out.strip() if code else differs(y, np.clip(accumulate(w, x, 0), -32768, 32767).astype(np.int16)))

    k = 13 * b.lanes + 5  # beyond the parameter RAM of `odd`, which then stores int8 in slices of channels
    w, x = random_w(r, "3:4", k, 6, 1.0), np.array([[9, -9, 1, 0, 3, 7], [0, 0, 1, 0, 0, 0]], np.int8)
    m, s, bias = r.integers(2**29, 2**31, k), r.integers(33, 37, k), r.integers(-500, 500, k)
    files = ["--bias", b.save("B.npy", bias.astype(np.int32)), "--multiplier", b.save("M.npy", m.astype(np.int32)), "--shift", b.save("S.npy", s.astype(np.int8))]
    code, y, _, out = b.fc(w, x, *files, "--format", "3:4")
    want = requantise(accumulate(w, x, 0), bias.tolist(), m.tolist(), s.tolist(), 0, -128, 127, np.int8)
    say(f"{tag} {k} channels as int8, each with its own bias, multiplier and shift", out.strip() if code else differs(y, want))

    # Three formats take this one; auto takes the cheapest.
    w = np.tile(np.array([[3, 0, 0, -4]], np.int8), (b.lanes * 2, 5))
    code, _, stats, out = b.fc(w, np.ones((1, 20), np.int8))
    say(f"{tag} auto finds 2:4", out.strip() if code else None if stats["format"] == "2:4" else f"expected 2:4, got {stats['format']}")
    w = r.integers(1, 128, (b.lanes, 16)).astype(np.int8)
    code, _, stats, out = b.fc(w, np.ones((1, 16), np.int8))
    say(f"{tag} auto takes 4:4 for a dense matrix", out.strip() if code else None if stats["format"] == "4:4" else f"expected 4:4, got {stats['format']}")
    w = np.zeros((b.lanes * 4, 16), np.int8)
    w[:, 3] = 1
    w[::7, 1] = 9
    code, _, stats, out = b.fc(w, np.tile(np.array([1, 0, 0, 0], np.int8), (1, 4)))
    say(f"{tag} auto takes csc where activations miss the weights", out.strip() if code else None if stats["format"] == "csc" else f"expected csc, got {stats['format']}")


def tiles(b):
    """Streamed weights in as few tiles as fit, and in as many as take the fewest cycles: the same outputs, sooner."""
    r = np.random.default_rng([SEED, 5])
    x = random_x(r, 1, 400, 0.7, 0)[0]
    for fmt, storage in (("2:4", "packed"), ("csc8", "packed"), ("csc", "columns")):
        w = random_w(r, fmt, 12 * b.lanes, 400, 0.6)
        while not fits36(w, x, 0):
            w = (w // 4).astype(w.dtype)
        want, options = accumulate(w, x, 0), ("--format", fmt, "--stream", *(() if fmt == "2:4" else ("--storage", storage)))
        runs = {"few": b.fc(w, x, *options, "--tiles", 1), "best": b.fc(w, x, *options), "again": b.fc(w, x, *options, "--repeat", 2)}
        error = next((f"{name}: {e}" for name, (code, y, stats, out) in runs.items() if (e := out.strip() if code else differs(y, want))), None)
        if not error:
            few, best, again = (runs[k][2] for k in ("few", "best", "again"))
            took = [s["cycles"] or s["predicted_cycles"] for s in (few, best)]
            if not few["weight_blocks"] == again["weight_blocks"] < best["weight_blocks"] or not took[1] < took[0]:
                error = f"{few['weight_blocks']} blocks in {took[0]} cycles, {best['weight_blocks']} in {took[1]}; repeated, {again['weight_blocks']} blocks"
            elif b.port == "rtl" and abs(best["predicted_cycles"] / best["cycles"] - 1) > 0.03:
                error = f"{best['cycles']} cycles, predicted {best['predicted_cycles']}"
        say(f"{b.port} {b.config} streamed in several tiles, {fmt} {storage}", error)
    for density, storage in ((0.02, "columns"), (1.0, "packed")):
        x = random_x(r, 1, 400, density, 0)[0]
        code, y, stats, out = b.fc(w, x, "--format", "csc", "--stream")
        error = out.strip() if code else differs(y, accumulate(w, x, 0)) or (None if stats["storage"] == storage else f"storage {stats['storage']}")
        say(f"{b.port} {b.config} streamed, activations of density {density}: {storage}", error)


def latency(b):
    """--memory-latency: cycles grow by what the first request waits at least, and are predicted; advise knows the same memory."""
    r = np.random.default_rng([SEED, 6])
    w, x, took = random_w(r, "2:4", 20, 40, 1.0), random_x(r, 1, 40, 1.0, 0)[0], {}
    error = None
    for n in (1, 20, 300, None):
        more = ("--memory-latency", n) if n else ()
        code, y, stats, out = b.fc(w, x, "--format", "2:4", "--stream", *more)
        error = error or (out.strip() if code else differs(y, accumulate(w, x, 0)))
        if error:
            break
        took[n] = stats["cycles"] or stats["predicted_cycles"]
        advice = b.path("advice.json")
        subprocess.run([os.path.join(BUILD, "lacuna"), "-q", "--port", b.port, "--config", b.config, "--stats", advice, "advise", b.path("W.npy"),
                        b.path("X.npy"), "--stream", *map(str, more)], check=True)
        with open(advice, encoding="utf-8") as f:
            advised = json.load(f)
        cost = next(e for e in advised["formats"] if e["format"] == "2:4")["streamed"]["predicted_cycles"]
        if not stats["memory"]["latency"] == advised["memory"]["latency"] == (n or 20):
            error = f"latency {n}: {stats['memory']}, advise {advised['memory']}"
        elif abs(stats["predicted_cycles"] / took[n] - 1) > 0.03 or abs(cost / took[n] - 1) > 0.03:
            error = f"latency {n}: {took[n]} cycles, predicted {stats['predicted_cycles']}, advised {cost}"
    if not error and not (took[1] + 19 <= took[20] == took[None] and took[20] + 280 <= took[300]):
        error = f"cycles by latency: {took}"
    say(f"{b.port} {b.config} memory latency", error)


def host(b):
    """Files, pruning and clustering: the host's own work, once is enough."""
    r = np.random.default_rng([SEED, 2])
    tag = f"{b.port} {b.config}"
    w, (x, z) = random_w(r, "csc8", 19, 13, 0.6), random_x(r, 3, 13, 0.7)
    for version in ((1, 0), (2, 0), (3, 0)):
        code, y, _, out = b.fc(w, x, "--input-zero-point", z, version=version)
        say(f"{tag} files of version {version[0]}.{version[1]}", out.strip() if code else differs(y, accumulate(w, x, z)))
    code, y, stats, out = b.fc(w, x, "--input-zero-point", z, "--repeat", 5)
    error = out.strip() if code else differs(y, accumulate(w, x, z)) or check_stats(b, stats, w, x, z, 5)
    say(f"{tag} five repetitions", error or (None if stats["repeat"] == 5 and "throughput_cycles" in stats else f"stats {stats}"))

    for fmt, n in N_OF.items():
        w = r.integers(-128, 128, (17, 22)).astype(np.int8)
        w[3] = 5  # ties: the leftmost stay
        w[4, :4] = [-128, 127, 1, 0]
        kept = w.astype(int)
        for row in kept:
            for g in range(0, row.size, 4):
                group = row[g:g + 4]  # a view; sorted() is stable
                for i in sorted(range(group.size), key=lambda i: -abs(group[i]))[n:]:  # pylint: disable=cell-var-from-loop
                    group[i] = 0
        x, z = random_x(r, 2, 22, 0.9)
        code, y, stats, out = b.fc(w, x, "--input-zero-point", z, "--format", fmt, "--prune")
        gone = int((w != 0).sum() - (kept != 0).sum())
        error = out.strip() if code else differs(y, accumulate(kept, x, z))
        say(f"{tag} --prune to {fmt}", error or (None if f"prune: {gone} non-zero" in out and stats["pruned"] == gone else f"expected {gone} removed, got {out.strip()}, stats {stats['pruned']}"))

    eye = np.eye(24, dtype=np.int8)  # Y = W transposed: what the clusters became
    few = r.choice(np.array([0, -1.5, 0.25, 3.0], np.float32), (30, 24))
    many = (r.normal(0, 0.1, (30, 24)) * (r.random((30, 24)) < 0.7)).astype(np.float32)
    skew = many.copy()
    skew[0, 0] = 50.0  # an outlier leaves most evenly spaced centres empty
    for name, w in (("three values", few), ("a normal distribution", many), ("an outlier", skew), ("nothing but zeros", few * 0)):
        code, y, stats, out = b.fc(w, eye, "--cluster")
        if code:
            say(f"{tag} --cluster {name}", out.strip())
            continue
        q, scale = y.T, stats["weight_scale"]
        e = w.astype(np.float64) - q * scale
        distinct = len(set(q[q != 0].tolist()))
        error = None
        if abs(np.sqrt((e * e).mean()) - stats["cluster_rms_error"]) > 1e-9 + 1e-6 * stats["cluster_rms_error"]:
            error = f"rms error: expected {np.sqrt((e * e).mean())}, got {stats['cluster_rms_error']}"
        elif abs(abs(e).max() - stats["cluster_max_error"]) > 1e-9 + 1e-6 * stats["cluster_max_error"]:
            error = f"largest error: expected {abs(e).max()}, got {stats['cluster_max_error']}"
        elif distinct > 15 or q.max(initial=0) > 32767 or ((w == 0) & (q != 0)).any():
            error = f"{distinct} distinct values, largest {q.max()}"
        elif len(set(w[w != 0].tolist())) <= 15 and abs(e).max() > scale:
            error = f"few values are not kept: error {abs(e).max()}"
        else:  # Lloyd's condition: every weight has the nearest centre (up to rounding of the centres)
            codes = np.array(sorted(set(q[q != 0].tolist())) or [0])
            v = w[w != 0] / scale
            near = np.abs(v[:, None] - codes[None, :]).min(axis=1)
            worst = (np.abs(v - q[w != 0]) - near).max(initial=0)
            if worst > 2:
                error = f"a weight is {worst} steps further from its value than from another"
            elif distinct < 13 and len(set(w[w != 0].tolist())) > 15:  # a centre next to 0 may round to 0
                error = f"only {distinct} of 15 values used"
        say(f"{tag} --cluster {name}", error)


def large(b):
    """The longest dimensions, and a batch beyond one driver job."""
    r = np.random.default_rng([SEED, 3])
    tag = f"{b.port} {b.config}"
    x = r.integers(-128, 128, (2, 65535)).astype(np.int8)
    w = random_w(r, "csc8", 3, 65535, 0.1)
    say(f"{tag} 65535 input channels", job(b, w, x, fmt="csc8"))
    w = random_w(r, "2:4", 65535, 3, 1.0)
    say(f"{tag} 65535 output channels", job(b, w, x[:, :3], fmt="2:4"))
    w = random_w(r, "csc8", 2, 18, 1.0)
    say(f"{tag} 70000 points", job(b, w, r.integers(-128, 128, (70000, 18)).astype(np.int8), fmt="csc8"))
    if b.config == "odd":  # 24 accumulators: one point at a time, more commands than a ring can hold
        w = random_w(r, "csc8", 24 * b.lanes, 2, 0.2)
        say(f"{tag} more than 65535 commands", job(b, w, r.integers(-128, 128, (23000, 2)).astype(np.int8), fmt="csc8"))


def main():
    ports = sys.argv[1:2] or ["model", "rtl"]
    configs = sys.argv[2:3] or sorted(f[:-4] for f in os.listdir(os.path.join(ROOT, "configs")) if f.endswith(".cfg"))
    with tempfile.TemporaryDirectory(prefix="lacuna-fc-") as folder:
        for port in ports:
            for i, config in enumerate(configs):
                if port == "rtl" and not os.path.exists(os.path.join(BUILD, "rtl", config + ".so")):
                    print(f"skip - fc rtl {config}: build/rtl/{config}.so is not built")
                    continue
                b = Bench(port, config, folder)
                slow = port == "rtl" and b.lanes > 32  # a second to start: a few jobs only
                if not slow:
                    directed(b)
                if config == "l8" or len(configs) == 1:
                    host(b)
                    tiles(b)
                    latency(b)
                if port == "model" and config in ("l64", "odd"):
                    large(b)
                jobs = 40 if port == "model" else 4 if slow else 12
                r = np.random.default_rng([SEED, 4, port == "rtl", i])
                errors = [e for e in (random_job(b, r, port == "rtl") for _ in range(jobs)) if e]
                say(f"{port} {config} {jobs} random jobs", f"{len(errors)} wrong, first: {errors[0]}" if errors else None)
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
