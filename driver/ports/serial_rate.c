/* SPDX-License-Identifier: Apache-2.0
 *
 * serial_rate.c - any baud rate on Linux. A file of its own: the kernel's termios and the C library's do not go together */
#define _DEFAULT_SOURCE
#include "serial_tty.h"
#include <errno.h>

#ifdef __linux__
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/serial.h>
#include <sys/ioctl.h>

int serial_tty_rate(int fd, uint32_t baud)
{
    struct serial_struct ss;
    struct termios2      t;
    if (!ioctl(fd, TIOCGSERIAL, &ss)) { /* USB adapters gather bytes for 16 ms otherwise */
        ss.flags |= (int)ASYNC_LOW_LATENCY;
        ioctl(fd, TIOCSSERIAL, &ss);
    }
    if (ioctl(fd, TCGETS2, &t)) return -1;
    t.c_cflag = (t.c_cflag & ~(tcflag_t)(CBAUD | CBAUD << IBSHIFT)) | BOTHER | BOTHER << IBSHIFT;
    t.c_ispeed = t.c_ospeed = baud;
    if (ioctl(fd, TCSETS2, &t) || ioctl(fd, TCGETS2, &t)) return -1;
    const uint32_t off = t.c_ospeed > baud ? t.c_ospeed - baud : baud - t.c_ospeed;
    if (off > baud / 33) { /* 3 %: more than a receiver follows */
        errno = EINVAL;
        return -1;
    }
    return 0;
}
#else
int serial_tty_rate(int fd, uint32_t baud)
{
    (void)fd;
    (void)baud;
    errno = EINVAL;
    return -1;
}
#endif
