/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_report.c - lacuna report: the --stats of a job as one page
 *
 *   Reads whatever JSON people give: every key that the page uses is checked, keys that it does not know are listed in its table */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "causes.h"
#include "cli.h"
#include "outfile.h"
#include "report_page.h"

enum { MAX_BYTES = 64 << 20 };

typedef struct { cli_globals *g; const char *in, *out; } options;

static const struct argp_option options_[] = { { "output", 'o', "PAGE.html", 0, "The page; required", 0 }, { 0 } };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = o->g; break;
    case 'o': o->out = arg; break;
    case ARGP_KEY_ARG:
        if (o->in) argp_error(state, "unexpected argument '%s', expected one file", arg);
        o->in = arg;
        break;
    case ARGP_KEY_END:
        if (!o->in) argp_error(state, "expected a file, STATS.json");
        if (!o->out) argp_error(state, "expected -o PAGE.html");
        if (o->g->stats || o->g->trace) argp_error(state, "--stats and --trace belong to the job whose page this is");
        if (o->g->machine) argp_error(state, "--port and --config belong to the job whose page this is");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* ---- The file ---------------------------------------------------------------------------------------- */

/* Everything in it, and a zero behind. NULL: *d says why. */
static char *slurp(const char *path, size_t *len, diag *d)
{
    FILE  *f = fopen(path, "rb");
    char  *text = NULL;
    size_t cap = 0;
    *len = 0;
    errno = f ? 0 : errno;
    while (f && !errno && *len <= MAX_BYTES) {
        if (*len + 1 >= cap) {
            char *more = realloc(text, cap = cap ? 2 * cap : 1 << 16);
            if (!more) break;
            text = more;
        }
        const size_t n = fread(text + *len, 1, cap - *len - 1, f);
        *len += n;
        if (!n) break;
    }
    const int bad = !f || errno || !feof(f);
    if (bad && *len > MAX_BYTES) diag_set(d, "%s: expected at most %d bytes", path, MAX_BYTES);
    else if (bad) diag_set(d, "%s: cannot be read: %s", path, errno ? strerror(errno) : "not enough memory");
    if (f) fclose(f);
    if (bad) {
        free(text);
        return NULL;
    }
    text[*len] = 0;
    return text;
}

static cJSON *read_json(const char *path, diag *d)
{
    size_t      len, line = 1;
    const char *end = NULL;
    char       *text = slurp(path, &len, d);
    if (!text) return NULL;
    cJSON *o = strlen(text) == len ? cJSON_ParseWithLengthOpts(text, len + 1, &end, 1) : NULL;
    if (strlen(text) != len) {
        diag_set(d, "%s: byte %zu: a zero byte, expected the JSON that --stats writes", path, strlen(text));
    } else if (!o) {
        const size_t at = end && end > text ? (size_t)(end - text) : 0;
        for (size_t i = 0; i < at && i < len; i++) line += text[i] == '\n';
        diag_set(d, "%s: line %zu (byte %zu): %s", path, line, at, len ? "no JSON, expected the object that --stats writes"
                 : "an empty file, expected the JSON that --stats writes");
    } else if (!cJSON_IsObject(o)) {
        diag_set(d, "%s: line 1: expected a JSON object, as --stats writes it", path);
        cJSON_Delete(o);
        o = NULL;
    }
    free(text);
    return o;
}

/* ---- Its keys ------------------------------------------------------------------------------------------ */

typedef struct {
    const char *path;
    diag       *d;
    int         bad; /* the first fault is in *d */
} reader;

#define MOST 1e18 /* of any count */

static const char *kind(const cJSON *v)
{
    return !v ? "missing" : cJSON_IsNull(v) ? "null" : cJSON_IsBool(v) ? "true or false" : cJSON_IsNumber(v) ? "another number" :
           cJSON_IsString(v) ? "a string" : cJSON_IsArray(v) ? "an array" : "an object";
}

static void wrong(reader *r, const char *key, const cJSON *v, const char *expected)
{
    if (!r->bad) diag_set(r->d, "%s: key '%s' is %s, expected %s", r->path, key, kind(v), expected);
    r->bad = 1;
}

static int is_count(const cJSON *v) { return cJSON_IsNumber(v) && v->valuedouble >= 0 && v->valuedouble <= MOST; }

/* A number that is not negative; -1 where it is null, or missing and not `needed`. */
static double number(reader *r, const cJSON *o, const char *key, int needed)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    if (is_count(v)) return v->valuedouble;
    if (needed ? !cJSON_IsNull(v) : v && !cJSON_IsNull(v)) wrong(r, key, v, "a number, not negative, or null");
    return -1;
}

static const char *string(reader *r, const cJSON *o, const char *key, int needed)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    if (cJSON_IsString(v)) return v->valuestring;
    if (needed ? 1 : v && !cJSON_IsNull(v)) wrong(r, key, v, "a string");
    return NULL;
}

static const cJSON *member(reader *r, const cJSON *o, const char *key, int array)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    if (!v || cJSON_IsNull(v)) return NULL;
    if (array ? cJSON_IsArray(v) : cJSON_IsObject(v)) return v;
    wrong(r, key, v, array ? "an array" : "an object");
    return NULL;
}

static void causes(reader *r, const cJSON *o, report *p)
{
    char         key[48];
    const cJSON *counters = member(r, o, "counters", 0), *per = member(r, o, "per_lane", 0);
    for (int u = 0; u < CAUSES_UNITS; u++) {
        const cJSON *of = counters ? cJSON_GetObjectItemCaseSensitive(counters, causes_unit(u)) : NULL;
        if (u == LAC_ON_MAP && !of) continue;
        if (u == LAC_ON_MAP) p->map = 1;
        for (int c = 0; c < LAC_CAUSES; c++) {
            const char *name = causes_name(u, c);
            if (!name || !counters) continue;
            snprintf(key, sizeof key, "counters.%s.%s", causes_unit(u), name);
            const cJSON *v = cJSON_GetObjectItemCaseSensitive(of, name);
            if (!is_count(v)) {
                wrong(r, key, v, "a number, not negative");
                return;
            }
            p->cause[u][c] = v->valuedouble;
            p->counted |= v->valuedouble > 0;
        }
    }
    for (int c = 0; c < LAC_CAUSES && per; c++) {
        const char  *name = causes_name(CAUSES_LANES, c);
        const cJSON *a = name ? cJSON_GetObjectItemCaseSensitive(per, name) : NULL, *v;
        uint32_t     n = 0;
        if (!name) continue;
        snprintf(key, sizeof key, "per_lane.%s", name);
        if (!cJSON_IsArray(a) || cJSON_GetArraySize(a) != (int)p->lanes) {
            wrong(r, key, a, "an array of as many numbers as there are lanes");
            return;
        }
        cJSON_ArrayForEach(v, a)
        {
            if (!is_count(v)) wrong(r, key, v, "numbers, not negative, in its array");
            p->lane[c][n++] = v->valuedouble;
        }
    }
}

static void timeline(reader *r, const cJSON *o, report *p)
{
    static const char *const engine[] = { "load", "exec", "store", "map" };
    enum { ENGINES = sizeof engine / sizeof *engine };
    const cJSON *a = member(r, o, "timeline", 1), *e;
    if (!a || r->bad) return;
    p->event = calloc((size_t)cJSON_GetArraySize(a) + 1, sizeof *p->event);
    if (!p->event) {
        r->bad = 1;
        diag_set(r->d, "not enough memory");
        return;
    }
    cJSON_ArrayForEach(e, a)
    {
        report_event *to = &p->event[p->events];
        const cJSON  *name = cJSON_GetObjectItemCaseSensitive(e, "engine"), *cmd = cJSON_GetObjectItemCaseSensitive(e, "command");
        const cJSON  *at[] = { cJSON_GetObjectItemCaseSensitive(e, "index"), cJSON_GetObjectItemCaseSensitive(e, "start"),
                               cJSON_GetObjectItemCaseSensitive(e, "end") };
        to->engine = 0;
        while (to->engine < ENGINES && !(cJSON_IsString(name) && !strcmp(name->valuestring, engine[to->engine]))) to->engine++;
        if (to->engine == ENGINES || !cJSON_IsString(cmd) || !is_count(at[0]) || !is_count(at[1]) || !is_count(at[2])
            || at[2]->valuedouble < at[1]->valuedouble) {
            if (!r->bad)
                diag_set(r->d, "%s: key 'timeline', entry %zu: expected engine (load, exec, store or map), command, index, start and end, which is not "
                         "before start",
                         r->path, p->events);
            r->bad = 1;
            return;
        }
        to->command = cmd->valuestring;
        to->index = at[0]->valuedouble;
        to->start = at[1]->valuedouble;
        to->end = at[2]->valuedouble;
        p->events++;
    }
}

static void activity(reader *r, const cJSON *o, report *p)
{
    static const char *const key[3] = { "macs", "read_beats", "write_beats" };
    const cJSON *a = member(r, o, "activity", 0), *of[3], *v;
    if (!a || r->bad) return;
    p->window = number(r, a, "window", 1);
    if (!r->bad && p->window < 1) wrong(r, "activity.window", cJSON_GetObjectItemCaseSensitive(a, "window"), "at least 1");
    for (int i = 0; i < 3; i++) {
        of[i] = cJSON_GetObjectItemCaseSensitive(a, key[i]);
        if (!cJSON_IsArray(of[i]) || cJSON_GetArraySize(of[i]) != cJSON_GetArraySize(of[0])) wrong(r, key[i], of[i],
                "an array, as long as the others of 'activity'");
    }
    if (r->bad) return;
    p->windows = (size_t)cJSON_GetArraySize(of[0]);
    for (int i = 0; i < 3; i++) {
        size_t n = 0;
        if (!(p->activity[i] = calloc(p->windows + 1, sizeof *p->activity[i]))) {
            r->bad = 1;
            diag_set(r->d, "not enough memory");
            return;
        }
        cJSON_ArrayForEach(v, of[i])
        {
            if (!is_count(v)) wrong(r, key[i], v, "numbers, not negative, in its array");
            p->activity[i][n++] = v->valuedouble;
        }
    }
}

/* Every scalar, in the order of the file; those of an object in it as "object.key". `store` owns their texts. */
static int numbers(const cJSON *o, const char *prefix, report *p, cJSON *store)
{
    for (const cJSON *v = o->child; v; v = v->next) {
        char key[160];
        snprintf(key, sizeof key, "%.60s%.90s", prefix, v->string);
        if (!*prefix && cJSON_IsObject(v) && !strcmp(key, "memory") && numbers(v, "memory.", p, store)) return -1;
        if (cJSON_IsObject(v) || cJSON_IsArray(v)) continue;
        char  *text = cJSON_PrintUnformatted(v);
        cJSON *k = cJSON_CreateString(key), *t = cJSON_IsString(v) ? cJSON_CreateString(v->valuestring) : cJSON_CreateString(text ? text : "");
        void  *more = realloc(p->number, (p->numbers + 1) * sizeof *p->number);
        cJSON_free(text);
        if (more) p->number = more;
        if (!k || !t || !more) {
            cJSON_Delete(k);
            cJSON_Delete(t);
            return -1;
        }
        cJSON_AddItemToArray(store, k);
        cJSON_AddItemToArray(store, t);
        p->number[p->numbers++] = (report_number){ k->valuestring, t->valuestring };
    }
    return 0;
}

/* 0; -1: *d says why. Strings stay those of `o` and `store`. */
static int fill(const char *path, const cJSON *o, cJSON *store, report *p, diag *d)
{
    reader       r = { path, d, 0 };
    const cJSON *memory = member(&r, o, "memory", 0), *resident = cJSON_GetObjectItemCaseSensitive(o, "resident");
    const double lanes = number(&r, o, "lanes", 1);
    memset(p, 0, sizeof *p);
    if (!r.bad && !(lanes >= 1 && lanes <= REPORT_LANES && lanes == floor(lanes)))
        wrong(&r, "lanes", cJSON_GetObjectItemCaseSensitive(o, "lanes"), "a whole number of 1 .. 256");
    p->config = string(&r, o, "config", 1);
    p->port = string(&r, o, "port", 1);
    p->git = string(&r, o, "git", 0);
    p->format = string(&r, o, "format", 0);
    p->bound = string(&r, o, "bound", 0);
    p->storage = string(&r, o, "storage", 0);
    p->resident = cJSON_IsBool(resident) ? cJSON_IsTrue(resident) : -1;
    p->cycles = number(&r, o, "cycles", 1);
    p->predicted = number(&r, o, "predicted_cycles", 0);
    p->needed = number(&r, o, "needed_macs", 1);
    p->issued = number(&r, o, "issued_macs", 0);
    p->dense = number(&r, o, "dense_macs", 0);
    p->utilisation = number(&r, o, "utilisation", 0);
    p->read_bytes = number(&r, o, "bytes_read", 0);
    p->write_bytes = number(&r, o, "bytes_written", 0);
    p->items = number(&r, o, "items", 0);
    p->repeat = number(&r, o, "repeat", 0);
    p->throughput = number(&r, o, "throughput_cycles", 0);
    p->lost = number(&r, o, "timeline_lost", 0);
    p->bus_bits = memory ? number(&r, memory, "bus_bits", 0) : -1;
    p->latency = memory ? number(&r, memory, "latency", 0) : -1;
    if (r.bad) return -1;
    p->lanes = (uint32_t)lanes;
    causes(&r, o, p);
    timeline(&r, o, p);
    activity(&r, o, p);
    if (r.bad) return -1;
    return numbers(o, "", p, store) ? diag_set(d, "not enough memory") : 0;
}

static int write_page(const report *p, const char *path, diag *d)
{
    outfile f;
    if (outfile_open(&f, path, d)) return -1;
    report_page(p, f.f);
    return outfile_commit(&f, d);
}

int cmd_report(cli_globals *g, int argc, char **argv)
{
    static const struct argp_child children[] = { { &cli_globals_argp, 0, 0, 0 }, { 0 } };
    static const struct argp argp = {
        options_, parse, "STATS.json -o PAGE.html",
        "Make a page of the --stats of a job: what limits it, where its cycles went, when its commands ran. The page loads nothing else.", children,
        0, 0,
    };
    options o = { g, NULL, NULL };
    report  p;
    diag    d;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    memset(&p, 0, sizeof p);
    if (outfile_same(o.in, o.out)) {
        diag_set(&d, "%s: expected an output file that is not the input", o.out);
        return cli_fail(g, CLI_INPUT, d.text);
    }
    cJSON *json = read_json(o.in, &d), *store = cJSON_CreateArray();
    const int bad = !json || !store || fill(o.in, json, store, &p, &d) || write_page(&p, o.out, &d);
    if (!bad && !g->quiet) {
        char limit[512], help[512];
        report_verdict(&p, limit, help, sizeof limit);
        printf("%s: %s %s\n", o.out, limit, help);
    }
    free(p.event);
    free(p.number);
    for (int i = 0; i < 3; i++) free(p.activity[i]);
    cJSON_Delete(json);
    cJSON_Delete(store);
    return bad ? cli_fail(g, CLI_INPUT, d.text) : CLI_OK;
}
