/* SPDX-License-Identifier: Apache-2.0
 *
 * lists.h - a point as a compressed list (docs/formats.md, "Features"): what differs from the zero point, with its place
 *
 *   List   u32 count, u32 zero, from byte LISTS_HEADER on `count` entries {value[31:16], index[15:0]} in ascending order */
#ifndef LACUNA_LISTS_H
#define LACUNA_LISTS_H
#include <stddef.h>
#include <stdint.h>
#include "lacuna.h"

enum { LISTS_HEADER = 64 /* [bytes] */ };

/* Elements x[at .. at + n - 1] that are not `zero`. */
uint32_t lists_count(const void *x, lac_type type, int32_t zero, size_t at, uint32_t n);

/* These elements as a list at `to`, which has room for LISTS_HEADER + 4 * n bytes. Returns the bytes it takes. */
size_t lists_encode(const void *x, lac_type type, int32_t zero, size_t at, uint32_t n, uint8_t *to);

/* How many entries a list has, from the first four bytes of its header. */
uint32_t lists_length(const uint8_t *header);

/* The entries of a list as `n` elements. 0; -1: an index is not below n. */
int lists_decode(const uint8_t *entries, uint32_t count, lac_type type, int32_t zero, uint32_t n, void *x);

#endif
