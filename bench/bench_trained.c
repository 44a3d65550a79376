/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_trained FOLDER - matrices of trained networks, as bench/trained.py left them in FOLDER, resident, 64 lanes
 *
 *   float32  clustered to a codebook of 15 non-zero values (csc); inputs are drawn, as dense as the manifest says
 *   int8     in the format that the fewest cycles are predicted for (csc8 or N:4); inputs from the manifest's file, or drawn */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "host.h"
#include "npy.h"
#include "rng.h"

static void load(const char *folder, const cJSON *name, unsigned types, npy_array *a)
{
    char path[1000];
    diag d;
    snprintf(path, sizeof path, "%s/%s", folder, cJSON_GetStringValue(name));
    if (!npy_load(path, types, a, &d)) return;
    fprintf(stderr, "bench_trained: %s\n", d.text);
    exit(1);
}

static cJSON *read_json(const char *folder)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/manifest.json", folder);
    FILE  *f = fopen(path, "r");
    char  *text = bench_alloc(1 << 20);
    cJSON *json = f && fread(text, 1, (1 << 20) - 1, f) ? cJSON_Parse(text) : NULL;
    if (f) fclose(f);
    free(text);
    if (json) return json;
    fprintf(stderr, "bench_trained: %s: expected what bench/trained.py writes\n", path);
    exit(1);
}

static double number(const cJSON *entry, const char *key, double otherwise)
{
    const cJSON *n = cJSON_GetObjectItem(entry, key);
    return n ? n->valuedouble : otherwise;
}

static void measure(bench *b, const char *folder, const cJSON *entry)
{
    const char   *network = cJSON_GetStringValue(cJSON_GetObjectItem(entry, "network"));
    const char   *layer = cJSON_GetStringValue(cJSON_GetObjectItem(entry, "layer"));
    const cJSON  *inputs = cJSON_GetObjectItem(entry, "inputs");
    npy_array     weights, real = {0};
    host_clusters clusters = {0};
    host_uses     uses;
    uint64_t      cycles;
    char          name[200];

    load(folder, cJSON_GetObjectItem(entry, "weights"), NPY_IS(NPY_INT8) | NPY_IS(NPY_FLOAT32), &weights);
    const uint32_t rows = (uint32_t)weights.dim[0], cols = (uint32_t)weights.dim[1], points = (uint32_t)number(entry, "points", 1);
    const size_t   each = (size_t)points * cols;
    const int32_t  zero = (int32_t)number(entry, "zero", 0);
    int16_t       *wide = bench_alloc(weights.count * sizeof *wide);
    int8_t        *x = bench_alloc(BENCH_JOBS * each);

    if (inputs) {
        load(folder, inputs, NPY_IS(NPY_INT8), &real);
        if (real.count != BENCH_JOBS * each) {
            fprintf(stderr, "bench_trained: %s: expected inputs [%d][%u][%u]\n", layer, BENCH_JOBS, points, cols);
            exit(1);
        }
        memcpy(x, real.data, real.count);
    } else {
        lac_rng        r = {0x5eed};
        const uint32_t density = (uint32_t)(1000 * number(entry, "density", 1));
        for (size_t i = 0; i < BENCH_JOBS * each; i++) x[i] = rng_below(&r, 1000) < density ? (int8_t)(1 + rng_below(&r, 127)) : (int8_t)zero;
    }

    host_format format = HOST_CSC;
    if (weights.type == NPY_FLOAT32) {
        if (host_cluster(weights.data, weights.count, wide, &clusters)) exit(1);
    } else {
        const host_matrix m = {rows, cols, weights.data, NULL};
        for (size_t i = 0; i < weights.count; i++) wide[i] = ((int8_t *)weights.data)[i];
        if (host_uses_count(&uses, x, LAC_INT8, zero, points, cols)) exit(1);
        format = host_choose(&m, &uses, 64, 7, &cycles);
        host_uses_free(&uses);
    }
    const lac_format kind = format == HOST_CSC ? LAC_CSC : format == HOST_CSC8 ? LAC_CSC8 : LAC_NM;
    bench_matrix     m = bench_dense(wide, rows, cols);
    snprintf(name, sizeof name, "%s %s", network, layer);
    const bench_case c = {name, "trained", &m, kind, host_format_n(format), BENCH_RESIDENT, 0, points, 0, 0, 0, x, zero};
    cJSON           *row = bench_measure(b, &c).row;
    cJSON_AddStringToObject(row, "network", network);
    cJSON_AddStringToObject(row, "layer", layer);
    cJSON_AddBoolToObject(row, "real_inputs", inputs != NULL);
    if (weights.type == NPY_FLOAT32) cJSON_AddNumberToObject(row, "cluster_rms", clusters.rms);
    bench_matrix_free(&m);
    npy_free(&weights);
    if (inputs) npy_free(&real);
    free(wide), free(x);
}

int main(int argc, char **argv)
{
    const cJSON *entry;
    bench        b;
    int          i = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: bench_trained FOLDER\n");
        return 2;
    }
    cJSON *manifest = read_json(argv[1]);
    bench_begin(&b, "trained");
    bench_machine(&b, "l64");
    cJSON_ArrayForEach(entry, manifest)
        if (!bench_quick() || i++ % 5 == 2) measure(&b, argv[1], entry);
    cJSON_Delete(manifest);
    return bench_end(&b);
}
