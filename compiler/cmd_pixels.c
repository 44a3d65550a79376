/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_pixels.c - lacuna pixels: an image to the list of its active pixels, or back. No machine takes part */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "cloud.h"
#include "npy.h"
#include "outfile.h"

typedef struct {
    cli_globals *g;
    const char  *first, *second; /* the image, or COORDS and FEATS */
    const char  *out, *features, *rest;
    uint32_t     shape[3];
    int          back; /* --shape: the image is made */
    int32_t      zero;
} options;

typedef struct {
    options    o;
    npy_array  x, rest; /* the image; FEATS */
    cloud      c;
    lac_pixels p;
    lac_site  *sites;
    void      *y; /* features; the image */
    uint32_t   n;
} job;

/* ---- Options --------------------------------------------------------------------------------------- */

enum { KEY_FEATURES = 256, KEY_SHAPE, KEY_ZERO, KEY_REST };

static const struct argp_option options_[] = {
    { "output", 'o', "FILE.npy", 0, "Result; required: COORDS, int32 [V, 4]: image, 0, y, x, ascending; back: the image", 0 },
    { "features", KEY_FEATURES, "F.npy", 0, "Result [V, C]: all channels of the active pixels; required, but back", 0 },
    { "zero-point", KEY_ZERO, "Z", 0, "What a channel without anything holds (default 0)", 0 },
    { "shape", KEY_SHAPE, "N,H,W", 0, "Back: COORDS and FEATS to an image [N, H, W, C]", 0 },
    { "rest", KEY_REST, "R.npy", 0, "Back: [C], what pixels hold that are not listed (default Z each)", 0 },
    { 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = o->g; break;
    case 'o':           o->out = arg; break;
    case KEY_FEATURES:  o->features = arg; break;
    case KEY_ZERO:      o->zero = (int32_t)cli_integer(state, "--zero-point", arg, -32768, 32767); break;
    case KEY_REST:      o->rest = arg; break;
    case KEY_SHAPE:
        if (!strchr(arg, ',')) argp_error(state, "--shape '%s': expected N,H,W", arg);
        cli_list(state, "--shape", arg, o->shape, 3, 1, 32768);
        o->back = 1;
        break;
    case ARGP_KEY_ARG: cli_two_files(state, arg, &o->first, &o->second); break;
    case ARGP_KEY_END:
        if (!o->first || (o->back && !o->second)) argp_error(state, o->back ? "expected two files, COORDS.npy and FEATS.npy" : "expected a file, IMAGE.npy");
        if (!o->back && o->second) argp_error(state, "unexpected argument '%s', expected one file, or two and --shape", o->second);
        if (!o->out) argp_error(state, "expected -o %s.npy", o->back ? "IMAGE" : "COORDS");
        if (!o->back && !o->features) argp_error(state, "expected --features F.npy");
        if (o->back && o->features) argp_error(state, "--features: FEATS.npy is the second file");
        if (!o->back && o->rest) argp_error(state, "--rest: expected --shape with it");
        if (o->back && o->shape[0] > 256) argp_error(state, "--shape: %" PRIu32 " images, expected at most 256", o->shape[0]);
        if (o->g->stats) argp_error(state, "--stats: nothing runs here");
        if (o->g->trace) argp_error(state, "--trace: nothing runs here");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* ---- Files ----------------------------------------------------------------------------------------- */

enum { TYPES = NPY_IS(NPY_INT8) | NPY_IS(NPY_UINT8) | NPY_IS(NPY_INT16) };

static int set_type(job *j, const char *file, diag *d)
{
    static const struct { npy_type of; lac_type type; int32_t lo, hi; } table[] = {
        { NPY_INT8, LAC_INT8, -128, 127 }, { NPY_UINT8, LAC_UINT8, 0, 255 }, { NPY_INT16, LAC_INT16, -32768, 32767 }, { NPY_INT64, LAC_RAW, 0, 0 }
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].of != j->x.type) continue;
        if (j->o.zero < table[i].lo || j->o.zero > table[i].hi)
            return diag_set(d, "--zero-point %" PRId32 ": expected %" PRId32 " .. %" PRId32 ", %s holds %s", j->o.zero, table[i].lo, table[i].hi, file, npy_type_name(j->x.type));
        j->p.type = table[i].type;
        j->p.zero = j->o.zero;
    }
    return 0;
}

static int list(job *j, diag *d)
{
    const char *file = j->o.first;
    char        text[192];
    if (npy_load(file, TYPES | NPY_IS(NPY_INT64), &j->x, d)) return -1;
    const size_t *dim = j->x.dim;
    if (j->x.ndim != 4 || dim[0] > 256 || dim[1] > 32768 || dim[2] > 32768 || dim[3] > 65535)
        return diag_set(d, "%s: shape %s, expected [N, H, W, C]: at most 256 images of 32768 x 32768 pixels and 65535 channels", file,
                        npy_shape(j->x.ndim, dim, text, sizeof text));
    j->p = (lac_pixels){ .images = (uint32_t)dim[0], .rows = (uint32_t)dim[1], .pixels = (uint32_t)dim[2], .channels = (uint32_t)dim[3] };
    if (set_type(j, file, d)) return -1;
    if (lac_pixels_list(&j->p, j->x.data, NULL, NULL, 0, &j->n)) return diag_set(d, "%s: more than %d active pixels", file, LAC_COORDS_MOST);
    j->sites = malloc((size_t)(j->n ? j->n : 1) * sizeof *j->sites);
    j->y = malloc((size_t)(j->n ? j->n : 1) * dim[3] * npy_type_size(j->x.type));
    if (!j->sites || !j->y || lac_pixels_list(&j->p, j->x.data, j->sites, j->y, j->n, &j->n)) return diag_set(d, "%s: not enough memory", file);
    const size_t coords[2] = { j->n, 4 }, features[2] = { j->n, dim[3] };
    return npy_save(j->o.out, NPY_INT32, 2, coords, j->sites, d) || npy_save(j->o.features, j->x.type, 2, features, j->y, d);
}

static int image(job *j, diag *d)
{
    const options *o = &j->o;
    uint32_t       where;
    char           text[192];
    if (cloud_load(o->first, 0, NULL, &j->c, d) || npy_load(o->second, TYPES | NPY_IS(NPY_INT64) | NPY_EMPTY, &j->x, d)) return -1;
    j->n = j->c.n;
    const npy_array *f = &j->x;
    if (f->ndim != 2 || f->dim[0] != j->n || f->dim[1] > 65535)
        return diag_set(d, "%s: shape %s, expected [%" PRIu32 ", C], a row for each voxel of %s", o->second, npy_shape(f->ndim, f->dim, text, sizeof text), j->n, o->first);
    j->p = (lac_pixels){ .images = o->shape[0], .rows = o->shape[1], .pixels = o->shape[2], .channels = (uint32_t)f->dim[1] };
    if (set_type(j, o->second, d)) return -1;
    if (o->rest) {
        if (npy_load(o->rest, NPY_IS(f->type), &j->rest, d)) return -1;
        if (j->rest.ndim != 1 || j->rest.dim[0] != f->dim[1])
            return diag_set(d, "%s: shape %s, expected [%zu], a number for each channel of %s", o->rest, npy_shape(j->rest.ndim, j->rest.dim, text, sizeof text), f->dim[1], o->second);
    }
    const uint64_t bytes = (uint64_t)o->shape[0] * o->shape[1] * o->shape[2] * f->dim[1] * npy_type_size(f->type);
    j->y = bytes <= SIZE_MAX ? malloc((size_t)bytes) : NULL;
    if (!j->y) return diag_set(d, "not enough memory for an image of %" PRIu64 " bytes", bytes);
    if (lac_pixels_image(&j->p, j->c.site, f->data, j->n, j->rest.data, j->y, &where)) {
        const lac_site *s = &j->c.site[where];
        return diag_set(d, "%s: voxel %" PRIu32 " (byte %zu) is (%" PRId32 ", %" PRId32 ", %" PRId32 ", %" PRId32 "), expected a pixel of --shape: image 0 .. %" PRIu32 ", 0, y 0 .. %" PRIu32
                        ", x 0 .. %" PRIu32, o->first, where, j->c.a.offset + 16 * (size_t)where, s->batch, s->z, s->y, s->x, o->shape[0] - 1, o->shape[1] - 1, o->shape[2] - 1);
    }
    const size_t dim[4] = { o->shape[0], o->shape[1], o->shape[2], f->dim[1] };
    return npy_save(o->out, f->type, 4, dim, j->y, d);
}

int cmd_pixels(cli_globals *g, int argc, char **argv)
{
    static const struct argp_child children[] = { { &cli_globals_argp, 0, 0, 0 }, { 0 } };
    static const struct argp argp = {
        options_, parse, "IMAGE.npy -o COORDS.npy --features F.npy\nCOORDS.npy FEATS.npy --shape N,H,W -o IMAGE.npy",
        "An image to the list of its active pixels, those with a channel that is not Z, or back.\v"
        "IMAGE is [N, H, W, C], int8, uint8, int16 or int64. A list's convolutions are `lacuna sconv' with kernels of [K, 1, KY, KX, C]; what a bias gives where "
        "no output is listed is --rest.",
        children, 0, 0,
    };
    static const char *const option[] = { "-o", "--features" };
    job  j;
    diag d;
    memset(&j, 0, sizeof j);
    j.o.g = g;
    argp_parse(&argp, argc, argv, 0, NULL, &j.o);
    const char *in[] = { j.o.first, j.o.second, j.o.rest }, *out[] = { j.o.out, j.o.features };
    const int err = outfile_check_all(option, out, 2, in, 3, &d) || (j.o.back ? image(&j, &d) : list(&j, &d));
    if (!err && !g->quiet)
        printf("%s: %" PRIu32 " active of %" PRIu64 " pixels\n", j.o.out, j.n, (uint64_t)j.p.images * j.p.rows * j.p.pixels);
    npy_free(&j.x);
    npy_free(&j.rest);
    cloud_free(&j.c);
    free(j.sites);
    free(j.y);
    return err ? cli_fail(g, CLI_INPUT, d.text) : CLI_OK;
}
