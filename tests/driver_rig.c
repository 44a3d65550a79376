/* SPDX-License-Identifier: Apache-2.0 */
#include "driver_rig.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ports/port_model.h"

/* ---- Machine ----------------------------------------------------------------------------------------- */

uint8_t memory[MEM], wanted[MEM];
static uint64_t used = MEM; /* bytes that the last machine may have changed */

uint64_t take(rig *r, uint64_t bytes)
{
    const uint64_t at = r->next;
    r->next += (bytes + 63) / 64 * 64;
    if (r->next - r->base > MEM) {
        printf("not ok - test memory: too small\n");
        exit(1);
    }
    return at;
}

void open_rig(rig *r, const lac_config *cfg, uint32_t ring)
{
    memset(r, 0, sizeof *r);
    r->cfg = *cfg;
    memset(memory, 0xA5, used);
    r->base = r->next = cfg->addr_w > 32 ? UINT64_C(0x1C0000000) : cfg->addr_w == 32 ? 0x40000000 : 0x100000; /* 33 bits and more: above 4 GB */
    r->ring = ring;
    r->model = lac_model_create(cfg, memory, r->base, MEM);
    const lac_port port = lac_port_model(r->model);
    const lac_status s = r->model ? lac_open(&r->dev, &port, take(r, 64 * ring), ring, r->base, MEM) : LAC_E_PORT;
    if (s != LAC_OK) {
        check(0, "machine", "%s: %s", cfg->name, lac_status_name(s));
        exit(1);
    }
}

void close_rig(rig *r)
{
    lac_model_destroy(r->model);
    used = r->next - r->base;
}

uint8_t *host(const rig *r, uint64_t addr) { return memory + (addr - r->base); }

/* ---- Programs ---------------------------------------------------------------------------------------- */

int collect(void *ctx, const lac_cmd *cmd)
{
    list *l = ctx;
    if (l->n == l->cap) l->c = realloc(l->c, (l->cap = 2 * l->cap + 64) * sizeof *l->c);
    l->c[l->n++] = *cmd;
    return 0;
}

/* The n-th token, at the giver and at the taker; whether there is one. */
static int drop_token(list *p, uint32_t from, uint32_t to, uint32_t n)
{
    uint32_t given = 0, taken = 0;
    int done = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t *w = p->c[i].w, e = (w[0] & 15) - 1;
        if (e == from && w[0] >> (12 + to) & 1 && given++ == n) w[0] &= ~(1u << (12 + to)), done |= 1;
        if (e == to && w[0] >> (8 + from) & 1 && taken++ == n) w[0] &= ~(1u << (8 + from)), done |= 2;
    }
    return done == 3;
}

void lose_tokens(const rig *r, const list *prog, uint32_t from, uint32_t to, uint32_t *tokens, uint32_t *missed)
{
    race_order *o = malloc(prog->n * sizeof *o);
    char why[200];
    for (uint32_t n = 0, found = 1; found; n++) {
        list mutant = {malloc(prog->n * sizeof *prog->c), prog->n, prog->n};
        memcpy(mutant.c, prog->c, prog->n * sizeof *prog->c);
        found = (uint32_t)drop_token(&mutant, from, to, n);
        *tokens += found;
        if (found) *missed += race_check(&r->dev.caps, mutant.c, mutant.n, memory, r->base, o, why, sizeof why) == 0;
        free(mutant.c);
    }
    free(o);
}
