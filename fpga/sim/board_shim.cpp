// SPDX-License-Identifier: Apache-2.0
//
// board_shim - the Verilated board behind the C interface of board_shim.h
#include "Vboard.h"
#include "verilated.h"
#include "board_shim.h"
#include <cstdlib>
#include <new>

struct board {
    VerilatedContext context; // constructed first, destroyed last
    Vboard           top;

    board() : context(), top(seeded(&context)) {}

    static VerilatedContext *seeded(VerilatedContext *c)
    {
        const char *seed = std::getenv("SEED");
        const int   n = seed ? std::atoi(seed) : 1;
        c->randReset(2);
        c->randSeed(n ? n : 1);
        return c;
    }
};

double sc_time_stamp() { return 0; }

extern "C" {

board *board_create(void) { return new (std::nothrow) board; }

void board_destroy(board *b)
{
    b->top.final();
    delete b;
}

int board_tick(board *b, int rx, int button)
{
    b->top.rx = rx != 0;
    b->top.button = button != 0;
    b->top.clk = 0;
    b->top.eval();
    b->top.clk = 1;
    b->top.eval();
    return b->top.tx;
}

uint32_t board_leds(const board *b) { return b->top.leds; }
uint32_t board_violations(const board *b) { return b->top.violations; }

} // extern "C"
