/* SPDX-License-Identifier: Apache-2.0
 *
 * host.h - what a host does to a weight matrix before the driver packs it
 *
 *   Matrix   w[rows][cols], row = output channel k, column = input channel c, int8 or int16
 *   Position row * cols + column, as in lacuna.h
 *   Memory   functions that allocate say so; the caller frees */
#ifndef LACUNA_HOST_H
#define LACUNA_HOST_H
#include <stddef.h>
#include <stdint.h>
#include "lacuna.h"
#ifdef __cplusplus
extern "C" {
#endif

enum { HOST_MAX_DIM = 65535, HOST_MAX_CODES = 15 };

/* Exactly one of the pointers is not NULL. */
typedef struct {
    uint32_t       rows, cols; /* 1 .. HOST_MAX_DIM */
    const int8_t  *w8;
    const int16_t *w16;
} host_matrix;

static inline int host_weight(const host_matrix *m, size_t i) { return m->w8 ? m->w8[i] : m->w16[i]; }

/* Channels row0 .. row0 + rows - 1 of it. */
static inline host_matrix host_rows(const host_matrix *m, uint32_t row0, uint32_t rows)
{
    const size_t skip = (size_t)row0 * m->cols;
    return (host_matrix){ rows, m->cols, m->w8 ? m->w8 + skip : NULL, m->w16 ? m->w16 + skip : NULL };
}

/* Smallest and largest element of a type; 0, 0 for raw, which takes no clamp and no zero point. */
void host_type_range(lac_type t, int32_t *lo, int32_t *hi);

/* ---- Formats ------------------------------------------------------------------------------------------ */

typedef enum { HOST_CSC, HOST_CSC8, HOST_1_4, HOST_2_4, HOST_3_4, HOST_4_4, HOST_FORMATS, HOST_AUTO = HOST_FORMATS } host_format;

const char *host_format_name(host_format f);                 /* "csc", .. "4:4", "auto" */
int         host_format_parse(const char *s, host_format *f); /* 0, or -1 for an unknown name */
static inline uint32_t host_format_n(host_format f) { return f >= HOST_1_4 && f <= HOST_4_4 ? (uint32_t)(f - HOST_1_4) + 1 : 0; }
static inline lac_format host_format_driver(host_format f) { return host_format_n(f) ? LAC_NM : f == HOST_CSC ? LAC_CSC : LAC_CSC8; }

/* Distinct non-zero values, in the order of their first position. Returns 0, or -1 with *where the position of the sixteenth. */
typedef struct { unsigned n; int16_t value[HOST_MAX_CODES]; } host_codes;
int host_collect(const host_matrix *m, host_codes *out, size_t *where);

/* Groups are w[r][4g .. 4g+3], the last of a row may be shorter. 0, or -1 with *where the first column of the first group that
 * has more than n non-zeros. */
int host_nm_check(const host_matrix *m, uint32_t n, size_t *where);

/* Keep the n largest magnitudes of each group (of equals the leftmost). Returns how many non-zero weights became 0. */
uint64_t host_nm_prune(int8_t *w, uint32_t rows, uint32_t cols, uint32_t n);

/* ---- Activations ---------------------------------------------------------------------------------------- */

/* Element i of a tensor of int8, uint8 or int16. */
static inline int32_t host_activation(const void *x, lac_type type, size_t i)
{
    return type == LAC_INT8 ? ((const int8_t *)x)[i] : type == LAC_UINT8 ? ((const uint8_t *)x)[i] : ((const int16_t *)x)[i];
}

/* How often the points of a batch have a non-zero activation. Allocates; free with host_uses_free(). */
typedef struct {
    uint64_t *column; /* [cols]            points with x[c] != zero */
    uint64_t *group;  /* [ceil(cols / 4)]  points with any such in 4g .. 4g+3 */
    uint64_t  columns, groups; /* sums of the two */
} host_uses;
int  host_uses_count(host_uses *u, const void *x, lac_type type, int32_t zero, size_t points, uint32_t cols); /* -1: no memory */

/* The same for a convolution: its points are the output pixels of all images x[images][height][width][channels] (shape->images does not count); where they are pooled (`pool`
 * not NULL), those that some window sees. A tap has
 * host_padded(channels) columns, so that no group straddles two of them; outside the image everything is zero. *rules: taps inside the image, of all points together. */
static inline uint32_t host_padded(uint32_t channels) { return (channels + 3) / 4 * 4; }
int  host_uses_conv(host_uses *u, const void *x, lac_type type, int32_t zero, size_t images, const lac_conv_shape *shape, const lac_pool *pool, uint64_t *rules);
int  host_pool_sees(const lac_conv_shape *shape, const lac_pool *pool, uint32_t oy, uint32_t ox); /* some window sees this output */

/* The same for a convolution along rules: none counted yet, cols = taps * channels; then point `i` of x [..][channels] through tap `tap`. */
int  host_uses_begin(host_uses *u, uint32_t cols);
void host_uses_rule(host_uses *u, const void *x, lac_type type, int32_t zero, size_t i, uint32_t tap, uint32_t channels);
void host_uses_free(host_uses *u);

/* ---- Counting cycles -------------------------------------------------------------------------------------- */

/* Cycles that the busiest lane multiplies, or that items take on their bus, whichever is more: nothing else is counted (no loading,
 * no storing, no queue that runs dry), and channels are given to lanes by non-zero count inside blocks of `lanes`.
 * UINT64_MAX: no memory. */
uint64_t host_cycles(const host_matrix *m, host_format f, const host_uses *u, uint32_t lanes);

/* The same of a convolution whose taps are rows (lac_conv_pack_rows()): m and u as for taps as columns (host_uses_conv()), `image` of the image itself, `reach` how many of
 * its taps an activation meets where no edge cuts them off: what falls off an edge is multiplied too. depthwise: an item is a group of four channels, and channel k is lane k mod lanes'. */
uint64_t host_cycles_rows(const host_matrix *m, const host_uses *u, const host_uses *image, double reach, int depthwise, uint32_t lanes);

/* The same where pixels are folded: m and u are those of the folded shape, of at most `lanes` rows; `items` and `edges`, what falls off included in what does not, of the layer itself.
 * fours: an item is a group of four channels. */
uint64_t host_cycles_folded(const host_matrix *m, const host_uses *u, uint64_t items, double edges, int fours, uint32_t lanes);

/* No share of any output's products is larger than this: the largest |x - zero| of `count` elements times the largest sum of |w| of a row. Below 2^49 for int16. */
uint64_t host_largest_sum(const host_matrix *m, const void *x, lac_type type, int32_t zero, size_t count);

/* Multiplications with both operands non-zero. */
uint64_t host_needed_macs(const host_matrix *m, const host_uses *u);

/* The format that is legal for the matrix and takes the fewest cycles; among equals N:4 before csc before csc8 (4:4 for a
 * dense matrix). HOST_AUTO: none is legal. `formats`: the machine's capability bits. */
host_format host_choose(const host_matrix *m, const host_uses *u, uint32_t lanes, uint32_t formats, uint64_t *cycles);

/* ---- Storage ------------------------------------------------------------------------------------------------ */

/* Dense to compressed sparse columns. Allocates all three arrays; free with host_csc_free(). 0; -1: no memory, or 2^32 non-zeros. */
int  host_csc(const host_matrix *m, lac_csc *out);
void host_csc_free(lac_csc *m);

/* The driver's packing of a matrix in one call, channels balanced over the lanes: *image, which the caller frees, and *out. N:4 takes int8 only;
 * rq as in lacuna.h. LAC_E_PORT: no host memory; else as lac_pack_csc() and lac_pack_nm(), *image is NULL then. */
typedef struct {
    host_format        format;    /* not HOST_AUTO */
    int                by_column; /* column blocks; csc, csc8 */
    const lac_requant *rq;
    uint32_t           weight_depth; /* [words] cut as for a machine with so small a weight RAM: more tiles, shorter ones. 0: as large as it is */
    const lac_csc     *csc;       /* host_csc() of the matrix where the caller has it: it takes about as long as packing. Else NULL */
    uint32_t           bytes;     /* room for the image: what fits it is packed in one pass instead of two. 0: as much as it takes */
    const lac_conv_shape *rows;   /* csc, csc8: taps as rows, of this convolution. Else NULL */
    int                depthwise; /* with `rows`: as lac_conv_pack_rows() */
    uint32_t           tap;       /* for rules: columns of a tap (lac_sconv_pack()); else 0 */
    int                joined;    /* with `tap`: it adds to the same outputs as other layers, so channels are not balanced */
    const lac_sconv_pool *pool;   /* csc8: pooling; of the matrix only its size is looked at. Else NULL */
    int                residual;  /* channels balanced as a residual needs it: of lanes with the same number modulo 4 */
} host_packing;
lac_status host_pack(const lac_caps *caps, const host_matrix *m, const host_packing *how, void **image, lac_layer *out, uint64_t *where);

/* lac_conv_pack_residual() in one call: likewise. */
lac_status host_pack_residual(const lac_caps *caps, const lac_layer *of, const int16_t *factor, void **image, lac_layer *out, uint64_t *where);

/* ---- Clustering ----------------------------------------------------------------------------------------------- */

/* k-means over the non-zero values, at most 15 clusters; zero stays zero. out[i] = codebook value of w[i]; w[i] is about
 * out[i] * scale. Deterministic: fifteen centres evenly from the smallest to the largest value (as many as there are distinct values
 * where these are fewer), then Lloyd's iteration, empty clusters restarted inside the one with the largest error.
 * w: finite. 0, or -1: no memory. */
typedef struct {
    unsigned n;       /* clusters */
    double   scale;   /* the largest centre becomes 32767 */
    double   rms, max; /* error over all weights, in units of w */
} host_clusters;
int host_cluster(const float *w, size_t count, int16_t *out, host_clusters *info);

/* Position of the first NaN or infinity, `count` if there is none. */
size_t host_not_finite(const float *w, size_t count);

#ifdef __cplusplus
}
#endif
#endif
