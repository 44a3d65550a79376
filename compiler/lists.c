/* SPDX-License-Identifier: Apache-2.0
 *
 * lists.c - see lists.h */
#include "lists.h"
#include <string.h>
#include "host.h"
#include "lac_image.h"

static void set_element(void *x, lac_type type, size_t i, int32_t v)
{
    if (type == LAC_INT16) ((int16_t *)x)[i] = (int16_t)v;
    else ((uint8_t *)x)[i] = (uint8_t)v;
}

uint32_t lists_count(const void *x, lac_type type, int32_t zero, size_t at, uint32_t n)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) count += host_activation(x, type, at + i) != zero;
    return count;
}

size_t lists_encode(const void *x, lac_type type, int32_t zero, size_t at, uint32_t n, uint8_t *to)
{
    uint8_t *end = to + LISTS_HEADER;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t v = host_activation(x, type, at + i);
        if (v == zero) continue;
        lac_put32(end, ((uint32_t)v & 0xffffu) << 16 | i);
        end += 4;
    }
    memset(to, 0, LISTS_HEADER);
    lac_put32(to, (uint32_t)(end - to - LISTS_HEADER) / 4);
    return (size_t)(end - to);
}

uint32_t lists_length(const uint8_t *header) { return header[0] | (uint32_t)header[1] << 8 | (uint32_t)header[2] << 16 | (uint32_t)header[3] << 24; }

int lists_decode(const uint8_t *entries, uint32_t count, lac_type type, int32_t zero, uint32_t n, void *x)
{
    for (uint32_t i = 0; i < n; i++) set_element(x, type, i, zero);
    for (uint32_t k = 0; k < count; k++, entries += 4) {
        const uint32_t i = entries[0] | (uint32_t)entries[1] << 8;
        if (i >= n) return -1;
        set_element(x, type, i, (int16_t)(entries[2] | entries[3] << 8));
    }
    return 0;
}
