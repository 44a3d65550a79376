#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# readme.py - put today's figures into README.md and docs/numerics.md: run the commands, replace what stands between the markers
#
# `make readme`. Wall-clock figures (simulator, golden model) are of the machine it runs on, and say so.
import json
import os
import re
import subprocess

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
B = os.environ.get("B", "build")
os.environ["BENCH"] = f"{B}/bench"
os.makedirs(f"{B}/bench", exist_ok=True)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def need(pattern, text):
    found = re.search(pattern, text)
    if not found:
        raise SystemExit(f"readme: expected {pattern!r} in: {text[:400]}")
    return found.group(1)


def put(path, marker, text):
    with open(path) as f:
        old = f.read()
    new, n = re.subn(rf"<!-- {marker} -->.*?<!-- /{marker} -->", lambda _: f"<!-- {marker} -->\n{text}\n<!-- /{marker} -->", old, flags=re.S)
    if n != 1:
        raise SystemExit(f"readme: expected one marker {marker!r} in {path}, got {n}")
    with open(path, "w") as f:
        f.write(new)


demo = run(f"{B}/examples/demo")
table = demo[demo.index("  version        type"):].rstrip()
put("README.md", "demo", "```\n" + re.sub(r"\n  \d+ cycles of RTL in [^\n]*", "", table) + "\n```")

model = need(r"golden model: (\d+) million", run(f"{B}/bench_model"))
sim = need(r"Verilated l64: (\d+) thousand", run(f"{B}/bench_sim"))
size = run("driver/size.sh")
rv32, m3 = need(r"driver on rv32imc: (\d+)", size), need(r"driver on cortex-m3: (\d+)", size)
run("scripts/check_cells.sh")
with open(f"{B}/cells.json") as f:
    cells = json.load(f)
lane = cells["design"]["num_cells_by_type"]
yosys = need(r"Yosys ([\d.]+)", cells["creator"])
rows = [
    ("golden model, 64 lanes, `csc` 10 %", f"{model} million needed multiply-accumulates a second, one core", "make bench-model"),
    ("Verilated RTL, 64 lanes", f"{sim} thousand cycles a second, one thread", "make bench-sim"),
    ("driver, text", f"{int(rv32):,} bytes on RV32IMC, {int(m3):,} on Cortex-M3 (-Os)", "make driver-size"),
    ("one lane of `l8` on ECP5 (synthesis only, Yosys " + yosys + ")",
     f"{lane['LUT4']:,} LUT4, {lane['CCU2C']} carry cells, {lane['TRELLIS_DPR16X4']} LUT RAMs, {lane['TRELLIS_FF']} flip-flops, "
     f"{lane['DP16KD']} block RAMs, {lane['MULT18X18D']} multiplier", "make cells"),
]
put("README.md", "figures", "\n| figure | value | command |\n|---|---|---|\n" + "\n".join(f"| {a} | {b} | `{c}` |" for a, b, c in rows) + "\n")
eie = run(f"{B}/bench_eie")
put("README.md", "eie", "\n" + eie[eie.index("| layer"):].rstrip() + "\n")
tflite = run(f"{B}/count_tflite")
put("docs/numerics.md", "tflite", tflite.strip())
