/* SPDX-License-Identifier: Apache-2.0
 *
 * layer_run.c - a layer on a machine: packing, layout of device memory, run, prediction, results (see layer.h) */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "lac_image.h"
#include "layer.h"
#include "lists.h"
#include "predict.h"

/* ---- Packing --------------------------------------------------------------------------------------- */

/* Image and layer of one slice of `rows` channels. */
static int pack_slice(layer *l, layer_slice *sl, uint32_t rows, diag *d)
{
    const host_matrix  m = host_rows(&l->m, sl->row0, rows);
    lac_requant        rq = l->rq;
    const host_packing how = { .format = l->format, .by_column = l->by_column, .rq = l->o.requant ? &rq : NULL, .weight_depth = l->weight_depth, .rows = l->rows,
                               .depthwise = l->depthwise, .residual = l->residual.data != NULL };
    uint64_t           where = 0;
    if (rq.bias) rq.bias += sl->row0;
    if (rq.multiplier) rq.multiplier += sl->row0;
    if (rq.shift) rq.shift += sl->row0;
    lac_status       s = host_pack(&l->mach.dev.caps, &m, &how, &sl->image, &sl->layer, &where);
    if (!s && l->residual.data) s = host_pack_residual(&l->mach.dev.caps, &sl->layer, l->residual.factor + sl->row0, &sl->factor_image, &sl->factors, &where);
    if (s == LAC_E_PORT) return diag_set(d, "%s: not enough memory", l->o.w);
    if (s == LAC_E_SPACE)
        return diag_set(d, "%s: a layer of %" PRIu32 " x %" PRIu32 " in format %s cannot be cut to fit configuration %s", l->o.w, rows,
                        m.cols, host_format_name(l->format), l->mach.cfg.name);
    return s ? diag_set(d, "%s: cannot be packed: %s at %" PRIu64, l->o.w, lac_status_name(s), where) : 0;
}

void layer_free_slices(layer *l)
{
    for (uint32_t i = 0; i < l->n_slices; i++) {
        free(l->slices[i].image);
        free(l->slices[i].factor_image);
    }
    free(l->slices);
    l->slices = NULL;
    l->n_slices = 0;
}

static int pack(layer *l, uint32_t rows, diag *d)
{
    layer_free_slices(l);
    l->n_slices = (l->m.rows + rows - 1) / rows;
    if (!(l->slices = calloc(l->n_slices, sizeof *l->slices))) return diag_set(d, "%s: not enough memory", l->o.w);
    for (uint32_t i = 0; i < l->n_slices; i++) {
        l->slices[i].row0 = i * rows;
        if (pack_slice(l, &l->slices[i], l->m.rows - i * rows < rows ? l->m.rows - i * rows : rows, d)) return -1;
    }
    /* Several slices are not kept on chip together: where they are needed, the RAMs are small. */
    l->resident = l->o.place != LAYER_STREAM && !l->by_column && l->n_slices == 1 && l->slices[0].layer.resident_cols != 0;
    if (l->o.place == LAYER_RESIDENT && !l->resident)
        return diag_set(d, "--resident: %s in format %s is larger than the RAMs of configuration %s", l->o.w, host_format_name(l->format),
                        l->mach.cfg.name);
    return 0;
}

/* ---- Running --------------------------------------------------------------------------------------- */

size_t layer_out_bytes(lac_type t) { return t == LAC_RAW ? 8 : t == LAC_INT16 ? 2 : 1; }

/* Slices that are resident, to their places. */
static lac_status load_resident(layer *l, lac_emit emit, void *ctx)
{
    lac_status s = LAC_OK;
    for (uint32_t i = 0; i < l->n_slices && l->resident && !s; i++) s = lac_fc_load(&l->mach.dev.caps, &l->slices[i].layer, &l->slices[i].place, emit, ctx);
    return s;
}

/* The residual's factors and, slice by slice, the residual itself. */
static void lay_residual(layer *l, arena *a)
{
    const lac_caps *caps = &l->mach.dev.caps;
    layer_residual *r = &l->residual;
    l->read.factors.from = a->next;
    for (uint32_t i = 0; i < l->n_slices && r->data; i++) l->slices[i].factors.addr = arena_take(a, l->slices[i].factors.bytes);
    l->read.factors.to = l->read.residual.from = a->next;
    for (uint32_t i = 0; i < l->n_slices && r->data; i++) {
        const uint32_t pitch = lac_pitch(caps, r->pixels * l->slices[i].layer.rows, r->type, r->list);
        l->slices[i].residual = (lac_tensor){ arena_take(a, (uint64_t)l->batch * r->lines * pitch), pitch, r->type, r->zero, r->list };
    }
    l->read.residual.to = a->next;
}

/* Addresses of everything behind a ring of `ring` commands. Returns the bytes it takes. */
static uint64_t lay_out(layer *l, uint32_t ring)
{
    const lac_caps *caps = &l->mach.dev.caps;
    const uint32_t  xp = lac_pitch(caps, l->x_width, l->in, l->x_list);
    arena           a = arena_at(l->mach.base);
    lac_fc         *job = l->jobs;
    arena_take(&a, 64u * (uint64_t)ring);
    for (uint32_t i = 0; i < l->n_slices; i++) l->slices[i].layer.addr = arena_take(&a, l->slices[i].layer.bytes);
    lay_residual(l, &a);
    const lac_addr x = arena_take(&a, (uint64_t)l->batch * l->x_lines * xp);
    for (uint32_t run = 0; run < l->o.repeat; run++)
        for (uint32_t i = 0; i < l->n_slices; i++) {
            const uint32_t yp = lac_pitch(caps, l->y_pixels * l->slices[i].layer.rows, l->o.out, l->o.y_as == LAYER_LIST);
            const lac_addr y = arena_take(&a, (uint64_t)l->batch * l->y_lines * yp);
            for (uint32_t part = 0; part < l->parts; part++) {
                const uint64_t first = (uint64_t)part * LAYER_BATCH, left = l->batch - first;
                *job++ = (lac_fc){
                    .layer = &l->slices[i].layer,
                    .resident = l->resident ? &l->slices[i].place : NULL,
                    .points = left > LAYER_BATCH ? LAYER_BATCH : (uint32_t)left,
                    .x = { x + first * l->x_lines * xp, xp, l->in, (int32_t)l->o.zero_in, l->x_list },
                    .y = { y + first * l->y_lines * yp, yp, l->o.out, (int32_t)l->o.zero_out, l->o.y_as == LAYER_LIST },
                    .clamp_lo = (int32_t)l->o.clamp[0],
                    .clamp_hi = (int32_t)l->o.clamp[1],
                    .tag = run,
                    .mark = i + 1 == l->n_slices && part + 1 == l->parts,
                };
            }
        }
    return arena_bytes(&a);
}

static uint64_t block_bytes(const lac_caps *caps, const lac_layer *layer)
{
    uint64_t lines = 0;
    for (uint32_t t = 0; t < layer->tiles; t++) {
        lac_tile tile;
        lac_get_tile(layer->image, t, &tile);
        lines += tile.lines;
    }
    return lines * caps->line;
}

lac_status layer_count(layer *l, runner_plan *plan)
{
    const lac_caps *caps = &l->mach.dev.caps;
    *plan = (runner_plan){ .line = caps->line };
    lac_status s = load_resident(l, runner_count, plan);
    if (!s) s = l->kind->build(l, runner_count, plan);
    l->weight_bytes = l->factor_bytes = 0;
    for (uint32_t i = 0; i < l->n_slices; i++) {
        l->weight_bytes += block_bytes(caps, &l->slices[i].layer);
        if (l->residual.data) l->factor_bytes += block_bytes(caps, &l->slices[i].factors);
    }
    return s;
}

/* [bytes] that LOAD reads for `lines` lines of `elements` elements each. */
static uint64_t once(const lac_caps *caps, const void *data, lac_type type, int32_t zero, size_t lines, uint32_t elements, int list)
{
    uint64_t sum = 0;
    if (!list) return lines * traffic_dense(caps, elements, type);
    for (size_t p = 0; p < lines; p++) sum += traffic_list(caps, lists_count(data, type, zero, p * elements, elements));
    return sum;
}

/* Dense or list, as it was asked for; *bytes: once(). */
static int choose_list(const lac_caps *caps, layer_as as, const void *data, lac_type type, int32_t zero, size_t lines, uint32_t elements, uint64_t *bytes)
{
    const uint64_t dense = once(caps, data, type, zero, lines, elements, 0), list = as == LAYER_DENSE ? dense : once(caps, data, type, zero, lines, elements, 1);
    const int      pick = as == LAYER_LIST || list < dense;
    *bytes = pick ? list : dense;
    return pick;
}

/* Pack and count. STORE writes 64-byte aligned, so where the RAMs hold fewer channels than 64 bytes of outputs, a layer of
 * several row tiles cannot be one tensor of that type: then it becomes slices of channels, each with a tensor of its own. */
static int plan_slices(layer *l, runner_plan *plan, diag *d)
{
    const lac_caps *caps = &l->mach.dev.caps;
    const uint32_t  acc = caps->acc_depth * caps->lanes, most = acc < caps->param_depth ? acc : caps->param_depth;
    const uint32_t  all = l->m.rows < l->max_rows ? l->m.rows : l->max_rows;
    l->parts = (uint32_t)((l->batch + LAYER_BATCH - 1) / LAYER_BATCH);
    for (uint32_t rows = all; rows; rows = (rows > most ? most : rows / 2) / l->row_step * l->row_step) {
        if (pack(l, rows, d)) return -1;
        free(l->jobs);
        l->jobs = calloc((size_t)l->o.repeat * l->n_slices * l->parts, sizeof *l->jobs);
        if (!l->jobs) return diag_set(d, "not enough memory");
        lay_out(l, 2);
        lac_status s = layer_count(l, plan);
        if (s == LAC_E_SPACE && l->resident && l->o.place == LAYER_AUTO) { /* nothing is left for what is streamed besides */
            l->resident = 0;
            lay_out(l, 2);
            s = layer_count(l, plan);
        }
        if (!s) return 0;
        if (s != LAC_E_SPACE) return diag_set(d, "%s and %s: no commands for them: %s", l->o.w, l->o.x, lac_status_name(s));
        if (l->depthwise) break; /* X has these channels and no others */
    }
    return 1;
}

int layer_plan(layer *l, runner_plan *plan, diag *d)
{
    const lac_caps *caps = &l->mach.dev.caps;
    const size_t    lines = l->batch * l->x_lines;
    const int32_t   zero = (int32_t)l->o.zero_in;
    l->x_list = choose_list(caps, l->o.x_as, l->x_data, l->in, zero, lines, l->x_width, &l->x_bytes);
    layer_residual *r = &l->residual;
    if (r->data) r->list = choose_list(caps, r->as, r->data, r->type, r->zero, l->batch * r->lines, r->pixels * r->channels, &r->bytes);
    int s = plan_slices(l, plan, d);
    if (s > 0 && l->x_list && l->o.x_as == LAYER_FEWER) { /* a list is not loaded in parts */
        l->x_list = choose_list(caps, LAYER_DENSE, l->x_data, l->in, zero, lines, l->x_width, &l->x_bytes);
        s = plan_slices(l, plan, d);
    }
    return s > 0 ? l->kind->misfit(l, d) : s;
}

/* Lines of `elements` elements to where a tensor stands. LAC_E_PORT: no memory. */
static lac_status put_lines(layer *l, const lac_tensor *t, const void *data, size_t lines, uint32_t elements)
{
    const size_t row = elements * layer_out_bytes(t->type);
    uint8_t     *list = t->list ? malloc(LISTS_HEADER + 4 * (size_t)elements) : NULL;
    lac_status   s = t->list && !list ? LAC_E_PORT : LAC_OK;
    for (size_t p = 0; p < lines && !s; p++) {
        const lac_addr at = t->addr + p * t->pitch;
        if (t->list) s = machine_write(&l->mach, at, list, lists_encode(data, t->type, t->zero, p * elements, elements, list));
        else s = machine_write(&l->mach, at, (const char *)data + p * row, row);
    }
    free(list);
    return s;
}

/* The channels of slice i of the residual, and r->bytes of them; channels that it has not are its zero point. LAC_E_PORT: no memory. */
static lac_status put_residual(layer *l, const layer_slice *sl)
{
    layer_residual *r = &l->residual;
    const uint32_t  have = sl->layer.rows, elements = r->pixels * have, keep = r->channels - sl->row0 < have ? r->channels - sl->row0 : have;
    const size_t    es = layer_out_bytes(r->type);
    const char     *from = (const char *)r->data + sl->row0 * es;
    char           *line = malloc(elements * es);
    lac_tensor      at = sl->residual;
    lac_status      s = line ? LAC_OK : LAC_E_PORT;
    if (line) lists_decode(NULL, 0, r->type, r->zero, elements, line); /* no entries: zero points */
    for (size_t p = 0; p < l->batch * r->lines && !s; p++, at.addr += at.pitch) {
        for (uint32_t x = 0; x < r->pixels; x++, from += r->channels * es) memcpy(line + x * have * es, from, keep * es);
        r->bytes += once(&l->mach.dev.caps, line, r->type, r->zero, 1, elements, r->list);
        s = put_lines(l, &at, line, 1, elements);
    }
    free(line);
    return s;
}

/* Line p back, as `elements` elements in `line`; room: as many bytes as its list may take. *bytes: what it takes. LAC_E_FORMAT: no list. */
static lac_status get_line(layer *l, const lac_tensor *t, size_t p, uint32_t elements, void *line, uint8_t *room, uint64_t *bytes)
{
    const lac_caps *caps = &l->mach.dev.caps;
    const lac_addr  at = t->addr + p * t->pitch;
    if (!t->list) {
        *bytes = traffic_dense(caps, elements, t->type);
        return machine_read(&l->mach, line, at, elements * layer_out_bytes(t->type));
    }
    lac_status     s = machine_read(&l->mach, room, at, 4);
    const uint32_t count = s ? 0 : lists_length(room);
    if (!s && count > elements) s = LAC_E_FORMAT;
    if (!s && count) s = machine_read(&l->mach, room, at + LISTS_HEADER, 4 * (size_t)count);
    *bytes = traffic_list(caps, count);
    return s ? s : lists_decode(room, count, t->type, t->zero, elements, line) ? LAC_E_FORMAT : LAC_OK;
}

lac_status layer_run(layer *l, const runner_plan *plan)
{
    const int  watch = l->o.g->stats || l->o.g->trace;
    runner    *r = &l->run;
    lac_status s = LAC_OK;
    if (runner_init(r, &l->mach, plan) || (watch && trace_init(&l->trace))) return LAC_E_SPACE;
    if (l->resident) {
        s = load_resident(l, runner_emit, r);
        if (!s) s = runner_finish(r);
        memset(&r->sum, 0, sizeof r->sum);
    }
    if (!s && watch) s = runner_watch(r, &l->trace);
    if (!s) s = l->kind->build(l, runner_emit, r);
    return s ? s : runner_finish(r);
}

/* Operands to memory, then the run. */
static lac_status run(layer *l, const runner_plan *plan)
{
    lac_status s = LAC_OK;
    for (uint32_t i = 0; i < l->n_slices && !s; i++)
        s = machine_write(&l->mach, l->slices[i].layer.addr, l->slices[i].image, l->slices[i].layer.bytes);
    l->residual.bytes = 0;
    for (uint32_t i = 0; i < l->n_slices && !s && l->residual.data; i++) {
        s = machine_write(&l->mach, l->slices[i].factors.addr, l->slices[i].factor_image, l->slices[i].factors.bytes);
        if (!s) s = put_residual(l, &l->slices[i]);
    }
    if (!s) s = put_lines(l, &l->jobs[0].x, l->x_data, l->batch * l->x_lines, l->x_width);
    return s ? s : layer_run(l, plan);
}

/* The program as the runner cuts it, on the cycle model. */
typedef struct {
    layer    *l;
    predict  *p;
    uint32_t  n;       /* commands of this piece */
    uint64_t  longest; /* [cycles] of all pieces: it gives the bound */
    int       traced;  /* its events are the timeline */
} forecast;

static int forecast_piece(forecast *c)
{
    predict_result       res;
    uint32_t             n;
    layer               *l = c->l;
    const predict_status s = predict_run(c->p, &res, NULL);
    if (s) return s;
    const predict_event *e = predict_events(c->p, &n);
    for (uint32_t i = 0; i < n && c->traced; i++) trace_ran(&l->trace, e[i].engine, l->predicted + e[i].start, l->predicted + e[i].end);
    if (!l->bound || res.cycles > c->longest) l->bound = predict_bound_name(res.bound);
    if (res.cycles > c->longest) c->longest = res.cycles;
    l->predicted += res.cycles;
    c->n = 0;
    return 0;
}

static int forecast_emit(void *ctx, const lac_cmd *cmd)
{
    forecast *c = ctx;
    int       s = c->n == c->l->run.cap ? forecast_piece(c) : 0;
    if (!s) s = predict_emit(c->p, cmd);
    c->n += !s;
    return s;
}

/* Fill in `predicted` and `bound`, and, but for the RTL, which has a trace port, the timeline. What cannot be predicted stays unknown. */
static void foresee(layer *l)
{
    const lac_caps       *caps = &l->mach.dev.caps;
    const axi_mem_timing  t = l->mach.timing;
    const predict_memory  view = { l->mach.mem, l->mach.base, l->mach.bytes, t.rd_latency, t.wr_latency, t.outstanding };
    forecast              c = { l, predict_new(caps, &view), 0, 0, 0 };
    int                   s = c.p ? 0 : -1;
    if (l->resident && !s) s = load_resident(l, forecast_emit, &c) || forecast_piece(&c);
    l->predicted = c.longest = 0;
    l->bound = NULL;
    c.traced = l->mach.kind != MACHINE_RTL;
    if (!s) s = l->kind->build(l, forecast_emit, &c) || forecast_piece(&c);
    if (s) {
        l->bound = NULL;
        l->predicted = 0;
    }
    predict_free(c.p);
}

/* Result of one run, without the gaps between lines and the channels that W has not, and l->y_bytes. LAC_E_SPACE: no memory. */
static lac_status fetch(layer *l, uint32_t run_index, void *to)
{
    const uint32_t rows = l->y_channels;
    const size_t   es = layer_out_bytes(l->o.out), pixel = rows * es, lines = l->batch * l->y_lines;
    lac_status     s = LAC_OK;
    l->y_bytes = 0;
    for (uint32_t i = 0; i < l->n_slices && !s; i++) {
        const layer_slice *sl = &l->slices[i];
        const lac_tensor  *y = &l->jobs[((size_t)run_index * l->n_slices + i) * l->parts].y;
        const uint32_t     have = sl->layer.rows, keep = rows - sl->row0 < have ? rows - sl->row0 : have;
        const uint32_t     elements = l->y_pixels * have;
        char              *line = malloc(elements * es), *at = (char *)to + sl->row0 * es;
        uint8_t           *list = malloc(4 * (size_t)elements);
        if (!line || !list) s = LAC_E_SPACE;
        for (size_t p = 0; p < lines && !s; p++) {
            uint64_t bytes;
            s = get_line(l, y, p, elements, line, list, &bytes);
            l->y_bytes += bytes;
            for (uint32_t x = 0; x < l->y_pixels && !s; x++, at += pixel) memcpy(at, line + x * have * es, keep * es);
        }
        free(line);
        free(list);
    }
    return s;
}

int layer_collect(layer *l, size_t bytes, lac_status (*fetch)(layer *l, uint32_t run, void *to))
{
    cli_globals *g = l->o.g;
    diag         d;
    l->result = malloc(bytes + 1);
    char *again = malloc(l->o.repeat > 1 ? bytes + 1 : 1);
    if (!l->result || !again) {
        free(again);
        return cli_fail(g, CLI_INPUT, "not enough memory");
    }
    lac_status s = fetch(l, 0, l->result);
    uint32_t   differs = 0;
    for (uint32_t i = 1; i < l->o.repeat && !s && !differs; i++) {
        s = fetch(l, i, again);
        if (!s && memcmp(again, l->result, bytes)) differs = i;
    }
    free(again);
    if (s) return cli_job_failed(g, &l->mach, s);
    if (!differs) return CLI_OK;
    diag_set(&d, "job failed: the result of repetition %" PRIu32 " differs from that of the first", differs);
    return cli_fail(g, CLI_FAILED, d.text);
}

int layer_execute(layer *l, const runner_plan *plan)
{
    cli_globals   *g = l->o.g;
    diag           d;
    lac_status     s;
    const uint32_t ring = runner_ring(plan);
    int            code = (int)machine_memory(&l->mach, lay_out(l, ring), ring, &d);
    if (code) return cli_fail(g, code, d.text);
    if ((s = lac_watchdog(&l->mach.dev, 100000)) || (s = run(l, plan))) return cli_job_failed(g, &l->mach, s);
    if ((code = cli_obeyed(g, &l->mach)) != 0) return code;

    if (g->stats || g->trace) foresee(l);
    l->read.m = &l->mach;
    if (g->stats) l->kind->build(l, traffic_emit, &l->read);
    return layer_collect(l, l->out_count * layer_out_bytes(l->o.out), fetch);
}

int layer_choose(layer *l, diag *d)
{
    const lac_caps *caps = &l->mach.dev.caps;
    if (layer_has_format(l, d)) return -1;
    l->format = l->o.format != HOST_AUTO ? l->o.format : host_choose(&l->m, &l->uses, caps->lanes, caps->formats, &l->lane_cycles);
    if (l->format == HOST_AUTO) return diag_set(d, "%s: no format of configuration %s takes it", l->o.w, l->mach.cfg.name);
    l->lane_cycles = host_cycles(&l->m, l->format, &l->uses, caps->lanes);
    return 0;
}
