/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

uint64_t seed = 1;
int      failures;

int check(int ok, const char *name, const char *detail, ...)
{
    va_list ap;
    printf(ok ? "ok - %s" : "not ok - %s: ", name);
    if (!ok) {
        va_start(ap, detail);
        vprintf(detail, ap);
        va_end(ap);
        printf(", seed %" PRIu64, seed);
        failures++;
    }
    putchar('\n');
    return ok;
}
