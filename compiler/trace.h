/* SPDX-License-Identifier: Apache-2.0
 *
 * trace.h - when the commands of a program ran, and what the lanes and the bus did meanwhile
 *
 *   Time     cycles from the program's first doorbell on. A program that ran in pieces has no gaps between them
 *   Engines  0 LOAD, 1 EXEC, 2 STORE, 3 MAP; each starts its commands in the order of the program
 *   Limits   TRACE_EVENTS commands, in the order of their starts; the rest is counted in `lost` */
#ifndef LACUNA_TRACE_H
#define LACUNA_TRACE_H
#include <stdint.h>
#include "diag.h"
#include "lacuna.h"
#include "port_rtl.h"

enum { TRACE_ENGINES = LAC_RTL_ENGINES, TRACE_EVENTS = LAC_RTL_EVENTS, TRACE_WINDOWS = LAC_RTL_WINDOWS };

typedef struct { uint32_t index; lac_cmd cmd; } trace_command; /* index: position in the program, from 0 */

typedef struct {
    uint32_t      engine;
    uint64_t      start, end; /* [cycle] taken from its queue, completed; start <= end */
    trace_command command;
} trace_event;

typedef struct {
    uint64_t       emitted;                /* commands of the program so far */
    trace_command *command[TRACE_ENGINES]; /* the first TRACE_EVENTS of each engine */
    uint32_t       commands[TRACE_ENGINES];
    uint32_t       started[TRACE_ENGINES];
    trace_event   *event;
    uint32_t       events;
    uint64_t       lost;
    uint64_t       window;                 /* [cycles] a power of two times 16 */
    uint32_t       windows;
    lac_rtl_window win[TRACE_WINDOWS];
} trace;

int  trace_init(trace *t); /* -1: no memory */
void trace_free(trace *t);

/* The next command of the program; a lac_emit, ctx is a trace. Always 0. */
int trace_emit(void *t, const lac_cmd *cmd);

/* The engine's next command ran from `start` to `end`; -1: nobody emitted it. */
int trace_ran(trace *t, uint32_t engine, uint64_t start, uint64_t end);

/* What the port saw of a piece of the program whose doorbell was in cycle `doorbell` of the port, `base` cycles of earlier pieces before it. */
void trace_piece(trace *t, const lac_rtl_trace *seen, uint64_t doorbell, uint64_t base);

/* So much in a window from cycle `at` on, which is not longer than `length`. */
void trace_activity(trace *t, uint64_t at, uint64_t length, const lac_rtl_window *sums);

const char *trace_engine_name(uint32_t engine); /* "load", "exec", "store", "map" */

/* "weights", "codebook", "features", "params", "columns", "exec", "store", "map"; "?" */
const char *trace_command_name(const lac_cmd *cmd);

/* Chrome's trace event format, as Perfetto opens it: a process `title`, for each engine a track of its commands (a second one where two
 * were in flight) and counters; one cycle is shown as one microsecond. -1: cannot be written; nothing is left. */
int trace_write(const trace *t, const char *path, const char *title, diag *d);

#endif
