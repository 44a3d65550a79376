/* SPDX-License-Identifier: Apache-2.0
 *
 * traffic.h - what the bytes are that a job's commands read: traffic_emit() decodes them
 *
 *   Lists    a list's length stands in its header, in m->mem
 *   Columns  which column blocks are fetched is known only to the machine: `unknown` is set, and they are not counted */
#ifndef LACUNA_TRAFFIC_H
#define LACUNA_TRAFFIC_H
#include <stdint.h>
#include "machine.h"

typedef struct { lac_addr from, to; } traffic_range;

typedef struct {
    const machine *m;
    traffic_range  residual, factors; /* of device memory; empty where there is none */
    uint64_t       input_bytes, weight_bytes, residual_bytes, factor_bytes, command_bytes;
    int            unknown;
} traffic;
int traffic_emit(void *t, const lac_cmd *cmd); /* a lac_emit; ctx is a traffic */

/* [bytes] of a point in memory that a LOAD reads or a STORE writes: whole lines. `listed`: entries of its list. */
uint64_t traffic_dense(const lac_caps *caps, uint64_t elements, lac_type type);
uint64_t traffic_list(const lac_caps *caps, uint64_t listed);

#endif
