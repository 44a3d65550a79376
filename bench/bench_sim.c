/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_sim MODEL - how fast the simulation is: cycles a second of the Verilated core, multiply-accumulates a second of the golden model (the
 * program MODEL, cmodel/bench_model.c). Processor time of one thread: these two figures are of the machine that this runs on.
 *
 *   Load   4096 x 4096, csc, 10 % of the weights and 40 % of the activations not zero, four points, weights streamed
 *   Runs   RUNS of each, in turns: what else a shared machine does slows some of them. The median, and the fastest */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

enum { RUNS = 7 };

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* `name` the median of RUNS values, `name`_fastest their largest. */
static void put(cJSON *row, const char *name, double *of_run)
{
    char fastest[64];
    snprintf(fastest, sizeof fastest, "%s_fastest", name);
    qsort(of_run, RUNS, sizeof *of_run, by_size);
    cJSON_AddNumberToObject(row, name, of_run[RUNS / 2]);
    cJSON_AddNumberToObject(row, fastest, of_run[RUNS - 1]);
}

int main(int argc, char **argv)
{
    const bench_mask mask = {100, 1, 1, 0};
    bench            b;
    cJSON           *row = NULL;
    double           speed[RUNS], macs[RUNS];

    if (argc != 2) {
        fprintf(stderr, "usage: bench_sim MODEL\n");
        return 2;
    }
    bench_begin(&b, "sim");
    bench_machine(&b, "l64");
    bench_matrix       w = bench_random(1, 4096, 4096, mask, 0);
    const bench_case   c = {"4096 x 4096", "random", &w, LAC_CSC, 0, BENCH_STREAMED, 0, 4, 2, 1, 400, NULL, 0};
    for (int run = 0; run < RUNS; run++) {
        double             million = 0;
        const bench_result r = bench_measure(&b, &c);
        if (run == 0) row = r.row;
        speed[run] = r.cycles / r.seconds;

        FILE *model = popen(argv[1], "r");
        if (!model || fscanf(model, "golden model: %lf", &million) != 1) {
            fprintf(stderr, "bench_sim: %s: expected 'golden model: N million MAC/s'\n", argv[1]);
            b.failed = 1;
        }
        macs[run] = 1e6 * million;
        if (model) b.failed |= pclose(model) != 0;
    }
    put(row, "simulated_cycles_a_second", speed);  /* of the first row; the others are the same layer again */
    put(row, "golden_model_macs_a_second", macs);
    bench_matrix_free(&w);
    return bench_end(&b);
}
