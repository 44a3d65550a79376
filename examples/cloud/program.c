/* SPDX-License-Identifier: Apache-2.0
 *
 * program.c - see program.h */
#define _POSIX_C_SOURCE 200809L
#include "program.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "host.h"
#include "lac_hw.h"

enum { LATENCY = 10 /* [cycles] of simulated memory */, WATCHDOG = 100000, MAP_TAG = MOST_LAYERS };

/* Why a call of the driver failed. */
static const char *why(const program *p, lac_status s) { return s == LAC_E_PORT && machine_error(p->mach) ? machine_error(p->mach) : lac_status_name(s); }

static int too_small(const program *p, const char *what, const char *name, diag *d)
{
    const lac_caps *c = &p->mach->dev.caps;
    return diag_set(d, "'%s' is too small for %s%s: ACC_DEPTH is %" PRIu32 ", WEIGHT_DEPTH %" PRIu32 ", COL_DEPTH %" PRIu32 ", PARAM_DEPTH %" PRIu32 ", FEAT_DEPTH %" PRIu32,
                    p->mach->cfg.name, what, name, c->acc_depth, c->weight_depth, c->col_depth, c->param_depth, c->feat_depth);
}

/* What a slow machine is at, where somebody watches. */
static void tell(const program *p, const char *what)
{
    if (p->mach->kind == MACHINE_SERIAL && isatty(STDERR_FILENO)) fprintf(stderr, "\r%-40s\r%s", "", what);
}

/* ---- Packing --------------------------------------------------------------------------------------- */

static const layer_kind *kind_of(const program *p, uint32_t l) { return &p->net->kind->layer[l]; }
static uint32_t          level_of(const program *p, uint32_t l) { return p->net->kind->map[kind_of(p, l)->map].out; }

/* [channels] of a voxel in device memory */
static uint32_t channels_of(const program *p, int from) { return from == INPUT ? p->net->of->features : p->rows[from]; }

/* The weights of a source with padding. */
static int8_t *widen(const program *p, uint32_t l, uint32_t i)
{
    const int      from = kind_of(p, l)->source[i].from;
    const uint32_t taps = network_taps(p->net->kind, kind_of(p, l)->map), c = network_channels(p->net, from), wide = channels_of(p, from);
    int8_t        *w = calloc(p->rows[l], taps * wide);
    for (uint32_t k = 0; w && k < kind_of(p, l)->rows; k++)
        for (uint32_t t = 0; t < taps; t++) memcpy(w + ((size_t)k * taps + t) * wide, p->net->w[l][i] + ((size_t)k * taps + t) * c, c);
    return w;
}

static lac_status pack(program *p, uint32_t l, uint32_t i)
{
    const lac_caps    *caps = &p->mach->dev.caps;
    const source_kind *s = &kind_of(p, l)->source[i];
    const uint32_t     rows = p->rows[l], wide = channels_of(p, s->from), cols = network_taps(p->net->kind, kind_of(p, l)->map) * wide;
    const int          balance = kind_of(p, l)->sources == 1;
    int32_t            bias[64] = { 0 }, multiplier[64] = { 0 };
    int8_t             shift[64], *w = widen(p, l, i);
    void              *scratch = malloc(lac_pack_scratch(caps, rows, cols));
    lac_csc            csc = { 0, 0, NULL, NULL, NULL };
    uint32_t           need = 0;
    lac_status         st = LAC_E_SPACE;
    memset(shift, 1, sizeof shift);
    for (uint32_t k = 0; k < kind_of(p, l)->rows; k++) {
        bias[k] = p->net->bias[l][k];
        multiplier[k] = p->net->multiplier[l][k];
        shift[k] = p->net->shift[l][k];
    }
    const lac_requant rq = { bias, multiplier, shift, 0, 0 };
    const host_matrix m = { rows, cols, w, NULL };
    const lac_nm      nm = { rows, cols, s->n, w };
    const int         by_column = s->format != LAC_NM;
    if (w && scratch && rows <= 64 && (!by_column || !host_csc(&m, &csc))) {
        const lac_csc *const c = by_column ? &csc : NULL;
        const lac_nm *const  n = by_column ? NULL : &nm;
        st = lac_sconv_pack(caps, wide, c, n, s->format, &rq, balance, scratch, NULL, 0, &need, NULL, NULL);
        if (!st && !(p->image[l][i] = malloc(need))) st = LAC_E_SPACE;
        if (!st) st = lac_sconv_pack(caps, wide, c, n, s->format, &rq, balance, scratch, p->image[l][i], need, &need, &p->layer[l][i], NULL);
    }
    host_csc_free(&csc);
    free(scratch);
    free(w);
    return st;
}

/* ---- Layout ---------------------------------------------------------------------------------------- */

/* [outputs] of a band of a level: what its layers' accumulators hold, a multiple of 64 bytes of each; and some bands where there are enough voxels, so that the engines overlap. */
static uint32_t find_band(const program *p, uint32_t level, uint32_t voxels)
{
    const lac_caps *caps = &p->mach->dev.caps;
    uint32_t        most = 65535, unit = 1;
    for (uint32_t l = 0; l < p->net->kind->layers; l++) {
        if (level_of(p, l) != level) continue;
        const uint32_t deep = caps->acc_depth / ((p->rows[l] + caps->lanes - 1) / caps->lanes), wide = 65535u / p->rows[l];
        most = deep < most ? deep : most;
        most = wide < most ? wide : most;
        while (unit * p->rows[l] % LAC_ALIGN) unit *= 2;
    }
    const uint32_t few = (voxels / 4 + unit) / unit * unit;
    most = most / unit * unit;
    return few < most ? few : most;
}

/* Rows of a level's layers: filled up to what STORE writes at once, or further where an accumulator bank could not hold a band else. */
static lac_status pad_level(program *p, uint32_t level)
{
    for (uint32_t step = p->mach->dev.caps.store_w;; step *= 2) {
        for (uint32_t l = 0; l < p->net->kind->layers; l++)
            if (level_of(p, l) == level) p->rows[l] = (kind_of(p, l)->rows + step - 1) / step * step;
        if (find_band(p, level, UINT16_MAX)) return LAC_OK;
        if (step >= LAC_ALIGN) return LAC_E_SPACE;
    }
}

static lac_map_shape shape_of(const map_kind *m)
{
    lac_map_shape s = { .mode = m->mode };
    for (int a = 0; a < 3; a++) {
        s.kernel[a] = m->kernel[a];
        s.stride[a] = m->stride[a];
        s.dilation[a] = 1;
        s.pad[a] = m->mode == LAC_SUBMANIFOLD ? (int32_t)(m->kernel[a] - 1) / 2 : 0;
    }
    return s;
}

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* Lists and maps behind each other, with room for what may come. `words`: of the voxels' list. */
static lac_status lay_maps(program *p, arena *a, uint32_t words)
{
    const network_kind *kind = p->net->kind;
    lac_map_sizes       size;
    memset(p->most, 0, sizeof p->most);
    p->most[0] = p->net->of->n;
    p->list_words[0] = words;
    p->list[0] = arena_take(a, lac_coords_bytes(words));
    for (uint32_t i = 0; i < kind->maps; i++) {
        const map_kind     *m = &kind->map[i];
        const lac_map_shape s = shape_of(m);
        if (m->mode == LAC_STRIDED && !p->most[m->out]) { /* the first that knows its level */
            lac_status st = lac_map_bound(&s, p->most[m->in], p->list_words[m->in], 0, 1, &size);
            if (st) return st;
            p->most[m->out] = p->net->most[m->out] ? least(size.outputs, p->net->most[m->out]) : size.outputs;
            p->list_words[m->out] = least(size.out_words, (2 * p->most[m->out] + 7) / 8 * 8); /* at worst two for each site */
            p->list[m->out] = arena_take(a, lac_coords_bytes(p->list_words[m->out]));
        }
        if (!(p->band[m->out] = find_band(p, m->out, p->most[m->out]))) return LAC_E_SPACE;
        const lac_status st = lac_map_bound(&s, p->most[m->in], p->list_words[m->in], m->mode == LAC_INVERSE ? p->most[m->out] : 0, p->band[m->out], &size);
        if (st) return st;
        p->bands[m->out] = (p->most[m->out] + p->band[m->out] - 1) / p->band[m->out];
        p->room[i] = (lac_map_room){ arena_take(a, 64 * (uint64_t)p->bands[m->out]), arena_take(a, 64 * (uint64_t)size.rule_lines), p->bands[m->out], size.rule_lines };
        p->map[i] = (lac_map){ .shape = s, .in = p->list[m->in], .out = p->list[m->out], .out_words = m->mode == LAC_STRIDED ? p->list_words[m->out] : 0, .band = p->band[m->out],
                               .room = &p->room[i], .tag = MAP_TAG + i, .mark = i + 1 == kind->maps, .signal = i + 1 == kind->maps };
    }
    return LAC_OK;
}

static uint64_t tensor_bytes(const program *p, uint32_t l)
{
    const uint32_t level = level_of(p, l);
    return (uint64_t)p->bands[level] * p->band[level] * p->rows[l];
}

static void lay_layers(program *p, arena *a)
{
    const network_kind *kind = p->net->kind;
    p->x = arena_take(a, (uint64_t)p->net->of->n * p->net->of->features);
    for (uint32_t l = 0; l < kind->layers; l++) {
        const layer_kind *k = &kind->layer[l];
        const uint32_t    level = level_of(p, l);
        for (uint32_t i = 0; i < k->sources; i++) {
            const int from = k->source[i].from;
            p->layer[l][i].addr = arena_take(a, p->layer[l][i].bytes);
            p->source[l][i] = (lac_sconv_source){ .layer = &p->layer[l][i], .bands = p->room[k->map].bands, .rules = p->room[k->map].rules,
                                                  .x = { from == INPUT ? p->x : p->job[from].y.addr, 0, LAC_INT8, network_zero(kind, from), 0 } };
        }
        p->job[l] = (lac_sconv){ .source = p->source[l], .sources = k->sources, .band = p->band[level], .bands = p->bands[level],
                                 .y = { arena_take(a, tensor_bytes(p, l)), 0, LAC_INT8, network_zero(kind, (int)l), 0 }, .clamp_lo = -128, .clamp_hi = 127, .tag = l,
                                 .mark = l + 1 == kind->layers, .after_map = l == 0 };
    }
}

/* ---- The list -------------------------------------------------------------------------------------- */

static lac_status build(const program *p, lac_emit emit, void *ctx)
{
    const lac_caps *caps = &p->mach->dev.caps;
    lac_status      s = LAC_OK;
    for (uint32_t i = 0; i < p->net->kind->maps && !s; i++) s = lac_map_build(caps, &p->map[i], emit, ctx);
    return s ? s : lac_sconv_build(caps, p->job, p->net->kind->layers, emit, ctx);
}

int program_open(program *p, const network *net, machine *mach, diag *d)
{
    memset(p, 0, sizeof *p);
    p->net = net;
    p->mach = mach;
    if (!mach->dev.caps.map) return diag_set(d, "'%s' has no mapping unit: its MAP_RING is 0", mach->cfg.name);
    mach->timing.rd_latency = mach->timing.wr_latency = LATENCY;
    for (uint32_t i = 0; i < net->kind->levels; i++)
        if (pad_level(p, i)) return too_small(p, "a band of outputs", "", d);
    for (uint32_t l = 0; l < net->kind->layers; l++)
        for (uint32_t i = 0; i < kind_of(p, l)->sources; i++) {
            const lac_status s = pack(p, l, i);
            if (s == LAC_E_SPACE) return too_small(p, "layer ", kind_of(p, l)->name, d);
            if (s) return diag_set(d, "layer %s does not pack for '%s': %s", kind_of(p, l)->name, mach->cfg.name, lac_status_name(s));
        }
    return 0;
}

/* Memory, and everything that is written before the doorbell. */
static lac_status fill_memory(program *p, const uint8_t *list, int spoil)
{
    const scene *of = p->net->of;
    machine     *m = p->mach;
    lac_status   s = machine_write(m, p->list[0], list, lac_coords_bytes(p->list_words[0]));
    if (!s) s = machine_write(m, p->x, of->feature, (uint64_t)of->n * of->features);
    if (!s && spoil) {
        const int8_t other = (int8_t)(of->feature[0] - 64);
        s = machine_write(m, p->x, &other, 1);
    }
    for (uint32_t l = 0; l < p->net->kind->layers; l++)
        for (uint32_t i = 0; i < kind_of(p, l)->sources && !s; i++) s = machine_write(m, p->layer[l][i].addr, p->image[l][i], p->layer[l][i].bytes);
    return s;
}

/* When the maps were there, and each layer: where a layer's last STORE ended. A layer that was not recorded whole, or the one before it, stays 0. */
static void read_trace(program *p, const trace *t)
{
    uint64_t done[MOST_LAYERS] = { 0 }, before = p->map_cycles;
    if (t->lost) return;
    for (uint32_t i = 0; i < t->events; i++) {
        const trace_event *e = &t->event[i];
        const uint32_t     tag = lac_get_field(e->command.cmd.w, LAC_F_ANY_TAG);
        if (tag < MAP_TAG && e->end > done[tag]) done[tag] = e->end;
    }
    for (uint32_t l = 0; l < p->net->kind->layers; l++) {
        p->cycles[l] = done[l] > before ? done[l] - before : 0;
        before = done[l];
    }
}

static int run_list(program *p, const runner_plan *plan, diag *d)
{
    runner     r;
    trace      t;
    lac_status s = LAC_E_SPACE;
    memset(&t, 0, sizeof t);
    if (runner_init(&r, p->mach, plan)) return diag_set(d, "not enough memory");
    r.limit = p->net->of->n < 200000 ? 10000000 + 20000 * p->net->of->n : UINT32_MAX; /* far above what eight lanes take */
    if (p->mach->kind != MACHINE_RTL) s = LAC_OK;
    else if (!trace_init(&t)) s = runner_watch(&r, &t);
    if (!s) s = build(p, runner_emit, &r);
    tell(p, "commands, then the run ...");
    if (!s) s = runner_finish(&r);
    tell(p, "");
    if (!s) {
        p->sum = r.sum;
        p->map_cycles = r.sum.mark_first;
        if (p->mach->kind == MACHINE_RTL) read_trace(p, &t);
    }
    runner_free(&r);
    trace_free(&t);
    lac_error_record e;
    if (s == LAC_E_JOB && !lac_error(&p->mach->dev, &e))
        return diag_set(d, "error %s in unit %s, job %" PRIu32 ", command %" PRIu32 ", index 0x%" PRIx32 ": %s", lac_error_name(e.code), lac_unit_name(e.unit), e.tag, e.cmd, e.index,
                        lac_error_text(e.code));
    return s ? diag_set(d, "job: %s", why(p, s)) : 0;
}

int program_run(program *p, int spoil, diag *d)
{
    const scene *of = p->net->of;
    runner_plan  plan = { .line = p->mach->dev.caps.line };
    uint32_t     words = 0, ring = 2;
    lac_status   s = lac_coords_pack(of->site, of->n, NULL, NULL, 0, &words, NULL);
    uint8_t     *list = malloc(lac_coords_bytes(words));
    int          bad;
    if (!list) return diag_set(d, "not enough memory");
    if (!s) s = lac_coords_pack(of->site, of->n, NULL, list, lac_coords_bytes(words), &words, NULL);
    /* Laid out twice: how many commands there are does not depend on where things stand, but the ring on how many there are. */
    for (int pass = 0; pass < 2 && !s; pass++) {
        arena a = arena_at(p->mach->base);
        arena_take(&a, 64 * (uint64_t)ring);
        if ((s = lay_maps(p, &a, words))) break;
        lay_layers(p, &a);
        if (pass == 0) s = build(p, runner_count, &plan);
        else if (machine_memory(p->mach, arena_bytes(&a), ring, d)) return free(list), -1;
        ring = runner_ring(&plan);
    }
    p->commands = plan.commands;
    tell(p, "writing ...");
    if (!s) s = lac_watchdog(&p->mach->dev, WATCHDOG);
    if (!s) s = fill_memory(p, list, spoil);
    if (s == LAC_E_SPACE) bad = too_small(p, "a list of these jobs", "", d);
    else bad = s ? diag_set(d, "the list cannot be built or written for '%s': %s", p->mach->cfg.name, why(p, s)) : run_list(p, &plan, d);
    free(list);
    return bad;
}

/* ---- Comparing ------------------------------------------------------------------------------------- */

static int same_list(program *p, uint32_t level, diag *d)
{
    const uint32_t want = p->net->sites[level], bytes = lac_coords_bytes(p->list_words[level]);
    uint32_t       n = 0;
    uint8_t       *list = malloc(bytes);
    lac_site      *site = malloc(want * sizeof *site);
    lac_status     s = list && site ? machine_read(p->mach, list, p->list[level], bytes) : LAC_E_SPACE;
    if (!s) s = lac_coords_unpack(list, bytes, site, want, &n, NULL);
    int bad = s || n != want ? diag_set(d, "the sites of level %" PRIu32 ": %" PRIu32 ", expected %" PRIu32 " (%s)", level, n, want, why(p, s)) : 0;
    for (uint32_t i = 0; i < want && !bad; i++) {
        const ref_site *w = &p->net->site[level][i];
        if (site[i].batch != w->at[0] || site[i].z != w->at[1] || site[i].y != w->at[2] || site[i].x != w->at[3])
            bad = diag_set(d, "site %" PRIu32 " of level %" PRIu32 " is (%" PRId32 ", %" PRId32 ", %" PRId32 ", %" PRId32 "), expected (%" PRId32 ", %" PRId32 ", %" PRId32 ", %" PRId32 ")", i, level,
                           site[i].batch, site[i].z, site[i].y, site[i].x, w->at[0], w->at[1], w->at[2], w->at[3]);
    }
    free(list);
    free(site);
    return bad;
}

/* Every byte of a layer's tensor. */
static int same_tensor(program *p, uint32_t l, diag *d)
{
    const network *net = p->net;
    const uint32_t rows = kind_of(p, l)->rows, outputs = network_outputs(net, l);
    const int32_t  zero = network_zero(net->kind, (int)l);
    const uint64_t bytes = tensor_bytes(p, l);
    int8_t        *y = malloc((size_t)bytes);
    lac_status     s = y ? machine_read(p->mach, y, p->job[l].y.addr, bytes) : LAC_E_SPACE;
    int            bad = s ? diag_set(d, "outputs of layer %s: %s", kind_of(p, l)->name, why(p, s)) : 0;
    for (uint64_t e = 0; e < bytes && !bad; e++) {
        const uint64_t o = e / p->rows[l];
        const uint32_t k = (uint32_t)(e % p->rows[l]);
        int8_t         want = (int8_t)zero;
        if (k < rows && o < outputs) want = net->y[l][o * rows + k];
        else if (k < rows) want = ref_requantise(0, net->bias[l][k], net->multiplier[l][k], net->shift[l][k], zero, -128, 127);
        if (y[e] != want)
            bad = diag_set(d, "layer %s, output %" PRIu64 " of %" PRIu32 ", channel %" PRIu32 ": %d, expected %d", kind_of(p, l)->name, o, outputs, k, y[e], want);
    }
    free(y);
    return bad;
}

int program_compare(program *p, int same[MOST_LAYERS], diag *d)
{
    uint64_t rules = 0;
    diag     other;
    int      bad = 0;
    tell(p, "reading ...");
    for (uint32_t l = 0; l < p->net->kind->layers; l++) {
        same[l] = !same_tensor(p, l, bad ? &other : d);
        bad |= !same[l];
    }
    for (uint32_t i = 1; i < p->net->kind->levels; i++) bad |= same_list(p, i, bad ? &other : d) != 0;
    for (uint32_t i = 0; i < p->net->kind->maps; i++) rules += p->net->rules[i] * (p->net->kind->map[i].mode == LAC_STRIDED ? 2 : 1); /* found a first time for the list */
    tell(p, "");
    if (p->sum.rules != rules && !bad) bad = diag_set(d, "%" PRIu64 " rules, expected %" PRIu64, p->sum.rules, rules);
    const char *broken = bad ? NULL : machine_misbehaved(p->mach);
    if (broken) bad = diag_set(d, "the core broke the rules of its bus: %s", broken);
    return bad ? -1 : 0;
}

void program_close(program *p)
{
    for (uint32_t l = 0; l < MOST_LAYERS; l++)
        for (uint32_t i = 0; i < SOURCES; i++) free(p->image[l][i]);
    memset(p, 0, sizeof *p);
}
