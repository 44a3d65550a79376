/* SPDX-License-Identifier: Apache-2.0
 *
 * machine.c - see machine.h */
#define _XOPEN_SOURCE 700
#include "machine.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ports/port_model.h"

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* "l64, l8, odd": the configurations in a folder. */
static void list_configs(const char *dir, char *buf, size_t cap)
{
    char  *name[64];
    size_t n = 0, at = 0;
    buf[0] = 0;
    DIR *d = opendir(dir);
    for (struct dirent *e; d && n < 64 && (e = readdir(d));) {
        char *dot = strrchr(e->d_name, '.');
        if (!dot || strcmp(dot, ".cfg")) continue;
        *dot = 0;
        if ((name[n] = strdup(e->d_name))) n++;
    }
    if (d) closedir(d);
    qsort(name, n, sizeof *name, by_name);
    for (size_t i = 0; i < n; i++) {
        if (at < cap) at += (size_t)snprintf(buf + at, cap - at, "%s%s", i ? ", " : "", name[i]);
        free(name[i]);
    }
}

static machine_status read_config(const char *name, lac_config *cfg, diag *d)
{
    char dir[4200], path[4400], list[256] = "";
    if (!*name || strchr(name, '/') || strlen(name) >= sizeof cfg->name) {
        diag_set(d, "configuration '%s': expected a name without '/'", name);
        return MACHINE_INPUT;
    }
    for (unsigned i = 0; !lac_home(i, dir, sizeof dir - sizeof "/configs"); i++) {
        strcat(dir, "/configs");
        snprintf(path, sizeof path, "%s/%s.cfg", dir, name);
        if (!access(path, F_OK)) return lac_config_read(path, cfg, d->text, sizeof d->text) ? MACHINE_INPUT : MACHINE_OK;
        if (!*list) list_configs(dir, list, sizeof list);
    }
    diag_set(d, "configuration '%s' is unknown, expected one of: %s", name, *list ? list : "(no configs folder found; set LACUNA_HOME)");
    return MACHINE_INPUT;
}

machine_status machine_open(machine *m, const char *port, const char *config, diag *d)
{
    memset(m, 0, sizeof *m);
    m->timing = lac_rtl_defaults().timing;
    if (!strcmp(port, "rtl")) m->kind = MACHINE_RTL;
    else if (strcmp(port, "model")) {
        diag_set(d, "port '%s' is unknown, expected model or rtl", port);
        return MACHINE_INPUT;
    }
    const machine_status s = read_config(config, &m->cfg, d);
    if (s) return s;
    return machine_memory(m, 4096, 2, d);
}

machine_status machine_memory(machine *m, uint64_t bytes, uint32_t ring_size, diag *d)
{
    char     err[512] = "";
    lac_port port;
    bytes = (bytes + 4095) / 4096 * 4096;
    if (bytes > SIZE_MAX || (MACHINE_BASE + bytes) >> m->cfg.addr_w) {
        diag_set(d, "the job takes %llu bytes of device memory, expected less than 2^%u on configuration %s",
                 (unsigned long long)bytes, (unsigned)m->cfg.addr_w, m->cfg.name);
        return MACHINE_INPUT;
    }
    uint8_t *mem = calloc((size_t)bytes, 1);
    if (!mem) {
        diag_set(d, "not enough memory for %llu bytes of device memory", (unsigned long long)bytes);
        return MACHINE_INPUT;
    }
    if (m->kind == MACHINE_MODEL) {
        lac_model_destroy(m->model);
        m->model = lac_model_create(&m->cfg, mem, MACHINE_BASE, bytes);
        if (m->model) port = lac_port_model(m->model);
    } else if (m->rtl) {
        lac_rtl_memory(m->rtl, mem, MACHINE_BASE, bytes, &m->timing);
        port = lac_rtl_port(m->rtl);
    } else {
        lac_rtl_options opt = lac_rtl_defaults();
        opt.mem = mem;
        opt.mem_base = MACHINE_BASE;
        opt.mem_size = bytes;
        opt.timing = m->timing;
        m->rtl = lac_port_rtl_open(m->cfg.name, &opt, err, sizeof err);
        if (m->rtl) port = lac_rtl_port(m->rtl);
    }
    free(m->mem);
    m->mem = mem;
    m->bytes = bytes;
    if (!m->model && !m->rtl) {
        diag_set(d, "%s", m->kind == MACHINE_RTL ? err : "not enough memory for the golden model");
        return MACHINE_INPUT;
    }
    const lac_status s = lac_open(&m->dev, &port, MACHINE_BASE, ring_size, MACHINE_BASE, bytes);
    if (!s) return MACHINE_OK;
    diag_set(d, "the machine does not open: %s", lac_status_name(s));
    return MACHINE_FAILED;
}

enum { PIECE = 1 << 30 }; /* [bytes] a port takes 32-bit lengths */

lac_status machine_write(machine *m, lac_addr dst, const void *src, uint64_t n)
{
    const uint8_t *p = src;
    for (uint64_t i = 0; i < n; i += PIECE)
        if (m->dev.port.mem_write(m->dev.port.ctx, dst + i, p + i, (uint32_t)(n - i < PIECE ? n - i : PIECE))) return LAC_E_PORT;
    return LAC_OK;
}

lac_status machine_read(machine *m, void *dst, lac_addr src, uint64_t n)
{
    uint8_t *p = dst;
    for (uint64_t i = 0; i < n; i += PIECE)
        if (m->dev.port.mem_read(m->dev.port.ctx, p + i, src + i, (uint32_t)(n - i < PIECE ? n - i : PIECE))) return LAC_E_PORT;
    return LAC_OK;
}

const char *machine_misbehaved(const machine *m)
{
    const axi_monitor *mon = m->rtl ? lac_rtl_monitor(m->rtl) : NULL;
    return mon && mon->found ? mon->first : NULL;
}

void machine_close(machine *m)
{
    lac_model_destroy(m->model);
    lac_rtl_close(m->rtl);
    free(m->mem);
    memset(m, 0, sizeof *m);
}
