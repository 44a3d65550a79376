/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_config.h - one hardware configuration, read from configs/NAME.cfg
 *
 * The file has one KEY=value a line, in any order; `#` begins a comment; blank lines are free. Every key below must stand
 * there exactly once; one with a default may be left out. NAME is the file's name without directory and ".cfg". */
#ifndef LAC_CONFIG_H
#define LAC_CONFIG_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    char     name[32];
    uint32_t lanes;         /* LANES         4 .. 256 */
    uint32_t data_w;        /* DATA_W        [bits] 32, 64, 128, 256 or 512 */
    uint32_t addr_w;        /* ADDR_W        [bits] 24 .. 48 */
    uint32_t store_w;       /* STORE_W       [outputs a cycle] a power of two that divides the lanes */
    uint32_t weight_depth;  /* WEIGHT_DEPTH  [64-bit words a lane] 2 .. 32768 */
    uint32_t col_depth;     /* COL_DEPTH     [columns] 1 .. 65536 */
    uint32_t acc_depth;     /* ACC_DEPTH     [words a lane and bank] 2 .. 32768 */
    uint32_t feat_depth;    /* FEAT_DEPTH    [lines] a multiple of 32, 64 .. 65536 */
    uint32_t param_depth;   /* PARAM_DEPTH   [channels] 1 .. 65536 */
    uint32_t fifo_depth;    /* FIFO_DEPTH    [items] 1 .. 1024 */
    uint32_t burst;         /* BURST         [beats] 1 .. 256 */
    uint32_t flight;        /* FLIGHT        [bursts outstanding in each direction] 2 .. 64, default 8 */
    uint32_t clock_gate;    /* CLOCK_GATE    0 or 1, default 0: engines' clocks stand still while they have nothing to do; nothing that software sees */
    uint32_t windows;       /* WINDOWS       0 or 1, default 1: EXEC and STORE take points of several pixels */
    uint32_t map_ring;      /* MAP_RING      [words] of each of the mapping unit's rings, a power of two, 64 .. 4096, with WINDOWS 1 only; default 0: there is none */
} lac_config;

/* 0, or -1 and one line in err[errlen] (file, line number, what was expected); *out is then unspecified. */
int lac_config_read(const char *path, lac_config *out, char *err, size_t errlen);

/* NULL when every value is in its range, else the name of the first key that is not. */
const char *lac_config_check(const lac_config *cfg);

/* [bytes] of a line, the unit of every transfer and of the feature RAM: max(64, DATA_W) / 8. */
static inline uint32_t lac_config_line(const lac_config *cfg)
{
    return cfg->data_w <= 64u ? 8u : cfg->data_w / 8u;
}

#ifdef __cplusplus
}
#endif
#endif
