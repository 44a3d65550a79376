/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_advise.c - lacuna advise: what a fully connected layer would cost in each format, and when sparse weights begin to pay
 *
 *   Costs     choose.h: nothing runs, the cycle model tells. A format that does not take W as it is stands there too where pruning makes it fit
 *   To pay    the largest weight density at which a format takes fewer cycles than dense 4:4: random matrices of W's shape (fixed seed), the activations
 *             of the first SEARCH_POINTS points of X, as few tiles as fit on both sides; bisection in per cent */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "choose.h"
#include "cli.h"
#include "npy.h"
#include "operands.h"
#include "outfile.h"
#include "rng.h"

enum { SEARCH_POINTS = 16 };

#define EIE_PAYS 50 /* [% of weights] up to which EIE says compressed columns pay (Han 2016) */

typedef struct {
    cli_globals *g;
    const char  *w, *x;
    int64_t      zero_in;
    lac_type     out;
    int          resident, streamed; /* ways to look at */
    uint32_t     latency;            /* [cycles] of reads; 0: the machine's own */
} options;

typedef struct {
    int      legal, there; /* as it is; after pruning at least */
    uint64_t pruned;       /* non-zero weights that pruning takes */
} entry;

/* Where a format begins to pay, in per cent of weights; 0 never, -1 unknown (not possible that way). */
typedef struct { int pays[HOST_FORMATS]; } threshold;

typedef struct {
    options      o;
    npy_array    w, x;
    machine      mach;
    choose_layer layer;
    entry        format[HOST_FORMATS];
    choose_cost  cost[HOST_FORMATS][CHOOSE_WAYS];
    threshold    found[2];    /* resident, streamed */
    uint64_t     nonzeros, active;
} job;

/* ---- Options --------------------------------------------------------------------------------------------- */

enum { KEY_ZERO_IN = 256, KEY_OUT_TYPE, KEY_RESIDENT, KEY_STREAM, KEY_LATENCY };

static const struct argp_option options_[] = {
    { "input-zero-point", KEY_ZERO_IN, "Z", 0, "Zero point of X: elements equal to it cost nothing (default 0)", 1 },
    { "out-type", KEY_OUT_TYPE, "T", 0, "int8, uint8, int16 or raw (default: exact accumulators, int64)", 1 },
    { "resident", KEY_RESIDENT, 0, 0, "Only with the weights on chip", 1 },
    { "stream", KEY_STREAM, 0, 0, "Only with the weights loaded within the job", 1 },
    { "memory-latency", KEY_LATENCY, "N", 0, CLI_LATENCY_HELP, 1 },
    { 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    static const char *const type[] = { "int8", "uint8", "int16", "raw" };
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = o->g; break;
    case KEY_ZERO_IN:   o->zero_in = cli_integer(state, "--input-zero-point", arg, -32768, 32767); break;
    case KEY_OUT_TYPE: {
        unsigned i = 0;
        while (i < 4 && strcmp(arg, type[i])) i++;
        if (i == 4) argp_error(state, "--out-type '%s': expected int8, uint8, int16 or raw", arg);
        o->out = (lac_type)i;
        break;
    }
    case KEY_RESIDENT: o->resident = 1; break;
    case KEY_STREAM:   o->streamed = 1; break;
    case KEY_LATENCY:  o->latency = cli_latency(state, arg); break;
    case ARGP_KEY_ARG: cli_two_files(state, arg, &o->w, &o->x); break;
    case ARGP_KEY_END:
        if (!o->w || !o->x) argp_error(state, "expected two files, W.npy and X.npy");
        if (o->g->trace) argp_error(state, "--trace: nothing runs here");
        if (o->resident && o->streamed) argp_error(state, "--resident and --stream exclude each other");
        if (!o->resident && !o->streamed) o->resident = o->streamed = 1;
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* ---- Files ------------------------------------------------------------------------------------------------- */

static int load(job *j, diag *d)
{
    const options *o = &j->o;
    choose_layer  *l = &j->layer;
    if (o->g->stats && (outfile_same(o->g->stats, o->w) || outfile_same(o->g->stats, o->x)))
        return diag_set(d, "%s: expected an output file that is not an input", o->g->stats);
    if (o->g->stats && outfile_check(o->g->stats, d)) return -1;
    if (operands_matrix(o->w, NPY_IS(NPY_INT8) | NPY_IS(NPY_INT16), "[K, C]", HOST_MAX_DIM, &j->w, d) ||
        operands_input(o->x, o->zero_in, o->w, &j->w, &j->x, &l->in, d)) return -1;
    l->w = (host_matrix){ .rows = (uint32_t)j->w.dim[0], .cols = (uint32_t)j->w.dim[1] };
    if (j->w.type == NPY_INT8) l->w.w8 = j->w.data;
    else l->w.w16 = j->w.data;
    l->x = j->x.data;
    l->out = o->out;
    l->zero = (int32_t)o->zero_in;
    l->points = j->x.dim[0];
    for (size_t i = 0; i < j->w.count; i++) j->nonzeros += npy_int(&j->w, i) != 0;
    for (size_t i = 0; i < j->x.count; i++) j->active += npy_int(&j->x, i) != o->zero_in;
    return 0;
}

/* ---- Costs --------------------------------------------------------------------------------------------------- */

/* All formats that take W, as it is or pruned. -1: no memory. */
static int cost_formats(job *j)
{
    for (int f = 0; f < HOST_FORMATS; f++) {
        entry         *e = &j->format[f];
        choose_layer   l = j->layer;
        const uint32_t n = host_format_n((host_format)f);
        int8_t        *pruned = NULL;
        e->there = e->legal = choose_legal(&l, (host_format)f);
        if (!e->legal && n && l.w.w8 && l.caps->formats & 1u << LAC_NM) {
            if (!(pruned = malloc(j->w.count))) return -1;
            memcpy(pruned, l.w.w8, j->w.count);
            e->pruned = host_nm_prune(pruned, l.w.rows, l.w.cols, n);
            l.w.w8 = pruned;
            e->there = 1;
        }
        const int err = e->there ? choose_costs(&l, (host_format)f, ~0u, j->cost[f]) : 0;
        free(pruned);
        if (err) return -1;
    }
    return 0;
}

/* Fewest cycles resident (0) or streamed (1); 0: not possible. */
static uint64_t best(const choose_cost *c, int streamed)
{
    uint64_t most = 0;
    for (int w = streamed ? CHOOSE_STREAMED : CHOOSE_RESIDENT; w <= (streamed ? CHOOSE_COLUMNS : CHOOSE_RESIDENT); w++)
        if (c[w].possible && (!most || c[w].cycles < most)) most = c[w].cycles;
    return most;
}

/* What a random matrix of each per cent costs, as far as it was asked for. */
typedef struct {
    job        *j;
    choose_cost known[2][2][101][CHOOSE_WAYS]; /* resident, streamed; csc, csc8 */
    uint8_t     have[2][2][101];
} search;

static int random_cost(search *s, host_format f, int percent, int streamed, uint64_t *cycles)
{
    if (!s->have[streamed][f][percent]) {
        choose_layer l = s->j->layer;
        const size_t count = (size_t)l.w.rows * l.w.cols;
        int8_t      *w = malloc(count);
        lac_rng      g = { 1 };
        if (!w) return -1;
        for (size_t i = 0; i < count; i++) {
            const uint64_t r = rng_next(&g);
            w[i] = (uint32_t)(r >> 32) % 100 < (uint32_t)percent ? (int8_t)(1 + r % HOST_MAX_CODES) : 0;
        }
        l.w = (host_matrix){ l.w.rows, l.w.cols, w, NULL };
        if (l.points > SEARCH_POINTS) l.points = SEARCH_POINTS;
        l.tiles = 1;
        const unsigned ways = streamed ? 1u << CHOOSE_STREAMED | 1u << CHOOSE_COLUMNS : 1u << CHOOSE_RESIDENT;
        const int      err = choose_costs(&l, f, ways, s->known[streamed][f][percent]);
        free(w);
        if (err) return -1;
        s->have[streamed][f][percent] = 1;
    }
    *cycles = best(s->known[streamed][f][percent], streamed);
    return 0;
}

/* Costs of N:4 do not depend on where the non-zeros are: a matrix of zeros tells. */
static int empty_cost(const job *j, host_format f, choose_cost cost[CHOOSE_WAYS])
{
    choose_layer l = j->layer;
    int8_t      *w = calloc((size_t)l.w.rows * l.w.cols, 1);
    if (!w) return -1;
    l.w = (host_matrix){ l.w.rows, l.w.cols, w, NULL };
    if (l.points > SEARCH_POINTS) l.points = SEARCH_POINTS;
    l.tiles = 1;
    const int err = choose_costs(&l, f, ~0u, cost);
    free(w);
    return err;
}

static int find_thresholds(job *j)
{
    const uint32_t formats = j->layer.caps->formats;
    choose_cost    dense[CHOOSE_WAYS], nm[CHOOSE_WAYS];
    search        *s = calloc(1, sizeof *s);
    int            err = !s || empty_cost(j, HOST_4_4, dense);
    if (s) s->j = j;
    for (int way = 0; way < 2 && !err; way++) {
        int           *pays = j->found[way].pays;
        const uint64_t than = best(dense, way);
        for (int f = 0; f < HOST_FORMATS; f++) pays[f] = -1;
        if (!(way ? j->o.streamed : j->o.resident) || !than || !(formats & 1u << LAC_NM)) continue;
        for (host_format f = HOST_1_4; f <= HOST_2_4 && !err; f++) {
            if ((err = empty_cost(j, f, nm)) != 0) break;
            pays[f] = !best(nm, way) ? -1 : best(nm, way) < than ? 25 * (int)host_format_n(f) : 0;
        }
        for (host_format f = HOST_CSC; f <= HOST_CSC8 && !err; f++) {
            int      yes = 0, no = 101; /* [%] */
            uint64_t cycles = 0;
            if (!(formats & 1u << host_format_driver(f))) continue;
            while (no - yes > 1 && !err) {
                const int mid = no > 100 ? 100 : yes + (no - yes) / 2; /* often all of them pay: zero activations cost 4:4 more */
                err = random_cost(s, f, mid, way, &cycles);
                if (cycles && cycles < than) yes = mid; /* what does not fit does not pay */
                else no = mid;
            }
            pays[f] = yes;
        }
    }
    free(s);
    return err ? -1 : 0;
}

/* ---- Results -------------------------------------------------------------------------------------------------- */

static int shown(const job *j, int way) { return way == CHOOSE_RESIDENT ? j->o.resident : j->o.streamed; }

static const char *percent(int pays, char *buf, size_t n)
{
    if (pays < 0) return "-";
    if (!pays) return "never";
    snprintf(buf, n, "%d %%", pays);
    return buf;
}

static void print(const job *j, host_format choice, choose_way way)
{
    static const host_format pay[] = { HOST_CSC, HOST_CSC8, HOST_2_4, HOST_1_4 };
    const choose_layer *l = &j->layer;
    char                text[2][16];
    int                 pruned = 0;
    if (j->o.g->quiet) return;
    printf("%s: [%" PRIu32 ", %" PRIu32 "], %.1f %% of the weights are not zero\n", j->o.w, l->w.rows, l->w.cols,
           100.0 * (double)j->nonzeros / (double)j->w.count);
    printf("%s: [%" PRIu64 ", %" PRIu32 "] %s, %.1f %% of the activations are not zero\n", j->o.x, l->points, l->w.cols, npy_type_name(j->x.type),
           100.0 * (double)j->active / (double)j->x.count);
    printf("configuration %s, memory latency %" PRIu32 " cycles; predicted cycles, and what limits them", j->mach.cfg.name, l->memory.rd_latency);
    if (l->points > CHOOSE_POINTS) printf(" (of the first %d points)", CHOOSE_POINTS);
    fputs("\n\n", stdout);
    printf("  %-6s %12s", "format", "bytes");
    for (int w = 0; w < CHOOSE_WAYS; w++)
        if (shown(j, w)) printf("  %12s %-9s", choose_way_name((choose_way)w), "");
    putchar('\n');
    for (int f = 0; f < HOST_FORMATS; f++) {
        const entry *e = &j->format[f];
        if (!e->there) {
            printf("  %-6s %12s\n", host_format_name((host_format)f), "not possible");
            continue;
        }
        printf("  %-6s %12" PRIu64, host_format_name((host_format)f), j->cost[f][CHOOSE_STREAMED].weight_bytes);
        for (int w = 0; w < CHOOSE_WAYS; w++) {
            const choose_cost *c = &j->cost[f][w];
            if (!shown(j, w)) continue;
            if (c->possible) printf("  %12" PRIu64 " %-9s", c->cycles, predict_bound_name(c->bound));
            else printf("  %12s %-9s", "-", "");
        }
        if (!e->legal) printf("  *");
        pruned |= !e->legal;
        putchar('\n');
    }
    if (pruned) {
        printf("\n  * W is not this format; pruning sets non-zero weights to 0:");
        for (int f = 0; f < HOST_FORMATS; f++)
            if (j->format[f].there && !j->format[f].legal)
                printf(" %s %.1f %%", host_format_name((host_format)f), 100.0 * (double)j->format[f].pruned / (double)j->nonzeros);
        putchar('\n');
    }
    if (choice != HOST_AUTO)
        printf("\n  Fewest cycles without pruning: %s, %s, %" PRIu64 "\n", host_format_name(choice), choose_way_name(way),
               j->cost[choice][way].cycles);
    puts("\n  A format takes fewer cycles than dense 4:4 up to this share of non-zero weights (random weights, these activations):\n");
    printf("  %-6s  %10s  %10s\n", "format", "resident", "streamed");
    for (size_t i = 0; i < sizeof pay / sizeof *pay; i++)
        printf("  %-6s  %10s  %10s%s\n", host_format_name(pay[i]), percent(j->found[0].pays[pay[i]], text[0], sizeof text[0]),
               percent(j->found[1].pays[pay[i]], text[1], sizeof text[1]), pay[i] == HOST_CSC ? "    EIE's published claim: up to 50 %" : "");
}

static cJSON *way_json(const choose_cost *c)
{
    if (!c->possible) return cJSON_CreateNull();
    cJSON *o = cJSON_CreateObject();
    cli_stats_u64(o, "predicted_cycles", c->cycles);
    cJSON_AddStringToObject(o, "bound", predict_bound_name(c->bound));
    cli_stats_u64(o, "bytes_read", c->bytes_read);
    cli_stats_u64(o, "bytes_written", c->bytes_written);
    cli_stats_u64(o, "weight_bytes", c->weight_bytes);
    return o;
}

static cJSON *json(const job *j, host_format choice, choose_way way)
{
    static const char *const key[CHOOSE_WAYS] = { "resident", "streamed", "by_column" };
    const choose_layer *l = &j->layer;
    cJSON *o = cJSON_CreateObject(), *memory, *list, *pays;
    cJSON_AddStringToObject(o, "config", j->mach.cfg.name);
    cli_stats_u64(o, "rows", l->w.rows);
    cli_stats_u64(o, "cols", l->w.cols);
    cli_stats_u64(o, "points", l->points < CHOOSE_POINTS ? l->points : CHOOSE_POINTS);
    cJSON_AddNumberToObject(o, "weight_density", (double)j->nonzeros / (double)j->w.count);
    cJSON_AddNumberToObject(o, "activation_density", (double)j->active / (double)j->x.count);
    memory = cJSON_AddObjectToObject(o, "memory");
    cli_stats_u64(memory, "latency", l->memory.rd_latency);
    cli_stats_u64(memory, "write_latency", l->memory.wr_latency);
    cli_stats_u64(memory, "bus_bits", l->caps->data_w);
    list = cJSON_AddArrayToObject(o, "formats");
    for (int f = 0; f < HOST_FORMATS; f++) {
        const entry *e = &j->format[f];
        cJSON       *r;
        if (!e->there) continue;
        cJSON_AddItemToArray(list, r = cJSON_CreateObject());
        cJSON_AddStringToObject(r, "format", host_format_name((host_format)f));
        cJSON_AddBoolToObject(r, "legal", e->legal);
        cli_stats_u64(r, "pruned", e->pruned);
        for (int w = 0; w < CHOOSE_WAYS; w++)
            if (shown(j, w)) cJSON_AddItemToObject(r, key[w], way_json(&j->cost[f][w]));
    }
    if (choice != HOST_AUTO) {
        cJSON_AddStringToObject(o, "choice", host_format_name(choice));
        cJSON_AddStringToObject(o, "choice_way", key[way]);
    } else {
        cJSON_AddNullToObject(o, "choice");
        cJSON_AddNullToObject(o, "choice_way");
    }
    pays = cJSON_AddObjectToObject(o, "pays_up_to"); /* density of weights; 0 never, null unknown */
    for (int w = 0; w < 2; w++) {
        cJSON *p;
        if (!shown(j, w)) continue;
        p = cJSON_AddObjectToObject(pays, key[w]);
        for (int f = 0; f < HOST_FORMATS; f++) {
            if (f == HOST_3_4 || f == HOST_4_4) continue;
            if (j->found[w].pays[f] < 0) cJSON_AddNullToObject(p, host_format_name((host_format)f));
            else cJSON_AddNumberToObject(p, host_format_name((host_format)f), j->found[w].pays[f] / 100.0);
        }
    }
    cJSON_AddNumberToObject(o, "eie_claim", EIE_PAYS / 100.0);
    return o;
}

static int advise(job *j)
{
    cli_globals *g = j->o.g;
    diag         d;
    choose_way   way = CHOOSE_RESIDENT;
    unsigned     legal = 0, ways = 0;
    int          code;
    if (load(j, &d)) return cli_fail(g, CLI_INPUT, d.text);
    if ((code = (int)machine_open(&j->mach, g->port, g->config, &d)) != 0) return cli_fail(g, code, d.text);
    if (j->o.latency) j->mach.timing.rd_latency = j->o.latency;
    const axi_mem_timing t = j->mach.timing;
    j->layer.caps = &j->mach.dev.caps;
    j->layer.memory = (predict_memory){ .rd_latency = t.rd_latency, .wr_latency = t.wr_latency, .outstanding = t.outstanding };
    if (cost_formats(j) || find_thresholds(j)) return cli_fail(g, CLI_INPUT, "not enough memory");
    for (int f = 0; f < HOST_FORMATS; f++) legal |= (unsigned)j->format[f].legal << f;
    for (int w = 0; w < CHOOSE_WAYS; w++) ways |= (unsigned)(shown(j, w) != 0) << w;
    const host_format choice = choose_best(j->cost, legal, ways, &way);
    if (g->stats && cli_stats_write(g->stats, json(j, choice, way), &d)) return cli_fail(g, CLI_INPUT, d.text);
    print(j, choice, way);
    return CLI_OK;
}

int cmd_advise(cli_globals *g, int argc, char **argv)
{
    static const struct argp_child children[] = { { &cli_globals_argp, 0, 0, 0 }, { 0 } };
    static const struct argp argp = {
        options_, parse, "W.npy X.npy",
        "Predict the cycles of a fully connected layer in every format, without running it.\v"
        "W [K, C] is int8 or int16, X [N, C] is int8, uint8 or int16. --stats writes the same as JSON.",
        children, 0, 0,
    };
    job j;
    memset(&j, 0, sizeof j);
    j.o.g = g;
    j.o.out = LAC_RAW;
    argp_parse(&argp, argc, argv, 0, NULL, &j.o);
    const int code = advise(&j);
    npy_free(&j.w);
    npy_free(&j.x);
    machine_close(&j.mach);
    return code;
}
