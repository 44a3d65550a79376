/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_config.c - see lac_config.h */
#include "lac_config.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *key;
    size_t      offset;
    uint32_t    min, max;
    uint32_t    preset;  /* value without such a line; below min: there must be one */
} key_range;

static const key_range KEYS[] = {
    {"LANES",        offsetof(lac_config, lanes),        4,  256, 0},
    {"DATA_W",       offsetof(lac_config, data_w),       32, 512, 0},
    {"ADDR_W",       offsetof(lac_config, addr_w),       24, 48, 0},
    {"STORE_W",      offsetof(lac_config, store_w),      1,  256, 0},
    {"WEIGHT_DEPTH", offsetof(lac_config, weight_depth), 2,  32768, 0},
    {"COL_DEPTH",    offsetof(lac_config, col_depth),    2,  65536, 0},
    {"ACC_DEPTH",    offsetof(lac_config, acc_depth),    2,  32768, 0},
    {"FEAT_DEPTH",   offsetof(lac_config, feat_depth),   64, 65536, 0},
    {"PARAM_DEPTH",  offsetof(lac_config, param_depth),  1,  65536, 0},
    {"FIFO_DEPTH",   offsetof(lac_config, fifo_depth),   1,  1024, 0},
    {"BURST",        offsetof(lac_config, burst),        1,  256, 0},
    {"FLIGHT",       offsetof(lac_config, flight),       2,  64, 8},
    {"CLOCK_GATE",   offsetof(lac_config, clock_gate),   0,  1, 0},
    {"WINDOWS",      offsetof(lac_config, windows),      0,  1, 1},
    {"MAP_RING",     offsetof(lac_config, map_ring),     0,  4096, 0},
};
enum { NKEYS = sizeof KEYS / sizeof KEYS[0] };

static uint32_t *field(lac_config *cfg, const key_range *k)
{
    return (uint32_t *)(void *)((char *)cfg + k->offset);
}

static int power_of_two(uint32_t v)
{
    return v && !(v & (v - 1u));
}

const char *lac_config_check(const lac_config *cfg)
{
    lac_config copy = *cfg;
    for (int i = 0; i < NKEYS; i++)
        if (*field(&copy, &KEYS[i]) < KEYS[i].min || *field(&copy, &KEYS[i]) > KEYS[i].max) return KEYS[i].key;
    if (!power_of_two(cfg->data_w)) return "DATA_W";
    if (cfg->map_ring && (cfg->map_ring < 64u || !power_of_two(cfg->map_ring) || !cfg->windows)) return "MAP_RING";
    if (cfg->feat_depth % 32u) return "FEAT_DEPTH";
    if (!power_of_two(cfg->store_w) || cfg->lanes % cfg->store_w || cfg->store_w * 128u < cfg->data_w) return "STORE_W";
    if (cfg->store_w > (cfg->data_w > 64 ? cfg->data_w / 8u : 8u)) return "STORE_W";
    if (cfg->param_depth % cfg->store_w || cfg->param_depth < 2 * cfg->store_w) return "PARAM_DEPTH";
    return NULL;
}

/* The text without comment and without white space at both ends; changes `s`. */
static char *strip(char *s)
{
    s[strcspn(s, "#\r\n")] = '\0';
    while (isspace((unsigned char)*s)) s++;
    size_t n = strlen(s);
    while (n && isspace((unsigned char)s[n - 1])) s[--n] = '\0';
    return s;
}

/* Decimal digits and nothing else, at most nine of them. */
static int parse_number(const char *s, uint32_t *out)
{
    const size_t n = strspn(s, "0123456789");
    if (n == 0 || n > 9 || s[n]) return -1;
    *out = 0;
    while (*s) *out = *out * 10u + (uint32_t)(*s++ - '0');
    return 0;
}

static void take_name(const char *path, char name[32])
{
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    size_t n = strlen(base);
    if (n > 4 && !strcmp(base + n - 4, ".cfg")) n -= 4;
    if (n > 31) n = 31;
    memcpy(name, base, n);
    name[n] = '\0';
}

int lac_config_read(const char *path, lac_config *out, char *err, size_t errlen)
{
    char buf[256];
    int  seen[NKEYS] = {0}; /* line number of each key, 0: not yet */
    int  line = 0, status = -1;
    FILE *f = fopen(path, "r");

    memset(out, 0, sizeof *out);
    take_name(path, out->name);
    if (!f) {
        snprintf(err, errlen, "%s: cannot be opened", path);
        return -1;
    }
    for (int k = 0; k < NKEYS; k++) *field(out, &KEYS[k]) = KEYS[k].preset;
    while (fgets(buf, sizeof buf, f)) {
        line++;
        if (strlen(buf) == sizeof buf - 1 && buf[sizeof buf - 2] != '\n') {
            snprintf(err, errlen, "%s:%d: longer than %d characters", path, line, (int)sizeof buf - 2);
            goto done;
        }
        char *key = strip(buf);
        if (!*key) continue;
        char *value = strchr(key, '=');
        if (!value) {
            snprintf(err, errlen, "%s:%d: expected KEY=value", path, line);
            goto done;
        }
        *value++ = '\0';
        key   = strip(key);
        value = strip(value);
        int k = 0;
        while (k < NKEYS && strcmp(key, KEYS[k].key)) k++;
        if (k == NKEYS) {
            snprintf(err, errlen, "%s:%d: unknown key '%s'", path, line, key);
            goto done;
        }
        if (seen[k]) {
            snprintf(err, errlen, "%s:%d: %s stands in line %d already", path, line, key, seen[k]);
            goto done;
        }
        seen[k] = line;
        uint32_t v;
        if (parse_number(value, &v) || v < KEYS[k].min || v > KEYS[k].max) {
            snprintf(err, errlen, "%s:%d: %s=%s: expected a number %u .. %u", path, line, key, value,
                     (unsigned)KEYS[k].min, (unsigned)KEYS[k].max);
            goto done;
        }
        *field(out, &KEYS[k]) = v;
    }
    if (ferror(f)) {
        snprintf(err, errlen, "%s:%d: cannot be read", path, line + 1);
        goto done;
    }
    for (int k = 0; k < NKEYS; k++)
        if (!seen[k] && KEYS[k].preset < KEYS[k].min) {
            snprintf(err, errlen, "%s:%d: %s is missing", path, line, KEYS[k].key);
            goto done;
        }
    const char *bad = lac_config_check(out); /* what no range can say */
    if (bad) {
        int k = 0;
        while (strcmp(bad, KEYS[k].key)) k++;
        snprintf(err, errlen, "%s:%d: %s=%u: expected %s", path, seen[k], bad, (unsigned)*field(out, &KEYS[k]),
                 !strcmp(bad, "DATA_W") ? "a power of two"
                 : !strcmp(bad, "MAP_RING") ? "0, or with WINDOWS=1 a power of two, at least 64"
                 : !strcmp(bad, "STORE_W") ? "a power of two that divides LANES, at least DATA_W / 128, at most max(8, DATA_W / 8)" : "a multiple of 32");
        goto done;
    }
    status = 0;
done:
    fclose(f);
    return status;
}
