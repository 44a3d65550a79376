/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_hash.c - bench_hash COORDS.npy KERNEL DILATION: all rules of a submanifold map with a hash table on this processor, as libraries without a mapping unit find them
 *
 *   Table     open addressing, linear probing, at least two places a voxel; built anew in each run
 *   Prints    rules, and nanoseconds an output: median of RUNS, processor time of one core */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "npy.h"

enum { RUNS = 11 };

typedef struct {
    uint64_t *key; /* site + 1; 0: free */
    uint32_t *voxel;
    uint64_t  mask;
} table;

static uint64_t pack(const int32_t *c, int64_t z, int64_t y, int64_t x)
{
    return (uint64_t)(uint32_t)c[0] << 48 | (uint64_t)(uint16_t)(c[1] + z) << 32 | (uint64_t)(uint16_t)(c[2] + y) << 16 | (uint64_t)(uint16_t)(c[3] + x);
}

static uint64_t place(const table *t, uint64_t key)
{
    uint64_t at = (key * UINT64_C(0x9E3779B97F4A7C15) >> 20) & t->mask;
    while (t->key[at] && t->key[at] != key + 1) at = (at + 1) & t->mask;
    return at;
}

static uint64_t find_rules(table *t, const int32_t *coords, uint32_t n, int64_t half, int64_t dilation, uint32_t *rules)
{
    uint64_t found = 0;
    memset(t->key, 0, (t->mask + 1) * sizeof *t->key);
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t key = pack(coords + 4 * (size_t)i, 0, 0, 0), at = place(t, key);
        t->key[at] = key + 1;
        t->voxel[at] = i;
    }
    for (uint32_t i = 0; i < n; i++)
        for (int64_t z = -half; z <= half; z++)
            for (int64_t y = -half; y <= half; y++)
                for (int64_t x = -half; x <= half; x++) {
                    const uint64_t at = place(t, pack(coords + 4 * (size_t)i, z * dilation, y * dilation, x * dilation));
                    if (t->key[at]) rules[found++] = t->voxel[at];
                }
    return found;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    npy_array a;
    diag      d;
    const long kernel = argc == 4 ? strtol(argv[2], NULL, 10) : 0, dilation = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
    if (kernel < 1 || kernel > 5 || kernel % 2 == 0 || dilation < 1 || dilation > 15) {
        fprintf(stderr, "usage: bench_hash COORDS.npy KERNEL DILATION (1, 3 or 5; 1 .. 15)\n");
        return 2;
    }
    if (npy_load(argv[1], NPY_IS(NPY_INT32), &a, &d) || a.ndim != 2 || a.dim[1] != 4 || a.dim[0] > 1u << 24) {
        fprintf(stderr, "bench_hash: %s: expected int32 [V, 4]\n", argv[1]);
        return 2;
    }
    const uint32_t n = (uint32_t)a.dim[0];
    table          t = { NULL, NULL, 1 };
    while (t.mask + 1 < 2 * (uint64_t)n) t.mask = 2 * t.mask + 1;
    t.key = malloc((t.mask + 1) * sizeof *t.key);
    t.voxel = malloc((t.mask + 1) * sizeof *t.voxel);
    uint32_t *rules = malloc((size_t)n * (size_t)(kernel * kernel * kernel) * sizeof *rules);
    if (!t.key || !t.voxel || !rules) {
        fprintf(stderr, "bench_hash: not enough memory\n");
        return 2;
    }
    double   ns[RUNS];
    uint64_t found = 0;
    for (int r = 0; r < RUNS; r++) {
        const clock_t from = clock();
        found = find_rules(&t, a.data, n, kernel / 2, dilation, rules);
        ns[r] = (double)(clock() - from) * (1e9 / CLOCKS_PER_SEC) / n;
    }
    qsort(ns, RUNS, sizeof *ns, by_value);
    printf("%llu %.2f\n", (unsigned long long)found, ns[RUNS / 2]);
    free(t.key);
    free(t.voxel);
    free(rules);
    npy_free(&a);
    return 0;
}
