/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_eie - the nine layers of EIE (Han 2016, tables III and IV): random non-zero positions at the published densities, 15 weight values
 *
 *   Resident   64 lanes, one input at a time
 *   Streamed   bus of 64 to 512 bits, memory latency 10 with 8 bursts outstanding and 100 with 32; three jobs instead of five on the two
 *              narrow buses */
#include <stdio.h>

#include "bench.h"

static const struct { const char *name; uint32_t rows, cols, w_density, a_density; double eie; } layers[] = {
    /* densities in tenths of a per cent; EIE's utilisation: needed work at 64 PEs, 800 MHz / its published time */
    {"Alex-6", 4096, 9216, 90, 351, 0.77},   {"Alex-7", 4096, 4096, 90, 353, 0.85}, {"Alex-8", 1000, 4096, 250, 375, 0.76},
    {"VGG-6", 4096, 25088, 40, 183, 0.43},   {"VGG-7", 4096, 4096, 40, 375, 0.57},  {"VGG-8", 1000, 4096, 230, 411, 0.90},
    {"NT-We", 600, 4096, 100, 1000, 0.60},   {"NT-Wd", 8791, 600, 110, 1000, 0.82}, {"NT-LSTM", 2400, 1201, 100, 1000, 0.75},
};
enum { LAYERS = sizeof layers / sizeof *layers };

int main(void)
{
    static const char *const machines[] = {"l64", "bus64", "bus128", "bus512"};
    const int                quick = bench_quick();
    bench_matrix             w[LAYERS];
    bench                    b;

    bench_begin(&b, "eie");
    for (int l = 0; l < LAYERS; l++) {
        const bench_mask mask = {layers[l].w_density, 1, 1, 0};
        w[l] = bench_random((uint64_t)l + 1, layers[l].rows, layers[l].cols, mask, 0);
    }
    for (int m = 0; m < (quick ? 1 : 4); m++) {
        bench_machine(&b, machines[m]);
        for (int l = 0; l < LAYERS; l++) {
            bench_case c = {layers[l].name, "random", &w[l], LAC_CSC, 0, BENCH_RESIDENT, 0, 1, 0, 0, layers[l].a_density, NULL, 0};
            if (quick && l != 4 && l != 6 && l != 8) continue;
            if (m == 0) cJSON_AddNumberToObject(bench_measure(&b, &c).row, "eie_utilisation", layers[l].eie);
            c.storage = BENCH_SMALLER;
            if (m == 1 || m == 2) c.jobs = 3, c.no_latency = 1;
            bench_measure(&b, &c);
            bench_memory(&b, 100, 32);
            bench_measure(&b, &c);
            bench_memory(&b, BENCH_LATENCY, BENCH_OUTSTANDING);
        }
    }
    for (int l = 0; l < LAYERS; l++) bench_matrix_free(&w[l]);
    return bench_end(&b);
}
