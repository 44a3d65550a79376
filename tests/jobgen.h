/* SPDX-License-Identifier: Apache-2.0
 *
 * jobgen.h - constrained-random jobs at the level of commands: a memory image, a list of commands, and what they must leave
 *
 *   Independent  everything is built straight from docs/formats.md and docs/numerics.md, without driver and model; the expected
 *                outputs come from tests/naive.h
 *   Legal        no job breaks a rule of the formats; sums may leave 36 bits in a few (`may_overflow`)
 *   Order        commands of different layers are interleaved; WAIT and SIGNAL are the tokens that what the commands touch
 *                requires, plus some that nothing requires
 *   MAP          where there is a mapping unit: kernels of one element over small lists, so that the map is known without looking
 *   Repeatable   (capabilities, seed) decide everything */
#ifndef LAC_JOBGEN_H
#define LAC_JOBGEN_H
#include <stdint.h>
#include "lacuna.h"
#include "rng.h"

enum { JOB_CMDS = 128, JOB_USES = 8, JOB_MEM = 1 << 20 };

/* What a command reads or writes: a range [lo, hi) of bytes or of units of a RAM. */
typedef enum { USE_MEM, USE_WEIGHT, USE_COL, USE_FEAT, USE_PARAM, USE_ACC0, USE_ACC1, USE_CODE } job_res;
typedef struct { job_res res; int write; uint64_t lo, hi; } job_use;
typedef struct {
    uint32_t w[16];
    job_use  use[JOB_USES];
    uint32_t uses;
} job_cmd;

typedef enum {
    JOB_ONE_DOORBELL,  /* all commands at once: counters can be compared */
    JOB_IDLE_BETWEEN,  /* in chunks, each from idle to idle */
    JOB_AS_ROOM        /* in chunks, as soon as the ring has room */
} job_feed;

/* What the job is made of, for the line that says whether jobs are worth running. */
typedef struct {
    uint32_t layers, format[3], list_in, list_out, out_type[4], chained, reused, empty_slices, slices, padding, entries;
    uint32_t col_layers, col_blocks, col_needed, cols, cols_skipped, cols_empty; /* column blocks: layers with some; commands, with NEEDED; columns */
    uint32_t full_weight, full_col, full_acc, full_feat, full_param, nonzero, outputs, tokens;
    uint32_t windows, outside, rowed, guarded, shared, by_lane, pooled, averaged, wide; /* EXECs with windows; elements of theirs that are padding; layers stored several
                                        pixels a point; ... with some that are not written; whose pixels stand apart by other than ROWS; of format 3; pooled; ... with AVERAGE; of format 3 with N */
    uint32_t maps, map_parts, rules; /* maps; commands that go on with one; rules they write */
} job_stats;

typedef struct {
    lac_caps caps;
    uint64_t seed;
    job_cmd  cmd[JOB_CMDS];
    uint32_t n;
    uint8_t *mem, *want;            /* [JOB_MEM] before; after, when nothing overflows. Freed by job_free() */
    uint64_t base;                  /* bus address of mem[0] */
    uint64_t rd_lo, rd_hi, wr_lo, wr_hi; /* windows */
    uint64_t ring;
    uint32_t ring_size, irq_enable;
    job_feed feed;
    int      may_overflow;
    job_stats stats;
    uint64_t in_top, out_bottom;    /* mem offsets: inputs lie below, outputs above */
    lac_rng  rng;
} job;

/* 0, or -1: no host memory. Loops until a job fits. */
int  job_make(job *j, const lac_caps *caps, uint64_t seed);
void job_free(job *j);

/* Capabilities as the registers behind a port tell them. 0, or -1. */
int job_caps(const lac_port *port, lac_caps *caps);

/* The commands' tokens anew, for commands that were changed or reordered. `extra`: chance in 256 of tokens that nothing needs. */
void job_tokens(job *j, lac_rng *rng, uint32_t extra);

/* Add what the second did to the first. */
void job_stats_add(job_stats *sum, const job_stats *s);

#endif
