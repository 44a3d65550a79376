/* SPDX-License-Identifier: Apache-2.0
 *
 * cloud.c - see cloud.h */
#include "cloud.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const column_[4] = { "batch", "z", "y", "x" };

/* "voxel 7 (0, 1, -2, 3)" */
static const char *voxel(const cloud *c, uint32_t i, char *buf, size_t cap)
{
    const lac_site *s = &c->site[i];
    snprintf(buf, cap, "voxel %" PRIu32 " (%" PRId32 ", %" PRId32 ", %" PRId32 ", %" PRId32 ")", i, s->batch, s->z, s->y, s->x);
    return buf;
}

static int32_t value(const lac_site *s, unsigned axis) { return axis == 0 ? s->batch : axis == 1 ? s->z : axis == 2 ? s->y : s->x; }

static int refuse_value(const char *file, const cloud *c, uint32_t i, unsigned axis, int32_t lo, int32_t hi, const char *why, diag *d)
{
    return diag_set(d, "%s: element [%" PRIu32 ", %u] (byte %zu), %s, is %" PRId32 ", expected %" PRId32 " .. %" PRId32 "%s", file, i, axis,
                    c->a.offset + 16 * (size_t)i + 4 * axis, column_[axis], value(&c->site[i], axis), lo, hi, why);
}

static int refuse(const char *file, const cloud *c, const lac_coords_fault *f, diag *d)
{
    char a[96], b[96];
    voxel(c, f->at, a, sizeof a);
    if (f->why == LAC_COORDS_RANGE) {
        const int batch = f->other == 0;
        return refuse_value(file, c, f->at, f->other, batch ? 0 : -32768, batch ? 255 : 32767, "", d);
    }
    voxel(c, f->other, b, sizeof b);
    if (f->why == LAC_COORDS_TWICE) return diag_set(d, "%s: %s and %s are the same, expected each (batch, z, y, x) once", file, b, a);
    return diag_set(d, "%s: %s stands behind %s, expected (batch, z, y, x) to ascend with --sorted", file, a, b);
}

static int check_range(const char *file, const uint32_t shape[3], const cloud *c, diag *d)
{
    for (uint32_t i = 0; i < c->n; i++)
        for (unsigned a = 0; a < 4; a++) {
            const int32_t v = value(&c->site[i], a);
            if (v < (a ? -32768 : 0) || v > (a ? 32767 : 255)) return refuse(file, c, &(lac_coords_fault){ LAC_COORDS_RANGE, i, a }, d);
            if (shape && a && (v < 0 || v >= (int32_t)shape[a - 1]))
                return refuse_value(file, c, i, a, 0, (int32_t)shape[a - 1] - 1, ", inside --shape", d);
        }
    return 0;
}

int cloud_load(const char *file, int sorted, const uint32_t shape[3], cloud *c, diag *d)
{
    char             text[192];
    lac_coords_fault fault;
    memset(c, 0, sizeof *c);
    if (npy_load(file, NPY_IS(NPY_INT32) | NPY_EMPTY, &c->a, d)) return -1;
    npy_shape(c->a.ndim, c->a.dim, text, sizeof text);
    if (c->a.ndim == 2 && c->a.dim[1] == 5)
        return diag_set(d, "%s: shape %s: voxels in four dimensions (batch, t, z, y, x) are not mapped yet, expected [V, 4]", file, text);
    if (c->a.ndim != 2 || c->a.dim[1] != 4) return diag_set(d, "%s: shape %s, expected [V, 4]: batch, z, y, x", file, text);
    if (c->a.dim[0] > LAC_COORDS_MOST) return diag_set(d, "%s: %zu voxels, expected at most %d", file, c->a.dim[0], LAC_COORDS_MOST);
    c->n = (uint32_t)c->a.dim[0];
    c->site = c->a.data;
    if (check_range(file, shape, c, d)) return -1;

    const size_t n = c->n ? c->n : 1;
    uint32_t    *scratch = malloc(n * sizeof *scratch);
    c->order = malloc(n * sizeof *c->order);
    if (c->order && scratch) {
        if (sorted)
            for (uint32_t i = 0; i < c->n; i++) c->order[i] = i;
        else lac_coords_sort(c->site, c->n, c->order, scratch);
    }
    const int have = c->order && scratch;
    free(scratch);
    if (!have) return diag_set(d, "%s: not enough memory", file);
    const lac_status s = lac_coords_pack(c->site, c->n, c->order, NULL, 0, &c->words, &fault);
    if (s == LAC_E_SPACE) return diag_set(d, "%s: a coordinate list of %" PRIu32 " words, expected at most %d", file, c->words, LAC_COORDS_MOST);
    if (s) return refuse(file, c, &fault, d);
    c->list = malloc(lac_coords_bytes(c->words));
    if (!c->list || lac_coords_pack(c->site, c->n, c->order, c->list, lac_coords_bytes(c->words), &c->words, NULL))
        return diag_set(d, "%s: not enough memory", file);
    return 0;
}

void cloud_free(cloud *c)
{
    npy_free(&c->a);
    free(c->order);
    free(c->list);
    memset(c, 0, sizeof *c);
}
