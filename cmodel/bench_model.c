/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_model.c - how fast the golden model is: multiply-accumulates a second on one core
 *
 *   Layer    4096 x 4096, csc, 10 % dense, one point, every fourth feature zero, 64 lanes, weights resident
 *   Counts   needed MACs: weight not zero and feature not zero, counted while the weights are made; the model's own
 *            CNT_MACS must agree.
 *   Timed    processor time of the doorbells of EXEC and raw STORE, at least half a second of them */
#define _POSIX_C_SOURCE 199309L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lac_hw.h"
#include "lac_model.h"

enum { N = 4096, LANES = 64, ROWS = N / LANES, LB = 32, B = LB / 8, GROUPS = LANES / B };
enum { RING = 0, FEAT = 0x1000, PARAM = 0x3000, OUT = 0x20000, BLOCK = 0x40000, MEM = 16 << 20 };

static uint8_t  mem[MEM];
static uint16_t stream[LANES][ROWS * N / 4];  /* entries of 10 bits; 10 % of ROWS * N and some room */
static uint32_t fill[LANES];

static uint64_t rng = 88172645463325252u;
static uint32_t random32(void)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return (uint32_t)(rng >> 16);
}

static void put(uint32_t at, uint64_t v, int n)
{
    for (int i = 0; i < n; i++) mem[at + (uint32_t)i] = (uint8_t)(v >> 8 * i);
}

static uint32_t tail;
static void command(const uint32_t w[16])
{
    for (uint32_t i = 0; i < 16; i++) put(RING + 64 * tail + 4 * i, w[i], 4);
    tail = (tail + 1) % 8;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Pack a random matrix; returns the MACs that the features at FEAT need. */
static uint64_t make_block(uint32_t *lines)
{
    uint64_t needed = 0;
    uint32_t words[GROUPS] = {0}, at = BLOCK;
    const uint32_t list = BLOCK + LB, table = list + LB;

    put(at, 0u | (uint64_t)(LANES - 1) << 8 | (uint64_t)N << 16, 8);
    for (uint32_t col = 0; col < N; col++)
        for (uint32_t lane = 0; lane < LANES; lane++) {
            uint32_t count = 0, gap = 0;
            for (uint32_t row = 0; row < ROWS; row++) {
                if (random32() % 10) {
                    gap++;
                    continue;
                }
                stream[lane][fill[lane]++] = (uint16_t)(gap << 4 | (1 + random32() % 15));
                gap = 0;
                count++;
                needed += mem[FEAT + col] != 0;
            }
            put(table + col * LANES + lane, (count / 6) << 3 | count % 6, 1);
        }
    for (uint32_t lane = 0; lane < LANES; lane++)
        if (words[lane / B] < (fill[lane] + 5) / 6) words[lane / B] = (fill[lane] + 5) / 6;
    at = table + N * LANES;
    for (uint32_t g = 0; g < GROUPS; g++) {
        put(list + 2 * g, words[g], 2);
        for (uint32_t i = 0; i < words[g]; i++, at += LB)
            for (uint32_t l = 0; l < B; l++) {
                uint64_t w = 0;
                for (int s = 0; s < 6; s++) w |= (uint64_t)stream[g * B + l][6 * i + (uint32_t)s] << 10 * s;
                put(at + 8 * l, w, 8);
            }
    }
    *lines = (at - BLOCK) / LB;
    return needed;
}

int main(void)
{
    const lac_config cfg = {"bench", LANES, 8 * LB, 32, 32, 16384, 32768, 1024, 4096, 16384, 32, 32, 8, 0, 1, 0};
    lac_model *m = lac_model_create(&cfg, mem, 0, MEM);
    uint32_t   w[16], lines;
    if (!m) return 1;

    for (uint32_t i = 0; i < N; i++) mem[FEAT + i] = (uint8_t)(i % 4 ? 1 + random32() % 127 : 0);
    for (uint32_t k = 0; k < N; k++) {
        put(PARAM + 16 * k + 8, 1, 1);
        put(PARAM + 16 * k + 9, k % LANES, 1);
    }
    const uint64_t needed = make_block(&lines);
    const uint32_t codebook = BLOCK + lines * LB + 64 - (BLOCK + lines * LB) % 64;
    for (uint32_t i = 0; i < 16; i++) put(codebook + 2 * i, i * 37 - 300, 2);

    lac_model_write32(m, LAC_REG_RD_LIMIT_LO, MEM);
    lac_model_write32(m, LAC_REG_WR_LIMIT_LO, MEM);
    lac_model_write32(m, LAC_REG_RING_SIZE, 8);

#define SET(cmd, field, value) lac_set_field(w, LAC_F_##cmd##_##field, value)
#define BEGIN(cmd) (memset(w, 0, sizeof w), w[0] = LAC_OP_##cmd)
    BEGIN(LOAD_WEIGHTS);
    SET(LOAD_WEIGHTS, ADDR_LO, BLOCK);
    SET(LOAD_WEIGHTS, LINES, lines);
    command(w);
    BEGIN(LOAD_CODEBOOK);
    SET(LOAD_CODEBOOK, ADDR_LO, codebook);
    command(w);
    BEGIN(LOAD_FEATURES);
    SET(LOAD_FEATURES, ADDR_LO, FEAT);
    SET(LOAD_FEATURES, POINTS, 1);
    SET(LOAD_FEATURES, CHANNELS, N);
    command(w);
    BEGIN(LOAD_PARAMS);
    SET(LOAD_PARAMS, ADDR_LO, PARAM);
    SET(LOAD_PARAMS, CHANNELS, N);
    command(w);
    lac_model_write32(m, LAC_REG_TAIL, tail);

    int    runs = 0, failed = 0;
    double start = seconds(), took;
    do {
        BEGIN(EXEC);
        SET(EXEC, POINTS, 1);
        SET(EXEC, COLUMNS, N);
        SET(EXEC, ROWS, ROWS);
        command(w);
        BEGIN(STORE);
        SET(STORE, ADDR_LO, OUT);
        SET(STORE, POINTS, 1);
        SET(STORE, CHANNELS, N);
        SET(STORE, ROWS, ROWS);
        SET(STORE, TYPE, 3);
        command(w);
        lac_model_write32(m, LAC_REG_TAIL, tail);
        failed |= lac_model_read32(m, LAC_REG_STATUS) != 0 || lac_model_read32(m, LAC_REG_CNT_MACS_LO) != needed;
        took = seconds() - start;
        runs++;
    } while (took < 0.5 && !failed);

    if (failed)
        printf("bench_model: failed: status %" PRIu32 ", error %" PRIu32 ", MACs %" PRIu32 " of %" PRIu64 "\n",
               lac_model_read32(m, LAC_REG_STATUS), lac_model_read32(m, LAC_REG_ERR_CODE),
               lac_model_read32(m, LAC_REG_CNT_MACS_LO), needed);
    else
        printf("golden model: %.0f million MAC/s\n", (double)needed * runs / took / 1e6);
    lac_model_destroy(m);
    return failed;
}
