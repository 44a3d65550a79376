/* SPDX-License-Identifier: Apache-2.0
 *
 * naive.c - see naive.h */
#include "naive.h"

__extension__ typedef __int128 int128;

void naive_fc(int64_t *y, const int32_t *w, const int32_t *x, int32_t z, int N, int C, int K)
{
    for (int n = 0; n < N; n++)
        for (int k = 0; k < K; k++) {
            int64_t sum = 0;
            for (int c = 0; c < C; c++) sum += (int64_t)w[k * C + c] * ((int64_t)x[n * C + c] - z);
            y[n * K + k] = sum;
        }
}

int32_t naive_requant(int64_t acc, int32_t bias, uint32_t m, int s, int32_t zp, int32_t lo, int32_t hi)
{
    int128 power = 1;
    for (int i = 0; i < s; i++) power *= 2;
    /* floor(a / b + 1/2) = floor((2a + b) / 2b) */
    const int128 a = 2 * ((int128)acc + bias) * m + power, b = 2 * power;
    int128 q = a / b;           /* C rounds towards zero ... */
    if (a % b < 0) q--;         /* ... floor does not */
    q += zp;
    if (q < lo) return lo;
    if (q > hi) return hi;
    return (int32_t)q;
}

int64_t naive_rows(int64_t *y, const int32_t *w, const int32_t *x, int C, int K)
{
    int64_t products = 0;
    for (int k = 0; k < K; k++) {
        y[k] = 0;
        for (int c = 0; c < C; c++) {
            if (w[k * C + c] == 0) continue;  /* the branch that stalls a pipeline */
            y[k] += (int64_t)w[k * C + c] * x[c];
            products++;
        }
    }
    return products;
}

int64_t naive_nonzeros(int64_t *y, const int *row_ptr, const int *col, const int32_t *val, const int32_t *x, int C, int K)
{
    int64_t products = 0;
    for (int k = 0; k < K; k++) y[k] = 0;
    for (int c = 0; c < C; c++) {
        if (x[c] == 0) continue;
        for (int k = 0; k < K; k++)           /* no spatial locality: one entry here, one entry there */
            for (int i = row_ptr[k]; i < row_ptr[k + 1]; i++)
                if (col[i] == c) {
                    y[k] += (int64_t)val[i] * x[c];
                    products++;
                }
    }
    return products;
}
