/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_dev.c - one machine: opening it, its command ring, waiting, errors, counters
 *
 * Ring: the driver fills entries from its own tail on and publishes them by writing TAIL. HEAD is the next entry the
 * machine fetches, so HEAD == TAIL means empty and one entry always stays free. */
#include <stddef.h>

#include "lac_hw.h"
#include "lac_mem.h"
#include "lacuna.h"

#define ID_MAGIC     0x4C414300u /* "LAC", and the major version of the map below it */
#define ID_MAJOR     1u
#define COUNT_POLLS  1000u       /* reads of COUNT_SELECT until a counter stands */
#define RESET_POLLS  100000u     /* reads of STATUS that lac_open() grants a reset */

#define TRY(expr)                          \
    do {                                   \
        const lac_status try_ = (expr);    \
        if (try_ != LAC_OK)                \
            return try_;                   \
    } while (0)

static lac_status rd(lac_dev *d, uint32_t reg, uint32_t *v)
{
    return d->port.read32(d->port.ctx, reg, v) ? LAC_E_PORT : LAC_OK;
}

static lac_status wr(lac_dev *d, uint32_t reg, uint32_t v)
{
    return d->port.write32(d->port.ctx, reg, v) ? LAC_E_PORT : LAC_OK;
}

/* A pair of registers, low half first. */
static lac_status wr64(lac_dev *d, uint32_t lo, uint64_t v)
{
    TRY(wr(d, lo, (uint32_t)v));
    return wr(d, lo + 4u, (uint32_t)(v >> 32));
}

static lac_status read_caps(lac_dev *d)
{
    static const uint16_t reg[] = {
        LAC_REG_VERSION, LAC_REG_CAP_LANES, LAC_REG_CAP_DATA_W, LAC_REG_CAP_ADDR_W, LAC_REG_CAP_STORE_W, LAC_REG_CAP_WEIGHT, LAC_REG_CAP_COL,
        LAC_REG_CAP_ACC, LAC_REG_CAP_FEAT, LAC_REG_CAP_PARAM, LAC_REG_CAP_FIFO, LAC_REG_CAP_BURST, LAC_REG_CAP_FLIGHT,
        LAC_REG_CAP_FORMATS, LAC_REG_CAP_MAP,
    };
    lac_caps *c = &d->caps;
    uint32_t *const to[] = {
        &c->version, &c->lanes, &c->data_w, &c->addr_w, &c->store_w, &c->weight_depth, &c->col_depth,
        &c->acc_depth, &c->feat_depth, &c->param_depth, &c->fifo_depth, &c->burst, &c->flight, &c->formats, &c->map,
    };
    for (uint32_t i = 0; i < sizeof reg / sizeof reg[0]; i++)
        TRY(rd(d, reg[i], to[i]));
    c->line = c->data_w < 64u ? 8u : c->data_w / 8u;
    return LAC_OK;
}

/* What the rest of the driver divides by or shifts by; a machine that reports otherwise is none of ours. */
static int caps_sane(const lac_caps *c)
{
    return c->lanes >= 4u && c->lanes <= 256u && c->data_w >= 32u && c->data_w <= 512u
        && (c->data_w & (c->data_w - 1u)) == 0u && c->addr_w >= 24u && c->addr_w <= 48u && c->store_w >= 1u
        && (c->store_w & (c->store_w - 1u)) == 0u && c->store_w <= c->lanes && c->weight_depth && c->col_depth
        && c->acc_depth && c->feat_depth && c->param_depth;
}

lac_status lac_open(lac_dev *dev, const lac_port *port, lac_addr ring, uint32_t ring_size, lac_addr base, uint64_t size)
{
    uint32_t id;

    if (!dev || !port || !port->read32 || !port->write32 || !port->mem_write || !port->mem_read)
        return LAC_E_ARG;
    if (ring_size < 2u || ring_size > 65535u || size == 0u || base + size < base)
        return LAC_E_ARG;
    if (ring < base || size < 64u * ring_size || ring - base > size - 64u * ring_size)
        return LAC_E_ARG;
    if (ring % LAC_ALIGN)
        return LAC_E_ALIGN;

    memset(dev, 0, sizeof *dev);
    dev->port = *port;
    dev->ring = ring;
    dev->ring_size = ring_size;

    TRY(rd(dev, LAC_REG_ID, &id));
    if (id != (ID_MAGIC | ID_MAJOR))
        return LAC_E_ID;
    TRY(read_caps(dev));
    if (!caps_sane(&dev->caps))
        return LAC_E_ID;
    if ((base + size - 1u) >> dev->caps.addr_w)
        return LAC_E_ARG;

    TRY(lac_reset(dev, RESET_POLLS));
    TRY(wr64(dev, LAC_REG_RING_BASE_LO, ring));
    TRY(wr(dev, LAC_REG_RING_SIZE, ring_size));
    TRY(lac_windows(dev, base, base + size, base, base + size));
    return wr(dev, LAC_REG_IRQ_ENABLE, LAC_IRQ_DONE | LAC_IRQ_ERROR);
}

lac_status lac_windows(lac_dev *dev, lac_addr rd_base, lac_addr rd_limit, lac_addr wr_base, lac_addr wr_limit)
{
    if (rd_base > rd_limit || wr_base > wr_limit)
        return LAC_E_ARG;
    TRY(wr64(dev, LAC_REG_RD_BASE_LO, rd_base));
    TRY(wr64(dev, LAC_REG_RD_LIMIT_LO, rd_limit));
    TRY(wr64(dev, LAC_REG_WR_BASE_LO, wr_base));
    return wr64(dev, LAC_REG_WR_LIMIT_LO, wr_limit);
}

lac_status lac_watchdog(lac_dev *dev, uint32_t cycles)
{
    return wr(dev, LAC_REG_WATCHDOG, cycles);
}

lac_status lac_reset(lac_dev *dev, uint32_t polls)
{
    uint32_t status = 0;

    TRY(wr(dev, LAC_REG_CTRL, 1u));
    for (uint32_t i = 0; i < polls; i++) {
        TRY(rd(dev, LAC_REG_STATUS, &status));
        if (!(status & LAC_STATUS_RESET)) {
            dev->tail = 0;
            dev->queued = 0;
            dev->rung = 0;
            return LAC_OK;
        }
    }
    return LAC_E_TIMEOUT;
}

/* ---- Ring ------------------------------------------------------------------------------------------ */

lac_status lac_room(lac_dev *dev, uint32_t *room)
{
    uint32_t head;
    TRY(rd(dev, LAC_REG_HEAD, &head));
    if (head >= dev->ring_size)
        return LAC_E_PORT;
    *room = head > dev->tail ? head - dev->tail - 1u : dev->ring_size - 1u - (dev->tail - head);
    return LAC_OK;
}

lac_status lac_put(lac_dev *dev, const lac_cmd *cmd)
{
    uint8_t bytes[64];

    for (uint32_t i = 0; i < 16u; i++)
        for (uint32_t b = 0; b < 4u; b++)
            bytes[4u * i + b] = (uint8_t)(cmd->w[i] >> 8u * b);
    if (dev->port.mem_write(dev->port.ctx, dev->ring + 64u * dev->tail, bytes, sizeof bytes))
        return LAC_E_PORT;
    dev->tail = dev->tail + 1u == dev->ring_size ? 0u : dev->tail + 1u;
    dev->queued++;
    return LAC_OK;
}

lac_status lac_ring(lac_dev *dev)
{
    if (dev->rung == dev->queued)
        return LAC_OK;
    dev->rung = dev->queued;
    return wr(dev, LAC_REG_TAIL, dev->tail);
}

lac_status lac_submit(lac_dev *dev, const lac_cmd *cmd, uint32_t n)
{
    uint32_t room;

    if (n && !cmd)
        return LAC_E_ARG;
    TRY(lac_room(dev, &room));
    if (n > room)
        return LAC_E_SPACE;
    for (uint32_t i = 0; i < n; i++)
        TRY(lac_put(dev, &cmd[i]));
    return lac_ring(dev);
}

/* ---- Waiting --------------------------------------------------------------------------------------- */

int lac_poll(lac_dev *dev)
{
    uint32_t status, done;

    TRY(rd(dev, LAC_REG_STATUS, &status));
    if (status & LAC_STATUS_ERROR)
        return status & LAC_STATUS_BUSY && !(status & LAC_STATUS_STUCK) ? 1 : LAC_E_JOB;
    if (status & LAC_STATUS_BUSY)
        return 1;
    TRY(rd(dev, LAC_REG_DONE, &done));
    return done == dev->rung ? 0 : 1;
}

lac_status lac_wait(lac_dev *dev, uint32_t limit)
{
    for (uint32_t i = 0; i <= limit; i++) {
        uint32_t irq;

        /* Clear first, look afterwards: what ends between the two is seen, what ends later raises the line. */
        if (dev->port.wait_irq)
            TRY(wr(dev, LAC_REG_IRQ_STATUS, LAC_IRQ_DONE | LAC_IRQ_ERROR));
        const int s = lac_poll(dev);
        if (s <= 0)
            return (lac_status)s;
        if (!dev->port.wait_irq)
            continue;
        if (dev->port.wait_irq(dev->port.ctx, limit))
            return LAC_E_PORT;
        TRY(rd(dev, LAC_REG_IRQ_STATUS, &irq));
        if (!(irq & (LAC_IRQ_DONE | LAC_IRQ_ERROR)))
            break; /* the time is up; one last look below */
    }
    const int s = lac_poll(dev);
    return s > 0 ? LAC_E_TIMEOUT : (lac_status)s;
}

/* ---- Errors and counters --------------------------------------------------------------------------- */

lac_status lac_error(lac_dev *dev, lac_error_record *out)
{
    uint32_t code, lo, hi;

    TRY(rd(dev, LAC_REG_ERR_CODE, &code));
    TRY(rd(dev, LAC_REG_ERR_CMD, &out->cmd));
    TRY(rd(dev, LAC_REG_ERR_TAG, &out->tag));
    TRY(rd(dev, LAC_REG_ERR_ADDR_LO, &lo));
    TRY(rd(dev, LAC_REG_ERR_ADDR_HI, &hi));
    TRY(rd(dev, LAC_REG_ERR_INDEX, &out->index));
    out->code = code & 0xffu;
    out->unit = code >> 8 & 0xfu;
    out->addr = (uint64_t)hi << 32 | lo;
    return LAC_OK;
}

const char *lac_error_name(uint32_t code)
{
    switch (code) {
#define LAC_ERROR(name, code, addr, index, text) case code: return #name;
#include "lac_errors.def"
#undef LAC_ERROR
    default: return "?";
    }
}

const char *lac_error_text(uint32_t code)
{
    switch (code) {
#define LAC_ERROR(name, code, addr, index, text) case code: return text;
#include "lac_errors.def"
#undef LAC_ERROR
    default: return "unknown error code";
    }
}

const char *lac_unit_name(uint32_t unit)
{
    switch (unit) {
    case LAC_UNIT_CMD:   return "CMD";
    case LAC_UNIT_LOAD:  return "LOAD";
    case LAC_UNIT_EXEC:  return "EXEC";
    case LAC_UNIT_STORE: return "STORE";
    case LAC_UNIT_MAP:   return "MAP";
    default:             return "?";
    }
}

const char *lac_status_name(int status)
{
    switch (status) {
    case LAC_OK:        return "OK";
    case LAC_E_ARG:     return "ARG";
    case LAC_E_ALIGN:   return "ALIGN";
    case LAC_E_SPACE:   return "SPACE";
    case LAC_E_FORMAT:  return "FORMAT";
    case LAC_E_ID:      return "ID";
    case LAC_E_PORT:    return "PORT";
    case LAC_E_TIMEOUT: return "TIMEOUT";
    case LAC_E_JOB:     return "JOB";
    default:            return "?";
    }
}

lac_status lac_read_stats(lac_dev *dev, lac_stats *out)
{
    static const uint16_t reg[] = {
        LAC_REG_RUN_START, LAC_REG_RUN_END, LAC_REG_CNT_LOAD, LAC_REG_CNT_EXEC, LAC_REG_CNT_STORE, LAC_REG_CNT_RD_BEATS, LAC_REG_CNT_WR_BEATS,
        LAC_REG_CNT_ITEMS, LAC_REG_CNT_STALL, LAC_REG_CNT_NONZERO, LAC_REG_MARKS, LAC_REG_MARK_FIRST, LAC_REG_MARK_LAST,
        LAC_REG_CNT_MAP, LAC_REG_CNT_SITES, LAC_REG_CNT_RULES, LAC_REG_CNT_SOUGHT, LAC_REG_CNT_FETCHED,
        LAC_REG_CNT_MACS_LO, LAC_REG_CNT_MACS_HI, /* in this order: reading the low half freezes the high one */
    };
    uint32_t start = 0, end = 0, lo = 0, hi = 0;
    uint32_t *const to[] = {
        &start, &end, &out->load, &out->exec, &out->store, &out->rd_beats, &out->wr_beats,
        &out->items, &out->stall, &out->nonzero, &out->marks, &out->mark_first, &out->mark_last,
        &out->map, &out->sites, &out->rules, &out->sought, &out->fetched,
        &lo, &hi,
    };
    for (uint32_t i = 0; i < sizeof reg / sizeof reg[0]; i++)
        TRY(rd(dev, reg[i], to[i]));
    out->cycles = end - start;
    out->macs = (uint64_t)hi << 32 | lo;
    return LAC_OK;
}

uint32_t lac_units(const lac_caps *caps)
{
    return caps->lanes + (caps->map ? LAC_ON_UNITS : LAC_ON_MAP);
}

lac_status lac_read_causes(lac_dev *dev, uint32_t unit, uint32_t out[LAC_CAUSES])
{
    if (!dev || !out || unit >= lac_units(&dev->caps))
        return LAC_E_ARG;
    for (uint32_t c = 0; c < LAC_CAUSES; c++) {
        uint32_t select;
        TRY(wr(dev, LAC_REG_COUNT_SELECT, unit << 3 | c));
        for (uint32_t i = 0;; i++) {
            TRY(rd(dev, LAC_REG_COUNT_SELECT, &select));
            if (!(select >> 31))
                break;
            if (i == COUNT_POLLS)
                return LAC_E_TIMEOUT;
        }
        TRY(rd(dev, LAC_REG_COUNT_VALUE, &out[c]));
    }
    return LAC_OK;
}
