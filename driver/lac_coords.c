/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_coords.c - coordinate lists (docs/mapping.md): sites in order, to a list, from a list */
#include <stddef.h>

#include "lac_mem.h"
#include "lacuna.h"

#define ROW      (UINT64_C(1) << 63)
#define ROW_ZERO (UINT64_C(0x7fffff) << 40) /* bits that are 0 in the word of a row, and of sites */
#define PART_ZERO (UINT64_C(0xfffff) << 43)
#define HEADER   0xffffffffu                /* instead of a word's number */

static int32_t value(const lac_site *s, uint32_t axis) { return axis == 0u ? s->batch : axis == 1u ? s->z : axis == 2u ? s->y : s->x; }

static int compare(const lac_site *a, const lac_site *b)
{
    for (uint32_t i = 0; i < 4u; i++)
        if (value(a, i) != value(b, i))
            return value(a, i) < value(b, i) ? -1 : 1;
    return 0;
}

/* ---- Order ----------------------------------------------------------------------------------------- */

/* from[low, middle) and from[middle, high) ascend; to[low, high) becomes both. */
static void merge(const lac_site *sites, const uint32_t *from, uint32_t *to, uint32_t low, uint32_t middle, uint32_t high)
{
    uint32_t a = low, b = middle;

    for (uint32_t i = low; i < high; i++)
        if (b == high || (a < middle && compare(&sites[from[a]], &sites[from[b]]) <= 0))
            to[i] = from[a++];
        else
            to[i] = from[b++];
}

void lac_coords_sort(const lac_site *sites, uint32_t n, uint32_t *order, uint32_t *scratch)
{
    uint32_t *from = order, *to = scratch;

    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t run = 1; run && run < n; run *= 2u) {
        for (uint32_t low = 0; low < n;) {
            const uint32_t middle = n - low < run ? n : low + run, high = n - middle < run ? n : middle + run;
            merge(sites, from, to, low, middle, high);
            low = high;
        }
        uint32_t *const other = from;
        from = to;
        to = other;
    }
    if (from != order && n)
        memcpy(order, from, n * sizeof *order);
}

/* ---- To a list ------------------------------------------------------------------------------------- */

static void put(uint8_t *p, uint64_t v, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> 8u * i);
}

static uint64_t get(const uint8_t *p, uint32_t bytes)
{
    uint64_t v = 0;
    for (uint32_t i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << 8u * i;
    return v;
}

/* floor(x / 32) */
static int32_t part_of(int32_t x) { return (int32_t)((uint32_t)(x + 32768) >> 5) - 1024; }

static uint64_t row_word(const lac_site *s)
{
    return ROW | (uint64_t)(uint32_t)s->batch << 32 | ((uint32_t)s->z & 0xffffu) << 16 | ((uint32_t)s->y & 0xffffu);
}

static uint64_t part_word(const lac_site *s) { return (uint64_t)((uint32_t)part_of(s->x) & 0x7ffu) << 32; }

static lac_status refuse(lac_coords_fault *fault, lac_coords_why why, uint32_t at, uint32_t other)
{
    if (fault) {
        fault->why = why;
        fault->at = at;
        fault->other = other;
    }
    return LAC_E_ARG;
}

static lac_status check(const lac_site *sites, uint32_t n, const uint32_t *order, lac_coords_fault *fault)
{
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t at = order ? order[i] : i, before = i == 0u ? at : order ? order[i - 1u] : i - 1u;
        for (uint32_t axis = 0; axis < 4u; axis++) {
            const int32_t v = value(&sites[at], axis);
            if (axis == 0u ? v < 0 || v > 255 : v < -32768 || v > 32767)
                return refuse(fault, LAC_COORDS_RANGE, at, axis);
        }
        const int c = i == 0u ? -1 : compare(&sites[before], &sites[at]);
        if (c >= 0)
            return refuse(fault, c ? LAC_COORDS_ORDER : LAC_COORDS_TWICE, at, before);
    }
    return LAC_OK;
}

lac_status lac_coords_pack(const lac_site *sites, uint32_t n, const uint32_t *order, void *buf, uint32_t cap, uint32_t *words, lac_coords_fault *fault)
{
    uint8_t *const list = buf;
    uint64_t row = 0, word = 0; /* at hand; no row is 0 */

    if (!words || n > (uint32_t)LAC_COORDS_MOST || (n && !sites))
        return refuse(fault, (lac_coords_why)0, 0, 0);
    const lac_status s = check(sites, n, order, fault);
    if (s != LAC_OK)
        return s;

    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) { /* every word once, where its first site is */
        const lac_site *at = &sites[order ? order[i] : i];
        const int fresh = row != row_word(at);
        count += (uint32_t)fresh + (uint32_t)(fresh || word != part_word(at));
        row = row_word(at);
        word = part_word(at);
    }
    *words = count;
    if (count > (uint32_t)LAC_COORDS_MOST)
        return LAC_E_SPACE;
    if (!buf)
        return LAC_OK;
    if (cap < lac_coords_bytes(count))
        return LAC_E_SPACE;

    memset(list, 0, lac_coords_bytes(count));
    put(list, n, 4);
    put(list + 4, count, 4);
    uint8_t *to = list + 64;
    row = word = 0;
    for (uint32_t i = 0; i < n; i++) {
        const lac_site *at = &sites[order ? order[i] : i];
        if (row != row_word(at)) {
            row = row_word(at);
            put(to, row, 8);
            to += 16;
            word = part_word(at);
        } else if ((word & ~UINT64_C(0xffffffff)) != part_word(at)) {
            to += 8;
            word = part_word(at);
        }
        word |= UINT64_C(1) << ((uint32_t)at->x & 31u);
        put(to - 8, word, 8);
    }
    return LAC_OK;
}

/* ---- List to list ---------------------------------------------------------------------------------- */

/* A reader of the list under other batches. */
typedef struct {
    const int16_t *to;
    uint32_t       at; /* word: a row that is left, or words */
    uint64_t       row; /* its word, as it will be */
} reader;

static uint64_t word_of(const uint8_t *list, uint32_t i) { return get(list + 64u + 8u * (size_t)i, 8); }

/* z, y or a part of x, as a number that ascends with it, besides the batch. */
static uint64_t ascending(uint64_t w) { return w ^ (w & ROW ? UINT64_C(0x80008000) : UINT64_C(0x400) << 32); }

/* The row at r->at, or the next one that is not left out. */
static void settle(reader *r, const uint8_t *list, uint32_t words)
{
    for (; r->at < words; r->at++) {
        const uint64_t w = word_of(list, r->at);
        if (!(w & ROW) || r->to[w >> 32 & 0xffu] < 0)
            continue;
        r->row = (w & ~(UINT64_C(0xff) << 32)) | (uint64_t)(uint8_t)r->to[w >> 32 & 0xffu] << 32;
        return;
    }
    r->row = ~UINT64_C(0);
}

/* What readers have of row `row`, written where `to` is not NULL; they move on behind it. Words; *voxels grows. */
static uint32_t merge_row(reader *r, uint32_t n, uint64_t row, const uint8_t *list, uint32_t words, uint8_t *to, uint32_t *voxels)
{
    uint32_t count = 1, mine = 0;

    for (uint32_t i = 0; i < n; i++)
        if (r[i].row == row) {
            mine |= 1u << i;
            r[i].at++;
        }
    if (to)
        put(to, row, 8);
    for (;;) {
        uint64_t least = ROW, sites = 0; /* above every part */
        for (uint32_t i = 0; i < n; i++) {
            const uint64_t w = mine >> i & 1u && r[i].at < words ? word_of(list, r[i].at) : ROW;
            const uint64_t part = w & ROW ? ROW : ascending(w) >> 32;
            sites = part < least ? 0 : sites;
            least = part < least ? part : least;
            sites |= part == least ? w : 0;
        }
        if (least == ROW)
            break;
        for (uint32_t i = 0; i < n; i++)
            if (mine >> i & 1u && r[i].at < words && (word_of(list, r[i].at) ^ sites) >> 32 == 0u)
                r[i].at++;
        if (to)
            put(to + 8u * (size_t)count, sites, 8);
        count++;
        for (uint32_t left = (uint32_t)sites; left; left &= left - 1u)
            *voxels += 1u;
    }
    for (uint32_t i = 0; i < n; i++)
        if (mine >> i & 1u)
            settle(&r[i], list, words);
    return count;
}

lac_status lac_coords_merge(const void *list, const int16_t (*to)[LAC_BATCHES], uint32_t n, void *buf, uint32_t cap, uint32_t *voxels, uint32_t *words)
{
    reader r[5];

    if (!list || !to || n < 1u || n > 5u || !voxels || !words)
        return LAC_E_ARG;
    const uint32_t all = (uint32_t)get((const uint8_t *)list + 4, 4);
    for (int write = 0; write < 2; write++) {
        uint8_t *const out = write ? buf : NULL;
        uint64_t count = 0;
        for (uint32_t i = 0; i < n; i++) {
            r[i].to = to[i];
            r[i].at = 0;
            settle(&r[i], list, all);
        }
        if (write) {
            memset(out, 0, lac_coords_bytes(*words));
            put(out, *voxels, 4);
            put(out + 4, *words, 4);
        }
        *voxels = 0;
        for (;;) {
            uint64_t row = r[0].row;
            for (uint32_t i = 1; i < n; i++)
                if (r[i].row != ~UINT64_C(0) && (row == ~UINT64_C(0) || ascending(r[i].row) < ascending(row)))
                    row = r[i].row;
            if (row == ~UINT64_C(0))
                break;
            count += merge_row(r, n, row, list, all, write ? out + 64u + 8u * (size_t)count : NULL, voxels);
        }
        *words = count > 0xffffffffu ? 0xffffffffu : (uint32_t)count;
        if (*words > (uint32_t)LAC_COORDS_MOST || *voxels > (uint32_t)LAC_COORDS_MOST)
            return LAC_E_SPACE;
        if (!buf)
            return LAC_OK;
        if (cap < lac_coords_bytes(*words))
            return LAC_E_SPACE;
    }
    return LAC_OK;
}

/* ---- From a list ----------------------------------------------------------------------------------- */

static lac_status malformed(uint32_t *where, uint32_t word)
{
    if (where)
        *where = word;
    return LAC_E_FORMAT;
}

static int32_t int16_of(uint64_t v) { return (int32_t)(v & 0xffffu) - (v & 0x8000u ? 0x10000 : 0); }

lac_status lac_coords_unpack(const void *list, uint32_t bytes, lac_site *sites, uint32_t cap, uint32_t *n, uint32_t *where)
{
    const uint8_t *const p = list;
    lac_site at = {-1, 0, 0, 0};
    int32_t part = 0;   /* the row's last; -2048: it has nothing yet */
    uint32_t count = 0;

    if (!list || !n)
        return LAC_E_ARG;
    if (bytes < 64u)
        return malformed(where, HEADER);
    const uint32_t voxels = (uint32_t)get(p, 4), words = (uint32_t)get(p + 4, 4);
    *n = voxels;
    if (voxels > (uint32_t)LAC_COORDS_MOST || words > (uint32_t)LAC_COORDS_MOST || !voxels != !words || bytes - 64u < 8u * words)
        return malformed(where, HEADER);
    if (sites && cap < voxels)
        return LAC_E_SPACE;

    for (uint32_t i = 0; i < words; i++) {
        const uint64_t w = get(p + 64u + 8u * i, 8);
        if (w & ROW) {
            const lac_site row = {(int32_t)(w >> 32 & 0xffu), int16_of(w >> 16), int16_of(w), 0};
            at.x = 0;
            if (w & ROW_ZERO || i + 1u == words || (at.batch >= 0 && (part == -2048 || compare(&at, &row) >= 0)))
                return malformed(where, i);
            at = row;
            part = -2048;
            continue;
        }
        const int32_t next = (int32_t)(w >> 32 & 0x7ffu) - (w >> 42 & 1u ? 0x800 : 0);
        if (at.batch < 0 || w & PART_ZERO || (uint32_t)w == 0u || next <= part)
            return malformed(where, i);
        part = next;
        for (uint32_t bit = 0; bit < 32u; bit++)
            if (w >> bit & 1u) {
                if (count == voxels)
                    return malformed(where, HEADER);
                at.x = 32 * part + (int32_t)bit;
                if (sites)
                    sites[count] = at;
                count++;
            }
    }
    return count == voxels ? LAC_OK : malformed(where, HEADER);
}
