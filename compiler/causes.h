/* SPDX-License-Identifier: Apache-2.0
 *
 * causes.h - names of the units that count causes, and of their causes, from driver/lac_causes.def */
#ifndef LACUNA_CAUSES_H
#define LACUNA_CAUSES_H
#include "lacuna.h"

/* LAC_ON_LOAD .. LAC_ON_MAP, and the lanes. */
enum { CAUSES_LANES = LAC_ON_UNITS, CAUSES_UNITS };

const char *causes_unit(int unit);            /* "load", "exec", "store", "read", "write", "map", "lanes" */
const char *causes_name(int unit, int cause); /* "idle", "busy", ..; NULL: the unit has no such cause */
const char *causes_text(int unit, int cause); /* what it means; NULL likewise */

#endif
