/* SPDX-License-Identifier: Apache-2.0
 *
 * trace.c - see trace.h */
#include "trace.h"
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "lac_hw.h"
#include "outfile.h"

static const char *const engines_[TRACE_ENGINES] = { "load", "exec", "store", "map" };

const char *trace_engine_name(uint32_t engine) { return engine < TRACE_ENGINES ? engines_[engine] : "?"; }

const char *trace_command_name(const lac_cmd *cmd)
{
    switch (cmd->w[0] & 0xffu) {
    case LAC_OP_LOAD_WEIGHTS:  return "weights";
    case LAC_OP_LOAD_CODEBOOK: return "codebook";
    case LAC_OP_LOAD_FEATURES: return "features";
    case LAC_OP_LOAD_PARAMS:   return "params";
    case LAC_OP_LOAD_COLUMNS:  return "columns";
    case LAC_OP_EXEC:          return "exec";
    case LAC_OP_STORE:         return "store";
    case LAC_OP_MAP:           return "map";
    default:                   return "?";
    }
}

/* ---- Recording ------------------------------------------------------------------------------------- */

int trace_init(trace *t)
{
    memset(t, 0, sizeof *t);
    t->window = 16;
    t->event = malloc(TRACE_EVENTS * sizeof *t->event);
    int ok = t->event != NULL;
    for (int e = 0; e < TRACE_ENGINES; e++) ok &= (t->command[e] = malloc(TRACE_EVENTS * sizeof *t->command[e])) != NULL;
    if (!ok) trace_free(t);
    return ok ? 0 : -1;
}

void trace_free(trace *t)
{
    free(t->event);
    for (int e = 0; e < TRACE_ENGINES; e++) free(t->command[e]);
    memset(t, 0, sizeof *t);
}

int trace_emit(void *ctx, const lac_cmd *cmd)
{
    trace         *t = ctx;
    const uint32_t engine = lac_get_field(cmd->w, LAC_F_ANY_OP) - 1u;
    if (engine < TRACE_ENGINES && t->commands[engine] < TRACE_EVENTS)
        t->command[engine][t->commands[engine]++] = (trace_command){ (uint32_t)t->emitted, *cmd };
    t->emitted++;
    return 0;
}

int trace_ran(trace *t, uint32_t engine, uint64_t start, uint64_t end)
{
    if (t->events == TRACE_EVENTS) {
        t->lost++;
        return 0;
    }
    if (engine >= TRACE_ENGINES || t->started[engine] >= t->commands[engine]) return -1;
    t->event[t->events++] = (trace_event){ engine, start, end < start ? start : end, t->command[engine][t->started[engine]++] };
    return 0;
}

static void halve(trace *t)
{
    for (uint32_t i = 0; i < TRACE_WINDOWS; i += 2) {
        const lac_rtl_window a = t->win[i], b = t->win[i + 1];
        t->win[i / 2] = (lac_rtl_window){ a.macs + b.macs, a.rd_beats + b.rd_beats, a.wr_beats + b.wr_beats };
    }
    memset(t->win + TRACE_WINDOWS / 2, 0, sizeof t->win / 2);
    t->window *= 2;
    t->windows = (t->windows + 1) / 2;
}

void trace_activity(trace *t, uint64_t at, uint64_t length, const lac_rtl_window *sums)
{
    while (t->window < length || at / t->window >= TRACE_WINDOWS) halve(t);
    const uint32_t  i = (uint32_t)(at / t->window);
    lac_rtl_window *w = &t->win[i];
    w->macs += sums->macs;
    w->rd_beats += sums->rd_beats;
    w->wr_beats += sums->wr_beats;
    if (i >= t->windows) t->windows = i + 1;
}

void trace_piece(trace *t, const lac_rtl_trace *seen, uint64_t doorbell, uint64_t base)
{
    for (uint32_t i = 0; i < seen->events; i++) {
        const lac_rtl_event *e = &seen->event[i];
        if (e->start >= doorbell) trace_ran(t, e->engine, base + e->start - doorbell, e->end < doorbell ? 0 : base + e->end - doorbell);
    }
    t->lost += seen->lost;
    for (uint32_t i = 0; i < seen->windows; i++) {
        const uint64_t at = seen->from + i * seen->window;
        trace_activity(t, base + (at > doorbell ? at - doorbell : 0), seen->window, &seen->win[i]);
    }
}

/* ---- Chrome's trace event format -------------------------------------------------------------------- */

static void string(FILE *f, const char *s)
{
    fputc('"', f);
    for (; *s; s++) {
        const unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') fprintf(f, "\\%c", c);
        else if (c < 0x20) fprintf(f, "\\u%04x", c);
        else fputc(c, f);
    }
    fputc('"', f);
}

/* A field under its name in lower case; the two halves of an address as one. What every command has is not repeated here. */
static void field(FILE *f, const lac_cmd *cmd, const char *name, uint32_t where)
{
    const uint64_t v = lac_get_field(cmd->w, where);
    if (!strcmp(name, "ADDR_HI")) return;
    fputs(", \"", f);
    if (!strcmp(name, "ADDR_LO")) fprintf(f, "address\": \"0x%" PRIx64 "\"", v | (uint64_t)cmd->w[(where >> 16) + 1] << 32);
    else {
        for (; *name; name++) fputc(tolower((unsigned char)*name), f);
        fprintf(f, "\": %" PRIu64, v);
    }
}

static void fields(FILE *f, const lac_cmd *cmd)
{
    const uint32_t op = cmd->w[0] & 0xffu;
    enum { LAC_OP_ANY = 0x100 }; /* no command: its fields are not printed */
#define LAC_CMD(command, code, kind)
#define LAC_FIELD(command, name, word, lsb, width, doc) \
    if (op == LAC_OP_##command) field(f, cmd, #name, LAC_F_##command##_##name);
#include "lac_cmd.def"
#undef LAC_FIELD
#undef LAC_CMD
    field(f, cmd, "WAIT", LAC_F_ANY_WAIT);
    field(f, cmd, "SIGNAL", LAC_F_ANY_SIGNAL);
    field(f, cmd, "TAG", LAC_F_ANY_TAG);
}

static void name_track(FILE *f, unsigned tid, const char *name)
{
    fprintf(f, ",\n{\"ph\": \"M\", \"pid\": 1, \"tid\": %u, \"name\": \"thread_name\", \"args\": {\"name\": \"%s\"}}", tid, name);
    fprintf(f, ",\n{\"ph\": \"M\", \"pid\": 1, \"tid\": %u, \"name\": \"thread_sort_index\", \"args\": {\"sort_index\": %u}}", tid, tid);
}

/* Slices of a track must not overlap, so a command that starts before the last one has completed goes to the engine's other track. */
static void slices(FILE *f, const trace *t)
{
    static const char *const name[TRACE_ENGINES][2] = {
        { "LOAD", "LOAD, second in flight" }, { "EXEC", "EXEC, second in flight" }, { "STORE", "STORE, second in flight" },
        { "MAP", "MAP, second in flight" },
    };
    uint64_t free_at[TRACE_ENGINES][2] = { { 0 } };
    int      named[TRACE_ENGINES][2] = { { 0 } };
    for (uint32_t i = 0; i < t->events; i++) {
        const trace_event *e = &t->event[i];
        const int          row = e->start < free_at[e->engine][0];
        const unsigned     tid = 10 * (e->engine + 1) + (unsigned)row; /* not 1: that would be the main thread */
        const uint64_t     start = e->start < free_at[e->engine][row] ? free_at[e->engine][row] : e->start, end = e->end < start ? start : e->end;
        free_at[e->engine][row] = end;
        if (!named[e->engine][row]) name_track(f, tid, name[e->engine][row]);
        named[e->engine][row] = 1;
        fprintf(f, ",\n{\"ph\": \"X\", \"pid\": 1, \"tid\": %u, \"ts\": %" PRIu64 ", \"dur\": %" PRIu64 ", \"cat\": \"%s\", \"name\": \"%s\", "
                "\"args\": {\"index\": %" PRIu32, tid, start, end - start, engines_[e->engine], trace_command_name(&e->command.cmd),
                e->command.index);
        fields(f, &e->command.cmd);
        fputs("}}", f);
    }
}

static void counter(FILE *f, uint64_t ts, const char *name, double v)
{
    fprintf(f, ",\n{\"ph\": \"C\", \"pid\": 1, \"ts\": %" PRIu64 ", \"name\": \"%s\", \"args\": {\"per cycle\": %.6g}}", ts, name, v);
}

int trace_write(const trace *t, const char *path, const char *title, diag *d)
{
    outfile o;
    if (outfile_open(&o, path, d)) return -1;
    fputs("{\"displayTimeUnit\": \"ms\",\n\"otherData\": {\"time\": \"one microsecond is one cycle\", \"job\": ", o.f);
    string(o.f, title);
    fprintf(o.f, ", \"commands not recorded\": %" PRIu64 "},\n\"traceEvents\": [\n{\"ph\": \"M\", \"pid\": 1, \"name\": \"process_name\", \"args\": "
            "{\"name\": ", t->lost);
    string(o.f, title);
    fputs("}}", o.f);
    slices(o.f, t);
    for (uint32_t i = 0; i <= t->windows && t->windows; i++) { /* one more, so that the last ends */
        const double         n = (double)t->window;
        const lac_rtl_window zero = { 0, 0, 0 }, *w = i < t->windows ? &t->win[i] : &zero;
        counter(o.f, i * t->window, "lanes that multiply", (double)w->macs / n);
        counter(o.f, i * t->window, "beats read", (double)w->rd_beats / n);
        counter(o.f, i * t->window, "beats written", (double)w->wr_beats / n);
    }
    fputs("\n]}\n", o.f);
    return outfile_commit(&o, d);
}
