/* SPDX-License-Identifier: Apache-2.0
 *
 * race.h - is a list of commands ordered? LOAD, EXEC and STORE run side by side; the golden model runs them one after
 * the other and cannot tell
 *
 * Every command gets a vector clock: what has certainly completed before it starts, from the order within its engine, from the
 * tokens it takes (the n-th taken is the n-th given), and from STORE's rule. Two commands that touch the same RAM or bytes of
 * memory, one of them writing, without one coming before the other, are a race. */
#ifndef LAC_RACE_H
#define LAC_RACE_H
#include <stddef.h>
#include <stdint.h>
#include "lacuna.h"

typedef struct {
    uint32_t engine;    /* 0 LOAD, 1 EXEC, 2 STORE */
    uint32_t seq;       /* among its engine's commands, from 1 */
    uint32_t clock[3];  /* commands of each engine that have completed before this one starts */
} race_order;

/* Check cmd[0 .. n-1], run on an idle machine. mem stands at device address base: the weight blocks' headers and the column blocks are read from
 * it. order[n] is filled. Returns 0, or -1 and a line in msg: a race, a token taken that nobody gave, a sixteenth waiting, one left over,
 * or a command that uses columns which no command of the list has loaded, or has loaded (NEEDED) for other features. */
int race_check(const lac_caps *caps, const lac_cmd *cmd, uint32_t n, const uint8_t *mem, uint64_t base,
               race_order *order, char *msg, size_t len);

/* Whether a completes before b starts. */
int race_before(const race_order *a, const race_order *b);

#endif
