/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_hw.h - registers, command fields and error codes as C constants, from the X-macro lists */
#ifndef LAC_HW_H
#define LAC_HW_H
#include <stdint.h>

/* LAC_REG_<name>: byte offset of a register */
enum {
#define LAC_REG(name, off, acc, rst, doc) LAC_REG_##name = (off),
#include "lac_regs.def"
#undef LAC_REG
    LAC_REG_END
};

/* LAC_ERR_<name>: code in ERR_CODE */
enum {
#define LAC_ERROR(name, code, addr, index, text) LAC_ERR_##name = (code),
#include "lac_errors.def"
#undef LAC_ERROR
    LAC_ERR_END
};

/* LAC_CAUSE_<unit>_<name>: why a unit spent a cycle, in COUNT_SELECT */
enum {
#define LAC_CAUSE(unit, name, code, text) LAC_CAUSE_##unit##_##name = (code),
#include "lac_causes.def"
#undef LAC_CAUSE
    LAC_CAUSE_END
};

enum { LAC_UNIT_CMD = 0, LAC_UNIT_LOAD = 1, LAC_UNIT_EXEC = 2, LAC_UNIT_STORE = 3, LAC_UNIT_MAP = 4 };
enum { LAC_STATUS_BUSY = 1, LAC_STATUS_ERROR = 2, LAC_STATUS_STUCK = 4, LAC_STATUS_RESET = 8 };
enum { LAC_IRQ_DONE = 1, LAC_IRQ_ERROR = 2, LAC_IRQ_MARK = 4 };

/* LAC_F_<command>_<field>: position of a field, word << 16 | lowest bit << 8 | width.
 * LAC_OP_<command>: OP | KIND << 4, the low byte of word 0 */
enum {
#define LAC_CMD(cmd, op, kind) LAC_OP_##cmd = (op) | (kind) << 4,
#define LAC_FIELD(cmd, field, word, lsb, width, doc) LAC_F_##cmd##_##field = (word) << 16 | (lsb) << 8 | (width),
#include "lac_cmd.def"
#undef LAC_FIELD
#undef LAC_CMD
    LAC_F_END
};

static inline uint32_t lac_field_mask(uint32_t f)
{
    return (f & 0xffu) == 32u ? 0xffffffffu : (1u << (f & 0xffu)) - 1u;
}

static inline uint32_t lac_get_field(const uint32_t w[16], uint32_t f)
{
    return w[f >> 16] >> ((f >> 8) & 0xffu) & lac_field_mask(f);
}

/* Bits of `v` beyond the field's width are dropped: the caller has checked the range. */
static inline void lac_set_field(uint32_t w[16], uint32_t f, uint32_t v)
{
    const uint32_t lsb = (f >> 8) & 0xffu, mask = lac_field_mask(f);
    w[f >> 16] = (w[f >> 16] & ~(mask << lsb)) | (v & mask) << lsb;
}

#endif
