/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "port_rtl.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lac_hw.h"

struct lac_rtl {
    void                *so;
    const lac_sim_api_t *api;
    void                *sim;
    lac_pins            *pins;
    axi_mem              mem;
    axi_monitor          mon;
    uint8_t             *own;    /* memory that is ours to free, or NULL */
    lac_rng              rng;
    uint8_t              lite_stall;
    uint32_t             access_limit;
    uint32_t             window[8]; /* RD_BASE_LO .. WR_LIMIT_HI as last written */
    uint64_t             cycles;
    uint32_t             open[LAC_RTL_ENGINES][2]; /* events of an engine's commands in flight, oldest first */
    uint32_t             in_flight[LAC_RTL_ENGINES];
    lac_rtl_trace        trace;
};

/* ---- The trace port ---------------------------------------------------------------------------------- */

enum { NO_EVENT = LAC_RTL_EVENTS };

static void trace_command(lac_rtl *r, uint32_t engine)
{
    lac_rtl_trace *t = &r->trace;
    if (r->pins->trace_done >> engine & 1u && r->in_flight[engine]) {
        if (r->open[engine][0] != NO_EVENT) t->event[r->open[engine][0]].end = r->cycles;
        r->open[engine][0] = r->open[engine][1];
        r->in_flight[engine]--;
    }
    if (r->pins->trace_start >> engine & 1u && r->in_flight[engine] < 2) {
        const uint32_t i = t->events < LAC_RTL_EVENTS ? t->events++ : (t->lost++, (uint32_t)NO_EVENT);
        if (i != NO_EVENT) {
            t->event[i].engine = engine;
            t->event[i].start = r->cycles;
            t->event[i].end = 0;
        }
        r->open[engine][r->in_flight[engine]++] = i;
    }
}

/* The window that this cycle falls into; all of them twice as long where there is none. */
static lac_rtl_window *trace_window(lac_rtl *r)
{
    lac_rtl_trace *t = &r->trace;
    uint64_t       i = (r->cycles - t->from) / t->window;
    while (i >= LAC_RTL_WINDOWS) {
        for (uint32_t k = 0; k < LAC_RTL_WINDOWS; k++) {
            const lac_rtl_window a = t->win[k];
            if (k % 2 == 0) t->win[k / 2] = a;
            else {
                t->win[k / 2].macs += a.macs;
                t->win[k / 2].rd_beats += a.rd_beats;
                t->win[k / 2].wr_beats += a.wr_beats;
            }
        }
        memset(t->win + LAC_RTL_WINDOWS / 2, 0, sizeof t->win / 2);
        t->window *= 2;
        t->windows = LAC_RTL_WINDOWS / 2;
        i /= 2;
    }
    if (i >= t->windows) t->windows = (uint32_t)i + 1;
    return &t->win[i];
}

static void trace_cycle(lac_rtl *r)
{
    const lac_pins *p = r->pins;
    if (p->trace_start | p->trace_done)
        for (uint32_t e = 0; e < LAC_RTL_ENGINES; e++) trace_command(r, e);
    const unsigned rd = p->m_axi_rvalid && p->m_axi_rready, wr = p->m_axi_wvalid && p->m_axi_wready;
    if (p->trace_macs || rd || wr) {
        lac_rtl_window *w = trace_window(r);
        w->macs += p->trace_macs;
        r->trace.working += p->trace_macs != 0;
        w->rd_beats += rd;
        w->wr_beats += wr;
    }
}

const lac_rtl_trace *lac_rtl_trace_get(const lac_rtl *r) { return &r->trace; }

void lac_rtl_trace_clear(lac_rtl *r)
{
    memset(&r->trace, 0, sizeof r->trace);
    memset(r->in_flight, 0, sizeof r->in_flight);
    r->trace.from = r->cycles;
    r->trace.window = 16;
}

lac_rtl_options lac_rtl_defaults(void)
{
    lac_rtl_options o;
    memset(&o, 0, sizeof o);
    o.mem_base = 0x80000000u;
    o.mem_size = 16u << 20;
    o.timing.rd_latency = 20;
    o.timing.wr_latency = 8;
    o.timing.outstanding = 8;
    o.access_limit = 10000;
    return o;
}

/* A cycle has two halves: the memory decides its pins from registers and the core settles; everyone looks and the edge comes. */
static void settle(lac_rtl *r)
{
    axi_mem_drive(&r->mem, r->pins);
    r->api->eval(r->sim);
}

static void edge(lac_rtl *r)
{
    axi_monitor_clock(&r->mon, r->pins);
    trace_cycle(r);
    if (!r->pins->rst) axi_mem_clock(&r->mem, r->pins);
    r->api->tick(r->sim);
    r->cycles++;
}

static void tick(lac_rtl *r)
{
    settle(r);
    edge(r);
}

void lac_rtl_tick(lac_rtl *r, uint32_t cycles)
{
    while (cycles--) tick(r);
}

static void set_windows(lac_rtl *r)
{
    uint64_t v[4];
    for (int i = 0; i < 4; i++) v[i] = (uint64_t)r->window[2 * i + 1] << 32 | r->window[2 * i];
    r->mon.rd_lo = v[0];
    r->mon.rd_hi = v[1];
    r->mon.wr_lo = v[2];
    r->mon.wr_hi = v[3];
}

void lac_rtl_reset(lac_rtl *r)
{
    lac_pins *p = r->pins;
    p->s_axil_awvalid = p->s_axil_wvalid = p->s_axil_arvalid = p->s_axil_bready = p->s_axil_rready = 0;
    axi_mem_reset(&r->mem);
    lac_rtl_trace_clear(r);
    p->rst = 1;
    lac_rtl_tick(r, 5);
    p->rst = 0;
    memset(r->window, 0, sizeof r->window);
    set_windows(r);
    tick(r);
}

void lac_rtl_memory(lac_rtl *r, uint8_t *mem, uint64_t base, uint64_t size, const axi_mem_timing *t)
{
    axi_mem_init(&r->mem, mem, base, size, r->api->data_w, t);
    r->rng.s = t->seed ^ 0xA5A5u;
}

lac_rtl *lac_rtl_open(const char *so_path, const lac_rtl_options *opt, char *err, size_t errlen)
{
    lac_rtl *r = calloc(1, sizeof *r);
    uint8_t *mem = opt->mem;
    if (!r) {
        snprintf(err, errlen, "no memory");
        return NULL;
    }
    /* With a slash, or the loader searches system folders. */
    r->so = dlopen(so_path, RTLD_NOW | RTLD_LOCAL);
    if (!r->so) {
        snprintf(err, errlen, "%s", dlerror());
        free(r);
        return NULL;
    }
    r->api = (const lac_sim_api_t *)dlsym(r->so, "lac_sim_api");
    if (r->api && !mem) mem = r->own = calloc(1, opt->mem_size);
    if (r->api && mem) r->sim = r->api->create();
    if (!r->sim) {
        snprintf(err, errlen, "%s: %s", so_path, r->api ? "no memory" : "exports no lac_sim_api");
        lac_rtl_close(r);
        return NULL;
    }
    r->pins = r->api->pins(r->sim);
    r->lite_stall = opt->lite_stall;
    r->access_limit = opt->access_limit ? opt->access_limit : 10000;
    axi_monitor_init(&r->mon, r->api->data_w, r->api->addr_w, 256);
    lac_rtl_memory(r, mem, opt->mem_base, opt->mem_size, &opt->timing);
    lac_rtl_reset(r);
    /* From here on the monitor holds the core to its own word. */
    uint32_t burst = 0, flight = 0;
    if (!lac_rtl_lite_read(r, LAC_REG_CAP_BURST, &burst) && burst) r->mon.burst = burst;
    if (!lac_rtl_lite_read(r, LAC_REG_CAP_FLIGHT, &flight)) r->mon.rd_limit = r->mon.wr_limit = flight;
    return r;
}

void lac_rtl_close(lac_rtl *r)
{
    if (!r) return;
    if (r->sim) r->api->destroy(r->sim);
    free(r->own);
    if (r->so) dlclose(r->so);
    free(r);
}

int lac_home(unsigned i, char *dir, size_t n)
{
    static const char *const near[] = { "", "/..", "/../..", "/../lib/lacuna" };
    const char *env = getenv("LACUNA_HOME");
    char        at[4096];
    Dl_info     self;

    if (env && *env) return i == 0 && (size_t)snprintf(dir, n, "%s", env) < n ? 0 : -1;
    if (i < sizeof near / sizeof *near) { /* from the running program */
        const ssize_t len = readlink("/proc/self/exe", at, sizeof at - 1);
        if (len <= 0) return -1;
        at[len] = 0;
        *strrchr(at, '/') = 0;
        return (size_t)snprintf(dir, n, "%s%s", at, near[i]) < n ? 0 : -1;
    }
    if (i > sizeof near / sizeof *near || !dladdr(near, &self) || !strchr(self.dli_fname, '/')) return -1;
    snprintf(at, sizeof at, "%s", self.dli_fname); /* from the library that this is in */
    *strrchr(at, '/') = 0;
    return (size_t)snprintf(dir, n, "%s/lacuna", at) < n ? 0 : -1;
}

int lac_rtl_find(const char *config, char *path, size_t pathlen)
{
    char dir[4200];
    for (unsigned i = 0; !lac_home(i, dir, sizeof dir); i++) {
        const int n = snprintf(path, pathlen, "%s/rtl/%s.so", dir, config);
        if (n > 0 && (size_t)n < pathlen && !access(path, R_OK)) return 0;
    }
    return -1;
}

lac_rtl *lac_port_rtl_open(const char *config, const lac_rtl_options *opt, char *err, size_t errlen)
{
    char path[4300];
    if (!strchr(config, '/') && !lac_rtl_find(config, path, sizeof path)) return lac_rtl_open(path, opt, err, errlen);
    snprintf(err, errlen, "no Verilated core for configuration '%s': expected rtl/%s.so (make build/rtl/%s.so builds it; LACUNA_HOME says where to look)",
             config, config, config);
    return NULL;
}

/* ---- AXI4-Lite master ---- */

static int waits(lac_rtl *r) { return r->lite_stall && rng_chance(&r->rng, r->lite_stall); }

int lac_rtl_lite_write(lac_rtl *r, uint32_t offset, uint32_t value, uint32_t strb, int skew)
{
    lac_pins *p = r->pins;
    int aw_wait = skew < 0 ? -skew : 0, w_wait = skew > 0 ? skew : 0;
    int aw_done = 0, w_done = 0;

    for (uint32_t i = 0; i < r->access_limit; i++) {
        if (!aw_done && !p->s_axil_awvalid && --aw_wait < 0 && !waits(r)) {
            p->s_axil_awvalid = 1;
            p->s_axil_awaddr = (uint16_t)offset;
        }
        if (!w_done && !p->s_axil_wvalid && --w_wait < 0 && !waits(r)) {
            p->s_axil_wvalid = 1;
            p->s_axil_wdata = value;
            p->s_axil_wstrb = (uint8_t)strb;
        }
        p->s_axil_bready = !waits(r);

        settle(r); /* and now the pins say what happens on this edge */
        const int aw = p->s_axil_awvalid && p->s_axil_awready, w = p->s_axil_wvalid && p->s_axil_wready;
        const int b = p->s_axil_bvalid && p->s_axil_bready, resp = p->s_axil_bresp;
        edge(r);

        if (aw) aw_done = 1, p->s_axil_awvalid = 0;
        if (w) w_done = 1, p->s_axil_wvalid = 0;
        if (b) {
            p->s_axil_bready = 0;
            return resp;
        }
    }
    return -1;
}

int lac_rtl_lite_read(lac_rtl *r, uint32_t offset, uint32_t *value)
{
    lac_pins *p = r->pins;
    int ar_done = 0;

    for (uint32_t i = 0; i < r->access_limit; i++) {
        if (!ar_done && !p->s_axil_arvalid && !waits(r)) {
            p->s_axil_arvalid = 1;
            p->s_axil_araddr = (uint16_t)offset;
        }
        p->s_axil_rready = !waits(r);

        settle(r);
        const int ar = p->s_axil_arvalid && p->s_axil_arready, d = p->s_axil_rvalid && p->s_axil_rready;
        const int resp = p->s_axil_rresp;
        const uint32_t data = p->s_axil_rdata;
        edge(r);

        if (ar) ar_done = 1, p->s_axil_arvalid = 0;
        if (d) {
            p->s_axil_rready = 0;
            *value = data;
            return resp;
        }
    }
    return -1;
}

/* ---- The port ---- */

static int port_read32(void *ctx, uint32_t offset, uint32_t *value) { return lac_rtl_lite_read(ctx, offset, value) != 0; }

static int port_write32(void *ctx, uint32_t offset, uint32_t value)
{
    lac_rtl *r = ctx;
    /* A write of a window takes effect somewhere in the access, when nothing uses it. */
    if (offset >= LAC_REG_RD_BASE_LO && offset <= LAC_REG_WR_LIMIT_HI) {
        r->window[(offset - LAC_REG_RD_BASE_LO) / 4] = value;
        set_windows(r);
    }
    return lac_rtl_lite_write(r, offset, value, 0xF, 0) != 0;
}

/* The host's place of n bytes at a device address, or NULL. */
static uint8_t *place(lac_rtl *r, lac_addr at, uint32_t n)
{
    const axi_mem *m = &r->mem;
    return at >= m->base && at - m->base <= m->size && n <= m->size - (at - m->base) ? m->bytes + (at - m->base) : NULL;
}

static int port_mem_write(void *ctx, lac_addr dst, const void *src, uint32_t n)
{
    uint8_t *to = place(ctx, dst, n);
    if (to && n) memcpy(to, src, n);
    return !to;
}

static int port_mem_read(void *ctx, void *dst, lac_addr src, uint32_t n)
{
    const uint8_t *from = place(ctx, src, n);
    if (from && n) memcpy(dst, from, n);
    return !from;
}

static int port_wait_irq(void *ctx, uint32_t limit)
{
    lac_rtl *r = ctx;
    while (limit-- && !r->pins->irq) tick(r);
    return 0;
}

lac_port lac_rtl_port(lac_rtl *r)
{
    const lac_port p = { r, port_read32, port_write32, port_mem_write, port_mem_read, port_wait_irq };
    return p;
}

uint64_t     lac_rtl_cycles(const lac_rtl *r) { return r->cycles; }
int          lac_rtl_irq(const lac_rtl *r) { return r->pins->irq; }
const char  *lac_rtl_config(const lac_rtl *r) { return r->api->config; }
axi_mem     *lac_rtl_mem(lac_rtl *r) { return &r->mem; }
axi_monitor *lac_rtl_monitor(lac_rtl *r) { return &r->mon; }
