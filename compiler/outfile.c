/* SPDX-License-Identifier: Apache-2.0
 *
 * outfile.c - see outfile.h */
#define _XOPEN_SOURCE 700
#include "outfile.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The name that a write through `path` reaches: the end of a chain of symbolic links. NULL: out of memory, or a dangling link. */
static char *resolve(const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) return realpath(path, NULL);
    char *copy = malloc(strlen(path) + 1);
    if (copy) strcpy(copy, path);
    return copy;
}

/* Directory part of `path`, "." if it has none; the caller frees it. */
static char *parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t n = !slash ? 1 : slash == path ? 1 : (size_t)(slash - path);
    char *dir = malloc(n + 1);
    if (!dir) return NULL;
    memcpy(dir, slash ? path : ".", n);
    dir[n] = 0;
    return dir;
}

int outfile_same(const char *a, const char *b)
{
    struct stat x, y;
    const int here = !stat(a, &x), there = !stat(b, &y);
    if (here != there) return 0;
    if (!here) return !strcmp(a, b);
    return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int outfile_check(const char *path, diag *d)
{
    struct stat st;
    char *target = resolve(path), *dir = target ? parent(target) : NULL;
    int   err = 0;
    if (!dir) err = diag_set(d, "%s: cannot be written: %s", path, strerror(errno));
    else if (stat(target, &st) == 0 && S_ISDIR(st.st_mode))
        err = diag_set(d, "%s: cannot be written: it is a directory, expected a file name", path);
    else if (stat(target, &st) == 0 && !S_ISREG(st.st_mode)) {
        if (access(target, W_OK)) err = diag_set(d, "%s: cannot be written: %s", path, strerror(errno));
    } else if (stat(dir, &st))
        err = diag_set(d, "%s: cannot be written: %s: %s", path, dir, strerror(errno));
    else if (!S_ISDIR(st.st_mode))
        err = diag_set(d, "%s: cannot be written: %s is not a directory", path, dir);
    else if (access(dir, W_OK | X_OK))
        err = diag_set(d, "%s: cannot be written: directory %s: %s", path, dir, strerror(errno));
    free(target);
    free(dir);
    return err;
}

static sigset_t before_; /* signal mask before outfile_open() */

static void release(outfile *o)
{
    sigprocmask(SIG_SETMASK, &before_, NULL);
    free(o->target);
    free(o->temp);
    memset(o, 0, sizeof *o);
}

int outfile_check_all(const char *const *option, const char *const *out, size_t outs, const char *const *in, size_t ins, diag *d)
{
    for (size_t i = 0; i < outs; i++) {
        if (!out[i]) continue;
        for (size_t k = 0; k < ins; k++)
            if (in[k] && outfile_same(out[i], in[k])) return diag_set(d, "%s: expected an output file that is not an input", out[i]);
        for (size_t k = 0; k < i; k++)
            if (out[k] && outfile_same(out[i], out[k])) return diag_set(d, "%s: expected different files for %s and %s", out[i], option[k], option[i]);
        if (outfile_check(out[i], d)) return -1;
    }
    return 0;
}

int outfile_open(outfile *o, const char *path, diag *d)
{
    struct stat st;
    sigset_t    hold;
    memset(o, 0, sizeof *o);
    if (outfile_check(path, d)) return -1;
    o->target = resolve(path);
    if (!o->target) return diag_set(d, "%s: cannot be written: %s", path, strerror(errno));

    sigemptyset(&hold);
    sigaddset(&hold, SIGINT);
    sigaddset(&hold, SIGTERM);
    sigaddset(&hold, SIGHUP);
    sigprocmask(SIG_BLOCK, &hold, &before_);

    if (stat(o->target, &st) == 0 && !S_ISREG(st.st_mode)) {
        o->f = fopen(o->target, "wb");
    } else {
        const size_t cap = strlen(o->target) + 48;
        int          fd = -1;
        o->temp = malloc(cap);
        for (unsigned i = 0; o->temp && i < 100; i++) {
            snprintf(o->temp, cap, "%s.tmp-%ld-%u", o->target, (long)getpid(), i);
            fd = open(o->temp, O_WRONLY | O_CREAT | O_EXCL, 0666);
            if (fd >= 0 || errno != EEXIST) break;
        }
        if (fd >= 0 && !(o->f = fdopen(fd, "wb"))) {
            close(fd);
            unlink(o->temp);
        }
    }
    if (o->f) return 0;
    diag_set(d, "%s: cannot be written: %s", path, strerror(errno));
    release(o);
    return -1;
}

void outfile_abort(outfile *o)
{
    if (o->f) fclose(o->f);
    if (o->temp) unlink(o->temp);
    release(o);
}

int outfile_commit(outfile *o, diag *d)
{
    int err = 0;
    if (!ferror(o->f)) errno = 0; /* else it still tells why an earlier write failed */
    int bad = fflush(o->f);
    if (ferror(o->f)) bad = 1;
    if (fclose(o->f)) bad = 1;
    o->f = NULL;
    if (bad) err = diag_set(d, "%s: cannot be written: %s", o->target, errno ? strerror(errno) : "write error");
    if (!err && o->temp && rename(o->temp, o->target))
        err = diag_set(d, "%s: cannot be written: rename: %s", o->target, strerror(errno));
    if (err && o->temp) unlink(o->temp);
    release(o);
    return err;
}
