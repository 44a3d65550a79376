#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""test_board.py - command line and demos on a simulated board: its whole FPGA and its SDRAM behind a pseudo-terminal

  What       what the board says of its core is held against its file in configs/; a layer's outputs against NumPy; the demos check themselves
             (examples/demo.c; examples/cloud, a U-Net on a small cloud and digits as strokes, or by name that there is no mapping unit); the SDRAM's model
             may have nothing to complain of
  Fuzz       random bytes, commands and frames on the line (board_fuzz.py), and the same layer again, right behind it
  Variables  SEED; TEST_BOARD (default colorlight-i5), TEST_PICTURES (2; 0: no demos), TEST_BITS (8; empty: both widths), TEST_FUZZ (20000 bytes),
             as `make board-slow` and `make fuzz-serial` set them
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

import board_fuzz

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
B = os.path.join(ROOT, os.environ.get('B', 'build'))
BOARD = os.environ.get('TEST_BOARD', 'colorlight-i5')
PICTURES = os.environ.get('TEST_PICTURES', '2')
BITS = os.environ.get('TEST_BITS', '8')
FUZZ = int(os.environ.get('TEST_FUZZ', '20000'))
PIECE = 100000  # bytes of fuzz between two layers
SIM = os.path.join(B, 'board', BOARD, 'sim')
LACUNA = os.path.join(B, 'lacuna')
failed = False


def say(name, wrong=None):
    global failed
    print(f'ok - {BOARD}: {name}' if not wrong else f'not ok - {BOARD}: {name}: {wrong}', flush=True)
    failed |= bool(wrong)


def run(*command):
    p = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900)
    return p.returncode, p.stdout


def lacuna(*args):
    return run(LACUNA, *args)


def key(path, name):
    found = re.search(f'^{name}=(\\S+)', open(os.path.join(ROOT, path), encoding='utf-8').read(), re.M)
    return found and found.group(1)


def demo(port, windows):
    """The digits, read by all networks that the board can run: every one of them has to say yes."""
    status, text = run(os.path.join(B, 'examples/demo'), '--port', port, '--pictures', PICTURES, *(['--bits', BITS] if BITS else []))
    rows = re.findall(r'^  (\S.*?) +(\d+) bit +(\d+)/(\d+) .* (yes|.* DIFFER\S*)$', text, re.M)
    for name, bits, _, pictures, same in rows:
        say(f'demo: {name}, {bits} bit', None if same.endswith('yes') and pictures == PICTURES else f'{pictures} pictures: {same}')
    wanted = (3 if BITS else 6) + (3 if windows and BITS != '16' else 0)
    good = status == 0 and len(rows) == wanted and f'the first {PICTURES} of 360 test pictures' in text
    say(f'demo: {wanted} networks, {PICTURES} pictures', None if good else f'exit status {status}: {text}')


def clouds(port, config, has_map):
    """Sparse convolutions: ten layers of a cloud, three versions of six layers of digits; every one of them has to say yes."""
    cloud = (os.path.join(B, 'examples/cloud'), '--port', port, '--config', config)
    if not has_map:
        status, text = run(*cloud, '--points', '100')
        say('point clouds: refused', None if status == 2 and 'has no mapping unit' in text else f'exit status {status}: {text}')
        return
    for name, layers, args in (('point clouds', 10, ('--points', '1500', '--voxel', '0.4')), ('strokes', 18, ('--strokes', 'examples/digits', '--pictures', PICTURES))):
        status, text = run(*cloud, *args)
        rows = re.findall(r'^  (?:[1-6]|enc|dec|down|up|head)\S* .* (yes|DIFFERS)$', text, re.M)
        total = ', '.join(re.findall(r'^  doorbell to idle +(\d+)$', text, re.M))
        say(f'{name}: {layers} layers, {total} cycles', None if status == 0 and rows == ['yes'] * layers and 'same on 2 machines' in text else f'exit status {status}: {text}')


def main():
    rng = np.random.default_rng(int(os.environ.get('SEED', '1')))
    config = key(f'fpga/{BOARD}/board.cfg', 'CONFIG')
    hardware = key(f'fpga/{BOARD}/board.cfg', 'HARDWARE') or BOARD
    with tempfile.TemporaryDirectory() as folder:
        tty = os.path.join(folder, 'tty')
        # A simulated board is slow by the clock on the wall: a low rate makes the host patient.
        port = f'serial:{tty}@9600'
        sim = subprocess.Popen([SIM, '--tty', tty], stdout=subprocess.PIPE, text=True)
        try:
            while not os.path.islink(tty) and sim.poll() is None:
                time.sleep(0.05)

            status, text = lacuna('info', '--port', port)
            cfg = dict(re.findall(r'^([A-Z_]+)=(\d+)', open(os.path.join(ROOT, f'configs/{config}.cfg'), encoding='utf-8').read(), re.M))
            said = dict(re.findall(r'^([a-z_]+) +(\d+)\b', text, re.M))
            wrong = [f'{k} is {said.get(k.lower())}, expected {v}' for k, v in cfg.items() if k != 'FLIGHT' and said.get(k.lower()) != v]
            say('capabilities', f'exit status {status}: {text}' if status else '; '.join(wrong))
            say('name', None if re.search(f'^board +{hardware},', text, re.M) else text)

            w = (rng.integers(-7, 8, (24, 50)) * (rng.random((24, 50)) < 0.3)).astype(np.int8)
            x = (rng.integers(-128, 128, (2, 50)) * (rng.random((2, 50)) < 0.6)).astype(np.int8)
            for name, a in (('W', w), ('X', x)):
                np.save(os.path.join(folder, name + '.npy'), a)
            out = os.path.join(folder, 'Y.npy')
            want = x.astype(np.int64) @ w.astype(np.int64).T

            def layer():
                status, text = lacuna('fc', os.path.join(folder, 'W.npy'), os.path.join(folder, 'X.npy'), '-o', out, '--format', 'csc', '--port', port,
                                      '--config', config)
                return (f'exit status {status}: {text}' if status else
                        None if np.array_equal(np.load(out), want) else f'expected {want.tolist()}, got {np.load(out).tolist()}')

            say('a layer equals NumPy', layer())
            if PICTURES != '0':
                demo(port, cfg.get('WINDOWS') != '0')
                clouds(port, config, int(cfg.get('MAP_RING', '0')))

            sent = heard = layers = 0
            wrong = None
            while sent < FUZZ and not wrong:
                try:
                    n, m = board_fuzz.fuzz(tty, rng, min(PIECE, FUZZ - sent))
                except (OSError, TimeoutError) as e:
                    wrong = str(e)
                    break
                sent, heard, layers = sent + n, heard + m, layers + 1
                if os.path.exists(out):
                    os.remove(out)
                wrong = layer()
            say(f'fuzz, {sent} bytes, {heard} answered, {layers} times the layer right behind', wrong and f'{wrong} (SEED={os.environ.get("SEED", "1")})')
        finally:
            sim.send_signal(signal.SIGTERM)
            text = sim.communicate(timeout=60)[0]
        say('the SDRAM had nothing to complain of', None if sim.returncode == 0 and ' 0 SDRAM violations, 0 damaged bytes' in text else
            f'exit status {sim.returncode}: {text}')
        say('the link is gone', os.path.lexists(tty) and tty)
    return failed


if __name__ == '__main__':
    sys.exit(main())
