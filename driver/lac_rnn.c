/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_rnn.c - an LSTM or GRU step around one job, docs/numerics.md, "Recurrent layers" */
#include <stddef.h>

#include "lac_mem.h"
#include "lacuna.h"

#define ONE      32768 /* 1.0 in 2^-15 */
#define GATES    4u
#define FARTHEST 96u   /* last entry of the table: tanh(6) is 1 to 2^-16 */

/* 2^16 tanh(k / 16), rounded */
static const uint16_t tanh_table[FARTHEST + 1u] = {
    0, 4091, 8150, 12146, 16051, 19838, 23485, 26973, 30285, 33412, 36346, 39084,
    41625, 43972, 46131, 48108, 49912, 51552, 53038, 54382, 55593, 56683, 57660, 58536,
    59320, 60019, 60643, 61199, 61694, 62134, 62524, 62871, 63179, 63451, 63693, 63907,
    64096, 64263, 64412, 64543, 64659, 64761, 64852, 64932, 65003, 65065, 65120, 65169,
    65212, 65250, 65283, 65313, 65339, 65362, 65383, 65401, 65417, 65431, 65443, 65454,
    65464, 65472, 65480, 65486, 65492, 65497, 65502, 65506, 65509, 65512, 65515, 65518,
    65520, 65522, 65523, 65525, 65526, 65527, 65528, 65529, 65530, 65531, 65531, 65532,
    65532, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65535, 65535, 65535, 65535,
    65535,
};

/* floor(v / 2^s + 1/2), clamped to -hi - 1 .. hi, without relying on what C does to negative numbers. s at least 1, |v| below 2^62. */
static int32_t round_to(int64_t v, uint32_t s, int32_t hi)
{
    v += (int64_t)1 << (s - 1u);
    v = v >= 0 ? v >> s : ~(~v >> s);
    return v > hi ? hi : v < ~hi ? ~hi : (int32_t)v;
}

/* 2^16 tanh(u / 2^12), u 0 .. 2^16: from the nearest entry T of the table, d away, T + D (d - T d^2), D = 1 - T^2, which are the first
 * three terms of its Taylor series. No product leaves 31 bits. */
static int32_t tanh_of(uint32_t u)
{
    const uint32_t k = (u + 128u) >> 8;
    if (k > FARTHEST)
        return 2 * ONE;
    const int32_t d = (int32_t)u - (int32_t)(k << 8);
    const int32_t t = tanh_table[k];
    const int32_t slope = 2 * ONE - (int32_t)((uint32_t)t * (uint32_t)t >> 16);
    const int32_t way = 128 * d - (t * d * d >> 21); /* 2^-19; what is shifted is not negative */
    return t + round_to(slope * way, 19, INT32_MAX);
}

int32_t lac_rnn_tanh(int16_t p)
{
    const int32_t t = (tanh_of(2u * (uint32_t)(p < 0 ? -p : p)) + 1) >> 1;
    return p < 0 ? -t : t;
}

/* (1 + tanh(p / 2)) / 2 */
int32_t lac_rnn_sigmoid(int16_t p)
{
    const int32_t s = (2 * ONE + tanh_of((uint32_t)(p < 0 ? -p : p)) + 2) >> 2;
    return p < 0 ? ONE - s : s;
}

/* a b + c d, where a and c are in 2^-15, and b, d and the result in one unit; clamped to -hi - 1 .. hi. */
static int32_t mix(int32_t a, int32_t b, int32_t c, int32_t d, int32_t hi)
{
    return round_to((int64_t)a * b + (int64_t)c * d, 15, hi);
}

/* ---- Bytes ------------------------------------------------------------------------------------------- */

static uint32_t element(const lac_rnn *rnn) { return rnn->type == LAC_INT16 ? 2u : 1u; }

/* n elements of the host to bytes of the device, and where these end. */
static uint8_t *put(uint8_t *to, const void *from, uint32_t n, uint32_t es)
{
    for (uint32_t i = 0; i < n; i++) {
        if (es == 1u) {
            *to++ = (uint8_t)((const int8_t *)from)[i];
        } else {
            const uint16_t v = (uint16_t)((const int16_t *)from)[i];
            *to++ = (uint8_t)v;
            *to++ = (uint8_t)(v >> 8);
        }
    }
    return to;
}

/* Element j of row block `gate` of p. */
static int16_t gate_in(const lac_rnn *rnn, uint32_t gate, uint32_t j)
{
    const uint8_t *b = rnn->work + 2u * (gate * rnn->hidden + j);
    return (int16_t)((int32_t)((b[0] | (uint32_t)b[1] << 8) ^ 0x8000u) - 0x8000);
}

/* ---- Entry ------------------------------------------------------------------------------------------- */

static int count(void *ctx, const lac_cmd *cmd)
{
    (void)ctx;
    (void)cmd;
    return 0;
}

static void make_job(const lac_rnn *rnn, lac_fc *job)
{
    memset(job, 0, sizeof *job);
    job->layer = rnn->layer;
    job->resident = rnn->resident;
    job->points = 1;
    job->x.addr = rnn->xh;
    job->x.type = rnn->type;
    job->y.addr = rnn->p;
    job->y.type = LAC_INT16;
    job->clamp_lo = INT16_MIN;
    job->clamp_hi = INT16_MAX;
    job->tag = rnn->tag;
}

uint32_t lac_rnn_work(const lac_rnn *rnn)
{
    const uint32_t in = (rnn->inputs + rnn->hidden) * element(rnn), out = 2u * GATES * rnn->hidden;
    return in > out ? in : out;
}

void lac_rnn_reset(lac_rnn *rnn)
{
    memset(rnn->state, 0, rnn->hidden * sizeof *rnn->state);
    memset(rnn->h, 0, rnn->hidden * element(rnn));
}

lac_status lac_rnn_init(const lac_caps *caps, lac_rnn *rnn)
{
    lac_fc job;

    if (!caps || !rnn || !rnn->layer || !rnn->state || !rnn->h || !rnn->work || (unsigned)rnn->kind > LAC_GRU
        || (rnn->type != LAC_INT8 && rnn->type != LAC_INT16))
        return LAC_E_ARG;
    if (rnn->inputs < 1u || rnn->hidden < 1u || rnn->inputs >= rnn->layer->cols || rnn->hidden != rnn->layer->cols - rnn->inputs
        || rnn->layer->rows % GATES || rnn->hidden != rnn->layer->rows / GATES)
        return LAC_E_ARG;
    make_job(rnn, &job);
    const lac_status s = lac_fc_build(caps, &job, 1, count, NULL); /* nothing but its checks */
    if (s == LAC_OK)
        lac_rnn_reset(rnn);
    return s;
}

/* Unit j from its four pre-activations. */
static void update(lac_rnn *rnn, uint32_t j)
{
    const int16_t p0 = gate_in(rnn, 0, j), p1 = gate_in(rnn, 1, j), p2 = gate_in(rnn, 2, j), p3 = gate_in(rnn, 3, j);
    const int32_t gate0 = lac_rnn_sigmoid(p0), gate1 = lac_rnn_sigmoid(p1); /* i, f or r, z */
    int64_t out; /* 2^-30 */

    if (rnn->kind == LAC_LSTM) {
        const int32_t c = mix(gate1, rnn->state[j], gate0, lac_rnn_tanh(p2), INT32_MAX);
        rnn->state[j] = c;
        out = (int64_t)lac_rnn_sigmoid(p3) * lac_rnn_tanh((int16_t)round_to(c, 4, INT16_MAX));
    } else {
        const int32_t n = mix(ONE, p2, gate0, p3, INT16_MAX);
        rnn->state[j] = mix(gate1, rnn->state[j], ONE - gate1, lac_rnn_tanh((int16_t)n), INT32_MAX);
        out = (int64_t)rnn->state[j] * ONE;
    }
    if (rnn->type == LAC_INT8)
        ((int8_t *)rnn->h)[j] = (int8_t)round_to(out, 23, INT8_MAX);
    else
        ((int16_t *)rnn->h)[j] = (int16_t)round_to(out, 15, INT16_MAX);
}

lac_status lac_rnn_step(lac_dev *dev, lac_rnn *rnn, const void *x, uint32_t limit)
{
    lac_fc job;

    if (!dev || !rnn || !x)
        return LAC_E_ARG;
    uint8_t *end = put(rnn->work, x, rnn->inputs, element(rnn));
    end = put(end, rnn->h, rnn->hidden, element(rnn));
    if (dev->port.mem_write(dev->port.ctx, rnn->xh, rnn->work, (uint32_t)(end - rnn->work)))
        return LAC_E_PORT;
    make_job(rnn, &job);
    const lac_status s = lac_fc_run(dev, &job, 1, limit);
    if (s != LAC_OK)
        return s;
    if (dev->port.mem_read(dev->port.ctx, rnn->work, rnn->p, 2u * GATES * rnn->hidden))
        return LAC_E_PORT;
    for (uint32_t j = 0; j < rnn->hidden; j++)
        update(rnn, j);
    return LAC_OK;
}
