#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check_wave.py - the timing diagrams of docs/wave/ are what the RTL does (Icarus)

  Diagram  WaveDrom JSON. A column is one clock cycle: inputs change at its beginning, outputs hold what they show at its end.
           `0 1 = . x |`; values of `=` are hex; `x` on an output is not compared
  Module   the extra key "lacuna": {"module": NAME, "parameters": {..}, "inputs": {NAME: constant}} tells what to run;
           inputs that a diagram neither shows nor names are 0, rst is high before the first column"""
import json
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("B", "build")) / "wave"


def columns(signal):
    """One value a column: None, or (hex digits, how many bits they say)."""
    data = iter(signal.get("data", []))
    out = []
    for c in signal["wave"]:
        if c in ".|":
            out.append(out[-1])
        elif c in "01":
            out.append((c, 1))
        elif c == "x":
            out.append(None)
        elif c == "=":
            digits = next(data)
            out.append((digits, 4 * len(digits)))
        else:
            raise ValueError(f"{signal['name']}: '{c}' is none of 0 1 = . x |")
    return out


def bench(diagram):
    """The text of a bench that plays the diagram's inputs and compares its outputs."""
    job = diagram["lacuna"]
    source = (TOP / "rtl" / (job["module"] + ".v")).read_text()
    ports = dict((name, way) for way, name in re.findall(r"^\s*(input|output)\s+wire\s*(?:signed)?\s*(?:\[[^\]]*\])?\s+(\w+)", source, re.M))
    shown = {s["name"]: columns(s) for s in diagram["signal"] if s and s["name"] != "clk"}
    for name in list(shown) + list(job.get("inputs", {})):
        if name not in ports:
            raise ValueError(f"{job['module']} has no port '{name}'")
    length = {len(c) for c in shown.values()}
    if len(length) != 1:
        raise ValueError("signals differ in length")
    length = length.pop()

    v = ["`timescale 1ns/1ps", "module wave;", "reg clk = 0; integer bad = 0;"]
    for name, way in ports.items():
        if name != "clk":
            v.append(f"reg [511:0] {name} = 0;" if way == "input" else f"wire [511:0] {name};")
    v.append(f"{job['module']} #({', '.join(f'.{k}({x})' for k, x in job.get('parameters', {}).items())}) dut ("
             if job.get("parameters") else f"{job['module']} dut (")
    v.append(", ".join(f".{p}({p})" for p in ports) + ");")
    v.append("task tick; begin #4 clk = 1; #1 ; end endtask  // a column begins 1 ns after the edge")
    v.append("task fall; begin #4 clk = 0; end endtask")
    v.append("initial begin")
    for name, value in job.get("inputs", {}).items():
        v.append(f"  {name} = 512'd{value};")
    v.append("  rst = 1; repeat (4) begin tick; fall; end rst = 0;" if "rst" in ports else "")
    for i in range(length):
        v.append("  tick;")
        for name, values in shown.items():
            if ports[name] == "input":
                v.append(f"  {name} = 512'bx;" if values[i] is None else f"  {name} = 512'h{values[i][0]};")
        v.append("  fall;")
        for name, values in shown.items():
            if ports[name] == "output" and values[i] is not None:
                digits, bits = values[i]
                v.append(f"  if (({name} & {bits}'h{'f' * (bits // 4) or '1'}) !== {bits}'h{digits}) begin bad = bad + 1; if (bad == 1) "
                         f"$display(\"{name}, column {i}: the diagram shows {digits}, the RTL gives %h\", {name}[{bits - 1}:0]); end")
    v.append("  $display(\"%0d differ\", bad); $finish; end endmodule")
    return "\n".join(v) + "\n", sum(1 for n, c in shown.items() if ports[n] == "output" for x in c if x is not None)


def run(path):
    """None, or what is wrong."""
    text, compared = bench(json.loads(path.read_text()))
    if not compared:
        return "nothing is compared"
    BUILD.mkdir(parents=True, exist_ok=True)
    source, program = BUILD / (path.stem + ".v"), BUILD / (path.stem + ".vvp")
    source.write_text(text)
    built = subprocess.run(["iverilog", "-g2005", "-Irtl", "-y", "rtl", "-s", "wave", "-o", program, source], cwd=TOP,
                           capture_output=True, text=True)
    if built.returncode:
        return built.stderr.strip().splitlines()[-1]
    out = subprocess.run(["vvp", "-N", program], cwd=TOP, capture_output=True, text=True).stdout.split("\n")
    return None if out[0] == "0 differ" else out[0]


def main():
    os.chdir(TOP)
    status = 0
    for path in sorted((TOP / "docs" / "wave").glob("*.json")):
        try:
            wrong = run(path)
        except (ValueError, KeyError, StopIteration, json.JSONDecodeError) as e:
            wrong = f"{type(e).__name__}: {e}"
        print(f"ok - wave {path.stem}" if wrong is None else f"not ok - wave {path.stem}: {wrong}")
        status |= wrong is not None
    return status


if __name__ == "__main__":
    sys.exit(main())
