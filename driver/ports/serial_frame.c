/* SPDX-License-Identifier: Apache-2.0
 *
 * serial_frame.c - see serial_frame.h */
#include "serial_frame.h"
#include <string.h>

uint32_t serial_crc32(uint32_t crc, const void *p, size_t n)
{
    static const uint32_t nibble[16] = { /* of the reflected polynomial 0xEDB88320 */
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
        0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };
    const uint8_t *b = p;
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc = crc >> 4 ^ nibble[(crc ^ b[i]) & 15u];
        crc = crc >> 4 ^ nibble[(crc ^ (uint32_t)b[i] >> 4) & 15u];
    }
    return ~crc;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

size_t serial_request(uint8_t *buf, uint8_t op, uint8_t seq, uint32_t words, uint32_t addr, const void *data)
{
    buf[0] = SERIAL_SYNC;
    buf[1] = op;
    buf[2] = seq;
    buf[3] = (uint8_t)(words - 1u);
    put32(buf + 4, addr);
    put32(buf + 8, serial_crc32(0, buf + 1, 7));
    if (!data) return SERIAL_HEAD;
    memcpy(buf + SERIAL_HEAD, data, 4u * words);
    put32(buf + SERIAL_HEAD + 4u * words, serial_crc32(0, data, 4u * words));
    return SERIAL_HEAD + 4u * words + 4u;
}

void serial_reader_clear(serial_reader *r) { memset(r, 0, sizeof *r); }

/* Forget the first n bytes, and what stands before the next possible frame. */
static void forget(serial_reader *r, uint32_t n)
{
    const uint8_t *next = memchr(r->buf + n, SERIAL_SYNC, r->have - n);
    const uint32_t from = next ? (uint32_t)(next - r->buf) : r->have;
    r->skipped += from - n;
    r->have -= from;
    memmove(r->buf, r->buf + from, r->have);
}

/* How long the frame in the buffer is, as far as can be told; 0: it is none that we want. */
static uint32_t length(const serial_reader *r)
{
    if (r->have < SERIAL_HEAD) return SERIAL_HEAD;
    if (!(r->buf[1] & 0x80) || get32(r->buf + 8) != serial_crc32(0, r->buf + 1, 7)) return 0;
    const int good_read = r->buf[1] == ((8 + SERIAL_OK) << 4 | SERIAL_READ);
    return good_read ? SERIAL_HEAD + 4u * (r->buf[3] + 1u) + 4u : SERIAL_HEAD;
}

size_t serial_read(serial_reader *r, const uint8_t *p, size_t n, serial_answer *a, int *got)
{
    size_t taken = 0;
    *got = 0;
    if (r->give) {
        forget(r, r->give);
        r->give = 0;
    }
    for (;;) {
        const uint32_t want = length(r);
        if (!want) { /* look for a frame in what was taken for one */
            r->dropped++;
            forget(r, 1);
        } else if (r->have == 0 && taken < n && p[taken] != SERIAL_SYNC) {
            taken++;
            r->skipped++;
        } else if (r->have < want) {
            if (taken == n) return taken;
            r->buf[r->have++] = p[taken++];
        } else {
            a->op = r->buf[1] & 15;
            a->status = (uint8_t)((r->buf[1] >> 4) - 8);
            a->seq = r->buf[2];
            a->addr = get32(r->buf + 4);
            a->words = want > SERIAL_HEAD ? r->buf[3] + 1u : 0;
            a->data = r->buf + SERIAL_HEAD;
            a->damaged = a->words && get32(r->buf + SERIAL_HEAD + 4u * a->words) != serial_crc32(0, a->data, 4u * a->words);
            r->give = a->damaged ? SERIAL_HEAD : want; /* a byte too few or too many may have shifted what follows: look for frames in it */
            *got = 1;
            return taken;
        }
    }
}
