/* SPDX-License-Identifier: Apache-2.0
 *
 * cloud.h - voxels from a file: checked, in the machine's order, as a coordinate list
 *
 *   File  int32 [V, 4], columns batch, z, y, x; or [V, 5], columns batch, t, z, y, x; V may be 0. 0; -1: *d names the file, the voxel and what was expected
 *   Time  voxels of the same batch and t are a frame; sites and list have its number for their batch (lacuna.h, "Time") */
#ifndef LACUNA_CLOUD_H
#define LACUNA_CLOUD_H
#include <stdint.h>
#include "diag.h"
#include "lacuna.h"
#include "npy.h"

typedef struct {
    npy_array       a;
    uint32_t        columns; /* 4 or 5 */
    const lac_site *site;    /* [n] in the order of the file */
    uint32_t        n;
    lac_site       *own;     /* site, where it is not the file's data */
    lac_frame      *frame;   /* [frames] ascending, with time; else NULL */
    uint32_t        frames;
    uint32_t       *order;   /* [n] of site: ascending; a voxel's index on the machine is its place here */
    uint8_t        *list;    /* the coordinate list, lac_coords_bytes(words) bytes */
    uint32_t        words;
} cloud;

/* The file, and how many columns it has; then the rest. sorted: voxels ascend already, or it is an error. shape: extents of the grid they must lie in, one for each column but the batch, or NULL.
 * What was loaded is the caller's to free in any case. */
int  cloud_open(const char *file, cloud *c, diag *d);
int  cloud_make(const char *file, int sorted, const uint32_t *shape, cloud *c, diag *d);
int  cloud_load(const char *file, int sorted, const uint32_t shape[3], cloud *c, diag *d); /* both, without time */
void cloud_free(cloud *c);

#endif
