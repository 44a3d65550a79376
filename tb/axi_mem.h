/* SPDX-License-Identifier: Apache-2.0
 *
 * axi_mem - the memory behind the core's AXI4 master, with delays, stalls and faults
 *
 *   Bytes      one flat array [base, base + size); anything else answers DECERR
 *   Cycle      axi_mem_drive() sets the slave's pins from registered state only; after the core has settled,
 *              axi_mem_clock() sees which transfers happen on the coming edge
 *   Order      one stream, answers in order of the requests, at most one beat a cycle and direction
 *   Faults     by address: a beat (reads) or any beat of a burst (writes) that touches the range
 *   Transfers  whole beats of the bus width, INCR; what else a master may do wrong is axi_monitor's to find */
#ifndef LAC_AXI_MEM_H
#define LAC_AXI_MEM_H
#include <stdint.h>
#include "lac_sim.h"
#include "rng.h"

enum { AXI_AW, AXI_W, AXI_B, AXI_AR, AXI_R, AXI_CHANNELS };
enum { AXI_OKAY = 0, AXI_SLVERR = 2, AXI_DECERR = 3 };

typedef struct {
    uint32_t rd_latency;          /* [cycles] from an accepted AR to its first beat, at least 1 */
    uint32_t wr_latency;          /* [cycles] from the last accepted W beat to B, at least 1 */
    uint32_t outstanding;         /* bursts accepted in each direction before the first is answered, 1 .. AXI_MEM_QUEUE */
    uint8_t  stall[AXI_CHANNELS]; /* chance in 256 that a channel stands still in a cycle */
    uint8_t  aw_after_w;          /* accept an address only when its first data are offered (AXI allows a slave that) */
    uint8_t  w_after_aw;          /* accept data only for an accepted address */
    uint64_t seed;
} axi_mem_timing;

typedef enum {
    AXI_FAULT_NONE,
    AXI_FAULT_SLVERR,
    AXI_FAULT_DECERR,
    AXI_FAULT_STALL,    /* the request is taken, the beat (or B) never comes, nor does anything behind it */
    AXI_FAULT_NO_ADDR,  /* a burst that touches the range is never accepted on AR or AW */
    AXI_FAULT_NO_DATA,  /* writes: a beat in the range is never accepted on W */
    AXI_FAULT_LAST      /* reads: RLAST is wrong in this beat */
} axi_fault_kind;

typedef struct {
    uint64_t       lo, hi; /* [bytes] the range [lo, hi) */
    uint8_t        reads, writes;
    axi_fault_kind kind;
} axi_fault;

enum { AXI_MEM_QUEUE = 64, AXI_MEM_WBUF = 512, AXI_MEM_FAULTS = 8 };

typedef struct { uint64_t addr, when; uint32_t beats, done; uint8_t resp; } axi_burst;

typedef struct {
    uint8_t       *bytes;         /* the caller's */
    uint64_t       base, size;    /* [bytes] */
    uint32_t       beat;          /* [bytes] of the bus */
    axi_mem_timing timing;
    axi_fault      fault[AXI_MEM_FAULTS];
    uint32_t       faults;

    uint64_t rd_beats, wr_beats, wr_bytes, rd_bursts, wr_bursts; /* counted since init */
    uint64_t wr_named;            /* of the beats written, those with a strobe */

    /* the rest is private */
    lac_rng   rng;
    uint64_t  now;                /* [cycles] */
    axi_burst rd[AXI_MEM_QUEUE], wr[AXI_MEM_QUEUE];
    uint32_t  rd_head, rd_n;
    uint32_t  wr_head, wr_n;      /* accepted AWs without B */
    uint32_t  wr_fill;            /* of these, bursts whose data are complete */
    struct { uint32_t data[16]; uint64_t strb; } wbuf[AXI_MEM_WBUF]; /* data ahead of their address */
    uint32_t  wbuf_head, wbuf_n;
    uint8_t   rvalid, bvalid;
    uint8_t   open[AXI_CHANNELS]; /* this cycle's dice */
    uint8_t   saw_ar, saw_aw, saw_w; /* offered, not taken, in the last cycle */
    uint64_t  saw_araddr, saw_awaddr;
    uint32_t  saw_arbytes, saw_awbytes; /* [bytes] */
} axi_mem;

void axi_mem_init(axi_mem *m, uint8_t *bytes, uint64_t base, uint64_t size, uint32_t data_w, const axi_mem_timing *t);

/* Forget everything under way, as a bus reset does; bytes, faults and counts stay. */
void axi_mem_reset(axi_mem *m);

/* Add a fault; returns 0, or -1 when there is no room. axi_mem_no_faults() removes all: stalled answers then come. */
int  axi_mem_add_fault(axi_mem *m, axi_fault f);
void axi_mem_no_faults(axi_mem *m);

void axi_mem_drive(axi_mem *m, lac_pins *p);
void axi_mem_clock(axi_mem *m, const lac_pins *p);

/* True while some burst has been accepted and not answered. */
int axi_mem_busy(const axi_mem *m);

#endif
