#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# map.py - real clouds through `lacuna map` on the Verilated core: build/bench/map.json
#
#   Clouds    $LACUNA_DATA/kmap (voxel coordinates of scans, and maps of them computed by others); without them there is nothing to measure
#   Machines  l64 with buses of 64 and 128 bits, memory latency 10
#   Cycles    finding: rules are counted, not written (`--count`), from the first line asked for to the end of the command; written: with the rulebook, a rule a cycle at the most
#   Checked   number of outputs, and of rules through each tap, against the peer's map; where it has none, against another width of the bus. A wrong one prints FAIL
#   Hashing   submanifold: the same rules by build/bench_hash, a hash table on one core of this machine [ns an output]
#   Sorting   what a sorter needs that merges the list of inputs, shifted by a tap, with that of the outputs: both lists once for each tap [elements]
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

B = os.environ.get("B") or "build"
BENCH = os.environ.get("BENCH") or f"{B}/bench"
DATA = os.path.join(os.environ.get("LACUNA_DATA") or "../shared/data", "kmap")
QUICK = bool(os.environ.get("BENCH_QUICK"))
CLOUDS = ["pcl_milk_5mm", "pcl_cturtle_20mm", "pcl_office1_50mm", "pcl_office1_20mm", "autzen_3ft"]
BUSES = ["bus128", "bus64"]
# name, mode, kernel, stride, dilation; the peer's name of it, or None
KINDS = [("submanifold 3", "submanifold", 3, 1, 1), ("submanifold 3, dilation 2", "submanifold", 3, 1, 2), ("submanifold 5", "submanifold", 5, 1, 1), ("regular 3 / 2", "regular", 3, 2, 1),
         ("strided 2 / 2", "strided", 2, 2, 1), ("inverse 2 / 2", "inverse", 2, 2, 1), ("generative 2 / 2", "generative", 2, 2, 1)]


def home(folder):
    """Machines by name."""
    for kind in ("configs", "rtl"):
        os.makedirs(f"{folder}/{kind}")
    for bus in BUSES:
        os.symlink(os.path.abspath(f"{B}/scale/{bus}.cfg"), f"{folder}/configs/{bus}.cfg")
        os.symlink(os.path.abspath(f"{B}/scale/rtl/{bus}.so"), f"{folder}/rtl/{bus}.so")


def run(folder, bus, coords, options, write):
    """(statistics, rules or None), or an error."""
    stats, rules = f"{folder}/stats.json", f"{folder}/rules.npy"
    cmd = [f"{B}/lacuna", "--port", "rtl", "map", "--config", bus, "--memory-latency", "10", "--stats", stats, coords, *options, *(["-o", rules] if write else ["--count"])]
    p = subprocess.run(cmd, capture_output=True, text=True, check=False, env={**os.environ, "LACUNA_HOME": folder})
    if p.returncode:
        return None, None, p.stderr.strip()
    with open(stats) as f:
        return json.load(f), np.load(rules) if write else None, None


def peer(cloud, mode, kernel, stride, dilation, golden):
    """Rules through each tap and number of outputs, as the peer has them; None: it has not."""
    name = {"submanifold": "subm", "regular": "conv"}.get(mode)
    for c in golden:
        for case in c["cases"] if c["name"] == cloud else []:
            if case["mode"] == name and case["kernel"] == [kernel] * 3 and np.all(np.array(case["stride"]) == stride) and case["dilation"] in (dilation, [dilation] * 3):
                return case
    return None


def on_cpu(folder, kernel, dilation):
    """Rules, and nanoseconds an output, of build/bench_hash on this machine."""
    rules, ns = subprocess.run([f"{B}/bench_hash", f"{folder}/c.npy", str(kernel), str(dilation)], capture_output=True, text=True, check=True).stdout.split()
    return int(rules), float(ns)


def main():
    os.makedirs(BENCH, exist_ok=True)
    try:
        with open(f"{DATA}/kmap_golden_redistributable.json") as f:
            golden = json.load(f)["clouds"]
    except OSError as e:
        print(f"map.py: {e.filename}: {e.strerror}: without clouds there is nothing to measure", file=sys.stderr)
        return 0
    rows, failed = [], 0
    with tempfile.TemporaryDirectory() as folder:
        home(folder)
        for cloud in CLOUDS[:1] if QUICK else CLOUDS:
            files = [f for f in os.listdir(DATA) if cloud in f and f.endswith("_coords.npz")]
            data = np.load(f"{DATA}/{files[0]}")
            c = data["coords"].astype(np.int32)
            half = np.unique(np.column_stack([c[:, :1], c[:, 1:] >> 1]), axis=0).astype(np.int32)
            np.save(f"{folder}/c.npy", c)
            np.save(f"{folder}/half.npy", half)
            for name, mode, kernel, stride, dilation in KINDS:
                case = peer(cloud, mode, kernel, stride, dilation, golden)
                options = ["--mode", mode, "--kernel", kernel, "--stride", stride, "--dilation", dilation]
                if case:
                    options += ["--pad", ",".join(map(str, case["padding"])), "--shape", ",".join(str(v) for v in data["shape"])]
                elif mode == "inverse":
                    options += ["--onto", f"{folder}/c.npy"]
                options = list(map(str, options))
                seen = None
                hashed = on_cpu(folder, kernel, dilation) if mode == "submanifold" else None
                for bus in BUSES[:1] if QUICK else BUSES:
                    coords = f"{folder}/half.npy" if mode == "inverse" else f"{folder}/c.npy"
                    st, _, error = run(folder, bus, coords, options, False)
                    wr, rules, error = (None, None, error) if error else run(folder, bus, coords, options, True)
                    row = {"cloud": cloud, "kind": name, "config": bus, "bus_bits": int(bus[3:]), "git": os.environ.get("BENCH_GIT", ""), "quick": QUICK, "workload": f"{cloud}, {name}", "format": "rules", "storage": bus, "correct": False}
                    if not error:
                        per_tap = np.bincount(rules[:, 0], minlength=kernel ** 3).tolist()
                        want = (case["n_out"], case["per_offset"]) if case else seen
                        got = (wr["voxels_out"], per_tap)
                        seen = seen or got
                        if want and (want[0], list(want[1])) != (got[0], got[1]):
                            error = f"{got[0]} outputs, {len(rules)} rules, expected {want[0]}, {sum(want[1])}"
                        if st["rules"] != len(rules):
                            error = f"{st['rules']} rules counted, expected {len(rules)}, as were written"
                        if hashed and hashed[0] != len(rules):
                            error = f"{len(rules)} rules, expected {hashed[0]}, as a hash table has"
                    if error:
                        failed = 1
                        print(f"FAIL {cloud} {name} {bus}: {error}", file=sys.stderr)
                    else:
                        row.update(correct=True, peer=bool(case), voxels_in=st["voxels_in"], voxels_out=st["voxels_out"], rules=len(rules), passes=st["passes"], find_cycles=st["map_cycles"],
                                   write_cycles=wr["map_cycles"], bytes_read=st["bytes_read"], memory=st["memory"], causes=st["counters"]["map"],
                                   hash_ns=hashed and hashed[1], sorted_elements=kernel ** 3 * (st["voxels_in"] + st["voxels_out"]))
                        print(f"  {cloud} {name} {bus}: {row['find_cycles'] / max(1, row['voxels_out']):.2f} cycles an output, {row['write_cycles'] / max(1, len(rules)):.2f} a rule", file=sys.stderr)
                    rows.append(row)
    with open(f"{BENCH}/map.json.tmp", "w") as f:
        json.dump(rows, f, indent=1)
    os.replace(f"{BENCH}/map.json.tmp", f"{BENCH}/map.json")
    return failed


if __name__ == "__main__":
    sys.exit(main())
