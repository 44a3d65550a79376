/* SPDX-License-Identifier: Apache-2.0
 *
 * model_rig.c - see model_rig.h */
#include "model_rig.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const uint32_t SIZE[4] = {1, 1, 2, 8};

/* ---- Reporting ---------------------------------------------------------------------------------------- */

const char *text(const char *format, ...)
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

uint32_t rd(rig *r, uint32_t off) { return lac_model_read32(r->m, off); }
void     wr(rig *r, uint32_t off, uint32_t v) { lac_model_write32(r->m, off, v); }

void window(rig *r, int write, uint64_t base, uint64_t limit)
{
    const uint32_t off = write ? LAC_REG_WR_BASE_LO : LAC_REG_RD_BASE_LO;
    wr(r, off, (uint32_t)base);
    wr(r, off + 4, (uint32_t)(base >> 32));
    wr(r, off + 8, (uint32_t)limit);
    wr(r, off + 12, (uint32_t)(limit >> 32));
}

void fresh(rig *r)
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

rig *open_rig(const lac_config *cfg)
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

void close_rig(rig *r)
{
    lac_model_destroy(r->m);
    free(r);
}

uint32_t lines(const rig *r, uint32_t bytes) { return (bytes + r->lb - 1) / r->lb; }

uint64_t take(rig *r, uint32_t bytes)
{
    const uint64_t at = r->next;
    r->next += (bytes + 63u) & ~63u;
    if (r->next > BASE + MEM) {
        printf("not ok - test memory: too small\n");
        exit(1);
    }
    return at;
}

void put(rig *r, uint64_t at, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) r->mem[at - BASE + (uint64_t)i] = (uint8_t)(v >> 8 * i);
}

uint64_t get(const rig *r, uint64_t at, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++) v |= (uint64_t)r->mem[at - BASE + (uint64_t)i] << 8 * i;
    return v;
}

/* ---- Commands ------------------------------------------------------------------------------------------- */

command new_command(uint32_t op_kind)
{
    command c = {{op_kind, TAG(99)}};
    return c;
}

command load_weights(uint64_t addr, uint32_t n, uint32_t word_base, uint32_t col_base)
{
    command c = new_command(LAC_OP_LOAD_WEIGHTS);
    SET(c, LOAD_WEIGHTS, ADDR_LO, addr);
    SET(c, LOAD_WEIGHTS, ADDR_HI, addr >> 32);
    SET(c, LOAD_WEIGHTS, LINES, n);
    SET(c, LOAD_WEIGHTS, WORD_BASE, word_base);
    SET(c, LOAD_WEIGHTS, COL_BASE, col_base);
    return c;
}

command load_columns(uint64_t addr, uint32_t n, uint32_t word_base, uint32_t col_base, uint32_t columns, uint32_t lanes)
{
    command c = new_command(LAC_OP_LOAD_COLUMNS);
    SET(c, LOAD_COLUMNS, ADDR_LO, addr);
    SET(c, LOAD_COLUMNS, ADDR_HI, addr >> 32);
    SET(c, LOAD_COLUMNS, LINES, n);
    SET(c, LOAD_COLUMNS, FORMAT, CSC8);
    SET(c, LOAD_COLUMNS, WORD_BASE, word_base);
    SET(c, LOAD_COLUMNS, COL_BASE, col_base);
    SET(c, LOAD_COLUMNS, COLUMNS, columns);
    SET(c, LOAD_COLUMNS, LANES, lanes - 1);
    return c;
}

command load_codebook(uint64_t addr, uint32_t copy)
{
    command c = new_command(LAC_OP_LOAD_CODEBOOK);
    SET(c, LOAD_CODEBOOK, ADDR_LO, addr);
    SET(c, LOAD_CODEBOOK, ADDR_HI, addr >> 32);
    SET(c, LOAD_CODEBOOK, COPY, copy);
    return c;
}

command load_features(uint64_t addr, uint32_t pitch, uint32_t points, uint32_t channels, uint32_t base, int type, int list,
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

command load_params(uint64_t addr, uint32_t channels, uint32_t base)
{
    command c = new_command(LAC_OP_LOAD_PARAMS);
    SET(c, LOAD_PARAMS, ADDR_LO, addr);
    SET(c, LOAD_PARAMS, ADDR_HI, addr >> 32);
    SET(c, LOAD_PARAMS, CHANNELS, channels);
    SET(c, LOAD_PARAMS, PARAM_BASE, base);
    return c;
}

command exec(uint32_t feat_base, uint32_t feat_pitch, uint32_t points, uint32_t columns, uint32_t rows, int format, uint32_t n,
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

command store(const rig *r, uint64_t addr, uint32_t pitch, uint32_t points, uint32_t channels, int type, int list, int32_t zero,
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

command store_raw(const rig *r, uint64_t addr, uint32_t channels)
{
    return store(r, addr, 0, 1, channels, RAW, 0, 0, 0, 0);
}

command with_tag(command c, uint32_t tag)
{
    c.w[1] = tag;
    return c;
}

uint64_t slot(const rig *r) { return BASE + 64u * r->tail; }

void push(rig *r, command c)
{
    for (int i = 0; i < 16; i++) put(r, slot(r) + 4u * (unsigned)i, c.w[i], 4);
    r->tail = (r->tail + 1) % RING_SIZE;
}

void go(rig *r) { WR(TAIL, r->tail); }

/* ---- Packer ----------------------------------------------------------------------------------------------- */

block_under_construction blk;

void blk_begin(int format, int n, int lanes, int cols)
{
    memset(&blk, 0, sizeof blk);
    blk.format = format;
    blk.n      = n;
    blk.lanes  = lanes;
    blk.cols   = cols;
}

void blk_add(int col, int lane, unsigned e)
{
    blk.entry[lane][blk.fill[lane]++] = (uint16_t)e;
    blk.count[col][lane]++;
}

void blk_weight(int col, int lane, int row, int w, int *last)
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

uint32_t blk_words(const rig *r)
{
    uint32_t most = 0;
    for (int g = 0; g * (int)r->lb / 8 < blk.lanes; g++)
        if (blk_group_words(r, g) > most) most = blk_group_words(r, g);
    return most;
}

uint32_t blk_put(rig *r, uint64_t *where)
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

/* Entries of a column, by word position, one octet behind the other; from[lane]: where a lane's slice begins. Returns the words it takes. */
static struct { uint16_t entry[32 * 191]; int fill; } position[8];

static uint32_t lay_column(const rig *r, int col, int from[256])
{
    const int b = (int)r->lb / 8;
    int most = 0;
    for (int g = 0; g < b; g++) position[g].fill = 0;
    for (int l = 0; l < blk.lanes; l++) {
        const int g = l / 8 % b;
        int at = 0;
        for (int c = 0; c < col; c++) at += blk.count[c][l];
        from[l] = position[g].fill;
        for (int i = 0; i < blk.count[col][l]; i++) position[g].entry[position[g].fill++] = blk.entry[l][at + i];
        if (position[g].fill > most) most = position[g].fill;
    }
    return (uint32_t)((most + blk_per_word() - 1) / blk_per_word());
}

uint32_t cols_words(const rig *r, const uint8_t *need)
{
    const int e = blk_per_word();
    uint32_t words[256] = {0}, most = 0;
    for (int c = 0; c < blk.cols; c++) {
        int from[256];
        if (need && !need[c]) continue;
        lay_column(r, c, from);
        for (int l = 0; l < blk.lanes; l++) {
            const int n = blk.count[c][l];
            if (n) words[l] += (uint32_t)((from[l] + n - 1) / e - from[l] / e + 1);
            if (words[l] > most) most = words[l];
        }
    }
    return most;
}

uint64_t cols_at(const rig *r, uint64_t block, int col)
{
    uint64_t at = block + r->lb * lines(r, (unsigned)blk.cols);
    for (int c = 0; c < col; c++) at += r->lb * get(r, block + (unsigned)c, 1);
    return at;
}

uint32_t cols_put(rig *r, uint64_t *where)
{
    const int      e = blk_per_word(), width = blk.format == CSC8 ? 16 : 10;
    const uint32_t table = lines(r, (unsigned)blk.lanes), head = lines(r, (unsigned)blk.cols);
    uint32_t total = head;
    int      from[256];

    for (int c = 0; c < blk.cols; c++) {
        const uint32_t words = lay_column(r, c, from);
        if (words) total += table + words + (uint32_t)blk.extra;
    }
    const uint64_t block = *where = take(r, total * r->lb);
    uint64_t at = block + r->lb * head;
    for (int c = 0; c < blk.cols; c++) {
        uint32_t words = lay_column(r, c, from);
        if (words) words += (uint32_t)blk.extra;
        put(r, block + (unsigned)c, words ? table + words : 0, 1);  /* what lies behind them is ignored */
        if (!words) continue;
        for (int l = 0, sum = 0; l < blk.lanes; l++) {
            sum = (l % 8 ? sum : 0) + blk.count[c][l];
            put(r, at + (unsigned)l, (uint64_t)(sum / e << 3 | sum % e), 1);
        }
        at += r->lb * table;
        for (uint32_t i = 0; i < words; i++, at += r->lb)
            for (uint32_t g = 0; g < r->lb / 8; g++) {
                uint64_t w = blk.format == CSC8 ? 0 : UINT64_C(0xF000000000000000);  /* unused bits are ignored */
                for (int s = 0; s < e; s++) {
                    const int k = (int)i * e + s;
                    w |= (uint64_t)(k < position[g].fill ? position[g].entry[k] : 0x155) << width * s;  /* so are unused slots */
                }
                put(r, at + 8 * g, w, 8);
            }
    }
    return total;
}

uint64_t put_params(rig *r, uint32_t channels)
{
    const uint64_t at = take(r, lines(r, 16 * channels) * r->lb);
    for (uint32_t k = 0; k < channels; k++) {
        put(r, at + 16 * k, 0, 8);
        put(r, at + 16 * k + 4, 1, 4);
        put(r, at + 16 * k + 8, 1 | (k % r->cfg.lanes) << 8, 8);
    }
    return at;
}

uint64_t put_bytes(rig *r, const char *bytes, uint32_t n)
{
    const uint64_t at = take(r, lines(r, n) * r->lb);
    for (uint32_t i = 0; i < n; i++) put(r, at + i, (uint8_t)bytes[i], 1);
    return at;
}

void push_block(rig *r, const int8_t *x, uint32_t channels)
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

/* ---- A job that is known to work: the 6 x 4 example ---------------------------------------------------------- */

const int32_t EXAMPLE[6 * 4] = {0, 0, 3, 0,  7, 0, 0, 0,  0, 0, 4, 8,  6, 5, 3, 0,  2, 0, 0, 1,  0, 0, 0, 8};
const int64_t EXAMPLE_Y[6]   = {12, 0, 80, 12, 8, 64};

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

int run_example(rig *r, int how, uint64_t *y)
{
    const int format = how == COLUMNS ? CSC8 : how;
    const uint32_t rows = (6 + r->cfg.lanes - 1) / r->cfg.lanes;
    uint64_t block, codebook = take(r, 64);
    pack_example(r, format);
    const uint32_t n = how == COLUMNS ? cols_put(r, &block) : blk_put(r, &block);
    command w = how == COLUMNS ? load_columns(block, n, 0, 0, 4, (uint32_t)blk.lanes) : load_weights(block, n, 0, 0);
    if (how == COLUMNS) SET(w, LOAD_COLUMNS, NEEDED, 1);
    for (unsigned i = 0; i < 16; i++) put(r, codebook + 2 * i, i, 2);
    const uint64_t x = put_bytes(r, "\0\0\4\10", 4), params = put_params(r, 6);
    *y = take(r, 6 * 8);
    push(r, load_codebook(codebook, 0));
    push(r, load_features(x, 0, 1, 4, 0, INT8, 0, 0));
    push(r, w);
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

void expect(rig *r, const char *name, uint32_t code, uint32_t unit, uint32_t cmd, uint32_t tag, uint64_t addr, uint32_t index)
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

uint64_t behind_good(rig *r, command c)
{
    push(r, load_codebook(take(r, 64), 0));
    const uint64_t at = slot(r);
    push(r, with_tag(c, TAG(1)));
    go(r);
    return at;
}

void refuse(rig *r, const char *name, command c, uint32_t code, uint32_t index)
{
    const uint64_t at = behind_good(r, c);
    expect(r, name, code, LAC_UNIT_CMD, 1, TAG(1), at, index);
}

void refuse_window(rig *r, const char *name, command c, uint64_t addr)
{
    behind_good(r, c);
    expect(r, name, LAC_ERR_WINDOW, LAC_UNIT_CMD, 1, TAG(1), addr, 0);
}

void allow(rig *r, const char *name, command c)
{
    behind_good(r, c);
    check(RD(STATUS) == 0 && RD(DONE) == 2, text("%s: %s", r->cfg.name, name), "STATUS %x, ERR_CODE %x, ERR_ADDR %x, ERR_INDEX %x",
          RD(STATUS), RD(ERR_CODE), RD(ERR_ADDR_LO), RD(ERR_INDEX));
    fresh(r);
}
