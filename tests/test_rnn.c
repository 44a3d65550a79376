/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rnn.c - recurrent layers: the driver on the golden model and on the RTL, against docs/numerics.md and against doubles
 *
 *   Gates      both functions over all 65,536 inputs: equal to the formula, within 2^-14 of libm's
 *   Steps      24 of them with the state carried, LSTM and GRU, csc, csc8 and 2:4, int8 and int16, resident and streamed, tiles: state and h
 *              after every step equal to an integer reference written from docs/numerics.md alone; memories of model and RTL equal at the end
 *   Wild       weights so large that everything saturates, from a state near the end of int32
 *   Doubles    the same layer in doubles, free running: see distance()
 *   Failures   a bad argument is refused; a step that fails changes nothing and can be tried again
 *   SEED       of weights and inputs. Without build/rtl/NAME.so the RTL is skipped */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sanitizer/lsan_interface.h>

#include "lac_config.h"
#include "lac_model.h"
#include "lacuna.h"
#include "naive.h"
#include "port_rtl.h"
#include "ports/port_model.h"
#include "rng.h"

enum { STEPS = 24, MAX_H = 24, MAX_I = 24, MAX_C = MAX_I + MAX_H, MAX_R = 4 * MAX_H, MEM = 1 << 20, RING = 64, LIMIT = 1000000 };
static const lac_addr BASE = 0x80000000u;

static unsigned long long seed = 1;
static int bad;

static void check(int good, const char *name, const char *why)
{
    if (good) printf("ok - %s\n", name);
    else printf("not ok - %s: %s, seed %llu\n", name, why, seed);
    bad |= !good;
}

static void must(int status, const char *what)
{
    if (!status) return;
    printf("not ok - %s: %s\n", what, lac_status_name(status));
    exit(1);
}

/* ---- The reference: docs/numerics.md, nothing else ---------------------------------------------------------- */

static int64_t floor_div(int64_t a, int64_t b) /* b > 0 */
{
    return a % b < 0 ? a / b - 1 : a / b;
}

static int64_t nearest(int64_t a, int64_t b) { return floor_div(2 * a + b, 2 * b); } /* [a / b] */

static int64_t sat(int64_t v, int bits)
{
    const int64_t top = ((int64_t)1 << (bits - 1)) - 1;
    return v > top ? top : v < -top - 1 ? -top - 1 : v;
}

static int64_t ref_v(int64_t u)
{
    const int64_t k = floor_div(u + 128, 256), d = u - 256 * k;
    if (k > 96) return 65536;
    const int64_t t = llround(65536 * tanh((double)k / 16)), slope = 65536 - floor_div(t * t, 65536);
    return t + nearest(slope * (128 * d - floor_div(t * d * d, 2097152)), 524288);
}

static int64_t ref_tanh(int64_t p)
{
    const int64_t t = floor_div(ref_v(2 * llabs(p)) + 1, 2);
    return p < 0 ? -t : t;
}

static int64_t ref_sigmoid(int64_t p)
{
    const int64_t s = floor_div(65536 + ref_v(llabs(p)) + 2, 4);
    return p < 0 ? 32768 - s : s;
}

typedef struct {
    lac_rnn_kind kind;
    lac_format   format;
    lac_type     type;
    uint32_t     I, H;
    int          wild, resident;
    const char  *config;
} shape;

typedef struct {
    shape    s;
    uint32_t R, C;               /* rows and columns of w */
    int32_t  w[MAX_R * MAX_C];
    int32_t  bias[MAX_R], mult[MAX_R];
    int8_t   shift[MAX_R];
    int32_t  x[STEPS][MAX_I];
    int32_t  state0[MAX_H], h0[MAX_H];
    int32_t  state[STEPS][MAX_H], h[STEPS][MAX_H]; /* what has to come out */
    uint64_t products;           /* of the last step: both operands non-zero */
    int      saturated[4];       /* pre-activations at either end; tanh's argument; state */
} problem;

static void ref_step(problem *b, int t)
{
    const uint32_t I = b->s.I, H = b->s.H;
    const int      hbits = b->s.type == LAC_INT8 ? 8 : 16;
    const int32_t *state = t ? b->state[t - 1] : b->state0, *h = t ? b->h[t - 1] : b->h0;
    int32_t        in[MAX_C];
    int64_t        acc[MAX_R], p[MAX_R];

    for (uint32_t i = 0; i < I; i++) in[i] = b->x[t][i];
    for (uint32_t j = 0; j < H; j++) in[I + j] = h[j];
    naive_fc(acc, b->w, in, 0, 1, (int)b->C, (int)b->R);
    b->products = 0;
    for (uint32_t r = 0; r < b->R; r++) {
        p[r] = naive_requant(acc[r], b->bias[r], (uint32_t)b->mult[r], b->shift[r], 0, -32768, 32767);
        b->saturated[0] += p[r] == -32768;
        b->saturated[1] += p[r] == 32767;
        for (uint32_t c = 0; c < b->C; c++) b->products += b->w[r * b->C + c] && in[c];
    }
    for (uint32_t j = 0; j < H; j++) {
        const int64_t *first = p + j;
        int64_t        s, out; /* out: 2^-30 */
        if (b->s.kind == LAC_LSTM) {
            const int64_t i = ref_sigmoid(first[0]), f = ref_sigmoid(first[H]), g = ref_tanh(first[2 * H]), o = ref_sigmoid(first[3 * H]);
            const int64_t c = nearest(f * state[j] + i * g, 32768), e = nearest(sat(c, 32), 16);
            s = sat(c, 32);
            b->saturated[2] += e != sat(e, 16);
            b->saturated[3] += c != s;
            out = o * ref_tanh(sat(e, 16));
        } else {
            const int64_t r = ref_sigmoid(first[0]), z = ref_sigmoid(first[H]), e = nearest(32768 * first[2 * H] + r * first[3 * H], 32768);
            s = nearest(z * state[j] + (32768 - z) * ref_tanh(sat(e, 16)), 32768);
            b->saturated[2] += e != sat(e, 16);
            out = s * 32768;
        }
        b->state[t][j] = (int32_t)s;
        b->h[t][j] = (int32_t)sat(nearest(out, (int64_t)1 << (31 - hbits)), hbits);
    }
}

/* ---- Problems ----------------------------------------------------------------------------------------------- */

/* GRU: nx without the columns of h, nh without those of x. */
static int allowed(const shape *s, uint32_t r, uint32_t c)
{
    return s->kind == LAC_LSTM || r < 2 * s->H || (r < 3 * s->H) == (c < s->I);
}

static void make_problem(problem *b, const shape *s, lac_rng *g)
{
    const int wide = s->type == LAC_INT16;
    int32_t   codes[15];

    memset(b, 0, sizeof *b);
    b->s = *s;
    b->R = 4 * s->H;
    b->C = s->I + s->H;
    for (int i = 0; i < 15; i++) do codes[i] = (int32_t)rng_range(g, -150, 150); while (!codes[i]);
    for (uint32_t r = 0; r < b->R; r++)
        for (uint32_t c = 0; c < b->C; c++) {
            const int in_group = (int)(c % 4), keep = (int)((r * 5 + c / 4 * 3) % 4); /* 2:4: two neighbours of every four, turning */
            if (!allowed(s, r, c)) continue;
            if (s->format == LAC_NM ? in_group != keep && in_group != (keep + 1) % 4 : !rng_chance(g, 64)) continue;
            b->w[r * b->C + c] = s->format == LAC_CSC ? codes[rng_below(g, 15)] : (int32_t)rng_range(g, -128, 127);
        }
    for (uint32_t r = 0; r < b->R; r++) {
        /* Real weights of up to 1/4, of 2:4, where there are more of them, 1/8, so that the bounds of distance() stay small; biases of
         * up to 1. Wild: 256 times that. */
        const int small = s->format == LAC_NM;
        b->mult[r] = (int32_t)rng_range(g, 1 << 29, 1 << 30);
        b->shift[r] = (int8_t)(35 + small + 8 * wide - 8 * s->wild);
        b->bias[r] = (int32_t)rng_range(g, -65536, 65536) * (1 << small) * (wide ? 256 : 1);
        if (s->wild && r % s->H < 2) b->bias[r] = r % s->H ? -(1 << 28) : 1 << 28; /* two units at either end */
    }
    for (int t = 0; t < STEPS; t++)
        for (uint32_t i = 0; i < s->I; i++)
            if (rng_chance(g, 150)) b->x[t][i] = (int32_t)(wide ? rng_range(g, -32768, 32767) : rng_range(g, -128, 127));
    for (uint32_t j = 0; s->wild && j < s->H; j++) {
        const int32_t near = s->kind == LAC_LSTM ? INT32_MAX : 32768;
        b->state0[j] = (int32_t)(rng_chance(g, 128) || j == 0 ? near - rng_below(g, 50) : rng_below(g, 50) - near);
        b->h0[j] = (int32_t)(wide ? rng_range(g, -32768, 32767) : rng_range(g, -128, 127));
    }
    for (int t = 0; t < STEPS; t++) ref_step(b, t);
}

/* ---- In doubles --------------------------------------------------------------------------------------------- */

/* The layer with the same weights and inputs as real numbers, from its own state, and how far the integers may be from it. Bounds, per unit: a
 * pre-activation is off by what h is off, through |W|, and half a count; a sigmoid passes on a quarter of that and adds 2^-14, a tanh passes
 * on all of it and adds 2^-14; a product a b is off by |a| eb + (|b| + eb) ea; every rounding adds half a count of its result, that of h twice
 * that where the clamp may have cut it. Returns the largest bound; *worst is the largest distance seen of h and state, *share the largest of a bound. */
static double distance(const problem *b, double *worst, double *share)
{
    const uint32_t I = b->s.I, H = b->s.H;
    const double   P = ldexp(1, -11), Q = ldexp(1, -15), A = ldexp(1, -14), unit = ldexp(1, b->s.type == LAC_INT8 ? -7 : -15);
    double         c[MAX_H] = {0}, h[MAX_H] = {0}, ec[MAX_H] = {0}, eh[MAX_H] = {0}, largest = 0;

    *worst = *share = 0;
    for (int t = 0; t < STEPS; t++) {
        double p[MAX_R], e[MAX_R];
        for (uint32_t r = 0; r < b->R; r++) {
            const double scale = ldexp(b->mult[r], -b->shift[r]) * P; /* real value of an accumulator's count */
            p[r] = b->bias[r] * scale;
            e[r] = P / 2;
            for (uint32_t i = 0; i < I; i++) p[r] += b->w[r * b->C + i] * scale * b->x[t][i];
            for (uint32_t j = 0; j < H; j++) {
                p[r] += b->w[r * b->C + I + j] * scale / unit * h[j];
                e[r] += fabs(b->w[r * b->C + I + j] * scale / unit) * eh[j];
            }
            if (fabs(p[r]) + e[r] > 15.9) return INFINITY; /* it may saturate: not the test's intention */
        }
        for (uint32_t j = 0; j < H; j++) {
            const double p0 = p[j], p1 = p[H + j], p2 = p[2 * H + j], p3 = p[3 * H + j];
            const double s0 = 1 / (1 + exp(-p0)), s1 = 1 / (1 + exp(-p1)), s3 = 1 / (1 + exp(-p3));
            const double e0 = e[j] / 4 + A, e1 = e[H + j] / 4 + A, e2 = e[2 * H + j], e3 = e[3 * H + j];
            double       rounding;
            if (b->s.kind == LAC_LSTM) {
                const double gate = tanh(p2), eg = e2 + A, eo = e3 / 4 + A;
                ec[j] = fabs(c[j]) * e1 + (s1 + e1) * ec[j] + fabs(gate) * e0 + (s0 + e0) * eg + Q / 2;
                c[j] = s1 * c[j] + s0 * gate;
                h[j] = s3 * tanh(c[j]);
                eh[j] = fabs(tanh(c[j])) * eo + (s3 + eo) * (ec[j] + P / 2 + A);
            } else {
                const double n = tanh(p2 + s0 * p3), en = e2 + fabs(p3) * e0 + (s0 + e0) * e3 + P / 2 + A;
                ec[j] = fabs(c[j] - n) * e1 + (s1 + e1) * ec[j] + (1 - s1 + e1) * en + Q / 2;
                c[j] = h[j] = s1 * c[j] + (1 - s1) * n;
                eh[j] = ec[j];
            }
            rounding = h[j] + eh[j] > 1 - unit ? unit : unit / 2;
            eh[j] += rounding;

            const double dc = fabs(b->state[t][j] * Q - c[j]), dh = fabs(b->h[t][j] * unit - h[j]);
            largest = fmax(largest, fmax(ec[j], eh[j]));
            *worst = fmax(*worst, fmax(dc, dh));
            *share = fmax(*share, fmax(dc / ec[j], dh / eh[j]));
        }
    }
    return largest;
}

/* ---- Machines ----------------------------------------------------------------------------------------------- */

typedef struct {
    const char *port;
    uint8_t    *mem;
    lac_model  *model;
    lac_rtl    *rtl;
    lac_port    p;
    lac_dev     dev;
} machine;

static int open_machine(machine *m, const char *config, int rtl, char *err, size_t n)
{
    char       path[64];
    lac_config cfg;

    memset(m, 0, sizeof *m);
    m->port = rtl ? "RTL" : "model";
    m->mem = calloc(MEM, 1);
    snprintf(path, sizeof path, "configs/%s.cfg", config);
    if (!m->mem || lac_config_read(path, &cfg, err, n)) return -1;
    if (rtl) {
        lac_rtl_options o = lac_rtl_defaults();
        o.mem = m->mem;
        o.mem_base = BASE;
        o.mem_size = MEM;
        __lsan_disable(); /* what Verilator's runtime keeps is not ours */
        m->rtl = lac_port_rtl_open(config, &o, err, n);
        __lsan_enable();
        if (!m->rtl) return -1;
        m->p = lac_rtl_port(m->rtl);
    } else {
        if (!(m->model = lac_model_create(&cfg, m->mem, BASE, MEM))) return -1;
        m->p = lac_port_model(m->model);
    }
    return 0;
}

static void close_machine(machine *m)
{
    lac_model_destroy(m->model);
    lac_rtl_close(m->rtl);
    free(m->mem);
    memset(m, 0, sizeof *m);
}

/* ---- A layer on a machine ----------------------------------------------------------------------------------- */

typedef struct {
    lac_rnn   rnn;
    lac_layer layer;
    lac_place place;
    void     *image;
    int32_t   state[MAX_H];
    int8_t    h8[MAX_H];
    int16_t   h16[MAX_H];
    uint8_t   work[8 * MAX_H > 2 * MAX_C ? 8 * MAX_H : 2 * MAX_C];
} layer_on;

static void pack(const lac_caps *caps, const problem *b, layer_on *l)
{
    static int16_t  values[MAX_R * MAX_C];
    static uint16_t rows[MAX_R * MAX_C];
    static int8_t   dense[MAX_R * MAX_C];
    uint32_t        ptr[MAX_C + 1], nnz = 0, need;
    void           *scratch = malloc(lac_pack_scratch(caps, b->R, b->C));

    for (uint32_t c = 0; c < b->C; c++) {
        ptr[c] = nnz;
        for (uint32_t r = 0; r < b->R; r++) {
            const int32_t w = b->w[r * b->C + c];
            dense[r * b->C + c] = (int8_t)w;
            if (w) values[nnz] = (int16_t)w, rows[nnz++] = (uint16_t)r;
        }
    }
    ptr[b->C] = nnz;
    const lac_csc     csc = {b->R, b->C, values, rows, ptr};
    const lac_nm      nm = {b->R, b->C, 2, dense};
    const lac_requant rq = {b->bias, b->mult, b->shift, 0, 0};
    l->image = NULL;
    for (int pass = 0; pass < 2; pass++) {
        if (pass) l->image = malloc(need);
        const uint32_t cap = pass ? need : 0;
        must(b->s.format == LAC_NM ? lac_pack_nm(caps, &nm, &rq, 1, scratch, l->image, cap, &need, &l->layer, NULL)
                                   : lac_pack_csc(caps, &csc, b->s.format, &rq, 1, scratch, l->image, cap, &need, &l->layer, NULL), "pack");
    }
    free(scratch);
}

/* Open the machine, pack, place, initialise. Everything in memory is where it is for every port. */
static void set_up(machine *m, const problem *b, layer_on *l)
{
    memset(l, 0, sizeof *l);
    memset(m->mem, 0, MEM);
    must(lac_open(&m->dev, &m->p, BASE, RING, BASE, MEM), "open");
    pack(&m->dev.caps, b, l);
    l->layer.addr = BASE + 0x10000;
    must(m->p.mem_write(m->p.ctx, l->layer.addr, l->image, l->layer.bytes), "write");
    l->rnn.kind = b->s.kind;
    l->rnn.inputs = b->s.I;
    l->rnn.hidden = b->s.H;
    l->rnn.layer = &l->layer;
    l->rnn.type = b->s.type;
    l->rnn.xh = BASE + 0x2000;
    l->rnn.p = BASE + 0x4000;
    l->rnn.state = l->state;
    l->rnn.h = b->s.type == LAC_INT8 ? (void *)l->h8 : l->h16;
    l->rnn.work = l->work;
    l->rnn.tag = 7;
    if (b->s.resident) {
        lac_place free_place = {0, 0, 0, 0};
        must(lac_fc_place(&m->dev.caps, &l->layer, &free_place, &l->place), "place");
        must(lac_fc_place_load(&m->dev, &l->layer, &l->place, LIMIT), "load");
        l->rnn.resident = &l->place;
    }
    memset(l->state, 0x55, sizeof l->state); /* init clears them */
    memset(l->h8, 0x55, sizeof l->h8);
    memset(l->h16, 0x55, sizeof l->h16);
    must(lac_rnn_init(&m->dev.caps, &l->rnn), "init");
    for (uint32_t j = 0; j < b->s.H && b->s.wild; j++) {
        l->state[j] = b->state0[j];
        l->h8[j] = (int8_t)b->h0[j];
        l->h16[j] = (int16_t)b->h0[j];
    }
}

static lac_status step(machine *m, const problem *b, layer_on *l, int t)
{
    int8_t  x8[MAX_I];
    int16_t x16[MAX_I];
    for (uint32_t i = 0; i < b->s.I; i++) x8[i] = (int8_t)b->x[t][i], x16[i] = (int16_t)b->x[t][i];
    return lac_rnn_step(&m->dev, &l->rnn, b->s.type == LAC_INT8 ? (const void *)x8 : x16, LIMIT);
}

/* "" or what differs after step t. */
static const char *compare(const problem *b, const layer_on *l, int t)
{
    static char why[120];
    for (uint32_t j = 0; j < b->s.H; j++) {
        const int h = b->s.type == LAC_INT8 ? l->h8[j] : l->h16[j];
        if (h == b->h[t][j] && l->state[j] == b->state[t][j]) continue;
        snprintf(why, sizeof why, "step %d, unit %u: h %d, expected %d, state %d, expected %d", t, (unsigned)j, h, (int)b->h[t][j],
                 (int)l->state[j], (int)b->state[t][j]);
        return why;
    }
    return "";
}

static void describe(const shape *s, char *name, size_t n)
{
    static const char *const formats[] = {"csc", "csc8", "2:4"};
    snprintf(name, n, "rnn %s %s %s %s%s, %s", s->kind == LAC_LSTM ? "LSTM" : "GRU", formats[s->format], s->type == LAC_INT8 ? "int8" : "int16",
             s->resident ? "resident" : "streamed", s->wild ? " wild" : "", s->config);
}

static void run(machine *m, const problem *b)
{
    char        name[120], full[200];
    const char *why = "";
    layer_on    l;
    lac_stats   stats;

    describe(&b->s, name, sizeof name);
    set_up(m, b, &l);
    for (int t = 0; t < STEPS && !*why; t++) {
        const lac_status s = step(m, b, &l, t);
        why = s ? lac_status_name(s) : compare(b, &l, t);
    }
    snprintf(full, sizeof full, "%s on the %s: %d steps as the reference", name, m->port, STEPS);
    check(!*why, full, why);
    must(lac_read_stats(&m->dev, &stats), "counters");
    if (b->s.format != LAC_NM) {
        char text[80];
        snprintf(full, sizeof full, "%s on the %s: no product with a zero", name, m->port);
        snprintf(text, sizeof text, "%llu products, expected %llu", (unsigned long long)stats.macs, (unsigned long long)b->products);
        check(stats.macs == b->products, full, text);
    }
    free(l.image);
}

/* ---- Tests -------------------------------------------------------------------------------------------------- */

static void gates(void)
{
    double worst_t = 0, worst_s = 0;
    int    wrong = 0, falls = 0, before_t = -32768, before_s = 0;
    char   name[160];

    for (int p = -32768; p < 32768; p++) {
        const int    t = lac_rnn_tanh((int16_t)p), s = lac_rnn_sigmoid((int16_t)p);
        const double x = ldexp(p, -11);
        wrong += t != ref_tanh(p) || s != ref_sigmoid(p);
        falls += t < before_t - 1 || s < before_s - 1 || t < -32768 || t > 32768 || s < 0 || s > 32768;
        worst_t = fmax(worst_t, fabs(ldexp(t, -15) - tanh(x)));
        worst_s = fmax(worst_s, fabs(ldexp(s, -15) - 1 / (1 + exp(-x))));
        before_t = t;
        before_s = s;
    }
    check(!wrong, "rnn gates: all 65,536 results as the formula", "they differ");
    check(!falls, "rnn gates: in range, never more than one count lower for a larger input", "they are not");
    snprintf(name, sizeof name, "rnn gates: largest error of tanh 2^%.2f, sigmoid 2^%.2f", log2(worst_t), log2(worst_s));
    check(worst_t < ldexp(1, -14) && worst_s < ldexp(1, -14), name, "expected below 2^-14");
}

static void doubles(const problem *b)
{
    char         name[120], full[240], why[100];
    double       worst, share;
    const double bound = distance(b, &worst, &share), most = b->s.type == LAC_INT8 ? 0.1 : 0.02;

    describe(&b->s, name, sizeof name);
    snprintf(full, sizeof full, "%s: at most %.5f from doubles, bound %.5f", name, worst, bound);
    snprintf(why, sizeof why, "distance / bound %.2f, expected at most 1; bound %.4f, expected below %.2f", share, bound, most);
    check(share <= 1 && bound < most, full, why);
}

static void refusals(machine *m, const problem *b)
{
    static const char *const names[] = {"no layer", "no state", "no h", "no work", "kind 2", "type uint8", "no inputs", "no hidden", "one input more",
                                        "rows not 4 H", "p over xh", "xh not aligned", "raw", "nothing wrong"};
    enum { CASES = sizeof names / sizeof *names };
    layer_on l;

    set_up(m, b, &l);
    for (int i = 0; i < CASES; i++) {
        lac_rnn    r = l.rnn;
        lac_layer  layer = l.layer;
        lac_status want = LAC_E_ARG;
        char       name[80];
        memset(l.state, 0x55, sizeof l.state);
        r.layer = &layer;
        switch (i) {
        case 0: r.layer = NULL; break;
        case 1: r.state = NULL; break;
        case 2: r.h = NULL; break;
        case 3: r.work = NULL; break;
        case 4: r.kind = (lac_rnn_kind)2; break;
        case 5: r.type = LAC_UINT8; break;
        case 6: r.inputs = 0, r.hidden = b->C; break;
        case 7: r.hidden = 0, r.inputs = b->C; break;
        case 8: r.inputs++; break;
        case 9: r.inputs++, r.hidden--; break;
        case 10: r.p = r.xh; break;
        case 11: r.xh += 4, want = LAC_E_ALIGN; break;
        case 12: r.type = LAC_RAW; break;
        default: want = LAC_OK;
        }
        const lac_status s = lac_rnn_init(&m->dev.caps, &r);
        snprintf(name, sizeof name, "rnn init: %s", names[i]);
        check(s == want && (s ? l.state[0] == 0x55555555 : l.state[0] == 0), name, lac_status_name(s));
    }
    l.rnn.inputs = 5, l.rnn.hidden = 3;
    const uint32_t small = lac_rnn_work(&l.rnn);
    l.rnn.inputs = 30;
    check(small == 24 && lac_rnn_work(&l.rnn) == 33, "rnn work: bytes of p or of x and h", "expected 24 and 33");
    check(lac_rnn_step(NULL, &l.rnn, l.h8, 1) == LAC_E_ARG && lac_rnn_step(&m->dev, NULL, l.h8, 1) == LAC_E_ARG
          && lac_rnn_step(&m->dev, &l.rnn, NULL, 1) == LAC_E_ARG, "rnn step: a missing argument", "not ARG");
    free(l.image);
}

/* A port whose n-th memory access from now on fails. */
static int fail_in;
static lac_port honest;
static int      failing_write(void *ctx, lac_addr dst, const void *src, uint32_t n)
{
    return fail_in && !--fail_in ? -1 : honest.mem_write(ctx, dst, src, n);
}
static int failing_read(void *ctx, void *dst, lac_addr src, uint32_t n)
{
    return fail_in && !--fail_in ? -1 : honest.mem_read(ctx, dst, src, n);
}

static void failures(machine *m, const problem *b)
{
    layer_on    l, before;
    const char *why = "";

    honest = m->p;
    m->p.mem_write = failing_write;
    m->p.mem_read = failing_read;
    set_up(m, b, &l);
    must(step(m, b, &l, 0), "step 0");

    int accesses = 0; /* of a step: x and h, commands, p; each of them fails once */
    for (int s = LAC_E_PORT; s == LAC_E_PORT; accesses++) {
        before = l;
        fail_in = accesses + 1;
        s = step(m, b, &l, 1);
        const int left = fail_in;
        fail_in = 0;
        if (s == LAC_OK && left) break;
        if (s != LAC_E_PORT || memcmp(l.state, before.state, sizeof l.state) || memcmp(l.h8, before.h8, sizeof l.h8)) why = "state or h has changed";
        must(lac_reset(&m->dev, 100000), "reset");
    }
    check(!*why && accesses > 6, "rnn step: a failing port changes neither state nor h", *why ? why : "hardly an access");
    check(!*compare(b, &l, 1), "rnn step: tried again, it succeeds", compare(b, &l, 1));

    before = l;
    must(lac_windows(&m->dev, BASE, BASE + MEM, BASE, BASE), "windows");
    lac_error_record e = {0, 0, 0, 0, 0, 0};
    const lac_status s = step(m, b, &l, 2);
    must(lac_error(&m->dev, &e), "record");
    check(s == LAC_E_JOB && e.tag == 7 && !memcmp(l.state, before.state, sizeof l.state) && !memcmp(l.h8, before.h8, sizeof l.h8),
          "rnn step: a job that fails changes neither state nor h", lac_status_name(s));
    must(lac_reset(&m->dev, 100000), "reset");
    must(lac_windows(&m->dev, BASE, BASE + MEM, BASE, BASE + MEM), "windows");
    must(step(m, b, &l, 2), "step 2");
    check(!*compare(b, &l, 2), "rnn step: after lac_reset() it succeeds", compare(b, &l, 2));

    lac_rnn_reset(&l.rnn);
    must(step(m, b, &l, 0), "step 0");
    check(!*compare(b, &l, 0), "rnn reset: the sequence begins again", compare(b, &l, 0));
    free(l.image);
    m->p = honest;
}

static const shape shapes[] = {
    {LAC_LSTM, LAC_CSC,  LAC_INT8,  13, 20, 0, 1, "l8"},  {LAC_GRU, LAC_CSC,  LAC_INT8,  13, 20, 0, 1, "l8"},
    {LAC_LSTM, LAC_NM,   LAC_INT8,  13, 20, 0, 1, "l8"},  {LAC_GRU, LAC_NM,   LAC_INT8,  13, 20, 0, 1, "l8"},
    {LAC_LSTM, LAC_CSC8, LAC_INT16, 24, 24, 0, 0, "l8"},  {LAC_GRU, LAC_CSC8, LAC_INT16, 24, 24, 0, 0, "l8"},
    {LAC_LSTM, LAC_CSC,  LAC_INT8,  13, 20, 1, 0, "l8"},  {LAC_GRU, LAC_NM,   LAC_INT16, 13, 20, 1, 1, "l8"},
    {LAC_GRU,  LAC_CSC,  LAC_INT8,  3,  1,  1, 1, "l8"},
    {LAC_LSTM, LAC_CSC8, LAC_INT8,  5,  20, 0, 0, "odd"}, {LAC_GRU, LAC_NM,   LAC_INT8,  21, 17, 0, 0, "odd"},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

int main(void)
{
    static problem problems[SHAPES];
    static const char *const configs[] = {"l8", "odd"};
    const char *env = getenv("SEED");
    lac_rng     g;
    char        err[300];
    int         saturated[2][4] = {{0}};

    if (env) seed = strtoull(env, NULL, 0);
    g.s = seed;
    gates();
    for (int i = 0; i < SHAPES; i++) {
        make_problem(&problems[i], &shapes[i], &g);
        if (!shapes[i].wild) doubles(&problems[i]);
        for (int k = 0; k < 4; k++) saturated[shapes[i].kind][k] += problems[i].saturated[k];
    }
    check(saturated[LAC_LSTM][0] && saturated[LAC_LSTM][1] && saturated[LAC_LSTM][2] && saturated[LAC_LSTM][3] && saturated[LAC_GRU][0]
          && saturated[LAC_GRU][1] && saturated[LAC_GRU][2], "rnn: every clamp has acted", "one has not");

    for (int c = 0; c < 2; c++) {
        machine model, rtl;
        if (open_machine(&model, configs[c], 0, err, sizeof err)) return printf("not ok - rnn: no model of %s: %s\n", configs[c], err), 1;
        const int there = !open_machine(&rtl, configs[c], 1, err, sizeof err);
        if (!there) printf("skip - rnn on the RTL, %s: %s\n", configs[c], err);
        for (int i = 0; i < SHAPES; i++) {
            char name[120], full[180];
            if (strcmp(shapes[i].config, configs[c])) continue;
            run(&model, &problems[i]);
            if (!there) continue;
            run(&rtl, &problems[i]);
            describe(&shapes[i], name, sizeof name);
            snprintf(full, sizeof full, "%s: memories of model and RTL are equal", name);
            check(!memcmp(model.mem, rtl.mem, MEM), full, "they differ");
        }
        if (there) check(!lac_rtl_monitor(rtl.rtl)->found, "rnn: the bus monitor is silent", lac_rtl_monitor(rtl.rtl)->first);
        if (c == 0) {
            refusals(&model, &problems[0]);
            problems[0].s.resident = 0; /* a reset would lose the weights */
            failures(&model, &problems[0]);
        }
        close_machine(&rtl);
        close_machine(&model);
    }
    return bad;
}
