/* SPDX-License-Identifier: Apache-2.0
 *
 * predict_load.c - the read bus, weight and column blocks, and LOAD; see predict_impl.h */
#include <stdlib.h>
#include <string.h>
#include "predict_impl.h"

/* ---- The read bus ---------------------------------------------------------------------------------------------- */

static cyc next_ready(taker *t, cyc took)
{
    if (!t->n) return took + 1;
    while (t->at < t->n && !t->left) t->left = t->ph[t->at++].lines;
    const phase *ph = &t->ph[t->at - 1];
    t->left--;
    return took + (t->left ? ph->gap : ph->last_gap);
}

cyc predict_transfer(predict *p, cyc q, lac_addr addr, uint64_t lines, taker *t)
{
    read_bus      *r = &p->bus;
    const uint64_t beat = p->caps.data_w / 8;
    uint64_t       left = lines * p->beats_line;
    uint32_t       half = 0, line = 0;
    cyc            from = q + CUT;
    while (left) {
        const uint64_t page = (4096 - addr % 4096) / beat;
        uint64_t       beats = page < p->caps.burst ? page : p->caps.burst;
        if (beats > left) beats = left;
        left -= beats;
        addr += beats * beat;

        const uint64_t j = r->bursts++;
        cyc issue = max_c(from, r->ar + 1); /* the address register is free again */
        if (j >= p->flight) issue = max_c(issue, r->came[(j - p->flight) % RING] + 1);
        cyc ar = issue + ISSUE;
        if (p->mem.outstanding && j >= p->mem.outstanding) ar = max_c(ar, r->came[(j - p->mem.outstanding) % RING] + 1);
        r->issue = issue;
        r->ar = ar;
        from = issue + 1;

        cyc came = max_c(r->beat + 1, ar + p->mem.rd_latency);
        for (uint64_t b = 0; b < beats; b++) {
            /* a skid stage of two lines */
            came = max_c(came, r->used2 + 1);
            const int whole = half + 1 == p->beats_line;
            if (whole) {
                const cyc used = max_c(max_c(came, r->used) + 1, t->ready);
                if (t->each) t->each[line] = used;
                if (!line++) t->first = used;
                t->ready = next_ready(t, used);
                r->used2 = r->used;
                r->used = used;
            }
            half = whole ? 0 : half + 1;
            r->beat = came++;
        }
        r->came[j % RING] = r->beat;
    }
    r->cut_free = r->issue + 1; /* the next request enters behind the last burst */
    p->out->rd_beats += lines * p->beats_line;
    return r->used;
}

/* ---- Blocks ------------------------------------------------------------------------------------------------------------ */

/* The slice is inside the block: note whether some entry multiplies nothing. */
static void look_for_padding(const predict *p, block *b, slice *s, uint32_t lane)
{
    uint32_t slot = s->first, i = 0;
    uint64_t word = get64(block_word(p, b, s, lane, 0));
    for (uint32_t e = 0; e < s->len; e++) {
        if (slot == b->per) {
            word = get64(block_word(p, b, s, lane, ++i));
            slot = 0;
        }
        if (is_padding(b, word, slot++)) {
            s->padded = 1;
            b->padded = 1;
            return;
        }
    }
}

static void free_block(block *b)
{
    if (!b) return;
    free(b->at);
    free(b->index);
    free(b->words);
    free(b);
}

static predict_status parse_weights(predict *p, block *b)
{
    const uint8_t *at = view(p, b->addr, (uint64_t)b->lines * p->lb);
    if (!at) return PREDICT_VIEW;
    const uint64_t h = get64(at);
    b->format = h & 3;
    b->lanes = (h >> 8 & 255) + 1;
    b->columns = h >> 16 & 0xffff;
    b->groups = (uint32_t)ceil_div(b->lanes, p->words_line);
    b->per = b->format == LAC_CSC8 ? 4 : 6;
    if (b->format == 3 || b->lanes > p->caps.lanes || !b->columns) return PREDICT_PROGRAM;
    if (!(b->words = calloc(b->groups, sizeof *b->words))) return PREDICT_NOMEM;
    uint64_t line = 1, sum = 0;
    if (b->format == LAC_NM) {
        b->len = 6 * (uint32_t)(h >> 32 & 1023) + (uint32_t)(h >> 5 & 7);
        for (uint32_t g = 0; g < b->groups; g++) b->words[g] = (uint32_t)(h >> 48);
        return 1 + (uint64_t)b->groups * b->words[0] == b->lines ? PREDICT_OK : PREDICT_PROGRAM;
    }
    const uint32_t chunks = (uint32_t)ceil_div(b->lanes, p->lb);
    const uint64_t list = ceil_div(2 * b->groups, p->lb);
    const uint64_t table = line + list, words = table + (uint64_t)b->columns * chunks;
    if (words > b->lines) return PREDICT_PROGRAM;
    for (uint32_t g = 0; g < b->groups; g++) sum += b->words[g] = get16(at + p->lb + 2 * g);
    if (words + sum != b->lines) return PREDICT_PROGRAM;
    if (!(b->at = malloc((size_t)b->columns * b->lanes * sizeof *b->at))) return PREDICT_NOMEM;
    line = words;
    for (uint32_t l = 0; l < b->lanes; l++) {
        const uint32_t g = l / p->words_line;
        uint64_t       entry = 0; /* of the lane's stream */
        if (l && l % p->words_line == 0) line += b->words[g - 1];
        for (uint32_t c = 0; c < b->columns; c++) {
            const uint8_t byte = at[(table + (uint64_t)c * chunks) * p->lb + l];
            slice        *s = &b->at[(size_t)c * b->lanes + l];
            *s = (slice){ (uint32_t)(line + entry / b->per), (uint16_t)(b->per * (byte >> 3) + (byte & 7)), (uint8_t)(entry % b->per), 0 };
            if ((byte & 7u) >= b->per) return PREDICT_PROGRAM;
            entry += s->len;
            if (ceil_div(entry, b->per) > b->words[g]) return PREDICT_PROGRAM;
            if (s->len) look_for_padding(p, b, s, l);
        }
    }
    return PREDICT_OK;
}

static predict_status parse_columns(predict *p, block *b)
{
    const uint8_t *at = view(p, b->addr, (uint64_t)b->lines * p->lb);
    const uint32_t chunks = (uint32_t)ceil_div(b->lanes, p->lb);
    if (!at) return PREDICT_VIEW;
    b->per = b->format == LAC_CSC8 ? 4 : 6;
    b->index = malloc(((size_t)b->columns + 1) * sizeof *b->index);
    b->at = calloc((size_t)b->columns * b->lanes, sizeof *b->at);
    if (!b->index || !b->at) return PREDICT_NOMEM;
    uint64_t line = ceil_div(b->columns, p->lb);
    if (line > b->lines) return PREDICT_PROGRAM;
    for (uint32_t c = 0; c < b->columns; c++) {
        b->index[c] = (uint32_t)line;
        line += at[c];
        if (at[c] && at[c] < chunks) return PREDICT_PROGRAM;
    }
    b->index[b->columns] = (uint32_t)line;
    if (line != b->lines) return PREDICT_PROGRAM;
    for (uint32_t c = 0; c < b->columns; c++) {
        if (b->index[c + 1] == b->index[c]) continue;
        const uint8_t *table = at + (uint64_t)b->index[c] * p->lb;
        const uint32_t words = b->index[c + 1] - b->index[c] - chunks;
        uint32_t       entry[64] = { 0 }; /* of each position: entries of the octets before */
        for (uint32_t l = 0, before = 0; l < b->lanes; l++) {
            const uint32_t position = l / 8 % p->words_line;
            const uint32_t upto = b->per * (table[l] >> 3) + (table[l] & 7u);
            if (l % 8 == 0) before = 0;
            if (upto < before || (table[l] & 7u) >= b->per || ceil_div(entry[position] + upto, b->per) > words) return PREDICT_PROGRAM;
            slice *s = &b->at[(size_t)c * b->lanes + l];
            const uint32_t e = entry[position] + before;
            *s = (slice){ b->index[c] + chunks + e / b->per, (uint16_t)(upto - before), (uint8_t)(e % b->per), 0 };
            if (s->len) look_for_padding(p, b, s, l);
            before = upto;
            if (l % 8 == 7) entry[position] += upto;
        }
    }
    return PREDICT_OK;
}

void predict_free_blocks(predict *p)
{
    for (block *b = p->blocks, *next; b; b = next) {
        next = b->next;
        free_block(b);
    }
}

/* The block of a LOAD, parsed now or before. */
static predict_status find_block(predict *p, const command *c, block **out)
{
    const int      by_column = c->op == LAC_OP_LOAD_COLUMNS;
    block          want = { .addr = address(c), .lines = GET(c, LOAD_WEIGHTS_LINES), .by_column = (uint32_t)by_column };
    if (by_column) {
        want.format = GET(c, LOAD_COLUMNS_FORMAT);
        want.columns = GET(c, LOAD_COLUMNS_COLUMNS);
        want.lanes = GET(c, LOAD_COLUMNS_LANES) + 1;
        if (want.lanes > p->caps.lanes || want.format > 1) return PREDICT_PROGRAM;
    }
    for (block *b = p->blocks; b; b = b->next)
        if (b->addr == want.addr && b->lines == want.lines && b->by_column == want.by_column &&
            (!by_column || (b->format == want.format && b->columns == want.columns && b->lanes == want.lanes))) {
            *out = b;
            return PREDICT_OK;
        }
    block *b = malloc(sizeof *b);
    if (!b) return PREDICT_NOMEM;
    *b = want;
    const predict_status s = by_column ? parse_columns(p, b) : parse_weights(p, b);
    if (s) {
        free_block(b);
        return s;
    }
    b->next = p->blocks;
    p->blocks = b;
    *out = b;
    return PREDICT_OK;
}

/* ---- LOAD ------------------------------------------------------------------------------------------------------------------ */

typedef struct { uint32_t es, channels, row, points, base, list; int32_t zero; uint64_t pitch; lac_addr addr; } features;

static features features_of(const predict *p, const command *c)
{
    features f;
    f.es = GET(c, LOAD_FEATURES_TYPE) == LAC_INT16 ? 2 : 1;
    f.channels = GET(c, LOAD_FEATURES_CHANNELS);
    f.row = (uint32_t)ceil_div((uint64_t)f.channels * f.es, p->lb);
    f.points = GET(c, LOAD_FEATURES_POINTS);
    f.base = GET(c, LOAD_FEATURES_FEAT_BASE);
    f.list = GET(c, LOAD_FEATURES_LIST);
    f.zero = (int32_t)(GET(c, LOAD_FEATURES_ZERO) & (f.es == 2 ? 0xffffu : 0xffu));
    f.pitch = GET(c, LOAD_FEATURES_PITCH);
    f.addr = address(c);
    return f;
}

/* A request is made in cycle t, or when the request register is free: the cycle behind that in which the bus took the one before. Returns when. */
static cyc request(predict *p, cyc t)
{
    t = max_c(t, p->accepted + 1);
    p->ld.visible = t + 1;
    return t;
}

/* The command behind becomes the one at work: it asks when the one before makes no more requests, and begins when that has completed. */
static void begin_load(predict *p)
{
    load_state *ld = &p->ld;
    command    *c = &p->cmd[p->next_cmd];
    memset(ld, 0, sizeof *ld);
    p->next_valid = 0;
    ld->busy = 1;
    ld->cmd = p->next_cmd;
    ld->begins = c->begins = max_c(request(p, max_c(c->start + ARRIVE_TO_ASK, p->asked_all)) + 1, p->load_done);
    ld->ready = ld->begins + (c->op == LAC_OP_LOAD_FEATURES || c->op == LAC_OP_LOAD_COLUMNS ? BEGIN_TO_LINE : BEGIN_TO_HEAD);
    ld->addr = address(c);
    ld->points = 1;
    /* there is one command behind, and two have not completed at the most */
    p->free_at[LOAD] = max_c(ld->begins, p->load_done + 1);
    switch (c->op) {
    case LAC_OP_LOAD_WEIGHTS:  ld->lines = GET(c, LOAD_WEIGHTS_LINES); break;
    case LAC_OP_LOAD_CODEBOOK: ld->lines = ceil_div(32, p->lb); break;
    case LAC_OP_LOAD_PARAMS:   ld->lines = ceil_div((uint64_t)GET(c, LOAD_PARAMS_CHANNELS) * 16, p->lb); break;
    case LAC_OP_LOAD_COLUMNS:  ld->lines = ceil_div(GET(c, LOAD_COLUMNS_COLUMNS), p->lb); break;
    default: {
        const features f = features_of(p, c);
        ld->asked = ld->begins + 1;
        ld->points = f.points;
        ld->lines = f.list ? 1 : f.row;
        if (!f.list && f.pitch == (uint64_t)f.row * p->lb) {
            ld->lines = (uint64_t)f.points * f.row;
            ld->points = 1;
        }
    }
    }
}

/* All lines of the command at work have been served. */
static void finish_load(predict *p, cyc done, cyc asked_all)
{
    p->cmd[p->ld.cmd].done = p->load_done = done;
    p->asked_all = asked_all;
    p->ld.busy = 0;
    if (p->next_valid) begin_load(p);
}

/* Append to ph[*n]; a section without lines only delays what follows. */
static void add_phase(phase *ph, uint32_t *n, uint64_t lines, uint64_t gap, uint64_t last_gap)
{
    if (lines) ph[(*n)++] = (phase){ (uint32_t)lines, (uint32_t)gap, (uint32_t)last_gap };
    else ph[*n - 1].last_gap += (uint32_t)last_gap;
}

/* A weight block is one request; its sections are taken at their own pace. */
static predict_status serve_weights(predict *p, cyc q)
{
    const command *c = &p->cmd[p->ld.cmd];
    phase          ph[256 + 3]; /* a section a group, header, list, table */
    taker          t = { .ph = ph, .ready = p->ld.ready };
    block         *b;
    predict_status s = find_block(p, c, &b);
    if (s) return s;
    const uint32_t base = GET(c, LOAD_WEIGHTS_COL_BASE);
    if (base + b->columns > p->caps.col_depth) return PREDICT_PROGRAM;
    if (b->format == LAC_NM)
        add_phase(ph, &t.n, 1, 1, CHECK);
    else {
        const uint32_t halves = p->lb / 2, lines = (uint32_t)ceil_div(b->groups, halves);
        add_phase(ph, &t.n, 1, 1, CHECK);
        /* unpacked one group a cycle; the last leads to a state that compares the sum */
        add_phase(ph, &t.n, lines, halves + 1, b->groups - (lines - 1) * halves + 2);
        add_phase(ph, &t.n, (uint64_t)b->columns * ceil_div(b->lanes, p->lb), 1, 1);
    }
    /* A group without words takes a cycle. */
    for (uint32_t g = 0; g < b->groups; g++) add_phase(ph, &t.n, b->words[g], 1, 1);
    const cyc took = predict_transfer(p, q, p->ld.addr, p->ld.lines, &t);
    for (uint32_t i = 0; i < b->columns; i++) p->col[base + i] = (column){ b, i };
    /* N:4: the table is made beside the words, a column a cycle */
    const cyc made = b->format == LAC_NM ? t.first + CHECK + b->columns : 0;
    finish_load(p, max_c(max_c(took, t.ready - 1), made) + WEIGHTS_DONE, 0);
    return PREDICT_OK;
}

static predict_status serve_codebook(predict *p, cyc q)
{
    const uint32_t halves = p->lb / 2;
    const phase    ph = { (uint32_t)p->ld.lines, halves + 1, CODES - ((uint32_t)p->ld.lines - 1) * halves + 1 };
    taker          t = { .ph = &ph, .n = 1, .ready = p->ld.ready };
    if (!view(p, p->ld.addr, p->ld.lines * p->lb)) return PREDICT_VIEW;
    predict_transfer(p, q, p->ld.addr, p->ld.lines, &t);
    finish_load(p, t.ready - 1 + OTHER_DONE, 0);
    return PREDICT_OK;
}

static predict_status serve_params(predict *p, cyc q)
{
    taker t = { .ready = p->ld.ready };
    if (!view(p, p->ld.addr, p->ld.lines * p->lb)) return PREDICT_VIEW;
    finish_load(p, predict_transfer(p, q, p->ld.addr, p->ld.lines, &t) + OTHER_DONE, 0);
    return PREDICT_OK;
}

/* Put the flags of all points on chip, as the hardware has them when the command completes. */
static predict_status keep_features(predict *p, const features *f)
{
    const uint32_t per = p->lb / f->es;
    if (f->base + (uint64_t)f->points * f->row > p->caps.feat_depth) return PREDICT_PROGRAM;
    for (uint32_t i = 0; i < f->points; i++) {
        const lac_addr at = f->addr + i * f->pitch;
        uint64_t      *flags = p->flags + f->base + (size_t)i * f->row;
        memset(flags, 0, f->row * sizeof *flags);
        if (f->list) {
            const uint8_t *head = view(p, at, 8), *e;
            const uint32_t count = head ? get32(head) : 0;
            if (!head || !(e = view(p, at + 64, 4 * (uint64_t)count))) return PREDICT_VIEW;
            for (uint32_t k = 0; k < count; k++) {
                const uint32_t index = get16(e + 4 * k), value = get16(e + 4 * k + 2) & (f->es == 2 ? 0xffffu : 0xffu);
                if (index >= f->channels) return PREDICT_PROGRAM;
                if (value != (uint32_t)f->zero) flags[index / per] |= 1ull << index % per;
            }
        } else {
            const uint8_t *x = view(p, at, (uint64_t)f->channels * f->es);
            if (!x) return PREDICT_VIEW;
            for (uint32_t k = 0; k < f->channels; k++)
                if ((f->es == 2 ? get16(x + 2 * k) : x[k]) != (uint32_t)f->zero) flags[k / per] |= 1ull << k % per;
        }
    }
    uint32_t line = f->base;
    for (const uint32_t end = f->base + f->points * f->row; line < end; line++) p->full[line] = p->flags[line] != 0;
    for (; line % 32 && line < p->caps.feat_depth; line++) p->full[line] = 0;
    return PREDICT_OK;
}

/* The entries of a list line become feature lines: one entry or one finished line a cycle. */
static cyc spread(const predict *p, const features *f, const uint8_t *e, uint32_t from, uint32_t to, uint32_t count, uint32_t *line, cyc t)
{
    const uint32_t per = p->lb / f->es;
    for (uint32_t k = from; k < to; k++) {
        const uint32_t at = get16(e + 4 * k) / per;
        t += at - *line + 1;
        *line = at;
    }
    if (to == count) {
        t += f->row - *line;
        *line = f->row;
    }
    return t;
}

static predict_status serve_features(predict *p, cyc q)
{
    load_state    *ld = &p->ld;
    const features f = features_of(p, &p->cmd[ld->cmd]);
    predict_status s;
    if (!f.list) { /* one request, or one a point, made ahead of the lines */
        taker     t = { .ready = ld->ready };
        const cyc took = predict_transfer(p, q, ld->addr, ld->lines, &t);
        if (++ld->point < ld->points) {
            ld->addr += f.pitch;
            ld->asked = request(p, ld->asked + 1);
            return PREDICT_OK;
        }
        if ((s = keep_features(p, &f))) return s;
        finish_load(p, took + OTHER_DONE, ld->asked + 2);
        return PREDICT_OK;
    }
    /* A list: its header, then its entries, then the next point. */
    const lac_addr at = f.addr + ld->point * f.pitch;
    const uint8_t *head = view(p, at, 8), *e;
    const uint32_t count = head ? get32(head) : 0;
    if (!head || !(e = view(p, at + 64, 4 * (uint64_t)count))) return PREDICT_VIEW;
    if (count > f.channels) return PREDICT_PROGRAM;
    uint32_t line = 0;
    cyc      t;
    if (ld->stage == 0) {
        taker tk = { .ready = ld->ready };
        t = predict_transfer(p, q, ld->addr, 1, &tk) + 1; /* the state that asks */
        if (count) {
            ld->stage = 1;
            ld->addr = at + 64;
            ld->lines = ceil_div(4 * (uint64_t)count, p->lb);
            request(p, t);
            ld->ready = t + 1;
            return PREDICT_OK;
        }
        t = spread(p, &f, NULL, 0, 0, 0, &line, t + 1);
    } else {
        phase   *ph = malloc((size_t)ld->lines * sizeof *ph);
        taker    tk = { .ph = ph, .n = (uint32_t)ld->lines, .ready = ld->ready };
        uint32_t gap = 0;
        if (!ph) return PREDICT_NOMEM;
        for (uint32_t i = 0; i < tk.n; i++) {
            const uint32_t from = i * (p->lb / 4);
            gap = (uint32_t)spread(p, &f, e, from, min_u(from + p->lb / 4, count), count, &line, 1);
            ph[i] = (phase){ 1, gap, gap };
        }
        const cyc took = predict_transfer(p, q, ld->addr, ld->lines, &tk);
        free(ph);
        t = took + gap;
    }
    /* t: behind the last feature line */
    ld->point++;
    ld->stage = 0;
    if (ld->point < ld->points) {
        ld->addr = at + f.pitch;
        ld->lines = 1;
        request(p, t - 1);
        ld->ready = t;
        return PREDICT_OK;
    }
    if ((s = keep_features(p, &f))) return s;
    finish_load(p, t - 1 + OTHER_DONE, t + 1);
    return PREDICT_OK;
}

/* Is column c of a column block needed? */
static int needed(const predict *p, const command *c, uint32_t col)
{
    const uint32_t per = p->lb / (GET(c, LOAD_COLUMNS_WIDE) ? 2 : 1);
    return !GET(c, LOAD_COLUMNS_NEEDED) || p->flags[GET(c, LOAD_COLUMNS_FEAT_BASE) + col / per] >> col % per & 1;
}

/* A column was named in cycle t and is complete in cycle `complete`. */
static void name_column(load_state *ld, cyc t, cyc complete)
{
    ld->column_end[ld->columns++ % WALK_AHEAD] = ld->last_end = complete;
    ld->out[1] = ld->out[0];
    ld->out[0] = t;
    ld->walk++;
}

/* The walk goes on to the next column that has to be asked for. 0: there is none. Columns that are needed and empty are named in
 * passing: they take a cycle here and one where lines are taken. */
static int walk(predict *p, const command *c)
{
    load_state  *ld = &p->ld;
    const block *b = ld->b;
    for (; ld->col < b->columns; ld->col++) {
        if (needed(p, c, ld->col)) {
            /* out of the walk when one of the two places is free, named a cycle later */
            ld->walk = max_c(ld->walk, ld->out[1] + 1);
            cyc t = max_c(ld->walk, ld->out[0]) + 1;
            ld->step_named = 1;
            if (ld->columns >= WALK_AHEAD) t = max_c(t, ld->column_end[ld->columns % WALK_AHEAD] + 1);
            if (b->index[ld->col + 1] > b->index[ld->col]) {
                ld->named = request(p, t);
                return 1;
            }
            name_column(ld, t, max_c(t + 1, ld->last_end) + 1);
        }
        if (ld->col % WALK_STEP == WALK_STEP - 1 || ld->col + 1 == b->columns) {
            if (!ld->step_named) ld->walk++;
            ld->step_named = 0;
        }
    }
    return 0;
}

static predict_status serve_columns(predict *p, cyc q)
{
    load_state    *ld = &p->ld;
    const command *c = &p->cmd[ld->cmd];
    predict_status s;
    taker          t = { .ready = ld->b ? max_c(ld->last_end, ld->named + 1) + 1 : ld->ready };
    if (!ld->b) { /* the index */
        const uint32_t base = GET(c, LOAD_COLUMNS_COL_BASE), line = GET(c, LOAD_COLUMNS_FEAT_BASE);
        block         *b;
        if ((s = find_block(p, c, &b))) return s;
        if (base + b->columns > p->caps.col_depth) return PREDICT_PROGRAM;
        if (GET(c, LOAD_COLUMNS_NEEDED) && line + ceil_div((uint64_t)b->columns << GET(c, LOAD_COLUMNS_WIDE), p->lb) > p->caps.feat_depth)
            return PREDICT_PROGRAM;
        /* lines of 64 bits are kept in two pieces */
        const int   pieces = p->lb == 8 ? 2 : 1;
        const phase ph = { (uint32_t)ld->lines, (uint32_t)pieces, (uint32_t)pieces };
        t.ph = &ph;
        t.n = 1;
        ld->walk = predict_transfer(p, q, ld->addr, ld->lines, &t) + INDEX_TO_WALK + (pieces == 2 ? 2 : 0);
        ld->b = b;
        for (uint32_t i = 0; i < b->columns; i++)
            if (needed(p, c, i)) p->col[base + i] = b->index[i + 1] > b->index[i] ? (column){ b, i } : (column){ NULL, 0 };
    } else {
        name_column(ld, ld->named, predict_transfer(p, q, ld->addr, ld->lines, &t));
        /* the step ends with this column if it was the last wanted one */
        if (ld->col % WALK_STEP == WALK_STEP - 1) ld->step_named = 0;
        ld->col++;
    }
    if (!walk(p, c)) {
        const cyc walked = max_c(ld->walk, ld->out[0] + 1) + 1;
        finish_load(p, max_c(ld->last_end + 1, walked) + WEIGHTS_DONE, walked + 1);
        return PREDICT_OK;
    }
    ld->addr = ld->b->addr + (uint64_t)ld->b->index[ld->col] * p->lb;
    ld->lines = ld->b->index[ld->col + 1] - ld->b->index[ld->col];
    return PREDICT_OK;
}

predict_status predict_serve_load(predict *p, cyc q)
{
    switch (p->cmd[p->ld.cmd].op) {
    case LAC_OP_LOAD_WEIGHTS:  return serve_weights(p, q);
    case LAC_OP_LOAD_CODEBOOK: return serve_codebook(p, q);
    case LAC_OP_LOAD_FEATURES: return serve_features(p, q);
    case LAC_OP_LOAD_PARAMS:   return serve_params(p, q);
    default:                   return serve_columns(p, q);
    }
}

void predict_start_load(predict *p, uint32_t n)
{
    p->next_valid = 1;
    p->next_cmd = n;
    if (!p->ld.busy) begin_load(p);
}
