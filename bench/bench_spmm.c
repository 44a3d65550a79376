/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_spmm - a sparse matrix times a dense one: csc weights, 15 values, dense inputs, weights resident, 64 lanes
 *
 *   Headline  4096 x 4096, 10 %, 64 points
 *   Sweeps    points 1 .. 256, weight density 1 .. 50 %, rows and columns 512 .. 8192, of smaller matrices; two jobs and none alone where a
 *             job takes more than 100,000 cycles */
#include <stdio.h>

#include "bench.h"

static const struct { const char *sweep; uint32_t rows, cols, per_mille, points; int quick; } cases[] = {
    {"headline", 4096, 4096, 100, 64, 0},
    {"points", 2048, 2048, 100, 1, 1},   {"points", 2048, 2048, 100, 4, 1},   {"points", 2048, 2048, 100, 16, 1},
    {"points", 2048, 2048, 100, 64, 0},  {"points", 2048, 2048, 100, 256, 0},
    {"density", 2048, 2048, 10, 16, 1},  {"density", 2048, 2048, 20, 16, 0},  {"density", 2048, 2048, 50, 16, 1},
    {"density", 2048, 2048, 100, 16, 0}, {"density", 2048, 2048, 200, 16, 0}, {"density", 2048, 2048, 500, 16, 0},
    {"rows", 512, 2048, 100, 16, 1},     {"rows", 1024, 2048, 100, 16, 1},    {"rows", 4096, 2048, 100, 16, 0},
    {"rows", 8192, 2048, 100, 16, 0},
    {"columns", 2048, 512, 100, 16, 1},  {"columns", 2048, 1024, 100, 16, 1}, {"columns", 2048, 4096, 100, 16, 0},
    {"columns", 2048, 8192, 100, 16, 0},
};

int main(void)
{
    bench b;

    bench_begin(&b, "spmm");
    bench_machine(&b, "l64");
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bench_mask mask = {cases[i].per_mille, 1, 1, 0};
        if (bench_quick() && !cases[i].quick) continue;
        const double cycles = (double)cases[i].rows * cases[i].cols * cases[i].per_mille / 1000 * cases[i].points / 64;
        bench_matrix w = bench_random(i + 1, cases[i].rows, cases[i].cols, mask, 0);
        bench_case   c = {cases[i].sweep, "random", &w, LAC_CSC, 0, BENCH_RESIDENT, 0, cases[i].points, 0, 0, 1000, NULL, 0};
        if (cycles > 100000) c.jobs = 2, c.no_latency = 1;
        bench_measure(&b, &c);
        bench_matrix_free(&w);
    }
    return bench_end(&b);
}
