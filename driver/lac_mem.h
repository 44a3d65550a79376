/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_mem.h - the two functions of the C library that the driver needs: a freestanding compiler has no string.h (private) */
#ifndef LAC_MEM_H
#define LAC_MEM_H
#include <stddef.h>
void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memset(void *dst, int value, size_t n);
#endif
