/* SPDX-License-Identifier: Apache-2.0
 *
 * cli.c - see cli.h */
#include "cli.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "git.h" /* generated: LACUNA_GIT, a string or nothing */
#include "outfile.h"

/* ---- Global options -------------------------------------------------------------------------------- */

enum { KEY_PORT = 1000, KEY_CONFIG, KEY_STATS };

static const struct argp_option options_[] = {
    { 0, 0, 0, 0, "Global options:", -2 },
    { "port",   KEY_PORT,   "PORT", 0, "model (the golden model, default) or rtl (the Verilated core)", -2 },
    { "config", KEY_CONFIG, "NAME", 0, "Hardware configuration, a name of configs/ (default l64)", -2 },
    { "stats",  KEY_STATS,  "FILE", 0, "Write counts and cycles of the job as JSON", -2 },
    { "quiet",  'q',        0,      0, "Say nothing on success", -2 },
    { 0 },
};

static error_t parse_(int key, char *arg, struct argp_state *state)
{
    cli_globals *g = state->input;
    switch (key) {
    case KEY_PORT:   g->port = arg; break;
    case KEY_CONFIG: g->config = arg; break;
    case KEY_STATS:  g->stats = arg; break;
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
    char             text[512];
    if (status == LAC_E_JOB && !lac_error(&m->dev, &e))
        snprintf(text, sizeof text, "job failed: error %" PRIu32 " %s (%s), command %" PRIu32 ", tag %" PRIu32 ", address 0x%" PRIx64
                 ", index 0x%" PRIx32 ", unit %s", e.code, lac_error_name(e.code), lac_error_text(e.code), e.cmd, e.tag, e.addr,
                 e.index, lac_unit_name(e.unit));
    else
        snprintf(text, sizeof text, "job failed: %s%s", lac_status_name(status),
                 status == LAC_E_TIMEOUT ? " (the machine gave no answer in time)" : "");
    return cli_fail(g, CLI_FAILED, text);
}

/* ---- --stats --------------------------------------------------------------------------------------- */

void cli_stats_u64(cJSON *o, const char *key, uint64_t v)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, v);
    cJSON_AddRawToObject(o, key, text);
}

/* Busy and idle, which together are all cycles. */
static void add_engine(cJSON *counters, const char *name, uint64_t busy, uint64_t cycles)
{
    cJSON *e = cJSON_AddObjectToObject(counters, name);
    cli_stats_u64(e, "busy", busy);
    cli_stats_u64(e, "idle", cycles - busy);
}

cJSON *cli_stats_new(const cli_globals *g, const machine *m, const runner_totals *t)
{
    const lac_caps *caps = &m->dev.caps;
    const char     *git = LACUNA_GIT;
    const int       timed = t && m->kind == MACHINE_RTL; /* the golden model has no time */
    cJSON          *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "config", m->cfg.name);
    cJSON_AddStringToObject(o, "port", g->port);
    if (*git) cJSON_AddStringToObject(o, "git", git);
    else cJSON_AddNullToObject(o, "git");
    cli_stats_u64(o, "lanes", caps->lanes);

    cJSON *memory = cJSON_AddObjectToObject(o, "memory");
    if (m->kind == MACHINE_RTL) {
        cli_stats_u64(memory, "latency", m->rtl_opt.timing.rd_latency);
        cli_stats_u64(memory, "write_latency", m->rtl_opt.timing.wr_latency);
    } else {
        cJSON_AddNullToObject(memory, "latency");
    }
    cli_stats_u64(memory, "bus_bits", caps->data_w);
    if (!t) return o;

    if (timed) cli_stats_u64(o, "cycles", t->cycles);
    else cJSON_AddNullToObject(o, "cycles");
    cJSON_AddNullToObject(o, "predicted_cycles");
    cli_stats_u64(o, "issued_macs", t->macs);
    cli_stats_u64(o, "bytes_read", t->rd_beats * (caps->data_w / 8));
    cli_stats_u64(o, "bytes_written", t->wr_beats * (caps->data_w / 8));
    cli_stats_u64(o, "items", t->items);
    if (timed) {
        cJSON *c = cJSON_AddObjectToObject(o, "counters");
        add_engine(c, "load", t->load, t->cycles);
        add_engine(c, "exec", t->exec, t->cycles);
        add_engine(c, "store", t->store, t->cycles);
        cli_stats_u64(o, "item_stall_cycles", t->stall);
    } else {
        cJSON_AddNullToObject(o, "counters");
    }
    cJSON_AddNullToObject(o, "bound");
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
