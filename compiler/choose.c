/* SPDX-License-Identifier: Apache-2.0
 *
 * choose.c - see choose.h */
#include "choose.h"
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "lac_hw.h"

#define MEMORY_BASE 0x10000u /* where addresses begin; only their place in 4096 bytes matters */

static const lac_place front_ = { 0, 0, 0, 0 };

typedef struct {
    lac_layer layer;
    void     *image;
} slice;

typedef struct {
    const choose_layer *l;
    slice   *slices;     /* of output channels: one, unless the RAMs are too small for the output type */
    uint32_t n;
    lac_fc  *jobs;       /* [n] */
    uint32_t points;
    lac_csc  csc;        /* of the whole matrix, when it was needed */
} plan;

const char *choose_way_name(choose_way w)
{
    static const char *const name[CHOOSE_WAYS] = { "resident", "streamed", "by column" };
    return name[w];
}

int choose_legal(const choose_layer *l, host_format f)
{
    const uint32_t n = host_format_n(f);
    host_codes     codes;
    size_t         where;
    if (!(l->caps->formats & 1u << host_format_driver(f)) || (f != HOST_CSC && !l->w.w8)) return 0;
    return n ? !host_nm_check(&l->w, n, &where) : f != HOST_CSC || !host_collect(&l->w, &codes, &where);
}

static void free_slices(plan *p)
{
    for (uint32_t i = 0; i < p->n; i++) free(p->slices[i].image);
    free(p->slices);
    free(p->jobs);
    p->slices = NULL;
    p->jobs = NULL;
    p->n = 0;
}

static void free_plan(plan *p)
{
    free_slices(p);
    host_csc_free(&p->csc);
}

/* Pack slices of `rows` channels. LAC_E_PORT: no memory. */
static lac_status pack(plan *p, host_format f, int by_column, uint32_t rows, uint32_t weight_depth, uint32_t bytes)
{
    const choose_layer *l = p->l;
    free_slices(p);
    const uint32_t n = (l->w.rows + rows - 1) / rows;
    p->slices = calloc(n, sizeof *p->slices);
    p->jobs = calloc(n, sizeof *p->jobs);
    if (!p->slices || !p->jobs) return LAC_E_PORT;
    p->n = n;
    if (n == 1 && !host_format_n(f) && !p->csc.col_ptr && host_csc(&l->w, &p->csc)) return LAC_E_PORT;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t     row0 = i * rows, left = l->w.rows - row0;
        const host_matrix  m = host_rows(&l->w, row0, left < rows ? left : rows);
        const host_packing how = { f, by_column, NULL, weight_depth, n == 1 && !host_format_n(f) ? &p->csc : NULL, bytes, NULL, 0, 0 };
        const lac_status   s = host_pack(l->caps, &m, &how, &p->slices[i].image, &p->slices[i].layer, NULL);
        if (s) return s;
    }
    return LAC_OK;
}

/* Addresses behind a ring of `ring` commands, in the order of `lacuna fc`: images, x, y. Returns the end of x. */
static lac_addr lay_out(plan *p, uint32_t ring, int resident)
{
    const choose_layer *l = p->l;
    const uint32_t      xp = lac_pitch(l->caps, l->w.cols, l->in, 0);
    arena               a = arena_at(MEMORY_BASE);
    arena_take(&a, 64u * (uint64_t)ring);
    for (uint32_t i = 0; i < p->n; i++) p->slices[i].layer.addr = arena_take(&a, p->slices[i].layer.bytes);
    const lac_addr x = arena_take(&a, (uint64_t)p->points * xp), end = a.next;
    for (uint32_t i = 0; i < p->n; i++) {
        const lac_layer *layer = &p->slices[i].layer;
        const uint32_t   yp = lac_pitch(l->caps, layer->rows, l->out, 0);
        int32_t          lo, hi;
        host_type_range(l->out, &lo, &hi);
        p->jobs[i] = (lac_fc){ layer, resident ? &front_ : NULL, p->points, { x, xp, l->in, l->zero, 0 },
                               { arena_take(&a, (uint64_t)p->points * yp), yp, l->out, 0, 0 }, lo, hi, 0, i + 1 == p->n };
    }
    return end;
}

typedef struct { uint32_t commands, weights; } counts; /* all, and those that load tiles */

static int count(void *n, const lac_cmd *cmd)
{
    counts        *c = n;
    const uint32_t op = cmd->w[0] & 0xff;
    c->commands++;
    c->weights += op == LAC_OP_LOAD_WEIGHTS || op == LAC_OP_LOAD_COLUMNS;
    return 0;
}

/* Commands of the jobs and of what is loaded before, in *n. */
static lac_status count_commands(plan *p, int resident, counts *n)
{
    *n = (counts){ 0, 0 };
    lay_out(p, 2, resident);
    lac_status s = resident ? lac_fc_load(p->l->caps, &p->slices[0].layer, &front_, count, n) : LAC_OK;
    return s ? s : lac_fc_build(p->l->caps, p->jobs, p->n, count, n);
}

/* The plan's jobs on the cycle model. -1: no memory. */
static int cost_of(plan *p, uint32_t commands, int resident, choose_cost *out)
{
    const choose_layer *l = p->l;
    const lac_addr      end = lay_out(p, commands + 1, resident);
    const uint32_t      xp = lac_pitch(l->caps, l->w.cols, l->in, 0), beat = l->caps->data_w / 8;
    const size_t        row = (size_t)l->w.cols * (l->in == LAC_INT16 ? 2 : 1);
    uint8_t            *mem = calloc((size_t)(end - MEMORY_BASE), 1);
    predict_memory      view = l->memory;
    predict_result      res;
    int                 err = mem ? 0 : PREDICT_NOMEM;
    view.bytes = mem;
    view.base = MEMORY_BASE;
    view.size = end - MEMORY_BASE;
    for (uint32_t i = 0; i < p->n && mem; i++) {
        const lac_layer *layer = &p->slices[i].layer;
        memcpy(mem + (layer->addr - MEMORY_BASE), p->slices[i].image, layer->bytes);
        out->weight_bytes += layer->bytes - layer->dir_bytes;
    }
    for (uint32_t i = 0; i < p->points && mem; i++)
        memcpy(mem + (p->jobs[0].x.addr - MEMORY_BASE) + (size_t)i * xp, (const char *)l->x + i * row, row);
    predict *m = err ? NULL : predict_new(l->caps, &view);
    if (!m) err = PREDICT_NOMEM;
    if (!err && resident) {
        err = lac_fc_load(l->caps, &p->slices[0].layer, &front_, predict_emit, m);
        if (!err) err = (int)predict_run(m, &res, NULL);
    }
    if (!err) err = lac_fc_build(l->caps, p->jobs, p->n, predict_emit, m);
    if (!err) err = (int)predict_run(m, &res, NULL);
    predict_free(m);
    free(mem);
    if (err == PREDICT_NOMEM) return -1;
    out->possible = !err;
    if (err) return 0;
    out->cycles = res.cycles;
    out->bound = res.bound;
    out->bytes_read = res.rd_beats * beat;
    out->bytes_written = res.wr_beats * beat;
    return 0;
}

/* Slices as large as this machine can store them: lac_fc_build() refuses what it cannot. */
static lac_status fit(plan *p, host_format f, int by_column, counts *n)
{
    const lac_caps *caps = p->l->caps;
    const uint32_t  acc = caps->acc_depth * caps->lanes, most = acc < caps->param_depth ? acc : caps->param_depth;
    for (uint32_t rows = p->l->w.rows; rows; rows = rows > most ? most : rows / 2) {
        lac_status s = pack(p, f, by_column, rows, 0, 0);
        if (!s) s = count_commands(p, 0, n);
        if (s != LAC_E_SPACE) return s;
    }
    return LAC_E_SPACE;
}

/* ---- Tiles ----------------------------------------------------------------------------------------------- */

/* [words] How small the weight RAM has to seem for about `tiles` tiles of the layer, which takes whole->tiles with all of it: the packer lets a tile
 * take half, but keeps weight blocks in one tile where all of them fit. */
static uint32_t depth_for(const lac_caps *caps, const lac_layer *whole, uint32_t tiles)
{
    const uint64_t words = whole->resident_words ? whole->resident_words : (uint64_t)whole->tiles * caps->weight_depth / 2;
    const uint64_t depth = 2 * ((words + tiles - 1) / tiles);
    return (uint32_t)(depth < words || whole->by_column ? depth : words - 1);
}

/* The cost of the packed plan cut into about `tiles` tiles; as *out was, if that is no other plan or is not possible. */
static int cost_cut(plan *p, host_format f, const lac_layer *whole, uint32_t tiles, choose_cost *out)
{
    const uint32_t depth = depth_for(p->l->caps, whole, tiles);
    choose_cost    cut = { .weight_depth = depth };
    counts         n;
    if (!depth || depth >= p->l->caps->weight_depth) return 0;
    lac_status s = pack(p, f, (int)whole->by_column, p->l->w.rows, depth, whole->bytes + whole->bytes / 8 + 4096);
    if (s == LAC_E_PORT) return -1;
    if (!s) s = count_commands(p, 0, &n);
    if (s || p->slices[0].layer.tiles == whole->tiles || (!p->l->tiles && n.weights != p->slices[0].layer.tiles)) return 0;
    if (cost_of(p, n.commands, 0, &cut)) return -1;
    if (cut.possible && (p->l->tiles || cut.cycles < out->cycles)) *out = cut;
    return 0;
}

/* The packed plan, streamed: as it is, or in more tiles. Eight times as many are mostly the best or next to it, so they come first. */
static int cost_streamed(plan *p, host_format f, uint32_t commands, choose_cost *out)
{
    const choose_layer *l = p->l;
    const lac_layer     whole = p->slices[0].layer;
    if (cost_of(p, commands, 0, out)) return -1;
    if (!out->possible || p->n > 1 || l->tiles == 1 || (!l->tiles && l->points > CHOOSE_POINTS)) return 0;
    if (l->tiles) return cost_cut(p, f, &whole, l->tiles, out);
    const uint64_t as_is = out->cycles;
    if (cost_cut(p, f, &whole, 8 * whole.tiles, out)) return -1;
    const uint64_t eight = out->cycles;
    if (eight < as_is && cost_cut(p, f, &whole, 16 * whole.tiles, out)) return -1;
    if (out->cycles == eight && cost_cut(p, f, &whole, 4 * whole.tiles, out)) return -1;
    return out->cycles == as_is ? cost_cut(p, f, &whole, 2 * whole.tiles, out) : 0;
}

/* ---- Choice ---------------------------------------------------------------------------------------------- */

int choose_costs(const choose_layer *l, host_format f, unsigned ways, choose_cost cost[CHOOSE_WAYS])
{
    plan   p = { .l = l, .points = (uint32_t)(l->points < CHOOSE_POINTS ? l->points : CHOOSE_POINTS) };
    int    err = 0;
    counts n, loaded;
    memset(cost, 0, CHOOSE_WAYS * sizeof *cost);
    for (int by_column = 0; by_column < 2 && !err; by_column++) {
        const choose_way way = by_column ? CHOOSE_COLUMNS : CHOOSE_STREAMED;
        if (by_column && (host_format_n(f) || !(l->caps->formats & LAC_HAS_COLUMNS))) break;
        if (!(ways & (1u << way | (by_column ? 0u : 1u << CHOOSE_RESIDENT)))) continue;
        const lac_status s = fit(&p, f, by_column, &n);
        if (s == LAC_E_PORT) err = -1;
        if (s) continue;
        if (!by_column && ways & 1u << CHOOSE_RESIDENT && p.n == 1 && p.slices[0].layer.resident_cols && !count_commands(&p, 1, &loaded))
            err = cost_of(&p, loaded.commands, 1, &cost[CHOOSE_RESIDENT]);
        if (!err && ways >> way & 1) err = cost_streamed(&p, f, n.commands, &cost[way]);
    }
    free_plan(&p);
    return err;
}

int choose_resident(const choose_layer *l, host_format f)
{
    plan             p = { .l = l, .points = (uint32_t)(l->points < CHOOSE_POINTS ? l->points : CHOOSE_POINTS) };
    counts           n;
    const lac_status s = fit(&p, f, 0, &n);
    const int        yes = !s && p.n == 1 && p.slices[0].layer.resident_cols && !count_commands(&p, 1, &n);
    free_plan(&p);
    return s == LAC_E_PORT ? -1 : yes;
}

host_format choose_best(choose_cost (*cost)[CHOOSE_WAYS], unsigned formats, unsigned ways, choose_way *way)
{
    static const host_format order[HOST_FORMATS] = { HOST_1_4, HOST_2_4, HOST_3_4, HOST_4_4, HOST_CSC, HOST_CSC8 };
    host_format best = HOST_AUTO;
    uint64_t    fewest = UINT64_MAX;
    for (int i = 0; i < HOST_FORMATS; i++) {
        const choose_cost *c = cost[order[i]];
        if (!(formats >> order[i] & 1)) continue;
        for (int w = 0; w < CHOOSE_WAYS; w++) {
            if (!(ways >> w & 1) || !c[w].possible) continue;
            if (c[w].cycles < fewest) {
                best = order[i];
                fewest = c[w].cycles;
                *way = (choose_way)w;
            }
            if (w == CHOOSE_RESIDENT) break;
        }
    }
    return best;
}

host_format choose_format(const choose_layer *l, unsigned formats, unsigned ways, choose_way *way, choose_cost *cost)
{
    choose_cost all[HOST_FORMATS][CHOOSE_WAYS];
    for (int f = 0; f < HOST_FORMATS; f++) {
        if (!choose_legal(l, (host_format)f)) formats &= ~(1u << f);
        if (!(formats >> f & 1)) continue;
        /* choose_best() looks at nothing else where a format can be resident. */
        if (choose_costs(l, (host_format)f, ways & 1u << CHOOSE_RESIDENT, all[f])) return HOST_AUTO;
        if (!all[f][CHOOSE_RESIDENT].possible && choose_costs(l, (host_format)f, ways & ~(1u << CHOOSE_RESIDENT), all[f])) return HOST_AUTO;
    }
    const host_format best = choose_best(all, formats, ways, way);
    if (best != HOST_AUTO && cost) *cost = all[best][*way];
    return best;
}
