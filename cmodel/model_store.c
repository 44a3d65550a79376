/* SPDX-License-Identifier: Apache-2.0
 *
 * model_store.c - STORE: accumulators -> bias, scale, clamp -> memory */
#include "model_impl.h"

#include <string.h>

/* floor(v / 2^n), 0 <= n <= 62, without relying on what C does to negative numbers. */
static int64_t floor_shift(int64_t v, uint32_t n)
{
    return v >= 0 ? v >> n : -((-(v + 1)) >> n) - 1;
}

/* zp + floor((v * M + 2^(s-1)) / 2^s), clamped to lo .. hi; exact although the product has 68 bits.
 *
 * The product is kept in two parts, high * 2^16 + low with 0 <= low < 2^16. Since floor((t + 2^(s-1)) / 2^s) is
 * floor((floor(t / 2^(s-1)) + 1) / 2), only plain shifts of it are needed. */
static int32_t requantise(int64_t v, const model_param *p, int32_t zero, int32_t lo, int32_t hi)
{
    const int64_t  m = p->multiplier;                                    /* v and m: 37 and 31 bits */
    const int64_t  v_high = floor_shift(v, 16), v_low = v - v_high * 65536;
    const int64_t  high = v_high * m + floor_shift(v_low * m, 16);       /* 53 bits */
    const int64_t  low  = v_low * m % 65536;
    const uint32_t n    = p->shift - 1u;
    const int64_t  far  = (int64_t)1 << 46;                              /* beyond it, n < 16 gives more than any type holds */
    int64_t t;                                                           /* floor(product / 2^n) */

    if (n >= 16)          t = floor_shift(high, n - 16u);
    else if (high >= far) return hi;
    else if (high < -far) return lo;
    else                  t = high * ((int64_t)1 << (16u - n)) + (low >> n);

    const int64_t q = zero + floor_shift(t + 1, 1);
    return q < lo ? lo : q > hi ? hi : (int32_t)q;
}

/* What STORE takes its outputs from: rows of pixels in the accumulators of a bank. */
typedef struct {
    uint32_t rows, pixels;  /* rows, pixels of a row */
    uint32_t base, pitch;   /* [accumulators] of pixel 0 of row 0; from a row to the next */
    uint32_t apart;         /* [accumulators] from a pixel to the next */
} image;

/* Output pixel x of output row y, in accumulator `row` of its lane: what goes on of its window, of which what lies outside the image is no part: the largest, or the sum of all
 * with their bias, or of those that are above zero then. A sum has 37 bits, which wrap. */
static int64_t pooled(const image *from, const int64_t *acc, const model_cmd *c, int32_t bias, uint32_t y, uint32_t x)
{
    const int64_t  y0 = (int64_t)y * F(STORE, POOL_DY) - F(STORE, POOL_TOP), x0 = (int64_t)x * F(STORE, POOL_DX) - F(STORE, POOL_LEFT);
    const int64_t  range = (int64_t)1 << 37;
    const uint32_t average = F(STORE, AVERAGE);
    int64_t most = -((int64_t)1 << 35), sum = 0;

    for (int64_t v = y0; v < y0 + F(STORE, POOL_Y); v++)
        for (int64_t u = x0; u < x0 + F(STORE, POOL_X); u++) {
            if (v < 0 || v >= from->rows || u < 0 || u >= from->pixels) continue;
            const int64_t a = acc[(uint64_t)v * from->pitch + (uint64_t)u * from->apart];
            if (a > most) most = a;
            if (average == 1 || a + bias > 0) sum += a + bias;
        }
    if (!average) return most + bias;
    sum = (sum % range + range) % range;
    return sum < range / 2 ? sum : sum - range;
}

int model_store(lac_model *m, const model_cmd *c)
{
    const uint32_t channels = F(STORE, CHANNELS), rows = F(STORE, ROWS), bank = F(STORE, BANK);
    const uint32_t pixels = F(STORE, WIDTH) ? F(STORE, PIXELS) : 1, elements = pixels * channels;
    const uint32_t type = F(STORE, TYPE), size = element_size(type);
    const int32_t  zero = int16_of(F(STORE, ZERO)), lo = int16_of(F(STORE, CLAMP_LO)), hi = int16_of(F(STORE, CLAMP_HI));
    const model_param *param = m->param + F(STORE, PARAM_BASE);

    /* All that is emptied; the rows in between TOP and BOTTOM, without GUARD, are what outputs are made of: without pooling one of each pixel. */
    const uint32_t pool = F(STORE, POOL_Y) != 0, dropped = F(STORE, TOP) + F(STORE, BOTTOM);
    const uint32_t all = pool ? F(STORE, FROM_ROWS) : F(STORE, POINTS), points = pool ? F(STORE, POINTS) : all - dropped;
    image from = {all - dropped, pool ? F(STORE, FROM_PIXELS) : pixels, 0, 0, rows};
    from.pitch = (from.pixels + F(STORE, GUARD)) * rows;
    from.base  = F(STORE, ACC_BASE) + F(STORE, TOP) * from.pitch;

    for (uint32_t p = 0; p < points; p++) {
        const uint64_t at = F_ADDR(STORE) + (uint64_t)p * F(STORE, PITCH);
        uint32_t nonzero = 0;

        for (uint32_t i = 0; i < elements; i++) {
            const uint32_t k = i % channels, pixel = i / channels;
            const int64_t *first = accumulators(m, bank, param[k].lane) + from.base + k / m->cfg.lanes;
            const int32_t  bias = type == TYPE_RAW ? 0 : param[k].bias;
            const int64_t  v = pool ? pooled(&from, first, c, bias, p, pixel) : first[p * from.pitch + pixel * rows] + bias;
            const int64_t  q = type == TYPE_RAW ? v : requantise(v, &param[k], zero, lo, hi);
            if (!F(STORE, LIST))
                put_bytes(m->row + (uint64_t)i * size, (uint64_t)q, size);
            else if (q != zero)
                put_bytes(m->row + 4u * (uint64_t)nonzero, ((uint64_t)q & 0xffffu) << 16 | i, 4);
            nonzero += q != zero;
        }
        REG(m, CNT_NONZERO) += nonzero;

        if (!F(STORE, LIST)) {
            const uint32_t bytes = elements * size;
            if (model_bus_write(m, LAC_UNIT_STORE, at, m->row, bytes, lines(m, bytes) * m->line)) return STOP;
        } else {
            uint8_t header[8] = {0};
            for (uint32_t i = 0; i < 4u * nonzero; i += m->line) {
                const uint32_t bytes = 4u * nonzero - i < m->line ? 4u * nonzero - i : m->line;
                if (model_bus_write(m, LAC_UNIT_STORE, at + 64u + i, m->row + i, bytes, m->line)) return STOP;
            }
            put_bytes(header, nonzero, 4);
            if (model_bus_write(m, LAC_UNIT_STORE, at, header, 8, m->line)) return STOP;
        }
    }
    for (uint32_t lane = 0; lane < m->cfg.lanes; lane++)
        memset(accumulators(m, bank, lane) + F(STORE, ACC_BASE), 0, (uint64_t)all * from.pitch * sizeof(int64_t));
    return GO_ON;
}
