#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""train_conv.py - the convolutional network of `make demo`: the digits of train.py, their split and rules, in three versions

  Network    picture 8 x 8 x 1
             1  3 x 3, 8 channels, ReLU                               8 x 8 x 8
             2  3 x 3, 32 channels, ReLU, max pooling 2 x 2           4 x 4 x 32
             3  3 x 3, 32 channels + its input, ReLU, max pooling     2 x 2 x 32
             4  2 x 2, 10 channels: the logits                        1 x 1 x 10
             Layers 1 to 3 are padded by one pixel all around. 12,872 weights
  Versions   conv_dense  int8 weights, a scale for every output
             conv_24     int8, at most two non-zeros in four neighbouring input channels of a tap; layer 1 has one channel and stays dense
             conv_csc8   int8, nine in ten zero, anywhere. No codebooks, as the MLP's csc has them: the machine holds two at a time,
                         and of four some would have to be loaded again in every job
  Type       8 of train.py: pixels uint8, hidden activations int8 with zero point -128, logits int16
  Residual   what is added to a sum of layer 3 is factor[k] * (x - zero), an integer: the ratio of the scales of x and of the sum, rounded
  Accuracy   always of the integer network, as in train.py; the rules of docs/numerics.md on NumPy's int64 and Python's integers
  Writes     into the folder of this file, per version v:
               v_w1.npy .. v_w4.npy  int8 [K, R, S, C]
               v_8_residual.npy      int16 [32]: the factors of layer 3
               v_8_requant.npy       int32 [8 + 32 + 32 + 10, 3]: bias, multiplier, shift of every output, layer after layer
               v_8_logits.npy        int16 [n, 10]: what the integer network answers to pictures.npy
             conv_accuracy.json (on the test part, and five-fold means)

Training is PyTorch's, on one thread; deterministic on one machine, as train.py is."""
import json
import os
import sys

import numpy as np
import torch
from torch.nn import functional as F

import train

SHAPES = ((8, 1, 3, 3), (32, 8, 3, 3), (32, 32, 3, 3), (10, 32, 2, 2))  # [K, C, R, S]
PAD = (1, 1, 1, 0)
POOLED = (False, True, True, False)
RESIDUAL = 2                          # the layer that adds its input
SPARSITY = (0.25, 0.90, 0.93, 0.80)   # zeros per layer of version conv_csc8: 0.91 of all weights


# ---- Training, in float32: real value of a pixel = pixel / 16 --------------------------------------

def forward(params, x):
    """Activations of every layer, the pictures [n, 1, 8, 8] first."""
    acts = [x]
    for i, (w, b) in enumerate(params):
        y = F.conv2d(acts[-1], w, b, padding=PAD[i])
        if i == RESIDUAL:
            y = y + acts[-1]
        if i < len(params) - 1:
            y = F.relu(y)
        acts.append(F.max_pool2d(y, 2) if POOLED[i] else y)
    return acts


def pictures(x):
    return torch.from_numpy(np.ascontiguousarray(x, np.float32)).reshape(-1, 1, 8, 8)


def fit(params, x, labels, epochs, peak, rng, mask_at=None, network=forward):
    """Train on from `params`, under masks; mask_at(progress, weights) gives them, and may tighten them as it goes."""
    params = [(w.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()) for w, b in params]
    adam = torch.optim.AdamW([{"params": [w for w, _ in params], "weight_decay": 0.05},
                              {"params": [b for _, b in params], "weight_decay": 0}])

    def mask(progress):
        if mask_at:
            with torch.no_grad():
                for (w, _), m in zip(params, mask_at(progress, [w for w, _ in params])):
                    w *= m

    for progress, bx, by in train.batches(x, labels, epochs, rng):
        mask(progress)
        for group in adam.param_groups:
            group["lr"] = train.rate_at(progress, peak)
        adam.zero_grad()
        F.cross_entropy(network(params, pictures(bx))[-1].flatten(1), torch.from_numpy(by)).backward()
        adam.step()
    mask(1.0)
    return params


def masks_24(weights):
    """The two largest of four neighbouring input channels; of equal ones the first."""
    masks = [torch.ones_like(weights[0])]
    for w in weights[1:]:
        by_channel = w.permute(0, 2, 3, 1)
        largest = by_channel.abs().reshape(-1, 4).argsort(dim=1, descending=True, stable=True)[:, :2]
        m = torch.zeros(by_channel.numel() // 4, 4).scatter_(1, largest, 1)
        masks.append(m.reshape(by_channel.shape).permute(0, 3, 1, 2))
    return masks


def masks_csc8(progress, weights, sparsity=SPARSITY):
    """Sparsity rises along a cubic until 60 % of the epochs are done; then the masks stay."""
    left = max(0.0, 1 - progress / 0.6)
    masks = []
    for w, final in zip(weights, sparsity):
        m = torch.ones(w.numel())
        m[w.abs().flatten().argsort(stable=True)[:int(w.numel() * final * (1 - left ** 3))]] = 0
        masks.append(m.reshape(w.shape))
    return masks


def train_all(x, labels, seed):
    """{version: [(weights [K, C, R, S], biases)]}"""
    rng = np.random.default_rng(seed)
    start = [(torch.from_numpy(rng.normal(0, np.sqrt(2 / np.prod(s[1:])), s).astype(np.float32)), torch.zeros(s[0])) for s in SHAPES]
    dense = fit(start, x, labels, train.EPOCHS["dense"], 2e-3, rng)
    fixed = masks_24([w.detach() for w, _ in dense])
    return {"conv_dense": dense,
            "conv_24": fit(dense, x, labels, train.EPOCHS["24"], 1e-3, rng, lambda progress, weights: fixed),
            "conv_csc8": fit(dense, x, labels, train.EPOCHS["csc"], 2e-3, rng, masks_csc8)}


# ---- Quantisation -----------------------------------------------------------------------------------

TYPES = train.TYPES["8"]


def quantise(params, x):
    """Layers of integers; x calibrates: the largest activation of a layer is the largest value of its type."""
    with torch.no_grad():
        acts = [a.numpy() for a in forward(params, pictures(x))]
    in_scale, in_zero = 1 / 16, TYPES["input"][1]
    layers = []
    for i, (w, b) in enumerate(params):
        w, b = w.detach().numpy().transpose(0, 2, 3, 1).astype(float), b.detach().numpy()
        last = i == len(params) - 1
        w_scale = np.maximum(np.abs(w).max(axis=(1, 2, 3)), 1e-2) / 127  # at least that: a factor below is then an int16
        _, zero, low, high = TYPES["output" if last else "hidden"]
        out_scale = np.abs(acts[i + 1]).max() / ((high - zero) / 2 if last else high - zero)  # logits: room for a factor of 2
        ms = np.array([train.fixed_point(in_scale * s / out_scale) for s in w_scale])
        # The scale of a sum is in_scale * w_scale, that of x is in_scale.
        factor = np.rint(1 / w_scale).astype(np.int64) if i == RESIDUAL else np.zeros(len(w), np.int64)
        assert factor.max() < 2 ** 15 and (i != RESIDUAL or factor.min() >= 32)
        layers.append({"w": np.rint(w / w_scale[:, None, None, None]).astype(np.int64), "factor": factor,
                       "bias": np.rint(b / (in_scale * w_scale)).astype(np.int64), "m": ms[:, 0], "s": ms[:, 1],
                       "in_zero": in_zero, "zero": zero, "low": low, "high": high})
        in_scale, in_zero = out_scale, zero
    return layers


def infer(layers, pixels):
    """The integer network: [n, 10]. Integers small enough for int64 but in requantise(), where they are Python's."""
    x = pixels.reshape(-1, 8, 8, 1).astype(np.int64)
    for i, l in enumerate(layers):
        a = x - l["in_zero"]
        p = np.pad(a, ((0, 0), (PAD[i], PAD[i]), (PAD[i], PAD[i]), (0, 0)))
        _, kernel_y, kernel_x, _ = l["w"].shape
        height, width = p.shape[1] - kernel_y + 1, p.shape[2] - kernel_x + 1
        acc = sum(p[:, r:r + height, s:s + width] @ l["w"][:, r, s].T for r in range(kernel_y) for s in range(kernel_x))
        if i == RESIDUAL:
            acc = acc + l["factor"] * a
        x = train.requantise(acc, l)
        if POOLED[i]:
            x = x.reshape(len(x), height // 2, 2, width // 2, 2, -1).max(axis=(2, 4))
    return x.reshape(len(x), -1)


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
                real = forward(params, pictures(x[test]))[-1].flatten(1).numpy()
            layers = quantise(params, x[learn])
            logits = infer(layers, pixels[test])
            floats.setdefault(version, []).append(train.correct(real, labels[test]) / len(test))
            counts.setdefault(version, []).append((train.correct(logits, labels[test]), len(test)))
            print(f"fold {fold} {version:10s}: {counts[version][-1]}  float {floats[version][-1]:.4f}", flush=True)
            if fold == 0:
                write(version, layers, logits)
    accuracy = {f"{v}_8": train.accuracy_of(c, floats[v]) for v, c in counts.items()}
    train.dump("conv_accuracy.json", accuracy)
    print(json.dumps(accuracy, indent=1))


def write(version, layers, logits):
    for i, l in enumerate(layers):
        if version == "conv_24" and i:
            assert (np.count_nonzero(l["w"].reshape(-1, 4), axis=1) <= 2).all()
        save(f"{version}_w{i + 1}", l["w"], np.int8)
    save(f"{version}_8_residual", layers[RESIDUAL]["factor"], np.int16)
    save(f"{version}_8_requant", np.concatenate([np.stack([l["bias"], l["m"], l["s"]], axis=1) for l in layers]), np.int32)
    save(f"{version}_8_logits", logits, np.int16)


def save(name, value, to):
    assert (value.astype(to) == value).all()
    np.save(os.path.join(train.HERE, name + ".npy"), value.astype(to))


if __name__ == "__main__":
    sys.exit(main())
