/* SPDX-License-Identifier: Apache-2.0
 *
 * test_host.c - compiler/host.[ch] on examples worked by hand, and against the definition on random matrices
 *
 *   (Pruning and clustering are checked through the command line, against NumPy: fc_numpy.py.) SEED repeats a run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host.h"
#include "rng.h"

static int      bad_;
static uint64_t seed_;

static void check(const char *name, long long want, long long got)
{
    if (want == got) printf("ok - host %s\n", name);
    else bad_++, printf("not ok - host %s: expected %lld, got %lld (SEED=%llu)\n", name, want, got, (unsigned long long)seed_);
}

static void by_hand(void)
{
    /* Rows {0030 / 7000 / 0048 / 6530 / 2001 / 0008}. */
    static const int8_t w[6][4] = { { 0, 0, 3, 0 }, { 7, 0, 0, 0 }, { 0, 0, 4, 8 }, { 6, 5, 3, 0 }, { 2, 0, 0, 1 }, { 0, 0, 0, 8 } };
    static const int16_t  values[] = { 7, 6, 2, 5, 3, 4, 3, 8, 1, 8 };
    static const uint16_t rows[] = { 1, 3, 4, 3, 0, 2, 3, 2, 4, 5 };
    static const uint32_t ptr[] = { 0, 3, 4, 7, 10 };
    const host_matrix     m = { 6, 4, w[0], NULL };
    const int8_t          x[2][4] = { { 0, 0, 4, 8 }, { 5, 5, 5, 6 } };
    lac_csc    c;
    host_uses  u;
    host_codes codes;
    size_t     where = 99;
    uint64_t   cycles;

    check("csc: built", 0, host_csc(&m, &c));
    check("csc: values", 0, memcmp(c.values, values, sizeof values));
    check("csc: rows", 0, memcmp(c.row_idx, rows, sizeof rows));
    check("csc: pointers", 0, memcmp(c.col_ptr, ptr, sizeof ptr));
    host_csc_free(&c);

    check("collect: 8 distinct values", 8, host_collect(&m, &codes, &where) ? -1 : (long long)codes.n);
    check("collect: in order of appearance", 3 * 10000 + 7 * 1000 + 4 * 100 + 8, codes.value[0] * 10000 + codes.value[1] * 1000 + codes.value[2] * 100 + codes.value[3]);
    check("2:4: refused", -1, host_nm_check(&m, 2, &where));
    check("2:4: the first full group is row 3", 12, (long long)where);
    check("3:4: legal", 0, host_nm_check(&m, 3, &where));

    /* With zero point 5, point 0 is non-zero everywhere, point 1 in column 3 alone. */
    host_uses_count(&u, x, LAC_INT8, 5, 2, 4);
    check("uses: zero point 5, column 0", 1, (long long)u.column[0]);
    check("uses: zero point 5, column 3", 2, (long long)u.column[3]);
    check("uses: all columns, all groups", 5 * 10 + 2, (long long)(u.columns * 10 + u.groups));
    host_uses_free(&u);

    host_uses_count(&u, x, LAC_INT8, 0, 1, 4);
    /* Point 0 uses column 2 (rows 0 2 3) and column 3 (rows 2 4 5). Three lanes, so blocks of three rows; non-zeros a row: 1 1 2 | 3 2 1.
     * Block 0, heaviest first: rows 2, 0, 1 on lanes 0, 1, 2. Block 1: rows 3, 4, 5 on lanes 1, 2, 0, lightest first.
     * Cycles: lane 0 rows 2 and 5, 2 + 1; lane 1 rows 0 and 3, 1 + 1; lane 2 rows 1 and 4, 0 + 1. */
    check("needed products", 6, (long long)host_needed_macs(&m, &u));
    check("cycles of csc, 3 lanes", 3, (long long)host_cycles(&m, HOST_CSC, &u, 3));
    check("cycles of csc, 6 lanes: the busiest row", 2, (long long)host_cycles(&m, HOST_CSC, &u, 6));
    check("cycles of 3:4, 4 lanes: 1 group x 3 x 2 rows", 6, (long long)host_cycles(&m, HOST_3_4, &u, 4));
    check("auto: csc", HOST_CSC, host_choose(&m, &u, 3, 7, &cycles));
    check("auto without csc: csc8", HOST_CSC8, host_choose(&m, &u, 3, 6, &cycles));
    check("auto with N:4 alone: 3:4", HOST_3_4, host_choose(&m, &u, 3, 4, &cycles));
    check("auto with nothing", HOST_AUTO, host_choose(&m, &u, 3, 0, &cycles));
    host_uses_free(&u);

    const int8_t dense_x[4] = { 1, 1, 1, 1 }; /* cycles are non-zeros: lanes 2 + 1, 1 + 3, 1 + 2; in order of channels it would be 2 + 3 */
    host_uses_count(&u, dense_x, LAC_INT8, 0, 1, 4);
    check("cycles of csc, 3 lanes, balanced", 4, (long long)host_cycles(&m, HOST_CSC, &u, 3));
    host_uses_free(&u);

    int16_t           many[17];
    const host_matrix row = { 1, 17, NULL, many };
    for (int i = 0; i < 17; i++) many[i] = (int16_t)(i * 1000);
    check("collect: 16 distinct are too many", -1, host_collect(&row, &codes, &where));
    check("collect: where the sixteenth is", 16, (long long)where);
    many[16] = 1000;
    check("collect: 15 are not", 15, host_collect(&row, &codes, &where) ? -1 : (long long)codes.n);

    const float f[4] = { 0, -1e38f, NAN, INFINITY };
    check("not finite", 2, (long long)host_not_finite(f, 4));
    check("finite", 2, (long long)host_not_finite(f, 2));
    int16_t       q[4];
    host_clusters info;
    check("cluster: of 0 and one value", 0, host_cluster(f, 2, q, &info));
    check("cluster: the only value is the largest step", -32767, q[1]);
}

static void types(void)
{
    static const struct { const char *name; lac_type type; int32_t lo, hi; } cases[] = {
        { "type int8", LAC_INT8, -128, 127 }, { "type uint8", LAC_UINT8, 0, 255 }, { "type int16", LAC_INT16, -32768, 32767 }, { "type raw", LAC_RAW, 0, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t lo = 1, hi = 1;
        host_type_range(cases[i].type, &lo, &hi);
        check(cases[i].name, cases[i].lo * 100000ll + cases[i].hi, lo * 100000ll + hi);
    }
}

/* Every format of a matrix that all of them take; what is refused. The images themselves: test_driver.c, and fc_numpy.py from end to end. */
static void packing(void)
{
    enum { ROWS = 9, COLS = 21 };
    const lac_caps caps = { .lanes = 4, .data_w = 64, .addr_w = 32, .store_w = 4, .weight_depth = 256, .col_depth = 64, .acc_depth = 64,
                            .feat_depth = 64, .param_depth = 64, .fifo_depth = 4, .burst = 16, .flight = 8, .formats = 15, .line = 8 };
    int8_t    w[ROWS * COLS];
    char      name[80];
    lac_layer layer;
    void     *image;
    uint64_t  where = 99;
    int       nonzeros = 0;
    for (int i = 0; i < ROWS * COLS; i++) nonzeros += (w[i] = i % COLS % 4 == 1 ? (int8_t)(1 + i % 15) : 0) != 0;
    const host_matrix m = { ROWS, COLS, w, NULL };
    for (host_format f = HOST_CSC; f < HOST_FORMATS; f++)
        for (int by_column = 0; by_column < (host_format_n(f) ? 1 : 2); by_column++) {
            const host_packing how = { .format = f, .by_column = by_column };
            const lac_status   s = host_pack(&caps, &m, &how, &image, &layer, &where);
            snprintf(name, sizeof name, "pack: %s%s", host_format_name(f), by_column ? " by column" : "");
            check(name, LAC_OK, s);
            if (s) continue;
            lac_layer read;
            const int as_asked = layer.rows == ROWS && layer.cols == COLS && layer.nonzeros == (uint64_t)nonzeros && layer.n == host_format_n(f) &&
                                 layer.format == (host_format_n(f) ? LAC_NM : f == HOST_CSC ? LAC_CSC : LAC_CSC8) && (int)layer.by_column == by_column;
            snprintf(name, sizeof name, "pack: %s%s: the layer is what was asked for, and opens", host_format_name(f), by_column ? " by column" : "");
            check(name, 1, as_asked && layer.image == image && !lac_layer_open(image, layer.bytes, &read) && read.bytes == layer.bytes);
            free(image);
        }
    w[2 * COLS + 6] = w[2 * COLS + 7] = 1; /* beside column 5: a group of three */
    check("pack: three of four for 2:4", LAC_E_FORMAT, host_pack(&caps, &m, &(host_packing){ .format = HOST_2_4 }, &image, &layer, &where));
    check("pack: ... says where", 2 * COLS + 4, (long long)where);
    check("pack: ... without an image", 1, image == NULL);

    /* Channels of so different sizes that balance moves them to other lanes, unless a residual is to be added. */
    static const int16_t factor[8] = { 1, -2, 3, 4, 500, 6, 7, 8 };
    const host_matrix    square = { 8, 8, w, NULL };
    lac_caps             windows = caps;
    lac_layer            added;
    windows.formats |= LAC_HAS_WINDOWS;
    for (int i = 0; i < 8 * 8; i++) w[i] = i % 8 <= i / 8;
    for (int residual = 0; residual < 2; residual++) {
        void *factors;
        const host_packing how = { .format = HOST_CSC8, .residual = residual };
        check(residual ? "pack: channels of different sizes, for a residual" : "pack: channels of different sizes", LAC_OK, host_pack(&windows, &square, &how, &image, &layer, NULL));
        check(residual ? "pack: factors of a residual" : "pack: ... where channels stand elsewhere", residual ? LAC_OK : LAC_E_FORMAT,
              host_pack_residual(&windows, &layer, factor, &factors, &added, NULL));
        check("pack: ... and their image", residual, factors != NULL && added.image == factors);
        free(factors);
        free(image);
    }

    const host_matrix part = host_rows(&m, 2, 3);
    check("rows 2 to 4 of a matrix", 300 + 1, part.rows * 100 + (part.w8 == w + 2 * COLS && !part.w16 && part.cols == COLS));
}

static void random_csc(void)
{
    lac_rng r = { seed_ };
    long    wrong = 0;
    for (int round = 0; round < 300; round++) {
        int16_t  w[40 * 40];
        uint32_t rows = 1 + rng_below(&r, 40), cols = 1 + rng_below(&r, 40), density = rng_below(&r, 257);
        for (uint32_t i = 0; i < rows * cols; i++) w[i] = rng_chance(&r, density) ? (int16_t)rng_next(&r) : 0;
        const host_matrix m = { rows, cols, NULL, w };
        lac_csc           c;
        if (host_csc(&m, &c)) exit(2);
        uint32_t n = 0;
        for (uint32_t j = 0; j < cols; j++) {
            wrong += c.col_ptr[j] != n;
            for (uint32_t i = 0; i < rows; i++)
                if (w[i * cols + j]) {
                    wrong += n >= c.col_ptr[cols] || c.values[n] != w[i * cols + j] || c.row_idx[n] != i;
                    n++;
                }
        }
        wrong += c.col_ptr[cols] != n;
        host_csc_free(&c);
    }
    check("csc of 300 random matrices, wrong entries", 0, wrong);
}

/* Element c of a pixel, as columns are counted: 0 outside the image, or where a pixel has no such channel. */
static int sees(const lac_conv_shape *s, const int16_t *x, int32_t zero, int64_t n, int64_t iy, int64_t ix, uint32_t c)
{
    if (iy < 0 || iy >= s->height || ix < 0 || ix >= s->width || c >= s->channels) return 0;
    return x[((n * s->height + iy) * s->width + ix) * s->channels + c] != zero;
}

/* Every point, tap and channel by the definition. */
static long wrong_uses(const lac_conv_shape *s, const host_uses *u, uint64_t rules, const int16_t *x, int32_t zero, uint32_t images)
{
    const uint32_t cp = host_padded(s->channels), taps = s->kernel_y * s->kernel_x;
    uint64_t       columns = 0, groups = 0, inside = 0;
    long           wrong = 0;
    for (uint32_t t = 0; t < taps; t++)
        for (uint32_t g = 0; g < cp / 4; g++) {
            uint64_t column[4] = { 0 }, group = 0;
            for (uint32_t n = 0; n < images; n++)
                for (uint32_t oy = 0; oy < lac_conv_out_y(s); oy++)
                    for (uint32_t ox = 0; ox < lac_conv_out_x(s); ox++) {
                        const int64_t iy = (int64_t)oy * s->stride_y + t / s->kernel_x * (int64_t)s->dilation_y - s->pad_top;
                        const int64_t ix = (int64_t)ox * s->stride_x + t % s->kernel_x * (int64_t)s->dilation_x - s->pad_left;
                        int           any = 0;
                        for (uint32_t i = 0; i < 4; i++) {
                            const int one = sees(s, x, zero, n, iy, ix, 4 * g + i);
                            column[i] += (uint64_t)one;
                            any |= one;
                        }
                        group += (uint64_t)any;
                        inside += !g && iy >= 0 && iy < s->height && ix >= 0 && ix < s->width;
                    }
            for (uint32_t i = 0; i < 4; i++) {
                wrong += u->column[t * cp + 4 * g + i] != column[i];
                columns += column[i];
            }
            wrong += u->group[t * cp / 4 + g] != group;
            groups += group;
        }
    return wrong + (u->columns != columns) + (u->groups != groups) + (rules != inside);
}

static void random_uses(void)
{
    lac_rng r = { seed_ };
    long    wrong = 0, shapes = 0;
    while (shapes < 300) {
        const lac_conv_shape s = { 1, 1 + rng_below(&r, 9), 1 + rng_below(&r, 9), 1 + rng_below(&r, 10), 1 + rng_below(&r, 4), 1 + rng_below(&r, 4),
                                   1 + rng_below(&r, 4), 1 + rng_below(&r, 4), 1 + rng_below(&r, 3), 1 + rng_below(&r, 3),
                                   rng_below(&r, 5), rng_below(&r, 5), rng_below(&r, 5), rng_below(&r, 5) };
        const uint32_t images = 1 + rng_below(&r, 3), density = rng_below(&r, 257);
        const int32_t  zero = (int32_t)rng_below(&r, 200) - 100;
        int16_t        x[3 * 9 * 9 * 10];
        host_uses      u;
        uint64_t       rules;
        if (!lac_conv_out_y(&s) || !lac_conv_out_x(&s)) continue;
        for (uint32_t i = 0; i < images * s.height * s.width * s.channels; i++) x[i] = (int16_t)(rng_chance(&r, density) ? (int16_t)rng_next(&r) : zero);
        if (host_uses_conv(&u, x, LAC_INT16, zero, images, &s, NULL, &rules)) exit(2);
        wrong += wrong_uses(&s, &u, rules, x, zero, images);
        host_uses_free(&u);
        shapes++;
    }
    check("uses of 300 random convolutions, wrong counts", 0, wrong);
}

int main(void)
{
    const char *s = getenv("SEED");
    seed_ = s ? strtoull(s, NULL, 10) : 1;
    by_hand();
    types();
    packing();
    random_csc();
    random_uses();
    return bad_ != 0;
}
