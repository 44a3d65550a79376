/* SPDX-License-Identifier: Apache-2.0
 *
 * choose.h - what a fully connected layer would cost in each format: packed, laid out and built as `lacuna fc` does it, then predicted
 *
 *   Ways      resident: weights on chip before the clock starts; streamed: loaded within the job, packed (weight blocks) or by column
 *             (column blocks; one point then fetches only the columns it needs)
 *   Tiles     a streamed layer is cut into more tiles than its size demands where that is predicted to take fewer cycles: one tile loads while the
 *             one before it is multiplied. Only where every tile is still loaded once, and the prediction is of all points
 *   Points    the first CHOOSE_POINTS of a larger batch stand for it: a choice needs no more, and the time stays short
 *   Memory    functions allocate and free; nothing is kept */
#ifndef LACUNA_CHOOSE_H
#define LACUNA_CHOOSE_H
#include <stdint.h>
#include "host.h"
#include "lacuna.h"
#include "predict.h"
#ifdef __cplusplus
extern "C" {
#endif

enum { CHOOSE_POINTS = 256 };

typedef enum { CHOOSE_RESIDENT, CHOOSE_STREAMED, CHOOSE_COLUMNS, CHOOSE_WAYS } choose_way;
const char *choose_way_name(choose_way w); /* "resident", "streamed", "by column" */

typedef struct {
    const lac_caps *caps;
    predict_memory  memory;  /* its latencies; the rest is not looked at */
    host_matrix     w;       /* [rows][cols] */
    const void     *x;       /* [points][cols] elements of `in` */
    lac_type        in, out;
    int32_t         zero;    /* zero point of x */
    uint64_t        points;  /* 1 .. */
    uint32_t        tiles;   /* into how many a streamed layer is cut, about; 1: as few as fit; 0: as many as take the fewest cycles */
} choose_layer;

typedef struct {
    int      possible;       /* else nothing below counts */
    uint64_t cycles;         /* of min(points, CHOOSE_POINTS) points, one job */
    predict_bound bound;
    uint64_t bytes_read, bytes_written; /* on the bus */
    uint64_t weight_bytes;   /* the layer in memory: blocks, codebook, parameters */
    uint32_t weight_depth;   /* of host_packing: how its tiles were cut */
} choose_cost;

/* Can the machine take the matrix in this format as it is? */
int choose_legal(const choose_layer *l, host_format f);

/* One format, every way among `ways` (a bit 1 << choose_way for each). A way that is not possible (the RAMs are too small, the machine has no such thing) is not an error. 0; -1: no memory. */
int choose_costs(const choose_layer *l, host_format f, unsigned ways, choose_cost cost[CHOOSE_WAYS]);

/* Whether the layer can be resident in this format; -1: no memory. */
int choose_resident(const choose_layer *l, host_format f);

/* The one rule by which a format is chosen: of cost[format][way], the format among `formats` (bit 1 << host_format) with the fewest cycles; among
 * equals 1:4 before 2:4, 3:4, 4:4, csc, csc8, and streamed before by column. If CHOOSE_RESIDENT is among `ways`, a format that can be resident is, and its other ways do not count. HOST_AUTO: none is possible; *way stays. */
host_format choose_best(choose_cost (*cost)[CHOOSE_WAYS], unsigned formats, unsigned ways, choose_way *way);

/* The best of the legal formats among `formats`; *cost (may be NULL): of the choice. HOST_AUTO: none is possible, or no memory. */
host_format choose_format(const choose_layer *l, unsigned formats, unsigned ways, choose_way *way, choose_cost *cost);

#ifdef __cplusplus
}
#endif
#endif
