/* SPDX-License-Identifier: Apache-2.0
 *
 * bench.h - what the benchmarks share: matrices, a case, its measurement, a row of build/bench/NAME.json
 *
 *   Figures    cycles of the RTL in Verilator; the same on every machine
 *   Checked    every output of every job against a plain loop, before a figure is written, and the bus by the AXI monitor. A wrong one
 *              prints FAIL, its row says so and holds no figure, and bench_end() returns 1
 *   Needed     multiplications with both operands non-zero, counted by that loop from the operands
 *   Failures   what cannot be measured at all (no core, no memory, a driver error) ends the program with a sentence and status 1
 *   Quick      with BENCH_QUICK=1 in the environment benchmarks run a part of their rows: to see that they work */
#ifndef LAC_BENCH_H
#define LAC_BENCH_H
#include <stdint.h>

#include <cjson/cJSON.h>

#include "lacuna.h"
#include "port_rtl.h"

/* Whether BENCH_QUICK is set. */
int bench_quick(void);

void *bench_alloc(size_t n); /* zeroed; never NULL */

/* ---- Matrices ------------------------------------------------------------------------------------------------ */

/* Compressed columns, as lac_csc. Free with bench_matrix_free(). */
typedef struct {
    uint32_t  rows, cols, nnz;
    int16_t  *values;
    uint16_t *row_idx;
    uint32_t *col_ptr;
} bench_matrix;

/* Which weights stand: blocks of block_rows x block_cols weights do or do not, with that probability; or, with n, exactly n of the
 * four in each group [k][4g .. 4g+3]. */
typedef struct {
    uint32_t per_mille;
    uint32_t block_rows, block_cols; /* 0: 1 */
    uint32_t n;                      /* N:4; else 0 */
} bench_mask;

/* rows x cols; 15 values (-7 .. 7 without 0, and 8) or, with `bytes`, int8 without 0. The same for the same arguments. */
bench_matrix bench_random(uint64_t seed, uint32_t rows, uint32_t cols, bench_mask mask, int bytes);
bench_matrix bench_dense(const int16_t *w, uint32_t rows, uint32_t cols); /* the non-zeros of w[rows][cols] */
void         bench_matrix_free(bench_matrix *m);

/* ---- Machines ------------------------------------------------------------------------------------------------- */

enum { BENCH_JOBS = 5, BENCH_LATENCY = 10, BENCH_OUTSTANDING = 8 };

typedef struct {
    const char *name;    /* of the JSON file */
    char        config[32];
    lac_rtl    *rtl;     /* NULL before bench_machine() */
    uint32_t    latency; /* [cycles] */
    uint8_t    *mem;
    cJSON      *rows;
    int         failed;
} bench;

void bench_begin(bench *b, const char *name);

/* The core of a configuration, with memory of latency 10 and 8 bursts outstanding: that of lac_port_rtl_open(), or $B/scale/rtl/CONFIG.so. */
void bench_machine(bench *b, const char *config);

/* Another memory behind it. axi_mem has its own limit of bursts; what it grants stands in the rows. */
void bench_memory(bench *b, uint32_t latency, uint32_t outstanding);

/* Write $BENCH/NAME.json (default build/bench) and close. The program's exit status. */
int bench_end(bench *b);

/* ---- A case ---------------------------------------------------------------------------------------------------- */

/* STREAMED: weight blocks; COLUMNS: column blocks, of which a job of one point fetches the needed columns; SMALLER: of these two the one of which a
 * job reads less. */
typedef enum { BENCH_RESIDENT, BENCH_STREAMED, BENCH_COLUMNS, BENCH_SMALLER } bench_storage;

typedef struct {
    const char         *workload;
    const char         *origin;     /* of the matrix: "random" or "trained" */
    const bench_matrix *w;
    lac_format          format;
    uint32_t            n;          /* N:4 */
    bench_storage       storage;
    int                 interleaved; /* channel k to lane k mod lanes; else balanced */
    uint32_t            points;     /* 0: 1 */
    uint32_t            jobs;       /* 0: BENCH_JOBS; at least 2 */
    int                 no_latency; /* do not run one job alone */
    uint32_t            density;    /* [per mille] of random int8 activations; unused with x */
    const int8_t       *x;          /* [jobs][points][cols] or NULL */
    int32_t             zero;       /* zero point of x */
} bench_case;

typedef struct {
    int    ok;                    /* 0: a wrong output */
    double needed;                /* [MACs] a job, mean of all but the first */
    double ideal, through, used;  /* needed / lanes, cycles, ideal / through */
    double latency;               /* [cycles] of job 1 alone; 0: not measured */
    double bound;                 /* [cycles] streamed: the larger of ideal and bandwidth bound */
    double fetched;               /* [bits] read for each needed non-zero weight (one point) */
    double cycles, seconds;       /* all of it that was simulated, and the processor time that this took */
    cJSON *row;                   /* its JSON row, for more columns; the bench owns it */
} bench_result;

/* Place or stream, run the jobs back to back and job 1 alone, check, append the row.
 *
 *   Throughput  (end of the last job - end of the first) / (jobs - 1); same weights, different inputs. Streamed: every job has its own copy of
 *               the image, so nothing that an earlier job has fetched serves it
 *   Latency     doorbell to idle. Its fixed part: cycles in which no lane multiplies
 *   Bandwidth   bound: stored bytes of the needed weights, of parameters, codebook, features and results / bytes of a beat */
bench_result bench_measure(bench *b, const bench_case *c);

#endif
