/* SPDX-License-Identifier: Apache-2.0
 *
 * unet.h - a submanifold U-Net on three levels
 *
 *   level 0   enc0 ----------------------------------+-> dec0 -> head
 *                \ down1                        up0 /
 *   level 1       enc1 -----------------+-> dec1 --
 *                     \ down2      up1 /
 *   level 2            enc2 ----------
 *
 *   Layers       enc*, dec*: submanifold 3x3x3; down*: strided 2x2x2 / 2; up*: inverse 2x2x2 / 2 onto the encoder's sites; head: 1x1x1. dec* read two tensors, what came up and what the encoder of their
 *                level gave
 *   Weights      random, the same for every scene
 *   Parameters   chosen for the scene, channel by channel, from the sums over its voxels, so that outputs use their range: with mean and mean absolute deviation (both rounded down) the bias
 *                is -mean, and a sum of four deviations becomes the largest output. Integers only */
#ifndef CLOUD_UNET_H
#define CLOUD_UNET_H
#include "network.h"

enum { CLASSES = 8 };

/* The network for a scene, run. -1: no memory. */
int unet_make(network *net, const scene *s);

#endif
