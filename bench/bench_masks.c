/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_masks - the same density in other shapes: which pruning granularity costs what (csc, 2048 x 2048, dense inputs, resident, 64 lanes)
 *
 *   fine              single weights
 *   vector 1x4, 4x1   four neighbours along the inputs; along the outputs (rows x columns)
 *   block 4x4, 16x16
 *   rows, columns     whole output channels, whole input channels */
#include <stdio.h>

#include "bench.h"

enum { SIZE = 2048 };
static const struct { const char *name; uint32_t rows, cols; } shapes[] = {
    {"fine", 1, 1}, {"vector 1x4", 1, 4}, {"vector 4x1", 4, 1}, {"block 4x4", 4, 4}, {"block 16x16", 16, 16}, {"rows", 1, SIZE}, {"columns", SIZE, 1},
};
static const uint32_t densities[] = {100, 300};

int main(void)
{
    bench b;

    bench_begin(&b, "masks");
    bench_machine(&b, "l64");
    for (int d = 0; d < (bench_quick() ? 1 : 2); d++)
        for (unsigned i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            const bench_mask mask = {densities[d], shapes[i].rows, shapes[i].cols, 0};
            bench_matrix     w = bench_random(100 + i, SIZE, SIZE, mask, 0);
            bench_case       c = {shapes[i].name, "random", &w, LAC_CSC, 0, BENCH_RESIDENT, 0, 1, 0, 0, 1000, NULL, 0};
            bench_measure(&b, &c);
            bench_matrix_free(&w);
        }
    return bench_end(&b);
}
