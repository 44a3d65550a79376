/* SPDX-License-Identifier: Apache-2.0
 *
 * program.h - the network on a machine: packed, laid out, run as one command list, compared
 *
 *   List     every MAP command, then every layer. The host writes the voxels' list, their features and the weights beforehand, and reads when all is done. How many sites the
 *            coarser levels have it does not know: their tensors have room for the bound (lac_map_bound()), and as many bands
 *   Padding  a layer has as many channels as STORE writes at once, or a multiple; what is filled up has no weights, and its outputs are the zero point
 *   Unseen   behind a tensor's last voxel, in bands that are partly full or empty, stands the requantised bias: compared, too */
#ifndef CLOUD_PROGRAM_H
#define CLOUD_PROGRAM_H
#include <stdint.h>
#include "arena.h"
#include "machine.h"
#include "network.h"
#include "runner.h"

typedef struct {
    const network *net;
    machine        mach;
    uint32_t       band[LEVELS], bands[LEVELS], list_words[LEVELS];
    lac_addr       list[LEVELS];
    lac_map        map[MAPS];
    lac_map_room   room[MAPS];
    uint32_t       rows[LAYERS];    /* with padding */
    void          *image[LAYERS][SOURCES];
    lac_layer      layer[LAYERS][SOURCES];
    lac_sconv_source source[LAYERS][SOURCES];
    lac_sconv      job[LAYERS];
    lac_addr       x;
    uint64_t       commands;
    runner_totals  sum;
    uint64_t       map_cycles, cycles[LAYERS]; /* from the completion of what stands before it to its own; 0: not known */
} program;

/* port, config: as machine_open(). */
int program_open(program *p, const network *net, const char *port, const char *config, diag *d);

/* spoil: one feature of the machine's is another one than the reference's. */
int program_run(program *p, int spoil, diag *d);

/* Lists, rules and every byte of every layer's outputs against the network's. same[l]: of layer l. -1: something differs, or cannot be read. */
int program_compare(program *p, int same[LAYERS], diag *d);

void program_close(program *p);

#endif
