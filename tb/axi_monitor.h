/* SPDX-License-Identifier: Apache-2.0
 *
 * axi_monitor - watches both buses of the core every cycle and counts what AXI or our own promises forbid
 *
 *   Call       once a cycle, with the pins as they stand settled before the rising edge
 *   Findings   counted; the first one is kept as a sentence with its cycle
 *   Master     VALID and payload hold until READY; INCR, full width, aligned, at most `burst` beats, none across
 *              4096 bytes, all inside the windows; WLAST at the end and only there; strobes only on lanes that
 *              exist; no more bursts under way than announced; answers are taken within `patience` cycles
 *   Slave      (both ends of AXI-Lite, and the memory, so that a bad bench shows too) VALID holds; no answer
 *              without a request; RLAST right unless a test wants it wrong */
#ifndef LAC_AXI_MONITOR_H
#define LAC_AXI_MONITOR_H
#include <stdint.h>
#include "lac_sim.h"

enum { AXI_MON_QUEUE = 64 };

typedef struct {
    /* set by the bench, at any time */
    uint32_t data_w, addr_w, burst; /* [bits] [bits] [beats] */
    uint32_t rd_limit, wr_limit;    /* [bursts] under way, at most; 0: not checked */
    uint32_t patience;              /* [cycles] an answer may wait for the core; 0: not checked */
    uint64_t rd_lo, rd_hi, wr_lo, wr_hi; /* windows [lo, hi); lo == hi: nothing is allowed */
    uint8_t  bad_rlast;             /* the memory may get RLAST wrong */

    uint32_t found;                 /* violations */
    char     first[160];            /* the first of them; "" while there is none */
    uint64_t cycle;

    /* the rest is private */
    lac_pins prev;
    uint8_t  prev_valid, prev_rst;  /* prev holds the last cycle; it was a reset */
    uint32_t rd_len[AXI_MON_QUEUE], rd_head, rd_n, rd_beat;
    uint32_t aw_len[AXI_MON_QUEUE], aw_head, aw_n; /* offered, their data not complete */
    uint32_t w_len[AXI_MON_QUEUE], w_head, w_n;    /* data complete ahead of their address */
    uint32_t w_beat;                /* beats of the burst under way on W */
    uint32_t b_owed;                /* bursts with address and data accepted, without B */
    uint32_t aw_taken, w_taken;     /* accepted and not yet matched into b_owed */
    uint32_t wr_open;               /* AW accepted, no B yet */
    uint32_t r_wait, b_wait;        /* [cycles] the answer on offer has waited */
    uint32_t l_aw, l_w, l_ar;       /* AXI-Lite requests accepted and not answered */
} axi_monitor;

/* Full-range windows; no limits on bursts under way; patience 20,000 cycles. */
void axi_monitor_init(axi_monitor *m, uint32_t data_w, uint32_t addr_w, uint32_t burst);

void axi_monitor_clock(axi_monitor *m, const lac_pins *p);

/* The memory's bus was reset: what it owed will never come. */
void axi_monitor_bus_reset(axi_monitor *m);

/* True while nothing is under way on the memory bus. */
int axi_monitor_idle(const axi_monitor *m);

#endif
