/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_model.h - the golden model: what the machine does, bit for bit, without saying when
 *
 *   Behaves      as docs/formats.md, docs/numerics.md and docs/registers.md say. Registers are read and written as over
 *                AXI4-Lite; writing TAIL runs every command of the ring to its end before the call returns, one after the
 *                other, in ring order.
 *   Time         There is none. CYCLE_*, RUN_*, MARK_FIRST, MARK_LAST, CNT_LOAD, CNT_EXEC, CNT_STORE, CNT_STALL and COUNT_VALUE read 0.
 *                Exact: MARKS, CNT_ITEMS, CNT_MACS, CNT_NONZERO, CNT_RD_BEATS, CNT_WR_BEATS. Every doorbell that finds work
 *                begins a new run.
 *   Memory       The caller's `mem` [mem_size bytes] stands at bus address mem_base; both are multiples of 64. Every other
 *                address answers DECERR. The model touches it only inside lac_model_write32().
 *   Ownership    The model owns what it allocates; the caller owns `mem`, which must outlive the model.
 *   Concurrency  Models share nothing; calls on one model must not overlap. */
#ifndef LAC_MODEL_H
#define LAC_MODEL_H
#include <stdint.h>
#include "lac_config.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct lac_model lac_model;

/* NULL: no memory left, or a value of *cfg is out of range. *cfg is copied. */
lac_model *lac_model_create(const lac_config *cfg, uint8_t *mem, uint64_t mem_base, uint64_t mem_size);
void       lac_model_destroy(lac_model *m); /* NULL is all right */

/* `off`: byte offset, a multiple of 4, 0 .. 0xFFC. Offsets without a register read 0 and ignore writes. */
uint32_t lac_model_read32(lac_model *m, uint32_t off);
void     lac_model_write32(lac_model *m, uint32_t off, uint32_t value);

/* The interrupt line. */
int lac_model_irq(const lac_model *m);

/* ---- Faults of the bus ------------------------------------------------------------------------------ */

typedef enum {
    LAC_FAULT_SLVERR,
    LAC_FAULT_DECERR,
    LAC_FAULT_STALL  /* never answers. With WATCHDOG 0 the machine then stays busy for ever. */
} lac_fault_kind;

/* From now on reads (writes) that touch bytes first .. last, both included, fail: the read beat that overlaps them, the
 * write burst with a beat that does. At most 16; where several apply, the one given first. Returns 0, or -1 for a seventeenth. */
int lac_model_fault(lac_model *m, lac_fault_kind kind, int on_read, int on_write, uint64_t first, uint64_t last);

/* Reset of the bus outside the machine: all faults are gone and nothing is owed any more. A soft reset that waited for a bus
 * that had stopped answering completes now. */
void lac_model_bus_reset(lac_model *m);

/* ---- What the hardware does not tell ----------------------------------------------------------------- */

/* Multiplications of one lane in this run; the sum over lanes is CNT_MACS. */
uint64_t lac_model_lane_macs(const lac_model *m, uint32_t lane);

/* The configuration it was created with; where its memory stands. */
const lac_config *lac_model_config(const lac_model *m);
uint8_t          *lac_model_memory(const lac_model *m, uint64_t *base, uint64_t *size);

#ifdef __cplusplus
}
#endif
#endif
