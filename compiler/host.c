/* SPDX-License-Identifier: Apache-2.0
 *
 * host.c - see host.h */
#include "host.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Formats ------------------------------------------------------------------------------------------ */

static const char *const names_[HOST_FORMATS + 1] = { "csc", "csc8", "1:4", "2:4", "3:4", "4:4", "auto" };

const char *host_format_name(host_format f) { return names_[f]; }

int host_format_parse(const char *s, host_format *f)
{
    for (int i = 0; i <= HOST_FORMATS; i++)
        if (!strcmp(s, names_[i])) {
            *f = (host_format)i;
            return 0;
        }
    return -1;
}

void host_type_range(lac_type t, int32_t *lo, int32_t *hi)
{
    *lo = t == LAC_INT8 ? INT8_MIN : t == LAC_INT16 ? INT16_MIN : 0;
    *hi = t == LAC_INT8 ? INT8_MAX : t == LAC_INT16 ? INT16_MAX : t == LAC_UINT8 ? UINT8_MAX : 0;
}

int host_collect(const host_matrix *m, host_codes *out, size_t *where)
{
    const size_t count = (size_t)m->rows * m->cols;
    out->n = 0;
    for (size_t i = 0; i < count; i++) {
        const int v = host_weight(m, i);
        unsigned  k = 0;
        if (!v) continue;
        while (k < out->n && out->value[k] != v) k++;
        if (k < out->n) continue;
        if (out->n == HOST_MAX_CODES) {
            *where = i;
            return -1;
        }
        out->value[out->n++] = (int16_t)v;
    }
    return 0;
}

int host_nm_check(const host_matrix *m, uint32_t n, size_t *where)
{
    for (uint32_t r = 0; r < m->rows; r++)
        for (uint32_t c = 0; c < m->cols; c += 4) {
            const size_t   at = (size_t)r * m->cols + c;
            const uint32_t len = m->cols - c < 4 ? m->cols - c : 4;
            uint32_t       nz = 0;
            for (uint32_t i = 0; i < len; i++) nz += host_weight(m, at + i) != 0;
            if (nz > n) {
                *where = at;
                return -1;
            }
        }
    return 0;
}

uint64_t host_nm_prune(int8_t *w, uint32_t rows, uint32_t cols, uint32_t n)
{
    uint64_t removed = 0;
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < cols; c += 4) {
            int8_t        *g = w + (size_t)r * cols + c;
            const uint32_t len = cols - c < 4 ? cols - c : 4;
            uint32_t       nz = 0;
            for (uint32_t i = 0; i < len; i++) nz += g[i] != 0;
            for (; nz > n; nz--, removed++) {
                uint32_t worst = len; /* the smallest non-zero magnitude, of equals the rightmost */
                for (uint32_t i = 0; i < len; i++)
                    if (g[i] && (worst == len || abs(g[i]) <= abs(g[worst]))) worst = i;
                g[worst] = 0;
            }
        }
    return removed;
}

/* ---- Activations ---------------------------------------------------------------------------------------- */

static int uses_new(host_uses *u, uint32_t cols)
{
    memset(u, 0, sizeof *u);
    u->column = calloc(cols, sizeof *u->column);
    u->group = calloc((cols + 3) / 4, sizeof *u->group);
    if (u->column && u->group) return 0;
    host_uses_free(u);
    return -1;
}

/* `n` elements of a point, from x[i] on, as columns from `first` on, a multiple of 4. */
static void use(host_uses *u, uint32_t first, const void *x, lac_type type, int32_t zero, size_t i, uint32_t n)
{
    uint32_t last = UINT32_MAX; /* group already counted for this point */
    for (uint32_t c = 0; c < n; c++) {
        if (host_activation(x, type, i + c) == zero) continue;
        u->column[first + c]++;
        u->columns++;
        if (last == c / 4) continue;
        last = c / 4;
        u->group[first / 4 + last]++;
        u->groups++;
    }
}

int host_uses_count(host_uses *u, const void *x, lac_type type, int32_t zero, size_t points, uint32_t cols)
{
    if (uses_new(u, cols)) return -1;
    for (size_t p = 0; p < points; p++) use(u, 0, x, type, zero, p * cols, cols);
    return 0;
}

int host_uses_begin(host_uses *u, uint32_t cols) { return uses_new(u, cols); }

void host_uses_rule(host_uses *u, const void *x, lac_type type, int32_t zero, size_t i, uint32_t tap, uint32_t channels)
{
    use(u, tap * channels, x, type, zero, i * channels, channels);
}

/* Outputs along one axis, and the windows over them. */
typedef struct { uint32_t n, windows, kernel, stride, before; } outputs;

static int is_seen(const outputs *o, uint32_t i)
{
    const uint32_t at = i + o->before, last = at / o->stride < o->windows ? at / o->stride : o->windows - 1;
    return at < last * o->stride + o->kernel;
}

static void find_outputs(const lac_conv_shape *s, const lac_pool *pool, outputs *y, outputs *x)
{
    const lac_pool none = { 1, 1, 1, 1, 0, 0, 0, 0, LAC_POOL_MAX }, *p = pool && pool->kernel_y ? pool : &none;
    const lac_conv job = { .shape = *s, .pool = *p };
    *y = (outputs){ lac_conv_out_y(s), lac_conv_y_rows(&job), p->kernel_y, p->stride_y, p->pad_top };
    *x = (outputs){ lac_conv_out_x(s), lac_conv_y_pixels(&job), p->kernel_x, p->stride_x, p->pad_left };
}

int host_pool_sees(const lac_conv_shape *shape, const lac_pool *pool, uint32_t oy, uint32_t ox)
{
    outputs y, x;
    find_outputs(shape, pool, &y, &x);
    return is_seen(&y, oy) && is_seen(&x, ox);
}

/* Does some output's tap fall on input position i? One does, or none. */
static int covers(uint32_t i, uint32_t tap, uint32_t stride, uint32_t dilation, uint32_t pad, const outputs *o)
{
    const int64_t at = (int64_t)i + pad - (int64_t)tap * dilation;
    return at >= 0 && at % stride == 0 && at / stride < o->n && is_seen(o, (uint32_t)(at / stride));
}

int host_uses_conv(host_uses *u, const void *x, lac_type type, int32_t zero, size_t images, const lac_conv_shape *s, const lac_pool *pool, uint64_t *rules)
{
    const uint32_t cp = host_padded(s->channels);
    uint64_t       pixels = 0;
    outputs        oy, ox;
    if (uses_new(u, s->kernel_y * s->kernel_x * cp)) return -1;
    find_outputs(s, pool, &oy, &ox);
    *rules = 0;
    for (uint32_t t = 0; t < s->kernel_x; t++)
        for (uint32_t ix = 0; ix < s->width; ix++) pixels += (uint64_t)covers(ix, t, s->stride_x, s->dilation_x, s->pad_left, &ox);
    for (uint32_t r = 0; r < s->kernel_y; r++)
        for (uint32_t iy = 0; iy < s->height; iy++)
            if (covers(iy, r, s->stride_y, s->dilation_y, s->pad_top, &oy)) {
                *rules += pixels * images;
                for (size_t n = 0; n < images; n++)
                    for (uint32_t t = 0; t < s->kernel_x; t++)
                        for (uint32_t ix = 0; ix < s->width; ix++)
                            if (covers(ix, t, s->stride_x, s->dilation_x, s->pad_left, &ox))
                                use(u, (r * s->kernel_x + t) * cp, x, type, zero,
                                    ((n * s->height + iy) * s->width + ix) * s->channels, s->channels);
            }
    return 0;
}

void host_uses_free(host_uses *u)
{
    free(u->column);
    free(u->group);
    memset(u, 0, sizeof *u);
}

/* ---- Counting cycles -------------------------------------------------------------------------------------- */

/* A channel, or a lane: its non-zeros, what they cost, and which it is. */
typedef struct { uint64_t nonzeros, cycles; uint32_t id; } load;

static int heavier(const void *a, const void *b)
{
    const load *x = a, *y = b;
    if (x->nonzeros != y->nonzeros) return x->nonzeros < y->nonzeros ? 1 : -1;
    return x->id < y->id ? -1 : 1;
}

static int lighter(const void *a, const void *b)
{
    const load *x = a, *y = b;
    if (x->nonzeros != y->nonzeros) return x->nonzeros < y->nonzeros ? -1 : 1;
    return x->id < y->id ? -1 : 1;
}

static uint64_t max64(uint64_t a, uint64_t b) { return a > b ? a : b; }

static uint64_t busiest_lane(const host_matrix *m, const host_uses *u, uint32_t lanes)
{
    load *lane = calloc(lanes, sizeof *lane), *chan = calloc(lanes, sizeof *chan);
    uint64_t most = 0;
    if (!lane || !chan) {
        free(lane);
        free(chan);
        return UINT64_MAX;
    }
    for (uint32_t l = 0; l < lanes; l++) lane[l].id = l;
    for (uint32_t first = 0; first < m->rows; first += lanes) {
        const uint32_t n = m->rows - first < lanes ? m->rows - first : lanes;
        for (uint32_t k = 0; k < n; k++) {
            const size_t at = (size_t)(first + k) * m->cols;
            chan[k] = (load){ 0, 0, k };
            for (uint32_t c = 0; c < m->cols; c++)
                if (host_weight(m, at + c)) {
                    chan[k].nonzeros++;
                    chan[k].cycles += u->column[c];
                }
        }
        qsort(chan, n, sizeof *chan, heavier);
        qsort(lane, lanes, sizeof *lane, lighter);
        for (uint32_t k = 0; k < n; k++) {
            lane[k].nonzeros += chan[k].nonzeros;
            lane[k].cycles += chan[k].cycles;
        }
    }
    for (uint32_t l = 0; l < lanes; l++) most = max64(most, lane[l].cycles);
    free(lane);
    free(chan);
    return most;
}

uint64_t host_cycles(const host_matrix *m, host_format f, const host_uses *u, uint32_t lanes)
{
    const uint32_t n = host_format_n(f);
    if (n) return u->groups * n * ((m->rows + lanes - 1) / lanes);
    const uint64_t lane = busiest_lane(m, u, lanes);
    return lane == UINT64_MAX ? lane : max64(u->columns, lane);
}

uint64_t host_largest_sum(const host_matrix *m, const void *x, lac_type type, int32_t zero, size_t count)
{
    uint64_t most = 0, a = 0;
    for (size_t i = 0; i < count; i++) a = max64(a, (uint64_t)labs((long)host_activation(x, type, i) - zero));
    for (uint32_t k = 0; k < m->rows; k++) {
        uint64_t sum = 0;
        for (uint32_t c = 0; c < m->cols; c++) sum += (uint64_t)abs(host_weight(m, (size_t)k * m->cols + c));
        most = max64(most, sum);
    }
    return most * a;
}

/* Lane loads of a depthwise layer: rows beyond the image's channels are filled up, without weights; channel k on lane k mod lanes, once for each group of its image that is not empty and each tap that it meets. */
static uint64_t busiest_depthwise(const host_matrix *m, const host_uses *image, double reach, uint32_t lanes)
{
    uint64_t most = 0;
    for (uint32_t l = 0; l < lanes; l++) {
        double sum = 0;
        for (uint32_t k = l; k < m->rows; k += lanes) {
            uint32_t taps = 0;
            for (uint32_t t = 0; t < m->cols; t++) taps += host_weight(m, (size_t)k * m->cols + t) != 0;
            if (taps) sum += (double)image->group[k / 4] * taps * reach / m->cols;
        }
        most = max64(most, (uint64_t)sum);
    }
    return most;
}

uint64_t host_cycles_rows(const host_matrix *m, const host_uses *u, const host_uses *image, double reach, int depthwise, uint32_t lanes)
{
    if (depthwise) return max64(image->groups, busiest_depthwise(m, image, reach, lanes));
    const uint64_t lane = busiest_lane(m, u, lanes);
    if (lane == UINT64_MAX) return lane;
    const double whole = reach * (double)image->columns, inside = (double)u->columns;
    return max64(image->columns, inside > 0 && whole > inside ? (uint64_t)((double)lane * whole / inside) : lane);
}

uint64_t host_cycles_folded(const host_matrix *m, const host_uses *u, uint64_t items, double edges, int fours, uint32_t lanes)
{
    uint64_t most = fours ? 0 : busiest_lane(m, u, lanes);
    if (most == UINT64_MAX) return most;
    for (uint32_t k = 0; k < m->rows && fours; k++) { /* no lane has two */
        uint64_t sum = 0;
        for (uint32_t c = 0; c < m->cols; c++)
            if (host_weight(m, (size_t)k * m->cols + c)) sum += u->group[c / 4];
        most = max64(most, sum);
    }
    return max64(items, (uint64_t)((double)most * edges));
}

uint64_t host_needed_macs(const host_matrix *m, const host_uses *u)
{
    uint64_t sum = 0;
    for (uint32_t r = 0; r < m->rows; r++)
        for (uint32_t c = 0; c < m->cols; c++)
            if (host_weight(m, (size_t)r * m->cols + c)) sum += u->column[c];
    return sum;
}

host_format host_choose(const host_matrix *m, const host_uses *u, uint32_t lanes, uint32_t formats, uint64_t *cycles)
{
    static const host_format order[HOST_FORMATS] = { HOST_1_4, HOST_2_4, HOST_3_4, HOST_4_4, HOST_CSC, HOST_CSC8 };
    host_format best = HOST_AUTO;
    host_codes  codes;
    size_t      where;
    *cycles = UINT64_MAX;
    for (int i = 0; i < HOST_FORMATS; i++) {
        const host_format f = order[i];
        const uint32_t    n = host_format_n(f);
        if (!(formats & 1u << (n ? LAC_NM : f == HOST_CSC ? LAC_CSC : LAC_CSC8))) continue;
        if (f != HOST_CSC && !m->w8) continue;
        if (n && host_nm_check(m, n, &where)) continue;
        if (f == HOST_CSC && host_collect(m, &codes, &where)) continue;
        const uint64_t t = host_cycles(m, f, u, lanes);
        if (best == HOST_AUTO || t < *cycles) {
            best = f;
            *cycles = t;
        }
    }
    return best;
}

/* ---- Storage ------------------------------------------------------------------------------------------------ */

int host_csc(const host_matrix *m, lac_csc *out)
{
    const size_t count = (size_t)m->rows * m->cols;
    uint64_t     nnz = 0;
    for (size_t i = 0; i < count; i++) nnz += host_weight(m, i) != 0;
    if (nnz > UINT32_MAX) return -1;

    /* One more than needed: malloc(0) may be NULL. */
    int16_t  *values = malloc(((size_t)nnz + 1) * sizeof *values);
    uint16_t *row_idx = malloc(((size_t)nnz + 1) * sizeof *row_idx);
    uint32_t *col_ptr = calloc((size_t)m->cols + 1, sizeof *col_ptr);
    *out = (lac_csc){ m->rows, m->cols, values, row_idx, col_ptr };
    if (!values || !row_idx || !col_ptr) {
        host_csc_free(out);
        return -1;
    }
    /* Rows are walked outside so that memory is read in order: count per column, then place. */
    for (uint32_t r = 0; r < m->rows; r++)
        for (uint32_t c = 0; c < m->cols; c++) col_ptr[c + 1] += host_weight(m, (size_t)r * m->cols + c) != 0;
    for (uint32_t c = 0; c < m->cols; c++) col_ptr[c + 1] += col_ptr[c];
    for (uint32_t r = 0; r < m->rows; r++)
        for (uint32_t c = 0; c < m->cols; c++) {
            const int v = host_weight(m, (size_t)r * m->cols + c);
            if (!v) continue;
            values[col_ptr[c]] = (int16_t)v;
            row_idx[col_ptr[c]++] = (uint16_t)r;
        }
    /* Each pointer now stands at the end of its column, which is where the next begins. */
    memmove(col_ptr + 1, col_ptr, m->cols * sizeof *col_ptr);
    col_ptr[0] = 0;
    return 0;
}

void host_csc_free(lac_csc *m)
{
    free((void *)m->values);
    free((void *)m->row_idx);
    free((void *)m->col_ptr);
    memset(m, 0, sizeof *m);
}

lac_status host_pack(const lac_caps *caps, const host_matrix *m, const host_packing *how, void **image, lac_layer *out, uint64_t *where)
{
    const uint32_t   n = host_format_n(how->format);
    const lac_format format = host_format_driver(how->format);
    const int        balance = how->residual ? 2 : 1;
    const lac_nm     nm = { m->rows, m->cols, n, m->w8 };
    lac_csc          own = { 0 };
    const lac_csc   *csc = how->csc ? how->csc : &own;
    lac_caps         seen = *caps;
    uint32_t         need = 0;
    lac_status       s = LAC_OK;
    void            *scratch = malloc(lac_pack_scratch(caps, m->rows, m->cols));
    *image = NULL;
    if (how->weight_depth && how->weight_depth < caps->weight_depth) seen.weight_depth = how->weight_depth;
    if (!scratch || (!n && !how->csc && !how->pool && host_csc(m, &own))) s = LAC_E_PORT;
    /* The first pass only counts, unless there is room; it then tells how much it would have taken. */
    for (uint32_t room = how->bytes; !s; room = need) {
        free(*image);
        *image = room ? malloc(room) : NULL;
        if (room && !*image) s = LAC_E_PORT;
        else if (how->pool) s = lac_sconv_pack_pool(&seen, how->pool, how->rq, scratch, *image, room, &need, out, where);
        else if (how->tap) s = lac_sconv_pack(&seen, how->tap, n ? NULL : csc, n ? &nm : NULL, format, how->rq, !how->joined, scratch, *image, room, &need, out, where);
        else if (n) s = lac_pack_nm(&seen, &nm, how->rq, balance, scratch, *image, room, &need, out, where);
        else if (how->rows) s = lac_conv_pack_rows(&seen, how->rows, csc, format, how->depthwise, how->rq, balance, scratch, *image, room, &need, out, where);
        else if (how->by_column) s = lac_pack_csc_columns(&seen, csc, format, how->rq, balance, scratch, *image, room, &need, out, where);
        else s = lac_pack_csc(&seen, csc, format, how->rq, balance, scratch, *image, room, &need, out, where);
        if (s == LAC_E_SPACE && need > room) s = LAC_OK;
        else if (*image) break;
    }
    free(scratch);
    host_csc_free(&own);
    if (s) {
        free(*image);
        *image = NULL;
    }
    return s;
}

lac_status host_pack_residual(const lac_caps *caps, const lac_layer *of, const int16_t *factor, void **image, lac_layer *out, uint64_t *where)
{
    void      *scratch = malloc(lac_pack_scratch(caps, of->rows, of->rows));
    uint32_t   need = 0;
    lac_status s = scratch ? lac_conv_pack_residual(caps, of, factor, scratch, NULL, 0, &need, out, where) : LAC_E_PORT;
    *image = NULL;
    if (s == LAC_E_SPACE && need) s = LAC_OK; /* it only counted */
    if (!s && !(*image = malloc(need))) s = LAC_E_PORT;
    if (!s) s = lac_conv_pack_residual(caps, of, factor, scratch, *image, need, &need, out, where);
    free(scratch);
    if (s) {
        free(*image);
        *image = NULL;
    }
    return s;
}

/* ---- Clustering ----------------------------------------------------------------------------------------------- */

size_t host_not_finite(const float *w, size_t count)
{
    size_t i = 0;
    while (i < count && isfinite(w[i])) i++;
    return i;
}

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Sorted values with running sums: a cluster is a range [lo, hi), its mean and error are differences. */
typedef struct {
    const float *v;
    double      *sum, *sq; /* [count + 1] of the values before i, and of their squares */
    size_t       count;
} sorted;

static double mean(const sorted *s, size_t lo, size_t hi) { return (s->sum[hi] - s->sum[lo]) / (double)(hi - lo); }

static double spread(const sorted *s, size_t lo, size_t hi)
{
    const double d = s->sum[hi] - s->sum[lo];
    return hi == lo ? 0 : s->sq[hi] - s->sq[lo] - d * d / (double)(hi - lo);
}

/* First value above x. */
static size_t above(const sorted *s, double x)
{
    size_t lo = 0, hi = s->count;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (s->v[mid] > x) hi = mid;
        else lo = mid + 1;
    }
    return lo;
}

/* Improve n ascending centres until nothing moves; cut[i] .. cut[i+1] is then cluster i. */
static void lloyd(const sorted *s, unsigned n, double *centre, size_t *cut)
{
    for (int round = 0; round < 1000; round++) {
        int moved = round == 0;
        cut[0] = 0;
        for (unsigned i = 1; i <= n; i++) {
            const size_t at = i == n ? s->count : above(s, (centre[i - 1] + centre[i]) / 2);
            moved |= cut[i] != at;
            cut[i] = at;
        }
        if (!moved) return;
        for (unsigned i = 0; i < n; i++)
            if (cut[i] < cut[i + 1]) centre[i] = mean(s, cut[i], cut[i + 1]);
    }
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Returns the number of centres, ascending. */
static unsigned centres(const sorted *s, double centre[HOST_MAX_CODES])
{
    size_t   cut[HOST_MAX_CODES + 1] = { 0 };
    unsigned n = 0;
    for (size_t i = 0; i < s->count && n <= HOST_MAX_CODES; i++)
        if (i == 0 || s->v[i] != s->v[i - 1]) {
            if (n < HOST_MAX_CODES) centre[n] = s->v[i];
            n++;
        }
    if (n <= HOST_MAX_CODES) return n;

    n = HOST_MAX_CODES;
    const double lo = s->v[0], hi = s->v[s->count - 1];
    for (unsigned i = 0; i < n; i++) centre[i] = lo + (hi - lo) * i / (n - 1);
    lloyd(s, n, centre, cut);
    for (unsigned tries = 0; tries < HOST_MAX_CODES; tries++) {
        unsigned empty = n, worst = 0;
        for (unsigned i = 0; i < n; i++) {
            if (cut[i] == cut[i + 1]) empty = i;
            if (spread(s, cut[i], cut[i + 1]) > spread(s, cut[worst], cut[worst + 1])) worst = i;
        }
        if (empty == n || s->v[cut[worst]] == s->v[cut[worst + 1] - 1]) break;
        centre[empty] = s->v[cut[worst + 1] - 1]; /* its own largest value, beyond its mean */
        qsort(centre, n, sizeof *centre, by_value);
        lloyd(s, n, centre, cut);
    }
    return n;
}

int host_cluster(const float *w, size_t count, int16_t *out, host_clusters *info)
{
    float  *v = malloc((count + 1) * sizeof *v);
    double *sum = malloc((count + 1) * sizeof *sum), *sq = malloc((count + 1) * sizeof *sq);
    double  centre[HOST_MAX_CODES] = { 0 }, largest = 0, err = 0;
    int16_t code[HOST_MAX_CODES];
    sorted  s = { v, sum, sq, 0 };
    memset(info, 0, sizeof *info);
    if (!v || !sum || !sq) {
        free(v);
        free(sum);
        free(sq);
        return -1;
    }
    for (size_t i = 0; i < count; i++)
        if (w[i] != 0) v[s.count++] = w[i];
    qsort(v, s.count, sizeof *v, ascending);
    sum[0] = sq[0] = 0;
    for (size_t i = 0; i < s.count; i++) {
        sum[i + 1] = sum[i] + v[i];
        sq[i + 1] = sq[i] + (double)v[i] * v[i];
    }
    info->n = centres(&s, centre);
    free(v);
    free(sum);
    free(sq);

    for (unsigned i = 0; i < info->n; i++) largest = fabs(centre[i]) > largest ? fabs(centre[i]) : largest;
    info->scale = largest > 0 ? largest / 32767 : 1;
    for (unsigned i = 0; i < info->n; i++) code[i] = (int16_t)lround(centre[i] / info->scale);
    for (size_t i = 0; i < count; i++) {
        unsigned k = 0;
        out[i] = 0;
        if (w[i] != 0) {
            while (k + 1 < info->n && w[i] > (centre[k] + centre[k + 1]) / 2) k++;
            out[i] = code[k];
        }
        const double e = fabs(w[i] - out[i] * info->scale);
        err += e * e;
        info->max = e > info->max ? e : info->max;
    }
    info->rms = count ? sqrt(err / (double)count) : 0;
    return 0;
}
