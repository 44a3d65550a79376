/* SPDX-License-Identifier: Apache-2.0
 *
 * model_exec.c - EXEC: every non-zero feature becomes an item that goes to all lanes with work in its column */
#include "model_impl.h"

#include <string.h>

/* What the lanes are told. */
typedef struct {
    uint32_t format, bank;
    int32_t  a[4];         /* activation without its zero point: one (csc, csc8), or four neighbouring channels (N:4, format 3) */
    int64_t  product[16];  /* csc: what the codes stand for, times a[0]; code 0 is padding: 0 */
    uint32_t base;         /* accumulator of row 0 */
    uint32_t rows;         /* a row at or beyond this is an error */
    uint32_t n;            /* N:4: entries of a row */
} item;

/* How a walk along a slice ended. */
typedef struct {
    uint32_t code;    /* LAC_ERR_NONE, _BLOCK_ROW or _OVERFLOW */
    uint32_t row;     /* of the overflow */
    uint32_t macs;    /* entries that are not padding and whose row is right */
} outcome;

/* acc += product in 36 bits; notes the first overflow of the slice. */
static inline void accumulate(int64_t *acc, int64_t product, uint64_t row, outcome *o)
{
    const int64_t half = (int64_t)1 << 35;
    int64_t sum = *acc + product;
    if ((uint64_t)(sum + half) >> 36) {  /* beyond -half .. half - 1, in one comparison */
        if (!o->code) {
            o->code = LAC_ERR_OVERFLOW;
            o->row  = (uint32_t)row;
        }
        sum += sum < 0 ? 2 * half : -2 * half;
    }
    *acc = sum;
}

/* The readings of the stored entries of a slice. a: the lane's activations of the item; acc: the accumulator of row 0. `row` is the first row an entry may stand for. */

static inline outcome walk_csc(const item *it, const int32_t *a, const uint16_t *entry, const uint16_t *end, int64_t *acc)
{
    const uint64_t rows = it->rows;
    outcome  o = {LAC_ERR_NONE, 0, 0};
    uint64_t row = 0;
    (void)a;  /* it->product has it */
    for (; entry < end; entry++, row++) {
        const uint64_t v = *entry, code = v & 15u;
        row += v >> 4;
        if (row >= rows) {
            if (!o.code) o.code = LAC_ERR_BLOCK_ROW;
            break;
        }
        accumulate(&acc[row], it->product[code], row, &o);
        o.macs += code != 0;
    }
    return o;
}

static inline outcome walk_csc8(const item *it, const int32_t *a, const uint16_t *entry, const uint16_t *end, int64_t *acc)
{
    const uint32_t rows = it->rows;
    outcome  o = {LAC_ERR_NONE, 0, 0};
    uint32_t row = 0;
    for (; entry < end; entry++) {
        const int32_t w = int8_of(*entry);
        row += *entry >> 8;
        if (row >= rows) {
            if (!o.code) o.code = LAC_ERR_BLOCK_ROW;
            break;
        }
        accumulate(&acc[row], (int64_t)w * *a, row, &o);
        o.macs += w != 0;
        row++;
    }
    return o;
}

/* Format 3 with N: row and weight of csc8 are one weight of 16 bits, of row 0; nothing is padding. */
static inline outcome walk_wide(const item *it, const int32_t *a, const uint16_t *entry, const uint16_t *end, int64_t *acc)
{
    outcome  o = {LAC_ERR_NONE, 0, 0};
    uint32_t row = 0;
    (void)it;
    for (; entry < end; entry++, row++) {
        row += *entry >> 8;
        if (row > 255u) {
            if (!o.code) o.code = LAC_ERR_BLOCK_ROW;
            break;
        }
        accumulate(acc, (int64_t)int16_of(row << 8 | (*entry & 0xffu)) * *a, 0, &o);
        o.macs++;
    }
    return o;
}

static inline outcome walk_nm(const item *it, const int32_t *a, const uint16_t *entry, const uint16_t *end, int64_t *acc)
{
    outcome  o = {LAC_ERR_NONE, 0, 0};
    uint32_t row = 0, left = it->n;  /* entries left in this row */
    for (; entry < end; entry++) {
        if (row >= it->rows) {
            if (!o.code) o.code = LAC_ERR_BLOCK_ROW;
            break;
        }
        accumulate(&acc[row], (int64_t)int8_of(*entry) * a[*entry >> 8 & 3u], row, &o);
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

typedef outcome walk(const item *it, const int32_t *a, const uint16_t *entry, const uint16_t *end, int64_t *acc);

/* One item to all lanes: `slice` their slices of its column, `weights` the first lane's entries; own: a lane has one element of the four, format 3. */
static inline void broadcast(lac_model *m, const item *it, const model_slice *slice, const uint16_t *weights, walk *walk, int own, lane_error *error)
{
    const uint32_t e     = entries_per_word(it->format);
    const uint64_t pitch = (uint64_t)m->weight_pitch * e, ram = (uint64_t)m->cfg.weight_depth * e;
    int64_t       *acc   = accumulators(m, it->bank, 0) + it->base;

    for (uint32_t lane = 0; lane < m->cfg.lanes; lane++, weights += pitch, acc += m->acc_pitch) {
        if (slice[lane].count == 0) continue;
        const uint64_t first = (uint64_t)slice[lane].word * e + slice[lane].slot;
        uint64_t       stop  = first + slice[lane].count;
        if (stop > ram) stop = first < ram ? ram : first;  /* read in another format than loaded */
        const outcome o = walk(it, own ? &it->a[lane % 4u] : it->a, weights + first, weights + stop, acc);
        m->lane_macs[lane] += o.macs;
        if (o.code && !error[lane].code) {
            error[lane].code  = o.code;
            error[lane].index = lane | (o.code == LAC_ERR_OVERFLOW ? it->base + o.row : it->base) << 16;
        }
    }
}

/* A function for each format: its loop has the host's registers for itself. */
typedef void to_lanes(lac_model *m, const item *it, const model_slice *slice, lane_error *error);
static void to_lanes_csc(lac_model *m, const item *it, const model_slice *slice, lane_error *error)
{
    broadcast(m, it, slice, m->entry10, walk_csc, 0, error);
}
static void to_lanes_csc8(lac_model *m, const item *it, const model_slice *slice, lane_error *error)
{
    broadcast(m, it, slice, m->entry16, walk_csc8, 0, error);
}
static void to_lanes_nm(lac_model *m, const item *it, const model_slice *slice, lane_error *error)
{
    broadcast(m, it, slice, m->entry10, walk_nm, 0, error);
}
static void to_lanes_own(lac_model *m, const item *it, const model_slice *slice, lane_error *error)
{
    broadcast(m, it, slice, m->entry16, walk_csc8, 1, error);
}
static void to_lanes_wide(lac_model *m, const item *it, const model_slice *slice, lane_error *error)
{
    broadcast(m, it, slice, m->entry16, walk_wide, 1, error);
}
static to_lanes *const TO_LANES[5] = {to_lanes_csc, to_lanes_csc8, to_lanes_nm, to_lanes_own, to_lanes_wide};

/* What a job of EXEC tells all its items. */
typedef struct {
    to_lanes      *to;
    const int16_t *codebook;
    uint32_t       channels, type, columns, col_base;  /* channels: of a column */
    int32_t        zero;
    lane_error     error[MAX_LANES];
    item           it;
} job;

static void issue(lac_model *m, job *j, uint32_t column)
{
    REG(m, CNT_ITEMS)++;
    for (uint32_t code = 1; code < 16; code++) j->it.product[code] = (int64_t)j->codebook[code] * j->it.a[0];
    j->to(m, &j->it, m->slice + (uint64_t)column * m->cfg.lanes, j->error);
}

static int finish(lac_model *m, const job *j)
{
    for (uint32_t lane = 0; lane < m->cfg.lanes; lane++)
        if (j->error[lane].code) return model_fail(m, LAC_UNIT_EXEC, j->error[lane].code, 0, j->error[lane].index);
    return GO_ON;
}

/* A point is one pixel that begins at its element 0, or a row of an image: pixel i begins at element FIRST + i * STEP, and what lies outside the row
 * is padding. Pixels may share accumulators (APART below ROWS): then an item scatters to its neighbours. */
int model_exec(lac_model *m, const model_cmd *c)
{
    const uint32_t format = F(EXEC, FORMAT), type = F(EXEC, TYPE);
    const uint32_t channels = format >= FORMAT_NM ? 4 : 1, per_line = m->line / element_size(type);
    job j = {TO_LANES[format == FORMAT_LANE && F(EXEC, N) ? format + 1u : format], m->codebook[F(EXEC, COPY)], channels, type, F(EXEC, COLUMNS), F(EXEC, COL_BASE),
             int16_of(F(EXEC, ZERO)), {{0, 0}}, {format, F(EXEC, BANK), {0}, {0}, 0, F(EXEC, ROWS), F(EXEC, N)}};

    const uint32_t apart = F(EXEC, APART) ? F(EXEC, APART) : F(EXEC, ROWS), windows = F(EXEC, WIDTH) != 0;
    const uint32_t pixels  = windows ? F(EXEC, PIXELS) : 1;
    const int64_t  width   = windows ? F(EXEC, WIDTH) : (int64_t)j.columns * channels;
    for (uint32_t i = 0; i < F(EXEC, POINTS) * pixels; i++) {
        const uint32_t line  = F(EXEC, FEAT_BASE) + i / pixels * F(EXEC, FEAT_PITCH);
        const int64_t  first = (int64_t)int17_of(F(EXEC, FIRST)) + (int64_t)(i % pixels) * F(EXEC, STEP);
        j.it.base = F(EXEC, ACC_BASE) + i * apart;
        for (uint32_t col = 0; col < j.columns; col++) {
            int any = 0;
            for (uint32_t k = 0; k < channels; k++) {
                const int64_t x = first + col * channels + k;  /* element of the point */
                j.it.a[k] = 0;
                if (x < 0 || x >= width) continue;
                const uint64_t at = (uint64_t)(line + x / per_line) * m->line, in_line = (uint64_t)x % per_line;
                if (!m->flag[at + in_line]) continue;
                j.it.a[k] = get_element(m->feature + at, type, (uint32_t)in_line) - j.zero;
                any = 1;
            }
            if (any) issue(m, &j, j.col_base + col);
        }
    }
    return finish(m, &j);
}

/* ---- Rules (docs/mapping.md) ---------------------------------------------------------------------------- */

/* Line `at` of memory, through the cache; *place: where it stands in the feature RAM. */
static int seek(lac_model *m, const job *j, uint64_t at, uint32_t *place)
{
    const uint64_t number = at / m->line;
    *place = (uint32_t)(number % m->cache_lines);
    REG(m, CNT_SOUGHT)++;
    if (m->cached[*place] == number + 1u) return GO_ON;
    if (!model_in_window(m, 0, at, m->line)) return model_fail(m, LAC_UNIT_EXEC, LAC_ERR_WINDOW, at, 0);
    uint8_t *data = m->feature + (uint64_t)*place * m->line, *flag = m->flag + (uint64_t)*place * m->line;
    REG(m, CNT_FETCHED)++;
    m->cached[*place] = 0;
    if (model_bus_read(m, LAC_UNIT_EXEC, at, data, m->line)) return STOP;
    m->cached[*place] = number + 1u;
    for (uint32_t k = 0; k < m->line / element_size(j->type); k++) flag[k] = get_element(data, j->type, k) != j->zero;
    return GO_ON;
}

/* One rule: input i through the columns from `column` on. */
static int follow(lac_model *m, job *j, const model_cmd *c, uint32_t i, uint32_t column)
{
    const uint32_t channels = F(EXEC_RULES, CHANNELS), size = element_size(j->type);
    const uint64_t first = 64u * (uint64_t)F(EXEC_RULES, FEATURES) + (uint64_t)i * channels * size;  /* [bytes] */
    uint32_t       place = 0;
    uint64_t       held = UINT64_MAX;

    for (uint32_t col = 0; col < channels / j->channels; col++) {
        int any = 0;
        for (uint32_t k = 0; k < j->channels; k++) {
            const uint64_t at = first + (uint64_t)(col * j->channels + k) * size, line = at / m->line * m->line;
            if (line != held && seek(m, j, line, &place)) return STOP;
            held = line;
            const uint64_t in_ram = (uint64_t)place * m->line, in_line = at % m->line / size;
            j->it.a[k] = m->flag[in_ram + in_line] ? get_element(m->feature + in_ram, j->type, (uint32_t)in_line) - j->zero : 0;
            any |= m->flag[in_ram + in_line];
        }
        if (any) issue(m, j, column + col);
    }
    return GO_ON;
}

int model_exec_rules(lac_model *m, const model_cmd *c)
{
    const uint32_t format = F(EXEC_RULES, FORMAT), tap_columns = F(EXEC_RULES, CHANNELS) / (format >= FORMAT_NM ? 4u : 1u);
    const uint64_t band = 64u * (uint64_t)F(EXEC_RULES, BAND);
    uint8_t line[MAX_LINE], head[64];
    job j = {TO_LANES[format == FORMAT_LANE && F(EXEC_RULES, N) ? format + 1u : format], m->codebook[F(EXEC_RULES, COPY)], format >= FORMAT_NM ? 4 : 1, F(EXEC_RULES, TYPE),
             F(EXEC_RULES, COLUMNS), F(EXEC_RULES, COL_BASE), int16_of(F(EXEC_RULES, ZERO)), {{0, 0}},
             {format, F(EXEC_RULES, BANK), {0}, {0}, 0, F(EXEC_RULES, ROWS), F(EXEC_RULES, N)}};

    if (F(EXEC_RULES, FRESH)) memset(m->cached, 0, m->cache_lines * sizeof *m->cached);
    if (!model_in_window(m, 0, band, 64)) return model_fail(m, LAC_UNIT_EXEC, LAC_ERR_WINDOW, band, 0);
    for (uint32_t i = 0; i < 16u; i += m->line)
        if (model_bus_read(m, LAC_UNIT_EXEC, band + i, head + i, m->line)) return STOP;
    const uint32_t outputs = get32(head), rules = get32(head + 4);
    const uint64_t first = 64u * ((uint64_t)F(EXEC_RULES, RULES) + get32(head + 8));
    if (outputs > F(EXEC_RULES, OUTPUTS) || rules >= 1u << 24 || !outputs != !rules) return model_fail(m, LAC_UNIT_EXEC, LAC_ERR_RULES, band, 0xffffffffu);
    if (rules && !model_in_window(m, 0, first, (uint64_t)m->line * lines(m, 4u * (uint64_t)rules))) return model_fail(m, LAC_UNIT_EXEC, LAC_ERR_WINDOW, first, 0);

    uint32_t output = 0;
    for (uint32_t i = 0; i < rules; i++) {
        if (4u * i % m->line == 0 && model_bus_read(m, LAC_UNIT_EXEC, first + 4u * (uint64_t)i, line, m->line)) return STOP;
        const uint32_t rule = get32(line + 4u * i % m->line), tap = rule >> 24 & 0x7fu, t = tap - F(EXEC_RULES, TAP);
        if (output == outputs) return model_fail(m, LAC_UNIT_EXEC, LAC_ERR_RULES, band, i);
        j.it.base = F(EXEC_RULES, ACC_BASE) + output * F(EXEC_RULES, ROWS);
        if (tap != 127u && tap >= F(EXEC_RULES, TAP) && (uint64_t)(t + 1u) * tap_columns <= j.columns
            && follow(m, &j, c, rule & 0xffffffu, j.col_base + t * tap_columns)) return STOP;
        output += rule >> 31;
    }
    if (output != outputs) return model_fail(m, LAC_UNIT_EXEC, LAC_ERR_RULES, band, rules);
    return finish(m, &j);
}
