/* SPDX-License-Identifier: Apache-2.0
 *
 * predict_store.c - STORE: vectors to lines, lines to bursts; see predict_impl.h */
#include "predict_impl.h"

/* One request of `lines` lines that the cutter can have in cycle q; line i is offered by lac_pack at line[i], which becomes when it was taken.
 * Between taking a line and offering the next lac_pack needs what the caller says. */
typedef struct {
    uint64_t burst, beats; /* burst in work; beats left in it */
    cyc      cur;          /* it is in work from here on */
    cyc      q;            /* next request at the cutter */
    lac_addr addr;
    uint64_t left;         /* beats of the request still to be cut */
    cyc      gone[2];      /* when the last two lines left the skid stage behind lac_pack, newest first */
} writer;

/* lac_pack: a chunk stands before the line under construction until it can be put there. */
typedef struct {
    cyc chunk; /* the last one has left its register, or leaves it in this cycle */
    cyc line;  /* the last complete line has left, or leaves in this cycle */
} packer;

/* A chunk that could come in cycle t comes; returns when. Then it goes into the line in cycle k->chunk. */
static cyc put_chunk(packer *k, cyc t)
{
    t = max_c(t, k->chunk);
    k->chunk = max_c(t + 1, k->line);
    return t;
}

static void next_burst(predict *p, writer *w)
{
    const uint64_t beat = p->caps.data_w / 8, page = (4096 - w->addr % 4096) / beat;
    uint64_t       beats = page < p->caps.burst ? page : p->caps.burst;
    if (beats > w->left) beats = w->left;
    const uint64_t j = p->w_bursts++;
    cyc            issue = max_c(w->q + CUT, p->w_issue + 1);
    if (j >= p->flight) issue = max_c(issue, p->w_b[(j - p->flight) % RING] + 1);
    issue = max_c(issue, p->w_aw + 1); /* the address register is free again */
    const cyc offered = issue + ISSUE;
    cyc       aw = offered;
    if (p->mem.outstanding && j >= p->mem.outstanding) aw = max_c(aw, p->w_b[(j - p->mem.outstanding) % RING] + 1);
    p->w_aw = aw;
    p->w_issue = issue;
    w->q = issue;
    w->cur = p->w_cur = max_c(max_c(offered + 1, p->w_accept + 1), p->w_cur + 2);
    w->beats = beats;
    w->addr += beats * beat;
    w->left -= beats;
}

/* A line that lac_pack offers from cycle t on goes out, through a skid stage of two lines; returns when lac_pack got rid of it. */
static cyc put_line(predict *p, writer *w, cyc t)
{
    const cyc taken = max_c(t, w->gone[1] + 1);
    t = taken + SKID;
    for (uint32_t i = 0; i < p->beats_line; i++) {
        if (!w->beats) next_burst(p, w);
        t = max_c(max_c(t, w->cur), p->w_accept + 1);
        p->w_accept = t;
        if (!--w->beats) {
            const uint64_t j = p->w_bursts - 1;
            const cyc      before = j ? p->w_b[(j - 1) % RING] : 0;
            p->w_b[j % RING] = max_c(max_c(t + 1, p->w_aw) + p->mem.wr_latency, before + 1);
        }
        if (i + 1 < p->beats_line) t++;
    }
    p->out->wr_beats += p->beats_line;
    w->gone[1] = w->gone[0];
    w->gone[0] = t;
    return taken;
}

/* A line of a list that lac_pack completed in cycle t: it is asked for, then goes out. */
static cyc list_line(predict *p, writer *w, lac_addr at, cyc t)
{
    w->q = t + LIST_TO_BUS;
    w->addr = at;
    w->left = p->beats_line;
    return put_line(p, w, t + LIST_TO_BUS);
}

/* Vectors on their way to lac_pack, through lac_late. The pipeline, also what is emptied there and goes nowhere, moves in cycle t unless the queue
 * held more than QUEUE vectors in cycle t - 2, beside the one that is on offer. */
enum { QUEUE = 5, PAST = 16 };
typedef struct {
    cyc      each;       /* a vector's turns in the pipeline */
    cyc      gap;        /* turns between the last one and the next that bring none */
    cyc      turn;       /* the last turn */
    uint64_t n;          /* vectors so far */
    cyc      came[PAST]; /* when vector i, from 1 on, was at lac_pack, at the earliest: i % PAST */
    cyc      left[PAST]; /* the cycle behind the one in which it left */
} source;

/* So many turns. */
static void turns(source *v, cyc count)
{
    while (count) {
        cyc      t = v->turn + 1;
        uint64_t seen; /* vectors that the enable of cycle t knows of */
        for (;;) {
            seen = v->n;
            while (seen && v->n - seen < PAST && v->came[seen % PAST] + 1 >= t) seen--;
            const cyc room = seen > QUEUE + 1 ? v->left[(seen - QUEUE - 1) % PAST] + 2 : 0;
            if (t >= room) break;
            t = room;
        }
        v->turn = t;
        count--;
        if (seen == v->n) { /* nothing stops it until the next vector comes */
            v->turn += count;
            count = 0;
        }
    }
}

/* lac_pack could take the next vector in cycle t: when does it? */
static cyc take_vector(source *v, cyc t)
{
    turns(v, v->gap + v->each);
    v->gap = 0;
    v->came[++v->n % PAST] = v->turn + 1;
    return max_c(t, v->turn + 1);
}

static void vector_left(source *v, cyc t)
{
    v->left[v->n % PAST] = t;
}

/* A list at `at`, whose first vector is at lac_pack from `vec` on: a vector costs a look, a cycle for each entry, and a cycle to leave; behind
 * the last one the line that was begun and the header go out. Returns when the next point's vector can be looked at. */
static cyc store_list(predict *p, writer *w, lac_addr at, uint32_t channels, source *from, cyc vec, packer *pack)
{
    const uint32_t sw = p->caps.store_w, per = p->lb / 4;
    const uint32_t count = min_u(get32(view(p, at, 4)), channels);
    const uint8_t *e = view(p, at + 64, 4 * (uint64_t)count);
    lac_addr       line = at + 64;
    uint32_t       pos = 0, k = 0;
    for (uint32_t first = 0; first < channels; first += sw) {
        const int last = first + sw >= channels;
        vec = take_vector(from, vec) + 1;
        for (; k < count && (last || (e && get16(e + 4 * k) < first + sw)); k++) {
            vec = put_chunk(pack, vec) + 1;
            if (++pos == per) {
                pack->line = list_line(p, w, line, pack->chunk);
                line += p->lb;
                pos = 0;
            }
        }
        vec++;
        vector_left(from, vec);
    }
    if (pos) {
        vec = put_chunk(pack, vec) + 1;
        pack->line = list_line(p, w, line, pack->chunk);
    }
    vec = put_chunk(pack, vec) + 1;
    pack->line = list_line(p, w, at, pack->chunk);
    return vec;
}

predict_status predict_start_store(predict *p, uint32_t n)
{
    command       *c = &p->cmd[n];
    const uint32_t channels = GET(c, STORE_CHANNELS), width = GET(c, STORE_WIDTH), elements = width ? width : channels; /* of a point */
    const uint32_t taps = GET(c, STORE_POOL_Y) * GET(c, STORE_POOL_X), all_rows = taps ? GET(c, STORE_FROM_ROWS) : GET(c, STORE_POINTS); /* that are emptied */
    const uint32_t dropped = GET(c, STORE_TOP) + GET(c, STORE_BOTTOM), points = taps ? GET(c, STORE_POINTS) : all_rows - dropped, type = GET(c, STORE_TYPE), sw = p->caps.store_w;
    const uint32_t es = type == LAC_RAW ? 8 : type == LAC_INT16 ? 2 : 1, rows = GET(c, STORE_ROWS), list = GET(c, STORE_LIST);
    const uint64_t pitch = GET(c, STORE_PITCH), row_lines = ceil_div((uint64_t)elements * es, p->lb);
    const lac_addr addr = (lac_addr)GET(c, STORE_ADDR_HI) << 32 | GET(c, STORE_ADDR_LO);
    const uint32_t vectors = (uint32_t)ceil_div(elements, sw); /* of a point: STORE_W divides the lanes, so rows do not matter */
    if (rows != ceil_div(channels, p->caps.lanes) || (width && (width != channels * GET(c, STORE_PIXELS) || channels % sw))) return PREDICT_PROGRAM;
    if (all_rows <= dropped) return PREDICT_PROGRAM;
    const cyc guard = taps ? 0 : (cyc)GET(c, STORE_GUARD) * (vectors / (width ? GET(c, STORE_PIXELS) : 1)); /* vectors that are emptied behind a point */
    const cyc sweep = taps ? (cyc)all_rows * (GET(c, STORE_FROM_PIXELS) + GET(c, STORE_GUARD)) * rows : 0;
    const cyc each = taps ? taps : 1, pipe = STORE_PIPE + (p->caps.formats & LAC_HAS_WINDOWS ? 1 : 0);
    writer w = { 0 };
    cyc    vec = 0;                          /* lac_pack is done with the last vector */
    packer pack = { 0, 0 };
    source from = { each, taps ? STORE_PREP : (cyc)GET(c, STORE_TOP) * (vectors + guard), c->start + pipe - 2, 0, { 0 }, { 0 } };
    w.q = c->start + STORE_TO_BUS;
    for (uint32_t i = 0; i < points; i++) {
        const lac_addr at = addr + i * pitch;
        if (list) {
            if (!view(p, at, 4)) return PREDICT_VIEW;
            vec = store_list(p, &w, at, elements, &from, vec, &pack);
            from.gap = guard;
            continue;
        }
        w.addr = at;
        w.left = row_lines * p->beats_line;
        /* Vectors fill lines or lines cut vectors: one chunk a vector or a line, whichever is more. */
        const uint32_t per_line = p->lb / es; /* elements */
        uint32_t       in_line = 0;           /* of the line under construction */
        for (uint32_t v = 0; v < vectors; v++) {
            uint32_t here = min_u(sw, elements - v * sw);
            vec = take_vector(&from, vec);
            while (here) {
                const uint32_t put = min_u(here, per_line - in_line);
                vec = put_chunk(&pack, vec) + 1;
                here -= put;
                in_line += put;
                if (in_line == per_line || (!here && v + 1 == vectors)) {
                    pack.line = put_line(p, &w, pack.chunk + 1);
                    in_line = 0;
                }
            }
            vector_left(&from, vec);
        }
        from.gap = guard;
        w.q = max_c(w.q, p->w_issue + 1); /* the next request enters behind the last burst */
    }
    const cyc rest = taps ? sweep : from.gap + (cyc)GET(c, STORE_BOTTOM) * (vectors + guard);
    turns(&from, rest);
    c->done = max_c(p->w_b[(p->w_bursts - 1) % RING] + STORE_DONE, from.turn + 2 - pipe + STORE_EMPTY);
    p->free_at[STORE] = c->done + 1;
    p->out->need[PREDICT_STORE] += taps ? (uint64_t)(each * vectors * points + sweep) : (uint64_t)(vectors + guard) * all_rows;
    return PREDICT_OK;
}
