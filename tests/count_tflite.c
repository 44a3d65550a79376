/* SPDX-License-Identifier: Apache-2.0
 *
 * count_tflite - how often Lacuna's one rounding (docs/numerics.md) and the two roundings of TFLite's reference kernels give
 * different outputs
 *
 * TFLite, as its quantisation documents describe it: first the accumulator times the 31-bit multiplier is rounded to the upper 32 bits of
 * the doubled product (nearest), then that is shifted right by e and rounded (ties away from zero). Lacuna: shift s = 31 + e at
 * once, ties up. Accumulators are drawn such that outputs fall into -128 .. 127; multipliers over their whole range. Exit status 1 when some
 * difference is larger than one step, which docs/numerics.md denies. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "naive.h"

static uint64_t rng = 88172645463325252u;

static uint64_t next(void)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    return rng ^= rng << 17;
}

static int64_t round_away(int64_t value, int bits) /* value / 2^bits, nearest, ties away from zero */
{
    const int64_t half = bits ? (int64_t)1 << (bits - 1) : 0;
    return value >= 0 ? (value + half) >> bits : -((-value + half) >> bits);
}

static int64_t twice_rounded(int32_t acc, int32_t m, int e)
{
    return round_away(round_away((int64_t)acc * m, 31), e);
}

int main(void)
{
    enum { TRIES = 2000000 };
    int worst_ever = 0;
    puts("Outputs in which one rounding (Lacuna) and two (TFLite's reference kernels) differ, of 2,000,000 random ones each:\n");
    puts("| right shift e beyond 31 | different | share | largest difference |\n|---|---|---|---|");
    for (int e = 0; e <= 16; e += 2) {
        uint32_t different = 0;
        int      worst = 0;
        for (int i = 0; i < TRIES; i++) {
            const int32_t m = (int32_t)(((uint32_t)1 << 30) + (next() & 0x3fffffff));
            const int64_t range = (int64_t)128 << e << 31;
            int64_t       acc = (int64_t)(next() % (2 * (uint64_t)(range / m) + 1)) - range / m;
            if (acc > INT32_MAX) acc = INT32_MAX;
            if (acc < INT32_MIN) acc = INT32_MIN;
            const int64_t one = naive_requant(acc, 0, (uint32_t)m, 31 + e, 0, -32768, 32767);
            const int64_t two = twice_rounded((int32_t)acc, m, e);
            const int     d = (int)llabs(one - two);
            different += d != 0;
            worst = d > worst ? d : worst;
        }
        printf("| %d | %" PRIu32 " | %.4f %% | %d |\n", e, different, 100.0 * different / TRIES, worst);
        worst_ever = worst > worst_ever ? worst : worst_ever;
    }
    return worst_ever > 1;
}
