/* SPDX-License-Identifier: Apache-2.0
 *
 * scene.h - voxels and their features: of a file, of a room that is made here, or of digits (strokes.h) */
#ifndef CLOUD_SCENE_H
#define CLOUD_SCENE_H
#include <stdint.h>
#include "diag.h"
#include "lacuna.h"

enum { FEATURES = 4, ONE = 100, OFFSET = 16 }; /* of a voxel of points: ONE, and where their mean lies in it, z, y, x, each -OFFSET .. OFFSET - 1 */

typedef struct {
    uint32_t  points;  /* 0: voxels were given */
    uint32_t  n;       /* voxels */
    uint32_t  features;
    lac_site *site;    /* [n] ascending, each once */
    int8_t   *feature; /* [n][features] */
} scene;

/* A room of 3.2 x 2.6 x 2 m: floor, two walls, a table, a ball; `points` points on them, the same on every machine. voxel: [m] */
int scene_room(scene *s, uint32_t points, double voxel, diag *d);

/* .npy: int32 [V, 4], voxels (batch, z, y, x), whose offsets are 0; or float32 [N, 3], points (x, y, z) for voxels of that size. */
int scene_load(scene *s, const char *path, double voxel, diag *d);

void scene_free(scene *s);

#endif
