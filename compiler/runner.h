/* SPDX-License-Identifier: Apache-2.0
 *
 * runner.h - run command streams of any length on a machine, and add up what they cost
 *
 *   A stream that fits the ring is one doorbell, one run of the hardware's counters. A longer one is run in pieces, each
 *   waited for; cycles and counts are then sums over the pieces, and time does not pass between them. */
#ifndef LACUNA_RUNNER_H
#define LACUNA_RUNNER_H
#include <stdint.h>
#include "machine.h"
#include "trace.h"

/* What a stream asks for, without running it: give it to runner_plan() first. */
typedef struct {
    uint32_t line;         /* [bytes] set by the caller: caps.line */
    uint64_t commands;
    uint64_t weight_bytes; /* of weight blocks, as often as they are loaded */
    uint64_t work;         /* [cycles] an upper guess without bus delays, for time limits */
} runner_plan;
int runner_count(void *plan, const lac_cmd *cmd); /* a lac_emit; ctx is a runner_plan */

/* Entries of the ring for such a stream. */
uint32_t runner_ring(const runner_plan *p);

typedef struct {
    uint64_t cycles, load, exec, store, map, sites, rules, rd_beats, wr_beats, items, stall, nonzero, macs;
    uint32_t marks;
    uint64_t mark_first, mark_last; /* [cycle] from the first doorbell on */
} runner_totals;

typedef struct {
    machine      *m;
    uint32_t      limit;  /* [cycles] for a piece */
    lac_cmd      *queue;
    uint32_t      n, cap;
    runner_totals sum;
    uint64_t    (*causes)[LAC_CAUSES]; /* of each unit of lac_read_causes(); NULL until runner_watch() */
    uint32_t    (*before)[LAC_CAUSES]; /* what they read last */
    trace        *trace;               /* or NULL */
} runner;

/* cap = ring entries - 1. -1: no memory. */
int        runner_init(runner *r, machine *m, const runner_plan *p);
int        runner_emit(void *r, const lac_cmd *cmd); /* a lac_emit; ctx is a runner */
lac_status runner_finish(runner *r);                 /* submits what is left and waits */
void       runner_free(runner *r);

/* After runner_finish(): forget what was counted; from now on sum up causes too and, where `t` is not NULL, record commands and, on the RTL,
 * when they ran. LAC_E_SPACE: no memory. */
lac_status runner_watch(runner *r, trace *t);

#endif
