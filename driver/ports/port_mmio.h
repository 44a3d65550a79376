/* SPDX-License-Identifier: Apache-2.0
 *
 * port_mmio.h - registers and memory mapped at pointers: bare metal, or Linux UIO with a reserved buffer
 *
 *   Registers  32-bit accesses through a volatile pointer, in program order.
 *   Memory     device addresses base .. base + size - 1 stand at `mem`; anything else fails.
 *   Caches     if the machine does not snoop the processor's cache, give `clean` and `invalidate` (host pointer, bytes): the port
 *              calls them behind a write and before a read. NULL: nothing to do.
 *   Order      `fence` runs before every register write, so that what was written to memory is there when a doorbell rings,
 *              and behind every register read. NULL: only the compiler is kept from reordering.
 *   Interrupt  `wait` as lac_port.wait_irq, or NULL to poll.
 */
#ifndef LAC_PORT_MMIO_H
#define LAC_PORT_MMIO_H
#include "lacuna.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    volatile uint32_t *regs;  /* register 0 */
    uint8_t           *mem;   /* what the accelerator sees at `base` */
    lac_addr           base;
    uint64_t           size;  /* [bytes] */
    void (*clean)(void *p, uint32_t n);
    void (*invalidate)(void *p, uint32_t n);
    void (*fence)(void);
    int  (*wait)(void *ctx, uint32_t limit);
    void *ctx;                /* of wait */
} lac_mmio;

/* The port keeps the pointer: *m must outlive it. */
lac_port lac_port_mmio(lac_mmio *m);

#ifdef __cplusplus
}
#endif
#endif
