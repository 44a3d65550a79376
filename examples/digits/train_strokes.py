#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""train_strokes.py - the sparse network of `make demo-strokes`: the digits of train.py, their split and rules, as strokes: pixels without ink do not exist

  Sites      pixels of INK or more; a coarser level has a site where one of the four below it is one
  Network    level 0, 8 x 8   1  submanifold 3 x 3, 8 channels, ReLU
                              2  submanifold 3 x 3, 16 channels, ReLU
             level 1, 4 x 4   3  strided 2 x 2 / 2, 32 channels, ReLU
                              4  submanifold 3 x 3, 32 channels, ReLU
             level 2, 2 x 2   5  strided 2 x 2 / 2, 32 channels, ReLU
             level 3, 1 x 1   6  strided 2 x 2 / 2, 10 channels: the logits
             17,864 weights
  Versions   strokes_dense  int8 weights, a scale for every output
             strokes_24     int8, at most two non-zeros in four neighbouring input channels of a tap; layer 1 has one channel and stays dense
             strokes_csc    most weights zero, the others 15 int8 values a layer (k-means, whose centroids are then fine-tuned), a scale for every layer
  Type       pixels 0 .. 16 with zero point 0, hidden activations with zero point -128, logits with zero point 0, all of them int8
  Accuracy   always of the integer network, as in train.py. Here it is computed densely, with what is no site set to zero behind every layer: no coordinates, no rules
  Writes     into the folder of this file, per version v:
               v_w1.npy .. v_w6.npy  int8 [K, 1, R, S, C]
               v_8_requant.npy       int32 [8 + 16 + 32 + 32 + 32 + 10, 3]: bias, multiplier, shift of every output, layer after layer
               v_8_logits.npy        int8 [n, 10]: what the integer network answers to pictures.npy
             strokes_accuracy.json (on the test part, and five-fold means; sites a picture of each level)

Training is PyTorch's, on one thread; deterministic on one machine, as train.py is."""
import functools
import json
import sys

import numpy as np
import torch
from torch.nn import functional as F

import train
import train_conv

INK = 4                              # [sixteenths] of a pixel that is a site
SHAPES = ((8, 1, 3, 3), (16, 8, 3, 3), (32, 16, 2, 2), (32, 32, 3, 3), (32, 32, 2, 2), (10, 32, 2, 2))  # [K, C, R, S]; 2 x 2: strided
SPARSITY = (0.25, 0.75, 0.85, 0.92, 0.90, 0.80)  # zeros per layer of version strokes_csc


# ---- Training, in float32: real value of a pixel = pixel / 16 --------------------------------------

def forward(params, x):
    """Activations of every layer, the pictures [n, 1, 8, 8] first; where there is no site they are zero."""
    on = (x >= INK / 16).float()
    acts = [x * on]
    for i, (w, b) in enumerate(params):
        strided = w.shape[-1] == 2
        y = F.conv2d(acts[-1], w, b, stride=2) if strided else F.conv2d(acts[-1], w, b, padding=1)
        if strided:
            on = F.max_pool2d(on, 2)
        acts.append((F.relu(y) if i < len(params) - 1 else y) * on)
    return acts


fit = functools.partial(train_conv.fit, network=forward)


def fit_codes(params, x, labels, epochs, peak, rng):
    """Give the weights that are not zero 15 values a layer, and train these and the biases on."""
    with torch.no_grad():
        codes, books = [], []
        for w, _ in params:
            book, code = train.cluster(w[w != 0].numpy())
            codes.append(torch.zeros(w.shape, dtype=torch.long))
            codes[-1][w != 0] = torch.from_numpy(code) + 1
            books.append(torch.from_numpy(book).requires_grad_())
    biases = [b.detach().clone().requires_grad_() for _, b in params]

    def spread():
        return [(torch.cat([torch.zeros(1), book])[code], b) for book, code, b in zip(books, codes, biases)]

    adam = torch.optim.Adam(books + biases)
    for progress, bx, by in train.batches(x, labels, epochs, rng):
        for group in adam.param_groups:
            group["lr"] = train.rate_at(progress, peak)
        adam.zero_grad()
        F.cross_entropy(forward(spread(), train_conv.pictures(bx))[-1].flatten(1), torch.from_numpy(by)).backward()
        adam.step()
    return spread()


def train_all(x, labels, seed):
    """{version: [(weights [K, C, R, S], biases)]}"""
    rng = np.random.default_rng(seed)
    start = [(torch.from_numpy(rng.normal(0, np.sqrt(2 / np.prod(s[1:])), s).astype(np.float32)), torch.zeros(s[0])) for s in SHAPES]
    dense = fit(start, x, labels, train.EPOCHS["dense"], 2e-3, rng)
    fixed = train_conv.masks_24([w.detach() for w, _ in dense])
    pruned = fit(dense, x, labels, train.EPOCHS["csc"], 2e-3, rng, functools.partial(train_conv.masks_csc8, sparsity=SPARSITY))
    return {"strokes_dense": dense,
            "strokes_24": fit(dense, x, labels, train.EPOCHS["24"], 1e-3, rng, lambda progress, weights: fixed),
            "strokes_csc": fit_codes(pruned, x, labels, train.EPOCHS["centroids"], 1e-3, rng)}


# ---- Quantisation -----------------------------------------------------------------------------------

def quantise(params, x, shared):
    """Layers of integers; x calibrates: the largest activation of a layer is the largest value of its type. shared: one scale for all weights of a layer."""
    with torch.no_grad():
        acts = [a.numpy() for a in forward(params, train_conv.pictures(x))]
    in_scale, in_zero = 1 / 16, 0
    layers = []
    for i, (w, b) in enumerate(params):
        w, b = w.detach().numpy().transpose(0, 2, 3, 1).astype(float), b.detach().numpy()
        w_scale = np.maximum(np.abs(w).max(axis=None if shared else (1, 2, 3)), 1e-6) / 127 * np.ones(len(w))
        zero = 0 if i == len(params) - 1 else -128
        out_scale = np.abs(acts[i + 1]).max() / (127 - zero)
        ms = np.array([train.fixed_point(in_scale * s / out_scale) for s in w_scale])
        layers.append({"w": np.rint(w / w_scale[:, None, None, None]).astype(np.int64), "bias": np.rint(b / (in_scale * w_scale)).astype(np.int64),
                       "m": ms[:, 0], "s": ms[:, 1], "in_zero": in_zero, "zero": zero, "low": -128, "high": 127})
        in_scale, in_zero = out_scale, zero
    return layers


def levels(pixels):
    """Which pixels, and groups of them, are sites: [n, side, side] of every level."""
    on = [pixels.reshape(-1, 8, 8) >= INK]
    while on[-1].shape[1] > 1:
        side = on[-1].shape[1] // 2
        on.append(on[-1].reshape(-1, side, 2, side, 2).any(axis=(2, 4)))
    return on


def infer(layers, pixels):
    """The integer network: [n, 10]. Integers small enough for int64 but in requantise(), where they are Python's."""
    on = levels(pixels)
    a, level = np.where(on[0], pixels.reshape(-1, 8, 8), 0)[..., None].astype(np.int64), 0
    for l in layers:
        w, n, side = l["w"], len(a), a.shape[1]
        if w.shape[1] == 2:
            acc = np.einsum("nyrxsc,krsc->nyxk", a.reshape(n, side // 2, 2, side // 2, 2, -1), w)
            level += 1
        else:
            p = np.pad(a, ((0, 0), (1, 1), (1, 1), (0, 0)))
            acc = sum(p[:, r:r + side, s:s + side] @ w[:, r, s].T for r in range(3) for s in range(3))
        a = np.where(on[level][..., None], train.requantise(acc, l) - l["zero"], 0)
    return a.reshape(len(a), -1)


# ---- All of it ----------------------------------------------------------------------------------------

def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    pixels, labels, folds = train.digits()
    x = (pixels / 16).astype(np.float32)
    counts, floats = {}, {}  # version -> by fold
    for fold, (learn, test) in enumerate(folds):
        for version, params in train_all(x[learn], labels[learn], seed=fold).items():
            with torch.no_grad():
                real = forward(params, train_conv.pictures(x[test]))[-1].flatten(1).numpy()
            layers = quantise(params, x[learn], shared=version == "strokes_csc")
            logits = infer(layers, pixels[test])
            floats.setdefault(version, []).append(train.correct(real, labels[test]) / len(test))
            counts.setdefault(version, []).append((train.correct(logits, labels[test]), len(test)))
            print(f"fold {fold} {version:13s}: {counts[version][-1]}  float {floats[version][-1]:.4f}", flush=True)
            if fold == 0:
                write(version, layers, logits)
    accuracy = {f"{v}_8": train.accuracy_of(c, floats[v]) for v, c in counts.items()}
    train.dump("strokes_accuracy.json", accuracy)
    print(json.dumps(accuracy, indent=1), [round(float(on.sum(axis=(1, 2)).mean()), 2) for on in levels(pixels[folds[0][1]])])


def write(version, layers, logits):
    for i, l in enumerate(layers):
        if version == "strokes_24" and i:
            assert (np.count_nonzero(l["w"].reshape(-1, 4), axis=1) <= 2).all()
        if version == "strokes_csc":
            assert len(np.unique(l["w"][l["w"] != 0])) <= train.CODES
        train_conv.save(f"{version}_w{i + 1}", l["w"][:, None], np.int8)
    train_conv.save(f"{version}_8_requant", np.concatenate([np.stack([l["bias"], l["m"], l["s"]], axis=1) for l in layers]), np.int32)
    train_conv.save(f"{version}_8_logits", logits, np.int8)


if __name__ == "__main__":
    sys.exit(main())
