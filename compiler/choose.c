/* SPDX-License-Identifier: Apache-2.0
 *
 * choose.c - see choose.h */
#include "choose.h"
#include <stdlib.h>
#include <string.h>
#include "arena.h"

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
    uint8_t *mem;
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

/* Pack slices of `rows` channels. LAC_E_PORT: no memory. */
static lac_status pack(plan *p, host_format f, int by_column, uint32_t rows)
{
    const choose_layer *l = p->l;
    free_slices(p);
    const uint32_t n = (l->w.rows + rows - 1) / rows;
    p->slices = calloc(n, sizeof *p->slices);
    p->jobs = calloc(n, sizeof *p->jobs);
    if (!p->slices || !p->jobs) return LAC_E_PORT;
    p->n = n;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t     row0 = i * rows, left = l->w.rows - row0;
        const host_matrix  m = host_rows(&l->w, row0, left < rows ? left : rows);
        const host_packing how = { f, by_column, NULL };
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

static int count(void *n, const lac_cmd *cmd)
{
    (void)cmd;
    ++*(uint32_t *)n;
    return 0;
}

/* Commands of the jobs and of what is loaded before, in *n. */
static lac_status count_commands(plan *p, int resident, uint32_t *n)
{
    *n = 0;
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

/* Slices as large as this machine can store them: lac_fc_build() refuses what it cannot. *n: commands. */
static lac_status fit(plan *p, host_format f, int by_column, uint32_t *n)
{
    const lac_caps *caps = p->l->caps;
    const uint32_t  acc = caps->acc_depth * caps->lanes, most = acc < caps->param_depth ? acc : caps->param_depth;
    for (uint32_t rows = p->l->w.rows; rows; rows = rows > most ? most : rows / 2) {
        lac_status s = pack(p, f, by_column, rows);
        if (!s) s = count_commands(p, 0, n);
        if (s != LAC_E_SPACE) return s;
    }
    return LAC_E_SPACE;
}

int choose_costs(const choose_layer *l, host_format f, choose_cost cost[CHOOSE_WAYS])
{
    plan     p = { .l = l, .points = (uint32_t)(l->points < CHOOSE_POINTS ? l->points : CHOOSE_POINTS) };
    int      err = 0;
    uint32_t n;
    memset(cost, 0, CHOOSE_WAYS * sizeof *cost);
    for (int by_column = 0; by_column < 2 && !err; by_column++) {
        if (by_column && (host_format_n(f) || !(l->caps->formats & LAC_HAS_COLUMNS))) break;
        const lac_status s = fit(&p, f, by_column, &n);
        if (s == LAC_E_PORT) err = -1;
        if (s) continue;
        err = cost_of(&p, n, 0, &cost[by_column ? CHOOSE_COLUMNS : CHOOSE_STREAMED]);
        if (!err && !by_column && p.n == 1 && p.slices[0].layer.resident_cols && !count_commands(&p, 1, &n))
            err = cost_of(&p, n, 1, &cost[CHOOSE_RESIDENT]);
    }
    free_slices(&p);
    return err;
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
        if (formats >> f & 1 && choose_costs(l, (host_format)f, all[f])) return HOST_AUTO;
    }
    const host_format best = choose_best(all, formats, ways, way);
    if (best != HOST_AUTO && cost) *cost = all[best][*way];
    return best;
}
