/* SPDX-License-Identifier: Apache-2.0
 *
 * predict_impl.h - what the parts of the cycle model share (private)
 *
 *   predict.c        dispatcher, tokens, the run
 *   predict_load.c   the read bus, blocks, LOAD
 *   predict_exec.c   EXEC and the lanes
 *   predict_store.c  STORE and the write bus */
#ifndef LACUNA_PREDICT_IMPL_H
#define LACUNA_PREDICT_IMPL_H
#include "lac_hw.h"
#include "predict.h"

typedef int64_t cyc;
#define NEVER INT64_MAX

/* ---- Timing of the pipelines [cycles] ------------------------------------------------------------------ */

enum {
    /* Dispatcher (lac_cmd): a command is asked for by a request of its own. */
    ASK_TO_BUS     = 1,  /* request register: then the bus can take it */
    FETCH_AHEAD    = 4,  /* commands asked for and not yet taken up */
    LINE_TO_SLOT   = 2,  /* a command's last line to its being taken up: skid stage, slot */
    TAKE_TO_SEND   = 9,  /* eight of lac_check, one to hand over */
    SLOTS          = 16, /* commands between fetch and completion, a power of two that queues are as long as */
    AHEAD          = 15, /* commands asked for from the oldest on that has not completed */
    TAKE_TO_ASK    = 2,  /* a command taken up to the request that this allows */
    DONE_TO_ASK    = 4,  /* a completion to the next request that it allows */
    STORE_SEES     = 1,  /* STORE learns late that all before it have completed, and of a new command */
    IDLE_AFTER     = 2,  /* last completion to idle as the counters see it */

    /* Read master (lac_axi_rd, lac_axi_cut) */
    CUT            = 1,  /* the cutter takes a request, to the first burst */
    ISSUE          = 1,  /* burst to ARVALID */
    FLIGHT_DEFAULT = 8,  /* where CAP_FLIGHT reads as 0 */

    /* LOAD: a command arrives, may ask four cycles later, and begins when it has and the one before has completed */
    ARRIVE_TO_ASK  = 4,
    BEGIN_TO_HEAD  = 1,  /* begins to the first line taken: of a weight block, parameters, a codebook */
    BEGIN_TO_LINE  = 2,  /* of features, a column block */
    CHECK          = 6,  /* header line to the state behind lac_load's five checks */
    WEIGHTS_DONE   = 7,  /* last line to completion: the lanes compare where their slices ended */
    OTHER_DONE     = 2,
    CODES          = 16, /* unpacked one a cycle */

    /* Column blocks (lac_needed): last index line to the first step of the walk: sum, checks, two RAM stages, two of the walk */
    INDEX_TO_WALK  = 10,
    WALK_STEP      = 4,  /* columns; without a wanted one a cycle */
    WALK_AHEAD     = 33, /* columns named and not yet complete */

    /* EXEC: job to the first word of line flags at B, B to the line whose elements are issued, and what stands between the two */
    SCAN_WORDS     = 2,  /* A to B */
    SCAN_LINES     = 5,  /* B to P */
    SCAN_BETWEEN   = 5,  /* lines between B and P: two in the skid stage, C1, C2, D */
    JOBS           = 2,  /* in flight */
    ISSUE_TO_PUSH  = 5,  /* E0 .. E3 and the broadcast register */
    FULL_SEES_PUSH = 3,  /* an item's push to the stop: level, almost full, any lane */
    FULL_SEES_POP  = 4,  /* the same, from the cycle in which an item's last entry leaves the queue of pairs */
    ISSUE_TO_PAIR  = 11, /* item to the stage that reads two entries a cycle: push, FIFO, T1, T2, F, R1, R2 */
    READ_TO_PAIR   = 3,  /* D, G, R */
    PAIRS          = 16, /* decoded pairs that are remembered, a power of two, PAIR_MARK and those under way */
    PAIR_MARK      = 12, /* no more are read while as many wait for the multiplier */
    PAIR_IN        = 5,  /* a pair read to the moment it counts: READ_TO_PAIR, the level, `room` */
    PAIR_OUT       = 2,  /* a pair's last entry to the moment it counts no more */
    POP_TO_DONE    = 11, /* end mark at the multiplier's entrance to completion: X, S0 .. S4, three flags, two states */
    TELL           = 3,  /* completions follow each other at this distance */

    /* STORE */
    STORE_PIPE     = 19, /* start to the first vector at lac_pack: T0 .. T4, thirteen of lac_requant, skid stage; with windows fourteen */
    STORE_PREP     = 32, /* pooling: its strides are made */
    STORE_TO_BUS   = 2,  /* start to the first request at the cutter */
    STORE_DONE     = 2,  /* last B to completion */
    STORE_EMPTY    = 5,  /* the last vector of accumulators to completion: T0 .. T2, two states */
    SKID           = 1,  /* lac_pack to the write master */
    LIST_TO_BUS    = 2,  /* line of a list to its request at the cutter */
};

/* ---- What is on chip -------------------------------------------------------------------------------------- */

/* A lane's last pairs that went to its queue: when they were read out of their words, when their last entries left. */
typedef struct {
    cyc      last_read; /* of all pairs */
    cyc      read[PAIRS], pop[PAIRS];
    uint32_t next;      /* modulo PAIRS */
} pairs;

/* A lane's slice of a column. */
typedef struct {
    uint32_t line;   /* of the block: where its first word stands */
    uint16_t len;    /* entries, 0: the lane does not see the column's items */
    uint8_t  first;  /* slot in that word */
    uint8_t  padded; /* some entry multiplies nothing */
} slice;

/* A weight block or column block, taken apart once. */
typedef struct block {
    struct block *next;
    lac_addr addr;
    uint32_t lines, columns, lanes, per; /* per: entries of a word */
    uint32_t format;  /* 0 csc, 1 csc8, 2 N:4 */
    uint32_t by_column;
    uint32_t len;     /* N:4: of every slice */
    int      padded;
    slice   *at;      /* [columns][lanes]; N:4: none */
    uint32_t *index;  /* column block [columns + 1]: line where a column begins */
    uint32_t groups;
    uint32_t *words;  /* weight block [groups] */
} block;

typedef struct { const block *b; uint32_t col; } column; /* b NULL: no lane has anything */

/* ---- Actors ---------------------------------------------------------------------------------------------------- */

typedef struct {
    lac_cmd  cmd;
    uint32_t engine, op;
    cyc      pushed, start, begins, done, all_done; /* all_done: it and all before it have completed. begins: LOAD may have a command before it works on it. NEVER: not known yet */
} command;

enum { LOAD, EXEC, STORE, ENGINES };
enum { RING = 64, TOKENS = 32, PER_MAX = 16 };

/* The read bus. Burst j is entry j % RING. */
typedef struct {
    cyc      free;         /* the bus can take a request */
    cyc      cut_free;     /* the cutter can */
    cyc      issue, ar;    /* of the last burst */
    cyc      came[RING];   /* last beat of a burst on the bus */
    uint64_t bursts;
    cyc      beat, used, used2; /* last beat on the bus; last two lines used by their clients */
} read_bus;

/* LOAD's schedule of lines: how long after a line the next can be taken. */
typedef struct { uint32_t lines, gap, last_gap; } phase;

/* The command at work. */
typedef struct {
    uint32_t busy, cmd;      /* some of its lines are still to be asked for or served; its position */
    cyc      visible;        /* its next request at the bus */
    lac_addr addr;           /* of that request */
    uint64_t lines;
    cyc      begins, ready;  /* its work begins; the next line can be taken from here on */
    /* features point by point, lists */
    uint32_t point, points, stage; /* stage of a list: 0 header, 1 entries */
    cyc      asked;          /* the last request was made */
    /* column blocks */
    const block *b;          /* NULL: the index is still to come */
    uint32_t col, columns;   /* where the walk is; columns named so far */
    int      step_named;     /* its step of four has a wanted column */
    cyc      walk, named;    /* when it is there; when the column that was asked for last was named */
    cyc      out[2];         /* when the columns before, last one first, left the walk's two places */
    cyc      column_end[WALK_AHEAD], last_end;
} load_state;

struct predict {
    lac_caps       caps;
    predict_memory mem;
    uint32_t       flight, lb, words_line; /* lb: bytes of a line; words_line: 64-bit words of it */
    uint32_t       beats_line;
    command       *cmd;
    predict_event *event;
    uint32_t       n, cap, ran; /* commands of this program, of the last run */

    /* on chip */
    column  *col;        /* [col_depth] */
    uint64_t *flags;     /* [feat_depth] non-zero flags of a line's elements */
    uint8_t  *full;      /* [feat_depth] the line's own flag */
    block   *blocks;

    /* one run */
    predict_result *out;
    read_bus  bus;
    load_state ld;
    int       next_valid;              /* a command stands behind the one at work */
    uint32_t  next_cmd;
    cyc       load_done, asked_all;    /* of the last command served: completion; it makes no more requests */
    cyc       accepted;                /* LOAD's last request was taken by the bus */
    uint32_t  chosen, taken, sent;     /* commands whose fetch the bus has chosen; collected; dispatched */
    cyc       ask[FETCH_AHEAD], last_choice; /* of commands chosen .. */
    cyc       took_up[FETCH_AHEAD];
    uint32_t  asked;
    cyc       line_at[FETCH_AHEAD * 2][PER_MAX];
    cyc       take_at, send_free;
    uint32_t  queue[ENGINES][SLOTS], waiting[ENGINES], head[ENGINES]; /* positions of commands */
    uint32_t  head_full[ENGINES];      /* the first of them has been read from its slot */
    cyc       head_at[ENGINES];        /* ... and can start; or the head can be filled again */
    cyc       port_from, port_free;    /* the slots' port serves engines from that cycle to this one, in which it can be asked again */
    cyc       free_at[ENGINES];        /* the engine can start; EXEC: its scanner */
    cyc       exec_done[JOBS];
    uint32_t  given[ENGINES][ENGINES], took[ENGINES][ENGINES];
    cyc       token[ENGINES][ENGINES][TOKENS];
    uint32_t  known;                   /* commands, from the first on, whose completion is known */
    cyc       known_max, known_others; /* the last of them, of LOAD and EXEC */

    /* EXEC */
    cyc       s_a, s_bload[3];         /* scanner: last step of A; when the last words entered B */
    cyc       s_b;                     /* last step of B */
    cyc       s_p[SCAN_BETWEEN];       /* when the last lines were at P, newest first */
    cyc       p_free;                  /* P can hold the next line from here on */
    cyc       issued;                  /* last item */
    struct { cyc issue, limit; } recent[16]; /* items whose pushes the stop may not have seen yet */
    uint32_t  recent_first, recent_n;
    cyc       limit, limit_all;        /* the stop ends here: by the items that it has seen; by all */
    cyc      *pop;                     /* [lanes] last entry of the last item */
    cyc      *pops;                    /* [lanes][fifo] of the last items */
    uint32_t *slot;                    /* [lanes] next in it */
    pairs    *pair;                    /* [lanes] */
    uint64_t *work;                    /* [lanes] entries that took the multiplier's turn */
    uint32_t  same;                    /* lanes 0 .. same - 1 are in the same state */

    /* STORE */
    cyc       w_issue, w_aw, w_cur, w_accept; /* last burst, the memory's taking of its address, its coming to work; last beat */
    cyc       w_b[RING];
    uint64_t  w_bursts;
};

static inline cyc max_c(cyc a, cyc b) { return a > b ? a : b; }
static inline cyc min_c(cyc a, cyc b) { return a < b ? a : b; }
static inline uint32_t min_u(uint32_t a, uint32_t b) { return a < b ? a : b; }
static inline uint64_t ceil_div(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

#define GET(c, field) lac_get_field((c)->cmd.w, LAC_F_##field)

static inline lac_addr address(const command *c) { return (lac_addr)GET(c, LOAD_WEIGHTS_ADDR_HI) << 32 | GET(c, LOAD_WEIGHTS_ADDR_LO); }

static inline const uint8_t *view(const predict *p, lac_addr at, uint64_t n)
{
    if (at < p->mem.base || at - p->mem.base > p->mem.size || n > p->mem.size - (at - p->mem.base)) return NULL;
    return p->mem.bytes + (at - p->mem.base);
}

static inline uint32_t get16(const uint8_t *b) { return b[0] | (uint32_t)b[1] << 8; }
static inline uint32_t get32(const uint8_t *b) { return get16(b) | get16(b + 2) << 16; }
static inline uint64_t get64(const uint8_t *b) { return get32(b) | (uint64_t)get32(b + 4) << 32; }

static inline const uint8_t *block_word(const predict *p, const block *b, const slice *s, uint32_t lane, uint32_t i)
{
    const uint32_t position = b->by_column ? lane / 8 % p->words_line : lane % p->words_line;
    return p->mem.bytes + (b->addr - p->mem.base) + (uint64_t)(s->line + i) * p->lb + 8 * position;
}

static inline int is_padding(const block *b, uint64_t word, uint32_t slot)
{
    return b->format == LAC_CSC ? !(word >> 10 * slot & 15) : !(word >> 16 * slot & 255);
}

/* ---- Between the parts ---------------------------------------------------------------------------------------- */

/* Whoever takes the lines of a request. */
typedef struct {
    const phase *ph; /* [n]; none: a line a cycle */
    uint32_t     n, at, left;
    cyc          ready; /* the next line can be taken from here on */
    cyc         *each;  /* where each line's time is noted, or NULL */
    cyc          first; /* the first line's */
} taker;

/* The cutter takes a request of `lines` lines in cycle q: bursts, beats, lines. Returns when the last line was taken. */
cyc predict_transfer(predict *p, cyc q, lac_addr addr, uint64_t lines, taker *t);

/* Command n, whose start is known, is the next that LOAD works on. The bus has chosen LOAD's request in cycle q: it is served, and either the
 * next one is known or the command's completion. */
void           predict_start_load(predict *p, uint32_t n);
predict_status predict_serve_load(predict *p, cyc q);
void           predict_free_blocks(predict *p);

/* Command n, whose start is known, to its completion. */
predict_status predict_start_exec(predict *p, uint32_t n);
predict_status predict_start_store(predict *p, uint32_t n);

#endif
