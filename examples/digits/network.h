/* SPDX-License-Identifier: Apache-2.0
 *
 * network.h - the networks of the digits demo: read from their files, packed for a machine, as jobs of it
 *
 *   Network  layers in a row, each a convolution, with ReLU by its clamps; perhaps its input added to its sums, perhaps max pooling behind it. A fully
 *            connected layer is one of a single pixel and goes to the driver as lac_fc, which every machine has
 *   Files    folder `directory`, as train.py and train_conv.py write them
 *   Failure  ends the program: die() of demo.c */
#ifndef LACUNA_DIGITS_NETWORK_H
#define LACUNA_DIGITS_NETWORK_H
#include <cjson/cJSON.h>
#include <stdint.h>

#include "arena.h"
#include "host.h"
#include "lacuna.h"
#include "npy.h"

enum { MAX_LAYERS = 4, TYPES = 2, VERSIONS = 6, PIXELS = 64 };

/* ---- What they are ---------------------------------------------------------------------------------- */

/* A layer. Kernel and windows are square and what is padded is so on all sides; windows do not overlap. */
typedef struct { uint32_t kernel, pad, pool /* 0: none */, residual; } step;

typedef struct {
    const char *name, *accuracy;   /* accuracy: its JSON file */
    uint32_t    layers;
    uint32_t    side, channels;    /* of a picture, as it goes in: side x side pixels */
    int         windows;           /* its jobs are lac_conv, else lac_fc */
    int         types;             /* it is there with activations of so many of TYPES */
    step        step[MAX_LAYERS];
} family;

typedef struct {
    const family *family;
    const char   *file, *label;
    host_format   first, format; /* of layer 1; of the others */
} version;

extern const version     versions[VERSIONS];
extern const char *const types[TYPES]; /* [bits] of the activations */

/* ---- What they share -------------------------------------------------------------------------------- */

extern const char *directory;
extern lac_caps    caps;     /* of the machine that everything is packed for */
extern uint32_t    pictures, latency; /* latency: pictures that go one by one */
extern npy_array   pixels, labels;
extern lac_addr    mem_base;
extern uint32_t    mem_size; /* [bytes] */
extern arena       memory;    /* of the device, from mem_base on: the ring, then what is given away */
extern uint32_t    ring;      /* [commands] */

/* Of demo.c. */
void  die(const char *what, const char *why);
void  check(lac_status s, const char *what);
void *alloc(size_t n); /* zeroed */

/* ---- A network on a machine --------------------------------------------------------------------------- */

/* Between two layers. A row of a picture starts at a multiple of the tensor's pitch. */
typedef struct {
    uint32_t   height, width, channels; /* channels: as stored, those that only fill up included */
    int32_t    low, high;
    lac_tensor tensor;
} activations;

typedef struct {
    const version *version;
    const char    *type;
    uint32_t       layers, outputs;
    npy_array      w[MAX_LAYERS];          /* [K, C] or [K, R, S, C] */
    lac_requant    requant[MAX_LAYERS];
    int16_t       *factor[MAX_LAYERS];     /* of a residual; else NULL */
    lac_layer      layer[MAX_LAYERS], residual[MAX_LAYERS];
    lac_place      place[MAX_LAYERS];
    activations    act[MAX_LAYERS + 1];    /* act[i] goes into layer i, act[layers] comes out */
    lac_tensor     single;                 /* output of the pictures that go one by one */
    uint32_t       batch;                  /* pictures in one job, so that its commands fit the ring and one doorbell starts it */
    int            resident;               /* all layers fit the RAMs at a time */
    char           not_resident[128];      /* why they do not */
    int16_t       *want;                   /* [all pictures][outputs] NumPy's */
    int            want_correct;
    double         five_fold_mean;
    uint64_t       nonzeros, weights;
    uint64_t       needed, needed_latency; /* multiplications with both operands non-zero; of the pictures that go one by one */
    uint64_t       issued;                 /* N:4: every lane all its entries of a group that has an activation */
} network;

npy_array load(const char *name, unsigned types_allowed);
cJSON    *load_json(const char *name);

/* Read, pack and give it device memory. numbers: networks.json. */
void read_network(network *net, const version *v, const char *type, const cJSON *numbers);

/* Load its layers to their places; run it on `points` pictures from `first` on, which keep their places in all tensors. last: that of the last layer's
 * outputs. */
lac_status load_resident(lac_dev *dev, const network *net, uint32_t limit);
lac_status run_jobs(lac_dev *dev, const network *net, uint32_t first, uint32_t points, lac_tensor last, int resident, uint32_t limit);

/* Pictures as layer 1 takes them: *bytes of them, the caller's. */
uint8_t *input(const network *net, uint32_t *bytes);

/* Multiplications that `points` pictures need: from the weights and the activations that stand in a machine's memory. */
uint64_t needed_macs(const network *net, const uint8_t *mem, uint32_t points, uint64_t *issued);

#endif
