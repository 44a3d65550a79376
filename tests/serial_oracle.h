/* SPDX-License-Identifier: Apache-2.0
 *
 * serial_oracle.h - what a board does with the bytes it gets, after docs/boards.md: an independent reading of it, for tests
 *
 *   It has memory and SCRATCH of its own and says which bytes the board must answer. It has no time: the test waits for the answer to each
 *   frame and command before it sends on, and tells of pauses and breaks. All code here is the test's own, the CRC included. */
#ifndef SERIAL_ORACLE_H
#define SERIAL_ORACLE_H
#include <stddef.h>
#include <stdint.h>
#include "serial_rig.h"

typedef struct {
    int      framed, hunt;
    uint8_t  seq;            /* of the last frame done */
    int      again;          /* its op when it may be repeated, else 0 */
    int      fault;          /* that WRITE: an error on the bus */
    uint32_t end;            /* that WRITE: the first address not written */
    int      part;           /* 0 nothing has begun, 1 a frame, 2 a command's header, 3 its words */
    size_t   n;              /* bytes of that part */
    uint8_t  buf[1200];
    int      bad;            /* one of them is damaged on the line */
    uint32_t addr, left;     /* of a command: byte address of the next word, words to come */
    uint32_t errors;         /* frames dropped */
    uint32_t jobs;           /* frames answered, commands done or ended */
    uint8_t  mem[RIG_MEM];
    uint32_t scratch, bad_addr;
    uint8_t  want[RIG_OUT];  /* the answers */
    size_t   want_n;
} oracle;

void     oracle_open(oracle *o, const rig *r);
void     oracle_byte(oracle *o, uint8_t b, int bad);
void     oracle_pause(oracle *o);
void     oracle_break(oracle *o);
uint32_t oracle_crc(const uint8_t *p, size_t n);

/* A frame in `buf` (room for 1040 bytes): its length. data NULL: none. words: 1 .. 256. */
size_t oracle_frame(uint8_t *buf, uint8_t op, uint8_t seq, uint32_t words, uint32_t addr, const uint8_t *data);

#endif
