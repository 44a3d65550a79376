/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_plan.c - see lac_plan.h, whose head has the theory */
#include "lac_plan.h"

void lac_set(lac_cmd *c, uint32_t field, uint32_t value) { lac_set_field(c->w, field, value); }

/* ---- Directory ------------------------------------------------------------------------------------- */

uint32_t lac_dir(const void *image, uint32_t word)
{
    const uint8_t *p = (const uint8_t *)image + 4u * word;
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void lac_get_words(const void *image, uint32_t at, uint32_t *w, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        w[i] = lac_dir(image, at / 4u + i);
}

/* Both structs are nothing but the record's words in their order. */
void lac_get_row_tile(const void *image, uint32_t i, lac_row_tile *t)
{
    lac_get_words(image, LAC_DIR_HEADER + LAC_DIR_RECORD * i, (uint32_t *)t, sizeof *t / 4u);
}

void lac_get_tile(const void *image, uint32_t i, lac_tile *t)
{
    lac_get_words(image, LAC_DIR_HEADER + LAC_DIR_RECORD * (lac_dir(image, LAC_DIR_W_ROW_TILES) + i), (uint32_t *)t, sizeof *t / 4u);
}

/* ---- Checks ---------------------------------------------------------------------------------------- */

uint32_t lac_type_bytes(lac_type t) { return t == LAC_RAW ? 8u : t == LAC_INT16 ? 2u : 1u; }

uint32_t lac_pitch(const lac_caps *caps, uint32_t channels, lac_type type, int list)
{
    const uint32_t bytes = list ? 64u + lac_ceil_div(channels * 4u, caps->line) * caps->line
                                : lac_ceil_div(channels * lac_type_bytes(type), caps->line) * caps->line;
    return lac_ceil_div(bytes, LAC_ALIGN) * LAC_ALIGN;
}

int lac_in_type(lac_type t, int32_t v)
{
    return t == LAC_INT8 ? (int8_t)v == v : t == LAC_UINT8 ? (uint8_t)v == v : (int16_t)v == v;
}

lac_status lac_check_tensor(const lac_tensor *t, const lac_caps *caps, uint32_t channels, uint32_t points, int output)
{
    if ((unsigned)t->type > LAC_RAW || (t->type == LAC_RAW && (!output || t->list || t->zero)))
        return LAC_E_ARG;
    if (!lac_in_type(t->type, t->zero))
        return LAC_E_ARG;
    if (t->addr % LAC_ALIGN || (points > 1u && t->pitch % LAC_ALIGN))
        return LAC_E_ALIGN;
    if (points > 1u && (t->pitch < lac_pitch(caps, channels, t->type, t->list) || t->pitch >> 24))
        return LAC_E_ARG;
    return LAC_OK;
}

lac_status lac_check_clamp(const lac_tensor *y, int32_t lo, int32_t hi)
{
    if (y->type == LAC_RAW ? lo || hi : !lac_in_type(y->type, lo) || !lac_in_type(y->type, hi) || lo > hi)
        return LAC_E_ARG;
    return LAC_OK;
}

lac_span lac_tensor_span(const lac_caps *caps, const lac_tensor *t, uint32_t channels, uint32_t points)
{
    const lac_span s = {t->addr, t->addr + (uint64_t)(points - 1u) * t->pitch + lac_pitch(caps, channels, t->type, t->list)};
    return s;
}

int lac_overlap(const lac_span *a, const lac_span *b) { return a->begin < b->end && b->begin < a->end; }

lac_status lac_check_machine(const lac_caps *caps, const lac_layer *layer)
{
    if (!layer || !layer->image || lac_dir(layer->image, LAC_DIR_W_MAGIC) != LAC_DIR_MAGIC
        || lac_dir(layer->image, LAC_DIR_W_LANES) != caps->lanes || lac_dir(layer->image, LAC_DIR_W_LINE) != caps->line
        || lac_dir(layer->image, LAC_DIR_W_STORE_W) != caps->store_w || !(caps->formats >> layer->format & 1u)
        || (layer->by_column && !(caps->formats & LAC_HAS_COLUMNS)))
        return LAC_E_ARG;
    return layer->addr % LAC_ALIGN ? LAC_E_ALIGN : LAC_OK;
}

lac_status lac_check_place(const lac_caps *caps, const lac_layer *layer, const lac_place *at)
{
    TRY(lac_check_machine(caps, layer));
    if (at->codebook > 1u)
        return layer->format == LAC_CSC ? LAC_E_SPACE : LAC_E_ARG;
    if (at->param_base % caps->store_w)
        return LAC_E_ALIGN;
    if (layer->resident_cols == 0u || at->word_base >= caps->weight_depth || layer->resident_words > caps->weight_depth - at->word_base
        || at->col_base > caps->col_depth || layer->resident_cols > caps->col_depth - at->col_base
        || at->param_base > caps->param_depth || layer->resident_params > caps->param_depth - at->param_base)
        return LAC_E_SPACE;
    return LAC_OK;
}

void lac_map_begin(lac_ram_map *m)
{
    memset(m, 0, sizeof *m);
    m->codebooks = 3u;
}

void lac_map_take(lac_ram_map *m, const lac_layer *layer, const lac_place *at)
{
    if (!at)
        return;
    m->base.word_base = lac_max(m->base.word_base, at->word_base + layer->resident_words);
    m->base.col_base = lac_max(m->base.col_base, at->col_base + layer->resident_cols);
    m->base.param_base = lac_max(m->base.param_base, at->param_base + layer->resident_params);
    if (layer->format == LAC_CSC)
        m->codebooks &= ~(1u << at->codebook);
}

void lac_map_end(const lac_caps *caps, lac_ram_map *m)
{
    m->feat_half = caps->feat_depth / 2u / 32u * 32u;
    m->word_half = (caps->weight_depth - lac_min(caps->weight_depth, m->base.word_base)) / 2u;
    m->col_half = (caps->col_depth - m->base.col_base) / 2u;
    m->param_half = (caps->param_depth - m->base.param_base) / 2u / caps->store_w * caps->store_w;
}

lac_status lac_check_tiles(const lac_caps *caps, const lac_ram_map *m, const lac_layer *layer)
{
    for (uint32_t i = 0; i < layer->tiles; i++) {
        lac_tile t;
        lac_get_tile(layer->image, i, &t);
        if (m->base.word_base >= caps->weight_depth || t.words > caps->weight_depth - m->base.word_base
            || t.columns > caps->col_depth - m->base.col_base)
            return LAC_E_SPACE;
    }
    return LAC_OK;
}

lac_status lac_check_stream(const lac_caps *caps, const lac_ram_map *m, const lac_layer *layer)
{
    lac_row_tile first;

    lac_get_row_tile(layer->image, 0, &first); /* none has more channels than the first */
    if (first.channels > caps->param_depth - m->base.param_base || (layer->format == LAC_CSC && !m->codebooks))
        return LAC_E_SPACE;
    return lac_check_tiles(caps, m, layer);
}

lac_status lac_check_row_tiles(const lac_caps *caps, const lac_layer *layer, const lac_tensor *y, uint32_t *row_tiles, uint32_t *most_rows)
{
    const uint32_t align = lac_dir(layer->image, LAC_DIR_W_ALIGN);
    lac_row_tile first;

    *row_tiles = lac_dir(layer->image, LAC_DIR_W_ROW_TILES);
    if (*row_tiles > 1u && (y->list || align * lac_type_bytes(y->type) % LAC_ALIGN))
        return LAC_E_SPACE;
    lac_get_row_tile(layer->image, 0, &first); /* none has more channels than the first */
    *most_rows = lac_ceil_div(first.channels, caps->lanes);
    return *most_rows > caps->acc_depth ? LAC_E_SPACE : LAC_OK;
}

/* ---- Window, knowledge, tokens --------------------------------------------------------------------- */

static void learn(uint32_t *know, const uint32_t *news)
{
    for (uint32_t e = 0; e < LAC_ENGINES; e++)
        know[e] = lac_max(know[e], news[e]);
}

static lac_pending *at(lac_order *o, uint32_t i) { return &o->win[(o->first + i) % LAC_WINDOW]; }

static void emit_oldest(lac_order *o)
{
    if (o->status == 0)
        o->status = o->emit(o->ctx, &at(o, 0)->cmd);
    o->first = (o->first + 1u) % LAC_WINDOW;
    o->count--;
}

static void signal_to(lac_cmd *c, uint32_t engine)
{
    SET(c, ANY_SIGNAL, lac_get_field(c->w, LAC_F_ANY_SIGNAL) | 1u << engine);
}

/* Let command `c` of engine `b` wait until at least p commands of engine `a` have completed. */
static void wait_for(lac_order *o, lac_cmd *c, uint32_t b, uint32_t a, uint32_t p)
{
    if (o->know[b][a] >= p)
        return;
    for (uint32_t i = 0; i < o->count; i++) {
        lac_pending *v = at(o, i);
        if (v->engine == a && v->seq >= p) {
            signal_to(&v->cmd, b);
            SET(c, ANY_WAIT, lac_get_field(c->w, LAC_F_ANY_WAIT) | 1u << a);
            learn(o->know[b], v->know);
            return;
        }
    }
    o->status = LAC_E_SPACE; /* cannot happen, see the head of lac_plan.h */
}

/* For a LOAD that needs STORE p: unless p itself is in the window, the oldest EXEC that knows of it, or 0. */
static uint32_t voucher(lac_order *o, uint32_t p)
{
    uint32_t exec = 0;
    for (uint32_t i = 0; i < o->count; i++) {
        const lac_pending *v = at(o, i);
        if (v->engine == LAC_STORE && v->seq == p)
            return 0;
        if (v->engine == LAC_EXEC && !exec && v->know[LAC_STORE] >= p)
            exec = v->seq;
    }
    return exec;
}

/* Append a command; need[a]: command of engine a that must have completed before it starts, 0 for none. */
static void push(lac_order *o, uint32_t engine, lac_cmd *c, const uint32_t need[LAC_ENGINES])
{
    uint32_t want[LAC_ENGINES];

    memcpy(want, need, sizeof want);
    if (engine == LAC_LOAD && o->know[LAC_LOAD][LAC_STORE] < want[LAC_STORE])
        want[LAC_EXEC] = lac_max(want[LAC_EXEC], voucher(o, want[LAC_STORE]));
    for (uint32_t a = 0; a < LAC_ENGINES; a++)
        if (a != engine)
            wait_for(o, c, engine, a, want[a]);

    if (engine == LAC_STORE)
        memcpy(o->know[LAC_STORE], o->seq, sizeof o->seq);
    o->know[engine][engine] = ++o->seq[engine];
    if (engine == LAC_STORE)
        memcpy(o->stored[o->seq[LAC_STORE] % 2u], o->know[LAC_STORE], sizeof o->know[LAC_STORE]);

    if (o->count == LAC_WINDOW)
        emit_oldest(o);
    lac_pending *v = at(o, o->count++);
    v->cmd = *c;
    v->engine = engine;
    v->seq = o->seq[engine];
    memcpy(v->know, o->know[engine], sizeof v->know);
}

void lac_push_map(lac_program *g, const lac_cmd *c)
{
    lac_order *o = &g->o;

    if (o->count == LAC_WINDOW)
        emit_oldest(o);
    lac_pending *v = at(o, o->count++);
    memset(v, 0, sizeof *v);
    v->cmd = *c;
    v->engine = LAC_ENGINES; /* none of those that are looked for */
}

lac_status lac_flush(lac_program *g)
{
    while (g->o.count)
        emit_oldest(&g->o);
    return (lac_status)g->o.status;
}

/* ---- Areas ----------------------------------------------------------------------------------------- */

/* A place for `id`: a half, or LAC_WHOLE. *hit: it stands there already. */
static uint32_t pick(lac_area *a, uint64_t id, int fits_half, int *hit)
{
    uint32_t h;

    if (!fits_half) {
        *hit = a->whole && a->id[0] == id;
        a->whole = 1;
        a->id[0] = id;
        a->id[1] = 0;
        return LAC_WHOLE;
    }
    if (a->whole) {
        a->whole = 0;
        a->id[0] = a->id[1] = 0;
    }
    h = a->id[0] == id ? 0u : a->id[1] == id ? 1u : 1u - a->last;
    *hit = a->id[h] == id;
    a->id[h] = id;
    a->last = h;
    return h;
}

static uint32_t area_user(const lac_area *a, uint32_t h) { return h == LAC_WHOLE ? lac_max(a->user[0], a->user[1]) : a->user[h]; }
static uint32_t area_loaded(const lac_area *a, uint32_t h) { return a->loaded[h & 1u]; }

static void set_user(lac_area *a, uint32_t h, uint32_t seq)
{
    if (h == LAC_WHOLE)
        a->user[0] = a->user[1] = seq;
    else
        a->user[h] = seq;
}

/* ---- Commands -------------------------------------------------------------------------------------- */

static void begin(lac_cmd *c, uint32_t op, uint32_t tag)
{
    memset(c, 0, sizeof *c);
    c->w[0] = op; /* OP and KIND are its low byte */
    SET(c, ANY_TAG, tag);
}

void lac_set_addr(lac_cmd *c, lac_addr a)
{
    SET(c, LOAD_WEIGHTS_ADDR_LO, a);
    SET(c, LOAD_WEIGHTS_ADDR_HI, a >> 32);
}

/* Both loads of weights have address, length and bases in the same places. */
void lac_cmd_weights(lac_cmd *c, const lac_layer *layer, const lac_row_tile *r, const lac_tile *t, uint32_t word_base, uint32_t col_base, uint32_t tag)
{
    begin(c, layer->by_column ? LAC_OP_LOAD_COLUMNS : LAC_OP_LOAD_WEIGHTS, tag);
    lac_set_addr(c, layer->addr + t->offset);
    SET(c, LOAD_WEIGHTS_LINES, t->lines);
    SET(c, LOAD_WEIGHTS_WORD_BASE, word_base);
    SET(c, LOAD_WEIGHTS_COL_BASE, col_base);
    if (layer->by_column) {
        SET(c, LOAD_COLUMNS_FORMAT, layer->format);
        SET(c, LOAD_COLUMNS_COLUMNS, t->columns);
        SET(c, LOAD_COLUMNS_LANES, lac_min(r->channels, lac_dir(layer->image, LAC_DIR_W_LANES)) - 1u);
    }
}

void lac_cmd_codebook(lac_cmd *c, const lac_layer *layer, uint32_t copy, uint32_t tag)
{
    begin(c, LAC_OP_LOAD_CODEBOOK, tag);
    lac_set_addr(c, layer->addr + lac_dir(layer->image, LAC_DIR_W_CODEBOOK));
    SET(c, LOAD_CODEBOOK_COPY, copy);
}

void lac_cmd_params(lac_cmd *c, const lac_layer *layer, const lac_row_tile *r, uint32_t param_base, uint32_t tag)
{
    begin(c, LAC_OP_LOAD_PARAMS, tag);
    lac_set_addr(c, layer->addr + r->params);
    SET(c, LOAD_PARAMS_CHANNELS, r->channels);
    SET(c, LOAD_PARAMS_PARAM_BASE, param_base);
}

/* ---- Program --------------------------------------------------------------------------------------- */

void lac_begin_program(lac_program *g, const lac_caps *caps, lac_emit emit, void *ctx)
{
    memset(g, 0, sizeof *g);
    g->caps = caps;
    g->o.emit = emit;
    g->o.ctx = ctx;
    lac_map_begin(&g->ram);
}

lac_status lac_add_groups(lac_program *g, uint64_t groups)
{
    if (groups > 0xffffffffu - g->o.groups)
        return LAC_E_SPACE;
    g->o.groups += (uint32_t)groups;
    return LAC_OK;
}

/* Of jobs before the remembered ones, if LOAD does not know of them by now, all may have written x. */
uint32_t lac_find_writer(const lac_program *g, const lac_span *x)
{
    uint32_t store = g->o.seq[LAC_STORE]; /* last one of job i - 1 */

    for (uint32_t i = g->jobs; i > 0u && store > g->o.know[LAC_LOAD][LAC_STORE]; i--) {
        if (g->jobs - i == LAC_JOBS || lac_overlap(&g->written[(i - 1u) % LAC_JOBS].y, x))
            return store;
        store = g->written[(i - 1u) % LAC_JOBS].stored;
    }
    return 0;
}

void lac_begin_job(lac_program *g, const lac_source *own, const lac_span *in, const lac_tensor *y, const lac_span *out, uint32_t tag)
{
    g->own = *own;
    g->own.wrote_x = lac_find_writer(g, in);
    g->from = g->own;
    g->y = y;
    g->tag = tag;
    g->features.id[0] = g->features.id[1] = 0; /* of another x */
    g->needed = 0;
    g->written[g->jobs % LAC_JOBS].y = *out;
    g->written[g->jobs++ % LAC_JOBS].stored = g->o.seq[LAC_STORE];
}

/* Push the LOAD in work, to half `h` of an area, behind what read it last: `exec` and `store`, 0 for none. */
static void load(lac_program *g, lac_area *a, uint32_t h, uint32_t exec, uint32_t store)
{
    const uint32_t need[LAC_ENGINES] = {0, exec, store};
    push(&g->o, LAC_LOAD, &g->cmd, need);
    a->loaded[h & 1u] = g->o.seq[LAC_LOAD];
}

void lac_bring_features(lac_program *g, const lac_piece *p, uint32_t column)
{
    const uint32_t es = lac_type_bytes(g->from.x->type);
    lac_cmd *c = &g->cmd;
    int hit;

    g->fh = pick(&g->features, p->id, p->fits_half, &hit);
    const uint32_t base = g->fh == 1u ? g->ram.feat_half : 0u;
    g->line0 = base + column * es / g->caps->line;
    if (!hit) {
        begin(c, LAC_OP_LOAD_FEATURES, g->tag);
        lac_set_addr(c, g->from.x->addr + p->offset);
        SET(c, LOAD_FEATURES_PITCH, p->pitch);
        SET(c, LOAD_FEATURES_POINTS, p->points);
        SET(c, LOAD_FEATURES_CHANNELS, p->channels);
        SET(c, LOAD_FEATURES_FEAT_BASE, base);
        SET(c, LOAD_FEATURES_TYPE, g->from.x->type);
        SET(c, LOAD_FEATURES_LIST, g->from.x->list != 0);
        SET(c, LOAD_FEATURES_ZERO, g->from.x->zero);
        load(g, &g->features, g->fh, area_user(&g->features, g->fh), g->from.wrote_x);
    }
    g->need = lac_max(g->need, area_loaded(&g->features, g->fh));
}

void lac_bring_codebook(lac_program *g)
{
    const lac_layer *layer = g->from.layer;
    lac_cmd *c = &g->cmd;
    int hit;

    g->need = 0; /* of the step that begins */
    if (g->from.resident) {
        g->copy = g->from.resident->codebook;
        return;
    }
    if (layer->format != LAC_CSC)
        return;
    g->ch = pick(&g->codebook, layer->addr + lac_dir(layer->image, LAC_DIR_W_CODEBOOK), g->ram.codebooks == 3u, &hit);
    g->copy = g->ch == LAC_WHOLE ? g->ram.codebooks >> 1 : g->ch; /* LAC_WHOLE: the one copy there is */
    if (!hit) {
        lac_cmd_codebook(c, layer, g->copy, g->tag);
        load(g, &g->codebook, g->ch, area_user(&g->codebook, g->ch), 0);
    }
    g->need = lac_max(g->need, area_loaded(&g->codebook, g->ch));
}

void lac_bring_weights(lac_program *g, const lac_row_tile *r, const lac_tile *t)
{
    const lac_layer *layer = g->from.layer;
    lac_cmd *c = &g->cmd;
    int hit;

    if (g->from.resident) {
        g->col_base = g->from.resident->col_base + t->col_pos;
        return;
    }
    g->wh = pick(&g->weights, layer->addr + t->offset, t->words <= g->ram.word_half && t->columns <= g->ram.col_half, &hit);
    const uint32_t h = g->wh & 1u;
    g->col_base = g->ram.base.col_base + h * g->ram.col_half;
    if (!hit) {
        lac_cmd_weights(c, layer, r, t, g->ram.base.word_base + h * g->ram.word_half, g->col_base, g->tag);
        if (g->needed) {
            SET(c, LOAD_COLUMNS_NEEDED, 1);
            SET(c, LOAD_COLUMNS_WIDE, g->from.x->type == LAC_INT16);
            SET(c, LOAD_COLUMNS_FEAT_BASE, g->line0); /* of the tile: no piece begins inside it */
            g->weights.id[h] = 0; /* of no use to other features */
        }
        load(g, &g->weights, g->wh, area_user(&g->weights, g->wh), 0);
    }
    g->need = lac_max(g->need, area_loaded(&g->weights, g->wh));
}

void lac_bring_params(lac_program *g, const lac_row_tile *r, int first, int last)
{
    const uint32_t group = g->o.seq[LAC_STORE];
    lac_cmd *c = &g->cmd;
    int hit;

    if (g->own.resident) {
        g->param_base = g->own.resident->param_base + r->param_pos;
        return;
    }
    if (first) {
        g->param_half = pick(&g->params, g->own.layer->addr + r->params, r->channels <= g->ram.param_half, &hit);
        g->param_base = g->ram.base.param_base + (g->param_half == 1u ? g->ram.param_half : 0u);
        g->params_due = !hit;
    }
    if (g->params_due) {
        const uint32_t user = area_user(&g->params, g->param_half);
        /* Not between needed columns, which everything waits for, where that can be helped. */
        if (last || user == group || (!g->needed && user <= g->o.know[LAC_LOAD][LAC_STORE])) {
            g->params_due = 0;
            lac_cmd_params(c, g->own.layer, r, g->param_base, g->tag);
            load(g, &g->params, g->param_half, 0, user);
        }
    }
}

/* To the first half, or all of it, whatever stands there: everyone who reads it is through. Both halves count as empty behind it, so the group brings its own. */
void lac_wait_by_params(lac_program *g, const lac_row_tile *r)
{
    const uint32_t store = g->o.seq[LAC_STORE]; /* whoever read parameters is through then, and whoever wrote x */
    uint32_t base = g->ram.base.param_base;

    if (g->own.resident)
        base = g->own.resident->param_base + r->param_pos;
    else
        g->params.id[0] = g->params.id[1] = 0;
    lac_cmd_params(&g->cmd, g->own.layer, r, base, g->tag);
    load(g, &g->params, 0, 0, store);
    g->need = lac_max(g->need, g->o.seq[LAC_LOAD]);
}

lac_cmd *lac_begin_exec(lac_program *g, const lac_row_tile *r, const lac_tile *t, uint32_t c0, uint32_t c1, int first)
{
    const uint32_t group = g->o.seq[LAC_STORE], shrink = g->from.layer->format == LAC_NM ? 4u : 1u; /* elements to a column */
    lac_cmd *c = &g->cmd;

    begin(c, LAC_OP_EXEC, g->tag);
    if (first && group >= 2u) { /* the bank's token, see lac_begin_store() */
        SET(c, ANY_WAIT, 1u << LAC_STORE);
        learn(g->o.know[LAC_EXEC], g->o.stored[(group - 1u) % 2u]);
    }
    SET(c, EXEC_FEAT_BASE, g->line0);
    SET(c, EXEC_COLUMNS, lac_ceil_div(c1 - c0, shrink));
    SET(c, EXEC_COL_BASE, g->col_base + (c0 - t->col0) / shrink);
    SET(c, EXEC_ROWS, lac_ceil_div(r->channels, g->caps->lanes));
    SET(c, EXEC_BANK, group & 1u);
    SET(c, EXEC_FORMAT, g->from.layer->format);
    SET(c, EXEC_N, g->from.layer->n);
    SET(c, EXEC_COPY, g->copy);
    SET(c, EXEC_TYPE, g->from.x->type);
    SET(c, EXEC_ZERO, g->from.x->zero);
    return c;
}

void lac_end_exec(lac_program *g)
{
    const uint32_t need[LAC_ENGINES] = {g->need, 0, 0};

    push(&g->o, LAC_EXEC, &g->cmd, need);
    set_user(&g->features, g->fh, g->o.seq[LAC_EXEC]);
    if (!g->from.resident) {
        set_user(&g->weights, g->wh, g->o.seq[LAC_EXEC]);
        if (g->from.layer->format == LAC_CSC)
            set_user(&g->codebook, g->ch, g->o.seq[LAC_EXEC]);
    }
}

lac_cmd *lac_begin_store(lac_program *g, const lac_row_tile *r, int32_t clamp_lo, int32_t clamp_hi, int mark)
{
    const uint32_t number = g->o.seq[LAC_STORE];
    lac_cmd *c = &g->cmd;

    begin(c, LAC_OP_STORE, g->tag);
    if (number + 2u < g->o.groups)
        signal_to(c, LAC_EXEC); /* the bank's token */
    SET(c, ANY_MARK, mark != 0);
    SET(c, STORE_CHANNELS, r->channels);
    SET(c, STORE_ROWS, lac_ceil_div(r->channels, g->caps->lanes));
    SET(c, STORE_PARAM_BASE, g->param_base);
    SET(c, STORE_BANK, number & 1u);
    SET(c, STORE_TYPE, g->y->type);
    SET(c, STORE_LIST, g->y->list != 0);
    SET(c, STORE_ZERO, g->y->zero);
    SET(c, STORE_CLAMP_LO, clamp_lo);
    SET(c, STORE_CLAMP_HI, clamp_hi);
    return c;
}

void lac_end_store(lac_program *g)
{
    static const uint32_t nothing[LAC_ENGINES] = {0, 0, 0};

    push(&g->o, LAC_STORE, &g->cmd, nothing);
    if (!g->own.resident)
        set_user(&g->params, g->param_half, g->o.seq[LAC_STORE]);
}

/* ---- Running --------------------------------------------------------------------------------------- */

int lac_feed(void *ctx, const lac_cmd *cmd)
{
    lac_feeder *f = (lac_feeder *)ctx;

    for (uint32_t i = 0; f->room == 0u; i++) {
        TRY(lac_ring(f->dev));
        TRY(lac_room(f->dev, &f->room));
        if (f->room)
            break;
        const int s = lac_poll(f->dev);
        if (s < 0)
            return s;
        if (i >= f->limit)
            return LAC_E_TIMEOUT;
    }
    f->room--;
    return lac_put(f->dev, cmd);
}

lac_status lac_begin_feed(lac_feeder *f, lac_dev *dev, uint32_t limit)
{
    f->dev = dev;
    f->limit = limit;
    return lac_room(dev, &f->room);
}

lac_status lac_end_feed(lac_feeder *f, lac_status s)
{
    if (s != LAC_OK)
        return s;
    TRY(lac_ring(f->dev));
    return lac_wait(f->dev, f->limit);
}
