/* SPDX-License-Identifier: Apache-2.0
 *
 * test_model.c - the golden model against docs/formats.md and docs/numerics.md (errors: test_model_errors.c)
 *
 *   Images     blocks, lists, parameters and commands are packed by hand or by model_rig.c, from the documents
 *   Expected   written out by hand, or from naive.c, which shares nothing with the model
 *   Memory     after each random layer all of it is compared: what must be written is, and nothing else
 *   SEED       of the random layers and numbers; one line a batch of 25 layers */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_rig.h"
#include "naive.h"
#include "ports/port_model.h"
#include "rng.h"

/* ---- Configuration files ------------------------------------------------------------------------------------------ */

static void test_config(void)
{
    static const char *GOOD = "# four lanes\nLANES=4\nDATA_W=64\nADDR_W=32\n\nSTORE_W = 2 # two\nWEIGHT_DEPTH=16\nCOL_DEPTH=8\nACC_DEPTH=8\n"
                              "FEAT_DEPTH=64\nPARAM_DEPTH=8\nFIFO_DEPTH=4\nBURST=4\n";
    static const struct { const char *name, *from, *to, *want; } BAD[] = {
        {"three lanes", "LANES=4", "LANES=3", ":2:"},
        {"257 lanes", "LANES=4", "LANES=257", ":2:"},
        {"a number with a letter", "LANES=4", "LANES=4x", ":2:"},
        {"no number", "LANES=4", "LANES=", ":2:"},
        {"a line without =", "LANES=4", "LANES", ":2:"},
        {"a negative number", "LANES=4", "LANES=-4", ":2:"},
        {"a key twice", "LANES=4", "LANES=6\nSTORE_W=4", ":7:"},
        {"DATA_W 96", "DATA_W=64", "DATA_W=96", ":3:"},
        {"ADDR_W 49", "ADDR_W=32", "ADDR_W=49", ":4:"},
        {"ADDR_W 23", "ADDR_W=32", "ADDR_W=23", ":4:"},
        {"STORE_W 3", "STORE_W = 2", "STORE_W=3", ":6:"},
        {"STORE_W that does not divide LANES", "LANES=4", "LANES=5", ":6:"},
        {"BURST 257", "BURST=4", "BURST=257", ":13:"},
        {"a missing key", "BURST=4\n", "", "BURST is missing"},
        {"an unknown key", "BURST=4", "BURTS=4", ":13:"},
        {"a key twice, far away", "BURST=4", "BURST=4\nLANES=4", ":14:"},
        {"FEAT_DEPTH 40", "FEAT_DEPTH=64", "FEAT_DEPTH=40", ":10:"},
        {"ACC_DEPTH 0", "ACC_DEPTH=8", "ACC_DEPTH=0", ":9:"},
        {"PARAM_DEPTH 9", "PARAM_DEPTH=8", "PARAM_DEPTH=9", ":11:"},
        {"FLIGHT 1", "BURST=4", "BURST=4\nFLIGHT=1", ":14:"},
        {"FLIGHT 65", "BURST=4", "BURST=4\nFLIGHT=65", ":14:"},
        {"CLOCK_GATE 2", "BURST=4", "BURST=4\nCLOCK_GATE=2", ":14:"},
        {"FLIGHT twice", "BURST=4", "FLIGHT=2\nBURST=4\nFLIGHT=2", ":15:"},
        {"STORE_W 16", "LANES=4\nDATA_W=64\nADDR_W=32\n\nSTORE_W = 2", "LANES=16\nDATA_W=64\nADDR_W=32\n\nSTORE_W = 16", ":6:"},
    };
    const char *b = getenv("B") ? getenv("B") : "build";
    char path[256], err[256], file[1024];
    lac_config cfg;

    snprintf(path, sizeof path, "%s/tests/test_model.cfg", b);
    for (int i = -2; i < (int)(sizeof BAD / sizeof BAD[0]); i++) {
        strcpy(file, GOOD);
        if (i == -2) strcat(file, "FLIGHT=64\nCLOCK_GATE=1\n");
        if (i >= 0) {
            const char *at = strstr(GOOD, BAD[i].from);
            file[at - GOOD] = '\0';
            strcat(file, BAD[i].to);
            strcat(file, at + strlen(BAD[i].from));
        }
        FILE *f = fopen(path, "w");
        if (!f || fputs(file, f) < 0 || fclose(f)) {
            check(0, "configuration files", "cannot write %s", path);
            return;
        }
        err[0] = '\0';
        const int status = lac_config_read(path, &cfg, err, sizeof err);
        if (i < 0)
            check(status == 0 && !strcmp(cfg.name, "test_model") && cfg.lanes == 4 && cfg.data_w == 64 && cfg.addr_w == 32
                      && cfg.store_w == 2 && cfg.weight_depth == 16 && cfg.col_depth == 8 && cfg.acc_depth == 8
                      && cfg.feat_depth == 64 && cfg.param_depth == 8 && cfg.fifo_depth == 4 && cfg.burst == 4
                      && cfg.flight == (i == -2 ? 64 : 8) && cfg.clock_gate == (i == -2),
                  i == -2 ? "config: a good file with FLIGHT and CLOCK_GATE" : "config: a good file", "status %d, %s", status, err);
        else
            check(status == -1 && strstr(err, BAD[i].want), text("config: refuses %s", BAD[i].name),
                  "expected '%s', got %d '%s'", BAD[i].want, status, err);
    }
    remove(path);
    check(lac_config_read("build/no such file", &cfg, err, sizeof err) == -1, "config: refuses a file that is not there", "read");
}

/* ---- Registers --------------------------------------------------------------------------------------------------- */

static void test_registers(rig *r)
{
    enum { RO, RW, W1, W1C };
    static const struct { const char *name; uint32_t off, reset; int access; } REGS[] = {
#define LAC_REG(name, off, acc, rst, doc) {#name, off, rst, acc},
#include "lac_regs.def"
#undef LAC_REG
    };
    const uint32_t caps[14] = {r->cfg.lanes, r->cfg.data_w, r->cfg.addr_w, r->cfg.store_w, r->cfg.weight_depth, r->cfg.col_depth,
                               r->cfg.acc_depth, r->cfg.feat_depth, r->cfg.param_depth, r->cfg.fifo_depth, r->cfg.burst, 15 | r->cfg.windows << 4, r->cfg.flight,
                               r->cfg.map_ring ? r->cfg.map_ring | 0x055F0000 : 0};
    lac_model  *m   = lac_model_create(&r->cfg, r->mem, BASE, MEM);
    const char *bad = NULL;

    for (size_t i = 0; i < sizeof REGS / sizeof REGS[0]; i++) {
        const uint32_t off = REGS[i].off, want = off >= 0x10 && off < 0x48 ? caps[off / 4 - 4] : REGS[i].reset;
        if (lac_model_read32(m, off) != want) bad = REGS[i].name;
    }
    check(!bad, text("%s: registers after reset", r->cfg.name), "%s", bad);
    bad = NULL;
    for (size_t i = 0; i < sizeof REGS / sizeof REGS[0]; i++) {
        const uint32_t off = REGS[i].off, before = lac_model_read32(m, off);
        if (off == LAC_REG_TAIL || off == LAC_REG_CTRL) continue;
        lac_model_write32(m, off, 0x5A5A5A5Au);
        const uint32_t bits = off == LAC_REG_IRQ_ENABLE ? 7u : off == LAC_REG_COUNT_SELECT ? 0xFFFu : ~0u;  /* those there are */
        if (lac_model_read32(m, off) != (REGS[i].access == RW ? 0x5A5A5A5Au & bits : before)) bad = REGS[i].name;
        lac_model_write32(m, off, before);
    }
    check(!bad, text("%s: RW registers hold what is written, RO ones do not", r->cfg.name), "%s", bad);
    lac_model_write32(m, 0x200, 7);
    check(lac_model_read32(m, 0x200) == 0 && lac_model_read32(m, 0x008) == 0 && lac_model_read32(m, LAC_REG_CTRL) == 0,
          text("%s: no register, no value", r->cfg.name), "read something");
    lac_model_write32(m, LAC_REG_WATCHDOG, 77);
    lac_model_write32(m, LAC_REG_IRQ_ENABLE, 3);
    lac_model_write32(m, LAC_REG_RING_SIZE, 5);
    lac_model_write32(m, LAC_REG_CTRL, 1);
    check(lac_model_read32(m, LAC_REG_WATCHDOG) == 77 && lac_model_read32(m, LAC_REG_IRQ_ENABLE) == 3
              && lac_model_read32(m, LAC_REG_RING_SIZE) == 5,
          text("%s: soft reset keeps RW registers", r->cfg.name), "lost one");
    lac_model_destroy(m);
}

/* Interrupt, marks, counters, ring wrap, the doorbell without work. */
static void test_ring(rig *r)
{
    command a = load_codebook(BASE + 0x8000, 0), marked = a;
    SET(marked, ANY, MARK, 1);
    const uint32_t beats = 64 * 8 / r->cfg.data_w + lines(r, 32) * r->lb * 8 / r->cfg.data_w;  /* of one such command */

    WR(IRQ_ENABLE, LAC_IRQ_DONE);
    WR(TAIL, 0);
    check(!RD(IRQ_STATUS) && !lac_model_irq(r->m) && !RD(DONE), text("%s: a doorbell without work does nothing", r->cfg.name),
          "IRQ_STATUS %x", RD(IRQ_STATUS));
    push(r, a);
    push(r, a);
    go(r);
    check(RD(IRQ_STATUS) == LAC_IRQ_DONE && lac_model_irq(r->m) && RD(HEAD) == 2 && RD(TAIL) == 2 && RD(DONE) == 2 && !RD(MARKS)
              && RD(STATUS) == 0 && RD(CNT_RD_BEATS) == 2 * beats,
          text("%s: two commands", r->cfg.name), "IRQ_STATUS %x HEAD %u DONE %u beats %u", RD(IRQ_STATUS), RD(HEAD), RD(DONE),
          RD(CNT_RD_BEATS));
    WR(IRQ_ENABLE, LAC_IRQ_ERROR | LAC_IRQ_MARK);
    check(!lac_model_irq(r->m), text("%s: an interrupt that is not enabled", r->cfg.name), "the line is high");
    WR(IRQ_ENABLE, LAC_IRQ_DONE);
    WR(IRQ_STATUS, LAC_IRQ_ERROR);
    const int still = lac_model_irq(r->m);
    WR(IRQ_STATUS, LAC_IRQ_DONE);
    check(still && !lac_model_irq(r->m) && !RD(IRQ_STATUS), text("%s: IRQ_STATUS is cleared by ones", r->cfg.name), "irq %d", still);
    for (int i = 0; i < RING_SIZE - 1; i++) push(r, i % 5 == 0 ? marked : a);
    go(r);
    check(RD(HEAD) == 1 && RD(DONE) == RING_SIZE + 1 && RD(MARKS) == 5 && RD(IRQ_STATUS) == (LAC_IRQ_DONE | LAC_IRQ_MARK)
              && RD(CNT_RD_BEATS) == (RING_SIZE - 1) * beats,
          text("%s: a full ring wraps; marks are counted", r->cfg.name), "HEAD %u DONE %u MARKS %u", RD(HEAD), RD(DONE), RD(MARKS));
    fresh(r);
}

/* ---- The worked examples ---------------------------------------------------------------------------------------------- */

static void test_csr_example(rig *r)
{
    static const int     row_ptr[7] = {0, 1, 2, 4, 7, 9, 10}, col[10] = {2, 0, 2, 3, 0, 1, 2, 0, 3, 3};
    static const int32_t val[10] = {3, 7, 4, 8, 6, 5, 3, 2, 1, 8}, x[4] = {0, 0, 4, 8};
    static const char   *FORMAT[4] = {"csc", "csc8", "4:4", "needed columns"};
    static const uint32_t MACS[4] = {6, 6, 0, 6};
    int64_t  a[6], b[6];
    uint64_t y;
    const int64_t pa = naive_rows(a, EXAMPLE, x, 4, 6), pb = naive_nonzeros(b, row_ptr, col, val, x, 4, 6);

    check(!memcmp(a, EXAMPLE_Y, sizeof a) && !memcmp(b, EXAMPLE_Y, sizeof b) && pa == 10 && pb == 6,
          text("%s: CSR example, both naive loops", r->cfg.name), "%lld and %lld products", (long long)pa, (long long)pb);
    for (int f = 0; f < 4; f++) {
        const int bad = run_example(r, f, &y);
        uint32_t macs = MACS[f];
        if (f == NM) macs = 4 * ((6 + r->cfg.lanes - 1) / r->cfg.lanes) * (r->cfg.lanes < 6 ? r->cfg.lanes : 6);
        check(!bad && RD(CNT_MACS_LO) == macs && RD(CNT_MACS_HI) == 0 && RD(CNT_ITEMS) == (f == NM ? 1u : 2u) && RD(CNT_NONZERO) == 5
                  && RD(CNT_WR_BEATS) == lines(r, 48) * r->lb * 8 / r->cfg.data_w,
              text("%s: CSR example, %s", r->cfg.name, FORMAT[f]), "error %x, MACs %u of %u, items %u, non-zero %u, beats %u", RD(ERR_CODE),
              RD(CNT_MACS_LO), macs, RD(CNT_ITEMS), RD(CNT_NONZERO), RD(CNT_WR_BEATS));
        fresh(r);
    }
}

/* EIE's 8 x 4 matrix over 4 PEs: the whole image as bytes, words and lines written out by hand, commands too. */
static void test_eie_example(void)
{
    static const uint64_t BLOCK[11] = {
        UINT64_C(0x0000000000040301),                   /* csc8, 4 lanes, 4 columns */
        UINT64_C(0x0001000100010002),                   /* words of PE 3, 2, 1, 0 */
        0x00000101, 0x00020001, 0x00000001, 0x01010002, /* slices of column 0 .. 3, PE 3 .. 0 */
        UINT64_C(0x0004010300020001), 0x0005,           /* PE 0: 1 2 (1,3) 4 | 5: w00 w01 w42 w03 w43, gaps 0 0 1 0 0 */
        0x0006,                                         /* PE 1: w10 */
        UINT64_C(0x0000000900080007),                   /* PE 2: w21 w61 w23 */
        0x01F6,                                         /* PE 3: w73 = -10, gap 1 */
    };
    static const uint32_t COMMANDS[5][10] = {
        {0x01, 1, 0x40001000, 0, 11, 0},                              /* LOAD weights */
        {0x21, 2, 0x40001100, 0, 0, 0x00040001, 0x00000000, 0},       /* LOAD features: 1 point, 4 channels, int8 */
        {0x31, 3, 0x40001200, 0, 8},                                  /* LOAD parameters */
        {0x02, 4, 0, 0x00040001, 0, 0x00020002, 0},                   /* EXEC 1 point, 4 columns, 2 rows, csc8 */
        {0x03, 5, 0x40001400, 0, 0, 0x00080001, 0x00020000, 0x60000}, /* STORE 1 point, 8 channels, 2 rows, raw */
    };
    static const int64_t  WANT[8] = {-10, 0, -15, 0, -20, 0, 24, 40};
    static const uint64_t MACS[4] = {3, 0, 3, 1};
    const lac_config cfg = {"eie", 4, 64, 32, 2, 16, 16, 16, 64, 8, 4, 4, 8, 0, 1, 0};
    rig *r = open_rig(&cfg);

    for (unsigned i = 0; i < 11; i++) put(r, BASE + 0x1000 + 8 * i, BLOCK[i], 8);
    put(r, BASE + 0x1100, UINT64_C(0xEEEEEEEEFC000300), 8);  /* (0, 3, 0, -4), then bytes beyond */
    for (unsigned k = 0; k < 8; k++) {
        put(r, BASE + 0x1200 + 16 * k, UINT64_C(0x0000000100000000), 8);
        put(r, BASE + 0x1208 + 16 * k, 1 | (k % 4) << 8, 8);
    }
    for (int c = 0; c < 5; c++) {
        command cmd = {{0}};
        memcpy(cmd.w, COMMANDS[c], sizeof COMMANDS[c]);
        push(r, cmd);
    }
    go(r);
    int same = 1, macs = 1;
    for (unsigned k = 0; k < 8; k++) same &= get(r, BASE + 0x1400 + 8 * k, 8) == (uint64_t)WANT[k];
    for (unsigned l = 0; l < 4; l++) macs &= lac_model_lane_macs(r->m, l) == MACS[l];
    check(same && RD(STATUS) == 0, "EIE example: outputs", "STATUS %x, code %x, y0 %lld", RD(STATUS), RD(ERR_CODE),
          (long long)get(r, BASE + 0x1400, 8));
    check(RD(CNT_ITEMS) == 2, "EIE example: only a1 and a3 are issued", "%u items", RD(CNT_ITEMS));
    check(macs && RD(CNT_MACS_LO) == 7, "EIE example: products of the PEs are 3, 0, 3 and 1", "%u %u %u %u, in all %u",
          (unsigned)lac_model_lane_macs(r->m, 0), (unsigned)lac_model_lane_macs(r->m, 1), (unsigned)lac_model_lane_macs(r->m, 2),
          (unsigned)lac_model_lane_macs(r->m, 3), RD(CNT_MACS_LO));
    close_rig(r);
}

/* ---- Stored entries ------------------------------------------------------------------------------------------------------- */

/* Raw outputs of the first `channels` channels; 0 when the job failed. */
static const int64_t *run_raw(rig *r, command ex, uint32_t channels)
{
    static int64_t y[8192];
    const uint64_t params = put_params(r, channels), at = take(r, 8 * channels);
    push(r, load_params(params, channels, 0));
    push(r, ex);
    push(r, store_raw(r, at, channels));
    go(r);
    for (uint32_t k = 0; k < channels; k++) y[k] = (int64_t)get(r, at + 8 * k, 8);
    return RD(STATUS) ? NULL : y;
}

/* A weight in row `distance - 1` of lane 1 takes one entry up to the format's reach, then one of padding more. */
static void test_gaps(void)
{
    static const struct { int format, distance, entries; } CASE[] = {
        {CSC, 1, 1}, {CSC, 64, 1}, {CSC, 65, 2}, {CSC, 128, 2}, {CSC, 129, 3}, {CSC8, 1, 1}, {CSC8, 256, 1}, {CSC8, 257, 2}, {CSC8, 513, 3},
    };
    static const int8_t X[2] = {3, -1};
    const lac_config cfg = {"gaps", 4, 64, 32, 2, 64, 16, 600, 64, 2400, 4, 4, 8, 0, 1, 0};
    rig *r = open_rig(&cfg);

    for (size_t i = 0; i < sizeof CASE / sizeof CASE[0]; i++) {
        const int k = (CASE[i].distance - 1) * 4 + 1;
        int last = -1;
        blk_begin(CASE[i].format, 0, 2, 2);
        blk_weight(0, 1, CASE[i].distance - 1, 5, &last);
        blk_weight(0, 1, CASE[i].distance, 6, &last);
        last = -1;
        blk_weight(1, 1, 2, 7, &last);  /* restarts with the column */
        const int entries = blk.count[0][1];
        push_block(r, X, 2);
        const int64_t *y = run_raw(r, exec(0, 0, 1, 2, 600, CASE[i].format, 0, INT8, 0), 2400);
        int64_t want[2400] = {0};
        want[k]     += 3 * (CASE[i].format == CSC ? 25 : 5);
        want[k + 4] += 3 * (CASE[i].format == CSC ? 36 : 6);
        want[9]     -= CASE[i].format == CSC ? 49 : 7;
        check(y && !memcmp(y, want, sizeof want) && entries == CASE[i].entries + 1 && RD(CNT_MACS_LO) == 3,
              text("gap: %s, distance %d", CASE[i].format == CSC ? "csc" : "csc8", CASE[i].distance),
              "expected y[%d] = %lld, got %lld; %d entries; MACs %u; code %x", k, (long long)want[k], (long long)(y ? y[k] : 0), entries,
              RD(CNT_MACS_LO), RD(ERR_CODE));
        fresh(r);
    }
    close_rig(r);
}

/* Slices that begin in every slot of a word; empty columns first, last and in a row; empty lanes. */
static void test_slices(rig *r, int format)
{
    enum { COLS = 24 };
    const int lanes = (int)r->cfg.lanes;
    int8_t  x[COLS];
    int64_t want[256 * 3] = {0};
    int     weights = 0;

    blk_begin(format, 0, lanes, COLS);
    blk.extra = 1;
    for (int c = 0; c < COLS; c++) {
        x[c] = (int8_t)(c % 5 == 4 ? 0 : c - 10);
        for (int l = 0; l < lanes; l++) {
            int last = -1;
            if (c == 0 || c == COLS - 1 || (c >= 8 && c <= 10) || l == 2) continue;
            for (int row = 0; row < 3; row++)
                if ((c * 7 + l * 3 + row * 5) % (l + 2) < 2) {
                    const int code = 1 + (c + l + row) % 15, w = format == CSC ? code * code : code - 8;
                    if (w == 0) continue;
                    blk_weight(c, l, row, format == CSC ? code : w, &last);
                    want[row * lanes + l] += w * x[c];
                    weights += x[c] != 0;
                }
        }
    }
    push_block(r, x, COLS);
    int items = 0;
    for (int c = 0; c < COLS; c++) items += x[c] != 0;
    const uint32_t channels = 3u * (uint32_t)lanes;
    const int64_t *y = run_raw(r, exec(0, 0, 1, COLS, 3, format, 0, INT8, 0), channels);
    check(y && !memcmp(y, want, channels * sizeof want[0]) && RD(CNT_MACS_LO) == (uint32_t)weights && RD(CNT_ITEMS) == (uint32_t)items,
          text("%s: slices across words, empty ones, %s", r->cfg.name, format == CSC ? "csc" : "csc8"),
          "code %x, MACs %u of %d, items %u of %d", RD(ERR_CODE), RD(CNT_MACS_LO), weights, RD(CNT_ITEMS), items);
    fresh(r);
}

/* ---- Column blocks --------------------------------------------------------------------------------------------------- */

/* EIE's matrix again, every byte by hand. Columns 1 and 3 are needed. */
static void test_columns_by_hand(void)
{
    static const uint64_t BLOCK[9] = {
        UINT64_C(0xEEEEEEEE02020202),                                       /* lines of columns 3 .. 0; bytes beyond */
        UINT64_C(0xFFFFFFFF02020201), UINT64_C(0x1111222200060001),         /* entries up to PE 3 .. 0; w10 w00 */
        UINT64_C(0xFFFFFFFF03030101), UINT64_C(0x3333000800070002),         /* w61 w21 w01 */
        UINT64_C(0xFFFFFFFF01010101), UINT64_C(0x4444555566660103),         /* w42 */
        UINT64_C(0xFFFFFFFF08030202), UINT64_C(0x01F6000900050004),         /* w73 w23 w43 w03 */
    };
    static const uint32_t COMMANDS[5][10] = {
        {0x21, 1, 0x40001100, 0, 0, 0x00040001, 0x00000000, 0},       /* LOAD features: 1 point, 4 channels, int8 */
        {0x41, 2, 0x40001000, 0, 0x01000009, 0, 0x00040000, 3},       /* LOAD columns: 9 lines, csc8, 4 columns, 4 lanes */
        {0x31, 3, 0x40001200, 0, 8},                                  /* LOAD parameters */
        {0x02, 4, 0, 0x00040001, 0, 0x00020002, 0},                   /* EXEC 1 point, 4 columns, 2 rows, csc8 */
        {0x03, 5, 0x40001400, 0, 0, 0x00080001, 0x00020000, 0x60000}, /* STORE 1 point, 8 channels, 2 rows, raw */
    };
    static const int64_t WANT[8] = {-10, 0, -15, 0, -20, 0, 24, 40};
    const lac_config cfg = {"eie", 4, 64, 32, 2, 16, 16, 16, 64, 8, 4, 4, 8, 0, 1, 0};
    rig *r = open_rig(&cfg);

    for (int needed = 0; needed < 2; needed++) {
        for (unsigned i = 0; i < 9; i++) put(r, BASE + 0x1000 + 8 * i, BLOCK[i], 8);
        put(r, BASE + 0x1100, UINT64_C(0xEEEEEEEEFC000300), 8);  /* (0, 3, 0, -4), then bytes beyond */
        for (unsigned k = 0; k < 8; k++) {
            put(r, BASE + 0x1200 + 16 * k, UINT64_C(0x0000000100000000), 8);
            put(r, BASE + 0x1208 + 16 * k, 1 | (k % 4) << 8, 8);
        }
        for (int i = 0; i < 5; i++) {
            command c = {{0}};
            memcpy(c.w, COMMANDS[i], sizeof COMMANDS[i]);
            if (i == 1) c.w[4] |= needed ? 1u << 26 : 0;
            if (i == 1) c.w[5] = needed ? 14 : 12;  /* PE 0 has four words, two of them of needed columns; the RAM has 16 */
            push(r, c);
        }
        go(r);
        int same = 1;
        for (unsigned k = 0; k < 8; k++) same &= get(r, BASE + 0x1400 + 8 * k, 8) == (uint64_t)WANT[k];
        const uint32_t beats = 5 * 8 + 1 + 1 + 16 + (needed ? 4 : 8);
        check(same && RD(STATUS) == 0 && RD(CNT_MACS_LO) == 7 && RD(CNT_ITEMS) == 2 && RD(CNT_RD_BEATS) == beats,
              needed ? "column block by hand: needed columns" : "column block by hand: all columns", "code %x, y0 %lld, MACs %u, items %u, beats %u of %u",
              RD(ERR_CODE), (long long)get(r, BASE + 0x1400, 8), RD(CNT_MACS_LO), RD(CNT_ITEMS), RD(CNT_RD_BEATS), beats);
        fresh(r);
    }
    close_rig(r);
}

/* What push_block() makes of the codes. */
static uint64_t put_squares(rig *r)
{
    const uint64_t at = take(r, 64);
    for (unsigned i = 0; i < 16; i++) put(r, at + 2 * i, i == 0 ? 999 : i * i, 2);
    return at;
}

/* The carry between octets of one position, and a slice in two words, by hand: twelve lanes, one column, positions of 64 bits. Lanes 0 .. 4 have
 * one entry each, lane 8 two, in slot 5 of word 0 and slot 0 of word 1, lane 11 one. */
static void test_columns_carry(void)
{
    static const uint64_t BLOCK[5] = {
        4,
        UINT64_C(0x0505050504030201),                   /* entries of octet 0 up to lane 7 .. 0 */
        UINT64_C(0xFFFFFFFF03020202),                   /* of octet 1 up to lane 11 .. 8 */
        1 | 2 << 10 | 3 << 20 | UINT64_C(4) << 30 | UINT64_C(5) << 40 | UINT64_C(6) << 50,
        7 | 8 << 10,                                    /* codes, no gaps */
    };
    static const int64_t WANT[24] = {1, 4, 9, 16, 25, 0, 0, 0, 36, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 49};
    const lac_config cfg = {"carry", 12, 64, 32, 2, 8, 8, 8, 64, 24, 4, 4, 8, 0, 1, 0};
    rig *r = open_rig(&cfg);
    const uint64_t block = take(r, 40), codebook = put_squares(r), x = put_bytes(r, "\1", 1);

    for (unsigned i = 0; i < 5; i++) put(r, block + 8 * i, BLOCK[i], 8);
    command c = load_columns(block, 5, 6, 7, 1, 12);
    SET(c, LOAD_COLUMNS, FORMAT, CSC);
    push(r, load_codebook(codebook, 0));
    push(r, load_features(x, 0, 1, 1, 0, INT8, 0, 0));
    push(r, c);
    c = exec(0, 0, 1, 1, 2, CSC, 0, INT8, 0);
    SET(c, EXEC, COL_BASE, 7);
    const int64_t *y = run_raw(r, c, 24);
    check(y && !memcmp(y, WANT, sizeof WANT) && RD(CNT_MACS_LO) == 8, "column block by hand: octets of one position",
          "code %x index %u, y[8] %lld, y[20] %lld", RD(ERR_CODE), RD(ERR_INDEX), (long long)(y ? y[8] : 0), (long long)(y ? y[20] : 0));
    close_rig(r);
}

/* Columns on all lanes but lane 2, some of them empty; three rows; of the features none, all, some, the first or the last is not zero, and others
 * stand before and behind them. The weights fill the RAM. */
static void test_columns(rig *r, int format, int type, int needed)
{
    const int      lanes = (int)r->cfg.lanes, cols = r->lb < 16 ? 20 : (int)r->lb + 1, per_line = (int)(r->lb / SIZE[type]);
    const uint32_t channels = 3u * (uint32_t)lanes;
    char why[300] = "";

    for (int pattern = 0; pattern < 5; pattern++) {
        int64_t  want[256 * 3] = {0};
        uint8_t  need[100];
        uint32_t items = 0, macs = 0, beats = lines(r, (unsigned)cols);
        uint64_t block;
        const uint64_t x = take(r, 1024), codebook = put_squares(r);

        blk_begin(format, 0, lanes, cols);
        blk.extra = pattern == 2;
        for (int i = 0; i < 2 * per_line + cols + 3; i++) put(r, x + SIZE[type] * (unsigned)i, 77, (int)SIZE[type]);
        for (int c = 0; c < cols; c++) {
            const int on = pattern == 1 || (pattern == 2 && c % 3 != 1) || (pattern == 3 && c == 0) || (pattern == 4 && c == cols - 1);
            const int v  = !on ? 0 : type == INT16 ? 300 * (c % 9 - 10) : c % 9 - 10;
            put(r, x + SIZE[type] * (unsigned)(2 * per_line + c), (uint64_t)v, (int)SIZE[type]);
            need[c] = !needed || on;
            items += (unsigned)on;
            for (int l = 0; l < lanes; l++) {
                int last = -1;
                if (c % 7 == 4 || l == 2) continue;
                for (int row = 0; row < 3; row++)
                    if ((c * 7 + l * 3 + row * 5) % (l % 5 + 2) < 2) {
                        const int code = 1 + (c + l + row) % 15, w = format == CSC ? code * code : code - 18;
                        blk_weight(c, l, row, format == CSC ? code : w, &last);
                        want[row * lanes + l] += w * v;
                        macs += (unsigned)on;
                    }
            }
        }
        const uint32_t n = cols_put(r, &block);
        push(r, load_codebook(codebook, 0));
        push(r, load_features(x, 0, 1, (unsigned)(2 * per_line + cols + 3), 32, type, 0, 0));
        go(r);
        const uint32_t words = cols_words(r, need), col_base = r->cfg.col_depth - (unsigned)cols;
        command c = load_columns(block, n, r->cfg.weight_depth - (words ? words : 1), col_base, (unsigned)cols, (unsigned)lanes);
        SET(c, LOAD_COLUMNS, FORMAT, format);
        SET(c, LOAD_COLUMNS, NEEDED, needed);
        SET(c, LOAD_COLUMNS, WIDE, needed && type == INT16);
        SET(c, LOAD_COLUMNS, FEAT_BASE, needed ? 34 : 0);
        push(r, c);
        go(r);
        for (int k = 0; k < cols; k++)
            if (need[k]) beats += (uint32_t)get(r, block + (unsigned)k, 1);
        beats = (64 + beats * r->lb) * 8 / r->cfg.data_w;
        const uint32_t got = RD(CNT_RD_BEATS);
        c = exec(34, 0, 1, (unsigned)cols, 3, format, 0, type, 0);
        SET(c, EXEC, COL_BASE, col_base);
        const int64_t *y = run_raw(r, c, channels);
        if (!y || memcmp(y, want, channels * sizeof want[0]) || RD(CNT_ITEMS) != items || RD(CNT_MACS_LO) != macs || got != beats)
            snprintf(why, sizeof why, "pattern %d: code %x index %x, items %u of %u, MACs %u of %u, beats %u of %u", pattern, RD(ERR_CODE),
                     RD(ERR_INDEX), RD(CNT_ITEMS), items, RD(CNT_MACS_LO), macs, got, beats);
        fresh(r);
    }
    check(!*why, text("%s: column block, %s%s%s", r->cfg.name, format == CSC ? "csc" : "csc8", type == INT16 ? ", int16" : "",
                      needed ? ", needed columns" : ""), "%s", why);
}

/* What was there before: columns that are not needed keep it, needed ones do not, not even where they are empty or have fewer lanes. */
static void test_columns_keep(rig *r)
{
    static const int8_t X[5] = {0, 1, 1, 1, 0};
    const int lanes = (int)r->cfg.lanes;
    uint64_t  block;

    blk_begin(CSC8, 0, lanes, 5);
    for (int c = 0; c < 5; c++)
        for (int l = 0; l < lanes; l++) blk_add(c, l, 10);
    push_block(r, X, 5);
    blk_begin(CSC8, 0, 3, 5);  /* 0 and 4 are not needed; 2 and 4 are empty; 3 has a table and nothing else */
    for (int l = 0; l < 3; l++) blk_add(0, l, 50), blk_add(1, l, 7), blk_add(3, l, 50);
    uint32_t n = cols_put(r, &block);
    const uint64_t last = cols_at(r, block, 3);
    put(r, block + 3, lines(r, 3), 1);
    put(r, last, 0, 3);
    n -= 1;  /* its three entries are one line of words */
    const uint64_t all = put_bytes(r, "\1\1\1\1\1", 5);
    command c = load_columns(block, n, 10, 0, 5, 3);
    SET(c, LOAD_COLUMNS, NEEDED, 1);
    push(r, c);
    push(r, load_features(all, 0, 1, 5, 0, INT8, 0, 0));
    const int64_t *y = run_raw(r, exec(0, 0, 1, 5, 1, CSC8, 0, INT8, 0), (unsigned)lanes);
    int ok = y != NULL;
    for (int l = 0; l < lanes && ok; l++) ok = y[l] == (l < 3 ? 27 : 20);
    check(ok && RD(CNT_MACS_LO) == 2 * (unsigned)lanes + 3, text("%s: a column block changes the needed columns and no other", r->cfg.name),
          "code %x, y %lld %lld, MACs %u", RD(ERR_CODE), (long long)(y ? y[0] : 0), (long long)(y ? y[3] : 0), RD(CNT_MACS_LO));
    fresh(r);
}

/* 31 words and five entries of an octet; 255 lines of a column. */
static void test_columns_largest(rig *r)
{
    for (int format = 0; format < 2; format++) {
        const int most = format == CSC ? 191 : 127, rows = (most + 7) / 8, lanes = 8;
        int64_t  want[24 * 64] = {0};
        uint64_t block;
        blk_begin(format, 0, lanes, 1);
        for (int i = 0; i < most; i++) {
            const int l = i / rows, row = i % rows, w = 1 + i % 15;
            int last = row - 1;
            blk_weight(0, l, row, w, &last);
            want[row * (int)r->cfg.lanes + l] = 2 * (format == CSC ? w * w : w);
        }
        blk.extra = 255 - 1 - 32;
        const uint32_t n = cols_put(r, &block);
        command c = load_columns(block, n, 0, 0, 1, (unsigned)lanes);
        SET(c, LOAD_COLUMNS, FORMAT, format);
        push(r, c);
        push(r, load_codebook(put_squares(r), 0));
        push(r, load_features(put_bytes(r, "\2", 1), 0, 1, 1, 0, INT8, 0, 0));
        const uint32_t channels = (uint32_t)rows * r->cfg.lanes;
        const int64_t *y = run_raw(r, exec(0, 0, 1, 1, (unsigned)rows, format, 0, INT8, 0), channels);
        check(y && !memcmp(y, want, channels * sizeof want[0]) && get(r, block, 1) == 255 && RD(CNT_MACS_LO) == (unsigned)most,
              text("%s: the longest column, %s", r->cfg.name, format == CSC ? "csc" : "csc8"), "code %x index %u, %u lines, MACs %u", RD(ERR_CODE), RD(ERR_INDEX), n,
              RD(CNT_MACS_LO));
        fresh(r);
    }
}

/* N:4 by hand: entry e is row e div N; a group is skipped only when all four are zero; the last group is partly beyond the
 * features, where memory holds 0xA5. */
static void test_nm(rig *r)
{
    static const int8_t X[11] = {0, 2, -3, 0,  0, 0, 0, 0,  5, 0, -7};
    for (int n = 1; n <= 4; n++) {
        int64_t want[2 * 256] = {0};
        const int lanes = (int)r->cfg.lanes;
        blk_begin(NM, n, 2, 3);
        for (int g = 0; g < 3; g++)
            for (int l = 0; l < 2; l++)
                for (int row = 0; row < 2; row++)
                    for (int i = 0; i < n; i++) {
                        const int index = n == 4 ? 3 - i : (i + row + l + g) % 4, w = 10 * g - 7 * l + 3 * row - i;
                        const int c = 4 * g + index;
                        blk_add(g, l, (unsigned)index << 8 | ((unsigned)w & 255));
                        want[row * lanes + l] += w * (c < 11 ? X[c] : 0);
                    }
        push_block(r, X, 11);
        const int64_t *y = run_raw(r, exec(0, 0, 1, 3, 2, NM, (uint32_t)n, INT8, 0), 2 * (uint32_t)lanes);
        check(y && !memcmp(y, want, 2 * (size_t)lanes * sizeof want[0]) && RD(CNT_ITEMS) == 2 && RD(CNT_MACS_LO) == 8u * (uint32_t)n,
              text("%s: %d:4 by hand", r->cfg.name, n), "y[0] expected %lld, got %lld; items %u, MACs %u, code %x", (long long)want[0],
              (long long)(y ? y[0] : 0), RD(CNT_ITEMS), RD(CNT_MACS_LO), RD(ERR_CODE));
        fresh(r);
    }
}

/* An unloaded column belongs to no lane; loading a column with fewer lanes takes it from the others. */
static void test_masks(rig *r)
{
    static const int8_t X[3] = {1, 2, 3};
    const uint32_t lanes = r->cfg.lanes;
    uint64_t block;
    int last;

    blk_begin(CSC8, 0, (int)lanes, 2);
    for (int c = 0; c < 2; c++)
        for (uint32_t l = 0; l < lanes; l++) {
            last = -1;
            blk_weight(c, (int)l, 0, 10 + (int)l, &last);
        }
    push_block(r, X, 3);
    blk_begin(CSC8, 0, 1, 1);  /* column 1 once more, for lane 0 only, in another word */
    last = -1;
    blk_weight(0, 0, 0, -5, &last);
    const uint32_t n = blk_put(r, &block);
    push(r, load_weights(block, n, 3, 1));
    const int64_t *y = run_raw(r, exec(0, 0, 1, 3, 1, CSC8, 0, INT8, 0), lanes);
    int ok = y && y[0] == 10 - 10 && RD(CNT_ITEMS) == 3 && RD(CNT_MACS_LO) == lanes + 1;
    for (uint32_t l = 1; l < lanes && ok; l++) ok = y[l] == 10 + (int64_t)l;
    check(ok, text("%s: columns that are not loaded, or loaded for fewer lanes", r->cfg.name), "y[0] %lld, items %u, MACs %u",
          (long long)(y ? y[0] : 0), RD(CNT_ITEMS), RD(CNT_MACS_LO));

    /* Soft reset takes all columns and flags away. */
    fresh(r);
    blk_begin(CSC8, 0, 1, 1);
    push_block(r, X, 3);
    y = run_raw(r, exec(0, 0, 1, 2, 1, CSC8, 0, INT8, 0), lanes);
    check(y && y[0] == 0 && y[lanes - 1] == 0 && RD(CNT_MACS_LO) == 0 && RD(CNT_ITEMS) == 2,
          text("%s: soft reset unloads the columns", r->cfg.name), "MACs %u", RD(CNT_MACS_LO));
    fresh(r);
    y = run_raw(r, exec(0, 0, 1, 2, 1, CSC8, 0, INT8, 0), 1);
    check(y && RD(CNT_ITEMS) == 0, text("%s: soft reset clears the non-zero flags", r->cfg.name), "%u items", RD(CNT_ITEMS));
    fresh(r);
}

/* EXEC adds; STORE takes; banks and points are apart; STORE clears only what it reads. */
static void test_accumulate(rig *r)
{
    static const int8_t X[1] = {3};
    const uint32_t lanes = r->cfg.lanes;
    const uint64_t y[6] = {BASE + 0x9000, BASE + 0xA000, BASE + 0xB000, BASE + 0xC000, BASE + 0xD000, BASE + 0xE000};
    command e = exec(0, 0, 1, 1, 2, CSC8, 0, INT8, 0), s = store_raw(r, 0, 2 * lanes);
    int last = -1;

    blk_begin(CSC8, 0, 1, 1);
    blk_weight(0, 0, 0, 7, &last);
    blk_weight(0, 0, 1, -7, &last);
    push_block(r, X, 1);
    push(r, load_params(put_params(r, 2 * lanes), 2 * lanes, 0));
    push(r, e);
    push(r, e);
    SET(e, EXEC, BANK, 1);
    push(r, e);
    SET(e, EXEC, BANK, 0);
    SET(e, EXEC, ACC_BASE, 3);
    push(r, e);
    for (int i = 0; i < 6; i++) {  /* bank 0, again, bank 1, bank 0 from 2 on, then from 4 on; bank 1 again */
        SET(s, STORE, ADDR_LO, y[i]);
        SET(s, STORE, BANK, i == 2 || i == 5);
        SET(s, STORE, ACC_BASE, i == 3 ? 2 : i == 4 ? 4 : 0);
        push(r, s);
    }
    go(r);
    int64_t got[6][2];
    for (int i = 0; i < 6; i++)
        for (unsigned k = 0; k < 2; k++) got[i][k] = (int64_t)get(r, y[i] + 8 * k * lanes, 8);
    check(!RD(STATUS) && got[0][0] == 42 && got[0][1] == -42 && !got[1][0] && !got[1][1] && got[2][0] == 21 && got[2][1] == -21
              && got[3][0] == 0 && got[3][1] == 21 && got[4][0] == -21 && got[4][1] == 0
              && !got[5][0] && !got[5][1],
          text("%s: EXEC adds, STORE empties, banks and bases are apart", r->cfg.name), "%lld %lld, %lld %lld, %lld, code %x",
          (long long)got[0][0], (long long)got[0][1], (long long)got[1][0], (long long)got[2][0], (long long)got[3][1], RD(ERR_CODE));
    fresh(r);
}

/* Rows of products at a reset must not survive it. */
static void test_reset_accumulators(rig *r)
{
    static const int8_t X[1] = {3};
    int last = -1;
    blk_begin(CSC8, 0, 1, 1);
    blk_weight(0, 0, 0, 7, &last);
    push_block(r, X, 1);
    push(r, exec(0, 0, 1, 1, 1, CSC8, 0, INT8, 0));
    go(r);
    fresh(r);
    push_block(r, X, 1);
    const int64_t *y = run_raw(r, exec(0, 0, 1, 1, 1, CSC8, 0, INT8, 0), 1);
    check(y && y[0] == 21, text("%s: soft reset clears the accumulators", r->cfg.name), "%lld", (long long)(y ? y[0] : 0));
    fresh(r);
}

/* Flags of lines that a shorter load leaves behind, up to a multiple of 32. */
static void test_flags_behind(rig *r)
{
    const uint32_t channels = 34 * r->lb;
    const uint64_t x = take(r, channels), z = take(r, 64);
    command        e = exec(0, 0, 1, 1, 1, CSC8, 0, INT8, 0);

    for (uint32_t c = 0; c < channels; c++) put(r, x + c, 1, 1);
    put(r, z, 1, 1);
    push(r, load_features(x, 0, 1, channels, 0, INT8, 0, 0));
    push(r, load_features(z, 0, 1, 1, 0, INT8, 0, 0));
    SET(e, EXEC, POINTS, 34);
    SET(e, EXEC, FEAT_PITCH, 1);
    if (r->cfg.acc_depth < 34) SET(e, EXEC, POINTS, 24);
    if (r->cfg.acc_depth < 34) SET(e, EXEC, FEAT_BASE, 10);
    push(r, e);
    go(r);
    check(!RD(STATUS) && RD(CNT_ITEMS) == (r->cfg.acc_depth < 34 ? 2u : 3u),
          text("%s: a load replaces features in units of 32 lines", r->cfg.name), "%u items, code %x", RD(CNT_ITEMS), RD(ERR_CODE));
    fresh(r);
}

/* ---- Numbers ------------------------------------------------------------------------------------------------------------------ */

/* Any accumulator value as products of a >= 0 (int16 features with zero point -32768) and w of the codebook
 * {-, 32767, -32768, 1, -1}. Returns the number of terms. */
static int terms_of(int64_t target, int code[20], int32_t a[20])
{
    int n = 0;
    while (target) {
        const int64_t step = target > 0 ? 32767 : 32768, size = target > 0 ? target : -target;
        int64_t times = size / step;
        code[n] = target > 0 ? 1 : 2;
        if (times == 0) {
            code[n] += 2;
            times = size;
        }
        if (times > 65535) times = 65535;
        a[n] = (int32_t)times;
        target -= (code[n] == 1 ? 32767 : code[n] == 2 ? -32768 : code[n] == 3 ? 1 : -1) * times;
        n++;
    }
    return n;
}

enum { NUM_LANES = 8, NUM_ROWS = 4, NUM_CH = NUM_LANES * NUM_ROWS, NUM_COLS = NUM_CH * 18 };
static const lac_config NUMERIC = {"numeric", NUM_LANES, 64, 32, 8, 1024, 1024, 8, 512, 64, 4, 16, 8, 0, 1, 0};

/* Push what gives accumulator k the value acc[k]. Each column has at most one weight; so the order is that of `terms_of`. */
static uint32_t push_accumulators(rig *r, const int64_t *acc, int channels)
{
    static const int CODE[5] = {1234, 32767, -32768, 1, -1};
    int      code[20], col = 0;
    int32_t  a[20];
    uint64_t block;
    const uint64_t x = take(r, 2 * NUM_COLS), codebook = take(r, 64);

    blk_begin(CSC, 0, NUM_LANES, NUM_COLS);
    for (int k = 0; k < channels; k++) {
        const int n = terms_of(acc[k], code, a);
        for (int i = 0; i < n; i++, col++) {
            int last = -1;
            blk_weight(col, k % NUM_LANES, k / NUM_LANES, code[i], &last);
            put(r, x + 2u * (unsigned)col, (uint64_t)(a[i] - 32768), 2);
        }
    }
    blk.cols = col ? col : 1;
    for (unsigned i = 0; i < 16; i++) put(r, codebook + 2 * i, (uint64_t)(i < 5 ? CODE[i] : 0), 2);
    const uint32_t n = blk_put(r, &block);
    push(r, load_weights(block, n, 0, 0));
    push(r, load_codebook(codebook, 1));
    push(r, load_features(x, 0, 1, (uint32_t)blk.cols, 0, INT16, 0, -32768));
    command e = exec(0, 0, 1, (uint32_t)blk.cols, (uint32_t)(channels + NUM_LANES - 1) / NUM_LANES, CSC, 0, INT16, -32768);
    SET(e, EXEC, COPY, 1);
    push(r, e);
    return (uint32_t)blk.cols;
}

#define TWO35 (INT64_C(1) << 35)

static void test_overflow(void)
{
    static const struct { const char *name; int64_t first; int over; } CASE[] = {
        {"36 bits: the largest", TWO35 - 1, 0},
        {"36 bits: the smallest", -TWO35, 0},
    };
    rig *r = open_rig(&NUMERIC);

    for (size_t i = 0; i < 2; i++) {
        int64_t acc[2] = {0, CASE[i].first};
        push_accumulators(r, acc, 2);
        const uint64_t params = put_params(r, 2), y = take(r, 16);
        push(r, load_params(params, 2, 0));
        push(r, store_raw(r, y, 2));
        go(r);
        check(!RD(STATUS) && (int64_t)get(r, y + 8, 8) == CASE[i].first && get(r, y, 8) == 0, CASE[i].name, "%lld, code %x",
              (long long)get(r, y + 8, 8), RD(ERR_CODE));
        fresh(r);
    }
    /* One more: channel 1 (lane 1, row 0) of bank 0, accumulators from 5 on. */
    for (int sign = 0; sign < 2; sign++) {
        const int64_t acc[10] = {0, sign ? -TWO35 - 1 : TWO35, 0, 0, 0, 0, 0, 0, 0, 0};
        push_accumulators(r, acc, 2);
        command e = exec(0, 0, 1, (uint32_t)blk.cols, 2, CSC, 0, INT16, -32768);
        SET(e, EXEC, COPY, 1);
        SET(e, EXEC, ACC_BASE, 5);
        r->tail--;
        push(r, with_tag(e, TAG(5)));
        go(r);
        expect(r, sign ? "36 bits: one below the smallest" : "36 bits: one above the largest", LAC_ERR_OVERFLOW, LAC_UNIT_EXEC, 3, TAG(5), 0,
               1 | 5u << 16);
    }
    /* Two lanes overflow; the lowest lane counts although it is later. Row 1 of lane 0, row 0 of lane 3. */
    {
        const int64_t acc[9] = {0, 0, 0, TWO35, 0, 0, 0, 0, TWO35};
        push_accumulators(r, acc, 9);
        go(r);
        expect(r, "overflow in two lanes: the lowest", LAC_ERR_OVERFLOW, LAC_UNIT_EXEC, 3, TAG(99), 0, 0 | 1u << 16);
    }
    /* One lane overflows twice, in one slice (rows 0, 1) or in two (row 1, then row 0): the first counts. */
    for (int two = 0; two < 2; two++) {
        const int64_t acc[9] = {TWO35 - 1, 0, 0, 0, 0, 0, 0, 0, TWO35 - 1};
        uint64_t block;
        int last = -1;
        push_accumulators(r, acc, 9);
        blk_begin(CSC, 0, 1, 2);
        blk_weight(0, 0, two, 1, &last);
        if (two) last = -1;
        blk_weight(two, 0, !two, 1, &last);
        const uint32_t n = blk_put(r, &block);
        push(r, load_weights(block, n, 500, 700));
        command e = exec(0, 0, 1, 2, 2, CSC, 0, INT16, -32768);
        SET(e, EXEC, COL_BASE, 700);
        SET(e, EXEC, COPY, 1);
        push(r, e);
        go(r);
        expect(r, two ? "overflow in two items: the first" : "overflow twice in a slice: the first", LAC_ERR_OVERFLOW, LAC_UNIT_EXEC, 5, TAG(99), 0,
               two ? 1u << 16 : 0);
    }
    close_rig(r);
}

static void test_requant(void)
{
    static const int64_t  ACC[]  = {0, 1, -1, 2, -2, 3, -3, 127, -128, 12345, -54321, TWO35 - 1, -TWO35, TWO35 / 2, -TWO35 / 2 - 1, 1 << 20};
    static const int32_t  BIAS[] = {0, 1, -1, 77, -1000, INT32_MAX, INT32_MIN};
    static const uint32_t MUL[]  = {0, 1, 2, 3, 1u << 30, 0x7FFFFFFFu, 0x5A82799Au, 65536, 65537};
    static const int      SHIFT[] = {1, 2, 8, 15, 16, 17, 18, 31, 32, 33, 47, 48, 61, 62};
    static const int32_t  LO[3] = {-128, 0, -32768}, HI[3] = {127, 255, 32767};
#define PICK(a) a[rng_below(&g, sizeof a / sizeof a[0])]
    rig    *r = open_rig(&NUMERIC);
    lac_rng g = {seed * 1000 + 7};

    for (int batch = 0; batch < 3; batch++) {
        int bad = 0, total = 0;
        char why[200] = "";
        for (int job = 0; job < 20; job++) {
            const int     type = batch;
            const int32_t zp = (int32_t)rng_range(&g, LO[type], HI[type]);
            int32_t lo = job % 3 ? LO[type] : (int32_t)rng_range(&g, LO[type], HI[type]), hi = job % 3 ? HI[type] : (int32_t)rng_range(&g, lo, HI[type]);
            int64_t acc[NUM_CH];
            struct { int32_t bias; uint32_t m; int s; } p[NUM_CH];
            for (int k = 0; k < NUM_CH; k++) {
                acc[k] = PICK(ACC);
                p[k].bias = PICK(BIAS);
                p[k].m = PICK(MUL);
                p[k].s = PICK(SHIFT);
                if (job % 4 == 1) {  /* ties and their neighbours: (acc * 1 + bias) / 2^s, results around zero */
                    p[k].s = 1 + (int)rng_below(&g, 12);
                    p[k].m = 1;
                    p[k].bias = 0;
                    acc[k] = (2 * rng_range(&g, -60, 60) + 1) * (INT64_C(1) << (p[k].s - 1)) + rng_range(&g, -1, 1);
                } else if (job % 4 == 2) {  /* big products, results in range */
                    acc[k] = rng_range(&g, -1000000000, 1000000000) * (k % 2 ? 1 : 30);
                    p[k].m = 0x40000000u + rng_below(&g, 0x3FFFFFFF);
                    p[k].bias = (int32_t)(rng_next(&g) >> 32);
                    p[k].s = (type == INT16 ? 50 : 58) + (int)rng_below(&g, 5);
                }
            }
            push_accumulators(r, acc, NUM_CH);
            const uint64_t params = take(r, 16 * NUM_CH), y = take(r, 8 * NUM_CH);
            for (unsigned k = 0; k < NUM_CH; k++) {
                put(r, params + 16 * k, (uint32_t)p[k].bias, 4);
                put(r, params + 16 * k + 4, p[k].m, 4);
                put(r, params + 16 * k + 8, (unsigned)p[k].s | (k % NUM_LANES) << 8, 8);
            }
            push(r, load_params(params, NUM_CH, 0));
            push(r, store(r, y, 0, 1, NUM_CH, type, 0, zp, lo, hi));
            go(r);
            for (unsigned k = 0; k < NUM_CH; k++) {
                const int32_t want = naive_requant(acc[k], p[k].bias, p[k].m, p[k].s, zp, lo, hi);
                const uint64_t got = get(r, y + k * SIZE[type], (int)SIZE[type]), mask = type == INT16 ? 0xFFFF : 0xFF;
                total++;
                if (RD(STATUS) || got != ((uint64_t)want & mask)) {
                    bad++;
                    snprintf(why, sizeof why, "acc %lld bias %d M %u s %d zp %d clamp %d..%d: expected %d, got %llx, code %x", (long long)acc[k],
                             p[k].bias, p[k].m, p[k].s, zp, lo, hi, want, (unsigned long long)got, RD(ERR_CODE));
                }
            }
            fresh(r);
        }
        check(!bad, text("requantisation: %d outputs, %s", total, batch == 0 ? "int8" : batch == 1 ? "uint8" : "int16"), "%d wrong, %s", bad, why);
    }
    /* By hand, so that naive.c is not the only witness: {acc, bias, M, s, zp, lo, hi, q} */
    static const int64_t HAND[][8] = {
        {1, 0, 1, 1, 0, -128, 127, 1},   {-1, 0, 1, 1, 0, -128, 127, 0},   {3, 0, 1, 1, 0, -128, 127, 2},   {-3, 0, 1, 1, 0, -128, 127, -1},
        {5, 0, 1, 2, 0, -128, 127, 1},   {6, 0, 1, 2, 0, -128, 127, 2},    {-6, 0, 1, 2, 0, -128, 127, -1}, {-7, 0, 1, 2, 0, -128, 127, -2},
        {99, 5, 0, 62, 3, -128, 127, 3}, {1000, 0, 1, 1, 0, -128, 99, 99}, {-1000, 0, 1, 1, 0, -7, 99, -7}, {10, -4, 2, 1, 1, -128, 127, 7},
        /* (2^35 + 2^31 - 2) (2^31 - 1) / 2^62 is a little below 17, its negative a little above -17 */
        {TWO35 - 1, INT32_MAX, 0x7FFFFFFF, 62, 0, -128, 127, 17}, {-TWO35, INT32_MIN, 0x7FFFFFFF, 62, 0, -128, 127, -17},
    };
    int bad = 0;
    for (size_t i = 0; i < sizeof HAND / sizeof HAND[0]; i++) {
        const int64_t *h = HAND[i];
        push_accumulators(r, h, 1);
        const uint64_t params = take(r, 16), y = take(r, 64);
        put(r, params, (uint64_t)h[1], 4);
        put(r, params + 4, (uint64_t)h[2], 4);
        put(r, params + 8, (uint64_t)h[3], 8);
        push(r, load_params(params, 1, 0));
        push(r, store(r, y, 0, 1, 1, INT8, 0, (int32_t)h[4], (int32_t)h[5], (int32_t)h[6]));
        go(r);
        const int got = (int8_t)get(r, y, 1);
        if (RD(STATUS) || got != h[7] || get(r, y + 1, 1) != 0xA5
            || naive_requant(h[0], (int32_t)h[1], (uint32_t)h[2], (int)h[3], (int32_t)h[4], (int32_t)h[5], (int32_t)h[6]) != h[7]) {
            printf("# case %d: expected %d, got %d, code %x\n", (int)i, (int)h[7], got, RD(ERR_CODE));
            bad++;
        }
        fresh(r);
    }
    check(!bad, text("requantisation: %d cases by hand", (int)(sizeof HAND / sizeof HAND[0])), "%d wrong", bad);
    close_rig(r);
}

/* ---- Lists ---------------------------------------------------------------------------------------------------------------------- */

static void test_lists(rig *r)
{
    /* Seven channels of uint8, zero point 9: one listed value equals it, one channel is the real number 0 - 9. */
    static const struct { uint16_t index, value; } LIST[4] = {{0, 200}, {2, 9}, {3, 0}, {6, 10}};
    const uint64_t x = take(r, 128), y = take(r, 256);
    static const int32_t A[7] = {191, 0, 0, -9, 0, 0, 1};
    uint64_t block;

    blk_begin(NM, 4, 4, 2);
    for (int g = 0; g < 2; g++)
        for (int l = 0; l < 4; l++)
            for (int i = 0; i < 4; i++) blk_add(g, l, (unsigned)i << 8 | ((unsigned)(l == 3 ? 0 : 1 + l * i + g) & 255));
    const uint32_t n = blk_put(r, &block);
    put(r, x, 4, 8);
    for (unsigned i = 0; i < 4; i++) put(r, x + 64 + 4 * i, LIST[i].index | (uint32_t)LIST[i].value << 16, 4);
    const uint64_t params = put_params(r, 4);
    for (unsigned k = 0; k < 4; k++) put(r, params + 16 * k + 4, k == 1 ? 0 : 2, 4);  /* acc * 2 / 2 */
    push(r, load_weights(block, n, 0, 0));
    push(r, load_features(x, 0, 1, 7, 0, UINT8, 1, 9));
    push(r, load_params(params, 4, 0));
    push(r, exec(0, 0, 1, 2, 1, NM, 4, UINT8, 9));
    push(r, store(r, y, 0, 1, 4, INT16, 1, -5, -30000, 30000));
    go(r);
    int64_t sum[4];
    for (int l = 0; l < 4; l++) {
        sum[l] = 0;
        for (int c = 0; c < 7; c++) sum[l] += A[c] * (l == 3 ? 0 : 1 + l * (c % 4) + c / 4);
    }
    /* Channel 1 has M = 0 and channel 3 the sum 0: both are the zero point. */
    const int ok = !RD(STATUS) && get(r, y, 8) == 2 && get(r, y + 64, 4) == (0u | (uint32_t)((sum[0] - 5) & 0xFFFF) << 16)
                && get(r, y + 68, 4) == (2u | (uint32_t)((sum[2] - 5) & 0xFFFF) << 16);
    int untouched = 1;
    for (unsigned i = 8; i < 256; i++)
        if (i < 64 || i >= 72) untouched &= get(r, y + i, 1) == 0xA5;
    check(ok && RD(CNT_NONZERO) == 2 && RD(CNT_ITEMS) == 2, text("%s: list in, list out", r->cfg.name),
          "count %llu, entries %llx %llx, code %x, items %u", (unsigned long long)get(r, y, 8), (unsigned long long)get(r, y + 64, 4),
          (unsigned long long)get(r, y + 68, 4), RD(ERR_CODE), RD(CNT_ITEMS));
    check(untouched, text("%s: a list writes its header and its entries only", r->cfg.name), "more bytes changed");
    fresh(r);
}

/* A list takes the place of what stood in the RAM; 300 entries go out and come in again. */
static void test_more_lists(rig *r)
{
    const uint64_t x = take(r, 128), y = take(r, 64 + lines(r, 1200) * r->lb);
    for (unsigned i = 0; i < 32; i++) put(r, x + i, 1, 1);
    put(r, x + 64, 0, 8);
    push(r, load_features(x, 0, 1, 32, 0, INT8, 0, 0));
    push(r, load_features(x + 64, 0, 1, 32, 0, INT8, 1, 0));
    push(r, exec(0, 0, 1, 32, 1, CSC, 0, INT8, 0));
    go(r);
    check(!RD(STATUS) && RD(CNT_ITEMS) == 0, text("%s: an empty list has no items", r->cfg.name), "%u, code %x", RD(CNT_ITEMS), RD(ERR_CODE));
    if (r->cfg.param_depth >= 300) {
        const uint64_t params = put_params(r, 300);
        for (unsigned k = 0; k < 300; k++) put(r, params + 16 * k, 2, 4);  /* bias 2, so each output is 1 */
        push(r, load_params(params, 300, 0));
        push(r, store(r, y, 0, 1, 300, INT8, 1, 0, -128, 127));
        push(r, load_features(y, 0, 1, 300, 0, INT8, 1, 0));
        push(r, exec(0, 0, 1, 300, 1, CSC, 0, INT8, 0));
        go(r);
        check(!RD(STATUS) && get(r, y, 8) == 300 && get(r, y + 64 + 4 * 299, 4) == (299u | 1u << 16) && RD(CNT_ITEMS) == 300,
              text("%s: a list of 300, out and in", r->cfg.name), "count %llu, items %u, code %x", (unsigned long long)get(r, y, 8), RD(CNT_ITEMS),
              RD(ERR_CODE));
    }
    fresh(r);
}

static void test_port(rig *r)
{
    lac_port p = lac_port_model(r->m);
    uint8_t  a[4] = {1, 2, 3, 4}, b[4] = {0};
    uint32_t id = 0;
    const int good = !p.read32(p.ctx, LAC_REG_ID, &id) && id == 0x4C414301 && !p.write32(p.ctx, LAC_REG_WATCHDOG, 5) && RD(WATCHDOG) == 5
                  && !p.mem_write(p.ctx, BASE + MEM - 4, a, 4) && !p.mem_read(p.ctx, b, BASE + MEM - 4, 4) && !memcmp(a, b, 4)
                  && !memcmp(r->mem + MEM - 4, a, 4) && !p.wait_irq(p.ctx, 10);
    const int refused = p.mem_write(p.ctx, BASE + MEM - 3, a, 4) && p.mem_read(p.ctx, b, BASE - 1, 4) && p.mem_read(p.ctx, b, BASE + MEM + 1, 1)
                     && p.mem_write(p.ctx, UINT64_MAX - 1, a, 4) && !p.mem_read(p.ctx, b, BASE + MEM, 0);
    check(good && refused, text("%s: the port reaches registers and memory, not beyond", r->cfg.name), "good %d, refused %d", good, refused);
    fresh(r);
}

/* ---- Random layers ------------------------------------------------------------------------------------------------------------------ */

enum { MAX_K = 200, MAX_C = 160, MAX_POINTS = 5 };

/* The N:4 rule on dense weights: keep at most n of each four. */
static void prune(lac_rng *g, int32_t *w, int K, int C, int n)
{
    for (int k = 0; k < K; k++)
        for (int c = 0; c < C; c += 4) {
            int left = 0, end = c + 4 < C ? c + 4 : C;
            for (int i = c; i < end; i++) left += w[k * C + i] != 0;
            while (left > n) {
                const int i = c + (int)rng_below(g, (uint32_t)(end - c));
                if (w[k * C + i]) left--;
                w[k * C + i] = 0;
            }
        }
}

/* Pack w [K][C]; lane_of [K]; `rows` of each lane. csc: code[] of each weight. */
static void pack_dense(const rig *r, int format, int n, const int32_t *w, const uint8_t *code, int K, int C, const int *lane_of, int rows, int lanes)
{
    const int L = (int)r->cfg.lanes, columns = format == NM ? (C + 3) / 4 : C;
    int channel[256][64];  /* which channel stands in a lane's row, -1: none */
    for (int l = 0; l < L; l++)
        for (int row = 0; row < rows; row++) channel[l][row] = -1;
    for (int k = 0; k < K; k++) channel[lane_of[k]][k / L] = k;

    blk_begin(format, format == NM ? n : 0, lanes, columns);
    for (int col = 0; col < columns; col++)
        for (int l = 0; l < lanes; l++) {
            int last = -1;
            for (int row = 0; row < rows; row++) {
                const int k = channel[l][row];
                if (format != NM) {
                    if (k >= 0 && (format == CSC ? code[k * C + col] : w[k * C + col]) != 0)
                        blk_weight(col, l, row, format == CSC ? code[k * C + col] : w[k * C + col], &last);
                    continue;
                }
                int used = 0;
                for (int i = 0; i < 4; i++) {
                    const int32_t v = k >= 0 && 4 * col + i < C ? w[k * C + 4 * col + i] : 0;
                    if (v == 0 && 4 - i > n - used) continue;  /* room enough for what follows: this one need not be stored */
                    if (used == n) break;
                    blk_add(col, l, (unsigned)i << 8 | ((unsigned)v & 255));
                    used++;
                }
                for (; used < n; used++) blk_add(col, l, 3 << 8);  /* pruned too far by the loop above: store zeros */
            }
        }
}

/* One random job; 0 when all is as it must be, else a reason in why. */
static int random_job(rig *r, lac_rng *g, char *why, size_t len)
{
    static int32_t w[MAX_K * MAX_C], x[MAX_POINTS * MAX_C];
    static uint8_t code[MAX_K * MAX_C], before[MEM];
    static int64_t y[MAX_POINTS * MAX_K];
    static const int32_t LO[3] = {-128, 0, -32768}, HI[3] = {127, 255, 32767};
    const int L = (int)r->cfg.lanes, format = (int)rng_below(g, 3), n = format == NM ? 1 + (int)rng_below(g, 4) : 0;
    const int in = (int)rng_below(g, 3), out = (int)rng_below(g, 4), list_in = rng_chance(g, 80), list_out = out != RAW && rng_chance(g, 80);
    const int32_t zero = (int32_t)rng_range(g, LO[in], HI[in]);
    const int32_t zp   = out == RAW ? 0 : rng_chance(g, 128) ? (int32_t)rng_below(g, 3) : (int32_t)rng_range(g, LO[out], HI[out]);
    const uint32_t density = 10 + rng_below(g, 246), feature_density = 10 + rng_below(g, 246), store_w = r->cfg.store_w;
    int K = 1 + (int)rng_below(g, MAX_K), C = 1 + (int)rng_below(g, MAX_C), points = 1 + (int)rng_below(g, MAX_POINTS);

    /* Fit the machine. */
    if ((uint32_t)K > r->cfg.param_depth - store_w) K = (int)(r->cfg.param_depth - store_w);
    if ((uint32_t)C > r->cfg.col_depth / 2) C = (int)r->cfg.col_depth / 2;
    int rows = (K + L - 1) / L;
    while ((uint32_t)(points * rows) > r->cfg.acc_depth / 2) K > L ? (K -= L, rows--) : points--;
    while (points * lines(r, SIZE[in] * (uint32_t)C) > r->cfg.feat_depth - 32) C--;

    /* Operands. Channels of a block of LANES take its lanes in some order; features are zero, small or anything. */
    int32_t codebook[16];
    int     lane_of[MAX_K], lanes = 0;
    for (int i = 0; i < 16; i++) codebook[i] = (int32_t)rng_range(g, -2000, 2000);
    do {
        for (int i = 0; i < K * C; i++) {
            code[i] = rng_chance(g, density) ? (uint8_t)(1 + rng_below(g, 15)) : 0;
            w[i] = format == CSC ? (code[i] ? codebook[code[i]] : 0) : code[i] ? (int32_t)rng_range(g, -128, 127) : 0;
        }
        if (format == NM) prune(g, w, K, C, n);
        for (int k0 = 0; k0 < K; k0 += L) {
            int free_lane[256];
            const int m = K - k0 < L ? K - k0 : L;
            for (int i = 0; i < L; i++) free_lane[i] = i;
            for (int i = 0; i < m; i++) {
                const int j = rng_chance(g, 128) ? i : i + (int)rng_below(g, (uint32_t)(L - i)), t = free_lane[j];
                free_lane[j] = free_lane[i];
                free_lane[i] = t;
                lane_of[k0 + i] = t;
            }
        }
        for (int k = 0; k < K; k++) lanes = lane_of[k] >= lanes ? lane_of[k] + 1 : lanes;
        pack_dense(r, format, n, w, code, K, C, lane_of, rows, lanes);
        blk.extra = (int)rng_below(g, 2);
        if (blk_words(r) > r->cfg.weight_depth / 2) C = C / 2 ? C / 2 : 1;
    } while (blk_words(r) > r->cfg.weight_depth / 2);
    for (int i = 0; i < points * C; i++)
        x[i] = !rng_chance(g, feature_density) ? zero : (int32_t)rng_range(g, LO[in], HI[in]);

    /* Expected. */
    const uint32_t per_line = r->lb / SIZE[in];
    uint64_t items = 0, macs = 0;
    naive_fc(y, w, x, zero, points, C, K);
    for (int p = 0; p < points; p++)
        for (int c = 0; c < C; c++) {
            if (format == NM) {
                if (c % 4) continue;
                int any = 0;
                for (int i = c; i < c + 4 && i < C; i++) any |= x[p * C + i] != zero;
                items += (unsigned)any;
                macs += any ? (uint64_t)(lanes * rows * n) : 0;
            } else if (x[p * C + c] != zero) {
                items++;
                for (int k = 0; k < K; k++) macs += format == CSC ? code[k * C + c] != 0 : w[k * C + c] != 0;
            }
        }

    /* Memory. */
    uint64_t block;
    const uint32_t n_lines = blk_put(r, &block), columns = (uint32_t)blk.cols;
    const uint64_t cb = take(r, 64);
    for (unsigned i = 0; i < 16; i++) put(r, cb + 2 * i, (uint64_t)codebook[i], 2);
    const uint32_t x_row  = list_in ? 64 + lines(r, 4 * (uint32_t)C) * r->lb : lines(r, SIZE[in] * (uint32_t)C) * r->lb;
    const uint32_t x_pitch = ((x_row + 63) & ~63u) + 64 * rng_below(g, 3);
    const uint64_t xa = take(r, x_pitch * (uint32_t)points);
    for (int p = 0; p < points; p++) {
        const uint64_t at = xa + x_pitch * (unsigned)p;
        uint32_t count = 0;
        for (int c = 0; c < C; c++) {
            const int32_t v = x[p * C + c];
            if (!list_in) put(r, at + SIZE[in] * (unsigned)c, (uint64_t)v, (int)SIZE[in]);
            else if (v != zero || rng_chance(g, 20)) put(r, at + 64 + 4 * count++, (uint32_t)c | (uint32_t)(v & 0xFFFF) << 16, 4);
        }
        if (list_in) put(r, at, count, 8);
    }
    const uint32_t pbase = store_w * rng_below(g, 2);
    const uint64_t pa = take(r, 16 * (uint32_t)K + 64);
    int32_t  bias[MAX_K];
    uint32_t m[MAX_K];
    int      s[MAX_K];
    for (int k = 0; k < K; k++) {
        bias[k] = (int32_t)rng_range(g, -100000, 100000);
        m[k] = rng_below(g, 0x7FFFFFFF);
        s[k] = 20 + (int)rng_below(g, 30);
        put(r, pa + 16 * (unsigned)k, (uint32_t)bias[k], 4);
        put(r, pa + 16 * (unsigned)k + 4, m[k], 4);
        put(r, pa + 16 * (unsigned)k + 8, (unsigned)s[k] | (unsigned)lane_of[k] << 8, 8);
    }
    const int32_t lo = out == RAW ? 0 : (int32_t)rng_range(g, LO[out], HI[out]), hi = out == RAW ? 0 : (int32_t)rng_range(g, lo, HI[out]);
    const uint32_t y_row = list_out ? 64 + lines(r, 4 * (uint32_t)K) * r->lb : lines(r, SIZE[out] * (uint32_t)K) * r->lb;
    const uint32_t y_pitch = ((y_row + 63) & ~63u) + 64 * rng_below(g, 2);
    const uint64_t ya = take(r, y_pitch * (uint32_t)points);

    /* Commands: one EXEC, or one for each part of the columns. */
    const uint32_t word_base = rng_below(g, r->cfg.weight_depth - blk_words(r) + 1), col_base = rng_below(g, r->cfg.col_depth - columns + 1);
    const uint32_t feat_base = 32 * rng_below(g, 2), acc_base = rng_below(g, r->cfg.acc_depth - (uint32_t)(points * rows) + 1);
    const uint32_t bank = rng_below(g, 2), copy = rng_below(g, 2), feat_pitch = lines(r, SIZE[in] * (uint32_t)C);
    command c = load_weights(block, n_lines, word_base, col_base);
    SET(c, ANY, SIGNAL, 2);
    push(r, load_codebook(cb, copy));
    push(r, c);
    push(r, load_params(pa, (uint32_t)K, pbase));
    push(r, load_features(xa, x_pitch, (uint32_t)points, (uint32_t)C, feat_base, in, list_in, zero));
    const uint32_t unit = format == NM ? (per_line + 3) / 4 : per_line;  /* columns of a line */
    uint32_t first = 0, step = rng_chance(g, 100) && columns > unit ? unit * (1 + rng_below(g, (columns - 1) / unit)) : columns;
    while (first < columns) {
        const uint32_t cols = columns - first < step ? columns - first : step;
        c = exec(feat_base + first / unit, feat_pitch, (uint32_t)points, cols, (uint32_t)rows, format, (uint32_t)n, in, zero);
        SET(c, EXEC, COL_BASE, col_base + first);
        SET(c, EXEC, ACC_BASE, acc_base);
        SET(c, EXEC, BANK, bank);
        SET(c, EXEC, COPY, copy);
        if (first == 0) SET(c, ANY, WAIT, 1);
        first += cols;
        if (first == columns) SET(c, ANY, SIGNAL, 4);
        if (step < columns / 8 + 1) step = columns;  /* the ring is short */
        push(r, c);
    }
    c = store(r, ya, y_pitch, (uint32_t)points, (uint32_t)K, out, list_out, zp, lo, hi);
    SET(c, STORE, ACC_BASE, acc_base);
    SET(c, STORE, PARAM_BASE, pbase);
    SET(c, STORE, BANK, bank);
    SET(c, ANY, WAIT, 2);
    push(r, c);
    memcpy(before, r->mem, MEM);
    go(r);

    /* Compare. The expected outputs are written into the copy of the memory. */
    uint32_t nonzero = 0;
    for (int p = 0; p < points; p++) {
        uint8_t *row = before + (ya - BASE) + y_pitch * (unsigned)p;
        uint32_t count = 0;
        for (int k = 0; k < K; k++) {
            const int64_t q = out == RAW ? y[p * K + k] : naive_requant(y[p * K + k], bias[k], m[k], s[k], zp, lo, hi);
            uint8_t *at = list_out ? row + 64 + 4 * count : row + SIZE[out] * (unsigned)k;
            const uint64_t v = list_out ? (uint64_t)k | ((uint64_t)q & 0xFFFF) << 16 : (uint64_t)q;
            if (!list_out || q != zp)
                for (unsigned b = 0; b < (list_out ? 4 : SIZE[out]); b++) at[b] = (uint8_t)(v >> 8 * b);
            count += q != zp;
        }
        nonzero += count;
        for (unsigned b = 0; b < 8 && list_out; b++) row[b] = b < 4 ? (uint8_t)(count >> 8 * b) : 0;
    }
    uint64_t lane_macs = 0;
    for (int l = 0; l < L; l++) lane_macs += lac_model_lane_macs(r->m, (uint32_t)l);
    const int ok = !RD(STATUS) && !memcmp(before, r->mem, MEM) && RD(CNT_ITEMS) == items && RD(CNT_MACS_LO) == (uint32_t)macs
                && lane_macs == macs && RD(CNT_NONZERO) == nonzero;
    if (!ok) {
        uint32_t at = 0;
        while (at < MEM && before[at] == r->mem[at]) at++;
        snprintf(why, len, "%s format %d n %d K %d C %d points %d in %d%s out %d%s: code %x, memory differs at %x, items %u of %u, MACs %u of %u, "
                 "non-zero %u of %u", r->cfg.name, format, n, K, C, points, in, list_in ? " list" : "", out, list_out ? " list" : "", RD(ERR_CODE),
                 at == MEM ? 0 : (unsigned)(BASE + at), RD(CNT_ITEMS), (unsigned)items, RD(CNT_MACS_LO), (unsigned)macs, RD(CNT_NONZERO), nonzero);
    }
    fresh(r);
    return ok ? 0 : -1;
}

static void test_random(rig *r, int batches)
{
    for (int b = 0; b < batches; b++) {
        lac_rng g = {seed * 1000003 + (uint64_t)b * 977 + r->cfg.lanes};
        char why[400] = "";
        int  bad = 0;
        for (int i = 0; i < 25; i++) bad += random_job(r, &g, why, sizeof why) != 0;
        check(!bad, text("%s: 25 random layers, batch %d", r->cfg.name, b), "%d wrong, the last: %s", bad, why);
    }
}

int main(void)
{
    static const char *NAME[5] = {"l8", "odd", "w512", "l4", "l64"};
    char path[64], err[256];

    if (getenv("SEED")) seed = strtoull(getenv("SEED"), NULL, 0);
    test_config();
    test_eie_example();
    test_columns_by_hand();
    test_columns_carry();
    test_gaps();
    test_overflow();
    test_requant();
    for (int i = 0; i < 5; i++) {
        lac_config cfg;
        snprintf(path, sizeof path, "configs/%s.cfg", NAME[i]);
        if (!check(!lac_config_read(path, &cfg, err, sizeof err), path, "%s", err)) continue;
        rig *r = open_rig(&cfg);
        test_registers(r);
        test_ring(r);
        test_csr_example(r);
        test_slices(r, CSC);
        test_slices(r, CSC8);
        for (int kind = 0; kind < 8; kind++) test_columns(r, kind & 1, kind & 2 ? INT16 : INT8, kind >> 2);
        test_columns_keep(r);
        if (r->cfg.param_depth >= 24 * r->cfg.lanes && r->cfg.acc_depth >= 24) test_columns_largest(r);
        test_nm(r);
        test_masks(r);
        test_accumulate(r);
        test_reset_accumulators(r);
        test_flags_behind(r);
        test_lists(r);
        test_more_lists(r);
        test_port(r);
        test_random(r, i < 4 ? 5 : 2);
        close_rig(r);
    }
    return failures != 0;
}
