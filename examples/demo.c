/* SPDX-License-Identifier: Apache-2.0
 *
 * demo [DIRECTORY] - handwritten digits, read by three versions of one network (examples/digits/README.md)
 *
 *   Machines  the golden model and the Verilated RTL of configuration l8, behind the same driver calls
 *   A job     three layers in one list: the host rings one doorbell and touches nothing between the layers
 *   Checked   every output of both machines against the integers that NumPy computed (v_t_logits.npy), their whole
 *             memories against each other, the digits read correctly against accuracy.json, and the multiplications
 *             that both count against those counted here from the operands
 *   Cycles    of the RTL, doorbell to idle, one picture at a time, mean of the first LATENCY pictures: weights resident
 *             on chip, or streamed from memory for each picture; and per picture when all of them are one job
 *   Exit      0 when every check holds, else 1 */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host.h"
#include "lac_config.h"
#include "lacuna.h"
#include "npy.h"
#include "ports/port_model.h"
#include "port_rtl.h"

enum { LAYERS = 3, LATENCY = 16, SHOWN = 6 };
enum {
    RING = 2048,     /* [commands] more than a job has here, so that one doorbell starts it */
    WAIT = 100000000 /* [cycles] far above any honest run */
};

static const char    *const CONFIG = "l8";
static const lac_addr MEM_BASE = 0x80000000u;
enum { MEM_SIZE = 4 << 20 }; /* [bytes] */

static const char *directory = "examples/digits";

static void die(const char *what, const char *why)
{
    fprintf(stderr, "demo: %s: %s\n", what, why);
    exit(1);
}

static void check(lac_status s, const char *what)
{
    if (s != LAC_OK)
        die(what, lac_status_name(s));
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
enum { VERSIONS = 3, TYPES = 2, NETS = VERSIONS * TYPES };

typedef struct {
    lac_type type;
    int32_t  zero, low, high;
} number; /* of the activations between two layers */

typedef struct {
    const version *version;
    const char    *type;
    npy_array      w[LAYERS];
    lac_layer      layer[LAYERS];
    lac_place      place[LAYERS];
    number         act[LAYERS + 1];        /* act[i] goes into layer i, act[LAYERS] comes out */
    lac_tensor     tensor[LAYERS + 1];
    lac_tensor     single;                 /* output of the pictures that go one by one */
    int16_t       *want;                   /* [pictures][outputs] NumPy's */
    int            want_correct;
    uint64_t       needed, needed_latency; /* multiplications with both operands non-zero; of the first LATENCY pictures */
    uint64_t       issued;                 /* N:4: every lane all its entries of a group that has an activation */
    uint64_t       nonzeros, weights;
} network;

static uint32_t  pictures, outputs;
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

static void pack(network *net, int i, const lac_requant *rq)
{
    const host_matrix m = matrix(net, i);
    const lac_nm nm = { m.rows, m.cols, net->version->n, m.w8 };
    void *scratch = alloc(lac_pack_scratch(&caps, m.rows, m.cols)), *image = NULL;
    uint32_t need = 0;
    lac_csc csc = { 0 };

    if (!nm.n && host_csc(&m, &csc))
        die("weights", "cannot be compressed");
    for (int pass = 0; pass < 2; pass++) { /* how many bytes; then those bytes */
        check(nm.n ? lac_pack_nm(&caps, &nm, rq, 1, scratch, image, need, &need, &net->layer[i], NULL)
                   : lac_pack_csc(&caps, &csc, LAC_CSC, rq, 1, scratch, image, need, &need, &net->layer[i], NULL),
              "pack");
        if (!image)
            image = alloc(need);
    }
    if (!nm.n)
        host_csc_free(&csc);
    free(scratch);
}

static lac_addr next_free = 0; /* of device memory, the same in both machines */

static lac_addr device_alloc(uint64_t bytes)
{
    const lac_addr a = next_free;
    next_free += (bytes + LAC_ALIGN - 1) / LAC_ALIGN * LAC_ALIGN;
    if (next_free > MEM_BASE + MEM_SIZE)
        die("device memory", "too small");
    return a;
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
        int32_t *bias = alloc(rows * 4), *multiplier = alloc(rows * 4);
        int8_t *shift = alloc(rows);
        for (size_t k = 0; k < rows; k++, row++) {
            bias[k] = (int32_t)npy_int(&table, 3 * row);
            multiplier[k] = (int32_t)npy_int(&table, 3 * row + 1);
            shift[k] = (int8_t)npy_int(&table, 3 * row + 2);
        }
        pack(net, i, &(lac_requant){ bias, multiplier, shift, 0, 0 });
        free(bias);
        free(multiplier);
        free(shift);

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
    outputs = net->layer[LAYERS - 1].rows;
    npy_free(&table);

    for (int i = 0; i <= LAYERS; i++) {
        const uint32_t channels = i ? net->layer[i - 1].rows : net->layer[0].cols;
        lac_tensor *x = &net->tensor[i];
        *x = (lac_tensor){ 0, lac_pitch(&caps, channels, net->act[i].type, 0), net->act[i].type, net->act[i].zero, 0 };
        x->addr = device_alloc((uint64_t)x->pitch * pictures);
    }
    net->single = net->tensor[LAYERS];
    net->single.addr = device_alloc((uint64_t)net->single.pitch * LATENCY);

    snprintf(name, sizeof name, "%s_%s_logits", v->version, type);
    npy_array logits = load(name, NPY_IS(NPY_INT16));
    if (logits.count != (size_t)pictures * outputs)
        die(name, "not the shape expected");
    net->want = logits.data;
    snprintf(name, sizeof name, "%s_%s", v->version, type);
    net->want_correct = json_int(cJSON_GetObjectItemCaseSensitive(accuracy, name), "correct");
}

/* ---- Machines ------------------------------------------------------------------------------------- */

typedef struct {
    uint8_t  *mem; /* [MEM_SIZE] */
    lac_model *model;
    lac_rtl   *rtl;
    lac_dev    dev;
} machine;

typedef struct {
    int16_t  *logits, *single;   /* [pictures][outputs], [LATENCY][outputs] */
    double    resident, streamed, batch; /* [cycles a picture] */
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
static lac_stats run(machine *m, const network *net, uint32_t first, uint32_t points, lac_tensor last, int resident)
{
    lac_fc job[LAYERS];
    lac_stats stats;

    memset(job, 0, sizeof job);
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

static void read_logits(machine *m, const lac_tensor *y, uint32_t points, int16_t *out)
{
    for (uint32_t p = 0; p < points; p++)
        if (m->dev.port.mem_read(m->dev.port.ctx, out + (size_t)p * outputs, y->addr + (uint64_t)p * y->pitch, outputs * 2))
            die("outputs", "cannot be read");
}

static void put(machine *m, lac_addr at, const void *src, uint32_t n)
{
    if (m->dev.port.mem_write(m->dev.port.ctx, at, src, n))
        die("device memory", "cannot be written");
}

static double bytes_moved(const lac_stats *s) { return (double)(s->rd_beats + s->wr_beats) * caps.data_w / 8; }

/* Everything one machine does with one network, in the same order on both. */
static result run_network(machine *m, const network *net)
{
    result r = { alloc((size_t)pictures * outputs * 2), alloc((size_t)LATENCY * outputs * 2), 0, 0, 0, 0, 0, 0 };
    const uint32_t cols = net->layer[0].cols;

    for (int i = 0; i < LAYERS; i++)
        put(m, net->layer[i].addr, net->layer[i].image, net->layer[i].bytes);
    for (uint32_t p = 0; p < pictures; p++) {
        const uint8_t *x = (const uint8_t *)pixels.data + (size_t)p * cols;
        int16_t wide[64];
        for (uint32_t c = 0; c < cols; c++)
            wide[c] = x[c];
        const int is16 = net->act[0].type == LAC_INT16;
        put(m, net->tensor[0].addr + (uint64_t)p * net->tensor[0].pitch, is16 ? (const void *)wide : x, cols * (is16 ? 2 : 1));
    }

    lac_tensor one = net->single;
    for (uint32_t p = 0; p < LATENCY; p++, one.addr += one.pitch) {
        const lac_stats s = run(m, net, p, 1, one, 0);
        r.streamed += (double)s.cycles / LATENCY;
        r.streamed_bytes += bytes_moved(&s) / LATENCY;
    }
    read_logits(m, &net->single, LATENCY, r.single);

    static command_list list;
    list.n = 0;
    for (int i = 0; i < LAYERS; i++)
        check(lac_fc_load(&caps, &net->layer[i], &net->place[i], append, &list), "load");
    check(lac_submit(&m->dev, list.cmd, list.n), "load");
    check(lac_wait(&m->dev, WAIT), "load");

    /* The same pictures again, over the same outputs: what streaming wrote is gone first. */
    for (uint32_t p = 0; p < LATENCY; p++)
        put(m, net->single.addr + (uint64_t)p * net->single.pitch, r.logits, outputs * 2);
    int16_t *streamed = r.single;
    r.single = alloc((size_t)LATENCY * outputs * 2);
    one = net->single;
    for (uint32_t p = 0; p < LATENCY; p++, one.addr += one.pitch) {
        const lac_stats s = run(m, net, p, 1, one, 1);
        r.resident += (double)s.cycles / LATENCY;
        r.resident_bytes += bytes_moved(&s) / LATENCY;
    }
    read_logits(m, &net->single, LATENCY, r.single);
    if (memcmp(streamed, r.single, (size_t)LATENCY * outputs * 2))
        die(net->version->label, "streamed and resident weights give different outputs");
    free(streamed);

    const lac_stats s = run(m, net, 0, pictures, net->tensor[LAYERS], 1);
    r.batch = (double)s.cycles / pictures;
    r.macs = s.macs;
    read_logits(m, &net->tensor[LAYERS], pictures, r.logits);
    return r;
}

static void open_device(machine *m, const lac_port *port)
{
    check(lac_open(&m->dev, port, MEM_BASE, RING, MEM_BASE, MEM_SIZE), "open");
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
static uint64_t needed_macs(const machine *m, const network *net, uint32_t points, uint64_t *issued)
{
    uint64_t sum = 0;
    *issued = 0;
    for (int i = 0; i < LAYERS; i++) {
        const host_matrix w = matrix(net, i);
        const lac_tensor *x = &net->tensor[i];
        const size_t row = (size_t)w.cols * (x->type == LAC_INT16 ? 2 : 1);
        uint8_t *tight = alloc(row * points);
        for (uint32_t p = 0; p < points; p++)
            memcpy(tight + p * row, m->mem + (x->addr - MEM_BASE) + (uint64_t)p * x->pitch, row);
        host_uses uses;
        if (host_uses_count(&uses, tight, x->type, x->zero, points, w.cols))
            die("memory", "none left");
        sum += host_needed_macs(&w, &uses);
        const uint32_t full_rows = (w.rows + caps.lanes - 1) / caps.lanes * caps.lanes;
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
    uint32_t shown[SHOWN] = { 0 }, right = 0, wrong = 0;
    for (uint32_t p = 0; p < pictures; p++)
        if (digit(results[0].logits + (size_t)p * outputs) == (uint32_t)npy_int(&labels, p)) {
            if (right < SHOWN - 1) shown[right++] = p;
        } else if (!wrong++)
            shown[SHOWN - 1] = p;

    for (int y = 0; y < 8; y++) {
        for (int i = 0; i < SHOWN; i++) {
            printf("  ");
            for (int x = 0; x < 8; x++) {
                const char c = " ..::-==+**%%##@@"[npy_int(&pixels, shown[i] * 64u + (unsigned)(y * 8 + x))];
                printf("%c%c", c, c);
            }
        }
        printf("\n");
    }
    for (int i = 0; i < SHOWN; i++)
        printf("%10d%-8s", (int)npy_int(&labels, shown[i]), "");
    printf(" is (the last one is hard)\n");
    for (int v = 0; v < VERSIONS; v++) {
        for (int i = 0; i < SHOWN; i++) {
            const uint32_t read = digit(results[v * TYPES].logits + (size_t)shown[i] * outputs);
            printf("%10" PRIu32 "%-8s", read, read == (uint32_t)npy_int(&labels, shown[i]) ? "" : " *");
        }
        printf(" %s\n", nets[v * TYPES].version->label);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    static network nets[NETS];
    static result model_results[NETS];
    char err[512];
    int bad = 0;

    if (argc > 2)
        return fputs("usage: demo [DIRECTORY]\n", stderr), 2;
    if (argc == 2)
        directory = argv[1];
    setvbuf(stdout, NULL, _IOLBF, 0);

    /* Two machines of one configuration, with memories of their own that start alike. */
    machine model = { alloc(MEM_SIZE), NULL, NULL, { .ring = 0 } }, rtl = { alloc(MEM_SIZE), NULL, NULL, { .ring = 0 } };
    lac_config config;
    char path[64];
    snprintf(path, sizeof path, "configs/%s.cfg", CONFIG);
    if (lac_config_read(path, &config, err, sizeof err))
        die("configuration", err);
    model.model = lac_model_create(&config, model.mem, MEM_BASE, MEM_SIZE);
    if (!model.model)
        die("golden model", "cannot be created");
    const lac_port model_port = lac_port_model(model.model);
    open_device(&model, &model_port);
    caps = model.dev.caps;

    lac_rtl_options opt = lac_rtl_defaults();
    opt.mem_base = MEM_BASE;
    opt.mem_size = MEM_SIZE;
    opt.mem = rtl.mem;
    opt.timing.rd_latency = opt.timing.wr_latency = 10;
    rtl.rtl = lac_port_rtl_open(CONFIG, &opt, err, sizeof err);
    if (!rtl.rtl)
        die("Verilated RTL", err);
    const lac_port rtl_port = lac_rtl_port(rtl.rtl);
    open_device(&rtl, &rtl_port);
    if (memcmp(&caps, &rtl.dev.caps, sizeof caps))
        die("capabilities", "model and RTL differ");

    pixels = load("pictures", NPY_IS(NPY_UINT8));
    labels = load("labels", NPY_IS(NPY_UINT8));
    if (pixels.ndim != 2 || pixels.dim[1] != 64 || labels.count != pixels.dim[0] || pixels.dim[0] < LATENCY)
        die("pictures", "not the shape expected");
    pictures = (uint32_t)pixels.dim[0];

    cJSON *numbers = load_json("networks.json"), *accuracy = load_json("accuracy.json");
    next_free = MEM_BASE + RING * 64;
    for (int i = 0; i < NETS; i++) {
        read_network(&nets[i], &versions[i / TYPES], types[i % TYPES], numbers, accuracy);
        const result *r = &model_results[i];
        model_results[i] = run_network(&model, &nets[i]);
        if (memcmp(r->logits, nets[i].want, (size_t)pictures * outputs * 2) || memcmp(r->single, nets[i].want, (size_t)LATENCY * outputs * 2))
            die(nets[i].version->label, "the golden model and NumPy give different outputs");
        nets[i].needed_latency = needed_macs(&model, &nets[i], LATENCY, &nets[i].issued);
        nets[i].needed = needed_macs(&model, &nets[i], pictures, &nets[i].issued);
    }

    printf("\nHandwritten digits, an MLP 64-256-96-10 (%" PRIu64 " weights), %" PRIu32 " test pictures, on %" PRIu32 " lanes.\n\n",
           nets[0].weights, pictures, caps.lanes);
    show(nets, model_results);

    printf("  version        type    accuracy     cycles a picture (RTL)   speed-up   lanes in use  bytes a picture  same\n"
           "                                   resident streamed batched on dense  resid. batched resid. streamed\n");
    fflush(stdout);
    const clock_t start = clock();
    double dense[TYPES] = { 0 };
    for (int i = 0; i < NETS; i++) {
        const network *net = &nets[i];
        const result *want = &model_results[i];
        const result got = run_network(&rtl, net);
        const size_t all = (size_t)pictures * outputs * 2, some = (size_t)LATENCY * outputs * 2;
        const int correct = count_correct(got.logits);
        const int same = !memcmp(got.logits, want->logits, all) && !memcmp(got.single, want->single, some);
        const int macs = got.macs == net->issued && want->macs == net->issued;
        const int reads = correct == net->want_correct;

        if (i < TYPES)
            dense[i] = got.resident;
        printf("  %-14s %2s bit %d/%" PRIu32 " %5.2f %% %7.0f %8.0f %7.0f %6.2f x %6.1f %% %5.1f %% %6.0f %7.0f   %s\n", net->version->label,
               net->type, correct, pictures, 100.0 * correct / pictures, got.resident, got.streamed, got.batch,
               dense[i % TYPES] / got.resident, percent_used(net->needed_latency, got.resident * LATENCY),
               percent_used(net->needed, got.batch * pictures), got.resident_bytes, got.streamed_bytes,
               !same ? "RTL DIFFERS" : !reads ? "ACCURACY DIFFERS" : !macs ? "MULTIPLICATIONS DIFFER" : "yes");
        bad |= !same || !reads || !macs;
    }
    const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (memcmp(model.mem, rtl.mem, MEM_SIZE)) {
        printf("\nThe memories of model and RTL differ.\n");
        bad = 1;
    }
    printf("\n  resident: weights on chip. streamed: from memory for each picture. Both: one picture, doorbell to idle, mean of %d.\n"
           "  batched: all pictures in one job, weights on chip. Memory: latency 10 cycles, one %" PRIu32 "-bit beat a cycle.\n"
           "  speed-up: of the resident cycles, against the first two rows: the same machine with dense weights (4:4), which skips zero inputs too.\n"
           "  lanes in use: multiplications with both operands non-zero / (lanes x cycles).\n"
           "  same: every output equal on RTL, golden model and in the reference made at training.\n"
           "  %" PRIu64 " cycles of RTL in %.1f s.\n  weights that are not zero:",
           LATENCY, caps.data_w, lac_rtl_cycles(rtl.rtl), seconds);
    for (int i = 0; i < NETS; i += TYPES)
        printf(" %s %.1f %%%s", nets[i].version->label, 100.0 * (double)nets[i].nonzeros / (double)nets[i].weights,
               i + TYPES < NETS ? "," : "\n  five-fold mean accuracy, recorded at training:");
    for (int i = 0; i < NETS; i += TYPES) {
        char name[64];
        snprintf(name, sizeof name, "%s_8", nets[i].version->version);
        const cJSON *mean = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(accuracy, name), "five_fold_mean");
        printf(" %s %.2f %%%s", nets[i].version->label, 100 * cJSON_GetNumberValue(mean), i + TYPES < NETS ? "," : "\n\n");
    }
    puts(bad ? "FAIL" : "Every output is the same on the golden model, on the RTL and in the reference.");

    lac_rtl_close(rtl.rtl);
    lac_model_destroy(model.model);
    return bad;
}
