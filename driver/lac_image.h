/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_image.h - the directory in front of a packed layer: written by lac_pack.c, read by lac_plan.c and lac_fc.c (private)
 *
 *   image = header (LAC_DIR_HEADER bytes), row tiles, weight tiles, padding to 64 bytes      the directory
 *           codebook (csc), then for each row tile its parameter records and its blocks,
 *           each at a multiple of 64 bytes, docs/formats.md
 *
 * All of it is little endian; every field of the directory is a 32-bit word. A row tile is a range of output channels
 * that one STORE writes: channel chan0 + i stands in row i div lanes. It is cut into weight tiles, consecutive ranges of
 * columns. *_pos: where a tile stands, counted from the start of the layer's place, when all of them are on chip. */
#ifndef LAC_IMAGE_H
#define LAC_IMAGE_H
#include <stdint.h>
#include "lacuna.h"

#define LAC_DIR_MAGIC   0x314C434Cu /* "LCL1" */
#define LAC_DIR_HEADER  128u        /* [bytes] */
#define LAC_DIR_RECORD  32u         /* [bytes] of a row tile or a weight tile */

enum { /* words of the header */
    LAC_DIR_W_MAGIC, LAC_DIR_W_DIR_BYTES, LAC_DIR_W_BYTES, LAC_DIR_W_ROWS, LAC_DIR_W_COLS,
    LAC_DIR_W_FORMAT,    /* lac_format */
    LAC_DIR_W_N,         /* N:4; else 0 */
    LAC_DIR_W_LANES, LAC_DIR_W_LINE, LAC_DIR_W_STORE_W, /* the machine it was packed for; LINE [bytes] */
    LAC_DIR_W_ALIGN,     /* [channels] every row tile starts at a multiple of it */
    LAC_DIR_W_ROW_TILES, LAC_DIR_W_TILES,
    LAC_DIR_W_CODEBOOK,  /* offset [bytes]; 0: none */
    LAC_DIR_W_RES_WORDS, LAC_DIR_W_RES_COLS, LAC_DIR_W_RES_PARAMS,
    LAC_DIR_W_ENTRIES, LAC_DIR_W_ENTRIES_HI, LAC_DIR_W_PADDING, LAC_DIR_W_PADDING_HI,
    LAC_DIR_W_NONZEROS, LAC_DIR_W_NONZEROS_HI,
    LAC_DIR_W_BY_COLUMN, /* 1: its blocks are column blocks; 0: weight blocks */
    LAC_DIR_WORDS
};

typedef struct {
    uint32_t chan0, channels;
    uint32_t params;       /* offset of the records [bytes] */
    uint32_t param_pos;    /* [channels] a multiple of store_w */
    uint32_t tile0, tiles; /* its weight tiles */
} lac_row_tile;

typedef struct {
    uint32_t col0;         /* first column [elements of a point], a multiple of the line's bytes */
    uint32_t columns;      /* elements; N:4 groups of four */
    uint32_t offset;       /* of the block [bytes] */
    uint32_t lines;        /* of the block */
    uint32_t words;        /* a lane's, at most; of a column block with all of its columns */
    uint32_t word_pos, col_pos;
} lac_tile;

static inline void lac_put32(uint8_t *p, uint32_t v)
{
    for (uint32_t i = 0; i < 4u; i++, v >>= 8)
        p[i] = (uint8_t)v;
}

/* Defined in lac_fc.c: all fields but image and addr, from the header alone. */
void     lac_layer_read(const void *header, lac_layer *out);
/* Defined in lac_plan.c. `at`: [bytes] a multiple of 4. */
uint32_t lac_dir(const void *image, uint32_t word);
void     lac_get_words(const void *image, uint32_t at, uint32_t *w, uint32_t n);
void     lac_get_row_tile(const void *image, uint32_t i, lac_row_tile *t);
void     lac_get_tile(const void *image, uint32_t i, lac_tile *t);

#endif
