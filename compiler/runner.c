/* SPDX-License-Identifier: Apache-2.0
 *
 * runner.c - see runner.h */
#include "runner.h"
#include <stdlib.h>
#include <string.h>
#include "lac_hw.h"

#define GET(cmd, field) ((uint64_t)lac_get_field((cmd)->w, LAC_F_##field))

static uint64_t pixels(uint64_t field) { return field ? field : 1; }

int runner_count(void *plan, const lac_cmd *cmd)
{
    runner_plan *p = plan;
    p->commands++;
    p->work += 1000;
    switch (cmd->w[0] & 0xffu) {
    case LAC_OP_LOAD_WEIGHTS:
        p->weight_bytes += GET(cmd, LOAD_WEIGHTS_LINES) * p->line;
        p->work += 16 * GET(cmd, LOAD_WEIGHTS_LINES);
        break;
    case LAC_OP_LOAD_COLUMNS:
        p->weight_bytes += GET(cmd, LOAD_COLUMNS_LINES) * p->line;
        p->work += 16 * GET(cmd, LOAD_COLUMNS_LINES) + 64 * GET(cmd, LOAD_COLUMNS_COLUMNS);
        break;
    case LAC_OP_LOAD_FEATURES: p->work += GET(cmd, LOAD_FEATURES_POINTS) * GET(cmd, LOAD_FEATURES_CHANNELS) * 2; break;
    case LAC_OP_LOAD_PARAMS:   p->work += GET(cmd, LOAD_PARAMS_CHANNELS) * 16; break;
    /* A lane may hold four entries of every row and column, its FIFO stands in for the rest. */
    case LAC_OP_EXEC:  p->work += GET(cmd, EXEC_POINTS) * pixels(GET(cmd, EXEC_PIXELS)) * GET(cmd, EXEC_COLUMNS) * (2 + 4 * GET(cmd, EXEC_ROWS)); break;
    case LAC_OP_STORE: p->work += GET(cmd, STORE_POINTS) * pixels(GET(cmd, STORE_PIXELS)) * (64 + GET(cmd, STORE_CHANNELS) * 8) * (1 + GET(cmd, STORE_POOL_Y) * GET(cmd, STORE_POOL_X)); break;
    default: break;
    }
    return 0;
}

uint32_t runner_ring(const runner_plan *p)
{
    return p->commands < 1 ? 2 : p->commands > 65534 ? 65535 : (uint32_t)p->commands + 1;
}

int runner_init(runner *r, machine *m, const runner_plan *p)
{
    const uint64_t limit = 1000000 + 16 * p->work;
    memset(r, 0, sizeof *r);
    r->m = m;
    r->limit = limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
    r->cap = m->dev.ring_size - 1;
    r->queue = malloc(r->cap * sizeof *r->queue);
    return r->queue ? 0 : -1;
}

static uint32_t units(const runner *r) { return lac_units(&r->m->dev.caps); }

/* Add what the causes have grown by since the last time, which is right as long as no piece takes 2^32 cycles. */
static lac_status read_causes(runner *r)
{
    uint32_t now[LAC_CAUSES];
    for (uint32_t u = 0; u < units(r); u++) {
        const lac_status err = lac_read_causes(&r->m->dev, u, now);
        if (err) return err;
        for (int c = 0; c < LAC_CAUSES; c++) {
            r->causes[u][c] += now[c] - r->before[u][c];
            r->before[u][c] = now[c];
        }
    }
    return LAC_OK;
}

lac_status runner_watch(runner *r, trace *t)
{
    const size_t n = units(r);
    if (!r->causes) {
        r->causes = malloc(n * sizeof *r->causes);
        r->before = malloc(n * sizeof *r->before);
        if (!r->causes || !r->before) return LAC_E_SPACE;
        memset(r->before, 0, n * sizeof *r->before);
    }
    const lac_status err = read_causes(r);
    memset(r->causes, 0, n * sizeof *r->causes);
    memset(&r->sum, 0, sizeof r->sum);
    r->trace = t;
    return err;
}

/* Put the queue into the ring; the trace port is watched from the doorbell on. */
static lac_status start(runner *r)
{
    lac_dev   *dev = &r->m->dev;
    uint32_t   room;
    lac_status err = lac_room(dev, &room);
    if (!err && r->n > room) err = LAC_E_SPACE;
    for (uint32_t i = 0; i < r->n && !err; i++) err = lac_put(dev, &r->queue[i]);
    if (r->trace && r->m->rtl) lac_rtl_trace_clear(r->m->rtl);
    return err ? err : lac_ring(dev);
}

/* The port's cycle in which the run began, `began` cycles into the core's own count: the value of a read is taken one cycle after the address was
 * offered (lac_axil.v). */
static lac_status began_at(runner *r, uint32_t began, uint64_t *cycle)
{
    lac_port      *port = &r->m->dev.port;
    const uint64_t at = lac_rtl_cycles(r->m->rtl) + 1;
    uint32_t       now;
    if (port->read32(port->ctx, LAC_REG_CYCLE_LO, &now)) return LAC_E_PORT;
    *cycle = at - (now - began);
    return LAC_OK;
}

static lac_status run(runner *r)
{
    lac_stats      s;
    runner_totals *t = &r->sum;
    uint32_t       began;
    uint64_t       doorbell = 0;
    lac_port      *port = &r->m->dev.port;
    if (!r->n) return LAC_OK;
    lac_status err = start(r);
    if (!err) err = lac_wait(&r->m->dev, r->limit);
    if (!err) err = lac_read_stats(&r->m->dev, &s);
    if (!err && port->read32(port->ctx, LAC_REG_RUN_START, &began)) err = LAC_E_PORT;
    if (!err && r->causes) err = read_causes(r);
    if (!err && r->trace && r->m->rtl) err = began_at(r, began, &doorbell);
    if (err) return err;
    if (r->trace && r->m->rtl) trace_piece(r->trace, lac_rtl_trace_get(r->m->rtl), doorbell, t->cycles);
    r->n = 0;
    if (s.marks) {
        if (!t->marks) t->mark_first = t->cycles + (s.mark_first - began);
        t->marks += s.marks;
        t->mark_last = t->cycles + (s.mark_last - began);
    }
    t->cycles += s.cycles;
    t->load += s.load;
    t->exec += s.exec;
    t->store += s.store;
    t->map += s.map;
    t->sites += s.sites;
    t->rules += s.rules;
    t->rd_beats += s.rd_beats;
    t->wr_beats += s.wr_beats;
    t->items += s.items;
    t->stall += s.stall;
    t->nonzero += s.nonzero;
    t->macs += s.macs;
    t->sought += s.sought;
    t->fetched += s.fetched;
    return LAC_OK;
}

int runner_emit(void *ctx, const lac_cmd *cmd)
{
    runner    *r = ctx;
    lac_status err = LAC_OK;
    if (r->n == r->cap) err = run(r);
    if (!err) r->queue[r->n++] = *cmd;
    if (!err && r->trace) trace_emit(r->trace, cmd);
    return err;
}

lac_status runner_finish(runner *r) { return run(r); }

void runner_free(runner *r)
{
    free(r->queue);
    free(r->causes);
    free(r->before);
    memset(r, 0, sizeof *r);
}
