/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_voxel.c - points to voxels. The only file of the driver with floating point: plain C99, double where a processor without it has the compiler's own
 * routines; no function of a library */
#include <stddef.h>

#include "lacuna.h"

/* *to = floor(p / size); 0: outside int16, or no number. */
static int cell(float p, double size, int32_t *to)
{
    const double q = (double)p / size;

    if (!(q >= -32768.0 && q < 32768.0))
        return 0;
    *to = (int32_t)q;
    if ((double)*to > q)
        --*to;
    return 1;
}

static int site_of(const lac_voxels *v, uint32_t i, lac_site *s)
{
    const float *p = v->points + 3u * (size_t)i;

    s->batch = (int32_t)v->batch;
    return cell(p[2], v->size[0], &s->z) && cell(p[1], v->size[1], &s->y) && cell(p[0], v->size[2], &s->x);
}

static int same(const lac_site *a, const lac_site *b) { return a->z == b->z && a->y == b->y && a->x == b->x; }

lac_status lac_voxelize(const lac_voxels *v, uint32_t *voxels, uint32_t *where)
{
    uint32_t none;

    if (!where)
        where = &none;
    if (!v || !voxels)
        return LAC_E_ARG;
    *where = v->n;
    for (uint32_t a = 0; a < 3u; a++)
        if (!(v->size[a] > 0.0))
            return LAC_E_ARG;
    if (v->n > (uint32_t)LAC_COORDS_MOST || v->batch > 255u
        || (v->n && (!v->points || !v->sites || !v->of_point || !v->count || !v->scratch || (v->features && (!v->feature || !v->mean)))))
        return LAC_E_ARG;
    for (uint32_t i = 0; i < v->n; i++)
        if (!site_of(v, i, &v->sites[i])) {
            *where = i;
            return LAC_E_ARG;
        }

    uint32_t *const order = v->scratch;
    lac_coords_sort(v->sites, v->n, order, order + v->n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < v->n; i++) {
        if (i == 0u || !same(&v->sites[order[i - 1u]], &v->sites[order[i]]))
            v->count[n++] = 0;
        v->of_point[order[i]] = n - 1u;
        v->count[n - 1u]++;
    }
    *voxels = n;

    /* The sites' places are needed for the voxels now; a site is found again from any of its points. */
    for (uint32_t k = 0, i = 0; k < n; i += v->count[k++]) {
        (void)site_of(v, order[i], &v->sites[k]);
        for (uint32_t f = 0; f < v->features; f++) {
            double sum = 0.0;
            for (uint32_t j = 0; j < v->count[k]; j++)
                sum += (double)v->feature[(size_t)order[i + j] * v->features + f];
            v->mean[(size_t)k * v->features + f] = (float)(sum / (double)v->count[k]);
        }
    }
    return LAC_OK;
}
