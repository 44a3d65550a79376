/* SPDX-License-Identifier: Apache-2.0
 *
 * program.h - the network on a machine: packed, laid out, run as one command list, compared
 *
 *   List     every MAP command, then every layer. The host writes the voxels' list, their features and the weights beforehand, and reads when all is done. How many sites the
 *            coarser levels have it does not know: their tensors have room for the bound (lac_map_bound(), or what the network tells), and as many bands
 *   Size     bands, tiles and padding follow from the machine's capabilities; one that is too small is refused before anything is written
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
    machine       *mach;
    uint32_t       most[MOST_LEVELS]; /* sites that a level may have */
    uint32_t       band[MOST_LEVELS], bands[MOST_LEVELS], list_words[MOST_LEVELS];
    lac_addr       list[MOST_LEVELS];
    lac_map        map[MOST_MAPS];
    lac_map_room   room[MOST_MAPS];
    uint32_t       rows[MOST_LAYERS]; /* with padding */
    void          *image[MOST_LAYERS][SOURCES];
    lac_layer      layer[MOST_LAYERS][SOURCES];
    lac_sconv_source source[MOST_LAYERS][SOURCES];
    lac_sconv      job[MOST_LAYERS];
    lac_addr       x;
    uint64_t       commands;
    runner_totals  sum;
    uint64_t       map_cycles, cycles[MOST_LAYERS]; /* from the completion of what stands before it to its own; 0: not known, layers only of the RTL */
} program;

/* A machine, open, for as long as the program is. */
int program_open(program *p, const network *net, machine *mach, diag *d);

/* spoil: one feature of the machine's is another one than the reference's. */
int program_run(program *p, int spoil, diag *d);

/* Lists, rules and every byte of every layer's outputs against the network's. same[l]: of layer l. -1: something differs, or cannot be read. */
int program_compare(program *p, int same[MOST_LAYERS], diag *d);

void program_close(program *p);

#endif
