/* SPDX-License-Identifier: Apache-2.0
 *
 * network.c - see network.h */
#include "network.h"
#include <stdlib.h>
#include <string.h>

uint32_t network_taps(const network_kind *kind, uint32_t map) { return kind->map[map].kernel[0] * kind->map[map].kernel[1] * kind->map[map].kernel[2]; }
uint32_t network_channels(const network *net, int from) { return from == INPUT ? net->of->features : net->kind->layer[from].rows; }
int32_t  network_zero(const network_kind *kind, int from) { return from == INPUT || from + 1 == (int)kind->layers ? 0 : -128; }
uint32_t network_outputs(const network *net, uint32_t l) { return net->sites[net->kind->map[net->kind->layer[l].map].out]; }

uint32_t network_weights(const network *net, uint32_t l, uint32_t source)
{
    const layer_kind *k = &net->kind->layer[l];
    return k->rows * network_taps(net->kind, k->map) * network_channels(net, k->source[source].from);
}

/* A level's sites are those of the first strided map that gives them. */
static int make_sites(network *net)
{
    const scene *s = net->of;
    for (uint32_t i = 0; i < net->kind->levels; i++)
        if (!(net->site[i] = malloc((size_t)s->n * sizeof *net->site[i]))) return -1;
    net->sites[0] = s->n;
    for (uint32_t i = 0; i < s->n; i++) net->site[0][i] = (ref_site){ { s->site[i].batch, s->site[i].z, s->site[i].y, s->site[i].x } };
    for (uint32_t i = 0; i < net->kind->maps; i++) {
        const map_kind *m = &net->kind->map[i];
        if (m->mode == LAC_STRIDED && !net->sites[m->out]) net->sites[m->out] = (uint32_t)ref_coarsen(net->site[m->out], net->site[m->in], (int)net->sites[m->in], m->stride);
    }
    return 0;
}

int network_begin(network *net, const network_kind *kind, const scene *s)
{
    static const ref_kind as[] = { [LAC_SUBMANIFOLD] = REF_AROUND, [LAC_STRIDED] = REF_DOWN, [LAC_INVERSE] = REF_UP };
    memset(net, 0, sizeof *net);
    net->kind = kind;
    net->of = s;
    if (make_sites(net)) return -1;
    for (uint32_t i = 0; i < kind->maps; i++) {
        const map_kind *m = &kind->map[i];
        if (!(net->rule[i] = malloc((size_t)net->sites[m->out] * network_taps(kind, i) * sizeof *net->rule[i]))) return -1;
        net->rules[i] = (uint64_t)ref_rules(net->rule[i], as[m->mode], m->kernel, m->stride, net->site[m->in], (int)net->sites[m->in], net->site[m->out], (int)net->sites[m->out]);
    }
    for (uint32_t l = 0; l < kind->layers; l++)
        for (uint32_t i = 0; i < kind->layer[l].sources; i++)
            if (!(net->w[l][i] = calloc(network_weights(net, l, i), 1))) return -1;
    return 0;
}

static int run_layer(network *net, uint32_t l)
{
    const layer_kind *kind = &net->kind->layer[l];
    const uint32_t    outputs = network_outputs(net, l), rows = kind->rows;
    int64_t          *sum = calloc((size_t)outputs * rows, sizeof *sum);
    net->y[l] = malloc((size_t)outputs * rows);
    if (!sum || !net->y[l]) return free(sum), -1;
    for (uint32_t i = 0; i < kind->sources; i++) {
        const int from = kind->source[i].from;
        ref_add(sum, net->rule[kind->map], (int)outputs, (int)network_taps(net->kind, kind->map), net->w[l][i], from == INPUT ? net->of->feature : net->y[from],
                network_zero(net->kind, from), (int)network_channels(net, from), (int)rows);
    }
    if (net->kind->calibrate) net->kind->calibrate(net, l, sum);
    for (uint32_t o = 0; o < outputs; o++)
        for (uint32_t k = 0; k < rows; k++) {
            const size_t e = (size_t)o * rows + k;
            net->y[l][e] = ref_requantise(sum[e], net->bias[l][k], net->multiplier[l][k], net->shift[l][k], network_zero(net->kind, (int)l), -128, 127);
        }
    free(sum);
    return 0;
}

int network_run(network *net)
{
    for (uint32_t l = 0; l < net->kind->layers; l++)
        if (run_layer(net, l)) return -1;
    return 0;
}

void network_free(network *net)
{
    for (uint32_t i = 0; i < MOST_LEVELS; i++) free(net->site[i]);
    for (uint32_t i = 0; i < MOST_MAPS; i++) free(net->rule[i]);
    for (uint32_t l = 0; l < MOST_LAYERS; l++) {
        for (uint32_t i = 0; i < SOURCES; i++) free(net->w[l][i]);
        free(net->y[l]);
    }
    memset(net, 0, sizeof *net);
}

uint32_t network_class(const network *net, uint32_t i)
{
    const uint32_t last = net->kind->layers - 1, classes = net->kind->layer[last].rows;
    const int8_t  *y = net->y[last] + (size_t)i * classes;
    uint32_t       best = 0;
    for (uint32_t k = 1; k < classes; k++)
        if (y[k] > y[best]) best = k;
    return best;
}
