/* SPDX-License-Identifier: Apache-2.0
 *
 * gen_core CFG SEED FILE - a random job for tb_core: memory before and after, register writes, registers after
 *
 * The job comes from tests/jobgen (with SEED and the seeds behind it, the first one that rings one doorbell and, for an even SEED, loads needed
 * columns), memory and registers after it from the golden model. Lines of FILE, hexadecimal: 'M offset word' memory before (64-bit words that are not
 * zero), 'W offset word' memory after where it differs from zero, 'R offset value' registers to write, 'C offset value' registers to compare. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../driver/ports/port_model.h"
#include "../../tests/jobgen.h"
#include "lac_config.h"
#include "lac_hw.h"
#include "lac_model.h"

static FILE *out;

static void dump(char kind, const uint8_t *mem)
{
    for (uint32_t at = 0; at < JOB_MEM; at += 8) {
        uint64_t word = 0;
        for (int i = 7; i >= 0; i--) word = word << 8 | mem[at + (uint32_t)i];
        if (word) fprintf(out, "%c %" PRIx32 " %" PRIx64 "\n", kind, at, word);
    }
}

static void put(lac_model *m, uint32_t reg, uint32_t value)
{
    fprintf(out, "R %" PRIx32 " %" PRIx32 "\n", reg, value);
    lac_model_write32(m, reg, value);
}

static void put64(lac_model *m, uint32_t lo, uint64_t value)
{
    put(m, lo, (uint32_t)value);
    put(m, lo + 4, (uint32_t)(value >> 32));
}

static int suits(const job *j, int columns)
{
    for (uint32_t i = 0; i < j->n && columns; i++)
        if ((j->cmd[i].w[0] & 0xFF) == LAC_OP_LOAD_COLUMNS && lac_get_field(j->cmd[i].w, LAC_F_LOAD_COLUMNS_NEEDED)) columns = 0;
    return !columns && j->feed == JOB_ONE_DOORBELL && j->n < j->ring_size;
}

int main(int argc, char **argv)
{
    char       err[200] = "usage: gen_core CFG SEED FILE";
    lac_config cfg;
    lac_caps   caps;
    job        j;
    uint8_t   *mem = malloc(JOB_MEM);
    if (argc != 4 || lac_config_read(argv[1], &cfg, err, sizeof err) || !mem || !(out = fopen(argv[3], "w")))
        return fprintf(stderr, "%s\n", err), 2;

    memset(mem, 0, JOB_MEM);
    lac_model *probe = lac_model_create(&cfg, mem, 0, JOB_MEM);
    lac_port   port = lac_port_model(probe);
    if (!probe || job_caps(&port, &caps)) return 2;
    lac_model_destroy(probe);
    const uint64_t number = strtoull(argv[2], NULL, 0);
    uint64_t seed = number * 1000;
    while (job_make(&j, &caps, seed) == 0 && !suits(&j, number % 2 == 0)) {
        job_free(&j);
        seed++;
    }
    for (uint32_t i = 0; i < j.n; i++)
        for (uint32_t b = 0; b < 64; b++)
            j.mem[j.ring - j.base + 64 * i + b] = (uint8_t)(j.cmd[i].w[b / 4] >> 8 * (b % 4));
    memcpy(mem, j.mem, JOB_MEM);
    lac_model *m = lac_model_create(&cfg, mem, j.base, JOB_MEM);
    if (!m) return 2;

    fprintf(out, "B %" PRIx64 " 0\n", j.base);
    dump('M', mem);
    put64(m, LAC_REG_RING_BASE_LO, j.ring);
    put(m, LAC_REG_RING_SIZE, j.ring_size);
    put64(m, LAC_REG_RD_BASE_LO, j.rd_lo);
    put64(m, LAC_REG_RD_LIMIT_LO, j.rd_hi);
    put64(m, LAC_REG_WR_BASE_LO, j.wr_lo);
    put64(m, LAC_REG_WR_LIMIT_LO, j.wr_hi);
    put(m, LAC_REG_IRQ_ENABLE, 7);
    put(m, LAC_REG_TAIL, j.n);
    dump('W', mem);
    static const uint32_t compare[] = {
        LAC_REG_STATUS, LAC_REG_IRQ_STATUS, LAC_REG_DONE, LAC_REG_ERR_CODE, LAC_REG_ERR_CMD, LAC_REG_ERR_TAG, LAC_REG_ERR_INDEX
    };
    for (uint32_t i = 0; i < sizeof compare / sizeof *compare; i++)
        fprintf(out, "C %" PRIx32 " %" PRIx32 "\n", compare[i], lac_model_read32(m, compare[i]));
    fclose(out);
    lac_model_destroy(m);
    job_free(&j);
    free(mem);
    return 0;
}
