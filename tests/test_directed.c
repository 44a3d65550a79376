/* SPDX-License-Identifier: Apache-2.0
 *
 * test_directed - small jobs that the random generator does not make, on golden model and RTL
 *
 *   Blocks       a block of fewer lanes than the machine has, over words that the other lanes still need
 *   Parameters   fewer channels than a line holds records, over channels that are still needed
 *   Ring         RING_SIZE made smaller than HEAD: RING, and nothing is read outside the window
 *   Reset        a doorbell between two soft resets is forgotten
 *
 * Expected values are worked out by hand: one weight a lane, one activation of 1, biases. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lac_hw.h"
#include "pair.h"

enum { OUT = JOB_MEM - 8192 }; /* where results stand */
static int      bad;
static lac_caps caps;
static job      j;

static void check(int good, const char *where, const char *what, int64_t expected, int64_t got)
{
    if (good) printf("ok - %s, %s\n", where, what);
    else printf("not ok - %s, %s: expected %" PRId64 ", got %" PRId64 "\n", where, what, expected, got);
    bad |= !good;
}

static void put(uint8_t *p, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) p[i] = (uint8_t)(value >> 8 * i);
}

/* ---- A job, command by command ------------------------------------------------------------------------- */

static void begin(void)
{
    uint8_t *mem = j.mem;
    memset(&j, 0, sizeof j);
    j.mem = mem;
    memset(mem, 0, JOB_MEM);
    j.caps = caps;
    j.base = 0x40000000;
    j.in_top = 4096;
    j.ring = j.base + JOB_MEM / 2;
    j.ring_size = 64;
    j.rd_lo = j.wr_lo = j.base;
    j.rd_hi = j.wr_hi = j.base + JOB_MEM;
    j.feed = JOB_ONE_DOORBELL;
}

static uint8_t *room(uint32_t bytes, uint64_t *at)
{
    *at = j.in_top;
    j.in_top += (bytes + 63u) / 64 * 64;
    return j.mem + *at;
}

static uint32_t *command(uint32_t op, uint64_t offset)
{
    uint32_t *w = j.cmd[j.n++].w;
    w[0] = op;
    if (op != LAC_OP_EXEC) put((uint8_t *)(w + 2), j.base + offset, 8);
    return w;
}

/* One column of csc8 for `lanes` lanes: row 0 weighs `weight`. The rest of the last line is `junk`. */
static void block(uint32_t lanes, uint32_t column, uint8_t weight, uint8_t junk)
{
    const uint32_t line = caps.line, words = line / 8, groups = (lanes + words - 1) / words;
    const uint32_t list = (2 * groups + line - 1) / line, table = (lanes + line - 1) / line, lines = 1 + list + table + groups;
    uint64_t at;
    uint8_t *p = room(lines * line, &at);
    put(p, 1 | (uint64_t)(lanes - 1) << 8 | 1 << 16, 8);
    p += line;
    for (uint32_t g = 0; g < groups; g++) put(p + 2 * g, 1, 2);
    p += list * line;
    memset(p, 1, lanes); /* q = 0, r = 1 */
    p += table * line;
    for (uint32_t l = 0; l < groups * words; l++) put(p + 8 * l, l < lanes ? weight : junk, 8);
    uint32_t *w = command(LAC_OP_LOAD_WEIGHTS, at);
    lac_set_field(w, LAC_F_LOAD_WEIGHTS_LINES, lines);
    lac_set_field(w, LAC_F_LOAD_WEIGHTS_COL_BASE, column);
}

static void params(uint32_t channels, int32_t bias)
{
    uint64_t at;
    uint8_t *p = room(16 * (channels + 8), &at);
    for (uint32_t k = 0; k < channels + 3; k++, p += 16) { /* some records more than are asked for */
        put(p, (uint32_t)bias, 4);
        put(p + 4, 2, 4);
        p[8] = 1;
        p[9] = (uint8_t)(k % caps.lanes);
    }
    lac_set_field(command(LAC_OP_LOAD_PARAMS, at), LAC_F_LOAD_PARAMS_CHANNELS, channels);
}

static void store(uint32_t type)
{
    uint32_t *w = command(LAC_OP_STORE, OUT);
    lac_set_field(w, LAC_F_STORE_POINTS, 1);
    lac_set_field(w, LAC_F_STORE_CHANNELS, caps.lanes);
    lac_set_field(w, LAC_F_STORE_ROWS, 1);
    lac_set_field(w, LAC_F_STORE_TYPE, type);
    if (type != LAC_RAW) {
        lac_set_field(w, LAC_F_STORE_CLAMP_LO, 0x8000);
        lac_set_field(w, LAC_F_STORE_CLAMP_HI, 0x7fff);
    }
}

/* ---- The cases -------------------------------------------------------------------------------------------- */

static void run(machine *m, outcome *o)
{
    axi_mem_timing timing = lac_rtl_defaults().timing;
    if (m->rtl) machine_prepare(m, &j, &timing, 1);
    else {
        machine_reset(m, 3);
        memcpy(m->mem, j.mem, JOB_MEM);
    }
    pair_feed(m, &j, 0, 200000, o);
}

static int64_t output(const machine *m, uint32_t channel, int bytes)
{
    int64_t v = 0;
    for (int i = bytes; i-- > 0;) v = v << 8 | m->mem[OUT + (uint32_t)bytes * channel + (uint32_t)i];
    return v;
}

static void short_block(machine *m, const char *where)
{
    outcome  o;
    uint64_t at;
    begin();
    params(caps.lanes, 0);
    *room(caps.line, &at) = 1;
    uint32_t *w = command(LAC_OP_LOAD_FEATURES, at);
    lac_set_field(w, LAC_F_LOAD_FEATURES_POINTS, 1);
    lac_set_field(w, LAC_F_LOAD_FEATURES_CHANNELS, 1);
    block(caps.lanes, 0, 5, 0);
    block(1, 1, 7, 99); /* the same word, of lane 0 only */
    lac_set_field(j.cmd[j.n - 1].w, LAC_F_ANY_SIGNAL, 2);
    w = command(LAC_OP_EXEC, 0);
    lac_set_field(w, LAC_F_ANY_WAIT, 1);
    lac_set_field(w, LAC_F_EXEC_POINTS, 1);
    lac_set_field(w, LAC_F_EXEC_COLUMNS, 1);
    lac_set_field(w, LAC_F_EXEC_ROWS, 1);
    lac_set_field(w, LAC_F_EXEC_FORMAT, LAC_CSC8);
    store(LAC_RAW);
    run(m, &o);
    int64_t wrong = -1;
    for (uint32_t l = 1; l < caps.lanes && wrong < 0; l++)
        if (output(m, l, 8) != 5) wrong = output(m, l, 8);
    check(!o.err_code && wrong < 0 && output(m, 0, 8) == 7, where, "a block of one lane writes that lane only", 5, wrong);
}

static void few_params(machine *m, const char *where)
{
    outcome o;
    int64_t wrong = -1;
    begin();
    params(caps.lanes, 10);
    params(1, 20);
    store(LAC_INT16);
    run(m, &o);
    for (uint32_t l = 1; l < caps.lanes && wrong < 0; l++)
        if (output(m, l, 2) != 10) wrong = output(m, l, 2);
    check(!o.err_code && wrong < 0 && output(m, 0, 2) == 20, where, "one parameter record changes one channel", 10, wrong);
}

static void small_ring(machine *m, const char *where)
{
    outcome  o;
    uint32_t status = 1, code = 0;
    begin();
    j.ring = j.base + JOB_MEM - 64 * 16;
    j.ring_size = 16;
    for (int i = 0; i < 8; i++) params(1, i);
    run(m, &o);
    m->port.write32(m->port.ctx, LAC_REG_RING_SIZE, 4); /* HEAD is 8 */
    m->port.write32(m->port.ctx, LAC_REG_TAIL, 2);
    for (int i = 0; i < 2000 && status & 1; i++) {
        m->port.read32(m->port.ctx, LAC_REG_STATUS, &status);
        if (m->rtl) lac_rtl_tick(m->rtl, 5);
    }
    m->port.read32(m->port.ctx, LAC_REG_ERR_CODE, &code);
    check(code == LAC_ERR_RING, where, "a ring smaller than HEAD", LAC_ERR_RING, code);
}

static void twice_reset(machine *m, const char *where)
{
    uint32_t status = 1, done = 1, tail = 1;
    outcome  o;
    begin();
    params(1, 0);
    run(m, &o);
    m->port.write32(m->port.ctx, LAC_REG_CTRL, 1);
    m->port.write32(m->port.ctx, LAC_REG_TAIL, 1);
    m->port.write32(m->port.ctx, LAC_REG_CTRL, 1);
    if (m->rtl) lac_rtl_tick(m->rtl, caps.col_depth + caps.acc_depth + 2000);
    m->port.read32(m->port.ctx, LAC_REG_STATUS, &status);
    m->port.read32(m->port.ctx, LAC_REG_TAIL, &tail);
    m->port.read32(m->port.ctx, LAC_REG_DONE, &done);
    check(!status && !tail && !done, where, "a doorbell between two resets is forgotten", 0, done);
}

static void all(machine *m, const char *config, const char *port)
{
    char where[60];
    snprintf(where, sizeof where, "directed %s on %s", config, port);
    short_block(m, where);
    few_params(m, where);
    small_ring(m, where);
    if (m->rtl) {
        twice_reset(m, where);
        check(lac_rtl_monitor(m->rtl)->found == 0, where, "the bus monitor is silent", 0, lac_rtl_monitor(m->rtl)->found);
    }
}

int main(void)
{
    j.mem = malloc(JOB_MEM);
    for (int i = 0; i < PAIR_CONFIGS && j.mem; i++) {
        const char *config = pair_configs[i];
        lac_config  cfg;
        machine     m;
        char        err[300];
        begin();
        if (pair_config(config, &cfg) || machine_model(&m, &cfg, j.base) || job_caps(&m.port, &caps)) return printf("not ok - directed: no model of %s\n", config), 1;
        all(&m, config, "model");
        machine_close(&m);
        if (machine_rtl(&m, config, err, sizeof err)) {
            printf("skip - directed %s on RTL: %s\n", config, err);
            continue;
        }
        all(&m, config, "RTL");
        machine_close(&m);
    }
    free(j.mem);
    return bad;
}
