/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_conv.c - lacuna conv: 2-D convolution of images, channels last, exact or requantised
 *
 *   Y[n, y, x, k] = sum over r, s, c of W[k, r, s, c] (X[n, y * stride + r * dilation - top, x * stride + s * dilation - left, c] - z), 0 outside X
 *
 *   Matrix    the driver takes W as a matrix of K rows, filled up to what STORE writes at once, and R * S * C columns; for N:4 a pixel has a multiple of
 *             four channels. Groups are blocks of it: what is outside them is 0
 *   Taps      columns of the matrix (every format), or rows (csc, csc8, depthwise): the order that is counted to take fewer cycles
 *   Folding   with taps as rows and fewer outputs than lanes, several neighbouring pixels are taken for one of more channels: X and Y are the same bytes, W becomes
 *             a sparse matrix that leads from each pixel of an input to its neighbours among the outputs, and more lanes have work
 *   Images    X goes to device memory row by row, a pixel filled up to the matrix's channels with the zero point
 *   Pooling   where windows of outputs are pooled, Y has only their largest ones or their means
 *   Residual  R, of the shape of the outputs before pooling, is added to the sums, channel k times a factor
 *   Rest      what is common to all layers: layer.h */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "layer.h"
#include "operands.h"

enum { MAX_KERNEL = 11, MAX_POOL = 15, MAX_STEP = 32767, MAX_ROW = 65535 /* [elements] of an image row */ };

typedef struct {
    layer          l; /* first */
    uint32_t       stride[2], dilation[2]; /* y, x */
    uint32_t       pad[4];                 /* top, left, bottom, right */
    uint32_t       groups;
    enum { TAPS_AUTO, TAPS_COLUMNS, TAPS_ROWS } taps;
    lac_conv_shape shape;                  /* of the jobs */
    lac_conv_shape plain;                  /* of the files */
    lac_requant    plain_rq;
    struct { lac_conv_shape shape; host_matrix m; void *w; } folded; /* where that counts fewer cycles: l->fold pixels are one */
    lac_pool       pool;
    const char    *pool_option;            /* --maxpool or --avgpool, or NULL */
    int            pool_relu;
    const char    *r_file, *factor_file;   /* or NULL */
    int64_t        r_zero, factor;         /* factor: of all channels, where there is no file */
    int            r_options;              /* some option of the residual was given */
    npy_array      r, f;
    int16_t       *factors;                /* of all rows of the matrix */
    host_matrix    given;                  /* W */
    void          *wide;                   /* the matrix */
    void          *image;                  /* X with filled-up pixels, where that is not X itself */
    int32_t       *bias, *multiplier;      /* of all rows of the matrix, where that is more than the files have */
    int8_t        *shift;
} conv;

/* ---- Options --------------------------------------------------------------------------------------- */

enum { KEY_STRIDE = 256, KEY_PAD, KEY_DILATION, KEY_GROUPS, KEY_TAPS, KEY_MAXPOOL, KEY_AVGPOOL, KEY_POOL_RELU, KEY_RESIDUAL, KEY_FACTOR, KEY_R_ZERO, KEY_R_AS };

static const struct argp_option options_[] = {
    { "output", 'o', "Y.npy", 0, "Result [N, OH, OW, K], with --maxpool or --avgpool its pooled rows and pixels; required", 0 },
    { "stride", KEY_STRIDE, "Y,X", 0, "Pixels of X from one of Y to the next (default 1; one number for both)", 0 },
    { "pad", KEY_PAD, "T,L,B,R", 0, "Zeros around the image: top, left, bottom, right (default 0; one number for all)", 0 },
    { "dilation", KEY_DILATION, "Y,X", 0, "Pixels of X from one tap to the next (default 1; one number for both)", 0 },
    { "groups", KEY_GROUPS, "G", 0, "Groups of channels that do not mix; as many as X has channels: depthwise (default 1)", 0 },
    { "taps", KEY_TAPS, "ORDER", 0, "columns: every format; rows: csc, csc8 and depthwise, each activation is looked at once; auto (default): what is counted to take fewer cycles", 0 },
    { "maxpool", KEY_MAXPOOL, "K:S[:T,L,B,R]", 0, "Y has the largest output of each window of K pixels, S from one to the next (each 1 .. 15; Y,X or one number for both), around the image of "
      "outputs T,L,B,R pixels that do not count (each below K)", 0 },
    { "avgpool", KEY_AVGPOOL, "K:S[:T,L,B,R]", 0, "Y has the mean of each window, which is given as to --maxpool: --multiplier and --shift, which take the sum of a window, hold the division (default of both: by the pixels of a "
      "whole window; those outside count as 0). K as large as the outputs: global average pooling", 0 },
    { "pool-relu", KEY_POOL_RELU, 0, 0, "--avgpool takes outputs below zero for 0: a ReLU in front of it (--clamp is behind it)", 0 },
    { "residual", KEY_RESIDUAL, "R.npy", 0, "Added to the sums: [N, OH, OW, K] before pooling, int8, uint8 or int16", 0 },
    { "residual-factor", KEY_FACTOR, "F", 0, "It is multiplied by: F.npy, int16 [K], or a number for all channels (default 1)", 0 },
    { "residual-zero-point", KEY_R_ZERO, "Z", 0, "Subtracted from R first (default 0)", 0 },
    { "residual-as", KEY_R_AS, "A", 0, "R in device memory: dense (default), list or auto, as --input-as", 0 },
    { 0 },
};

/* "2:2", "3,3:2,2:1,1,0,0" */
static void parse_pool(struct argp_state *state, const char *option, lac_pool_kind kind, const char *arg, conv *v)
{
    static const char form[] = "%s '%s': expected kernel:stride or kernel:stride:padding";
    char        part[3][64], what[32];
    uint32_t    kernel[2], stride[2], pad[4] = { 0 };
    const char *at = arg;
    int         n = 0;
    if (v->pool_option && v->pool.kind != kind) argp_error(state, "--maxpool and --avgpool exclude each other");
    do {
        const size_t len = strcspn(at, ":");
        if (n == 3 || len >= sizeof part[0]) argp_error(state, form, option, arg);
        memcpy(part[n], at, len);
        part[n++][len] = 0;
        at += len;
    } while (*at++);
    if (n < 2) argp_error(state, form, option, arg);
    snprintf(what, sizeof what, "%s kernel", option);
    cli_list(state, what, part[0], kernel, 2, 1, MAX_POOL);
    snprintf(what, sizeof what, "%s stride", option);
    cli_list(state, what, part[1], stride, 2, 1, MAX_POOL);
    snprintf(what, sizeof what, "%s padding", option);
    if (n == 3) cli_list(state, what, part[2], pad, 4, 0, MAX_POOL - 1);
    for (int i = 0; i < 4; i++)
        if (pad[i] >= kernel[i % 2])
            argp_error(state, "%s '%s': a padding of %" PRIu32 ", expected less than the %" PRIu32 " pixels of the kernel", option, arg, pad[i], kernel[i % 2]);
    v->pool = (lac_pool){ kernel[0], kernel[1], stride[0], stride[1], pad[0], pad[1], pad[2], pad[3], kind };
    v->pool_option = option;
}

/* A number, or else a file. */
static void parse_factor(struct argp_state *state, const char *arg, conv *v)
{
    char *end;
    (void)strtoll(arg, &end, 10);
    v->factor_file = end == arg || *end ? arg : NULL;
    if (!v->factor_file) v->factor = cli_integer(state, "--residual-factor", arg, INT16_MIN, INT16_MAX);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    conv *v = state->input;
    if (key >= KEY_FACTOR && key <= KEY_R_AS) v->r_options = 1;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &v->l.o;
        state->child_inputs[1] = v->l.o.g;
        break;
    case 'o':          v->l.o.y = arg; break;
    case KEY_STRIDE:   cli_list(state, "--stride", arg, v->stride, 2, 1, MAX_STEP); break;
    case KEY_PAD:      cli_list(state, "--pad", arg, v->pad, 4, 0, 65535); break;
    case KEY_DILATION: cli_list(state, "--dilation", arg, v->dilation, 2, 1, 65535); break;
    case KEY_GROUPS:   v->groups = (uint32_t)cli_integer(state, "--groups", arg, 1, HOST_MAX_DIM); break;
    case KEY_TAPS:
        if (!strcmp(arg, "auto")) v->taps = TAPS_AUTO;
        else if (!strcmp(arg, "columns")) v->taps = TAPS_COLUMNS;
        else if (!strcmp(arg, "rows")) v->taps = TAPS_ROWS;
        else argp_error(state, "--taps '%s': expected columns, rows or auto", arg);
        break;
    case KEY_MAXPOOL:  parse_pool(state, "--maxpool", LAC_POOL_MAX, arg, v); break;
    case KEY_AVGPOOL:  parse_pool(state, "--avgpool", LAC_POOL_MEAN, arg, v); break;
    case KEY_POOL_RELU: v->pool_relu = 1; break;
    case KEY_RESIDUAL: v->r_file = arg; break;
    case KEY_FACTOR:   parse_factor(state, arg, v); break;
    case KEY_R_ZERO:   v->r_zero = cli_integer(state, "--residual-zero-point", arg, -32768, 32767); break;
    case KEY_R_AS:     v->l.residual.as = layer_parse_as(state, "--residual-as", arg, 1); break;
    case ARGP_KEY_END:
        layer_check_options(&v->l.o, state);
        if (v->r_options && !v->r_file) argp_error(state, "--residual-factor, --residual-zero-point and --residual-as: expected --residual with them");
        if (v->pool.kind && !v->l.o.requant) argp_error(state, "--avgpool: expected an output option with it, as --out-type (exact accumulators have no mean)");
        if (v->pool_relu && !v->pool.kind) argp_error(state, "--pool-relu: expected --avgpool with it");
        if (v->pool_relu) v->pool.kind = LAC_POOL_MEAN_RELU;
        if (v->taps == TAPS_ROWS && host_format_n(v->l.o.format)) argp_error(state, "--taps rows: expected --format csc or csc8 with it");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* ---- Files ----------------------------------------------------------------------------------------- */

/* What commands have bits for, when a pixel has `channels`. */
static int check_limits(const conv *v, uint64_t channels, diag *d)
{
    const lac_conv_shape *s = &v->shape;
    const char           *w = v->l.o.w, *x = v->l.o.x;
    const uint64_t        row = s->width * channels, cols = s->kernel_y * s->kernel_x * channels, step = s->stride_x * channels;
    const uint64_t        left = s->pad_left * channels, reach = (s->kernel_x - 1) * (uint64_t)s->dilation_x * channels;
    const uint64_t        last = (lac_conv_out_x(s) - 1) * step;
    if (row > MAX_ROW)
        return diag_set(d, "%s: an image row has %" PRIu64 " elements (%" PRIu32 " pixels of %" PRIu64 " channels), expected at most %d", x, row,
                        s->width, channels, MAX_ROW);
    if (cols > HOST_MAX_DIM)
        return diag_set(d, "%s: an output takes %" PRIu64 " inputs (%" PRIu32 " x %" PRIu32 " pixels of %" PRIu64 " channels), expected at most %d", w,
                        cols, s->kernel_y, s->kernel_x, channels, HOST_MAX_DIM);
    if (step > MAX_STEP)
        return diag_set(d, "--stride: %" PRIu32 " pixels of %" PRIu64 " channels in x, expected at most %d elements", s->stride_x, channels, MAX_STEP);
    if (left > MAX_ROW)
        return diag_set(d, "--pad: %" PRIu32 " pixels of %" PRIu64 " channels at the left, expected at most %d elements", s->pad_left, channels, MAX_ROW);
    if (reach > MAX_ROW)
        return diag_set(d, "--dilation: %" PRIu64 " elements in x from the first tap to the last, expected at most %d", reach, MAX_ROW);
    if (last > MAX_ROW)
        return diag_set(d, "--pad: %" PRIu64 " elements in x from the first window to the last, expected at most %d", last, MAX_ROW);
    return 0;
}

/* Sizes of the files against each other and the options; v->shape, and the shape of Y but for what the machine adds. */
static int check_shapes(conv *v, diag *d)
{
    layer               *l = &v->l;
    const layer_options *o = &l->o;
    const size_t        *w = l->w.dim, *x = l->x.dim;
    lac_conv_shape      *s = &v->shape;
    for (int i = 1; i < 3; i++)
        if (w[i] > MAX_KERNEL)
            return diag_set(d, "%s: a kernel of %zu x %zu, expected at most %d x %d", o->w, w[1], w[2], MAX_KERNEL, MAX_KERNEL);
    for (int i = 1; i < 4; i++)
        if (x[i] > HOST_MAX_DIM) return diag_set(d, "%s: dimension %d is %zu, expected at most %d", o->x, i, x[i], HOST_MAX_DIM);
    if (w[0] > HOST_MAX_DIM || w[0] % v->groups)
        return diag_set(d, "%s: dimension 0 is %zu, expected at most %d and a multiple of --groups %" PRIu32 " (output channels)", o->w, w[0],
                        HOST_MAX_DIM, v->groups);
    if (x[3] % v->groups || x[3] / v->groups != w[3])
        return diag_set(d, "%s: dimension 3 is %zu, expected --groups %" PRIu32 " times the %zu of %s (input channels)", o->x, x[3], v->groups, w[3],
                        o->w);
    *s = v->plain = (lac_conv_shape){ 1, (uint32_t)x[1], (uint32_t)x[2], (uint32_t)x[3], (uint32_t)w[1], (uint32_t)w[2], v->stride[0], v->stride[1],
                           v->dilation[0], v->dilation[1], v->pad[0], v->pad[1], v->pad[2], v->pad[3] };
    const uint32_t out_y = lac_conv_out_y(s), out_x = lac_conv_out_x(s);
    if (!out_y || !out_x)
        return diag_set(d, "%s: the kernel covers %" PRIu64 " x %" PRIu64 " pixels, expected at most the padded image of %s, %" PRIu64 " x %" PRIu64, o->w,
                        (s->kernel_y - 1) * (uint64_t)s->dilation_y + 1, (s->kernel_x - 1) * (uint64_t)s->dilation_x + 1, o->x,
                        (uint64_t)s->height + s->pad_top + s->pad_bottom, (uint64_t)s->width + s->pad_left + s->pad_right);
    if (check_limits(v, s->channels, d)) return -1;
    if (out_y > HOST_MAX_DIM || out_x > HOST_MAX_DIM)
        return diag_set(d, "%s: %" PRIu32 " x %" PRIu32 " output pixels, expected at most %d x %d", o->y, out_y, out_x, HOST_MAX_DIM, HOST_MAX_DIM);

    const lac_conv job = { .shape = *s, .pool = v->pool };
    const uint32_t y_rows = lac_conv_y_rows(&job), y_pixels = lac_conv_y_pixels(&job);
    if (!y_rows || !y_pixels)
        return diag_set(d, "%s: a kernel of %" PRIu32 " x %" PRIu32 " pixels, expected at most the padded outputs, %" PRIu32 " x %" PRIu32, v->pool_option, v->pool.kernel_y,
                        v->pool.kernel_x, out_y + v->pool.pad_top + v->pool.pad_bottom, out_x + v->pool.pad_left + v->pool.pad_right);

    const size_t dim[4] = { x[0], y_rows, y_pixels, w[0] };
    l->out_ndim = 4;
    l->out_count = 1;
    for (unsigned i = 0; i < 4; i++) {
        if (dim[i] > SIZE_MAX / 16 / l->out_count)
            return diag_set(d, "%s: a result of %zu x %zu x %zu x %zu elements is too large", o->y, dim[0], dim[1], dim[2], dim[3]);
        l->out_count *= l->out_dim[i] = dim[i];
    }
    return 0;
}

/* R and its factors. What it adds to the macs is counted with the convolution's. */
static int load_residual(conv *v, diag *d)
{
    layer         *l = &v->l;
    const uint32_t out[4] = { (uint32_t)l->x.dim[0], lac_conv_out_y(&v->shape), lac_conv_out_x(&v->shape), (uint32_t)l->w.dim[0] };
    lac_type       type;
    char           shape[192];
    if (!v->r_file) return 0;
    if (operands_array(v->r_file, OPERANDS_X, 4, "[N, OH, OW, K]", &v->r, d) || operands_zero(v->r_file, "--residual-zero-point", v->r_zero, &v->r, &type, d)) return -1;
    for (int i = 0; i < 4; i++)
        if (v->r.dim[i] != out[i])
            return diag_set(d, "%s: shape %s, expected (%" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %" PRIu32 "), that of the outputs%s", v->r_file,
                            npy_shape(4, v->r.dim, shape, sizeof shape), out[0], out[1], out[2], out[3], v->pool.kernel_y ? " before pooling" : "");
    if (v->factor_file && layer_load_vector(v->factor_file, NPY_INT16, 0, out[3], INT16_MIN, INT16_MAX, &v->f, d)) return -1;
    l->residual = (layer_residual){ .data = v->r.data, .type = type, .zero = (int32_t)v->r_zero, .as = l->residual.as, .lines = out[1], .pixels = out[2], .channels = out[3] };
    return 0;
}

/* Where no --multiplier says how windows are divided: by their pixels. M is rounded up, so that the mean is right but for one that is below zero and halfway. */
static void divide(conv *v)
{
    const uint64_t n = (uint64_t)v->pool.kernel_y * v->pool.kernel_x;
    int8_t         s = 30;
    if (!v->pool.kind || v->l.o.multiplier) return;
    while ((((uint64_t)2 << s) + n - 1) / n <= INT32_MAX) s++;
    v->l.rq.m0 = (int32_t)((((uint64_t)1 << s) + n - 1) / n);
    v->l.rq.s0 = s;
}

/* Sums of windows have 37 bits, which wrap. l->m is known. */
static int check_mean(const conv *v, diag *d)
{
    const layer   *l = &v->l;
    const uint32_t high = lac_conv_out_y(&v->shape), wide = lac_conv_out_x(&v->shape);
    const uint32_t y = v->pool.kernel_y < high ? v->pool.kernel_y : high, x = v->pool.kernel_x < wide ? v->pool.kernel_x : wide;
    uint64_t       bias = 0, r = 0, factor = (uint64_t)llabs(v->factor);
    if (!v->pool.kind) return 0;
    for (size_t i = 0; i < l->bias.count; i++) bias = bias > (uint64_t)llabs(npy_int(&l->bias, i)) ? bias : (uint64_t)llabs(npy_int(&l->bias, i));
    for (size_t i = 0; i < v->r.count; i++) r = r > (uint64_t)llabs(npy_int(&v->r, i) - v->r_zero) ? r : (uint64_t)llabs(npy_int(&v->r, i) - v->r_zero);
    for (size_t i = 0; i < v->f.count; i++) factor = i && factor > (uint64_t)llabs(npy_int(&v->f, i)) ? factor : (uint64_t)llabs(npy_int(&v->f, i));
    const uint64_t one = host_largest_sum(&l->m, l->x.data, l->in, (int32_t)l->o.zero_in, l->x.count) + bias + factor * r;
    if (one * y * x < (uint64_t)1 << 36) return 0;
    return diag_set(d, "--avgpool: an output may be as large as %" PRIu64 " before it is rounded, %" PRIu32 " x %" PRIu32 " of them %" PRIu64 ", expected below 2^36 = %" PRIu64, one, y, x, one * y * x,
                    (uint64_t)1 << 36);
}

static int load(layer *l, diag *d)
{
    const layer_options *o = &l->o;
    if (operands_array(o->w, layer_weight_types(o), 4, "[K, R, S, C/groups]", &l->w, d) || layer_check_weights(l, d) ||
        operands_array(o->x, OPERANDS_X, 4, "[N, H, W, C]", &l->x, d) || operands_zero(o->x, "--input-zero-point", o->zero_in, &l->x, &l->in, d))
        return -1;
    if (check_shapes((conv *)l, d) || layer_load_requant(l, d) || load_residual((conv *)l, d)) return -1;
    divide((conv *)l);
    return 0;
}

/* ---- Weights and images for the machine -------------------------------------------------------------- */

/* l->m: W as v->wide, `rows` rows of R * S * channels. */
static int widen(conv *v, uint32_t rows, uint32_t channels, diag *d)
{
    layer         *l = &v->l;
    const host_matrix *given = &v->given;
    const size_t   es = given->w8 ? 1 : 2, ins = l->w.dim[3], outs = l->w.dim[0] / v->groups, cols = (size_t)l->taps * channels;
    const uint8_t *from = given->w8 ? (const void *)given->w8 : given->w16;
    free(v->wide);
    uint8_t *to = v->wide = calloc(rows * es, cols);
    if (!to) return diag_set(d, "%s: not enough memory", l->o.w);
    for (size_t k = 0; k < l->w.dim[0]; k++)
        for (size_t t = 0; t < l->taps; t++)
            memcpy(to + (k * cols + t * channels + k / outs * ins) * es, from + (k * l->taps + t) * ins * es, ins * es);
    l->channels = channels;
    l->m = (host_matrix){ rows, (uint32_t)cols, given->w8 ? v->wide : NULL, given->w8 ? NULL : v->wide };
    return 0;
}

/* X with `channels` a pixel. */
static int fill_pixels(conv *v, uint32_t channels, diag *d)
{
    layer         *l = &v->l;
    const size_t   es = npy_type_size(l->x.type), has = l->x.dim[3], pixels = l->x.count / has;
    const int16_t  zero = (int16_t)l->o.zero_in;
    const uint8_t *from = l->x.data;
    free(v->image);
    v->image = NULL;
    l->x_data = l->x.data;
    if (channels == has) return 0;
    uint8_t *to = pixels > SIZE_MAX / es / channels ? NULL : malloc(pixels * channels * es);
    if (!to) return diag_set(d, "%s: not enough memory", l->o.x);
    l->x_data = v->image = to;
    for (size_t p = 0; p < pixels; p++, to += channels * es, from += has * es) {
        memcpy(to, from, has * es);
        for (size_t c = has; c < channels; c++)
            if (es == 1) to[c] = (uint8_t)zero;
            else memcpy(to + 2 * c, &zero, 2);
    }
    return 0;
}

/* Parameters of all rows, those of W for each pixel that is folded. Rows that W has not are not kept, so any legal ones will do. */
static int fill_requant(conv *v, uint32_t rows, diag *d)
{
    layer       *l = &v->l;
    lac_requant *rq = &l->rq;
    const size_t has = l->w.dim[0];
    *rq = v->plain_rq;
    if (rows == has) return 0;
    free(v->bias);
    free(v->multiplier);
    free(v->shift);
    v->bias = calloc(rows, sizeof *v->bias);
    v->multiplier = calloc(rows, sizeof *v->multiplier);
    v->shift = malloc(rows);
    if (!v->bias || !v->multiplier || !v->shift) return diag_set(d, "not enough memory");
    memset(v->shift, 1, rows);
    for (size_t at = 0; at + has <= rows && at / has < l->fold; at += has) {
        if (rq->bias) memcpy(v->bias + at, rq->bias, has * sizeof *v->bias);
        if (rq->multiplier) memcpy(v->multiplier + at, rq->multiplier, has * sizeof *v->multiplier);
        if (rq->shift) memcpy(v->shift + at, rq->shift, has);
    }
    if (rq->bias) rq->bias = v->bias;
    if (rq->multiplier) rq->multiplier = v->multiplier;
    if (rq->shift) rq->shift = v->shift;
    return 0;
}

/* Factors of all rows of the matrix; those that W has not have 0. */
static int fill_factors(conv *v, uint32_t rows, diag *d)
{
    layer *l = &v->l;
    if (!l->residual.data || v->factors) return 0;
    if (!(v->factors = calloc(rows, sizeof *v->factors))) return diag_set(d, "not enough memory");
    for (size_t k = 0; k < l->w.dim[0]; k++) v->factors[k] = (int16_t)(v->factor_file ? npy_int(&v->f, k) : v->factor);
    l->residual.factor = v->factors;
    const uint32_t wide = l->residual.pixels, high = l->residual.lines, channels = l->residual.channels;
    for (size_t p = 0; p < v->r.count / channels; p++) {
        if (!host_pool_sees(&v->shape, &v->pool, (uint32_t)(p / wide % high), (uint32_t)(p % wide))) continue;
        for (uint32_t k = 0; k < channels; k++) l->needed_macs += v->factors[k] && npy_int(&v->r, p * channels + k) != v->r_zero;
        l->dense_macs += channels;
    }
    return 0;
}

/* Pixels of a row of Y that an accumulator bank has room for at once, where each output takes `each` accumulators of a lane. */
static uint32_t pixels_in(const conv *v, uint32_t each)
{
    const lac_pool *p = &v->pool;
    const uint32_t  wide = lac_conv_out_x(&v->shape), high = lac_conv_out_y(&v->shape), kernel = p->kernel_y ? p->kernel_x : 1, stride = p->kernel_y ? p->stride_x : 1;
    const uint32_t  room = v->l.mach.dev.caps.acc_depth / each / (!p->kernel_y ? 1 : p->kernel_y < high ? p->kernel_y : high);
    return room >= wide ? (uint32_t)v->l.out_dim[2] : room < kernel ? 0 : (room - kernel) / stride + 1;
}

/* The matrix, and every slice of it, has a multiple of this many rows: of store_w, and of 4 for a residual; and where a bank holds less than a row of pixels, of so many that as few
 * pixels as it holds can be a multiple of LAC_ALIGN bytes, at which the driver cuts rows. */
static uint32_t step_of_rows(const conv *v)
{
    const lac_caps *caps = &v->l.mach.dev.caps;
    const uint32_t  least = LAC_ALIGN / (uint32_t)layer_out_bytes(v->l.o.out);
    uint32_t        step = v->r_file && caps->store_w < 4 ? 4 : caps->store_w;
    for (; step < least; step *= 2) {
        const uint32_t has = pixels_in(v, (step + caps->lanes - 1) / caps->lanes);
        if (has == v->l.out_dim[2] || has * step >= least) break;
    }
    return step;
}

/* [lines] of the feature RAM that an image row takes. */
static uint32_t row_lines(const layer *l, uint32_t elements)
{
    const lac_caps *caps = &l->mach.dev.caps;
    return ((uint32_t)npy_type_size(l->x.type) * elements + caps->line - 1) / caps->line;
}

/* Pixels of a row of outputs, or of Y where padding around windows makes that more. */
static uint32_t widest(const conv *v)
{
    const uint32_t outputs = lac_conv_out_x(&v->shape), pixels = (uint32_t)v->l.out_dim[2] / v->l.fold;
    return outputs > pixels ? outputs : pixels;
}

/* The layout of images and results, when matrix and order are known. Folded, they are what they are. */
static int lay_images(conv *v, uint32_t rows, uint32_t step, diag *d)
{
    layer         *l = &v->l;
    if (fill_pixels(v, l->fold > 1 ? (uint32_t)l->x.dim[3] : l->channels, d) || fill_requant(v, rows, d) || fill_factors(v, rows, d)) return -1;
    l->batch = l->x.dim[0];
    l->x_lines = v->shape.height;
    l->x_width = v->shape.width * l->channels;
    l->y_lines = (uint32_t)l->out_dim[1];
    l->y_pixels = (uint32_t)l->out_dim[2] / l->fold;
    l->y_channels = (uint32_t)l->out_dim[3] * l->fold;
    l->row_step = step;
    l->max_rows = MAX_ROW / widest(v) / step * step;
    v->shape.channels = l->channels;
    return 0;
}

/* ---- Folding ---------------------------------------------------------------------------------------- */

static int32_t floor_div(int32_t a, int32_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

/* How many pixels of Y are one such that most lanes have work, 1: none; *folded: the shape then. Rows of X and Y must be whole pixels of it. A kernel of one tap would gain nothing: an item is one
 * entry to a lane either way. */
static uint32_t find_fold(const conv *v, lac_conv_shape *folded)
{
    const lac_conv_shape *s = &v->plain;
    const lac_caps       *caps = &v->l.mach.dev.caps;
    const uint32_t        outs = (uint32_t)v->l.w.dim[0], wide = lac_conv_out_x(s);
    if (v->pool.kernel_y || v->r_file || v->l.taps == 1) return 1;
    for (uint32_t p = caps->lanes / outs; p > 1; p--) {
        const uint32_t q = p * s->stride_x; /* pixels of X */
        const int32_t  first = floor_div(-(int32_t)s->pad_left, (int32_t)q), last = floor_div((int32_t)((p - 1) * s->stride_x + s->kernel_x - 1) - (int32_t)s->pad_left, (int32_t)q);
        if (wide % p || s->width % q || p * outs % caps->store_w || q * s->channels % 4 || last - first >= MAX_KERNEL) continue;
        *folded = *s;
        folded->width = s->width / q;
        folded->channels = q * s->channels;
        folded->kernel_x = (uint32_t)(last - first) + 1;
        folded->stride_x = 1;
        folded->pad_left = (uint32_t)-first;
        const int32_t behind = (int32_t)(wide / p + folded->kernel_x - 1) - (int32_t)(folded->width + folded->pad_left);
        if (behind < 0) continue; /* X has pixels that no output sees */
        folded->pad_right = (uint32_t)behind;
        if (folded->kernel_y * folded->kernel_x * folded->channels <= HOST_MAX_DIM) return p;
    }
    return 1;
}

/* v->folded.m: W of that shape, as [p * K][R][S'][C']. */
static int fold_weights(conv *v, uint32_t p, diag *d)
{
    const lac_conv_shape *f = &v->folded.shape;
    const lac_conv_shape *s = &v->plain;
    const host_matrix    *given = &v->given;
    const size_t          outs = v->l.w.dim[0], ins = v->l.w.dim[3], each = outs / v->groups, cols = (size_t)f->kernel_y * f->kernel_x * f->channels, es = given->w8 ? 1 : 2;
    const uint8_t        *from = given->w8 ? (const void *)given->w8 : given->w16;
    const int32_t         q = (int32_t)(p * s->stride_x), first = -(int32_t)f->pad_left;
    uint8_t              *to = v->folded.w = calloc(p * outs * es, cols);
    if (!to) return diag_set(d, "%s: not enough memory", v->l.o.w);
    for (size_t u = 0; u < p; u++)
        for (size_t k = 0; k < outs; k++)
            for (size_t t = 0; t < (size_t)s->kernel_y * s->kernel_x; t++) {
                const int32_t x = (int32_t)(u * s->stride_x + t % s->kernel_x) - (int32_t)s->pad_left, at = floor_div(x, q);
                const size_t  tap = t / s->kernel_x * f->kernel_x + (size_t)(at - first), c = (size_t)(x - at * q) * s->channels + k / each * ins;
                memcpy(to + ((u * outs + k) * cols + tap * f->channels + c) * es, from + (k * s->kernel_y * s->kernel_x + t) * ins * es, ins * es);
            }
    v->folded.m = (host_matrix){ (uint32_t)(p * outs), (uint32_t)cols, given->w8 ? v->folded.w : NULL, given->w8 ? NULL : v->folded.w };
    return 0;
}

/* ---- Order of taps ------------------------------------------------------------------------------------ */

/* Taps as rows: what they are counted to cost, and whether they cost less where pixels are folded: l->fold, v->folded. l->m is the matrix of taps as columns, of padded channels. */
static int count_rows(conv *v, int depthwise, uint64_t *cycles, diag *d)
{
    layer               *l = &v->l;
    const lac_conv_shape image = { 1, v->shape.height, v->shape.width, v->shape.channels, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0 };
    const double         reach = (double)l->taps / v->shape.stride_y / v->shape.stride_x;
    const uint32_t       lanes = l->mach.dev.caps.lanes;
    host_uses            whole, uses;
    uint64_t             rules;
    int                  code = 0;
    if (host_uses_conv(&whole, l->x.data, l->in, (int32_t)l->o.zero_in, l->x.dim[0], &image, NULL, &rules)) return diag_set(d, "not enough memory");
    *cycles = host_cycles_rows(depthwise ? &v->given : &l->m, &l->uses, &whole, reach, depthwise, lanes);

    const uint32_t p = depthwise && l->w.dim[0] % 4 ? 1 : find_fold(v, &v->folded.shape);
    l->fold = 1;
    if (p > 1 && !(code = fold_weights(v, p, d))) {
        if (host_uses_conv(&uses, l->x.data, l->in, (int32_t)l->o.zero_in, l->x.dim[0], &v->folded.shape, NULL, &rules)) code = diag_set(d, "not enough memory");
        else {
            const double   all = reach * (double)(depthwise ? whole.groups : whole.columns), inside = (double)(depthwise ? l->uses.groups : l->uses.columns);
            const uint64_t n = host_cycles_folded(&v->folded.m, &uses, depthwise ? whole.groups : whole.columns, inside > 0 && all > inside ? all / inside : 1, depthwise, lanes);
            if (n < *cycles) {
                *cycles = n;
                l->fold = p;
            }
            host_uses_free(&uses);
        }
    }
    host_uses_free(&whole);
    return code;
}

/* Folded. */
static int as_folded(conv *v, host_format as, int depthwise, diag *d)
{
    layer *l = &v->l;
    l->depthwise = depthwise ? 2 : 0;
    l->format = depthwise ? HOST_CSC8 : as;
    l->rows = &v->shape;
    l->m = v->folded.m;
    v->shape = v->folded.shape;
    l->channels = v->shape.channels;
    return lay_images(v, l->m.rows, l->m.rows, d);
}

/* Taps as rows, in the format `as`. Depthwise the matrix is W itself, [channels][taps] of 8 bit, and X has as many channels. */
static int as_rows(conv *v, host_format as, int depthwise, uint32_t rows, uint32_t step, diag *d)
{
    layer *l = &v->l;
    l->depthwise = depthwise;
    l->format = depthwise ? HOST_CSC8 : as;
    l->rows = &v->shape;
    if (depthwise) {
        free(v->wide);
        if (!(v->wide = calloc(rows, l->taps))) return diag_set(d, "%s: not enough memory", l->o.w);
        memcpy(v->wide, v->given.w8, l->w.count);
        l->m = (host_matrix){ rows, l->taps, v->wide, NULL };
        l->channels = rows;
    } else if (l->channels != v->shape.channels && widen(v, rows, v->shape.channels, d)) {
        return -1;
    }
    return lay_images(v, rows, step, d);
}

/* l->m has padded channels. l->format: the one asked for, or the best; l->lane_cycles: what it is counted to cost. */
static int choose_format(conv *v, diag *d)
{
    layer          *l = &v->l;
    const lac_caps *caps = &l->mach.dev.caps;
    const uint32_t  padded = host_padded((uint32_t)l->x.dim[3]);
    diag            unused;
    if (l->o.format != HOST_AUTO) {
        l->format = l->o.format;
        l->lane_cycles = host_cycles(&l->m, l->format, &l->uses, caps->lanes);
        return 0;
    }
    const int too_wide = check_limits(v, padded, &unused) || row_lines(l, v->shape.width * padded) > caps->feat_depth;
    l->format = host_choose(&l->m, &l->uses, caps->lanes, too_wide ? caps->formats & ~(1u << LAC_NM) : caps->formats, &l->lane_cycles);
    return l->format == HOST_AUTO ? diag_set(d, "%s: no format of configuration %s takes it", l->o.w, l->mach.cfg.name) : 0;
}

/* Taps as columns, in the format that is chosen. l->m has padded channels. */
static int as_columns(conv *v, uint32_t step, diag *d)
{
    layer         *l = &v->l;
    const uint32_t channels = (uint32_t)l->x.dim[3], cp = host_format_n(l->format) ? l->channels : channels;
    l->rows = NULL;
    l->depthwise = 0;
    v->shape.channels = channels;
    return (cp != l->channels && widen(v, l->m.rows, cp, d)) || lay_images(v, l->m.rows, step, d) ? -1 : 0;
}

/* Taps as rows, where that is possible and counts fewer cycles, else as columns. What the machine cannot do after all is found when it is packed: otherwise(). */
static int choose_order(conv *v, uint32_t rows, uint32_t step, diag *d)
{
    layer               *l = &v->l;
    const layer_options *o = &l->o;
    const uint32_t       lanes = l->mach.dev.caps.lanes;
    host_codes           codes;
    size_t               where;
    diag                 unused;
    uint64_t             cycles = UINT64_MAX;
    const host_format as = o->format != HOST_AUTO ? o->format : v->given.w8 && host_collect(&v->given, &codes, &where) ? HOST_CSC8 : HOST_CSC;
    const int         depthwise = v->groups == l->w.dim[0] && l->w.dim[3] == 1 && lanes % 4 == 0 && v->given.w8 && o->format != HOST_CSC
                                  && rows % 4 == 0 && !check_limits(v, rows, &unused) && v->groups > 1;
    const int         able = !host_format_n(as) && (l->taps == 1 || (v->shape.dilation_y == 1 && v->shape.dilation_x == 1));
    if (v->taps == TAPS_ROWS && !able) return diag_set(d, "--taps rows: expected --dilation 1 with it");
    if (v->taps == TAPS_COLUMNS || !able) return as_columns(v, step, d);
    if (v->taps == TAPS_AUTO) {
        if (l->taps == 1 && !depthwise) return as_columns(v, step, d);
        /* What falls off the edges must not overflow where the outputs do not: lac_conv_pack_rows(). */
        if (host_largest_sum(&l->m, l->x.data, l->in, (int32_t)o->zero_in, l->x.count) >= (uint64_t)1 << 35) return as_columns(v, step, d);
    }
    if (count_rows(v, depthwise, &cycles, d)) return -1;
    if (v->taps == TAPS_AUTO && cycles >= l->lane_cycles) return as_columns(v, step, d);
    l->lane_cycles = cycles;
    if (l->fold > 1) return as_folded(v, as, depthwise, d);
    return as_rows(v, as, depthwise, rows, step, d);
}

/* The machine is known: matrix, format, order, images. */
static int prepare(layer *l, diag *d)
{
    conv                *v = (conv *)l;
    const layer_options *o = &l->o;
    const lac_caps      *caps = &l->mach.dev.caps;
    const uint32_t       padded = host_padded(v->shape.channels);
    const uint32_t       wide = widest(v);
    const uint32_t       step = step_of_rows(v);
    const uint64_t       rows = (l->w.dim[0] + step - 1) / step * step;
    const int            nm = host_format_n(o->format) != 0;
    uint64_t             rules;
    if (!(caps->formats & LAC_HAS_WINDOWS)) return diag_set(d, "configuration %s has no convolution", l->mach.cfg.name);
    if (v->r_file && (caps->lanes % 4 || !(caps->formats & 1u << LAC_CSC8)))
        return diag_set(d, "--residual: configuration %s has %" PRIu32 " lanes%s, expected a multiple of 4 and format csc8", l->mach.cfg.name, caps->lanes,
                        caps->formats & 1u << LAC_CSC8 ? "" : " and no csc8");
    v->plain_rq = l->rq;
    if (layer_has_format(l, d)) return -1;
    if (rows > HOST_MAX_DIM || (uint64_t)wide * step > MAX_ROW)
        return diag_set(d, "an output row of %" PRIu32 " pixels of %zu channels, filled up to a multiple of %" PRIu32 ", has too many elements", wide,
                        l->w.dim[0], step);
    if (nm && check_limits(v, padded, d)) return -1;

    l->taps = v->shape.kernel_y * v->shape.kernel_x;
    l->groups = v->groups;
    if (layer_weights(l, &v->given, d) || widen(v, (uint32_t)rows, padded, d) ||
        layer_shape(l, &v->given, &l->m, l->m.w8 ? v->wide : NULL, d) || check_mean(v, d))
        return -1;
    if (host_uses_conv(&l->uses, l->x.data, l->in, (int32_t)o->zero_in, l->x.dim[0], &v->shape, &v->pool, &rules)) return diag_set(d, "not enough memory");
    if (choose_format(v, d)) return -1;
    l->needed_macs = host_needed_macs(&l->m, &l->uses);
    l->dense_macs = rules * l->w.dim[3] * l->w.dim[0];
    return choose_order(v, (uint32_t)rows, step, d);
}

/* Taps as rows did not fit. */
static int otherwise(layer *l, diag *d)
{
    conv *v = (conv *)l;
    if (!l->rows || v->taps == TAPS_ROWS) return 1;
    l->fold = 1;
    v->shape = v->plain;
    const uint32_t step = step_of_rows(v), rows = (uint32_t)(l->w.dim[0] + step - 1) / step * step;
    return widen(v, rows, host_padded(v->shape.channels), d) || choose_format(v, d) || as_columns(v, step, d);
}

/* ---- Commands -------------------------------------------------------------------------------------- */

static lac_status build(layer *l, lac_emit emit, void *ctx)
{
    const conv    *v = (const conv *)l;
    const uint32_t n = layer_jobs(l);
    lac_conv      *jobs = malloc(n * sizeof *jobs);
    lac_residual  *added = malloc(n * sizeof *added);
    lac_status     s = jobs && added ? LAC_OK : LAC_E_PORT;
    for (uint32_t i = 0; i < n && !s; i++) {
        const lac_fc      *j = &l->jobs[i];
        const layer_slice *of = &l->slices[i / l->parts % l->n_slices];
        added[i] = (lac_residual){ &of->factors, of->residual };
        added[i].x.addr += (uint64_t)(i % l->parts) * LAYER_BATCH * l->residual.lines * of->residual.pitch;
        jobs[i] = (lac_conv){ .layer = j->layer, .resident = j->resident, .shape = v->shape, .pool = v->pool, .residual = l->residual.data ? &added[i] : NULL, .x = j->x, .y = j->y, .clamp_lo = j->clamp_lo, .clamp_hi = j->clamp_hi,
                              .tag = j->tag, .mark = j->mark };
        jobs[i].shape.images = j->points;
    }
    if (!s) s = lac_conv_build(&l->mach.dev.caps, jobs, n, emit, ctx);
    free(jobs);
    free(added);
    return s;
}

static int misfit(const layer *l, diag *d)
{
    const lac_caps *caps = &l->mach.dev.caps;
    const conv     *v = (const conv *)l;
    const uint32_t  has = pixels_in(v, (l->row_step + caps->lanes - 1) / caps->lanes); /* of the smallest slice */
    if (!has)
        return diag_set(d, "%s: a window of %" PRIu32 " x %" PRIu32 " outputs does not fit the accumulators of configuration %s", v->pool_option, v->pool.kernel_y,
                        v->pool.kernel_x, l->mach.cfg.name);
    if (l->o.y_as == LAYER_LIST && has < l->y_pixels)
        return diag_set(d, "--output-as list: an output row of %" PRIu32 " pixels does not fit the accumulators of configuration %s", l->y_pixels, l->mach.cfg.name);
    if (v->r_file && traffic_dense(caps, l->residual.pixels * l->row_step, l->residual.type) > caps->feat_depth * caps->line)
        return diag_set(d, "%s: a row of %" PRIu32 " pixels, %" PRIu32 " channels at a time, does not fit the feature RAM of configuration %s", v->r_file, l->residual.pixels,
                        l->row_step, l->mach.cfg.name);
    if (row_lines(l, l->x_width) > caps->feat_depth)
        return diag_set(d, "%s: an image row of %" PRIu32 " pixels of %" PRIu32 " channels does not fit the feature RAM of configuration %s", l->o.x,
                        l->x_width / l->channels, l->channels, l->mach.cfg.name);
    return diag_set(d, "%s and %s: image rows and layer do not fit the RAMs of configuration %s", l->o.w, l->o.x, l->mach.cfg.name);
}

int cmd_conv(cli_globals *g, int argc, char **argv)
{
    static const struct argp_child children[] = { { &layer_argp, 0, 0, 0 }, { &cli_globals_argp, 0, 0, 0 }, { 0 } };
    static const struct argp argp = {
        options_, parse, "W.npy X.npy -o Y.npy",
        "2-D convolution of images, channels last.\v"
        "W [K, R, S, C/groups] is int8 or int16 (csc: at most 15 distinct non-zero values), or float32 with --cluster; X [N, H, W, C] is int8, uint8 or "
        "int16. A kernel has at most 11 x 11 taps. Outside the image X is its zero point.\n\n"
        "With a residual Y = pool(requantise(sum + F[k] * (R - Z))): F[k] is the scale of R over that of the sums, rounded. A mean is rounded once, behind its window: "
        "Y = requantise(sum over the window of (sum + bias)), with --pool-relu of max(0, sum + bias); --multiplier / 2^shift holds the division.",
        children, 0, 0,
    };
    static const layer_kind kind = { "conv", load, prepare, build, misfit, otherwise };
    conv v = { .stride = { 1, 1 }, .dilation = { 1, 1 }, .groups = 1, .factor = 1 };
    layer_init(&v.l, &kind, g);
    argp_parse(&argp, argc, argv, 0, NULL, &v);
    v.l.o.others[0] = v.r_file;
    v.l.o.others[1] = v.factor_file;
    const int code = layer_main(&v.l);
    layer_free(&v.l);
    free(v.wide);
    free(v.folded.w);
    free(v.image);
    free(v.bias);
    free(v.multiplier);
    free(v.shift);
    free(v.factors);
    npy_free(&v.r);
    npy_free(&v.f);
    return code;
}
