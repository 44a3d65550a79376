/* SPDX-License-Identifier: Apache-2.0
 *
 * arena.h - device memory handed out front to back, never given back: a layout is planned, then memory of that size is made */
#ifndef LACUNA_ARENA_H
#define LACUNA_ARENA_H
#include <stdint.h>
#include "lacuna.h"

typedef struct { lac_addr base, next; } arena;

static inline arena arena_at(lac_addr base) { return (arena){ base, base }; }

/* `bytes` bytes at a multiple of LAC_ALIGN. */
static inline lac_addr arena_take(arena *a, uint64_t bytes)
{
    const lac_addr at = a->next;
    a->next += (bytes + LAC_ALIGN - 1) / LAC_ALIGN * LAC_ALIGN;
    return at;
}

static inline uint64_t arena_bytes(const arena *a) { return a->next - a->base; }

#endif
