/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_model.c - the golden model's front: registers, doorbell, ring, tokens, resets */
#include "model_impl.h"

#include <stdlib.h>
#include <string.h>

/* ---- Life --------------------------------------------------------------------------------------------- */

static void clear_on_chip(lac_model *m)
{
    memset(m->acc, 0, (size_t)2 * m->cfg.lanes * m->acc_pitch * sizeof *m->acc);
    memset(m->flag, 0, (size_t)m->cfg.feat_depth * m->line);
    memset(m->slice, 0, (size_t)m->columns_touched * m->cfg.lanes * sizeof *m->slice);
    m->columns_touched = 0;
    memset(m->token, 0, sizeof m->token);
    model_map_forget(m);
    memset(m->cached, 0, m->cache_lines * sizeof *m->cached);
}

lac_model *lac_model_create(const lac_config *cfg, uint8_t *mem, uint64_t mem_base, uint64_t mem_size)
{
    if (lac_config_check(cfg)) return NULL;
    lac_model *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    m->cfg      = *cfg;
    m->line     = lac_config_line(cfg);
    m->beat     = cfg->data_w / 8u;
    m->mem      = mem;
    m->mem_base = mem_base;
    m->mem_size = mem_size;

    /* Depths are powers of two as a rule. Lanes exactly so far apart would all fall onto the same few places of the host's cache, and they work
     * on the same rows at nearly the same time: a few cache lines more keep them apart. */
    m->weight_pitch = cfg->weight_depth + 32u;
    m->acc_pitch    = cfg->acc_depth + 72u;
    m->entry10 = calloc((size_t)cfg->lanes * m->weight_pitch * 6u, sizeof *m->entry10);
    m->entry16 = calloc((size_t)cfg->lanes * m->weight_pitch * 4u, sizeof *m->entry16);
    m->slice   = calloc((size_t)cfg->col_depth * cfg->lanes, sizeof *m->slice);
    m->feature = calloc(cfg->feat_depth, m->line);
    m->flag    = calloc(cfg->feat_depth, m->line);
    for (m->cache_lines = 1; 2u * m->cache_lines <= cfg->feat_depth;) m->cache_lines *= 2u;
    m->cached  = calloc(m->cache_lines, sizeof *m->cached);
    m->param   = calloc(cfg->param_depth, sizeof *m->param);
    m->acc     = calloc((size_t)2 * cfg->lanes * m->acc_pitch, sizeof *m->acc);
    m->row     = calloc(cfg->param_depth < 65536u ? 65536u : cfg->param_depth, 8);  /* WIDTH has 16 bits */
    m->index   = calloc((size_t)cfg->col_depth + MAX_LINE, 1);
    if (!m->index || !m->cached || !m->entry10 || !m->entry16 || !m->slice || !m->feature || !m->flag || !m->param || !m->acc || !m->row) {
        lac_model_destroy(m);
        return NULL;
    }
    for (uint32_t i = 0; i < cfg->param_depth; i++) m->param[i].shift = 1;  /* undefined until loaded, but harmless */

#define LAC_REG(name, off, acc, rst, doc) m->reg[(off) / 4] = (rst);
#include "lac_regs.def"
#undef LAC_REG
    REG(m, CAP_LANES)   = cfg->lanes;
    REG(m, CAP_DATA_W)  = cfg->data_w;
    REG(m, CAP_ADDR_W)  = cfg->addr_w;
    REG(m, CAP_STORE_W) = cfg->store_w;
    REG(m, CAP_WEIGHT)  = cfg->weight_depth;
    REG(m, CAP_COL)     = cfg->col_depth;
    REG(m, CAP_ACC)     = cfg->acc_depth;
    REG(m, CAP_FEAT)    = cfg->feat_depth;
    REG(m, CAP_PARAM)   = cfg->param_depth;
    REG(m, CAP_FIFO)    = cfg->fifo_depth;
    REG(m, CAP_BURST)   = cfg->burst;
    REG(m, CAP_FLIGHT)  = cfg->flight;
    REG(m, CAP_FORMATS) |= cfg->windows << 4;
    REG(m, CAP_MAP)     = cfg->map_ring ? cfg->map_ring | 3u << 16 | 3u << 18 | 5u << 20 | 5u << 24 : 0;
    return m;
}

void lac_model_destroy(lac_model *m)
{
    if (!m) return;
    model_map_forget(m);
    free(m->entry10);
    free(m->entry16);
    free(m->slice);
    free(m->feature);
    free(m->flag);
    free(m->param);
    free(m->acc);
    free(m->row);
    free(m->index);
    free(m->cached);
    free(m);
}

const lac_config *lac_model_config(const lac_model *m)
{
    return &m->cfg;
}

uint8_t *lac_model_memory(const lac_model *m, uint64_t *base, uint64_t *size)
{
    *base = m->mem_base;
    *size = m->mem_size;
    return m->mem;
}

uint64_t lac_model_lane_macs(const lac_model *m, uint32_t lane)
{
    return lane < m->cfg.lanes ? m->lane_macs[lane] : 0;
}

/* ---- Runs and resets ---------------------------------------------------------------------------------- */

/* The counters start again: at the doorbell that ends an idle time, and at reset. */
static void begin_run(lac_model *m)
{
    REG(m, MARKS) = REG(m, CNT_RD_BEATS) = REG(m, CNT_WR_BEATS) = REG(m, CNT_ITEMS) = REG(m, CNT_NONZERO) = 0;
    REG(m, CNT_SITES) = REG(m, CNT_RULES) = REG(m, CNT_SOUGHT) = REG(m, CNT_FETCHED) = 0;
    memset(m->lane_macs, 0, sizeof m->lane_macs);
}

/* Complete at once, unless the bus still owes an answer. */
static void soft_reset(lac_model *m)
{
    if (m->owed) {
        REG(m, STATUS) |= LAC_STATUS_RESET;
        return;
    }
    clear_on_chip(m);
    begin_run(m);
    REG(m, STATUS) = REG(m, IRQ_STATUS) = REG(m, HEAD) = REG(m, TAIL) = REG(m, DONE) = 0;
    REG(m, ERR_CODE) = REG(m, ERR_CMD) = REG(m, ERR_TAG) = REG(m, ERR_ADDR_LO) = REG(m, ERR_ADDR_HI) = REG(m, ERR_INDEX) = 0;
}

void lac_model_bus_reset(lac_model *m)
{
    m->faults = 0;
    m->owed   = 0;
    if (REG(m, STATUS) & LAC_STATUS_RESET) soft_reset(m);
}

int model_fail(lac_model *m, uint32_t unit, uint32_t code, uint64_t addr, uint32_t index)
{
    REG(m, ERR_CODE)    = code | unit << 8;
    REG(m, ERR_CMD)     = REG(m, DONE);
    REG(m, ERR_TAG)     = m->tag;
    REG(m, ERR_ADDR_LO) = (uint32_t)addr;
    REG(m, ERR_ADDR_HI) = (uint32_t)(addr >> 32);
    REG(m, ERR_INDEX)   = index;
    REG(m, STATUS)     |= LAC_STATUS_ERROR;
    REG(m, IRQ_STATUS) |= LAC_IRQ_ERROR;
    return STOP;
}

/* ---- Commands ----------------------------------------------------------------------------------------- */

/* WAIT takes, SIGNAL gives. As commands run in ring order, no one ever has to wait for a token. */
static void move_tokens(lac_model *m, const model_cmd *c)
{
    const uint32_t own = F(ANY, OP);
    for (uint32_t other = LAC_UNIT_LOAD; other <= LAC_UNIT_MAP; other++) {
        m->token[other][own] -= F(ANY, WAIT)   >> (other - 1u) & 1u;
        m->token[own][other] += F(ANY, SIGNAL) >> (other - 1u) & 1u;
    }
}

/* The command at HEAD. */
static int run_command(lac_model *m, uint64_t ring)
{
    model_cmd command, *c = &command;
    uint8_t   buf[64];
    int       status;

    c->addr = ring + 64u * (uint64_t)REG(m, HEAD);
    m->tag  = 0;
    if (model_bus_read(m, LAC_UNIT_CMD, c->addr, buf, 64)) return STOP;
    for (int i = 0; i < 16; i++) c->w[i] = get32(buf + 4 * i);
    m->tag = F(ANY, TAG);
    REG(m, HEAD) = REG(m, HEAD) + 1u >= REG(m, RING_SIZE) ? 0 : REG(m, HEAD) + 1u;

    if (model_check(m, c)) return STOP;
    switch (F(ANY, OP)) {
    case LAC_UNIT_LOAD: status = model_load(m, c);  break;
    case LAC_UNIT_EXEC: status = F(ANY, KIND) ? model_exec_rules(m, c) : model_exec(m, c); break;
    case LAC_UNIT_MAP:  status = model_map(m, c);   break;
    default:            status = model_store(m, c); break;
    }
    if (status) return STOP;

    move_tokens(m, c);
    REG(m, DONE)++;
    if (F(ANY, MARK)) {
        REG(m, MARKS)++;
        REG(m, IRQ_STATUS) |= LAC_IRQ_MARK;
    }
    return GO_ON;
}

static void doorbell(lac_model *m, uint32_t tail)
{
    const uint64_t ring = (uint64_t)REG(m, RING_BASE_HI) << 32 | REG(m, RING_BASE_LO);
    const uint32_t size = REG(m, RING_SIZE);

    if (REG(m, STATUS)) return;  /* an error, a reset that waits, or a command that waits for ever */
    if (ring % 64u || size < 2 || size > 65535 || tail >= size || REG(m, HEAD) >= size || !model_in_window(m, 0, ring, 64u * (uint64_t)size)) {
        begin_run(m);  /* it acts as a command */
        m->tag = 0;
        model_fail(m, LAC_UNIT_CMD, LAC_ERR_RING, ring, tail);
        return;
    }
    REG(m, TAIL) = tail;
    if (REG(m, HEAD) == tail) return;

    begin_run(m);
    REG(m, STATUS) = LAC_STATUS_BUSY;
    while (REG(m, HEAD) != tail)
        if (run_command(m, ring)) {
            if (REG(m, STATUS) & LAC_STATUS_ERROR) REG(m, STATUS) &= ~(uint32_t)LAC_STATUS_BUSY;
            return;
        }
    REG(m, STATUS)      = 0;
    REG(m, IRQ_STATUS) |= LAC_IRQ_DONE;
}

/* ---- Registers ---------------------------------------------------------------------------------------- */

static int is_rw(uint32_t off)
{
    enum { ACCESS_RO, ACCESS_RW, ACCESS_W1, ACCESS_W1C };
    switch (off) {
#define LAC_REG(name, offset, acc, rst, doc) case offset: return ACCESS_##acc == ACCESS_RW;
#include "lac_regs.def"
#undef LAC_REG
    default: return 0;
    }
}

uint32_t lac_model_read32(lac_model *m, uint32_t off)
{
    off &= 0xffcu;
    if (off == LAC_REG_CNT_MACS_LO) {
        uint64_t macs = 0;
        for (uint32_t lane = 0; lane < m->cfg.lanes; lane++) macs += m->lane_macs[lane];
        REG(m, CNT_MACS_LO) = (uint32_t)macs;
        REG(m, CNT_MACS_HI) = (uint32_t)(macs >> 32);
    }
    return m->reg[off / 4];
}

void lac_model_write32(lac_model *m, uint32_t off, uint32_t value)
{
    off &= 0xffcu;
    switch (off) {
    case LAC_REG_CTRL:
        if (value & 1u) soft_reset(m);
        break;
    case LAC_REG_IRQ_ENABLE:
        REG(m, IRQ_ENABLE) = value & (LAC_IRQ_DONE | LAC_IRQ_ERROR | LAC_IRQ_MARK);
        break;
    case LAC_REG_COUNT_SELECT:
        REG(m, COUNT_SELECT) = value & 0xfffu;
        break;
    case LAC_REG_IRQ_STATUS:
        REG(m, IRQ_STATUS) &= ~value;
        break;
    case LAC_REG_TAIL:
        doorbell(m, value);
        break;
    default:
        if (is_rw(off)) m->reg[off / 4] = value;
    }
}

int lac_model_irq(const lac_model *m)
{
    return (REG(m, IRQ_ENABLE) & REG(m, IRQ_STATUS)) != 0;
}
