/* SPDX-License-Identifier: Apache-2.0
 *
 * predict.c - see predict.h
 *
 * Five actors, each of which knows when it does its next thing: dispatcher, the engines LOAD, EXEC and STORE, and the read bus that
 * dispatcher and LOAD share. The earliest goes first, and what it does is worked out to its end: a request with all its lines, a job with all
 * its items, a STORE with all its beats. Nothing that happens later can change it, because
 *   - a request is not overtaken, and whoever asked takes its lines at times that he alone decides;
 *   - a lane never waits once it has an item; EXEC waits for lanes, never the other way round;
 *   - STORE has the write bus for itself. */
#include <stdlib.h>
#include <string.h>
#include "predict_impl.h"

/* ---- Dispatch and tokens ------------------------------------------------------------------------------------------------------------ */

/* When all tokens that c waits for are there; NEVER: not known yet. */
static cyc tokens_at(const predict *p, const command *c)
{
    const uint32_t wait = GET(c, ANY_WAIT), to = c->engine;
    cyc            t = 0;
    for (uint32_t from = 0; from < ENGINES; from++)
        if (wait >> from & 1) {
            if (p->took[from][to] == p->given[from][to]) return NEVER;
            t = max_c(t, p->token[from][to][p->took[from][to] % TOKENS] + 1);
        }
    return t;
}

/* The completion of command n is known: its tokens, and whether STOREs behind it may think of starting. */
static void completed(predict *p, uint32_t n)
{
    const command *c = &p->cmd[n];
    const uint32_t give = GET(c, ANY_SIGNAL);
    for (uint32_t to = 0; to < ENGINES; to++)
        if (give >> to & 1) p->token[c->engine][to][p->given[c->engine][to]++ % TOKENS] = c->done;
    while (p->known < p->n && p->cmd[p->known].done != NEVER) {
        p->known_max = max_c(p->known_max, p->cmd[p->known].done);
        if (p->cmd[p->known].engine != STORE) p->known_others = max_c(p->known_others, p->cmd[p->known].done);
        p->cmd[p->known++].all_done = p->known_max;
    }
}

static cyc engine_start(const predict *p, uint32_t e)
{
    if (!p->head_full[e] || (e == LOAD && p->next_valid)) return NEVER;
    const uint32_t n = p->queue[e][p->head[e]];
    const command *c = &p->cmd[n];
    const cyc      tokens = tokens_at(p, c);
    if (tokens == NEVER) return NEVER;
    cyc t = max_c(max_c(p->head_at[e], p->free_at[e]), tokens);
    if (e == STORE) {
        if (p->known < n) return NEVER;
        t = max_c(t, max_c(p->known_others, p->head_at[e] - 1) + 1 + STORE_SEES);
    }
    return t;
}

/* The next waiting command is read into the empty head of its queue: the slots have one port, asked a cycle ahead and never for that of a send. */
static cyc fill_at(const predict *p, uint32_t e)
{
    if (p->head_full[e] || !p->waiting[e]) return NEVER;
    const cyc t = max_c(max_c(p->head_at[e], p->cmd[p->queue[e][p->head[e]]].pushed + 1), p->port_free);
    return t + (p->taken != p->sent && t + 1 == p->take_at + TAKE_TO_SEND);
}

static void fill(predict *p, uint32_t e, cyc t)
{
    p->head_full[e] = 1;
    p->head_at[e] = t + 1;
}

static predict_status start(predict *p, uint32_t e, cyc t)
{
    const uint32_t n = p->queue[e][p->head[e]];
    command       *c = &p->cmd[n];
    predict_status s = PREDICT_OK;
    c->start = t;
    p->head[e] = (p->head[e] + 1) % SLOTS;
    p->waiting[e]--;
    p->head_full[e] = 0;
    p->head_at[e] = t + 1;
    for (uint32_t from = 0; from < ENGINES; from++)
        if (GET(c, ANY_WAIT) >> from & 1) p->took[from][e]++;
    if (e == LOAD) predict_start_load(p, n);
    else if (e == EXEC) s = predict_start_exec(p, n);
    else s = predict_start_store(p, n);
    if (!s && e != LOAD) completed(p, n);
    return s;
}

/* The bus takes its next request, when the one before is being cut: the dispatcher's goes first. *who: 0 dispatcher, 1 LOAD. */
static cyc bus_choice(const predict *p, int *who)
{
    const cyc fetch = p->chosen < p->asked ? max_c(p->ask[p->chosen % FETCH_AHEAD] + ASK_TO_BUS, p->last_choice + 1) : NEVER;
    const cyc load = p->ld.busy ? p->ld.visible : NEVER;
    const cyc first = min_c(fetch, load);
    if (first == NEVER) return NEVER;
    const cyc t = max_c(first, p->bus.free);
    *who = fetch > t;
    return t;
}

static predict_status choose(predict *p, int who, cyc t, uint32_t lines_cmd)
{
    const cyc q = max_c(t + 1, p->bus.cut_free);
    p->bus.free = q + 1;
    if (who) {
        p->accepted = t;
        const uint32_t       n = p->ld.cmd;
        const predict_status s = predict_serve_load(p, q);
        if (!s && p->cmd[n].done != NEVER) completed(p, n);
        return s;
    }
    taker lines = { .each = p->line_at[p->chosen % (FETCH_AHEAD * 2)] };
    predict_transfer(p, q, 64 * (lac_addr)p->chosen, lines_cmd, &lines);
    p->chosen++;
    p->last_choice = t;
    return PREDICT_OK;
}

/* Commands are asked for one every second cycle while FETCH_AHEAD and the slots allow. */
static cyc ask_at(const predict *p)
{
    const uint32_t n = p->asked;
    if (n == p->n || n - p->taken >= FETCH_AHEAD || p->chosen < n) return NEVER; /* the bus has not taken the one before */
    cyc t = n ? max_c(p->ask[(n - 1) % FETCH_AHEAD] + 2, p->last_choice) : 0;
    if (n >= FETCH_AHEAD) t = max_c(t, p->took_up[n % FETCH_AHEAD] + TAKE_TO_ASK);
    if (n >= AHEAD) {
        if (p->known <= n - AHEAD) return NEVER;
        t = max_c(t, p->cmd[n - AHEAD].all_done + DONE_TO_ASK);
    }
    return t;
}

/* When the next command, whose lines have been asked for, is taken up. */
static cyc take_up_at(const predict *p, uint32_t lines_cmd)
{
    if (p->taken != p->sent || p->taken == p->chosen) return NEVER;
    const cyc t = max_c(p->send_free, p->line_at[p->taken % (FETCH_AHEAD * 2)][lines_cmd - 1] + LINE_TO_SLOT);
    return t >= p->port_from && t <= p->port_free ? p->port_free + 1 : t; /* it serves engines then */
}

static cyc send_at(const predict *p) { return p->taken == p->sent ? NEVER : p->take_at + TAKE_TO_SEND; }

/* ---- A run -------------------------------------------------------------------------------------------------------------------------- */

static void begin_run(predict *p)
{
    const uint32_t lanes = p->caps.lanes;
    const cyc      long_ago = -1000000;
    memset(&p->bus, 0, sizeof p->bus);
    p->bus.ar = p->bus.issue = p->bus.beat = p->bus.used = p->bus.used2 = long_ago;
    memset(&p->ld, 0, sizeof p->ld);
    p->next_valid = 0;
    p->load_done = p->asked_all = p->accepted = long_ago;
    p->chosen = p->taken = p->sent = p->asked = 0;
    p->last_choice = long_ago;
    p->take_at = 0;
    p->send_free = 0;
    p->port_from = p->port_free = long_ago;
    p->known = 0;
    p->known_max = p->known_others = 0;
    for (uint32_t e = 0; e < ENGINES; e++) {
        p->waiting[e] = p->head[e] = p->head_full[e] = 0;
        p->free_at[e] = p->head_at[e] = 0;
        for (uint32_t i = 0; i < ENGINES; i++) p->given[e][i] = p->took[e][i] = 0;
    }
    p->exec_done[0] = p->exec_done[1] = long_ago;
    p->s_a = p->s_b = p->p_free = p->issued = p->limit = p->limit_all = long_ago;
    for (uint32_t i = 0; i < 3; i++) p->s_bload[i] = long_ago;
    for (uint32_t i = 0; i < SCAN_BETWEEN; i++) p->s_p[i] = long_ago;
    p->recent_first = p->recent_n = 0;
    for (uint32_t l = 0; l < lanes; l++) {
        p->pop[l] = long_ago;
        p->pair[l].last_read = long_ago;
        for (size_t i = 0; i < PAIRS; i++) p->pair[l].read[i] = p->pair[l].pop[i] = long_ago;
        p->pair[l].next = 0;
        p->slot[l] = 0;
        p->work[l] = 0;
    }
    p->work[lanes] = 0;
    for (size_t i = 0; i < (size_t)lanes * p->caps.fifo_depth; i++) p->pops[i] = long_ago;
    p->w_issue = p->w_aw = p->w_accept = p->w_cur = long_ago;
    p->w_bursts = 0;
    for (uint32_t i = 0; i < RING; i++) p->w_b[i] = long_ago;
}

static void end_run(predict *p)
{
    predict_result *out = p->out;
    cyc             last = 0, end[ENGINES] = { 0 };
    out->commands = p->n;
    for (uint32_t i = 0; i < p->n; i++) {
        const command *c = &p->cmd[i];
        last = max_c(last, c->done);
        p->event[i] = (predict_event){ c->engine, c->op, (uint64_t)(c->engine == LOAD ? c->begins : c->start), (uint64_t)c->done };
        out->busy[c->engine] += (uint64_t)(c->done - max_c(c->start, end[c->engine])); /* two may be there */
        end[c->engine] = c->done;
        if (GET(c, ANY_MARK)) {
            if (!out->marks++) out->mark_first = (uint64_t)c->done;
            out->mark_last = out->mark_last > (uint64_t)c->done ? out->mark_last : (uint64_t)c->done;
            out->mark_first = out->mark_first < (uint64_t)c->done ? out->mark_first : (uint64_t)c->done;
        }
    }
    out->cycles = p->n ? (uint64_t)(last + IDLE_AFTER) : 0;
    for (uint32_t l = 0; l < p->caps.lanes; l++)
        if (p->work[l] > out->need[PREDICT_LANES]) out->need[PREDICT_LANES] = p->work[l];
    out->need[PREDICT_ITEMS] = out->items;
    out->need[PREDICT_READ] = out->rd_beats;
    out->need[PREDICT_WRITE] = out->wr_beats;
    uint32_t most = 0;
    for (uint32_t i = 1; i < PREDICT_FIXED; i++)
        if (out->need[i] > out->need[most]) most = i;
    out->bound = (double)out->need[most] >= PREDICT_NEAR * (double)out->cycles && out->cycles ? (predict_bound)most : PREDICT_FIXED;
}

/* A command that there is, and of no size zero. */
static int is_command(const command *c)
{
    switch (c->op) {
    case LAC_OP_LOAD_WEIGHTS:  return GET(c, LOAD_WEIGHTS_LINES) != 0;
    case LAC_OP_LOAD_CODEBOOK: return 1;
    case LAC_OP_LOAD_FEATURES: return GET(c, LOAD_FEATURES_POINTS) && GET(c, LOAD_FEATURES_CHANNELS) && GET(c, LOAD_FEATURES_TYPE) <= LAC_INT16;
    case LAC_OP_LOAD_PARAMS:   return GET(c, LOAD_PARAMS_CHANNELS) != 0;
    case LAC_OP_LOAD_COLUMNS:  return GET(c, LOAD_COLUMNS_LINES) && GET(c, LOAD_COLUMNS_COLUMNS);
    case LAC_OP_EXEC:          return GET(c, EXEC_POINTS) && GET(c, EXEC_COLUMNS);
    case LAC_OP_STORE:         return GET(c, STORE_POINTS) && GET(c, STORE_CHANNELS);
    default:                   return 0;
    }
}

predict_status predict_run(predict *p, predict_result *out, uint32_t *at)
{
    const uint32_t lines_cmd = 64 / p->lb;
    predict_status s = PREDICT_OK;
    uint32_t       bad = 0;
    memset(out, 0, sizeof *out);
    p->out = out;
    begin_run(p);
    for (uint32_t i = 0; i < p->n && !s; i++)
        if (!is_command(&p->cmd[i])) {
            s = PREDICT_PROGRAM;
            bad = i;
        }
    while (!s && p->known < p->n) {
        int       who = 0;
        uint32_t  next = 0;
        cyc       when[10] = { take_up_at(p, lines_cmd), send_at(p), engine_start(p, LOAD), engine_start(p, EXEC), engine_start(p, STORE), 0,
                               ask_at(p), fill_at(p, LOAD), fill_at(p, EXEC), fill_at(p, STORE) };
        when[5] = bus_choice(p, &who);
        for (uint32_t i = 1; i < 10; i++)
            if (when[i] < when[next]) next = i;
        const cyc t = when[next];
        if (t == NEVER) {
            s = PREDICT_PROGRAM; /* a token that nothing gives */
            bad = p->known;
            break;
        }
        switch (next) {
        case 0:
            p->take_at = t;
            p->took_up[p->taken++ % FETCH_AHEAD] = t;
            break;
        case 1: {
            command *c = &p->cmd[p->sent];
            c->pushed = t;
            p->send_free = t + 1;
            p->queue[c->engine][(p->head[c->engine] + p->waiting[c->engine]++) % SLOTS] = p->sent++;
            if (p->waiting[c->engine] == 1) fill(p, c->engine, t); /* the head is empty, and nobody before it */
            break;
        }
        case 5:
            bad = who ? p->ld.cmd : p->chosen;
            s = choose(p, who, t, lines_cmd);
            break;
        case 6: p->ask[p->asked++ % FETCH_AHEAD] = t; break;
        case 7:
        case 8:
        case 9:
            fill(p, next - 7, t + 1);
            if (p->port_free != t) p->port_from = t + 1; /* not one cycle after the other */
            p->port_free = t + 1;
            break;
        default:
            bad = p->queue[next - 2][p->head[next - 2]];
            s = start(p, next - 2, t);
        }
    }
    if (!s) end_run(p);
    else if (at) *at = bad;
    p->ran = s ? 0 : p->n;
    p->n = 0;
    return s;
}

/* ---- Making one --------------------------------------------------------------------------------------------------------------------- */

const char *predict_bound_name(predict_bound b)
{
    static const char *const name[] = { "lanes", "items", "read bus", "write bus", "store", "fixed" };
    return name[b];
}

int predict_emit(void *ctx, const lac_cmd *cmd)
{
    predict *p = ctx;
    if (p->n == p->cap) {
        const uint32_t cap = p->cap ? 2 * p->cap : 64;
        command       *c = realloc(p->cmd, cap * sizeof *c);
        if (c) p->cmd = c;
        predict_event *e = c ? realloc(p->event, cap * sizeof *e) : NULL;
        if (!e) return -1;
        p->event = e;
        p->cap = cap;
    }
    const uint32_t op = cmd->w[0] & 0xffu;
    p->cmd[p->n++] = (command){ *cmd, (op & 15u) - 1, op, NEVER, NEVER, NEVER, NEVER, NEVER };
    return 0;
}

const predict_event *predict_events(const predict *p, uint32_t *n)
{
    *n = p->ran;
    return p->event;
}

predict *predict_new(const lac_caps *caps, const predict_memory *mem)
{
    predict *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->caps = *caps;
    p->mem = *mem;
    p->flight = caps->flight ? caps->flight : FLIGHT_DEFAULT;
    if (p->flight > RING) p->flight = RING;
    if (p->mem.outstanding > RING) p->mem.outstanding = RING;
    p->lb = caps->line;
    p->words_line = caps->line / 8;
    p->beats_line = caps->data_w < 64 ? 64 / caps->data_w : 1;
    p->col = calloc(caps->col_depth, sizeof *p->col);
    p->flags = calloc(caps->feat_depth, sizeof *p->flags);
    p->full = calloc(caps->feat_depth, 1);
    p->pop = calloc(caps->lanes, sizeof *p->pop);
    p->pops = calloc((size_t)caps->lanes * caps->fifo_depth, sizeof *p->pops);
    p->slot = calloc(caps->lanes, sizeof *p->slot);
    p->pair = calloc(caps->lanes, sizeof *p->pair);
    p->work = calloc((size_t)caps->lanes + 1, sizeof *p->work);
    if (p->col && p->flags && p->full && p->pop && p->pops && p->slot && p->pair && p->work) return p;
    predict_free(p);
    return NULL;
}

void predict_free(predict *p)
{
    if (!p) return;
    predict_free_blocks(p);
    void *all[] = { p->cmd, p->event, p->col, p->flags, p->full, p->pop, p->pops, p->slot, p->pair, p->work };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
    free(p);
}
