/* SPDX-License-Identifier: Apache-2.0
 *
 * reference.c - see reference.h */
#include "reference.h"
#include <stdlib.h>

static int compare(const void *p, const void *q)
{
    const ref_site *a = p, *b = q;
    for (int i = 0; i < 4; i++)
        if (a->at[i] != b->at[i]) return a->at[i] < b->at[i] ? -1 : 1;
    return 0;
}

static int floor_div(int v, int by) { return v < 0 ? -((by - 1 - v) / by) : v / by; }

int ref_coarsen(ref_site *coarse, const ref_site *fine, int n, const uint32_t stride[3])
{
    int m = 0;
    for (int i = 0; i < n; i++) {
        coarse[i] = fine[i];
        for (int a = 1; a < 4; a++) coarse[i].at[a] = floor_div(fine[i].at[a], (int)stride[a - 1]);
    }
    qsort(coarse, (size_t)n, sizeof *coarse, compare);
    for (int i = 0; i < n; i++)
        if (m == 0 || compare(&coarse[m - 1], &coarse[i])) coarse[m++] = coarse[i];
    return m;
}

static int32_t find(const ref_site *sites, int n, const ref_site *want)
{
    int low = 0, high = n;
    while (low < high) {
        const int middle = low + (high - low) / 2, c = compare(&sites[middle], want);
        if (c == 0) return middle;
        if (c < 0) low = middle + 1;
        else high = middle;
    }
    return -1;
}

int64_t ref_rules(int32_t *rule, ref_kind kind, const uint32_t kernel[3], const uint32_t stride[3], const ref_site *in, int n_in, const ref_site *out, int n_out)
{
    int64_t found = 0;
    for (int o = 0; o < n_out; o++)
        for (int kz = 0; kz < (int)kernel[0]; kz++)
            for (int ky = 0; ky < (int)kernel[1]; ky++)
                for (int kx = 0; kx < (int)kernel[2]; kx++) {
                    const int k[4] = {0, kz, ky, kx};
                    ref_site  want = out[o];
                    int       there = 1;
                    for (int a = 1; a < 4; a++) {
                        const int s = (int)stride[a - 1];
                        if (kind == REF_AROUND) want.at[a] += k[a] - ((int)kernel[a - 1] - 1) / 2;
                        if (kind == REF_DOWN) want.at[a] = s * want.at[a] + k[a];
                        if (kind == REF_UP) {
                            want.at[a] -= k[a];
                            if (want.at[a] % s) there = 0;
                            want.at[a] /= s;
                        }
                    }
                    *rule = there ? find(in, n_in, &want) : -1;
                    found += *rule >= 0;
                    rule++;
                }
    return found;
}

void ref_add(int64_t *sum, const int32_t *rule, int n_out, int taps, const int8_t *w, const int8_t *x, int zero, int channels, int rows)
{
    for (int o = 0; o < n_out; o++)
        for (int t = 0; t < taps; t++) {
            const int32_t i = rule[(int64_t)o * taps + t];
            if (i < 0) continue;
            for (int k = 0; k < rows; k++)
                for (int c = 0; c < channels; c++)
                    sum[(int64_t)o * rows + k] += w[(k * taps + t) * channels + c] * (x[(int64_t)i * channels + c] - zero);
        }
}

int8_t ref_requantise(int64_t acc, int32_t bias, int32_t m, int s, int zero, int lo, int hi)
{
    int64_t power = 1;
    for (int i = 0; i < s; i++) power *= 2;
    /* floor(a / b + 1/2) = floor((2a + b) / 2b) */
    const int64_t a = 2 * (acc + bias) * m + power, b = 2 * power;
    int64_t       q = a / b;    /* C rounds towards zero ... */
    if (a % b < 0) q--;         /* ... floor does not */
    q += zero;
    return (int8_t)(q < lo ? lo : q > hi ? hi : q);
}
