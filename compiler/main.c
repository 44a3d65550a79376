/* SPDX-License-Identifier: Apache-2.0
 *
 * main.c - the `lacuna` command: global options, then a subcommand
 *
 * Arguments are parsed with argp. It is part of the C library, so nothing has to be installed for it; it writes --help,
 * --usage and the text of a usage error from the same table that parses, for every subcommand apart, and a child parser
 * gives all of them the global options. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"

static const struct { const char *name, *what; int (*run)(cli_globals *g, int argc, char **argv); } commands_[] = {
    { "info", "the port's capability registers, decoded", cmd_info },
    { "fc",   "fully connected layer or SpMM: Y = W (X - z)", cmd_fc },
    { "conv", "2-D convolution of images, channels last", cmd_conv },
    { "map",  "rulebook of a sparse convolution", cmd_map },
    { "sconv", "sparse convolution of a cloud of voxels", cmd_sconv },
    { "spool", "pooling of a cloud of voxels, along a map or of each batch", cmd_spool },
    { "voxelize", "points to voxels", cmd_voxelize },
    { "pixels", "an image to a list of its active pixels, or back", cmd_pixels },
    { "advise", "what a layer would cost in each format, without running it", cmd_advise },
    { "report", "a page that says what limits a job, from its --stats", cmd_report },
};
enum { COMMANDS = sizeof commands_ / sizeof *commands_ };

typedef struct { cli_globals g; int command; /* index in argv; 0: none */ } parsed;

static error_t parse(int key, char *arg, struct argp_state *state)
{
    parsed *p = state->input;
    (void)arg;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &p->g; return 0;
    case ARGP_KEY_ARG: /* the rest is the subcommand's */
        p->command = state->next - 1;
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "expected a subcommand"); return 0;
    default:               return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static char doc[1024], name[64];
    static const struct argp_child children[] = { { &cli_globals_argp, 0, 0, 0 }, { 0 } };
    static const struct argp argp = { 0, parse, "SUBCOMMAND [ARGUMENT...]", doc, children, 0, 0 };
    parsed p = { { "model", NULL, NULL, NULL, 0, 0, "lacuna" }, 0 };

    size_t at = (size_t)snprintf(doc, sizeof doc, "Run jobs on a Lacuna accelerator, simulated or on a board.\vSubcommands (SUBCOMMAND --help tells more):\n\n");
    for (int i = 0; i < COMMANDS && at < sizeof doc; i++)
        at += (size_t)snprintf(doc + at, sizeof doc - at, "  %-8s %s\n", commands_[i].name, commands_[i].what);
    argp_program_version = "lacuna " LACUNA_VERSION;
    argp_err_exit_status = CLI_INPUT;
    if (argc < 1) return CLI_INPUT;
    argv[0] = (char *)"lacuna";

    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &p);
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(argv[p.command], commands_[i].name)) {
            snprintf(name, sizeof name, "lacuna %s", commands_[i].name);
            p.g.name = argv[p.command] = name;
            const int code = commands_[i].run(&p.g, argc - p.command, argv + p.command);
            if (fflush(stdout) || ferror(stdout)) return cli_fail(&p.g, CLI_INPUT, "standard output: cannot be written");
            return code;
        }
    fprintf(stderr, "lacuna: '%s' is no subcommand, expected one of:", argv[p.command]);
    for (int i = 0; i < COMMANDS; i++) fprintf(stderr, " %s", commands_[i].name);
    fputs("\nTry `lacuna --help' for more information.\n", stderr);
    return CLI_INPUT;
}
