/* SPDX-License-Identifier: Apache-2.0
 *
 * cloud [--config NAME]... [--model] [--points N] [--voxel SIZE] [--picture FILE.ppm] [--spoil] [CLOUD.npy] - a submanifold U-Net (network.h) on a point cloud
 *
 *   Cloud     a file (scene.h), or a room of N points that is made here
 *   Machines  the golden model and, where build/rtl has it and --model does not leave it out, the Verilated RTL of each configuration (default: l8 and l64), behind the same driver calls
 *   A list    coordinate lists of the coarser levels, eight maps and ten layers in one list of commands: the host touches nothing in between, and never learns how many voxels a level has
 *   Checked   every byte of every layer's outputs on every machine, the lists that were made and the number of rules against plain loops over integers (reference.h), and the whole memories
 *             of model and RTL against each other
 *   Cycles    of the RTL, memory latency 10 cycles: of a layer, from the last output of the one before it to its own; weights and rules are read ahead meanwhile
 *   --spoil   gives the machines another input feature than the reference: every comparison behind it must fail
 *   Exit      0 when every check holds, 2 for bad usage or input, else 1 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "picture.h"
#include "program.h"

enum { CONFIGS = 4, POINTS = 8000 };

typedef struct {
    const char *config[CONFIGS];
    uint32_t    configs;
    int         model_only, spoil;
    uint32_t    points;
    double      voxel; /* [m] */
    const char *picture, *cloud;
} options;

typedef struct {
    const char *config;
    program     model, rtl;
    int         has_rtl, bad;
    int         same[LAYERS];
} bench;

static int usage(void)
{
    fputs("usage: cloud [--config NAME]... [--model] [--points N] [--voxel SIZE] [--picture FILE.ppm] [--spoil] [CLOUD.npy]\n", stderr);
    return 2;
}

static int fail(const char *what, const char *why, int code)
{
    fprintf(stderr, "cloud: %s: %s\n", what, why);
    return code;
}

static int parse(options *o, int argc, char **argv)
{
    char *end = "";
    *o = (options){ .points = POINTS, .voxel = 0.1 };
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(argv[i], "--model")) o->model_only = 1;
        else if (!strcmp(argv[i], "--spoil")) o->spoil = 1;
        else if (!strncmp(argv[i], "--", 2) && !value) return -1;
        else if (!strcmp(argv[i], "--config") && o->configs < CONFIGS) o->config[o->configs++] = value, i++;
        else if (!strcmp(argv[i], "--points")) {
            const unsigned long n = strtoul(value, &end, 10);
            if (*value < '0' || *value > '9' || *end || n < 1 || n > 1000000) return -1;
            o->points = (uint32_t)n, i++;
        } else if (!strcmp(argv[i], "--voxel")) {
            o->voxel = strtod(value, &end);
            if (end == value || *end || !(o->voxel > 0.0)) return -1;
            i++;
        } else if (!strcmp(argv[i], "--picture")) o->picture = value, i++;
        else if (argv[i][0] == '-' || o->cloud) return -1;
        else o->cloud = argv[i];
    }
    if (!o->configs) {
        o->config[o->configs++] = "l8";
        o->config[o->configs++] = "l64";
    }
    return 0;
}

/* One configuration: the model, then the RTL. */
static int run(bench *b, const network *net, const options *o)
{
    char path[4400];
    diag d;
    b->has_rtl = !o->model_only && !lac_rtl_find(b->config, path, sizeof path);
    for (int rtl = 0; rtl <= b->has_rtl; rtl++) {
        program *p = rtl ? &b->rtl : &b->model;
        int      same[LAYERS];
        if (program_open(p, net, rtl ? "rtl" : "model", b->config, &d)) return fail(b->config, d.text, 2);
        if (program_run(p, o->spoil, &d)) return fail(b->config, d.text, 1);
        if (program_compare(p, same, &d)) b->bad = fail(rtl ? "RTL" : "golden model", d.text, 1);
        for (uint32_t l = 0; l < LAYERS; l++) b->same[l] = same[l] && (!rtl || b->same[l]);
    }
    if (b->has_rtl && (b->model.mach.bytes != b->rtl.mach.bytes || memcmp(b->model.mach.mem, b->rtl.mach.mem, (size_t)b->model.mach.bytes)))
        b->bad = fail(b->config, "the memories of model and RTL differ", 1);
    return 0;
}

/* A column of the table for each RTL. */
static void cycles(const bench *b, uint64_t n)
{
    if (!b->has_rtl) return;
    if (n) printf(" %12" PRIu64, n);
    else printf(" %12s", "-"); /* the record was full */
}

static void print_table(const network *net, const bench *bs, uint32_t n)
{
    uint64_t rules = 0;
    int      any = 0;
    for (uint32_t i = 0; i < n; i++) any |= bs[i].has_rtl;
    printf("  layer                    voxels in     out    rules  channels  weights      zeros");
    for (uint32_t i = 0; i < n; i++) {
        char head[32];
        snprintf(head, sizeof head, "cycles %s", bs[i].config);
        if (bs[i].has_rtl) printf(" %12s", head);
    }
    printf("  same\n");
    for (uint32_t i = 0; i < MAPS; i++) rules += net->rules[i];
    printf("  %d maps, %d lists %35" PRIu64 "%30s", MAPS, LEVELS - 1, rules, "");
    for (uint32_t i = 0; i < n; i++) cycles(&bs[i], bs[i].rtl.map_cycles);
    printf("\n");
    for (uint32_t l = 0; l < LAYERS; l++) {
        const layer_kind *k = &layer_kinds[l];
        const map_kind   *m = &map_kinds[k->map];
        uint32_t          in = 0, zeros = 0, same = 1;
        const uint32_t    count = net->sites[m->out] * k->rows;
        char              channels[24];
        for (uint32_t i = 0; i < k->sources; i++) in += network_channels(k->source[i].from);
        for (uint32_t e = 0; e < count; e++) zeros += net->y[l][e] == network_zero((int)l);
        for (uint32_t i = 0; i < n; i++) same &= (uint32_t)bs[i].same[l];
        snprintf(channels, sizeof channels, "%" PRIu32 " > %" PRIu32, in, k->rows);
        printf("  %-5s %-18s %9" PRIu32 " %7" PRIu32 " %8" PRIu64 "  %-8s  %-10s %5.1f %%", k->name, m->name, net->sites[m->in], net->sites[m->out], net->rules[k->map], channels, k->weights,
               100.0 * zeros / count);
        for (uint32_t i = 0; i < n; i++) cycles(&bs[i], bs[i].rtl.cycles[l]);
        printf("  %s\n", same ? "yes" : "DIFFERS");
    }
    if (any) printf("  doorbell to idle %64s", "");
    for (uint32_t i = 0; i < n; i++) cycles(&bs[i], bs[i].rtl.sum.cycles);
    printf("%s\n", any ? "\n" : "");
    for (uint32_t i = 0; i < n; i++) {
        const program *p = &bs[i].model;
        printf("  %s: one list of %" PRIu64 " commands; bands that hold voxels:", bs[i].config, p->commands);
        for (uint32_t k = 0; k < LEVELS; k++)
            printf("%s %" PRIu32 " of %" PRIu32, k ? "," : "", (net->sites[k] + p->band[k] - 1) / p->band[k], p->bands[k]);
        printf(".%s\n", bs[i].has_rtl ? "" : " Golden model only, which has no cycles.");
    }
    printf("  bands: of each level as many as its bound takes; which of them are empty only the machine knows, and only when it gets there.\n");
    printf("  rules: of the layer's map; maps of dec1 and dec0 are those of enc1 and enc0. zeros: outputs that are the zero point, which the next layer skips.\n");
}

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

static int main_(const options *o, const scene *s)
{
    static bench bs[CONFIGS];
    network      net;
    diag         d;
    uint32_t     machines = 0;
    int          bad = 0;
    if (s->points) printf("\n%s: %" PRIu32 " points in %" PRIu32 " voxels of %g.\n\n", o->cloud ? o->cloud : "A room", s->points, s->n, o->voxel);
    else printf("\n%s: %" PRIu32 " voxels.\n\n", o->cloud, s->n);
    fflush(stdout);
    if (network_make(&net, s)) return network_free(&net), fail("reference", "not enough memory", 1);
    for (uint32_t i = 0; i < o->configs && !bad; i++) {
        bs[i].config = o->config[i];
        bad = run(&bs[i], &net, o);
        machines += 1 + (uint32_t)bs[i].has_rtl;
    }
    if (!bad) {
        print_table(&net, bs, o->configs);
        if (draw(&net, o->picture, &d)) bad = fail("picture", d.text, 1);
        for (uint32_t i = 0; i < o->configs; i++) bad |= bs[i].bad;
        if (bad) puts("\nFAIL");
        else printf("\nEvery output of every layer is the same on %" PRIu32 " machine%s and in plain loops.\n", machines, machines == 1 ? "" : "s");
    }
    for (uint32_t i = 0; i < o->configs; i++) {
        program_close(&bs[i].model);
        program_close(&bs[i].rtl);
    }
    network_free(&net);
    return bad;
}

int main(int argc, char **argv)
{
    options o;
    scene   s;
    diag    d;
    if (parse(&o, argc, argv)) return usage();
    int bad = o.cloud ? scene_load(&s, o.cloud, o.voxel, &d) : scene_room(&s, o.points, o.voxel, &d);
    if (!bad && s.n == 0) bad = diag_set(&d, "%s: no voxels, expected one at least", o.cloud);
    bad = bad ? fail("cloud", d.text, 2) : main_(&o, &s);
    scene_free(&s);
    return bad;
}
