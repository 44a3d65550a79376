/* SPDX-License-Identifier: Apache-2.0
 *
 * bench.c - see bench.h */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../tests/naive.h"
#include "causes.h"
#include "lac_config.h"
#include "lac_hw.h"
#include "lac_image.h"
#include "rng.h"

enum { LIMIT = 20000000 /* [cycles] far above any honest run */, RING = 1024, MAX_JOBS = 8 };
#define BASE 0 /* of memory, in the machine's addresses: the boards' have 24 bits and more */
#define MEM  ((uint64_t)1 << 30)

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}

static void must(int status, const char *what)
{
    if (status) stop(what, lac_status_name(status));
}

int bench_quick(void)
{
    const char *q = getenv("BENCH_QUICK");
    return q && *q && strcmp(q, "0") != 0;
}

void *bench_alloc(size_t n)
{
    void *p = calloc(1, n ? n : 1);
    if (!p) stop("host memory", "none left");
    return p;
}

/* ---- Matrices ------------------------------------------------------------------------------------------------ */

/* A number of its own for each pair: what stands at one place does not depend on the others. */
static uint64_t at(uint64_t seed, uint32_t a, uint32_t b)
{
    lac_rng r = {seed * 0xD1342543DE82EF95u + ((uint64_t)a << 32 | b)};
    rng_next(&r);
    return rng_next(&r);
}

static int stands(uint64_t seed, uint32_t k, uint32_t c, bench_mask m)
{
    static const uint8_t pattern[5][6] = {{0}, {1, 2, 4, 8}, {3, 5, 6, 9, 10, 12}, {7, 11, 13, 14}, {15}};
    static const uint8_t patterns[5] = {1, 4, 6, 4, 1};
    if (m.n) return pattern[m.n][at(seed, k, c / 4) % patterns[m.n]] >> c % 4 & 1;
    return at(seed, k / (m.block_rows ? m.block_rows : 1), c / (m.block_cols ? m.block_cols : 1)) % 1000 < m.per_mille;
}

static void append(bench_matrix *m, size_t *room, uint32_t k, int v)
{
    if (m->nnz == *room) {
        *room = *room ? *room * 2 : 1 << 16;
        m->values = realloc(m->values, *room * sizeof *m->values);
        m->row_idx = realloc(m->row_idx, *room * sizeof *m->row_idx);
        if (!m->values || !m->row_idx) stop("host memory", "none left");
    }
    m->values[m->nnz] = (int16_t)v;
    m->row_idx[m->nnz++] = (uint16_t)k;
}

bench_matrix bench_random(uint64_t seed, uint32_t rows, uint32_t cols, bench_mask mask, int bytes)
{
    bench_matrix m = {rows, cols, 0, NULL, NULL, bench_alloc((cols + 1) * sizeof(uint32_t))};
    size_t       room = 0;
    for (uint32_t c = 0; c < cols; c++) {
        for (uint32_t k = 0; k < rows; k++)
            if (stands(seed, k, c, mask)) {
                const uint64_t r = at(~seed, k, c);
                const int      v = bytes ? (int)(r % 255) - 127 : (int)(r % 15) - 7;
                append(&m, &room, k, v ? v : bytes ? -128 : 8);
            }
        m.col_ptr[c + 1] = m.nnz;
    }
    return m;
}

bench_matrix bench_dense(const int16_t *w, uint32_t rows, uint32_t cols)
{
    bench_matrix m = {rows, cols, 0, NULL, NULL, bench_alloc((cols + 1) * sizeof(uint32_t))};
    size_t       room = 0;
    for (uint32_t c = 0; c < cols; c++) {
        for (uint32_t k = 0; k < rows; k++)
            if (w[(size_t)k * cols + c]) append(&m, &room, k, w[(size_t)k * cols + c]);
        m.col_ptr[c + 1] = m.nnz;
    }
    return m;
}

void bench_matrix_free(bench_matrix *m)
{
    free(m->values), free(m->row_idx), free(m->col_ptr);
    memset(m, 0, sizeof *m);
}

/* ---- Machines ------------------------------------------------------------------------------------------------- */

void bench_begin(bench *b, const char *name)
{
    memset(b, 0, sizeof *b);
    b->name = name;
    b->rows = cJSON_CreateArray();
    b->mem = bench_alloc(MEM); /* pages come as they are touched */
}

void bench_machine(bench *b, const char *config)
{
    char            path[4300], err[4500];
    lac_rtl_options opt = lac_rtl_defaults();
    const char     *build = getenv("B");

    lac_rtl_close(b->rtl);
    opt.mem = b->mem;
    opt.mem_base = BASE;
    opt.mem_size = MEM;
    snprintf(b->config, sizeof b->config, "%s", config);
    int fails = 0;
    if (lac_rtl_find(config, path, sizeof path)) { /* a core builds with values that the RTL does not promise to work with */
        lac_config cfg;
        snprintf(path, sizeof path, "%s/scale/%s.cfg", build ? build : "build", config);
        fails = lac_config_read(path, &cfg, err, sizeof err);
        snprintf(path, sizeof path, "%s/scale/rtl/%s.so", build ? build : "build", config);
    }
    b->rtl = fails ? NULL : lac_rtl_open(path, &opt, err, sizeof err);
    if (!b->rtl) {
        fprintf(stderr, "bench: configuration '%s': %s (`make bench-%s` builds what it needs)\n", config, err, b->name);
        exit(1);
    }
    bench_memory(b, BENCH_LATENCY, BENCH_OUTSTANDING);
}

void bench_memory(bench *b, uint32_t latency, uint32_t outstanding)
{
    axi_mem_timing t = lac_rtl_defaults().timing;
    t.rd_latency = t.wr_latency = b->latency = latency;
    t.outstanding = outstanding;
    lac_rtl_memory(b->rtl, b->mem, BASE, MEM, &t);
}

int bench_end(bench *b)
{
    const char *folder = getenv("BENCH") ? getenv("BENCH") : "build/bench";
    char        path[300], temporary[310];
    char       *text = cJSON_Print(b->rows);

    snprintf(path, sizeof path, "%s/%s.json", folder, b->name);
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    FILE *f = fopen(temporary, "w");
    if (!f || !text || fprintf(f, "%s\n", text) < 0 || fclose(f) || rename(temporary, path)) stop(path, "cannot be written");
    free(text);
    cJSON_Delete(b->rows);
    lac_rtl_close(b->rtl);
    free(b->mem);
    return b->failed != 0;
}

/* ---- What a case needs ----------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t points, jobs;
    int8_t  *x;                /* [jobs][points][cols] */
    int64_t *acc;              /* [jobs][points][rows] */
    uint64_t needed[MAX_JOBS]; /* [MACs] */
    uint64_t items[MAX_JOBS];  /* columns (N:4: groups of four) with a non-zero activation and a weight */
    uint32_t *of[MAX_JOBS];    /* [rows] multiplications of a channel */
    lac_requant rq;
} work;

static uint32_t or1(uint32_t n, uint32_t otherwise) { return n ? n : otherwise; }

/* The outputs of all jobs in plain loops over the operands, and what they needed. */
static void work_make(work *w, const bench_case *c)
{
    const bench_matrix *m = c->w;
    const uint32_t      group = c->format == LAC_NM ? 4 : 1;
    lac_rng             r = {0x5eed};
    int64_t             most = 1;

    memset(w, 0, sizeof *w);
    w->points = or1(c->points, 1);
    w->jobs = or1(c->jobs, BENCH_JOBS);
    if (w->jobs < 2 || w->jobs > MAX_JOBS) stop(c->workload, "expected 2 to 8 jobs");
    const size_t elements = (size_t)w->points * m->cols;
    w->x = bench_alloc(w->jobs * elements);
    w->acc = bench_alloc((size_t)w->jobs * w->points * m->rows * sizeof *w->acc);
    if (c->x) memcpy(w->x, c->x, w->jobs * elements);
    else
        for (size_t i = 0; i < w->jobs * elements; i++) w->x[i] = rng_below(&r, 1000) < c->density ? (int8_t)(1 + rng_below(&r, 127)) : 0;

    for (uint32_t j = 0; j < w->jobs; j++) {
        w->of[j] = bench_alloc(m->rows * sizeof *w->of[j]);
        for (uint32_t p = 0; p < w->points; p++) {
            const int8_t *x = w->x + j * elements + (size_t)p * m->cols;
            int64_t      *acc = w->acc + ((size_t)j * w->points + p) * m->rows;
            for (uint32_t g = 0; g < m->cols; g += group) {
                int item = 0;
                for (uint32_t k = g; k < g + group && k < m->cols; k++) {
                    const int a = x[k] - c->zero;
                    if (!a) continue;
                    item |= m->col_ptr[k] < m->col_ptr[k + 1] || c->format == LAC_NM;
                    for (uint32_t i = m->col_ptr[k]; i < m->col_ptr[k + 1]; i++) {
                        acc[m->row_idx[i]] += m->values[i] * a;
                        w->of[j][m->row_idx[i]]++;
                    }
                    w->needed[j] += m->col_ptr[k + 1] - m->col_ptr[k];
                }
                w->items[j] += (unsigned)item;
            }
            for (uint32_t k = 0; k < m->rows; k++)
                if (llabs(acc[k]) > most) most = llabs(acc[k]);
        }
    }
    /* The largest sum becomes about 120 of int8's 127. */
    w->rq.m0 = 1 << 30;
    w->rq.s0 = 30;
    while ((most >> (w->rq.s0 - 30)) > 120) w->rq.s0++;
}

static void work_free(work *w)
{
    for (uint32_t j = 0; j < w->jobs; j++) free(w->of[j]);
    free(w->x), free(w->acc);
}

/* ---- Packing ------------------------------------------------------------------------------------------------------ */

static lac_status pack_once(const lac_caps *caps, const bench_case *c, const lac_requant *rq, const int8_t *dense, void *scratch,
                            void *buf, uint32_t cap, uint32_t *need, lac_layer *out)
{
    const lac_csc m = {c->w->rows, c->w->cols, c->w->values, c->w->row_idx, c->w->col_ptr};
    const lac_nm  nm = {c->w->rows, c->w->cols, c->n, dense};
    if (c->format == LAC_NM) return lac_pack_nm(caps, &nm, rq, !c->interleaved, scratch, buf, cap, need, out, NULL);
    return (c->storage == BENCH_COLUMNS ? lac_pack_csc_columns : lac_pack_csc)
        (caps, &m, c->format, rq, !c->interleaved, scratch, buf, cap, need, out, NULL);
}

/* An image of the case. Streamed: what fills more than half of the weight RAM is cut into blocks of at most a quarter, so that one loads while
 * another computes: the packer is told of a smaller RAM. (It does so by itself for what does not fit at all, and for column blocks.) */
static void *pack(const lac_caps *caps, const bench_case *c, const lac_requant *rq, uint32_t *bytes, lac_layer *layer)
{
    const bench_matrix *m = c->w;
    lac_caps            seen = *caps;
    void               *scratch = bench_alloc(lac_pack_scratch(caps, m->rows, m->cols)), *image;
    int8_t             *dense = NULL;

    if (c->format == LAC_NM) {
        dense = bench_alloc((size_t)m->rows * m->cols);
        for (uint32_t k = 0; k < m->cols; k++)
            for (uint32_t i = m->col_ptr[k]; i < m->col_ptr[k + 1]; i++) dense[(size_t)m->row_idx[i] * m->cols + k] = (int8_t)m->values[i];
    }
    if (c->storage == BENCH_STREAMED) {
        must(pack_once(&seen, c, rq, dense, scratch, NULL, 0, bytes, layer), "pack");
        if (layer->tiles == 1 && layer->resident_words > caps->weight_depth / 2) seen.weight_depth /= 2;
    }
    must(pack_once(&seen, c, rq, dense, scratch, NULL, 0, bytes, layer), "pack");
    image = bench_alloc(*bytes);
    must(pack_once(&seen, c, rq, dense, scratch, image, *bytes, bytes, layer), "pack");
    free(scratch), free(dense);
    return image;
}

/* Multiplications of the busiest lane, one row tile after the other; zeros inside the groups of an N:4 item count. */
static double busiest(const lac_caps *caps, const void *image, const lac_layer *layer, const work *w, uint32_t job)
{
    double total = 0;
    for (uint32_t t = 0; t < lac_dir(image, LAC_DIR_W_ROW_TILES); t++) {
        lac_row_tile r;
        uint64_t     lane[256] = {0}, most = 0;
        lac_get_row_tile(image, t, &r);
        if (layer->format == LAC_NM) most = w->items[job] * layer->n * ((r.channels + caps->lanes - 1) / caps->lanes);
        else
            for (uint32_t k = 0; k < r.channels; k++) {
                const uint32_t l = ((const uint8_t *)image)[r.params + 16 * k + 9]; /* the lane of its parameter record */
                lane[l] += w->of[job][r.chan0 + k];
                if (lane[l] > most) most = lane[l];
            }
        total += (double)most;
    }
    return total;
}

static double whole_lines(const lac_caps *caps, double bytes) { return ceil(bytes / caps->line) * caps->line; }

/* [bytes] of the weight blocks that a job needs; of column blocks, for one point, the index and the columns whose activation is not zero. */
static double weight_bytes(const lac_caps *caps, const void *image, const lac_layer *layer, const bench_case *c, const work *w, uint32_t job)
{
    const int8_t *x = w->x + (size_t)job * w->points * layer->cols;
    double        total = 0;
    for (uint32_t i = 0; i < layer->tiles; i++) {
        lac_tile t;
        lac_get_tile(image, i, &t);
        if (layer->by_column && w->points == 1) {
            const uint8_t *index = (const uint8_t *)image + t.offset;
            uint64_t       lines = 0;
            for (uint32_t k = 0; k < t.columns; k++)
                if (x[t.col0 + k] != c->zero) lines += index[k];
            total += whole_lines(caps, t.columns) + (double)lines * caps->line;
        } else total += (double)t.lines * caps->line;
    }
    return total;
}

/* Column blocks or weight blocks for a streamed layer: what a job reads of either, as lacuna.h estimates it. */
static bench_storage smaller(const lac_caps *caps, const bench_case *c, const work *w)
{
    const bench_matrix *m = c->w;
    bench_case          as = *c;
    uint32_t            bytes[2];
    size_t              live = 0, all = (size_t)w->jobs * w->points * m->cols;
    lac_layer           layer[2];

    if (c->format == LAC_NM || w->points > 1 || !(caps->formats & LAC_HAS_COLUMNS)) return BENCH_STREAMED;
    void *scratch = bench_alloc(lac_pack_scratch(caps, m->rows, m->cols));
    as.storage = BENCH_STREAMED;
    must(pack_once(caps, &as, &w->rq, NULL, scratch, NULL, 0, &bytes[0], &layer[0]), "pack");
    as.storage = BENCH_COLUMNS;
    const int fails = pack_once(caps, &as, &w->rq, NULL, scratch, NULL, 0, &bytes[1], &layer[1]);
    free(scratch);
    if (fails) return BENCH_STREAMED;
    for (size_t i = 0; i < all; i++) live += w->x[i] != c->zero;
    const double params = 16.0 * m->rows, columns = (double)live / (double)all * (bytes[1] - layer[1].dir_bytes - params) + params;
    return columns < bytes[0] - layer[0].dir_bytes ? BENCH_COLUMNS : BENCH_STREAMED;
}

/* ---- Causes -------------------------------------------------------------------------------------------------------- */

typedef struct { uint32_t n[256 + LAC_ON_UNITS][LAC_CAUSES]; } cause_counts;

static void causes_read(lac_dev *dev, cause_counts *c)
{
    for (uint32_t u = 0; u < lac_units(&dev->caps); u++) must(lac_read_causes(dev, u, c->n[u]), "cause counters");
}

/* Cycles by unit and cause between two readings, lanes summed; `largest` is what lanes did most besides multiplying. Without counters NULL. */
static cJSON *causes_json(const lac_caps *caps, const cause_counts *from, const cause_counts *to, char *largest, size_t n)
{
    cJSON   *all = cJSON_CreateObject();
    uint64_t most = 0, total = 0;

    for (int u = 0; u < CAUSES_UNITS; u++) {
        if (u == LAC_ON_MAP && !caps->map) continue;
        const uint32_t first = u == CAUSES_LANES ? 0 : caps->lanes + (uint32_t)u;
        const uint32_t end = u == CAUSES_LANES ? caps->lanes : first + 1;
        cJSON         *unit = cJSON_AddObjectToObject(all, causes_unit(u));
        for (int c = 0; c < LAC_CAUSES; c++) {
            uint64_t sum = 0;
            if (!causes_name(u, c)) continue;
            for (uint32_t i = first; i < end; i++) sum += (uint32_t)(to->n[i][c] - from->n[i][c]); /* modulo 2^32 */
            total += sum;
            cJSON_AddNumberToObject(unit, causes_name(u, c), (double)sum);
            if (u == CAUSES_LANES && c != LAC_CAUSE_LANE_BUSY && sum > most) {
                most = sum;
                snprintf(largest, n, "%s", causes_name(u, c));
            }
        }
    }
    if (total) return all;
    cJSON_Delete(all);
    return NULL;
}

/* ---- Energy -------------------------------------------------------------------------------------------------------- */

/* [pJ] 45 nm, 0.9 V, M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014: multiplication of 8 bit 0.2, of 32 bit
 * 3.1 (16 bit: four times that of 8), addition of 32 bit 0.1; 64 bit from 8 KB of RAM 10, from 32 KB 20, from 1 MB 100 (between them: the square root
 * of the size). 32 bit from DRAM 640: Table I of EIE, after the same source. */
static double ram_pj(double bytes, double bits) { return 10 * sqrt(bytes < 8192 ? 1 : bytes / 8192) * bits / 64; }

static void energy_json(cJSON *row, const lac_caps *caps, const lac_stats *s, uint32_t entries_a_word, uint32_t jobs)
{
    const double macs = (double)s->macs / jobs, words = macs / entries_a_word, beats = ((double)s->rd_beats + s->wr_beats) / jobs;
    const double multiply = macs * (0.8 + 0.1);
    const double item = caps->lanes * ram_pj(caps->col_depth * 4.0, 32) + ram_pj((double)caps->feat_depth * caps->line, 8.0 * caps->line); /* at most */
    const double ram = macs * 2 * ram_pj(caps->acc_depth * 36.0 / 8, 36) + words * ram_pj(caps->weight_depth * 8.0, 64) + s->items * item / jobs;
    const double bus = beats * caps->data_w / 32 * 640;
    cJSON       *e = cJSON_AddObjectToObject(row, "energy_estimate_nj"); /* a job: counted operations x a published table */
    cJSON_AddNumberToObject(e, "multiply_add", multiply / 1000);
    cJSON_AddNumberToObject(e, "ram", ram / 1000);
    cJSON_AddNumberToObject(e, "memory", bus / 1000);
    cJSON_AddNumberToObject(e, "total", (multiply + ram + bus) / 1000);
}

/* ---- Measuring ------------------------------------------------------------------------------------------------------ */

static int right(const bench_case *c, const lac_port *port, const lac_fc *jobs, uint32_t n, const work *w)
{
    int8_t *y = bench_alloc(c->w->rows);
    int     ok = 1;
    for (uint32_t j = 0; j < n && ok; j++)
        for (uint32_t p = 0; p < w->points && ok; p++) {
            must(port->mem_read(port->ctx, y, jobs[j].y.addr + (lac_addr)p * jobs[j].y.pitch, c->w->rows), "read");
            const int64_t *acc = w->acc + ((size_t)j * w->points + p) * c->w->rows;
            for (uint32_t k = 0; k < c->w->rows && ok; k++) {
                const int32_t want = naive_requant(acc[k], 0, (uint32_t)w->rq.m0, w->rq.s0, 0, -128, 127);
                if (y[k] == want) continue;
                printf("FAIL %s: job %" PRIu32 " point %" PRIu32 " channel %" PRIu32 ": got %d, expected %" PRId32 "\n",
                       c->workload, j, p, k, y[k], want);
                ok = 0;
            }
        }
    free(y);
    return ok;
}

/* The port's wait_irq, cycle by cycle, counting those in which any lane multiplied. */
static uint64_t multiplied;

static int wait_and_count(void *ctx, uint32_t limit)
{
    lac_rtl             *rtl = ctx;
    const lac_rtl_trace *t = lac_rtl_trace_get(rtl);
    while (limit-- && !lac_rtl_irq(rtl)) {
        const uint64_t window = t->window, before = t->windows ? t->win[t->windows - 1].macs : 0;
        const uint32_t windows = t->windows;
        lac_rtl_tick(rtl, 1);
        const uint64_t now = t->windows ? t->win[t->windows - 1].macs : 0;
        multiplied += window == t->window && windows == t->windows ? now != before : now != 0; /* a new window begins at 0 */
    }
    return 0;
}

static void run(const bench *b, lac_dev *dev, const lac_fc *jobs, uint32_t n, lac_stats *s, uint32_t y_bytes, bench_result *r)
{
    uint8_t *wrong = bench_alloc(y_bytes);
    memset(wrong, 0xA5, y_bytes); /* no earlier run's results */
    for (uint32_t j = 0; j < n; j++) must(dev->port.mem_write(dev->port.ctx, jobs[j].y.addr, wrong, y_bytes), "write");
    free(wrong);
    const uint64_t from = lac_rtl_cycles(b->rtl);
    const clock_t  begin = clock();
    must(lac_fc_run(dev, jobs, n, LIMIT), "run");
    r->seconds += (double)(clock() - begin) / CLOCKS_PER_SEC;
    r->cycles += (double)(lac_rtl_cycles(b->rtl) - from);
    must(lac_read_stats(dev, s), "counters");
    if (s->marks != n) stop("run", "not as many marks as jobs");
}

static const char *format_name(const bench_case *c)
{
    static const char *const nm[5] = {"?", "1:4", "2:4", "3:4", "4:4"};
    return c->format == LAC_NM ? nm[c->n] : c->format == LAC_CSC8 ? "csc8" : "csc";
}

/* What is known before the run. */
static cJSON *describe(const bench *b, const lac_caps *caps, const bench_case *c, const work *w, const lac_layer *layer)
{
    static const char *const storage[] = {"resident", "streamed", "streamed, columns"};
    const double  weights = (double)c->w->rows * c->w->cols;
    const char   *git = getenv("BENCH_GIT"), *seed = getenv("SEED");
    uint64_t      nonzero = 0;
    cJSON        *row = cJSON_CreateObject(), *memory;

    for (size_t i = 0, n = (size_t)w->points * c->w->cols * w->jobs; i < n; i++) nonzero += w->x[i] != c->zero;
    cJSON_AddStringToObject(row, "workload", c->workload);
    cJSON_AddStringToObject(row, "matrix", c->origin);
    cJSON_AddStringToObject(row, "config", b->config);
    cJSON_AddNumberToObject(row, "lanes", caps->lanes);
    cJSON_AddNumberToObject(row, "fifo_depth", caps->fifo_depth);
    cJSON_AddNumberToObject(row, "flight", caps->flight);
    memory = cJSON_AddObjectToObject(row, "memory");
    cJSON_AddNumberToObject(memory, "bus_bits", caps->data_w);
    cJSON_AddNumberToObject(memory, "latency", b->latency);
    cJSON_AddNumberToObject(memory, "outstanding", lac_rtl_mem(b->rtl)->timing.outstanding);
    cJSON_AddNumberToObject(memory, "beats_a_cycle", 1);
    cJSON_AddStringToObject(row, "format", format_name(c));
    cJSON_AddStringToObject(row, "storage", storage[c->storage]);
    cJSON_AddBoolToObject(row, "resident", c->storage == BENCH_RESIDENT);
    cJSON_AddBoolToObject(row, "balanced", !c->interleaved);
    cJSON_AddNumberToObject(row, "rows", c->w->rows);
    cJSON_AddNumberToObject(row, "cols", c->w->cols);
    cJSON_AddNumberToObject(row, "points", w->points);
    cJSON_AddNumberToObject(row, "jobs", w->jobs);
    cJSON_AddNumberToObject(row, "tiles", layer->tiles);
    cJSON_AddNumberToObject(row, "weight_density", c->w->nnz / weights);
    cJSON_AddNumberToObject(row, "activation_density", (double)nonzero / w->points / c->w->cols / w->jobs);
    cJSON_AddNumberToObject(row, "dense_macs", weights * w->points);
    cJSON_AddNumberToObject(row, "stored_bytes", layer->bytes);
    cJSON_AddNumberToObject(row, "dense_fp32_bytes", 4 * weights);
    cJSON_AddNumberToObject(row, "bits_per_nonzero", 8.0 * layer->bytes / c->w->nnz);
    cJSON_AddNumberToObject(row, "padding", layer->entries ? (double)layer->padding / (double)layer->entries : 0);
    cJSON_AddStringToObject(row, "git", git ? git : "");
    cJSON_AddStringToObject(row, "seed", seed ? seed : "1"); /* of what registers and RAMs come up with; operands do not depend on it */
    cJSON_AddBoolToObject(row, "quick", bench_quick());
    return row;
}

bench_result bench_measure(bench *b, const bench_case *asked)
{
    static cause_counts before, after;
    const lac_port port = lac_rtl_port(b->rtl);
    bench_case     chosen = *asked;
    const bench_case *const c = &chosen;
    bench_result   r = {0};
    lac_dev        dev;
    lac_layer      layer[MAX_JOBS];
    lac_place      nowhere = {0, 0, 0, 0}, place;
    lac_fc         jobs[MAX_JOBS];
    lac_stats      all, one = {0};
    work           w;
    uint32_t       bytes;

    if (isatty(2)) fprintf(stderr, "  %s: %s, %s ...\033[K\r", b->name, c->workload, b->config);
    uint32_t addr_w;
    if (port.read32(port.ctx, LAC_REG_CAP_ADDR_W, &addr_w)) stop("open", "the register of the address width does not answer");
    const uint64_t reach = MEM >> addr_w ? (uint64_t)1 << addr_w : MEM;
    must(lac_open(&dev, &port, BASE, RING, BASE, reach), "open");
    work_make(&w, c);
    if (c->storage == BENCH_SMALLER) chosen.storage = smaller(&dev.caps, c, &w);
    void *image = pack(&dev.caps, c, &w.rq, &bytes, &layer[0]);
    const uint32_t copies = c->storage == BENCH_RESIDENT ? 1 : w.jobs, x_row = c->w->cols, y_row = c->w->rows;
    const uint32_t x_pitch = lac_pitch(&dev.caps, x_row, LAC_INT8, 0), y_pitch = lac_pitch(&dev.caps, y_row, LAC_INT8, 0);

    /* Ring, images, inputs, outputs. */
    lac_addr to = BASE + (1 << 20);
    for (uint32_t j = 0; j < copies; j++, to += bytes + 4096 - bytes % 4096) {
        layer[j] = layer[0];
        layer[j].addr = to;
        must(port.mem_write(port.ctx, to, image, bytes), "memory for the images");
    }
    for (uint32_t j = 0; j < w.jobs; j++) {
        const lac_tensor x = {to, x_pitch, LAC_INT8, c->zero, 0};
        const lac_tensor y = {to + (lac_addr)w.points * x_pitch, y_pitch, LAC_INT8, 0, 0};
        const lac_fc     job = {&layer[copies > 1 ? j : 0], copies > 1 ? NULL : &place, w.points, x, y, -128, 127, j, 1};
        jobs[j] = job;
        for (uint32_t p = 0; p < w.points; p++)
            must(port.mem_write(port.ctx, x.addr + (lac_addr)p * x_pitch, w.x + ((size_t)j * w.points + p) * x_row, x_row), "memory for the inputs");
        to += (lac_addr)w.points * (x_pitch + y_pitch);
    }
    const uint32_t y_bytes = w.points * y_pitch;
    if (copies == 1) {
        must(lac_fc_place(&dev.caps, &layer[0], &nowhere, &place), "place");
        must(lac_fc_place_load(&dev, &layer[0], &place, LIMIT), "load");
    }

    r.ok = 1;
    if (!c->no_latency) {
        lac_rtl_trace_clear(b->rtl);
        dev.port.wait_irq = wait_and_count;
        multiplied = 0;
        run(b, &dev, jobs, 1, &one, y_bytes, &r);
        dev.port.wait_irq = port.wait_irq;
        r.ok = right(c, &port, jobs, 1, &w);
    }
    causes_read(&dev, &before);
    run(b, &dev, jobs, w.jobs, &all, y_bytes, &r);
    causes_read(&dev, &after);
    r.ok = r.ok && right(c, &port, jobs, w.jobs, &w);
    if (lac_rtl_monitor(b->rtl)->found) {
        printf("FAIL %s: bus: %s\n", c->workload, lac_rtl_monitor(b->rtl)->first);
        r.ok = 0;
    }

    cJSON *row = r.row = describe(b, &dev.caps, c, &w, &layer[0]);
    cJSON_AddItemToArray(b->rows, row);
    cJSON_AddBoolToObject(row, "correct", r.ok);
    if (r.ok) {
        const uint32_t spans = w.jobs - 1, beat = dev.caps.data_w / 8;
        double         lane = 0, items = 0;
        char           largest[32] = "";
        for (uint32_t j = 1; j < w.jobs; j++) {
            r.needed += (double)w.needed[j] / spans;
            lane += busiest(&dev.caps, image, &layer[0], &w, j) / spans;
            items += (double)w.items[j] / spans;
        }
        r.ideal = r.needed / dev.caps.lanes;
        r.through = (double)(uint32_t)(all.mark_last - all.mark_first) / spans;
        r.used = r.ideal / r.through;
        r.latency = one.cycles;
        cJSON_AddNumberToObject(row, "needed_macs", r.needed);
        cJSON_AddNumberToObject(row, "ideal_cycles", r.ideal);
        cJSON_AddNumberToObject(row, "busiest_lane_cycles", lane);
        cJSON_AddNumberToObject(row, "items", items);
        cJSON_AddNumberToObject(row, "throughput_cycles", r.through);
        cJSON_AddNumberToObject(row, "utilisation", r.used);
        if (!c->no_latency) {
            cJSON_AddNumberToObject(row, "latency_cycles", r.latency);
            cJSON_AddNumberToObject(row, "latency_ideal_cycles", (double)w.needed[0] / dev.caps.lanes);
            cJSON_AddNumberToObject(row, "latency_busiest_lane_cycles", busiest(&dev.caps, image, &layer[0], &w, 0));
            cJSON_AddNumberToObject(row, "fixed_cycles", r.latency - (double)multiplied);
        }
        const double read = ((double)all.rd_beats - one.rd_beats) / (c->no_latency ? w.jobs : spans) * beat;
        cJSON_AddNumberToObject(row, "read_bytes", read);
        if (c->storage != BENCH_RESIDENT) {
            double weights = 0;
            for (uint32_t j = 1; j < w.jobs; j++) weights += weight_bytes(&dev.caps, image, &layer[0], c, &w, j) / spans;
            const double params = whole_lines(&dev.caps, 16.0 * y_row);
            const double codebook = c->format == LAC_CSC ? whole_lines(&dev.caps, 32) : 0;
            const double in = w.points * whole_lines(&dev.caps, x_row), out = (double)w.points * y_row;
            const double bandwidth = (weights + params + codebook + in + out) / beat;
            r.bound = bandwidth > r.ideal ? bandwidth : r.ideal;
            cJSON_AddNumberToObject(row, "weight_bytes", weights);
            cJSON_AddNumberToObject(row, "bandwidth_bound_cycles", bandwidth);
            cJSON_AddNumberToObject(row, "bound_cycles", r.bound);
            cJSON_AddNumberToObject(row, "over_bound", r.through / r.bound);
            if (w.points == 1) {
                r.fetched = 8 * read / r.needed;
                cJSON_AddNumberToObject(row, "bits_fetched_per_needed_nonzero", r.fetched);
            }
        }
        energy_json(row, &dev.caps, &all, c->format == LAC_CSC8 ? 4 : 6, w.jobs);
        cJSON *why = causes_json(&dev.caps, &before, &after, largest, sizeof largest);
        if (why) {
            cJSON_AddItemToObject(row, "causes", why);
            cJSON_AddStringToObject(row, "largest_cause", largest);
        }
    } else b->failed = 1;
    if (isatty(2)) fputs("\033[K", stderr);
    work_free(&w);
    free(image);
    return r;
}
