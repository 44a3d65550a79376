/* SPDX-License-Identifier: Apache-2.0
 *
 * model_rig.h - what the tests of the golden model stand on: a model with its memory, commands, a packer, error records
 *
 * Packed by hand from docs/formats.md; shares nothing with the driver's packer. Checks print one line each. */
#ifndef LAC_MODEL_RIG_H
#define LAC_MODEL_RIG_H
#include "check.h"
#include "lac_config.h"
#include "lac_hw.h"
#include "lac_model.h"

enum { CSC = 0, CSC8 = 1, NM = 2, INT8 = 0, UINT8 = 1, INT16 = 2, RAW = 3 };
extern const uint32_t SIZE[4];  /* [bytes] of an element */

/* A model with its memory. */
enum { MEM = 256 * 1024, RING_SIZE = 24 };
#define BASE UINT64_C(0x40000000)  /* of the memory; the ring stands there */

typedef struct {
    lac_config cfg;
    lac_model *m;
    uint8_t    mem[MEM];
    uint32_t   lb;    /* bytes of a line */
    uint64_t   next;  /* first free address */
    uint32_t   tail;
} rig;

#define RD(name) rd(r, LAC_REG_##name)
#define WR(name, v) wr(r, LAC_REG_##name, (uint32_t)(v))

typedef struct { uint32_t w[16]; } command;
#define SET(c, cmd, field, v) lac_set_field((c).w, LAC_F_##cmd##_##field, (uint32_t)(v))
#define TAG(n) (0x7A600000u + (n))

/* One weight block: entries are added column by column. */
typedef struct {
    int      format, n, lanes, cols;
    uint16_t entry[256][4096];
    int      fill[256];
    uint16_t count[600][256];
    int      extra;  /* words more than needed, to test unused room */
} block_under_construction;
extern block_under_construction blk;

/* The 6 x 4 example: weights, and the product with (0, 0, 4, 8). */
extern const int32_t EXAMPLE[6 * 4];
extern const int64_t EXAMPLE_Y[6];

/* ---- Reporting ---- */

/* A formatted name, in one of four static buffers. */
const char *text(const char *format, ...);

/* ---- Model and memory ---- */

uint32_t rd(rig *r, uint32_t off);
void     wr(rig *r, uint32_t off, uint32_t v);
/* [base, limit) */
void window(rig *r, int write, uint64_t base, uint64_t limit);
/* Soft reset, and all registers as the tests want them. The memory is forgotten. */
void fresh(rig *r);
rig *open_rig(const lac_config *cfg);
void close_rig(rig *r);
uint32_t lines(const rig *r, uint32_t bytes);
/* The next `bytes` bytes of memory, from a multiple of 64 on. */
uint64_t take(rig *r, uint32_t bytes);
/* Little endian; device addresses. */
void put(rig *r, uint64_t at, uint64_t v, int bytes);
uint64_t get(const rig *r, uint64_t at, int bytes);

/* ---- Commands ---- */

command new_command(uint32_t op_kind);
command load_weights(uint64_t addr, uint32_t n, uint32_t word_base, uint32_t col_base);
/* All columns, csc8 unless the caller says otherwise. */
command load_columns(uint64_t addr, uint32_t n, uint32_t word_base, uint32_t col_base, uint32_t columns, uint32_t lanes);
command load_codebook(uint64_t addr, uint32_t copy);
command load_features(uint64_t addr, uint32_t pitch, uint32_t points, uint32_t channels, uint32_t base, int type, int list,
                      int32_t zero);
command load_params(uint64_t addr, uint32_t channels, uint32_t base);
/* Columns from 0, accumulators from 0 of bank 0, codebook 0. */
command exec(uint32_t feat_base, uint32_t feat_pitch, uint32_t points, uint32_t columns, uint32_t rows, int format, uint32_t n,
             int type, int32_t zero);
command store(const rig *r, uint64_t addr, uint32_t pitch, uint32_t points, uint32_t channels, int type, int list, int32_t zero,
              int32_t lo, int32_t hi);
command store_raw(const rig *r, uint64_t addr, uint32_t channels);
command with_tag(command c, uint32_t tag);
/* Where the next command will stand. */
uint64_t slot(const rig *r);
void push(rig *r, command c);
void go(rig *r);

/* ---- Packer ---- */

void blk_begin(int format, int n, int lanes, int cols);
void blk_add(int col, int lane, unsigned e);
/* A weight in row `row` of a lane, where the last entry of the slice stands in row *last (-1: none). csc: w is a code. */
void blk_weight(int col, int lane, int row, int w, int *last);
/* The most words any group takes. */
uint32_t blk_words(const rig *r);
/* Write the block; returns its lines. */
uint32_t blk_put(rig *r, uint64_t *where);
/* The same entries as a column block, csc or csc8: at most 191 or 127 of an octet and column. A column without entries has index 0, the
 * others blk.extra lines of words more than they need. */
uint32_t cols_put(rig *r, uint64_t *where);
/* The most words any lane takes on chip; need[c] 0: column c is not loaded. NULL: all are. */
uint32_t cols_words(const rig *r, const uint8_t *need);
/* Where column `col` of that block begins, as the block's index says. */
uint64_t cols_at(const rig *r, uint64_t block, int col);
/* Parameters that change nothing: bias 0, M 1, shift 1, channel k on lane k mod LANES. */
uint64_t put_params(rig *r, uint32_t channels);
uint64_t put_bytes(rig *r, const char *bytes, uint32_t n);
/* Put the block that has been added, one point of int8 features; push the loads (3 commands). */
void push_block(rig *r, const int8_t *x, uint32_t channels);

/* ---- Jobs and errors ---- */

/* The 6 x 4 example, by a weight block of that format, or (COLUMNS) by the needed columns of a block of csc8. 0 when the result is right. The
 * accumulators are read raw. */
enum { COLUMNS = 3 };
int run_example(rig *r, int how, uint64_t *y);
/* The machine has stopped with this record; afterwards it is fresh. */
void expect(rig *r, const char *name, uint32_t code, uint32_t unit, uint32_t cmd, uint32_t tag, uint64_t addr, uint32_t index);
/* One bad command behind a good one (a codebook load, so the failing one is number 1). */
uint64_t behind_good(rig *r, command c);
/* ... that must fail with a check of the command itself. */
void refuse(rig *r, const char *name, command c, uint32_t code, uint32_t index);
void refuse_window(rig *r, const char *name, command c, uint64_t addr);
/* ... that must not fail. */
void allow(rig *r, const char *name, command c);

#endif
