/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_ops - the cores of the boards: layers that stay in their RAMs, dense inputs, so that multipliers are what counts
 *
 *   4:4, 2:4  16 channels a lane, 184 inputs: 4:4 fills the weights' RAM
 *   csc       10 % of the weights; the same shape, which has 1.6 weights an input and lane, and one of 64 channels a lane and 400 inputs, which fills
 *             the RAM, as one would use it
 *   Points    one, and eight in a job */
#include <stdio.h>

#include "bench.h"

static const struct { const char *config; uint32_t lanes; } machines[] = {{"i5", 8}, {"ulx3s", 32}};
static const struct { lac_format format; uint32_t n, channels, cols; } layers[] = {
    {LAC_NM, 4, 16, 184}, {LAC_NM, 2, 16, 184}, {LAC_CSC, 0, 16, 184}, {LAC_CSC, 0, 64, 400},
};

int main(void)
{
    bench b;

    bench_begin(&b, "ops");
    for (unsigned m = 0; m < (bench_quick() ? 1 : 2); m++) {
        bench_machine(&b, machines[m].config);
        for (unsigned l = 0; l < sizeof layers / sizeof *layers; l++) {
            const bench_mask mask = {100, 1, 1, layers[l].n};
            char             name[32];
            bench_matrix     w = bench_random(l + 1, layers[l].channels * machines[m].lanes, layers[l].cols, mask, layers[l].n != 0);
            snprintf(name, sizeof name, "%u x %u", (unsigned)w.rows, (unsigned)w.cols);
            bench_case c = {name, "random", &w, layers[l].format, layers[l].n, BENCH_RESIDENT, 0, 1, 0, 0, 1000, NULL, 0};
            bench_measure(&b, &c);
            c.points = 8;
            bench_measure(&b, &c);
            bench_matrix_free(&w);
        }
    }
    return bench_end(&b);
}
