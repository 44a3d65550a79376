/* SPDX-License-Identifier: Apache-2.0
 *
 * port_serial.h - a board at a serial line as a port of the driver (docs/boards.md), for POSIX hosts
 *
 *   Line       framed mode: whatever the line does to bytes, nothing wrong is written, and a transfer either comes out right or fails. A write
 *              to a register is done once or not at all, but for a failure that says that nobody knows
 *   Failures   every call ends: at most some seconds after the last sign of life of the board. lac_serial_error() has the reason
 *   Power      a call that finds a board without its memory of us (power cycle, reset) fails and says so; the line is ready again for the next
 *              one, but what the core and memory held is lost: lac_open() again
 *   Memory     device addresses from mem_base on, mem_bytes of them; anything else fails without being tried
 *   Interrupt  wait_irq reads the board's STATUS; its limit counts cycles of the core
 *   Threads    calls on one port must not overlap */
#ifndef LAC_PORT_SERIAL_H
#define LAC_PORT_SERIAL_H
#include <stddef.h>
#include "lacuna.h"
#ifdef __cplusplus
extern "C" {
#endif

#define LAC_SERIAL_BAUD 3000000u /* where none is given */

typedef struct lac_serial lac_serial;

/* The board's registers, as read when it was opened. */
typedef struct {
    uint32_t version;       /* major << 16 | minor */
    uint32_t mem_base, mem_bytes;
    uint32_t clock_hz, baud_divisor;
    char     name[17];      /* printable */
} lac_serial_board;

/* How it goes. */
typedef struct {
    uint64_t frames, answers, resent; /* frames sent, whole answers, times that something had to be sent again */
    uint64_t dropped;                 /* frames from the board that were damaged */
} lac_serial_stats;

/* Called now and then while a call moves more than 64 KB. */
typedef void (*lac_serial_progress)(void *ctx, int writing, uint64_t done, uint64_t total);

/* Open DEVICE (of the operating system) at `baud` and greet the board. NULL: err[cap] says what, where, and what to do. */
lac_serial *lac_serial_open(const char *device, uint32_t baud, char *err, size_t cap);

/* Puts the board back to plain mode. NULL is all right. */
void lac_serial_close(lac_serial *s);

lac_port                lac_serial_port(lac_serial *s); /* *s must outlive it */
const lac_serial_board *lac_serial_get_board(const lac_serial *s);
lac_serial_stats        lac_serial_get_stats(const lac_serial *s);
const char             *lac_serial_error(const lac_serial *s); /* of the last call that failed; "" before */
void                    lac_serial_set_progress(lac_serial *s, lac_serial_progress f, void *ctx);

/* Any word of the board's bus. 0, or -1. */
int lac_serial_read_word(lac_serial *s, uint32_t addr, uint32_t *value);
int lac_serial_write_word(lac_serial *s, uint32_t addr, uint32_t value);

#ifdef __cplusplus
}
#endif
#endif
