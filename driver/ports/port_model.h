/* SPDX-License-Identifier: Apache-2.0
 *
 * port_model.h - the golden model as a port of the driver
 *
 * Device addresses are the model's bus addresses. mem_write and mem_read fail, and move nothing, unless all n bytes lie
 * inside the model's memory. wait_irq returns at once: a doorbell has run everything before it returned. */
#ifndef LAC_PORT_MODEL_H
#define LAC_PORT_MODEL_H
#include "lac_model.h"
#include "lacuna.h"
#ifdef __cplusplus
extern "C" {
#endif

/* The port keeps the pointer: the model must outlive it. */
lac_port lac_port_model(lac_model *m);

#ifdef __cplusplus
}
#endif
#endif
