/* SPDX-License-Identifier: Apache-2.0 */
#include "pair.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lac_hw.h"
#include "ports/port_model.h"

const char *const pair_configs[PAIR_CONFIGS] = { "odd", "l8", "w512", "l4", "l64" };

int pair_config(const char *name, lac_config *cfg)
{
    char path[64], err[200];
    snprintf(path, sizeof path, "configs/%s.cfg", name);
    return lac_config_read(path, cfg, err, sizeof err);
}

int machine_model(machine *m, const lac_config *cfg, uint64_t base)
{
    memset(m, 0, sizeof *m);
    m->mem = malloc(JOB_MEM);
    m->base = base;
    m->model = m->mem ? lac_model_create(cfg, m->mem, base, JOB_MEM) : NULL;
    if (!m->model) {
        machine_close(m);
        return -1;
    }
    m->port = lac_port_model(m->model);
    return 0;
}

int machine_rtl(machine *m, const char *config, char *err, size_t errlen)
{
    lac_rtl_options o = lac_rtl_defaults();
    memset(m, 0, sizeof *m);
    m->mem = malloc(JOB_MEM);
    o.mem = m->mem;
    o.mem_size = JOB_MEM;
    o.lite_stall = 40;
    m->rtl = m->mem ? lac_port_rtl_open(config, &o, err, errlen) : NULL;
    if (!m->rtl) {
        machine_close(m);
        return -1;
    }
    m->port = lac_rtl_port(m->rtl);
    return 0;
}

void machine_close(machine *m)
{
    lac_model_destroy(m->model);
    lac_rtl_close(m->rtl);
    free(m->mem);
    memset(m, 0, sizeof *m);
}

static void wr(machine *m, uint32_t reg, uint32_t v) { m->port.write32(m->port.ctx, reg, v); }
static uint32_t rd(machine *m, uint32_t reg)
{
    uint32_t v = 0xDEADBEEF;
    m->port.read32(m->port.ctx, reg, &v);
    return v;
}
static void wr64(machine *m, uint32_t reg, uint64_t v)
{
    wr(m, reg, (uint32_t)v);
    wr(m, reg + 4, (uint32_t)(v >> 32));
}

int machine_reset(machine *m, uint32_t limit)
{
    wr(m, LAC_REG_CTRL, 1);
    while (rd(m, LAC_REG_STATUS) & LAC_STATUS_RESET)
        if (!limit--) return -1;
    return 0;
}

int machine_prepare(machine *m, const job *j, const axi_mem_timing *t, int hard)
{
    if (m->rtl && hard) {
        axi_mem_no_faults(lac_rtl_mem(m->rtl));
        lac_rtl_reset(m->rtl);
    } else if (machine_reset(m, 20000)) return -1;
    memcpy(m->mem, j->mem, JOB_MEM);
    if (m->rtl) {
        lac_rtl_memory(m->rtl, m->mem, j->base, JOB_MEM, t);
        m->base = j->base;
    }
    return 0;
}

void pair_outcome(machine *m, outcome *o)
{
    o->status = rd(m, LAC_REG_STATUS);
    o->irq_status = rd(m, LAC_REG_IRQ_STATUS);
    o->done = rd(m, LAC_REG_DONE);
    o->err_code = rd(m, LAC_REG_ERR_CODE);
    o->err_cmd = rd(m, LAC_REG_ERR_CMD);
    o->err_tag = rd(m, LAC_REG_ERR_TAG);
    o->err_addr = rd(m, LAC_REG_ERR_ADDR_LO);
    o->err_addr |= (uint64_t)rd(m, LAC_REG_ERR_ADDR_HI) << 32;
    o->err_index = rd(m, LAC_REG_ERR_INDEX);
    o->marks += rd(m, LAC_REG_MARKS);
    o->items += rd(m, LAC_REG_CNT_ITEMS);
    o->macs += rd(m, LAC_REG_CNT_MACS_LO);
    o->macs += (uint64_t)rd(m, LAC_REG_CNT_MACS_HI) << 32;
    o->nonzero += rd(m, LAC_REG_CNT_NONZERO);
    o->sites += rd(m, LAC_REG_CNT_SITES);
    o->rules += rd(m, LAC_REG_CNT_RULES);
    o->sought += rd(m, LAC_REG_CNT_SOUGHT);
    o->fetched += rd(m, LAC_REG_CNT_FETCHED);
    o->rd_beats += rd(m, LAC_REG_CNT_RD_BEATS);
    o->wr_beats += rd(m, LAC_REG_CNT_WR_BEATS);
    o->cycles += rd(m, LAC_REG_RUN_END) - rd(m, LAC_REG_RUN_START);
    o->irq = m->rtl ? lac_rtl_irq(m->rtl) : lac_model_irq(m->model);
}

/* Until the machine is idle (a recorded error and idle engines count); -1: `limit` cycles were not enough. */
static int wait_idle(machine *m, uint32_t limit)
{
    const uint64_t start = m->rtl ? lac_rtl_cycles(m->rtl) : 0;
    while (rd(m, LAC_REG_STATUS) & LAC_STATUS_BUSY) {
        if (!m->rtl || lac_rtl_cycles(m->rtl) - start > limit) return -1;
        lac_rtl_tick(m->rtl, 20);
    }
    return 0;
}

void pair_feed(machine *m, const job *j, uint32_t watchdog, uint32_t limit, outcome *o)
{
    lac_rng  r = { j->seed ^ 0xFEEDu }; /* chunks are the same for both machines */
    uint32_t tail = 0, sent = 0;
    const uint64_t start = m->rtl ? lac_rtl_cycles(m->rtl) : 0;

    memset(o, 0, sizeof *o);
    o->runs = 1;
    wr64(m, LAC_REG_RD_BASE_LO, j->rd_lo);
    wr64(m, LAC_REG_RD_LIMIT_LO, j->rd_hi);
    wr64(m, LAC_REG_WR_BASE_LO, j->wr_lo);
    wr64(m, LAC_REG_WR_LIMIT_LO, j->wr_hi);
    wr64(m, LAC_REG_RING_BASE_LO, j->ring);
    wr(m, LAC_REG_RING_SIZE, j->ring_size);
    wr(m, LAC_REG_IRQ_ENABLE, j->irq_enable);
    wr(m, LAC_REG_WATCHDOG, watchdog);
    while (sent < j->n && !o->hung) {
        uint32_t n = j->n;
        if (j->feed != JOB_ONE_DOORBELL) {
            n = 1 + rng_below(&r, j->ring_size - 1);
            if (n > j->n - sent) n = j->n - sent;
            /* room: HEAD says which entries are free. After an error nothing moves. */
            for (;;) {
                const uint32_t head = rd(m, LAC_REG_HEAD), used = (tail + j->ring_size - head) % j->ring_size;
                if (j->ring_size - 1 - used >= n) break;
                if (rd(m, LAC_REG_STATUS) & LAC_STATUS_ERROR) goto end;
                if (!m->rtl || lac_rtl_cycles(m->rtl) - start > limit) {
                    o->hung = 1;
                    goto end;
                }
                lac_rtl_tick(m->rtl, 10);
            }
        }
        for (uint32_t i = 0; i < n; i++, sent++) {
            uint8_t b[64];
            for (int k = 0; k < 16; k++)
                for (int s = 0; s < 4; s++) b[4 * k + s] = (uint8_t)(j->cmd[sent].w[k] >> 8 * s);
            m->port.mem_write(m->port.ctx, j->ring + 64u * (uint64_t)tail, b, 64);
            tail = (tail + 1) % j->ring_size;
        }
        wr(m, LAC_REG_TAIL, tail);
        if (j->feed == JOB_AS_ROOM && m->rtl) o->runs = 0;
        else if (sent < j->n) {
            if (wait_idle(m, limit)) o->hung = 1;
            if (rd(m, LAC_REG_STATUS) & LAC_STATUS_ERROR) break;
            pair_outcome(m, o);
        }
    }
end:
    if (!o->hung && wait_idle(m, limit)) o->hung = 1;
    pair_outcome(m, o);
}

void pair_compare(const job *j, const machine *a, const outcome *x, const machine *b, const outcome *y,
                  uint64_t skip_lo, uint64_t skip_hi, char *what, size_t n)
{
    *what = 0;
    const int fine = !x->err_code && !y->err_code, runs = fine && x->runs && y->runs;
    const struct { const char *name; int apply; uint64_t x, y; } list[] = {
        { "hung", 1, (uint64_t)x->hung, (uint64_t)y->hung },
        { "ERR_CODE", 1, x->err_code, y->err_code }, { "ERR_CMD", 1, x->err_cmd, y->err_cmd },
        { "ERR_TAG", 1, x->err_tag, y->err_tag },    { "ERR_ADDR", 1, x->err_addr, y->err_addr },
        { "ERR_INDEX", 1, x->err_index, y->err_index },
        { "STATUS", 1, x->status, y->status },       { "DONE", 1, x->done, y->done },
        /* behind an error the core may have completed more commands than the model */
        { "IRQ_STATUS", 1, x->irq_status & (fine ? 7u : 3u), y->irq_status & (fine ? 7u : 3u) },
        { "interrupt line", 1, (uint64_t)((j->irq_enable & x->irq_status) != 0), (uint64_t)(x->irq != 0) },
        { "interrupt line", 1, (uint64_t)((j->irq_enable & y->irq_status) != 0), (uint64_t)(y->irq != 0) },
        { "MARKS", runs, x->marks, y->marks },      { "CNT_ITEMS", runs, x->items, y->items },
        { "CNT_MACS", runs, x->macs, y->macs },     { "CNT_NONZERO", runs, x->nonzero, y->nonzero },
        { "CNT_SITES", runs, x->sites, y->sites },  { "CNT_RULES", runs, x->rules, y->rules },
        { "CNT_SOUGHT", runs, x->sought, y->sought }, { "CNT_FETCHED", runs, x->fetched, y->fetched },
        { "CNT_RD_BEATS", runs, x->rd_beats, y->rd_beats }, { "CNT_WR_BEATS", runs, x->wr_beats, y->wr_beats },
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i].apply && list[i].x != list[i].y) {
            snprintf(what, n, "%s: expected 0x%" PRIx64 ", got 0x%" PRIx64 " (error records: code 0x%x cmd %u addr 0x%" PRIx64
                     " index 0x%x; code 0x%x cmd %u addr 0x%" PRIx64 " index 0x%x)", list[i].name, list[i].x, list[i].y,
                     x->err_code, x->err_cmd, x->err_addr, x->err_index, y->err_code, y->err_cmd, y->err_addr, y->err_index);
            return;
        }
    if (!memcmp(a->mem, b->mem, JOB_MEM)) return;
    for (uint64_t i = 0; i < JOB_MEM; i++)
        if (a->mem[i] != b->mem[i] && (j->base + i < skip_lo || j->base + i >= skip_hi)) {
            snprintf(what, n, "memory at 0x%" PRIx64 ": expected %02x, got %02x", j->base + i, a->mem[i], b->mem[i]);
            return;
        }
}

void pair_causes(machine *m, const lac_caps *caps, const outcome *want, const outcome *got, char *what, size_t n)
{
    uint32_t cycles = got->cycles, busy = 0;
    *what = 0;
    for (uint32_t unit = 0; unit < lac_units(caps); unit++) {
        uint32_t sum = 0;
        for (uint32_t cause = 0; cause < LAC_CAUSES; cause++) {
            uint32_t polls = 1000;
            wr(m, LAC_REG_COUNT_SELECT, unit << 3 | cause);
            while (rd(m, LAC_REG_COUNT_SELECT) >> 31)
                if (!--polls) {
                    snprintf(what, n, "cause counters: unit %u cause %u: the value never stands", unit, cause);
                    return;
                }
            const uint32_t v = rd(m, LAC_REG_COUNT_VALUE);
            sum += v;
            if (unit < caps->lanes && cause == LAC_CAUSE_LANE_BUSY) busy += v;
        }
        if (unit == 0 && !got->runs) cycles = sum;
        if (sum != cycles) {
            snprintf(what, n, "cause counters of unit %u: expected a sum of %u cycles%s, got %u", unit, cycles,
                     got->runs ? "" : ", as for unit 0", sum);
            return;
        }
    }
    if (busy != (uint32_t)want->macs)
        snprintf(what, n, "cause counters: expected lanes busy for %u multiplications, got %u", (uint32_t)want->macs, busy);
}

axi_mem_timing pair_timing(lac_rng *r, int calm)
{
    axi_mem_timing t;
    memset(&t, 0, sizeof t);
    t.rd_latency = 1 + rng_below(r, calm ? 4 : 60);
    t.wr_latency = 1 + rng_below(r, calm ? 4 : 40);
    t.outstanding = 1 + rng_below(r, 10);
    t.seed = rng_next(r);
    if (calm) return t;
    /* each channel on its own: never, now and then, mostly */
    for (int c = 0; c < AXI_CHANNELS; c++) t.stall[c] = (uint8_t)((uint32_t[]){ 0, 60, 128, 220 }[rng_below(r, 4)]);
    const uint32_t order = rng_below(r, 4);
    t.w_after_aw = order == 1;
    t.aw_after_w = order == 2;
    return t;
}
