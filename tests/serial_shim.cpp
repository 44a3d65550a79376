// SPDX-License-Identifier: Apache-2.0
//
// serial_shim - the Verilated lac_serial behind the C interface of serial_sim.h
#include "Vserial.h"
#include "verilated.h"
#include "serial_sim.h"

namespace {

struct Sim {
    VerilatedContext context; // constructed first, destroyed last
    Vserial          top;
    serial_pins      pins;

    explicit Sim(unsigned seed) : context(), top(seeded(&context, seed)), pins() {}

    // Nothing may rely on how registers and RAM come up.
    static VerilatedContext *seeded(VerilatedContext *c, unsigned seed)
    {
        c->randReset(2);
        c->randSeed(seed ? (int)seed : 1);
        return c;
    }

    // No output depends on an input without a register between them, so one look at the outputs a cycle is enough.
    void tick()
    {
        top.rst = pins.rst;
        top.rx = pins.rx;
        top.m_axil_awready = pins.awready;
        top.m_axil_wready = pins.wready;
        top.m_axil_bvalid = pins.bvalid;
        top.m_axil_bresp = pins.bresp;
        top.m_axil_arready = pins.arready;
        top.m_axil_rvalid = pins.rvalid;
        top.m_axil_rresp = pins.rresp;
        top.m_axil_rdata = pins.rdata;
        top.clk = 0;
        top.eval();
        top.clk = 1;
        top.eval();
        pins.tx = top.tx;
        pins.frame_errors = top.frame_errors;
        pins.awvalid = top.m_axil_awvalid;
        pins.awaddr = top.m_axil_awaddr;
        pins.wvalid = top.m_axil_wvalid;
        pins.wdata = top.m_axil_wdata;
        pins.wstrb = top.m_axil_wstrb;
        pins.bready = top.m_axil_bready;
        pins.arvalid = top.m_axil_arvalid;
        pins.araddr = top.m_axil_araddr;
        pins.rready = top.m_axil_rready;
    }
};

} // namespace

double sc_time_stamp() { return 0; }

extern "C" {
void        *serial_sim_create(unsigned seed) { return new Sim(seed); }
void         serial_sim_destroy(void *sim) { delete static_cast<Sim *>(sim); }
serial_pins *serial_sim_pins(void *sim) { return &static_cast<Sim *>(sim)->pins; }
void         serial_sim_tick(void *sim) { static_cast<Sim *>(sim)->tick(); }
}
