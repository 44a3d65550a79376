/* SPDX-License-Identifier: Apache-2.0
 *
 * lacuna.h - bare-metal driver of the Lacuna sparse neural-network accelerator, the one header of a program
 *
 *   Ownership    The caller owns every context and buffer. Nothing here allocates, and nothing is kept
 *                but what lac_open() is given.
 *   Memory       A lac_addr is an address as the accelerator sees it. The driver never dereferences one: it
 *                moves bytes with the port's mem_write and mem_read.
 *   Errors       0 or a negative lac_status. A call that fails with LAC_E_ARG .. LAC_E_SPACE has changed nothing.
 *   Concurrency  Calls on one device must not overlap.
 *   Environment  C99, freestanding; of the C library only memcpy and memset. Stack: lac_fc_build() and what calls it below
 *                2.5 KB, lac_conv_build() and lac_conv_run() below 3 KB, all else below 1 KB. Hosts of either byte order.
 */
#ifndef LACUNA_H
#define LACUNA_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define LAC_ALIGN 64u /* [bytes] of every device address that a command names */

typedef uint64_t lac_addr; /* [bytes] as the accelerator's bus master sees memory */

typedef enum {
    LAC_OK        =  0,
    LAC_E_ARG     = -1, /* a size, pointer or value is outside its stated range */
    LAC_E_ALIGN   = -2, /* a device address is not LAC_ALIGN-byte aligned */
    LAC_E_SPACE   = -3, /* the caller's buffer, the ring or a hardware RAM is too small */
    LAC_E_FORMAT  = -4, /* the data cannot be expressed in the format asked for */
    LAC_E_ID      = -5, /* no Lacuna with this major version behind the port */
    LAC_E_PORT    = -6, /* the port could not do what it was asked */
    LAC_E_TIMEOUT = -7, /* gave up waiting; the job may still be running */
    LAC_E_JOB     = -8  /* the hardware recorded an error: lac_error() has it; lac_reset() before the next job */
} lac_status;

/* How the driver reaches a machine. Functions return 0, or non-zero for a failure; `ctx` is theirs. */
typedef struct {
    void *ctx;
    int (*read32)(void *ctx, uint32_t offset, uint32_t *value);
    int (*write32)(void *ctx, uint32_t offset, uint32_t value);
    int (*mem_write)(void *ctx, lac_addr dst, const void *src, uint32_t n);
    int (*mem_read)(void *ctx, void *dst, lac_addr src, uint32_t n);
    /* Wait until the interrupt line is high or about `limit` units of the port's time (cycles on
     * simulated ports) have passed; either returns 0. NULL: the driver polls. */
    int (*wait_irq)(void *ctx, uint32_t limit);
} lac_port;

/* What the machine has, read once by lac_open(). */
typedef struct {
    uint32_t version;      /* major 31:16, minor 15:8, patch 7:0 */
    uint32_t lanes;        /* 4 .. 256 */
    uint32_t data_w;       /* [bits] AXI data */
    uint32_t addr_w;       /* [bits] AXI address */
    uint32_t store_w;      /* [outputs a cycle] */
    uint32_t weight_depth; /* [64-bit words a lane] */
    uint32_t col_depth;    /* [columns] */
    uint32_t acc_depth;    /* [words a lane and bank] */
    uint32_t feat_depth;   /* [lines] */
    uint32_t param_depth;  /* [channels] */
    uint32_t fifo_depth;   /* [items] */
    uint32_t burst;        /* [beats] */
    uint32_t flight;       /* [bursts] outstanding in each direction */
    uint32_t formats;      /* bit per lac_format; LAC_HAS_COLUMNS: column blocks; LAC_HAS_WINDOWS: convolution */
    uint32_t map;          /* CAP_MAP; 0: no mapping unit */
    uint32_t line;         /* [bytes] max(8, data_w / 8) */
} lac_caps;

typedef enum { LAC_CSC = 0, LAC_CSC8 = 1, LAC_NM = 2 } lac_format;
enum { LAC_HAS_COLUMNS = 8, LAC_HAS_WINDOWS = 16 }; /* in lac_caps.formats */
typedef enum { LAC_INT8 = 0, LAC_UINT8 = 1, LAC_INT16 = 2, LAC_RAW = 3 } lac_type; /* RAW: int64 accumulators, outputs only */

/* The hardware's error record; code, unit and index as docs/formats.md has them. */
typedef struct {
    uint32_t code, unit, cmd, tag, index;
    lac_addr addr;
} lac_error_record;

/* One device. Fields are private. */
typedef struct {
    lac_port port;
    lac_caps caps;
    lac_addr ring;      /* device address of the command ring */
    uint32_t ring_size; /* [commands] */
    uint32_t tail;      /* next ring entry to fill */
    uint32_t queued;    /* commands written since reset */
    uint32_t rung;      /* of these, announced by a doorbell */
} lac_dev;

typedef struct { uint32_t w[16]; } lac_cmd;

/* ---- Device ---------------------------------------------------------------------------------------- */

/* Open the machine behind `port` (copied): check identity and version, read capabilities, reset, and give it
 * a ring of `ring_size` commands (2 .. 65535, 64 bytes each) at device address `ring` and one window
 * [base, base + size) for reads and writes, which must hold the ring.
 * LAC_E_ARG, LAC_E_ALIGN, LAC_E_ID, LAC_E_PORT, LAC_E_TIMEOUT. */
lac_status lac_open(lac_dev *dev, const lac_port *port, lac_addr ring, uint32_t ring_size,
                    lac_addr base, uint64_t size);

/* Read and write windows apart. [base, limit) */
lac_status lac_windows(lac_dev *dev, lac_addr rd_base, lac_addr rd_limit, lac_addr wr_base, lac_addr wr_limit);

/* Cycles a bus channel may stand still; 0: no limit. */
lac_status lac_watchdog(lac_dev *dev, uint32_t cycles);

/* Soft reset, waiting at most `polls` reads of STATUS. LAC_E_TIMEOUT: the bus itself is stuck. */
lac_status lac_reset(lac_dev *dev, uint32_t polls);

/* Put `n` commands into the ring and ring the doorbell once. LAC_E_SPACE: not that much room now. */
lac_status lac_submit(lac_dev *dev, const lac_cmd *cmd, uint32_t n);

/* The same in steps, for programs longer than the ring: how many commands fit now; write one at the tail without
 * announcing it (the caller knows that there is room); announce what was written. */
lac_status lac_room(lac_dev *dev, uint32_t *room);
lac_status lac_put(lac_dev *dev, const lac_cmd *cmd);
lac_status lac_ring(lac_dev *dev);

/* LAC_OK: idle, all done. 1: still busy. LAC_E_JOB: failed. */
int lac_poll(lac_dev *dev);

/* Wait for idle, at most `limit` polls (or units of wait_irq). LAC_E_TIMEOUT, LAC_E_JOB, LAC_E_PORT. */
lac_status lac_wait(lac_dev *dev, uint32_t limit);

lac_status  lac_error(lac_dev *dev, lac_error_record *out);
const char *lac_error_name(uint32_t code);  /* "BUS_SLVERR"; "?" for an unknown code */
const char *lac_error_text(uint32_t code);
const char *lac_unit_name(uint32_t unit);   /* "CMD", "LOAD", "EXEC", "STORE", "MAP" */
const char *lac_status_name(int status);

/* Cycle counts and busy counters of the last run (modulo 2^32 except macs). */
typedef struct {
    uint32_t cycles;                 /* doorbell to idle */
    uint32_t load, exec, store;      /* [cycles] engine had a command */
    uint32_t rd_beats, wr_beats, items, stall, nonzero, marks, mark_first, mark_last;
    uint32_t map, sites, rules;      /* [cycles] MAP had a command; outputs it visited; rules it found. Without a mapping unit 0 */
    uint64_t macs;
    uint32_t sought, fetched;        /* lines of features that rules asked for; that came from memory */
} lac_stats;
lac_status lac_read_stats(lac_dev *dev, lac_stats *out);

/* Where the cycles went: out[c] is how many cycles of all runs since lac_open() or lac_reset() (modulo 2^32) unit `unit` was in cause c of
 * driver/lac_causes.def; causes that the unit does not have are 0. Together they are the cycles of those runs, for every unit. Units: a lane, 0 .. lanes - 1, or
 * lanes + LAC_ON_LOAD and so on. The machine must be idle. The golden model, which has no cycles, gives zeros. */
enum { LAC_ON_LOAD, LAC_ON_EXEC, LAC_ON_STORE, LAC_ON_READ, LAC_ON_WRITE, LAC_ON_MAP, LAC_ON_UNITS };
enum { LAC_CAUSES = 8 };
uint32_t   lac_units(const lac_caps *caps); /* of these there are: MAP, the last, is missing where there is no mapping unit */
lac_status lac_read_causes(lac_dev *dev, uint32_t unit, uint32_t out[LAC_CAUSES]);

/* ---- Sparse matrices -------------------------------------------------------------------------------- */

/* Compressed sparse columns. Row indices ascend strictly within a column.
 *   values[nnz], row_idx[nnz] 0 .. rows-1, col_ptr[cols + 1], col_ptr[0] == 0, col_ptr[cols] == nnz
 * A stored value of 0 is legal and is dropped by the packer.
 * The same struct holds compressed sparse rows when the words row and column are exchanged everywhere: `cols`
 * is then the number of rows of the matrix, `rows` that of its columns. */
typedef struct {
    uint32_t        rows, cols;  /* 1 .. 65535 */
    const int16_t  *values;
    const uint16_t *row_idx;
    const uint32_t *col_ptr;
} lac_csc;

/* N:4 weights, dense storage of what was pruned: w[rows][cols], at most n non-zeros in w[r][4g .. 4g+3]. */
typedef struct {
    uint32_t      rows, cols;
    uint32_t      n;  /* 1 .. 4 */
    const int8_t *w;
} lac_nm;

/* Refuses (LAC_E_ARG) every malformed input: a dimension outside its range, a missing array, pointers not starting at
 * 0, descending or not ending at nnz, an index out of range, not ascending or repeated. Pointers are checked before indices.
 * *where (may be NULL): position of the first fault in col_ptr or row_idx; 0 for a dimension or a missing array. */
lac_status lac_csc_check(const lac_csc *m, uint32_t nnz, uint32_t *where);

/* Transpose storage: CSR of a matrix in, CSC of the same matrix out, or back. Output arrays are the caller's:
 * [nnz], [nnz] and [rows + 1] pointers, where `rows` is that field of the input. Fails as lac_csc_check. */
lac_status lac_csr_to_csc(const lac_csc *csr, uint32_t nnz, int16_t *values, uint16_t *row_idx, uint32_t *col_ptr);
lac_status lac_csc_to_csr(const lac_csc *csc, uint32_t nnz, int16_t *values, uint16_t *col_idx, uint32_t *row_ptr);

/* ---- Fully connected layers ------------------------------------------------------------------------- */

/* Requantisation, docs/numerics.md. NULL arrays: bias 0; multiplier and shift then come from m0, s0. */
typedef struct {
    const int32_t *bias;       /* [rows] or NULL */
    const int32_t *multiplier; /* [rows] or NULL; 0 .. 2^31-1 */
    const int8_t  *shift;      /* [rows] or NULL; 1 .. 62 */
    int32_t        m0;
    int8_t         s0;
} lac_requant;

/* A layer, packed for one machine: everything LOAD needs except features, as one image of `bytes` bytes that the
 * caller copies to a LAC_ALIGN-ed device address. The image begins with a directory that the driver reads on the host side
 * when it builds commands, so keep at least the first `dir_bytes` of it. Weight matrices larger than the RAMs are cut into
 * tiles of rows and columns. */
typedef struct {
    const void *image;   /* host copy */
    uint32_t    bytes;   /* whole image */
    uint32_t    dir_bytes;
    uint32_t    rows, cols;
    lac_format  format;
    uint32_t    n;       /* N:4; else 0 */
    uint32_t    by_column; /* 1: lac_pack_csc_columns() made it; else 0 */
    uint32_t    taps;    /* 1: lac_conv_pack_rows() made it, 2: of a depthwise layer, 4: with items of four channels; 3: lac_conv_pack_residual(); 5: lac_sconv_pack(), 6, 7: lac_sconv_pack_pool(), sum, largest; else 0. `cols` is then private */
    uint32_t    tiles;   /* weight blocks or column blocks in all */
    uint32_t    resident_words, resident_cols, resident_params; /* RAM it takes to keep the whole layer on chip; 0: does not fit */
    uint64_t    entries; /* stored entries, padding included */
    uint64_t    padding; /* of these */
    uint64_t    nonzeros;
    lac_addr    addr;    /* set by the caller: where the image stands in device memory */
} lac_layer;

/* Pack. Two passes: with buf NULL, *need [bytes] is computed and `out` (may be NULL then) filled except for its image. `scratch`
 * holds lac_pack_scratch() bytes, 8-byte aligned. csc: at most 15 distinct non-zero values, else LAC_E_FORMAT. csc8: values
 * -128 .. 127, else LAC_E_FORMAT; *where (may be NULL) is then the position in m->values of the first that is too much. nm: at most
 * n non-zeros a group, else LAC_E_FORMAT; *where is then row * cols + first column of the group. LAC_E_ARG: m is malformed (*where
 * as of lac_csc_check), or a multiplier or shift is out of range (*where: the row). LAC_E_SPACE: buf is too small, or a single
 * feature line of columns does not fit the machine. rq NULL: bias 0, multiplier 1, shift 1, as raw outputs need no others.
 * balance != 0: channels are assigned to lanes by non-zero count inside blocks of `lanes` channels; 2: and such that channel k is in a lane l with l mod 4 = k mod 4, which a residual needs
 * (LAC_E_ARG: lanes are no multiple of 4).
 *
 * Tiles: a layer that fits the RAMs is one tile; else each tile takes at most half of the weight RAM, the column table and (where
 * it can) the parameters, so that the next one loads while this one computes. A row tile (what one STORE writes) starts at a multiple of
 * 64 channels, because STORE's address is 64-byte aligned. Only where the parameter or accumulator RAM is too small for 64, it is 32 or 8 channels;
 * lac_fc_build() then refuses output types whose elements are smaller than 64 bytes / that many (LAC_E_SPACE). */
uint32_t   lac_pack_scratch(const lac_caps *caps, uint32_t rows, uint32_t cols);
lac_status lac_pack_csc(const lac_caps *caps, const lac_csc *m, lac_format format, const lac_requant *rq, int balance,
                        void *scratch, void *buf, uint32_t cap, uint32_t *need, lac_layer *out, uint64_t *where);
lac_status lac_pack_nm(const lac_caps *caps, const lac_nm *m, const lac_requant *rq, int balance,
                       void *scratch, void *buf, uint32_t cap, uint32_t *need, lac_layer *out, uint64_t *where);

/* lac_pack_csc() with column blocks: a streamed job of one point then fetches only the columns whose activation is not zero. Fails
 * likewise, and with LAC_E_ARG where the machine has not LAC_HAS_COLUMNS. A job of several points, and a resident place, take all
 * columns. A tile takes at most half of the weight RAM and of the column table even where there is only one, and is cut into row tiles
 * also where eight lanes have more than 191 (csc8: 127) entries in a column, or a column takes more than 255 lines.
 *
 * Which storage? The first pass (buf NULL) tells: a streamed job of one point fetches, besides its features, need - dir_bytes of
 * lac_pack_csc(), but of lac_pack_csc_columns() only about f * (need - dir_bytes - 16 * rows) + 16 * rows, where f is the share of
 * activations that are not zero. Its `need` is the larger one: a column has its table and is filled up to whole lines. So where f is
 * near one, where a column has few entries, for several points, and for resident layers: lac_pack_csc(). */
lac_status lac_pack_csc_columns(const lac_caps *caps, const lac_csc *m, lac_format format, const lac_requant *rq, int balance,
                                void *scratch, void *buf, uint32_t cap, uint32_t *need, lac_layer *out, uint64_t *where);

/* Take a packed layer from its image, for instance from a file: checks the directory (LAC_E_FORMAT), fills *out, addr 0.
 * `bytes`: how much of the image is there, at least its directory. */
lac_status lac_layer_open(const void *image, uint32_t bytes, lac_layer *out);

/* A tensor of points in device memory: dense elements or compressed lists (docs/formats.md). */
typedef struct {
    lac_addr addr;
    uint32_t pitch;   /* [bytes] a multiple of LAC_ALIGN */
    lac_type type;
    int32_t  zero;    /* zero point, in the range of the type; raw: 0 */
    int      list;    /* compressed lists instead of dense elements */
} lac_tensor;

/* [bytes] smallest legal pitch of a point of `channels` elements. */
uint32_t lac_pitch(const lac_caps *caps, uint32_t channels, lac_type type, int list);

/* Where a resident layer's weights and parameters stand on chip. param_base: a multiple of store_w. codebook: 0 or 1. */
typedef struct { uint32_t word_base, col_base, param_base, codebook; } lac_place;

/* Where the next layer can stand: *at has the first free word, column, parameter and codebook (2: both taken), zeroes at first, and is
 * advanced; *place is the layer's. LAC_E_SPACE: there is no such place (nothing has changed). */
lac_status lac_fc_place(const lac_caps *caps, const lac_layer *layer, lac_place *at, lac_place *place);

/* One job: y[p] = layer(x[p]) for `points` points. */
typedef struct {
    const lac_layer *layer;
    const lac_place *resident;  /* NULL: weights are streamed from layer->addr; else they were put there by lac_fc_load() */
    uint32_t         points;    /* 1 .. 65535 */
    lac_tensor       x, y;
    int32_t          clamp_lo, clamp_hi; /* of y; raw: 0, 0 */
    uint32_t         tag;       /* comes back in an error record */
    int              mark;      /* time-stamp the completion of the last command */
} lac_fc;

/* Receives commands one by one; a non-zero return stops and is returned. */
typedef int (*lac_emit)(void *ctx, const lac_cmd *cmd);

/* Commands that load a layer to a place and leave it there. The machine must be idle; a program of lac_fc_build() may follow at once.
 * LAC_E_ARG, LAC_E_ALIGN, LAC_E_SPACE: does not fit there. */
lac_status lac_fc_load(const lac_caps *caps, const lac_layer *layer, const lac_place *at, lac_emit emit, void *ctx);

/* Build the commands of a sequence of `n` jobs, ordered by tokens such that jobs overlap as far as data and RAMs allow; a job whose x
 * is an earlier job's y is ordered behind it. The program expects an idle machine (or one that lac_fc_load() keeps busy) and leaves no
 * token behind. x and y of one job must not overlap, nor may any y overlap the image of a layer. Streamed jobs use the RAM above the highest
 * resident place that the same call names, and codebooks that it does not name: what else was resident there is lost.
 * LAC_E_ARG, LAC_E_ALIGN; LAC_E_SPACE: something does not fit the machine, y is a list and the layer has several row tiles, or
 * y's type is too small for them. They are found before the first command is emitted. Else what `emit` returned. A layer of lac_conv_pack_rows() or lac_conv_pack_residual(): LAC_E_ARG. */
lac_status lac_fc_build(const lac_caps *caps, const lac_fc *jobs, uint32_t n, lac_emit emit, void *ctx);

/* The same for a layer and its place: submit as the ring has room, and wait. Fails as lac_fc_load(), lac_wait(). */
lac_status lac_fc_place_load(lac_dev *dev, const lac_layer *layer, const lac_place *at, uint32_t limit);

/* Build, submit as the ring has room, and wait for all of it. Fails as lac_fc_build(), lac_wait(). */
lac_status lac_fc_run(lac_dev *dev, const lac_fc *jobs, uint32_t n, uint32_t limit);

/* ---- Convolution ------------------------------------------------------------------------------------ */

/* 2-D convolution without a lowered matrix: y[n][oy][ox][k] = sum over r, s, c of
 * w[k][(r * kernel_x + s) * channels + c] * x[n][oy * stride_y + r * dilation_y - pad_top][ox * stride_x + s * dilation_x - pad_left][c],
 * where x counts from its zero point and is 0 outside the image.
 *
 * A tensor here is its images' rows, one behind the other: row iy of image n at addr + (n * height + iy) * pitch, pitch a multiple of LAC_ALIGN
 * and at least lac_pitch(caps, width * channels, type, list). A row holds its pixels without gaps, `channels` elements each (a multiple of 4 for
 * an N:4 layer; channels that an image lacks are its zero point). So one layer's y is the next one's x.
 * Of y: width is lac_conv_out_x(), height lac_conv_out_y(), channels layer->rows, which must be a multiple of store_w: fill a layer up with
 * channels without weights, whose multiplier and bias are 0. x.list, y.list: each row is a compressed list. */
typedef struct {
    uint32_t images, height, width, channels; /* of x; each 1 .. 65535, width * channels 1 .. 65535 */
    uint32_t kernel_y, kernel_x;              /* 1 .. 11 */
    uint32_t stride_y, stride_x;              /* 1 .. 32767; stride_x * channels 1 .. 32767 */
    uint32_t dilation_y, dilation_x;          /* 1 .. 65535 */
    uint32_t pad_top, pad_left, pad_bottom, pad_right; /* 0 .. 65535; pad_left * channels and what a tap adds to it 0 .. 65535 */
} lac_conv_shape;

/* Pixels of an output row, rows of an output image; 0: the kernel does not fit the padded image, or a number of this direction is out of its range. A job
 * needs 1 .. 65535 of both, an output row of at most 65535 elements, and (pixels - 1) * stride_x * channels 0 .. 65535. */
uint32_t lac_conv_out_x(const lac_conv_shape *s);
uint32_t lac_conv_out_y(const lac_conv_shape *s);

/* Pack *taps as rows*: a column is one input channel, its entries the weights of all taps and outputs, and a non-zero activation is issued once instead of kernel_y *
 * kernel_x times. For weights of which a lane has less than one an activation otherwise, and for depthwise layers. As lac_pack_csc(), scratch
 * lac_pack_scratch(caps, m->rows, m->cols), with m the matrix of kernel_y * kernel_x * channels columns above.
 * depthwise != 0: y[..][k] = sum over r, s of w[k][r * kernel_x + s] * x[..][k]; m has kernel_y * kernel_x columns and `channels` rows, a multiple of 4, as the machine's
 * lanes must be; format LAC_CSC8; `balance` has no meaning.
 * depthwise 2: the same items of four channels for a matrix of kernel_y * kernel_x * channels columns, as without, whose weights of channel c are in outputs k with k mod 4 = c mod 4
 * alone; LAC_E_FORMAT, and *where, for another. So layers of fewer channels than lanes keep all of them busy: P pixels of a row are one of P times the channels, and a tap to a neighbour leads from one
 * channel to another, or to the next such pixel.
 *
 * `shape` is that of the jobs. The layer also serves others whose channels, kernel, strides and accumulator grid are the same: images and whatever is vertical but kernel_y and
 * stride_y are free. The grid has, for output rows of X pixels,
 *     grid = max(X + left, (width - 1 + pad_left) / stride_x + 1, (kernel_x - 1) / stride_x + 1),  left = max(0, kernel_x - 1 - pad_left) / stride_x
 * pixels in a row (quotients rounded down); (grid - 1) * stride_x * channels 0 .. 65535.
 *
 * Overflow: what falls off an image's edges is added up in accumulators of its own, any share of an output's products, and is checked like all sums. So where the sum over an output's
 * weights of |w| times the largest |x - zero| is 2^35 or more, a job may end in OVERFLOW although each of its outputs fits. int8 by 8 bit never gets there.
 *
 * LAC_E_ARG: also a shape out of range or without output, another number of columns or, depthwise, of rows, a machine without LAC_HAS_WINDOWS. LAC_E_FORMAT: also a dilation that
 * is not 1 where the kernel is more than 1; *where is 0 then. LAC_E_SPACE: also where a lane has more than 191 (csc8: 127) entries in a column, those counted that fill gaps of more than
 * 63 (255) rows, where one column is more than half of the weight RAM of a layer that does not fit it, and where the outputs are too many for the parameter RAM or for the accumulators: they are never cut into tiles of rows. */
lac_status lac_conv_pack_rows(const lac_caps *caps, const lac_conv_shape *shape, const lac_csc *m, lac_format format, int depthwise, const lac_requant *rq, int balance,
                              void *scratch, void *buf, uint32_t cap, uint32_t *need, lac_layer *out, uint64_t *where);

/* Pooling of a convolution's outputs, which are then never stored: pixel (py, px) of y is made of the outputs that window [py * stride_y - pad_top, + kernel_y) x
 * [px * stride_x - pad_left, + kernel_x) has in common with the image of outputs, by `kind`:
 *     LAC_POOL_MAX       the largest. Taken before requantisation, which keeps order since multipliers are not negative: the same integers as after it
 *     LAC_POOL_MEAN      their sum, bias added to each: y = clamp(zero + round(sum * M / 2^s)), one rounding. M / 2^s holds the division, by the pixels of a whole window: outputs
 *                        beside the image count as 0. Not raw. Sums are 37 bits, which wrap: see to it that (largest |sum of the convolution + bias|) * kernel_y * kernel_x is below 2^36
 *     LAC_POOL_MEAN_RELU the same of max(0, output), bias added: a ReLU in front of the mean (a clamp would come behind it)
 * So y is pooled(out_y) rows of pooled(out_x) pixels, pooled(n) = (pad before + n + pad behind - kernel) / stride + 1 rounded down. */
typedef enum { LAC_POOL_MAX = 0, LAC_POOL_MEAN = 1, LAC_POOL_MEAN_RELU = 2 } lac_pool_kind; /* as STORE's AVERAGE */

typedef struct {
    uint32_t kernel_y, kernel_x; /* 1 .. 15; or kernel_y 0, no pooling: then nothing else here is looked at */
    uint32_t stride_y, stride_x; /* 1 .. 15 */
    uint32_t pad_top, pad_left, pad_bottom, pad_right; /* each 0 .. kernel - 1 of its direction */
    lac_pool_kind kind;
} lac_pool;

/* A tensor that is added to a convolution's sums, before requantisation and pooling: residual, shortcut, skip connection. Accumulator of output (n, oy, ox, k) +=
 * factor[k] * (x[n][oy][ox][k] - x.zero). With real values S_x * (x - zero) of it, S * sum of the convolution (S: its input's scale times the weight's, per output): factor[k] is
 * S_x / S[k], rounded. One rounding, that of the sum, instead of the three of two requantised tensors. x has as many images, rows, pixels and channels as the convolution has
 * outputs before pooling. */
typedef struct {
    const lac_layer *layer; /* lac_conv_pack_residual(); always streamed */
    lac_tensor       x;     /* as lac_conv's */
} lac_residual;

/* Pack a residual's factors [of->rows] for the jobs of layer `of`, whose whole image must be there; scratch lac_pack_scratch(caps, of->rows, 1). LAC_E_FORMAT: channel k of `of` is
 * not in a lane l with l mod 4 = k mod 4, as balance 0 and 2 give it; *where: k. LAC_E_ARG: a machine without LAC_HAS_WINDOWS or LAC_CSC8, or whose lanes are no multiple of 4; `of` has channels that are no
 * multiple of 4, column blocks, or is packed for another machine. Else as lac_pack_csc(). A tile is at most half of the column table. There is no resident place for it. */
lac_status lac_conv_pack_residual(const lac_caps *caps, const lac_layer *of, const int16_t *factor, void *scratch, void *buf, uint32_t cap, uint32_t *need, lac_layer *out,
                                  uint64_t *where);

/* One job. `layer` is packed, as for a fully connected layer, from the matrix of kernel_y * kernel_x * channels columns above
 * (lac_pack_csc(), lac_pack_nm()); not by columns. Or its taps are rows (lac_conv_pack_rows()). */
typedef struct {
    const lac_layer *layer;
    const lac_place *resident;  /* as in lac_fc */
    lac_conv_shape   shape;
    lac_pool         pool;      /* kernel_y 0: none */
    const lac_residual *residual; /* NULL: none */
    lac_tensor       x, y;
    int32_t          clamp_lo, clamp_hi; /* of y; raw: 0, 0 */
    uint32_t         tag;
    int              mark;
    uint32_t         y_pixel;  /* [bytes] from a pixel of y to the next, a multiple of LAC_ALIGN; 0: they stand without gaps */
} lac_conv;

/* Rows of an image and pixels of a row of the job's y; 0: its shape or pooling is out of range, or nothing is left. */
uint32_t lac_conv_y_rows(const lac_conv *job);
uint32_t lac_conv_y_pixels(const lac_conv *job);

/* Commands of a sequence of `n` convolutions; as lac_fc_build(), whose rules about places, overlap and order hold here too. Images are cut into bands
 * of output rows that fit the accumulators and the feature RAM; a band's input rows are loaded once for all its taps where they fit together, else tap by tap.
 * LAC_E_ARG: also a shape out of range, no output, a machine without LAC_HAS_WINDOWS, or channels that do not fit the layer. LAC_E_SPACE: also an image row
 * that is larger than the feature RAM; a layer of several row tiles whose pixels, layer->rows elements, are no multiple of LAC_ALIGN bytes; an output row larger than
 * an accumulator bank that is a list, or where not even as many pixels fit as make a multiple of LAC_ALIGN bytes.
 * With several row tiles leave no gap between the rows of y (pitch: pixels * layer->rows elements): only then a band is more than one row.
 *
 * Taps as rows: LAC_E_ARG where the layer was packed for another shape. A band is as much of an image as an accumulator bank holds, there are no strips: LAC_E_SPACE where not even
 * one output row fits with its guards, which are at most
 *     ((1 + 2 * ((kernel_y - 1) / stride_y) + (left ? 1 : 0)) * grid + (left ? 0 : (kernel_x - 1) / stride_x)) * ceil(layer->rows / lanes)
 * accumulators (less at the upper and lower edge of an image). Input rows are loaded as the feature RAM has room, one at least.
 *
 * Pooling: a band is whole windows, so where they overlap its neighbours compute rows again. LAC_E_ARG: a window or kind out of range, a mean that is raw, or nothing left. LAC_E_SPACE: one row of windows, min(pool.kernel_y, output rows)
 * rows of output pixels, does not fit an accumulator bank and y is a list, or not even so many windows fit side by side as make a multiple of LAC_ALIGN bytes (then y's rows are written in strips; none with taps as rows, where it
 * counts in place of the one output row above); or the layer has several row tiles.
 *
 * Residual: LAC_E_ARG also if y overlaps its x, or its layer was packed for another number of channels. LAC_E_SPACE: a row of it is larger than the feature RAM, or a tile of its factors is than what resident layers leave.
 *
 * Concatenation: with y_pixel several jobs write channels of one tensor, each its own from y.addr on, these LAC_ALIGN bytes or a multiple apart; y.pitch is that of the whole tensor's rows, whose reader is ordered
 * behind all of them. LAC_E_ALIGN: y_pixel is no multiple; LAC_E_ARG: it is below a pixel's bytes, y is a list, a row has 2^24 bytes or more; LAC_E_SPACE: with pooling or taps as rows. Each pixel is a point to STORE, which writes whole lines. */
lac_status lac_conv_build(const lac_caps *caps, const lac_conv *jobs, uint32_t n, lac_emit emit, void *ctx);
lac_status lac_conv_run(lac_dev *dev, const lac_conv *jobs, uint32_t n, uint32_t limit);

/* ---- Coordinates ------------------------------------------------------------------------------------ */

/* A site of a sparse tensor. */
typedef struct {
    int32_t batch;   /* 0 .. 255 */
    int32_t z, y, x; /* -32768 .. 32767 */
} lac_site;

enum { LAC_COORDS_MOST = 0xffffff }; /* sites, and words, of a coordinate list */

/* [bytes] of a coordinate list (docs/mapping.md) of so many 64-bit words, header and the rest of its last 64 bytes included. */
static inline uint32_t lac_coords_bytes(uint32_t words) { return 64u + (8u * words + 63u) / 64u * 64u; }

/* Order sites by (batch, z, y, x) without moving them: sites[order[0]] is the smallest, and equal ones stay as they stand. order, scratch: [n].
 * A merge sort: at most n * ceil(log2 n) comparisons. */
void lac_coords_sort(const lac_site *sites, uint32_t n, uint32_t *order, uint32_t *scratch);

/* Why sites are no coordinate list. `at` and `other` are positions in `sites`. */
typedef enum {
    LAC_COORDS_RANGE = 1, /* a value of `at` is outside its range; other: which, 0 batch .. 3 x */
    LAC_COORDS_ORDER = 2, /* `at` follows `other`, which is larger */
    LAC_COORDS_TWICE = 3  /* `at` and `other`, before it, are the same site */
} lac_coords_why;
typedef struct {
    lac_coords_why why;
    uint32_t       at, other;
} lac_coords_fault;

/* Make the coordinate list of n sites that ascend in the order order[0 .. n-1] (NULL: as they stand) in buf, `cap` bytes. *words: of the list; with buf NULL this
 * is all that is done. n = 0 is a list of nothing. LAC_E_ARG: sites are no list, *fault (may be NULL) tells the first fault in that order; n > LAC_COORDS_MOST
 * (fault->why 0). LAC_E_SPACE: cap < lac_coords_bytes(*words), or too many words. */
lac_status lac_coords_pack(const lac_site *sites, uint32_t n, const uint32_t *order, void *buf, uint32_t cap, uint32_t *words, lac_coords_fault *fault);

enum { LAC_BATCHES = 256 };

/* The union of a list with itself under other batches, `n` times (1 .. 5): what is in batch b is in batch to[i][b] of the result for each i, not at all for -1. Numbers are -1 .. 255; those other than -1 ascend strictly in each to[i]. `list` is as
 * lac_coords_pack() makes it. *voxels, *words: of the result; with buf NULL this is all that is done. LAC_E_ARG; LAC_E_SPACE: as lac_coords_pack(). */
lac_status lac_coords_merge(const void *list, const int16_t (*to)[LAC_BATCHES], uint32_t n, void *buf, uint32_t cap, uint32_t *voxels, uint32_t *words);

/* The sites of a list, `bytes` bytes of which are there. *n: how many; with sites NULL this is all. LAC_E_FORMAT: it is malformed, as MAP would find; *where (may be NULL): the
 * word, counted from 0, 0xffffffff: the header, or voxels that are not as many as it says. LAC_E_SPACE: cap < *n. */
lac_status lac_coords_unpack(const void *list, uint32_t bytes, lac_site *sites, uint32_t cap, uint32_t *n, uint32_t *where);

/* ---- Maps ------------------------------------------------------------------------------------------- */

/* Which input contributes to which output through which tap, found by the machine (docs/mapping.md): on each axis
 *     in + pad = out * stride + k * dilation,     inverse and generative:     out + pad = in * stride + k * dilation
 * and the tap's number is (kz * KY + ky) * KX + kx. Arrays of three: z, y, x. */
typedef enum {
    LAC_SUBMANIFOLD, /* outputs are the inputs; stride 1, odd kernels */
    LAC_REGULAR,     /* every site that an input reaches */
    LAC_STRIDED,     /* the sites floor(in / stride), each once */
    LAC_INVERSE,     /* outputs are given */
    LAC_GENERATIVE,  /* every site that an input reaches, by the other rule */
    LAC_ONTO         /* as inverse, by the first rule */
} lac_map_mode;

typedef struct {
    lac_map_mode mode;
    uint32_t     kernel[3];   /* 1 .. 5 */
    uint32_t     stride[3];   /* 1 .. 5 */
    uint32_t     dilation[3]; /* 1 .. 15; regular, generative: x with a kernel above 1 at most 12 */
    int32_t      pad[3];      /* -LAC_MAP_PAD .. LAC_MAP_PAD */
    uint32_t     shape[3];    /* extents of the inputs' grid, which begins at 0: 1 .. 32768. Made outputs stay inside lac_map_grid(). All 0: space is unbounded */
} lac_map_shape;
enum { LAC_MAP_PAD = 450, LAC_MAP_TAPS = 125, LAC_MAP_PASSES = 20 };

/* The grid that dense arithmetic gives: (shape + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1, by the other rule (shape - 1) * stride - 2 * pad + dilation * (kernel - 1) + 1;
 * submanifold: the shape. LAC_E_ARG: without a shape, or one of these is not 1 .. 32768. */
lac_status lac_map_grid(const lac_map_shape *s, uint32_t grid[3]);

/* A kernel is mapped in passes of at most 3 x 3 elements in z and y, in x of 5 that are at most 12 sites apart; each pass makes bands and rules of its own, with the taps' numbers in the
 * whole kernel. How many: 1 .. LAC_MAP_PASSES; 0: s is out of range. They go through the kernel's z, then y, then x. */
uint32_t lac_map_passes(const lac_map_shape *s);

/* Where one pass writes. Headers of bands and rules: docs/mapping.md. */
typedef struct {
    lac_addr bands, rules; /* LAC_ALIGN-ed */
    uint32_t band_room;    /* [headers] 0 .. 65535; those behind the last band's are zeros */
    uint32_t rule_lines;   /* [64 bytes] 0 .. 2^24 - 1 */
} lac_map_room;

/* One map. All addresses LAC_ALIGN-ed and below 2^38; nothing that is written may overlap anything else. */
typedef struct {
    lac_map_shape shape;
    lac_addr      in;         /* list of the inputs */
    lac_addr      out;        /* list of the outputs: inverse, onto: read; regular, strided, generative: written; submanifold: not looked at */
    uint32_t      out_words;  /* written: room behind its header [64-bit words], a multiple of 8 */
    lac_addr      step[2];    /* lists that lie between: as many as lac_map_sizes.steps */
    uint32_t      step_words; /* room of each, as out_words */
    uint32_t      band;       /* outputs of a band, 1 .. 65535 */
    const lac_map_room *room; /* [lac_map_passes()]; NULL: no bands and no rules are written, they are only counted */
    uint32_t      tag;        /* comes back in an error record */
    int           mark;       /* time-stamp the completion of the last command */
    int           signal;     /* the last command gives EXEC a token: lac_sconv.after_map */
    int           only_list;  /* regular, strided, generative: outputs are made, and neither bands nor rules, nor are these counted */
} lac_map;

/* What is enough for every list of inputs of so many voxels and words. */
typedef struct {
    uint32_t outputs;    /* at most */
    uint32_t out_words;  /* 0 where they are given */
    uint32_t steps, step_words;
    uint32_t band_room;  /* of each pass, bands of `band` outputs; at most 65535, so for many outputs take large bands */
    uint32_t rule_lines; /* of each pass */
} lac_map_sizes;

/* outputs: how many are given (inverse, onto), else 0. Where the bound is more than a list or a command can have, it is the largest that they can; then the machine may answer MAP_ROOM. LAC_E_ARG: a value is
 * out of range, or outputs are made in a shape for which lac_map_grid() fails, or for which a grid of 32768 is not enough between two steps: for kernels in several steps, grid * stride plus kernel * dilation. */
lac_status lac_map_bound(const lac_map_shape *s, uint32_t voxels, uint32_t words, uint32_t outputs, uint32_t band, lac_map_sizes *out);

/* Commands of one map, for an idle MAP: first the list of the outputs, where it is made and the kernel needs more than one pass, or a strided one; then the passes. Each command waits for those before it.
 * Kernels of more than one pass make their outputs in up to four steps (the sums of two smaller kernels' elements are the larger one's), through the lists `step`.
 * Without a shape a step's outputs must lie inside -32768 .. 32767 too: with stride and kernel above 1, sites less than 60 from these ends may be MAP_RANGE though no output lies beyond.
 * LAC_E_ARG: a machine without MAP, a value out of range, as lac_map_bound(). LAC_E_ALIGN. All of them before the first command is emitted; else what `emit` returned. */
lac_status lac_map_build(const lac_caps *caps, const lac_map *map, lac_emit emit, void *ctx);

/* Build, submit as the ring has room, and wait. Fails as lac_map_build(), lac_wait(). */
lac_status lac_map_run(lac_dev *dev, const lac_map *map, uint32_t limit);

/* Count instead: map->room is not looked at; lists are written. *outputs, and the rules of each pass. lac_map_lines() of them is then enough rule_lines. Fails as lac_map_run(). */
lac_status lac_map_count(lac_dev *dev, const lac_map *map, uint32_t limit, uint32_t *outputs, uint32_t rules[LAC_MAP_PASSES]);
uint32_t   lac_map_lines(uint32_t outputs, uint32_t rules, uint32_t band);

/* A rule, as it stands in memory (little endian). tap 127: the output has none. */
static inline uint32_t lac_rule_tap(uint32_t rule) { return rule >> 24 & 127u; }
static inline uint32_t lac_rule_in(uint32_t rule) { return rule & 0xffffffu; }
static inline int      lac_rule_last(uint32_t rule) { return (int)(rule >> 31); }

/* ---- Time ------------------------------------------------------------------------------------------- */

/* Maps in four dimensions (docs/mapping.md, "4-D"): the rule holds on the axis of time too. Sites of the same batch and time are a *frame*. A list of inputs or of given outputs has its frames for batches: the first, in the
 * order of (batch, t), is batch 0, and none is left out. What the machine gets are lists with other batches, by lac_coords_merge() from these, with frames that fall on each other under the same number:
 *
 *     outputs     given: their list, with of_out; regular, strided, generative: made (only_list) from the inputs' with made[0 .. mades - 1]
 *     element k   of the kernel in time: a map, inverse where the rule is transposed, else onto, from the inputs' list with of_in[k] to that of the outputs. Inputs keep their order, and so their indices;
 *                 its rules are a source of its own of lac_sconv, with the weights of that element */
typedef struct {
    int32_t batch; /* 0 .. 255 */
    int32_t t;     /* -32768 .. 32767 */
} lac_frame;

typedef struct {
    uint32_t kernel;   /* 1 .. 5 */
    uint32_t stride;   /* 1 .. 5 */
    uint32_t dilation; /* 1 .. 15 */
    int32_t  pad;      /* -LAC_MAP_PAD .. LAC_MAP_PAD */
    uint32_t shape;    /* extent of the inputs' time, which begins at 0: 1 .. 32768. 0: unbounded */
} lac_time;

enum { LAC_TIMES = 5, LAC_FRAMES = LAC_BATCHES };

typedef struct {
    uint32_t  outs;    /* frames where outputs can be, out[0 .. outs - 1] */
    uint32_t  numbers; /* that were given to these and to inputs which stand between them without an output */
    uint32_t  mades;
    lac_frame out[LAC_FRAMES];
    int16_t   of_out[1][LAC_FRAMES]; /* the machine's batch of out[i] */
    int16_t   of_in[LAC_TIMES][LAC_FRAMES];
    int16_t   made[LAC_TIMES][LAC_FRAMES];
} lac_frames;

/* in[ins], onto[ontos]: frames of the inputs and, submanifold (the same), inverse and onto, of the given outputs, ascending, at most LAC_FRAMES. LAC_E_ARG: a value is out of range; *where (may be NULL): ins, or
 * the first frame whose outputs, which are made, would have a time outside int16. LAC_E_SPACE: more than LAC_FRAMES numbers; f->numbers says how many, or LAC_FRAMES + 1: of made outputs' frames alone there are more. */
lac_status lac_frames_plan(lac_map_mode mode, const lac_time *s, const lac_frame *in, uint32_t ins, const lac_frame *onto, uint32_t ontos, lac_frames *f, uint32_t *where);

/* ---- Sparse convolution ----------------------------------------------------------------------------- */

/* Convolution along the rules of a map (docs/mapping.md): y[o][k] = sum over rules (tap, i, o), channels c of w[k][tap * channels + c] * x[i][c], where x counts from its zero point.
 * Features are [V, channels] without gaps, in the order of their coordinate list.
 *
 * Pack: as lac_pack_csc() (m) or lac_pack_nm() (nm; channels a multiple of 4), exactly one of the two, for a matrix of taps * channels columns, at most 127 taps. Tiles are whole taps; LAC_E_SPACE where one does not fit.
 * balance: 0 where the layer adds to the same outputs as another one. */
lac_status lac_sconv_pack(const lac_caps *caps, uint32_t channels, const lac_csc *m, const lac_nm *nm, lac_format format, const lac_requant *rq, int balance,
                          void *scratch, void *buf, uint32_t cap, uint32_t *need, lac_layer *out, uint64_t *where);

/* Pooling along the rules of a map, each channel for itself: y[o][k] = the sum of weight * x[i][first + k] over rules (tap, i, o), or the largest of these, and of 0 where a place of
 * the output's window has no rule. A window has a place for each tap; above 15 taps, ceil(taps / 15) rows of equally many places, so perhaps some more.
 *
 *   Average   the sum, with multiplier / 2^shift = 1 / (weight * taps): the full volume, what is missing counts as the zero point. With weight 4 and a bias of 1, a quarter of a unit, ties and what stands a unit beside them are told apart
 *             whatever the reciprocal's rounding: floor(sum / taps + 1 / 2) exactly, for sums below 2^29.
 *   Largest   give x.zero the type's minimum m, whatever the features' zero point. Then nothing is below 0, what is missing is m, and with y.zero = m y is the largest feature itself, m where an output has no rule. Where no
 *             feature is below the zero point, as behind a ReLU, that serves as well, and features that are equal to it take no cycle. */
typedef struct {
    uint32_t channels;    /* of x, a multiple of 4 */
    uint32_t first, rows; /* outputs are channels first .. first + rows - 1, first a multiple of 4; of those that x has not the result is that of no rules */
    uint32_t taps;        /* 1 .. 127; of several passes together */
    int      most;        /* the largest instead of the sum */
    int8_t   weight;      /* 1 .. 127 */
} lac_sconv_pool;

/* Places of an output's window. */
static inline uint32_t lac_pool_places(uint32_t taps)
{
    const uint32_t high = (taps + 14u) / 15u;
    return (taps + high - 1u) / high * high;
}

/* Pack: a layer for lac_sconv jobs; scratch lac_pack_scratch(caps, pool->rows, 1). `where` as of lac_pack_csc(). A sum may share a job with other layers; of a job that takes the largest, all are of this kind, with as many taps.
 * A largest takes as many accumulators as its window has places, for each channel, and there must be one row tile and rows a multiple of store_w: else the job is LAC_E_SPACE, as where not even a band of LAC_ALIGN bytes fits a
 * bank. LAC_E_ARG: a value out of range, taps * channels above 4 * 65535, a machine without LAC_HAS_WINDOWS or LAC_CSC8, or whose lanes are no multiple of 4. LAC_E_SPACE: as lac_sconv_pack(). */
lac_status lac_sconv_pack_pool(const lac_caps *caps, const lac_sconv_pool *pool, const lac_requant *rq, void *scratch, void *buf, uint32_t cap, uint32_t *need, lac_layer *out, uint64_t *where);

/* Global pooling: rules that no MAP makes. Inputs are runs, one behind the other, run i of count[i] of them; batches of a coordinate list are. taps 1: each run is an output, through tap 0; for a sum. taps 2 .. 127: a run's
 * outputs are pieces of at most `taps` inputs, the j-th of them through tap j; count[i] becomes the number of pieces, one at least, so that the next job may go on with them until each run is one: a largest.
 * *outputs and *lines [64 bytes] of rules, in bands of `band`; with `bands` NULL this is all that is done. Else bands [64 * ceil(outputs / band) bytes], rules [64 * lines bytes]: what to copy to the device. LAC_E_ARG: taps or band out of range (1 .. 65535), no runs, more than
 * LAC_COORDS_MOST inputs or runs. */
lac_status lac_pool_runs(uint32_t *count, uint32_t runs, uint32_t taps, uint32_t band, void *bands, void *rules, uint32_t *outputs, uint32_t *lines);

/* What adds to the outputs: weights, the map whose rules they follow, features. Several of them make a kernel of several passes, a convolution of concatenated tensors (each with the
 * weights of its channels), a residual. */
typedef struct {
    const lac_layer *layer;     /* lac_sconv_pack(), lac_sconv_pack_pool(); all of a job have the same rows and row tiles; several: packed with balance 0 */
    const lac_place *resident;  /* as in lac_fc */
    lac_addr         bands, rules; /* of the map, made with the job's `band` */
    lac_tensor       x;         /* addr, type, zero; as long as the map's inputs, up to the next multiple of a line */
} lac_sconv_source;

/* One job. y has room for bands * band outputs: behind the last real one stands what no rule gives, the requantised bias. */
typedef struct {
    const lac_sconv_source *source;  /* [sources] parameters are the first one's */
    uint32_t   sources;              /* at least 1 */
    uint32_t   band, bands;          /* outputs of a band, band * rows elements a multiple of LAC_ALIGN bytes, and at most what an accumulator bank holds; bands of the maps, or more */
    lac_tensor y;                    /* addr, type, zero */
    int32_t    clamp_lo, clamp_hi;   /* of y; raw: 0, 0 */
    uint32_t   tag;
    int        mark;
    int        after_map;            /* its first EXEC takes a token from MAP */
    const lac_map *map;              /* NULL; or the first source's map, of one pass, which is then made while the job runs, a band ahead of it: exactly `bands` bands, with one output at least, or none and `bands` 1; not only_list */
} lac_sconv;

/* As lac_fc_build(); sources that an earlier job of the call wrote may be read from the beginning of that y only. Maps must not overlap any y.
 * LAC_E_ARG, LAC_E_ALIGN; LAC_E_SPACE: the band does not fit a bank, an input the feature RAM, its outputs are no multiple of LAC_ALIGN bytes, or an output is none where STORE takes each for a point (several row tiles, rows that are no
 * multiple of store_w, bands of more than 65535 elements). */
lac_status lac_sconv_build(const lac_caps *caps, const lac_sconv *jobs, uint32_t n, lac_emit emit, void *ctx);
lac_status lac_sconv_run(lac_dev *dev, const lac_sconv *jobs, uint32_t n, uint32_t limit);

/* ---- Active pixels ---------------------------------------------------------------------------------- */

/* A sparse image as the list of its active pixels: those with a channel that is not `zero`. In the terms of maps and sparse convolutions: sites (image, 0, y, x), which ascend, and features
 * [V, channels]; kernels are 1 x KY x KX. The image is [images][rows][pixels][channels] without gaps. */
typedef struct {
    uint32_t images;       /* 1 .. 256 */
    uint32_t rows, pixels; /* of an image, of a row: 1 .. 32768 */
    uint32_t channels;     /* 1 .. 65535 */
    lac_type type;
    int32_t  zero;         /* in the range of the type; raw: 0 */
} lac_pixels;

/* *n: active pixels; with sites NULL this is all. LAC_E_ARG: a value is out of range; LAC_E_SPACE: more than cap, or than LAC_COORDS_MOST. */
lac_status lac_pixels_list(const lac_pixels *p, const void *image, lac_site *sites, void *features, uint32_t cap, uint32_t *n);

/* Back: pixels that are not listed become `rest` [channels] (NULL: zero), such as what a layer's bias gives. LAC_E_ARG: a value is out of range, or a site is no pixel (*where (may be NULL):
 * which, else n); then nothing is written. Where sites are listed twice the later one stands. */
lac_status lac_pixels_image(const lac_pixels *p, const lac_site *sites, const void *features, uint32_t n, const void *rest, void *image, uint32_t *where);

/* ---- Voxels ----------------------------------------------------------------------------------------- */

/* Points to sites (lac_voxel.c, the only file with floating point: plain C99, no function of a library).
 * A point's site is floor(p / size) on each axis, in double. sites[0 .. *voxels - 1]: each once, ascending. of_point[n]: the site of each point. count[*voxels]: how many points it has.
 * mean[*voxels][features] (features 0: NULL): the mean of its points' features, summed up in double in the order of the points, rounded to float at the end. */
typedef struct {
    const float *points;   /* [n][3] x, y, z */
    uint32_t     n;        /* 0 .. LAC_COORDS_MOST */
    double       size[3];  /* z, y, x; above 0 */
    uint32_t     batch;    /* 0 .. 255 of all of them */
    const float *feature;  /* [n][features] */
    uint32_t     features;
    lac_site    *sites;    /* [n] written; the caller has room for n of each */
    uint32_t    *of_point; /* [n] written */
    uint32_t    *count;    /* [n] written */
    float       *mean;     /* [n][features] written */
    uint32_t    *scratch;  /* [2 * n] */
} lac_voxels;

/* LAC_E_ARG: a size, batch or pointer is out of range (*where = n), or a point's site is outside -32768 .. 32767, or the point no number (*where (may be NULL): the first such point). */
lac_status lac_voxelize(const lac_voxels *v, uint32_t *voxels, uint32_t *where);

#ifdef __cplusplus
}
#endif
#include "lac_rnn.h" /* recurrent layers */
#endif
