/* SPDX-License-Identifier: Apache-2.0
 *
 * model_bus.c - memory as the machine sees it: beats, bursts, faults */
#include "model_impl.h"

#include <string.h>

int lac_model_fault(lac_model *m, lac_fault_kind kind, int on_read, int on_write, uint64_t first, uint64_t last)
{
    if (m->faults == MAX_FAULTS) return -1;
    m->fault[m->faults++] = (model_fault){kind, on_read, on_write, first, last};
    return 0;
}

/* What the bus says to a transfer of n > 0 bytes: 0 all right, else the code of the error; BUS_TIMEOUT: nothing. */
static uint32_t answer(const lac_model *m, int write, uint64_t addr, uint32_t n)
{
    for (int i = 0; i < m->faults; i++) {
        const model_fault *f = &m->fault[i];
        if ((write ? f->on_write : f->on_read) && addr <= f->last && addr + n - 1u >= f->first)
            return f->kind == LAC_FAULT_SLVERR ? LAC_ERR_BUS_SLVERR
                 : f->kind == LAC_FAULT_DECERR ? LAC_ERR_BUS_DECERR
                                               : LAC_ERR_BUS_TIMEOUT;
    }
    if (addr < m->mem_base || addr - m->mem_base > m->mem_size || n > m->mem_size - (addr - m->mem_base))
        return LAC_ERR_BUS_DECERR;
    return LAC_ERR_NONE;
}

int model_bus_error(lac_model *m, uint32_t unit, uint32_t code, uint64_t addr)
{
    if (code == LAC_ERR_BUS_TIMEOUT) {
        m->owed = 1;
        if (REG(m, WATCHDOG) == 0) return STOP;
        REG(m, STATUS) |= LAC_STATUS_STUCK;
    }
    return model_fail(m, unit, code, addr, 0);
}

uint32_t model_bus_try_read(lac_model *m, uint64_t addr, uint8_t *dst, uint32_t n, uint64_t *bad)
{
    /* The first bad beat counts; without one, which beats there are makes no difference. */
    for (uint64_t a = addr; a < addr + n; a += m->beat) {
        const uint32_t code = answer(m, 0, a, m->beat);
        *bad = a;
        if (code) return code;
    }
    memcpy(dst, m->mem + (addr - m->mem_base), n);
    REG(m, CNT_RD_BEATS) += n / m->beat;
    return LAC_ERR_NONE;
}

int model_bus_read(lac_model *m, uint32_t unit, uint64_t addr, uint8_t *dst, uint32_t n)
{
    uint64_t       bad;
    const uint32_t code = model_bus_try_read(m, addr, dst, n, &bad);
    return code ? model_bus_error(m, unit, code, bad) : GO_ON;
}

uint32_t model_bus_try_write(lac_model *m, uint64_t addr, const uint8_t *src, uint32_t n, uint32_t span, uint64_t *bad)
{
    const uint32_t longest = m->cfg.burst * m->beat;

    for (uint32_t at = 0; at < span;) {
        const uint64_t start = addr + at;
        uint32_t       bytes = 4096u - (uint32_t)(start % 4096u);
        if (bytes > longest) bytes = longest;
        if (bytes > span - at) bytes = span - at;
        const uint32_t code = answer(m, 1, start, bytes);
        *bad = start;
        if (code) return code;
        const uint32_t named = at >= n ? 0 : n - at < bytes ? n - at : bytes;
        if (named) memcpy(m->mem + (start - m->mem_base), src + at, named);
        REG(m, CNT_WR_BEATS) += bytes / m->beat;
        at += bytes;
    }
    return LAC_ERR_NONE;
}

int model_bus_write(lac_model *m, uint32_t unit, uint64_t addr, const uint8_t *src, uint32_t n, uint32_t span)
{
    uint64_t       bad;
    const uint32_t code = model_bus_try_write(m, addr, src, n, span, &bad);
    return code ? model_bus_error(m, unit, code, bad) : GO_ON;
}
