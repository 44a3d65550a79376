/* SPDX-License-Identifier: Apache-2.0
 *
 * demo [--port serial:DEVICE[@BAUD]] [--pictures N] [--bits 8|16] [DIRECTORY] - handwritten digits, read by three versions each of two networks, fully connected and
 * convolutional (examples/digits/README.md)
 *
 *   Machines  the golden model and the Verilated RTL of configuration l8, behind the same driver calls; with --port, the golden model and a board
 *             at a serial line (docs/boards.md), both with the configuration that the board says it has
 *   A job     all layers in one list: the host rings one doorbell and touches nothing between the layers
 *   Checked   every output of both machines against the integers that NumPy computed (v_t_logits.npy), the whole memories of model and RTL
 *             against each other, the digits read correctly against accuracy.json and conv_accuracy.json (all pictures) and against those integers, and the
 *             multiplications that both count against those counted here from the operands
 *   Cycles    of the RTL or the board, doorbell to idle, one picture at a time, mean of the first LATENCY pictures: weights resident
 *             on chip, or streamed from memory for each picture; and per picture when all of them are one job. Weights that a board has no
 *             room for are streamed there too
 *   Fewer     --pictures: the first N; --bits: only the networks with activations of that width. For simulated boards, which are slow. The convolutional
 *             network, which has 8 bits, is left out on a machine without windows
 *   Exit      0 when every check holds, 2 for bad usage, else 1 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "digits/network.h"
#include "lac_config.h"
#include "machine.h"
#include "ports/port_model.h"
#include "port_rtl.h"

enum { LATENCY = 16, SHOWN = 6 };
enum {
    RING = 16384,    /* [commands] more than a job has here, so that one doorbell starts it */
    WAIT = 100000000 /* [cycles] far above any honest run */
};

static const char *const CONFIG = "l8"; /* of the RTL */

/* Memory of both machines. */
lac_addr        mem_base = 0x80000000u;
uint32_t        mem_size = 8 << 20; /* [bytes] */
uint32_t        ring = RING;
arena           memory;

const char    *directory = "examples/digits";
lac_caps       caps;
uint32_t       pictures, latency;
npy_array      pixels, labels;
static machine board; /* with --port */
static const char *port;

void die(const char *what, const char *why)
{
    fprintf(stderr, "demo: %s: %s\n", what, why);
    machine_close(&board); /* back to plain mode */
    exit(1);
}

void check(lac_status s, const char *what)
{
    if (s != LAC_OK)
        die(what, s == LAC_E_PORT && machine_error(&board) ? machine_error(&board) : lac_status_name(s));
}

void *alloc(size_t n)
{
    void *p = calloc(n, 1);
    if (!p)
        die("memory", "none left");
    return p;
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

/* Run a list of jobs, one a layer; stop with the error record where the machine refuses. */
static lac_stats run(device *m, const network *net, uint32_t first, uint32_t points, lac_tensor last, int resident)
{
    lac_stats stats;
    const lac_status s = run_jobs(&m->dev, net, first, points, last, resident, WAIT);
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

static void read_logits(device *m, const lac_tensor *y, uint32_t outputs, uint32_t points, int16_t *out)
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
    const uint32_t outputs = net->outputs;
    result r = { alloc((size_t)pictures * outputs * 2), alloc((size_t)latency * outputs * 2), 0, 0, 0, 0, 0, 0 };

    for (uint32_t i = 0; i < net->layers; i++) {
        put(m, net->layer[i].addr, net->layer[i].image, net->layer[i].bytes);
        if (net->factor[i])
            put(m, net->residual[i].addr, net->residual[i].image, net->residual[i].bytes);
    }
    uint32_t bytes;
    uint8_t *tensor = input(net, &bytes);
    put(m, net->act[0].tensor.addr, tensor, bytes);
    free(tensor);

    for (uint32_t p = 0; p < latency; p++) {
        const lac_stats s = run(m, net, p, 1, net->single, 0);
        r.streamed += (double)s.cycles / latency;
        r.streamed_bytes += bytes_moved(&s) / latency;
    }
    read_logits(m, &net->single, outputs, latency, r.single);

    if (net->resident) {
        check(load_resident(&m->dev, net, WAIT), "load");

        /* The same pictures again, over the same outputs: what streaming wrote is gone first. */
        uint8_t *nothing = alloc((size_t)net->single.pitch * latency);
        put(m, net->single.addr, nothing, net->single.pitch * latency);
        free(nothing);
        int16_t *streamed = r.single;
        r.single = alloc((size_t)latency * outputs * 2);
        for (uint32_t p = 0; p < latency; p++) {
            const lac_stats s = run(m, net, p, 1, net->single, 1);
            r.resident += (double)s.cycles / latency;
            r.resident_bytes += bytes_moved(&s) / latency;
        }
        read_logits(m, &net->single, outputs, latency, r.single);
        if (memcmp(streamed, r.single, (size_t)latency * outputs * 2))
            die(net->version->label, "streamed and resident weights give different outputs");
        free(streamed);
    }

    const lac_tensor *last = &net->act[net->layers].tensor;
    for (uint32_t p = 0; p < pictures; p += net->batch) {
        const lac_stats s = run(m, net, p, pictures - p < net->batch ? pictures - p : net->batch, *last, net->resident);
        r.batch += (double)s.cycles / pictures;
        r.macs += s.macs;
    }
    read_logits(m, last, outputs, pictures, r.logits);
    return r;
}

static void open_device(device *m, const lac_port *p)
{
    check(lac_open(&m->dev, p, mem_base, ring, mem_base, mem_size), "open");
}

/* ---- Reading the results ---------------------------------------------------------------------------- */

/* What a network reads in picture p. */
static uint32_t digit(const network *net, const int16_t *logits, uint32_t p)
{
    const int16_t *of = logits + (size_t)p * net->outputs;
    uint32_t best = 0;
    for (uint32_t k = 1; k < net->outputs; k++)
        if (of[k] > of[best])
            best = k;
    return best;
}

static uint32_t label(uint32_t p) { return (uint32_t)npy_int(&labels, p); }

static int count_correct(const network *net, const int16_t *logits)
{
    int n = 0;
    for (uint32_t p = 0; p < pictures; p++)
        n += digit(net, logits, p) == label(p);
    return n;
}

static double percent_used(uint64_t macs, double cycles) { return 100.0 * (double)macs / (caps.lanes * cycles); }

static int first_of_version(const network *nets, int i) { return i == 0 || nets[i].version != nets[i - 1].version; }
static int first_of_family(const network *nets, int i) { return i == 0 || nets[i].version->family != nets[i - 1].version->family; }

/* The first pictures that the first network reads, and the first that it misreads. */
static void show(const network *nets, const result *results, int n)
{
    uint32_t shown[SHOWN] = { 0 }, right = 0, wrong = 0, hard = 0;
    for (uint32_t p = 0; p < pictures; p++)
        if (digit(&nets[0], results[0].logits, p) == label(p)) {
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
        printf("%10" PRIu32 "%-8s", label(shown[i]), "");
    printf(" is%s\n", wrong ? " (the last one is hard)" : "");
    for (int v = 0; v < n; v++) {
        if (!first_of_version(nets, v))
            continue;
        for (uint32_t i = 0; i < right; i++) {
            const uint32_t read = digit(&nets[v], results[v].logits, shown[i]);
            printf("%10" PRIu32 "%-8s", read, read == label(shown[i]) ? "" : " *");
        }
        printf(" %s\n", nets[v].version->label);
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

/* Nothing in device memory but the ring. */
static void start_memory(void)
{
    memory = arena_at(mem_base);
    arena_take(&memory, 64 * (uint64_t)ring);
}

int main(int argc, char **argv)
{
    static network nets[VERSIONS * TYPES];
    static result model_results[VERSIONS * TYPES];
    uint32_t wanted = 0;
    int bad = 0, named = 0, first_type = 0, last_type = TYPES - 1, n = 0, left_out = 0, all_resident = 1;

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
    if (pixels.ndim != 2 || pixels.dim[1] != PIXELS || labels.count != pixels.dim[0] || pixels.dim[0] < LATENCY)
        die("pictures", "not the shape expected");
    const uint32_t all_pictures = (uint32_t)pixels.dim[0];
    pictures = wanted && wanted < all_pictures ? wanted : all_pictures;
    latency = pictures < LATENCY ? pictures : LATENCY;

    const cJSON *numbers = load_json("networks.json");
    start_memory();
    for (int v = 0; v < VERSIONS; v++)
        for (int t = first_type; t <= last_type && t < versions[v].family->types; t++) {
            if (versions[v].family->windows && !(caps.formats & LAC_HAS_WINDOWS)) {
                left_out = 1;
                continue;
            }
            if (port) /* one after the other in the same memory */
                start_memory();
            network *net = &nets[n];
            read_network(net, &versions[v], types[t], numbers);
            const result r = model_results[n++] = run_network(&model, net);
            if (memcmp(r.logits, net->want, (size_t)pictures * net->outputs * 2) || memcmp(r.single, net->want, (size_t)latency * net->outputs * 2))
                die(net->version->label, "the golden model and NumPy give different outputs");
            net->needed_latency = needed_macs(net, model.mem, latency, &net->issued);
            net->needed = needed_macs(net, model.mem, pictures, &net->issued);
            all_resident &= net->resident;
        }

    char of[32] = "";
    if (pictures < all_pictures)
        snprintf(of, sizeof of, "the first %" PRIu32 " of ", pictures);
    printf("\nHandwritten digits, %s%" PRIu32 " test pictures, on %" PRIu32 " lanes.\n", of, all_pictures, caps.lanes);
    const double hz = port ? lac_serial_get_board(board.serial)->clock_hz : 0;
    const char *const them = port ? "board" : "RTL";
    if (port)
        printf("Board '%s' at %s, %.6g MHz.\n", lac_serial_get_board(board.serial)->name, port, hz / 1e6);
    printf("\n");
    show(nets, model_results, n);

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
    result dense[TYPES]; /* of the family; by width */
    const network *dense_net[TYPES] = { NULL };
    for (int i = 0; i < n; i++) {
        const network *net = &nets[i];
        const result *want = &model_results[i];
        const result got = run_network(&other, net);
        const size_t all = (size_t)pictures * net->outputs * 2, some = (size_t)latency * net->outputs * 2;
        const int correct = count_correct(net, got.logits), t = net->type == types[1];
        const int same = !memcmp(got.logits, want->logits, all) && !memcmp(got.single, want->single, some);
        const int macs = got.macs == net->issued && want->macs == net->issued;
        const int reads = correct == (pictures == all_pictures ? net->want_correct : count_correct(net, net->want));
        char resident[3][16] = { "-", "-", "-" }, speed[16] = "-", batched[16] = "-", rate[16] = "-";

        /* Like with like: streamed against streamed where one of the two is not resident. */
        if (!dense_net[t] || dense_net[t]->version->family != net->version->family) {
            dense_net[t] = net;
            dense[t] = got;
        }
        const int by_resident = dense_net[t]->resident && net->resident;
        const double cycles = by_resident ? got.resident : got.streamed, base = by_resident ? dense[t].resident : dense[t].streamed;
        if (first_of_family(nets, i))
            printf("  %s (%" PRIu64 " weights)\n", net->version->family->name, net->weights);
        if (net->resident) {
            snprintf(resident[0], sizeof resident[0], "%.0f", got.resident);
            snprintf(resident[1], sizeof resident[1], "%.1f %%", percent_used(net->needed_latency, got.resident * latency));
            snprintf(resident[2], sizeof resident[2], "%.0f", got.resident_bytes);
        }
        if (cycles > 0) { /* else a model without time */
            snprintf(speed, sizeof speed, "%.2f x", base / cycles);
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
    printf("  speed-up: of the resident cycles%s, against the dense version: the same machine with dense weights, which skips zero inputs too.\n"
           "  lanes in use: multiplications with both operands non-zero / (lanes x cycles).\n"
           "  same: every output equal on %s, golden model and in the reference made at training.\n",
           all_resident ? "" : " (of the streamed ones where one of the two is not resident)", them);
    for (int i = 0; i < n; i++)
        if (!nets[i].resident)
            printf("  %s, %s bit: streamed in every job, as it does not fit the RAMs (%s).\n", nets[i].version->label, nets[i].type,
                   nets[i].not_resident);
    for (int i = 0; i < n; i++)
        if (nets[i].batch < pictures)
            printf("  %s, %s bit: batched are %" PRIu32 " pictures at a time, as the ring holds %" PRIu32 " commands.\n", nets[i].version->label,
                   nets[i].type, nets[i].batch, ring);
    if (port)
        printf("  %.1f s, the serial line included.\n", (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9);
    else
        printf("  %" PRIu64 " cycles of RTL in %.1f s.\n", lac_rtl_cycles(other.rtl), seconds);
    if (pictures < all_pictures)
        printf("  %" PRIu32 " of %" PRIu32 " pictures, as asked for: the accuracy is that of these, and held against the reference's.\n", pictures, all_pictures);
    if (left_out)
        printf("  The convolutional network is left out: the machine has no windows (WINDOWS=0).\n");
    printf("  weights that are not zero:");
    for (int i = 0, some = 0; i < n; i++)
        if (first_of_version(nets, i))
            printf("%s %s %.1f %%", some++ ? "," : "", nets[i].version->label, 100.0 * (double)nets[i].nonzeros / (double)nets[i].weights);
    printf("\n  five-fold mean accuracy, recorded at training:");
    for (int i = 0, some = 0; i < n; i++)
        if (first_of_version(nets, i))
            printf("%s %s %.2f %%", some++ ? "," : "", nets[i].version->label, 100 * nets[i].five_fold_mean);
    printf("\n\n");
    if (bad)
        puts("FAIL");
    else
        printf("Every output is the same on the golden model, on the %s and in the reference.\n", them);

    lac_rtl_close(other.rtl);
    machine_close(&board);
    lac_model_destroy(model.model);
    return bad;
}
