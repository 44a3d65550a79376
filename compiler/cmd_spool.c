/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_spool.c - lacuna spool: pooling of a cloud of voxels, each channel for itself, along a map (cmd_sconv.c) or, --global, of each batch as a whole
 *
 *   Global    no map: the driver makes rules that lead all voxels of a batch to one output (lac_pool_runs()). A sum is one job, a mean a job for each batch, since each has a reciprocal of its own, a largest as many
 *             jobs, one behind the other, as it takes until each batch is one voxel */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "operands.h"
#include "sconv.h"

enum { BATCHES = 256, STEPS = 24, RING = 2 };

/* Rules, made on the host, and what the jobs along them write. */
typedef struct {
    uint32_t outputs, band, bands, lines;
    void    *headers, *rules;
    lac_addr headers_at, rules_at, y_at;
} step;

typedef struct {
    layer       l; /* options, features, machine, result */
    map_options mo;
    sconv_kind  kind;

    cloud       in;
    uint32_t    channels, rows;       /* of a voxel on the machine; of an output */
    uint32_t    batch[BATCHES], count[BATCHES], batches;
    uint32_t    taps;
    void       *x;                    /* [V][channels] in the order of the list */
    lac_addr    x_at;
    void       *image[BATCHES];       /* of the layers: of a mean one for each batch; of a largest one for the first step and one for the others */
    lac_layer   layer[BATCHES];
    uint32_t    layers;
    step        step[STEPS];
    uint32_t    steps;
    lac_sconv_source source[BATCHES];
    lac_sconv   job[BATCHES];
    uint32_t    jobs;
} spool;

/* ---- Options --------------------------------------------------------------------------------------- */

enum { KEY_KIND = 256, KEY_KERNEL, KEY_GLOBAL };

static const struct argp_option options_[] = {
    { "output", 'o', "Y.npy", 0, "Result [W, C]; required", 0 },
    { "kind", KEY_KIND, "K", 0, "max, average (sum / taps, what is missing counts as the zero point) or sum; required", 0 },
    { "kernel", KEY_KERNEL, "K", 0, "1 .. 5, one number or z,y,x; required but for --global; submanifold: odd", 0 },
    { "global", KEY_GLOBAL, 0, 0, "All voxels of a batch to one output, without --mode and the rest of it; the mean is that of the voxels there are. Batches that occur ascend", 0 },
    { 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    static const struct { const char *name, *label; sconv_kind kind; } kinds[] = { { "max", "--kind max", SCONV_MAX }, { "average", "--kind average", SCONV_AVERAGE }, { "sum", "--kind sum", SCONV_SUM } };
    spool         *v = state->input;
    layer_options *o = &v->l.o;
    map_options   *m = &v->mo;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = o;
        state->child_inputs[1] = m;
        state->child_inputs[2] = o->g;
        break;
    case 'o': o->y = arg; break;
    case KEY_KIND:
        for (int i = 0; i < 3; i++)
            if (!strcmp(arg, kinds[i].name)) {
                v->kind = kinds[i].kind;
                o->w = kinds[i].label;
            }
        if (!o->w) argp_error(state, "--kind '%s': expected max, average or sum", arg);
        break;
    case KEY_KERNEL: map_parse_kernel(m, state, arg); break;
    case KEY_GLOBAL: m->none = 1; break;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0) m->coords = arg;
        else if (state->arg_num == 1) o->x = arg;
        else argp_error(state, "unexpected argument '%s', expected two files", arg);
        break;
    case ARGP_KEY_END:
        if (!o->x) argp_error(state, "expected two files, COORDS.npy FEATS.npy");
        if (!o->w) argp_error(state, "expected --kind max, average or sum");
        if (o->x_as != LAYER_DENSE || o->y_as != LAYER_DENSE) argp_error(state, "--input-as, --output-as: expected dense, features are no lists");
        if (o->format != HOST_AUTO || o->prune || o->cluster) argp_error(state, "--format, --prune, --cluster: expected none, there are no weights to choose");
        if (o->requant && v->kind != SCONV_SUM) argp_error(state, "output options: expected --kind sum with them; of max and average, type and zero point are those of FEATS");
        if (m->none) {
            if (m->has_mode || m->kernel.n || m->stride.n || m->dilation.n || m->pad.n || m->extent.n || m->onto)
                argp_error(state, "--global: expected no --mode, --kernel, --stride, --dilation, --pad, --shape or --onto with it");
            if (o->repeat > 1 || o->place != LAYER_AUTO) argp_error(state, "--global: expected no --repeat, --resident or --stream with it");
        } else if (!m->kernel.n) {
            argp_error(state, "expected --kernel or --global");
        }
        layer_check_options(o, state);
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* ---- Global: files ----------------------------------------------------------------------------------- */

/* Features as the machine reads them; how many voxels each batch has. */
static int load(spool *v, diag *d)
{
    layer         *l = &v->l;
    layer_options *o = &l->o;
    char           shape[192];
    if (cloud_load(v->mo.coords, v->mo.sorted, NULL, &v->in, d) || npy_load(o->x, OPERANDS_X | NPY_EMPTY, &l->x, d)) return -1;
    npy_shape(l->x.ndim, l->x.dim, shape, sizeof shape);
    if (l->x.ndim != 2 || l->x.dim[0] != v->in.n) return diag_set(d, "%s: shape %s, expected (%" PRIu32 ", C): a row for each of %s", o->x, shape, v->in.n, v->mo.coords);
    if (l->x.dim[1] > HOST_MAX_DIM - 255) return diag_set(d, "%s: shape %s: dimension 1 is %zu, expected at most %d", o->x, shape, l->x.dim[1], HOST_MAX_DIM - 255);
    const size_t c = l->x.dim[1], cp = v->channels = host_padded((uint32_t)c), es = npy_type_size(l->x.type);
    l->w.dim[0] = c; /* outputs, for what reads one value of each */
    if (operands_zero(o->x, "--input-zero-point", o->zero_in, &l->x, &l->in, d) || layer_load_requant(l, d)) return -1;
    sconv_like_features(l, v->kind);
    char *x = v->x = calloc((size_t)v->in.n * cp + 1, es);
    if (!x) return diag_set(d, "not enough memory");
    for (uint32_t i = 0; i < v->in.n; i++) {
        const uint32_t from = v->in.order[i], b = (uint32_t)v->in.site[from].batch;
        memcpy(x + i * cp * es, (const char *)l->x.data + from * c * es, c * es);
        for (size_t e = c; e < cp; e++) {
            const int16_t z = (int16_t)o->zero_in;
            memcpy(x + (i * cp + e) * es, &z, es); /* little endian, as .npy */
        }
        if (!v->batches || v->batch[v->batches - 1] != b) v->batch[v->batches++] = b;
        v->count[v->batches - 1]++;
    }
    return 0;
}

/* ---- Global: layers and rules -------------------------------------------------------------------------- */

static lac_status pack(spool *v, uint32_t channels, const lac_requant *rq)
{
    const lac_sconv_pool pool = { channels, 0, v->rows, v->taps, v->kind == SCONV_MAX, v->kind == SCONV_AVERAGE ? SCONV_MEAN_WEIGHT : 1 };
    const host_packing   how = { .format = HOST_CSC8, .rq = v->l.o.requant ? rq : NULL, .pool = &pool };
    const host_matrix    m = { v->rows, channels, NULL, NULL };
    const lac_status     s = host_pack(&v->l.mach.dev.caps, &m, &how, &v->image[v->layers], &v->layer[v->layers], NULL);
    v->layers += !s;
    return s;
}

/* One for all, or for each batch. bias, multiplier, shift: room for `rows` of each. */
static lac_status pack_all(spool *v, int32_t *bias, int32_t *multiplier, int8_t *shift)
{
    const lac_requant *given = &v->l.rq;
    const lac_requant  rq = { bias, multiplier, shift, 0, 0 };
    const uint32_t     c = (uint32_t)v->l.x.dim[1];
    lac_status         s = LAC_OK;
    for (uint32_t b = 0; b < (v->kind == SCONV_AVERAGE ? v->batches : 1) && !s; b++) {
        int32_t m = given->m0;
        int8_t  sh = given->s0;
        if (v->kind == SCONV_AVERAGE) sconv_mean(v->count[b], &m, &sh);
        for (uint32_t k = 0; k < v->rows; k++) {
            bias[k] = v->kind == SCONV_AVERAGE ? 1 : k < c && given->bias ? given->bias[k] : 0;
            multiplier[k] = k < c && given->multiplier ? given->multiplier[k] : m;
            shift[k] = k < c && given->shift ? given->shift[k] : sh;
        }
        s = pack(v, v->channels, &rq);
    }
    if (!s && v->kind == SCONV_MAX) s = pack(v, v->rows, &rq);
    return s;
}

/* Rules of one more step, which reads v->count outputs of the one before. */
static lac_status make_rules(spool *v, uint32_t band)
{
    step      *t = &v->step[v->steps];
    lac_status s = lac_pool_runs(v->count, v->batches, v->taps, band, NULL, NULL, &t->outputs, &t->lines);
    t->band = band;
    t->bands = (t->outputs + band - 1) / band;
    t->headers = malloc(64 * (size_t)t->bands);
    t->rules = malloc(64 * (size_t)t->lines);
    v->steps++;
    if (!t->headers || !t->rules) return LAC_E_PORT;
    return s ? s : lac_pool_runs(v->count, v->batches, v->taps, band, t->headers, t->rules, &t->outputs, &t->lines);
}

/* [outputs] the largest band of windows of v->taps, *unit what it is a multiple of: with as few outputs filled up, in v->rows, as let one fit. 0: there is none. */
static uint32_t largest_band(spool *v, uint32_t *unit)
{
    const lac_caps *caps = &v->l.mach.dev.caps;
    const uint32_t  size = (uint32_t)layer_out_bytes(v->l.o.out), places = lac_pool_places(v->taps);
    uint32_t        vector = caps->store_w;
    while (vector % 4) vector *= 2;
    for (v->rows = (v->channels + vector - 1) / vector * vector;; v->rows += vector) {
        const uint32_t deep = caps->acc_depth / ((v->rows + caps->lanes - 1) / caps->lanes * places), wide = 65535u / v->rows;
        for (*unit = LAC_ALIGN; *unit > 1 && *unit / 2 * (uint64_t)v->rows * size % LAC_ALIGN == 0;) *unit /= 2;
        const uint32_t most = (deep < wide ? deep : wide) / *unit * *unit;
        if (most || *unit == 1) return most;
    }
}

/* What does not depend on addresses. LAC_E_SPACE: the machine is too small. */
static lac_status prepare(spool *v)
{
    const uint32_t least = v->kind == SCONV_MAX ? 2 : 1;
    uint32_t       unit = 0, most = 0;
    for (v->taps = v->kind == SCONV_MAX ? 15 : 1; v->taps >= least && !(most = largest_band(v, &unit));) v->taps--;
    if (!most) return LAC_E_SPACE;

    int32_t   *bias = malloc(v->rows * sizeof *bias), *multiplier = malloc(v->rows * sizeof *multiplier);
    int8_t    *shift = malloc(v->rows);
    lac_status s = bias && multiplier && shift ? pack_all(v, bias, multiplier, shift) : LAC_E_PORT;
    free(bias);
    free(multiplier);
    free(shift);
    do {
        const uint32_t left = v->steps ? v->step[v->steps - 1].outputs : v->in.n, few = (left / v->taps / 8 + unit) / unit * unit;
        if (!s) s = make_rules(v, v->kind == SCONV_AVERAGE ? 1 : v->kind == SCONV_MAX && few < most ? few : most);
    } while (!s && v->kind == SCONV_MAX && v->step[v->steps - 1].outputs > v->batches);
    if (v->kind == SCONV_AVERAGE) v->step[0].band = unit; /* each job has one output, and writes where none would fit less */
    return s;
}

static uint64_t lay_out(spool *v, uint32_t ring)
{
    layer         *l = &v->l;
    const uint32_t size = (uint32_t)layer_out_bytes(l->o.out);
    arena          a = arena_at(l->mach.base);
    arena_take(&a, 64u * (uint64_t)ring);
    for (uint32_t i = 0; i < v->layers; i++) v->layer[i].addr = arena_take(&a, v->layer[i].bytes);
    v->x_at = arena_take(&a, (uint64_t)v->in.n * v->channels * npy_type_size(l->x.type) + LAC_ALIGN);
    v->jobs = 0;
    for (uint32_t i = 0; i < v->steps; i++) {
        step          *t = &v->step[i];
        const uint32_t each = v->kind == SCONV_AVERAGE ? t->bands : 1; /* jobs, of as many bands */
        const uint64_t y_bytes = (uint64_t)t->bands / each * t->band * v->rows * size;
        t->headers_at = arena_take(&a, 64u * (uint64_t)t->bands);
        t->rules_at = arena_take(&a, 64u * (uint64_t)t->lines);
        t->y_at = arena_take(&a, each * y_bytes);
        for (uint32_t b = 0; b < each; b++, v->jobs++) {
            const lac_layer *of = &v->layer[v->kind == SCONV_AVERAGE ? b : i > 0];
            v->source[v->jobs] = (lac_sconv_source){ .layer = of, .bands = t->headers_at + 64u * b, .rules = t->rules_at, .x = { i ? v->step[i - 1].y_at : v->x_at, 0, l->in, (int32_t)l->o.zero_in, 0 } };
            v->job[v->jobs] = (lac_sconv){ .source = &v->source[v->jobs], .sources = 1, .band = t->band, .bands = t->bands / each,
                                           .y = { t->y_at + b * y_bytes, 0, l->o.out, (int32_t)l->o.zero_out, 0 }, .clamp_lo = (int32_t)l->o.clamp[0], .clamp_hi = (int32_t)l->o.clamp[1], .tag = v->jobs };
        }
    }
    return arena_bytes(&a);
}

static lac_status build(const spool *v, lac_emit emit, void *ctx) { return lac_sconv_build(&v->l.mach.dev.caps, v->job, v->jobs, emit, ctx); }

/* ---- Global: running ------------------------------------------------------------------------------------ */

static lac_status run(spool *v, const runner_plan *p)
{
    layer     *l = &v->l;
    const int  watch = l->o.g->stats || l->o.g->trace;
    lac_status s = lac_watchdog(&l->mach.dev, 100000);
    for (uint32_t i = 0; i < v->layers && !s; i++) s = machine_write(&l->mach, v->layer[i].addr, v->image[i], v->layer[i].bytes);
    for (uint32_t i = 0; i < v->steps && !s; i++) {
        s = machine_write(&l->mach, v->step[i].headers_at, v->step[i].headers, 64 * (uint64_t)v->step[i].bands);
        if (!s) s = machine_write(&l->mach, v->step[i].rules_at, v->step[i].rules, 64 * (uint64_t)v->step[i].lines);
    }
    if (!s) s = machine_write(&l->mach, v->x_at, v->x, (uint64_t)v->in.n * v->channels * npy_type_size(l->x.type));
    if (s) return s;
    if (runner_init(&l->run, &l->mach, p) || (watch && trace_init(&l->trace))) return LAC_E_SPACE;
    if (watch) s = runner_watch(&l->run, &l->trace);
    if (!s) s = build(v, runner_emit, &l->run);
    return s ? s : runner_finish(&l->run);
}

static lac_status fetch(spool *v)
{
    layer       *l = &v->l;
    const size_t es = layer_out_bytes(l->o.out), c = l->x.dim[1];
    lac_status   s = LAC_OK;
    for (uint32_t b = 0; b < v->batches && !s; b++) {
        const lac_addr from = v->kind == SCONV_AVERAGE ? v->job[b].y.addr : v->job[v->jobs - 1].y.addr + (uint64_t)b * v->rows * es;
        s = machine_read(&l->mach, (char *)l->result + b * c * es, from, c * es);
    }
    return s;
}

/* Exit code. */
static int execute(spool *v)
{
    layer       *l = &v->l;
    cli_globals *g = l->o.g;
    runner_plan  p = { .line = l->mach.dev.caps.line };
    diag         d;
    int          code;
    lac_status   s = prepare(v);
    if (!s) {
        lay_out(v, RING);
        s = build(v, runner_count, &p);
    }
    if (s == LAC_E_PORT) return cli_fail(g, CLI_INPUT, "not enough memory");
    if (s) {
        diag_set(&d, "%s: pooling of %zu channels does not fit configuration %s", l->o.x, l->x.dim[1], l->mach.cfg.name);
        return cli_fail(g, CLI_INPUT, d.text);
    }
    const uint32_t ring = runner_ring(&p);
    if ((code = (int)machine_memory(&l->mach, lay_out(v, ring), ring, &d)) != 0) return cli_fail(g, code, d.text);
    p.work += (uint64_t)v->in.n * 64u * (1u + v->channels / 8u) * (1u + v->rows / l->mach.dev.caps.lanes);
    if ((s = run(v, &p)) || (s = fetch(v))) return cli_job_failed(g, &l->mach, s);
    return cli_obeyed(g, &l->mach);
}

/* ---- Global: results -------------------------------------------------------------------------------------- */

static cJSON *stats(const spool *v)
{
    static const char *const none[] = { "predicted_cycles", "bound", "needed_macs", "utilisation", "weight_bits_per_nonzero" }; /* what later steps need only the machine has seen */
    const layer *l = &v->l;
    uint64_t     rules = 0;
    cJSON       *s = cli_stats_new(l->o.g, &l->mach, v->batches ? &l->run : NULL, &l->trace);
    for (uint32_t i = 0, in = v->in.n; i < v->steps; in = v->step[i++].outputs) rules += in;
    cJSON_AddStringToObject(s, "mode", "global");
    cJSON_AddStringToObject(s, "format", host_format_name(HOST_CSC8));
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) cJSON_AddNullToObject(s, none[i]);
    cli_stats_u64(s, "dense_macs", rules * l->x.dim[1]);
    cJSON_AddBoolToObject(s, "resident", 0);
    cli_stats_u64(s, "voxels_in", v->in.n);
    cli_stats_u64(s, "voxels_out", v->batches);
    cli_stats_u64(s, "rules", rules);
    cli_stats_u64(s, "steps", v->steps);
    cli_stats_u64(s, "feature_lines_sought", l->run.sum.sought);
    cli_stats_u64(s, "feature_lines_fetched", l->run.sum.fetched);
    return s;
}

static int save(spool *v, diag *d)
{
    layer       *l = &v->l;
    const size_t sites[2] = { v->batches, 4 };
    int32_t      site[BATCHES][4] = { { 0 } };
    for (uint32_t b = 0; b < v->batches; b++) site[b][0] = (int32_t)v->batch[b];
    l->out_ndim = 2;
    l->out_dim[0] = v->batches;
    l->out_dim[1] = l->x.dim[1];
    if (layer_save(l, d)) return -1;
    return v->mo.out_coords ? npy_save(v->mo.out_coords, NPY_INT32, 2, sites, site, d) : 0;
}

static int pool_batches(spool *v)
{
    layer       *l = &v->l;
    cli_globals *g = l->o.g;
    char         title[1024];
    diag         d;
    int          code;
    if (sconv_check_outputs(&l->o, &v->mo, &d) || load(v, &d)) return cli_fail(g, CLI_INPUT, d.text);
    if ((code = cli_open(g, &l->mach, l->o.latency)) != 0) return code;
    if (sconv_pools(&l->mach, &d)) return cli_fail(g, CLI_INPUT, d.text);
    l->result = malloc(v->batches * l->x.dim[1] * layer_out_bytes(l->o.out) + 1);
    if (!l->result) return cli_fail(g, CLI_INPUT, "not enough memory");
    if (v->batches && (code = execute(v)) != 0) return code; /* of nothing, nothing is done */

    snprintf(title, sizeof title, "%s, 1 us is 1 cycle: %s %s --global %.300s", l->mach.cfg.name, g->name, l->o.w, v->mo.coords);
    if (save(v, &d) || cli_report(g, g->stats ? stats(v) : NULL, &l->trace, title, &d)) return cli_fail(g, CLI_INPUT, d.text);
    if (g->quiet) return CLI_OK;
    printf("%s: [%" PRIu32 ", %zu] from %" PRIu32 " voxels, %" PRIu32 " step%s", l->o.y, v->batches, l->x.dim[1], v->in.n, v->steps, v->steps == 1 ? "" : "s");
    if (l->mach.kind != MACHINE_MODEL) printf(", %" PRIu64 " cycles", l->run.sum.cycles);
    putchar('\n');
    return CLI_OK;
}

int cmd_spool(cli_globals *g, int argc, char **argv)
{
    static const struct argp_child children[] = { { &layer_argp, 0, 0, 0 }, { &map_argp, 0, 0, 0 }, { &cli_globals_argp, 0, 0, 0 }, { 0 } };
    static const struct argp argp = {
        options_, parse, "COORDS.npy FEATS.npy -o Y.npy",
        "Pooling of a cloud of voxels: Y[o,c] is the largest, the mean or the sum of FEATS[i,c] - z over rules (tap, i, o).\v"
        "COORDS is as for `lacuna map', but without t, FEATS [V, C] int8, uint8 or int16 in the same order. A largest is of the voxels there are, whatever the zero point, the type's minimum where there is none. A mean is rounded "
        "once, ties up (of a sum of 2^29 and more, which only --global can have, one within 2^-15 of a tie may fall to either side). Both have the type and the zero point of FEATS; a sum is exact, or takes the output options.",
        children, 0, 0,
    };
    static const layer_kind kind = { "spool", NULL, NULL, NULL, NULL, NULL };
    spool v;
    memset(&v, 0, sizeof v);
    layer_init(&v.l, &kind, g);
    map_options_init(&v.mo);
    argp_parse(&argp, argc, argv, 0, NULL, &v);
    if (!v.mo.none) return sconv_pool(&v.l.o, &v.mo, v.kind);
    const int code = pool_batches(&v);
    for (uint32_t i = 0; i < v.layers; i++) free(v.image[i]);
    for (uint32_t i = 0; i < v.steps; i++) {
        free(v.step[i].headers);
        free(v.step[i].rules);
    }
    free(v.x);
    cloud_free(&v.in);
    layer_free(&v.l);
    return code;
}
