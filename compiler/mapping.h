/* SPDX-License-Identifier: Apache-2.0
 *
 * mapping.h - a map from the command line to device memory: what `lacuna map` and `lacuna sconv` share
 *
 *   Options   what kind of map, of which clouds
 *   Time      of clouds with time the map is one for each element of the kernel in time, all onto the same outputs (lacuna.h, "Time"): the lists that the machine reads are made here, from the clouds'
 *   Memory    lists, headers of bands, rules: mapping_lay() takes their addresses from an arena, mapping_write() fills what the machine reads
 *   Outputs   in the order of their file where they are given, else ascending
 *   Errors    0; -1: *d has a sentence. What was loaded is mapping_free()'s either way */
#ifndef LACUNA_MAPPING_H
#define LACUNA_MAPPING_H
#include "arena.h"
#include "cli.h"
#include "cloud.h"

/* An option's values as they were given: none, one for all axes, or one for each, the last x. */
typedef struct {
    uint32_t v[4];
    int      n;
} map_axes;

typedef struct {
    const char   *coords, *out_coords, *onto; /* file names, or NULL */
    int           none;   /* a subcommand that can do without: no map, nothing is missing */
    int           sorted, has_mode;
    map_axes      kernel, stride, dilation, pad, extent; /* extent: --shape */
    lac_map_shape shape;  /* mode; the rest by mapping_load() */
    lac_time      time;   /* by mapping_load(), with time */
} map_options;

/* A child of a subcommand's parser; its input is a map_options. Everything but the kernel and COORDS. */
extern const struct argp map_argp;
void map_options_init(map_options *o);

/* --kernel, of subcommands that have it. */
void map_parse_kernel(map_options *o, struct argp_state *state, const char *arg);

const char *map_mode_name(lac_map_mode m);

enum { MAPPING_LISTS = LAC_TIMES + 1, MAPPING_PASSES = LAC_TIMES * LAC_MAP_PASSES };

typedef struct {
    const map_options *o;
    machine      *mach;
    cloud         in, onto;
    lac_frames   *frames;   /* with time; else NULL */
    uint32_t      times;    /* elements of the kernel in time; else 1 */
    struct {                /* what the machine reads: the inputs of each element, what outputs are made from or they themselves */
        const uint8_t *list;
        uint8_t       *own; /* list, where it is not the cloud's */
        uint32_t       words, voxels;
        lac_addr       at;
    } list[MAPPING_LISTS];
    uint32_t      lists;
    lac_map       part[1 + LAC_TIMES]; /* the maps, one behind the other; the last `times` make rules. Mark and signal: nobody's */
    uint32_t      parts;
    lac_map_room  room[MAPPING_PASSES];
    uint32_t      passes;   /* of all */
    lac_map_sizes size;
    uint32_t      lines[MAPPING_PASSES]; /* of rules */
    uint32_t      band;
    uint32_t      outputs;  /* mapping_count(), mapping_fetch() */
    uint64_t      rules;    /* mapping_count(): of all passes, not of commands that only make lists */
    lac_site     *made;     /* [outputs], where they are not given: mapping_fetch() */
} mapping;

/* The clouds, all options being known; columns: what COORDS must have, 4 or 5, or 0. */
int  mapping_load(mapping *m, map_options *o, uint32_t columns, diag *d);
int  mapping_open(mapping *m, cli_globals *g, machine *mach, uint32_t latency); /* the machine, as cli_open(), with a mapping unit. Exit code */
void mapping_free(mapping *m);
int  mapping_makes(const mapping *m);                         /* outputs are not given */

/* Room for any cloud of this size, in m->size and m->lines: 0. -1 and *d: in this --shape there is no bound. */
int mapping_bound(mapping *m, uint32_t band, diag *d);

/* Addresses of all of it; rules: of bands and rules too. */
void mapping_lay(mapping *m, arena *a, int rules);

lac_status mapping_write(mapping *m);                           /* the lists that MAP reads */
lac_status mapping_count(mapping *m, uint32_t ring);            /* behind a ring of that many commands: outputs and rules are counted; m->size and m->lines are then exact */
uint32_t   mapping_limit(const mapping *m);                     /* [cycles] for a wait */
lac_status mapping_build(const mapping *m, int signal, lac_emit emit, void *ctx); /* signal: the last command gives EXEC a token */
lac_status mapping_run(mapping *m);
const lac_map *mapping_single(const mapping *m);                /* the whole map where that is one of one pass; else NULL */
lac_status mapping_fetch(mapping *m);                           /* m->outputs, m->made. LAC_E_FORMAT: what the machine left is none; LAC_E_SPACE: no memory */

int        mapping_failed(const mapping *m, const cli_globals *g, lac_status s); /* a status of these and of mapping_rules(): exit code */

/* The row of COORDS that input `in` is; of O that output `out` is. */
uint32_t mapping_in_row(const mapping *m, uint32_t in);
uint32_t mapping_out_row(const mapping *m, uint32_t out);

/* Each rule of all passes, pass by pass, output by output: a return that is not 0 stops and is returned. LAC_E_FORMAT, LAC_E_SPACE as mapping_fetch(). */
typedef lac_status (*mapping_rule)(void *ctx, uint32_t tap, uint32_t in, uint32_t out);
lac_status mapping_rules(mapping *m, mapping_rule take, void *ctx);

/* --out-coords, where it was given. */
int mapping_save_sites(const mapping *m, diag *d);

/* What --stats says of the map, of `rules` rules; sum: of the run that it was made in. */
void mapping_stats(const mapping *m, uint64_t rules, const runner_totals *sum, cJSON *s);

#endif
