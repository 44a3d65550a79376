/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_fc.c - lacuna fc: Y[n, k] = sum over c of W[k, c] (X[n, c] - z), exact or requantised
 *
 *   Steps     options, files, weights into a format, packing, layout of device memory, run, compare, write
 *   Counting  macs, cycles and bytes in --stats are those of everything between first doorbell and last interrupt, all
 *             repetitions together; loading resident weights is not in it */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "choose.h"
#include "cli.h"
#include "host.h"
#include "npy.h"
#include "operands.h"
#include "outfile.h"
#include "predict.h"

enum { MAX_POINTS = 65535 }; /* of one driver job; a larger batch is several jobs */

typedef enum { PLACE_AUTO, PLACE_RESIDENT, PLACE_STREAM } placement;
typedef enum { STORE_AUTO, STORE_PACKED, STORE_COLUMNS } storage;

typedef struct {
    cli_globals *g;
    const char  *w, *x, *y;
    const char  *bias, *multiplier, *shift; /* file names, or NULL */
    int64_t      zero_in;
    int          requant;   /* some output option was given */
    lac_type     out;       /* LAC_RAW without output options */
    int          zero_set, clamp_set;
    int64_t      zero_out, clamp[2];
    host_format  format;
    int          prune, cluster;
    placement    place;
    storage      store;
    uint32_t     repeat;
    uint32_t     latency;   /* [cycles] of reads; 0: the machine's own */
    uint32_t     tiles;     /* 0: as many as take the fewest cycles */
} options;

/* Output channels that one driver layer makes: all of them, or as many as the machine can store in one type (see plan()). */
typedef struct {
    uint32_t  row0;
    lac_layer layer;
    void     *image;
} slice;

typedef struct {
    options       o;
    npy_array     w, x, bias, multiplier, shift;
    host_matrix   m;
    int16_t      *clustered;   /* [rows][cols], --cluster; else NULL */
    host_clusters clusters;
    uint64_t      pruned;
    lac_type      in;
    host_uses     uses;
    host_format   format;      /* chosen */
    uint64_t      lane_cycles; /* host_cycles() */
    lac_requant   rq;
    slice        *slices;
    uint32_t      n_slices;
    int           by_column;   /* column blocks, not weight blocks */
    uint32_t      weight_depth; /* of host_packing */
    int           resident;
    machine       mach;
    lac_fc       *jobs;        /* [repeat][n_slices][parts] */
    uint32_t      parts;       /* pieces of at most MAX_POINTS */
    runner        run;
    trace         trace;
    uint64_t      weight_bytes; /* of the layer's weight blocks */
    uint64_t      predicted;    /* [cycles] */
    const char   *bound;        /* NULL: nothing was predicted */
    void         *result;      /* [N][K] */
} job;

/* ---- Options --------------------------------------------------------------------------------------- */

enum {
    KEY_ZERO_IN = 256, KEY_BIAS, KEY_MULTIPLIER, KEY_SHIFT, KEY_ZERO_OUT, KEY_CLAMP, KEY_OUT_TYPE, KEY_FORMAT, KEY_PRUNE,
    KEY_CLUSTER, KEY_REPEAT, KEY_RESIDENT, KEY_STREAM, KEY_STORAGE, KEY_TILES, KEY_LATENCY
};

static const struct argp_option options_[] = {
    { "output", 'o', "Y.npy", 0, "Result [N, K]; required", 0 },
    { 0, 0, 0, 0, "Operands:", 1 },
    { "input-zero-point", KEY_ZERO_IN, "Z", 0, "Subtracted from X first (default 0)", 1 },
    { "format", KEY_FORMAT, "F", 0, "csc, csc8, 1:4, 2:4, 3:4, 4:4, or auto (default): the legal one with the fewest cycles", 1 },
    { "prune", KEY_PRUNE, 0, 0, "Keep the N largest magnitudes of each group of an N:4 format", 1 },
    { "cluster", KEY_CLUSTER, 0, 0, "Make float32 weights a codebook of 15 values by k-means, for csc", 1 },
    { 0, 0, 0, 0, "Output (without any of these: exact accumulators, int64):", 2 },
    { "bias", KEY_BIAS, "B.npy", 0, "int32 [K] (default 0)", 2 },
    { "multiplier", KEY_MULTIPLIER, "M.npy", 0, "int32 [K] or scalar, 0 .. 2^31-1; with --shift (default of both: times 1)", 2 },
    { "shift", KEY_SHIFT, "S.npy", 0, "int8 [K] or scalar, 1 .. 62", 2 },
    { "zero-point", KEY_ZERO_OUT, "Z", 0, "Added after the shift (default 0)", 2 },
    { "clamp", KEY_CLAMP, "LO,HI", 0, "Limits of the result (default: those of its type)", 2 },
    { "out-type", KEY_OUT_TYPE, "T", 0, "int8 (default), uint8 or int16", 2 },
    { 0, 0, 0, 0, "Running:", 3 },
    { "repeat", KEY_REPEAT, "N", 0, "Run the job N times back to back and compare the results", 3 },
    { "resident", KEY_RESIDENT, 0, 0, "Load the weights before the clock starts, or fail (default: where they fit)", 3 },
    { "stream", KEY_STREAM, 0, 0, "Load the weights within the job", 3 },
    { "storage", KEY_STORAGE, "S", 0, "Of csc and csc8 in memory: packed, columns (streamed; one point then fetches only the columns it needs), "
      "or auto (default): columns where that takes fewer cycles", 3 },
    { "tiles", KEY_TILES, "N", 0, "Stream the weights in about N tiles, 1: as few as fit (default: as many as take the fewest cycles)", 3 },
    { "memory-latency", KEY_LATENCY, "N", 0, CLI_LATENCY_HELP, 3 },
    { 0 },
};

/* What can only be said when all options are known. */
static void check_options(options *o, struct argp_state *state)
{
    int32_t lo, hi;
    if (!o->w || !o->x) argp_error(state, "expected two files, W.npy and X.npy");
    if (!o->y) argp_error(state, "expected -o Y.npy");
    if (!o->multiplier != !o->shift) argp_error(state, "expected --multiplier and --shift together");
    if (o->prune && !host_format_n(o->format)) argp_error(state, "--prune: expected --format 1:4, 2:4, 3:4 or 4:4 with it");
    if (o->cluster && o->format != HOST_AUTO && o->format != HOST_CSC) argp_error(state, "--cluster: expected --format csc with it");
    if (o->cluster) o->format = HOST_CSC;
    if (o->store == STORE_COLUMNS && host_format_n(o->format)) argp_error(state, "--storage columns: expected --format csc or csc8 with it");
    if (o->store == STORE_COLUMNS && o->place == PLACE_RESIDENT) argp_error(state, "--storage columns and --resident exclude each other");
    if (o->tiles && o->place == PLACE_RESIDENT) argp_error(state, "--tiles and --resident exclude each other");
    if (o->store == STORE_COLUMNS || o->tiles) o->place = PLACE_STREAM;
    if (!o->requant) {
        o->out = LAC_RAW;
        return;
    }
    host_type_range(o->out, &lo, &hi);
    if (o->zero_out < lo || o->zero_out > hi)
        argp_error(state, "--zero-point %" PRId64 ": expected %" PRId32 " .. %" PRId32 ", the range of the output type", o->zero_out, lo, hi);
    if (!o->clamp_set) {
        o->clamp[0] = lo;
        o->clamp[1] = hi;
    }
    if (o->clamp[0] < lo || o->clamp[1] > hi)
        argp_error(state, "--clamp %" PRId64 ",%" PRId64 ": expected %" PRId32 " .. %" PRId32 ", the range of the output type",
                   o->clamp[0], o->clamp[1], lo, hi);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;
    if (key >= KEY_BIAS && key <= KEY_OUT_TYPE) o->requant = 1;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = o->g; break;
    case 'o':            o->y = arg; break;
    case KEY_ZERO_IN:    o->zero_in = cli_integer(state, "--input-zero-point", arg, -32768, 32767); break;
    case KEY_BIAS:       o->bias = arg; break;
    case KEY_MULTIPLIER: o->multiplier = arg; break;
    case KEY_SHIFT:      o->shift = arg; break;
    case KEY_ZERO_OUT:   o->zero_out = cli_integer(state, "--zero-point", arg, -32768, 32767); break;
    case KEY_CLAMP:
        cli_pair(state, "--clamp", arg, o->clamp, -32768, 32767);
        o->clamp_set = 1;
        break;
    case KEY_OUT_TYPE:
        if (!strcmp(arg, "int8")) o->out = LAC_INT8;
        else if (!strcmp(arg, "uint8")) o->out = LAC_UINT8;
        else if (!strcmp(arg, "int16")) o->out = LAC_INT16;
        else argp_error(state, "--out-type '%s': expected int8, uint8 or int16", arg);
        break;
    case KEY_FORMAT:
        if (host_format_parse(arg, &o->format))
            argp_error(state, "--format '%s': expected csc, csc8, 1:4, 2:4, 3:4, 4:4 or auto", arg);
        break;
    case KEY_PRUNE:   o->prune = 1; break;
    case KEY_CLUSTER: o->cluster = 1; break;
    case KEY_REPEAT:  o->repeat = (uint32_t)cli_integer(state, "--repeat", arg, 1, 100000); break;
    case KEY_RESIDENT:
    case KEY_STREAM: {
        const placement p = key == KEY_STREAM ? PLACE_STREAM : PLACE_RESIDENT;
        if (o->place != PLACE_AUTO && o->place != p) argp_error(state, "--resident and --stream exclude each other");
        o->place = p;
        break;
    }
    case KEY_STORAGE:
        if (!strcmp(arg, "auto")) o->store = STORE_AUTO;
        else if (!strcmp(arg, "packed")) o->store = STORE_PACKED;
        else if (!strcmp(arg, "columns")) o->store = STORE_COLUMNS;
        else argp_error(state, "--storage '%s': expected packed, columns or auto", arg);
        break;
    case KEY_LATENCY: o->latency = cli_latency(state, arg); break;
    case KEY_TILES:   o->tiles = (uint32_t)cli_integer(state, "--tiles", arg, 1, 1000); break;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0) o->w = arg;
        else if (state->arg_num == 1) o->x = arg;
        else argp_error(state, "unexpected argument '%s', expected two files", arg);
        break;
    case ARGP_KEY_END: check_options(o, state); break;
    default:           return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* ---- Files ----------------------------------------------------------------------------------------- */

/* "file: element [r, c] (byte n)" */
static const char *element(const char *file, const npy_array *a, size_t i, char *buf, size_t cap)
{
    const size_t byte = a->offset + i * npy_type_size(a->type);
    if (a->ndim == 2) snprintf(buf, cap, "%s: element [%zu, %zu] (byte %zu)", file, i / a->dim[1], i % a->dim[1], byte);
    else snprintf(buf, cap, "%s: element [%zu] (byte %zu)", file, i, byte);
    return buf;
}

static int load_operands(job *j, diag *d)
{
    const options *o = &j->o;
    char           where[256];
    const unsigned ints = NPY_IS(NPY_INT8) | NPY_IS(NPY_INT16), any = ints | NPY_IS(NPY_FLOAT32);
    const unsigned types = o->cluster ? NPY_IS(NPY_FLOAT32) : o->format == HOST_CSC || o->format == HOST_AUTO ? any : NPY_IS(NPY_INT8);
    if (operands_matrix(o->w, types, "[K, C]", HOST_MAX_DIM, &j->w, d)) return -1;
    if (j->w.type == NPY_FLOAT32 && !o->cluster)
        return diag_set(d, "%s: byte 10: dtype float32, expected int8 or int16, or --cluster", o->w);
    if (operands_input(o->x, o->zero_in, o->w, &j->w, &j->x, &j->in, d)) return -1;
    if (o->cluster) {
        const size_t at = host_not_finite(j->w.data, j->w.count);
        if (at < j->w.count)
            return diag_set(d, "%s is %g, expected a finite number", element(o->w, &j->w, at, where, sizeof where),
                            (double)((const float *)j->w.data)[at]);
    }
    j->m.rows = (uint32_t)j->w.dim[0];
    j->m.cols = (uint32_t)j->w.dim[1];
    return 0;
}

/* One value a channel, or where `scalar` one for all; each in lo .. hi. */
static int load_vector(const char *file, npy_type type, int scalar, uint32_t rows, int64_t lo, int64_t hi, npy_array *a, diag *d)
{
    char shape[192], where[256];
    if (npy_load(file, NPY_IS(type), a, d)) return -1;
    if (!(a->ndim == 1 && a->dim[0] == rows) && !(scalar && a->ndim <= 1 && a->count == 1))
        return diag_set(d, "%s: shape %s, expected (%" PRIu32 ",)%s, one value for each output channel", file,
                        npy_shape(a->ndim, a->dim, shape, sizeof shape), rows, scalar ? " or ()" : "");
    for (size_t i = 0; i < a->count; i++)
        if (npy_int(a, i) < lo || npy_int(a, i) > hi)
            return diag_set(d, "%s is %" PRId64 ", expected %" PRId64 " .. %" PRId64, element(file, a, i, where, sizeof where),
                            npy_int(a, i), lo, hi);
    return 0;
}

static int load_requant(job *j, diag *d)
{
    const options *o = &j->o;
    j->rq.m0 = 2; /* (acc * 2 + 1) / 2 = acc */
    j->rq.s0 = 1;
    if (o->bias) {
        if (load_vector(o->bias, NPY_INT32, 0, j->m.rows, INT32_MIN, INT32_MAX, &j->bias, d)) return -1;
        j->rq.bias = j->bias.data;
    }
    if (!o->multiplier) return 0;
    if (load_vector(o->multiplier, NPY_INT32, 1, j->m.rows, 0, INT32_MAX, &j->multiplier, d)) return -1;
    if (load_vector(o->shift, NPY_INT8, 1, j->m.rows, 1, 62, &j->shift, d)) return -1;
    if (j->multiplier.count == j->m.rows) j->rq.multiplier = j->multiplier.data;
    else j->rq.m0 = (int32_t)npy_int(&j->multiplier, 0);
    if (j->shift.count == j->m.rows) j->rq.shift = j->shift.data;
    else j->rq.s0 = (int8_t)npy_int(&j->shift, 0);
    return 0;
}

/* ---- Weights --------------------------------------------------------------------------------------- */

/* Make the matrix legal for the format asked for, or say why it is not; choose one for auto. */
static int shape_weights(job *j, diag *d)
{
    const options *o = &j->o;
    const uint32_t n = host_format_n(o->format);
    char           at[256];
    size_t         where;
    host_codes     codes;
    if (o->cluster) {
        j->clustered = malloc(j->w.count * sizeof *j->clustered);
        if (!j->clustered || host_cluster(j->w.data, j->w.count, j->clustered, &j->clusters)) return diag_set(d, "%s: not enough memory", o->w);
        j->m.w16 = j->clustered;
    } else if (j->w.type == NPY_INT16) {
        j->m.w16 = j->w.data;
    } else {
        j->m.w8 = j->w.data;
    }
    if (o->prune) j->pruned = host_nm_prune(j->w.data, j->m.rows, j->m.cols, n);

    if (n && host_nm_check(&j->m, n, &where)) {
        const size_t c = where % j->m.cols, end = c + 4 < j->m.cols ? c + 4 : j->m.cols;
        int          nz = 0;
        for (size_t i = 0; i < end - c; i++) nz += host_weight(&j->m, where + i) != 0;
        return diag_set(d, "%s: group [%zu, %zu..%zu] (byte %zu) has %d non-zero weights, expected at most %" PRIu32 " for format %s (--prune "
                        "keeps the largest)", o->w, where / j->m.cols, c, end - 1, j->w.offset + where, nz, n, host_format_name(o->format));
    }
    if ((o->format == HOST_CSC || (o->format == HOST_AUTO && j->m.w16)) && host_collect(&j->m, &codes, &where))
        return diag_set(d, "%s is the 16th distinct non-zero value (%d), expected at most %d for %s", element(o->w, &j->w, where, at, sizeof at),
                        host_weight(&j->m, where), HOST_MAX_CODES, o->format == HOST_CSC ? "format csc" : "int16 weights (format csc)");
    return 0;
}

/* Format, storage and tiles: what was asked for, and where it was left open the fewest predicted cycles. */
static int choose(job *j, diag *d)
{
    const lac_caps      *caps = &j->mach.dev.caps;
    const options       *o = &j->o;
    const int            any = o->format == HOST_AUTO, columns_only = o->store == STORE_COLUMNS;
    const axi_mem_timing t = j->mach.timing;
    choose_layer         l = { caps, { .rd_latency = t.rd_latency, .wr_latency = t.wr_latency, .outstanding = t.outstanding }, j->m, j->x.data, j->in,
                               o->out, (int32_t)o->zero_in, j->x.dim[0], o->tiles };
    const unsigned       formats = columns_only ? 1u << HOST_CSC | 1u << HOST_CSC8 : ~0u;
    const int            no_columns = o->place == PLACE_RESIDENT || o->store == STORE_PACKED || (!any && !columns_only && l.points > 1);
    const unsigned       ways = (o->place == PLACE_STREAM ? 0 : 1u << CHOOSE_RESIDENT) |
                                (o->place == PLACE_RESIDENT || columns_only ? 0 : 1u << CHOOSE_STREAMED) |
                                (no_columns ? 0 : 1u << CHOOSE_COLUMNS);
    choose_way           way = CHOOSE_STREAMED;
    choose_cost          cost = { 0 };
    uint64_t             lane_cycles;
    if (host_uses_count(&j->uses, j->x.data, j->in, (int32_t)o->zero_in, j->x.dim[0], j->m.cols)) return diag_set(d, "not enough memory");
    if (columns_only && !(caps->formats & LAC_HAS_COLUMNS))
        return diag_set(d, "--storage columns: configuration %s does not have it", j->mach.cfg.name);
    if (!any && !(caps->formats & 1u << host_format_driver(o->format)))
        return diag_set(d, "--format %s: configuration %s does not have it", host_format_name(o->format), j->mach.cfg.name);

    /* What is one tile is still on chip when the job is repeated. */
    if (!l.tiles && o->repeat > 1) l.tiles = 1;
    j->format = o->format;
    j->by_column = columns_only;
    /* Where the format is given and the weights can be resident there is nothing to choose. */
    if (any || (o->place != PLACE_RESIDENT && !(o->place == PLACE_AUTO && choose_resident(&l, o->format) == 1))) {
        const host_format best = choose_format(&l, any ? formats : 1u << o->format, ways, &way, &cost);
        if (best != HOST_AUTO) {
            j->format = best;
            j->by_column = way == CHOOSE_COLUMNS;
            j->weight_depth = cost.weight_depth;
        } else if (any) { /* perhaps in slices of channels (plan_job()), which are not predicted */
            j->format = host_choose(&j->m, &j->uses, caps->lanes, columns_only ? caps->formats & ~(1u << LAC_NM) : caps->formats, &lane_cycles);
        }
        if (j->format == HOST_AUTO) return diag_set(d, "%s: no format of configuration %s takes it", o->w, j->mach.cfg.name);
    }
    j->lane_cycles = host_cycles(&j->m, j->format, &j->uses, caps->lanes);
    return 0;
}

/* Image and layer of one slice of `rows` channels. */
static int pack_slice(job *j, slice *sl, uint32_t rows, diag *d)
{
    const host_matrix  m = host_rows(&j->m, sl->row0, rows);
    lac_requant        rq = j->rq;
    const host_packing how = { j->format, j->by_column, j->o.requant ? &rq : NULL, j->weight_depth, NULL, 0 };
    uint64_t           where = 0;
    if (rq.bias) rq.bias += sl->row0;
    if (rq.multiplier) rq.multiplier += sl->row0;
    if (rq.shift) rq.shift += sl->row0;
    const lac_status s = host_pack(&j->mach.dev.caps, &m, &how, &sl->image, &sl->layer, &where);
    if (s == LAC_E_PORT) return diag_set(d, "%s: not enough memory", j->o.w);
    if (s == LAC_E_SPACE)
        return diag_set(d, "%s: a layer of %" PRIu32 " x %" PRIu32 " in format %s cannot be cut to fit configuration %s", j->o.w, rows,
                        m.cols, host_format_name(j->format), j->mach.cfg.name);
    return s ? diag_set(d, "%s: cannot be packed: %s at %" PRIu64, j->o.w, lac_status_name(s), where) : 0;
}

static void free_slices(job *j)
{
    for (uint32_t i = 0; i < j->n_slices; i++) free(j->slices[i].image);
    free(j->slices);
    j->slices = NULL;
    j->n_slices = 0;
}

static int pack(job *j, uint32_t rows, diag *d)
{
    free_slices(j);
    j->n_slices = (j->m.rows + rows - 1) / rows;
    if (!(j->slices = calloc(j->n_slices, sizeof *j->slices))) return diag_set(d, "%s: not enough memory", j->o.w);
    for (uint32_t i = 0; i < j->n_slices; i++) {
        j->slices[i].row0 = i * rows;
        if (pack_slice(j, &j->slices[i], j->m.rows - i * rows < rows ? j->m.rows - i * rows : rows, d)) return -1;
    }
    /* Several slices are not kept on chip together: where they are needed, the RAMs are small. */
    j->resident = j->o.place != PLACE_STREAM && !j->by_column && j->n_slices == 1 && j->slices[0].layer.resident_cols != 0;
    if (j->o.place == PLACE_RESIDENT && !j->resident)
        return diag_set(d, "--resident: %s in format %s is larger than the RAMs of configuration %s", j->o.w, host_format_name(j->format),
                        j->mach.cfg.name);
    return 0;
}

/* ---- Running --------------------------------------------------------------------------------------- */

static size_t out_bytes(lac_type t) { return t == LAC_RAW ? 8 : t == LAC_INT16 ? 2 : 1; }

static const lac_place front_ = { 0, 0, 0, 0 };

/* Addresses of everything behind a ring of `ring` commands. Returns the bytes it takes. */
static uint64_t lay_out(job *j, uint32_t ring)
{
    const lac_caps *caps = &j->mach.dev.caps;
    const uint64_t  points = j->x.dim[0];
    const uint32_t  xp = lac_pitch(caps, j->m.cols, j->in, 0);
    arena           a = arena_at(j->mach.base);
    lac_fc         *job = j->jobs;
    arena_take(&a, 64u * (uint64_t)ring);
    for (uint32_t i = 0; i < j->n_slices; i++) j->slices[i].layer.addr = arena_take(&a, j->slices[i].layer.bytes);
    const lac_addr x = arena_take(&a, points * xp);
    for (uint32_t run = 0; run < j->o.repeat; run++)
        for (uint32_t i = 0; i < j->n_slices; i++) {
            const uint32_t yp = lac_pitch(caps, j->slices[i].layer.rows, j->o.out, 0);
            const lac_addr y = arena_take(&a, points * yp);
            for (uint32_t part = 0; part < j->parts; part++) {
                const uint64_t first = (uint64_t)part * MAX_POINTS, left = points - first;
                *job++ = (lac_fc){
                    .layer = &j->slices[i].layer,
                    .resident = j->resident ? &front_ : NULL,
                    .points = left > MAX_POINTS ? MAX_POINTS : (uint32_t)left,
                    .x = { x + first * xp, xp, j->in, (int32_t)j->o.zero_in, 0 },
                    .y = { y + first * yp, yp, j->o.out, (int32_t)j->o.zero_out, 0 },
                    .clamp_lo = (int32_t)j->o.clamp[0],
                    .clamp_hi = (int32_t)j->o.clamp[1],
                    .tag = run,
                    .mark = i + 1 == j->n_slices && part + 1 == j->parts,
                };
            }
        }
    return arena_bytes(&a);
}

static lac_status build_jobs(job *j, lac_emit emit, void *ctx)
{
    return lac_fc_build(&j->mach.dev.caps, j->jobs, j->o.repeat * j->n_slices * j->parts, emit, ctx);
}

/* Count the commands. LAC_E_SPACE: this machine cannot do it this way. */
static lac_status count(job *j, runner_plan *plan)
{
    const lac_caps *caps = &j->mach.dev.caps;
    runner_plan     once = { .line = caps->line };
    lac_status      s = LAC_OK;
    *plan = once;
    lay_out(j, 2);
    if (j->resident) s = lac_fc_load(caps, &j->slices[0].layer, &front_, runner_count, plan);
    if (!s) s = build_jobs(j, runner_count, plan);
    /* The weight blocks of one streamed point: each of them exactly once. */
    for (uint32_t i = 0; i < j->n_slices && !s; i++) {
        lac_fc one = j->jobs[(size_t)i * j->parts];
        one.points = 1;
        one.resident = NULL;
        s = lac_fc_build(caps, &one, 1, runner_count, &once);
    }
    j->weight_bytes = once.weight_bytes;
    return s;
}

/* Pack and count. STORE writes 64-byte aligned, so where the RAMs hold fewer channels than 64 bytes of outputs, a layer of
 * several row tiles cannot be one tensor of that type: then it becomes slices of channels, each with a tensor of its own. */
static int plan_job(job *j, runner_plan *plan, diag *d)
{
    const lac_caps *caps = &j->mach.dev.caps;
    const uint32_t  acc = caps->acc_depth * caps->lanes, most = acc < caps->param_depth ? acc : caps->param_depth;
    j->parts = (uint32_t)((j->x.dim[0] + MAX_POINTS - 1) / MAX_POINTS);
    for (uint32_t rows = j->m.rows; rows; rows = rows > most ? most : rows / 2) {
        if (pack(j, rows, d)) return -1;
        free(j->jobs);
        j->jobs = calloc((size_t)j->o.repeat * j->n_slices * j->parts, sizeof *j->jobs);
        if (!j->jobs) return diag_set(d, "not enough memory");
        const lac_status s = count(j, plan);
        if (!s) return 0;
        if (s != LAC_E_SPACE) return diag_set(d, "%s and %s: no commands for them: %s", j->o.w, j->o.x, lac_status_name(s));
    }
    return diag_set(d, "%s and %s cannot be cut to fit configuration %s", j->o.w, j->o.x, j->mach.cfg.name);
}

/* Load what is resident, then the clock, then the jobs. */
static lac_status run(job *j, const runner_plan *plan)
{
    const lac_caps *caps = &j->mach.dev.caps;
    const size_t    row = j->m.cols * npy_type_size(j->x.type);
    const int       watch = j->o.g->stats || j->o.g->trace;
    runner         *r = &j->run;
    lac_status      s = LAC_OK;
    for (uint32_t i = 0; i < j->n_slices && !s; i++)
        s = machine_write(&j->mach, j->slices[i].layer.addr, j->slices[i].image, j->slices[i].layer.bytes);
    for (size_t p = 0; p < j->x.dim[0] && !s; p++)
        s = machine_write(&j->mach, j->jobs[0].x.addr + p * j->jobs[0].x.pitch, (const char *)j->x.data + p * row, row);
    if (s) return s;
    if (runner_init(r, &j->mach, plan) || (watch && trace_init(&j->trace))) return LAC_E_SPACE;
    if (j->resident) {
        s = lac_fc_load(caps, &j->slices[0].layer, &front_, runner_emit, r);
        if (!s) s = runner_finish(r);
        memset(&r->sum, 0, sizeof r->sum);
    }
    if (!s && watch) s = runner_watch(r, &j->trace);
    if (!s) s = build_jobs(j, runner_emit, r);
    return s ? s : runner_finish(r);
}

/* The program as the runner cuts it, on the cycle model. */
typedef struct {
    job      *j;
    predict  *p;
    uint32_t  n;       /* commands of this piece */
    uint64_t  longest; /* [cycles] of all pieces: it gives the bound */
    int       traced;  /* its events are the timeline */
} forecast;

static int forecast_piece(forecast *c)
{
    predict_result       res;
    uint32_t             n;
    job                 *j = c->j;
    const predict_status s = predict_run(c->p, &res, NULL);
    if (s) return s;
    const predict_event *e = predict_events(c->p, &n);
    for (uint32_t i = 0; i < n && c->traced; i++) trace_ran(&j->trace, e[i].engine, j->predicted + e[i].start, j->predicted + e[i].end);
    if (!j->bound || res.cycles > c->longest) j->bound = predict_bound_name(res.bound);
    if (res.cycles > c->longest) c->longest = res.cycles;
    j->predicted += res.cycles;
    c->n = 0;
    return 0;
}

static int forecast_emit(void *ctx, const lac_cmd *cmd)
{
    forecast *c = ctx;
    int       s = c->n == c->j->run.cap ? forecast_piece(c) : 0;
    if (!s) s = predict_emit(c->p, cmd);
    c->n += !s;
    return s;
}

/* Fill in `predicted` and `bound`, and, but for the RTL, which has a trace port, the timeline. What cannot be predicted stays unknown. */
static void foresee(job *j)
{
    const lac_caps       *caps = &j->mach.dev.caps;
    const axi_mem_timing  t = j->mach.timing;
    const predict_memory  view = { j->mach.mem, j->mach.base, j->mach.bytes, t.rd_latency, t.wr_latency, t.outstanding };
    forecast              c = { j, predict_new(caps, &view), 0, 0, 0 };
    int                   s = c.p ? 0 : -1;
    if (j->resident && !s) s = lac_fc_load(caps, &j->slices[0].layer, &front_, forecast_emit, &c) || forecast_piece(&c);
    j->predicted = c.longest = 0;
    j->bound = NULL;
    c.traced = j->mach.kind != MACHINE_RTL;
    if (!s) s = build_jobs(j, forecast_emit, &c) || forecast_piece(&c);
    if (s) j->bound = NULL;
    predict_free(c.p);
}

/* Result of one run, without the gaps between points. */
static lac_status fetch(job *j, uint32_t run_index, void *to)
{
    const size_t es = out_bytes(j->o.out), row = j->m.rows * es;
    lac_status   s = LAC_OK;
    for (uint32_t i = 0; i < j->n_slices; i++) {
        const slice      *sl = &j->slices[i];
        const lac_tensor *y = &j->jobs[((size_t)run_index * j->n_slices + i) * j->parts].y;
        char             *at = (char *)to + sl->row0 * es;
        for (size_t p = 0; p < j->x.dim[0] && !s; p++) s = machine_read(&j->mach, at + p * row, y->addr + p * y->pitch, sl->layer.rows * es);
    }
    return s;
}

/* Exit code. */
static int execute(job *j, const runner_plan *plan)
{
    cli_globals   *g = j->o.g;
    diag           d;
    lac_status     s;
    const uint32_t ring = runner_ring(plan);
    const int      code = (int)machine_memory(&j->mach, lay_out(j, ring), ring, &d);
    if (code) return cli_fail(g, code, d.text);
    if ((s = lac_watchdog(&j->mach.dev, 100000)) || (s = run(j, plan))) return cli_job_failed(g, &j->mach, s);
    const char *broken = machine_misbehaved(&j->mach);
    if (broken) {
        diag_set(&d, "the core broke the rules of its bus: %s", broken);
        return cli_fail(g, CLI_FAILED, d.text);
    }

    if (g->stats || g->trace) foresee(j);

    const size_t count = j->x.dim[0] * j->m.rows, bytes = count * out_bytes(j->o.out);
    j->result = malloc(bytes);
    char *again = j->o.repeat > 1 ? malloc(bytes) : NULL;
    if (!j->result || (j->o.repeat > 1 && !again)) {
        free(again);
        return cli_fail(g, CLI_INPUT, "not enough memory");
    }
    s = fetch(j, 0, j->result);
    uint32_t differs = 0;
    for (uint32_t i = 1; i < j->o.repeat && !s && !differs; i++) {
        s = fetch(j, i, again);
        if (!s && memcmp(again, j->result, bytes)) differs = i;
    }
    free(again);
    if (s) return cli_job_failed(g, &j->mach, s);
    if (differs) {
        diag_set(&d, "job failed: the result of repetition %" PRIu32 " differs from that of the first", differs);
        return cli_fail(g, CLI_FAILED, d.text);
    }
    return CLI_OK;
}

/* ---- Results --------------------------------------------------------------------------------------- */

static cJSON *stats(const job *j)
{
    const options *o = &j->o;
    const int      timed = j->mach.kind != MACHINE_MODEL;
    cJSON         *s = cli_stats_new(o->g, &j->mach, &j->run, &j->trace);
    uint64_t       nonzeros = 0, padding = 0, blocks = 0;
    const uint64_t needed = host_needed_macs(&j->m, &j->uses) * o->repeat;
    for (uint32_t i = 0; i < j->n_slices; i++) {
        nonzeros += j->slices[i].layer.nonzeros;
        padding += j->slices[i].layer.padding;
        blocks += j->slices[i].layer.tiles;
    }
    if (j->bound) {
        cli_stats_u64(s, "predicted_cycles", j->predicted);
        cJSON_AddStringToObject(s, "bound", j->bound);
    } else {
        cJSON_AddNullToObject(s, "predicted_cycles");
        cJSON_AddNullToObject(s, "bound");
    }
    cJSON_AddStringToObject(s, "format", host_format_name(j->format));
    cli_stats_u64(s, "needed_macs", needed);
    cli_stats_u64(s, "dense_macs", (uint64_t)j->x.dim[0] * j->m.cols * j->m.rows * o->repeat);
    if (timed && j->run.sum.cycles)
        cJSON_AddNumberToObject(s, "utilisation", (double)needed / ((double)j->mach.dev.caps.lanes * (double)j->run.sum.cycles));
    else
        cJSON_AddNullToObject(s, "utilisation");
    if (nonzeros) cJSON_AddNumberToObject(s, "weight_bits_per_nonzero", 8.0 * (double)j->weight_bytes / (double)nonzeros);
    else cJSON_AddNullToObject(s, "weight_bits_per_nonzero");
    cJSON_AddStringToObject(s, "storage", j->by_column ? "columns" : "packed");
    cli_stats_u64(s, "weight_nonzeros", nonzeros);
    cli_stats_u64(s, "weight_padding", padding);
    cli_stats_u64(s, "weight_blocks", blocks);
    cli_stats_u64(s, "pruned", j->pruned);
    cli_stats_u64(s, "lane_cycles", j->lane_cycles * o->repeat);
    cJSON_AddBoolToObject(s, "resident", j->resident);
    cli_stats_u64(s, "repeat", o->repeat);
    if (o->repeat > 1 && timed && j->run.sum.marks == o->repeat)
        cJSON_AddNumberToObject(s, "throughput_cycles", (double)(j->run.sum.mark_last - j->run.sum.mark_first) / (o->repeat - 1));
    else if (o->repeat > 1)
        cJSON_AddNullToObject(s, "throughput_cycles");
    if (o->cluster) {
        cJSON_AddNumberToObject(s, "weight_scale", j->clusters.scale);
        cJSON_AddNumberToObject(s, "cluster_rms_error", j->clusters.rms);
        cJSON_AddNumberToObject(s, "cluster_max_error", j->clusters.max);
    }
    return s;
}

static void report(const job *j)
{
    const options *o = &j->o;
    if (o->g->quiet) return;
    if (o->cluster)
        printf("cluster: %u values, scale %.9g (of a weight of 1), rms error %.6g, largest error %.6g\n", j->clusters.n,
               j->clusters.scale, j->clusters.rms, j->clusters.max);
    if (o->prune) printf("prune: %" PRIu64 " non-zero weights set to 0 for %s\n", j->pruned, host_format_name(j->format));
    printf("%s: [%zu, %" PRIu32 "] from %" PRIu32 " channels, format %s, %s", o->y, j->x.dim[0], j->m.rows, j->m.cols,
           host_format_name(j->format), j->resident ? "resident" : "streamed");
    if (o->repeat > 1) printf(", %" PRIu32 " times", o->repeat);
    if (j->mach.kind != MACHINE_MODEL) printf(", %" PRIu64 " cycles", j->run.sum.cycles);
    putchar('\n');
}

static void release(job *j)
{
    npy_free(&j->w);
    npy_free(&j->x);
    npy_free(&j->bias);
    npy_free(&j->multiplier);
    npy_free(&j->shift);
    host_uses_free(&j->uses);
    runner_free(&j->run);
    trace_free(&j->trace);
    machine_close(&j->mach);
    free(j->clustered);
    free_slices(j);
    free(j->jobs);
    free(j->result);
}

/* -1, and a sentence: an output file is also an input or another output, or cannot be written. */
static int check_outputs(const job *j, diag *d)
{
    enum { OUTPUTS = 3 };
    static const char *const option[OUTPUTS] = { "-o", "--stats", "--trace" };
    const char *in[] = { j->o.w, j->o.x, j->o.bias, j->o.multiplier, j->o.shift }, *out[OUTPUTS] = { j->o.y, j->o.g->stats, j->o.g->trace };
    for (int o = 0; o < OUTPUTS; o++) {
        if (!out[o]) continue;
        for (size_t i = 0; i < sizeof in / sizeof *in; i++)
            if (in[i] && outfile_same(out[o], in[i])) return diag_set(d, "%s: expected an output file that is not an input", out[o]);
        for (int i = 0; i < o; i++)
            if (out[i] && outfile_same(out[o], out[i]))
                return diag_set(d, "%s: expected different files for %s and %s", out[o], option[i], option[o]);
        if (outfile_check(out[o], d)) return -1;
    }
    return 0;
}

/* "measured on l8, 1 us is 1 cycle: lacuna fc W.npy X.npy, csc" */
static int write_trace(const job *j, diag *d)
{
    const options *o = &j->o;
    char           title[1024];
    snprintf(title, sizeof title, "%s on %s, 1 us is 1 cycle: lacuna fc %.300s %.300s, %s",
             j->mach.kind == MACHINE_RTL ? "measured" : "predicted", j->mach.cfg.name, o->w, o->x, host_format_name(j->format));
    return trace_write(&j->trace, o->g->trace, title, d);
}

static int fc(job *j)
{
    static const npy_type out_type[] = { [LAC_INT8] = NPY_INT8, [LAC_UINT8] = NPY_UINT8, [LAC_INT16] = NPY_INT16, [LAC_RAW] = NPY_INT64 };
    cli_globals *g = j->o.g;
    runner_plan  plan;
    diag         d;
    int          code;
    if (check_outputs(j, &d) || load_operands(j, &d) || load_requant(j, &d) || shape_weights(j, &d))
        return cli_fail(g, CLI_INPUT, d.text);
    if ((code = (int)machine_open(&j->mach, g->port, g->config, &d)) != 0) return cli_fail(g, code, d.text);
    if (j->o.latency) j->mach.timing.rd_latency = j->o.latency;
    if (!g->quiet) machine_progress(&j->mach);
    if (choose(j, &d) || plan_job(j, &plan, &d)) return cli_fail(g, CLI_INPUT, d.text);
    if ((code = execute(j, &plan)) != 0) return code;

    const size_t dim[2] = { j->x.dim[0], j->m.rows };
    if (npy_save(j->o.y, out_type[j->o.out], 2, dim, j->result, &d)) return cli_fail(g, CLI_INPUT, d.text);
    if (g->stats && cli_stats_write(g->stats, stats(j), &d)) return cli_fail(g, CLI_INPUT, d.text);
    if (g->trace && write_trace(j, &d)) return cli_fail(g, CLI_INPUT, d.text);
    report(j);
    return CLI_OK;
}

int cmd_fc(cli_globals *g, int argc, char **argv)
{
    static const struct argp_child children[] = { { &cli_globals_argp, 0, 0, 0 }, { 0 } };
    static const struct argp argp = {
        options_, parse, "W.npy X.npy -o Y.npy",
        "Fully connected layer or SpMM: Y[n,k] = sum over c of W[k,c] (X[n,c] - z).\v"
        "W [K, C] is int8 or int16 (csc: at most 15 distinct non-zero values), or float32 with --cluster; X [N, C] is int8, uint8 or int16.",
        children, 0, 0,
    };
    job j;
    memset(&j, 0, sizeof j);
    j.o.g = g;
    j.o.format = HOST_AUTO;
    j.o.repeat = 1;
    argp_parse(&argp, argc, argv, 0, NULL, &j.o);
    const int code = fc(&j);
    release(&j);
    return code;
}
