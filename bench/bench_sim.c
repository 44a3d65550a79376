/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_sim MODEL - how fast the simulation is: cycles a second of the Verilated core, multiply-accumulates a second of the golden model (the
 * program MODEL, cmodel/bench_model.c). Processor time of one thread: these two figures are of the machine that this runs on.
 *
 *   Load   4096 x 4096, csc, 10 % of the weights and 40 % of the activations not zero, four points, weights streamed */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>

#include "bench.h"

int main(int argc, char **argv)
{
    const bench_mask mask = {100, 1, 1, 0};
    bench            b;
    double           million = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: bench_sim MODEL\n");
        return 2;
    }
    bench_begin(&b, "sim");
    bench_machine(&b, "l64");
    bench_matrix       w = bench_random(1, 4096, 4096, mask, 0);
    const bench_case   c = {"4096 x 4096", "random", &w, LAC_CSC, 0, BENCH_STREAMED, 0, 4, 2, 1, 400, NULL, 0};
    const bench_result r = bench_measure(&b, &c);
    cJSON_AddNumberToObject(r.row, "simulated_cycles", r.cycles);
    cJSON_AddNumberToObject(r.row, "simulated_cycles_a_second", r.cycles / r.seconds);
    bench_matrix_free(&w);

    FILE *model = popen(argv[1], "r");
    if (!model || fscanf(model, "golden model: %lf", &million) != 1) {
        fprintf(stderr, "bench_sim: %s: expected 'golden model: N million MAC/s'\n", argv[1]);
        b.failed = 1;
    } else cJSON_AddNumberToObject(r.row, "golden_model_macs_a_second", 1e6 * million);
    if (model) b.failed |= pclose(model) != 0;
    return bench_end(&b);
}
