#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# conv_numpy.py [PORT [CONFIG]] - `lacuna conv` against NumPy and Python's integers, exactly
#
#   Oracle   the sum of lac_conv_shape's contract in int64, tap by tap over a padded image; requantisation in Python's unbounded integers; the counts of --stats
#            from the same taps. Nothing of the project is used but the command itself.
#   Lines    directed jobs print one line each, random jobs one line a port and configuration. SEED repeats a run.
#   Port     model: five configurations. rtl: those that build/rtl/NAME.so exists for, fewer jobs, each on the model too.
import json
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

import fc_numpy
from fc_numpy import BUILD, N_OF, SEED, check_bytes, differs, random_lists, random_requant, random_w, random_x, requantise

CONFIGS = ["l8", "l64", "odd", "w512", "l4"]
FORMATS = ["csc", "csc8", *N_OF]
bad = 0
orders = [0, 0]  # jobs with taps as columns, as rows
guesses = []  # predicted cycles / cycles


def say(name, error):
    global bad
    bad += bool(error)
    print(f"not ok - conv {name}: {error} (SEED={SEED})" if error else f"ok - conv {name}")
    sys.stdout.flush()


class Bench(fc_numpy.Bench):
    def __init__(self, port, config, folder):
        super().__init__(port, config, folder)
        self.feature_bytes = self.keys["FEAT_DEPTH"] * self.line

    def conv(self, w, x, *options, port=None):
        """Returns (exit code, Y or None, stats, output)."""
        y, stats = self.path("Y.npy"), self.path("stats.json")
        for f in (y, stats):
            if os.path.exists(f):
                os.unlink(f)
        cmd = [os.path.join(BUILD, "lacuna"), "--port", port or self.port, "conv", "--config", self.config, "--stats", stats,
               self.save("W.npy", w), self.save("X.npy", x), "-o", y, *map(str, options)]
        p = subprocess.run(cmd, capture_output=True, text=True, timeout=300, check=False)
        if p.returncode:
            return p.returncode, None, None, p.stdout + p.stderr
        with open(stats, encoding="utf-8") as f:
            return 0, np.load(y) if os.path.exists(y) else None, json.load(f), p.stdout + p.stderr


class Shape:
    """What the options say, and the definition of a convolution by them."""

    def __init__(self, stride=(1, 1), pad=(0, 0, 0, 0), dilation=(1, 1), groups=1):
        self.stride, self.pad, self.dilation, self.groups = stride, pad, dilation, groups

    def options(self):
        def text(v):
            return ",".join(map(str, v if len(set(v)) > 1 else v[:1]))
        given = [("--stride", text(self.stride), "1"), ("--pad", text(self.pad), "0"), ("--dilation", text(self.dilation), "1"),
                 ("--groups", str(self.groups), "1")]
        return [t for name, value, default in given if value != default for t in (name, value)]

    def out(self, w, x):
        (sy, sx), (t, l, b, r), (dy, dx) = self.stride, self.pad, self.dilation
        return ((x.shape[1] + t + b - (w.shape[1] - 1) * dy - 1) // sy + 1, (x.shape[2] + l + r - (w.shape[2] - 1) * dx - 1) // sx + 1)

    def taps(self, w, x):
        """For each tap (r, s): what it sees, [N, OH, OW, C], 0 outside x."""
        (sy, sx), (t, l, b, r), (dy, dx), (oh, ow) = self.stride, self.pad, self.dilation, self.out(w, x)
        padded = np.zeros((x.shape[0], x.shape[1] + t + b, x.shape[2] + l + r, x.shape[3]), x.dtype)
        padded[:, t:t + x.shape[1], l:l + x.shape[2]] = x
        for i in range(w.shape[1]):
            for j in range(w.shape[2]):
                yield i, j, padded[:, i * dy:i * dy + (oh - 1) * sy + 1:sy, j * dx:j * dx + (ow - 1) * sx + 1:sx]

    def conv(self, w, x):
        """int64; x counts from 0."""
        k, c = w.shape[0] // self.groups, w.shape[3]
        y = np.zeros((x.shape[0], *self.out(w, x), w.shape[0]), np.int64)
        for i, j, seen in self.taps(w, x):
            for g in range(self.groups):
                y[..., g * k:(g + 1) * k] += seen[..., g * c:(g + 1) * c] @ w[g * k:(g + 1) * k, i, j].T.astype(np.int64)
        return y

    def macs(self, w, x, after):
        """(multiplications with both operands non-zero, all that are inside the image; activations that are not zero, groups of four channels that are not)"""
        k, c = w.shape[0] // self.groups, w.shape[3]
        need = items = fours = 0
        count = after.seen(*self.out(w, x))
        for i, j, seen in self.taps(w, (x != 0).astype(np.int64)):
            seen = seen * count
            uses = seen.sum(axis=(0, 1, 2))
            items += int(uses.sum())
            fours += sum(int(seen[..., g:g + 4].any(axis=-1).sum()) for g in range(0, x.shape[3], 4))
            for g in range(self.groups):
                need += int((uses[g * c:(g + 1) * c] * (w[g * k:(g + 1) * k, i, j] != 0).sum(axis=0)).sum())
        inside = sum(int((seen * count).sum()) for _, _, seen in self.taps(w, np.ones((*x.shape[:3], 1), np.int64)))
        return need, inside * c * w.shape[0], items, fours


class After:
    """What is done to the sums: a residual r (None: none) is added, the outputs are pooled (pool None: not).

    mean: None: the largest; else (ReLU in front, arguments of requantise()) of the mean of windows, by default of their pixels."""

    def __init__(self, r=None, factor=1, zero=0, stands="dense", pool=None, mean=None):
        self.r, self.factor, self.zero, self.stands, self.pool_, self.mean = r, factor, zero, stands, pool, mean  # pool: kernel, stride (y, x), padding (t, l, b, r)

    def options(self, b):
        more = []
        if self.pool_:
            kernel, stride, pad = self.pool_
            more += ["--avgpool" if self.mean else "--maxpool", ":".join(",".join(map(str, v if len(set(v)) > 1 else v[:1])) for v in (kernel, stride, pad)[:3 if any(pad) else 2])]
            more += ["--pool-relu"] * bool(self.mean and self.mean[0])
        if self.r is not None:
            f = self.factor
            more += ["--residual", b.save("R.npy", self.r), "--residual-factor", b.save("F.npy", f.astype(np.int16)) if isinstance(f, np.ndarray) else f,
                     "--residual-zero-point", self.zero, "--residual-as", self.stands]
        return more

    def add(self, acc):
        return acc if self.r is None else acc + self.factor * (self.r.astype(np.int64) - self.zero)

    def seen(self, high, wide):
        """Outputs that some window sees: 0 or 1."""
        s = np.ones((1, high, wide, 1), np.int64)
        if self.pool_:
            s[:] = 0
            (ky, kx), (sy, sx), (t, l, b, r) = self.pool_
            for y0 in range(-t, high + b - ky + 1, sy):
                for x0 in range(-l, wide + r - kx + 1, sx):
                    s[:, max(y0, 0):y0 + ky, max(x0, 0):x0 + kx] = 1
        return s

    def macs(self):
        if self.r is None:
            return 0, 0
        seen = self.seen(*self.r.shape[1:3])
        return int(((self.r.astype(np.int64) != self.zero) & (np.broadcast_to(self.factor, self.r.shape) != 0) & (seen > 0)).sum()), int(seen.sum()) * len(self.r) * self.r.shape[3]

    def windows(self, y, take):
        """take() of the pixels of each window that are in the image."""
        (ky, kx), (sy, sx), (t, l, b, r) = self.pool_
        oh, ow = (y.shape[1] + t + b - ky) // sy + 1, (y.shape[2] + l + r - kx) // sx + 1
        z = np.empty((y.shape[0], oh, ow, y.shape[3]), y.dtype)
        for i in range(oh):
            for j in range(ow):
                y0, x0 = i * sy - t, j * sx - l
                z[:, i, j] = take(y[:, max(y0, 0):y0 + ky, max(x0, 0):x0 + kx])
        return z

    def pool(self, y):
        return self.windows(y, lambda p: p.max(axis=(1, 2))) if self.pool_ else y

    def means(self, acc):
        """Of exact sums: bias, ReLU, the sum of a window, then all of requantise() at once."""
        relu, (bias, m, s, *rest) = self.mean
        v = acc + np.array(bias, np.int64)
        total = self.windows(np.maximum(v, 0) if relu else v, lambda p: p.sum(axis=(1, 2)))
        k = total.shape[-1]
        if m is None:  # 1 / n
            n = self.pool_[0][0] * self.pool_[0][1]
            s = [max(t for t in range(63) if -(-2**t // n) < 2**31)] * k
            m = [-(-2**s[0] // n)] * k
        return requantise(total.reshape(-1, k), [0] * k, m, s, *rest).reshape(total.shape)

    def largest(self, s, w, a):
        """What the command line knows of a window's sum: all weights with the largest input, bias, residual."""
        high, wide = s.out(w, a)
        pixels = min(self.pool_[0][0], high) * min(self.pool_[0][1], wide)
        r = 0 if self.r is None else int(abs(self.r.astype(np.int64) - self.zero).max(initial=0)) * int(abs(np.asarray(self.factor)).max())
        return pixels * (int(abs(w.astype(np.int64)).sum(axis=(1, 2, 3)).max()) * int(abs(a).max(initial=0)) + max(abs(v) for v in self.mean[1][0]) + r)


def aligned_w(r, fmt, k, ky, kx, c, groups, density):
    """Weights that are legal for the format: its groups of four are of the tensor's channels, not of W's."""
    flat = random_w(r, fmt, k * ky * kx, c + 3, density).reshape(k, ky, kx, c + 3)
    return np.ascontiguousarray(np.stack([flat[i, :, :, (o := i // (k // groups) * c % 4):o + c] for i in range(k)]))


def check(b, s, w, x, z, *options, repeat=1, want=None, port=None, after=After()):
    """One job with all that --stats says; None, or what went wrong. want: before pooling, the exact sums where it is None."""
    a = x.astype(np.int64) - z
    code, y, stats, out = b.conv(w, x, *s.options(), "--input-zero-point", z, *after.options(b), *options, port=port)
    if code:
        return f"exit {code}: {out.strip()}"
    error = differs(y, after.means(after.add(s.conv(w, a))) if after.mean else after.pool(after.add(s.conv(w, a)) if want is None else want))
    if error:
        return error
    need, dense, items, fours = (n * repeat for n in s.macs(w, a, after))
    need, dense = need + repeat * after.macs()[0], dense + repeat * after.macs()[1]
    plain = after.r is None and not after.pool_  # else rows may be computed twice, and a residual has its own items
    if (stats["needed_macs"], stats["dense_macs"]) != (need, dense):
        return f"macs: expected {need} of {dense}, got {stats['needed_macs']} of {stats['dense_macs']}"
    rows = stats["storage"] == "taps as rows"  # multiplies what falls off the edges as well, and looks at an activation once, not for each tap
    if stats["issued_macs"] < need or (stats["format"].startswith("csc") and not rows and plain and stats["issued_macs"] != need):
        return f"issued_macs: expected {need}, got {stats['issued_macs']}"
    want_items = items if stats["format"].startswith("csc") else fours
    if stats["weight_blocks"] == 1 and not rows and plain and stats["items"] != want_items:
        return f"items: expected {want_items}, got {stats['items']}"
    if (stats["cycles"] is None) != ((port or b.port) == "model") or stats["lanes"] != b.lanes or stats["repeat"] != repeat:
        return f"stats {stats['cycles']} cycles, {stats['lanes']} lanes, {stats['repeat']} repetitions"
    long = len(x) > 65535  # more commands than a ring holds are not predicted
    orders[rows] += 1
    if stats["cycles"] and stats["predicted_cycles"]:
        guesses.append(stats["predicted_cycles"] / stats["cycles"])
    if (stats["predicted_cycles"] is None) != long or (stats["predicted_cycles"] or 1e9) < max(stats["items"], need / b.lanes):
        return f"predicted {stats['predicted_cycles']} cycles for {stats['items']} items, {need} multiplications"
    if stats["cycles"] and abs(stats["utilisation"] - need / (b.lanes * stats["cycles"])) > 1e-9:
        return f"utilisation {stats['utilisation']}"
    once, moved = stats["tensor_bytes"], stats["moved_bytes"]
    all_seen = after.seen(*s.out(w, x)).all()
    if after.r is not None:
        lines = after.r.reshape(-1, after.r.shape[2] * after.r.shape[3])
        least = b.list_bytes(lines, after.zero) if after.stands == "list" else 0 if after.stands == "auto" else len(lines) * b.lines(lines[0].nbytes)
        if once["residual"] < least or (all_seen and moved["residual"] < repeat * once["residual"]) or not 0 < once["factors"] <= moved["factors"]:
            return f"a residual of {once['residual']} bytes, expected at least {least}; {moved['residual']} moved; of its factors {once['factors']}, {moved['factors']} moved"
    elif once["residual"] or once["factors"] or moved["residual"] or moved["factors"]:
        return f"bytes of a residual that is not there: {once}, {moved}"
    return check_bytes(b, stats, x.reshape(-1, x.shape[2] * x.shape[3]), z, repeat, all_seen and all(seen.any() for _, _, seen in s.taps(w, np.ones((*x.shape[:3], 1), np.int8))))


def both(b, *args, **more):
    """On the bench's port, and on the model too where that is another one."""
    return check(b, *args, **more) or (check(b, *args, **more, port="model") if b.port != "model" else None)


def random_sizes(b, r, work):
    """(Shape, n, h, w, c, k, ky, kx) within the machine's feature RAM and `work` multiplications."""
    while True:
        odd = r.random() < 0.3
        ky, kx = (int(r.integers(1, 12)) if odd else int(r.choice([1, 2, 3, 3, 5, 7])) for _ in range(2))
        c = int(r.choice([1, 2, 3, 4, 5, 8, 16, 31, 64])) if r.random() < 0.7 else int(r.integers(1, 301 if r.random() < 0.2 else 40))
        how = r.random()
        groups = 1 if how < 0.6 else c if how < 0.8 else int(r.choice([g for g in range(1, c + 1) if c % g == 0]))
        k = groups * (int(r.integers(1, 4)) if groups > 4 else int(r.choice([1, 2, 3, b.lanes, b.lanes + 1, 20])))
        h, w = (int(r.integers(1, 65 if r.random() < 0.15 else 14)) for _ in range(2))
        n = int(r.integers(1, 4)) if r.random() < 0.3 else 1
        s = Shape(tuple(int(v) for v in r.choice([1, 1, 1, 2, 3, 4], 2)), tuple(int(v) for v in r.integers(0, 1 + r.choice([0, 1, 3, 8]), 4)),
                  tuple(int(v) for v in r.choice([1, 1, 1, 1, 2, 3, 9], 2)), groups)
        oh, ow = s.out(np.empty((k, ky, kx, 1)), np.empty((n, h, w, 1)))
        if oh > 0 and ow > 0 and n * oh * ow * k * ky * kx * (c // groups) <= work and w * ((c + 3) // 4 * 4) * 2 <= b.feature_bytes:
            return s, n, h, w, c, k, ky, kx


def random_after(b, r, s, weights, x):
    """Pooling, a residual, both or none."""
    oh, ow = s.out(weights, x)
    k, after = len(weights), After()
    if r.random() < 0.35:
        kernel = [int(r.choice([1, 2, 2, 3, 3, int(r.integers(1, 16))])) for _ in range(2)]
        pad = [int(r.integers(0, kernel[i % 2])) if r.random() < 0.5 else 0 for i in range(4)]
        if all(kernel[i] <= n + pad[i] + pad[i + 2] for i, n in enumerate((oh, ow))):
            after.pool_ = kernel, [int(r.choice([1, 2, 2, 3, int(r.integers(1, 16))])) for _ in range(2)], pad
    if r.random() < 0.35:
        flat, after.zero = random_x(r, len(x) * oh * ow, k, float(r.choice([0, 0.1, 0.5, 1.0])))
        after.r = flat.reshape(len(x), oh, ow, k)
        after.factor = int(r.choice([1, -1, 0, int(r.integers(-32768, 32768))])) if r.random() < 0.3 else r.integers(-32768, 32768, k) * (r.random(k) < 0.9)
        after.stands = str(r.choice(["dense", "dense", "list", "auto"]))
    return after


def random_job(b, r, work):
    s, n, h, w, c, k, ky, kx = random_sizes(b, r, work)
    fmt = str(r.choice(FORMATS))
    wd, xd = (float(r.choice([0, 0.05, 0.3, 0.7, 1.0])) for _ in range(2))
    weights = aligned_w(r, fmt, k, ky, kx, c // s.groups, s.groups, wd)
    flat, z = random_x(r, n * h * w, c, xd)
    x = flat.reshape(n, h, w, c)
    after = random_after(b, r, s, weights, x)
    added = abs(after.add(0)) if after.r is not None else 0
    while int((s.conv(abs(weights.astype(np.int64)), abs(x.astype(np.int64) - z)) + added).max(initial=0)) >= 2**35:  # no order of the additions leaves 36 bits
        if fmt == "csc" and weights.dtype == np.int16:
            weights = (weights // 4).astype(np.int16)
        else:
            x, z = (x // 4).astype(x.dtype), z // 4
    options, want, repeat = [], None, 1
    taps = str(r.choice(["columns", "rows", "auto"]))
    if taps == "rows":  # what N:4 takes csc8 takes too
        options += ["--format", "csc" if fmt == "csc" else "csc8"]
        if s.dilation != (1, 1):
            taps = "auto"
    elif r.random() < 0.7:
        options += ["--format", fmt]
    if r.random() < 0.4:
        options += ["--stream"]
    if r.random() < 0.1:
        repeat = 2
        options += ["--repeat", 2]
    if r.random() < 0.5:
        more, bias, m, sh, zp, lo, hi, dtype = random_requant(b, r, k)
        options += more
        y = after.add(s.conv(weights, x.astype(np.int64) - z))
        if after.pool_ and r.random() < 0.6:
            if "--multiplier" not in more:
                m = sh = None
            after.mean = bool(r.integers(0, 2)), (bias, m, sh, zp, lo, hi, dtype)
        want = np.zeros(y.shape) if after.mean else requantise(y.reshape(-1, k), bias, m, sh, zp, lo, hi, dtype).reshape(y.shape)
    random_lists(r, options, want is not None)
    error = "not yet"
    while error:
        error = both(b, s, weights, x, z, *options, "--taps", taps, repeat=repeat, want=want, after=after)
        if error and "pool: a window of" in error or error and "R.npy: a row of" in error:
            return "too large"
        if error and "--avgpool: an output may be as large as" in error and after.largest(s, weights, x.astype(np.int64) - z) >= 2**36:
            return None
        if error and "--output-as list: an output row" in error and options[-1] != "dense":
            options += ["--output-as", "dense"]
        elif error and taps == "rows" and re.search("do not fit the RAMs|cannot be cut to fit", error):  # auto takes columns then
            taps = "auto"
        else:
            break
    options += ["--taps", taps]
    name = f"W {weights.dtype} {list(weights.shape)} density {wd} ({fmt}), X {x.dtype} {list(x.shape)} density {xd}, zero {z}, {' '.join(map(str, s.options() + after.options(b) + options))}"
    return f"{name}: {error}" if error else None


def ints(r, *shape):
    return r.integers(-128, 128, shape).astype(np.int8)


def directed(b):
    r = np.random.default_rng([SEED, 11])
    tag = f"{b.port} {b.config}"
    one = Shape()
    say(f"{tag} one weight, one pixel", next((e for f in FORMATS if (e := both(b, one, np.full((1, 1, 1, 1), 7, np.int8), np.full((1, 1, 1, 1), -9, np.int8), 0, "--format", f))), None))
    x = r.integers(0, 256, (2, 5, 6, 3)).astype(np.uint8)
    for name, s, shape in (
            ("four different paddings", Shape(pad=(0, 1, 2, 3)), (3, 3, 2)), ("padding wider than the kernel", Shape(pad=(4, 5, 6, 7)), (2, 2, 3)),
            ("padding at the top alone", Shape(pad=(3, 0, 0, 0)), (5, 4, 3)), ("strides y 2, x 3", Shape((2, 3), (1, 2, 0, 1)), (4, 3, 2)),
            ("a stride beyond the kernel", Shape((4, 4), (1, 1, 1, 1)), (3, 1, 1)), ("dilations y 2, x 3", Shape(dilation=(2, 3), pad=(2, 3, 2, 3)), (3, 3, 3)),
            ("taps that see nothing but padding", Shape(dilation=(9, 9), pad=(9, 9, 9, 9)), (2, 3, 3)), ("a kernel as large as the image", one, (5, 5, 6)),
            ("11 x 11 taps", Shape(pad=(5, 5, 5, 5)), (2, 11, 11))):
        w = ints(r, *shape, 3)
        say(f"{tag} {name}", both(b, s, w, x, 131, "--format", "csc8") or both(b, s, w, x, 131, "--format", "4:4", "--stream"))
    w = ints(r, 6, 3, 3, 1)
    say(f"{tag} depthwise, two outputs a channel", next((e for f in FORMATS[1:] if (e := both(b, Shape(pad=(1, 1, 1, 1), groups=3), w, x, 7, "--format", f))), None))
    x = r.integers(-30000, 30000, (1, 4, 5, 10)).astype(np.int16)
    w = aligned_w(r, "2:4", 4, 3, 2, 5, 2, 1.0)
    say(f"{tag} a group of four channels in two groups of the layer", both(b, Shape(groups=2), w, x, -100, "--format", "2:4") or both(b, Shape(groups=2), w, x, -100))
    x = ints(r, 2, 6, 7, 5)
    w = ints(r, b.lanes + 1, 3, 3, 5)
    files = ["--bias", b.save("B.npy", r.integers(-9999, 9999, len(w)).astype(np.int32)), "--multiplier", b.save("M.npy", np.int32(2**30 + 1)),
             "--shift", b.save("S.npy", r.integers(38, 44, len(w)).astype(np.int8))]
    bias, shift = np.load(files[1]).tolist(), np.load(files[5]).tolist()
    s = Shape((1, 2), (1, 0, 2, 1))
    acc = s.conv(w, x.astype(np.int64) - 3)
    for kind, zp, lo, hi in (("int8", -128, -128, 127), ("uint8", 200, 17, 250), ("int16", 5, -32768, 32767)):
        want = requantise(acc.reshape(-1, len(w)), bias, [2**30 + 1] * len(w), shift, zp, lo, hi, np.dtype(kind)).reshape(acc.shape)
        say(f"{tag} requantised to {kind}, channels filled up", both(b, s, w, x, 3, *files, "--out-type", kind, "--zero-point", zp, "--clamp", f"{lo},{hi}", "--format", "csc8", want=want))
    say(f"{tag} three repetitions", both(b, s, w, x, 3, "--repeat", 3, repeat=3))
    say(f"{tag} five images", both(b, s, w, np.concatenate([x, x[:, ::-1], x[:1, :, ::-1]]), 3, "--stream"))

    lists(b, r)
    folding(b, r)
    average(b, r)
    pooling(b, r)
    means(b, r)
    residuals(b, r)

    # As many pixels of five channels as the feature RAM holds; filled up to eight it would not.
    x = ints(r, 1, 2, min(b.feature_bytes, 65535) // 5, 5)
    w = ints(r, 2, 2, 1, 5)
    w[..., 1:] = 0  # 1:4 would take fewer cycles
    say(f"{tag} the longest image row", both(b, Shape((1, 8)), ints(r, 2, 2, 1, 5), x, 9, "--format", "csc8") or both(b, Shape((1, 9)), w, x, 9))


def lists(b, r):
    """Compressed lists in and out: auto takes what is fewer bytes, and --stats has them all."""
    tag = f"{b.port} {b.config}"
    s, w, zp = Shape(pad=(1, 1, 1, 1)), ints(r, 4, 3, 3, 4) // 16, 5
    files = ["--multiplier", b.save("M.npy", np.int32(1)), "--shift", b.save("S.npy", np.int8(8)), "--zero-point", zp, "--clamp", f"{zp},127", "--output-as", "list"]
    for kind, density in ((np.int8, 0.1), (np.int8, 0.9), (np.int16, 0.3), (np.uint8, 0)):
        x = np.full((2, 4, 20, 4), 9, kind)
        x[r.random(x.shape) < density] = 77
        acc = s.conv(w, x.astype(np.int64) - 9)
        want = "list" if b.list_bytes(x.reshape(8, -1), 9) < 8 * b.lines(x[0, 0].nbytes) else "dense"
        y = requantise(acc.reshape(-1, 4), [0] * 4, [1] * 4, [8] * 4, zp, zp, 127, np.int8).reshape(acc.shape)
        error = both(b, s, w, x, 9, *files, "--input-as", "auto", "--format", "csc8", "--taps", "columns", want=y)
        if not error:
            with open(b.path("stats.json"), encoding="utf-8") as f:
                stats = json.load(f)
            listed = b.list_bytes(y.reshape(8, -1), zp)
            if (stats["input_as"], stats["output_as"], stats["tensor_bytes"]["output"]) != (want, "list", listed):
                error = f"{stats['input_as']} in, {stats['output_as']} out of {stats['tensor_bytes']['output']} bytes, expected {listed}"
        say(f"{tag} lists, {np.dtype(kind).name} of density {density}", error)


def folding(b, r):
    """Layers of fewer outputs than lanes: several pixels are one, wherever it pays."""
    tag = f"{b.port} {b.config}"
    k = 2 if b.lanes == 4 else 4
    p = b.lanes // k
    cases = [(f"{name}, {kernel[0]} x {kernel[1]}, stride {stride}", k, kernel, c, groups, Shape((1, stride), pad, (1, 1), groups), p * stride * n, fmt)
             for name, c, groups, fmt in (("four inputs", 4, 1, "csc8"), ("two groups", 8, 2, "csc8"), ("a codebook", 4, 1, "csc"), ("depthwise", 4, 4, "csc8")) if groups <= k
             for kernel, stride, pad, n in (((3, 3), 1, (1, 1, 1, 1), 3), ((3, 3), 2, (0, 0, 1, 1), 2), ((1, 5), 1, (0, 2, 0, 2), 2), ((2, 4), 2, (1, 1, 0, 1), 1))]
    for name, k, kernel, c, groups, s, wide, fmt in cases:
        w = aligned_w(r, fmt, k, *kernel, c // groups, groups, 1.0)
        flat, z = random_x(r, 2 * 5 * wide, c, 0.8)
        x = flat.reshape(2, 5, wide, c)
        if x.dtype == np.int16:
            x, z = (x // 64).astype(np.int16), z // 64
        more, bias, m, sh, zp, lo, hi, dtype = random_requant(b, r, k)
        acc = s.conv(w, x.astype(np.int64) - z)
        want = requantise(acc.reshape(-1, k), bias, m, sh, zp, lo, hi, dtype).reshape(acc.shape)
        error = both(b, s, w, x, z, "--format", fmt, "--taps", "rows") or both(b, s, w, x, z, "--format", fmt, "--taps", "rows", *more, want=want)
        if not error:
            with open(b.path("stats.json"), encoding="utf-8") as f:
                joined = json.load(f)["folded_pixels"]
            error = None if joined == p else f"{joined} pixels are one, expected {p}"
        say(f"{tag} folded, {name}", error)


def average(b, r):
    """Average pooling: a depthwise layer of weights 1 whose multiplier is 1 / n."""
    x = r.integers(-128, 128, (2, 6, 8, 8)).astype(np.int8)
    for name, kernel, stride, m, sh in (("2 x 2", (2, 2), (2, 2), 1, 2), ("global", (6, 8), (1, 1), 2**31 // 48 + 1, 31)):
        means = np.lib.stride_tricks.sliding_window_view(x, kernel, (1, 2))[:, ::stride[0], ::stride[1]].astype(np.int64).sum((-1, -2))
        n = kernel[0] * kernel[1]
        say(f"{b.port} {b.config} average pooling, {name}", both(b, Shape(stride, groups=8), np.ones((8, *kernel, 1), np.int8), x, 0, "--multiplier", b.save("M.npy", np.int32(m)), "--shift",
                                                               b.save("S.npy", np.int8(sh)), "--out-type", "int8", want=((2 * means + n) // (2 * n)).astype(np.int8)))


def pooling(b, r):
    tag = f"{b.port} {b.config}"
    s, w, x = Shape(pad=(1, 1, 1, 1)), ints(r, 8, 3, 3, 3), ints(r, 2, 7, 9, 3)
    negative, ones = -np.ones((4, 1, 1, 3), np.int8), np.abs(ints(r, 1, 5, 5, 3) // 2) + np.int8(1)
    files = ["--multiplier", b.save("M.npy", np.int32(3)), "--shift", b.save("S.npy", np.int8(10)), "--zero-point", -7]
    want = requantise(s.conv(w, x.astype(np.int64) - 5).reshape(-1, 8), [0] * 8, [3] * 8, [10] * 8, -7, -128, 127, np.int8).reshape(2, 7, 9, 8)
    for name, pool in (("2 x 2", ((2, 2), (2, 2), (0, 0, 0, 0))), ("3 x 3, overlapping and padded", ((3, 3), (2, 2), (1, 1, 1, 1))), ("different everywhere", ((3, 2), (1, 3), (2, 0, 1, 1))),
                       ("a step beyond the window", ((1, 2), (3, 4), (0, 0, 0, 0))), ("one window of all", ((7, 9), (15, 15), (0, 0, 0, 0)))):
        after = After(pool=pool)
        for taps in ("columns", "rows"):
            options = ("--format", "csc8", "--taps", taps)
            error = both(b, s, w, x, 5, *options, after=after) or both(b, s, w, x, 5, *files, *options, want=want, after=after) \
                or both(b, s, w, x, 5, *files, *options, "--output-as", "list", "--stream", "--repeat", 2, want=want, after=after, repeat=2)
            if error and re.search("does not fit|do not fit|cannot be cut to fit", error) and b.config not in ("l8", "l64"):
                error = None  # their banks are 24 to 64 pixels
            say(f"{tag} pooling, {name}, taps as {taps}", error)
    say(f"{tag} pooling of negative sums: padding does not count", both(b, Shape(), negative, ones, 0, after=After(pool=((2, 2), (1, 1), (1, 1, 1, 1)))))


def means(b, r):
    """Means of windows in the layer's own pass: bias, perhaps ReLU, one rounding."""
    tag = f"{b.port} {b.config}"
    s, w, x = Shape(pad=(1, 1, 1, 1)), ints(r, 8, 3, 3, 3), ints(r, 2, 7, 9, 3)
    bias = [int(v) for v in r.integers(-20000, 20000, 8)]
    m, sh = [int(v) for v in r.integers(2**20, 2**22, 8)], [int(v) for v in r.integers(30, 38, 8)]
    files = ["--bias", b.save("B.npy", np.int32(bias)), "--multiplier", b.save("M.npy", np.int32(m)), "--shift", b.save("S.npy", np.int8(sh)), "--zero-point", -7]
    for name, pool in (("2 x 2", ((2, 2), (2, 2), (0, 0, 0, 0))), ("3 x 3, overlapping and padded", ((3, 3), (2, 2), (1, 1, 1, 1))), ("different everywhere", ((3, 2), (1, 3), (2, 0, 1, 1))),
                       ("one pixel", ((1, 1), (3, 2), (0, 0, 0, 0))), ("of all", ((7, 9), (1, 1), (0, 0, 0, 0))), ("15 x 15 around all", ((15, 15), (15, 15), (4, 3, 4, 3)))):
        for relu in (False, True):
            after = After(pool=pool, mean=(relu, (bias, m, sh, -7, -128, 127, np.int8)))
            for taps in ("columns", "rows"):
                options = (*files, "--format", "csc8", "--taps", taps)
                error = both(b, s, w, x, 5, *options, after=after) or both(b, s, w, x, 5, *options, "--output-as", "list", "--stream", "--repeat", 2, after=after, repeat=2)
                if error and re.search("does not fit|do not fit|cannot be cut to fit", error) and b.config not in ("l8", "l64"):
                    error = None  # their banks are 24 to 64 pixels
                say(f"{tag} mean{' of ReLU' * relu}, {name}, taps as {taps}", error)
    flat = Shape(), -np.ones((4, 1, 1, 3), np.int8), np.abs(ints(r, 1, 4, 4, 3) // 2) + np.int8(1), 0
    whole = ((2, 2), (1, 1), (1, 1, 1, 1))
    for relu in (False, True):
        after = After(pool=whole, mean=(relu, ([0] * 4, None, None, 0, -32768, 32767, np.int16)))
        say(f"{tag} means of negative sums{', behind a ReLU' * relu}: the pixels of a window by default", both(b, *flat, "--out-type", "int16", after=after))
    if b.config == "l64":  # one pass of a network's last layers: what moves is inputs, weights, parameters and one pixel
        w, x = ints(r, 64, 1, 1, 64), ints(r, 1, 7, 7, 64)
        after = After(pool=((7, 7), (7, 7), (0, 0, 0, 0)), mean=(True, ([0] * 64, None, None, 0, -128, 127, np.int8)))
        say(f"{tag} global, 7 x 7 x 64", both(b, Shape(), w, x, 0, "--out-type", "int8", after=after))
        code, _, stats, _ = b.conv(w, x, "--out-type", "int8", *after.options(b))
        say(f"{tag} global, 7 x 7 x 64: bytes", None if (code, stats["bytes_written"], stats["moved_bytes"]["input"]) == (0, 64, 7 * 7 * 64) else f"{code}: {stats['moved_bytes']}")
    if b.config not in ("l8", "l64"):
        return
    halves = np.arange(3, 63, 6, np.int8).reshape(10, 1, 1, 1) * np.array([1, 0, 0, 0, 0, 0], np.int8).reshape(1, 2, 3, 1)  # sums of windows: 6 n + 3
    after = After(pool=((2, 3), (1, 1), (0, 0, 0, 0)), mean=(False, ([0], None, None, 0, -128, 127, np.int8)))
    code, y, _, out = b.conv(np.ones((1, 1, 1, 1), np.int8), halves, "--out-type", "int8", *after.options(b))
    say(f"{tag} means halfway go up", differs(y, np.arange(1, 11, dtype=np.int8).reshape(10, 1, 1, 1)) if not code else out)
    for sign, added in ((-1, False), (1, False), (1, True), (-1, True)):  # the largest sums that fit 37 bits
        w, x, much = np.full((1, 1, 1, 1), 32767, np.int16), np.full((1, 8, 8, 1), sign * 32767, np.int16), {"pool": ((8, 8), (8, 8), (0, 0, 0, 0))}
        if added:
            x, much["r"], much["factor"] = 0 * x, x, 32767
        after = After(mean=(False, ([sign * 65534], [1], [22], 0, -32768, 32767, np.int16)), **much)
        options = ["--multiplier", b.save("M.npy", np.int32(1)), "--shift", b.save("S.npy", np.int8(22)), "--out-type", "int16", "--bias"]
        what = " with a residual" * added
        say(f"{tag} a sum of {sign * (2**36 - 64)}{what}", both(b, Shape(), w, x, 0, *options, b.save("B.npy", np.int32([sign * 65534])), after=after))
        code, _, _, out = b.conv(w, x, *options, b.save("B.npy", np.int32([sign * 65535])), *after.options(b))
        want = f"lacuna conv: --avgpool: an output may be as large as {2**30} before it is rounded, 8 x 8 of them {2**36}, expected below 2^36 = {2**36}\n"
        say(f"{tag} refuses a sum of {sign * 2**36}{what}", None if (code, out) == (2, want) else f"{code} {out!r}")


def residuals(b, r):
    tag = f"{b.port} {b.config}"
    s, k, x = Shape(pad=(1, 1, 1, 1)), 12, ints(r, 2, 4, 5, 3)
    w, none = ints(r, k, 3, 3, 3), np.zeros((k, 3, 3, 3), np.int8)
    wide = np.where(r.random((2, 4, 5, k)) < 0.5, -32768, 32767).astype(np.int16)
    factor = r.integers(-32768, 32768, k)
    factor[:3] = -32768, 32767, 0
    for name, weights, after in (("alone", none, After(ints(r, 2, 4, 5, k), 1, 3)), ("alone, largest products", none, After(wide, factor, 32767)), ("negative factor", w, After(ints(r, 2, 4, 5, k), -5, 0)),
                                 ("uint8, factors by channel", w, After(r.integers(0, 256, (2, 4, 5, k)).astype(np.uint8), factor, 131)),
                                 ("and pooling", w, After(ints(r, 2, 4, 5, k), factor, -9, pool=((2, 3), (2, 1), (0, 1, 1, 2)))), ("nothing but its zero point", w, After(np.full((2, 4, 5, k), 7, np.int8), factor, 7))):
        for fmt in ("csc8", "4:4"):
            error = both(b, s, weights, x, 1, "--format", fmt, after=after)
            say(f"{tag} residual, {name}, {fmt}", error)
    after = After(np.where(r.random((2, 4, 5, 5)) < 0.1, ints(r, 2, 4, 5, 5), np.int8(9)), 77, 9, "list")
    error = both(b, s, w[:5], x, 1, "--format", "csc8", "--repeat", 2, after=after, repeat=2)
    if not error:
        with open(b.path("stats.json"), encoding="utf-8") as f:
            once = json.load(f)["tensor_bytes"]["residual"]
        error = None if once == b.list_bytes(after.r.reshape(8, -1), 9) else f"{once} bytes"
    say(f"{tag} residual as lists, twice, channels filled up", error)
    c = b.keys["COL_DEPTH"] // 10
    if c * 10 == b.keys["COL_DEPTH"] and c < 100:
        after, weights = After(ints(r, 1, 4, 1, 4), factor[:4], 2), ints(r, 4, 1, 10, c)
        say(f"{tag} residual of a layer that would take all columns", both(b, Shape(), weights, ints(r, 1, 4, 10, c), 0, "--format", "csc8", "--taps", "columns", after=after))
    after = After(ints(r, 2, 4, 5, 12), factor, 2)
    say(f"{tag} residual of a depthwise layer", both(b, Shape(pad=(1, 1, 1, 1), groups=12), ints(r, 12, 3, 3, 1), ints(r, 2, 4, 5, 12), 0, after=after))


def host(b):
    """The host's own work: formats, pruning, clustering, sizes beyond one job."""
    r = np.random.default_rng([SEED, 12])
    tag = f"{b.port} {b.config}"
    s, x = Shape(pad=(1, 1, 1, 1)), ints(r, 1, 7, 6, 8)
    w = aligned_w(r, "1:4", 20, 3, 3, 8, 1, 0.7)
    w[w != 0] = r.choice([-3, 1, 5], int((w != 0).sum()))
    cost = {}
    for f in FORMATS + ["auto"]:
        code, _, stats, out = b.conv(w, x, *s.options(), "--format", f)
        if code:
            say(f"{tag} --format {f}", out.strip())
            return
        cost[f] = stats["lane_cycles"], stats["format"]
    first = min(["1:4", "2:4", "3:4", "4:4", "csc", "csc8"], key=lambda f: cost[f][0])  # of equals the first
    say(f"{tag} auto takes the format with the fewest cycles", None if cost["auto"] == (cost[first][0], first) else f"{cost}")
    code, _, stats, out = b.conv(np.tile(np.int8([[[[3, 0, 0, -4]]]]), (16, 3, 3, 2)), np.ones_like(x), *s.options())
    say(f"{tag} auto finds 2:4", out.strip() if code else None if stats["format"] == "2:4" else stats["format"])
    # Which order of taps: where there is no doubt.
    sparse, dense = aligned_w(r, "csc8", 16, 3, 3, 16, 1, 0.05), np.full((16, 3, 3, 16), 3, np.int8)
    image = ints(r, 1, 9, 9, 16) | 1
    for name, weights, shape, want in (("few weights: rows", sparse, s, "taps as rows"), ("dense weights: columns", dense, s, "packed"),
                                       ("depthwise: rows", dense[..., :1], Shape(pad=(1, 1, 1, 1), groups=16), "taps as rows"),
                                       ("a dilation: columns", sparse, Shape(dilation=(2, 2)), "packed")):
        code, y, stats, out = b.conv(weights, image, *shape.options())
        say(f"{tag} auto, {name}", out.strip() if code else differs(y, shape.conv(weights, image.astype(np.int64))) or (None if stats["storage"] == want else stats["storage"]))
    # Channels beyond one group of four: what is 0 here would be dense there.
    w = np.zeros((12, 3, 3, 5), np.int8)
    w[..., 4] = 1
    code, y, stats, out = b.conv(w, x[..., :5], *s.options())
    say(f"{tag} auto, five channels", out.strip() if code else differs(y, s.conv(w, x[..., :5].astype(np.int64))))

    for groups, c in ((1, 7), (2, 3)):
        for fmt, n in N_OF.items():
            w = ints(r, 4, 2, 3, c)
            w[0], w[1, 0, 0, :3] = 5, [-128, 127, 1]  # ties: the leftmost stay
            kept = w.astype(int)
            for k in range(4):
                c0 = k // (4 // groups) * c
                for g in range(c0 // 4 * 4, c0 + c, 4):
                    a, e = max(g - c0, 0), min(g + 4 - c0, c)
                    for tap in kept[k].reshape(-1, c)[:, a:e]:
                        for i in sorted(range(e - a), key=lambda i: -abs(tap[i]))[n:]:  # pylint: disable=cell-var-from-loop
                            tap[i] = 0
            x = ints(r, 1, 4, 5, c * groups)
            s = Shape(groups=groups)
            code, y, stats, out = b.conv(w, x, *s.options(), "--format", fmt, "--prune")
            gone = int((w != 0).sum() - (kept != 0).sum())
            error = out.strip() if code else differs(y, s.conv(kept, x.astype(np.int64))) or (None if stats["pruned"] == gone else f"pruned {stats['pruned']} of {gone}")
            say(f"{tag} --prune to {fmt}, {groups} group{'s' * (groups > 1)}", error)
    w = r.choice(np.float32([0, -1, 1]), (5, 3, 3, 6))
    x = ints(r, 1, 4, 5, 6)
    code, y, stats, out = b.conv(w, x, "--cluster")
    say(f"{tag} --cluster", out.strip() if code else differs(y, Shape().conv(np.int64(w * 32767), x.astype(np.int64))))
    w, x = np.full((1, 1, 1, 1), 3, np.int8), ints(r, 65540, 1, 1, 1)
    say(f"{tag} 65540 images", check(b, Shape(), w, x, 1, "--format", "csc8"))
    say(f"{tag} 65540 images and a residual", check(b, Shape(), w, x, 1, "--format", "csc8", after=After(x[::-1], 5, 2, "list")))


def large(b):
    r = np.random.default_rng([SEED, 13])
    tag = f"{b.port} {b.config}"
    say(f"{tag} 64 x 64 pixels, 40 channels", check(b, Shape(pad=(1, 1, 1, 1)), aligned_w(r, "2:4", 32, 3, 3, 40, 1, 0.5), ints(r, 1, 64, 64, 40), 0))
    say(f"{tag} 300 channels", check(b, Shape((2, 2), (0, 1, 0, 1)), aligned_w(r, "csc8", 300, 3, 3, 300, 1, 0.1), ints(r, 1, 6, 6, 300), 3))
    say(f"{tag} 300 channels depthwise", check(b, Shape(pad=(2, 2, 2, 2), groups=300), ints(r, 300, 5, 5, 1), ints(r, 1, 9, 9, 300), -8))
    say(f"{tag} an output row beyond 65535 elements", check(b, Shape(), ints(r, 256, 1, 1, 1), ints(r, 1, 2, 300, 1), 0))
    say(f"{tag} a pooled row beyond 65535 elements", check(b, Shape(), ints(r, 8192, 1, 1, 1), ints(r, 1, 2, 1, 1), 0, after=After(pool=((1, 15), (1, 1), (0, 14, 0, 14)))))


def refuse(b):
    """Bad input: exit 2 and exactly this."""
    w, x = np.ones((4, 3, 3, 2), np.int8), np.ones((1, 5, 6, 4), np.int8)
    y, wf, xf = b.path("Y.npy"), b.path("W.npy"), b.path("X.npy")
    three = np.zeros((4, 2, 2, 6), np.int8)
    three[3, 1, 0, 1:4] = 1
    cases = [
        ("W of three dimensions", w[0], x, [], f"{wf}: shape (3, 3, 2), expected four dimensions, [K, R, S, C/groups]"),
        ("X of two dimensions", w, x[0, 0], [], f"{xf}: shape (6, 4), expected four dimensions, [N, H, W, C]"),
        ("X of int32", w, x.astype(np.int32), [], f"{xf}: byte 20: dtype int32, expected int8, uint8 or int16"),
        ("channels that do not match", w, x, [], f"{xf}: dimension 3 is 4, expected --groups 1 times the 2 of {wf} (input channels)"),
        ("output channels and groups", w[:3], x, ["--groups", 2], f"{wf}: dimension 0 is 3, expected at most 65535 and a multiple of --groups 2 (output channels)"),
        ("a kernel of 12", np.ones((1, 2, 12, 4), np.int8), x, ["--pad", 9], f"{wf}: a kernel of 2 x 12, expected at most 11 x 11"),
        ("a kernel beyond the image", w, x[..., :2], ["--dilation", "2,3", "--pad", "0,0,0,0"], f"{wf}: the kernel covers 5 x 7 pixels, expected at most the padded image of {xf}, 5 x 6"),
        ("a long row", np.ones((1, 1, 1, 300), np.int8), np.ones((1, 1, 219, 300), np.int8), [], f"{xf}: an image row has 65700 elements (219 pixels of 300 channels), expected at most 65535"),
        ("many inputs", np.ones((1, 11, 11, 600), np.int8), np.ones((1, 11, 11, 600), np.int8), [],
         f"{wf}: an output takes 72600 inputs (11 x 11 pixels of 600 channels), expected at most 65535"),
        ("a stride beyond the command's field", w, x, ["--groups", 2, "--stride", "1,9000", "--pad", 9], "--stride: 9000 pixels of 4 channels in x, expected at most 32767 elements"),
        ("a padding beyond the command's field", w, x, ["--groups", 2, "--pad", "0,20000,0,0"], "--pad: 20000 pixels of 4 channels at the left, expected at most 65535 elements"),
        ("a dilation beyond the command's field", w, x, ["--groups", 2, "--dilation", "1,10000", "--pad", "0,0,0,20000"],
         "--dilation: 80000 elements in x from the first tap to the last, expected at most 65535"),
        ("windows beyond the command's field", w, x, ["--groups", 2, "--pad", "0,9000,0,9000"], "--pad: 72012 elements in x from the first window to the last, expected at most 65535"),
        ("taps as rows with a dilation", w, x[..., :2], ["--taps", "rows", "--dilation", 2, "--pad", 2, "--format", "csc8"], "--taps rows: expected --dilation 1 with it"),
        ("a group of four", three, np.ones((1, 3, 3, 6), np.int8), ["--format", "2:4"],
         f"{wf}: group [3, 1, 0, 0..3] (byte 212) has 3 non-zero weights, expected at most 2 for format 2:4 (--prune keeps the largest)"),
        ("a group of four in a group of the layer", three, np.ones((1, 3, 3, 12), np.int8), ["--format", "1:4", "--groups", 2],
         f"{wf}: group [3, 1, 0, 2..5] (byte 214) has 2 non-zero weights, expected at most 1 for format 1:4 (--prune keeps the largest)"),
        ("sixteen values", np.arange(1, 25, dtype=np.int8).reshape(2, 2, 2, 3), np.ones((1, 3, 3, 3), np.int8), ["--format", "csc"],
         f"{wf}: element [1, 0, 1, 0] (byte 143) is the 16th distinct non-zero value (16), expected at most 15 for format csc"),
        ("a bias of another size", w, x[..., :2], ["--bias", b.save("B.npy", np.zeros(3, np.int32))], f"{b.path('B.npy')}: shape (3,), expected (4,), one value for each output channel"),
    ]
    for name, weights, image, options, want in cases:
        code, _, _, out = b.conv(weights, image, *options)
        want = f"lacuna conv: {want}\n"
        say(f"{b.port} {b.config} refuses {name}", None if (code, out) == (2, want) and not os.path.exists(y) else f"expected exit 2 and {want!r}, got {code} and {out!r}")
    r, rf, ff = np.zeros((1, 3, 4, 4), np.int8), b.path("R.npy"), b.path("F.npy")
    for name, after, more, want in [
        ("windows beyond the outputs", After(pool=((2, 5), (1, 1), (0, 0, 0, 0))), [], "--maxpool: a kernel of 2 x 5 pixels, expected at most the padded outputs, 3 x 4"),
        ("windows that are always too large", After(pool=((14, 14), (1, 1), (13, 13, 13, 13))), ["--pad", 14], None),
        ("a residual of other channels", After(r[..., :3]), [], f"{rf}: shape (1, 3, 4, 3), expected (1, 3, 4, 4), that of the outputs"),
        ("a residual of the pooled shape", After(r[:, :1, :2], pool=((2, 2), (2, 2), (0, 0, 0, 0))), [], f"{rf}: shape (1, 1, 2, 4), expected (1, 3, 4, 4), that of the outputs before pooling"),
        ("a residual of three dimensions", After(r[0]), [], f"{rf}: shape (3, 4, 4), expected four dimensions, [N, OH, OW, K]"),
        ("a residual of int32", After(r.astype(np.int32)), [], f"{rf}: byte 20: dtype int32, expected int8, uint8 or int16"),
        ("a zero point that int8 has not", After(r, 1, 128), [], f"--residual-zero-point 128: expected -128 .. 127, the range of {rf} (int8)"),
        ("factors of other channels", After(r, np.zeros(3, np.int16)), [], f"{ff}: shape (3,), expected (4,), one value for each output channel"),
        ("a factor file that is not there", After(r, "none.npy"), [], "none.npy: cannot be read: No such file or directory"),
        ("a result in place of the residual", After(r), ["-o", rf], f"{rf}: expected an output file that is not an input"),
        ("a result in place of the factors", After(r, np.zeros(4, np.int16)), ["-o", ff], f"{ff}: expected an output file that is not an input"),
    ]:
        code, _, _, out = b.conv(w, x[..., :2], *after.options(b), *more)
        if want is None:
            small = Bench(b.port, "l4", b.folder)
            code, _, _, out = small.conv(w, x[..., :2], *after.options(b), *more)
            want = "--maxpool: a window of 14 x 14 outputs does not fit the accumulators of configuration l4"
        want = f"lacuna conv: {want}\n"
        say(f"{b.port} {b.config} refuses {name}", None if (code, out) == (2, want) and not os.path.exists(y) else f"expected exit 2 and {want!r}, got {code} and {out!r}")
    b.save("F.npy", np.zeros(4, np.int32))
    code, _, _, out = b.conv(w, x[..., :2], "--residual", b.save("R.npy", r), "--residual-factor", ff)
    say(f"{b.port} {b.config} refuses factors of int32", None if code == 2 and "dtype int32, expected int16" in out else f"{code} {out!r}")
    code, _, _, out = Bench(b.port, "i5", b.folder).conv(w, x[..., :2], "--maxpool", "2:2")
    say(f"{b.port} i5 refuses pooling", None if (code, out) == (2, "lacuna conv: configuration i5 has no convolution\n") else f"{code} {out!r}")
    usage = [
        (["--maxpool", "2"], "--maxpool '2': expected kernel:stride or kernel:stride:padding"),
        (["--maxpool", "2:2:0:0"], "--maxpool '2:2:0:0': expected kernel:stride or kernel:stride:padding"),
        (["--maxpool", "2:2:"], "--maxpool padding '': expected one integer, or 4 with commas, of 0 .. 14"),
        (["--maxpool", ":2"], "--maxpool kernel '': expected one integer, or 2 with commas, of 1 .. 15"),
        (["--maxpool", "16:2"], "--maxpool kernel '16': expected one integer, or 2 with commas, of 1 .. 15"),
        (["--maxpool", "2:1,0"], "--maxpool stride '1,0': expected one integer, or 2 with commas, of 1 .. 15"),
        (["--maxpool", "2,3:2:0,0,2,0"], "--maxpool '2,3:2:0,0,2,0': a padding of 2, expected less than the 2 pixels of the kernel"),
        (["--avgpool", "2", "--out-type", "int8"], "--avgpool '2': expected kernel:stride or kernel:stride:padding"),
        (["--avgpool", "16:2"], "--avgpool kernel '16': expected one integer, or 2 with commas, of 1 .. 15"),
        (["--avgpool", "2:2", "--maxpool", "2:2"], "--maxpool and --avgpool exclude each other"),
        (["--maxpool", "2:2", "--avgpool", "2:2", "--out-type", "int8"], "--maxpool and --avgpool exclude each other"),
        (["--avgpool", "2:2"], "--avgpool: expected an output option with it, as --out-type (exact accumulators have no mean)"),
        (["--pool-relu"], "--pool-relu: expected --avgpool with it"),
        (["--pool-relu", "--maxpool", "2:2"], "--pool-relu: expected --avgpool with it"),
        (["--maxpool", "2:" + "2" * 80], "--maxpool '2:" + "2" * 80 + "': expected kernel:stride or kernel:stride:padding"),
        (["--residual-factor", "3"], "--residual-factor, --residual-zero-point and --residual-as: expected --residual with them"),
        (["--residual", "R.npy", "--residual-factor", "32768"], "--residual-factor '32768': expected an integer -32768 .. 32767"),
        (["--residual", "R.npy", "--residual-zero-point", "x"], "--residual-zero-point 'x': expected an integer -32768 .. 32767"),
        (["--residual", "R.npy", "--residual-as", "sparse"], "--residual-as 'sparse': expected dense, list or auto"),
        (["--taps", "rows", "--format", "2:4"], "--taps rows: expected --format csc or csc8 with it"),
        (["--input-as", "lists"], "--input-as 'lists': expected dense, list or auto"),
        (["--output-as", "auto", "--out-type", "int8"], "--output-as 'auto': expected dense or list"),
        (["--output-as", "list"], "--output-as list: expected an output option with it (exact accumulators are dense)"),
    ]
    for options, want in usage:  # a matter of options alone: argp adds two lines
        code, _, _, out = b.conv(w, x[..., :2], *options)
        out = out.partition("\n")[0]
        say(f"{b.port} {b.config} refuses {' '.join(map(str, options))[:60]}", None if (code, out) == (2, f"lacuna conv: {want}") and not os.path.exists(y) else f"expected exit 2 and {want!r}, got {code} and {out!r}")


def has_convolution(b):
    code, _, _, out = b.conv(np.ones((1, 1, 1, 1), np.int8), np.ones((1, 1, 1, 1), np.int8))
    return not (code == 2 and "has no convolution" in out)


def main():
    ports = sys.argv[1:2] or ["model", "rtl"]
    configs = sys.argv[2:3] or CONFIGS
    with tempfile.TemporaryDirectory(prefix="lacuna-conv-") as folder:
        for port in ports:
            for i, config in enumerate(configs):
                b = Bench(port, config, folder)
                if port == "rtl" and not os.path.exists(os.path.join(BUILD, "rtl", config + ".so")):
                    print(f"skip - conv rtl {config}: build/rtl/{config}.so is not built")
                    continue
                if not has_convolution(b):
                    print(f"skip - conv {port} {config}: this machine has no convolution")
                    continue
                slow = port == "rtl" and b.lanes > 32  # a second to start: a few jobs only
                if not slow:
                    directed(b)
                if port == "model" and config == "l8":
                    host(b)
                    refuse(b)
                if port == "model" and config == "l64":
                    large(b)
                jobs = 150 if port == "model" else 3 if slow else 12
                r = np.random.default_rng([SEED, 14, port == "rtl", i])
                errors = [e for e in (random_job(b, r, 60000 if port == "rtl" else 2000000 if r.random() < 0.1 else 200000) for _ in range(jobs)) if e]
                large_ones, errors = errors.count("too large"), [e for e in errors if e != "too large"]
                if large_ones > jobs // 10:
                    errors += [f"{large_ones} jobs do not fit"]
                say(f"{port} {config} {jobs} random jobs", f"{len(errors)} wrong, first: {errors[0]}" if errors else None)
            if guesses:
                far = [g for g in guesses if abs(g - 1) > 0.03]
                say(f"{port} cycles within 3 % of the prediction", f"{len(far)} of {len(guesses)} are not, the farthest {max(far, key=lambda g: abs(g - 1)):.3f}" if far else None)
                print(f"# {sum(g == 1 for g in guesses)} of {len(guesses)} predictions exact")
            if port == "model" and not sys.argv[2:]:
                say("taps in both orders", None if min(orders) >= 100 else f"{orders[0]} jobs as columns, {orders[1]} as rows, expected at least 100 of each")
                print(f"# {orders[0]} jobs with taps as columns, {orders[1]} as rows")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
