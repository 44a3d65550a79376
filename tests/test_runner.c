/* SPDX-License-Identifier: Apache-2.0
 *
 * test_runner.c - a program that runs in pieces costs what its pieces cost: counts, causes and timeline of rings of several sizes
 *
 *   One program, on the golden model and on the RTL of l8 where it is built. The ring that holds all of it gives what does not depend on
 *   pieces; causes and windows of the trace must add up to what the registers count by themselves */
#include <inttypes.h>
#include <sanitizer/lsan_interface.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "rng.h"
#include "runner.h"

enum { ROWS = 40, COLS = 96, POINTS = 3, JOBS = 6, IMAGE = 1 << 16 };

static int bad;

static void check(const char *port, uint32_t ring, const char *what, uint64_t got, uint64_t want)
{
    if (got == want) return;
    printf("not ok - runner %s, ring of %" PRIu32 ": %s: expected %" PRIu64 ", got %" PRIu64 "\n", port, ring, what, want, got);
    bad = 1;
}

typedef struct { runner_totals sum; uint64_t commands; uint8_t y[JOBS * POINTS * 64]; } outcome;

static int8_t weights_[ROWS * COLS], x_[POINTS * COLS];

/* The same program on a ring of `ring` commands (0: as many as it has). -1: it could not run. */
static int run(const char *port, uint32_t ring, const outcome *whole, outcome *out)
{
    static uint8_t image[IMAGE];
    machine        m;
    runner_plan    plan;
    runner         r;
    trace          t;
    diag           d;
    lac_layer      layer;
    lac_fc         job[JOBS];
    uint32_t       need;
    uint64_t       where;
    const lac_requant rq = { NULL, NULL, NULL, 1 << 20, 28 };
    __lsan_disable(); /* what Verilator's runtime keeps is not ours */
    const machine_status opened = machine_open(&m, port, "l8", &d);
    __lsan_enable();
    if (opened) {
        printf("not ok - runner %s: %s\n", port, d.text);
        return -1;
    }
    void        *scratch = malloc(lac_pack_scratch(&m.dev.caps, ROWS, COLS));
    const lac_nm nm = { ROWS, COLS, 4, weights_ };
    lac_status   s = lac_pack_nm(&m.dev.caps, &nm, &rq, 1, scratch, image, sizeof image, &need, &layer, &where);
    free(scratch);

    const uint32_t xp = lac_pitch(&m.dev.caps, COLS, LAC_INT8, 0), yp = lac_pitch(&m.dev.caps, ROWS, LAC_INT8, 0);
    for (uint32_t pass = 0; pass < 2 && !s; pass++) { /* 0: how many commands */
        arena a = arena_at(MACHINE_BASE);
        arena_take(&a, 64u * (pass ? ring : 2));
        layer.addr = arena_take(&a, layer.bytes);
        const lac_addr x = arena_take(&a, POINTS * xp);
        for (uint32_t i = 0; i < JOBS; i++)
            job[i] = (lac_fc){ .layer = &layer, .points = POINTS, .x = { x, xp, LAC_INT8, 3, 0 },
                               .y = { arena_take(&a, POINTS * yp), yp, LAC_INT8, 0, 0 }, .clamp_lo = -128, .clamp_hi = 127, .mark = 1 };
        if (!pass) {
            plan = (runner_plan){ .line = m.dev.caps.line };
            s = lac_fc_build(&m.dev.caps, job, JOBS, runner_count, &plan);
            if (!ring) ring = runner_ring(&plan);
        } else if (machine_memory(&m, arena_bytes(&a), ring, &d)) {
            s = LAC_E_SPACE;
        } else {
            s = machine_write(&m, layer.addr, image, layer.bytes);
            for (uint32_t p = 0; p < POINTS && !s; p++) s = machine_write(&m, x + p * xp, x_ + p * COLS, COLS);
        }
    }
    if (!s && (runner_init(&r, &m, &plan) || trace_init(&t))) s = LAC_E_SPACE;
    if (!s) s = runner_watch(&r, &t);
    if (!s) s = lac_fc_build(&m.dev.caps, job, JOBS, runner_emit, &r);
    if (!s) s = runner_finish(&r);
    for (uint32_t i = 0; i < JOBS * POINTS && !s; i++) s = machine_read(&m, out->y + 64 * i, job[i / POINTS].y.addr + i % POINTS * yp, ROWS);
    if (s) {
        printf("not ok - runner %s, ring of %" PRIu32 ": %s\n", port, ring, lac_status_name(s));
        bad = 1;
        machine_close(&m);
        return -1;
    }

    const runner_totals *n = &r.sum, *w = whole ? &whole->sum : &r.sum;
    const uint64_t       pieces = (plan.commands + ring - 2) / (ring - 1);
    check(port, ring, "commands", t.emitted, plan.commands);
    check(port, ring, "marks", n->marks, JOBS);
    check(port, ring, "macs", n->macs, w->macs);
    check(port, ring, "items", n->items, w->items);
    check(port, ring, "beats written", n->wr_beats, w->wr_beats);
    check(port, ring, "beats read", n->rd_beats, w->rd_beats);
    check(port, ring, "outputs that are not zero", n->nonzero, w->nonzero);
    if (whole) check(port, ring, "result differs", (uint64_t)memcmp(out->y, whole->y, sizeof out->y), 0);
    if (m.kind == MACHINE_RTL) {
        lac_rtl_window sum = { 0, 0, 0 };
        uint64_t       busy = 0, last = 0;
        for (uint32_t u = 0; u < lac_units(&m.dev.caps); u++) {
            uint64_t all = 0;
            for (int c = 0; c < LAC_CAUSES; c++) all += r.causes[u][c];
            check(port, ring, "causes of a unit", all, n->cycles);
            if (u < m.dev.caps.lanes) busy += r.causes[u][1];
        }
        check(port, ring, "multiplications of all lanes", busy, n->macs);
        for (uint32_t i = 0; i < t.windows; i++) {
            sum.macs += t.win[i].macs;
            sum.rd_beats += t.win[i].rd_beats;
            sum.wr_beats += t.win[i].wr_beats;
        }
        check(port, ring, "multiplications of the windows", sum.macs, n->macs);
        check(port, ring, "beats read of the windows", sum.rd_beats, n->rd_beats);
        check(port, ring, "beats written of the windows", sum.wr_beats, n->wr_beats);
        check(port, ring, "events", t.events, plan.commands);
        check(port, ring, "lost events", t.lost, 0);
        for (uint32_t i = 0; i < t.events; i++) last = t.event[i].end > last ? t.event[i].end : last;
        check(port, ring, "the last command ends when the job does, less its answer to CMD", n->cycles - last < 8, 1);
        check(port, ring, "mark_last is when the last command ends, or just before", last - n->mark_last < 8, 1);
        if (whole && pieces > 1) check(port, ring, "pieces take longer", n->cycles > whole->sum.cycles, 1);
        /* One command a piece: none starts before the one before it has ended. */
        for (uint32_t i = 1; i < t.events && ring == 2; i++) {
            check(port, ring, "order of commands", t.event[i].command.index, i);
            check(port, ring, "a command starts after the end of the last one", t.event[i].start >= t.event[i - 1].end, 1);
        }
    }
    out->sum = r.sum;
    out->commands = plan.commands;
    runner_free(&r);
    trace_free(&t);
    machine_close(&m);
    return 0;
}

int main(void)
{
    const char *seed = getenv("SEED"), *port[] = { "model", "rtl" };
    char        path[4300];
    lac_rng     g = { 77u + (seed ? strtoul(seed, NULL, 10) : 1u) };
    for (size_t i = 0; i < sizeof weights_; i++) weights_[i] = (int8_t)rng_next(&g);
    for (size_t i = 0; i < sizeof x_; i++) x_[i] = rng_chance(&g, 128) ? 3 : (int8_t)rng_next(&g);
    for (int p = 0; p < 2; p++) {
        static outcome whole, part;
        if (p && lac_rtl_find("l8", path, sizeof path)) {
            puts("skip - runner rtl: rtl/l8.so is not built");
            break;
        }
        bad |= run(port[p], 0, NULL, &whole) != 0;
        for (uint32_t ring = 2; ring < 12 && !bad; ring = 2 * ring - 1) bad |= run(port[p], ring, &whole, &part) != 0;
        if (!bad) printf("ok - runner %s: %" PRIu64 " commands, in one piece and in several\n", port[p], whole.commands);
    }
    return bad;
}
