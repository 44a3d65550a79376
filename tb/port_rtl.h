/* SPDX-License-Identifier: Apache-2.0
 *
 * port_rtl.h - the Verilated core, its memory and its monitor as a port of the driver
 *
 *   Time       the clock runs only inside the port's functions: register accesses take their bus cycles, wait_irq ticks
 *              until the interrupt or `limit` cycles
 *   Memory     mem_write and mem_read move bytes of the simulated memory without cycles
 *   Monitor    watches every cycle; windows follow the registers that the driver writes. The owner asks it at the end
 *   Hangs      a register access that is not answered in `access_limit` cycles fails (non-zero) */
#ifndef LAC_PORT_RTL_H
#define LAC_PORT_RTL_H
#include <stddef.h>
#include "axi_mem.h"
#include "axi_monitor.h"
#include "lac_sim.h"
#include "lacuna.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct lac_rtl lac_rtl;

typedef struct {
    uint64_t       mem_base, mem_size; /* [bytes] multiples of 64 */
    uint8_t       *mem;                /* the caller's mem_size bytes; NULL: zeroed, owned by the port */
    axi_mem_timing timing;
    uint8_t        lite_stall;         /* chance in 256 that our side of AXI-Lite waits for a cycle */
    uint32_t       access_limit;       /* [cycles] */
} lac_rtl_options;

/* 16 MiB at 0x80000000, read latency 20, write latency 8, eight bursts, no stalls. */
lac_rtl_options lac_rtl_defaults(void);

/* Load build/rtl/NAME.so, hold the core in reset for some cycles, and let it go. NULL: a sentence in err. */
lac_rtl *lac_rtl_open(const char *so_path, const lac_rtl_options *opt, char *err, size_t errlen);
void     lac_rtl_close(lac_rtl *r);

/* The same by the name of a configuration. Looks for rtl/NAME.so in $LACUNA_HOME (when set, only there), else beside
 * the running program, one level above it, and in ../lib/lacuna. */
lac_rtl *lac_port_rtl_open(const char *config, const lac_rtl_options *opt, char *err, size_t errlen);
int      lac_rtl_find(const char *config, char *path, size_t pathlen); /* 0: path holds it; -1: nowhere */

/* The i-th folder in which configs/NAME.cfg and rtl/NAME.so are looked for; -1: no more. $LACUNA_HOME, when set, and nothing else; else
 * the folder of the running program, the two above it, ../lib/lacuna from there, and lacuna/ beside this library. */
int lac_home(unsigned i, char *dir, size_t n);

lac_port lac_rtl_port(lac_rtl *r);

/* Hard reset of the core, and of the memory's bus with it. Faults of the memory stay. */
void lac_rtl_reset(lac_rtl *r);

/* A new memory and new timing for the same core; its bus has to be idle. */
void lac_rtl_memory(lac_rtl *r, uint8_t *mem, uint64_t base, uint64_t size, const axi_mem_timing *t);

void         lac_rtl_tick(lac_rtl *r, uint32_t cycles);
uint64_t     lac_rtl_cycles(const lac_rtl *r);  /* since open */
int          lac_rtl_irq(const lac_rtl *r);
const char  *lac_rtl_config(const lac_rtl *r);
axi_mem     *lac_rtl_mem(lac_rtl *r);           /* faults and counts */
axi_monitor *lac_rtl_monitor(lac_rtl *r);

/* What the core's trace port showed since open or lac_rtl_trace_clear(): for every command of an engine when it started and when it completed, in
 * the order of the starts, up to LAC_RTL_EVENTS of them; and how many multiplications, beats read and beats written fell into each window of
 * `window` cycles from `from` on (windows grow so that they are at most LAC_RTL_WINDOWS). Cycles are those of lac_rtl_cycles(). */
enum { LAC_RTL_EVENTS = 4096, LAC_RTL_WINDOWS = 512, LAC_RTL_ENGINES = 4 };
typedef struct { uint32_t engine; uint64_t start, end; } lac_rtl_event; /* 0 LOAD, 1 EXEC, 2 STORE, 3 MAP; end 0: not completed */
typedef struct { uint64_t macs, rd_beats, wr_beats; } lac_rtl_window;
typedef struct {
    uint32_t       events, lost; /* lost: commands that found no room */
    uint64_t       from, window; /* [cycles] */
    uint32_t       windows;
    uint64_t       working;      /* [cycles] in which some lane multiplied */
    lac_rtl_event  event[LAC_RTL_EVENTS];
    lac_rtl_window win[LAC_RTL_WINDOWS];
} lac_rtl_trace;
const lac_rtl_trace *lac_rtl_trace_get(const lac_rtl *r);
void                 lac_rtl_trace_clear(lac_rtl *r);

/* For tests of the AXI-Lite slave: a write with these strobes, AW `skew` cycles before (negative: after) W; a
 * read. Both return the response (0 OKAY, 2 SLVERR), or -1: no answer. */
int lac_rtl_lite_write(lac_rtl *r, uint32_t offset, uint32_t value, uint32_t strb, int skew);
int lac_rtl_lite_read(lac_rtl *r, uint32_t offset, uint32_t *value);

#ifdef __cplusplus
}
#endif
#endif
