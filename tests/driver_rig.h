/* SPDX-License-Identifier: Apache-2.0
 *
 * driver_rig.h - what test_driver and test_conv share: checks, a golden model with the driver on it, lists of commands */
#ifndef LAC_DRIVER_RIG_H
#define LAC_DRIVER_RIG_H
#include "check.h"
#include "lac_config.h"
#include "lac_model.h"
#include "lacuna.h"
#include "race.h"

/* ---- Machine ----------------------------------------------------------------------------------------- */

enum { MEM = 4 << 20 };
extern uint8_t memory[MEM], wanted[MEM]; /* one machine at a time */

typedef struct {
    lac_config cfg;
    lac_model *model;
    lac_dev    dev;
    uint64_t   base, next; /* of the memory; first free address */
    uint32_t   ring;       /* [commands] */
} rig;

/* A machine with noise in its memory and a ring of that many commands. One that does not open ends the program. */
void open_rig(rig *r, const lac_config *cfg, uint32_t ring);
void close_rig(rig *r);

uint64_t take(rig *r, uint64_t bytes); /* memory, 64-byte aligned */
uint8_t *host(const rig *r, uint64_t addr);

/* ---- Programs ---------------------------------------------------------------------------------------- */

typedef struct { lac_cmd *c; uint32_t n, cap; } list;

int collect(void *ctx, const lac_cmd *cmd); /* an emit; ctx: list */

/* Takes away each token from engine `from` to engine `to` in turn, at the giver and at the taker: *tokens of them, of which race_check() did not miss *missed. Both are added to. */
void lose_tokens(const rig *r, const list *prog, uint32_t from, uint32_t to, uint32_t *tokens, uint32_t *missed);

#endif
