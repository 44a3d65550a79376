#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# test_paths.py - scripts/paths.py on netlists of a few cells, whose paths are added up by hand from the numbers in its head
#
#   A net with one end takes 0.55 + 0.13 = 0.68 ns, with three 0.55 + 0.26 = 0.81 ns
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
bad = 0


def cell(kind, ins, outs, parameters=None):
    pins = {**ins, **outs}
    return {"type": kind, "parameters": parameters or {}, "connections": {p: b if isinstance(b, list) else [b] for p, b in pins.items()},
            "port_directions": {**dict.fromkeys(ins, "input"), **dict.fromkeys(outs, "output")}}


def flop(d, q, **more):
    return cell("TRELLIS_FF", {"DI": d, "CLK": 1, **more}, {"Q": q})


def paths(cells, *arg):
    """Exit status, and output, of paths.py on a module m of these cells; bit n is net n, bit 1 the clock."""
    bits = {b for c in cells.values() for pin in c["connections"].values() for b in pin if isinstance(b, int)}
    module = {"ports": {"clk": {"direction": "input", "bits": [1]}}, "cells": cells, "netnames": {f"n{b}": {"bits": [b]} for b in bits}}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "netlist.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"modules": {"m": module}}, f)
        p = subprocess.run([os.path.join(ROOT, "scripts/paths.py"), "-", "m", "--netlist", path, *arg], capture_output=True, text=True, timeout=60, check=False)
    return p.returncode, p.stdout + p.stderr


def check(name, cells, expected, status=0):
    """`expected`: how its lines begin, without the indented ones."""
    global bad
    got_status, out = paths(cells)
    lines = [line.strip() for line in out.splitlines() if not line.startswith("        ")]
    wrong = got_status != status or len(lines) < len(expected) or any(not g.startswith(e) for g, e in zip(lines, expected))
    bad |= wrong
    print(f"not ok - paths {name}: expected status {status}, {expected}; got {got_status}, {lines}" if wrong else f"ok - paths {name}")


# 0.52 + 0.68 + 0.24 + 0.68
check("a LUT between two registers", {"a": flop("0", 2), "l": cell("LUT4", {"A": 2, "B": "0"}, {"Z": 3}), "b": flop(3, 4)}, ["2.1 ns x1  n2 -> b.DI"])
# three ends: 0.52 + 0.81 + 0.24 + 0.68; and a family of two, whose numbers differ
check("a net with three ends", {"a": flop("0", 2), **{f"l{i}": cell("LUT4", {"A": 2}, {"Z": 10 + i}) for i in range(3)},
                                **{f"b{i}": flop(10 + i, 20 + i) for i in range(3)}}, ["2.2 ns x3  n2 -> b0.DI", "3 ends: 0 beyond 11 ns, 0 beyond 9 ns"])
# the enable's setup: 0.52 + 0.68 + 0.1; the clock is no path
check("an enable", {"a": flop("0", 2), "b": flop("0", 3, CE=2)}, ["1.3 ns x1  n2 -> b.CE", "1 ends"])
# in by a net, along two cells, out by the sum: 0.52 + 0.68 + 0.45 + 0.06 + 0.42 + 0.68
chain = {"a": flop("0", 2), "c0": cell("CCU2C", {"A1": 2, "CIN": "0"}, {"COUT": 3}), "c1": cell("CCU2C", {"CIN": 3}, {"COUT": 4}),
         "c2": cell("CCU2C", {"CIN": 4}, {"S1": 5}), "b": flop(5, 6)}
check("a chain of carries", chain, ["2.8 ns x1  n2 -> b.DI"])
# a multiplier without registers is a path of 3.93 ns, one with is an end (0.2) and a beginning (1.0)
product = {"a": flop("0", 2), "m": cell("MULT18X18D", {"A0": 2}, {"P0": 3}), "b": flop(3, 4)}
check("a product", product, ["5.8 ns x1  n2 -> b.DI"])
product["m"]["parameters"] = {"REG_OUTPUT_CLK": "CLK0"}
check("a product in registers", product, ["1.7 ns x1  n3 -> b.DI", "1.4 ns x1  n2 -> m.A0"])
loop = {"l": cell("LUT4", {"A": 3}, {"Z": 2}), "k": cell("LUT4", {"A": 2}, {"Z": 3}), "b": flop(2, 4)}
check("a loop", loop, ["fpga: a combinational loop: n"], 1)
sys.exit(bad)
