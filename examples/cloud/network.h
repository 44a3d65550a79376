/* SPDX-License-Identifier: Apache-2.0
 *
 * network.h - a submanifold U-Net on three levels, and what it gives for a scene by reference.h
 *
 *   level 0   enc0 ----------------------------------+-> dec0 -> head
 *                \ down1                        up0 /
 *   level 1       enc1 -----------------+-> dec1 --
 *                     \ down2      up1 /
 *   level 2            enc2 ----------
 *
 *   Layers       enc*, dec*: submanifold 3x3x3; down*: strided 2x2x2 / 2; up*: inverse 2x2x2 / 2 onto the encoder's sites; head: 1x1x1. dec* read two tensors, what came up and what the encoder of their
 *                level gave: one job of two sources
 *   Activations  int8. Of all layers but the head -128 is zero, and the clamp at -128 is the ReLU; the head's zero is 0
 *   Weights      random, the same for every scene
 *   Parameters   chosen for the scene, channel by channel, from the sums over its voxels, so that outputs use their range: with mean and mean absolute deviation (both rounded down) the bias
 *                is -mean, and a sum of four deviations becomes the largest output. Integers only */
#ifndef CLOUD_NETWORK_H
#define CLOUD_NETWORK_H
#include <stdint.h>
#include "lacuna.h"
#include "reference.h"
#include "scene.h"

enum { LEVELS = 3, MAPS = 8, LAYERS = 10, SOURCES = 2, CLASSES = 8, MOST_ROWS = 24, INPUT = -1 };

typedef struct {
    const char  *name;
    lac_map_mode mode;
    uint32_t     kernel, stride;
    uint32_t     in, out; /* levels */
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

/* In the order of the job list: lists before maps that read them. */
extern const map_kind   map_kinds[MAPS];
extern const layer_kind layer_kinds[LAYERS];

typedef struct {
    const scene *of;
    ref_site    *site[LEVELS];  /* [sites[level]] */
    uint32_t     sites[LEVELS];
    int32_t     *rule[MAPS];    /* [outputs][taps] */
    uint64_t     rules[MAPS];
    int8_t      *w[LAYERS][SOURCES]; /* [rows][taps * channels] */
    int32_t      bias[LAYERS][MOST_ROWS], multiplier[LAYERS][MOST_ROWS];
    int8_t       shift[LAYERS][MOST_ROWS];
    int8_t      *y[LAYERS];     /* [outputs][rows] */
} network;

uint32_t network_taps(uint32_t map);
uint32_t network_channels(int from); /* of a layer, or INPUT */
int32_t  network_zero(int from);

/* -1: no memory. The scene has a voxel at least. */
int  network_make(network *net, const scene *s);
void network_free(network *net);

/* The class of voxel i: the head's largest output, of equals the first. */
uint32_t network_class(const network *net, uint32_t i);

#endif
