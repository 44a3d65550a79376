/* SPDX-License-Identifier: Apache-2.0
 *
 * predict_case.c - see predict_case.h */
#include "predict_case.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host.h"
#include "rng.h"

enum { MAX_JOBS = 3 };

int predict_rig_open(predict_rig *r, const char *config, uint64_t size, char *err, size_t errlen)
{
    lac_rtl_options opt = lac_rtl_defaults();
    memset(r, 0, sizeof *r);
    r->size = opt.mem_size = size;
    r->base = opt.mem_base;
    r->mem = opt.mem = calloc(1, size);
    if (!r->mem) {
        snprintf(err, errlen, "no memory");
        return -1;
    }
    r->rtl = lac_port_rtl_open(config, &opt, err, errlen);
    if (r->rtl) return 0;
    predict_rig_close(r);
    return -1;
}

void predict_rig_close(predict_rig *r)
{
    lac_rtl_close(r->rtl);
    free(r->mem);
    memset(r, 0, sizeof *r);
}

static double uniform(lac_rng *g) { return (double)(rng_next(g) >> 11) / 9007199254740992.0; }

/* Between lo and hi, as many in each octave. */
static uint32_t octaves(lac_rng *g, uint32_t lo, uint32_t hi)
{
    return (uint32_t)(lo * exp(uniform(g) * log((double)hi / lo)) + 0.5);
}

static void draw(predict_case *c, lac_rng *g)
{
    const uint32_t kind = (uint32_t)(rng_next(g) % 8); /* two of csc, two of csc8, four of N:4 */
    c->rows = octaves(g, 16, 4096);
    c->cols = octaves(g, 16, 8192);
    c->points = rng_next(g) % 2 ? 1 : octaves(g, 1, 64);
    c->jobs = rng_next(g) % 3 ? 1 : 1 + (uint32_t)(rng_next(g) % MAX_JOBS);
    c->format = kind < 2 ? LAC_CSC : kind < 4 ? LAC_CSC8 : LAC_NM;
    c->n = c->format == LAC_NM ? kind - 3 : 0;
    c->w_density = (double)octaves(g, 10, 1000) / 1000;
    c->a_density = (double)octaves(g, 10, 1000) / 1000;
    c->in = (lac_type)(rng_next(g) % 3);
    c->out = (lac_type)(rng_next(g) % 4);
    c->resident = rng_next(g) % 2;
    c->by_column = !c->n && !c->resident && rng_next(g) % 2;
    c->list_in = rng_next(g) % 10 == 0;
    c->list_out = c->out != LAC_RAW && rng_next(g) % 20 == 0;
    c->rd_latency = octaves(g, 1, 100);
    c->wr_latency = octaves(g, 1, 100);
    c->outstanding = rng_next(g) % 3 ? 8 : octaves(g, 2, 16);
    c->tiles = c->resident || rng_next(g) % 2 ? 1 : octaves(g, 2, 20);
}

/* Cycles, roughly: lanes, items, bytes. */
static double work(const predict_case *c, const lac_caps *k)
{
    const double w = (double)c->rows * c->cols * (c->n ? c->n / 4.0 : c->w_density);
    const double a = c->n ? 1 - pow(1 - c->a_density, 4) : c->a_density;
    return c->jobs * (c->points * (w * a / k->lanes + c->cols * a + c->rows) + 2 * w * 2 / k->line);
}

typedef struct { lac_cmd *cmd; uint32_t n, cap; } list;

static int append(void *ctx, const lac_cmd *cmd)
{
    list *l = ctx;
    if (l->n == l->cap) {
        lac_cmd *more = realloc(l->cmd, (l->cap = l->cap ? 2 * l->cap : 256) * sizeof *more);
        if (!more) return LAC_E_SPACE;
        l->cmd = more;
    }
    l->cmd[l->n++] = *cmd;
    return 0;
}

static void put_x(const predict_case *c, lac_rng *g, uint8_t *to, uint32_t pitch)
{
    const uint32_t es = c->in == LAC_INT16 ? 2 : 1;
    for (uint32_t p = 0; p < c->points; p++) {
        uint8_t *at = to + (size_t)p * pitch;
        uint32_t count = 0;
        for (uint32_t i = 0; i < c->cols; i++) {
            const uint32_t v = uniform(g) < c->a_density ? 1 + (uint32_t)(rng_next(g) % 100) : 0;
            if (c->list_in) {
                uint8_t *e = at + 64 + 4 * count;
                if (!v) continue;
                e[0] = (uint8_t)i;
                e[1] = (uint8_t)(i >> 8);
                e[2] = (uint8_t)v;
                e[3] = 0;
                count++;
            } else {
                at[i * es] = (uint8_t)v;
                if (es == 2) at[2 * i + 1] = 0;
            }
        }
        if (c->list_in)
            for (uint32_t i = 0; i < 8; i++) at[i] = i < 4 ? (uint8_t)(count >> 8 * i) : 0;
    }
}

/* int8 weights; for csc fifteen values of them. */
static int8_t *draw_weights(const predict_case *c, lac_rng *g)
{
    int8_t *w = calloc((size_t)c->rows * c->cols, 1);
    if (!w) return NULL;
    for (uint32_t r = 0; r < c->rows; r++)
        for (uint32_t i = 0; i < c->cols; i++) {
            int8_t *at = &w[(size_t)r * c->cols + i];
            if (c->n) { /* exactly n of a group: all of the first, then chances that fit */
                uint32_t before = 0;
                for (uint32_t k = i % 4; k; k--) before += at[-(int)k] != 0;
                if (rng_next(g) % (4 - i % 4) < c->n - before) *at = (int8_t)(1 + rng_next(g) % 100);
            } else if (uniform(g) < c->w_density)
                *at = (int8_t)(1 + rng_next(g) % (c->format == LAC_CSC ? 15 : 100));
        }
    return w;
}

static int run_case(predict_rig *r, predict_case *c, lac_rng *g, char *err, size_t errlen)
{
    const lac_place front = { 0, 0, 0, 0 };
    int8_t         *w = draw_weights(c, g);
    void           *image = NULL;
    lac_layer       layer;
    lac_fc          jobs[MAX_JOBS];
    list            prog = { 0 }, load = { 0 };
    int             result = -1;
    lac_status      s = LAC_OK;
    predict        *p = NULL;
    const lac_caps *k = &r->dev.caps;
    axi_mem_timing  t;
    memset(&t, 0, sizeof t);
    t.rd_latency = c->rd_latency;
    t.wr_latency = c->wr_latency;
    t.outstanding = c->outstanding;
    lac_rtl_memory(r->rtl, r->mem, r->base, r->size, &t);
    const lac_port port = lac_rtl_port(r->rtl);
    if ((s = lac_open(&r->dev, &port, r->base, 65535, r->base, r->size))) {
        snprintf(err, errlen, "lac_open: %s", lac_status_name(s));
        goto out;
    }

    const host_matrix  m = { c->rows, c->cols, w, NULL };
    const lac_requant  rq = { NULL, NULL, NULL, 1 << 20, 30 };
    host_packing       how = { c->n ? HOST_1_4 + c->n - 1 : c->format == LAC_CSC ? HOST_CSC : HOST_CSC8, c->by_column, &rq, 0, NULL, 0, NULL, 0, 0 };
    if (!w || (s = host_pack(k, &m, &how, &image, &layer, NULL)) == LAC_E_PORT) {
        snprintf(err, errlen, "no memory");
        goto out;
    }
    if (!s && c->tiles > 1 && layer.resident_words > c->tiles) { /* half of so small a weight RAM holds one of them */
        how.weight_depth = 2 * layer.resident_words / c->tiles;
        free(image);
        s = host_pack(k, &m, &how, &image, &layer, NULL);
    }
    if (s) goto redraw;
    if (!layer.resident_cols) c->resident = 0;
    c->tiles = layer.tiles;

    /* ring, image, and each job's x and y */
    const uint32_t xp = lac_pitch(k, c->cols, c->in, c->list_in), yp = lac_pitch(k, c->rows, c->out, c->list_out);
    lac_addr       at = r->base + 64 * 65536;
    layer.addr = at;
    at += layer.bytes;
    if (at + (uint64_t)c->jobs * c->points * ((uint64_t)xp + yp) > r->base + r->size) goto redraw;
    memcpy(r->mem + (layer.addr - r->base), image, layer.bytes);
    for (uint32_t j = 0; j < c->jobs; j++) {
        jobs[j] = (lac_fc){ &layer, c->resident ? &front : NULL, c->points, { at, xp, c->in, 0, c->list_in },
                            { at + (uint64_t)c->points * xp, yp, c->out, 0, c->list_out }, 0, 0, j, 1 };
        if (c->out != LAC_RAW) jobs[j].clamp_hi = 100;
        put_x(c, g, r->mem + (at - r->base), xp);
        at += (uint64_t)c->points * ((uint64_t)xp + yp);
    }
    if (c->resident) s = lac_fc_load(k, &layer, &front, append, &load);
    if (!s) s = lac_fc_build(k, jobs, c->jobs, append, &prog);
    if (s || prog.n > 65000) goto redraw;

    lac_stats measured;
    for (int run = 0; run < 2; run++) {
        const list *l = run ? &prog : &load;
        if (!l->n) continue;
        if ((s = lac_submit(&r->dev, l->cmd, l->n)) || (s = lac_wait(&r->dev, 400000000u)) || (s = lac_read_stats(&r->dev, &measured))) {
            snprintf(err, errlen, "run: %s", lac_status_name(s));
            goto out;
        }
    }
    c->commands = prog.n;
    c->rtl = measured.cycles;

    const predict_memory view = { r->mem, r->base, r->size, c->rd_latency, c->wr_latency, c->outstanding };
    uint32_t             where = 0;
    int                  ps = 0;
    if (!(p = predict_new(k, &view))) goto out;
    for (int run = 0; run < 2 && !ps; run++) {
        const list *l = run ? &prog : &load;
        for (uint32_t i = 0; i < l->n && !ps; i++) ps = predict_emit(p, &l->cmd[i]);
        if (!ps) ps = predict_run(p, &c->guess, &where);
    }
    if (ps) {
        snprintf(err, errlen, "predict_run: %d at command %" PRIu32, ps, where);
        goto out;
    }
    /* What has to be equal, whatever the time. */
    const struct { const char *what; uint64_t guess, rtl; } same[] = {
        { "beats read", c->guess.rd_beats, measured.rd_beats }, { "beats written", c->guess.wr_beats, measured.wr_beats },
        { "items", c->guess.items, measured.items }, { "multiplications", c->guess.macs, measured.macs }, { "marks", c->guess.marks, measured.marks },
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (same[i].guess != same[i].rtl) {
            snprintf(err, errlen, "%s: predicted %" PRIu64 ", measured %" PRIu64, same[i].what, same[i].guess, same[i].rtl);
            goto out;
        }
    c->error = (double)c->guess.cycles / (double)c->rtl - 1;
    result = 0;
    goto out;
redraw:
    result = 1;
out:
    predict_free(p);
    free(w);
    free(image);
    free(prog.cmd);
    free(load.cmd);
    return result;
}

int predict_case_run(predict_rig *r, uint64_t seed, uint64_t most, predict_case *c, char *err, size_t errlen)
{
    lac_rng g = { seed };
    for (int tries = 0; tries < 1000; tries++) {
        memset(c, 0, sizeof *c);
        c->seed = seed;
        const lac_port port = lac_rtl_port(r->rtl);
        if (!r->dev.caps.lanes && lac_open(&r->dev, &port, r->base, 2, r->base, r->size)) break;
        draw(c, &g);
        if (work(c, &r->dev.caps) > (double)most) continue;
        const int s = run_case(r, c, &g, err, errlen);
        if (s <= 0) return s;
    }
    snprintf(err, errlen, "no case fits");
    return -1;
}

const char *predict_case_format(const predict_case *c)
{
    static const char *const nm[] = { "1:4", "2:4", "3:4", "4:4" };
    return c->format == LAC_NM ? nm[c->n - 1] : c->format == LAC_CSC ? "csc" : "csc8";
}

const char *predict_case_name(const predict_case *c, char *buf, size_t n)
{
    const int at = snprintf(buf, n, "%s %" PRIu32 " x %" PRIu32 ", %.1f %% of weights, %.1f %% of activations, %" PRIu32 " points, %" PRIu32 " jobs",
                            predict_case_format(c), c->rows, c->cols, 100 * c->w_density, 100 * c->a_density, c->points, c->jobs);
    if (at > 0 && (size_t)at < n)
        snprintf(buf + at, n - (size_t)at, ", in %d%s, out %d%s, %s, latency %" PRIu32 "/%" PRIu32 ", %" PRIu32 " bursts, %" PRIu32 " tiles, %" PRIu32 " commands", c->in,
                 c->list_in ? " list" : "", c->out, c->list_out ? " list" : "", c->resident ? "resident" : c->by_column ? "by column" : "streamed",
                 c->rd_latency, c->wr_latency, c->outstanding, c->tiles, c->commands);
    return buf;
}
