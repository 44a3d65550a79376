/* SPDX-License-Identifier: Apache-2.0
 *
 * model_impl.h - inside the golden model: its state, and what its parts call of each other
 *
 *   lac_model.c    registers, doorbell, ring, tokens, resets
 *   model_check.c  the checks before a command starts
 *   model_bus.c    memory, faults, bursts
 *   model_load.c   LOAD   memory -> weights, column table, codebooks, features, parameters
 *   model_exec.c   EXEC   features x weights -> accumulators
 *   model_store.c  STORE  accumulators -> requantised outputs -> memory
 *   model_map.c    MAP    lists of coordinates -> outputs, rules
 *
 * A function that can fail returns GO_ON, or STOP after it has written the error record (or, without a watchdog, has left the
 * machine waiting for ever). Nothing runs after a STOP. */
#ifndef LAC_MODEL_IMPL_H
#define LAC_MODEL_IMPL_H
#include "lac_hw.h"
#include "lac_model.h"

enum { GO_ON = 0, STOP = -1 };
enum { MAX_LANES = 256, MAX_LINE = 64, MAX_FAULTS = 16 };
enum { FORMAT_CSC = 0, FORMAT_CSC8 = 1, FORMAT_NM = 2, FORMAT_LANE = 3 };
enum { TYPE_INT8 = 0, TYPE_UINT8 = 1, TYPE_INT16 = 2, TYPE_RAW = 3 };

typedef struct {
    lac_fault_kind kind;
    int            on_read, on_write;
    uint64_t       first, last;
} model_fault;

/* What one lane has of one column: `count` entries, the first in slot `slot` of weight word `word`. The lane mask of a column
 * is count != 0. */
typedef struct {
    uint32_t word;
    uint16_t slot, count;
} model_slice;

typedef struct {
    int32_t  bias;
    uint32_t multiplier;  /* below 2^31 */
    uint8_t  shift;       /* 1 .. 62 */
    uint8_t  lane;
} model_param;

struct lac_model {
    lac_config cfg;
    uint32_t   line;              /* [bytes] LB */
    uint32_t   beat;              /* [bytes] of the data bus */
    uint32_t   weight_pitch;      /* [words] from a lane's weights to the next lane's; only weight_depth of them are used */
    uint32_t   acc_pitch;         /* the same of accumulators */

    uint8_t    *mem;
    uint64_t    mem_base, mem_size;
    model_fault fault[MAX_FAULTS];
    int         faults;
    int         owed;             /* the bus will never answer something it was asked */

    uint32_t reg[1024];           /* what the registers read, by offset / 4 */
    uint32_t tag;                 /* of the command at work */
    uint32_t token[5][5];         /* [from][to], by unit; given and not taken yet, 0 .. 15 */
    uint64_t macs;                /* of this run */
    uint64_t lane_macs[MAX_LANES];

    /* On chip. A weight word does not know which format it holds, so the model keeps it cut up in both ways: as six entries
     * of 10 bits (csc, N:4) and as four of 16 bits (csc8). */
    uint16_t    *entry10;         /* [lanes][weight_pitch * 6] */
    uint16_t    *entry16;         /* [lanes][weight_pitch * 4] */
    model_slice *slice;           /* [col_depth][lanes] */
    uint32_t     columns_touched; /* columns from here on are still as reset left them */
    int16_t      codebook[2][16];
    uint8_t     *feature;         /* [feat_depth][line]: bytes */
    uint8_t     *flag;            /* [feat_depth][line]: 1 where that *element* of the line differs from its zero point */
    model_param *param;           /* [param_depth] */
    int64_t     *acc;             /* [2 banks][lanes][acc_pitch], -2^35 .. 2^35 - 1 */
    uint8_t     *row;             /* one output row before it is written */
    uint64_t    *cached;          /* [cache lines] line of memory that a line of the feature RAM holds for EXEC_RULES, plus 1; 0: none */
    uint32_t     cache_lines;     /* the largest power of two that feat_depth is not below */
    struct model_map *map;        /* begun and not at its end; NULL: none */
    uint8_t     *index;           /* [col_depth and a line more] of the column block at work: lines of each column */
};

#define REG(m, name) ((m)->reg[LAC_REG_##name / 4])

/* A command in the ring. F() needs a `c` in scope. */
typedef struct {
    uint64_t addr;  /* where it stands */
    uint32_t w[16];
} model_cmd;
#define F(cmd, field) lac_get_field(c->w, LAC_F_##cmd##_##field)
#define F_ADDR(cmd)   ((uint64_t)F(cmd, ADDR_HI) << 32 | F(cmd, ADDR_LO))

/* ---- Small things all parts need ---------------------------------------------------------------------- */

static inline uint64_t ceil_div(uint64_t a, uint64_t b)
{
    return (a + b - 1u) / b;
}

static inline uint32_t lines(const lac_model *m, uint64_t bytes)
{
    return (uint32_t)ceil_div(bytes, m->line);
}

/* [bytes] of an element; raw 8 */
static inline uint32_t element_size(uint32_t type)
{
    static const uint32_t size[4] = {1, 1, 2, 8};
    return size[type];
}

static inline int in_type(uint32_t type, int32_t v)
{
    return type == TYPE_INT8 ? v >= -128 && v <= 127 : type == TYPE_UINT8 ? v >= 0 && v <= 255 : v >= -32768 && v <= 32767;
}

/* [entries] in a weight word */
static inline uint32_t entries_per_word(uint32_t format)
{
    return format % 2u ? 4u : 6u;  /* csc8, and format 3 of EXEC, which reads it */
}

static inline int32_t int16_of(uint32_t v)
{
    v &= 0xffffu;
    return (int32_t)v - (v & 0x8000u ? 0x10000 : 0);
}

static inline int32_t int17_of(uint32_t v)
{
    return (int32_t)v - (v & 0x10000u ? 0x20000 : 0);
}

static inline int32_t int8_of(uint32_t v)
{
    v &= 0xffu;
    return (int32_t)v - (v & 0x80u ? 0x100 : 0);
}

static inline uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t get32(const uint8_t *p)
{
    return get16(p) | get16(p + 2) << 16;
}

static inline uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* The low n bytes of v, low byte first. */
static inline void put_bytes(uint8_t *p, uint64_t v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) p[i] = (uint8_t)(v >> 8 * i);
}

/* Element i of a line (or row) of elements. */
static inline int32_t get_element(const uint8_t *p, uint32_t type, uint32_t i)
{
    return type == TYPE_INT8 ? int8_of(p[i]) : type == TYPE_UINT8 ? (int32_t)p[i] : int16_of(get16(p + 2u * i));
}

static inline int64_t *accumulators(lac_model *m, uint32_t bank, uint32_t lane)
{
    return m->acc + ((uint64_t)bank * m->cfg.lanes + lane) * m->acc_pitch;
}

/* ---- The parts ---------------------------------------------------------------------------------------- */

/* Writes the error record. Always STOP. */
int model_fail(lac_model *m, uint32_t unit, uint32_t code, uint64_t addr, uint32_t index);

/* [addr, addr + n) lies inside the read (write) window and the address space. */
int model_in_window(const lac_model *m, int write, uint64_t addr, uint64_t n);

int model_check(lac_model *m, const model_cmd *c);

/* n bytes, a multiple of a line, beat by beat. */
int model_bus_read(lac_model *m, uint32_t unit, uint64_t addr, uint8_t *dst, uint32_t n);

/* A row: `span` bytes, a multiple of a line, in bursts; only the first n of them are changed. */
int model_bus_write(lac_model *m, uint32_t unit, uint64_t addr, const uint8_t *src, uint32_t n, uint32_t span);

/* The same, but they only say what became of it: 0, or the code of an error, and at *bad its address. */
uint32_t model_bus_try_read(lac_model *m, uint64_t addr, uint8_t *dst, uint32_t n, uint64_t *bad);
uint32_t model_bus_try_write(lac_model *m, uint64_t addr, const uint8_t *src, uint32_t n, uint32_t span, uint64_t *bad);

/* The error record of a bus error; one that does not answer is an error only if somebody watches the clock. Always STOP. */
int model_bus_error(lac_model *m, uint32_t unit, uint32_t code, uint64_t addr);

int model_load(lac_model *m, const model_cmd *c);
int model_exec(lac_model *m, const model_cmd *c);
int model_exec_rules(lac_model *m, const model_cmd *c);
int model_store(lac_model *m, const model_cmd *c);
int model_map(lac_model *m, const model_cmd *c);
void model_map_forget(lac_model *m);

#endif
