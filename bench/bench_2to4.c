/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_2to4 - fully connected layers with weights 4:4 (dense), 2:4 and 1:4 on the same array: how many cycles the zeros save
 *
 *   Size     dense multiplications a lane, 1,024 to 98,304; BERT-base's three matrices among them
 *   Inputs   dense; half zero (resident, one point)
 *   Batches  4, 16, 64 points of 1024 x 1024; three and two jobs instead of five, no job alone */
#include <stdio.h>

#include "bench.h"

static const struct { const char *name; uint32_t rows, cols; } sizes[] = {
    {"256 x 256", 256, 256},           {"512 x 512", 512, 512},           {"BERT 768 x 768", 768, 768},     {"1024 x 1024", 1024, 1024},
    {"BERT 3072 x 768", 3072, 768},    {"BERT 768 x 3072", 768, 3072},    {"2048 x 2048", 2048, 2048},      {"2048 x 3072", 2048, 3072},
};
enum { SIZES = sizeof sizes / sizeof *sizes };
static const uint32_t ns[] = {4, 2, 1};

int main(void)
{
    const int quick = bench_quick();
    bench     b;

    bench_begin(&b, "2to4");
    bench_machine(&b, "l64");
    for (int s = 0; s < (quick ? 4 : SIZES); s++)
        for (int i = 0; i < 3; i++) {
            const bench_mask mask = {0, 0, 0, ns[i]};
            bench_matrix     w = bench_random((uint64_t)s + 1, sizes[s].rows, sizes[s].cols, mask, 1);
            bench_case       c = {sizes[s].name, "random", &w, LAC_NM, ns[i], BENCH_RESIDENT, 0, 1, 0, 0, 1000, NULL, 0};
            bench_measure(&b, &c);
            c.density = 500;
            bench_measure(&b, &c);
            c.density = 1000;
            c.storage = BENCH_STREAMED;
            c.jobs = 3;
            bench_measure(&b, &c);
            c.storage = BENCH_RESIDENT;
            c.no_latency = 1;
            for (uint32_t points = 4; sizes[s].rows == 1024 && points <= (quick ? 4 : 64); points *= 4) {
                c.points = points;
                c.jobs = points == 4 ? 3 : 2;
                bench_measure(&b, &c);
            }
            bench_matrix_free(&w);
        }
    return bench_end(&b);
}
