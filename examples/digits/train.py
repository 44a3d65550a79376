#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""train.py - the networks of `make demo`: handwritten digits, one MLP 64-256-96-10 in three versions

  Data       scikit-learn's bundled digits: 1797 pictures of 8 x 8 pixels, 0 .. 16. Part 0 of a stratified five-fold split
             is the test part of the committed networks: training, pruning, clustering and calibration never see it
  Versions   dense  int8 weights
             24     int8, at most two non-zeros in four neighbouring inputs (magnitude, fine-tuned under the mask)
             csc    nine in ten weights zero (magnitude, gradually), the others 15 int16 values (k-means, whose centroids
                    are then fine-tuned). The machine holds two codebooks: one is layer 1's, the other serves layers 2
                    and 3, which differ by a scale
  Types      8      pixels uint8, hidden activations int8 with zero point -128: a ReLU's zero is a real zero
             16     pixels int16, hidden activations int16 with zero point -32768
             Same weights, other requantisation. Outputs ("logits") are int16 in both
  Accuracy   always of the integer network, computed with the rules of docs/numerics.md on Python's integers
  Writes     into the folder of this file: pictures.npy uint8 [n, 64], labels.npy uint8 [n], and per version (v) and type (t)
               v_w1.npy .. v_w3.npy   int8 (csc: int16) [K, C]
               v_t_requant.npy        int32 [256 + 96 + 10, 3]: bias, multiplier, shift of every output, layer after layer
               v_t_logits.npy         int16 [n, 10]: what the integer network answers to pictures.npy
             networks.json (types, zero points, clamps) and accuracy.json (on the test part, and five-fold means)

Deterministic on one machine; another BLAS may round differently and train slightly different networks."""
import json
import os
import sys

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold

SIZES = (64, 256, 96, 10)
FOLDS = 5
SPARSITY = (0.90, 0.92, 0.75)  # zeros per layer of version csc: 0.905 of all weights
CODES = 15                     # non-zero values of a codebook
BOOK = (0, 1, 1)               # which codebook a layer uses
EPOCHS = {"dense": 120, "24": 60, "csc": 150, "centroids": 60}
BATCH = 64
HERE = os.path.dirname(os.path.abspath(__file__))


# ---- Training, in float32: real value of a pixel = pixel / 16 --------------------------------------

def forward(weights, biases, x):
    """Activations of every layer, x itself first."""
    acts = [x]
    for i, (w, b) in enumerate(zip(weights, biases)):
        y = acts[-1] @ w.T + b
        acts.append(np.maximum(y, 0) if i < len(weights) - 1 else y)
    return acts


def gradients(weights, biases, x, labels):
    """Of the mean cross-entropy; weights first, then biases."""
    acts = forward(weights, biases, x)
    p = np.exp(acts[-1] - acts[-1].max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(x)), labels] -= 1
    delta = p / len(x)
    gw, gb = [None] * len(weights), [None] * len(weights)
    for i in reversed(range(len(weights))):
        gw[i], gb[i] = delta.T @ acts[i], delta.sum(axis=0)
        if i:
            delta = (delta @ weights[i]) * (acts[i] > 0)
    return gw + gb


class Adam:
    def __init__(self, params, decay):
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]
        self.t, self.decay = 0, decay

    def step(self, params, grads, rate):
        self.t += 1
        for p, g, m, v in zip(params, grads, self.m, self.v):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            p -= rate * (m / (1 - 0.9 ** self.t) / (np.sqrt(v / (1 - 0.999 ** self.t)) + 1e-8))
            if p.ndim == 2:
                p -= rate * self.decay * p


def shifted(x, rng):
    """Every picture moved by up to one pixel on each axis; what comes in is blank."""
    padded = np.pad(x.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    out = np.empty((len(x), 8, 8), x.dtype)
    move = rng.integers(0, 9, len(x))
    for dy in range(3):
        for dx in range(3):
            pick = move == 3 * dy + dx
            out[pick] = padded[pick, dy:dy + 8, dx:dx + 8]
    return out.reshape(-1, 64)


def batches(x, labels, epochs, rng):
    """(progress 0 .. 1, pictures, labels) of every step."""
    steps = len(x) // BATCH
    for epoch in range(epochs):
        order = rng.permutation(len(x))
        # Half of the pictures stay where they are: the test pictures are centred, too.
        moved = np.where(rng.random((len(x), 1)) < 0.5, x, shifted(x, rng)).astype(np.float32)
        for s in range(steps):
            pick = order[s * BATCH:(s + 1) * BATCH]
            yield (epoch + s / steps) / epochs, moved[pick], labels[pick]


def rate_at(progress, peak):
    return peak * 0.5 * (1 + np.cos(np.pi * progress)) + 1e-6


def train_dense(x, labels, rng):
    weights = [rng.normal(0, np.sqrt(2 / c), (k, c)).astype(np.float32) for c, k in zip(SIZES, SIZES[1:])]
    biases = [np.zeros(k, np.float32) for k in SIZES[1:]]
    adam = Adam(weights + biases, decay=0.05)
    for progress, bx, by in batches(x, labels, EPOCHS["dense"], rng):
        adam.step(weights + biases, gradients(weights, biases, bx, by), rate_at(progress, 2e-3))
    return weights, biases


def fine_tune(weights, biases, x, labels, epochs, mask_at, rng):
    """Train on under masks; mask_at(progress, weights) gives them, and may tighten them as it goes."""
    weights, biases = [w.copy() for w in weights], [b.copy() for b in biases]
    adam = Adam(weights + biases, decay=0.05)
    for progress, bx, by in batches(x, labels, epochs, rng):
        masks = mask_at(progress, weights)
        for w, m in zip(weights, masks):
            w *= m
        grads = gradients(weights, biases, bx, by)
        for g, m in zip(grads, masks):
            g *= m
        adam.step(weights + biases, grads, rate_at(progress, 1e-3))
    return [w * m for w, m in zip(weights, mask_at(1.0, weights))], biases


def masks_24(weights):
    """The two largest of four neighbouring inputs; of equal ones the first."""
    masks = []
    for w in weights:
        order = np.argsort(-np.abs(w.reshape(-1, 4)), axis=1, kind="stable")
        m = np.zeros_like(w).reshape(-1, 4)
        np.put_along_axis(m, order[:, :2], 1, axis=1)
        masks.append(m.reshape(w.shape))
    return masks


def train_24(weights, biases, x, labels, rng):
    masks = masks_24(weights)
    return fine_tune(weights, biases, x, labels, EPOCHS["24"], lambda progress, w: masks, rng)


def train_csc(weights, biases, x, labels, rng):
    """Sparsity rises along a cubic until 60 % of the epochs are done; then the masks stay."""
    def mask_at(progress, current):
        left = max(0.0, 1 - progress / 0.6)
        masks = []
        for w, final in zip(current, SPARSITY):
            zeros = int(w.size * final * (1 - left ** 3))
            order = np.argsort(np.abs(w), axis=None, kind="stable")
            m = np.ones(w.size, np.float32)
            m[order[:zeros]] = 0
            masks.append(m.reshape(w.shape))
        return masks
    return fine_tune(weights, biases, x, labels, EPOCHS["csc"], mask_at, rng)


def cluster(values):
    """k-means from evenly spread centroids: (centroids [15], code of each value)"""
    centroids = np.quantile(values, (np.arange(CODES) + 0.5) / CODES)
    for _ in range(100):
        code = np.abs(values[:, None] - centroids).argmin(axis=1)
        for c in range(CODES):
            if (code == c).any():
                centroids[c] = values[code == c].mean()
    return centroids.astype(np.float32), code


def train_centroids(weights, biases, x, labels, rng):
    """Fine-tune the shared values: a weight is norm[layer] * book[code], and a centroid's gradient is the sum over the
    weights that share it. Returns weights, biases and norms."""
    norms = [np.float32(w[w != 0].std()) for w in weights]
    codes = [np.full(w.shape, -1) for w in weights]
    books = []
    for b in range(max(BOOK) + 1):
        members = [i for i in range(len(weights)) if BOOK[i] == b]
        book, code = cluster(np.concatenate([weights[i][weights[i] != 0] / norms[i] for i in members]))
        books.append(book)
        for i in members:
            used = weights[i] != 0
            mine, code = code[:used.sum()], code[used.sum():]
            # Every layer uses every value, so that two layers' tables are the same table: the nearest weight moves.
            for c in np.setdiff1d(np.arange(CODES), mine):
                free = np.bincount(mine, minlength=CODES)[mine] > 1
                distance = np.abs(weights[i][used] / norms[i] - books[b][c])
                mine[np.where(free, distance, np.inf).argmin()] = c
            codes[i][used] = mine
    biases = [b.copy() for b in biases]

    def spread():
        return [np.where(c < 0, 0, n * books[b][c]).astype(np.float32) for b, c, n in zip(BOOK, codes, norms)]

    adam = Adam(books + biases, decay=0.0)
    for progress, bx, by in batches(x, labels, EPOCHS["centroids"], rng):
        grads = gradients(spread(), biases, bx, by)
        book_grads = [np.zeros(CODES, np.float32) for _ in books]
        for b, c, n, g in zip(BOOK, codes, norms, grads):
            book_grads[b] += n * np.bincount(c[c >= 0], g[c >= 0], CODES).astype(np.float32)
        adam.step(books + biases, book_grads + grads[len(codes):], rate_at(progress, 1e-3))
    return spread(), biases, norms


def train_all(x, labels, seed):
    """{version: (weights, biases, norms of the csc layers or None)}"""
    rng = np.random.default_rng(seed)
    dense = train_dense(x, labels, rng)
    pruned = train_csc(*dense, x, labels, rng)
    return {"dense": (*dense, None), "24": (*train_24(*dense, x, labels, rng), None),
            "csc": train_centroids(*pruned, x, labels, rng)}


# ---- Quantisation -----------------------------------------------------------------------------------

TYPES = {  # type name, zero point, smallest and largest value
    "8":  {"input": ("uint8", 0), "hidden": ("int8", -128, -128, 127), "output": ("int16", 0, -32768, 32767)},
    "16": {"input": ("int16", 0), "hidden": ("int16", -32768, -32768, 32767), "output": ("int16", 0, -32768, 32767)},
}
ACC_MAX = 2 ** 35 - 1  # accumulators are 36 bits


def quantise_weights(weights, norms):
    """[(integers [K, C], scale [K])]: real weight = integer * scale of its row"""
    if norms is None:  # int8, a scale for every output
        scales = [np.maximum(np.abs(w).max(axis=1), 1e-6) / 127 for w in weights]
    else:              # int16 codebooks, as fine as int16 and the accumulators allow for any input of either type
        steps = [32767.0] * (max(BOOK) + 1)
        for i, (w, n) in enumerate(zip(weights, norms)):
            reach = 16 if i == 0 else 65535
            finest = min(32767 / np.abs(w).max(), 0.98 * ACC_MAX / (np.abs(w).sum(axis=1).max() * reach))
            steps[BOOK[i]] = min(steps[BOOK[i]], finest * n)
        scales = [np.full(len(w), n / steps[b]) for b, w, n in zip(BOOK, weights, norms)]
    return [(np.rint(w / s[:, None]).astype(np.int64), s) for w, s in zip(weights, scales)]


def fixed_point(real):
    """real = M / 2^s with 2^30 <= M < 2^31"""
    s = 30 - int(np.floor(np.log2(real)))
    m = int(np.rint(real * 2.0 ** s))
    if m == 2 ** 31:
        m, s = 2 ** 30, s - 1
    assert 2 ** 30 <= m < 2 ** 31 and 1 <= s <= 62
    return m, s


def quantise(weights, biases, norms, x, types):
    """Layers of integers; x calibrates: the largest activation of a layer is the largest value of its type."""
    acts = forward(weights, biases, x)
    in_scale, in_zero = 1 / 16, types["input"][1]
    layers = []
    for i, (w, w_scale) in enumerate(quantise_weights(weights, norms)):
        last = i == len(weights) - 1
        _, zero, low, high = types["output" if last else "hidden"]
        out_scale = np.abs(acts[i + 1]).max() / ((high - zero) / 2 if last else high - zero)  # logits: room for a factor of 2
        bias = np.rint(biases[i] / (in_scale * w_scale)).astype(np.int64)
        ms = np.array([fixed_point(in_scale * s / out_scale) for s in w_scale])
        reach = 16 if i == 0 else high_before - in_zero
        assert np.abs(bias).max() < 2 ** 31 and (np.abs(w).sum(axis=1) * reach).max() <= ACC_MAX
        layers.append({"w": w, "bias": bias, "m": ms[:, 0], "s": ms[:, 1], "in_zero": in_zero,
                       "zero": zero, "low": low, "high": high})
        in_scale, in_zero, high_before = out_scale, zero, high
    return layers


def infer(layers, pixels):
    """The integer network, docs/numerics.md to the letter; Python's integers cannot overflow."""
    x = pixels.astype(np.int64)
    for l in layers:
        x = requantise((x - l["in_zero"]) @ l["w"].T, l)
    return x


def requantise(acc, l):
    """Outputs [.., K] of a layer from its sums."""
    y = (acc + l["bias"]).astype(object) * l["m"].astype(object)
    half = np.array([1 << (int(s) - 1) for s in l["s"]], dtype=object)
    q = (y + half) >> l["s"].astype(object)  # of Python: floor
    return np.clip(q + l["zero"], l["low"], l["high"]).astype(np.int64)


def correct(logits, labels):
    return int((logits.argmax(axis=1) == labels).sum())


# ---- All of it ----------------------------------------------------------------------------------------

def digits():
    """(pixels [n, 64], labels [n], [(training part, test part)] of the folds)"""
    pixels, labels = load_digits(return_X_y=True)
    split = StratifiedKFold(FOLDS, shuffle=True, random_state=1).split(pixels, labels)
    return pixels.astype(np.uint8), labels, list(split)


def main():
    pixels, labels, folds = digits()
    x = (pixels / 16).astype(np.float32)
    counts = {}  # (version, type) -> [(correct, pictures)] by fold
    floats = {}
    for fold, (train, test) in enumerate(folds):
        nets = train_all(x[train], labels[train], seed=fold)
        for version, (weights, biases, norms) in nets.items():
            floats.setdefault(version, []).append(correct(forward(weights, biases, x[test])[-1], labels[test]) / len(test))
            for t, types in TYPES.items():
                layers = quantise(weights, biases, norms, x[train], types)
                logits = infer(layers, pixels[test])
                counts.setdefault((version, t), []).append((correct(logits, labels[test]), len(test)))
                print(f"fold {fold} {version:5s} {t:>2s}-bit activations: {counts[version, t][-1]}"
                      f"  float {floats[version][-1]:.4f}", flush=True)
                if fold == 0:
                    write(version, t, layers, logits)
        if fold == 0:
            np.save(os.path.join(HERE, "pictures.npy"), pixels[test])
            np.save(os.path.join(HERE, "labels.npy"), labels[test].astype(np.uint8))
    accuracy = {}
    for (version, t), c in counts.items():
        accuracy[f"{version}_{t}"] = accuracy_of(c, floats[version])
    dump("accuracy.json", accuracy)
    dump("networks.json", {t: {"input": {"type": y["input"][0], "zero": y["input"][1]},
                               **{k: dict(zip(("type", "zero", "low", "high"), y[k])) for k in ("hidden", "output")}}
                           for t, y in TYPES.items()})
    print(json.dumps(accuracy, indent=1))


def accuracy_of(counts, floats):
    """counts [(correct, pictures)] and shares of the float network, by fold"""
    return {"correct": counts[0][0], "pictures": counts[0][1],
            "five_fold_mean": round(sum(a / n for a, n in counts) / FOLDS, 5),
            "five_fold_mean_float": round(sum(floats) / FOLDS, 5)}


def dump(name, value):
    with open(os.path.join(HERE, name), "w") as f:
        f.write(json.dumps(value, indent=1) + "\n")


def write(version, t, layers, logits):
    for i, l in enumerate(layers):
        w = l["w"].astype(np.int16 if version == "csc" else np.int8)
        assert (w == l["w"]).all()
        if version == "24":
            assert (np.count_nonzero(w.reshape(-1, 4), axis=1) <= 2).all()
        if version == "csc":
            assert len(np.unique(w[w != 0])) <= CODES
            assert i == 0 or np.array_equal(np.unique(w), np.unique(layers[1]["w"]))
        np.save(os.path.join(HERE, f"{version}_w{i + 1}.npy"), w)
    table = np.concatenate([np.stack([l["bias"], l["m"], l["s"]], axis=1) for l in layers])
    np.save(os.path.join(HERE, f"{version}_{t}_requant.npy"), table.astype(np.int32))
    np.save(os.path.join(HERE, f"{version}_{t}_logits.npy"), logits.astype(np.int16))


if __name__ == "__main__":
    sys.exit(main())
