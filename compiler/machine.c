/* SPDX-License-Identifier: Apache-2.0
 *
 * machine.c - see machine.h */
#define _XOPEN_SOURCE 700
#include "machine.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lac_hw.h"
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

/* ---- A board at a serial line ---------------------------------------------------------------------- */

static machine_status open_driver(machine *m, const lac_port *port, uint32_t ring_size, diag *d)
{
    uint32_t         id = 0;
    const lac_status s = lac_open(&m->dev, port, m->base, ring_size, m->base, m->bytes);
    if (!s) return MACHINE_OK;
    if (s == LAC_E_PORT && machine_error(m)) diag_set(d, "%s", machine_error(m));
    else if (s == LAC_E_ID && !port->read32(port->ctx, LAC_REG_ID, &id))
        diag_set(d, "the core's ID register is 0x%08" PRIx32 ", expected 0x%08x, and sane capabilities", id, 0x4C414301u);
    else diag_set(d, "the machine does not open: %s", lac_status_name(s));
    return MACHINE_FAILED;
}

/* What the capability registers say, as a configuration. */
static void adopt(machine *m, const char *name)
{
    const lac_caps *c = &m->dev.caps;
    m->cfg = (lac_config){ "", c->lanes, c->data_w, c->addr_w, c->store_w, c->weight_depth, c->col_depth, c->acc_depth, c->feat_depth, c->param_depth,
                           c->fifo_depth, c->burst, c->flight, 0, (c->formats & LAC_HAS_WINDOWS) != 0, c->map & 0xffffu };
    strncpy(m->cfg.name, *name ? name : "board", sizeof m->cfg.name - 1);
}

/* A named configuration must be the board's. */
static machine_status same_config(const machine *m, const lac_config *want, diag *d)
{
    const lac_config *is = &m->cfg;
    const struct { const char *key; uint32_t want, is; } v[] = {
        { "LANES", want->lanes, is->lanes }, { "DATA_W", want->data_w, is->data_w }, { "ADDR_W", want->addr_w, is->addr_w },
        { "STORE_W", want->store_w, is->store_w }, { "WEIGHT_DEPTH", want->weight_depth, is->weight_depth },
        { "COL_DEPTH", want->col_depth, is->col_depth }, { "ACC_DEPTH", want->acc_depth, is->acc_depth },
        { "FEAT_DEPTH", want->feat_depth, is->feat_depth }, { "PARAM_DEPTH", want->param_depth, is->param_depth },
        { "FIFO_DEPTH", want->fifo_depth, is->fifo_depth }, { "BURST", want->burst, is->burst }, { "FLIGHT", want->flight, is->flight },
        { "WINDOWS", want->windows, is->windows }, { "MAP_RING", want->map_ring, is->map_ring },
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        if (v[i].want != v[i].is) {
            diag_set(d, "the board '%s' was not built for configuration %s: %s is %" PRIu32 ", expected %" PRIu32 " (without --config it is used as it is)",
                     is->name, want->name, v[i].key, v[i].is, v[i].want);
            return MACHINE_INPUT;
        }
    return MACHINE_OK;
}

/* "DEVICE[@BAUD]" */
static machine_status open_serial(machine *m, const char *where, const char *config, diag *d)
{
    char          device[256], err[512];
    const char   *at = strrchr(where, '@');
    const size_t  n = at ? (size_t)(at - where) : strlen(where);
    unsigned long baud = LAC_SERIAL_BAUD;
    char         *end = NULL;
    errno = 0;
    if (at) baud = at[1] >= '0' && at[1] <= '9' ? strtoul(at + 1, &end, 10) : 0;
    if (!n || n >= sizeof device || (at && (!end || *end || errno || baud < 300 || baud > 20000000))) {
        diag_set(d, "port 'serial:%s': expected serial:DEVICE or serial:DEVICE@BAUD, BAUD 300 .. 20000000", where);
        return MACHINE_INPUT;
    }
    memcpy(device, where, n);
    device[n] = 0;
    if (config) { /* a name that is none is found before the device is touched */
        const machine_status s = read_config(config, &m->cfg, d);
        if (s) return s;
    }
    const lac_config want = m->cfg;
    m->kind = MACHINE_SERIAL;
    m->serial = lac_serial_open(device, (uint32_t)baud, err, sizeof err);
    if (!m->serial) {
        diag_set(d, "%s", err);
        return MACHINE_INPUT;
    }
    m->base = (lac_serial_get_board(m->serial)->mem_base + LAC_ALIGN - 1) / LAC_ALIGN * LAC_ALIGN;
    machine_status s = machine_memory(m, 4096, 2, d);
    if (s) return s;
    adopt(m, lac_serial_get_board(m->serial)->name);
    if (!config) return MACHINE_OK;
    s = same_config(m, &want, d);
    memcpy(m->cfg.name, want.name, sizeof m->cfg.name);
    return s;
}

const char *machine_error(const machine *m) { return m->serial && *lac_serial_error(m->serial) ? lac_serial_error(m->serial) : NULL; }

static void tell(void *ctx, int writing, uint64_t done, uint64_t total)
{
    (void)ctx;
    if (done < total) fprintf(stderr, "\r%s %" PRIu64 " of %" PRIu64 " KB ", writing ? "writing" : "reading", done / 1024, total / 1024);
    else fprintf(stderr, "\r%40s\r", "");
}

void machine_progress(machine *m)
{
    if (m->serial && isatty(STDERR_FILENO)) lac_serial_set_progress(m->serial, tell, NULL);
}

/* ---- All of them ----------------------------------------------------------------------------------- */

static void start(machine *m)
{
    memset(m, 0, sizeof *m);
    m->timing = lac_rtl_defaults().timing;
    m->base = MACHINE_BASE;
}

machine_status machine_open_model(machine *m, const lac_config *cfg, diag *d)
{
    start(m);
    m->cfg = *cfg;
    return machine_memory(m, 4096, 2, d);
}

machine_status machine_open(machine *m, const char *port, const char *config, diag *d)
{
    start(m);
    if (!strncmp(port, "serial:", 7)) return open_serial(m, port + 7, config, d);
    if (!strcmp(port, "rtl")) m->kind = MACHINE_RTL;
    else if (strcmp(port, "model")) {
        diag_set(d, "port '%s' is unknown, expected model, rtl or serial:DEVICE[@BAUD]", port);
        return MACHINE_INPUT;
    }
    const machine_status s = read_config(config ? config : MACHINE_CONFIG, &m->cfg, d);
    if (s) return s;
    return machine_memory(m, 4096, 2, d);
}

machine_status machine_memory(machine *m, uint64_t bytes, uint32_t ring_size, diag *d)
{
    char     err[512] = "";
    lac_port port;
    if (m->kind == MACHINE_SERIAL) {
        const lac_serial_board *b = lac_serial_get_board(m->serial);
        const uint64_t          skip = m->base - b->mem_base, has = b->mem_bytes > skip ? b->mem_bytes - skip : 0;
        if (bytes > has) {
            diag_set(d, "the job takes %" PRIu64 " bytes of device memory, the board '%s' has %" PRIu64, bytes, b->name, has);
            return MACHINE_INPUT;
        }
        uint8_t *copy = calloc((size_t)bytes, 1);
        if (!copy) {
            diag_set(d, "not enough memory for %" PRIu64 " bytes", bytes);
            return MACHINE_INPUT;
        }
        free(m->mem);
        m->mem = copy;
        m->bytes = bytes;
        port = lac_serial_port(m->serial);
        return open_driver(m, &port, ring_size, d);
    }
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
    return open_driver(m, &port, ring_size, d);
}

enum { PIECE = 1 << 30 }; /* [bytes] a port takes 32-bit lengths */

lac_status machine_write(machine *m, lac_addr dst, const void *src, uint64_t n)
{
    const uint8_t *p = src;
    if (m->serial && n && dst >= m->base && dst - m->base <= m->bytes && n <= m->bytes - (dst - m->base)) memcpy(m->mem + (dst - m->base), src, n);
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
    lac_serial_close(m->serial);
    free(m->mem);
    memset(m, 0, sizeof *m);
}
