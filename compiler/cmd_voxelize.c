/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_voxelize.c - lacuna voxelize: points to voxels, each once, and the mean of their features. No machine takes part */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "npy.h"
#include "outfile.h"

typedef struct {
    cli_globals *g;
    const char  *points, *coords, *features, *out_features, *index;
    double       size[3];
    int          has_size;
    uint32_t     batch;
} options;

typedef struct {
    options    o;
    npy_array  points, features;
    lac_voxels v;
    uint32_t   voxels;
} job;

/* ---- Options --------------------------------------------------------------------------------------- */

enum { KEY_SIZE = 256, KEY_BATCH, KEY_FEATURES, KEY_OUT_FEATURES, KEY_INDEX };

static const struct argp_option options_[] = {
    { "output", 'o', "COORDS.npy", 0, "Result int32 [V, 4]: batch, z, y, x, ascending, each once; required", 0 },
    { "size", KEY_SIZE, "S", 0, "Edge of a voxel, one number or z,y,x; required", 0 },
    { "batch", KEY_BATCH, "B", 0, "Batch of all points, 0 .. 255 (default 0)", 0 },
    { "features", KEY_FEATURES, "F.npy", 0, "float32 [N, C], of each point", 0 },
    { "out-features", KEY_OUT_FEATURES, "G.npy", 0, "float32 [V, C]: their mean in each voxel", 0 },
    { "out-index", KEY_INDEX, "I.npy", 0, "int32 [N]: the voxel of each point", 0 },
    { 0 },
};

static void parse_size(options *o, struct argp_state *state, const char *text)
{
    const char *at = text;
    int         n = 0, ok = 1, more = 1;
    while (ok && more && n < 3) {
        char *end;
        errno = 0;
        const double v = strtod(at, &end);
        more = *end == ',';
        ok = end > at && (!*end || more) && !errno && v > 0 && v < 1e30;
        o->size[n++] = v;
        at = end + more;
    }
    if (!ok || more || n == 2) argp_error(state, "--size '%s': expected one number above 0, or three with commas", text);
    if (n == 1) o->size[1] = o->size[2] = o->size[0];
    o->has_size = 1;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:    state->child_inputs[0] = o->g; break;
    case 'o':              o->coords = arg; break;
    case KEY_SIZE:         parse_size(o, state, arg); break;
    case KEY_BATCH:        o->batch = (uint32_t)cli_integer(state, "--batch", arg, 0, 255); break;
    case KEY_FEATURES:     o->features = arg; break;
    case KEY_OUT_FEATURES: o->out_features = arg; break;
    case KEY_INDEX:        o->index = arg; break;
    case ARGP_KEY_ARG:
        if (state->arg_num) argp_error(state, "unexpected argument '%s', expected one file", arg);
        o->points = arg;
        break;
    case ARGP_KEY_END:
        if (!o->points) argp_error(state, "expected a file, POINTS.npy");
        if (!o->coords) argp_error(state, "expected -o COORDS.npy");
        if (!o->has_size) argp_error(state, "expected --size");
        if (!o->features != !o->out_features) argp_error(state, "expected --features and --out-features together");
        if (o->g->stats) argp_error(state, "--stats: nothing runs here");
        if (o->g->trace) argp_error(state, "--trace: nothing runs here");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int check_outputs(const options *o, diag *d)
{
    enum { OUTPUTS = 3 };
    static const char *const option[OUTPUTS] = { "-o", "--out-features", "--out-index" };
    const char *in[] = { o->points, o->features }, *out[OUTPUTS] = { o->coords, o->out_features, o->index };
    return outfile_check_all(option, out, OUTPUTS, in, sizeof in / sizeof *in, d);
}

/* ---- Files ----------------------------------------------------------------------------------------- */

static int load(job *j, diag *d)
{
    const options *o = &j->o;
    char           shape[192];
    if (npy_load(o->points, NPY_IS(NPY_FLOAT32) | NPY_EMPTY, &j->points, d)) return -1;
    const npy_array *p = &j->points;
    if (p->ndim != 2 || p->dim[1] != 3)
        return diag_set(d, "%s: shape %s, expected [N, 3]: x, y, z", o->points, npy_shape(p->ndim, p->dim, shape, sizeof shape));
    if (p->dim[0] > LAC_COORDS_MOST) return diag_set(d, "%s: %zu points, expected at most %d", o->points, p->dim[0], LAC_COORDS_MOST);
    if (!o->features) return 0;
    if (npy_load(o->features, NPY_IS(NPY_FLOAT32) | NPY_EMPTY, &j->features, d)) return -1;
    const npy_array *f = &j->features;
    if (f->ndim != 2 || f->dim[0] != p->dim[0] || f->dim[1] > 65535)
        return diag_set(d, "%s: shape %s, expected [%zu, C], a row for each point of %s", o->features, npy_shape(f->ndim, f->dim, shape, sizeof shape), p->dim[0], o->points);
    return 0;
}

static int voxelize(job *j, diag *d)
{
    const options *o = &j->o;
    lac_voxels    *v = &j->v;
    uint32_t       where;
    *v = (lac_voxels){ .points = j->points.data, .n = (uint32_t)j->points.dim[0], .size = { o->size[0], o->size[1], o->size[2] }, .batch = o->batch };
    const size_t n = v->n ? v->n : 1;
    v->sites = malloc(n * sizeof *v->sites);
    v->of_point = malloc(n * sizeof *v->of_point);
    v->count = malloc(n * sizeof *v->count);
    v->scratch = malloc(2 * n * sizeof *v->scratch);
    if (o->features) {
        v->feature = j->features.data;
        v->features = (uint32_t)j->features.dim[1];
        v->mean = malloc(n * v->features * sizeof *v->mean);
    }
    if (!v->sites || !v->of_point || !v->count || !v->scratch || (o->features && !v->mean)) return diag_set(d, "not enough memory for %" PRIu32 " points", v->n);
    if (!lac_voxelize(v, &j->voxels, &where)) return 0;
    const float *p = v->points + 3 * (size_t)where;
    return diag_set(d, "%s: point %" PRIu32 " (byte %zu) is (%g, %g, %g), expected numbers in voxels -32768 .. 32767", o->points, where, j->points.offset + 12 * (size_t)where,
                    (double)p[0], (double)p[1], (double)p[2]);
}

static int save(const job *j, diag *d)
{
    const options *o = &j->o;
    const size_t   sites[2] = { j->voxels, 4 }, mean[2] = { j->voxels, j->v.features }, points[1] = { j->v.n };
    if (npy_save(o->coords, NPY_INT32, 2, sites, j->v.sites, d)) return -1;
    if (o->features && npy_save(o->out_features, NPY_FLOAT32, 2, mean, j->v.mean, d)) return -1;
    return o->index ? npy_save(o->index, NPY_INT32, 1, points, j->v.of_point, d) : 0;
}

int cmd_voxelize(cli_globals *g, int argc, char **argv)
{
    static const struct argp_child children[] = { { &cli_globals_argp, 0, 0, 0 }, { 0 } };
    static const struct argp argp = {
        options_, parse, "POINTS.npy --size S -o COORDS.npy",
        "Points to voxels: the sites floor(p / size), each once.\v"
        "POINTS is float32 [N, 3], columns x, y, z; the division is one of doubles. Means are summed up in double, in the order of the points.",
        children, 0, 0,
    };
    job  j;
    diag d;
    memset(&j, 0, sizeof j);
    j.o.g = g;
    argp_parse(&argp, argc, argv, 0, NULL, &j.o);
    const int err = check_outputs(&j.o, &d) || load(&j, &d) || voxelize(&j, &d) || save(&j, &d);
    if (!err && !g->quiet) printf("%s: %" PRIu32 " voxels of %" PRIu32 " points\n", j.o.coords, j.voxels, j.v.n);
    npy_free(&j.points);
    npy_free(&j.features);
    free(j.v.sites);
    free(j.v.of_point);
    free(j.v.count);
    free(j.v.mean);
    free(j.v.scratch);
    return err ? cli_fail(g, CLI_INPUT, d.text) : CLI_OK;
}
