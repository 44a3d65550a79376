/* SPDX-License-Identifier: Apache-2.0
 *
 * operands.h - W and X of a layer from their files, checked: what `lacuna fc`, `conv` and `advise` share
 *
 *   0; -1: *d names the file and what was expected of it. What was loaded is the caller's to free (npy_free()) either way */
#ifndef LACUNA_OPERANDS_H
#define LACUNA_OPERANDS_H
#include <stdint.h>
#include "diag.h"
#include "lacuna.h"
#include "npy.h"

enum { OPERANDS_X = NPY_IS(NPY_INT8) | NPY_IS(NPY_UINT8) | NPY_IS(NPY_INT16) }; /* types of X */

/* `ndim` dimensions, 2 or 4, called `want` in messages. `types`: of NPY_IS(). */
int operands_array(const char *file, unsigned types, unsigned ndim, const char *want, npy_array *a, diag *d);

/* Two dimensions, called `want` in messages ("[K, C]"): at most max_rows and HOST_MAX_DIM. `types`: of NPY_IS(). */
int operands_matrix(const char *file, unsigned types, const char *want, uint64_t max_rows, npy_array *a, diag *d);

/* The type of X, and that it has the zero point, which came with `option`. */
int operands_zero(const char *file, const char *option, int64_t zero, const npy_array *x, lac_type *in, diag *d);

/* X [N, C] of int8, uint8 or int16 for the W [K, C] of `w_file`: as many channels, and a zero point that its type has. *in: its type. */
int operands_input(const char *file, int64_t zero, const char *w_file, const npy_array *w, npy_array *x, lac_type *in, diag *d);

#endif
