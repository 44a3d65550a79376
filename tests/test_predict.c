/* SPDX-License-Identifier: Apache-2.0
 *
 * test_predict.c - the cycle model against the Verilated core: random layers of fixed seeds on two configurations
 *
 *   Expected   cycles that the core's own counters measured; beats, items, multiplications and marks must be equal
 *   Allowed    two layers beyond 3 %, none beyond 10 % (`make bench-predict` measures the distribution) */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "choose.h"
#include "lac_hw.h"
#include "predict_case.h"
#include "rng.h"

/* The Verilated cores keep a few bytes of their own to the end. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }

enum { LAYERS = 20 }; /* of each configuration */

static int bad_;

static void verdict(const char *name, int ok, const char *why)
{
    if (ok) printf("ok - predict %s\n", name);
    else bad_++, printf("not ok - predict %s: %s\n", name, why);
}

static void layers(const char *config, uint64_t seed, uint64_t most)
{
    char         name[600], err[400], what[100];
    predict_rig  r;
    predict_case c;
    int          beyond = 0;
    snprintf(what, sizeof what, "%s: %d layers within 3 %%", config, LAYERS);
    if (predict_rig_open(&r, config, 64u << 20, err, sizeof err)) {
        printf("skip - predict %s: %s\n", what, err);
        return;
    }
    for (uint64_t s = seed; s < seed + LAYERS; s++) {
        if (predict_case_run(&r, s, most, &c, err, sizeof err)) {
            verdict(what, 0, err);
            predict_rig_close(&r);
            return;
        }
        if (fabs(c.error) <= 0.03) continue;
        beyond += fabs(c.error) > 0.10 ? LAYERS : 1;
        printf("# seed %" PRIu64 ": %" PRIu64 " cycles, predicted %" PRIu64 ": %s\n", s, c.rtl, c.guess.cycles,
               predict_case_name(&c, name, sizeof name));
    }
    snprintf(err, sizeof err, "%d beyond it (one beyond 10 %% counts %d), expected at most 1", beyond, LAYERS);
    verdict(what, beyond <= 1, err);
    predict_rig_close(&r);
}

static const lac_caps caps_ = { .lanes = 8, .data_w = 64, .addr_w = 32, .store_w = 4, .weight_depth = 64, .col_depth = 64, .acc_depth = 64,
                                .feat_depth = 64, .param_depth = 64, .fifo_depth = 4, .burst = 16, .flight = 8, .formats = 15, .line = 8 };

/* Programs that the hardware would refuse, and memory that is not there. */
static void refused(void)
{
    static const struct { const char *name; uint32_t w[8]; int want; } cases[] = {
        { "no such command", { 0x74 }, PREDICT_PROGRAM },
        { "a token that nothing gives", { LAC_OP_LOAD_PARAMS | 1u << 9, 0, 0, 0, 8 }, PREDICT_PROGRAM },
        { "a weight block outside the view", { LAC_OP_LOAD_WEIGHTS, 0, 0x10000, 0, 4 }, PREDICT_VIEW },
        { "a block whose header asks for other sizes", { LAC_OP_LOAD_WEIGHTS, 0, 0, 0, 4 }, PREDICT_PROGRAM },
        { "columns behind the column table", { LAC_OP_LOAD_COLUMNS, 0, 0, 0, 1, 60u << 16, 8u << 16, 7 }, PREDICT_PROGRAM },
        { "features outside the view", { LAC_OP_LOAD_FEATURES, 0, 0x10000, 0, 64, 8u << 16 | 1 }, PREDICT_VIEW },
        { "features behind the feature RAM", { LAC_OP_LOAD_FEATURES, 0, 0, 0, 64, 8u << 16 | 65 }, PREDICT_PROGRAM },
        { "items of features behind the feature RAM", { LAC_OP_EXEC, 0, 60, 60u << 16 | 1, 0, 1 }, PREDICT_PROGRAM },
        { "outputs whose rows do not fit", { LAC_OP_STORE, 0, 0, 0, 64, 8u << 16 | 1, 2u << 16, 0 }, PREDICT_PROGRAM },
        { "outputs of no channel", { LAC_OP_STORE, 0, 0, 0, 64, 1, 0, 0 }, PREDICT_PROGRAM },
    };
    static uint8_t       mem[8192];
    const predict_memory view = { mem, 0, sizeof mem, 20, 8, 8 };
    predict_result       res;
    char                 why[100];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        predict *p = predict_new(&caps_, &view);
        lac_cmd  cmd, good = { { LAC_OP_LOAD_CODEBOOK } };
        uint32_t at = 99;
        memset(&cmd, 0, sizeof cmd);
        memcpy(cmd.w, cases[i].w, sizeof cases[i].w);
        int got = !p || predict_emit(p, &good) || predict_emit(p, &cmd) ? 99 : (int)predict_run(p, &res, &at);
        snprintf(why, sizeof why, "status %d at command %" PRIu32 ", expected %d at 1", got, at, cases[i].want);
        verdict(cases[i].name, got == cases[i].want && at == 1, why);
        /* and it goes on afterwards */
        got = !p || predict_emit(p, &good) ? 99 : (int)predict_run(p, &res, NULL);
        if (got) verdict(cases[i].name, 0, "a good program behind it is refused too");
        predict_free(p);
    }
}

/* One LOAD by hand: doorbell to idle of a codebook of four 64-bit lines. The command: asked for 2, cut 1, issued 1, latency, in a line 1,
 * eight lines 8, in its slot 1, taken up and to its queue 9, started 1. The codebook: asked for 6, cut 1, issued 1, latency, in a line 1, four times a
 * line and four entries, completed 2, idle 2. */
static void by_hand(void)
{
    static uint8_t mem[8192];
    char           why[100];
    for (uint32_t latency = 1; latency <= 100; latency += 33) {
        const predict_memory view = { mem, 0, sizeof mem, latency, 8, 8 };
        const uint64_t       want = 2 + 1 + 1 + latency + 1 + 8 + 1 + 9 + 1 + 6 + 1 + 1 + latency + 1 + (4 * 5 - 1) + 2 + 2;
        const lac_cmd        cmd = { { LAC_OP_LOAD_CODEBOOK, 0, 64 } };
        predict             *p = predict_new(&caps_, &view);
        predict_result       res = { 0 };
        if (!p || predict_emit(p, &cmd) || predict_run(p, &res, NULL)) res.cycles = 0;
        snprintf(why, sizeof why, "latency %" PRIu32 ": %" PRIu64 " cycles, expected %" PRIu64, latency, res.cycles, want);
        verdict("a codebook by hand", res.cycles == want && res.rd_beats == 12, why);
        predict_free(p);
    }
    const predict_memory view = { mem, 0, sizeof mem, 20, 8, 8 };
    predict             *p = predict_new(&caps_, &view);
    predict_result       res = { .cycles = 9 };
    verdict("an empty program takes no time", p && !predict_run(p, &res, NULL) && res.cycles == 0 && res.bound == PREDICT_FIXED, "it does");
    predict_free(p);
}

/* What choose.h must say of layers where there is no doubt; dense activations. */
static void choices(void)
{
    enum { ROWS = 64, COLS = 256, POINTS = 4 };
    static int8_t w[ROWS * COLS], x[POINTS * COLS];
    lac_caps      caps = caps_;
    caps.weight_depth = caps.col_depth = caps.feat_depth = caps.param_depth = caps.acc_depth = 1024;
    choose_layer  l = { .caps = &caps, .memory = { .rd_latency = 20, .wr_latency = 8, .outstanding = 8 }, .w = { ROWS, COLS, w, NULL }, .x = x,
                        .in = LAC_INT8, .out = LAC_RAW, .points = POINTS };
    choose_cost   cost[CHOOSE_WAYS], best;
    choose_way    way = CHOOSE_WAYS;
    const unsigned resident = 1u << CHOOSE_RESIDENT, streamed = 1u << CHOOSE_STREAMED, columns = 1u << CHOOSE_COLUMNS;
    memset(x, 1, sizeof x);

    for (size_t i = 0; i < sizeof w; i++) w[i] = (int8_t)(1 + i % 100);
    verdict("choose: dense weights of many values are not csc",
            !choose_legal(&l, HOST_CSC) && choose_legal(&l, HOST_CSC8) && !choose_legal(&l, HOST_3_4), "they are");
    verdict("choose: dense weights, streamed: 4:4",
            choose_format(&l, ~0u, streamed | columns, &way, NULL) == HOST_4_4 && way == CHOOSE_STREAMED, "another");
    verdict("choose: only what may be chosen is", choose_format(&l, 1u << HOST_CSC8, streamed, &way, NULL) == HOST_CSC8, "another");
    verdict("choose: nothing is legal", choose_format(&l, 1u << HOST_CSC, ~0u, &way, NULL) == HOST_AUTO, "something is");

    for (size_t i = 0; i < sizeof w; i++) w[i] = i % 4 < 2 ? (int8_t)(1 + i % 100) : 0;
    verdict("choose: two of four, resident: 2:4", choose_format(&l, ~0u, resident, &way, &best) == HOST_2_4 && way == CHOOSE_RESIDENT, "another");
    /* 64 groups, 8 rows a lane, 2 of each: 1,024 entries a lane and point; the way there and back is far below one point's. */
    verdict("choose: ... in the time of its entries",
            best.cycles >= POINTS * 1024 && best.cycles < POINTS * 1024 + 700 && best.bound == PREDICT_LANES, "it is not");

    for (size_t i = 0; i < sizeof w; i++) w[i] = i % 97 == 0;
    verdict("choose: one weight of a hundred: csc", choose_format(&l, ~0u, resident, &way, NULL) == HOST_CSC, "another");
    for (size_t i = 0; i < sizeof x; i++) x[i] = i % 64 == 0;
    l.points = 1;
    verdict("choose: few activations: costs",
            !choose_costs(&l, HOST_CSC, ~0u, cost) && cost[CHOOSE_COLUMNS].possible && cost[CHOOSE_STREAMED].possible, "none");
    caps.weight_depth = 8;
    caps.col_depth = 32;
    verdict("choose: too large to be resident",
            !choose_costs(&l, HOST_CSC, ~0u, cost) && !cost[CHOOSE_RESIDENT].possible && cost[CHOOSE_STREAMED].possible, "it is not");
    caps.formats = 1u << LAC_CSC8;
    verdict("choose: a machine without N:4 and csc", choose_format(&l, ~0u, ~0u, &way, NULL) == HOST_CSC8, "another");
}

/* The rule of choose_best(), one line each: what a format costs resident, streamed, by column (0: not possible), what may be taken, what is. */
static void rule(void)
{
    enum { R = 1 << CHOOSE_RESIDENT, S = 1 << CHOOSE_STREAMED, C = 1 << CHOOSE_COLUMNS, ALL = R | S | C };
    static const struct { const char *name; uint64_t csc[3], csc8[3], two[3], four[3]; unsigned ways; host_format best; choose_way way; } cases[] = {
        { "fewest", { 9, 9, 9 }, { 8, 9, 9 }, { 9, 9, 0 }, { 9, 9, 0 }, ALL, HOST_CSC8, CHOOSE_RESIDENT },
        { "N:4 before csc", { 7, 8, 7 }, { 7, 8, 7 }, { 9, 8, 0 }, { 7, 8, 0 }, ALL, HOST_4_4, CHOOSE_RESIDENT },
        { "the smaller N", { 7, 8, 7 }, { 7, 8, 7 }, { 7, 8, 0 }, { 7, 8, 0 }, ALL, HOST_2_4, CHOOSE_RESIDENT },
        { "csc before csc8", { 7, 8, 7 }, { 7, 8, 7 }, { 8, 8, 0 }, { 8, 8, 0 }, ALL, HOST_CSC, CHOOSE_RESIDENT },
        { "streamed before by column", { 1, 7, 7 }, { 1, 8, 8 }, { 1, 8, 0 }, { 1, 8, 0 }, S | C, HOST_CSC, CHOOSE_STREAMED },
        { "a format's fewer way", { 1, 9, 8 }, { 1, 8, 6 }, { 1, 8, 0 }, { 1, 8, 0 }, S | C, HOST_CSC8, CHOOSE_COLUMNS },
        { "resident where it can be, though streaming takes fewer", { 9, 5, 5 }, { 9, 5, 5 }, { 8, 5, 0 }, { 9, 5, 0 }, ALL, HOST_2_4, CHOOSE_RESIDENT },
        { "one that cannot be resident", { 0, 5, 4 }, { 9, 1, 1 }, { 9, 1, 0 }, { 9, 1, 0 }, ALL, HOST_CSC, CHOOSE_COLUMNS },
        { "a way that may not be taken", { 5, 1, 1 }, { 0, 1, 1 }, { 6, 1, 0 }, { 7, 1, 0 }, R, HOST_CSC, CHOOSE_RESIDENT },
        { "nothing", { 0, 1, 1 }, { 0, 1, 1 }, { 0, 1, 0 }, { 0, 1, 0 }, R, HOST_AUTO, CHOOSE_WAYS },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        choose_cost cost[HOST_FORMATS][CHOOSE_WAYS];
        choose_way  way = CHOOSE_WAYS;
        char        name[100], why[100];
        memset(cost, 0, sizeof cost);
        for (int w = 0; w < CHOOSE_WAYS; w++) {
            const uint64_t cycles[] = { cases[i].csc[w], cases[i].csc8[w], cases[i].two[w], cases[i].four[w] };
            const host_format of[] = { HOST_CSC, HOST_CSC8, HOST_2_4, HOST_4_4 };
            for (int f = 0; f < 4; f++) cost[of[f]][w] = (choose_cost){ .possible = cycles[f] != 0, .cycles = cycles[f] };
        }
        const host_format best = choose_best(cost, 1u << HOST_CSC | 1u << HOST_CSC8 | 1u << HOST_2_4 | 1u << HOST_4_4, cases[i].ways, &way);
        snprintf(name, sizeof name, "choose by rule: %s", cases[i].name);
        snprintf(why, sizeof why, "%s way %d, expected %s way %d", host_format_name(best), way, host_format_name(cases[i].best), cases[i].way);
        verdict(name, best == cases[i].best && way == cases[i].way, why);
    }
}

/* Streamed layers in as few tiles as fit, and in as many as take the fewest cycles. What they compute: fc_numpy.py. */
static void tiles(void)
{
    enum { ROWS = 256, COLS = 512, POINTS = CHOOSE_POINTS + 1 };
    static int8_t  w[ROWS * COLS], x[POINTS * COLS];
    lac_caps       caps = caps_;
    lac_rng        g = { 5 };
    choose_cost    few[CHOOSE_WAYS], best[CHOOSE_WAYS];
    char           why[200];
    caps.weight_depth = caps.col_depth = caps.param_depth = 8192;
    caps.feat_depth = 40000;
    choose_layer l = { .caps = &caps, .memory = { .rd_latency = 20, .wr_latency = 8, .outstanding = 8 }, .x = x, .in = LAC_INT8, .out = LAC_INT8 };
    memset(x, 1, 2 * COLS); /* of two points: the others take next to no time, so that theirs does not hide what tiles do */

    /* Of one point of a dense layer LOAD takes about as long as EXEC, so nearly half of the time can go; what is left is a tile more. `limit`: per
     * cent of the cycles in as few tiles as fit that it may take (by column there are two already). */
    static const struct { const char *name; uint32_t rows, cols, acc, points; host_format f; choose_way way; int cut, limit; } cases[] = {
        { "one point: 4:4", 256, 512, 64, 1, HOST_4_4, CHOOSE_STREAMED, 1, 75 },
        { "one point: csc8", 256, 512, 64, 1, HOST_CSC8, CHOOSE_STREAMED, 1, 75 },
        { "one point: csc8 by column", 256, 512, 64, 1, HOST_CSC8, CHOOSE_COLUMNS, 1, 95 },
        { "two points in one batch", 256, 512, 64, 2, HOST_4_4, CHOOSE_STREAMED, 1, 85 },
        { "resident weights stay as they are", 256, 512, 64, 1, HOST_4_4, CHOOSE_RESIDENT, 0, 100 },
        { "too small to gain anything", 8, 8, 64, 1, HOST_4_4, CHOOSE_STREAMED, 0, 100 },
        { "batches that would fetch the weights again", 256, 512, 32, 2, HOST_4_4, CHOOSE_STREAMED, 0, 100 },
        { "more points than are predicted", 256, 512, 16384, POINTS, HOST_4_4, CHOOSE_STREAMED, 0, 100 },
    };
    for (size_t i = 0; i < sizeof w; i++) w[i] = (int8_t)(1 + i % 100);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[100];
        caps.acc_depth = cases[i].acc;
        l.w = (host_matrix){ cases[i].rows, cases[i].cols, w, NULL };
        l.points = cases[i].points;
        l.tiles = 1;
        int bad = choose_costs(&l, cases[i].f, 1u << cases[i].way, few);
        l.tiles = 0;
        bad |= choose_costs(&l, cases[i].f, 1u << cases[i].way, best);
        const choose_cost *a = &few[cases[i].way], *b = &best[cases[i].way];
        snprintf(name, sizeof name, "tiles: %s", cases[i].name);
        snprintf(why, sizeof why, "%" PRIu64 " cycles, then %" PRIu64 " (weight depth %" PRIu32 ")", a->cycles, b->cycles, b->weight_depth);
        verdict(name, !bad && a->possible && b->possible && !a->weight_depth && !b->weight_depth == !cases[i].cut &&
                100 * b->cycles <= (uint64_t)cases[i].limit * a->cycles && (cases[i].cut || a->cycles == b->cycles), why);
    }

    int worse = 0, cut = 0;
    caps.acc_depth = 256;
    for (int i = 0; i < 60; i++) {
        const uint32_t density = 20 + rng_below(&g, 237);
        const host_format f = (host_format)(rng_below(&g, 2) ? HOST_CSC8 : HOST_4_4);
        l.w = (host_matrix){ 1 + rng_below(&g, ROWS), 1 + rng_below(&g, COLS), w, NULL };
        l.points = 1 + rng_below(&g, 2);
        l.memory.rd_latency = 1 + rng_below(&g, 60);
        for (size_t k = 0; k < (size_t)l.w.rows * l.w.cols; k++) w[k] = rng_chance(&g, density) ? (int8_t)(1 + k % 100) : 0;
        for (size_t k = 0; k < COLS; k++) x[k] = (int8_t)rng_chance(&g, density);
        l.tiles = 1;
        int bad = choose_costs(&l, f, 1u << CHOOSE_STREAMED | 1u << CHOOSE_COLUMNS, few);
        l.tiles = 0;
        bad |= choose_costs(&l, f, 1u << CHOOSE_STREAMED | 1u << CHOOSE_COLUMNS, best);
        for (int way = CHOOSE_STREAMED; way < CHOOSE_WAYS; way++) {
            worse += bad || best[way].cycles > few[way].cycles || best[way].possible != few[way].possible ||
                     (best[way].weight_depth != 0) != (best[way].cycles < few[way].cycles);
            cut += best[way].weight_depth != 0;
        }
    }
    snprintf(why, sizeof why, "%d are, %d cut", worse, cut);
    verdict("tiles: 60 random layers: none slower than in as few tiles as fit, some cut", !worse && cut > 20, why);
}

int main(void)
{
    by_hand();
    choices();
    rule();
    tiles();
    refused();
    layers("l8", 7000, 12000);
    layers("l64", 8000, 6000);
    return bad_ != 0;
}
