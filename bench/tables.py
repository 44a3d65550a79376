# SPDX-License-Identifier: Apache-2.0
#
# tables.py - a benchmark of several tables: which of them to measure, and their rows in $BENCH/NAME.json
import json
import os
import sys

import numpy as np

BENCH = os.environ.get("BENCH") or os.path.join(os.environ.get("B") or "build", "bench")


def measure(name, tables, bench, seeds):
    """Each table that the command line names, or all, into bench.rows by tables[t](bench, random numbers from [2026, *seeds[t]]); of those that it does not name the file
    keeps what it has. Exit status."""
    os.makedirs(BENCH, exist_ok=True)
    path, wanted, kept = f"{BENCH}/{name}.json", sys.argv[1:] or list(tables), []
    for t in wanted:
        if t not in tables:
            sys.exit(f"{name}.py: {t}: expected one of {', '.join(tables)}")
    if sys.argv[1:] and os.path.exists(path):
        with open(path) as f:
            kept = [r for r in json.load(f) if r["table"] not in wanted]
    for t, fill in tables.items():
        if t in wanted:
            fill(bench, np.random.default_rng([2026, *seeds[t]]))
    with open(path + ".tmp", "w") as f:
        json.dump(kept + bench.rows, f, indent=1)
    os.replace(path + ".tmp", path)
    return bench.failed
