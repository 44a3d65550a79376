/* SPDX-License-Identifier: Apache-2.0
 *
 * check.h - one line a check, for tests in which something is random */
#ifndef LAC_CHECK_H
#define LAC_CHECK_H
#include <stdint.h>

extern uint64_t seed;      /* set it first: it stands in every failing line */
extern int      failures;  /* checks that were not ok */

/* One line; `detail`, a format, is printed when it failed: what was expected, what came. Returns ok. */
int check(int ok, const char *name, const char *detail, ...);

#endif
