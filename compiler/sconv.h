/* SPDX-License-Identifier: Apache-2.0
 *
 * sconv.h - pooling along a map: a sparse convolution whose weights nobody gives (cmd_sconv.c), for cmd_spool.c */
#ifndef LACUNA_SCONV_H
#define LACUNA_SCONV_H
#include "layer.h"
#include "mapping.h"

typedef enum { SCONV_WEIGHTS, SCONV_SUM, SCONV_AVERAGE, SCONV_MAX } sconv_kind;

/* Of a sum over `count` features: what makes it the mean, floor(sum / count + 1 / 2), with weight SCONV_MEAN_WEIGHT and a bias of 1 (lacuna.h). */
enum { SCONV_MEAN_WEIGHT = 4 };
void sconv_mean(uint32_t count, int32_t *multiplier, int8_t *shift);

/* A largest or a mean is a feature like those of l->x: type, zero point, clamp. Of a sum nothing changes. */
void sconv_like_features(layer *l, sconv_kind kind);

/* The machine pools; else -1 and *d has a sentence. */
int sconv_pools(const machine *m, diag *d);

/* No file is read and written, or written twice. */
int sconv_check_outputs(const layer_options *o, const map_options *mo, diag *d);

/* All of it, of checked options (w: what messages call the layer): the exit code. */
int sconv_pool(const layer_options *o, const map_options *mo, sconv_kind kind);

#endif
