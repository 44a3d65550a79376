/* SPDX-License-Identifier: Apache-2.0
 *
 * causes.c - see causes.h */
#include "causes.h"
#include <ctype.h>
#include <stddef.h>

enum {
    UNIT_LANE = CAUSES_LANES, UNIT_LOAD = LAC_ON_LOAD, UNIT_EXEC = LAC_ON_EXEC, UNIT_STORE = LAC_ON_STORE, UNIT_READ = LAC_ON_READ,
    UNIT_WRITE = LAC_ON_WRITE, UNIT_MAP = LAC_ON_MAP
};

static const struct { const char *name, *text; } causes_[CAUSES_UNITS][LAC_CAUSES] = {
#define LAC_CAUSE(unit, name, code, text) [UNIT_##unit][code] = { #name, text },
#include "lac_causes.def"
#undef LAC_CAUSE
};

const char *causes_unit(int unit)
{
    static const char *const name[CAUSES_UNITS] = { "load", "exec", "store", "read", "write", "map", "lanes" };
    return name[unit];
}

const char *causes_name(int unit, int cause)
{
    static char lower[CAUSES_UNITS][LAC_CAUSES][16];
    const char *s = causes_[unit][cause].name;
    char       *to = lower[unit][cause];
    if (!s) return NULL;
    for (size_t i = 0; s[i] && i < sizeof lower[0][0] - 1; i++) to[i] = (char)tolower((unsigned char)s[i]);
    return to;
}

const char *causes_text(int unit, int cause) { return causes_[unit][cause].text; }
