#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# litex_client.py - LiteX's own host client (litex.tools.remote.comm_uart) against plain mode of a simulated board at a pseudo-terminal
#
# Needs the package litex (./setup.sh board); says skip without it. Environment: B, the build folder; SEED.
import os
import random
import signal
import subprocess
import sys
import time

try:
    from litex.tools.remote.comm_uart import CommUART
except ImportError as absent:
    print(f"skip - litex client: {absent} (./setup.sh board installs it)")
    sys.exit(0)

B = os.environ.get("B", "build")
SEED = int(os.environ.get("SEED", "1"))
BOARD, MEM_BYTES = 0xF0010000, 1 << 18
failed = False


def check(name, got, want):
    global failed
    if got == want:
        print(f"ok - litex client: {name}")
    else:
        print(f"not ok - litex client: {name}: expected {want!r}, got {got!r}, seed {SEED}")
        failed = True


def late(*_):
    print("not ok - litex client: no answer within 60 s")
    os._exit(1)


signal.signal(signal.SIGALRM, late)  # the client itself waits for ever
signal.alarm(60)
board = subprocess.Popen([f"{B}/tests/serial_pty", "configs/l8.cfg", str(SEED)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
tty = board.stdout.readline().strip()
try:
    rng = random.Random(SEED)
    client = CommUART(tty, 3000000)
    check("BOARD_ID", client.read(BOARD), 0x4C414342)
    check("the board's registers in one burst", client.read(BOARD, 4), [0x4C414342, 0x00010000, 0, MEM_BYTES])
    check("NAME", b"".join(w.to_bytes(4, "little") for w in client.read(BOARD + 0x18, 4)).rstrip(b"\0"), b"rig")
    client.write(BOARD + 0x34, 0x12345678)
    check("SCRATCH", client.read(BOARD + 0x34), 0x12345678)
    words = [rng.getrandbits(32) for _ in range(500)]
    client.write(0x1000, words)
    check("500 words written, read back in two bursts", client.read(0x1000, 250) + client.read(0x1000 + 1000, 250), words)
    client.write(0x2000, words[:8], burst="fixed")
    check("a fixed burst written", client.read(0x2000), words[7])
    check("a fixed burst read", client.read(0x2000, 5, burst="fixed"), [words[7]] * 5)
    check("an address that is nobody's", client.read(0x80000000), 0xFFFFFFFF)
    client.close()

    # Framed mode in between, by our own tool
    info = subprocess.run([f"{B}/lacuna", "info", "--port", f"serial:{tty}"], capture_output=True, text=True, check=False)
    check("lacuna info", info.returncode, 0)
    time.sleep(0.3)  # behind BYE, plain mode begins with a pause
    client = CommUART(tty, 3000000)
    check("plain mode behind framed mode", client.read(0x1000, 20), words[:20])
    client.close()
finally:
    board.stdin.close()
    check("the board's process", board.wait(), 0)
sys.exit(failed)
