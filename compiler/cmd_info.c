/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_info.c - lacuna info: the port's capability registers, decoded */
#include <inttypes.h>
#include <stdio.h>
#include "cli.h"
#include "lac_hw.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    if (key == ARGP_KEY_INIT) state->child_inputs[0] = state->input;
    if (key == ARGP_KEY_ARG) argp_error(state, "unexpected argument '%s'", arg);
    if (key == ARGP_KEY_END && ((cli_globals *)state->input)->trace) argp_error(state, "--trace: nothing runs here");
    return key == ARGP_KEY_INIT ? 0 : ARGP_ERR_UNKNOWN;
}

static void row(const char *name, uint32_t value, const char *unit) { printf("%-16s %6" PRIu32 "  %s\n", name, value, unit); }

int cmd_info(cli_globals *g, int argc, char **argv)
{
    static const struct argp_child children[] = { { &cli_globals_argp, 0, 0, 0 }, { 0 } };
    static const struct argp argp = { 0, parse, "", "Print what the machine behind a port says it has.", children, 0, 0 };
    machine  m;
    diag     d;
    uint32_t id = 0;
    argp_parse(&argp, argc, argv, 0, NULL, g);

    int code = (int)machine_open(&m, g->port, g->config, &d);
    if (!code && m.dev.port.read32(m.dev.port.ctx, LAC_REG_ID, &id)) {
        code = MACHINE_FAILED;
        diag_set(&d, "register ID cannot be read");
    }
    if (code) {
        machine_close(&m);
        return cli_fail(g, code, d.text);
    }
    const lac_caps *c = &m.dev.caps;
    printf("Lacuna %" PRIu32 ".%" PRIu32 ".%" PRIu32 ", register map %" PRIu32 ", port %s, configuration %s\n", c->version >> 16,
           c->version >> 8 & 0xff, c->version & 0xff, id & 0xff, g->port, m.cfg.name);
    if (m.serial) {
        const lac_serial_board *b = lac_serial_get_board(m.serial);
        printf("%-16s %s, map %" PRIu32 ".%" PRIu32 "\n", "board", *b->name ? b->name : "(no name)", b->version >> 16, b->version & 0xffff);
        row("clock", b->clock_hz / 1000, "kHz");
        row("baud divisor", b->baud_divisor, "clock cycles a bit");
        row("memory", b->mem_bytes / 1024, "KB");
        printf("%-16s 0x%08" PRIx32 "\n", "memory at", b->mem_base);
    }
    row("lanes", c->lanes, "multipliers");
    row("data_w", c->data_w, "bits of AXI data");
    row("addr_w", c->addr_w, "bits of AXI address");
    row("store_w", c->store_w, "outputs requantised a cycle");
    row("weight_depth", c->weight_depth, "64-bit words a lane");
    row("col_depth", c->col_depth, "columns");
    row("acc_depth", c->acc_depth, "accumulators a lane and bank, two banks");
    row("feat_depth", c->feat_depth, "lines of features");
    row("line", c->line, "bytes of a line");
    row("param_depth", c->param_depth, "channels of output parameters");
    row("fifo_depth", c->fifo_depth, "items a lane's queue holds");
    row("burst", c->burst, "beats, the longest AXI burst");
    row("windows", (c->formats & LAC_HAS_WINDOWS) != 0, "1: convolution");
    row("map_ring", c->map & 0xffffu, "words; 0: no mapping unit");
    printf("%-16s%s%s%s\n", "formats", c->formats & 1u << LAC_CSC ? " csc" : "", c->formats & 1u << LAC_CSC8 ? " csc8" : "",
           c->formats & 1u << LAC_NM ? " N:4" : "");

    const int err = g->stats && cli_stats_write(g->stats, cli_stats_new(g, &m, NULL, NULL), &d);
    machine_close(&m);
    return err ? cli_fail(g, CLI_INPUT, d.text) : CLI_OK;
}
