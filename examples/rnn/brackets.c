/* SPDX-License-Identifier: Apache-2.0
 *
 * brackets [model|rtl] [STRING...] - an LSTM that tells whether brackets are balanced, each of the kinds () [] {} for itself
 *
 *   Weights   written by hand, 6 of 216 are not zero. A step reads one character, and at the end nothing, once
 *   Counters  units 0 .. 2, one a kind: c grows by T when it opens and shrinks by T when it closes. Gates i, f and o are open, exactly 1
 *             (numerics.md), so c is T times the depth, for any length of string
 *   Latches   units 3 .. 5: gate i opens when h of the counter is negative, because something closed that was not open, and c is never 0 again
 *   Balanced  when h of all six is 0
 *   Checked   against a loop in C: exit status 1 where they differ; 2: bad usage */
#include <stdio.h>
#include <string.h>

#include "lacuna.h"
#include "machine.h"

enum { KINDS = 3, INPUTS = KINDS, HIDDEN = 2 * KINDS, ROWS = 4 * HIDDEN, COLS = INPUTS + HIDDEN };
enum { GATE_I = 0, GATE_F = HIDDEN, GATE_G = 2 * HIDDEN, GATE_O = 3 * HIDDEN };
enum {
    OPEN = 15 * 2048, /* [2^-11] sigmoid and tanh are 1, of -OPEN 0 and -1 */
    STEP = 128,       /* [2^-11] T is its tanh, about 1/16 */
    EIGHTH = 8        /* [2^-7] h of a counter of depth 1 */
};

/* Device memory: the ring of 16 commands first, then image, x and h, pre-activations. */
enum { SIZE = 1 << 16, RING = 16, IMAGE = MACHINE_BASE + 0x1000, XH = MACHINE_BASE + 0x2000, P = MACHINE_BASE + 0x3000 };

static const char kinds[] = "([{)]}";

static int failed(const char *what, const char *why)
{
    fprintf(stderr, "brackets: %s: %s\n", what, why);
    return 2;
}

/* Compressed columns: x of kind k goes to its counter's g, h of its counter to its latch's i. Columns of the latches' h are empty. */
static lac_status pack(const lac_caps *caps, lac_layer *layer)
{
    static uint64_t   scratch[4096], image[512];
    static const int16_t  values[] = {STEP, STEP, STEP, -2 * OPEN / EIGHTH, -2 * OPEN / EIGHTH, -2 * OPEN / EIGHTH};
    static const uint16_t row_idx[] = {GATE_G, GATE_G + 1, GATE_G + 2, GATE_I + KINDS, GATE_I + KINDS + 1, GATE_I + KINDS + 2};
    static const uint32_t col_ptr[COLS + 1] = {0, 1, 2, 3, 4, 5, 6, 6, 6, 6};
    const lac_csc     matrix = {ROWS, COLS, values, row_idx, col_ptr};
    int32_t           bias[ROWS];
    const lac_requant times_one = {bias, NULL, NULL, 2, 1};
    uint32_t          need;

    for (int u = 0; u < HIDDEN; u++) {
        bias[GATE_I + u] = u < KINDS ? OPEN : -OPEN;
        bias[GATE_F + u] = bias[GATE_O + u] = OPEN;
        bias[GATE_G + u] = u < KINDS ? 0 : OPEN;
    }
    if (lac_pack_scratch(caps, ROWS, COLS) > sizeof scratch) return LAC_E_SPACE;
    return lac_pack_csc(caps, &matrix, LAC_CSC, &times_one, 1, scratch, image, sizeof image, &need, layer, NULL);
}

/* 1: balanced, 0: not, or a negative lac_status. *cycles grows by those of every step. */
static int by_lstm(lac_dev *dev, lac_rnn *lstm, const char *string, unsigned long *cycles)
{
    const int8_t *h = lstm->h;
    int           s, zeros = 0;

    lac_rnn_reset(lstm);
    for (size_t i = 0; i <= strlen(string); i++) {
        int8_t      x[INPUTS] = {0};
        const char *kind = string[i] ? strchr(kinds, string[i]) : NULL;
        lac_stats   stats;
        if (kind) x[(kind - kinds) % KINDS] = kind - kinds < KINDS ? 1 : -1;
        if ((s = lac_rnn_step(dev, lstm, x, 100000)) || (s = lac_read_stats(dev, &stats))) return s;
        *cycles += stats.cycles;
    }
    for (int u = 0; u < HIDDEN; u++) zeros += !h[u];
    return zeros == HIDDEN;
}

static int by_loop(const char *string)
{
    int depth[KINDS] = {0}, ok = 1;
    for (; *string; string++) {
        const int kind = (int)(strchr(kinds, *string) - kinds);
        depth[kind % KINDS] += kind < KINDS ? 1 : -1;
        ok &= depth[kind % KINDS] >= 0;
    }
    return ok && !depth[0] && !depth[1] && !depth[2];
}

int main(int argc, char **argv)
{
    static char *const some[] = {"", "()", "([]{})", "(()", "())(", "][", "{[((()))]}{}", "([)]", "((((((((((((((((((((((((((((((((()"};
    char *const *strings = argc > 2 ? argv + 2 : some;
    const int    count = argc > 2 ? argc - 2 : (int)(sizeof some / sizeof *some);
    unsigned long cycles = 0, steps = 0;
    int32_t   state[HIDDEN];
    int8_t    h[HIDDEN];
    uint8_t   work[8 * HIDDEN];
    machine   m;
    diag      d;
    lac_layer layer;
    int       s, wrong = 0;

    for (int i = 0; i < count; i++)
        if (strspn(strings[i], kinds) != strlen(strings[i])) return failed(strings[i], "expected only ()[]{}");
    if (machine_open(&m, argc > 1 ? argv[1] : "model", "l8", &d) || machine_memory(&m, SIZE, RING, &d)) return failed("open", d.text);
    if ((s = pack(&m.dev.caps, &layer))) return failed("pack", lac_status_name(s));
    layer.addr = IMAGE;
    m.dev.port.mem_write(m.dev.port.ctx, IMAGE, layer.image, layer.bytes);

    lac_place free_place = {0, 0, 0, 0}, place;
    lac_rnn   lstm = {LAC_LSTM, INPUTS, HIDDEN, &layer, &place, LAC_INT8, XH, P, state, h, work, 0};
    if ((s = lac_fc_place(&m.dev.caps, &layer, &free_place, &place)) || (s = lac_fc_place_load(&m.dev, &layer, &place, 100000))
        || lac_rnn_work(&lstm) > sizeof work || (s = lac_rnn_init(&m.dev.caps, &lstm))) return failed("init", lac_status_name(s));

    for (int i = 0; i < count; i++) {
        const int is = by_lstm(&m.dev, &lstm, strings[i], &cycles);
        if (is < 0) return failed("step", lac_status_name(is));
        printf("%-12s %s%s\n", is ? "balanced" : "not balanced", strings[i], is == by_loop(strings[i]) ? "" : "   WRONG");
        wrong |= is != by_loop(strings[i]);
        steps += strlen(strings[i]) + 1;
    }
    if (cycles) printf("%lu steps, %lu cycles each\n", steps, (cycles + steps / 2) / steps);
    machine_close(&m);
    return wrong;
}
