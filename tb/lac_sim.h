/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_sim.h - the Verilated core as C sees it: pins and a clock
 *
 * Each configuration is a shared object build/rtl/<config>.so that exports one symbol, lac_sim_api. The shim behind it is the only
 * C++ in the project. Buses wider than 32 bits are arrays of 32-bit words, low word first. */
#ifndef LAC_SIM_H
#define LAC_SIM_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    /* driven by the bench */
    uint8_t  rst;
    uint8_t  s_axil_awvalid, s_axil_wvalid, s_axil_bready, s_axil_arvalid, s_axil_rready, s_axil_wstrb;
    uint16_t s_axil_awaddr, s_axil_araddr; /* 12 bits */
    uint32_t s_axil_wdata;
    uint8_t  m_axi_awready, m_axi_wready, m_axi_bvalid, m_axi_bresp, m_axi_arready, m_axi_rvalid, m_axi_rresp, m_axi_rlast;
    uint32_t m_axi_rdata[16];
    /* driven by the core */
    uint8_t  irq;
    uint8_t  s_axil_awready, s_axil_wready, s_axil_bvalid, s_axil_bresp, s_axil_arready, s_axil_rvalid, s_axil_rresp;
    uint32_t s_axil_rdata;
    uint8_t  m_axi_awvalid, m_axi_awlen, m_axi_awsize, m_axi_awburst, m_axi_wvalid, m_axi_wlast, m_axi_bready;
    uint8_t  m_axi_arvalid, m_axi_arlen, m_axi_arsize, m_axi_arburst, m_axi_rready;
    uint64_t m_axi_awaddr, m_axi_araddr, m_axi_wstrb;
    uint32_t m_axi_wdata[16];
    uint8_t  trace_start, trace_done; /* bits 0 LOAD, 1 EXEC, 2 STORE, 3 MAP */
    uint16_t trace_macs;
} lac_pins;

typedef struct {
    const char *config;   /* name */
    uint32_t    data_w;   /* [bits] */
    uint32_t    addr_w;   /* [bits] */
    void *(*create)(void);
    void (*destroy)(void *sim);
    lac_pins *(*pins)(void *sim);
    void (*eval)(void *sim);  /* settle combinational paths from the bench's pins to the core's */
    void (*tick)(void *sim);  /* one rising clock edge, then settle */
} lac_sim_api_t;

#ifdef __cplusplus
}
#endif
#endif
