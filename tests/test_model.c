/* SPDX-License-Identifier: Apache-2.0
 *
 * test_model.c - the golden model against docs/formats.md and docs/numerics.md
 *
 *   Images     blocks, lists, parameters and commands are packed here, by hand or by the small packer below, from the documents
 *   Expected   written out by hand, or from naive.c, which shares nothing with the model
 *   Memory     after each good job all of it is compared: what must be written is, and nothing else
 *   Errors     the whole record, STATUS, DONE and the interrupt; then: doorbells do nothing, a soft reset cleans up, the next job is
 *              right. BUS_PROTOCOL cannot happen here: the model's bus has no RLAST
 *   SEED       of the random layers; one line a batch of 25 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lac_config.h"
#include "lac_hw.h"
#include "lac_model.h"
#include "naive.h"
#include "ports/port_model.h"
#include "rng.h"

enum { CSC = 0, CSC8 = 1, NM = 2, INT8 = 0, UINT8 = 1, INT16 = 2, RAW = 3 };
static const uint32_t SIZE[4] = {1, 1, 2, 8};

/* ---- Reporting ---------------------------------------------------------------------------------------- */

static uint64_t seed = 1;
static int      failures;

/* One line; `name` may have a format, and after it, when it failed, what was expected and got. */
static int check(int ok, const char *name, const char *detail, ...)
{
    va_list ap;
    printf(ok ? "ok - %s" : "not ok - %s: ", name);
    if (!ok) {
        va_start(ap, detail);
        vprintf(detail, ap);
        va_end(ap);
        printf(", seed %llu", (unsigned long long)seed);
        failures++;
    }
    putchar('\n');
    return ok;
}

static const char *text(const char *format, ...)
{
    static char buf[4][160];
    static int  turn;
    va_list ap;
    va_start(ap, format);
    turn = (turn + 1) % 4;
    vsnprintf(buf[turn], sizeof buf[turn], format, ap);
    va_end(ap);
    return buf[turn];
}

/* ---- A model with its memory --------------------------------------------------------------------------- */

enum { MEM = 256 * 1024, RING_SIZE = 24 };
#define BASE UINT64_C(0x40000000)  /* of the memory; the ring stands there */

typedef struct {
    lac_config cfg;
    lac_model *m;
    uint8_t    mem[MEM];
    uint32_t   lb;    /* bytes of a line */
    uint64_t   next;  /* first free address */
    uint32_t   tail;
} rig;

static uint32_t rd(rig *r, uint32_t off) { return lac_model_read32(r->m, off); }
static void     wr(rig *r, uint32_t off, uint32_t v) { lac_model_write32(r->m, off, v); }
#define RD(name) rd(r, LAC_REG_##name)
#define WR(name, v) wr(r, LAC_REG_##name, (uint32_t)(v))

static void window(rig *r, int write, uint64_t base, uint64_t limit)
{
    const uint32_t off = write ? LAC_REG_WR_BASE_LO : LAC_REG_RD_BASE_LO;
    wr(r, off, (uint32_t)base);
    wr(r, off + 4, (uint32_t)(base >> 32));
    wr(r, off + 8, (uint32_t)limit);
    wr(r, off + 12, (uint32_t)(limit >> 32));
}

/* Soft reset, and all registers as the tests want them. The memory is forgotten. */
static void fresh(rig *r)
{
    WR(CTRL, 1);
    window(r, 0, BASE, BASE + MEM);
    window(r, 1, BASE, BASE + MEM);
    WR(RING_BASE_LO, BASE);
    WR(RING_BASE_HI, BASE >> 32);
    WR(RING_SIZE, RING_SIZE);
    WR(WATCHDOG, 1000);
    WR(IRQ_ENABLE, 0);
    r->tail = 0;
    r->next = BASE + 64 * RING_SIZE;
    memset(r->mem, 0xA5, sizeof r->mem);
}

static rig *open_rig(const lac_config *cfg)
{
    rig *r = calloc(1, sizeof *r);
    r->cfg = *cfg;
    r->lb  = cfg->data_w <= 64 ? 8 : cfg->data_w / 8;
    r->m   = lac_model_create(cfg, r->mem, BASE, MEM);
    if (!r->m) {
        check(0, "create", "no model for %s", cfg->name);
        exit(1);
    }
    fresh(r);
    return r;
}

static void close_rig(rig *r)
{
    lac_model_destroy(r->m);
    free(r);
}

static uint32_t lines(const rig *r, uint32_t bytes) { return (bytes + r->lb - 1) / r->lb; }

static uint64_t take(rig *r, uint32_t bytes)
{
    const uint64_t at = r->next;
    r->next += (bytes + 63u) & ~63u;
    if (r->next > BASE + MEM) {
        printf("not ok - test memory: too small\n");
        exit(1);
    }
    return at;
}

static void put(rig *r, uint64_t at, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) r->mem[at - BASE + (uint64_t)i] = (uint8_t)(v >> 8 * i);
}

static uint64_t get(const rig *r, uint64_t at, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++) v |= (uint64_t)r->mem[at - BASE + (uint64_t)i] << 8 * i;
    return v;
}

/* ---- Commands ------------------------------------------------------------------------------------------- */

typedef struct { uint32_t w[16]; } command;
#define SET(c, cmd, field, v) lac_set_field((c).w, LAC_F_##cmd##_##field, (uint32_t)(v))
#define TAG(n) (0x7A600000u + (n))

static command new_command(uint32_t op_kind)
{
    command c = {{op_kind, TAG(99)}};
    return c;
}

static command load_weights(uint64_t addr, uint32_t n, uint32_t word_base, uint32_t col_base)
{
    command c = new_command(LAC_OP_LOAD_WEIGHTS);
    SET(c, LOAD_WEIGHTS, ADDR_LO, addr);
    SET(c, LOAD_WEIGHTS, ADDR_HI, addr >> 32);
    SET(c, LOAD_WEIGHTS, LINES, n);
    SET(c, LOAD_WEIGHTS, WORD_BASE, word_base);
    SET(c, LOAD_WEIGHTS, COL_BASE, col_base);
    return c;
}

static command load_codebook(uint64_t addr, uint32_t copy)
{
    command c = new_command(LAC_OP_LOAD_CODEBOOK);
    SET(c, LOAD_CODEBOOK, ADDR_LO, addr);
    SET(c, LOAD_CODEBOOK, ADDR_HI, addr >> 32);
    SET(c, LOAD_CODEBOOK, COPY, copy);
    return c;
}

static command load_features(uint64_t addr, uint32_t pitch, uint32_t points, uint32_t channels, uint32_t base, int type, int list,
                             int32_t zero)
{
    command c = new_command(LAC_OP_LOAD_FEATURES);
    SET(c, LOAD_FEATURES, ADDR_LO, addr);
    SET(c, LOAD_FEATURES, ADDR_HI, addr >> 32);
    SET(c, LOAD_FEATURES, PITCH, pitch);
    SET(c, LOAD_FEATURES, POINTS, points);
    SET(c, LOAD_FEATURES, CHANNELS, channels);
    SET(c, LOAD_FEATURES, FEAT_BASE, base);
    SET(c, LOAD_FEATURES, TYPE, type);
    SET(c, LOAD_FEATURES, LIST, list);
    SET(c, LOAD_FEATURES, ZERO, zero);
    return c;
}

static command load_params(uint64_t addr, uint32_t channels, uint32_t base)
{
    command c = new_command(LAC_OP_LOAD_PARAMS);
    SET(c, LOAD_PARAMS, ADDR_LO, addr);
    SET(c, LOAD_PARAMS, ADDR_HI, addr >> 32);
    SET(c, LOAD_PARAMS, CHANNELS, channels);
    SET(c, LOAD_PARAMS, PARAM_BASE, base);
    return c;
}

/* Columns from 0, accumulators from 0 of bank 0, codebook 0. */
static command exec(uint32_t feat_base, uint32_t feat_pitch, uint32_t points, uint32_t columns, uint32_t rows, int format, uint32_t n,
                    int type, int32_t zero)
{
    command c = new_command(LAC_OP_EXEC);
    SET(c, EXEC, FEAT_BASE, feat_base);
    SET(c, EXEC, FEAT_PITCH, feat_pitch);
    SET(c, EXEC, POINTS, points);
    SET(c, EXEC, COLUMNS, columns);
    SET(c, EXEC, ROWS, rows);
    SET(c, EXEC, FORMAT, format);
    SET(c, EXEC, N, n);
    SET(c, EXEC, TYPE, type);
    SET(c, EXEC, ZERO, zero);
    return c;
}

static command store(const rig *r, uint64_t addr, uint32_t pitch, uint32_t points, uint32_t channels, int type, int list, int32_t zero,
                     int32_t lo, int32_t hi)
{
    command c = new_command(LAC_OP_STORE);
    SET(c, STORE, ADDR_LO, addr);
    SET(c, STORE, ADDR_HI, addr >> 32);
    SET(c, STORE, PITCH, pitch);
    SET(c, STORE, POINTS, points);
    SET(c, STORE, CHANNELS, channels);
    SET(c, STORE, ROWS, (channels + r->cfg.lanes - 1) / r->cfg.lanes);
    SET(c, STORE, TYPE, type);
    SET(c, STORE, LIST, list);
    SET(c, STORE, ZERO, zero);
    SET(c, STORE, CLAMP_LO, lo);
    SET(c, STORE, CLAMP_HI, hi);
    return c;
}

static command store_raw(const rig *r, uint64_t addr, uint32_t channels)
{
    return store(r, addr, 0, 1, channels, RAW, 0, 0, 0, 0);
}

static command with_tag(command c, uint32_t tag)
{
    c.w[1] = tag;
    return c;
}

/* Where the next command will stand. */
static uint64_t slot(const rig *r) { return BASE + 64u * r->tail; }

static void push(rig *r, command c)
{
    for (int i = 0; i < 16; i++) put(r, slot(r) + 4u * (unsigned)i, c.w[i], 4);
    r->tail = (r->tail + 1) % RING_SIZE;
}

static void go(rig *r) { WR(TAIL, r->tail); }

/* ---- Packer ----------------------------------------------------------------------------------------------- */

/* One weight block: entries are added column by column. */
static struct {
    int      format, n, lanes, cols;
    uint16_t entry[256][4096];
    int      fill[256];
    uint16_t count[600][256];
    int      extra;  /* words more than needed, to test unused room */
} blk;

static void blk_begin(int format, int n, int lanes, int cols)
{
    memset(&blk, 0, sizeof blk);
    blk.format = format;
    blk.n      = n;
    blk.lanes  = lanes;
    blk.cols   = cols;
}

static void blk_add(int col, int lane, unsigned e)
{
    blk.entry[lane][blk.fill[lane]++] = (uint16_t)e;
    blk.count[col][lane]++;
}

/* A weight in row `row` of a lane, where the last entry of the slice stands in row *last (-1: none). csc: w is a code. */
static void blk_weight(int col, int lane, int row, int w, int *last)
{
    const int width = blk.format == CSC ? 4 : 8, max = blk.format == CSC ? 63 : 255;
    int gap = row - *last - 1;
    for (; gap > max; gap -= max + 1) blk_add(col, lane, (unsigned)max << width);  /* padding */
    blk_add(col, lane, (unsigned)gap << width | ((unsigned)w & ((1u << width) - 1)));
    *last = row;
}

static int blk_per_word(void) { return blk.format == CSC8 ? 4 : 6; }

static uint32_t blk_group_words(const rig *r, int group)
{
    const int b = (int)r->lb / 8, e = blk_per_word();
    int words = 0;
    for (int l = group * b; l < (group + 1) * b && l < blk.lanes; l++)
        if ((blk.fill[l] + e - 1) / e > words) words = (blk.fill[l] + e - 1) / e;
    return (uint32_t)(words + blk.extra);
}

/* The most words any group takes. */
static uint32_t blk_words(const rig *r)
{
    uint32_t most = 0;
    for (int g = 0; g * (int)r->lb / 8 < blk.lanes; g++)
        if (blk_group_words(r, g) > most) most = blk_group_words(r, g);
    return most;
}

/* Write the block; returns its lines. */
static uint32_t blk_put(rig *r, uint64_t *where)
{
    const int      b = (int)r->lb / 8, groups = (blk.lanes + b - 1) / b, e = blk_per_word(), width = blk.format == CSC8 ? 16 : 10;
    const uint32_t same = blk_words(r);
    uint32_t total = 1;
    for (int g = 0; g < groups; g++) total += blk.format == NM ? same : blk_group_words(r, g);
    if (blk.format != NM) total += lines(r, 2u * (unsigned)groups) + (unsigned)blk.cols * lines(r, (unsigned)blk.lanes);

    uint64_t at = *where = take(r, total * r->lb);
    uint64_t header = (uint64_t)blk.format | (uint64_t)(blk.lanes - 1) << 8 | (uint64_t)blk.cols << 16;
    if (blk.format == NM) {
        const uint64_t c = blk.count[0][0];
        header |= (uint64_t)blk.n << 2 | (c % 6) << 5 | (c / 6) << 32 | (uint64_t)same << 48;
    }
    put(r, at, header, 8);
    at += r->lb;
    if (blk.format != NM) {
        for (int g = 0; g < groups; g++) put(r, at + 2u * (unsigned)g, blk_group_words(r, g), 2);
        at += r->lb * lines(r, 2u * (unsigned)groups);
        for (int c = 0; c < blk.cols; c++) {
            for (int l = 0; l < blk.lanes; l++)
                put(r, at + (unsigned)l, (uint64_t)(blk.count[c][l] / e << 3 | blk.count[c][l] % e), 1);
            at += r->lb * lines(r, (unsigned)blk.lanes);
        }
    }
    for (int g = 0; g < groups; g++)
        for (uint32_t i = 0; i < (blk.format == NM ? same : blk_group_words(r, g)); i++) {
            for (int l = g * b; l < (g + 1) * b && l < blk.lanes; l++) {
                uint64_t w = UINT64_C(0xF000000000000000);  /* unused bits are ignored */
                if (blk.format == CSC8) w = 0;
                for (int s = 0; s < e; s++) {
                    const int k = (int)i * e + s;
                    w |= (uint64_t)(k < blk.fill[l] ? blk.entry[l][k] : 0x155) << width * s;  /* so are unused slots */
                }
                put(r, at + 8u * (unsigned)(l % b), w, 8);
            }
            at += r->lb;
        }
    return total;
}

/* Parameters that change nothing: bias 0, M 1, shift 1, channel k on lane k mod LANES. */
static uint64_t put_params(rig *r, uint32_t channels)
{
    const uint64_t at = take(r, lines(r, 16 * channels) * r->lb);
    for (uint32_t k = 0; k < channels; k++) {
        put(r, at + 16 * k, 0, 8);
        put(r, at + 16 * k + 4, 1, 4);
        put(r, at + 16 * k + 8, 1 | (k % r->cfg.lanes) << 8, 8);
    }
    return at;
}

static uint64_t put_bytes(rig *r, const char *bytes, uint32_t n)
{
    const uint64_t at = take(r, lines(r, n) * r->lb);
    for (uint32_t i = 0; i < n; i++) put(r, at + i, (uint8_t)bytes[i], 1);
    return at;
}

/* ---- A job that is known to work: the 6 x 4 example ---------------------------------------------------------- */

static const int32_t EXAMPLE[6 * 4] = {0, 0, 3, 0,  7, 0, 0, 0,  0, 0, 4, 8,  6, 5, 3, 0,  2, 0, 0, 1,  0, 0, 0, 8};
static const int64_t EXAMPLE_Y[6]   = {12, 0, 80, 12, 8, 64};

/* Its weights for all formats; for csc codes: codebook[i] = i. */
static void pack_example(const rig *r, int format)
{
    const int lanes = (int)r->cfg.lanes < 6 ? (int)r->cfg.lanes : 6, rows = (6 + (int)r->cfg.lanes - 1) / (int)r->cfg.lanes;
    if (format == NM) {
        blk_begin(NM, 4, lanes, 1);
        for (int row = 0; row < rows; row++)
            for (int l = 0; l < lanes; l++)
                for (int c = 0; c < 4; c++) {
                    const int k = row * (int)r->cfg.lanes + l;
                    blk_add(0, l, (unsigned)c << 8 | (k < 6 ? (unsigned)EXAMPLE[4 * k + c] : 0));
                }
        return;
    }
    blk_begin(format, 0, lanes, 4);
    for (int c = 0; c < 4; c++)
        for (int l = 0; l < lanes; l++) {
            int last = -1;
            for (int k = l; k < 6; k += (int)r->cfg.lanes)
                if (EXAMPLE[4 * k + c]) blk_weight(c, l, k / (int)r->cfg.lanes, EXAMPLE[4 * k + c], &last);
        }
}

/* Runs it; 0 when the result is right. The accumulators are read raw. */
static int run_example(rig *r, int format, uint64_t *y)
{
    const uint32_t rows = (6 + r->cfg.lanes - 1) / r->cfg.lanes;
    uint64_t block, codebook = take(r, 64);
    pack_example(r, format);
    const uint32_t n = blk_put(r, &block);
    for (unsigned i = 0; i < 16; i++) put(r, codebook + 2 * i, i, 2);
    const uint64_t x = put_bytes(r, "\0\0\4\10", 4), params = put_params(r, 6);
    *y = take(r, 6 * 8);
    push(r, load_weights(block, n, 0, 0));
    push(r, load_codebook(codebook, 0));
    push(r, load_features(x, 0, 1, 4, 0, INT8, 0, 0));
    push(r, load_params(params, 6, 0));
    push(r, exec(0, 0, 1, format == NM ? 1 : 4, rows, format, format == NM ? 4 : 0, INT8, 0));
    push(r, store_raw(r, *y, 6));
    go(r);
    if (RD(STATUS)) return -1;
    for (unsigned k = 0; k < 6; k++)
        if (get(r, *y + 8 * k, 8) != (uint64_t)EXAMPLE_Y[k]) return -1;
    return 0;
}

/* ---- Error records --------------------------------------------------------------------------------------------- */

static void expect(rig *r, const char *name, uint32_t code, uint32_t unit, uint32_t cmd, uint32_t tag, uint64_t addr, uint32_t index)
{
    const uint32_t want[6] = {code | unit << 8, cmd, tag, (uint32_t)addr, (uint32_t)(addr >> 32), index};
    const uint32_t got[6]  = {RD(ERR_CODE), RD(ERR_CMD), RD(ERR_TAG), RD(ERR_ADDR_LO), RD(ERR_ADDR_HI), RD(ERR_INDEX)};
    const char *full = text("%s: %s", r->cfg.name, name);
    uint64_t y;

    for (int i = 0; i < 6; i++)
        if (want[i] != got[i]) {
            check(0, full, "record (code, cmd, tag, addr, addr, index) expected %x %x %x %x %x %x, got %x %x %x %x %x %x",
                  want[0], want[1], want[2], want[3], want[4], want[5], got[0], got[1], got[2], got[3], got[4], got[5]);
            fresh(r);
            return;
        }
    if (RD(STATUS) != LAC_STATUS_ERROR || RD(DONE) != cmd || (RD(IRQ_STATUS) & (LAC_IRQ_ERROR | LAC_IRQ_DONE)) != LAC_IRQ_ERROR) {
        check(0, full, "STATUS %x, DONE %u, IRQ_STATUS %x", RD(STATUS), RD(DONE), RD(IRQ_STATUS));
        fresh(r);
        return;
    }
    WR(IRQ_STATUS, 7);
    push(r, store_raw(r, BASE + 0x10000, 1));
    go(r);
    if (RD(DONE) != cmd || RD(IRQ_STATUS) || RD(STATUS) != LAC_STATUS_ERROR || RD(ERR_CODE) != want[0]) {
        check(0, full, "a doorbell after the error did something");
        fresh(r);
        return;
    }
    lac_model_bus_reset(r->m);  /* injected faults go; nothing else */
    WR(CTRL, 1);
    if (RD(STATUS) || RD(IRQ_STATUS) || RD(ERR_CODE) || RD(ERR_CMD) || RD(ERR_TAG) || RD(ERR_ADDR_LO) || RD(ERR_ADDR_HI)
        || RD(ERR_INDEX) || RD(HEAD) || RD(TAIL) || RD(DONE)) {
        check(0, full, "soft reset left something");
        fresh(r);
        return;
    }
    fresh(r);
    check(run_example(r, CSC8, &y) == 0, full, "the next job went wrong: STATUS %x, ERR_CODE %x", RD(STATUS), RD(ERR_CODE));
    fresh(r);
}

/* One bad command behind a good one (a codebook load, so the failing one is number 1). */
static uint64_t behind_good(rig *r, command c)
{
    push(r, load_codebook(take(r, 64), 0));
    const uint64_t at = slot(r);
    push(r, with_tag(c, TAG(1)));
    go(r);
    return at;
}

/* ... that must fail with a check of the command itself. */
static void refuse(rig *r, const char *name, command c, uint32_t code, uint32_t index)
{
    const uint64_t at = behind_good(r, c);
    expect(r, name, code, LAC_UNIT_CMD, 1, TAG(1), at, index);
}

static void refuse_window(rig *r, const char *name, command c, uint64_t addr)
{
    behind_good(r, c);
    expect(r, name, LAC_ERR_WINDOW, LAC_UNIT_CMD, 1, TAG(1), addr, 0);
}

/* ... that must not fail. */
static void accept(rig *r, const char *name, command c)
{
    behind_good(r, c);
    check(RD(STATUS) == 0 && RD(DONE) == 2, text("%s: %s", r->cfg.name, name), "STATUS %x, ERR_CODE %x, ERR_ADDR %x, ERR_INDEX %x",
          RD(STATUS), RD(ERR_CODE), RD(ERR_ADDR_LO), RD(ERR_INDEX));
    fresh(r);
}

/* ---- Configuration files ------------------------------------------------------------------------------------------ */

static void test_config(void)
{
    static const char *GOOD = "# four lanes\nLANES=4\nDATA_W=64\nADDR_W=32\n\nSTORE_W = 2 # two\nWEIGHT_DEPTH=16\nCOL_DEPTH=8\nACC_DEPTH=8\n"
                              "FEAT_DEPTH=32\nPARAM_DEPTH=8\nFIFO_DEPTH=4\nBURST=4\n";
    static const struct { const char *from, *to, *want; } BAD[] = {
        {"LANES=4", "LANES=3", ":2:"},              {"LANES=4", "LANES=257", ":2:"},        {"LANES=4", "LANES=4x", ":2:"},
        {"LANES=4", "LANES=", ":2:"},               {"LANES=4", "LANES", ":2:"},            {"LANES=4", "LANES=-4", ":2:"},
        {"LANES=4", "LANES=6\nSTORE_W=4", ":7:"},   {"DATA_W=64", "DATA_W=96", ":3:"},      {"ADDR_W=32", "ADDR_W=49", ":4:"},
        {"STORE_W = 2", "STORE_W=3", ":6:"},        {"LANES=4", "LANES=5", ":6:"},          {"BURST=4", "BURST=257", ":13:"},
        {"BURST=4\n", "", "BURST is missing"},      {"BURST=4", "BURTS=4", ":13:"},         {"BURST=4", "BURST=4\nLANES=4", ":14:"},
        {"FEAT_DEPTH=32", "FEAT_DEPTH=40", ":10:"}, {"ACC_DEPTH=8", "ACC_DEPTH=0", ":9:"},
    };
    const char *b = getenv("B") ? getenv("B") : "build";
    char path[256], err[256], file[1024];
    lac_config cfg;

    snprintf(path, sizeof path, "%s/tests/test_model.cfg", b);
    for (int i = -1; i < (int)(sizeof BAD / sizeof BAD[0]); i++) {
        strcpy(file, GOOD);
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
                      && cfg.feat_depth == 32 && cfg.param_depth == 8 && cfg.fifo_depth == 4 && cfg.burst == 4,
                  "config: a good file", "status %d, %s", status, err);
        else
            check(status == -1 && strstr(err, BAD[i].want), text("config: refuses %.20s", *BAD[i].to ? BAD[i].to : "a missing key"),
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
    const uint32_t caps[12] = {r->cfg.lanes, r->cfg.data_w, r->cfg.addr_w, r->cfg.store_w, r->cfg.weight_depth, r->cfg.col_depth,
                               r->cfg.acc_depth, r->cfg.feat_depth, r->cfg.param_depth, r->cfg.fifo_depth, r->cfg.burst, 7};
    lac_model  *m   = lac_model_create(&r->cfg, r->mem, BASE, MEM);
    const char *bad = NULL;

    for (size_t i = 0; i < sizeof REGS / sizeof REGS[0]; i++) {
        const uint32_t off = REGS[i].off, want = off >= 0x10 && off < 0x40 ? caps[off / 4 - 4] : REGS[i].reset;
        if (lac_model_read32(m, off) != want) bad = REGS[i].name;
    }
    check(!bad, text("%s: registers after reset", r->cfg.name), "%s", bad);
    bad = NULL;
    for (size_t i = 0; i < sizeof REGS / sizeof REGS[0]; i++) {
        const uint32_t off = REGS[i].off, before = lac_model_read32(m, off);
        if (off == LAC_REG_TAIL || off == LAC_REG_CTRL) continue;
        lac_model_write32(m, off, 0x5A5A5A5Au);
        if (lac_model_read32(m, off) != (REGS[i].access == RW ? 0x5A5A5A5Au : before)) bad = REGS[i].name;
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
    static const char   *FORMAT[3] = {"csc", "csc8", "4:4"};
    static const uint32_t MACS[3] = {6, 6, 0};
    int64_t  a[6], b[6];
    uint64_t y;
    const int64_t pa = naive_rows(a, EXAMPLE, x, 4, 6), pb = naive_nonzeros(b, row_ptr, col, val, x, 4, 6);

    check(!memcmp(a, EXAMPLE_Y, sizeof a) && !memcmp(b, EXAMPLE_Y, sizeof b) && pa == 10 && pb == 6,
          text("%s: CSR example, both naive loops", r->cfg.name), "%lld and %lld products", (long long)pa, (long long)pb);
    for (int f = 0; f < 3; f++) {
        const int bad = run_example(r, f, &y);
        uint32_t macs = MACS[f];
        if (f == NM) macs = 4 * ((6 + r->cfg.lanes - 1) / r->cfg.lanes) * (r->cfg.lanes < 6 ? r->cfg.lanes : 6);
        check(!bad && RD(CNT_MACS_LO) == macs && RD(CNT_MACS_HI) == 0 && RD(CNT_ITEMS) == (f == NM ? 1u : 2u) && RD(CNT_NONZERO) == 5,
              text("%s: CSR example, %s", r->cfg.name, FORMAT[f]), "error %x, MACs %u of %u, items %u, non-zero %u", RD(ERR_CODE),
              RD(CNT_MACS_LO), macs, RD(CNT_ITEMS), RD(CNT_NONZERO));
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
    const lac_config cfg = {"eie", 4, 64, 32, 2, 16, 16, 16, 32, 8, 4, 4};
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

/* Put the block that has been added, one point of int8 features; push the loads (3 commands). */
static void push_block(rig *r, const int8_t *x, uint32_t channels)
{
    uint64_t block;
    const uint32_t n = blk_put(r, &block);
    const uint64_t at = take(r, lines(r, channels) * r->lb), codebook = take(r, 64);
    for (uint32_t c = 0; c < channels; c++) put(r, at + c, (uint8_t)x[c], 1);
    for (unsigned i = 0; i < 16; i++) put(r, codebook + 2 * i, i == 0 ? 999 : i * i, 2);  /* codebook[0] must not matter */
    push(r, load_weights(block, n, 0, 0));
    push(r, load_codebook(codebook, 0));
    push(r, load_features(at, 0, 1, channels, 0, INT8, 0, 0));
}

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
    const lac_config cfg = {"gaps", 4, 64, 32, 2, 64, 16, 600, 32, 2400, 4, 4};
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
    const uint64_t y[5] = {BASE + 0x9000, BASE + 0xA000, BASE + 0xB000, BASE + 0xC000, BASE + 0xD000};
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
    for (int i = 0; i < 5; i++) {  /* bank 0, again, bank 1, bank 0 from 2 on: rows 2, 3; then rows 4, 5 */
        SET(s, STORE, ADDR_LO, y[i]);
        SET(s, STORE, BANK, i == 2);
        SET(s, STORE, ACC_BASE, i < 3 ? 0 : 2 * (i - 2));
        push(r, s);
    }
    go(r);
    int64_t got[5][2];
    for (int i = 0; i < 5; i++)
        for (unsigned k = 0; k < 2; k++) got[i][k] = (int64_t)get(r, y[i] + 8 * k * lanes, 8);
    check(!RD(STATUS) && got[0][0] == 42 && got[0][1] == -42 && !got[1][0] && !got[1][1] && got[2][0] == 21 && got[2][1] == -21
              && got[3][0] == 0 && got[3][1] == 21 && got[4][0] == -21 && got[4][1] == 0,
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
static const lac_config NUMERIC = {"numeric", NUM_LANES, 64, 32, 8, 1024, 1024, 8, 512, 64, 4, 16};

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

static void test_command_errors(rig *r)
{
    const uint32_t lanes = r->cfg.lanes, lb = r->lb, acc = r->cfg.acc_depth, feat = r->cfg.feat_depth, cols = r->cfg.col_depth;
    const uint64_t at = BASE + 0x8000;
    const command W = load_weights(at, 1, 0, 0), B = load_codebook(at, 0), X = load_features(at, 64, 1, 8, 0, INT8, 0, 0);
    const command P = load_params(at, 1, 0), E = exec(0, 1, 1, 1, 1, CSC, 0, INT8, 0), S = store(r, at, 64, 1, 1, INT8, 0, 0, -128, 127);
    command c;

    /* Every command, every bit of every word: a bit that no field names is refused, by the first such word. The table is
     * written from docs/registers.md. */
    static const struct { const char *name; uint32_t word0; uint32_t named[16]; } BITS[6] = {
        {"LOAD_WEIGHTS", 0x01, {0x000177FF, ~0u, ~0u, ~0u, 0x00FFFFFF, ~0u}},
        {"LOAD_CODEBOOK", 0x11, {0x000177FF, ~0u, ~0u, ~0u, 1}},
        {"LOAD_FEATURES", 0x21, {0x000177FF, ~0u, ~0u, ~0u, 0x00FFFFFF, ~0u, 0x0007FFFF, 0x0000FFFF}},
        {"LOAD_PARAMS", 0x31, {0x000177FF, ~0u, ~0u, ~0u, ~0u}},
        {"EXEC", 0x02, {0x000177FF, ~0u, ~0u, ~0u, ~0u, 0x01FFFFFF, 0x0000FFFF}},
        {"STORE", 0x03, {0x000177FF, ~0u, ~0u, ~0u, 0x00FFFFFF, ~0u, ~0u, 0x000FFFFF, 0x0000FFFF, ~0u}},
    };
    for (int k = 0; k < 6; k++) {
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
    refuse(r, "MAP is not there", new_command(0x70004), LAC_ERR_OPCODE, 0x70004);
    refuse(r, "EXEC of another kind", new_command(0x12), LAC_ERR_OPCODE, 0x12);
    refuse(r, "LOAD of kind 4", new_command(0x41), LAC_ERR_OPCODE, 0x41);
    c = W; SET(c, ANY, WAIT, 1);   refuse(r, "LOAD waits for LOAD", c, LAC_ERR_RESERVED, 0);
    c = E; SET(c, ANY, SIGNAL, 2); refuse(r, "EXEC signals EXEC", c, LAC_ERR_RESERVED, 0);

    c = W; SET(c, LOAD_WEIGHTS, LINES, 0);       refuse(r, "weights: no lines", c, LAC_ERR_LENGTH, 0);
    c = X; SET(c, LOAD_FEATURES, POINTS, 0);     refuse(r, "features: no points", c, LAC_ERR_LENGTH, 0);
    c = X; SET(c, LOAD_FEATURES, CHANNELS, 0);   refuse(r, "features: no channels", c, LAC_ERR_LENGTH, 0);
    c = X; SET(c, LOAD_FEATURES, TYPE, 3);       refuse(r, "features: type 3", c, LAC_ERR_LENGTH, 0);
    c = X; SET(c, LOAD_FEATURES, ZERO, 128);     refuse(r, "features: int8 zero point 128", c, LAC_ERR_LENGTH, 0);
    c = X; SET(c, LOAD_FEATURES, ZERO, -129);    refuse(r, "features: int8 zero point -129", c, LAC_ERR_LENGTH, 0);
    c = X; SET(c, LOAD_FEATURES, TYPE, 1); SET(c, LOAD_FEATURES, ZERO, -1); refuse(r, "features: uint8 zero point -1", c, LAC_ERR_LENGTH, 0);
    c = X; SET(c, LOAD_FEATURES, TYPE, 1); SET(c, LOAD_FEATURES, ZERO, 255); accept(r, "features: uint8 zero point 255", c);
    c = P; SET(c, LOAD_PARAMS, CHANNELS, 0);     refuse(r, "parameters: no channels", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, POINTS, 0);              refuse(r, "exec: no points", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, COLUMNS, 0);             refuse(r, "exec: no columns", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, ROWS, 0);                refuse(r, "exec: no rows", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, FORMAT, 3);              refuse(r, "exec: format 3", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, N, 1);                   refuse(r, "exec: csc with N", c, LAC_ERR_LENGTH, 0);
    c = E; SET(c, EXEC, FORMAT, NM);             refuse(r, "exec: N:4 without N", c, LAC_ERR_LENGTH, 0);
    SET(c, EXEC, N, 5);                          refuse(r, "exec: 5:4", c, LAC_ERR_LENGTH, 0);
    SET(c, EXEC, N, 4);                          accept(r, "exec: 4:4", c);
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
    SET(c, STORE, CLAMP_HI, 5);                  accept(r, "store: clamp 5 .. 5", c);
    c = store_raw(r, at, 1); SET(c, STORE, ZERO, 1);     refuse(r, "store: raw with zero point", c, LAC_ERR_LENGTH, 0);
    c = store_raw(r, at, 1); SET(c, STORE, CLAMP_LO, -1); refuse(r, "store: raw with clamp", c, LAC_ERR_LENGTH, 0);
    c = store_raw(r, at, 1); SET(c, STORE, CLAMP_HI, 1); refuse(r, "store: raw with upper clamp", c, LAC_ERR_LENGTH, 0);
    c = store_raw(r, at, 1); SET(c, STORE, LIST, 1);     refuse(r, "store: raw list", c, LAC_ERR_LENGTH, 0);
    c = S; SET(c, STORE, POINTS, 2); SET(c, STORE, PITCH, 0); refuse(r, "store: pitch below a row", c, LAC_ERR_LENGTH, 0);
    SET(c, STORE, PITCH, 64);                    accept(r, "store: pitch of exactly a row", c);
    SET(c, STORE, LIST, 1);                      refuse(r, "store: pitch below a list", c, LAC_ERR_LENGTH, 0);
    SET(c, STORE, PITCH, 128);                   accept(r, "store: pitch that holds a list", c);

    c = W; SET(c, LOAD_WEIGHTS, ADDR_LO, at + 32);     refuse(r, "weights: address", c, LAC_ERR_ALIGN, 0);
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
    c = load_features(at, 0, feat, lb, 0, INT8, 0, 0); accept(r, "features: all of the RAM", c);
    c = load_features(at, 0, feat, lb + 1, 0, INT8, 0, 0);  refuse(r, "features: a second line a point", c, LAC_ERR_BOUNDS, 0);
    c = load_features(at, 0, feat - 31, lb, 32, INT8, 0, 0); refuse(r, "features: one line too many", c, LAC_ERR_BOUNDS, 0);
    c = load_features(at, 0, 1, feat - 32 > 600 ? 600 : (feat - 32) * lb / 2 + 1, 32, INT16, 0, 0);
    if (feat - 32 <= 600) refuse(r, "features: int16", c, LAC_ERR_BOUNDS, 0);
    c = P; SET(c, LOAD_PARAMS, PARAM_BASE, (r->cfg.param_depth - 1) / r->cfg.store_w * r->cfg.store_w);
    SET(c, LOAD_PARAMS, CHANNELS, r->cfg.store_w + 1); refuse(r, "parameters: one too many", c, LAC_ERR_BOUNDS, 0);
    c = E; SET(c, EXEC, FEAT_BASE, feat - 1);          accept(r, "exec: the last feature line", c);
    SET(c, EXEC, COLUMNS, lb + 1);                     refuse(r, "exec: one line beyond", c, LAC_ERR_BOUNDS, 0);
    c = E; SET(c, EXEC, FORMAT, NM); SET(c, EXEC, N, 1); SET(c, EXEC, FEAT_BASE, feat - 1); SET(c, EXEC, COLUMNS, lb / 4 + 1);
    refuse(r, "exec: four elements a column for N:4", c, LAC_ERR_BOUNDS, 0);
    c = E; SET(c, EXEC, FEAT_BASE, feat - 1); SET(c, EXEC, TYPE, INT16); SET(c, EXEC, COLUMNS, lb / 2 + 1);
    refuse(r, "exec: two bytes an element for int16", c, LAC_ERR_BOUNDS, 0);
    c = E; SET(c, EXEC, POINTS, 3); SET(c, EXEC, FEAT_PITCH, (feat - 1) / 2); accept(r, "exec: the last point's line", c);
    SET(c, EXEC, FEAT_PITCH, (feat + 1) / 2);          refuse(r, "exec: the last point beyond", c, LAC_ERR_BOUNDS, 0);
    c = E; SET(c, EXEC, COL_BASE, cols - 1);           accept(r, "exec: the last column", c);
    SET(c, EXEC, COLUMNS, 2);                          refuse(r, "exec: one column beyond", c, LAC_ERR_BOUNDS, 0);
    c = E; SET(c, EXEC, ACC_BASE, 1); SET(c, EXEC, ROWS, acc - 1); accept(r, "exec: all accumulators", c);
    SET(c, EXEC, ROWS, acc);                           refuse(r, "exec: one accumulator beyond", c, LAC_ERR_BOUNDS, 0);
    c = E; SET(c, EXEC, POINTS, 65535); SET(c, EXEC, FEAT_PITCH, 0); SET(c, EXEC, ROWS, 65535);
    refuse(r, "exec: accumulators times points", c, LAC_ERR_BOUNDS, 0);
    c = S; SET(c, STORE, ACC_BASE, acc - 1);           accept(r, "store: the last accumulator", c);
    SET(c, STORE, POINTS, 2);                          refuse(r, "store: one accumulator beyond", c, LAC_ERR_BOUNDS, 0);
    c = S; SET(c, STORE, PARAM_BASE, r->cfg.param_depth / r->cfg.store_w * r->cfg.store_w);
    refuse(r, "store: parameters beyond", c, LAC_ERR_BOUNDS, 0);

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
        accept(r, text("window: %s", IN[i].name), IN[i].c);
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
    c = S; SET(c, STORE, ZERO, 128); SET(c, STORE, ADDR_LO, 1); SET(c, STORE, ACC_BASE, acc); SET(c, ANY, WAIT, 1); c.w[12] = 1;
    refuse(r, "order: RESERVED", c, LAC_ERR_RESERVED, 12); c.w[12] = 0;
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
    accept(r, "bounds: the last columns", load_weights(block, n, 0, r->cfg.col_depth - 2));
    for (int f = 0; f < 3; f++) {
        n = good_block(r, f, &block);
        const uint32_t words = blk_words(r);
        accept(r, text("bounds: the last words, format %d", f), load_weights(block, n, r->cfg.weight_depth - words, 0));
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
    accept(r, "count: bytes of lanes beyond the block's are ignored", load_weights(block, n, 0, 0));

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
        accept(r, text("table: slices that just fit, format %d", f), load_weights(block, n, 0, 0));
    }
    n = good_block(r, NM, &block);  /* 2 columns of 4 entries in two words: 13 do not fit */
    put(r, block, get(r, block, 8) & ~(UINT64_C(7) << 5), 8);
    put(r, block, get(r, block, 8) | UINT64_C(1) << 32 | UINT64_C(1) << 5, 8);
    fail_block(r, "table: N:4 slices beyond the words", block, n, 0, 0, LAC_ERR_BLOCK_TABLE, block, 0);
    n = good_block(r, NM, &block);
    put(r, block, get(r, block, 8) & ~(UINT64_C(7) << 5), 8);
    put(r, block, get(r, block, 8) | UINT64_C(1) << 32, 8);
    accept(r, "table: N:4 slices that just fit", load_weights(block, n, 0, 0));

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
    accept(r, "list: all channels, int16 value -32768", load_features(at, 0, 1, 10, 0, INT16, 1, 0));
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
    accept(r, "parameters: the largest", load_params(at, 8, 0));
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
    accept(r, "a fault of reads does not touch writes", store(r, y, 0, 1, 1, INT8, 0, 0, -128, 127));
    lac_model_bus_reset(r->m);
    lac_model_fault(r->m, LAC_FAULT_SLVERR, 0, 1, y, y + 4095);
    accept(r, "a fault of writes does not touch reads", load_codebook(y, 0));
    lac_model_bus_reset(r->m);

    /* Lists: entries first, the header last. */
    {
        static const int8_t X[1] = {1};
        blk_begin(CSC8, 0, 4, 1);
        for (int l = 0; l < 4; l++) blk_add(0, l, 3);
        for (int i = 0; i < 2; i++) {
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
                       && RD(ERR_CODE) == (LAC_ERR_BUS_TIMEOUT | (write ? LAC_UNIT_STORE : LAC_UNIT_LOAD) << 8) && RD(ERR_ADDR_LO) == (uint32_t)x
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
    const int32_t zero = (int32_t)rng_range(g, LO[in], HI[in]), zp = out == RAW ? 0 : (int32_t)rng_range(g, LO[out], HI[out]);
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
    static const char *NAME[4] = {"l8", "odd", "w512", "l64"};
    char path[64], err[256];

    if (getenv("SEED")) seed = strtoull(getenv("SEED"), NULL, 0);
    test_config();
    test_eie_example();
    test_gaps();
    test_overflow();
    test_requant();
    for (int i = 0; i < 4; i++) {
        lac_config cfg;
        snprintf(path, sizeof path, "configs/%s.cfg", NAME[i]);
        if (!check(!lac_config_read(path, &cfg, err, sizeof err), path, "%s", err)) continue;
        rig *r = open_rig(&cfg);
        test_registers(r);
        test_ring(r);
        test_csr_example(r);
        test_slices(r, CSC);
        test_slices(r, CSC8);
        test_nm(r);
        test_masks(r);
        test_accumulate(r);
        test_reset_accumulators(r);
        test_flags_behind(r);
        test_lists(r);
        test_port(r);
        if (i < 3) {  /* the big machine has nothing to add, and its resets take long */
            test_ring_errors(r);
            test_command_errors(r);
            test_tokens(r);
            test_block_errors(r);
            test_row_errors(r);
            test_list_errors(r);
            test_param_errors(r);
            test_bus_errors(r);
            test_stall(r);
        }
        test_random(r, i < 3 ? 5 : 2);
        close_rig(r);
    }
    return failures != 0;
}
