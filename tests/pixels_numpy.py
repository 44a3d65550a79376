#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# pixels_numpy.py [PORT [CONFIG]] - `lacuna pixels`, and convolutions of lists of active pixels, against NumPy
#
#   Oracle   numpy.nonzero for the lists; for convolutions the dense one of conv_numpy.py over the whole image, in int64
#   Jobs     random images, mostly empty, of every type and zero point, to lists and back; a list through `lacuna sconv` and back to an image, with what the bias gives elsewhere,
#            must be the dense image's convolution. What is refused
#   Lines    one line a kind of job and configuration. SEED repeats a run
#   Port     model, then rtl where the core is built
import os
import sys
import tempfile

import numpy as np

import conv_numpy
import map_numpy as maps
from fc_numpy import requantise

SEED = maps.SEED
bad = 0
TYPES = [np.int8, np.uint8, np.int16, np.int64]


def say(name, error):
    global bad
    bad += bool(error)
    print(f"not ok - pixels {name}: {error} (SEED={SEED})" if error else f"ok - pixels {name}")
    sys.stdout.flush()


def to_list(b, x, z):
    """(error, COORDS, FEATS)"""
    code, out = b.run("pixels", b.save("image.npy", x), "-o", b.path("C.npy"), "--features", b.path("F.npy"), "--zero-point", z)
    if code:
        return f"exit {code}: {out.strip()}", None, None
    return None, np.load(b.path("C.npy")), np.load(b.path("F.npy"))


def to_image(b, coords, feats, shape, z, rest=None):
    """(error, the image)"""
    options = [] if rest is None else ["--rest", b.save("rest.npy", rest)]
    code, out = b.run("pixels", b.save("C.npy", coords), b.save("F.npy", feats), "-o", b.path("Y.npy"), "--shape", ",".join(map(str, shape)), "--zero-point", z, *options)
    return (f"exit {code}: {out.strip()}", None) if code else (None, np.load(b.path("Y.npy")))


def draw(r, shape, channels, dtype):
    """A mostly empty image, its zero point."""
    low, high = (-999, 999) if dtype == np.int64 else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    z = 0 if dtype == np.int64 else int(r.integers(low, high + 1))
    x = np.full((*shape, channels), z, dtype)
    on = r.random(shape) < r.choice([0, 0.05, 0.2, 1])
    x[on] = np.where(r.random((on.sum(), channels)) < 0.5, z, r.integers(low, high + 1, (on.sum(), channels)))
    return x, z


def there_and_back(b, r):
    shape, channels, dtype = (int(r.integers(1, 4)), int(r.integers(1, 20)), int(r.integers(1, 20))), int(r.integers(1, 7)), TYPES[r.integers(4)]
    x, z = draw(r, shape, channels, dtype)
    error, coords, feats = to_list(b, x, z)
    if error:
        return error
    n, y, at = np.nonzero((x != z).any(axis=3))
    error = maps.differs("sites", coords, np.stack([n, 0 * n, y, at], 1).astype(np.int32)) or maps.differs("features", feats, x[n, y, at])
    if error:
        return error
    order = r.permutation(len(coords))
    rest = r.integers(0, 100, channels).astype(dtype) if r.random() < 0.5 else None
    error, back = to_image(b, coords[order], feats[order], shape, z, rest)
    want = x.copy()
    if rest is not None:
        want[(x == z).all(axis=3)] = rest
    return error or (None if back.dtype == dtype and np.array_equal(back, want) else f"{shape} {dtype.__name__}: another image came back")


def convolution(b, r):
    """A layer over the list is the layer over the image."""
    shape, c, k = (int(r.integers(1, 3)), int(r.integers(5, 24)), int(r.integers(5, 40))), int(r.choice([1, 4, 8])), int(r.choice([4, 8, 13]))
    x, z = draw(r, shape, c, TYPES[r.integers(2)])
    kernel, stride, dilation = tuple(int(v) for v in r.integers(1, 4, 2)), tuple(int(v) for v in r.integers(1, 3, 2)), tuple(int(v) for v in r.integers(1, 3, 2))
    pad = tuple(int(r.integers(0, d * (n - 1) + 1)) for n, d in zip(kernel, dilation))
    w = (r.integers(-7, 8, (k, *kernel, c)) * (r.random((k, *kernel, c)) < 0.5)).astype(np.int8)
    dense = conv_numpy.Shape(stride, (pad[0], pad[1], pad[0], pad[1]), dilation)
    high, wide = dense.out(w, x)[:2]
    if high < 1 or wide < 1:
        return None
    bias = r.integers(-3000, 3000, k).astype(np.int32)
    requant = ["--bias", b.save("bias.npy", bias), "--multiplier", b.save("m.npy", np.int32(1 << 24)), "--shift", b.save("s.npy", np.int8(30)), "--zero-point", -3, "--clamp=-128,127",
               "--out-type", "int8"]
    def q(acc):
        return requantise(acc.reshape(-1, k), bias, np.full(k, 1 << 24), np.full(k, 30), -3, -128, 127, np.int8).reshape(acc.shape)
    want, rest = q(dense.conv(w, x.astype(np.int64) - z)), q(np.zeros(k, np.int64))
    error, coords, feats = to_list(b, x, z)
    if error:
        return error
    code, out = b.run("--port", b.port, "sconv", "--config", b.config, b.save("W.npy", w[:, None]), b.save("C.npy", coords), b.save("X.npy", feats), "-o", b.path("Y.npy"), "--out-coords",
                      b.path("O.npy"), "--mode", "regular", "--stride", f"1,{stride[0]},{stride[1]}", "--dilation", f"1,{dilation[0]},{dilation[1]}",
                      "--pad", f"0,{pad[0]},{pad[1]}", "--shape", f"1,{shape[1]},{shape[2]}", "--input-zero-point", z, *requant)
    if code:
        return f"exit {code}: {out.strip()}"
    error, y = to_image(b, np.load(b.path("O.npy")), np.load(b.path("Y.npy")), (shape[0], high, wide), 0, rest)
    return error or (None if np.array_equal(y, want) else f"{shape} of {c} to {k} channels, kernel {kernel}, stride {stride}, dilation {dilation}, pad {pad}: not the dense layer's")


def refuse(b):
    x, c, f, y = np.zeros((1, 2, 3, 4), np.int8), np.array([[0, 0, 1, 2]], np.int32), np.zeros((1, 4), np.int8), b.path("Y.npy")
    names = {n: b.path(n + ".npy") for n in ("image", "coords", "feats", "rest")}
    b.save("image.npy", x)
    there, back = [names["image"], "-o", y, "--features", b.path("G.npy")], [names["coords"], names["feats"], "-o", y, "--shape", "1,2,3"]
    for name, arrays, args, want in [
        ("three dimensions", {"image": x[0]}, there, f"{names['image']}: shape (2, 3, 4), expected [N, H, W, C]: at most 256 images of 32768 x 32768 pixels and 65535 channels"),
        ("257 images", {"image": np.zeros((257, 1, 1, 1), np.int8)}, there,
         f"{names['image']}: shape (257, 1, 1, 1), expected [N, H, W, C]: at most 256 images of 32768 x 32768 pixels and 65535 channels"),
        ("float32", {"image": x.astype(np.float32)}, there, f"{names['image']}: byte 20: dtype float32, expected int8, uint8, int16 or int64"),
        ("a zero point of another type", {"image": x}, [*there, "--zero-point", 200], f"--zero-point 200: expected -128 .. 127, {names['image']} holds int8"),
        ("no features", {"image": x}, there[:3], "expected --features F.npy"),
        ("half a shape", {"image": x}, [*there, "--shape", "3"], "--shape '3': expected N,H,W"),
        ("a pixel outside", {"coords": np.array([[0, 0, 0, 0], [0, 0, 2, 0]], np.int32), "feats": np.zeros((2, 4), np.int8)}, back,
         f"{names['coords']}: voxel 1 (byte 144) is (0, 0, 2, 0), expected a pixel of --shape: image 0 .. 0, 0, y 0 .. 1, x 0 .. 2"),
        ("a pixel twice", {"coords": np.concatenate([c, c]), "feats": np.zeros((2, 4), np.int8)}, back,
         f"{names['coords']}: voxel 0 (0, 0, 1, 2) and voxel 1 (0, 0, 1, 2) are the same, expected each (batch, z, y, x) once"),
        ("features of other pixels", {"coords": c, "feats": np.zeros((2, 4), np.int8)}, back, f"{names['feats']}: shape (2, 4), expected [1, C], a row for each voxel of {names['coords']}"),
        ("a rest of other channels", {"coords": c, "feats": f, "rest": np.zeros(3, np.int8)}, [*back, "--rest", names["rest"]],
         f"{names['rest']}: shape (3,), expected [4], a number for each channel of {names['feats']}"),
        ("257 images back", {"coords": c, "feats": f}, [*back[:-1], "257,1,1"], "--shape: 257 images, expected at most 256"),
    ]:
        for n, a in arrays.items():
            b.save(n + ".npy", a)
        if os.path.exists(y):
            os.unlink(y)
        code, out = b.run("pixels", *args)
        out = out.partition("\n")[0]
        say(f"refuses {name}", None if (code, out) == (2, f"lacuna pixels: {want}") and not os.path.exists(y) else f"expected exit 2 and {want!r}, got {code} and {out!r}")


def rounds(name, n, job):
    errors = [e for e in (job() for _ in range(n)) if e]
    say(f"{name}, {n} jobs", f"{len(errors)} wrong, first: {errors[0]}" if errors else None)


def main():
    for port in sys.argv[1:2] or ["model", "rtl"]:
        for config in sys.argv[2:3] or ["l8"]:
            r = np.random.default_rng([SEED, 41])
            with tempfile.TemporaryDirectory() as folder:
                b = maps.Bench(port, config, folder)
                if port == "rtl" and not os.path.exists(os.path.join(maps.BUILD, "rtl", config + ".so")):
                    print(f"skip - pixels rtl {config}: no such core")
                    continue
                if port == "model":
                    rounds("there and back", 60, lambda: there_and_back(b, r))
                    refuse(b)
                rounds(f"{port} {config}: convolutions", 60 if port == "model" else 20, lambda: convolution(b, r))
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
