#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# trained.py OUT - matrices of trained networks as .npy files and OUT/manifest.json, for bench_trained
#
#   Data        $LACUNA_DATA (default ../shared/data): squeezenet/compressed_SqueezeNet.net with its prototxt (Deep Compression), mlperf_tiny/*.tflite
#   Convolutions  as matrices [K, R * S * C], channels last: what one output position multiplies
#   Inputs      of the AD01 autoencoder the real ones: its spectrogram, run through the layers here with TFLite's int8 arithmetic; else the manifest
#               says a density, and bench_trained draws them
#   Absent      what is not there is named on standard output and left out; the manifest is always written
import json
import os
import re
import sys

import numpy as np

DATA = os.environ.get("LACUNA_DATA") or "../shared/data"
rows = []


def save(out, network, name, weights, **more):
    file = f"{network}_{name}.npy"
    np.save(os.path.join(out, file), np.ascontiguousarray(weights))
    rows.append({"network": network, "layer": name, "weights": file, **more})


def skip(what, why):
    print(f"skip - {what}: {why}")


def prototxt_convolutions(text):
    """[(name, outputs, inputs, kernel)] in the order of the file."""
    channels, found = {"data": 3}, []
    for block in re.split(r"\blayers?\s*\{", text)[1:]:
        every = lambda key: re.findall(rf'\b{key}:\s*"?([^"\s]+)', block)
        bottoms = [channels[b] for b in every("bottom") if b in channels]
        outputs = every("num_output")
        if outputs:
            found.append((every("name")[0], int(outputs[0]), bottoms[0], int(every("kernel_size")[0])))
        for top in every("top"):
            channels[top] = int(outputs[0]) if outputs else sum(bottoms)
    return found


def squeezenet(out):
    folder = os.path.join(DATA, "squeezenet")
    try:
        with open(os.path.join(folder, "SqueezeNet_deploy.prototxt")) as f:
            layers = prototxt_convolutions(f.read())
        with open(os.path.join(folder, "compressed_SqueezeNet.net"), "rb") as f:
            net = f.read()
    except OSError as e:
        return skip("SqueezeNet", e)
    at = 4 * len(layers)
    stored = np.frombuffer(net, "<u4", len(layers))
    for (name, outputs, channels, kernel), nz in zip(layers, stored.tolist()):
        codebook = np.frombuffer(net, "<f4", 256, at)
        at += 1024 + 4 * outputs  # codebook, bias
        codes = np.frombuffer(net, np.uint8, nz, at)
        at += nz
        nibbles = np.frombuffer(net, np.uint8, (nz + 1) // 2, at)
        at += (nz + 1) // 2
        relative = np.stack((nibbles & 15, nibbles >> 4), 1).reshape(-1)[:nz].astype(np.int64)
        flat = np.zeros(outputs * channels * kernel * kernel, np.float32)
        flat[np.cumsum(relative + 1) - 1] = codebook[codes]
        w = flat.reshape(outputs, channels, kernel, kernel).transpose(0, 2, 3, 1).reshape(outputs, -1)
        if re.match(r"fire[259]/|conv_final|conv10", name):
            save(out, "squeezenet", name.replace("/", "_"), w, points=16, density=0.4)
    if at != len(net):
        raise SystemExit(f"trained.py: expected {at} bytes in compressed_SqueezeNet.net, got {len(net)}")


class Tflite:
    """The operators of a .tflite file with their tensors."""

    def __init__(self, path):
        from tflite import BuiltinOperator, Model
        with open(path, "rb") as f:
            self.model = Model.GetRootAsModel(f.read(), 0)
        self.graph = self.model.Subgraphs(0)
        self.names = {v: k for k, v in vars(BuiltinOperator).items() if not k.startswith("_")}

    def operators(self):
        for i in range(self.graph.OperatorsLength()):
            op = self.graph.Operators(i)
            code = self.model.OperatorCodes(op.OpcodeIndex())
            yield self.names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())], [op.Inputs(k) for k in range(op.InputsLength())], op.Outputs(0)

    def data(self, tensor, dtype):
        t = self.graph.Tensors(tensor)
        return np.frombuffer(self.model.Buffers(t.Buffer()).DataAsNumpy().tobytes(), dtype).reshape(t.ShapeAsNumpy())

    def scale(self, tensor):
        """(scale, zero point)"""
        q = self.graph.Tensors(tensor).Quantization()
        return q.ScaleAsNumpy().astype(np.float64), int(q.ZeroPoint(0))


def tflite(what, file):
    try:
        return Tflite(os.path.join(DATA, "mlperf_tiny", file))
    except ImportError:
        skip(what, "no Python module 'tflite'; expected it in build/venv (./setup.sh bench)")
    except OSError as e:
        skip(what, e)


def vww(out):
    net, n = tflite("VWW", "vww_mobilenetv1_96_int8.tflite"), 0
    for name, inputs, _ in net.operators() if net else ():
        if name != "CONV_2D":
            continue
        w = net.data(inputs[1], np.int8)  # [K, R, S, C]
        if w.shape[1:3] == (1, 1) and w.shape[0] >= 16:
            n += 1
            save(out, "vww", f"pointwise_{n}", w.reshape(w.shape[0], -1), points=16, density=0.5)


def ad01(out):
    net = tflite("AD01", "ad01_toycar_int8.tflite")
    if not net:
        return
    try:
        mel = np.fromfile(os.path.join(DATA, "mlperf_tiny", "ad01_normal_id_01_00000000_hist_librosa.bin"), "<f4").reshape(200, 128)
    except OSError as e:
        return skip("AD01", e)
    real = np.stack([mel[i:i + 5].reshape(-1) for i in range(196)])[:160]  # 5 jobs of 32 windows
    x, n = None, 0
    for name, inputs, output in net.operators():
        if name != "FULLY_CONNECTED":
            continue
        n += 1
        (sx, zx), (sw, _), (sy, zy) = (net.scale(t) for t in (inputs[0], inputs[1], output))
        if x is None:
            x = np.clip(np.round(real / sx) + zx, -128, 127).astype(np.int8)
        w, bias = net.data(inputs[1], np.int8), net.data(inputs[2], "<i4")
        file = f"ad01_inputs_{n}.npy"
        np.save(os.path.join(out, file), x.reshape(5, 32, -1))
        save(out, "ad01", f"fc_{n}", w, points=32, inputs=file, zero=zx)
        acc = (x.astype(np.int64) - zx) @ w.astype(np.int64).T + bias
        y = np.round(acc * (sx * sw / sy)) + zy
        x = np.clip(y, zy if n < 10 else -128, 127).astype(np.int8)  # every layer but the last ends in a ReLU


if len(sys.argv) != 2:
    raise SystemExit("usage: trained.py OUT")
os.makedirs(sys.argv[1], exist_ok=True)
squeezenet(sys.argv[1])
vww(sys.argv[1])
ad01(sys.argv[1])
path = os.path.join(sys.argv[1], "manifest.json")
with open(path + ".tmp", "w") as f:
    json.dump(rows, f, indent=1)
os.replace(path + ".tmp", path)
