/* SPDX-License-Identifier: Apache-2.0
 *
 * serial_tty.h - a terminal line as a pipe of bytes: raw, 8 data bits, no parity, one stop bit, no flow control */
#ifndef LAC_SERIAL_TTY_H
#define LAC_SERIAL_TTY_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/* A non-blocking file descriptor, or -1 and why in err[cap]. */
int serial_tty_open(const char *device, uint32_t baud, char *err, size_t cap);

void serial_tty_close(int fd);

/* For serial_tty_open: a rate that termios has no constant for. 0, or -1 and errno. Where it can be asked, the driver's adapter is told to
 * pass bytes on at once; a failure of that does not matter. */
int serial_tty_rate(int fd, uint32_t baud);

#ifdef __cplusplus
}
#endif
#endif
