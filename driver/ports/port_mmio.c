/* SPDX-License-Identifier: Apache-2.0
 *
 * port_mmio.c - see port_mmio.h */
#include "port_mmio.h"

#include <stddef.h>

#include "lac_mem.h"

static void fence(const lac_mmio *m)
{
    if (m->fence)
        m->fence();
#if defined(__GNUC__)
    __asm__ __volatile__("" ::: "memory");
#endif
}

static int read32(void *ctx, uint32_t offset, uint32_t *value)
{
    lac_mmio *m = (lac_mmio *)ctx;
    *value = m->regs[offset / 4u];
    fence(m);
    return 0;
}

static int write32(void *ctx, uint32_t offset, uint32_t value)
{
    lac_mmio *m = (lac_mmio *)ctx;
    fence(m);
    m->regs[offset / 4u] = value;
    return 0;
}

/* Host address of device bytes [addr, addr + n), or NULL. */
static uint8_t *at(const lac_mmio *m, lac_addr addr, uint32_t n)
{
    if (addr < m->base || addr - m->base > m->size || n > m->size - (addr - m->base))
        return NULL;
    return m->mem + (size_t)(addr - m->base);
}

static int mem_write(void *ctx, lac_addr dst, const void *src, uint32_t n)
{
    lac_mmio *m = (lac_mmio *)ctx;
    uint8_t *p = at(m, dst, n);
    if (!p)
        return -1;
    memcpy(p, src, n);
    if (m->clean)
        m->clean(p, n);
    return 0;
}

static int mem_read(void *ctx, void *dst, lac_addr src, uint32_t n)
{
    lac_mmio *m = (lac_mmio *)ctx;
    uint8_t *p = at(m, src, n);
    if (!p)
        return -1;
    if (m->invalidate)
        m->invalidate(p, n);
    memcpy(dst, p, n);
    return 0;
}

static int wait_irq(void *ctx, uint32_t limit)
{
    lac_mmio *m = (lac_mmio *)ctx;
    return m->wait(m->ctx, limit);
}

lac_port lac_port_mmio(lac_mmio *m)
{
    const lac_port port = {m, read32, write32, mem_write, mem_read, m->wait ? wait_irq : NULL};
    return port;
}
