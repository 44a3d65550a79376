/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sconv.c - sparse convolutions by the driver on the golden model, along rules that are made here
 *
 *   Jobs      random sequences of one to three layers: bands that are full, partly full and empty, outputs without rules, one to three sources with maps and weights of their own,
 *             all formats and types, zero points, resident and streamed, a layer that reads what the one before it wrote, layers in several tiles of taps and of rows. Expected
 *             memory, every byte of it but the ring, from plain loops over the definition in lacuna.h. Some layers pool: sums, also beside convolutions, and largest
 *   Global    runs of inputs pooled along rules that lac_pool_runs() makes: sums, and largest in as many steps as it takes
 *   Order     every program that was run also goes through race.c; and race.c must notice every token that is taken away
 *   Refusals  each of them
 *   SEED      of everything random; a line stands for as many cases as it says */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver_rig.h"
#include "lac_hw.h"
#include "naive.h"
#include "rng.h"

enum { RING = 48, JOBS = 3, SOURCES = 3, TAPS = 27 };

static lac_config machine_config(const char *name, lac_rng *g)
{
    lac_config c;
    char path[64], err[200];
    snprintf(path, sizeof path, "configs/%s.cfg", name);
    if (lac_config_read(path, &c, err, sizeof err)) {
        printf("not ok - %s: %s\n", path, err);
        exit(1);
    }
    c.map_ring = 64;
    if (rng_chance(g, 100)) c.acc_depth = 64 + rng_below(g, 400);
    if (rng_chance(g, 100)) c.weight_depth = c.col_depth = 2048;
    if (rng_chance(g, 60)) c.feat_depth = 64;
    return c;
}

/* What the rules of one map say, and the same in memory. */
typedef struct {
    uint32_t inputs, taps;
    uint32_t (*rule)[TAPS]; /* [outputs][TAPS]: input + 1 through that tap, 0: none */
    lac_addr bands, rules;
} map;

typedef struct {
    int32_t   *w;  /* [rows][taps * channels] */
    uint32_t   channels, n;
    lac_format format;
    void      *image;
    lac_layer  layer;
    lac_place  place;
    map        map;
    int32_t   *x;  /* [inputs][channels] */
    int        own_x;
    int32_t    weight, first; /* pooling; weight 0: a convolution */
} source;

typedef struct {
    source   source[SOURCES];
    uint32_t sources, rows, outputs, band, bands;
    int      most;            /* the largest; then of all sources */
    int32_t *bias, *mult, *y; /* y [bands * band][rows] */
    int8_t  *shift;
    lac_sconv_source in[SOURCES];
    lac_sconv job;
} layer;

static int32_t low_of(lac_type t) { return t == LAC_INT8 ? -128 : t == LAC_UINT8 ? 0 : -32768; }
static int32_t high_of(lac_type t) { return t == LAC_INT8 ? 127 : t == LAC_UINT8 ? 255 : 32767; }
static uint32_t size_of(lac_type t) { return t == LAC_RAW ? 8 : t == LAC_INT16 ? 2 : 1; }

static void put(uint8_t *p, uint64_t v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) p[i] = (uint8_t)(v >> 8 * i);
}

/* Rules of `outputs` outputs in bands, into memory. */
static void make_map(rig *r, lac_rng *g, map *m, uint32_t outputs, uint32_t band, uint32_t bands)
{
    const uint32_t density = rng_chance(g, 40) ? 0 : rng_below(g, 256);
    uint32_t at = 0;
    m->rule  = calloc(outputs ? outputs : 1, sizeof *m->rule);
    m->bands = take(r, 64 * (uint64_t)bands);
    m->rules = take(r, 64 * ((uint64_t)outputs * TAPS / 16 + bands + 1));
    memset(host(r, m->bands), 0, 64 * (size_t)bands);
    for (uint32_t o = 0; o < outputs; o++) {
        for (uint32_t t = 0; t < m->taps; t++)
            if (rng_chance(g, density)) m->rule[o][t] = 1 + rng_below(g, m->inputs);
    }
    for (uint32_t b = 0; b * band < outputs; b++) {
        const uint32_t n = outputs - b * band < band ? outputs - b * band : band, start = at;
        uint32_t words = 0;
        for (uint32_t o = b * band; o < b * band + n; o++) {
            uint32_t left = 0, had = 0;
            for (uint32_t t = 0; t < m->taps; t++) left += m->rule[o][t] != 0;
            for (uint32_t t = 0; t < m->taps || !had; t++) {
                if (left && !m->rule[o][t]) continue;
                const uint32_t word = left ? t << 24 | (m->rule[o][t] - 1) : 127u << 24;
                had++;
                put(host(r, m->rules) + 64 * (size_t)start + 4 * words++, word | (left < 2 || had == left ? 1u << 31 : 0), 4);
                if (left < 2 || had == left) break;
            }
        }
        uint8_t *h = host(r, m->bands) + 64 * (size_t)b;
        put(h, n, 4), put(h + 4, words, 4), put(h + 8, start, 4);
        at += (words + 15) / 16;
    }
}

/* Places of a window, as lacuna.h has it. */
static uint32_t places(uint32_t taps)
{
    const uint32_t high = (taps + 14) / 15;
    return (taps + high - 1) / high * high;
}

static int pack_pool(rig *r, source *s, const layer *l)
{
    const lac_sconv_pool pool = {s->channels, (uint32_t)s->first, l->rows, s->map.taps, l->most, (int8_t)s->weight};
    const lac_requant    rq = {l->bias, l->mult, l->shift, 0, 0};
    void    *scratch = malloc(lac_pack_scratch(&r->dev.caps, l->rows, 1));
    uint32_t need = 0;
    lac_status st = lac_sconv_pack_pool(&r->dev.caps, &pool, &rq, scratch, NULL, 0, &need, NULL, NULL);
    if (st == LAC_OK) {
        lac_layer again;
        s->image = malloc(need);
        st = lac_sconv_pack_pool(&r->dev.caps, &pool, &rq, scratch, s->image, need, &need, &s->layer, NULL);
        if (st == LAC_OK && (lac_layer_open(s->image, need, &again) || memcmp(&again, &s->layer, sizeof again))) check(0, "packed pooling", "not as it is opened");
        s->layer.addr = take(r, need);
        memcpy(host(r, s->layer.addr), s->image, need);
    }
    free(scratch);
    return st;
}

static int pack_source(rig *r, source *s, const layer *l, int balance)
{
    if (s->weight) return pack_pool(r, s, l);
    const uint32_t rows = l->rows, cols = s->map.taps * s->channels;
    const lac_requant rq = {l->bias, l->mult, l->shift, 0, 0};
    void     *scratch = malloc(lac_pack_scratch(&r->dev.caps, rows, cols));
    int8_t   *dense = malloc((size_t)rows * cols);
    int16_t  *values = malloc(2 * (size_t)rows * cols);
    uint16_t *index = malloc(2 * (size_t)rows * cols);
    uint32_t *ptr = calloc(cols + 1, 4), need = 0, n = 0;
    for (uint32_t c = 0; c < cols; c++, ptr[c] = n)
        for (uint32_t k = 0; k < rows; k++) {
            const int32_t v = s->w[(size_t)k * cols + c];
            dense[(size_t)k * cols + c] = (int8_t)v;
            if (v) values[n] = (int16_t)v, index[n++] = (uint16_t)k;
        }
    const lac_csc m  = {rows, cols, values, index, ptr};
    const lac_nm  nm = {rows, cols, s->n, dense};
    const int     is_nm = s->format == LAC_NM;
    lac_status st = lac_sconv_pack(&r->dev.caps, s->channels, is_nm ? NULL : &m, is_nm ? &nm : NULL, s->format, &rq, balance, scratch, NULL, 0, &need, NULL, NULL);
    if (st == LAC_OK) {
        s->image = malloc(need);
        st = lac_sconv_pack(&r->dev.caps, s->channels, is_nm ? NULL : &m, is_nm ? &nm : NULL, s->format, &rq, balance, scratch, s->image, need, &need, &s->layer, NULL);
        lac_layer again;
        if (st == LAC_OK && (lac_layer_open(s->image, need, &again) || memcmp(&again, &s->layer, sizeof again))) check(0, "packed layer", "not as it is opened");
        s->layer.addr = take(r, need);
        memcpy(host(r, s->layer.addr), s->image, need);
    }
    free(scratch), free(dense), free(values), free(index), free(ptr);
    return st;
}

/* A random layer; before: the one whose y it may read. Returns what lac_sconv_pack() said. */
static int make_layer(rig *r, lac_rng *g, layer *l, layer *before)
{
    static const uint32_t some[] = {1, 3, 4, 8, 16, 20, 32, 64, 100, 300};
    const int chained = before && before->job.y.type != LAC_RAW && rng_chance(g, 200);
    memset(l, 0, sizeof *l);
    const uint32_t vector = r->cfg.store_w < 8 ? 8 : r->cfg.store_w;
    l->rows    = rng_chance(g, 200) ? vector * (1 + rng_below(g, 96 / vector)) : 1 + rng_below(g, 90);
    l->sources = rng_chance(g, 90) ? 2 + rng_below(g, 2) : 1;
    l->outputs = rng_chance(g, 30) ? 0 : 1 + rng_below(g, 150);
    const lac_type to = (lac_type)rng_below(g, 4);
    const int pools = rng_chance(g, 90);
    const uint32_t taps = 1 + rng_below(g, rng_chance(g, 128) ? 8 : TAPS); /* of a largest */
    l->most = pools && rng_chance(g, 150);
    if (l->most) l->rows = vector * (1 + rng_below(g, 3));
    const uint32_t deep = r->cfg.acc_depth / ((l->rows + r->cfg.lanes - 1) / r->cfg.lanes * (l->most ? places(taps) : 1));
    uint32_t unit = 64;
    while (unit > 1 && (uint64_t)unit / 2 * l->rows * size_of(to) % 64 == 0) unit /= 2;
    if (deep < unit) return LAC_E_SPACE;
    l->band  = unit * (1 + rng_below(g, deep / unit));
    if (l->band > 4 * unit && rng_chance(g, 128)) l->band = unit * (1 + rng_below(g, 4));
    l->bands = (l->outputs + l->band - 1) / l->band + rng_below(g, 3);
    if (!l->bands) l->bands = 1;
    l->bias  = calloc(l->rows, 4), l->mult = calloc(l->rows, 4), l->shift = calloc(l->rows, 1);
    for (uint32_t k = 0; k < l->rows; k++) {
        l->bias[k]  = (int32_t)rng_range(g, -(1 << 30), 1 << 30) >> (8 + rng_below(g, 23));
        l->mult[k]  = (int32_t)rng_below(g, 0x7FFFFFFF);
        l->shift[k] = (int8_t)(35 + rng_below(g, 12));
    }
    for (uint32_t i = 0; i < l->sources; i++) {
        source *s = &l->source[i];
        const int again = chained && i == 0;
        const lac_type type = again ? before->job.y.type : (lac_type)rng_below(g, 3);
        int32_t codes[15];
        s->channels = again ? before->rows : some[rng_below(g, 10)];
        s->format   = (lac_format)rng_below(g, 3);
        if (s->format == LAC_NM && s->channels % 4) s->format = LAC_CSC8;
        s->n        = s->format == LAC_NM ? 1 + rng_below(g, 4) : 0;
        s->map.taps = 1 + rng_below(g, rng_chance(g, 128) ? 4 : TAPS);
        if (l->most || (pools && rng_chance(g, 150))) {
            s->channels = (s->channels + 3) / 4 * 4;
            s->format = LAC_CSC8;
            s->n = 0;
            s->weight = rng_chance(g, 128) ? 1 : 1 + (int32_t)rng_below(g, 127);
            s->first  = rng_chance(g, 200) ? 0 : 4 * (int32_t)rng_below(g, s->channels / 4 + 1);
            if (l->most) s->map.taps = taps;
        }
        if (again && s->channels != before->rows) return LAC_E_SPACE;
        if (s->channels > 64 && s->map.taps > 9 && !l->most) s->map.taps = 9;
        s->map.inputs = again ? before->band * before->bands : 1 + rng_below(g, 100);
        const uint32_t cols = s->map.taps * s->channels, density = rng_below(g, 200);
        s->w = calloc((size_t)l->rows * cols, 4);
        for (uint32_t k = 0; s->weight && k < l->rows && k + (uint32_t)s->first < s->channels; k++)
            for (uint32_t t = 0; t < s->map.taps; t++) s->w[(size_t)k * cols + t * s->channels + k + (uint32_t)s->first] = s->weight;
        for (int k = 0; k < 15; k++) do codes[k] = (int32_t)rng_range(g, -200, 200); while (!codes[k]);
        for (uint32_t k = 0; k < l->rows; k++)
            for (uint32_t c = 0, left = 0; c < cols; c++) {
                if (c % 4 == 0) left = s->n;
                if (s->weight || !rng_chance(g, density) || (s->n && !left)) continue;
                s->w[(size_t)k * cols + c] = s->format == LAC_CSC ? codes[rng_below(g, 15)] : (int32_t)rng_range(g, -128, 127);
                left -= s->n && s->w[(size_t)k * cols + c];
            }
        const int status = pack_source(r, s, l, l->sources == 1 && rng_chance(g, 128));
        if (status) return status;
        make_map(r, g, &s->map, l->outputs, l->band, l->bands);

        lac_sconv_source *in = &l->in[i];
        in->layer = &s->layer;
        in->bands = s->map.bands, in->rules = s->map.rules;
        in->x.type = type;
        if (again) {
            in->x.addr = before->job.y.addr;
            in->x.zero = before->job.y.zero;
            s->x = before->y;
        } else {
            const uint32_t size = size_of(type), n = s->map.inputs * s->channels, sparse = rng_below(g, 256);
            in->x.addr = take(r, (uint64_t)n * size + 64);
            in->x.zero = (int32_t)rng_range(g, low_of(type), high_of(type));
            s->x = calloc(n, 4), s->own_x = 1;
            for (uint32_t k = 0; k < n; k++) {
                s->x[k] = rng_chance(g, sparse) ? in->x.zero : (int32_t)rng_range(g, low_of(type), high_of(type));
                put(host(r, in->x.addr) + (size_t)k * size, (uint64_t)(int64_t)s->x[k], size);
            }
        }
    }
    l->job = (lac_sconv){ .source = l->in, .sources = l->sources, .band = l->band, .bands = l->bands };
    l->job.y.type = to;
    if (to != LAC_RAW) {
        l->job.y.zero   = (int32_t)rng_range(g, low_of(to), high_of(to));
        l->job.clamp_lo = low_of(to), l->job.clamp_hi = high_of(to);
    }
    l->job.y.addr = take(r, (uint64_t)l->band * l->bands * l->rows * size_of(to));
    return LAC_OK;
}

static void free_layer(layer *l)
{
    for (uint32_t i = 0; i < l->sources; i++) {
        source *s = &l->source[i];
        free(s->w), free(s->image), free(s->map.rule);
        if (s->own_x) free(s->x);
    }
    free(l->bias), free(l->mult), free(l->shift), free(l->y);
}

static uint32_t ran, refused, tokens, missed, sums, most, tall; /* jobs with a sum, with a largest, with windows of several rows */

/* The definition, into l->y and `wanted`. */
static void expect(const rig *r, layer *l)
{
    const uint32_t size = size_of(l->job.y.type);
    l->y = calloc((size_t)l->band * l->bands * l->rows, 4);
    for (uint32_t o = 0; o < l->band * l->bands; o++)
        for (uint32_t k = 0; k < l->rows; k++) {
            int64_t sum = 0, tap[TAPS] = {0};
            for (uint32_t i = 0; i < l->sources; i++) {
                const source *s = &l->source[i];
                for (uint32_t t = 0; o < l->outputs && t < s->map.taps; t++) {
                    if (!s->map.rule[o][t]) continue;
                    const int32_t *x = s->x + (size_t)(s->map.rule[o][t] - 1) * s->channels, *w = s->w + ((size_t)k * s->map.taps + t) * s->channels;
                    for (uint32_t c = 0; c < s->channels; c++) tap[t] += (int64_t)w[c] * (x[c] - l->in[i].x.zero);
                }
            }
            for (uint32_t t = 0; t < TAPS; t++) sum += tap[t];
            if (l->most) {
                const uint32_t n = l->source[0].map.taps;
                sum = places(n) > n ? 0 : tap[0];
                for (uint32_t t = 0; t < n; t++)
                    if (tap[t] > sum) sum = tap[t];
            }
            const size_t e = (size_t)o * l->rows + k;
            const int64_t v = l->job.y.type == LAC_RAW ? sum : naive_requant(sum, l->bias[k], (uint32_t)l->mult[k], l->shift[k], l->job.y.zero, l->job.clamp_lo, l->job.clamp_hi);
            l->y[e] = (int32_t)v;
            put(wanted + (l->job.y.addr - r->base) + e * size, (uint64_t)v, size);
        }
}

/* Layers that are not streamed, one behind the other. */
static void place_layers(rig *r, lac_rng *g, layer *l, uint32_t n)
{
    lac_place at = {0, 0, 0, 0};
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < l[i].sources; k++) {
            source *s = &l[i].source[k];
            if (!rng_chance(g, 128) || lac_fc_place(&r->dev.caps, &s->layer, &at, &s->place)) continue;
            if (lac_fc_place_load(&r->dev, &s->layer, &s->place, 10000)) check(0, "resident layer", "not loaded");
            l[i].in[k].resident = &s->place;
        }
}

static int tiles_differ(const layer *l, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 1; k < l[i].sources; k++)
            if (l[i].source[k].layer.tiles > 1 || l[i].source[0].layer.tiles > 1) return 1;
    return 0;
}

static void run_case(const char *name, lac_rng *g)
{
    const lac_config cfg = machine_config(name, g);
    rig   r;
    layer l[JOBS];
    lac_sconv jobs[JOBS];
    uint32_t n = 0, want = 1 + rng_below(g, JOBS);
    open_rig(&r, &cfg, RING);
    for (int ok = 1; n < want && ok;) {
        ok = make_layer(&r, g, &l[n], n ? &l[n - 1] : NULL) == LAC_OK;
        if (!ok) free_layer(&l[n]);
        else {
            memset(wanted, 0, 1);
            expect(&r, &l[n++]);
        }
    }
    if (n) {
        list prog = {NULL, 0, 0};
        place_layers(&r, g, l, n);
        for (uint32_t i = 0; i < n; i++) jobs[i] = l[i].job;
        const lac_status built = lac_sconv_build(&r.dev.caps, jobs, n, collect, &prog);
        if (built == LAC_E_SPACE || (built == LAC_E_ARG && tiles_differ(l, n))) refused++;
        else if (built) check(0, name, "lac_sconv_build: %s", lac_status_name(built));
        else {
            char why[200];
            race_order *order = malloc((prog.n + 1) * sizeof *order);
            memcpy(wanted, memory, r.next - r.base);
            for (uint32_t i = 0; i < n; i++) {
                free(l[i].y);
                for (uint32_t k = 0; i && k < l[i].sources; k++)
                    if (!l[i].source[k].own_x) l[i].source[k].x = l[i - 1].y;
                expect(&r, &l[i]);
            }
            if (n == 1 && l[0].sources == 1) { /* with a map of its own, which makes rules */
                const lac_map_room room = {l[0].in[0].bands, l[0].in[0].rules, jobs[0].bands, 1};
                lac_map   m = {.shape = {LAC_GENERATIVE, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}}, .in = r.base, .out = r.base, .out_words = 8, .band = jobs[0].band, .room = &room};
                lac_sconv own = jobs[0];
                list      p = {NULL, 0, 0};
                own.map = &m;
                const lac_status takes = lac_sconv_build(&r.dev.caps, &own, 1, collect, &p);
                free(p.c);
                p = (list){NULL, 0, 0};
                m.only_list = 1;
                const lac_status refuses = lac_sconv_build(&r.dev.caps, &own, 1, collect, &p);
                if (takes || refuses != LAC_E_ARG || p.n) check(0, name, "a map of its own: %s; that is only a list: %s, %u commands", lac_status_name(takes), lac_status_name(refuses), p.n);
                free(p.c);
            }
            /* columns of resident layers were loaded before this program */
            int resident = 0;
            for (uint32_t i = 0; i < n; i++)
                for (uint32_t k = 0; k < l[i].sources; k++) resident |= l[i].in[k].resident != NULL;
            if (!resident && race_check(&r.dev.caps, prog.c, prog.n, memory, r.base, order, why, sizeof why)) check(0, name, "%s", why);
            if (!resident && n == 1 && prog.n < 60) /* a bank's token may be superfluous: a LOAD of parameters that waited for the same STORE tells, too */
                for (uint32_t from = 0; from < 3; from++)
                    for (uint32_t to = 0; to < 3; to++)
                        if (from != to && !(from == 2 && to == 1)) lose_tokens(&r, &prog, from, to, &tokens, &missed);
            const lac_status s = lac_sconv_run(&r.dev, jobs, n, 10000);
            lac_error_record e = {0};
            if (s) lac_error(&r.dev, &e);
            if (s) check(0, name, "%s: %s, address 0x%llx, index 0x%x", lac_status_name(s), lac_error_name(e.code), (unsigned long long)e.addr, e.index);
            for (uint64_t i = 64 * RING; !s && i < r.next - r.base; i++)
                if (memory[i] != wanted[i]) {
                    check(0, name, "byte 0x%llx of memory: %02x, expected %02x; y of the jobs at 0x%llx, 0x%llx", (unsigned long long)i, memory[i], wanted[i],
                          (unsigned long long)(l[0].job.y.addr - r.base), (unsigned long long)(l[n - 1].job.y.addr - r.base));
                    break;
                }
            ran++;
            for (uint32_t i = 0; i < n; i++) {
                sums += l[i].source[0].weight && !l[i].most;
                most += l[i].most;
                tall += l[i].most && l[i].source[0].map.taps > 15;
            }
            free(order);
        }
        free(prog.c);
    }
    while (n) free_layer(&l[--n]);
    close_rig(&r);
}

/* ---- Global pooling --------------------------------------------------------------------------------- */

enum { RUNS = 5, STEPS = 12 };

/* Runs of [V, C] features of `type`: their sums, or the largest in steps of `taps`, on this machine. 0: it does not fit. */
static int run_global(const lac_config *cfg, lac_rng *g, uint32_t taps)
{
    enum { CHANNELS = 64 };
    const lac_type type = (lac_type)rng_below(g, 3);
    const uint32_t runs = 1 + rng_below(g, RUNS), c = 4 * (1 + rng_below(g, CHANNELS / 4)), rows = (c + 31) / 32 * 32, size = size_of(type);
    const int      largest = taps > 1;
    uint32_t count[RUNS], v = 0, steps = 0, need = 0, outputs = 0, lines = 0, begin = 0;
    rig      r;
    open_rig(&r, cfg, RING);
    for (uint32_t i = 0; i < runs; i++) v += count[i] = rng_chance(g, 30) ? 0 : 1 + rng_below(g, rng_chance(g, 128) ? 400 : 20);
    const int32_t  zero = largest ? low_of(type) : (int32_t)rng_range(g, low_of(type), high_of(type));
    const lac_addr x = take(&r, (uint64_t)v * c * size + 64);
    int64_t *want = calloc(runs * rows, 8);
    for (uint32_t i = 0, at = 0; i < runs; at += count[i++])
        for (uint32_t k = 0; k < count[i] * c; k++) {
            const int32_t e = (int32_t)rng_range(g, low_of(type), high_of(type));
            int64_t      *w = &want[i * rows + k % c];
            put(host(&r, x) + ((size_t)at * c + k) * size, (uint64_t)(int64_t)e, size);
            *w = !largest ? *w + e - zero : e - zero > *w ? e - zero : *w;
        }

    /* One layer for the first step, another for those that read what it wrote. */
    const lac_requant rq = {NULL, NULL, NULL, 2, 1};
    lac_layer layer[2];
    int       fits = 1;
    void     *image[2] = {NULL, NULL}, *scratch = malloc(lac_pack_scratch(&r.dev.caps, rows, 1));
    for (int i = 0; i < 2; i++) {
        const lac_sconv_pool pool = {i ? rows : c, 0, rows, taps, largest, 1};
        lac_status s = lac_sconv_pack_pool(&r.dev.caps, &pool, &rq, scratch, NULL, 0, &need, NULL, NULL);
        fits &= s == LAC_OK;
        if (!s) s = lac_sconv_pack_pool(&r.dev.caps, &pool, &rq, scratch, image[i] = malloc(need), need, &need, &layer[i], NULL);
        if (s && s != LAC_E_SPACE) check(0, cfg->name, "lac_sconv_pack_pool: %s", lac_status_name(s));
        if (s) continue;
        layer[i].addr = take(&r, need);
        memcpy(host(&r, layer[i].addr), image[i], need);
    }
    const lac_type to = largest ? type : LAC_RAW;
    const uint32_t deep = r.dev.caps.acc_depth / ((rows + r.dev.caps.lanes - 1) / r.dev.caps.lanes * places(taps));
    uint32_t unit = 64;
    while (unit > 1 && unit / 2 * rows * size_of(to) % 64 == 0) unit /= 2;
    lac_sconv_source source[STEPS];
    lac_sconv        job[STEPS];
    lac_addr         from = x;
    for (int more = fits && deep >= unit; more; steps++) {
        const uint32_t band = unit * (1 + rng_below(g, deep / unit));
        if (lac_pool_runs(count, runs, taps, band, NULL, NULL, &outputs, &lines)) check(0, cfg->name, "lac_pool_runs");
        const uint32_t bands = (outputs + band - 1) / band;
        source[steps] = (lac_sconv_source){.layer = &layer[steps > 0], .bands = take(&r, 64 * bands), .rules = take(&r, 64 * lines), .x = {from, 0, type, zero, 0}};
        if (lac_pool_runs(count, runs, taps, band, host(&r, source[steps].bands), host(&r, source[steps].rules), &outputs, &lines)) check(0, cfg->name, "lac_pool_runs");
        from = take(&r, (uint64_t)bands * band * rows * size_of(to));
        job[steps] = (lac_sconv){.source = &source[steps], .sources = 1, .band = band, .bands = bands, .y = {from, 0, to, largest ? zero : 0, 0},
                                 .clamp_lo = largest ? low_of(type) : 0, .clamp_hi = largest ? high_of(type) : 0};
        more = outputs > runs && steps + 1 < STEPS;
        begin = outputs;
    }
    if (steps) {
        const lac_status s = lac_sconv_run(&r.dev, job, steps, 10000);
        if (s || begin != runs) check(0, cfg->name, "global pooling: %s, %u outputs of %u runs", lac_status_name(s), begin, runs);
        for (uint32_t e = 0; !s && e < runs * rows; e++) {
            uint8_t bytes[8] = {0};
            put(bytes, (uint64_t)(want[e] + (largest ? zero : 0)), size_of(to));
            if (!memcmp(bytes, host(&r, from) + (size_t)e * size_of(to), size_of(to))) continue;
            check(0, cfg->name, "global pooling by %u taps: run %u, channel %u of %u", taps, e / rows, e % rows, c);
            break;
        }
    }
    free(want), free(image[0]), free(image[1]), free(scratch);
    close_rig(&r);
    return steps > 0;
}

/* ---- Refusals ----------------------------------------------------------------------------------------- */

static void refuse_pools(void)
{
    static const struct { const char *name; lac_sconv_pool pool; } bad[] = {
        {"channels no multiple of four", {6, 0, 8, 8, 0, 1}}, {"no channels", {0, 0, 8, 8, 0, 1}}, {"a first channel inside four", {8, 2, 8, 8, 0, 1}}, {"no outputs", {8, 0, 0, 8, 0, 1}},
        {"no taps", {8, 0, 8, 0, 0, 1}}, {"128 taps", {8, 0, 8, 128, 0, 1}}, {"weight 0", {8, 0, 8, 8, 0, 0}}, {"too many columns", {65532, 0, 8, 5, 0, 1}},
    };
    lac_config cfg;
    char       err[200];
    rig        r;
    uint32_t   need = 0, outputs, lines;
    if (lac_config_read("configs/l8.cfg", &cfg, err, sizeof err)) exit(1);
    open_rig(&r, &cfg, RING);
    lac_caps caps = r.dev.caps;
    void    *scratch = malloc(lac_pack_scratch(&caps, 128, 1));
    int      wrong = 0;
    for (uint32_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const lac_status s = lac_sconv_pack_pool(&caps, &bad[i].pool, NULL, scratch, NULL, 0, &need, NULL, NULL);
        if (s != LAC_E_ARG) check(0, bad[i].name, "%s", lac_status_name(s)), wrong++;
    }
    const lac_sconv_pool good = {64, 0, 64, 8, 1, 1};
    caps.formats &= ~(uint32_t)LAC_HAS_WINDOWS;
    wrong += lac_sconv_pack_pool(&caps, &good, NULL, scratch, NULL, 0, &need, NULL, NULL) != LAC_E_ARG;
    caps = r.dev.caps;
    caps.lanes = 6;
    wrong += lac_sconv_pack_pool(&caps, &good, NULL, scratch, NULL, 0, &need, NULL, NULL) != LAC_E_ARG;
    check(!wrong, "pooling that cannot be packed is refused", "%d were not", wrong);
    caps = r.dev.caps;

    /* l8 holds 256 accumulators a lane: of 64 channels and 8 taps four outputs, not five; of rows that STORE does not write side by side none */
    static const struct { uint32_t rows, taps, band, store_w; lac_status want; } jobs[] = {
        {64, 8, 4, 4, LAC_OK}, {64, 8, 5, 4, LAC_E_SPACE}, {64, 30, 1, 4, LAC_OK}, {64, 31, 1, 4, LAC_E_SPACE}, {8, 2, 1, 8, LAC_OK}, {8, 2, 1, 16, LAC_E_SPACE},
    };
    for (uint32_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        const lac_sconv_pool pool = {64, 0, jobs[i].rows, jobs[i].taps, 1, 1};
        lac_layer            layer;
        void                *image = malloc(1 << 16);
        list                 prog = {NULL, 0, 0};
        caps.store_w = jobs[i].store_w;
        lac_status           s = lac_sconv_pack_pool(&caps, &pool, NULL, scratch, image, 1 << 16, &need, &layer, NULL);
        const lac_sconv_source from = {.layer = &layer, .x = {.type = LAC_INT8}};
        const lac_sconv      job = {.source = &from, .sources = 1, .band = jobs[i].band, .bands = 1, .y = {.addr = 1 << 20, .type = LAC_RAW}};
        layer.addr = 0;
        if (!s) s = lac_sconv_build(&caps, &job, 1, collect, &prog);
        if (s != jobs[i].want) check(0, "room for windows", "%u rows, %u taps, bands of %u, %u outputs a cycle: %s", jobs[i].rows, jobs[i].taps, jobs[i].band, jobs[i].store_w, lac_status_name(s));
        free(image), free(prog.c);
    }
    /* a largest beside one of other taps, or beside a sum */
    static const lac_sconv_pool other[] = {{64, 0, 64, 8, 1, 1}, {64, 0, 64, 9, 1, 1}, {64, 0, 64, 8, 0, 1}};
    lac_layer layer[3];
    void     *image[3];
    for (int i = 0; i < 3; i++) {
        image[i] = malloc(1 << 16);
        if (lac_sconv_pack_pool(&r.dev.caps, &other[i], NULL, scratch, image[i], 1 << 16, &need, &layer[i], NULL)) exit(1);
        layer[i].addr = 0;
    }
    for (int i = 0; i < 3; i++) {
        const lac_sconv_source from[2] = {{.layer = &layer[0], .x = {.type = LAC_INT8}}, {.layer = &layer[i], .x = {.type = LAC_INT8}}};
        const lac_sconv        job = {.source = from, .sources = 2, .band = 2, .bands = 1, .y = {.addr = 1 << 20, .type = LAC_INT8}, .clamp_lo = -128, .clamp_hi = 127};
        list                   prog = {NULL, 0, 0};
        const lac_status       s = lac_sconv_build(&r.dev.caps, &job, 1, collect, &prog);
        if (s != (i ? LAC_E_ARG : LAC_OK)) check(0, "sources that differ", "%d: %s", i, lac_status_name(s));
        free(prog.c);
    }
    for (int i = 0; i < 3; i++) free(image[i]);
    free(scratch);
    close_rig(&r);

    uint32_t count[2] = {LAC_COORDS_MOST, 1};
    check(lac_pool_runs(count, 2, 1, 1, NULL, NULL, &outputs, &lines) == LAC_E_ARG && lac_pool_runs(count, 1, 128, 1, NULL, NULL, &outputs, &lines) == LAC_E_ARG
          && lac_pool_runs(count, 1, 0, 1, NULL, NULL, &outputs, &lines) == LAC_E_ARG && lac_pool_runs(count, 0, 1, 1, NULL, NULL, &outputs, &lines) == LAC_E_ARG
          && lac_pool_runs(count, 1, 1, 65536, NULL, NULL, &outputs, &lines) == LAC_E_ARG, "runs out of range are refused", "one is not");
}

int main(int argc, char **argv)
{
    static const char *const machines[] = {"l8", "l4", "odd", "w512", "l64"};
    const uint32_t cases = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 150;
    const char *env = getenv("SEED");
    seed = env ? strtoull(env, NULL, 10) : 1;
    for (uint32_t m = 0; m < 5; m++) {
        const int before = failures;
        ran = refused = 0;
        for (uint32_t i = 0; i < cases && failures == before; i++) {
            lac_rng g = {seed * 1000003u + m * 100000u + i};
            run_case(machines[m], &g);
        }
        if (failures == before) check(ran > 0, machines[m], "no case ran");
        printf("# %s: %u programs, %u refused\n", machines[m], ran, refused);
    }
    check(cases < 100 || (sums > 10 && most > 10 && tall > 0), "jobs that pool", "%u sums, %u largest, %u of them with windows of several rows", sums, most, tall);
    for (uint32_t m = 0; m < 5; m++) {
        uint32_t fits = 0;
        for (uint32_t i = 0; i < 20; i++) {
            lac_rng g = {seed * 1000003u + m * 1000u + i};
            const lac_config cfg = machine_config(machines[m], &g);
            fits += (uint32_t)run_global(&cfg, &g, i % 2 ? 1 : 2 + rng_below(&g, i % 4 ? 30 : 7));
        }
        check(fits > 0, "global pooling", "%s: none fits", machines[m]);
    }
    refuse_pools();
    check(tokens > 0 && missed == 0, "a token that is missing is noticed", "%u of %u were not", missed, tokens);
    return failures != 0;
}
