/* SPDX-License-Identifier: Apache-2.0
 *
 * layer.c - options, files, statistics and results of a layer: see layer.h */
#include "layer.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "outfile.h"

/* ---- Options --------------------------------------------------------------------------------------- */

enum {
    KEY_ZERO_IN = 512, KEY_BIAS, KEY_MULTIPLIER, KEY_SHIFT, KEY_ZERO_OUT, KEY_CLAMP, KEY_OUT_TYPE, KEY_FORMAT, KEY_PRUNE,
    KEY_CLUSTER, KEY_INPUT_AS, KEY_OUTPUT_AS, KEY_REPEAT, KEY_RESIDENT, KEY_STREAM, KEY_LATENCY
};

static const struct argp_option options_[] = {
    { 0, 0, 0, 0, "Operands:", 1 },
    { "input-zero-point", KEY_ZERO_IN, "Z", 0, "Subtracted from X first (default 0)", 1 },
    { "format", KEY_FORMAT, "F", 0, "csc, csc8, 1:4, 2:4, 3:4, 4:4, or auto (default): the legal one with the fewest cycles", 1 },
    { "prune", KEY_PRUNE, 0, 0, "Keep the N largest magnitudes of each group of an N:4 format", 1 },
    { "cluster", KEY_CLUSTER, 0, 0, "Make float32 weights a codebook of 15 values by k-means, for csc", 1 },
    { "input-as", KEY_INPUT_AS, "A", 0, "X in device memory: dense (default), list (compressed lists: 4 bytes for each element that is not Z), or auto: what is fewer bytes", 1 },
    { 0, 0, 0, 0, "Output (without any of these: exact accumulators, int64):", 2 },
    { "bias", KEY_BIAS, "B.npy", 0, "int32 [K] (default 0)", 2 },
    { "multiplier", KEY_MULTIPLIER, "M.npy", 0, "int32 [K] or scalar, 0 .. 2^31-1; with --shift (default of both: times 1)", 2 },
    { "shift", KEY_SHIFT, "S.npy", 0, "int8 [K] or scalar, 1 .. 62", 2 },
    { "zero-point", KEY_ZERO_OUT, "Z", 0, "Added after the shift (default 0)", 2 },
    { "clamp", KEY_CLAMP, "LO,HI", 0, "Limits of the result (default: those of its type)", 2 },
    { "out-type", KEY_OUT_TYPE, "T", 0, "int8 (default), uint8 or int16", 2 },
    { 0, 0, 0, 0, "Running:", 3 },
    { "output-as", KEY_OUTPUT_AS, "A", 0, "Y in device memory: dense (default) or list; a list needs one of the output options", 3 },
    { "repeat", KEY_REPEAT, "N", 0, "Run the job N times back to back and compare the results", 3 },
    { "resident", KEY_RESIDENT, 0, 0, "Load the weights before the clock starts, or fail (default: where they fit)", 3 },
    { "stream", KEY_STREAM, 0, 0, "Load the weights within the job", 3 },
    { "memory-latency", KEY_LATENCY, "N", 0, CLI_LATENCY_HELP, 3 },
    { 0 },
};

void layer_check_options(layer_options *o, struct argp_state *state)
{
    int32_t lo, hi;
    if (!o->w || !o->x) argp_error(state, "expected two files, W.npy and X.npy");
    if (!o->y) argp_error(state, "expected -o Y.npy");
    if (!o->multiplier != !o->shift) argp_error(state, "expected --multiplier and --shift together");
    if (o->prune && !host_format_n(o->format)) argp_error(state, "--prune: expected --format 1:4, 2:4, 3:4 or 4:4 with it");
    if (o->cluster && o->format != HOST_AUTO && o->format != HOST_CSC) argp_error(state, "--cluster: expected --format csc with it");
    if (o->cluster) o->format = HOST_CSC;
    if (o->y_as == LAYER_LIST && !o->requant) argp_error(state, "--output-as list: expected an output option with it (exact accumulators are dense)");
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

layer_as layer_parse_as(struct argp_state *state, const char *option, const char *text, int fewer)
{
    if (!strcmp(text, "dense")) return LAYER_DENSE;
    if (!strcmp(text, "list")) return LAYER_LIST;
    if (!fewer || strcmp(text, "auto")) argp_error(state, "%s '%s': expected dense%s", option, text, fewer ? ", list or auto" : " or list");
    return LAYER_FEWER;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    layer_options *o = state->input;
    if (key >= KEY_BIAS && key <= KEY_OUT_TYPE) o->requant = 1;
    switch (key) {
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
    case KEY_INPUT_AS:  o->x_as = layer_parse_as(state, "--input-as", arg, 1); break;
    case KEY_OUTPUT_AS: o->y_as = layer_parse_as(state, "--output-as", arg, 0); break;
    case KEY_REPEAT:  o->repeat = (uint32_t)cli_integer(state, "--repeat", arg, 1, 100000); break;
    case KEY_RESIDENT:
    case KEY_STREAM: {
        const layer_placement p = key == KEY_STREAM ? LAYER_STREAM : LAYER_RESIDENT;
        if (o->place != LAYER_AUTO && o->place != p) argp_error(state, "--resident and --stream exclude each other");
        o->place = p;
        break;
    }
    case KEY_LATENCY: o->latency = cli_latency(state, arg); break;
    case ARGP_KEY_ARG: cli_two_files(state, arg, &o->w, &o->x); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

const struct argp layer_argp = { options_, parse, 0, 0, 0, 0, 0 };

/* ---- Files ----------------------------------------------------------------------------------------- */

const char *layer_element(const char *file, const npy_array *a, size_t i, char *buf, size_t cap)
{
    const size_t byte = a->offset + i * npy_type_size(a->type);
    char         index[160] = "";
    int          at = 0;
    for (unsigned k = 0; k < a->ndim; k++) {
        size_t inner = 1;
        for (unsigned n = k + 1; n < a->ndim; n++) inner *= a->dim[n];
        at += snprintf(index + at, sizeof index - (size_t)at, "%s%zu", k ? ", " : "", i / inner % a->dim[k]);
    }
    snprintf(buf, cap, "%s: element [%s] (byte %zu)", file, a->ndim ? index : "0", byte);
    return buf;
}

unsigned layer_weight_types(const layer_options *o)
{
    const unsigned ints = NPY_IS(NPY_INT8) | NPY_IS(NPY_INT16), any = ints | NPY_IS(NPY_FLOAT32);
    return o->cluster ? NPY_IS(NPY_FLOAT32) : o->format == HOST_CSC || o->format == HOST_AUTO ? any : NPY_IS(NPY_INT8);
}

int layer_check_weights(const layer *l, diag *d)
{
    const layer_options *o = &l->o;
    char                 where[256];
    if (l->w.type == NPY_FLOAT32 && !o->cluster)
        return diag_set(d, "%s: byte 10: dtype float32, expected int8 or int16, or --cluster", o->w);
    if (!o->cluster) return 0;
    const size_t at = host_not_finite(l->w.data, l->w.count);
    if (at == l->w.count) return 0;
    return diag_set(d, "%s is %g, expected a finite number", layer_element(o->w, &l->w, at, where, sizeof where),
                    (double)((const float *)l->w.data)[at]);
}

int layer_load_vector(const char *file, npy_type type, int scalar, uint32_t rows, int64_t lo, int64_t hi, npy_array *a, diag *d)
{
    char shape[192], where[256];
    if (npy_load(file, NPY_IS(type), a, d)) return -1;
    if (!(a->ndim == 1 && a->dim[0] == rows) && !(scalar && a->ndim <= 1 && a->count == 1))
        return diag_set(d, "%s: shape %s, expected (%" PRIu32 ",)%s, one value for each output channel", file,
                        npy_shape(a->ndim, a->dim, shape, sizeof shape), rows, scalar ? " or ()" : "");
    for (size_t i = 0; i < a->count; i++)
        if (npy_int(a, i) < lo || npy_int(a, i) > hi)
            return diag_set(d, "%s is %" PRId64 ", expected %" PRId64 " .. %" PRId64, layer_element(file, a, i, where, sizeof where),
                            npy_int(a, i), lo, hi);
    return 0;
}

int layer_load_requant(layer *l, diag *d)
{
    const layer_options *o = &l->o;
    const uint32_t       rows = (uint32_t)l->w.dim[0];
    l->rq.m0 = 2; /* (acc * 2 + 1) / 2 = acc */
    l->rq.s0 = 1;
    if (o->bias) {
        if (layer_load_vector(o->bias, NPY_INT32, 0, rows, INT32_MIN, INT32_MAX, &l->bias, d)) return -1;
        l->rq.bias = l->bias.data;
    }
    if (!o->multiplier) return 0;
    if (layer_load_vector(o->multiplier, NPY_INT32, 1, rows, 0, INT32_MAX, &l->multiplier, d)) return -1;
    if (layer_load_vector(o->shift, NPY_INT8, 1, rows, 1, 62, &l->shift, d)) return -1;
    if (l->multiplier.count == rows) l->rq.multiplier = l->multiplier.data;
    else l->rq.m0 = (int32_t)npy_int(&l->multiplier, 0);
    if (l->shift.count == rows) l->rq.shift = l->shift.data;
    else l->rq.s0 = (int8_t)npy_int(&l->shift, 0);
    return 0;
}

/* ---- Weights --------------------------------------------------------------------------------------- */

int layer_weights(layer *l, host_matrix *m, diag *d)
{
    *m = (host_matrix){ (uint32_t)l->w.dim[0], (uint32_t)(l->w.count / l->w.dim[0]), NULL, NULL };
    if (l->o.cluster) {
        l->clustered = malloc(l->w.count * sizeof *l->clustered);
        if (!l->clustered || host_cluster(l->w.data, l->w.count, l->clustered, &l->clusters)) return diag_set(d, "%s: not enough memory", l->o.w);
        m->w16 = l->clustered;
    } else if (l->w.type == NPY_INT16) {
        m->w16 = l->w.data;
    } else {
        m->w8 = l->w.data;
    }
    return 0;
}

/* A group of four of `m` has too many: which weights of the file these are. */
static int refuse_group(const layer *l, const host_matrix *m, size_t where, diag *d)
{
    const size_t   outs = l->w.dim[0] / l->groups, ins = l->w.dim[l->w.ndim - 1]; /* channels of a group of the layer */
    const size_t   row = where / m->cols, tap = where % m->cols / l->channels, c = where % m->cols % l->channels;
    const size_t   c0 = row / outs * ins, first = c > c0 ? c - c0 : 0;
    const size_t   at = (row * l->taps + tap) * ins + first;
    const uint32_t n = host_format_n(l->o.format);
    size_t         last = c + 4 < l->channels ? c + 3 : l->channels - 1, i = at, rest[6] = { 0 };
    char           index[160] = "";
    int            nz = 0, len = 0;
    for (size_t k = c; k <= last; k++) nz += host_weight(m, where + k - c) != 0;
    last = (last < c0 + ins ? last : c0 + ins - 1) - c0;
    for (unsigned k = l->w.ndim; k-- > 0; i /= l->w.dim[k]) rest[k] = i % l->w.dim[k];
    for (unsigned k = 0; k + 1 < l->w.ndim; k++) len += snprintf(index + len, sizeof index - (size_t)len, "%zu, ", rest[k]);
    return diag_set(d, "%s: group [%s%zu..%zu] (byte %zu) has %d non-zero weights, expected at most %" PRIu32 " for format %s (--prune "
                    "keeps the largest)", l->o.w, index, first, last, l->w.offset + at, nz, n, host_format_name(l->o.format));
}

int layer_shape(layer *l, const host_matrix *given, const host_matrix *m, int8_t *editable, diag *d)
{
    const layer_options *o = &l->o;
    const uint32_t       n = host_format_n(o->format);
    char                 at[256];
    size_t               where;
    host_codes           codes;
    if (o->prune) l->pruned = host_nm_prune(editable, m->rows, m->cols, n);
    if (n && host_nm_check(m, n, &where)) return refuse_group(l, m, where, d);
    if ((o->format == HOST_CSC || (o->format == HOST_AUTO && m->w16)) && host_collect(given, &codes, &where))
        return diag_set(d, "%s is the 16th distinct non-zero value (%d), expected at most %d for %s",
                        layer_element(o->w, &l->w, where, at, sizeof at), host_weight(given, where), HOST_MAX_CODES,
                        o->format == HOST_CSC ? "format csc" : "int16 weights (format csc)");
    return 0;
}

int layer_has_format(const layer *l, diag *d)
{
    if (l->o.format == HOST_AUTO || l->mach.dev.caps.formats & 1u << host_format_driver(l->o.format)) return 0;
    return diag_set(d, "--format %s: configuration %s does not have it", host_format_name(l->o.format), l->mach.cfg.name);
}

/* ---- Results --------------------------------------------------------------------------------------- */

/* [bytes] of parameters and codebook. */
static uint64_t table_bytes(const layer *l, const lac_layer *of)
{
    const lac_caps *caps = &l->mach.dev.caps;
    return traffic_dense(caps, of->rows * 16, LAC_INT8) + (of->format == LAC_CSC ? traffic_dense(caps, 32, LAC_INT8) : 0);
}

/* What every tensor would move once, and what moved. */
static void add_bytes(cJSON *s, const layer *l)
{
    const traffic       *t = &l->read;
    const runner_totals *n = &l->run.sum;
    const uint64_t       beat = l->mach.dev.caps.data_w / 8, others = t->input_bytes + t->residual_bytes + t->factor_bytes + t->command_bytes;
    uint64_t             weights = l->weight_bytes;
    for (uint32_t i = 0; i < l->n_slices; i++) weights += table_bytes(l, &l->slices[i].layer);
    cJSON *once = cJSON_AddObjectToObject(s, "tensor_bytes"), *moved = cJSON_AddObjectToObject(s, "moved_bytes");
    cli_stats_u64(once, "input", l->x_bytes);
    cli_stats_u64(once, "weights", weights);
    cli_stats_u64(once, "residual", l->residual.bytes);
    cli_stats_u64(once, "factors", l->factor_bytes);
    cli_stats_u64(once, "output", l->y_bytes);
    cli_stats_u64(moved, "input", t->input_bytes);
    cli_stats_u64(moved, "weights", t->unknown ? n->rd_beats * beat - others : t->weight_bytes);
    cli_stats_u64(moved, "residual", t->residual_bytes);
    cli_stats_u64(moved, "factors", t->factor_bytes);
    cli_stats_u64(moved, "output", n->wr_beats * beat);
    cli_stats_u64(moved, "commands", t->command_bytes);
}

cJSON *layer_stats(const layer *l)
{
    const layer_options *o = &l->o;
    const int      timed = l->mach.kind != MACHINE_MODEL;
    cJSON         *s = cli_stats_new(o->g, &l->mach, &l->run, &l->trace);
    uint64_t       nonzeros = 0, padding = 0, blocks = 0;
    const uint64_t needed = l->needed_macs * o->repeat;
    for (uint32_t i = 0; i < l->n_slices; i++) {
        nonzeros += l->slices[i].layer.nonzeros;
        padding += l->slices[i].layer.padding;
        blocks += l->slices[i].layer.tiles;
    }
    if (l->predicted) cli_stats_u64(s, "predicted_cycles", l->predicted);
    else cJSON_AddNullToObject(s, "predicted_cycles");
    if (l->bound) cJSON_AddStringToObject(s, "bound", l->bound);
    else cJSON_AddNullToObject(s, "bound");
    cJSON_AddStringToObject(s, "format", host_format_name(l->format));
    cli_stats_u64(s, "needed_macs", needed);
    cli_stats_u64(s, "dense_macs", l->dense_macs * o->repeat);
    if (timed && l->run.sum.cycles)
        cJSON_AddNumberToObject(s, "utilisation", (double)needed / ((double)l->mach.dev.caps.lanes * (double)l->run.sum.cycles));
    else
        cJSON_AddNullToObject(s, "utilisation");
    if (nonzeros) cJSON_AddNumberToObject(s, "weight_bits_per_nonzero", 8.0 * (double)l->weight_bytes / (double)nonzeros);
    else cJSON_AddNullToObject(s, "weight_bits_per_nonzero");
    cli_stats_u64(s, "weight_nonzeros", nonzeros);
    cli_stats_u64(s, "weight_padding", padding);
    cli_stats_u64(s, "weight_blocks", blocks);
    cli_stats_u64(s, "pruned", l->pruned);
    cli_stats_u64(s, "lane_cycles", l->lane_cycles * o->repeat);
    cJSON_AddBoolToObject(s, "resident", l->resident);
    cli_stats_u64(s, "repeat", o->repeat);
    if (o->repeat > 1 && timed && l->run.sum.marks == o->repeat)
        cJSON_AddNumberToObject(s, "throughput_cycles", (double)(l->run.sum.mark_last - l->run.sum.mark_first) / (o->repeat - 1));
    else if (o->repeat > 1)
        cJSON_AddNullToObject(s, "throughput_cycles");
    if (o->cluster) {
        cJSON_AddNumberToObject(s, "weight_scale", l->clusters.scale);
        cJSON_AddNumberToObject(s, "cluster_rms_error", l->clusters.rms);
        cJSON_AddNumberToObject(s, "cluster_max_error", l->clusters.max);
    }
    return s;
}

/* Those of tensors in rows too. */
static cJSON *stats(const layer *l)
{
    cJSON *s = layer_stats(l);
    cJSON_AddStringToObject(s, "storage", l->rows ? "taps as rows" : l->by_column ? "columns" : "packed");
    cli_stats_u64(s, "folded_pixels", l->fold);
    cJSON_AddStringToObject(s, "input_as", l->x_list ? "list" : "dense");
    cJSON_AddStringToObject(s, "output_as", l->o.y_as == LAYER_LIST ? "list" : "dense");
    add_bytes(s, l);
    return s;
}

int layer_save(const layer *l, diag *d)
{
    static const npy_type type[] = { [LAC_INT8] = NPY_INT8, [LAC_UINT8] = NPY_UINT8, [LAC_INT16] = NPY_INT16, [LAC_RAW] = NPY_INT64 };
    return npy_save(l->o.y, type[l->o.out], l->out_ndim, l->out_dim, l->result, d);
}

static void report(const layer *l)
{
    const layer_options *o = &l->o;
    if (o->g->quiet) return;
    if (o->cluster)
        printf("cluster: %u values, scale %.9g (of a weight of 1), rms error %.6g, largest error %.6g\n", l->clusters.n,
               l->clusters.scale, l->clusters.rms, l->clusters.max);
    if (o->prune) printf("prune: %" PRIu64 " non-zero weights set to 0 for %s\n", l->pruned, host_format_name(l->format));
    printf("%s: [", o->y);
    for (unsigned i = 0; i < l->out_ndim; i++) printf("%s%zu", i ? ", " : "", l->out_dim[i]);
    printf("] from %zu channels, format %s, %s", l->x.dim[l->x.ndim - 1], host_format_name(l->format), l->resident ? "resident" : "streamed");
    if (o->repeat > 1) printf(", %" PRIu32 " times", o->repeat);
    if (l->mach.kind != MACHINE_MODEL) printf(", %" PRIu64 " cycles", l->run.sum.cycles);
    putchar('\n');
}

/* -1, and a sentence: an output file is also an input or another output, or cannot be written. */
static int check_outputs(const layer *l, diag *d)
{
    enum { OUTPUTS = 3 };
    static const char *const option[OUTPUTS] = { "-o", "--stats", "--trace" };
    const char *in[] = { l->o.w, l->o.x, l->o.bias, l->o.multiplier, l->o.shift, l->o.others[0], l->o.others[1] }, *out[OUTPUTS] = { l->o.y, l->o.g->stats, l->o.g->trace };
    return outfile_check_all(option, out, OUTPUTS, in, sizeof in / sizeof *in, d);
}

/* "measured on l8, 1 us is 1 cycle: lacuna fc W.npy X.npy, csc" */
static int write_report(const layer *l, diag *d)
{
    const layer_options *o = &l->o;
    char           title[1024];
    snprintf(title, sizeof title, "%s on %s, 1 us is 1 cycle: lacuna %s %.300s %.300s, %s",
             l->mach.kind == MACHINE_RTL ? "measured" : "predicted", l->mach.cfg.name, l->kind->name, o->w, o->x, host_format_name(l->format));
    return cli_report(o->g, o->g->stats ? stats(l) : NULL, &l->trace, title, d);
}

/* ---- All of it ------------------------------------------------------------------------------------- */

void layer_init(layer *l, const layer_kind *kind, cli_globals *g)
{
    memset(l, 0, sizeof *l);
    l->kind = kind;
    l->o.g = g;
    l->o.format = HOST_AUTO;
    l->o.repeat = 1;
    l->taps = l->groups = l->fold = 1;
    l->x_lines = l->y_lines = l->y_pixels = 1;
    l->row_step = 1;
    l->max_rows = HOST_MAX_DIM;
}

int layer_main(layer *l)
{
    cli_globals *g = l->o.g;
    runner_plan  plan;
    diag         d;
    int          code;
    if (check_outputs(l, &d) || l->kind->load(l, &d)) return cli_fail(g, CLI_INPUT, d.text);
    if ((code = cli_open(g, &l->mach, l->o.latency)) != 0) return code;
    code = l->kind->prepare(l, &d);
    while (!code && layer_plan(l, &plan, &d)) code = l->kind->otherwise ? l->kind->otherwise(l, &d) : 1;
    if (code) return cli_fail(g, CLI_INPUT, d.text);
    if ((code = layer_execute(l, &plan)) != 0) return code;

    if (layer_save(l, &d) || write_report(l, &d)) return cli_fail(g, CLI_INPUT, d.text);
    report(l);
    return CLI_OK;
}

void layer_free(layer *l)
{
    npy_free(&l->w);
    npy_free(&l->x);
    npy_free(&l->bias);
    npy_free(&l->multiplier);
    npy_free(&l->shift);
    host_uses_free(&l->uses);
    runner_free(&l->run);
    trace_free(&l->trace);
    machine_close(&l->mach);
    free(l->clustered);
    layer_free_slices(l);
    free(l->jobs);
    free(l->result);
}
