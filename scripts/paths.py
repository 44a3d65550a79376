#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""paths.py BOARD [MODULE [NAME=VALUE ...]] [--out DIR] [--families N] [--netlist FILE] - longest paths of a board's core by fan-out

  Says where the clock goes in a minute or four, where place and route takes half an hour: synthesises MODULE (lac_top with the board's core;
  another module with the parameters named) as `make fpga` does, and adds up cells and nets from register to register. What a net takes is not
  known before placement: 0.55 ns and 0.13 for each doubling of its ends. Numbers of cells: LFE5U, speed grade 6, as nextpnr reports them.
  nextpnr's own longest path of a core of 57 % of an LFE5U-85F, once routed, was 1.1 of this (docs/decisions.md, "EXEC's and STORE's clock").

  Output   families of paths, longest first: delay, how many, the two registers (numbers are left out), and what lies between; a last line with
           the ends beyond 9 and 11 ns
  Netlist  one that Yosys has written (--netlist): no synthesis; MODULE names its top
  Exit     0; 1: a tool fails, a combinational loop (its net is named); 2: bad usage
"""
import argparse
import collections
import json
import math
import os
import re

import fpga

LUT, CARRY_IN, CARRY, CARRY_OUT, MUX, CLK_TO_Q, RAM_TO_Q, PRODUCT = 0.24, 0.45, 0.06, 0.42, 0.2, 0.52, 1.0, 3.93  # [ns]
SETUP_ENABLE, SETUP_RAM = 0.1, 0.2
OUTSIDE = 0.5  # before a port of the module, and behind it


def net_ns(ends):
    """[ns] that a net with so many ends takes."""
    return 0.55 + 0.13 * math.log2(1 + ends)


class Netlist:
    """Arrival times of a synthesised module.

    begins  bit: [ns] at the output of a register, a block RAM, a port
    through bit: [(bit it comes from, ns, whether by a net or inside a carry chain)]
    ends    [(bit, cell, pin, setup in ns)]
    """

    def __init__(self, module):
        self.begins, self.through, self.ends = {}, collections.defaultdict(list), []
        self.names, self.fan = {}, collections.Counter()
        for name, net in module['netnames'].items():
            for i, bit in enumerate(net['bits']):
                label = f'{name}[{i}]' if len(net['bits']) > 1 else name
                if isinstance(bit, int) and (bit not in self.names or len(label) < len(self.names[bit])):
                    self.names[bit] = label
        for name, cell in module['cells'].items():
            for pin, bits in cell['connections'].items():
                if cell['port_directions'][pin] == 'input':
                    self.fan.update(b for b in bits if isinstance(b, int))
        for name, cell in module['cells'].items():
            self.add(name, cell)
        clocks = {b for cell in module['cells'].values() if cell['type'] == 'TRELLIS_FF' for b in cell['connections'].get('CLK', [])}
        self.ends = [e for e in self.ends if e[0] not in clocks]  # clocks of block RAMs
        for name, port in module['ports'].items():
            for bit in port['bits']:
                if isinstance(bit, int) and port['direction'] == 'input':
                    self.begins.setdefault(bit, OUTSIDE)
                elif isinstance(bit, int):
                    self.ends.append((bit, 'port ' + name, '', OUTSIDE))

    def add(self, name, cell):
        kind, pins = cell['type'], {p: [b for b in bits if isinstance(b, int)] for p, bits in cell['connections'].items()}

        def comb(outs, ins, ns, by_net=True):
            for z in (b for p in outs for b in pins.get(p, [])):
                self.through[z] += [(b, ns, by_net) for p in ins for b in pins.get(p, [])]

        def end(which, ns):
            self.ends += [(b, name, p, ns) for p in which for b in pins.get(p, [])]

        def begin(which, ns):
            self.begins.update((b, ns) for p in which for b in pins.get(p, []))

        numbered = [p for p in pins if re.fullmatch('[ABP][0-9]+', p)]
        if kind == 'LUT4':
            comb('Z', 'ABCD', LUT)
        elif kind in ('PFUMX', 'L6MUX21'):
            comb('Z', [p for p in pins if p != 'Z'], MUX)
        elif kind == 'CCU2C':
            low, high = ('A0', 'B0', 'C0', 'D0'), ('A1', 'B1', 'C1', 'D1')
            comb(('S0',), low, CARRY_IN)
            comb(('S1', 'COUT'), low + high, CARRY_IN)
            comb(('S0', 'S1'), ('CIN',), CARRY_OUT, False)
            comb(('COUT',), ('CIN',), CARRY, False)
        elif kind == 'TRELLIS_FF':
            begin(('Q',), CLK_TO_Q)
            end(('DI', 'M'), 0.0)
            end(('CE', 'LSR'), SETUP_ENABLE)
        elif kind == 'TRELLIS_DPR16X4':
            comb(('DO',), ('RAD',), LUT)
            end(('DI', 'WAD', 'WRE'), SETUP_ENABLE)
        elif kind == 'MULT18X18D' and all(cell['parameters'].get(f'REG_{r}_CLK', 'NONE') == 'NONE' for r in ('INPUTA', 'PIPELINE', 'OUTPUT')):
            comb([p for p in numbered if p[0] == 'P'], [p for p in numbered if p[0] != 'P'], PRODUCT)
        elif '$' not in kind:  # a block RAM, a multiplier with registers, a pin
            begin([p for p in pins if cell['port_directions'][p] == 'output'], RAM_TO_Q)
            end([p for p in pins if cell['port_directions'][p] == 'input'], SETUP_RAM)

    def name(self, bit):
        return self.names.get(bit, str(bit))

    def arrivals(self):
        """({bit: ns}, {bit: the bit on its longest path before it}); without recursion: carry chains are long."""
        at, before, open_ = dict(self.begins), {}, set()
        for start in list(self.through):
            todo = [start]
            while todo:
                bit = todo[-1]
                if bit in at:
                    todo.pop()
                    continue
                missing = [b for b, _, _ in self.through[bit] if b not in at and b in self.through]
                if missing:
                    if bit in open_:
                        fpga.die(f'a combinational loop: {self.name(bit)}')
                    open_.add(bit)
                    todo += missing
                    continue
                best = max(((at.get(b, 0.0) + ns + (net_ns(self.fan[b]) if by_net else 0.0), b) for b, ns, by_net in self.through[bit]), default=(0.0, None))
                at[bit], before[bit] = best
                open_.discard(bit)
                todo.pop()
        return at, before

    def families(self):
        """([(ns, how many, [nets from register to register], end)], [ns of every end]), longest first: paths whose registers differ by numbers
        alone are one family."""
        at, before = self.arrivals()
        paths = sorted(((at.get(bit, 0.0) + net_ns(self.fan[bit]) + setup, bit, cell, pin) for bit, cell, pin, setup in self.ends), key=lambda p: -p[0])
        found = {}
        for ns, bit, cell, pin in paths:
            nets = [bit]
            while before.get(nets[-1]) is not None:
                nets.append(before[nets[-1]])
            key = tuple(re.sub('[0-9]+', '#', re.sub('_TRELLIS_FF_Q(_[0-9]+)?$', '', s)) for s in (self.name(nets[-1]), cell, pin))
            if key not in found:
                found[key] = [ns, 0, [self.name(n) for n in reversed(nets)], f'{cell}.{pin}' if pin else cell]
            found[key][1] += 1
        return [tuple(f) for f in found.values()], [p[0] for p in paths]


def main():
    parser = argparse.ArgumentParser(description="Longest paths of a board's core by fan-out.")
    parser.add_argument('board')
    parser.add_argument('module', nargs='?', default='lac_top')
    parser.add_argument('parameters', nargs='*', metavar='NAME=VALUE')
    parser.add_argument('--out', default='')
    parser.add_argument('--families', type=int, default=20)
    parser.add_argument('--netlist', default='')
    args = parser.parse_args()
    params = {}
    for p in args.parameters:
        if not re.fullmatch('[A-Z_0-9]+=[0-9]+', p):
            fpga.die(f'{p}: expected NAME=VALUE', 2)
        params.update([p.split('=')])
    path = args.netlist and os.path.abspath(args.netlist)
    os.chdir(fpga.ROOT)
    if not path:
        cfg = fpga.read_cfg(f'fpga/{args.board}/board.cfg')
        if args.module == 'lac_top':
            params = dict(fpga.read_cfg(f"configs/{cfg['CONFIG']}.cfg"), **params)
        out = os.path.relpath(args.out or f'build/paths/{args.board}')
        os.makedirs(out, exist_ok=True)
        tools = fpga.find_tools(['yosys'])[0]
        path = f'{out}/{args.module}.json'
        fpga.run_yosys(tools, out, args.module, fpga.read_sources([], params, args.module) + fpga.synth_script(cfg, args.module) +
                       f'delete t:$scopeinfo\nautoname\nblackbox =A:whitebox\nwrite_json {path}\n')
    try:
        with open(path, encoding='utf-8') as f:
            modules = json.load(f)['modules']
    except (OSError, ValueError, KeyError) as e:
        fpga.die(f'{path}: {e}: expected a netlist as Yosys writes it (write_json)', 2)
    if args.module not in modules:
        fpga.die(f'{path}: no module {args.module}', 2)
    families, all_ns = Netlist(modules[args.module]).families()
    for ns, count, nets, end in families[:args.families]:
        print(f'{ns:5.1f} ns x{count}  {nets[0]} -> {end}')
        print('        ' + ' > '.join(n[-50:] for n in nets[1:]))
    print(f'{len(all_ns)} ends: {sum(n > 11 for n in all_ns)} beyond 11 ns, {sum(n > 9 for n in all_ns)} beyond 9 ns')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
