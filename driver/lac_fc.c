/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_fc.c - from jobs to commands: which tile when, which piece of RAM, which token
 *
 * Plan. The points of a job are cut into batches that fit an accumulator bank and the feature RAM. A *group* is one batch and one row
 * tile: it accumulates over all columns in one bank, which one STORE empties. Its *steps* are the ranges of columns in
 * which neither the weight tile nor the loaded chunk of the features changes: one EXEC each. In the ring stand, for a step, its LOADs, then its EXEC,
 * and behind the last step of a group the STORE. Banks alternate from group to group.
 *
 * RAMs. Weights (with the column table), features, parameters and codebooks are *areas* of two halves that are used in turn. What is
 * already there is not loaded again; what is too large for a half takes the whole area.
 *
 * Column blocks. For a streamed job of one point only the columns are loaded whose feature is not zero. LOAD_COLUMNS reads the flags
 * of the features, so these stand before it, in LOAD's own order, and all features of a tile are on chip at once: where a point does
 * not fit a half of the feature RAM, they come tile by tile. What one point chose is of no use to another, so it is never found in
 * its area again.
 *
 * Order. Engines are numbered 0 LOAD, 1 EXEC, 2 STORE, and each engine's commands from 1 on. know[b][a] is how many commands of engine a have
 * certainly completed when b's next command starts; each command carries its engine's knowledge (and itself) with it, so that
 * a token hands on everything the giver knew. A command that needs command p of another engine and does not know it yet takes a
 * token, and p gives it: commands stay in a window of 15 before they are emitted, so the giver can still be marked. Hence a token is given only
 * where it is taken, in the same order (p rises), and never more than 15 wait. Needs:
 *
 *   LOAD  to an area    the last EXEC (parameters: STORE) that read what stood there
 *   LOAD  of features   the STORE of an earlier job that wrote them
 *   EXEC                the LOADs that brought its weights, codebook, features
 *   EXEC  to a bank     the STORE that emptied it, two groups before. It may have left the window, so this token is given always,
 *                       except by the last two STOREs, and taken by the first EXEC of every group but the first two
 *   STORE               nothing: the hardware lets it wait for every command before it
 *
 * Why the giver is always found. Between two EXECs, and between a STORE and the last LOAD of the next step, stand at most five
 * commands, so the newest EXEC is in the window, and in the first step of a group so is the STORE before it; a newer
 * command of the same engine serves as well as p. Parameters, which wait for STOREs, are therefore loaded in the first step when p is the
 * newest STORE, or there is only one step; when p is known already in any step; else in the last one, where an EXEC of the same group,
 * which has taken the token of the STORE two groups before, vouches for p. */
#include <stddef.h>

#include "lac_hw.h"
#include "lac_image.h"
#include "lac_mem.h"
#include "lacuna.h"

enum { LOAD, EXEC, STORE, ENGINES };

#define WINDOW 15u
#define WHOLE  2u /* instead of a half */
#define HEAD_LINES 8u /* after which EXEC begins, of a point for which the machine would wait; 64 bytes or more */

#define SET(cmd, name, value) set_field(cmd, (uint32_t)LAC_F_##name, (uint32_t)(value))

#define TRY(expr)                          \
    do {                                   \
        const lac_status try_ = (expr);    \
        if (try_ != LAC_OK)                \
            return try_;                   \
    } while (0)

static uint32_t min_u32(uint32_t a, uint32_t b) { return a < b ? a : b; }
static uint32_t max_u32(uint32_t a, uint32_t b) { return a > b ? a : b; }
static uint32_t ceil_div(uint32_t a, uint32_t b) { return (a + b - 1u) / b; }

/* Not inlined forty times: SET is a call. */
static void set_field(lac_cmd *c, uint32_t field, uint32_t value) { lac_set_field(c->w, field, value); }

/* ---- Directory ------------------------------------------------------------------------------------- */

uint32_t lac_dir(const void *image, uint32_t word)
{
    const uint8_t *p = (const uint8_t *)image + 4u * word;
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void get_words(const void *image, uint32_t at, uint32_t *w, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        w[i] = lac_dir(image, at / 4u + i);
}

/* Both structs are nothing but the record's words in their order. */
void lac_get_row_tile(const void *image, uint32_t i, lac_row_tile *t)
{
    get_words(image, LAC_DIR_HEADER + LAC_DIR_RECORD * i, (uint32_t *)t, sizeof *t / 4u);
}

void lac_get_tile(const void *image, uint32_t i, lac_tile *t)
{
    get_words(image, LAC_DIR_HEADER + LAC_DIR_RECORD * (lac_dir(image, LAC_DIR_W_ROW_TILES) + i), (uint32_t *)t, sizeof *t / 4u);
}

/* ---- Window, knowledge, tokens --------------------------------------------------------------------- */

typedef struct {
    lac_cmd  cmd;
    uint32_t engine;
    uint32_t seq;            /* among the commands of its engine */
    uint32_t know[ENGINES];  /* when it has completed */
} pending;

typedef struct {
    lac_emit emit;
    void    *ctx;
    pending  win[WINDOW];
    uint32_t first, count;
    uint32_t seq[ENGINES];
    uint32_t know[ENGINES][ENGINES];
    uint32_t stored[2][ENGINES]; /* knowledge of the last STORE of each bank */
    uint32_t groups;             /* in the whole program */
    int      status;             /* what stopped it; nothing is emitted any more */
} order;

static void learn(uint32_t *know, const uint32_t *news)
{
    for (uint32_t e = 0; e < ENGINES; e++)
        know[e] = max_u32(know[e], news[e]);
}

static pending *at(order *o, uint32_t i) { return &o->win[(o->first + i) % WINDOW]; }

static void emit_oldest(order *o)
{
    if (o->status == 0)
        o->status = o->emit(o->ctx, &at(o, 0)->cmd);
    o->first = (o->first + 1u) % WINDOW;
    o->count--;
}

static void signal_to(lac_cmd *c, uint32_t engine)
{
    SET(c, ANY_SIGNAL, lac_get_field(c->w, LAC_F_ANY_SIGNAL) | 1u << engine);
}

/* Let command `c` of engine `b` wait until at least p commands of engine `a` have completed. */
static void wait_for(order *o, lac_cmd *c, uint32_t b, uint32_t a, uint32_t p)
{
    if (o->know[b][a] >= p)
        return;
    for (uint32_t i = 0; i < o->count; i++) {
        pending *v = at(o, i);
        if (v->engine == a && v->seq >= p) {
            signal_to(&v->cmd, b);
            SET(c, ANY_WAIT, lac_get_field(c->w, LAC_F_ANY_WAIT) | 1u << a);
            learn(o->know[b], v->know);
            return;
        }
    }
    o->status = LAC_E_SPACE; /* cannot happen, see the head of this file */
}

/* For a LOAD that needs STORE p: unless p itself is in the window, the oldest EXEC that knows of it, or 0. */
static uint32_t voucher(order *o, uint32_t p)
{
    uint32_t exec = 0;
    for (uint32_t i = 0; i < o->count; i++) {
        const pending *v = at(o, i);
        if (v->engine == STORE && v->seq == p)
            return 0;
        if (v->engine == EXEC && !exec && v->know[STORE] >= p)
            exec = v->seq;
    }
    return exec;
}

/* Append a command; need[a]: command of engine a that must have completed before it starts, 0 for none. */
static void push(order *o, uint32_t engine, lac_cmd *c, const uint32_t need[ENGINES])
{
    uint32_t want[ENGINES];

    memcpy(want, need, sizeof want);
    if (engine == LOAD && o->know[LOAD][STORE] < want[STORE])
        want[EXEC] = max_u32(want[EXEC], voucher(o, want[STORE]));
    for (uint32_t a = 0; a < ENGINES; a++)
        if (a != engine)
            wait_for(o, c, engine, a, want[a]);

    if (engine == STORE)
        memcpy(o->know[STORE], o->seq, sizeof o->seq);
    o->know[engine][engine] = ++o->seq[engine];
    if (engine == STORE)
        memcpy(o->stored[o->seq[STORE] % 2u], o->know[STORE], sizeof o->know[STORE]);

    if (o->count == WINDOW)
        emit_oldest(o);
    pending *v = at(o, o->count++);
    v->cmd = *c;
    v->engine = engine;
    v->seq = o->seq[engine];
    memcpy(v->know, o->know[engine], sizeof v->know);
}

/* ---- Areas ----------------------------------------------------------------------------------------- */

typedef struct {
    uint64_t id[2];     /* what stands in each half; whole: id[0]; 0: nothing */
    uint32_t loaded[2]; /* LOAD that brought it */
    uint32_t user[2];   /* last command that read it, of whichever engine reads this area */
    uint32_t last;      /* half used last */
    int      whole;
} area;

/* A place for `id`: a half, or WHOLE. *hit: it stands there already. */
static uint32_t pick(area *a, uint64_t id, int fits_half, int *hit)
{
    uint32_t h;

    if (!fits_half) {
        *hit = a->whole && a->id[0] == id;
        a->whole = 1;
        a->id[0] = id;
        a->id[1] = 0;
        return WHOLE;
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

static uint32_t area_user(const area *a, uint32_t h) { return h == WHOLE ? max_u32(a->user[0], a->user[1]) : a->user[h]; }
static uint32_t area_loaded(const area *a, uint32_t h) { return a->loaded[h & 1u]; }

static void set_user(area *a, uint32_t h, uint32_t seq)
{
    if (h == WHOLE)
        a->user[0] = a->user[1] = seq;
    else
        a->user[h] = seq;
}

/* ---- Plan of a job --------------------------------------------------------------------------------- */

static uint32_t type_bytes(lac_type t) { return t == LAC_RAW ? 8u : t == LAC_INT16 ? 2u : 1u; }

uint32_t lac_pitch(const lac_caps *caps, uint32_t channels, lac_type type, int list)
{
    const uint32_t bytes = list ? 64u + ceil_div(channels * 4u, caps->line) * caps->line
                                : ceil_div(channels * type_bytes(type), caps->line) * caps->line;
    return ceil_div(bytes, LAC_ALIGN) * LAC_ALIGN;
}

typedef struct {
    lac_place base;        /* streamed jobs: first free word, column, parameter */
    uint32_t  codebooks;   /* bit per copy that streamed jobs may use */
    uint32_t  feat_half;   /* [lines] 0: there is no second half */
    uint32_t  word_half, col_half, param_half;
} ram_map;

typedef struct {
    const void *image;
    uint32_t    es;            /* [bytes] element of x */
    uint32_t    row_tiles;
    uint32_t    batch;         /* [points] at most */
    uint32_t    batches;
    uint32_t    chunk;         /* [elements] of a point that are loaded together */
    uint32_t    head;          /* [elements] the first chunk of a job that the machine would wait for, so that EXEC begins early; else 0 */
    int         feat_fits_half;
    int         needed;        /* only columns whose feature is not zero are loaded */
    int         by_tile;       /* and features are loaded as the weight tiles need them, instead of in chunks */
} plan;

static int in_type(lac_type t, int32_t v)
{
    return t == LAC_INT8 ? (int8_t)v == v : t == LAC_UINT8 ? (uint8_t)v == v : (int16_t)v == v;
}

static lac_status check_tensor(const lac_tensor *t, const lac_caps *caps, uint32_t channels, uint32_t points, int output)
{
    if ((unsigned)t->type > LAC_RAW || (t->type == LAC_RAW && (!output || t->list || t->zero)))
        return LAC_E_ARG;
    if (!in_type(t->type, t->zero))
        return LAC_E_ARG;
    if (t->addr % LAC_ALIGN || (points > 1u && t->pitch % LAC_ALIGN))
        return LAC_E_ALIGN;
    if (points > 1u && (t->pitch < lac_pitch(caps, channels, t->type, t->list) || t->pitch >> 24))
        return LAC_E_ARG;
    return LAC_OK;
}

/* First byte behind what a tensor's commands may touch. */
static lac_addr tensor_end(const lac_caps *caps, const lac_tensor *t, uint32_t channels, uint32_t points)
{
    return t->addr + (uint64_t)(points - 1u) * t->pitch + lac_pitch(caps, channels, t->type, t->list);
}

/* Whether what job `w` writes and what job `r` reads have bytes in common. */
static int overlap(const lac_caps *caps, const lac_fc *w, const lac_fc *r)
{
    return w->y.addr < tensor_end(caps, &r->x, r->layer->cols, r->points)
        && r->x.addr < tensor_end(caps, &w->y, w->layer->rows, w->points);
}

static lac_status check_machine(const lac_caps *caps, const lac_layer *layer)
{
    if (!layer || !layer->image || lac_dir(layer->image, LAC_DIR_W_MAGIC) != LAC_DIR_MAGIC
        || lac_dir(layer->image, LAC_DIR_W_LANES) != caps->lanes || lac_dir(layer->image, LAC_DIR_W_LINE) != caps->line
        || lac_dir(layer->image, LAC_DIR_W_STORE_W) != caps->store_w || !(caps->formats >> layer->format & 1u)
        || (layer->by_column && !(caps->formats & LAC_HAS_COLUMNS)))
        return LAC_E_ARG;
    return layer->addr % LAC_ALIGN ? LAC_E_ALIGN : LAC_OK;
}

/* Whether the layer can stand at `at`. */
static lac_status check_place(const lac_caps *caps, const lac_layer *layer, const lac_place *at)
{
    TRY(check_machine(caps, layer));
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

static lac_status plan_job(const lac_caps *caps, const ram_map *ram, const lac_fc *job, plan *p)
{
    const uint32_t half = ram->feat_half ? ram->feat_half : caps->feat_depth;
    const uint32_t unit = LAC_ALIGN / caps->line; /* [lines] chunks begin at a multiple: LOAD's address is aligned */
    const lac_layer *layer = job->layer;
    const int stays = job->resident || layer->tiles == 1u; /* the weights are loaded once */
    uint32_t align, most_rows, point, by_acc, chunk, part;

    p->image = layer->image;
    p->es = type_bytes(job->x.type);
    p->row_tiles = lac_dir(p->image, LAC_DIR_W_ROW_TILES);
    align = lac_dir(p->image, LAC_DIR_W_ALIGN);
    if (p->row_tiles > 1u && (job->y.list || align * type_bytes(job->y.type) % LAC_ALIGN))
        return LAC_E_SPACE;

    lac_row_tile first;
    lac_get_row_tile(p->image, 0, &first); /* none has more channels than the first */
    most_rows = ceil_div(first.channels, caps->lanes);
    if (most_rows > caps->acc_depth)
        return LAC_E_SPACE;
    by_acc = min_u32(job->points, caps->acc_depth / most_rows);
    point = ceil_div(layer->cols * p->es, caps->line);

    /* Weights that are streamed again for every batch: rather load the features in chunks than make batches small. */
    p->feat_fits_half = 1;
    chunk = point;
    p->batch = by_acc;
    if (job->x.list) {
        p->feat_fits_half = point <= half && ram->feat_half != 0u;
        if (point > caps->feat_depth)
            return LAC_E_SPACE;
        p->batch = min_u32(by_acc, (p->feat_fits_half ? half : caps->feat_depth) / point);
    } else {
        part = stays ? half / unit * unit : max_u32(half / by_acc / unit, 1u) * unit;
        if (point > half || (!stays && part < point && part * by_acc <= half))
            chunk = part;
        if (chunk == 0u || chunk > half)
            return LAC_E_SPACE;
        p->feat_fits_half = ram->feat_half != 0u;
        p->batch = min_u32(by_acc, half / chunk);
    }
    /* Weights that stay: a few batches even when one would do, so that the engines overlap. */
    if (stays)
        p->batch = min_u32(p->batch, max_u32(8u, ceil_div(job->points, 4u)));

    p->batches = ceil_div(job->points, p->batch);
    p->chunk = chunk == point ? layer->cols : chunk * caps->line / p->es;
    p->head = 0;
    p->needed = layer->by_column && !job->resident && job->points == 1u;
    p->by_tile = p->needed && chunk != point;

    for (uint32_t i = 0; !job->resident && i < layer->tiles; i++) {
        lac_tile t;
        lac_get_tile(p->image, i, &t);
        if (p->by_tile && ceil_div((t.col0 % LAC_ALIGN + t.columns) * p->es, caps->line) > half)
            p->needed = p->by_tile = 0;
        if (ram->base.word_base >= caps->weight_depth || t.words > caps->weight_depth - ram->base.word_base
            || t.columns > caps->col_depth - ram->base.col_base)
            return LAC_E_SPACE;
    }
    if (!job->resident && first.channels > caps->param_depth - ram->base.param_base)
        return LAC_E_SPACE;
    if (!job->resident && layer->format == LAC_CSC && !ram->codebooks)
        return LAC_E_SPACE;
    return LAC_OK;
}

static lac_status check_job(const lac_caps *caps, const lac_fc *job)
{
    const lac_layer *layer = job->layer;
    const lac_type t = job->y.type;

    TRY(check_machine(caps, layer));
    if (job->resident)
        TRY(check_place(caps, layer, job->resident));
    if (job->points < 1u || job->points > 65535u)
        return LAC_E_ARG;
    TRY(check_tensor(&job->x, caps, layer->cols, job->points, 0));
    TRY(check_tensor(&job->y, caps, layer->rows, job->points, 1));
    if (t == LAC_RAW ? job->clamp_lo || job->clamp_hi : !in_type(t, job->clamp_lo) || !in_type(t, job->clamp_hi) || job->clamp_lo > job->clamp_hi)
        return LAC_E_ARG;
    return overlap(caps, job, job) ? LAC_E_ARG : LAC_OK;
}

/* ---- Commands -------------------------------------------------------------------------------------- */

static void begin(lac_cmd *c, uint32_t op, uint32_t tag)
{
    memset(c, 0, sizeof *c);
    c->w[0] = op; /* OP and KIND are its low byte */
    SET(c, ANY_TAG, tag);
}

/* All commands with an address have it in the same words. */
static void set_addr(lac_cmd *c, lac_addr a)
{
    SET(c, LOAD_WEIGHTS_ADDR_LO, a);
    SET(c, LOAD_WEIGHTS_ADDR_HI, a >> 32);
}

/* Both loads of weights have address, length and bases in the same places. */
static void cmd_weights(lac_cmd *c, const lac_layer *layer, const lac_row_tile *r, const lac_tile *t, uint32_t word_base, uint32_t col_base,
                        uint32_t tag)
{
    begin(c, layer->by_column ? LAC_OP_LOAD_COLUMNS : LAC_OP_LOAD_WEIGHTS, tag);
    set_addr(c, layer->addr + t->offset);
    SET(c, LOAD_WEIGHTS_LINES, t->lines);
    SET(c, LOAD_WEIGHTS_WORD_BASE, word_base);
    SET(c, LOAD_WEIGHTS_COL_BASE, col_base);
    if (layer->by_column) {
        SET(c, LOAD_COLUMNS_FORMAT, layer->format);
        SET(c, LOAD_COLUMNS_COLUMNS, t->columns);
        SET(c, LOAD_COLUMNS_LANES, min_u32(r->channels, lac_dir(layer->image, LAC_DIR_W_LANES)) - 1u);
    }
}

static void cmd_codebook(lac_cmd *c, const lac_layer *layer, uint32_t copy, uint32_t tag)
{
    begin(c, LAC_OP_LOAD_CODEBOOK, tag);
    set_addr(c, layer->addr + lac_dir(layer->image, LAC_DIR_W_CODEBOOK));
    SET(c, LOAD_CODEBOOK_COPY, copy);
}

static void cmd_params(lac_cmd *c, const lac_layer *layer, const lac_row_tile *r, uint32_t param_base, uint32_t tag)
{
    begin(c, LAC_OP_LOAD_PARAMS, tag);
    set_addr(c, layer->addr + r->params);
    SET(c, LOAD_PARAMS_CHANNELS, r->channels);
    SET(c, LOAD_PARAMS_PARAM_BASE, param_base);
}

/* ---- Program --------------------------------------------------------------------------------------- */

typedef struct {
    order       o;
    const lac_caps *caps;
    ram_map     ram;
    area        weights, features, params, codebook;

    /* the job in work */
    const lac_fc *job;
    plan          p;
    uint32_t      number;  /* of the job */
    uint32_t      wrote_x; /* the STORE that wrote x; 0: none in this program */

    /* the group in work */
    uint32_t batch, point0, points;
    uint32_t param_half;   /* where its parameters stand */
    uint32_t param_base;
    int      params_due;

    /* the step in work */
    uint32_t chunk0, chunk_n; /* [elements] the features that are loaded together */
    uint32_t fh, wh, ch;      /* halves: features, weights, codebook */
    uint32_t line0;           /* where the features of its first column stand */
    uint32_t col_base;        /* where its weight tile's column 0 stands */
    uint32_t copy;            /* of the codebook */
    uint32_t need;            /* the newest of the LOADs it needs */
} program;

/* Push a LOAD to half `h` of an area, behind what read it last: `exec` and `store`, 0 for none. */
static void load(program *g, area *a, uint32_t h, lac_cmd *c, uint32_t exec, uint32_t store)
{
    const uint32_t need[ENGINES] = {0, exec, store};
    push(&g->o, LOAD, c, need);
    a->loaded[h & 1u] = g->o.seq[LOAD];
}

/* The chunk in which column c0 lies [elements]: p->chunk each, or, where EXEC shall begin early, p->head and from then on four times as many
 * each: while one is computed the next arrives, as long as a line takes four cycles or more to compute. */
static void find_chunk(const plan *p, uint32_t c0, uint32_t *start, uint32_t *end)
{
    uint32_t n = p->head ? p->head : p->chunk;

    for (*start = 0; (*end = *start + n) <= c0; *start = *end)
        n = p->head ? 4u * n : n;
}

/* The step whose first column is c0 needs its features: where are they? Load them if nowhere. */
static void bring_features(program *g, uint32_t c0)
{
    const lac_fc *job = g->job;
    const uint64_t batch = g->p.by_tile ? g->chunk_n : g->batch; /* by tile there is one batch, and chunks are not disjoint */
    lac_cmd c;
    int hit;

    /* Chunks are numbered through over the program: jobs below 2^32, batches and columns below 2^16. */
    g->fh = pick(&g->features, (uint64_t)(g->number + 1u) << 32 | batch << 16 | g->chunk0, g->p.feat_fits_half, &hit);
    const uint32_t base = g->fh == 1u ? g->ram.feat_half : 0u;
    g->line0 = base + (c0 - g->chunk0) * g->p.es / g->caps->line;
    if (!hit) {
        begin(&c, LAC_OP_LOAD_FEATURES, job->tag);
        set_addr(&c, job->x.addr + (uint64_t)g->point0 * job->x.pitch + g->chunk0 * g->p.es);
        SET(&c, LOAD_FEATURES_PITCH, job->points > 1u ? job->x.pitch : 0u);
        SET(&c, LOAD_FEATURES_POINTS, g->points);
        SET(&c, LOAD_FEATURES_CHANNELS, g->chunk_n);
        SET(&c, LOAD_FEATURES_FEAT_BASE, base);
        SET(&c, LOAD_FEATURES_TYPE, job->x.type);
        SET(&c, LOAD_FEATURES_LIST, job->x.list != 0);
        SET(&c, LOAD_FEATURES_ZERO, job->x.zero);
        load(g, &g->features, g->fh, &c, area_user(&g->features, g->fh), g->wrote_x);
    }
    g->need = max_u32(g->need, area_loaded(&g->features, g->fh));
}

/* The same for the codebook of a streamed job. */
static void bring_codebook(program *g)
{
    const lac_layer *layer = g->job->layer;
    lac_cmd c;
    int hit;

    g->ch = pick(&g->codebook, layer->addr + lac_dir(layer->image, LAC_DIR_W_CODEBOOK), g->ram.codebooks == 3u, &hit);
    g->copy = g->ch == WHOLE ? g->ram.codebooks >> 1 : g->ch; /* WHOLE: the one copy there is */
    if (!hit) {
        cmd_codebook(&c, layer, g->copy, g->job->tag);
        load(g, &g->codebook, g->ch, &c, area_user(&g->codebook, g->ch), 0);
    }
    g->need = max_u32(g->need, area_loaded(&g->codebook, g->ch));
}

/* The same for its weight tile t. */
static void bring_weights(program *g, const lac_row_tile *r, const lac_tile *t)
{
    const lac_fc *job = g->job;
    const lac_layer *layer = job->layer;
    lac_cmd c;
    int hit;

    g->wh = pick(&g->weights, layer->addr + t->offset, t->words <= g->ram.word_half && t->columns <= g->ram.col_half, &hit);
    const uint32_t h = g->wh & 1u;
    g->col_base = g->ram.base.col_base + h * g->ram.col_half;
    if (!hit) {
        cmd_weights(&c, layer, r, t, g->ram.base.word_base + h * g->ram.word_half, g->col_base, job->tag);
        if (g->p.needed) {
            SET(&c, LOAD_COLUMNS_NEEDED, 1);
            SET(&c, LOAD_COLUMNS_WIDE, job->x.type == LAC_INT16);
            SET(&c, LOAD_COLUMNS_FEAT_BASE, g->line0); /* of the tile: no chunk begins inside it */
            g->weights.id[h] = 0; /* of no use to other features */
        }
        load(g, &g->weights, g->wh, &c, area_user(&g->weights, g->wh), 0);
    }
    g->need = max_u32(g->need, area_loaded(&g->weights, g->wh));
}

/* One step: columns [c0, c1) [elements], inside weight tile t and one chunk. */
static void step(program *g, const lac_row_tile *r, const lac_tile *t, uint32_t c0, uint32_t c1)
{
    const lac_fc *job = g->job;
    const lac_layer *layer = job->layer;
    const lac_caps *caps = g->caps;
    const uint32_t group = g->o.seq[STORE], rows = ceil_div(r->channels, caps->lanes);
    const uint32_t shrink = layer->format == LAC_NM ? 4u : 1u; /* elements to a column */
    const int first = c0 == 0u, last = c1 == layer->cols;
    int hit;
    lac_cmd c;

    find_chunk(&g->p, c0, &g->chunk0, &g->chunk_n);
    if (g->p.by_tile)
        g->chunk0 = c0 / LAC_ALIGN * LAC_ALIGN;
    g->chunk_n = (g->p.by_tile ? c1 : min_u32(g->chunk_n, layer->cols)) - g->chunk0;
    g->need = 0;

    /* Features last, for they may have to wait for an earlier job; but before the weights that they choose. */
    if (!job->resident && layer->format == LAC_CSC)
        bring_codebook(g);
    if (g->p.needed)
        bring_features(g, c0);
    if (job->resident) {
        g->copy = job->resident->codebook;
        g->col_base = job->resident->col_base + t->col_pos;
    } else
        bring_weights(g, r, t);
    if (!g->p.needed)
        bring_features(g, c0);

    if (first && !job->resident) {
        g->param_half = pick(&g->params, layer->addr + r->params, r->channels <= g->ram.param_half, &hit);
        g->param_base = g->ram.base.param_base + (g->param_half == 1u ? g->ram.param_half : 0u);
        g->params_due = !hit;
    }
    if (g->params_due) {
        const uint32_t user = area_user(&g->params, g->param_half);
        /* Not between needed columns, which everything waits for, where that can be helped. */
        if (last || user == group || (!g->p.needed && user <= g->o.know[LOAD][STORE])) {
            g->params_due = 0;
            cmd_params(&c, layer, r, g->param_base, job->tag);
            load(g, &g->params, g->param_half, &c, 0, user);
        }
    }

    begin(&c, LAC_OP_EXEC, job->tag);
    if (first && group >= 2u) { /* the bank's token, see STORE */
        SET(&c, ANY_WAIT, 1u << STORE);
        learn(g->o.know[EXEC], g->o.stored[(group - 1u) % 2u]);
    }
    SET(&c, EXEC_FEAT_BASE, g->line0);
    SET(&c, EXEC_FEAT_PITCH, ceil_div(g->chunk_n * g->p.es, caps->line));
    SET(&c, EXEC_POINTS, g->points);
    SET(&c, EXEC_COLUMNS, ceil_div(c1 - c0, shrink));
    SET(&c, EXEC_COL_BASE, g->col_base + (c0 - t->col0) / shrink);
    SET(&c, EXEC_ROWS, rows);
    SET(&c, EXEC_BANK, group & 1u);
    SET(&c, EXEC_FORMAT, layer->format);
    SET(&c, EXEC_N, layer->n);
    SET(&c, EXEC_COPY, g->copy);
    SET(&c, EXEC_TYPE, job->x.type);
    SET(&c, EXEC_ZERO, job->x.zero);
    const uint32_t need[ENGINES] = {g->need, 0, 0};
    push(&g->o, EXEC, &c, need);
    set_user(&g->features, g->fh, g->o.seq[EXEC]);
    if (!job->resident) {
        set_user(&g->weights, g->wh, g->o.seq[EXEC]);
        if (layer->format == LAC_CSC)
            set_user(&g->codebook, g->ch, g->o.seq[EXEC]);
    }
}

static void group(program *g, const lac_row_tile *r, int last_of_job)
{
    static const uint32_t nothing[ENGINES] = {0, 0, 0};
    const lac_fc *job = g->job;
    const lac_layer *layer = job->layer;
    const uint32_t number = g->o.seq[STORE];
    uint32_t tile = r->tile0, c0 = 0;
    lac_cmd c;

    g->params_due = 0;
    while (c0 < layer->cols) {
        lac_tile t;
        lac_get_tile(layer->image, tile, &t);
        const uint32_t tile_end = t.col0 + t.columns * (layer->format == LAC_NM ? 4u : 1u);
        uint32_t start, end;
        find_chunk(&g->p, c0, &start, &end);
        const uint32_t c1 = min_u32(min_u32(tile_end, g->p.by_tile ? tile_end : end), layer->cols);
        step(g, r, &t, c0, c1);
        if (c1 == tile_end)
            tile++;
        c0 = c1;
    }

    begin(&c, LAC_OP_STORE, job->tag);
    if (number + 2u < g->o.groups)
        signal_to(&c, EXEC); /* the bank's token */
    SET(&c, ANY_MARK, last_of_job && job->mark);
    set_addr(&c, job->y.addr + (uint64_t)g->point0 * job->y.pitch + r->chan0 * type_bytes(job->y.type));
    SET(&c, STORE_PITCH, job->points > 1u ? job->y.pitch : 0u);
    SET(&c, STORE_POINTS, g->points);
    SET(&c, STORE_CHANNELS, r->channels);
    SET(&c, STORE_ROWS, ceil_div(r->channels, g->caps->lanes));
    SET(&c, STORE_PARAM_BASE, job->resident ? job->resident->param_base + r->param_pos : g->param_base);
    SET(&c, STORE_BANK, number & 1u);
    SET(&c, STORE_TYPE, job->y.type);
    SET(&c, STORE_LIST, job->y.list != 0);
    SET(&c, STORE_ZERO, job->y.zero);
    SET(&c, STORE_CLAMP_LO, job->clamp_lo);
    SET(&c, STORE_CLAMP_HI, job->clamp_hi);
    push(&g->o, STORE, &c, nothing);
    if (!job->resident)
        set_user(&g->params, g->param_half, g->o.seq[STORE]);
}

/* The newest STORE among those that wrote the x of jobs[j], if LOAD may not yet know of it; else 0. */
static uint32_t find_writer(program *g, const lac_fc *jobs, uint32_t j)
{
    uint32_t store = g->o.seq[STORE]; /* last one of job i */

    for (uint32_t i = j; i-- > 0u && store > g->o.know[LOAD][STORE];) {
        plan p;
        if (overlap(g->caps, &jobs[i], &jobs[j]))
            return store;
        if (plan_job(g->caps, &g->ram, &jobs[i], &p) != LAC_OK)
            return store; /* cannot happen: it was planned before */
        store -= p.batches * p.row_tiles;
    }
    return 0;
}

/* What the resident layers of a program leave to the streamed ones. */
static void map_rams(const lac_caps *caps, const lac_fc *jobs, uint32_t n, ram_map *m)
{
    uint32_t taken = 0;

    memset(m, 0, sizeof *m);
    for (uint32_t i = 0; i < n; i++) {
        const lac_place *at = jobs[i].resident;
        if (!at)
            continue;
        m->base.word_base = max_u32(m->base.word_base, at->word_base + jobs[i].layer->resident_words);
        m->base.col_base = max_u32(m->base.col_base, at->col_base + jobs[i].layer->resident_cols);
        m->base.param_base = max_u32(m->base.param_base, at->param_base + jobs[i].layer->resident_params);
        if (jobs[i].layer->format == LAC_CSC)
            taken |= 1u << at->codebook;
    }
    m->codebooks = 3u & ~taken;
    m->feat_half = caps->feat_depth / 2u / 32u * 32u;
    m->word_half = (caps->weight_depth - min_u32(caps->weight_depth, m->base.word_base)) / 2u;
    m->col_half = (caps->col_depth - m->base.col_base) / 2u;
    m->param_half = (caps->param_depth - m->base.param_base) / 2u / caps->store_w * caps->store_w;
}

lac_status lac_fc_build(const lac_caps *caps, const lac_fc *jobs, uint32_t n, lac_emit emit, void *ctx)
{
    program g;

    if (!caps || (n && !jobs) || !emit)
        return LAC_E_ARG;
    memset(&g, 0, sizeof g);
    g.caps = caps;
    g.o.emit = emit;
    g.o.ctx = ctx;

    for (uint32_t i = 0; i < n; i++)
        TRY(check_job(caps, &jobs[i]));
    map_rams(caps, jobs, n, &g.ram);
    for (uint32_t i = 0; i < n; i++) {
        TRY(plan_job(caps, &g.ram, &jobs[i], &g.p));
        g.o.groups += g.p.batches * g.p.row_tiles;
    }

    for (uint32_t i = 0; i < n; i++) {
        g.job = &jobs[i];
        g.number = i;
        TRY(plan_job(caps, &g.ram, g.job, &g.p));
        g.wrote_x = find_writer(&g, jobs, i);
        if (g.job->resident && g.job->points == 1u && !g.job->x.list && g.ram.feat_half && g.p.chunk == g.job->layer->cols && (i == 0u || g.wrote_x))
            g.p.head = HEAD_LINES * caps->line / g.p.es;
        if (g.p.chunk <= 2u * g.p.head)
            g.p.head = 0;
        for (g.batch = 0; g.batch < g.p.batches; g.batch++) {
            g.point0 = g.batch * g.p.batch;
            g.points = min_u32(g.p.batch, g.job->points - g.point0);
            for (uint32_t t = 0; t < g.p.row_tiles; t++) {
                lac_row_tile rt;
                lac_get_row_tile(g.p.image, t, &rt);
                group(&g, &rt, g.batch + 1u == g.p.batches && t + 1u == g.p.row_tiles);
                if (g.o.status)
                    return (lac_status)g.o.status;
            }
        }
    }
    while (g.o.count)
        emit_oldest(&g.o);
    return (lac_status)g.o.status;
}

/* ---- Resident layers ------------------------------------------------------------------------------- */

lac_status lac_fc_place(const lac_caps *caps, const lac_layer *layer, lac_place *at, lac_place *place)
{
    lac_place here;

    if (!caps || !at || !place)
        return LAC_E_ARG;
    here = *at;
    if (layer && layer->format != LAC_CSC)
        here.codebook = 0; /* any */
    TRY(check_place(caps, layer, &here));
    *place = here;
    at->word_base += layer->resident_words;
    at->col_base += layer->resident_cols;
    at->param_base += layer->resident_params;
    at->codebook += layer->format == LAC_CSC;
    return LAC_OK;
}

lac_status lac_fc_load(const lac_caps *caps, const lac_layer *layer, const lac_place *at, lac_emit emit, void *ctx)
{
    uint32_t row_tiles;
    lac_cmd c;
    int r;

    if (!caps || !at || !emit)
        return LAC_E_ARG;
    TRY(check_place(caps, layer, at));

    row_tiles = lac_dir(layer->image, LAC_DIR_W_ROW_TILES);
    if (layer->format == LAC_CSC) {
        cmd_codebook(&c, layer, at->codebook, 0);
        if ((r = emit(ctx, &c)) != 0)
            return (lac_status)r;
    }
    for (uint32_t i = 0; i < row_tiles; i++) {
        lac_row_tile rt;
        lac_get_row_tile(layer->image, i, &rt);
        for (uint32_t k = rt.tile0; k < rt.tile0 + rt.tiles; k++) {
            lac_tile t;
            lac_get_tile(layer->image, k, &t);
            /* an empty tile must not begin behind the RAM */
            cmd_weights(&c, layer, &rt, &t, at->word_base + (t.words ? t.word_pos : 0u), at->col_base + t.col_pos, 0);
            if ((r = emit(ctx, &c)) != 0)
                return (lac_status)r;
        }
        cmd_params(&c, layer, &rt, at->param_base + rt.param_pos, 0);
        if ((r = emit(ctx, &c)) != 0)
            return (lac_status)r;
    }
    return LAC_OK;
}

void lac_layer_read(const void *header, lac_layer *out)
{
    uint32_t h[LAC_DIR_WORDS];

    get_words(header, 0, h, LAC_DIR_WORDS);
    memset(out, 0, sizeof *out);
    out->bytes = h[LAC_DIR_W_BYTES];
    out->dir_bytes = h[LAC_DIR_W_DIR_BYTES];
    out->rows = h[LAC_DIR_W_ROWS];
    out->cols = h[LAC_DIR_W_COLS];
    out->format = (lac_format)h[LAC_DIR_W_FORMAT];
    out->n = h[LAC_DIR_W_N];
    out->tiles = h[LAC_DIR_W_TILES];
    out->by_column = h[LAC_DIR_W_BY_COLUMN];
    out->resident_words = h[LAC_DIR_W_RES_WORDS];
    out->resident_cols = h[LAC_DIR_W_RES_COLS];
    out->resident_params = h[LAC_DIR_W_RES_PARAMS];
    out->entries = h[LAC_DIR_W_ENTRIES] | (uint64_t)h[LAC_DIR_W_ENTRIES_HI] << 32;
    out->padding = h[LAC_DIR_W_PADDING] | (uint64_t)h[LAC_DIR_W_PADDING_HI] << 32;
    out->nonzeros = h[LAC_DIR_W_NONZEROS] | (uint64_t)h[LAC_DIR_W_NONZEROS_HI] << 32;
}

/* Whether [at, at + n) is an aligned piece behind the directory. */
static int inside(const lac_layer *l, uint32_t at, uint32_t n)
{
    return at >= l->dir_bytes && at % LAC_ALIGN == 0u && at <= l->bytes && n <= l->bytes - at;
}

/* The directory must be consistent in itself, so that nothing that is read from it can lead outside the image. */
lac_status lac_layer_open(const void *image, uint32_t bytes, lac_layer *out)
{
    uint32_t h[LAC_DIR_WORDS], words = 0, cols = 0, params = 0, chan = 0, next = 0, most = 0;
    lac_layer l;

    if (!image || !out)
        return LAC_E_ARG;
    if (bytes < LAC_DIR_HEADER)
        return LAC_E_FORMAT;
    get_words(image, 0, h, LAC_DIR_WORDS);
    lac_layer_read(image, &l);
    l.image = image;

    const uint32_t lanes = h[LAC_DIR_W_LANES], line = h[LAC_DIR_W_LINE], store_w = h[LAC_DIR_W_STORE_W], align = h[LAC_DIR_W_ALIGN];
    const uint32_t row_tiles = h[LAC_DIR_W_ROW_TILES], codebook = h[LAC_DIR_W_CODEBOOK], shrink = l.format == LAC_NM ? 4u : 1u;

    /* At most 65535 tiles: no sum below leaves 32 bits. */
    if (h[LAC_DIR_W_MAGIC] != LAC_DIR_MAGIC || l.dir_bytes > bytes || l.dir_bytes > l.bytes || (l.dir_bytes | l.bytes) % LAC_ALIGN
        || row_tiles < 1u || row_tiles > 65535u || l.tiles > 65535u
        || LAC_DIR_HEADER + LAC_DIR_RECORD * (row_tiles + l.tiles) > l.dir_bytes)
        return LAC_E_FORMAT;
    if (l.rows < 1u || l.rows > 65535u || l.cols < 1u || l.cols > 65535u || (uint32_t)l.format > LAC_NM
        || (l.format == LAC_NM ? l.n < 1u || l.n > 4u : l.n != 0u) || lanes < 4u || lanes > 256u || line < 8u || line > 64u
        || (line & (line - 1u)) || store_w < 1u || store_w > lanes || (align != 64u && align != 32u && align != 8u)
        || l.by_column > (l.format != LAC_NM) || (l.format == LAC_CSC ? !inside(&l, codebook, LAC_ALIGN) : codebook != 0u))
        return LAC_E_FORMAT;

    for (uint32_t i = 0; i < row_tiles; i++) {
        lac_row_tile r;
        uint32_t col = 0;
        lac_get_row_tile(image, i, &r);
        if (i == 0u)
            most = r.channels; /* the plans of lac_fc_build() look at the first row tile only */
        if (r.chan0 != chan || r.channels < 1u || r.channels > l.rows - chan || r.channels > most || chan % align || r.tile0 != next
            || r.tiles < 1u || r.tiles > l.tiles - next || r.param_pos != params || !inside(&l, r.params, r.channels * 16u))
            return LAC_E_FORMAT;
        chan += r.channels;
        params += ceil_div(r.channels, store_w) * store_w;
        for (; next < r.tile0 + r.tiles; next++) {
            lac_tile t;
            lac_get_tile(image, next, &t);
            if (t.col0 != col || col >= l.cols || col % line || t.columns < 1u || t.columns > ceil_div(l.cols - col, shrink)
                || t.words > 65535u || t.word_pos != words || t.col_pos != cols || t.lines < 1u || t.lines >> 24
                || !inside(&l, t.offset, t.lines * line))
                return LAC_E_FORMAT;
            col += t.columns * shrink;
            words += t.words;
            cols += t.columns;
        }
        if (col < l.cols)
            return LAC_E_FORMAT;
    }
    if (chan != l.rows || next != l.tiles
        || (l.resident_cols && (l.resident_words != words || l.resident_cols != cols || l.resident_params != params)))
        return LAC_E_FORMAT;
    *out = l;
    return LAC_OK;
}

/* ---- Running --------------------------------------------------------------------------------------- */

typedef struct {
    lac_dev *dev;
    uint32_t room, limit;
} feeder;

/* Fill the ring; ring the bell only when it is full, so that a program that fits runs in one go. */
static int feed(void *ctx, const lac_cmd *cmd)
{
    feeder *f = (feeder *)ctx;

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

static lac_status begin_feed(feeder *f, lac_dev *dev, uint32_t limit)
{
    f->dev = dev;
    f->limit = limit;
    return lac_room(dev, &f->room);
}

static lac_status end_feed(feeder *f, lac_status s)
{
    if (s != LAC_OK)
        return s;
    TRY(lac_ring(f->dev));
    return lac_wait(f->dev, f->limit);
}

lac_status lac_fc_run(lac_dev *dev, const lac_fc *jobs, uint32_t n, uint32_t limit)
{
    feeder f;
    TRY(begin_feed(&f, dev, limit));
    return end_feed(&f, lac_fc_build(&dev->caps, jobs, n, feed, &f));
}

lac_status lac_fc_place_load(lac_dev *dev, const lac_layer *layer, const lac_place *at, uint32_t limit)
{
    feeder f;
    TRY(begin_feed(&f, dev, limit));
    return end_feed(&f, lac_fc_load(&dev->caps, layer, at, feed, &f));
}
