#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# conv.py [TABLE...] - convolutions on the Verilated l64 through `lacuna conv`: build/bench/conv.json; of other tables it keeps what it has
#
#   Layers      distinct convolutions of ResNet-50 (images of the first stages halved, channels never), of MobileNetV1-0.25 (VWW), DS-CNN (KWS) and ResNet-8 of MLPerf
#               Tiny, two blocks of DenseNet-121; random weights and activations, int8 in and out; each table has a seed of its own, so it is the same alone and among others
#   Cycles      throughput: two jobs back to back, the same operands; weights resident where they fit, else streamed
#   Checked     every output against NumPy (sums over taps of matrix products in float64, exact below 2^53). A wrong one prints FAIL and ends the row
#   Needed      multiplications with both operands non-zero and inside the image, as `lacuna` counts them; compared with the same count here
#   Bytes       moved by one job, as the commands say and the bus counts, beside what its tensors have once each
#   Stored      what im2col and MEC (Cho and Brand, 2017) would have stored beside the tensors [bytes]
import itertools
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

from tables import measure

QUICK = bool(os.environ.get("BENCH_QUICK"))
LACUNA = os.path.join(os.environ.get("B") or "build", "lacuna")

# name, rows and columns of the image, channels in, out, kernel, stride, groups
RESNET = [
    ("conv1", 56, 56, 3, 64, 7, 2), ("2a 1x1", 28, 28, 64, 64, 1, 1), ("2b 3x3", 28, 28, 64, 64, 3, 1), ("2c 1x1", 28, 28, 64, 256, 1, 1),
    ("2a' 1x1", 28, 28, 256, 64, 1, 1), ("3a 1x1", 28, 28, 256, 128, 1, 1), ("3b 3x3 /2", 28, 28, 128, 128, 3, 2), ("3c 1x1", 28, 28, 128, 512, 1, 1),
    ("3 1x1 /2", 28, 28, 256, 512, 1, 2), ("3a' 1x1", 28, 28, 512, 128, 1, 1), ("3b' 3x3", 28, 28, 128, 128, 3, 1), ("4a 1x1", 14, 14, 512, 256, 1, 1),
    ("4b 3x3 /2", 14, 14, 256, 256, 3, 2), ("4c 1x1", 14, 14, 256, 1024, 1, 1), ("4 1x1 /2", 14, 14, 512, 1024, 1, 2), ("4a' 1x1", 14, 14, 1024, 256, 1, 1),
    ("4b' 3x3", 14, 14, 256, 256, 3, 1), ("5a 1x1", 14, 14, 1024, 512, 1, 1), ("5b 3x3 /2", 14, 14, 512, 512, 3, 2), ("5c 1x1", 7, 7, 512, 2048, 1, 1),
    ("5 1x1 /2", 14, 14, 1024, 2048, 1, 2), ("5a' 1x1", 7, 7, 2048, 512, 1, 1), ("5b' 3x3", 7, 7, 512, 512, 3, 1),
]
TINY = [
    ("VWW 3x3 /2", 96, 96, 3, 8, 3, 2, 1), ("VWW dw 48", 48, 48, 8, 8, 3, 1, 8), ("VWW 1x1 48", 48, 48, 8, 16, 1, 1, 1), ("VWW dw 24", 24, 24, 32, 32, 3, 1, 32),
    ("VWW 1x1 24", 24, 24, 32, 32, 1, 1, 1), ("VWW dw 6", 6, 6, 128, 128, 3, 1, 128), ("VWW 1x1 6", 6, 6, 128, 128, 1, 1, 1), ("VWW 1x1 3", 3, 3, 256, 256, 1, 1, 1),
    ("KWS 10x4 /2", 49, 10, 1, 64, (10, 4), 2, 1), ("KWS dw", 25, 5, 64, 64, 3, 1, 64), ("KWS 1x1", 25, 5, 64, 64, 1, 1, 1),
    ("ResNet-8 3x3", 32, 32, 3, 16, 3, 1, 1), ("ResNet-8 16", 32, 32, 16, 16, 3, 1, 1), ("ResNet-8 32 /2", 32, 32, 16, 32, 3, 2, 1), ("ResNet-8 64", 8, 8, 64, 64, 3, 1, 1),
]
SPARSE = [("3x3 64", 14, 14, 64, 64, 3, 1), ("3x3 128", 14, 14, 128, 128, 3, 1), ("3x3 256", 14, 14, 256, 256, 3, 1), ("3x3 64, 28", 28, 28, 64, 64, 3, 1), ("1x1 256", 14, 14, 256, 256, 1, 1)]
DRAWS = 8  # of the first three, other weights and inputs of the same densities
# Masks of 3x3 layers (of RESNET): the share of weights that stays, and their shapes
MASKED = ["2b 3x3", "3b' 3x3", "4b' 3x3"]
MASKS = [(4 / 9, ("weights", "patterns", "kernels", "even kernels")), (1 / 4, ("weights", "1 of 4 kernels")), (1 / 9, ("weights", "patterns in even kernels", "kernels", "even kernels"))]
PATTERNS = 8
# Images that are mostly empty: shares of pixels or values that stay, and the layers
ACTIVE = [((0.25, 0.21, 0.1, 0.05), [("ResNet-50 2b 3x3", 28, 28, 64, 64, 3, 1), ("ResNet-50 3b' 3x3", 28, 28, 128, 128, 3, 1), ("ResNet-50 2a' 1x1", 28, 28, 256, 64, 1, 1)]),
          ((0.21,), [("ResNet-50 4b' 3x3", 14, 14, 256, 256, 3, 1), ("ResNet-50 4c 1x1", 14, 14, 256, 1024, 1, 1), ("DenseNet-121 block 2 1x1", 28, 28, 256, 128, 1, 1),
                     ("DenseNet-121 block 2 3x3", 28, 28, 128, 32, 3, 1), ("DenseNet-121 block 3 1x1", 14, 14, 256, 128, 1, 1), ("DenseNet-121 block 3 3x3", 14, 14, 128, 32, 3, 1)])]
# Depthwise, nothing zero: name, pixels each way, channels, kernel, stride
DEPTHWISE = [("VWW 48", 48, 8, 3, 1), ("VWW 48 /2", 48, 16, 3, 2), ("VWW 24", 24, 32, 3, 1), ("VWW 12", 12, 64, 3, 1), ("VWW 6", 6, 128, 3, 1), ("KWS", 25, 64, 3, 1), ("5x5", 28, 64, 5, 1)]
# VGG-19's channels on smaller images, alone and with the pooling behind it; and what ResNets fuse: pooling 3x3 / 2 with padding behind the first layer, a residual, the global
# average pooling behind the last one (the mean of what a ReLU leaves)
VGG = [("64", 28, 28, 64, 64), ("128", 14, 14, 128, 128), ("256", 14, 14, 256, 256)]
POOL2, POOL3 = (2, 2, 0), (3, 2, 1)
FUSED = [("conv1, pool 3x3 /2", 56, 56, 3, 64, 7, 2, POOL3, 0), ("2b, residual", 28, 28, 64, 64, 3, 1, None, 1), ("2c 1x1, residual", 28, 28, 64, 256, 1, 1, None, 1),
         ("4b', residual", 14, 14, 256, 256, 3, 1, None, 1), ("ResNet-8 16, residual", 32, 32, 16, 16, 3, 1, None, 1), ("1x1 64, global mean 7x7", 7, 7, 64, 64, 1, 1, (7, 7, 0, "mean"), 0),
         ("VWW 1x1, global mean 3x3", 3, 3, 256, 256, 1, 1, (3, 3, 0, "mean"), 0), ("ResNet-8 64, residual, global mean 8x8", 8, 8, 64, 64, 3, 1, (8, 8, 0, "mean"), 1),
         ("3x3 64, residual, pool 2x2", 28, 28, 64, 64, 3, 1, POOL2, 1)]


def draw(rng, shape, density):
    v = rng.integers(1, 128, shape).astype(np.int8) * rng.choice(np.array([-1, 1], np.int8), shape)
    v[rng.random(shape) >= density] = 0
    return v


def of_four(rng, shape, n):
    """n of each four input channels, at random places."""
    v = draw(rng, shape, 1.0)
    c = shape[3]
    order = rng.random(shape[:3] + (-(-c // 4), 4)).argsort(axis=-1)
    v[(order >= n).reshape(shape[:3] + (-1,))[..., :c]] = 0
    return v


def stay(rng, shape, share):
    """True at random places, as many as are that share."""
    n = int(np.prod(shape))
    return rng.permutation(np.arange(n) < round(share * n)).reshape(shape)


def mask(rng, shape, how, share):
    """Which weights [K, R, S, C] stay. weights: single ones. kernels: all taps of an output and an input channel; even: of each output (nearly) as many; 1 of 4: of each output and four
    neighbouring inputs one. patterns: of each kernel that stays four taps, one of PATTERNS sets of a middle tap and three others of 3x3 (as in PatDNN and PCONV). All drawn at random."""
    k, r, s, c = shape
    if how == "weights":
        return stay(rng, shape, share)
    taps = np.ones((k, c, r * s), bool)
    if how.startswith("patterns"):
        middle = r * s // 2
        others = np.array(list(itertools.combinations([t for t in range(r * s) if t != middle], 3)))
        patterns = np.zeros((PATTERNS, r * s), bool)
        patterns[:, middle] = True
        np.put_along_axis(patterns, others[rng.choice(len(others), PATTERNS, replace=False)], True, 1)
        taps, share = patterns[rng.integers(PATTERNS, size=(k, c))], share * r * s / 4
    if "1 of 4" in how:
        kernels = rng.random((k, c // 4, 4)).argsort(-1).reshape(k, c) == 0
    elif "even" in how:
        kernels = rng.random((k, c)).argsort(-1) < np.diff(round(share * k * c) * np.arange(k + 1) // k)[:, None]
    else:
        kernels = stay(rng, (k, c), share)
    return (taps & kernels[..., None]).transpose(0, 2, 1).reshape(shape)


def reference(w, x, stride, pad, groups):
    """Exact sums [N, OH, OW, K] of int8 operands, and the multiplications that are needed, tap by tap."""
    k, r, s, c = w.shape
    n, h, wd, _ = x.shape
    p = np.zeros((n, h + pad[0] + pad[2], wd + pad[1] + pad[3], x.shape[3]), np.float64)
    p[:, pad[0] : pad[0] + h, pad[1] : pad[1] + wd] = x
    oh, ow = (p.shape[1] - r) // stride + 1, (p.shape[2] - s) // stride + 1
    y, needed = np.zeros((n, oh, ow, k)), 0
    for a in range(r):
        for b in range(s):
            part = p[:, a : a + stride * (oh - 1) + 1 : stride, b : b + stride * (ow - 1) + 1 : stride]
            for g in range(groups):
                mine, wg = part[..., g * c : (g + 1) * c], w[g * k // groups : (g + 1) * k // groups, a, b].astype(np.float64)
                y[..., g * k // groups : (g + 1) * k // groups] += mine @ wg.T
                needed += int(((mine != 0).sum((0, 1, 2)) * (wg != 0).sum(0)).sum())
    return y.astype(np.int64), needed


def pooled(y, window, take=np.max):
    """Largest (or sum) of each window (kernel, stride, padding before and behind) of [N, H, W, K]."""
    kernel, stride, pad = window[:3]
    least = np.full((y.shape[0], y.shape[1] + 2 * pad, y.shape[2] + 2 * pad, y.shape[3]), np.iinfo(y.dtype).min if take is np.max else 0, y.dtype)
    least[:, pad : pad + y.shape[1], pad : pad + y.shape[2]] = y
    windows = np.lib.stride_tricks.sliding_window_view(least, (kernel, kernel), (1, 2))
    return take(windows[:, ::stride, ::stride], (-1, -2))


def empty(rng, shape, density, how):
    """Activations of which a share is not zero: whole pixels, single values, or one rectangle of pixels."""
    x = draw(rng, shape, 1.0)
    if how == "values":
        x[~stay(rng, shape, density)] = 0
    elif how == "pixels":
        x[~stay(rng, shape[:3], density)] = 0
    else:
        h = int(shape[1] * density**0.5)
        w = round(shape[1] * shape[2] * density / h)
        top, left = (shape[1] - h) // 2, (shape[2] - w) // 2
        x[:, :top], x[:, top + h :], x[:, :, :left], x[:, :, left + w :] = 0, 0, 0, 0
    return x


class Bench:
    def __init__(self):
        self.rows, self.failed, self.folder = [], 0, tempfile.TemporaryDirectory()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run(self, table, layer, fmt, w, x, stride, pad, groups, zeros="", pool=None, added=None):
        k, r, s, c = w.shape
        acc, needed = reference(w, x, stride, pad, groups)
        more = []
        if added is not None:
            acc, needed, more = acc + 16 * added.astype(np.int64), needed + np.count_nonzero(added), ["--residual", self.path("r.npy"), "--residual-factor", "16"]
            np.save(self.path("r.npy"), added)
        oh, ow = acc.shape[1:3]
        mean = pool and pool[3:]
        if pool:
            more += ["--avgpool" if mean else "--maxpool", f"{pool[0]}:{pool[1]}:{pool[2]}"] + ["--pool-relu"] * bool(mean)
        if mean:
            acc = pooled(np.maximum(acc, 0), pool, np.sum)
        shift = max(1, int(np.abs(acc).max() // 100).bit_length())
        for name, v in (("w", w), ("x", x), ("m", np.int32(1)), ("s", np.int8(shift))):
            np.save(self.path(name + ".npy"), v)
        command = [LACUNA, "conv", self.path("w.npy"), self.path("x.npy"), "-o", self.path("y.npy"), "--stride", str(stride), "--pad", ",".join(map(str, pad)),
                   "--groups", str(groups), "--format", fmt, "--multiplier", self.path("m.npy"), "--shift", self.path("s.npy"), "--port", "rtl", "--config", "l64",
                   "--memory-latency", "10", "--repeat", "2", "--stats", self.path("s.json"), "-q", *more]
        ran = subprocess.run(command, capture_output=True, text=True)
        row = {"table": table, "workload": layer, "matrix": "random", "format": fmt, "storage": "", "image": list(x.shape[1:3]), "channels": [x.shape[3], k], "kernel": [r, s], "stride": stride,
               "groups": groups, "weight_density": float((w != 0).mean()), "activation_density": float((x != 0).mean()), "zeros": zeros, "quick": QUICK, "correct": False}
        self.rows.append(row)
        want = np.clip((acc + (1 << (shift - 1))) >> shift, -128, 127)
        row.update(pool=pool[0] if pool else 0, residual=added is not None)
        if pool and not mean:
            want = pooled(want, pool)
        if ran.returncode or not np.array_equal(np.load(self.path("y.npy")), want):
            print(f"FAIL {table} {layer} {fmt}: {ran.stderr.strip() or 'another result than NumPy'}")
            self.failed = 1
            return row
        with open(self.path("s.json")) as f:
            st = json.load(f)
        if st["needed_macs"] != 2 * needed:
            print(f"FAIL {table} {layer} {fmt}: {st['needed_macs']} multiplications needed in two jobs, NumPy counts {2 * needed}")
            self.failed = 1
            return row
        cycles = st["throughput_cycles"]
        row.update(correct=True, storage="resident" if st["resident"] else "streamed", chosen=st["format"] + (", rows" if st["storage"] == "taps as rows" else ""), lanes=st["lanes"], memory=st["memory"], resident=st["resident"], throughput_cycles=cycles, predicted_cycles=st["predicted_cycles"],
                   job_cycles=st["cycles"], needed_macs=needed, dense_macs=st["dense_macs"] // 2, issued_macs=st["issued_macs"] // 2, utilisation=needed / (st["lanes"] * cycles),
                   bound=st["bound"], folded_pixels=st["folded_pixels"], tensor_bytes=sum(st["tensor_bytes"].values()), moved_bytes=sum(st["moved_bytes"].values()) / 2, command_bytes=st["moved_bytes"]["commands"] / 2,
                   weight_bytes=st["tensor_bytes"]["weights"], read_bytes=st["bytes_read"] / 2, written_bytes=st["bytes_written"] / 2,
                   im2col_bytes=oh * ow * r * s * x.shape[3] if r * s > 1 else 0, mec_bytes=ow * x.shape[1] * s * x.shape[3] if r * s > 1 else 0, git=os.environ.get("BENCH_GIT", ""))
        print(f"  {table} {layer} {fmt}: {cycles:,} cycles, utilisation {row['utilisation']:.3f}", file=sys.stderr)
        return row


def same(kernel):
    r, s = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    return [(r - 1) // 2, (s - 1) // 2, r // 2, s // 2]


def resnet(b, rng):
    for name, h, wd, c, k, kernel, stride in RESNET[1:4] if QUICK else RESNET:
        x = draw(rng, (1, h, wd, c), 1.0)
        shape = (k, kernel, kernel, c)
        for fmt, w in (("4:4", draw(rng, shape, 1.0)), ("2:4", of_four(rng, shape, 2)), ("1:4", of_four(rng, shape, 1)), ("csc8", draw(rng, shape, 0.2)), ("csc8", draw(rng, shape, 0.1))):
            b.run("resnet", name, fmt, w, x, stride, same(kernel), 1)


def tiny(b, rng):
    for name, h, wd, c, k, kernel, stride, groups in TINY[-1:] if QUICK else TINY:
        x = draw(rng, (1, h, wd, c), 0.5)
        shape = (k,) + (kernel if isinstance(kernel, tuple) else (kernel, kernel)) + (c // groups,)
        b.run("tiny", name, "auto", draw(rng, shape, 1.0), x, stride, same(kernel), groups)


def depthwise(b, rng):
    for name, h, c, kernel, stride in DEPTHWISE[:1] if QUICK else DEPTHWISE:
        b.run("depthwise", name, "auto", draw(rng, (c, kernel, kernel, 1), 1.0), draw(rng, (1, h, h, c), 1.0), stride, same(kernel), c)


def sparse(b, rng):
    for name, h, wd, c, k, kernel, stride in SPARSE[:1] if QUICK else SPARSE:
        b.run("sparse", name, "4:4", draw(rng, (k, kernel, kernel, c), 1.0), draw(rng, (1, h, wd, c), 1.0), stride, same(kernel), 1)
        for dw, dx in ((0.1, 0.2),) if QUICK else ((0.1, 0.2), (0.05, 0.2), (0.2, 0.2), (0.5, 0.2), (0.1, 0.05), (0.1, 0.5), (0.1, 1.0)):
            b.run("sparse", name, "auto", draw(rng, (k, kernel, kernel, c), dw), draw(rng, (1, h, wd, c), dx), stride, same(kernel), 1)


def draws(b, rng):
    for name, h, wd, c, k, kernel, stride in SPARSE[: 1 if QUICK else 3]:
        for _ in range(2 if QUICK else DRAWS):
            b.run("draws", name, "auto", draw(rng, (k, kernel, kernel, c), 0.1), draw(rng, (1, h, wd, c), 0.2), stride, same(kernel), 1)


def masks(b, rng):
    for name, h, wd, c, k, kernel, stride in [layer for layer in RESNET if layer[0] in MASKED[: 1 if QUICK else None]]:
        x, shape = draw(rng, (1, h, wd, c), 1.0), (k, kernel, kernel, c)
        b.run("masks", name, "4:4", draw(rng, shape, 1.0), x, stride, same(kernel), 1, zeros="none")
        for share, hows in MASKS[-1:] if QUICK else MASKS:
            for how in hows:
                b.run("masks", name, "auto", draw(rng, shape, 1.0) * mask(rng, shape, how, share), x, stride, same(kernel), 1, zeros=how)


def active(b, rng):
    for densities, layers in [((0.1,), ACTIVE[0][1][:1])] if QUICK else ACTIVE:
        for name, h, wd, c, k, kernel, stride in layers:
            w = draw(rng, (k, kernel, kernel, c), 1.0)
            b.run("active", name, "4:4", w, draw(rng, (1, h, wd, c), 1.0), stride, same(kernel), 1, zeros="none")
            for density, how in itertools.product(densities, ("pixels", "values", "region")):
                x = empty(rng, (1, h, wd, c), density, how)
                for fmt in ("4:4", "auto") if how == "values" else ("4:4",):
                    b.run("active", name, fmt, w, x, stride, same(kernel), 1, zeros=how)


def vgg(b, rng):
    for name, h, wd, c, k in VGG[:1] if QUICK else VGG:
        w = draw(rng, (k, 3, 3, c), 1.0)
        for density in (0.3,) if QUICK else (1.0, 0.5, 0.3, 0.1):
            x = draw(rng, (1, h, wd, c), density)
            b.run("vgg", name, "4:4", w, x, 1, same(3), 1)
            b.run("vgg", name + ", pool 2x2", "4:4", w, x, 1, same(3), 1, pool=POOL2)


def fused(b, rng):
    for name, h, wd, c, k, kernel, stride, pool, residual in FUSED[-1:] if QUICK else FUSED:
        out = (h - 1) // stride + 1
        added = draw(rng, (1, out, out, k), 0.5) if residual else None
        b.run("fused", name, "auto", draw(rng, (k, kernel, kernel, c), 1.0), draw(rng, (1, h, wd, c), 0.5), stride, same(kernel), 1, pool=pool, added=added)


TABLES = {"resnet": resnet, "tiny": tiny, "sparse": sparse, "draws": draws, "active": active, "vgg": vgg, "fused": fused, "depthwise": depthwise, "masks": masks}


if __name__ == "__main__":
    sys.exit(measure("conv", TABLES, Bench(), {t: t.encode() for t in TABLES}))
