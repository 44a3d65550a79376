/* SPDX-License-Identifier: Apache-2.0
 *
 * demo [--port serial:DEVICE[@BAUD]] [--pictures N] [--bits 8|16] [DIRECTORY] - handwritten digits, read by three versions of one network
 * (examples/digits/README.md)
 *
 *   Machines  the golden model and the Verilated RTL of configuration l8, behind the same driver calls; with --port, the golden model and a board
 *             at a serial line (docs/boards.md), both with the configuration that the board says it has
 *   A job     three layers in one list: the host rings one doorbell and touches nothing between the layers
 *   Checked   every output of both machines against the integers that NumPy computed (v_t_logits.npy), the whole memories of model and RTL
 *             against each other, the digits read correctly against accuracy.json (all pictures) and against those integers, and the
 *             multiplications that both count against those counted here from the operands
 *   Cycles    of the RTL or the board, doorbell to idle, one picture at a time, mean of the first LATENCY pictures: weights resident
 *             on chip, or streamed from memory for each picture; and per picture when all of them are one job. Weights that a board has no
 *             room for are streamed there too
 *   Fewer     --pictures: the first N; --bits: only the networks with activations of that width. For simulated boards, which are slow
 *   Exit      0 when every check holds, 2 for bad usage, else 1 */
#define _POSIX_C_SOURCE 200809L
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host.h"
#include "lac_config.h"
#include "lac_image.h"
#include "lacuna.h"
#include "machine.h"
#include "npy.h"
#include "ports/port_model.h"
#include "port_rtl.h"

enum { LAYERS = 3, LATENCY = 16, SHOWN = 6 };
enum {
    RING = 2048,     /* [commands] more than a job has here, so that one doorbell starts it */
    WAIT = 100000000 /* [cycles] far above any honest run */
};

static const char *const CONFIG = "l8"; /* of the RTL */

/* Memory of both machines. */
static lac_addr mem_base = 0x80000000u;
static uint32_t mem_size = 4 << 20; /* [bytes] */
static uint32_t ring = RING;        /* [commands] */

static const char *directory = "examples/digits";
static machine     board; /* with --port */
static const char *port;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "demo: %s: %s\n", what, why);
    machine_close(&board); /* back to plain mode */
    exit(1);
}

static void check(lac_status s, const char *what)
{
    if (s != LAC_OK)
        die(what, s == LAC_E_PORT && machine_error(&board) ? machine_error(&board) : lac_status_name(s));
}

static void *alloc(size_t n)
{
    void *p = calloc(n, 1);
    if (!p)
        die("memory", "none left");
    return p;
}

/* ---- Files ---------------------------------------------------------------------------------------- */

static npy_array load(const char *name, unsigned types)
{
    char path[512];
    diag d;
    npy_array a;

    snprintf(path, sizeof path, "%s/%s.npy", directory, name);
    if (npy_load(path, types, &a, &d))
        die("input", d.text);
    return a;
}

static cJSON *load_json(const char *name)
{
    char path[512], text[65536];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *f = fopen(path, "rb");
    const size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = 0;
    cJSON *j = cJSON_Parse(text);
    if (!j)
        die(path, "no JSON object");
    return j;
}

static int json_int(const cJSON *object, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsNumber(v))
        die(key, "a number is missing in the JSON files");
    return v->valueint;
}

/* ---- Networks ------------------------------------------------------------------------------------- */

typedef struct {
    const char *version, *label;
    uint32_t    n;  /* N:4; 0: csc */
} version;

static const version versions[] = { { "dense", "dense int8", 4 }, { "24", "2:4 int8", 2 }, { "csc", "csc 15 values", 0 } };
static const char *const types[] = { "8", "16" };
static int first_type = 0, last_type = 1;
enum { VERSIONS = 3, TYPES = 2, NETS = VERSIONS * TYPES };

typedef struct {
    lac_type type;
    int32_t  zero, low, high;
} number; /* of the activations between two layers */

typedef struct {
    const version *version;
    const char    *type;
    npy_array      w[LAYERS];
    lac_requant    requant[LAYERS];
    lac_layer      layer[LAYERS];
    lac_place      place[LAYERS];
    number         act[LAYERS + 1];        /* act[i] goes into layer i, act[LAYERS] comes out */
    lac_tensor     tensor[LAYERS + 1];
    lac_tensor     single;                 /* output of the pictures that go one by one */
    int            resident;               /* all layers fit the RAMs at a time */
    char           not_resident[128];      /* why they do not */
    int16_t       *want;                   /* [pictures][outputs] NumPy's */
    int            want_correct;
    uint64_t       needed, needed_latency; /* multiplications with both operands non-zero; of the pictures that go one by one */
    uint64_t       issued;                 /* N:4: every lane all its entries of a group that has an activation */
    uint64_t       nonzeros, weights;
} network;

static uint32_t  pictures, latency, outputs; /* latency: pictures that go one by one */
static npy_array pixels, labels;
static lac_caps  caps;

static lac_type type_by_name(const char *s)
{
    if (s && !strcmp(s, "int8"))
        return LAC_INT8;
    if (s && !strcmp(s, "uint8"))
        return LAC_UINT8;
    if (!s || strcmp(s, "int16"))
        die("networks.json", "type is not int8, uint8 or int16");
    return LAC_INT16;
}

static host_matrix matrix(const network *net, int i)
{
    const npy_array *a = &net->w[i];
    return (host_matrix){ (uint32_t)a->dim[0], (uint32_t)a->dim[1], a->type == NPY_INT8 ? a->data : NULL,
                          a->type == NPY_INT16 ? a->data : NULL };
}

/* The jobs of one run, a layer each: `points` pictures from `first` on; what the last layer writes goes to `last`. */
static void jobs(const network *net, lac_fc job[LAYERS], uint32_t first, uint32_t points, lac_tensor last, int resident)
{
    memset(job, 0, LAYERS * sizeof *job);
    for (int i = 0; i < LAYERS; i++) {
        job[i].layer = &net->layer[i];
        job[i].resident = resident ? &net->place[i] : NULL;
        job[i].points = points;
        job[i].x = net->tensor[i];
        job[i].y = i == LAYERS - 1 ? last : net->tensor[i + 1];
        job[i].clamp_lo = net->act[i + 1].low;
        job[i].clamp_hi = net->act[i + 1].high;
        job[i].tag = (uint32_t)i + 1;
    }
    job[0].x.addr += (uint64_t)first * job[0].x.pitch;
}

/* A layer for a machine; *image is the caller's. */
static lac_status pack(const lac_caps *c, const network *net, int i, void **image, lac_layer *out)
{
    const host_matrix    m = matrix(net, i);
    const host_packing how = { .format = net->version->n == 4 ? HOST_4_4 : net->version->n == 2 ? HOST_2_4 : HOST_CSC, .rq = &net->requant[i] };
    return host_pack(c, &m, &how, image, out, NULL);
}

/* ---- What a machine has no room for ---------------------------------------------------------------- */

static int count(void *ctx, const lac_cmd *cmd)
{
    (void)cmd;
    ++*(uint32_t *)ctx;
    return 0;
}

/* Whether a machine runs a network at all, weights streamed. */
static int runs(const lac_caps *c, const network *net, uint32_t points)
{
    lac_fc    job[LAYERS];
    lac_layer layer[LAYERS];
    void     *image[LAYERS] = { NULL };
    uint32_t  commands = 0;
    int       ok = 1;

    jobs(net, job, 0, points, net->tensor[LAYERS], 0);
    for (int i = 0; i < LAYERS; i++) {
        ok = ok && pack(c, net, i, &image[i], &layer[i]) == LAC_OK;
        layer[i].addr = 0x40000000u + ((lac_addr)i << 24); /* apart from the tensors */
        job[i].layer = &layer[i];
        job[i].x.addr = 0x50000000u + ((lac_addr)i << 24);
        job[i].x.pitch = lac_pitch(c, layer[i].cols, job[i].x.type, 0);
        job[i].y.addr = 0x50000000u + ((lac_addr)(i + 1) << 24);
        job[i].y.pitch = lac_pitch(c, layer[i].rows, job[i].y.type, 0);
    }
    ok = ok && lac_fc_build(c, job, LAYERS, count, &commands) == LAC_OK;
    for (int i = 0; i < LAYERS; i++)
        free(image[i]);
    return ok;
}

/* Name the RAMs that would have to be larger, by trying: as few as possible. */
static void too_small(const network *net)
{
    static const char *const names[] = { "WEIGHT_DEPTH", "COL_DEPTH", "ACC_DEPTH", "FEAT_DEPTH", "PARAM_DEPTH" };
    char what[64], why[512];
    int found = 0, at = snprintf(why, sizeof why, "the machine is too small for this network; larger would have to be");

    for (int rams = 1; rams <= 5 && !found; rams++)
        for (int mask = 1; mask < 32; mask++) {
            lac_caps more = caps;
            uint32_t *const limit[] = { &more.weight_depth, &more.col_depth, &more.acc_depth, &more.feat_depth, &more.param_depth };
            char list[160] = "";
            int n = 0, l = 0;
            for (int i = 0; i < 5; i++)
                if (mask >> i & 1) {
                    l += snprintf(list + l, sizeof list - (size_t)l, "%s%s (is %" PRIu32 ")", n++ ? " and " : "", names[i], *limit[i]);
                    *limit[i] = 65536 - 64;
                }
            if (n == rams && at < 400 && runs(&more, net, pictures))
                at += snprintf(why + at, sizeof why - (size_t)at, "%s %s", found++ ? ", or" : "", list);
        }
    if (!found)
        snprintf(why + at, sizeof why - (size_t)at, " more than its RAMs");
    snprintf(what, sizeof what, "%s, %s bit", net->version->label, net->type);
    die(what, why);
}

static lac_addr next_free; /* of device memory, the same in both machines */

static lac_addr device_alloc(uint64_t bytes)
{
    const lac_addr a = next_free;
    next_free += (bytes + LAC_ALIGN - 1) / LAC_ALIGN * LAC_ALIGN;
    return a;
}

/* What has been given away fits. */
static void check_memory(const network *net)
{
    char what[64], why[160];
    if (next_free <= mem_base + mem_size)
        return;
    snprintf(what, sizeof what, "%s, %s bit", net->version->label, net->type);
    snprintf(why, sizeof why, "the machine is too small for this network: it takes %" PRIu64 " bytes of memory, there are %" PRIu32
             " (fewer pictures take less)", (uint64_t)(next_free - mem_base), mem_size);
    die(what, why);
}

/* Whether all layers can stand on chip at a time; if not, which limit is in the way. */
static void check_resident(network *net, const lac_place *end)
{
    const struct { const char *what; uint32_t takes, has; } v[] = {
        { "weight words a lane", end->word_base, caps.weight_depth },
        { "columns", end->col_base, caps.col_depth },
        { "parameters", end->param_base, caps.param_depth },
    };
    net->resident = 1;
    for (int i = 0; i < LAYERS; i++)
        if (!net->layer[i].resident_cols) {
            net->resident = 0;
            snprintf(net->not_resident, sizeof net->not_resident, "layer %d alone is larger than the RAMs", i + 1);
        }
    for (int i = 0; i < 3 && net->resident; i++)
        if (v[i].takes > v[i].has) {
            net->resident = 0;
            snprintf(net->not_resident, sizeof net->not_resident, "%" PRIu32 " %s, room for %" PRIu32, v[i].takes, v[i].what, v[i].has);
        }
}

static void read_network(network *net, const version *v, const char *type, const cJSON *numbers, const cJSON *accuracy)
{
    char name[64];
    net->version = v;
    net->type = type;

    const cJSON *t = cJSON_GetObjectItemCaseSensitive(numbers, type);
    for (int i = 0; i <= LAYERS; i++) {
        const cJSON *a = cJSON_GetObjectItemCaseSensitive(t, i == 0 ? "input" : i < LAYERS ? "hidden" : "output");
        net->act[i].type = type_by_name(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(a, "type")));
        net->act[i].zero = json_int(a, "zero");
        if (i) {
            net->act[i].low = json_int(a, "low");
            net->act[i].high = json_int(a, "high");
        }
    }

    snprintf(name, sizeof name, "%s_%s_requant", v->version, type);
    npy_array table = load(name, NPY_IS(NPY_INT32)); /* [outputs of all layers][bias, multiplier, shift] */
    size_t row = 0;
    lac_place place = { 0, 0, 0, 0 };
    for (int i = 0; i < LAYERS; i++) {
        snprintf(name, sizeof name, "%s_w%d", v->version, i + 1);
        net->w[i] = load(name, v->n ? NPY_IS(NPY_INT8) : NPY_IS(NPY_INT16));
        const npy_array *w = &net->w[i];
        const size_t rows = w->dim[0];
        if (w->ndim != 2 || w->dim[1] != (i ? net->w[i - 1].dim[0] : 64) || table.ndim != 2 || table.dim[1] != 3
            || row + rows > table.dim[0])
            die(name, "not the shape expected");
        int32_t *bias = alloc(rows * 4), *multiplier = alloc(rows * 4); /* kept */
        int8_t *shift = alloc(rows);
        for (size_t k = 0; k < rows; k++, row++) {
            bias[k] = (int32_t)npy_int(&table, 3 * row);
            multiplier[k] = (int32_t)npy_int(&table, 3 * row + 1);
            shift[k] = (int8_t)npy_int(&table, 3 * row + 2);
        }
        net->requant[i] = (lac_requant){ bias, multiplier, shift, 0, 0 };
    }
    if (table.dim[0] != row)
        die(name, "not the shape expected");
    npy_free(&table);

    for (int i = 0; i < LAYERS; i++)
        net->tensor[i + 1].type = net->act[i + 1].type, net->tensor[i].type = net->act[i].type, net->tensor[i].zero = net->act[i].zero;
    if (!runs(&caps, net, pictures))
        too_small(net);
    for (int i = 0; i < LAYERS; i++) {
        void *image;
        const npy_array *w = &net->w[i];
        check(pack(&caps, net, i, &image, &net->layer[i]), "pack");

        /* One behind the other in the RAMs. Layers 2 and 3 of csc have the same codebook. */
        lac_layer *l = &net->layer[i];
        place.codebook = i > 0;
        net->place[i] = place;
        place.word_base += l->resident_words;
        place.col_base += l->resident_cols;
        place.param_base += (l->resident_params + caps.store_w - 1) / caps.store_w * caps.store_w;
        l->addr = device_alloc(l->bytes);
        for (size_t j = 0; j < w->count; j++)
            net->nonzeros += npy_int(w, j) != 0;
        net->weights += w->count;
    }
    check_resident(net, &place);
    outputs = net->layer[LAYERS - 1].rows;

    for (int i = 0; i <= LAYERS; i++) {
        const uint32_t channels = i ? net->layer[i - 1].rows : net->layer[0].cols;
        lac_tensor *x = &net->tensor[i];
        *x = (lac_tensor){ 0, lac_pitch(&caps, channels, net->act[i].type, 0), net->act[i].type, net->act[i].zero, 0 };
        x->addr = device_alloc((uint64_t)x->pitch * pictures);
    }
    net->single = net->tensor[LAYERS];
    net->single.addr = device_alloc((uint64_t)net->single.pitch * latency);
    check_memory(net);

    snprintf(name, sizeof name, "%s_%s_logits", v->version, type);
    npy_array logits = load(name, NPY_IS(NPY_INT16));
    if (logits.count != pixels.dim[0] * outputs)
        die(name, "not the shape expected");
    net->want = logits.data;
    snprintf(name, sizeof name, "%s_%s", v->version, type);
    net->want_correct = json_int(cJSON_GetObjectItemCaseSensitive(accuracy, name), "correct");
}

/* ---- Machines ------------------------------------------------------------------------------------- */

typedef struct {
    uint8_t  *mem; /* [mem_size]; of a board: NULL */
    lac_model *model;
    lac_rtl   *rtl;
    lac_dev    dev;
} device;

typedef struct {
    int16_t  *logits, *single;   /* [pictures][outputs], [latency][outputs] */
    double    resident, streamed, batch; /* [cycles a picture]; resident 0: does not fit */
    double    resident_bytes, streamed_bytes; /* moved, a picture */
    uint64_t  macs;              /* of the batch */
} result;

typedef struct { lac_cmd cmd[RING]; uint32_t n; } command_list;

static int append(void *ctx, const lac_cmd *cmd)
{
    command_list *l = ctx;
    if (l->n == RING - 1)
        return LAC_E_SPACE;
    l->cmd[l->n++] = *cmd;
    return 0;
}

/* Run a list of jobs, one a layer; stop with the error record where the machine refuses. */
static lac_stats run(device *m, const network *net, uint32_t first, uint32_t points, lac_tensor last, int resident)
{
    lac_fc job[LAYERS];
    lac_stats stats;

    jobs(net, job, first, points, last, resident);
    const lac_status s = lac_fc_run(&m->dev, job, LAYERS, WAIT);
    if (s == LAC_E_JOB) {
        lac_error_record e;
        if (lac_error(&m->dev, &e) == LAC_OK)
            fprintf(stderr, "demo: error %s in unit %s, layer %" PRIu32 ": %s\n", lac_error_name(e.code), lac_unit_name(e.unit), e.tag,
                    lac_error_text(e.code));
    }
    check(s, "run");
    check(lac_read_stats(&m->dev, &stats), "statistics");
    return stats;
}

static void read_logits(device *m, const lac_tensor *y, uint32_t points, int16_t *out)
{
    /* In one piece, as a serial line likes it. */
    const uint32_t all = (points - 1) * y->pitch + outputs * 2;
    uint8_t *raw = alloc(all);
    if (m->dev.port.mem_read(m->dev.port.ctx, raw, y->addr, all))
        check(LAC_E_PORT, "outputs");
    for (uint32_t p = 0; p < points; p++)
        memcpy(out + (size_t)p * outputs, raw + (size_t)p * y->pitch, outputs * 2);
    free(raw);
}

static void put(device *m, lac_addr at, const void *src, uint32_t n)
{
    if (m->dev.port.mem_write(m->dev.port.ctx, at, src, n))
        check(LAC_E_PORT, "device memory");
}

static double bytes_moved(const lac_stats *s) { return (double)(s->rd_beats + s->wr_beats) * caps.data_w / 8; }

/* Everything one machine does with one network, in the same order on both. */
static result run_network(device *m, const network *net)
{
    result r = { alloc((size_t)pictures * outputs * 2), alloc((size_t)latency * outputs * 2), 0, 0, 0, 0, 0, 0 };
    const uint32_t cols = net->layer[0].cols;

    for (int i = 0; i < LAYERS; i++)
        put(m, net->layer[i].addr, net->layer[i].image, net->layer[i].bytes);
    const uint32_t pitch = net->tensor[0].pitch;
    uint8_t *tensor = alloc((size_t)pitch * pictures);
    for (uint32_t p = 0; p < pictures; p++) {
        const uint8_t *x = (const uint8_t *)pixels.data + (size_t)p * cols;
        for (uint32_t c = 0; c < cols; c++) /* little endian; the high byte of a pixel is 0 */
            tensor[(size_t)p * pitch + (net->act[0].type == LAC_INT16 ? 2 * c : c)] = x[c];
    }
    put(m, net->tensor[0].addr, tensor, pitch * pictures);
    free(tensor);

    lac_tensor one = net->single;
    for (uint32_t p = 0; p < latency; p++, one.addr += one.pitch) {
        const lac_stats s = run(m, net, p, 1, one, 0);
        r.streamed += (double)s.cycles / latency;
        r.streamed_bytes += bytes_moved(&s) / latency;
    }
    read_logits(m, &net->single, latency, r.single);

    if (net->resident) {
        static command_list list;
        list.n = 0;
        for (int i = 0; i < LAYERS; i++)
            check(lac_fc_load(&caps, &net->layer[i], &net->place[i], append, &list), "load");
        check(lac_submit(&m->dev, list.cmd, list.n), "load");
        check(lac_wait(&m->dev, WAIT), "load");

        /* The same pictures again, over the same outputs: what streaming wrote is gone first. */
        uint8_t *nothing = alloc((size_t)net->single.pitch * latency);
        put(m, net->single.addr, nothing, net->single.pitch * latency);
        free(nothing);
        int16_t *streamed = r.single;
        r.single = alloc((size_t)latency * outputs * 2);
        one = net->single;
        for (uint32_t p = 0; p < latency; p++, one.addr += one.pitch) {
            const lac_stats s = run(m, net, p, 1, one, 1);
            r.resident += (double)s.cycles / latency;
            r.resident_bytes += bytes_moved(&s) / latency;
        }
        read_logits(m, &net->single, latency, r.single);
        if (memcmp(streamed, r.single, (size_t)latency * outputs * 2))
            die(net->version->label, "streamed and resident weights give different outputs");
        free(streamed);
    }

    const lac_stats s = run(m, net, 0, pictures, net->tensor[LAYERS], net->resident);
    r.batch = (double)s.cycles / pictures;
    r.macs = s.macs;
    read_logits(m, &net->tensor[LAYERS], pictures, r.logits);
    return r;
}

static void open_device(device *m, const lac_port *p)
{
    check(lac_open(&m->dev, p, mem_base, ring, mem_base, mem_size), "open");
}

/* ---- Reading the results ---------------------------------------------------------------------------- */

static uint32_t digit(const int16_t *logits)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < outputs; k++)
        if (logits[k] > logits[best])
            best = k;
    return best;
}

static int count_correct(const int16_t *logits)
{
    int n = 0;
    for (uint32_t p = 0; p < pictures; p++)
        n += digit(logits + (size_t)p * outputs) == (uint32_t)npy_int(&labels, p);
    return n;
}

/* Multiplications that `points` pictures need: from the weights and the activations that stand in memory. */
static uint64_t needed_macs(const device *m, const network *net, uint32_t points, uint64_t *issued)
{
    uint64_t sum = 0;
    *issued = 0;
    for (int i = 0; i < LAYERS; i++) {
        const host_matrix w = matrix(net, i);
        const lac_tensor *x = &net->tensor[i];
        const size_t row = (size_t)w.cols * (x->type == LAC_INT16 ? 2 : 1);
        uint8_t *tight = alloc(row * points);
        for (uint32_t p = 0; p < points; p++)
            memcpy(tight + p * row, m->mem + (x->addr - mem_base) + (uint64_t)p * x->pitch, row);
        host_uses uses;
        if (host_uses_count(&uses, tight, x->type, x->zero, points, w.cols))
            die("memory", "none left");
        sum += host_needed_macs(&w, &uses);
        uint32_t full_rows = 0; /* a row tile ends with a whole row of lanes, unless it has fewer channels than there are lanes */
        for (uint32_t t = 0; t < lac_dir(net->layer[i].image, LAC_DIR_W_ROW_TILES); t++) {
            lac_row_tile tile;
            lac_get_row_tile(net->layer[i].image, t, &tile);
            full_rows += tile.channels < caps.lanes ? tile.channels : (tile.channels + caps.lanes - 1) / caps.lanes * caps.lanes;
        }
        *issued += net->version->n ? uses.groups * net->version->n * full_rows : host_needed_macs(&w, &uses);
        host_uses_free(&uses);
        free(tight);
    }
    return sum;
}

static double percent_used(uint64_t macs, double cycles) { return 100.0 * (double)macs / (caps.lanes * cycles); }

/* The first pictures that the dense network reads, and the first that it misreads. */
static void show(const network *nets, const result *results)
{
    uint32_t shown[SHOWN] = { 0 }, right = 0, wrong = 0, hard = 0;
    for (uint32_t p = 0; p < pictures; p++)
        if (digit(results[first_type].logits + (size_t)p * outputs) == (uint32_t)npy_int(&labels, p)) {
            if (right < SHOWN - 1) shown[right++] = p;
        } else if (!wrong++)
            hard = p;
    if (wrong)
        shown[right++] = hard;

    for (int y = 0; y < 8; y++) {
        for (uint32_t i = 0; i < right; i++) {
            printf("  ");
            for (int x = 0; x < 8; x++) {
                const char c = " ..::-==+**%%##@@"[npy_int(&pixels, shown[i] * 64u + (unsigned)(y * 8 + x))];
                printf("%c%c", c, c);
            }
        }
        printf("\n");
    }
    for (uint32_t i = 0; i < right; i++)
        printf("%10d%-8s", (int)npy_int(&labels, shown[i]), "");
    printf(" is%s\n", wrong ? " (the last one is hard)" : "");
    for (int v = 0; v < VERSIONS; v++) {
        for (uint32_t i = 0; i < right; i++) {
            const uint32_t read = digit(results[v * TYPES + first_type].logits + (size_t)shown[i] * outputs);
            printf("%10" PRIu32 "%-8s", read, read == (uint32_t)npy_int(&labels, shown[i]) ? "" : " *");
        }
        printf(" %s\n", nets[v * TYPES + first_type].version->label);
    }
    printf("\n");
}

/* ---- The two machines ---------------------------------------------------------------------------------- */

static device model, other; /* other: the RTL or the board */

static void open_rtl(void)
{
    lac_config config;
    char path[64], err[512];

    snprintf(path, sizeof path, "configs/%s.cfg", CONFIG);
    if (lac_config_read(path, &config, err, sizeof err))
        die("configuration", err);
    model.mem = alloc(mem_size);
    model.model = lac_model_create(&config, model.mem, mem_base, mem_size);

    lac_rtl_options opt = lac_rtl_defaults();
    opt.mem_base = mem_base;
    opt.mem_size = mem_size;
    opt.mem = other.mem = alloc(mem_size);
    opt.timing.rd_latency = opt.timing.wr_latency = 10;
    other.rtl = lac_port_rtl_open(CONFIG, &opt, err, sizeof err);
    if (!other.rtl)
        die("Verilated RTL", err);
    const lac_port p = lac_rtl_port(other.rtl);
    open_device(&other, &p);
}

/* A board and, of the same configuration, the golden model. */
static void open_board(void)
{
    diag d;
    if (machine_open(&board, port, NULL, &d))
        die("board", d.text);
    const lac_serial_board *b = lac_serial_get_board(board.serial);
    const uint32_t skip = (uint32_t)(board.base - b->mem_base), has = b->mem_bytes > skip ? b->mem_bytes - skip : 0;
    mem_base = board.base;
    if (has < mem_size)
        mem_size = has / LAC_ALIGN * LAC_ALIGN;
    while (ring > 2 && ring * 64 > mem_size / 8)
        ring /= 2;
    model.mem = alloc(mem_size);
    model.model = lac_model_create(&board.cfg, model.mem, mem_base, mem_size);
    const lac_port p = lac_serial_port(board.serial);
    open_device(&other, &p);
    machine_progress(&board);
}

static int number_option(const char *text, uint32_t *out)
{
    char *end;
    const unsigned long v = strtoul(text, &end, 10);
    *out = (uint32_t)v;
    return *text < '0' || *text > '9' || *end || v < 1 || v > UINT32_MAX;
}

int main(int argc, char **argv)
{
    static network nets[NETS];
    static result model_results[NETS];
    uint32_t wanted = 0;
    int bad = 0, named = 0;

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        int wrong = 0;
        if (!strcmp(argv[i], "--port"))
            wrong = strncmp(port = value, "serial:", 7) != 0, i++;
        else if (!strcmp(argv[i], "--pictures"))
            wrong = number_option(value, &wanted), i++;
        else if (!strcmp(argv[i], "--bits"))
            wrong = strcmp(value, "8") && strcmp(value, "16"), first_type = last_type = !strcmp(value, "16"), i++;
        else if (argv[i][0] == '-' || named++)
            wrong = 1;
        else
            directory = argv[i];
        if (wrong)
            return fputs("usage: demo [--port serial:DEVICE[@BAUD]] [--pictures N] [--bits 8|16] [DIRECTORY]\n", stderr), 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);

    /* Two machines of one configuration, with memories of their own that start alike. */
    if (port)
        open_board();
    else
        open_rtl();
    if (!model.model)
        die("golden model", "cannot be created");
    const lac_port model_port = lac_port_model(model.model);
    open_device(&model, &model_port);
    caps = model.dev.caps;
    if (memcmp(&caps, &other.dev.caps, sizeof caps))
        die("capabilities", port ? "golden model and board differ: built from another version?" : "model and RTL differ");

    pixels = load("pictures", NPY_IS(NPY_UINT8));
    labels = load("labels", NPY_IS(NPY_UINT8));
    if (pixels.ndim != 2 || pixels.dim[1] != 64 || labels.count != pixels.dim[0] || pixels.dim[0] < LATENCY)
        die("pictures", "not the shape expected");
    const uint32_t all_pictures = (uint32_t)pixels.dim[0];
    pictures = wanted && wanted < all_pictures ? wanted : all_pictures;
    latency = pictures < LATENCY ? pictures : LATENCY;

    cJSON *numbers = load_json("networks.json"), *accuracy = load_json("accuracy.json");
    next_free = mem_base + ring * 64;
    for (int i = 0; i < NETS; i++) {
        if (i % TYPES < first_type || i % TYPES > last_type)
            continue;
        if (port) /* one after the other in the same memory */
            next_free = mem_base + ring * 64;
        read_network(&nets[i], &versions[i / TYPES], types[i % TYPES], numbers, accuracy);
        const result *r = &model_results[i];
        model_results[i] = run_network(&model, &nets[i]);
        if (memcmp(r->logits, nets[i].want, (size_t)pictures * outputs * 2) || memcmp(r->single, nets[i].want, (size_t)latency * outputs * 2))
            die(nets[i].version->label, "the golden model and NumPy give different outputs");
        nets[i].needed_latency = needed_macs(&model, &nets[i], latency, &nets[i].issued);
        nets[i].needed = needed_macs(&model, &nets[i], pictures, &nets[i].issued);
    }

    char of[32] = "";
    if (pictures < all_pictures)
        snprintf(of, sizeof of, "the first %" PRIu32 " of ", pictures);
    printf("\nHandwritten digits, an MLP 64-256-96-10 (%" PRIu64 " weights), %s%" PRIu32 " test pictures, on %" PRIu32 " lanes.\n",
           nets[first_type].weights, of, all_pictures, caps.lanes);
    const double hz = port ? lac_serial_get_board(board.serial)->clock_hz : 0;
    const char *const them = port ? "board" : "RTL";
    if (port)
        printf("Board '%s' at %s, %.6g MHz.\n", lac_serial_get_board(board.serial)->name, port, hz / 1e6);
    printf("\n");
    show(nets, model_results);

    if (port)
        printf("  version        type    accuracy    cycles a picture (board)  speed-up   lanes in use  pictures   bytes a picture  same\n"
               "                                   resident streamed batched on dense  resid. batched  a second  resid. streamed\n");
    else
        printf("  version        type    accuracy     cycles a picture (RTL)   speed-up   lanes in use  bytes a picture  same\n"
               "                                   resident streamed batched on dense  resid. batched resid. streamed\n");
    fflush(stdout);
    struct timespec t0, t1;
    const clock_t start = clock();
    clock_gettime(CLOCK_MONOTONIC, &t0);
    double dense[TYPES] = { 0 };
    for (int i = 0; i < NETS; i++) {
        const network *net = &nets[i];
        const result *want = &model_results[i];
        if (!net->version)
            continue;
        const result got = run_network(&other, net);
        const size_t all = (size_t)pictures * outputs * 2, some = (size_t)latency * outputs * 2;
        const int correct = count_correct(got.logits);
        const int same = !memcmp(got.logits, want->logits, all) && !memcmp(got.single, want->single, some);
        const int macs = got.macs == net->issued && want->macs == net->issued;
        const int reads = correct == (pictures == all_pictures ? net->want_correct : count_correct(net->want));
        char resident[3][16] = { "-", "-", "-" }, speed[16] = "-", batched[16] = "-", rate[16] = "-";

        /* Like with like: streamed against streamed where the dense network is not resident. */
        const int by_resident = nets[i % TYPES].resident && net->resident;
        const double cycles = by_resident ? got.resident : got.streamed;
        if (i < TYPES)
            dense[i] = cycles;
        if (net->resident) {
            snprintf(resident[0], sizeof resident[0], "%.0f", got.resident);
            snprintf(resident[1], sizeof resident[1], "%.1f %%", percent_used(net->needed_latency, got.resident * latency));
            snprintf(resident[2], sizeof resident[2], "%.0f", got.resident_bytes);
        }
        if (cycles > 0) { /* else a model without time */
            snprintf(speed, sizeof speed, "%.2f x", dense[i % TYPES] / cycles);
            snprintf(batched, sizeof batched, "%.1f %%", percent_used(net->needed, got.batch * pictures));
            snprintf(rate, sizeof rate, "%.0f", hz / got.batch);
        } else if (net->resident)
            snprintf(resident[1], sizeof resident[1], "-");
        printf("  %-14s %2s bit %3d/%-3" PRIu32 " %5.2f %% %7s %8.0f %7.0f %8s %8s %7s", net->version->label,
               net->type, correct, pictures, 100.0 * correct / pictures, resident[0], got.streamed, got.batch, speed, resident[1], batched);
        if (port)
            printf(" %9s", rate);
        printf(" %6s %7.0f   %s\n", resident[2], got.streamed_bytes,
               !same ? (port ? "BOARD DIFFERS" : "RTL DIFFERS") : !reads ? "ACCURACY DIFFERS" : !macs ? "MULTIPLICATIONS DIFFER" : "yes");
        bad |= !same || !reads || !macs;
    }
    const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    clock_gettime(CLOCK_MONOTONIC, &t1);
    if (!port && memcmp(model.mem, other.mem, mem_size)) {
        printf("\nThe memories of model and RTL differ.\n");
        bad = 1;
    }
    printf("\n  resident: weights on chip. streamed: from memory for each picture. Both: one picture, doorbell to idle, mean of %" PRIu32 ".\n", latency);
    if (port)
        printf("  batched: all pictures in one job, weights on chip where they fit. pictures a second: of batched, at the board's clock, without the serial line.\n");
    else
        printf("  batched: all pictures in one job, weights on chip. Memory: latency 10 cycles, one %" PRIu32 "-bit beat a cycle.\n", caps.data_w);
    printf("  speed-up: of the %s cycles, against the first%s: the same machine with dense weights (4:4), which skips zero inputs too.\n"
           "  lanes in use: multiplications with both operands non-zero / (lanes x cycles).\n"
           "  same: every output equal on %s, golden model and in the reference made at training.\n",
           nets[first_type].resident ? "resident" : "streamed", first_type == last_type ? " row" : " two rows", them);
    for (int i = 0; i < NETS; i++)
        if (nets[i].version && !nets[i].resident)
            printf("  %s, %s bit: streamed in every job, as it does not fit the RAMs (%s).\n", nets[i].version->label, nets[i].type,
                   nets[i].not_resident);
    if (port)
        printf("  %.1f s, the serial line included.\n", (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9);
    else
        printf("  %" PRIu64 " cycles of RTL in %.1f s.\n", lac_rtl_cycles(other.rtl), seconds);
    if (pictures < all_pictures)
        printf("  %" PRIu32 " of %" PRIu32 " pictures, as asked for: the accuracy is that of these, and held against the reference's.\n", pictures, all_pictures);
    printf("  weights that are not zero:");
    for (int i = first_type; i < NETS; i += TYPES)
        printf(" %s %.1f %%%s", nets[i].version->label, 100.0 * (double)nets[i].nonzeros / (double)nets[i].weights,
               i + TYPES < NETS ? "," : "\n  five-fold mean accuracy, recorded at training:");
    for (int i = 0; i < NETS; i += TYPES) {
        char name[64];
        snprintf(name, sizeof name, "%s_8", versions[i / TYPES].version);
        const cJSON *mean = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(accuracy, name), "five_fold_mean");
        printf(" %s %.2f %%%s", versions[i / TYPES].label, 100 * cJSON_GetNumberValue(mean), i + TYPES < NETS ? "," : "\n\n");
    }
    if (bad)
        puts("FAIL");
    else
        printf("Every output is the same on the golden model, on the %s and in the reference.\n", them);

    lac_rtl_close(other.rtl);
    machine_close(&board);
    lac_model_destroy(model.model);
    return bad;
}
