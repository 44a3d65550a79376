/* SPDX-License-Identifier: Apache-2.0
 *
 * model_check.c - the checks before a command starts (docs/formats.md has the table) */
#include "model_impl.h"

/* What one command asks for, as far as the checks want to know. */
typedef struct {
    int      length_ok, align_ok, bounds_ok;
    uint64_t addr, bytes;  /* memory it may touch; bytes 0: none */
    int      write;
} demand;

/* Its values may lie outside what the types allow: each answer is looked at only when those before it are right. */
static uint64_t row_bytes(const lac_model *m, uint32_t elements, uint32_t type, uint32_t list)
{
    return (uint64_t)m->line * lines(m, (uint64_t)elements * (list ? 4u : element_size(type))) + (list ? 64u : 0u);
}

static demand want_load_weights(const lac_model *m, const model_cmd *c)
{
    demand d = {0};
    d.length_ok = F(LOAD_WEIGHTS, LINES) != 0;
    d.align_ok  = F_ADDR(LOAD_WEIGHTS) % 64u == 0;
    d.bounds_ok = F(LOAD_WEIGHTS, WORD_BASE) < m->cfg.weight_depth && F(LOAD_WEIGHTS, COL_BASE) < m->cfg.col_depth;
    d.addr      = F_ADDR(LOAD_WEIGHTS);
    d.bytes     = (uint64_t)F(LOAD_WEIGHTS, LINES) * m->line;
    return d;
}

static demand want_load_columns(const lac_model *m, const model_cmd *c)
{
    const uint32_t columns = F(LOAD_COLUMNS, COLUMNS), needed = F(LOAD_COLUMNS, NEEDED), wide = F(LOAD_COLUMNS, WIDE);
    const uint32_t feat_base = F(LOAD_COLUMNS, FEAT_BASE);
    demand d = {0};
    d.length_ok = F(LOAD_COLUMNS, LINES) && columns && F(LOAD_COLUMNS, FORMAT) <= FORMAT_CSC8 && F(LOAD_COLUMNS, LANES) < m->cfg.lanes
               && (needed || (!feat_base && !wide));
    d.align_ok  = F_ADDR(LOAD_COLUMNS) % 64u == 0;
    d.bounds_ok = F(LOAD_COLUMNS, WORD_BASE) < m->cfg.weight_depth && F(LOAD_COLUMNS, COL_BASE) + columns <= m->cfg.col_depth
               && (!needed || feat_base + lines(m, (uint64_t)columns << wide) <= m->cfg.feat_depth);
    d.addr      = F_ADDR(LOAD_COLUMNS);
    d.bytes     = (uint64_t)F(LOAD_COLUMNS, LINES) * m->line;
    return d;
}

static demand want_load_codebook(const lac_model *m, const model_cmd *c)
{
    demand d = {1, 1, 1, 0, 0, 0};
    d.align_ok = F_ADDR(LOAD_CODEBOOK) % 64u == 0;
    d.addr     = F_ADDR(LOAD_CODEBOOK);
    d.bytes    = (uint64_t)lines(m, 32) * m->line;
    return d;
}

static demand want_load_features(const lac_model *m, const model_cmd *c)
{
    const uint32_t points = F(LOAD_FEATURES, POINTS), channels = F(LOAD_FEATURES, CHANNELS);
    const uint32_t type = F(LOAD_FEATURES, TYPE), pitch = F(LOAD_FEATURES, PITCH);
    const uint64_t ram_lines = (uint64_t)points * lines(m, (uint64_t)channels * element_size(type));
    demand d = {0};
    d.length_ok = points && channels && type != TYPE_RAW && in_type(type, int16_of(F(LOAD_FEATURES, ZERO)));
    d.align_ok  = F_ADDR(LOAD_FEATURES) % 64u == 0 && pitch % 64u == 0 && F(LOAD_FEATURES, FEAT_BASE) % 32u == 0;
    d.bounds_ok = F(LOAD_FEATURES, FEAT_BASE) + ram_lines <= m->cfg.feat_depth;
    d.addr      = F_ADDR(LOAD_FEATURES);
    d.bytes     = (uint64_t)(points - 1u) * pitch + row_bytes(m, channels, type, F(LOAD_FEATURES, LIST));
    return d;
}

static demand want_load_params(const lac_model *m, const model_cmd *c)
{
    const uint32_t channels = F(LOAD_PARAMS, CHANNELS), base = F(LOAD_PARAMS, PARAM_BASE);
    demand d = {0};
    d.length_ok = channels != 0;
    d.align_ok  = F_ADDR(LOAD_PARAMS) % 64u == 0 && base % m->cfg.store_w == 0;
    d.bounds_ok = base + channels <= m->cfg.param_depth;
    d.addr      = F_ADDR(LOAD_PARAMS);
    d.bytes     = (uint64_t)lines(m, (uint64_t)channels * 16u) * m->line;
    return d;
}

static demand want_exec(const lac_model *m, const model_cmd *c)
{
    const uint32_t points = F(EXEC, POINTS), columns = F(EXEC, COLUMNS), rows = F(EXEC, ROWS);
    const uint32_t format = F(EXEC, FORMAT), n = F(EXEC, N), type = F(EXEC, TYPE);
    const uint32_t apart = F(EXEC, APART) ? F(EXEC, APART) : rows, group = format >= FORMAT_NM;
    const uint32_t width = F(EXEC, WIDTH), first = F(EXEC, FIRST), step = F(EXEC, STEP), pixels = width ? F(EXEC, PIXELS) : 1u;
    const uint64_t elements   = width ? width : (uint64_t)columns * (group ? 4u : 1u);
    const uint64_t last_point = F(EXEC, FEAT_BASE) + (uint64_t)(points - 1u) * F(EXEC, FEAT_PITCH);
    demand d = {0};
    d.length_ok = points && columns && rows && (format != FORMAT_LANE || width) && type != TYPE_RAW
               && (format == FORMAT_NM ? n >= 1 && n <= 4 : format == FORMAT_LANE ? n <= 1 : n == 0)
               && in_type(type, int16_of(F(EXEC, ZERO)))
               && (width ? pixels && (uint64_t)(pixels - 1u) * step < 65536u : !F(EXEC, PIXELS) && !first && !step && !F(EXEC, APART));
    d.align_ok  = !group || (first % 4u == 0 && step % 4u == 0);
    d.bounds_ok = last_point + lines(m, elements * element_size(type)) <= m->cfg.feat_depth
               && F(EXEC, COL_BASE) + columns <= m->cfg.col_depth
               && F(EXEC, ACC_BASE) + ((uint64_t)points * pixels - 1u) * apart + rows <= m->cfg.acc_depth;
    return d;
}

static demand want_exec_rules(const lac_model *m, const model_cmd *c)
{
    const uint32_t columns = F(EXEC_RULES, COLUMNS), rows = F(EXEC_RULES, ROWS), outputs = F(EXEC_RULES, OUTPUTS), channels = F(EXEC_RULES, CHANNELS);
    const uint32_t format = F(EXEC_RULES, FORMAT), n = F(EXEC_RULES, N), type = F(EXEC_RULES, TYPE);
    demand d = {0};
    d.length_ok = columns && rows && outputs && channels && type != TYPE_RAW
               && (format == FORMAT_NM ? n >= 1 && n <= 4 : format == FORMAT_LANE ? n <= 1 : n == 0) && in_type(type, int16_of(F(EXEC_RULES, ZERO)));
    d.align_ok  = format < FORMAT_NM || channels % 4u == 0;
    d.bounds_ok = lines(m, (uint64_t)channels * element_size(type)) <= m->cfg.feat_depth && F(EXEC_RULES, COL_BASE) + columns <= m->cfg.col_depth
               && F(EXEC_RULES, ACC_BASE) + (uint64_t)outputs * rows <= m->cfg.acc_depth;
    return d;
}

static demand want_store(const lac_model *m, const model_cmd *c)
{
    const uint32_t points = F(STORE, POINTS), channels = F(STORE, CHANNELS), rows = F(STORE, ROWS);
    const uint32_t type = F(STORE, TYPE), list = F(STORE, LIST), pitch = F(STORE, PITCH);
    const int32_t  zero = int16_of(F(STORE, ZERO)), lo = int16_of(F(STORE, CLAMP_LO)), hi = int16_of(F(STORE, CLAMP_HI));
    const uint32_t width = F(STORE, WIDTH), pixels = width ? F(STORE, PIXELS) : 1u;
    const uint32_t guard = F(STORE, GUARD), dropped = F(STORE, TOP) + F(STORE, BOTTOM), pool = F(STORE, POOL_Y) != 0;
    const uint32_t from_rows = pool ? F(STORE, FROM_ROWS) : points, from_pixels = pool ? F(STORE, FROM_PIXELS) : pixels;
    const uint32_t written = pool ? points : points - dropped;  /* of no meaning where that is negative */
    const uint64_t row  = row_bytes(m, width ? width : channels, type, list);
    demand d = {0};
    d.length_ok = points && from_rows > dropped && channels && rows == ceil_div(channels, m->cfg.lanes) && (written == 1 || pitch >= row)
               && (width ? width == (uint64_t)pixels * channels : !F(STORE, PIXELS) && !guard && !dropped && !pool)
               && (pool ? F(STORE, POOL_X) && F(STORE, POOL_DY) && F(STORE, POOL_DX) && from_pixels && F(STORE, AVERAGE) < (type == TYPE_RAW ? 1u : 3u) : !c->w[11] && !c->w[12])
               && (type == TYPE_RAW ? !list && !zero && !lo && !hi
                                    : in_type(type, zero) && in_type(type, lo) && in_type(type, hi) && lo <= hi);
    d.align_ok  = F_ADDR(STORE) % 64u == 0 && pitch % 64u == 0 && F(STORE, PARAM_BASE) % m->cfg.store_w == 0
               && (!width || channels % m->cfg.store_w == 0);
    d.bounds_ok = F(STORE, ACC_BASE) + (uint64_t)from_rows * (from_pixels + guard) * rows <= m->cfg.acc_depth
               && F(STORE, PARAM_BASE) + channels <= m->cfg.param_depth;
    d.addr      = F_ADDR(STORE);
    d.bytes     = (uint64_t)(written - 1u) * pitch + row;
    d.write     = 1;
    return d;
}

/* The bits of a command that some field names and the machine knows, word by word. 0: there is no such command. */
static int named_bits(const lac_model *m, uint32_t op_kind, uint32_t bits[16])
{
    enum {
#define LAC_CMD(cmd, op, kind) IS_##cmd = LAC_OP_##cmd,
#define LAC_FIELD(cmd, field, word, lsb, width, doc)
#include "lac_cmd.def"
#undef LAC_FIELD
#undef LAC_CMD
        IS_ANY = 0x100
    };
    int known = 0;
    for (int i = 0; i < 16; i++) bits[i] = 0;
#define LAC_CMD(cmd, op, kind) if (op_kind == IS_##cmd) known = 1;
#define LAC_FIELD(cmd, field, word, lsb, width, doc) \
    if (IS_##cmd == IS_ANY || op_kind == IS_##cmd) bits[word] |= lac_field_mask(LAC_F_##cmd##_##field) << (lsb);
#include "lac_cmd.def"
#undef LAC_FIELD
#undef LAC_CMD
    if (!m->cfg.windows && op_kind == LAC_OP_EXEC) {
        bits[6] &= 0xffffu;  /* APART */
        bits[7] = bits[8] = 0;
    }
    if (!m->cfg.windows && op_kind == LAC_OP_STORE) {
        bits[7] &= 0xffffffu;  /* TOP, BOTTOM */
        bits[8] &= 0xffffu;    /* GUARD */
        bits[10] = bits[11] = bits[12] = 0;
    }
    if (!m->cfg.map_ring) {
        if (op_kind == LAC_OP_MAP || op_kind == LAC_OP_EXEC_RULES) return 0;
        bits[0] &= ~0x8800u;  /* tokens of MAP */
    }
    return known;
}

/* WAIT and SIGNAL against the counters, which stand as all commands before this one leave them. */
static int tokens_ok(const lac_model *m, const model_cmd *c)
{
    const uint32_t own = F(ANY, OP);
    for (uint32_t other = LAC_UNIT_LOAD; other <= LAC_UNIT_MAP; other++) {
        if (F(ANY, WAIT)   >> (other - 1u) & 1u && m->token[other][own] == 0) return 0;
        if (F(ANY, SIGNAL) >> (other - 1u) & 1u && m->token[own][other] == 15) return 0;
    }
    return 1;
}

int model_in_window(const lac_model *m, int write, uint64_t addr, uint64_t n)
{
    const uint64_t base  = write ? (uint64_t)REG(m, WR_BASE_HI) << 32 | REG(m, WR_BASE_LO)
                                 : (uint64_t)REG(m, RD_BASE_HI) << 32 | REG(m, RD_BASE_LO);
    const uint64_t limit = write ? (uint64_t)REG(m, WR_LIMIT_HI) << 32 | REG(m, WR_LIMIT_LO)
                                 : (uint64_t)REG(m, RD_LIMIT_HI) << 32 | REG(m, RD_LIMIT_LO);
    const uint64_t space = (uint64_t)1 << m->cfg.addr_w;
    const uint64_t end   = limit < space ? limit : space;
    return addr >= base && addr <= end && n <= end - addr;
}

int model_check(lac_model *m, const model_cmd *c)
{
    const uint32_t op_kind = c->w[0] & 0xffu;
    uint32_t bits[16];
    demand   d = {1, 1, 1, 0, 0, 0};  /* MAP looks at its own command */

    if (!named_bits(m, op_kind, bits)) return model_fail(m, LAC_UNIT_CMD, LAC_ERR_OPCODE, c->addr, c->w[0]);

    const uint32_t own = 1u << (F(ANY, OP) - 1u);
    for (uint32_t i = 0; i < 16; i++)
        if (c->w[i] & ~bits[i] || (i == 0 && (F(ANY, WAIT) | F(ANY, SIGNAL)) & own))
            return model_fail(m, LAC_UNIT_CMD, LAC_ERR_RESERVED, c->addr, i);

    switch (op_kind) {
    case LAC_OP_LOAD_WEIGHTS:  d = want_load_weights(m, c);  break;
    case LAC_OP_LOAD_COLUMNS:  d = want_load_columns(m, c);  break;
    case LAC_OP_LOAD_CODEBOOK: d = want_load_codebook(m, c); break;
    case LAC_OP_LOAD_FEATURES: d = want_load_features(m, c); break;
    case LAC_OP_LOAD_PARAMS:   d = want_load_params(m, c);   break;
    case LAC_OP_EXEC:          d = want_exec(m, c);          break;
    case LAC_OP_EXEC_RULES:    d = want_exec_rules(m, c);    break;
    case LAC_OP_STORE:         d = want_store(m, c);         break;
    }
    if (!d.length_ok) return model_fail(m, LAC_UNIT_CMD, LAC_ERR_LENGTH, c->addr, 0);
    if (!d.align_ok)  return model_fail(m, LAC_UNIT_CMD, LAC_ERR_ALIGN,  c->addr, 0);
    if (!d.bounds_ok) return model_fail(m, LAC_UNIT_CMD, LAC_ERR_BOUNDS, c->addr, 0);
    if (d.bytes && !model_in_window(m, d.write, d.addr, d.bytes))
        return model_fail(m, LAC_UNIT_CMD, LAC_ERR_WINDOW, d.addr, 0);
    if (!tokens_ok(m, c)) return model_fail(m, LAC_UNIT_CMD, LAC_ERR_TOKEN, c->addr, 0);
    return GO_ON;
}
