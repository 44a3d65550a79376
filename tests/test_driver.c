/* SPDX-License-Identifier: Apache-2.0
 *
 * test_driver.c - the driver on the golden model
 *
 *   Images    decoded again from what the LOAD commands name, by a reader written from docs/formats.md alone, and compared with the
 *             dense matrix
 *   Columns   what a job of one point reads of column blocks, to the beat; what it must not read is overwritten first
 *   Jobs      random sequences: all formats and types, lists, zero points, batches, tiles, resident and streamed, chains, a ring that
 *             wraps around; expected memory, every byte of it, from naive.c
 *   Order     every program that was run also goes through race.c; and race.c must notice every token that is taken away
 *   Device    a port that fails, lies or never answers; full rings; bounded waits; error records
 *   Machines  the configurations of configs/, and random ones with small RAMs
 *   SEED      of everything random; a line stands for as many cases as it says */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver_rig.h"
#include "lac_config.h"
#include "lac_hw.h"
#include "lac_model.h"
#include "lacuna.h"
#include "naive.h"
#include "ports/port_mmio.h"
#include "rng.h"

#define GET(c, f) lac_get_field((c)->w, LAC_F_##f)

/* ---- Machine ----------------------------------------------------------------------------------------- */

static const char *const config_names[] = {"l8", "l64", "odd", "w512", "l4"};

static lac_config named_config(const char *name)
{
    lac_config c;
    char path[64], err[200];
    snprintf(path, sizeof path, "configs/%s.cfg", name);
    if (lac_config_read(path, &c, err, sizeof err)) {
        printf("not ok - %s: %s\n", path, err);
        exit(1);
    }
    return c;
}

/* Small RAMs of odd sizes, so that everything needs tiles and batches. */
static lac_config random_config(lac_rng *g)
{
    static const uint32_t lanes[] = {4, 6, 8, 12, 16, 20, 32, 48, 64, 100, 256}, width[] = {32, 64, 128, 256, 512};
    lac_config c;
    memset(&c, 0, sizeof c);
    strcpy(c.name, "random");
    c.data_w = width[rng_below(g, 5)];
    c.addr_w = 24 + rng_below(g, 25);
    do { /* what the hardware can be built with */
        c.lanes = lanes[rng_below(g, 11)];
        c.store_w = 1u << rng_below(g, 6);
    } while (c.lanes % c.store_w || c.store_w * 128 < c.data_w || c.store_w > (c.data_w > 64 ? c.data_w / 8 : 8));
    c.weight_depth = 100 + rng_below(g, 400);
    c.col_depth = 128 + rng_below(g, 400);
    c.acc_depth = 16 + rng_below(g, 100);
    c.feat_depth = 32 * (2 + rng_below(g, 8));
    c.param_depth = c.store_w * (1 + (64 + rng_below(g, 300)) / c.store_w);
    c.fifo_depth = 8;
    c.burst = 1 + rng_below(g, 32);
    c.flight = 8;
    if (rng_chance(g, 80)) { /* short of accumulators only: tiles of rows, and all of them fit on chip */
        c.weight_depth = c.col_depth = c.param_depth = 2048;
        c.acc_depth = 8 + rng_below(g, 8);
    }
    return c;
}

/* ---- Matrices ---------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t    rows, cols, n, nonzeros;
    lac_format  format;
    int         by_column;  /* column blocks */
    int32_t    *w;          /* [rows][cols] */
    int32_t     bias[2048], mult[2048];
    int8_t      shift[2048];
    void       *image;
    lac_layer   layer;
} matrix;

static int dense_at(const matrix *m, uint32_t k, uint32_t c) { return m->w[(size_t)k * m->cols + c]; }

static void fill_matrix(matrix *m, lac_rng *g, lac_format format, uint32_t rows, uint32_t cols)
{
    int32_t codes[15];
    const uint32_t density = rng_chance(g, 60) ? rng_below(g, 2) * 256 : rng_below(g, 200), distinct = 1 + rng_below(g, 15);
    const uint32_t mult = rng_below(g, 4);

    m->rows = rows;
    m->cols = cols;
    m->format = format;
    m->n = format == LAC_NM ? 1 + rng_below(g, 4) : 0;
    m->w = calloc((size_t)rows * cols, sizeof *m->w);
    m->nonzeros = 0;
    for (int i = 0; i < 15; i++) do codes[i] = (int32_t)rng_range(g, -500, 500); while (!codes[i]);

    for (uint32_t k = 0; k < rows; k++) {
        /* Rows of very different weight give balancing something to do; empty ones make gaps. */
        const uint32_t d = rng_chance(g, 100) ? density / 8 : density;
        for (uint32_t c = 0; c < cols; c++) {
            int32_t *w = &m->w[(size_t)k * cols + c];
            if (!rng_chance(g, d)) continue;
            *w = format == LAC_CSC ? codes[rng_below(g, distinct)] : (int32_t)rng_range(g, -128, 127);
        }
        for (uint32_t c = 0; format == LAC_NM && c < cols; c += 4) { /* prune: any n of the four stay */
            uint32_t stay = 0;
            for (uint32_t i = c; i < c + 4 && i < cols; i++) stay += m->w[(size_t)k * cols + i] != 0;
            while (stay > m->n) {
                const uint32_t i = c + rng_below(g, 4);
                if (i < cols && m->w[(size_t)k * cols + i]) m->w[(size_t)k * cols + i] = 0, stay--;
            }
        }
    }
    for (uint32_t c = 0, some = rng_chance(g, 60); some && c < cols; c++) /* empty columns */
        for (uint32_t k = 0, empty = rng_chance(g, 128); empty && k < rows; k++) m->w[(size_t)k * cols + c] = 0;
    for (size_t i = 0; i < (size_t)rows * cols; i++) m->nonzeros += m->w[i] != 0;

    for (uint32_t k = 0; k < rows; k++) {
        m->bias[k] = mult == 0 ? 0 : (int32_t)rng_range(g, -(1 << 30), 1 << 30) >> rng_below(g, 31);
        m->mult[k] = mult == 1 ? 0x40000000 : (int32_t)rng_below(g, 0x7FFFFFFF);
        m->shift[k] = (int8_t)(mult == 3 ? 1 + rng_below(g, 62) : 31 + rng_below(g, 16));
    }
}

typedef lac_status (*csc_packer)(const lac_caps *, const lac_csc *, lac_format, const lac_requant *, int, void *, void *, uint32_t,
                                 uint32_t *, lac_layer *, uint64_t *);

/* Pack in two passes; the result in m->image, m->layer. */
static lac_status pack_matrix(matrix *m, const lac_caps *caps, int balance, char *msg, size_t len)
{
    const lac_requant rq = {m->bias, m->mult, m->shift, -1, 0};
    void *scratch = malloc(lac_pack_scratch(caps, m->rows, m->cols));
    int16_t *v = malloc(sizeof *v * (m->rows * m->cols + 1));
    uint16_t *idx = malloc(sizeof *idx * (m->rows * m->cols + 1));
    uint32_t *ptr = malloc(sizeof *ptr * (m->cols + 1)), n = 0, need = 0, again = 0;
    int8_t *w8 = malloc((size_t)m->rows * m->cols);
    lac_layer planned;
    lac_status s;
    uint64_t where;

    ptr[0] = 0;
    for (uint32_t c = 0; c < m->cols; c++) {
        for (uint32_t k = 0; k < m->rows; k++) {
            w8[(size_t)k * m->cols + c] = (int8_t)dense_at(m, k, c);
            if (dense_at(m, k, c) || (k * 31 + c) % 97 == 0) { /* a stored zero here and there */
                v[n] = (int16_t)dense_at(m, k, c);
                idx[n++] = (uint16_t)k;
            }
        }
        ptr[c + 1] = n;
    }
    const lac_csc csc = {m->rows, m->cols, v, idx, ptr};
    const lac_nm nm = {m->rows, m->cols, m->n, w8};
    const csc_packer pack_csc = m->by_column ? lac_pack_csc_columns : lac_pack_csc;

    m->image = NULL;
    s = m->format == LAC_NM ? lac_pack_nm(caps, &nm, &rq, balance, scratch, NULL, 0, &need, &planned, &where)
                            : pack_csc(caps, &csc, m->format, &rq, balance, scratch, NULL, 0, &need, &planned, &where);
    if (s == LAC_OK) {
        uint8_t *buf = malloc(need);
        s = m->format == LAC_NM ? lac_pack_nm(caps, &nm, &rq, balance, scratch, buf, need - 1, &again, &m->layer, &where)
                                : pack_csc(caps, &csc, m->format, &rq, balance, scratch, buf, need - 1, &again, &m->layer, &where);
        if (s != LAC_E_SPACE) snprintf(msg, len, "a buffer one byte short: %s", lac_status_name(s)), s = LAC_E_FORMAT;
        else s = m->format == LAC_NM ? lac_pack_nm(caps, &nm, &rq, balance, scratch, buf, need, &again, &m->layer, &where)
                                     : pack_csc(caps, &csc, m->format, &rq, balance, scratch, buf, need, &again, &m->layer, &where);
        if (s == LAC_OK && (again != need || m->layer.bytes != need)) snprintf(msg, len, "need %u, then %u", need, again), s = LAC_E_FORMAT;
        m->image = buf;
        planned.image = m->layer.image;
        if (s == LAC_OK && memcmp(&planned, &m->layer, sizeof planned)) snprintf(msg, len, "the first pass promised another layer"), s = LAC_E_FORMAT;
        if (s == LAC_OK && m->layer.by_column != (uint32_t)m->by_column) snprintf(msg, len, "the other storage"), s = LAC_E_FORMAT;
        if (s == LAC_OK && (m->layer.nonzeros != m->nonzeros || m->layer.entries - m->layer.padding != m->nonzeros))
            snprintf(msg, len, "%llu non-zeros, counted %u", (unsigned long long)m->layer.nonzeros, m->nonzeros), s = LAC_E_FORMAT;
    } else snprintf(msg, len, "planning: %s", lac_status_name(s));
    free(scratch);
    free(v);
    free(idx);
    free(ptr);
    free(w8);
    return s;
}

/* A random machine may be too small for a line of columns in column blocks, which take more words on chip: then as weight blocks. */
static int refused_columns(matrix *m, const lac_caps *caps, lac_status *s, char *msg, size_t len)
{
    if (*s != LAC_E_SPACE || !m->by_column) return 0;
    m->by_column = 0;
    *msg = 0;
    *s = pack_matrix(m, caps, 1, msg, len);
    return 1;
}

static void drop_matrix(matrix *m)
{
    free(m->w);
    free(m->image);
}

/* ---- An independent reader of images ------------------------------------------------------------------ */

static uint64_t word64(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++) v |= (uint64_t)p[i] << 8 * i;
    return v;
}

/* On chip, as the commands so far left it: for each column the lane's weights by row and element of the column. */
typedef struct {
    const lac_caps *caps;
    uint32_t max_rows;
    int32_t *w;            /* [col_depth][4][rows][lanes] */
    uint8_t  param[65536][16];
    int16_t  codebook[2][16];
    uint64_t entries, words; /* of all blocks; words: of their fullest lanes */
} chip;

static int32_t *chip_at(chip *h, uint32_t col, uint32_t el, uint32_t row, uint32_t lane)
{
    return &h->w[(((size_t)col * 4 + el) * h->max_rows + row) * h->caps->lanes + lane];
}

/* Decode one block as docs/formats.md says; codes of csc stay codes. Returns NULL or what is wrong. */
static const char *decode_block(chip *h, const uint8_t *b, uint32_t length, uint32_t word_base, uint32_t col_base, uint64_t *column_lanes)
{
    const uint32_t lb = h->caps->line, B = lb / 8;
    const uint64_t head = word64(b);
    const uint32_t format = head & 3, n = head >> 2 & 7, r = head >> 5 & 7, lanes = (head >> 8 & 255) + 1, ncols = head >> 16 & 65535;
    const uint32_t q = head >> 32 & 1023, G = (lanes + B - 1) / B, E = format == 1 ? 4 : 6;
    uint32_t line = 1, words[256], table = 0, most = 0;

    if (format == 3 || ncols == 0 || lanes > h->caps->lanes || head >> 42 & 63) return "header";
    if (format == 2 ? n < 1 || n > 4 || r >= 6 || (!q && !r) || !(head >> 48) : n || r || q || head >> 48) return "header fields";
    if (format != 2) {
        for (uint32_t g = 0; g < G; g++) words[g] = b[lb + 2 * g] | (uint32_t)b[lb + 2 * g + 1] << 8;
        line += (2 * G + lb - 1) / lb;
        table = line;
        line += ncols * ((lanes + lb - 1) / lb);
    } else
        for (uint32_t g = 0; g < G; g++) words[g] = (uint32_t)(head >> 48);

    for (uint32_t g = 0; g < G; g++) {
        uint32_t longest = 0;
        for (uint32_t l = g * B; l < lanes && l < (g + 1) * B; l++) {
            uint32_t e = 0;
            for (uint32_t c = 0; c < ncols; c++) {
                const uint8_t t = format == 2 ? 0 : b[(table + c * ((lanes + lb - 1) / lb)) * lb + l];
                const uint32_t count = format == 2 ? 6 * q + r : E * (t >> 3) + (t & 7);
                uint32_t row = ~0u;
                if (format != 2 && (t & 7) >= E) return "remainder";
                if (count) column_lanes[c]++;
                for (uint32_t i = 0; i < count; i++, e++) {
                    if (e / E >= words[g]) return "a lane runs past its words";
                    const uint64_t w = word64(b + (line + e / E) * lb + 8 * (l % B));
                    const uint32_t x = format == 1 ? w >> 16 * (e % E) & 65535 : w >> 10 * (e % E) & 1023;
                    if (format == 2) {
                        if (i / n >= h->max_rows) return "row";
                        *chip_at(h, col_base + c, x >> 8, i / n, l) += (int8_t)(x & 255);
                    } else {
                        const int32_t v = format == 1 ? (int8_t)(x & 255) : (int32_t)(x & 15);
                        row += (format == 1 ? x >> 8 : x >> 4) + 1;
                        if (row >= h->max_rows) return "row";
                        *chip_at(h, col_base + c, 0, row, l) += v;
                    }
                }
            }
            h->entries += e;
            if ((e + E - 1) / E > longest) longest = (e + E - 1) / E;
        }
        if (longest != words[g]) return "a group has more words than it needs";
        if (words[g] > most) most = words[g];
        line += words[g];
    }
    if (line != length) return "sections do not add up";
    if (word_base + most > h->caps->weight_depth || col_base + ncols > h->caps->col_depth) return "beyond a RAM";
    h->words += most;
    return NULL;
}

/* The same for a column block, all of its columns. */
static const char *decode_columns(chip *h, const lac_cmd *c, const uint8_t *b)
{
    const uint32_t lb = h->caps->line, B = lb / 8, format = GET(c, LOAD_COLUMNS_FORMAT), E = format ? 4 : 6;
    const uint32_t lanes = GET(c, LOAD_COLUMNS_LANES) + 1, table = (lanes + lb - 1) / lb;
    const uint32_t ncols = GET(c, LOAD_COLUMNS_COLUMNS), col_base = GET(c, LOAD_COLUMNS_COL_BASE);
    uint32_t line = (ncols + lb - 1) / lb, on_chip[256] = {0}, most = 0;

    if (format > 1 || lanes > h->caps->lanes) return "format or lanes";
    for (uint32_t k = 0; k < ncols; k++) {
        const uint8_t *t = b + line * lb;
        const uint32_t words = b[k] - table;
        uint32_t at[8] = {0}, longest = 0; /* entries of each word position so far */
        if (b[k] == 0) continue;
        if (b[k] <= table) return "a column without words";
        for (uint32_t l = 0; l < lanes; l++) {
            const uint32_t g = l / 8 % B, upto = E * (t[l] >> 3) + (t[l] & 7);
            const uint32_t before = l % 8 ? E * (t[l - 1] >> 3) + (t[l - 1] & 7) : 0;
            uint32_t row = ~0u;
            if ((t[l] & 7) >= E || upto < before) return "remainder, or counts that fall";
            if (upto > before) on_chip[l] += (at[g] + upto - before - 1) / E - at[g] / E + 1;
            for (uint32_t i = before; i < upto; i++, at[g]++) {
                if (at[g] / E >= words) return "an octet runs past the words";
                const uint64_t w = word64(t + (table + at[g] / E) * lb + 8 * g);
                const uint32_t x = format ? w >> 16 * (at[g] % E) & 65535 : w >> 10 * (at[g] % E) & 1023;
                row += (format ? x >> 8 : x >> 4) + 1;
                if (row >= h->max_rows) return "row";
                *chip_at(h, col_base + k, 0, row, l) += format ? (int8_t)(x & 255) : (int32_t)(x & 15);
                h->entries++;
            }
            if (on_chip[l] > most) most = on_chip[l];
        }
        for (uint32_t g = 0; g < B; g++) if ((at[g] + E - 1) / E > longest) longest = (at[g] + E - 1) / E;
        if (longest != words) return "a column has more words than it needs";
        line += b[k];
    }
    if (line != GET(c, LOAD_COLUMNS_LINES)) return "index and columns do not add up";
    if (GET(c, LOAD_COLUMNS_WORD_BASE) + most > h->caps->weight_depth || col_base + ncols > h->caps->col_depth) return "beyond a RAM";
    h->words += most;
    return NULL;
}

/* Follow a program of one job: what matrix and which parameters does it apply? Compares with m; NULL or what differs. */
static const char *decode_program(const rig *r, const list *prog, const matrix *m, const lac_fc *job)
{
    static char why[200];
    const lac_caps *caps = &r->dev.caps;
    const uint32_t lb = caps->line, L = caps->lanes, per = m->format == LAC_NM ? 4 : 1;
    const uint32_t es = job->x.type == LAC_INT16 ? 2 : 1, eo = job->y.type == LAC_RAW ? 8 : job->y.type == LAC_INT16 ? 2 : 1;
    chip *h = calloc(1, sizeof *h);
    int32_t *got = calloc((size_t)m->rows * m->cols, sizeof *got), *acc = NULL;
    uint8_t *seen = calloc(m->rows, 1), *feat_known = calloc(caps->feat_depth, 1);
    uint32_t *feat_el = calloc(caps->feat_depth, sizeof *feat_el); /* element of point 0 at a line's start */
    uint32_t *feat_by = calloc(caps->feat_depth, sizeof *feat_by); /* command that loaded it */
    uint32_t *col_line = calloc(caps->col_depth, sizeof *col_line); /* line of the feature that chose a column */
    uint32_t *col_by = calloc(caps->col_depth, sizeof *col_by);     /* and the command that loaded it; 0: all columns were loaded */
    uint64_t *column_lanes = calloc(caps->col_depth, sizeof *column_lanes);
    const char *bad = NULL;

    h->caps = caps;
    h->max_rows = (m->rows + L - 1) / L;
    h->w = calloc((size_t)caps->col_depth * 4 * h->max_rows * L, sizeof *h->w);
    acc = calloc((size_t)h->max_rows * L * m->cols, sizeof *acc); /* weights applied so far: [row][lane][col] */

    for (uint32_t i = 0; i < prog->n && !bad; i++) {
        const lac_cmd *c = &prog->c[i];
        const uint32_t op = c->w[0] & 255;
        const uint64_t addr = c->w[2] | (uint64_t)c->w[3] << 32;
        const uint8_t *p = op != LAC_OP_EXEC ? host(r, addr) : NULL;
        if (op == LAC_OP_LOAD_WEIGHTS) {
            const uint32_t col = GET(c, LOAD_WEIGHTS_COL_BASE), ncols = p[2] | (uint32_t)p[3] << 8;
            memset(chip_at(h, col, 0, 0, 0), 0, sizeof *h->w * 4 * h->max_rows * L * ncols);
            bad = decode_block(h, p, GET(c, LOAD_WEIGHTS_LINES), GET(c, LOAD_WEIGHTS_WORD_BASE), col, column_lanes);
        } else if (op == LAC_OP_LOAD_COLUMNS) {
            const uint32_t col = GET(c, LOAD_COLUMNS_COL_BASE), ncols = GET(c, LOAD_COLUMNS_COLUMNS);
            const int needed = GET(c, LOAD_COLUMNS_NEEDED);
            memset(chip_at(h, col, 0, 0, 0), 0, sizeof *h->w * 4 * h->max_rows * L * ncols);
            bad = decode_columns(h, c, p);
            if (needed ? job->points > 1 || GET(c, LOAD_COLUMNS_WIDE) != (es == 2)
                       : GET(c, LOAD_COLUMNS_WIDE) || GET(c, LOAD_COLUMNS_FEAT_BASE))
                bad = "NEEDED for several points, or its fields without it";
            for (uint32_t k = 0; k < ncols && !bad; k++) {
                const uint32_t fl = GET(c, LOAD_COLUMNS_FEAT_BASE) + k * es / lb;
                if (needed && (fl >= caps->feat_depth || !feat_known[fl])) bad = "NEEDED: features that were not loaded";
                else col_line[col + k] = fl, col_by[col + k] = needed ? feat_by[fl] : 0;
            }
        } else if (op == LAC_OP_LOAD_CODEBOOK) {
            for (int k = 0; k < 16; k++)
                h->codebook[GET(c, LOAD_CODEBOOK_COPY)][k] = (int16_t)(p[2 * k] | p[2 * k + 1] << 8);
        } else if (op == LAC_OP_LOAD_PARAMS) {
            memcpy(h->param[GET(c, LOAD_PARAMS_PARAM_BASE)], p, 16u * GET(c, LOAD_PARAMS_CHANNELS));
        } else if (op == LAC_OP_LOAD_FEATURES) {
            const uint32_t el = (uint32_t)(addr - job->x.addr) / es, n = (GET(c, LOAD_FEATURES_CHANNELS) * es + lb - 1) / lb;
            for (uint32_t k = 0; k < n; k++) {
                feat_known[GET(c, LOAD_FEATURES_FEAT_BASE) + k] = 1;
                feat_by[GET(c, LOAD_FEATURES_FEAT_BASE) + k] = i + 1;
                feat_el[GET(c, LOAD_FEATURES_FEAT_BASE) + k] = el + k * lb / es;
            }
        } else if (op == LAC_OP_EXEC) {
            const uint32_t line = GET(c, EXEC_FEAT_BASE), cols = GET(c, EXEC_COLUMNS), el0 = feat_el[line], rows = GET(c, EXEC_ROWS);
            const int16_t *book = h->codebook[GET(c, EXEC_COPY)];
            if (!feat_known[line]) bad = "EXEC reads features that were not loaded";
            for (uint32_t j = 0; j < cols && !bad && m->by_column; j++) {
                const uint32_t col = GET(c, EXEC_COL_BASE) + j, fl = line + j * es / lb;
                if (col_by[col] && (col_by[col] != feat_by[fl] || col_line[col] != fl)) bad = "columns chosen by other features than EXEC's";
            }
            for (uint32_t j = 0; j < cols && !bad; j++)
                for (uint32_t e = 0; e < per; e++)
                    for (uint32_t row = 0; row < h->max_rows; row++)
                        for (uint32_t l = 0; l < L; l++) {
                            const int32_t v = *chip_at(h, GET(c, EXEC_COL_BASE) + j, e, row, l);
                            const uint32_t el = el0 + j * per + e;
                            if (!v) continue;
                            if (row >= rows || el >= m->cols) bad = "a weight outside the layer";
                            else acc[((size_t)row * L + l) * m->cols + el] += m->format == LAC_CSC ? book[v] : v;
                        }
        } else if (op == LAC_OP_STORE) {
            const uint32_t k0 = (uint32_t)(addr - job->y.addr) / eo, n = GET(c, STORE_CHANNELS);
            uint8_t *used = calloc((size_t)h->max_rows * L, 1);
            for (uint32_t k = 0; k < n && !bad; k++) {
                const uint8_t *q = h->param[GET(c, STORE_PARAM_BASE) + k];
                const uint32_t slot = k / L * L + q[9];
                const int32_t bias = (int32_t)(q[0] | (uint32_t)q[1] << 8 | (uint32_t)q[2] << 16 | (uint32_t)q[3] << 24);
                const int32_t mult = (int32_t)(q[4] | (uint32_t)q[5] << 8 | (uint32_t)q[6] << 16 | (uint32_t)q[7] << 24);
                if (q[9] >= L || used[slot]) bad = "two channels in one lane";
                else if (k0 + k >= m->rows || seen[k0 + k]) bad = "a channel twice";
                else if (bias != m->bias[k0 + k] || mult != m->mult[k0 + k] || q[8] != m->shift[k0 + k] || q[10] | q[11] | q[12] | q[13] | q[14] | q[15])
                    bad = "parameters";
                else {
                    used[slot] = seen[k0 + k] = 1;
                    memcpy(&got[(size_t)(k0 + k) * m->cols], &acc[(size_t)slot * m->cols], m->cols * sizeof *acc);
                    memset(&acc[(size_t)slot * m->cols], 0, m->cols * sizeof *acc);
                }
            }
            for (size_t k = 0; k < (size_t)h->max_rows * L * m->cols && !bad; k++)
                if (acc[k]) bad = "weights in a lane that has no channel";
            free(used);
        }
    }
    for (uint32_t k = 0; k < m->rows && !bad; k++) {
        if (!seen[k]) bad = "a channel was not stored";
        for (uint32_t c = 0; c < m->cols && !bad; c++)
            if (got[(size_t)k * m->cols + c] != dense_at(m, k, c)) {
                snprintf(why, sizeof why, "weight [%u][%u]: expected %d, got %d", k, c, dense_at(m, k, c), got[(size_t)k * m->cols + c]);
                bad = why;
            }
    }
    if (!bad && h->entries != m->layer.entries) bad = "entries counted wrong";
    if (!bad && m->layer.resident_cols && h->words != m->layer.resident_words) bad = "resident words counted wrong";
    free(h->w);
    free(h);
    free(got);
    free(acc);
    free(seen);
    free(feat_known);
    free(feat_el);
    free(feat_by);
    free(col_line);
    free(col_by);
    free(column_lanes);
    return bad;
}

static uint32_t dir_align(const lac_layer *l)
{
    uint32_t v;
    memcpy(&v, (const uint8_t *)l->image + 40, 4);
    return v;
}

static uint32_t dir_row_tiles(const lac_layer *l)
{
    uint32_t v;
    memcpy(&v, (const uint8_t *)l->image + 44, 4);
    return v;
}

static void images(const lac_config *given, int cases)
{
    lac_rng g = {seed * 7919 + (given ? given->lanes : 0)};
    char msg[400] = "", name[200];
    uint32_t tiled = 0, row_tiled = 0, by_column = 0, too_small = 0;
    int done = 0;

    for (int t = 0; t < cases && !*msg; t++) {
        const lac_config cfg = given ? *given : random_config(&g);
        const lac_format format = (lac_format)rng_below(&g, 3);
        const uint32_t rows = 1 + rng_below(&g, rng_chance(&g, 128) ? cfg.param_depth < 200 ? cfg.param_depth : 200 : 20);
        const uint32_t cols = 1 + rng_below(&g, rng_chance(&g, 128) ? 300 : 20), pad = rng_chance(&g, 20) ? 1300 : 0;
        matrix *m = calloc(1, sizeof *m);
        list prog = {0};
        rig r;

        open_rig(&r, &cfg, 16);
        fill_matrix(m, &g, format, rows + pad, pad ? 1 + cols % 20 : cols);
        m->by_column = format != LAC_NM && rng_chance(&g, 170);
        lac_status s = pack_matrix(m, &r.dev.caps, rng_chance(&g, 200), msg, sizeof msg);
        too_small += !given && refused_columns(m, &r.dev.caps, &s, msg, sizeof msg);
        by_column += (uint32_t)m->by_column;
        if (s == LAC_OK) {
            m->layer.addr = take(&r, m->layer.bytes);
            memcpy(host(&r, m->layer.addr), m->image, m->layer.bytes);
            lac_fc job = {&m->layer, NULL, 1, {take(&r, 65536 * 2), 0, rng_chance(&g, 128) ? LAC_INT16 : LAC_UINT8, 0, 0},
                          {take(&r, 65536 * 8), 0, LAC_RAW, 0, 0}, 0, 0, 7, 0};
            s = lac_fc_build(&r.dev.caps, &job, 1, collect, &prog);
            if (s != LAC_OK) snprintf(msg, sizeof msg, "build: %s", lac_status_name(s));
            else {
                const char *bad = decode_program(&r, &prog, m, &job);
                if (bad) snprintf(msg, sizeof msg, "%s", bad);
            }
            tiled += m->layer.tiles > 1;
            row_tiled += dir_row_tiles(&m->layer) > 1;
        }
        if (*msg) {
            char more[100];
            snprintf(more, sizeof more, " (case %d, %u x %u, format %d%s, %u lanes, %u bits)", t, m->rows, m->cols, format,
                     m->by_column ? " by column" : "", cfg.lanes, cfg.data_w);
            strncat(msg, more, sizeof msg - strlen(msg) - 1);
        }
        done++;
        free(prog.c);
        drop_matrix(m);
        free(m);
        close_rig(&r);
    }
    snprintf(name, sizeof name, "images on %s decode to the matrix (%d cases, %u in tiles, %u in row tiles, %u by column)",
             given ? given->name : "random machines", done, tiled, row_tiled, by_column);
    check(!*msg && by_column * 5 > (uint32_t)done && too_small * 3 < by_column, name, "%s %u too small for column blocks", msg, too_small);
}

/* ---- Jobs against naive.c ----------------------------------------------------------------------------- */

enum { MAX_JOBS = 8 };

typedef struct {
    lac_fc   fc;
    matrix  *m;
    int32_t *x, *y; /* [points][cols], [points][rows] as they stand in memory */
    int64_t *acc;   /* raw outputs */
} work;

static const int32_t type_lo[] = {-128, 0, -32768}, type_hi[] = {127, 255, 32767};

static void put_bytes(const rig *r, uint8_t *image, uint64_t at, uint64_t v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) image[at - r->base + i] = (uint8_t)(v >> 8 * i);
}

/* A tensor as docs/formats.md has it in memory, into `image`; v or, for raw, acc. */
static void put_tensor(const rig *r, uint8_t *image, const lac_tensor *t, uint32_t points, uint32_t channels, const int32_t *v, const int64_t *acc)
{
    const uint32_t es = t->type == LAC_RAW ? 8 : t->type == LAC_INT16 ? 2 : 1;
    for (uint32_t p = 0; p < points; p++) {
        const uint64_t at = t->addr + (uint64_t)p * t->pitch;
        uint32_t n = 0;
        for (uint32_t c = 0; c < channels; c++) {
            const size_t i = (size_t)p * channels + c;
            if (!t->list) put_bytes(r, image, at + c * es, acc ? (uint64_t)acc[i] : (uint64_t)(int64_t)v[i], es);
            else if (v[i] != t->zero) put_bytes(r, image, at + 64 + 4 * n++, c | (uint64_t)(uint16_t)v[i] << 16, 4);
        }
        if (t->list) put_bytes(r, image, at, n, 8);
    }
}

static lac_tensor new_tensor(rig *r, lac_rng *g, uint32_t points, uint32_t channels, lac_type type, int as_list)
{
    lac_tensor t = {0, 0, type, type == LAC_RAW ? 0 : (int32_t)rng_range(g, type_lo[type], type_hi[type]), as_list};
    t.pitch = lac_pitch(&r->dev.caps, channels, type, as_list) + 64 * (rng_chance(g, 60) ? rng_below(g, 4) : 0);
    t.addr = take(r, (uint64_t)t.pitch * points);
    if (type != LAC_RAW && rng_chance(g, 100)) t.zero = type == LAC_INT8 ? -128 : 0;
    return t;
}

static matrix *new_matrix(rig *r, lac_rng *g, uint32_t rows, uint32_t cols, char *msg, size_t len)
{
    matrix *m = calloc(1, sizeof *m);
    fill_matrix(m, g, (lac_format)rng_below(g, 3), rows, cols);
    m->by_column = m->format != LAC_NM && rng_chance(g, 170);
    lac_status s = pack_matrix(m, &r->dev.caps, rng_chance(g, 200), msg, len);
    if (!strcmp(r->cfg.name, "random")) refused_columns(m, &r->dev.caps, &s, msg, len);
    if (s == LAC_OK) {
        m->layer.addr = take(r, m->layer.bytes);
        memcpy(host(r, m->layer.addr), m->image, m->layer.bytes);
    }
    return m;
}

static uint64_t commands_run, programs_run, streamed_run, resident_run, chained_run, needed_run;

/* One random program: build it, check its order, run it twice, compare all of memory. */
static void program(const lac_config *cfg, lac_rng *g, char *msg, size_t len)
{
    matrix *all[MAX_JOBS];
    lac_place place[MAX_JOBS], next = {0, 0, 0, 0};
    int is_resident[MAX_JOBS], matrices = 0, residents = 0;
    work w[MAX_JOBS];
    lac_fc jobs[MAX_JOBS];
    list prog = {0};
    rig r;
    const int n = 1 + (int)rng_below(g, rng_chance(g, 50) ? MAX_JOBS : 3), few = rng_chance(g, 128);
    uint32_t marks = 0;

    open_rig(&r, cfg, 2 + rng_below(g, 30));
    memset(w, 0, sizeof w);
    for (int j = 0; j < n && !*msg; j++) {
        work *k = &w[j];
        const work *before = j ? &w[j - 1 - (j > 1 && rng_chance(g, 60))] : NULL;
        const int chain = before && before->fc.y.type != LAC_RAW && rng_chance(g, 140);
        const uint32_t rows = 1 + rng_below(g, rng_chance(g, 100) ? cfg->param_depth < 150 ? cfg->param_depth : 150 : 24);
        uint32_t cols = 1 + rng_below(g, rng_chance(g, 100) ? 250 : 24), big = rng_chance(g, 12) && !chain ? 700 : 0;
        int which = (int)rng_below(g, (uint32_t)matrices + 1);

        if (chain) cols = before->m->rows, which = matrices;
        if (which == matrices) {
            all[which] = new_matrix(&r, g, rows + (rng_chance(g, 20) ? 150 : 0), cols + big, msg, len);
            is_resident[which] = 0;
            matrices++;
            if (*msg) break;
            if (rng_chance(g, 128) && lac_fc_place(&r.dev.caps, &all[which]->layer, &next, &place[which]) == LAC_OK) is_resident[which] = 1, residents++;
        }
        matrix *m = k->m = all[which];
        lac_fc *f = &k->fc;
        f->layer = &m->layer;
        f->resident = is_resident[which] ? &place[which] : NULL;
        f->points = chain ? before->fc.points : rng_chance(g, 100) ? 1 : 1 + rng_below(g, few ? 3 : 40);
        f->tag = 1000u + (uint32_t)j;
        f->mark = rng_chance(g, 128);
        marks += f->mark != 0;

        k->x = calloc((size_t)f->points * m->cols, sizeof *k->x);
        k->y = calloc((size_t)f->points * m->rows, sizeof *k->y);
        k->acc = calloc((size_t)f->points * m->rows, sizeof *k->acc);
        if (chain) {
            f->x = before->fc.y;
            memcpy(k->x, before->y, (size_t)f->points * m->cols * sizeof *k->x);
            chained_run++;
        } else {
            const lac_type type = (lac_type)rng_below(g, 3);
            const uint32_t es = type == LAC_INT16 ? 2 : 1, density = rng_chance(g, 20) ? 0 : rng_below(g, 257);
            const int fits = (m->cols * es + r.dev.caps.line - 1) / r.dev.caps.line <= cfg->feat_depth;
            f->x = new_tensor(&r, g, f->points, m->cols, type, fits && rng_chance(g, 80));
            for (size_t i = 0; i < (size_t)f->points * m->cols; i++)
                k->x[i] = rng_chance(g, density) ? (int32_t)rng_range(g, type_lo[type], type_hi[type]) : f->x.zero;
            put_tensor(&r, memory, &f->x, f->points, m->cols, k->x, NULL);
        }
        lac_type type = (lac_type)rng_below(g, 4);
        const int row_tiles = dir_row_tiles(&m->layer) > 1;
        while (row_tiles && dir_align(&m->layer) * (type == LAC_RAW ? 8 : type == LAC_INT16 ? 2 : 1) % 64) type = type == LAC_INT16 ? LAC_RAW : LAC_INT16;
        /* The next job may read it as a list, which must then fit the feature RAM. */
        const int may_list = type != LAC_RAW && !row_tiles && (m->rows * 2 + r.dev.caps.line - 1) / r.dev.caps.line <= cfg->feat_depth;
        f->y = new_tensor(&r, g, f->points, m->rows, type, may_list && rng_chance(g, 80));
        if (type != LAC_RAW) {
            const int32_t a = (int32_t)rng_range(g, type_lo[type], type_hi[type]), b = (int32_t)rng_range(g, type_lo[type], type_hi[type]);
            const int full = rng_chance(g, 128);
            f->clamp_lo = full ? type_lo[type] : a < b ? a : b;
            f->clamp_hi = full ? type_hi[type] : a < b ? b : a;
        }
        naive_fc(k->acc, m->w, k->x, f->x.zero, (int)f->points, (int)m->cols, (int)m->rows);
        for (size_t i = 0; i < (size_t)f->points * m->rows && type != LAC_RAW; i++) {
            const size_t c = i % m->rows;
            k->y[i] = naive_requant(k->acc[i], m->bias[c], (uint32_t)m->mult[c], m->shift[c], f->y.zero, f->clamp_lo, f->clamp_hi);
        }
        jobs[j] = *f;
    }

    lac_status s = LAC_OK;
    if (!*msg) {
        s = lac_fc_build(&r.dev.caps, jobs, (uint32_t)n, collect, &prog);
        if (s == LAC_E_SPACE && residents && prog.n == 0) {
            /* What stays on chip may leave too little for the others: stream everything then. */
            residents = 0;
            for (int j = 0; j < n; j++) jobs[j].resident = w[j].fc.resident = NULL;
            s = lac_fc_build(&r.dev.caps, jobs, (uint32_t)n, collect, &prog);
        }
        if (s != LAC_OK) snprintf(msg, len, "build: %s", lac_status_name(s));
    }
    if (!*msg) {
        list whole = {0};
        char race[150];
        for (int i = 0; i < matrices && residents; i++)
            if (is_resident[i] && (s = lac_fc_load(&r.dev.caps, &all[i]->layer, &place[i], collect, &whole)) != LAC_OK)
                snprintf(msg, len, "load: %s", lac_status_name(s));
        for (uint32_t i = 0; i < prog.n; i++) collect(&whole, &prog.c[i]);
        race_order *order = malloc(sizeof *order * (whole.n + 1));
        if (!*msg && race_check(&r.dev.caps, whole.c, whole.n, memory, r.base, order, race, sizeof race)) snprintf(msg, len, "order: %s", race);
        free(order);
        free(whole.c);
    }
    if (!*msg) {
        lac_stats stats;
        for (int i = 0; i < matrices && residents && s == LAC_OK; i++)
            if (is_resident[i]) s = lac_fc_place_load(&r.dev, &all[i]->layer, &place[i], 10);
        memcpy(wanted, memory, r.next - r.base);
        for (int j = 0; j < n; j++)
            put_tensor(&r, wanted, &w[j].fc.y, w[j].fc.points, w[j].m->rows, w[j].y, w[j].fc.y.type == LAC_RAW ? w[j].acc : NULL);
        for (int again = 0; again < 2 && s == LAC_OK && !*msg; again++) {
            s = lac_fc_run(&r.dev, jobs, (uint32_t)n, 10);
            memcpy(wanted, memory, 64 * r.ring); /* the ring is the driver's */
            if (s == LAC_OK && memcmp(wanted, memory, r.next - r.base)) {
                uint64_t i = 0;
                while (wanted[i] == memory[i]) i++;
                snprintf(msg, len, "run %d: byte 0x%llx: expected 0x%02x, got 0x%02x", again, (unsigned long long)(r.base + i), wanted[i], memory[i]);
                for (int j = 0; j < n; j++)
                    if (r.base + i >= w[j].fc.y.addr && r.base + i < w[j].fc.y.addr + (uint64_t)w[j].fc.y.pitch * w[j].fc.points) {
                        char more[100];
                        snprintf(more, sizeof more, " (job %d of %d, %u x %u, format %d%s, %u points)", j, n, w[j].m->rows, w[j].m->cols, w[j].m->format,
                                 w[j].m->by_column ? " by column" : "", w[j].fc.points);
                        strncat(msg, more, len - strlen(msg) - 1);
                    }
            }
        }
        if (s == LAC_E_JOB) {
            lac_error_record e;
            lac_error(&r.dev, &e);
            snprintf(msg, len, "error %s in %s, command %u, tag %u, address 0x%llx, index %u", lac_error_name(e.code), lac_unit_name(e.unit), e.cmd, e.tag,
                     (unsigned long long)e.addr, e.index);
        } else if (s != LAC_OK) snprintf(msg, len, "run: %s", lac_status_name(s));
        else if (!*msg && prog.n < r.ring && (lac_read_stats(&r.dev, &stats) != LAC_OK || stats.marks != marks))
            snprintf(msg, len, "%u marks, expected %u", stats.marks, marks);
        for (uint32_t i = 0; i < prog.n; i++)
            needed_run += (prog.c[i].w[0] & 255) == LAC_OP_LOAD_COLUMNS && GET(&prog.c[i], LOAD_COLUMNS_NEEDED);
        commands_run += prog.n;
        programs_run++;
        for (int j = 0; j < n; j++) { if (jobs[j].resident) resident_run++; else streamed_run++; }
    }
    for (int j = 0; j < n; j++) {
        free(w[j].x);
        free(w[j].y);
        free(w[j].acc);
    }
    for (int i = 0; i < matrices; i++) {
        drop_matrix(all[i]);
        free(all[i]);
    }
    free(prog.c);
    close_rig(&r);
}

static void programs(const lac_config *given, int batch, int cases)
{
    lac_rng g = {seed * 104729 + (given ? given->lanes : 0) * 1000003u + (uint32_t)batch};
    char msg[400] = "", name[200];

    for (int t = 0; t < cases && !*msg; t++) {
        const lac_config cfg = given ? *given : random_config(&g);
        program(&cfg, &g, msg, sizeof msg);
        if (*msg) {
            char more[100];
            snprintf(more, sizeof more, " (program %d, %u lanes, %u bits)", t, cfg.lanes, cfg.data_w);
            strncat(msg, more, sizeof msg - strlen(msg) - 1);
        }
    }
    snprintf(name, sizeof name, "programs on %s, batch %d of %d", given ? given->name : "random machines", batch, cases);
    check(!*msg, name, "%s", msg);
}

/* ---- Order: overlap where there should be, and a checker that sees what is missing -------------------- */

/* A program of `n` jobs of one layer on a machine, resident or streamed; its own x and y each. */
static int simple_program(rig *r, matrix *m, const lac_place *at, uint32_t n, uint32_t points, int chain, list *prog)
{
    lac_fc jobs[8];
    uint64_t x = take(r, 65536);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t px = lac_pitch(&r->dev.caps, m->cols, LAC_INT8, 0), py = lac_pitch(&r->dev.caps, m->rows, LAC_INT8, 0);
        const uint64_t y = take(r, 65536);
        const lac_fc f = {&m->layer, at, points, {x, px, LAC_INT8, 0, 0}, {y, py, LAC_INT8, 0, 0}, -128, 127, i, 0};
        jobs[i] = f;
        x = chain ? y : take(r, 65536);
    }
    if (at && lac_fc_load(&r->dev.caps, &m->layer, at, collect, prog)) return -1;
    return lac_fc_build(&r->dev.caps, jobs, n, collect, prog);
}

static matrix *directed_matrix(rig *r, lac_format format, int by_column, uint32_t rows, uint32_t cols)
{
    char msg[100];
    matrix *m = calloc(1, sizeof *m);
    m->rows = rows;
    m->cols = cols;
    m->format = format;
    m->by_column = by_column;
    m->n = format == LAC_NM ? 2 : 0;
    m->w = calloc((size_t)rows * cols, sizeof *m->w);
    for (uint32_t k = 0; k < rows; k++) {
        m->mult[k] = 1 << 30;
        m->shift[k] = 33;
        for (uint32_t c = 0; c < cols; c++)
            if (format != LAC_NM || (c + k) % 4 < 2) m->w[(size_t)k * cols + c] = (int32_t)((k * 5 + c * 3) % 11) - 5, m->nonzeros += m->w[(size_t)k * cols + c] != 0;
    }
    if (pack_matrix(m, &r->dev.caps, 1, msg, sizeof msg) != LAC_OK) {
        check(0, "directed matrix", "%s", msg);
        exit(1);
    }
    m->layer.addr = take(r, m->layer.bytes);
    memcpy(host(r, m->layer.addr), m->image, m->layer.bytes);
    return m;
}

static void drop_rig(rig *r, matrix *m, list *prog)
{
    drop_matrix(m);
    free(m);
    free(prog->c);
    prog->c = NULL;
    prog->n = prog->cap = 0;
    close_rig(r);
}

static void order(void)
{
    static const struct { const char *name, *config; lac_format format; uint32_t rows, cols, jobs, points; int resident, chain, by_column; } c[] = {
        {"resident, one batch a job", "l8", LAC_CSC, 40, 64, 8, 1, 1, 0, 0},
        {"resident, many batches", "l8", LAC_CSC8, 40, 64, 2, 40, 1, 0, 0},
        {"resident, chained", "l8", LAC_NM, 64, 64, 8, 3, 1, 1, 0},
        {"streamed, one tile", "l8", LAC_CSC, 40, 64, 8, 1, 0, 0, 0},
        {"streamed, tiles of columns", "odd", LAC_CSC, 48, 200, 3, 2, 0, 0, 0},
        {"streamed, tiles of columns, chunks", "odd", LAC_CSC8, 20, 700, 2, 9, 0, 0, 0},
        {"streamed, tiles of rows and columns", "l8", LAC_CSC8, 640, 100, 3, 8, 0, 0, 0},
        {"streamed, tiles of rows, chained", "l8", LAC_CSC, 600, 600, 4, 2, 0, 1, 0},
        {"streamed, many tiles of columns for each of rows", "l8", LAC_CSC, 600, 600, 3, 2, 0, 0, 0},
        {"by column, one tile", "l8", LAC_CSC, 40, 64, 8, 1, 0, 0, 1},
        {"by column, one tile, several points", "l8", LAC_CSC8, 40, 64, 4, 5, 0, 0, 1},
        {"by column, tiles of columns", "odd", LAC_CSC, 48, 200, 3, 1, 0, 0, 1},
        {"by column, tiles of columns, chunks", "odd", LAC_CSC8, 20, 700, 2, 1, 0, 0, 1},
        {"by column, tiles of rows and columns", "l8", LAC_CSC8, 640, 100, 3, 1, 0, 0, 1},
        {"by column, tiles of rows, chained", "l8", LAC_CSC, 600, 600, 4, 1, 0, 1, 1},
        {"by column, resident", "l8", LAC_CSC, 40, 64, 8, 1, 1, 0, 1},
    };
    for (size_t k = 0; k < sizeof c / sizeof c[0]; k++) {
        const lac_config cfg = named_config(c[k].config);
        const lac_place at = {0, 0, 0, 1};
        char name[150], why[200] = "";
        list prog = {0};
        rig r;
        open_rig(&r, &cfg, 16);
        matrix *m = directed_matrix(&r, c[k].format, c[k].by_column, c[k].rows, c[k].cols);
        const int s = simple_program(&r, m, c[k].resident ? &at : NULL, c[k].jobs, c[k].points, c[k].chain, &prog);
        race_order *o = malloc(sizeof *o * (prog.n + 1));
        int ok = s == LAC_OK && race_check(&r.dev.caps, prog.c, prog.n, memory, r.base, o, why, sizeof why) == 0;
        snprintf(name, sizeof name, "order: %s (%u commands)", c[k].name, prog.n);
        check(ok, name, "%s %s", lac_status_name(s), why);

        /* Overlap: each EXEC but the last is followed by a LOAD that need not wait for it; each STORE by such a LOAD and such an EXEC.
         * A chained job cannot load what is not there yet. */
        uint32_t tried = 0, bad = 0;
        for (uint32_t i = 0; i < prog.n && ok; i++) {
            const uint32_t e = o[i].engine;
            uint32_t next = i + 1;
            if (e == 0 || (e == 1 && c[k].chain && (c[k].resident || m->layer.tiles == 1))) continue;
            while (next < prog.n && o[next].engine != (e == 1 ? 0u : 1u)) next++;
            if (next == prog.n || (e == 2 && c[k].chain)) continue;
            tried++;
            bad += race_before(&o[i], &o[next]) != 0;
            for (next = i + 1; e == 2 && next < prog.n && o[next].engine != 0; next++) {}
            if (e == 2 && next < prog.n) bad += race_before(&o[i], &o[next]) != 0;
        }
        snprintf(name, sizeof name, "overlap: %s", c[k].name);
        if (ok) check(bad * 20 <= tried && (tried || c[k].chain), name, "%u of %u neighbours wait for each other", bad, tried);

        /* Without any one of its tokens it must be a race, or the token was for nothing. */
        uint32_t tokens = 0, missed = 0;
        for (uint32_t from = 0; from < 3 && ok; from++)
            for (uint32_t to = 0; to < 3; to++)
                /* In a chain the LOAD waits for the STORE, and so for the bank's: that token is always given all the same. */
                if (!(from == 2 && to == 1 && c[k].chain)) lose_tokens(&r, &prog, from, to, &tokens, &missed);
        snprintf(name, sizeof name, "tokens: %s, each of %u is needed and its loss noticed", c[k].name, tokens);
        if (ok) check(missed == 0 && tokens > 0, name, "%u missed", missed);
        free(o);
        drop_rig(&r, m, &prog);
    }

    /* The checker's other complaints. */
    const lac_config cfg = named_config("l8");
    const lac_place at = {0, 0, 0, 0};
    list prog = {0};
    race_order o[400];
    char why[200];
    rig r;
    open_rig(&r, &cfg, 16);
    matrix *m = directed_matrix(&r, LAC_CSC, 0, 8, 8);
    check(simple_program(&r, m, &at, 4, 1, 0, &prog) == LAC_OK && prog.n < 400, "checker: a program to be broken", "%u commands", prog.n);
    const uint32_t n = prog.n;
    check(race_check(&r.dev.caps, prog.c + 3, n - 3, memory, r.base, o, why, sizeof why) && strstr(why, "not loaded"), "checker: columns nobody loaded", "%s", why);
    prog.c[n - 1].w[0] |= 1u << 13;
    check(race_check(&r.dev.caps, prog.c, n, memory, r.base, o, why, sizeof why) && strstr(why, "left over"), "checker: a token left over", "%s", why);
    prog.c[n - 1].w[0] &= ~(1u << 13);
    prog.c[0].w[0] |= 1u << 10;
    check(race_check(&r.dev.caps, prog.c, n, memory, r.base, o, why, sizeof why) && strstr(why, "not given"), "checker: a token nobody gave", "%s", why);
    prog.c[0].w[0] &= ~(1u << 10);
    lac_cmd extra = prog.c[2]; /* parameters, to where nothing else stands */
    lac_set_field(extra.w, LAC_F_LOAD_PARAMS_PARAM_BASE, 256);
    extra.w[0] |= 1u << 13;
    for (int i = 0; i < 16; i++) collect(&prog, &extra);
    check(race_check(&r.dev.caps, prog.c, n + 15, memory, r.base, o, why, sizeof why) && strstr(why, "left over")
              && race_check(&r.dev.caps, prog.c, n + 16, memory, r.base, o, why, sizeof why) && strstr(why, "sixteenth"), "checker: a sixteenth token", "%s", why);
    drop_rig(&r, m, &prog);
}

/* ---- Column blocks: only what is needed ---------------------------------------------------------------- */

/* One streamed job of one point: the beats that its columns must cost, column by column from their index, and the result with all
 * other columns overwritten. `share` of 256 activations differ from the zero point. NULL or what is wrong. */
static const char *needed_case(rig *r, lac_rng *g, matrix *m, lac_type type, uint32_t share, uint64_t *fetched, uint64_t *stored)
{
    static char why[200];
    const uint32_t beat = r->cfg.data_w / 8, lb = r->dev.caps.line, es = type == LAC_INT16 ? 2 : 1;
    int32_t *x = calloc(m->cols, sizeof *x);
    int64_t *y = calloc(m->rows, sizeof *y);
    lac_fc job = {&m->layer, NULL, 1, new_tensor(r, g, 1, m->cols, type, 0), new_tensor(r, g, 1, m->rows, LAC_RAW, 0), 0, 0, 1, 0};
    list prog = {0};
    lac_stats stats;
    uint64_t bytes = 0;
    uint32_t el = 0;
    const char *bad = NULL;

    for (uint32_t c = 0; c < m->cols; c++) {
        do x[c] = (int32_t)rng_range(g, type_lo[type], type_hi[type]); while (x[c] == job.x.zero);
        if (!rng_chance(g, share)) x[c] = job.x.zero;
    }
    naive_fc(y, m->w, x, job.x.zero, 1, (int)m->cols, (int)m->rows);
    put_tensor(r, memory, &job.x, 1, m->cols, x, NULL);

    lac_status s = lac_fc_build(&r->dev.caps, &job, 1, collect, &prog);
    for (uint32_t i = 0; i < prog.n; i++) {
        const lac_cmd *c = &prog.c[i];
        uint8_t *p = host(r, (c->w[2] | (uint64_t)c->w[3] << 32));
        bytes += 64;
        switch (c->w[0] & 255) {
        case LAC_OP_LOAD_CODEBOOK: bytes += (32 + lb - 1) / lb * lb; break;
        case LAC_OP_LOAD_FEATURES: bytes += (GET(c, LOAD_FEATURES_CHANNELS) * es + lb - 1) / lb * lb; break;
        case LAC_OP_LOAD_PARAMS:   bytes += (GET(c, LOAD_PARAMS_CHANNELS) * 16 + lb - 1) / lb * lb; break;
        case LAC_OP_LOAD_WEIGHTS:  bad = "a weight block"; break;
        case LAC_OP_LOAD_COLUMNS: {
            const uint32_t n = GET(c, LOAD_COLUMNS_COLUMNS), index = (n + lb - 1) / lb;
            uint8_t *at = p + index * lb;
            bytes += index * lb;
            *fetched += index * lb;
            *stored += GET(c, LOAD_COLUMNS_LINES) * lb;
            for (uint32_t k = 0; k < n; at += p[k++] * lb, el++) {
                if (x[el] == job.x.zero) memset(at, 0xFF, p[k] * lb);
                else bytes += p[k] * lb, *fetched += p[k] * lb;
            }
            el = el == m->cols ? 0 : el; /* the next row tile */
            break;
        }
        default: break;
        }
    }
    if (s == LAC_OK && !bad) s = lac_fc_run(&r->dev, &job, 1, 10);
    if (s != LAC_OK || bad) snprintf(why, sizeof why, "%s %s", bad ? bad : "", lac_status_name(s)), bad = why;
    else if (lac_read_stats(&r->dev, &stats) != LAC_OK || stats.rd_beats * (uint64_t)beat != bytes)
        snprintf(why, sizeof why, "%llu bytes read, expected %llu", (unsigned long long)stats.rd_beats * beat, (unsigned long long)bytes), bad = why;
    for (uint32_t k = 0; k < m->rows && !bad; k++)
        if ((int64_t)word64(host(r, job.y.addr) + 8 * k) != y[k]) snprintf(why, sizeof why, "output %u", k), bad = why;
    free(x);
    free(y);
    free(prog.c);
    return bad;
}

static void needed(void)
{
    for (int i = 0; i < 5; i++) {
        const lac_config cfg = named_config(config_names[i]);
        lac_rng g = {seed * 31337 + (uint32_t)i};
        uint32_t tiled = 0, row_tiled = 0, done = 0;
        uint64_t some[2] = {0, 0}, none[2] = {0, 0}, all[2] = {0, 0};
        char msg[400] = "", name[200];

        for (int t = 0; t < 40 && !*msg; t++) {
            static const lac_format formats[] = {LAC_CSC, LAC_CSC8};
            const uint32_t most = cfg.col_depth < 500 ? 5 * cfg.col_depth / 2 : 700;
            const int wide = t == 22 && cfg.col_depth == 32768; /* only columns make tiles there */
            const uint32_t rows = 1 + rng_below(&g, rng_chance(&g, 60) ? cfg.param_depth < 300 ? cfg.param_depth * 3 / 2 : 450 : 40);
            const uint32_t cols = wide ? 17000 : 1 + rng_below(&g, rng_chance(&g, 100) ? most : 30);
            const lac_type type = (lac_type)rng_below(&g, 3);
            const uint32_t share = t % 4 == 0 ? 0 : t % 4 == 1 ? 256 : 20 + rng_below(&g, 100);
            matrix *m = calloc(1, sizeof *m);
            rig r;
            open_rig(&r, &cfg, 4096);
            fill_matrix(m, &g, formats[t / 4 % 2], wide ? 2 : rows, cols);
            m->by_column = 1;
            if (pack_matrix(m, &r.dev.caps, 1, msg, sizeof msg) == LAC_OK) {
                m->layer.addr = take(&r, m->layer.bytes);
                memcpy(host(&r, m->layer.addr), m->image, m->layer.bytes);
                uint64_t *sum = share == 0 ? none : share == 256 ? all : some;
                const char *bad = needed_case(&r, &g, m, type, share, &sum[0], &sum[1]);
                if (bad) snprintf(msg, sizeof msg, "%s (case %d, %u x %u, type %d, share %u)", bad, t, rows, cols, type, share);
                tiled += m->layer.tiles > dir_row_tiles(&m->layer);
                row_tiled += dir_row_tiles(&m->layer) > 1;
            }
            done++;
            drop_matrix(m);
            free(m);
            close_rig(&r);
        }
        snprintf(name, sizeof name, "needed columns on %s, and no others (%u cases, %u in tiles of columns, %u of rows; %llu of %llu bytes)",
                 cfg.name, done, tiled, row_tiled, (unsigned long long)some[0], (unsigned long long)some[1]);
        check(!*msg && tiled && some[0] < some[1] && none[0] < some[0] && all[0] == all[1], name,
              "%s (dense %llu of %llu bytes, none %llu of %llu)", msg, (unsigned long long)all[0], (unsigned long long)all[1],
              (unsigned long long)none[0], (unsigned long long)none[1]);
    }
}

/* One layer four times in a program, with 1, 1, 5 and 1 points: columns that one point chose serve no other; all of them serve anyone. */
static void reuse(void)
{
    static const uint32_t points[4] = {1, 1, 5, 1};
    static const int want[4] = {1, 1, 0, -1}; /* NEEDED; -1: not loaded */
    const lac_config cfg = named_config("l8");
    lac_rng g = {seed + 5};
    lac_fc jobs[4];
    list prog = {0};
    int64_t y[4][5 * 40];
    int32_t x[5 * 64];
    int got[4] = {-1, -1, -1, -1}, once = 1;
    uint32_t wrong = 0;
    rig r;
    open_rig(&r, &cfg, 64);
    matrix *m = directed_matrix(&r, LAC_CSC, 1, 40, 64);
    for (int j = 0; j < 4; j++) {
        const lac_tensor in = new_tensor(&r, &g, points[j], 64, LAC_INT16, 0), out = new_tensor(&r, &g, points[j], 40, LAC_RAW, 0);
        const lac_fc f = {&m->layer, NULL, points[j], in, out, 0, 0, (uint32_t)j, 0};
        for (uint32_t i = 0; i < points[j] * 64; i++) x[i] = rng_chance(&g, 64) ? (int32_t)rng_range(&g, -32768, 32767) : f.x.zero;
        put_tensor(&r, memory, &f.x, points[j], 64, x, NULL);
        naive_fc(y[j], m->w, x, f.x.zero, (int)points[j], 64, 40);
        jobs[j] = f;
    }
    lac_status s = lac_fc_build(&r.dev.caps, jobs, 4, collect, &prog);
    for (uint32_t i = 0; i < prog.n; i++)
        if ((prog.c[i].w[0] & 255) == LAC_OP_LOAD_COLUMNS) {
            int *n = &got[prog.c[i].w[1] & 3];
            once &= *n == -1;
            *n = (int)GET(&prog.c[i], LOAD_COLUMNS_NEEDED);
        }
    check(s == LAC_OK && once && !memcmp(got, want, sizeof got), "reuse: a point's columns are its own, all columns are everyone's",
          "%s, NEEDED %d %d %d %d", lac_status_name(s), got[0], got[1], got[2], got[3]);
    if (s == LAC_OK) s = lac_fc_run(&r.dev, jobs, 4, 10);
    for (int j = 0; j < 4; j++)
        for (uint32_t i = 0; i < points[j] * 40; i++)
            wrong += (int64_t)word64(host(&r, jobs[j].y.addr) + i / 40 * jobs[j].y.pitch + i % 40 * 8) != y[j][i];
    check(s == LAC_OK && wrong == 0, "reuse: and every output is right", "%s, %u wrong", lac_status_name(s), wrong);
    drop_rig(&r, m, &prog);
}

/* ---- Packing: by hand, and at the edges --------------------------------------------------------------- */

static lac_config tiny(uint32_t lanes, uint32_t weight, uint32_t col, uint32_t acc, uint32_t param)
{
    lac_config c = named_config("l8");
    c.lanes = lanes;
    c.store_w = 2;
    c.weight_depth = weight;
    c.col_depth = col;
    c.acc_depth = acc;
    c.param_depth = param;
    return c;
}

/* The worked example of EIE's layout: an 8 x 4 matrix over four lanes. Lane 0 holds rows 0 and 4. */
static void eie_example(int by_column)
{
    static const int16_t  v[] = {10, 21,  20, 30, 11,  10, 31,  10, 20, 31};
    static const uint16_t i[] = {0, 2,  0, 1, 7,  4, 6,  0, 4, 6};
    static const uint32_t p[] = {0, 2, 5, 7, 10};
    /* codes: 10 -> 1, 11 -> 2, 20 -> 3, 21 -> 4, 30 -> 5, 31 -> 6 */
    static const uint8_t want[] = {
        0x00, 3, 4, 0, 0, 0, 0, 0,              /* csc, four lanes, four columns */
        1, 0, 1, 0, 1, 0, 1, 0,                 /* one word for each */
        1, 0, 1, 0, 0, 0, 0, 0,                 /* column 0: lanes 0 and 2 */
        1, 1, 0, 1, 0, 0, 0, 0,                 /* column 1: lanes 0, 1, 3 */
        1, 0, 1, 0, 0, 0, 0, 0,                 /* column 2: lanes 0, 2, second row */
        2, 0, 1, 0, 0, 0, 0, 0,                 /* column 3: lane 0 twice, lane 2, second row */
        /* lane 0: w00, w01, w42 behind a gap of one, w03, w43: 0x001 0x003 0x011 0x001 0x003, ten bits each */
        0x01, 0x0C, 0x10, 0x41, 0x00, 0x03, 0, 0,
        0x05, 0, 0, 0, 0, 0, 0, 0,              /* lane 1: w11 */
        0x04, 0x58, 0x60, 0x01, 0, 0, 0, 0,     /* lane 2: w20, w62 and w63 behind a gap: 0x004 0x016 0x016 */
        0x12, 0, 0, 0, 0, 0, 0, 0,              /* lane 3: w71 behind a gap: 0x012 */
    };
    static const uint8_t columns[] = {
        2, 2, 2, 2, 0, 0, 0, 0,                 /* index: a line of counts and one of entries each */
        1, 1, 2, 2, 0, 0, 0, 0,                 /* column 0: lanes 0 and 2, counted up to each lane */
        0x01, 0x10, 0, 0, 0, 0, 0, 0,           /* w00, w20: 0x001 0x004 */
        1, 2, 2, 3, 0, 0, 0, 0,                 /* column 1: lanes 0, 1, 3 */
        0x03, 0x14, 0x20, 0x01, 0, 0, 0, 0,     /* w01, w11, w71 behind a gap: 0x003 0x005 0x012 */
        1, 1, 2, 2, 0, 0, 0, 0,                 /* column 2: lanes 0, 2, second row */
        0x11, 0x58, 0, 0, 0, 0, 0, 0,           /* w42, w62, each behind a gap: 0x011 0x016 */
        2, 2, 3, 3, 0, 0, 0, 0,                 /* column 3: lane 0 twice, lane 2, second row */
        0x01, 0x0C, 0x60, 0x01, 0, 0, 0, 0,     /* w03, w43, w63 behind a gap: 0x001 0x003 0x016 */
    };
    const uint8_t *const block = by_column ? columns : want;
    const uint32_t size = by_column ? sizeof columns : sizeof want;
    const csc_packer pack_csc = by_column ? lac_pack_csc_columns : lac_pack_csc;
    const lac_csc m = {8, 4, v, i, p};
    const lac_config cfg = tiny(4, 16, 16, 16, 16);
    rig r;
    open_rig(&r, &cfg, 16);
    uint8_t scratch[16384], image[2048];
    uint64_t aligned[2048];
    uint32_t need;
    lac_layer layer;
    memset(scratch, 0, sizeof scratch);
    lac_status s = lac_pack_scratch(&r.dev.caps, 8, 4) <= sizeof aligned
                       ? pack_csc(&r.dev.caps, &m, LAC_CSC, NULL, 0, aligned, image, sizeof image, &need, &layer, NULL) : LAC_E_SPACE;
    const lac_place at = {0, 0, 0, 0};
    list prog = {0};
    if (s == LAC_OK) s = lac_fc_load(&r.dev.caps, &layer, &at, collect, &prog);
    int ok = s == LAC_OK && prog.n == 3 && GET(&prog.c[1], LOAD_WEIGHTS_LINES) * 8 == size;
    uint32_t off = ok ? GET(&prog.c[1], LOAD_WEIGHTS_ADDR_LO) : 0, b = 0;
    while (ok && b < size && image[off + b] == block[b]) b++;
    check(ok && b == size, by_column ? "pack: EIE's example by column, byte by byte" : "pack: EIE's example, byte by byte",
          "%s, %u commands, byte %u: expected 0x%02x, got 0x%02x", lac_status_name(s), prog.n, b, block[b % size], image[off + b]);
    const lac_cmd *c = &prog.c[1];
    if (by_column)
        check(ok && (c->w[0] & 255) == LAC_OP_LOAD_COLUMNS && !GET(c, LOAD_COLUMNS_FORMAT) && !GET(c, LOAD_COLUMNS_NEEDED) && GET(c, LOAD_COLUMNS_COLUMNS) == 4
                  && GET(c, LOAD_COLUMNS_LANES) == 3 && layer.by_column == 1 && layer.resident_words == 4, "pack: its command and its place", "otherwise");
    static const uint8_t book[] = {0, 0, 10, 0, 11, 0, 20, 0, 21, 0, 30, 0, 31, 0, 0, 0};
    off = ok ? GET(&prog.c[0], LOAD_CODEBOOK_ADDR_LO) : 0;
    check(ok && !memcmp(image + off, book, sizeof book), by_column ? "pack: the same codebook" : "pack: its codebook", "other bytes");
    free(prog.c);
    close_rig(&r);
}

/* A column of `rows` rows on four lanes with weights where step divides the row; packed, decoded, counted. */
static void column(const char *what, lac_format format, int by_column, const lac_config *cfg, uint32_t rows, uint32_t cols, uint32_t step, uint32_t first,
                   uint32_t tiles, uint32_t padding)
{
    char msg[100] = "", name[150];
    matrix *m = calloc(1, sizeof *m);
    list prog = {0};
    const char *bad = NULL;
    rig r;
    open_rig(&r, cfg, 16);
    m->rows = rows;
    m->cols = cols;
    m->format = format;
    m->by_column = by_column;
    m->n = format == LAC_NM ? 4 : 0;
    m->w = calloc((size_t)rows * cols, sizeof *m->w);
    for (uint32_t k = 0; k < rows; k++) m->shift[k] = 1;
    for (uint32_t k = first; k < rows; k += step)
        for (uint32_t c = 0; c < cols; c++) m->w[(size_t)k * cols + c] = 3, m->nonzeros++;
    lac_status s = pack_matrix(m, &r.dev.caps, 0, msg, sizeof msg);
    if (s == LAC_OK) {
        m->layer.addr = take(&r, m->layer.bytes);
        memcpy(host(&r, m->layer.addr), m->image, m->layer.bytes);
        const lac_fc job = {&m->layer, NULL, 1, {take(&r, 65536), 0, LAC_INT8, 0, 0}, {take(&r, 65536 * 8), 0, LAC_RAW, 0, 0}, 0, 0, 7, 0};
        s = lac_fc_build(&r.dev.caps, &job, 1, collect, &prog);
        bad = s == LAC_OK ? decode_program(&r, &prog, m, &job) : "build";
    }
    snprintf(name, sizeof name, "pack: %s", what);
    check(s == LAC_OK && !bad && m->layer.tiles == tiles && (padding == ~0u || m->layer.padding == padding), name,
          "%s %s %s, %u tiles (expected %u), padding %u (expected %u)", lac_status_name(s), msg, bad ? bad : "", m->layer.tiles, tiles,
          (uint32_t)m->layer.padding, padding);
    drop_rig(&r, m, &prog);
}

/* Two blocks of four channels: the heaviest goes where least is so far. */
static void balance(void)
{
    static const uint32_t count[8] = {2, 8, 0, 4, 0, 8, 2, 5};
    static const uint8_t want[8] = {2, 0, 3, 1, 0, 3, 1, 2}, plain[8] = {0, 1, 2, 3, 0, 1, 2, 3};
    const lac_config cfg = tiny(4, 64, 64, 64, 64);
    char msg[100] = "";
    for (int on = 0; on < 2; on++) {
        matrix *m = calloc(1, sizeof *m);
        list prog = {0};
        rig r;
        uint8_t lane[8] = {0};
        open_rig(&r, &cfg, 16);
        m->rows = m->cols = 8;
        m->format = LAC_CSC;
        m->w = calloc(64, sizeof *m->w);
        for (uint32_t k = 0; k < 8; k++) {
            m->shift[k] = 1;
            for (uint32_t c = 0; c < count[k]; c++) m->w[8 * k + c] = 1, m->nonzeros++;
        }
        const lac_place at = {0, 0, 0, 0};
        lac_status s = pack_matrix(m, &r.dev.caps, on, msg, sizeof msg);
        if (s == LAC_OK) s = lac_fc_load(&r.dev.caps, &m->layer, &at, collect, &prog);
        for (uint32_t k = 0; k < 8 && s == LAC_OK; k++) lane[k] = ((uint8_t *)m->image)[GET(&prog.c[2], LOAD_PARAMS_ADDR_LO) + 16 * k + 9];
        check(s == LAC_OK && !memcmp(lane, on ? want : plain, 8) && m->layer.resident_words == (on ? 2u : 3u), on ? "pack: channels balanced" : "pack: channels in order",
              "lanes %u %u %u %u %u %u %u %u, %u words", lane[0], lane[1], lane[2], lane[3], lane[4], lane[5], lane[6], lane[7], m->layer.resident_words);
        drop_rig(&r, m, &prog);
    }
}

static void edges(void)
{
    const lac_config roomy = tiny(4, 1024, 512, 2048, 2048);

    /* Gaps: csc entries hold 0 .. 63, csc8 0 .. 255 empty rows. */
    column("csc, gap of 63: no padding", LAC_CSC, 0, &roomy, 260, 1, 4000, 63 * 4, 1, 0);
    column("csc, gap of 64: one padding entry", LAC_CSC, 0, &roomy, 260, 1, 4000, 64 * 4, 1, 1);
    column("csc, gap of 127: one padding entry", LAC_CSC, 0, &roomy, 512, 1, 4000, 127 * 4, 1, 1);
    column("csc, gap of 128: two padding entries", LAC_CSC, 0, &roomy, 516, 1, 4000, 128 * 4, 1, 2);
    column("csc8, gap of 255: no padding", LAC_CSC8, 0, &roomy, 1024, 1, 4000, 255 * 4, 1, 0);
    column("csc8, gap of 256: one padding entry", LAC_CSC8, 0, &roomy, 1028, 1, 4000, 256 * 4, 1, 1);
    column("csc8, gaps in the middle", LAC_CSC8, 0, &roomy, 1600, 2, 4 * 300, 0, 1, 2);

    /* Slices: a table byte says at most 191 (127) entries. */
    column("csc, slice of 191 entries: one tile", LAC_CSC, 0, &roomy, 764, 1, 1, 0, 1, 0);
    column("csc, slice of 192 entries: cut", LAC_CSC, 0, &roomy, 768, 1, 1, 0, 2, 0);
    column("csc8, slice of 127 entries: one tile", LAC_CSC8, 0, &roomy, 508, 1, 1, 0, 1, 0);
    column("csc8, slice of 128 entries: cut", LAC_CSC8, 0, &roomy, 512, 1, 1, 0, 2, 0);

    /* RAMs exactly full, and one too many. Four lanes, one row each: an entry a column; a line has eight columns. */
    const lac_config w4 = tiny(4, 4, 512, 16, 64), c16 = tiny(4, 64, 16, 16, 64), a8 = tiny(4, 64, 64, 16, 512), p64 = tiny(4, 64, 64, 64, 128);
    column("csc, weight RAM exactly full", LAC_CSC, 0, &w4, 4, 24, 1, 0, 1, 0);
    column("csc, one entry too many: 8, 8 and 9 columns in half the RAM", LAC_CSC, 0, &w4, 4, 25, 1, 0, 3, 0);
    column("csc8, weight RAM exactly full", LAC_CSC8, 0, &w4, 4, 16, 1, 0, 1, 0);
    column("csc8, one entry too many", LAC_CSC8, 0, &w4, 4, 17, 1, 0, 3, 0);
    column("4:4, weight RAM exactly full", LAC_NM, 0, &w4, 4, 24, 1, 0, 1, 0);
    column("4:4, one group too many", LAC_NM, 0, &w4, 4, 25, 1, 0, 3, 12);
    column("column table exactly full", LAC_CSC, 0, &c16, 4, 16, 1, 0, 1, 0);
    column("one column too many", LAC_CSC, 0, &c16, 4, 17, 1, 0, 3, 0);
    column("accumulators exactly full", LAC_CSC, 0, &a8, 64, 8, 1, 0, 1, 0);
    column("one row too many", LAC_CSC, 0, &a8, 65, 8, 1, 0, 2, 0);
    column("parameters exactly full", LAC_CSC, 0, &p64, 128, 8, 1, 0, 1, 0);
    column("one channel too many", LAC_CSC, 0, &p64, 129, 8, 1, 0, 3, 0);
    column("one weight", LAC_CSC8, 0, &roomy, 1, 1, 1, 0, 1, 0);
    column("no weight at all", LAC_CSC, 0, &roomy, 5, 9, 1, 5, 1, 0);

    /* Column blocks: an octet's entries of a column, a column's lines, and half of each RAM. Row tiles of 64 channels. */
    const lac_config w16 = tiny(4, 16, 512, 16, 64), wide = tiny(256, 1024, 512, 16, 2048);
    column("by column, csc, octet of 191 entries: one tile", LAC_CSC, 1, &roomy, 191, 1, 1, 0, 1, 0);
    column("by column, csc, octet of 192 entries: cut", LAC_CSC, 1, &roomy, 192, 1, 1, 0, 3, 0);
    column("by column, csc8, octet of 127 entries: one tile", LAC_CSC8, 1, &roomy, 127, 1, 1, 0, 1, 0);
    column("by column, csc8, octet of 128 entries: cut", LAC_CSC8, 1, &roomy, 128, 1, 1, 0, 2, 0);
    column("by column, csc, 32 + 223 lines: one tile", LAC_CSC, 1, &wide, 1338, 1, 1, 0, 1, 0);
    column("by column, csc, 32 + 224 lines: cut", LAC_CSC, 1, &wide, 1339, 1, 1, 0, 2, 0);
    column("by column, half of the weight RAM exactly full", LAC_CSC, 1, &w16, 4, 8, 1, 0, 1, 0);
    column("by column, one column too many", LAC_CSC, 1, &w16, 4, 9, 1, 0, 2, 0);
    column("by column, half of the column table exactly full", LAC_CSC8, 1, &c16, 4, 8, 1, 0, 1, 0);
    column("by column, one more than half of the column table", LAC_CSC8, 1, &c16, 4, 9, 1, 0, 2, 0);
    column("by column, csc, gap of 128: two padding entries", LAC_CSC, 1, &roomy, 516, 1, 4000, 128 * 4, 1, 2);
    column("by column, no weight at all", LAC_CSC, 1, &roomy, 5, 9, 1, 5, 1, 0);
}

static void pack_refusals(void)
{
    const lac_config cfg = named_config("l8");
    rig r;
    open_rig(&r, &cfg, 16);
    lac_caps caps = r.dev.caps;
    static uint64_t scratch[4096];
    static uint8_t image[8192];
    int16_t v[40];
    uint16_t idx[40];
    uint32_t p[4] = {0, 20, 20, 40}, need = 0;
    uint64_t where = 99;
    lac_layer layer;
    lac_csc m = {20, 3, v, idx, p};

    for (int i = 0; i < 40; i++) v[i] = (int16_t)(1 + i % 15), idx[i] = (uint16_t)(i % 20);
    v[1] = -32768;
    v[16] = 0;
    for (int i = 0; i < 40; i++) if (v[i] == 2) v[i] = 1; /* 14 values and -32768 */
    v[17] = 1;
#define CSC(f, rq) lac_pack_csc(&caps, &m, f, rq, 1, scratch, image, sizeof image, &need, &layer, &where)
    lac_status s = CSC(LAC_CSC, NULL);
    check(s == LAC_OK, "pack: fifteen values and zero", "%s", lac_status_name(s));
    v[30] = 77;
    s = CSC(LAC_CSC, NULL);
    check(s == LAC_E_FORMAT && where == 30, "pack refuses a sixteenth value and says where", "%s, %u", lac_status_name(s), (uint32_t)where);
    v[1] = 127;
    v[2] = -128;
    s = CSC(LAC_CSC8, NULL);
    check(s == LAC_OK, "pack: csc8 from -128 to 127", "%s", lac_status_name(s));
    v[7] = 128;
    s = CSC(LAC_CSC8, NULL);
    check(s == LAC_E_FORMAT && where == 7, "pack refuses 128 in csc8 and says where", "%s, %u", lac_status_name(s), (uint32_t)where);
    v[7] = -129;
    s = CSC(LAC_CSC8, NULL);
    check(s == LAC_E_FORMAT && where == 7, "pack refuses -129 in csc8", "%s, %u", lac_status_name(s), (uint32_t)where);
    v[7] = 1;
    idx[25] = 20;
    s = CSC(LAC_CSC8, NULL);
    check(s == LAC_E_ARG && where == 25, "pack refuses a malformed matrix and says where", "%s, %u", lac_status_name(s), (uint32_t)where);
    idx[25] = 5;

    lac_requant rq = {NULL, NULL, NULL, 5, 63};
    s = CSC(LAC_CSC8, &rq);
    rq.s0 = 0;
    check(s == LAC_E_ARG && CSC(LAC_CSC8, &rq) == LAC_E_ARG, "pack refuses shifts 0 and 63", "%s", lac_status_name(s));
    rq.s0 = 62;
    s = CSC(LAC_CSC8, &rq);
    rq.m0 = -1;
    check(s == LAC_OK && CSC(LAC_CSC8, &rq) == LAC_E_ARG, "pack takes shift 62 and refuses a negative multiplier", "%s", lac_status_name(s));
    int8_t shifts[20];
    memset(shifts, 31, sizeof shifts);
    shifts[19] = -1;
    rq.m0 = 1;
    rq.shift = shifts;
    s = CSC(LAC_CSC8, &rq);
    check(s == LAC_E_ARG && where == 19, "pack refuses a channel's shift and says which", "%s, %u", lac_status_name(s), (uint32_t)where);

    check(lac_pack_csc(&caps, &m, LAC_NM, NULL, 1, scratch, image, sizeof image, &need, &layer, &where) == LAC_E_ARG
              && lac_pack_csc(&caps, NULL, LAC_CSC, NULL, 1, scratch, image, sizeof image, &need, &layer, &where) == LAC_E_ARG
              && lac_pack_csc(&caps, &m, LAC_CSC8, NULL, 1, NULL, image, sizeof image, &need, &layer, &where) == LAC_E_ARG,
          "pack refuses missing arguments", "accepted");
    caps.formats = 5;
    check(CSC(LAC_CSC8, NULL) == LAC_E_ARG, "pack refuses a format the machine has not", "accepted");
    caps.formats = 7;
    s = lac_pack_csc_columns(&caps, &m, LAC_CSC8, NULL, 1, scratch, image, sizeof image, &need, &layer, &where);
    caps.formats = 15;
    check(s == LAC_E_ARG && lac_pack_csc_columns(&caps, &m, LAC_CSC8, NULL, 1, scratch, image, sizeof image, &need, &layer, &where) == LAC_OK,
          "pack refuses column blocks where the machine has not LOAD_COLUMNS", "%s", lac_status_name(s));

    int8_t w[2 * 6] = {1, 0, 2, 0, 0, 3, 0, 0, 0, 0, 4, 5};
    lac_nm nm = {2, 6, 2, w};
#define NM() lac_pack_nm(&caps, &nm, NULL, 1, scratch, image, sizeof image, &need, &layer, &where)
    s = NM();
    check(s == LAC_OK, "pack: 2:4 with a short last group", "%s", lac_status_name(s));
    w[7] = 6;
    w[8] = 7;
    w[9] = 8;
    s = NM();
    check(s == LAC_E_FORMAT && where == 6, "pack refuses three of four in 2:4 and says which group", "%s, %u", lac_status_name(s), (uint32_t)where);
    nm.n = 3;
    check(NM() == LAC_OK, "pack: the same as 3:4", "refused");
    nm.n = 0;
    s = NM();
    nm.n = 5;
    check(s == LAC_E_ARG && NM() == LAC_E_ARG, "pack refuses 0:4 and 5:4", "accepted");

    /* One line of columns that does not fit in any way. */
    const lac_config small = tiny(4, 2, 512, 16, 64);
    close_rig(&r);
    open_rig(&r, &small, 16);
    caps = r.dev.caps;
    caps.weight_depth = 1;
    nm.n = 4;
    s = NM();
    check(s == LAC_E_SPACE, "pack refuses a machine too small for one line of columns", "%s", lac_status_name(s));
    close_rig(&r);
}

/* ---- Building: refusals, and broken directories ---------------------------------------------------------- */

static int build_status(rig *r, const lac_fc *job, uint32_t *emitted)
{
    list prog = {0};
    const int s = lac_fc_build(&r->dev.caps, job, 1, collect, &prog);
    *emitted = prog.n;
    free(prog.c);
    return s;
}

static void build_refusals(void)
{
    const lac_config cfg = named_config("odd");
    rig r;
    open_rig(&r, &cfg, 16);
    matrix *m = directed_matrix(&r, LAC_CSC, 0, 20, 24), *tall = directed_matrix(&r, LAC_CSC, 0, 100, 24);
    const lac_place at = {0, 0, 0, 0};
    const lac_fc good = {&m->layer, NULL, 2, {take(&r, 4096), 64, LAC_INT8, -1, 0}, {take(&r, 4096), 64, LAC_INT8, 3, 0}, -5, 5, 1, 0};
    uint32_t n = 0;
    int s = build_status(&r, &good, &n);
    check(s == LAC_OK && n > 0, "build: the job that is going to be broken is good", "%s", lac_status_name(s));

    lac_layer alien = m->layer, moved = m->layer, none;
    uint8_t other[128];
    memcpy(other, m->image, sizeof other);
    other[28]++; /* lanes */
    alien.image = other;
    moved.addr += 32;
    memset(&none, 0, sizeof none);
    lac_place far = at, odd = at, third = at;
    far.col_base = 60;
    odd.param_base = 1;
    third.codebook = 2;
#define REFUSED(what, status, change)                                                                                  \
    do {                                                                                                               \
        lac_fc j = good;                                                                                               \
        change;                                                                                                        \
        n = 0;                                                                                                         \
        s = build_status(&r, &j, &n);                                                                                  \
        check(s == (status) && n == 0, "build refuses " what, "%s, %u commands", lac_status_name(s), n);              \
    } while (0)
    REFUSED("no layer", LAC_E_ARG, j.layer = NULL);
    REFUSED("a layer without an image", LAC_E_ARG, j.layer = &none);
    REFUSED("a layer for another machine", LAC_E_ARG, j.layer = &alien);
    REFUSED("a layer at an odd address", LAC_E_ALIGN, j.layer = &moved);
    REFUSED("no points", LAC_E_ARG, j.points = 0);
    REFUSED("65536 points", LAC_E_ARG, j.points = 65536);
    REFUSED("features at an odd address", LAC_E_ALIGN, j.x.addr += 8);
    REFUSED("outputs at an odd address", LAC_E_ALIGN, j.y.addr += 8);
    REFUSED("an odd pitch", LAC_E_ALIGN, j.x.pitch = 72);
    REFUSED("a pitch below a row", LAC_E_ARG, j.y.pitch = 0);
    REFUSED("a pitch of 2^24", LAC_E_ARG, j.y.pitch = 1u << 24);
    REFUSED("raw features", LAC_E_ARG, j.x.type = LAC_RAW; j.x.zero = 0);
    REFUSED("type 4", LAC_E_ARG, j.x.type = (lac_type)4);
    REFUSED("a zero point outside the type", LAC_E_ARG, j.x.zero = -129);
    REFUSED("an output zero point outside the type", LAC_E_ARG, j.y.type = LAC_UINT8; j.y.zero = -1; j.clamp_lo = 0);
    REFUSED("clamp limits crossed", LAC_E_ARG, j.clamp_lo = 6);
    REFUSED("a clamp limit outside the type", LAC_E_ARG, j.clamp_hi = 128);
    REFUSED("raw with a clamp", LAC_E_ARG, j.y.type = LAC_RAW; j.y.zero = 0; j.y.pitch = 192);
    REFUSED("a raw list", LAC_E_ARG, j.y.type = LAC_RAW; j.y.zero = j.clamp_lo = j.clamp_hi = 0; j.y.list = 1);
    REFUSED("y on top of x", LAC_E_ARG, j.y.addr = j.x.addr + 64);
    REFUSED("a place beyond the column table", LAC_E_SPACE, j.resident = &far);
    REFUSED("parameters at an odd place", LAC_E_ALIGN, j.resident = &odd);
    REFUSED("a third codebook", LAC_E_SPACE, j.resident = &third);
    REFUSED("a list from several row tiles", LAC_E_SPACE, j.layer = &tall->layer; j.y.type = LAC_INT16; j.y.pitch = 512; j.y.list = 1);
    REFUSED("int8 from row tiles of 32", LAC_E_SPACE, j.layer = &tall->layer; j.y.pitch = 128);
    lac_fc wide = good;
    wide.layer = &tall->layer;
    wide.y.type = LAC_INT16;
    wide.y.pitch = 256;
    s = build_status(&r, &wide, &n);
    check(s == LAC_OK && dir_row_tiles(&tall->layer) == 4, "build: int16 from row tiles of 32", "%s, %u tiles", lac_status_name(s), dir_row_tiles(&tall->layer));

    matrix *bc = directed_matrix(&r, LAC_CSC, 1, 20, 24);
    lac_fc streamed = good;
    streamed.layer = &bc->layer;
    r.dev.caps.formats &= ~(uint32_t)LAC_HAS_COLUMNS;
    s = build_status(&r, &streamed, &n);
    r.dev.caps.formats |= LAC_HAS_COLUMNS;
    check(s == LAC_E_ARG && n == 0 && build_status(&r, &streamed, &n) == LAC_OK, "build refuses column blocks where the machine has not LOAD_COLUMNS",
          "%s", lac_status_name(s));
    drop_matrix(bc);
    free(bc);

    lac_place next = {0, 0, 0, 0}, got;
    s = lac_fc_place(&r.dev.caps, &m->layer, &next, &got);
    check(s == LAC_OK && next.word_base == m->layer.resident_words && next.col_base == 24 && next.param_base == 20 && next.codebook == 1 && got.col_base == 0,
          "place: the first layer", "%s", lac_status_name(s));
    s = lac_fc_place(&r.dev.caps, &m->layer, &next, &got);
    lac_place before = next;
    check(s == LAC_OK && got.col_base == 24 && got.codebook == 1 && lac_fc_place(&r.dev.caps, &m->layer, &next, &got) == LAC_E_SPACE
              && !memcmp(&before, &next, sizeof next), "place: the second, and no third codebook", "%s", lac_status_name(s));

    /* Directories with a broken word: refused, or consistent enough to build something. The sanitizers watch. */
    lac_rng g = {seed + 77};
    for (int by_column = 0; by_column < 2; by_column++) {
        matrix *t = directed_matrix(&r, LAC_CSC8, by_column, 90, 100);
        uint8_t *copy = malloc(t->layer.bytes);
        uint32_t refused = 0;
        for (int i = 0; i < 3000; i++) {
            lac_layer l;
            memcpy(copy, t->image, t->layer.bytes);
            const uint32_t at_byte = 4 * rng_below(&g, t->layer.dir_bytes / 4);
            const uint32_t value = rng_chance(&g, 128) ? copy[at_byte] + (uint32_t)rng_range(&g, -3, 3) : (uint32_t)rng_next(&g) >> rng_below(&g, 32);
            for (int b = 0; b < 4; b++) copy[at_byte + (uint32_t)b] = (uint8_t)(value >> 8 * b);
            if (lac_layer_open(copy, t->layer.bytes, &l) != LAC_OK) {
                refused++;
                continue;
            }
            lac_fc j = good;
            j.layer = &l;
            j.x.pitch = j.y.pitch = 65536 * 8;
            j.y.addr = 0;
            j.x.addr = 1u << 30;
            j.y.type = LAC_INT16;
            if (by_column) j.points = 1;
            (void)build_status(&r, &j, &n);
        }
        for (uint8_t v = 1; by_column && v < 3; v++) { /* the storage, a word of the header: N:4 has weight blocks only */
            lac_layer l;
            memcpy(copy, t->image, t->layer.bytes);
            copy[92] = v;
            if (v == 1) copy[20] = LAC_NM, copy[24] = 2;
            check(lac_layer_open(copy, t->layer.bytes, &l) == LAC_E_FORMAT, v == 1 ? "open refuses column blocks of N:4" : "open refuses a third storage",
                  "accepted");
        }
        check(refused > 1000, by_column ? "open: broken directories of column blocks" : "open: broken directories", "%u of 3000 refused", refused);
        lac_layer l;
        check(lac_layer_open(t->image, t->layer.bytes, &l) == LAC_OK && l.rows == 90 && l.cols == 100 && l.entries == t->layer.entries
                  && lac_layer_open(t->image, t->layer.dir_bytes, &l) == LAC_OK && lac_layer_open(t->image, t->layer.dir_bytes - 1, &l) == LAC_E_FORMAT
                  && lac_layer_open(t->image, 127, &l) == LAC_E_FORMAT && lac_layer_open(NULL, 200, &l) == LAC_E_ARG,
              by_column ? "open: an image of column blocks" : "open: a whole image, its directory alone, and less", "otherwise");
        free(copy);
        drop_matrix(t);
        free(t);
    }
    drop_matrix(tall);
    free(tall);
    list nothing = {0};
    drop_rig(&r, m, &nothing);
}

/* ---- Device: a port that fails, lies or never answers ------------------------------------------------------ */

typedef struct {
    uint32_t reg[LAC_REG_END / 4 + 1];
    uint8_t  ring[64 * 8];
    int      fail_at;       /* access that fails, from 1; 0: none */
    int      accesses, doorbells, waits;
    int      reset_polls, busy_polls; /* how often STATUS says so; negative: for ever */
    int      irq;           /* wait_irq raises the line */
    int      late;          /* reads of DONE that lag behind */
} fake;

static int fake_fails(fake *f) { return ++f->accesses == f->fail_at; }

static int fake_read(void *ctx, uint32_t off, uint32_t *v)
{
    fake *f = ctx;
    if (fake_fails(f)) return -1;
    *v = f->reg[off / 4];
    if (off == LAC_REG_STATUS) {
        if (f->reset_polls) *v |= LAC_STATUS_RESET, f->reset_polls--;
        if (f->busy_polls) *v |= LAC_STATUS_BUSY, f->busy_polls--;
    }
    if (off == LAC_REG_DONE && f->late) --*v, f->late--;
    return 0;
}

static int fake_write(void *ctx, uint32_t off, uint32_t v)
{
    fake *f = ctx;
    if (fake_fails(f)) return -1;
    if (off == LAC_REG_TAIL) f->doorbells++;
    if (off == LAC_REG_IRQ_STATUS) f->reg[off / 4] &= ~v;
    else f->reg[off / 4] = v;
    return 0;
}

static int fake_mem_write(void *ctx, lac_addr dst, const void *src, uint32_t n)
{
    fake *f = ctx;
    if (fake_fails(f) || dst < 0x1000 || dst + n > 0x1000 + sizeof f->ring) return -1;
    memcpy(f->ring + (dst - 0x1000), src, n);
    return 0;
}

static int fake_mem_read(void *ctx, void *dst, lac_addr src, uint32_t n)
{
    (void)ctx, (void)dst, (void)src, (void)n;
    return -1;
}

static int fake_wait(void *ctx, uint32_t limit)
{
    fake *f = ctx;
    (void)limit;
    f->waits++;
    if (f->irq) f->reg[LAC_REG_IRQ_STATUS / 4] |= LAC_IRQ_DONE;
    return fake_fails(f);
}

static void fresh_fake(fake *f)
{
    memset(f, 0, sizeof *f);
    f->reg[LAC_REG_ID / 4] = 0x4C414301;
    f->reg[LAC_REG_VERSION / 4] = 0x00010203;
    static const uint32_t caps[] = {8, 128, 40, 4, 100, 200, 300, 400, 500, 16, 32, 7};
    for (uint32_t i = 0; i < 12; i++) f->reg[LAC_REG_CAP_LANES / 4 + i] = caps[i];
}

static lac_status open_fake(fake *f, lac_dev *d, lac_port *p)
{
    const lac_port port = {f, fake_read, fake_write, fake_mem_write, fake_mem_read, NULL};
    *p = port;
    return lac_open(d, p, 0x1000, 8, 0x1000, 0x10000);
}

static void device(void)
{
    static fake f;
    lac_dev d;
    lac_port p;
    lac_status s;
    lac_cmd cmd[16];
    uint32_t room = 0;

    fresh_fake(&f);
    s = open_fake(&f, &d, &p);
    const lac_caps *c = &d.caps;
    check(s == LAC_OK && c->version == 0x00010203 && c->lanes == 8 && c->data_w == 128 && c->addr_w == 40 && c->store_w == 4 && c->weight_depth == 100
              && c->col_depth == 200 && c->acc_depth == 300 && c->feat_depth == 400 && c->param_depth == 500 && c->fifo_depth == 16 && c->burst == 32
              && c->formats == 7 && c->line == 16, "open: capabilities", "%s", lac_status_name(s));
    check(f.reg[LAC_REG_RING_BASE_LO / 4] == 0x1000 && f.reg[LAC_REG_RING_SIZE / 4] == 8 && f.reg[LAC_REG_RD_BASE_LO / 4] == 0x1000
              && f.reg[LAC_REG_RD_LIMIT_LO / 4] == 0x11000 && f.reg[LAC_REG_WR_BASE_LO / 4] == 0x1000 && f.reg[LAC_REG_WR_LIMIT_LO / 4] == 0x11000
              && f.reg[LAC_REG_CTRL / 4] == 1 && f.reg[LAC_REG_IRQ_ENABLE / 4] == 3 && !f.doorbells, "open: ring, windows, reset, interrupts", "otherwise");
    const int accesses = f.accesses;
    int wrong = 0;
    for (int k = 1; k <= accesses; k++) {
        fresh_fake(&f);
        f.fail_at = k;
        wrong += open_fake(&f, &d, &p) != LAC_E_PORT;
    }
    check(wrong == 0 && accesses > 20, "open: each access that fails is LAC_E_PORT", "%d of %d are not", wrong, accesses);

    fresh_fake(&f); f.reg[0] = 0x4C414302; s = open_fake(&f, &d, &p);
    check(s == LAC_E_ID, "open refuses another major version", "%s", lac_status_name(s));
    fresh_fake(&f); f.reg[0] = 0xFFFFFFFF; s = open_fake(&f, &d, &p);
    check(s == LAC_E_ID && f.accesses == 1, "open refuses another identity, and touches nothing more", "%s, %d accesses", lac_status_name(s), f.accesses);
    fresh_fake(&f); f.reg[LAC_REG_CAP_DATA_W / 4] = 96; s = open_fake(&f, &d, &p);
    check(s == LAC_E_ID, "open refuses impossible capabilities", "%s", lac_status_name(s));
    fresh_fake(&f); f.reset_polls = -1; s = open_fake(&f, &d, &p);
    check(s == LAC_E_TIMEOUT, "open: a reset that never ends", "%s", lac_status_name(s));
    fresh_fake(&f); f.reset_polls = 9; s = open_fake(&f, &d, &p);
    check(s == LAC_OK && f.reset_polls == 0, "open waits for the reset", "%s, %d polls left", lac_status_name(s), f.reset_polls);

    fresh_fake(&f);
    check(lac_open(&d, &p, 0x1020, 8, 0x1000, 0x10000) == LAC_E_ALIGN && lac_open(&d, &p, 0x1000, 1, 0x1000, 0x10000) == LAC_E_ARG
              && lac_open(&d, &p, 0x1000, 65536, 0x1000, 0x1000000) == LAC_E_ARG && lac_open(&d, &p, 0xFC0, 8, 0x1000, 0x10000) == LAC_E_ARG
              && lac_open(&d, &p, 0x10E40, 8, 0x1000, 0x10000) == LAC_E_ARG && lac_open(&d, &p, 0x1000, 8, 0x1000, 511) == LAC_E_ARG
              && lac_open(&d, &p, 0x1000, 8, 0x1000, UINT64_MAX) == LAC_E_ARG && lac_open(&d, NULL, 0x1000, 8, 0x1000, 0x10000) == LAC_E_ARG
              && lac_open(NULL, &p, 0x1000, 8, 0x1000, 0x10000) == LAC_E_ARG && f.accesses == 0,
          "open refuses bad rings and windows before it touches the machine", "%d accesses", f.accesses);
    check(lac_open(&d, &p, 0x10E00, 8, 0x1000, 0x10000) == LAC_OK && lac_open(&d, &p, 0x1000, 8, 0x1000, UINT64_C(1) << 40) == LAC_E_ARG
              && lac_open(&d, &p, 0x1000, 8, 0x1000, (UINT64_C(1) << 40) - 0x1000) == LAC_OK && f.reg[LAC_REG_RD_LIMIT_HI / 4] == 256,
          "open: the ring at the end, the window up to the last address and not beyond", "otherwise");

    /* The ring: eight entries hold seven commands. */
    for (uint32_t i = 0; i < 16; i++)
        for (uint32_t k = 0; k < 16; k++) cmd[i].w[k] = i << 24 | k * 0x10203;
    fresh_fake(&f);
    open_fake(&f, &d, &p);
    check(lac_submit(&d, cmd, 8) == LAC_E_SPACE && f.doorbells == 0 && lac_submit(&d, cmd, 0) == LAC_OK && f.doorbells == 0, "ring: eight are one too many", "accepted");
    check(lac_submit(&d, cmd, 7) == LAC_OK && f.doorbells == 1 && f.reg[LAC_REG_TAIL / 4] == 7 && f.ring[64 * 6 + 4] == 0x03 && f.ring[64 * 6 + 3] == 6
              && f.ring[64 * 6 + 5] == 0x02 && f.ring[64 * 6 + 6] == 0x01, "ring: seven fit, one doorbell, little endian", "tail %u", f.reg[LAC_REG_TAIL / 4]);
    check(lac_submit(&d, cmd, 1) == LAC_E_SPACE && lac_room(&d, &room) == LAC_OK && room == 0, "ring: full", "room %u", room);
    f.reg[LAC_REG_HEAD / 4] = 5;
    check(lac_room(&d, &room) == LAC_OK && room == 5 && lac_submit(&d, cmd + 8, 5) == LAC_OK && f.reg[LAC_REG_TAIL / 4] == 4 && f.ring[64 * 7 + 3] == 8
              && f.ring[3] == 9 && f.ring[64 * 3 + 3] == 12 && f.ring[64 * 4 + 3] == 4, "ring: wraps around", "tail %u", f.reg[LAC_REG_TAIL / 4]);
    const int none = lac_room(&d, &room) == LAC_OK && room == 0;
    f.reg[LAC_REG_HEAD / 4] = 7;
    check(none && lac_room(&d, &room) == LAC_OK && room == 2, "ring: HEAD above TAIL", "room %u", room);
    f.reg[LAC_REG_HEAD / 4] = 4;
    check(lac_room(&d, &room) == LAC_OK && room == 7, "ring: empty in the middle", "room %u", room);
    f.reg[LAC_REG_HEAD / 4] = 8;
    check(lac_room(&d, &room) == LAC_E_PORT, "ring: an impossible HEAD", "accepted");
    f.reg[LAC_REG_HEAD / 4] = 4;

    /* Waiting. */
    f.reg[LAC_REG_DONE / 4] = 12;
    f.busy_polls = 1;
    check(lac_poll(&d) == 1 && lac_poll(&d) == LAC_OK, "poll: busy, then done", "otherwise");
    f.late = 1;
    check(lac_poll(&d) == 1 && lac_poll(&d) == LAC_OK, "poll: idle, but not all commands are done yet", "otherwise");
    f.busy_polls = -1;
    f.accesses = 0;
    s = lac_wait(&d, 50);
    check(s == LAC_E_TIMEOUT && f.accesses >= 50 && f.accesses <= 52, "wait: bounded polls", "%s after %d", lac_status_name(s), f.accesses);
    d.port.wait_irq = fake_wait;
    f.waits = 0;
    s = lac_wait(&d, 50);
    check(s == LAC_E_TIMEOUT && f.waits == 1, "wait: an interrupt that never comes", "%s after %d waits", lac_status_name(s), f.waits);
    f.waits = 0;
    f.irq = 1;
    s = lac_wait(&d, 50);
    check(s == LAC_E_TIMEOUT && f.waits >= 50 && f.waits < 60, "wait: an interrupt that always comes and a machine that stays busy", "%s after %d waits", lac_status_name(s),
          f.waits);
    f.busy_polls = 2;
    f.waits = 0;
    s = lac_wait(&d, 50);
    check(s == LAC_OK && f.waits == 2, "wait: interrupts, then idle", "%s after %d waits", lac_status_name(s), f.waits);
    f.accesses = 0;
    f.fail_at = 2;
    s = lac_wait(&d, 50);
    check(s == LAC_E_PORT, "wait: a port that fails", "%s", lac_status_name(s));
    f.fail_at = 0;
    f.reg[LAC_REG_STATUS / 4] = LAC_STATUS_ERROR;
    f.busy_polls = 1;
    check(lac_poll(&d) == 1 && lac_poll(&d) == LAC_E_JOB && lac_wait(&d, 5) == LAC_E_JOB, "poll: an error is reported when the queues have drained", "otherwise");
    f.reg[LAC_REG_STATUS / 4] = LAC_STATUS_ERROR | LAC_STATUS_STUCK | LAC_STATUS_BUSY;
    check(lac_poll(&d) == LAC_E_JOB, "poll: or when the bus is stuck", "otherwise");

    lac_error_record e;
    f.reg[LAC_REG_ERR_CODE / 4] = 0x30A;
    f.reg[LAC_REG_ERR_CMD / 4] = 17;
    f.reg[LAC_REG_ERR_TAG / 4] = 18;
    f.reg[LAC_REG_ERR_ADDR_LO / 4] = 0x80000040;
    f.reg[LAC_REG_ERR_ADDR_HI / 4] = 0x12;
    f.reg[LAC_REG_ERR_INDEX / 4] = 19;
    check(lac_error(&d, &e) == LAC_OK && e.code == 10 && e.unit == 3 && e.cmd == 17 && e.tag == 18 && e.index == 19 && e.addr == UINT64_C(0x1280000040),
          "error record", "code %u unit %u", e.code, e.unit);
    check(!strcmp(lac_error_name(10), "BUS_DECERR") && !strcmp(lac_error_name(0), "NONE") && !strcmp(lac_error_name(20), "PARAM") && !strcmp(lac_error_name(25), "MAP_ROOM") && !strcmp(lac_error_name(26), "RULES") && !strcmp(lac_error_name(27), "?")
              && !strcmp(lac_error_text(8), "waits for a token no earlier command gives, or gives a sixteenth") && !strcmp(lac_unit_name(3), "STORE")
              && !strcmp(lac_unit_name(4), "MAP") && !strcmp(lac_unit_name(5), "?") && !strcmp(lac_status_name(-7), "TIMEOUT") && !strcmp(lac_status_name(1), "?"), "names", "otherwise");
    f.reg[LAC_REG_STATUS / 4] = 0;
    f.reset_polls = 5;
    check(lac_reset(&d, 5) == LAC_E_TIMEOUT && d.tail == 4 && lac_reset(&d, 5) == LAC_OK && d.tail == 0 && d.queued == 0, "reset: bounded, then from the ring's start",
          "tail %u", d.tail);
    check(lac_watchdog(&d, 777) == LAC_OK && f.reg[LAC_REG_WATCHDOG / 4] == 777 && lac_windows(&d, 2, 1, 0, 0) == LAC_E_ARG && lac_windows(&d, 0, 0, 2, 1) == LAC_E_ARG
              && lac_windows(&d, 64, UINT64_C(1) << 33, 128, 192) == LAC_OK && f.reg[LAC_REG_RD_BASE_LO / 4] == 64 && f.reg[LAC_REG_RD_LIMIT_HI / 4] == 2
              && f.reg[LAC_REG_WR_BASE_LO / 4] == 128 && f.reg[LAC_REG_WR_LIMIT_LO / 4] == 192, "watchdog and windows", "otherwise");
    lac_stats st;
    for (uint32_t i = 0; i < 0x110 / 4; i++) f.reg[i] = i * 4;
    f.reg[LAC_REG_RUN_START / 4] = 0xFFFFFFF0;
    f.reg[LAC_REG_RUN_END / 4] = 0x10;
    check(lac_read_stats(&d, &st) == LAC_OK && st.cycles == 0x20 && st.load == 0xE0 && st.exec == 0xE4 && st.store == 0xE8 && st.rd_beats == 0xEC && st.wr_beats == 0xF0
              && st.items == 0xF4 && st.stall == 0xF8 && st.nonzero == 0x104 && st.marks == 0xD4 && st.mark_first == 0xD8 && st.mark_last == 0xDC
              && st.macs == (UINT64_C(0x100) << 32 | 0xFC), "statistics", "cycles %u", st.cycles);

    /* A ring that never drains, and one whose machine stops with an error, while a program is fed. */
    const lac_config cfg = named_config("l8");
    rig r;
    open_rig(&r, &cfg, 16);
    matrix *m = directed_matrix(&r, LAC_CSC, 0, 20, 24);
    const lac_fc job = {&m->layer, NULL, 40, {take(&r, 4096), 64, LAC_INT8, -1, 0}, {take(&r, 4096), 64, LAC_INT8, 3, 0}, -5, 5, 1, 0};
    fresh_fake(&f);
    open_fake(&f, &d, &p);
    d.caps = r.dev.caps;
    f.busy_polls = -1;
    s = lac_fc_run(&d, &job, 1, 20);
    check(s == LAC_E_TIMEOUT && f.doorbells == 1 && f.reg[LAC_REG_TAIL / 4] == 7, "run: a ring that never drains", "%s", lac_status_name(s));
    fresh_fake(&f);
    open_fake(&f, &d, &p);
    d.caps = r.dev.caps;
    f.reg[LAC_REG_STATUS / 4] = LAC_STATUS_ERROR;
    s = lac_fc_run(&d, &job, 1, 20);
    check(s == LAC_E_JOB, "run: a machine that stops while it is fed", "%s", lac_status_name(s));

    /* On the model: an error, its record, what a doorbell does then, and the next job after a reset. */
    lac_fc bad = job;
    bad.tag = 4711;
    bad.y.addr = r.base + MEM; /* outside the window */
    s = lac_fc_run(&r.dev, &bad, 1, 20);
    lac_error(&r.dev, &e);
    check(s == LAC_E_JOB && e.code == LAC_ERR_WINDOW && e.unit == LAC_UNIT_CMD && e.tag == 4711, "model: a window error, its record", "%s, %s", lac_status_name(s),
          lac_error_name(e.code));
    s = lac_fc_run(&r.dev, &job, 1, 20);
    check(s == LAC_E_JOB, "model: nothing runs before a reset", "%s", lac_status_name(s));
    s = lac_reset(&r.dev, 10);
    if (s == LAC_OK) s = lac_fc_run(&r.dev, &job, 1, 20);
    check(s == LAC_OK, "model: and everything after it", "%s", lac_status_name(s));
    list nothing = {0};
    drop_rig(&r, m, &nothing);
}

/* ---- The memory-mapped port ---------------------------------------------------------------------------------- */

static int cleaned, invalidated, fenced;
static void count_clean(void *p, uint32_t n) { (void)p; cleaned += (int)n; }
static void count_invalidate(void *p, uint32_t n) { (void)p; invalidated += (int)n; }
static void count_fence(void) { fenced++; }
static int count_wait(void *ctx, uint32_t limit) { *(uint32_t *)ctx = limit; return 0; }

static void mmio(void)
{
    static uint32_t regs[64], waited;
    static uint8_t mem[256];
    uint8_t out[16];
    uint32_t v = 0;
    lac_mmio m = {regs, mem, UINT64_C(0x100000000), sizeof mem, count_clean, count_invalidate, count_fence, count_wait, &waited};
    lac_port p = lac_port_mmio(&m);
    regs[3] = 0x12345678;
    check(!p.read32(p.ctx, 12, &v) && v == 0x12345678 && !p.write32(p.ctx, 16, 9) && regs[4] == 9 && fenced == 2, "mmio: registers", "%x", v);
    check(!p.mem_write(p.ctx, UINT64_C(0x1000000F0), "0123456789abcdef", 16) && mem[240] == '0' && mem[255] == 'f' && cleaned == 16
              && !p.mem_read(p.ctx, out, UINT64_C(0x1000000F0), 16) && !memcmp(out, "0123456789abcdef", 16) && invalidated == 16, "mmio: memory and caches", "%d", cleaned);
    check(p.mem_write(p.ctx, UINT64_C(0x1000000F1), out, 16) && p.mem_write(p.ctx, 0xFFFFFFFF, out, 1) && p.mem_read(p.ctx, out, UINT64_C(0x100000101), 0)
              && p.mem_read(p.ctx, out, UINT64_C(0x1000000F1), 0xFFFFFFFF), "mmio refuses what is outside", "accepted");
    check(!p.wait_irq(p.ctx, 5) && waited == 5, "mmio: waits", "%u", waited);
    m.wait = NULL;
    check(lac_port_mmio(&m).wait_irq == NULL, "mmio: without an interrupt the driver polls", "otherwise");
}

int main(void)
{
    if (getenv("SEED")) seed = strtoull(getenv("SEED"), NULL, 0);
    for (int i = 0; i < 5; i++) {
        const lac_config c = named_config(config_names[i]);
        images(&c, 60);
    }
    images(NULL, 150);
    for (int i = 0; i < 5; i++) {
        const lac_config c = named_config(config_names[i]);
        for (int b = 0; b < 4; b++) programs(&c, b, 15);
    }
    for (int b = 0; b < 10; b++) programs(NULL, b, 15);
    order();
    eie_example(0);
    eie_example(1);
    needed();
    reuse();
    balance();
    edges();
    pack_refusals();
    build_refusals();
    device();
    mmio();
    check(streamed_run > 100 && resident_run > 100 && chained_run > 50 && needed_run > 100, "programs: jobs of every kind",
          "%llu programs, %llu commands, %llu streamed, %llu resident, %llu chained jobs, %llu loads of needed columns", (unsigned long long)programs_run,
          (unsigned long long)commands_run, (unsigned long long)streamed_run, (unsigned long long)resident_run, (unsigned long long)chained_run,
          (unsigned long long)needed_run);
    return failures != 0;
}
