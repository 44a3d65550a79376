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
#include "lac_hw.h"
#include "mapping.h"
#include "outfile.h"

enum { BAND = 1024, ROOM_MOST = 256 << 20 };

typedef struct {
    cli_globals *g;
    const char  *rules;
    map_options  o;
    uint32_t     latency;
    int          count;   /* rules are counted, not written */
} options;

typedef struct {
    options  o;
    mapping  m;
    machine  mach;
    runner   run;
    trace    trace;
    uint32_t ring;  /* [commands] */
    int      lists; /* some of its commands only make a list */
    int32_t (*rule)[3]; /* [rules] */
    size_t   rules, rules_room;
} job;

/* ---- Options --------------------------------------------------------------------------------------- */

enum { KEY_KERNEL = 256, KEY_COUNT, KEY_LATENCY };

static const struct argp_option options_[] = {
    { "output", 'o', "RULES.npy", 0, "Result int32 [M, 3]: tap, in, out, sorted by all three; required, but for --count", 0 },
    { "kernel", KEY_KERNEL, "K", 0, "1 .. 5, one number or [t,]z,y,x; required; submanifold: odd", 0 },
    { "count", KEY_COUNT, 0, 0, "Count the rules, write none: how long it takes to find them", 0 },
    { "memory-latency", KEY_LATENCY, "N", 0, CLI_LATENCY_HELP, 2 },
    { 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->o;
        state->child_inputs[1] = o->g;
        break;
    case 'o':         o->rules = arg; break;
    case KEY_KERNEL:  map_parse_kernel(&o->o, state, arg); break;
    case KEY_COUNT:   o->count = 1; break;
    case KEY_LATENCY: o->latency = cli_latency(state, arg); break;
    case ARGP_KEY_ARG:
        if (state->arg_num) argp_error(state, "unexpected argument '%s', expected one file", arg);
        o->o.coords = arg;
        break;
    case ARGP_KEY_END:
        if (!o->o.coords) argp_error(state, "expected a file, COORDS.npy");
        if (!o->rules == !o->count) argp_error(state, "expected -o RULES.npy or --count");
        if (!o->o.kernel.n) argp_error(state, "expected --kernel");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int check_outputs(const options *o, diag *d)
{
    enum { OUTPUTS = 4 };
    static const char *const option[OUTPUTS] = { "-o", "--out-coords", "--stats", "--trace" };
    const char *in[] = { o->o.coords, o->o.onto }, *out[OUTPUTS] = { o->rules, o->o.out_coords, o->g->stats, o->g->trace };
    return outfile_check_all(option, out, OUTPUTS, in, sizeof in / sizeof *in, d);
}

/* ---- The machine ----------------------------------------------------------------------------------- */

static uint64_t lay_out(job *j, uint32_t ring)
{
    arena a = arena_at(j->mach.base);
    arena_take(&a, 64u * (uint64_t)ring);
    mapping_lay(&j->m, &a, !j->o.count);
    return arena_bytes(&a);
}

/* Memory, and the machine ready. Exit code. */
static int prepare(job *j, uint64_t bytes, uint32_t ring)
{
    diag       d;
    const int  code = (int)machine_memory(&j->mach, bytes, ring, &d);
    lac_status s;
    if (code) return cli_fail(j->o.g, code, d.text);
    return (s = lac_watchdog(&j->mach.dev, 100000)) != LAC_OK ? cli_job_failed(j->o.g, &j->mach, s) : CLI_OK;
}

/* How much memory the map takes. Exit code. */
static int find_sizes(job *j)
{
    enum { RING = 64 };
    diag d;
    if (mapping_bound(&j->m, BAND, &d)) return cli_fail(j->o.g, CLI_INPUT, d.text);
    const uint64_t all = lay_out(j, RING);
    if (j->mach.kind != MACHINE_SERIAL && all <= ROOM_MOST) return CLI_OK;

    arena a = arena_at(j->mach.base);
    arena_take(&a, 64u * RING);
    mapping_lay(&j->m, &a, 0);
    const int code = prepare(j, arena_bytes(&a), RING);
    if (code) return code;
    const lac_status s = mapping_count(&j->m, RING);
    return s ? cli_job_failed(j->o.g, &j->mach, s) : CLI_OK;
}

static int execute(job *j)
{
    const int   watch = j->o.g->stats || j->o.g->trace;
    runner_plan plan = { .line = j->mach.dev.caps.line };
    lac_status  s;
    lay_out(j, 64);
    if ((s = mapping_build(&j->m, 0, runner_count, &plan)) != LAC_OK) return cli_job_failed(j->o.g, &j->mach, s);
    const uint32_t ring = j->ring = runner_ring(&plan);
    j->lists = plan.commands > j->m.passes;
    const int      code = prepare(j, lay_out(j, ring), ring);
    if (code) return code;
    if ((s = mapping_write(&j->m)) != LAC_OK) return cli_job_failed(j->o.g, &j->mach, s);
    plan.work += mapping_limit(&j->m) / 16u;
    if (runner_init(&j->run, &j->mach, &plan) || (watch && trace_init(&j->trace))) return cli_fail(j->o.g, CLI_INPUT, "not enough memory");
    if (watch) s = runner_watch(&j->run, &j->trace);
    if (!s) s = mapping_build(&j->m, 0, runner_emit, &j->run);
    if (!s) s = runner_finish(&j->run);
    return s ? cli_job_failed(j->o.g, &j->mach, s) : cli_obeyed(j->o.g, &j->mach);
}

/* ---- Results --------------------------------------------------------------------------------------- */

static lac_status add_rule(void *ctx, uint32_t tap, uint32_t in, uint32_t out)
{
    job *j = ctx;
    if (j->rules == j->rules_room) {
        const size_t room = j->rules_room ? 2 * j->rules_room : 4096;
        int32_t    (*more)[3] = realloc(j->rule, room * sizeof *more);
        if (!more) return LAC_E_SPACE;
        j->rule = more;
        j->rules_room = room;
    }
    int32_t *r = j->rule[j->rules++];
    r[0] = (int32_t)tap;
    r[1] = (int32_t)mapping_in_row(&j->m, in);
    r[2] = (int32_t)mapping_out_row(&j->m, out);
    return LAC_OK;
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
    lac_status s = mapping_fetch(&j->m);
    if (j->o.count) {
        if (!s && j->lists) s = mapping_count(&j->m, j->ring); /* CNT_RULES has theirs too */
        j->rules = j->lists ? j->m.rules : j->run.sum.rules;
        return s;
    }
    if (!s) s = mapping_rules(&j->m, add_rule, j);
    if (!s && j->rules) qsort(j->rule, j->rules, sizeof *j->rule, by_rule);
    return s;
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
    mapping_stats(&j->m, j->rules, &j->run.sum, s);
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
    if (check_outputs(o, &d) || mapping_load(&j->m, &j->o.o, 0, &d)) return cli_fail(g, CLI_INPUT, d.text);
    if ((code = mapping_open(&j->m, g, &j->mach, o->latency)) != 0 || (code = find_sizes(j)) != 0 || (code = execute(j)) != 0) return code;
    if ((s = fetch(j)) != LAC_OK) return mapping_failed(&j->m, g, s);

    const size_t rules[2] = { j->rules, 3 };
    char         title[512];
    snprintf(title, sizeof title, "%s, 1 us is 1 cycle: lacuna map %.300s, %s", j->mach.cfg.name, o->o.coords, map_mode_name(o->o.shape.mode));
    if ((o->rules && npy_save(o->rules, NPY_INT32, 2, rules, j->rule, &d)) || mapping_save_sites(&j->m, &d) || cli_report(g, g->stats ? stats(j) : NULL, &j->trace, title, &d))
        return cli_fail(g, CLI_INPUT, d.text);
    if (g->quiet) return CLI_OK;
    printf("%s: %zu rules, %" PRIu32 " voxels to %" PRIu32, o->rules ? o->rules : o->o.coords, j->rules, j->m.in.n, j->m.outputs);
    if (j->mach.kind != MACHINE_MODEL) printf(", %" PRIu64 " cycles", j->run.sum.cycles);
    putchar('\n');
    return CLI_OK;
}

int cmd_map(cli_globals *g, int argc, char **argv)
{
    static const struct argp_child children[] = { { &map_argp, 0, 0, 0 }, { &cli_globals_argp, 0, 0, 0 }, { 0 } };
    static const struct argp argp = {
        options_, parse, "COORDS.npy -o RULES.npy",
        "Rulebook of a sparse convolution: which input contributes to which output through which tap.\v"
        "COORDS is int32 [V, 4]: batch 0 .. 255 and z, y, x -32768 .. 32767, or [V, 5]: batch, t, z, y, x, in any order, each once. On each axis in + pad = out * stride + k * dilation; inverse and generative: "
        "out + pad = in * stride + k * dilation; a rule's tap is ((kt * KZ + kz) * KY + ky) * KX + kx. `in' is a row of COORDS, `out' one of O: the outputs that are given keep their order "
        "(submanifold's COORDS, --onto), those that are made ascend.",
        children, 0, 0,
    };
    job j;
    memset(&j, 0, sizeof j);
    j.o.g = g;
    map_options_init(&j.o.o);
    argp_parse(&argp, argc, argv, 0, NULL, &j.o);
    const int code = map(&j);
    mapping_free(&j.m);
    runner_free(&j.run);
    trace_free(&j.trace);
    machine_close(&j.mach);
    free(j.rule);
    return code;
}
