/* SPDX-License-Identifier: Apache-2.0
 *
 * rng.h - the random numbers of the benches: one 64-bit state, the same sequence on every machine */
#ifndef LAC_RNG_H
#define LAC_RNG_H
#include <stdint.h>

typedef struct { uint64_t s; } lac_rng;

/* A Weyl sequence through two rounds of xor-shift and multiply. */
static inline uint64_t rng_next(lac_rng *r)
{
    uint64_t x = r->s += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* 0 .. n-1; n at least 1. */
static inline uint32_t rng_below(lac_rng *r, uint32_t n)
{
    return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

/* lo .. hi, both included. */
static inline int64_t rng_range(lac_rng *r, int64_t lo, int64_t hi)
{
    return lo + (int64_t)rng_below(r, (uint32_t)(hi - lo + 1));
}

/* True in `p` of 256 cases. */
static inline int rng_chance(lac_rng *r, uint32_t p)
{
    return rng_below(r, 256) < p;
}

#endif
