/* SPDX-License-Identifier: Apache-2.0
 *
 * strokes.h - handwritten digits as sparse pictures, and the trained network that reads them (examples/digits/README.md, train_strokes.py)
 *
 *   Sites     pixels with ink. Picture p is plane z = p % 2 of batch p / 2: kernels have one element in z, so planes never meet, and one cloud holds twice as many pictures
 *             as there are batches
 *   Network   five layers of 3x3 and 2x2 / 2, submanifold and strided, and a sixth that leaves one site a picture: its logits
 *   Files     pictures.npy, labels.npy, VERSION_w1.npy .., VERSION_8_requant.npy, VERSION_8_logits.npy, strokes_accuracy.json, conv_accuracy.json
 *   Errors    -1: *d has a sentence */
#ifndef CLOUD_STROKES_H
#define CLOUD_STROKES_H
#include "diag.h"
#include "network.h"

enum { VERSIONS = 3, LOGITS = 10 };

typedef struct { const char *file, *label, *dense_file; } stroke_version; /* dense_file: the network of whole pictures (train_conv.py) whose weights are of this kind */
extern const stroke_version stroke_versions[VERSIONS];

typedef struct {
    uint32_t pictures, all;    /* that are read, of how many test pictures */
    uint8_t *label;            /* [all] */
    scene    scene;
} strokes;

/* The first `pictures` test pictures of a folder; 0: all. */
int  strokes_load(strokes *s, const char *directory, uint32_t pictures, diag *d);
void strokes_free(strokes *s);

/* A version of the network for them, run. *right: pictures that it reads correctly. Fails also where a logit is not the one that NumPy computed at training, or all pictures
 * are read and not as many correctly as recorded then. */
int strokes_make(network *net, const strokes *s, const char *directory, const stroke_version *v, uint32_t *right, diag *d);

/* Test pictures that the network of whole pictures reads correctly, as recorded at training; five_fold: shares, of both networks. */
int strokes_recorded(const char *directory, const stroke_version *v, uint32_t *dense_right, double five_fold[2], diag *d);

#endif
