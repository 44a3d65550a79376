/* SPDX-License-Identifier: Apache-2.0
 *
 * serial_oracle.c - see serial_oracle.h */
#include "serial_oracle.h"
#include <string.h>

uint32_t oracle_crc(const uint8_t *p, size_t n)
{
    uint32_t c = 0xFFFFFFFF;
    for (size_t i = 0; i < n; i++)
        for (int b = 0; b < 8; b++) c = c >> 1 ^ (((c ^ (uint32_t)p[i] >> b) & 1) ? 0xEDB88320u : 0);
    return ~c;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t get32(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24; }

size_t oracle_frame(uint8_t *buf, uint8_t op, uint8_t seq, uint32_t words, uint32_t addr, const uint8_t *data)
{
    buf[0] = 0xF5;
    buf[1] = op;
    buf[2] = seq;
    buf[3] = (uint8_t)(words - 1);
    put32(buf + 4, addr);
    put32(buf + 8, oracle_crc(buf + 1, 7));
    if (!data) return 12;
    memcpy(buf + 12, data, 4 * words);
    put32(buf + 12 + 4 * words, oracle_crc(buf + 12, 4 * words));
    return 16 + 4 * words;
}

void oracle_open(oracle *o, const rig *r)
{
    memset(o, 0, sizeof *o);
    memcpy(o->mem, r->mem, sizeof o->mem);
    o->scratch = r->scratch;
    o->bad_addr = r->bad_addr;
}

static int bus_read(const oracle *o, uint32_t a, uint32_t *v)
{
    *v = 0xFFFFFFFF;
    if (a == o->bad_addr) return -1;
    if (a < RIG_MEM) return *v = get32(o->mem + a), 0;
    if (a == RIG_BOARD + 0x34) return *v = o->scratch, 0;
    if (a == RIG_BOARD + 0x30) return *v = o->errors, 0;
    if (a == RIG_BOARD) return *v = 0x4C414342, 0;
    return -1;
}

static int bus_write(oracle *o, uint32_t a, uint32_t v)
{
    if (a == o->bad_addr) return -1;
    if (a < RIG_MEM) return put32(o->mem + a, v), 0;
    if (a == RIG_BOARD + 0x34) return o->scratch = v, 0;
    return -1;
}

static void say(oracle *o, const uint8_t *p, size_t n)
{
    if (o->want_n + n <= RIG_OUT) memcpy(o->want + o->want_n, p, n);
    o->want_n += n;
}

static void answer(oracle *o, int status, uint8_t seq, uint32_t words, uint32_t addr, const uint8_t *data)
{
    uint8_t f[1200];
    say(o, f, oracle_frame(f, (uint8_t)((8 + status) << 4 | (o->buf[1] & 15)), seq, words, addr, data));
    o->jobs++;
}

/* A frame is there whose header is good. */
static void frame(oracle *o, int damaged)
{
    const uint8_t  op = o->buf[1], seq = o->buf[2], next = (uint8_t)(o->seq + 1);
    const uint32_t words = o->buf[3] + 1u, addr = get32(o->buf + 4) & ~3u;
    uint8_t        data[1024];
    if (damaged) o->errors++;
    if (op == 1) {
        o->framed = 1;
        o->seq = seq;
        o->again = o->fault = 0;
        answer(o, 0, seq, 1, 0x00010000, NULL);
        return;
    }
    if (!o->framed) return;
    const int repeated = o->again && op == o->again && seq == o->seq;
    if (op < 1 || op > 4) {
        answer(o, 4, seq, 1, 0, NULL);
    } else if (seq != next && !repeated) {
        answer(o, 2, next, 1, 0, NULL);
    } else if (damaged) {
        answer(o, 3, seq, 1, 0, NULL);
    } else if (op == 2) {
        if (!repeated) {
            uint32_t i = 0;
            while (i < words && !bus_write(o, addr + 4 * i, get32(o->buf + 12 + 4 * i))) i++;
            o->fault = i < words;
            o->end = addr + 4 * i;
            o->seq = seq;
            o->again = 2;
        }
        answer(o, o->fault, seq, 1, o->end, NULL);
    } else if (op == 3) {
        uint32_t i = 0, v;
        while (i < words && !bus_read(o, addr + 4 * i, &v)) put32(data + 4 * i++, v);
        o->seq = seq;
        o->again = 3;
        if (i < words) answer(o, 1, seq, 1, addr + 4 * i, NULL);
        else answer(o, 0, seq, words, addr + 4 * i, data);
    } else {
        answer(o, 0, seq, 1, addr, NULL);
        o->seq = seq;
        o->again = 0;
        o->framed = 0;
        o->hunt = 1;
    }
}

static void frame_byte(oracle *o)
{
    if (o->n < 12) return;
    const uint32_t words = o->buf[3] + 1u;
    if (o->n == 12) {
        const int broken = o->bad || oracle_crc(o->buf + 1, 7) != get32(o->buf + 8);
        if (broken || o->buf[1] & 0x80) {
            o->errors += (uint32_t)broken;
            if (!o->framed) o->hunt = 1;
            o->part = 0;
            return;
        }
        if (o->buf[1] == 2) {
            o->bad = 0;
            return;
        }
    } else if (o->n < 16 + 4 * words) return;
    o->part = 0;
    frame(o, o->buf[1] == 2 && (o->bad || oracle_crc(o->buf + 12, 4 * words) != get32(o->buf + 12 + 4 * words)));
}

static uint32_t get32_first(const uint8_t *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }

/* The six bytes of a command are there. */
static void command(oracle *o)
{
    const int step = o->buf[0] <= 2 ? 4 : 0;
    o->addr = get32_first(o->buf + 2) << 2;
    o->left = o->buf[1];
    o->part = o->left && o->buf[0] % 2 ? 3 : 0;
    o->n = 0;
    if (o->part) return;
    for (; o->left; o->left--, o->addr += (uint32_t)step) {
        uint32_t v;
        uint8_t  b[4];
        bus_read(o, o->addr, &v);
        for (int i = 0; i < 4; i++) b[i] = (uint8_t)(v >> (24 - 8 * i));
        say(o, b, 4);
    }
    o->jobs++;
}

void oracle_byte(oracle *o, uint8_t b, int bad)
{
    if (bad && !o->framed) o->hunt = 1;
    switch (o->part) {
    case 0:
        if (bad) return;
        o->n = 1;
        o->buf[0] = b;
        o->bad = 0;
        if (b == 0xF5) o->part = 1;
        else if (!o->framed && !o->hunt && b >= 1 && b <= 4) o->part = 2;
        return;
    case 1:
        o->buf[o->n++] = b;
        o->bad |= bad;
        frame_byte(o);
        return;
    case 2:
        o->buf[o->n++] = b;
        if (bad) o->part = 0;
        else if (o->n == 6) command(o);
        return;
    default:
        o->buf[12 + o->n++] = b; /* buf[0] stays the command */
        if (bad) o->part = 0;
        else if (o->n == 4) {
            bus_write(o, o->addr, get32_first(o->buf + 12));
            o->addr += o->buf[0] == 1 ? 4 : 0;
            o->n = 0;
            if (!--o->left) o->part = 0;
        }
        o->jobs += !o->part;
    }
}

void oracle_pause(oracle *o)
{
    if (o->part == 1) {
        o->errors++;
        if (!o->framed) o->hunt = 1;
    } else if (!o->framed && !o->part) o->hunt = 0;
    o->part = 0;
}

void oracle_break(oracle *o)
{
    o->errors += o->part == 1;
    o->part = 0;
    o->framed = o->hunt = 0;
}
