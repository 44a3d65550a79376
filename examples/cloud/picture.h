/* SPDX-License-Identifier: Apache-2.0
 *
 * picture.h - voxels as coloured cubes, seen from a corner above: x towards the lower left, y towards the lower right, z up */
#ifndef CLOUD_PICTURE_H
#define CLOUD_PICTURE_H
#include <stdint.h>
#include "diag.h"
#include "lacuna.h"

enum { PICTURE_COLOURS = 8 };

/* As PPM (P6); colour[i] below PICTURE_COLOURS is site i's. Only sites of the first one's batch are drawn. */
int picture_write(const char *path, const lac_site *site, const uint8_t *colour, uint32_t n, diag *d);

#endif
