/* SPDX-License-Identifier: Apache-2.0
 *
 * serial_pty CONFIG.cfg [SEED] - a simulated board at a pseudo-terminal, for other programs to talk to
 *
 * Prints the terminal's name and runs until its standard input ends. */
#include <stdio.h>
#include <stdlib.h>
#include "serial_board.h"

int main(int argc, char **argv)
{
    char name[128];
    int  master;
    if (argc < 2) return fprintf(stderr, "usage: serial_pty CONFIG.cfg [SEED]\n"), 2;
    serial_board *b = serial_board_new(argv[1], argc > 2 ? strtoull(argv[2], NULL, 10) : 1, &master, name, sizeof name);
    if (!b) return 1;
    printf("%s\n", name);
    fflush(stdout);
    serial_board_run(b, master, 1);
    return b->r.fault != NULL;
}
