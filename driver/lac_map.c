/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_map.c - maps of sparse convolutions: which MAP commands, and how much memory they may need
 *
 * Passes. A command takes 3 elements of a kernel in z and in y, and in x as many of 5 as lie within 12 sites: an axis is cut into chunks of so many, and each combination of chunks
 * is a pass with given outputs. Elements from k0 on see a padding that is smaller by k0 * dilation.
 *
 * Steps. Outputs that are made for a kernel of several chunks: every k is k1 + k2 + .. with elements of smaller kernels, so step by step, each a MADE command without rules, all sites
 * appear that the whole kernel reaches, and no others. By the rule out * S = in + P - k * D all steps but the last have stride 1; by the other one all but the first. With a shape each step is
 * bounded by what the steps behind it can still bring inside:
 *
 *     in + P = out * S + k * D     step 0 takes P, and a step behind which elements of R more sites are to come ends at (grid - 1) * S + 1 + R * D; it begins at 0
 *     out + P = in * S + k * D     such a step's sites begin at -R * D: they are numbered from there, so step 0 takes P - R * D, and each further one its own (K - 1) * D
 *
 * Without, every step's sites lie between the first and the last output of the same input, or, where these are divided by S, around the input. */
#include "lac_plan.h"

enum { Z, Y, X, AXES };
enum { SPAN_X = 12, EXTENT = 32768 };

#define WORDS_MOST ((uint32_t)LAC_COORDS_MOST / 8u * 8u) /* room of whole lines */
#define LINES_MOST 0xffffffu

/* ---- Shape ----------------------------------------------------------------------------------------- */

static int transposed(const lac_map_shape *s) { return s->mode == LAC_INVERSE || s->mode == LAC_GENERATIVE; }
static int makes(const lac_map_shape *s) { return s->mode == LAC_REGULAR || s->mode == LAC_STRIDED || s->mode == LAC_GENERATIVE; }
static int given(const lac_map_shape *s) { return s->mode == LAC_INVERSE || s->mode == LAC_ONTO; }
static int bounded(const lac_map_shape *s) { return s->shape[Z] || s->shape[Y] || s->shape[X]; }

/* Elements of a kernel that one command takes. */
static uint32_t chunk(int axis, uint32_t dilation)
{
    return axis != X ? 3u : dilation > (uint32_t)SPAN_X ? 1u : lac_min(5u, (uint32_t)SPAN_X / dilation + 1u);
}

/* The kernel whose outputs are made, of one axis. */
typedef struct {
    uint32_t kernel, stride, dilation;
    int32_t  pad;
} made_axis;

static made_axis of_made(const lac_map_shape *s, int axis)
{
    made_axis m = {s->kernel[axis], s->stride[axis], s->dilation[axis], s->pad[axis]};

    if (s->mode == LAC_STRIDED) {
        m.kernel = m.stride;
        m.dilation = 1;
        m.pad = 0;
    }
    return m;
}

static int in_range(const lac_map_shape *s)
{
    if (!s || (unsigned)s->mode > LAC_ONTO)
        return 0;
    for (int a = 0; a < AXES; a++) {
        if (s->kernel[a] < 1u || s->kernel[a] > 5u || s->stride[a] < 1u || s->stride[a] > 5u || s->dilation[a] < 1u || s->dilation[a] > 15u
            || s->pad[a] < -LAC_MAP_PAD || s->pad[a] > LAC_MAP_PAD || s->shape[a] > (uint32_t)EXTENT || (bounded(s) && !s->shape[a]))
            return 0;
        if (s->mode == LAC_SUBMANIFOLD && (s->stride[a] != 1u || s->kernel[a] % 2u == 0u))
            return 0;
        const made_axis m = of_made(s, a);
        if (makes(s) && m.kernel > 1u && chunk(a, m.dilation) == 1u)
            return 0;
    }
    return 1;
}

lac_status lac_map_grid(const lac_map_shape *s, uint32_t grid[3])
{
    if (!in_range(s) || !grid || !bounded(s))
        return LAC_E_ARG;
    for (int a = 0; a < AXES; a++) {
        const int32_t n = (int32_t)s->shape[a], stride = (int32_t)s->stride[a], reach = (int32_t)(s->dilation[a] * (s->kernel[a] - 1u)), pad = 2 * s->pad[a];
        int32_t out = n;
        if (transposed(s))
            out = (n - 1) * stride - pad + reach + 1;
        else if (s->mode != LAC_SUBMANIFOLD)
            out = n + pad - reach - 1 < 0 ? 0 : (n + pad - reach - 1) / stride + 1;
        if (out < 1 || out > EXTENT)
            return LAC_E_ARG;
        grid[a] = (uint32_t)out;
    }
    return LAC_OK;
}

uint32_t lac_map_passes(const lac_map_shape *s)
{
    uint32_t n = 1;

    if (!in_range(s))
        return 0;
    for (int a = 0; a < AXES; a++)
        n *= lac_ceil_div(s->kernel[a], chunk(a, s->dilation[a]));
    return n;
}

/* How many commands make the outputs. */
static uint32_t steps_of(const lac_map_shape *s)
{
    uint32_t n = 1;

    for (int a = 0; a < AXES; a++) {
        const made_axis m = of_made(s, a);
        if (m.kernel > 1u)
            n = lac_max(n, lac_ceil_div(m.kernel - 1u, chunk(a, m.dilation) - 1u));
    }
    return n;
}

/* The command that makes the outputs also writes their rules. */
static int at_once(const lac_map *map)
{
    const lac_map_shape *s = &map->shape;
    return !map->only_list && s->mode != LAC_STRIDED && makes(s) && lac_map_passes(s) == 1u;
}

static uint32_t passes_of(const lac_map *map) { return map->only_list ? 0u : lac_map_passes(&map->shape); }

/* ---- Steps and passes ------------------------------------------------------------------------------ */

/* What a command does. */
typedef struct {
    uint32_t kernel[AXES], stride[AXES], dilation[AXES];
    int32_t  pad[AXES];
    uint32_t shape[AXES];  /* MADE and bounded; else 0 */
    uint32_t first[AXES];  /* element of the whole kernel that is its element 0 */
} part;

/* Step i of n. LAC_E_ARG: its sites may not fit int16. */
static lac_status get_step(const lac_map_shape *s, const uint32_t grid[AXES], uint32_t i, uint32_t n, part *p)
{
    memset(p, 0, sizeof *p);
    for (int a = 0; a < AXES; a++) {
        const made_axis m = of_made(s, a);
        const uint32_t most = chunk(a, m.dilation) - 1u, all = m.kernel - 1u;
        const uint32_t turn = transposed(s) ? i : n - 1u - i;  /* elements are dealt out beginning at the step with the stride */
        const uint32_t before = lac_min(all, turn * most), mine = lac_min(all - before, most);
        const uint32_t rest = transposed(s) ? all - before - mine : before;  /* that later steps take */
        const int with_stride = transposed(s) ? i == 0u : i + 1u == n;

        p->kernel[a] = mine + 1u;
        p->dilation[a] = mine ? m.dilation : 1u;
        p->stride[a] = with_stride ? m.stride : 1u;
        if (!bounded(s)) {
            if (transposed(s) || m.stride == 1u)
                p->pad[a] = i == 0u ? m.pad : 0;
            else if (!with_stride)
                p->pad[a] = (int32_t)(mine * m.dilation / 2u);
            else { /* what is left when the steps before have taken theirs */
                p->pad[a] = m.pad;
                for (uint32_t j = 1; j < n; j++) {
                    const uint32_t earlier = lac_min(all, j * most);
                    p->pad[a] -= (int32_t)(lac_min(all - earlier, most) * m.dilation / 2u);
                }
            }
            continue;
        }
        if (transposed(s)) {
            p->pad[a] = i == 0u ? m.pad - (int32_t)(rest * m.dilation) : (int32_t)(mine * m.dilation);
            p->shape[a] = grid[a] + rest * m.dilation;
        } else {
            p->pad[a] = i == 0u ? m.pad : 0;
            p->shape[a] = with_stride ? grid[a] : (grid[a] - 1u) * m.stride + 1u + rest * m.dilation;
        }
        if (p->shape[a] > (uint32_t)EXTENT)
            return LAC_E_ARG;
    }
    return LAC_OK;
}

/* Pass i of a kernel; outputs are given. */
static void get_pass(const lac_map_shape *s, uint32_t i, part *p)
{
    memset(p, 0, sizeof *p);
    for (int a = X; a >= Z; a--) {
        const uint32_t most = chunk(a, s->dilation[a]), chunks = lac_ceil_div(s->kernel[a], most);
        const uint32_t first = i % chunks * most;
        i /= chunks;
        p->first[a] = first;
        p->kernel[a] = lac_min(s->kernel[a] - first, most);
        p->stride[a] = s->stride[a];
        p->dilation[a] = p->kernel[a] == 1u ? 1u : s->dilation[a];
        p->pad[a] = s->pad[a] - (int32_t)(first * s->dilation[a]);
    }
}

/* ---- Bounds ---------------------------------------------------------------------------------------- */

/* A product that stays below 2^24. */
static uint32_t times(uint32_t a, uint32_t b) { return (uint64_t)a * b > LINES_MOST ? LINES_MOST : a * b; }

/* Of `n` elements, those that meet one residue of the stride. */
static uint32_t meeting(uint32_t n, uint32_t stride, uint32_t dilation)
{
    uint32_t step = stride; /* without what it shares with the dilation */

    for (uint32_t f = 2; f <= stride; f++)
        if (stride % f == 0u && dilation % f == 0u)
            step = stride / f;
    return lac_ceil_div(n, step);
}

typedef struct { uint32_t sites, words; } list_bound;

/* The list that elements[] of a kernel, cut off behind its first steps, make of an input. */
static list_bound made_bound(int other_rule, const uint32_t elements[AXES], const uint32_t stride[AXES], const uint32_t dilation[AXES], uint32_t voxels, uint32_t words)
{
    list_bound b = {voxels, words};
    uint32_t reach[AXES];

    for (int a = 0; a < AXES; a++) {
        reach[a] = other_rule ? elements[a] : meeting(elements[a], stride[a], dilation[a]);
        b.sites = times(b.sites, reach[a]);
    }
    /* Where 32 sites of a row can come to lie: a range, and how many words it touches. */
    const uint32_t far = (elements[X] - 1u) * dilation[X], range = other_rule ? 31u * stride[X] + far + 1u : (31u + far) / stride[X] + 1u;
    b.words = times(times(b.words, reach[Z] * reach[Y]), (range + 30u) / 32u + 1u);
    b.words = lac_min(b.words, times(b.sites, 2));
    b.words = b.words > WORDS_MOST ? WORDS_MOST : lac_ceil_div(b.words, 8u) * 8u;
    return b;
}

uint32_t lac_map_lines(uint32_t outputs, uint32_t rules, uint32_t band)
{
    const uint64_t words = (uint64_t)outputs + rules;
    const uint64_t lines = (words >> 4) + (band ? lac_ceil_div(outputs, band) : 0u);
    return lines > LINES_MOST ? LINES_MOST : (uint32_t)lines;
}

/* What is written of a shape that passed: *n steps, 0 where outputs are given. */
static lac_status check_steps(const lac_map_shape *s, uint32_t grid[AXES], uint32_t *n)
{
    part p;

    *n = makes(s) ? steps_of(s) : 0u;
    if (!*n || !bounded(s))
        return LAC_OK;
    TRY(lac_map_grid(s, grid));
    for (uint32_t i = 0; i < *n; i++)
        TRY(get_step(s, grid, i, *n, &p));
    return LAC_OK;
}

lac_status lac_map_bound(const lac_map_shape *s, uint32_t voxels, uint32_t words, uint32_t outputs, uint32_t band, lac_map_sizes *out)
{
    uint32_t n, grid[AXES], elements[AXES] = {1, 1, 1}, dilation[AXES], of_input = 1, of_output = 1;
    static const uint32_t ones[AXES] = {1, 1, 1};
    part p;

    if (!in_range(s) || !out || voxels > (uint32_t)LAC_COORDS_MOST || words > (uint32_t)LAC_COORDS_MOST || outputs > (uint32_t)LAC_COORDS_MOST || band < 1u || band > 65535u)
        return LAC_E_ARG;
    TRY(check_steps(s, grid, &n));
    memset(out, 0, sizeof *out);
    out->outputs = given(s) ? outputs : voxels;
    out->steps = n > 2u ? 2u : n > 1u ? n - 1u : 0u;
    for (uint32_t i = 0; i < n; i++) {
        (void)get_step(s, grid, i, n, &p); /* it was checked, and without a grid cannot fail */
        for (int a = 0; a < AXES; a++) {
            elements[a] += p.kernel[a] - 1u;
            dilation[a] = of_made(s, a).dilation;
        }
        const list_bound b = made_bound(transposed(s), elements, transposed(s) ? s->stride : i + 1u < n ? ones : p.stride, dilation, voxels, words);
        if (i + 1u < n)
            out->step_words = lac_max(out->step_words, b.words);
        else {
            out->outputs = b.sites;
            out->out_words = b.words;
        }
    }
    get_pass(s, 0, &p); /* no other has more elements */
    for (int a = 0; a < AXES; a++) {
        const uint32_t some = meeting(p.kernel[a], s->stride[a], s->dilation[a]);
        of_input *= transposed(s) ? p.kernel[a] : some;
        of_output *= transposed(s) ? some : p.kernel[a];
    }
    const uint64_t from_inputs = (uint64_t)voxels * of_input, from_outputs = (uint64_t)out->outputs * of_output;
    const uint64_t rules = from_inputs < from_outputs ? from_inputs : from_outputs;
    out->rule_lines = lac_map_lines(out->outputs, rules > 0xffffffffu ? 0xffffffffu : (uint32_t)rules, band);
    out->band_room = lac_min(lac_ceil_div(out->outputs, band), 65535u);
    return LAC_OK;
}

/* ---- Commands -------------------------------------------------------------------------------------- */

static lac_status check_addr(lac_addr a)
{
    return a % LAC_ALIGN ? LAC_E_ALIGN : a >> 38 ? LAC_E_ARG : LAC_OK;
}

static lac_status check_map(const lac_caps *caps, const lac_map *map, uint32_t grid[AXES], uint32_t *n)
{
    const lac_map_shape *s = &map->shape;

    /* largest kernel z, y, x and stride */
    if ((caps->map & 0xffffu) == 0u || (caps->map >> 16 & 3u) < 3u || (caps->map >> 18 & 3u) < 3u || (caps->map >> 20 & 7u) < 5u || (caps->map >> 24 & 7u) < 5u
        || !in_range(s) || map->band < 1u || map->band > 65535u || (map->only_list && !makes(s)))
        return LAC_E_ARG;
    TRY(check_steps(s, grid, n));
    TRY(check_addr(map->in));
    if (s->mode != LAC_SUBMANIFOLD)
        TRY(check_addr(map->out));
    if (*n && (map->out_words % 8u || map->out_words > WORDS_MOST || (*n > 1u && (map->step_words % 8u || map->step_words > WORDS_MOST))))
        return LAC_E_ARG;
    for (uint32_t i = 0; i < 2u && i + 1u < *n; i++)
        TRY(check_addr(map->step[i]));
    for (uint32_t i = 0; map->room && i < passes_of(map); i++) {
        TRY(check_addr(map->room[i].bands));
        TRY(check_addr(map->room[i].rules));
        if (map->room[i].band_room > 65535u || map->room[i].rule_lines > LINES_MOST)
            return LAC_E_ARG;
    }
    return LAC_OK;
}

/* A command of the machine: from list to list, room NULL: no rules. */
static void begin(lac_cmd *c, const lac_map *map, const part *p, lac_addr in, lac_addr out, const lac_map_room *room)
{
    const lac_map_shape *s = &map->shape;
    const uint32_t tap_y = s->kernel[X], tap_z = s->kernel[Y] * s->kernel[X];

    memset(c, 0, sizeof *c);
    c->w[0] = LAC_OP_MAP;
    SET(c, ANY_TAG, map->tag);
    SET(c, MAP_IN, in >> 6);
    SET(c, MAP_OUT, out >> 6);
    SET(c, MAP_TRANSPOSED, transposed(s));
    SET(c, MAP_NO_RULES, !room);
    if (room) {
        SET(c, MAP_BANDS, room->bands >> 6);
        SET(c, MAP_RULES, room->rules >> 6);
        SET(c, MAP_RULE_LINES, room->rule_lines);
        SET(c, MAP_BAND_ROOM, room->band_room);
        SET(c, MAP_TAP, p->first[Z] * tap_z + p->first[Y] * tap_y + p->first[X]);
        SET(c, MAP_TAP_Z, tap_z);
        SET(c, MAP_TAP_Y, tap_y);
    }
    SET(c, MAP_BAND, map->band);
    SET(c, MAP_KZ, p->kernel[Z]);
    SET(c, MAP_KY, p->kernel[Y]);
    SET(c, MAP_KX, p->kernel[X]);
    SET(c, MAP_SZ, p->stride[Z]);
    SET(c, MAP_SY, p->stride[Y]);
    SET(c, MAP_SX, p->stride[X]);
    SET(c, MAP_DZ, p->dilation[Z]);
    SET(c, MAP_DY, p->dilation[Y]);
    SET(c, MAP_DX, p->dilation[X]);
    SET(c, MAP_PZ, p->pad[Z]);
    SET(c, MAP_PY, p->pad[Y]);
    SET(c, MAP_PX, p->pad[X]);
}

static void make(lac_cmd *c, const part *p, uint32_t words)
{
    SET(c, MAP_MADE, 1);
    SET(c, MAP_OUT_LINES, words / 8u);
    SET(c, MAP_BOUNDED, p->shape[Z] != 0u);
    SET(c, MAP_SHAPE_Z, p->shape[Z]);
    SET(c, MAP_SHAPE_Y, p->shape[Y]);
    SET(c, MAP_SHAPE_X, p->shape[X]);
}

/* Commands from number `first` on, `count` of them. With a room their list is that of lac_map_build(); without, a map that is made at once is one command all the same. */
static lac_status emit_some(const lac_map *map, const uint32_t grid[AXES], uint32_t steps, uint32_t first, uint32_t count, lac_emit emit, void *ctx)
{
    const lac_map_shape *s = &map->shape;
    const int once = at_once(map);
    const uint32_t all = steps + (once ? 0u : passes_of(map));
    lac_cmd c;
    part p;

    for (uint32_t i = first; i < all && i - first < count; i++) {
        if (i < steps) {
            const int end = i + 1u == steps;
            TRY(get_step(s, grid, i, steps, &p));
            begin(&c, map, &p, i ? map->step[(i - 1u) & 1u] : map->in, end ? map->out : map->step[i & 1u], once ? map->room : NULL);
            make(&c, &p, end ? map->out_words : map->step_words);
        } else {
            get_pass(s, i - steps, &p);
            begin(&c, map, &p, map->in, s->mode == LAC_SUBMANIFOLD ? map->in : map->out, map->room ? &map->room[i - steps] : NULL);
        }
        SET(&c, ANY_MARK, map->mark && i + 1u == all);
        SET(&c, ANY_SIGNAL, map->signal && i + 1u == all ? 1u << (LAC_UNIT_EXEC - 1) : 0u);
        const int status = emit(ctx, &c);
        if (status)
            return (lac_status)status;
    }
    return LAC_OK;
}

lac_status lac_map_build(const lac_caps *caps, const lac_map *map, lac_emit emit, void *ctx)
{
    uint32_t grid[AXES] = {0, 0, 0}, steps;

    if (!caps || !map || !emit)
        return LAC_E_ARG;
    TRY(check_map(caps, map, grid, &steps));
    return emit_some(map, grid, steps, 0, 0xffffffffu, emit, ctx);
}

lac_status lac_map_run(lac_dev *dev, const lac_map *map, uint32_t limit)
{
    lac_feeder f;

    TRY(lac_begin_feed(&f, dev, limit));
    return lac_end_feed(&f, lac_map_build(&dev->caps, map, lac_feed, &f));
}

lac_status lac_map_count(lac_dev *dev, const lac_map *map, uint32_t limit, uint32_t *outputs, uint32_t rules[LAC_MAP_PASSES])
{
    uint32_t grid[AXES] = {0, 0, 0}, steps;
    lac_stats stats;
    lac_map m;

    if (!dev || !map || !outputs || !rules)
        return LAC_E_ARG;
    m = *map;
    m.room = NULL;
    m.mark = m.signal = 0;
    TRY(check_map(&dev->caps, &m, grid, &steps));
    const uint32_t lists = at_once(&m) ? 0u : steps, passes = passes_of(&m);
    for (uint32_t i = 0; i < lists + passes; i++) { /* a run of its own each: counters are a run's */
        lac_feeder f;
        TRY(lac_begin_feed(&f, dev, limit));
        TRY(lac_end_feed(&f, emit_some(&m, grid, steps, i, 1, lac_feed, &f)));
        TRY(lac_read_stats(dev, &stats));
        *outputs = stats.sites;
        if (i >= lists)
            rules[i - lists] = stats.rules;
    }
    return LAC_OK;
}
