# SPDX-License-Identifier: Apache-2.0
"""board_fuzz.py - random bytes, commands and frames to a simulated board's serial line, for tests/test_board.py

  Mix     bytes of any value; commands of plain mode and frames of framed mode, whole, cut or damaged, most of them to memory or to registers
          of core and board. So the core is started, reset and given nonsense while all this goes on
  Left    CONTROL, which would hold the core in reset until somebody takes that back
  Rest    what the board answers is read and dropped; now and then a pause, behind which it has forgotten what it was in the middle of
"""
import os
import select
import time
import tty
import zlib

CORE, BOARD = 0xF0000000, 0xF0010000


def address(rng):
    at = [rng.integers(0, 1 << 20), CORE + rng.integers(0, 0x400), BOARD + rng.integers(0, 0x100), rng.integers(0, 1 << 32)][rng.integers(0, 4)]
    at = int(at) & ~3
    return at


def words(rng, n):
    """Words, half of them small: what registers are given by those who mean it."""
    return [int(w) & (0xFFFFFFFF if rng.random() < 0.5 else 0xFF) for w in rng.integers(0, 1 << 32, n)]


def touches_control(at, n):
    return at <= BOARD + 0x28 < at + 4 * n


def plain(rng):
    while True:
        op, n, at = int(rng.integers(1, 5)), int(min(rng.geometric(0.1), 255)), address(rng)
        if not touches_control(at, n):
            break
    data = b''.join(w.to_bytes(4, 'big') for w in words(rng, n)) if op in (1, 3) else b''
    return bytes([op, n]) + (at >> 2).to_bytes(4, 'big') + data


class Frames:
    """Frames with the number that is expected, as far as nothing went wrong before."""

    def __init__(self):
        self.seq = 0

    def frame(self, rng, op):
        while True:
            n, at = int(min(rng.geometric(0.1), 256)), address(rng)
            if op != 2 or not touches_control(at, n):
                break
        head = bytes([op, self.seq & 255, n - 1]) + at.to_bytes(4, 'little')
        self.seq += 1
        out = b'\xf5' + head + zlib.crc32(head).to_bytes(4, 'little')
        if op == 2:
            data = b''.join(w.to_bytes(4, 'little') for w in words(rng, n))
            out += data + zlib.crc32(data).to_bytes(4, 'little')
        return out

    def some(self, rng):
        """HELLO, a few transfers, and perhaps BYE."""
        return b''.join(self.frame(rng, op) for op in [1] + [int(rng.integers(2, 4)) for _ in range(rng.integers(1, 6))] + [4] * int(rng.integers(0, 2)))


def damage(rng, b):
    what, at = int(rng.integers(0, 6)), int(rng.integers(0, len(b)))
    if what == 0:
        return b[:at]
    if what == 1:
        return b[:at] + bytes([b[at] ^ (1 << int(rng.integers(0, 8)))]) + b[at + 1:]
    return b


def fuzz(path, rng, count):
    """At least `count` bytes. Returns how many, and how many the board has answered; TimeoutError: it hangs."""
    sent = heard = 0
    frames = Frames()
    line = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        tty.setraw(line)

        def listen(seconds):
            nonlocal heard
            until = time.monotonic() + seconds
            late = until + 20
            while (left := until - time.monotonic()) > 0:
                if select.select([line], [], [], left)[0]:
                    heard += len(os.read(line, 65536))
                    until = time.monotonic() + seconds
                    if until > late:
                        raise TimeoutError('the board does not stop talking')

        while sent < count:
            kind = rng.integers(0, 4)
            out = (rng.integers(0, 256, int(rng.integers(1, 400))).astype('uint8').tobytes() if kind == 0 else
                   b''.join(plain(rng) for _ in range(rng.integers(1, 5))) if kind == 1 else frames.some(rng))
            out = damage(rng, out)
            sent += len(out)
            while out:
                can_read, can_write, _ = select.select([line], [line], [], 10)
                if can_read:
                    heard += len(os.read(line, 65536))
                if can_write:
                    out = out[os.write(line, out[:256]):]
                if not can_read and not can_write:
                    raise TimeoutError('the board takes no bytes for 10 s')
            listen(0.1 if rng.random() < 0.3 else 0.002)
        listen(0.2)
    finally:
        os.close(line)
    return sent, heard
