/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_pack.c - weights in, one image of weight blocks or column blocks, parameter records and codebook out (docs/formats.md, lac_image.h)
 *
 *   Channels   channel i of a row tile stands in row i div lanes. Inside each block of `lanes` channels they may take any lane:
 *              the heaviest goes to the lane that has had least so far; balance 2: of those lanes that are the same modulo 4.
 *   Columns    tiles are cut at multiples of a line's bytes, counted in elements, so that EXEC can start at any tile whatever the
 *              type of the features: a `unit` of columns is never divided.
 *   Blocks     the same entries in the same order either way. In a weight block a lane has a stream of its own; in a column block the
 *              lanes of an octet share one, column by column, so on chip a slice takes whole words.
 *   Taps       as rows (lac_image.h) the lanes' entries come from all columns of the given matrix that are taps of the packed one; one row tile
 *   Pooling    one weight for every tap, of a channel to itself (lac_image.h)
 *   Residual   column g are the factors of channels 4g .. 4g + 3, each in the lane that the channel has in the layer it is added to; one row tile
 *   Passes     walk() goes over row tiles and units, closes a tile when the next unit no longer fits, and either counts
 *              or also writes. It is tried with ever smaller row tiles until it succeeds, then run once more to write. */
#include <stddef.h>

#include "lac_image.h"
#include "lac_mem.h"
#include "lacuna.h"

#define MAX_LANES 256u

typedef struct {
    uint32_t load;   /* non-zeros given to the lane in this row tile */
    uint32_t closed; /* entry slots of the lane's weight RAM that the tile takes so far */
    uint32_t unit;   /* the same of the unit that is being measured */
    uint32_t slice;  /* entries of the current column */
    uint32_t listed; /* what the column table says of it; column blocks: with the lanes before it in its octet */
    uint32_t first;  /* column blocks: its first entry, among those of its word position */
    uint32_t next;   /* row after the last entry's */
    uint32_t at;     /* writing: offset of the lane's current word in the image */
    uint32_t slot;   /* writing: next slot of that word */
} lane_state;

typedef struct {
    const lac_caps    *caps;
    const lac_csc     *m;  /* csc, csc8; else NULL */
    const lac_nm      *nm; /* N:4; else NULL */
    const lac_requant *rq;
    lac_format format;
    uint32_t   rows, cols, n;
    int        balance;
    int        by_column;    /* column blocks instead of weight blocks */
    const lac_conv_shape *shape; /* with taps as rows; else NULL */
    lac_rows   taps;
    int        depthwise;
    const int16_t *factor;   /* [rows] of a residual; else NULL */
    uint32_t   tap;          /* [elements] for rules: of a tap; else 0 */
    const lac_sconv_pool *pool; /* of pooling, with `tap`; else NULL */
    uint32_t   entry_slots;  /* entries to a word */
    uint32_t   gap_bits;

    /* scratch */
    uint32_t   *count;   /* [rows] non-zeros of a channel */
    uint32_t   *cursor;  /* [cursors] first entry of a column that belongs to this row tile or a later one */
    uint32_t   cursors;  /* cols; N:4, and with taps as rows: 0 */
    lane_state *lanes;   /* [MAX_LANES] */
    uint16_t   *by_load, *by_count; /* [MAX_LANES] */
    uint8_t    *lane;    /* [rows] of a channel */

    /* limits of a tile */
    uint32_t row_tile;   /* [channels] */
    uint32_t unit;       /* [elements] */
    uint32_t max_words, max_cols; /* columns as the hardware counts them */
    int      single;     /* one tile or none */

    uint32_t k0, k1;     /* the row tile in work: its channels, */
    uint32_t used, rows_a_lane; /* the lanes that have any, and how many those have at most */

    /* what walk() found */
    uint32_t body;       /* offset of what follows the directory; 0 while counting */
    uint32_t bytes;      /* of what follows the directory; everything below fits 32 bits when this does */
    uint32_t row_tiles, tiles;
    uint32_t words, columns, params; /* all tiles on chip */
    uint64_t entries, nonzeros;
    uint32_t column_lines, unit_lines, closed_lines; /* column blocks: of the current column, of the unit, of the tile so far */
    int16_t  code[16];     /* csc: code[1 .. codes] are the values */
    uint32_t codes;
} packer;

static uint32_t ceil_div(uint32_t a, uint32_t b) { return (a + b - 1u) / b; }
static uint32_t min_u32(uint32_t a, uint32_t b) { return a < b ? a : b; }
static uint32_t max_u32(uint32_t a, uint32_t b) { return a > b ? a : b; }
static uint32_t round_up(uint32_t a, uint32_t b) { return ceil_div(a, b) * b; }

static void put_words(uint8_t *to, const uint32_t *w, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        lac_put32(to + 4u * i, w[i]);
}

/* Lines that hold n bytes. A line is a power of two. */
static uint32_t lines(const packer *p, uint32_t n) { return ceil_div(n, p->caps->line); }

/* ---- Lanes ----------------------------------------------------------------------------------------- */

static void assign_lanes(packer *p)
{
    memset(p->lanes, 0, MAX_LANES * sizeof *p->lanes);
    for (uint32_t k = p->k0; k < p->k1; k += p->caps->lanes) {
        const uint32_t n = min_u32(p->caps->lanes, p->k1 - k), step = p->balance == 2 ? 4u : 1u; /* classes of channels and lanes */

        /* Insertion sorts, both stable, of each class in its places: channels by falling count, lanes by rising load. */
        for (uint32_t i = 0; i < n; i++) {
            uint32_t j = i;
            for (; p->balance && j >= step && p->count[k + p->by_count[j - step]] < p->count[k + i]; j -= step)
                p->by_count[j] = p->by_count[j - step];
            p->by_count[j] = (uint16_t)i;
        }
        for (uint32_t i = 0; i < p->used; i++) {
            uint32_t j = i;
            for (; p->balance && j >= step && p->lanes[p->by_load[j - step]].load > p->lanes[i].load; j -= step)
                p->by_load[j] = p->by_load[j - step];
            p->by_load[j] = (uint16_t)i;
        }
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t channel = k + p->by_count[i], lane = p->by_load[i];
            p->lane[channel] = (uint8_t)lane;
            p->lanes[lane].load += p->count[channel];
        }
    }
}

/* ---- Entries --------------------------------------------------------------------------------------- */

/* Put an entry at the end of a lane's stream. The image is zero where nothing was written. */
static void put_entry(const packer *p, uint8_t *image, lane_state *l, uint32_t entry)
{
    const uint32_t bits = p->entry_slots == 4u ? 16u : 10u, bit = bits * l->slot;
    uint8_t *b = image + l->at + bit / 8u;

    entry <<= bit % 8u; /* even, so at most two bytes are touched */
    b[0] = (uint8_t)(b[0] | entry);
    b[1] = (uint8_t)(b[1] | entry >> 8);
    if (++l->slot == p->entry_slots) {
        l->slot = 0;
        l->at += p->caps->line;
    }
}

static uint32_t stored_weight(const packer *p, int16_t v)
{
    uint32_t code = 1;
    if (p->format == LAC_CSC8)
        return (uint32_t)v & 0xffu;
    while (p->code[code] != v)
        code++;
    return code;
}

/* A weight of output channel k, as a row from `base` on: with an image put into its lane's stream, else counted. */
static void entry_of(packer *p, uint8_t *image, uint32_t k, uint32_t base, int16_t v)
{
    const uint32_t far = (1u << p->gap_bits) - 1u, weight_bits = p->format == LAC_CSC8 ? 8u : 4u, row = base + (k - p->k0) / p->caps->lanes;
    lane_state *l = &p->lanes[p->lane[k]];
    uint32_t gap = row - l->next;

    l->next = row + 1u;
    if (!image) {
        l->slice += 1u + (gap >> p->gap_bits);
        return;
    }
    for (; gap > far; gap -= far + 1u)
        put_entry(p, image, l, far << weight_bits); /* padding */
    put_entry(p, image, l, gap << weight_bits | stored_weight(p, v));
}

/* Entries of the given matrix from number i on, up to `end` or channel k1, as rows from `base` on. */
static void entries_of(packer *p, uint8_t *image, uint32_t i, uint32_t end, uint32_t k1, uint32_t base)
{
    for (; i < end && p->m->row_idx[i] < k1; i++)
        if (p->m->values[i])
            entry_of(p, image, p->m->row_idx[i], base, p->m->values[i]);
}

/* The first entry of the given matrix in column c whose channel is k or more. */
static uint32_t first_entry(const packer *p, uint32_t c, uint32_t k)
{
    uint32_t lo = p->m->col_ptr[c], hi = p->m->col_ptr[c + 1u];
    while (lo < hi) {
        const uint32_t mid = lo + (hi - lo) / 2u;
        if (p->m->row_idx[mid] < k)
            lo = mid + 1u;
        else
            hi = mid;
    }
    return lo;
}

/* Taps as rows: all taps of column c, in the order of their rows. */
static void entries_of_taps(packer *p, uint8_t *image, uint32_t c)
{
    const lac_conv_shape *s = p->shape;
    const uint32_t channels = p->depthwise ? s->channels / 4u : s->channels, set = c / channels, a = set / p->taps.sets_x, b = set % p->taps.sets_x;
    const uint32_t last_j = (s->kernel_y - 1u - a) / s->stride_y, last_t = (s->kernel_x - 1u - b) / s->stride_x;

    for (uint32_t j = 0; j <= last_j; j++)
        for (uint32_t t = 0; t <= last_t; t++) {
            const uint32_t tap = (a + (last_j - j) * s->stride_y) * s->kernel_x + b + (last_t - t) * s->stride_x, base = (j * p->taps.grid + t) * p->rows_a_lane;
            /* Depthwise: four channels of one matrix column. Else a column, or four that have no lane in common. */
            const uint32_t k0 = p->depthwise == 1 ? c % channels * 4u : 0u, k1 = p->depthwise == 1 ? k0 + 4u : p->k1;
            const uint32_t four = p->depthwise == 2 ? 4u : 1u, column = p->depthwise == 1 ? tap : (tap * channels + c % channels) * four;
            for (uint32_t e = 0; e < four; e++)
                entries_of(p, image, first_entry(p, column + e, k0), p->m->col_ptr[column + e + 1u], k1, base);
        }
}

/* A residual's column: one entry in each of up to four lanes. */
static void entries_of_residual(packer *p, uint8_t *image, uint32_t c)
{
    for (uint32_t k = 4u * c; k < 4u * c + 4u; k++) {
        lane_state *l = &p->lanes[p->lane[k]];
        if (p->factor[k] && image)
            put_entry(p, image, l, (uint16_t)p->factor[k]);
        else
            l->slice += p->factor[k] != 0;
    }
}

/* Pooling: up to four channels of a tap, each in a lane of its own. */
static void entries_of_pool(packer *p, uint8_t *image, uint32_t c)
{
    const lac_sconv_pool *pool = p->pool;
    const uint32_t groups = pool->channels / 4u, base = pool->most ? c / groups % lac_window_wide(pool->taps) * p->rows_a_lane : 0u;

    for (uint32_t x = c % groups * 4u, end = x + 4u; x < end; x++)
        if (x >= pool->first + p->k0 && x < pool->first + p->k1)
            entry_of(p, image, x - pool->first, base, pool->weight);
}

/* The entries of column c: with an image put into the lanes' streams, else counted in lanes[].slice. */
static void entries(packer *p, uint8_t *image, uint32_t c)
{
    for (uint32_t l = 0; l < p->used; l++)
        p->lanes[l].next = 0;
    if (p->factor)
        entries_of_residual(p, image, c);
    else if (p->shape)
        entries_of_taps(p, image, c);
    else if (p->pool)
        entries_of_pool(p, image, c);
    else
        entries_of(p, image, p->cursor[c], p->m->col_ptr[c + 1u], p->k1, 0u);
}

/* ---- Measuring ------------------------------------------------------------------------------------- */

/* Hardware columns in elements [c0, c1); c0 is a multiple of four where that matters. */
static uint32_t hw_columns(const packer *p, uint32_t c0, uint32_t c1)
{
    return p->nm ? ceil_div(c1 - c0, 4u) : c1 - c0;
}

/* Entries of every lane in column c, into lanes[].slice, .listed and .first. Zero: too many for their byte in the table or the index. */
static int measure_column(packer *p, uint32_t c)
{
    const uint32_t used = p->used, banks = p->caps->line / 8u;
    uint32_t most = 0;

    for (uint32_t l = 0; l < used; l++)
        p->lanes[l].slice = 0;
    entries(p, NULL, c);

    /* The octets of a word position one behind the other; in a weight block every lane stands for itself. */
    for (uint32_t g = 0; g < banks; g++) {
        uint32_t end = 0, octet = 0;
        for (uint32_t l = 8u * g; l < used; l += l % 8u == 7u ? 8u * banks - 7u : 1u) {
            if (!p->by_column || l % 8u == 0u)
                octet = end;
            p->lanes[l].first = end;
            end += p->lanes[l].slice;
            p->lanes[l].listed = end - octet;
            if (end - octet >= 32u * p->entry_slots)
                return 0;
        }
        most = max_u32(most, end);
    }
    p->column_lines = most ? lines(p, used) + ceil_div(most, p->entry_slots) : 0u;
    return !p->by_column || p->column_lines <= 255u;
}

/* Room for the unit [c0, c1) in every lane, into lanes[].unit. Zero: a column has too many entries. */
static int measure(packer *p, uint32_t c0, uint32_t c1)
{
    const uint32_t used = p->used, e = p->entry_slots, slice = hw_columns(p, c0, c1) * p->n * p->rows_a_lane; /* N:4, else 0 */

    p->unit_lines = 0;
    p->entries += slice * used;
    for (uint32_t l = 0; l < used; l++)
        p->lanes[l].unit = slice;
    for (uint32_t c = c0; !p->nm && c < c1; c++) {
        if (!measure_column(p, c))
            return 0;
        for (uint32_t i = 0; i < used; i++) {
            lane_state *l = &p->lanes[i];
            p->entries += l->slice;
            l->unit += !p->by_column || !l->slice ? l->slice : (ceil_div(l->first + l->slice, e) - l->first / e) * e;
        }
        p->unit_lines += p->column_lines;
    }
    return 1;
}

/* Words of the fullest lane, with the unit just measured or without it. */
static uint32_t most_words(const packer *p, int with_closed, int with_unit)
{
    uint32_t most = 0;
    for (uint32_t l = 0; l < p->used; l++)
        most = max_u32(most, (with_closed ? p->lanes[l].closed : 0u) + (with_unit ? p->lanes[l].unit : 0u));
    return ceil_div(most, p->entry_slots);
}

/* ---- Writing --------------------------------------------------------------------------------------- */

/* The tables, and the entries; column blocks, whose columns follow each other from `at` on: all of the columns, and the index, at `index`.
 * Weight blocks: the tables from `at` on; the lanes know where their entries go. */
static void write_columns_csc(packer *p, uint8_t *image, uint32_t at, uint32_t index, uint32_t c0, uint32_t c1)
{
    const uint32_t used = p->used, line = p->caps->line, e = p->entry_slots;
    const uint32_t pitch = lines(p, used) * line;

    for (uint32_t c = c0; c < c1; c++) {
        measure_column(p, c);
        if (p->by_column) {
            image[index + c - c0] = (uint8_t)p->column_lines;
            if (p->column_lines == 0u)
                continue;
        }
        for (uint32_t i = 0; i < used; i++) {
            lane_state *l = &p->lanes[i];
            image[at + i] = (uint8_t)(l->listed / e << 3 | l->listed % e);
            if (p->by_column) {
                l->at = at + pitch + l->first / e * line + i % line / 8u * 8u;
                l->slot = l->first % e;
            }
        }
        at += p->by_column ? p->column_lines * line : pitch;
        entries(p, image, c);
    }
}

static void write_columns_nm(packer *p, uint8_t *image, uint32_t c0, uint32_t c1)
{
    for (uint32_t c = c0; c < c1; c += 4u)
        for (uint32_t r = 0; r < p->rows_a_lane; r++)
            for (uint32_t l = 0; l < p->used; l++) {
                const uint32_t k = p->k0 + r * p->caps->lanes + l; /* N:4 work is the same everywhere: lanes in order */
                uint32_t n = 0;
                for (uint32_t i = 0; k < p->k1 && i < 4u && c + i < p->cols; i++) {
                    const int8_t w = p->nm->w[(size_t)k * p->cols + c + i];
                    if (w) {
                        put_entry(p, image, &p->lanes[l], i << 8 | (uint32_t)(uint8_t)w);
                        n++;
                    }
                }
                for (; n < p->n; n++)
                    put_entry(p, image, &p->lanes[l], 0u); /* weight zero of channel zero */
            }
}

/* Make the image longer by n bytes and what aligns it. Non-zero: beyond 4 GB. */
static int grow(packer *p, uint32_t n)
{
    n = round_up(n, LAC_ALIGN);
    if (n > UINT32_MAX - p->bytes)
        return 1;
    p->bytes += n;
    return 0;
}

/* Count the tile [c0, c1) of the row tile, lanes[].closed slots; with an image, write it too. */
static lac_status close_tile(packer *p, uint8_t *image, uint32_t c0, uint32_t c1)
{
    const uint32_t line = p->caps->line, banks = line / 8u, used = p->used;
    const uint32_t columns = hw_columns(p, c0, c1), slice = p->n * p->rows_a_lane;
    const uint32_t groups = p->by_column ? 0u : ceil_div(used, banks);
    const uint32_t head_lines = p->by_column ? lines(p, columns) : p->nm ? 1u : 1u + lines(p, 2u * groups);
    const uint32_t most = most_words(p, 1, 0);
    const uint32_t at = p->body + p->bytes;
    /* below 2^24 with the columns of column blocks, else below 2^22, as are all the groups' words */
    uint32_t block = head_lines + (p->by_column ? p->closed_lines : p->nm ? 0u : columns * lines(p, used));

    for (uint32_t g = 0; g < groups; g++) {
        uint32_t words = 0;
        for (uint32_t i = 0; i < banks && g * banks + i < used; i++) {
            lane_state *l = &p->lanes[g * banks + i];
            l->at = at + block * line + i * 8u;
            l->slot = 0;
            words = max_u32(words, ceil_div(l->closed, p->entry_slots));
        }
        if (image && !p->nm)
            lac_put32(image + at + line + 2u * g, words); /* the upper half is the next one's, or not written yet */
        block += words;
    }
    if (block >> 24 || (p->single && p->tiles) || grow(p, block * line))
        return LAC_E_SPACE;

    if (image) {
        const uint32_t t[] = {c0, columns, at, block, most, p->words, p->columns}; /* lac_tile */
        put_words(image + LAC_DIR_HEADER + LAC_DIR_RECORD * (p->row_tiles + p->tiles), t, 7);

        if (!p->by_column) {
            lac_put32(image + at, (uint32_t)p->format | p->n << 2 | slice % 6u << 5 | (used - 1u) << 8 | columns << 16);
            lac_put32(image + at + 4u, p->nm ? slice / 6u | most << 16 : 0u);
        }
        if (p->nm)
            write_columns_nm(p, image, c0, c1);
        else
            write_columns_csc(p, image, at + head_lines * line, at, c0, c1);
    }
    p->tiles++;
    p->words += most;
    p->columns += columns;
    p->closed_lines = 0;
    for (uint32_t l = 0; l < used; l++)
        p->lanes[l].closed = 0;
    return LAC_OK;
}

static void write_params(const packer *p, uint8_t *at)
{
    for (uint32_t k = p->k0; k < p->k1; k++, at += 16) {
        lac_put32(at, p->rq && p->rq->bias ? (uint32_t)p->rq->bias[k] : 0u);
        lac_put32(at + 4, !p->rq ? 1u : (uint32_t)(p->rq->multiplier ? p->rq->multiplier[k] : p->rq->m0));
        at[8] = (uint8_t)(!p->rq ? 1 : p->rq->shift ? p->rq->shift[k] : p->rq->s0);
        at[9] = p->lane[k];
    }
}

/* ---- Planning -------------------------------------------------------------------------------------- */

/* All row tiles, all columns, within the limits in *p. With an image (zeroed) everything is written, else only counted. row_tiles
 * must be right when writing, because the directory's second table stands behind the first. */
static lac_status walk(packer *p, uint8_t *image)
{
    const uint32_t row_tiles = ceil_div(p->rows, p->row_tile);

    p->row_tiles = row_tiles;
    p->tiles = 0;
    p->words = p->columns = p->params = p->entries = p->closed_lines = 0;
    p->bytes = p->format == LAC_CSC ? LAC_ALIGN : 0u;
    for (uint32_t c = 0; c < p->cursors; c++)
        p->cursor[c] = p->m->col_ptr[c];

    for (uint32_t t = 0; t < row_tiles; t++) {
        const uint32_t tile0 = p->tiles, params = p->body + p->bytes;
        uint32_t c0 = 0;

        p->k0 = t * p->row_tile;
        p->k1 = min_u32(p->k0 + p->row_tile, p->rows);
        const uint32_t channels = p->k1 - p->k0;
        p->used = min_u32(p->caps->lanes, channels);
        p->rows_a_lane = ceil_div(channels, p->caps->lanes);
        if (p->factor)
            memset(p->lanes, 0, MAX_LANES * sizeof *p->lanes);
        else
            assign_lanes(p);
        if (image)
            write_params(p, image + params);
        if (grow(p, 16u * channels))
            return LAC_E_SPACE;

        for (uint32_t c = 0; c < p->cols; c += p->unit) {
            const uint32_t end = min_u32(c + p->unit, p->cols);
            if (!measure(p, c, end) || most_words(p, 0, 1) > p->max_words || hw_columns(p, c, end) > p->max_cols)
                return LAC_E_SPACE;
            if (hw_columns(p, c0, end) > p->max_cols || most_words(p, 1, 1) > p->max_words) {
                const lac_status s = close_tile(p, image, c0, c);
                if (s != LAC_OK)
                    return s;
                c0 = c;
            }
            p->closed_lines += p->unit_lines;
            for (uint32_t l = 0; l < p->used; l++)
                p->lanes[l].closed += p->lanes[l].unit;
        }
        const lac_status s = close_tile(p, image, c0, p->cols);
        if (s != LAC_OK)
            return s;

        if (image) {
            const uint32_t r[] = {p->k0, channels, params, p->params, tile0, p->tiles - tile0}; /* lac_row_tile */
            put_words(image + LAC_DIR_HEADER + LAC_DIR_RECORD * t, r, 6);
        }
        p->params += round_up(channels, p->caps->store_w);
        for (uint32_t c = 0; c < p->cursors; c++)
            while (p->cursor[c] < p->m->col_ptr[c + 1u] && p->m->row_idx[p->cursor[c]] < p->k1)
                p->cursor[c]++;
    }
    return LAC_OK;
}

/* Find limits with which walk() succeeds; *align: what row tiles start at a multiple of. */
static lac_status plan(packer *p, uint32_t *align)
{
    const lac_caps *caps = p->caps;
    uint32_t rows_a_lane = min_u32(caps->acc_depth, 65535u);

    if (p->nm) /* q < 1024, r < 6 */
        rows_a_lane = min_u32(rows_a_lane, (1023u * 6u + 5u) / p->n);
    const uint32_t most = p->factor ? p->rows : min_u32(rows_a_lane * caps->lanes, caps->param_depth); /* those of a residual are nobody's outputs */

    *align = 64u;
    p->row_tile = p->rows;
    p->max_words = min_u32(caps->weight_depth, 65535u);
    p->max_cols = min_u32(caps->col_depth, 65535u);
    p->single = 1;
    /* One tile larger than half of the RAM leaves no room for the next one's columns, or for those of the layer that a residual is of. */
    if (!p->by_column && !p->factor && p->rows <= most && walk(p, NULL) == LAC_OK)
        return LAC_OK;

    p->single = 0;
    p->max_words /= 2u;
    if (!p->tap || hw_columns(p, 0, p->unit) <= p->max_cols / 2u) /* a tap is never divided */
        p->max_cols /= 2u;
    if (p->rows <= most && walk(p, NULL) == LAC_OK) {
        /* As few tiles, but of equal length: a short one would keep LOAD waiting for the long one before it. */
        const uint32_t tiles = p->tiles, limit = p->max_words;
        for (uint32_t even = ceil_div(p->words, tiles); tiles > 1u && even < limit; even += even / 16u + 1u) {
            p->max_words = even;
            if (walk(p, NULL) == LAC_OK && p->tiles == tiles)
                return LAC_OK;
        }
        p->max_words = limit;
        return walk(p, NULL);
    }
    if (p->shape || p->factor || (p->pool && p->pool->most))
        return LAC_E_SPACE;

    const uint32_t half = min_u32(most, caps->param_depth / 2u / caps->store_w * caps->store_w);
    for (*align = 64u; *align >= 8u; *align /= *align == 64u ? 2u : 4u) { /* 64, 32, 8 */
        uint32_t tile = half >= *align ? half : most;
        const uint32_t two = min_u32(*align, caps->lanes & (0u - caps->lanes)); /* powers of two in the lanes */
        const uint32_t whole = *align / two * caps->lanes; /* no lane idle in the last row */
        if (tile >= whole)
            tile -= tile % whole;
        for (tile = min_u32(tile, p->rows); tile - tile % *align > 0u; tile /= 2u) {
            tile -= tile % *align;
            p->row_tile = tile;
            if (walk(p, NULL) == LAC_OK)
                return LAC_OK;
        }
    }
    return LAC_E_SPACE;
}

/* ---- Entry ----------------------------------------------------------------------------------------- */

#define LANE_BYTES (MAX_LANES * (uint32_t)(sizeof(lane_state) + 2u * sizeof(uint16_t)))

uint32_t lac_pack_scratch(const lac_caps *caps, uint32_t rows, uint32_t cols)
{
    (void)caps;
    return round_up(LANE_BYTES + 4u * rows + 4u * cols + rows, 8u);
}

static void use_scratch(packer *p, void *scratch)
{
    p->lanes = (lane_state *)scratch;
    p->by_load = (uint16_t *)(p->lanes + MAX_LANES);
    p->by_count = p->by_load + MAX_LANES;
    p->count = (uint32_t *)(void *)(p->by_count + MAX_LANES);
    p->cursor = p->count + p->rows;
    p->lane = (uint8_t *)(p->cursor + p->cursors);
}

static lac_status check_requant(const packer *p, uint64_t *where)
{
    const lac_requant *rq = p->rq;
    for (uint32_t k = 0; rq && k < p->rows; k++) {
        const int32_t m = rq->multiplier ? rq->multiplier[k] : rq->m0;
        const int8_t s = rq->shift ? rq->shift[k] : rq->s0;
        if (m < 0 || s < 1 || s > 62) {
            if (where)
                *where = k;
            return LAC_E_ARG;
        }
    }
    return LAC_OK;
}

static lac_status pack(packer *p, void *buf, uint32_t cap, uint32_t *need, lac_layer *out)
{
    const lac_caps *caps = p->caps;
    uint8_t *image = (uint8_t *)buf;
    uint32_t align;

    p->unit = p->shape || p->factor ? 1u : p->tap ? p->tap / (p->pool ? 4u : 1u) : caps->line;
    p->body = 0;
    const lac_status s = plan(p, &align);
    if (s != LAC_OK)
        return s;

    if (p->row_tiles + p->tiles > 65535u) /* what lac_layer_open() takes */
        return LAC_E_SPACE;
    p->body = round_up(LAC_DIR_HEADER + LAC_DIR_RECORD * (p->row_tiles + p->tiles), LAC_ALIGN);
    if (grow(p, p->body))
        return LAC_E_SPACE;
    *need = p->bytes;
    if (image && cap < *need)
        return LAC_E_SPACE;

    const int on_chip = !p->factor && p->words <= caps->weight_depth && p->columns <= caps->col_depth && p->params <= caps->param_depth;
    const uint64_t padding = p->entries - p->nonzeros;
    const uint32_t head[] = {
        LAC_DIR_MAGIC, p->body, *need, p->rows, p->cols, (uint32_t)p->format, p->n, caps->lanes, caps->line, caps->store_w,
        align, p->row_tiles, p->tiles, p->format == LAC_CSC ? p->body : 0u,
        on_chip ? p->words : 0u, on_chip ? p->columns : 0u, on_chip ? p->params : 0u,
        (uint32_t)p->entries, (uint32_t)(p->entries >> 32), (uint32_t)padding, (uint32_t)(padding >> 32),
        (uint32_t)p->nonzeros, (uint32_t)(p->nonzeros >> 32), (uint32_t)p->by_column,
        p->factor ? LAC_TAPS_RESIDUAL : p->pool ? p->pool->most ? LAC_TAPS_MOST : LAC_TAPS_SUM : p->tap ? LAC_TAPS_RULES : !p->shape ? LAC_TAPS_COLUMNS : p->depthwise == 2 ? LAC_TAPS_FOURS : p->depthwise ? LAC_TAPS_DEPTHWISE : LAC_TAPS_ROWS, p->tap ? p->tap : p->taps.channels, p->taps.kernel, p->taps.stride, p->taps.grid, p->nm ? 0u : (uint32_t)(p->balance != 0),
    };
    uint8_t first[LAC_DIR_HEADER];

    memset(first, 0, sizeof first);
    put_words(first, head, sizeof head / sizeof head[0]);
    if (out)
        lac_layer_read(first, out);
    if (!image)
        return LAC_OK;

    memset(image, 0, *need);
    memcpy(image, first, sizeof first);
    for (uint32_t i = 0; p->format == LAC_CSC && i < 16u; i++)
        lac_put32(image + p->body + 2u * i, (uint16_t)p->code[i]);
    if (out)
        out->image = image;
    return walk(p, image);
}

/* csc: collect the distinct non-zero values, ascending. */
static int add_code(packer *p, int16_t v)
{
    uint32_t i = 1, j;
    while (i <= p->codes && p->code[i] < v)
        i++;
    if (i <= p->codes && p->code[i] == v)
        return 1;
    if (p->codes == 15u)
        return 0;
    for (j = ++p->codes; j > i; j--)
        p->code[j] = p->code[j - 1u];
    p->code[i] = v;
    return 1;
}

static packer begin_csc(const lac_caps *caps, const lac_csc *m, lac_format format, const lac_requant *rq, int balance)
{
    packer p;

    memset(&p, 0, sizeof p);
    p.caps = caps;
    p.m = m;
    p.rq = rq;
    p.format = format;
    p.balance = balance;
    p.entry_slots = format == LAC_CSC ? 6u : 4u;
    p.gap_bits = format == LAC_CSC ? 6u : 8u;
    return p;
}

/* What all that pack a lac_csc have in common; p->cols is the number of packed columns, 0: those of the matrix. */
static lac_status pack_csc(packer *p, void *scratch, void *buf, uint32_t cap, uint32_t *need, lac_layer *out, uint64_t *where)
{
    const lac_csc *m = p->m;
    uint32_t at = 0;

    if (where)
        *where = 0;
    if (!p->caps || !m || !scratch || !need || !m->col_ptr || m->cols < 1u || m->cols > 65535u
        || (p->format != LAC_CSC && p->format != LAC_CSC8) || !(p->caps->formats >> p->format & 1u) || (p->by_column && !(p->caps->formats & LAC_HAS_COLUMNS))
        || (p->balance == 2 && p->caps->lanes % 4u))
        return LAC_E_ARG;
    const uint32_t nnz = m->col_ptr[m->cols];
    const lac_status s = lac_csc_check(m, nnz, &at);
    if (s != LAC_OK) {
        if (where)
            *where = at;
        return s;
    }

    p->rows = m->rows;
    if (!p->shape)
        p->cols = p->cursors = m->cols;
    use_scratch(p, scratch);
    const lac_status r = check_requant(p, where);
    if (r != LAC_OK)
        return r;

    memset(p->count, 0, p->rows * sizeof *p->count);
    for (uint32_t i = 0, c = 0; i < nnz; i++) {
        const int16_t v = m->values[i];
        if (v == 0)
            continue;
        while (i >= m->col_ptr[c + 1u])
            c++;
        if (p->format == LAC_CSC ? !add_code(p, v) : v < -128 || v > 127 || (p->depthwise == 2 && m->row_idx[i] % 4u != c % 4u)) {
            if (where)
                *where = i;
            return LAC_E_FORMAT;
        }
        p->count[m->row_idx[i]]++;
        p->nonzeros++;
    }
    return pack(p, buf, cap, need, out);
}

lac_status lac_pack_csc(const lac_caps *caps, const lac_csc *m, lac_format format, const lac_requant *rq, int balance, void *scratch,
                        void *buf, uint32_t cap, uint32_t *need, lac_layer *out, uint64_t *where)
{
    packer p = begin_csc(caps, m, format, rq, balance);
    return pack_csc(&p, scratch, buf, cap, need, out, where);
}

lac_status lac_pack_csc_columns(const lac_caps *caps, const lac_csc *m, lac_format format, const lac_requant *rq, int balance, void *scratch,
                                void *buf, uint32_t cap, uint32_t *need, lac_layer *out, uint64_t *where)
{
    packer p = begin_csc(caps, m, format, rq, balance);
    p.by_column = 1;
    return pack_csc(&p, scratch, buf, cap, need, out, where);
}

lac_status lac_conv_pack_rows(const lac_caps *caps, const lac_conv_shape *shape, const lac_csc *m, lac_format format, int depthwise, const lac_requant *rq, int balance,
                              void *scratch, void *buf, uint32_t cap, uint32_t *need, lac_layer *out, uint64_t *where)
{
    packer p = begin_csc(caps, m, format, rq, depthwise ? 0 : balance);

    if (where)
        *where = 0;
    if (!caps || !shape || !m || !(caps->formats & LAC_HAS_WINDOWS) || lac_conv_out_x(shape) < 1u || lac_conv_out_y(shape) < 1u
        || shape->channels < 1u || shape->channels > 65535u)
        return LAC_E_ARG;
    if ((shape->kernel_y > 1u && shape->dilation_y > 1u) || (shape->kernel_x > 1u && shape->dilation_x > 1u))
        return LAC_E_FORMAT;
    if (depthwise < 0 || depthwise > 2 || (depthwise && (shape->channels % 4u || caps->lanes % 4u || format != LAC_CSC8))
        || (depthwise == 1 ? m->cols != shape->kernel_y * shape->kernel_x || m->rows != shape->channels : m->cols != shape->kernel_y * shape->kernel_x * shape->channels))
        return LAC_E_ARG;

    p.shape = shape;
    p.depthwise = depthwise;
    lac_get_rows(shape, &p.taps);
    p.cols = p.taps.sets_y * p.taps.sets_x * (shape->channels / (depthwise ? 4u : 1u));
    if (p.cols > 65535u || (uint64_t)(p.taps.grid - 1u) * (shape->stride_x * shape->channels) > 65535u)
        return LAC_E_ARG;
    /* No row of an entry leaves 32 bits, then, nor what EXEC can address. */
    const uint64_t pixels = (uint64_t)((shape->kernel_y - 1u) / shape->stride_y) * p.taps.grid + (shape->kernel_x - 1u) / shape->stride_x + 1u;
    if (pixels * ceil_div(m->rows, caps->lanes) > caps->acc_depth)
        return LAC_E_SPACE;
    return pack_csc(&p, scratch, buf, cap, need, out, where);
}

lac_status lac_conv_pack_residual(const lac_caps *caps, const lac_layer *of, const int16_t *factor, void *scratch, void *buf, uint32_t cap, uint32_t *need, lac_layer *out,
                                  uint64_t *where)
{
    packer p = begin_csc(caps, NULL, LAC_CSC8, NULL, 0);

    if (where)
        *where = 0;
    if (!caps || !of || !of->image || !factor || !scratch || !need || !(caps->formats & LAC_HAS_WINDOWS) || !(caps->formats >> LAC_CSC8 & 1u) || caps->lanes % 4u
        || lac_dir(of->image, LAC_DIR_W_LANES) != caps->lanes || of->rows % 4u || of->by_column || of->taps == LAC_TAPS_RESIDUAL)
        return LAC_E_ARG;
    p.factor = factor;
    p.rows = of->rows;
    p.cols = of->rows / 4u;
    use_scratch(&p, scratch);
    for (uint32_t i = 0; i < lac_dir(of->image, LAC_DIR_W_ROW_TILES); i++) {
        lac_row_tile t;
        lac_get_row_tile(of->image, i, &t);
        for (uint32_t k = t.chan0; k < t.chan0 + t.channels; k++) {
            p.lane[k] = ((const uint8_t *)of->image)[t.params + 16u * (k - t.chan0) + 9u];
            p.nonzeros += factor[k] != 0;
            if (p.lane[k] >= min_u32(caps->lanes, t.channels) || (p.lane[k] ^ k) % 4u) {
                if (where)
                    *where = k;
                return LAC_E_FORMAT;
            }
        }
    }
    return pack(&p, buf, cap, need, out);
}

/* tap: 0, or the elements of one, for rules. Every lane has the same work, so there is nothing to balance. */
static lac_status pack_nm(const lac_caps *caps, uint32_t tap, const lac_nm *m, const lac_requant *rq, void *scratch, void *buf, uint32_t cap, uint32_t *need, lac_layer *out, uint64_t *where)
{
    packer p;

    if (where)
        *where = 0;
    if (!caps || !m || !m->w || !scratch || !need || m->rows < 1u || m->rows > 65535u || m->cols < 1u || m->cols > 65535u
        || m->n < 1u || m->n > 4u || !(caps->formats >> LAC_NM & 1u))
        return LAC_E_ARG;

    memset(&p, 0, sizeof p);
    p.caps = caps;
    p.nm = m;
    p.rq = rq;
    p.format = LAC_NM;
    p.rows = m->rows;
    p.cols = m->cols;
    p.n = m->n;
    p.entry_slots = 6u;
    p.tap = tap;
    use_scratch(&p, scratch);
    const lac_status r = check_requant(&p, where);
    if (r != LAC_OK)
        return r;

    for (uint32_t k = 0; k < p.rows; k++)
        for (uint32_t c = 0; c < p.cols; c += 4u) {
            uint32_t n = 0;
            for (uint32_t i = c; i < min_u32(c + 4u, p.cols); i++)
                n += m->w[(size_t)k * p.cols + i] != 0;
            if (n > p.n) {
                if (where)
                    *where = (uint64_t)k * p.cols + c;
                return LAC_E_FORMAT;
            }
            p.nonzeros += n;
        }
    return pack(&p, buf, cap, need, out);
}

lac_status lac_pack_nm(const lac_caps *caps, const lac_nm *m, const lac_requant *rq, int balance,
                       void *scratch, void *buf, uint32_t cap, uint32_t *need, lac_layer *out, uint64_t *where)
{
    (void)balance;
    return pack_nm(caps, 0, m, rq, scratch, buf, cap, need, out, where);
}

lac_status lac_sconv_pack(const lac_caps *caps, uint32_t channels, const lac_csc *m, const lac_nm *nm, lac_format format, const lac_requant *rq, int balance,
                          void *scratch, void *buf, uint32_t cap, uint32_t *need, lac_layer *out, uint64_t *where)
{
    const uint32_t cols = m ? m->cols : nm ? nm->cols : 0u;

    if (where)
        *where = 0;
    if (!caps || !m == !nm || channels < 1u || cols % channels || cols / channels > 127u || (nm && (channels % 4u || format != LAC_NM)))
        return LAC_E_ARG;
    if (nm)
        return pack_nm(caps, channels, nm, rq, scratch, buf, cap, need, out, where);
    packer p = begin_csc(caps, m, format, rq, balance);
    p.tap = channels;
    return pack_csc(&p, scratch, buf, cap, need, out, where);
}

lac_status lac_sconv_pack_pool(const lac_caps *caps, const lac_sconv_pool *pool, const lac_requant *rq, void *scratch, void *buf, uint32_t cap, uint32_t *need, lac_layer *out,
                               uint64_t *where)
{
    packer p = begin_csc(caps, NULL, LAC_CSC8, rq, 0);

    if (where)
        *where = 0;
    if (!caps || !pool || !scratch || !need || !(caps->formats & LAC_HAS_WINDOWS) || !(caps->formats >> LAC_CSC8 & 1u) || caps->lanes % 4u || pool->channels < 1u || pool->channels % 4u
        || pool->channels > 65535u || pool->first % 4u || pool->first > 65535u || pool->rows < 1u || pool->rows > 65535u || pool->taps < 1u || pool->taps > 127u || pool->weight < 1
        || pool->taps * (pool->channels / 4u) > 65535u)
        return LAC_E_ARG;
    p.pool = pool;
    p.tap = pool->channels;
    p.rows = pool->rows;
    p.cols = pool->taps * (pool->channels / 4u);
    use_scratch(&p, scratch);
    memset(p.count, 0, p.rows * sizeof *p.count);
    if (pool->first < pool->channels)
        p.nonzeros = (uint64_t)pool->taps * min_u32(pool->rows, pool->channels - pool->first);
    const lac_status r = check_requant(&p, where);
    if (r != LAC_OK)
        return r;
    return pack(&p, buf, cap, need, out);
}
