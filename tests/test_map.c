/* SPDX-License-Identifier: Apache-2.0
 *
 * test_map.c - coordinate lists, maps and voxels by the driver, and MAP on the golden model
 *
 *   Oracle    the rule alone: each input goes through each tap to one output; sites are found in a hash table. Expected memory, every byte of it, but for the lists between two steps
 *   Jobs      random clouds of one to three dimensions and batches, all modes, kernels, strides, dilations, with and without a shape; rooms by lac_map_bound(), or exactly what is needed
 *   Commands  single ones: bands, COUNT and MORE, every error of docs/mapping.md with its record, and the next job right behind it
 *   Time      frames under other numbers, against the rule for every pair of them; lists merged, against the set of all sites
 *   Lists     every kind of fault at every place, on the machine and in lac_coords_unpack(); FUZZ random broken ones (default 3000)
 *   SEED      of everything random; a line stands for as many cases as it says */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver_rig.h"
#include "lac_hw.h"
#include "lacuna.h"
#include "ports/port_model.h"
#include "rng.h"

enum { Z, Y, X, AXES };
enum { HEADER = 0x7fffffff }; /* instead of a word's number */
#define GO(r, name) ((r)->dev.port.read32((r)->dev.port.ctx, LAC_REG_##name, &reg_), reg_)
static uint32_t reg_;

static void *need(size_t bytes)
{
    void *p = calloc(bytes ? bytes : 1, 1);
    if (!p) exit(1);
    return p;
}

/* ---- Clouds ------------------------------------------------------------------------------------------ */

typedef struct { lac_site *s; uint32_t n; } cloud;

static int by_site(const void *pa, const void *pb)
{
    const lac_site *a = pa, *b = pb;
    const int32_t   d[4] = { a->batch - b->batch, a->z - b->z, a->y - b->y, a->x - b->x };
    for (int i = 0; i < 4; i++)
        if (d[i]) return d[i] < 0 ? -1 : 1;
    return 0;
}

/* Sites to their numbers. */
typedef struct { uint32_t size, *slot; const lac_site *s; } table;

static uint32_t slot_of(const table *t, const lac_site *s)
{
    uint64_t h = (uint64_t)(uint32_t)s->batch << 48 ^ (uint64_t)(uint32_t)s->z << 32 ^ (uint64_t)(uint32_t)s->y << 16 ^ (uint32_t)s->x;
    h *= UINT64_C(0x9E3779B97F4A7C15);
    uint32_t i = (uint32_t)(h >> 32) & (t->size - 1);
    while (t->slot[i] && by_site(&t->s[t->slot[i] - 1], s)) i = (i + 1) & (t->size - 1);
    return i;
}

static table make_table(const lac_site *s, uint32_t n, uint32_t room)
{
    table t = { 16, NULL, s };
    while (t.size < 2 * room) t.size *= 2;
    t.slot = need(t.size * sizeof *t.slot);
    for (uint32_t i = 0; i < n; i++) t.slot[slot_of(&t, &s[i])] = i + 1;
    return t;
}

static cloud random_cloud(lac_rng *g, uint32_t most, const int32_t low[AXES], const uint32_t span[AXES], uint32_t batches)
{
    cloud c = { need(most * sizeof *c.s), 0 };
    table t = make_table(c.s, 0, most);
    const uint32_t b0 = rng_below(g, 257 - batches);
    for (uint32_t i = 0; i < most; i++) {
        lac_site *s = &c.s[c.n];
        *s = (lac_site){ (int32_t)(b0 + rng_below(g, batches)), low[Z] + (int32_t)rng_below(g, span[Z]), low[Y] + (int32_t)rng_below(g, span[Y]), low[X] + (int32_t)rng_below(g, span[X]) };
        const lac_site at = *s;
        const uint32_t slot = slot_of(&t, &at);
        if (!t.slot[slot]) t.slot[slot] = ++c.n;
    }
    free(t.slot);
    if (c.n) qsort(c.s, c.n, sizeof *c.s, by_site);
    return c;
}

/* ---- The rule ---------------------------------------------------------------------------------------- */

/* A map, by the driver or by one command. */
typedef struct {
    int      transposed, made, strided, bounded;
    uint32_t kernel[AXES], stride[AXES], dilation[AXES], shape[AXES];
    int32_t  pad[AXES];
} spec;

typedef struct { uint32_t out, k[AXES], in; } rule;
typedef struct {
    cloud    out;
    rule    *rule;
    uint32_t rules;
    int      beyond; /* an output lies outside int16 */
} reference;

static int32_t floor_div(int32_t a, int32_t b) { return a / b - (a % b < 0); }

/* Where `in` goes through tap k; 0: nowhere. Outputs are not yet cut off. */
static int goes(const spec *s, const lac_site *in, const uint32_t k[AXES], lac_site *out)
{
    const int32_t at[AXES] = { in->z, in->y, in->x };
    int32_t       to[AXES];
    for (int a = 0; a < AXES; a++) {
        const int32_t stride = (int32_t)s->stride[a], far = (int32_t)(k[a] * s->dilation[a]);
        to[a] = s->transposed ? at[a] * stride + far - s->pad[a] : at[a] + s->pad[a] - far;
        if (!s->transposed) {
            if (to[a] % stride) return 0;
            to[a] /= stride;
        }
    }
    *out = (lac_site){ in->batch, to[Z], to[Y], to[X] };
    return 1;
}

#define EACH_TAP(s, k)                                    \
    for (k[Z] = 0; k[Z] < (s)->kernel[Z]; k[Z]++)         \
        for (k[Y] = 0; k[Y] < (s)->kernel[Y]; k[Y]++)     \
            for (k[X] = 0; k[X] < (s)->kernel[X]; k[X]++)

static int is16(int32_t v) { return v >= -32768 && v <= 32767; }
static int in_space(const lac_site *s) { return is16(s->z) && is16(s->y) && is16(s->x); }
static int inside(int32_t v, uint32_t n) { return v >= 0 && v < (int32_t)n; }

static int keep(const spec *s, reference *f, const lac_site *o)
{
    if (s->bounded) return inside(o->z, s->shape[Z]) && inside(o->y, s->shape[Y]) && inside(o->x, s->shape[X]);
    if (!in_space(o)) f->beyond = 1;
    return in_space(o);
}

static int by_output(const void *pa, const void *pb)
{
    const rule *a = pa, *b = pb;
    if (a->out != b->out) return a->out < b->out ? -1 : 1;
    for (int i = 0; i < AXES; i++)
        if (a->k[i] != b->k[i]) return a->k[i] < b->k[i] ? -1 : 1;
    return 0;
}

/* given NULL: outputs are made. */
static reference follow(const spec *s, const cloud *in, const cloud *given)
{
    reference      f;
    lac_site       o;
    uint32_t       k[AXES];
    const uint32_t most = in->n * s->kernel[Z] * s->kernel[Y] * s->kernel[X];
    memset(&f, 0, sizeof f);
    if (given) {
        f.out.s = need(given->n * sizeof o);
        if (given->n) memcpy(f.out.s, given->s, given->n * sizeof o);
        f.out.n = given->n;
    } else {
        f.out.s = need(((size_t)most + 1) * sizeof o);
        table t = make_table(f.out.s, 0, most);
        for (uint32_t i = 0; i < in->n; i++) {
            const lac_site *p = &in->s[i];
            if (s->strided) {
                o = (lac_site){ p->batch, floor_div(p->z, (int32_t)s->stride[Z]), floor_div(p->y, (int32_t)s->stride[Y]), floor_div(p->x, (int32_t)s->stride[X]) };
                const uint32_t slot = slot_of(&t, &o);
                if (keep(s, &f, &o) && !t.slot[slot]) f.out.s[f.out.n] = o, t.slot[slot] = ++f.out.n;
                continue;
            }
            EACH_TAP(s, k) {
                if (!goes(s, p, k, &o) || !keep(s, &f, &o)) continue;
                const uint32_t slot = slot_of(&t, &o);
                if (!t.slot[slot]) f.out.s[f.out.n] = o, t.slot[slot] = ++f.out.n;
            }
        }
        free(t.slot);
        if (f.out.n) qsort(f.out.s, f.out.n, sizeof o, by_site);
    }
    table t = make_table(f.out.s, f.out.n, f.out.n);
    f.rule = need(most * sizeof *f.rule);
    for (uint32_t i = 0; i < in->n; i++)
        EACH_TAP(s, k) {
            if (!goes(s, &in->s[i], k, &o) || !in_space(&o)) continue;
            const uint32_t n = t.slot[slot_of(&t, &o)];
            if (n) f.rule[f.rules++] = (rule){ n - 1, { k[Z], k[Y], k[X] }, i };
        }
    free(t.slot);
    if (f.rules) qsort(f.rule, f.rules, sizeof *f.rule, by_output);
    return f;
}

static void forget(reference *f)
{
    free(f->out.s);
    free(f->rule);
}

/* ---- Expected memory --------------------------------------------------------------------------------- */

static void put(uint8_t *p, uint64_t v, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) p[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t get(const uint8_t *p, uint32_t bytes)
{
    uint64_t v = 0;
    for (uint32_t i = 0; i < bytes; i++) v |= (uint64_t)p[i] << 8 * i;
    return v;
}

/* A coordinate list, written here from the format alone; `to` may be NULL. Returns its words. */
static uint32_t write_list(uint8_t *to, const lac_site *s, uint32_t n)
{
    uint32_t words = 0;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t part = floor_div(s[i].x, 32);
        const int fresh = !i || s[i].batch != s[i - 1].batch || s[i].z != s[i - 1].z || s[i].y != s[i - 1].y;
        if (fresh && to) put(to + 64 + 8 * words, UINT64_C(1) << 63 | (uint64_t)(uint8_t)s[i].batch << 32 | (uint64_t)(uint16_t)s[i].z << 16 | (uint16_t)s[i].y, 8);
        words += (uint32_t)fresh;
        if (fresh || part != floor_div(s[i - 1].x, 32)) {
            if (to) put(to + 64 + 8 * words, (uint64_t)(part & 0x7ff) << 32, 8);
            words++;
        }
        if (to) put(to + 56 + 8 * words, get(to + 56 + 8 * words, 8) | UINT64_C(1) << (s[i].x & 31), 8);
    }
    if (to) {
        memset(to, 0, 64);
        put(to, n, 4);
        put(to + 4, words, 4);
    }
    return words;
}

static uint64_t list_bytes(const cloud *c) { return 64 + (8 * (uint64_t)write_list(NULL, c->s, c->n) + 63) / 64 * 64; }

static uint64_t take_list(rig *r, const cloud *c)
{
    const uint64_t at = take(r, list_bytes(c));
    write_list(host(r, at), c->s, c->n);
    return at;
}

static uint8_t *want(const rig *r, uint64_t addr) { return wanted + (addr - r->base); }

/* The made list, its last line filled up. */
static void want_list(const rig *r, uint64_t at, const cloud *c)
{
    const uint32_t words = write_list(want(r, at), c->s, c->n), line = r->dev.caps.line;
    for (uint32_t i = 8 * words; i % line; i++) want(r, at)[64 + i] = 0;
}

/* What a pass takes of a kernel, and how it numbers taps. */
typedef struct { uint32_t first[AXES], stop[AXES], tap, tap_z, tap_y; } pass;

/* Bands and rules of one pass. Returns the lines of rules. */
static uint32_t want_rules(const rig *r, const reference *f, const pass *p, uint64_t bands, uint32_t band_room, uint64_t rules, uint32_t band)
{
    uint32_t line = 0, b = 0;
    const rule *at = f->rule, *const end = f->rule + f->rules;
    for (uint32_t out = 0; out < f->out.n; b++) {
        uint32_t       h[10] = { 0, 0, line, 0 }; /* outputs, rules, begin */
        uint8_t *const to = want(r, rules) + 64 * (size_t)line;
        for (; out < f->out.n && h[0] < band; out++, h[0]++) {
            const uint32_t before = h[1];
            for (; at < end && at->out == out; at++) {
                int mine = 1;
                for (int a = 0; a < AXES; a++) mine &= at->k[a] >= p->first[a] && at->k[a] < p->stop[a];
                if (!mine) continue;
                const uint32_t kz = at->k[Z] - p->first[Z];
                const uint32_t tap = p->tap + kz * p->tap_z + (at->k[Y] - p->first[Y]) * p->tap_y + at->k[X] - p->first[X];
                uint32_t *const span = h + 4 + 2 * kz;
                if (!span[1] || at->in < span[0]) span[0] = at->in;
                if (at->in >= span[1]) span[1] = at->in + 1;
                put(to + 4 * (size_t)h[1]++, tap << 24 | at->in, 4);
            }
            if (h[1] == before) put(to + 4 * (size_t)h[1]++, UINT32_C(127) << 24, 4);
            to[4 * (size_t)h[1] - 1] |= 0x80;
        }
        for (uint32_t i = h[1]; i % 16; i++) put(to + 4 * (size_t)i, 0, 4);
        line += (h[1] + 15) / 16;
        memset(want(r, bands) + 64 * (size_t)b, 0, 64);
        for (int i = 0; i < 10; i++) put(want(r, bands) + 64 * (size_t)b + 4 * i, h[i], 4);
    }
    if (b < band_room) memset(want(r, bands) + 64 * (size_t)b, 0, 64 * (size_t)(band_room - b));
    return line;
}

/* Rules of a pass. */
static uint32_t count_rules(const reference *f, const pass *p, uint32_t *empty)
{
    uint32_t n = 0, last = 0xffffffff, seen = 0;
    for (uint32_t i = 0; i < f->rules; i++) {
        int mine = 1;
        for (int a = 0; a < AXES; a++) mine &= f->rule[i].k[a] >= p->first[a] && f->rule[i].k[a] < p->stop[a];
        n += (uint32_t)mine;
        if (mine && f->rule[i].out != last) last = f->rule[i].out, seen++;
    }
    *empty = f->out.n - seen;
    return n;
}

/* Where memory and `wanted` differ from `from` on, without [skip, skip_end); 0: nowhere. */
static uint64_t differs(const rig *r, uint64_t from, uint64_t skip, uint64_t skip_end)
{
    const uint64_t n = r->next - r->base;
    if (!memcmp(memory + (from - r->base), wanted + (from - r->base), n - (from - r->base))) return 0;
    for (uint64_t i = from - r->base; i < n; i++)
        if (memory[i] != wanted[i] && (i + r->base < skip || i + r->base >= skip_end)) return i + r->base;
    return 0;
}

/* ---- Machines ---------------------------------------------------------------------------------------- */

static lac_config machine(uint32_t data_w, uint32_t ring, uint32_t addr_w)
{
    lac_config c;
    memset(&c, 0, sizeof c);
    strcpy(c.name, "map");
    c.lanes = 8;
    c.data_w = data_w;
    c.addr_w = addr_w;
    c.store_w = data_w > 256 ? 4 : 2;
    c.weight_depth = c.col_depth = c.acc_depth = c.param_depth = 64;
    c.feat_depth = 64;
    c.fifo_depth = 8;
    c.burst = 16;
    c.flight = 8;
    c.windows = 1;
    c.map_ring = ring;
    return c;
}

/* ---- Maps by the driver ------------------------------------------------------------------------------ */

static const char *const modes[] = { "submanifold", "regular", "strided", "inverse", "generative", "onto" };
static uint32_t seen[6], multi, steps_seen, shaped, skipped;

static int is_given(lac_map_mode m) { return m == LAC_INVERSE || m == LAC_ONTO; }

static spec spec_of(const lac_map_shape *s)
{
    spec p;
    memset(&p, 0, sizeof p);
    p.transposed = s->mode == LAC_INVERSE || s->mode == LAC_GENERATIVE;
    p.strided = s->mode == LAC_STRIDED;
    p.made = s->mode != LAC_SUBMANIFOLD && !is_given(s->mode);
    p.bounded = p.made && s->shape[Z];
    for (int a = 0; a < AXES; a++) {
        p.kernel[a] = s->kernel[a], p.stride[a] = s->stride[a], p.dilation[a] = s->dilation[a], p.pad[a] = s->pad[a];
        const int32_t n = (int32_t)s->shape[a], reach = (int32_t)((s->kernel[a] - 1) * s->dilation[a]), stride = (int32_t)s->stride[a];
        p.shape[a] = (uint32_t)(p.transposed ? (n - 1) * stride - 2 * s->pad[a] + reach + 1 : floor_div(n + 2 * s->pad[a] - reach - 1, stride) + 1);
    }
    return p;
}

/* Chunks of an axis, as lacuna.h has them. */
static uint32_t chunk_of(int axis, uint32_t dilation) { return axis != X ? 3 : dilation > 12 ? 1 : 12 / dilation + 1 < 5 ? 12 / dilation + 1 : 5; }

static uint32_t passes_of(const lac_map_shape *s, pass *p)
{
    uint32_t n = 0;
    uint32_t k[AXES], c[AXES];
    for (int a = 0; a < AXES; a++) c[a] = chunk_of(a, s->dilation[a]);
    for (k[Z] = 0; k[Z] < s->kernel[Z]; k[Z] += c[Z])
        for (k[Y] = 0; k[Y] < s->kernel[Y]; k[Y] += c[Y])
            for (k[X] = 0; k[X] < s->kernel[X]; k[X] += c[X], n++) {
                p[n].tap_y = s->kernel[X];
                p[n].tap_z = s->kernel[X] * s->kernel[Y];
                p[n].tap = k[Z] * p[n].tap_z + k[Y] * p[n].tap_y + k[X];
                for (int a = 0; a < AXES; a++) p[n].first[a] = k[a], p[n].stop[a] = k[a] + c[a] < s->kernel[a] ? k[a] + c[a] : s->kernel[a];
            }
    return n;
}

static lac_map_shape random_shape(lac_rng *g)
{
    static const uint32_t dil[] = { 1, 1, 1, 2, 3, 4, 7, 15 }, str[] = { 1, 1, 2, 2, 3, 4, 5 };
    lac_map_shape s;
    memset(&s, 0, sizeof s);
    s.mode = (lac_map_mode)rng_below(g, 6);
    const int alike = rng_chance(g, 100), small = rng_chance(g, 128);
    for (int a = 0; a < AXES; a++) {
        if (a && alike) {
            s.kernel[a] = s.kernel[0], s.stride[a] = s.stride[0], s.dilation[a] = s.dilation[0], s.pad[a] = s.pad[0];
        } else {
            s.kernel[a] = s.mode == LAC_SUBMANIFOLD ? 1 + 2 * rng_below(g, small ? 2 : 3) : 1 + rng_below(g, small ? 3 : 5);
            s.stride[a] = s.mode == LAC_SUBMANIFOLD ? 1 : str[rng_below(g, 7)];
            s.dilation[a] = dil[rng_below(g, 8)];
            s.pad[a] = rng_chance(g, 128) ? (int32_t)(s.dilation[a] * ((s.kernel[a] - 1) / 2)) : (int32_t)rng_range(g, -3, 20);
        }
    }
    if (s.mode != LAC_SUBMANIFOLD && !is_given(s.mode) && s.dilation[X] > 12 && s.kernel[X] > 1) s.dilation[X] = 1 + rng_below(g, 12);
    return s;
}

static cloud some_cloud(lac_rng *g, const lac_map_shape *s, uint32_t most)
{
    static const uint32_t spans[] = { 1, 3, 8, 20, 70, 300 };
    const uint32_t flat = rng_below(g, AXES); /* axes of one site */
    int32_t  low[AXES];
    uint32_t span[AXES];
    for (int a = 0; a < AXES; a++) {
        span[a] = a < (int)flat ? 1 : spans[rng_below(g, 6)];
        low[a] = s->shape[Z] || rng_chance(g, 60) ? 0 : (int32_t)rng_range(g, -40, 10);
        if (!s->shape[Z] && rng_chance(g, 20)) low[a] = s->stride[a] == 1 || s->mode == LAC_STRIDED ? (rng_chance(g, 128) ? -30000 : 30000) : -6000;
        if (s->shape[Z] && span[a] > s->shape[a]) span[a] = s->shape[a];
        if (s->shape[Z] && rng_chance(g, 128)) low[a] = (int32_t)(s->shape[a] - span[a]);
    }
    return random_cloud(g, most, low, span, 1 + rng_below(g, 3));
}

/* One map; 0: it was not as it must be. `exact`: every room is just as large as needed. */
static int driver_job(rig *r, lac_rng *g, uint64_t start, int exact, char *why, size_t n)
{
    static const uint32_t sizes[] = { 0, 1, 2, 5, 30, 100, 220 };
    lac_map_shape s = random_shape(g);
    pass          p[LAC_MAP_PASSES];
    lac_map       m;
    lac_map_room  room[LAC_MAP_PASSES];
    lac_map_sizes size;
    r->next = start;
    if (rng_chance(g, 100)) {
        for (int a = 0; a < AXES; a++) s.shape[a] = 1 + rng_below(g, 120);
        uint32_t grid[AXES];
        if (is_given(s.mode) || lac_map_grid(&s, grid)) memset(s.shape, 0, sizeof s.shape);
    }
    const spec q = spec_of(&s);
    cloud      in = some_cloud(g, &s, sizes[rng_below(g, 7)]), given = in;
    if (is_given(s.mode)) given = some_cloud(g, &s, sizes[rng_below(g, 7)]);
    if (is_given(s.mode) && in.n && given.n) { /* some that are reached */
        uint32_t k[AXES];
        lac_site o;
        for (uint32_t i = 0; i < given.n; i += 2) {
            for (int a = 0; a < AXES; a++) k[a] = rng_below(g, s.kernel[a]);
            if (goes(&q, &in.s[rng_below(g, in.n)], k, &o) && in_space(&o)) given.s[i] = o;
        }
        qsort(given.s, given.n, sizeof o, by_site);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < given.n; i++)
            if (!i || by_site(&given.s[i], &given.s[kept - 1])) given.s[kept++] = given.s[i];
        given.n = kept;
    }
    reference f = follow(&q, &in, q.made ? NULL : &given);
    const uint32_t passes = passes_of(&s, p), band = rng_chance(g, 40) ? 1 + rng_below(g, 65535) : 1 + rng_below(g, 60);
    int ok = 0;
    *why = 0;

    if (lac_map_passes(&s) != passes) snprintf(why, n, "%u passes, expected %u", lac_map_passes(&s), passes);
    const uint32_t in_words = write_list(NULL, in.s, in.n);
    lac_status     st = lac_map_bound(&s, in.n, in_words, is_given(s.mode) ? given.n : 0, band, &size);
    if (st && !*why) snprintf(why, n, "bound: %s", lac_status_name(st));

    memset(&m, 0, sizeof m);
    m.shape = s;
    m.band = band;
    m.in = take_list(r, &in);
    m.out = is_given(s.mode) ? take_list(r, &given) : 0;
    m.tag = (uint32_t)rng_next(g);
    const uint32_t made_words = q.made ? write_list(NULL, f.out.s, f.out.n) : 0;
    if (q.made) {
        if (f.out.n > size.outputs || made_words > size.out_words) snprintf(why, n, "%u outputs of %u words, bound %u, %u", f.out.n, made_words, size.outputs, size.out_words);
        m.out_words = exact ? (made_words + 7) / 8 * 8 : size.out_words;
        m.out = take(r, 64 + 8 * (uint64_t)m.out_words);
    }
    m.step_words = size.step_words;
    const uint64_t skip = r->next;
    for (uint32_t i = 0; i < size.steps && size.step_words < 200000; i++) m.step[i] = take(r, 64 + 8 * (uint64_t)size.step_words);
    const uint64_t skip_end = r->next;
    uint64_t left = MEM - (r->next - r->base), all = 0;
    for (uint32_t i = 0; i < passes; i++) {
        uint32_t empty;
        const uint32_t rules = count_rules(&f, &p[i], &empty), bands = (f.out.n + band - 1) / band;
        if (rules + empty > 16 * size.rule_lines || bands > size.band_room) snprintf(why, n, "pass %u: %u rules, %u bands, bound %u lines, %u", i, rules, bands, size.rule_lines, size.band_room);
        room[i].band_room = exact ? bands : bands + rng_below(g, 4);
        room[i].rule_lines = exact ? 0 : size.rule_lines; /* exactly: found below */
        all += 64 * (uint64_t)room[i].band_room + 64 * (uint64_t)(exact ? rules / 16 + empty / 16 + bands + 2 : size.rule_lines);
    }
    if (all + 4096 > left || size.step_words >= 200000) { /* more than this test's memory */
        skipped++;
        goto done;
    }
    for (uint32_t i = 0; i < passes; i++) {
        uint32_t empty;
        const uint32_t rules = count_rules(&f, &p[i], &empty);
        room[i].bands = take(r, 64 * (uint64_t)room[i].band_room);
        room[i].rules = take(r, 64 * (uint64_t)(exact ? rules / 16 + empty / 16 + room[i].band_room + 2 : room[i].rule_lines));
    }
    m.room = room;
    memcpy(wanted, memory, r->next - r->base);
    uint32_t rules = 0, empty;
    for (uint32_t i = 0; i < passes; i++) {
        const uint32_t lines = want_rules(r, &f, &p[i], room[i].bands, room[i].band_room, room[i].rules, band);
        if (exact) room[i].rule_lines = lines;
        rules += count_rules(&f, &p[i], &empty);
    }
    if (q.made) want_list(r, m.out, &f.out);

    if (!*why) {
        st = lac_map_run(&r->dev, &m, 10);
        lac_error_record e = { 0 };
        if (st == LAC_E_JOB) lac_error(&r->dev, &e);
        if (f.beyond && st == LAC_E_JOB && e.code == LAC_ERR_MAP_RANGE && e.tag == m.tag && e.unit == LAC_UNIT_MAP) ok = 1;
        else if (f.beyond || st) snprintf(why, n, "%s, error %s unit %u addr %llx index %u", lac_status_name(st), lac_error_name(e.code), e.unit, (unsigned long long)e.addr, e.index);
        else {
            const uint64_t at = differs(r, m.in, skip, skip_end);
            uint32_t       outputs = 0, counted[LAC_MAP_PASSES], sum = 0;
            if (at) snprintf(why, n, "memory at %llx (in %llx out %llx bands %llx rules %llx): %02x, expected %02x", (unsigned long long)at, (unsigned long long)m.in, (unsigned long long)m.out, (unsigned long long)room[0].bands,
                             (unsigned long long)room[0].rules, *host(r, at), *want(r, at));
            else if ((st = lac_map_count(&r->dev, &m, 10, &outputs, counted)) != LAC_OK) snprintf(why, n, "count: %s", lac_status_name(st));
            else {
                for (uint32_t i = 0; i < passes; i++) {
                    sum += counted[i];
                    if (counted[i] != count_rules(&f, &p[i], &empty)) snprintf(why, n, "pass %u: %u rules counted, expected %u", i, counted[i], count_rules(&f, &p[i], &empty));
                    if (lac_map_lines(outputs, counted[i], band) * 16 < counted[i] + empty) snprintf(why, n, "pass %u: %u lines are too few", i, lac_map_lines(outputs, counted[i], band));
                }
                if (outputs != f.out.n || sum != rules) snprintf(why, n, "counted %u outputs, %u rules, expected %u, %u", outputs, sum, f.out.n, rules);
                else if (differs(r, m.in, skip, skip_end)) snprintf(why, n, "counting wrote");
                else if (q.made) { /* the list by itself */
                    memset(host(r, m.out), 0xa5, 64 + 8 * (size_t)made_words);
                    m.only_list = 1;
                    m.room = NULL;
                    outputs = 0;
                    counted[0] = 0x5a5a;
                    if ((st = lac_map_run(&r->dev, &m, 10)) || differs(r, m.in, skip, skip_end)) snprintf(why, n, "the list by itself: %s", lac_status_name(st));
                    else if ((st = lac_map_count(&r->dev, &m, 10, &outputs, counted)) || outputs != f.out.n || counted[0] != 0x5a5a) snprintf(why, n, "the list counted: %s, %u outputs", lac_status_name(st), outputs);
                    else ok = !*why;
                } else ok = !*why;
            }
        }
        if (e.code) lac_reset(&r->dev, 10);
        seen[s.mode]++;
        multi += passes > 1;
        steps_seen += size.steps > 0;
        shaped += s.shape[Z] != 0;
    } else
        ok = 0;
    if (!ok) {
        const size_t at = strlen(why);
        snprintf(why + at, n - at, " [%s kernel %u,%u,%u stride %u,%u,%u dilation %u,%u,%u pad %d,%d,%d shape %u,%u,%u, %u to %u, band %u]", modes[s.mode], s.kernel[0], s.kernel[1], s.kernel[2], s.stride[0], s.stride[1],
                 s.stride[2], s.dilation[0], s.dilation[1], s.dilation[2], s.pad[0], s.pad[1], s.pad[2], s.shape[0], s.shape[1], s.shape[2], in.n, f.out.n, band);
    }
done:
    if (!*why) ok = 1;
    forget(&f);
    if (given.s != in.s) free(given.s);
    free(in.s);
    return ok;
}

static void driver_jobs(uint32_t data_w, uint32_t addr_w, uint32_t jobs)
{
    const lac_config cfg = machine(data_w, 512, addr_w);
    lac_rng          g = { seed * 1000003 + data_w };
    rig              r;
    char             name[120], why[600] = "", first[600] = "";
    uint32_t         wrong = 0;
    open_rig(&r, &cfg, 5); /* a ring that fills up */
    const uint64_t start = r.next;
    for (uint32_t i = 0; i < jobs; i++) {
        if (driver_job(&r, &g, start, rng_chance(&g, 100), why, sizeof why)) continue;
        if (!wrong++) strcpy(first, why);
    }
    r.next = r.base + MEM;
    close_rig(&r);
    snprintf(name, sizeof name, "%u maps, %u-bit bus", jobs, data_w);
    check(!wrong, name, "%u wrong, first: %s", wrong, first);
}

/* ---- Single commands --------------------------------------------------------------------------------- */

#define SETF(c, name, v) lac_set_field((c)->w, LAC_F_MAP_##name, (uint32_t)(v))
#define GETF(c, name) lac_get_field((c)->w, LAC_F_MAP_##name)

typedef struct {
    rig     *r;
    spec     s;
    pass     p;
    cloud    in, given;
    reference f;
    uint64_t in_at, out_at, bands, rules;
    uint32_t out_lines, band_room, rule_lines, band;
    lac_cmd  c;
} single;

static lac_cmd command(const single *t)
{
    const spec *s = &t->s;
    lac_cmd     c;
    memset(&c, 0, sizeof c);
    c.w[0] = LAC_OP_MAP;
    c.w[1] = 0xC0FFEE;
    SETF(&c, IN, t->in_at >> 6), SETF(&c, OUT, t->out_at >> 6), SETF(&c, BANDS, t->bands >> 6), SETF(&c, RULES, t->rules >> 6);
    SETF(&c, OUT_LINES, t->out_lines), SETF(&c, MADE, s->made), SETF(&c, TRANSPOSED, s->transposed), SETF(&c, BOUNDED, s->bounded);
    SETF(&c, RULE_LINES, t->rule_lines), SETF(&c, TAP, t->p.tap), SETF(&c, TAP_Z, t->p.tap_z), SETF(&c, TAP_Y, t->p.tap_y);
    SETF(&c, BAND, t->band), SETF(&c, BAND_ROOM, t->band_room);
    SETF(&c, KZ, s->kernel[Z]), SETF(&c, KY, s->kernel[Y]), SETF(&c, KX, s->kernel[X]);
    SETF(&c, SZ, s->stride[Z]), SETF(&c, SY, s->stride[Y]), SETF(&c, SX, s->stride[X]);
    SETF(&c, DZ, s->dilation[Z]), SETF(&c, DY, s->dilation[Y]), SETF(&c, DX, s->dilation[X]);
    SETF(&c, PZ, s->pad[Z]), SETF(&c, PY, s->pad[Y]), SETF(&c, PX, s->pad[X]);
    if (s->bounded) SETF(&c, SHAPE_Z, s->shape[Z]), SETF(&c, SHAPE_Y, s->shape[Y]), SETF(&c, SHAPE_X, s->shape[X]);
    return c;
}

/* One command on this machine, with exactly the room it needs; expected memory in `wanted`. s: but for what follows from the clouds. */
static single prepare(rig *r, uint64_t start, const spec *s, cloud in, cloud given, uint32_t band, uint32_t tap, uint32_t tap_z, uint32_t tap_y)
{
    single   t;
    uint32_t empty;
    memset(&t, 0, sizeof t);
    t.r = r, t.s = *s, t.in = in, t.given = given, t.band = band;
    t.p = (pass){ { 0, 0, 0 }, { s->kernel[Z], s->kernel[Y], s->kernel[X] }, tap, tap_z, tap_y };
    t.f = follow(s, &in, s->made ? NULL : &given);
    r->next = start;
    t.in_at = take_list(r, &in);
    if (s->made) {
        t.out_lines = (write_list(NULL, t.f.out.s, t.f.out.n) + 7) / 8;
        t.out_at = take(r, 64 + 64 * (uint64_t)t.out_lines);
    } else
        t.out_at = take_list(r, &given);
    t.band_room = (t.f.out.n + band - 1) / band;
    t.bands = take(r, 64 * (uint64_t)t.band_room);
    t.rules = take(r, 64 * (uint64_t)(count_rules(&t.f, &t.p, &empty) + t.f.out.n + 16));
    take(r, 128); /* what must stay as it is */
    memcpy(wanted, memory, r->next - r->base);
    t.rule_lines = want_rules(r, &t.f, &t.p, t.bands, t.band_room, t.rules, band);
    if (s->made) want_list(r, t.out_at, &t.f.out);
    t.c = command(&t);
    return t;
}

static void drop(single *t)
{
    forget(&t->f);
    free(t->in.s);
    free(t->given.s);
}

static int submit(rig *r, const lac_cmd *c) { return lac_submit(&r->dev, c, 1) ? LAC_E_PORT : (int)lac_wait(&r->dev, 10); }

static spec spec_command(lac_rng *g)
{
    spec s;
    memset(&s, 0, sizeof s);
    s.transposed = rng_chance(g, 128), s.made = rng_chance(g, 128), s.bounded = s.made && rng_chance(g, 128);
    for (int a = 0; a < AXES; a++) {
        s.kernel[a] = 1 + rng_below(g, a == X ? 5 : 3);
        s.stride[a] = rng_chance(g, 128) ? 1 : 1 + rng_below(g, 5);
        s.dilation[a] = rng_chance(g, 128) ? 1 : 1 + rng_below(g, a != X ? 15 : s.kernel[X] > 1 ? 12 / (s.kernel[X] - 1) : 12);
        s.pad[a] = (int32_t)rng_range(g, -20, 20);
        s.shape[a] = 1 + rng_below(g, 60);
    }
    return s;
}

static single random_single(rig *r, lac_rng *g, uint64_t start, uint32_t most)
{
    const spec s = spec_command(g);
    int32_t    low[AXES];
    uint32_t   span[AXES];
    for (int a = 0; a < AXES; a++) low[a] = (int32_t)rng_range(g, -50, 0), span[a] = 1 + rng_below(g, 60);
    cloud in = random_cloud(g, rng_below(g, most), low, span, 2), given = { NULL, 0 };
    if (!s.made) given = random_cloud(g, rng_below(g, most), low, span, 3);
    const uint32_t tap_z = rng_below(g, 32), tap_y = rng_below(g, 8), top = (s.kernel[Z] - 1) * tap_z + (s.kernel[Y] - 1) * tap_y + s.kernel[X] - 1;
    return prepare(r, start, &s, in, given, 1 + rng_below(g, 20), rng_below(g, 127 - top), tap_z, tap_y);
}

/* A number of commands with COUNT, the first as given, the others MORE: memory as by one command, each filled so many bands, and counters add up. */
static int pieces(single *t, lac_rng *g, char *why, size_t n)
{
    rig      *r = t->r;
    uint32_t  bands = 0, sites = 0, rules = 0, empty, commands = 0;
    const uint32_t all = t->f.out.n / t->band; /* bands that are filled */
    lac_cmd   c = t->c;
    for (int more = 0;; more = 1) {
        const uint32_t count = rng_chance(g, 40) ? 0 : 1 + rng_below(g, 4);
        if (more) { /* of the other fields only COUNT is looked at */
            for (int w = 2; w < 16; w++) c.w[w] = 0;
            SETF(&c, MORE, 1);
            if (rng_chance(g, 128)) SETF(&c, IN, 0x123456), SETF(&c, KZ, 3), SETF(&c, OUT_LINES, 77), SETF(&c, SHAPE_Z, 9), SETF(&c, BOUNDED, 1);
        }
        SETF(&c, COUNT, count);
        const int st = submit(r, &c);
        if (st) return snprintf(why, n, "piece %u: %s", commands, lac_status_name(st)), 0;
        sites += GO(r, CNT_SITES), rules += GO(r, CNT_RULES);
        commands++;
        if (!count || bands + count > all) break;
        bands += count;
        if (get(host(r, t->bands) + 64 * (size_t)(bands - 1), 4) != t->band) return snprintf(why, n, "band %u is not full", bands - 1), 0;
        if (bands < t->band_room && !memcmp(host(r, t->bands) + 64 * (size_t)bands, want(r, t->bands) + 64 * (size_t)bands, 64)) return snprintf(why, n, "band %u is there too early", bands), 0;
        if (sites != bands * t->band) return snprintf(why, n, "%u sites visited for %u bands", sites, bands), 0;
    }
    const uint64_t at = differs(r, t->in_at, 0, 0);
    if (at) return snprintf(why, n, "memory at %llx", (unsigned long long)at), 0;
    if (sites != t->f.out.n || rules != count_rules(&t->f, &t->p, &empty)) return snprintf(why, n, "%u sites, %u rules", sites, rules), 0;
    SETF(&c, MORE, 1);
    if (submit(r, &c) != LAC_E_JOB || GO(r, ERR_CODE) != (LAC_ERR_LENGTH | LAC_UNIT_MAP << 8)) return snprintf(why, n, "MORE behind the end: %x", GO(r, ERR_CODE)), 0;
    lac_reset(&r->dev, 10);
    return 1;
}

static void commands(uint32_t data_w)
{
    const lac_config cfg = machine(data_w, 512, 32);
    lac_rng          g = { seed * 7919 + data_w };
    rig              r;
    char             why[200] = "", name[80];
    uint32_t         wrong[3] = { 0 };
    open_rig(&r, &cfg, 8);
    const uint64_t start = r.next;
    for (uint32_t i = 0; i < 200; i++) {
        single t = random_single(&r, &g, start, 100);
        if (submit(&r, &t.c) || differs(&r, t.in_at, 0, 0)) wrong[0]++;
        /* Counting writes nothing but the list. */
        uint32_t empty;
        lac_cmd  c = t.c;
        SETF(&c, NO_RULES, 1);
        SETF(&c, RULE_LINES, rng_below(&g, 3));
        memset(host(&r, t.bands), 0x5A, r.next - t.bands);
        memset(want(&r, t.bands), 0x5A, r.next - t.bands);
        if (submit(&r, &c) || differs(&r, t.in_at, 0, 0) || GO(&r, CNT_SITES) != t.f.out.n || GO(&r, CNT_RULES) != count_rules(&t.f, &t.p, &empty)) wrong[1]++;
        drop(&t);
    }
    snprintf(name, sizeof name, "200 commands, %u-bit bus", data_w);
    check(!wrong[0], name, "%u wrong", wrong[0]);
    snprintf(name, sizeof name, "200 commands without rules, %u-bit bus", data_w);
    check(!wrong[1], name, "%u wrong", wrong[1]);
    for (uint32_t i = 0; i < 200; i++) {
        single t = random_single(&r, &g, start, 100);
        memset(host(&r, t.bands), 0xEE, 64 * (size_t)t.band_room);
        if (!pieces(&t, &g, why, sizeof why)) wrong[2]++;
        drop(&t);
    }
    snprintf(name, sizeof name, "200 maps in pieces, %u-bit bus", data_w);
    check(!wrong[2], name, "%u wrong, last: %s", wrong[2], why);
    close_rig(&r);
}

/* ---- Errors ------------------------------------------------------------------------------------------ */

static int records_ok, records_all;
static uint32_t sites_of_it, rules_of_it; /* what was counted until then */

/* The command must fail like this, and the good one behind a reset must be right. */
static int fails(const single *t, const lac_cmd *c, const char *name, uint32_t code, uint32_t unit, uint64_t addr, uint32_t index)
{
    rig             *r = t->r;
    lac_error_record e;
    memset(&e, 0, sizeof e);
    const uint32_t done = GO(r, DONE);
    const int      st = submit(r, c);
    if (st == LAC_E_JOB) lac_error(&r->dev, &e);
    int ok = st == LAC_E_JOB && e.code == code && e.unit == unit && e.addr == addr && e.index == index && e.tag == c->w[1];
    if (ok && GO(r, DONE) != done) ok = 0;
    sites_of_it = GO(r, CNT_SITES), rules_of_it = GO(r, CNT_RULES);
    records_all++;
    records_ok += ok;
    if (!ok)
        check(0, name, "%s: expected %s unit %u address %llx index %x, got %s unit %u address %llx index %x, DONE %u, %u before", lac_status_name(st), lac_error_name(code), unit, (unsigned long long)addr, index, lac_error_name(e.code), e.unit,
              (unsigned long long)e.addr, e.index, GO(r, DONE), done);
    lac_reset(&r->dev, 10);
    return ok;
}

/* Right behind it: the good command, on memory that is put back as it was. */
static void next_is_right(const single *t, const char *name)
{
    write_list(host(t->r, t->in_at), t->in.s, t->in.n);
    if (!t->s.made) write_list(host(t->r, t->out_at), t->given.s, t->given.n);
    lac_windows(&t->r->dev, t->r->base, t->r->base + MEM, t->r->base, t->r->base + MEM);
    const int      st = submit(t->r, &t->c);
    const uint64_t at = differs(t->r, t->in_at, 0, 0);
    records_all++;
    records_ok += !st && !at;
    if (st || at) check(0, name, "the next job: %s, memory at %llx", lac_status_name(st), (unsigned long long)at);
    if (st) lac_reset(&t->r->dev, 10);
}

/* A small map whose outputs are given, or made, with exact room. */
static single small_map(rig *r, uint64_t start, int made)
{
    lac_rng  g = { 5 };
    spec     s = { .made = made, .kernel = { 3, 3, 3 }, .stride = { 1, 1, 1 }, .dilation = { 1, 1, 1 }, .pad = { 1, 1, 1 } };
    const int32_t  low[AXES] = { -2, -3, -40 };
    const uint32_t span[AXES] = { 3, 5, 90 };
    cloud in = random_cloud(&g, 40, low, span, 2), given = { NULL, 0 };
    if (!made) given = random_cloud(&g, 30, low, span, 2);
    return prepare(r, start, &s, in, given, 7, 0, 9, 3);
}

static void fields(rig *r, uint64_t start)
{
    single         t = small_map(r, start, 1), u = small_map(r, t.r->next, 0);
    const uint64_t ring = r->dev.ring;
    lac_cmd        c;
    /* `u` was prepared last: `wanted` holds what it must leave, and of t what stood there before. */
#define BAD(name, change, from, code, unit, addr, index) (c = (from).c, change, fails(&(from), &c, name, LAC_ERR_##code, LAC_UNIT_##unit, addr, index))
#define LENGTH(name, change, from) BAD(name, change, from, LENGTH, MAP, 0, 0)
    LENGTH("KZ 0", SETF(&c, KZ, 0), u);
    LENGTH("KY 0", SETF(&c, KY, 0), u);
    LENGTH("KX 0", SETF(&c, KX, 0), u);
    LENGTH("KX 6", SETF(&c, KX, 6), u);
    LENGTH("KX 7", SETF(&c, KX, 7), u);
    LENGTH("SZ 0", SETF(&c, SZ, 0), u);
    LENGTH("SY 0", SETF(&c, SY, 0), u);
    LENGTH("SX 0", SETF(&c, SX, 0), u);
    LENGTH("SZ 6", SETF(&c, SZ, 6), u);
    LENGTH("SY 7", SETF(&c, SY, 7), u);
    LENGTH("SX 6", SETF(&c, SX, 6), u);
    LENGTH("DZ 0", SETF(&c, DZ, 0), u);
    LENGTH("DY 0", SETF(&c, DY, 0), u);
    LENGTH("DX 0", SETF(&c, DX, 0), u);
    LENGTH("DX 13", (SETF(&c, KX, 1), SETF(&c, DX, 13)), u);
    LENGTH("(KX - 1) * DX 14", SETF(&c, DX, 7), u);
    LENGTH("(KX - 1) * DX 16", (SETF(&c, KX, 5), SETF(&c, DX, 4)), u);
    LENGTH("BAND 0", SETF(&c, BAND, 0), u);
    LENGTH("BOUNDED without MADE", (SETF(&c, BOUNDED, 1), SETF(&c, SHAPE_Z, 1), SETF(&c, SHAPE_Y, 1), SETF(&c, SHAPE_X, 1)), u);
    LENGTH("OUT_LINES without MADE", SETF(&c, OUT_LINES, 1), u);
    LENGTH("SHAPE_Z without BOUNDED", SETF(&c, SHAPE_Z, 1), t);
    LENGTH("SHAPE_Y without BOUNDED", SETF(&c, SHAPE_Y, 1), t);
    LENGTH("SHAPE_X without BOUNDED", SETF(&c, SHAPE_X, 1), u);
    LENGTH("BOUNDED, SHAPE_Z 0", (SETF(&c, BOUNDED, 1), SETF(&c, SHAPE_Y, 1), SETF(&c, SHAPE_X, 1)), t);
    LENGTH("BOUNDED, SHAPE_Y 0", (SETF(&c, BOUNDED, 1), SETF(&c, SHAPE_Z, 1), SETF(&c, SHAPE_X, 1)), t);
    LENGTH("BOUNDED, SHAPE_X 32769", (SETF(&c, BOUNDED, 1), SETF(&c, SHAPE_Z, 1), SETF(&c, SHAPE_Y, 1), SETF(&c, SHAPE_X, 32769)), t);
    LENGTH("tap 127", SETF(&c, TAP, 101), u);
    LENGTH("tap 127, by TAP_Z", (SETF(&c, TAP, 127 - 8 - 62), SETF(&c, TAP_Z, 31)), u);
    LENGTH("MORE where nothing was begun", SETF(&c, MORE, 1), u);
    /* Behind an error, a reset and the end of a map nothing is begun. */
    c = u.c;
    SETF(&c, COUNT, 1);
    submit(r, &c);
    LENGTH("an error in between: itself", SETF(&c, KZ, 0), u);
    LENGTH("MORE behind an error", SETF(&c, MORE, 1), u);
    c = u.c;
    SETF(&c, COUNT, 1);
    submit(r, &c);
    lac_reset(&r->dev, 10);
    LENGTH("MORE behind a reset", SETF(&c, MORE, 1), u);
#undef LENGTH
    for (int w = 2; w < 16; w++) {
        uint32_t used = 0;
#define LAC_CMD(cmd, op, kind)
#define LAC_FIELD(cmd, field, word, lsb, width, doc) if (!strcmp(#cmd, "MAP") && word == w) used |= lac_field_mask(width) << (lsb);
#include "lac_cmd.def"
#undef LAC_FIELD
#undef LAC_CMD
        for (int bit = 0; bit < 32; bit++)
            if (!(used >> bit & 1)) BAD("a reserved bit of MAP", c.w[w] |= UINT32_C(1) << bit, u, RESERVED, CMD, ring, (uint32_t)w);
    }
    BAD("a token to itself", lac_set_field(c.w, LAC_F_ANY_SIGNAL, 8), u, RESERVED, CMD, ring, 0);
    BAD("a token from itself", lac_set_field(c.w, LAC_F_ANY_WAIT, 8), u, RESERVED, CMD, ring, 0);
    BAD("a token nobody gives", lac_set_field(c.w, LAC_F_ANY_WAIT, 4), u, TOKEN, CMD, ring, 0);
    BAD("KIND 1", c.w[0] |= 16, u, OPCODE, CMD, ring, u.c.w[0] | 16);
    next_is_right(&u, "behind faulty fields");
    drop(&t);
    drop(&u);
    check(records_ok == records_all, "fields: each refusal's record, and the next job", "%d of %d", records_ok, records_all);
}

/* Windows, room, range. */
static void places(rig *r, uint64_t start)
{
    lac_cmd c;
    records_ok = records_all = 0;
    for (int made = 0; made < 2; made++) {
        single         t = small_map(r, start, made);
        const uint64_t below = r->base - 64, lists = t.in_at, end = r->base + MEM;
        const uint32_t in_words = write_list(NULL, t.in.s, t.in.n), out_words = write_list(NULL, t.f.out.s, t.f.out.n), line = r->dev.caps.line;
        const uint64_t in_end = t.in_at + 64 + (8 * (uint64_t)in_words + line - 1) / line * line, out_end = t.out_at + 64 + (8 * (uint64_t)out_words + line - 1) / line * line;
        uint32_t       empty, rules = count_rules(&t.f, &t.p, &empty);
        /* Reads. */
        BAD("inputs outside the window", SETF(&c, IN, below >> 6), t, WINDOW, MAP, below, 0);
        lac_windows(&r->dev, r->base, in_end - 1, r->base, end);
        if (!made) BAD("the end of the inputs outside the window", (void)0, t, WINDOW, MAP, lists + 64, 0);
        else {
            BAD("the end of the inputs outside the window", (void)0, t, WINDOW, MAP, lists + 64, 0);
            lac_windows(&r->dev, r->base, in_end, r->base, end);
            next_is_right(&t, "inputs just inside the window");
        }
        if (!made) {
            lac_windows(&r->dev, r->base, end, r->base, end);
            BAD("outputs outside the window", SETF(&c, OUT, below >> 6), t, WINDOW, MAP, below, 0);
            lac_windows(&r->dev, r->base, out_end - 1, r->base, end);
            BAD("the end of the outputs outside the window", (void)0, t, WINDOW, MAP, t.out_at + 64, 0);
            BAD("inputs before outputs", (SETF(&c, IN, below >> 6), SETF(&c, OUT, below >> 6)), t, WINDOW, MAP, below, 0);
        }
        /* Writes. */
        lac_windows(&r->dev, r->base, end, r->base, t.rules + 64 * (uint64_t)t.rule_lines - 1);
        BAD("rules beyond the write window", (void)0, t, WINDOW, MAP, t.rules, 0);
        lac_windows(&r->dev, r->base, end, r->base, t.bands + 64 * (uint64_t)t.band_room - 1);
        BAD("headers beyond the write window", (void)0, t, WINDOW, MAP, t.bands, 0);
        if (made) {
            lac_windows(&r->dev, r->base, end, r->base, t.out_at + 64 + 64 * (uint64_t)t.out_lines - 1);
            BAD("the list beyond the write window", (void)0, t, WINDOW, MAP, t.out_at, 0);
            lac_windows(&r->dev, r->base, end, t.out_at + 64, end);
            BAD("the list's header below the write window", (void)0, t, WINDOW, MAP, t.out_at, 0);
        }
        lac_windows(&r->dev, r->base, end, t.bands + 64, end);
        BAD("headers below the write window", (made ? (SETF(&c, OUT, t.rules >> 6)) : (void)0), t, WINDOW, MAP, t.bands, 0);
        lac_windows(&r->dev, r->base, end, r->base, end);
        next_is_right(&t, "behind faulty windows");
        /* Room; what is beyond it stays. */
        const uint8_t after[4] = { *host(r, t.rules + 64 * (uint64_t)t.rule_lines), *host(r, t.bands + 64 * (uint64_t)t.band_room), 0, 0 };
        BAD("one line of rules too few", SETF(&c, RULE_LINES, t.rule_lines - 1), t, MAP_ROOM, MAP, t.rules, rules);
        BAD("no line of rules", SETF(&c, RULE_LINES, 0), t, MAP_ROOM, MAP, t.rules, rules);
        BAD("one header too few", SETF(&c, BAND_ROOM, t.band_room - 1), t, MAP_ROOM, MAP, t.bands, t.band_room);
        BAD("no headers", SETF(&c, BAND_ROOM, 0), t, MAP_ROOM, MAP, t.bands, t.band_room);
        BAD("bands before rules", (SETF(&c, BAND_ROOM, 1), SETF(&c, RULE_LINES, 1)), t, MAP_ROOM, MAP, t.bands, t.band_room);
        if (made) {
            memset(host(r, t.out_at + 64), 0x33, 64 * (size_t)t.out_lines);
            BAD("one line of the list too few", SETF(&c, OUT_LINES, t.out_lines - 1), t, MAP_ROOM, MAP, t.out_at, t.f.out.n);
            if (*host(r, t.out_at + 64 * (uint64_t)t.out_lines) != 0x33) check(0, "one line of the list too few", "it was written all the same");
            memcpy(host(r, t.out_at + 64), want(r, t.out_at + 64), 64 * (size_t)t.out_lines);
            BAD("outputs before bands", (SETF(&c, OUT_LINES, 0), SETF(&c, BAND_ROOM, 0), SETF(&c, RULE_LINES, 0)), t, MAP_ROOM, MAP, t.out_at, t.f.out.n);
            BAD("no rules, one line of the list too few", (SETF(&c, OUT_LINES, t.out_lines - 1), SETF(&c, NO_RULES, 1)), t, MAP_ROOM, MAP, t.out_at, t.f.out.n);
        }
        if (*host(r, t.rules + 64 * (uint64_t)t.rule_lines) != after[0] || *host(r, t.bands + 64 * (uint64_t)t.band_room) != after[1]) check(0, "room", "something behind it was written");
        next_is_right(&t, "behind too little room");
        drop(&t);
    }
    /* Range: one site at each end of each axis; the same with a shape is none. */
    for (int a = 0; a < 2 * AXES; a++) {
        const int32_t at = a < AXES ? 32767 : -32768;
        lac_site     *s = need(sizeof *s);
        *s = (lac_site){ 3, a % AXES == Z ? at : 5, a % AXES == Y ? at : 5, a % AXES == X ? at : 5 };
        spec q = { .made = 1, .kernel = { 3, 3, 3 }, .stride = { 1, 1, 1 }, .dilation = { 1, 1, 1 }, .pad = { 1, 1, 1 } };
        single t = prepare(r, start, &q, (cloud){ s, 1 }, (cloud){ NULL, 0 }, 9, 0, 9, 3);
        fails(&t, &t.c, "an output beyond int16", LAC_ERR_MAP_RANGE, LAC_UNIT_MAP, 0, 0);
        c = t.c;
        SETF(&c, RULE_LINES, 0);
        fails(&t, &c, "range before room", LAC_ERR_MAP_RANGE, LAC_UNIT_MAP, 0, 0);
        s = need(sizeof *s);
        *s = *t.in.s;
        drop(&t);
        q.bounded = 1;
        q.shape[Z] = q.shape[Y] = q.shape[X] = 32768;
        t = prepare(r, start, &q, (cloud){ s, 1 }, (cloud){ NULL, 0 }, 9, 0, 9, 3);
        next_is_right(&t, "the same with a shape");
        drop(&t);
    }
    check(records_ok == records_all, "windows, room, range: each record, and the next job", "%d of %d", records_ok, records_all);
}

/* Bus faults on everything that is read and written. */
static void bus(rig *r, uint64_t start)
{
    records_ok = records_all = 0;
    for (int made = 0; made < 2; made++)
        for (int kind = 0; kind < 3; kind++) {
            single         t = small_map(r, start, made);
            const uint32_t words = write_list(NULL, t.in.s, t.in.n), code = kind == 0 ? LAC_ERR_BUS_SLVERR : kind == 1 ? LAC_ERR_BUS_DECERR : LAC_ERR_BUS_TIMEOUT;
            const uint32_t line = r->dev.caps.line;
            const uint64_t reads[] = { t.in_at, t.in_at + 64, t.in_at + 64 + 8 * (uint64_t)(words - 1) / line * line, made ? t.in_at : t.out_at, made ? t.in_at : t.out_at + 64 };
            const uint64_t writes[] = { t.rules, t.rules + 64 * (uint64_t)t.rule_lines - line, t.bands, t.bands + 64 * (uint64_t)t.band_room - line, made ? t.out_at : t.bands, made ? t.out_at + 64 : t.bands };
            lac_watchdog(&r->dev, 100);
            for (int i = 0; i < 11; i++) {
                const uint64_t at = i < 5 ? reads[i] : writes[i - 5];
                lac_model_fault(r->model, (lac_fault_kind)kind, i < 5, i >= 5, at, at);
                if (kind < 2) fails(&t, &t.c, i < 5 ? "a read that fails" : "a write that fails", code, LAC_UNIT_MAP, at, 0);
                else {
                    lac_error_record e = { 0 };
                    records_all++;
                    const int st = submit(r, &t.c);
                    lac_error(&r->dev, &e);
                    if (st == LAC_E_JOB && e.code == code && e.addr == at && e.unit == LAC_UNIT_MAP) records_ok++;
                    else check(0, "a bus that stands still", "%s, %s at %llx, expected %llx", lac_status_name(st), lac_error_name(e.code), (unsigned long long)e.addr, (unsigned long long)at);
                }
                lac_model_bus_reset(r->model);
                lac_reset(&r->dev, 10);
                lac_watchdog(&r->dev, 100);
            }
            if (kind < 2) { /* several: the first that was written; inputs, outputs, writes */
                lac_model_fault(r->model, (lac_fault_kind)kind, 0, 1, t.rules, r->next - 1);
                lac_model_fault(r->model, (lac_fault_kind)kind, 0, 1, t.bands, t.rules - 1);
                fails(&t, &t.c, "two writes that fail", code, LAC_UNIT_MAP, t.rules, 0);
                lac_model_fault(r->model, (lac_fault_kind)kind, 1, 0, t.in_at + 64, t.in_at + 64);
                fails(&t, &t.c, "a read before writes", code, LAC_UNIT_MAP, t.in_at + 64, 0);
                lac_model_bus_reset(r->model);
            }
            next_is_right(&t, "behind a bus fault");
            drop(&t);
        }
    check(records_ok == records_all, "bus faults: each record, and the next job", "%d of %d", records_ok, records_all);
}

/* ---- Lists ------------------------------------------------------------------------------------------- */

/* What is wrong with the words of a list, found here by the rules of docs/mapping.md; *word HEADER: its header. Returns the error code. */
static uint32_t judge(const uint8_t *list, uint32_t *word, uint32_t *before)
{
    const uint32_t voxels = (uint32_t)get(list, 4), words = (uint32_t)get(list + 4, 4);
    int64_t row = -1, part = 0;
    int     has_part = 1;
    *before = 0;
    *word = HEADER;
    if (voxels >> 24 || words >> 24 || (voxels == 0) != (words == 0)) return *before = 0xffffffff, LAC_ERR_MAP_LIST;
    for (uint32_t i = 0; i < words; i++) {
        const uint64_t w = get(list + 64 + 8 * (size_t)i, 8);
        *word = i;
        if (w >> 63) {
            const int64_t z = (int64_t)(w >> 16 & 0xffff) ^ 0x8000, y = (int64_t)(w & 0xffff) ^ 0x8000, key = (int64_t)(w >> 32 & 0xff) << 32 | z << 16 | y;
            if (w << 1 >> 41 || !has_part || i + 1 == words) return LAC_ERR_MAP_LIST;
            if (key <= row) return LAC_ERR_MAP_ORDER;
            row = key, has_part = 0;
        } else {
            const int64_t next = (int64_t)(w >> 32 & 0x7ff) ^ 0x400;
            if (row < 0 || w >> 43 || !(uint32_t)w) return LAC_ERR_MAP_LIST;
            if (has_part && next <= part) return LAC_ERR_MAP_ORDER;
            part = next, has_part = 1;
            for (int b = 0; b < 32; b++) *before += (uint32_t)(w >> b & 1);
        }
    }
    *word = HEADER;
    return *before != voxels ? LAC_ERR_MAP_LIST : LAC_ERR_NONE;
}

/* As above, and the ring. */
static uint32_t judge_ring(const uint8_t *list, uint32_t reach, uint32_t ring, uint32_t *word, uint32_t *before)
{
    const uint32_t code = judge(list, word, before), words = (uint32_t)get(list + 4, 4), stop = *word != HEADER ? *word : *before == 0xffffffff ? 0 : words;
    uint32_t       voxels = 0;
    for (uint32_t i = 0; i < stop; i++) { /* words of rows of the same batch and z, not further back than `reach` */
        uint32_t row = i, n = 0;
        uint64_t w = get(list + 64 + 8 * (size_t)i, 8);
        while (!(get(list + 64 + 8 * (size_t)row, 8) >> 63)) row--;
        const uint64_t at = get(list + 64 + 8 * (size_t)row, 8);
        int32_t        last = (int16_t)at;
        for (uint32_t j = row;; j--) {
            const uint64_t v = get(list + 64 + 8 * (size_t)j, 8);
            if (v >> 63) {
                if (v >> 16 != at >> 16 || (int16_t)v < last - (int32_t)reach) break;
                n = i + 1 - j;
            }
            if (!j) break;
        }
        if (n > ring - 32) return *word = i, *before = voxels, LAC_ERR_MAP_RING;
        if (!(w >> 63))
            for (int b = 0; b < 32; b++) voxels += (uint32_t)(w >> b & 1);
    }
    return code;
}

/* The sites of a list's first words. */
static cloud prefix(const uint8_t *list, uint32_t words)
{
    cloud    c = { need(32 * (size_t)words * sizeof *c.s), 0 };
    uint64_t row = 0;
    for (uint32_t i = 0; i < words; i++) {
        const uint64_t w = get(list + 64 + 8 * (size_t)i, 8);
        if (w >> 63) row = w;
        for (int b = 0; b < 32 && !(w >> 63); b++)
            if (w >> b & 1) c.s[c.n++] = (lac_site){ (int32_t)(row >> 32 & 0xff), (int16_t)(row >> 16), (int16_t)row, 32 * (((int32_t)(w >> 32 & 0x7ff) ^ 0x400) - 0x400) + b };
    }
    return c;
}

/* What stands before the fault was mapped as if it were all. */
static int mapped_before(const single *t, int which, const uint8_t *list, uint32_t word, uint32_t before)
{
    const uint32_t words = (uint32_t)get(list + 4, 4);
    cloud          c = prefix(list, word != HEADER ? word : before == 0xffffffff ? 0 : words);
    reference      f = follow(&t->s, which ? &t->in : &c, which ? &c : &t->given);
    const int      ok = sites_of_it == f.out.n && rules_of_it == f.rules;
    forget(&f);
    free(c.s);
    return ok;
}

/* Every kind of fault at every word, as inputs and as given outputs. */
static void faulty_lists(rig *r, uint64_t start)
{
    uint32_t kinds[4] = { 0 }, unpack_wrong = 0, count_wrong = 0;
    records_ok = records_all = 0;
    single         t = small_map(r, start, 0);
    const uint32_t n[2] = { write_list(NULL, t.in.s, t.in.n), write_list(NULL, t.given.s, t.given.n) };
    for (int which = 0; which < 2; which++) {
        const uint64_t at = which ? t.out_at : t.in_at;
        uint8_t *const p = host(r, at);
        for (uint32_t i = 0; i <= n[which]; i++)
            for (int kind = 0; kind < 60; kind++) {
                uint8_t *const w = p + 64 + 8 * (size_t)i;
                if (i == n[which]) { /* the header */
                    if (kind == 0) put(p, get(p, 4) + 1, 4);
                    else if (kind == 1) put(p, get(p, 4) - 1, 4);
                    else if (kind == 2) put(p, 0, 4);
                    else if (kind == 3) put(p + 4, 0, 4);
                    else if (kind == 4) put(p, UINT32_C(1) << 24, 4);
                    else if (kind == 5) put(p + 4, UINT32_C(1) << 24, 4);
                    else if (kind == 6) put(p, 0xffffffff, 4);
                    else if (kind == 7) put(p + 4, 0x80000000, 4);
                    else if (kind - 8 < (int)n[which] - 1) put(p + 4, (uint32_t)kind - 7, 4); /* words */
                } else if (kind < 22) put(w, get(w, 8) ^ UINT64_C(1) << (62 - kind), 8);      /* bits 62 .. 41 */
                else if (kind == 22) put(w, get(w, 8) & ~UINT64_C(0xffffffff), 8);             /* no site */
                else if (kind == 23 && i) memcpy(w, w - 8, 8);                                 /* the same again */
                else if (kind == 24 && i > 1) memcpy(w, w - 16, 8);
                else if (kind == 25 && i + 1 < n[which]) memcpy(w, w + 8, 8);
                else if (kind == 26) put(w, get(w, 8) ^ UINT64_C(1) << 63, 8);                 /* a row for sites, and back */
                else if (kind == 27) put(w, UINT64_C(1) << 63 | UINT64_C(0xff) << 32 | 0x7fff7fff, 8);
                else if (kind == 28) put(w, UINT64_C(1) << 63, 8);
                else if (kind < 40) put(w, get(w, 8) ^ UINT64_C(1) << (kind + 4), 8);          /* place, batch */
                else put(w, get(w, 8) ^ UINT64_C(1) << (kind - 40), 8);                        /* sites, y and z */
                uint32_t word, before, m, where = 0;
                const uint32_t code = judge(p, &word, &before);
                const lac_status s = lac_coords_unpack(p, (uint32_t)list_bytes(which ? &t.given : &t.in), NULL, 0, &m, &where);
                const uint32_t len = (uint32_t)get(p + 4, 4);
                const int cut = len < 1u << 24 && 64 + 8 * (uint64_t)len > list_bytes(which ? &t.given : &t.in);
                if (code ? s != LAC_E_FORMAT || (!cut && where != (word == HEADER ? 0xffffffff : word)) : s != LAC_OK) {
                    /* More voxels than the header says may be noticed early. */
                    if (!(code && s == LAC_E_FORMAT && where == 0xffffffff)) unpack_wrong++;
                }
                kinds[code == 0 ? 0 : code == LAC_ERR_MAP_LIST ? 1 : 2]++;
                if (code && fails(&t, &t.c, which ? "a faulty list of outputs" : "a faulty list of inputs", code, LAC_UNIT_MAP, word == HEADER ? at : at + 64 + 8 * (uint64_t)word, before)) count_wrong += !mapped_before(&t, which, p, word, before);
                if (!code) {
                    records_all++;
                    records_ok += submit(r, &t.c) == 0 || GO(r, ERR_CODE) == (LAC_ERR_MAP_ROOM | LAC_UNIT_MAP << 8);
                    lac_reset(&r->dev, 10);
                }
                write_list(p, which ? t.given.s : t.in.s, which ? t.given.n : t.in.n);
            }
    }
    /* Both lists, and room. */
    put(host(r, t.in_at + 64), 0, 8);
    put(host(r, t.out_at + 72), 0, 8);
    lac_cmd c = t.c;
    SETF(&c, RULE_LINES, 0);
    fails(&t, &c, "inputs before outputs before room", LAC_ERR_MAP_LIST, LAC_UNIT_MAP, t.in_at + 64, 0);
    write_list(host(r, t.in_at), t.in.s, t.in.n);
    fails(&t, &c, "outputs before room", LAC_ERR_MAP_LIST, LAC_UNIT_MAP, t.out_at + 72, 0);
    next_is_right(&t, "behind a faulty list");
    drop(&t);
    check(records_ok == records_all, "faulty lists: each record, and the next job", "%d of %d", records_ok, records_all);
    check(!count_wrong, "faulty lists: what stands before the fault is mapped", "%u are not", count_wrong);
    check(!unpack_wrong, "faulty lists: lac_coords_unpack() says the same", "%u do not", unpack_wrong);
    check(kinds[0] > 100 && kinds[1] > 1000 && kinds[2] > 200, "faulty lists: enough of each kind", "%u good, %u malformed, %u in disorder", kinds[0], kinds[1], kinds[2]);
}

static void rings(void)
{
    const lac_config cfg = machine(64, 64, 32);
    lac_rng          g = { seed + 31 };
    rig              r;
    uint32_t         hit = 0, fit = 0, cases = 0;
    records_ok = records_all = 0;
    open_rig(&r, &cfg, 8);
    const uint64_t start = r.next;
    for (uint32_t i = 0; i < 400; i++) {
        const int32_t  low[AXES] = { 0, -9, -300 };
        const uint32_t span[AXES] = { 2, 4 + rng_below(&g, 30), 600 };
        spec           s = spec_command(&g);
        s.made = s.bounded = 0;
        cloud  in = random_cloud(&g, 10 + rng_below(&g, 250), low, span, 1), given = random_cloud(&g, 20, low, span, 1);
        single t = prepare(&r, start, &s, in, given, 9, 0, 15, 5);
        uint32_t word, before;
        const uint32_t code = judge_ring(host(&r, t.in_at), (s.kernel[Y] - 1) * s.dilation[Y], 64, &word, &before);
        cases++;
        if (code) {
            hit++;
            fails(&t, &t.c, "a ring that is too small", code, LAC_UNIT_MAP, t.in_at + 64 + 8 * (uint64_t)word, before);
        } else {
            fit++;
            next_is_right(&t, "a ring that is large enough");
        }
        drop(&t);
    }
    close_rig(&r);
    check(records_ok == records_all, "the ring: each record, and what fits", "%d of %d", records_ok, records_all);
    check(hit > 60 && fit > 60, "the ring: enough of both", "%u of %u do not fit", hit, cases);
}

/* Random broken lists: no crash, no hang, and the record that judge() expects. */
static void fuzz(uint32_t rounds)
{
    enum { SMALL = 32768 };
    static uint8_t mem[SMALL], before[SMALL];
    lac_rng        g = { seed * 31 + 7 };
    uint32_t       wrong = 0, errors[32] = { 0 };
    char           first[300] = "", name[80];
    for (uint32_t k = 0; k < 3; k++) {
        const lac_config cfg = machine(k == 0 ? 32 : k == 1 ? 128 : 512, 64, 32);
        const uint64_t   base = 0x40000000, in_at = base + 1024, given_at = base + 8192, write_at = base + 16384;
        lac_model       *model = lac_model_create(&cfg, mem, base, SMALL);
        const lac_port   port = lac_port_model(model);
        lac_dev          dev;
        if (!model || lac_open(&dev, &port, base, 8, base, SMALL)) {
            check(0, "fuzz: machine", "does not open");
            return;
        }
        rig r = { cfg, model, dev, base, base, 8 };
        for (uint32_t i = 0; i < rounds / 3 + 1; i++) {
            spec           s = spec_command(&g);
            const int32_t  low[AXES] = { -1, -2, -40 };
            const uint32_t span[AXES] = { 3, 4, 100 };
            cloud          c[2] = { random_cloud(&g, 1 + rng_below(&g, 30), low, span, 2), random_cloud(&g, 1 + rng_below(&g, 20), low, span, 2) };
            uint8_t *const list[2] = { mem + (in_at - base), mem + (given_at - base) };
            memset(mem + 1024, 0, SMALL - 1024);
            for (int w = 0; w < 2; w++) {
                const uint32_t words = write_list(list[w], c[w].s, c[w].n), changes = rng_below(&g, 3) + (w == 0);
                for (uint32_t j = 0; j < changes; j++) {
                    uint8_t *p = list[w] + 64 + 8 * (size_t)rng_below(&g, words);
                    switch (rng_below(&g, 8)) {
                    case 0: put(p, get(p, 8) ^ UINT64_C(1) << rng_below(&g, 64), 8); break;
                    case 1: put(p, rng_next(&g), 8); break;
                    case 2: put(p, rng_next(&g) & UINT64_C(0x800000ff00030007), 8); break;
                    case 3: memcpy(p, list[w] + 64 + 8 * (size_t)rng_below(&g, words), 8); break;
                    case 4: put(list[w] + 4 * rng_below(&g, 2), rng_below(&g, 80), 4); break;
                    case 5: put(list[w] + 4 * rng_below(&g, 2), rng_next(&g), 4); break;
                    case 6: list[w][rng_below(&g, 8)] ^= (uint8_t)(1u << rng_below(&g, 8)); break;
                    default: memmove(p, p + 8, 8 * (size_t)rng_below(&g, 4)); break;
                    }
                }
                free(c[w].s);
            }
            s.bounded &= s.made;
            single t;
            memset(&t, 0, sizeof t);
            t.r = &r, t.s = s, t.band = 1 + rng_below(&g, 9), t.p.tap_z = 15, t.p.tap_y = 5;
            t.in_at = in_at;
            t.out_at = s.made ? write_at : given_at;
            t.out_lines = s.made ? rng_below(&g, 60) : 0;
            t.bands = write_at + 4096, t.band_room = rng_below(&g, 60);
            t.rules = write_at + 8192, t.rule_lines = rng_below(&g, 120);
            t.c = command(&t);
            SETF(&t.c, NO_RULES, rng_chance(&g, 30));
            SETF(&t.c, COUNT, rng_chance(&g, 30));
            lac_windows(&r.dev, base, base + SMALL, write_at, base + SMALL);
            memcpy(before, mem, SMALL);
            const int st = submit(&r, &t.c);
            lac_error_record e = { 0 };
            if (st == LAC_E_JOB) lac_error(&r.dev, &e);
            uint32_t word, index, code = judge_ring(list[0], (s.kernel[Y] - 1) * s.dilation[Y], 64, &word, &index);
            uint64_t at = word == HEADER ? in_at : in_at + 64 + 8 * (uint64_t)word;
            const uint64_t words[2] = { get(list[0] + 4, 4), get(list[1] + 4, 4) };
            int ok = (st == LAC_OK) == (e.code == 0) && (st == LAC_OK || st == LAC_E_JOB) && !memcmp(mem + 1024, before + 1024, write_at - base - 1024);
            if (GETF(&t.c, COUNT) && !e.code) ok &= 1; /* it may end before its fault is told */
            else if (words[0] < 1u << 24 && words[0] * 8 + 64 > base + SMALL - in_at) ok &= e.code == LAC_ERR_WINDOW || e.code == LAC_ERR_MAP_LIST;
            else if (code) ok &= e.code == code && e.addr == at && e.index == index && e.unit == LAC_UNIT_MAP;
            else if (!s.made && !(words[1] < 1u << 24 && words[1] * 8 + 64 > base + SMALL - given_at)) {
                code = judge(list[1], &word, &index);
                at = word == HEADER ? given_at : given_at + 64 + 8 * (uint64_t)word;
                if (code) ok &= e.code == code && e.addr == at && e.index == index;
                else ok &= e.code == 0 || e.code == LAC_ERR_MAP_ROOM;
            } else ok &= e.code == 0 || e.code == LAC_ERR_MAP_ROOM || e.code == LAC_ERR_MAP_RANGE || (!s.made && (e.code == LAC_ERR_WINDOW || e.code == LAC_ERR_MAP_LIST));
            errors[e.code & 31]++;
            if (!ok && !wrong++)
                snprintf(first, sizeof first, "%u-bit bus, list %u: %s, %s at %llx index %x; expected %s at %llx index %x", cfg.data_w, i, lac_status_name(st), lac_error_name(e.code), (unsigned long long)e.addr, e.index, lac_error_name(code),
                         (unsigned long long)at, index);
            lac_reset(&r.dev, 10);
        }
        lac_model_destroy(model);
    }
    snprintf(name, sizeof name, "%u random broken lists", rounds);
    check(!wrong, name, "%u wrong, first: %s", wrong, first);
    check(rounds < 3000 || (errors[LAC_ERR_MAP_LIST] * 10 > rounds && errors[LAC_ERR_MAP_ORDER] * 50 > rounds && errors[0] * 20 > rounds), "random broken lists: of all kinds", "%u malformed, %u in disorder, %u good", errors[LAC_ERR_MAP_LIST],
          errors[LAC_ERR_MAP_ORDER], errors[0]);
}

/* ---- The driver's own -------------------------------------------------------------------------------- */

static const lac_site *sorting;
static int by_index(const void *a, const void *b)
{
    const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const int      c = by_site(&sorting[i], &sorting[j]);
    return c ? c : i < j ? -1 : 1;
}

static void coords(void)
{
    lac_rng  g = { seed + 5 };
    uint32_t wrong = 0, packed_wrong = 0;
    for (uint32_t i = 0; i < 300; i++) {
        const uint32_t n = i < 40 ? i : rng_below(&g, 2000), span = 1 + rng_below(&g, 12);
        lac_site *s = need(n * sizeof *s);
        uint32_t *order = need(n * 4), *scratch = need(n * 4), *ref = need(n * 4);
        for (uint32_t k = 0; k < n; k++) {
            s[k] = (lac_site){ (int32_t)rng_below(&g, 2), (int32_t)rng_range(&g, -3, 3), (int32_t)rng_below(&g, span), (int32_t)rng_range(&g, -70, 70) };
            ref[k] = k;
        }
        lac_coords_sort(s, n, order, scratch);
        sorting = s;
        if (n) qsort(ref, n, 4, by_index);
        if (n && memcmp(ref, order, 4 * n)) wrong++;
        /* To a list and back; the first fault in order. */
        uint32_t         words = 0, m = 0, where = 0, dup = n;
        lac_coords_fault f = { (lac_coords_why)0, 0, 0 };
        for (uint32_t k = n; k-- > 1;)
            if (!by_site(&s[order[k]], &s[order[k - 1]])) dup = k;
        lac_status st = lac_coords_pack(s, n, order, NULL, 0, &words, &f);
        if (dup < n) {
            if (st != LAC_E_ARG || f.why != LAC_COORDS_TWICE || f.at != order[dup] || f.other != order[dup - 1]) packed_wrong++;
            uint32_t kept = 0; /* without the others it is a list */
            for (uint32_t k = 0; k < n; k++)
                if (!k || by_site(&s[order[k]], &s[order[k - 1]])) scratch[kept++] = order[k];
            memcpy(order, scratch, 4 * kept);
            m = kept;
        } else
            m = n;
        lac_site *sorted = need(m * sizeof *s), *back = need(m * sizeof *s);
        for (uint32_t k = 0; k < m; k++) sorted[k] = s[order[k]];
        const uint32_t want_words = write_list(NULL, sorted, m);
        uint8_t *list = need(64 + 8 * (size_t)want_words + 64), *wants = need(64 + 8 * (size_t)want_words + 64);
        write_list(wants, sorted, m);
        memset(list, 0x77, 64 + 8 * (size_t)want_words + 64);
        st = lac_coords_pack(s, m, order, list, lac_coords_bytes(want_words), &words, &f);
        if (st || words != want_words || memcmp(list, wants, lac_coords_bytes(want_words)) || (list[lac_coords_bytes(want_words)] != 0x77 && lac_coords_bytes(want_words) < 64 + 8 * want_words + 64)) packed_wrong++;
        if (lac_coords_pack(s, m, order, list, lac_coords_bytes(want_words) - 1, &words, &f) != LAC_E_SPACE) packed_wrong++;
        uint32_t count = 0;
        if (lac_coords_unpack(list, lac_coords_bytes(words), back, m, &count, &where) || count != m || (m && memcmp(back, sorted, m * sizeof *s))) packed_wrong++;
        if (m && lac_coords_unpack(list, lac_coords_bytes(words), back, m - 1, &count, &where) != LAC_E_SPACE) packed_wrong++;
        if (m && (lac_coords_unpack(list, 64 + 8 * words - 1, NULL, 0, &count, &where) != LAC_E_FORMAT || where != 0xffffffff)) packed_wrong++;
        free(s), free(order), free(scratch), free(ref), free(sorted), free(back), free(list), free(wants);
    }
    check(!wrong, "300 sorts, stable", "%u wrong", wrong);
    check(!packed_wrong, "300 lists, there and back", "%u wrong", packed_wrong);

    static const struct { const char *name; lac_site s[3]; lac_coords_why why; uint32_t at, other; } bad[] = {
        { "batch 256",        { { 0, 0, 0, 0 }, { 256, 0, 0, 0 }, { 0, 0, 0, 0 } },   LAC_COORDS_RANGE, 1, 0 },
        { "batch -1",         { { -1, 0, 0, 0 }, { 1, 0, 0, 0 }, { 2, 0, 0, 0 } },    LAC_COORDS_RANGE, 0, 0 },
        { "z 32768",          { { 0, 0, 0, 0 }, { 1, 0, 0, 0 }, { 2, 32768, 0, 0 } }, LAC_COORDS_RANGE, 2, 1 },
        { "y -32769",         { { 0, 0, 0, 0 }, { 1, 0, -32769, 0 }, { 2, 0, 0, 0 } }, LAC_COORDS_RANGE, 1, 2 },
        { "x 32768",          { { 0, 0, 0, 32768 }, { 1, 0, 0, 0 }, { 2, 0, 0, 0 } }, LAC_COORDS_RANGE, 0, 3 },
        { "x INT32_MIN",      { { 0, 0, 0, 0 }, { 1, 0, 0, INT32_MIN }, { 2, 0, 0, 0 } }, LAC_COORDS_RANGE, 1, 3 },
        { "batch descends",   { { 0, 0, 0, 0 }, { 2, 0, 0, 0 }, { 1, 0, 0, 0 } },     LAC_COORDS_ORDER, 2, 1 },
        { "z descends",       { { 0, 1, 0, 0 }, { 0, -1, 0, 0 }, { 1, 0, 0, 0 } },    LAC_COORDS_ORDER, 1, 0 },
        { "y descends",       { { 0, 1, 0, 0 }, { 0, 1, -1, 0 }, { 1, 0, 0, 0 } },    LAC_COORDS_ORDER, 1, 0 },
        { "x descends",       { { 0, 1, 0, 0 }, { 0, 1, 0, 5 }, { 0, 1, 0, 4 } },     LAC_COORDS_ORDER, 2, 1 },
        { "the same twice",   { { 0, 1, 0, 4 }, { 0, 1, 0, 5 }, { 0, 1, 0, 5 } },     LAC_COORDS_TWICE, 2, 1 },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lac_coords_fault f = { (lac_coords_why)0, 9, 9 };
        uint32_t         words = 9;
        char             name[80];
        const lac_status s = lac_coords_pack(bad[i].s, 3, NULL, NULL, 0, &words, &f);
        snprintf(name, sizeof name, "lac_coords_pack refuses: %s", bad[i].name);
        check(s == LAC_E_ARG && f.why == bad[i].why && f.at == bad[i].at && f.other == bad[i].other && words == 9, name, "%s, %u at %u, %u", lac_status_name(s), f.why, f.at, f.other);
    }
}

static void voxels(void)
{
    lac_rng  g = { seed + 9 };
    uint32_t wrong = 0;
    for (uint32_t round = 0; round < 200; round++) {
        const uint32_t n = rng_below(&g, 60), feats = rng_below(&g, 4);
        float    *p = need(3 * n * sizeof *p), *f = need((size_t)n * feats * sizeof *f), *mean = need((size_t)n * feats * sizeof *f);
        lac_site *sites = need(n * sizeof *sites);
        uint32_t *of = need(4 * n), *count = need(4 * n), *scratch = need(8 * n), voxels_n = 0, where = 0;
        for (uint32_t i = 0; i < 3 * n; i++) p[i] = (float)((double)rng_range(&g, -400, 400) / 64.0);
        for (uint32_t i = 0; i < n * feats; i++) f[i] = (float)rng_range(&g, -1000, 1000) / 7.0f;
        lac_voxels v = { p, n, { 0.5, 1.0, 2.25 }, 17, f, feats, sites, of, count, mean, scratch };
        int ok = !lac_voxelize(&v, &voxels_n, &where);
        for (uint32_t k = 0; k < voxels_n && ok; k++) {
            ok &= sites[k].batch == 17 && (!k || by_site(&sites[k - 1], &sites[k]) < 0);
            uint32_t has = 0;
            double   sum[4] = { 0 };
            for (uint32_t i = 0; i < n; i++) { /* a point lies in [edge, edge + size) */
                const int32_t at[3] = { sites[k].z, sites[k].y, sites[k].x };
                int           in = 1;
                for (int a = 0; a < 3; a++) {
                    const double q = (double)p[3 * i + 2 - (uint32_t)a] / v.size[a];
                    in &= q >= at[a] && q < at[a] + 1;
                }
                if (in != (of[i] == k)) ok = 0;
                has += (uint32_t)in;
                for (uint32_t c = 0; c < feats && in; c++) sum[c] += (double)f[i * feats + c];
            }
            ok &= has == count[k] && has;
            for (uint32_t c = 0; c < feats; c++) ok &= mean[k * feats + c] == (float)(sum[c] / has);
        }
        for (uint32_t i = 0; i < n; i++) ok &= of[i] < voxels_n;
        wrong += (uint32_t)!ok;
        free(p), free(f), free(mean), free(sites), free(of), free(count), free(scratch);
    }
    check(!wrong, "200 clouds to voxels", "%u wrong", wrong);

    float          p[6] = { 0, 0, 0, 0, 0, 0 }, zero = 0;
    lac_site       sites[2];
    uint32_t       of[2], count[2], scratch[4], n = 0, where = 9;
    lac_voxels     v = { p, 2, { 1, 1, 1 }, 0, NULL, 0, sites, of, count, NULL, scratch };
    static const struct { float v; int ok; } at[] = { { 32767.5f, 1 }, { 32768.0f, 0 }, { -32768.0f, 1 }, { -32768.5f, 0 }, { 1e30f, 0 }, { -1e30f, 0 }, { -0.0f, 1 }, { -1e-30f, 1 } };
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        p[4] = at[i].v;
        where = 9;
        const lac_status s = lac_voxelize(&v, &n, &where);
        check(at[i].ok ? s == LAC_OK : s == LAC_E_ARG && where == 1, "a point near the end of space", "%g: %s, %u", (double)at[i].v, lac_status_name(s), where);
    }
    p[4] = zero / zero;
    check(lac_voxelize(&v, &n, &where) == LAC_E_ARG && where == 1, "a point that is no number", "%u", where);
    p[4] = -1e-30f;
    check(lac_voxelize(&v, &n, &where) == LAC_OK && n == 2 && sites[0].y == -1 && of[1] == 0 && of[0] == 1, "just below an edge", "%u voxels", n);
    p[4] = 0;
    v.size[1] = 0;
    check(lac_voxelize(&v, &n, &where) == LAC_E_ARG && where == 2, "a size of 0", "%u", where);
    v.size[1] = (double)(zero / zero);
    check(lac_voxelize(&v, &n, &where) == LAC_E_ARG, "a size that is no number", "taken");
    v.size[1] = 1;
    v.batch = 256;
    check(lac_voxelize(&v, &n, &where) == LAC_E_ARG, "batch 256", "taken");
    v.batch = 255, v.n = 0;
    check(lac_voxelize(&v, &n, &where) == LAC_OK && n == 0, "no points", "%u", n);
}

/* Images to lists of active pixels and back, every type. */
static void pixels(void)
{
    lac_rng  g = { seed + 10 };
    uint32_t wrong = 0, n = 0, where = 0;
    for (uint32_t round = 0; round < 400; round++) {
        const lac_type type = (lac_type)(round & 3);
        const uint32_t size = type == LAC_RAW ? 8 : type == LAC_INT16 ? 2 : 1;
        const lac_pixels p = { 1 + rng_below(&g, 3), 1 + rng_below(&g, 9), 1 + rng_below(&g, 9), 1 + rng_below(&g, 5), type,
                               (int32_t)(type == LAC_RAW ? 0 : type == LAC_UINT8 ? rng_below(&g, 256) : type == LAC_INT8 ? rng_range(&g, -128, 127) : rng_range(&g, -32768, 32767)) };
        const uint32_t all = p.images * p.rows * p.pixels, bytes = p.channels * size, density = rng_below(&g, 257);
        uint8_t  *x = need(all * bytes), *f = need(all * bytes), *back = need(all * bytes), *rest = need(bytes);
        lac_site *s = need(all * sizeof *s);
        uint32_t  active = 0, counted = 0;
        int       ok = 1;
        for (uint32_t i = 0; i < all * p.channels; i++) /* an element, little endian; one byte of a wide one may differ from zero's */
            for (uint32_t b = 0; b < size; b++) x[i * size + b] = (uint8_t)((uint64_t)(int64_t)p.zero >> 8 * b);
        for (uint32_t i = 0; i < all; i++) {
            const int differs = rng_chance(&g, density);
            if (differs) x[i * bytes + rng_below(&g, bytes)] ^= (uint8_t)(1 + rng_below(&g, 255));
            active += (uint32_t)differs;
        }
        ok &= !lac_pixels_list(&p, x, NULL, NULL, 0, &counted) && counted == active;
        ok &= !active || lac_pixels_list(&p, x, s, f, active - 1, &n) == LAC_E_SPACE;
        ok &= !lac_pixels_list(&p, x, s, f, active, &n) && n == active;
        for (uint32_t i = 0; i < n && ok; i++) {
            const uint32_t at = ((uint32_t)s[i].batch * p.rows + (uint32_t)s[i].y) * p.pixels + (uint32_t)s[i].x;
            ok &= at < all && !s[i].z && (uint32_t)s[i].y < p.rows && (uint32_t)s[i].x < p.pixels && (!i || by_site(&s[i - 1], &s[i]) < 0) && !memcmp(f + i * bytes, x + at * bytes, bytes);
        }
        memset(back, 0x5A, all * bytes);
        ok &= !lac_pixels_image(&p, s, f, n, NULL, back, &where) && !memcmp(back, x, all * bytes);
        for (uint32_t b = 0; b < bytes; b++) rest[b] = (uint8_t)rng_below(&g, 256);
        ok &= !lac_pixels_image(&p, s, f, n, rest, back, &where);
        for (uint32_t i = 0, k = 0; i < all && ok; i++) {
            const int listed = k < n && ((uint32_t)s[k].batch * p.rows + (uint32_t)s[k].y) * p.pixels + (uint32_t)s[k].x == i;
            ok &= !memcmp(back + i * bytes, listed ? x + i * bytes : rest, bytes);
            k += (uint32_t)listed;
        }
        if (n) { /* a site beside the image, by each of its numbers: nothing is written */
            const uint32_t i = rng_below(&g, n), a = rng_below(&g, 4);
            *(a == 0 ? &s[i].batch : a == 1 ? &s[i].z : a == 2 ? &s[i].y : &s[i].x) = rng_chance(&g, 128) ? -1 : (int32_t)(a == 0 ? p.images : a == 1 ? 1 : a == 2 ? p.rows : p.pixels);
            memcpy(f, back, all * bytes);
            ok &= lac_pixels_image(&p, s, x, n, NULL, back, &where) == LAC_E_ARG && where == i && !memcmp(back, f, all * bytes);
        }
        wrong += (uint32_t)!ok;
        free(x), free(f), free(back), free(rest), free(s);
    }
    check(!wrong, "400 images to lists of pixels and back", "%u wrong", wrong);

    uint8_t x[1] = { 0 };
    static const lac_pixels bad[] = { { 0, 1, 1, 1, LAC_INT8, 0 }, { 257, 1, 1, 1, LAC_INT8, 0 }, { 1, 0, 1, 1, LAC_INT8, 0 }, { 1, 32769, 1, 1, LAC_INT8, 0 }, { 1, 1, 0, 1, LAC_INT8, 0 },
                                      { 1, 1, 32769, 1, LAC_INT8, 0 }, { 1, 1, 1, 0, LAC_INT8, 0 }, { 1, 1, 1, 65536, LAC_INT8, 0 }, { 1, 1, 1, 1, (lac_type)4, 0 }, { 1, 1, 1, 1, LAC_INT8, 128 },
                                      { 1, 1, 1, 1, LAC_UINT8, -1 }, { 1, 1, 1, 1, LAC_INT16, 32768 }, { 1, 1, 1, 1, LAC_RAW, 1 } };
    for (uint32_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check(lac_pixels_list(&bad[i], x, NULL, NULL, 0, &n) == LAC_E_ARG && lac_pixels_image(&bad[i], NULL, NULL, 0, NULL, x, NULL) == LAC_E_ARG, "an image out of range", "%u taken", i);
}

/* ---- Time --------------------------------------------------------------------------------------------- */

/* Lists under other batches, against the set of all sites. */
static void merges(void)
{
    static const int32_t low[AXES] = { -9, -3, -70 };
    static const uint32_t span[AXES] = { 18, 6, 200 };
    lac_rng  g = { seed * 77 + 5 };
    uint32_t wrong = 0;
    for (uint32_t round = 0; round < 300; round++) {
        const uint32_t n = 1 + rng_below(&g, 5), batches = 1 + rng_below(&g, 9);
        cloud   c = random_cloud(&g, rng_below(&g, 200), low, span, batches), want = { need((5 * 200 + 1) * sizeof *want.s), 0 };
        int16_t to[5][LAC_BATCHES];
        memset(to, 0xff, sizeof to);
        for (uint32_t i = 0; i < n; i++) {
            int16_t number = (int16_t)rng_below(&g, 3);
            for (uint32_t b = 0; b < LAC_BATCHES; b++) {
                uint32_t had = 0;
                for (uint32_t k = 0; k < c.n; k++) had += c.s[k].batch == (int32_t)b;
                if (!had || rng_chance(&g, 60)) continue;
                to[i][b] = number;
                number = (int16_t)(number + 1 + (int16_t)rng_below(&g, 3));
            }
            for (uint32_t k = 0; k < c.n; k++) {
                lac_site s = c.s[k];
                s.batch = to[i][s.batch];
                if (s.batch >= 0) want.s[want.n++] = s;
            }
        }
        qsort(want.s, want.n, sizeof *want.s, by_site);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < want.n; i++)
            if (!i || by_site(&want.s[i], &want.s[kept - 1])) want.s[kept++] = want.s[i];
        want.n = kept;
        const size_t   in_bytes = (size_t)list_bytes(&c), bytes = (size_t)list_bytes(&want);
        uint8_t       *in = need(in_bytes), *expected = need(bytes), *got = need(bytes);
        const uint32_t words = write_list(expected, want.s, want.n);
        write_list(in, c.s, c.n);
        uint32_t have = 1, w = 1;
        int      ok = !lac_coords_merge(in, (const int16_t (*)[LAC_BATCHES])to, n, NULL, 0, &have, &w) && have == want.n && w == words;
        ok = ok && lac_coords_merge(in, (const int16_t (*)[LAC_BATCHES])to, n, got, (uint32_t)bytes - 1, &have, &w) == LAC_E_SPACE && w == words;
        for (size_t i = 0; i < bytes; i++) ok = ok && !got[i];
        ok = ok && !lac_coords_merge(in, (const int16_t (*)[LAC_BATCHES])to, n, got, (uint32_t)bytes, &have, &w) && !memcmp(got, expected, bytes);
        wrong += !ok;
        free(in), free(expected), free(got), free(c.s), free(want.s);
    }
    check(!wrong, "300 lists merged under other batches", "%u wrong", wrong);
    uint32_t v, w;
    int16_t  to[1][LAC_BATCHES] = { { 0 } };
    uint8_t  none[64] = { 0 };
    check(lac_coords_merge(none, (const int16_t (*)[LAC_BATCHES])to, 0, NULL, 0, &v, &w) == LAC_E_ARG && lac_coords_merge(none, (const int16_t (*)[LAC_BATCHES])to, 6, NULL, 0, &v, &w) == LAC_E_ARG,
          "lac_coords_merge: none, six", "taken");
}

static uint32_t random_frames(lac_rng *g, lac_frame *f, uint32_t most)
{
    uint32_t n = 0;
    const uint32_t holes = rng_below(g, 256);
    for (int32_t b = 0; b < 4; b++)
        for (int32_t t = -20 + (int32_t)rng_below(g, 20); t < 20 && n < most; t++)
            if (!rng_chance(g, holes)) f[n++] = (lac_frame){ 3 * b, t };
    return n;
}

/* Each frame's number against the rule itself, for every pair of frames. */
static void frames(void)
{
    enum { MOST = 60, FAR = 300 };
    static const uint32_t dil[] = { 1, 1, 2, 3, 15 };
    static lac_frames f;
    lac_rng  g = { seed * 31 + 9 };
    uint32_t wrong = 0, full = 0;
    for (uint32_t round = 0; round < 2000; round++) {
        const lac_map_mode mode = (lac_map_mode)rng_below(&g, 6);
        const int sub = mode == LAC_SUBMANIFOLD, made = !sub && !is_given(mode), turned = mode == LAC_INVERSE || mode == LAC_GENERATIVE;
        lac_time  s = { sub ? 1 + 2 * rng_below(&g, 3) : 1 + rng_below(&g, 5), sub ? 1 : 1 + rng_below(&g, 5), dil[rng_below(&g, 5)], (int32_t)rng_range(&g, -3, 8), 0 };
        lac_frame in[MOST], onto[MOST];
        uint32_t  ins = random_frames(&g, in, MOST), ontos = sub ? ins : random_frames(&g, onto, MOST), where = 7;
        if (sub) memcpy(onto, in, sizeof in);
        int32_t low = -FAR, high = FAR; /* of made outputs' times */
        if (made && rng_chance(&g, 80)) {
            s.shape = 1 + rng_below(&g, 40);
            const int32_t n = (int32_t)s.shape, reach = (int32_t)(s.dilation * (s.kernel - 1)), stride = (int32_t)s.stride;
            low = 0;
            high = turned ? (n - 1) * stride - 2 * s.pad + reach : floor_div(n + 2 * s.pad - reach - 1, stride);
            if (high < 0) {
                wrong += lac_frames_plan(mode, &s, in, ins, onto, ontos, &f, &where) != LAC_E_ARG || where != ins;
                continue;
            }
        }
        const lac_status st = lac_frames_plan(mode, &s, in, ins, onto, ontos, &f, &where);
        if (st == LAC_E_SPACE && f.numbers > LAC_FRAMES) {
            full++;
            continue;
        }
        int      ok = !st && f.numbers <= LAC_FRAMES && f.mades == (!made ? 0 : mode == LAC_STRIDED ? s.stride : s.kernel);
        uint32_t outs = 0;
#define RULE(ti, to, k) (turned ? (to) + s.pad == (ti) * (int32_t)s.stride + (int32_t)((k) * s.dilation) : (ti) + s.pad == (to) * (int32_t)s.stride + (int32_t)((k) * s.dilation))
        if (!made) {
            outs = ontos;
            ok = ok && f.outs == ontos && !memcmp(f.out, onto, ontos * sizeof *onto);
        } else
            for (int32_t b = 0; b < 12; b++)
                for (int32_t t = low; t <= high; t++) {
                    int has = 0;
                    for (uint32_t i = 0; i < ins; i++)
                        for (uint32_t k = 0; k < f.mades; k++) {
                            const int hit = in[i].batch == b && (mode == LAC_STRIDED ? in[i].t == t * (int32_t)s.stride + (int32_t)k : RULE(in[i].t, t, k));
                            has |= hit;
                            ok = ok && (!hit || (outs < LAC_FRAMES && f.made[k][i] == f.of_out[0][outs]));
                        }
                    if (has) ok = ok && outs < f.outs && f.out[outs].batch == b && f.out[outs].t == t, outs++;
                }
        ok = ok && outs == f.outs;
        for (uint32_t j = 0; j < f.outs && ok; j++) ok = f.of_out[0][j] >= 0 && (uint32_t)f.of_out[0][j] < f.numbers && (!j || f.of_out[0][j - 1] < f.of_out[0][j]);
        for (uint32_t k = 0; k < s.kernel; k++)
            for (uint32_t i = 0; i < ins && ok; i++) {
                ok = f.of_in[k][i] >= 0 && (uint32_t)f.of_in[k][i] < f.numbers && (!i || f.of_in[k][i - 1] < f.of_in[k][i]);
                for (uint32_t j = 0; j < f.outs; j++) ok = ok && (f.of_in[k][i] == f.of_out[0][j]) == (in[i].batch == f.out[j].batch && RULE(in[i].t, f.out[j].t, k));
            }
        for (uint32_t k = 0; k < f.mades; k++) { /* each a list */
            int32_t before = -1;
            for (uint32_t i = 0; i < ins; i++) {
                ok = ok && (f.made[k][i] < 0 || f.made[k][i] > before);
                before = f.made[k][i] < 0 ? before : f.made[k][i];
            }
        }
        for (uint32_t i = ins; i < LAC_FRAMES; i++)
            for (uint32_t k = 0; k < LAC_TIMES; k++) ok = ok && f.of_in[k][i] == -1 && f.made[k][i] == -1;
        wrong += !ok;
    }
    check(!wrong && full < 500, "2000 sets of frames", "%u wrong, %u with too many", wrong, full);

    lac_frame apart[LAC_FRAMES + 1];
    uint32_t  where = 0;
    lac_time  s = { 3, 1, 1, 1, 0 };
    for (int32_t i = 0; i <= LAC_FRAMES; i++) apart[i] = (lac_frame){ i / 100, 10 * i };
    lac_status st = lac_frames_plan(LAC_SUBMANIFOLD, &s, apart, 127, apart, 127, &f, NULL);
    check(!st && f.numbers == 255, "127 frames apart, and one between each two", "%s, %u", lac_status_name(st), f.numbers);
    st = lac_frames_plan(LAC_SUBMANIFOLD, &s, apart, 128, apart, 128, &f, NULL);
    check(st == LAC_E_SPACE && f.numbers == 257, "128 frames apart are too many", "%s, %u", lac_status_name(st), f.numbers);
    st = lac_frames_plan(LAC_GENERATIVE, &s, apart, 86, NULL, 0, &f, NULL);
    check(st == LAC_E_SPACE && f.numbers == LAC_FRAMES + 1, "made outputs in more frames", "%s, %u", lac_status_name(st), f.numbers);
    st = lac_frames_plan(LAC_INVERSE, &s, NULL, 0, NULL, 0, &f, NULL);
    check(!st && !f.numbers && !f.outs, "no frames, and no arrays", "%s, %u", lac_status_name(st), f.numbers);
    s.kernel = 1;
    st = lac_frames_plan(LAC_REGULAR, &s, apart, LAC_FRAMES, NULL, 0, &f, NULL);
    check(!st && f.numbers == LAC_FRAMES && f.outs == LAC_FRAMES, "256 frames", "%s, %u", lac_status_name(st), f.numbers);
    check(lac_frames_plan(LAC_REGULAR, &s, apart, LAC_FRAMES + 1, NULL, 0, &f, &where) == LAC_E_ARG && where == LAC_FRAMES + 1, "257 frames are too many", "where %u", where);
    apart[2].t = 32767;
    st = lac_frames_plan(LAC_REGULAR, &s, apart, 3, NULL, 0, &f, &where);
    check(st == LAC_E_ARG && where == 2, "an output's time beyond", "%s at %u", lac_status_name(st), where);
    s.pad = -1;
    check(!lac_frames_plan(LAC_REGULAR, &s, apart, 3, NULL, 0, &f, &where) && !lac_frames_plan(LAC_ONTO, &s, apart, 3, apart, 3, &f, &where), "an output's time at the end", "refused");
    s.pad = 1;
    check(!lac_frames_plan(LAC_ONTO, &s, apart, 3, apart, 3, &f, &where), "nobody asks for one beyond", "refused");
    apart[1] = apart[0];
    check(lac_frames_plan(LAC_ONTO, &s, apart, 2, NULL, 0, &f, &where) == LAC_E_ARG && lac_frames_plan(LAC_ONTO, &s, NULL, 0, apart, 2, &f, &where) == LAC_E_ARG, "a frame twice", "taken");
    static const lac_time bad[] = { { 0, 1, 1, 0, 0 }, { 6, 1, 1, 0, 0 }, { 1, 0, 1, 0, 0 }, { 1, 6, 1, 0, 0 }, { 1, 1, 0, 0, 0 }, { 1, 1, 16, 0, 0 }, { 1, 1, 1, 451, 0 }, { 1, 1, 1, -451, 0 }, { 1, 1, 1, 0, 32769 }, { 3, 1, 1, 0, 2 } };
    uint32_t taken = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) taken += lac_frames_plan(LAC_REGULAR, &bad[i], apart, 1, NULL, 0, &f, NULL) != LAC_E_ARG;
    check(!taken, "axes of time out of range", "%u taken", taken);
    check(lac_frames_plan(LAC_SUBMANIFOLD, &(lac_time){ 2, 1, 1, 0, 0 }, apart, 1, apart, 1, &f, NULL) == LAC_E_ARG && lac_frames_plan((lac_map_mode)6, &s, apart, 1, apart, 1, &f, NULL) == LAC_E_ARG, "an even kernel, no such mode", "taken");
}

static void refusals(void)
{
    const lac_config cfg = machine(64, 512, 32), none = machine(64, 0, 32);
    static const lac_map_shape good = { LAC_REGULAR, { 5, 5, 5 }, { 2, 2, 2 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 0, 0 } };
    rig              r;
    lac_map_room     room[LAC_MAP_PASSES];
    lac_map_sizes    size;
    list             prog = { NULL, 0, 0 };
    uint32_t         grid[3];
    open_rig(&r, &cfg, 8);
    memset(room, 0, sizeof room);
    const lac_map m = { .shape = good, .in = r.base + 4096, .out = r.base + 8192, .out_words = 8, .step = { r.base + 12288, r.base + 16384 }, .step_words = 8, .band = 7, .room = room };
    lac_map x;
#define TAKES(want, change)                                                                                             \
    do {                                                                                                                \
        x = m;                                                                                                          \
        change;                                                                                                         \
        prog.n = 0;                                                                                                     \
        const lac_status st = lac_map_build(&r.dev.caps, &x, collect, &prog);                                           \
        check(st == want && (st == LAC_OK || prog.n == 0), "lac_map_build: " #change, "%s, %u commands", lac_status_name(st), prog.n); \
    } while (0)
    TAKES(LAC_OK, (void)0);
    check(prog.n == 6, "a kernel of 5 x 5 x 5 is two steps and four passes", "%u commands", prog.n);
    TAKES(LAC_E_ARG, x.shape.mode = (lac_map_mode)6);
    TAKES(LAC_OK, x.only_list = 1);
    check(prog.n == 2, "only the list: two steps", "%u commands", prog.n);
    TAKES(LAC_E_ARG, (x.only_list = 1, x.shape.mode = LAC_INVERSE));
    TAKES(LAC_E_ARG, (x.only_list = 1, x.shape.mode = LAC_ONTO));
    for (int a = 0; a < 3; a++) {
        TAKES(LAC_E_ARG, x.shape.kernel[a] = 0);
        TAKES(LAC_E_ARG, x.shape.kernel[a] = 6);
        TAKES(LAC_E_ARG, x.shape.stride[a] = 0);
        TAKES(LAC_E_ARG, x.shape.stride[a] = 6);
        TAKES(LAC_E_ARG, x.shape.dilation[a] = 0);
        TAKES(LAC_E_ARG, x.shape.dilation[a] = 16);
        TAKES(LAC_E_ARG, x.shape.pad[a] = 451);
        TAKES(LAC_E_ARG, x.shape.pad[a] = -451);
        TAKES(LAC_OK, x.shape.pad[a] = -450);
        TAKES(LAC_E_ARG, x.shape.shape[a] = 1);
    }
    TAKES(LAC_E_ARG, x.shape.dilation[2] = 13);
    TAKES(LAC_OK, x.shape.dilation[2] = 12);
    TAKES(LAC_OK, (x.shape.dilation[2] = 13, x.shape.kernel[2] = 1));
    TAKES(LAC_OK, (x.shape.dilation[2] = 13, x.shape.mode = LAC_STRIDED));
    TAKES(LAC_E_ARG, x.shape.mode = LAC_SUBMANIFOLD);
    TAKES(LAC_OK, (x.shape.mode = LAC_SUBMANIFOLD, memcpy(x.shape.stride, good.dilation, sizeof good.stride), x.out = 1));
    TAKES(LAC_E_ARG, (x.shape.mode = LAC_SUBMANIFOLD, memcpy(x.shape.stride, good.dilation, sizeof good.stride), x.shape.kernel[1] = 4));
    TAKES(LAC_E_ARG, x.shape.shape[0] = x.shape.shape[1] = x.shape.shape[2] = 2);
    TAKES(LAC_OK, x.shape.shape[0] = x.shape.shape[1] = x.shape.shape[2] = 3);
    TAKES(LAC_OK, x.shape.shape[0] = x.shape.shape[1] = x.shape.shape[2] = 32766);
    TAKES(LAC_E_ARG, x.shape.shape[0] = x.shape.shape[1] = x.shape.shape[2] = 32768);
    TAKES(LAC_E_ARG, x.shape.shape[0] = x.shape.shape[1] = x.shape.shape[2] = 32769);
    TAKES(LAC_E_ARG, x.band = 0);
    TAKES(LAC_E_ARG, x.band = 65536);
    TAKES(LAC_E_ARG, x.out_words = 9);
    TAKES(LAC_E_ARG, x.step_words = 4);
    TAKES(LAC_E_ARG, x.out_words = 1u << 24);
    TAKES(LAC_E_ALIGN, x.in += 32);
    TAKES(LAC_E_ALIGN, x.out += 8);
    TAKES(LAC_E_ALIGN, x.step[0] += 8);
    TAKES(LAC_OK, x.step[1] += 8);
    TAKES(LAC_E_ARG, x.in = (lac_addr)1 << 38);
    TAKES(LAC_E_ALIGN, room[3].rules = 1);
    TAKES(LAC_E_ALIGN, (room[3].rules = 0, room[3].bands = 1));
    TAKES(LAC_E_ARG, (room[3].bands = 0, room[3].band_room = 65536));
    TAKES(LAC_E_ARG, (room[3].band_room = 0, room[3].rule_lines = 1u << 24));
    TAKES(LAC_OK, (room[3].rule_lines = 0));
    check(lac_map_bound(&good, 10, 10, 0, 0, &size) == LAC_E_ARG, "lac_map_bound: band 0", "taken");
    check(lac_map_bound(&good, 1u << 24, 10, 0, 1, &size) == LAC_E_ARG, "lac_map_bound: 2^24 voxels", "taken");
    check(lac_map_bound(&good, 0xffffff, 0xffffff, 0, 65535, &size) == LAC_OK && size.rule_lines <= 0xffffff && size.band_room == 257 && size.out_words == 0xfffff8 && size.step_words == 0xfffff8, "lac_map_bound: the most there can be", "%u %u %u", size.rule_lines,
          size.band_room, size.out_words);
    check(lac_map_grid(&good, grid) == LAC_E_ARG, "lac_map_grid: no shape", "taken");
    close_rig(&r);
    free(prog.c);

    open_rig(&r, &none, 8);
    prog = (list){ NULL, 0, 0 };
    TAKES(LAC_E_ARG, x.tag = 1); /* this machine */
    lac_cmd c = { { LAC_OP_MAP } };
    check(submit(&r, &c) == LAC_E_JOB && GO(&r, ERR_CODE) == (LAC_ERR_OPCODE | LAC_UNIT_CMD << 8), "a machine without MAP knows no OP 4", "%x", GO(&r, ERR_CODE));
    close_rig(&r);
}

/* Outputs are 7 x 7 = 49 at (0 .. 6): the worked example of a rulebook is in tests/map_numpy.py; here the same by the driver, as a set. */
static void worked(void)
{
    const lac_config cfg = machine(64, 64, 32);
    static const lac_site in[2] = { { 0, 0, 1, 2 }, { 0, 0, 2, 3 } };
    static const struct { int dx, dy; uint32_t in; int32_t x, y; } book[12] = {
        { -1, -1, 0, 2, 1 }, { 0, -1, 0, 1, 1 }, { 0, -1, 1, 2, 2 }, { 1, -1, 0, 0, 1 }, { 1, -1, 1, 1, 2 }, { -1, 0, 0, 2, 0 },
        { 0, 0, 0, 1, 0 }, { 0, 0, 1, 2, 1 }, { 1, 0, 0, 0, 0 }, { 1, 0, 1, 1, 1 }, { 0, 1, 1, 2, 0 }, { 1, 1, 1, 1, 0 },
    };
    rig r;
    open_rig(&r, &cfg, 4);
    const cloud    c = { (lac_site *)in, 2 };
    lac_map_room   room = { 0, 0, 1, 16 };
    lac_map        m = { .shape = { LAC_REGULAR, { 1, 3, 3 }, { 1, 1, 1 }, { 1, 1, 1 }, { 0, 0, 0 }, { 1, 5, 5 } }, .out_words = 32, .band = 100, .room = &room };
    m.in = take_list(&r, &c), m.out = take(&r, 64 + 8 * 32), room.bands = take(&r, 64), room.rules = take(&r, 64 * 16);
    const lac_status s = lac_map_run(&r.dev, &m, 10);
    lac_site         out[8];
    uint32_t         n = 0, found = 0, at = 0;
    int              ok = !s && !lac_coords_unpack(host(&r, m.out), 64 + 8 * 32, out, 8, &n, NULL) && n == 8 && get(host(&r, room.bands) + 4, 4) == 12;
    for (uint32_t i = 0; i < 12 && ok; i++) {
        const uint32_t w = (uint32_t)get(host(&r, room.rules) + 4 * i, 4);
        for (int k = 0; k < 12; k++)
            found += lac_rule_tap(w) == (uint32_t)(3 * (book[k].dy + 1) + book[k].dx + 1) && lac_rule_in(w) == book[k].in && out[at].x == book[k].x && out[at].y == book[k].y;
        at += (uint32_t)lac_rule_last(w);
    }
    check(ok && found == 12 && at == 8, "the worked example", "%s, %u outputs, %u of 12 rules", lac_status_name(s), n, found);
    close_rig(&r);
}

int main(void)
{
    const char *f = getenv("FUZZ");
    if (getenv("SEED")) seed = strtoull(getenv("SEED"), NULL, 0);
    worked();
    coords();
    voxels();
    pixels();
    refusals();
    merges();
    frames();
    driver_jobs(32, 24, 150);
    driver_jobs(64, 40, 150);
    driver_jobs(256, 32, 150);
    driver_jobs(512, 38, 150);
    check(multi > 150 && steps_seen > 60 && shaped > 80 && skipped < 120, "maps: enough of each kind", "%u of several passes, %u of several steps, %u with a shape, %u left out", multi, steps_seen, shaped, skipped);
    for (int m = 0; m < 6; m++) {
        char name[60];
        snprintf(name, sizeof name, "maps: %u %s", seen[m], modes[m]);
        check(seen[m] > 50, name, "more expected");
    }
    commands(32);
    commands(128);
    commands(512);
    const uint32_t widths[] = { 32, 512 };
    for (int i = 0; i < 2; i++) {
        const lac_config cfg = machine(widths[i], 512, 32);
        rig r;
        open_rig(&r, &cfg, 2);
        const uint64_t start = r.next;
        records_ok = records_all = 0;
        fields(&r, start);
        places(&r, start);
        bus(&r, start);
        faulty_lists(&r, start);
        close_rig(&r);
    }
    rings();
    fuzz(f ? (uint32_t)strtoul(f, NULL, 10) : 3000);
    return failures != 0;
}
