/* SPDX-License-Identifier: Apache-2.0
 *
 * test_lists - random coordinate lists, most of them broken, through MAP on golden model and Verilated core
 *
 *   Lists      a few rows of a few words each, ascending; then bits flipped, words exchanged, moved, doubled, made up, numbers of the header changed. Inputs, and given outputs
 *   Commands   every kind of map, any kernel, stride, dilation, padding, room and COUNT, over these lists; random stalls on the bus
 *   Checked    each command ends, both machines tell the same error, or leave the same memory and counters; what a failing MAP leaves where it writes is unspecified. Each error that a list can
 *              have has to occur. That the model's verdict is right is test_map's to say
 *   Repeat     CONFIG=name SEED=n LISTS=1; `make fuzz-lists`: 100,000 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lac_hw.h"
#include "pair.h"

enum { IN = 1024, GIVEN = 32768, RING = 65536, WRITE = 131072 }; /* offsets in memory */
enum { LIMIT = 400000 /* [cycles] */ };

static void put(uint8_t *p, uint64_t v, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) p[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t get(const uint8_t *p)
{
    uint64_t v = 0;
    for (uint32_t i = 0; i < 8; i++) v |= (uint64_t)p[i] << 8 * i;
    return v;
}

/* docs/mapping.md, "Coordinate lists". Returns its words. */
static uint32_t good_list(lac_rng *r, uint8_t *to)
{
    const uint32_t rows = rng_chance(r, 6) ? 0 : 1 + rng_below(r, 8);
    uint32_t words = 0, voxels = 0, batch = rng_below(r, 3);
    int32_t  z = (int32_t)rng_range(r, -3, 3), y = (int32_t)rng_range(r, -4, 4);
    for (uint32_t k = 0; k < rows; k++) {
        put(to + 64 + 8 * words++, UINT64_C(1) << 63 | (uint64_t)batch << 32 | (uint64_t)(uint16_t)z << 16 | (uint16_t)y, 8);
        int32_t at = rng_chance(r, 8) ? (rng_chance(r, 128) ? 1021 : -1024) : (int32_t)rng_range(r, -2, 1); /* or at the ends of space */
        for (uint32_t n = 1 + rng_below(r, 4); n; n--, at += 1 + (int32_t)rng_below(r, 2)) {
            uint32_t sites = (uint32_t)rng_next(r) & (uint32_t)rng_next(r);
            if (!sites) sites = 1u << rng_below(r, 32);
            put(to + 64 + 8 * words++, (uint64_t)((uint32_t)at & 0x7ffu) << 32 | sites, 8);
            for (; sites; sites &= sites - 1) voxels++;
        }
        if (rng_chance(r, 60)) batch++, z = (int32_t)rng_range(r, -3, 0), y = -2;
        else if (rng_chance(r, 100)) z++, y = (int32_t)rng_range(r, -4, 0);
        else y += 1 + (int32_t)rng_below(r, 2);
    }
    put(to, voxels, 4);
    put(to + 4, words, 4);
    return words;
}

static void spoil(lac_rng *r, uint8_t *list, uint32_t words)
{
    uint8_t *const p = list + 64 + 8 * (size_t)rng_below(r, words + 1), *const q = list + 64 + 8 * (size_t)rng_below(r, words + 1);
    uint32_t       voxels = 0;
    switch (rng_below(r, 9)) {
    case 0: put(p, get(p) ^ UINT64_C(1) << rng_below(r, 64), 8); break;
    case 1: put(p, rng_next(r), 8); break;
    case 2: put(p, rng_next(r) & UINT64_C(0x800000ff00030007), 8); break;
    case 3: memcpy(p, q, 8); break;
    case 4: memmove(p, p + 8, 8 * (size_t)(1 + rng_below(r, 4))); break;
    case 5: memmove(p + 8, p, 8 * (size_t)(1 + rng_below(r, 4))); break;
    case 6: put(list + 4 * rng_below(r, 2), rng_below(r, 200), 4); return;
    case 7: put(list + 4 * rng_below(r, 2), rng_next(r), 4); return;
    default: list[rng_below(r, 8)] ^= (uint8_t)(1u << rng_below(r, 8)); return;
    }
    if (rng_chance(r, 60)) return; /* else the header counts what is there now */
    for (uint32_t i = 0; i < words; i++)
        for (uint64_t v = get(list + 64 + 8 * i); !(v >> 63) && (uint32_t)v; v &= v - 1) voxels++;
    put(list, voxels, 4);
}

#define SET(w, field, v) lac_set_field(w, LAC_F_MAP_##field, (uint32_t)(v))

static void map_command(lac_rng *r, const job *j, uint32_t *w)
{
    const uint32_t kx = 1 + rng_below(r, 5), made = rng_chance(r, 128), bounded = made && rng_chance(r, 80);
    memset(w, 0, 16 * sizeof *w);
    w[0] = LAC_OP_MAP;
    w[1] = (uint32_t)rng_next(r);
    SET(w, IN, (j->base + IN) / 64);
    SET(w, OUT, (j->base + (made ? (uint64_t)WRITE : (uint64_t)GIVEN)) / 64);
    SET(w, BANDS, (j->base + WRITE + 65536) / 64);
    SET(w, RULES, (j->base + WRITE + 131072) / 64);
    SET(w, MADE, made);
    SET(w, OUT_LINES, made ? rng_below(r, rng_chance(r, 60) ? 8 : 400) : 0);
    SET(w, TRANSPOSED, rng_below(r, 2));
    SET(w, NO_RULES, rng_chance(r, 60));
    SET(w, RULE_LINES, rng_below(r, rng_chance(r, 60) ? 16 : 2000));
    SET(w, BAND, 8 + rng_below(r, 40));
    SET(w, COUNT, rng_chance(r, 40) ? 1 + rng_below(r, 4) : 0);
    SET(w, BAND_ROOM, rng_below(r, rng_chance(r, 60) ? 4 : 40));
    SET(w, KZ, 1 + rng_below(r, 3));
    SET(w, KY, 1 + rng_below(r, 3));
    SET(w, KX, kx);
    SET(w, SZ, 1 + rng_below(r, 3));
    SET(w, SY, 1 + rng_below(r, 3));
    SET(w, SX, 1 + rng_below(r, 5));
    SET(w, DZ, 1 + rng_below(r, 2));
    SET(w, DY, 1 + rng_below(r, 3));
    SET(w, DX, 1 + rng_below(r, kx > 1 ? 12 / (kx - 1) : 12));
    SET(w, PZ, rng_range(r, -3, 3));
    SET(w, PY, rng_range(r, -3, 3));
    SET(w, PX, rng_chance(r, 30) ? rng_range(r, -512, 511) : rng_range(r, -6, 6));
    SET(w, TAP_Z, 15);
    SET(w, TAP_Y, 5);
    if (bounded) {
        SET(w, BOUNDED, 1);
        SET(w, SHAPE_X, 1 + rng_below(r, 100));
        SET(w, SHAPE_Y, 1 + rng_below(r, 8));
        SET(w, SHAPE_Z, 1 + rng_below(r, 4));
    }
}

static uint32_t seen[256]; /* errors, by code; 0: jobs without any */

static void run(machine *model, machine *rtl, uint64_t seed, char *what, size_t n)
{
    static job     j;
    static uint8_t mem[JOB_MEM];
    lac_rng        r = { seed ^ 0x11575 };
    outcome        want, got;
    memset(&j, 0, sizeof j);
    memset(mem, 0, sizeof mem);
    j.mem = mem;
    j.base = model->base;
    for (uint32_t k = 0; k < 2; k++) {
        uint8_t *const list = mem + (k ? GIVEN : IN);
        const uint32_t words = good_list(&r, list);
        for (uint32_t i = rng_chance(&r, k ? 200 : 120) ? 0 : 1 + rng_below(&r, 2); i; i--) spoil(&r, list, words);
    }
    j.n = 1 + rng_below(&r, 3);
    for (uint32_t i = 0; i < j.n; i++) {
        map_command(&r, &j, j.cmd[i].w);
        if (i && lac_get_field(j.cmd[i - 1].w, LAC_F_MAP_COUNT) && rng_chance(&r, 200)) SET(j.cmd[i].w, MORE, 1);
    }
    j.feed = JOB_ONE_DOORBELL;
    j.ring_size = j.n + 1;
    j.ring = j.base + RING;
    j.irq_enable = 3;
    j.rd_lo = j.base;
    j.rd_hi = j.base + WRITE;
    j.wr_lo = j.base + WRITE;
    j.wr_hi = j.base + JOB_MEM;

    *what = 0;
    memcpy(model->mem, mem, JOB_MEM);
    if (machine_reset(model, 3)) {
        snprintf(what, n, "model: soft reset does not end");
        return;
    }
    pair_feed(model, &j, 0, 0, &want);
    seen[want.err_code & 0xff]++;
    if (!rtl->rtl) return;
    const axi_mem_timing tm = pair_timing(&r, rng_chance(&r, 60));
    if (machine_prepare(rtl, &j, &tm, 0)) {
        snprintf(what, n, "soft reset does not end");
        return;
    }
    pair_feed(rtl, &j, 0, LIMIT, &got);
    for (uint32_t i = 0; i < j.n; i++) /* a map that nobody goes on with: the core has read ahead of where it ended */
        if (lac_get_field(j.cmd[i].w, LAC_F_MAP_COUNT) && (i + 1 == j.n || !lac_get_field(j.cmd[i + 1].w, LAC_F_MAP_MORE))) want.rd_beats = got.rd_beats;
    pair_compare(&j, model, &want, rtl, &got, want.err_code ? j.wr_lo : j.ring, want.err_code ? j.wr_hi : j.ring, what, n);
    if (!*what && lac_rtl_monitor(rtl->rtl)->found) snprintf(what, n, "bus monitor: %s", lac_rtl_monitor(rtl->rtl)->first);
}

int main(void)
{
    static const struct { uint32_t code; const char *name; } must[] = {
        { LAC_ERR_MAP_LIST, "MAP_LIST" }, { LAC_ERR_MAP_ORDER, "MAP_ORDER" }, { LAC_ERR_MAP_ROOM, "MAP_ROOM" }, { LAC_ERR_MAP_RANGE, "MAP_RANGE" }
    };
    const char    *s = getenv("SEED"), *l = getenv("LISTS"), *c = getenv("CONFIG");
    const char    *name = c && *c ? c : "l8";
    const uint64_t seed = s ? strtoull(s, NULL, 10) : 1;
    const uint32_t lists = l ? (uint32_t)strtoul(l, NULL, 10) : 1500;
    lac_config     cfg;
    machine        model, rtl;
    char           err[300], what[500];
    int            bad = 0;
    if (pair_config(name, &cfg) || !cfg.map_ring || machine_model(&model, &cfg, UINT64_C(0x40000000))) {
        printf("not ok - lists: configs/%s.cfg, expected a configuration with a mapping unit\n", name);
        return 1;
    }
    memset(&rtl, 0, sizeof rtl);
    if (machine_rtl(&rtl, name, err, sizeof err)) {
        printf("skip - lists %s on the RTL: %s\n", name, err);
        memset(&rtl, 0, sizeof rtl);
    }
    for (uint32_t i = 0; i < lists && bad < 3; i++) {
        const uint64_t one = seed + 1000003u * (uint64_t)i;
        run(&model, &rtl, one, what, sizeof what);
        if (!*what) continue;
        printf("not ok - lists %s: %s, seed %" PRIu64 " (CONFIG=%s SEED=%" PRIu64 " LISTS=1)\n", name, what, one, name, one);
        bad++;
        if (rtl.rtl) machine_close(&rtl);
        if (machine_rtl(&rtl, name, err, sizeof err)) memset(&rtl, 0, sizeof rtl);
    }
    if (!bad) printf("ok - lists %s: %" PRIu32 " jobs%s\n", name, lists, rtl.rtl ? "" : " (model only)");
    for (size_t i = 0; i < sizeof must / sizeof *must && lists >= 1000; i++) {
        if (!seen[must[i].code]) {
            printf("not ok - lists %s: error %s, expected to occur, got never, seed %" PRIu64 "\n", name, must[i].name, seed);
            bad++;
        }
    }
    if (lists >= 1000 && !bad) printf("ok - lists %s: each error occurs\n", name);
    printf("# without error %" PRIu32, seen[0]);
    for (size_t i = 0; i < sizeof must / sizeof *must; i++) printf(", %s %" PRIu32, must[i].name, seen[must[i].code]);
    putchar('\n');
    machine_close(&model);
    if (rtl.rtl) machine_close(&rtl);
    return bad != 0;
}
