/* SPDX-License-Identifier: Apache-2.0
 *
 * hello_fc model|rtl - one sparse layer through the driver, on the golden model or on the Verilated RTL (run it at the top of the tree)
 *
 * The matrix and the vector of the lecture on compressed columns; between open_port() and the last line nothing knows which
 * machine it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lac_config.h"
#include "lacuna.h"
#include "port_rtl.h"
#include "ports/port_model.h"

enum { ROWS = 6, COLS = 4, NNZ = 10 };
static const int16_t  values[NNZ]       = {7, 6, 2, 5, 3, 4, 3, 8, 1, 8}; /* rows 0030 7000 0048 6530 2001 0008, by columns */
static const uint16_t row_idx[NNZ]      = {1, 3, 4, 3, 0, 2, 3, 2, 4, 5};
static const uint32_t col_ptr[COLS + 1] = {0, 3, 4, 7, 10};
static const int8_t   input[COLS]       = {0, 0, 4, 8};
static const int8_t   expected[ROWS]    = {12, 0, 80, 12, 8, 64};

/* Device memory: ring, image, input, output. */
enum { SIZE = 1 << 16, RING = 16 };
static const lac_addr BASE = 0x80000000u, IMAGE = 0x80001000u, INPUT = 0x80002000u, OUTPUT = 0x80003000u;

static void must(int status, const char *what)
{
    if (status != 0) {
        fprintf(stderr, "hello_fc: %s: %s\n", what, lac_status_name(status));
        exit(1);
    }
}

static lac_port open_port(const char *which)
{
    static uint8_t memory[SIZE];
    char err[200] = "no memory";
    lac_config cfg;
    if (!strcmp(which, "rtl")) {
        const lac_rtl_options opt = lac_rtl_defaults(); /* 16 MiB at 0x80000000 */
        lac_rtl *r = lac_port_rtl_open("l8", &opt, err, sizeof err);
        if (r) return lac_rtl_port(r);
    } else if (lac_config_read("configs/l8.cfg", &cfg, err, sizeof err) == 0) {
        lac_model *m = lac_model_create(&cfg, memory, BASE, SIZE);
        if (m) return lac_port_model(m);
    }
    fprintf(stderr, "hello_fc: %s\n", err);
    exit(1);
}

int main(int argc, char **argv)
{
    const lac_port port = open_port(argc > 1 ? argv[1] : "model");
    const lac_csc matrix = {ROWS, COLS, values, row_idx, col_ptr};
    const lac_requant times_one = {NULL, NULL, NULL, 2, 1}; /* acc * 2 / 2^1 */
    static uint64_t scratch[4096], image[512];
    uint32_t need;
    int8_t output[ROWS];
    lac_layer layer;
    lac_dev dev;

    must(lac_open(&dev, &port, BASE, RING, BASE, SIZE), "open");
    if (lac_pack_scratch(&dev.caps, ROWS, COLS) > sizeof scratch) return 1;
    must(lac_pack_csc(&dev.caps, &matrix, LAC_CSC, &times_one, 1, scratch, image, sizeof image, &need, &layer, NULL), "pack");
    layer.addr = IMAGE;
    must(port.mem_write(port.ctx, IMAGE, image, need), "write the layer");
    must(port.mem_write(port.ctx, INPUT, input, sizeof input), "write the input");

    const lac_fc job = {&layer, NULL, 1, {INPUT, 64, LAC_INT8, 0, 0}, {OUTPUT, 64, LAC_INT8, 0, 0}, -128, 127, 0, 0};
    must(lac_fc_run(&dev, &job, 1, 100000), "run");
    must(port.mem_read(port.ctx, output, OUTPUT, sizeof output), "read the output");

    for (int k = 0; k < ROWS; k++) printf("%d%c", output[k], k + 1 < ROWS ? ' ' : '\n');
    return memcmp(output, expected, sizeof output) != 0;
}
