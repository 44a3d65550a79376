#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# readme.py [figures | bench [NAME..] | boards] - put today's figures into the documents: what stands between <!-- NAME --> and <!-- /NAME --> is replaced
#
#   README.md, docs/benchmarks.md   tables of build/bench/*.json, as `make bench` left them (complete runs, every row correct)
#   README.md, docs/numerics.md     what other commands print; not with `bench`, which may name the benchmarks whose tables are wanted.
#                                   `figures`: these and the four benchmarks they need
#   README.md                       `boards`, and nothing else: the table of build/fpga/BOARD/report.json, as `make fpga BOARD=..` left them
#
# `make readme` runs the benchmarks first. Wall-clock figures (simulator, golden model) are of the machine it runs on, and say so.
import glob
import json
import math
import os
import re
import subprocess
import sys

import bench_tables

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
B = os.environ.get("B", "build")


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


def benchmarks(names):
    """The tables; returns the rows by benchmark."""
    rows = {}
    for name in names:
        rows[name] = bench_tables.load(name)
        for r in rows[name]:
            if not r["correct"] or r["quick"]:
                raise SystemExit(f"readme: {bench_tables.BENCH}/{name}.json: {r['workload']}: expected a complete, correct run of `make bench-{name}`")
    for name in names:
        if not rows[name]:  # trained, without its data: the table stays
            continue
        for marker, title, part, text in bench_tables.tables(name, rows[name]):
            put("docs/benchmarks.md", marker, f"\n{title}: {bench_tables.machine(part)}\n\n{text}\n")
            if marker == "eie":
                put("README.md", marker, f"\n{text}\n")
    return rows


def boards():
    """One row a board, dashes where it has no report here."""
    lines = ["| board | lanes | TRELLIS_COMB | flip-flops | block RAMs | multipliers | Fmax, nextpnr | seed | Yosys, nextpnr |", "|---|--:|--:|--:|--:|--:|--:|--:|---|"]
    for board in sorted(path.split("/")[1] for path in glob.glob("fpga/*/board.cfg")):
        r = bench_tables.report_of(board)
        if r is None:
            lines.append(f"| `{board}` | - | - | - | - | - | - | - | - |")
            continue
        used = [f"{r[key]:,} of {r['available'][key]:,}" for key in ("comb", "ff", "bram", "dsp")]
        clock = f"{r['fmax_mhz']:.1f} MHz ({'runs at' if r['met'] else 'misses'} {r['constraint_mhz']:g})"
        lines.append(f"| `{board}` | {r['lanes']} | {' | '.join(used)} | {clock} | {r['seed']} | {r['tools']['yosys']}, {r['tools']['nextpnr']} |")
    put("README.md", "boards", "\n" + "\n".join(lines) + "\n")


what = sys.argv[1] if sys.argv[1:] else "all"
wanted = ["eie", "2to4", "spmm", "sim", "conv"] if what == "figures" else sys.argv[2:] or bench_tables.NAMES
if what not in ("all", "figures", "bench", "boards") or (sys.argv[2:] and what != "bench") or not set(wanted) <= set(bench_tables.NAMES):
    raise SystemExit(f"usage: readme.py [boards | figures | bench [{'|'.join(bench_tables.NAMES)}..]]")
if what == "boards":
    boards()
    sys.exit()
rows = benchmarks(wanted)
if what == "bench":
    sys.exit()

demo = run(f"{B}/examples/demo")
table = demo[demo.index("  version        type"):].rstrip()
put("README.md", "demo", "```\n" + re.sub(r"\n  \d+ cycles of RTL in [^\n]*", "", table) + "\n```")

size = run("driver/size.sh")
rv32, m3 = need(r"driver on rv32imc: (\d+)", size), need(r"driver on cortex-m3: (\d+)", size)
run("scripts/check_cells.sh")
with open(f"{B}/cells.json") as f:
    cells = json.load(f)
lane = cells["design"]["num_cells_by_type"]
yosys = need(r"Yosys ([\d.]+)", cells["creator"])


mean, pick = bench_tables.mean, bench_tables.pick
resident = pick(rows["eie"], resident=True)
streamed = [r for r in rows["eie"] if not r["resident"] and r["memory"]["latency"] == 10]
dense, half, quarter = (pick(rows["2to4"], format=n, workload="2048 x 2048", resident=True)[0]["throughput_cycles"] for n in ("4:4", "2:4", "1:4"))
wide = [r for r in pick(rows["conv"], table="resnet", format="4:4") if r["channels"][0] >= 64]


def ratio(r, form, other=None):
    other = other or pick(rows["conv"], table=r["table"], workload=r["workload"], format=form)[0]
    return r["throughput_cycles"] / other["throughput_cycles"]


twentieth = pick(rows["conv"], table="sparse", workload="3x3 64", format="4:4")[0]
drawn = sorted(ratio(twentieth, "auto", r) for r in pick(rows["conv"], table="draws", workload="3x3 64"))
figures = [
    ("EIE's nine layers, 64 lanes, weights resident",
     f"utilisation {mean(r['utilisation'] for r in resident):.3f}, geometric mean (EIE: {mean(r['eie_utilisation'] for r in resident):.2f})",
     "make bench-eie"),
    ("the same, streamed, buses of 64 to 512 bit",
     f"at most {max(r['over_bound'] for r in streamed):.3f} x the larger of compute and bandwidth bound; "
     f"at most {max(r['bits_fetched_per_needed_nonzero'] for r in streamed):.1f} bits fetched per needed non-zero weight", "make bench-eie"),
    ("2:4 and 1:4 against dense weights, 2048 x 2048, one input", f"{dense / half:.2f} x and {dense / quarter:.2f} x fewer cycles", "make bench-2to4"),
    ("convolutions of ResNet-50, dense weights, 64 lanes",
     f"utilisation at least {math.floor(1000 * min(r['utilisation'] for r in wide)) / 1000:.3f}, three input channels {pick(rows['conv'], workload='conv1', format='4:4')[0]['utilisation']:.2f}; "
     f"2:4 at least {math.floor(100 * min(ratio(r, '2:4') for r in wide)) / 100:.2f} x fewer cycles", "make bench-conv"),
    ("3x3 convolution, 64 to 64 channels, 90 % of the weights and 80 % of the inputs zero", f"{drawn[0]:.1f} to {drawn[-1]:.1f} x fewer cycles than the dense layer ({len(drawn)} draws)", "make bench-conv"),
    ("sparse matrix (10 %) times 64 inputs, 4096 x 4096",
     f"utilisation {pick(rows['spmm'], workload='headline')[0]['utilisation']:.3f}", "make bench-spmm"),
    *((what, speed, "make bench-sim") for what, speed in bench_tables.speeds(rows["sim"])),
    ("driver, text", f"{int(rv32):,} bytes on RV32IMC, {int(m3):,} on Cortex-M3 (-Os)", "make driver-size"),
    ("one lane of `l8` on ECP5 (synthesis only, Yosys " + yosys + ")",
     f"{lane['LUT4']:,} LUT4, {lane['CCU2C']} carry cells, {lane['TRELLIS_DPR16X4']} LUT RAMs, {lane['TRELLIS_FF']} flip-flops, "
     f"{lane['DP16KD']} block RAMs, {lane['MULT18X18D']} multiplier", "make cells"),
]
put("README.md", "figures", "\n| figure | value | command |\n|---|---|---|\n" + "\n".join(f"| {a} | {b} | `{c}` |" for a, b, c in figures) + "\n")
tflite = run(f"{B}/count_tflite")
put("docs/numerics.md", "tflite", tflite.strip())
