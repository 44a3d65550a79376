/* SPDX-License-Identifier: Apache-2.0
 *
 * traffic.c - see traffic.h */
#include "traffic.h"
#include "lac_hw.h"
#include "lists.h"

#define GET(cmd, field) ((uint64_t)lac_get_field((cmd)->w, LAC_F_##field))
#define ADDR(cmd, op)   (GET(cmd, op##_ADDR_LO) | GET(cmd, op##_ADDR_HI) << 32)

static uint64_t lines(const lac_caps *caps, uint64_t bytes) { return (bytes + caps->line - 1) / caps->line * caps->line; }

static int inside(traffic_range r, lac_addr at) { return at >= r.from && at < r.to; }

uint64_t traffic_dense(const lac_caps *caps, uint64_t elements, lac_type type)
{
    return lines(caps, elements * (type == LAC_RAW ? 8 : type == LAC_INT16 ? 2 : 1));
}

uint64_t traffic_list(const lac_caps *caps, uint64_t listed) { return caps->line + lines(caps, 4 * listed); }

static uint64_t features(const traffic *t, const lac_cmd *cmd)
{
    const lac_caps *caps = &t->m->dev.caps;
    const uint64_t  points = GET(cmd, LOAD_FEATURES_POINTS);
    uint64_t        bytes = 0;
    if (!GET(cmd, LOAD_FEATURES_LIST)) return points * traffic_dense(caps, GET(cmd, LOAD_FEATURES_CHANNELS), (lac_type)GET(cmd, LOAD_FEATURES_TYPE));
    for (uint64_t p = 0; p < points; p++)
        bytes += traffic_list(caps, lists_length(t->m->mem + (ADDR(cmd, LOAD_FEATURES) + p * GET(cmd, LOAD_FEATURES_PITCH) - t->m->base)));
    return bytes;
}

int traffic_emit(void *ctx, const lac_cmd *cmd)
{
    traffic        *t = ctx;
    const lac_caps *caps = &t->m->dev.caps;
    uint64_t        bytes = 0;
    lac_addr        at = 0;
    t->command_bytes += sizeof *cmd;
    switch (cmd->w[0] & 0xffu) {
    case LAC_OP_LOAD_FEATURES:
        *(inside(t->residual, ADDR(cmd, LOAD_FEATURES)) ? &t->residual_bytes : &t->input_bytes) += features(t, cmd);
        return 0;
    case LAC_OP_LOAD_WEIGHTS:
        at = ADDR(cmd, LOAD_WEIGHTS);
        bytes = GET(cmd, LOAD_WEIGHTS_LINES) * caps->line;
        break;
    case LAC_OP_LOAD_CODEBOOK:
        at = ADDR(cmd, LOAD_CODEBOOK);
        bytes = lines(caps, 32);
        break;
    case LAC_OP_LOAD_PARAMS:
        at = ADDR(cmd, LOAD_PARAMS);
        bytes = lines(caps, GET(cmd, LOAD_PARAMS_CHANNELS) * 16);
        break;
    case LAC_OP_LOAD_COLUMNS: t->unknown = 1; return 0;
    default: return 0;
    }
    *(inside(t->factors, at) ? &t->factor_bytes : &t->weight_bytes) += bytes;
    return 0;
}
