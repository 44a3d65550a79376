/* SPDX-License-Identifier: Apache-2.0
 *
 * report_page.h - the numbers of one --stats file as a page: HTML with inline drawings, nothing that is loaded from elsewhere
 *
 *   Numbers  as docs/stats.md has them; a negative one is not known. Strings may hold anything: they are escaped
 *   Page     report_page.html with its {{names}} replaced */
#ifndef LACUNA_REPORT_PAGE_H
#define LACUNA_REPORT_PAGE_H
#include <stdio.h>
#include "lacuna.h"

enum { REPORT_LANES = 256, REPORT_UNITS = LAC_ON_UNITS + 1, REPORT_ON_LANES = LAC_ON_UNITS };

typedef struct { uint32_t engine; const char *command; double index, start, end; } report_event; /* engine: 0 LOAD, 1 EXEC, 2 STORE, 3 MAP */
typedef struct { const char *key, *text; } report_number;                                        /* any scalar of the file, as text */

typedef struct {
    const char *config, *port, *git, *format, *bound, *storage; /* NULL: not said */
    uint32_t    lanes;
    int         resident;  /* 0, 1; -1 */
    double      cycles, predicted, needed, issued, dense, utilisation, read_bytes, write_bytes, items, bus_bits, latency, repeat, throughput;
    double      cause[REPORT_UNITS][LAC_CAUSES];   /* the last unit is the sum of all lanes */
    double      lane[LAC_CAUSES][REPORT_LANES];
    int         map;                               /* there is a unit MAP */
    int         counted;                           /* causes are there and not all zero */
    report_event  *event;
    size_t         events;
    double         lost;
    double        *activity[3];                    /* multiplications, beats read, beats written of each window */
    size_t         windows;
    double         window;                         /* [cycles] */
    report_number *number;
    size_t         numbers;
} report;

/* What limits the job, and what would help, in a sentence each. */
void report_verdict(const report *r, char *limit, char *help, size_t n);

void report_page(const report *r, FILE *f);

#endif
