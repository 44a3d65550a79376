/* SPDX-License-Identifier: Apache-2.0 */
#include "axi_monitor.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void axi_monitor_init(axi_monitor *m, uint32_t data_w, uint32_t addr_w, uint32_t burst)
{
    memset(m, 0, sizeof *m);
    m->data_w = data_w;
    m->addr_w = addr_w;
    m->burst = burst;
    m->patience = 20000;
    m->rd_hi = m->wr_hi = UINT64_MAX;
}

void axi_monitor_bus_reset(axi_monitor *m)
{
    m->rd_head = m->rd_n = m->rd_beat = 0;
    m->aw_head = m->aw_n = m->w_head = m->w_n = m->w_beat = 0;
    m->b_owed = m->aw_taken = m->w_taken = m->wr_open = 0;
    m->r_wait = m->b_wait = 0;
    m->prev_valid = 0;
}

int axi_monitor_idle(const axi_monitor *m) { return !m->rd_n && !m->aw_n && !m->w_beat && !m->wr_open; }

static void found(axi_monitor *m, const char *what, uint64_t value)
{
    if (!m->found++) snprintf(m->first, sizeof m->first, "cycle %" PRIu64 ": %s (0x%" PRIx64 ")", m->cycle, what, value);
}

static void push(uint32_t *q, uint32_t head, uint32_t *n, uint32_t v)
{
    if (*n < AXI_MON_QUEUE) q[(head + (*n)++) % AXI_MON_QUEUE] = v;
}

static uint32_t pop(uint32_t *q, uint32_t *head, uint32_t *n)
{
    const uint32_t v = q[*head];
    *head = (*head + 1) % AXI_MON_QUEUE;
    --*n;
    return v;
}

/* An offer that was not taken in the last cycle must stand unchanged in this one. */
static void check_stable(axi_monitor *m, const lac_pins *p)
{
    const lac_pins *o = &m->prev;
    const uint32_t  beat = m->data_w / 8;

    if (o->m_axi_awvalid && !o->m_axi_awready) {
        if (!p->m_axi_awvalid) found(m, "AWVALID withdrawn", o->m_axi_awaddr);
        else if (p->m_axi_awaddr != o->m_axi_awaddr || p->m_axi_awlen != o->m_axi_awlen ||
                 p->m_axi_awsize != o->m_axi_awsize || p->m_axi_awburst != o->m_axi_awburst)
            found(m, "AW changed while it waited", p->m_axi_awaddr);
    }
    if (o->m_axi_wvalid && !o->m_axi_wready) {
        if (!p->m_axi_wvalid) found(m, "WVALID withdrawn", 0);
        else if (p->m_axi_wstrb != o->m_axi_wstrb || p->m_axi_wlast != o->m_axi_wlast)
            found(m, "WSTRB or WLAST changed while it waited", p->m_axi_wstrb);
        else if (memcmp(p->m_axi_wdata, o->m_axi_wdata, beat)) found(m, "WDATA changed while it waited", p->m_axi_wdata[0]);
    }
    if (o->m_axi_arvalid && !o->m_axi_arready) {
        if (!p->m_axi_arvalid) found(m, "ARVALID withdrawn", o->m_axi_araddr);
        else if (p->m_axi_araddr != o->m_axi_araddr || p->m_axi_arlen != o->m_axi_arlen ||
                 p->m_axi_arsize != o->m_axi_arsize || p->m_axi_arburst != o->m_axi_arburst)
            found(m, "AR changed while it waited", p->m_axi_araddr);
    }
    if (o->m_axi_rvalid && !o->m_axi_rready) {
        if (!p->m_axi_rvalid) found(m, "memory: RVALID withdrawn", 0);
        else if (p->m_axi_rlast != o->m_axi_rlast || p->m_axi_rresp != o->m_axi_rresp ||
                 memcmp(p->m_axi_rdata, o->m_axi_rdata, beat))
            found(m, "memory: R changed while it waited", 0);
    }
    if (o->m_axi_bvalid && !o->m_axi_bready && (!p->m_axi_bvalid || p->m_axi_bresp != o->m_axi_bresp))
        found(m, "memory: B withdrawn or changed", 0);

    if (o->s_axil_awvalid && !o->s_axil_awready && (!p->s_axil_awvalid || p->s_axil_awaddr != o->s_axil_awaddr))
        found(m, "lite: AW withdrawn or changed", o->s_axil_awaddr);
    if (o->s_axil_wvalid && !o->s_axil_wready &&
        (!p->s_axil_wvalid || p->s_axil_wdata != o->s_axil_wdata || p->s_axil_wstrb != o->s_axil_wstrb))
        found(m, "lite: W withdrawn or changed", o->s_axil_wdata);
    if (o->s_axil_arvalid && !o->s_axil_arready && (!p->s_axil_arvalid || p->s_axil_araddr != o->s_axil_araddr))
        found(m, "lite: AR withdrawn or changed", o->s_axil_araddr);
    if (o->s_axil_bvalid && !o->s_axil_bready && (!p->s_axil_bvalid || p->s_axil_bresp != o->s_axil_bresp))
        found(m, "lite: B withdrawn or changed", o->s_axil_bresp);
    if (o->s_axil_rvalid && !o->s_axil_rready &&
        (!p->s_axil_rvalid || p->s_axil_rdata != o->s_axil_rdata || p->s_axil_rresp != o->s_axil_rresp))
        found(m, "lite: R withdrawn or changed", o->s_axil_rdata);
}

/* A new request of the master: its form and where it goes. */
static void check_request(axi_monitor *m, const char *const text[6], uint64_t addr, uint32_t len, uint32_t size, uint32_t burst,
                          uint64_t lo, uint64_t hi)
{
    const uint32_t beat = m->data_w / 8, bytes = (len + 1) * beat;
    if (burst != 1) found(m, text[0], burst);
    if (1u << (size & 7u) != beat || size > 7) found(m, text[1], size);
    if (addr & (beat - 1)) found(m, text[2], addr);
    if (len + 1 > m->burst) found(m, text[3], len);
    if ((addr & 4095u) + bytes > 4096u) found(m, text[4], addr);
    if (addr < lo || addr > hi || hi - addr < bytes || (m->addr_w < 64 && addr >> m->addr_w)) found(m, text[5], addr);
}

static const char *const AW_TEXT[6] = { "AW: burst type is not INCR", "AW: size is not the bus width", "AW: address is not aligned",
    "AW: longer than BURST", "AW: burst across 4096 bytes", "AW: outside the write window" };
static const char *const AR_TEXT[6] = { "AR: burst type is not INCR", "AR: size is not the bus width", "AR: address is not aligned",
    "AR: longer than BURST", "AR: burst across 4096 bytes", "AR: outside the read window" };

static void check_reads(axi_monitor *m, const lac_pins *p)
{
    /* Answers first: a beat cannot belong to a request of the same cycle. */
    if (p->m_axi_rvalid) {
        if (!m->rd_n) found(m, "memory: R without a request", 0);
        else if (!m->bad_rlast && p->m_axi_rlast != (m->rd_beat + 1 == m->rd_len[m->rd_head]))
            found(m, "memory: RLAST wrong", m->rd_beat);
        if (p->m_axi_rready) {
            m->r_wait = 0;
            if (m->rd_n && ++m->rd_beat == m->rd_len[m->rd_head]) {
                m->rd_beat = 0;
                pop(m->rd_len, &m->rd_head, &m->rd_n);
            }
        } else if (++m->r_wait == m->patience) found(m, "RREADY stays low", m->patience);
    }
    if (p->m_axi_arvalid) {
        if (!(m->prev_valid && m->prev.m_axi_arvalid && !m->prev.m_axi_arready))
            check_request(m, AR_TEXT, p->m_axi_araddr, p->m_axi_arlen, p->m_axi_arsize, p->m_axi_arburst, m->rd_lo, m->rd_hi);
        if (p->m_axi_arready) {
            push(m->rd_len, m->rd_head, &m->rd_n, p->m_axi_arlen + 1u);
            if (m->rd_limit && m->rd_n > m->rd_limit) found(m, "more reads under way than announced", m->rd_n);
        }
    }
}

static void check_writes(axi_monitor *m, const lac_pins *p)
{
    const uint32_t beat = m->data_w / 8;

    if (p->m_axi_bvalid) {
        if (!m->b_owed) found(m, "memory: B without a write", 0);
        if (p->m_axi_bready) {
            m->b_wait = 0;
            if (m->b_owed) m->b_owed--;
            if (m->wr_open) m->wr_open--;
        } else if (++m->b_wait == m->patience) found(m, "BREADY stays low", m->patience);
    }
    if (p->m_axi_awvalid) {
        /* At its first offer an address may meet the length of data that went ahead. */
        if (!(m->prev_valid && m->prev.m_axi_awvalid && !m->prev.m_axi_awready)) {
            check_request(m, AW_TEXT, p->m_axi_awaddr, p->m_axi_awlen, p->m_axi_awsize, p->m_axi_awburst, m->wr_lo, m->wr_hi);
            if (m->w_n) {
                const uint32_t beats = pop(m->w_len, &m->w_head, &m->w_n);
                if (beats != p->m_axi_awlen + 1u) found(m, "data ahead of their address: WLAST disagrees with AWLEN", beats);
            } else push(m->aw_len, m->aw_head, &m->aw_n, p->m_axi_awlen + 1u);
        }
        if (p->m_axi_awready) {
            m->aw_taken++;
            m->wr_open++;
            if (m->wr_limit && m->wr_open > m->wr_limit) found(m, "more writes under way than announced", m->wr_open);
        }
    }
    if (p->m_axi_wvalid) {
        if (beat < 64 && p->m_axi_wstrb >> beat) found(m, "WSTRB on lanes that do not exist", p->m_axi_wstrb);
        if (m->aw_n && p->m_axi_wlast != (m->w_beat + 1 == m->aw_len[m->aw_head])) found(m, "WLAST wrong", m->w_beat);
        if (!m->aw_n && m->w_beat >= m->burst) found(m, "data beyond any announced burst", m->w_beat);
        if (p->m_axi_wready) {
            m->w_beat++;
            if (m->aw_n ? m->w_beat == m->aw_len[m->aw_head] : p->m_axi_wlast) {
                if (m->aw_n) pop(m->aw_len, &m->aw_head, &m->aw_n);
                else push(m->w_len, m->w_head, &m->w_n, m->w_beat);
                m->w_beat = 0;
                m->w_taken++;
            }
        }
    }
    while (m->aw_taken && m->w_taken) {
        m->aw_taken--;
        m->w_taken--;
        m->b_owed++;
    }
}

static void check_lite(axi_monitor *m, const lac_pins *p)
{
    if (p->s_axil_bvalid) {
        if (!m->l_aw || !m->l_w) found(m, "lite: B without a write", 0);
        if (p->s_axil_bresp == 1 || p->s_axil_bresp > 3) found(m, "lite: BRESP is no AXI-Lite answer", p->s_axil_bresp);
        if (p->s_axil_bready && m->l_aw && m->l_w) {
            m->l_aw--;
            m->l_w--;
        }
    }
    if (p->s_axil_rvalid) {
        if (!m->l_ar) found(m, "lite: R without a read", 0);
        if (p->s_axil_rresp == 1 || p->s_axil_rresp > 3) found(m, "lite: RRESP is no AXI-Lite answer", p->s_axil_rresp);
        if (p->s_axil_rready && m->l_ar) m->l_ar--;
    }
    if (p->s_axil_awvalid && p->s_axil_awready) m->l_aw++;
    if (p->s_axil_wvalid && p->s_axil_wready) m->l_w++;
    if (p->s_axil_arvalid && p->s_axil_arready) m->l_ar++;
}

void axi_monitor_clock(axi_monitor *m, const lac_pins *p)
{
    m->cycle++;
    if (p->rst) {
        /* Before the first clocked edge of a reset nothing is promised. */
        if (m->prev_rst && (p->m_axi_awvalid || p->m_axi_wvalid || p->m_axi_arvalid || p->s_axil_bvalid || p->s_axil_rvalid))
            found(m, "VALID high in reset", 0);
        m->prev_rst = 1;
        axi_monitor_bus_reset(m);
        m->l_aw = m->l_w = m->l_ar = 0;
        return;
    }
    m->prev_rst = 0;
    if (m->prev_valid) check_stable(m, p);
    check_reads(m, p);
    check_writes(m, p);
    check_lite(m, p);
    m->prev = *p;
    m->prev_valid = 1;
}
