/* SPDX-License-Identifier: Apache-2.0
 *
 * serial_frame.h - frames of the serial line (docs/boards.md, section 2): requests out, answers in
 *
 *   No device, no time, no allocation: bytes in memory only. The reader takes any bytes whatever. */
#ifndef LAC_SERIAL_FRAME_H
#define LAC_SERIAL_FRAME_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

enum { SERIAL_SYNC = 0xF5, SERIAL_HEAD = 12, SERIAL_WORDS = 256, SERIAL_FRAME = SERIAL_HEAD + 4 * SERIAL_WORDS + 4 };
enum { SERIAL_HELLO = 1, SERIAL_WRITE = 2, SERIAL_READ = 3, SERIAL_BYE = 4 };
enum { SERIAL_OK = 0, SERIAL_BUS = 1, SERIAL_ORDER = 2, SERIAL_DAMAGED = 3, SERIAL_OP = 4 };

/* CRC-32 as zlib has it; `crc` is 0 or that of what came before. */
uint32_t serial_crc32(uint32_t crc, const void *p, size_t n);

/* A request in buf[SERIAL_FRAME]: its length. words: 1 .. 256; data: 4 * words bytes of a WRITE, else NULL. */
size_t serial_request(uint8_t *buf, uint8_t op, uint8_t seq, uint32_t words, uint32_t addr, const void *data);

typedef struct {
    uint8_t        op, status, seq;
    uint32_t       words;    /* of `data`; 0: none */
    uint32_t       addr;
    const uint8_t *data;     /* stays until the next call of the reader */
    int            damaged;  /* the header is whole, the data are not */
} serial_answer;

typedef struct {
    uint8_t  buf[SERIAL_FRAME];
    uint32_t have;      /* bytes in buf, a frame's beginning */
    uint32_t give;      /* of these, the answer that was given last */
    uint64_t skipped;   /* bytes that belonged to no frame */
    uint64_t dropped;   /* frames with a damaged header, or that are no answers */
} serial_reader;

void serial_reader_clear(serial_reader *r);

/* Take bytes from p[n] until an answer is there; returns how many were taken, and *got says whether there is one. Zero bytes taken and an
 * answer got is possible: call until neither is. */
size_t serial_read(serial_reader *r, const uint8_t *p, size_t n, serial_answer *a, int *got);

#ifdef __cplusplus
}
#endif
#endif
