/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_predict [SEED [CONFIG]] - how far the cycle model is from the Verilated core, on fresh random layers
 *
 *   Layers    300, of five configurations (tests/predict_case.h); every tenth may take ten times as many cycles. The seed is the time unless given
 *   Error     |predicted / measured - 1|
 *   Output    a table, and predict.json in the folder BENCH (default build/bench) */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cjson/cJSON.h>
#include "../tests/predict_case.h"

static const struct { const char *config; int layers; uint64_t most; } part_[] = {
    { "l8", 110, 200000 }, { "l64", 110, 60000 }, { "odd", 27, 60000 }, { "w512", 27, 60000 }, { "l4", 26, 60000 },
};
enum { PARTS = sizeof part_ / sizeof *part_, LAYERS = 300 };

typedef struct { double error[LAYERS]; int n, exact; } errors;

/* By configuration, format, way and several tiles; [0] is all of them. */
enum { KINDS = 1 + PARTS + 6 + 4 };
static struct { char name[24]; errors e; } kind_[KINDS];

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void add(const char *name, double error)
{
    int i = 0;
    while (kind_[i].name[0] && strcmp(kind_[i].name, name)) i++;
    snprintf(kind_[i].name, sizeof kind_[i].name, "%s", name);
    errors *e = &kind_[i].e;
    e->exact += error == 0;
    e->error[e->n++] = error;
}

/* The smallest error that `share` of the layers do not exceed. */
static double quantile(const errors *e, double share)
{
    int i = (int)ceil(share * e->n) - 1;
    return e->error[i < 0 ? 0 : i];
}

static int write_json(uint64_t seed)
{
    const char *dir = getenv("BENCH");
    char        path[4200];
    cJSON      *o = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(o, "kinds");
    cJSON_AddNumberToObject(o, "seed", (double)seed);
    for (int i = 0; i < KINDS && kind_[i].e.n; i++) {
        const errors *e = &kind_[i].e;
        cJSON        *k = cJSON_CreateObject();
        cJSON_AddItemToArray(list, k);
        cJSON_AddStringToObject(k, "kind", kind_[i].name);
        cJSON_AddNumberToObject(k, "layers", e->n);
        cJSON_AddNumberToObject(k, "exact", e->exact);
        cJSON_AddNumberToObject(k, "median", quantile(e, 0.5));
        cJSON_AddNumberToObject(k, "p90", quantile(e, 0.9));
        cJSON_AddNumberToObject(k, "p95", quantile(e, 0.95));
        cJSON_AddNumberToObject(k, "max", quantile(e, 1));
    }
    snprintf(path, sizeof path, "%s/predict.json", dir ? dir : "build/bench");
    char *text = cJSON_Print(o);
    FILE *f = text ? fopen(path, "w") : NULL;
    int   bad = !f || fprintf(f, "%s\n", text) < 0;
    if (f) bad |= fclose(f) != 0;
    if (bad) fprintf(stderr, "bench_predict: %s cannot be written\n", path);
    cJSON_free(text);
    cJSON_Delete(o);
    return bad;
}

int main(int argc, char **argv)
{
    const uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
    char           err[400], name[600];
    predict_case   c;
    printf("%d layers, seed %" PRIu64 "\n", LAYERS, seed);
    for (int i = 0; i < PARTS; i++) {
        predict_rig r;
        if (argc > 2 && strcmp(argv[2], part_[i].config)) continue;
        if (predict_rig_open(&r, part_[i].config, 256u << 20, err, sizeof err)) return fprintf(stderr, "bench_predict: %s\n", err), 1;
        for (int k = 0; k < part_[i].layers; k++) {
            if (predict_case_run(&r, seed * 1000003u + (uint64_t)(i * LAYERS + k), part_[i].most * (k % 10 ? 1 : 10), &c, err, sizeof err))
                return fprintf(stderr, "bench_predict: %s: %s: %s\n", part_[i].config, predict_case_name(&c, name, sizeof name), err), 1;
            const double e = fabs(c.error);
            add("all", e);
            add(part_[i].config, e);
            add(predict_case_format(&c), e);
            add(c.resident ? "resident" : c.by_column ? "by column" : "streamed", e);
            if (c.tiles > 1) add("several tiles", e);
            if (e > 0.03) printf("%+.1f %%: %s %s\n", 100 * c.error, part_[i].config, predict_case_name(&c, name, sizeof name));
            fflush(stdout);
        }
        predict_rig_close(&r);
    }
    printf("\n| kind | layers | exact | median | 90 %% | 95 %% | largest |\n|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < KINDS && kind_[i].e.n; i++) {
        errors *e = &kind_[i].e;
        qsort(e->error, (size_t)e->n, sizeof *e->error, by_size);
        printf("| %s | %d | %d | %.2f %% | %.2f %% | %.2f %% | %.2f %% |\n", kind_[i].name, e->n, e->exact, 100 * quantile(e, 0.5),
               100 * quantile(e, 0.9), 100 * quantile(e, 0.95), 100 * quantile(e, 1));
    }
    return write_json(seed) || quantile(&kind_[0].e, 0.95) > 0.03;
}
