/* SPDX-License-Identifier: Apache-2.0
 *
 * hello_fc [model|rtl] - one sparse layer through the driver, on the golden model or on the Verilated RTL
 *
 * A 6 x 4 matrix as compressed columns, times (0, 0, 4, 8). After open_machine() nothing knows which machine it is. */
#include <stdio.h>
#include <string.h>

#include "lacuna.h"
#include "machine.h"

enum { ROWS = 6, COLS = 4, NNZ = 10 };
static const int16_t  values[NNZ]       = {7, 6, 2, 5, 3, 4, 3, 8, 1, 8}; /* rows 0030 7000 0048 6530 2001 0008, by columns */
static const uint16_t row_idx[NNZ]      = {1, 3, 4, 3, 0, 2, 3, 2, 4, 5};
static const uint32_t col_ptr[COLS + 1] = {0, 3, 4, 7, 10};
static const int8_t   input[COLS]       = {0, 0, 4, 8};
static const int8_t   expected[ROWS]    = {12, 0, 80, 12, 8, 64};

/* Device memory: the ring of 16 commands first, then image, input, output. */
enum { SIZE = 1 << 16, RING = 16, IMAGE = MACHINE_BASE + 0x1000, INPUT = MACHINE_BASE + 0x2000, OUTPUT = MACHINE_BASE + 0x3000 };

static int failed(const char *what, const char *why)
{
    fprintf(stderr, "hello_fc: %s: %s\n", what, why);
    return 1;
}

int main(int argc, char **argv)
{
    static uint64_t   scratch[4096], image[512];
    const lac_csc     matrix = {ROWS, COLS, values, row_idx, col_ptr};
    const lac_requant times_one = {NULL, NULL, NULL, 2, 1}; /* acc * 2 / 2^1 */
    machine   m;
    diag      d;
    lac_layer layer;
    uint32_t  need;
    int8_t    output[ROWS];
    int       s;

    if (machine_open(&m, argc > 1 ? argv[1] : "model", "l8", &d) || machine_memory(&m, SIZE, RING, &d)) return failed("open", d.text);
    lac_dev *dev = &m.dev;

    if (lac_pack_scratch(&dev->caps, ROWS, COLS) > sizeof scratch) return failed("pack", "scratch is too small");
    s = lac_pack_csc(&dev->caps, &matrix, LAC_CSC, &times_one, 1, scratch, image, sizeof image, &need, &layer, NULL);
    if (s) return failed("pack", lac_status_name(s));
    layer.addr = IMAGE;
    dev->port.mem_write(dev->port.ctx, IMAGE, image, need);
    dev->port.mem_write(dev->port.ctx, INPUT, input, sizeof input);

    const lac_fc job = {&layer, NULL, 1, {INPUT, 64, LAC_INT8, 0, 0}, {OUTPUT, 64, LAC_INT8, 0, 0}, -128, 127, 0, 0};
    if ((s = lac_fc_run(dev, &job, 1, 100000))) return failed("run", lac_status_name(s));
    dev->port.mem_read(dev->port.ctx, output, OUTPUT, sizeof output);

    for (int k = 0; k < ROWS; k++) printf("%d%c", output[k], k + 1 < ROWS ? ' ' : '\n');
    machine_close(&m);
    return memcmp(output, expected, sizeof output) != 0;
}
