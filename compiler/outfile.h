/* SPDX-License-Identifier: Apache-2.0
 *
 * outfile.h - a file that appears whole or not at all
 *
 *   Bytes go to a temporary name in the same directory; outfile_commit() renames it over the target. Until
 *   then the target is untouched. SIGINT, SIGTERM and SIGHUP wait while a file is open, so that none of
 *   them leaves the temporary file behind. A target that exists and is no regular file (/dev/null, a pipe)
 *   is written directly: a rename would replace the device itself. Not thread-safe: one file at a time. */
#ifndef LACUNA_OUTFILE_H
#define LACUNA_OUTFILE_H
#include <stdio.h>
#include "diag.h"

typedef struct {
    FILE *f;      /* write here */
    char *target; /* what will appear; symbolic links followed */
    char *temp;   /* NULL: written directly */
} outfile;

/* Could `path` be created or replaced? Asked before long work; makes nothing. */
int outfile_check(const char *path, diag *d);

/* Do both names lead to one regular file, existing or (the same name) yet to come? */
int outfile_same(const char *a, const char *b);

/* Of the files out[0 .. outs-1] (NULL: not asked for), which came with option[]: none is another one, or one of in[0 .. ins-1] (likewise), and all could be made. */
int outfile_check_all(const char *const *option, const char *const *out, size_t outs, const char *const *in, size_t ins, diag *d);

int  outfile_open(outfile *o, const char *path, diag *d);
int  outfile_commit(outfile *o, diag *d); /* also after a failure the outfile is closed and nothing is left */
void outfile_abort(outfile *o);

#endif
