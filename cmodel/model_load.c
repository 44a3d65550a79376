/* SPDX-License-Identifier: Apache-2.0
 *
 * model_load.c - LOAD: memory -> weights, column table (both from weight blocks or column blocks), codebooks, features, parameters
 *
 * Each loader reads its lines in order and complains about the first one that is wrong. */
#include "model_impl.h"

#include <string.h>

/* ---- Weight blocks ------------------------------------------------------------------------------------ */

typedef struct {
    uint32_t format, n;
    uint32_t lanes;         /* the first so many of the machine */
    uint32_t columns;
    uint32_t slice_entries; /* N:4: of every lane and column */
    uint32_t words;         /* N:4: of every lane */
} block_header;

/* 0: malformed */
static int parse_header(const lac_model *m, uint64_t w, block_header *h)
{
    const uint32_t n = w >> 2 & 7u, r = w >> 5 & 7u, q = w >> 32 & 0x3ffu, zero = w >> 42 & 0x3fu;
    h->format        = w & 3u;
    h->n             = n;
    h->lanes         = (uint32_t)(w >> 8 & 0xffu) + 1u;
    h->columns       = w >> 16 & 0xffffu;
    h->slice_entries = 6u * q + r;
    h->words         = (uint32_t)(w >> 48);
    if (h->format == 3 || zero || h->columns == 0 || h->lanes > m->cfg.lanes) return 0;
    if (h->format == FORMAT_NM) return n >= 1 && n <= 4 && r < 6 && h->slice_entries && h->words;
    return !n && !q && !r && !h->words;
}

static void set_word(lac_model *m, uint32_t lane, uint32_t word, uint64_t value)
{
    uint16_t *e10 = m->entry10 + ((uint64_t)lane * m->weight_pitch + word) * 6u;
    uint16_t *e16 = m->entry16 + ((uint64_t)lane * m->weight_pitch + word) * 4u;
    for (int s = 0; s < 6; s++) e10[s] = (uint16_t)(value >> 10 * s & 0x3ffu);
    for (int s = 0; s < 4; s++) e16[s] = (uint16_t)(value >> 16 * s & 0xffffu);
}

static int load_weights(lac_model *m, const model_cmd *c)
{
    const uint64_t block     = F_ADDR(LOAD_WEIGHTS);
    const uint32_t word_base = F(LOAD_WEIGHTS, WORD_BASE), col_base = F(LOAD_WEIGHTS, COL_BASE);
    const uint32_t per_line  = m->line / 8u;  /* B: lanes in a group */
    uint64_t at = block;                      /* the next line to read */
    uint8_t  buf[MAX_LINE];
    block_header h;

    if (model_bus_read(m, LAC_UNIT_LOAD, at, buf, m->line)) return STOP;
    at += m->line;
    if (!parse_header(m, get64(buf), &h)) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_BLOCK_HEADER, block, 0);
    if (col_base + h.columns > m->cfg.col_depth) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_BOUNDS, block, 0);

    /* Lengths. Those of the entries stand in the group list, which must lie inside the command's lines to be read. */
    const int      listed      = h.format != FORMAT_NM;
    const uint32_t groups      = (uint32_t)ceil_div(h.lanes, per_line);
    const uint32_t table_lines = lines(m, h.lanes);  /* of one column */
    uint32_t words[MAX_LANES];                       /* by group */
    uint32_t need = 1;                               /* [lines] */
    for (uint32_t g = 0; g < groups; g++) words[g] = h.words;
    need += listed ? lines(m, 2u * groups) + h.columns * table_lines : groups * h.words;
    if (need > F(LOAD_WEIGHTS, LINES)) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_BLOCK_LENGTH, block, need);
    if (listed) {
        for (uint32_t g = 0; g < groups; g++) {
            const uint32_t byte = 2u * g % m->line;
            if (byte == 0) {
                if (model_bus_read(m, LAC_UNIT_LOAD, at, buf, m->line)) return STOP;
                at += m->line;
            }
            words[g] = get16(buf + byte);
            need += words[g];
        }
    }
    if (need != F(LOAD_WEIGHTS, LINES)) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_BLOCK_LENGTH, block, need);
    for (uint32_t g = 0; g < groups; g++)
        if (word_base + words[g] > m->cfg.weight_depth) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_BOUNDS, block, 0);

    /* Column table: a lane's slices follow each other. */
    const uint32_t e = entries_per_word(h.format);
    uint32_t used[MAX_LANES] = {0};  /* [entries] by lane */
    if (m->columns_touched < col_base + h.columns) m->columns_touched = col_base + h.columns;
    for (uint32_t col = 0; col < h.columns; col++) {
        model_slice *slice = m->slice + (uint64_t)(col_base + col) * m->cfg.lanes;
        for (uint32_t lane = 0; lane < m->cfg.lanes; lane++) {
            uint32_t count = lane < h.lanes ? h.slice_entries : 0;
            if (listed && lane < h.lanes) {
                if (lane % m->line == 0) {
                    if (model_bus_read(m, LAC_UNIT_LOAD, at, buf, m->line)) return STOP;
                    at += m->line;
                }
                const uint32_t q = buf[lane % m->line] >> 3, r = buf[lane % m->line] & 7u;
                if (r >= e) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_BLOCK_COUNT, at - m->line, lane);
                count = e * q + r;
            }
            slice[lane].word  = word_base + used[lane] / e;
            slice[lane].slot  = (uint16_t)(used[lane] % e);
            slice[lane].count = (uint16_t)count;
            used[lane] += count;
        }
    }

    for (uint32_t g = 0; g < groups; g++)
        for (uint32_t i = 0; i < words[g]; i++) {
            if (model_bus_read(m, LAC_UNIT_LOAD, at, buf, m->line)) return STOP;
            at += m->line;
            for (uint32_t lane = g * per_line; lane < (g + 1u) * per_line && lane < h.lanes; lane++)
                set_word(m, lane, word_base + i, get64(buf + 8u * (lane % per_line)));
        }

    for (uint32_t lane = 0; lane < h.lanes; lane++)
        if (used[lane] > e * words[lane / per_line]) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_BLOCK_TABLE, block, lane);
    return GO_ON;
}

/* ---- Column blocks ------------------------------------------------------------------------------------ */

enum { OCTET = 8 };

/* A column of a column block: entries are counted along its word position, across the octets that share it. */
typedef struct {
    uint32_t first[MAX_LANES], count[MAX_LANES];  /* by lane; count 0: first means nothing */
} column_slices;

/* The table of a column, `words` lines of words behind it. */
static int read_column_table(lac_model *m, const model_cmd *c, uint64_t at, uint32_t words, column_slices *s)
{
    const uint32_t lanes = F(LOAD_COLUMNS, LANES) + 1u, e = entries_per_word(F(LOAD_COLUMNS, FORMAT)), positions = m->line / 8u;
    uint32_t used[MAX_LINE / 8] = {0};  /* [entries] by position, of the octets before this one */
    uint8_t  buf[MAX_LINE];

    for (uint32_t line = 0; line < lanes; line += m->line, at += m->line) {
        const uint32_t n = lanes - line < m->line ? lanes - line : m->line;  /* its lanes */
        if (model_bus_read(m, LAC_UNIT_LOAD, at, buf, m->line)) return STOP;
        for (uint32_t i = 0; i < n; i++)
            if ((buf[i] & 7u) >= e || (i % OCTET && buf[i] < buf[i - 1])) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_BLOCK_COUNT, at, line + i);
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t lane = line + i, position = lane / OCTET % positions;
            const uint32_t end  = e * (buf[i] >> 3) + (buf[i] & 7u);                                     /* in its octet */
            const uint32_t from = i % OCTET ? e * (buf[i - 1] >> 3) + (buf[i - 1] & 7u) : 0;
            if (used[position] + end > e * words) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_BLOCK_TABLE, at, lane);
            s->first[lane] = used[position] + from;
            s->count[lane] = end - from;
            if (i % OCTET == OCTET - 1) used[position] += end;
        }
    }
    return GO_ON;
}

static int load_columns(lac_model *m, const model_cmd *c)
{
    const uint64_t block   = F_ADDR(LOAD_COLUMNS);
    const uint32_t columns = F(LOAD_COLUMNS, COLUMNS), lanes = F(LOAD_COLUMNS, LANES) + 1u, col_base = F(LOAD_COLUMNS, COL_BASE);
    const uint32_t e = entries_per_word(F(LOAD_COLUMNS, FORMAT)), positions = m->line / 8u;
    const uint32_t index_lines = lines(m, columns), table_lines = lines(m, lanes);
    const uint32_t per_line = m->line >> F(LOAD_COLUMNS, WIDE);  /* features */
    uint32_t next[MAX_LANES];  /* word of each lane's RAM that it is given next; may lie behind the last */
    uint64_t need = index_lines;
    uint8_t  buf[MAX_LINE];

    /* The index has to be inside the command's lines to be read. */
    if (index_lines > F(LOAD_COLUMNS, LINES)) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_BLOCK_LENGTH, block, index_lines);
    for (uint32_t i = 0; i < index_lines; i++)
        if (model_bus_read(m, LAC_UNIT_LOAD, block + (uint64_t)i * m->line, m->index + (size_t)i * m->line, m->line)) return STOP;
    for (uint32_t col = 0; col < columns; col++) {
        if (m->index[col] && m->index[col] < table_lines) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_BLOCK_HEADER, block, 0);
        need += m->index[col];
    }
    if (need != F(LOAD_COLUMNS, LINES)) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_BLOCK_LENGTH, block, (uint32_t)need);

    for (uint32_t lane = 0; lane < lanes; lane++) next[lane] = F(LOAD_COLUMNS, WORD_BASE);
    if (m->columns_touched < col_base + columns) m->columns_touched = col_base + columns;
    uint64_t at = block + (uint64_t)index_lines * m->line;  /* of the column */
    for (uint32_t col = 0; col < columns; at += (uint64_t)m->index[col] * m->line, col++) {
        model_slice   *slice = m->slice + (uint64_t)(col_base + col) * m->cfg.lanes;
        const uint32_t words = m->index[col] ? m->index[col] - table_lines : 0;
        column_slices  s;

        if (F(LOAD_COLUMNS, NEEDED) && !m->flag[(uint64_t)(F(LOAD_COLUMNS, FEAT_BASE) + col / per_line) * m->line + col % per_line]) continue;
        memset(s.count, 0, sizeof s.count);
        if (m->index[col] && read_column_table(m, c, at, words, &s)) return STOP;
        for (uint32_t lane = 0; lane < m->cfg.lanes; lane++) {
            slice[lane].count = (uint16_t)s.count[lane];
            if (!s.count[lane]) continue;
            slice[lane].word = next[lane];
            slice[lane].slot = (uint16_t)(s.first[lane] % e);
        }
        for (uint32_t i = 0; i < words; i++) {
            if (model_bus_read(m, LAC_UNIT_LOAD, at + (uint64_t)(table_lines + i) * m->line, buf, m->line)) return STOP;
            for (uint32_t lane = 0; lane < lanes; lane++) {
                if (!s.count[lane] || i < s.first[lane] / e || i > (s.first[lane] + s.count[lane] - 1u) / e) continue;
                if (next[lane] < m->cfg.weight_depth) set_word(m, lane, next[lane], get64(buf + 8u * (lane / OCTET % positions)));
                next[lane]++;
            }
        }
    }
    for (uint32_t lane = 0; lane < lanes; lane++)
        if (next[lane] > m->cfg.weight_depth) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_BOUNDS, block, lane);
    return GO_ON;
}

/* ---- Codebook ----------------------------------------------------------------------------------------- */

static int load_codebook(lac_model *m, const model_cmd *c)
{
    uint8_t buf[MAX_LINE];
    if (model_bus_read(m, LAC_UNIT_LOAD, F_ADDR(LOAD_CODEBOOK), buf, lines(m, 32) * m->line)) return STOP;
    for (uint32_t i = 0; i < 16; i++) m->codebook[F(LOAD_CODEBOOK, COPY)][i] = (int16_t)int16_of(get16(buf + 2u * i));
    return GO_ON;
}

/* ---- Features ----------------------------------------------------------------------------------------- */

/* Dense: `ram_lines` lines to RAM line `to`, a flag for each element. */
static int load_dense(lac_model *m, const model_cmd *c, uint64_t at, uint32_t to, uint32_t ram_lines)
{
    const uint32_t type = F(LOAD_FEATURES, TYPE), channels = F(LOAD_FEATURES, CHANNELS);
    const uint32_t per_line = m->line / element_size(type);
    const int32_t  zero     = int16_of(F(LOAD_FEATURES, ZERO));

    for (uint32_t i = 0; i < ram_lines; i++) {
        uint8_t *data = m->feature + (uint64_t)(to + i) * m->line, *flag = m->flag + (uint64_t)(to + i) * m->line;
        if (model_bus_read(m, LAC_UNIT_LOAD, at + (uint64_t)i * m->line, data, m->line)) return STOP;
        for (uint32_t k = 0; k < m->line; k++)
            flag[k] = k < per_line && i * per_line + k < channels && get_element(data, type, k) != zero;
    }
    return GO_ON;
}

/* A compressed list, expanded to the same RAM lines. */
static int load_list(lac_model *m, const model_cmd *c, uint64_t at, uint32_t to, uint32_t ram_lines)
{
    const uint32_t type = F(LOAD_FEATURES, TYPE), channels = F(LOAD_FEATURES, CHANNELS);
    const uint32_t size = element_size(type), per_line = m->line / size;
    const int32_t  zero = int16_of(F(LOAD_FEATURES, ZERO));
    uint8_t  buf[MAX_LINE];
    uint32_t next = 0;  /* smallest index an entry may have */

    memset(m->feature + (uint64_t)to * m->line, 0, (size_t)ram_lines * m->line);
    memset(m->flag + (uint64_t)to * m->line, 0, (size_t)ram_lines * m->line);

    if (model_bus_read(m, LAC_UNIT_LOAD, at, buf, m->line)) return STOP;
    const uint32_t count = get32(buf);
    if (count > channels || get32(buf + 4) != 0) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_LIST, at, 0xffffffffu);

    for (uint32_t i = 0; i < count; i++) {
        const uint32_t byte = 4u * i % m->line;
        const uint64_t line = at + 64u + 4u * i - byte;
        if (byte == 0 && model_bus_read(m, LAC_UNIT_LOAD, line, buf, m->line)) return STOP;
        const uint32_t entry = get32(buf + byte), index = entry & 0xffffu;
        const int32_t  value = int16_of(entry >> 16);
        if (index < next || index >= channels || !in_type(type, value))
            return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_LIST, line, i);
        next = index + 1u;
        const uint64_t to_line = (uint64_t)(to + index / per_line) * m->line;
        put_bytes(m->feature + to_line + index % per_line * size, (uint32_t)value, size);
        m->flag[to_line + index % per_line] = value != zero;
    }
    return GO_ON;
}

static int load_features(lac_model *m, const model_cmd *c)
{
    const uint32_t ram_lines = lines(m, (uint64_t)F(LOAD_FEATURES, CHANNELS) * element_size(F(LOAD_FEATURES, TYPE)));
    uint32_t to = F(LOAD_FEATURES, FEAT_BASE);
    for (uint32_t p = 0; p < F(LOAD_FEATURES, POINTS); p++, to += ram_lines) {
        const uint64_t at = F_ADDR(LOAD_FEATURES) + (uint64_t)p * F(LOAD_FEATURES, PITCH);
        if (F(LOAD_FEATURES, LIST) ? load_list(m, c, at, to, ram_lines) : load_dense(m, c, at, to, ram_lines)) return STOP;
    }
    /* The machine keeps the lines' flags 32 to a word: what lies between the last line and a multiple of 32 becomes zero. */
    for (; to % 32u && to < m->cfg.feat_depth; to++) memset(m->flag + (uint64_t)to * m->line, 0, m->line);
    return GO_ON;
}

/* ---- Parameters --------------------------------------------------------------------------------------- */

static int load_params(lac_model *m, const model_cmd *c)
{
    uint8_t buf[MAX_LINE];
    for (uint32_t k = 0; k < F(LOAD_PARAMS, CHANNELS); k++) {
        model_param p = {0};
        /* Two halves of 8 bytes: a line may hold several records, one, or half of one. */
        for (uint32_t half = 0; half < 2; half++) {
            const uint64_t at   = F_ADDR(LOAD_PARAMS) + 16u * (uint64_t)k + 8u * half;
            const uint32_t byte = (uint32_t)(at % m->line);
            if (byte == 0 && model_bus_read(m, LAC_UNIT_LOAD, at, buf, m->line)) return STOP;
            const uint8_t *b = buf + byte;
            int ok;
            if (half == 0) {
                p.bias       = (int32_t)get32(b);
                p.multiplier = get32(b + 4);
                ok = p.multiplier < 0x80000000u;
            } else {
                p.shift = b[0];
                p.lane  = b[1];
                ok = p.shift >= 1 && p.shift <= 62 && p.lane < m->cfg.lanes && get16(b + 2) == 0 && get32(b + 4) == 0;
            }
            if (!ok) return model_fail(m, LAC_UNIT_LOAD, LAC_ERR_PARAM, at - byte, k);
        }
        m->param[F(LOAD_PARAMS, PARAM_BASE) + k] = p;
    }
    return GO_ON;
}

int model_load(lac_model *m, const model_cmd *c)
{
    switch (c->w[0] & 0xffu) {
    case LAC_OP_LOAD_WEIGHTS:  return load_weights(m, c);
    case LAC_OP_LOAD_COLUMNS:  return load_columns(m, c);
    case LAC_OP_LOAD_CODEBOOK: return load_codebook(m, c);
    case LAC_OP_LOAD_FEATURES: return load_features(m, c);
    default:                   return load_params(m, c);
    }
}
