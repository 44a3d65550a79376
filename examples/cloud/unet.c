/* SPDX-License-Identifier: Apache-2.0
 *
 * unet.c - see unet.h */
#include "unet.h"
#include "rng.h"

enum { DOWN1, DOWN2, AROUND0, AROUND1, AROUND2, UP1, UP0, POINT0 };
enum { ENC0, LAYER_DOWN1, ENC1, LAYER_DOWN2, ENC2, LAYER_UP1, DEC1, LAYER_UP0, DEC0, HEAD };
enum { WEIGHT_SEED = 7 };

static const map_kind maps[] = {
    [DOWN1]   = { "strided 2x2x2 / 2", LAC_STRIDED, { 2, 2, 2 }, { 2, 2, 2 }, 0, 1 },
    [DOWN2]   = { "strided 2x2x2 / 2", LAC_STRIDED, { 2, 2, 2 }, { 2, 2, 2 }, 1, 2 },
    [AROUND0] = { "submanifold 3x3x3", LAC_SUBMANIFOLD, { 3, 3, 3 }, { 1, 1, 1 }, 0, 0 },
    [AROUND1] = { "submanifold 3x3x3", LAC_SUBMANIFOLD, { 3, 3, 3 }, { 1, 1, 1 }, 1, 1 },
    [AROUND2] = { "submanifold 3x3x3", LAC_SUBMANIFOLD, { 3, 3, 3 }, { 1, 1, 1 }, 2, 2 },
    [UP1]     = { "inverse 2x2x2 / 2", LAC_INVERSE, { 2, 2, 2 }, { 2, 2, 2 }, 2, 1 },
    [UP0]     = { "inverse 2x2x2 / 2", LAC_INVERSE, { 2, 2, 2 }, { 2, 2, 2 }, 1, 0 },
    [POINT0]  = { "1x1x1", LAC_SUBMANIFOLD, { 1, 1, 1 }, { 1, 1, 1 }, 0, 0 },
};

static const layer_kind layers[] = {
    [ENC0]        = { "enc0", "csc8", AROUND0, 8, 1, { { INPUT, LAC_CSC8, 0 } } },
    [LAYER_DOWN1] = { "down1", "2:4", DOWN1, 16, 1, { { ENC0, LAC_NM, 2 } } },
    [ENC1]        = { "enc1", "csc", AROUND1, 16, 1, { { LAYER_DOWN1, LAC_CSC, 0 } } },
    [LAYER_DOWN2] = { "down2", "2:4", DOWN2, 24, 1, { { ENC1, LAC_NM, 2 } } },
    [ENC2]        = { "enc2", "csc8", AROUND2, 24, 1, { { LAYER_DOWN2, LAC_CSC8, 0 } } }, /* 648 columns: l8 takes them in tiles of whole taps */
    [LAYER_UP1]   = { "up1", "csc", UP1, 16, 1, { { ENC2, LAC_CSC, 0 } } },
    [DEC1]        = { "dec1", "2:4, csc", AROUND1, 16, 2, { { LAYER_UP1, LAC_NM, 2 }, { ENC1, LAC_CSC, 0 } } },
    [LAYER_UP0]   = { "up0", "2:4", UP0, 8, 1, { { DEC1, LAC_NM, 2 } } },
    [DEC0]        = { "dec0", "csc8, csc", AROUND0, 8, 2, { { LAYER_UP0, LAC_CSC8, 0 }, { ENC0, LAC_CSC, 0 } } },
    [HEAD]        = { "head", "csc8", POINT0, CLASSES, 1, { { DEC0, LAC_CSC8, 0 } } },
};

/* ---- Weights --------------------------------------------------------------------------------------- */

/* 2:4: two of each four at random; csc: 15 values, one weight in three; csc8: one in two. */
static void draw_weights(lac_rng *g, const source_kind *s, int8_t *w, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = i % 4;
        if (s->format == LAC_CSC) {
            w[i] = (int8_t)(rng_chance(g, 85) ? 12 * rng_range(g, -7, 7) : 0);
        } else if (s->format == LAC_CSC8) {
            w[i] = (int8_t)(rng_chance(g, 128) ? rng_range(g, -90, 90) : 0);
        } else {
            w[i] = (int8_t)rng_range(g, -90, 90);
            if (at == 3) { /* the group is complete: two of it go */
                const uint32_t a = rng_below(g, 4), b = (a + 1 + rng_below(g, 3)) % 4;
                w[i - 3 + a] = w[i - 3 + b] = 0;
            }
        }
    }
}

/* ---- Parameters ------------------------------------------------------------------------------------ */

static void calibrate(network *net, uint32_t l, const int64_t *sum)
{
    const uint32_t rows = layers[l].rows, outputs = network_outputs(net, l);
    const int64_t  range = l == HEAD ? 127 : 255, n = outputs;
    for (uint32_t k = 0; k < rows; k++) {
        int64_t mean = 0, deviation = 0, m;
        int     s = 1;
        for (uint32_t o = 0; o < outputs; o++) mean += sum[(size_t)o * rows + k];
        mean = mean < 0 ? -((n - 1 - mean) / n) : mean / n;
        for (uint32_t o = 0; o < outputs; o++) {
            const int64_t away = sum[(size_t)o * rows + k] - mean;
            deviation += away < 0 ? -away : away;
        }
        deviation = deviation / n * 4;
        net->bias[l][k] = (int32_t)-mean;
        for (m = 0; deviation && m < 1 << 30; s++) m = (range << s) / deviation;
        net->multiplier[l][k] = (int32_t)m; /* 0 for a channel that is the same everywhere */
        net->shift[l][k] = (int8_t)(deviation ? s - 1 : 1);
    }
}

static const network_kind unet = { 3, sizeof maps / sizeof *maps, sizeof layers / sizeof *layers, maps, layers, calibrate };

int unet_make(network *net, const scene *s)
{
    lac_rng g = { WEIGHT_SEED };
    if (network_begin(net, &unet, s)) return -1;
    for (uint32_t l = 0; l < unet.layers; l++)
        for (uint32_t i = 0; i < layers[l].sources; i++) draw_weights(&g, &layers[l].source[i], net->w[l][i], network_weights(net, l, i));
    return network_run(net);
}
