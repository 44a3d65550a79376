/* SPDX-License-Identifier: Apache-2.0
 *
 * network.c - see network.h */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lac_image.h"
#include "network.h"

static const family mlp = { "MLP 64-256-96-10", "accuracy.json", 3, 1, PIXELS, 0, TYPES, { { 1, 0, 0, 0 }, { 1, 0, 0, 0 }, { 1, 0, 0, 0 } } };
static const family conv = { "convolutions 3x3-8, 3x3-32 and pooling, 3x3-32 with residual and pooling, 2x2-10", "conv_accuracy.json", 4, 8, 1, 1, 1,
                             { { 3, 1, 0, 0 }, { 3, 1, 2, 0 }, { 3, 1, 2, 1 }, { 2, 0, 0, 0 } } };

/* N:4 would fill the one channel of the convolutions' first layer up to four. */
const version versions[VERSIONS] = {
    { &mlp, "dense", "dense int8", HOST_4_4, HOST_4_4 },
    { &mlp, "24", "2:4 int8", HOST_2_4, HOST_2_4 },
    { &mlp, "csc", "csc 15 values", HOST_CSC, HOST_CSC },
    { &conv, "conv_dense", "conv dense", HOST_CSC8, HOST_4_4 },
    { &conv, "conv_24", "conv 2:4", HOST_CSC8, HOST_2_4 },
    { &conv, "conv_csc8", "conv csc8", HOST_CSC8, HOST_CSC8 },
};
const char *const types[TYPES] = { "8", "16" };

/* ---- Files ---------------------------------------------------------------------------------------- */

npy_array load(const char *name, unsigned types_allowed)
{
    char path[512];
    diag d;
    npy_array a;

    snprintf(path, sizeof path, "%s/%s.npy", directory, name);
    if (npy_load(path, types_allowed, &a, &d))
        die("input", d.text);
    return a;
}

cJSON *load_json(const char *name)
{
    char path[512], text[65536];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *f = fopen(path, "rb");
    const size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = 0;
    cJSON *j = cJSON_Parse(text);
    if (!j)
        die(path, "no JSON object");
    return j;
}

static double json_number(const cJSON *object, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsNumber(v))
        die(key, "a number is missing in the JSON files");
    return v->valuedouble;
}

static int json_int(const cJSON *object, const char *key) { return (int)json_number(object, key); }

static lac_type type_by_name(const char *s)
{
    if (s && !strcmp(s, "int8"))
        return LAC_INT8;
    if (s && !strcmp(s, "uint8"))
        return LAC_UINT8;
    if (!s || strcmp(s, "int16"))
        die("networks.json", "type is not int8, uint8 or int16");
    return LAC_INT16;
}

/* ---- Jobs ----------------------------------------------------------------------------------------- */

static uint32_t element(const activations *a) { return a->tensor.type == LAC_INT16 ? 2 : 1; } /* [bytes] */

static lac_conv_shape shape_of(const network *net, uint32_t i, uint32_t images)
{
    const step *s = &net->version->family->step[i];
    const activations *x = &net->act[i];
    return (lac_conv_shape){ images, x->height, x->width, x->channels, s->kernel, s->kernel, 1, 1, 1, 1, s->pad, s->pad, s->pad, s->pad };
}

/* The jobs of one run, a layer each. */
typedef struct {
    lac_conv     conv[MAX_LAYERS];
    lac_fc       fc[MAX_LAYERS];       /* the same where a picture is one pixel */
    lac_residual residual[MAX_LAYERS];
} job_list;

static void jobs(const network *net, job_list *list, uint32_t first, uint32_t points, lac_tensor last, int resident)
{
    memset(list, 0, sizeof *list);
    for (uint32_t i = 0; i < net->layers; i++) {
        const step *s = &net->version->family->step[i];
        const activations *x = &net->act[i], *y = &net->act[i + 1];
        lac_conv *job = &list->conv[i];
        job->layer = &net->layer[i];
        job->resident = resident ? &net->place[i] : NULL;
        job->shape = shape_of(net, i, points);
        job->pool = (lac_pool){ s->pool, s->pool, s->pool, s->pool, 0, 0, 0, 0, LAC_POOL_MAX };
        job->x = x->tensor;
        job->x.addr += (uint64_t)first * x->height * x->tensor.pitch;
        if (s->residual) {
            list->residual[i] = (lac_residual){ &net->residual[i], job->x };
            job->residual = &list->residual[i];
        }
        job->y = i == net->layers - 1 ? last : y->tensor;
        job->y.addr += (uint64_t)first * y->height * job->y.pitch;
        job->clamp_lo = y->low;
        job->clamp_hi = y->high;
        job->tag = i + 1;
        list->fc[i] = (lac_fc){ job->layer, job->resident, points, job->x, job->y, job->clamp_lo, job->clamp_hi, job->tag, job->mark };
    }
}

lac_status run_jobs(lac_dev *dev, const network *net, uint32_t first, uint32_t points, lac_tensor last, int resident, uint32_t limit)
{
    job_list list;
    jobs(net, &list, first, points, last, resident);
    return net->version->family->windows ? lac_conv_run(dev, list.conv, net->layers, limit) : lac_fc_run(dev, list.fc, net->layers, limit);
}

lac_status load_resident(lac_dev *dev, const network *net, uint32_t limit)
{
    lac_status s = LAC_OK;
    for (uint32_t i = 0; i < net->layers && !s; i++)
        s = lac_fc_place_load(dev, &net->layer[i], &net->place[i], limit);
    return s;
}

static int count(void *ctx, const lac_cmd *cmd)
{
    (void)cmd;
    ++*(uint32_t *)ctx;
    return 0;
}

/* Commands of so many pictures as one job list; 0: the machine has no room for it. */
static uint32_t commands(const lac_caps *c, const network *net, uint32_t points, int resident)
{
    job_list list;
    uint32_t n = 0;
    jobs(net, &list, 0, points, net->act[net->layers].tensor, resident);
    return (net->version->family->windows ? lac_conv_build(c, list.conv, net->layers, count, &n)
                                          : lac_fc_build(c, list.fc, net->layers, count, &n)) == LAC_OK ? n : 0;
}

/* ---- Packing -------------------------------------------------------------------------------------- */

/* Layer i as the matrix [rows][taps * channels], filled up to so many with zeros; the caller's. */
static host_matrix matrix(const network *net, uint32_t i, uint32_t rows, uint32_t channels)
{
    const npy_array *a = &net->w[i];
    const size_t from = a->dim[a->ndim - 1], points = a->count / from, size = npy_type_size(a->type);
    uint8_t *w = alloc(rows * (points / a->dim[0]) * channels * size);
    for (size_t p = 0; p < points; p++)
        memcpy(w + p * channels * size, (const uint8_t *)a->data + p * from * size, from * size);
    return (host_matrix){ rows, (uint32_t)(points / a->dim[0]) * channels, a->type == NPY_INT8 ? (int8_t *)w : NULL,
                          a->type == NPY_INT16 ? (int16_t *)(void *)w : NULL };
}

static void free_matrix(host_matrix m) { free(m.w8 ? (void *)(uintptr_t)m.w8 : (void *)(uintptr_t)m.w16); }

static host_format format_of(const network *net, uint32_t i) { return i ? net->version->format : net->version->first; }

/* All layers for a machine; their images are the caller's. */
static lac_status pack(const lac_caps *c, network *net, void *image[2 * MAX_LAYERS])
{
    lac_status s = LAC_OK;
    memset(image, 0, 2 * MAX_LAYERS * sizeof *image);
    for (uint32_t i = 0; i < net->layers && !s; i++) {
        const host_matrix  m = matrix(net, i, net->act[i + 1].channels, net->act[i].channels);
        const host_packing how = { .format = format_of(net, i), .rq = &net->requant[i], .residual = net->factor[i] != NULL };
        s = host_pack(c, &m, &how, &image[2 * i], &net->layer[i], NULL);
        if (!s && net->factor[i])
            s = host_pack_residual(c, &net->layer[i], net->factor[i], &image[2 * i + 1], &net->residual[i], NULL);
        free_matrix(m);
    }
    return s;
}

/* Device memory for layers and activations. */
static void lay_out(const lac_caps *c, network *net, arena *device)
{
    for (uint32_t i = 0; i < net->layers; i++) {
        net->layer[i].addr = arena_take(device, net->layer[i].bytes);
        if (net->factor[i])
            net->residual[i].addr = arena_take(device, net->residual[i].bytes);
    }
    for (uint32_t i = 0; i <= net->layers; i++) {
        activations *a = &net->act[i];
        a->tensor.pitch = lac_pitch(c, a->width * a->channels, a->tensor.type, 0);
        a->tensor.addr = arena_take(device, (uint64_t)a->tensor.pitch * a->height * pictures);
    }
    net->single = net->act[net->layers].tensor;
    net->single.addr = arena_take(device, (uint64_t)net->single.pitch * latency);
}

/* ---- What a machine has no room for ---------------------------------------------------------------- */

/* Whether it runs a network at all, weights streamed. */
static int runs(const lac_caps *c, const network *net)
{
    network  trial = *net;
    void    *image[2 * MAX_LAYERS];
    arena    trial_memory = arena_at(1 << 20);
    int      ok = pack(c, &trial, image) == LAC_OK;
    if (ok) {
        lay_out(c, &trial, &trial_memory);
        ok = commands(c, &trial, pictures, 0) > 0;
    }
    for (int i = 0; i < 2 * MAX_LAYERS; i++)
        free(image[i]);
    return ok;
}

static void too_small(const network *net, const char *why)
{
    char what[64];
    snprintf(what, sizeof what, "%s, %s bit", net->version->label, net->type);
    die(what, why);
}

/* Name the RAMs that would have to be larger, by trying: as few as possible. */
static void check_rams(const network *net)
{
    static const char *const names[] = { "WEIGHT_DEPTH", "COL_DEPTH", "ACC_DEPTH", "FEAT_DEPTH", "PARAM_DEPTH" };
    char why[512];
    int found = 0, at = snprintf(why, sizeof why, "the machine is too small for this network; larger would have to be");

    if (runs(&caps, net))
        return;
    for (int rams = 1; rams <= 5 && !found; rams++)
        for (int mask = 1; mask < 32; mask++) {
            lac_caps more = caps;
            uint32_t *const limit[] = { &more.weight_depth, &more.col_depth, &more.acc_depth, &more.feat_depth, &more.param_depth };
            char list[160] = "";
            int n = 0, l = 0;
            for (int i = 0; i < 5; i++)
                if (mask >> i & 1) {
                    l += snprintf(list + l, sizeof list - (size_t)l, "%s%s (is %" PRIu32 ")", n++ ? " and " : "", names[i], *limit[i]);
                    *limit[i] = 65536 - 64;
                }
            if (n == rams && at < 400 && runs(&more, net))
                at += snprintf(why + at, sizeof why - (size_t)at, "%s %s", found++ ? ", or" : "", list);
        }
    if (!found)
        snprintf(why + at, sizeof why - (size_t)at, " more than its RAMs");
    too_small(net, why);
}

/* What has been given away fits. */
static void check_memory(const network *net)
{
    char why[160];
    if (arena_bytes(&memory) <= mem_size)
        return;
    snprintf(why, sizeof why, "the machine is too small for this network: it takes %" PRIu64 " bytes of memory, there are %" PRIu32
             " (fewer pictures take less)", arena_bytes(&memory), mem_size);
    too_small(net, why);
}

/* Whether all layers can stand on chip at a time; if not, which limit is in the way. */
static void check_resident(network *net, const lac_place *end)
{
    const struct { const char *what; uint32_t takes, has; } v[] = {
        { "weight words a lane", end->word_base, caps.weight_depth },
        { "columns", end->col_base, caps.col_depth },
        { "parameters", end->param_base, caps.param_depth },
    };
    net->resident = 1;
    for (uint32_t i = 0; i < net->layers; i++)
        if (!net->layer[i].resident_cols) {
            net->resident = 0;
            snprintf(net->not_resident, sizeof net->not_resident, "layer %" PRIu32 " alone is larger than the RAMs", i + 1);
        }
    for (int i = 0; i < 3 && net->resident; i++)
        if (v[i].takes > v[i].has) {
            net->resident = 0;
            snprintf(net->not_resident, sizeof net->not_resident, "%" PRIu32 " %s, room for %" PRIu32, v[i].takes, v[i].what, v[i].has);
        }
    if (net->resident && !commands(&caps, net, pictures, 1)) {
        net->resident = 0;
        snprintf(net->not_resident, sizeof net->not_resident, "no room is left for the factors of a residual");
    }
}

/* ---- Reading one ---------------------------------------------------------------------------------- */

/* Types and sizes between the layers. */
static void read_activations(network *net, const cJSON *numbers)
{
    const family *f = net->version->family;
    for (uint32_t i = 0; i <= net->layers; i++) {
        const cJSON *j = cJSON_GetObjectItemCaseSensitive(numbers, i == 0 ? "input" : i < net->layers ? "hidden" : "output");
        activations *a = &net->act[i];
        a->tensor.type = type_by_name(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(j, "type")));
        a->tensor.zero = json_int(j, "zero");
        if (i == 0) {
            a->height = a->width = f->side;
            a->channels = f->channels;
            continue;
        }
        const step *s = &f->step[i - 1];
        a->low = json_int(j, "low");
        a->high = json_int(j, "high");
        a->height = a->width = (a[-1].width + 2 * s->pad - s->kernel + 1) / (s->pool ? s->pool : 1);
        a->channels = (uint32_t)net->w[i - 1].dim[0];
        if (f->windows) { /* filled up as lac_conv wants it, and N:4 */
            const uint32_t unit = caps.store_w < 4 ? 4 : caps.store_w;
            a->channels = (a->channels + unit - 1) / unit * unit;
        }
    }
}

/* Bias, multiplier and shift of every output, from row *at of the table on; those that only fill up give the zero point. */
static lac_requant requant(const npy_array *table, size_t *at, uint32_t outputs, uint32_t rows)
{
    int32_t *bias = alloc(rows * 4u), *multiplier = alloc(rows * 4u); /* kept */
    int8_t *shift = alloc(rows);
    for (uint32_t k = 0; k < rows; k++) {
        shift[k] = 1;
        if (k >= outputs)
            continue;
        bias[k] = (int32_t)npy_int(table, 3 * *at);
        multiplier[k] = (int32_t)npy_int(table, 3 * *at + 1);
        shift[k] = (int8_t)npy_int(table, 3 * *at + 2);
        ++*at;
    }
    return (lac_requant){ bias, multiplier, shift, 0, 0 };
}

void read_network(network *net, const version *v, const char *type, const cJSON *numbers)
{
    const family *f = v->family;
    char name[64];
    net->version = v;
    net->type = type;
    net->layers = f->layers;

    for (uint32_t i = 0; i < net->layers; i++) {
        snprintf(name, sizeof name, "%s_w%" PRIu32, v->file, i + 1);
        npy_array *w = &net->w[i];
        *w = load(name, v->format == HOST_CSC ? NPY_IS(NPY_INT16) : NPY_IS(NPY_INT8));
        if (w->ndim != (f->windows ? 4 : 2) || w->dim[w->ndim - 1] != (i ? w[-1].dim[0] : f->channels)
            || w->count != w->dim[0] * f->step[i].kernel * f->step[i].kernel * w->dim[w->ndim - 1])
            die(name, "not the shape expected");
        for (size_t j = 0; j < w->count; j++)
            net->nonzeros += npy_int(w, j) != 0;
        net->weights += w->count;
        net->outputs = (uint32_t)w->dim[0];
    }
    read_activations(net, cJSON_GetObjectItemCaseSensitive(numbers, type));

    snprintf(name, sizeof name, "%s_%s_requant", v->file, type);
    npy_array table = load(name, NPY_IS(NPY_INT32)); /* [outputs of all layers][bias, multiplier, shift] */
    size_t row = 0, rows = 0;
    for (uint32_t i = 0; i < net->layers; i++)
        rows += net->w[i].dim[0];
    if (table.ndim != 2 || table.dim[1] != 3 || table.dim[0] != rows)
        die(name, "not the shape expected");
    for (uint32_t i = 0; i < net->layers; i++) {
        const uint32_t filled = net->act[i + 1].channels;
        net->requant[i] = requant(&table, &row, (uint32_t)net->w[i].dim[0], filled);
        if (!f->step[i].residual)
            continue;
        snprintf(name, sizeof name, "%s_%s_residual", v->file, type);
        npy_array factor = load(name, NPY_IS(NPY_INT16));
        if (factor.count != net->w[i].dim[0])
            die(name, "not the shape expected");
        net->factor[i] = alloc(filled * 2u); /* kept */
        memcpy(net->factor[i], factor.data, factor.count * 2);
        npy_free(&factor);
    }
    npy_free(&table);

    check_rams(net);
    void *image[2 * MAX_LAYERS]; /* kept */
    check(pack(&caps, net, image), "pack");
    lay_out(&caps, net, &memory);
    check_memory(net);

    /* One behind the other in the RAMs. Layers 2 and 3 of csc have the same codebook. */
    lac_place place = { 0, 0, 0, 0 };
    for (uint32_t i = 0; i < net->layers; i++) {
        const lac_layer *l = &net->layer[i];
        place.codebook = i > 0;
        net->place[i] = place;
        place.word_base += l->resident_words;
        place.col_base += l->resident_cols;
        place.param_base += (l->resident_params + caps.store_w - 1) / caps.store_w * caps.store_w;
    }
    check_resident(net, &place);
    net->batch = pictures;
    while (net->batch > 1 && commands(&caps, net, net->batch, net->resident) >= ring)
        net->batch = (net->batch + 1) / 2;

    snprintf(name, sizeof name, "%s_%s_logits", v->file, type);
    npy_array logits = load(name, NPY_IS(NPY_INT16));
    if (logits.count != pixels.dim[0] * net->outputs)
        die(name, "not the shape expected");
    net->want = logits.data;
    snprintf(name, sizeof name, "%s_%s", v->file, type);
    cJSON *file = load_json(f->accuracy);
    const cJSON *accuracy = cJSON_GetObjectItemCaseSensitive(file, name);
    net->want_correct = json_int(accuracy, "correct");
    net->five_fold_mean = json_number(accuracy, "five_fold_mean");
    cJSON_Delete(file);
}

/* ---- Activations ---------------------------------------------------------------------------------- */

uint8_t *input(const network *net, uint32_t *bytes)
{
    const activations *a = &net->act[0];
    const uint32_t row = a->width * a->channels, rows = a->height * pictures;
    *bytes = a->tensor.pitch * rows;
    uint8_t *tensor = alloc(*bytes);
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < row; c++) /* little endian; the high byte of a pixel is 0 */
            tensor[(size_t)r * a->tensor.pitch + c * element(a)] = ((const uint8_t *)pixels.data)[(size_t)r * row + c];
    return tensor;
}

/* A tensor's elements without gaps; the caller's. */
static uint8_t *tight(const activations *a, const uint8_t *mem, uint32_t points)
{
    const size_t row = (size_t)a->width * a->channels * element(a);
    uint8_t *out = alloc(row * a->height * points);
    for (uint32_t r = 0; r < a->height * points; r++)
        memcpy(out + r * row, mem + (a->tensor.addr - mem_base) + (uint64_t)r * a->tensor.pitch, row);
    return out;
}

/* Of a residual: an activation is multiplied once, by its factor; all four of a group where one is not zero. */
static uint64_t residual_macs(const network *net, uint32_t i, const uint8_t *x, uint32_t points, uint64_t *issued)
{
    const activations *a = &net->act[i];
    host_uses uses;
    uint64_t sum = 0;
    if (host_uses_count(&uses, x, a->tensor.type, a->tensor.zero, (size_t)points * a->height * a->width, a->channels))
        die("memory", "none left");
    for (uint32_t k = 0; k < a->channels; k++)
        if (net->factor[i][k]) {
            sum += uses.column[k];
            *issued += uses.group[k / 4];
        }
    host_uses_free(&uses);
    return sum;
}

uint64_t needed_macs(const network *net, const uint8_t *mem, uint32_t points, uint64_t *issued)
{
    uint64_t sum = 0, rules;
    *issued = 0;
    for (uint32_t i = 0; i < net->layers; i++) {
        const activations *a = &net->act[i];
        const lac_conv_shape shape = shape_of(net, i, points);
        const host_matrix w = matrix(net, i, net->act[i + 1].channels, host_padded(a->channels));
        uint8_t *x = tight(a, mem, points);
        host_uses uses;
        if (host_uses_conv(&uses, x, a->tensor.type, a->tensor.zero, points, &shape, NULL, &rules))
            die("memory", "none left");
        const uint64_t needed = host_needed_macs(&w, &uses);
        sum += needed;
        uint32_t full_rows = 0; /* a row tile ends with a whole row of lanes, unless it has fewer channels than there are lanes */
        for (uint32_t t = 0; t < lac_dir(net->layer[i].image, LAC_DIR_W_ROW_TILES); t++) {
            lac_row_tile tile;
            lac_get_row_tile(net->layer[i].image, t, &tile);
            full_rows += tile.channels < caps.lanes ? tile.channels : (tile.channels + caps.lanes - 1) / caps.lanes * caps.lanes;
        }
        const uint32_t n = host_format_n(format_of(net, i));
        *issued += n ? uses.groups * n * full_rows : needed;
        if (net->factor[i])
            sum += residual_macs(net, i, x, points, issued);
        host_uses_free(&uses);
        free_matrix(w);
        free(x);
    }
    return sum;
}
