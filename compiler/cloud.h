/* SPDX-License-Identifier: Apache-2.0
 *
 * cloud.h - voxels from a file: checked, in the machine's order, as a coordinate list
 *
 *   File  int32 [V, 4], columns batch, z, y, x; V may be 0. 0; -1: *d names the file, the voxel and what was expected */
#ifndef LACUNA_CLOUD_H
#define LACUNA_CLOUD_H
#include <stdint.h>
#include "diag.h"
#include "lacuna.h"
#include "npy.h"

typedef struct {
    npy_array       a;
    const lac_site *site;  /* [n] as they stand in the file */
    uint32_t        n;
    uint32_t       *order; /* [n] of site: ascending; a voxel's index on the machine is its place here */
    uint8_t        *list;  /* the coordinate list, lac_coords_bytes(words) bytes */
    uint32_t        words;
} cloud;

/* sorted: they ascend already, or it is an error. shape: extents z, y, x of the grid they must lie in, or NULL. What was loaded is the caller's to free either way. */
int  cloud_load(const char *file, int sorted, const uint32_t shape[3], cloud *c, diag *d);
void cloud_free(cloud *c);

#endif
