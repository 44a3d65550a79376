/* SPDX-License-Identifier: Apache-2.0
 *
 * pair.h - golden model and Verilated core side by side, each with its own memory, fed the same job
 *
 *   Machine    what both are to a test: a port, JOB_MEM bytes of memory, an interrupt line
 *   Feeding    pair_feed() is a minimal driver, on purpose not the project's: it writes windows, ring and commands, rings
 *              the doorbell as the job says, and waits, never longer than a limit
 *   Outcome    what the registers say afterwards; pair_compare() names the first difference */
#ifndef LAC_PAIR_H
#define LAC_PAIR_H
#include "jobgen.h"
#include "lac_config.h"
#include "lac_model.h"
#include "port_rtl.h"

typedef struct {
    lac_port   port;
    uint8_t   *mem;
    lac_model *model; /* one of the two */
    lac_rtl   *rtl;
    uint64_t   base;  /* where mem stands now */
} machine;

typedef struct {
    uint32_t status, irq_status, done, err_code, err_cmd, err_tag, err_index;
    uint64_t err_addr;
    uint64_t marks, items, macs, nonzero, rd_beats, wr_beats, sites, rules, sought, fetched; /* summed over the runs of the job */
    uint32_t cycles;   /* [modulo 2^32] of these runs, doorbell to idle */
    int      irq;      /* the line */
    int      hung;     /* gave up waiting */
    int      runs;     /* the sums are exact: the job went from idle to idle every time; of the model they always are */
} outcome;

/* A fresh model of this configuration, at this bus address. 0, or -1. */
int  machine_model(machine *m, const lac_config *cfg, uint64_t base);
/* The Verilated core, to be kept over many jobs. 0, or -1 with a sentence. */
int  machine_rtl(machine *m, const char *config, char *err, size_t errlen);
void machine_close(machine *m);

/* The core gets the job's memory image and this timing; after reset its windows are closed. hard: by the reset pin. 0, or -1: the soft
 * reset does not end. */
int machine_prepare(machine *m, const job *j, const axi_mem_timing *t, int hard);

/* Soft reset and wait for its end, at most `limit` polls. 0, or -1. */
int machine_reset(machine *m, uint32_t limit);

/* Run the job. `limit`: [cycles] without an end, for the core. */
void pair_feed(machine *m, const job *j, uint32_t watchdog, uint32_t limit, outcome *o);
void pair_outcome(machine *m, outcome *o); /* registers only; adds to the sums */

/* "" when equal, else what differs first. Memory in [skip_lo, skip_hi) is not compared. */
void pair_compare(const job *j, const machine *a, const outcome *x, const machine *b, const outcome *y,
                  uint64_t skip_lo, uint64_t skip_hi, char *what, size_t n);

/* The core's cause counters after a job without error that began with a reset: "" when those of every unit add up to the cycles of the job's
 * runs (where got->runs is 0, to the same number for all units) and the lanes were busy for exactly the multiplications of `want`, the
 * model's outcome. */
void pair_causes(machine *m, const lac_caps *caps, const outcome *want, const outcome *got, char *what, size_t n);

/* Stalls and latencies at random; `calm`: none, short latency. */
axi_mem_timing pair_timing(lac_rng *r, int calm);

/* Configuration file of a name, and the names ("odd", ...). */
int pair_config(const char *name, lac_config *cfg);
enum { PAIR_CONFIGS = 5 };
extern const char *const pair_configs[PAIR_CONFIGS];

#endif
