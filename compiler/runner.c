/* SPDX-License-Identifier: Apache-2.0
 *
 * runner.c - see runner.h */
#include "runner.h"
#include <stdlib.h>
#include <string.h>
#include "lac_hw.h"

#define GET(cmd, field) ((uint64_t)lac_get_field((cmd)->w, LAC_F_##field))

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
    case LAC_OP_LOAD_FEATURES: p->work += GET(cmd, LOAD_FEATURES_POINTS) * GET(cmd, LOAD_FEATURES_CHANNELS) * 2; break;
    case LAC_OP_LOAD_PARAMS:   p->work += GET(cmd, LOAD_PARAMS_CHANNELS) * 16; break;
    /* A lane may hold four entries of every row and column, its FIFO stands in for the rest. */
    case LAC_OP_EXEC:  p->work += GET(cmd, EXEC_POINTS) * GET(cmd, EXEC_COLUMNS) * (2 + 4 * GET(cmd, EXEC_ROWS)); break;
    case LAC_OP_STORE: p->work += GET(cmd, STORE_POINTS) * (64 + GET(cmd, STORE_CHANNELS) * 8); break;
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

static lac_status run(runner *r)
{
    lac_stats      s;
    runner_totals *t = &r->sum;
    if (!r->n) return LAC_OK;
    lac_status err = lac_submit(&r->m->dev, r->queue, r->n);
    if (!err) err = lac_wait(&r->m->dev, r->limit);
    if (!err) err = lac_read_stats(&r->m->dev, &s);
    if (err) return err;
    r->n = 0;
    t->cycles += s.cycles;
    t->load += s.load;
    t->exec += s.exec;
    t->store += s.store;
    t->rd_beats += s.rd_beats;
    t->wr_beats += s.wr_beats;
    t->items += s.items;
    t->stall += s.stall;
    t->nonzero += s.nonzero;
    t->macs += s.macs;
    if (s.marks) {
        if (!t->marks) t->mark_first = s.mark_first;
        t->marks += s.marks;
        t->mark_last = s.mark_last;
    }
    return LAC_OK;
}

int runner_emit(void *ctx, const lac_cmd *cmd)
{
    runner    *r = ctx;
    lac_status err = LAC_OK;
    if (r->n == r->cap) err = run(r);
    if (!err) r->queue[r->n++] = *cmd;
    return err;
}

lac_status runner_finish(runner *r) { return run(r); }

void runner_free(runner *r)
{
    free(r->queue);
    r->queue = NULL;
}
