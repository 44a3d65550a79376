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
    LAC_DIR_W_TAPS,      /* LAC_TAPS_... */
    LAC_DIR_W_CHANNELS, LAC_DIR_W_KERNEL, LAC_DIR_W_STRIDE, LAC_DIR_W_GRID, /* with taps as rows: the shape it was packed for, lac_rows; for rules, pooling: channels of x alone; else 0 */
    LAC_DIR_W_BALANCED,  /* 1: channels may stand in any lane of their block; 0: channel i in lane i mod lanes */
    LAC_DIR_WORDS
};

/* Taps as rows. An input pixel adds to the output pixels of all taps; an item's base is where the upper left one of them stands. Accumulators are a *grid*, `grid`
 * pixels to a row of output pixels, what is more than those being guard pixels, which catch what leaves the row on the right, or the next row on the left. The two share them: each tap
 * reaches a guard pixel from one side only. Channel k of tap (r, s) is row ((J - j) * grid + T - t) * rk + k div lanes, where rk = ceil(K / lanes) and
 * tap (j, t) of J + 1, T + 1 ones is the tap itself at strides of 1.
 *
 * Strides. iy + pad_top = i * stride_y + a: input rows of *phase* a see the taps r = a + j * stride_y only, and of them output row i - j; the same along x. So
 * there is a *set* of columns for each pair of phases that has taps, min(stride, kernel) along each axis; column (a * sets_x + b) * channels + c.
 *
 * Residual. Column g are the factors of channels 4g .. 4g + 3: blocks like those of csc8, but an entry is one int16, in the lane that the channel has in the layer that it is added to, which is its number modulo 4. One row
 * tile with parameters that nobody reads, whatever the row tiles of that layer.
 *
 * Pooling. Column tap * channels / 4 + g has the weight of channels 4g .. 4g + 3, each in its own lane. SUM: all taps in one accumulator. MOST: tap t is pixel t mod wide of row t div wide of a window that STORE takes the largest of, `high` rows of
 * `wide` pixels, both at most 15: an entry's row is t mod wide * rk + k div lanes, and the taps of a window's row are an EXEC, whose outputs stand `wide` pixels apart. One row tile. */
enum { LAC_TAPS_COLUMNS, LAC_TAPS_ROWS, LAC_TAPS_DEPTHWISE, LAC_TAPS_RESIDUAL, LAC_TAPS_FOURS, LAC_TAPS_RULES, LAC_TAPS_SUM, LAC_TAPS_MOST }; /* DEPTHWISE, FOURS: and a column is a group of four channels; RESIDUAL: no taps but factors;
 RULES and what follows: taps as columns, and tiles are whole taps. SUM, MOST: of pooling, and a column is a group of four channels */

/* Taps as rows, pooling: elements of x to a column. */
static inline uint32_t lac_group(uint32_t taps) { return taps == LAC_TAPS_DEPTHWISE || taps == LAC_TAPS_FOURS || taps >= LAC_TAPS_SUM ? 4u : 1u; }

typedef struct {
    uint32_t channels, kernel, stride, grid; /* the words of the directory; kernel and stride: y 15:0, x 31:16 */
    uint32_t left;                           /* guard pixels that stand in front of a row */
    uint32_t sets_y, sets_x;
} lac_rows;

/* A window of so many pixels as STORE takes it, the last of them perhaps of no tap. */
static inline uint32_t lac_window_high(uint32_t taps) { return (taps + 14u) / 15u; }
static inline uint32_t lac_window_wide(uint32_t taps) { return lac_pool_places(taps) / lac_window_high(taps); }

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
/* Defined in lac_conv.c. The shape is legal. */
void     lac_get_rows(const lac_conv_shape *s, lac_rows *rows);

#endif
