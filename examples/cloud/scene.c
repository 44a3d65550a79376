/* SPDX-License-Identifier: Apache-2.0
 *
 * scene.c - see scene.h */
#include "scene.h"
#include <stdlib.h>
#include <string.h>
#include "cloud.h"
#include "npy.h"
#include "rng.h"

/* ---- The room -------------------------------------------------------------------------------------- */

typedef struct { int32_t low[3], high[3]; } box; /* [mm] x, y, z */

enum { ROOM_SEED = 1, SKIN = 20 /* [mm] that a surface is thick */ };

static const box boxes[] = {
    { { 0, 0, 0 }, { 3200, 2600, SKIN } },          /* floor */
    { { 0, 0, 0 }, { SKIN, 2600, 2000 } },          /* walls */
    { { 0, 0, 0 }, { 3200, SKIN, 2000 } },
    { { 700, 700, 760 }, { 1900, 1500, 800 } },     /* table: top, legs */
    { { 720, 720, 0 }, { 800, 800, 760 } },
    { { 1800, 720, 0 }, { 1880, 800, 760 } },
    { { 720, 1400, 0 }, { 800, 1480, 760 } },
    { { 1800, 1400, 0 }, { 1880, 1480, 760 } },
};
enum { BOXES = sizeof boxes / sizeof *boxes, BALL_RADIUS = 360 };
static const int32_t ball[3] = { 2500, 1700, BALL_RADIUS };

/* [mm^2] half of a box's surface; of the ball, whose inside is not seen, all of it. */
static uint32_t area(uint32_t i)
{
    const box    *b = &boxes[i];
    const int32_t x = i < BOXES ? b->high[0] - b->low[0] : 0, y = i < BOXES ? b->high[1] - b->low[1] : 0, z = i < BOXES ? b->high[2] - b->low[2] : 0;
    return i < BOXES ? (uint32_t)(x * y + y * z + z * x) : 12566u * BALL_RADIUS / 1000u * BALL_RADIUS;
}

static void on_ball(lac_rng *g, int32_t p[3])
{
    const int32_t inner = (BALL_RADIUS - SKIN) * (BALL_RADIUS - SKIN), outer = BALL_RADIUS * BALL_RADIUS;
    int32_t       r;
    do {
        r = 0;
        for (int a = 0; a < 3; a++) {
            const int32_t v = (int32_t)rng_range(g, -BALL_RADIUS, BALL_RADIUS);
            p[a] = ball[a] + v;
            r += v * v;
        }
    } while (r < inner || r > outer);
}

static void draw(lac_rng *g, int32_t p[3])
{
    uint32_t all = 0, i = 0;
    for (uint32_t k = 0; k <= BOXES; k++) all += area(k);
    for (uint32_t at = rng_below(g, all); at >= area(i); i++) at -= area(i);
    if (i == BOXES) on_ball(g, p);
    else
        for (int a = 0; a < 3; a++) p[a] = (int32_t)rng_range(g, boxes[i].low[a], boxes[i].high[a] - 1);
}

/* ---- Points to voxels ------------------------------------------------------------------------------ */

/* Where in its voxel. */
static int8_t offset(float mean, double voxel, int32_t site)
{
    const double at = ((double)mean / voxel - (double)site) * 2.0 * OFFSET;
    return (int8_t)((at < 0.0 ? 0 : at > 2.0 * OFFSET - 1.0 ? 2 * OFFSET - 1 : (int)at) - OFFSET);
}

static int make_voxels(scene *s, const float *points, uint32_t n, double voxel, const char *name, diag *d)
{
    const size_t room = n ? n : 1;
    uint32_t     where = 0, *of_point = malloc(room * sizeof *of_point), *count = malloc(room * sizeof *count), *scratch = malloc(2 * room * sizeof *scratch);
    float       *mean = malloc(3 * room * sizeof *mean);
    s->points = n;
    s->features = FEATURES;
    s->site = malloc(room * sizeof *s->site);
    s->feature = malloc(room * FEATURES);
    lac_status st = LAC_E_SPACE;
    if (of_point && count && scratch && mean && s->site && s->feature) {
        const lac_voxels v = { points, n, { voxel, voxel, voxel }, 0, points, 3, s->site, of_point, count, mean, scratch };
        st = lac_voxelize(&v, &s->n, &where);
    }
    for (uint32_t i = 0; i < s->n && !st; i++) {
        const lac_site *at = &s->site[i];
        int8_t         *f = s->feature + (size_t)i * FEATURES;
        f[0] = ONE;
        f[1] = offset(mean[3 * (size_t)i + 2], voxel, at->z);
        f[2] = offset(mean[3 * (size_t)i + 1], voxel, at->y);
        f[3] = offset(mean[3 * (size_t)i], voxel, at->x);
    }
    free(of_point);
    free(count);
    free(scratch);
    free(mean);
    if (st == LAC_E_ARG) return diag_set(d, "%s: point %u has no voxel of %g, expected numbers with floor(p / size) in -32768 .. 32767", name, (unsigned)where, voxel);
    return st ? diag_set(d, "%s: not enough memory", name) : 0;
}

int scene_room(scene *s, uint32_t points, double voxel, diag *d)
{
    lac_rng g = { ROOM_SEED };
    float  *p = malloc((points ? points : 1) * 3 * sizeof *p);
    memset(s, 0, sizeof *s);
    if (!p) return diag_set(d, "not enough memory");
    for (uint32_t i = 0; i < points; i++) {
        int32_t at[3];
        draw(&g, at);
        for (int a = 0; a < 3; a++) p[3 * (size_t)i + (size_t)a] = (float)at[a] / 1000.0f;
    }
    const int bad = make_voxels(s, p, points, voxel, "the room", d);
    free(p);
    return bad;
}

/* ---- Files ----------------------------------------------------------------------------------------- */

static int load_voxels(scene *s, const char *path, diag *d)
{
    cloud c;
    int   bad = cloud_load(path, 0, NULL, &c, d);
    if (!bad) {
        s->n = c.n;
        s->features = FEATURES;
        s->site = malloc((c.n ? c.n : 1) * sizeof *s->site);
        s->feature = calloc(c.n ? c.n : 1, FEATURES);
        if (!s->site || !s->feature) bad = diag_set(d, "%s: not enough memory", path);
    }
    for (uint32_t i = 0; i < s->n && !bad; i++) {
        s->site[i] = c.site[c.order[i]];
        s->feature[(size_t)i * FEATURES] = ONE;
    }
    cloud_free(&c);
    return bad;
}

int scene_load(scene *s, const char *path, double voxel, diag *d)
{
    npy_array a;
    char      shape[192];
    memset(s, 0, sizeof *s);
    if (npy_load(path, NPY_IS(NPY_INT32) | NPY_IS(NPY_FLOAT32), &a, d)) return -1;
    npy_shape(a.ndim, a.dim, shape, sizeof shape);
    int bad;
    if (a.type == NPY_INT32) bad = load_voxels(s, path, d);
    else if (a.ndim != 2 || a.dim[1] != 3) bad = diag_set(d, "%s: shape %s, expected [N, 3]: points x, y, z", path, shape);
    else if (a.dim[0] > LAC_COORDS_MOST) bad = diag_set(d, "%s: %zu points, expected at most %d", path, a.dim[0], LAC_COORDS_MOST);
    else bad = make_voxels(s, a.data, (uint32_t)a.dim[0], voxel, path, d);
    npy_free(&a);
    return bad;
}

void scene_free(scene *s)
{
    free(s->site);
    free(s->feature);
    memset(s, 0, sizeof *s);
}
