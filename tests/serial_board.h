/* SPDX-License-Identifier: Apache-2.0
 *
 * serial_board.h - a board at a pseudo-terminal: the Verilated bridge, memory, board registers and the golden model as its core
 *
 *   The line between may lose, damage and double bytes, be dead, or babble; the board may be reset. Time: a pause of the bridge takes some
 *   40 ms when nothing moves */
#ifndef SERIAL_BOARD_H
#define SERIAL_BOARD_H
#include "serial_rig.h"

/* Shared by the process that runs the board and the one that tests. Rates: of 65536 bytes, either way. */
typedef struct {
    volatile uint32_t drop, flip, twice;
    volatile int      dead, babble, reset, stop;
    volatile uint32_t sent; /* bytes from the board that reached the host */
    rig               r;
} serial_board;

/* A board with a core of configuration `cfg` in shared memory, and a pseudo-terminal for it: the name of its other end. NULL and a message
 * on stderr: it cannot be had. */
serial_board *serial_board_new(const char *cfg, uint64_t seed, int *master, char *name, size_t cap);

void          serial_board_free(serial_board *b);

/* Run it until stop is set, or standard input ends where `until_eof` is set. */
void serial_board_run(serial_board *b, int master, int until_eof);

#endif
