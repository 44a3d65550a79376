#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""test_board.py - the command line on the simulated board colorlight-i5: its whole FPGA and its SDRAM behind a pseudo-terminal

What the board says of its core is held against configs/i5.cfg; a layer's outputs against NumPy; the SDRAM's model may have nothing to complain of.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
B = os.path.join(ROOT, os.environ.get('B', 'build'))
SIM = os.path.join(B, 'board/colorlight-i5/sim')
LACUNA = os.path.join(B, 'lacuna')
failed = False


def say(name, wrong=None):
    global failed
    print(f'ok - board {name}' if not wrong else f'not ok - board {name}: {wrong}', flush=True)
    failed |= bool(wrong)


def lacuna(*args):
    p = subprocess.run([LACUNA, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    return p.returncode, p.stdout


def main():
    rng = np.random.default_rng(int(os.environ.get('SEED', '1')))
    with tempfile.TemporaryDirectory() as folder:
        tty = os.path.join(folder, 'tty')
        # A simulated board is slow by the clock on the wall: a low rate makes the host patient.
        port = f'serial:{tty}@9600'
        sim = subprocess.Popen([SIM, '--tty', tty], stdout=subprocess.PIPE, text=True)
        try:
            while not os.path.islink(tty) and sim.poll() is None:
                time.sleep(0.05)

            status, text = lacuna('info', '--port', port)
            cfg = dict(re.findall(r'^([A-Z_]+)=(\d+)', open(os.path.join(ROOT, 'configs/i5.cfg'), encoding='utf-8').read(), re.M))
            said = dict(re.findall(r'^([a-z_]+) +(\d+)\b', text, re.M))
            wrong = [f'{k} is {said.get(k.lower())}, expected {v}' for k, v in cfg.items() if k != 'FLIGHT' and said.get(k.lower()) != v]
            say('capabilities', f'exit status {status}: {text}' if status else '; '.join(wrong))
            say('name', None if re.search('^board +colorlight-i5,', text, re.M) else text)

            w = (rng.integers(-7, 8, (24, 50)) * (rng.random((24, 50)) < 0.3)).astype(np.int8)
            x = (rng.integers(-128, 128, (2, 50)) * (rng.random((2, 50)) < 0.6)).astype(np.int8)
            for name, a in (('W', w), ('X', x)):
                np.save(os.path.join(folder, name + '.npy'), a)
            out = os.path.join(folder, 'Y.npy')
            status, text = lacuna('fc', os.path.join(folder, 'W.npy'), os.path.join(folder, 'X.npy'), '-o', out, '--format', 'csc', '--port', port,
                                  '--config', 'i5')
            want = x.astype(np.int64) @ w.astype(np.int64).T
            say('a layer equals NumPy', f'exit status {status}: {text}' if status else
                None if np.array_equal(np.load(out), want) else f'expected {want.tolist()}, got {np.load(out).tolist()}')
        finally:
            sim.send_signal(signal.SIGTERM)
            text = sim.communicate(timeout=60)[0]
        say('the SDRAM had nothing to complain of', None if sim.returncode == 0 and ' 0 SDRAM violations, 0 damaged bytes' in text else
            f'exit status {sim.returncode}: {text}')
        say('the link is gone', os.path.lexists(tty) and tty)
    return failed


if __name__ == '__main__':
    sys.exit(main())
