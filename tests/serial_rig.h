/* SPDX-License-Identifier: Apache-2.0
 *
 * serial_rig.h - lac_serial with a line and a little bus around it, for tests
 *
 *   Line    bytes queued with rig_send() go out bit by bit; what the bridge sends is decoded, independently of lac_uart, into rig_get()
 *   Bus     memory of RIG_MEM bytes at 0; the board's registers at RIG_BOARD; with a golden model given, the core's registers at RIG_CORE.
 *           All else answers DECERR, as does one address of choice. READYs and answers come after random waits
 *   Checks  handshakes hold still, one transaction at a time, all strobes, words aligned; the decoder wants a stop bit. The first fault is
 *           told by rig.fault */
#ifndef SERIAL_RIG_H
#define SERIAL_RIG_H
#include <stddef.h>
#include <stdint.h>
#include "lac_model.h"
#include "rng.h"
#include "serial_sim.h"

#ifndef RIG_DIVISOR
#error "RIG_DIVISOR and RIG_TIMEOUT come from fpga/serial.mk, which gives them to Verilator too"
#endif

enum { RIG_MEM = 1 << 18, RIG_OUT = 1 << 15, RIG_BOARD_WORDS = 14 };
#define RIG_CORE  0xF0000000u
#define RIG_BOARD 0xF0010000u

typedef struct {
    void        *sim;
    serial_pins *pin;
    lac_rng      rng;
    uint64_t     cycles;
    const char  *fault;

    /* the line to the bridge */
    uint8_t  byte_out;      /* the byte on its way */
    int      bits_left;     /* [bits] 0: the line rests */
    int      bit_time;      /* [cycles] left of this bit */
    int      stop_low;      /* the stop bit of the byte on its way is low */
    int      invert;        /* [cycles] from now; in that cycle the line is inverted; 0: never */
    int      slow;          /* [cycles] added at random between bytes, at most */
    uint8_t  out[RIG_OUT];  /* queue */
    size_t   out_at, out_n;

    /* the line from the bridge */
    int      in_state, in_time;
    uint8_t  in_byte;
    uint8_t  got[RIG_OUT];
    size_t   got_n;
    uint64_t quiet;         /* [cycles] since the line moved */

    /* the bus */
    uint8_t   mem[RIG_MEM];
    uint32_t  scratch, control, id, version;
    uint32_t  controls;     /* times that CONTROL was written */
    uint32_t  bad_addr;     /* this word answers SLVERR; 1: none does */
    int       wait;         /* [cycles] a handshake waits at most */
    int       aw_wait, w_wait, ar_wait, b_wait, r_wait;
    int       have_aw, have_w, have_ar;
    uint32_t  aw, w, ar;
    uint64_t  writes, reads; /* transactions answered */
    serial_pins was;
    lac_model *model;       /* NULL: no core */
} rig;

void rig_open(rig *r, uint64_t seed); /* reset is over; memory is random */
void rig_close(rig *r);
void rig_reset(rig *r);
void rig_tick(rig *r);

void rig_send(rig *r, const uint8_t *bytes, size_t n);
void rig_send_bad(rig *r, uint8_t byte);     /* with a low stop bit, at once: the queue must be empty */
void rig_low(rig *r, uint32_t bits);         /* the line low that long, at once */
void rig_idle(rig *r, uint64_t cycles);
int  rig_sending(const rig *r);              /* bytes are still to go */

/* Run until `n` bytes have come, or, after everything was sent, nothing has for `patience` cycles. Returns how many there are. */
size_t rig_await(rig *r, size_t n, uint64_t patience);
void   rig_take(rig *r, size_t n);           /* forget the first n of them */

/* What a word of the bus reads; -1: error. */
int rig_peek(rig *r, uint32_t addr, uint32_t *value);

#endif
