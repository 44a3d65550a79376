/* SPDX-License-Identifier: Apache-2.0
 *
 * reference.h - what a sparse convolution is, in plain loops on plain arrays of integers
 *
 * Shares no code and no header with the model or the driver. Sites are (batch, z, y, x), ascending, each once; arrays are row-major; rule[o][t] is the input that output o
 * takes through tap t = (kz * KY + ky) * KX + kx, or -1. */
#ifndef CLOUD_REFERENCE_H
#define CLOUD_REFERENCE_H
#include <stdint.h>

typedef struct { int32_t at[4]; } ref_site;

/* Sizes of three: z, y, x. */

/* The sites (batch, floor(site / stride)), each once, into coarse [n]; how many they are. */
int ref_coarsen(ref_site *coarse, const ref_site *fine, int n, const uint32_t stride[3]);

/* REF_AROUND: input at out + k - (kernel - 1) / 2. REF_DOWN: input at stride * out + k. REF_UP: the input with stride * in + k = out. */
typedef enum { REF_AROUND, REF_DOWN, REF_UP } ref_kind;

/* Returns how many rules there are. */
int64_t ref_rules(int32_t *rule, ref_kind kind, const uint32_t kernel[3], const uint32_t stride[3], const ref_site *in, int n_in, const ref_site *out, int n_out);

/* sum[o][k] += w[k][t][c] * (x[rule[o][t]][c] - zero) over taps t and channels c. */
void ref_add(int64_t *sum, const int32_t *rule, int n_out, int taps, const int8_t *w, const int8_t *x, int zero, int channels, int rows);

/* min(hi, max(lo, zero + floor((acc + bias) * m / 2^s + 1/2))), |acc + bias| * m below 2^60, s at most 60 */
int8_t ref_requantise(int64_t acc, int32_t bias, int32_t m, int s, int zero, int lo, int hi);

#endif
