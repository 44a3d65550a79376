/* SPDX-License-Identifier: Apache-2.0
 *
 * npy.h - NumPy .npy files, versions 1.0, 2.0 and 3.0
 *
 *   Accepted  int8 uint8 int16 int32 int64 float32; C order; little endian; 0 to 8 dimensions, none of them 0 (NPY_EMPTY: but the first may be);
 *             exactly the bytes that the shape asks for.
 *   Refused   everything else, by name: the message holds the file, the byte offset and what was expected.
 *   Host      little endian, as every machine that this builds for. */
#ifndef LACUNA_NPY_H
#define LACUNA_NPY_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "diag.h"

typedef enum { NPY_INT8, NPY_UINT8, NPY_INT16, NPY_INT32, NPY_INT64, NPY_FLOAT32, NPY_TYPES } npy_type;
#define NPY_IS(type) (1u << (type)) /* for sets of types */
#define NPY_EMPTY    (1u << 31)     /* in such a set: the first dimension may be 0 */

enum { NPY_MAX_NDIM = 8, NPY_MAX_HEADER = 65536 /* [bytes] of the header's text */ };

typedef struct {
    npy_type type;
    unsigned ndim;
    size_t   dim[NPY_MAX_NDIM]; /* [elements] outermost first; 1 beyond ndim */
    size_t   count;             /* [elements] product of dim; 1 for a scalar; NPY_EMPTY: perhaps 0 */
    size_t   offset;            /* [bytes] of element 0 in the file */
    void    *data;              /* malloc'ed */
} npy_array;

const char *npy_type_name(npy_type type);
size_t      npy_type_size(npy_type type); /* [bytes] */

/* Read all of `f`, called `name` in messages. `types`: the set to accept, NPY_IS(..) | .. */
int npy_read(FILE *f, const char *name, unsigned types, npy_array *out, diag *d);
int npy_load(const char *path, unsigned types, npy_array *out, diag *d);
void npy_free(npy_array *a);

/* Element i of an integer array. */
int64_t npy_int(const npy_array *a, size_t i);

/* "(3, 4)", as Python writes it; returns buf. */
const char *npy_shape(unsigned ndim, const size_t *dim, char *buf, size_t cap);

/* Write version 1.0. The file appears whole or not at all (outfile.h). */
int npy_save(const char *path, npy_type type, unsigned ndim, const size_t *dim, const void *data, diag *d);

#endif
