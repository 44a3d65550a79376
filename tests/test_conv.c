/* SPDX-License-Identifier: Apache-2.0
 *
 * test_conv.c - convolutions by the driver on the golden model
 *
 *   Jobs      random sequences of one to three layers: kernels, strides, dilations and paddings of all sizes, also where nothing of the image is seen; all
 *             formats and types, lists, zero points, resident and streamed, a layer that reads what the one before it wrote, a ring that wraps around.
 *             Expected memory, every byte of it, from plain loops over the definition in lacuna.h
 *   Order     every program that was run also goes through race.c; and race.c must notice every token that is taken away
 *   Refusals  each of them; and a random job is refused only for a reason that stands in lacuna.h
 *   Pooling   and residuals, of all these jobs: outputs are requantised first and then pooled; residuals are new tensors, earlier outputs, or the job's own x
 *   Rows      the same of layers with taps as rows, also chained with the others; the banks must be empty behind every program
 *   Machines  configurations of configs/, and random ones with small RAMs, so that everything needs tiles, bands and strips
 *   SEED      of everything random; a line stands for as many cases as it says */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver_rig.h"
#include "lac_config.h"
#include "lac_hw.h"
#include "lac_model.h"
#include "lacuna.h"
#include "model_impl.h"
#include "naive.h"
#include "rng.h"

#define GET(c, f) lac_get_field((c)->w, LAC_F_##f)

/* ---- Machine ----------------------------------------------------------------------------------------- */

static lac_config named_config(const char *name)
{
    lac_config c;
    char path[64], err[200];
    snprintf(path, sizeof path, "configs/%s.cfg", !strcmp(name, "big") ? "l8" : !strcmp(name, "big64") ? "l64" : name);
    if (lac_config_read(path, &c, err, sizeof err)) {
        printf("not ok - %s: %s\n", path, err);
        exit(1);
    }
    if (!strncmp(name, "big", 3)) c.acc_depth = 16384; /* l8 or l64 with more accumulators */
    if (!strcmp(name, "big64")) c.feat_depth = 16384;
    return c;
}

/* Small RAMs of odd sizes; some are short of one thing only. */
static lac_config random_config(lac_rng *g)
{
    static const uint32_t lanes[] = {4, 6, 8, 12, 16, 20, 32, 64}, width[] = {32, 64, 128, 256, 512};
    lac_config c;
    memset(&c, 0, sizeof c);
    strcpy(c.name, "random");
    c.data_w = width[rng_below(g, 5)];
    c.addr_w = 24 + rng_below(g, 25);
    do { /* what the hardware can be built with */
        c.lanes = lanes[rng_below(g, 8)];
        c.store_w = 1u << rng_below(g, 5);
    } while (c.lanes % c.store_w || c.store_w * 128 < c.data_w || c.store_w > (c.data_w > 64 ? c.data_w / 8 : 8));
    c.weight_depth = 100 + rng_below(g, 400);
    c.col_depth = 128 + rng_below(g, 400);
    c.acc_depth = 16 + rng_below(g, 200);
    c.feat_depth = 32 * (2 + rng_below(g, 20));
    c.param_depth = c.store_w * (1 + (64 + rng_below(g, 300)) / c.store_w);
    c.fifo_depth = 8;
    c.burst = 1 + rng_below(g, 32);
    c.flight = 8;
    c.windows = 1;
    if (rng_chance(g, 60)) c.weight_depth = c.col_depth = c.param_depth = 4096;
    if (rng_chance(g, 60)) c.feat_depth = 64;
    if (rng_chance(g, 60)) c.acc_depth = 8 + rng_below(g, 24);
    if (rng_chance(g, 60)) { /* of features and weights, but not of accumulators */
        c.weight_depth = 100;
        c.col_depth = 128;
        c.acc_depth = 400;
        c.feat_depth = 64;
    }
    return c;
}

/* ---- A layer ------------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t    rows, cols, n;
    lac_format  format;
    int         taps; /* 0: as columns, 1: as rows, 2: of a depthwise layer, 3: in items of four channels */
    int         balance;
    lac_conv_shape shape; /* of taps as rows */
    int32_t    *w;  /* [rows][cols] */
    int32_t    *bias, *mult;
    int8_t     *shift;
    void       *image;
    lac_layer   layer;
    int16_t    *factor; /* [rows] of a residual, or NULL */
    void       *factors;
    lac_layer   packed; /* they */
    lac_residual residual;
} matrix;

static void fill_matrix(matrix *m, lac_rng *g, lac_format format, uint32_t rows, uint32_t cols)
{
    int32_t codes[15];
    const uint32_t density = rng_chance(g, 40) ? rng_below(g, 2) * 256 : 20 + rng_below(g, 160);

    memset(m, 0, sizeof *m);
    m->rows = rows;
    m->cols = cols;
    m->format = format;
    m->n = format == LAC_NM ? 1 + rng_below(g, 4) : 0;
    m->balance = 1;
    m->w = calloc((size_t)rows * cols, sizeof *m->w);
    m->bias = calloc(rows, sizeof *m->bias);
    m->mult = calloc(rows, sizeof *m->mult);
    m->shift = calloc(rows, sizeof *m->shift);
    for (int i = 0; i < 15; i++) do codes[i] = (int32_t)rng_range(g, -200, 200); while (!codes[i]);
    for (uint32_t k = 0; k < rows; k++)
        for (uint32_t c = 0, left = m->n; c < cols; c++) {
            if (c % 4 == 0) left = m->n;
            if (!rng_chance(g, density) || (format == LAC_NM && !left)) continue;
            m->w[(size_t)k * cols + c] = format == LAC_CSC ? codes[rng_below(g, 15)] : (int32_t)rng_range(g, -128, 127);
            left -= format == LAC_NM && m->w[(size_t)k * cols + c];
        }
    for (uint32_t k = 0; k < rows; k++) {
        m->bias[k] = (int32_t)rng_range(g, -(1 << 30), 1 << 30) >> rng_below(g, 31);
        m->mult[k] = (int32_t)rng_below(g, 0x7FFFFFFF);
        m->shift[k] = (int8_t)(31 + rng_below(g, 16));
    }
}

/* The layer as the packer wants it: of a depthwise one, column r * kernel_x + s holds what stands in channel k of tap (r, s). */
static uint32_t packed_cols(const matrix *m) { return m->taps == 2 ? m->cols / m->shape.channels : m->cols; }
static int32_t packed_weight(const matrix *m, uint32_t k, uint32_t c)
{
    return m->w[(size_t)k * m->cols + (m->taps == 2 ? c * m->shape.channels + k : c)];
}

/* A packed layer, which must be what its image says, into memory. */
static void to_device(rig *r, lac_layer *l, const void *image)
{
    lac_layer again;
    if (lac_layer_open(image, l->bytes, &again) != LAC_OK || memcmp(&again, l, sizeof again)) {
        check(0, "packed layer", "not as it is opened");
        exit(1);
    }
    l->addr = take(r, l->bytes);
    memcpy(host(r, l->addr), image, l->bytes);
}

static lac_status pack_matrix(matrix *m, rig *r)
{
    const lac_caps *caps = &r->dev.caps;
    const uint32_t cols = packed_cols(m);
    const lac_requant rq = {m->bias, m->mult, m->shift, 0, 0};
    const size_t all = (size_t)m->rows * m->cols;
    void *scratch = malloc(lac_pack_scratch(caps, m->rows, cols));
    int16_t *v = malloc(sizeof *v * (all + 1));
    uint16_t *idx = malloc(sizeof *idx * (all + 1));
    uint32_t *ptr = calloc(cols + 1, sizeof *ptr), n = 0, need = 0;
    int8_t *w8 = malloc(all);
    lac_status s = LAC_OK;

    for (uint32_t c = 0; c < cols; ptr[++c] = n)
        for (uint32_t k = 0; k < m->rows; k++) {
            const int32_t w = packed_weight(m, k, c);
            w8[(size_t)k * cols + c] = (int8_t)w;
            if (w) v[n] = (int16_t)w, idx[n++] = (uint16_t)k;
        }
    const lac_csc csc = {m->rows, cols, v, idx, ptr};
    const lac_nm nm = {m->rows, m->cols, m->n, w8};
    for (int pass = 0; pass < 2 && s == LAC_OK; pass++) {
        if (pass) m->image = malloc(need);
        s = m->taps             ? lac_conv_pack_rows(caps, &m->shape, &csc, m->format, m->taps - 1, &rq, m->balance, scratch, m->image, need, &need, &m->layer, NULL)
            : m->format == LAC_NM ? lac_pack_nm(caps, &nm, &rq, m->balance, scratch, m->image, need, &need, &m->layer, NULL)
                                  : lac_pack_csc(caps, &csc, m->format, &rq, m->balance, scratch, m->image, need, &need, &m->layer, NULL);
    }
    if (s == LAC_OK) to_device(r, &m->layer, m->image);
    free(scratch);
    free(v);
    free(idx);
    free(ptr);
    free(w8);
    return s;
}

/* Factors for m's jobs. */
static lac_status pack_factors(matrix *m, rig *r, lac_rng *g)
{
    void *scratch = malloc(lac_pack_scratch(&r->dev.caps, m->rows, 1));
    uint32_t need = 0;
    uint64_t where = 0;
    lac_status s = LAC_OK;
    m->factor = malloc(m->rows * sizeof *m->factor);
    for (uint32_t k = 0; k < m->rows; k++) m->factor[k] = rng_chance(g, 30) ? 0 : (int16_t)(rng_range(g, -32768, 32767) >> rng_below(g, 15));
    for (int pass = 0; pass < 2 && s == LAC_OK; pass++) {
        if (pass) m->factors = malloc(need);
        s = lac_conv_pack_residual(&r->dev.caps, &m->layer, m->factor, scratch, m->factors, need, &need, &m->packed, &where);
    }
    if (s == LAC_OK) to_device(r, &m->packed, m->factors);
    m->residual.layer = &m->packed;
    free(scratch);
    return s;
}

static void drop_matrix(matrix *m)
{
    free(m->factor);
    free(m->factors);
    free(m->w);
    free(m->bias);
    free(m->mult);
    free(m->shift);
    free(m->image);
}

static uint32_t dir_word(const lac_layer *l, int word)
{
    const uint8_t *p = (const uint8_t *)l->image + 4 * word;
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static uint32_t row_tiles(const lac_layer *l) { return dir_word(l, 11); }

/* ---- What is expected: straight from the definition ------------------------------------------------------ */

/* y [images][oy][ox][K], x [images][height][width][channels] counted from its zero point. */
static void naive_conv(int64_t *y, const int32_t *w, const int32_t *x, const lac_conv_shape *s, int K)
{
    const int H = (int)s->height, W = (int)s->width, C = (int)s->channels, R = (int)s->kernel_y, S = (int)s->kernel_x;
    const int Y = (int)lac_conv_out_y(s), X = (int)lac_conv_out_x(s);
    for (int n = 0; n < (int)s->images; n++)
        for (int oy = 0; oy < Y; oy++)
            for (int ox = 0; ox < X; ox++)
                for (int k = 0; k < K; k++) {
                    int64_t sum = 0;
                    for (int r = 0; r < R; r++)
                        for (int t = 0; t < S; t++) {
                            const int iy = oy * (int)s->stride_y + r * (int)s->dilation_y - (int)s->pad_top;
                            const int ix = ox * (int)s->stride_x + t * (int)s->dilation_x - (int)s->pad_left;
                            if (iy < 0 || iy >= H || ix < 0 || ix >= W) continue;
                            for (int c = 0; c < C; c++)
                                sum += (int64_t)w[((k * R + r) * S + t) * C + c] * x[((n * H + iy) * W + ix) * C + c];
                        }
                    y[((n * Y + oy) * X + ox) * K + k] = sum;
                }
}

/* sums += factor * x, x [points][K] with its zero point. */
static void naive_residual(int64_t *sums, const int16_t *factor, const int64_t *x, int32_t zero, size_t points, uint32_t K)
{
    for (size_t i = 0; i < points * K; i++) sums[i] += factor[i % K] * (x[i] - zero);
}

/* Positions of a window along n pixels, by trying. */
static uint32_t positions(uint32_t n, uint32_t before, uint32_t after, uint32_t kernel, uint32_t stride)
{
    uint32_t count = 0;
    while (count * stride + kernel <= before + n + after) count++;
    return count;
}

/* Largest of y [images][Y][X][K] in each window, [images][rows][pixels][K]; what is outside the image is the smallest number there is. Of a mean: the sum, 37 bits, of y + bias or of what of that is above zero. */
static int64_t *naive_pool(const int64_t *y, const lac_pool *p, const int32_t *bias, int images, int Y, int X, int K)
{
    const int rows = (int)positions((uint32_t)Y, p->pad_top, p->pad_bottom, p->kernel_y, p->stride_y);
    const int pixels = (int)positions((uint32_t)X, p->pad_left, p->pad_right, p->kernel_x, p->stride_x);
    int64_t *out = malloc((size_t)(images * rows * pixels * K) * sizeof *out), *to = out;
    for (int n = 0; n < images; n++)
        for (int py = 0; py < rows; py++)
            for (int px = 0; px < pixels; px++)
                for (int k = 0; k < K; k++, to++) {
                    *to = p->kind ? 0 : INT64_MIN;
                    for (int iy = 0; iy < Y; iy++)
                        for (int ix = 0; ix < X; ix++) {
                            const int dy = iy + (int)p->pad_top - py * (int)p->stride_y, dx = ix + (int)p->pad_left - px * (int)p->stride_x;
                            int64_t v = y[((n * Y + iy) * X + ix) * K + k];
                            if (dy < 0 || dy >= (int)p->kernel_y || dx < 0 || dx >= (int)p->kernel_x) continue;
                            if (p->kind) v += bias[k];
                            if (p->kind == LAC_POOL_MEAN || (p->kind && v > 0)) *to += v;
                            else if (!p->kind && v > *to) *to = v;
                        }
                    while (*to >= (int64_t)1 << 36) *to -= (int64_t)1 << 37;
                    while (*to < -((int64_t)1 << 36)) *to += (int64_t)1 << 37;
                }
    return out;
}

static const int32_t type_lo[3] = {-128, 0, -32768}, type_hi[3] = {127, 255, 32767};

/* A row of elements as it stands in memory; nothing else is touched. */
static void put_row(uint8_t *p, const lac_tensor *t, const int64_t *v, uint32_t n)
{
    const uint32_t es = t->type == LAC_RAW ? 8 : t->type == LAC_INT16 ? 2 : 1;
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!t->list) put_bytes(p + i * es, (uint64_t)v[i], es);
        else if (v[i] != t->zero) put_bytes(p + 64 + 4 * count++, ((uint64_t)v[i] & 65535) << 16 | i, 4);
    if (t->list) put_bytes(p, count, 8);
}

static lac_tensor new_tensor(rig *r, lac_rng *g, uint32_t rows, uint32_t elements, lac_type type, int list)
{
    lac_tensor t;
    memset(&t, 0, sizeof t);
    t.type = type;
    t.list = list;
    t.zero = type == LAC_RAW || rng_chance(g, 100) ? 0 : rng_chance(g, 60) ? type_lo[type] : (int32_t)rng_range(g, type_lo[type], type_hi[type]);
    t.pitch = lac_pitch(&r->dev.caps, elements, type, list) + (rng_chance(g, 80) ? 64 * rng_below(g, 4) : 0);
    t.addr = take(r, (uint64_t)rows * t.pitch + 64);
    return t;
}

/* ---- Random shapes ------------------------------------------------------------------------------------- */

static uint32_t in_rows(const lac_conv_shape *s) { return s->images * s->height; }
static uint32_t in_row(const lac_conv_shape *s) { return s->width * s->channels; }
static uint32_t out_rows(const lac_conv_shape *s) { return s->images * lac_conv_out_y(s); }
static uint32_t y_rows(const lac_conv *j) { return j->shape.images * lac_conv_y_rows(j); }
static uint32_t y_row(const lac_conv *j) { return lac_conv_y_pixels(j) * j->layer->rows; }

/* A window along n pixels that leaves something. */
static void random_window(lac_rng *g, uint32_t n, uint32_t *kernel, uint32_t *stride, uint32_t *before, uint32_t *after)
{
    do {
        *kernel = 1 + rng_below(g, rng_chance(g, 30) ? 15 : rng_chance(g, 128) ? 2 : 4);
        *stride = 1 + rng_below(g, rng_chance(g, 30) ? 15 : rng_chance(g, 128) ? 2 : 4);
        *before = rng_chance(g, 128) ? 0 : rng_below(g, *kernel);
        *after = rng_chance(g, 128) ? 0 : rng_below(g, *kernel);
    } while (!positions(n, *before, *after, *kernel, *stride));
}

static void random_pool(lac_rng *g, const lac_conv_shape *s, lac_pool *p)
{
    random_window(g, lac_conv_out_y(s), &p->kernel_y, &p->stride_y, &p->pad_top, &p->pad_bottom);
    random_window(g, lac_conv_out_x(s), &p->kernel_x, &p->stride_x, &p->pad_left, &p->pad_right);
}

/* A convolution whose y has the rows, pixels and channels of its x, which are given: a block with shortcuts is made of such. */
static void same_shape(lac_rng *g, lac_conv_shape *s, uint32_t *K)
{
    s->kernel_y = 1 + 2 * rng_below(g, 2);
    s->kernel_x = 1 + 2 * rng_below(g, 2);
    s->stride_y = s->stride_x = s->dilation_y = s->dilation_x = 1;
    s->pad_top = s->pad_bottom = s->kernel_y / 2;
    s->pad_left = s->pad_right = s->kernel_x / 2;
    *K = s->channels;
}

/* One axis: kernel, stride, dilation, padding; with all of them something comes out. */
static void random_axis(lac_rng *g, uint32_t n, uint32_t *kernel, uint32_t *stride, uint32_t *dilation, uint32_t *before, uint32_t *after)
{
    do {
        *kernel = 1 + rng_below(g, rng_chance(g, 190) ? 3 : 11);
        *stride = 1 + (rng_chance(g, 110) ? rng_below(g, 4) : 0);
        *dilation = 1 + (rng_chance(g, 80) ? rng_below(g, rng_chance(g, 30) ? 12 : 3) : 0);
        const uint32_t span = (*kernel - 1) * *dilation + 1, most = rng_chance(g, 40) ? span + 4 : rng_chance(g, 128) ? span / 2 : 0;
        *before = rng_below(g, most + 1);
        *after = rng_below(g, most + 1);
    } while (*before + n + *after < (*kernel - 1) * *dilation + 1);
}

/* In and out of a layer whose x is given where it is chained: images, height, width and channels stand in *s then. */
static void random_shape(lac_rng *g, lac_conv_shape *s, int chained, uint32_t store_w, lac_format format, uint32_t *K)
{
    uint64_t work;
    do {
        if (!chained) {
            s->images = 1 + (rng_chance(g, 80) ? rng_below(g, 3) : 0);
            s->height = 1 + rng_below(g, rng_chance(g, 60) ? 3 : 20);
            s->width = 1 + rng_below(g, rng_chance(g, 60) ? 3 : 20);
            s->channels = 1 + rng_below(g, rng_chance(g, 128) ? 8 : 40);
            if (format == LAC_NM) s->channels = (s->channels + 3) / 4 * 4;
        }
        random_axis(g, s->height, &s->kernel_y, &s->stride_y, &s->dilation_y, &s->pad_top, &s->pad_bottom);
        if (!chained && rng_chance(g, 30)) { /* tall kernels: the rows of all taps are too much for a small RAM, a few rows are not */
            s->height = 12 + rng_below(g, 9);
            s->width = 2 + rng_below(g, 5);
            s->channels = 16 + 4 * rng_below(g, 7);
            s->kernel_y = 5 + rng_below(g, 7);
            s->stride_y = 1 + rng_below(g, 2);
            s->dilation_y = 1;
            s->pad_top = rng_below(g, 6);
            s->pad_bottom = rng_below(g, 6);
        }
        random_axis(g, s->width, &s->kernel_x, &s->stride_x, &s->dilation_x, &s->pad_left, &s->pad_right);
        *K = rng_chance(g, 80) ? 64 * (1 + rng_below(g, 3)) : store_w * (1 + rng_below(g, 40 / store_w + 1));
        work = (uint64_t)out_rows(s) * lac_conv_out_x(s) * *K * s->kernel_y * s->kernel_x * s->channels;
    } while (work > 3000000 || *K * s->kernel_y * s->kernel_x * s->channels > 150000 || lac_conv_out_x(s) > 60 || lac_conv_out_y(s) > 60);
}

/* With taps as rows: no dilation, padding mostly below the kernel. */
static void random_rows_axis(lac_rng *g, uint32_t n, uint32_t *kernel, uint32_t *stride, uint32_t *before, uint32_t *after)
{
    do {
        *kernel = 1 + rng_below(g, rng_chance(g, 30) ? 7 : rng_chance(g, 100) ? 5 : 3);
        *stride = 1 + (rng_chance(g, 110) ? rng_below(g, rng_chance(g, 30) ? 6 : 3) : 0);
        const uint32_t most = rng_chance(g, 20) ? *kernel + 4 : rng_chance(g, 170) ? *kernel - 1 : 0;
        *before = rng_below(g, most + 1);
        *after = rng_below(g, most + 1);
    } while (*before + n + *after < *kernel);
}

static void random_rows_shape(lac_rng *g, lac_conv_shape *s, int chained, const lac_caps *caps, int taps, uint32_t *K)
{
    const uint32_t store_w = caps->store_w;
    uint64_t work;
    do {
        if (!chained) {
            const uint32_t big = rng_chance(g, 40) ? 3 : rng_chance(g, 128) ? 8 : 20;
            s->images = 1 + (rng_chance(g, 80) ? rng_below(g, 3) : 0);
            s->height = 1 + rng_below(g, rng_chance(g, 40) ? 20 : big);
            s->width = 1 + rng_below(g, big);
            s->channels = 1 + rng_below(g, rng_chance(g, 128) ? 8 : 40);
            if (rng_chance(g, 50)) { /* the next row is far away */
                s->height = 1 + rng_below(g, 4);
                s->width = 50 + rng_below(g, 60);
                s->channels = 1 + rng_below(g, 4);
            }
            if (taps == 2) s->channels = (s->channels + 3) / 4 * 4, s->channels = (s->channels + store_w - 1) / store_w * store_w;
        }
        s->dilation_y = s->dilation_x = 1;
        random_rows_axis(g, s->height, &s->kernel_y, &s->stride_y, &s->pad_top, &s->pad_bottom);
        random_rows_axis(g, s->width, &s->kernel_x, &s->stride_x, &s->pad_left, &s->pad_right);
        *K = taps == 2 ? s->channels : store_w * (1 + rng_below(g, (rng_chance(g, 60) ? 3 * caps->lanes : caps->lanes) / store_w));
        work = (uint64_t)out_rows(s) * lac_conv_out_x(s) * *K * s->kernel_y * s->kernel_x * s->channels;
    } while (work > 3000000 || *K * s->kernel_y * s->kernel_x * s->channels > 150000);
}

/* Taps as rows: the grid, as lacuna.h has it. */
static uint32_t grid(const lac_conv_shape *s, uint32_t *left)
{
    const uint32_t a = s->kernel_x - 1 > s->pad_left ? (s->kernel_x - 1 - s->pad_left) / s->stride_x : 0;
    uint32_t most = lac_conv_out_x(s) + a;
    if ((s->width - 1 + s->pad_left) / s->stride_x + 1 > most) most = (s->width - 1 + s->pad_left) / s->stride_x + 1;
    if ((s->kernel_x - 1) / s->stride_x + 1 > most) most = (s->kernel_x - 1) / s->stride_x + 1;
    *left = a;
    return most;
}

/* Taps as rows: accumulators that so many output rows need at most. */
static uint32_t rows_need(const lac_conv_shape *s, uint32_t K, uint32_t lanes, uint32_t high)
{
    uint32_t left;
    const uint32_t g = grid(s, &left);
    return ((high + 2 * ((s->kernel_y - 1) / s->stride_y) + (left ? 1 : 0)) * g + (left ? 0 : (s->kernel_x - 1) / s->stride_x)) * ((K + lanes - 1) / lanes);
}

/* Whether lacuna.h has a reason to refuse to pack this layer. */
static int rows_excuse(const matrix *m, const lac_caps *caps)
{
    const lac_conv_shape *s = &m->shape;
    const uint32_t per = m->format == LAC_CSC ? 6 : 4, gap = m->format == LAC_CSC ? 64 : 256, rk = (m->rows + caps->lanes - 1) / caps->lanes;
    uint32_t left, most = ((s->kernel_y + s->stride_y - 1) / s->stride_y) * ((s->kernel_x + s->stride_x - 1) / s->stride_x) * rk;
    most += rows_need(s, m->rows, caps->lanes, 1) / gap; /* padding, at most */
    return rows_need(s, m->rows, caps->lanes, 1) > caps->acc_depth || m->rows > caps->param_depth || most >= 32 * per || most > caps->weight_depth / 2 * per
        || (grid(s, &left) - 1) * s->stride_x * s->channels > 65535;
}

/* ---- Programs ------------------------------------------------------------------------------------------ */

/* What was really seen in the programs that ran. */
enum { JOBS, BANDS, STRIPS, BY_ROW, APART, BY_ROWS, ROW_TILES, ROW_TILE_BANDS, COL_TILES, IDLE, CUT_TOP, DILATED_X, DILATED_Y, STRIDED, WIDE_PAD, RESIDENT, STREAMED, CHAINED,
       LIST_IN, LIST_OUT, RAW, IMAGES, FORMATS, TYPES = FORMATS + 3, KINDS = TYPES + 3 };
static const struct { const char *name; uint32_t least; } kinds[KINDS] = {
    {"jobs", 400}, {"several bands", 100}, {"strips", 20}, {"rows of taps one by one", 20}, {"every other input row", 40},
    {"rows of taps one by one, for several output rows", 10}, {"several row tiles", 20},
    {"row tiles in bands of several rows", 5}, {"several tiles of columns", 50}, {"a group without taps", 20}, {"rows of taps that see a part of the band", 50},
    {"dilation_x", 50}, {"dilation_y", 50}, {"strides", 100}, {"padding as wide as the kernel", 30}, {"resident", 100}, {"streamed", 100}, {"chained", 50},
    {"lists in", 50}, {"lists out", 50}, {"raw", 30}, {"several images", 50}, {"csc", 50}, {"csc8", 50}, {"N:4", 50}, {"int8", 50}, {"uint8", 50}, {"int16", 50}};
static uint32_t seen[KINDS], refused, programs_run;

/* With taps as rows. */
enum { R_JOBS, R_DEPTHWISE, R_FOURS, R_BANDS, R_MIDDLE, R_EDGE, R_PIECES, R_COL_TILES, R_TILES_PIECES, R_LEFT, R_NO_LEFT, R_NO_GUARD, R_NARROW, R_PHASES, R_SPARSE_PHASES, R_IDLE, R_WIDE_PAD,
       R_LONG_GAPS, R_CHANNEL_ROWS, R_KERNEL_5, R_DOT, R_RESIDENT, R_STREAMED, R_AFTER_COLUMNS, R_BEFORE_COLUMNS, R_AFTER_ROWS, R_LIST_IN, R_LIST_OUT, R_RAW, R_IMAGES, R_FORMATS,
       R_TYPES = R_FORMATS + 2, R_KINDS = R_TYPES + 6 };
static const struct { const char *name; uint32_t least; } rows_kinds[R_KINDS] = {
    {"jobs", 800}, {"depthwise", 200}, {"items of four channels", 20}, {"several bands", 60}, {"guard rows on both sides of a band", 20}, {"padding above and below a band", 100}, {"input rows in pieces", 300}, {"several tiles of columns", 50},
    {"tiles of columns for each of several pieces", 12}, {"a grid row in front", 300}, {"none, and several taps to a row", 50}, {"no guard pixels", 50}, {"fewer pixels than taps", 30}, {"phases of several taps", 80},
    {"phases without taps", 20}, {"a group without taps", 3}, {"padding as wide as the kernel", 20}, {"gaps longer than a field", 5}, {"several channels to a lane", 100}, {"kernels of 5 and more", 50}, {"one pixel in", 5},
    {"resident", 200}, {"streamed", 200}, {"behind taps as columns", 50}, {"before taps as columns", 50}, {"behind taps as rows", 50}, {"lists in", 100}, {"lists out", 100}, {"raw", 50}, {"several images", 100},
    {"csc", 200}, {"csc8", 400}, {"int8", 100}, {"uint8", 100}, {"int16", 100}, {"depthwise int8", 30}, {"depthwise uint8", 30}, {"depthwise int16", 30}};
static uint32_t seen_rows[R_KINDS], rows_refused, rows_packed, rows_tried;

/* With pooling, or a residual. */
enum { A_POOLED, A_POOLED_ROWS, A_BOTH, A_BANDS, A_OVERLAP, A_MIDDLE, A_WINDOWS_APART, A_HANG, A_BEHIND, A_STRIPS, A_STRIPS_OVERLAP, A_PARTS, A_LARGE, A_MEAN, A_MEAN_RELU, A_MEAN_HANG, A_POOLED_LIST, A_POOLED_IMAGES,
       A_ADDED, A_ADDED_ROWS, A_ADDED_DEPTHWISE, A_ADDED_NM, A_EARLIER, A_LAST, A_OLDER, A_OWN, A_PIECES, A_TILES, A_CHANNEL_ROWS, A_ROW_TILES, A_ADDED_STRIPS, A_ALONE, A_ADDED_LIST, A_WAITS,
       A_TYPES, A_KINDS = A_TYPES + 3 };
static const struct { const char *name; uint32_t least; } added_kinds[A_KINDS] = {
    {"pooling", 300}, {"pooling, taps as rows", 200}, {"pooling and residual", 100}, {"pooling, several bands", 50}, {"bands that share output rows", 20}, {"a band between others", 20}, {"windows apart", 50},
    {"windows that begin outside", 100}, {"windows that end outside", 100}, {"pooling in strips", 5}, {"strips that share pixels", 1}, {"bands in parts", 3}, {"windows of 9 and more", 20}, {"means", 100}, {"means of what is above zero", 100}, {"means of windows that begin outside", 50}, {"pooled lists out", 20},
    {"pooling, several images", 50}, {"residuals", 300}, {"residuals, taps as rows", 100}, {"residuals, depthwise", 50}, {"residuals, N:4", 20}, {"a residual that an earlier job wrote", 50},
    {"the job just before", 20}, {"one before that", 20}, {"a residual that is also x", 20}, {"a residual in pieces", 20}, {"factors in several tiles", 2}, {"residuals, several channels to a lane", 50}, {"residuals, several row tiles", 5},
    {"residuals in strips", 5}, {"a group with nothing but a residual", 3}, {"a residual of lists", 20}, {"a residual behind whose steps x would be too late", 2}, {"residual int8", 30}, {"residual uint8", 30},
    {"residual int16", 30}};
static uint32_t seen_added[A_KINDS];

static int is_residual(const lac_conv *job, const lac_cmd *c)
{
    if (!job->residual) return 0;
    if (GET(c, ANY_OP) == 2) return GET(c, EXEC_FORMAT) == 3 && GET(c, EXEC_N) == 1;
    const uint64_t at = GET(c, LOAD_FEATURES_ADDR_LO) | (uint64_t)GET(c, LOAD_FEATURES_ADDR_HI) << 32;
    return (c->w[0] & 255) == LAC_OP_LOAD_FEATURES && at >= job->residual->x.addr && at < job->residual->x.addr + (uint64_t)out_rows(&job->shape) * job->residual->x.pitch;
}

/* `wrote`: the job of this program that wrote the residual, -1 for none; number: of this job. */
static void count_added(const list *p, const lac_conv *job, uint32_t tag, int wrote, int number)
{
    const lac_conv_shape *s = &job->shape;
    const lac_pool *o = &job->pool;
    const uint32_t out_x = lac_conv_out_x(s), out_y = lac_conv_out_y(s), pooled = o->kernel_y != 0, added = job->residual != NULL, taps = job->layer->taps;
    uint32_t stores = 0, strips = 0, middle = 0, from = 0, pixels = 0, loads = 0, own = 0, alone = 0, pieces = 0, parts = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        const lac_cmd *c = &p->c[i];
        if (GET(c, ANY_TAG) != tag) continue;
        if (is_residual(job, c)) loads += GET(c, ANY_OP) == 1;
        else own += GET(c, ANY_OP) == 2;
        parts += !taps && GET(c, ANY_OP) == 1 && (c->w[0] & 255) == LAC_OP_LOAD_FEATURES && !is_residual(job, c);
        if (GET(c, ANY_OP) != 3) continue;
        stores++;
        strips += GET(c, STORE_WIDTH) && GET(c, STORE_PIXELS) < lac_conv_y_pixels(job);
        from += GET(c, STORE_FROM_ROWS) - GET(c, STORE_TOP) - GET(c, STORE_BOTTOM);
        pixels += GET(c, STORE_FROM_PIXELS);
        middle += pooled && GET(c, STORE_POOL_TOP) == 0 && o->pad_top > 0;
        alone += added && !own;
        pieces += loads > 1;
        loads = own = 0;
    }
    const uint32_t hang_y = (lac_conv_y_rows(job) - 1) * o->stride_y + o->kernel_y > o->pad_top + out_y, hang_x = (lac_conv_y_pixels(job) - 1) * o->stride_x + o->kernel_x > o->pad_left + out_x;
    const int is[A_KINDS] = {pooled, pooled && taps, pooled && added, pooled && !strips && stores > s->images, pooled && !strips && from > s->images * out_y, middle > 0,
                             pooled && (o->stride_y > o->kernel_y || o->stride_x > o->kernel_x), pooled && (o->pad_top || o->pad_left), pooled && (hang_y || hang_x), pooled && strips,
                             pooled && strips && pixels > stores / ((stores + s->images - 1) / s->images) * out_x * 2 && o->kernel_x > o->stride_x, pooled && !taps && s->kernel_y == 1 && parts > stores, o->kernel_y > 8 || o->kernel_x > 8,
                             pooled && o->kind == LAC_POOL_MEAN, pooled && o->kind == LAC_POOL_MEAN_RELU, pooled && o->kind && (o->pad_top || o->pad_left),
                             pooled && job->y.list, pooled && s->images > 1, added, added && taps, added && taps == 2, added && job->layer->format == LAC_NM, added && wrote >= 0, wrote >= 0 && wrote == number - 1,
                             wrote >= 0 && wrote < number - 1, added && job->residual->x.addr == job->x.addr, pieces > 0, added && job->residual->layer->tiles > 1, added && job->layer->rows > dir_word(job->layer, 7),
                             added && row_tiles(job->layer) > 1, added && strips, alone > 0, added && job->residual->x.list,
                             added && (pieces || job->residual->layer->tiles > 1 || job->layer->rows > 8 * dir_word(job->layer, 7)) && number > 0};
    for (int k = 0; k < A_TYPES; k++) seen_added[k] += is[k] != 0;
    if (added) seen_added[A_TYPES + job->residual->x.type]++;
}

static void count_rows(const list *p, const lac_conv *job, uint32_t tag, const matrix *before, const matrix *after)
{
    const lac_conv_shape *s = &job->shape;
    const lac_layer *l = job->layer;
    uint32_t left, stores = 0, middle = 0, idle = 0, loads = 0, pieces = 0, edge = 0;
    const uint32_t g = grid(s, &left), reach = (s->kernel_y - 1) / s->stride_y, depthwise = l->taps == 2;
    for (uint32_t i = 0; i < p->n; i++) {
        const lac_cmd *c = &p->c[i];
        if (GET(c, ANY_TAG) != tag || is_residual(job, c)) continue;
        loads += (c->w[0] & 255) == LAC_OP_LOAD_FEATURES;
        if (GET(c, ANY_OP) == 2) idle += GET(c, EXEC_FIRST) == GET(c, EXEC_WIDTH);
        if (GET(c, ANY_OP) == 3) {
            const uint32_t top = GET(c, STORE_TOP) - (left ? 1 : 0), bottom = GET(c, STORE_BOTTOM);
            stores++;
            middle += reach && top == reach && bottom == reach;
            edge += top < reach || bottom < reach;
            pieces += loads > 1;
            loads = 0;
        }
    }
    const int is[R_KINDS] = {1, depthwise, l->taps == 4, stores > s->images, middle > 0, edge > 0, pieces > 0, l->tiles > 1, l->tiles > 1 && pieces, left > 0, !left && s->kernel_x > 1, g == lac_conv_out_x(s),
                             s->width < s->kernel_x, s->stride_x > 1 && s->kernel_x > s->stride_x, s->stride_x > s->kernel_x || s->stride_y > s->kernel_y, idle > 0,
                             s->pad_left >= s->kernel_x || s->pad_top >= s->kernel_y, l->padding > 0, l->rows > dir_word(l, 7), s->kernel_y > 4 || s->kernel_x > 4,
                             s->width == 1 && s->height == 1, job->resident != NULL, !job->resident, before && !before->taps, after && !after->taps, before && before->taps,
                             job->x.list, job->y.list, job->y.type == LAC_RAW, s->images > 1};
    for (int k = 0; k < R_FORMATS; k++) seen_rows[k] += is[k] != 0;
    seen_rows[R_FORMATS + l->format]++;
    seen_rows[R_TYPES + job->x.type]++;
    if (depthwise) seen_rows[R_TYPES + 3 + job->x.type]++;
}

/* Look at the commands of job `tag`. */
static void count_kinds(const list *p, const lac_conv *job, uint32_t tag)
{
    const lac_conv_shape *s = &job->shape;
    const uint32_t out_x = lac_conv_out_x(s);
    uint32_t stores = 0, strips = 0, by_row = 0, idle = 0, cut = 0, loads = 0, row_bands = 0, points = 0, apart = 0, rows = 0, by_rows = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        const lac_cmd *c = &p->c[i];
        if (GET(c, ANY_TAG) != tag || is_residual(job, c)) continue;
        if ((c->w[0] & 255) == LAC_OP_LOAD_FEATURES) {
            loads++;
            rows |= GET(c, LOAD_FEATURES_POINTS) > 1;
            apart += GET(c, LOAD_FEATURES_PITCH) > job->x.pitch;
        }
        if (GET(c, ANY_OP) == 2) {
            idle += GET(c, EXEC_FIRST) == GET(c, EXEC_WIDTH);
            cut += points && points != GET(c, EXEC_POINTS);
            points = GET(c, EXEC_POINTS);
        }
        if (GET(c, ANY_OP) == 3) {
            stores++;
            strips += GET(c, STORE_WIDTH) ? GET(c, STORE_PIXELS) < lac_conv_y_pixels(job) : GET(c, STORE_POINTS) < out_x;
            row_bands += !GET(c, STORE_WIDTH) && GET(c, STORE_POINTS) > out_x;
            by_row += loads > 1;
            by_rows += loads > 1 && rows;
            loads = points = rows = 0;
        }
    }
    const int is[KINDS] = {1, stores > row_tiles(job->layer) * s->images, strips > 0, by_row > 0, apart > 0, by_rows > 0, row_tiles(job->layer) > 1, row_bands > 0,
                           job->layer->tiles > row_tiles(job->layer), idle > 0, cut > 0, s->kernel_x > 1 && s->dilation_x > 1,
                           s->kernel_y > 1 && s->dilation_y > 1, s->stride_x > 1 && s->stride_y > 1, s->pad_left >= s->kernel_x || s->pad_top >= s->kernel_y,
                           job->resident != NULL, !job->resident, 0, job->x.list, job->y.list, job->y.type == LAC_RAW, s->images > 1};
    for (int k = 0; k < FORMATS; k++) seen[k] += is[k] != 0;
    seen[FORMATS + job->layer->format]++;
    seen[TYPES + job->x.type]++;
}

/* Is there a reason in lacuna.h to refuse this job for space? `at`: what the resident layers have left. */
static int excuse(const lac_caps *caps, const lac_conv *job, const lac_place *at)
{
    const lac_layer *l = job->layer;
    const uint32_t es = job->x.type == LAC_INT16 ? 2 : 1, ey = job->y.type == LAC_RAW ? 8 : job->y.type == LAC_INT16 ? 2 : 1, pixel = l->rows * ey;
    const uint32_t tiles = row_tiles(l), channels = dir_word(l, 32 + 1), rows = (channels + caps->lanes - 1) / caps->lanes;
    const lac_pool *o = &job->pool;
    const uint32_t out_x = lac_conv_out_x(&job->shape), out_y = lac_conv_out_y(&job->shape), high = !o->kernel_y ? 1 : o->kernel_y < out_y ? o->kernel_y : out_y;
    uint32_t unit = 1;
    while (unit * pixel % 64) unit++;
    if (job->residual) {
        const lac_layer *f = job->residual->layer;
        for (uint32_t i = 0; i < f->tiles; i++)
            if (at->word_base >= caps->weight_depth || at->word_base + dir_word(f, (int)(40 + 8 * i) + 4) > caps->weight_depth || at->col_base + dir_word(f, (int)(40 + 8 * i) + 1) > caps->col_depth) return 1;
        if ((out_x * l->rows * (job->residual->x.type == LAC_INT16 ? 2 : 1) + caps->line - 1) / caps->line > caps->feat_depth) return 1;
    }
    for (uint32_t i = 0; i < l->tiles && !job->resident; i++) { /* its tiles beside the resident layers */
        const int tile = (int)(32 + 8 * (tiles + i));
        if (at->word_base >= caps->weight_depth || at->word_base + dir_word(l, tile + 4) > caps->weight_depth || at->col_base + dir_word(l, tile + 1) > caps->col_depth) return 1;
    }
    if (!job->resident && (at->param_base + channels > caps->param_depth || (l->format == LAC_CSC && at->codebook == 2))) return 1;
    if ((in_row(&job->shape) * es + caps->line - 1) / caps->line > caps->feat_depth) return 1;
    if (l->taps) return rows_need(&job->shape, l->rows, caps->lanes, high) > caps->acc_depth;
    if (tiles > 1 && (job->y.list || o->kernel_y || pixel % 64 || dir_word(l, 10) * ey % 64)) return 1;
    if (o->kernel_y) unit = (unit - 1) * o->stride_x + o->kernel_x; /* pixels that so many windows see */
    return high * out_x * rows > caps->acc_depth && (job->y.list || high * unit * rows > caps->acc_depth);
}

enum { MOST_JOBS = 4 };

/* Both banks, behind a program. */
static int banks_empty(const lac_model *m)
{
    for (uint64_t i = 0; i < (uint64_t)2 * m->cfg.lanes * m->acc_pitch; i++)
        if (m->acc[i]) return 0;
    return 1;
}

/* Random values of a tensor, in its memory and as they are. */
static int64_t *new_values(const rig *r, lac_rng *g, const lac_tensor *t, uint32_t rows, uint32_t elements)
{
    int64_t *v = malloc((size_t)rows * elements * sizeof *v);
    const uint32_t density = rng_chance(g, 60) ? 256 : rng_below(g, 256);
    for (size_t i = 0; i < (size_t)rows * elements; i++) v[i] = rng_chance(g, density) ? rng_range(g, type_lo[t->type], type_hi[t->type]) : t->zero;
    for (uint32_t row = 0; row < rows; row++) put_row(host(r, t->addr) + (uint64_t)row * t->pitch, t, v + (size_t)row * elements, elements);
    return v;
}

/* One program of 1 .. MOST_JOBS layers; `share` of 256 of them have taps as rows. NULL, or what is wrong. */
static const char *program(rig *r, lac_rng *g, uint32_t share)
{
    static char why[400];
    const lac_caps *caps = &r->dev.caps;
    const uint32_t block = rng_chance(g, 40), n = block ? MOST_JOBS : 1 + rng_below(g, 3); /* jobs of one shape behind the first, with shortcuts */
    matrix m[MOST_JOBS];
    lac_conv jobs[MOST_JOBS];
    lac_place places[MOST_JOBS], at = {0, 0, 0, 0};
    int64_t *y[MOST_JOBS], *x[MOST_JOBS]; /* with their zero points */
    int chained[MOST_JOBS] = {0}, wrote[MOST_JOBS] = {0};
    list prog = {0};
    const char *bad = NULL;
    uint32_t made = 0, excused = 0;
    lac_status s = LAC_OK;

    memset(jobs, 0, sizeof jobs);
    for (; made < n && s == LAC_OK; made++) {
        lac_conv *job = &jobs[made];
        lac_conv_shape *shape = &job->shape;
        lac_format format = (lac_format)rng_below(g, 3);
        uint32_t K;
        const lac_conv *prev = made ? job - 1 : NULL;
        const int chain = prev && prev->y.type != LAC_RAW && (block || rng_chance(g, 180));
        if (chain) {
            shape->images = prev->shape.images;
            shape->height = lac_conv_y_rows(prev);
            shape->width = lac_conv_y_pixels(prev);
            shape->channels = prev->layer->rows;
            if (shape->channels % 4 && format == LAC_NM) format = LAC_CSC8;
            if (shape->channels > 64 || shape->width * shape->height * shape->channels > 30000) break;
        }
        int taps = share && rng_chance(g, share) ? 1 + rng_chance(g, 100) : 0;
        if (taps == 2 && ((chain && (shape->channels % 4 || shape->channels % caps->store_w)) || caps->lanes % 4)) taps = 1;
        if (taps == 2) format = LAC_CSC8;
        if (taps && format == LAC_NM) format = LAC_CSC;
        const int same = block && chain && (uint64_t)in_rows(shape) * in_row(shape) * shape->channels * (taps == 2 ? 1 : 9) < 3000000 && shape->channels * shape->channels * 9 <= 150000
                         && shape->height <= 60 && shape->width <= 60;
        if (same) same_shape(g, shape, &K);
        else if (taps) random_rows_shape(g, shape, chain, caps, taps, &K);
        else random_shape(g, shape, chain, caps->store_w, format, &K);
        fill_matrix(&m[made], g, format, K, shape->kernel_y * shape->kernel_x * shape->channels);
        if (taps == 1 && format == LAC_CSC8 && shape->channels % 4 == 0 && caps->lanes % 4 == 0 && rng_chance(g, 128)) taps = 3;
        m[made].taps = taps;
        m[made].shape = *shape;
        m[made].balance = (int)rng_below(g, caps->lanes % 4 ? 2 : 3);
        for (size_t i = 0; taps == 2 && i < (size_t)K * m[made].cols; i++)
            if (i % shape->channels != i / m[made].cols) m[made].w[i] = 0;
        for (size_t i = 0; taps == 3 && i < (size_t)K * m[made].cols; i++)
            if (i % m[made].cols % 4 != i / m[made].cols % 4) m[made].w[i] = 0;
        y[made] = x[made] = NULL;
        s = pack_matrix(&m[made], r);
        if (taps) {
            rows_tried++;
            if (s == LAC_OK) rows_packed++;
            else if (s != LAC_E_SPACE || !rows_excuse(&m[made], caps))
                snprintf(why, sizeof why, "not packed: %s, %u channels to %u, kernel %ux%u", lac_status_name(s), shape->channels, K, shape->kernel_y, shape->kernel_x), bad = why;
        }
        if (s != LAC_OK) { /* a random machine may be too small for a line of columns */
            drop_matrix(&m[made]);
            break;
        }
        chained[made] = chain;
        wrote[made] = -1;
        job->layer = &m[made].layer;
        job->x = chain ? prev->y : new_tensor(r, g, in_rows(shape), in_row(shape), (lac_type)rng_below(g, 3), rng_chance(g, 60));
        const int excused_before = excuse(caps, job, &at);
        if (excused_before && made && rng_chance(g, 128)) { /* or too many are refused */
            drop_matrix(&m[made]);
            break;
        }
        if (rng_chance(g, same ? 30 : 90)) random_pool(g, shape, &job->pool);
        if (!excused_before && excuse(caps, job, &at) && rng_chance(g, 200)) memset(&job->pool, 0, sizeof job->pool); /* likewise */
        job->y = new_tensor(r, g, y_rows(job), y_row(job), (lac_type)rng_below(g, !block && rng_chance(g, 90) ? 4 : 3), 0);
        if (job->y.type != LAC_RAW) {
            if (rng_chance(g, 60)) {
                const int32_t zero = job->y.zero;
                job->y = new_tensor(r, g, y_rows(job), y_row(job), job->y.type, 1);
                job->y.zero = zero;
            }
            if (job->pool.kernel_y) job->pool.kind = (lac_pool_kind)rng_below(g, 3);
            job->clamp_lo = (int32_t)rng_range(g, type_lo[job->y.type], type_hi[job->y.type]);
            job->clamp_hi = (int32_t)rng_range(g, job->clamp_lo, type_hi[job->y.type]);
            if (rng_chance(g, 128)) job->clamp_lo = type_lo[job->y.type], job->clamp_hi = type_hi[job->y.type];
        }
        job->tag = 1000 + made;
        job->mark = 1;
        if (rng_chance(g, 128) && lac_fc_place(caps, job->layer, &at, &places[made]) == LAC_OK) job->resident = &places[made];

        /* Features: chained ones are there only after the run. */
        const size_t in = (size_t)in_rows(shape) * in_row(shape), points = (size_t)out_rows(shape) * lac_conv_out_x(shape);
        int32_t *centred = malloc(in * sizeof *centred);
        y[made] = malloc(points * K * sizeof *y[made]);
        if (!chain) x[made] = new_values(r, g, &job->x, in_rows(shape), in_row(shape));
        for (size_t i = 0; i < in; i++) centred[i] = (int32_t)(chain ? y[made - 1][i] : x[made][i]) - job->x.zero;
        naive_conv(y[made], m[made].w, centred, shape, (int)K);
        free(centred);

        if (K % 4 == 0 && caps->lanes % 4 == 0 && (m[made].balance != 1 || format == LAC_NM || taps == 2) && rng_chance(g, block ? 200 : 110)) {
            lac_residual *added = &m[made].residual;
            const int64_t *values = NULL;
            int64_t *fresh = NULL;
            if (pack_factors(&m[made], r, g) != LAC_OK) bad = "factors not packed";
            /* Is there a tensor of its size? */
            const uint32_t first = rng_below(g, 2 * made + 2);
            for (uint32_t i = 0; i <= 2 * made && rng_chance(g, 240); i++) {
                const uint32_t j = (first + i) % (2 * made + 2) / 2, is_y = (first + i) % 2; /* job j's x or y */
                if (values || (is_y ? j == made || jobs[j].y.type == LAC_RAW : !x[j])) continue;
                if ((is_y ? jobs[j].shape.images : jobs[j].shape.images) != shape->images) continue;
                if ((is_y ? lac_conv_y_rows(&jobs[j]) : jobs[j].shape.height) != lac_conv_out_y(shape) || (is_y ? y_row(&jobs[j]) : in_row(&jobs[j].shape)) != lac_conv_out_x(shape) * K) continue;
                added->x = is_y ? jobs[j].y : jobs[j].x;
                values = is_y ? y[j] : x[j];
                if (is_y) wrote[made] = (int)j;
            }
            if (!values) {
                added->x = new_tensor(r, g, out_rows(shape), lac_conv_out_x(shape) * K, (lac_type)rng_below(g, 3), rng_chance(g, 60));
                values = fresh = new_values(r, g, &added->x, out_rows(shape), lac_conv_out_x(shape) * K);
            }
            job->residual = added;
            if (!excused_before && excuse(caps, job, &at) && rng_chance(g, 200)) job->residual = NULL, wrote[made] = -1;
            else naive_residual(y[made], m[made].factor, values, added->x.zero, points, K);
            free(fresh);
        }
        const int mean = job->pool.kernel_y && job->pool.kind; /* requantised behind the windows, else before them */
        for (size_t i = 0; job->y.type != LAC_RAW && !mean && i < points * K; i++)
            y[made][i] = naive_requant(y[made][i], m[made].bias[i % K], (uint32_t)m[made].mult[i % K], m[made].shift[i % K], job->y.zero, job->clamp_lo, job->clamp_hi);
        if (job->pool.kernel_y) {
            int64_t *all = y[made];
            y[made] = naive_pool(all, &job->pool, m[made].bias, (int)shape->images, (int)lac_conv_out_y(shape), (int)lac_conv_out_x(shape), (int)K);
            free(all);
        }
        for (size_t i = 0; mean && i < (size_t)y_rows(job) * y_row(job); i++)
            y[made][i] = naive_requant(y[made][i], 0, (uint32_t)m[made].mult[i % K], m[made].shift[i % K], job->y.zero, job->clamp_lo, job->clamp_hi);
    }

    /* Build; what cannot run must have a reason. */
    for (uint32_t i = 0; i < made; i++) excused |= (uint32_t)excuse(caps, &jobs[i], &at);
    for (uint32_t i = 0; i < made; i++)
        if (jobs[i].resident && lac_fc_load(caps, jobs[i].layer, jobs[i].resident, collect, &prog) != LAC_OK) bad = "load";
    const uint32_t loads = prog.n;
    s = bad || !made ? LAC_E_SPACE : lac_conv_build(caps, jobs, made, collect, &prog);
    if (s != LAC_OK) {
        if (made && !bad && (s != LAC_E_SPACE || !excused || prog.n != loads))
            snprintf(why, sizeof why, "refused: %s, %u commands", lac_status_name(s), prog.n - loads), bad = why;
        refused++;
        if (share) rows_refused++;
    } else {
        race_order *o = malloc(sizeof *o * prog.n);
        if (race_check(caps, prog.c, prog.n, memory, r->base, o, why, sizeof why)) bad = why;
        free(o);
        memcpy(wanted, memory, r->next - r->base);
        for (uint32_t i = 0; i < made && !bad; i++) {
            const uint32_t elements = y_row(&jobs[i]);
            for (uint32_t row = 0; row < y_rows(&jobs[i]); row++)
                put_row(wanted + (jobs[i].y.addr - r->base) + (uint64_t)row * jobs[i].y.pitch, &jobs[i].y, y[i] + (size_t)row * elements, elements);
            if (jobs[i].resident) s = lac_fc_place_load(&r->dev, jobs[i].layer, jobs[i].resident, 10);
            if (s != LAC_OK) bad = "lac_fc_place_load";
        }
        if (!bad) s = lac_conv_run(&r->dev, jobs, made, 10);
        if (s != LAC_OK && !bad) {
            lac_error_record e;
            lac_error(&r->dev, &e);
            snprintf(why, sizeof why, "%s: %s of %s, command %u, tag %u", lac_status_name(s), lac_error_name(e.code), lac_unit_name(e.unit), e.cmd, e.tag);
            bad = why;
        }
        if (!bad && !banks_empty(r->model)) bad = "accumulators are left";
        for (uint64_t b = 64 * r->ring; b < r->next - r->base && !bad; b++)
            if (memory[b] != wanted[b]) {
                uint32_t j = 0;
                while (j + 1 < made && b + r->base >= jobs[j + 1].y.addr) j++;
                snprintf(why, sizeof why, "byte %llu of y of job %u: expected 0x%02x, got 0x%02x", (unsigned long long)(b + r->base - jobs[j].y.addr), j, wanted[b], memory[b]);
                bad = why;
            }
        lac_stats st;
        if (!bad && (lac_read_stats(&r->dev, &st) != LAC_OK || (st.marks != made && prog.n < r->ring))) bad = "marks";
        for (uint32_t i = 0; i < made && !bad; i++) {
            if (m[i].taps) count_rows(&prog, &jobs[i], 1000 + i, chained[i] ? &m[i - 1] : NULL, i + 1 < made && chained[i + 1] ? &m[i + 1] : NULL);
            else count_kinds(&prog, &jobs[i], 1000 + i), seen[CHAINED] += chained[i] != 0;
            count_added(&prog, &jobs[i], 1000 + i, wrote[i], (int)i);
        }
        programs_run++;
    }
    if (bad) {
        static char all[1800];
        int len = snprintf(all, sizeof all, "%s", bad);
        for (uint32_t i = 0; i < made; i++) {
            const lac_conv *j = &jobs[i];
            const lac_conv_shape *c = &j->shape;
            len += snprintf(all + len, sizeof all - (size_t)len, "; %ux%ux%ux%u to %u, kernel %ux%u stride %u,%u dilation %u,%u pad %u,%u,%u,%u, format %d, taps %u, types %d %d%s%s%s%s",
                            c->images, c->height, c->width, c->channels, j->layer->rows, c->kernel_y, c->kernel_x, c->stride_y, c->stride_x, c->dilation_y, c->dilation_x, c->pad_top,
                            c->pad_left, c->pad_bottom, c->pad_right, (int)j->layer->format, j->layer->taps, (int)j->x.type, (int)j->y.type, j->x.list ? " list in" : "", j->y.list ? " list out" : "",
                            j->resident ? " resident" : "", chained[i] ? " chained" : "");
            if (j->pool.kernel_y)
                len += snprintf(all + len, sizeof all - (size_t)len, " pool %d %ux%u stride %u,%u pad %u,%u,%u,%u", (int)j->pool.kind, j->pool.kernel_y, j->pool.kernel_x, j->pool.stride_y, j->pool.stride_x, j->pool.pad_top,
                                j->pool.pad_left, j->pool.pad_bottom, j->pool.pad_right);
            if (j->residual) len += snprintf(all + len, sizeof all - (size_t)len, " residual type %d of job %d", (int)j->residual->x.type, wrote[i]);
        }
        bad = all;
    }
    for (uint32_t i = 0; i < made; i++) {
        drop_matrix(&m[i]);
        free(y[i]);
        free(x[i]);
    }
    free(prog.c);
    return bad;
}

static void programs(const char *name, int batch, int n, uint32_t share)
{
    lac_rng g = {seed * 1000003 + (uint32_t)batch * 7919 + share * 104729 + (name ? (uint32_t)name[0] * 31 + (uint32_t)name[1] : 0)};
    char line[100], detail[2000] = "";
    for (int i = 0; i < n && !*detail; i++) {
        rig r;
        lac_config cfg = name ? named_config(name) : random_config(&g);
        if (!name && share) cfg.acc_depth = rng_chance(&g, 40) ? 24 + rng_below(&g, 60) : 64 + rng_below(&g, 600);
        if (!name && share && rng_chance(&g, 150)) {
            cfg.weight_depth = 8 + rng_below(&g, 40);
            cfg.col_depth = 16 + rng_below(&g, 60);
        }
        open_rig(&r, &cfg, rng_chance(&g, 100) ? 8 + rng_below(&g, 20) : 4096);
        const char *bad = program(&r, &g, share);
        if (bad) snprintf(detail, sizeof detail, "program %d: %s (%u lanes, %u bit, STORE_W %u, depths %u %u %u %u %u)", i, bad, cfg.lanes, cfg.data_w, cfg.store_w, cfg.weight_depth,
                          cfg.col_depth, cfg.acc_depth, cfg.feat_depth, cfg.param_depth);
        close_rig(&r);
    }
    snprintf(line, sizeof line, "convolutions%s on %s, batch %d (%d programs)", share ? ", taps as rows," : "", name ? name : "random machines", batch, n);
    check(!*detail, line, "%s", detail);
}

/* ---- Directed layers ----------------------------------------------------------------------------------- */

/* taps != 0: as rows, for this shape; 2: depthwise. */
static matrix *directed_rows(rig *r, lac_format format, uint32_t rows, uint32_t cols, int taps, const lac_conv_shape *shape)
{
    lac_rng g = {seed + rows * 131 + cols};
    matrix *m = malloc(sizeof *m);
    fill_matrix(m, &g, format, rows, cols);
    for (size_t i = 0; i < (size_t)rows * cols; i++)
        m->w[i] = (format == LAC_NM && i % cols % 4 >= m->n) || (taps == 2 && i % cols % shape->channels != i / cols) ? 0 : (int32_t)(i % 7) - 3;
    m->taps = taps;
    m->balance = r->dev.caps.lanes % 4 ? 1 : 2;
    if (taps) m->shape = *shape;
    if (pack_matrix(m, r) != LAC_OK) {
        check(0, "directed matrix", "%u x %u", rows, cols);
        exit(1);
    }
    return m;
}

static matrix *directed_matrix(rig *r, lac_format format, uint32_t rows, uint32_t cols) { return directed_rows(r, format, rows, cols, 0, NULL); }

static lac_tensor tensor(rig *r, uint32_t rows, uint32_t elements, lac_type type)
{
    lac_tensor t = {0, lac_pitch(&r->dev.caps, elements, type, 0), type, 0, 0};
    t.addr = take(r, (uint64_t)rows * t.pitch + 64);
    return t;
}

static lac_conv conv(rig *r, const matrix *m, const lac_conv_shape *s, lac_type in, lac_type out)
{
    lac_conv c;
    memset(&c, 0, sizeof c);
    c.layer = &m->layer;
    c.shape = *s;
    c.x = tensor(r, in_rows(s), in_row(s), in);
    c.y = tensor(r, out_rows(s), lac_conv_out_x(s) * m->rows, out);
    if (out != LAC_RAW) c.clamp_lo = type_lo[out], c.clamp_hi = type_hi[out];
    return c;
}

static void add_factors(matrix *m, rig *r)
{
    lac_rng g = {seed + 77};
    const lac_status s = pack_factors(m, r, &g);
    if (s != LAC_OK) {
        check(0, "directed factors", "%s", lac_status_name(s));
        exit(1);
    }
}

static void drop(matrix *m)
{
    drop_matrix(m);
    free(m);
}

/* ---- Order: overlap where there should be, and no token for nothing ----------------------------------------- */

static void order(void)
{
    static const struct { const char *name, *config; lac_format format; uint32_t rows; lac_conv_shape s; int resident, taps, added; lac_pool pool; } c[] = {
        {"resident, 3x3", "l8", LAC_CSC, 16, {2, 16, 16, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"resident, 1x1", "l8", LAC_CSC8, 16, {2, 16, 16, 16, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 1, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"streamed, one tile", "l8", LAC_NM, 16, {2, 16, 16, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"streamed, tiles of columns", "odd", LAC_CSC, 12, {1, 12, 10, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"streamed, tiles of rows and columns", "l8", LAC_CSC8, 192, {1, 9, 9, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"input row by input row, strips", "odd", LAC_CSC, 32, {1, 6, 10, 12, 5, 3, 1, 1, 1, 1, 2, 1, 2, 1}, 0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"taps apart", "l8", LAC_CSC8, 16, {2, 16, 16, 8, 3, 3, 1, 1, 2, 2, 2, 2, 2, 2}, 1, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"taps as rows, resident", "l8", LAC_CSC, 16, {6, 8, 8, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 1, 0, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"taps as rows, streamed, one tile", "l8", LAC_CSC8, 8, {6, 12, 8, 8, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1}, 0, 1, 0, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"taps as rows, streamed, tiles of columns", "odd", LAC_CSC8, 12, {6, 2, 3, 80, 1, 3, 1, 1, 1, 1, 0, 1, 0, 1}, 0, 1, 0, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"depthwise, resident", "l8", LAC_CSC8, 32, {6, 5, 5, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 2, 0, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"depthwise, streamed", "l8", LAC_CSC8, 16, {6, 9, 9, 16, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1}, 0, 2, 0, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"pooling, resident", "l8", LAC_CSC, 16, {2, 16, 16, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 0, 0, {2, 2, 2, 2, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"pooling, taps as rows", "l8", LAC_CSC8, 8, {6, 12, 8, 8, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1}, 0, 1, 0, {3, 3, 2, 2, 1, 1, 1, 1, LAC_POOL_MAX}},
        {"residual, resident", "l8", LAC_CSC, 16, {2, 16, 16, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 0, 1, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"residual, streamed, one tile", "l8", LAC_NM, 16, {2, 16, 16, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 0, 0, 1, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"residual, depthwise", "l8", LAC_CSC8, 32, {6, 5, 5, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 2, 1, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
    };
    for (size_t k = 0; k < sizeof c / sizeof c[0]; k++) {
        const lac_config cfg = named_config(c[k].config);
        const lac_place at = {0, 0, 0, 1};
        char name[150], why[200] = "";
        list prog = {0};
        rig r;
        open_rig(&r, &cfg, 16);
        matrix *m = directed_rows(&r, c[k].format, c[k].rows, c[k].s.kernel_y * c[k].s.kernel_x * c[k].s.channels, c[k].taps, &c[k].s);
        lac_conv jobs[2] = {conv(&r, m, &c[k].s, LAC_INT8, LAC_INT16), conv(&r, m, &c[k].s, LAC_INT8, LAC_RAW)};
        jobs[0].pool = jobs[1].pool = c[k].pool; /* y has room for more */
        if (c[k].added) {
            add_factors(m, &r);
            m->residual.x = tensor(&r, out_rows(&c[k].s), lac_conv_out_x(&c[k].s) * m->rows, LAC_INT8);
            jobs[0].residual = jobs[1].residual = &m->residual;
        }
        jobs[0].resident = jobs[1].resident = c[k].resident ? &at : NULL;
        lac_status s = c[k].resident ? lac_fc_load(&r.dev.caps, &m->layer, &at, collect, &prog) : LAC_OK;
        if (s == LAC_OK) s = lac_conv_build(&r.dev.caps, jobs, 2, collect, &prog);
        race_order *o = malloc(sizeof *o * (prog.n + 1));
        int ok = s == LAC_OK && race_check(&r.dev.caps, prog.c, prog.n, memory, r.base, o, why, sizeof why) == 0;
        snprintf(name, sizeof name, "order: %s (%u commands)", c[k].name, prog.n);
        check(ok, name, "%s %s", lac_status_name(s), why);

        /* Overlap: each EXEC but the last is followed by a LOAD that need not wait for it; each STORE by such an EXEC. */
        uint32_t tried = 0, bad = 0;
        for (uint32_t i = 0; i < prog.n && ok; i++) {
            const uint32_t e = o[i].engine;
            uint32_t next = i + 1;
            while (next < prog.n && o[next].engine != (e == 1 ? 0u : 1u)) next++;
            if (e == 0 || next == prog.n) continue;
            tried++;
            bad += race_before(&o[i], &o[next]) != 0;
        }
        snprintf(name, sizeof name, "overlap: %s", c[k].name);
        if (ok) check(bad * 20 <= tried && tried > 5, name, "%u of %u neighbours wait for each other", bad, tried);

        /* Without any one of its tokens it must be a race, or the token was for nothing. */
        uint32_t tokens = 0, missed = 0;
        for (uint32_t from = 0; from < 3 && ok; from++)
            for (uint32_t to = 0; to < 3; to++) lose_tokens(&r, &prog, from, to, &tokens, &missed);
        snprintf(name, sizeof name, "tokens: %s, each of %u is needed and its loss noticed", c[k].name, tokens);
        if (ok) check(missed == 0 && tokens > 0, name, "%u missed", missed);
        free(o);
        free(prog.c);
        drop(m);
        close_rig(&r);
    }
}

/* ---- The largest numbers --------------------------------------------------------------------------------- */

/* One job with raw outputs on a fresh machine; `pixels` that a STORE is expected to write, 0: whole rows. */
static void edge_of(const char *what, const char *config, uint32_t rows, const lac_conv_shape *shape, uint32_t pixels, int taps, const lac_pool *pool, int added)
{
    const lac_config cfg = named_config(config);
    lac_rng g = {seed + 9};
    char name[150];
    uint32_t wrong = 0, other = 0;
    list prog = {0};
    rig r;
    open_rig(&r, &cfg, 64);
    matrix *m = directed_rows(&r, LAC_CSC8, rows, shape->kernel_y * shape->kernel_x * shape->channels, taps, shape);
    lac_conv job = conv(&r, m, shape, LAC_INT8, LAC_RAW);
    if (pool) job.pool = *pool;
    if (pool) job.y = tensor(&r, y_rows(&job), y_row(&job), LAC_RAW);
    const size_t in = (size_t)in_rows(shape) * in_row(shape), points = (size_t)out_rows(shape) * lac_conv_out_x(shape), out = (size_t)y_rows(&job) * y_row(&job);
    int32_t *x = malloc(in * sizeof *x);
    int64_t *y = malloc(points * rows * sizeof *y), *row = malloc(in_row(shape) * sizeof *row);
    for (size_t i = 0; i < in; i++) {
        row[i % in_row(shape)] = x[i] = (int32_t)rng_range(&g, -128, 127);
        if ((i + 1) % in_row(shape) == 0) put_row(host(&r, job.x.addr) + i / in_row(shape) * job.x.pitch, &job.x, row, in_row(shape));
    }
    naive_conv(y, m->w, x, shape, (int)rows);
    if (added) {
        add_factors(m, &r);
        m->residual.x = tensor(&r, out_rows(shape), lac_conv_out_x(shape) * rows, LAC_INT8);
        int64_t *v = new_values(&r, &g, &m->residual.x, out_rows(shape), lac_conv_out_x(shape) * rows);
        naive_residual(y, m->factor, v, m->residual.x.zero, points, rows);
        job.residual = &m->residual;
        free(v);
    }
    if (pool) {
        int64_t *all = y;
        y = naive_pool(all, pool, NULL, (int)shape->images, (int)lac_conv_out_y(shape), (int)lac_conv_out_x(shape), (int)rows);
        free(all);
    }
    lac_status s = lac_conv_build(&r.dev.caps, &job, 1, collect, &prog);
    for (uint32_t i = 0; i < prog.n; i++) other += pixels && GET(&prog.c[i], ANY_OP) == 3 && GET(&prog.c[i], STORE_PIXELS) > pixels;
    if (s == LAC_OK) s = lac_conv_run(&r.dev, &job, 1, 10);
    for (size_t i = 0, n = y_row(&job); i < out; i++) {
        const uint8_t *p = host(&r, job.y.addr) + i / n * job.y.pitch + i % n * 8;
        int64_t v = 0;
        for (int b = 7; b >= 0; b--) v = (int64_t)((uint64_t)v << 8 | p[b]);
        wrong += v != y[i];
    }
    snprintf(name, sizeof name, "edge: %s", what);
    check(s == LAC_OK && !wrong && !other, name, "%s, %u of %u outputs wrong, %u STOREs too long", lac_status_name(s), wrong, (uint32_t)out, other);
    free(x);
    free(y);
    free(row);
    free(prog.c);
    drop(m);
    close_rig(&r);
}

static void edge(const char *what, const char *config, uint32_t rows, const lac_conv_shape *shape, uint32_t pixels, int taps)
{
    edge_of(what, config, rows, shape, pixels, taps, NULL, 0);
}

static void edges(void)
{
    /* images, height, width, channels, kernel, stride, dilation, padding at the top, left, bottom, right */
    static const lac_conv_shape before = {1, 1, 1, 8, 3, 3, 1, 3, 1, 1, 1, 8191, 1, 2}, row = {1, 1, 8187, 8, 1, 3, 1, 4, 1, 1, 0, 0, 0, 0},
        behind = {1, 2, 3, 8, 1, 2, 1, 4, 1, 8190, 0, 0, 0, 8191}, dot = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
        high = {1, 3, 2, 4, 11, 11, 1, 1, 900, 1, 9000, 5, 30, 5}, whole = {3, 13, 13, 4, 11, 11, 1, 1, 1, 1, 5, 5, 5, 5},
        around = {1, 1, 3, 3, 1, 2, 1, 257, 1, 21845, 0, 0, 0, 43688}, leap = {1, 32769, 1, 1, 1, 1, 32767, 1, 1, 1, 0, 0, 0, 0},
        large = {2, 30, 20, 3, 11, 11, 1, 1, 1, 1, 0, 5, 0, 5}, far = {1, 3, 15, 4369, 1, 3, 1, 1, 1, 1, 0, 1, 0, 1}, wide = {1, 2, 8, 8, 1, 2, 1, 2, 1, 1, 0, 8180, 0, 1},
        deep = {1, 6, 6, 4, 3, 3, 1, 1, 1, 1, 2000, 1, 2000, 1}, jump = {1, 32769, 1, 4, 2, 1, 32767, 1, 1, 1, 1, 0, 0, 0};
    edge("windows that begin 65528 elements before their row", "odd", 2, &before, 0, 0);
    edge("an input row of 65496 elements, its outputs in strips", "l64", 32, &row, 1024, 0);
    edge("a tap 65520 elements behind the first", "l8", 4, &behind, 0, 0);
    edge("a window 131070 elements behind the first", "odd", 2, &around, 24, 0);
    edge("one pixel, one channel, one tap", "l8", 4, &dot, 0, 0);
    edge("rows of taps far apart, most of them beside the image", "l8", 4, &high, 0, 0);
    edge("kernels of 11 x 11", "l8", 8, &whole, 0, 0);
    edge("output rows 32767 input rows apart", "l8", 4, &leap, 0, 0);
    edge("taps as rows, a kernel of 11 x 11: ten guard rows", "l64", 32, &large, 0, 1);
    edge("the same, depthwise", "l64", 32, &(const lac_conv_shape){1, 30, 20, 32, 11, 11, 1, 1, 1, 1, 0, 5, 0, 5}, 0, 2);
    edge("taps as rows, the last window 65535 elements behind the first", "l64", 32, &far, 0, 1);
    edge("taps as rows, padding of 65440 elements", "big", 4, &wide, 0, 1);
    edge("taps as rows, most rows beside the image", "l8", 8, &deep, 0, 1);
    edge("taps as rows, input rows without taps, too large to be loaded together", "odd", 2, &(const lac_conv_shape){1, 2, 12, 40, 1, 1, 3, 1, 1, 1, 1, 0, 1, 0}, 0, 1);
    edge("taps as rows, output rows 32767 input rows apart", "l8", 4, &jump, 0, 2);
    edge_of("windows of 15 x 15 that begin 14 before the image and end 14 behind it", "l64", 32, &whole, 0, 0, &(const lac_pool){15, 15, 15, 15, 14, 14, 14, 14, LAC_POOL_MAX}, 0);
    edge_of("the same, taps as rows", "l64", 32, &whole, 0, 1, &(const lac_pool){15, 15, 1, 1, 14, 14, 14, 14, LAC_POOL_MAX}, 1);
    edge_of("a pooled row in strips", "l64", 32, &row, 0, 0, &(const lac_pool){1, 3, 1, 4, 0, 2, 0, 1, LAC_POOL_MAX}, 1);
    edge_of("pooling of one pixel", "l8", 4, &dot, 0, 0, &(const lac_pool){3, 2, 2, 3, 2, 1, 1, 1, LAC_POOL_MAX}, 1);
    edge_of("a residual's row of 65472 elements", "l64", 32, &(const lac_conv_shape){1, 2, 2046, 4, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 1024, 0, NULL, 1);
    edge_of("row tiles of nothing but a residual", "l8", 1024, &(const lac_conv_shape){1, 1, 4, 8, 1, 1, 1, 1, 1, 1, 6, 0, 6, 0}, 0, 0, NULL, 1);
    edge_of("a residual of 1024 channels", "l64", 1024, &(const lac_conv_shape){1, 3, 3, 4, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 0, 0, NULL, 1);
    edge_of("a residual of rows whose grid EXEC does not reach", "big64", 512, &(const lac_conv_shape){1, 3, 134, 4, 1, 11, 1, 1, 1, 1, 0, 0, 0, 0}, 0, 1, NULL, 1);
}

/* ---- Bands: how many STOREs ------------------------------------------------------------------------------ */

static void bands(void)
{
    static const struct { const char *name, *config; uint32_t rows; lac_conv_shape s; int how; uint32_t stores; lac_pool pool; } c[] = { /* how: 1 resident, 2 with a residual */
        {"a quarter of the rows, 1x1", "l64", 64, {1, 16, 16, 16, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 1, 4, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"a quarter of the rows, 3x3", "l64", 64, {1, 40, 8, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 4, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"eight rows, or too much is loaded twice", "l64", 64, {1, 16, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 0, 2, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"four images are four bands", "l64", 64, {4, 16, 16, 16, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 0, 4, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"of equal size", "l64", 64, {1, 17, 32, 16, 5, 5, 1, 1, 1, 1, 2, 2, 2, 2}, 1, 2, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"weights that stay, 64 rows", "l8", 8, {1, 64, 4, 32, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 1, 4, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"weights streamed for each band: as large as half of the feature RAM", "l8", 8, {1, 64, 4, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 0, 5, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"the same, rows of taps one by one", "odd", 12, {1, 6, 10, 12, 5, 3, 1, 1, 1, 1, 2, 1, 2, 1}, 0, 3, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"the same, weights that stay", "odd", 12, {1, 6, 8, 16, 5, 1, 1, 1, 1, 1, 2, 0, 2, 0}, 1, 6, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"rows that stride_y skips take no room", "l8", 8, {1, 64, 8, 64, 1, 1, 4, 1, 1, 1, 0, 0, 0, 0}, 0, 4, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"a quarter of the windows", "l64", 64, {1, 16, 16, 16, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 1, 4, {2, 2, 2, 2, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"of windows that share rows, not below four times these", "l64", 64, {1, 33, 8, 16, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 1, 4, {3, 3, 2, 2, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"pooling, as many windows as the bank holds", "l8", 8, {1, 32, 32, 16, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 1, 4, {2, 2, 2, 2, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"the same, windows that share rows", "l8", 8, {1, 32, 32, 16, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 1, 6, {3, 3, 2, 2, 1, 1, 0, 0, LAC_POOL_MAX}},
        {"a tile that is more than half of the column table stays", "l8", 8, {1, 16, 1, 288, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 0, 4, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"but not beside factors", "l8", 8, {1, 16, 1, 288, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 2, 2, {0, 0, 0, 0, 0, 0, 0, 0, LAC_POOL_MAX}},
        {"in parts, for the feature RAM holds a row of taps of half a window", "odd", 12, {1, 4, 5, 50, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 0, 2, {2, 2, 2, 2, 0, 0, 0, 0, LAC_POOL_MAX}},
    };
    for (size_t k = 0; k < sizeof c / sizeof c[0]; k++) {
        const lac_config cfg = named_config(c[k].config);
        const lac_place at = {0, 0, 0, 0};
        char name[100];
        uint32_t stores = 0;
        list prog = {0};
        rig r;
        open_rig(&r, &cfg, 16);
        matrix *m = directed_matrix(&r, LAC_CSC8, c[k].rows, c[k].s.kernel_y * c[k].s.kernel_x * c[k].s.channels);
        lac_conv job = conv(&r, m, &c[k].s, LAC_INT8, LAC_INT8);
        job.pool = c[k].pool;
        job.resident = c[k].how == 1 ? &at : NULL;
        if (c[k].how == 2) {
            add_factors(m, &r);
            m->residual.x = tensor(&r, out_rows(&c[k].s), lac_conv_out_x(&c[k].s) * m->rows, LAC_INT8);
            job.residual = &m->residual;
        }
        const lac_status s = lac_conv_build(&r.dev.caps, &job, 1, collect, &prog);
        for (uint32_t i = 0; i < prog.n; i++) stores += GET(&prog.c[i], ANY_OP) == 3;
        snprintf(name, sizeof name, "bands: %s", c[k].name);
        check(s == LAC_OK && stores == c[k].stores, name, "%s, %u, expected %u", lac_status_name(s), stores, c[k].stores);
        free(prog.c);
        drop(m);
        close_rig(&r);
    }
}

/* Taps as rows: STOREs, EXECs and LOADs of features. */
static void rows_bands(void)
{
    static const struct { const char *name, *config; uint32_t rows; lac_conv_shape s; int resident, taps; uint32_t stores, execs, loads; } c[] = {
        {"a whole image: 17 grid rows of 15 pixels, in four pieces", "l64", 64, {1, 14, 14, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 1, 1, 4, 4},
        {"as few as the bank holds: three guard rows and one in front", "l8", 8, {1, 26, 14, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 1, 2, 8, 8},
        {"one row more than that, and of equal size", "l8", 8, {1, 27, 14, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 1, 3, 12, 12},
        {"an EXEC for each phase", "l64", 64, {1, 16, 16, 16, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1}, 1, 1, 1, 16, 4},
        {"phases without taps have none", "l64", 64, {1, 16, 16, 16, 1, 2, 2, 4, 1, 1, 0, 0, 0, 0}, 1, 1, 1, 8, 4},
        {"depthwise", "l64", 64, {1, 14, 14, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 2, 1, 4, 4},
        {"tiles of columns for one piece", "odd", 12, {1, 1, 3, 80, 1, 3, 1, 1, 1, 1, 0, 1, 0, 1}, 0, 1, 1, 3, 1},
    };
    for (size_t k = 0; k < sizeof c / sizeof c[0]; k++) {
        const lac_config cfg = named_config(c[k].config);
        const lac_place at = {0, 0, 0, 0};
        char name[150];
        uint32_t stores = 0, execs = 0, loads = 0;
        list prog = {0};
        rig r;
        open_rig(&r, &cfg, 16);
        matrix *m = directed_rows(&r, LAC_CSC8, c[k].rows, c[k].s.kernel_y * c[k].s.kernel_x * c[k].s.channels, c[k].taps, &c[k].s);
        lac_conv job = conv(&r, m, &c[k].s, LAC_INT8, LAC_INT8);
        job.resident = c[k].resident ? &at : NULL;
        const lac_status s = lac_conv_build(&r.dev.caps, &job, 1, collect, &prog);
        for (uint32_t i = 0; i < prog.n; i++) {
            stores += GET(&prog.c[i], ANY_OP) == 3;
            execs += GET(&prog.c[i], ANY_OP) == 2;
            loads += (prog.c[i].w[0] & 255) == LAC_OP_LOAD_FEATURES;
        }
        snprintf(name, sizeof name, "bands of taps as rows: %s", c[k].name);
        check(s == LAC_OK && stores == c[k].stores && execs == c[k].execs && loads == c[k].loads, name, "%s, %u STOREs, %u EXECs, %u LOADs, expected %u, %u, %u", lac_status_name(s),
              stores, execs, loads, c[k].stores, c[k].execs, c[k].loads);
        free(prog.c);
        drop(m);
        close_rig(&r);
    }
}

/* Every second row by one LOAD, but not where its PITCH is too small for that. */
static void pitches(void)
{
    static const lac_conv_shape s = {1, 9, 4, 8, 1, 1, 2, 1, 1, 1, 0, 0, 0, 0};
    const lac_config cfg = named_config("l8");
    rig r;
    open_rig(&r, &cfg, 16);
    matrix *m = directed_matrix(&r, LAC_CSC8, 8, 8);
    lac_conv job = conv(&r, m, &s, LAC_INT8, LAC_INT8);
    uint32_t rows[2] = {0, 0}, wrong = 0;
    job.x.addr = r.next;
    for (uint32_t big = 0; big < 2; big++) {
        const uint32_t pitch = big ? 0x800000 : 0x7FFFC0; /* twice this is 2^24, or 128 less */
        list prog = {0};
        job.x.pitch = pitch;
        if (lac_conv_build(&r.dev.caps, &job, 1, collect, &prog) != LAC_OK) wrong++;
        for (uint32_t i = 0; i < prog.n; i++)
            if ((prog.c[i].w[0] & 255) == LAC_OP_LOAD_FEATURES) {
                const uint32_t points = GET(&prog.c[i], LOAD_FEATURES_POINTS);
                rows[big] += points;
                wrong += points > 1 && GET(&prog.c[i], LOAD_FEATURES_PITCH) != (big ? pitch : 2 * pitch);
            }
        free(prog.c);
    }
    check(!wrong && rows[0] == 5 && rows[1] > 5, "every second row by one LOAD, as far as PITCH reaches", "%u, %u rows, %u commands wrong", rows[0], rows[1], wrong);
    drop(m);
    close_rig(&r);
}

/* Two layers write the halves of each pixel, a third reads them whole; between the rows stand bytes that nobody may touch. */
static void concatenation(const char *config, uint32_t gap)
{
    enum { HALF = 64, LAST = 8 };
    static const lac_conv_shape in = {2, 6, 7, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, whole = {2, 6, 7, 2 * HALF, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0};
    const lac_config cfg = named_config(config);
    char name[150];
    rig r;
    open_rig(&r, &cfg, 64);
    const uint32_t last = LAST * r.dev.caps.store_w, rows = out_rows(&in), pixels = in.width, n = rows * pixels;
    matrix *half[2] = {directed_matrix(&r, LAC_CSC8, HALF, 72), directed_matrix(&r, LAC_NM, HALF, 72)}, *m = directed_matrix(&r, LAC_CSC8, last, 2 * HALF);
    const lac_tensor joined = {take(&r, rows * (pixels * 2u * HALF + gap)), pixels * 2u * HALF + gap, LAC_INT8, -5, 0};
    lac_conv job[3] = {conv(&r, half[0], &in, LAC_INT8, LAC_INT8), conv(&r, half[1], &in, LAC_INT8, LAC_INT8), conv(&r, m, &whole, LAC_INT8, LAC_RAW)};
    int32_t *x = malloc(rows * in_row(&in) * sizeof *x), *t = malloc((size_t)n * 2 * HALF * sizeof *t);
    int64_t *y = malloc((size_t)n * (last > HALF ? last : HALF) * sizeof *y);
    lac_rng g = {seed + 99};
    uint32_t wrong = 0;

    for (uint32_t i = 0; i < rows * in_row(&in); i++) x[i] = (int32_t)rng_range(&g, -128, 127);
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t i = 0; i < in_row(&in); i++) put_bytes(host(&r, job[0].x.addr) + row * job[0].x.pitch + i, (uint64_t)x[row * in_row(&in) + i], 1);
    memset(host(&r, joined.addr), 77, rows * joined.pitch);
    job[1].x = job[0].x;
    for (uint32_t h = 0; h < 2; h++) {
        job[h].y = joined;
        job[h].y.addr += h * HALF;
        job[h].y_pixel = 2 * HALF;
        naive_conv(y, half[h]->w, x, &in, HALF);
        for (uint32_t i = 0; i < n * HALF; i++)
            t[i / HALF * 2 * HALF + h * HALF + i % HALF]
                = naive_requant(y[i], half[h]->bias[i % HALF], (uint32_t)half[h]->mult[i % HALF], half[h]->shift[i % HALF], joined.zero, job[h].clamp_lo, job[h].clamp_hi) - joined.zero;
    }
    job[2].x = joined;
    naive_conv(y, m->w, t, &whole, (int)last);
    const lac_status s = lac_conv_run(&r.dev, job, 3, 10);
    for (uint32_t i = 0; i < n * last; i++) {
        uint8_t want[8];
        put_bytes(want, (uint64_t)y[i], 8);
        wrong += memcmp(host(&r, job[2].y.addr) + i / (pixels * last) * job[2].y.pitch + i % (pixels * last) * 8, want, 8) != 0;
    }
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t i = 0; i < joined.pitch; i++) {
            const uint8_t *p = host(&r, joined.addr) + row * joined.pitch + i;
            wrong += *p != (i < pixels * 2 * HALF ? (uint8_t)(t[row * pixels * 2 * HALF + i] + joined.zero) : 77);
        }
    snprintf(name, sizeof name, "%s: two layers write one tensor, rows %u bytes apart", config, gap);
    check(s == LAC_OK && !wrong, name, "%s, %u values wrong", lac_status_name(s), wrong);
    free(x);
    free(t);
    free(y);
    drop(half[0]);
    drop(half[1]);
    drop(m);
    close_rig(&r);
}

/* ---- Shapes, by counting -------------------------------------------------------------------------------- */

static void shapes(void)
{
    lac_rng g = {seed + 3};
    uint32_t wrong = 0, none = 0;
    for (int i = 0; i < 20000; i++) {
        lac_conv_shape s;
        s.images = s.channels = 1;
        s.height = s.width = 1 + rng_below(&g, 30);
        s.kernel_y = s.kernel_x = 1 + rng_below(&g, 11);
        s.stride_y = s.stride_x = 1 + rng_below(&g, 5);
        s.dilation_y = s.dilation_x = 1 + rng_below(&g, 4);
        s.pad_top = s.pad_left = rng_below(&g, 8);
        s.pad_bottom = s.pad_right = rng_below(&g, 8);
        uint32_t count = 0; /* positions at which the last tap is still inside */
        while (count * s.stride_x + (s.kernel_x - 1) * s.dilation_x < s.pad_left + s.width + s.pad_right) count++;
        wrong += lac_conv_out_x(&s) != count || lac_conv_out_y(&s) != count;
        none += count == 0;
    }
    check(!wrong && none > 100, "shapes: outputs along an axis", "%u wrong, %u without", wrong, none);
    const lac_conv_shape far = {65535, 65535, 65535, 1, 11, 11, 1, 1, 65535, 65535, 65535, 65535, 65535, 65535}, zero = {1, 4, 4, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0};
    check(lac_conv_out_x(&far) == 0 && lac_conv_out_x(&zero) == 0 && lac_conv_out_y(&zero) == 0, "shapes: the largest numbers, and zeros", "otherwise");
}

/* ---- Refusals --------------------------------------------------------------------------------------------- */

static lac_status build_status(rig *r, const lac_conv *job, uint32_t *emitted)
{
    list prog = {0};
    const lac_status s = lac_conv_build(&r->dev.caps, job, 1, collect, &prog);
    *emitted = prog.n;
    free(prog.c);
    return s;
}

static int stop_at_third(void *ctx, const lac_cmd *cmd)
{
    (void)cmd;
    return ++*(int *)ctx == 3 ? 77 : 0;
}

static void refusals(void)
{
    static const lac_conv_shape three = {2, 9, 9, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
    const lac_config cfg = named_config("odd"); /* 12 lanes, 8-byte lines, 24 accumulators, 64 feature lines, 60 parameters */
    const lac_place at = {0, 0, 0, 0};
    rig r;
    open_rig(&r, &cfg, 16);
    const lac_caps *caps = &r.dev.caps;
    matrix *m = directed_matrix(&r, LAC_CSC, 12, 72), *small = directed_matrix(&r, LAC_CSC, 12, 8), *nm = directed_matrix(&r, LAC_NM, 12, 54), *odd = directed_matrix(&r, LAC_CSC8, 13, 72),
           *tall = directed_matrix(&r, LAC_CSC8, 128, 72), *wide = directed_matrix(&r, LAC_CSC8, 100, 72), *many = directed_matrix(&r, LAC_CSC8, 58, 8);
    const lac_conv good = conv(&r, m, &three, LAC_INT8, LAC_INT8);
    const lac_addr room = take(&r, 1 << 16);
    uint32_t n = 0;
    lac_status s = build_status(&r, &good, &n);
    check(s == LAC_OK && n > 0, "build: the job that is going to be broken is good", "%s", lac_status_name(s));

    lac_layer alien = m->layer, moved = m->layer, columns = m->layer, none;
    uint8_t other[128];
    memcpy(other, m->image, sizeof other);
    other[28]++; /* lanes */
    alien.image = other;
    moved.addr += 32;
    columns.by_column = 1;
    memset(&none, 0, sizeof none);
    lac_place far = at, crooked = at, third = at, last = at;
    far.col_base = 60;
    crooked.param_base = 1;
    third.codebook = 2;
    last.word_base = 47;
    uint32_t commands = 0;
#define REFUSED(what, status, change)                                                                                  \
    do {                                                                                                               \
        lac_conv j = good;                                                                                             \
        change;                                                                                                        \
        n = 0;                                                                                                         \
        s = build_status(&r, &j, &n);                                                                                  \
        commands += n;                                                                                                 \
        check(s == (status) && n == 0, "build refuses " what, "%s, %u commands", lac_status_name(s), n);              \
    } while (0)
    REFUSED("no layer", LAC_E_ARG, j.layer = NULL);
    REFUSED("a layer without an image", LAC_E_ARG, j.layer = &none);
    REFUSED("a layer for another machine", LAC_E_ARG, j.layer = &alien);
    REFUSED("a layer at an odd address", LAC_E_ALIGN, j.layer = &moved);
    REFUSED("column blocks", LAC_E_ARG, j.layer = &columns);
    REFUSED("no images", LAC_E_ARG, j.shape.images = 0);
    REFUSED("65536 images", LAC_E_ARG, j.shape.images = 65536);
    REFUSED("no rows", LAC_E_ARG, j.shape.height = 0);
    REFUSED("65536 rows", LAC_E_ARG, j.shape.height = 65536);
    REFUSED("no pixels", LAC_E_ARG, j.shape.width = 0);
    REFUSED("no channels", LAC_E_ARG, j.shape.channels = 0);
    REFUSED("other channels than the layer's", LAC_E_ARG, j.shape.channels = 9);
    REFUSED("65536 elements in a row", LAC_E_ARG, j.shape.width = 8192);
    REFUSED("a kernel of no rows", LAC_E_ARG, j.shape.kernel_y = 0);
    REFUSED("a kernel of 12 rows", LAC_E_ARG, j.shape.kernel_y = 12; j.shape.height = 20; j.shape.kernel_x = 1; j.shape.channels = 6);
    REFUSED("a kernel of 12 columns", LAC_E_ARG, j.shape.kernel_x = 12; j.shape.width = 20; j.shape.kernel_y = 1; j.shape.channels = 6);
    REFUSED("another kernel than the layer's", LAC_E_ARG, j.shape.kernel_y = 2);
    REFUSED("stride 0", LAC_E_ARG, j.shape.stride_x = 0);
    REFUSED("stride 0 down", LAC_E_ARG, j.shape.stride_y = 0);
    REFUSED("stride 32768", LAC_E_ARG, j.shape.stride_y = 32768);
    REFUSED("a step of 32768 elements", LAC_E_ARG, j.shape.stride_x = 4096);
    REFUSED("dilation 0", LAC_E_ARG, j.shape.dilation_y = 0);
    REFUSED("a tap 65536 elements away", LAC_E_ARG, j.shape.dilation_x = 4096; j.shape.pad_right = 8192);
    REFUSED("dilation 65536", LAC_E_ARG, j.shape.dilation_y = 65536);
    REFUSED("padding of 65536 elements", LAC_E_ARG, j.shape.pad_left = 8192);
    REFUSED("padding of 65536 rows", LAC_E_ARG, j.shape.pad_top = 65536);
    REFUSED("windows over 65536 elements", LAC_E_ARG, j.shape.pad_right = 8192; j.shape.stride_x = 512; j.shape.pad_left = 8191);
    REFUSED("an output row of 65536 elements", LAC_E_ARG, j.shape.pad_right = 5460);
    REFUSED("65536 output rows", LAC_E_ARG, j.shape.pad_bottom = 65535);
    REFUSED("a kernel larger than the image", LAC_E_ARG, j.shape.pad_left = j.shape.pad_right = 0; j.shape.dilation_x = 5);
    REFUSED("a kernel higher than the image", LAC_E_ARG, j.shape.pad_top = j.shape.pad_bottom = 0; j.shape.dilation_y = 5);
    REFUSED("N:4 of six channels", LAC_E_ARG, j.layer = &nm->layer; j.shape.channels = 6);
    REFUSED("outputs that are no multiple of STORE_W", LAC_E_ARG, j.layer = &odd->layer);
    REFUSED("an image at an odd address", LAC_E_ALIGN, j.x.addr += 8);
    REFUSED("outputs at an odd address", LAC_E_ALIGN, j.y.addr += 8);
    REFUSED("an odd pitch", LAC_E_ALIGN, j.x.pitch += 8);
    REFUSED("a pitch below an input row", LAC_E_ARG, j.x.pitch = 64);
    REFUSED("a pitch below an output row", LAC_E_ARG, j.y.pitch = 64);
    REFUSED("a pitch of 2^24", LAC_E_ARG, j.y.pitch = 1u << 24);
    REFUSED("raw features", LAC_E_ARG, j.x.type = LAC_RAW);
    REFUSED("a zero point outside the type", LAC_E_ARG, j.x.zero = -129);
    REFUSED("an output zero point outside the type", LAC_E_ARG, j.y.type = LAC_UINT8; j.y.zero = -1; j.clamp_lo = 0);
    REFUSED("clamp limits crossed", LAC_E_ARG, j.clamp_lo = 6; j.clamp_hi = 5);
    REFUSED("a clamp limit outside the type", LAC_E_ARG, j.clamp_hi = 128);
    REFUSED("raw with a clamp", LAC_E_ARG, j.y.type = LAC_RAW; j.y.pitch = 65536);
    REFUSED("a raw list", LAC_E_ARG, j.y.type = LAC_RAW; j.y.pitch = 65536; j.clamp_lo = j.clamp_hi = 0; j.y.list = 1);
    REFUSED("y on top of x", LAC_E_ARG, j.y.addr = j.x.addr + 17 * j.x.pitch);
    REFUSED("x on top of y", LAC_E_ARG, j.x.addr = j.y.addr + 17 * j.y.pitch);
    REFUSED("a place beyond the column table", LAC_E_SPACE, j.resident = &far);
    REFUSED("parameters at an odd place", LAC_E_ALIGN, j.resident = &crooked);
    REFUSED("a third codebook", LAC_E_SPACE, j.resident = &third);
    REFUSED("an input row larger than the feature RAM", LAC_E_SPACE, j.shape.width = 65; j.x.addr = room; j.x.pitch = 576; j.y.addr = room + 32768; j.y.pitch = 832);
    REFUSED("a list that needs strips", LAC_E_SPACE, j.shape.width = 30; j.x.addr = room; j.x.pitch = 256; j.y.addr = room + 8192; j.y.pitch = 2048; j.y.list = 1);
    REFUSED("strips that would begin at odd addresses", LAC_E_SPACE, j.layer = &many->layer; j.shape.kernel_y = j.shape.kernel_x = 1; j.y.pitch = 1024);
    REFUSED("a list from several row tiles", LAC_E_SPACE, j.layer = &tall->layer; j.y.type = LAC_INT16; j.y.pitch = 8192; j.y.list = 1);
    REFUSED("int8 from row tiles of 32", LAC_E_SPACE, j.layer = &tall->layer; j.y.pitch = 2048);
    REFUSED("pixels at odd distances", LAC_E_ALIGN, j.y_pixel = 32);
    REFUSED("pixels that overlap", LAC_E_ARG, j.layer = &tall->layer; j.y.type = LAC_INT16; j.y.pitch = 8192; j.y_pixel = 192);
    REFUSED("pixels apart beyond a row", LAC_E_ARG, j.y_pixel = 128);
    REFUSED("a row of pixels apart of 2^24 bytes", LAC_E_ARG, j.y_pixel = 0x800000);
    REFUSED("x where the last of pixels apart stands", LAC_E_ARG, j.y.pitch = 8192; j.y_pixel = 256; j.x.addr = j.y.addr + (out_rows(&j.shape) - 1) * j.y.pitch + (lac_conv_out_x(&j.shape) - 1) * 256);
    REFUSED("a list of pixels apart", LAC_E_ARG, j.y.list = 1; j.y.pitch = 4096; j.y_pixel = 128);
    REFUSED("pixels of 200 bytes from several row tiles", LAC_E_SPACE, j.layer = &wide->layer; j.y.type = LAC_INT16; j.y.pitch = 2048);
#define POOLED j.pool = (lac_pool){2, 3, 2, 1, 1, 2, 1, 2, LAC_POOL_MAX}; j.y = tall_y
    const lac_tensor tall_y = tensor(&r, 64, 1024, LAC_INT8);
    REFUSED("a pool of no kind", LAC_E_ARG, POOLED; j.pool.kind = (lac_pool_kind)3);
    REFUSED("a mean of exact outputs", LAC_E_ARG, POOLED; j.pool.kind = LAC_POOL_MEAN; j.y.type = LAC_RAW; j.y.pitch = 4096; j.clamp_lo = j.clamp_hi = 0);
    REFUSED("a pool of no pixels", LAC_E_ARG, POOLED; j.pool.kernel_x = 0);
    REFUSED("a pool of 16 rows", LAC_E_ARG, POOLED; j.pool.kernel_y = 16; j.shape.pad_bottom = 30; j.shape.pad_top = 30);
    REFUSED("a pool of 16 pixels", LAC_E_ARG, POOLED; j.pool.kernel_x = 16; j.shape.pad_left = 30);
    REFUSED("a pool without a stride", LAC_E_ARG, POOLED; j.pool.stride_x = 0);
    REFUSED("a pool without a stride down", LAC_E_ARG, POOLED; j.pool.stride_y = 0);
    REFUSED("a pool's stride of 16", LAC_E_ARG, POOLED; j.pool.stride_x = 16);
    REFUSED("a pool's stride of 16 rows", LAC_E_ARG, POOLED; j.pool.stride_y = 16);
    REFUSED("a pool that begins above the image", LAC_E_ARG, POOLED; j.pool.pad_top = 2);
    REFUSED("a pool that begins beside the image", LAC_E_ARG, POOLED; j.pool.pad_left = 3);
    REFUSED("a pool that ends below the image", LAC_E_ARG, POOLED; j.pool.pad_bottom = 2);
    REFUSED("a pool that ends beside the image", LAC_E_ARG, POOLED; j.pool.pad_right = 3);
    REFUSED("a pool larger than the image", LAC_E_ARG, POOLED; j.pool.kernel_y = 12; j.pool.pad_top = j.pool.pad_bottom = 1);
    REFUSED("a pool wider than the image", LAC_E_ARG, POOLED; j.pool.kernel_x = 12; j.pool.pad_left = j.pool.pad_right = 1);
    REFUSED("a pooled row of 65536 elements", LAC_E_ARG, POOLED; j.shape.pad_right = 5453; j.y.pitch = 65600);
    REFUSED("pooled outputs on top of x", LAC_E_ARG, POOLED; j.pool.stride_y = 9; j.y.addr = j.x.addr - 64; j.y.pitch = 128);
    REFUSED("pooling with several row tiles", LAC_E_SPACE, POOLED; j.layer = &tall->layer; j.y.type = LAC_INT16; j.y.pitch = 8192; j.pool.stride_y = 9);
    REFUSED("windows that do not fit a bank", LAC_E_SPACE, POOLED; j.y.list = 1; j.pool.kernel_y = 3; j.y.pitch = 1024);
    lac_conv pooled = good;
    pooled.pool = (lac_pool){2, 2, 3, 15, 1, 1, 1, 0, LAC_POOL_MAX};
    check(lac_conv_y_rows(&pooled) == 4 && lac_conv_y_pixels(&pooled) == 1, "rows and pixels of a pooled y", "%u, %u", lac_conv_y_rows(&pooled), lac_conv_y_pixels(&pooled));
    pooled.y.addr = pooled.x.addr + 18 * pooled.x.pitch;
    s = build_status(&r, &pooled, &n);
    check(s == LAC_OK && n > 0, "build: a pooled y just behind x", "%s", lac_status_name(s));
    pooled.shape.width = 0;
    check(lac_conv_y_rows(&pooled) == 4 && lac_conv_y_pixels(&pooled) == 0, "no pixels of a pooled y", "%u, %u", lac_conv_y_rows(&pooled), lac_conv_y_pixels(&pooled));

    add_factors(m, &r);
    add_factors(tall, &r);
    m->residual.x = tensor(&r, 18, 108, LAC_INT8);
    lac_residual added;
#define ADDED added = m->residual; j.residual = &added
    lac_conv sum = good;
    sum.residual = &m->residual;
    s = build_status(&r, &sum, &n);
    check(s == LAC_OK && n > 0, "build: a residual", "%s", lac_status_name(s));
    lac_layer misplaced = m->packed;
    misplaced.addr += 8;
    REFUSED("a residual without factors", LAC_E_ARG, ADDED; added.layer = NULL);
    REFUSED("factors at an odd address", LAC_E_ALIGN, ADDED; added.layer = &misplaced);
    REFUSED("weights for factors", LAC_E_ARG, ADDED; added.layer = &m->layer);
    REFUSED("another layer's factors", LAC_E_ARG, ADDED; added.layer = &tall->packed);
    REFUSED("factors for weights", LAC_E_ARG, j.layer = &m->packed);
    REFUSED("factors for the weights of a pixel", LAC_E_ARG, j.layer = &m->packed; j.shape.channels = 3; j.shape.kernel_y = j.shape.kernel_x = 1);
    REFUSED("a residual at an odd address", LAC_E_ALIGN, ADDED; added.x.addr += 8);
    REFUSED("a residual's pitch below its row", LAC_E_ARG, ADDED; added.x.pitch = 64);
    REFUSED("a residual of raw sums", LAC_E_ARG, ADDED; added.x.type = LAC_RAW);
    REFUSED("a residual's zero point outside its type", LAC_E_ARG, ADDED; added.x.zero = 128);
    REFUSED("y on top of the residual", LAC_E_ARG, ADDED; added.x.addr = j.y.addr + 17 * j.y.pitch);
    REFUSED("the residual on top of y", LAC_E_ARG, ADDED; j.y.addr = added.x.addr + 17 * added.x.pitch);
    REFUSED("a residual's row larger than the feature RAM", LAC_E_SPACE, ADDED; j.shape.width = 30; j.x.addr = room; j.x.pitch = 256; j.y.addr = room + 8192; j.y.pitch = 2048; added.x.type = LAC_INT16;
            added.x.pitch = 2048; j.layer = &m->layer);
    check(commands == 0, "build: no refused job has emitted anything", "%u commands", commands);

    /* Beside a resident layer that takes all. */
    lac_conv two[2] = {good, good};
    two[0].layer = &small->layer;
    two[0].shape.kernel_y = two[0].shape.kernel_x = 1;
    two[0].y = tensor(&r, out_rows(&two[0].shape), lac_conv_out_x(&two[0].shape) * 12, LAC_INT8);
    two[0].resident = &last;
    list prog = {0};
    last.word_base = 48 - small->layer.resident_words;
    s = lac_conv_build(caps, two, 2, collect, &prog);
    check(s == LAC_E_SPACE && prog.n == 0, "build refuses a streamed layer beside a resident one that leaves it no words", "%s", lac_status_name(s));
    free(prog.c);

    int calls = 0;
    s = lac_conv_build(caps, &good, 1, stop_at_third, &calls);
    check((int)s == 77 && calls == 3, "build returns what emit returned, and stops there", "%d after %d", (int)s, calls);
    check(lac_conv_build(NULL, &good, 1, collect, NULL) == LAC_E_ARG && lac_conv_build(caps, NULL, 1, collect, NULL) == LAC_E_ARG
              && lac_conv_build(caps, &good, 1, NULL, NULL) == LAC_E_ARG && lac_conv_build(caps, NULL, 0, collect, NULL) == LAC_OK, "build refuses missing arguments", "accepted");
    drop(m);
    drop(small);
    drop(nm);
    drop(odd);
    drop(tall);
    drop(wide);
    drop(many);
    close_rig(&r);

    lac_config plain = named_config("l8");
    plain.windows = plain.map_ring = 0;
    open_rig(&r, &plain, 16);
    m = directed_matrix(&r, LAC_CSC, 12, 72);
    const lac_conv job = conv(&r, m, &three, LAC_INT8, LAC_INT8);
    s = lac_conv_run(&r.dev, &job, 1, 10);
    check(s == LAC_E_ARG, "run refuses a machine without windows", "%s", lac_status_name(s));
    drop(m);
    close_rig(&r);
}

/* Pack with taps as rows: no weights but as many as asked for in column 0, all of them 1 .. n. */
static lac_status pack_rows(const lac_caps *caps, const lac_conv_shape *shape, uint32_t K, uint32_t cols, lac_format format, int depthwise, uint32_t dense, lac_layer *out, void *image)
{
    int16_t *v = malloc(sizeof *v * K * cols);
    uint16_t *idx = malloc(sizeof *idx * K * cols);
    uint32_t *ptr = calloc(cols + 1, sizeof *ptr), need = 0, n = 0;
    void *scratch = malloc(lac_pack_scratch(caps, K, cols));
    uint64_t where;
    for (uint32_t c = 0; c < cols; ptr[++c] = n)
        for (uint32_t k = 0; k < K; k++)
            if (dense || (c == 0 && k == 0)) v[n] = 1, idx[n++] = (uint16_t)k;
    const lac_csc m = {K, cols, v, idx, ptr};
    lac_status s = lac_conv_pack_rows(caps, shape, &m, format, depthwise, NULL, 1, scratch, NULL, 0, &need, out, &where);
    if (s == LAC_OK && image && need <= 1 << 16) s = lac_conv_pack_rows(caps, shape, &m, format, depthwise, NULL, 1, scratch, image, need, &need, out, &where);
    free(v);
    free(idx);
    free(ptr);
    free(scratch);
    return s;
}

static void rows_refusals(void)
{
    static const lac_conv_shape three = {2, 9, 9, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
    static uint8_t image[1 << 16], broken[1 << 16];
    const lac_config cfg = named_config("l8"); /* 8 lanes, 256 accumulators, 1024 words, 512 columns, 512 parameters */
    rig r;
    open_rig(&r, &cfg, 16);
    const lac_caps *caps = &r.dev.caps;
    lac_caps plain = *caps, six = *caps, few = *caps, small = *caps, narrow = *caps;
    lac_layer l;
    lac_status s;
    plain.formats &= ~(uint32_t)LAC_HAS_WINDOWS;
    six.lanes = 6;
    few.param_depth = 8;
    small.acc_depth = 22;
    narrow.weight_depth = 16;
#define PACK(what, status, caps, K, cols, format, depthwise, dense, change)                                         \
    do {                                                                                                            \
        lac_conv_shape j = three;                                                                                   \
        change;                                                                                                     \
        s = pack_rows(caps, &j, K, cols, format, depthwise, dense, &l, NULL);                                       \
        check(s == (status), (status) == LAC_OK ? "taps as rows: packs " what : "taps as rows: pack refuses " what, "%s", lac_status_name(s)); \
    } while (0)
    PACK("3x3", LAC_OK, caps, 8, 72, LAC_CSC, 0, 0, );
    PACK("3x3 depthwise", LAC_OK, caps, 8, 9, LAC_CSC8, 1, 1, );
    PACK("no shape that has an output", LAC_E_ARG, caps, 8, 72, LAC_CSC, 0, 0, j.pad_left = j.pad_right = 0; j.width = 2);
    PACK("no shape that has an output row", LAC_E_ARG, caps, 8, 72, LAC_CSC, 0, 0, j.pad_top = j.pad_bottom = 0; j.height = 2);
    PACK("no channels", LAC_E_ARG, caps, 8, 72, LAC_CSC, 0, 0, j.channels = 0);
    PACK("other columns than the shape's", LAC_E_ARG, caps, 8, 71, LAC_CSC, 0, 0, );
    PACK("a machine without windows", LAC_E_ARG, &plain, 8, 72, LAC_CSC, 0, 0, );
    PACK("N:4", LAC_E_ARG, caps, 8, 72, LAC_NM, 0, 0, );
    PACK("a dilation", LAC_E_FORMAT, caps, 8, 72, LAC_CSC, 0, 0, j.dilation_x = 2);
    PACK("a dilation down", LAC_E_FORMAT, caps, 8, 72, LAC_CSC, 0, 0, j.dilation_y = 2);
    PACK("a dilation of one tap", LAC_OK, caps, 8, 24, LAC_CSC, 0, 0, j.dilation_y = 2; j.kernel_y = 1);
    PACK("items of four channels", LAC_OK, caps, 12, 72, LAC_CSC8, 2, 0, );
    PACK("items of four channels, weights in other lanes", LAC_E_FORMAT, caps, 8, 72, LAC_CSC8, 2, 1, );
    PACK("items of four channels of csc", LAC_E_ARG, caps, 8, 72, LAC_CSC, 2, 0, );
    PACK("items of four channels for six lanes", LAC_E_ARG, &six, 8, 72, LAC_CSC8, 2, 0, );
    PACK("items of four channels, columns of one", LAC_E_ARG, caps, 8, 9, LAC_CSC8, 2, 0, );
    PACK("a third kind of items", LAC_E_ARG, caps, 8, 72, LAC_CSC8, 3, 0, );
    PACK("depthwise csc", LAC_E_ARG, caps, 8, 9, LAC_CSC, 1, 0, );
    PACK("depthwise with all channels' columns", LAC_E_ARG, caps, 8, 72, LAC_CSC8, 1, 0, );
    PACK("depthwise with other outputs than channels", LAC_E_ARG, caps, 12, 9, LAC_CSC8, 1, 0, );
    PACK("depthwise of six channels", LAC_E_ARG, caps, 6, 9, LAC_CSC8, 1, 0, j.channels = 6);
    PACK("depthwise for six lanes", LAC_E_ARG, &six, 8, 9, LAC_CSC8, 1, 0, );
    PACK("windows over 65536 elements", LAC_E_ARG, caps, 8, 72, LAC_CSC, 0, 0, j.pad_left = 8190; j.pad_right = 0);
    PACK("more sets than columns can be", LAC_E_ARG, caps, 8, 9, LAC_CSC8, 1, 0, j.stride_y = j.stride_x = 3; j.channels = 32768);
    PACK("192 entries of csc to a lane", LAC_E_SPACE, caps, 8 * 22, 72, LAC_CSC, 0, 1, j.width = 2; j.pad_left = 0);
    PACK("128 entries of csc8 to a lane", LAC_E_SPACE, caps, 8 * 15, 72, LAC_CSC8, 0, 1, j.width = 3; j.pad_left = 0);
    PACK("126 entries of csc8 to a lane", LAC_OK, caps, 8 * 14, 72, LAC_CSC8, 0, 1, j.width = 3; j.pad_left = 0);
    PACK("more outputs than parameters", LAC_E_SPACE, &few, 12, 72, LAC_CSC, 0, 0, );
    PACK("a tap farther than there are accumulators", LAC_E_SPACE, &small, 8, 72, LAC_CSC, 0, 0, );
    small.acc_depth++;
    PACK("a tap as far as the last accumulator", LAC_OK, &small, 8, 72, LAC_CSC, 0, 0, );
    PACK("one column that is more than half of the weight RAM", LAC_E_SPACE, &narrow, 8 * 8, 72, LAC_CSC8, 0, 1, j.width = 3; j.pad_left = 0);
    s = lac_conv_pack_rows(NULL, &three, NULL, LAC_CSC, 0, NULL, 0, NULL, NULL, 0, NULL, NULL, NULL);
    check(s == LAC_E_ARG, "taps as rows: pack refuses missing arguments", "%s", lac_status_name(s));

    /* The directory. */
    s = pack_rows(caps, &three, 8, 9, LAC_CSC8, 1, 1, &l, image);
    check(s == LAC_OK && l.taps == 2 && l.rows == 8 && l.padding == 0 && l.nonzeros == 72, "taps as rows: what the packer tells", "%s, taps %u", lac_status_name(s), l.taps);
    static const struct { const char *what; int word; uint32_t value; } d[] = {
        {"taps of a fifth kind", 24, 5}, {"depthwise csc", 5, 0}, {"N:4", 5, 2}, {"column blocks", 23, 1}, {"several row tiles", 11, 2},
        {"depthwise, two channels", 25, 2}, {"depthwise, six channels", 25, 6}, {"depthwise, other outputs than channels", 25, 12}, {"depthwise for six lanes", 7, 6}};
    for (size_t i = 0; i < sizeof d / sizeof d[0]; i++) {
        lac_layer o;
        char name[100];
        memcpy(broken, image, sizeof broken);
        put_bytes(broken + 4 * d[i].word, d[i].value, 4);
        if (d[i].word == 5 && d[i].value == 2) put_bytes(broken + 4 * 6, 2, 4); /* N */
        s = lac_layer_open(broken, l.bytes, &o);
        snprintf(name, sizeof name, "taps as rows: lac_layer_open refuses %s", d[i].what);
        check(s == LAC_E_FORMAT, name, "%s", lac_status_name(s));
    }

    /* Jobs of other shapes than the layer's. */
    uint32_t n, commands = 0;
    matrix *m = directed_rows(&r, LAC_CSC, 8, 72, 1, &three), *own = directed_rows(&r, LAC_CSC8, 8, 72, 2, &three);
    lac_conv good = conv(&r, m, &three, LAC_INT8, LAC_INT8);
    const lac_conv deep = conv(&r, own, &three, LAC_INT8, LAC_INT8);
    s = build_status(&r, &good, &n);
    check(s == LAC_OK && n > 0, "taps as rows: the job that is going to be broken is good", "%s", lac_status_name(s));
    lac_layer other = m->layer, grouped = own->layer;
    other.cols++;
    grouped.rows = 12;
    REFUSED("taps as rows, pixels apart", LAC_E_SPACE, j.y.pitch = 2048; j.y_pixel = 64);
    REFUSED("taps as rows of other channels", LAC_E_ARG, j.shape.channels = 7; j.x.pitch = 128);
    REFUSED("taps as rows of another kernel", LAC_E_ARG, j.shape.kernel_y = 2);
    REFUSED("taps as rows of the kernel turned", LAC_E_ARG, j.shape.kernel_x = 1; j.shape.pad_left = j.shape.pad_right = 0);
    REFUSED("taps as rows of another stride", LAC_E_ARG, j.shape.stride_x = 2; j.shape.width = 19; j.x.pitch = 192);
    REFUSED("taps as rows of another stride down", LAC_E_ARG, j.shape.stride_y = 2);
    REFUSED("taps as rows of another grid", LAC_E_ARG, j.shape.width = 8);
    REFUSED("taps as rows of another grid, by padding", LAC_E_ARG, j.shape.pad_right = 0; j.shape.pad_left = 0);
    REFUSED("taps as rows of another dilation", LAC_E_ARG, j.shape.dilation_y = 2);
    REFUSED("taps as rows of other columns", LAC_E_ARG, j.layer = &other);
    REFUSED("depthwise of other outputs", LAC_E_ARG, j = deep; j.layer = &grouped; j.y.pitch = 128);
    REFUSED("taps as rows at an odd address", LAC_E_ALIGN, j.x.addr += 8);
    check(commands == 0, "taps as rows: no refused job has emitted anything", "%u commands", commands);
    good.shape.height = 14;
    good.shape.pad_top = 0;
    good.x = tensor(&r, in_rows(&good.shape), in_row(&good.shape), LAC_INT8);
    good.y = tensor(&r, out_rows(&good.shape), lac_conv_out_x(&good.shape) * 8, LAC_INT8);
    s = build_status(&r, &good, &n);
    check(s == LAC_OK && n > 0, "taps as rows: another height and padding above are no other layer", "%s", lac_status_name(s));

    /* One output row with its guards: 6 rows of 10 pixels, or 5 at an edge. */
    lac_caps bank = *caps;
    list prog = {0};
    for (uint32_t depth = 58; depth <= 60; depth++) {
        bank.acc_depth = depth;
        s = lac_conv_build(&bank, &good, 1, collect, &prog);
        check(s == (depth < 60 ? LAC_E_SPACE : LAC_OK) && (prog.n > 0) == (depth >= 60), depth < 60 ? "taps as rows: too few accumulators for an output row" : "taps as rows: just enough", "%s", lac_status_name(s));
    }
    free(prog.c);

    lac_fc fc;
    memset(&fc, 0, sizeof fc);
    fc.layer = &m->layer;
    fc.points = 1;
    fc.x = tensor(&r, 1, m->layer.cols, LAC_INT8);
    fc.y = tensor(&r, 1, 8, LAC_INT8);
    n = 0;
    s = lac_fc_build(caps, &fc, 1, stop_at_third, &n);
    check(s == LAC_E_ARG && n == 0, "lac_fc_build refuses taps as rows", "%s", lac_status_name(s));
    drop(m);
    drop(own);
    close_rig(&r);
}

/* ---- Lanes, and factors in them --------------------------------------------------------------------------- */

static uint32_t lane_of(const lac_layer *l, uint32_t k)
{
    for (uint32_t t = 0;; t++) {
        const uint32_t chan0 = dir_word(l, (int)(32 + 8 * t)), params = dir_word(l, (int)(32 + 8 * t) + 2);
        if (k < chan0 + dir_word(l, (int)(32 + 8 * t) + 1)) return ((const uint8_t *)l->image)[params + 16 * (k - chan0) + 9];
    }
}

/* Non-zero weights of channel k. */
static uint32_t weight_of(const matrix *m, uint32_t k)
{
    uint32_t n = 0;
    for (uint32_t c = 0; c < m->cols; c++) n += m->w[(size_t)k * m->cols + c] != 0;
    return n;
}

/* Layers of one row tile: channel after channel, the heaviest that is left of its block and class goes to the lane of the class that has least so far, the lower one of two. */
static void balances(void)
{
    uint32_t wrong = 0, layers = 0, most[3] = {0, 0, 0};
    for (uint32_t i = 0; i < 60; i++) {
        lac_rng g = {seed * 77 + i};
        const lac_config cfg = named_config(i % 3 ? "l64" : i % 2 ? "l8" : "odd");
        const uint32_t rows = 4 + rng_below(&g, 3 * cfg.lanes < cfg.param_depth ? 3 * cfg.lanes : cfg.param_depth), cols = 30;
        rig r;
        open_rig(&r, &cfg, 16);
        for (int balance = 0; balance < 3; balance++) {
            lac_rng again = {seed * 177 + i};
            matrix m;
            uint32_t load[256] = {0}, peak = 0;
            uint8_t taken[1024] = {0};
            fill_matrix(&m, &again, LAC_CSC8, rows, cols);
            for (uint32_t k = 0; k < rows; k++) /* of very different weight */
                for (uint32_t c = rng_below(&again, cols); c < cols; c++) m.w[(size_t)k * cols + c] = 0;
            m.balance = balance;
            if (pack_matrix(&m, &r) != LAC_OK || row_tiles(&m.layer) != 1) wrong++;
            const uint32_t used = rows < cfg.lanes ? rows : cfg.lanes, classes = balance == 2 ? 4 : 1;
            for (uint32_t k0 = 0; k0 < rows; k0 += cfg.lanes) {
                const uint32_t n = rows - k0 < cfg.lanes ? rows - k0 : cfg.lanes;
                uint32_t before[256];
                uint8_t full[256] = {0};
                memcpy(before, load, sizeof before);
                for (uint32_t step = 0; step < n; step++) { /* classes in turn, which are independent */
                    const uint32_t class = step % classes;
                    uint32_t k = n, lane = used;
                    for (uint32_t j = class; j < n; j += classes)
                        if (!taken[k0 + j] && (k == n || weight_of(&m, k0 + j) > weight_of(&m, k0 + k))) k = j;
                    for (uint32_t l = class; l < used; l += classes)
                        if (!full[l] && (lane == used || before[l] < before[lane])) lane = l;
                    if (balance == 0) k = lane = step;
                    if (k == n || lane == used) {
                        wrong++;
                        continue;
                    }
                    taken[k0 + k] = full[lane] = 1;
                    load[lane] += weight_of(&m, k0 + k);
                    wrong += lane_of(&m.layer, k0 + k) != lane || (balance == 2 && lane % 4 != k % 4);
                }
            }
            for (uint32_t l = 0; l < used; l++) peak = load[l] > peak ? load[l] : peak;
            most[balance] += peak;
            layers++;
            drop_matrix(&m);
        }
        close_rig(&r);
    }
    check(!wrong && layers == 180, "balance: every channel in the lane expected", "%u wrong of %u layers", wrong, layers);
    check(most[1] <= most[2] && most[2] * 10 < most[0] * 9, "balance: 2 is nearly as even as 1", "fullest lanes, without %u, 1: %u, 2: %u", most[0], most[1], most[2]);
}

static void factors(void)
{
    static const int16_t factor[256] = {1, -32768, 32767, 0, -1};
    static uint8_t image[1 << 14], broken[1 << 14];
    static uint64_t scratch[1 << 12];
    const lac_config cfg = named_config("l8");
    rig r;
    open_rig(&r, &cfg, 16);
    const lac_caps *caps = &r.dev.caps;
    matrix *m = directed_matrix(&r, LAC_CSC8, 40, 8), *odd = directed_matrix(&r, LAC_CSC8, 38, 8);
    lac_caps plain = *caps, six = *caps, other = *caps, no8 = *caps;
    lac_layer l, by_column = m->layer, none = m->layer;
    uint32_t need = 0;
    uint64_t where = 7;
    lac_status s;
    plain.formats &= ~(uint32_t)LAC_HAS_WINDOWS;
    no8.formats &= ~2u;
    six.lanes = 6;
    other.lanes = 16;
    by_column.by_column = 1;
    none.image = NULL;
#define FACTORS(what, status, caps, of, factor, scratch)                                                                      \
    do {                                                                                                                      \
        s = lac_conv_pack_residual(caps, of, factor, scratch, NULL, 0, &need, NULL, &where);                                  \
        check(s == (status), (status) == LAC_OK ? "factors: packs " what : "factors: pack refuses " what, "%s", lac_status_name(s)); \
    } while (0)
    FACTORS("those of 40 channels", LAC_OK, caps, &m->layer, factor, scratch);
    FACTORS("no machine", LAC_E_ARG, NULL, &m->layer, factor, scratch);
    FACTORS("no layer", LAC_E_ARG, caps, NULL, factor, scratch);
    FACTORS("a layer without an image", LAC_E_ARG, caps, &none, factor, scratch);
    FACTORS("no factors", LAC_E_ARG, caps, &m->layer, NULL, scratch);
    FACTORS("no scratch", LAC_E_ARG, caps, &m->layer, factor, NULL);
    FACTORS("a machine without windows", LAC_E_ARG, &plain, &m->layer, factor, scratch);
    FACTORS("a machine without csc8", LAC_E_ARG, &no8, &m->layer, factor, scratch);
    FACTORS("six lanes", LAC_E_ARG, &six, &m->layer, factor, scratch);
    FACTORS("another machine's layer", LAC_E_ARG, &other, &m->layer, factor, scratch);
    FACTORS("38 channels", LAC_E_ARG, caps, &odd->layer, factor, scratch);
    FACTORS("column blocks", LAC_E_ARG, caps, &by_column, factor, scratch);
    s = lac_conv_pack_residual(caps, &m->layer, factor, scratch, NULL, 0, NULL, NULL, NULL);
    check(s == LAC_E_ARG, "factors: pack refuses no place for the size", "%s", lac_status_name(s));

    /* Channels 5 and 6 change places, channel 9 in a lane that is not. */
    uint8_t *record = (uint8_t *)m->image + dir_word(&m->layer, 32 + 2) + 9;
    const uint8_t five = record[16 * 5];
    record[16 * 5] = record[16 * 6];
    record[16 * 6] = five;
    FACTORS("lanes of other channels", LAC_E_FORMAT, caps, &m->layer, factor, scratch);
    check(where == 5, "factors: where", "%llu", (unsigned long long)where);
    record[16 * 6] = record[16 * 5];
    record[16 * 5] = five;
    record[16 * 9] = (uint8_t)(record[16 * 9] + 8);
    FACTORS("a lane that is not there", LAC_E_FORMAT, caps, &m->layer, factor, scratch);
    check(where == 9, "factors: where, of a lane that is not there", "%llu", (unsigned long long)where);
    record[16 * 9] = (uint8_t)(record[16 * 9] - 8);

    s = lac_conv_pack_residual(caps, &m->layer, factor, scratch, image, sizeof image, &need, &l, &where);
    check(s == LAC_OK && l.taps == 3 && l.rows == 40 && l.cols == 10 && l.nonzeros == 4 && l.entries == 4 && !l.padding && !l.resident_cols && l.bytes == need, "factors: what the packer tells", "%s, %u x %u",
          lac_status_name(s), l.rows, l.cols);
    s = lac_conv_pack_residual(caps, &m->layer, factor, scratch, image, need - 1, &need, &l, &where);
    check(s == LAC_E_SPACE, "factors: pack refuses a small buffer", "%s", lac_status_name(s));
    s = lac_conv_pack_residual(caps, &l, factor, scratch, NULL, 0, &need, NULL, &where);
    check(s == LAC_E_ARG, "factors: pack refuses factors of factors", "%s", lac_status_name(s));

    static const struct { const char *what; int word; uint32_t value; } d[] = {
        {"more factors than four a column", 3, 44}, {"fewer factors than four a column", 4, 11}, {"factors for six lanes", 7, 6}, {"factors of csc", 5, 0}, {"factors in column blocks", 23, 1}, {"factors in several row tiles", 11, 2}};
    for (size_t i = 0; i < sizeof d / sizeof d[0]; i++) {
        lac_layer o;
        char name[100];
        memcpy(broken, image, sizeof broken);
        put_bytes(broken + 4 * d[i].word, d[i].value, 4);
        s = lac_layer_open(broken, l.bytes, &o);
        snprintf(name, sizeof name, "lac_layer_open refuses %s", d[i].what);
        check(s == LAC_E_FORMAT, name, "%s", lac_status_name(s));
    }
    lac_place at = {0, 0, 0, 0}, place;
    s = lac_fc_place(caps, &l, &at, &place);
    check(s == LAC_E_SPACE, "factors: they have no resident place", "%s", lac_status_name(s));
    lac_fc fc;
    int n = 0;
    memset(&fc, 0, sizeof fc);
    fc.layer = &l;
    fc.points = 1;
    fc.x = tensor(&r, 1, l.cols, LAC_INT8);
    fc.y = tensor(&r, 1, 40, LAC_INT8);
    fc.clamp_hi = 1;
    s = lac_fc_build(caps, &fc, 1, stop_at_third, &n);
    check(s == LAC_E_ARG && n == 0, "lac_fc_build refuses factors", "%s", lac_status_name(s));

    /* Lanes that are no multiple of four. */
    const uint32_t ptr[2] = {0, 0};
    const int16_t v = 0;
    const uint16_t idx = 0;
    const lac_csc csc = {8, 1, &v, &idx, ptr};
    s = lac_pack_csc(&six, &csc, LAC_CSC8, NULL, 2, scratch, NULL, 0, &need, NULL, NULL);
    check(s == LAC_E_ARG, "balance: 2 refuses six lanes", "%s", lac_status_name(s));
    drop(m);
    drop(odd);
    close_rig(&r);
}

int main(void)
{
    if (getenv("SEED")) seed = strtoull(getenv("SEED"), NULL, 0);
    shapes();
    for (int b = 0; b < 2; b++) {
        programs("l8", b, 30, 0);
        programs("odd", b, 40, 0);
        programs("l4", b, 40, 0);
        programs("w512", b, 30, 0);
        programs("l64", b, 15, 0);
    }
    for (int b = 0; b < 30; b++) programs(NULL, b, 30, 0);
    programs("l8", 0, 40, 200);
    programs("odd", 0, 60, 220);
    programs("l4", 0, 40, 200);
    programs("w512", 0, 40, 200);
    programs("l64", 0, 20, 200);
    for (int b = 0; b < 30; b++) programs(NULL, b, 30, 190);
    edges();
    bands();
    rows_bands();
    pitches();
    concatenation("l8", 0);
    concatenation("l8", 192);
    concatenation("l64", 64);
    concatenation("w512", 0);
    order();
    refusals();
    rows_refusals();
    balances();
    factors();
    for (int k = 0; k < KINDS; k++) {
        char line[100];
        snprintf(line, sizeof line, "ran enough: %s (%u of %u)", kinds[k].name, seen[k], seen[JOBS]);
        if (seed == 1) check(seen[k] >= kinds[k].least, line, "at least %u expected", kinds[k].least);
    }
    for (int k = 0; k < R_KINDS; k++) {
        char line[120];
        snprintf(line, sizeof line, "ran enough, taps as rows: %s (%u of %u)", rows_kinds[k].name, seen_rows[k], seen_rows[R_JOBS]);
        if (seed == 1) check(seen_rows[k] >= rows_kinds[k].least, line, "at least %u expected", rows_kinds[k].least);
    }
    for (int k = 0; k < A_KINDS; k++) {
        char line[120];
        snprintf(line, sizeof line, "ran enough: %s (%u)", added_kinds[k].name, seen_added[k]);
        if (seed == 1) check(seen_added[k] >= added_kinds[k].least, line, "at least %u expected", added_kinds[k].least);
    }
    check(rows_packed * 10 > rows_tried * 6, "taps as rows: most layers can be packed", "%u of %u", rows_packed, rows_tried);
    check(refused * 3 < programs_run, "programs: few are refused, and only for want of space", "%u, %u run", refused, programs_run);
    return failures != 0;
}
