/* SPDX-License-Identifier: Apache-2.0
 *
 * race.c - see race.h */
#include "race.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lac_hw.h"

#define GET(c, f) lac_get_field((c)->w, LAC_F_##f)

enum { MEMORY, WORDS, COLUMNS, FEATURES, PARAMS, CODEBOOKS, ACCUMULATORS };
static const char *const space_name[] = {"memory", "weight RAM", "column table", "feature RAM", "parameter RAM", "codebook",
                                         "accumulators"};

/* `count` ranges of `len` units, `pitch` apart, in one space. */
typedef struct { int space, write; uint64_t lo, len, pitch, count; } touch;
typedef struct { touch t[8]; int n; } touches;

static void add(touches *a, int space, int write, uint64_t lo, uint64_t len, uint64_t pitch, uint64_t count)
{
    const touch t = {space, write, lo, len, pitch, count};
    a->t[a->n++] = t;
}

static int overlaps(const touch *a, const touch *b)
{
    if (a->space != b->space || !(a->write || b->write))
        return 0;
    for (uint64_t i = 0; i < a->count; i++)
        for (uint64_t k = 0; k < b->count; k++)
            if (a->lo + i * a->pitch < b->lo + k * b->pitch + b->len && b->lo + k * b->pitch < a->lo + i * a->pitch + a->len)
                return 1;
    return 0;
}

static uint64_t address(const lac_cmd *c) { return GET(c, LOAD_WEIGHTS_ADDR_LO) | (uint64_t)GET(c, LOAD_WEIGHTS_ADDR_HI) << 32; }
static uint64_t up(uint64_t n, uint64_t line) { return (n + line - 1) / line * line; }
static uint32_t bytes(uint32_t type) { return type == 3 ? 8 : type == 2 ? 2 : 1; }

typedef struct { uint32_t words, columns; } block;

/* Size of a block as its header and group list say. */
static block read_block(const lac_caps *caps, const uint8_t *b)
{
    const uint32_t lanes = b[1] + 1u, banks = caps->line / 8, groups = (lanes + banks - 1) / banks;
    block r = {b[6] | (uint32_t)b[7] << 8, b[2] | (uint32_t)b[3] << 8};
    if ((b[0] & 3) != 2)
        for (uint32_t g = 0; g < groups; g++) {
            const uint32_t w = b[caps->line + 2 * g] | (uint32_t)b[caps->line + 2 * g + 1] << 8;
            if (w > r.words) r.words = w;
        }
    return r;
}

/* Words that a column block takes on chip of the lane that takes most, whatever is needed. */
static uint32_t column_words(const lac_caps *caps, const lac_cmd *c, const uint8_t *b)
{
    const uint32_t columns = GET(c, LOAD_COLUMNS_COLUMNS), lanes = GET(c, LOAD_COLUMNS_LANES) + 1, per = GET(c, LOAD_COLUMNS_FORMAT) ? 4 : 6;
    const uint8_t *p = b + up(columns, caps->line);
    uint32_t words[256] = {0}, most = 0;
    for (uint32_t k = 0; k < columns; p += b[k++] * caps->line) {
        uint32_t before[8] = {0}; /* entries of a position */
        for (uint32_t l = 0; b[k] && l < lanes; l++) {
            const uint32_t g = l / 8 % (caps->line / 8), from = l % 8 ? before[g] + (p[l - 1] >> 3) * per + p[l - 1] % 8 : before[g];
            const uint32_t to = before[g] + (p[l] >> 3) * per + p[l] % 8;
            if (to > from) words[l] += (to - 1) / per - from / per + 1;
            if (l % 8 == 7) before[g] = to;
            if (words[l] > most) most = words[l];
        }
    }
    return most;
}

/* Whether command `load` brought column k only where it was needed, and not for the features that the EXEC `exec` uses: of one point, at the same
 * place, and not loaded anew in between. */
static int strange_features(const lac_caps *caps, const lac_cmd *cmd, uint32_t load, uint32_t exec, uint32_t k)
{
    const lac_cmd *l = &cmd[load], *e = &cmd[exec];
    if (GET(l, ANY_KIND) != 4 || !GET(l, LOAD_COLUMNS_NEEDED)) return 0;
    const uint32_t size = 1u << GET(l, LOAD_COLUMNS_WIDE), line = caps->line;
    const uint64_t at = (uint64_t)GET(l, LOAD_COLUMNS_FEAT_BASE) * line + (uint64_t)(k - GET(l, LOAD_COLUMNS_COL_BASE)) * size;
    if (GET(e, EXEC_POINTS) != 1 || bytes(GET(e, EXEC_TYPE)) != size) return 1;
    if ((uint64_t)GET(e, EXEC_FEAT_BASE) * line + (uint64_t)(k - GET(e, EXEC_COL_BASE)) * size != at) return 1;
    for (uint32_t i = load + 1; i < exec; i++) {
        const lac_cmd *f = &cmd[i];
        if (GET(f, ANY_OP) != 1 || GET(f, ANY_KIND) != 2) continue;
        const uint64_t row = up((uint64_t)GET(f, LOAD_FEATURES_CHANNELS) * bytes(GET(f, LOAD_FEATURES_TYPE)), line);
        const uint64_t lo = (uint64_t)GET(f, LOAD_FEATURES_FEAT_BASE) * line;
        if (at >= lo && at < lo + row * GET(f, LOAD_FEATURES_POINTS)) return 1;
    }
    return 0;
}

static uint32_t word(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24; }

/* EXEC_RULES: the band's header, its rules, the inputs that they name, the cache. */
static void rules_touch(const lac_caps *caps, const lac_cmd *c, const uint8_t *mem, uint64_t base, touches *t)
{
    const uint64_t  band = 64 * (uint64_t)GET(c, EXEC_RULES_BAND), size = (uint64_t)GET(c, EXEC_RULES_CHANNELS) * bytes(GET(c, EXEC_RULES_TYPE));
    const uint32_t  rules = word(mem + (band - base) + 4);
    const uint64_t  first = 64 * ((uint64_t)GET(c, EXEC_RULES_RULES) + word(mem + (band - base) + 8));
    uint64_t least = UINT64_MAX, most = 0;
    for (uint32_t i = 0; i < rules; i++) {
        const uint32_t w = word(mem + (first - base) + 4 * (uint64_t)i), in = w & 0xffffff;
        if ((w >> 24 & 127) == 127) continue;
        if (in < least) least = in;
        if (in > most) most = in;
    }
    add(t, MEMORY, 0, band, 64, 0, 1);
    add(t, MEMORY, 0, first, 4 * (uint64_t)rules, 0, rules != 0);
    add(t, MEMORY, 0, 64 * (uint64_t)GET(c, EXEC_RULES_FEATURES) + least * size, (most - least + 1) * size, 0, least <= most);
    add(t, FEATURES, 1, 0, caps->feat_depth, 0, 1);
}

int race_before(const race_order *a, const race_order *b) { return b->clock[a->engine] >= a->seq; }

int race_check(const lac_caps *caps, const lac_cmd *cmd, uint32_t n, const uint8_t *mem, uint64_t base,
               race_order *order, char *msg, size_t len)
{
    touches *all = calloc(n ? n : 1, sizeof *all);
    uint32_t *by_engine[3], count[3] = {0, 0, 0}, given[3][3] = {{0}}, taken[3][3] = {{0}};
    uint32_t *giver[3][3];
    int32_t *loader = malloc(sizeof *loader * (caps->col_depth + 1)); /* LOAD that brought a column */
    int bad = 0;

    for (int e = 0; e < 3; e++) {
        by_engine[e] = malloc(sizeof(uint32_t) * (n + 1));
        for (int f = 0; f < 3; f++) giver[e][f] = malloc(sizeof(uint32_t) * (n + 1));
    }
    for (uint32_t c = 0; c <= caps->col_depth; c++) loader[c] = -1;

    for (uint32_t i = 0; i < n && !bad; i++) {
        const lac_cmd *c = &cmd[i];
        const uint32_t op = GET(c, ANY_OP), kind = GET(c, ANY_KIND), e = op - 1;
        race_order *o = &order[i];
        touches *t = &all[i];

        if (op < 1 || op > 3) { snprintf(msg, len, "command %u: op %u", i, op); bad = 1; break; }

        /* What is known before it starts. */
        memset(o, 0, sizeof *o);
        o->engine = e;
        o->seq = count[e] + 1;
        if (count[e]) memcpy(o->clock, order[by_engine[e][count[e] - 1]].clock, sizeof o->clock);
        o->clock[e] = count[e];
        for (uint32_t a = 0; a < 3; a++) {
            if (!(GET(c, ANY_WAIT) >> a & 1)) continue;
            if (a == e || taken[a][e] == given[a][e]) {
                snprintf(msg, len, "command %u: takes a token of engine %u that was not given", i, a);
                bad = 1;
                break;
            }
            const race_order *g = &order[giver[a][e][taken[a][e]++]];
            for (int k = 0; k < 3; k++) if (g->clock[k] > o->clock[k]) o->clock[k] = g->clock[k];
            if (g->seq > o->clock[a]) o->clock[a] = g->seq;
        }
        if (e == 2) memcpy(o->clock, count, sizeof count); /* STORE's rule */
        by_engine[e][count[e]++] = i;
        for (uint32_t a = 0; a < 3 && !bad; a++) {
            if (!(GET(c, ANY_SIGNAL) >> a & 1)) continue;
            giver[e][a][given[e][a]++] = i;
            if (a == e || given[e][a] - taken[e][a] > 15) {
                snprintf(msg, len, "command %u: sixteenth token for engine %u", i, a);
                bad = 1;
            }
        }

        /* What it touches. */
        if (op == 1 && kind == 0) {
            const block b = read_block(caps, mem + (address(c) - base));
            const uint32_t col = GET(c, LOAD_WEIGHTS_COL_BASE);
            add(t, MEMORY, 0, address(c), (uint64_t)GET(c, LOAD_WEIGHTS_LINES) * caps->line, 0, 1);
            add(t, WORDS, 1, GET(c, LOAD_WEIGHTS_WORD_BASE), b.words, 0, 1);
            add(t, COLUMNS, 1, col, b.columns, 0, 1);
            for (uint32_t k = col; k < col + b.columns && k < caps->col_depth; k++) loader[k] = (int32_t)i;
        } else if (op == 1 && kind == 4) {
            const uint32_t col = GET(c, LOAD_COLUMNS_COL_BASE), columns = GET(c, LOAD_COLUMNS_COLUMNS), word = GET(c, LOAD_COLUMNS_WORD_BASE);
            uint32_t words = column_words(caps, c, mem + (address(c) - base));
            if (words > caps->weight_depth - word) words = caps->weight_depth - word; /* others are not needed, or the command fails */
            add(t, MEMORY, 0, address(c), (uint64_t)GET(c, LOAD_COLUMNS_LINES) * caps->line, 0, 1);
            add(t, WORDS, 1, word, words, 0, 1);
            add(t, COLUMNS, 1, col, columns, 0, 1);
            if (GET(c, LOAD_COLUMNS_NEEDED))
                add(t, FEATURES, 0, GET(c, LOAD_COLUMNS_FEAT_BASE), up((uint64_t)columns << GET(c, LOAD_COLUMNS_WIDE), caps->line) / caps->line, 0, 1);
            for (uint32_t k = col; k < col + columns && k < caps->col_depth; k++) loader[k] = (int32_t)i;
        } else if (op == 1 && kind == 1) {
            add(t, MEMORY, 0, address(c), up(32, caps->line), 0, 1);
            add(t, CODEBOOKS, 1, GET(c, LOAD_CODEBOOK_COPY), 1, 0, 1);
        } else if (op == 1 && kind == 2) {
            const uint32_t points = GET(c, LOAD_FEATURES_POINTS), ch = GET(c, LOAD_FEATURES_CHANNELS);
            const uint64_t row = up(ch * bytes(GET(c, LOAD_FEATURES_TYPE)), caps->line);
            add(t, MEMORY, 0, address(c), GET(c, LOAD_FEATURES_LIST) ? 64 + up(ch * 4u, caps->line) : row,
                GET(c, LOAD_FEATURES_PITCH), points);
            add(t, FEATURES, 1, GET(c, LOAD_FEATURES_FEAT_BASE), points * row / caps->line, 0, 1);
        } else if (op == 1) {
            add(t, MEMORY, 0, address(c), up(16u * GET(c, LOAD_PARAMS_CHANNELS), caps->line), 0, 1);
            add(t, PARAMS, 1, GET(c, LOAD_PARAMS_PARAM_BASE), GET(c, LOAD_PARAMS_CHANNELS), 0, 1);
        } else if (op == 2) {
            const uint32_t points = GET(c, EXEC_POINTS), cols = GET(c, EXEC_COLUMNS), col = GET(c, EXEC_COL_BASE);
            const uint32_t width = GET(c, EXEC_WIDTH), elements = width ? width : cols * (GET(c, EXEC_FORMAT) == 2 ? 4 : 1); /* windows may lie anywhere in their row */
            if (kind == 1) rules_touch(caps, c, mem, base, t);
            else add(t, FEATURES, 0, GET(c, EXEC_FEAT_BASE), up(elements * bytes(GET(c, EXEC_TYPE)), caps->line) / caps->line, GET(c, EXEC_FEAT_PITCH), points);
            add(t, COLUMNS, 0, col, cols, 0, 1);
            add(t, ACCUMULATORS, 1, GET(c, EXEC_BANK), 1, 0, 1); /* a bank is one region */
            if (GET(c, EXEC_FORMAT) == 0) add(t, CODEBOOKS, 0, GET(c, EXEC_COPY), 1, 0, 1);
            int32_t last = -1;
            for (uint32_t k = col; k < col + cols && !bad; k++) {
                if (k >= caps->col_depth || loader[k] < 0) {
                    snprintf(msg, len, "command %u: column %u was not loaded", i, k);
                    bad = 1;
                    continue;
                }
                bad = strange_features(caps, cmd, (uint32_t)loader[k], i, k);
                if (bad) snprintf(msg, len, "command %u: column %u was loaded for other features (command %d)", i, k, loader[k]);
                else if (loader[k] != last) { /* one block at most in what the driver builds; two are possible */
                    const touch *w = &all[last = loader[k]].t[1];
                    if (t->n == 8) { snprintf(msg, len, "command %u: columns of too many blocks", i); bad = 1; }
                    else add(t, WORDS, 0, w->lo, w->len, 0, 1);
                }
            }
        } else {
            const uint32_t dropped = GET(c, STORE_POOL_Y) ? 0 : GET(c, STORE_TOP) + GET(c, STORE_BOTTOM), points = GET(c, STORE_POINTS) - dropped, ch = GET(c, STORE_CHANNELS), width = GET(c, STORE_WIDTH), elements = width ? width : ch;
            add(t, MEMORY, 1, address(c), GET(c, STORE_LIST) ? 64 + elements * 4u : elements * bytes(GET(c, STORE_TYPE)), GET(c, STORE_PITCH), points);
            add(t, ACCUMULATORS, 1, GET(c, STORE_BANK), 1, 0, 1);
            add(t, PARAMS, 0, GET(c, STORE_PARAM_BASE), ch, 0, 1);
        }

        /* Against every earlier command that need not have completed. */
        for (uint32_t a = 0; a < 3 && !bad; a++)
            for (uint32_t k = o->clock[a]; a != e && k < count[a] && !bad; k++) {
                const uint32_t j = by_engine[a][k];
                for (int x = 0; x < t->n && !bad; x++)
                    for (int y = 0; y < all[j].n && !bad; y++)
                        if (overlaps(&t->t[x], &all[j].t[y])) {
                            snprintf(msg, len, "commands %u and %u touch the same %s without order", j, i, space_name[t->t[x].space]);
                            bad = 1;
                        }
            }
    }
    for (int e = 0; e < 3; e++)
        for (int f = 0; f < 3; f++)
            if (!bad && given[e][f] != taken[e][f]) {
                snprintf(msg, len, "%u tokens from engine %d to %d are left over", given[e][f] - taken[e][f], e, f);
                bad = 1;
            }

    for (int e = 0; e < 3; e++) {
        free(by_engine[e]);
        for (int f = 0; f < 3; f++) free(giver[e][f]);
    }
    free(loader);
    free(all);
    return bad ? -1 : 0;
}
