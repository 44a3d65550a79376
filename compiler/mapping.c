/* SPDX-License-Identifier: Apache-2.0
 *
 * mapping.c - see mapping.h */
#include "mapping.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Options --------------------------------------------------------------------------------------- */

enum { KEY_OUT = 700, KEY_MODE, KEY_STRIDE, KEY_DILATION, KEY_PAD, KEY_SHAPE, KEY_ONTO, KEY_SORTED };

static const struct argp_option options_[] = {
    { "out-coords", KEY_OUT, "O.npy", 0, "The outputs' sites, int32 [W, 4], of clouds with time [W, 5]", 1 },
    { "mode", KEY_MODE, "M", 0, "submanifold (outputs are the inputs), regular (all that an input reaches), strided (floor(in / stride)), inverse (given by --onto), "
      "or generative (all that the transposed kernel reaches); required", 1 },
    { "stride", KEY_STRIDE, "S", 0, "1 .. 5, one number or [t,]z,y,x (default 1); submanifold: 1", 1 },
    { "dilation", KEY_DILATION, "D", 0, "1 .. 15, one number or [t,]z,y,x (default 1); regular and generative: x at most 12", 1 },
    { "pad", KEY_PAD, "P", 0, "-450 .. 450, one number or [t,]z,y,x (default: dilation * floor((K - 1) / 2); regular and generative: 0)", 1 },
    { "shape", KEY_SHAPE, "[T,]Z,Y,X", 0, "Extents of the inputs' grid, from 0, 1 .. 32768: made outputs stay inside the grid that dense arithmetic gives (default: space is unbounded)", 1 },
    { "onto", KEY_ONTO, "O.npy", 0, "inverse: the outputs, as COORDS", 1 },
    { "sorted", KEY_SORTED, 0, 0, "Voxels that do not ascend are an error", 1 },
    { 0 },
};

static const char *const mode_[] = { [LAC_SUBMANIFOLD] = "submanifold", [LAC_REGULAR] = "regular", [LAC_STRIDED] = "strided", [LAC_INVERSE] = "inverse", [LAC_GENERATIVE] = "generative" };
static const char *const axis_[4] = { "t", "z", "y", "x" };

const char *map_mode_name(lac_map_mode m) { return mode_[m]; }

void map_options_init(map_options *o) { memset(o, 0, sizeof *o); }

static void parse_mode(map_options *o, struct argp_state *state, const char *text)
{
    for (int m = 0; m <= LAC_GENERATIVE; m++)
        if (!strcmp(text, mode_[m])) {
            o->shape.mode = (lac_map_mode)m;
            o->has_mode = 1;
            return;
        }
    argp_error(state, "--mode '%s': expected submanifold, regular, strided, inverse or generative", text);
}

static void parse_axes(map_axes *x, struct argp_state *state, const char *option, const char *arg, int64_t lo, int64_t hi) { x->n = cli_some(state, option, arg, x->v, 3, 4, lo, hi); }

void map_parse_kernel(map_options *o, struct argp_state *state, const char *arg) { parse_axes(&o->kernel, state, "--kernel", arg, 1, 5); }

static error_t parse(int key, char *arg, struct argp_state *state)
{
    map_options *o = state->input;
    switch (key) {
    case KEY_OUT:      o->out_coords = arg; break;
    case KEY_MODE:     parse_mode(o, state, arg); break;
    case KEY_STRIDE:   parse_axes(&o->stride, state, "--stride", arg, 1, 5); break;
    case KEY_DILATION: parse_axes(&o->dilation, state, "--dilation", arg, 1, 15); break;
    case KEY_PAD:      parse_axes(&o->pad, state, "--pad", arg, -LAC_MAP_PAD, LAC_MAP_PAD); break;
    case KEY_SHAPE:    parse_axes(&o->extent, state, "--shape", arg, 1, 32768); break;
    case KEY_ONTO:     o->onto = arg; break;
    case KEY_SORTED:   o->sorted = 1; break;
    case ARGP_KEY_END:
        if (!o->has_mode && !o->none) argp_error(state, "expected --mode submanifold, regular, strided, inverse or generative");
        if (o->shape.mode == LAC_INVERSE && !o->onto) argp_error(state, "--mode inverse: expected --onto O.npy with it");
        if (o->shape.mode != LAC_INVERSE && o->onto) argp_error(state, "--onto: expected --mode inverse with it, the outputs of mode %s are not given", mode_[o->shape.mode]);
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

const struct argp map_argp = { options_, parse, NULL, NULL, NULL, NULL, NULL };

/* One value for each of the last `n` axes of four, `none` where the option was not given. */
static int spread(const char *option, const map_axes *x, int n, uint32_t none, uint32_t v[4], diag *d)
{
    if (x->n > 1 && x->n != n)
        return diag_set(d, "%s: %d numbers, expected one, or %s, for voxels with %d columns", option, x->n, n == 4 ? "t,z,y,x" : "z,y,x", n + 1);
    for (int a = 0; a < 4; a++) v[a] = !x->n ? none : x->v[x->n == 1 || a < 4 - n ? 0 : a - (4 - n)];
    return 0;
}

static const char no_grid_[] = "the outputs' grid is empty, or larger than 32768 sites, expected 1 .. 32768 on each axis";

static int refuse_grid(const map_options *o, const char *why, diag *d)
{
    char text[80];
    int  at = o->time.shape ? snprintf(text, sizeof text, "%" PRIu32 ",", o->time.shape) : 0;
    snprintf(text + at, sizeof text - (size_t)at, "%" PRIu32 ",%" PRIu32 ",%" PRIu32, o->shape.shape[0], o->shape.shape[1], o->shape.shape[2]);
    return diag_set(d, "--shape %s: %s", text, why);
}

/* shape and time from the options, for voxels of so many columns. */
static int check_options(map_options *o, uint32_t columns, diag *d)
{
    const int      n = (int)columns - 1, mode = o->shape.mode, made = mode == LAC_REGULAR || mode == LAC_GENERATIVE;
    lac_map_shape *s = &o->shape;
    uint32_t       kernel[4], stride[4], dilation[4], pad[4], extent[4], grid[3];
    if (spread("--kernel", &o->kernel, n, 1, kernel, d) || spread("--stride", &o->stride, n, 1, stride, d) || spread("--dilation", &o->dilation, n, 1, dilation, d)
        || spread("--pad", &o->pad, n, 0, pad, d) || spread("--shape", &o->extent, n, 0, extent, d))
        return -1;
    for (int a = 4 - n; a < 4; a++) {
        if (mode == LAC_SUBMANIFOLD && kernel[a] % 2 == 0)
            return diag_set(d, "--kernel: %" PRIu32 " in %s, expected an odd one for mode submanifold", kernel[a], axis_[a]);
        if (mode == LAC_SUBMANIFOLD && stride[a] != 1)
            return diag_set(d, "--stride: %" PRIu32 " in %s, expected 1 for mode submanifold", stride[a], axis_[a]);
        if (made && a == 3 && kernel[a] > 1 && dilation[a] > 12)
            return diag_set(d, "--dilation: %" PRIu32 " in x, expected at most 12 for mode %s", dilation[a], mode_[mode]);
        if (!o->pad.n) pad[a] = made ? 0 : dilation[a] * ((kernel[a] - 1) / 2);
        if (!a) {
            o->time = (lac_time){ kernel[a], stride[a], dilation[a], (int32_t)pad[a], extent[a] };
            continue;
        }
        s->kernel[a - 1] = kernel[a];
        s->stride[a - 1] = stride[a];
        s->dilation[a - 1] = dilation[a];
        s->pad[a - 1] = (int32_t)pad[a];
        s->shape[a - 1] = extent[a];
    }
    return o->extent.n && mode != LAC_INVERSE && lac_map_grid(s, grid) ? refuse_grid(o, no_grid_, d) : 0;
}

/* ---- Clouds, lists --------------------------------------------------------------------------------- */

static void take_list(mapping *m, const cloud *c)
{
    m->list[m->lists].list = c->list;
    m->list[m->lists].voxels = c->n;
    m->list[m->lists++].words = c->words;
}

/* The cloud's list under other batches. */
static int merge_list(mapping *m, const char *file, const cloud *c, const int16_t (*to)[LAC_BATCHES], uint32_t n, diag *d)
{
    uint32_t   voxels, words;
    lac_status s = lac_coords_merge(c->list, to, n, NULL, 0, &voxels, &words);
    if (s) return diag_set(d, "%s: a coordinate list of %" PRIu32 " voxels in %" PRIu32 " words for all elements of the kernel in t together, expected at most %d", file, voxels, words, LAC_COORDS_MOST);
    uint8_t *own = malloc(lac_coords_bytes(words));
    m->list[m->lists].list = m->list[m->lists].own = own;
    m->list[m->lists].voxels = voxels;
    m->list[m->lists++].words = words;
    return own && !lac_coords_merge(c->list, to, n, own, lac_coords_bytes(words), &voxels, &words) ? 0 : diag_set(d, "%s: not enough memory", file);
}

static int plan_frames(mapping *m, diag *d)
{
    const map_options *o = m->o;
    const lac_map_mode mode = o->shape.mode;
    const cloud       *to = o->onto ? &m->onto : &m->in;
    lac_frames        *f = m->frames = malloc(sizeof *f);
    uint32_t           where;
    int                bad = 0;
    m->times = o->time.kernel;
    if (!f) return diag_set(d, "%s: not enough memory", o->coords);
    const lac_status s = lac_frames_plan(mode, &o->time, m->in.frame, m->in.frames, to->frame, to->frames, f, &where);
    if (s == LAC_E_SPACE)
        return diag_set(d, "%s: %s%" PRIu32 " frames (voxels of one batch and t) of outputs, and of inputs between them, expected at most %d", o->coords, f->numbers > LAC_FRAMES + 1 || !mapping_makes(m) ? "" : "at least ",
                        f->numbers, LAC_FRAMES);
    if (s && where < m->in.frames)
        return diag_set(d, "%s: voxels of batch %" PRId32 " and t %" PRId32 " have outputs beyond t = -32768 .. 32767", o->coords, m->in.frame[where].batch, m->in.frame[where].t);
    if (s) return refuse_grid(o, no_grid_, d);
    for (uint32_t k = 0; k < m->times && !bad; k++) bad = merge_list(m, o->coords, &m->in, (const int16_t (*)[LAC_BATCHES])&f->of_in[k], 1, d);
    if (!bad && mapping_makes(m)) bad = merge_list(m, o->coords, &m->in, (const int16_t (*)[LAC_BATCHES])f->made, f->mades, d);
    else if (!bad) bad = merge_list(m, o->onto ? o->onto : o->coords, to, (const int16_t (*)[LAC_BATCHES])f->of_out, 1, d);
    return bad;
}

int mapping_load(mapping *m, map_options *o, uint32_t columns, diag *d)
{
    const uint32_t *shape = o->extent.n ? o->shape.shape : NULL;
    char            text[192];
    m->o = o;
    if (cloud_open(o->coords, &m->in, d)) return -1;
    if (columns && columns != m->in.columns)
        return diag_set(d, "%s: shape %s, expected [V, %" PRIu32 "], as W has a kernel %s time", o->coords, npy_shape(2, m->in.a.dim, text, sizeof text), columns, columns == 5 ? "in" : "without");
    if (check_options(o, m->in.columns, d)) return -1;
    const uint32_t extent[4] = { o->time.shape, o->shape.shape[0], o->shape.shape[1], o->shape.shape[2] };
    if (cloud_make(o->coords, o->sorted, shape ? extent + (5 - m->in.columns) : NULL, &m->in, d)) return -1;
    if (o->onto) {
        if (cloud_open(o->onto, &m->onto, d)) return -1;
        if (m->onto.columns != m->in.columns)
            return diag_set(d, "%s: shape %s, expected [V, %" PRIu32 "], as %s", o->onto, npy_shape(2, m->onto.a.dim, text, sizeof text), m->in.columns, o->coords);
        if (cloud_make(o->onto, o->sorted, NULL, &m->onto, d)) return -1;
    }
    m->times = 1;
    m->passes = lac_map_passes(&o->shape);
    m->part[0].shape = o->shape;
    m->parts = 1;
    if (m->in.columns == 4) {
        take_list(m, &m->in);
        if (o->onto) take_list(m, &m->onto);
        return 0;
    }
    if (plan_frames(m, d)) return -1;
    m->parts = (uint32_t)mapping_makes(m);
    m->part[0].only_list = 1;
    for (uint32_t k = 0; k < m->times; k++) {
        lac_map *map = &m->part[m->parts++];
        *map = (lac_map){ .shape = o->shape };
        map->shape.mode = o->shape.mode == LAC_INVERSE || o->shape.mode == LAC_GENERATIVE ? LAC_INVERSE : LAC_ONTO;
        memset(map->shape.shape, 0, sizeof map->shape.shape);
    }
    m->passes *= m->times;
    return 0;
}

int mapping_open(mapping *m, cli_globals *g, machine *mach, uint32_t latency)
{
    diag      d;
    const int code = cli_open(g, mach, latency);
    m->mach = mach;
    if (code || mach->dev.caps.map) return code;
    diag_set(&d, "configuration %s has no mapping unit", mach->cfg.name);
    return cli_fail(g, CLI_INPUT, d.text);
}

void mapping_free(mapping *m)
{
    cloud_free(&m->in);
    cloud_free(&m->onto);
    for (uint32_t i = 0; i < m->lists; i++) free(m->list[i].own);
    free(m->frames);
    free(m->made);
}

int mapping_makes(const mapping *m) { return m->o->shape.mode != LAC_SUBMANIFOLD && m->o->shape.mode != LAC_INVERSE; }

int mapping_bound(mapping *m, uint32_t band, diag *d)
{
    const uint32_t from = m->frames && mapping_makes(m) ? m->times : 0, given = m->o->onto ? m->onto.n : m->in.n;
    m->band = band;
    for (uint32_t i = 0; i < m->parts; i++) m->part[i].band = band;
    if (lac_map_bound(&m->part[0].shape, m->list[from].voxels, m->list[from].words, given, band, &m->size))
        return refuse_grid(m->o, "expected a grid that with padding and stride stays below 32768 sites, because this kernel's outputs are made in several steps", d);
    if (from) { /* room for rules is that of an element */
        lac_map_sizes of;
        lac_map_bound(&m->part[1].shape, m->in.n, m->in.words, m->size.outputs, band, &of);
        m->size.band_room = of.band_room;
        m->size.rule_lines = of.rule_lines;
    }
    for (uint32_t i = 0; i < m->passes; i++) m->lines[i] = m->size.rule_lines;
    return 0;
}

void mapping_lay(mapping *m, arena *a, int rules)
{
    const uint32_t first = m->parts - m->times, each = m->passes / m->times;
    lac_addr       step[2];
    for (uint32_t i = 0; i < m->lists; i++) m->list[i].at = arena_take(a, lac_coords_bytes(m->list[i].words));
    const lac_addr out = mapping_makes(m) ? arena_take(a, lac_coords_bytes(m->size.out_words)) : m->list[m->lists - 1].at;
    for (uint32_t i = 0; i < 2; i++) step[i] = i < m->size.steps ? arena_take(a, lac_coords_bytes(m->size.step_words)) : out;
    for (uint32_t i = 0; i < m->passes && rules; i++)
        m->room[i] = (lac_map_room){ arena_take(a, 64u * (uint64_t)m->size.band_room), arena_take(a, 64u * (uint64_t)m->lines[i]), m->size.band_room, m->lines[i] };
    for (uint32_t i = 0; i < m->parts; i++) {
        lac_map *map = &m->part[i];
        map->in = m->list[i < first ? m->times : i - first].at;
        map->out = out;
        map->out_words = m->size.out_words;
        map->step_words = m->size.step_words;
        memcpy(map->step, step, sizeof step);
        map->room = rules && i >= first ? &m->room[(i - first) * each] : NULL;
    }
}

lac_status mapping_write(mapping *m)
{
    lac_status s = LAC_OK;
    for (uint32_t i = 0; i < m->lists && !s; i++) s = machine_write(m->mach, m->list[i].at, m->list[i].list, lac_coords_bytes(m->list[i].words));
    return s;
}

uint32_t mapping_limit(const mapping *m)
{
    const uint64_t n = 10000000 + 4096 * ((uint64_t)m->in.words + m->size.outputs);
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

lac_status mapping_build(const mapping *m, int signal, lac_emit emit, void *ctx)
{
    lac_status s = LAC_OK;
    for (uint32_t i = 0; i < m->parts && !s; i++) {
        lac_map map = m->part[i];
        map.signal = signal && i + 1 == m->parts;
        s = lac_map_build(&m->mach->dev.caps, &map, emit, ctx);
    }
    return s;
}

lac_status mapping_run(mapping *m)
{
    lac_status s = LAC_OK;
    for (uint32_t i = 0; i < m->parts && !s; i++) s = lac_map_run(&m->mach->dev, &m->part[i], mapping_limit(m));
    return s;
}

const lac_map *mapping_single(const mapping *m) { return m->parts == 1 && m->passes == 1 ? &m->part[0] : NULL; }

lac_status mapping_count(mapping *m, uint32_t ring)
{
    uint32_t       rules[MAPPING_PASSES];
    const uint32_t first = m->parts - m->times, each = m->passes / m->times;
    arena          a = arena_at(m->mach->base);
    lac_status     s;
    arena_take(&a, 64u * (uint64_t)ring);
    mapping_lay(m, &a, 0);
    s = mapping_write(m);
    for (uint32_t i = 0; i < m->parts && !s; i++) s = lac_map_count(&m->mach->dev, &m->part[i], mapping_limit(m), &m->outputs, &rules[i < first ? 0 : (i - first) * each]);
    if (s) return s;
    m->size.outputs = m->outputs;
    m->size.band_room = m->outputs ? (m->outputs + m->band - 1) / m->band : 1; /* a header at least: of nothing */
    if (mapping_makes(m) && m->outputs < LAC_COORDS_MOST / 2 && 2 * m->outputs + 7 < m->size.out_words) m->size.out_words = (2 * m->outputs + 7) / 8 * 8;
    m->rules = 0;
    for (uint32_t i = 0; i < m->passes; i++) {
        m->lines[i] = lac_map_lines(m->outputs, rules[i], m->band);
        m->rules += rules[i];
    }
    return LAC_OK;
}

/* ---- Results --------------------------------------------------------------------------------------- */

static uint32_t word(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24; }

static void *read_back(mapping *m, lac_addr at, uint64_t bytes, lac_status *s)
{
    uint8_t *p = malloc(bytes ? bytes : 1);
    *s = p ? machine_read(m->mach, p, at, bytes) : LAC_E_SPACE;
    return p;
}

lac_status mapping_fetch(mapping *m)
{
    lac_status s;
    m->outputs = m->o->onto ? m->onto.n : m->in.n;
    if (!mapping_makes(m)) return LAC_OK;
    free(m->made);
    m->made = NULL;
    const lac_map *map = &m->part[0];
    uint8_t       *p = read_back(m, map->out, 64, &s);
    const uint32_t words = s ? 0 : word(p + 4);
    free(p);
    if (s) return s;
    if (words > map->out_words) return LAC_E_FORMAT;
    p = read_back(m, map->out, lac_coords_bytes(words), &s);
    if (!s) s = lac_coords_unpack(p, lac_coords_bytes(words), NULL, 0, &m->outputs, NULL);
    if (!s && !(m->made = malloc((m->outputs ? m->outputs : 1) * sizeof *m->made))) s = LAC_E_SPACE;
    if (!s) s = lac_coords_unpack(p, lac_coords_bytes(words), m->made, m->outputs, &m->outputs, NULL);
    free(p);
    return s;
}

int mapping_failed(const mapping *m, const cli_globals *g, lac_status s)
{
    return s == LAC_E_FORMAT ? cli_fail(g, CLI_FAILED, "job failed: the machine's map is malformed") : s == LAC_E_SPACE ? cli_fail(g, CLI_INPUT, "not enough memory") : cli_job_failed(g, m->mach, s);
}

uint32_t mapping_in_row(const mapping *m, uint32_t in) { return m->in.order[in]; }
uint32_t mapping_out_row(const mapping *m, uint32_t out) { return mapping_makes(m) ? out : m->o->onto ? m->onto.order[out] : m->in.order[out]; }

/* The rules of one band of pass `pass`: `outputs` outputs from `out` on. */
static lac_status each_of_band(mapping *m, uint32_t pass, const uint8_t *header, uint32_t out, mapping_rule take, void *ctx)
{
    const lac_map_room  *room = &m->room[pass];
    const lac_map_shape *shape = &m->o->shape;
    const uint32_t outputs = word(header), words = word(header + 4), start = word(header + 8), taps = shape->kernel[0] * shape->kernel[1] * shape->kernel[2];
    const uint32_t want = m->outputs - out < m->band ? m->outputs - out : m->band, tap0 = pass / (m->passes / m->times) * taps;
    lac_status     s;
    if (outputs != want || start > room->rule_lines || (words + 15) / 16 > room->rule_lines - start) return LAC_E_FORMAT;
    uint8_t *p = read_back(m, room->rules + 64 * (uint64_t)start, 4 * (uint64_t)words, &s);
    for (uint32_t i = 0, of = 0; i < words && !s; i++) {
        const uint32_t r = word(p + 4 * (size_t)i), tap = lac_rule_tap(r), in = lac_rule_in(r);
        if (of >= outputs || (tap != 127 && (tap >= taps || in >= m->in.n))) s = LAC_E_FORMAT;
        else if (tap != 127) s = take(ctx, tap0 + tap, in, out + of);
        of += (uint32_t)lac_rule_last(r);
        if (!s && i + 1 == words && of != outputs) s = LAC_E_FORMAT;
    }
    free(p);
    return s;
}

lac_status mapping_rules(mapping *m, mapping_rule take, void *ctx)
{
    lac_status s = LAC_OK;
    for (uint32_t i = 0; i < m->passes && !s; i++) {
        uint8_t *headers = read_back(m, m->room[i].bands, 64 * (uint64_t)m->room[i].band_room, &s);
        for (uint32_t out = 0, b = 0; out < m->outputs && !s; out += m->band, b++)
            s = b < m->room[i].band_room ? each_of_band(m, i, headers + 64 * (size_t)b, out, take, ctx) : LAC_E_FORMAT;
        free(headers);
    }
    return s;
}

int mapping_save_sites(const mapping *m, diag *d)
{
    const size_t sites[2] = { m->outputs, m->in.columns };
    if (!m->o->out_coords) return 0;
    if (!mapping_makes(m)) return npy_save(m->o->out_coords, NPY_INT32, 2, sites, m->o->onto ? m->onto.a.data : m->in.a.data, d);
    if (!m->frames) return npy_save(m->o->out_coords, NPY_INT32, 2, sites, m->made, d);
    int32_t(*row)[5] = malloc((m->outputs ? m->outputs : 1) * sizeof *row);
    if (!row) return diag_set(d, "%s: not enough memory", m->o->out_coords);
    for (uint32_t i = 0, j = 0; i < m->outputs; i++) {
        const lac_site *s = &m->made[i];
        while (m->frames->of_out[0][j] != s->batch && j + 1 < m->frames->outs) j++;
        memcpy(row[i], &(const int32_t[5]){ m->frames->out[j].batch, m->frames->out[j].t, s->z, s->y, s->x }, sizeof row[i]);
    }
    const int bad = npy_save(m->o->out_coords, NPY_INT32, 2, sites, row, d);
    free(row);
    return bad;
}

void mapping_stats(const mapping *m, uint64_t rules, const runner_totals *sum, cJSON *s)
{
    cJSON_AddStringToObject(s, "mode", mode_[m->o->shape.mode]);
    cli_stats_u64(s, "voxels_in", m->in.n);
    cli_stats_u64(s, "voxels_out", m->outputs);
    cli_stats_u64(s, "rules", rules);
    cli_stats_u64(s, "passes", m->passes);
    if (m->mach->kind != MACHINE_MODEL) cli_stats_u64(s, "map_cycles", sum->map);
    else cJSON_AddNullToObject(s, "map_cycles");
}
