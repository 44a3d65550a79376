/* SPDX-License-Identifier: Apache-2.0
 *
 * picture.c - see picture.h
 *
 *        2 a
 *       .-^-.      top: a rhombus, 2a pixels wide and a high; below it the two sides, a high
 *     .'     '.    a step in x: (-a, a/2) pixels, in y: (a, a/2), in z: (0, -a)
 *     |'-. .-'|
 *     |   |   |
 *      '-.|.-' */
#include "picture.h"
#include <stdlib.h>
#include <string.h>
#include "outfile.h"

enum { WIDEST = 1200, LARGEST_CUBE = 12, MARGIN = 8 };

static const uint8_t palette[PICTURE_COLOURS][3] = {
    { 76, 120, 168 }, { 245, 133, 24 }, { 84, 162, 75 }, { 228, 87, 86 }, { 114, 183, 178 }, { 238, 202, 59 }, { 178, 121, 162 }, { 157, 117, 93 },
};
static const uint8_t background[3] = { 250, 250, 248 };

typedef struct { uint32_t width, height; uint8_t *rgb; } canvas;

/* Which face a pixel of a cube's picture shows, 2a x 2a: 0 none, 1 top, 2 the left side, 3 the right one. */
static int face(int32_t a, int32_t px, int32_t py)
{
    const int32_t away = px < a ? a - 1 - px : px - a, half = away / 2; /* from the middle column */
    if (py < half || py > 2 * a - 1 - half) return 0;
    if (py < a - half) return 1;
    return px < a ? 2 : 3;
}

static void cube(canvas *c, int32_t a, int32_t left, int32_t top, const uint8_t colour[3])
{
    static const int32_t light[4] = { 0, 100, 82, 66 };
    for (int32_t py = 0; py < 2 * a; py++)
        for (int32_t px = 0; px < 2 * a; px++) {
            const int f = face(a, px, py);
            if (!f) continue;
            uint8_t *to = c->rgb + 3 * ((size_t)(top + py) * c->width + (size_t)(left + px));
            for (int i = 0; i < 3; i++) to[i] = (uint8_t)(colour[i] * light[f] / 100);
        }
}

typedef struct { int32_t depth; uint32_t i; } item;

static int by_depth(const void *p, const void *q)
{
    const item *a = p, *b = q;
    if (a->depth != b->depth) return a->depth < b->depth ? -1 : 1;
    return a->i < b->i ? -1 : a->i > b->i;
}

int picture_write(const char *path, const lac_site *site, const uint8_t *colour, uint32_t n, diag *d)
{
    int32_t  u0 = INT32_MAX, u1 = INT32_MIN, v0 = INT32_MAX, v1 = INT32_MIN; /* across: y - x; down, in halves of a: x + y - 2z */
    uint32_t m = 0;
    item    *order = malloc((n ? n : 1) * sizeof *order);
    canvas   c = { 0, 0, NULL };
    outfile  o;
    for (uint32_t i = 0; i < n && order; i++) {
        const lac_site *s = &site[i];
        const int32_t   u = s->y - s->x, v = s->x + s->y - 2 * s->z;
        if (s->batch != site[0].batch) continue;
        order[m++] = (item){ s->x + s->y + s->z, i };
        u0 = u < u0 ? u : u0;
        u1 = u > u1 ? u : u1;
        v0 = v < v0 ? v : v0;
        v1 = v > v1 ? v : v1;
    }
    int32_t a = LARGEST_CUBE;
    while (a > 2 && m && (int64_t)(u1 - u0 + 2) * a > WIDEST) a -= 2;
    if (m && ((int64_t)(u1 - u0) > 16 * WIDEST || (int64_t)(v1 - v0) > 16 * WIDEST)) {
        free(order);
        return diag_set(d, "%s: the voxels lie too far apart for a picture", path);
    }
    c.width = (uint32_t)(2 * MARGIN + (m ? (u1 - u0) * a : 0) + 2 * a);
    c.height = (uint32_t)(2 * MARGIN + (m ? (v1 - v0) * (a / 2) : 0) + 2 * a);
    c.rgb = malloc((size_t)c.width * c.height * 3);
    if (!order || !c.rgb) {
        free(order);
        free(c.rgb);
        return diag_set(d, "%s: not enough memory", path);
    }
    for (size_t i = 0; i < (size_t)c.width * c.height; i++) memcpy(c.rgb + 3 * i, background, 3);
    qsort(order, m, sizeof *order, by_depth);
    for (uint32_t k = 0; k < m; k++) {
        const lac_site *s = &site[order[k].i];
        cube(&c, a, MARGIN + (s->y - s->x - u0) * a, MARGIN + (s->x + s->y - 2 * s->z - v0) * (a / 2), palette[colour[order[k].i] % PICTURE_COLOURS]);
    }
    int bad = outfile_open(&o, path, d);
    if (!bad) {
        fprintf(o.f, "P6\n%u %u\n255\n", (unsigned)c.width, (unsigned)c.height);
        fwrite(c.rgb, 3, (size_t)c.width * c.height, o.f);
        bad = outfile_commit(&o, d);
    }
    free(order);
    free(c.rgb);
    return bad;
}
