/* SPDX-License-Identifier: Apache-2.0
 *
 * predict_case.h - random layers, measured on the Verilated core and predicted: what test_predict.c and bench_predict.c share
 *
 *   A case is decided by (capabilities, seed, limits). Its layer is packed and its jobs are built by the driver; the core runs them; then the
 *   cycle model is asked about the same commands and the same memory. Resident weights are loaded before, in a run of their own. */
#ifndef LAC_PREDICT_CASE_H
#define LAC_PREDICT_CASE_H
#include <stdint.h>
#include "lacuna.h"
#include "port_rtl.h"
#include "predict.h"

typedef struct {
    lac_rtl *rtl;
    lac_dev  dev;
    uint8_t *mem;
    uint64_t base, size;
} predict_rig;

typedef struct {
    uint64_t seed;
    uint32_t rows, cols, points, jobs;
    lac_format format;
    uint32_t n;                       /* N:4 */
    double   w_density, a_density;    /* share of non-zeros asked for */
    lac_type in, out;
    int      resident, by_column, list_in, list_out;
    uint32_t rd_latency, wr_latency, outstanding;
    uint32_t tiles;                   /* streamed: asked for, 1: as few as fit; then how many there are */
    uint32_t commands;
    uint64_t rtl;                     /* [cycles] measured */
    predict_result guess;
    double   error;                   /* guess / measured - 1 */
} predict_case;

/* The core of a configuration with `size` bytes of memory. 0; -1 and a sentence: it cannot be had. */
int  predict_rig_open(predict_rig *r, const char *config, uint64_t size, char *err, size_t errlen);
void predict_rig_close(predict_rig *r);

/* Draw and run the case of a seed. Cases that would take more than about `most` cycles are drawn again. 0; -1 and a sentence. */
int predict_case_run(predict_rig *r, uint64_t seed, uint64_t most, predict_case *c, char *err, size_t errlen);

/* "l8 csc 512 x 300 ..." */
const char *predict_case_name(const predict_case *c, char *buf, size_t n);
const char *predict_case_format(const predict_case *c); /* "csc", "2:4" */

#endif
