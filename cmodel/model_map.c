/* SPDX-License-Identifier: Apache-2.0
 *
 * model_map.c - MAP: lists of coordinates -> outputs, rules (docs/mapping.md) */
#include "model_impl.h"

#include <stdlib.h>
#include <string.h>

enum { Z, Y, X, AXES };
enum { NO_TAP = 127, MAX_TAP = 126, LIMIT24 = 1 << 24 };

typedef struct {
    int32_t batch, at[AXES];
} site;

/* Why a list is not what it should be. */
typedef struct {
    uint32_t code, index;
    uint64_t addr;
} fault;

typedef struct {
    site    *site;  /* ascending */
    uint32_t count, room;
    fault    fault;
} site_list;

/* Lines on their way to memory. `limit` bytes may be written; what lies beyond is dropped. */
typedef struct {
    uint64_t base, at, limit;  /* at: bytes so far */
    uint8_t  line[MAX_LINE];
} writer;

/* A map, from its first command to its end. */
struct model_map {
    site_list in, out;
    int       made, transposed, bounded, no_rules;
    int32_t   kernel[AXES], stride[AXES], dilation[AXES], pad[AXES], shape[AXES];
    uint32_t  tap, tap_pitch[AXES], band, band_room;
    uint64_t  bands_addr, list_addr, rules_addr;
    uint32_t  rule_room;                     /* [bytes] */
    uint32_t  next;                          /* output that is visited next */
    uint32_t  bands;                         /* finished */
    uint32_t  outputs, rules, start, all_rules;   /* of the band at work; where its rules begin [bytes]; of all bands */
    uint32_t  first[3], stop[3];             /* inputs of its rules, by kz */
    uint64_t  word;                          /* of the made list: the sites at hand, 0: none yet */
    writer    list, rule;
    int       beyond;                        /* an output lies outside int16 */
    fault     write;                         /* the first that failed */
};

void model_map_forget(lac_model *m)
{
    if (m->map) {
        free(m->map->in.site);
        free(m->map->out.site);
    }
    free(m->map);
    m->map = NULL;
}

/* ---- Sites ---------------------------------------------------------------------------------------------- */

static int compare(const void *pa, const void *pb)
{
    const site *a = pa, *b = pb;
    if (a->batch != b->batch) return a->batch < b->batch ? -1 : 1;
    for (int i = 0; i < AXES; i++)
        if (a->at[i] != b->at[i]) return a->at[i] < b->at[i] ? -1 : 1;
    return 0;
}

static void add(site_list *l, const site *s)
{
    if (l->count == l->room) {
        l->room = l->room ? 2u * l->room : 256u;
        site *more = realloc(l->site, l->room * sizeof *more);
        if (!more) abort();  /* a model without memory has nothing to say */
        l->site = more;
    }
    l->site[l->count++] = *s;
}

/* Where s stands, or -1. */
static int64_t find(const site_list *l, const site *s)
{
    uint32_t low = 0, high = l->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2u;
        const int      order  = compare(&l->site[middle], s);
        if (order == 0) return middle;
        if (order < 0) low = middle + 1u;
        else           high = middle;
    }
    return -1;
}

/* ---- Reading a list --------------------------------------------------------------------------------------- */

static fault list_fault(uint32_t code, uint64_t addr, uint32_t index)
{
    const fault f = {code, index, addr};
    return f;
}

/* Rows that may be needed at once: y of each, and the words before it. */
typedef struct {
    uint32_t begin, rows;  /* [0, rows) were read; those from `begin` on count */
    int32_t *y;
    uint32_t *words;
} row_window;

/* Words from the first row on that an output may need together with row y, of the same batch and z if not `fresh`; the row's own word is number `word`. */
static uint32_t words_before(row_window *w, int32_t y, int fresh, int32_t reach, uint32_t word)
{
    if (fresh) w->begin = w->rows;
    while (w->begin < w->rows && w->y[w->begin] < y - reach) w->begin++;
    w->y[w->rows]       = y;
    w->words[w->rows++] = word;
    return w->words[w->begin];
}

/* One list. `ring`: words that rows within `reach` of each other may take, 0: no limit. `times`: how often its words are read. */
static void read_list(lac_model *m, uint64_t addr, uint32_t ring, int32_t reach, uint32_t times, site_list *l)
{
    uint8_t  line[MAX_LINE];
    uint64_t bad;
    uint32_t code;
    row_window window = {0, 0, NULL, NULL};

    if (!model_in_window(m, 0, addr, 64)) {
        l->fault = list_fault(LAC_ERR_WINDOW, addr, 0);
        return;
    }
    code = model_bus_try_read(m, addr, line, m->line, &bad);
    if (code) {
        l->fault = list_fault(code, bad, 0);
        return;
    }
    const uint32_t voxels = get32(line), words = get32(line + 4);
    if (voxels >= LIMIT24 || words >= LIMIT24 || !voxels != !words) {
        l->fault = list_fault(LAC_ERR_MAP_LIST, addr, 0xffffffffu);
        return;
    }
    if (words && !model_in_window(m, 0, addr + 64u, (uint64_t)m->line * lines(m, 8u * (uint64_t)words))) {
        l->fault = list_fault(LAC_ERR_WINDOW, addr + 64u, 0);
        return;
    }
    window.y     = calloc((size_t)words + 1u, sizeof *window.y);
    window.words = calloc((size_t)words + 1u, sizeof *window.words);
    if (!window.y || !window.words) abort();

    site     at = {-1, {0, 0, 0}};  /* of the row at hand */
    int32_t  part = 0;              /* the sites read last in it */
    int      empty = 0;             /* the row at hand has nothing yet */
    uint32_t oldest = 0;            /* word of the first row that counts */
    for (uint32_t i = 0; i < words && !l->fault.code; i++) {
        const uint64_t here = addr + 64u + 8u * (uint64_t)i;
        const uint32_t in_line = (uint32_t)((here - addr) % m->line);
        if (in_line == 0) {
            for (uint32_t t = 0; t < times && !l->fault.code; t++)
                if ((code = model_bus_try_read(m, here, line, m->line, &bad)) != 0) l->fault = list_fault(code, bad, 0);
            if (l->fault.code) break;
        }
        const uint64_t w = get64(line + in_line);
        site row = {(int32_t)(w >> 32 & 0xffu), {int16_of((uint32_t)(w >> 16)), int16_of((uint32_t)w), 0}};
        const int32_t sites = (int32_t)(w >> 32 & 0x7ffu) - (w >> 42 & 1u ? 0x800 : 0);

        if (w >> 63) {
            const int fresh = at.batch != row.batch || at.at[Z] != row.at[Z];
            if (w >> 40 & 0x7fffffu || empty || i == words - 1u) l->fault = list_fault(LAC_ERR_MAP_LIST, here, l->count);
            else if (at.batch >= 0 && compare(&at, &row) >= 0)  l->fault = list_fault(LAC_ERR_MAP_ORDER, here, l->count);
            else oldest = words_before(&window, row.at[Y], fresh, reach, i);
        } else if (at.batch < 0 || w >> 43 || (uint32_t)w == 0) l->fault = list_fault(LAC_ERR_MAP_LIST, here, l->count);
        else if (!empty && sites <= part)                        l->fault = list_fault(LAC_ERR_MAP_ORDER, here, l->count);
        if (!l->fault.code && ring && i + 1u - oldest > ring)    l->fault = list_fault(LAC_ERR_MAP_RING, here, l->count);
        if (l->fault.code) break;

        empty = (int)(w >> 63);
        if (empty) {
            at = row;
            continue;
        }
        part = sites;
        for (int32_t bit = 0; bit < 32; bit++)
            if (w >> bit & 1u) {
                at.at[X] = 32 * sites + bit;
                add(l, &at);
            }
        at.at[X] = 0;
    }
    if (!l->fault.code && l->count != voxels) l->fault = list_fault(LAC_ERR_MAP_LIST, addr, l->count);
    free(window.y);
    free(window.words);
}

/* ---- Writing ------------------------------------------------------------------------------------------------ */

static void write_line(lac_model *m, struct model_map *map, uint64_t addr, const uint8_t *line)
{
    uint64_t bad;
    const uint32_t code = model_bus_try_write(m, addr, line, m->line, m->line, &bad);
    if (code && !map->write.code) map->write = list_fault(code, bad, 0);
}

/* n bytes, a divisor of a line. */
static void put(lac_model *m, struct model_map *map, writer *w, uint64_t v, uint32_t n)
{
    put_bytes(w->line + w->at % m->line, v, n);
    w->at += n;
    if (w->at % m->line == 0 && w->at <= w->limit) write_line(m, map, w->base + w->at - m->line, w->line);
}

static void fill_up(lac_model *m, struct model_map *map, writer *w, uint32_t unit)
{
    while (w->at % unit) put(m, map, w, 0, 4);
}

static void write_header(lac_model *m, struct model_map *map, uint64_t addr, const uint32_t *w, uint32_t n)
{
    uint8_t bytes[64] = {0};
    for (uint32_t i = 0; i < n; i++) put_bytes(bytes + 4u * i, w[i], 4);
    for (uint32_t i = 0; i < 64u; i += m->line) write_line(m, map, addr + i, bytes + i);
}

static uint64_t sites_word(const site *s)
{
    return (uint64_t)(((uint32_t)s->at[X] >> 5) & 0x7ffu) << 32;
}

static uint64_t row_word(const site *s)
{
    return (uint64_t)1 << 63 | (uint64_t)(uint32_t)s->batch << 32 | ((uint32_t)s->at[Z] & 0xffffu) << 16 | ((uint32_t)s->at[Y] & 0xffffu);
}

/* ---- The rule ----------------------------------------------------------------------------------------------- */

/* *in: what the output takes through tap k, 0: nothing. */
static int input_of(const struct model_map *map, const site *out, const int32_t k[AXES], site *in)
{
    in->batch = out->batch;
    for (int a = 0; a < AXES; a++) {
        int32_t n = map->transposed ? out->at[a] + map->pad[a] - k[a] * map->dilation[a] : out->at[a] * map->stride[a] + k[a] * map->dilation[a] - map->pad[a];
        if (map->transposed) {
            if (n % map->stride[a]) return 0;
            n /= map->stride[a];
        }
        in->at[a] = n;
    }
    return 1;
}

/* *out: where the input goes through tap k, 0: nowhere. */
static int output_of(struct model_map *map, const site *in, const int32_t k[AXES], site *out)
{
    int inside = 1, beyond = 0;
    out->batch = in->batch;
    for (int a = 0; a < AXES; a++) {
        int32_t n = map->transposed ? in->at[a] * map->stride[a] + k[a] * map->dilation[a] - map->pad[a] : in->at[a] + map->pad[a] - k[a] * map->dilation[a];
        if (!map->transposed) {
            if (n % map->stride[a]) return 0;
            n /= map->stride[a];
        }
        if (map->bounded ? n < 0 || n >= map->shape[a] : n < -32768 || n > 32767) inside = 0;
        if (n < -32768 || n > 32767) beyond = 1;
        out->at[a] = n;
    }
    if (!map->bounded && beyond) map->beyond = 1;
    return inside;
}

/* Calls for each tap (kz, ky, kx), in order. */
#define EACH_TAP(map, k)                                      \
    for (k[Z] = 0; k[Z] < (map)->kernel[Z]; k[Z]++)           \
        for (k[Y] = 0; k[Y] < (map)->kernel[Y]; k[Y]++)       \
            for (k[X] = 0; k[X] < (map)->kernel[X]; k[X]++)

static void make_outputs(struct model_map *map)
{
    site_list *l = &map->out;
    int32_t    k[AXES];
    site       out;
    for (uint32_t i = 0; i < map->in.count; i++)
        EACH_TAP(map, k)
            if (output_of(map, &map->in.site[i], k, &out)) add(l, &out);
    if (l->count) qsort(l->site, l->count, sizeof *l->site, compare);
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->count; i++)
        if (i == 0 || compare(&l->site[i], &l->site[i - 1u])) l->site[n++] = l->site[i];
    l->count = n;
}

/* ---- Bands ---------------------------------------------------------------------------------------------------- */

static void end_band(lac_model *m, struct model_map *map)
{
    if (map->no_rules) return;
    fill_up(m, map, &map->rule, 64);
    uint32_t h[10] = {map->outputs, map->rules, map->start / 64u, 0};
    for (int kz = 0; kz < 3; kz++) h[4 + 2 * kz] = map->first[kz], h[5 + 2 * kz] = map->stop[kz];
    if (map->bands < map->band_room) write_header(m, map, map->bands_addr + 64u * (uint64_t)map->bands, h, 10);
    map->bands++;
    map->outputs = map->rules = 0;
    map->start   = (uint32_t)map->rule.at;
    memset(map->first, 0, sizeof map->first);
    memset(map->stop, 0, sizeof map->stop);
}

static void visit(lac_model *m, struct model_map *map, const site *out)
{
    int32_t  k[AXES];
    uint32_t word[MAX_TAP + 1], n = 0;
    site     in;

    EACH_TAP(map, k) {
        const int64_t i = input_of(map, out, k, &in) ? find(&map->in, &in) : -1;
        if (i < 0) continue;
        word[n++] = (map->tap + (uint32_t)k[Z] * map->tap_pitch[Z] + (uint32_t)k[Y] * map->tap_pitch[Y] + (uint32_t)k[X]) << 24 | (uint32_t)i;
        if (map->stop[k[Z]] == 0 || (uint32_t)i < map->first[k[Z]]) map->first[k[Z]] = (uint32_t)i;
        if ((uint32_t)i >= map->stop[k[Z]]) map->stop[k[Z]] = (uint32_t)i + 1u;
    }
    REG(m, CNT_SITES)++;
    REG(m, CNT_RULES) += n;
    map->all_rules    += n;
    if (map->no_rules) return;
    if (n == 0) word[n++] = (uint32_t)NO_TAP << 24;
    for (uint32_t i = 0; i < n; i++) put(m, map, &map->rule, word[i] | (i + 1u == n ? 1u << 31 : 0u), 4);
    map->rules += n;
    map->outputs++;
}

/* The made list's words for one more output. */
static void list_site(lac_model *m, struct model_map *map, const site *s, const site *before)
{
    const int new_row = !before || row_word(before) != row_word(s);
    if (before && (new_row || sites_word(before) != sites_word(s))) {
        put(m, map, &map->list, map->word, 8);
        map->word = 0;
    }
    if (new_row) put(m, map, &map->list, row_word(s), 8);
    map->word |= sites_word(s) | (uint64_t)1 << (s->at[X] & 31);
}

static int report(lac_model *m, const struct model_map *map)
{
    const fault *f[3] = {&map->in.fault, &map->out.fault, &map->write};
    for (int i = 0; i < 3; i++)
        if (f[i]->code == LAC_ERR_BUS_TIMEOUT) return model_bus_error(m, LAC_UNIT_MAP, f[i]->code, f[i]->addr);
        else if (f[i]->code)                   return model_fail(m, LAC_UNIT_MAP, f[i]->code, f[i]->addr, f[i]->index);
    if (map->beyond) return model_fail(m, LAC_UNIT_MAP, LAC_ERR_MAP_RANGE, 0, 0);
    if (map->list.at > map->list.limit) return model_fail(m, LAC_UNIT_MAP, LAC_ERR_MAP_ROOM, map->list_addr, map->out.count);
    if (map->no_rules) return GO_ON;
    if (map->bands > map->band_room) return model_fail(m, LAC_UNIT_MAP, LAC_ERR_MAP_ROOM, map->bands_addr, map->bands);
    if (map->rule.at > map->rule.limit) return model_fail(m, LAC_UNIT_MAP, LAC_ERR_MAP_ROOM, map->rules_addr, map->all_rules);
    return GO_ON;
}

/* ---- The command ------------------------------------------------------------------------------------------------- */

static int fields_ok(const model_cmd *c)
{
    const uint32_t made = F(MAP, MADE), bounded = F(MAP, BOUNDED);
    const uint32_t kernel[AXES] = {F(MAP, KZ), F(MAP, KY), F(MAP, KX)}, most[AXES] = {3, 3, 5};
    const uint32_t stride[AXES] = {F(MAP, SZ), F(MAP, SY), F(MAP, SX)}, dilation[AXES] = {F(MAP, DZ), F(MAP, DY), F(MAP, DX)};
    const uint32_t shape[AXES] = {F(MAP, SHAPE_Z), F(MAP, SHAPE_Y), F(MAP, SHAPE_X)};
    for (int a = 0; a < AXES; a++)
        if (kernel[a] < 1 || kernel[a] > most[a] || stride[a] < 1 || stride[a] > 5 || dilation[a] < 1 || (bounded ? shape[a] < 1 || shape[a] > 32768 : shape[a])) return 0;
    return dilation[X] <= 12 && (kernel[X] - 1) * dilation[X] <= 12 && F(MAP, BAND) && (made || (!bounded && !F(MAP, OUT_LINES)))
        && F(MAP, TAP) + (kernel[Z] - 1) * F(MAP, TAP_Z) + (kernel[Y] - 1) * F(MAP, TAP_Y) + kernel[X] - 1 <= MAX_TAP;
}

static int32_t int10_of(uint32_t v)
{
    return (int32_t)v - (v & 0x200u ? 0x400 : 0);
}

/* A new map: checks, both lists, outputs. */
static int begin(lac_model *m, const model_cmd *c)
{
    if (!fields_ok(c)) return model_fail(m, LAC_UNIT_MAP, LAC_ERR_LENGTH, 0, 0);
    const uint64_t in = 64u * (uint64_t)F(MAP, IN), out = 64u * (uint64_t)F(MAP, OUT), bands = 64u * (uint64_t)F(MAP, BANDS), rules = 64u * (uint64_t)F(MAP, RULES);
    if (F(MAP, MADE) && !model_in_window(m, 1, out, 64u + 64u * (uint64_t)F(MAP, OUT_LINES))) return model_fail(m, LAC_UNIT_MAP, LAC_ERR_WINDOW, out, 0);
    if (!F(MAP, NO_RULES)) {
        if (!model_in_window(m, 1, bands, 64u * (uint64_t)F(MAP, BAND_ROOM))) return model_fail(m, LAC_UNIT_MAP, LAC_ERR_WINDOW, bands, 0);
        if (!model_in_window(m, 1, rules, 64u * (uint64_t)F(MAP, RULE_LINES))) return model_fail(m, LAC_UNIT_MAP, LAC_ERR_WINDOW, rules, 0);
    }
    struct model_map *map = calloc(1, sizeof *map);
    if (!map) abort();
    m->map = map;
    map->made = (int)F(MAP, MADE), map->transposed = (int)F(MAP, TRANSPOSED), map->bounded = (int)F(MAP, BOUNDED), map->no_rules = (int)F(MAP, NO_RULES);
    const uint32_t f[5][AXES] = {{F(MAP, KZ), F(MAP, KY), F(MAP, KX)}, {F(MAP, SZ), F(MAP, SY), F(MAP, SX)}, {F(MAP, DZ), F(MAP, DY), F(MAP, DX)},
                                 {F(MAP, PZ), F(MAP, PY), F(MAP, PX)}, {F(MAP, SHAPE_Z), F(MAP, SHAPE_Y), F(MAP, SHAPE_X)}};
    for (int a = 0; a < AXES; a++) {
        map->kernel[a] = (int32_t)f[0][a], map->stride[a] = (int32_t)f[1][a], map->dilation[a] = (int32_t)f[2][a];
        map->pad[a] = int10_of(f[3][a]), map->shape[a] = (int32_t)f[4][a];
    }
    map->tap = F(MAP, TAP), map->tap_pitch[Z] = F(MAP, TAP_Z), map->tap_pitch[Y] = F(MAP, TAP_Y);
    map->band = F(MAP, BAND), map->band_room = F(MAP, BAND_ROOM);
    map->bands_addr = bands, map->list_addr = out, map->rules_addr = rules;
    map->list.base = out + 64u, map->list.limit = 64u * (uint64_t)F(MAP, OUT_LINES);
    map->rule.base = rules,     map->rule.limit = 64u * (uint64_t)F(MAP, RULE_LINES);

    read_list(m, in, m->cfg.map_ring - 32u, (map->kernel[Y] - 1) * map->dilation[Y], (uint32_t)map->kernel[Z], &map->in);
    if (map->made) make_outputs(map);
    else           read_list(m, out, 0, 0, 1, &map->out);
    return GO_ON;
}

int model_map(lac_model *m, const model_cmd *c)
{
    if (!F(MAP, MORE)) {
        model_map_forget(m);
        if (begin(m, c)) return STOP;
    } else if (!m->map)
        return model_fail(m, LAC_UNIT_MAP, LAC_ERR_LENGTH, 0, 0);

    struct model_map *map = m->map;
    uint32_t filled = 0;
    while (map->next < map->out.count) {
        const uint32_t i = map->next++;
        if (map->made) list_site(m, map, &map->out.site[i], i ? &map->out.site[i - 1u] : NULL);
        visit(m, map, &map->out.site[i]);
        if (map->outputs < map->band) continue;
        end_band(m, map);
        if (++filled == F(MAP, COUNT)) return GO_ON;
    }
    uint32_t words = 0;
    if (map->made) {
        if (map->out.count) put(m, map, &map->list, map->word, 8);
        words = (uint32_t)(map->list.at / 8u);
        fill_up(m, map, &map->list, m->line);
    }
    if (map->outputs) end_band(m, map);
    for (uint32_t b = map->bands; b < map->band_room && !map->no_rules; b++) write_header(m, map, map->bands_addr + 64u * (uint64_t)b, NULL, 0);
    if (map->made) {
        const uint32_t h[2] = {map->out.count, words};
        write_header(m, map, map->list_addr, h, 2);
    }
    const int status = report(m, map);
    model_map_forget(m);
    return status;
}
