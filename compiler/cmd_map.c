/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_map.c - lacuna map: which input contributes to which output through which tap
 *
 *   Steps   options, clouds, layout of device memory, run, read bands back, sort, write
 *   Room    the bound that the driver gives for any cloud of this size; where that is more than ROOM_MOST, or the machine is a board, the map is counted first and then
 *           has exactly what it needs
 *   Counts  cycles and bytes in --stats are those of the map alone */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "cli.h"
#include "cloud.h"
#include "lac_hw.h"
#include "outfile.h"

enum { BAND = 1024, ROOM_MOST = 256 << 20 };

typedef struct {
    cli_globals  *g;
    const char   *coords, *rules, *out_coords, *onto;
    lac_map_shape shape;
    int           sorted, has_mode, has_kernel, has_stride, has_pad, has_shape;
    uint32_t      latency;
} options;

typedef struct {
    options       o;
    cloud         in, onto;
    machine       mach;
    runner        run;
    trace         trace;
    lac_map       map;
    lac_map_room  room[LAC_MAP_PASSES];
    uint32_t      passes;
    lac_map_sizes size;
    uint32_t      lines[LAC_MAP_PASSES]; /* of rules */
    lac_site     *made;     /* [outputs], where they are not given */
    uint32_t      outputs;
    int32_t     (*rule)[3]; /* [rules] */
    size_t        rules, rules_room;
} job;

/* ---- Options --------------------------------------------------------------------------------------- */

enum { KEY_OUT = 256, KEY_MODE, KEY_KERNEL, KEY_STRIDE, KEY_DILATION, KEY_PAD, KEY_SHAPE, KEY_ONTO, KEY_SORTED, KEY_LATENCY };

static const struct argp_option options_[] = {
    { "output", 'o', "RULES.npy", 0, "Result int32 [M, 3]: tap, in, out, sorted by all three; required", 0 },
    { "out-coords", KEY_OUT, "O.npy", 0, "The outputs' sites, int32 [W, 4]", 0 },
    { "mode", KEY_MODE, "M", 0, "submanifold (outputs are the inputs), regular (all that an input reaches), strided (floor(in / stride)), inverse (given by --onto), "
      "or generative (all that the transposed kernel reaches); required", 1 },
    { "kernel", KEY_KERNEL, "K", 0, "1 .. 5, one number or z,y,x; required; submanifold: odd", 1 },
    { "stride", KEY_STRIDE, "S", 0, "1 .. 5, one number or z,y,x (default 1); submanifold: 1", 1 },
    { "dilation", KEY_DILATION, "D", 0, "1 .. 15, one number or z,y,x (default 1); regular and generative: x at most 12", 1 },
    { "pad", KEY_PAD, "P", 0, "-450 .. 450, one number or z,y,x (default: dilation * floor((K - 1) / 2); regular and generative: 0)", 1 },
    { "shape", KEY_SHAPE, "Z,Y,X", 0, "Extents of the inputs' grid, from 0, 1 .. 32768: made outputs stay inside the grid that dense arithmetic gives (default: space is unbounded)", 1 },
    { "onto", KEY_ONTO, "O.npy", 0, "inverse: the outputs, as COORDS", 1 },
    { "sorted", KEY_SORTED, 0, 0, "Voxels that do not ascend are an error", 1 },
    { "memory-latency", KEY_LATENCY, "N", 0, CLI_LATENCY_HELP, 2 },
    { 0 },
};

static const char *const mode_[] = { [LAC_SUBMANIFOLD] = "submanifold", [LAC_REGULAR] = "regular", [LAC_STRIDED] = "strided", [LAC_INVERSE] = "inverse", [LAC_GENERATIVE] = "generative" };
static const char *const axis_[3] = { "z", "y", "x" };

static void parse_mode(options *o, struct argp_state *state, const char *text)
{
    for (int m = 0; m <= LAC_GENERATIVE; m++)
        if (!strcmp(text, mode_[m])) {
            o->shape.mode = (lac_map_mode)m;
            o->has_mode = 1;
            return;
        }
    argp_error(state, "--mode '%s': expected submanifold, regular, strided, inverse or generative", text);
}

/* What can only be said when all options are known. */
static void check_options(options *o, struct argp_state *state)
{
    lac_map_shape *s = &o->shape;
    uint32_t       grid[3];
    if (!o->coords) argp_error(state, "expected a file, COORDS.npy");
    if (!o->rules) argp_error(state, "expected -o RULES.npy");
    if (!o->has_mode) argp_error(state, "expected --mode submanifold, regular, strided, inverse or generative");
    if (!o->has_kernel) argp_error(state, "expected --kernel");
    if (s->mode == LAC_INVERSE && !o->onto) argp_error(state, "--mode inverse: expected --onto O.npy with it");
    if (s->mode != LAC_INVERSE && o->onto) argp_error(state, "--onto: expected --mode inverse with it, the outputs of mode %s are not given", mode_[s->mode]);
    const int made = s->mode == LAC_REGULAR || s->mode == LAC_GENERATIVE;
    for (int a = 0; a < 3; a++) {
        if (s->mode == LAC_SUBMANIFOLD && s->kernel[a] % 2 == 0)
            argp_error(state, "--kernel: %" PRIu32 " in %s, expected an odd one for mode submanifold", s->kernel[a], axis_[a]);
        if (s->mode == LAC_SUBMANIFOLD && s->stride[a] != 1)
            argp_error(state, "--stride: %" PRIu32 " in %s, expected 1 for mode submanifold", s->stride[a], axis_[a]);
        if (made && a == 2 && s->kernel[a] > 1 && s->dilation[a] > 12)
            argp_error(state, "--dilation: %" PRIu32 " in x, expected at most 12 for mode %s", s->dilation[a], mode_[s->mode]);
        if (!o->has_pad) s->pad[a] = made ? 0 : (int32_t)(s->dilation[a] * ((s->kernel[a] - 1) / 2));
    }
    if (o->has_shape && s->mode != LAC_INVERSE && lac_map_grid(s, grid))
        argp_error(state, "--shape %" PRIu32 ",%" PRIu32 ",%" PRIu32 ": the outputs' grid is empty, or larger than 32768 sites, expected 1 .. 32768 on each axis",
                   s->shape[0], s->shape[1], s->shape[2]);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;
    uint32_t pad[3];
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = o->g; break;
    case 'o':          o->rules = arg; break;
    case KEY_OUT:      o->out_coords = arg; break;
    case KEY_MODE:     parse_mode(o, state, arg); break;
    case KEY_KERNEL:   cli_list(state, "--kernel", arg, o->shape.kernel, 3, 1, 5); o->has_kernel = 1; break;
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
    case KEY_LATENCY:  o->latency = cli_latency(state, arg); break;
    case ARGP_KEY_ARG:
        if (state->arg_num) argp_error(state, "unexpected argument '%s', expected one file", arg);
        o->coords = arg;
        break;
    case ARGP_KEY_END: check_options(o, state); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int check_outputs(const options *o, diag *d)
{
    enum { OUTPUTS = 4 };
    static const char *const option[OUTPUTS] = { "-o", "--out-coords", "--stats", "--trace" };
    const char *in[] = { o->coords, o->onto }, *out[OUTPUTS] = { o->rules, o->out_coords, o->g->stats, o->g->trace };
    for (int i = 0; i < OUTPUTS; i++) {
        if (!out[i]) continue;
        for (size_t k = 0; k < sizeof in / sizeof *in; k++)
            if (in[k] && outfile_same(out[i], in[k])) return diag_set(d, "%s: expected an output file that is not an input", out[i]);
        for (int k = 0; k < i; k++)
            if (out[k] && outfile_same(out[i], out[k])) return diag_set(d, "%s: expected different files for %s and %s", out[i], option[k], option[i]);
        if (outfile_check(out[i], d)) return -1;
    }
    return 0;
}

/* ---- The machine ----------------------------------------------------------------------------------- */

static int makes(const job *j) { return j->o.shape.mode != LAC_SUBMANIFOLD && j->o.shape.mode != LAC_INVERSE; }

/* Addresses of everything behind a ring of `ring` commands; `rules` 0: without rules. Returns the bytes it takes. */
static uint64_t lay_out(job *j, uint32_t ring, int rules)
{
    lac_map *m = &j->map;
    arena    a = arena_at(j->mach.base);
    arena_take(&a, 64u * (uint64_t)ring);
    m->in = arena_take(&a, lac_coords_bytes(j->in.words));
    m->out = makes(j) ? arena_take(&a, lac_coords_bytes(j->size.out_words)) : j->o.onto ? arena_take(&a, lac_coords_bytes(j->onto.words)) : m->in;
    m->out_words = j->size.out_words;
    m->step_words = j->size.step_words;
    for (uint32_t i = 0; i < 2; i++) m->step[i] = i < j->size.steps ? arena_take(&a, lac_coords_bytes(m->step_words)) : m->in;
    for (uint32_t i = 0; i < j->passes && rules; i++)
        j->room[i] = (lac_map_room){ arena_take(&a, 64u * (uint64_t)j->size.band_room), arena_take(&a, 64u * (uint64_t)j->lines[i]), j->size.band_room, j->lines[i] };
    return arena_bytes(&a);
}

static lac_status write_lists(job *j)
{
    lac_status s = machine_write(&j->mach, j->map.in, j->in.list, lac_coords_bytes(j->in.words));
    if (!s && j->o.onto) s = machine_write(&j->mach, j->map.out, j->onto.list, lac_coords_bytes(j->onto.words));
    return s;
}

static uint32_t time_limit(const job *j)
{
    const uint64_t n = 10000000 + 4096 * ((uint64_t)j->in.words + j->size.outputs);
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

/* Memory, lists in it, and the machine ready. Exit code. */
static int prepare(job *j, uint32_t ring, int rules)
{
    diag       d;
    const int  code = (int)machine_memory(&j->mach, lay_out(j, ring, rules), ring, &d);
    lac_status s;
    if (code) return cli_fail(j->o.g, code, d.text);
    if ((s = lac_watchdog(&j->mach.dev, 100000)) || (s = write_lists(j))) return cli_job_failed(j->o.g, &j->mach, s);
    return CLI_OK;
}

/* How much memory the map takes. Exit code. */
static int find_sizes(job *j)
{
    uint32_t       rules[LAC_MAP_PASSES], outputs;
    const uint32_t given = j->o.onto ? j->onto.n : 0;
    if (lac_map_bound(&j->o.shape, j->in.n, j->in.words, given, BAND, &j->size)) {
        diag d;
        diag_set(&d, "--shape %" PRIu32 ",%" PRIu32 ",%" PRIu32 ": expected a grid that with padding and stride stays below 32768 sites, because this kernel's outputs are made in several steps",
                 j->o.shape.shape[0], j->o.shape.shape[1], j->o.shape.shape[2]);
        return cli_fail(j->o.g, CLI_INPUT, d.text);
    }
    for (uint32_t i = 0; i < j->passes; i++) j->lines[i] = j->size.rule_lines;
    if (j->mach.kind != MACHINE_SERIAL && lay_out(j, 64, 1) <= ROOM_MOST) return CLI_OK;

    const int code = prepare(j, 64, 0);
    if (code) return code;
    const lac_status s = lac_map_count(&j->mach.dev, &j->map, time_limit(j), &outputs, rules);
    if (s) return cli_job_failed(j->o.g, &j->mach, s);
    j->size.outputs = outputs;
    j->size.band_room = (outputs + BAND - 1) / BAND;
    if (makes(j)) j->size.out_words = outputs < LAC_COORDS_MOST / 2 && 2 * outputs + 7 < j->size.out_words ? (2 * outputs + 7) / 8 * 8 : j->size.out_words;
    for (uint32_t i = 0; i < j->passes; i++) j->lines[i] = lac_map_lines(outputs, rules[i], BAND);
    return CLI_OK;
}

static int execute(job *j)
{
    const lac_caps *caps = &j->mach.dev.caps;
    const int       watch = j->o.g->stats || j->o.g->trace;
    runner_plan     plan = { .line = caps->line };
    lac_status      s;
    lay_out(j, 64, 1);
    j->map.room = j->room;
    if ((s = lac_map_build(caps, &j->map, runner_count, &plan)) != LAC_OK) return cli_job_failed(j->o.g, &j->mach, s);
    const int code = prepare(j, runner_ring(&plan), 1);
    if (code) return code;
    plan.work += time_limit(j) / 16u;
    if (runner_init(&j->run, &j->mach, &plan) || (watch && trace_init(&j->trace))) return cli_fail(j->o.g, CLI_INPUT, "not enough memory");
    if (watch) s = runner_watch(&j->run, &j->trace);
    if (!s) s = lac_map_build(caps, &j->map, runner_emit, &j->run);
    if (!s) s = runner_finish(&j->run);
    if (s) return cli_job_failed(j->o.g, &j->mach, s);
    const char *broken = machine_misbehaved(&j->mach);
    if (broken) {
        diag d;
        diag_set(&d, "the core broke the rules of its bus: %s", broken);
        return cli_fail(j->o.g, CLI_FAILED, d.text);
    }
    return CLI_OK;
}

/* ---- Results --------------------------------------------------------------------------------------- */

static uint32_t word(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24; }

static void *read_back(job *j, lac_addr at, uint64_t bytes, lac_status *s)
{
    uint8_t *p = malloc(bytes ? bytes : 1);
    *s = p ? machine_read(&j->mach, p, at, bytes) : LAC_E_SPACE;
    return p;
}

/* The outputs' sites, where they were made. LAC_E_FORMAT: what the machine left is none. */
static lac_status fetch_sites(job *j)
{
    lac_status s;
    j->outputs = j->o.onto ? j->onto.n : j->in.n;
    if (!makes(j)) return LAC_OK;
    uint8_t       *p = read_back(j, j->map.out, 64, &s);
    const uint32_t words = s ? 0 : word(p + 4);
    free(p);
    if (s) return s;
    if (words > j->map.out_words) return LAC_E_FORMAT;
    p = read_back(j, j->map.out, lac_coords_bytes(words), &s);
    if (!s) s = lac_coords_unpack(p, lac_coords_bytes(words), NULL, 0, &j->outputs, NULL);
    if (!s && !(j->made = malloc((j->outputs ? j->outputs : 1) * sizeof *j->made))) s = LAC_E_SPACE;
    if (!s) s = lac_coords_unpack(p, lac_coords_bytes(words), j->made, j->outputs, &j->outputs, NULL);
    free(p);
    return s;
}

static lac_status add_rule(job *j, uint32_t tap, uint32_t in, uint32_t out)
{
    const lac_map_shape *s = &j->o.shape;
    if (tap == 127) return LAC_OK;
    if (tap >= s->kernel[0] * s->kernel[1] * s->kernel[2] || in >= j->in.n || out >= j->outputs) return LAC_E_FORMAT;
    if (j->rules == j->rules_room) {
        const size_t room = j->rules_room ? 2 * j->rules_room : 4096;
        int32_t    (*more)[3] = realloc(j->rule, room * sizeof *more);
        if (!more) return LAC_E_SPACE;
        j->rule = more;
        j->rules_room = room;
    }
    int32_t *r = j->rule[j->rules++];
    r[0] = (int32_t)tap;
    r[1] = (int32_t)j->in.order[in];
    r[2] = (int32_t)(makes(j) ? out : j->o.onto ? j->onto.order[out] : j->in.order[out]);
    return LAC_OK;
}

/* The rules of one band: `outputs` outputs from `out` on. */
static lac_status fetch_band(job *j, const lac_map_room *room, const uint8_t *header, uint32_t out)
{
    const uint32_t outputs = word(header), words = word(header + 4), start = word(header + 8);
    const uint32_t want = j->outputs - out < BAND ? j->outputs - out : BAND;
    lac_status     s;
    if (outputs != want || start > room->rule_lines || (words + 15) / 16 > room->rule_lines - start) return LAC_E_FORMAT;
    uint8_t *p = read_back(j, room->rules + 64 * (uint64_t)start, 4 * (uint64_t)words, &s);
    for (uint32_t i = 0, of = 0; i < words && !s; i++) {
        const uint32_t r = word(p + 4 * (size_t)i);
        s = of < outputs ? add_rule(j, lac_rule_tap(r), lac_rule_in(r), out + of) : LAC_E_FORMAT;
        of += (uint32_t)lac_rule_last(r);
        if (!s && i + 1 == words && of != outputs) s = LAC_E_FORMAT;
    }
    free(p);
    return s;
}

static int by_rule(const void *pa, const void *pb)
{
    const int32_t *a = pa, *b = pb;
    for (int i = 0; i < 2; i++)
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return (a[2] > b[2]) - (a[2] < b[2]);
}

static lac_status fetch(job *j)
{
    lac_status s = fetch_sites(j);
    for (uint32_t i = 0; i < j->passes && !s; i++) {
        uint8_t *headers = read_back(j, j->room[i].bands, 64 * (uint64_t)j->room[i].band_room, &s);
        for (uint32_t out = 0, b = 0; out < j->outputs && !s; out += BAND, b++)
            s = b < j->room[i].band_room ? fetch_band(j, &j->room[i], headers + 64 * (size_t)b, out) : LAC_E_FORMAT;
        free(headers);
    }
    if (!s && j->rules) qsort(j->rule, j->rules, sizeof *j->rule, by_rule);
    return s;
}

static int save(const job *j, diag *d)
{
    const options *o = &j->o;
    const size_t   rules[2] = { j->rules, 3 }, sites[2] = { j->outputs, 4 };
    if (npy_save(o->rules, NPY_INT32, 2, rules, j->rule, d)) return -1;
    return o->out_coords ? npy_save(o->out_coords, NPY_INT32, 2, sites, makes(j) ? j->made : o->onto ? j->onto.site : j->in.site, d) : 0;
}

/* What the map mostly waited for; NULL: it has no time. */
static const char *bound(const job *j)
{
    if (j->mach.kind == MACHINE_MODEL || !j->run.causes) return NULL;
    const uint64_t *c = j->run.causes[j->mach.dev.caps.lanes + LAC_ON_MAP];
    return c[LAC_CAUSE_MAP_BUS] > c[LAC_CAUSE_MAP_BUSY] + c[LAC_CAUSE_MAP_WORK] ? "bus" : "map";
}

static cJSON *stats(const job *j)
{
    static const char *const none[] = { "predicted_cycles", "format", "utilisation", "weight_bits_per_nonzero" };
    cJSON      *s = cli_stats_new(j->o.g, &j->mach, &j->run, &j->trace);
    const char *limit = bound(j);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) cJSON_AddNullToObject(s, none[i]);
    if (limit) cJSON_AddStringToObject(s, "bound", limit);
    else cJSON_AddNullToObject(s, "bound");
    cli_stats_u64(s, "needed_macs", 0);
    cli_stats_u64(s, "dense_macs", 0);
    cJSON_AddBoolToObject(s, "resident", 0);
    cJSON_AddStringToObject(s, "mode", mode_[j->o.shape.mode]);
    cli_stats_u64(s, "voxels_in", j->in.n);
    cli_stats_u64(s, "voxels_out", j->outputs);
    cli_stats_u64(s, "rules", j->rules);
    if (j->mach.kind != MACHINE_MODEL) cli_stats_u64(s, "map_cycles", j->run.sum.map);
    else cJSON_AddNullToObject(s, "map_cycles");
    cli_stats_u64(s, "passes", j->passes);
    return s;
}

/* ---- All of it ------------------------------------------------------------------------------------- */

static int map(job *j)
{
    const options *o = &j->o;
    cli_globals   *g = o->g;
    diag           d;
    int            code;
    lac_status     s;
    if (check_outputs(o, &d) || cloud_load(o->coords, o->sorted, o->has_shape ? o->shape.shape : NULL, &j->in, &d) ||
        (o->onto && cloud_load(o->onto, o->sorted, NULL, &j->onto, &d)))
        return cli_fail(g, CLI_INPUT, d.text);
    if ((code = (int)machine_open(&j->mach, g->port, g->config, &d)) != 0) return cli_fail(g, code, d.text);
    if (!j->mach.dev.caps.map) {
        diag_set(&d, "configuration %s has no mapping unit", j->mach.cfg.name);
        return cli_fail(g, CLI_INPUT, d.text);
    }
    if (o->latency) j->mach.timing.rd_latency = o->latency;
    if (!g->quiet) machine_progress(&j->mach);
    j->map.shape = o->shape;
    j->map.band = BAND;
    j->passes = lac_map_passes(&o->shape);
    if ((code = find_sizes(j)) != 0 || (code = execute(j)) != 0) return code;
    if ((s = fetch(j)) == LAC_E_FORMAT) return cli_fail(g, CLI_FAILED, "job failed: the machine's result is malformed");
    if (s == LAC_E_SPACE) return cli_fail(g, CLI_INPUT, "not enough memory");
    if (s) return cli_job_failed(g, &j->mach, s);

    if (save(j, &d)) return cli_fail(g, CLI_INPUT, d.text);
    if (g->stats && cli_stats_write(g->stats, stats(j), &d)) return cli_fail(g, CLI_INPUT, d.text);
    if (g->trace) {
        char title[512];
        snprintf(title, sizeof title, "%s, 1 us is 1 cycle: lacuna map %.300s, %s", j->mach.cfg.name, o->coords, mode_[o->shape.mode]);
        if (trace_write(&j->trace, g->trace, title, &d)) return cli_fail(g, CLI_INPUT, d.text);
    }
    if (g->quiet) return CLI_OK;
    printf("%s: %zu rules, %" PRIu32 " voxels to %" PRIu32, o->rules, j->rules, j->in.n, j->outputs);
    if (j->mach.kind != MACHINE_MODEL) printf(", %" PRIu64 " cycles", j->run.sum.cycles);
    putchar('\n');
    return CLI_OK;
}

int cmd_map(cli_globals *g, int argc, char **argv)
{
    static const struct argp_child children[] = { { &cli_globals_argp, 0, 0, 0 }, { 0 } };
    static const struct argp argp = {
        options_, parse, "COORDS.npy -o RULES.npy",
        "Rulebook of a sparse convolution: which input contributes to which output through which tap.\v"
        "COORDS is int32 [V, 4]: batch 0 .. 255 and z, y, x -32768 .. 32767, in any order, each once. On each axis in + pad = out * stride + k * dilation; inverse and generative: "
        "out + pad = in * stride + k * dilation; a rule's tap is (kz * KY + ky) * KX + kx. `in' is a row of COORDS, `out' one of O: the outputs that are given keep their order "
        "(submanifold's COORDS, --onto), those that are made ascend.",
        children, 0, 0,
    };
    job j;
    memset(&j, 0, sizeof j);
    j.o.g = g;
    for (int a = 0; a < 3; a++) j.o.shape.stride[a] = j.o.shape.dilation[a] = 1;
    argp_parse(&argp, argc, argv, 0, NULL, &j.o);
    const int code = map(&j);
    cloud_free(&j.in);
    cloud_free(&j.onto);
    runner_free(&j.run);
    trace_free(&j.trace);
    machine_close(&j.mach);
    free(j.made);
    free(j.rule);
    return code;
}
