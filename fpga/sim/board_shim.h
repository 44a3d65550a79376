/* SPDX-License-Identifier: Apache-2.0
 *
 * board_shim.h - a simulated board as C sees it: a serial line, a button, lights, a clock */
#ifndef BOARD_SHIM_H
#define BOARD_SHIM_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct board board;

board   *board_create(void); /* NULL: no memory. Registers and RAMs come up at random, the same for the same SEED */
void     board_destroy(board *b);
int      board_tick(board *b, int rx, int button); /* one clock cycle; the line from the board */
uint32_t board_leds(const board *b);
uint32_t board_violations(const board *b); /* of the SDRAM's rules, so far */

#ifdef __cplusplus
}
#endif
#endif
