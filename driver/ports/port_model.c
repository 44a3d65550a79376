/* SPDX-License-Identifier: Apache-2.0
 *
 * port_model.c - see port_model.h */
#include "port_model.h"

#include <string.h>

static int read32(void *ctx, uint32_t offset, uint32_t *value)
{
    *value = lac_model_read32(ctx, offset);
    return 0;
}

static int write32(void *ctx, uint32_t offset, uint32_t value)
{
    lac_model_write32(ctx, offset, value);
    return 0;
}

/* Host address of device bytes [addr, addr + n), or NULL where they are not all inside the memory. */
static uint8_t *at(void *ctx, lac_addr addr, uint32_t n)
{
    uint64_t base, size;
    uint8_t *mem = lac_model_memory(ctx, &base, &size);
    if (addr < base || addr - base > size || n > size - (addr - base)) return NULL;
    return mem + (addr - base);
}

static int mem_write(void *ctx, lac_addr dst, const void *src, uint32_t n)
{
    uint8_t *p = at(ctx, dst, n);
    if (!p) return -1;
    if (n) memcpy(p, src, n);
    return 0;
}

static int mem_read(void *ctx, void *dst, lac_addr src, uint32_t n)
{
    const uint8_t *p = at(ctx, src, n);
    if (!p) return -1;
    if (n) memcpy(dst, p, n);
    return 0;
}

static int wait_irq(void *ctx, uint32_t limit)
{
    (void)ctx;
    (void)limit;
    return 0;
}

lac_port lac_port_model(lac_model *m)
{
    const lac_port port = {m, read32, write32, mem_write, mem_read, wait_irq};
    return port;
}
