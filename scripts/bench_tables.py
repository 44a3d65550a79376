#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# bench_tables.py NAME.. - print the tables of build/bench/NAME.json as Markdown; scripts/readme.py puts the same into the documents
#
# A row that is not correct is printed as FAIL and has no figures.
import glob
import json
import math
import os
import re
import sys

BENCH = os.environ.get("BENCH") or os.path.join(os.environ.get("B", "build"), "bench")
NAMES = ["sim", "eie", "2to4", "spmm", "masks", "trained", "zero", "scale", "ops", "conv", "map", "sconv"]


def load(name):
    path = f"{BENCH}/{name}.json"
    try:
        with open(path) as f:
            return json.load(f)
    except OSError as e:
        raise SystemExit(f"{path}: {e.strerror}; `make bench-{name}` makes it")
    except ValueError as e:
        raise SystemExit(f"{path}: {e}; expected what `make bench-{name}` writes")


def markdown(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] + ["| " + " | ".join(str(c) for c in r) + " |" for r in rows])


def mean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float("nan")


def pick(rows, **want):
    return [r for r in rows if all(r.get(k) == v for k, v in want.items())]


def whole(x):
    return f"{x:,.0f}"


def percent(x):
    return f"{100 * x:.3g} %"


def storage(r):
    return {"resident": "resident", "streamed": "blocks", "streamed, columns": "columns"}[r["storage"]]


def why(r, limit=0.9):
    """Below that utilisation: the largest cause of a lane's lost cycles, with its share of all."""
    if r["utilisation"] >= limit or "largest_cause" not in r:
        return ""
    lanes = r["causes"]["lanes"]
    return f"{r['largest_cause']} {100 * lanes[r['largest_cause']] / sum(lanes.values()):.0f} %"


# Heading of a column: its cell.
CELLS = {
    "layer": lambda r: r["workload"],
    "matrix": lambda r: f"{r['rows']} x {r['cols']}",
    "format": lambda r: r["format"],
    "points": lambda r: r["points"],
    "weights": storage,
    "weights not zero": lambda r: percent(round(r["weight_density"], 3)),
    "inputs not zero": lambda r: percent(round(r["activation_density"], 2)),
    "needed MACs": lambda r: whole(r["needed_macs"]),
    "dense MACs a lane": lambda r: whole(r["dense_macs"] / r["lanes"]),
    "ideal cycles": lambda r: whole(r["ideal_cycles"]),
    "items": lambda r: whole(r["items"]),
    "cycles": lambda r: whole(r["throughput_cycles"]),
    "utilisation": lambda r: f"{r['utilisation']:.3f}",
    "EIE's": lambda r: f"{r['eie_utilisation']:.2f}",
    "latency": lambda r: whole(r["latency_cycles"]),
    "fixed": lambda r: whole(r["fixed_cycles"]) if "fixed_cycles" in r and r["resident"] else "",
    "largest loss": why,
    "bus bits": lambda r: r["memory"]["bus_bits"],
    "bound": lambda r: whole(r["bound_cycles"]),
    "x bound": lambda r: f"{r['over_bound']:.3f}",
    "bits per needed non-zero": lambda r: f"{r['bits_fetched_per_needed_nonzero']:.1f} {storage(r)}",
    "smaller than fp32": lambda r: f"{r['dense_fp32_bytes'] / r['stored_bytes']:.1f} x",
    "bits per non-zero": lambda r: f"{r['bits_per_nonzero']:.1f}",
    "padding": lambda r: percent(r["padding"]),
    "estimate, uJ": lambda r: f"{r['energy_estimate_nj']['total'] / 1000:.1f}",
}


def table(rows, *heads, **more):
    """One line a row; `more`: cells of headings that only this table has."""
    cells = {**CELLS, **{k.replace("_", " "): v for k, v in more.items()}}
    return markdown(heads, [[cells[h](r) for h in heads] for r in rows])


def values(rows, f):
    """Different values, in the order of the rows."""
    return list(dict.fromkeys(f(r) for r in rows))


def machine(rows):
    """One sentence on what is the same in all rows."""
    words = [text.format(value) for text, value in (
        ("{} lanes", values([r for r in rows if "lanes" in r], lambda r: r["lanes"])),
        ("{}-bit bus", values([r for r in rows if "memory" in r], lambda r: r["memory"]["bus_bits"])),
        ("memory latency {} cycles", values([r for r in rows if "memory" in r], lambda r: r["memory"]["latency"])),
        ("{} bursts outstanding", values([r for r in rows if "outstanding" in r.get("memory", {})], lambda r: r["memory"]["outstanding"])),
    ) if len(value) == 1 for value in value]
    words += ["one beat a cycle each way"] if words else []
    words += [f"{' and '.join(values(rows, lambda r: r['matrix']))} matrices"] if all("matrix" in r for r in rows) else []
    words += [f"weights {w}" for w in values([r for r in rows if "resident" in r], lambda r: "resident" if r["resident"] else "streamed")]
    return ", ".join(words) + "." if words else "counted, nothing runs."


# ---- One function a benchmark: [(marker, title, its rows, table)] ---------------------------------------------------------------------------------

def eie(rows):
    resident, streamed = pick(rows, resident=True), pick(rows, resident=False)
    text = table(resident, "layer", "needed MACs", "ideal cycles", "cycles", "utilisation", "EIE's", "latency", "fixed", "smaller than fp32",
                 "bits per non-zero", "padding", "estimate, uJ")
    ours, theirs = mean(r["utilisation"] for r in resident), mean(r["eie_utilisation"] for r in resident)
    out = [("eie", "EIE's nine layers, weights resident", resident, f"{text}\n| geometric mean | | | | {ours:.3f} | {theirs:.2f} |" + " |" * 6)]
    for latency in sorted(values(streamed, lambda r: r["memory"]["latency"])):
        part = [r for r in streamed if r["memory"]["latency"] == latency]
        part.sort(key=lambda r: r["memory"]["bus_bits"])
        body = [[layer] + [CELLS[h](r) for r in pick(part, workload=layer) for h in ("cycles", "x bound", "bits per needed non-zero")]
                for layer in values(streamed, lambda r: r["workload"])]
        buses = values(part, lambda r: r["memory"]["bus_bits"])
        head = ["layer"] + [h for bus in buses for h in (f"{bus} bit: cycles", "x bound", "bits per needed non-zero")]
        out.append((f"eie-streamed-{latency}", f"EIE's nine layers, streamed, memory latency {latency}", part, markdown(head, body)))
    return out


def two_to_four(rows):
    def kind(r):
        return r["workload"], r["storage"], r["points"], r["activation_density"] > 0.9

    def ratio(n):
        by_kind = {kind(r): r["throughput_cycles"] for r in pick(rows, format=n)}
        return lambda r: f"{r['throughput_cycles'] / by_kind[kind(r)]:.3f}" if kind(r) in by_kind else "FAIL"

    dense = sorted(pick(rows, format="4:4"), key=lambda r: (r["points"], not r["resident"], r["activation_density"] < 0.9, r["dense_macs"]))
    text = table(dense, "layer", "points", "inputs not zero", "weights", "dense MACs a lane", "cycles", "4:4 to 2:4", "4:4 to 1:4", "fixed",
                 **{"4:4 to 2:4": ratio("2:4"), "4:4 to 1:4": ratio("1:4")})
    return [("2to4", "Dense weights (cycles) against 2:4 and 1:4 (how many times fewer)", rows, text)]


def spmm(rows):
    text = table(rows, "sweep", "matrix", "points", "weights not zero", "ideal cycles", "items", "cycles", "utilisation", "largest loss", "estimate, uJ",
                 sweep=CELLS["layer"])
    return [("spmm", "Sparse matrix times batch", rows, text)]


def masks(rows):
    text = table(rows, "mask", "weights not zero", "ideal cycles", "cycles", "utilisation", "bits per non-zero", "largest loss",
                 mask=CELLS["layer"], **{"largest loss": lambda r: why(r, 0.97)})
    return [("masks", "Shapes of sparsity", rows, text)]


def trained(rows):
    text = table(rows, "layer", "matrix", "format", "weights not zero", "inputs not zero", "points", "ideal cycles", "cycles", "utilisation",
                 "largest loss", "smaller than fp32",
                 **{"inputs not zero": lambda r: percent(r["activation_density"]) + (" real" if r["real_inputs"] else " drawn")})
    return [("trained", "Matrices of trained networks", rows, text)] if rows else []


def zero(rows):
    density = lambda r: round(r["activation_density"], 2)
    kinds = values(rows, lambda r: r["workload"])
    full = {kind: max(pick(rows, workload=kind), key=density)["throughput_cycles"] for kind in kinds}

    def cell(r):
        law = density(r) if r["format"] == "csc" else 1 - (1 - density(r)) ** 4
        return f"{whole(r['throughput_cycles'])} ({r['throughput_cycles'] / full[r['workload']]:.3f}, {law:.3f})"

    body = [[percent(d)] + [cell(r) for kind in kinds for r in pick(rows, workload=kind) if density(r) == d] for d in sorted({density(r) for r in rows})]
    return [("zero", "Cycles against the density of activations", rows, markdown(["activations not zero"] + kinds, body))]


def scale(rows):
    lanes, queue, bus, latency = (pick(rows, sweep=s) for s in ("lanes", "queue", "bus", "latency"))
    layers = values(lanes, lambda r: r["workload"])
    used = lambda part: f"{mean(r['utilisation'] for r in part):.3f}"

    body = [[n] + [f"{CELLS['cycles'](r)} ({CELLS['utilisation'](r)})" for r in pick(lanes, lanes=n)] + [used(pick(lanes, lanes=n))]
            for n in sorted(values(lanes, lambda r: r["lanes"]))]
    out = [("scale-lanes", "Lanes: cycles (utilisation)", lanes, markdown(["lanes"] + layers + ["geometric mean"], body))]

    body = [[n] + [used(pick(queue, fifo_depth=n, balanced=b)) for b in (True, False)]
            + [CELLS["utilisation"](r) for r in pick(queue, fifo_depth=n, balanced=True)] for n in sorted(values(queue, lambda r: r["fifo_depth"]))]
    head = ["items", "mean, balanced", "mean, interleaved"] + [f"{layer}, balanced" for layer in layers]
    out.append(("scale-queue", "FIFO_DEPTH: utilisation", queue, markdown(head, body)))

    bus.sort(key=lambda r: (r["workload"], r["memory"]["bus_bits"]))
    out.append(("scale-bus", "AXI width", bus, table(bus, "bus bits", "layer", "weights", "bound", "cycles", "x bound", "utilisation")))

    body = [[n] + [f"{CELLS['cycles'](r)} ({CELLS['x bound'](r)})" for r in latency if r["memory"]["latency"] == n]
            for n in sorted(values(latency, lambda r: r["memory"]["latency"]))]
    head = ["latency"] + [f"{layer}, FLIGHT {n}" for layer, n in values(latency, lambda r: (r["workload"], r["flight"]))]
    out.append(("scale-latency", "Memory latency: cycles (x bound)", latency, markdown(head, body)))
    return out


def speeds(rows):
    """(what, how fast) of the simulator and of the golden model: the median of the runs, the fastest in brackets."""
    def of(key, unit, scale):
        return f"{rows[0][key] / scale:,.0f} {unit} (fastest of {len(rows)} runs: {rows[0][key + '_fastest'] / scale:,.0f})"
    return [["Verilated RTL, 64 lanes", of("simulated_cycles_a_second", "thousand cycles a second, one thread", 1e3)],
            ["golden model, 64 lanes, `csc` 10 %", of("golden_model_macs_a_second", "million needed multiply-accumulates a second, one core", 1e6)]]


def sim(rows):
    title = "Speed of the simulation, processor time on the machine it runs on, median of the runs"
    return [("sim", title, rows, markdown(["what", "speed"], speeds(rows)))]


def board_of(config):
    """The board that has this core."""
    for path in sorted(glob.glob("fpga/*/board.cfg")):
        with open(path) as f:
            if re.search(rf"^CONFIG={config}$", f.read(), re.M):
                return os.path.basename(os.path.dirname(path))
    raise SystemExit(f"bench_tables: no board has the core {config}")


def report_of(board):
    """What `make fpga` reported; None where it did not."""
    path = os.path.join(os.environ.get("B", "build"), "fpga", board, "report.json")
    try:
        with open(path) as f:
            return json.load(f)
    except OSError:
        return None
    except ValueError as e:
        raise SystemExit(f"{path}: {e}; expected what `make fpga BOARD={board}` writes")


def clock_of(board):
    """[MHz] of `make fpga`'s report, and how to say it; None where there is none that fits the part."""
    report = report_of(board)
    if report is None:
        return None, "not routed yet"
    try:
        mhz, met, want = report["fmax_mhz"], report["met"], report["constraint_mhz"]
        problems = [p for p in report["problems"] if not p.startswith("the clock:")]
    except KeyError as e:
        raise SystemExit(f"report of {board}: {e} is missing; expected what `make fpga BOARD={board}` writes")
    if problems:
        return None, "; ".join(problems)
    return mhz, f"{mhz:.1f} MHz" + ("" if met else f" (short of the {want:.0f} wanted)")


def ops(rows):
    def rate(macs):  # a multiplication and an addition are two
        def cell(r):
            return 2 * r[macs] / r["throughput_cycles"]
        return cell

    dense, real = rate("dense_macs"), rate("needed_macs")

    def second(f):
        def cell(r):
            mhz = clock_of(board_of(r["config"]))[0]
            return f"{f(r) * mhz / 1000:.2f}" if mhz else "-"
        return cell

    text = table(rows, "core", "format", "matrix", "points", "weights not zero", "cycles", "dense-equivalent", "real",
                 "G/s dense-equivalent", "G/s real", core=lambda r: r["config"],
                 **{"dense-equivalent": lambda r: f"{dense(r) / r['lanes']:.2f}", "real": lambda r: f"{real(r) / r['lanes']:.2f}",
                    "G/s dense-equivalent": second(dense), "G/s real": second(real)})
    clocks = ", ".join(f"`{c}` ({board_of(c)}) {clock_of(board_of(c))[1]}" for c in values(rows, lambda r: r["config"]))
    return [("ops", "Operations a multiplier and clock, and, times lanes and clock, 10^9 a second", rows, f"Clock, of `make fpga`: {clocks}.\n\n{text}")]


def conv(rows):
    def shape(r):
        h, w = r["image"]
        c, k = r["channels"]
        return f"{h} x {w} x {c} to {k}"

    def against(dense, r):
        return f"{dense['throughput_cycles'] / r['throughput_cycles']:.2f} x" if r else ""

    resnet, lines = pick(rows, table="resnet"), []
    for dense in pick(resnet, format="4:4"):
        mine = pick(resnet, workload=dense["workload"])
        others = [next((r for r in mine if r["format"] == f and abs(r["weight_density"] - d) < 0.03), None) for f, d in (("2:4", 0.5), ("1:4", 0.25), ("csc8", 0.2), ("csc8", 0.1))]
        lines.append([dense["workload"], shape(dense), whole(dense["throughput_cycles"]), f"{dense['utilisation']:.3f}", *(against(dense, r) for r in others),
                      f"{dense['im2col_bytes'] / 1024:,.0f}", f"{dense['mec_bytes'] / 1024:,.0f}"])
    first = markdown(["layer", "image, channels", "4:4: cycles", "utilisation", "2:4", "1:4", "csc8, 20 %", "csc8, 10 %", "im2col would store, KB", "MEC, KB"], lines)
    tiny = pick(rows, table="tiny")
    def moved(r):
        return [whole(r["tensor_bytes"]), whole(r["moved_bytes"] - r["command_bytes"]) + (", weights resident" if r["resident"] else ""), whole(r["command_bytes"])]

    second = markdown(["layer", "image, channels", "format", "pixels folded", "needed MACs", "cycles", "utilisation", "bound", "bytes of its tensors", "moved", "of commands"],
                      [[r["workload"], shape(r), r["chosen"], r["folded_pixels"], whole(r["needed_macs"]), whole(r["throughput_cycles"]), f"{r['utilisation']:.3f}", r["bound"], *moved(r)] for r in tiny])
    sparse, lines = pick(rows, table="sparse"), []
    for dense in pick(sparse, format="4:4"):
        for r in pick(sparse, workload=dense["workload"], format="auto"):
            lines.append([r["workload"], shape(r), percent(round(r["weight_density"], 2)), percent(round(r["activation_density"], 2)), r["chosen"], whole(r["throughput_cycles"]),
                          against(dense, r), f"{dense['needed_macs'] / r['needed_macs']:.1f} x", f"{r['utilisation']:.3f}", r["bound"]])
    third = markdown(["layer", "image, channels", "weights not zero", "inputs not zero", "format", "cycles", "fewer cycles than dense", "fewer multiplications", "utilisation", "bound"], lines)
    drawn, lines = pick(rows, table="draws"), []
    for dense in pick(sparse, format="4:4"):
        mine = sorted(pick(drawn, workload=dense["workload"]), key=lambda r: -r["throughput_cycles"])
        if mine:
            lines.append([dense["workload"], shape(dense), len(mine), against(dense, mine[0]), f"{mean(dense['throughput_cycles'] / r['throughput_cycles'] for r in mine):.2f} x", against(dense, mine[-1]),
                          f"{mean(dense['needed_macs'] / r['needed_macs'] for r in mine):.1f} x"])
    ninth = markdown(["layer", "image, channels", "draws", "fewer cycles than dense: least", "geometric mean", "most", "fewer multiplications, mean"], lines)
    active, lines = pick(rows, table="active"), []
    for dense in pick(active, zeros="none"):
        for density in (0.25, 0.21, 0.1, 0.05):
            near = lambda how, f: next((r for r in pick(active, workload=dense["workload"], zeros=how, format=f) if abs(r["activation_density"] - density) < 0.015), None)
            share = lambda r, more: f"{r['throughput_cycles'] / dense['throughput_cycles']:.3f} ({more(r)})" if r else ""
            zero = lambda r: percent(1 - r["activation_density"])
            mine = [share(near(how, "4:4"), zero) for how in ("pixels", "values", "region")] + [share(near("values", "auto"), lambda r: r["chosen"])]
            if any(mine):
                lines.append([dense["workload"], shape(dense), percent(1 - density), whole(dense["throughput_cycles"]), f"{dense['utilisation']:.3f}", *mine])
    fourth = markdown(["layer", "image, channels", "empty, about", "dense image, cycles", "utilisation", "empty pixels", "empty values", "all but one region empty", "empty values, --format auto"], lines)
    masked, lines = pick(rows, table="masks"), []
    for dense in pick(masked, zeros="none"):
        for r in pick(masked, workload=dense["workload"]):
            lines.append([r["workload"], shape(r), r["zeros"], percent(r["weight_density"]), r["chosen"], whole(r["throughput_cycles"]), f"{r['utilisation']:.3f}", against(dense, r)])
    eighth = markdown(["layer", "image, channels", "mask", "weights not zero", "format", "cycles", "utilisation", "fewer cycles than dense"], lines)

    def inside(n, kernel, stride):
        return sum(0 <= o * stride + t - (kernel - 1) // 2 < n for o in range(-(-n // stride)) for t in range(kernel))

    deep, lines = pick(rows, table="depthwise"), []
    for r in deep:
        n, (kernel, _), stride = r["image"][0], r["kernel"], r["stride"]
        items = n * n * r["channels"][0] // 4  # one a cycle
        lines.append([r["workload"], shape(r), f"{kernel} x {kernel} / {stride}", r["folded_pixels"], whole(r["throughput_cycles"]), f"{r['utilisation']:.3f}",
                      f"{min(1, 4 * kernel * kernel / (stride * stride * r['lanes'])):.3f}", f"{min(1, inside(n, kernel, stride) ** 2 * r['channels'][0] / (r['lanes'] * items)):.3f}"])
    seventh = markdown(["layer", "image, channels", "kernel, stride", "pixels folded", "cycles", "utilisation", "4 R S / (stride^2 lanes)", "the same without what falls off the edges"], lines)
    vgg, lines = pick(rows, table="vgg"), []
    for alone in pick(vgg, pool=0):
        with_pool = pick(vgg, workload=alone["workload"] + ", pool 2x2", activation_density=alone["activation_density"])[0]
        dense = max(pick(vgg, workload=alone["workload"]), key=lambda r: r["activation_density"])
        lines.append([alone["workload"], shape(alone), percent(round(1 - alone["activation_density"], 2)), whole(alone["throughput_cycles"]), against(dense, alone),
                      whole(with_pool["throughput_cycles"]), whole(alone["written_bytes"]), whole(with_pool["written_bytes"])])
    fifth = markdown(["layer", "image, channels", "inputs zero", "convolution: cycles", "fewer than dense inputs", "with pooling: cycles", "bytes written", "with pooling"], lines)
    fused = pick(rows, table="fused")
    sixth = markdown(["layer", "image, channels", "format", "cycles", "utilisation", "bytes of its tensors", "moved", "of commands"],
                     [[r["workload"], shape(r), r["chosen"], whole(r["throughput_cycles"]), f"{r['utilisation']:.3f}", *moved(r)] for r in fused])
    return [("conv-depthwise", "Depthwise layers, nothing zero", deep, seventh),
            ("conv-vgg", "VGG-19's channels on smaller images, dense weights (4:4), against the share of inputs that are zero", vgg, fifth),
            ("conv-fused", "Pooling and residuals as a part of the layer; half of the inputs and of the residual zero", fused, sixth),
            ("conv-resnet", "Convolutions of ResNet-50: dense weights (cycles), and how many times fewer the others take", resnet, first),
            ("conv-tiny", "Convolutions of MLPerf Tiny, half of the inputs zero", tiny, second),
            ("conv-sparse", "Sparse weights and sparse inputs against the dense layer", sparse, third),
            ("conv-draws", "10 % of the weights and 20 % of the inputs not zero, several draws", drawn, ninth),
            ("conv-masks", "Masks of 3x3 layers of ResNet-50 at equal density, dense inputs", masked, eighth),
            ("conv-active", "Images that are mostly empty, dense weights, 4:4 but in the last column: cycles as a share of those of a dense image (and how much is empty)", active, fourth)]


def maps(rows):
    def an_output(r, key):
        return f"{r[key] / r['voxels_out']:.2f}" if r else ""

    lines = []
    for wide in pick(rows, bus_bits=128):
        narrow = next(iter(pick(rows, cloud=wide["cloud"], kind=wide["kind"], bus_bits=64)), None)
        lines.append([wide["cloud"], wide["kind"], whole(wide["voxels_in"]), whole(wide["voxels_out"]), whole(wide["rules"]), wide["passes"], an_output(wide, "find_cycles"), an_output(narrow, "find_cycles"),
                      f"{wide['write_cycles'] / max(1, wide['rules']):.2f}", f"{wide['sorted_elements'] / wide['voxels_out']:.0f}", f"{wide['hash_ns']:.0f}" if wide["hash_ns"] else "-"])
    return [("map", "Maps of real clouds, memory latency 10: cycles to find all rules of an output, and, with the rulebook written, cycles a rule", rows,
             markdown(["cloud", "map, kernel / stride", "voxels", "outputs", "rules", "passes", "cycles an output, 128 bit", "64 bit", "cycles a rule, written", "elements a merge sort for each tap would move, an output", "hash table on one core of this machine, ns an output"], lines))]


def over_dense(r):
    """A sparse layer's cycles by the dense layer's, by what its rules are of the dense layer's."""
    return r["cycles"] / r["dense_cycles"] / (r["rules"] / r["dense_pairs"])


def sconv(rows):
    layers = pick(rows, table="layers")
    first = markdown(["cloud", "channels", "format", "rules", "needed MACs", "cycles", "utilisation", "fewer cycles than dense weights", "MAP at work", "lines of features asked for", "fetched", "bound"],
                     [[r["workload"], f"{r['channels'][0]} to {r['channels'][1]}", r["format"], whole(r["rules"]), whole(r["needed_macs"]), whole(r["cycles"]), f"{r['utilisation']:.3f}",
                       f"{pick(layers, workload=r['workload'], channels=r['channels'], format='4:4')[0]['cycles'] / r['cycles']:.2f} x", percent(r["map_cycles"] / r["cycles"]), whole(r["sought"]),
                       percent(r["fetched"] / r["sought"]), r["bound"]] for r in layers])
    dense = pick(rows, table="density")
    second = markdown(["channels", "image", "", "pixels active", "rules", "cycles", "of the dense layer's", "rules, of the dense layer's", "the first by the second", "bytes of pixels and their list", "of the dense image"],
                      [[f"{r['channels'][0]} to {r['channels'][1]}", r["workload"], f"{r['image'][0]} x {r['image'][1]}", percent(round(r["density"], 3)), whole(r["rules"]), whole(r["cycles"]), f"{r['cycles'] / r['dense_cycles']:.3f}",
                        f"{r['rules'] / r['dense_pairs']:.3f}", f"{over_dense(r):.2f}", whole(r["list_bytes"]), whole(r["dense_bytes"])] for r in dense])
    pools = pick(rows, table="pool")
    fourth = markdown(["cloud", "window", "kind", "channels", "outputs", "rules", "cycles", "cycles an output", "cycles a rule", "items a cycle", "STORE at work", "utilisation"],
                      [[r["workload"], r["window"], r["kind"], r["channels"], whole(r["outputs"]), whole(r["rules"]), whole(r["cycles"]), f"{r['cycles'] / r['outputs']:.1f}", f"{r['cycles'] / r['rules']:.2f}",
                        f"{r['items'] / r['cycles']:.2f}", percent(round(r["store"] / r["cycles"], 2)), f"{r['utilisation']:.3f}"] for r in pools])
    groups = pick(rows, table="grouping")
    third = markdown(["cloud", "pairs needed", "each tap apart", "all taps as the largest", "three groups of nine", "groups that grow up to half as much again", "tiles of 128 outputs, their union of taps", "sorted by mask", "sorted for three parts of the taps", "Lacuna"],
                     [[r["workload"], whole(r["pairs"]), whole(r["separate"]), whole(r["dense"]), whole(r["fixed"]), f"{whole(r['adaptive'])} ({r['adaptive_groups']})", *(whole(r["bitmask"][k]) for k in ("unsorted", "sorted", "split3")), 0]
                      for r in groups])
    return [("sconv", "Submanifold 3x3x3 layers on scans, the map included; resident weights, nothing zero but weights", layers, first),
            ("sconv-density", "Submanifold 3x3 layers on sparse images, random ones and scans, weights dense, the map included: against the same layer dense", dense, second),
            ("sconv-pool", "Pooling of scans, the map included, int8, nothing zero", pools, fourth),
            ("sconv-grouping", "Redundant pairs that regular arrays pay for on the same maps (counted)", groups, third)]


TABLES = {"sim": sim, "eie": eie, "2to4": two_to_four, "spmm": spmm, "masks": masks, "trained": trained, "zero": zero, "scale": scale, "ops": ops, "conv": conv, "map": maps, "sconv": sconv}


def tables(name, rows):
    return TABLES[name]([r for r in rows if r["correct"]])


if __name__ == "__main__":
    for name in sys.argv[1:] or NAMES:
        if name not in TABLES:
            raise SystemExit(f"bench_tables: '{name}': expected {', '.join(NAMES)}")
        every = load(name)
        for r in every:
            if not r["correct"]:
                print(f"FAIL {name}: {r['workload']}, {r['format']}, {r['storage']}")
        if any(r["correct"] for r in every):
            for _, title, part, text in tables(name, every):
                print(f"{title} (`make bench-{name}`): {machine(part)}\n\n{text}\n" if part else "", end="\n" if part else "")
