/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_scale - what each parameter of the machine is worth, one at a time from l64 on; EIE's layers that fit every one of these machines
 *
 *   lanes     8, 16, 32, 64, 128; resident
 *   queue     FIFO_DEPTH 2 .. 64, channels balanced over lanes and interleaved (channel k on lane k mod lanes); resident
 *   bus       64, 128, 256, 512 bit; streamed, two layers
 *   latency   1 .. 200 cycles, machines with FLIGHT 8 and 32 before a memory that takes 64 bursts; streamed, two layers */
#include <stdio.h>

#include "bench.h"

static const struct { const char *name; uint32_t rows, cols, w_density, a_density; } layers[] = {
    {"VGG-7", 4096, 4096, 40, 375}, {"NT-We", 600, 4096, 100, 1000},
    {"Alex-8", 1000, 4096, 250, 375}, {"VGG-8", 1000, 4096, 230, 411}, {"NT-Wd", 8791, 600, 110, 1000}, {"NT-LSTM", 2400, 1201, 100, 1000},
};
enum { LAYERS = sizeof layers / sizeof *layers, STREAMED_LAYERS = 2 };

static const char *const lanes[] = {"lanes8", "lanes16", "lanes32", "l64", "lanes128"};
static const char *const queues[] = {"fifo2", "fifo4", "fifo8", "fifo16", "l64", "fifo64"};
static const char *const buses[] = {"bus64", "bus128", "l64", "bus512"};
static const uint32_t    latencies[] = {1, 10, 20, 50, 100, 200};
#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static bench_matrix w[LAYERS];

/* All layers on the machine that is there; `sweep` is what the row belongs to. */
static void rows(bench *b, const char *sweep, bench_storage storage, int interleaved, int n)
{
    for (int l = 0; l < n; l++) {
        const bench_case   c = {layers[l].name, "random", &w[l], LAC_CSC, 0, storage, interleaved, 1, 3, 1, layers[l].a_density, NULL, 0};
        const bench_result r = bench_measure(b, &c);
        cJSON_AddStringToObject(r.row, "sweep", sweep);
    }
}

int main(void)
{
    const int quick = bench_quick(), n = quick ? 2 : LAYERS;
    bench     b;

    bench_begin(&b, "scale");
    for (int l = 0; l < n; l++) {
        const bench_mask mask = {layers[l].w_density, 1, 1, 0};
        w[l] = bench_random(300 + (uint64_t)l, layers[l].rows, layers[l].cols, mask, 0);
    }
    for (int i = 0; i < COUNT(lanes); i++) {
        if (quick && i != 0 && i != 3) continue;
        bench_machine(&b, lanes[i]);
        rows(&b, "lanes", BENCH_RESIDENT, 0, n);
    }
    for (int i = 0; i < COUNT(queues); i++) {
        if (quick && i != 0 && i != 4) continue;
        bench_machine(&b, queues[i]);
        rows(&b, "queue", BENCH_RESIDENT, 0, n);
        rows(&b, "queue", BENCH_RESIDENT, 1, n);
    }
    for (int i = 0; i < COUNT(buses); i++) {
        if (quick && i != 2) continue;
        bench_machine(&b, buses[i]);
        rows(&b, "bus", BENCH_SMALLER, 0, STREAMED_LAYERS);
    }
    for (int m = quick; m < 2; m++) {
        bench_machine(&b, m ? "flight32" : "flight8");
        for (int i = 0; i < COUNT(latencies); i++) {
            if (quick && i % 2) continue;
            bench_memory(&b, latencies[i], 64);
            rows(&b, "latency", BENCH_SMALLER, 0, STREAMED_LAYERS);
        }
    }
    for (int l = 0; l < n; l++) bench_matrix_free(&w[l]);
    return bench_end(&b);
}
