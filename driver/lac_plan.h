/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_plan.h - a program of groups and steps: which piece of RAM, which token (private; lac_fc.c and lac_conv.c decide what the steps are)
 *
 * A *group* is what accumulates in one bank and is emptied by one STORE. Its *steps* are one EXEC each. In the ring stand, for a step, its LOADs,
 * then its EXEC, and behind the last step of a group the STORE. Banks alternate from group to group, so a group has at least one step.
 *
 * Use. For each job: lac_begin_job(); for each of its groups: for each step lac_bring_codebook(), lac_bring_weights() and lac_bring_features(),
 * each at most once, lac_bring_params(), then lac_begin_exec(), what else the command needs, lac_end_exec(); at last lac_begin_store(),
 * lac_end_store(). In the end lac_flush(). A step whose weights and features are not the job's own sets `from` before, and so does the next that is.
 *
 * RAMs. Weights (with the column table), features, parameters and codebooks are *areas* of two halves that are used in turn. What is
 * already there is not loaded again; what is too large for a half takes the whole area.
 *
 * Order. Engines are numbered 0 LOAD, 1 EXEC, 2 STORE, and each engine's commands from 1 on. know[b][a] is how many commands of engine a have
 * certainly completed when b's next command starts; each command carries its engine's knowledge (and itself) with it, so that
 * a token hands on everything the giver knew. A command that needs command p of another engine and does not know it yet takes a
 * token, and p gives it: commands stay in a window of 15 before they are emitted, so the giver can still be marked. Hence a token is given only
 * where it is taken, in the same order (p rises), and never more than 15 wait. Needs:
 *
 *   LOAD  to an area    the last EXEC (parameters: STORE) that read what stood there
 *   LOAD  of features   the STORE of an earlier job that wrote them
 *   EXEC                the LOADs that brought its weights, codebook, features
 *   EXEC  to a bank     the STORE that emptied it, two groups before. It may have left the window, so this token is given always,
 *                       except by the last two STOREs, and taken by the first EXEC of every group but the first two
 *   STORE               nothing: the hardware lets it wait for every command before it
 *
 * Why the giver is always found. Between two EXECs, and between a STORE and the last LOAD of the next step, stand at most five
 * commands, so the newest EXEC is in the window, and in the first step of a group so is the STORE before it; a newer
 * command of the same engine serves as well as p. Parameters, which wait for STOREs, are therefore loaded in the first step when p is the
 * newest STORE, or there is only one step; when p is known already in any step; else in the last one, where an EXEC of the same group,
 * which has taken the token of the STORE two groups before, vouches for p. A job's first group loads each tensor that an earlier job wrote while the STORE
 * before it is in the window; or an earlier LOAD of this group has waited for both. */
#ifndef LAC_PLAN_H
#define LAC_PLAN_H
#include <stddef.h>

#include "lac_hw.h"
#include "lac_image.h"
#include "lac_mem.h"
#include "lacuna.h"

enum { LAC_LOAD, LAC_EXEC, LAC_STORE, LAC_ENGINES };

#define LAC_WINDOW 15u
#define LAC_WHOLE  2u /* instead of a half */

#define SET(cmd, name, value) lac_set(cmd, (uint32_t)LAC_F_##name, (uint32_t)(value))

#define TRY(expr)                          \
    do {                                   \
        const lac_status try_ = (expr);    \
        if (try_ != LAC_OK)                \
            return try_;                   \
    } while (0)

static inline uint32_t lac_min(uint32_t a, uint32_t b) { return a < b ? a : b; }
static inline uint32_t lac_max(uint32_t a, uint32_t b) { return a > b ? a : b; }
static inline uint32_t lac_ceil_div(uint32_t a, uint32_t b) { return (a + b - 1u) / b; }

/* ---- Checks, made before anything is emitted --------------------------------------------------------- */

/* [bytes] of an element */
uint32_t lac_type_bytes(lac_type t);

/* Does an element of the type, not raw, hold v? */
int lac_in_type(lac_type t, int32_t v);

/* The layer is packed for this machine. LAC_E_ARG, LAC_E_ALIGN. */
lac_status lac_check_machine(const lac_caps *caps, const lac_layer *layer);

/* And can stand at `at`. Also LAC_E_SPACE. */
lac_status lac_check_place(const lac_caps *caps, const lac_layer *layer, const lac_place *at);

/* A tensor of `points` points of `channels` elements, what is written (`output`) or read. LAC_E_ARG, LAC_E_ALIGN. */
lac_status lac_check_tensor(const lac_tensor *t, const lac_caps *caps, uint32_t channels, uint32_t points, int output);

/* Limits of what is written as *y. LAC_E_ARG. */
lac_status lac_check_clamp(const lac_tensor *y, int32_t lo, int32_t hi);

/* Bytes that a tensor's commands may touch, [begin, end). */
typedef struct { lac_addr begin, end; } lac_span;
lac_span lac_tensor_span(const lac_caps *caps, const lac_tensor *t, uint32_t channels, uint32_t points);
int      lac_overlap(const lac_span *a, const lac_span *b);

/* What the resident layers of a program leave to the streamed ones. */
typedef struct {
    lac_place base;        /* streamed jobs: first free word, column, parameter */
    uint32_t  codebooks;   /* bit per copy that streamed jobs may use */
    uint32_t  feat_half;   /* [lines] 0: there is no second half */
    uint32_t  word_half, col_half, param_half;
} lac_ram_map;

/* Begin with all RAMs free, take away the place of every resident layer (`at` NULL: it is none), divide what is left. */
void lac_map_begin(lac_ram_map *m);
void lac_map_take(lac_ram_map *m, const lac_layer *layer, const lac_place *at);
void lac_map_end(const lac_caps *caps, lac_ram_map *m);

/* Every tile of a layer that is streamed fits what is left, and so do, by lac_check_stream(), its parameters and its codebook. LAC_E_SPACE. */
lac_status lac_check_tiles(const lac_caps *caps, const lac_ram_map *m, const lac_layer *layer);
lac_status lac_check_stream(const lac_caps *caps, const lac_ram_map *m, const lac_layer *layer);

/* What both planners must know of a layer's row tiles: how many there are, and [accumulators] the most that a lane has of one pixel or point. LAC_E_SPACE: more
 * than there are, or y can not be written in so many. */
lac_status lac_check_row_tiles(const lac_caps *caps, const lac_layer *layer, const lac_tensor *y, uint32_t *row_tiles, uint32_t *most_rows);

/* ---- Program ----------------------------------------------------------------------------------------- */

typedef struct {
    lac_cmd  cmd;
    uint32_t engine;
    uint32_t seq;                /* among the commands of its engine */
    uint32_t know[LAC_ENGINES];  /* when it has completed */
} lac_pending;

typedef struct {
    lac_emit    emit;
    void       *ctx;
    uint32_t    first, count;            /* of the window */
    uint32_t    seq[LAC_ENGINES];
    uint32_t    know[LAC_ENGINES][LAC_ENGINES];
    uint32_t    stored[2][LAC_ENGINES]; /* knowledge of the last STORE of each bank */
    uint32_t    groups;                 /* in the whole program */
    int         status;                 /* what stopped it; nothing is emitted any more */
    lac_pending win[LAC_WINDOW];        /* last: what is large makes the offsets of all that follows large */
} lac_order;

typedef struct {
    uint64_t id[2];     /* what stands in each half; whole: id[0]; 0: nothing */
    uint32_t loaded[2]; /* LOAD that brought it */
    uint32_t user[2];   /* last command that read it, of whichever engine reads this area */
    uint32_t last;      /* half used last */
    int      whole;
} lac_area;

/* What a step multiplies. */
typedef struct {
    const lac_layer  *layer;
    const lac_place  *resident; /* NULL: its weights are streamed */
    const lac_tensor *x;
    uint32_t          wrote_x;  /* the newest STORE that wrote a part of x; 0: none that LOAD does not know of */
} lac_source;

#define LAC_JOBS 4u /* whose outputs are remembered */

typedef struct {
    const lac_caps *caps;
    lac_ram_map     ram;
    lac_area        weights, features, params, codebook;

    uint32_t jobs;                                               /* that have begun */
    struct { lac_span y; uint32_t stored; } written[LAC_JOBS];   /* job i: [i % LAC_JOBS]; stored: STOREs before its first */

    /* the job in work, by lac_begin_job() */
    lac_source        own;
    const lac_tensor *y;
    uint32_t          tag;
    int               needed;  /* only columns whose feature is not zero are loaded */

    /* the group in work */
    uint32_t param_half;   /* where its parameters stand */
    uint32_t param_base;
    int      params_due;

    /* the step in work */
    lac_source from;       /* at first `own` */
    uint32_t fh, wh, ch;   /* halves: features, weights, codebook */
    uint32_t line0;        /* where the features of its first column stand */
    uint32_t col_base;     /* where its weight tile's column 0 stands */
    uint32_t copy;         /* of the codebook */
    uint32_t need;         /* the newest of the LOADs it needs */

    lac_cmd cmd;           /* the command in work */

    lac_order o;           /* o.groups by lac_add_groups(). Last, see there */
} lac_program;

/* A piece of x, loaded by one command. */
typedef struct {
    uint64_t id;       /* not 0; no other piece of the same job has it */
    uint64_t offset;   /* [bytes] from the tensor's address */
    uint32_t pitch;    /* [bytes] */
    uint32_t points;
    uint32_t channels; /* [elements] of a point */
    int      fits_half;
} lac_piece;

void lac_begin_program(lac_program *g, const lac_caps *caps, lac_emit emit, void *ctx);

/* So many groups more: of each job, before the first begins. LAC_E_SPACE: they cannot be counted. */
lac_status lac_add_groups(lac_program *g, uint64_t groups);

/* wrote_x of what stands at `x` and is read by the job that begins next. */
uint32_t lac_find_writer(const lac_program *g, const lac_span *x);

/* A job that reads bytes `in` of own->x and writes `out` of y; own->wrote_x need not be set. */
void lac_begin_job(lac_program *g, const lac_source *own, const lac_span *in, const lac_tensor *y, const lac_span *out, uint32_t tag);

/* The step needs its codebook, its weight tile t, the piece p of x: where are they? Load them if nowhere. The codebook first. Features last,
 * for they may have to wait for an earlier job; but before the weights that they choose. `column`: at which element of p's
 * first point the step begins. */
void lac_bring_codebook(lac_program *g);
void lac_bring_weights(lac_program *g, const lac_row_tile *r, const lac_tile *t);
void lac_bring_features(lac_program *g, const lac_piece *p, uint32_t column);

/* The group needs its parameters; to be called in every step, behind the others. */
void lac_bring_params(lac_program *g, const lac_row_tile *r, int first, int last);

/* The next EXEC waits for what wrote from.wrote_x, by a LOAD of the parameters that stands in for one of features. Behind lac_bring_codebook(). */
void lac_wait_by_params(lac_program *g, const lac_row_tile *r);

/* A command of an engine that no step waits for by this plan: tokens in it are the caller's. */
void lac_push_map(lac_program *g, const lac_cmd *c);

/* EXEC of columns [c0, c1) [elements] of weight tile t; the caller sets the fields of points, windows and ACC_BASE in what is returned. */
lac_cmd *lac_begin_exec(lac_program *g, const lac_row_tile *r, const lac_tile *t, uint32_t c0, uint32_t c1, int first);
void     lac_end_exec(lac_program *g);

/* STORE of row tile r; the caller sets address, pitch, points and pixels. */
lac_cmd *lac_begin_store(lac_program *g, const lac_row_tile *r, int32_t clamp_lo, int32_t clamp_hi, int mark);
void     lac_end_store(lac_program *g);

/* Emit what is still in the window. What emit() returned, if it was not 0. */
lac_status lac_flush(lac_program *g);

/* ---- Commands ---------------------------------------------------------------------------------------- */

/* Not inlined forty times: SET is a call. */
void lac_set(lac_cmd *c, uint32_t field, uint32_t value);
/* All commands with an address have it in the same words. */
void lac_set_addr(lac_cmd *c, lac_addr a);

void lac_cmd_weights(lac_cmd *c, const lac_layer *layer, const lac_row_tile *r, const lac_tile *t, uint32_t word_base, uint32_t col_base, uint32_t tag);
void lac_cmd_codebook(lac_cmd *c, const lac_layer *layer, uint32_t copy, uint32_t tag);
void lac_cmd_params(lac_cmd *c, const lac_layer *layer, const lac_row_tile *r, uint32_t param_base, uint32_t tag);

/* ---- Running ----------------------------------------------------------------------------------------- */

typedef struct {
    lac_dev *dev;
    uint32_t room, limit;
} lac_feeder;

/* A lac_emit whose ctx is a lac_feeder: fill the ring; ring the bell only when it is full, so that a program that fits runs in one go. */
int        lac_feed(void *ctx, const lac_cmd *cmd);
lac_status lac_begin_feed(lac_feeder *f, lac_dev *dev, uint32_t limit);
/* s: what the one who fed returned. */
lac_status lac_end_feed(lac_feeder *f, lac_status s);

#endif
