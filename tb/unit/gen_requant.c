/* SPDX-License-Identifier: Apache-2.0
 *
 * gen_requant - test vectors for lac_requant, worked out with 128-bit integers from docs/numerics.md
 *
 *   Usage      gen_requant SEED > file; one pixel a line, hexadecimal, for $readmemh:
 *              {average[3:0], outside, first, last of its window [3:0], shift[7:0], mult[31:0], bias[31:0], acc[35:0], most[35:0], job[7:0], q[15:0]};
 *              most, q: what the window gives raw, and not raw, behind its last pixel
 *   Constants  zero point and limits of a job: jobs[] here and in tb_requant.v */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

__extension__ typedef __int128 wide;  /* GCC and Clang; 68 bits are needed */

enum { JOBS = 6, PER_JOB = 3000 };
static const int32_t jobs[JOBS][3] = {  /* zero, lo, hi */
    { 0, -32768, 32767 }, { -128, -128, 127 }, { 0, 0, 255 }, { 32767, -32768, 32767 }, { -32768, -32768, 32767 }, { 17, -5, 6 }
};

static uint64_t state;
static uint64_t rnd(void)  /* splitmix64 */
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static wide floor_div(wide a, wide b)  /* b > 0 */
{
    wide q = a / b;
    return a % b < 0 ? q - 1 : q;
}

static void pixel(unsigned average, int outside, int first, int last, unsigned shift, uint32_t mult, int64_t bias, int64_t acc, int64_t most, unsigned job, int q)
{
    printf("%x_%x_%02x_%08x_%08x_%09llx_%09llx_%02x_%04x\n", average, (unsigned)(4 * outside + 2 * first + last), shift, (unsigned)mult, (unsigned)(uint32_t)(int32_t)bias,
           (unsigned long long)acc & 0xfffffffffull, (unsigned long long)most & 0xfffffffffull, job, (unsigned)q & 0xffffu);
}

int main(int argc, char **argv)
{
    static const int64_t accs[] = { 0, 1, -1, 2, -2, 3, -3, 127, -128, 0x3ffff, -0x40000, 0x40000, (INT64_C(1) << 35) - 1, -(INT64_C(1) << 35) };
    static const int64_t biases[] = { 0, 1, -1, INT32_MAX, INT32_MIN };
    static const uint32_t mults[] = { 0, 1, 2, 0x3ffff, 0x40000, 0x40000000, 0x7fffffff };
    static const unsigned shifts[] = { 1, 2, 3, 4, 5, 16, 17, 18, 31, 32, 33, 48, 49, 50, 61, 62 };
    enum { NA = sizeof accs / sizeof *accs, NB = sizeof biases / sizeof *biases, NM = sizeof mults / sizeof *mults, NS = sizeof shifts / sizeof *shifts };
    const unsigned edges = NA * NB * NM * NS;
    state = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    for (unsigned job = 0; job < JOBS; job++) {
        for (unsigned i = 0; i < (job < 2 ? edges : 0) + PER_JOB; i++) {
            int64_t acc, bias;
            uint32_t mult;
            unsigned shift;
            int last = 0; /* the last pixel is outside */
            if (job < 2 && i < edges) {
                acc = accs[i % NA];
                bias = biases[i / NA % NB];
                mult = mults[i / NA / NB % NM];
                shift = shifts[i / NA / NB / NM];
            } else {
                shift = 1 + (unsigned)(rnd() % 62);
                mult = (uint32_t)(rnd() >> 33 >> rnd() % 31);
                bias = (int32_t)((int64_t)rnd() >> (32 + rnd() % 32));
                acc = (int64_t)rnd() >> (28 + rnd() % 36);
                if (rnd() % 4 == 0 && mult != 0) {  /* aim at the middle: a result near the limits, near a tie */
                    const wide near = ((wide)jobs[job][1] + (wide)(rnd() % 600) - 300 - jobs[job][0]) * ((wide)1 << shift) / (wide)mult - bias;
                    if (near >= -((wide)1 << 35) && near < (wide)1 << 35)
                        acc = (int64_t)near;
                }
            }
            /* One in eight is the last pixel of a window, whose others are near it in size, or anything; those outside the image have acc 0. */
            const int      edge = job < 2 && i < edges;
            const unsigned average = edge ? 0 : i / 64 % 3, n = !edge && rnd() % 8 == 0 ? 1 + (unsigned)(rnd() % 6) : 0;
            int64_t most = 0, sum = 0;
            for (unsigned p = 0; p <= n; p++) {
                const int     outside = n && rnd() % 4 == 0;
                const int64_t a = outside ? 0 : p == n ? acc : rnd() % 2 ? acc / 2 - (int64_t)(rnd() % 9) * (acc / 8) : (int64_t)rnd() >> (28 + rnd() % 36);
                const int64_t here = outside && !average ? -(INT64_C(1) << 35) : a; /* in the order of the text, not of the circuit */
                if (p == 0 || here > most) most = here;
                if (!outside && (average == 1 || a + bias > 0)) sum += a + bias;
                if (p < n) pixel(average, outside, p == 0, 0, shift, mult, bias, a, 0, job, 0);
                else last = outside, acc = a;
            }
            sum = (int64_t)((uint64_t)sum << 27);
            const wide v = average ? sum / (INT64_C(1) << 27) : (wide)most + bias;
            const wide half = (wide)1 << (shift - 1);
            wide q = jobs[job][0] + floor_div(v * (wide)mult + half, (wide)1 << shift);
            if (q < jobs[job][1])
                q = jobs[job][1];
            if (q > jobs[job][2])
                q = jobs[job][2];
            pixel(average, last, n == 0, 1, shift, mult, bias, acc, most, job, (int)q);
        }
    }
    return 0;
}
