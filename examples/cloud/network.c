/* SPDX-License-Identifier: Apache-2.0
 *
 * network.c - see network.h */
#include "network.h"
#include <stdlib.h>
#include <string.h>
#include "rng.h"

enum { DOWN1, DOWN2, AROUND0, AROUND1, AROUND2, UP1, UP0, POINT0 };
enum { ENC0, LAYER_DOWN1, ENC1, LAYER_DOWN2, ENC2, LAYER_UP1, DEC1, LAYER_UP0, DEC0, HEAD };
enum { WEIGHT_SEED = 7 };

const map_kind map_kinds[MAPS] = {
    [DOWN1]   = { "strided 2x2x2 / 2", LAC_STRIDED, 2, 2, 0, 1 },
    [DOWN2]   = { "strided 2x2x2 / 2", LAC_STRIDED, 2, 2, 1, 2 },
    [AROUND0] = { "submanifold 3x3x3", LAC_SUBMANIFOLD, 3, 1, 0, 0 },
    [AROUND1] = { "submanifold 3x3x3", LAC_SUBMANIFOLD, 3, 1, 1, 1 },
    [AROUND2] = { "submanifold 3x3x3", LAC_SUBMANIFOLD, 3, 1, 2, 2 },
    [UP1]     = { "inverse 2x2x2 / 2", LAC_INVERSE, 2, 2, 2, 1 },
    [UP0]     = { "inverse 2x2x2 / 2", LAC_INVERSE, 2, 2, 1, 0 },
    [POINT0]  = { "1x1x1", LAC_SUBMANIFOLD, 1, 1, 0, 0 },
};

const layer_kind layer_kinds[LAYERS] = {
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

uint32_t network_taps(uint32_t map) { return map_kinds[map].kernel * map_kinds[map].kernel * map_kinds[map].kernel; }
uint32_t network_channels(int from) { return from == INPUT ? (uint32_t)FEATURES : layer_kinds[from].rows; }
int32_t  network_zero(int from) { return from == INPUT || from == HEAD ? 0 : -128; }

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

/* ---- Reference ------------------------------------------------------------------------------------- */

/* Parameters of channel k from all its sums, at a distance of `rows`. */
static void calibrate(network *net, uint32_t l, uint32_t k, const int64_t *sum, uint32_t outputs)
{
    const uint32_t rows = layer_kinds[l].rows;
    const int64_t  range = l == HEAD ? 127 : 255, n = outputs;
    int64_t        mean = 0, deviation = 0, m;
    int            s = 1;
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

static int run_layer(network *net, uint32_t l)
{
    const layer_kind *kind = &layer_kinds[l];
    const uint32_t    outputs = net->sites[map_kinds[kind->map].out], rows = kind->rows;
    const int32_t     zero = network_zero((int)l);
    int64_t          *sum = calloc((size_t)outputs * rows, sizeof *sum);
    net->y[l] = malloc((size_t)outputs * rows);
    if (!sum || !net->y[l]) return free(sum), -1;
    for (uint32_t i = 0; i < kind->sources; i++) {
        const int from = kind->source[i].from;
        ref_add(sum, net->rule[kind->map], (int)outputs, (int)network_taps(kind->map), net->w[l][i], from == INPUT ? net->of->feature : net->y[from], network_zero(from),
                (int)network_channels(from), (int)rows);
    }
    for (uint32_t k = 0; k < rows; k++) {
        calibrate(net, l, k, sum, outputs);
        for (uint32_t o = 0; o < outputs; o++)
            net->y[l][(size_t)o * rows + k] = ref_requantise(sum[(size_t)o * rows + k], net->bias[l][k], net->multiplier[l][k], net->shift[l][k], zero, -128, 127);
    }
    free(sum);
    return 0;
}

static int make_sites(network *net)
{
    for (uint32_t i = 0; i < LEVELS; i++)
        if (!(net->site[i] = malloc((size_t)net->of->n * sizeof *net->site[i]))) return -1;
    net->sites[0] = net->of->n;
    for (uint32_t i = 0; i < net->of->n; i++) {
        const lac_site *s = &net->of->site[i];
        net->site[0][i] = (ref_site){ { s->batch, s->z, s->y, s->x } };
    }
    for (uint32_t i = 1; i < LEVELS; i++) net->sites[i] = (uint32_t)ref_halve(net->site[i], net->site[i - 1], (int)net->sites[i - 1]);
    return 0;
}

int network_make(network *net, const scene *s)
{
    static const ref_kind kind[] = { [LAC_SUBMANIFOLD] = REF_AROUND, [LAC_STRIDED] = REF_DOWN, [LAC_INVERSE] = REF_UP };
    lac_rng g = { WEIGHT_SEED };
    memset(net, 0, sizeof *net);
    net->of = s;
    if (make_sites(net)) return -1;
    for (uint32_t i = 0; i < MAPS; i++) {
        const map_kind *m = &map_kinds[i];
        if (!(net->rule[i] = malloc((size_t)net->sites[m->out] * network_taps(i) * sizeof *net->rule[i]))) return -1;
        net->rules[i] = (uint64_t)ref_rules(net->rule[i], kind[m->mode], (int)m->kernel, net->site[m->in], (int)net->sites[m->in], net->site[m->out], (int)net->sites[m->out]);
    }
    for (uint32_t l = 0; l < LAYERS; l++) {
        const layer_kind *k = &layer_kinds[l];
        for (uint32_t i = 0; i < k->sources; i++) {
            const uint32_t count = k->rows * network_taps(k->map) * network_channels(k->source[i].from);
            if (!(net->w[l][i] = malloc(count))) return -1;
            draw_weights(&g, &k->source[i], net->w[l][i], count);
        }
        if (run_layer(net, l)) return -1;
    }
    return 0;
}

void network_free(network *net)
{
    for (uint32_t i = 0; i < LEVELS; i++) free(net->site[i]);
    for (uint32_t i = 0; i < MAPS; i++) free(net->rule[i]);
    for (uint32_t l = 0; l < LAYERS; l++) {
        for (uint32_t i = 0; i < SOURCES; i++) free(net->w[l][i]);
        free(net->y[l]);
    }
    memset(net, 0, sizeof *net);
}

uint32_t network_class(const network *net, uint32_t i)
{
    const int8_t *y = net->y[HEAD] + (size_t)i * CLASSES;
    uint32_t      best = 0;
    for (uint32_t k = 1; k < CLASSES; k++)
        if (y[k] > y[best]) best = k;
    return best;
}
