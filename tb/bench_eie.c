/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_eie [CONFIG] - the nine layers of EIE (Han 2016, tables III and IV) on the Verilated core, weights resident
 *
 *   Matrices     random non-zero positions at the published densities, fixed seed; 15 weight values, int8 activations, int8 outputs
 *   Checked      every output of every job against a plain loop, before a figure is printed
 *   Needed       multiplications with both operands non-zero, counted from the operands
 *   Throughput   (end of job 5 - end of job 1) / 4, same weights, different inputs, back to back
 *   Latency      job 1 alone, doorbell to idle, and by how much that exceeds the ideal of its own input
 *   Output       a table, and eie.json in the folder BENCH (default build/bench) */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "../tests/naive.h"
#include "lacuna.h"
#include "port_rtl.h"

enum { JOBS = 5, MEM = 256 << 20 };

static const struct { const char *name; uint32_t rows, cols, w_density, a_density; double eie; } layers[] = {
    /* densities in tenths of a per cent; EIE's utilisation: needed work at 64 PEs, 800 MHz / its published time */
    {"Alex-6", 4096, 9216, 90, 351, 0.77},   {"Alex-7", 4096, 4096, 90, 353, 0.85}, {"Alex-8", 1000, 4096, 250, 375, 0.76},
    {"VGG-6", 4096, 25088, 40, 183, 0.43},   {"VGG-7", 4096, 4096, 40, 375, 0.57},  {"VGG-8", 1000, 4096, 230, 411, 0.90},
    {"NT-We", 600, 4096, 100, 1000, 0.60},   {"NT-Wd", 8791, 600, 110, 1000, 0.82}, {"NT-LSTM", 2400, 1201, 100, 1000, 0.75},
};
enum { LAYERS = sizeof layers / sizeof *layers };

static uint64_t rng = 88172645463325252u;

static uint32_t next(void)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return (uint32_t)(rng >> 32);
}

static void must(int status, const char *what)
{
    if (status) {
        fprintf(stderr, "bench_eie: %s: %s\n", what, lac_status_name(status));
        exit(1);
    }
}

static void *grab(size_t n)
{
    void *p = calloc(1, n);
    if (!p) must(LAC_E_SPACE, "host memory");
    return p;
}

int main(int argc, char **argv)
{
    const char     *config = argc > 1 ? argv[1] : "l64";
    char            err[200];
    lac_rtl_options opt = lac_rtl_defaults();
    opt.mem_size = MEM;
    opt.timing.rd_latency = opt.timing.wr_latency = 10;
    lac_rtl *rtl = lac_port_rtl_open(config, &opt, err, sizeof err);
    if (!rtl) return fprintf(stderr, "bench_eie: %s\n", err), 1;
    const lac_port port = lac_rtl_port(rtl);
    const lac_addr base = opt.mem_base, at_x = base + (192u << 20), at_y = base + (224u << 20), at_image = base + (1u << 20);
    cJSON         *rows_json = cJSON_CreateArray();
    double         product = 1, product_eie = 1;
    int            failed = 0;

    printf("%s, weights resident, memory latency 10 cycles, one beat a cycle, 8 bursts outstanding; random matrices\n\n", config);
    puts("| layer | needed MACs | ideal cycles | throughput | utilisation | EIE's | latency | above its ideal | bits per non-zero | padding |");
    puts("|---|---|---|---|---|---|---|---|---|---|");
    for (int l = 0; l < LAYERS; l++) {
        const uint32_t K = layers[l].rows, C = layers[l].cols;
        uint32_t      *ptr = grab((C + 1) * sizeof *ptr), nnz = 0, need;
        const size_t   room = (size_t)K * C * layers[l].w_density / 1000 * 11 / 10 + 1000;
        int16_t       *values = grab(room * 2);
        uint16_t      *rows = grab(room * 2);
        int8_t        *x = grab((size_t)JOBS * C), *y = grab(K);
        int64_t       *acc = grab((size_t)JOBS * K * sizeof *acc);
        uint64_t       needed[JOBS] = {0};
        for (uint32_t i = 0; i < JOBS * C; i++) x[i] = next() % 1000 < layers[l].a_density ? (int8_t)(1 + next() % 127) : 0;
        for (uint32_t c = 0; c < C; c++) {
            ptr[c] = nnz;
            for (uint32_t k = 0; k < K; k++)
                if (next() % 1000 < layers[l].w_density && nnz < room) {
                    const int v = (int)(next() % 15) - 7;
                    values[nnz] = (int16_t)(v ? v : 8);
                    rows[nnz] = (uint16_t)k;
                    for (int j = 0; j < JOBS; j++)
                        if (x[(size_t)j * C + c]) {
                            acc[(size_t)j * K + k] += values[nnz] * x[(size_t)j * C + c];
                            needed[j]++;
                        }
                    nnz++;
                }
        }
        ptr[C] = nnz;

        lac_dev           dev;
        lac_layer         layer;
        lac_place         free_place = {0, 0, 0, 0}, place;
        const lac_csc     m = {K, C, values, rows, ptr};
        const lac_requant rq = {NULL, NULL, NULL, 1 << 30, 38};
        must(lac_open(&dev, &port, base, 1024, base, MEM), "open");
        void *scratch = grab(lac_pack_scratch(&dev.caps, K, C));
        must(lac_pack_csc(&dev.caps, &m, LAC_CSC, &rq, 1, scratch, NULL, 0, &need, &layer, NULL), "pack");
        void *image = grab(need);
        must(lac_pack_csc(&dev.caps, &m, LAC_CSC, &rq, 1, scratch, image, need, &need, &layer, NULL), "pack");
        layer.addr = at_image;
        must(port.mem_write(port.ctx, at_image, image, need), "write");
        must(lac_fc_place(&dev.caps, &layer, &free_place, &place), "place");
        must(lac_fc_place_load(&dev, &layer, &place, 100000000), "load");

        lac_fc         jobs[JOBS];
        const uint32_t x_pitch = lac_pitch(&dev.caps, C, LAC_INT8, 0), y_pitch = lac_pitch(&dev.caps, K, LAC_INT8, 0);
        for (uint32_t j = 0; j < JOBS; j++) {
            const lac_fc one = {&layer, &place, 1, {at_x + j * x_pitch, x_pitch, LAC_INT8, 0, 0},
                                {at_y + j * y_pitch, y_pitch, LAC_INT8, 0, 0}, -128, 127, j, 1};
            jobs[j] = one;
            must(port.mem_write(port.ctx, one.x.addr, x + (size_t)j * C, C), "write");
        }
        lac_stats all, one;
        must(lac_fc_run(&dev, jobs, JOBS, 100000000), "run");
        must(lac_read_stats(&dev, &all), "counters");
        for (uint32_t j = 0; j < JOBS; j++) {
            must(port.mem_read(port.ctx, y, jobs[j].y.addr, K), "read");
            for (uint32_t k = 0; k < K; k++)
                if (y[k] != naive_requant(acc[(size_t)j * K + k], 0, 1u << 30, 38, 0, -128, 127)) {
                    printf("FAIL %s job %" PRIu32 " channel %" PRIu32 "\n", layers[l].name, j, k);
                    failed = 1;
                    break;
                }
        }
        must(lac_fc_run(&dev, jobs, 1, 100000000), "run");
        must(lac_read_stats(&dev, &one), "counters");

        const double through = (double)(all.mark_last - all.mark_first) / (JOBS - 1);
        const double work = (double)(needed[1] + needed[2] + needed[3] + needed[4]) / (JOBS - 1), ideal = work / dev.caps.lanes;
        const double used = ideal / through;
        product *= used;
        product_eie *= layers[l].eie;
        printf("| %s | %.0f | %.0f | %.0f | %.3f | %.2f | %u | %.0f | %.1f | %.2f %% |\n", layers[l].name, work, ideal, through, used, layers[l].eie,
               one.cycles, one.cycles - (double)needed[0] / dev.caps.lanes, 8.0 * need / nnz, 100.0 * (double)layer.padding / (double)layer.entries);
        fflush(stdout);
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "workload", layers[l].name);
        cJSON_AddStringToObject(row, "config", config);
        cJSON_AddBoolToObject(row, "resident", 1);
        cJSON_AddNumberToObject(row, "needed_macs", work);
        cJSON_AddNumberToObject(row, "ideal_cycles", ideal);
        cJSON_AddNumberToObject(row, "throughput_cycles", through);
        cJSON_AddNumberToObject(row, "latency_cycles", one.cycles);
        cJSON_AddNumberToObject(row, "utilisation", used);
        cJSON_AddNumberToObject(row, "eie_utilisation", layers[l].eie);
        cJSON_AddNumberToObject(row, "stored_bytes", need);
        cJSON_AddNumberToObject(row, "dense_fp32_bytes", 4.0 * K * C);
        cJSON_AddNumberToObject(row, "bits_per_nonzero", 8.0 * need / nnz);
        cJSON_AddBoolToObject(row, "correct", !failed);
        cJSON_AddItemToArray(rows_json, row);
        free(ptr), free(values), free(rows), free(x), free(y), free(acc), free(scratch), free(image);
    }
    printf("| geometric mean | | | | %.3f | %.2f | | | | |\n", pow(product, 1.0 / LAYERS), pow(product_eie, 1.0 / LAYERS));

    const char *folder = getenv("BENCH") ? getenv("BENCH") : "build/bench";
    char        path[300], temporary[310];
    snprintf(path, sizeof path, "%s/eie.json", folder);
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    FILE *f = fopen(temporary, "w");
    char *text = cJSON_Print(rows_json);
    if (!f || !text || fprintf(f, "%s\n", text) < 0 || fclose(f) || rename(temporary, path)) {
        fprintf(stderr, "bench_eie: %s cannot be written\n", path);
        return 1;
    }
    return failed;
}
