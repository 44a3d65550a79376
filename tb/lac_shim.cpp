// SPDX-License-Identifier: Apache-2.0
//
// lac_shim - one Verilated configuration behind the C interface of lac_sim.h
//
// Compiled once per configuration with LAC_SHIM_CONFIG, LAC_SHIM_DATA_W and LAC_SHIM_ADDR_W. Port widths follow the
// configuration, so Verilator's types do too: the overloads below move any of them.
#include "Vlac.h"
#include "verilated.h"
#include "lac_sim.h"
#include <cstdlib>
#include <cstring>

namespace {

inline void put(IData &pin, const uint32_t *v) { pin = v[0]; }
inline void put(QData &pin, const uint32_t *v) { pin = (QData)v[1] << 32 | v[0]; }
template <std::size_t N> inline void put(VlWide<N> &pin, const uint32_t *v) { std::memcpy(pin.data(), v, 4 * N); }

inline void get(uint32_t *v, IData pin) { v[0] = pin; }
inline void get(uint32_t *v, QData pin) { v[0] = (uint32_t)pin; v[1] = (uint32_t)(pin >> 32); }
template <std::size_t N> inline void get(uint32_t *v, const VlWide<N> &pin) { std::memcpy(v, pin.data(), 4 * N); }

struct Sim {
    VerilatedContext context; // constructed first, destroyed last
    Vlac             top;
    lac_pins         pins;
    bool             settled; // clk is low and the pins are those of the core

    Sim() : context(), top(seeded(&context)), pins(), settled(false) {}

    // Nothing may rely on how registers and RAMs come up: they come up at random, the same for the same SEED.
    static VerilatedContext *seeded(VerilatedContext *c)
    {
        const char *seed = std::getenv("SEED");
        const int   n = seed ? std::atoi(seed) : 1;
        c->randReset(2);
        c->randSeed(n ? n : 1);
        return c;
    }

    void copy_in()
    {
        top.rst = pins.rst;
        top.s_axil_awvalid = pins.s_axil_awvalid;
        top.s_axil_awaddr = pins.s_axil_awaddr & 0xFFF;
        top.s_axil_wvalid = pins.s_axil_wvalid;
        top.s_axil_wdata = pins.s_axil_wdata;
        top.s_axil_wstrb = pins.s_axil_wstrb & 0xF;
        top.s_axil_bready = pins.s_axil_bready;
        top.s_axil_arvalid = pins.s_axil_arvalid;
        top.s_axil_araddr = pins.s_axil_araddr & 0xFFF;
        top.s_axil_rready = pins.s_axil_rready;
        top.m_axi_awready = pins.m_axi_awready;
        top.m_axi_wready = pins.m_axi_wready;
        top.m_axi_bvalid = pins.m_axi_bvalid;
        top.m_axi_bresp = pins.m_axi_bresp;
        top.m_axi_arready = pins.m_axi_arready;
        top.m_axi_rvalid = pins.m_axi_rvalid;
        top.m_axi_rresp = pins.m_axi_rresp;
        top.m_axi_rlast = pins.m_axi_rlast;
        if (pins.m_axi_rvalid) put(top.m_axi_rdata, pins.m_axi_rdata);
    }

    void copy_out()
    {
        pins.irq = top.irq;
        pins.s_axil_awready = top.s_axil_awready;
        pins.s_axil_wready = top.s_axil_wready;
        pins.s_axil_bvalid = top.s_axil_bvalid;
        pins.s_axil_bresp = top.s_axil_bresp;
        pins.s_axil_arready = top.s_axil_arready;
        pins.s_axil_rvalid = top.s_axil_rvalid;
        pins.s_axil_rdata = top.s_axil_rdata;
        pins.s_axil_rresp = top.s_axil_rresp;
        pins.m_axi_awvalid = top.m_axi_awvalid;
        pins.m_axi_awaddr = top.m_axi_awaddr;
        pins.m_axi_awlen = top.m_axi_awlen;
        pins.m_axi_awsize = top.m_axi_awsize;
        pins.m_axi_awburst = top.m_axi_awburst;
        pins.m_axi_wvalid = top.m_axi_wvalid;
        pins.m_axi_wlast = top.m_axi_wlast;
        pins.m_axi_bready = top.m_axi_bready;
        pins.m_axi_arvalid = top.m_axi_arvalid;
        pins.m_axi_araddr = top.m_axi_araddr;
        pins.m_axi_arlen = top.m_axi_arlen;
        pins.m_axi_arsize = top.m_axi_arsize;
        pins.m_axi_arburst = top.m_axi_arburst;
        pins.m_axi_rready = top.m_axi_rready;
        pins.trace_start = top.trace_start;
        pins.trace_done = top.trace_done;
        pins.trace_macs = top.trace_macs;
        if (top.m_axi_wvalid) {
            pins.m_axi_wstrb = top.m_axi_wstrb;
            get(pins.m_axi_wdata, top.m_axi_wdata);
        }
    }

    // Two evaluations a cycle: with the clock low all that depends on the bench's pins, with the clock high the edge.
    void eval()
    {
        copy_in();
        top.clk = 0;
        top.eval();
        copy_out();
        settled = true;
    }

    void tick()
    {
        if (!settled) eval();
        top.clk = 1;
        top.eval();
        copy_out();
        settled = false;
    }
};

void *create() { return new (std::nothrow) Sim; }
void destroy(void *sim)
{
    static_cast<Sim *>(sim)->top.final();
    delete static_cast<Sim *>(sim);
}
lac_pins *pins(void *sim) { return &static_cast<Sim *>(sim)->pins; }
void eval(void *sim) { static_cast<Sim *>(sim)->eval(); }
void tick(void *sim) { static_cast<Sim *>(sim)->tick(); }

} // namespace

double sc_time_stamp() { return 0; }

extern "C" __attribute__((visibility("default"))) const lac_sim_api_t lac_sim_api = {
    LAC_SHIM_CONFIG, LAC_SHIM_DATA_W, LAC_SHIM_ADDR_W, create, destroy, pins, eval, tick
};
