/* SPDX-License-Identifier: Apache-2.0
 *
 * predict.h - a cycle model: how long a program takes on the hardware, without running it
 *
 *   Input      a machine's capabilities, the timing of its memory, commands as lac_fc_build() emits them, and a view of device memory
 *              (weight blocks, column blocks, features and lists are read; nothing is written)
 *   Method     events, not cycles: a request for lines, a line taken, an item issued, a slice multiplied. Every rate, latency and queue is a
 *              named constant in predict_impl.h with where it comes from. Values are not computed
 *   Memory     answers after its latency, a beat a cycle: no other masters, no refresh, no stalls. Under these conditions cycles are exact on today's
 *              hardware (`make bench-predict` measures)
 *   Programs   must be ones that the hardware takes (docs/formats.md). What a STORE of the program writes and a LOAD behind it
 *              reads must already stand in the view, as after a run; the same holds for the count of a list that a STORE writes
 *   Time       cycle 0 is the one in which the machine leaves idle (RUN_START); all times are cycles from there
 *   State      what is on chip stays from run to run: load resident weights in one run, then predict the job in the next */
#ifndef LACUNA_PREDICT_H
#define LACUNA_PREDICT_H
#include <stddef.h>
#include <stdint.h>
#include "lacuna.h"
#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of device memory [base, base + size) and when they answer. `outstanding`: bursts the memory takes before it answers the first, in each
 * direction; 0: any number. */
typedef struct {
    const uint8_t *bytes;
    lac_addr       base;
    uint64_t       size;
    uint32_t       rd_latency;  /* [cycles] from an accepted AR to its first beat, at least 1 */
    uint32_t       wr_latency;  /* [cycles] from the last W beat to its B, at least 1 */
    uint32_t       outstanding; /* [bursts] */
} predict_memory;

/* What limits a run: the resource that would need the most cycles if it never waited, if that is PREDICT_NEAR of the run or more;
 * else PREDICT_FIXED, latencies and dependences. */
typedef enum {
    PREDICT_LANES, PREDICT_ITEMS, PREDICT_READ, PREDICT_WRITE, PREDICT_STORE, PREDICT_FIXED
} predict_bound;
#define PREDICT_NEAR 0.75
const char *predict_bound_name(predict_bound b); /* "lanes", "items", "read bus", "write bus", "store", "fixed" */

typedef struct {
    uint64_t      cycles;                /* from the first doorbell to idle, as the hardware counts */
    uint64_t      need[PREDICT_FIXED];   /* [cycles] of each resource alone: entries of the fullest lane, items, beats, beats, vectors of STORE */
    predict_bound bound;
    uint64_t      busy[3];               /* [cycles] LOAD, EXEC, STORE had a command */
    uint64_t      rd_beats, wr_beats, items, macs;
    uint32_t      commands, marks;
    uint64_t      mark_first, mark_last; /* [cycle] */
} predict_result;

/* One command: engine 0 LOAD, 1 EXEC, 2 STORE; op: LAC_OP_* of lac_hw.h. */
typedef struct { uint32_t engine, op; uint64_t start, end; } predict_event;

typedef struct predict predict;

/* `mem` is copied; its bytes must stay. NULL: no memory. */
predict *predict_new(const lac_caps *caps, const predict_memory *mem);
void     predict_free(predict *p);

/* A lac_emit (ctx: the predict): append a command to the program. Non-zero: no memory. */
int predict_emit(void *p, const lac_cmd *cmd);

typedef enum {
    PREDICT_OK      = 0,
    PREDICT_NOMEM   = -1,
    PREDICT_PROGRAM = -2, /* a command that the hardware would refuse, or data that it would */
    PREDICT_VIEW    = -3  /* something to be read is outside the view */
} predict_status;

/* Run the program that was emitted with one doorbell, and forget it. `out` is unspecified unless PREDICT_OK. An empty program takes 0 cycles.
 * *at (may be NULL): the failing command's position. */
predict_status predict_run(predict *p, predict_result *out, uint32_t *at);

/* The last run's commands in the order of the program, valid until the next call. */
const predict_event *predict_events(const predict *p, uint32_t *n);

#ifdef __cplusplus
}
#endif
#endif
