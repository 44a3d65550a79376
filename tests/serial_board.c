/* SPDX-License-Identifier: Apache-2.0
 *
 * serial_board.c - see serial_board.h */
#define _DEFAULT_SOURCE
#define _XOPEN_SOURCE 700
#include "serial_board.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

serial_board *serial_board_new(const char *cfg, uint64_t seed, int *master, char *name, size_t cap)
{
    lac_config     c;
    char           err[300];
    struct termios t;
    if (lac_config_read(cfg, &c, err, sizeof err)) {
        fprintf(stderr, "%s\n", err);
        return NULL;
    }
    serial_board *b = mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (b == MAP_FAILED) return NULL;
    rig_open(&b->r, seed);
    b->r.model = lac_model_create(&c, b->r.mem, 0, RIG_MEM);
    *master = posix_openpt(O_RDWR | O_NOCTTY);
    if (!b->r.model || *master < 0 || grantpt(*master) || unlockpt(*master) || !ptsname(*master)) {
        perror("pseudo-terminal");
        return NULL;
    }
    snprintf(name, cap, "%s", ptsname(*master));
    /* It stays open here, so that its master never hangs up; and raw from the beginning. */
    const int slave = open(name, O_RDWR | O_NOCTTY);
    if (slave < 0 || tcgetattr(slave, &t)) {
        perror(name);
        return NULL;
    }
    t.c_lflag = 0;
    t.c_iflag = 0;
    t.c_oflag = 0;
    tcsetattr(slave, TCSANOW, &t);
    fcntl(*master, F_SETFL, O_NONBLOCK);
    return b;
}

void serial_board_free(serial_board *b)
{
    lac_model_destroy(b->r.model);
    rig_close(&b->r);
    munmap(b, sizeof *b);
}

/* What a byte becomes on the line: its number of copies, and bits that fall over. */
static int noise(serial_board *b, uint8_t *p)
{
    lac_rng *g = &b->r.rng;
    if (rng_below(g, 65536) < b->flip) *p ^= (uint8_t)(1u << rng_below(g, 8));
    if (rng_below(g, 65536) < b->drop) return 0;
    return rng_below(g, 65536) < b->twice ? 2 : 1;
}

static int put(int master, const uint8_t *p, size_t n)
{
    while (n) {
        const ssize_t k = write(master, p, n);
        if (k > 0) p += k, n -= (size_t)k;
        else if (k < 0 && errno != EAGAIN && errno != EINTR) return -1;
        else {
            struct pollfd f = { master, POLLOUT, 0 };
            if (poll(&f, 1, 100) == 0) return 0; /* nobody reads: lost, as on a line */
        }
    }
    return 0;
}

void serial_board_run(serial_board *b, int master, int until_eof)
{
    rig    *r = &b->r;
    uint8_t in[512], out[2 * RIG_OUT];
    while (!b->stop && !r->fault) {
        if (b->reset) {
            rig_reset(r);
            r->scratch = 0;
            b->reset = 0;
        }
        const ssize_t n = r->out_n - r->out_at > RIG_OUT / 4 ? 0 : read(master, in, sizeof in);
        for (ssize_t i = 0; i < n && !b->dead; i++) {
            const int copies = noise(b, &in[i]);
            for (int k = 0; k < copies; k++) rig_send(r, in + i, 1);
        }
        for (int i = 0; i < 20000 && (rig_sending(r) || r->quiet < 400); i++) rig_tick(r);
        size_t m = 0;
        for (size_t i = 0; i < r->got_n; i++) {
            const int copies = noise(b, &r->got[i]);
            for (int k = 0; k < copies; k++) out[m++] = r->got[i];
        }
        rig_take(r, r->got_n);
        if (b->babble && m) memset(out, 0x55, m);
        if (b->dead) m = 0;
        b->sent += (uint32_t)m;
        if (put(master, out, m)) return;
        if (n <= 0 && !m && !rig_sending(r)) {
            struct pollfd f[2] = { { master, POLLIN, 0 }, { 0, POLLIN, 0 } };
            poll(f, until_eof ? 2 : 1, 1);
            if (until_eof && f[1].revents && read(0, in, 1) == 0) return;
            rig_idle(r, RIG_TIMEOUT / 40);
        }
    }
    if (r->fault) fprintf(stderr, "bridge: %s\n", r->fault);
}
