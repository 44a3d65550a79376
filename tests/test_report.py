#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# test_report.py - --stats, --trace and `lacuna report`: do the numbers add up, does the page say what they say, and is a bad file refused
#
#   Oracle   docs/stats.md (which keys), driver/lac_causes.def (which causes), NumPy (what a job needs), the format of trace events, sums
#   Page     parsed as HTML; nothing in it may load anything; strings of the file must appear as text only
#   Port     model always; rtl where build/rtl/l8.so exists. SEED repeats a run
import copy
import html.parser
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile

import numpy as np

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
BUILD = os.path.abspath(os.path.join(ROOT, os.environ.get("B", "build")))
LACUNA = os.path.join(BUILD, "lacuna-asan")
SEED = int(os.environ.get("SEED", "1"))
COUNTS = True  # the RTL counts causes and shows its trace; False: only the shape of the file is checked
bad = 0


def say(name, error):
    global bad
    bad |= bool(error)
    print(f"not ok - report {name}: {error} (SEED={SEED})" if error else f"ok - report {name}", flush=True)


def lacuna(*arg):
    p = subprocess.run([LACUNA, *arg], capture_output=True, text=True, timeout=300, check=False)
    return p.returncode, p.stdout + p.stderr


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def causes():
    """{unit: {name: (code, text)}} as the definition has them."""
    out = {}
    for unit, name, code, text in re.findall(r'LAC_CAUSE\((\w+), +(\w+), +(\d), "([^"]*)"\)', read(os.path.join(ROOT, "driver/lac_causes.def"))):
        out.setdefault("lanes" if unit == "LANE" else unit.lower(), {})[name.lower()] = (int(code), text)
    return out


def documented():
    """Keys in the first column of docs/stats.md."""
    rows = [line.split("|")[1] for line in read(os.path.join(ROOT, "docs/stats.md")).splitlines() if line.startswith("| `")]
    return {k for row in rows for k in re.findall(r"`(\w+)`", row)}


CAUSES = causes()
UNITS = ["load", "exec", "store", "read", "write", "lanes"]  # and "map", where there is one
ENGINE = {"map": "map", "weights": "load", "codebook": "load", "features": "load", "params": "load", "columns": "load", "exec": "exec", "store": "store"}


# --- Jobs

def units(s):
    return UNITS + (["map"] if "map" in s["counters"] else [])


def shape(s):
    keys = set(s)
    optional = {"throughput_cycles", "weight_scale", "cluster_rms_error", "cluster_max_error",
                "mode", "voxels_in", "voxels_out", "rules", "passes", "map_cycles", "band", "feature_lines_sought", "feature_lines_fetched", "steps"}  # the last: of `map`, `sconv` and `spool`
    if keys - documented() or documented() - optional - keys:
        return f"keys that docs/stats.md does not have: {sorted(keys - documented())}; missing: {sorted(documented() - optional - keys)}"
    if {u: set(c) for u, c in s["counters"].items()} != {u: set(CAUSES[u]) for u in units(s)}:
        return f"counters: {s['counters']}"
    if {c: len(v) for c, v in s["per_lane"].items()} != {c: s["lanes"] for c in CAUSES["lanes"]}:
        return "per_lane is not an array of LANES counts for each cause"
    a = s["activity"]
    if not len(a["macs"]) == len(a["read_beats"]) == len(a["write_beats"]):
        return "arrays of activity differ in length"
    for c, per in s["per_lane"].items():
        if sum(per) != s["counters"]["lanes"][c]:
            return f"lanes.{c} is {s['counters']['lanes'][c]}, the sum over the lanes {sum(per)}"
    return None


def job_numbers(s, w, x, fmt):
    need = int(((x != 0).sum(axis=0) * (w != 0).sum(axis=0)).sum()) * s["repeat"]
    if s["needed_macs"] != need or s["dense_macs"] != w.size * len(x) * s["repeat"]:
        return f"needed_macs: expected {need}, got {s['needed_macs']}; dense_macs {s['dense_macs']}"
    if fmt == "csc" and s["issued_macs"] != need:
        return f"issued_macs: expected {need}, got {s['issued_macs']}"
    word = s["memory"]["bus_bits"] // 8
    if s["bytes_read"] != s["beats_read"] * word or s["bytes_written"] != s["beats_written"] * word:
        return "bytes are not beats of the bus"
    if s["predicted_cycles"] is None or s["bound"] not in ("lanes", "items", "read bus", "write bus", "store", "fixed"):
        return f"predicted_cycles {s['predicted_cycles']}, bound {s['bound']}"
    return None


def adds_up(s):
    """What the RTL counted twice, in different places."""
    c = s["counters"]
    for u in units(s):
        want = s["cycles"] * (s["lanes"] if u == "lanes" else 1)
        if sum(c[u].values()) != want:
            return f"causes of {u}: {c[u]}, expected a sum of {want}"
    for lane in range(s["lanes"]):
        if sum(v[lane] for v in s["per_lane"].values()) != s["cycles"]:
            return f"causes of lane {lane} do not add up to {s['cycles']}"
    pairs = [("lanes.busy", c["lanes"]["busy"], s["issued_macs"]), ("exec.busy", c["exec"]["busy"], s["items"]),
             ("read.busy", c["read"]["busy"], s["beats_read"]), ("write.busy", c["write"]["busy"], s["beats_written"]),
             ("activity.macs", sum(s["activity"]["macs"]), s["issued_macs"]),
             ("activity.read_beats", sum(s["activity"]["read_beats"]), s["beats_read"]),
             ("activity.write_beats", sum(s["activity"]["write_beats"]), s["beats_written"])]
    for name, got, want in pairs:
        if got != want:
            return f"{name} is {got}, expected {want}"
    asked = 2 * s["cycles"] - c["read"]["idle"] - c["write"]["idle"]
    if not math.isclose(s["bus_efficiency"], (s["beats_read"] + s["beats_written"]) / asked):
        return f"bus_efficiency {s['bus_efficiency']}"
    if not math.isclose(s["utilisation"], s["needed_macs"] / (s["lanes"] * s["cycles"])):
        return f"utilisation {s['utilisation']}"
    return None


def in_time(s):
    """Commands in the order of the program, each in the engine that it is for, all within the job."""
    end = s["cycles"] if s["cycles"] is not None else s["predicted_cycles"]
    at = {"load": -1, "exec": -1, "store": -1, "map": -1}
    for e in s["timeline"]:
        if ENGINE[e["command"]] != e["engine"] or e["index"] <= at[e["engine"]] or not 0 <= e["start"] <= e["end"] <= end:
            return f"{e} after command {at[e['engine']]}, in {end} cycles"
        at[e["engine"]] = e["index"]
    if not s["timeline_lost"] and sorted(e["index"] for e in s["timeline"]) != list(range(len(s["timeline"]))):
        return "not every command is there once"
    if not s["timeline_lost"] and not (s["timeline"] and end - max(e["end"] for e in s["timeline"]) < 8):
        return f"the last command ends long before cycle {end}"
    return None


def trace(path, s):
    """Chrome's trace event format, as strictly as Perfetto's importer and a little more; the events are those of the timeline."""
    t = json.loads(read(path))
    named, slices, counters, process = {}, [], {}, ""
    for e in t["traceEvents"]:
        if e["ph"] not in "MXC" or e["pid"] != 1 or not isinstance(e["name"], str) or not isinstance(e["args"], dict):
            return f"event {e}"
        if e["ph"] != "M" and (not isinstance(e["ts"], int) or e["ts"] < 0):
            return f"time of {e}"
        if e["ph"] == "M" and e["name"] == "process_name":
            process = e["args"]["name"]
        elif e["ph"] == "M" and e["name"] == "thread_name":
            named[e["tid"]] = e["args"]["name"]
        elif e["ph"] == "X":
            slices.append(e)
        elif e["ph"] == "C":
            counters.setdefault(e["name"], []).append((e["ts"], e["args"]["per cycle"]))
    if ("measured" if s["port"] == "rtl" else "predicted") not in process or "1 us is 1 cycle" not in process:
        return f"process_name '{process}'"
    for tid, name in named.items():
        last = 0
        for e in sorted((e for e in slices if e["tid"] == tid), key=lambda e: e["ts"]):
            if e["ts"] < last or e["dur"] < 0:
                return f"slices of {name} overlap at {e['ts']}"
            last = e["ts"] + e["dur"]
            if ENGINE[e["name"]] != e["cat"] or not name.startswith(e["cat"].upper()):
                return f"{e} on track {name}"
    got = sorted((e["args"]["index"], e["ts"], e["ts"] + e["dur"], e["name"]) for e in slices)
    want = sorted((e["index"], e["start"], e["end"], e["command"]) for e in s["timeline"])
    if got != want or any(e["tid"] not in named for e in slices):
        return f"{len(got)} slices are not the {len(want)} events of the timeline"
    a = s["activity"]
    for name, key in (("lanes that multiply", "macs"), ("beats read", "read_beats"), ("beats written", "write_beats")):
        c = counters.get(name, [])
        if [ts for ts, _ in c] != [i * a["window"] for i in range(len(c))]:
            return f"counter {name} is not in order"
        if any(abs(v * a["window"] - n) > 1e-3 * a["window"] for (_, v), n in zip(c, a[key])) or len(c) != len(a[key]) + bool(a[key]):
            return f"counter {name} is not activity.{key}"
    return None


class Page(html.parser.HTMLParser):
    """Balanced tags, text, and everything that could load something."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.error, self.text, self.tags = [], None, [], {}
        self.feed(text)
        self.close()
        if self.open and not self.error:
            self.error = f"not closed: {self.open}"
        for w in ("http://", "https://", "<script", "javascript:", "url(", "@import", "<link", "<iframe", "<img", "<object"):
            if w in text.lower():
                self.error = f"'{w}' in the page"

    def handle_starttag(self, tag, attrs):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        for k, v in attrs:
            if k.startswith("on") or k in ("src", "href", "xlink:href"):
                self.error = f"attribute {k}={v}"
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.error = f"</{tag}> closes nothing, open: {self.open}"

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.text.append(data)

    def say(self):
        return " ".join(" ".join(self.text).replace("\u202f", " ").split())


def page(stats):
    """(error, Page, printed) of a report of this object."""
    with open("s.json", "w", encoding="utf-8") as f:
        json.dump(stats, f)
    if os.path.exists("page.html"):
        os.remove("page.html")
    code, out = lacuna("report", "s.json", "-o", "page.html")
    if code:
        return f"exit {code}: {out}", None, out
    p = Page(read("page.html"))
    return p.error, p, out


def whole_page(s):
    error, p, _ = page(s)
    if error:
        return error
    text = p.say()
    cycles = s["cycles"] if s["cycles"] is not None else s["predicted_cycles"]
    want = [f"{cycles:,} cycles, " + ("measured" if s["cycles"] is not None else "predicted"), f"{s['needed_macs']:,}", s["config"], "roof",
            "Dense multiplications points x input", "Needed multiplications those", "Issued multiplications what", "Utilisation needed", "Item an", "Cause what"]
    if s["cycles"] is not None and COUNTS:
        for u in units(s):
            for c, n in s["counters"][u].items():
                if n:
                    want.append(f"{CAUSES[u][c][1]}: {n:,} (")
    missing = [w for w in want if w not in text]
    if missing:
        return f"not on the page: {missing}"
    if p.tags.get("svg", 0) < (9 if s["cycles"] is not None and COUNTS else 2):
        return f"{p.tags.get('svg', 0)} drawings"
    return None


def job(name, port, config, w, x, *arg):
    np.save("W.npy", w)
    np.save("X.npy", x)
    fmt = arg[arg.index("--format") + 1]
    code, out = lacuna("fc", "W.npy", "X.npy", "-o", "Y.npy", "--port", port, "--config", config, "--stats", "s.json", "--trace", "t.json", *arg)
    if code:
        say(f"{port} {config} {name}", f"exit {code}: {out}")
        return None
    s = json.loads(read("s.json"))
    counted = port == "rtl" and COUNTS
    error = shape(s) or job_numbers(s, w, x, fmt) or (counted and adds_up(s)) or ((counted or port == "model") and in_time(s)) or trace("t.json", s)
    if port == "model" and not error and any(v for c in s["counters"].values() for v in c.values()):
        error = "the model counted cycles"
    say(f"{port} {config} {name}: --stats and --trace", error)
    say(f"{port} {config} {name}: page", whole_page(s))
    return s


def jobs():
    r = np.random.default_rng(SEED)
    w = (r.integers(-7, 8, (60, 200)) * (r.random((60, 200)) < 0.15)).astype(np.int8)
    x = (r.integers(-99, 99, (3, 200)) * (r.random((3, 200)) < 0.5)).astype(np.int8)
    one = {}
    for port, config in (("model", "l8"), ("model", "odd"), ("rtl", "l8")):
        if port == "rtl" and not os.path.exists(os.path.join(os.environ.get("LACUNA_HOME", BUILD), "rtl", f"{config}.so")):
            print(f"skip - report on the RTL: rtl/{config}.so is not built")
            continue
        one[port] = job("csc streamed", port, config, w, x, "--format", "csc", "--stream")
        job("4:4 streamed, three times", port, config, w, x, "--format", "4:4", "--stream", "--repeat", "3")
        if config != "odd":
            job("csc resident, forty times", port, config, w, x, "--format", "csc", "--resident", "--repeat", "40")
        job("csc by columns", port, config, w, x[:1], "--format", "csc", "--storage", "columns")
    if "rtl" in one:
        s = job("csc, 2,000 times", "rtl", "l8", w[:8, :16], x[:1, :16], "--format", "csc", "--repeat", "2000")
        say("commands beyond the timeline are counted",
            None if not s or len(s["timeline"]) == 4096 and s["timeline_lost"] >= 2 * 2000 - 4096 else f"{len(s['timeline'])} and "
                "{s['timeline_lost']}")


# --- Pages of numbers that were made up

def made_up(lanes=8, cycles=1000):
    """A job in which every unit is idle all the time."""
    s = {"config": "l8", "port": "rtl", "git": None, "format": "csc", "lanes": lanes, "cycles": cycles, "predicted_cycles": cycles, "bound": "fixed",
         "needed_macs": 4000, "issued_macs": 4000, "dense_macs": 40000, "utilisation": 0.5, "bytes_read": 4096, "bytes_written": 1024, "items": 500,
         "resident": False, "memory": {"latency": 20, "bus_bits": 64},
         "counters": {u: {c: 0 for c in CAUSES[u]} for u in UNITS}, "per_lane": {c: [0] * lanes for c in CAUSES["lanes"]}}
    for u in UNITS:
        s["counters"][u]["idle"] = cycles * (lanes if u == "lanes" else 1)
    s["per_lane"]["idle"] = [cycles] * lanes
    return s


def spend(s, unit, cause, part):
    """Move a share of a unit's idle cycles to a cause."""
    n = int(s["cycles"] * part)
    if unit == "lanes":
        for lane in range(s["lanes"]):
            s["per_lane"]["idle"][lane] -= n
            s["per_lane"][cause][lane] += n
        n *= s["lanes"]
    s["counters"][unit]["idle"] -= n
    s["counters"][unit][cause] += n
    return s


def verdicts():
    for want, spent in [
        ("The multipliers are the limit", [("lanes", "busy", .9), ("exec", "busy", .5)]),
        ("EXEC is the limit: it is at work in 92 %", [("lanes", "busy", .3), ("exec", "busy", .92)]),
        ("The read bus is the limit", [("read", "busy", .9), ("lanes", "busy", .3), ("exec", "token", .6)]),
        ("The write bus is the limit", [("write", "busy", .9), ("lanes", "busy", .3)]),
        ("STORE is the limit", [("store", "busy", .8), ("lanes", "busy", .3)]),
        ("Loading is the limit: in 60 %", [("load", "busy", .6), ("lanes", "busy", .3), ("exec", "token", .6)]),
        ("The latency of the memory is the limit: in 60 %", [("load", "bus", .5), ("load", "busy", .2), ("lanes", "busy", .3), ("exec", "token", .6)]),
        ("Storing is the limit: in 60 %", [("store", "work", .6), ("load", "busy", .2), ("lanes", "busy", .3), ("exec", "scan", .4)]),
        ("Start and end of the job are the limit: in 60 %", [("store", "work", .2), ("lanes", "busy", .3), ("exec", "scan", .4)]),
        ("The rate of items is the limit", [("lanes", "items", .6), ("lanes", "busy", .3)]),
        ("Uneven columns are the limit", [("lanes", "blocked", .6), ("lanes", "busy", .3)]),
        ("The ends of jobs are the limit", [("lanes", "drain", .6), ("lanes", "busy", .3)]),
        ("Short columns are the limit", [("lanes", "weights", .6), ("lanes", "busy", .3)]),
        ("Padding is the limit", [("lanes", "padding", .7), ("lanes", "busy", .02)]),
    ]:
        s = made_up()
        for unit, cause, part in spent:
            spend(s, unit, cause, part)
        error, p, out = page(s)
        say(f"verdict: {want}", error or (None if want in p.say() and want in out else f"expected '{want}', got: {out}"))
    for bound, want in (("items", "EXEC is the limit"), ("read bus", "The read bus is the limit"), ("fixed", "No resource is in use")):
        s = made_up()
        s.update(cycles=None, port="model", bound=bound, counters=None, per_lane=None)
        error, p, out = page(s)
        say(f"verdict of the model: {bound}", error or (None if want in p.say() and "predicted" in p.say() else f"expected '{want}', got: {out}"))


EVIL = "</title><script>alert('1')</script><img src=x onerror=\"alert(2)\">&amp;\x01\u00e9"


def oddities():
    s = made_up()
    for key in ("config", "port", "git", "format", "bound", "storage"):
        s[key] = EVIL
    s[EVIL] = EVIL
    s["timeline"] = [{"engine": "load", "command": EVIL, "index": i, "start": 200 * i, "end": 200 * i + at} for i, at in enumerate((150, 1, 1, 100))]
    error, p, _ = page(s)
    shown = EVIL.replace("\x01", " ")
    say("names are text, never markup", error or (None if " ".join(shown.split()) in p.say() else "the name is not shown as it stands"))

    s = made_up(256, 10 ** 6)
    r = random.Random(SEED)
    s["timeline"], at = [], 0
    for i in range(20000):
        engine, command = r.choice([("load", "weights"), ("load", "features"), ("exec", "exec"), ("store", "store")])
        s["timeline"].append({"engine": engine, "command": command, "index": i, "start": at, "end": at + r.randrange(100)})
        at += r.randrange(50)
    s["activity"] = {"window": 2048, "macs": [2048 * 200] * 480, "read_beats": [2048] * 480, "write_beats": [0] * 480}
    error, p, _ = page(s)
    size = os.path.getsize("page.html") if p else 0
    say("20,000 commands and 256 lanes are a small page", error or (None if size < 500000 else f"{size} bytes"))

    for name, change in [("no timeline, no activity", {}), ("null timeline and activity", {"timeline": None, "activity": None}),
                         ("empty timeline and activity", {"timeline": [], "activity": {"window": 16, "macs": [], "read_beats": [],
                                 "write_beats": []}}),
                         ("zeros", dict.fromkeys(["needed_macs", "issued_macs", "bytes_read", "bytes_written", "items", "cycles", "predicted_cycles"],
                                                 0)),
                         ("no prediction and no cycles", {"cycles": None, "predicted_cycles": None, "bound": None, "counters": None,
                                                          "per_lane": None}),
                         ("enormous numbers", {"needed_macs": 10 ** 18, "cycles": 10 ** 18, "bytes_read": 1}),
                         ("a tiny rate", {"needed_macs": 1, "cycles": 10 ** 18, "bytes_read": 10 ** 18}),
                         ("one lane", {"lanes": 1, "counters": None, "per_lane": None}),
                         ("a command of no length at the end", {"timeline": [{"engine": "store", "command": "store", "index": 0, "start": 1000,
                                 "end": 1000}]})]:
        s = made_up()
        s.update(change)
        error, p, _ = page(s)
        wrong = p and re.search(r"\bnan\b|\binf\b", p.say() + read("page.html"), re.I)
        say(f"a page of {name}", error or (f"'{wrong.group()}' on the page" if wrong else None))


# --- Files that are refused

def refused():
    good = made_up()
    good["timeline"] = [{"engine": "load", "command": "weights", "index": 0, "start": 1, "end": 2}]
    good["activity"] = {"window": 16, "macs": [1], "read_beats": [1], "write_beats": [0]}
    text = json.dumps(good, indent=1)

    def without(key):
        s = copy.deepcopy(good)
        del s[key]
        return s

    def with_(path, value):
        s = copy.deepcopy(good)
        at = s
        for k in path[:-1]:
            at = at[k]
        at[path[-1]] = value
        return s

    cases = [("an empty file", "", "line 1 (byte 0): an empty file"), ("half a file", text[:len(text) // 2], "no JSON"), ("no JSON", "cycles: 3\n",
            "line 1 (byte 0): no JSON"),
             ("text behind the object", text + "}", "no JSON"), ("an array", "[1, 2]", "expected a JSON object"), ("a zero byte", text.replace("l8",
                     "l\0"), "a zero byte"),
             ("five thousand brackets", "[" * 5000, "no JSON"),
             ("no lanes", without("lanes"), "key 'lanes' is missing"), ("no cycles", without("cycles"), "key 'cycles' is missing"),
             ("no config", without("config"), "key 'config' is missing, expected a string"), ("no needed_macs", without("needed_macs"),
                     "key 'needed_macs' is missing"),
             ("lanes 0", with_(["lanes"], 0), "'lanes' is another number, expected a whole number of 1 .. 256"), ("lanes 2.5", with_(["lanes"], 2.5),
                     "'lanes'"),
             ("lanes 257", with_(["lanes"], 257), "'lanes'"), ("lanes null", with_(["lanes"], None), "'lanes' is null"), ("lanes as a string",
                     with_(["lanes"], "8"), "'lanes' is a string"),
             ("negative cycles", with_(["cycles"], -1), "'cycles' is another number, expected a number, not negative"),
             ("infinite cycles", text.replace('"cycles": 1000', '"cycles": 1e999'), "'cycles'"), ("config as a number", with_(["config"], 8),
                     "'config' is another number, expected a string"),
             ("counters as an array", with_(["counters"], []), "'counters' is an array, expected an object"), ("a negative counter",
                     with_(["counters", "exec", "busy"], -3), "'counters.exec.busy'"),
             ("a missing counter", with_(["counters", "store"], {}), "'counters.store.idle' is missing"), ("a lane too few", with_(["per_lane",
                     "busy"], [0] * 7), "'per_lane.busy'"),
             ("a lane that is no number", with_(["per_lane", "busy", 3], "x"), "'per_lane.busy'"), ("a timeline that is no array", with_(["timeline"],
                     {}), "'timeline' is an object"),
             ("an unknown engine", with_(["timeline", 0, "engine"], "pam"), "'timeline', entry 0"), ("a command that ends before it starts",
                     with_(["timeline", 0, "end"], 0), "'timeline', entry 0"),
             ("a command that is no object", with_(["timeline", 0], 7), "'timeline', entry 0"), ("a window of 0", with_(["activity", "window"], 0),
                     "'activity.window'"),
             ("no window", with_(["activity"], {}), "'window' is missing"), ("arrays of two lengths", with_(["activity", "macs"], [1, 2]),
                     "'read_beats'"),
             ("memory as a number", with_(["memory"], 3), "'memory'")]
    for name, content, want in cases:
        with open("bad.json", "w", encoding="utf-8") as f:
            f.write(content if isinstance(content, str) else json.dumps(content))
        code, out = lacuna("report", "bad.json", "-o", "no.html")
        left = [n for n in os.listdir(".") if n.startswith("no.html")]
        say(f"refused: {name}", None if code == 2 and want in out and "bad.json" in out and not left else f"exit {code}, expected '{want}', got: "
            "{out}{left or ''}")

    with open("good.json", "w", encoding="utf-8") as f:
        f.write(text)
    for name, arg, want in [("no file", [], "expected a file, STATS.json"), ("no output", ["good.json"], "expected -o PAGE.html"), ("two files",
            ["good.json", "x.json", "-o", "p.html"], "unexpected argument 'x.json'"),
                            ("a file that is not there", ["nowhere.json", "-o", "p.html"], "nowhere.json: cannot be read: No such file"), ("a folder",
                                    [".", "-o", "p.html"], "cannot be read: Is a directory"),
                            ("the input as output", ["good.json", "-o", "good.json"], "good.json: expected an output file that is not the input"),
                            ("an output in no folder", ["good.json", "-o", "nowhere/p.html"], "nowhere/p.html: cannot be written"), ("a full device",
                                    ["good.json", "-o", "/dev/full"], "/dev/full: cannot be written"),
                            ("--stats", ["good.json", "-o", "p.html", "--stats", "x.json"], "belong to the job")]:
        code, out = lacuna("report", *arg)
        say(f"usage: {name}", None if code == 2 and want in out and not os.path.exists("p.html") and read("good.json") == text else f"exit {code}, "
            "expected '{want}', got: {out}")
    code, out = lacuna("report", "-q", "good.json", "-o", "p.html")
    say("usage: -q says nothing", None if code == 0 and out == "" and os.path.exists("p.html") else f"exit {code}: {out}")

    r = random.Random(SEED)
    for i in range(200):  # anything at all: a page or a sentence, never a crash
        b = bytearray(text.encode())
        for _ in range(r.randrange(1, 6)):
            at = r.randrange(len(b))
            b[at:at + r.randrange(3)] = r.choice([b"", b"-", b"null", b'"', b"[", b"}", b"9999999999", b"1e308", b"0.5", bytes([r.randrange(256)])])
        with open("bad.json", "wb") as f:
            f.write(b)
        code, out = lacuna("report", "bad.json", "-o", "page.html")
        if code not in (0, 2) or (code == 0 and Page(open("page.html", encoding="utf-8", errors="replace").read()).error):
            say("200 damaged files", f"number {i}: exit {code}: {out[:300]}")
            return
    say("200 damaged files", None)


with tempfile.TemporaryDirectory(prefix="lacuna-report-") as folder:
    os.chdir(folder)
    jobs()
    verdicts()
    oddities()
    refused()
    os.chdir("/")
sys.exit(bad)
