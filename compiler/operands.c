/* SPDX-License-Identifier: Apache-2.0
 *
 * operands.c - see operands.h */
#include "operands.h"
#include <inttypes.h>
#include "host.h"

int operands_array(const char *file, unsigned types, unsigned ndim, const char *want, npy_array *a, diag *d)
{
    char shape[192];
    if (npy_load(file, types, a, d)) return -1;
    if (a->ndim == ndim) return 0;
    return diag_set(d, "%s: shape %s, expected %s dimensions, %s", file, npy_shape(a->ndim, a->dim, shape, sizeof shape),
                    ndim == 2 ? "two" : "four", want);
}

int operands_matrix(const char *file, unsigned types, const char *want, uint64_t max_rows, npy_array *a, diag *d)
{
    char shape[192];
    if (operands_array(file, types, 2, want, a, d)) return -1;
    for (int i = 0; i < 2; i++)
        if (a->dim[i] > (i ? HOST_MAX_DIM : max_rows))
            return diag_set(d, "%s: shape %s: dimension %d is %zu, expected at most %d", file, npy_shape(2, a->dim, shape, sizeof shape), i,
                            a->dim[i], HOST_MAX_DIM);
    return 0;
}

int operands_zero(const char *file, const char *option, int64_t zero, const npy_array *x, lac_type *in, diag *d)
{
    int32_t lo, hi;
    *in = x->type == NPY_INT8 ? LAC_INT8 : x->type == NPY_UINT8 ? LAC_UINT8 : LAC_INT16;
    host_type_range(*in, &lo, &hi);
    if (zero >= lo && zero <= hi) return 0;
    return diag_set(d, "%s %" PRId64 ": expected %" PRId32 " .. %" PRId32 ", the range of %s (%s)", option, zero, lo, hi, file,
                    npy_type_name(x->type));
}

int operands_input(const char *file, int64_t zero, const char *w_file, const npy_array *w, npy_array *x, lac_type *in, diag *d)
{
    if (operands_matrix(file, OPERANDS_X, "[N, C]", UINT64_MAX, x, d)) return -1;
    if (x->dim[1] != w->dim[1])
        return diag_set(d, "%s: dimension 1 is %zu, expected %zu as in %s (input channels)", file, x->dim[1], w->dim[1], w_file);
    return operands_zero(file, "--input-zero-point", zero, x, in, d);
}
