/* SPDX-License-Identifier: Apache-2.0
 *
 * test_port_serial - the host's side of the serial line: the frame codec alone, and the port over a pseudo-terminal against the Verilated
 * bridge, with a line between that loses, damages and doubles bytes
 *
 *   Codec       frames written down here; random bytes with frames in them, cut into pieces: exactly the frames that are whole come out
 *   Port        memory and registers of the board are looked at directly, not through the line
 *   Environment SEED repeats a run (but for the moments at which processes run) */
#define _DEFAULT_SOURCE
#define _XOPEN_SOURCE 700
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "lac_hw.h"
#include "ports/port_serial.h"
#include "ports/serial_frame.h"
#include "serial_board.h"
#include "serial_oracle.h"

static int      bad_;
static uint64_t seed_ = 1;

static void result(int ok, const char *name, const char *why)
{
    if (ok) printf("ok - port_serial: %s\n", name);
    else printf("not ok - port_serial: %s: %s, seed %" PRIu64 "\n", name, why, seed_);
    fflush(stdout);
    bad_ |= !ok;
}

/* ---- Codec ----------------------------------------------------------------------------------------- */

static void codec(void)
{
    static const uint8_t hello[] = { 0xF5, 0x01, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x72, 0xE4, 0x1E, 0x26 };
    static const uint8_t write[] = { 0xF5, 0x02, 0x08, 0x00, 0x10, 0x00, 0x00, 0x00, 0xA5, 0x1B, 0xB9, 0xB6, 0xEF, 0xBE, 0xAD, 0xDE, 0x1F, 0x60, 0x5A, 0x1A };
    static const uint8_t reply[] = { 0xF5, 0x83, 0x09, 0x00, 0x14, 0x00, 0x00, 0x00, 0x11, 0xBE, 0xE6, 0xDC, 0xEF, 0xBE, 0xAD, 0xDE, 0x1F, 0x60, 0x5A, 0x1A };
    uint8_t       f[SERIAL_FRAME];
    serial_reader rd;
    serial_answer a;
    int           got, ok;
    result(serial_request(f, 1, 7, 1, 0, NULL) == sizeof hello && !memcmp(f, hello, sizeof hello)
           && serial_request(f, 2, 8, 1, 16, write + 12) == sizeof write && !memcmp(f, write, sizeof write) && serial_crc32(0, "123456789", 9) == 0xCBF43926,
           "known requests", "bytes differ");

    serial_reader_clear(&rd);
    ok = serial_read(&rd, reply, sizeof reply, &a, &got) == sizeof reply && got && a.op == 3 && a.status == 0 && a.seq == 9 && a.addr == 20 && a.words == 1
      && !a.damaged && !memcmp(a.data, reply + 12, 4);
    result(ok, "a known answer", "fields differ");

    /* Frames among random bytes that do not hold the sync byte; every seventh frame damaged in its header, every fifth in its data. */
    lac_rng g = { seed_ };
    serial_reader_clear(&rd);
    ok = 1;
    for (int i = 0; i < 3000 && ok; i++) {
        static uint8_t stream[2 * SERIAL_FRAME], data[1024];
        size_t         n = rng_below(&g, 30), at = 0, expect = 1;
        const uint32_t words = rng_chance(&g, 10) ? 256 : 1 + rng_below(&g, 20), addr = (uint32_t)rng_next(&g);
        const int      damaged = i % 5 == 0 && i % 7 != 0, read = damaged || rng_chance(&g, 128);
        const uint8_t  seq = (uint8_t)rng_next(&g), op = read ? 0x83 : (uint8_t)(0x80 | (rng_below(&g, 5) << 4) | 2);
        for (size_t k = 0; k < n; k++) stream[k] = (uint8_t)rng_below(&g, 0xF5);
        for (size_t k = 0; k < 4 * words; k++) data[k] = (uint8_t)rng_below(&g, 0xF5);
        const size_t begin = n;
        n += oracle_frame(stream + n, op, seq, words, addr, read ? data : NULL);
        if (i % 7 == 0) stream[begin + 1 + rng_below(&g, 11)] ^= 1, expect = 0;
        else if (damaged) stream[begin + 12 + rng_below(&g, 4 * words)] ^= 0x08;
        int seen = 0;
        while (at < n) {
            const size_t piece = 1 + rng_below(&g, (uint32_t)(n - at));
            size_t       done = 0;
            do {
                done += serial_read(&rd, stream + at + done, piece - done, &a, &got);
                if (!got) continue;
                seen++;
                ok &= expect && a.seq == seq && a.addr == addr && a.op == (op & 15) && a.status == (op >> 4) - 8 && a.words == (read ? words : 0) && a.damaged == damaged;
                ok &= !read || damaged || !memcmp(a.data, data, 4 * words);
            } while (got || done < piece);
            at += piece;
        }
        /* A sync byte in a damaged CRC may hold back what follows: fill it up. */
        static const uint8_t zeros[SERIAL_FRAME];
        for (size_t done = 0; done < sizeof zeros;) {
            done += serial_read(&rd, zeros + done, sizeof zeros - done, &a, &got);
            seen += got;
        }
        ok &= seen == (int)expect;
        if (!ok) printf("# round %d: %d answers, expected %zu\n", i, seen, expect);
    }
    result(ok, "answers among noise, damaged ones, pieces", "not exactly those that were whole came out");

    uint64_t answers = 0;
    for (int i = 0; i < 200000; i++) { /* whatever comes */
        uint8_t b[64];
        size_t  n = rng_below(&g, sizeof b), done = 0;
        for (size_t k = 0; k < n; k++) b[k] = rng_chance(&g, 60) ? 0xF5 : (uint8_t)rng_next(&g);
        do {
            done += serial_read(&rd, b + done, n - done, &a, &got);
            answers += (uint64_t)got;
        } while (got || done < n);
    }
    result(answers == 0, "random bytes are no answers", "an answer came out");
}

/* ---- Board ----------------------------------------------------------------------------------------- */

static serial_board *b_;
static pid_t         pid_;
static char          tty_[128];
static char          err_[600];

static int board_start(uint64_t seed)
{
    int master;
    b_ = serial_board_new("configs/l8.cfg", seed, &master, tty_, sizeof tty_);
    fflush(stdout);
    if (!b_ || (pid_ = fork()) < 0) {
        result(0, "a board at a pseudo-terminal", "none to be had");
        return -1;
    }
    if (pid_ == 0) {
        serial_board_run(b_, master, 0);
        _exit(b_->r.fault != NULL);
    }
    close(master);
    return 0;
}

static void board_stop(void)
{
    int status;
    b_->stop = 1;
    waitpid(pid_, &status, 0);
    if (b_->r.fault || status) result(0, "the bridge on its bus", b_->r.fault ? b_->r.fault : "the board's process failed");
    serial_board_free(b_);
}

/* Let the board's process run. */
static void settle(void) { nanosleep(&(struct timespec){ 0, 1000000 }, NULL); }

static void refused(const char *name, const char *device, const char *want)
{
    char         why[900];
    lac_serial  *s = lac_serial_open(device, 3000000, err_, sizeof err_);
    snprintf(why, sizeof why, "expected a message with '%s', got '%s'", want, s ? "(it opened)" : err_);
    result(!s && strstr(err_, want) && strstr(err_, device), name, why);
    lac_serial_close(s);
}

static void opening(void)
{
    refused("no such device", "/dev/no-such-device", "no such device");
    refused("not a terminal", "/dev/null", "not a terminal");
    if (board_start(seed_)) return;
    b_->dead = 1;
    refused("nobody answers", tty_, "no answer at 3000000 baud");
    b_->dead = 0;
    b_->babble = 1;
    refused("something else answers", tty_, "not in frames");
    b_->babble = 0;
    b_->r.id = 0x12345678;
    refused("another identity", tty_, "BOARD_ID is 0x12345678, expected 0x4c414342");
    b_->r.id = 0x4C414342;
    b_->r.version = 0x00020001;
    refused("another version", tty_, "BOARD_VERSION is 2.1, expected 1.x");
    b_->r.version = 0x00010007;
    lac_serial *s = lac_serial_open(tty_, 12345, err_, sizeof err_); /* an unusual rate */
    result(s != NULL, "a later minor version, a rate without a name", err_);
    if (s) {
        const lac_serial_board *d = lac_serial_get_board(s);
        result(d->version == 0x00010007 && d->mem_base == 0 && d->mem_bytes == RIG_MEM && d->clock_hz == 1000000 && d->baud_divisor == RIG_DIVISOR
               && !strcmp(d->name, "rig"), "the board's registers", "not as the board has them");
    }
    lac_serial_close(s);
    board_stop();
}

static void count(void *ctx, int writing, uint64_t done, uint64_t total)
{
    uint64_t *c = ctx;
    if (done > c[0] && done <= total && writing) c[0] = done, c[1]++;
}

static uint8_t data_[120000], back_[120000];

static void fill(lac_rng *g)
{
    for (size_t i = 0; i < sizeof data_; i++) data_[i] = (uint8_t)rng_next(g);
}

static void clean(void)
{
    lac_rng  g = { seed_ };
    uint64_t told[2] = { 0, 0 };
    uint32_t v = 0;
    if (board_start(seed_)) return;
    lac_serial *s = lac_serial_open(tty_, LAC_SERIAL_BAUD, err_, sizeof err_);
    if (!s) {
        result(0, "open", err_);
        board_stop();
        return;
    }
    const lac_port p = lac_serial_port(s);
    static uint8_t shadow[RIG_MEM];
    memcpy(shadow, b_->r.mem, RIG_MEM);
    fill(&g);
    lac_serial_set_progress(s, count, told);
    int err = p.mem_write(p.ctx, 4099, data_, 100001);
    memcpy(shadow + 4099, data_, 100001);
    result(!err && !memcmp(shadow, b_->r.mem, RIG_MEM) && told[0] == 100000 && told[1] == 2,
           "100 KB to memory at an odd address, progress told", lac_serial_error(s));
    err = p.mem_read(p.ctx, back_, 4099, 100001);
    result(!err && !memcmp(back_, data_, 100001), "and back", lac_serial_error(s));
    err = 0;
    for (int i = 0; i < 60 && !err; i++) {
        const uint32_t n = rng_below(&g, 23), at = rng_below(&g, 3000);
        err = p.mem_write(p.ctx, at, data_ + i, n) || (memcpy(shadow + at, data_ + i, n), p.mem_read(p.ctx, back_, at, n)) || memcmp(back_, data_ + i, n);
    }
    result(!err && !memcmp(shadow, b_->r.mem, RIG_MEM), "every alignment", "memory is not as expected");
    result(p.mem_write(p.ctx, RIG_MEM - 2, data_, 3) && p.mem_read(p.ctx, back_, (lac_addr)1 << 32, 1) && strstr(lac_serial_error(s), "not in the board's memory")
           && !memcmp(shadow, b_->r.mem, RIG_MEM), "outside of memory", lac_serial_error(s));
    err = p.read32(p.ctx, LAC_REG_ID, &v);
    result(!err && v == 0x4C414301, "the core's identity", lac_serial_error(s));
    lac_dev          dev;
    const lac_status st = lac_open(&dev, &p, 0, 16, 0, RIG_MEM);
    result(st == LAC_OK && dev.caps.lanes == 8, "the driver opens it", lac_status_name(st));
    b_->r.bad_addr = 0x8010;
    err = p.mem_write(p.ctx, 0x8000, data_, 64);
    result(err && strstr(lac_serial_error(s), "write of address 0x00008010"), "an error of the bus is told with its address", lac_serial_error(s));
    b_->r.bad_addr = 1;
    err = p.mem_write(p.ctx, 0x8000, data_, 64);
    result(!err && !memcmp(b_->r.mem + 0x8000, data_, 64), "and the next call works", lac_serial_error(s));

    /* dead in the middle, then back */
    b_->dead = 1;
    err = p.mem_write(p.ctx, 0x8000, data_, 64);
    result(err && strstr(lac_serial_error(s), "lost in the middle"), "a dead line ends in an error", lac_serial_error(s));
    err = p.read32(p.ctx, LAC_REG_ID, &v);
    result(err && strstr(lac_serial_error(s), "no answer"), "and so does the next call", lac_serial_error(s));
    b_->dead = 0;
    v = 0;
    err = p.read32(p.ctx, LAC_REG_ID, &v);
    result(!err && v == 0x4C414301, "a line that comes back is found again", lac_serial_error(s));

    /* reset in the middle: the job fails, the next one works */
    b_->reset = 1;
    while (b_->reset) settle();
    const uint32_t controls = b_->r.controls;
    err = lac_serial_write_word(s, RIG_BOARD + 0x28, 5);
    result(err && strstr(lac_serial_error(s), "was reset") && b_->r.controls == controls, "a board that was reset is told", lac_serial_error(s));
    err = lac_serial_write_word(s, RIG_BOARD + 0x28, 6);
    result(!err && b_->r.controls == controls + 1 && b_->r.control == 6, "and works again", lac_serial_error(s));
    lac_serial_close(s);

    /* in plain mode again: a new one can greet it; one that was left in framed mode too */
    s = lac_serial_open(tty_, LAC_SERIAL_BAUD, err_, sizeof err_);
    result(s != NULL, "it opens again after close", err_);
    lac_serial_close(s);
    board_stop();
}

static void lossy(uint64_t seed, uint32_t rate, uint32_t n, int registers)
{
    char     name[200];
    lac_rng  g = { seed };
    if (board_start(seed)) return;
    lac_serial *s = lac_serial_open(tty_, LAC_SERIAL_BAUD, err_, sizeof err_);
    if (!s) {
        result(0, "open", err_);
        board_stop();
        return;
    }
    const lac_port p = lac_serial_port(s);
    static uint8_t shadow[RIG_MEM];
    memcpy(shadow, b_->r.mem, RIG_MEM);
    fill(&g);
    b_->drop = b_->flip = b_->twice = rate;
    int err = p.mem_write(p.ctx, 0x1000, data_, n);
    memcpy(shadow + 0x1000, data_, n);
    const int right = !memcmp(shadow, b_->r.mem, RIG_MEM);
    if (!err) err = p.mem_read(p.ctx, back_, 0x1000, n);
    const uint32_t controls = b_->r.controls;
    int            writes = 0;
    for (; writes < registers && !err; writes++) err = lac_serial_write_word(s, RIG_BOARD + 0x28, (uint32_t)writes);
    const lac_serial_stats t = lac_serial_get_stats(s);
    snprintf(name, sizeof name, "a line that spoils %u of 65536 bytes: %" PRIu32 " bytes there and back, %d registers once each", (unsigned)(3 * rate), n,
             registers);
    char why[900];
    snprintf(why, sizeof why, "%s; memory %s, came back %s, %d register writes of which %u arrived", err ? lac_serial_error(s) : "no error", right ? "right" : "wrong",
             memcmp(back_, data_, n) ? "wrong" : "right", writes, (unsigned)(b_->r.controls - controls));
    result(!err && right && !memcmp(back_, data_, n) && b_->r.controls - controls == (uint32_t)registers && b_->r.control == (uint32_t)registers - 1
           && (!rate || t.resent > 0), name, why);
    printf("# %" PRIu64 " frames, %" PRIu64 " answers, %" PRIu64 " times sent again\n", t.frames, t.answers, t.resent);
    b_->drop = b_->flip = b_->twice = 0;
    lac_serial_close(s);
    board_stop();
}

int main(void)
{
    const char *e = getenv("SEED");
    if (e) seed_ = strtoull(e, NULL, 10);
    signal(SIGPIPE, SIG_IGN);
    codec();
    opening();
    clean();
    lossy(seed_ + 1, 0, 30000, 10);
    lossy(seed_ + 2, 6, 100000, 100);
    lossy(seed_ + 3, 40, 10000, 50);
    return bad_;
}
