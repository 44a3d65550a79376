/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_pixels.c - images as lists of their active pixels, and back */
#include "lac_plan.h"

static uint32_t pixel_bytes(const lac_pixels *p) { return p->channels * lac_type_bytes(p->type); }

static int good(const lac_pixels *p)
{
    return p && p->images >= 1u && p->images <= 256u && p->rows >= 1u && p->rows <= 32768u && p->pixels >= 1u && p->pixels <= 32768u && p->channels >= 1u
           && p->channels <= 65535u && (unsigned)p->type <= LAC_RAW && (p->type == LAC_RAW ? !p->zero : lac_in_type(p->type, p->zero));
}

/* Byte i of a pixel of zeros. */
static uint8_t zero_byte(const lac_pixels *p, uint32_t i) { return (uint8_t)((uint32_t)p->zero >> (p->type == LAC_INT16 ? 8u * (i & 1u) : 0u)); }

static int active(const lac_pixels *p, const uint8_t *pixel)
{
    for (uint32_t i = 0; i < pixel_bytes(p); i++)
        if (pixel[i] != zero_byte(p, i))
            return 1;
    return 0;
}

lac_status lac_pixels_list(const lac_pixels *p, const void *image, lac_site *sites, void *features, uint32_t cap, uint32_t *n)
{
    const uint8_t *from = (const uint8_t *)image;
    uint8_t *to = (uint8_t *)features;

    if (!good(p) || !image || !n || (sites && !features))
        return LAC_E_ARG;
    *n = 0;
    for (uint32_t b = 0; b < p->images; b++)
        for (uint32_t y = 0; y < p->rows; y++)
            for (uint32_t x = 0; x < p->pixels; x++, from += pixel_bytes(p)) {
                if (!active(p, from))
                    continue;
                if (*n >= (sites ? cap : (uint32_t)LAC_COORDS_MOST))
                    return LAC_E_SPACE;
                if (sites) {
                    const lac_site s = {(int32_t)b, 0, (int32_t)y, (int32_t)x};
                    sites[*n] = s;
                    memcpy(to, from, pixel_bytes(p));
                    to += pixel_bytes(p);
                }
                ++*n;
            }
    return LAC_OK;
}

lac_status lac_pixels_image(const lac_pixels *p, const lac_site *sites, const void *features, uint32_t n, const void *rest, void *image, uint32_t *where)
{
    const uint8_t *from = (const uint8_t *)features;
    uint8_t *to = (uint8_t *)image;
    uint32_t none;

    if (!where)
        where = &none;
    *where = n;
    if (!good(p) || !image || (n && (!sites || !features)))
        return LAC_E_ARG;
    for (uint32_t i = 0; i < n; i++) { /* before anything is written */
        const lac_site *s = &sites[i];
        if ((uint32_t)s->batch >= p->images || s->z != 0 || (uint32_t)s->y >= p->rows || (uint32_t)s->x >= p->pixels) {
            *where = i;
            return LAC_E_ARG;
        }
    }
    const uint64_t all = (uint64_t)p->images * p->rows * p->pixels;
    for (uint64_t i = 0; i < all; i++, to += pixel_bytes(p))
        for (uint32_t k = 0; k < pixel_bytes(p); k++)
            to[k] = rest ? ((const uint8_t *)rest)[k] : zero_byte(p, k);
    to = (uint8_t *)image;
    for (uint32_t i = 0; i < n; i++, from += pixel_bytes(p))
        memcpy(to + ((((uint64_t)(uint32_t)sites[i].batch * p->rows + (uint32_t)sites[i].y) * p->pixels) + (uint32_t)sites[i].x) * pixel_bytes(p), from, pixel_bytes(p));
    return LAC_OK;
}
