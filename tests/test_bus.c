/* SPDX-License-Identifier: Apache-2.0
 *
 * test_bus - the bus monitor and the memory of the benches, tested without any RTL
 *
 *   Monitor    hand-made waveforms: legal ones leave it silent; each rule is broken once and must be found by name
 *   Memory     a small master in C moves random bursts under every kind of stall; the bytes must arrive, the monitor
 *              must stay silent, faults must answer as told */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "axi_mem.h"
#include "axi_monitor.h"

static int      bad;
static uint64_t seed = 1;

static void check(int ok, const char *name, const char *what, const char *want, const char *got)
{
    if (ok) printf("ok - %s\n", name);
    else {
        printf("not ok - %s: %s, expected '%s', got '%s', seed %" PRIu64 "\n", name, what, want, got, seed);
        bad = 1;
    }
}

/* ---- Monitor: 64-bit bus, 32-bit addresses, bursts of 8, windows 0x1000 .. 0x3000 and 0x2000 .. 0x3000 ---- */

static axi_monitor mon;
static lac_pins    pin;

static void quiet(void) /* all channels idle, the payload of a legal read and write prepared */
{
    memset(&pin, 0, sizeof pin);
    pin.m_axi_araddr = 0x1000;
    pin.m_axi_arlen = 3;
    pin.m_axi_awaddr = 0x2000;
    pin.m_axi_awlen = 1;
    pin.m_axi_arsize = pin.m_axi_awsize = 3;
    pin.m_axi_arburst = pin.m_axi_awburst = 1;
    pin.m_axi_wstrb = 0xFF;
    pin.m_axi_rready = pin.m_axi_bready = 1;
}

static void cycle(void) { axi_monitor_clock(&mon, &pin); }

static void begin(void)
{
    axi_monitor_init(&mon, 64, 32, 8);
    mon.rd_lo = 0x1000;
    mon.rd_hi = 0x3000;
    mon.wr_lo = 0x2000;
    mon.wr_hi = 0x3000;
    mon.rd_limit = mon.wr_limit = 2;
    mon.patience = 10;
    quiet();
    pin.rst = 1;
    cycle();
    cycle();
    pin.rst = 0;
    cycle();
}

static void expect(const char *name, const char *text)
{
    if (!text) check(mon.found == 0, name, "finding", "", mon.first);
    else check(mon.found > 0 && strstr(mon.first, text) != NULL, name, "finding", text, mon.first);
}

static void ar(void) { pin.m_axi_arvalid = pin.m_axi_arready = 1; cycle(); pin.m_axi_arvalid = 0; }
static void aw(void) { pin.m_axi_awvalid = pin.m_axi_awready = 1; cycle(); pin.m_axi_awvalid = 0; }
static void r(int last) { pin.m_axi_rvalid = 1; pin.m_axi_rlast = (uint8_t)last; cycle(); pin.m_axi_rvalid = 0; }
static void b(void) { pin.m_axi_bvalid = 1; cycle(); pin.m_axi_bvalid = 0; }
static void w(int last)
{
    pin.m_axi_wvalid = pin.m_axi_wready = 1;
    pin.m_axi_wlast = (uint8_t)last;
    cycle();
    pin.m_axi_wvalid = 0;
}

static void legal_traffic(void)
{
    begin();
    ar();
    ar();
    for (int n = 0; n < 2; n++)
        for (int i = 0; i < 4; i++) r(i == 3);
    aw();
    w(0);
    pin.m_axi_wstrb = 0;
    w(1);
    b();
    w(0); /* data ahead of their address */
    w(1);
    pin.m_axi_wstrb = 0x0F;
    aw();
    b();
    pin.m_axi_arvalid = 1;
    pin.m_axi_arready = 0;
    for (int i = 0; i < 5; i++) cycle();
    ar();
    pin.m_axi_rready = 0;
    for (int i = 0; i < 9; i++) r(0);
    pin.m_axi_rready = 1;
    for (int i = 0; i < 4; i++) r(i == 3);
    expect("monitor: legal traffic", NULL);
    check(axi_monitor_idle(&mon), "monitor: idle after it", "idle", "1", "0");
}

/* Change one thing about a request while it waits. */
#define HELD(channel, name, text, change)                       \
    do {                                                        \
        begin();                                                \
        pin.m_axi_##channel##valid = 1;                         \
        cycle();                                                \
        change;                                                 \
        cycle();                                                \
        expect("monitor: " name, text);                         \
    } while (0)

/* One request of a wrong form. */
#define FORM(request, name, text, change)                       \
    do {                                                        \
        begin();                                                \
        change;                                                 \
        request();                                              \
        expect("monitor: " name, text);                         \
    } while (0)

static void broken_rules(void)
{
    HELD(ar, "ARVALID withdrawn", "ARVALID withdrawn", pin.m_axi_arvalid = 0);
    HELD(ar, "ARADDR changes", "AR changed", pin.m_axi_araddr = 0x1040);
    HELD(ar, "ARLEN changes", "AR changed", pin.m_axi_arlen = 2);
    HELD(aw, "AWVALID withdrawn", "AWVALID withdrawn", pin.m_axi_awvalid = 0);
    HELD(aw, "AWADDR changes", "AW changed", pin.m_axi_awaddr = 0x2040);
    HELD(w, "WVALID withdrawn", "WVALID withdrawn", pin.m_axi_wvalid = 0);
    HELD(w, "WDATA changes", "WDATA changed", pin.m_axi_wdata[1] = 1);
    HELD(w, "WSTRB changes", "WSTRB or WLAST", pin.m_axi_wstrb = 1);
    HELD(w, "WLAST changes", "WSTRB or WLAST", pin.m_axi_wlast = 1);

    FORM(ar, "AR not INCR", "AR: burst type", pin.m_axi_arburst = 2);
    FORM(ar, "AR narrow", "AR: size", pin.m_axi_arsize = 2);
    FORM(ar, "AR unaligned", "AR: address is not aligned", pin.m_axi_araddr = 0x1004);
    FORM(ar, "AR too long", "AR: longer", pin.m_axi_arlen = 8);
    FORM(ar, "AR across 4096 bytes", "AR: burst across", pin.m_axi_araddr = 0x1FF0);
    FORM(ar, "AR below the window", "AR: outside", pin.m_axi_araddr = 0x0FC0);
    FORM(ar, "AR beyond the window", "AR: outside", pin.m_axi_araddr = 0x3000);
    FORM(aw, "AW not INCR", "AW: burst type", pin.m_axi_awburst = 0);
    FORM(aw, "AW wide", "AW: size", pin.m_axi_awsize = 4);
    FORM(aw, "AW unaligned", "AW: address is not aligned", pin.m_axi_awaddr = 0x2001);
    FORM(aw, "AW too long", "AW: longer", pin.m_axi_awlen = 9);
    FORM(aw, "AW across 4096 bytes", "AW: burst across", pin.m_axi_awaddr = 0x2FF8);
    FORM(aw, "AW outside the window", "AW: outside", pin.m_axi_awaddr = 0x1000);
    FORM(aw, "AW beyond the address width", "AW: outside", (mon.wr_hi = UINT64_MAX, pin.m_axi_awaddr = 0x100000000u));

    begin(); ar(); ar(); ar();                       expect("monitor: a third read under way", "more reads");
    begin(); aw(); aw(); aw();                       expect("monitor: a third write under way", "more writes");
    begin(); aw(); w(1);                             expect("monitor: WLAST early", "WLAST wrong");
    begin(); aw(); w(0); w(0);                       expect("monitor: WLAST missing", "WLAST wrong");
    begin(); w(1); aw();                             expect("monitor: early data shorter than AWLEN", "data ahead");
    begin(); for (int i = 0; i < 9; i++) w(0);       expect("monitor: data without end", "data beyond");
    begin(); aw(); pin.m_axi_wstrb = 0x1FF; w(0);    expect("monitor: WSTRB beyond the bus", "lanes that do not exist");
    begin(); ar(); pin.m_axi_rready = 0; for (int i = 0; i < 10; i++) r(0); expect("monitor: RREADY never", "RREADY stays");
    begin(); aw(); w(0); w(1); pin.m_axi_bready = 0; for (int i = 0; i < 10; i++) b(); expect("monitor: BREADY never", "BREADY stays");
    begin(); pin.m_axi_arvalid = 1; pin.rst = 1; cycle(); cycle(); expect("monitor: VALID in reset", "VALID high in reset");

    begin(); r(0);                                   expect("monitor: R without a request", "R without");
    begin(); ar(); r(1);                             expect("monitor: RLAST early", "RLAST wrong");
    begin(); mon.bad_rlast = 1; ar(); r(1);          expect("monitor: RLAST early, allowed", NULL);
    begin(); b();                                    expect("monitor: B without a write", "B without");
    begin(); aw(); w(0); b();                        expect("monitor: B before the data", "B without");
    begin(); ar(); pin.m_axi_rready = 0; r(0); pin.m_axi_rvalid = 0; cycle(); expect("monitor: RVALID withdrawn", "RVALID withdrawn");
    begin(); ar(); pin.m_axi_rready = 0; r(0); pin.m_axi_rdata[0] = 7; r(0); expect("monitor: RDATA changes", "R changed");
    begin(); aw(); w(0); w(1); pin.m_axi_bready = 0; b(); pin.m_axi_bresp = 2; b(); expect("monitor: BRESP changes", "B withdrawn or");

    begin(); pin.s_axil_awvalid = 1; cycle(); pin.s_axil_awvalid = 0; cycle(); expect("monitor: lite AW withdrawn", "lite: AW");
    begin(); pin.s_axil_wvalid = 1; cycle(); pin.s_axil_wdata = 1; cycle();    expect("monitor: lite W changes", "lite: W");
    begin(); pin.s_axil_arvalid = 1; cycle(); pin.s_axil_araddr = 4; cycle();  expect("monitor: lite AR changes", "lite: AR");
    begin(); pin.s_axil_bvalid = 1; cycle();                                   expect("monitor: lite B without a write", "lite: B without");
    begin(); pin.s_axil_rvalid = 1; cycle();                                   expect("monitor: lite R without a read", "lite: R without");
    begin();
    pin.s_axil_arvalid = pin.s_axil_arready = 1;
    cycle();
    pin.s_axil_arvalid = 0;
    pin.s_axil_rvalid = 1;
    cycle();
    pin.s_axil_rdata = 5;
    cycle();
    expect("monitor: lite RDATA changes", "lite: R withdrawn");
    begin();
    pin.s_axil_awvalid = pin.s_axil_awready = pin.s_axil_wvalid = pin.s_axil_wready = 1;
    cycle();
    pin.s_axil_awvalid = pin.s_axil_wvalid = 0;
    pin.s_axil_bvalid = 1;
    cycle();
    pin.s_axil_bvalid = 0;
    cycle();
    expect("monitor: lite B withdrawn", "lite: B withdrawn");
}

/* ---- Memory ---- */

enum { BASE = 0x10000, SIZE = 0x8000, HALF = 0x4000, BURSTS = 200 };
static axi_mem mem;
static uint8_t bytes[SIZE], want[SIZE];

/* Reads fill got[], writes take their data from a pattern of the address; bursts of both directions under way together. */
typedef struct {
    uint32_t n_ar, n_aw, w_burst, w_beat, r_burst, r_beat, n_b;
    uint64_t ar[BURSTS], aw[BURSTS];
    uint32_t arlen[BURSTS], awlen[BURSTS];
    uint32_t resp[BURSTS];   /* reads: worst answer of the burst */
    uint32_t bresp[BURSTS];
    uint32_t wrong;          /* read beats with wrong data */
} master;
static master ma;

static uint8_t pattern(uint64_t addr) { return (uint8_t)(addr * 37 + (addr >> 8) * 11 + seed); }

/* True when all BURSTS of both directions are through; otherwise it gave up after `limit` cycles. */
static int run_master(uint32_t data_w, uint32_t limit, lac_rng *rng)
{
    const uint32_t beat = data_w / 8;
    lac_pins *p = &pin;
    memset(p, 0, sizeof *p);
    memset(&ma, 0, sizeof ma);
    for (uint32_t i = 0; i < BURSTS; i++) {
        /* reads in the lower half, writes in the upper, so that their order does not matter */
        ma.arlen[i] = 1 + rng_below(rng, 8);
        ma.awlen[i] = 1 + rng_below(rng, 8);
        ma.ar[i] = BASE + rng_below(rng, HALF / 1024) * 1024 + rng_below(rng, 8) * beat;
        ma.aw[i] = BASE + HALF + rng_below(rng, HALF / 1024) * 1024 + rng_below(rng, 8) * beat;
    }
    for (uint32_t t = 0; t < limit; t++) {
        if (ma.r_burst == BURSTS && ma.n_b == BURSTS) return 1;
        if (!p->m_axi_arvalid && ma.n_ar < BURSTS && rng_chance(rng, 200)) {
            p->m_axi_arvalid = 1;
            p->m_axi_araddr = ma.ar[ma.n_ar];
            p->m_axi_arlen = (uint8_t)(ma.arlen[ma.n_ar] - 1);
        }
        if (!p->m_axi_awvalid && ma.n_aw < BURSTS && rng_chance(rng, 200)) {
            p->m_axi_awvalid = 1;
            p->m_axi_awaddr = ma.aw[ma.n_aw];
            p->m_axi_awlen = (uint8_t)(ma.awlen[ma.n_aw] - 1);
        }
        /* data up to two bursts ahead of their address */
        if (!p->m_axi_wvalid && ma.w_burst < BURSTS && ma.w_burst <= ma.n_aw + 1 && rng_chance(rng, 200)) {
            const uint64_t at = ma.aw[ma.w_burst] + (uint64_t)ma.w_beat * beat;
            p->m_axi_wvalid = 1;
            p->m_axi_wstrb = rng_next(rng) & (beat < 64 ? ((uint64_t)1 << beat) - 1 : UINT64_MAX);
            p->m_axi_wlast = ma.w_beat + 1 == ma.awlen[ma.w_burst];
            for (uint32_t i = 0; i < beat; i++) ((uint8_t *)p->m_axi_wdata)[i] = pattern(at + i);
        }
        p->m_axi_arsize = p->m_axi_awsize = (uint8_t)(beat == 4 ? 2 : beat == 8 ? 3 : beat == 16 ? 4 : beat == 32 ? 5 : 6);
        p->m_axi_arburst = p->m_axi_awburst = 1;
        p->m_axi_rready = rng_chance(rng, 200);
        p->m_axi_bready = rng_chance(rng, 200);

        axi_mem_drive(&mem, p);
        axi_monitor_clock(&mon, p);
        axi_mem_clock(&mem, p);

        if (p->m_axi_arvalid && p->m_axi_arready) p->m_axi_arvalid = 0, ma.n_ar++;
        if (p->m_axi_awvalid && p->m_axi_awready) p->m_axi_awvalid = 0, ma.n_aw++;
        if (p->m_axi_wvalid && p->m_axi_wready) {
            const uint64_t at = ma.aw[ma.w_burst] + (uint64_t)ma.w_beat * beat;
            for (uint32_t i = 0; i < beat; i++)
                if (p->m_axi_wstrb >> i & 1) want[at - BASE + i] = pattern(at + i);
            p->m_axi_wvalid = 0;
            if (++ma.w_beat == ma.awlen[ma.w_burst]) ma.w_beat = 0, ma.w_burst++;
        }
        if (p->m_axi_rvalid && p->m_axi_rready) {
            const uint64_t at = ma.ar[ma.r_burst] + (uint64_t)ma.r_beat * beat;
            ma.wrong += memcmp(p->m_axi_rdata, want + (at - BASE), beat) != 0;
            if (p->m_axi_rresp) ma.resp[ma.r_burst] = p->m_axi_rresp;
            if (++ma.r_beat == ma.arlen[ma.r_burst]) ma.r_beat = 0, ma.r_burst++;
        }
        if (p->m_axi_bvalid && p->m_axi_bready) ma.bresp[ma.n_b++] = p->m_axi_bresp;
    }
    return 0;
}

static void memory(void)
{
    static const uint32_t widths[] = { 32, 64, 128, 256, 512 };
    char name[80], got[400];
    for (uint32_t i = 0; i < 20; i++) {
        lac_rng rng = { seed * 1000 + i };
        const uint32_t data_w = widths[i % 5];
        axi_mem_timing t;
        memset(&t, 0, sizeof t);
        t.rd_latency = 1 + rng_below(&rng, 30);
        t.wr_latency = 1 + rng_below(&rng, 30);
        t.outstanding = 1 + rng_below(&rng, 8);
        for (int c = 0; c < AXI_CHANNELS; c++) t.stall[c] = (uint8_t)(i / 5 ? rng_below(&rng, 230) : 0);
        t.w_after_aw = i % 3 == 1;
        t.aw_after_w = i % 3 == 2;
        t.seed = rng_next(&rng);
        for (uint32_t k = 0; k < SIZE; k++) bytes[k] = want[k] = (uint8_t)rng_next(&rng);
        axi_mem_init(&mem, bytes, BASE, SIZE, data_w, &t);
        axi_monitor_init(&mon, data_w, 32, 8);
        mon.rd_limit = mon.wr_limit = t.outstanding;
        const int through = run_master(data_w, 400000, &rng);
        int errors = 0;
        for (uint32_t k = 0; k < BURSTS; k++) errors += ma.resp[k] || ma.bresp[k];
        snprintf(name, sizeof name, "memory: %u bursts each way, %u bits, round %u", BURSTS, data_w, i);
        snprintf(got, sizeof got, "through %d, wrong beats %u, same bytes %d, errors %d, monitor %s", through, ma.wrong,
                 !memcmp(bytes, want, SIZE), errors, mon.first);
        check(through && !ma.wrong && !memcmp(bytes, want, SIZE) && !errors && !mon.found, name, "outcome",
              "through 1, wrong beats 0, same bytes 1, errors 0, monitor ", got);
    }
}

static void faults(void)
{
    char got[400];
    const axi_fault_kind kinds[] = { AXI_FAULT_SLVERR, AXI_FAULT_DECERR, AXI_FAULT_STALL, AXI_FAULT_NO_ADDR, AXI_FAULT_NO_DATA, AXI_FAULT_LAST };
    const char *const names[] = { "SLVERR", "DECERR", "no answer", "no address taken", "no data taken", "RLAST" };
    for (uint32_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int dir = 0; dir < 2; dir++) {
            if ((kinds[k] == AXI_FAULT_NO_DATA && !dir) || (kinds[k] == AXI_FAULT_LAST && dir)) continue;
            lac_rng rng = { seed * 77 + k };
            const axi_mem_timing t = { 3, 3, 4, { 60, 60, 60, 60, 60 }, 0, 0, seed + k };
            const axi_fault f = { BASE + (dir ? HALF : 0) + 0x400, BASE + (dir ? HALF : 0) + 0x440, !dir, (uint8_t)dir, kinds[k] };
            char name[80];
            for (uint32_t i = 0; i < SIZE; i++) bytes[i] = want[i] = (uint8_t)rng_next(&rng);
            axi_mem_init(&mem, bytes, BASE, SIZE, 64, &t);
            axi_mem_add_fault(&mem, f);
            axi_monitor_init(&mon, 64, 32, 8);
            const int through = run_master(64, 50000, &rng);
            /* every burst that touches the range, and no other, answers with the error */
            const uint32_t code = kinds[k] == AXI_FAULT_SLVERR ? 2 : kinds[k] == AXI_FAULT_DECERR ? 3 : 0;
            int wrong = 0, touching = 0, first = BURSTS;
            for (int i = 0; i < BURSTS; i++) {
                const uint64_t at = dir ? ma.aw[i] : ma.ar[i], n = 8u * (dir ? ma.awlen[i] : ma.arlen[i]);
                const int hit = at < f.hi && f.lo < at + n;
                if (hit && first == BURSTS) first = i;
                touching += hit;
                wrong += (dir ? ma.bresp[i] : ma.resp[i]) != (hit ? code : 0);
            }
            snprintf(name, sizeof name, "memory: %s on %s", names[k], dir ? "writes" : "reads");
            if (code) {
                snprintf(got, sizeof got, "through %d, wrong answers %d of %d", through, wrong, touching);
                check(through && !wrong && touching, name, "outcome", "through 1, wrong answers 0", got);
            } else if (kinds[k] == AXI_FAULT_LAST) {
                snprintf(got, sizeof got, "through %d, monitor %s", through, mon.first);
                check(through && strstr(mon.first, "RLAST wrong"), name, "outcome", "through 1, monitor RLAST wrong", got);
            } else {
                const int done = (int)(dir ? ma.n_b : ma.r_burst);
                snprintf(got, sizeof got, "through %d, stopped at %d (first touching %d)", through, done, first);
                check(!through && done == first && !mon.found, name, "outcome", "stopped at the first burst that touches", got);
                axi_mem_no_faults(&mem);
            }
        }
}

/* Without stalls: first beat and B after exactly their latencies, then a beat a cycle. */
static void latency(void)
{
    const axi_mem_timing t = { 17, 9, 4, { 0 }, 0, 0, 1 };
    uint32_t first = 0, last = 0, answer = 0, w = 0;
    char got[80];
    axi_mem_init(&mem, bytes, BASE, SIZE, 64, &t);
    quiet();
    pin.m_axi_araddr = BASE;
    pin.m_axi_awaddr = BASE + HALF;
    pin.m_axi_arlen = 7;
    pin.m_axi_awlen = 3;
    pin.m_axi_arvalid = pin.m_axi_awvalid = pin.m_axi_wvalid = 1; /* all taken in cycle 0 */
    for (uint32_t i = 0; i < 60; i++) {
        axi_mem_drive(&mem, &pin);
        if (pin.m_axi_rvalid) last = i, first = first ? first : i;
        if (pin.m_axi_bvalid) answer = i;
        axi_mem_clock(&mem, &pin);
        pin.m_axi_arvalid = pin.m_axi_awvalid = 0;
        pin.m_axi_wvalid = ++w < 4; /* last beat in cycle 3 */
    }
    snprintf(got, sizeof got, "%u %u %u", first, last, answer);
    check(first == 17 && last == 24 && answer == 12, "memory: latencies", "cycles of first and last beat, B", "17 24 12", got);
}

int main(void)
{
    if (getenv("SEED")) seed = strtoull(getenv("SEED"), NULL, 10);
    legal_traffic();
    broken_rules();
    memory();
    latency();
    faults();
    return bad;
}
