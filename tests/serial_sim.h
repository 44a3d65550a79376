/* SPDX-License-Identifier: Apache-2.0
 *
 * serial_sim.h - the Verilated lac_serial as C sees it: pins and a clock (DIVISOR and TIMEOUT: fpga/serial.mk) */
#ifndef SERIAL_SIM_H
#define SERIAL_SIM_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    /* driven by the bench */
    uint8_t  rst, rx;
    uint8_t  awready, wready, bvalid, bresp, arready, rvalid, rresp;
    uint32_t rdata;
    /* driven by the bridge */
    uint8_t  tx, awvalid, wvalid, wstrb, bready, arvalid, rready;
    uint16_t frame_errors;
    uint32_t awaddr, wdata, araddr;
} serial_pins;

void        *serial_sim_create(unsigned seed); /* of what registers and RAM come up with */
void         serial_sim_destroy(void *sim);
serial_pins *serial_sim_pins(void *sim);
void         serial_sim_tick(void *sim); /* one rising clock edge with the pins as they are, then the bridge's pins */

#ifdef __cplusplus
}
#endif
#endif
