/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_sim [CONFIG] - simulated cycles a second of the Verilated core (default l64), single thread
 *
 * Load: one fully connected layer, 4096 x 4096, csc, 10 % of the weights and 40 % of the activations not zero, a batch of four, weights
 * streamed, and only the run itself is timed (processor time). The outputs are compared with a plain loop first. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lacuna.h"
#include "port_rtl.h"

enum { K = 4096, C = 4096, N = 4, MEM = 64 << 20 };

static uint64_t rng = 88172645463325252u;

static uint32_t next(void)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return (uint32_t)(rng >> 32);
}

static int fail(const char *what, int status)
{
    fprintf(stderr, "bench_sim: %s: %s\n", what, lac_status_name(status));
    return 1;
}

int main(int argc, char **argv)
{
    const char     *config = argc > 1 ? argv[1] : "l64";
    char            err[200];
    lac_rtl_options opt = lac_rtl_defaults();
    opt.mem_size = MEM;
    opt.timing.rd_latency = opt.timing.wr_latency = 10;
    lac_rtl *rtl = lac_port_rtl_open(config, &opt, err, sizeof err);
    if (!rtl) return fprintf(stderr, "bench_sim: %s\n", err), 1;
    const lac_port port = lac_rtl_port(rtl);
    const lac_addr base = opt.mem_base, at_x = base + (48u << 20), at_y = base + (52u << 20), at_image = base + (1u << 20);

    int16_t  *values = malloc((size_t)K * C * 2);
    uint16_t *rows = malloc((size_t)K * C * 2);
    uint32_t *ptr = malloc((C + 1) * sizeof *ptr), nnz = 0, need;
    int8_t   *x = malloc((size_t)N * C);
    int64_t  *want = calloc((size_t)N * K, sizeof *want), *got = malloc(K * sizeof *got);
    if (!values || !rows || !ptr || !x || !want || !got) return 1;
    for (int i = 0; i < N * C; i++) x[i] = next() % 10 < 4 ? (int8_t)next() : 0;
    for (uint32_t c = 0; c < C; c++) {
        ptr[c] = nnz;
        for (uint32_t k = 0; k < K; k++)
            if (next() % 10 == 0) {
                values[nnz] = (int16_t)(1 + next() % 15);
                rows[nnz++] = (uint16_t)k;
                for (int n = 0; n < N; n++) want[n * K + (int)k] += (int64_t)values[nnz - 1] * x[n * C + (int)c];
            }
    }
    ptr[C] = nnz;

    lac_dev dev;
    int     s = lac_open(&dev, &port, base, 1024, base, MEM);
    if (s) return fail("open", s);
    const lac_csc     m = {K, C, values, rows, ptr};
    const lac_requant rq = {NULL, NULL, NULL, 1, 1};
    lac_layer         layer;
    void             *scratch = malloc(lac_pack_scratch(&dev.caps, K, C));
    if ((s = lac_pack_csc(&dev.caps, &m, LAC_CSC, &rq, 1, scratch, NULL, 0, &need, &layer, NULL))) return fail("pack", s);
    void *image = malloc(need);
    if ((s = lac_pack_csc(&dev.caps, &m, LAC_CSC, &rq, 1, scratch, image, need, &need, &layer, NULL))) return fail("pack", s);
    layer.addr = at_image;
    port.mem_write(port.ctx, at_image, image, need);
    port.mem_write(port.ctx, at_x, x, N * C);
    const lac_fc job = {&layer, NULL, N, {at_x, C, LAC_INT8, 0, 0}, {at_y, K * 8, LAC_RAW, 0, 0}, 0, 0, 0, 0};

    const uint64_t from = lac_rtl_cycles(rtl);
    const clock_t  begin = clock();
    s = lac_fc_run(&dev, &job, 1, 10000000);
    const double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    if (s) return fail("run", s);
    for (int n = 0; n < N; n++) {
        port.mem_read(port.ctx, got, at_y + (lac_addr)n * K * 8, K * 8);
        if (memcmp(got, want + n * K, K * 8)) return fprintf(stderr, "bench_sim: FAIL: wrong result, point %d\n", n), 1;
    }
    const uint64_t cycles = lac_rtl_cycles(rtl) - from;
    printf("Verilated %s: %.0f thousand cycles/s (%" PRIu64 " cycles in %.2f s)\n", config, (double)cycles / seconds / 1e3, cycles, seconds);
    return 0;
}
