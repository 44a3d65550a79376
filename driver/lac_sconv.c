/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_sconv.c - sparse convolutions: which band of which rules meets which weight tile when
 *
 * Plan. A group (lac_plan.h) is one band of a map and one row tile. Its steps: for each source, for each of its weight tiles, which are whole taps, one EXEC_RULES, which replays the band's rules
 * and takes those whose taps are there. Features are fetched by EXEC itself, through its cache: no LOAD brings any.
 *
 * Map. A job with a map of its own makes it band by band: in front of the first EXEC of a band stands the MAP of the next one, which starts as soon as the STORE before it is through and works while
 * that band is computed. Each of them gives EXEC a token, and the first EXEC of each band takes one.
 *
 * Pooling. A sum is a convolution of depthwise weights, an item to four channels. For the largest each tap has accumulators of its own, a window of `high` rows of `wide` pixels for each output (lac_image.h), out of which STORE takes it: row h of all
 * outputs' windows is a row of `band` * wide pixels, and the taps that stand there are a step of their own, so the rules are replayed for each row. A pixel without a rule is 0, like a sum of nothing.
 *
 * Order. What LOAD's features do in other jobs, waiting for the STORE that wrote x, a LOAD of parameters does here: a job whose sources an earlier job
 * of the same call wrote begins with one, whether it needs it or not, and its first EXEC waits for it. */
#include "lac_plan.h"

/* [columns as tiles count them] of a tap */
static uint32_t tap_columns(const lac_layer *layer) { return lac_dir(layer->image, LAC_DIR_W_CHANNELS) / lac_group(layer->taps); }

static uint32_t taps_of(const lac_layer *layer) { return layer->cols / tap_columns(layer); }

/* Row tiles of all sources are the same, and so is where each channel stands. */
static lac_status check_source(const lac_caps *caps, const lac_sconv *job, const lac_sconv_source *s)
{
    const lac_layer *layer = s->layer, *first = job->source[0].layer;

    TRY(lac_check_machine(caps, layer));
    if (s->resident)
        TRY(lac_check_place(caps, layer, s->resident));
    if (layer->taps < LAC_TAPS_RULES || (layer->taps >= LAC_TAPS_SUM && !(caps->formats & LAC_HAS_WINDOWS)) || (layer->taps == LAC_TAPS_MOST) != (first->taps == LAC_TAPS_MOST)
        || (layer->taps == LAC_TAPS_MOST && taps_of(layer) != taps_of(first)) || layer->rows != first->rows || lac_dir(layer->image, LAC_DIR_W_ROW_TILES) != lac_dir(first->image, LAC_DIR_W_ROW_TILES)
        || (layer != first && (lac_dir(layer->image, LAC_DIR_W_BALANCED) || lac_dir(first->image, LAC_DIR_W_BALANCED))))
        return LAC_E_ARG;
    for (uint32_t i = 0; i < lac_dir(layer->image, LAC_DIR_W_ROW_TILES); i++) {
        lac_row_tile a, b;
        lac_get_row_tile(layer->image, i, &a);
        lac_get_row_tile(first->image, i, &b);
        if (a.chan0 != b.chan0 || a.channels != b.channels)
            return LAC_E_ARG;
    }
    TRY(lac_check_tensor(&s->x, caps, lac_dir(layer->image, LAC_DIR_W_CHANNELS), 1, 0));
    if (s->x.list || s->x.type == LAC_RAW)
        return LAC_E_ARG;
    return (s->bands | s->rules) % LAC_ALIGN ? LAC_E_ALIGN : (s->bands | s->rules | s->x.addr) >> 38 ? LAC_E_ARG : LAC_OK;
}

typedef struct {
    uint32_t row_tiles;
    uint32_t high, wide; /* of an output's window [pixels]; where it has none 1, 1 */
    int      scattered; /* STORE takes each output for a point, for it writes a part of its channels or not a vector of them */
    uint32_t pixel;     /* [bytes] of an output */
} plan;

static lac_status plan_job(const lac_caps *caps, const lac_ram_map *ram, const lac_sconv *job, plan *p)
{
    const lac_layer *layer = job->source[0].layer;
    uint32_t most_rows;

    TRY(lac_check_row_tiles(caps, layer, &job->y, &p->row_tiles, &most_rows));
    p->high = p->wide = 1;
    if (layer->taps == LAC_TAPS_MOST) {
        p->high = lac_window_high(taps_of(layer));
        p->wide = lac_window_wide(taps_of(layer));
    }
    if (job->band > caps->acc_depth / (p->high * p->wide * most_rows))
        return LAC_E_SPACE;
    p->pixel = layer->rows * lac_type_bytes(job->y.type);
    p->scattered = p->row_tiles > 1u || layer->rows % caps->store_w != 0u || !(caps->formats & LAC_HAS_WINDOWS) || (uint64_t)job->band * layer->rows > 65535u;
    if ((uint64_t)job->band * p->pixel % LAC_ALIGN || (p->scattered && (p->pixel % LAC_ALIGN || p->pixel >> 24 || layer->taps == LAC_TAPS_MOST)))
        return LAC_E_SPACE;
    for (uint32_t i = 0; i < job->sources; i++) {
        const lac_sconv_source *s = &job->source[i];
        if (lac_ceil_div(lac_dir(s->layer->image, LAC_DIR_W_CHANNELS) * lac_type_bytes(s->x.type), caps->line) > caps->feat_depth)
            return LAC_E_SPACE;
        if (!s->resident && s->layer->format == LAC_CSC && !ram->codebooks)
            return LAC_E_SPACE;
        if (!s->resident)
            TRY(i == 0u ? lac_check_stream(caps, ram, s->layer) : lac_check_tiles(caps, ram, s->layer));
    }
    return LAC_OK;
}

static lac_status check_job(const lac_caps *caps, const lac_sconv *job)
{
    if (!caps->map || !job->source || job->sources < 1u || job->band < 1u || job->band > 65535u || job->bands < 1u || job->bands > 65535u || !job->source[0].layer)
        return LAC_E_ARG;
    for (uint32_t i = 0; i < job->sources; i++)
        TRY(check_source(caps, job, &job->source[i]));
    TRY(lac_check_tensor(&job->y, caps, job->source[0].layer->rows, 1, 1));
    TRY(lac_check_clamp(&job->y, job->clamp_lo, job->clamp_hi));
    if (job->map && (job->map->band != job->band || !job->map->room || job->map->only_list || lac_map_passes(&job->map->shape) != 1u || job->map->room->bands != job->source[0].bands
                     || job->map->room->rules != job->source[0].rules))
        return LAC_E_ARG;
    return job->y.list ? LAC_E_ARG : LAC_OK;
}

/* ---- Program --------------------------------------------------------------------------------------- */

typedef struct {
    const lac_sconv *job;
    plan             p;
    uint32_t         band;
    uint32_t         mapped;  /* bands whose MAP has been emitted; they are made by `last`, the command that makes rules, */
    lac_cmd          last;
    int              others;  /* behind so many that make lists */
    int              due;     /* the job's first EXEC has to wait for what wrote its sources */
    int              begins;  /* it has had none yet */
    int              takes;   /* its next one takes a token from MAP */
    lac_program      g; /* last, see lac_plan.h */
} program;

/* One step: the taps in columns [c0, c1) of weight tile t of source i. */
static void step(program *f, uint32_t i, const lac_row_tile *r, const lac_tile *t, uint32_t c0, uint32_t c1, int first, int last)
{
    const lac_sconv_source *s = &f->job->source[i];
    const uint32_t tap = c0 / tap_columns(s->layer), rows = f->p.wide * lac_ceil_div(r->channels, f->g.caps->lanes);
    const lac_source from = {s->layer, s->resident, &s->x, f->g.own.wrote_x};
    lac_cmd *c;

    f->g.from = from;
    f->g.line0 = 0;
    lac_bring_codebook(&f->g);
    if (f->due) {
        lac_wait_by_params(&f->g, r);
        f->due = 0;
    }
    lac_bring_weights(&f->g, r, t);
    lac_bring_params(&f->g, r, first, last);

    c = lac_begin_exec(&f->g, r, t, c0, c1, first);
    c->w[0] |= LAC_OP_EXEC_RULES ^ LAC_OP_EXEC;
    if (first && f->takes)
        SET(c, ANY_WAIT, lac_get_field(c->w, LAC_F_ANY_WAIT) | 1u << (LAC_UNIT_MAP - 1));
    if (s->layer->taps >= LAC_TAPS_SUM)
        SET(c, EXEC_RULES_FORMAT, 3u);
    SET(c, EXEC_RULES_ROWS, rows);
    SET(c, EXEC_RULES_ACC_BASE, f->p.high > 1u ? tap / f->p.wide * f->job->band * rows : 0u);
    SET(c, EXEC_RULES_CHANNELS, lac_dir(s->layer->image, LAC_DIR_W_CHANNELS));
    SET(c, EXEC_RULES_OUTPUTS, f->job->band);
    SET(c, EXEC_RULES_BAND, (s->bands >> 6) + f->band);
    SET(c, EXEC_RULES_RULES, s->rules >> 6);
    SET(c, EXEC_RULES_FEATURES, s->x.addr >> 6);
    SET(c, EXEC_RULES_TAP, tap);
    SET(c, EXEC_RULES_FRESH, f->begins);
    f->begins = 0;
    f->takes = 0;
    lac_end_exec(&f->g);
}

/* Of a map's commands all but the last, which is kept. */
static int keep_last(void *ctx, const lac_cmd *c)
{
    program *f = (program *)ctx;

    if (f->others++)
        lac_push_map(&f->g, &f->last);
    f->last = *c;
    return 0;
}

/* The MAP of one more band; of the last one to the end of the map. */
static void map_band(program *f)
{
    lac_cmd c = f->last;

    if (f->mapped) {
        memset(&c, 0, sizeof c);
        c.w[0] = LAC_OP_MAP;
        SET(&c, ANY_TAG, f->job->tag);
        SET(&c, MAP_MORE, 1u);
    }
    f->mapped++;
    SET(&c, ANY_SIGNAL, 1u << (LAC_UNIT_EXEC - 1));
    SET(&c, MAP_COUNT, f->mapped < f->job->bands);
    lac_push_map(&f->g, &c);
}

static void group(program *f, const lac_row_tile *r0, uint32_t row_tile, int last_of_job)
{
    const lac_sconv *job = f->job;
    lac_cmd *c;

    for (uint32_t i = 0; i < job->sources; i++) {
        const lac_layer *layer = job->source[i].layer;
        const uint32_t reach = f->p.high > 1u ? f->p.wide * tap_columns(layer) : UINT32_MAX; /* columns of a step, at most */
        lac_row_tile r;
        lac_get_row_tile(layer->image, row_tile, &r);
        for (uint32_t k = r.tile0; k < r.tile0 + r.tiles; k++) {
            lac_tile t;
            lac_get_tile(layer->image, k, &t);
            /* parameters are the first source's */
            r.params = r0->params;
            r.param_pos = r0->param_pos;
            const uint32_t end = t.col0 + t.columns * (layer->format == LAC_NM ? 4u : 1u);
            for (uint32_t c0 = t.col0, c1; c0 < end; c0 = c1) {
                c1 = lac_min(end - c0, reach - c0 % reach) + c0;
                step(f, i, &r, &t, c0, c1, i == 0u && k == r.tile0 && c0 == t.col0, i + 1u == job->sources && k + 1u == r.tile0 + r.tiles && c1 == end);
            }
        }
    }
    c = lac_begin_store(&f->g, r0, job->clamp_lo, job->clamp_hi, last_of_job && job->mark);
    lac_set_addr(c, job->y.addr + (uint64_t)f->band * job->band * f->p.pixel + r0->chan0 * lac_type_bytes(job->y.type));
    if (f->p.scattered) {
        SET(c, STORE_PITCH, f->p.pixel);
        SET(c, STORE_POINTS, job->band);
    } else {
        SET(c, STORE_POINTS, 1u);
        SET(c, STORE_WIDTH, job->band * r0->channels);
        SET(c, STORE_PIXELS, job->band);
        if (job->source[0].layer->taps == LAC_TAPS_MOST) {
            SET(c, STORE_POOL_Y, f->p.high);
            SET(c, STORE_POOL_X, f->p.wide);
            SET(c, STORE_POOL_DY, f->p.high);
            SET(c, STORE_POOL_DX, f->p.wide);
            SET(c, STORE_FROM_ROWS, f->p.high);
            SET(c, STORE_FROM_PIXELS, job->band * f->p.wide);
        }
    }
    lac_end_store(&f->g);
}

/* All that a job may write, bands of it that turn out to be empty too. */
static lac_span out_span(const lac_sconv *job, const plan *p)
{
    const lac_span s = {job->y.addr, job->y.addr + (uint64_t)job->bands * job->band * p->pixel};
    return s;
}

lac_status lac_sconv_build(const lac_caps *caps, const lac_sconv *jobs, uint32_t n, lac_emit emit, void *ctx)
{
    program f;

    if (!caps || (n && !jobs) || !emit)
        return LAC_E_ARG;
    lac_begin_program(&f.g, caps, emit, ctx);
    for (uint32_t i = 0; i < n; i++) {
        TRY(check_job(caps, &jobs[i]));
        for (uint32_t k = 0; k < jobs[i].sources; k++)
            lac_map_take(&f.g.ram, jobs[i].source[k].layer, jobs[i].source[k].resident);
    }
    lac_map_end(caps, &f.g.ram);
    for (uint32_t i = 0; i < n; i++) {
        TRY(plan_job(caps, &f.g.ram, &jobs[i], &f.p));
        TRY(lac_add_groups(&f.g, (uint64_t)jobs[i].bands * f.p.row_tiles));
    }

    for (uint32_t i = 0; i < n; i++) {
        const lac_sconv *job = f.job = &jobs[i];
        TRY(plan_job(caps, &f.g.ram, job, &f.p));
        const lac_source own = {job->source[0].layer, job->source[0].resident, &job->source[0].x, 0};
        const lac_span out = out_span(job, &f.p), none = {0, 0};
        uint32_t wrote = 0;
        for (uint32_t k = 0; k < job->sources; k++) {
            /* how many inputs there are only the map knows: from its address on */
            const lac_span in = {job->source[k].x.addr, job->source[k].x.addr + 1u};
            wrote = lac_max(wrote, lac_find_writer(&f.g, &in));
        }
        lac_begin_job(&f.g, &own, &none, &job->y, &out, job->tag);
        f.g.own.wrote_x = wrote;
        f.due = wrote != 0u;
        f.begins = 1;
        f.mapped = 0;
        f.others = 0;
        if (job->map)
            TRY(lac_map_build(caps, job->map, keep_last, &f));
        for (f.band = 0; f.band < job->bands; f.band++) {
            while (job->map && f.mapped < job->bands && f.mapped <= f.band + 1u)
                map_band(&f);
            f.takes = job->map || (job->after_map && f.band == 0u);
            for (uint32_t t = 0; t < f.p.row_tiles; t++) {
                lac_row_tile r;
                lac_get_row_tile(job->source[0].layer->image, t, &r);
                group(&f, &r, t, f.band + 1u == job->bands && t + 1u == f.p.row_tiles);
                if (f.g.o.status)
                    return (lac_status)f.g.o.status;
            }
        }
    }
    return lac_flush(&f.g);
}

/* ---- Global pooling -------------------------------------------------------------------------------- */

lac_status lac_pool_runs(uint32_t *count, uint32_t runs, uint32_t taps, uint32_t band, void *bands, void *rules, uint32_t *outputs, uint32_t *lines)
{
    uint32_t in = 0, out = 0, words = 0, line = 0, first = 0; /* words: of the band in work, which begins at `line` and input `first` */

    if (!count || !outputs || !lines || !bands != !rules || runs < 1u || runs > LAC_COORDS_MOST || taps < 1u || taps > 127u || band < 1u || band > 65535u)
        return LAC_E_ARG;
    for (uint32_t i = 0; i < runs; i++) {
        if (count[i] > LAC_COORDS_MOST - in)
            return LAC_E_ARG;
        in += count[i];
    }
    in = 0;
    for (uint32_t i = 0; i < runs; i++) {
        uint32_t left = count[i], pieces = 0;
        do { /* an output; of a run without inputs it has no rule */
            const uint32_t n = taps > 1u ? lac_min(left, taps) : left;
            if (out % band == 0u && out) {
                line += lac_ceil_div(words, 16u);
                words = 0;
                first = in;
            }
            for (uint32_t k = 0; k < lac_max(n, 1u); k++, words++) {
                const uint32_t tap = n == 0u ? 127u : taps > 1u ? k : 0u;
                if (bands && words % 16u == 0u)
                    memset((uint8_t *)rules + 64u * (size_t)(line + words / 16u), 0, 64);
                if (bands)
                    lac_put32((uint8_t *)rules + 64u * (size_t)line + 4u * (size_t)words, (uint32_t)(k + 1u >= n) << 31 | tap << 24 | (n ? in + k : 0u));
            }
            if (bands) { /* as if the band ended here */
                uint8_t *header = (uint8_t *)bands + 64u * (size_t)(out / band);
                memset(header, 0, 64);
                lac_put32(header, out % band + 1u);
                lac_put32(header + 4, words);
                lac_put32(header + 8, line);
                lac_put32(header + 16, in + n > first ? first : 0u);
                lac_put32(header + 20, in + n > first ? in + n : 0u);
            }
            in += n;
            left -= n;
            out++;
            pieces++;
        } while (left);
        if (bands && taps > 1u)
            count[i] = pieces;
    }
    *outputs = out;
    *lines = line + lac_ceil_div(words, 16u);
    return LAC_OK;
}

lac_status lac_sconv_run(lac_dev *dev, const lac_sconv *jobs, uint32_t n, uint32_t limit)
{
    lac_feeder f;
    TRY(lac_begin_feed(&f, dev, limit));
    return lac_end_feed(&f, lac_sconv_build(&dev->caps, jobs, n, lac_feed, &f));
}
