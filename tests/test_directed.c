/* SPDX-License-Identifier: Apache-2.0
 *
 * test_directed - small jobs that the random generator does not make, on golden model and RTL
 *
 *   Blocks       a block of fewer lanes than the machine has, over words that the other lanes still need
 *   Lengths      a weight block whose command names too few lines, or too many, in front of other commands' lines
 *   Parameters   fewer channels than a line holds records, over channels that are still needed
 *   Columns      a column block of which no, every, the first or the last column is needed; what it leaves alone; every error it can have
 *   Maps         tokens of MAP, its order with STOREs, what comes behind an error; without a mapping unit: no such command, no such tokens
 *   Ring         RING_SIZE made smaller than HEAD: RING, and nothing is read outside the window
 *   Reset        a doorbell between two soft resets is forgotten
 *
 * Expected values are worked out by hand: one weight a lane, one activation of 1, biases; column blocks: plain sums, records of errors. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lac_hw.h"
#include "pair.h"

enum { OUT = JOB_MEM - 8192 }; /* where results stand */
static int      bad;
static lac_caps caps;
static job      j;

static void check(int good, const char *where, const char *what, int64_t expected, int64_t got)
{
    if (good) printf("ok - %s, %s\n", where, what);
    else printf("not ok - %s, %s: expected %" PRId64 ", got %" PRId64 "\n", where, what, expected, got);
    bad |= !good;
}

static void put(uint8_t *p, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) p[i] = (uint8_t)(value >> 8 * i);
}

/* ---- A job, command by command ------------------------------------------------------------------------- */

static void begin(void)
{
    uint8_t *mem = j.mem;
    memset(&j, 0, sizeof j);
    j.mem = mem;
    memset(mem, 0, JOB_MEM);
    j.caps = caps;
    j.base = 0x40000000;
    j.in_top = 4096;
    j.ring = j.base + JOB_MEM / 2;
    j.ring_size = 64;
    j.rd_lo = j.wr_lo = j.base;
    j.rd_hi = j.wr_hi = j.base + JOB_MEM;
    j.feed = JOB_ONE_DOORBELL;
}

static uint8_t *room(uint32_t bytes, uint64_t *at)
{
    *at = j.in_top;
    j.in_top += (bytes + 63u) / 64 * 64;
    return j.mem + *at;
}

static uint32_t *command(uint32_t op, uint64_t offset)
{
    uint32_t *w = j.cmd[j.n++].w;
    w[0] = op;
    if (op != LAC_OP_EXEC) put((uint8_t *)(w + 2), j.base + offset, 8);
    return w;
}

/* One column of csc8 for `lanes` lanes: row 0 weighs `weight`. The rest of the last line is `junk`. */
static void block(uint32_t lanes, uint32_t column, uint8_t weight, uint8_t junk)
{
    const uint32_t line = caps.line, words = line / 8, groups = (lanes + words - 1) / words;
    const uint32_t list = (2 * groups + line - 1) / line, table = (lanes + line - 1) / line, lines = 1 + list + table + groups;
    uint64_t at;
    uint8_t *p = room(lines * line, &at);
    put(p, 1 | (uint64_t)(lanes - 1) << 8 | 1 << 16, 8);
    p += line;
    for (uint32_t g = 0; g < groups; g++) put(p + 2 * g, 1, 2);
    p += list * line;
    memset(p, 1, lanes); /* q = 0, r = 1 */
    p += table * line;
    for (uint32_t l = 0; l < groups * words; l++) put(p + 8 * l, l < lanes ? weight : junk, 8);
    uint32_t *w = command(LAC_OP_LOAD_WEIGHTS, at);
    lac_set_field(w, LAC_F_LOAD_WEIGHTS_LINES, lines);
    lac_set_field(w, LAC_F_LOAD_WEIGHTS_COL_BASE, column);
}

static void params(uint32_t channels, int32_t bias)
{
    uint64_t at;
    uint8_t *p = room(16 * (channels + 8), &at);
    for (uint32_t k = 0; k < channels + 3; k++, p += 16) { /* some records more than are asked for */
        put(p, (uint32_t)bias, 4);
        put(p + 4, 2, 4);
        p[8] = 1;
        p[9] = (uint8_t)(k % caps.lanes);
    }
    lac_set_field(command(LAC_OP_LOAD_PARAMS, at), LAC_F_LOAD_PARAMS_CHANNELS, channels);
}

static void store(uint32_t type, uint32_t rows)
{
    uint32_t *w = command(LAC_OP_STORE, OUT);
    lac_set_field(w, LAC_F_STORE_POINTS, 1);
    lac_set_field(w, LAC_F_STORE_CHANNELS, caps.lanes * rows);
    lac_set_field(w, LAC_F_STORE_ROWS, rows);
    lac_set_field(w, LAC_F_STORE_TYPE, type);
    if (type != LAC_RAW) {
        lac_set_field(w, LAC_F_STORE_CLAMP_LO, 0x8000);
        lac_set_field(w, LAC_F_STORE_CLAMP_HI, 0x7fff);
    }
}

/* ---- The cases -------------------------------------------------------------------------------------------- */

static void run_timed(machine *m, const axi_mem_timing *timing, outcome *o)
{
    if (m->rtl) machine_prepare(m, &j, timing, 1);
    else {
        machine_reset(m, 3);
        memcpy(m->mem, j.mem, JOB_MEM);
    }
    pair_feed(m, &j, 0, 200000, o);
}

static void run(machine *m, outcome *o)
{
    const axi_mem_timing timing = lac_rtl_defaults().timing;
    run_timed(m, &timing, o);
}

static int64_t output(const machine *m, uint32_t channel, int bytes)
{
    int64_t v = 0;
    for (int i = bytes; i-- > 0;) v = v << 8 | m->mem[OUT + (uint32_t)bytes * channel + (uint32_t)i];
    return v;
}

static void short_block(machine *m, const char *where)
{
    outcome  o;
    uint64_t at;
    begin();
    params(caps.lanes, 0);
    *room(caps.line, &at) = 1;
    uint32_t *w = command(LAC_OP_LOAD_FEATURES, at);
    lac_set_field(w, LAC_F_LOAD_FEATURES_POINTS, 1);
    lac_set_field(w, LAC_F_LOAD_FEATURES_CHANNELS, 1);
    block(caps.lanes, 0, 5, 0);
    block(1, 1, 7, 99); /* the same word, of lane 0 only */
    lac_set_field(j.cmd[j.n - 1].w, LAC_F_ANY_SIGNAL, 2);
    w = command(LAC_OP_EXEC, 0);
    lac_set_field(w, LAC_F_ANY_WAIT, 1);
    lac_set_field(w, LAC_F_EXEC_POINTS, 1);
    lac_set_field(w, LAC_F_EXEC_COLUMNS, 1);
    lac_set_field(w, LAC_F_EXEC_ROWS, 1);
    lac_set_field(w, LAC_F_EXEC_FORMAT, LAC_CSC8);
    store(LAC_RAW, 1);
    run(m, &o);
    int64_t wrong = -1;
    for (uint32_t l = 1; l < caps.lanes && wrong < 0; l++)
        if (output(m, l, 8) != 5) wrong = output(m, l, 8);
    check(!o.err_code && wrong < 0 && output(m, 0, 8) == 7, where, "a block of one lane writes that lane only", 5, wrong);
}

/* A weight block of one column whose command has `lines` lines, LOADs before and behind it. The lines behind may be there before the fault is
 * known, if the memory hesitates in front of the block: they are not the block's, and LOAD must still end. */
typedef struct {
    const char *name;
    uint64_t    header;
    uint32_t    words;  /* of every group */
    uint32_t    lines, need;
} bad_length;

static void bad_lengths(machine *m, const char *where)
{
    const uint32_t line = caps.line, words = line / 8, groups = (caps.lanes + words - 1) / words;
    const uint32_t list = (2 * groups + line - 1) / line, table = (caps.lanes + line - 1) / line;
    const uint64_t lanes = (uint64_t)(caps.lanes - 1) << 8, csc8 = 1 | lanes | 1 << 16, nm = 2 | 2 << 2 | 1 << 5 | lanes | 1 << 16 | (uint64_t)1 << 48;
    const bad_length cases[] = {
        { "csc8, its header alone",   csc8, 1, 1, 1 + list + table },
        { "csc8, without its table",  csc8, 1, 1 + list, 1 + list + table },
        { "csc8, without its words",  csc8, 1, 1 + list + table, 1 + list + table + groups },
        { "csc8, a word too few",     csc8, 1, list + table + groups, 1 + list + table + groups },
        { "csc8, a word too many",    csc8, 1, 2 + list + table + groups, 1 + list + table + groups },
        { "csc8, lines and no words", csc8, 0, 4 + list + table, 1 + list + table },
        { "N:4, its header alone",    nm,   1, 1, 1 + groups },
        { "N:4, a word too few",      nm,   1, groups, 1 + groups },
        { "N:4, a word too many",     nm,   1, 2 + groups, 1 + groups },
    };
    const uint32_t n = sizeof cases / sizeof *cases, trials = m->rtl ? 60 : 1;
    for (uint32_t i = 0; i < n; i++) {
        const bad_length *c = &cases[i];
        int  good = 1;
        char what[160];
        snprintf(what, sizeof what, "a weight block, %s", c->name);
        for (uint32_t k = 0; k < trials && good; k++) {
            axi_mem_timing timing = lac_rtl_defaults().timing;
            outcome  o;
            uint64_t at;
            timing.rd_latency = 1 + k % 3;
            timing.stall[AXI_R] = (uint8_t)((uint32_t[]){ 0, 128, 200, 240 }[k % 4]);
            timing.seed = k;
            begin();
            params(caps.lanes, 0);
            uint8_t *p = room((c->lines + 1) * line, &at);
            put(p, c->header, 8);
            if (c->header & 1 && c->lines > 1)
                for (uint32_t g = 0; g < groups; g++) put(p + line + 2 * g, c->words, 2);
            if (c->header & 1 && c->lines > 1 + list) memset(p + (1 + list) * line, (int)c->words, caps.lanes);
            lac_set_field(command(LAC_OP_LOAD_WEIGHTS, at), LAC_F_LOAD_WEIGHTS_LINES, c->lines);
            params(caps.lanes, 10);
            block(caps.lanes, 0, 5, 0);
            run_timed(m, &timing, &o);
            good = !o.hung && o.err_code == (LAC_ERR_BLOCK_LENGTH | LAC_UNIT_LOAD << 8) && o.err_cmd == 1 && o.err_addr == j.base + at && o.err_index == c->need;
            if (!good) snprintf(what, sizeof what, "a weight block, %s: trial %u, code 0x%x index %u%s", c->name, k, o.err_code, o.err_index, o.hung ? ", hung" : "");
        }
        check(good, where, what, LAC_ERR_BLOCK_LENGTH, good ? LAC_ERR_BLOCK_LENGTH : -1);
    }
}

static void few_params(machine *m, const char *where)
{
    outcome o;
    int64_t wrong = -1;
    begin();
    params(caps.lanes, 10);
    params(1, 20);
    store(LAC_INT16, 1);
    run(m, &o);
    for (uint32_t l = 1; l < caps.lanes && wrong < 0; l++)
        if (output(m, l, 2) != 10) wrong = output(m, l, 2);
    check(!o.err_code && wrong < 0 && output(m, 0, 2) == 20, where, "one parameter record changes one channel", 10, wrong);
}

/* ---- Column blocks --------------------------------------------------------------------------------------- */

/* Lane l has ENTRIES(c, l) entries in column c, in its first rows; every fourth column is empty. */
enum { COLS = 13, ROWS = 2 };
#define ENTRIES(c, l) ((c) % 4 == 2 ? 0u : ((c) + (l)) % 3u)
#define WEIGHT(c, l, i) ((int)(((c) * 5u + (l) * 3u + (i)) % 50u) - 60)

static uint32_t block_lines;                    /* of the block below */
static uint64_t block_at, table_at[COLS];       /* its offset; where the tables of its columns stand */

/* The block, csc8, for all lanes, and its command (`columns` of them). On chip no lane takes more than two words of a column. */
static uint32_t *column_block(uint32_t columns)
{
    const uint32_t line = caps.line, b = line / 8, tables = (caps.lanes + line - 1) / line;
    uint32_t at = (columns + line - 1) / line;
    uint8_t *p = room((1 + columns) * line * 20, &block_at);
    for (uint32_t c = 0; c < columns; c++) {
        uint32_t fill[8] = {0}, most = 0;
        table_at[c] = block_at + at * line;
        if (c % 4 == 2) continue;
        for (uint32_t l = 0, sum = 0; l < caps.lanes; l++) {
            sum = (l % 8 ? sum : 0) + ENTRIES(c, l);
            p[at * line + l] = (uint8_t)(sum / 4 << 3 | sum % 4);
            for (uint32_t i = 0; i < ENTRIES(c, l); i++) {
                const uint32_t e = fill[l / 8 % b]++;
                p[(at + tables + e / 4) * line + 8 * (l / 8 % b) + 2 * (e % 4)] = (uint8_t)WEIGHT(c, l, i);
            }
        }
        for (uint32_t g = 0; g < b; g++) most = most > fill[g] ? most : fill[g];
        p[c] = (uint8_t)(tables + (most + 3) / 4);
        at += p[c];
    }
    memset(p + columns, 0xFF, (line - columns % line) % line);
    block_lines = at;
    uint32_t *w = command(LAC_OP_LOAD_COLUMNS, block_at);
    lac_set_field(w, LAC_F_LOAD_COLUMNS_LINES, block_lines);
    lac_set_field(w, LAC_F_LOAD_COLUMNS_FORMAT, LAC_CSC8);
    lac_set_field(w, LAC_F_LOAD_COLUMNS_COLUMNS, columns);
    lac_set_field(w, LAC_F_LOAD_COLUMNS_LANES, caps.lanes - 1);
    return w;
}

/* Features from line 32 on: two lines of ones, x, and a one behind it. */
static void column_features(const int8_t *x, uint32_t columns)
{
    uint64_t at;
    const uint32_t first = 2 * caps.line; /* elements that belong to other lines */
    uint8_t *p = room(first + columns + 1, &at);
    memset(p, 1, first + columns + 1);
    memcpy(p + first, x, columns);
    uint32_t *w = command(LAC_OP_LOAD_FEATURES, at);
    lac_set_field(w, LAC_F_LOAD_FEATURES_POINTS, 1);
    lac_set_field(w, LAC_F_LOAD_FEATURES_CHANNELS, first + columns + 1);
    lac_set_field(w, LAC_F_LOAD_FEATURES_FEAT_BASE, 32);
}

static void column_exec(uint32_t columns)
{
    lac_set_field(j.cmd[j.n - 1].w, LAC_F_ANY_SIGNAL, 2);
    uint32_t *w = command(LAC_OP_EXEC, 0);
    lac_set_field(w, LAC_F_ANY_WAIT, 1);
    lac_set_field(w, LAC_F_EXEC_FEAT_BASE, 34);
    lac_set_field(w, LAC_F_EXEC_POINTS, 1);
    lac_set_field(w, LAC_F_EXEC_COLUMNS, columns);
    lac_set_field(w, LAC_F_EXEC_ROWS, ROWS);
    lac_set_field(w, LAC_F_EXEC_FORMAT, LAC_CSC8);
    store(LAC_RAW, ROWS);
}

/* Every output is the sum over columns c of x[c] times its weight. */
static int64_t wrong_sum(const machine *m, const int8_t *x, uint32_t columns)
{
    for (uint32_t l = 0; l < caps.lanes; l++)
        for (uint32_t row = 0; row < ROWS; row++) {
            int64_t y = 0;
            for (uint32_t c = 0; c < columns; c++)
                if (row < ENTRIES(c, l)) y += x[c] * WEIGHT(c, l, row);
            if (output(m, row * caps.lanes + l, 8) != y) return row * caps.lanes + l;
        }
    return -1;
}

static void some_columns(machine *m, const char *where)
{
    static const struct { const char *name; int needed; uint32_t columns; int8_t x[COLS]; } cases[] = {
        { "a column block, all columns",            0, COLS, { 1, 0, 3, -4, 0, 0, 7, 8, 0, 10, 11, 0, 13 } },
        { "a column block, some needed",            1, COLS, { 0, 2, 0, 4, 5, 0, 0, 0, 9, 0, 0, -12, 0 } },
        { "a column block, none needed",            1, COLS, { 0 } },
        { "a column block, every one needed",       1, COLS, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 } },
        { "a column block, the first needed",       1, COLS, { 9 } },
        { "a column block, the last needed",        1, COLS, { [COLS - 1] = 9 } },
        { "a column block, an empty one needed",    1, COLS, { [6] = 9 } },
        { "a column block of one column, needed",     1, 1, { 7 } },
        { "a column block of one column, not needed", 1, 1, { 0 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        outcome  o;
        char     beats[100];
        uint32_t index = (cases[i].columns + caps.line - 1) / caps.line, bytes = 0;
        begin();
        params(caps.lanes * ROWS, 0);
        column_features(cases[i].x, cases[i].columns);
        uint32_t *w = column_block(cases[i].columns);
        lac_set_field(w, LAC_F_LOAD_COLUMNS_NEEDED, (uint32_t)cases[i].needed);
        lac_set_field(w, LAC_F_LOAD_COLUMNS_FEAT_BASE, cases[i].needed ? 34 : 0);
        for (uint32_t c = 0; c < cases[i].columns; c++)
            if (!cases[i].needed || cases[i].x[c]) index += j.mem[block_at + c];
        column_exec(cases[i].columns);
        run(m, &o);
        const int64_t wrong = wrong_sum(m, cases[i].x, cases[i].columns);
        bytes += 64 * 5 + (16 * caps.lanes * ROWS + caps.line - 1) / caps.line * caps.line;
        bytes += (2 * caps.line + cases[i].columns + caps.line) / caps.line * caps.line + index * caps.line;
        check(!o.err_code && wrong < 0, where, cases[i].name, -1, wrong);
        snprintf(beats, sizeof beats, "%s: beats read", cases[i].name);
        check(o.rd_beats == bytes * 8 / caps.data_w, where, beats, bytes * 8 / caps.data_w, (int64_t)o.rd_beats);
    }
}

/* Columns loaded before keep what they had, unless they are needed; then nothing of it is left. */
static void kept_columns(machine *m, const char *where)
{
    enum { N = 7 }; /* columns 0, 4 and 6 are not needed, 2 and 6 are empty */
    static const int8_t first[N] = { 0, 1, 1, 1, 0, 1, 0 }, then[N] = { 1, 1, 1, 1, 1, 1, 1 };
    outcome o;
    begin();
    params(caps.lanes * ROWS, 0);
    for (uint32_t c = 0; c < N; c++) block(caps.lanes, c, 100, 0); /* all of the same word */
    column_features(first, N);
    uint32_t *w = column_block(N);
    lac_set_field(w, LAC_F_LOAD_COLUMNS_NEEDED, 1);
    lac_set_field(w, LAC_F_LOAD_COLUMNS_FEAT_BASE, 34);
    lac_set_field(w, LAC_F_LOAD_COLUMNS_WORD_BASE, 1);
    column_features(then, N);
    column_exec(N);
    run(m, &o);
    int64_t wrong = -1;
    for (uint32_t l = 0; l < caps.lanes; l++)
        for (uint32_t row = 0; row < ROWS; row++) {
            int64_t y = row ? 0 : 3 * 100;
            for (uint32_t c = 1; c < N; c += 2)
                if (row < ENTRIES(c, l)) y += WEIGHT(c, l, row);
            if (output(m, row * caps.lanes + l, 8) != y) wrong = row * caps.lanes + l;
        }
    check(!o.err_code && wrong < 0, where, "a column block changes needed columns only", -1, wrong);
}

/* What is changed in a good column block (a byte, the command's LINES, COLUMNS, WORD_BASE; 0: nothing), and the record it must give. */
typedef struct {
    const char *name;
    uint64_t    at;
    uint32_t    value, lines, columns, word_base;
    uint32_t    code;
    uint64_t    addr;
    uint32_t    index;
} bad_block;

static void bad_column_block(machine *m, const char *where, const bad_block *b)
{
    outcome o;
    char    what[100];
    begin();
    j.ring = j.base; /* behind the block's lines nothing may be read */
    params(1, 0);
    uint32_t *w = column_block(COLS);
    if (b->lines) lac_set_field(w, LAC_F_LOAD_COLUMNS_LINES, b->lines);
    if (b->columns) lac_set_field(w, LAC_F_LOAD_COLUMNS_COLUMNS, b->columns);
    lac_set_field(w, LAC_F_LOAD_COLUMNS_WORD_BASE, b->word_base);
    if (b->at) j.mem[b->at] = (uint8_t)b->value;
    j.rd_hi = j.base + block_at + lac_get_field(w, LAC_F_LOAD_COLUMNS_LINES) * caps.line;
    run(m, &o);
    const int good = o.err_code == (b->code | LAC_UNIT_LOAD << 8) && o.err_cmd == 1 && o.err_addr == j.base + b->addr && o.err_index == b->index;
    snprintf(what, sizeof what, "a column block, %s: code 0x%x address 0x%" PRIx64 " index %u", b->name, o.err_code, o.err_addr - j.base, o.err_index);
    if (good) snprintf(what, sizeof what, "a column block, %s", b->name);
    check(good, where, what, b->code, o.err_code & 0xFF);
}

static void bad_column_blocks(machine *m, const char *where)
{
    const uint32_t line = caps.line, tables = (caps.lanes + line - 1) / line, last = caps.lanes - 1;
    const uint32_t behind = line; /* the first lane of the octet behind octet 0, where there is one */
    begin();
    params(1, 0);
    column_block(COLS); /* it will stand there again */
    const uint64_t block = block_at, third = table_at[3], fourth = table_at[4];
    const uint32_t n = block_lines, words3 = j.mem[block + 3] - tables, words4 = j.mem[block + 4] - tables;
    const bad_block cases[] = {
        { "a line short",                  0, 0, n - 1, 0, 0, LAC_ERR_BLOCK_LENGTH, block, n },
        { "a line over",                   0, 0, n + 1, 0, 0, LAC_ERR_BLOCK_LENGTH, block, n },
        { "shorter than its index",        0, 0, 1, line + 1, 0, LAC_ERR_BLOCK_LENGTH, block, 2 },
        { "remainder 4",                   third + 1, 4, 0, 0, 0, LAC_ERR_BLOCK_COUNT, third, 1 },
        { "a count that descends",         third + 3, 0, 0, 0, 0, LAC_ERR_BLOCK_COUNT, third, 3 },
        { "the last octet too long",       third + last, 31 << 3, 0, 0, 0, LAC_ERR_BLOCK_TABLE, third + last / line * line, last },
        { "entries without words",         block + 4, tables, n - words4, 0, 0, LAC_ERR_BLOCK_TABLE, fourth, 0 },
        { "more words than the RAM holds", 0, 0, 0, 0, caps.weight_depth - 1, LAC_ERR_BOUNDS, block, 0 },
        /* where the table has two lines, or two octets share a position */
        { "an index below the table",      block + 3, tables - 1, 0, 0, 0, LAC_ERR_BLOCK_HEADER, block, 0 },
        { "remainder 4 in the second line of a table", third + line + 1, 4, 0, 0, 0, LAC_ERR_BLOCK_COUNT, third + line, line + 1 },
        { "no words left for an octet",    third + 7, words3 << 3, 0, 0, 0, LAC_ERR_BLOCK_TABLE, third + behind / line * line, behind },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (i < 8 || tables > 1) bad_column_block(m, where, &cases[i]);
}

static void features_beyond(machine *m, const char *where)
{
    outcome o;
    begin();
    params(1, 0);
    uint32_t *w = column_block(COLS);
    lac_set_field(w, LAC_F_LOAD_COLUMNS_NEEDED, 1);
    lac_set_field(w, LAC_F_LOAD_COLUMNS_FEAT_BASE, caps.feat_depth - (COLS + caps.line - 1) / caps.line + 1);
    run(m, &o);
    check(o.err_code == LAC_ERR_BOUNDS && o.err_cmd == 1, where, "a column block asks for features behind their RAM", LAC_ERR_BOUNDS, o.err_code);
}

/* Products of sizes that are right again modulo a power of two, and what windows of a STORE may come to; changes to an EXEC or STORE of two pixels, `pool` of windows of 2 x 2. */
static void many_pixels(machine *m, const char *where)
{
    static const struct { const char *what; uint32_t op, field[3], value[3], code; int pool; } cases[] = {
        { "windows of two pixels", LAC_OP_EXEC, { 0 }, { 0 }, LAC_ERR_NONE, 0 },
        { "2^30 accumulators by pixels and rows", LAC_OP_EXEC, { LAC_F_EXEC_PIXELS, LAC_F_EXEC_ROWS, 0 }, { 32768, 32768, 0 }, LAC_ERR_BOUNDS, 0 },
        { "2^18 accumulators by pixels and rows, of four points", LAC_OP_EXEC, { LAC_F_EXEC_PIXELS, LAC_F_EXEC_ROWS, LAC_F_EXEC_POINTS }, { 512, 512, 4 }, LAC_ERR_BOUNDS, 0 },
        { "two pixels 65535 accumulators apart", LAC_OP_EXEC, { LAC_F_EXEC_APART, 0, 0 }, { 65535, 0, 0 }, LAC_ERR_BOUNDS, 0 },
        { "a step of 65536 elements", LAC_OP_EXEC, { LAC_F_EXEC_PIXELS, LAC_F_EXEC_STEP, 0 }, { 3, 32768 - 1, 0 }, LAC_ERR_NONE, 0 },
        { "a step of 65536 elements and more", LAC_OP_EXEC, { LAC_F_EXEC_PIXELS, LAC_F_EXEC_STEP, 0 }, { 4, 32768 - 1, 0 }, LAC_ERR_LENGTH, 0 },
        { "a point of two pixels", LAC_OP_STORE, { 0 }, { 0 }, LAC_ERR_NONE, 0 },
        { "a guard of 65535 pixels", LAC_OP_STORE, { LAC_F_STORE_GUARD, 0, 0 }, { 65535, 0, 0 }, LAC_ERR_BOUNDS, 0 },
        { "a guard of 65534 pixels", LAC_OP_STORE, { LAC_F_STORE_GUARD, 0, 0 }, { 65534, 0, 0 }, LAC_ERR_BOUNDS, 0 },
        { "no point that is written", LAC_OP_STORE, { LAC_F_STORE_TOP, 0, 0 }, { 1, 0, 0 }, LAC_ERR_LENGTH, 0 },
        { "WIDTH that is right modulo 65536", LAC_OP_STORE, { LAC_F_STORE_PIXELS, 0, 0 }, { 32768 + 2, 0, 0 }, LAC_ERR_LENGTH, 0 },
        { "windows", LAC_OP_STORE, { 0 }, { 0 }, LAC_ERR_NONE, 1 },
        { "the sum of a window, exact", LAC_OP_STORE, { LAC_F_STORE_AVERAGE, 0, 0 }, { 1, 0, 0 }, LAC_ERR_LENGTH, 1 },
        { "the sum of what is above zero", LAC_OP_STORE, { LAC_F_STORE_AVERAGE, LAC_F_STORE_TYPE, 0 }, { 2, LAC_UINT8, 0 }, LAC_ERR_NONE, 1 },
        { "AVERAGE 3", LAC_OP_STORE, { LAC_F_STORE_AVERAGE, LAC_F_STORE_TYPE, 0 }, { 3, LAC_UINT8, 0 }, LAC_ERR_LENGTH, 1 },
        { "AVERAGE without windows", LAC_OP_STORE, { LAC_F_STORE_AVERAGE, LAC_F_STORE_TYPE, 0 }, { 1, LAC_UINT8, 0 }, LAC_ERR_LENGTH, 0 },
    };
    if (!(caps.formats & LAC_HAS_WINDOWS)) return;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        outcome        o;
        const uint32_t channels = caps.store_w > 1 ? caps.store_w : 2; /* times 32768: 0 modulo 65536 */
        begin();
        uint32_t *w = command(cases[i].op, JOB_MEM / 2);
        if (cases[i].op == LAC_OP_EXEC) {
            w[2] = w[3] = 0;
            lac_set_field(w, LAC_F_EXEC_POINTS, 1);
            lac_set_field(w, LAC_F_EXEC_COLUMNS, 1);
            lac_set_field(w, LAC_F_EXEC_ROWS, 1);
            lac_set_field(w, LAC_F_EXEC_WIDTH, 1);
            lac_set_field(w, LAC_F_EXEC_PIXELS, 2);
        } else {
            lac_set_field(w, LAC_F_STORE_POINTS, 1);
            lac_set_field(w, LAC_F_STORE_CHANNELS, channels);
            lac_set_field(w, LAC_F_STORE_ROWS, 1);
            lac_set_field(w, LAC_F_STORE_TYPE, 3);
            lac_set_field(w, LAC_F_STORE_PIXELS, 2);
            lac_set_field(w, LAC_F_STORE_WIDTH, 2 * channels);
            w[11] = cases[i].pool ? 0x1122 : 0; /* POOL_DX, POOL_DY 1, POOL_X, POOL_Y 2 */
            w[12] = cases[i].pool ? 0x30002 : 0; /* of three pixels in each of two rows */
        }
        for (int k = 0; k < 3; k++)
            if (cases[i].field[k]) lac_set_field(w, cases[i].field[k], cases[i].value[k]);
        run(m, &o);
        check((o.err_code & 0xFF) == cases[i].code, where, cases[i].what, cases[i].code, o.err_code & 0xFF);
    }
}

/* A map of no voxels: it writes the 64 bytes of its list's header, zeros. */
static uint32_t *empty_map(uint64_t out)
{
    static const uint32_t ones[] = { LAC_F_MAP_KZ, LAC_F_MAP_KY, LAC_F_MAP_KX, LAC_F_MAP_SZ, LAC_F_MAP_SY, LAC_F_MAP_SX, LAC_F_MAP_DZ, LAC_F_MAP_DY, LAC_F_MAP_DX,
                                     LAC_F_MAP_BAND, LAC_F_MAP_MADE, LAC_F_MAP_NO_RULES };
    uint64_t  at;
    room(64, &at);
    uint32_t *w = command(LAC_OP_MAP, 0);
    w[2] = (uint32_t)((j.base + at) / 64);
    w[3] = (uint32_t)((j.base + out) / 64);
    for (size_t i = 0; i < sizeof ones / sizeof *ones; i++) lac_set_field(w, ones[i], 1);
    return w;
}

static void an_error(machine *m, const char *where, const char *what, uint32_t code, uint32_t cmd, uint32_t index, int kept)
{
    outcome o;
    memset(j.mem + OUT, 0x5A, 64);
    run(m, &o);
    int same = 1;
    for (int i = 0; i < 64; i++) same &= m->mem[OUT + i] == 0x5A;
    check(o.err_code == code && !o.hung, where, what, code, o.err_code);
    if (code) check(o.err_cmd == cmd && o.err_index == index, where, "its command and index", (int64_t)index << 32 | cmd, (int64_t)o.err_index << 32 | o.err_cmd);
    if (kept) check(same, where, "nothing behind it writes", 1, same);
}

static void maps(machine *m, const char *where)
{
    const uint32_t token = caps.map ? LAC_ERR_TOKEN : LAC_ERR_RESERVED;
    outcome o;

    begin();
    params(1, 0);
    lac_set_field(j.cmd[0].w, LAC_F_ANY_WAIT, 8);
    an_error(m, where, "a token of MAP that nobody gave", token, 0, 0, 0);
    begin();
    params(1, 0);
    lac_set_field(j.cmd[0].w, LAC_F_ANY_SIGNAL, 8);
    an_error(m, where, "a token for MAP", caps.map ? LAC_ERR_NONE : LAC_ERR_RESERVED, 0, 0, 0);
    if (!caps.map) {
        begin();
        params(1, 0);
        const uint32_t word = empty_map(OUT)[0];
        an_error(m, where, "MAP without a mapping unit", LAC_ERR_OPCODE, 1, word, 1);
        return;
    }
    begin();
    for (int i = 0; i < 16; i++) {
        params(1, 0);
        lac_set_field(j.cmd[i].w, LAC_F_ANY_SIGNAL, 8);
    }
    an_error(m, where, "a sixteenth token for MAP", LAC_ERR_TOKEN, 15, 0, 0);
    begin();
    lac_set_field(empty_map(OUT), LAC_F_ANY_SIGNAL, 8);
    an_error(m, where, "a token of MAP for itself", LAC_ERR_RESERVED, 0, 0, 1);
    begin();
    empty_map(OUT)[13] = 1;
    j.cmd[0].w[14] = 1;
    an_error(m, where, "a bit that no field of MAP has", LAC_ERR_RESERVED, 0, 14, 1);
    begin();
    lac_set_field(empty_map(OUT), LAC_F_MAP_MORE, 1);
    block(caps.lanes, 0, 1, 0);
    lac_set_field(j.cmd[1].w, LAC_F_LOAD_WEIGHTS_LINES, 1);
    store(LAC_RAW, 1);
    an_error(m, where, "MORE without a map, in front of a LOAD that fails", LAC_ERR_LENGTH | LAC_UNIT_MAP << 8, 0, 0, 1);
    begin();
    block(caps.lanes, 0, 1, 0);
    const uint32_t lines = lac_get_field(j.cmd[0].w, LAC_F_LOAD_WEIGHTS_LINES);
    lac_set_field(j.cmd[0].w, LAC_F_LOAD_WEIGHTS_LINES, lines - 1);
    empty_map(OUT);
    an_error(m, where, "a LOAD that fails in front of a MAP", LAC_ERR_BLOCK_LENGTH | LAC_UNIT_LOAD << 8, 0, lines, 1);

    /* over the same bytes: the last one stands; tokens both ways */
    for (int last = 0; last < 2; last++) {
        begin();
        params(caps.lanes, 5);
        for (int i = 0; i < 4; i++) {
            if ((i + last) % 2) store(LAC_INT16, 1);
            else {
                uint32_t *w = empty_map(OUT);
                if (i > 1) lac_set_field(w, LAC_F_ANY_WAIT, 4);
                lac_set_field(w, LAC_F_ANY_SIGNAL, 1);
            }
            if (i < 2 && j.cmd[j.n - 1].w[0] % 16 == LAC_UNIT_STORE) lac_set_field(j.cmd[j.n - 1].w, LAC_F_ANY_SIGNAL, 8);
        }
        params(1, 0);
        lac_set_field(j.cmd[j.n - 1].w, LAC_F_ANY_WAIT, 8);
        lac_set_field(j.cmd[j.n - 1].w, LAC_F_LOAD_PARAMS_PARAM_BASE, caps.lanes); /* STOREs still read the others */
        memset(j.mem + OUT, 0x5A, 64);
        run(m, &o);
        int64_t want = 0, got = 0;
        for (uint32_t k = 0; k < 4; k++) {
            want += last ? 0 : 5;
            got += output(m, k, 2);
        }
        check(!o.hung && !o.err_code && got == want, where, last ? "MAP writes behind STORE" : "STORE writes behind MAP", want, o.err_code ? -(int64_t)o.err_code : got);
    }
}

static void small_ring(machine *m, const char *where)
{
    outcome  o;
    uint32_t status = 1, code = 0;
    begin();
    j.ring = j.base + JOB_MEM - 64 * 16;
    j.ring_size = 16;
    for (int i = 0; i < 8; i++) params(1, i);
    run(m, &o);
    m->port.write32(m->port.ctx, LAC_REG_RING_SIZE, 4); /* HEAD is 8 */
    m->port.write32(m->port.ctx, LAC_REG_TAIL, 2);
    for (int i = 0; i < 2000 && status & 1; i++) {
        m->port.read32(m->port.ctx, LAC_REG_STATUS, &status);
        if (m->rtl) lac_rtl_tick(m->rtl, 5);
    }
    m->port.read32(m->port.ctx, LAC_REG_ERR_CODE, &code);
    check(code == LAC_ERR_RING, where, "a ring smaller than HEAD", LAC_ERR_RING, code);
}

static void twice_reset(machine *m, const char *where)
{
    uint32_t status = 1, done = 1, tail = 1;
    outcome  o;
    begin();
    params(1, 0);
    run(m, &o);
    m->port.write32(m->port.ctx, LAC_REG_CTRL, 1);
    m->port.write32(m->port.ctx, LAC_REG_TAIL, 1);
    m->port.write32(m->port.ctx, LAC_REG_CTRL, 1);
    if (m->rtl) lac_rtl_tick(m->rtl, caps.col_depth + caps.acc_depth + 2000);
    m->port.read32(m->port.ctx, LAC_REG_STATUS, &status);
    m->port.read32(m->port.ctx, LAC_REG_TAIL, &tail);
    m->port.read32(m->port.ctx, LAC_REG_DONE, &done);
    check(!status && !tail && !done, where, "a doorbell between two resets is forgotten", 0, done);
}

static void all(machine *m, const char *config, const char *port)
{
    char where[60];
    snprintf(where, sizeof where, "directed %s on %s", config, port);
    short_block(m, where);
    bad_lengths(m, where);
    few_params(m, where);
    some_columns(m, where);
    kept_columns(m, where);
    features_beyond(m, where);
    bad_column_blocks(m, where);
    many_pixels(m, where);
    maps(m, where);
    small_ring(m, where);
    if (m->rtl) {
        twice_reset(m, where);
        check(lac_rtl_monitor(m->rtl)->found == 0, where, "the bus monitor is silent", 0, lac_rtl_monitor(m->rtl)->found);
    }
}

int main(void)
{
    j.mem = malloc(JOB_MEM);
    for (int i = 0; i < PAIR_CONFIGS && j.mem; i++) {
        const char *config = pair_configs[i];
        lac_config  cfg;
        machine     m;
        char        err[300];
        begin();
        if (pair_config(config, &cfg) || machine_model(&m, &cfg, j.base) || job_caps(&m.port, &caps)) return printf("not ok - directed: no model of %s\n", config), 1;
        all(&m, config, "model");
        machine_close(&m);
        if (machine_rtl(&m, config, err, sizeof err)) {
            printf("skip - directed %s on RTL: %s\n", config, err);
            continue;
        }
        all(&m, config, "RTL");
        machine_close(&m);
    }
    free(j.mem);
    return bad;
}
