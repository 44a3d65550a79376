/* SPDX-License-Identifier: Apache-2.0
 *
 * cloud.c - see cloud.h */
#include "cloud.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const column_[5] = { "batch", "t", "z", "y", "x" };

/* What column `a` of a file is called. */
static const char *name_of(const cloud *c, unsigned a) { return column_[a && c->columns == 4 ? a + 1 : a]; }

static const int32_t *row_of(const cloud *c, uint32_t i) { return (const int32_t *)c->a.data + (size_t)i * c->columns; }

/* "voxel 7 (0, 1, -2, 3)" */
static const char *voxel(const cloud *c, uint32_t i, char *buf, size_t cap)
{
    int at = snprintf(buf, cap, "voxel %" PRIu32, i);
    for (unsigned a = 0; a < c->columns; a++) at += snprintf(buf + at, cap - (size_t)at, "%s%" PRId32 "%s", a ? ", " : " (", row_of(c, i)[a], a + 1 == c->columns ? ")" : "");
    return buf;
}

static int refuse(const char *file, const cloud *c, const lac_coords_fault *f, diag *d)
{
    char        a[96], b[96];
    const char *all = c->columns == 5 ? "(batch, t, z, y, x)" : "(batch, z, y, x)";
    voxel(c, f->at, a, sizeof a);
    voxel(c, f->other, b, sizeof b);
    if (f->why == LAC_COORDS_TWICE) return diag_set(d, "%s: %s and %s are the same, expected each %s once", file, b, a, all);
    return diag_set(d, "%s: %s stands behind %s, expected %s to ascend with --sorted", file, a, b, all);
}

static int check_range(const char *file, const uint32_t *shape, const cloud *c, diag *d)
{
    for (uint32_t i = 0; i < c->n; i++)
        for (unsigned a = 0; a < c->columns; a++) {
            const int32_t v = row_of(c, i)[a];
            int32_t       lo = a ? -32768 : 0, hi = a ? 32767 : 255;
            const int     out = v < lo || v > hi;
            if (!out && a && shape) {
                lo = 0;
                hi = (int32_t)shape[a - 1] - 1;
            }
            if (v < lo || v > hi)
                return diag_set(d, "%s: element [%" PRIu32 ", %u] (byte %zu), %s, is %" PRId32 ", expected %" PRId32 " .. %" PRId32 "%s", file, i, a,
                                c->a.offset + 4 * (size_t)c->columns * i + 4 * a, name_of(c, a), v, lo, hi, a && shape && !out ? ", inside --shape" : "");
        }
    return 0;
}

/* The frames, and sites with their numbers. scratch: [n] */
static int find_frames(const char *file, cloud *c, uint32_t *scratch, diag *d)
{
    c->own = malloc((c->n ? c->n : 1) * sizeof *c->own);
    c->frame = malloc(LAC_FRAMES * sizeof *c->frame);
    if (!c->own || !c->frame) return diag_set(d, "%s: not enough memory", file);
    for (uint32_t i = 0; i < c->n; i++) c->own[i] = (lac_site){ row_of(c, i)[0], row_of(c, i)[1], 0, 0 };
    lac_coords_sort(c->own, c->n, c->order, scratch);
    uint64_t all = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        lac_site *const at = &c->own[c->order[i]];
        const lac_frame f = { at->batch, at->z };
        if (!all || c->frame[c->frames - 1].batch != f.batch || c->frame[c->frames - 1].t != f.t) {
            if (all++ >= LAC_FRAMES) c->frames--; /* only counted */
            c->frame[c->frames++] = f;
        }
    }
    if (all > LAC_FRAMES) return diag_set(d, "%s: %" PRIu64 " frames (voxels of one batch and t), expected at most %d", file, all, LAC_FRAMES);
    for (uint32_t i = 0, n = 0; i < c->n; i++) {
        lac_site *const      at = &c->own[c->order[i]];
        const int32_t *const row = row_of(c, c->order[i]);
        n += c->frame[n].batch != row[0] || c->frame[n].t != row[1];
        *at = (lac_site){ (int32_t)n, row[2], row[3], row[4] };
    }
    c->site = c->own;
    return 0;
}

int cloud_open(const char *file, cloud *c, diag *d)
{
    char text[192];
    memset(c, 0, sizeof *c);
    if (npy_load(file, NPY_IS(NPY_INT32) | NPY_EMPTY, &c->a, d)) return -1;
    if (c->a.ndim != 2 || (c->a.dim[1] != 4 && c->a.dim[1] != 5))
        return diag_set(d, "%s: shape %s, expected [V, 4]: batch, z, y, x, or [V, 5]: batch, t, z, y, x", file, npy_shape(c->a.ndim, c->a.dim, text, sizeof text));
    if (c->a.dim[0] > LAC_COORDS_MOST) return diag_set(d, "%s: %zu voxels, expected at most %d", file, c->a.dim[0], LAC_COORDS_MOST);
    c->columns = (uint32_t)c->a.dim[1];
    c->n = (uint32_t)c->a.dim[0];
    return 0;
}

int cloud_make(const char *file, int sorted, const uint32_t *shape, cloud *c, diag *d)
{
    lac_coords_fault fault;
    if (check_range(file, shape, c, d)) return -1;

    const size_t n = c->n ? c->n : 1;
    uint32_t    *scratch = malloc(n * sizeof *scratch);
    c->site = c->a.data;
    c->order = malloc(n * sizeof *c->order);
    int bad = !c->order || !scratch ? diag_set(d, "%s: not enough memory", file) : c->columns == 5 ? find_frames(file, c, scratch, d) : 0;
    if (!bad && sorted)
        for (uint32_t i = 0; i < c->n; i++) c->order[i] = i;
    else if (!bad) lac_coords_sort(c->site, c->n, c->order, scratch);
    free(scratch);
    if (bad) return -1;
    const lac_status s = lac_coords_pack(c->site, c->n, c->order, NULL, 0, &c->words, &fault);
    if (s == LAC_E_SPACE) return diag_set(d, "%s: a coordinate list of %" PRIu32 " words, expected at most %d", file, c->words, LAC_COORDS_MOST);
    if (s) return refuse(file, c, &fault, d);
    c->list = malloc(lac_coords_bytes(c->words));
    if (!c->list || lac_coords_pack(c->site, c->n, c->order, c->list, lac_coords_bytes(c->words), &c->words, NULL))
        return diag_set(d, "%s: not enough memory", file);
    return 0;
}

int cloud_load(const char *file, int sorted, const uint32_t shape[3], cloud *c, diag *d)
{
    char text[192];
    if (cloud_open(file, c, d)) return -1;
    if (c->columns != 4) return diag_set(d, "%s: shape %s, expected [V, 4]: batch, z, y, x", file, npy_shape(c->a.ndim, c->a.dim, text, sizeof text));
    return cloud_make(file, sorted, shape, c, d);
}

void cloud_free(cloud *c)
{
    npy_free(&c->a);
    free(c->own);
    free(c->frame);
    free(c->order);
    free(c->list);
    memset(c, 0, sizeof *c);
}
