/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sparse.c - compressed columns and rows: hand-written expectations, every malformed input, random matrices there and back
 *
 *   SEED   of the random matrices; one line a batch of 100 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lacuna.h"
#include "rng.h"

static unsigned long long seed = 1;
static int failures;

static void check(int ok, const char *name, long expected, long got)
{
    if (ok) printf("ok - %s\n", name);
    else printf("not ok - %s: expected %ld, got %ld, seed %llu\n", name, expected, got, seed);
    failures += !ok;
}

/* ---- The worked example: rows 0030 / 7000 / 0048 / 6530 / 2001 / 0008 ------------------------------- */

static const int16_t  by_col_v[10] = {7, 6, 2,  5,  3, 4, 3,  8, 1, 8};
static const uint16_t by_col_i[10] = {1, 3, 4,  3,  0, 2, 3,  2, 4, 5};
static const uint32_t by_col_p[5]  = {0, 3, 4, 7, 10};
static const int16_t  by_row_v[10] = {3,  7,  4, 8,  6, 5, 3,  2, 1,  8};
static const uint16_t by_row_i[10] = {2,  0,  2, 3,  0, 1, 2,  0, 3,  3};
static const uint32_t by_row_p[7]  = {0, 1, 2, 4, 7, 9, 10};

static void worked_example(void)
{
    const lac_csc csc = {6, 4, by_col_v, by_col_i, by_col_p};
    const lac_csc csr = {4, 6, by_row_v, by_row_i, by_row_p}; /* the words exchanged: six rows, indices below four */
    int16_t v[10];
    uint16_t idx[10];
    uint32_t p[7];
    lac_status s;

    check(lac_csc_check(&csc, 10, NULL) == LAC_OK && lac_csc_check(&csr, 10, NULL) == LAC_OK, "example: both forms are well formed", 0, 1);

    s = lac_csc_to_csr(&csc, 10, v, idx, p);
    check(s == LAC_OK && !memcmp(v, by_row_v, sizeof v) && !memcmp(idx, by_row_i, sizeof idx) && !memcmp(p, by_row_p, sizeof by_row_p),
          "example: columns to rows", LAC_OK, s);
    s = lac_csr_to_csc(&csr, 10, v, idx, p);
    check(s == LAC_OK && !memcmp(v, by_col_v, sizeof v) && !memcmp(idx, by_col_i, sizeof idx) && !memcmp(p, by_col_p, sizeof by_col_p),
          "example: rows to columns", LAC_OK, s);

    /* Times (0, 0, 4, 8), column by column. */
    static const int32_t x[4] = {0, 0, 4, 8}, want[6] = {12, 0, 80, 12, 8, 64};
    int32_t y[6] = {0};
    for (int c = 0; c < 4; c++)
        for (uint32_t i = csc.col_ptr[c]; i < csc.col_ptr[c + 1]; i++) y[csc.row_idx[i]] += csc.values[i] * x[c];
    check(!memcmp(y, want, sizeof y), "example: times (0, 0, 4, 8)", 12, y[0]);
}

/* ---- Malformed ------------------------------------------------------------------------------------- */

/* One line: refused, at `at`, by the check and by both converters, which write nothing. */
static void refuse(const char *name, const lac_csc *m, uint32_t nnz, uint32_t at)
{
    uint32_t where = 12345;
    int16_t v[16];
    uint16_t idx[16];
    uint32_t p[16];
    char line[160];

    memset(v, 0x5A, sizeof v);
    memset(idx, 0x5A, sizeof idx);
    memset(p, 0x5A, sizeof p);
    const lac_status s = lac_csc_check(m, nnz, &where);
    const lac_status a = m ? lac_csc_to_csr(m, nnz, v, idx, p) : LAC_E_ARG, b = m ? lac_csr_to_csc(m, nnz, v, idx, p) : LAC_E_ARG;
    snprintf(line, sizeof line, "refused: %s (status and place)", name);
    check(s == LAC_E_ARG && where == at && a == LAC_E_ARG && b == LAC_E_ARG && lac_csc_check(m, nnz, NULL) == LAC_E_ARG, line, at, where);
    int clean = 1;
    for (int i = 0; i < 16; i++) clean &= v[i] == 0x5A5A && idx[i] == 0x5A5A && p[i] == 0x5A5A5A5Au;
    if (!clean) check(0, line, 0x5A, 0);
}

static void malformed(void)
{
    static const int16_t  v[10] = {1, 2, 3, 4};
    static const uint16_t i[10] = {0, 2, 1, 2};
    static const uint32_t p[4] = {0, 2, 2, 4}; /* three columns of three rows; the middle one empty */
    const lac_csc good = {3, 3, v, i, p};
    lac_csc m;

    check(lac_csc_check(&good, 4, NULL) == LAC_OK, "the matrix that is going to be broken is good", 0, 1);
    refuse("no matrix", NULL, 4, 0);
    m = good; m.rows = 0;      refuse("no rows", &m, 4, 0);
    m = good; m.rows = 65536;  refuse("65536 rows", &m, 4, 0);
    m = good; m.cols = 0;      refuse("no columns", &m, 4, 0);
    m = good; m.cols = 65536;  refuse("65536 columns", &m, 4, 0);
    m = good; m.values = NULL; refuse("no values", &m, 4, 0);
    m = good; m.row_idx = NULL; refuse("no indices", &m, 4, 0);
    m = good; m.col_ptr = NULL; refuse("no pointers", &m, 4, 0);

    static const uint32_t from1[4] = {1, 2, 2, 4}, down[4] = {0, 2, 1, 4}, beyond[4] = {0, 2, 5, 4}, high[4] = {0, 0xFFFFFFFFu, 2, 4};
    m = good; m.col_ptr = from1;  refuse("pointers from 1", &m, 4, 0);
    m = good; m.col_ptr = down;   refuse("pointers descending", &m, 4, 2);
    m = good; m.col_ptr = beyond; refuse("a pointer beyond the end", &m, 4, 2);
    m = good; m.col_ptr = high;   refuse("a pointer of 2^32 - 1", &m, 4, 1);
    refuse("one value too many", &good, 5, 3);
    refuse("one value too few", &good, 3, 3);

    static const uint16_t out[4] = {0, 3, 1, 2}, twice[4] = {0, 2, 1, 1}, back[4] = {2, 0, 1, 2}, last[4] = {0, 2, 1, 65535};
    m = good; m.row_idx = out;   refuse("an index out of range", &m, 4, 1);
    m = good; m.row_idx = last;  refuse("the last index out of range", &m, 4, 3);
    m = good; m.row_idx = twice; refuse("an index repeated", &m, 4, 3);
    m = good; m.row_idx = back;  refuse("indices descending", &m, 4, 1);

    /* The first fault counts: pointers before indices. */
    m = good; m.row_idx = out; m.col_ptr = down; refuse("both: the pointer is named", &m, 4, 2);

    int16_t ov[4];
    uint16_t oi[4];
    uint32_t op[4];
    check(lac_csc_to_csr(&good, 4, NULL, oi, op) == LAC_E_ARG && lac_csc_to_csr(&good, 4, ov, NULL, op) == LAC_E_ARG
              && lac_csc_to_csr(&good, 4, ov, oi, NULL) == LAC_E_ARG, "refused: an output array missing", LAC_E_ARG, LAC_OK);
}

static void edges(void)
{
    static const uint32_t zeros[65536];
    static uint32_t p[65536];
    static const int16_t v[1] = {-5};
    static const uint16_t i[1] = {65534};
    static uint32_t one[65536];
    int16_t ov[1];
    uint16_t oi[1];

    const lac_csc empty = {65535, 65535, NULL, NULL, zeros};
    check(lac_csc_check(&empty, 0, NULL) == LAC_OK && lac_csc_to_csr(&empty, 0, NULL, NULL, p) == LAC_OK && p[65535] == 0,
          "65535 x 65535 without a value", 0, 1);

    one[65535] = 1; /* the last column's last row */
    const lac_csc corner = {65535, 65535, v, i, one};
    const lac_status s = lac_csc_to_csr(&corner, 1, ov, oi, p);
    check(s == LAC_OK && p[65534] == 0 && p[65535] == 1 && ov[0] == -5 && oi[0] == 65534, "65535 x 65535, one value in the last corner", 0, s);
}

/* ---- Random: against a dense matrix ---------------------------------------------------------------- */

static void random_batch(int batch)
{
    lac_rng r = {seed * 1000003u + (uint64_t)batch};
    char name[64];
    int bad = 0;

    for (int t = 0; t < 100; t++) {
        const uint32_t rows = 1 + rng_below(&r, 40), cols = 1 + rng_below(&r, 40), density = rng_below(&r, 257);
        int16_t dense[40][40] = {{0}};
        int16_t v[1600], rv[1600], cv[1600];
        uint16_t idx[1600], ri[1600], ci[1600];
        uint32_t p[41], rp[41], cp[41], n = 0;

        /* Stored zeros are legal and stay. */
        p[0] = 0;
        for (uint32_t c = 0; c < cols; c++) {
            for (uint32_t k = 0; k < rows; k++)
                if (rng_chance(&r, density)) {
                    v[n] = dense[k][c] = (int16_t)rng_range(&r, -32768, 32767);
                    idx[n++] = (uint16_t)k;
                }
            p[c + 1] = n;
        }
        const lac_csc csc = {rows, cols, v, idx, p}, csr = {cols, rows, rv, ri, rp};
        if (lac_csc_to_csr(&csc, n, rv, ri, rp) != LAC_OK || lac_csc_check(&csr, n, NULL) != LAC_OK) bad++;
        else {
            for (uint32_t k = 0; k < rows; k++)
                for (uint32_t i = rp[k]; i < rp[k + 1]; i++) bad += rv[i] != dense[k][ri[i]];
            if (lac_csr_to_csc(&csr, n, cv, ci, cp) != LAC_OK || memcmp(cv, v, n * sizeof *v) || memcmp(ci, idx, n * sizeof *idx)
                || memcmp(cp, p, (cols + 1) * sizeof *p))
                bad++;
        }
    }
    snprintf(name, sizeof name, "random matrices, batch %d", batch);
    check(bad == 0, name, 0, bad);
}

int main(void)
{
    if (getenv("SEED")) seed = strtoull(getenv("SEED"), NULL, 0);
    worked_example();
    malformed();
    edges();
    for (int b = 0; b < 5; b++) random_batch(b);
    return failures != 0;
}
