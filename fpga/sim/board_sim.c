/* SPDX-License-Identifier: Apache-2.0
 *
 * board_sim [--tty LINK] [--cycles N] [--divisor N] - a whole board under Verilator, its serial line on a pseudo-terminal
 *
 *   Line      8N1 at --divisor clock cycles a bit, as the board was built with. What the terminal's other side writes comes to the board byte
 *             by byte, without pauses; what the board sends is there as soon as its stop bit is
 *   --tty     a symbolic link that shows to the terminal; removed at the end
 *   Time      as fast as it goes while there is something to do. When neither side has said anything for QUIET cycles, the clock runs in short
 *             pieces, so that an idle board costs next to nothing
 *   End       a signal (INT, TERM, HUP), or after --cycles clock cycles
 *   Exit      0; 1 when the SDRAM's rules were violated or the terminal could not be made; 2 for bad usage */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "board_shim.h"

enum {
    QUIET = 2000000, /* [cycles] */
    PIECE = 2000,    /* [cycles] the clock runs between two looks at the terminal of an idle board */
    LOOK  = 64       /* [cycles] .. of a busy one, while the line to the board rests */
};

static volatile sig_atomic_t stop;
static void on_signal(int s) { (void)s; stop = 1; }

/* Bits of one byte on their way, least significant first; start and stop bit included. */
typedef struct {
    unsigned bits, left; /* left: of bits, 0: the line rests */
    unsigned wait;       /* [cycles] until the next one */
} shifter;

static int send(shifter *s, unsigned divisor)
{
    if (!s->left) return 1;
    const int bit = (int)(s->bits & 1u);
    if (--s->wait == 0) {
        s->bits >>= 1;
        s->left--;
        s->wait = divisor;
    }
    return bit;
}

/* -1: no byte in this cycle; -2: the stop bit was low. */
static int receive(shifter *s, int line, unsigned divisor)
{
    if (!s->left) {
        if (line) return -1;
        s->left = 10;
        s->bits = 0;
        s->wait = divisor / 2 - 1;
        return -1;
    }
    if (s->wait--) return -1;
    s->wait = divisor - 1;
    s->bits = s->bits >> 1 | (unsigned)(line != 0) << 9;
    if (--s->left) return -1;
    return s->bits & 0x200u ? (int)(s->bits >> 1 & 0xFFu) : -2;
}

static int open_terminal(const char *link, int *other)
{
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    const char *name;
    struct termios t;
    if (master < 0 || grantpt(master) || unlockpt(master) || !(name = ptsname(master))) {
        fprintf(stderr, "board-sim: no pseudo-terminal: %s\n", strerror(errno));
        return -1;
    }
    /* Kept open, so that the board's side survives clients that come and go. */
    *other = open(name, O_RDWR | O_NOCTTY);
    if (*other < 0 || tcgetattr(*other, &t)) {
        fprintf(stderr, "board-sim: %s: %s\n", name, strerror(errno));
        return -1;
    }
    t.c_iflag = 0;
    t.c_oflag = 0;
    t.c_lflag = 0;
    t.c_cflag = CS8 | CREAD | CLOCAL;
    tcsetattr(*other, TCSANOW, &t);
    fcntl(master, F_SETFL, O_NONBLOCK);
    if (link) {
        unlink(link);
        if (symlink(name, link)) {
            fprintf(stderr, "board-sim: link %s: %s\n", link, strerror(errno));
            return -1;
        }
    }
    printf("serial line: %s%s%s\n", link ? link : name, link ? " -> " : "", link ? name : "");
    fflush(stdout);
    return master;
}

static int number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno || *end || end == text || *out < low || *out > high;
}

int main(int argc, char **argv)
{
    const char *link = NULL;
    uint64_t    limit = 0, divisor = 4;

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--tty") && *value) link = value;
        else if (!strcmp(argv[i], "--cycles") && !number(value, 1, UINT64_MAX, &limit)) {}
        else if (!strcmp(argv[i], "--divisor") && !number(value, 4, 65535, &divisor)) {}
        else {
            fprintf(stderr, "usage: %s [--tty LINK] [--cycles N] [--divisor 4..65535]\n", argv[0]);
            return 2;
        }
        i++;
    }

    struct sigaction act;
    memset(&act, 0, sizeof act);
    act.sa_handler = on_signal;
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGHUP, &act, NULL);
    signal(SIGPIPE, SIG_IGN);

    int       other = -1;
    const int master = open_terminal(link, &other);
    board    *b = master >= 0 ? board_create() : NULL;
    if (!b) return 1;

    shifter  in = { 0, 0, 0 }, out = { 0, 0, 0 };
    uint8_t  to[4096];   /* bytes from the terminal, from `at` on not sent yet */
    size_t   at = 0, have = 0;
    uint64_t cycle = 0, said = 0, look = 0;
    unsigned damaged = 0;
    while (!stop && (!limit || cycle < limit)) {
        if (!in.left && at == have && cycle >= look) {
            const int idle = cycle - said > QUIET;
            struct pollfd p = { master, POLLIN, 0 };
            if (idle) poll(&p, 1, 20);
            const ssize_t n = read(master, to, sizeof to);
            at = 0;
            have = n > 0 ? (size_t)n : 0;
            look = cycle + (idle ? PIECE : LOOK);
        }
        if (!in.left && at < have) {
            in.bits = 0x200u | (unsigned)to[at++] << 1;
            in.left = 10;
            in.wait = (unsigned)divisor;
            said = cycle;
        }
        const int line = send(&in, (unsigned)divisor);
        const int byte = receive(&out, board_tick(b, line, 0), (unsigned)divisor);
        cycle++;
        if (byte == -1) continue;
        said = cycle;
        if (byte == -2) {
            damaged++;
            continue;
        }
        const uint8_t c = (uint8_t)byte;
        while (write(master, &c, 1) < 0 && (errno == EAGAIN || errno == EINTR) && !stop) {
            struct pollfd p = { master, POLLOUT, 0 };
            poll(&p, 1, 20);
        }
    }

    const uint32_t violations = board_violations(b);
    printf("%" PRIu64 " cycles, %" PRIu32 " SDRAM violations, %u damaged bytes from the board\n", cycle, violations, damaged);
    board_destroy(b);
    if (link) unlink(link);
    close(other);
    close(master);
    return violations || damaged ? 1 : 0;
}
