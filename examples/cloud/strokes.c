/* SPDX-License-Identifier: Apache-2.0
 *
 * strokes.c - see strokes.h */
#include "strokes.h"
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "npy.h"

enum { SIDE = 8, INK = 4 /* [sixteenths] as in train_strokes.py */, PLANES = 2, LEVELS = 4, MOST_PICTURES = 256 * PLANES };
enum { DOWN1, DOWN2, DOWN3, AROUND0, AROUND1 };

static const map_kind maps[] = {
    [DOWN1]   = { "strided 1x2x2 / 2", LAC_STRIDED, { 1, 2, 2 }, { 1, 2, 2 }, 0, 1 },
    [DOWN2]   = { "strided 1x2x2 / 2", LAC_STRIDED, { 1, 2, 2 }, { 1, 2, 2 }, 1, 2 },
    [DOWN3]   = { "strided 1x2x2 / 2", LAC_STRIDED, { 1, 2, 2 }, { 1, 2, 2 }, 2, 3 },
    [AROUND0] = { "submanifold 1x3x3", LAC_SUBMANIFOLD, { 1, 3, 3 }, { 1, 1, 1 }, 0, 0 },
    [AROUND1] = { "submanifold 1x3x3", LAC_SUBMANIFOLD, { 1, 3, 3 }, { 1, 1, 1 }, 1, 1 },
};

/* Layer 1 has one channel, which N:4 would fill up to four. */
#define LAYERS(first_name, first, name, format, n) {                   \
    { "1", first_name, AROUND0, 8, 1, { { INPUT, first, 0 } } },       \
    { "2", name, AROUND0, 16, 1, { { 0, format, n } } },               \
    { "3", name, DOWN1, 32, 1, { { 1, format, n } } },                 \
    { "4", name, AROUND1, 32, 1, { { 2, format, n } } },               \
    { "5", name, DOWN2, 32, 1, { { 3, format, n } } },                 \
    { "6", name, DOWN3, LOGITS, 1, { { 4, format, n } } } }
enum { LAYERS = 6 };
static const layer_kind dense_layers[LAYERS] = LAYERS("csc8", LAC_CSC8, "4:4", LAC_NM, 4);
static const layer_kind half_layers[LAYERS]  = LAYERS("csc8", LAC_CSC8, "2:4", LAC_NM, 2);
static const layer_kind csc_layers[LAYERS]   = LAYERS("csc", LAC_CSC, "csc", LAC_CSC, 0);

static const network_kind kinds[VERSIONS] = {
    { LEVELS, sizeof maps / sizeof *maps, LAYERS, maps, dense_layers, NULL },
    { LEVELS, sizeof maps / sizeof *maps, LAYERS, maps, half_layers, NULL },
    { LEVELS, sizeof maps / sizeof *maps, LAYERS, maps, csc_layers, NULL },
};

const stroke_version stroke_versions[VERSIONS] = {
    { "strokes_dense", "dense int8", "conv_dense" },
    { "strokes_24", "2:4 int8", "conv_24" },
    { "strokes_csc", "csc 15 values", "conv_csc8" },
};

/* ---- Files ----------------------------------------------------------------------------------------- */

/* DIRECTORY/NAME.npy, of this shape. */
static int load(const char *directory, const char *name, npy_type type, unsigned ndim, const size_t *dim, npy_array *a, diag *d)
{
    char path[4400], is[192], want[192];
    snprintf(path, sizeof path, "%s/%s.npy", directory, name);
    if (npy_load(path, NPY_IS(type), a, d)) return -1;
    if (a->ndim == ndim && !memcmp(a->dim, dim, ndim * sizeof *dim)) return 0;
    diag_set(d, "%s: shape %s, expected %s", path, npy_shape(a->ndim, a->dim, is, sizeof is), npy_shape(ndim, dim, want, sizeof want));
    npy_free(a);
    return -1;
}

/* What DIRECTORY/FILE says of a network: as many correct, of how many; its mean of five folds. */
static int recorded(const char *directory, const char *file, const char *version, uint32_t *right, double *mean, diag *d)
{
    char   path[4400], name[64], *text = NULL;
    long   size = -1;
    cJSON *j = NULL;
    snprintf(path, sizeof path, "%s/%s", directory, file);
    snprintf(name, sizeof name, "%s_8", version);
    FILE *f = fopen(path, "rb");
    if (f && !fseek(f, 0, SEEK_END) && (size = ftell(f)) > 0 && !fseek(f, 0, SEEK_SET) && (text = malloc((size_t)size)) && fread(text, 1, (size_t)size, f) == (size_t)size)
        j = cJSON_ParseWithLength(text, (size_t)size);
    const cJSON *of = cJSON_GetObjectItemCaseSensitive(j, name), *correct = cJSON_GetObjectItemCaseSensitive(of, "correct"), *folds = cJSON_GetObjectItemCaseSensitive(of, "five_fold_mean");
    const int bad = cJSON_IsNumber(correct) && cJSON_IsNumber(folds) ? 0 : diag_set(d, "%s: no '%s' with 'correct' and 'five_fold_mean'", path, name);
    if (!bad) {
        *right = (uint32_t)correct->valuedouble;
        *mean = folds->valuedouble;
    }
    cJSON_Delete(j);
    free(text);
    if (f) fclose(f);
    return bad;
}

int strokes_recorded(const char *directory, const stroke_version *v, uint32_t *dense_right, double five_fold[2], diag *d)
{
    uint32_t right;
    return recorded(directory, "strokes_accuracy.json", v->file, &right, &five_fold[0], d) || recorded(directory, "conv_accuracy.json", v->dense_file, dense_right, &five_fold[1], d) ? -1 : 0;
}

/* ---- Pictures -------------------------------------------------------------------------------------- */

int strokes_load(strokes *s, const char *directory, uint32_t pictures, diag *d)
{
    char      path[4400], is[192];
    npy_array p, labels;
    memset(s, 0, sizeof *s);
    snprintf(path, sizeof path, "%s/pictures.npy", directory);
    if (npy_load(path, NPY_IS(NPY_UINT8), &p, d)) return -1;
    int bad = p.ndim == 2 && p.dim[1] == SIDE * SIDE ? 0 : diag_set(d, "%s: shape %s, expected [N, %d]", path, npy_shape(p.ndim, p.dim, is, sizeof is), SIDE * SIDE);
    if (!bad && !(bad = load(directory, "labels", NPY_UINT8, 1, p.dim, &labels, d))) {
        s->all = (uint32_t)p.dim[0];
        s->pictures = pictures && pictures < s->all ? pictures : s->all;
        s->label = labels.data;
        if (s->pictures > MOST_PICTURES) bad = diag_set(d, "%s: %" PRIu32 " pictures, expected at most %d in one cloud", path, s->pictures, MOST_PICTURES);
    }
    scene *c = &s->scene;
    c->features = 1;
    if (!bad) {
        c->site = malloc((size_t)s->pictures * SIDE * SIDE * sizeof *c->site);
        c->feature = malloc((size_t)s->pictures * SIDE * SIDE);
        if (!c->site || !c->feature) bad = diag_set(d, "not enough memory");
    }
    for (uint32_t i = 0; i < s->pictures && !bad; i++) {
        const uint32_t before = c->n;
        for (int32_t e = 0; e < SIDE * SIDE; e++) {
            const uint8_t ink = ((const uint8_t *)p.data)[(size_t)i * SIDE * SIDE + (size_t)e];
            if (ink > 16) bad = diag_set(d, "%s: picture %" PRIu32 " has a pixel of %d, expected 0 .. 16", path, i, ink);
            if (ink < INK) continue;
            c->site[c->n] = (lac_site){ (int32_t)(i / PLANES), (int32_t)(i % PLANES), e / SIDE, e % SIDE };
            c->feature[c->n++] = (int8_t)ink;
        }
        if (c->n == before && !bad) bad = diag_set(d, "%s: picture %" PRIu32 " has no pixel of %d or more", path, i, INK);
    }
    npy_free(&p);
    return bad;
}

void strokes_free(strokes *s)
{
    free(s->label);
    scene_free(&s->scene);
    memset(s, 0, sizeof *s);
}

/* ---- The network ----------------------------------------------------------------------------------- */

static int load_parameters(network *net, const char *directory, const stroke_version *v, diag *d)
{
    char      name[64];
    size_t    row = 0, table[2] = { 0, 3 }; /* outputs of all layers; bias, multiplier, shift */
    npy_array a;
    int       bad = 0;
    for (uint32_t l = 0; l < LAYERS; l++) {
        const layer_kind *k = &net->kind->layer[l];
        const uint32_t   *kernel = net->kind->map[k->map].kernel;
        const size_t      dim[5] = { k->rows, kernel[0], kernel[1], kernel[2], network_channels(net, k->source[0].from) };
        snprintf(name, sizeof name, "%s_w%" PRIu32, v->file, l + 1);
        if (load(directory, name, NPY_INT8, 5, dim, &a, d)) return -1;
        memcpy(net->w[l][0], a.data, a.count);
        npy_free(&a);
        table[0] += k->rows;
    }
    snprintf(name, sizeof name, "%s_8_requant", v->file);
    if (load(directory, name, NPY_INT32, 2, table, &a, d)) return -1;
    for (uint32_t l = 0; l < LAYERS; l++)
        for (uint32_t k = 0; k < net->kind->layer[l].rows; k++, row++) {
            const int64_t bias = npy_int(&a, 3 * row), multiplier = npy_int(&a, 3 * row + 1), shift = npy_int(&a, 3 * row + 2);
            if (multiplier < 0 || shift < 1 || shift > 60)
                bad = diag_set(d, "%s/%s.npy: row %zu: multiplier %" PRId64 ", shift %" PRId64 ", expected 0 or more and 1 .. 60", directory, name, row, multiplier, shift);
            net->bias[l][k] = (int32_t)bias;
            net->multiplier[l][k] = (int32_t)multiplier;
            net->shift[l][k] = (int8_t)shift;
        }
    npy_free(&a);
    return bad;
}

int strokes_make(network *net, const strokes *s, const char *directory, const stroke_version *v, uint32_t *right, diag *d)
{
    char         name[64];
    npy_array    want;
    uint32_t     correct;
    double       mean;
    const size_t logits[2] = { s->all, LOGITS };
    if (network_begin(net, &kinds[v - stroke_versions], &s->scene)) return diag_set(d, "not enough memory");
    for (uint32_t i = 0, side = SIDE; i < LEVELS; i++, side /= 2) net->most[i] = s->pictures * side * side;
    if (load_parameters(net, directory, v, d)) return -1;
    if (network_run(net)) return diag_set(d, "not enough memory");
    snprintf(name, sizeof name, "%s_8_logits", v->file);
    if (recorded(directory, "strokes_accuracy.json", v->file, &correct, &mean, d) || load(directory, name, NPY_INT8, 2, logits, &want, d)) return -1;
    int bad = net->sites[LEVELS - 1] == s->pictures ? 0 : diag_set(d, "%" PRIu32 " sites are left of %" PRIu32 " pictures", net->sites[LEVELS - 1], s->pictures);
    *right = 0;
    for (uint32_t i = 0; i < s->pictures && !bad; i++) {
        const int8_t *y = net->y[LAYERS - 1] + (size_t)i * LOGITS;
        *right += network_class(net, i) == s->label[i];
        if (memcmp(y, (const int8_t *)want.data + (size_t)i * LOGITS, LOGITS))
            bad = diag_set(d, "%s/%s.npy: picture %" PRIu32 ": plain loops give other logits than NumPy", directory, name, i);
    }
    if (!bad && s->pictures == s->all && *right != correct) bad = diag_set(d, "%s: %" PRIu32 " pictures read correctly, %" PRIu32 " recorded at training", v->file, *right, correct);
    npy_free(&want);
    return bad;
}
