/* SPDX-License-Identifier: Apache-2.0
 *
 * serial_tty.c - see serial_tty.h */
#define _DEFAULT_SOURCE
#define _XOPEN_SOURCE 700
#include "serial_tty.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const struct { uint32_t baud; speed_t code; } rates_[] = {
    { 9600, B9600 }, { 19200, B19200 }, { 38400, B38400 }, { 57600, B57600 }, { 115200, B115200 }, { 230400, B230400 },
};

static const char *advice(int error)
{
    switch (error) {
    case ENOENT: return "no such device; is the board plugged in? expected something like /dev/ttyUSB0 or /dev/ttyACM0";
    case EACCES: case EPERM: return "no permission; on most systems the user has to be in the group that owns the device (often dialout)";
    case EBUSY:  return "in use by another program";
    case ENXIO: case ENODEV: case EIO: return "the device is not there any more";
    default:     return strerror(error);
    }
}

static int set_rate(int fd, uint32_t baud)
{
    struct termios t;
    if (tcgetattr(fd, &t)) return -1;
    t.c_iflag = IGNBRK;
    t.c_oflag = 0;
    t.c_lflag = 0;
    t.c_cflag = CS8 | CREAD | CLOCAL;
    memset(t.c_cc, 0, sizeof t.c_cc);
    cfsetispeed(&t, B9600);
    cfsetospeed(&t, B9600);
    if (tcsetattr(fd, TCSANOW, &t)) return -1;
    if (!serial_tty_rate(fd, baud)) return 0;
    for (size_t i = 0; i < sizeof rates_ / sizeof *rates_; i++)
        if (rates_[i].baud == baud) {
            cfsetispeed(&t, rates_[i].code);
            cfsetospeed(&t, rates_[i].code);
            return tcsetattr(fd, TCSANOW, &t);
        }
    return -1;
}

int serial_tty_open(const char *device, uint32_t baud, char *err, size_t cap)
{
    const int fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        snprintf(err, cap, "%s: %s", device, advice(errno));
        return -1;
    }
    if (!isatty(fd)) snprintf(err, cap, "%s: not a terminal, expected a serial device", device);
    else if (ioctl(fd, TIOCEXCL)) snprintf(err, cap, "%s: %s", device, advice(errno));
    else if (set_rate(fd, baud)) snprintf(err, cap, "%s: cannot be set to %lu baud (%s)", device, (unsigned long)baud, strerror(errno));
    else {
        tcflush(fd, TCIOFLUSH);
        return fd;
    }
    close(fd);
    return -1;
}

void serial_tty_close(int fd)
{
    ioctl(fd, TIOCNXCL);
    close(fd);
}
