/* SPDX-License-Identifier: Apache-2.0
 *
 * cli.h - what the subcommands of `lacuna` share
 *
 *   A subcommand is one function, listed in main.c. It parses its own arguments with argp and makes cli_globals_argp a child
 *   whose input is the cli_globals it was given, so that global options work on both sides of its name.
 *   Exit codes: CLI_OK, CLI_FAILED (the job failed), CLI_INPUT (usage or a file). Messages go to stderr, results to stdout. */
#ifndef LACUNA_CLI_H
#define LACUNA_CLI_H
#include <argp.h>
#include <cjson/cJSON.h>
#include <stdint.h>
#include "diag.h"
#include "machine.h"
#include "runner.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_INPUT = 2 };

typedef struct {
    const char *port, *config;
    const char *stats; /* file name, or NULL */
    const char *trace; /* likewise */
    int         quiet;
    int         machine; /* --port or --config was given */
    const char *name;  /* "lacuna fc", for messages */
} cli_globals;

extern const struct argp cli_globals_argp;

int cmd_info(cli_globals *g, int argc, char **argv);
int cmd_fc(cli_globals *g, int argc, char **argv);
int cmd_conv(cli_globals *g, int argc, char **argv);
int cmd_advise(cli_globals *g, int argc, char **argv);
int cmd_report(cli_globals *g, int argc, char **argv);
int cmd_map(cli_globals *g, int argc, char **argv);
int cmd_sconv(cli_globals *g, int argc, char **argv);
int cmd_spool(cli_globals *g, int argc, char **argv);
int cmd_voxelize(cli_globals *g, int argc, char **argv);
int cmd_pixels(cli_globals *g, int argc, char **argv);

/* "lacuna fc: text" on stderr; returns `code`. */
int cli_fail(const cli_globals *g, int code, const char *text);

/* Of a call into the driver that failed: the error record when there is one, else the status' name. Returns the exit code. */
int cli_job_failed(const cli_globals *g, machine *m, lac_status status);

/* Open the machine that the options name: reads of its memory take `latency` cycles (0: its own), and it tells how far it is. Exit code. */
int cli_open(const cli_globals *g, machine *m, uint32_t latency);

/* Exit code: CLI_OK, or what the core did which its bus forbids. */
int cli_obeyed(const cli_globals *g, const machine *m);

/* Option values. Out of range or no number: argp_error, which exits. `option` with its dashes. */
int64_t cli_integer(struct argp_state *state, const char *option, const char *text, int64_t lo, int64_t hi);
void    cli_pair(struct argp_state *state, const char *option, const char *text, int64_t v[2], int64_t lo, int64_t hi);
void    cli_list(struct argp_state *state, const char *option, const char *text, uint32_t *v, int n, int64_t lo, int64_t hi); /* n values, or one for all */
int     cli_some(struct argp_state *state, const char *option, const char *text, uint32_t *v, int n, int most, int64_t lo, int64_t hi); /* one, or n .. most: how many */

/* An argument that is no option: the first is *first, the second *second, a third is too many. */
void cli_two_files(struct argp_state *state, const char *arg, const char **first, const char **second);

/* --memory-latency, of the subcommands that know time. */
#define CLI_LATENCY_HELP "Cycles from a request to its first beat, of simulated memory and predictions, 1 .. 1000 (default 20)"
uint32_t cli_latency(struct argp_state *state, const char *text);

/* --stats: keys as docs/stats.md names them; what is not known is null. `r` may be NULL (nothing ran); `t`: its trace or a predicted one. */
cJSON *cli_stats_new(const cli_globals *g, const machine *m, const runner *r, const trace *t);
void   cli_stats_u64(cJSON *o, const char *key, uint64_t v); /* exact, which a double is not */
int    cli_stats_write(const char *path, cJSON *o, diag *d); /* frees o */
int    cli_report(const cli_globals *g, cJSON *o, const trace *t, const char *title, diag *d); /* --stats and --trace, where they were given; o NULL: the one was not */

#endif
