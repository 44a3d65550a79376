/* SPDX-License-Identifier: Apache-2.0
 *
 * test_random - the same random jobs on the golden model and on the Verilated core, over all configurations
 *
 *   Model      its memory must be what tests/naive.h expects (jobs without overflow): so the jobs mean something
 *   Core       whole memory, STATUS, IRQ_STATUS, DONE, error record and counters must be the model's, under random stalls
 *              and latencies; the cause counters of every unit must add up; the bus monitor must stay silent
 *   Repeat     a failing line holds configuration and seed: CONFIG=name SEED=n JOBS=1 build/tests/test_random
 *              JOBS=n runs n jobs for each configuration; CONFIG may also name one that is not among the five (the netlist's: i5)
 *   Lines      one for up to 100 jobs */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pair.h"

static int bad;

/* One job; "" or what went wrong. */
static void run(const lac_config *cfg, const lac_caps *caps, machine *rtl, uint64_t seed, job_stats *sum, uint32_t *errors,
                char *what, size_t n)
{
    job     j;
    machine model;
    outcome want, got;
    lac_rng r = { seed ^ 0xBEEFu };

    *what = 0;
    if (job_make(&j, caps, seed) || machine_model(&model, cfg, j.base)) {
        snprintf(what, n, "no host memory");
        return;
    }
    memcpy(model.mem, j.mem, JOB_MEM);
    pair_feed(&model, &j, 0, 0, &want);
    job_stats_add(sum, &j.stats);
    *errors += want.err_code != 0;
    if (want.err_code && !j.may_overflow) snprintf(what, n, "model: error 0x%x cmd %u in a legal job", want.err_code, want.err_cmd);
    if (!want.err_code) {
        /* ring entries are the only inputs that feeding changed */
        memcpy(j.want + (j.ring - j.base), model.mem + (j.ring - j.base), 64u * (size_t)j.ring_size);
        for (uint64_t i = 0; i < JOB_MEM && !*what; i++)
            if (model.mem[i] != j.want[i])
                snprintf(what, n, "model: memory at 0x%" PRIx64 ": expected %02x, got %02x", j.base + i, j.want[i], model.mem[i]);
    }
    if (!*what && rtl->rtl) {
        const axi_mem_timing t = pair_timing(&r, rng_chance(&r, 60));
        if (machine_prepare(rtl, &j, &t, rng_chance(&r, 80))) snprintf(what, n, "soft reset does not end");
        else {
            pair_feed(rtl, &j, 0, 4000000, &got);
            /* behind an error the two may have put different commands into the ring */
            pair_compare(&j, &model, &want, rtl, &got, j.ring, want.err_code ? j.ring + 64u * (uint64_t)j.ring_size : j.ring, what, n);
            if (!*what && !got.err_code) pair_causes(rtl, caps, &want, &got, what, n);
            if (!*what && lac_rtl_monitor(rtl->rtl)->found) snprintf(what, n, "bus monitor: %s", lac_rtl_monitor(rtl->rtl)->first);
        }
    }
    machine_close(&model);
    job_free(&j);
}

static void configuration(const char *name, uint64_t seed, uint32_t jobs)
{
    lac_config cfg;
    lac_caps   caps;
    machine    probe, rtl;
    char       err[300], what[500];
    job_stats  s;
    uint32_t   errors = 0;

    memset(&s, 0, sizeof s);
    memset(&caps, 0, sizeof caps);
    if (pair_config(name, &cfg) || machine_model(&probe, &cfg, 0)) {
        printf("not ok - random %s: configs/%s.cfg, expected a configuration, got none, seed -\n", name, name);
        bad = 1;
        return;
    }
    job_caps(&probe.port, &caps);
    machine_close(&probe);
    if (machine_rtl(&rtl, name, err, sizeof err)) printf("skip - random %s on the RTL: %s\n", name, err);

    for (uint32_t i = 0; i < jobs;) {
        const uint32_t first = i, batch = jobs - i < 100 ? jobs - i : 100;
        uint32_t failed = 0;
        for (; i < first + batch && failed < 3; i++) {
            const uint64_t one = seed + 1000003u * (uint64_t)i;
            run(&cfg, &caps, &rtl, one, &s, &errors, what, sizeof what);
            if (!*what) continue;
            printf("not ok - random %s job %u: %s, seed %" PRIu64 " (CONFIG=%s SEED=%" PRIu64 " JOBS=1)\n", name, i, what, one, name, one);
            bad = 1;
            failed++;
            if (rtl.rtl) { /* a sick core must not spoil the jobs behind */
                machine_close(&rtl);
                if (machine_rtl(&rtl, name, err, sizeof err)) memset(&rtl, 0, sizeof rtl);
            }
        }
        if (!failed) printf("ok - random %s: jobs %u .. %u%s\n", name, first, i - 1, rtl.rtl ? "" : " (model only)");
        fflush(stdout);
        if (failed >= 3) break;
    }
    printf("# %s: %u layers (csc %u csc8 %u n:4 %u; chained %u, weights reused %u), lists in %u out %u, outputs i8 %u u8 %u i16 %u raw %u; "
           "column blocks in %u layers, %u commands, %u for needed columns, %u of %u columns skipped, %u empty; %u of %u outputs non-zero; %u of %u slices empty, %u of %u entries padding; reaches the end of weight RAM %u param %u, fills col %u acc %u feat "
           "%u; %u tokens; %u EXECs with windows, %u of their elements padding; several pixels a point in %u layers, guard pixels in %u, shared accumulators in %u, format 3 in %u, with weights of 16 bits in %u, pooling in %u, AVERAGE in %u; %u jobs end in an error; maps %u, in two parts %u, rules %u; %" PRIu64 " cycles\n", name, s.layers, s.format[0], s.format[1], s.format[2], s.chained,
           s.reused, s.list_in, s.list_out, s.out_type[0], s.out_type[1], s.out_type[2], s.out_type[3],
           s.col_layers, s.col_blocks, s.col_needed, s.cols_skipped, s.cols, s.cols_empty, s.nonzero, s.outputs, s.empty_slices,
           s.slices, s.padding, s.entries, s.full_weight, s.full_param, s.full_col, s.full_acc, s.full_feat, s.tokens, s.windows, s.outside, s.rowed, s.guarded, s.shared, s.by_lane, s.wide, s.pooled, s.averaged, errors, s.maps, s.map_parts, s.rules,
           rtl.rtl ? lac_rtl_cycles(rtl.rtl) : 0);
    machine_close(&rtl);
}

int main(void)
{
    static const uint32_t default_jobs[PAIR_CONFIGS] = { 900, 600, 500, 300, 60 };
    const char *s = getenv("SEED"), *n = getenv("JOBS"), *only = getenv("CONFIG");
    const uint64_t seed = s ? strtoull(s, NULL, 10) : 1;
    int ran = 0;
    for (int i = 0; i < PAIR_CONFIGS; i++)
        if (!only || !*only || !strcmp(only, pair_configs[i])) {
            configuration(pair_configs[i], seed, n ? (uint32_t)strtoul(n, NULL, 10) : default_jobs[i]);
            ran = 1;
        }
    if (!ran) configuration(only, seed, n ? (uint32_t)strtoul(n, NULL, 10) : 300);
    return bad;
}
