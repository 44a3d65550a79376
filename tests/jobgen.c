/* SPDX-License-Identifier: Apache-2.0 */
#include "jobgen.h"
#include <stdlib.h>
#include <string.h>
#include "lac_hw.h"
#include "naive.h"

/* Commands as jobs see them: engine 1 LOAD, 2 EXEC, 3 STORE, 4 MAP. */
enum { ENG_LOAD = 1, ENG_EXEC = 2, ENG_STORE = 3, ENG_MAP = 4, ENGS };

/* A layer under construction. Weights are kept by (lane, row): the parameters say which channel that is. */
typedef struct {
    uint32_t format, n, copy, type, bank;
    int32_t  zero;
    uint32_t k, r, xrows;            /* channels; rows a lane has; ROWS of EXEC */
    uint32_t points, cols, elements; /* of EXEC; elements: of a pixel */
    uint32_t windows, pixels, width, step; /* points of several pixels, or 0, 1, elements, 0 */
    int32_t  first;
    uint32_t apart;                  /* accumulators from a pixel to the next; 0: r */
    int      by_lane;                /* csc8 read as EXEC's format 3 */
    int      wide;                   /* with N: row and weight of an entry are one weight */
    int      w_bits;                 /* of such a weight, and of a codebook's values */
    uint32_t feat_base, feat_pitch, feat_lines; /* [lines]; lines: rounded up to 32 */
    uint32_t word_base, words, reach, col_base, acc_base, param_base; /* reach: beyond words, what other features might make LOAD_COLUMNS bring */
    int      columns;                /* (some of) its weights come in column blocks */
    int      needed;                 /* some columns were not loaded: no other features may meet these weights */
    int32_t *w;                      /* [lanes][r][elements] */
    int32_t *x;                      /* [points][pixels][elements], zero point still in it */
    uint8_t *lane_of;                /* [k] */
    int32_t *bias;
    uint32_t *mult;
    uint8_t *shift;
    int      acc_bits;               /* rough size of a sum */
} layer;

/* Somewhere a layer's output stands, for a later layer to read. */
typedef struct { uint64_t addr; uint32_t pitch, points, k, type, list; int32_t zero, *y; int ready; } output;

static uint32_t min32(uint32_t a, uint32_t b) { return a < b ? a : b; }
static uint32_t max32(uint32_t a, uint32_t b) { return a > b ? a : b; }
static uint32_t div_up(uint32_t a, uint32_t b) { return (a + b - 1) / b; }
static uint32_t lines_of(const job *j, uint32_t bytes) { return div_up(bytes, j->caps.line); }

static const uint32_t elem_size[4] = { 1, 1, 2, 8 };
static const int32_t  type_lo[3] = { -128, 0, -32768 }, type_hi[3] = { 127, 255, 32767 };

static void put16(uint8_t *p, uint32_t v) { p[0] = (uint8_t)v; p[1] = (uint8_t)(v >> 8); }
static void put32(uint8_t *p, uint32_t v) { put16(p, v); put16(p + 2, v >> 16); }
static void put64(uint8_t *p, uint64_t v) { put32(p, (uint32_t)v); put32(p + 4, (uint32_t)(v >> 32)); }

/* Mostly small, sometimes anywhere in 1 .. most. */
static uint32_t size_up_to(lac_rng *r, uint32_t most)
{
    const uint32_t pick = rng_below(r, 8);
    if (pick == 0) return most;
    if (pick == 1) return 1;
    return 1 + rng_below(r, pick < 5 ? min32(most, 8) : most);
}

/* ---- Memory ---- */

/* 64-byte aligned offsets; inputs from below, outputs from above. 0: full (offset 0 is never given). */
static uint64_t take_input(job *j, uint64_t bytes)
{
    const uint64_t at = j->in_top + 64u * rng_below(&j->rng, 6);
    const uint64_t end = (at + bytes + 63u) / 64u * 64u;
    if (end > j->out_bottom) return 0;
    j->in_top = end;
    return at;
}

static uint64_t take_output(job *j, uint64_t bytes)
{
    const uint64_t need = (bytes + 63u) / 64u * 64u + 64u * rng_below(&j->rng, 6);
    if (need > j->out_bottom || j->out_bottom - need < j->in_top) return 0;
    return j->out_bottom -= need;
}

/* ---- Commands ---- */

static job_cmd *add_cmd(job *j, uint32_t op)
{
    if (j->n == JOB_CMDS) return NULL;
    job_cmd *c = &j->cmd[j->n++];
    memset(c, 0, sizeof *c);
    c->w[0] = op;
    lac_set_field(c->w, LAC_F_ANY_TAG, (uint32_t)rng_next(&j->rng));
    lac_set_field(c->w, LAC_F_ANY_MARK, rng_chance(&j->rng, 40));
    return c;
}

static void add_use(job_cmd *c, job_res res, int write, uint64_t lo, uint64_t n)
{
    const job_use u = { res, write, lo, lo + n };
    c->use[c->uses++] = u;
}

static void set_addr(job_cmd *c, uint64_t addr)
{
    c->w[2] = (uint32_t)addr;
    c->w[3] = (uint32_t)(addr >> 32);
}

static uint32_t engine(const job_cmd *c) { return c->w[0] & 15u; }

/* May the two not change places, or run together? EXEC and STORE need an accumulator bank for themselves, whatever the rows:
 * its ports are all taken by either. MAPs keep their order: some go on with the one before. */
static int conflict(const job_cmd *a, const job_cmd *b)
{
    if (engine(a) == ENG_MAP && engine(b) == ENG_MAP) return 1;
    for (uint32_t i = 0; i < a->uses; i++)
        for (uint32_t k = 0; k < b->uses; k++) {
            if (a->use[i].res != b->use[k].res || !(a->use[i].write || b->use[k].write)) continue;
            if (a->use[i].lo < b->use[k].hi && b->use[k].lo < a->use[i].hi) return 1;
            if ((a->use[i].res == USE_ACC0 || a->use[i].res == USE_ACC1) && engine(a) != engine(b)) return 1;
        }
    return 0;
}

/* ---- Weight blocks ---- */

typedef struct { uint16_t *e; uint32_t n, cap; } stream; /* a lane's entries so far */

/* One slice of a csc or csc8 column: rows that hold a weight, with what gaps and padding that takes. Returns the entries. */
static uint32_t make_slice(job *j, layer *l, const int32_t *book, uint32_t lane, uint32_t col, uint32_t density, uint32_t pad,
                           const uint8_t *owned, stream *s)
{
    const uint32_t csc = l->format == 0, max_gap = csc ? 63 : 255, limit = min32(csc ? 191 : 127, s->cap - s->n);
    uint32_t n = 0;
    int32_t  last = -1;
    for (uint32_t row = 0; row < l->xrows; row++) {
        const int real = row < l->r && owned[row * j->caps.lanes + lane] && rng_chance(&j->rng, density);
        const int padding = !real && rng_chance(&j->rng, pad);
        if (!real && !padding) continue;
        /* too far for one gap: padding on the way */
        while ((int32_t)row - last - 1 > (int32_t)max_gap) {
            if (n == limit) return n;
            s->e[s->n++] = (uint16_t)(csc ? max_gap << 4 : max_gap << 8);
            last += (int32_t)max_gap + 1;
            n++;
            j->stats.padding++;
        }
        if (n == limit) return n;
        const uint32_t gap = (uint32_t)((int32_t)row - last - 1);
        if (csc) {
            const uint32_t code = real ? 1 + rng_below(&j->rng, 15) : 0;
            s->e[s->n++] = (uint16_t)(gap << 4 | code);
            if (real) l->w[((uint64_t)lane * l->r + row) * l->elements + col] = book[code];
        } else {
            int32_t w = 0;
            while (real && !w) w = (int32_t)rng_range(&j->rng, -128, 127);
            s->e[s->n++] = (uint16_t)(gap << 8 | (uint8_t)w);
            if (real) l->w[((uint64_t)lane * l->r + row) * l->elements + (l->by_lane ? 4 * col + lane % 4 : col)] = w;
        }
        last = (int32_t)row;
        n++;
        j->stats.padding += !real;
    }
    return n;
}

/* One slice for format 3 with N: mostly one weight of the lane's row 0, sometimes several, whose upper bytes ascend as rows do. */
static uint32_t make_wide_slice(job *j, layer *l, uint32_t lane, uint32_t col, uint32_t density, const uint8_t *owned, stream *s)
{
    uint32_t n = 0, row = 0;
    while (owned[lane] && s->n < s->cap && rng_chance(&j->rng, n ? 40 : density)) {
        const int32_t  w = (int32_t)rng_range(&j->rng, -32768, 32767) / (1 << (15 - l->w_bits));
        const uint32_t high = ((uint32_t)w >> 8) & 255u;
        if (high < row) break;
        s->e[s->n++] = (uint16_t)((high - row) << 8 | ((uint32_t)w & 255u));
        l->w[(uint64_t)lane * l->r * l->elements + 4 * col + lane % 4] += w;
        row = high + 1;
        n++;
    }
    return n;
}

/* An N:4 slice of `count` entries; rows that no channel owns get weight 0. */
static void make_nm_slice(job *j, layer *l, uint32_t lane, uint32_t col, uint32_t count, const uint8_t *owned, stream *s)
{
    for (uint32_t e = 0; e < count; e++) {
        const uint32_t row = e / l->n, index = rng_below(&j->rng, 4);
        int32_t w = rng_chance(&j->rng, 40) ? 0 : (int32_t)rng_range(&j->rng, -128, 127);
        if (row >= l->r || !owned[row * j->caps.lanes + lane]) w = 0;
        else l->w[((uint64_t)lane * l->r + row) * l->elements + 4 * col + index] += w;
        s->e[s->n++] = (uint16_t)(index << 8 | (uint8_t)w);
    }
}

/* One block for columns [c0, c1) and its LOAD_WEIGHTS; *word_base moves on. 0, or -1: no room. */
static int add_block(job *j, layer *l, const int32_t *book, const uint8_t *owned, uint32_t c0, uint32_t c1, uint32_t *word_base)
{
    const lac_caps *cap = &j->caps;
    const uint32_t per = l->format == 1 ? 4 : 6, b = cap->line / 8, ncols = c1 - c0;
    const uint32_t lanes = rng_chance(&j->rng, 170) ? cap->lanes : 1 + rng_below(&j->rng, cap->lanes);
    const uint32_t groups = div_up(lanes, b);
    uint32_t room = min32(cap->weight_depth - *word_base, rng_chance(&j->rng, 220) ? 40 : 400);
    uint32_t words[64] = {0}, nm_count = 0, most = 0, ok = 0;
    uint8_t *table = calloc((size_t)ncols, cap->lanes);
    stream  *s = calloc(cap->lanes, sizeof *s);

    if (!table || !s || !room || groups > 64) goto out;
    if (l->format == 2) {
        /* Slices of one length; not all rows need have entries, and the last row need not be full. */
        nm_count = rng_chance(&j->rng, 200) ? l->r * l->n : 1 + rng_below(&j->rng, l->r * l->n);
        nm_count = min32(nm_count, room * 6 / ncols);
        if (!nm_count) goto out;
    }
    ok = 1;
    for (uint32_t lane = 0; lane < lanes && ok; lane++) {
        s[lane].cap = room * per;
        s[lane].e = malloc((size_t)s[lane].cap * sizeof(uint16_t));
        ok = s[lane].e != NULL;
    }
    if (!ok) goto out;
    const uint32_t density = (uint32_t[]){ 10, 40, 128, 255, 256 }[rng_below(&j->rng, 5)];
    const uint32_t empty = (uint32_t[]){ 0, 30, 128, 230 }[rng_below(&j->rng, 4)];
    const uint32_t pad = rng_chance(&j->rng, 60) ? 30 : 0;
    for (uint32_t c = 0; c < ncols; c++) {
        const int none = rng_chance(&j->rng, empty);
        for (uint32_t lane = 0; lane < lanes; lane++) {
            uint32_t n;
            if (l->format == 2) make_nm_slice(j, l, lane, c0 + c, n = nm_count, owned, &s[lane]);
            else if (l->wide) n = none ? 0 : make_wide_slice(j, l, lane, c0 + c, density, owned, &s[lane]);
            else n = none ? 0 : make_slice(j, l, book, lane, c0 + c, density, pad, owned, &s[lane]);
            table[c * cap->lanes + lane] = (uint8_t)(n / per << 3 | n % per);
            j->stats.slices++;
            j->stats.entries += n;
            j->stats.empty_slices += !n;
        }
    }
    /* Words of a group: what its longest lane needs, sometimes more. */
    for (uint32_t lane = 0; lane < lanes; lane++) words[lane / b] = max32(words[lane / b], div_up(s[lane].n, per));
    for (uint32_t g = 0; g < groups; g++) most = max32(most, words[g]);
    for (uint32_t g = 0; g < groups; g++) {
        if (l->format == 2) words[g] = most;
        else if (rng_chance(&j->rng, 30) && words[g] < room) words[g]++;
        most = max32(most, words[g]);
    }
    uint32_t total = 1, entries = 0;
    const uint32_t list = l->format == 2 ? 0 : lines_of(j, 2 * groups);
    const uint32_t rows = l->format == 2 ? 0 : lines_of(j, lanes);
    for (uint32_t g = 0; g < groups; g++) entries += words[g];
    total += list + rows * ncols + entries;

    const uint64_t at = take_input(j, (uint64_t)total * cap->line);
    job_cmd *c = at ? add_cmd(j, LAC_OP_LOAD_WEIGHTS) : NULL;
    if (!c) {
        ok = 0;
        goto out;
    }
    /* The image: what the format ignores keeps the noise that is there. */
    uint8_t *p = j->mem + at;
    const uint32_t q = nm_count / 6, r = nm_count % 6;
    put64(p, l->format | (uint64_t)(l->format == 2 ? l->n : 0) << 2 | (uint64_t)r << 5 | (uint64_t)(lanes - 1) << 8 |
             (uint64_t)ncols << 16 | (uint64_t)q << 32 | (uint64_t)(l->format == 2 ? most : 0) << 48);
    p += cap->line;
    if (list) {
        for (uint32_t g = 0; g < groups; g++) put16(p + 2 * g, words[g]);
        p += list * cap->line;
        for (uint32_t col = 0; col < ncols; col++, p += rows * cap->line)
            for (uint32_t lane = 0; lane < lanes; lane++) p[lane] = table[col * cap->lanes + lane];
    }
    for (uint32_t g = 0; g < groups; g++)
        for (uint32_t i = 0; i < words[g]; i++, p += cap->line)
            for (uint32_t lane = g * b; lane < min32((g + 1) * b, lanes); lane++) {
                uint64_t word = rng_next(&j->rng);
                for (uint32_t e = 0; e < per && i * per + e < s[lane].n; e++) {
                    const uint32_t width = l->format == 1 ? 16 : 10;
                    const uint64_t mask = ((uint64_t)1 << width) - 1;
                    word = (word & ~(mask << width * e)) | (uint64_t)s[lane].e[i * per + e] << width * e;
                }
                put64(p + 8 * (lane % b), word);
            }

    set_addr(c, j->base + at);
    lac_set_field(c->w, LAC_F_LOAD_WEIGHTS_LINES, total);
    lac_set_field(c->w, LAC_F_LOAD_WEIGHTS_WORD_BASE, *word_base);
    lac_set_field(c->w, LAC_F_LOAD_WEIGHTS_COL_BASE, l->col_base + c0);
    add_use(c, USE_MEM, 0, j->base + at, (uint64_t)total * cap->line);
    add_use(c, USE_WEIGHT, 1, *word_base, most);
    add_use(c, USE_COL, 1, l->col_base + c0, ncols);
    *word_base += most;
out:
    for (uint32_t lane = 0; s && lane < cap->lanes; lane++) free(s[lane].e);
    free(s);
    free(table);
    return ok ? 0 : -1;
}

/* ---- Column blocks ---- */

/* One slice of the octet `s`, whose word position holds `before` entries of other octets: at most `most` entries of the octet, and such that
 * it takes at most `room` words of the lane. Returns the words it takes. */
static uint32_t make_column_slice(job *j, layer *l, const int32_t *book, uint32_t lane, uint32_t col, uint32_t density, uint32_t pad,
                                  const uint8_t *owned, stream *s, uint32_t before, uint32_t most, uint32_t room)
{
    const uint32_t per = l->format == 1 ? 4 : 6, first = before + s->n;
    s->cap = room ? max32(s->n, min32(most, (first / per + room) * per - before)) : s->n;
    const uint32_t n = make_slice(j, l, book, lane, col, density, pad, owned, s);
    j->stats.slices++;
    j->stats.entries += n;
    j->stats.empty_slices += !n;
    return n ? (first + n - 1) / per - first / per + 1 : 0;
}

/* One column block for columns [c0, c1) and its LOAD_COLUMNS, as add_block(). `needed`: load only those whose feature is not zero. */
static int add_columns(job *j, layer *l, const int32_t *book, const uint8_t *owned, uint32_t c0, uint32_t c1, int needed, uint32_t *word_base)
{
    enum { MOST = 255 }; /* lines of a column */
    const lac_caps *cap = &j->caps;
    const uint32_t per = l->format == 1 ? 4 : 6, width = l->format == 1 ? 16 : 10, b = cap->line / 8, ncols = c1 - c0, es = elem_size[l->type];
    const uint32_t lanes = rng_chance(&j->rng, 170) ? cap->lanes : 1 + rng_below(&j->rng, cap->lanes), octets = div_up(lanes, 8);
    const uint32_t room = min32(cap->weight_depth - *word_base, rng_chance(&j->rng, 220) ? 40 : 400), tables = lines_of(j, lanes);
    const uint32_t density = (uint32_t[]){ 10, 40, 128, 255, 256 }[rng_below(&j->rng, 5)];
    const uint32_t empty = (uint32_t[]){ 0, 30, 128, 230 }[rng_below(&j->rng, 4)];
    const uint32_t pad = rng_chance(&j->rng, 60) ? 30 : 0;
    uint32_t used[256] = {0}, all[256] = {0}, position[8], total = lines_of(j, ncols), most = 0, worst = 0;
    uint16_t entry[32][191];
    stream   s[32];
    uint8_t  table[256];

    if (!room) return -1;
    /* The columns go to memory as they are made; what the format ignores keeps the noise that is there. */
    const uint64_t at = take_input(j, (uint64_t)total * cap->line);
    uint64_t end = at + (uint64_t)total * cap->line;
    if (!at) return -1;
    for (uint32_t c = 0; c < ncols; c++) {
        const int load = !needed || l->x[c0 + c] != l->zero, none = rng_chance(&j->rng, empty);
        uint32_t  words = 0;
        memset(position, 0, sizeof position);
        for (uint32_t o = 0; o < octets; o++) {
            const uint32_t before = position[o % b], limit = min32(per == 6 ? 191 : 127, (MOST - 1 - tables) * per - before);
            s[o].e = entry[o];
            s[o].n = 0;
            for (uint32_t lane = 8 * o; lane < 8 * o + 8 && lane < lanes; lane++) {
                if (!none) {
                    const uint32_t n = make_column_slice(j, l, book, lane, c0 + c, density, pad, owned, &s[o], before, limit,
                                                         load ? room - used[lane] : room);
                    all[lane] += n;
                    if (load) used[lane] += n;
                    most = max32(most, used[lane]);
                    worst = max32(worst, all[lane]);
                }
                table[lane] = (uint8_t)(s[o].n / per << 3 | s[o].n % per);
            }
            position[o % b] += s[o].n;
            words = max32(words, div_up(position[o % b], per));
        }
        /* An empty column may be stored nevertheless; lines of words may be more than the slices need. */
        const int stored = words || rng_chance(&j->rng, 60);
        if (stored && rng_chance(&j->rng, 20)) words++;
        j->stats.cols++;
        j->stats.cols_skipped += !load;
        j->stats.cols_empty += !stored;
        j->mem[at + c] = (uint8_t)(stored ? tables + words : 0);
        total += j->mem[at + c];
        if (!stored) continue;
        if (at + (uint64_t)total * cap->line > j->out_bottom) return -1;
        memcpy(j->mem + end, table, lanes);
        end += (uint64_t)tables * cap->line;
        for (uint32_t g = 0; g < b; g++) {
            uint32_t k = 0; /* entries of the position so far */
            for (uint32_t o = g; o < octets; o += b)
                for (uint32_t i = 0; i < s[o].n; i++, k++) {
                    uint8_t *p = j->mem + end + (uint64_t)(k / per) * cap->line + 8 * g;
                    uint64_t word = 0;
                    for (int n = 7; n >= 0; n--) word = word << 8 | p[n];
                    const uint64_t mask = (((uint64_t)1 << width) - 1) << width * (k % per);
                    put64(p, (word & ~mask) | (uint64_t)s[o].e[i] << width * (k % per));
                }
        }
        end += (uint64_t)words * cap->line;
    }
    j->in_top = (end + 63) / 64 * 64;
    job_cmd *c = add_cmd(j, LAC_OP_LOAD_COLUMNS);
    if (!c || j->in_top > j->out_bottom) return -1;
    set_addr(c, j->base + at);
    lac_set_field(c->w, LAC_F_LOAD_COLUMNS_LINES, total);
    lac_set_field(c->w, LAC_F_LOAD_COLUMNS_FORMAT, l->format);
    lac_set_field(c->w, LAC_F_LOAD_COLUMNS_NEEDED, (uint32_t)needed);
    lac_set_field(c->w, LAC_F_LOAD_COLUMNS_WIDE, needed && es == 2);
    lac_set_field(c->w, LAC_F_LOAD_COLUMNS_WORD_BASE, *word_base);
    lac_set_field(c->w, LAC_F_LOAD_COLUMNS_COL_BASE, l->col_base + c0);
    lac_set_field(c->w, LAC_F_LOAD_COLUMNS_FEAT_BASE, needed ? l->feat_base + c0 * es / cap->line : 0);
    lac_set_field(c->w, LAC_F_LOAD_COLUMNS_COLUMNS, ncols);
    lac_set_field(c->w, LAC_F_LOAD_COLUMNS_LANES, lanes - 1);
    add_use(c, USE_MEM, 0, j->base + at, (uint64_t)total * cap->line);
    add_use(c, USE_WEIGHT, 1, *word_base, worst); /* whatever the features */
    add_use(c, USE_COL, 1, l->col_base + c0, ncols);
    if (needed) add_use(c, USE_FEAT, 0, l->feat_base + c0 * es / cap->line, lines_of(j, ncols * es));
    l->reach = max32(l->reach, *word_base + worst);
    *word_base += most;
    l->needed |= needed;
    j->stats.col_blocks++;
    j->stats.col_needed += needed != 0;
    return 0;
}

/* ---- The parts of a layer ---- */

static void free_layer(layer *l)
{
    free(l->w);
    free(l->x);
    free(l->lane_of);
    free(l->bias);
    free(l->mult);
    free(l->shift);
    memset(l, 0, sizeof *l);
}

/* How much of the activation a value may use: sums must stay inside 36 bits, except in a few jobs. */
static int32_t small_value(lac_rng *r, int32_t lo, int32_t hi, int bits)
{
    const int32_t m = (int32_t)1 << bits;
    return (int32_t)rng_range(r, lo > -m ? lo : -m, hi < m ? hi : m);
}

/* Features: from the image, or a previous layer's output. Fills x for EXEC's points and elements. */
static int add_features(job *j, layer *l, const output *prev, int act_bits)
{
    const lac_caps *cap = &j->caps;
    const uint32_t es = elem_size[l->type], epl = cap->line / es;
    uint32_t channels, points, pitch, list;
    uint64_t addr;
    int32_t *flat;

    /* What is loaded: F points of `channels`. EXEC may cut the RAM lines in other points than memory had. */
    if (prev) {
        channels = prev->k;
        points = 1 + rng_below(&j->rng, prev->points);
        pitch = prev->pitch;
        list = prev->list;
        addr = prev->addr;
    } else {
        channels = l->width;
        points = l->points;
        list = rng_chance(&j->rng, 80);
        addr = 0;
        pitch = 0;
    }
    const uint32_t ln = lines_of(j, channels * es);
    if (ln * points > cap->feat_depth) return -1;
    const uint32_t row = list ? 64 + lines_of(j, channels * 4) * cap->line : ln * cap->line;
    const uint32_t span = min32((ln * points + 31) / 32 * 32, cap->feat_depth); /* LOAD clears the flags up to a multiple of 32 */
    l->feat_base = 32 * rng_below(&j->rng, (cap->feat_depth - span) / 32 + 1);
    l->feat_lines = span;
    if (!prev) {
        pitch = (row + 63) / 64 * 64 + 64 * rng_below(&j->rng, 3);
        if (points == 1 && rng_chance(&j->rng, 128)) pitch = 64 * rng_below(&j->rng, 4);
        const uint64_t at = take_input(j, (uint64_t)(points - 1) * pitch + row);
        if (!at) return -1;
        addr = j->base + at;
    }
    flat = malloc((size_t)span * epl * sizeof *flat);
    if (!flat) return -1;
    for (uint32_t i = 0; i < span * epl; i++) flat[i] = l->zero;

    const uint32_t density = (uint32_t[]){ 0, 5, 30, 100, 200, 256 }[rng_below(&j->rng, 6)];
    for (uint32_t p = 0; p < points; p++) {
        uint8_t *m = prev ? NULL : j->mem + (addr - j->base) + (uint64_t)p * pitch;
        uint32_t count = 0;
        for (uint32_t c = 0; c < channels; c++) {
            int32_t v;
            if (prev) v = prev->y[p * prev->k + c];
            else {
                v = l->zero;
                if (rng_chance(&j->rng, density))
                    v = rng_chance(&j->rng, 8) ? (rng_chance(&j->rng, 128) && act_bits > 8 ? l->zero : type_hi[l->type] >> (act_bits < 12 && l->type == 2 ? 6 : 0))
                                               : l->zero + small_value(&j->rng, type_lo[l->type] - l->zero, type_hi[l->type] - l->zero, act_bits);
                if (!list && l->type == 2) put16(m + 2 * c, (uint32_t)v);
                else if (!list) m[c] = (uint8_t)v;
                else if (v != l->zero || rng_chance(&j->rng, 10)) put32(m + 64 + 4 * count++, ((uint32_t)v & 0xFFFFu) << 16 | c);
            }
            flat[p * ln * epl + c] = v;
        }
        if (!prev && list) {
            put32(m, count);
            put32(m + 4, 0);
        }
    }

    job_cmd *c = add_cmd(j, LAC_OP_LOAD_FEATURES);
    if (c) {
        set_addr(c, addr);
        lac_set_field(c->w, LAC_F_LOAD_FEATURES_PITCH, pitch);
        lac_set_field(c->w, LAC_F_LOAD_FEATURES_POINTS, points);
        lac_set_field(c->w, LAC_F_LOAD_FEATURES_CHANNELS, channels);
        lac_set_field(c->w, LAC_F_LOAD_FEATURES_FEAT_BASE, l->feat_base);
        lac_set_field(c->w, LAC_F_LOAD_FEATURES_TYPE, l->type);
        lac_set_field(c->w, LAC_F_LOAD_FEATURES_LIST, list);
        lac_set_field(c->w, LAC_F_LOAD_FEATURES_ZERO, (uint32_t)l->zero);
        add_use(c, USE_MEM, 0, addr, (uint64_t)(points - 1) * pitch + row);
        add_use(c, USE_FEAT, 1, l->feat_base, span);
        j->stats.list_in += list != 0;
        if (span == cap->feat_depth) j->stats.full_feat++;
    }

    /* EXEC's view: point p begins at line p * feat_pitch. */
    const uint32_t need = lines_of(j, l->width * es);
    int ok = c != NULL;
    if (ok && need > span) ok = 0;
    if (ok) {
        if (!prev && (l->points == 1 || rng_chance(&j->rng, 200))) l->feat_pitch = ln;
        else l->feat_pitch = l->points == 1 ? (uint32_t)rng_below(&j->rng, 65536) : rng_below(&j->rng, (span - need) / (l->points - 1) + 1);
        ok = (l->points - 1) * l->feat_pitch + need <= span;
    }
    if (ok) {
        l->x = malloc((size_t)l->points * l->pixels * l->elements * sizeof *l->x);
        ok = l->x != NULL;
    }
    for (uint32_t p = 0; ok && p < l->points * l->pixels; p++)
        for (uint32_t e = 0; e < l->elements; e++) {
            const int64_t at = l->first + (int64_t)(p % l->pixels) * l->step + e; /* element of the point */
            const int     in = at >= 0 && at < l->width;
            l->x[(size_t)p * l->elements + e] = in ? flat[(size_t)(p / l->pixels) * l->feat_pitch * epl + (size_t)at] : l->zero;
            j->stats.outside += !in;
        }
    free(flat);
    return ok ? 0 : -1;
}

/* Parameters of all channels: lanes are a permutation within a row, in the last row of as many as there are. */
static int add_params(job *j, layer *l, int out_bits, uint8_t *owned)
{
    const lac_caps *cap = &j->caps;
    const uint32_t steps = (cap->param_depth - l->k) / cap->store_w;
    const int common = rng_chance(&j->rng, 80), straight = rng_chance(&j->rng, 80);
    uint8_t perm[256];

    l->param_base = cap->store_w * (rng_chance(&j->rng, 40) ? steps : rng_below(&j->rng, steps + 1));
    if (l->param_base + l->k == cap->param_depth) j->stats.full_param++;
    const uint64_t at = take_input(j, 16u * (uint64_t)l->k + cap->line);
    if (!at) return -1;
    memset(owned, 0, (size_t)l->r * cap->lanes);
    for (uint32_t k = 0; k < l->k; k++) {
        const uint32_t row = k / cap->lanes, i = k % cap->lanes;
        if (i == 0)
            for (uint32_t a = 0; a < cap->lanes; a++) { /* shuffle from the inside out */
                const uint32_t b = straight ? a : rng_below(&j->rng, a + 1);
                perm[a] = perm[b];
                perm[b] = (uint8_t)a;
            }
        l->lane_of[k] = perm[i];
        owned[row * cap->lanes + perm[i]] = 1;
        if (k == 0 || !common) {
            const int s = 1 + (int)rng_below(&j->rng, 62);
            const int e = s + out_bits - l->acc_bits + (int)rng_range(&j->rng, -3, 2);
            l->shift[k] = (uint8_t)s;
            l->mult[k] = e < 0 ? rng_below(&j->rng, 2) : e > 29 ? (uint32_t)rng_next(&j->rng) >> 1
                               : (1u << e) + rng_below(&j->rng, 1u << e);
            l->bias[k] = rng_chance(&j->rng, 16) ? (int32_t)(uint32_t)rng_next(&j->rng)
                                                 : small_value(&j->rng, -0x3FFFFFFF, 0x3FFFFFFF, l->acc_bits > 29 ? 29 : l->acc_bits);
        } else {
            l->shift[k] = l->shift[0];
            l->mult[k] = l->mult[0];
            l->bias[k] = l->bias[0];
        }
        uint8_t *p = j->mem + at + 16u * (size_t)k;
        memset(p, 0, 16);
        put32(p, (uint32_t)l->bias[k]);
        put32(p + 4, l->mult[k]);
        p[8] = l->shift[k];
        p[9] = l->lane_of[k];
    }
    /* In one command, or cut where both halves are aligned. */
    const uint32_t step = max32(cap->store_w, 4), cut = l->k > step && rng_chance(&j->rng, 60) ? step * (1 + rng_below(&j->rng, (l->k - 1) / step)) : 0;
    for (int part = cut ? 0 : 1; part < 2; part++) {
        const uint32_t k0 = part ? cut : 0, n = (part ? l->k : cut) - k0;
        job_cmd *c = add_cmd(j, LAC_OP_LOAD_PARAMS);
        if (!c) return -1;
        set_addr(c, j->base + at + 16u * (uint64_t)k0);
        lac_set_field(c->w, LAC_F_LOAD_PARAMS_CHANNELS, n);
        lac_set_field(c->w, LAC_F_LOAD_PARAMS_PARAM_BASE, l->param_base + k0);
        add_use(c, USE_MEM, 0, j->base + at + 16u * (uint64_t)k0, (uint64_t)lines_of(j, 16 * n) * cap->line);
        add_use(c, USE_PARAM, 1, l->param_base + k0, n);
    }
    return 0;
}

/* EXECs that together cover every point and column once: cut by points or by columns, without windows at line boundaries. */
static int add_execs(job *j, const layer *l)
{
    const uint32_t epl = j->caps.line / elem_size[l->type], per = l->format == 2 || l->by_lane ? 4 : 1, cols_line = epl / per;
    uint32_t p_cut = 0, c_cut = 0;
    if (l->points > 1 && rng_chance(&j->rng, 90)) p_cut = 1 + rng_below(&j->rng, l->points - 1);
    if (l->windows && l->cols > 1 && rng_chance(&j->rng, 90)) c_cut = 1 + rng_below(&j->rng, l->cols - 1);
    else if (!l->windows && cols_line && l->cols > cols_line && rng_chance(&j->rng, 90)) c_cut = cols_line * (1 + rng_below(&j->rng, (l->cols - 1) / cols_line));
    for (int pi = p_cut ? 0 : 1; pi < 2; pi++)
        for (int ci = c_cut ? 0 : 1; ci < 2; ci++) {
            const uint32_t p0 = pi ? p_cut : 0, np = (pi ? l->points : p_cut) - p0;
            const uint32_t c0 = ci ? c_cut : 0, nc = (ci ? l->cols : c_cut) - c0;
            job_cmd *c = add_cmd(j, LAC_OP_EXEC);
            if (!c) return -1;
            lac_set_field(c->w, LAC_F_EXEC_FEAT_BASE, l->feat_base + p0 * l->feat_pitch + (l->windows ? 0 : c0 * per / epl));
            lac_set_field(c->w, LAC_F_EXEC_FEAT_PITCH, l->feat_pitch);
            lac_set_field(c->w, LAC_F_EXEC_POINTS, np);
            lac_set_field(c->w, LAC_F_EXEC_COLUMNS, nc);
            lac_set_field(c->w, LAC_F_EXEC_COL_BASE, l->col_base + c0);
            const uint32_t apart = l->apart ? l->apart : l->xrows;
            lac_set_field(c->w, LAC_F_EXEC_ACC_BASE, l->acc_base + p0 * l->pixels * apart);
            lac_set_field(c->w, LAC_F_EXEC_ROWS, l->xrows);
            lac_set_field(c->w, LAC_F_EXEC_BANK, l->bank);
            lac_set_field(c->w, LAC_F_EXEC_FORMAT, l->by_lane ? 3 : l->format);
            lac_set_field(c->w, LAC_F_EXEC_N, l->format == 2 ? l->n : (uint32_t)l->wide);
            lac_set_field(c->w, LAC_F_EXEC_COPY, l->format == 0 ? l->copy : rng_below(&j->rng, 2));
            lac_set_field(c->w, LAC_F_EXEC_TYPE, l->type);
            lac_set_field(c->w, LAC_F_EXEC_ZERO, (uint32_t)l->zero);
            if (l->windows) {
                lac_set_field(c->w, LAC_F_EXEC_FIRST, (uint32_t)l->first + c0 * per);
                lac_set_field(c->w, LAC_F_EXEC_STEP, l->step);
                lac_set_field(c->w, LAC_F_EXEC_WIDTH, l->width);
                lac_set_field(c->w, LAC_F_EXEC_PIXELS, l->pixels);
                lac_set_field(c->w, LAC_F_EXEC_APART, l->apart);
                j->stats.windows++;
            }
            add_use(c, USE_FEAT, 0, l->feat_base, l->feat_lines);
            add_use(c, USE_WEIGHT, 0, l->word_base, max32(l->words, l->reach));
            add_use(c, USE_COL, 0, l->col_base + c0, nc);
            add_use(c, l->bank ? USE_ACC1 : USE_ACC0, 1, l->acc_base + p0 * l->pixels * apart, (np * l->pixels - 1) * apart + l->xrows);
            if (l->format == 0) add_use(c, USE_CODE, 0, l->copy, 1);
        }
    return 0;
}

/* Pooling of a STORE: windows of ky rows, kx pixels; ky 0: none. */
typedef struct { uint32_t ky, kx, dy, dx, top, left, average; } pool;

/* Any window on an image of `rows` rows of `pixels` pixels, and how many outputs it makes: some windows may lie beside the image. */
static pool choose_pool(job *j, uint32_t rows, uint32_t pixels, uint32_t type, uint32_t *points, uint32_t *outputs)
{
    lac_rng *r = &j->rng;
    pool     w = { size_up_to(r, 15), size_up_to(r, 15), size_up_to(r, 15), size_up_to(r, 15), 0, 0, type == 3 ? 0 : rng_below(r, 3) };
    if (rng_chance(r, 200)) { /* as networks have it */
        w.ky = 1 + rng_below(r, 3);
        w.kx = 1 + rng_below(r, 3);
        w.dy = 1 + rng_below(r, 3);
        w.dx = 1 + rng_below(r, 3);
    }
    if (rng_chance(r, 128)) w.top = rng_below(r, rng_chance(r, 220) ? w.ky : 16);
    if (rng_chance(r, 128)) w.left = rng_below(r, rng_chance(r, 220) ? w.kx : 16);
    *points = 1 + rng_below(r, (rows + w.top - 1) / w.dy + 1);
    *outputs = 1 + rng_below(r, (pixels + w.left - 1) / w.dx + 1);
    if (rng_chance(r, 20)) *points += rng_below(r, 4);
    if (rng_chance(r, 20)) *outputs += rng_below(r, 4);
    return w;
}

/* Of a window on pixels that stand `apart` in `mine`, rows of them `pitch`: the largest, or what AVERAGE adds up, with their bias. Beside the image there are none; 37 bits. */
static int64_t naive_window(const pool *w, const int64_t *mine, int64_t y, int64_t x, uint32_t rows, uint32_t pixels, uint32_t pitch, uint32_t apart, int64_t bias)
{
    int64_t most = -((int64_t)1 << 35), sum = 0;
    for (int64_t v = y; v < y + w->ky; v++)
        for (int64_t u = x; u < x + w->kx; u++) {
            if (v < 0 || v >= rows || u < 0 || u >= pixels) continue;
            const int64_t a = mine[v * pitch + u * apart];
            if (a > most) most = a;
            if (w->average == 1 || a > -bias) sum += a + bias;
        }
    while (sum >= (int64_t)1 << 36) sum -= (int64_t)1 << 37;
    while (sum < -((int64_t)1 << 36)) sum += (int64_t)1 << 37;
    return w->average ? sum : most + bias;
}

/* STOREs of all pixels in one or two commands, one pixel a point or several, or pooled ones, and what they must write. */
static int add_stores(job *j, const layer *l, int times, uint32_t type, output *out)
{
    const lac_caps *cap = &j->caps;
    const uint32_t es = elem_size[type], list = type != 3 && rng_chance(&j->rng, 90);
    /* What the items of all pixels have added to each lane's accumulators; STORE takes them in pixels of r, however EXEC had them. */
    const uint32_t apart = l->apart ? l->apart : l->xrows, span = (l->points * l->pixels - 1) * apart + l->r, all = div_up(span, l->r);
    uint32_t pixels = 1; /* of a point, its guard included */
    if (j->caps.formats & LAC_HAS_WINDOWS && l->k % cap->store_w == 0 && rng_chance(&j->rng, 150))
        for (uint32_t g = 1; g <= all; g++)
            if (all % g == 0 && (pixels == 1 || rng_chance(&j->rng, 128))) pixels = g;
    const uint32_t rowed = pixels > 1 || (l->k % cap->store_w == 0 && j->caps.formats & LAC_HAS_WINDOWS && rng_chance(&j->rng, 30));
    uint32_t guard = 0, top = 0, bottom = 0;
    if (rowed && rng_chance(&j->rng, 100)) {
        guard = rng_below(&j->rng, pixels);
        pixels -= guard;
        if (rng_chance(&j->rng, 128)) top = rng_below(&j->rng, min32(all / (pixels + guard), 16));
        if (rng_chance(&j->rng, 128)) bottom = rng_below(&j->rng, min32(all / (pixels + guard) - top, 16));
    }
    const uint32_t whole = all / (pixels + guard), from_rows = whole - top - bottom, from_pixels = pixels;
    uint32_t points = from_rows;
    pool w = { 0, 0, 0, 0, 0, 0, 0 };
    if (rowed && rng_chance(&j->rng, 90)) w = choose_pool(j, from_rows, from_pixels, type, &points, &pixels);
    pixels = min32(pixels, 65535 / l->k);
    const uint32_t k_point = pixels * l->k;
    const uint32_t row = list ? 64 + lines_of(j, k_point * 4) * cap->line : lines_of(j, k_point * es) * cap->line;
    uint32_t pitch = (row + 63) / 64 * 64 + 64 * rng_below(&j->rng, 3);
    int32_t zero = 0, lo = 0, hi = 0;

    if (points == 1 && rng_chance(&j->rng, 128)) pitch = 64 * rng_below(&j->rng, 4);
    if (type < 3) {
        zero = rng_chance(&j->rng, 80) ? type_lo[type] : (int32_t)rng_range(&j->rng, type_lo[type], type_hi[type]);
        lo = type_lo[type];
        hi = type_hi[type];
        if (rng_chance(&j->rng, 80)) lo = zero; /* ReLU */
        else if (rng_chance(&j->rng, 50)) {
            lo = (int32_t)rng_range(&j->rng, type_lo[type], type_hi[type]);
            hi = (int32_t)rng_range(&j->rng, lo, type_hi[type]);
        }
    }
    const uint64_t at = take_output(j, (uint64_t)(points - 1) * pitch + row);
    if (!at) return -1;

    /* expected bytes */
    int64_t *acc = calloc((size_t)cap->lanes * all * l->r, sizeof *acc); /* [lanes][all * r] */
    int64_t *one = malloc((size_t)cap->lanes * l->r * sizeof *one);      /* one pixel's: [lanes][r] */
    int32_t *y = malloc((size_t)k_point * points * sizeof *y);
    if (!acc || !one || !y) {
        free(acc);
        free(one);
        free(y);
        return -1;
    }
    for (uint32_t i = 0; i < l->points * l->pixels; i++) {
        naive_fc(one, l->w, l->x + (size_t)i * l->elements, l->zero, 1, (int)l->elements, (int)(cap->lanes * l->r));
        for (uint32_t lane = 0; lane < cap->lanes; lane++)
            for (uint32_t row = 0; row < l->r; row++) acc[((size_t)lane * all) * l->r + i * apart + row] += one[lane * l->r + row] * times;
    }
    for (uint32_t p = 0; p < points; p++) {
        uint8_t *m = j->want + at + (uint64_t)p * pitch;
        uint32_t count = 0;
        for (uint32_t i = 0; i < k_point; i++) {
            const uint32_t k = i % l->k, pitch_px = from_pixels + guard;
            const int64_t *mine = acc + (size_t)l->lane_of[k] * all * l->r + k / cap->lanes;
            const int64_t bias = type == 3 ? 0 : l->bias[k];
            const int64_t a = w.ky ? naive_window(&w, mine + top * pitch_px * l->r, (int64_t)p * w.dy - w.top, (int64_t)(i / l->k) * w.dx - w.left, from_rows, from_pixels, pitch_px * l->r, l->r, bias)
                                   : mine[((top + p) * pitch_px + i / l->k) * l->r] + bias;
            if (type == 3) {
                put64(m + 8 * i, (uint64_t)a);
                j->stats.nonzero += a != 0;
                continue;
            }
            const int32_t q = naive_requant(a, 0, l->mult[k], l->shift[k], zero, lo, hi);
            y[p * k_point + i] = q;
            j->stats.nonzero += q != zero;
            if (!list && type == 2) put16(m + 2 * i, (uint32_t)q);
            else if (!list) m[i] = (uint8_t)q;
            else if (q != zero) put32(m + 64 + 4 * count++, ((uint32_t)q & 0xFFFFu) << 16 | i);
        }
        if (list) put64(m, count);
    }
    free(acc);
    free(one);
    j->stats.outputs += points * k_point;
    j->stats.rowed += rowed != 0;
    j->stats.guarded += guard || top || bottom;
    j->stats.out_type[type]++;
    j->stats.list_out += list;

    j->stats.pooled += w.ky != 0;
    j->stats.averaged += w.average != 0;
    const uint32_t cut = points > 1 && !top && !bottom && !w.ky && rng_chance(&j->rng, 60) ? 1 + rng_below(&j->rng, points - 1) : 0;
    for (int part = cut ? 0 : 1; part < 2; part++) {
        const uint32_t p0 = part ? cut : 0, np = (part ? points : cut) - p0;
        job_cmd *c = add_cmd(j, LAC_OP_STORE);
        if (!c) {
            free(y);
            return -1;
        }
        set_addr(c, j->base + at + (uint64_t)p0 * pitch);
        lac_set_field(c->w, LAC_F_STORE_PITCH, pitch);
        const uint32_t np_all = w.ky ? np : np + top + bottom, from = l->acc_base + p0 * (from_pixels + guard) * l->r;
        lac_set_field(c->w, LAC_F_STORE_POINTS, np_all);
        lac_set_field(c->w, LAC_F_STORE_GUARD, guard);
        lac_set_field(c->w, LAC_F_STORE_TOP, top);
        lac_set_field(c->w, LAC_F_STORE_BOTTOM, bottom);
        lac_set_field(c->w, LAC_F_STORE_CHANNELS, l->k);
        lac_set_field(c->w, LAC_F_STORE_ACC_BASE, from);
        lac_set_field(c->w, LAC_F_STORE_ROWS, l->r);
        lac_set_field(c->w, LAC_F_STORE_PARAM_BASE, l->param_base);
        lac_set_field(c->w, LAC_F_STORE_BANK, l->bank);
        if (rowed) {
            lac_set_field(c->w, LAC_F_STORE_WIDTH, k_point);
            lac_set_field(c->w, LAC_F_STORE_PIXELS, pixels);
        }
        if (w.ky) {
            lac_set_field(c->w, LAC_F_STORE_POOL_Y, w.ky);
            lac_set_field(c->w, LAC_F_STORE_POOL_X, w.kx);
            lac_set_field(c->w, LAC_F_STORE_POOL_DY, w.dy);
            lac_set_field(c->w, LAC_F_STORE_POOL_DX, w.dx);
            lac_set_field(c->w, LAC_F_STORE_POOL_TOP, w.top);
            lac_set_field(c->w, LAC_F_STORE_POOL_LEFT, w.left);
            lac_set_field(c->w, LAC_F_STORE_AVERAGE, w.average);
            lac_set_field(c->w, LAC_F_STORE_FROM_ROWS, whole);
            lac_set_field(c->w, LAC_F_STORE_FROM_PIXELS, from_pixels);
        }
        lac_set_field(c->w, LAC_F_STORE_TYPE, type);
        lac_set_field(c->w, LAC_F_STORE_LIST, list);
        lac_set_field(c->w, LAC_F_STORE_ZERO, (uint32_t)zero);
        lac_set_field(c->w, LAC_F_STORE_CLAMP_LO, (uint32_t)lo);
        lac_set_field(c->w, LAC_F_STORE_CLAMP_HI, (uint32_t)hi);
        add_use(c, USE_MEM, 1, j->base + at + (uint64_t)p0 * pitch, (uint64_t)(np - 1) * pitch + row);
        add_use(c, l->bank ? USE_ACC1 : USE_ACC0, 1, from, (w.ky ? whole : np_all) * (from_pixels + guard) * l->r);
        add_use(c, USE_PARAM, 0, l->param_base, l->k);
    }
    free(out->y);
    const output o = { j->base + at, pitch, points, k_point, type, list, zero, y, type != 3 };
    *out = o;
    return 0;
}

/* ---- A layer ---- */

/* Sizes of a layer from nothing. */
static void choose(job *j, layer *l, const output *prev)
{
    const lac_caps *cap = &j->caps;
    lac_rng *r = &j->rng;
    l->format = rng_below(r, 3);
    l->n = l->format == 2 ? 1 + rng_below(r, 4) : 0;
    l->columns = l->format != 2 && rng_chance(r, 110);
    l->copy = rng_below(r, 2);
    l->bank = rng_below(r, 2);
    l->r = size_up_to(r, min32(min32(cap->acc_depth, (cap->param_depth - 1) / cap->lanes + 1), 12));
    l->k = l->r * cap->lanes - rng_below(r, cap->lanes);
    if (rng_chance(r, 100)) l->k = l->r * cap->lanes;
    else if (rng_chance(r, 100)) l->k = div_up(l->k, cap->store_w) * cap->store_w;
    if (l->k > cap->param_depth) l->k = cap->param_depth;
    l->r = div_up(l->k, cap->lanes);
    if (prev) {
        l->type = prev->type;
        l->zero = prev->zero;
    } else {
        l->type = rng_below(r, 3);
        l->zero = rng_chance(r, 60) ? type_lo[l->type] : rng_chance(r, 60) ? 0 : (int32_t)rng_range(r, type_lo[l->type], type_hi[l->type]);
    }
    l->windows = j->caps.formats & LAC_HAS_WINDOWS && !l->columns && rng_chance(r, 110);
    l->by_lane = l->windows && l->format == 1 && rng_chance(r, 150);
    l->wide = l->by_lane && rng_chance(r, 128);
    const uint32_t per = l->format == 2 || l->by_lane ? 4 : 1, es = elem_size[l->type];
    const uint32_t epl = cap->line / es;
    l->points = min32(size_up_to(r, 12), cap->acc_depth / l->r);
    l->pixels = l->windows ? min32(size_up_to(r, 16), cap->acc_depth / l->r / l->points) : 1;
    l->apart = 0;
    if (l->columns && rng_chance(r, 180)) l->points = 1;
    /* every row that a point has in the RAM, sometimes all of it */
    l->xrows = l->r;
    if (l->points * l->pixels == 1 && rng_chance(r, 60)) l->xrows = l->r + rng_below(r, min32(cap->acc_depth - l->r + 1, 300));
    const uint32_t most = min32(min32(cap->col_depth, 100), cap->feat_depth * epl / per);
    l->cols = size_up_to(r, most);
    if (prev) l->cols = min32(max32(prev->k / per, 1), most);
    while (!prev && l->points * lines_of(j, l->cols * per * es) > cap->feat_depth) l->points > 1 ? l->points-- : l->cols--;
    l->width = l->cols * per;
    l->first = 0;
    l->step = 0;
    if (l->windows) {
        l->width = prev ? prev->k : 1 + rng_below(r, min32(4 * l->width + 8, cap->feat_depth / l->points * epl));
        l->step = rng_below(r, min32(2 * l->width, 32767) / per + 1) * per;
        if (rng_chance(r, 128)) l->step = min32(l->step, 3 * per);
        if (l->pixels > 1) l->step = min32(l->step, 65535 / (l->pixels - 1) / per * per);
        l->first = (int32_t)per * (int32_t)rng_range(r, -(int32_t)l->cols - 1, rng_chance(r, 200) ? 2 : (int32_t)(l->width / per) + 2);
    }
    if (rng_chance(r, 20) && !l->windows) { /* all accumulators */
        l->points = rng_chance(r, 128) && cap->acc_depth <= 256 && !prev && cap->acc_depth / l->r * lines_of(j, l->cols * per * es) <= cap->feat_depth
                  ? cap->acc_depth / l->r : l->points;
        if (l->points > 1) l->xrows = l->r;
    }
    if (l->points * l->pixels > 1 && l->xrows != l->r) l->xrows = l->r;
    if (!l->windows) l->width = l->cols * per;
    l->elements = l->cols * per;
    /* pixels that share accumulators, or leave some between them: never more than there are */
    if (l->windows && l->xrows == l->r && rng_chance(r, 100)) {
        const uint32_t n = l->points * l->pixels, most_apart = n > 1 ? (cap->acc_depth / l->r * l->r - l->r) / (n - 1) : 1;
        l->apart = 1 + rng_below(r, min32(max32(most_apart, 1), 2 * l->r + 1));
        if (n > 1 && l->apart > most_apart) l->apart = 0;
    }
    const uint32_t apart = l->apart ? l->apart : l->xrows;
    const uint32_t accs = max32((l->points * l->pixels - 1) * apart + l->xrows, div_up((l->points * l->pixels - 1) * apart + l->r, l->r) * l->r);
    l->acc_base = rng_chance(r, 40) ? cap->acc_depth - accs : rng_below(r, cap->acc_depth - accs + 1);
    l->col_base = rng_chance(r, 40) ? cap->col_depth - l->cols : rng_below(r, cap->col_depth - l->cols + 1);
}

/* Add a layer, or -1. `l` keeps what a following layer may reuse. */
static int add_layer(job *j, layer *l, output *prev)
{
    const lac_caps *cap = &j->caps;
    const int reuse = l->w != NULL && !l->needed && rng_chance(&j->rng, 60);
    const int chain = !reuse && prev->ready && rng_chance(&j->rng, 110);
    const uint32_t out = rng_below(&j->rng, 4);
    const int out_bits = out == 2 ? 15 : 8;
    int32_t book[16];

    if (reuse) {
        free(l->x);
        l->x = NULL;
        if (l->xrows == l->r) {
            l->apart = 0;
            l->points = min32(size_up_to(&j->rng, 12), cap->acc_depth / l->r / l->pixels);
            while (l->points > 1 && l->points * lines_of(j, l->width * elem_size[l->type]) > cap->feat_depth) l->points--;
        } else l->points = 1;
        l->bank = rng_below(&j->rng, 2);
        l->acc_base = rng_below(&j->rng, cap->acc_depth - l->points * l->pixels * l->xrows + 1);
        if (add_features(j, l, NULL, 6)) return -1;
        j->stats.reused++;
    } else {
        const uint32_t wild = rng_chance(&j->rng, 6);
        free_layer(l);
        choose(j, l, chain ? prev : NULL);
        l->w = calloc((size_t)cap->lanes * l->r * l->elements, sizeof *l->w);
        l->lane_of = malloc(l->k);
        l->shift = malloc(l->k);
        l->bias = malloc(l->k * sizeof *l->bias);
        l->mult = malloc(l->k * sizeof *l->mult);
        uint8_t *owned = malloc((size_t)l->r * cap->lanes);
        int bits = (int)rng_below(&j->rng, 15), ok = l->w && l->lane_of && l->shift && l->bias && l->mult && owned;
        const int act = l->type == 2 ? (int)rng_range(&j->rng, 2, 15) : 8;
        if (!wild && bits + act > 24) bits = 24 - act;
        if (wild) {
            bits = 15;
            j->may_overflow = 1;
        }
        l->w_bits = l->format == 0 || l->wide ? bits : 7;
        l->acc_bits = l->w_bits + (wild ? 15 : act) + 1;
        const uint32_t order = l->columns ? rng_chance(&j->rng, 60) : rng_chance(&j->rng, 128);
        if (ok && !order) ok = !add_features(j, l, chain ? prev : NULL, wild ? 15 : act);
        if (ok) ok = !add_params(j, l, out_bits, owned);
        if (ok && l->format == 0) {
            const uint64_t at = take_input(j, 64);
            job_cmd *c = at ? add_cmd(j, LAC_OP_LOAD_CODEBOOK) : NULL;
            if (c) {
                for (int i = 0; i < 16; i++) {
                    book[i] = (int32_t)rng_range(&j->rng, -32768, 32767) / (1 << (15 - bits));
                    put16(j->mem + at + 2 * i, (uint32_t)book[i]);
                }
                set_addr(c, j->base + at);
                lac_set_field(c->w, LAC_F_LOAD_CODEBOOK_COPY, l->copy);
                add_use(c, USE_MEM, 0, j->base + at, 64);
                add_use(c, USE_CODE, 1, l->copy, 1);
            } else ok = 0;
        }
        /* weights in one to three blocks, one behind the other in the RAM */
        uint32_t left = l->cols, words = 0;
        const uint32_t first = j->n, epl = cap->line / elem_size[l->type];
        const uint32_t blocks = j->stats.col_blocks;
        const int may_need = l->columns && l->points == 1 && !order; /* its features stand in the RAM by now */
        for (int i = 0; ok && left; i++) {
            const uint32_t c0 = l->cols - left;
            uint32_t n = i == 2 || rng_chance(&j->rng, 150) ? left : 1 + rng_below(&j->rng, left);
            if (may_need && rng_chance(&j->rng, 220)) n = min32(left, div_up(n, epl) * epl); /* the next one begins with a line */
            if (l->columns && rng_chance(&j->rng, 210))
                ok = !add_columns(j, l, book, owned, c0, c0 + n, may_need && c0 % epl == 0 && rng_chance(&j->rng, 200), &words);
            else ok = !add_block(j, l, book, owned, c0, c0 + n, &words);
            left -= n;
        }
        j->stats.col_layers += j->stats.col_blocks > blocks;
        /* now that their length is known: somewhere, often at the very end */
        l->words = words;
        l->word_base = rng_chance(&j->rng, 60) ? cap->weight_depth - words : rng_below(&j->rng, cap->weight_depth - words + 1);
        for (uint32_t i = first; ok && i < j->n; i++) {
            job_use *u = &j->cmd[i].use[1];
            u->lo += l->word_base;
            u->hi += l->word_base;
            ok = u->lo < cap->weight_depth; /* a block of no words may not stand behind the last word */
            lac_set_field(j->cmd[i].w, LAC_F_LOAD_WEIGHTS_WORD_BASE, (uint32_t)u->lo); /* of LOAD_COLUMNS, too */
        }
        if (l->word_base + words == cap->weight_depth) j->stats.full_weight++;
        if (l->cols == cap->col_depth) j->stats.full_col++;
        if (ok && order) ok = !add_features(j, l, chain ? prev : NULL, wild ? 15 : act);
        free(owned);
        if (!ok) return -1;
        if (l->type < 2) l->acc_bits = l->w_bits + 9;
        j->stats.chained += chain != 0;
    }
    if (l->points * l->pixels * l->xrows == cap->acc_depth) j->stats.full_acc++;
    const int times = 1 + (l->points * l->pixels * l->cols < 200 && rng_chance(&j->rng, 25));
    for (int t = 0; t < times; t++)
        if (add_execs(j, l)) return -1;
    if (add_stores(j, l, times, out, prev)) return -1;
    j->stats.layers++;
    j->stats.format[l->format]++;
    j->stats.shared += l->apart && l->apart != l->xrows;
    j->stats.by_lane += l->by_lane != 0;
    j->stats.wide += l->wide != 0;
    return 0;
}

/* ---- Maps ---- */

/* A list: its words, at most MAP_WORDS; how many voxels. */
enum { MAP_WORDS = 48 };
static uint32_t make_list(lac_rng *r, uint64_t *word, uint32_t *words, int positive)
{
    const int32_t low = positive ? 0 : -32768;
    int32_t  batch = (int32_t)rng_below(r, 3), z = (int32_t)rng_range(r, low, 100), y = (int32_t)rng_range(r, low, 100);
    uint32_t voxels = 0, n = 0;
    for (uint32_t rows = rng_chance(r, 60) ? 0 : 1 + rng_below(r, 8); rows; rows--) {
        word[n++] = UINT64_C(1) << 63 | (uint64_t)batch << 32 | ((uint32_t)z & 0xFFFF) << 16 | ((uint32_t)y & 0xFFFF);
        int32_t x = (int32_t)rng_range(r, low / 32, 900);
        for (uint32_t more = 1 + rng_below(r, 5); more; more--) {
            const uint32_t bits = rng_chance(r, 128) ? 1u << rng_below(r, 32) : 1u | (uint32_t)rng_next(r);
            word[n++] = (uint64_t)((uint32_t)x & 0x7FF) << 32 | bits;
            for (uint32_t b = bits; b; b &= b - 1) voxels++;
            x += 1 + (int32_t)rng_below(r, 20);
        }
        if (rng_chance(r, 40)) batch += 1 + (int32_t)rng_below(r, 20), z = (int32_t)rng_range(r, low, 100), y = low;
        else if (rng_chance(r, 80)) z += 1 + (int32_t)rng_below(r, 3), y = (int32_t)rng_range(r, low, 100);
        else y += 1 + (int32_t)rng_below(r, 3);
    }
    *words = n;
    return voxels;
}

/* A kernel of one element: output i has input i. In one command or two. */
static int add_map(job *j)
{
    lac_rng *r = &j->rng;
    uint64_t word[MAP_WORDS];
    uint32_t words;
    const int      positive = rng_chance(r, 128);
    const uint32_t voxels = make_list(r, word, &words, positive), list_bytes = div_up(8 * words, 64) * 64;
    const uint64_t at = take_input(j, 64u + list_bytes);
    if (!at) return -1;
    memset(j->mem + at, 0, 64);
    put32(j->mem + at, voxels);
    put32(j->mem + at + 4, words);
    for (uint32_t i = 0; i < words; i++) put64(j->mem + at + 64 + 8 * i, word[i]);

    const uint32_t made = rng_chance(r, 128), no_rules = rng_chance(r, 40), band = size_up_to(r, voxels + 3), tap = rng_below(r, 127);
    const uint32_t bands = no_rules ? 0 : div_up(voxels, band), full = no_rules ? 0 : voxels / band;
    const uint32_t last = voxels % band, rule_bytes = no_rules ? 0 : full * (div_up(4 * band, 64) * 64) + div_up(4 * last, 64) * 64;
    const uint32_t out_lines = made ? list_bytes / 64 + rng_below(r, 2) : 0, room = no_rules ? rng_below(r, 9) : bands + rng_below(r, 4);
    const uint32_t rule_lines = no_rules ? rng_below(r, 9) : rule_bytes / 64 + rng_below(r, 3);
    const uint32_t out = 0, heads = out + (made ? 64 + 64 * out_lines : 0), rules = heads + (no_rules ? 0 : 64 * room);
    const uint32_t bytes = max32(rules + (no_rules ? 0 : 64 * rule_lines), 64);
    const uint64_t to = take_output(j, bytes);
    if (!to) return -1;
    uint8_t *p = j->want + to;
    if (made) {
        memset(p, 0, 64 + div_up(8 * words, j->caps.line) * j->caps.line);
        put32(p, voxels);
        put32(p + 4, words);
        for (uint32_t i = 0; i < words; i++) put64(p + 64 + 8 * i, word[i]);
    }
    if (!no_rules) {
        memset(p + heads, 0, 64 * room);
        memset(p + rules, 0, rule_bytes);
    }
    for (uint32_t b = 0, start = 0; b < bands; b++) {
        const uint32_t n = b < full ? band : last, first = b * band;
        uint8_t *h = p + heads + 64 * b;
        put32(h, n);
        put32(h + 4, n);
        put32(h + 8, start / 64);
        put32(h + 16, first);
        put32(h + 20, first + n);
        for (uint32_t i = 0; i < n; i++) put32(p + rules + start + 4 * i, 1u << 31 | tap << 24 | (first + i));
        start += div_up(4 * n, 64) * 64;
    }

    const uint32_t parts = full && rng_chance(r, 80) ? 2 : 1;
    for (uint32_t part = 0; part < parts; part++) {
        job_cmd *c = add_cmd(j, LAC_OP_MAP);
        if (!c) return -1;
#define SET(field, v) lac_set_field(c->w, LAC_F_MAP_##field, (uint32_t)(v))
        SET(IN, (j->base + at) / 64);
        SET(OUT, (j->base + (made ? to + out : at)) / 64);
        SET(BANDS, (j->base + to + heads) / 64);
        SET(RULES, (j->base + to + rules) / 64);
        SET(OUT_LINES, out_lines);
        SET(MADE, made);
        SET(TRANSPOSED, rng_chance(r, 128));
        SET(NO_RULES, no_rules);
        SET(RULE_LINES, rule_lines);
        SET(TAP, tap);
        SET(BAND, band);
        SET(BAND_ROOM, room);
        SET(KZ, 1), SET(KY, 1), SET(KX, 1), SET(SZ, 1), SET(SY, 1), SET(SX, 1);
        SET(DZ, 1 + rng_below(r, 15)), SET(DY, 1 + rng_below(r, 15)), SET(DX, 1 + rng_below(r, 12));
        SET(TAP_Z, rng_below(r, 32)), SET(TAP_Y, rng_below(r, 8));
        if (made && positive && rng_chance(r, 128)) SET(BOUNDED, 1), SET(SHAPE_X, 32768), SET(SHAPE_Y, 32768), SET(SHAPE_Z, 32768);
        SET(COUNT, part + 1 < parts ? 1 + rng_below(r, full) : 0);
        SET(MORE, part != 0);
        if (part) /* of the rest only COUNT is looked at */
            for (int k = 2; k < 6; k++) c->w[k] = (uint32_t)rng_next(r);
#undef SET
        add_use(c, USE_MEM, 0, j->base + at, 64u + div_up(8 * words, j->caps.line) * j->caps.line);
        if (made || !no_rules) add_use(c, USE_MEM, 1, j->base + to, bytes);
    }
    j->stats.maps++;
    j->stats.map_parts += parts - 1;
    j->stats.rules += no_rules ? 0 : voxels;
    return 0;
}

/* ---- Order ---- */

/* Exchange neighbours that do not touch the same things: layers overlap. */
static void interleave(job *j)
{
    for (uint32_t i = 0; j->n > 1 && i < 4 * j->n; i++) {
        const uint32_t at = rng_below(&j->rng, j->n - 1);
        if (!conflict(&j->cmd[at], &j->cmd[at + 1])) {
            const job_cmd c = j->cmd[at];
            j->cmd[at] = j->cmd[at + 1];
            j->cmd[at + 1] = c;
        }
    }
}

/* Tokens of each pair of engines are taken in the order in which they are given, so the k-th taker meets the k-th giver. Takers
 * are visited in ring order; each gets a giver behind the last one used for that pair: then the two orders agree. */
static int try_tokens(job *j, lac_rng *rng, uint32_t extra, int eager)
{
    int32_t known[ENGS][ENGS];              /* [engine][of engine]: last command that is known to be complete */
    static int32_t at_end[JOB_CMDS][ENGS];  /* what a command's completion tells */
    int32_t last_giver[ENGS][ENGS], last_taker[ENGS][ENGS];
    const uint32_t last = j->caps.map ? ENG_MAP : ENG_STORE;

    memset(known, 0xFF, sizeof known);
    memset(last_giver, 0xFF, sizeof last_giver);
    memset(last_taker, 0xFF, sizeof last_taker);
    for (uint32_t i = 0; i < j->n; i++) {
        lac_set_field(j->cmd[i].w, LAC_F_ANY_WAIT, 0);
        lac_set_field(j->cmd[i].w, LAC_F_ANY_SIGNAL, 0);
    }
    j->stats.tokens = 0;
    for (int32_t i = 0; i < (int32_t)j->n; i++) {
        job_cmd *c = &j->cmd[i];
        const uint32_t e = engine(c);
        for (uint32_t f = ENG_LOAD; f <= last; f++) {
            if (f == e) continue;
            int32_t need = -1;
            /* STORE and MAP wait for everything before them, without tokens. */
            for (int32_t b = i - 1; e < ENG_STORE && b > known[e][f] && need < 0; b--)
                if (engine(&j->cmd[b]) == f && conflict(&j->cmd[b], c)) need = b;
            const int more = need < 0 && rng_chance(rng, extra);
            if (need < 0 && !more) continue;
            int32_t pick[JOB_CMDS], n = 0;
            for (int32_t b = need > last_giver[f][e] + 1 ? need : last_giver[f][e] + 1; b < i; b++)
                if (engine(&j->cmd[b]) == f) pick[n++] = b;
            if (!n) continue; /* only possible for `more` */
            const int32_t giver = eager || rng_chance(rng, 100) ? pick[n - 1] : pick[rng_below(rng, (uint32_t)n)];
            j->cmd[giver].w[0] |= 0x1000u << (e - 1);
            c->w[0] |= 0x100u << (f - 1);
            j->stats.tokens++;
            last_giver[f][e] = giver;
            last_taker[f][e] = i;
            if (known[e][f] < giver) known[e][f] = giver;
            for (int k = 1; k < ENGS; k++)
                if (known[e][k] < at_end[giver][k]) known[e][k] = at_end[giver][k];
        }
        for (int k = 1; k < ENGS && e >= ENG_STORE; k++) known[e][k] = i - 1;
        known[e][e] = i;
        memcpy(at_end[i], known[e], sizeof at_end[i]);
    }
    /* Tokens that nobody takes, behind the last one that somebody takes. */
    uint32_t spare[ENGS][ENGS] = {{0}};
    for (int32_t i = 0; i < (int32_t)j->n; i++)
        for (uint32_t e = ENG_LOAD; e <= last; e++) {
            const uint32_t f = engine(&j->cmd[i]);
            if (e != f && i > last_taker[f][e] && i > last_giver[f][e] && spare[f][e] < 15 && rng_chance(rng, extra / 2)) {
                j->cmd[i].w[0] |= 0x1000u << (e - 1);
                spare[f][e]++;
            }
        }
    /* At most fifteen may be waiting. */
    int32_t waiting[ENGS][ENGS] = {{0}};
    for (uint32_t i = 0; i < j->n; i++)
        for (uint32_t f = ENG_LOAD; f <= last; f++) {
            const uint32_t e = engine(&j->cmd[i]);
            if (j->cmd[i].w[0] >> (7 + f) & 1 && --waiting[f][e] < 0) return -1;
            if (j->cmd[i].w[0] >> (11 + f) & 1 && ++waiting[e][f] > 15) return -1;
        }
    return 0;
}

void job_tokens(job *j, lac_rng *rng, uint32_t extra)
{
    if (try_tokens(j, rng, extra, 0) && try_tokens(j, rng, 0, 1)) abort();
}

/* ---- A job ---- */

static int try_job(job *j)
{
    lac_rng *r = &j->rng;
    layer    l;
    output   prev;
    int      ok = 1;

    memset(&l, 0, sizeof l);
    memset(&prev, 0, sizeof prev);
    memset(&j->stats, 0, sizeof j->stats);
    j->n = 0;
    j->may_overflow = 0;
    j->in_top = 64;
    j->out_bottom = JOB_MEM;
    for (uint32_t i = 0; i < JOB_MEM; i += 8) put64(j->mem + i, rng_next(r));
    /* Outputs are expected in `want`, which starts as the same noise; inputs are copied there at the end. */
    memcpy(j->want, j->mem, JOB_MEM);
    j->base = (uint64_t)rng_below(r, 0xFFE00) << 12 | (uint64_t)rng_below(r, 64) << 6;
    if (j->caps.addr_w < 32) j->base %= (UINT64_C(1) << j->caps.addr_w) - JOB_MEM;
    if (j->caps.addr_w > 32) j->base |= rng_next(r) << 32 & ((((uint64_t)1 << (j->caps.addr_w - 32)) - 1) << 32);

    if (j->caps.map && rng_chance(r, 180)) j->base &= (UINT64_C(1) << 37) - 1; /* MAP's addresses have 38 bits */
    for (uint32_t layers = 1 + rng_below(r, 4); ok && layers; layers--) {
        ok = !add_layer(j, &l, &prev);
        for (uint32_t maps = j->caps.map && j->base < UINT64_C(1) << 37 ? rng_below(r, 3) : 0; ok && maps; maps--) ok = !add_map(j);
    }
    free_layer(&l);
    free(prev.y);
    if (!ok || !j->n) return -1;

    j->feed = rng_chance(r, 128) ? JOB_ONE_DOORBELL : rng_chance(r, 128) ? JOB_IDLE_BETWEEN : JOB_AS_ROOM;
    j->ring_size = j->feed == JOB_ONE_DOORBELL ? j->n + 1 + rng_below(r, 4) : 2 + rng_below(r, min32(j->n, 12));
    j->irq_enable = rng_below(r, 8);
    const uint64_t ring = take_input(j, 64u * (uint64_t)j->ring_size);
    if (!ring) return -1;
    j->ring = j->base + ring;

    interleave(j);
    job_tokens(j, r, rng_chance(r, 128) ? 30 : 0);

    /* Windows: all of memory, or just what is used. */
    const int tight = rng_chance(r, 128);
    j->rd_lo = j->wr_lo = j->base;
    j->rd_hi = j->wr_hi = j->base + JOB_MEM;
    if (tight) {
        uint64_t lo[2] = { j->ring, UINT64_MAX }, hi[2] = { j->ring + 64u * (uint64_t)j->ring_size, 0 };
        for (uint32_t i = 0; i < j->n; i++)
            for (uint32_t u = 0; u < j->cmd[i].uses; u++) {
                const job_use *use = &j->cmd[i].use[u];
                if (use->res != USE_MEM) continue;
                if (use->lo < lo[use->write]) lo[use->write] = use->lo;
                if (use->hi > hi[use->write]) hi[use->write] = use->hi;
            }
        j->rd_lo = lo[0];
        j->rd_hi = hi[0];
        j->wr_lo = lo[1];
        j->wr_hi = hi[1];
    }
    return 0;
}

int job_make(job *j, const lac_caps *caps, uint64_t seed)
{
    memset(j, 0, sizeof *j);
    j->caps = *caps;
    j->seed = seed;
    j->rng.s = seed * 0x9E3779B97F4A7C15u + 0x1234567;
    j->mem = malloc(JOB_MEM);
    j->want = malloc(JOB_MEM);
    if (!j->mem || !j->want) {
        job_free(j);
        return -1;
    }
    while (try_job(j)) {}
    memcpy(j->want, j->mem, j->in_top);
    return 0;
}

void job_free(job *j)
{
    free(j->mem);
    free(j->want);
    j->mem = j->want = NULL;
}

int job_caps(const lac_port *p, lac_caps *c)
{
    const struct { uint32_t reg, *to; } list[] = {
        { LAC_REG_VERSION, &c->version }, { LAC_REG_CAP_LANES, &c->lanes }, { LAC_REG_CAP_DATA_W, &c->data_w },
        { LAC_REG_CAP_ADDR_W, &c->addr_w }, { LAC_REG_CAP_STORE_W, &c->store_w }, { LAC_REG_CAP_WEIGHT, &c->weight_depth },
        { LAC_REG_CAP_COL, &c->col_depth }, { LAC_REG_CAP_ACC, &c->acc_depth }, { LAC_REG_CAP_FEAT, &c->feat_depth },
        { LAC_REG_CAP_PARAM, &c->param_depth }, { LAC_REG_CAP_FIFO, &c->fifo_depth }, { LAC_REG_CAP_BURST, &c->burst },
        { LAC_REG_CAP_FLIGHT, &c->flight },
        { LAC_REG_CAP_FORMATS, &c->formats }, { LAC_REG_CAP_MAP, &c->map },
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (p->read32(p->ctx, list[i].reg, list[i].to)) return -1;
    c->line = c->data_w <= 64 ? 8 : c->data_w / 8;
    return 0;
}

void job_stats_add(job_stats *sum, const job_stats *s)
{
    /* counters only, all of one type */
    uint32_t *a = (uint32_t *)sum;
    const uint32_t *b = (const uint32_t *)s;
    for (size_t i = 0; i < sizeof *s / sizeof *a; i++) a[i] += b[i];
}
