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
    { "out-coords", KEY_OUT, "O.npy", 0, "The outputs' sites, int32 [W, 4]", 1 },
    { "mode", KEY_MODE, "M", 0, "submanifold (outputs are the inputs), regular (all that an input reaches), strided (floor(in / stride)), inverse (given by --onto), "
      "or generative (all that the transposed kernel reaches); required", 1 },
    { "stride", KEY_STRIDE, "S", 0, "1 .. 5, one number or z,y,x (default 1); submanifold: 1", 1 },
    { "dilation", KEY_DILATION, "D", 0, "1 .. 15, one number or z,y,x (default 1); regular and generative: x at most 12", 1 },
    { "pad", KEY_PAD, "P", 0, "-450 .. 450, one number or z,y,x (default: dilation * floor((K - 1) / 2); regular and generative: 0)", 1 },
    { "shape", KEY_SHAPE, "Z,Y,X", 0, "Extents of the inputs' grid, from 0, 1 .. 32768: made outputs stay inside the grid that dense arithmetic gives (default: space is unbounded)", 1 },
    { "onto", KEY_ONTO, "O.npy", 0, "inverse: the outputs, as COORDS", 1 },
    { "sorted", KEY_SORTED, 0, 0, "Voxels that do not ascend are an error", 1 },
    { 0 },
};

static const char *const mode_[] = { [LAC_SUBMANIFOLD] = "submanifold", [LAC_REGULAR] = "regular", [LAC_STRIDED] = "strided", [LAC_INVERSE] = "inverse", [LAC_GENERATIVE] = "generative" };
static const char *const axis_[3] = { "z", "y", "x" };

const char *map_mode_name(lac_map_mode m) { return mode_[m]; }

void map_options_init(map_options *o)
{
    memset(o, 0, sizeof *o);
    for (int a = 0; a < 3; a++) o->shape.stride[a] = o->shape.dilation[a] = 1;
}

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

void map_parse_kernel(map_options *o, struct argp_state *state, const char *arg)
{
    cli_list(state, "--kernel", arg, o->shape.kernel, 3, 1, 5);
    o->has_kernel = 1;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    map_options *o = state->input;
    uint32_t     pad[3];
    switch (key) {
    case KEY_OUT:      o->out_coords = arg; break;
    case KEY_MODE:     parse_mode(o, state, arg); break;
    case KEY_STRIDE:   cli_list(state, "--stride", arg, o->shape.stride, 3, 1, 5); break;
    case KEY_DILATION: cli_list(state, "--dilation", arg, o->shape.dilation, 3, 1, 15); break;
    case KEY_PAD:
        cli_list(state, "--pad", arg, pad, 3, -LAC_MAP_PAD, LAC_MAP_PAD);
        for (int a = 0; a < 3; a++) o->shape.pad[a] = (int32_t)pad[a];
        o->has_pad = 1;
        break;
    case KEY_SHAPE:    cli_list(state, "--shape", arg, o->shape.shape, 3, 1, 32768); o->has_shape = 1; break;
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

int map_check(map_options *o, diag *d)
{
    lac_map_shape *s = &o->shape;
    uint32_t       grid[3];
    const int      made = s->mode == LAC_REGULAR || s->mode == LAC_GENERATIVE;
    for (int a = 0; a < 3; a++) {
        if (s->mode == LAC_SUBMANIFOLD && s->kernel[a] % 2 == 0)
            return diag_set(d, "--kernel: %" PRIu32 " in %s, expected an odd one for mode submanifold", s->kernel[a], axis_[a]);
        if (s->mode == LAC_SUBMANIFOLD && s->stride[a] != 1)
            return diag_set(d, "--stride: %" PRIu32 " in %s, expected 1 for mode submanifold", s->stride[a], axis_[a]);
        if (made && a == 2 && s->kernel[a] > 1 && s->dilation[a] > 12)
            return diag_set(d, "--dilation: %" PRIu32 " in x, expected at most 12 for mode %s", s->dilation[a], mode_[s->mode]);
        if (!o->has_pad) s->pad[a] = made ? 0 : (int32_t)(s->dilation[a] * ((s->kernel[a] - 1) / 2));
    }
    if (o->has_shape && s->mode != LAC_INVERSE && lac_map_grid(s, grid))
        return diag_set(d, "--shape %" PRIu32 ",%" PRIu32 ",%" PRIu32 ": the outputs' grid is empty, or larger than 32768 sites, expected 1 .. 32768 on each axis",
                        s->shape[0], s->shape[1], s->shape[2]);
    return 0;
}

/* ---- Clouds, memory -------------------------------------------------------------------------------- */

int mapping_load(mapping *m, const map_options *o, diag *d)
{
    m->o = o;
    m->map.shape = o->shape;
    m->passes = lac_map_passes(&o->shape);
    if (cloud_load(o->coords, o->sorted, o->has_shape ? o->shape.shape : NULL, &m->in, d)) return -1;
    return o->onto ? cloud_load(o->onto, o->sorted, NULL, &m->onto, d) : 0;
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
    free(m->made);
}

int mapping_makes(const mapping *m) { return m->o->shape.mode != LAC_SUBMANIFOLD && m->o->shape.mode != LAC_INVERSE; }

int mapping_bound(mapping *m, uint32_t band, diag *d)
{
    const lac_map_shape *s = &m->o->shape;
    m->map.band = band;
    if (lac_map_bound(s, m->in.n, m->in.words, m->o->onto ? m->onto.n : 0, band, &m->size))
        return diag_set(d, "--shape %" PRIu32 ",%" PRIu32 ",%" PRIu32 ": expected a grid that with padding and stride stays below 32768 sites, because this kernel's outputs are made in several steps",
                        s->shape[0], s->shape[1], s->shape[2]);
    for (uint32_t i = 0; i < m->passes; i++) m->lines[i] = m->size.rule_lines;
    return 0;
}

void mapping_lay(mapping *m, arena *a, int rules)
{
    lac_map *map = &m->map;
    map->in = arena_take(a, lac_coords_bytes(m->in.words));
    map->out = mapping_makes(m) ? arena_take(a, lac_coords_bytes(m->size.out_words)) : m->o->onto ? arena_take(a, lac_coords_bytes(m->onto.words)) : map->in;
    map->out_words = m->size.out_words;
    map->step_words = m->size.step_words;
    for (uint32_t i = 0; i < 2; i++) map->step[i] = i < m->size.steps ? arena_take(a, lac_coords_bytes(map->step_words)) : map->in;
    for (uint32_t i = 0; i < m->passes && rules; i++)
        m->room[i] = (lac_map_room){ arena_take(a, 64u * (uint64_t)m->size.band_room), arena_take(a, 64u * (uint64_t)m->lines[i]), m->size.band_room, m->lines[i] };
    map->room = rules ? m->room : NULL;
}

lac_status mapping_write(mapping *m)
{
    lac_status s = machine_write(m->mach, m->map.in, m->in.list, lac_coords_bytes(m->in.words));
    if (!s && m->o->onto) s = machine_write(m->mach, m->map.out, m->onto.list, lac_coords_bytes(m->onto.words));
    return s;
}

uint32_t mapping_limit(const mapping *m)
{
    const uint64_t n = 10000000 + 4096 * ((uint64_t)m->in.words + m->size.outputs);
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

lac_status mapping_count(mapping *m, uint32_t ring)
{
    uint32_t   rules[LAC_MAP_PASSES];
    arena      a = arena_at(m->mach->base);
    lac_status s;
    arena_take(&a, 64u * (uint64_t)ring);
    mapping_lay(m, &a, 0);
    if ((s = mapping_write(m)) || (s = lac_map_count(&m->mach->dev, &m->map, mapping_limit(m), &m->outputs, rules))) return s;
    m->size.outputs = m->outputs;
    m->size.band_room = m->outputs ? (m->outputs + m->map.band - 1) / m->map.band : 1; /* a header at least: of nothing */
    if (mapping_makes(m) && m->outputs < LAC_COORDS_MOST / 2 && 2 * m->outputs + 7 < m->size.out_words) m->size.out_words = (2 * m->outputs + 7) / 8 * 8;
    for (uint32_t i = 0; i < m->passes; i++) m->lines[i] = lac_map_lines(m->outputs, rules[i], m->map.band);
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
    uint8_t       *p = read_back(m, m->map.out, 64, &s);
    const uint32_t words = s ? 0 : word(p + 4);
    free(p);
    if (s) return s;
    if (words > m->map.out_words) return LAC_E_FORMAT;
    p = read_back(m, m->map.out, lac_coords_bytes(words), &s);
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

/* The rules of one band: `outputs` outputs from `out` on. */
static lac_status each_of_band(mapping *m, const lac_map_room *room, const uint8_t *header, uint32_t out, mapping_rule take, void *ctx)
{
    const lac_map_shape *shape = &m->o->shape;
    const uint32_t outputs = word(header), words = word(header + 4), start = word(header + 8), taps = shape->kernel[0] * shape->kernel[1] * shape->kernel[2];
    const uint32_t want = m->outputs - out < m->map.band ? m->outputs - out : m->map.band;
    lac_status     s;
    if (outputs != want || start > room->rule_lines || (words + 15) / 16 > room->rule_lines - start) return LAC_E_FORMAT;
    uint8_t *p = read_back(m, room->rules + 64 * (uint64_t)start, 4 * (uint64_t)words, &s);
    for (uint32_t i = 0, of = 0; i < words && !s; i++) {
        const uint32_t r = word(p + 4 * (size_t)i), tap = lac_rule_tap(r), in = lac_rule_in(r);
        if (of >= outputs || (tap != 127 && (tap >= taps || in >= m->in.n))) s = LAC_E_FORMAT;
        else if (tap != 127) s = take(ctx, tap, in, out + of);
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
        for (uint32_t out = 0, b = 0; out < m->outputs && !s; out += m->map.band, b++)
            s = b < m->room[i].band_room ? each_of_band(m, &m->room[i], headers + 64 * (size_t)b, out, take, ctx) : LAC_E_FORMAT;
        free(headers);
    }
    return s;
}

int mapping_save_sites(const mapping *m, diag *d)
{
    const size_t sites[2] = { m->outputs, 4 };
    if (!m->o->out_coords) return 0;
    return npy_save(m->o->out_coords, NPY_INT32, 2, sites, mapping_makes(m) ? m->made : m->o->onto ? m->onto.site : m->in.site, d);
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
