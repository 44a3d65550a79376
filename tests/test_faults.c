/* SPDX-License-Identifier: Apache-2.0
 *
 * test_faults - what goes wrong goes wrong the same way in model and core, nothing hangs, and the next job is right
 *
 *   Trial      a job of jobgen.h, one fault: in the bus, in a command, in the image, at the doorbell, or a reset at some cycle.
 *              Status, error record and all memory outside a failing STORE's destination must be the model's; the monitor must
 *              stay silent; then a soft reset and a job without fault, that must be right
 *   Undefined  a changed command may be legal and mean something outside the contract: then only the end, the monitor and the
 *              next job are checked
 *   Codes      every code of driver/lac_errors.def has to occur, equal on both sides
 *   Repeat     a failing line holds the trial's seed: CONFIG=name SEED=n JOBS=1 build/tests/test_faults
 *   Others     CONFIG may name a configuration that is not among the five (the netlist's: i5): PERCENT of the trials, default 30, and every
 *              code has to occur there too
 *   Lines      one for the trials of a kind and configuration */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lac_hw.h"
#include "pair.h"

enum {
    WATCHDOG = 3000,   /* [cycles] beyond any stall that the memory makes at random */
    LIMIT    = 3000000, /* [cycles] of a job */
    OFFERED  = 3       /* W beats that may already be on offer, and so have to stand, when a reset or timeout comes */
};

static int         bad;
static uint32_t    code_seen[64]; /* equal in model and core */
static uint32_t    compared, undefined;
static lac_config  cfg;
static lac_caps    caps;
static machine     core;
static const char *name;
static int         any_map;         /* some configuration has a mapping unit */

/* The job's memory as the model leaves it, and where comparison has nothing to say. */
typedef struct {
    job      j;
    machine  model;
    outcome  want, got;
    lac_rng  r;
    uint64_t skip_lo, skip_hi;
    int      elsewhere; /* a MAP may write where its command's uses do not say */
    char     what[500];
} trial;

static int begin(trial *t, uint64_t seed)
{
    memset(t, 0, sizeof *t);
    t->r.s = seed * 77 + 5;
    if (job_make(&t->j, &caps, seed ^ 0xFA17)) return -1;
    if (t->j.feed == JOB_AS_ROOM) { /* behind an error the ring's contents would depend on time */
        t->j.feed = JOB_ONE_DOORBELL;
        t->j.ring_size = t->j.n + 1;
        t->j.ring = t->j.base + (t->j.in_top + 63) / 64 * 64;
        t->j.rd_lo = t->j.wr_lo = t->j.base;
        t->j.rd_hi = t->j.wr_hi = t->j.base + JOB_MEM;
    }
    return machine_model(&t->model, &cfg, t->j.base);
}

static void end(trial *t)
{
    machine_close(&t->model);
    job_free(&t->j);
}

static void say(trial *t, const char *text)
{
    if (!*t->what) snprintf(t->what, sizeof t->what, "%s", text);
}

static void check_monitor(trial *t)
{
    const axi_monitor *m = lac_rtl_monitor(core.rtl);
    if (m->found && !*t->what) snprintf(t->what, sizeof t->what, "bus monitor: %s", m->first);
}

/* Where a failing STORE or MAP writes is unspecified. */
static void set_skip(trial *t)
{
    t->skip_lo = t->skip_hi = 0;
    const uint32_t c = t->want.err_cmd;
    if (!t->want.err_code || c >= t->j.n || (t->j.cmd[c].w[0] & 15) < 3) return;
    if (t->elsewhere) t->skip_hi = UINT64_MAX;
    for (uint32_t u = 0; u < t->j.cmd[c].uses; u++)
        if (t->j.cmd[c].use[u].res == USE_MEM && t->j.cmd[c].use[u].write && !t->elsewhere) {
            t->skip_lo = t->j.cmd[c].use[u].lo;
            t->skip_hi = t->j.cmd[c].use[u].hi;
        }
}

/* Bytes of the core that differ from the image must belong to a STORE or to the ring. */
static void check_untouched(trial *t)
{
    const job *j = &t->j;
    for (uint64_t i = 0; i < JOB_MEM; i++) {
        if (core.mem[i] == j->mem[i]) continue;
        const uint64_t at = j->base + i;
        int mine = at >= j->ring && at < j->ring + 64u * (uint64_t)j->ring_size;
        for (uint32_t c = 0; c < j->n && !mine; c++)
            for (uint32_t u = 0; u < j->cmd[c].uses; u++)
                mine |= j->cmd[c].use[u].res == USE_MEM && j->cmd[c].use[u].write && at >= j->cmd[c].use[u].lo && at < j->cmd[c].use[u].hi;
        if (!mine) {
            if (!*t->what) snprintf(t->what, sizeof t->what, "memory at 0x%" PRIx64 " touched, no command names it", at);
            return;
        }
    }
}

static int core_ready(trial *t)
{
    const axi_mem_timing tm = pair_timing(&t->r, rng_chance(&t->r, 80));
    if (machine_prepare(&core, &t->j, &tm, 0)) {
        say(t, "soft reset does not end");
        return -1;
    }
    memcpy(t->model.mem, t->j.mem, JOB_MEM);
    return 0;
}

static void compare(trial *t)
{
    set_skip(t);
    if (!*t->what) pair_compare(&t->j, &t->model, &t->want, &core, &t->got, t->skip_lo, t->skip_hi, t->what, sizeof t->what);
    if (!*t->what) {
        compared++;
        if (t->want.err_code) code_seen[t->want.err_code & 63]++;
    }
}

/* Both get the job; the same watchdog. */
static void run_both(trial *t)
{
    pair_feed(&t->model, &t->j, WATCHDOG, 0, &t->want);
    pair_feed(&core, &t->j, WATCHDOG, LIMIT, &t->got);
}

/* A job without any fault, after a soft reset, on the core that has just failed. */
static void next_job(trial *t, uint64_t seed)
{
    trial n;
    const uint32_t before = compared;
    if (*t->what) return;
    if (begin(&n, seed + 999)) {
        say(t, "no host memory");
        return;
    }
    if (!core_ready(&n)) {
        run_both(&n);
        compare(&n);
    }
    compared = before;
    check_monitor(&n);
    if (*n.what) snprintf(t->what, sizeof t->what, "next job: %.450s", n.what);
    end(&n);
}

/* A random line of what some command reads or writes; the command's index. */
static uint32_t pick_line(trial *t, int write, int whole, uint64_t *lo, uint64_t *hi)
{
    for (;;) {
        const uint32_t c = rng_below(&t->r, t->j.n);
        for (uint32_t u = 0; u < t->j.cmd[c].uses; u++) {
            const job_use *use = &t->j.cmd[c].use[u];
            if (use->res != USE_MEM || use->write != write) continue;
            *lo = use->lo;
            *hi = use->hi;
            if (!whole) {
                const uint64_t n = (*hi - *lo + caps.line - 1) / caps.line;
                *lo += caps.line * (rng_chance(&t->r, 80) ? 0 : rng_chance(&t->r, 40) ? n - 1 : rng_below(&t->r, (uint32_t)n));
                *hi = *lo + caps.line;
            }
            return c;
        }
    }
}

/* ---- Kinds of trials: each leaves its verdict in t->what ---- */

static void inject(trial *t, lac_fault_kind kind, axi_fault_kind how, int write, uint64_t lo, uint64_t hi)
{
    const axi_fault f = { lo, hi, !write, (uint8_t)write, how };
    lac_model_fault(t->model.model, kind, !write, write, lo, hi - 1);
    axi_mem_add_fault(lac_rtl_mem(core.rtl), f);
}

static void bus_error(trial *t)
{
    uint64_t lo, hi;
    const int write = rng_chance(&t->r, 110), dec = rng_chance(&t->r, 128), ring = !write && rng_chance(&t->r, 40);
    if (ring) {
        lo = t->j.ring + 64u * (uint64_t)rng_below(&t->r, t->j.ring_size);
        hi = lo + 64;
    } else pick_line(t, write, 0, &lo, &hi);
    if (rng_chance(&t->r, 60)) lo = hi - 1; /* just the last byte */
    if (core_ready(t)) return;
    inject(t, dec ? LAC_FAULT_DECERR : LAC_FAULT_SLVERR, dec ? AXI_FAULT_DECERR : AXI_FAULT_SLVERR, write, lo, hi);
    run_both(t);
    compare(t);
}

/* RLAST wrong: for the model the beat is bad in another way; only the code differs. */
static void bus_protocol(trial *t)
{
    uint64_t lo, hi;
    pick_line(t, 0, 0, &lo, &hi);
    if (core_ready(t)) return;
    inject(t, LAC_FAULT_SLVERR, AXI_FAULT_LAST, 0, lo, hi);
    lac_rtl_monitor(core.rtl)->bad_rlast = 1;
    run_both(t);
    lac_rtl_monitor(core.rtl)->bad_rlast = 0;
    if ((t->want.err_code & 0xFF) == LAC_ERR_BUS_SLVERR)
        t->want.err_code = (t->want.err_code & ~0xFFu) | LAC_ERR_BUS_PROTOCOL;
    compare(t);
}

/* A bus that stops for ever: timeout, stuck, and a soft reset that waits until the bus lives again. */
static void stall(trial *t)
{
    static const axi_fault_kind hows[3] = { AXI_FAULT_STALL, AXI_FAULT_NO_ADDR, AXI_FAULT_NO_DATA };
    uint64_t lo, hi;
    uint32_t status;
    const int write = rng_chance(&t->r, 128), ring = !write && rng_chance(&t->r, 40);
    const axi_fault_kind how = hows[rng_below(&t->r, write ? 3 : 2)];

    /* a request that is refused as a whole is refused from its first byte on */
    if (ring) {
        lo = t->j.ring;
        hi = lo + 64u * (uint64_t)t->j.ring_size;
    } else pick_line(t, write, how != AXI_FAULT_STALL, &lo, &hi);
    if (core_ready(t)) return;
    inject(t, LAC_FAULT_STALL, how, write, lo, hi);
    run_both(t);
    if ((t->want.err_code & 0xFF) != LAC_ERR_BUS_TIMEOUT) {
        compare(t); /* the line was not touched, or something else came first */
        if (t->want.err_code == 0) return;
    } else if (ring || (t->j.stats.maps && (t->got.err_cmd < t->want.err_cmd || t->want.err_code >> 8 == LAC_UNIT_MAP))) {
        /* may be reported as an earlier command's: so may a LOAD's, when a MAP reads too, and a MAP's that goes on later */
        if ((t->got.err_code & 0xFF) != LAC_ERR_BUS_TIMEOUT || t->got.err_cmd > t->want.err_cmd) say(t, "no timeout on a bus that has stopped");
        check_untouched(t);
    } else compare(t);
    if (*t->what || (t->want.err_code & 0xFF) != LAC_ERR_BUS_TIMEOUT) return;

    if (!machine_reset(&core, 300) || !machine_reset(&t->model, 3)) say(t, "soft reset ends although the bus owes an answer");
    core.port.read32(core.port.ctx, LAC_REG_STATUS, &status);
    if (!(status & LAC_STATUS_RESET)) say(t, "STATUS does not show the reset under way");
    if (!(status & LAC_STATUS_STUCK)) say(t, "STATUS does not show the stuck bus");
    const uint64_t named = lac_rtl_mem(core.rtl)->wr_named;
    axi_mem_no_faults(lac_rtl_mem(core.rtl)); /* the late answers come */
    lac_model_bus_reset(t->model.model);
    for (uint32_t i = 0; i < 20000; i++) {
        core.port.read32(core.port.ctx, LAC_REG_STATUS, &status);
        if (!(status & LAC_STATUS_RESET)) break;
    }
    if (status) say(t, "soft reset does not end when the bus answers again");
    if (lac_rtl_mem(core.rtl)->wr_named - named > OFFERED) say(t, "beats owed after a timeout carry strobes");
    check_untouched(t);
}

/* Without a watchdog the core waits as long as it takes, and the job is right in the end. */
static void patient(trial *t)
{
    uint64_t lo, hi;
    const int write = rng_chance(&t->r, 128);
    const axi_fault f = { 0, 0, !write, (uint8_t)write, AXI_FAULT_STALL };
    axi_fault g = f;
    t->j.feed = JOB_ONE_DOORBELL;
    t->j.ring_size = t->j.n + 1;
    t->j.ring = t->j.base + (t->j.in_top + 63) / 64 * 64;
    t->j.rd_lo = t->j.wr_lo = t->j.base;
    t->j.rd_hi = t->j.wr_hi = t->j.base + JOB_MEM;
    pick_line(t, write, 0, &lo, &hi);
    g.lo = lo;
    g.hi = hi;
    if (core_ready(t)) return;
    axi_mem_add_fault(lac_rtl_mem(core.rtl), g);
    pair_feed(&t->model, &t->j, 0, 0, &t->want);
    pair_feed(&core, &t->j, 0, 60000, &t->got);
    if (t->got.hung && (t->got.status != LAC_STATUS_BUSY)) say(t, "without a watchdog the core gave up");
    axi_mem_no_faults(lac_rtl_mem(core.rtl));
    uint32_t status = 1;
    for (uint32_t i = 0; i < 200000 && status & LAC_STATUS_BUSY; i++) {
        core.port.read32(core.port.ctx, LAC_REG_STATUS, &status);
        lac_rtl_tick(core.rtl, 5);
    }
    memset(&t->got, 0, sizeof t->got);
    t->got.runs = 1;
    pair_outcome(&core, &t->got);
    compare(t);
}

/* What a LOAD_COLUMNS writes depends on what it reads: tokens anew, as if all that touches weights and columns touched all of them. */
static void order_all_weights(trial *t)
{
    for (uint32_t c = 0; c < t->j.n; c++)
        for (uint32_t u = 0; u < t->j.cmd[c].uses; u++) {
            job_use *use = &t->j.cmd[c].use[u];
            if (use->res != USE_WEIGHT && use->res != USE_COL) continue;
            use->lo = 0;
            use->hi = 1 << 20;
        }
    job_tokens(&t->j, &t->r, 0);
}

/* One field, or one bit anywhere, of one command gets another value. */
static uint32_t field_hits[192]; /* index: position in the list below; trials that ended in an error of that command */
static const struct { const char *cmd, *field; uint32_t op, pos; } fields[] = {
#define LAC_CMD(cmd, op, kind)
#define LAC_FIELD(cmd, field, word, lsb, width, doc) { #cmd, #field, LAC_OP_##cmd, LAC_F_##cmd##_##field },
#define LAC_OP_ANY 0
#include "lac_cmd.def"
#undef LAC_FIELD
#undef LAC_CMD
};
enum { FIELDS = sizeof fields / sizeof *fields };

static void another_value(trial *t, uint32_t *w, uint32_t at)
{
    const uint32_t old = lac_get_field(w, fields[at].pos), mask = lac_field_mask(fields[at].pos);
    const uint32_t values[] = { 0, mask, old + 1, old - 1, old ^ (1u << rng_below(&t->r, fields[at].pos & 0xFF)),
                                (uint32_t)rng_next(&t->r), old + 64, old * 2, mask >> 1, (mask >> 1) + 1 };
    lac_set_field(w, fields[at].pos, values[rng_below(&t->r, sizeof values / sizeof *values)]);
}

/* Command c was changed, field `at` of it if below FIELDS: run, and compare where the contract says what must happen. */
static void changed(trial *t, uint32_t c, const uint32_t before[16], uint32_t at, int sixteenth)
{
    const uint32_t *w = t->j.cmd[c].w, op = w[0] & 0xFF;
    if (core_ready(t)) return;
    run_both(t);
    /* Defined: the command itself was refused, or LOAD found what it brought malformed where it was told to look. */
    const uint32_t code = t->want.err_code & 0xFF, unit = t->want.err_code >> 8 & 15;
    const uint64_t from = (uint64_t)w[3] << 32 | w[2];
    /* Needed columns: the features it now looks at may be of another type. */
    const int strange = op == LAC_OP_LOAD_COLUMNS && lac_get_field(w, LAC_F_LOAD_COLUMNS_NEEDED) &&
                        (w[4] >> 26 != before[4] >> 26 || w[6] != before[6]);
    /* MAP runs alone with memory, so all that it finds in the inputs is defined. */
    const uint64_t inputs = (t->j.base + t->j.in_top) / 64;
    t->elsewhere = op == LAC_OP_MAP && unit == LAC_UNIT_MAP;
    const int defined = sixteenth || (t->want.err_code && t->want.err_cmd == c &&
                        ((unit == LAC_UNIT_CMD && code <= LAC_ERR_TOKEN) || (unit == LAC_UNIT_LOAD && from < t->j.base + t->j.in_top && !strange) ||
                         (t->elsewhere && (code <= LAC_ERR_LENGTH || (w[2] < inputs && (lac_get_field(w, LAC_F_MAP_MADE) || w[3] < inputs))))));
    if (defined) {
        compare(t);
        if (at < FIELDS && !*t->what) field_hits[at]++;
    } else {
        undefined++;
        if (t->got.hung) say(t, "hangs after a changed command");
    }
}

static void bad_command(trial *t)
{
    uint32_t c = rng_below(&t->r, t->j.n), at = FIELDS;
    const int columns = rng_chance(&t->r, 60); /* they are rare */
    for (uint32_t i = 0; columns && i < t->j.n; i++)
        if ((t->j.cmd[i].w[0] & 0xFF) == LAC_OP_LOAD_COLUMNS) c = i;
    uint32_t *w = t->j.cmd[c].w;
    const uint32_t op = w[0] & 0xFF;
    uint32_t before[16];
    int sixteenth = 0;
    if (op == LAC_OP_LOAD_COLUMNS) order_all_weights(t);
    memcpy(before, w, sizeof before);
    if (rng_chance(&t->r, 50)) w[rng_below(&t->r, 16)] ^= 1u << rng_below(&t->r, 32);
    else if (rng_chance(&t->r, 24)) /* a token that nobody may have given */
        w[0] |= 0x100u << rng_below(&t->r, caps.map ? 4 : 3);
    else if (rng_chance(&t->r, 24)) { /* every LOAD gives STORE a token, STORE takes none: the sixteenth is too many */
        sixteenth = 1;
        job_tokens(&t->j, &t->r, 0);
        for (uint32_t i = 0; i < t->j.n; i++)
            if ((t->j.cmd[i].w[0] & 15) == 1) t->j.cmd[i].w[0] |= 0x4000u;
    } else {
        do at = rng_below(&t->r, FIELDS);
        while ((fields[at].op && fields[at].op != op) || !strcmp(fields[at].field, "TAG") || !strcmp(fields[at].field, "MARK"));
        another_value(t, w, at);
    }
    changed(t, c, before, at, sixteenth);
}

/* The same, of what points of several pixels have: in a command with some, if the job has one. */
static void bad_pixels(trial *t)
{
    static const char *const names[] = { "WIDTH", "PIXELS", "FIRST", "STEP", "APART", "GUARD", "TOP", "BOTTOM", "ROWS", "POINTS", "CHANNELS", "FORMAT", "N", "POOL_Y", "POOL_X", "POOL_DY", "POOL_DX",
                                         "POOL_TOP", "POOL_LEFT", "AVERAGE", "FROM_ROWS", "FROM_PIXELS" };
    uint32_t before[16], c = 0, at;
    for (uint32_t i = 0, seen = 0; i < t->j.n; i++) {
        const uint32_t *w = t->j.cmd[i].w, op = w[0] & 0xFF;
        if (op != LAC_OP_EXEC && op != LAC_OP_STORE) continue;
        const int wide = lac_get_field(w, op == LAC_OP_EXEC ? LAC_F_EXEC_WIDTH : LAC_F_STORE_WIDTH) != 0;
        if (rng_below(&t->r, ++seen) == 0 || (wide && rng_chance(&t->r, 128))) c = i;
    }
    uint32_t *w = t->j.cmd[c].w;
    memcpy(before, w, sizeof before);
    for (;;) {
        at = rng_below(&t->r, FIELDS);
        if (fields[at].op != (w[0] & 0xFF)) continue;
        size_t n = 0;
        while (n < sizeof names / sizeof *names && strcmp(fields[at].field, names[n])) n++;
        if (n < sizeof names / sizeof *names) break;
    }
    another_value(t, w, at);
    changed(t, c, before, at, 0);
}

/* One byte (or a header's field) of what a LOAD brings is changed. */
static void bad_image(trial *t)
{
    job *j = &t->j;
    uint32_t c = 0;
    int      tries = 0;
    do c = rng_below(&t->r, j->n);
    while ((j->cmd[c].w[0] & 15) != 1 && ++tries < 1000);
    if ((j->cmd[c].w[0] & 15) != 1 || j->cmd[c].use[0].lo >= j->base + j->in_top) return;
    const job_use *use = &j->cmd[c].use[0];
    uint8_t *p = j->mem + (use->lo - j->base);
    const uint32_t n = (uint32_t)(use->hi - use->lo), kind = j->cmd[c].w[0] >> 4 & 15;
    uint32_t at = rng_below(&t->r, n);
    if (rng_chance(&t->r, 160)) at = rng_below(&t->r, n < 24 ? n : 24);             /* headers */
    if (kind == 0 && rng_chance(&t->r, 120)) at = caps.line + rng_below(&t->r, n - caps.line < 64 ? n - caps.line : 64); /* tables */
    if (n <= at) at = 0;
    if (rng_chance(&t->r, 128)) p[at] ^= (uint8_t)(1u << rng_below(&t->r, 8));
    else p[at] = (uint8_t)rng_next(&t->r);
    if (kind == 0 && rng_chance(&t->r, 90)) p[at] |= 7; /* no slice length ends so */
    if (kind == 4) order_all_weights(t);
    if (core_ready(t)) return;
    run_both(t);
    /* A block that is still well formed but other than EXEC thinks, or entries for lanes that no channel owns, mean nothing. */
    const uint32_t unit = t->want.err_code >> 8 & 15;
    const int header = kind == 0 && at < 8, lane = kind == 3;
    if (t->want.err_code ? unit == LAC_UNIT_LOAD || (unit == LAC_UNIT_EXEC && !header) : !header && !lane) compare(t);
    else {
        undefined++;
        if (t->got.hung) say(t, "hangs after a changed image");
    }
}

/* A column block of a random job, and one of its stored columns. */
typedef struct {
    uint32_t c, columns, lanes, tables, column; /* command; tables: lines of a column's */
    uint8_t *index, *table;
} column_block;

/* 0: this job has none. */
static int pick_column(trial *t, column_block *b)
{
    uint32_t n = 0, stored = 0;
    for (uint32_t c = 0; c < t->j.n; c++) {
        const uint32_t *w = t->j.cmd[c].w;
        if ((w[0] & 0xFF) != LAC_OP_LOAD_COLUMNS || rng_below(&t->r, ++n)) continue;
        b->c = c;
        b->columns = lac_get_field(w, LAC_F_LOAD_COLUMNS_COLUMNS);
        b->lanes = lac_get_field(w, LAC_F_LOAD_COLUMNS_LANES) + 1;
        b->tables = (b->lanes + caps.line - 1) / caps.line;
        b->index = t->j.mem + (t->j.cmd[c].use[0].lo - t->j.base);
    }
    if (!n) return 0;
    uint8_t *p = b->index + (b->columns + caps.line - 1) / caps.line * caps.line;
    for (uint32_t k = 0; k < b->columns; p += caps.line * b->index[k++])
        if (b->index[k] && !rng_below(&t->r, ++stored)) {
            b->column = k;
            b->table = p;
        }
    return stored != 0;
}

static uint32_t column_codes[64]; /* of a LOAD_COLUMNS, equal in model and core */

/* Something is wrong with a column block; in some trials a line of it cannot be read, too. */
static void bad_columns(trial *t)
{
    column_block b = {0};
    for (int tries = 0; !pick_column(t, &b); tries++) {
        const uint64_t other = rng_next(&t->r);
        end(t);
        if (begin(t, other) || tries > 200) {
            say(t, "no job with a column block");
            return;
        }
    }
    order_all_weights(t);
    uint32_t *w = t->j.cmd[b.c].w;
    const uint32_t lane = rng_below(&t->r, b.lanes), k = rng_below(&t->r, b.columns), old = lac_get_field(w, LAC_F_LOAD_COLUMNS_LINES);
    const int bus = rng_chance(&t->r, 60), minus = rng_chance(&t->r, 128);
    /* what the command itself may not ask for; the last but one with NEEDED, too */
    const struct { uint32_t field, value; } refused[] = {
        { LAC_F_LOAD_COLUMNS_COLUMNS, 0 }, { LAC_F_LOAD_COLUMNS_FORMAT, 2 }, { LAC_F_LOAD_COLUMNS_LANES, caps.lanes },
        { LAC_F_LOAD_COLUMNS_COL_BASE, caps.col_depth - b.columns + 1 }, { LAC_F_LOAD_COLUMNS_WORD_BASE, caps.weight_depth },
        { LAC_F_LOAD_COLUMNS_FEAT_BASE, caps.feat_depth }, { LAC_F_LOAD_COLUMNS_WIDE, 1 },
    };
    const uint32_t wrong = rng_below(&t->r, sizeof refused / sizeof *refused);
    switch (rng_below(&t->r, 9)) {
    case 0: /* shorter than its table, where that has two lines, or of another length */
        b.index[k] = (uint8_t)(b.tables > 1 && rng_chance(&t->r, 128) ? 1 + rng_below(&t->r, b.tables - 1) : b.index[k] + (minus ? 255u : 1u));
        break;
    case 1: /* the sum stays, columns move */
        if (b.index[k] < 255 && b.index[b.column] > b.tables) b.index[k]++, b.index[b.column]--;
        break;
    case 2: b.table[lane] |= 7; break;
    case 3: /* descends, where it can */
        if (lane % 8) b.table[lane - 1] = (uint8_t)(b.table[lane] + 8), b.table[lane] &= 0xF8;
        break;
    case 4: for (uint32_t l = lane; l == lane || (l % 8 && l < b.lanes); l++) b.table[l] = 0xFB; break; /* 31 words and 3 entries */
    case 5: if (lane % 8 == 7 || lane == b.lanes - 1) b.table[lane]++; else b.table[lane] = b.table[lane + 1]; break;
    case 6: lac_set_field(w, LAC_F_LOAD_COLUMNS_LINES, minus ? rng_below(&t->r, old) : old + 1); break;
    case 7:
        if (refused[wrong].field == LAC_F_LOAD_COLUMNS_WIDE) lac_set_field(w, LAC_F_LOAD_COLUMNS_NEEDED, 0);
        lac_set_field(w, refused[wrong].field, refused[wrong].value);
        break;
    default: lac_set_field(w, LAC_F_LOAD_COLUMNS_WORD_BASE, caps.weight_depth - 1 - rng_below(&t->r, 2)); break;
    }
    if (core_ready(t)) return;
    if (bus) {
        const job_use *use = &t->j.cmd[b.c].use[0];
        const uint64_t lo = use->lo + caps.line * (uint64_t)rng_below(&t->r, (uint32_t)((use->hi - use->lo) / caps.line));
        inject(t, LAC_FAULT_SLVERR, AXI_FAULT_SLVERR, 0, lo, lo + caps.line);
    }
    run_both(t);
    compare(t);
    if (!*t->what && t->want.err_cmd == b.c) column_codes[t->want.err_code & 63]++;
}

/* The entries of a list repeat an index, or descend: LIST, at that entry. */
static void bad_list(trial *t)
{
    for (int tries = 0; tries < 60; tries++) {
        const uint64_t other = rng_next(&t->r);
        for (uint32_t c = 0; c < t->j.n; c++) {
            const uint32_t *w = t->j.cmd[c].w;
            const uint64_t  from = (uint64_t)w[3] << 32 | w[2];
            if ((w[0] & 0xFF) != LAC_OP_LOAD_FEATURES || !lac_get_field(w, LAC_F_LOAD_FEATURES_LIST) || from >= t->j.base + t->j.in_top) continue;
            uint8_t       *p = t->j.mem + (from - t->j.base);
            const uint32_t count = (uint32_t)(p[0] | p[1] << 8);
            if (count < 2) continue;
            const uint32_t at = rng_below(&t->r, count - 1);
            uint8_t *a = p + 64 + 4 * at, *b = a + 4;
            const uint8_t lo = a[0], hi = a[1];
            if (rng_chance(&t->r, 128)) a[0] = b[0], a[1] = b[1]; /* descends */
            b[0] = lo, b[1] = hi;                                 /* repeats where a kept its index */
            if (core_ready(t)) return;
            run_both(t);
            compare(t);
            if (!*t->what && t->want.err_code != (LAC_ERR_LIST | LAC_UNIT_LOAD << 8)) say(t, "a list out of order is not the error LIST");
            return;
        }
        end(t);
        if (begin(t, other)) {
            say(t, "no host memory");
            return;
        }
    }
}

/* EXEC gets fewer rows than the weights have: BLOCK_ROW. Or operands grow until sums leave 36 bits. */
static void spoil_sums(trial *t, int overflow)
{
    job *j = &t->j;
    for (uint32_t c = 0; c < j->n; c++) {
        uint32_t *w = j->cmd[c].w;
        const uint32_t op = w[0] & 0xFF;
        uint8_t *p = j->cmd[c].use[0].res == USE_MEM ? j->mem + (j->cmd[c].use[0].lo - j->base) : NULL;
        const uint32_t n = (uint32_t)(j->cmd[c].use[0].hi - j->cmd[c].use[0].lo);
        if (!overflow) {
            if (op == LAC_OP_EXEC && lac_get_field(w, LAC_F_EXEC_POINTS) == 1 && lac_get_field(w, LAC_F_EXEC_ROWS) > 1 && rng_chance(&t->r, 128))
                lac_set_field(w, LAC_F_EXEC_ROWS, 1 + rng_below(&t->r, lac_get_field(w, LAC_F_EXEC_ROWS) - 1));
            continue;
        }
        if (op == LAC_OP_LOAD_CODEBOOK)
            for (uint32_t i = 0; i < 16; i++) p[2 * i] = 0xFF, p[2 * i + 1] = i % 5 ? 0x7F : 0x80;
        if (op == LAC_OP_LOAD_FEATURES && lac_get_field(w, LAC_F_LOAD_FEATURES_TYPE) == 2 && j->cmd[c].use[0].lo < j->base + j->in_top) {
            lac_set_field(w, LAC_F_LOAD_FEATURES_ZERO, 0x8000);
            if (!lac_get_field(w, LAC_F_LOAD_FEATURES_LIST))
                for (uint32_t i = 0; i + 1 < n; i += 2) p[i] = 0xF0, p[i + 1] = 0x7F;
        }
        if (op == LAC_OP_EXEC && lac_get_field(w, LAC_F_EXEC_TYPE) == 2) lac_set_field(w, LAC_F_EXEC_ZERO, 0x8000);
    }
}

/* `second`: a command behind the failing one is malformed too. It is found while EXEC still works, and must not win. */
static void sums(trial *t, int overflow, int second)
{
    /* Few jobs are large enough: the model looks for one that fails in EXEC. */
    for (int tries = 0; tries < 60; tries++) {
        const uint64_t other = rng_next(&t->r);
        spoil_sums(t, overflow);
        memcpy(t->model.mem, t->j.mem, JOB_MEM);
        pair_feed(&t->model, &t->j, WATCHDOG, 0, &t->want);
        if (t->want.err_code >> 8 == LAC_UNIT_EXEC && (!second || t->want.err_cmd + 1 < t->j.n)) {
            if (second) t->j.cmd[t->want.err_cmd + 1].w[15] |= 1u << rng_below(&t->r, 32);
            if (machine_reset(&t->model, 3) || core_ready(t)) return;
            run_both(t);
            compare(t);
            return;
        }
        end(t);
        if (begin(t, other)) {
            say(t, "no host memory");
            return;
        }
    }
}

static void bad_sums(trial *t) { sums(t, rng_chance(&t->r, 160), 0); }
static void two_errors(trial *t) { sums(t, 0, 1); }

/* A doorbell that cannot be right: while idle, or behind a job that still runs. */
static void bad_ring(trial *t)
{
    job *j = &t->j;
    const uint32_t how = rng_below(&t->r, 6);
    const int behind = how == 0;
    if (behind) {
        j->feed = JOB_ONE_DOORBELL;
        j->ring_size = j->n + 1;
        j->ring = j->base + (j->in_top + 63) / 64 * 64;
        j->rd_lo = j->wr_lo = j->base;
        j->rd_hi = j->wr_hi = j->base + JOB_MEM;
    } else if (how == 1) j->ring += 32;
    else if (how == 2) j->rd_hi = j->ring + 64u * (uint64_t)j->ring_size - 1;
    else if (how == 3) j->ring_size = 0;
    else if (how == 5) j->ring |= UINT64_C(1) << (caps.addr_w + rng_below(&t->r, 64 - caps.addr_w));
    if (core_ready(t)) return;
    const uint32_t tail = how == 4 ? j->ring_size + rng_below(&t->r, 100) : j->ring_size;
    machine *both[2] = { &t->model, &core };
    outcome *o[2] = { &t->want, &t->got };
    for (int i = 0; i < 2; i++) {
        if (behind) {
            /* rung at once behind the good one: the core is still at work */
            job k = *j;
            pair_feed(both[i], &k, WATCHDOG, i ? 0 : 1, o[i]);
        } else {
            job k = *j;
            k.n = 0;
            pair_feed(both[i], &k, WATCHDOG, LIMIT, o[i]);
        }
        both[i]->port.write32(both[i]->port.ctx, LAC_REG_TAIL, tail);
        for (uint32_t s = 1, n = 0; s & LAC_STATUS_BUSY && n < 300000; n++) {
            both[i]->port.read32(both[i]->port.ctx, LAC_REG_STATUS, &s);
            if (i) lac_rtl_tick(core.rtl, 5);
        }
        memset(o[i], 0, sizeof *o[i]);
        pair_outcome(both[i], o[i]);
        if (behind) o[i]->irq_status &= ~(uint32_t)LAC_IRQ_DONE; /* whether it was idle in between is a matter of time */
        if (behind) o[i]->irq = (o[i]->irq_status & j->irq_enable) != 0;
    }
    if (t->want.err_code != LAC_ERR_RING) say(t, "model: no RING error");
    compare(t);
    /* Doorbells after an error do nothing. */
    uint32_t done = 0;
    core.port.write32(core.port.ctx, LAC_REG_TAIL, 1);
    lac_rtl_tick(core.rtl, 100);
    core.port.read32(core.port.ctx, LAC_REG_DONE, &done);
    if (done != t->want.done) say(t, "a doorbell after an error did something");
}

/* One row, longer than a mapping unit's ring by up to three words, or as short of it; in memory that nothing uses. */
static void long_row(trial *t, uint32_t *w)
{
    job *j = &t->j;
    const uint64_t at = (j->in_top + 64 * (JOB_CMDS + 9)) / 64 * 64;
    const uint32_t words = (caps.map & 0xFFFF) - 32 + (uint32_t)rng_range(&t->r, -2, 3);
    uint8_t *p = j->mem + at;
    if (at + 64 + 8 * words > j->out_bottom) return;
    memset(p, 0, 64 + 8 * words);
    p[0] = (uint8_t)(words - 1), p[1] = (uint8_t)((words - 1) >> 8);
    p[4] = (uint8_t)words, p[5] = (uint8_t)(words >> 8);
    p[64 + 7] = 0x80;
    for (uint32_t i = 1; i < words; i++) {
        const uint32_t x = i - 1024;
        p[64 + 8 * i + 3] = 1;
        p[64 + 8 * i + 4] = (uint8_t)x, p[64 + 8 * i + 5] = x >> 8 & 7;
    }
    lac_set_field(w, LAC_F_MAP_IN, (uint32_t)((j->base + at) / 64));
    j->rd_lo = j->base;
    j->rd_hi = j->base + JOB_MEM;
}

/* A MAP's list is wrong, or its room too small, or it meets more than it was made for: with one kernel element the map was known, now the
 * model tells. */
static void bad_map(trial *t)
{
    job *j = &t->j;
    uint32_t seen = 0, c = 0;
    for (uint32_t i = 0; i < j->n; i++)
        if ((j->cmd[i].w[0] & 0xFF) == LAC_OP_MAP && !lac_get_field(j->cmd[i].w, LAC_F_MAP_MORE) && rng_below(&t->r, ++seen) == 0) c = i;
    if (!seen) return;
    uint32_t *w = j->cmd[c].w;
    uint8_t  *p = j->mem + (64 * (uint64_t)w[2] - j->base);
    const uint32_t words = p[4], at = words ? rng_below(&t->r, words) : 0;
    static const uint32_t rooms[3] = { LAC_F_MAP_OUT_LINES, LAC_F_MAP_RULE_LINES, LAC_F_MAP_BAND_ROOM };
    static const uint32_t others[] = { LAC_F_MAP_KZ, LAC_F_MAP_KY, LAC_F_MAP_KX, LAC_F_MAP_SZ, LAC_F_MAP_SY, LAC_F_MAP_SX, LAC_F_MAP_DZ, LAC_F_MAP_DY, LAC_F_MAP_DX,
                                       LAC_F_MAP_PZ, LAC_F_MAP_PY, LAC_F_MAP_PX, LAC_F_MAP_TAP, LAC_F_MAP_TAP_Z, LAC_F_MAP_TAP_Y, LAC_F_MAP_SHAPE_X };
    switch (rng_below(&t->r, 6)) {
    case 0: /* the header */
        p[rng_below(&t->r, 8)] ^= (uint8_t)(rng_chance(&t->r, 128) ? 1 : rng_next(&t->r));
        break;
    case 1: /* a word, or one in the place of the next */
        if (!words) break;
        p += 64 + 8 * at;
        if (rng_chance(&t->r, 128)) p[rng_below(&t->r, 8)] ^= (uint8_t)(1u << rng_below(&t->r, 8));
        else if (at + 1 < words) memcpy(p + 8, p, 8);
        break;
    case 2:
        for (int i = 0; i < 3; i++)
            if (lac_get_field(w, rooms[i]) && rng_chance(&t->r, 160)) lac_set_field(w, rooms[i], rng_below(&t->r, lac_get_field(w, rooms[i])));
        break;
    case 3: /* outputs shifted */
        lac_set_field(w, rng_chance(&t->r, 128) ? LAC_F_MAP_PZ : LAC_F_MAP_PY, (uint32_t)rng_next(&t->r));
        lac_set_field(w, LAC_F_MAP_PX, (uint32_t)rng_next(&t->r));
        break;
    case 4: long_row(t, w); break;
    default: /* a kernel that is one */
        lac_set_field(w, LAC_F_MAP_TAP, 0);
        lac_set_field(w, LAC_F_MAP_TAP_Z, rng_below(&t->r, 32));
        lac_set_field(w, LAC_F_MAP_TAP_Y, rng_below(&t->r, 8));
        for (int k = 1 + (int)rng_below(&t->r, 4); k; k--) {
            const uint32_t f = others[rng_below(&t->r, sizeof others / sizeof *others)];
            lac_set_field(w, f, (uint32_t)rng_next(&t->r) & 3);
        }
    }
    if (core_ready(t)) return;
    run_both(t);
    compare(t);
}

/* Soft reset, or the pin, at some cycle of a job. */
static void reset_inside(trial *t)
{
    uint32_t v;
    job *j = &t->j;
    if (core_ready(t)) return;
    const uint32_t after = rng_below(&t->r, rng_chance(&t->r, 128) ? 300 : 6000);
    j->feed = JOB_ONE_DOORBELL;
    if (j->ring_size <= j->n) {
        j->ring_size = j->n + 1;
        j->ring = j->base + (j->in_top + 63) / 64 * 64;
        j->rd_lo = j->wr_lo = j->base;
        j->rd_hi = j->wr_hi = j->base + JOB_MEM;
    }
    pair_feed(&core, j, 0, 0, &t->got); /* gives up at once, the job runs on */
    lac_rtl_tick(core.rtl, after);
    /* half of them in the middle of writing */
    if (rng_chance(&t->r, 128)) {
        const uint64_t beats = lac_rtl_mem(core.rtl)->wr_beats + 1 + rng_below(&t->r, 20);
        for (uint32_t i = 0; i < 60000 && lac_rtl_mem(core.rtl)->wr_beats < beats; i++) lac_rtl_tick(core.rtl, 1);
    }
    if (rng_chance(&t->r, 40)) {
        lac_rtl_reset(core.rtl);
        /* the RAMs are cleared behind the pin, too */
        for (uint32_t i = 0; i < 20000; i++) {
            core.port.read32(core.port.ctx, LAC_REG_STATUS, &v);
            if (!(v & LAC_STATUS_RESET)) break;
        }
    } else {
        core.port.write32(core.port.ctx, LAC_REG_CTRL, 1);
        const uint64_t named = lac_rtl_mem(core.rtl)->wr_named;
        if (machine_reset(&core, 20000)) {
            say(t, "soft reset does not end");
            return;
        }
        if (lac_rtl_mem(core.rtl)->wr_named - named > OFFERED) say(t, "beats owed after a reset carry strobes");
    }
    if (axi_mem_busy(lac_rtl_mem(core.rtl)) || !axi_monitor_idle(lac_rtl_monitor(core.rtl))) say(t, "the bus is not idle after the reset");
    static const uint32_t zero[] = { LAC_REG_STATUS, LAC_REG_IRQ_STATUS, LAC_REG_HEAD, LAC_REG_TAIL, LAC_REG_DONE, LAC_REG_ERR_CODE,
                                     LAC_REG_ERR_CMD, LAC_REG_ERR_TAG, LAC_REG_ERR_ADDR_LO, LAC_REG_ERR_ADDR_HI, LAC_REG_ERR_INDEX };
    for (size_t i = 0; i < sizeof zero / sizeof *zero; i++) {
        core.port.read32(core.port.ctx, zero[i], &v);
        if (v && !*t->what) snprintf(t->what, sizeof t->what, "register 0x%x after reset: expected 0, got 0x%x", zero[i], v);
    }
    check_untouched(t);
    compared++;
}

/* The AXI-Lite side: reset values, what can be written, strobes, address before data and the other way round. */
static void registers(trial *t)
{
    enum { RO, RW, W1, W1C };
    static const struct { const char *name; uint32_t off, access, reset; } regs[] = {
#define LAC_REG(name, off, acc, rst, doc) { #name, off, acc, rst },
#include "lac_regs.def"
#undef LAC_REG
    };
    const struct { uint32_t off, value; } cap[] = {
        { LAC_REG_CAP_LANES, cfg.lanes },      { LAC_REG_CAP_DATA_W, cfg.data_w },    { LAC_REG_CAP_ADDR_W, cfg.addr_w },
        { LAC_REG_CAP_STORE_W, cfg.store_w },  { LAC_REG_CAP_WEIGHT, cfg.weight_depth }, { LAC_REG_CAP_COL, cfg.col_depth },
        { LAC_REG_CAP_ACC, cfg.acc_depth },    { LAC_REG_CAP_FEAT, cfg.feat_depth },  { LAC_REG_CAP_PARAM, cfg.param_depth },
        { LAC_REG_CAP_FIFO, cfg.fifo_depth },  { LAC_REG_CAP_BURST, cfg.burst },      { LAC_REG_CAP_FLIGHT, cfg.flight },
        { LAC_REG_CAP_FORMATS, 15 | cfg.windows << 4 }, { LAC_REG_CAP_MAP, cfg.map_ring ? cfg.map_ring | 0x055F0000 : 0 },
    };
    uint32_t want[sizeof regs / sizeof *regs], v = 0;
    /* the RAMs are cleared, a word a cycle */
    const uint32_t sweep = (cfg.col_depth > cfg.acc_depth ? cfg.col_depth : cfg.acc_depth) + 100;
    lac_rtl_reset(core.rtl);
    lac_rtl_tick(core.rtl, sweep);
    for (size_t i = 0; i < sizeof regs / sizeof *regs; i++) {
        want[i] = regs[i].reset;
        for (size_t k = 0; k < sizeof cap / sizeof *cap; k++)
            if (cap[k].off == regs[i].off) want[i] = cap[k].value;
    }
    for (int round = 0; round < 3 && !*t->what; round++)
        for (size_t i = 0; i < sizeof regs / sizeof *regs && !*t->what; i++) {
            const uint32_t off = regs[i].off;
            if (off == LAC_REG_CYCLE_LO || off == LAC_REG_CYCLE_HI || off == LAC_REG_TAIL || off == LAC_REG_CTRL) continue;
            for (int polls = 0; polls < 100 && off == LAC_REG_COUNT_SELECT; polls++) /* until the value stands */
                if (lac_rtl_lite_read(core.rtl, off, &v) || !(v >> 31)) break;
            if (lac_rtl_lite_read(core.rtl, off, &v) != 0 || v != want[i])
                snprintf(t->what, sizeof t->what, "register %s: expected 0x%x, got 0x%x", regs[i].name, want[i], v);
            /* the monitor takes windows from the port, not from these writes: nothing runs here */
            uint32_t value = (uint32_t)rng_next(&t->r);
            if (off == LAC_REG_IRQ_ENABLE) value &= 7;
            if (off == LAC_REG_RING_SIZE) value &= 0xFFFF;
            if (off == LAC_REG_COUNT_SELECT) value &= 0xFFF;
            const uint32_t strb = rng_chance(&t->r, 128) ? 0xF : rng_below(&t->r, 15);
            const int resp = lac_rtl_lite_write(core.rtl, off, value, strb, (int)rng_range(&t->r, -6, 6));
            if (resp != (strb == 0xF ? 0 : 2))
                snprintf(t->what, sizeof t->what, "register %s, strobes 0x%x: expected response %d, got %d", regs[i].name, strb, strb == 0xF ? 0 : 2, resp);
            if (regs[i].access == RW && strb == 0xF) want[i] = value;
        }
    compared++;
    lac_rtl_reset(core.rtl);
    lac_rtl_tick(core.rtl, sweep);
}

/* ---- Driving ---- */

static const struct { const char *name; void (*fn)(trial *); uint32_t share; } kinds[] = {
    { "bus errors", bus_error, 100 },      { "RLAST wrong", bus_protocol, 25 },   { "a bus that stops", stall, 40 },
    { "a slow bus, no watchdog", patient, 8 }, { "changed commands", bad_command, 220 }, { "changed pixels", bad_pixels, 120 }, { "changed images", bad_image, 200 }, { "lists out of order", bad_list, 24 }, { "column blocks", bad_columns, 160 }, { "two errors", two_errors, 24 },
    { "changed maps", bad_map, 160 },
    { "rows and overflow", bad_sums, 40 }, { "bad doorbells", bad_ring, 20 },     { "reset inside", reset_inside, 60 },
    { "registers", registers, 4 },
};

static void configuration(uint64_t seed, uint32_t jobs, uint32_t percent)
{
    machine probe;
    char    err[300];
    memset(&caps, 0, sizeof caps);
    if (pair_config(name, &cfg) || machine_model(&probe, &cfg, 0)) {
        printf("not ok - faults %s: configs/%s.cfg, expected a configuration, got none, seed -\n", name, name);
        bad = 1;
        return;
    }
    job_caps(&probe.port, &caps);
    machine_close(&probe);
    if (machine_rtl(&core, name, err, sizeof err)) {
        printf("skip - faults %s: %s\n", name, err);
        return;
    }
    any_map |= caps.map != 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (kinds[k].fn == bad_map && !caps.map) continue;
        uint32_t failed = 0, n = jobs ? jobs : (kinds[k].share * percent + 99) / 100;
        compared = undefined = 0;
        for (uint32_t i = 0; i < n && failed < 3; i++) {
            const uint64_t one = seed + 1000003u * (uint64_t)i;
            trial t;
            if (begin(&t, one)) say(&t, "no host memory");
            else {
                kinds[k].fn(&t);
                check_monitor(&t);
                next_job(&t, one);
            }
            if (*t.what) {
                printf("not ok - faults %s, %s: %s, seed %" PRIu64 " (CONFIG=%s SEED=%" PRIu64 " JOBS=1)\n", name, kinds[k].name, t.what, one, name, one);
                bad = 1;
                failed++;
                machine_close(&core); /* a sick core must not spoil the trials behind */
                if (machine_rtl(&core, name, err, sizeof err)) return;
            }
            end(&t);
        }
        if (!failed) printf("ok - faults %s, %s: %u trials, %u compared, %u undefined\n", name, kinds[k].name, n, compared, undefined);
        fflush(stdout);
    }
    machine_close(&core);
}

int main(void)
{
    static const uint32_t percent[PAIR_CONFIGS] = { 100, 60, 50, 30, 6 };
    const char *s = getenv("SEED"), *n = getenv("JOBS"), *only = getenv("CONFIG");
    const uint64_t seed = s ? strtoull(s, NULL, 10) : 1;
    const uint32_t jobs = n ? (uint32_t)strtoul(n, NULL, 10) : 0;
    int any = 0, known = 0;
    for (int i = 0; i < PAIR_CONFIGS; i++) {
        name = pair_configs[i];
        known |= only && !strcmp(only, name);
        if (!only || !*only || !strcmp(only, name)) configuration(seed, jobs, percent[i]);
    }
    if (only && *only && !known) {
        const char *p = getenv("PERCENT");
        name = only;
        configuration(seed, jobs, p ? (uint32_t)strtoul(p, NULL, 10) : 30);
    }
    for (int i = 0; i < 64; i++) any |= code_seen[i] != 0;
    if (jobs || !any || known) return bad; /* a repeat, or no core at all */

    static const struct { const char *name; uint32_t code; } codes[] = {
#define LAC_ERROR(name, code, addr, index, text) { #name, code },
#include "lac_errors.def"
#undef LAC_ERROR
    };
    for (size_t i = 1; i < sizeof codes / sizeof *codes; i++) {
        if (!any_map && !strncmp(codes[i].name, "MAP_", 4)) continue;
        if (codes[i].code == LAC_ERR_RULES) continue; /* test_rules */
        if (code_seen[codes[i].code]) printf("ok - code %s: %u times, equal\n", codes[i].name, code_seen[codes[i].code]);
        else {
            printf("not ok - code %s: expected to occur, got never, seed %" PRIu64 "\n", codes[i].name, seed);
            bad = 1;
        }
    }
    static const uint32_t of_columns[] = { LAC_ERR_BOUNDS, LAC_ERR_BUS_SLVERR, LAC_ERR_BLOCK_HEADER, LAC_ERR_BLOCK_LENGTH, LAC_ERR_BLOCK_COUNT,
                                           LAC_ERR_BLOCK_TABLE };
    for (size_t i = 0; i < sizeof of_columns / sizeof *of_columns && !(only && *only); i++) { /* too rare for one configuration */
        const uint32_t n = column_codes[of_columns[i]];
        printf("%s - column blocks: code %s%s: %u times%s\n", n ? "ok" : "not ok", lac_error_name(of_columns[i]), n ? "" : ": expected to occur", n,
               n ? ", equal" : "");
        bad |= !n;
    }
    for (uint32_t i = 0; i < FIELDS; i++)
        if (field_hits[i]) any++;
    printf("# %d of %d fields refused at least once; never:", any - 1, (int)FIELDS);
    for (uint32_t i = 0; i < FIELDS; i++)
        if (!field_hits[i]) printf(" %s.%s", fields[i].cmd, fields[i].field);
    printf("\n");
    return bad;
}
