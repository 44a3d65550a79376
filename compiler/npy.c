/* SPDX-License-Identifier: Apache-2.0
 *
 * npy.c - see npy.h
 *
 * The file: "\x93NUMPY", major, minor, length of the text (2 bytes in version 1.0, else 4), the text of a
 * Python dictionary with exactly the keys descr, fortran_order and shape, then the elements. */
#include "npy.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "outfile.h"

static const struct { const char *name, *descr; size_t size; } types_[NPY_TYPES] = {
    [NPY_INT8]  = { "int8", "i1", 1 },  [NPY_UINT8] = { "uint8", "u1", 1 }, [NPY_INT16]   = { "int16", "i2", 2 },
    [NPY_INT32] = { "int32", "i4", 4 }, [NPY_INT64] = { "int64", "i8", 8 }, [NPY_FLOAT32] = { "float32", "f4", 4 },
};

const char *npy_type_name(npy_type type) { return types_[type].name; }
size_t      npy_type_size(npy_type type) { return types_[type].size; }

const char *npy_shape(unsigned ndim, const size_t *dim, char *buf, size_t cap)
{
    size_t at = (size_t)snprintf(buf, cap, "(");
    for (unsigned i = 0; i < ndim && at < cap; i++)
        at += (size_t)snprintf(buf + at, cap - at, i ? ", %zu" : "%zu", dim[i]);
    if (at < cap) snprintf(buf + at, cap - at, ndim == 1 ? ",)" : ")");
    return buf;
}

/* "int8, uint8 or int16" */
static const char *type_list(unsigned types, char *buf, size_t cap)
{
    size_t at = 0;
    buf[0] = 0;
    for (unsigned t = 0; t < NPY_TYPES && at < cap; t++)
        if (types & NPY_IS(t)) {
            const unsigned left = types >> t >> 1;
            at += (size_t)snprintf(buf + at, cap - at, "%s%s", types_[t].name,
                                   !left ? "" : (left & (left - 1)) ? ", " : " or ");
        }
    return buf;
}

/* ---- The header's text ------------------------------------------------------------------------------ */

/* A cursor over the text. `base` is the text's offset in the file, for messages. */
typedef struct {
    const char *s;
    size_t      at, n, base;
    const char *name;
    diag       *d;
} text;

#define FAIL(t, pos, ...) fail_at(t, (t)->base + (pos), __VA_ARGS__)
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static int fail_at(const text *t, size_t offset, const char *fmt, ...)
{
    char    what[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return diag_set(t->d, "%s: byte %zu: %s", t->name, offset, what);
}

static void skip_space(text *t)
{
    while (t->at < t->n && strchr(" \t\n", t->s[t->at]) && t->s[t->at]) t->at++;
}

static int next_is(text *t, char c)
{
    skip_space(t);
    if (t->at >= t->n || t->s[t->at] != c) return 0;
    t->at++;
    return 1;
}

static int need(text *t, char c)
{
    if (next_is(t, c)) return 0;
    return FAIL(t, t->at, "malformed header, expected '%c'", c);
}

/* A quoted string without escapes, shorter than cap. */
static int string(text *t, const char *role, char *buf, size_t cap)
{
    skip_space(t);
    const char quote = t->at < t->n ? t->s[t->at] : 0;
    if (quote != '\'' && quote != '"') return FAIL(t, t->at, "malformed header, expected %s in quotes", role);
    const size_t start = ++t->at;
    while (t->at < t->n && t->s[t->at] != quote) {
        const unsigned char c = (unsigned char)t->s[t->at];
        if (c == '\\' || c < ' ' || c > '~' || t->at - start + 1 >= cap)
            return FAIL(t, t->at, "malformed header, expected %s of at most %zu plain characters", role, cap - 1);
        t->at++;
    }
    if (t->at >= t->n) return FAIL(t, start - 1, "malformed header, expected a closing quote of %s", role);
    memcpy(buf, t->s + start, t->at - start);
    buf[t->at - start] = 0;
    t->at++;
    return 0;
}

static int word(text *t, const char *w)
{
    const size_t n = strlen(w);
    skip_space(t);
    if (t->n - t->at < n || memcmp(t->s + t->at, w, n)) return 0;
    t->at += n;
    return 1;
}

static int parse_descr(text *t, unsigned types, npy_array *a)
{
    char descr[24], list[96];
    skip_space(t);
    const size_t pos = t->at;
    type_list(types & ~NPY_EMPTY, list, sizeof list);
    if (pos < t->n && (t->s[pos] == '[' || t->s[pos] == '('))
        return FAIL(t, pos, "structured dtype, expected %s", list);
    if (string(t, "the dtype", descr, sizeof descr)) return -1;

    const int   order = descr[0] != 0 && strchr("<>|=", descr[0]) != NULL;
    const char *kind = descr + order;
    if (kind[0] == 'O') return FAIL(t, pos, "dtype '%s' is Python objects, expected %s", descr, list);
    if (descr[0] == '>') return FAIL(t, pos, "dtype '%s' is big endian, expected little-endian %s", descr, list);
    for (unsigned i = 0; i < NPY_TYPES; i++)
        if (!strcmp(kind, types_[i].descr) && (descr[0] == '<' || (descr[0] == '|' && types_[i].size == 1))) {
            if (!(types & NPY_IS(i))) return FAIL(t, pos, "dtype %s, expected %s", types_[i].name, list);
            a->type = (npy_type)i;
            return 0;
        }
    return FAIL(t, pos, "dtype '%s' is not read here, expected %s", descr, list);
}

static int parse_order(text *t)
{
    skip_space(t);
    const size_t pos = t->at;
    if (word(t, "False")) return 0;
    if (word(t, "True")) return FAIL(t, pos, "Fortran order, expected C order (numpy.ascontiguousarray makes it)");
    return FAIL(t, pos, "malformed header, expected True or False for fortran_order");
}

static int parse_shape(text *t, int empty, npy_array *a)
{
    if (need(t, '(')) return -1;
    a->ndim = 0;
    a->count = 1;
    for (unsigned i = 0; i < NPY_MAX_NDIM; i++) a->dim[i] = 1;
    while (!next_is(t, ')')) {
        skip_space(t);
        const size_t pos = t->at;
        size_t       v = 0;
        if (a->ndim == NPY_MAX_NDIM) return FAIL(t, pos, "more than %d dimensions", NPY_MAX_NDIM);
        while (t->at < t->n && t->s[t->at] >= '0' && t->s[t->at] <= '9') {
            const size_t digit = (size_t)(t->s[t->at] - '0');
            if (v > (SIZE_MAX - digit) / 10) return FAIL(t, pos, "dimension %u does not fit into %zu bits", a->ndim, 8 * sizeof v);
            v = 10 * v + digit;
            t->at++;
        }
        if (t->at == pos) return FAIL(t, pos, "malformed header, expected a dimension");
        if (t->at < t->n && t->s[t->at] == 'L') t->at++; /* Python 2 wrote 3L */
        if (v == 0 && !(empty && a->ndim == 0)) return FAIL(t, pos, "dimension %u is 0 (an empty array), expected at least 1", a->ndim);
        if (v && a->count > SIZE_MAX / v) return FAIL(t, pos, "the shape's product does not fit into %zu bits", 8 * sizeof v);
        a->dim[a->ndim++] = v;
        a->count *= v;
        if (next_is(t, ')')) {
            if (a->ndim == 1) return FAIL(t, t->at - 1, "malformed header, expected ',' behind the only dimension");
            break;
        }
        if (need(t, ',')) return -1;
    }
    return 0;
}

static int parse_header(text *t, unsigned types, npy_array *a)
{
    static const char *const keys[3] = { "descr", "fortran_order", "shape" };
    unsigned seen = 0;
    size_t   shape_at = 0;
    if (need(t, '{')) return -1;
    while (!next_is(t, '}')) {
        char         key[24];
        unsigned     k = 0;
        const size_t pos = t->at;
        if (string(t, "a key", key, sizeof key)) return -1;
        while (k < 3 && strcmp(key, keys[k])) k++;
        if (k == 3) return FAIL(t, pos, "unknown key '%s', expected descr, fortran_order and shape", key);
        if (seen & 1u << k) return FAIL(t, pos, "key '%s' for the second time", key);
        seen |= 1u << k;
        if (need(t, ':')) return -1;
        skip_space(t);
        shape_at = k == 2 ? t->at : shape_at;
        if (k == 0 ? parse_descr(t, types, a) : k == 1 ? parse_order(t) : parse_shape(t, (types & NPY_EMPTY) != 0, a)) return -1;
        if (next_is(t, '}')) break;
        if (need(t, ',')) return -1;
    }
    const size_t end = t->at;
    for (unsigned k = 0; k < 3; k++)
        if (!(seen & 1u << k)) return FAIL(t, end, "the header ends without the key '%s'", keys[k]);
    skip_space(t);
    if (t->at != t->n) return FAIL(t, t->at, "malformed header, expected blanks up to its end");
    if (a->count > SIZE_MAX / types_[a->type].size)
        return FAIL(t, shape_at, "the shape asks for more bytes than memory can hold");
    return 0;
}

/* ---- The file ----------------------------------------------------------------------------------------- */

/* `bytes` bytes of elements. The buffer grows with what really arrives: a lying header costs nothing. */
static int read_data(FILE *f, const text *t, size_t bytes, npy_array *a)
{
    size_t         cap = bytes < 1u << 20 ? bytes : 1u << 20, n = 0;
    unsigned char *buf = malloc(cap ? cap : 1);
    char           shape[192];
    for (;;) {
        if (!buf) return fail_at(t, a->offset, "not enough memory for %zu bytes", bytes);
        n += fread(buf + n, 1, cap - n, f);
        if (n < cap || cap == bytes) break;
        cap = cap > bytes / 2 ? bytes : 2 * cap;
        unsigned char *more = realloc(buf, cap);
        if (!more) free(buf);
        buf = more;
    }
    npy_shape(a->ndim, a->dim, shape, sizeof shape);
    if (n < bytes || ferror(f)) {
        free(buf);
        if (ferror(f)) return fail_at(t, a->offset + n, "read error: %s", strerror(errno));
        return fail_at(t, a->offset + n, "the file ends after %zu bytes of elements, expected %zu for %s of shape %s", n,
                       bytes, npy_type_name(a->type), shape);
    }
    if (fgetc(f) != EOF) {
        free(buf);
        return fail_at(t, a->offset + n, "bytes behind the last element, expected %zu for %s of shape %s", bytes,
                       npy_type_name(a->type), shape);
    }
    a->data = buf;
    return 0;
}

int npy_read(FILE *f, const char *name, unsigned types, npy_array *out, diag *d)
{
    unsigned char fixed[12];
    text          t = { NULL, 0, 0, 0, name, d };
    memset(out, 0, sizeof *out);
    errno = 0;
    const size_t got = fread(fixed, 1, 10, f);
    if (ferror(f)) return fail_at(&t, got, "read error: %s", strerror(errno));
    if (got < 6 || memcmp(fixed, "\x93NUMPY", 6))
        return fail_at(&t, 0, got ? "no .npy file, expected the bytes \\x93NUMPY" : "an empty file, expected a .npy file");
    if (got < 10) return fail_at(&t, got, "the file ends inside the header");
    if (fixed[6] < 1 || fixed[6] > 3 || fixed[7] != 0)
        return fail_at(&t, 6, ".npy version %u.%u, expected 1.0, 2.0 or 3.0", fixed[6], fixed[7]);

    size_t n = fixed[8] | (size_t)fixed[9] << 8;
    t.base = 10;
    if (fixed[6] > 1) {
        t.base = 12;
        if (fread(fixed + 10, 1, 2, f) != 2) return fail_at(&t, 10, "the file ends inside the header");
        n |= (size_t)fixed[10] << 16 | (size_t)fixed[11] << 24;
    }
    if (n > NPY_MAX_HEADER) return fail_at(&t, 8, "a header of %zu bytes, expected at most %d", n, NPY_MAX_HEADER);

    char *s = malloc(n + 1);
    if (!s) return fail_at(&t, 8, "not enough memory");
    t.n = fread(s, 1, n, f);
    s[t.n] = 0;
    t.s = s;
    int err;
    if (t.n < n) err = FAIL(&t, t.n, "the file ends inside the header, expected %zu bytes of it", n);
    else err = parse_header(&t, types, out);
    free(s);
    if (err) return err;
    out->offset = t.base + n;
    return read_data(f, &t, out->count * npy_type_size(out->type), out);
}

int npy_load(const char *path, unsigned types, npy_array *out, diag *d)
{
    FILE *f = fopen(path, "rb");
    memset(out, 0, sizeof *out);
    if (!f) return diag_set(d, "%s: cannot be read: %s", path, strerror(errno));
    const int err = npy_read(f, path, types, out, d);
    fclose(f);
    return err;
}

void npy_free(npy_array *a)
{
    free(a->data);
    memset(a, 0, sizeof *a);
}

int64_t npy_int(const npy_array *a, size_t i)
{
    switch (a->type) {
    case NPY_INT8:  return ((const int8_t *)a->data)[i];
    case NPY_UINT8: return ((const uint8_t *)a->data)[i];
    case NPY_INT16: return ((const int16_t *)a->data)[i];
    case NPY_INT32: return ((const int32_t *)a->data)[i];
    case NPY_INT64: return ((const int64_t *)a->data)[i];
    default:        return 0;
    }
}

int npy_save(const char *path, npy_type type, unsigned ndim, const size_t *dim, const void *data, diag *d)
{
    char    shape[192], head[512];
    size_t  count = 1;
    outfile o;
    for (unsigned i = 0; i < ndim; i++) count *= dim[i];

    /* Elements begin at a multiple of 64, as NumPy has it: blanks, then a newline. */
    int n = snprintf(head + 10, sizeof head - 10, "{'descr': '%c%s', 'fortran_order': False, 'shape': %s, }",
                     types_[type].size == 1 ? '|' : '<', types_[type].descr, npy_shape(ndim, dim, shape, sizeof shape));
    const unsigned total = ((unsigned)n + 10 + 1 + 63) / 64 * 64, len = total - 10;
    memset(head + 10 + n, ' ', len - (unsigned)n);
    head[total - 1] = '\n';
    memcpy(head, "\x93NUMPY\x01\x00", 8);
    head[8] = (char)(len & 0xff);
    head[9] = (char)(len >> 8);

    if (outfile_open(&o, path, d)) return -1;
    fwrite(head, 1, total, o.f);
    if (count) fwrite(data, types_[type].size, count, o.f);
    return outfile_commit(&o, d);
}
