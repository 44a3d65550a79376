/* SPDX-License-Identifier: Apache-2.0
 *
 * port_serial.c - see port_serial.h
 *
 * A transfer is a row of frames, several of them ahead of their answers. The board does them in the order of their numbers and answers in the
 * order in which they came. So whatever is heard says how far the board is:
 *
 *   answer to the oldest frame   it is done; the next one may be sent
 *   answer to a later frame      the answers before were lost. What they were about is done again, under new numbers
 *   order, damaged               the board waits for the number it tells and has done nothing from there on: everything from the oldest
 *                                frame on is sent again, with that number first. What else says the same number was sent before that
 *   silence                      the same frames again, bytes and numbers as they were, one by one: the board answers what it has done
 *
 * A register is written by one frame alone, which is repeated as it was until it is answered: so it is done once. */
#define _POSIX_C_SOURCE 200809L
#include "port_serial.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "lac_hw.h"
#include "serial_frame.h"
#include "serial_tty.h"

#define CORE        0xF0000000u
#define BOARD       0xF0010000u
#define BOARD_ID    0x4C414342u
#define MAJOR       1u
enum { R_ID, R_VERSION, R_MEM_BASE, R_MEM_BYTES, R_CLOCK, R_DIVISOR, R_NAME, R_STATUS = 0x2C / 4, R_SCRATCH = 0x34 / 4, R_WORDS };

enum {
    AHEAD   = 8,   /* frames: WRITEs ahead of their answers; the board is faster with them than the line */
    READS   = 2,   /* frames: as many as the board holds */
    LEVELS  = 4,   /* a bad line gets shorter rows of shorter frames: 256 >> level words */
    EASE    = 12,  /* good answers until a level is taken back */
    TRIES   = 6,   /* times that nothing got done, until the line counts as lost */
    ANSWER  = 160, /* [ms] an answer takes, besides the bytes on the line */
    PAUSE   = 120, /* [ms] in which the board forgets what it was in the middle of */
    GREET   = 300, /* [ms] an answer to HELLO takes */
    GREETS  = 3,   /* HELLOs until nobody is there */
    REPORT  = 1 << 16 /* [bytes] progress is told in such steps */
};

struct lac_serial {
    char             device[256];
    uint32_t         baud;
    int              fd;      /* -1: the device is not open */
    int              greeted; /* the board is in framed mode, as far as we know */
    uint8_t          seq;     /* of the next frame */
    uint32_t         mark;    /* what we left in SCRATCH: a board that was reset has it no more */
    int              level, good;
    serial_reader    reader;
    uint8_t          in[4096], out[SERIAL_FRAME];
    size_t           in_at, in_n, out_at, out_n;
    uint64_t         heard;   /* bytes */
    lac_serial_board board;
    lac_serial_stats stats;
    lac_serial_progress progress;
    void            *progress_ctx;
    char             error[600];
};

static int fail(lac_serial *s, const char *format, ...)
{
    va_list ap;
    int     at = snprintf(s->error, sizeof s->error, "%s: ", s->device);
    va_start(ap, format);
    vsnprintf(s->error + at, sizeof s->error - (size_t)at, format, ap);
    va_end(ap);
    return -1;
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- Bytes ----------------------------------------------------------------------------------------- */

static int away(lac_serial *s)
{
    serial_tty_close(s->fd);
    s->fd = -1;
    s->greeted = 0;
    return fail(s, "the device went away in the middle (unplugged?)");
}

/* Write and read what goes, at most until `until`. 1: bytes moved; 0: the time is over; -1: no device. */
static int pump(lac_serial *s, int64_t until)
{
    for (;;) {
        const int64_t left = until - now();
        struct pollfd p = { s->fd, POLLIN, 0 };
        int           moved = 0;
        if (s->in_at < s->in_n) return 1;
        if (s->out_at < s->out_n) p.events |= POLLOUT;
        const int n = poll(&p, 1, left < 0 ? 0 : left > 1000 ? 1000 : (int)left);
        if (n < 0 && errno != EINTR) return away(s);
        if (n > 0 && p.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) {
            const ssize_t got = read(s->fd, s->in, sizeof s->in);
            if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return away(s);
            if (got > 0) {
                s->in_at = 0;
                s->in_n = (size_t)got;
                s->heard += (uint64_t)got;
                moved = 1;
            }
        }
        if (n > 0 && p.revents & POLLOUT) {
            const ssize_t put = write(s->fd, s->out + s->out_at, s->out_n - s->out_at);
            if (put < 0 && errno != EAGAIN && errno != EINTR) return away(s);
            if (put > 0) {
                s->out_at += (size_t)put;
                moved = 1;
            }
        }
        if (moved) return 1;
        if (n == 0 && left <= 1000) return 0;
    }
}

static int next_answer(lac_serial *s, serial_answer *a)
{
    int got;
    s->in_at += serial_read(&s->reader, s->in + s->in_at, s->in_n - s->in_at, a, &got);
    s->stats.answers += (uint64_t)got;
    return got;
}

static void queue(lac_serial *s, uint8_t op, uint8_t seq, uint32_t words, uint32_t addr, const void *data)
{
    s->out_at = 0;
    s->out_n = serial_request(s->out, op, seq, words, addr, data);
    s->stats.frames++;
}

/* ---- Greeting -------------------------------------------------------------------------------------- */

/* HELLO, until it is answered. */
static int greet(lac_serial *s)
{
    serial_answer a;
    const uint64_t heard = s->heard;
    s->greeted = 0;
    for (int i = 0; i < GREETS; i++) {
        int           r = 1;
        int64_t       until = now() + PAUSE;
        const int64_t stop = until + 3 * PAUSE;
        s->out_at = s->out_n = 0;
        while (r >= 0 && now() < until) { /* until nothing comes for a pause: what comes still is old */
            r = pump(s, until);
            s->in_at = s->in_n = 0;
            if (r > 0) until = now() + PAUSE < stop ? now() + PAUSE : stop;
        }
        if (r < 0) return -1;
        serial_reader_clear(&s->reader);
        const uint8_t seq = s->seq++;
        queue(s, SERIAL_HELLO, seq, 1, 0, NULL);
        for (until = now() + GREET; (r = pump(s, until)) > 0;) {
            while (next_answer(s, &a)) {
                if (a.op != SERIAL_HELLO || a.status || a.seq != seq) continue;
                if (a.addr >> 16 != MAJOR)
                    return fail(s, "the board speaks version %" PRIu32 ".%" PRIu32 " of the protocol, expected %u.x: use the tools it was built with",
                                a.addr >> 16, a.addr & 0xffff, MAJOR);
                s->greeted = 1;
                return 0;
            }
        }
        if (r < 0) return -1;
    }
    if (s->heard != heard)
        return fail(s, "something answers at %" PRIu32 " baud, but not in frames that can be read; is that the rate the board was built for (DEVICE@BAUD), "
                    "and the device its serial line?", s->baud);
    return fail(s, "no answer at %" PRIu32 " baud; is the board on and configured, this its serial line, and that the rate it was built for (DEVICE@BAUD)? "
                "If so, press its reset and try again", s->baud);
}

/* ---- Transfers ------------------------------------------------------------------------------------- */

enum { ONCE = 1, NO_GREETING = 2 };
#define NOTHING_DONE "the board answers, but nothing gets done: the line is too bad"

typedef struct { uint8_t seq; uint32_t at, words; } frame; /* [words] from the transfer's beginning */

static int ready(lac_serial *s, int first);

static void trouble(lac_serial *s)
{
    s->stats.resent++;
    s->good = 0;
    if (s->level < LEVELS) s->level++;
}

/* The line was silent for too long. 0: the board is still ours, go on. */
static int revive(lac_serial *s, int flags)
{
    char why[sizeof s->error];
    s->greeted = 0;
    if (flags & NO_GREETING) return fail(s, "no answer at %" PRIu32 " baud", s->baud);
    if (ready(s, 0)) {
        const size_t skip = strlen(s->device) + 2;
        memcpy(why, s->error, sizeof why);
        return s->greeted ? -1 : fail(s, "the line was lost in the middle: %s", strncmp(why, s->device, skip - 2) ? why : why + skip);
    }
    return flags & ONCE ? fail(s, "the line was lost in the middle of a write to a register: whether it was written is not known") : 0;
}

/* Move words between buf and the bus. The board's addresses go on behind 2^32 from 0, as do ours. */
static int transfer(lac_serial *s, uint8_t op, uint32_t addr, uint8_t *buf, uint32_t words, int flags)
{
    frame    f[AHEAD];
    int      n = 0, sent = 0;    /* frames not yet answered, oldest first; of these, sent (again) */
    int      back = -1;          /* the number we went back to */
    int      tries = 0, alone = 0, revived = 0;
    uint32_t next = 0, done = 0, told = 0;
    if (!(flags & NO_GREETING) && ready(s, 0)) return -1;
    s->out_at = s->out_n = 0;
    int64_t heard = now();

    while (done < words) {
        const int row = op == SERIAL_READ ? READS : s->level < 2 ? AHEAD : READS;
        const int window = flags & ONCE || alone ? 1 : row;
        serial_answer a;

        /* Send: first what is to be sent again, then more. */
        if (s->out_at == s->out_n && sent < window) {
            if (sent == n && n < row && next < words) {
                const uint32_t most = SERIAL_WORDS >> s->level;
                f[n].seq = s->seq++;
                f[n].at = next;
                f[n].words = words - next < most ? words - next : most;
                next += f[n++].words;
            }
            if (sent < n) {
                const frame *g = &f[sent++];
                queue(s, op, g->seq, g->words, addr + 4 * g->at, op == SERIAL_WRITE ? buf + 4 * (size_t)g->at : NULL);
            }
        }

        uint64_t bytes = s->out_n - s->out_at;
        for (int i = 0; i < n; i++) bytes += 4u * f[i].words + 2 * SERIAL_HEAD;
        const int moved = pump(s, heard + ANSWER + (int64_t)(bytes * 12500 / s->baud));
        if (moved < 0) return -1;
        if (!moved) { /* silence */
            trouble(s);
            heard = now();
            alone = 1;
            back = n ? f[0].seq : -1;
            if (s->out_at == s->out_n) sent = 0; /* else the operating system still holds a frame */
            if (++tries <= TRIES) continue;
            if (revived++) return fail(s, NOTHING_DONE);
            if (revive(s, flags)) return -1;
            n = sent = tries = alone = 0;
            next = done;
            s->out_at = s->out_n = 0;
            heard = now();
            continue;
        }

        while (next_answer(s, &a)) {
            int i = 0, again = 0;
            if (a.op != op || !n) continue; /* of something before us */
            while (i < n && f[i].seq != a.seq) i++;
            switch (a.status) {
            case SERIAL_OK:
                if (i == n || a.addr != addr + 4 * (f[i].at + f[i].words) || a.words != (op == SERIAL_READ ? f[i].words : 0)) continue;
                if (i || a.damaged) { /* answers were lost: the board is ahead of what we know */
                    again = 1;
                    s->seq = (uint8_t)(f[n - 1].seq + 1);
                    break;
                }
                if (op == SERIAL_READ) memcpy(buf + 4 * (size_t)f[0].at, a.data, 4 * (size_t)f[0].words);
                done = f[0].at + f[0].words;
                memmove(f, f + 1, (size_t)--n * sizeof *f);
                sent -= sent > 0;
                tries = alone = revived = 0;
                back = -1;
                heard = now();
                if (++s->good >= EASE && s->level) s->level--, s->good = 0;
                if (s->progress && words >= REPORT / 4 && (done - told >= REPORT / 4 || done == words)) {
                    told = done;
                    s->progress(s->progress_ctx, op == SERIAL_WRITE, 4 * (uint64_t)done, 4 * (uint64_t)words);
                }
                continue;
            case SERIAL_BUS:
                if (i == n) continue;
                return fail(s, "the board's bus answers with an error to a %s of address 0x%08" PRIx32, op == SERIAL_READ ? "read" : "write", a.addr);
            case SERIAL_ORDER:
                if (a.seq == back) continue; /* sent before we went back */
                if (flags & ONCE && (uint8_t)(a.seq - f[0].seq) - 1u < 127u)
                    return fail(s, "the board counts frames that we did not send: whether a register was written is not known. Does another program use the line?");
                again = 1;
                break;
            case SERIAL_DAMAGED:
                if (i == n) continue;
                again = 1;
                break;
            case SERIAL_OP: return fail(s, "the board does not know op %d of the protocol", op);
            default: continue;
            }
            if (again) {
                trouble(s);
                if (++tries > 4 * TRIES) return fail(s, NOTHING_DONE);
                if (a.status != SERIAL_OK) {
                    s->seq = a.seq;
                    back = a.seq;
                }
                next = f[0].at;
                n = sent = 0;
                heard = now();
            }
        }
    }
    return 0;
}

/* ---- Board ----------------------------------------------------------------------------------------- */

static uint32_t get32(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24; }

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> 8 * i);
}

/* Who is there? Fills s->board; *kept: whether it still has our mark. */
static int identify(lac_serial *s, int *kept)
{
    uint8_t           b[4 * R_WORDS];
    lac_serial_board *d = &s->board;
    if (transfer(s, SERIAL_READ, BOARD, b, R_WORDS, NO_GREETING)) return -1;
    const uint32_t id = get32(b), version = get32(b + 4 * R_VERSION);
    if (id != BOARD_ID) return fail(s, "BOARD_ID is 0x%08" PRIx32 ", expected 0x%08x: this is no Lacuna board", id, BOARD_ID);
    if (version >> 16 != MAJOR)
        return fail(s, "BOARD_VERSION is %" PRIu32 ".%" PRIu32 ", expected %u.x: use the tools it was built with", version >> 16, version & 0xffff, MAJOR);
    d->version = version;
    d->mem_base = get32(b + 4 * R_MEM_BASE);
    d->mem_bytes = get32(b + 4 * R_MEM_BYTES);
    d->clock_hz = get32(b + 4 * R_CLOCK);
    d->baud_divisor = get32(b + 4 * R_DIVISOR);
    memcpy(d->name, b + 4 * R_NAME, 16);
    d->name[16] = 0;
    for (char *c = d->name; *c; c++)
        if (*c < ' ' || *c > '~') *c = '?';
    *kept = get32(b + 4 * R_SCRATCH) == s->mark;
    return 0;
}

/* The line is there, the board in framed mode and the one we know. */
static int ready(lac_serial *s, int first)
{
    uint8_t b[4];
    int     kept = 0;
    char    why[400];
    if (s->fd >= 0 && s->greeted) return 0;
    if (s->fd < 0 && (s->fd = serial_tty_open(s->device, s->baud, why, sizeof why)) < 0) {
        snprintf(s->error, sizeof s->error, "%s", why);
        return -1;
    }
    if (greet(s)) return -1;
    if (identify(s, &kept)) {
        s->greeted = 0;
        return -1;
    }
    if (kept && !first) return 0;
    put32(b, s->mark);
    if (transfer(s, SERIAL_WRITE, BOARD + 4 * R_SCRATCH, b, 1, NO_GREETING)) {
        s->greeted = 0;
        return -1;
    }
    return first ? 0 : fail(s, "the board was reset or without power since the last call: what it held is lost; it can be opened again");
}

/* ---- The port -------------------------------------------------------------------------------------- */

int lac_serial_read_word(lac_serial *s, uint32_t addr, uint32_t *value)
{
    uint8_t b[4];
    if (transfer(s, SERIAL_READ, addr, b, 1, 0)) return -1;
    *value = get32(b);
    return 0;
}

int lac_serial_write_word(lac_serial *s, uint32_t addr, uint32_t value)
{
    uint8_t b[4];
    put32(b, value);
    return transfer(s, SERIAL_WRITE, addr, b, 1, ONCE);
}

static int read32(void *ctx, uint32_t offset, uint32_t *value) { return lac_serial_read_word(ctx, CORE + offset, value); }
static int write32(void *ctx, uint32_t offset, uint32_t value) { return lac_serial_write_word(ctx, CORE + offset, value); }

static int outside(lac_serial *s, lac_addr at, uint32_t n)
{
    const lac_serial_board *b = &s->board;
    if (at >= b->mem_base && at - b->mem_base <= b->mem_bytes && n <= b->mem_bytes - (at - b->mem_base)) return 0;
    return fail(s, "%" PRIu32 " bytes at 0x%" PRIx64 " are not in the board's memory (0x%" PRIx32 ", %" PRIu32 " bytes)", n, (uint64_t)at, b->mem_base,
                b->mem_bytes);
}

/* Bytes in front of a word's border, whole words, the rest: a word that is written in part is read first. */
static int mem_write(void *ctx, lac_addr dst, const void *src, uint32_t n)
{
    lac_serial    *s = ctx;
    const uint8_t *p = src;
    if (outside(s, dst, n)) return -1;
    for (uint32_t at = (uint32_t)dst; n;) {
        const uint32_t skip = at % 4, part = skip || n < 4 ? (n < 4 - skip ? n : 4 - skip) : n / 4 * 4;
        if (skip || part < 4) {
            uint8_t b[4];
            if (transfer(s, SERIAL_READ, at - skip, b, 1, 0)) return -1;
            memcpy(b + skip, p, part);
            if (transfer(s, SERIAL_WRITE, at - skip, b, 1, 0)) return -1;
        } else if (transfer(s, SERIAL_WRITE, at, (uint8_t *)(uintptr_t)p, part / 4, 0)) return -1; /* only read from */
        at += part;
        p += part;
        n -= part;
    }
    return 0;
}

static int mem_read(void *ctx, void *dst, lac_addr src, uint32_t n)
{
    lac_serial *s = ctx;
    uint8_t    *p = dst;
    if (outside(s, src, n)) return -1;
    for (uint32_t at = (uint32_t)src; n;) {
        const uint32_t skip = at % 4, part = skip || n < 4 ? (n < 4 - skip ? n : 4 - skip) : n / 4 * 4;
        if (skip || part < 4) {
            uint8_t b[4];
            if (transfer(s, SERIAL_READ, at - skip, b, 1, 0)) return -1;
            memcpy(p, b + skip, part);
        } else if (transfer(s, SERIAL_READ, at, p, part / 4, 0)) return -1;
        at += part;
        p += part;
        n -= part;
    }
    return 0;
}

/* The board's clock need not be that of our world (it may be simulated): time is what the core's cycle counter says. One that stands
 * still for STILL looks belongs to a core in reset, or to a model without time. */
static int wait_irq(void *ctx, uint32_t limit)
{
    enum { STILL = 200 };
    lac_serial *s = ctx;
    uint32_t    status, from, before, cycle;
    int         still = 0;
    if (lac_serial_read_word(s, CORE + LAC_REG_CYCLE_LO, &from)) return -1;
    for (cycle = before = from; cycle - from < limit && still < STILL; before = cycle) {
        if (lac_serial_read_word(s, BOARD + 4 * R_STATUS, &status)) return -1;
        if (status & 1u) return 0;
        if (lac_serial_read_word(s, CORE + LAC_REG_CYCLE_LO, &cycle)) return -1;
        still = cycle == before ? still + 1 : 0;
    }
    return 0;
}

lac_port lac_serial_port(lac_serial *s)
{
    const lac_port port = { s, read32, write32, mem_write, mem_read, wait_irq };
    return port;
}

lac_serial *lac_serial_open(const char *device, uint32_t baud, char *err, size_t cap)
{
    struct timespec t;
    lac_serial     *s = calloc(1, sizeof *s);
    if (!s || strlen(device) >= sizeof s->device || !baud) {
        snprintf(err, cap, !s ? "%s: not enough memory" : !baud ? "%s: the baud rate is 0" : "%.200s...: the name is too long", device);
        free(s);
        return NULL;
    }
    strcpy(s->device, device);
    s->baud = baud;
    s->fd = -1;
    clock_gettime(CLOCK_REALTIME, &t);
    s->mark = (uint32_t)t.tv_nsec ^ (uint32_t)t.tv_sec << 12 ^ (uint32_t)getpid() << 20;
    s->seq = (uint8_t)s->mark;
    if (ready(s, 1)) {
        snprintf(err, cap, "%s", s->error);
        lac_serial_close(s);
        return NULL;
    }
    return s;
}

void lac_serial_close(lac_serial *s)
{
    if (!s) return;
    if (s->fd >= 0) {
        serial_answer a;
        if (s->greeted) { /* once is enough: a board that stays in framed mode hears the next HELLO too */
            queue(s, SERIAL_BYE, s->seq, 1, 0, NULL);
            for (const int64_t until = now() + ANSWER; now() < until && pump(s, until) > 0;)
                if (next_answer(s, &a) && a.op == SERIAL_BYE) break;
        }
        if (s->fd >= 0) serial_tty_close(s->fd);
    }
    free(s);
}

const lac_serial_board *lac_serial_get_board(const lac_serial *s) { return &s->board; }
const char             *lac_serial_error(const lac_serial *s) { return s->error; }

lac_serial_stats lac_serial_get_stats(const lac_serial *s)
{
    lac_serial_stats t = s->stats;
    t.dropped = s->reader.dropped;
    return t;
}

void lac_serial_set_progress(lac_serial *s, lac_serial_progress f, void *ctx)
{
    s->progress = f;
    s->progress_ctx = ctx;
}
