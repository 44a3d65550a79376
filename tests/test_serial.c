/* SPDX-License-Identifier: Apache-2.0
 *
 * test_serial - the serial bridge (Verilated, a few cycles a bit) against an independent reading of docs/boards.md
 *
 *   Directed    bytes written down here, known answers; every op, status and sequence rule; frames ahead; break, pauses, damage, overflow
 *   Fuzz        random bytes, commands and frames, whole, damaged and cut: after each, answers, memory and error count must be those of
 *               tests/serial_oracle.c. At the end of each round a break, HELLO and ordinary transfers must work
 *   Environment SEED repeats a run; SERIAL_FUZZ is the number of bytes of the fuzz */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "serial_oracle.h"

static rig      r_;
static oracle   o_;
static int      bad_;
static uint64_t seed_ = 1;

static void result(int ok, const char *name, const char *why)
{
    if (ok) printf("ok - serial: %s\n", name);
    else printf("not ok - serial: %s: %s, seed %" PRIu64 ", cycle %" PRIu64 "\n", name, why, seed_, r_.cycles);
    bad_ |= !ok;
}

/* Run until all that the oracle expects has come and nothing else does, and compare everything. NULL, or what differs. */
static const char *settle(void)
{
    static char why[200];
    rig_await(&r_, o_.want_n + 1, 12 * RIG_DIVISOR + 160);
    if (r_.fault) return r_.fault;
    size_t i = 0;
    while (i < r_.got_n && i < o_.want_n && r_.got[i] == o_.want[i]) i++;
    if (i < r_.got_n || i < o_.want_n) {
        snprintf(why, sizeof why, "answer, byte %zu: expected %s%02x (%zu bytes), got %s%02x (%zu bytes)", i, i < o_.want_n ? "" : "nothing, not ",
                 i < o_.want_n ? o_.want[i] : 0, o_.want_n, i < r_.got_n ? "" : "nothing, not ", i < r_.got_n ? r_.got[i] : 0, r_.got_n);
        return why;
    }
    r_.got_n = o_.want_n = 0;
    if (memcmp(r_.mem, o_.mem, RIG_MEM)) {
        for (i = 0; r_.mem[i] == o_.mem[i];) i++;
        snprintf(why, sizeof why, "memory at 0x%zx: expected %02x, got %02x", i, o_.mem[i], r_.mem[i]);
        return why;
    }
    if (r_.scratch != o_.scratch || r_.pin->frame_errors != o_.errors) {
        snprintf(why, sizeof why, "SCRATCH %" PRIx32 " and %" PRIu32 " frames dropped expected, got %" PRIx32 " and %u", o_.scratch, o_.errors, r_.scratch,
                 r_.pin->frame_errors);
        return why;
    }
    return NULL;
}

/* Bytes to both; after each frame or command wait until it is done. NULL, or what differs. */
static const char *talk(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t jobs = o_.jobs;
        rig_send(&r_, p + i, 1);
        oracle_byte(&o_, p[i], 0);
        if (o_.jobs == jobs) continue;
        const char *why = settle();
        if (why) return why;
    }
    while (rig_sending(&r_)) rig_tick(&r_);
    rig_idle(&r_, 2 * RIG_DIVISOR + 20);
    return NULL;
}

static const char *talk_frame(uint8_t op, uint8_t seq, uint32_t words, uint32_t addr, const uint8_t *data)
{
    uint8_t f[1100];
    return talk(f, oracle_frame(f, op, seq, words, addr, data));
}

static void pause_line(void)
{
    rig_idle(&r_, RIG_TIMEOUT + 40);
    oracle_pause(&o_);
}

static void break_line(void)
{
    rig_low(&r_, 170);
    oracle_byte(&o_, 0, 1);
    oracle_break(&o_);
}

static void begin(void)
{
    rig_open(&r_, seed_);
    oracle_open(&o_, &r_);
}

static void end(const char *name, const char *why)
{
    if (!why) why = settle();
    result(!why, name, why);
    rig_close(&r_);
}

/* ---- Directed -------------------------------------------------------------------------------------- */

/* Send `in`; exactly `out` must come back. The oracle learns of it too, and must agree. */
static const char *exchange(const uint8_t *in, size_t n, const uint8_t *out, size_t m)
{
    for (size_t i = 0; i < n; i++) oracle_byte(&o_, in[i], 0);
    if (o_.want_n != m || memcmp(o_.want, out, m)) return "the oracle is not of the test's opinion";
    rig_send(&r_, in, n);
    return settle();
}
#define EXCHANGE(in, out) if (!why) why = exchange(in, sizeof in, out, sizeof out)

static void known_bytes(void)
{
    static const uint8_t write[] = { 1, 2, 0, 0, 0, 5, 0xDE, 0xAD, 0xBE, 0xEF, 1, 2, 3, 4 }, none[] = { 0 };
    static const uint8_t read[] = { 2, 2, 0, 0, 0, 5 }, words[] = { 0xDE, 0xAD, 0xBE, 0xEF, 1, 2, 3, 4 };
    static const uint8_t id[] = { 2, 1, 0x3C, 0x00, 0x40, 0x00 }, bcal[] = { 0x4C, 0x41, 0x43, 0x42 };
    static const uint8_t same[] = { 3, 2, 0, 0, 0, 7, 9, 9, 9, 9, 0x11, 0x22, 0x33, 0x44 };
    static const uint8_t rsame[] = { 4, 2, 0, 0, 0, 7 }, twice[] = { 0x11, 0x22, 0x33, 0x44, 0x11, 0x22, 0x33, 0x44 };
    static const uint8_t memory[] = { 0xEF, 0xBE, 0xAD, 0xDE, 4, 3, 2, 1, 0x44, 0x33, 0x22, 0x11 };
    const char *why = NULL;
    begin();
    if ((why = exchange(write, sizeof write, none, 0))) goto out;
    EXCHANGE(read, words);
    EXCHANGE(id, bcal);
    if (!why) why = exchange(same, sizeof same, none, 0);
    EXCHANGE(rsame, twice);
    if (!why && memcmp(r_.mem + 20, memory, 12)) why = "memory is not what was written";
out:
    end("plain mode, known bytes", why);

    static const uint8_t hello[] = { 0xF5, 0x01, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x72, 0xE4, 0x1E, 0x26 };
    static const uint8_t hello_a[] = { 0xF5, 0x81, 0x07, 0x00, 0x00, 0x00, 0x01, 0x00, 0xC1, 0x3F, 0x13, 0xB7 };
    static const uint8_t fwrite_[] = { 0xF5, 0x02, 0x08, 0x00, 0x10, 0x00, 0x00, 0x00, 0xA5, 0x1B, 0xB9, 0xB6, 0xEF, 0xBE, 0xAD, 0xDE, 0x1F, 0x60, 0x5A, 0x1A };
    static const uint8_t fwrite_a[] = { 0xF5, 0x82, 0x08, 0x00, 0x14, 0x00, 0x00, 0x00, 0x00, 0x66, 0xCD, 0xB1 };
    static const uint8_t fread_[] = { 0xF5, 0x03, 0x09, 0x00, 0x10, 0x00, 0x00, 0x00, 0xB4, 0xC3, 0x92, 0xDB };
    static const uint8_t fread_a[] = { 0xF5, 0x83, 0x09, 0x00, 0x14, 0x00, 0x00, 0x00, 0x11, 0xBE, 0xE6, 0xDC, 0xEF, 0xBE, 0xAD, 0xDE, 0x1F, 0x60, 0x5A, 0x1A };
    static const uint8_t bye[] = { 0xF5, 0x04, 0x0A, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0B, 0xD8, 0xB8, 0xC8 };
    static const uint8_t bye_a[] = { 0xF5, 0x84, 0x0A, 0x00, 0x00, 0x00, 0x00, 0x00, 0xF9, 0x32, 0xAE, 0x40 };
    begin();
    why = NULL;
    EXCHANGE(hello, hello_a);
    EXCHANGE(fwrite_, fwrite_a);
    if (!why && memcmp(r_.mem + 16, memory, 4)) why = "memory is not what was written";
    EXCHANGE(fread_, fread_a);
    EXCHANGE(bye, bye_a);
    if (!why) pause_line();
    EXCHANGE(id, bcal);
    end("framed mode, known bytes", why);
}

static uint8_t blob_[1024];

static void plain_lengths(void)
{
    const char *why = NULL;
    uint8_t     c[6 + 1020];
    begin();
    for (uint32_t n = 0; n < 256 && !why; n += n < 4 ? 1 : 83)
        for (uint8_t op = 1; op <= 4 && !why; op++) {
            const uint32_t at = 100 + 3 * n;
            c[0] = op;
            c[1] = (uint8_t)n;
            c[2] = c[3] = 0;
            c[4] = (uint8_t)(at >> 8);
            c[5] = (uint8_t)at;
            memcpy(c + 6, blob_ + op, 4 * n);
            why = talk(c, 6 + (op % 2 ? 4 * n : 0));
        }
    end("plain mode, every command, 0 to 255 words", why);

    /* whole words of a command that stops are written; the next one is understood */
    begin();
    static const uint8_t cut[] = { 1, 3, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, read[] = { 2, 3, 0, 0, 0, 8 };
    why = talk(cut, sizeof cut);
    pause_line();
    if (!why) why = talk(read, sizeof read);
    if (!why && (r_.mem[32] != 4 || r_.mem[36] != 8 || r_.writes != 2)) why = "expected two words to be written";
    for (size_t n = 1; n < 6 && !why; n++) {
        why = talk(cut, n);
        pause_line();
        if (!why) why = talk(read, sizeof read);
    }
    end("plain mode, a pause ends a command", why);

    begin();
    static const uint8_t junk[] = { 0, 5, 0x7F, 0xFF, 0x80, 2, 1, 0, 0, 0, 8 };
    why = talk(junk, sizeof junk);
    if (!why && r_.reads != 1) why = "expected one word to be read";
    end("plain mode, other bytes are skipped", why);
}

/* The line low for one or two cycles is no start bit. */
static void glitches(void)
{
    static const uint8_t read[] = { 2, 1, 0, 0, 0, 8 };
    const char *why = NULL;
    begin();
    for (int low = 1; low <= 2; low++)
        for (int gap = 4; gap < 40 && !why; gap += 3) {
            r_.pin->rx = 0;
            rig_idle(&r_, (uint64_t)low);
            r_.pin->rx = 1;
            rig_idle(&r_, (uint64_t)gap);
            why = talk(read, sizeof read);
        }
    if (!why && r_.reads != 24) why = "expected 24 words to be read";
    for (int at = 1; at <= 6 * 10 * RIG_DIVISOR && !why; at++) { /* one cycle inverted anywhere: a bit is still what most of it is */
        r_.invert = at;
        why = talk(read, sizeof read);
    }
    end("glitches of the line are no bytes", why);
}

static void sequence(void)
{
    const char *why;
    begin();
    why = talk_frame(2, 1, 1, 0x40, blob_);                             /* plain mode: dropped in silence */
    if (!why) why = talk_frame(3, 1, 1, 0x40, NULL);
    if (!why) why = talk_frame(4, 1, 1, 0x40, NULL);
    if (!why) why = talk_frame(9, 1, 1, 0x40, NULL);
    if (!why && (r_.writes || r_.reads)) why = "a frame was obeyed before HELLO";
    if (!why) why = talk_frame(1, 254, 1, 0, NULL);
    if (!why) why = talk_frame(2, 254, 1, 0x40, blob_);                 /* order: HELLO is not to be repeated as WRITE */
    if (!why) why = talk_frame(2, 255, 1, 0x40, blob_);
    if (!why) why = talk_frame(2, 0, 2, 0x40, blob_ + 4);               /* numbers wrap */
    const uint64_t writes = r_.writes;
    if (!why) why = talk_frame(2, 0, 2, 0x40, blob_ + 4);               /* again: answered, not done */
    if (!why) why = talk_frame(2, 2, 2, 0x40, blob_);                   /* order */
    if (!why) why = talk_frame(2, 255, 1, 0x40, blob_);                 /* order */
    if (!why) why = talk_frame(2, 0, 2, 0x40, blob_ + 4);               /* again, still */
    if (!why) why = talk_frame(3, 0, 2, 0x40, NULL);                    /* the number of a WRITE, but a READ: order */
    if (!why && r_.writes != writes) why = "a WRITE was done again";
    if (!why) why = talk_frame(3, 1, 256, 0x100, NULL);
    if (!why) why = talk_frame(3, 1, 256, 0x100, NULL);                 /* reads again */
    if (!why) why = talk_frame(2, 1, 1, 0x40, blob_);                   /* order */
    if (!why) why = talk_frame(0, 2, 1, 0x40, NULL);                    /* ops that are none */
    if (!why) why = talk_frame(5, 2, 1, 0x40, NULL);
    if (!why) why = talk_frame(0x11, 2, 1, 0x40, NULL);
    if (!why) why = talk_frame(0x43, 2, 1, 0x40, NULL);
    if (!why) why = talk_frame(0x83, 2, 1, 0x40, NULL);                 /* an answer: dropped */
    if (!why) why = talk_frame(2, 2, 256, 0x43, blob_);                 /* low address bits mean nothing */
    if (!why) why = talk_frame(1, 9, 1, 0, NULL);                       /* HELLO again */
    if (!why) why = talk_frame(3, 3, 1, 0, NULL);
    if (!why) why = talk_frame(3, 10, 1, 0, NULL);
    if (!why) why = talk_frame(4, 10, 1, 0, NULL);                      /* BYE out of order */
    if (!why) why = talk_frame(4, 11, 1, 0, NULL);
    if (!why) why = talk_frame(4, 11, 1, 0, NULL);                      /* dropped: plain mode */
    end("framed mode, sequence rules", why);
}

static void bus_errors(void)
{
    const char *why;
    begin();
    r_.bad_addr = o_.bad_addr = 0x80;
    why = talk_frame(1, 0, 1, 0, NULL);
    if (!why) why = talk_frame(2, 1, 8, 0x70, blob_);                   /* words 0 .. 3 are written */
    if (!why) why = talk_frame(2, 9, 1, 0x70, blob_);                   /* order */
    if (!why) why = talk_frame(2, 1, 8, 0x70, blob_);                   /* answered again: the same error */
    if (!why && r_.writes != 5) why = "expected five words on the bus";
    if (!why) why = talk_frame(3, 2, 256, 0x70, NULL);
    if (!why) why = talk_frame(3, 3, 1, 0x80, NULL);
    if (!why) why = talk_frame(2, 4, 1, 0x80, blob_);
    if (!why) why = talk_frame(1, 4, 1, 0, NULL);                       /* an error of the past is not HELLO's */
    if (!why) why = talk_frame(3, 5, 3, 0xFFFFFFFC, NULL);
    if (!why) why = talk_frame(4, 6, 1, 0, NULL);
    pause_line();
    static const uint8_t c[] = { 2, 3, 0, 0, 0, 0x1F }, w[] = { 1, 3, 0, 0, 0, 0x1F, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
    if (!why) why = talk(w, sizeof w);                                  /* plain mode goes on behind an error */
    if (!why) why = talk(c, sizeof c);
    end("bus errors in both modes", why);
}

static void damage(void)
{
    uint8_t     f[1100];
    const char *why;
    begin();
    why = talk_frame(1, 0, 1, 0, NULL);
    const size_t n = oracle_frame(f, 2, 1, 3, 0x40, blob_);
    for (size_t i = 0; i < n && !why; i++) {                            /* each byte damaged once */
        f[i] ^= (uint8_t)(1u << i % 8);
        why = talk(f, n);
        f[i] ^= (uint8_t)(1u << i % 8);
        pause_line();                                                   /* what looked like a frame's begin is over */
    }
    if (!why && r_.writes) why = "a damaged frame was done";
    for (size_t cut = 1; cut < n && !why; cut++) {                      /* cut everywhere */
        why = talk(f, cut);
        pause_line();
        if (!why) why = settle();
    }
    if (!why && r_.writes) why = "a frame that was cut off was done";
    for (size_t i = 0; i < n && !why; i++) {                            /* a low stop bit in each */
        for (size_t k = 0; k < n; k++) {
            if (k == i) rig_send_bad(&r_, f[k]);
            else rig_send(&r_, f + k, 1);
            while (rig_sending(&r_)) rig_tick(&r_);
            oracle_byte(&o_, f[k], k == i);
        }
        why = settle();
    }
    if (!why && r_.writes) why = "a frame with a framing error was done";
    if (!why) why = talk(f, n);
    if (!why && r_.writes != 3) why = "the whole frame was not done";
    end("framed mode, every byte of a frame damaged, cut, without stop bit", why);

    /* plain mode: the rest of a damaged frame must not be taken for commands */
    begin();
    memset(blob_ + 512, 1, 64);                                         /* data that look like `write one word at 0x01010101` */
    oracle_frame(f, 2, 1, 16, 0x40, blob_ + 512);
    f[9] ^= 1;
    static const uint8_t read[] = { 2, 1, 0, 0, 0, 8 };
    why = talk(f, 80);
    if (!why) why = talk(read, sizeof read);
    if (!why && r_.writes + r_.reads) why = "data of a damaged frame were obeyed";
    pause_line();
    if (!why) why = talk(read, sizeof read);
    if (!why && r_.reads != 1) why = "plain mode is not back after a pause";
    rig_send_bad(&r_, 2);
    oracle_byte(&o_, 2, 1);
    if (!why) why = talk(read, sizeof read);
    pause_line();
    if (!why) why = talk(read, sizeof read);
    if (!why && r_.reads != 2) why = "a framing error did not end plain mode for a pause";
    oracle_frame(f, 2, 1, 16, 0x40, blob_ + 512);
    if (!why) why = talk(f, 40);                                        /* what is missing may come behind the pause */
    pause_line();
    if (!why) why = talk(read, sizeof read);
    if (!why && r_.reads != 2) why = "the data of a frame that paused were obeyed";
    pause_line();
    if (!why) why = talk(read, sizeof read);
    if (!why && r_.reads != 3) why = "plain mode is not back after the second pause";
    end("plain mode, nothing is obeyed behind damage", why);
}

static void break_and_mode(void)
{
    const char *why;
    static const uint8_t read[] = { 2, 1, 0, 0, 0, 8 };
    uint8_t     f[1100];
    begin();
    why = talk_frame(1, 0, 1, 0, NULL);
    if (!why) why = talk(read, sizeof read);
    if (!why && r_.reads) why = "a command was obeyed in framed mode";
    rig_low(&r_, 140);                                                  /* too short for a break */
    oracle_byte(&o_, 0, 1);
    if (!why) why = talk(read, sizeof read);
    if (!why && r_.reads) why = "framed mode was left without a break";
    const size_t n = oracle_frame(f, 2, 1, 5, 0x40, blob_);
    for (size_t cut = 0; cut < n && !why; cut += 3) {
        why = talk(f, cut);
        break_line();
        if (!why) why = settle();
        if (!why) why = talk(read, sizeof read);
        if (!why && r_.reads != 1 + cut / 3) why = "no plain mode after a break";
        if (!why) why = talk_frame(1, 0, 1, 0, NULL);
    }
    break_line();
    for (size_t cut = 0; cut < 14 && !why; cut++) {                     /* and inside a command */
        static const uint8_t w[] = { 1, 3, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8 };
        why = talk(w, cut);
        break_line();
        if (!why) why = settle();
        if (!why) why = talk(read, sizeof read);
    }
    end("break, in every place", why);

    begin();
    why = talk_frame(1, 0, 1, 0, NULL);
    if (!why) why = talk_frame(4, 1, 1, 0, NULL);
    if (!why) why = talk(read, sizeof read);
    if (!why && r_.reads) why = "a command was obeyed behind BYE without a pause";
    pause_line();
    if (!why) why = talk(read, sizeof read);
    if (!why && r_.reads != 1) why = "no plain mode behind BYE and a pause";
    end("BYE", why);
}

/* Frames ahead of the answers, without the oracle, which has no time. */
static int status_at(size_t *at, uint8_t op, uint8_t seq, uint32_t words)
{
    const uint8_t *p = r_.got + *at;
    const size_t   n = words ? 16 + 4 * words : 12;
    if (*at + n > r_.got_n || p[0] != 0xF5 || p[2] != seq || (p[1] & 15) != op) return -1;
    if (oracle_crc(p + 1, 7) != ((uint32_t)p[8] | (uint32_t)p[9] << 8 | (uint32_t)p[10] << 16 | (uint32_t)p[11] << 24)) return -1;
    *at += n;
    return (p[1] >> 4) - 8;
}

static void frames_ahead(void)
{
    uint8_t f[1100];
    size_t  at = 0;
    int     ok = 1;
    begin();
    rig_send(&r_, f, oracle_frame(f, 1, 0, 1, 0, NULL));
    for (uint8_t s = 1; s <= 3; s++) rig_send(&r_, f, oracle_frame(f, 3, s, 200, 0x400u * s, NULL));
    rig_await(&r_, 4096, 2000);
    rig_send(&r_, f, oracle_frame(f, 3, 4, 1, 0, NULL));
    rig_await(&r_, 4096, 2000);
    ok = status_at(&at, 1, 0, 0) == 0 && status_at(&at, 3, 1, 200) == 0 && status_at(&at, 3, 2, 200) == 0 && status_at(&at, 3, 3, 0) == 2 && at == r_.got_n;
    ok = ok && !memcmp(r_.got + 24, r_.mem + 0x400, 800) && !memcmp(r_.got + 24 + 816, r_.mem + 0x800, 800);
    result(ok, "one frame waits behind the one worked on, a third is lost and told by order", "answers are not as expected");

    /* a READ of 256 words is under way while a WRITE and half of another frame come */
    r_.got_n = at = 0;
    rig_send(&r_, f, oracle_frame(f, 3, 3, 256, 0x400, NULL));
    rig_send(&r_, f, oracle_frame(f, 2, 4, 128, 0x400, blob_));
    rig_send(&r_, f, oracle_frame(f, 2, 5, 200, 0x600, blob_));        /* lost: its header comes too early */
    uint8_t was[1024];
    memcpy(was, r_.mem + 0x400, 1024);
    rig_await(&r_, 4096, 2000);
    ok = !memcmp(r_.got + 12, was, 1024) && status_at(&at, 3, 3, 256) == 0 && status_at(&at, 2, 4, 0) == 0 && at == r_.got_n
      && !memcmp(r_.mem + 0x400, blob_, 512) && !memcmp(r_.mem + 0x600, was + 512, 512);
    result(ok && !r_.fault, "a frame is received while another one is answered", r_.fault ? r_.fault : "answers or memory are not as expected");

    /* both want the frame RAM: READs whose words come in while those of the next WRITE do */
    for (uint8_t s = 5; s < 45 && ok; s += 2) {
        r_.got_n = at = 0;
        r_.wait = s % 5;
        rig_send(&r_, f, oracle_frame(f, 3, s, 256, 0x400, NULL));
        memcpy(was, r_.mem + 0x400, 1024);
        rig_send(&r_, f, oracle_frame(f, 2, (uint8_t)(s + 1), 40, 0x500, blob_ + s));
        rig_await(&r_, 4096, 2000);
        ok = !memcmp(r_.got + 12, was, 1024) && status_at(&at, 3, s, 256) == 0 && status_at(&at, 2, (uint8_t)(s + 1), 0) == 0 && at == r_.got_n
          && !memcmp(r_.mem + 0x500, blob_ + s, 160);
    }
    result(ok && !r_.fault, "words come and go at once", r_.fault ? r_.fault : "answers or memory are not as expected");

    /* WRITEs without a pause: the bus is faster than the line */
    r_.got_n = at = 0;
    for (uint8_t s = 45; s < 65; s++) rig_send(&r_, f, oracle_frame(f, 2, s, s * 7 % 60u + 1, 0x1000u + 0x100u * s, blob_ + s));
    rig_await(&r_, 4096, 2000);
    for (uint8_t s = 45; s < 65; s++) ok &= status_at(&at, 2, s, 0) == 0 && !memcmp(r_.mem + 0x1000 + 0x100 * s, blob_ + s, 4 * (s * 7 % 60u + 1));
    result(ok && at == r_.got_n && !r_.fault, "twenty WRITEs ahead of their answers", r_.fault ? r_.fault : "answers or memory are not as expected");
    rig_close(&r_);
}

/* More commands than the bridge takes while it answers: bytes are lost, and nothing that is not asked for happens. */
static void overflow(void)
{
    static const uint8_t big[] = { 2, 255, 0, 0, 1, 0 }, other[] = { 1, 4, 0, 0, 0, 4, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4 };
    uint8_t was[RIG_MEM / 64];
    int     ok;
    begin();
    memcpy(was, r_.mem, sizeof was);
    rig_send(&r_, big, sizeof big);
    for (int i = 0; i < 60; i++) rig_send(&r_, other, sizeof other);
    rig_await(&r_, RIG_OUT, 2000);
    ok = r_.got_n == 1020 && !memcmp(r_.mem, was, 16) && !memcmp(r_.mem + 32, was + 32, sizeof was - 32) && !r_.fault;
    result(ok, "plain mode, bytes lost to a full queue end the command", "memory or the answer is not as expected");
    rig_idle(&r_, RIG_TIMEOUT + 100);
    r_.got_n = 0;
    rig_send(&r_, big, sizeof big);
    result(rig_await(&r_, 1021, 2000) == 1020, "plain mode, commands work again after a pause", "no whole answer");
    rig_close(&r_);
}

/* ---- Fuzz ------------------------------------------------------------------------------------------ */

static lac_rng g_;

static uint8_t random_byte(void)
{
    static const uint8_t likely[] = { 0xF5, 0xF5, 1, 2, 3, 4, 0, 0 };
    return rng_chance(&g_, 90) ? likely[rng_below(&g_, 8)] : (uint8_t)rng_next(&g_);
}

static uint32_t random_addr(void)
{
    const uint32_t k = rng_below(&g_, 16);
    return k == 0 ? RIG_BOARD + 0x34 : k == 1 ? (uint32_t)rng_next(&g_) & ~3u : k == 2 ? RIG_MEM - 4 * rng_below(&g_, 20) : 4 * rng_below(&g_, RIG_MEM / 4);
}

static size_t random_frame(uint8_t *f)
{
    uint8_t        data[1024];
    const uint32_t kind = rng_below(&g_, 32), words = rng_chance(&g_, 8) ? 256 : 1 + rng_below(&g_, 24);
    const uint8_t  op = kind == 0 ? (uint8_t)rng_next(&g_) : kind <= 2 ? 1 : kind == 3 ? 4 : kind < 18 ? 2 : 3;
    const uint8_t  seq = (uint8_t)(rng_chance(&g_, 220) ? o_.seq + 1u : rng_chance(&g_, 180) ? o_.seq : (uint32_t)rng_next(&g_));
    for (size_t i = 0; i < 4 * words; i++) data[i] = random_byte();
    const size_t n = oracle_frame(f, op, seq, words, random_addr(), op == 2 ? data : NULL);
    switch (rng_below(&g_, 10)) {
    case 0: f[rng_below(&g_, (uint32_t)n)] ^= (uint8_t)(1u << rng_below(&g_, 8)); return n;
    case 1: return 1 + rng_below(&g_, (uint32_t)n);
    case 2: memmove(f + n / 2, f + n / 2 + 1, n - n / 2 - 1); return n - 1;
    default: return n;
    }
}

static size_t random_command(uint8_t *c)
{
    const uint32_t a = random_addr() / 4, n = rng_chance(&g_, 16) ? rng_below(&g_, 256) : rng_below(&g_, 6);
    const uint8_t  op = (uint8_t)(1 + rng_below(&g_, 4));
    size_t         len = 6;
    c[0] = op;
    c[1] = (uint8_t)n;
    for (int i = 0; i < 4; i++) c[2 + i] = (uint8_t)(a >> (24 - 8 * i));
    if (op % 2)
        for (; len < 6 + 4 * n; len++) c[len] = random_byte();
    return rng_chance(&g_, 16) ? rng_below(&g_, (uint32_t)len) + 1 : len;
}

static void fuzz(uint64_t bytes)
{
    static const char *why;
    static uint8_t     p[2048];
    uint64_t           sent = 0, framed = 0, rounds = 0, writes;
    g_.s = seed_ * 0x1234567;
    begin();
    while (sent < bytes && !why) {
        size_t n;
        switch (rng_below(&g_, 12)) {
        case 0:  pause_line(); n = 0; break;
        case 1:  n = rng_below(&g_, 60); for (size_t i = 0; i < n; i++) p[i] = random_byte(); break;
        case 2:
            if (rng_chance(&g_, 200)) { n = 0; break; }
            p[0] = random_byte();
            rig_send_bad(&r_, p[0]);
            oracle_byte(&o_, p[0], 1);
            n = 0;
            break;
        case 3: case 4: n = random_command(p); break;
        default: n = random_frame(p); break;
        }
        r_.slow = rng_chance(&g_, 60) ? 100 : 0;
        r_.wait = rng_chance(&g_, 60) ? 20 : 2;
        if (!why) why = talk(p, n);
        sent += n;
        framed += (uint64_t)o_.framed;
        if (++rounds % 64 == 0 && !why) {
            if (!(why = settle())) {
                break_line();
                why = talk_frame(1, (uint8_t)rng_next(&g_), 1, 0, NULL);
                writes = r_.writes;
                if (!why) why = talk_frame(2, (uint8_t)(o_.seq + 1), 16, 0x2000, blob_ + rng_below(&g_, 100));
                if (!why) why = talk_frame(3, (uint8_t)(o_.seq + 1), 16, 0x2000, NULL);
                if (!why && r_.writes != writes + 16) why = "no ordinary transfer after HELLO";
            }
        }
    }
    char name[160];
    snprintf(name, sizeof name, "fuzz, %" PRIu64 " bytes, seed %" PRIu64, sent, seed_);
    printf("# %" PRIu64 " rounds (%" PRIu64 " in framed mode), %" PRIu64 " words written, %" PRIu64 " read, %" PRIu32 " frames dropped\n", rounds, framed,
           r_.writes, r_.reads, o_.errors);
    end(name, why);
}

int main(void)
{
    const char *s = getenv("SEED"), *f = getenv("SERIAL_FUZZ");
    if (s) seed_ = strtoull(s, NULL, 10);
    const uint64_t bytes = f ? strtoull(f, NULL, 10) : 20000;
    g_.s = seed_;
    for (size_t i = 0; i < sizeof blob_; i++) blob_[i] = (uint8_t)rng_next(&g_);
    known_bytes();
    plain_lengths();
    glitches();
    sequence();
    bus_errors();
    damage();
    break_and_mode();
    frames_ahead();
    overflow();
    fuzz(bytes);
    return bad_;
}
