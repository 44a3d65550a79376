/* SPDX-License-Identifier: Apache-2.0
 *
 * predict_exec.c - EXEC: lines of features to items, items to lanes, lanes to entries; see predict_impl.h */
#include <string.h>
#include "predict_impl.h"

/* The first cycle from t on in which no lane stops the items. The stop follows pushes and pops late, so what counts in cycle t are the
 * items issued FULL_SEES_PUSH + ISSUE_TO_PUSH before, and whether their lanes were below the mark FULL_SEES_POP ago. */
static cyc may_issue(predict *p, cyc t)
{
    for (;;) {
        while (p->recent_n && p->recent[p->recent_first].issue <= t - ISSUE_TO_PUSH - FULL_SEES_PUSH) {
            p->limit = p->recent[p->recent_first].limit;
            p->recent_first = (p->recent_first + 1) % 16;
            p->recent_n--;
        }
        if (p->limit <= t) return t;
        t = p->limit;
    }
}

/* The first cycle from `a` on in which a lane may read a pair: its queue, as it was a cycle ago, is below the mark. Of the pairs that went
 * there those count that were read PAIR_IN ago, and left they have PAIR_OUT ago. */
static cyc may_read(const pairs *q, cyc a)
{
    for (;;) {
        uint32_t under_way = 0;
        while (under_way < PAIR_IN - 1 && q->read[(q->next - 1 - under_way) % PAIRS] > a - PAIR_IN) under_way++;
        const cyc room = q->pop[(q->next - under_way - PAIR_MARK) % PAIRS] + PAIR_OUT;
        if (room <= a) return a;
        a = room;
    }
}

/* A slice reaches a lane's pair stage in cycle `a` at the earliest; returns its last entry's turn at the multiplier. Exact, pair by pair:
 * read out of its word (slots 0 and 1, 2 and 3, 4 and 5), given gaps, then rows, moved to the queue of pairs. */
static cyc slice_pairs(predict *p, uint32_t lane, const block *b, const slice *s, cyc a)
{
    pairs   *q = &p->pair[lane];
    uint32_t slot = s->first, left = s->len, i = 0;
    uint64_t work = 0, macs = 0;
    cyc      pop = p->pop[lane];
    while (left) {
        const uint32_t stop = min_u(b->per, slot + left);
        const uint64_t word = s->padded ? get64(block_word(p, b, s, lane, i)) : 0;
        i++;
        for (uint32_t next; slot < stop; slot = next) {
            next = (slot | 1u) + 1;
            const int two = !(slot & 1u) && slot + 1 < stop, last = left == 1 + (uint32_t)two;
            const int en0 = !s->padded || !is_padding(b, word, slot), en1 = two && (!s->padded || !is_padding(b, word, slot + 1));
            const uint32_t uses = (uint32_t)(en0 || (last && !two)) + (uint32_t)(en1 || (last && two));
            a = may_read(q, max_c(a, q->last_read + 1));
            q->last_read = a;
            if (uses) {
                pop = max_c(a + READ_TO_PAIR, pop) + uses;
                q->read[q->next % PAIRS] = a;
                q->pop[q->next++ % PAIRS] = pop;
                work += uses;
                macs += (uint64_t)en0 + (uint64_t)en1;
            }
            left -= two ? 2 : 1;
        }
        slot = 0;
    }
    p->work[lane] += work;
    p->out->macs += macs;
    return pop;
}

/* Note that `lane` is done with an item at cycle `pop`; returns when its queue allows items again by what it has now. */
static inline cyc popped(predict *p, uint32_t lane, cyc pop)
{
    cyc           *ring = p->pops + (size_t)lane * p->caps.fifo_depth;
    const uint32_t at = p->slot[lane], next = at + 1 == p->caps.fifo_depth ? 0 : at + 1;
    p->pop[lane] = pop;
    ring[at] = pop;
    p->slot[lane] = next;
    return ring[next] + FULL_SEES_POP;
}

/* What slice_pairs() has to know, after `pop` was computed without it: as if pairs of two entries had been popped one behind the other. */
static inline void forget_pairs(predict *p, uint32_t lane, cyc a)
{
    pairs *q = &p->pair[lane];
    q->last_read = max_c(a, p->pop[lane] - 2 * (PAIR_MARK - 1) + PAIR_OUT);
    for (uint32_t i = 0; i < PAIRS; i++) {
        q->pop[(q->next + i) % PAIRS] = p->pop[lane] - 2 * (cyc)(PAIRS - 1 - i);
        q->read[(q->next + i) % PAIRS] = q->last_read - 2 * (cyc)(PAIRS - 1 - i);
    }
}

/* A lane without padding never waits for its pairs: an entry a cycle, the first four cycles behind the pair stage. */
static inline cyc plain(predict *p, uint32_t lane, uint32_t len, cyc a)
{
    p->work[lane] += len;
    return max_c(a + READ_TO_PAIR, p->pop[lane]) + len;
}

static void all_same(predict *p, uint32_t lanes)
{
    const size_t f = p->caps.fifo_depth;
    for (uint32_t l = 1; l < lanes; l++) {
        p->pop[l] = p->pop[0];
        p->slot[l] = p->slot[0];
        p->work[l] += p->work[0] - p->work[p->caps.lanes];
        memcpy(p->pops + l * f, p->pops, f * sizeof *p->pops);
        p->pair[l] = p->pair[0];
    }
}

/* One item of column `col` (end: the mark of a job) is issued as soon as it may from `t` on. */
static void item(predict *p, cyc t, const column *col, int end)
{
    t = may_issue(p, max_c(t, p->issued + 1));
    p->issued = t;
    const cyc    a = t + ISSUE_TO_PAIR;
    cyc          limit = p->limit_all;
    const block *b = end ? NULL : col->b;
    if (end) {
        for (uint32_t l = 0; l < p->caps.lanes; l++) {
            const cyc pop = plain(p, l, 1, a);
            limit = max_c(limit, popped(p, l, pop));
            p->work[l]--; /* the mark is not an entry */
            forget_pairs(p, l, a);
        }
    } else if (b && b->format == LAC_NM) {
        const uint32_t lanes = p->same ? 1 : b->lanes;
        for (uint32_t l = 0; l < lanes; l++) limit = max_c(limit, popped(p, l, plain(p, l, b->len, a)));
        p->out->macs += (uint64_t)b->len * b->lanes;
    } else if (b) {
        const slice *s = b->at + (size_t)col->col * b->lanes;
        if (b->padded) {
            for (uint32_t l = 0; l < b->lanes; l++)
                if (s[l].len) limit = max_c(limit, popped(p, l, slice_pairs(p, l, b, &s[l], a)));
        } else {
            uint64_t macs = 0;
            for (uint32_t l = 0; l < b->lanes; l++)
                if (s[l].len) {
                    macs += s[l].len;
                    limit = max_c(limit, popped(p, l, plain(p, l, s[l].len, a)));
                }
            p->out->macs += macs;
        }
    }
    p->limit_all = limit;
    p->recent[(p->recent_first + p->recent_n) % 16].issue = t;
    p->recent[(p->recent_first + p->recent_n) % 16].limit = limit;
    p->recent_n++;
    if (!end) p->out->items++;
}

/* Lanes 0 .. n - 1 are in the same state, as far as it matters. */
static int are_same(const predict *p, uint32_t n)
{
    const size_t f = p->caps.fifo_depth;
    for (uint32_t l = 1; l < n; l++) {
        if (p->pop[l] != p->pop[0]) return 0;
        for (uint32_t i = 0; i < f; i++)
            if (p->pops[l * f + (p->slot[l] + i) % f] != p->pops[(p->slot[0] + i) % f]) return 0;
    }
    return 1;
}

/* A line is at P from `at` on, whose place 0 belongs to column `base`, which may lie before the first one: its items. Returns when the next line can be. */
static cyc line_items(predict *p, int nm, cyc at, uint64_t flags, int64_t base)
{
    if (nm) {
        uint64_t groups = 0;
        for (uint32_t i = 0; i < p->lb / 4; i++) groups |= (uint64_t)((flags >> 4 * i & 15) != 0) << i;
        flags = groups;
    }
    if (!flags) return at + 1;
    for (uint32_t i = 0; flags; i++, flags >>= 1)
        if (flags & 1) item(p, at, &p->col[base + (int64_t)i], 0);
    return p->issued + 1;
}

/* Elements first .. last of the point that begins at feature line `line`; last < first: nothing is left of this window. col: column of element 0 of it. */
typedef struct { uint32_t line; int64_t first, last, col; } window;

/* Pixel i of the job, cut to its point. */
static window cut(const command *c, uint32_t i, uint32_t elements)
{
    const uint32_t width = GET(c, EXEC_WIDTH), pixels = width ? GET(c, EXEC_PIXELS) : 1, per = GET(c, EXEC_FORMAT) >= LAC_NM ? 4 : 1;
    const uint32_t line = GET(c, EXEC_FEAT_BASE) + i / pixels * GET(c, EXEC_FEAT_PITCH), first = GET(c, EXEC_FIRST);
    const int64_t  s = (int64_t)first - (first >> 16 ? 1 << 17 : 0) + (int64_t)(i % pixels) * GET(c, EXEC_STEP), e = s + elements - 1;
    const int64_t  most = (width ? (int64_t)width : (int64_t)elements) - 1;
    return (window){ line, s > 0 ? s : 0, e < most ? e : most, (int64_t)GET(c, EXEC_COL_BASE) - s / per };
}

predict_status predict_start_exec(predict *p, uint32_t n)
{
    command       *c = &p->cmd[n];
    const uint32_t nm = GET(c, EXEC_FORMAT) >= LAC_NM; /* items of four elements */
    const uint32_t wide = GET(c, EXEC_TYPE) == LAC_INT16, columns = GET(c, EXEC_COLUMNS);
    const uint32_t elements = nm ? 4 * columns : columns, per = p->lb >> wide, width = GET(c, EXEC_WIDTH);
    const uint32_t lines = (uint32_t)ceil_div(width ? width : elements, per), base = GET(c, EXEC_FEAT_BASE), pitch = GET(c, EXEC_FEAT_PITCH);
    const uint32_t points = GET(c, EXEC_POINTS), cbase = GET(c, EXEC_COL_BASE);
    const uint64_t pixels = (uint64_t)points * (width ? GET(c, EXEC_PIXELS) : 1);
    const uint32_t apart = GET(c, EXEC_APART) ? GET(c, EXEC_APART) : GET(c, EXEC_ROWS);
    if (base + (uint64_t)(points - 1) * pitch + lines > p->caps.feat_depth || cbase + columns > p->caps.col_depth
        || !pixels || (pixels - 1) * apart + GET(c, EXEC_ROWS) > p->caps.acc_depth) return PREDICT_PROGRAM;

    /* N:4 keeps all lanes in step: one of them tells for all, if they begin so. */
    const block *first = p->col[cbase].b;
    p->same = GET(c, EXEC_FORMAT) == LAC_NM && first && first->format == LAC_NM;
    for (uint32_t i = 0; i < columns && p->same; i++) {
        const block *b = p->col[cbase + i].b;
        if (!b || b->format != LAC_NM || b->lanes != first->lanes) p->same = 0;
    }
    if (p->same) p->same = are_same(p, first->lanes) ? first->lanes : 0;
    p->work[p->caps.lanes] = p->work[0];

    const cyc a0 = c->start + 1;
    cyc       a = a0 - 1, bload = 0, w = a0; /* w: when the window at hand stands before lac_windows' last stage */
    for (uint32_t i = 0; i < pixels; i++) {
        const window v = cut(c, i, elements);
        const int    none = v.last < v.first;
        if (none && i + 1 < pixels) { /* passed over */
            w++;
            continue;
        }
        const uint32_t line0 = v.line + (none ? 0 : (uint32_t)v.first / per), stop = none ? line0 : v.line + (uint32_t)v.last / per;
        if (width) {
            w = max_c(w + 1, p->s_a);  /* it is taken when it is there and the one before it is done */
            if (w > a) a = w;
        }
        for (uint32_t f = line0 / 32; f <= stop / 32; f++) {
            const int last = i + 1 == pixels && f == stop / 32;
            /* A hands a word over when the two places before B have moved on; B takes it when it is done with the one before */
            a = max_c(max_c(a + 1, p->s_a + 1), p->s_bload[1]);
            p->s_a = a;
            bload = max_c(a + SCAN_WORDS, p->s_b);
            p->s_bload[2] = p->s_bload[1];
            p->s_bload[1] = p->s_bload[0];
            p->s_bload[0] = bload;
            cyc      b = bload; /* last step of B */
            int      any = 0;
            const uint32_t lo = f * 32 > line0 ? f * 32 : line0, hi = min_u(f * 32 + 31, stop);
            for (uint32_t l = lo; l <= hi + (uint32_t)last; l++) {
                const int end = l > hi;
                if (!end && (none || !p->full[l])) continue;
                any = 1;
                b = max_c(b + 1, p->s_p[SCAN_BETWEEN - 1]);
                const cyc at = max_c(b + SCAN_LINES, p->p_free);
                for (int k = SCAN_BETWEEN - 1; k > 0; k--) p->s_p[k] = p->s_p[k - 1];
                p->s_p[0] = at;
                if (end) {
                    if (p->same) all_same(p, p->same);
                    item(p, at, NULL, 1);
                    p->p_free = p->issued + 1;
                } else {
                    const int64_t begun = (int64_t)(l - v.line) * per, from = v.first - begun, left = v.last + 1 - begun;
                    uint64_t      mask = left >= 64 ? ~0ull : (1ull << left) - 1;
                    if (from > 0) mask &= ~0ull << from;
                    p->p_free = line_items(p, nm != 0, at, p->flags[l] & mask, v.col + begun / (nm ? 4 : 1));
                }
            }
            if (!any) b++; /* an empty word */
            p->s_b = b;
        }
    }
    cyc done = p->exec_done[1] + TELL;
    for (uint32_t l = 0; l < p->caps.lanes; l++) done = max_c(done, p->pop[l] + POP_TO_DONE);
    c->done = done;
    p->exec_done[0] = p->exec_done[1];
    p->exec_done[1] = done;
    p->free_at[EXEC] = max_c(a, p->exec_done[0]) + 1;
    return PREDICT_OK;
}
