/* SPDX-License-Identifier: Apache-2.0
 *
 * serial_rig.c - see serial_rig.h */
#include "serial_rig.h"
#include <string.h>

enum { OKAY = 0, SLVERR = 2, DECERR = 3 };

/* ---- Addresses ------------------------------------------------------------------------------------ */

static uint32_t board_read(const rig *r, uint32_t word)
{
    static const uint8_t name[16] = "rig";
    switch (word) {
    case 0:  return r->id;
    case 1:  return r->version;
    case 2:  return 0;
    case 3:  return RIG_MEM;
    case 4:  return 1000000;
    case 5:  return RIG_DIVISOR;
    case 6: case 7: case 8: case 9: {
        const uint8_t *p = name + 4 * (word - 6);
        return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    }
    case 10: return r->control;
    case 11: return 2u | (r->model && lac_model_irq(r->model) ? 1u : 0u);
    case 12: return r->pin->frame_errors;
    case 13: return r->scratch;
    default: return 0;
    }
}

int rig_peek(rig *r, uint32_t addr, uint32_t *value)
{
    *value = 0xFFFFFFFF;
    if (addr == r->bad_addr) return SLVERR;
    if (addr < RIG_MEM) {
        const uint8_t *p = r->mem + addr;
        *value = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        return OKAY;
    }
    if (addr >= RIG_BOARD && addr < RIG_BOARD + 4 * RIG_BOARD_WORDS) return *value = board_read(r, (addr - RIG_BOARD) / 4), OKAY;
    if (r->model && addr >= RIG_CORE && addr < RIG_CORE + 0x1000) return *value = lac_model_read32(r->model, addr - RIG_CORE), OKAY;
    return DECERR;
}

static int poke(rig *r, uint32_t addr, uint32_t value)
{
    if (addr == r->bad_addr) return SLVERR;
    if (addr < RIG_MEM) {
        for (int i = 0; i < 4; i++) r->mem[addr + (uint32_t)i] = (uint8_t)(value >> 8 * i);
        return OKAY;
    }
    if (addr == RIG_BOARD + 0x28) return r->control = value, r->controls++, OKAY;
    if (addr == RIG_BOARD + 0x34) return r->scratch = value, OKAY;
    if (addr >= RIG_BOARD && addr < RIG_BOARD + 4 * RIG_BOARD_WORDS) return OKAY;
    if (r->model && addr >= RIG_CORE && addr < RIG_CORE + 0x1000) return lac_model_write32(r->model, addr - RIG_CORE, value), OKAY;
    return DECERR;
}

/* ---- Bus ------------------------------------------------------------------------------------------- */

static int waits(rig *r) { return r->wait ? (int)rng_below(&r->rng, (uint32_t)r->wait + 1) : 0; }

static void complain(rig *r, const char *what)
{
    if (!r->fault) r->fault = what;
}

/* Before the edge: the pins are those of the last cycle's registers; decide what this edge sees and do what it does. */
static void bus(rig *r)
{
    serial_pins *p = r->pin;
    const serial_pins *w = &r->was;
    if (w->awvalid && !w->awready && (!p->awvalid || p->awaddr != w->awaddr)) complain(r, "AW changes before it is taken");
    if (w->wvalid && !w->wready && (!p->wvalid || p->wdata != w->wdata)) complain(r, "W changes before it is taken");
    if (w->arvalid && !w->arready && (!p->arvalid || p->araddr != w->araddr)) complain(r, "AR changes before it is taken");
    if ((p->awvalid && p->awaddr % 4) || (p->arvalid && p->araddr % 4)) complain(r, "an address is not a multiple of 4");
    if (p->wvalid && p->wstrb != 0xF) complain(r, "strobes are missing");
    if ((p->awvalid || p->wvalid || r->have_aw || r->have_w) && (p->arvalid || r->have_ar)) complain(r, "a read beside a write");
    if ((p->awvalid && r->have_aw) || (p->wvalid && r->have_w) || (p->arvalid && r->have_ar)) complain(r, "a second transaction in flight");

    p->awready = p->awvalid && !r->have_aw && r->aw_wait-- <= 0;
    p->wready = p->wvalid && !r->have_w && r->w_wait-- <= 0;
    p->arready = p->arvalid && !r->have_ar && r->ar_wait-- <= 0;
    if (!p->bvalid && r->have_aw && r->have_w && r->b_wait-- <= 0) {
        p->bvalid = 1;
        p->bresp = (uint8_t)poke(r, r->aw, r->w);
    }
    if (!p->rvalid && r->have_ar && r->r_wait-- <= 0) {
        p->rvalid = 1;
        p->rresp = (uint8_t)rig_peek(r, r->ar, &p->rdata);
    }
    r->was = *p;
}

/* Behind the edge: what moved on it. */
static void bus_after(rig *r)
{
    serial_pins *p = r->pin;
    const serial_pins *w = &r->was;
    if (w->awvalid && w->awready) r->have_aw = 1, r->aw = w->awaddr, r->b_wait = waits(r), r->aw_wait = waits(r);
    if (w->wvalid && w->wready) r->have_w = 1, r->w = w->wdata, r->b_wait = waits(r), r->w_wait = waits(r);
    if (w->arvalid && w->arready) r->have_ar = 1, r->ar = w->araddr, r->r_wait = waits(r), r->ar_wait = waits(r);
    if (w->bvalid && w->bready) p->bvalid = 0, r->have_aw = r->have_w = 0, r->writes++;
    if (w->rvalid && w->rready) p->rvalid = 0, r->have_ar = 0, r->reads++;
    p->awready = p->wready = p->arready = 0;
}

/* ---- Line ------------------------------------------------------------------------------------------ */

static void line_out(rig *r)
{
    if (!r->bits_left) {
        if (r->bit_time > 0) { /* a gap */
            r->bit_time--;
            return;
        }
        if (r->out_at == r->out_n) return;
        r->byte_out = r->out[r->out_at++];
        if (r->out_at == r->out_n) r->out_at = r->out_n = 0;
        r->bits_left = 10;
        r->bit_time = 0;
    }
    if (r->bit_time == 0) {
        const int bit = 10 - r->bits_left;
        r->pin->rx = bit == 0 ? 0 : bit == 9 ? !r->stop_low : r->byte_out >> (bit - 1) & 1;
        r->bit_time = RIG_DIVISOR;
    }
    if (--r->bit_time == 0 && --r->bits_left == 0) {
        r->stop_low = 0;
        r->bit_time = r->slow ? (int)rng_below(&r->rng, (uint32_t)r->slow + 1) : 0;
    }
}

/* A start bit, then samples in the middle of eight bits and of the stop bit. */
static void line_in(rig *r)
{
    const int level = r->pin->tx;
    r->quiet = level && !r->in_state ? r->quiet + 1 : 0;
    if (!r->in_state) {
        if (level) return;
        r->in_state = 1;
        r->in_time = RIG_DIVISOR + RIG_DIVISOR / 2;
    }
    if (--r->in_time) return;
    r->in_time = RIG_DIVISOR;
    if (r->in_state == 9) {
        if (!level) complain(r, "the bridge sends no stop bit");
        if (r->got_n == RIG_OUT) complain(r, "more bytes than the rig holds");
        else r->got[r->got_n++] = r->in_byte;
        r->in_state = 0;
        return;
    }
    r->in_byte = (uint8_t)(r->in_byte >> 1 | level << 7);
    r->in_state++;
}

void rig_tick(rig *r)
{
    line_out(r);
    const uint8_t spike = r->invert && !--r->invert;
    bus(r);
    r->pin->rx ^= spike;
    serial_sim_tick(r->sim);
    r->pin->rx ^= spike;
    bus_after(r);
    line_in(r);
    r->cycles++;
}

/* ---- For tests ------------------------------------------------------------------------------------- */

void rig_reset(rig *r)
{
    r->pin->rst = 1;
    r->pin->rx = 1;
    r->pin->bvalid = r->pin->rvalid = 0;
    r->have_aw = r->have_w = r->have_ar = 0;
    r->out_at = r->out_n = 0;
    r->bits_left = r->bit_time = r->stop_low = 0;
    r->in_state = 0;
    r->got_n = 0;
    for (int i = 0; i < 4; i++) {
        serial_sim_tick(r->sim);
        memset(&r->was, 0, sizeof r->was);
        r->pin->awvalid = r->pin->wvalid = r->pin->arvalid = 0;
    }
    r->pin->rst = 0;
    serial_sim_tick(r->sim);
    r->in_state = 0;
    r->quiet = 0;
}

void rig_open(rig *r, uint64_t seed)
{
    memset(r, 0, sizeof *r);
    r->rng.s = seed;
    r->wait = 3;
    r->bad_addr = 1;
    r->id = 0x4C414342;
    r->version = 0x00010000;
    r->sim = serial_sim_create((unsigned)seed);
    r->pin = serial_sim_pins(r->sim);
    for (size_t i = 0; i < RIG_MEM; i++) r->mem[i] = (uint8_t)rng_next(&r->rng);
    rig_reset(r);
}

void rig_close(rig *r)
{
    serial_sim_destroy(r->sim);
}

void rig_send(rig *r, const uint8_t *bytes, size_t n)
{
    if (r->out_n + n > RIG_OUT) {
        memmove(r->out, r->out + r->out_at, r->out_n -= r->out_at);
        r->out_at = 0;
    }
    if (r->out_n + n > RIG_OUT) {
        complain(r, "the test sends more than the rig holds");
        return;
    }
    memcpy(r->out + r->out_n, bytes, n);
    r->out_n += n;
}

int rig_sending(const rig *r) { return r->out_n || r->bits_left; }

void rig_idle(rig *r, uint64_t cycles)
{
    while (cycles--) rig_tick(r);
}

void rig_send_bad(rig *r, uint8_t byte)
{
    rig_send(r, &byte, 1);
    r->stop_low = 1;
    while (rig_sending(r)) rig_tick(r);
    r->pin->rx = 1;
    rig_idle(r, 2 * RIG_DIVISOR);
}

void rig_low(rig *r, uint32_t bits)
{
    r->pin->rx = 0;
    rig_idle(r, (uint64_t)bits * RIG_DIVISOR);
    r->pin->rx = 1;
    rig_idle(r, 4 * RIG_DIVISOR);
}

size_t rig_await(rig *r, size_t n, uint64_t patience)
{
    uint64_t still = 0;
    while (r->got_n < n && still < patience && !r->fault) {
        const size_t   had = r->got_n;
        const uint64_t done = r->writes + r->reads;
        rig_tick(r);
        still = rig_sending(r) || had != r->got_n || done != r->writes + r->reads || r->in_state ? 0 : still + 1;
    }
    return r->got_n;
}

void rig_take(rig *r, size_t n)
{
    memmove(r->got, r->got + n, r->got_n - n);
    r->got_n -= n;
}
