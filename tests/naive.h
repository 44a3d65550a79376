/* SPDX-License-Identifier: Apache-2.0
 *
 * naive.h - what a layer is, in plain loops on plain arrays: the reference of the tests
 *
 * Shares no code and no header with the model or the driver. Matrices are row-major; nothing is checked; sums are exact as long
 * as they fit 63 bits. */
#ifndef LAC_NAIVE_H
#define LAC_NAIVE_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/* y[n][k] = sum over c of w[k][c] * (x[n][c] - z).   y [N][K], w [K][C], x [N][C] */
void naive_fc(int64_t *y, const int32_t *w, const int32_t *x, int32_t z, int N, int C, int K);

/* min(hi, max(lo, zp + floor((acc + bias) * m / 2^s + 1/2))), computed with 128-bit integers and a division */
int32_t naive_requant(int64_t acc, int32_t bias, uint32_t m, int s, int32_t zp, int32_t lo, int32_t hi);

/* The two ways a processor would do it (matrix-vector, weights stored by rows: row_ptr[K + 1], col[], val[]).
 * Both return the number of multiplications they made.
 *
 * Over rows: all columns of a dense row, skipping weights that are zero.
 * Over non-zeros: for each non-zero activation walk its column; in a row-stored matrix that means a search in every row. */
int64_t naive_rows(int64_t *y, const int32_t *w, const int32_t *x, int C, int K);
int64_t naive_nonzeros(int64_t *y, const int *row_ptr, const int *col, const int32_t *val, const int32_t *x, int C, int K);

#ifdef __cplusplus
}
#endif
#endif
