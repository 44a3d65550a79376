/* SPDX-License-Identifier: Apache-2.0
 *
 * model_exec.c - EXEC: every non-zero feature becomes an item that goes to all lanes with work in its column */
#include "model_impl.h"

/* What the lanes are told. */
typedef struct {
    int32_t a[4];     /* activation without its zero point: one (csc, csc8), or four neighbouring channels (N:4) */
    int32_t rows;     /* a row at or beyond this is an error */
    int32_t n;        /* N:4: entries of a row */
    int32_t weight[16]; /* csc: what the codes stand for; code 0 is padding: 0 */
} item;

/* How a walk along a slice ended. */
typedef struct {
    uint32_t code;    /* LAC_ERR_NONE, _BLOCK_ROW or _OVERFLOW */
    uint32_t row;     /* of the overflow */
    uint32_t macs;    /* entries that are not padding and whose row is right */
} outcome;

/* acc += w * a in 36 bits; notes the first overflow of the slice. */
static inline void accumulate(int64_t *acc, int32_t w, int32_t a, uint32_t row, outcome *o)
{
    const int64_t half = (int64_t)1 << 35;
    int64_t sum = *acc + (int64_t)w * a;
    if (sum < -half || sum >= half) {
        if (!o->code) {
            o->code = LAC_ERR_OVERFLOW;
            o->row  = row;
        }
        sum += sum < 0 ? 2 * half : -2 * half;
    }
    *acc = sum;
}

/* The three readings of a stored entry. acc: the accumulator of row 0. */

static outcome walk_csc(const item *it, const uint16_t *entry, uint32_t count, int64_t *acc)
{
    outcome o = {LAC_ERR_NONE, 0, 0};
    int32_t row = -1;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t code = entry[i] & 15u;
        row += (entry[i] >> 4) + 1;
        if (row >= it->rows) {
            if (!o.code) o.code = LAC_ERR_BLOCK_ROW;
            break;
        }
        accumulate(&acc[row], it->weight[code], it->a[0], (uint32_t)row, &o);
        o.macs += code != 0;
    }
    return o;
}

static outcome walk_csc8(const item *it, const uint16_t *entry, uint32_t count, int64_t *acc)
{
    outcome o = {LAC_ERR_NONE, 0, 0};
    int32_t row = -1;
    for (uint32_t i = 0; i < count; i++) {
        const int32_t w = int8_of(entry[i]);
        row += (entry[i] >> 8) + 1;
        if (row >= it->rows) {
            if (!o.code) o.code = LAC_ERR_BLOCK_ROW;
            break;
        }
        accumulate(&acc[row], w, it->a[0], (uint32_t)row, &o);
        o.macs += w != 0;
    }
    return o;
}

static outcome walk_nm(const item *it, const uint16_t *entry, uint32_t count, int64_t *acc)
{
    outcome o = {LAC_ERR_NONE, 0, 0};
    int32_t row = 0, left = it->n;  /* entries left in this row */
    for (uint32_t i = 0; i < count; i++) {
        if (row >= it->rows) {
            if (!o.code) o.code = LAC_ERR_BLOCK_ROW;
            break;
        }
        accumulate(&acc[row], int8_of(entry[i]), it->a[entry[i] >> 8 & 3u], (uint32_t)row, &o);
        o.macs++;
        if (--left == 0) {
            left = it->n;
            row++;
        }
    }
    return o;
}

/* The first error of each lane. */
typedef struct {
    uint32_t code, index;
} lane_error;

/* One item to all lanes: `slice` their slices of its column, `base` the accumulator of row 0 of its point. */
static void broadcast(lac_model *m, uint32_t format, const item *it, const model_slice *slice, uint32_t bank, uint32_t base,
                      lane_error *error)
{
    const uint32_t e   = entries_per_word(format);
    const uint64_t ram = (uint64_t)m->cfg.weight_depth * e;
    const uint16_t *entry = format == FORMAT_CSC8 ? m->entry16 : m->entry10;

    for (uint32_t lane = 0; lane < m->cfg.lanes; lane++) {
        if (slice[lane].count == 0) continue;
        const uint64_t first = (uint64_t)slice[lane].word * e + slice[lane].slot;
        uint32_t count = slice[lane].count;
        if (first + count > ram) count = first < ram ? (uint32_t)(ram - first) : 0;  /* read in another format than loaded */
        const uint16_t *from = entry + lane * ram + (count ? first : 0);
        int64_t        *acc  = accumulators(m, bank, lane) + base;
        const outcome   o    = format == FORMAT_CSC  ? walk_csc(it, from, count, acc)
                             : format == FORMAT_CSC8 ? walk_csc8(it, from, count, acc)
                                                     : walk_nm(it, from, count, acc);
        m->lane_macs[lane] += o.macs;
        m->macs += o.macs;
        if (o.code && !error[lane].code) {
            error[lane].code  = o.code;
            error[lane].index = lane | (o.code == LAC_ERR_OVERFLOW ? base + o.row : base) << 16;
        }
    }
}

int model_exec(lac_model *m, const model_cmd *c)
{
    const uint32_t format = F(EXEC, FORMAT), type = F(EXEC, TYPE), bank = F(EXEC, BANK);
    const uint32_t channels = format == FORMAT_NM ? 4 : 1;  /* of a column */
    const uint32_t per_line = m->line / element_size(type);
    const int32_t  zero     = int16_of(F(EXEC, ZERO));
    lane_error error[MAX_LANES] = {{0, 0}};
    item it = {{0}, (int32_t)F(EXEC, ROWS), (int32_t)F(EXEC, N), {0}};

    for (uint32_t code = 1; code < 16; code++) it.weight[code] = m->codebook[F(EXEC, COPY)][code];

    for (uint32_t p = 0; p < F(EXEC, POINTS); p++) {
        const uint32_t base  = F(EXEC, ACC_BASE) + p * F(EXEC, ROWS);
        const uint32_t first = F(EXEC, FEAT_BASE) + p * F(EXEC, FEAT_PITCH);  /* feature line */
        for (uint32_t col = 0; col < F(EXEC, COLUMNS); col++) {
            int any = 0;
            for (uint32_t k = 0; k < channels; k++) {
                const uint32_t x  = col * channels + k;
                const uint64_t at = (uint64_t)(first + x / per_line) * m->line;
                const int      on = m->flag[at + x % per_line];
                it.a[k] = on ? get_element(m->feature + at, type, x % per_line) - zero : 0;
                any |= on;
            }
            if (!any) continue;
            REG(m, CNT_ITEMS)++;
            broadcast(m, format, &it, m->slice + (uint64_t)(F(EXEC, COL_BASE) + col) * m->cfg.lanes, bank, base, error);
        }
    }

    for (uint32_t lane = 0; lane < m->cfg.lanes; lane++)
        if (error[lane].code) return model_fail(m, LAC_UNIT_EXEC, error[lane].code, 0, error[lane].index);
    return GO_ON;
}
