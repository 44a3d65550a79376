/* SPDX-License-Identifier: Apache-2.0
 *
 * test_model_errors.c - every error of docs/formats.md, made to happen on the golden model
 *
 *   Compared   the whole record, STATUS, DONE and the interrupt; then: doorbells do nothing, a soft reset cleans up, the next job
 *              is right. Beside every refusal stands the nearest thing that must be accepted
 *   Missing    BUS_PROTOCOL cannot happen here: the model's bus has no RLAST */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_rig.h"
#include "rng.h"

/* ---- Errors: the checks before a command starts ---------------------------------------------------------------------------------- */

static void test_ring_errors(rig *r)
{
    static const struct { const char *name; uint32_t lo, size, tail, limit; } CASE[] = {
        {"ring: base unaligned", (uint32_t)BASE + 32, RING_SIZE, 1, MEM},
        {"ring: below the window", (uint32_t)BASE - 64, RING_SIZE, 1, MEM},
        {"ring: beyond the window", (uint32_t)BASE, RING_SIZE, 1, 64 * RING_SIZE - 1},
        {"ring: size 1", (uint32_t)BASE, 1, 0, MEM},
        {"ring: size 65536", (uint32_t)BASE, 65536, 1, 0x7FFFFFFF},
        {"ring: tail not below size", (uint32_t)BASE, RING_SIZE, RING_SIZE, MEM},
    };
    for (size_t i = 0; i < sizeof CASE / sizeof CASE[0]; i++) {
        push(r, load_codebook(BASE + 0x8000, 0));
        push(r, load_codebook(BASE + 0x8000, 0));
        go(r);
        WR(RING_BASE_LO, CASE[i].lo);
        WR(RING_SIZE, CASE[i].size);
        window(r, 0, BASE, BASE + CASE[i].limit);
        WR(IRQ_STATUS, 7);
        WR(TAIL, CASE[i].tail);
        const int kept = RD(TAIL) == 2;
        if (!kept) check(0, CASE[i].name, "TAIL changed to %u", RD(TAIL));
        expect(r, CASE[i].name, LAC_ERR_RING, LAC_UNIT_CMD, 2, 0, CASE[i].lo, CASE[i].tail);
    }
    window(r, 0, BASE, BASE + 64 * RING_SIZE);
    push(r, store_raw(r, BASE + 0x8000, 1));
    push(r, store_raw(r, BASE + 0x8000, 1));
    go(r);
    check(!RD(STATUS) && RD(DONE) == 2, text("%s: ring: exactly in the window", r->cfg.name), "code %x", RD(ERR_CODE));
    fresh(r);
}

/* Points of several pixels: E and S are a good EXEC and STORE of one pixel. */
static void test_pixel_errors(rig *r, const command E, const command S)
{
    const uint32_t lb = r->lb, acc = r->cfg.acc_depth, feat = r->cfg.feat_depth, sw = r->cfg.store_w;
    command c, w = E, s = S;

    c = E; SET(c, EXEC, FIRST, 1);               refuse(r, "exec: FIRST without WIDTH", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, STEP, 1);                refuse(r, "exec: STEP without WIDTH", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, PIXELS, 1);              refuse(r, "exec: PIXELS without WIDTH", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, APART, 1);               refuse(r, "exec: APART without WIDTH", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, WIDTH, 1);               refuse(r, "exec: WIDTH without PIXELS", c, LAC_ERR_LENGTH, 0);
    SET(w, EXEC, WIDTH, 1); SET(w, EXEC, PIXELS, 1); allow(r, "exec: a window", w);
    c = w; SET(c, EXEC, FIRST, 1 << 16);         allow(r, "exec: a window far before its point", c);
    SET(c, EXEC, FIRST, 0xFFFF);                 allow(r, "exec: a window far behind its point", c);
    c = w; SET(c, EXEC, PIXELS, 4); SET(c, EXEC, STEP, 21845); allow(r, "exec: windows over 65535 elements", c);
    SET(c, EXEC, STEP, 21846);                   refuse(r, "exec: windows over 65536 elements", c, LAC_ERR_LENGTH, 0);
    c = w; SET(c, EXEC, FORMAT, NM); SET(c, EXEC, N, 2); SET(c, EXEC, FIRST, 2); refuse(r, "exec: FIRST of N:4", c, LAC_ERR_ALIGN, 0);
    SET(c, EXEC, FIRST, 4); SET(c, EXEC, STEP, 2); refuse(r, "exec: STEP of N:4", c, LAC_ERR_ALIGN, 0);
    SET(c, EXEC, STEP, 4);                       allow(r, "exec: FIRST and STEP of N:4", c);
    c = w; SET(c, EXEC, FEAT_BASE, feat - 1); SET(c, EXEC, WIDTH, lb); allow(r, "exec: a point of the last feature line", c);
    SET(c, EXEC, WIDTH, lb + 1);                 refuse(r, "exec: a point one line beyond", c, LAC_ERR_BOUNDS, 0);
    SET(c, EXEC, WIDTH, lb / 2 + 1); SET(c, EXEC, TYPE, INT16); refuse(r, "exec: a point of int16 one line beyond", c, LAC_ERR_BOUNDS, 0);
    c = w; SET(c, EXEC, FORMAT, NM); SET(c, EXEC, N, 2); SET(c, EXEC, FEAT_BASE, feat - 1); SET(c, EXEC, WIDTH, lb);
    allow(r, "exec: WIDTH of N:4 counts elements", c);
    c = w; SET(c, EXEC, ACC_BASE, acc % 2); SET(c, EXEC, PIXELS, acc / 2); SET(c, EXEC, ROWS, 2); allow(r, "exec: all accumulators, by pixels", c);
    SET(c, EXEC, ACC_BASE, acc % 2 + 1);         refuse(r, "exec: one pixel beyond", c, LAC_ERR_BOUNDS, 0);
    c = w; SET(c, EXEC, PIXELS, 2); SET(c, EXEC, POINTS, acc / 4); SET(c, EXEC, ROWS, 2); allow(r, "exec: accumulators of points of pixels", c);
    SET(c, EXEC, POINTS, acc / 4 + 1);           refuse(r, "exec: points of pixels beyond", c, LAC_ERR_BOUNDS, 0);
    c = w; SET(c, EXEC, PIXELS, 65535); SET(c, EXEC, ROWS, 65535); refuse(r, "exec: pixels times rows", c, LAC_ERR_BOUNDS, 0);
    SET(c, EXEC, PIXELS, 32768); SET(c, EXEC, ROWS, 32768); SET(c, EXEC, POINTS, 4); refuse(r, "exec: pixels times rows, a power of two", c, LAC_ERR_BOUNDS, 0);

    c = w; SET(c, EXEC, FORMAT, 3);              allow(r, "exec: format 3 of windows", c);
    SET(c, EXEC, N, 1);                          allow(r, "exec: format 3 with N 1", c);
    SET(c, EXEC, N, 2);                          refuse(r, "exec: format 3 with N 2", c, LAC_ERR_LENGTH, 0);
    SET(c, EXEC, N, 0); SET(c, EXEC, FIRST, 3);  refuse(r, "exec: FIRST of format 3", c, LAC_ERR_ALIGN, 0);
    c = w; SET(c, EXEC, PIXELS, 3); SET(c, EXEC, APART, 2); SET(c, EXEC, ROWS, acc - 4); allow(r, "exec: pixels share accumulators", c);
    SET(c, EXEC, APART, 3);                      refuse(r, "exec: the last pixel's rows beyond", c, LAC_ERR_BOUNDS, 0);
    SET(c, EXEC, ROWS, 1); SET(c, EXEC, APART, (acc - 1) / 2); allow(r, "exec: pixels far apart", c);
    SET(c, EXEC, APART, (acc + 1) / 2);          refuse(r, "exec: pixels too far apart", c, LAC_ERR_BOUNDS, 0);
    SET(c, EXEC, APART, 65535); SET(c, EXEC, PIXELS, 1); allow(r, "exec: one pixel, no matter how far apart", c);
    SET(c, EXEC, PIXELS, 2);                     refuse(r, "exec: two pixels 65535 apart", c, LAC_ERR_BOUNDS, 0);

    SET(s, STORE, CHANNELS, sw); SET(s, STORE, ROWS, 1); SET(s, STORE, PIXELS, 2); SET(s, STORE, WIDTH, 2 * sw);
    allow(r, "store: two pixels a point", s);
    c = S; SET(c, STORE, PIXELS, 1);             refuse(r, "store: PIXELS without WIDTH", c, LAC_ERR_LENGTH, 0);
    c = S; SET(c, STORE, GUARD, 1);              refuse(r, "store: GUARD without WIDTH", c, LAC_ERR_LENGTH, 0);
    c = S; SET(c, STORE, POINTS, 2); SET(c, STORE, PITCH, 64); SET(c, STORE, TOP, 1); refuse(r, "store: TOP without WIDTH", c, LAC_ERR_LENGTH, 0);
    c = s; SET(c, STORE, POINTS, 3); SET(c, STORE, TOP, 1); SET(c, STORE, BOTTOM, 1); allow(r, "store: one of three points", c);
    SET(c, STORE, BOTTOM, 2);                    refuse(r, "store: none of three points", c, LAC_ERR_LENGTH, 0);
    SET(c, STORE, TOP, 15); SET(c, STORE, BOTTOM, 15); refuse(r, "store: fewer points than are dropped", c, LAC_ERR_LENGTH, 0);
    c = s; SET(c, STORE, ACC_BASE, acc - 7); SET(c, STORE, GUARD, 5); allow(r, "store: a guard to the last accumulator", c);
    SET(c, STORE, GUARD, 6);                     refuse(r, "store: a guard one beyond", c, LAC_ERR_BOUNDS, 0);
    SET(c, STORE, ACC_BASE, 0); SET(c, STORE, GUARD, 65535); refuse(r, "store: a guard of 65535 pixels", c, LAC_ERR_BOUNDS, 0);
    c = s; SET(c, STORE, PIXELS, 0);             refuse(r, "store: WIDTH without PIXELS", c, LAC_ERR_LENGTH, 0);

    command q = s;  /* two pixels, each the largest of some of two rows of three */
    SET(q, STORE, POOL_Y, 2); SET(q, STORE, POOL_X, 2); SET(q, STORE, POOL_DY, 1); SET(q, STORE, POOL_DX, 1);
    SET(q, STORE, FROM_ROWS, 2); SET(q, STORE, FROM_PIXELS, 3);
    allow(r, "store: pooling", q);
    c = q; SET(c, STORE, POOL_Y, 0);             refuse(r, "store: pooling's fields without POOL_Y", c, LAC_ERR_LENGTH, 0);
    c = s; SET(c, STORE, FROM_ROWS, 1);          refuse(r, "store: FROM_ROWS without pooling", c, LAC_ERR_LENGTH, 0);
    c = s; SET(c, STORE, FROM_PIXELS, 1);        refuse(r, "store: FROM_PIXELS without pooling", c, LAC_ERR_LENGTH, 0);
    c = s; SET(c, STORE, POOL_X, 1);             refuse(r, "store: POOL_X without pooling", c, LAC_ERR_LENGTH, 0);
    c = s; SET(c, STORE, POOL_LEFT, 1);          refuse(r, "store: POOL_LEFT without pooling", c, LAC_ERR_LENGTH, 0);
    c = q; SET(c, STORE, POOL_X, 0);             refuse(r, "store: windows without pixels", c, LAC_ERR_LENGTH, 0);
    c = q; SET(c, STORE, POOL_DY, 0);            refuse(r, "store: POOL_DY 0", c, LAC_ERR_LENGTH, 0);
    c = q; SET(c, STORE, POOL_DX, 0);            refuse(r, "store: POOL_DX 0", c, LAC_ERR_LENGTH, 0);
    c = q; SET(c, STORE, FROM_PIXELS, 0);        refuse(r, "store: pooling rows without pixels", c, LAC_ERR_LENGTH, 0);
    c = q; SET(c, STORE, FROM_ROWS, 0);          refuse(r, "store: pooling without rows", c, LAC_ERR_LENGTH, 0);
    c = q; SET(c, STORE, POINTS, 0);             refuse(r, "store: pooling without points", c, LAC_ERR_LENGTH, 0);
    c = q; SET(c, STORE, TOP, 1);                allow(r, "store: pooling, one row of two", c);
    SET(c, STORE, BOTTOM, 1);                    refuse(r, "store: pooling, no row of two", c, LAC_ERR_LENGTH, 0);
    c = q; SET(c, STORE, WIDTH, 0); SET(c, STORE, PIXELS, 0); refuse(r, "store: pooling without WIDTH", c, LAC_ERR_LENGTH, 0);
    c = q; SET(c, STORE, POOL_TOP, 15); SET(c, STORE, POOL_LEFT, 15); allow(r, "store: windows before the image", c);
    c = q; SET(c, STORE, POOL_DX, 15); SET(c, STORE, POOL_DY, 15); allow(r, "store: windows behind the image", c);
    c = q; SET(c, STORE, ACC_BASE, acc - 6);     allow(r, "store: pooling the last six accumulators", c);
    SET(c, STORE, ACC_BASE, acc - 5);            refuse(r, "store: pooling one accumulator beyond", c, LAC_ERR_BOUNDS, 0);
    c = q; SET(c, STORE, ACC_BASE, acc - 8); SET(c, STORE, GUARD, 1); allow(r, "store: pooling with a guard", c);
    SET(c, STORE, GUARD, 2);                     refuse(r, "store: pooling, a guard beyond", c, LAC_ERR_BOUNDS, 0);
    c = q; SET(c, STORE, FROM_PIXELS, 32768); SET(c, STORE, FROM_ROWS, 32768); refuse(r, "store: pooling 2^30 accumulators", c, LAC_ERR_BOUNDS, 0);
    c = q; SET(c, STORE, FROM_PIXELS, 65535); SET(c, STORE, GUARD, 2); refuse(r, "store: pooling, a row of 65537 pixels", c, LAC_ERR_BOUNDS, 0);
    c = q; SET(c, STORE, AVERAGE, 2);            allow(r, "store: the sum of what is above zero", c);
    SET(c, STORE, AVERAGE, 3);                   refuse(r, "store: AVERAGE 3", c, LAC_ERR_LENGTH, 0);
    c = s; SET(c, STORE, AVERAGE, 1);            refuse(r, "store: AVERAGE without pooling", c, LAC_ERR_LENGTH, 0);
    c = q; SET(c, STORE, TYPE, 3);               SET(c, STORE, CLAMP_LO, 0); SET(c, STORE, CLAMP_HI, 0); SET(c, STORE, ZERO, 0); SET(c, STORE, PITCH, 1024);
    allow(r, "store: pooling, raw", c);
    SET(c, STORE, AVERAGE, 1);                   refuse(r, "store: the sum of a window, raw", c, LAC_ERR_LENGTH, 0);
    c = q; c.w[11] |= 1u << 26;                  refuse(r, "store: reserved bit of word 11", c, LAC_ERR_RESERVED, 11);
    c = s; SET(c, STORE, WIDTH, 2 * sw + 1);     refuse(r, "store: WIDTH is not PIXELS * CHANNELS", c, LAC_ERR_LENGTH, 0);
    c = s; SET(c, STORE, PIXELS, 32769); SET(c, STORE, CHANNELS, 2 * sw); SET(c, STORE, WIDTH, 32769u * 2 * sw);
    SET(c, STORE, ROWS, (2 * sw + r->cfg.lanes - 1) / r->cfg.lanes);
    refuse(r, "store: WIDTH is PIXELS * CHANNELS modulo 65536", c, LAC_ERR_LENGTH, 0);
    if (sw > 1) {
        c = s; SET(c, STORE, CHANNELS, 1); SET(c, STORE, WIDTH, 2); refuse(r, "store: pixels of a part of STORE_W", c, LAC_ERR_ALIGN, 0);
    }
    c = s; SET(c, STORE, ACC_BASE, acc - 2);     allow(r, "store: the last two pixels", c);
    SET(c, STORE, ACC_BASE, acc - 1);            refuse(r, "store: one pixel beyond", c, LAC_ERR_BOUNDS, 0);
    const uint32_t row = lines(r, 2 * sw) * lb, pitch = (row + 63) / 64 * 64;
    c = s; SET(c, STORE, POINTS, 2); SET(c, STORE, PITCH, pitch); allow(r, "store: pitch of exactly a row of pixels", c);
    SET(c, STORE, PITCH, pitch - 64);            refuse(r, "store: pitch below a row of pixels", c, LAC_ERR_LENGTH, 0);
    window(r, 1, BASE, BASE + 0x8000 + row);
    allow(r, "window: store of pixels", s);
    window(r, 1, BASE, BASE + 0x8000 + row - 1);
    refuse_window(r, "window: store of pixels, one byte short", s, BASE + 0x8000);
    fresh(r);
}

static void test_command_errors(rig *r)
{
    const uint32_t lanes = r->cfg.lanes, lb = r->lb, acc = r->cfg.acc_depth, feat = r->cfg.feat_depth, cols = r->cfg.col_depth;
    const uint64_t at = BASE + 0x8000;
    const command W = load_weights(at, 1, 0, 0), B = load_codebook(at, 0), X = load_features(at, 64, 1, 8, 0, INT8, 0, 0);
    const command P = load_params(at, 1, 0), E = exec(0, 1, 1, 1, 1, CSC, 0, INT8, 0), S = store(r, at, 64, 1, 1, INT8, 0, 0, -128, 127);
    const command N = load_columns(at, 2, 0, 0, 1, 1);
    command c;

    /* Every command, every bit of every word: a bit that no field names is refused, by the first such word. The table is
     * written from docs/registers.md. */
    static const struct { const char *name; uint32_t word0; uint32_t named[16]; } BITS[8] = {
        {"LOAD_COLUMNS", 0x41, {0x000177FF, ~0u, ~0u, ~0u, 0x0FFFFFFF, ~0u, ~0u, 0x000000FF}},
        {"LOAD_WEIGHTS", 0x01, {0x000177FF, ~0u, ~0u, ~0u, 0x00FFFFFF, ~0u}},
        {"LOAD_CODEBOOK", 0x11, {0x000177FF, ~0u, ~0u, ~0u, 1}},
        {"LOAD_FEATURES", 0x21, {0x000177FF, ~0u, ~0u, ~0u, 0x00FFFFFF, ~0u, 0x0007FFFF, 0x0000FFFF}},
        {"LOAD_PARAMS", 0x31, {0x000177FF, ~0u, ~0u, ~0u, ~0u}},
        {"EXEC", 0x02, {0x000177FF, ~0u, ~0u, ~0u, ~0u, 0x01FFFFFF, ~0u, ~0u, ~0u}},
        {"STORE", 0x03, {0x000177FF, ~0u, ~0u, ~0u, 0x00FFFFFF, ~0u, ~0u, 0xFF0FFFFF, ~0u, ~0u, ~0u, 0x03FFFFFF, ~0u}},
        {"MAP", 0x04, {0x000177FF, ~0u, ~0u, ~0u, ~0u, ~0u, 0x1FFFFFFF, 0x7FFFFFFF, ~0u, ~0u, 0x01FFFF7F, 0x00000FFF, 0x3FFFFFFF, ~0u}},
    };
    static const uint32_t ONE_PIXEL[2][13] = {{[6] = 0xFFFF0000, [7] = ~0u, [8] = ~0u}, {[7] = 0xFF000000, [8] = 0xFFFF0000, [10] = ~0u, [11] = ~0u, [12] = ~0u}}; /* bits without windows reserved, of EXEC, STORE */
    for (int k = 0; k < (r->cfg.map_ring ? 8 : 7); k++) {
        int bad = 0;
        for (unsigned bit = 0; bit < 512; bit++) {
            c = new_command(BITS[k].word0);
            c.w[bit / 32] ^= 1u << bit % 32;
            if (bit >= 32 && bit < 480) c.w[15] |= 4;  /* a later one, too */
            const uint64_t where = slot(r);
            push(r, c);
            go(r);
            const uint32_t own = 1u << ((BITS[k].word0 & 15) - 1);
            uint32_t index = bit / 32, named = BITS[k].named[bit / 32] >> bit % 32 & 1, code = LAC_ERR_RESERVED;
            if (r->cfg.map_ring && bit < 32 && 0x8800u >> bit & 1) named = 1; /* MAP's tokens */
            if (!r->cfg.windows && (k == 5 || k == 6) && index < 13 && ONE_PIXEL[k - 5][index] >> bit % 32 & 1) named = 0;
            if (bit < 8) {  /* another command, or none */
                fresh(r);
                continue;
            }
            if (bit < 32 && named) {
                code = own << 8 & c.w[0] || own << 12 & c.w[0] ? LAC_ERR_RESERVED : 0;
                named = code == 0;
            } else if (named) index = 15;
            if (bit < 32 && named) bad += RD(ERR_CODE) == LAC_ERR_RESERVED;
            else bad += RD(ERR_CODE) != code || RD(ERR_INDEX) != index || RD(ERR_ADDR_LO) != (uint32_t)where;
            fresh(r);
        }
        check(!bad, text("%s: %s: every reserved bit is refused", r->cfg.name, BITS[k].name), "%d wrong", bad);
    }

    refuse(r, "no command 0", new_command(0), LAC_ERR_OPCODE, 0);
    refuse(r, "MAP with a reserved bit", new_command(0x70004), r->cfg.map_ring ? LAC_ERR_RESERVED : LAC_ERR_OPCODE, r->cfg.map_ring ? 0 : 0x70004);
    refuse(r, "MAP of another kind", new_command(0x14), LAC_ERR_OPCODE, 0x14);
    refuse(r, "EXEC of another kind", new_command(0x22), LAC_ERR_OPCODE, 0x22);
    refuse(r, "LOAD of kind 5", new_command(0x51), LAC_ERR_OPCODE, 0x51);
    c = W; SET(c, ANY, WAIT, 1);   refuse(r, "LOAD waits for LOAD", c, LAC_ERR_RESERVED, 0);
    c = E; SET(c, ANY, SIGNAL, 2); refuse(r, "EXEC signals EXEC", c, LAC_ERR_RESERVED, 0);

    c = W; SET(c, LOAD_WEIGHTS, LINES, 0);       refuse(r, "weights: no lines", c, LAC_ERR_LENGTH, 0);
    c = N; SET(c, LOAD_COLUMNS, LINES, 0);       refuse(r, "columns: no lines", c, LAC_ERR_LENGTH, 0);
    c = N; SET(c, LOAD_COLUMNS, COLUMNS, 0);     refuse(r, "columns: no columns", c, LAC_ERR_LENGTH, 0);
    c = N; SET(c, LOAD_COLUMNS, FORMAT, NM);     refuse(r, "columns: N:4", c, LAC_ERR_LENGTH, 0);
    c = N; SET(c, LOAD_COLUMNS, FORMAT, 3);      refuse(r, "columns: format 3", c, LAC_ERR_LENGTH, 0);
    c = N; SET(c, LOAD_COLUMNS, LANES, lanes);   refuse(r, "columns: more lanes than there are", c, LAC_ERR_LENGTH, 0);
    c = N; SET(c, LOAD_COLUMNS, FEAT_BASE, 1);   refuse(r, "columns: a feature line, none needed", c, LAC_ERR_LENGTH, 0);
    c = N; SET(c, LOAD_COLUMNS, WIDE, 1);        refuse(r, "columns: wide, none needed", c, LAC_ERR_LENGTH, 0);
    SET(c, LOAD_COLUMNS, NEEDED, 1); SET(c, LOAD_COLUMNS, FEAT_BASE, feat - 1); SET(c, LOAD_COLUMNS, LINES, 1); put(r, at, 0, 1);
    allow(r, "columns: wide, the last feature line", c);
    c = X; SET(c, LOAD_FEATURES, POINTS, 0);     refuse(r, "features: no points", c, LAC_ERR_LENGTH, 0);
    c = X; SET(c, LOAD_FEATURES, CHANNELS, 0);   refuse(r, "features: no channels", c, LAC_ERR_LENGTH, 0);
    c = X; SET(c, LOAD_FEATURES, TYPE, 3);       refuse(r, "features: type 3", c, LAC_ERR_LENGTH, 0);
    c = X; SET(c, LOAD_FEATURES, ZERO, 128);     refuse(r, "features: int8 zero point 128", c, LAC_ERR_LENGTH, 0);
    c = X; SET(c, LOAD_FEATURES, ZERO, -129);    refuse(r, "features: int8 zero point -129", c, LAC_ERR_LENGTH, 0);
    c = X; SET(c, LOAD_FEATURES, TYPE, 1); SET(c, LOAD_FEATURES, ZERO, -1); refuse(r, "features: uint8 zero point -1", c, LAC_ERR_LENGTH, 0);
    c = X; SET(c, LOAD_FEATURES, TYPE, 1); SET(c, LOAD_FEATURES, ZERO, 255); allow(r, "features: uint8 zero point 255", c);
    c = P; SET(c, LOAD_PARAMS, CHANNELS, 0);     refuse(r, "parameters: no channels", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, POINTS, 0);              refuse(r, "exec: no points", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, COLUMNS, 0);             refuse(r, "exec: no columns", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, ROWS, 0);                refuse(r, "exec: no rows", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, FORMAT, 3);              refuse(r, "exec: format 3", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, N, 1);                   refuse(r, "exec: csc with N", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, FORMAT, NM);             refuse(r, "exec: N:4 without N", c, LAC_ERR_LENGTH, 0);
    SET(c, EXEC, N, 5);                          refuse(r, "exec: 5:4", c, LAC_ERR_LENGTH, 0);
    SET(c, EXEC, N, 4);                          allow(r, "exec: 4:4", c);
    c = E; SET(c, EXEC, TYPE, 3);                refuse(r, "exec: type 3", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, ZERO, 200);              refuse(r, "exec: int8 zero point 200", c, LAC_ERR_LENGTH, 0);
    c = S; SET(c, STORE, POINTS, 0);             refuse(r, "store: no points", c, LAC_ERR_LENGTH, 0);
    c = S; SET(c, STORE, CHANNELS, 0); SET(c, STORE, ROWS, 0); refuse(r, "store: no channels", c, LAC_ERR_LENGTH, 0);
    c = S; SET(c, STORE, ROWS, 2);               refuse(r, "store: more rows than channels need", c, LAC_ERR_LENGTH, 0);
    c = S; SET(c, STORE, CHANNELS, lanes + 1);   refuse(r, "store: fewer rows than channels need", c, LAC_ERR_LENGTH, 0);
    c = S; SET(c, STORE, ZERO, 128);             refuse(r, "store: int8 zero point 128", c, LAC_ERR_LENGTH, 0);
    c = S; SET(c, STORE, CLAMP_LO, -129);        refuse(r, "store: int8 clamp -129", c, LAC_ERR_LENGTH, 0);
    c = S; SET(c, STORE, CLAMP_HI, 128);         refuse(r, "store: int8 clamp 128", c, LAC_ERR_LENGTH, 0);
    c = S; SET(c, STORE, CLAMP_LO, 5); SET(c, STORE, CLAMP_HI, 4); refuse(r, "store: clamp 5 .. 4", c, LAC_ERR_LENGTH, 0);
    SET(c, STORE, CLAMP_HI, 5);                  allow(r, "store: clamp 5 .. 5", c);
    c = store_raw(r, at, 1); SET(c, STORE, ZERO, 1);     refuse(r, "store: raw with zero point", c, LAC_ERR_LENGTH, 0);
    c = store_raw(r, at, 1); SET(c, STORE, CLAMP_LO, -1); refuse(r, "store: raw with clamp", c, LAC_ERR_LENGTH, 0);
    c = store_raw(r, at, 1); SET(c, STORE, CLAMP_HI, 1); refuse(r, "store: raw with upper clamp", c, LAC_ERR_LENGTH, 0);
    c = store_raw(r, at, 1); SET(c, STORE, LIST, 1);     refuse(r, "store: raw list", c, LAC_ERR_LENGTH, 0);
    c = S; SET(c, STORE, POINTS, 2); SET(c, STORE, PITCH, 0); refuse(r, "store: pitch below a row", c, LAC_ERR_LENGTH, 0);
    SET(c, STORE, PITCH, 64);                    allow(r, "store: pitch of exactly a row", c);
    SET(c, STORE, LIST, 1);                      refuse(r, "store: pitch below a list", c, LAC_ERR_LENGTH, 0);
    SET(c, STORE, PITCH, 128);                   allow(r, "store: pitch that holds a list", c);

    c = W; SET(c, LOAD_WEIGHTS, ADDR_LO, at + 32);     refuse(r, "weights: address", c, LAC_ERR_ALIGN, 0);
    c = N; SET(c, LOAD_COLUMNS, ADDR_LO, at + 32);     refuse(r, "columns: address", c, LAC_ERR_ALIGN, 0);
    c = B; SET(c, LOAD_CODEBOOK, ADDR_LO, at + 1);     refuse(r, "codebook: address", c, LAC_ERR_ALIGN, 0);
    c = X; SET(c, LOAD_FEATURES, ADDR_LO, at + 8);     refuse(r, "features: address", c, LAC_ERR_ALIGN, 0);
    c = X; SET(c, LOAD_FEATURES, PITCH, 32);           refuse(r, "features: pitch", c, LAC_ERR_ALIGN, 0);
    c = X; SET(c, LOAD_FEATURES, FEAT_BASE, 16);       refuse(r, "features: base", c, LAC_ERR_ALIGN, 0);
    c = P; SET(c, LOAD_PARAMS, ADDR_LO, at + 16);      refuse(r, "parameters: address", c, LAC_ERR_ALIGN, 0);
    c = P; SET(c, LOAD_PARAMS, PARAM_BASE, 1);         refuse(r, "parameters: base", c, LAC_ERR_ALIGN, 0);
    c = S; SET(c, STORE, ADDR_LO, at + 32);            refuse(r, "store: address", c, LAC_ERR_ALIGN, 0);
    c = S; SET(c, STORE, PITCH, 100);                  refuse(r, "store: pitch", c, LAC_ERR_ALIGN, 0);
    c = S; SET(c, STORE, PARAM_BASE, r->cfg.store_w + 1); refuse(r, "store: parameter base", c, LAC_ERR_ALIGN, 0);

    c = W; SET(c, LOAD_WEIGHTS, WORD_BASE, r->cfg.weight_depth); refuse(r, "weights: first word", c, LAC_ERR_BOUNDS, 0);
    c = W; SET(c, LOAD_WEIGHTS, COL_BASE, cols);       refuse(r, "weights: first column", c, LAC_ERR_BOUNDS, 0);
    c = N; SET(c, LOAD_COLUMNS, WORD_BASE, r->cfg.weight_depth); refuse(r, "columns: first word", c, LAC_ERR_BOUNDS, 0);
    c = N; SET(c, LOAD_COLUMNS, COL_BASE, cols - 2); SET(c, LOAD_COLUMNS, COLUMNS, 3); refuse(r, "columns: one too many", c, LAC_ERR_BOUNDS, 0);
    SET(c, LOAD_COLUMNS, COLUMNS, 2); SET(c, LOAD_COLUMNS, LINES, 1); put(r, at, 0, 2); allow(r, "columns: the last two", c);
    c = N; SET(c, LOAD_COLUMNS, NEEDED, 1); SET(c, LOAD_COLUMNS, FEAT_BASE, feat); refuse(r, "columns: no feature line", c, LAC_ERR_BOUNDS, 0);
    SET(c, LOAD_COLUMNS, FEAT_BASE, feat - 1); SET(c, LOAD_COLUMNS, COLUMNS, lb + 1);
    refuse(r, "columns: features one line beyond", c, LAC_ERR_BOUNDS, 0);
    SET(c, LOAD_COLUMNS, COLUMNS, lb / 2 + 1); SET(c, LOAD_COLUMNS, WIDE, 1);
    refuse(r, "columns: wide features one line beyond", c, LAC_ERR_BOUNDS, 0);
    SET(c, LOAD_COLUMNS, WIDE, 0); SET(c, LOAD_COLUMNS, LINES, 1); memset(r->mem + (at - BASE), 0, lb);
    allow(r, "columns: features of the last line", c);
    c = load_features(at, 0, feat, lb, 0, INT8, 0, 0); allow(r, "features: all of the RAM", c);
    c = load_features(at, 0, feat, lb + 1, 0, INT8, 0, 0);  refuse(r, "features: a second line a point", c, LAC_ERR_BOUNDS, 0);
    c = load_features(at, 0, feat - 31, lb, 32, INT8, 0, 0); refuse(r, "features: one line too many", c, LAC_ERR_BOUNDS, 0);
    c = load_features(at, 0, 1, feat - 32 > 600 ? 600 : (feat - 32) * lb / 2 + 1, 32, INT16, 0, 0);
    if (feat - 32 <= 600) refuse(r, "features: int16", c, LAC_ERR_BOUNDS, 0);
    c = P; SET(c, LOAD_PARAMS, PARAM_BASE, (r->cfg.param_depth - 1) / r->cfg.store_w * r->cfg.store_w);
    SET(c, LOAD_PARAMS, CHANNELS, r->cfg.store_w + 1); refuse(r, "parameters: one too many", c, LAC_ERR_BOUNDS, 0);
    c = E; SET(c, EXEC, FEAT_BASE, feat - 1);          allow(r, "exec: the last feature line", c);
    SET(c, EXEC, COLUMNS, lb + 1);                     refuse(r, "exec: one line beyond", c, LAC_ERR_BOUNDS, 0);
    c = E; SET(c, EXEC, FORMAT, NM); SET(c, EXEC, N, 1); SET(c, EXEC, FEAT_BASE, feat - 1); SET(c, EXEC, COLUMNS, lb / 4 + 1);
    refuse(r, "exec: four elements a column for N:4", c, LAC_ERR_BOUNDS, 0);
    c = E; SET(c, EXEC, FEAT_BASE, feat - 1); SET(c, EXEC, TYPE, INT16); SET(c, EXEC, COLUMNS, lb / 2 + 1);
    refuse(r, "exec: two bytes an element for int16", c, LAC_ERR_BOUNDS, 0);
    c = E; SET(c, EXEC, POINTS, 3); SET(c, EXEC, FEAT_PITCH, (feat - 1) / 2); allow(r, "exec: the last point's line", c);
    SET(c, EXEC, FEAT_PITCH, (feat + 1) / 2);          refuse(r, "exec: the last point beyond", c, LAC_ERR_BOUNDS, 0);
    c = E; SET(c, EXEC, COL_BASE, cols - 1);           allow(r, "exec: the last column", c);
    SET(c, EXEC, COLUMNS, 2);                          refuse(r, "exec: one column beyond", c, LAC_ERR_BOUNDS, 0);
    c = E; SET(c, EXEC, ACC_BASE, 1); SET(c, EXEC, ROWS, acc - 1); allow(r, "exec: all accumulators", c);
    SET(c, EXEC, ROWS, acc);                           refuse(r, "exec: one accumulator beyond", c, LAC_ERR_BOUNDS, 0);
    c = E; SET(c, EXEC, POINTS, 65535); SET(c, EXEC, FEAT_PITCH, 0); SET(c, EXEC, ROWS, 65535);
    refuse(r, "exec: accumulators times points", c, LAC_ERR_BOUNDS, 0);
    c = S; SET(c, STORE, ACC_BASE, acc - 1);           allow(r, "store: the last accumulator", c);
    SET(c, STORE, POINTS, 2);                          refuse(r, "store: one accumulator beyond", c, LAC_ERR_BOUNDS, 0);
    c = S; SET(c, STORE, PARAM_BASE, r->cfg.param_depth / r->cfg.store_w * r->cfg.store_w);
    refuse(r, "store: parameters beyond", c, LAC_ERR_BOUNDS, 0);

    if (r->cfg.windows) test_pixel_errors(r, E, S);

    /* Windows: the last line must be inside, the next must not. */
    const uint32_t row = lines(r, 24) * lb, many = lines(r, 5 * 16) * lb;
    struct { const char *name; command c; uint32_t bytes; int write; } IN[] = {
        {"codebook", B, lines(r, 32) * lb, 0},
        {"features", load_features(at, 192, 2, 24, 0, INT8, 0, 0), 192 + row, 0},
        {"feature lists", load_features(at, 192, 2, 6, 0, INT8, 1, 0), 192 + 64 + row, 0},
        {"parameters", load_params(at, 5, 0), many, 0},
        {"store", store(r, at, 192, 2, 3, RAW, 0, 0, 0, 0), 192 + row, 1},
        {"store of lists", store(r, at, 192, 2, 6, INT8, 1, 0, -128, 127), 192 + 64 + row, 1},
    };
    for (int i = 0; i < 6; i++) {
        memset(r->mem + 0x8000, 0, 1024);
        for (unsigned k = 0; k < 5 && i == 3; k++) put(r, at + 16 * k + 8, 1, 8);
        window(r, IN[i].write, BASE, at + IN[i].bytes);
        allow(r, text("window: %s", IN[i].name), IN[i].c);
        memset(r->mem + 0x8000, 0, 1024);
        window(r, IN[i].write, BASE, at + IN[i].bytes - 1);
        refuse_window(r, text("window: %s, one byte short", IN[i].name), IN[i].c, at);
        if (IN[i].write) {
            window(r, 1, at + 1, BASE + MEM);
            refuse_window(r, text("window: %s, begins later", IN[i].name), IN[i].c, at);
        }
    }
    c = load_weights(at, 3, 0, 0);
    window(r, 0, BASE, at + 3 * lb - 1);
    refuse_window(r, "window: weights, one byte short", c, at);
    c = load_columns(at, 3, 0, 0, 2 * lb + 1, 1);
    window(r, 0, BASE, at + 3 * lb - 1);
    refuse_window(r, "window: columns, one byte short", c, at);
    memset(r->mem + (at - BASE), 0, 3 * lb);
    window(r, 0, BASE, at + 3 * lb);
    if (2 * lb + 1 <= cols) allow(r, "window: columns", c);
    fresh(r);
    c = B; SET(c, LOAD_CODEBOOK, ADDR_LO, BASE - 64);
    refuse_window(r, "window: below", c, BASE - 64);
    window(r, 0, BASE, UINT64_MAX);
    const uint64_t top = (UINT64_C(1) << r->cfg.addr_w) - 64;
    c = load_features(top, 64, 2, 1, 0, INT8, 0, 0);
    refuse_window(r, "window: beyond the address space", c, top);
    c = S; SET(c, STORE, ADDR_LO, 0xFFFFFFC0u); SET(c, STORE, ADDR_HI, ~0u);
    window(r, 1, 0, UINT64_MAX);
    refuse_window(r, "window: a sum that wraps", c, UINT64_MAX - 63);

    /* The order of checks: each command has all later faults, too. */
    c = S; SET(c, STORE, ZERO, 128); SET(c, STORE, ADDR_LO, 1); SET(c, STORE, ACC_BASE, acc); SET(c, ANY, WAIT, 1); c.w[13] = 1;
    refuse(r, "order: RESERVED", c, LAC_ERR_RESERVED, 13); c.w[13] = 0;
    refuse(r, "order: LENGTH", c, LAC_ERR_LENGTH, 0); SET(c, STORE, ZERO, 0);
    refuse(r, "order: ALIGN", c, LAC_ERR_ALIGN, 0);   SET(c, STORE, ADDR_LO, 64);
    refuse(r, "order: BOUNDS", c, LAC_ERR_BOUNDS, 0); SET(c, STORE, ACC_BASE, 0); SET(c, STORE, ADDR_HI, 0);
    refuse_window(r, "order: WINDOW", c, 64);         SET(c, STORE, ADDR_LO, at);
    refuse(r, "order: TOKEN", c, LAC_ERR_TOKEN, 0);
}

static void test_tokens(rig *r)
{
    command give = load_codebook(BASE + 0x8000, 0), want = exec(0, 0, 1, 1, 1, CSC8, 0, INT8, 0);
    SET(give, ANY, SIGNAL, 2 | 4);  /* to EXEC and STORE */
    SET(want, ANY, WAIT, 1);        /* from LOAD */

    for (int i = 0; i < 15; i++) push(r, give);
    uint64_t at = slot(r);
    push(r, with_tag(give, TAG(16)));
    go(r);
    expect(r, "a sixteenth token", LAC_ERR_TOKEN, LAC_UNIT_CMD, 15, TAG(16), at, 0);

    push(r, give);
    push(r, give);
    push(r, want);
    push(r, want);
    at = slot(r);
    push(r, with_tag(want, TAG(3)));
    go(r);
    expect(r, "a token that nobody gave", LAC_ERR_TOKEN, LAC_UNIT_CMD, 4, TAG(3), at, 0);

    /* From LOAD to EXEC is not from STORE to EXEC, nor from EXEC to LOAD. */
    push(r, give);
    SET(want, ANY, WAIT, 4);
    at = slot(r);
    push(r, want);
    go(r);
    expect(r, "a token from another engine", LAC_ERR_TOKEN, LAC_UNIT_CMD, 1, TAG(99), at, 0);
    push(r, give);
    SET(give, ANY, WAIT, 2);
    at = slot(r);
    push(r, give);
    go(r);
    expect(r, "a token the other way", LAC_ERR_TOKEN, LAC_UNIT_CMD, 1, TAG(99), at, 0);
    SET(give, ANY, WAIT, 0);

    SET(want, ANY, WAIT, 1);
    for (int i = 0; i < 15; i++) push(r, give);
    push(r, want);
    SET(give, ANY, SIGNAL, 2);
    push(r, give);
    go(r);
    check(!RD(STATUS) && RD(DONE) == 17, text("%s: fifteen tokens, one taken, one more", r->cfg.name), "code %x", RD(ERR_CODE));
    WR(CTRL, 1);
    r->tail = 0;
    at = slot(r);
    push(r, want);
    go(r);
    expect(r, "soft reset takes the tokens away", LAC_ERR_TOKEN, LAC_UNIT_CMD, 0, TAG(99), at, 0);
}

/* ---- Errors: blocks, lists, parameters, rows ------------------------------------------------------------------------------------------- */

/* The block that has been added, changed by the caller, as command 1. */
static void fail_block(rig *r, const char *name, uint64_t block, uint32_t n, uint32_t word_base, uint32_t col_base, uint32_t code,
                       uint64_t addr, uint32_t index)
{
    behind_good(r, load_weights(block, n, word_base, col_base));
    expect(r, name, code, LAC_UNIT_LOAD, 1, TAG(1), addr, index);
}

/* Two columns on all lanes: 3 entries and 4. */
static uint32_t good_block(rig *r, int format, uint64_t *block)
{
    blk_begin(format, format == NM ? 2 : 0, (int)r->cfg.lanes, 2);
    for (int c = 0; c < 2; c++)
        for (int l = 0; l < (int)r->cfg.lanes; l++)
            for (int i = 0; i < (format == NM ? 4 : 3 + c); i++) blk_add(c, l, 1);
    return blk_put(r, block);
}

static void test_block_errors(rig *r)
{
    const uint32_t lanes = r->cfg.lanes, lb = r->lb, b = lb / 8, groups = (lanes + b - 1) / b;
    uint64_t block;
    uint32_t n;

    static const struct { const char *name; int format, bit; uint64_t mask, value; } HEADER[] = {
        {"header: format 3", CSC, 0, 3, 3},                {"header: csc with N", CSC, 2, 7, 1},
        {"header: csc with r", CSC, 5, 7, 1},              {"header: csc8 with q", CSC8, 32, 1023, 1},
        {"header: csc8 with words", CSC8, 48, 65535, 1},   {"header: reserved bit", CSC, 42, 63, 1},
        {"header: reserved bit 47", NM, 42, 63, 32},       {"header: no columns", CSC, 16, 65535, 0},
        {"header: 0:4", NM, 2, 7, 0},                      {"header: 5:4", NM, 2, 7, 5},
        {"header: N:4 remainder 6", NM, 5, 7, 6},          {"header: N:4 no words", NM, 48, 65535, 0},
        {"header: N:4 no entries", NM, 5, 7, 0},
    };
    for (size_t i = 0; i < sizeof HEADER / sizeof HEADER[0]; i++) {
        n = good_block(r, HEADER[i].format, &block);
        const uint64_t h = get(r, block, 8) & ~(HEADER[i].mask << HEADER[i].bit);
        put(r, block, h | HEADER[i].value << HEADER[i].bit, 8);
        fail_block(r, HEADER[i].name, block, n, 0, 0, LAC_ERR_BLOCK_HEADER, block, 0);
    }
    n = good_block(r, CSC, &block);
    put(r, block + 1, lanes, 1);
    fail_block(r, "header: more lanes than there are", block, n, 0, 0, LAC_ERR_BLOCK_HEADER, block, 0);

    /* Lengths: one line too few, too many, and so few that the group list is not there. */
    for (int f = 0; f < 3; f++) {
        n = good_block(r, f, &block);
        fail_block(r, text("length: one line short, format %d", f), block, n - 1, 0, 0, LAC_ERR_BLOCK_LENGTH, block, n);
        n = good_block(r, f, &block);
        fail_block(r, text("length: one line over, format %d", f), block, n + 1, 0, 0, LAC_ERR_BLOCK_LENGTH, block, n);
    }
    n = good_block(r, CSC8, &block);
    fail_block(r, "length: the header alone", block, 1, 0, 0, LAC_ERR_BLOCK_LENGTH, block,
               1 + lines(r, 2 * groups) + 2 * lines(r, lanes));

    /* Bounds; the column's before the length, the words' behind it. */
    n = good_block(r, CSC, &block);
    fail_block(r, "bounds: columns", block, n - 1, 0, r->cfg.col_depth - 1, LAC_ERR_BOUNDS, block, 0);
    n = good_block(r, CSC, &block);
    allow(r, "bounds: the last columns", load_weights(block, n, 0, r->cfg.col_depth - 2));
    for (int f = 0; f < 3; f++) {
        n = good_block(r, f, &block);
        const uint32_t words = blk_words(r);
        allow(r, text("bounds: the last words, format %d", f), load_weights(block, n, r->cfg.weight_depth - words, 0));
        n = good_block(r, f, &block);
        fail_block(r, text("bounds: words, format %d", f), block, n, r->cfg.weight_depth - words + 1, 0, LAC_ERR_BOUNDS, block, 0);
    }

    /* Column table. Lanes beyond the block's are ignored. */
    for (int f = 0; f < 2; f++) {
        n = good_block(r, f, &block);
        const uint64_t table = block + lb * (1 + lines(r, 2 * groups)), col1 = table + lb * lines(r, lanes);
        put(r, col1 + 3, f == CSC ? 7 : 4, 1);
        put(r, col1 + 2, f == CSC ? 6 : 5, 1);
        fail_block(r, text("count: remainder too large, format %d", f), block, n, 0, 0, LAC_ERR_BLOCK_COUNT, col1, 2);
        if (lanes > lb) {
            n = good_block(r, f, &block);
            put(r, table + lb + 1, 7, 1);
            put(r, col1, 7, 1);
            fail_block(r, text("count: in the second line of a column, format %d", f), block, n, 0, 0, LAC_ERR_BLOCK_COUNT, table + lb, lb + 1);
        }
    }
    blk_begin(CSC, 0, 3, 1);
    blk_add(0, 1, 1);
    n = blk_put(r, &block);
    put(r, block + lb * (1 + lines(r, 2 * ((3 + b - 1) / b))) + 3, 0xFF, 1);
    allow(r, "count: bytes of lanes beyond the block's are ignored", load_weights(block, n, 0, 0));

    /* Slices longer than the words: lane 1's by one entry; lane 3's more. */
    for (int f = 0; f < 2; f++) {
        n = good_block(r, f, &block);
        const uint64_t table = block + lb * (1 + lines(r, 2 * groups)), col1 = table + lb * lines(r, lanes);
        const uint32_t room = 2u * (f == CSC ? 6 : 4), e = f == CSC ? 6 : 4;  /* both are given two words */
        put(r, col1 + 1, (room - 2) / e << 3 | (room - 2) % e, 1);
        put(r, col1 + 3, 31 << 3, 1);
        fail_block(r, text("table: slices beyond the words, format %d", f), block, n, 0, 0, LAC_ERR_BLOCK_TABLE, block, 1);
        n = good_block(r, f, &block);
        put(r, table + 1 + (block - block), (room - 4) / e << 3 | (room - 4) % e, 1);
        allow(r, text("table: slices that just fit, format %d", f), load_weights(block, n, 0, 0));
    }
    n = good_block(r, NM, &block);  /* 2 columns of 4 entries in two words: 13 do not fit */
    put(r, block, get(r, block, 8) & ~(UINT64_C(7) << 5), 8);
    put(r, block, get(r, block, 8) | UINT64_C(1) << 32 | UINT64_C(1) << 5, 8);
    fail_block(r, "table: N:4 slices beyond the words", block, n, 0, 0, LAC_ERR_BLOCK_TABLE, block, 0);
    n = good_block(r, NM, &block);
    put(r, block, get(r, block, 8) & ~(UINT64_C(7) << 5), 8);
    put(r, block, get(r, block, 8) | UINT64_C(1) << 32, 8);
    allow(r, "table: N:4 slices that just fit", load_weights(block, n, 0, 0));

    /* Faults take their place in the order of lines. */
    n = good_block(r, CSC, &block);
    {
        const uint64_t list = block + lb, table = list + lb * lines(r, 2 * groups), words = table + 2 * lb * lines(r, lanes);
        put(r, table, 7, 1);
        lac_model_fault(r->m, LAC_FAULT_SLVERR, 1, 0, words, words);
        fail_block(r, "order: a bad count before a bus error", block, n, 0, 0, LAC_ERR_BLOCK_COUNT, table, 0);
        n = good_block(r, CSC, &block);
        put(r, table, 7, 1);
        lac_model_fault(r->m, LAC_FAULT_SLVERR, 1, 0, table, table);
        fail_block(r, "order: a bus error in the line of the bad count", block, n, 0, 0, LAC_ERR_BUS_SLVERR, table, 0);
        n = good_block(r, CSC, &block);
        lac_model_fault(r->m, LAC_FAULT_DECERR, 1, 0, list + 3, list + 3);
        fail_block(r, "order: a bus error in the group list before the length", block, n - 1, 0, 0, LAC_ERR_BUS_DECERR, list, 0);
        n = good_block(r, CSC, &block);
        put(r, table, 31 << 3, 1);
        const uint64_t last = block + lb * n - r->cfg.data_w / 8;
        lac_model_fault(r->m, LAC_FAULT_SLVERR, 1, 0, last, last);
        fail_block(r, "order: a bus error in the last beat before the table", block, n, 0, 0, LAC_ERR_BUS_SLVERR, last, 0);
    }
}

/* Three columns on all lanes: one entry of a lane, none, two. */
static uint32_t good_columns(rig *r, int format, uint64_t *block)
{
    blk_begin(format, 0, (int)r->cfg.lanes, 3);
    for (int c = 0; c < 3; c += 2)
        for (int l = 0; l < blk.lanes; l++)
            for (int i = 0; i <= c / 2; i++) blk_add(c, l, 1);
    return cols_put(r, block);
}

static command columns_of(const rig *r, uint64_t block, uint32_t n)
{
    command c = load_columns(block, n, 0, 0, (unsigned)blk.cols, r->cfg.lanes);
    SET(c, LOAD_COLUMNS, FORMAT, blk.format);
    return c;
}

static void fail_columns(rig *r, const char *name, command c, uint32_t code, uint64_t addr, uint32_t index)
{
    behind_good(r, c);
    expect(r, name, code, LAC_UNIT_LOAD, 1, TAG(1), addr, index);
}

static void test_column_errors(rig *r)
{
    const uint32_t lanes = r->cfg.lanes, lb = r->lb, table = lines(r, lanes), wide = lines(r, 5 * lb + 2);
    const uint32_t octets = (lanes + 7) / 8, positions = lb / 8, lane = 8 * positions;  /* lane: the first one of an octet behind another, if any */
    uint64_t block, first, last;
    uint32_t n;
    command  c;

    for (int f = 0; f < 2; f++) {
        const uint32_t e = f == CSC ? 6 : 4;
#define GOOD() (n = good_columns(r, f, &block), first = cols_at(r, block, 0), last = cols_at(r, block, 2), c = columns_of(r, block, n))
#define NAME(name) text("columns: " name ", %s", f == CSC ? "csc" : "csc8")
#define BYTES(v) ((v) / e << 3 | (v) % e)
        GOOD();
        put(r, block + 3, UINT64_C(0xFFFFFFFFFF), 5);
        for (uint32_t l = lanes; l < table * lb; l++) put(r, first + l, 0xFF, 1), put(r, last + l, 0, 1);
        allow(r, NAME("bytes behind the columns and the lanes are ignored"), c);

        /* Lengths. */
        GOOD();
        fail_columns(r, NAME("one line short"), columns_of(r, block, n - 1), LAC_ERR_BLOCK_LENGTH, block, n);
        GOOD();
        fail_columns(r, NAME("one line over"), columns_of(r, block, n + 1), LAC_ERR_BLOCK_LENGTH, block, n);
        GOOD();
        fail_columns(r, NAME("the index alone"), columns_of(r, block, 1), LAC_ERR_BLOCK_LENGTH, block, n);
        if (5 * lb + 2 <= r->cfg.col_depth) {
            GOOD();
            SET(c, LOAD_COLUMNS, COLUMNS, 5 * lb + 2);
            SET(c, LOAD_COLUMNS, LINES, wide - 1);
            lac_model_fault(r->m, LAC_FAULT_SLVERR, 1, 0, block, block);
            fail_columns(r, NAME("less than the index, nothing is read"), c, LAC_ERR_BLOCK_LENGTH, block, wide);
        }
        GOOD();
        lac_model_fault(r->m, LAC_FAULT_DECERR, 1, 0, block, block);
        SET(c, LOAD_COLUMNS, LINES, n - 1);
        fail_columns(r, NAME("a bus error in the index before the length"), c, LAC_ERR_BUS_DECERR, block, 0);
        if (table > 1) {
            GOOD();
            put(r, block + 2, table - 1, 1);
            fail_columns(r, NAME("an index below the table, before the length"), c, LAC_ERR_BLOCK_HEADER, block, 0);
            GOOD();
            c = columns_of(r, block, n);
            SET(c, LOAD_COLUMNS, NEEDED, 1);
            put(r, block + 2, table - 1, 1);
            fail_columns(r, NAME("an index below the table of a column that is not needed"), c, LAC_ERR_BLOCK_HEADER, block, 0);
        }

        /* Counts. */
        GOOD();
        put(r, last + 1, 1 << 3 | e, 1);
        fail_columns(r, NAME("a remainder too large"), c, LAC_ERR_BLOCK_COUNT, last, 1);
        GOOD();
        put(r, last + 2, BYTES(3u), 1);
        fail_columns(r, NAME("counts that descend"), c, LAC_ERR_BLOCK_COUNT, last, 2);
        GOOD();
        put(r, first + lanes - 1, 0, 1);
        fail_columns(r, NAME("counts that descend to the last lane"), c, LAC_ERR_BLOCK_COUNT, first + (lanes - 1) / lb * lb, lanes - 1);
        GOOD();
        put(r, first, BYTES(100u), 1);
        put(r, first + 3, 6, 1);
        fail_columns(r, NAME("a bad count before an octet too long in the same line"), c, LAC_ERR_BLOCK_COUNT, first, 1);
        GOOD();
        for (unsigned l = 0; l < 8 && l < lanes; l++) put(r, first + l, BYTES(100u), 1);
        if (table > 1) put(r, first + lb, 7, 1);
        put(r, last, 7, 1);
        fail_columns(r, NAME("an octet too long before a bad count in a later line"), c, LAC_ERR_BLOCK_TABLE, first, 0);
        GOOD();
        put(r, first, 7, 1);
        SET(c, LOAD_COLUMNS, NEEDED, 1);
        allow(r, NAME("the table of a column that is not needed is not looked at"), c);

        /* Tables: the last byte of an octet up to all of its words' entries and one more; a column without words; the second octet of a position. */
        for (int over = 0; over < 2; over++) {
            GOOD();
            const uint32_t words = (uint32_t)get(r, block + 2, 1) - table, octet = octets > positions ? positions : octets - 1;
            const uint32_t before = octet >= positions ? 16 : 0;  /* entries of octet 0 */
            const uint32_t end = octet == octets - 1 ? lanes - 1 : 8 * octet + 7;
            for (uint32_t l = end; l < 8 * octet + 8 && l < lanes; l++) put(r, last + l, BYTES(words * e - before + (unsigned)over), 1);
            if (!over) allow(r, NAME("an octet of all words"), c);
            else fail_columns(r, NAME("an octet of one entry more"), c, LAC_ERR_BLOCK_TABLE, last + end / lb * lb, end);
        }
        for (int entries = 0; entries < 2; entries++) {
            blk_begin(f, 0, (int)lanes, 1);
            blk_add(0, 0, 1);
            n = cols_put(r, &block);
            put(r, block, table, 1);
            first = cols_at(r, block, 0);
            for (unsigned l = 0; l < lanes; l++) put(r, first + l, l >= 3 && l < 8 ? (unsigned)entries : 0, 1);
            if (!entries) allow(r, NAME("a column without words and entries"), columns_of(r, block, n - 1));
            else fail_columns(r, NAME("entries without words"), columns_of(r, block, n - 1), LAC_ERR_BLOCK_TABLE, first, 3);
        }
        if (octets > positions) {
            GOOD();  /* octet 0 takes all words, so lane `lane` finds none left */
            const uint32_t words = (uint32_t)get(r, block, 1) - table;
            put(r, first + 7, BYTES(words * e), 1);
            fail_columns(r, NAME("an octet behind one that takes all"), c, LAC_ERR_BLOCK_TABLE, first + lane / lb * lb, lane);
        }

        /* Bus errors in their place. */
        GOOD();
        put(r, last, 7, 1);
        lac_model_fault(r->m, LAC_FAULT_SLVERR, 1, 0, last - 1, last - 1);
        fail_columns(r, NAME("a bus error in the words before a bad count"), c, LAC_ERR_BUS_SLVERR, last - r->cfg.data_w / 8, 0);
        GOOD();
        put(r, first, 7, 1);
        lac_model_fault(r->m, LAC_FAULT_SLVERR, 1, 0, first + lb * table, first + lb * table);
        fail_columns(r, NAME("a bad count before a bus error in the words"), c, LAC_ERR_BLOCK_COUNT, first, 0);
        GOOD();
        put(r, first, 7, 1);
        lac_model_fault(r->m, LAC_FAULT_SLVERR, 1, 0, first, first);
        fail_columns(r, NAME("a bus error in the line of a bad count"), c, LAC_ERR_BUS_SLVERR, first, 0);
        GOOD();
        SET(c, LOAD_COLUMNS, NEEDED, 1);
        lac_model_fault(r->m, LAC_FAULT_SLVERR, 1, 0, first, block + n * lb - 1);
        allow(r, NAME("columns that are not needed are not read"), c);
        lac_model_bus_reset(r->m);

        /* The weight RAM: lane 1 has a word of each of three columns, lane 3 of two. */
        for (int i = 0; i < 4; i++) {
            blk_begin(f, 0, (int)lanes, 3);
            for (int k = 0; k < 3; k++) blk_add(k, 1, 1);
            for (int k = 0; k < 2; k++) blk_add(k, 3, 1);
            n = cols_put(r, &block);
            c = columns_of(r, block, n);
            SET(c, LOAD_COLUMNS, WORD_BASE, r->cfg.weight_depth - (i == 0 ? 3 : i == 3 ? 1 : 2));
            const uint64_t end = block + n * lb - 1;
            if (i == 2) lac_model_fault(r->m, LAC_FAULT_SLVERR, 1, 0, end, end);
            if (i == 0) allow(r, NAME("the last words"), c);
            else if (i == 2)
                fail_columns(r, NAME("a bus error at the end before too many words"), c, LAC_ERR_BUS_SLVERR, end + 1 - r->cfg.data_w / 8, 0);
            else fail_columns(r, i == 1 ? NAME("one word too many") : NAME("two words too many"), c, LAC_ERR_BOUNDS, block, 1);
        }
        blk_begin(f, 0, (int)lanes, 2);
        blk_add(0, 3, 1), blk_add(1, 3, 1), blk_add(0, 2, 1), blk_add(1, 2, 1);
        n = cols_put(r, &block);
        c = columns_of(r, block, n);
        SET(c, LOAD_COLUMNS, WORD_BASE, r->cfg.weight_depth - 1);
        fail_columns(r, NAME("too many words of two lanes"), c, LAC_ERR_BOUNDS, block, 2);
#undef GOOD
#undef NAME
#undef BYTES
    }
}

static void test_row_errors(rig *r)
{
    static const char *NAME[3] = {"csc", "csc8", "N:4"};
    static const int8_t X[4] = {1, 1, 0, 1};
    for (int f = 0; f < 3; f++) {
        /* Point 1 of 2 (base 3 + 2), lane 2: entries in rows 0, 1 and 2, of which ROWS = 2 allows two; then lane 3 worse. */
        blk_begin(f, f == NM ? 1 : 0, 4, 1);
        for (int l = 0; l < 4; l++)
            for (int i = 0; i < (f == NM ? 3 : l < 2 ? 2 : 3); i++) blk_add(0, l, f == NM ? 1 : f == CSC ? 1 | (l == 3) << 4 : 1 | (l == 3) << 8);
        push_block(r, X, 4);
        command e = exec(0, 0, 1, 1, 2, f, f == NM ? 1 : 0, INT8, 0);
        SET(e, EXEC, ACC_BASE, 3);
        push(r, with_tag(e, TAG(7)));
        go(r);
        const uint32_t lane = f == NM ? 0 : 2, macs = f == NM ? 8 : 2 + 2 + 2 + 1;
        check(RD(CNT_MACS_LO) == macs, text("%s: rows in error are not counted, %s", r->cfg.name, NAME[f]), "%u of %u", RD(CNT_MACS_LO), macs);
        expect(r, text("row: %s", NAME[f]), LAC_ERR_BLOCK_ROW, LAC_UNIT_EXEC, 3, TAG(7), 0, lane | 3u << 16);

        /* Bad only in the second point. */
        blk_begin(f, f == NM ? 1 : 0, 2, f == NM ? 1 : 4);
        const int col = f == NM ? 0 : 3;
        for (int i = 0; i < 3; i++) blk_add(col, 1, 1);
        if (f == NM)
            for (int i = 0; i < 3; i++) blk_add(0, 0, 1);
        if (f == NM) blk.count[0][0] = 3;
        push_block(r, X, 4);
        r->tail--;
        const uint64_t x = take(r, 192);
        put(r, x, f == NM ? 0 : 1, 4);
        put(r, x + 64, 0x01000000, 4);
        push(r, load_features(x, 64, 2, 4, 0, INT8, 0, 0));
        e = exec(0, 1, 2, f == NM ? 1 : 4, 2, f, f == NM ? 1 : 0, INT8, 0);
        SET(e, EXEC, ACC_BASE, 3);
        push(r, e);
        go(r);
        expect(r, text("row: second point, %s", NAME[f]), LAC_ERR_BLOCK_ROW, LAC_UNIT_EXEC, 3, TAG(99), 0, (f == NM ? 0u : 1u) | 5u << 16);
    }
    /* Padding counts as an entry. */
    blk_begin(CSC, 0, 1, 1);
    blk_add(0, 0, 2 << 4);
    push_block(r, X, 1);
    push(r, exec(0, 0, 1, 1, 2, CSC, 0, INT8, 0));
    go(r);
    expect(r, "row: padding", LAC_ERR_BLOCK_ROW, LAC_UNIT_EXEC, 3, TAG(99), 0, 0);
}

static void test_list_errors(rig *r)
{
    static const struct { const char *name; int type; uint32_t count, second, entry[3]; int bad; } CASE[] = {
        {"list: count above the channels", INT8, 11, 0, {0, 1, 2}, -1},
        {"list: second word", INT8, 1, 1, {0, 0, 0}, -1},
        {"list: index at the channels", INT8, 3, 0, {0x00010000, 0x00010009, 0x0001000A}, 2},
        {"list: index repeated", INT8, 3, 0, {0x00010001, 0x00010005, 0x00010005}, 2},
        {"list: index descends", INT8, 2, 0, {0x00010005, 0x00010004, 0}, 1},
        {"list: int8 value 128", INT8, 2, 0, {0x007F0000, 0x00800001, 0}, 1},
        {"list: int8 value -129", INT8, 2, 0, {0xFF800000, 0xFF7F0001, 0}, 1},
        {"list: uint8 value -1", UINT8, 1, 0, {0xFFFF0000, 0, 0}, 0},
        {"list: uint8 value 256", UINT8, 2, 0, {0x00FF0000, 0x01000001, 0}, 1},
    };
    for (size_t i = 0; i < sizeof CASE / sizeof CASE[0]; i++) {
        const uint64_t at = take(r, 1024), bad = at + 128;  /* point 1 */
        put(r, at, 0, 8);
        put(r, bad, CASE[i].count, 4);
        put(r, bad + 4, CASE[i].second, 4);
        for (unsigned k = 0; k < 3; k++) put(r, bad + 64 + 4 * k, CASE[i].entry[k], 4);
        behind_good(r, load_features(at, 128, 2, 10, 0, CASE[i].type, 1, 0));
        const uint64_t entry = bad + 64 + 4u * (unsigned)(CASE[i].bad < 0 ? 0 : CASE[i].bad);
        expect(r, CASE[i].name, LAC_ERR_LIST, LAC_UNIT_LOAD, 1, TAG(1), CASE[i].bad < 0 ? bad : entry - (entry - bad) % r->lb,
               (uint32_t)CASE[i].bad);
    }
    const uint64_t at = take(r, 1024);
    put(r, at, 10, 8);
    for (unsigned k = 0; k < 10; k++) put(r, at + 64 + 4 * k, k | 0x8000u << 16, 4);
    allow(r, "list: all channels, int16 value -32768", load_features(at, 0, 1, 10, 0, INT16, 1, 0));
}

static void test_param_errors(rig *r)
{
    static const struct { const char *name; unsigned byte, value; int bytes; } CASE[] = {
        {"parameters: multiplier 2^31", 7, 0x80, 1}, {"parameters: shift 0", 8, 0, 1}, {"parameters: shift 63", 8, 63, 1},
        {"parameters: lane", 9, 0, 1}, {"parameters: reserved byte 10", 10, 1, 1}, {"parameters: reserved byte 15", 15, 0x80, 1},
    };
    for (size_t i = 0; i < sizeof CASE / sizeof CASE[0]; i++) {
        const uint64_t at = put_params(r, 8), bad = at + 16 * 5 + CASE[i].byte;
        put(r, bad, CASE[i].byte == 9 ? r->cfg.lanes : CASE[i].value, 1);
        put(r, at + 16 * 6 + 8, 0, 1);
        behind_good(r, load_params(at, 8, r->cfg.store_w));
        expect(r, CASE[i].name, LAC_ERR_PARAM, LAC_UNIT_LOAD, 1, TAG(1), bad - (bad - at) % r->lb, 5);
    }
    const uint64_t at = put_params(r, 8);
    put(r, at + 7, 0x7F, 1);
    put(r, at + 8, 62, 1);
    put(r, at + 9, r->cfg.lanes - 1, 1);
    allow(r, "parameters: the largest", load_params(at, 8, 0));
}

/* ---- Errors: the bus ---------------------------------------------------------------------------------------------------------------- */

static void test_bus_errors(rig *r)
{
    static const struct { lac_fault_kind kind; uint32_t code; const char *name; } KIND[2] = {
        {LAC_FAULT_SLVERR, LAC_ERR_BUS_SLVERR, "SLVERR"}, {LAC_FAULT_DECERR, LAC_ERR_BUS_DECERR, "DECERR"},
    };
    const uint32_t beat = r->cfg.data_w / 8, lb = r->lb;
    const uint64_t y = BASE + 0x20000;

    for (int k = 0; k < 2; k++) {
        /* Commands: the third of three; only the first two are done. */
        for (int i = 0; i < 2; i++) push(r, load_codebook(BASE + 0x8000, 0));
        const uint64_t third = slot(r);
        push(r, load_codebook(BASE + 0x8000, 0));
        lac_model_fault(r->m, KIND[k].kind, 1, 0, third + 20, third + 20);
        go(r);
        expect(r, text("%s: reading a command", KIND[k].name), KIND[k].code, LAC_UNIT_CMD, 2, 0, third + 20 - 20 % beat, 0);

        /* Features: the fault is in the last line's second half: at 32 bits its own beat. */
        const uint64_t x = take(r, 4096);
        lac_model_fault(r->m, KIND[k].kind, 1, 0, x + 3 * 256 + lb + 5, x + 3 * 256 + lb + 6);
        behind_good(r, load_features(x, 256, 4, 2 * lb, 0, INT8, 0, 0));
        const uint64_t at = x + 3 * 256 + lb + 5;
        expect(r, text("%s: reading features", KIND[k].name), KIND[k].code, LAC_UNIT_LOAD, 1, TAG(1), at - (at - x) % beat, 0);

        /* Writes: int8 rows of one point, in bursts. A fault in the last byte of the second burst. */
        const uint32_t burst = r->cfg.burst * beat, channels = r->cfg.param_depth < 600 ? r->cfg.param_depth : 600;
        uint32_t bytes = channels * 8, second = burst < 4096 ? burst : 4096;
        if (bytes > second) {
            uint32_t end = 2 * burst < lines(r, bytes) * lb ? 2 * burst : lines(r, bytes) * lb;
            if (end > 4096) end = 4096;
            if (end > second) {
                const uint64_t params = put_params(r, channels);
                push(r, load_params(params, channels, 0));
                lac_model_fault(r->m, KIND[k].kind, 0, 1, y + end - 1, y + end - 1);
                push(r, with_tag(store_raw(r, y, channels), TAG(1)));
                go(r);
                expect(r, text("%s: second burst of a row", KIND[k].name), KIND[k].code, LAC_UNIT_STORE, 1, TAG(1), y + second, 0);
            }
        }
    }

    /* A row that crosses 4096: the burst behind the boundary begins there. Two rows; the fault hits the second. */
    const uint64_t near = y + 4096 - 64;
    const uint32_t channels = r->cfg.param_depth < 24 ? r->cfg.param_depth : 24;  /* 192 bytes raw */
    push(r, load_params(put_params(r, channels), channels, 0));
    lac_model_fault(r->m, LAC_FAULT_SLVERR, 0, 1, y + 4096 + 3, y + 4096 + 3);
    push(r, store_raw(r, near, channels));
    go(r);
    expect(r, "SLVERR: bursts end at 4096", LAC_ERR_BUS_SLVERR, LAC_UNIT_STORE, 1, TAG(99), y + 4096, 0);

    /* Reads and writes are apart. */
    lac_model_fault(r->m, LAC_FAULT_SLVERR, 1, 0, y, y + 4095);
    allow(r, "a fault of reads does not touch writes", store(r, y, 0, 1, 1, INT8, 0, 0, -128, 127));
    lac_model_bus_reset(r->m);
    lac_model_fault(r->m, LAC_FAULT_SLVERR, 0, 1, y, y + 4095);
    allow(r, "a fault of writes does not touch reads", load_codebook(y, 0));
    lac_model_bus_reset(r->m);

    /* Lists: entries first, the header last. */
    {
        static const int8_t X[1] = {1};
        for (int i = 0; i < 2; i++) {
            blk_begin(CSC8, 0, 4, 1);
            for (int l = 0; l < 4; l++) blk_add(0, l, 3);
            push_block(r, X, 1);
            push(r, load_params(put_params(r, 4), 4, 0));
            push(r, exec(0, 0, 1, 1, 1, CSC8, 0, INT8, 0));
            lac_model_fault(r->m, LAC_FAULT_SLVERR, 0, 1, y, y);
            if (i == 1) lac_model_fault(r->m, LAC_FAULT_DECERR, 0, 1, y + 64 + 15, y + 64 + 15);
            push(r, store(r, y, 0, 1, 4, INT8, 1, 0, -128, 127));
            go(r);
            if (i == 0) {
                check(get(r, y + 64 + 12, 4) == (3u | 2u << 16), text("%s: entries are written before the header", r->cfg.name), "%llx",
                      (unsigned long long)get(r, y + 64 + 12, 4));
                expect(r, "SLVERR: header of a list", LAC_ERR_BUS_SLVERR, LAC_UNIT_STORE, 5, TAG(99), y, 0);
            } else
                expect(r, "DECERR: entries of a list come first", LAC_ERR_BUS_DECERR, LAC_UNIT_STORE, 5, TAG(99), y + 64 + (lb == 8 ? 8 : 0), 0);
        }
    }

    /* Beyond the memory. */
    window(r, 0, BASE, BASE + 2 * MEM);
    window(r, 1, BASE, BASE + 2 * MEM);
    const uint64_t end = BASE + MEM;
    behind_good(r, load_features(end - 64, 0, 1, 64 + lb, 0, INT8, 0, 0));
    expect(r, "DECERR: reading beyond the memory", LAC_ERR_BUS_DECERR, LAC_UNIT_LOAD, 1, TAG(1), end, 0);
    window(r, 1, BASE, BASE + 2 * MEM);
    behind_good(r, store(r, end, 0, 1, 1, INT8, 0, 0, -128, 127));
    expect(r, "DECERR: writing beyond the memory", LAC_ERR_BUS_DECERR, LAC_UNIT_STORE, 1, TAG(1), end, 0);

    /* The lowest failing command wins, later ones do not write. */
    lac_model_fault(r->m, LAC_FAULT_SLVERR, 1, 0, BASE + 0x8000, BASE + 0x8000);
    push(r, load_codebook(BASE + 0x9000, 0));
    push(r, with_tag(load_codebook(BASE + 0x8000, 0), TAG(1)));
    push(r, new_command(0));
    push(r, store(r, y, 0, 1, 1, INT8, 0, 0, -128, 127));
    go(r);
    check(get(r, y, 1) == 0xA5, text("%s: no STORE behind the failing command writes", r->cfg.name), "%llx", (unsigned long long)get(r, y, 1));
    expect(r, "the lowest failing command", LAC_ERR_BUS_SLVERR, LAC_UNIT_LOAD, 1, TAG(1), BASE + 0x8000, 0);

    int n = 0;
    while (n < 20 && !lac_model_fault(r->m, LAC_FAULT_SLVERR, 1, 1, 0, 0)) n++;
    check(n == 16, text("%s: sixteen faults", r->cfg.name), "%d", n);
    lac_model_bus_reset(r->m);
}

static void test_stall(rig *r)
{
    const uint64_t x = BASE + 0x8000;
    for (int write = 0; write < 2; write++) {
        const command c = write ? store(r, x, 0, 1, 1, INT8, 0, 0, -128, 127) : load_codebook(x, 0);
        lac_model_fault(r->m, LAC_FAULT_STALL, !write, write, x, x);
        push(r, c);
        go(r);
        const int stuck = RD(STATUS) == (LAC_STATUS_ERROR | LAC_STATUS_STUCK)
                       && RD(ERR_CODE) == (LAC_ERR_BUS_TIMEOUT | (write ? 0x300u : 0x100u)) && RD(ERR_ADDR_LO) == (uint32_t)x
                       && RD(ERR_CMD) == 0 && RD(ERR_TAG) == TAG(99) && RD(ERR_INDEX) == 0;
        WR(CTRL, 1);
        const int waits = RD(STATUS) & LAC_STATUS_RESET && RD(STATUS) & LAC_STATUS_STUCK && RD(STATUS) & LAC_STATUS_RESET;
        WR(TAIL, 0);
        lac_model_bus_reset(r->m);
        const int done = RD(STATUS) == 0 && RD(ERR_CODE) == 0;
        uint64_t y;
        fresh(r);
        check(stuck && waits && done && !run_example(r, CSC, &y), text("%s: %s that are never answered", r->cfg.name, write ? "writes" : "reads"),
              "stuck %d, reset waits %d, bus reset ends it %d", stuck, waits, done);
        fresh(r);
    }
    /* No watchdog, no error: the machine waits, and says so. */
    WR(WATCHDOG, 0);
    lac_model_fault(r->m, LAC_FAULT_STALL, 1, 0, BASE, BASE);
    push(r, load_codebook(x, 0));
    go(r);
    const int waits = RD(STATUS) == LAC_STATUS_BUSY && !RD(ERR_CODE) && !RD(IRQ_STATUS);
    WR(CTRL, 1);
    const int resets = RD(STATUS) & LAC_STATUS_RESET;
    lac_model_bus_reset(r->m);
    check(waits && resets && RD(STATUS) == 0, text("%s: without a watchdog it waits for ever", r->cfg.name), "STATUS %x", RD(STATUS));
    fresh(r);
}

/* ---- Anything at all ------------------------------------------------------------------------------------------------------------------ */

/* A good job of any format, or of a column block, with up to eight bits flipped anywhere in its commands and operands: the machine ends idle, with a code that is
 * listed or none, has written only inside the write window, and does the next job. The sanitizers watch the rest. */
static void test_flipped_bits(rig *r)
{
    static uint8_t before[MEM];
    lac_rng  g = {seed * 7919 + r->cfg.lanes};
    int      bad = 0, refused = 0;
    uint64_t y;

    for (int i = 0; i < 300; i++) {
        /* Run it once, so that everything stands in memory; then again with the flips. The write window holds the results only. */
        bad += run_example(r, i % 4, &y) != 0;
        const uint32_t used = (uint32_t)(r->next - BASE), commands = 6 * 64;
        WR(CTRL, 1);
        window(r, 1, y, y + 64);
        for (uint32_t n = 1 + rng_below(&g, 8); n > 0; n--)
            r->mem[rng_below(&g, rng_chance(&g, 128) ? commands : used)] ^= (uint8_t)(1u << rng_below(&g, 8));
        memcpy(before, r->mem, MEM);
        WR(TAIL, 6);
        const uint32_t status = RD(STATUS), code = RD(ERR_CODE) & 0xff;
        memcpy(before + (y - BASE), r->mem + (y - BASE), 64);
        bad += (status != 0 && status != LAC_STATUS_ERROR) || (status != 0) != (code != 0) || code >= LAC_ERR_END
            || memcmp(before, r->mem, MEM) != 0;
        refused += status != 0;
        fresh(r);
        bad += run_example(r, (i + 1) % 3, &y) != 0;
        fresh(r);
    }
    check(!bad && refused > 30 && refused < 300, text("%s: 300 jobs with flipped bits", r->cfg.name), "%d wrong, %d refused", bad, refused);
}

int main(void)
{
    static const char *NAME[4] = {"l8", "odd", "w512", "l4"};  /* the big one has nothing to add */
    char path[64], msg[256];

    if (getenv("SEED")) seed = strtoull(getenv("SEED"), NULL, 0);
    for (int i = 0; i < 4; i++) {
        lac_config cfg;
        snprintf(path, sizeof path, "configs/%s.cfg", NAME[i]);
        if (!check(!lac_config_read(path, &cfg, msg, sizeof msg), path, "%s", msg)) continue;
        rig *r = open_rig(&cfg);
        test_ring_errors(r);
        test_command_errors(r);
        test_tokens(r);
        test_block_errors(r);
        test_column_errors(r);
        test_row_errors(r);
        test_list_errors(r);
        test_param_errors(r);
        test_bus_errors(r);
        test_stall(r);
        test_flipped_bits(r);
        close_rig(r);
    }
    return failures != 0;
}
