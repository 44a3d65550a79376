/* SPDX-License-Identifier: Apache-2.0 */
#include "axi_mem.h"
#include <string.h>

void axi_mem_init(axi_mem *m, uint8_t *bytes, uint64_t base, uint64_t size, uint32_t data_w, const axi_mem_timing *t)
{
    memset(m, 0, sizeof *m);
    m->bytes = bytes;
    m->base = base;
    m->size = size;
    m->beat = data_w / 8;
    m->timing = *t;
    if (m->timing.outstanding < 1) m->timing.outstanding = 1;
    if (m->timing.outstanding > AXI_MEM_QUEUE) m->timing.outstanding = AXI_MEM_QUEUE;
    m->rng.s = t->seed;
}

void axi_mem_reset(axi_mem *m)
{
    m->rd_head = m->rd_n = 0;
    m->wr_head = m->wr_n = m->wr_fill = 0;
    m->wbuf_head = m->wbuf_n = 0;
    m->rvalid = m->bvalid = 0;
    m->saw_ar = m->saw_aw = m->saw_w = 0;
}

int axi_mem_add_fault(axi_mem *m, axi_fault f)
{
    if (m->faults == AXI_MEM_FAULTS) return -1;
    m->fault[m->faults++] = f;
    return 0;
}

void axi_mem_no_faults(axi_mem *m) { m->faults = 0; }
int  axi_mem_busy(const axi_mem *m) { return m->rd_n || m->wr_n || m->wbuf_n; }

/* Does [addr, addr + n) meet a fault of this kind and direction? */
static int fault_at(const axi_mem *m, int write, axi_fault_kind kind, uint64_t addr, uint64_t n)
{
    for (uint32_t i = 0; i < m->faults; i++) {
        const axi_fault *f = &m->fault[i];
        if (f->kind == kind && (write ? f->writes : f->reads) && addr < f->hi && f->lo < addr + n) return 1;
    }
    return 0;
}

static int outside(const axi_mem *m, uint64_t addr)
{
    return addr < m->base || addr - m->base > m->size - m->beat || m->size < m->beat;
}

static uint8_t response(const axi_mem *m, int write, uint64_t addr)
{
    if (outside(m, addr) || fault_at(m, write, AXI_FAULT_DECERR, addr, m->beat)) return AXI_DECERR;
    return fault_at(m, write, AXI_FAULT_SLVERR, addr, m->beat) ? AXI_SLVERR : AXI_OKAY;
}

/* The write burst that the next data belong to, or NULL: no address for them yet. */
static axi_burst *filling(axi_mem *m)
{
    return m->wr_fill < m->wr_n ? &m->wr[(m->wr_head + m->wr_fill) % AXI_MEM_QUEUE] : NULL;
}

void axi_mem_drive(axi_mem *m, lac_pins *p)
{
    /* Four dice from one number: this runs every cycle. */
    const uint64_t dice = rng_next(&m->rng);
    for (int c = 0; c < AXI_CHANNELS; c++) m->open[c] = (uint8_t)(dice >> 8 * c) >= m->timing.stall[c];

    const axi_burst *fill = filling(m);
    p->m_axi_arready = m->open[AXI_AR] && m->rd_n < m->timing.outstanding;
    p->m_axi_awready = m->open[AXI_AW] && m->wr_n < m->timing.outstanding;
    p->m_axi_wready  = m->open[AXI_W] && m->wbuf_n < AXI_MEM_WBUF;
    if (m->timing.w_after_aw && !fill) p->m_axi_wready = 0;
    if (m->timing.aw_after_w && (fill || !(m->wbuf_n || m->saw_w))) p->m_axi_awready = 0;

    /* Who refuses requests for what they ask looks first, and is ready a cycle later. */
    if (m->faults) {
        if (!m->saw_ar || fault_at(m, 0, AXI_FAULT_NO_ADDR, m->saw_araddr, m->saw_arbytes)) p->m_axi_arready = 0;
        if (!m->saw_aw || fault_at(m, 1, AXI_FAULT_NO_ADDR, m->saw_awaddr, m->saw_awbytes)) p->m_axi_awready = 0;
        if (!fill || fault_at(m, 1, AXI_FAULT_NO_DATA, fill->addr + (uint64_t)fill->done * m->beat, m->beat))
            p->m_axi_wready = 0;
    }

    /* A beat that is offered stays offered. */
    const axi_burst *r = &m->rd[m->rd_head];
    const uint64_t addr = r->addr + (uint64_t)r->done * m->beat;
    if (!m->rvalid && m->rd_n && m->now >= r->when && m->open[AXI_R] && !fault_at(m, 0, AXI_FAULT_STALL, addr, m->beat))
        m->rvalid = 1;
    p->m_axi_rvalid = m->rvalid;
    if (m->rvalid) {
        p->m_axi_rresp = response(m, 0, addr);
        p->m_axi_rlast = (r->done + 1 == r->beats) != fault_at(m, 0, AXI_FAULT_LAST, addr, m->beat);
        if (outside(m, addr)) memset(p->m_axi_rdata, 0xEE, m->beat);
        else memcpy(p->m_axi_rdata, m->bytes + (addr - m->base), m->beat);
    }

    const axi_burst *w = &m->wr[m->wr_head];
    if (!m->bvalid && m->wr_fill && m->now >= w->when && m->open[AXI_B] &&
        !fault_at(m, 1, AXI_FAULT_STALL, w->addr, (uint64_t)w->beats * m->beat))
        m->bvalid = 1;
    p->m_axi_bvalid = m->bvalid;
    p->m_axi_bresp = m->bvalid ? w->resp : 0;
}

/* Move data that wait for their address to it, a beat at a time: bytes change when both are there. */
static void write_beats(axi_mem *m)
{
    axi_burst *b;
    while (m->wbuf_n && (b = filling(m)) != NULL) {
        const uint64_t addr = b->addr + (uint64_t)b->done * m->beat;
        const uint64_t strb = m->wbuf[m->wbuf_head].strb;
        const uint8_t *data = (const uint8_t *)m->wbuf[m->wbuf_head].data;
        const uint8_t  resp = response(m, 1, addr);
        if (b->resp == AXI_OKAY) b->resp = resp; /* the first bad beat answers for the burst */
        if (resp == AXI_OKAY)
            for (uint32_t i = 0; i < m->beat; i++)
                if (strb >> i & 1) {
                    m->bytes[addr - m->base + i] = data[i];
                    m->wr_bytes++;
                }
        m->wbuf_head = (m->wbuf_head + 1) % AXI_MEM_WBUF;
        m->wbuf_n--;
        if (++b->done == b->beats) {
            b->when = m->now + m->timing.wr_latency - 1;
            m->wr_fill++;
        }
    }
}

void axi_mem_clock(axi_mem *m, const lac_pins *p)
{
    m->now++;
    m->saw_ar = p->m_axi_arvalid && !p->m_axi_arready;
    m->saw_aw = p->m_axi_awvalid && !p->m_axi_awready;
    m->saw_w  = p->m_axi_wvalid && !p->m_axi_wready;
    if (m->saw_ar) {
        m->saw_araddr = p->m_axi_araddr;
        m->saw_arbytes = (p->m_axi_arlen + 1u) * m->beat;
    }
    if (m->saw_aw) {
        m->saw_awaddr = p->m_axi_awaddr;
        m->saw_awbytes = (p->m_axi_awlen + 1u) * m->beat;
    }

    if (m->rvalid && p->m_axi_rready) {
        axi_burst *r = &m->rd[m->rd_head];
        m->rvalid = 0;
        m->rd_beats++;
        if (++r->done == r->beats) {
            m->rd_head = (m->rd_head + 1) % AXI_MEM_QUEUE;
            m->rd_n--;
        }
    }
    if (m->bvalid && p->m_axi_bready) {
        m->bvalid = 0;
        m->wr_head = (m->wr_head + 1) % AXI_MEM_QUEUE;
        m->wr_n--;
        m->wr_fill--;
    }
    if (p->m_axi_arvalid && p->m_axi_arready) {
        const axi_burst b = { p->m_axi_araddr, m->now + m->timing.rd_latency - 1, p->m_axi_arlen + 1u, 0, 0 };
        m->rd[(m->rd_head + m->rd_n++) % AXI_MEM_QUEUE] = b;
        m->rd_bursts++;
    }
    if (p->m_axi_awvalid && p->m_axi_awready) {
        const axi_burst b = { p->m_axi_awaddr, 0, p->m_axi_awlen + 1u, 0, AXI_OKAY };
        m->wr[(m->wr_head + m->wr_n++) % AXI_MEM_QUEUE] = b;
        m->wr_bursts++;
    }
    if (p->m_axi_wvalid && p->m_axi_wready) {
        const uint32_t at = (m->wbuf_head + m->wbuf_n++) % AXI_MEM_WBUF;
        memcpy(m->wbuf[at].data, p->m_axi_wdata, m->beat);
        m->wbuf[at].strb = p->m_axi_wstrb;
        m->wr_beats++;
        m->wr_named += p->m_axi_wstrb != 0;
    }
    if (m->wbuf_n) write_beats(m);
}
