/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rules - EXEC_RULES on golden model and Verilated core, over the configurations that have a mapping unit
 *
 *   Jobs       rules are made here, at random: bands in both banks, replayed where a layer's taps do not fit at once, over features that the cache holds
 *              or not, between plain EXECs; every format and type. The model's memory must be what plain loops over the rules say; the core's whole
 *              memory, status, counters and causes must be the model's, under random stalls
 *   Errors     each error that a band or its command can have, bus errors and a bus that stops answering; then a job that must be right
 *   Repeat     a failing line holds configuration and seed: CONFIG=name SEED=n JOBS=1 build/tests/test_rules
 *   Lines      one for up to 100 jobs, one for each error */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lac_hw.h"
#include "naive.h"
#include "pair.h"

enum { WATCHDOG = 3000, LIMIT = 4000000, OUT = JOB_MEM / 2 + JOB_MEM / 4, WEIGHTS = 60000 /* [bytes] of one LOAD_WEIGHTS */ };
static const uint32_t SIZE[4] = {1, 1, 2, 8};

static int         bad;
static lac_config  cfg;
static lac_caps    caps;
static const char *name;

/* ---- A job ------------------------------------------------------------------------------------------------- */

typedef struct {
    int      format, n;           /* of the commands; n: N:4, format 3 */
    uint32_t rows, taps, each;    /* rows of a lane; taps in the table, columns of one */
    uint32_t group;               /* elements of a column */
    int32_t *w;                   /* [columns][lanes][rows][group] */
    uint32_t col_base, word_base;
} weights;

typedef struct { uint32_t outputs, rules, first; } band; /* its words: rule[first ..] */

typedef struct {
    job      j;
    lac_rng  r;
    uint32_t channels, type, inputs, index0;     /* inputs are index0 .. index0 + inputs - 1 */
    int32_t  zero, *x;                           /* [inputs][channels] */
    int16_t  book[16];
    uint64_t features, headers, rules;           /* offsets of the first input, the bands' headers, the rules */
    uint32_t *rule, n_rules, n_bands;
    band     b[16];
    weights  pass[3];
    uint32_t passes, tap0;
    int64_t *acc;                                /* [2][lanes][acc_depth] */
    uint64_t out;                                /* offset of the next output */
    uint32_t channels_out;
    int32_t  bias[512], shift[512];
    uint32_t mult[512];
    int      stale;                              /* the cache is no longer what memory is */
    uint32_t fresh, plain;                       /* chances of 256: FRESH where it is not needed; a plain EXEC in front of one of rules */
    uint32_t cache;                              /* [lines] */
    struct { uint32_t cmd, band; const weights *w; } exec[JOB_CMDS]; /* the EXEC_RULES */
    uint32_t execs;
} test;

static void put(uint8_t *p, uint64_t v, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) p[i] = (uint8_t)(v >> 8 * i);
}
static uint32_t lines(uint64_t bytes) { return (uint32_t)((bytes + caps.line - 1) / caps.line); }

static uint64_t room(test *t, uint64_t bytes)
{
    const uint64_t at = (t->j.in_top + 63) / 64 * 64;
    t->j.in_top = at + bytes;
    if (t->j.in_top > OUT) abort();
    return at;
}

static job_cmd *command(test *t, uint32_t op)
{
    job_cmd *c = &t->j.cmd[t->j.n];
    memset(c, 0, sizeof *c);
    c->w[0] = op;
    c->w[1] = 0x52000000u + t->j.n++;
    if (t->j.n > JOB_CMDS) abort();
    return c;
}
static void use(job_cmd *c, job_res res, int write, uint64_t lo, uint64_t n)
{
    c->use[c->uses++] = (job_use){res, write, lo, lo + n};
    if (c->uses > JOB_USES) abort();
}
static void set_addr(job_cmd *c, uint64_t addr) { put((uint8_t *)(c->w + 2), addr, 8); }
#define SET(c, cmd, field, v) lac_set_field((c)->w, LAC_F_##cmd##_##field, (uint32_t)(v))

static int64_t *accumulator(test *t, uint32_t bank, uint32_t lane) { return t->acc + ((uint64_t)bank * caps.lanes + lane) * caps.acc_depth; }
static int32_t *weight(const weights *w, uint32_t col, uint32_t lane, uint32_t row) { return w->w + (((uint64_t)col * caps.lanes + lane) * w->rows + row) * w->group; }

/* ---- Weights ----------------------------------------------------------------------------------------------- */

enum { FULL = 16384 };
static uint16_t entry[256][FULL];
static uint32_t fill[256];

static uint32_t slice(test *t, weights *w, uint32_t col, uint32_t lane, uint32_t density)
{
    const uint32_t before = fill[lane];
    int last = -1;
    for (uint32_t row = 0; row < w->rows; row++) {
        int32_t *v = weight(w, col, lane, row);
        if (w->format == 2) {
            uint32_t k = 0;
            for (int e = 0; e < w->n; e++, k++) {
                k += rng_below(&t->r, 4u - (uint32_t)(w->n - e) - k + 1u);
                v[k] = (int32_t)rng_range(&t->r, -127, 127);
                entry[lane][fill[lane]++] = (uint16_t)(k << 8 | (v[k] & 255));
            }
        } else if (w->format == 3 && w->n) {
            if (row || !rng_chance(&t->r, 200)) continue;
            *v = (int32_t)rng_range(&t->r, -3000, 3000);
            entry[lane][fill[lane]++] = (uint16_t)*v;
        } else if (rng_chance(&t->r, density)) {
            const uint32_t code = 1 + rng_below(&t->r, 15), gap = (uint32_t)((int)row - last - 1);
            if (w->format == 0) {
                *v = t->book[code];
                entry[lane][fill[lane]++] = (uint16_t)(gap << 4 | code);
            } else {
                *v = (int32_t)rng_range(&t->r, 1, 127) * (rng_chance(&t->r, 128) ? 1 : -1);
                entry[lane][fill[lane]++] = (uint16_t)(gap << 8 | (*v & 255));
            }
            last = (int)row;
        }
    }
    return fill[lane] - before;
}

/* A weight block, and the command that brings it. 0, or -1: it does not fit. */
static int load_weights(test *t, weights *w)
{
    const uint32_t lanes = caps.lanes, per = caps.line / 8, groups = (lanes + per - 1) / per, e = w->format == 1 || w->format == 3 ? 4 : 6;
    const uint32_t cols = w->taps * w->each, stored = w->format == 3 ? 1u : (uint32_t)w->format;
    const uint32_t density = 40 + rng_below(&t->r, 200);
    uint32_t words[256] = {0}, most = 0, sum = 0;

    w->w = calloc((size_t)cols * lanes * w->rows * w->group, sizeof *w->w);
    uint8_t *length = calloc(cols, lanes);
    if (!w->w || !length) abort();
    memset(fill, 0, sizeof fill);
    for (uint32_t c = 0; c < cols; c++)
        for (uint32_t l = 0; l < lanes; l++) {
            const uint32_t n = slice(t, w, c, l, rng_chance(&t->r, 20) ? 0 : density);
            length[c * lanes + l] = (uint8_t)(n / e << 3 | n % e);
            if (fill[l] > FULL - 64) abort();
        }
    for (uint32_t l = 0; l < lanes; l++) {
        const uint32_t n = (fill[l] + e - 1) / e;
        if (n > words[l / per]) words[l / per] = n;
        if (n > most) most = n;
    }
    if (!most) most = 1;
    if (most > caps.weight_depth) {
        free(length);
        free(w->w);
        w->w = NULL;
        return -1;
    }
    for (uint32_t g = 0; g < groups; g++) sum += words[g] = w->format == 2 ? most : words[g];
    const uint32_t list = stored == 2 ? 0 : lines(2 * groups), table = stored == 2 ? 0 : cols * lines(lanes), all = 1 + list + table + sum;
    const uint64_t at = room(t, (uint64_t)all * caps.line);
    uint8_t *p = t->j.mem + at;
    const uint32_t nm = w->rows * (uint32_t)w->n;
    put(p, stored | (uint64_t)(lanes - 1) << 8 | (uint64_t)cols << 16 | (stored == 2 ? (uint64_t)w->n << 2 | (uint64_t)(nm % 6) << 5 | (uint64_t)(nm / 6) << 32 | (uint64_t)most << 48 : 0), 8);
    p += caps.line;
    if (stored != 2) {
        for (uint32_t g = 0; g < groups; g++) put(p + 2 * g, words[g], 2);
        p += list * caps.line;
        for (uint32_t c = 0; c < cols; c++, p += lines(lanes) * caps.line) memcpy(p, length + c * lanes, lanes);
    }
    for (uint32_t g = 0; g < groups; g++)
        for (uint32_t i = 0; i < words[g]; i++, p += caps.line)
            for (uint32_t k = 0; k < per; k++) {
                uint64_t v = 0;
                const uint32_t l = g * per + k;
                for (uint32_t s = 0; s < e; s++)
                    if (l < lanes && i * e + s < fill[l]) v |= (uint64_t)entry[l][i * e + s] << s * (e == 6 ? 10 : 16);
                put(p + 8 * k, v, 8);
            }
    free(length);

    w->word_base = rng_below(&t->r, caps.weight_depth - most + 1);
    w->col_base  = rng_below(&t->r, caps.col_depth - cols + 1);
    job_cmd *c = command(t, LAC_OP_LOAD_WEIGHTS);
    set_addr(c, t->j.base + at);
    SET(c, LOAD_WEIGHTS, LINES, all);
    SET(c, LOAD_WEIGHTS, WORD_BASE, w->word_base);
    SET(c, LOAD_WEIGHTS, COL_BASE, w->col_base);
    use(c, USE_MEM, 0, t->j.base + at, (uint64_t)all * caps.line);
    use(c, USE_WEIGHT, 1, 0, caps.weight_depth);
    use(c, USE_COL, 1, 0, caps.col_depth);
    return 0;
}

/* A column's item, as the formats say. */
static void item(test *t, const weights *w, uint32_t col, const int32_t *a, uint32_t bank, uint32_t base)
{
    for (uint32_t l = 0; l < caps.lanes; l++)
        for (uint32_t row = 0; row < w->rows; row++) {
            const int32_t *v = weight(w, col, l, row);
            int64_t sum = 0;
            if (w->format == 2) for (uint32_t k = 0; k < 4; k++) sum += (int64_t)v[k] * a[k];
            else sum = (int64_t)*v * a[w->format == 3 ? l % 4 : 0];
            accumulator(t, bank, l)[base + row] += sum;
        }
}

/* One input through the columns of tap number `tap` of the table. */
static void input(test *t, const weights *w, const int32_t *x, uint32_t tap, uint32_t bank, uint32_t base)
{
    for (uint32_t c = 0; c < w->each; c++) {
        int32_t a[4] = {0};
        for (uint32_t k = 0; k < (w->format >= 2 ? 4u : 1u); k++) a[k] = x[c * (w->format >= 2 ? 4u : 1u) + k] - t->zero;
        item(t, w, tap * w->each + c, a, bank, base);
    }
}

/* ---- Commands ---------------------------------------------------------------------------------------------- */

static void common(test *t, job_cmd *c, const weights *w, uint32_t columns, uint32_t bank)
{
    SET(c, EXEC_RULES, COLUMNS, columns);
    SET(c, EXEC_RULES, COL_BASE, w->col_base);
    SET(c, EXEC_RULES, ROWS, w->rows);
    SET(c, EXEC_RULES, BANK, bank);
    SET(c, EXEC_RULES, FORMAT, w->format);
    SET(c, EXEC_RULES, N, w->n);
    SET(c, EXEC_RULES, TYPE, t->type);
    SET(c, EXEC_RULES, ZERO, t->zero);
    use(c, USE_WEIGHT, 0, 0, caps.weight_depth);
    use(c, USE_COL, 0, 0, caps.col_depth);
    use(c, USE_CODE, 0, 0, 1);
}

static job_cmd *exec_rules(test *t, const weights *w, uint32_t tap, uint32_t b, uint32_t outputs, uint32_t bank, uint32_t acc)
{
    job_cmd *c = command(t, LAC_OP_EXEC_RULES);
    uint32_t columns = w->taps * w->each + rng_below(&t->r, w->each);
    if (columns + w->col_base > caps.col_depth) columns = w->taps * w->each;
    common(t, c, w, columns, bank);
    SET(c, EXEC_RULES, ACC_BASE, acc);
    SET(c, EXEC_RULES, CHANNELS, t->channels);
    SET(c, EXEC_RULES, OUTPUTS, outputs);
    SET(c, EXEC_RULES, BAND, (t->j.base + t->headers) / 64 + b);
    SET(c, EXEC_RULES, RULES, (t->j.base + t->rules) / 64);
    SET(c, EXEC_RULES, FEATURES, (t->j.base + t->features - (uint64_t)t->index0 * t->channels * SIZE[t->type]) / 64);
    SET(c, EXEC_RULES, TAP, tap);
    SET(c, EXEC_RULES, FRESH, t->stale || rng_chance(&t->r, t->fresh));
    t->stale = 0;
    t->exec[t->execs].cmd    = t->j.n - 1;
    t->exec[t->execs].w      = w;
    t->exec[t->execs++].band = b;
    use(c, USE_FEAT, 1, 0, t->cache);
    use(c, USE_MEM, 0, t->j.base, t->j.in_top);
    use(c, bank ? USE_ACC1 : USE_ACC0, 1, 0, caps.acc_depth);

    const uint32_t *rule = t->rule + t->b[b].first;
    for (uint32_t i = 0, o = 0; i < t->b[b].rules; o += rule[i++] >> 31) {
        const uint32_t k = rule[i] >> 24 & 127;
        if (k < tap || k - tap >= w->taps || k == 127) continue;
        input(t, w, t->x + ((rule[i] & 0xffffffu) - t->index0) * t->channels, k - tap, bank, acc + o * w->rows);
    }
    return c;
}

/* Features into the RAM, and one point of them as any EXEC does it. */
static void exec_plain(test *t, const weights *w, uint32_t bank, uint32_t acc)
{
    const uint32_t bytes = t->channels * SIZE[t->type], need = lines(bytes), i = rng_below(&t->r, t->inputs);
    const uint32_t spare = caps.feat_depth - need, behind = t->cache < caps.feat_depth && spare >= t->cache && rng_chance(&t->r, 200);
    const uint32_t line = behind ? t->cache : rng_below(&t->r, spare / 32 + 1) * 32; /* behind the cache: while EXEC_RULES fetches */
    const uint32_t cleared = (need + 31) / 32 * 32;
    const uint64_t at = room(t, (uint64_t)need * caps.line);
    memcpy(t->j.mem + at, t->j.mem + t->features + (uint64_t)i * bytes, bytes);
    job_cmd *c = command(t, LAC_OP_LOAD_FEATURES);
    set_addr(c, t->j.base + at);
    SET(c, LOAD_FEATURES, POINTS, 1);
    SET(c, LOAD_FEATURES, CHANNELS, t->channels);
    SET(c, LOAD_FEATURES, FEAT_BASE, line);
    SET(c, LOAD_FEATURES, TYPE, t->type);
    SET(c, LOAD_FEATURES, ZERO, t->zero);
    use(c, USE_MEM, 0, t->j.base + at, (uint64_t)need * caps.line);
    use(c, USE_FEAT, 1, line, cleared);
    c = command(t, LAC_OP_EXEC);
    common(t, c, w, w->each, bank);
    SET(c, EXEC, POINTS, 1);
    SET(c, EXEC, FEAT_BASE, line);
    SET(c, EXEC, ACC_BASE, acc);
    if (w->format == 3) {
        SET(c, EXEC, WIDTH, t->channels);
        SET(c, EXEC, PIXELS, 1);
    }
    use(c, USE_FEAT, 0, line, need);
    use(c, bank ? USE_ACC1 : USE_ACC0, 1, 0, caps.acc_depth);
    input(t, w, t->x + i * t->channels, 0, bank, acc);
    if (line < t->cache) t->stale = 1;
}

static void store(test *t, uint32_t rows, uint32_t points, uint32_t bank, uint32_t acc)
{
    const uint32_t type = rng_below(&t->r, 4), pitch = (lines((uint64_t)t->channels_out * SIZE[type]) * caps.line + 63) / 64 * 64;
    const int32_t  lo = type == 0 ? -128 : type == 1 ? 0 : -32768, hi = type == 0 ? 127 : type == 1 ? 255 : 32767;
    const uint64_t at = t->out;
    t->out += (uint64_t)pitch * points;
    if (t->out > JOB_MEM) abort();
    job_cmd *c = command(t, LAC_OP_STORE);
    set_addr(c, t->j.base + at);
    SET(c, STORE, PITCH, pitch);
    SET(c, STORE, POINTS, points);
    SET(c, STORE, CHANNELS, t->channels_out);
    SET(c, STORE, ACC_BASE, acc);
    SET(c, STORE, ROWS, rows);
    SET(c, STORE, BANK, bank);
    SET(c, STORE, TYPE, type);
    if (type != 3) {
        SET(c, STORE, ZERO, 1);
        SET(c, STORE, CLAMP_LO, lo);
        SET(c, STORE, CLAMP_HI, hi);
    }
    use(c, USE_MEM, 1, t->j.base + at, (uint64_t)pitch * points);
    use(c, USE_PARAM, 0, 0, caps.param_depth);
    use(c, bank ? USE_ACC1 : USE_ACC0, 1, 0, caps.acc_depth);
    for (uint32_t p = 0; p < points; p++)
        for (uint32_t k = 0; k < t->channels_out; k++) {
            const int64_t sum = accumulator(t, bank, k % caps.lanes)[acc + p * rows + k / caps.lanes];
            const int64_t y = type == 3 ? sum : naive_requant(sum, t->bias[k], t->mult[k], t->shift[k], 1, lo, hi);
            put(t->j.want + at + (uint64_t)p * pitch + k * SIZE[type], (uint64_t)y, SIZE[type]);
        }
    for (uint32_t l = 0; l < caps.lanes; l++) memset(accumulator(t, bank, l) + acc, 0, (size_t)points * rows * 8);
}

/* ---- What is in memory ------------------------------------------------------------------------------------- */

static void make_features(test *t)
{
    const uint32_t size = SIZE[t->type], sparse = rng_below(&t->r, 256);
    const int32_t lo = t->type == 0 ? -128 : t->type == 1 ? 0 : -1000, hi = t->type == 0 ? 127 : t->type == 1 ? 255 : 1000;
    t->zero = rng_chance(&t->r, 100) ? 0 : (int32_t)rng_range(&t->r, lo, hi);
    t->features = room(t, (uint64_t)t->inputs * t->channels * size);
    t->x = malloc((size_t)t->inputs * t->channels * sizeof *t->x);
    if (!t->x) abort();
    for (uint32_t i = 0; i < t->inputs * t->channels; i++) {
        t->x[i] = rng_chance(&t->r, sparse) ? t->zero : (int32_t)rng_range(&t->r, lo, hi);
        put(t->j.mem + t->features + (uint64_t)i * size, (uint64_t)(int64_t)t->x[i], size);
    }
    room(t, 64);
    /* high indices: input 0 would stand far below */
    const uint64_t most = (t->j.base + t->features) / ((uint64_t)t->channels * size * 64);
    if (rng_chance(&t->r, 100)) t->index0 = 64u * rng_below(&t->r, most < (1u << 17) ? (uint32_t)most + 1 : 1u << 17);
}

static void make_bands(test *t, uint32_t most, uint32_t taps)
{
    t->n_bands = 1 + rng_below(&t->r, rng_chance(&t->r, 40) ? 16 : 6);
    t->fresh = (const uint32_t[]){0, 40, 256}[rng_below(&t->r, 3)];
    t->plain = (const uint32_t[]){0, 40, 200}[rng_below(&t->r, 3)];
    t->headers = room(t, 64 * (uint64_t)t->n_bands);
    t->rules   = room(t, 0) + 64u * rng_below(&t->r, 2);
    t->rule    = malloc(sizeof *t->rule * 16 * 11 * (most + 1));
    if (!t->rule) abort();
    const uint32_t skip = rng_below(&t->r, 3), per = 1 + rng_below(&t->r, 10);
    uint32_t near = 0;
    uint64_t where = 64u * skip;
    for (uint32_t b = 0; b < t->n_bands; b++) {
        band *p = &t->b[b];
        p->first = t->n_rules;
        p->outputs = rng_chance(&t->r, 30) ? 0 : 1 + rng_below(&t->r, most);
        for (uint32_t o = 0; o < p->outputs; o++) {
            const uint32_t n = rng_chance(&t->r, 40) ? 0 : 1 + rng_below(&t->r, per);
            for (uint32_t k = 0; k < n; k++) {
                if (rng_chance(&t->r, 60)) near = rng_below(&t->r, t->inputs);
                const uint32_t i = t->index0 + (near + rng_below(&t->r, 4)) % t->inputs, tap = rng_chance(&t->r, 8) ? rng_below(&t->r, 127) : rng_below(&t->r, taps);
                t->rule[t->n_rules++] = (k == n - 1 ? 1u << 31 : 0) | tap << 24 | i;
            }
            if (!n) t->rule[t->n_rules++] = 1u << 31 | 127u << 24;
        }
        p->rules = t->n_rules - p->first;
        uint8_t *h = t->j.mem + t->headers + 64 * b;
        memset(h, 0, 64);
        if (p->outputs) {
            put(h, p->outputs, 4);
            put(h + 4, p->rules, 4);
            put(h + 8, where / 64, 4);
        }
        for (uint32_t i = 0; i < p->rules; i++) put(t->j.mem + t->rules + where + 4 * i, t->rule[p->first + i], 4);
        where += (4 * (uint64_t)p->rules + 63) / 64 * 64;
    }
    t->j.in_top = t->rules + where;
}

static void make_params(test *t)
{
    const uint64_t at = room(t, 16 * (uint64_t)t->channels_out + 64);
    for (uint32_t k = 0; k < t->channels_out; k++) {
        t->bias[k]  = (int32_t)rng_range(&t->r, -1000, 1000);
        t->mult[k]  = 1u << 16 | rng_below(&t->r, 1u << 16);
        t->shift[k] = 16 + (int32_t)rng_below(&t->r, 14);
        put(t->j.mem + at + 16 * k, (uint32_t)t->bias[k], 4);
        put(t->j.mem + at + 16 * k + 4, t->mult[k], 4);
        put(t->j.mem + at + 16 * k + 8, (uint64_t)t->shift[k] | (uint64_t)(k % caps.lanes) << 8, 8);
    }
    job_cmd *c = command(t, LAC_OP_LOAD_PARAMS);
    set_addr(c, t->j.base + at);
    SET(c, LOAD_PARAMS, CHANNELS, t->channels_out);
    use(c, USE_MEM, 0, t->j.base + at, lines(16 * (uint64_t)t->channels_out) * (uint64_t)caps.line);
    use(c, USE_PARAM, 1, 0, caps.param_depth);
}

static void make_book(test *t)
{
    const uint64_t at = room(t, 64);
    for (int i = 1; i < 16; i++) {
        t->book[i] = (int16_t)rng_range(&t->r, -500, 500);
        put(t->j.mem + at + 2u * (uint32_t)i, (uint64_t)(int64_t)t->book[i], 2);
    }
    job_cmd *c = command(t, LAC_OP_LOAD_CODEBOOK);
    set_addr(c, t->j.base + at);
    use(c, USE_MEM, 0, t->j.base + at, 64);
    use(c, USE_CODE, 1, 0, 1);
}

static void end_job(test *t)
{
    for (uint32_t p = 0; p < 3; p++) free(t->pass[p].w);
    free(t->x);
    free(t->rule);
    free(t->acc);
    job_free(&t->j);
}

/* ---- A whole job --------------------------------------------------------------------------------------------- */

static uint32_t pick(lac_rng *r, uint32_t most) /* 1 .. most, often small */
{
    const uint32_t m = rng_chance(r, 128) ? (most < 8 ? most : 8) : rng_chance(r, 128) ? (most < 40 ? most : 40) : most;
    return 1 + rng_below(r, m);
}

static void begin_job(test *t, uint64_t seed)
{
    memset(t, 0, sizeof *t);
    t->r.s = seed ^ 0x5EED;
    job *j = &t->j;
    j->caps = caps;
    j->seed = seed;
    j->mem  = malloc(JOB_MEM);
    j->want = malloc(JOB_MEM);
    t->acc  = calloc((size_t)2 * caps.lanes * caps.acc_depth, sizeof *t->acc);
    if (!j->mem || !j->want || !t->acc) abort();
    for (uint32_t i = 0; i < JOB_MEM; i += 8) put(j->mem + i, rng_next(&t->r), 8);
    memcpy(j->want, j->mem, JOB_MEM);
    j->base = (uint64_t)(1 + rng_below(&t->r, 0xFFD00)) << 12;
    if (caps.addr_w < 32) j->base %= (UINT64_C(1) << caps.addr_w) - JOB_MEM;
    if (caps.addr_w > 32 && rng_chance(&t->r, 128)) j->base |= (rng_next(&t->r) << 32) & ((UINT64_C(1) << (caps.addr_w < 38 ? caps.addr_w : 38)) - 1);
    j->in_top = 64;
    t->out = OUT;
    for (t->cache = 1; t->cache * 2 <= caps.feat_depth;) t->cache *= 2;
    t->stale = 1;
}

static void finish_job(test *t)
{
    job *j = &t->j;
    j->feed = rng_chance(&t->r, 160) ? JOB_ONE_DOORBELL : rng_chance(&t->r, 128) ? JOB_IDLE_BETWEEN : JOB_AS_ROOM;
    j->ring_size = j->feed == JOB_ONE_DOORBELL ? j->n + 1 : 2 + rng_below(&t->r, j->n < 12 ? j->n : 12);
    j->irq_enable = rng_below(&t->r, 8);
    j->ring = j->base + room(t, 64u * (uint64_t)j->ring_size);
    j->rd_lo = j->wr_lo = j->base;
    j->rd_hi = j->base + (j->in_top + 63) / 64 * 64;
    j->wr_hi = j->base + JOB_MEM;
    job_tokens(j, &t->r, rng_chance(&t->r, 100) ? 20 : 0);
    memcpy(j->want, j->mem, j->in_top);
}

/* Fields of a layer, at random; big: long inputs. */
static void make_job(test *t, uint64_t seed)
{
    begin_job(t, seed);
    const uint32_t format = rng_below(&t->r, 4), group = format >= 2 ? 4 : 1;
    const uint32_t depth = caps.acc_depth, most_rows = depth < 8 ? 1 : 4;
    const uint32_t cols = caps.col_depth < 300 ? caps.col_depth : 300;
    uint32_t each = pick(&t->r, cols), rows = 1 + rng_below(&t->r, most_rows);
    const int n = format == 2 ? 1 + (int)rng_below(&t->r, 4) : format == 3 ? (int)rng_below(&t->r, 2) : 0;
    t->type = rng_below(&t->r, 3);
    while (rows * caps.lanes > caps.param_depth) rows--;
    const uint32_t column = caps.lanes * rows * 2 + lines(caps.lanes) * caps.line; /* [bytes] of weights, at most, and table */
    while (each * group * SIZE[t->type] > caps.feat_depth * caps.line || each * column > WEIGHTS) each /= 2;
    t->channels = each * group;
    t->channels_out = rows * caps.lanes - rng_below(&t->r, caps.lanes);
    t->inputs = 1 + rng_below(&t->r, rng_chance(&t->r, 128) ? 12 : 200000u / (t->channels * SIZE[t->type]) < 400 ? 200000u / (t->channels * SIZE[t->type]) : 400);
    make_params(t);
    make_book(t);
    make_features(t);

    const uint32_t most_taps = caps.col_depth / each < WEIGHTS / (each * column) ? caps.col_depth / each : WEIGHTS / (each * column);
    uint32_t taps = 1 + rng_below(&t->r, most_taps < 9 ? most_taps : 9);
    t->passes = 1 + (rng_chance(&t->r, 100) ? rng_below(&t->r, 3) : 0);
    t->tap0 = rng_chance(&t->r, 200) ? rng_below(&t->r, 3) : 90;
    for (uint32_t p = 0; p < t->passes; p++) t->pass[p] = (weights){(int)format, n, rows, taps, each, format == 2 ? 4 : 1, NULL, 0, 0};
    const uint32_t room_acc = depth / rows, most = room_acc < 24 ? room_acc : 24;
    make_bands(t, most, t->tap0 + taps * t->passes + 1 < 127 ? t->tap0 + taps * t->passes + 1 : 126);

    uint32_t bank = 0;
    for (uint32_t b = 0; b < t->n_bands;) {
        /* the bands of both banks, over all passes */
        const uint32_t n_now = t->n_bands - b > 1 ? 1 + rng_below(&t->r, 2) : 1;
        uint32_t acc[2], outputs[2];
        for (uint32_t i = 0; i < n_now; i++) {
            outputs[i] = t->b[b + i].outputs + rng_below(&t->r, most - t->b[b + i].outputs + 1);
            if (!outputs[i]) outputs[i] = 1;
            acc[i] = rng_below(&t->r, depth - outputs[i] * rows + 1);
        }
        uint32_t tap = t->tap0;
        for (uint32_t p = 0; p < t->passes; p++) {
            weights *w = &t->pass[p];
            if (!w->w || t->passes > 1) { /* the next pass's weights, again and again */
                free(w->w);
                w->w = NULL;
                while (load_weights(t, w)) {
                    if (w->taps > 1) w->taps /= 2;
                    else { /* another layer */
                        end_job(t);
                        make_job(t, seed + 0x9E3779B9u);
                        return;
                    }
                }
            }
            for (uint32_t i = 0; i < n_now; i++) {
                if (rng_chance(&t->r, t->plain) && t->j.in_top < OUT - 70000) exec_plain(t, w, bank ^ i, acc[i]);
                exec_rules(t, w, tap, b + i, outputs[i], bank ^ i, acc[i]);
            }
            tap += w->taps;
        }
        for (uint32_t i = 0; i < n_now; i++) store(t, rows, outputs[i], bank ^ i, acc[i]);
        b += n_now;
        if (rng_chance(&t->r, 128)) bank ^= 1;
        if (t->j.in_top > OUT - 260000 || t->out + 2 * most * (8 * t->channels_out + 64) > JOB_MEM || t->j.n > JOB_CMDS - 24) break;
    }
    finish_job(t);
}

/* ---- Both machines ------------------------------------------------------------------------------------------- */

static void compare_want(const test *t, const machine *model, char *what, size_t n)
{
    const uint64_t lo = t->j.ring - t->j.base, hi = lo + 64u * (uint64_t)t->j.ring_size;
    for (uint64_t i = 0; i < JOB_MEM && !*what; i++)
        if (model->mem[i] != t->j.want[i] && (i < lo || i >= hi))
            snprintf(what, n, "model: memory at 0x%" PRIx64 ": expected %02x, got %02x", i, t->j.want[i], model->mem[i]);
}

static uint64_t sought, fetched, items, cycles, errors;

static void run(machine *rtl, uint64_t seed, char *what, size_t n)
{
    test    t;
    machine model;
    outcome want, got;
    *what = 0;
    make_job(&t, seed);
    if (machine_model(&model, &cfg, t.j.base)) abort();
    memcpy(model.mem, t.j.mem, JOB_MEM);
    pair_feed(&model, &t.j, 0, 0, &want);
    sought += want.sought;
    fetched += want.fetched;
    items += want.items;
    errors += want.err_code != 0;
    if (want.err_code) snprintf(what, n, "model: error 0x%x cmd %u index 0x%x in a legal job", want.err_code, want.err_cmd, want.err_index);
    compare_want(&t, &model, what, n);
    if (!*what && rtl->rtl) {
        const axi_mem_timing tm = pair_timing(&t.r, rng_chance(&t.r, 60));
        if (machine_prepare(rtl, &t.j, &tm, rng_chance(&t.r, 80))) snprintf(what, n, "soft reset does not end");
        else {
            pair_feed(rtl, &t.j, 0, LIMIT, &got);
            cycles += got.cycles;
            pair_compare(&t.j, &model, &want, rtl, &got, t.j.ring, t.j.ring, what, n);
            if (!*what) pair_causes(rtl, &caps, &want, &got, what, n);
            if (!*what && lac_rtl_monitor(rtl->rtl)->found) snprintf(what, n, "bus monitor: %s", lac_rtl_monitor(rtl->rtl)->first);
        }
    }
    machine_close(&model);
    end_job(&t);
}

/* ---- Errors ---------------------------------------------------------------------------------------------------- */

typedef struct { uint32_t code, unit, index; uint64_t addr; } record; /* what must be reported; code 0: whatever the model says */
typedef struct { test t; job_cmd *c; uint32_t e; machine model; machine *rtl; record want; } trial;
enum { NOT_HERE = 1 }; /* of a trial: this job is not one for it */

#define GET(c, field) lac_get_field((c)->w, LAC_F_EXEC_RULES_##field)

/* A field of the command, checked before it starts. */
typedef struct { const char *name; uint32_t field, value, code; } bad_field;
static const bad_field FIELDS[] = {
    {"CHANNELS 0", LAC_F_EXEC_RULES_CHANNELS, 0, LAC_ERR_LENGTH},
    {"OUTPUTS 0", LAC_F_EXEC_RULES_OUTPUTS, 0, LAC_ERR_LENGTH},
    {"COLUMNS 0", LAC_F_EXEC_RULES_COLUMNS, 0, LAC_ERR_LENGTH},
    {"ROWS 0", LAC_F_EXEC_RULES_ROWS, 0, LAC_ERR_LENGTH},
    {"TYPE 3", LAC_F_EXEC_RULES_TYPE, 3, LAC_ERR_LENGTH},
    {"N 5", LAC_F_EXEC_RULES_N, 5, LAC_ERR_LENGTH},
    {"CHANNELS beyond the feature RAM", LAC_F_EXEC_RULES_CHANNELS, 65532, LAC_ERR_BOUNDS},
    {"OUTPUTS beyond the accumulators", LAC_F_EXEC_RULES_OUTPUTS, 65535, LAC_ERR_BOUNDS},
    {"COLUMNS beyond the column table", LAC_F_EXEC_RULES_COLUMNS, 65535, LAC_ERR_BOUNDS},
    {"ACC_BASE beyond the accumulators", LAC_F_EXEC_RULES_ACC_BASE, 65535, LAC_ERR_BOUNDS},
    {"a reserved bit of word 2", 2u << 16 | 3u << 8 | 1, 1, LAC_ERR_RESERVED},
};

static int field_of(trial *x, uint32_t kind)
{
    const bad_field *f = &FIELDS[kind];
    if (kind == 10) {
        static const struct { uint32_t word, bit; } BITS[] = {{2, 0}, {2, 31}, {3, 0}, {3, 15}, {5, 25}, {6, 16}, {7, 0}, {7, 31}, {12, 7}, {12, 9}, {13, 0}, {14, 5}, {15, 31}, {0, 17}, {0, 9}, {0, 13}};
        const uint32_t i = rng_below(&x->t.r, sizeof BITS / sizeof *BITS);
        x->c->w[BITS[i].word] |= 1u << BITS[i].bit;
        x->want.index = BITS[i].word;
    } else lac_set_field(x->c->w, f->field, f->value);
    if (f->code == LAC_ERR_BOUNDS && f->field == LAC_F_EXEC_RULES_CHANNELS && caps.feat_depth * caps.line >= 65532u * SIZE[x->t.type]) return NOT_HERE;
    if (f->code == LAC_ERR_BOUNDS && f->field == LAC_F_EXEC_RULES_COLUMNS && caps.col_depth >= 65535) return NOT_HERE;
    x->want.code = f->code;
    x->want.unit = LAC_UNIT_CMD;
    x->want.addr = x->t.j.ring + 64u * (uint64_t)x->t.exec[x->e].cmd;
    return 0;
}

static int unaligned(trial *x, uint32_t kind)
{
    (void)kind;
    if (GET(x->c, FORMAT) < 2) return NOT_HERE;
    SET(x->c, EXEC_RULES, CHANNELS, x->t.channels - 1 - rng_below(&x->t.r, 3));
    x->want = (record){LAC_ERR_ALIGN, LAC_UNIT_CMD, 0, x->t.j.ring + 64u * (uint64_t)x->t.exec[x->e].cmd};
    return 0;
}

static uint8_t *header(trial *x) { return x->t.j.mem + x->t.headers + 64u * x->t.exec[x->e].band; }
static const band *the_band(const trial *x) { return &x->t.b[x->t.exec[x->e].band]; }
static uint64_t header_at(trial *x) { return x->t.j.base + x->t.headers + 64u * x->t.exec[x->e].band; }
static uint64_t words_at(trial *x)  { return x->t.rules + 64u * (header(x)[8] | (uint32_t)header(x)[9] << 8); } /* offset */
static void set_word(trial *x, uint32_t i, uint32_t v) { put(x->t.j.mem + words_at(x) + 4 * i, v, 4); }

static int header_outside(trial *x, uint32_t kind)
{
    const uint64_t at[4] = {x->t.j.rd_lo / 64 - 1, (x->t.j.rd_hi + 63) / 64, 0xffffffff, 0};
    SET(x->c, EXEC_RULES, BAND, at[kind]);
    x->want = (record){LAC_ERR_WINDOW, LAC_UNIT_EXEC, 0, 64u * (uint64_t)GET(x->c, BAND)};
    return 0;
}

static int bad_header(trial *x, uint32_t kind)
{
    const band *b = the_band(x);
    x->want = (record){LAC_ERR_RULES, LAC_UNIT_EXEC, 0xffffffff, header_at(x)};
    switch (kind) {
    case 0: put(header(x), (uint64_t)GET(x->c, OUTPUTS) + 1, 4); break;
    case 1: put(header(x), 0x10000u | b->outputs, 4); break;
    case 2: put(header(x) + 4, 0, 4); break;
    case 3: put(header(x), 0, 4); break;
    case 4: put(header(x) + 4, 1u << 24, 4); break;
    default: put(header(x) + 4, 1u << 31, 4);
    }
    if (!b->outputs) put(header(x), 1, 4), put(header(x) + 4, 0, 4);
    return 0;
}

static int rules_outside(trial *x, uint32_t kind)
{
    if (!the_band(x)->outputs) return NOT_HERE;
    const uint32_t beyond = (uint32_t)((x->t.j.rd_hi - (x->t.j.base + x->t.rules)) / 64);
    const uint32_t where = kind == 0 ? 0xffffffff : kind == 1 ? beyond + 1 : beyond; /* kind 2: the end of memory may be the middle of a line */
    if (kind == 2) { /* its last line lies outside */
        const uint32_t n = lines(4 * (uint64_t)the_band(x)->rules);
        if (n * caps.line <= 64) return NOT_HERE;
        put(header(x) + 8, beyond - 1, 4);
        x->want = (record){LAC_ERR_WINDOW, LAC_UNIT_EXEC, 0, x->t.j.base + x->t.rules + 64u * (uint64_t)(beyond - 1)};
        return 0;
    }
    put(header(x) + 8, where, 4);
    x->want = (record){LAC_ERR_WINDOW, LAC_UNIT_EXEC, 0, x->t.j.base + x->t.rules + 64u * (uint64_t)where};
    return 0;
}

/* Fewer outputs than last words, or more. */
static int bad_count(trial *x, uint32_t kind)
{
    const band *b = the_band(x);
    if (b->outputs < 2) return NOT_HERE;
    uint32_t index = b->rules;
    if (kind == 0) {
        put(header(x), b->outputs - 1, 4);
        for (index = b->rules - 1; index && !(x->t.rule[b->first + index - 1] >> 31); index--) {}
    } else set_word(x, b->rules - 1, x->t.rule[b->first + b->rules - 1] & 0x7fffffff);
    x->want = (record){LAC_ERR_RULES, LAC_UNIT_EXEC, index, header_at(x)};
    return 0;
}

/* An input that lies far behind the window. */
static int input_outside(trial *x, uint32_t kind)
{
    const band *b = the_band(x);
    if (!b->rules) return NOT_HERE;
    const uint32_t i = kind == 0 ? 0 : kind == 1 ? b->rules - 1 : rng_below(&x->t.r, b->rules), far = 0xffffffu - rng_below(&x->t.r, 64);
    set_word(x, i, (x->t.rule[b->first + i] & 1u << 31) | GET(x->c, TAP) << 24 | far);
    const uint64_t at = 64u * (uint64_t)GET(x->c, FEATURES) + (uint64_t)far * x->t.channels * SIZE[x->t.type];
    x->want = (record){LAC_ERR_WINDOW, LAC_UNIT_EXEC, 0, at / caps.line * caps.line};
    if (kind == 3) { /* with errors of lanes before it, which do not count */
        if (GET(x->c, ROWS) < 2 || GET(x->c, N) || x->t.exec[x->e].w->format == 2) return NOT_HERE;
        SET(x->c, EXEC_RULES, ROWS, 1);
    }
    return 0;
}

/* Errors of lanes alone: too few rows. */
static int lanes_fail(trial *x, uint32_t kind)
{
    (void)kind;
    if (GET(x->c, ROWS) < 2) return NOT_HERE;
    SET(x->c, EXEC_RULES, ROWS, 1);
    return 0;
}

static uint64_t a_line(trial *x, uint32_t what) /* of the header, the rules, an input */
{
    const band *b = the_band(x);
    if (what == 0) return header_at(x) + (caps.line == 8 ? 8 * rng_below(&x->t.r, 2) : 0);
    if (!b->rules) return 0;
    const uint32_t i = rng_below(&x->t.r, b->rules);
    if (what == 1) return x->t.j.base + (words_at(x) + 4 * i) / caps.line * caps.line;
    const uint32_t bytes = x->t.channels * SIZE[x->t.type], in = (x->t.rule[b->first + i] & 0xffffff);
    if ((x->t.rule[b->first + i] >> 24 & 127) == 127) return 0;
    return (x->t.j.base + x->t.features + (uint64_t)(in - x->t.index0) * bytes + rng_below(&x->t.r, bytes)) / caps.line * caps.line;
}

static int bus_fails(trial *x, uint32_t kind)
{
    static const axi_fault_kind  HOW[4]  = {AXI_FAULT_SLVERR, AXI_FAULT_DECERR, AXI_FAULT_LAST, AXI_FAULT_STALL};
    static const lac_fault_kind  WHAT[4] = {LAC_FAULT_SLVERR, LAC_FAULT_DECERR, LAC_FAULT_SLVERR, LAC_FAULT_STALL};
    const uint64_t at = a_line(x, kind % 3);
    if (!at) return NOT_HERE;
    lac_model_fault(x->model.model, WHAT[kind / 3], 1, 0, at, at + caps.line - 1);
    if (x->rtl->rtl) axi_mem_add_fault(lac_rtl_mem(x->rtl->rtl), (axi_fault){at, at + caps.line, 1, 0, HOW[kind / 3]});
    return 0;
}

static const struct { const char *name; int (*make)(trial *, uint32_t kind); uint32_t kinds; } ERRORS[] = {
    {"a field", field_of, 11},
    {"CHANNELS that are no groups of four", unaligned, 1},
    {"a header outside the window", header_outside, 4},
    {"a bad header", bad_header, 6},
    {"rules outside the window", rules_outside, 3},
    {"outputs and last words that differ", bad_count, 2},
    {"an input outside the window", input_outside, 4},
    {"errors of lanes", lanes_fail, 1},
    {"bus errors", bus_fails, 9},
    {"a bus that stops", NULL, 3},
};

static void one_error(machine *rtl, uint32_t which, uint32_t kind, uint64_t seed, char *what, size_t n, int *made)
{
    trial   x;
    outcome want, got;
    memset(&x, 0, sizeof x);
    *what = 0;
    *made = 0;
    make_job(&x.t, seed);
    job *j = &x.t.j;
    const int stops = !ERRORS[which].make;
    x.rtl = rtl;
    x.e = rng_below(&x.t.r, x.t.execs);
    /* the first one of this band: it is the band that will be bad */
    for (uint32_t e = 0; e < x.e; e++) if (x.t.exec[e].band == x.t.exec[x.e].band) x.e = e;
    x.c = &j->cmd[x.t.exec[x.e].cmd];
    if (j->feed != JOB_ONE_DOORBELL) {
        j->feed = JOB_ONE_DOORBELL;
        j->ring_size = j->n + 1;
        j->ring = j->base + room(&x.t, 64u * (uint64_t)j->ring_size);
        j->rd_hi = j->base + (j->in_top + 63) / 64 * 64;
    }
    if (machine_model(&x.model, &cfg, j->base)) abort();
    if (rtl->rtl) {
        const axi_mem_timing tm = pair_timing(&x.t.r, rng_chance(&x.t.r, 80));
        if (machine_prepare(rtl, j, &tm, 0)) snprintf(what, n, "soft reset does not end");
    }
    if (!*what && !(stops ? bus_fails(&x, 9 + kind) : ERRORS[which].make(&x, kind))) {
        *made = 1;
        memcpy(x.model.mem, j->mem, JOB_MEM);
        pair_feed(&x.model, j, WATCHDOG, 0, &want);
        if (x.want.code && (want.err_code != (x.want.code | x.want.unit << 8) || want.err_addr != x.want.addr || want.err_index != x.want.index
                            || want.err_cmd != x.t.exec[x.e].cmd))
            snprintf(what, n, "model: expected code 0x%x cmd %u addr 0x%" PRIx64 " index 0x%x, got 0x%x %u 0x%" PRIx64 " 0x%x", x.want.code | x.want.unit << 8,
                     x.t.exec[x.e].cmd, x.want.addr, x.want.index, want.err_code, want.err_cmd, want.err_addr, want.err_index);
        if (!*what && rtl->rtl) {
            const int last = ERRORS[which].make == bus_fails && kind / 3 == 2;
            memcpy(rtl->mem, j->mem, JOB_MEM);
            lac_rtl_monitor(rtl->rtl)->bad_rlast = (uint8_t)last;
            pair_feed(rtl, j, WATCHDOG, LIMIT, &got);
            lac_rtl_monitor(rtl->rtl)->bad_rlast = 0;
            if (last && (want.err_code & 0xff) == LAC_ERR_BUS_SLVERR) want.err_code = (want.err_code & ~0xffu) | LAC_ERR_BUS_PROTOCOL;
            const int timeout = (want.err_code & 0xff) == LAC_ERR_BUS_TIMEOUT;
            /* behind the line that never comes, what an earlier LOAD or an earlier rule asked for does not come either */
            if (timeout && (got.err_code & 0xff) == LAC_ERR_BUS_TIMEOUT && got.err_cmd <= want.err_cmd && got.err_addr != want.err_addr) {}
            else pair_compare(j, &x.model, &want, rtl, &got, 0, 0, what, n);
            if (!*what && lac_rtl_monitor(rtl->rtl)->found) snprintf(what, n, "bus monitor: %s", lac_rtl_monitor(rtl->rtl)->first);
            if (timeout && !*what && !machine_reset(rtl, 300)) snprintf(what, n, "soft reset ends although the bus owes an answer");
            axi_mem_no_faults(lac_rtl_mem(rtl->rtl));
            if (!*what && machine_reset(rtl, 20000)) snprintf(what, n, "soft reset does not end when the bus answers again");
            if (last) lac_rtl_reset(rtl->rtl);
        }
    }
    machine_close(&x.model);
    end_job(&x.t);
    if (!*what && *made) {
        char next[400];
        run(rtl, seed + 7, next, sizeof next);
        if (*next) snprintf(what, n, "the next job: %.390s", next);
    }
}

static void bad_ends(machine *rtl, uint64_t seed, uint32_t trials)
{
    char what[500], err[300];
    for (uint32_t w = 0; w < sizeof ERRORS / sizeof *ERRORS; w++) {
        uint32_t made = 0, failed = 0;
        for (uint32_t i = 0; i < trials * ERRORS[w].kinds && failed < 2; i++) {
            const uint64_t one = seed * 31 + 1000003u * (uint64_t)i + w;
            int one_made;
            one_error(rtl, w, i % ERRORS[w].kinds, one, what, sizeof what, &one_made);
            made += (uint32_t)one_made;
            if (!*what) continue;
            printf("not ok - rules %s, %s: kind %u, %s, seed %" PRIu64 "\n", name, ERRORS[w].name, i % ERRORS[w].kinds, what, one);
            failed++;
            bad = 1;
            if (rtl->rtl) {
                machine_close(rtl);
                if (machine_rtl(rtl, name, err, sizeof err)) memset(rtl, 0, sizeof *rtl);
            }
        }
        if (!failed) printf("ok - rules %s, %s: %u trials\n", name, ERRORS[w].name, made);
        fflush(stdout);
    }
}

static void configuration(const char *which, uint64_t seed, uint32_t jobs)
{
    char    err[300], what[500];
    machine probe, rtl;
    name = which;
    memset(&caps, 0, sizeof caps);
    if (pair_config(name, &cfg) || machine_model(&probe, &cfg, 0)) {
        printf("not ok - rules %s: configs/%s.cfg, expected a configuration, got none, seed -\n", name, name);
        bad = 1;
        return;
    }
    job_caps(&probe.port, &caps);
    machine_close(&probe);
    if (!caps.map) return;
    if (machine_rtl(&rtl, name, err, sizeof err)) printf("skip - rules %s on the RTL: %s\n", name, err);
    sought = fetched = items = cycles = errors = 0;
    for (uint32_t i = 0, failed = 0; i < jobs && failed < 3;) {
        const uint32_t first = i, stop = jobs - i < 100 ? jobs : i + 100;
        uint32_t before = failed;
        for (; i < stop && failed < 3; i++) {
            const uint64_t one = seed + 1000003u * (uint64_t)i;
            run(&rtl, one, what, sizeof what);
            if (!*what) continue;
            printf("not ok - rules %s job %u: %s, seed %" PRIu64 " (CONFIG=%s SEED=%" PRIu64 " JOBS=1)\n", name, i, what, one, name, one);
            bad = 1;
            failed++;
            if (rtl.rtl) {
                machine_close(&rtl);
                if (machine_rtl(&rtl, name, err, sizeof err)) memset(&rtl, 0, sizeof rtl);
            }
        }
        if (failed == before) printf("ok - rules %s: jobs %u .. %u%s\n", name, first, i - 1, rtl.rtl ? "" : " (model only)");
        fflush(stdout);
    }
    bad_ends(&rtl, seed, (jobs + 19) / 20);
    printf("# %s: lines sought %" PRIu64 ", fetched %" PRIu64 "; items %" PRIu64 "; %" PRIu64 " cycles\n", name, sought, fetched, items, cycles);
    machine_close(&rtl);
}

int main(void)
{
    const char *s = getenv("SEED"), *n = getenv("JOBS"), *only = getenv("CONFIG");
    const uint64_t seed = s ? strtoull(s, NULL, 10) : 1;
    const uint32_t jobs = n ? (uint32_t)strtoul(n, NULL, 10) : 200;
    int ran = 0;
    for (int i = 0; i < PAIR_CONFIGS; i++)
        if (!only || !*only || !strcmp(only, pair_configs[i])) {
            configuration(pair_configs[i], seed, strcmp(pair_configs[i], "l64") ? jobs : (jobs + 19) / 20); /* its jobs take twenty times as long */
            ran = 1;
        }
    if (!ran) configuration(only, seed, jobs);
    return bad;
}
