/* SPDX-License-Identifier: Apache-2.0
 *
 * machine.h - a machine by name: configuration, port, memory and an open driver context
 *
 *   Ports   "model", the golden model; "rtl", the Verilated core of the configuration; "serial:DEVICE[@BAUD]", a board (port_serial.h)
 *   Files   configs/NAME.cfg and rtl/NAME.so, in the folders of lac_home() (port_rtl.h)
 *   Memory  [base, base + bytes). Simulated, base is MACHINE_BASE: what lies below answers DECERR, so that a stray 0 shows. On a board it is
 *           the beginning of its memory
 *   Board   the configuration is what the capability registers say; one that is named must agree with them */
#ifndef LACUNA_MACHINE_H
#define LACUNA_MACHINE_H
#include <stdint.h>
#include "diag.h"
#include "lac_config.h"
#include "lac_model.h"
#include "lacuna.h"
#include "port_rtl.h"
#include "ports/port_serial.h"

#define MACHINE_BASE 0x10000u

typedef enum { MACHINE_MODEL, MACHINE_RTL, MACHINE_SERIAL } machine_kind;
#define MACHINE_CONFIG "l64" /* of a simulated machine, where none is named */

typedef struct {
    machine_kind kind;
    lac_config   cfg;     /* as its file says; the capabilities are in dev.caps */
    lac_dev      dev;
    lac_addr     base;
    uint8_t     *mem;     /* of a board: what machine_write() wrote there */
    uint64_t     bytes;
    lac_model   *model;   /* MACHINE_MODEL */
    lac_rtl     *rtl;     /* MACHINE_RTL */
    lac_serial  *serial;  /* MACHINE_SERIAL */
    axi_mem_timing timing; /* of the memory behind the port; where it has no time or is not simulated, that of predictions. May be changed
                              between machine_open() and machine_memory() */
} machine;

typedef enum {
    MACHINE_OK     = 0,
    MACHINE_FAILED = 1, /* it is there, but does not work */
    MACHINE_INPUT  = 2  /* no such port, device or configuration, or no memory of that size */
} machine_status;

/* Open with just enough memory to ask for capabilities. config NULL: MACHINE_CONFIG, or whatever the board is. */
machine_status machine_open(machine *m, const char *port, const char *config, diag *d);

/* The golden model of a configuration that needs no file, as of a board that is open. */
machine_status machine_open_model(machine *m, const lac_config *cfg, diag *d);

/* New memory of `bytes` bytes, zeroed unless on a board; its first 64 * ring_size bytes become the command ring. The machine is reset. */
machine_status machine_memory(machine *m, uint64_t bytes, uint32_t ring_size, diag *d);

/* Copies of any length. */
lac_status machine_write(machine *m, lac_addr dst, const void *src, uint64_t n);
lac_status machine_read(machine *m, void *dst, lac_addr src, uint64_t n);

/* Why a call failed with LAC_E_PORT; NULL: it is not known. */
const char *machine_error(const machine *m);

/* Tell on stderr, where that is a terminal, how far long transfers are. */
void machine_progress(machine *m);

/* NULL, or the first thing that the core did which AXI forbids. */
const char *machine_misbehaved(const machine *m);

void machine_close(machine *m);

#endif
