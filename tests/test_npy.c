/* SPDX-License-Identifier: Apache-2.0
 *
 * test_npy.c - compiler/npy.[ch] on files built here byte by byte, and on thousands of damaged ones
 *
 *   Every refusal must name the file, the byte and what was expected. Built with sanitizers. SEED repeats a run. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "npy.h"
#include "rng.h"

enum { CAP = 1 << 16, ANY = (1 << NPY_TYPES) - 1 };

typedef struct { unsigned char b[CAP]; size_t n; } bytes;

static int bad_;
static uint64_t seed_;

static void check(int good, const char *name, const char *fmt, ...)
{
    va_list ap;
    if (good) {
        printf("ok - npy %s\n", name);
        return;
    }
    bad_++;
    printf("not ok - npy %s: ", name);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf(" (SEED=%llu)\n", (unsigned long long)seed_);
}

static void put(bytes *f, const void *p, size_t n)
{
    memcpy(f->b + f->n, p, n);
    f->n += n;
}

/* A file of version `major` with this text (padded with blanks to a multiple of 64 where `pad`), then n data bytes 1, 2, 3 .. */
static bytes *make(bytes *f, unsigned major, int pad, const char *text, size_t data)
{
    char         head[CAP];
    size_t       n = strlen(text);
    const size_t fixed = major == 1 ? 10 : 12;
    memcpy(head, text, n);
    if (pad) {
        while ((fixed + n + 1) % 64) head[n++] = ' ';
        head[n++] = '\n';
    }
    const unsigned char len[4] = { n & 0xff, n >> 8 & 0xff, 0, 0 }, version[2] = { (unsigned char)major, 0 };
    f->n = 0;
    put(f, "\x93NUMPY", 6);
    put(f, version, 2);
    put(f, len, major == 1 ? 2 : 4);
    put(f, head, n);
    for (size_t i = 0; i < data; i++) f->b[f->n++] = (unsigned char)(i + 1);
    return f;
}

static int parse(const bytes *f, unsigned types, npy_array *a, diag *d)
{
    FILE *s = fmemopen((void *)f->b, f->n, "rb");
    if (!s) { /* an empty buffer, to some C libraries */
        s = fopen("/dev/null", "rb");
        if (!s) exit(2);
    }
    d->text[0] = 0;
    const int err = npy_read(s, "T.npy", types, a, d);
    fclose(s);
    return err;
}

#define DICT(descr, shape) "{'descr': '" descr "', 'fortran_order': False, 'shape': " shape ", }"

static void accepted(void)
{
    static const struct { const char *name; unsigned major; const char *text; size_t data; npy_type type; unsigned ndim; size_t count; int64_t second; } t[] = {
        { "int8, version 1.0",            1, DICT("|i1", "(2, 3)"),    6, NPY_INT8,  2, 6, 2 },
        { "uint8, version 2.0",           2, DICT("|u1", "(2, 3)"),    6, NPY_UINT8, 2, 6, 2 },
        { "int16, version 3.0",           3, DICT("<i2", "(3,)"),      6, NPY_INT16, 1, 3, 0x0403 },
        { "int32",                        1, DICT("<i4", "(1, 2, 1)"), 8, NPY_INT32, 3, 2, 0x08070605 },
        { "int64",                        1, DICT("<i8", "(2,)"),     16, NPY_INT64, 1, 2, 0x100f0e0d0c0b0a09 },
        { "float32",                      1, DICT("<f4", "(2,)"),      8, NPY_FLOAT32, 1, 2, 0 },
        { "a scalar",                     1, DICT("<i4", "()"),        4, NPY_INT32, 0, 1, 0x08070605 },
        { "'<i1' for int8",               1, DICT("<i1", "(2,)"),      2, NPY_INT8,  1, 2, 2 },
        { "keys in another order, double quotes, no blanks", 1, "{\"shape\":(2,),\"descr\":\"|i1\",\"fortran_order\":False}", 2, NPY_INT8, 1, 2, 2 },
        { "Python 2's long integers",     1, DICT("|i1", "(2L, 1L)"),  2, NPY_INT8,  2, 2, 2 },
        { "a comma behind the last dimension", 1, DICT("|i1", "(2, 1,)"), 2, NPY_INT8, 2, 2, 2 },
        { "eight dimensions",             1, DICT("|i1", "(1, 1, 1, 2, 1, 1, 1, 1)"), 2, NPY_INT8, 8, 2, 2 },
    };
    bytes f;
    diag  d;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        npy_array a;
        make(&f, t[i].major, 1, t[i].text, t[i].data);
        const int err = parse(&f, ANY, &a, &d);
        check(!err && a.type == t[i].type && a.ndim == t[i].ndim && a.count == t[i].count && a.offset == f.n - t[i].data &&
                  (t[i].count < 2 || npy_int(&a, 1) == t[i].second) && !memcmp(a.data, f.b + a.offset, t[i].data),
              t[i].name, "expected an array, got '%s'", d.text);
        npy_free(&a);
    }
}

static void refused(void)
{
    static const struct { const char *name, *text; size_t data; const char *where, *what; } t[] = {
        { "big endian",            DICT(">i2", "(3,)"),          6, "byte 20:", "'>i2' is big endian, expected little-endian int8" },
        { "Fortran order",         "{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3), }", 6, "byte 44:", "Fortran order, expected C order" },
        { "object array",          DICT("|O", "(3,)"),          24, "byte 20:", "Python objects, expected int8" },
        { "structured dtype",      "{'descr': [('x', '<i2')], 'fortran_order': False, 'shape': (2,), }", 4, "byte 20:", "structured dtype, expected int8" },
        { "float64",               DICT("<f8", "(1,)"),          8, "byte 20:", "'<f8' is not read here, expected int8" },
        { "bool",                  DICT("|b1", "(1,)"),          1, "byte 20:", "'|b1' is not read here" },
        { "native byte order",     DICT("=i2", "(1,)"),          2, "byte 20:", "'=i2' is not read here" },
        { "empty dimension",       DICT("|i1", "(2, 0)"),        0, "byte 64:", "dimension 1 is 0 (an empty array), expected at least 1" },
        { "nine dimensions",       DICT("|i1", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), 1, "byte 85:", "more than 8 dimensions" },
        { "negative dimension",    DICT("|i1", "(-1,)"),         1, "byte 61:", "expected a dimension" },
        { "dimension above 64 bits", DICT("|i1", "(18446744073709551616,)"), 1, "byte 61:", "does not fit into 64 bits" },
        { "product above 64 bits", DICT("|i1", "(4294967296, 4294967296)"), 1, "byte 73:", "product does not fit into 64 bits" },
        { "bytes above 64 bits",   DICT("<i8", "(4611686018427387904,)"), 1, "byte 60:", "more bytes than memory can hold" },
        { "shape is no tuple",     DICT("|i1", "(3)"),           3, "byte 62:", "expected ','" },
        { "data too short",        DICT("|i1", "(2, 3)"),        5, "byte 133:", "ends after 5 bytes of elements, expected 6 for int8 of shape (2, 3)" },
        { "no data at all",        DICT("<i4", "(7,)"),          0, "byte 128:", "ends after 0 bytes of elements, expected 28" },
        { "a lying shape",         DICT("|i1", "(1099511627776,)"), 9, "byte 137:", "ends after 9 bytes of elements, expected 1099511627776" },
        { "bytes behind the data", DICT("|i1", "(2, 3)"),        7, "byte 134:", "bytes behind the last element, expected 6 for int8" },
        { "unknown key",           "{'descr': '|i1', 'order': False, 'shape': (2,), }", 2, "byte 27:", "unknown key 'order'" },
        { "missing key",           "{'descr': '|i1', 'shape': (2,), }", 2, "byte 43:", "without the key 'fortran_order'" },
        { "a key twice",           "{'descr': '|i1', 'descr': '|i1', 'shape': (2,), }", 2, "byte 27:", "for the second time" },
        { "no dictionary",         "[1, 2]",                     2, "byte 10:", "expected '{'" },
        { "open string",           "{'descr': '|i1",             2, "byte 44:", "malformed header, expected the dtype" },
        { "code behind the dictionary", "{'descr': '|i1', 'fortran_order': False, 'shape': (2,), } + x", 2, "byte 68:", "expected blanks" },
        { "neither True nor False", "{'descr': '|i1', 'fortran_order': 0, 'shape': (2,), }", 2, "byte 44:", "expected True or False" },
    };
    bytes     f;
    npy_array a;
    diag      d;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        make(&f, 1, 1, t[i].text, t[i].data);
        const int err = parse(&f, ANY, &a, &d);
        check(err && !strncmp(d.text, "T.npy: ", 7) && strstr(d.text, t[i].where) && strstr(d.text, t[i].what), t[i].name,
              "expected '%s .. %s', got %d '%s'", t[i].where, t[i].what, err, d.text);
        npy_free(&a);
    }

    static const struct { const char *name; size_t at, keep; int value; const char *where, *what; } raw[] = {
        { "an empty file",        0,  0, -1,   "byte 0:", "empty file, expected a .npy file" },
        { "a wrong magic",        1, 99, 'X',  "byte 0:", "no .npy file" },
        { "cut in the magic",     0,  3, -1,   "byte 0:", "no .npy file" },
        { "cut in the length",    0,  9, -1,   "byte 9:", "ends inside the header" },
        { "cut in the text",      0, 50, -1,   "byte 50:", "ends inside the header, expected 118 bytes" },
        { "version 4.0",          6, 99, 4,    "byte 6:", "version 4.0, expected 1.0, 2.0 or 3.0" },
        { "version 1.1",          7, 99, 1,    "byte 6:", "version 1.1" },
    };
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
        make(&f, 1, 1, DICT("|i1", "(2, 3)"), 6);
        if (raw[i].value >= 0) f.b[raw[i].at] = (unsigned char)raw[i].value;
        else f.n = raw[i].keep;
        const int err = parse(&f, ANY, &a, &d);
        check(err && strstr(d.text, raw[i].where) && strstr(d.text, raw[i].what), raw[i].name, "expected '%s .. %s', got %d '%s'",
              raw[i].where, raw[i].what, err, d.text);
        npy_free(&a);
    }
    make(&f, 2, 1, DICT("|i1", "(2, 3)"), 6);
    f.b[11] = 1; /* 16 MB of header */
    int err = parse(&f, ANY, &a, &d);
    check(err && strstr(d.text, "byte 8:") && strstr(d.text, "expected at most 65536"), "a header of 16 MB", "got '%s'", d.text);
    npy_free(&a);

    make(&f, 2, 1, DICT("|i1", "(2, 3)"), 6);
    f.b[10] = 2;
    err = parse(&f, ANY, &a, &d);
    check(err && strstr(d.text, "a header of 131188 bytes"), "a header of 128 KB", "got '%s'", d.text);
    npy_free(&a);

    make(&f, 1, 1, DICT("<i2", "(3,)"), 6);
    err = parse(&f, NPY_IS(NPY_INT8) | NPY_IS(NPY_UINT8) | NPY_IS(NPY_FLOAT32), &a, &d);
    check(err && strstr(d.text, "byte 20: dtype int16, expected int8, uint8 or float32"), "a type that is not asked for", "got '%s'", d.text);
    npy_free(&a);
    err = npy_load("/nonexistent/W.npy", ANY, &a, &d);
    check(err && strstr(d.text, "/nonexistent/W.npy: cannot be read: No such file"), "no such file", "got '%s'", d.text);
}

/* Files beside `path` that a writer forgot: any other name in the directory. */
static int leftovers(const char *dir)
{
    char cmd[512], line[256];
    int  n = 0;
    snprintf(cmd, sizeof cmd, "ls -A '%s'", dir);
    FILE *p = popen(cmd, "r");
    while (p && fgets(line, sizeof line, p)) n++;
    if (p) pclose(p);
    return n;
}

static void written(void)
{
    char        dir[] = "/tmp/lacuna-npy-XXXXXX", path[64], link[64];
    bytes       want, got = { { 0 }, 0 };
    diag        d;
    struct stat st;
    const size_t dim[2] = { 2, 3 };
    if (!mkdtemp(dir)) exit(2);
    snprintf(path, sizeof path, "%s/Y.npy", dir);
    snprintf(link, sizeof link, "%s/L.npy", dir);

    make(&want, 1, 1, DICT("<i2", "(2, 3)"), 12);
    int   err = npy_save(path, NPY_INT16, 2, dim, want.b + want.n - 12, &d);
    FILE *f = fopen(path, "rb");
    if (f) {
        got.n = fread(got.b, 1, CAP, f);
        fclose(f);
    }
    check(!err && got.n == want.n && !memcmp(got.b, want.b, want.n), "written as NumPy writes it", "expected %zu bytes, got %zu %s", want.n, got.n, err ? d.text : "");
    check(leftovers(dir) == 1, "no temporary file is left", "expected 1 file, got %d", leftovers(dir));

    if (symlink("Y.npy", link)) exit(2);
    err = npy_save(link, NPY_INT8, 2, dim, "abcdef", &d);
    check(!err && !lstat(link, &st) && S_ISLNK(st.st_mode) && !stat(path, &st) && st.st_size == 134, "a symbolic link is followed, not replaced", "got %d", err);
    unlink(link);

    err = npy_save("/dev/full", NPY_INT8, 2, dim, "abcdef", &d);
    check(err && strstr(d.text, "/dev/full: cannot be written: No space left"), "a full device", "got %d '%s'", err, d.text);
    err = npy_save("/dev/null", NPY_INT8, 2, dim, "abcdef", &d);
    check(!err && !stat("/dev/null", &st) && S_ISCHR(st.st_mode), "a device is written, not replaced", "got %d '%s'", err, err ? d.text : "");
    err = npy_save(dir, NPY_INT8, 2, dim, "abcdef", &d);
    check(err && strstr(d.text, "it is a directory"), "a directory as output", "got '%s'", d.text);
    err = npy_save("/nonexistent/Y.npy", NPY_INT8, 2, dim, "abcdef", &d);
    check(err && strstr(d.text, "No such file"), "output into no directory", "got '%s'", d.text);
    check(leftovers(dir) == 1, "no temporary file is left after failures", "expected 1 file, got %d", leftovers(dir));
    unlink(path);
    rmdir(dir);
}

/* Byte flips, exchanged digits and quotes, cuts, insertions. Whatever is accepted must agree with the file's length. */
static void damaged(void)
{
    static const char *const texts[] = { DICT("|i1", "(2, 3)"), DICT("<i2", "(3,)"), DICT("<i4", "()"), DICT("<f4", "(1, 2, 1)"), DICT("<i8", "(2,)") };
    static const size_t      data[] = { 6, 6, 4, 8, 16 };
    static const char        alphabet[] = "'\"{}[](),:0123456789L<>|=iuf \n\\OTFdescr";
    lac_rng  r = { seed_ };
    unsigned accepted_n = 0, refused_n = 0, wrong = 0;
    char     first[900] = "";
    for (unsigned round = 0; round < 40000; round++) {
        bytes     f;
        npy_array a;
        diag      d;
        const uint32_t k = rng_below(&r, 5), major = 1 + rng_below(&r, 3);
        make(&f, major, (int)rng_below(&r, 2), texts[k], data[k]);
        for (uint32_t hits = 1 + rng_below(&r, 4); hits; hits--) {
            const uint32_t at = rng_below(&r, f.n ? (uint32_t)f.n : 1);
            switch (rng_below(&r, 6)) {
            case 0: f.b[at] ^= (unsigned char)(1u << rng_below(&r, 8)); break;
            case 1: f.b[at] = (unsigned char)rng_next(&r); break;
            case 2: f.b[at] = (unsigned char)alphabet[rng_below(&r, sizeof alphabet - 1)]; break;
            case 3: if (rng_chance(&r, 64)) f.n = at; break;
            case 4: /* insert; the stated header length stays */
                memmove(f.b + at + 1, f.b + at, f.n - at);
                f.b[at] = (unsigned char)alphabet[rng_below(&r, sizeof alphabet - 1)];
                f.n++;
                break;
            default: /* a digit of the shape or dtype: the damage that parses */
                for (uint32_t i = 0; i < f.n; i++) {
                    const size_t j = (at + i) % f.n;
                    if (f.b[j] >= '0' && f.b[j] <= '9') {
                        f.b[j] = (unsigned char)('0' + rng_below(&r, 10));
                        break;
                    }
                }
            }
        }
        const int err = parse(&f, ANY, &a, &d);
        const int good = err ? !strncmp(d.text, "T.npy: byte ", 12) && strlen(d.text) > 20 && !a.data
                             : a.offset + a.count * npy_type_size(a.type) == f.n && !memcmp(a.data, f.b + a.offset, f.n - a.offset);
        refused_n += err != 0;
        accepted_n += err == 0;
        if (!good && !wrong++) snprintf(first, sizeof first, "round %u: %s", round, err ? d.text : "accepted with a wrong length");
        npy_free(&a);
    }
    check(!wrong, "40000 damaged files: refused with a place, or as long as the shape says", "%u wrong, first: %s", wrong, first);
    check(accepted_n > 1000 && refused_n > 10000, "the damage reaches both verdicts", "%u accepted, %u refused", accepted_n, refused_n);
}

/* NPY_EMPTY: the first dimension, and no other, may be 0. */
static void empty(void)
{
    static const struct { const char *text; size_t data; int good; const char *what; } t[] = {
        { DICT("<i4", "(0, 4)"), 0, 1, "" },
        { DICT("<i4", "(0,)"),   0, 1, "" },
        { DICT("<i4", "(2, 1)"), 8, 1, "" },
        { DICT("<i4", "(0, 4)"), 4, 0, "bytes behind the last element, expected 0" },
        { DICT("<i4", "(4, 0)"), 0, 0, "dimension 1 is 0 (an empty array), expected at least 1" },
        { DICT("<i4", "(0, 0)"), 0, 0, "dimension 1 is 0 (an empty array), expected at least 1" },
        { DICT("|i1", "(0, 4)"), 0, 0, "dtype int8, expected int32" },
    };
    bytes f;
    diag  d;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        npy_array a;
        const int err = parse(make(&f, 1, 1, t[i].text, t[i].data), NPY_IS(NPY_INT32) | NPY_EMPTY, &a, &d);
        check(t[i].good ? !err && a.count * 4 == t[i].data && a.data : err && strstr(d.text, t[i].what), "an empty first dimension", "%s: '%s'", t[i].text, d.text);
        npy_free(&a);
    }
}

int main(void)
{
    const char *s = getenv("SEED");
    seed_ = s ? strtoull(s, NULL, 10) : 1;
    accepted();
    empty();
    refused();
    written();
    damaged();
    return bad_ != 0;
}
