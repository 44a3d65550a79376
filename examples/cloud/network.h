/* SPDX-License-Identifier: Apache-2.0
 *
 * network.h - a network of sparse convolutions, and what it gives for a scene by reference.h
 *
 *   Kind         levels of sites, the scene's first; maps between them; layers along the maps. A layer reads one tensor or several, which stand side by side as its
 *                channels: one job of several sources
 *   Activations  int8. Of all layers but the last -128 is zero, and the clamp at -128 is the ReLU; zero of the input and of the last layer is 0
 *   Use          network_begin(); then weights, and parameters where the kind does not calibrate, are written into it; network_run() */
#ifndef CLOUD_NETWORK_H
#define CLOUD_NETWORK_H
#include <stdint.h>
#include "lacuna.h"
#include "reference.h"
#include "scene.h"

enum { MOST_LEVELS = 4, MOST_MAPS = 8, MOST_LAYERS = 10, SOURCES = 2, MOST_ROWS = 32, INPUT = -1 };

typedef struct {
    const char  *name;
    lac_map_mode mode;                 /* LAC_SUBMANIFOLD, LAC_STRIDED, LAC_INVERSE */
    uint32_t     kernel[3], stride[3]; /* z, y, x */
    uint32_t     in, out;              /* levels */
} map_kind;

typedef struct {
    int        from;      /* layer, or INPUT */
    lac_format format;
    uint32_t   n;         /* N:4 */
} source_kind;

typedef struct {
    const char *name, *weights;
    uint32_t    map, rows, sources;
    source_kind source[SOURCES];
} layer_kind;

/* Maps and layers in the order of the job list: lists before maps that read them. */
typedef struct network network;
typedef struct {
    uint32_t          levels, maps, layers;
    const map_kind   *map;
    const layer_kind *layer;
    void            (*calibrate)(network *net, uint32_t l, const int64_t *sum); /* the parameters of layer l from its sums [outputs][rows]; NULL: they come with the weights */
} network_kind;

struct network {
    const network_kind *kind;
    const scene *of;
    uint32_t     most[MOST_LEVELS];  /* sites of a level, as far as it is known beforehand; 0: it is not */
    ref_site    *site[MOST_LEVELS];  /* [sites[level]] */
    uint32_t     sites[MOST_LEVELS];
    int32_t     *rule[MOST_MAPS];    /* [outputs][taps] */
    uint64_t     rules[MOST_MAPS];
    int8_t      *w[MOST_LAYERS][SOURCES]; /* [rows][taps * channels] */
    int32_t      bias[MOST_LAYERS][MOST_ROWS], multiplier[MOST_LAYERS][MOST_ROWS];
    int8_t       shift[MOST_LAYERS][MOST_ROWS];
    int8_t      *y[MOST_LAYERS];     /* [outputs][rows] */
};

uint32_t network_taps(const network_kind *kind, uint32_t map);
uint32_t network_channels(const network *net, int from); /* of a layer, or INPUT */
int32_t  network_zero(const network_kind *kind, int from);
uint32_t network_outputs(const network *net, uint32_t l);
uint32_t network_weights(const network *net, uint32_t l, uint32_t source); /* how many they are */

/* Sites and rules; weights and parameters are zero, most 0. -1: no memory. The scene has a voxel at least. */
int  network_begin(network *net, const network_kind *kind, const scene *s);
int  network_run(network *net);
void network_free(network *net);

/* The class of output i of the last layer: the largest, of equals the first. */
uint32_t network_class(const network *net, uint32_t i);

#endif
