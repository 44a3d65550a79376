/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_zero - cycles against the density of the activations: 2048 x 2048, resident, 64 lanes
 *
 *   csc   10 % of the weights: cycles should fall with the non-zero activations down to one item a cycle
 *   N:4   an item is skipped when its four activations are zero: cycles should fall as 1 - (1 - d)^4 */
#include <stdio.h>

#include "bench.h"

static const uint32_t densities[] = {10, 20, 50, 100, 200, 350, 500, 700, 1000};
enum { DENSITIES = sizeof densities / sizeof *densities };
static const struct { const char *name; lac_format format; uint32_t n, per_mille; } kinds[] = {
    {"csc 10 %", LAC_CSC, 0, 100}, {"csc 1 %", LAC_CSC, 0, 10}, {"2:4", LAC_NM, 2, 0}, {"4:4", LAC_NM, 4, 0},
};

int main(void)
{
    bench b;

    bench_begin(&b, "zero");
    bench_machine(&b, "l64");
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const bench_mask mask = {kinds[i].per_mille, 1, 1, kinds[i].n};
        bench_matrix     w = bench_random(200 + i, 2048, 2048, mask, kinds[i].n != 0);
        for (int d = 0; d < DENSITIES; d++) {
            bench_case c = {kinds[i].name, "random", &w, kinds[i].format, kinds[i].n, BENCH_RESIDENT, 0, 1, 0, 0, densities[d], NULL, 0};
            if (bench_quick() && d % 4) continue;
            if (kinds[i].n) c.jobs = 3;
            bench_measure(&b, &c);
        }
        bench_matrix_free(&w);
    }
    return bench_end(&b);
}
