/* SPDX-License-Identifier: Apache-2.0
 *
 * cloud [OPTION]... [--points N] [--voxel SIZE] [--picture FILE.ppm] [CLOUD.npy]   a submanifold U-Net (unet.h) on a point cloud
 * cloud [OPTION]... --strokes DIRECTORY [--pictures N]                             a trained network (strokes.h) on handwritten digits as strokes, in three versions
 * Options: [--config NAME]... [--model | --port serial:DEVICE[@BAUD]] [--spoil]
 *
 *   Cloud     a file (scene.h), or a room of N points that is made here
 *   Machines  the golden model and, where build/rtl has it and --model does not leave it out, the Verilated RTL of each configuration (default: l8 and l64), behind the same driver
 *             calls; with --port, the golden model and a board (docs/boards.md), both with the configuration that the board says it has. --config: which it must be
 *   A list    coordinate lists of the coarser levels, maps and layers in one list of commands: the host touches nothing in between, and never learns how many voxels a level has
 *   Checked   every byte of every layer's outputs on every machine, the lists that were made and the number of rules against plain loops over integers (reference.h), and the whole memories
 *             of model and RTL against each other; of digits, the logits against those that NumPy computed at training, and how many are read correctly against what was recorded then
 *   Cycles    of the RTL, memory latency 10 cycles: of a layer, from the last output of the one before it to its own; weights and rules are read ahead meanwhile. Of a board: maps and all
 *   --spoil   gives the machines another input feature than the reference: every comparison behind it must fail
 *   Exit      0 when every check holds, 2 for bad usage or input, else 1 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "picture.h"
#include "program.h"
#include "strokes.h"
#include "unet.h"

enum { CONFIGS = 4, POINTS = 8000 };

typedef struct {
    const char *config[CONFIGS];
    uint32_t    configs;
    int         model_only, spoil;
    const char *port;
    uint32_t    points, pictures;
    double      voxel; /* [m] */
    const char *picture, *cloud, *strokes;
} options;

/* other: the RTL or the board. */
typedef struct {
    machine model, other;
    program on_model, on_other;
    int     has_other, bad;
    int     same[MOST_LAYERS];
} bench;

static bench    benches[CONFIGS];
static uint32_t n_benches;

static int usage(void)
{
    fputs("usage: cloud [--config NAME]... [--model | --port serial:DEVICE[@BAUD]] [--spoil] [--points N] [--voxel SIZE] [--picture FILE.ppm] [CLOUD.npy]\n"
          "       cloud [--config NAME]... [--model | --port serial:DEVICE[@BAUD]] [--spoil] --strokes DIRECTORY [--pictures N]\n", stderr);
    return 2;
}

static int fail(const char *what, const char *why, int code)
{
    fprintf(stderr, "cloud: %s: %s\n", what, why);
    return code;
}

static int number(const char *text, uint32_t *out)
{
    char               *end;
    const unsigned long n = strtoul(text, &end, 10);
    *out = (uint32_t)n;
    return *text < '0' || *text > '9' || *end || n < 1 || n > 1000000 ? -1 : 0;
}

static int parse(options *o, int argc, char **argv)
{
    char *end = "";
    int   of_points = 0;
    *o = (options){ .points = POINTS, .voxel = 0.1 };
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(argv[i], "--model")) o->model_only = 1;
        else if (!strcmp(argv[i], "--spoil")) o->spoil = 1;
        else if (!strncmp(argv[i], "--", 2) && !value) return -1;
        else if (!strcmp(argv[i], "--config") && o->configs < CONFIGS) o->config[o->configs++] = value, i++;
        else if (!strcmp(argv[i], "--port") && !strncmp(value, "serial:", 7)) o->port = value, i++;
        else if (!strcmp(argv[i], "--strokes")) o->strokes = value, i++;
        else if (!strcmp(argv[i], "--pictures") && !number(value, &o->pictures)) i++;
        else if (!strcmp(argv[i], "--points") && !number(value, &o->points)) of_points = 1, i++;
        else if (!strcmp(argv[i], "--voxel")) {
            o->voxel = strtod(value, &end);
            if (end == value || *end || !(o->voxel > 0.0)) return -1;
            of_points = 1, i++;
        } else if (!strcmp(argv[i], "--picture")) o->picture = value, of_points = 1, i++;
        else if (argv[i][0] == '-' || o->cloud) return -1;
        else o->cloud = argv[i], of_points = 1;
    }
    if (o->strokes ? of_points : o->pictures > 0) return -1;
    if (o->port) return o->model_only || o->configs > 1 ? -1 : 0;
    if (!o->configs) {
        o->config[o->configs++] = "l8";
        o->config[o->configs++] = "l64";
    }
    return 0;
}

/* ---- Machines -------------------------------------------------------------------------------------- */

/* Exit code. */
static int open_machines(const options *o)
{
    char path[4400];
    diag d;
    n_benches = o->port ? 1 : o->configs;
    for (uint32_t i = 0; i < n_benches; i++) {
        bench         *b = &benches[i];
        machine_status s;
        b->has_other = o->port || (!o->model_only && !lac_rtl_find(o->config[i], path, sizeof path));
        if (o->port) s = machine_open(&b->other, o->port, o->config[0], &d);
        else s = b->has_other ? machine_open(&b->other, "rtl", o->config[i], &d) : MACHINE_OK;
        if (s) return fail(o->port ? "board" : o->config[i], d.text, (int)s);
        s = o->port ? machine_open_model(&b->model, &b->other.cfg, &d) : machine_open(&b->model, "model", o->config[i], &d);
        if (s) return fail(o->port ? "golden model" : o->config[i], d.text, (int)s);
        if (b->has_other && memcmp(&b->model.dev.caps, &b->other.dev.caps, sizeof b->model.dev.caps))
            return fail(b->other.cfg.name, o->port ? "golden model and board differ: built from another version?" : "model and RTL differ", 1);
        if (o->port) machine_progress(&b->other);
    }
    return 0;
}

/* The network on one configuration's machines. Exit code. */
static int run(bench *b, const network *net, const options *o)
{
    diag d;
    for (int other = 0; other <= b->has_other; other++) {
        machine *m = other ? &b->other : &b->model;
        program *p = other ? &b->on_other : &b->on_model;
        int      same[MOST_LAYERS];
        if (program_open(p, net, m, &d)) return fail(o->port ? "board" : "configuration", d.text, 2);
        if (program_run(p, o->spoil, &d)) return fail(m->cfg.name, d.text, 1);
        if (program_compare(p, same, &d)) b->bad = fail(!other ? "golden model" : o->port ? "board" : "RTL", d.text, 1);
        for (uint32_t l = 0; l < net->kind->layers; l++) b->same[l] = same[l] && (!other || b->same[l]);
    }
    if (b->has_other && !o->port && (b->model.bytes != b->other.bytes || memcmp(b->model.mem, b->other.mem, (size_t)b->model.bytes)))
        b->bad = fail(b->model.cfg.name, "the memories of model and RTL differ", 1);
    return 0;
}

/* ---- Tables ---------------------------------------------------------------------------------------- */

/* A column of the table for each RTL or board. */
static void cycles(const bench *b, uint64_t n)
{
    if (!b->has_other) return;
    if (n) printf(" %16" PRIu64, n);
    else printf(" %16s", "-"); /* a layer of a board, or the record was full */
}

static void heads(void)
{
    for (uint32_t i = 0; i < n_benches; i++) {
        char head[64];
        snprintf(head, sizeof head, "cycles %s", benches[i].model.cfg.name);
        if (benches[i].has_other) printf(" %16s", head);
    }
}

static void print_table(const network *net)
{
    const network_kind *kind = net->kind;
    uint64_t            rules = 0;
    uint32_t            lists = 0;
    int                 any = 0;
    for (uint32_t i = 0; i < n_benches; i++) any |= benches[i].has_other;
    for (uint32_t i = 0; i < kind->maps; i++) {
        rules += net->rules[i];
        lists += kind->map[i].mode == LAC_STRIDED;
    }
    printf("  layer                    voxels in     out    rules  channels  weights      zeros");
    heads();
    printf("  same\n  %" PRIu32 " maps, %" PRIu32 " lists %35" PRIu64 "%30s", kind->maps, lists, rules, "");
    for (uint32_t i = 0; i < n_benches; i++) cycles(&benches[i], benches[i].on_other.map_cycles);
    printf("\n");
    for (uint32_t l = 0; l < kind->layers; l++) {
        const layer_kind *k = &kind->layer[l];
        const map_kind   *m = &kind->map[k->map];
        uint32_t          in = 0, zeros = 0, same = 1;
        const uint32_t    count = net->sites[m->out] * k->rows;
        char              channels[24];
        for (uint32_t i = 0; i < k->sources; i++) in += network_channels(net, k->source[i].from);
        for (uint32_t e = 0; e < count; e++) zeros += net->y[l][e] == network_zero(kind, (int)l);
        for (uint32_t i = 0; i < n_benches; i++) same &= (uint32_t)benches[i].same[l];
        snprintf(channels, sizeof channels, "%" PRIu32 " > %" PRIu32, in, k->rows);
        printf("  %-5s %-18s %9" PRIu32 " %7" PRIu32 " %8" PRIu64 "  %-8s  %-10s %5.1f %%", k->name, m->name, net->sites[m->in], net->sites[m->out], net->rules[k->map], channels, k->weights,
               100.0 * zeros / count);
        for (uint32_t i = 0; i < n_benches; i++) cycles(&benches[i], benches[i].on_other.cycles[l]);
        printf("  %s\n", same ? "yes" : "DIFFERS");
    }
    if (any) printf("  doorbell to idle %64s", "");
    for (uint32_t i = 0; i < n_benches; i++) cycles(&benches[i], benches[i].on_other.sum.cycles);
    printf("%s\n", any ? "\n" : "");
    for (uint32_t i = 0; i < n_benches; i++) {
        const program *p = &benches[i].on_model;
        printf("  %s: one list of %" PRIu64 " commands; bands that hold voxels:", p->mach->cfg.name, p->commands);
        for (uint32_t k = 0; k < kind->levels; k++)
            printf("%s %" PRIu32 " of %" PRIu32, k ? "," : "", (net->sites[k] + p->band[k] - 1) / p->band[k], p->bands[k]);
        printf(".%s\n", benches[i].has_other ? "" : " Golden model only, which has no cycles.");
    }
}

/* Exit code: run everywhere, and a table. */
static int show(const network *net, const options *o)
{
    int bad = 0;
    fflush(stdout);
    for (uint32_t i = 0; i < n_benches && !bad; i++) bad = run(&benches[i], net, o);
    if (!bad) print_table(net);
    return bad;
}

static void close_programs(void)
{
    for (uint32_t i = 0; i < n_benches; i++) {
        program_close(&benches[i].on_model);
        program_close(&benches[i].on_other);
    }
}

/* ---- Point clouds ---------------------------------------------------------------------------------- */

static int draw(const network *net, const char *path, diag *d)
{
    const scene *s = net->of;
    uint32_t     of_class[CLASSES] = { 0 };
    uint8_t     *colour = malloc(s->n);
    if (!colour) return diag_set(d, "not enough memory");
    for (uint32_t i = 0; i < s->n; i++) of_class[colour[i] = (uint8_t)network_class(net, i)]++;
    printf("  voxels of each class:");
    for (uint32_t k = 0; k < CLASSES; k++) printf(" %" PRIu32, of_class[k]);
    printf("\n");
    const int bad = path ? picture_write(path, s->site, colour, s->n, d) : 0;
    if (path && !bad) printf("  %s\n", path);
    free(colour);
    return bad;
}

static int show_points(const options *o)
{
    network net = { 0 };
    scene   s;
    diag    d;
    int     bad = o->cloud ? scene_load(&s, o->cloud, o->voxel, &d) : scene_room(&s, o->points, o->voxel, &d);
    if (!bad && s.n == 0) bad = diag_set(&d, "%s: no voxels, expected one at least", o->cloud);
    if (bad) {
        bad = fail("cloud", d.text, 2);
    } else {
        if (s.points) printf("\n%s: %" PRIu32 " points in %" PRIu32 " voxels of %g.\n\n", o->cloud ? o->cloud : "A room", s.points, s.n, o->voxel);
        else printf("\n%s: %" PRIu32 " voxels.\n\n", o->cloud, s.n);
        bad = unet_make(&net, &s) ? fail("reference", "not enough memory", 1) : show(&net, o);
        if (!bad) {
            printf("  bands: of each level as many as its bound takes; which of them are empty only the machine knows, and only when it gets there.\n"
                   "  rules: of the layer's map; maps of dec1 and dec0 are those of enc1 and enc0. zeros: outputs that are the zero point, which the next layer skips.\n");
            if (draw(&net, o->picture, &d)) bad = fail("picture", d.text, 1);
        }
        close_programs();
    }
    network_free(&net);
    scene_free(&s);
    return bad;
}

/* ---- Digits ---------------------------------------------------------------------------------------- */

/* A version's line of the last table. */
typedef struct {
    double   not_zero;            /* [%] of the weights */
    uint32_t right, dense_right;
    double   five_fold[2];
    uint64_t cycles[CONFIGS];
} reading;

static int show_version(const options *o, const strokes *s, const stroke_version *v, reading *r)
{
    network  net = { 0 };
    diag     d;
    uint32_t weights = 0, not_zero = 0;
    int      bad = strokes_recorded(o->strokes, v, &r->dense_right, r->five_fold, &d) || strokes_make(&net, s, o->strokes, v, &r->right, &d) ? fail(v->label, d.text, 2) : 0;
    if (!bad) {
        for (uint32_t l = 0; l < net.kind->layers; l++) {
            const uint32_t n = network_weights(&net, l, 0);
            weights += n;
            for (uint32_t e = 0; e < n; e++) not_zero += net.w[l][0][e] != 0;
        }
        r->not_zero = 100.0 * not_zero / weights;
        printf("%s: %" PRIu32 " weights, %.1f %% of them not zero\n", v->label, weights, r->not_zero);
        bad = show(&net, o);
        printf("\n");
    }
    for (uint32_t i = 0; i < n_benches && !bad; i++) r->cycles[i] = benches[i].on_other.sum.cycles;
    close_programs();
    network_free(&net);
    return bad;
}

static int show_strokes(const options *o)
{
    strokes s;
    reading r[VERSIONS];
    diag    d;
    char    of[32] = "";
    int     bad = strokes_load(&s, o->strokes, o->pictures, &d) ? fail("digits", d.text, 2) : 0;
    if (!bad) {
        if (s.pictures < s.all) snprintf(of, sizeof of, "the first %" PRIu32 " of ", s.pictures);
        printf("\nHandwritten digits as strokes, %s%" PRIu32 " test pictures: of %" PRIu32 " pixels %" PRIu32 " have ink, %.1f a picture. The others do not exist.\n\n", of, s.all,
               s.pictures * 64, s.scene.n, (double)s.scene.n / s.pictures);
    }
    for (uint32_t i = 0; i < VERSIONS && !bad; i++) bad = show_version(o, &s, &stroke_versions[i], &r[i]);
    if (!bad) {
        printf("  all pictures in one job   read correctly   whole pictures, %" PRIu32 "   five-fold mean   whole  cycles a picture:", s.all);
        for (uint32_t i = 0; i < n_benches; i++)
            if (benches[i].has_other) printf(" %10s", benches[i].model.cfg.name);
        printf("\n");
        for (uint32_t i = 0; i < VERSIONS; i++) {
            printf("  %-22s %6" PRIu32 "/%-3" PRIu32 " %6.2f %% %18" PRIu32 " %15.2f %% %6.2f %% %17s", stroke_versions[i].label, r[i].right, s.pictures,
                   100.0 * r[i].right / s.pictures, r[i].dense_right, 100 * r[i].five_fold[0], 100 * r[i].five_fold[1], "");
            for (uint32_t k = 0; k < n_benches; k++)
                if (benches[k].has_other) printf(" %10.0f", (double)r[i].cycles[k] / s.pictures);
            printf("\n");
        }
        printf("\n  whole pictures: the convolutional networks of `make demo`, of the same pictures, every pixel of them; as recorded at training, like both five-fold means.\n");
        if (s.pictures < s.all) printf("  %s%" PRIu32 " pictures, as asked for: the accuracy is that of these.\n", of, s.all);
    }
    strokes_free(&s);
    return bad;
}

int main(int argc, char **argv)
{
    options  o;
    uint32_t machines = 0;
    if (parse(&o, argc, argv)) return usage();
    int bad = open_machines(&o);
    if (!bad) bad = o.strokes ? show_strokes(&o) : show_points(&o);
    if (!bad) {
        for (uint32_t i = 0; i < n_benches; i++) {
            bad |= benches[i].bad;
            machines += 1 + (uint32_t)benches[i].has_other;
        }
        if (bad) puts("\nFAIL");
        else printf("\nEvery output of every layer is the same on %" PRIu32 " machine%s and in plain loops.\n", machines, machines == 1 ? "" : "s");
    }
    for (uint32_t i = 0; i < n_benches; i++) {
        machine_close(&benches[i].model);
        machine_close(&benches[i].other);
    }
    return bad;
}
