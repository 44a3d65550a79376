/* SPDX-License-Identifier: Apache-2.0
 *
 * diag.h - one line for a person: what is wrong, where, and what was expected
 *
 *   Functions that read what people give return 0, or -1 with the line filled in. No trailing newline. */
#ifndef LACUNA_DIAG_H
#define LACUNA_DIAG_H
#include <stdarg.h>
#include <stdio.h>

typedef struct { char text[768]; } diag;

/* Always -1, so that `return diag_set(d, ...)` reads well. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static inline int diag_set(diag *d, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(d->text, sizeof d->text, fmt, ap);
    va_end(ap);
    return -1;
}

#endif
