/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_rnn.h - recurrent layers: one LSTM or GRU step is one sparse job and a loop over the hidden units (lacuna.h includes this)
 *
 *   Job          p = W [x ; h] + bias: all gates in one matrix of 4 H rows and I + H columns, any format, resident or streamed. Zeros in
 *                x and h cost nothing there, nor do zero weights of csc and csc8
 *   Driver       reads p back, applies the gates and updates state and h: integers only, docs/numerics.md, "Recurrent layers"
 *   Row blocks   LSTM, PyTorch's order   i, f, g, o; bias: that of the input plus that of the hidden side
 *                GRU, "reset after"      r, z, nx, nh, because n = tanh(nx + r nh): nx has only x columns and the input's bias, nh only h
 *                                        columns and the hidden bias: half of these rows is zero. r and z as in LSTM
 *   Units        x and h stand in one tensor, so they share a type, and zero is 0. h counts 2^-7 (int8) or 2^-15 (int16). x may count
 *                anything: the ratio goes into the weights. p counts 2^-11: choose multiplier and shift for that */
#ifndef LAC_RNN_H
#define LAC_RNN_H
#include "lacuna.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef enum { LAC_LSTM = 0, LAC_GRU = 1 } lac_rnn_kind;

/* One layer and one sequence, all of it the caller's. What it remembers is in state and h, on the host: copy them to keep or hand on a
 * state. The two tensors in device memory must not overlap each other or the layer's image; they carry nothing from step to step. */
typedef struct {
    lac_rnn_kind     kind;
    uint32_t         inputs, hidden; /* I, H: 1 .. ; I + H == layer->cols, 4 H == layer->rows */
    const lac_layer *layer;
    const lac_place *resident;       /* NULL: streamed; as in lac_fc */
    lac_type         type;           /* of x and h: LAC_INT8 or LAC_INT16 */
    lac_addr         xh;             /* device: lac_pitch(caps, I + H, type, 0) bytes */
    lac_addr         p;              /* device: lac_pitch(caps, 4 H, LAC_INT16, 0) bytes */
    int32_t         *state;          /* [H] 2^-15. LSTM: c. GRU: h, before it is rounded to its type; -2^15 .. 2^15 */
    void            *h;              /* [H] int8_t or int16_t: the output */
    uint8_t         *work;           /* [lac_rnn_work()] of a step; afterwards p: 4 H int16, little endian */
    uint32_t         tag;            /* comes back in an error record */
} lac_rnn;

/* [bytes] of `work`: max(8 H, (I + H) * bytes of an element). */
uint32_t lac_rnn_work(const lac_rnn *rnn);

/* Check the fields above and that the job fits the machine, then lac_rnn_reset(). Fails as lac_fc_build(). */
lac_status lac_rnn_init(const lac_caps *caps, lac_rnn *rnn);

/* state = 0, h = 0: the beginning of a sequence. */
void lac_rnn_reset(lac_rnn *rnn);

/* One step: x[I] (int8_t or int16_t) in, state and h updated. `limit` as in lac_wait(). Fails as lac_fc_run(); state and h are then what they
 * were, whatever the reason, so that the step can be tried again. Resident weights must have been loaded, after lac_reset() once more.
 * Stack: as lac_fc_build(). */
lac_status lac_rnn_step(lac_dev *dev, lac_rnn *rnn, const void *x, uint32_t limit);

/* The gate functions, of p [2^-11]. In 2^-15: 0 .. 2^15, and -2^15 .. 2^15, both ends included. Within 2^-14 of the exact values. */
int32_t lac_rnn_sigmoid(int16_t p);
int32_t lac_rnn_tanh(int16_t p);

#ifdef __cplusplus
}
#endif
#endif
