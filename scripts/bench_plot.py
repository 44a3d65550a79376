#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# bench_plot.py - draw docs/img/*.png from build/bench/*.json (`make bench-plots`)
import os
import sys

import bench_tables
from bench_tables import mean, pick

try:
    import matplotlib
except ImportError:
    raise SystemExit("bench_plot: no matplotlib; expected it for /usr/bin/python3 or in build/venv (./setup.sh bench)")
matplotlib.use("Agg")
import matplotlib.pyplot as plt

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
os.makedirs("docs/img", exist_ok=True)
plt.rcParams.update({"font.size": 8, "axes.grid": True, "grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False,
                     "legend.frameon": False})


def rows(name):
    return [r for r in bench_tables.load(name) if r["correct"]]


def figure(panels=1):
    fig, axes = plt.subplots(1, panels, figsize=(4.2 * panels, 2.6), layout="constrained", squeeze=False)
    return fig, list(axes[0])


def save(fig, name):
    path = f"docs/img/{name}.png"
    fig.savefig(path, dpi=110, metadata={"Software": None})  # the same bytes for the same figures
    print(path)


def two_to_four():
    fig, (a,) = figure()
    for storage in ("resident", "streamed"):
        part = [r for r in pick(rows("2to4"), storage=storage, points=1) if r["activation_density"] > 0.9]
        dense = {r["workload"]: r for r in pick(part, format="4:4")}
        for n in ("2:4", "1:4"):
            points = sorted((dense[r["workload"]]["dense_macs"] / r["lanes"], dense[r["workload"]]["throughput_cycles"] / r["throughput_cycles"])
                            for r in pick(part, format=n))
            style = ("C0" if n == "2:4" else "C1") + ("o-" if storage == "resident" else "s--")
            a.plot(*zip(*points), style, markersize=3, label=f"{n} {storage}")
    a.set(xscale="log", xlabel="dense multiplications a lane", ylabel="4:4 cycles / N:4 cycles", ylim=(1, 4.2))
    a.legend()
    save(fig, "2to4")


def zero():
    fig, axes = figure(2)
    every = rows("zero")
    for a, kinds, law, text in ((axes[0], ("csc 10 %", "csc 1 %"), lambda d: d, "d"),
                                (axes[1], ("2:4", "4:4"), lambda d: 1 - (1 - d) ** 4, "1 - (1 - d)^4")):
        ds = [i / 100 for i in range(1, 101)]
        a.plot(ds, [law(d) for d in ds], color="0.6", linewidth=1, label=text)
        for i, kind in enumerate(kinds):
            part = sorted(pick(every, workload=kind), key=lambda r: r["activation_density"])
            x, y = zip(*((r["activation_density"], r["throughput_cycles"] / part[-1]["throughput_cycles"]) for r in part))
            a.plot(x, y, "C0o" if i == 0 else "C1x", markersize=4, fillstyle="none", label=kind)
        a.set(xlabel="density of activations d", ylabel="cycles / cycles at d = 1")
        a.legend()
    save(fig, "zero")


def queue():
    fig, (a,) = figure()
    part = pick(rows("scale"), sweep="queue")
    for balanced, style in ((True, "o-"), (False, "s--")):
        depths = sorted({r["fifo_depth"] for r in part})
        a.plot(depths, [mean(r["utilisation"] for r in pick(part, fifo_depth=n, balanced=balanced)) for n in depths], style, markersize=3,
               label="channels balanced" if balanced else "interleaved")
    a.set(xscale="log", xlabel="FIFO_DEPTH [items]", ylabel="utilisation, geometric mean", ylim=(None, 1), xticks=depths, xticklabels=depths)
    a.minorticks_off()
    a.legend()
    save(fig, "queue")


def scale():
    fig, (a, b) = figure(2)
    every = rows("scale")
    part = pick(every, sweep="lanes")
    lanes = sorted({r["lanes"] for r in part})
    for layer in dict.fromkeys(r["workload"] for r in part):
        a.plot(lanes, [pick(part, lanes=n, workload=layer)[0]["utilisation"] for n in lanes], "o-", markersize=3, label=layer)
    a.set(xscale="log", xlabel="lanes", ylabel="utilisation, resident", xticks=lanes, xticklabels=lanes)
    a.minorticks_off()
    part = pick(every, sweep="latency")
    for i, layer in enumerate(dict.fromkeys(r["workload"] for r in part)):
        for n, style in ((8, "s--"), (32, "o-")):
            line = sorted((r["memory"]["latency"], r["over_bound"]) for r in pick(part, workload=layer, flight=n))
            if line:
                b.plot(*zip(*line), style, markersize=3, color=f"C{i}", label=f"{layer}, FLIGHT {n}")
    b.set(xlabel="memory latency [cycles]", ylabel="cycles / bound, streamed", ylim=(0.9, None))
    a.legend()
    b.legend()
    save(fig, "scale")


def sparse():
    fig, axes = figure(2)
    part = pick(rows("conv"), table="sparse")
    for a, varied, fixed, share, what in ((axes[0], "weight_density", "activation_density", 0.2, "weights"), (axes[1], "activation_density", "weight_density", 0.1, "inputs")):
        for i, dense in enumerate(pick(part, format="4:4")):
            line = sorted((r for r in pick(part, workload=dense["workload"], format="auto") if abs(r[fixed] - share) < 0.03), key=lambda r: r[varied])
            shares = [r[varied] for r in line]
            # an activation that is not zero takes a cycle, and a lane multiplies once a cycle
            items = [r["activation_density"] * r["image"][0] * r["image"][1] * r["channels"][0] for r in line]
            bound = [max(n, r["needed_macs"] / r["lanes"]) for n, r in zip(items, line)]
            a.plot(shares, [dense["throughput_cycles"] / n for n in bound], "--", linewidth=0.8, color=f"C{i}")
            a.plot(shares, [dense["throughput_cycles"] / r["throughput_cycles"] for r in line], "o-", markersize=3, color=f"C{i}", label=dense["workload"])
        a.plot([], [], "--", linewidth=0.8, color="0.4", label="bound")
        other = "inputs" if what == "weights" else "weights"
        ticks = [0.05, 0.1, 0.2, 0.5] + [1] * (what == "inputs")
        a.set(xscale="log", yscale="log", xlabel=f"{what} not zero ({100 * share:.0f} % of the {other})", ylabel="times fewer cycles than dense",
              xticks=ticks, xticklabels=[f"{100 * t:g} %" for t in ticks], yticks=[5, 10, 20, 50, 100, 200], yticklabels=[5, 10, 20, 50, 100, 200])
        a.minorticks_off()
    axes[0].legend()
    save(fig, "sparse")


def density():
    fig, (a,) = figure()
    part = pick(rows("sconv"), table="density")
    for i, channels in enumerate(sorted({r["channels"][0] for r in part})):
        mine = [r for r in part if r["channels"][0] == channels]
        for marker, what, some in (("o-", "random, 64 x 64", 64), ("s--", "random, 256 x 256", 256), ("x", "scans", 0)):
            line = sorted((r for r in mine if (r["image"][0] if r["workload"] == "random" else 0) == some), key=lambda r: r["density"])
            a.plot([r["density"] for r in line], [bench_tables.over_dense(r) for r in line], marker, markersize=4, color=f"C{i}", label=f"{channels} channels, {what}")
    a.axhline(1, color="0.4", linestyle="--", linewidth=0.8)
    ticks = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8]
    a.set(xscale="log", xlabel="pixels active", ylabel="cycles a rule, of the dense layer's", xticks=ticks, xticklabels=[f"{100 * t:g} %" for t in ticks], ylim=(0, None))
    a.minorticks_off()
    a.legend()
    save(fig, "density")


if sys.argv[1:]:
    raise SystemExit("usage: bench_plot.py")
for draw in (two_to_four, zero, queue, scale, sparse, density):
    draw()
