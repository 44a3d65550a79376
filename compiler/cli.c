/* SPDX-License-Identifier: Apache-2.0
 *
 * cli.c - see cli.h */
#include "cli.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "causes.h"
#include "git.h" /* generated: LACUNA_GIT, a string or nothing */
#include "lac_hw.h"
#include "outfile.h"

/* ---- Global options -------------------------------------------------------------------------------- */

enum { KEY_PORT = 1000, KEY_CONFIG, KEY_STATS, KEY_TRACE };

static const struct argp_option options_[] = {
    { 0, 0, 0, 0, "Global options:", -2 },
    { "port",   KEY_PORT,   "PORT", 0, "model (the golden model, default), rtl (the Verilated core) or serial:DEVICE[@BAUD] (a board; 3000000 baud)", -2 },
    { "config", KEY_CONFIG, "NAME", 0, "Hardware configuration, a name of configs/ (default " MACHINE_CONFIG "; of a board: checked)", -2 },
    { "stats",  KEY_STATS,  "FILE", 0, "Write counts and cycles of the job as JSON", -2 },
    { "trace",  KEY_TRACE,  "FILE", 0, "Write when each command ran, as a trace for ui.perfetto.dev", -2 },
    { "quiet",  'q',        0,      0, "Say nothing on success", -2 },
    { 0 },
};

static error_t parse_(int key, char *arg, struct argp_state *state)
{
    cli_globals *g = state->input;
    switch (key) {
    case KEY_PORT:   g->port = arg; g->machine = 1; break;
    case KEY_CONFIG: g->config = arg; g->machine = 1; break;
    case KEY_STATS:  g->stats = arg; break;
    case KEY_TRACE:  g->trace = arg; break;
    case 'q':        g->quiet = 1; break;
    default:         return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

const struct argp cli_globals_argp = { options_, parse_, 0, 0, 0, 0, 0 };

int64_t cli_integer(struct argp_state *state, const char *option, const char *text, int64_t lo, int64_t hi)
{
    char *end;
    errno = 0;
    const long long v = strtoll(text, &end, 10);
    if (end == text || *end || errno || v < lo || v > hi)
        argp_error(state, "%s '%s': expected an integer %" PRId64 " .. %" PRId64, option, text, lo, hi);
    return v;
}

void cli_pair(struct argp_state *state, const char *option, const char *text, int64_t v[2], int64_t lo, int64_t hi)
{
    char *end = (char *)text;
    for (int i = 0; i < 2; i++) {
        const char *at = end;
        errno = 0;
        v[i] = strtoll(at, &end, 10);
        if (end == at || *end != (i ? 0 : ',') || errno || v[i] < lo || v[i] > hi)
            argp_error(state, "%s '%s': expected two integers lo,hi of %" PRId64 " .. %" PRId64, option, text, lo, hi);
        end += !i;
    }
    if (v[0] > v[1]) argp_error(state, "%s '%s': expected lo <= hi", option, text);
}

int cli_some(struct argp_state *state, const char *option, const char *text, uint32_t *v, int n, int most, int64_t lo, int64_t hi)
{
    char *end = (char *)text, other[16] = "";
    int   have = 0, ok = 1, more = 1;
    while (ok && more && have < most) {
        const char *at = end;
        errno = 0;
        const long long x = strtoll(at, &end, 10);
        more = *end == ',';
        ok = end > at && (!*end || more) && !errno && x >= lo && x <= hi;
        v[have++] = ok ? (uint32_t)x : 0;
        end += more;
    }
    if (most > n) snprintf(other, sizeof other, " or %d", most);
    if (!ok || more || (have != 1 && have < n))
        argp_error(state, "%s '%s': expected one integer, or %d%s with commas, of %" PRId64 " .. %" PRId64, option, text, n, other, lo, hi);
    return have;
}

void cli_list(struct argp_state *state, const char *option, const char *text, uint32_t *v, int n, int64_t lo, int64_t hi)
{
    for (int i = cli_some(state, option, text, v, n, n, lo, hi); i < n; i++) v[i] = v[0];
}

void cli_two_files(struct argp_state *state, const char *arg, const char **first, const char **second)
{
    if (state->arg_num == 0) *first = arg;
    else if (state->arg_num == 1) *second = arg;
    else argp_error(state, "unexpected argument '%s', expected two files", arg);
}

uint32_t cli_latency(struct argp_state *state, const char *text) { return (uint32_t)cli_integer(state, "--memory-latency", text, 1, 1000); }

/* ---- Messages -------------------------------------------------------------------------------------- */

int cli_fail(const cli_globals *g, int code, const char *text)
{
    fflush(stdout);
    fprintf(stderr, "%s: %s\n", g->name, text);
    return code;
}

int cli_job_failed(const cli_globals *g, machine *m, lac_status status)
{
    lac_error_record e;
    char             text[700];
    if (status == LAC_E_JOB && !lac_error(&m->dev, &e))
        snprintf(text, sizeof text, "job failed: error %" PRIu32 " %s (%s), command %" PRIu32 ", tag %" PRIu32 ", address 0x%" PRIx64
                 ", index 0x%" PRIx32 ", unit %s", e.code, lac_error_name(e.code), lac_error_text(e.code), e.cmd, e.tag, e.addr,
                 e.index, lac_unit_name(e.unit));
    else if (status == LAC_E_PORT && machine_error(m))
        snprintf(text, sizeof text, "job failed: %s", machine_error(m));
    else
        snprintf(text, sizeof text, "job failed: %s%s", lac_status_name(status),
                 status == LAC_E_TIMEOUT ? " (the machine gave no answer in time)" : "");
    return cli_fail(g, CLI_FAILED, text);
}

int cli_open(const cli_globals *g, machine *m, uint32_t latency)
{
    diag      d;
    const int code = (int)machine_open(m, g->port, g->config, &d);
    if (code) return cli_fail(g, code, d.text);
    if (latency) m->timing.rd_latency = latency;
    if (!g->quiet) machine_progress(m);
    return CLI_OK;
}

int cli_obeyed(const cli_globals *g, const machine *m)
{
    const char *broken = machine_misbehaved(m);
    diag        d;
    if (!broken) return CLI_OK;
    diag_set(&d, "the core broke the rules of its bus: %s", broken);
    return cli_fail(g, CLI_FAILED, d.text);
}

/* ---- --stats --------------------------------------------------------------------------------------- */

static cJSON *raw(uint64_t v)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, v);
    return cJSON_CreateRaw(text);
}

void cli_stats_u64(cJSON *o, const char *key, uint64_t v) { cJSON_AddItemToObject(o, key, raw(v)); }

static void add_causes(cJSON *o, const runner *r, uint32_t lanes)
{
    uint64_t sum[LAC_CAUSES] = { 0 };
    cJSON   *counters = cJSON_AddObjectToObject(o, "counters");
    for (uint32_t u = 0; lanes + u < lac_units(&r->m->dev.caps); u++) {
        cJSON *of = cJSON_AddObjectToObject(counters, causes_unit((int)u));
        for (int c = 0; c < LAC_CAUSES; c++)
            if (causes_name((int)u, c)) cli_stats_u64(of, causes_name((int)u, c), r->causes[lanes + u][c]);
    }
    cJSON *all = cJSON_AddObjectToObject(counters, causes_unit(CAUSES_LANES)), *per = cJSON_AddObjectToObject(o, "per_lane");
    for (int c = 0; c < LAC_CAUSES; c++) {
        if (!causes_name(CAUSES_LANES, c)) continue;
        cJSON *a = cJSON_AddArrayToObject(per, causes_name(CAUSES_LANES, c));
        for (uint32_t l = 0; l < lanes; l++) {
            cJSON_AddItemToArray(a, raw(r->causes[l][c]));
            sum[c] += r->causes[l][c];
        }
        cli_stats_u64(all, causes_name(CAUSES_LANES, c), sum[c]);
    }

    const uint64_t (*bus)[LAC_CAUSES] = (const uint64_t (*)[LAC_CAUSES])r->causes + lanes + LAC_ON_READ;
    uint64_t asked = 0;
    for (int u = 0; u < 2; u++)
        for (int c = 0; c < LAC_CAUSES; c++)
            if (c != LAC_CAUSE_READ_IDLE) asked += bus[u][c];
    if (asked) cJSON_AddNumberToObject(o, "bus_efficiency", (double)(r->sum.rd_beats + r->sum.wr_beats) / (double)asked);
    else cJSON_AddNullToObject(o, "bus_efficiency");
}

static void add_trace(cJSON *o, const trace *t)
{
    char   text[160];
    cJSON *line = cJSON_AddArrayToObject(o, "timeline");
    for (uint32_t i = 0; i < t->events; i++) {
        const trace_event *e = &t->event[i];
        snprintf(text, sizeof text, "\n\t\t{\"engine\": \"%s\", \"command\": \"%s\", \"index\": %" PRIu32
                 ", \"start\": %" PRIu64 ", \"end\": %" PRIu64 "}",
                 trace_engine_name(e->engine), trace_command_name(&e->command.cmd), e->command.index, e->start, e->end);
        cJSON_AddItemToArray(line, cJSON_CreateRaw(text));
    }
    cli_stats_u64(o, "timeline_lost", t->lost);

    cJSON *a = cJSON_AddObjectToObject(o, "activity");
    cli_stats_u64(a, "window", t->window);
    cJSON *macs = cJSON_AddArrayToObject(a, "macs"), *rd = cJSON_AddArrayToObject(a, "read_beats"), *wr = cJSON_AddArrayToObject(a, "write_beats");
    for (uint32_t i = 0; i < t->windows; i++) {
        cJSON_AddItemToArray(macs, raw(t->win[i].macs));
        cJSON_AddItemToArray(rd, raw(t->win[i].rd_beats));
        cJSON_AddItemToArray(wr, raw(t->win[i].wr_beats));
    }
}

cJSON *cli_stats_new(const cli_globals *g, const machine *m, const runner *r, const trace *t)
{
    const lac_caps *caps = &m->dev.caps;
    const char     *git = LACUNA_GIT;
    cJSON          *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "config", m->cfg.name);
    cJSON_AddStringToObject(o, "port", g->port);
    if (*git) cJSON_AddStringToObject(o, "git", git);
    else cJSON_AddNullToObject(o, "git");
    cli_stats_u64(o, "lanes", caps->lanes);

    cJSON *memory = cJSON_AddObjectToObject(o, "memory");
    if (m->kind == MACHINE_SERIAL) {
        cJSON_AddNullToObject(memory, "latency");
        cJSON_AddNullToObject(memory, "write_latency");
    } else {
        cli_stats_u64(memory, "latency", m->timing.rd_latency);
        cli_stats_u64(memory, "write_latency", m->timing.wr_latency);
    }
    cli_stats_u64(memory, "bus_bits", caps->data_w);
    if (!r) return o;

    const runner_totals *n = &r->sum;
    if (m->kind != MACHINE_MODEL) cli_stats_u64(o, "cycles", n->cycles);
    else cJSON_AddNullToObject(o, "cycles"); /* the golden model has no time */
    cli_stats_u64(o, "issued_macs", n->macs);
    cli_stats_u64(o, "items", n->items);
    cli_stats_u64(o, "beats_read", n->rd_beats);
    cli_stats_u64(o, "beats_written", n->wr_beats);
    cli_stats_u64(o, "bytes_read", n->rd_beats * (caps->data_w / 8));
    cli_stats_u64(o, "bytes_written", n->wr_beats * (caps->data_w / 8));
    add_causes(o, r, caps->lanes);
    add_trace(o, t);
    return o;
}

int cli_stats_write(const char *path, cJSON *o, diag *d)
{
    char   *text = cJSON_Print(o);
    outfile f;
    cJSON_Delete(o);
    if (!text) return diag_set(d, "%s: not enough memory", path);
    if (outfile_open(&f, path, d)) {
        cJSON_free(text);
        return -1;
    }
    fprintf(f.f, "%s\n", text);
    cJSON_free(text);
    return outfile_commit(&f, d);
}

int cli_report(const cli_globals *g, cJSON *o, const trace *t, const char *title, diag *d)
{
    if (o && cli_stats_write(g->stats, o, d)) return -1;
    return g->trace ? trace_write(t, g->trace, title, d) : 0;
}
