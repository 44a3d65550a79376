/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_sconv.c - lacuna sconv: convolution of a cloud of voxels, features [V, C], exact or requantised
 *
 *   Y[o, k] = sum over rules (tap, i, o), c of W[k, tap, c] (FEATS[i, c] - z), with the rules of `lacuna map`
 *
 *   Steps     the map is made once to learn its size, its rules (what is needed, which format) and the outputs; then memory is laid out and map and convolution run as one program, a map of one
 *             pass band by band while the bands before are computed
 *   Order     features go to device memory in the order of the coordinate list; Y comes back in that of COORDS, of --onto, or ascending
 *   Matrix    the driver takes W as K rows, filled up to what STORE writes at once, and taps * C columns; a voxel has a multiple of four channels. What is filled up is zero
 *   Time      each element of the kernel in time is a layer along a map of its own; all of them add to the same outputs
 *   Slices    rows that the machine cannot store in one type become several jobs along the same rules, each with outputs of its own
 *   Pooling   W is one weight for each tap, of a channel to itself. For the largest, features count from their type's minimum, so that no one is below a tap that is missing
 *   Counts    cycles in --stats are those of map and convolution; with --repeat the convolution is repeated */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "layer.h"
#include "lac_hw.h"
#include "lac_image.h"
#include "mapping.h"
#include "operands.h"
#include "outfile.h"
#include "sconv.h"

typedef struct {
    layer       l; /* first: weights, features, formats, slices; its lines and jobs are not used */
    sconv_kind  kind;
    map_options mo;
    mapping     m;
    uint64_t    rules;
    uint32_t    channels;       /* of a voxel on the machine */
    void       *wide;           /* the matrix, where that is not W itself */
    void       *x;              /* [V][channels] in the order of the list */
    int32_t    *bias, *multiplier;
    int8_t     *shift;
    uint32_t    band, step;     /* step: rows of a slice are a multiple of it */
    lac_addr    x_addr;
    uint32_t    cuts;           /* l.slices is [cuts][elements of the kernel in time]: each element is a layer of its own */
    lac_sconv_source *sources;  /* [cuts][passes] */
    lac_sconv  *jobs;           /* [repeat][cuts] */
} sconv;

/* ---- Options --------------------------------------------------------------------------------------- */

static const struct argp_option options_[] = {
    { "output", 'o', "Y.npy", 0, "Result [W, K]; required", 0 },
    { 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    sconv *v = state->input;
    layer_options *o = &v->l.o;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = o;
        state->child_inputs[1] = &v->mo;
        state->child_inputs[2] = o->g;
        break;
    case 'o': o->y = arg; break;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0) o->w = arg;
        else if (state->arg_num == 1) v->mo.coords = arg;
        else if (state->arg_num == 2) o->x = arg;
        else argp_error(state, "unexpected argument '%s', expected three files", arg);
        break;
    case ARGP_KEY_END:
        if (!o->x) argp_error(state, "expected three files, W.npy COORDS.npy FEATS.npy");
        if (o->x_as != LAYER_DENSE || o->y_as != LAYER_DENSE) argp_error(state, "--input-as, --output-as: expected dense, features are no lists");
        layer_check_options(o, state);
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

int sconv_check_outputs(const layer_options *o, const map_options *mo, diag *d)
{
    enum { OUTPUTS = 4 };
    static const char *const option[OUTPUTS] = { "-o", "--out-coords", "--stats", "--trace" };
    const char *in[] = { o->w, o->x, o->bias, o->multiplier, o->shift, mo->coords, mo->onto }, *out[OUTPUTS] = { o->y, mo->out_coords, o->g->stats, o->g->trace };
    return outfile_check_all(option, out, OUTPUTS, in, sizeof in / sizeof *in, d);
}

/* ---- Files ----------------------------------------------------------------------------------------- */

/* W as the matrix of the layer: a tap has a multiple of four channels. */
static int widen_taps(sconv *v, const host_matrix *given, diag *d)
{
    layer         *l = &v->l;
    const uint32_t c = l->channels, cp = host_padded(c);
    const size_t   es = given->w8 ? 1 : 2;
    const char    *from = given->w8 ? (const char *)given->w8 : (const char *)given->w16;
    char          *w = v->wide = calloc((size_t)given->rows * l->taps * cp, es);
    if (!w) return diag_set(d, "%s: not enough memory", l->o.w);
    for (size_t t = 0; t < (size_t)given->rows * l->taps; t++) memcpy(w + t * cp * es, from + t * c * es, c * es);
    l->m = (host_matrix){ given->rows, l->taps * cp, given->w8 ? v->wide : NULL, given->w8 ? NULL : v->wide };
    l->channels = v->channels = cp;
    return 0;
}

static int load_weights(sconv *v, diag *d)
{
    layer               *l = &v->l;
    const layer_options *o = &l->o;
    char                 shape[192];
    if (npy_load(o->w, layer_weight_types(o), &l->w, d)) return -1;
    npy_shape(l->w.ndim, l->w.dim, shape, sizeof shape);
    if (l->w.ndim != 5 && l->w.ndim != 6) return diag_set(d, "%s: shape %s, expected five dimensions, [K, KZ, KY, KX, C], or six, [K, KT, KZ, KY, KX, C]", o->w, shape);
    if (layer_check_weights(l, d)) return -1;
    const unsigned axes = l->w.ndim - 2;
    const size_t   channels = l->w.dim[1 + axes];
    for (unsigned a = 0; a < axes; a++) {
        if (l->w.dim[1 + a] > 5) return diag_set(d, "%s: shape %s: dimension %u is %zu, expected a kernel of at most 5", o->w, shape, 1 + a, l->w.dim[1 + a]);
        v->mo.kernel.v[a] = (uint32_t)l->w.dim[1 + a];
        l->taps *= (uint32_t)l->w.dim[1 + a];
    }
    v->mo.kernel.n = (int)axes;
    if (l->w.dim[0] > HOST_MAX_DIM || l->taps * host_padded((uint32_t)(channels < HOST_MAX_DIM ? channels : HOST_MAX_DIM)) > HOST_MAX_DIM)
        return diag_set(d, "%s: shape %s: expected at most %d outputs, and taps times channels", o->w, shape, HOST_MAX_DIM);
    l->channels = (uint32_t)channels;
    return mapping_load(&v->m, &v->mo, axes + 1, d);
}

/* Pooling: weights for the channels of FEATS. */
static int make_weights(sconv *v, diag *d)
{
    layer          *l = &v->l;
    const uint32_t *k = v->mo.shape.kernel;
    char            shape[192];
    if (mapping_load(&v->m, &v->mo, 0, d)) return -1;
    if (v->m.in.columns != 4) return diag_set(d, "%s: clouds with time are not pooled, expected [V, 4]: batch, z, y, x", v->mo.coords);
    if (npy_load(l->o.x, OPERANDS_X | NPY_EMPTY, &l->x, d)) return -1;
    npy_shape(l->x.ndim, l->x.dim, shape, sizeof shape);
    if (l->x.ndim != 2) return diag_set(d, "%s: shape %s, expected two dimensions, [V, C]", l->o.x, shape);
    l->taps = k[0] * k[1] * k[2];
    if (l->x.dim[1] > HOST_MAX_DIM || l->taps * host_padded((uint32_t)l->x.dim[1]) > HOST_MAX_DIM)
        return diag_set(d, "%s: shape %s: expected at most %d taps times channels", l->o.x, shape, HOST_MAX_DIM);
    const size_t c = l->channels = (uint32_t)l->x.dim[1];
    l->w = (npy_array){ NPY_INT8, 5, { c, k[0], k[1], k[2], c, 1, 1, 1 }, c * l->taps * c, 0, calloc(c * l->taps, c) };
    if (!l->w.data) return diag_set(d, "not enough memory");
    for (size_t i = 0; i < c * l->taps; i++) ((int8_t *)l->w.data)[i * c + i / l->taps] = v->kind == SCONV_AVERAGE ? SCONV_MEAN_WEIGHT : 1;
    return 0;
}

void sconv_mean(uint32_t count, int32_t *multiplier, int8_t *shift)
{
    const uint64_t by = (uint64_t)SCONV_MEAN_WEIGHT * count;
    for (*shift = 62; ((1ull << *shift) + by / 2) / by > INT32_MAX;) --*shift;
    *multiplier = (int32_t)(((1ull << *shift) + by / 2) / by);
}

void sconv_like_features(layer *l, sconv_kind kind)
{
    layer_options *o = &l->o;
    int32_t        lo, hi;
    if (kind != SCONV_AVERAGE && kind != SCONV_MAX) return;
    host_type_range(l->in, &lo, &hi);
    if (kind == SCONV_MAX) o->zero_in = lo;
    o->zero_out = o->zero_in;
    o->out = l->in;
    o->requant = 1;
    o->clamp[0] = lo;
    o->clamp[1] = hi;
}

/* Pooling: what STORE makes of sums. */
static int like_features(sconv *v, diag *d)
{
    layer *l = &v->l;
    sconv_like_features(l, v->kind);
    if (v->kind != SCONV_AVERAGE) return 0;
    sconv_mean(l->taps, &l->rq.m0, &l->rq.s0);
    l->rq.bias = l->bias.data = malloc(l->channels * sizeof *l->rq.bias);
    if (!l->rq.bias) return diag_set(d, "not enough memory");
    for (uint32_t k = 0; k < l->channels; k++) ((int32_t *)l->bias.data)[k] = 1;
    return 0;
}

static int load(sconv *v, diag *d)
{
    layer               *l = &v->l;
    const layer_options *o = &l->o;
    char                 shape[192];
    if (v->kind == SCONV_WEIGHTS ? load_weights(v, d) : make_weights(v, d)) return -1;
    if (!l->x.data && npy_load(o->x, OPERANDS_X | NPY_EMPTY, &l->x, d)) return -1;
    if (l->x.ndim != 2 || l->x.dim[0] != v->m.in.n || l->x.dim[1] != l->channels) {
        const int weights = v->kind == SCONV_WEIGHTS;
        return diag_set(d, "%s: shape %s, expected (%" PRIu32 ", %" PRIu32 "): a row for each of %s%s%s", o->x, npy_shape(l->x.ndim, l->x.dim, shape, sizeof shape), v->m.in.n, l->channels,
                        v->mo.coords, weights ? ", as many channels as " : "", weights ? o->w : "");
    }
    host_matrix given;
    if (operands_zero(o->x, "--input-zero-point", o->zero_in, &l->x, &l->in, d) || layer_load_requant(l, d) || like_features(v, d) || layer_weights(l, &given, d) || widen_taps(v, &given, d)) return -1;
    return layer_shape(l, &given, &l->m, l->m.w8 ? v->wide : NULL, d);
}

/* ---- The map, first ---------------------------------------------------------------------------------- */

static lac_status take_rule(void *ctx, uint32_t tap, uint32_t in, uint32_t out)
{
    sconv *v = ctx;
    (void)out;
    host_uses_rule(&v->l.uses, v->x, v->l.in, (int32_t)v->l.o.zero_in, in, tap, v->channels);
    v->rules++;
    return LAC_OK;
}

/* The map alone, in memory of its own: counted, or made with `rules`. Exit code. */
static int map_alone(sconv *v, int rules)
{
    enum { RING = 64 };
    cli_globals *g = v->l.o.g;
    machine     *mach = &v->l.mach;
    arena        a = arena_at(mach->base);
    diag         d;
    lac_status   s;
    arena_take(&a, 64u * RING);
    mapping_lay(&v->m, &a, rules);
    const int code = (int)machine_memory(mach, arena_bytes(&a), RING, &d);
    if (code) return cli_fail(g, code, d.text);
    if ((s = lac_watchdog(&mach->dev, 100000)) != LAC_OK) return cli_job_failed(g, mach, s);
    if (!rules) s = mapping_count(&v->m, RING);
    else if (!(s = mapping_write(&v->m))) s = mapping_run(&v->m);
    return s ? cli_job_failed(g, mach, s) : CLI_OK;
}

int sconv_pools(const machine *m, diag *d)
{
    const lac_caps *caps = &m->dev.caps;
    if (caps->map && caps->formats & LAC_HAS_WINDOWS && caps->formats & 1u << LAC_CSC8 && caps->lanes % 4 == 0) return 0;
    return diag_set(d, "configuration %s does not pool: expected a mapping unit, format csc8, windows and a multiple of four lanes", m->cfg.name);
}

/* Pooling has one format. */
static int choose(sconv *v, diag *d)
{
    layer *l = &v->l;
    if (v->kind == SCONV_WEIGHTS) return layer_choose(l, d);
    l->format = HOST_CSC8;
    l->lane_cycles = l->uses.groups; /* no lane has more to do than there are items */
    return sconv_pools(&l->mach, d);
}

/* Its size in bands of v->band; and the first time its rules, and the format that they choose. Exit code. */
static int learn_map(sconv *v)
{
    layer       *l = &v->l;
    cli_globals *g = l->o.g;
    diag         d;
    int          code;
    if (mapping_bound(&v->m, v->band, &d)) return cli_fail(g, CLI_INPUT, d.text);
    if ((code = map_alone(v, 0)) != 0 || l->uses.column) return code;
    if ((code = map_alone(v, 1)) != 0) return code;
    if (host_uses_begin(&l->uses, l->m.cols)) return cli_fail(g, CLI_INPUT, "not enough memory");
    lac_status s = mapping_fetch(&v->m);
    if (!s) s = mapping_rules(&v->m, take_rule, v);
    if (s) return mapping_failed(&v->m, g, s);
    l->needed_macs = host_needed_macs(&l->m, &l->uses);
    l->dense_macs = v->rules * l->x.dim[1] * (v->kind == SCONV_WEIGHTS ? l->w.dim[0] : 1);
    return choose(v, &d) ? cli_fail(g, CLI_INPUT, d.text) : CLI_OK;
}

/* ---- Matrix, features --------------------------------------------------------------------------------- */

/* That a lane has of an output of so many channels. */
static uint32_t accumulators(const sconv *v, uint32_t rows)
{
    const uint32_t lanes = v->l.mach.dev.caps.lanes;
    return (rows + lanes - 1) / lanes * (v->kind == SCONV_MAX ? lac_pool_places(v->l.taps) : 1);
}

/* What rows are filled up to a multiple of: what STORE writes at once, and enough that a bank of a small machine holds a multiple of 64 bytes. */
static uint32_t row_step(const sconv *v)
{
    const lac_caps *caps = &v->l.mach.dev.caps;
    uint32_t        step = caps->store_w;
    while (v->kind != SCONV_WEIGHTS && step % 4) step *= 2; /* no slice begins inside an item */
    while (step < LAC_ALIGN && step * (uint32_t)layer_out_bytes(v->l.o.out) * (caps->acc_depth / accumulators(v, step)) < LAC_ALIGN) step *= 2;
    return step;
}

/* As many rows as the machine takes, with parameters for all of them; features in the list's order. */
static int widen(sconv *v, diag *d)
{
    layer         *l = &v->l;
    const uint32_t step = v->step = row_step(v), k = l->m.rows, rows = (k + step - 1) / step * step, c = (uint32_t)l->x.dim[1], cp = v->channels;
    const size_t   row = (size_t)l->m.cols * (l->m.w8 ? 1 : 2), xs = npy_type_size(l->x.type), n = v->m.in.n;
    char          *w = realloc(v->wide, rows * row), *x = v->x = malloc(n * cp * xs + 1);
    if (w) v->wide = w;
    v->bias = calloc(rows, sizeof *v->bias);
    v->multiplier = calloc(rows, sizeof *v->multiplier);
    v->shift = calloc(rows, sizeof *v->shift);
    if (!w || !x || !v->bias || !v->multiplier || !v->shift) return diag_set(d, "not enough memory");
    memset(w + k * row, 0, (rows - k) * row);
    for (uint32_t r = 0; r < rows; r++) {
        v->bias[r] = r < k && l->rq.bias ? l->rq.bias[r] : 0;
        v->multiplier[r] = r < k && l->rq.multiplier ? l->rq.multiplier[r] : l->rq.m0;
        v->shift[r] = r < k && l->rq.shift ? l->rq.shift[r] : l->rq.s0;
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(x + i * cp * xs, (const char *)l->x.data + (size_t)mapping_in_row(&v->m, (uint32_t)i) * c * xs, c * xs);
        for (uint32_t e = c; e < cp; e++) {
            const int16_t z = (int16_t)l->o.zero_in;
            if (xs == 1) x[i * cp + e] = (char)z;
            else memcpy(x + (i * cp + e) * 2, &z, 2);
        }
    }
    l->m = (host_matrix){ rows, l->m.cols, l->m.w8 ? v->wide : NULL, l->m.w8 ? NULL : v->wide };
    l->rq = (lac_requant){ v->bias, v->multiplier, v->shift, 0, 0 };
    return 0;
}

/* ---- Packing ------------------------------------------------------------------------------------------ */

/* [outputs] the largest band of slices of `rows` rows: what a bank holds; and what it is a multiple of, so that its outputs are one of 64 bytes. 0: none. */
static uint32_t largest_band(const sconv *v, uint32_t rows, uint32_t *unit)
{
    const lac_caps *caps = &v->l.mach.dev.caps;
    const uint32_t  size = (uint32_t)layer_out_bytes(v->l.o.out), deep = caps->acc_depth / accumulators(v, rows);
    const uint32_t  most = 65535u / rows < deep ? 65535u / rows : deep, rest = v->l.m.rows % rows; /* of the last slice */
    for (*unit = LAC_ALIGN; *unit > 1 && *unit / 2 * (uint64_t)rows * size % LAC_ALIGN == 0 && *unit / 2 * (uint64_t)rest * size % LAC_ALIGN == 0;) *unit /= 2;
    return most / *unit * *unit;
}

/* Some thirty bands where there are enough outputs: the map of the first one hides behind nothing. */
static uint32_t find_band(const sconv *v, uint32_t rows, uint32_t outputs)
{
    uint32_t       unit;
    const uint32_t most = largest_band(v, rows, &unit), few = (outputs / 32 + unit) / unit * unit;
    return most > few ? few : most;
}

/* Rows [row0, row0 + rows) of element k of the kernel in time. Where that is not the whole kernel, *own has it and is the caller's. */
static host_matrix element(const sconv *v, uint32_t row0, uint32_t rows, uint32_t k, void **own)
{
    const layer      *l = &v->l;
    const host_matrix all = host_rows(&l->m, row0, rows);
    const uint32_t    cols = all.cols / v->m.times;
    const size_t      es = all.w8 ? 1 : 2;
    const char       *from = all.w8 ? (const char *)all.w8 : (const char *)all.w16;
    *own = NULL;
    if (v->m.times == 1) return all;
    char *to = *own = malloc((size_t)rows * cols * es);
    for (size_t r = 0; to && r < rows; r++) memcpy(to + r * cols * es, from + (r * all.cols + (size_t)k * cols) * es, cols * es);
    return (host_matrix){ rows, cols, all.w8 ? *own : NULL, all.w8 ? NULL : *own };
}

/* Elements of one slice are cut into the same row tiles: what the weights of one have no room for may fit those of another. */
static int cut_alike(const lac_layer *a, const lac_layer *b)
{
    const uint32_t tiles = lac_dir(a->image, LAC_DIR_W_ROW_TILES);
    int            alike = tiles == lac_dir(b->image, LAC_DIR_W_ROW_TILES);
    for (uint32_t i = 0; i < tiles && alike; i++) {
        lac_row_tile ta, tb;
        lac_get_row_tile(a->image, i, &ta);
        lac_get_row_tile(b->image, i, &tb);
        alike = ta.chan0 == tb.chan0 && ta.channels == tb.channels;
    }
    return alike;
}

/* Slices of `rows` rows. LAC_E_SPACE: smaller ones are wanted. */
static lac_status pack(sconv *v, uint32_t rows, uint64_t *where)
{
    layer         *l = &v->l;
    const lac_caps *caps = &l->mach.dev.caps;
    const uint32_t times = v->m.times;
    lac_place      at = { 0, 0, 0, 0 };
    lac_status     s = LAC_OK;
    layer_free_slices(l);
    free(v->sources);
    free(v->jobs);
    v->cuts = (l->m.rows + rows - 1) / rows;
    l->n_slices = v->cuts * times;
    l->slices = calloc(l->n_slices, sizeof *l->slices);
    v->sources = calloc((size_t)v->cuts * v->m.passes, sizeof *v->sources);
    v->jobs = calloc((size_t)v->cuts * l->o.repeat, sizeof *v->jobs);
    if (!l->slices || !v->sources || !v->jobs) return LAC_E_PORT;
    l->resident = l->o.place != LAYER_STREAM && v->cuts == 1;
    for (uint32_t i = 0; i < l->n_slices && !s; i++) {
        layer_slice *sl = &l->slices[i];
        void        *own;
        sl->row0 = i / times * rows;
        const host_matrix  m = element(v, sl->row0, l->m.rows - sl->row0 < rows ? l->m.rows - sl->row0 : rows, i % times, &own);
        const lac_requant  rq = { v->bias + sl->row0, v->multiplier + sl->row0, v->shift + sl->row0, 0, 0 };
        const lac_sconv_pool pool = { v->channels, sl->row0, m.rows, l->taps, v->kind == SCONV_MAX, v->kind == SCONV_AVERAGE ? SCONV_MEAN_WEIGHT : 1 };
        const host_packing how = { .format = l->format, .rq = l->o.requant ? &rq : NULL, .tap = v->channels, .joined = times > 1, .pool = v->kind == SCONV_WEIGHTS ? NULL : &pool };
        s = m.w8 || m.w16 ? host_pack(caps, &m, &how, &sl->image, &sl->layer, where) : LAC_E_PORT;
        free(own);
        if (!s && !cut_alike(&l->slices[i / times * times].layer, &sl->layer)) s = LAC_E_SPACE;
        if (!s && l->resident) l->resident = !lac_fc_place(caps, &sl->layer, &at, &sl->place);
    }
    return s;
}

/* ---- Running -------------------------------------------------------------------------------------------- */

static uint64_t lay_out(sconv *v, uint32_t ring)
{
    layer         *l = &v->l;
    const uint32_t size = (uint32_t)layer_out_bytes(l->o.out), bands = v->m.size.band_room, passes = v->m.passes, times = v->m.times;
    arena          a = arena_at(l->mach.base);
    lac_sconv     *job = v->jobs;
    arena_take(&a, 64u * (uint64_t)ring);
    mapping_lay(&v->m, &a, 1);
    for (uint32_t i = 0; i < l->n_slices; i++) l->slices[i].layer.addr = arena_take(&a, l->slices[i].layer.bytes);
    v->x_addr = arena_take(&a, (uint64_t)v->m.in.n * v->channels * npy_type_size(l->x.type) + LAC_ALIGN);
    for (uint32_t i = 0; i < v->cuts * passes; i++) {
        layer_slice *sl = &l->slices[i / passes * times + i % passes / (passes / times)];
        v->sources[i] = (lac_sconv_source){ .layer = &sl->layer, .resident = l->resident ? &sl->place : NULL, .bands = v->m.room[i % passes].bands, .rules = v->m.room[i % passes].rules,
                                            .x = { v->x_addr, 0, l->in, (int32_t)l->o.zero_in, 0 } };
    }
    for (uint32_t run = 0; run < l->o.repeat; run++)
        for (uint32_t i = 0; i < v->cuts; i++) {
            const lac_map *single = run == 0 && i == 0 ? mapping_single(&v->m) : NULL;
            *job++ = (lac_sconv){ .source = v->sources + i * passes, .sources = passes, .band = v->band, .bands = bands,
                                  .y = { arena_take(&a, (uint64_t)bands * v->band * l->slices[i * times].layer.rows * size), 0, l->o.out, (int32_t)l->o.zero_out, 0 },
                                  .clamp_lo = (int32_t)l->o.clamp[0], .clamp_hi = (int32_t)l->o.clamp[1], .tag = run, .mark = i + 1 == v->cuts,
                                  .after_map = run == 0 && i == 0 && !single, .map = single };
        }
    return arena_bytes(&a);
}

static lac_status build(layer *l, lac_emit emit, void *ctx)
{
    const sconv     *v = (const sconv *)l;
    const lac_status s = v->jobs[0].map ? LAC_OK : mapping_build(&v->m, 1, emit, ctx);
    return s ? s : lac_sconv_build(&l->mach.dev.caps, v->jobs, l->o.repeat * v->cuts, emit, ctx);
}

/* The map made, the format chosen, and packed so that the machine can do it, in the fewest slices. Exit code. */
static int plan(sconv *v, runner_plan *p)
{
    layer         *l = &v->l;
    const uint32_t guess = v->m.o->onto ? v->m.onto.n : v->m.in.n;
    uint64_t       where = 0;
    lac_status     s = LAC_E_SPACE;
    diag           d;
    for (uint32_t rows = l->m.rows; rows && s == LAC_E_SPACE; rows = rows / 2 / v->step * v->step) {
        const uint32_t band = find_band(v, rows, guess);
        if (!band) continue;
        if (band != v->band) {
            v->band = band;
            const int code = learn_map(v);
            if (code) return code;
        }
        s = pack(v, rows, &where);
        if (s) continue;
        lay_out(v, 2);
        s = layer_count(l, p);
        if (s == LAC_E_SPACE && l->resident && l->o.place == LAYER_AUTO) {
            l->resident = 0;
            lay_out(v, 2);
            s = layer_count(l, p);
        }
    }
    int bad = 0;
    if (s == LAC_E_PORT) bad = diag_set(&d, "not enough memory");
    else if (s == LAC_E_SPACE)
        bad = diag_set(&d, "%s: a layer of %" PRIu32 " x %" PRIu32 "%s%s cannot be cut to fit configuration %s", l->o.w, l->m.rows, l->m.cols, v->band ? " in format " : "", v->band ? host_format_name(l->format) : "",
                       l->mach.cfg.name);
    else if (s) bad = diag_set(&d, "%s: cannot be packed: %s at %" PRIu64, l->o.w, lac_status_name(s), where);
    else if (l->o.place == LAYER_RESIDENT && !l->resident)
        bad = diag_set(&d, "--resident: %s in format %s is larger than the RAMs of configuration %s", l->o.w, host_format_name(l->format), l->mach.cfg.name);
    return bad ? cli_fail(l->o.g, CLI_INPUT, d.text) : CLI_OK;
}

/* Operands to memory, then the run. */
static lac_status run(sconv *v, const runner_plan *p)
{
    layer     *l = &v->l;
    lac_status s = mapping_write(&v->m);
    for (uint32_t i = 0; i < l->n_slices && !s; i++) s = machine_write(&l->mach, l->slices[i].layer.addr, l->slices[i].image, l->slices[i].layer.bytes);
    if (!s) s = machine_write(&l->mach, v->x_addr, v->x, (uint64_t)v->m.in.n * v->channels * npy_type_size(l->x.type));
    return s ? s : layer_run(l, p);
}

/* Outputs of repetition `n` to `to` [outputs][K]. */
static lac_status fetch(layer *l, uint32_t n, void *to)
{
    sconv         *v = (sconv *)l;
    const size_t   es = layer_out_bytes(l->o.out), k = l->w.dim[0];
    lac_status     s = LAC_OK;
    for (uint32_t i = 0; i < v->cuts && !s; i++) {
        const layer_slice *sl = &l->slices[i * v->m.times];
        const uint32_t row0 = sl->row0, rows = sl->layer.rows, keep = k - row0 < rows ? (uint32_t)(k - row0) : rows;
        char          *p = malloc((size_t)v->m.outputs * rows * es + 1);
        if (!p) return LAC_E_SPACE;
        s = machine_read(&l->mach, p, v->jobs[(size_t)n * v->cuts + i].y.addr, (uint64_t)v->m.outputs * rows * es);
        for (uint32_t o = 0; o < v->m.outputs && !s && k > row0; o++)
            memcpy((char *)to + ((size_t)mapping_out_row(&v->m, o) * k + row0) * es, p + (size_t)o * rows * es, keep * es);
        free(p);
    }
    return s;
}

/* ---- Results ---------------------------------------------------------------------------------------------- */

static const char *bound(const sconv *v)
{
    const runner *r = &v->l.run;
    const uint32_t lanes = v->l.mach.dev.caps.lanes;
    uint64_t busy = 0;
    if (v->l.mach.kind == MACHINE_MODEL || !r->causes || !r->sum.cycles) return NULL;
    for (uint32_t i = 0; i < lanes; i++) busy += r->causes[i][LAC_CAUSE_LANE_BUSY];
    const uint64_t most = r->causes[lanes + LAC_ON_MAP][LAC_CAUSE_MAP_BUSY], bus = r->causes[lanes + LAC_ON_READ][LAC_CAUSE_READ_BUSY];
    const uint64_t store = r->causes[lanes + LAC_ON_STORE][LAC_CAUSE_STORE_BUSY], items = r->causes[lanes + LAC_ON_EXEC][LAC_CAUSE_EXEC_BUSY], each = busy / lanes;
    return each >= items && each >= bus && each >= most && each >= store ? "lanes" : items >= bus && items >= most && items >= store ? "items" : bus >= most && bus >= store ? "bus"
         : store >= most ? "store" : "map";
}

static cJSON *stats(const sconv *v)
{
    const layer *l = &v->l;
    cJSON       *s = layer_stats(l);
    mapping_stats(&v->m, v->rules, &l->run.sum, s);
    cli_stats_u64(s, "band", v->band);
    cli_stats_u64(s, "feature_lines_sought", l->run.sum.sought);
    cli_stats_u64(s, "feature_lines_fetched", l->run.sum.fetched);
    return s;
}

/* ---- All of it ---------------------------------------------------------------------------------------------- */

/* On the machine, with outputs in l->result. Exit code. */
static int execute(sconv *v)
{
    layer       *l = &v->l;
    cli_globals *g = l->o.g;
    runner_plan  p;
    diag         d;
    lac_status   s;
    int          code = plan(v, &p);
    if (code) return code;
    const uint32_t ring = runner_ring(&p);
    if ((code = (int)machine_memory(&l->mach, lay_out(v, ring), ring, &d)) != 0) return cli_fail(g, code, d.text);
    p.work += mapping_limit(&v->m) / 16u + v->rules * 64u * l->o.repeat * (1u + l->m.rows / l->mach.dev.caps.lanes) * (1u + v->channels / 8u);
    if ((s = lac_watchdog(&l->mach.dev, 100000)) || (s = run(v, &p))) return cli_job_failed(g, &l->mach, s);
    if ((code = cli_obeyed(g, &l->mach)) != 0) return code;
    l->bound = bound(v);
    l->out_ndim = 2;
    l->out_dim[0] = v->m.outputs;
    l->out_dim[1] = l->w.dim[0];
    return layer_collect(l, l->out_dim[0] * l->out_dim[1] * layer_out_bytes(l->o.out), fetch);
}

static int main_(sconv *v)
{
    layer       *l = &v->l;
    cli_globals *g = l->o.g;
    char         title[1024];
    diag         d;
    int          code;
    if (sconv_check_outputs(&l->o, &v->mo, &d) || load(v, &d)) return cli_fail(g, CLI_INPUT, d.text);
    if ((code = mapping_open(&v->m, g, &l->mach, l->o.latency)) != 0) return code;
    if (widen(v, &d)) return cli_fail(g, CLI_INPUT, d.text);
    if ((code = execute(v)) != 0) return code;

    snprintf(title, sizeof title, "%s, 1 us is 1 cycle: %s %.300s %.300s, %s", l->mach.cfg.name, g->name, l->o.w, v->mo.coords, map_mode_name(v->mo.shape.mode));
    if (layer_save(l, &d) || mapping_save_sites(&v->m, &d) || cli_report(g, g->stats ? stats(v) : NULL, &l->trace, title, &d)) return cli_fail(g, CLI_INPUT, d.text);
    if (g->quiet) return CLI_OK;
    printf("%s: [%zu, %zu] from %" PRIu32 " voxels of %" PRIu32 " channels, %" PRIu64 " rules, format %s, %s", l->o.y, l->out_dim[0], l->out_dim[1], v->m.in.n, (uint32_t)l->x.dim[1], v->rules,
           host_format_name(l->format), l->resident ? "resident" : "streamed");
    if (l->mach.kind != MACHINE_MODEL) printf(", %" PRIu64 " cycles", l->run.sum.cycles);
    putchar('\n');
    return CLI_OK;
}

static const layer_kind kind_ = { "sconv", NULL, NULL, build, NULL, NULL };

static int run_and_free(sconv *v)
{
    const int code = main_(v);
    free(v->sources);
    free(v->jobs);
    mapping_free(&v->m);
    free(v->wide);
    free(v->x);
    free(v->bias);
    free(v->multiplier);
    free(v->shift);
    layer_free(&v->l);
    return code;
}

int sconv_pool(const layer_options *o, const map_options *mo, sconv_kind kind)
{
    sconv v;
    memset(&v, 0, sizeof v);
    layer_init(&v.l, &kind_, o->g);
    v.l.o = *o;
    v.mo = *mo;
    v.kind = kind;
    return run_and_free(&v);
}

int cmd_sconv(cli_globals *g, int argc, char **argv)
{
    static const struct argp_child children[] = { { &layer_argp, 0, 0, 0 }, { &map_argp, 0, 0, 0 }, { &cli_globals_argp, 0, 0, 0 }, { 0 } };
    static const struct argp argp = {
        options_, parse, "W.npy COORDS.npy FEATS.npy -o Y.npy",
        "Sparse convolution: Y[o,k] = sum over rules (tap, i, o) and c of W[k,tap,c] (FEATS[i,c] - z).\v"
        "W [K, KZ, KY, KX, C], for clouds with time [K, KT, KZ, KY, KX, C], is int8 or int16 (csc: at most 15 distinct non-zero values), or float32 with --cluster; COORDS is as for `lacuna map', FEATS [V, C] int8, uint8 or int16 in "
        "the same order. Outputs that are given keep their order, those that are made ascend.",
        children, 0, 0,
    };
    sconv v;
    memset(&v, 0, sizeof v);
    layer_init(&v.l, &kind_, g);
    map_options_init(&v.mo);
    argp_parse(&argp, argc, argv, 0, NULL, &v);
    return run_and_free(&v);
}
