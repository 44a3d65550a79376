/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_fc.c - fully connected layers: which points, which tile and which piece of a point when; resident layers; images opened
 *
 * Plan. The points of a job are cut into batches that fit an accumulator bank and the feature RAM. A group (lac_plan.h) is one batch and one row
 * tile: it accumulates over all columns. Its steps are the ranges of columns in which neither the weight tile nor the loaded chunk of
 * the features changes.
 *
 * Column blocks. For a streamed job of one point only the columns are loaded whose feature is not zero. LOAD_COLUMNS reads the flags
 * of the features, so these stand before it, in LOAD's own order, and all features of a tile are on chip at once: where a point does
 * not fit a half of the feature RAM, they come tile by tile. What one point chose is of no use to another, so it is never found in
 * its area again. */
#include "lac_plan.h"

#define HEAD_LINES 8u /* after which EXEC begins, of a point for which the machine would wait; 64 bytes or more */

/* ---- Plan of a job --------------------------------------------------------------------------------- */

typedef struct {
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

/* What job `f` reads, and what it writes. */
static lac_span in_span(const lac_caps *caps, const lac_fc *f) { return lac_tensor_span(caps, &f->x, f->layer->cols, f->points); }
static lac_span out_span(const lac_caps *caps, const lac_fc *f) { return lac_tensor_span(caps, &f->y, f->layer->rows, f->points); }

static lac_status plan_job(const lac_caps *caps, const lac_ram_map *ram, const lac_fc *job, plan *p)
{
    const uint32_t half = ram->feat_half ? ram->feat_half : caps->feat_depth;
    const uint32_t unit = LAC_ALIGN / caps->line; /* [lines] chunks begin at a multiple: LOAD's address is aligned */
    const lac_layer *layer = job->layer;
    const int stays = job->resident || layer->tiles == 1u; /* the weights are loaded once */
    uint32_t most_rows, point, by_acc, chunk, part;

    TRY(lac_check_row_tiles(caps, layer, &job->y, &p->row_tiles, &most_rows));
    p->es = lac_type_bytes(job->x.type);
    by_acc = lac_min(job->points, caps->acc_depth / most_rows);
    point = lac_ceil_div(layer->cols * p->es, caps->line);

    /* Weights that are streamed again for every batch: rather load the features in chunks than make batches small. */
    p->feat_fits_half = 1;
    chunk = point;
    p->batch = by_acc;
    if (job->x.list) {
        p->feat_fits_half = point <= half && ram->feat_half != 0u;
        if (point > caps->feat_depth)
            return LAC_E_SPACE;
        p->batch = lac_min(by_acc, (p->feat_fits_half ? half : caps->feat_depth) / point);
    } else {
        part = stays ? half / unit * unit : lac_max(half / by_acc / unit, 1u) * unit;
        if (point > half || (!stays && part < point && part * by_acc <= half))
            chunk = part;
        if (chunk == 0u || chunk > half)
            return LAC_E_SPACE;
        p->feat_fits_half = ram->feat_half != 0u;
        p->batch = lac_min(by_acc, half / chunk);
    }
    /* Weights that stay: a few batches even when one would do, so that the engines overlap. */
    if (stays)
        p->batch = lac_min(p->batch, lac_max(8u, lac_ceil_div(job->points, 4u)));

    p->batches = lac_ceil_div(job->points, p->batch);
    p->chunk = chunk == point ? layer->cols : chunk * caps->line / p->es;
    p->head = 0;
    p->needed = layer->by_column && !job->resident && job->points == 1u;
    p->by_tile = p->needed && chunk != point;

    for (uint32_t i = 0; p->by_tile && i < layer->tiles; i++) {
        lac_tile t;
        lac_get_tile(layer->image, i, &t);
        if (lac_ceil_div((t.col0 % LAC_ALIGN + t.columns) * p->es, caps->line) > half)
            p->needed = p->by_tile = 0;
    }
    return job->resident ? LAC_OK : lac_check_stream(caps, ram, layer);
}

static lac_status check_job(const lac_caps *caps, const lac_fc *job)
{
    const lac_layer *layer = job->layer;

    TRY(lac_check_machine(caps, layer));
    if (job->resident)
        TRY(lac_check_place(caps, layer, job->resident));
    if (layer->taps || job->points < 1u || job->points > 65535u)
        return LAC_E_ARG;
    TRY(lac_check_tensor(&job->x, caps, layer->cols, job->points, 0));
    TRY(lac_check_tensor(&job->y, caps, layer->rows, job->points, 1));
    TRY(lac_check_clamp(&job->y, job->clamp_lo, job->clamp_hi));
    const lac_span in = in_span(caps, job), out = out_span(caps, job);
    return lac_overlap(&in, &out) ? LAC_E_ARG : LAC_OK;
}

/* ---- Program --------------------------------------------------------------------------------------- */

typedef struct {
    /* the job in work */
    const lac_fc *job;
    plan          p;

    /* the group in work */
    uint32_t batch, point0, points;

    /* the step in work */
    uint32_t chunk0, chunk_n; /* [elements] the features that are loaded together */

    lac_program g; /* last, see there */
} program;

/* The chunk in which column c0 lies [elements]: p->chunk each, or, where EXEC shall begin early, p->head and from then on four times as many
 * each: while one is computed the next arrives, as long as a line takes four cycles or more to compute. */
static void find_chunk(const plan *p, uint32_t c0, uint32_t *start, uint32_t *end)
{
    uint32_t n = p->head ? p->head : p->chunk;

    for (*start = 0; (*end = *start + n) <= c0; *start = *end)
        n = p->head ? 4u * n : n;
}

/* The step whose first column is c0 needs its features. */
static void bring_features(program *f, uint32_t c0)
{
    const lac_fc *job = f->job;
    const uint64_t batch = f->p.by_tile ? f->chunk_n : f->batch; /* by tile there is one batch, and chunks are not disjoint */
    lac_piece piece;

    piece.id = (batch + 1u) << 16 | f->chunk0; /* columns below 2^16 */
    piece.offset = (uint64_t)f->point0 * job->x.pitch + f->chunk0 * f->p.es;
    piece.pitch = job->points > 1u ? job->x.pitch : 0u;
    piece.points = f->points;
    piece.channels = f->chunk_n;
    piece.fits_half = f->p.feat_fits_half;
    lac_bring_features(&f->g, &piece, c0 - f->chunk0);
}

/* One step: columns [c0, c1) [elements], inside weight tile t and one chunk. */
static void step(program *f, const lac_row_tile *r, const lac_tile *t, uint32_t c0, uint32_t c1)
{
    const uint32_t cols = f->job->layer->cols;
    const int first = c0 == 0u, last = c1 == cols;
    lac_cmd *c;

    find_chunk(&f->p, c0, &f->chunk0, &f->chunk_n);
    if (f->p.by_tile)
        f->chunk0 = c0 / LAC_ALIGN * LAC_ALIGN;
    f->chunk_n = (f->p.by_tile ? c1 : lac_min(f->chunk_n, cols)) - f->chunk0;

    lac_bring_codebook(&f->g);
    if (f->p.needed)
        bring_features(f, c0);
    lac_bring_weights(&f->g, r, t);
    if (!f->p.needed)
        bring_features(f, c0);
    lac_bring_params(&f->g, r, first, last);

    c = lac_begin_exec(&f->g, r, t, c0, c1, first);
    SET(c, EXEC_FEAT_PITCH, lac_ceil_div(f->chunk_n * f->p.es, f->g.caps->line));
    SET(c, EXEC_POINTS, f->points);
    lac_end_exec(&f->g);
}

static void group(program *f, const lac_row_tile *r, int last_of_job)
{
    const lac_fc *job = f->job;
    const lac_layer *layer = job->layer;
    uint32_t tile = r->tile0, c0 = 0;
    lac_cmd *c;

    while (c0 < layer->cols) {
        lac_tile t;
        lac_get_tile(layer->image, tile, &t);
        const uint32_t tile_end = t.col0 + t.columns * (layer->format == LAC_NM ? 4u : 1u);
        uint32_t start, end;
        find_chunk(&f->p, c0, &start, &end);
        const uint32_t c1 = lac_min(lac_min(tile_end, f->p.by_tile ? tile_end : end), layer->cols);
        step(f, r, &t, c0, c1);
        if (c1 == tile_end)
            tile++;
        c0 = c1;
    }

    c = lac_begin_store(&f->g, r, job->clamp_lo, job->clamp_hi, last_of_job && job->mark);
    lac_set_addr(c, job->y.addr + (uint64_t)f->point0 * job->y.pitch + r->chan0 * lac_type_bytes(job->y.type));
    SET(c, STORE_PITCH, job->points > 1u ? job->y.pitch : 0u);
    SET(c, STORE_POINTS, f->points);
    lac_end_store(&f->g);
}

lac_status lac_fc_build(const lac_caps *caps, const lac_fc *jobs, uint32_t n, lac_emit emit, void *ctx)
{
    program f;

    if (!caps || (n && !jobs) || !emit)
        return LAC_E_ARG;
    lac_begin_program(&f.g, caps, emit, ctx);

    for (uint32_t i = 0; i < n; i++) {
        TRY(check_job(caps, &jobs[i]));
        lac_map_take(&f.g.ram, jobs[i].layer, jobs[i].resident);
    }
    lac_map_end(caps, &f.g.ram);
    for (uint32_t i = 0; i < n; i++) {
        TRY(plan_job(caps, &f.g.ram, &jobs[i], &f.p));
        TRY(lac_add_groups(&f.g, (uint64_t)f.p.batches * f.p.row_tiles));
    }

    for (uint32_t i = 0; i < n; i++) {
        const lac_fc *job = f.job = &jobs[i];
        TRY(plan_job(caps, &f.g.ram, job, &f.p));
        const lac_source own = {job->layer, job->resident, &job->x, 0};
        const lac_span in = in_span(caps, job), out = out_span(caps, job);
        lac_begin_job(&f.g, &own, &in, &job->y, &out, job->tag);
        f.g.needed = f.p.needed;
        if (job->resident && job->points == 1u && !job->x.list && f.g.ram.feat_half && f.p.chunk == job->layer->cols && (i == 0u || f.g.own.wrote_x))
            f.p.head = HEAD_LINES * caps->line / f.p.es;
        if (f.p.chunk <= 2u * f.p.head)
            f.p.head = 0;
        for (f.batch = 0; f.batch < f.p.batches; f.batch++) {
            f.point0 = f.batch * f.p.batch;
            f.points = lac_min(f.p.batch, job->points - f.point0);
            for (uint32_t t = 0; t < f.p.row_tiles; t++) {
                lac_row_tile rt;
                lac_get_row_tile(job->layer->image, t, &rt);
                group(&f, &rt, f.batch + 1u == f.p.batches && t + 1u == f.p.row_tiles);
                if (f.g.o.status)
                    return (lac_status)f.g.o.status;
            }
        }
    }
    return lac_flush(&f.g);
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
    TRY(lac_check_place(caps, layer, &here));
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
    TRY(lac_check_place(caps, layer, at));

    row_tiles = lac_dir(layer->image, LAC_DIR_W_ROW_TILES);
    if (layer->format == LAC_CSC) {
        lac_cmd_codebook(&c, layer, at->codebook, 0);
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
            lac_cmd_weights(&c, layer, &rt, &t, at->word_base + (t.words ? t.word_pos : 0u), at->col_base + t.col_pos, 0);
            if ((r = emit(ctx, &c)) != 0)
                return (lac_status)r;
        }
        lac_cmd_params(&c, layer, &rt, at->param_base + rt.param_pos, 0);
        if ((r = emit(ctx, &c)) != 0)
            return (lac_status)r;
    }
    return LAC_OK;
}

void lac_layer_read(const void *header, lac_layer *out)
{
    uint32_t h[LAC_DIR_WORDS];

    lac_get_words(header, 0, h, LAC_DIR_WORDS);
    memset(out, 0, sizeof *out);
    out->bytes = h[LAC_DIR_W_BYTES];
    out->dir_bytes = h[LAC_DIR_W_DIR_BYTES];
    out->rows = h[LAC_DIR_W_ROWS];
    out->cols = h[LAC_DIR_W_COLS];
    out->format = (lac_format)h[LAC_DIR_W_FORMAT];
    out->n = h[LAC_DIR_W_N];
    out->tiles = h[LAC_DIR_W_TILES];
    out->by_column = h[LAC_DIR_W_BY_COLUMN];
    out->taps = h[LAC_DIR_W_TAPS];
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
    lac_get_words(image, 0, h, LAC_DIR_WORDS);
    lac_layer_read(image, &l);
    l.image = image;

    const uint32_t lanes = h[LAC_DIR_W_LANES], line = h[LAC_DIR_W_LINE], store_w = h[LAC_DIR_W_STORE_W], align = h[LAC_DIR_W_ALIGN];
    const uint32_t row_tiles = h[LAC_DIR_W_ROW_TILES], codebook = h[LAC_DIR_W_CODEBOOK], shrink = l.format == LAC_NM ? 4u : 1u;
    const int rules = l.taps >= LAC_TAPS_RULES && l.taps <= LAC_TAPS_MOST;
    const uint32_t unit = rules ? h[LAC_DIR_W_CHANNELS] / lac_group(l.taps) : l.taps ? 1u : line; /* a tile begins at a multiple */

    /* At most 65535 tiles: no sum below leaves 32 bits. */
    if (h[LAC_DIR_W_MAGIC] != LAC_DIR_MAGIC || l.dir_bytes > bytes || l.dir_bytes > l.bytes || (l.dir_bytes | l.bytes) % LAC_ALIGN
        || row_tiles < 1u || row_tiles > 65535u || l.tiles > 65535u
        || LAC_DIR_HEADER + LAC_DIR_RECORD * (row_tiles + l.tiles) > l.dir_bytes)
        return LAC_E_FORMAT;
    if (l.rows < 1u || l.rows > 65535u || l.cols < 1u || l.cols > 65535u || (uint32_t)l.format > LAC_NM
        || (l.format == LAC_NM ? l.n < 1u || l.n > 4u : l.n != 0u) || lanes < 4u || lanes > 256u || line < 8u || line > 64u
        || (line & (line - 1u)) || store_w < 1u || store_w > lanes || (align != 64u && align != 32u && align != 8u)
        || l.by_column > (l.format != LAC_NM)
        || (!rules && l.taps > (l.format == LAC_NM || l.by_column || row_tiles > 1u ? 0u : l.format == LAC_CSC ? LAC_TAPS_ROWS : LAC_TAPS_FOURS)) /* its shape: see lac_conv_build() */
        || (rules && (l.by_column || unit < 1u || l.cols % unit || unit % shrink || l.cols / unit > 127u))
        || (l.taps >= LAC_TAPS_SUM && (l.format != LAC_CSC8 || (l.taps == LAC_TAPS_MOST && row_tiles > 1u)))
        || (l.taps == LAC_TAPS_RESIDUAL && (lanes % 4u || l.rows != 4u * l.cols))
        || (lac_group(l.taps) == 4u && (h[LAC_DIR_W_CHANNELS] | lanes) % 4u) || (l.taps == LAC_TAPS_DEPTHWISE && h[LAC_DIR_W_CHANNELS] != l.rows)
        || (l.format == LAC_CSC ? !inside(&l, codebook, LAC_ALIGN) : codebook != 0u))
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
        params += lac_ceil_div(r.channels, store_w) * store_w;
        for (; next < r.tile0 + r.tiles; next++) {
            lac_tile t;
            lac_get_tile(image, next, &t);
            if (t.col0 != col || col >= l.cols || col % unit || t.columns < 1u || t.columns > lac_ceil_div(l.cols - col, shrink)
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

lac_status lac_fc_run(lac_dev *dev, const lac_fc *jobs, uint32_t n, uint32_t limit)
{
    lac_feeder f;
    TRY(lac_begin_feed(&f, dev, limit));
    return lac_end_feed(&f, lac_fc_build(&dev->caps, jobs, n, lac_feed, &f));
}

lac_status lac_fc_place_load(lac_dev *dev, const lac_layer *layer, const lac_place *at, uint32_t limit)
{
    lac_feeder f;
    TRY(lac_begin_feed(&f, dev, limit));
    return lac_end_feed(&f, lac_fc_load(&dev->caps, layer, at, lac_feed, &f));
}
