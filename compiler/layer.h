/* SPDX-License-Identifier: Apache-2.0
 *
 * layer.h - what the subcommands that run one layer share (`lacuna fc`, `lacuna conv`; `lacuna sconv`, whose X has no lines, what stands at the end)
 *
 *   Steps     options, files, weights into a format, packing, layout of device memory, run, compare, write: layer_main() does them in this
 *             order; what differs is a layer_kind's
 *   Device    X and Y are rows: `x_lines` of `x_width` elements for each of the batch (of a fully connected layer one, its point; of an image its
 *             height), and `y_lines` of `y_pixels` pixels. A pixel has as many channels as the packed layer. Each line stands dense or as a compressed list;
 *             of a residual each slice has its channels as a tensor of its own
 *   Counting  macs, cycles and bytes in --stats are those of everything between first doorbell and last interrupt, all
 *             repetitions together; loading resident weights is not in it
 *   Errors    0; -1: *d has a sentence */
#ifndef LACUNA_LAYER_H
#define LACUNA_LAYER_H
#include "cli.h"
#include "host.h"
#include "npy.h"
#include "traffic.h"

typedef enum { LAYER_AUTO, LAYER_RESIDENT, LAYER_STREAM } layer_placement;
typedef enum { LAYER_DENSE, LAYER_LIST, LAYER_FEWER /* of bytes */ } layer_as; /* how a tensor stands in device memory */

typedef struct {
    cli_globals    *g;
    const char     *w, *x, *y;
    const char     *bias, *multiplier, *shift; /* file names, or NULL */
    const char     *others[2]; /* further files that a kind reads, or NULL */
    int64_t         zero_in;
    int             requant; /* some output option was given */
    lac_type        out;     /* LAC_RAW without output options */
    int             clamp_set;
    int64_t         zero_out, clamp[2];
    host_format     format;
    int             prune, cluster;
    layer_placement place;
    layer_as        x_as, y_as; /* y: not LAYER_FEWER */
    uint32_t        repeat;
    uint32_t        latency; /* [cycles] of reads; 0: the machine's own */
} layer_options;

/* A child of a subcommand's parser; its input is the layer_options. Everything but -o and the global options; it takes the two files. */
extern const struct argp layer_argp;

/* "dense", "list" or, where `fewer`, "auto". */
layer_as layer_parse_as(struct argp_state *state, const char *option, const char *text, int fewer);

/* What can only be said when all options are known. */
void layer_check_options(layer_options *o, struct argp_state *state);

/* Output channels that one driver layer makes: all of them, or as many as the machine can store in one type (see plan_job()). */
typedef struct {
    uint32_t  row0;
    lac_layer layer;
    void     *image;
    lac_place place;          /* of a resident one */
    lac_layer  factors;       /* with a residual */
    void      *factor_image;
    lac_tensor residual;      /* its channels, of the whole batch */
} layer_slice;

/* A tensor that is added to the outputs, each of its channels times a factor: lac_residual. */
typedef struct {
    const void    *data;          /* [batch][lines][pixels][channels], or NULL: there is none */
    lac_type       type;
    int32_t        zero;
    layer_as       as;
    int            list;          /* chosen */
    uint32_t       lines, pixels, channels;
    const int16_t *factor;        /* of every row of the packed matrix */
    uint64_t       bytes;         /* that LOAD moves for all of it once */
} layer_residual;

typedef struct layer layer;

typedef struct {
    const char *name;                                        /* of the subcommand */
    int        (*load)(layer *l, diag *d);                   /* the files */
    int        (*prepare)(layer *l, diag *d);                /* the machine is open: everything down to `out_dim` below */
    lac_status (*build)(layer *l, lac_emit emit, void *ctx); /* the commands of l->jobs */
    int        (*misfit)(const layer *l, diag *d);           /* -1, and why they are not possible on this machine */
    int        (*otherwise)(layer *l, diag *d);              /* prepare it another way, after what prepare() chose did not fit. 1: there is none. Or NULL */
} layer_kind;

struct layer {
    const layer_kind *kind;
    layer_options     o;
    npy_array         w, x, bias, multiplier, shift;
    lac_type          in;
    lac_requant       rq;
    layer_residual    residual;
    int16_t          *clustered;  /* like w, --cluster; else NULL */
    host_clusters     clusters;
    uint64_t          pruned;

    /* W is [channels out][taps][channels in / groups]; `m` has taps * `channels` columns for it, so `channels` is what a tap has there. */
    uint32_t          taps, groups, channels;
    host_matrix       m;          /* what the driver packs; perhaps with more rows than W */
    const void       *x_data;     /* [batch][x_lines][x_width] */
    size_t            batch;
    uint32_t          x_lines, x_width, y_lines, y_pixels;
    uint32_t          y_channels; /* of a pixel, those that are kept */
    uint32_t          fold;       /* pixels of a convolution's output that are one pixel of the packed layer */
    int               x_list;     /* x stands as compressed lists, a line each; y: o.y_as */
    uint32_t          row_step;   /* slices begin at multiples of it */
    uint32_t          max_rows;   /* of a slice */
    host_uses         uses;
    host_format       format;     /* chosen */
    uint64_t          lane_cycles, needed_macs, dense_macs; /* of one repetition */
    int               by_column;  /* column blocks, not weight blocks */
    uint32_t          weight_depth; /* of host_packing */
    const lac_conv_shape *rows;   /* the same */
    int               depthwise;  /* the same */
    unsigned          out_ndim;
    size_t            out_dim[4], out_count;

    layer_slice      *slices;
    uint32_t          n_slices;
    int               resident;
    machine           mach;
    lac_fc           *jobs;       /* [repeat][n_slices][parts] of at most LAYER_BATCH: `points` are of the batch */
    uint32_t          parts;
    runner            run;
    trace             trace;
    uint64_t          weight_bytes, factor_bytes; /* of the weight blocks of layer and residual */
    uint64_t          x_bytes, y_bytes; /* that LOAD and STORE move for all of it once */
    traffic           read;       /* by the jobs; with --stats */
    uint64_t          predicted;  /* [cycles] 0: nothing was */
    const char       *bound;      /* what limits; NULL: unknown */
    void             *result;     /* [out_dim] */
};

enum { LAYER_BATCH = 65535 }; /* of one driver job; a larger batch is several jobs */

static inline uint32_t layer_jobs(const layer *l) { return l->o.repeat * l->n_slices * l->parts; }

/* Defaults, before options are parsed. */
void layer_init(layer *l, const layer_kind *kind, cli_globals *g);

/* All of it; returns the exit code. */
int  layer_main(layer *l);
void layer_free(layer *l);

/* ---- For a kind's load() and prepare() --------------------------------------------------------------- */

/* "file: element [r, c] (byte n)" */
const char *layer_element(const char *file, const npy_array *a, size_t i, char *buf, size_t cap);

unsigned layer_weight_types(const layer_options *o);     /* of NPY_IS(): what W may be */
int      layer_check_weights(const layer *l, diag *d);   /* float32 only with --cluster and finite */
int      layer_load_requant(layer *l, diag *d);          /* W is there: one value for each of its rows */

/* One value a channel, or where `scalar` one for all; each in lo .. hi. */
int layer_load_vector(const char *file, npy_type type, int scalar, uint32_t rows, int64_t lo, int64_t hi, npy_array *a, diag *d);

/* W, clustered where asked for, as a matrix of its first dimension and the rest. */
int layer_weights(layer *l, host_matrix *m, diag *d);

/* Make `m` legal for the format asked for, or say why it is not. `editable` is m->w8, or NULL where that is not int8. Codes are looked for in
 * `given`, which is layer_weights() (perhaps `m` itself). */
int layer_shape(layer *l, const host_matrix *given, const host_matrix *m, int8_t *editable, diag *d);

int layer_has_format(const layer *l, diag *d); /* the machine has the one asked for */

/* ---- The machine (layer_run.c) ------------------------------------------------------------------------ */

size_t layer_out_bytes(lac_type t); /* of an element */

int layer_plan(layer *l, runner_plan *plan, diag *d);     /* pack, and count the commands */
int layer_execute(layer *l, const runner_plan *plan);     /* run and fetch l->result; exit code */
void layer_free_slices(layer *l);

int        layer_choose(layer *l, diag *d);                      /* the format by host_choose() where none was asked for; l->lane_cycles */
lac_status layer_count(layer *l, runner_plan *plan);             /* commands and weight bytes of the jobs as they are laid out. LAC_E_SPACE: this machine cannot do it this way */
lac_status layer_run(layer *l, const runner_plan *plan);         /* load what is resident, then the clock, then the jobs */

/* l->result, `bytes` of it, and that it is the same in all repetitions. fetch: the result of one. Exit code. */
int layer_collect(layer *l, size_t bytes, lac_status (*fetch)(layer *l, uint32_t run, void *to));

int    layer_save(const layer *l, diag *d); /* Y */
cJSON *layer_stats(const layer *l);         /* of --stats, what every layer has */

#endif
