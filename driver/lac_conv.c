/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_conv.c - convolutions: which taps see which rows of the image, and how much of it is on chip at once
 *
 * Plan. The output rows of an image are cut into *bands* that fit an accumulator bank, and whose input rows fit the feature RAM; where not even one
 * output row fits a bank, into bands of one row, and these into *strips* of pixels. *Output* is the convolution's, and y what pooling leaves of it. A group (lac_plan.h) is one strip of a band and one row
 * tile. Its steps: the columns of the matrix are taps, row of taps by row of taps. All taps of a row see neighbouring pixels, so a window
 * on them is one range of elements of the input row, and a row of taps, as far as it lies in a weight tile, is one EXEC for all
 * pixels; with dilation_x above 1 each of its taps is.
 *
 * Padding. At the left and right it is the machine's: windows may hang over the end of a row, or lie beside it. Above and below it is left out here: a row of
 * taps is a step for those output rows only that find an input row under it, and none where there is no such row or where
 * all its windows lie beside the image. A group that would have no step at all gets one whose windows are empty, for
 * banks change hands by EXECs.
 *
 * Features. The input rows of a band are one piece, which all of its strips, row tiles and taps share. Where those of one output row
 * do not fit the feature RAM, each step brings the rows that it needs, those of one row of taps; and bands have one row then if weights stay, for
 * what is still on chip of the band above is not loaded again. Each step brings its own also where there is only one row of taps and
 * stride_y skips rows.
 *
 * Band size. As large as fits where weights are streamed, for they are streamed again for every band. Where they stay, not above a quarter of all
 * output rows, so that the engines overlap; but not so small that input rows which two bands need, and which are loaded for both,
 * make more than a quarter of what a band needs anew.
 *
 * Row tiles, concatenation. Pixels lie one behind the other with all their channels, of which a row tile, or a job with y_pixel, has only some: STORE takes each pixel for a point then. So one
 * STORE writes a band of several rows only where they stand in memory without gaps; else bands have one row.
 *
 * Pooling. A band is whole rows of y, a strip whole pixels of y: the output rows, or pixels, that their windows see. Where windows overlap, neighbours compute what they share
 * twice; what lies between windows is computed and not looked at. A row of y needs several output rows in the bank at once: where the feature RAM has no room for the input rows of all of them,
 * a group goes over the columns once for each *part* of its output rows.
 *
 * Residual. Steps of another layer, packed of its factors, and another tensor, whose windows are single pixels: an EXEC for all pixels of the rows on chip, for each accumulator that a lane has of
 * a pixel, of the four-channel columns that stand there. They are the first of their group: mostly that tensor is older than x, so at the beginning of a job EXEC has work
 * before the last STORE of the job before is through and x has come. In the middle of a job the order makes no difference. Its pieces share the two halves of the feature RAM with those of x, and its factors those of the weights:
 * streamed weights of one tile that is more than a half are loaded again for each group. Such are better resident.
 *
 * Taps as rows (lac_image.h). A step is an EXEC over input rows: those of one phase in the piece that is on chip, for the columns of one set in one weight tile. The
 * accumulators are rows of p.grid pixels; in front of the output rows of a band stand the rows that its upper input rows add to besides, and behind them those of the lower ones. Window i of an input row is
 * its pixel of the phase that adds to output pixels i0 + i - t; there are `grid` windows, so that the next input row's items land one row on. Before the first row stands
 * one more where an item can land to the left of it. Bands are as few as the accumulators allow, for each but the first loads and computes kernel_y - 1 rows again. Pieces are as large as half of the
 * feature RAM where weights are streamed for each; where they stay a quarter of the band, so that EXEC begins early. */
#include "lac_plan.h"

enum { MOST = 65535, KERNEL = 11 };

static int32_t clamp(int32_t v, int32_t lo, int32_t hi) { return v < lo ? lo : v > hi ? hi : v; }

/* ---- Shape ----------------------------------------------------------------------------------------- */

/* Output positions along one axis; 0: none, or a value is out of range. */
static uint32_t positions(uint32_t n, uint32_t before, uint32_t after, uint32_t kernel, uint32_t dilation, uint32_t stride)
{
    if (n < 1u || n > MOST || before > MOST || after > MOST || kernel < 1u || kernel > KERNEL || dilation < 1u || dilation > MOST || stride < 1u
        || stride > 32767u)
        return 0;
    const uint32_t span = (kernel - 1u) * dilation + 1u, padded = before + n + after;
    return padded < span ? 0u : (padded - span) / stride + 1u;
}

uint32_t lac_conv_out_x(const lac_conv_shape *s)
{
    return positions(s->width, s->pad_left, s->pad_right, s->kernel_x, s->dilation_x, s->stride_x);
}

uint32_t lac_conv_out_y(const lac_conv_shape *s)
{
    return positions(s->height, s->pad_top, s->pad_bottom, s->kernel_y, s->dilation_y, s->stride_y);
}

/* One direction of what a job computes and what it writes. */
typedef struct {
    uint32_t n;                   /* pixels of the convolution's output */
    uint32_t kernel, stride, pad; /* windows of pooling; where there is none, each pixel is one */
    uint32_t windows;             /* pixels of y; 0: none, or a value is out of range */
} axis;

static axis pooled(uint32_t n, uint32_t any, uint32_t kernel, uint32_t stride, uint32_t before, uint32_t after)
{
    axis a = {n, 1, 1, 0, n};

    if (any) {
        a.kernel = kernel;
        a.stride = stride;
        a.pad = before;
        a.windows = n < 1u || kernel < 1u || kernel > 15u || stride < 1u || stride > 15u || before >= kernel || after >= kernel || before + n + after < kernel
                        ? 0u : (before + n + after - kernel) / stride + 1u;
    }
    return a;
}

static axis axis_y(const lac_conv *job)
{
    const lac_pool *p = &job->pool;
    return pooled(lac_conv_out_y(&job->shape), p->kernel_y, p->kernel_y, p->stride_y, p->pad_top, p->pad_bottom);
}

static axis axis_x(const lac_conv *job)
{
    const lac_pool *p = &job->pool;
    return pooled(lac_conv_out_x(&job->shape), p->kernel_y, p->kernel_x, p->stride_x, p->pad_left, p->pad_right);
}

uint32_t lac_conv_y_rows(const lac_conv *job) { return axis_y(job).windows; }
uint32_t lac_conv_y_pixels(const lac_conv *job) { return axis_x(job).windows; }

/* What windows [w0, w1) see: pixels [*from, *to). */
static void seen(const axis *a, uint32_t w0, uint32_t w1, int32_t *from, int32_t *to)
{
    *from = clamp((int32_t)(w0 * a->stride) - (int32_t)a->pad, 0, (int32_t)a->n - 1);
    *to = clamp((int32_t)((w1 - 1u) * a->stride + a->kernel) - (int32_t)a->pad, 0, (int32_t)a->n);
}

/* How many windows side by side see no more than so many pixels. */
static uint32_t windows_in(const axis *a, uint32_t pixels)
{
    return pixels >= a->n ? a->windows : pixels < a->kernel ? 0u : lac_min((pixels - a->kernel) / a->stride + 1u, a->windows);
}

void lac_get_rows(const lac_conv_shape *s, lac_rows *rows)
{
    const uint32_t far = s->kernel_x - 1u;

    rows->channels = s->channels;
    rows->kernel = s->kernel_y | s->kernel_x << 16;
    rows->stride = s->stride_y | s->stride_x << 16;
    rows->left = far > s->pad_left ? (far - s->pad_left) / s->stride_x : 0u;
    rows->grid = lac_max(lac_conv_out_x(s) + rows->left, lac_max((s->width - 1u + s->pad_left) / s->stride_x, far / s->stride_x) + 1u);
    rows->sets_y = lac_min(s->kernel_y, s->stride_y);
    rows->sets_x = lac_min(s->kernel_x, s->stride_x);
}

/* A layer with taps as rows was packed for a shape that differs from this legal one in nothing that matters. */
static int same_rows(const lac_conv_shape *s, const lac_layer *layer)
{
    const uint32_t group = lac_group(layer->taps);
    lac_rows rows, packed;

    lac_get_rows(s, &rows);
    lac_get_words(layer->image, 4u * LAC_DIR_W_CHANNELS, &packed.channels, 4); /* the struct begins like the directory */
    return packed.channels == rows.channels && packed.kernel == rows.kernel && packed.stride == rows.stride && packed.grid == rows.grid
        && layer->cols * group == rows.sets_y * rows.sets_x * s->channels
        && (layer->taps != LAC_TAPS_DEPTHWISE || layer->rows == s->channels) && (group == 1u || (s->channels % 4u == 0u && lac_dir(layer->image, LAC_DIR_W_LANES) % 4u == 0u))
        && (s->kernel_y == 1u || s->dilation_y == 1u) && (s->kernel_x == 1u || s->dilation_x == 1u)
        && (uint64_t)(rows.grid - 1u) * (s->stride_x * s->channels) <= MOST;
}

/* Nothing that is computed from a shape which passed leaves 32 bits. */
static lac_status check_shape(const lac_conv_shape *s, const lac_layer *layer)
{
    const uint32_t out_x = lac_conv_out_x(s), out_y = lac_conv_out_y(s);

    if (out_x < 1u || out_x > MOST || out_y < 1u || out_y > MOST || s->images < 1u || s->images > MOST || s->channels < 1u || s->channels > MOST
        || s->width * s->channels > MOST || s->stride_x * s->channels > 32767u || s->pad_left * s->channels > MOST
        || (s->kernel_x - 1u) * s->dilation_x > MOST || (s->kernel_x - 1u) * s->dilation_x * s->channels > MOST)
        return LAC_E_ARG;
    if ((out_x - 1u) * (s->stride_x * s->channels) > MOST || out_x * layer->rows > MOST)
        return LAC_E_ARG;
    if (layer->taps)
        return same_rows(s, layer) ? LAC_OK : LAC_E_ARG;
    if (layer->cols != s->kernel_y * s->kernel_x * s->channels || (layer->format == LAC_NM && s->channels % 4u))
        return LAC_E_ARG;
    return LAC_OK;
}

/* ---- Plan of a job --------------------------------------------------------------------------------- */

/* How rows of a tensor come on chip, and how EXEC walks over them. */
typedef struct {
    uint32_t height, width;    /* rows of an image; [elements] of a row */
    uint32_t lines;            /* of a row on chip */
    uint32_t most;             /* rows on chip at once */
    int      fits_half;
    uint32_t skip, jump;       /* rows from a point to the next: in memory, where they are loaded; on chip, where they are used */
    uint32_t step;             /* [elements] from a pixel's window to the next's */
} view;

typedef struct {
    axis     y, x;
    view     in, added;        /* job->x; the residual's x */
    int      stay;             /* the weights are loaded once */
    uint32_t pixel;            /* [bytes] of y */
    uint32_t row_tiles;
    int      scattered;        /* STORE takes each pixel for a point, for it writes a part of its channels */
    uint32_t band, bands;      /* [rows of y] at most; in an image */
    uint32_t strip, strips;    /* [pixels of y] at most; in a row */
    uint32_t part;             /* [output rows] at most: as many as there is room for their input rows */
    int      by_row;           /* each step has a piece of x of its own: the rows that it needs, and none between them */
    uint32_t most_rows;        /* of a pixel [accumulators] */
    lac_rows taps;             /* with taps as rows */
} plan;

/* What a job reads, and what it writes. */
static lac_span in_span(const lac_caps *caps, const lac_conv *job)
{
    const lac_conv_shape *s = &job->shape;
    return lac_tensor_span(caps, &job->x, s->width * s->channels, s->images * s->height);
}

/* Elements of a row of y, with what stands between its pixels. */
static uint32_t y_elements(const lac_conv *job)
{
    const uint32_t pixels = lac_conv_y_pixels(job);
    return job->y_pixel ? (pixels - 1u) * (job->y_pixel / lac_type_bytes(job->y.type)) + job->layer->rows : pixels * job->layer->rows;
}

static lac_span out_span(const lac_caps *caps, const lac_conv *job)
{
    const lac_conv_shape *s = &job->shape;
    return lac_tensor_span(caps, &job->y, y_elements(job), s->images * lac_conv_y_rows(job));
}

static lac_span residual_span(const lac_caps *caps, const lac_conv *job)
{
    const lac_conv_shape *s = &job->shape;
    return lac_tensor_span(caps, &job->residual->x, lac_conv_out_x(s) * job->layer->rows, s->images * lac_conv_out_y(s));
}

/* Each row is a point of all pixels. */
static lac_status check_residual(const lac_caps *caps, const lac_conv *job)
{
    const lac_conv_shape *s = &job->shape;
    const lac_residual *r = job->residual;

    TRY(lac_check_machine(caps, r->layer));
    if (r->layer->taps != LAC_TAPS_RESIDUAL || r->layer->rows != job->layer->rows)
        return LAC_E_ARG;
    TRY(lac_check_tensor(&r->x, caps, lac_conv_out_x(s) * job->layer->rows, s->images * lac_conv_out_y(s), 0));
    const lac_span in = residual_span(caps, job), out = out_span(caps, job);
    return lac_overlap(&in, &out) ? LAC_E_ARG : LAC_OK;
}

static lac_status check_job(const lac_caps *caps, const lac_conv *job)
{
    const lac_conv_shape *s = &job->shape;
    const lac_layer *layer = job->layer;

    TRY(lac_check_machine(caps, layer));
    if (job->resident)
        TRY(lac_check_place(caps, layer, job->resident));
    if (!(caps->formats & LAC_HAS_WINDOWS) || layer->by_column || layer->taps == LAC_TAPS_RESIDUAL || layer->rows % caps->store_w)
        return LAC_E_ARG;
    TRY(check_shape(s, layer));
    const uint32_t rows = lac_conv_y_rows(job), pixels = lac_conv_y_pixels(job);
    if (rows < 1u || rows > MOST || pixels < 1u || pixels * layer->rows > MOST)
        return LAC_E_ARG;
    TRY(lac_check_tensor(&job->x, caps, s->width * s->channels, s->images * s->height, 0));
    if (job->y_pixel % LAC_ALIGN)
        return LAC_E_ALIGN;
    if (job->pool.kernel_y && ((unsigned)job->pool.kind > LAC_POOL_MEAN_RELU || (job->pool.kind && job->y.type == LAC_RAW)))
        return LAC_E_ARG;
    if ((unsigned)job->y.type > LAC_RAW
        || (job->y_pixel && (job->y.list || job->y_pixel < layer->rows * lac_type_bytes(job->y.type) || (uint64_t)job->y_pixel * pixels >> 24)))
        return LAC_E_ARG;
    TRY(lac_check_tensor(&job->y, caps, y_elements(job), s->images * rows, 1));
    TRY(lac_check_clamp(&job->y, job->clamp_lo, job->clamp_hi));
    if (job->residual)
        TRY(check_residual(caps, job));
    const lac_span in = in_span(caps, job), out = out_span(caps, job);
    return lac_overlap(&in, &out) ? LAC_E_ARG : LAC_OK;
}

/* Input rows [*in0, *in1) that output rows [oy0, oy1) see; at least one, even if they see none: then 0 is returned. */
static int find_rows(const lac_conv_shape *s, int32_t oy0, int32_t oy1, int32_t *in0, int32_t *in1)
{
    const int32_t stride = (int32_t)s->stride_y, height = (int32_t)s->height, pad = (int32_t)s->pad_top;
    const int32_t first = oy0 * stride - pad, end = (oy1 - 1) * stride + (int32_t)((s->kernel_y - 1u) * s->dilation_y) - pad + 1;

    *in0 = clamp(first, 0, height - 1);
    *in1 = clamp(end, *in0 + 1, height);
    return first < height && end > 0;
}

/* Output rows besides [oy0, oy1) that their input rows add to: so many above and below. */
static void find_guards(const lac_conv_shape *s, int32_t oy0, int32_t oy1, uint32_t *top, uint32_t *bottom)
{
    const int32_t stride = (int32_t)s->stride_y, pad = (int32_t)s->pad_top;
    int32_t in0, in1;

    *top = *bottom = 0;
    if (!find_rows(s, oy0, oy1, &in0, &in1))
        return;
    const int32_t above = oy0 * stride + (int32_t)s->kernel_y - 1 - (in0 + pad), below = in1 - 1 + pad - (oy1 - 1) * stride;
    *top = above > 0 ? (uint32_t)(above / stride) : 0u;
    *bottom = below > 0 ? (uint32_t)(below / stride) : 0u;
}

/* Taps as rows: no band takes more than `most` rows of the grid. */
static int bands_fit(const lac_conv_shape *s, const plan *p, uint32_t most)
{
    for (uint32_t w = 0; w < p->y.windows; w += p->band) {
        int32_t oy0, oy1;
        uint32_t top, bottom;
        seen(&p->y, w, lac_min(w + p->band, p->y.windows), &oy0, &oy1);
        find_guards(s, oy0, oy1, &top, &bottom);
        if (top + (uint32_t)(oy1 - oy0) + bottom > most)
            return 0;
    }
    return 1;
}

/* As many bands as p->band makes, but of equal size. */
static void even_bands(plan *p)
{
    p->bands = lac_ceil_div(p->y.windows, p->band);
    p->band = lac_ceil_div(p->y.windows, p->bands);
    p->bands = lac_ceil_div(p->y.windows, p->band);
}

/* Taps as rows: bands, as few as can be, and pieces. */
static lac_status plan_rows(const lac_caps *caps, const lac_conv *job, plan *p)
{
    const lac_conv_shape *s = &job->shape;
    const uint32_t room = caps->acc_depth / p->most_rows;
    /* Beside the rows of the grid: where there is no row in front, windows begin behind the row's first pixel, and in the last row they end as far behind its last one. */
    const uint32_t behind = p->taps.left ? 0u : (s->kernel_x - 1u) / s->stride_x, front = p->taps.left ? 1u : 0u;
    const uint32_t rows = room > behind ? (room - behind) / p->taps.grid : 0u;

    if (rows <= front)
        return LAC_E_SPACE;
    for (p->band = windows_in(&p->y, rows - front);; p->band--) {
        if (p->band == 0u)
            return LAC_E_SPACE;
        even_bands(p);
        if (bands_fit(s, p, rows - front))
            break;
    }
    p->strip = p->x.windows;
    p->strips = 1;
    return LAC_OK;
}

/* How many pixels to a strip, and how many rows of y a bank holds. */
static lac_status plan_bank(const lac_caps *caps, const lac_conv *job, plan *p)
{
    const uint32_t room = caps->acc_depth / p->most_rows, high = lac_min(p->y.kernel, p->y.n); /* output rows for one of y, at most */
    uint32_t unit, rows;

    if (p->scattered && (p->pixel % LAC_ALIGN || job->pool.kernel_y))
        return LAC_E_SPACE;
    p->strip = p->x.windows;
    rows = room / p->x.n;
    if (rows < high) {
        rows = high;
        p->strip = windows_in(&p->x, room / high);
        if (p->strip < p->x.windows) {
            /* Strips begin at multiples of LAC_ALIGN bytes: of `unit` pixels, for p->pixel's largest power of two. */
            unit = p->pixel & (0u - p->pixel);
            unit = unit < LAC_ALIGN ? LAC_ALIGN / unit : 1u;
            p->strip -= p->strip % unit;
            if (job->y.list || !p->strip)
                return LAC_E_SPACE;
        }
    }
    p->strips = lac_ceil_div(p->x.windows, p->strip);
    p->band = p->scattered && job->y.pitch != p->x.windows * p->pixel ? 1u : windows_in(&p->y, rows);
    return LAC_OK;
}

/* Rows of `height` x `width` elements; a half of the feature RAM holds `least` of them, or all of it is used. */
static lac_status plan_view(const lac_caps *caps, const lac_ram_map *ram, const lac_tensor *x, uint32_t height, uint32_t width, uint32_t least, uint32_t step, view *v)
{
    v->height = height;
    v->width = width;
    v->lines = lac_ceil_div(width * lac_type_bytes(x->type), caps->line);
    v->most = ram->feat_half / v->lines;
    v->fits_half = v->most >= least;
    if (!v->fits_half)
        v->most = caps->feat_depth / v->lines;
    v->skip = v->jump = 1;
    v->step = step;
    return v->most ? LAC_OK : LAC_E_SPACE;
}

/* The weights are loaded once: resident, or one tile, which finds its half untouched if what else is loaded uses the other. */
static int stays(const lac_ram_map *ram, const lac_conv *job)
{
    lac_tile t;

    lac_get_tile(job->layer->image, 0, &t);
    return job->resident || (job->layer->tiles == 1u && (!job->residual || (t.words <= ram->word_half && t.columns <= ram->col_half)));
}

static lac_status plan_job(const lac_caps *caps, const lac_ram_map *ram, const lac_conv *job, plan *p)
{
    const lac_conv_shape *s = &job->shape;
    const uint32_t span = (s->kernel_y - 1u) * s->dilation_y + 1u; /* [input rows] of one output row */
    const int apart = job->x.pitch <= 0xFFFFFFu / s->stride_y; /* one LOAD can bring every stride_y-th row */

    p->y = axis_y(job);
    p->x = axis_x(job);
    p->stay = stays(ram, job);
    p->pixel = job->y_pixel ? job->y_pixel : job->layer->rows * lac_type_bytes(job->y.type);
    p->by_row = !job->layer->taps && (caps->feat_depth / lac_ceil_div(s->width * s->channels * lac_type_bytes(job->x.type), caps->line) < lac_min(span, s->height)
                                      || (span == 1u && s->stride_y > 1u && apart));
    TRY(plan_view(caps, ram, &job->x, s->height, s->width * s->channels, p->by_row || job->layer->taps ? 1u : lac_min(span, s->height), s->stride_x * s->channels, &p->in));
    if (p->by_row)
        p->in.skip = s->stride_y;
    else
        p->in.jump = s->stride_y;
    TRY(lac_check_row_tiles(caps, job->layer, &job->y, &p->row_tiles, &p->most_rows));
    p->scattered = p->row_tiles > 1u || job->y_pixel;
    if (job->y_pixel && job->layer->taps)
        return LAC_E_SPACE;
    if (!job->resident)
        TRY(lac_check_stream(caps, ram, job->layer));
    if (job->layer->taps)
        lac_get_rows(s, &p->taps);
    if (job->residual) {
        const uint32_t channels = job->layer->rows;
        TRY(lac_check_tiles(caps, ram, job->residual->layer));
        /* STEP has 15 bits; more channels than they can say are those of a single pixel */
        TRY(plan_view(caps, ram, &job->residual->x, p->y.n, p->x.n * channels, 1, p->x.n > 1u ? channels : 0u, &p->added));
        /* One EXEC takes several rows only where all windows of a row of the grid are in its reach. */
        if (job->layer->taps && (p->taps.grid - 1u) * channels > MOST)
            p->added.most = 1;
    }
    if (job->layer->taps)
        return plan_rows(caps, job, p);
    TRY(plan_bank(caps, job, p));

    p->part = p->y.n;
    if (p->by_row)
        p->part = apart && (span == 1u || !p->stay) ? p->in.most : 1u;
    else if (p->in.most < s->height)
        p->part = (p->in.most - span) / s->stride_y + 1u;
    p->band = lac_min(p->band, lac_max(windows_in(&p->y, p->part), 1u));
    if (p->stay) {
        const uint32_t step = p->y.stride * s->stride_y, tall = (p->y.kernel - 1u) * s->stride_y + span; /* [input rows] from a row of y to the next, of one */
        p->band = lac_min(p->band, lac_max(lac_ceil_div(s->images * p->y.windows, 4u), tall > step ? lac_ceil_div(4u * (tall - step), step) : 0u));
    }
    even_bands(p);
    return LAC_OK;
}

static uint64_t groups_of(const lac_conv *job, const plan *p) { return (uint64_t)job->shape.images * p->bands * p->strips * p->row_tiles; }

/* ---- Program --------------------------------------------------------------------------------------- */

typedef struct {
    /* the job in work */
    const lac_conv *job;
    plan            p;

    /* the group in work */
    uint32_t image;
    uint32_t row0, rows;    /* of y */
    uint32_t pixel0, wide;  /* pixels of these rows */
    int32_t  oy0, oy1;      /* output rows of the image, which they are made of */
    int32_t  x0;
    uint32_t pixels;        /* of the output rows */
    int32_t  in0, in1;      /* input rows that its taps see; at least one, even if they see none */
    int      sees;          /* they see one */
    uint32_t top, bottom;   /* taps as rows: guard rows; `top` with the one in front */
    uint32_t piece;         /* input rows that are loaded together; else: output rows that are computed together */
    uint32_t across;        /* pixels of a row in the accumulators */
    uint32_t wrote_added;   /* as lac_source.wrote_x, of the residual */

    lac_program g; /* last, see there */
} program;

typedef struct {
    lac_tile t;
    uint32_t tile;          /* number of the weight tile in which c1 lies */
    uint32_t c0, c1;        /* columns of the matrix [elements], inside t and one row of taps, or one tap */
    int32_t  oy0, oy1;      /* the output rows that are computed together; */
    int32_t  seen0, seen1;  /* the input rows that these see */
    int32_t  first;         /* where the window of the first pixel begins [elements of an input row] */
    int32_t  oy;            /* first output row that takes part */
    uint32_t rows;          /* how many do; taps as rows: how many input rows */
    int32_t  iy;            /* the first one's input row */
    int32_t  in0, in1;      /* input rows that are loaded for it */

    uint32_t pixel;         /* of the accumulators, at which the first point's begin */
    uint32_t lane_row;      /* residual: which of a pixel's accumulators */
    uint32_t span;          /* not with taps as columns: accumulators that an item reaches */
} step;

/* Columns that begin `into` elements behind the first of tap (r, s): the fields of `t` behind c1. 0: they see nothing of the image. */
static int look(const program *f, step *t, uint32_t r, uint32_t s, uint32_t into)
{
    const lac_conv_shape *shape = &f->job->shape;
    const int32_t stride = (int32_t)shape->stride_y, height = (int32_t)shape->height, channels = (int32_t)shape->channels;
    const int32_t shift = (int32_t)(r * shape->dilation_y) - (int32_t)shape->pad_top; /* output row oy sees input row oy * stride + shift */
    const int32_t reach = (int32_t)((f->pixels - 1u) * shape->stride_x * shape->channels);

    t->oy = shift >= 0 ? t->oy0 : clamp((stride - 1 - shift) / stride, t->oy0, t->oy1);
    const int32_t end = height - 1 < shift ? t->oy0 : clamp((height - 1 - shift) / stride + 1, t->oy0, t->oy1);
    t->iy = t->oy * stride + shift;
    t->first = (int32_t)into + (f->x0 * (int32_t)shape->stride_x + (int32_t)(s * shape->dilation_x) - (int32_t)shape->pad_left) * channels;
    if (end <= t->oy || t->first >= (int32_t)shape->width * channels || t->first + reach + (int32_t)(t->c1 - t->c0) <= 0)
        return 0;
    t->rows = (uint32_t)(end - t->oy);
    t->in0 = f->p.by_row ? t->iy : t->seen0;
    t->in1 = f->p.by_row ? t->iy + (int32_t)t->rows : t->seen1;
    t->pixel = (uint32_t)(t->oy - f->oy0) * f->across;
    return 1;
}

/* The same with taps as rows, of set (a, b). 0: the input rows that are on chip are of other phases. */
static int look_rows(const program *f, step *t, uint32_t a, uint32_t b, uint32_t into)
{
    const lac_conv_shape *s = &f->job->shape;
    const uint32_t last_j = (s->kernel_y - 1u - a) / s->stride_y, last_t = (s->kernel_x - 1u - b) / s->stride_x, grid = f->p.taps.grid;
    const uint32_t y = (uint32_t)t->in0 + s->pad_top, skip = (a + s->stride_y - y % s->stride_y) % s->stride_y;
    const uint32_t first = f->p.taps.left ? 0u : last_t; /* output pixel of the first window's tap 0 */

    t->iy = t->in0 + (int32_t)skip;
    if (t->iy >= t->in1)
        return 0;
    t->rows = ((uint32_t)(t->in1 - t->iy) - 1u) / s->stride_y + 1u;
    t->first = (int32_t)((first * s->stride_x + b) * s->channels + into) - (int32_t)(s->pad_left * s->channels);
    t->pixel = ((y + skip) / s->stride_y + f->top - last_j - (uint32_t)f->oy0) * grid + first - last_t;
    t->span = (last_j * grid + last_t + 1u) * f->p.most_rows;
    return 1;
}

/* All columns again, for the next input rows (taps as rows) or output rows. 0: there are none. */
static int next_piece(const program *f, step *t)
{
    if (f->job->layer->taps) {
        if (t->in1 == f->in1)
            return 0;
        t->in0 = t->in1;
        t->in1 = clamp(t->in0 + (int32_t)f->piece, 0, f->in1);
    } else {
        if (t->oy1 == f->oy1)
            return 0;
        t->oy0 = t->oy1;
        t->oy1 = clamp(t->oy0 + (int32_t)f->piece, 0, f->oy1);
        find_rows(&f->job->shape, t->oy0, t->oy1, &t->seen0, &t->seen1);
    }
    return 1;
}

/* The next step of the group, of columns from t->c1 on. 0: there is none. */
static int find_step(const program *f, const lac_row_tile *r, step *t)
{
    const lac_conv_shape *shape = &f->job->shape;
    const lac_layer *layer = f->job->layer;
    const uint32_t group = lac_group(layer->taps);
    const uint32_t taps = shape->dilation_x == 1u && !layer->taps ? shape->kernel_x : 1u, unit = taps * shape->channels / group; /* that are one step, [columns] */

    for (;;) {
        if (t->c1 == layer->cols) {
            if (!next_piece(f, t))
                return 0;
            t->tile = r->tile0;
            t->c1 = 0;
        }
        const uint32_t set = t->c1 / unit, tap = set * taps;
        lac_get_tile(layer->image, t->tile, &t->t);
        const uint32_t tile_end = t->t.col0 + t->t.columns * (layer->format == LAC_NM ? 4u : 1u);
        t->c0 = t->c1;
        t->c1 = lac_min(tile_end, (set + 1u) * unit);
        if (t->c1 == tile_end)
            t->tile++;
        if (layer->taps ? look_rows(f, t, set / f->p.taps.sets_x, set % f->p.taps.sets_x, t->c0 % unit * group)
                        : look(f, t, tap / shape->kernel_x, tap % shape->kernel_x, t->c0 % unit))
            return 1;
    }
}

/* A step that does nothing: all its windows lie behind the row. */
static void idle_step(const program *f, const lac_row_tile *r, step *t)
{
    lac_get_tile(f->job->layer->image, r->tile0, &t->t);
    t->c0 = 0;
    t->c1 = f->job->layer->format == LAC_NM ? 4u : 1u;
    t->first = (int32_t)(f->job->shape.width * f->job->shape.channels);
    t->oy = f->oy0;
    t->rows = 1;
    t->iy = t->in0 = f->in0;
    t->in1 = f->in0 + 1;
    t->pixel = 0;
    t->span = f->p.most_rows;
}

/* A step over rows of x, or with `from` set to it of the residual. */
static void do_step(program *f, const lac_row_tile *r, const step *t, int first, int last)
{
    const uint32_t taps = f->g.from.layer->taps, added = taps == LAC_TAPS_RESIDUAL, apart = lac_ceil_div(r->channels, f->g.caps->lanes);
    const view *v = added ? &f->p.added : &f->p.in;
    const uint32_t row = f->image * v->height + (uint32_t)t->in0, pitch = f->g.from.x->pitch;
    lac_piece piece;
    lac_cmd *c;

    piece.points = (uint32_t)(t->in1 - t->in0);
    piece.id = (uint64_t)(added << 31 | piece.points) << 32 | row;
    piece.offset = (uint64_t)row * pitch;
    piece.pitch = piece.points > 1u ? pitch * v->skip : 0u;
    piece.channels = v->width;
    piece.fits_half = v->fits_half;

    lac_bring_codebook(&f->g);
    lac_bring_weights(&f->g, r, &t->t);
    lac_bring_features(&f->g, &piece, 0);
    lac_bring_params(&f->g, r, first, last);

    f->g.line0 += (uint32_t)(t->iy - t->in0) * v->lines;
    c = lac_begin_exec(&f->g, r, &t->t, t->c0, t->c1, first);
    SET(c, EXEC_FEAT_PITCH, t->rows > 1u ? v->jump * v->lines : 0u);
    SET(c, EXEC_POINTS, t->rows);
    SET(c, EXEC_FIRST, t->first);
    SET(c, EXEC_STEP, v->step);
    SET(c, EXEC_WIDTH, v->width);
    SET(c, EXEC_ACC_BASE, t->pixel * apart + t->lane_row);
    SET(c, EXEC_PIXELS, added && t->rows == 1u ? f->pixels : f->across);
    if (taps) {
        SET(c, EXEC_APART, apart);
        SET(c, EXEC_ROWS, t->span);
    }
    if (taps >= LAC_TAPS_DEPTHWISE)
        SET(c, EXEC_FORMAT, 3u);
    if (added)
        SET(c, EXEC_N, 1u);
    lac_end_exec(&f->g);
}

/* The residual's steps, an EXEC for each accumulator that a lane has of a pixel: of the channels that stand there. `more` steps of the group follow. */
static void add_residual(program *f, const lac_row_tile *r, int more)
{
    const lac_residual *residual = f->job->residual;
    const uint32_t lanes = f->g.caps->lanes, channels = f->job->layer->rows;
    lac_source from = {residual->layer, NULL, &residual->x, f->wrote_added};
    step t;
    int first = 1;

    /* So many commands that the STORE before them leaves the window: then x must be there too before the first of them. */
    if ((uint32_t)(f->oy1 - f->oy0) > f->p.added.most || residual->layer->tiles > 1u || r->channels > 8u * lanes)
        from.wrote_x = lac_max(from.wrote_x, f->g.own.wrote_x);
    f->g.from = from;
    t.span = 1;
    for (t.iy = t.in0 = f->oy0; t.in0 < f->oy1; t.iy = t.in0 = t.in1) {
        t.in1 = clamp(t.in0 + (int32_t)f->p.added.most, 0, f->oy1);
        t.rows = (uint32_t)(t.in1 - t.in0);
        t.pixel = (f->top + (uint32_t)(t.in0 - f->oy0)) * f->across;
        t.tile = 0;
        for (uint32_t k = 0; k < r->channels;) { /* of the row tile */
            lac_get_tile(residual->layer->image, t.tile, &t.t);
            t.c0 = (r->chan0 + k) / 4u;
            if (t.c0 >= t.t.col0 + t.t.columns) {
                t.tile++;
                continue;
            }
            t.first = f->x0 * (int32_t)channels + (int32_t)(r->chan0 + k);
            t.lane_row = k / lanes;
            k = lac_min(lac_min((t.lane_row + 1u) * lanes, r->channels), 4u * (t.t.col0 + t.t.columns) - r->chan0);
            t.c1 = (r->chan0 + k) / 4u;
            do_step(f, r, &t, first, !more && k == r->channels && t.in1 == f->oy1);
            first = 0;
        }
    }
    f->g.from = f->g.own;
}

static void group(program *f, uint32_t row_tile, int last_of_job)
{
    const lac_conv *job = f->job;
    const lac_pool *pool = &job->pool;
    lac_row_tile r;
    step next, now;
    lac_cmd *c;
    int more, first = 1;

    lac_get_row_tile(job->layer->image, row_tile, &r);
    next.c1 = job->layer->cols;
    next.in1 = f->in0;
    next.oy1 = f->oy0;
    next.lane_row = 0;
    more = (f->sees || !job->layer->taps) && find_step(f, &r, &next);
    if (job->residual) {
        add_residual(f, &r, more);
        first = 0;
    } else if (!more) {
        idle_step(f, &r, &next);
        do_step(f, &r, &next, 1, 1);
    }
    for (; more; first = 0) {
        now = next;
        more = find_step(f, &r, &next);
        do_step(f, &r, &now, first, !more);
    }

    c = lac_begin_store(&f->g, &r, job->clamp_lo, job->clamp_hi, last_of_job && job->mark);
    lac_set_addr(c, job->y.addr + (uint64_t)(f->image * f->p.y.windows + f->row0) * job->y.pitch + f->pixel0 * f->p.pixel
                         + r.chan0 * lac_type_bytes(job->y.type));
    if (!f->p.scattered) {
        const uint32_t all = (uint32_t)(f->oy1 - f->oy0) + f->top + f->bottom;
        SET(c, STORE_PITCH, f->rows > 1u ? job->y.pitch : 0u);
        SET(c, STORE_POINTS, pool->kernel_y ? f->rows : all);
        SET(c, STORE_WIDTH, f->wide * r.channels);
        SET(c, STORE_PIXELS, f->wide);
        SET(c, STORE_TOP, f->top);
        SET(c, STORE_BOTTOM, f->bottom);
        SET(c, STORE_GUARD, f->across - f->pixels);
        if (pool->kernel_y) {
            SET(c, STORE_POOL_Y, pool->kernel_y);
            SET(c, STORE_POOL_X, pool->kernel_x);
            SET(c, STORE_POOL_DY, pool->stride_y);
            SET(c, STORE_POOL_DX, pool->stride_x);
            SET(c, STORE_POOL_TOP, (uint32_t)f->oy0 + pool->pad_top - f->row0 * pool->stride_y);
            SET(c, STORE_POOL_LEFT, (uint32_t)f->x0 + pool->pad_left - f->pixel0 * pool->stride_x);
            SET(c, STORE_AVERAGE, pool->kind);
            SET(c, STORE_FROM_ROWS, all);
            SET(c, STORE_FROM_PIXELS, f->pixels);
        }
    } else {
        SET(c, STORE_PITCH, f->p.pixel);
        SET(c, STORE_POINTS, f->rows * f->wide);
    }
    lac_end_store(&f->g);
}

/* All groups of one band. */
static lac_status band(program *f, uint32_t number, int last_of_job)
{
    const lac_conv_shape *s = &f->job->shape;

    f->row0 = number * f->p.band;
    f->rows = lac_min(f->p.band, f->p.y.windows - f->row0);
    seen(&f->p.y, f->row0, f->row0 + f->rows, &f->oy0, &f->oy1);
    f->sees = find_rows(s, f->oy0, f->oy1, &f->in0, &f->in1);
    f->top = f->bottom = 0;
    uint32_t n = (uint32_t)(f->oy1 - f->oy0), most = f->p.part;
    if (f->job->layer->taps) {
        n = (uint32_t)(f->in1 - f->in0);
        most = f->p.stay ? lac_min(f->p.in.most, lac_ceil_div(n, 4u)) : f->p.in.most;
        find_guards(s, f->oy0, f->oy1, &f->top, &f->bottom);
        f->top += f->p.taps.left != 0u;
    }
    f->piece = lac_ceil_div(n, lac_ceil_div(n, most));
    for (uint32_t k = 0; k < f->p.strips; k++) {
        int32_t x1;
        f->pixel0 = k * f->p.strip;
        f->wide = lac_min(f->p.strip, f->p.x.windows - f->pixel0);
        seen(&f->p.x, f->pixel0, f->pixel0 + f->wide, &f->x0, &x1);
        f->pixels = (uint32_t)(x1 - f->x0);
        f->across = f->job->layer->taps ? f->p.taps.grid : f->pixels;
        for (uint32_t t = 0; t < f->p.row_tiles; t++) {
            group(f, t, last_of_job && k + 1u == f->p.strips && t + 1u == f->p.row_tiles);
            if (f->g.o.status)
                return (lac_status)f->g.o.status;
        }
    }
    return LAC_OK;
}

lac_status lac_conv_build(const lac_caps *caps, const lac_conv *jobs, uint32_t n, lac_emit emit, void *ctx)
{
    program f;

    if (!caps || (n && !jobs) || !emit)
        return LAC_E_ARG;
    lac_begin_program(&f.g, caps, emit, ctx);

    for (uint32_t i = 0; i < n; i++) {
        TRY(check_job(caps, &jobs[i]));
        lac_map_take(&f.g.ram, jobs[i].layer, jobs[i].resident);
    }
    lac_map_end(caps, &f.g.ram);
    for (uint32_t i = 0; i < n; i++) {
        TRY(plan_job(caps, &f.g.ram, &jobs[i], &f.p));
        TRY(lac_add_groups(&f.g, groups_of(&jobs[i], &f.p)));
    }

    for (uint32_t i = 0; i < n; i++) {
        const lac_conv *job = f.job = &jobs[i];
        TRY(plan_job(caps, &f.g.ram, job, &f.p));
        const lac_source own = {job->layer, job->resident, &job->x, 0};
        const lac_span in = in_span(caps, job), out = out_span(caps, job);
        lac_begin_job(&f.g, &own, &in, &job->y, &out, job->tag);
        f.wrote_added = 0;
        if (job->residual) {
            const lac_span added = residual_span(caps, job);
            f.wrote_added = lac_find_writer(&f.g, &added);
        }
        for (f.image = 0; f.image < job->shape.images; f.image++)
            for (uint32_t b = 0; b < f.p.bands; b++)
                TRY(band(&f, b, f.image + 1u == job->shape.images && b + 1u == f.p.bands));
    }
    return lac_flush(&f.g);
}

lac_status lac_conv_run(lac_dev *dev, const lac_conv *jobs, uint32_t n, uint32_t limit)
{
    lac_feeder f;
    TRY(lac_begin_feed(&f, dev, limit));
    return lac_end_feed(&f, lac_conv_build(&dev->caps, jobs, n, lac_feed, &f));
}
