/* SPDX-License-Identifier: Apache-2.0
 *
 * test_examples - worked examples through the driver, on the golden model and on the RTL
 *
 *   CSR, CSC     a 6 x 4 matrix, compressed by rows and by columns, times (0, 0, 4, 8), in every format and by both naive loops
 *   EIE          Han 2016, section III: an 8 x 4 matrix on four lanes, row r on lane r mod 4, a = (0, a1, 0, a3). Lane 0 holds
 *                w00 w01 w42 w03 w43, column pointers 0 1 2 3 5, relative indices 0 0 1 0 0 (they restart at each column). Only a1 and
 *                a3 are issued: seven products, 3, 0, 3 and 1 on the four lanes
 *
 * What lane does how much is seen from outside: the same layer with the rows of one lane only. Expected values are the examples' own. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "naive.h"
#include "pair.h"

enum { MAX = 64 };
static const lac_addr BASE = 0x80000000u;
static int bad;

static void check(int good, const char *where, const char *what, uint64_t expected, uint64_t got)
{
    if (good) printf("ok - %s: %s\n", where, what);
    else printf("not ok - %s: %s: expected %" PRIu64 ", got %" PRIu64 "\n", where, what, expected, got);
    bad |= !good;
}

/* y = w x on this port, raw. format LAC_NM: N = 4. Counters as the machine gives them. Non-zero: a failure. */
static int run(const lac_port *port, const int16_t *w, uint32_t rows, uint32_t cols, const int8_t *x, lac_format format,
               int64_t *y, lac_stats *stats)
{
    static uint64_t scratch[1 << 14], image[1 << 12];
    int16_t  values[MAX];
    uint16_t row_idx[MAX];
    uint32_t col_ptr[MAX], nnz = 0, need;
    int8_t   dense[MAX];
    lac_dev  dev;
    lac_layer layer;
    for (uint32_t c = 0; c < cols; c++) {
        col_ptr[c] = nnz;
        for (uint32_t r = 0; r < rows; r++) {
            dense[r * cols + c] = (int8_t)w[r * cols + c];
            if (w[r * cols + c]) values[nnz] = w[r * cols + c], row_idx[nnz++] = (uint16_t)r;
        }
    }
    col_ptr[cols] = nnz;
    const lac_csc csc = {rows, cols, values, row_idx, col_ptr};
    const lac_nm  nm = {rows, cols, 4, dense};
    int s = lac_open(&dev, port, BASE, 64, BASE, JOB_MEM);
    if (s || lac_pack_scratch(&dev.caps, rows, cols) > sizeof scratch) return s ? s : LAC_E_SPACE;
    s = format == LAC_NM ? lac_pack_nm(&dev.caps, &nm, NULL, 0, scratch, image, sizeof image, &need, &layer, NULL)
                         : lac_pack_csc(&dev.caps, &csc, format, NULL, 0, scratch, image, sizeof image, &need, &layer, NULL);
    if (s) return s;
    layer.addr = BASE + 0x10000;
    const lac_fc job = {&layer, NULL, 1, {BASE + 0x20000, 64, LAC_INT8, 0, 0}, {BASE + 0x30000, 512, LAC_RAW, 0, 0}, 0, 0, 0, 0};
    if (port->mem_write(port->ctx, layer.addr, image, need) || port->mem_write(port->ctx, job.x.addr, x, cols)) return LAC_E_PORT;
    if ((s = lac_fc_run(&dev, &job, 1, 100000))) return s;
    if (port->mem_read(port->ctx, y, job.y.addr, rows * 8)) return LAC_E_PORT;
    return lac_read_stats(&dev, stats);
}

/* Rows 0030 / 7000 / 0048 / 6530 / 2001 / 0008. */
static const int16_t example[6 * 4] = {0, 0, 3, 0, 7, 0, 0, 0, 0, 0, 4, 8, 6, 5, 3, 0, 2, 0, 0, 1, 0, 0, 0, 8};
static const int64_t product[6] = {12, 0, 80, 12, 8, 64};

static void naive(void)
{
    static const int32_t x[4] = {0, 0, 4, 8};
    int32_t w[24], val[24];
    int     row_ptr[7], col[24], n = 0;
    int64_t a[6], b[6];
    for (int r = 0; r < 6; r++) {
        row_ptr[r] = n;
        for (int c = 0; c < 4; c++) {
            w[4 * r + c] = example[4 * r + c];
            if (w[4 * r + c]) col[n] = c, val[n++] = w[4 * r + c];
        }
    }
    row_ptr[6] = n;
    naive_rows(a, w, x, 4, 6);
    naive_nonzeros(b, row_ptr, col, val, x, 4, 6);
    check(!memcmp(a, product, sizeof a), "naive", "loop over rows gives 12 0 80 12 8 64", 0, 1);
    check(!memcmp(b, product, sizeof b), "naive", "loop over non-zeros gives 12 0 80 12 8 64", 0, 1);
}

static void product_on(const lac_port *port, const char *where)
{
    static const int8_t x[4] = {0, 0, 4, 8};
    static const struct { lac_format format; const char *name; uint64_t macs, items; } forms[] = {
        {LAC_CSC, "csc", 6, 2},  /* columns 2 and 3 hold 3 4 3 and 8 1 8 */
        {LAC_CSC8, "csc8", 6, 2},
        {LAC_NM, "4:4", 32, 1},  /* one group, issued whole: two rows of four on each of four lanes */
    };
    for (int f = 0; f < 3; f++) {
        int64_t   y[6];
        lac_stats st;
        char      what[80];
        const int s = run(port, example, 6, 4, x, forms[f].format, y, &st);
        snprintf(what, sizeof what, "%s gives 12 0 80 12 8 64", forms[f].name);
        check(!s && !memcmp(y, product, sizeof y), where, what, 0, (uint64_t)(int64_t)s);
        snprintf(what, sizeof what, "%s issues %" PRIu64 " items, %" PRIu64 " products", forms[f].name, forms[f].items, forms[f].macs);
        check(!s && st.macs == forms[f].macs && st.items == forms[f].items, where, what, forms[f].macs, st.macs);
    }
}

static void eie_on(const lac_port *port, const char *where)
{
    /* Non-zeros of the example by lane: lane 0 as above; lanes 1 - 3 such that columns 1 and 3 hold 0, 3 and 1 of theirs. */
    static const char *const shape[8] = {
        "##.#",  /* row 0, lane 0: w00 w01 . w03 */
        "#...",  /* row 1, lane 1 */
        ".#.#",  /* row 2, lane 2 */
        "..#.",  /* row 3, lane 3 */
        "..##",  /* row 4, lane 0: w42 w43 */
        "..#.",  /* row 5, lane 1 */
        "#..#",  /* row 6, lane 2 */
        ".#..",  /* row 7, lane 3 */
    };
    static const uint64_t products[4] = {3, 0, 3, 1};
    static const int8_t   a[4] = {0, 5, 0, -7};
    int64_t   y[8], want[8] = {0};
    lac_stats st;
    int16_t   w[32], part[32];
    int       s;
    for (int i = 0; i < 32; i++) {
        w[i] = shape[i / 4][i % 4] == '#' ? (int16_t)(1 + i % 7) : 0;
        want[i / 4] += w[i] * a[i % 4];
    }
    s = run(port, w, 8, 4, a, LAC_CSC, y, &st);
    check(!s && !memcmp(y, want, sizeof y), where, "EIE: outputs", 0, (uint64_t)(int64_t)s);
    check(!s && st.items == 2, where, "EIE: only a1 and a3 are issued", 2, st.items);
    check(!s && st.macs == 7, where, "EIE: seven products", 7, st.macs);
    for (uint32_t lane = 0; lane < 4; lane++) {
        char what[40];
        for (uint32_t i = 0; i < 32; i++) part[i] = i / 4 % 4 == lane ? w[i] : 0;
        s = run(port, part, 8, 4, a, LAC_CSC, y, &st);
        snprintf(what, sizeof what, "EIE: products of PE%" PRIu32, lane);
        check(!s && st.macs == products[lane], where, what, products[lane], st.macs);
    }
}

int main(void)
{
    lac_config cfg;
    machine    m;
    char       err[300];
    naive();
    if (pair_config("l4", &cfg) || machine_model(&m, &cfg, BASE)) return printf("not ok - model: no configuration l4\n"), 1;
    product_on(&m.port, "model");
    eie_on(&m.port, "model");
    machine_close(&m);
    if (machine_rtl(&m, "l4", err, sizeof err)) return printf("skip - RTL: %s\n", err), bad;
    axi_mem_timing timing = lac_rtl_defaults().timing;
    static uint8_t memory[JOB_MEM];
    lac_rtl_memory(m.rtl, memory, BASE, JOB_MEM, &timing);
    product_on(&m.port, "RTL");
    eie_on(&m.port, "RTL");
    check(lac_rtl_monitor(m.rtl)->found == 0, "RTL", "the bus monitor is silent", 0, lac_rtl_monitor(m.rtl)->found);
    machine_close(&m);
    return bad;
}
