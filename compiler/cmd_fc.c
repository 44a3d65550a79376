/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_fc.c - lacuna fc: Y[n, k] = sum over c of W[k, c] (X[n, c] - z), exact or requantised
 *
 *   What is not common to all layers (layer.h): the options of storage and tiles, and how format, storage and tiles are chosen */
#include <string.h>
#include "choose.h"
#include "layer.h"
#include "operands.h"

typedef enum { STORE_AUTO, STORE_PACKED, STORE_COLUMNS } storage;

typedef struct {
    layer    l; /* first */
    storage  store;
    uint32_t tiles; /* 0: as many as take the fewest cycles */
} fc;

/* ---- Options --------------------------------------------------------------------------------------- */

enum { KEY_STORAGE = 256, KEY_TILES };

static const struct argp_option options_[] = {
    { "output", 'o', "Y.npy", 0, "Result [N, K]; required", 0 },
    { "storage", KEY_STORAGE, "S", 0, "Of csc and csc8 in memory: packed, columns (streamed; one point then fetches only the columns it needs), "
      "or auto (default): columns where that takes fewer cycles", 3 },
    { "tiles", KEY_TILES, "N", 0, "Stream the weights in about N tiles, 1: as few as fit (default: as many as take the fewest cycles)", 3 },
    { 0 },
};

/* What can only be said when all options are known. */
static void check_options(fc *f, struct argp_state *state)
{
    layer_options *o = &f->l.o;
    layer_check_options(o, state);
    if (f->store == STORE_COLUMNS && host_format_n(o->format)) argp_error(state, "--storage columns: expected --format csc or csc8 with it");
    if (f->store == STORE_COLUMNS && o->place == LAYER_RESIDENT) argp_error(state, "--storage columns and --resident exclude each other");
    if (f->tiles && o->place == LAYER_RESIDENT) argp_error(state, "--tiles and --resident exclude each other");
    if (f->store == STORE_COLUMNS || f->tiles) o->place = LAYER_STREAM;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    fc *f = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &f->l.o;
        state->child_inputs[1] = f->l.o.g;
        break;
    case 'o': f->l.o.y = arg; break;
    case KEY_STORAGE:
        if (!strcmp(arg, "auto")) f->store = STORE_AUTO;
        else if (!strcmp(arg, "packed")) f->store = STORE_PACKED;
        else if (!strcmp(arg, "columns")) f->store = STORE_COLUMNS;
        else argp_error(state, "--storage '%s': expected packed, columns or auto", arg);
        break;
    case KEY_TILES: f->tiles = (uint32_t)cli_integer(state, "--tiles", arg, 1, 1000); break;
    case ARGP_KEY_END: check_options(f, state); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* ---- The layer ------------------------------------------------------------------------------------- */

static int load(layer *l, diag *d)
{
    const layer_options *o = &l->o;
    if (operands_matrix(o->w, layer_weight_types(o), "[K, C]", HOST_MAX_DIM, &l->w, d) || layer_check_weights(l, d) ||
        operands_input(o->x, o->zero_in, o->w, &l->w, &l->x, &l->in, d) || layer_load_requant(l, d) || layer_weights(l, &l->m, d))
        return -1;
    l->channels = l->m.cols;
    return layer_shape(l, &l->m, &l->m, l->m.w8 ? l->w.data : NULL, d);
}

/* Format, storage and tiles: what was asked for, and where it was left open the fewest predicted cycles. */
static int choose(layer *l, diag *d)
{
    const lac_caps      *caps = &l->mach.dev.caps;
    const fc            *f = (const fc *)l;
    const layer_options *o = &l->o;
    const int            any = o->format == HOST_AUTO, columns_only = f->store == STORE_COLUMNS;
    const axi_mem_timing t = l->mach.timing;
    choose_layer         c = { caps, { .rd_latency = t.rd_latency, .wr_latency = t.wr_latency, .outstanding = t.outstanding }, l->m, l->x.data, l->in,
                               o->out, (int32_t)o->zero_in, l->x.dim[0], f->tiles };
    const unsigned       formats = columns_only ? 1u << HOST_CSC | 1u << HOST_CSC8 : ~0u;
    const int            no_columns = o->place == LAYER_RESIDENT || f->store == STORE_PACKED || (!any && !columns_only && c.points > 1);
    const unsigned       ways = (o->place == LAYER_STREAM ? 0 : 1u << CHOOSE_RESIDENT) |
                                (o->place == LAYER_RESIDENT || columns_only ? 0 : 1u << CHOOSE_STREAMED) |
                                (no_columns ? 0 : 1u << CHOOSE_COLUMNS);
    choose_way           way = CHOOSE_STREAMED;
    choose_cost          cost = { 0 };
    uint64_t             lane_cycles;
    l->x_data = l->x.data;
    l->batch = l->x.dim[0];
    l->x_width = l->m.cols;
    l->y_channels = (uint32_t)l->w.dim[0];
    l->out_ndim = 2;
    l->out_dim[0] = l->batch;
    l->out_dim[1] = l->m.rows;
    l->out_count = l->batch * l->m.rows;
    if (host_uses_count(&l->uses, l->x.data, l->in, (int32_t)o->zero_in, l->x.dim[0], l->m.cols)) return diag_set(d, "not enough memory");
    if (columns_only && !(caps->formats & LAC_HAS_COLUMNS))
        return diag_set(d, "--storage columns: configuration %s does not have it", l->mach.cfg.name);
    if (layer_has_format(l, d)) return -1;

    /* What is one tile is still on chip when the job is repeated. */
    if (!c.tiles && o->repeat > 1) c.tiles = 1;
    l->format = o->format;
    l->by_column = columns_only;
    /* Where the format is given and the weights can be resident there is nothing to choose. */
    if (any || (o->place != LAYER_RESIDENT && !(o->place == LAYER_AUTO && choose_resident(&c, o->format) == 1))) {
        const host_format best = choose_format(&c, any ? formats : 1u << o->format, ways, &way, &cost);
        if (best != HOST_AUTO) {
            l->format = best;
            l->by_column = way == CHOOSE_COLUMNS;
            l->weight_depth = cost.weight_depth;
        } else if (any) { /* perhaps in slices of channels (plan_job()), which are not predicted */
            l->format = host_choose(&l->m, &l->uses, caps->lanes, columns_only ? caps->formats & ~(1u << LAC_NM) : caps->formats, &lane_cycles);
        }
        if (l->format == HOST_AUTO) return diag_set(d, "%s: no format of configuration %s takes it", o->w, l->mach.cfg.name);
    }
    l->lane_cycles = host_cycles(&l->m, l->format, &l->uses, caps->lanes);
    l->needed_macs = host_needed_macs(&l->m, &l->uses);
    l->dense_macs = (uint64_t)l->batch * l->m.cols * l->m.rows;
    return 0;
}

static lac_status build(layer *l, lac_emit emit, void *ctx)
{
    return lac_fc_build(&l->mach.dev.caps, l->jobs, layer_jobs(l), emit, ctx);
}

static int misfit(const layer *l, diag *d)
{
    return diag_set(d, "%s and %s cannot be cut to fit configuration %s", l->o.w, l->o.x, l->mach.cfg.name);
}

int cmd_fc(cli_globals *g, int argc, char **argv)
{
    static const struct argp_child children[] = { { &layer_argp, 0, 0, 0 }, { &cli_globals_argp, 0, 0, 0 }, { 0 } };
    static const struct argp argp = {
        options_, parse, "W.npy X.npy -o Y.npy",
        "Fully connected layer or SpMM: Y[n,k] = sum over c of W[k,c] (X[n,c] - z).\v"
        "W [K, C] is int8 or int16 (csc: at most 15 distinct non-zero values), or float32 with --cluster; X [N, C] is int8, uint8 or int16.",
        children, 0, 0,
    };
    static const layer_kind kind = { "fc", load, choose, build, misfit, NULL };
    fc f = { .store = STORE_AUTO };
    layer_init(&f.l, &kind, g);
    argp_parse(&argp, argc, argv, 0, NULL, &f);
    const int code = layer_main(&f.l);
    layer_free(&f.l);
    return code;
}
