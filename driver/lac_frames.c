/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_frames.c - maps in four dimensions: which frames of time the machine takes for the same batch
 *
 * Line. Each batch's outputs and, for an element k of the kernel, inputs are laid on a line so that they fall on each other exactly where the rule holds:
 *
 *     in + P = out * S + k * D     an output at out * S, an input at in + P - k * D
 *     out + P = in * S + k * D     an output at out, an input at in * S + k * D - P
 *
 * Both ascend with time, so an input's place among the outputs is a merge, and an order that is kept.
 *
 * Numbers. Output frames are numbered in order. In a pass an input frame has the number of the output that it falls on; one that falls on none has a number of its own between those of its neighbours: it has to stay
 * in the list, because the voxels behind it are known by how many stand before them. In front of each output, and behind the last, as many numbers are left free as any pass needs there. */
#include "lac_plan.h"

static int transposed(lac_map_mode mode) { return mode == LAC_INVERSE || mode == LAC_GENERATIVE; }
static int makes(lac_map_mode mode) { return mode == LAC_REGULAR || mode == LAC_STRIDED || mode == LAC_GENERATIVE; }

static int32_t place_of_in(lac_map_mode mode, const lac_time *s, uint32_t k, int32_t t)
{
    const int32_t far = (int32_t)(k * s->dilation) - s->pad;
    return transposed(mode) ? t * (int32_t)s->stride + far : t - far;
}

static int32_t place_of_out(lac_map_mode mode, const lac_time *s, int32_t t) { return transposed(mode) ? t : t * (int32_t)s->stride; }

static int compare(int32_t batch_a, int32_t a, int32_t batch_b, int32_t b)
{
    return batch_a != batch_b ? (batch_a < batch_b ? -1 : 1) : (a > b) - (a < b);
}

/* n ascending frames. */
static int in_order(const lac_frame *f, uint32_t n)
{
    if (n > (uint32_t)LAC_FRAMES || (n && !f))
        return 0;
    for (uint32_t i = 0; i < n; i++)
        if (f[i].batch < 0 || f[i].batch > 255 || f[i].t < -32768 || f[i].t > 32767 || (i && compare(f[i - 1u].batch, f[i - 1u].t, f[i].batch, f[i].t) >= 0))
            return 0;
    return 1;
}

/* The time of the outputs that frames of time t make through element k: 1; or there are none. Strided: of stride elements, k behind the output. `grid`: outputs lie in 0 .. grid - 1; 0: everywhere. */
static int made_at(lac_map_mode mode, const lac_time *s, uint32_t k, int32_t t, uint32_t grid, int32_t *out)
{
    const int32_t stride = (int32_t)s->stride, at = mode == LAC_STRIDED ? t - (int32_t)k : place_of_in(mode, s, k, t);

    if (!transposed(mode) && at % stride)
        return 0;
    *out = transposed(mode) ? at : at / stride;
    return !grid || (*out >= 0 && *out < (int32_t)grid);
}

/* The place of frame (batch, t) in f->out, or where it would stand. */
static uint32_t find(const lac_frames *f, int32_t batch, int32_t t)
{
    uint32_t low = 0, high = f->outs;

    while (low < high) {
        const uint32_t middle = (low + high) / 2u;
        if (compare(f->out[middle].batch, f->out[middle].t, batch, t) < 0)
            low = middle + 1u;
        else
            high = middle;
    }
    return low;
}

/* The frames of made outputs, into f->out. */
static lac_status make_outs(lac_map_mode mode, const lac_time *s, uint32_t grid, const lac_frame *in, uint32_t ins, lac_frames *f, uint32_t *where)
{
    f->mades = mode == LAC_STRIDED ? s->stride : s->kernel;
    for (uint32_t i = 0; i < ins; i++)
        for (uint32_t k = 0; k < f->mades; k++) {
            int32_t t;
            if (!made_at(mode, s, k, in[i].t, grid, &t))
                continue;
            if (t < -32768 || t > 32767) {
                if (where)
                    *where = i;
                return LAC_E_ARG;
            }
            const uint32_t at = find(f, in[i].batch, t);
            if (at < f->outs && f->out[at].batch == in[i].batch && f->out[at].t == t)
                continue;
            if (f->outs == (uint32_t)LAC_FRAMES) {
                f->numbers = (uint32_t)LAC_FRAMES + 1u;
                return LAC_E_SPACE;
            }
            for (uint32_t j = f->outs++; j > at; j--)
                f->out[j] = f->out[j - 1u];
            f->out[at].batch = in[i].batch;
            f->out[at].t = t;
        }
    return LAC_OK;
}

/* Inputs and outputs in the order of the line of element k. room: how many inputs stand before each output without one, at most; or NULL, and f->of_in[k] is filled in. */
static void walk(lac_map_mode mode, const lac_time *s, uint32_t k, const lac_frame *in, uint32_t ins, lac_frames *f, uint16_t *room)
{
    uint32_t j = 0, alone = 0;

    for (uint32_t i = 0; i < ins; i++) {
        int c = -1;
        for (; j < f->outs; j++, alone = 0) {
            c = compare(in[i].batch, place_of_in(mode, s, k, in[i].t), f->out[j].batch, place_of_out(mode, s, f->out[j].t));
            if (c <= 0)
                break;
            c = -1;
        }
        if (!room)
            f->of_in[k][i] = (int16_t)(c == 0 ? f->of_out[0][j] : (j ? f->of_out[0][j - 1u] + 1 : 0) + (int32_t)alone);
        if (c == 0) {
            j++;
            alone = 0;
        } else if (++alone && room && room[j] < alone)
            room[j] = (uint16_t)alone;
    }
}

lac_status lac_frames_plan(lac_map_mode mode, const lac_time *s, const lac_frame *in, uint32_t ins, const lac_frame *onto, uint32_t ontos, lac_frames *f, uint32_t *where)
{
    uint16_t room[LAC_FRAMES + 1];
    uint32_t grid[3] = {0, 0, 0};

    if (where)
        *where = ins;
    if (!s || !f || !in_order(in, ins) || (!makes(mode) && !in_order(onto, ontos)))
        return LAC_E_ARG;
    /* ranges, and the grid, are those of an axis of space */
    const lac_map_shape axis = {mode, {s->kernel, 1, 1}, {s->stride, 1, 1}, {s->dilation, 1, 1}, {s->pad, 0, 0}, {s->shape, s->shape ? 1u : 0u, s->shape ? 1u : 0u}};
    if (!lac_map_passes(&axis))
        return LAC_E_ARG;
    if (makes(mode) && s->shape)
        TRY(lac_map_grid(&axis, grid));
    memset(f, 0, sizeof *f);
    memset(f->of_out, 0xff, sizeof f->of_out);
    memset(f->of_in, 0xff, sizeof f->of_in);
    memset(f->made, 0xff, sizeof f->made);
    if (makes(mode))
        TRY(make_outs(mode, s, grid[0], in, ins, f, where));
    else if ((f->outs = ontos))
        memcpy(f->out, onto, ontos * sizeof *onto);

    memset(room, 0, sizeof room);
    for (uint32_t k = 0; k < s->kernel; k++)
        walk(mode, s, k, in, ins, f, room);
    for (uint32_t j = 0; j <= f->outs; j++) {
        f->numbers += room[j];
        if (j < f->outs && f->numbers < (uint32_t)LAC_FRAMES)
            f->of_out[0][j] = (int16_t)f->numbers;
        f->numbers += j < f->outs;
    }
    if (f->numbers > (uint32_t)LAC_FRAMES)
        return LAC_E_SPACE;
    for (uint32_t k = 0; k < s->kernel; k++)
        walk(mode, s, k, in, ins, f, NULL);
    for (uint32_t i = 0; i < ins; i++)
        for (uint32_t k = 0; k < f->mades; k++) {
            int32_t t;
            if (made_at(mode, s, k, in[i].t, grid[0], &t))
                f->made[k][i] = f->of_out[0][find(f, in[i].batch, t)];
        }
    return LAC_OK;
}
