/* SPDX-License-Identifier: Apache-2.0
 *
 * report_page.c - see report_page.h
 *
 *   Drawings are 1000 units wide. Colours are those of Okabe and Ito, which people who do not see red and green apart can tell; every one of them
 *   also stands in a legend, in words */
#include "report_page.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "causes.h"
#include "lac_hw.h"

static const unsigned char page_[] = {
#include "report_page.inc" /* generated: report_page.html */
};

enum { BUSY = LAC_CAUSE_LANE_BUSY, IDLE = LAC_CAUSE_LANE_IDLE, LANES = REPORT_ON_LANES };

/* ---- Text ------------------------------------------------------------------------------------------ */

static void escape(FILE *f, const char *s)
{
    for (; s && *s; s++) switch (*s) {
        case '&':  fputs("&amp;", f); break;
        case '<':  fputs("&lt;", f); break;
        case '>':  fputs("&gt;", f); break;
        case '"':  fputs("&quot;", f); break;
        case '\'': fputs("&#39;", f); break;
        default:   fputc((unsigned char)*s < 0x20 ? ' ' : *s, f);
        }
}

/* 12,345; what is not whole with a few digits; "-" for what is not known. */
static const char *commas(double v, char buf[40])
{
    char digits[32];
    if (v < 0) return strcpy(buf, "-");
    if (v >= 1e15 || (v != floor(v) && v < 1000)) {
        snprintf(buf, 40, "%.4g", v);
        return buf;
    }
    snprintf(digits, sizeof digits, "%.0f", v);
    char *to = buf;
    for (size_t n = strlen(digits), i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) *to++ = ',';
        *to++ = digits[i];
    }
    *to = 0;
    return buf;
}

static void put(FILE *f, double v)
{
    char buf[40];
    fputs(commas(v, buf), f);
}

static double share(double part, double of) { return of > 0 ? 100 * part / of : 0; }

/* ---- What the numbers say ------------------------------------------------------------------------------ */

/* Cycles of the job: measured, else predicted, else 0. */
static double cycles(const report *r) { return r->cycles >= 0 ? r->cycles : r->predicted >= 0 ? r->predicted : 0; }

static double rate(const report *r) { return cycles(r) > 0 && r->needed >= 0 ? r->needed / cycles(r) : 0; }

/* Bytes of the busier direction: reads and writes each have a bus. */
static double bytes(const report *r) { return r->read_bytes > r->write_bytes ? r->read_bytes : r->write_bytes; }

static double fullest_lane(const report *r)
{
    double most = 0;
    for (uint32_t l = 0; l < r->lanes; l++) most = fmax(most, r->lane[BUSY][l] + r->lane[LAC_CAUSE_LANE_PADDING][l]);
    return most;
}

/* What it means that a resource is the limit, and what would help. `percent`: of the cycles in which it is in use, or negative. */
static void bound_text(const report *r, const char *bound, double percent, char *limit, char *help, size_t n)
{
    char used[96] = "";
    if (!strcmp(bound, "lanes")) {
        const double mean = r->cause[LANES][BUSY] / r->lanes, most = fullest_lane(r);
        if (percent >= 0) snprintf(used, sizeof used, ": the fullest lane is at work in %.0f %% of the cycles", percent);
        if (r->counted && most > 1.25 * mean) {
            snprintf(limit, n, "One lane has more to do than the others%s, %.1f times as long as the mean of all.", used, mean > 0 ? most / mean : 0);
            snprintf(help, n, "Work that is spread more evenly would help: more output channels than lanes, or a configuration with fewer lanes.");
        } else if (r->issued > 1.15 * r->needed) {
            snprintf(limit, n, "The multipliers are the limit%s. Of what they multiply %.0f %% contains a zero.", used,
                     share(r->issued - r->needed, r->issued));
            snprintf(help, n, "A format that stores fewer zeros (csc, or a smaller N of N:4) would help, or a configuration with more lanes.");
        } else {
            snprintf(limit, n, "The multipliers are the limit%s.", used);
            snprintf(help, n, "Only fewer multiplications (sparser weights or activations) or a configuration with more lanes would help.");
        }
        return;
    }
    if (percent >= 0) snprintf(used, sizeof used, ": it is at work in %.0f %% of the cycles", percent);
    if (!strcmp(bound, "items")) {
        snprintf(limit, n, "EXEC is the limit%s. It hands out one activation a cycle, and each brings %.1f multiplications for %" PRIu32 " lanes.", used,
                 r->items > 0 ? r->needed / r->items : 0, r->lanes);
        snprintf(help, n, "More output channels a lane would help, or a matrix with fewer almost empty columns; more lanes would not. `lacuna advise` tells whether another format would.");
    } else if (!strcmp(bound, "read bus")) {
        snprintf(limit, n, "The read bus is the limit%s.", used);
        snprintf(help, n, r->resident == 1 ? "Weights are on chip already: narrower activations or a wider bus would help."
                                           : "Weights that stay on chip (--resident, where they fit), more points in a batch (weights are "
                                             "fetched once for all of them), "
                                             "fewer bits a weight, or a wider bus would help.");
    } else if (!strcmp(bound, "write bus")) {
        snprintf(limit, n, "The write bus is the limit%s.", used);
        snprintf(help, n, "Requantised outputs (one or two bytes instead of an accumulator's eight) or a wider bus would help.");
    } else if (!strcmp(bound, "store")) {
        snprintf(limit, n, "STORE is the limit%s.", used);
        snprintf(help, n, "A configuration that requantises more outputs a cycle (STORE_W), or more input channels for each output, would help.");
    } else {
        snprintf(limit, n, "No resource is in use for three quarters of the cycles: loading, computing and storing wait for each other.");
        snprintf(help, n, "A longer job would help: more points in a batch, or several jobs back to back (--repeat), so that loading, computing and "
                 "storing overlap.");
    }
}

/* Nothing is used to the full: then the commonest reason why lanes do not multiply. */
static void waiting_text(const report *r, char *limit, char *help, size_t n)
{
    const double (*c)[LAC_CAUSES] = r->cause;
    const double all = r->lanes * cycles(r);
    int          most = IDLE;
    for (int i = 0; i < LAC_CAUSES; i++)
        if (i != BUSY && c[LANES][i] > c[LANES][most]) most = i;
    const double percent = share(c[LANES][most], all);
    const double stores = cycles(r) - c[LAC_ON_STORE][LAC_CAUSE_STORE_IDLE] - c[LAC_ON_STORE][LAC_CAUSE_STORE_TOKEN];
    /* Lanes without a job: EXEC's next command waits for its tokens, which LOAD gives, or there is none any more, or not yet. */
    const double token = c[LAC_ON_EXEC][LAC_CAUSE_EXEC_TOKEN], none = c[LAC_ON_EXEC][LAC_CAUSE_EXEC_IDLE];
    const double waits = share(token >= none ? token : none, cycles(r));
    switch (most) {
    case LAC_CAUSE_LANE_IDLE:
        if (token < none && stores < none / 2) {
            snprintf(limit, n, "Start and end of the job are the limit: in %.0f %% of its cycles there is nothing to compute, not yet or not any more.", waits);
            snprintf(help, n, "A longer job would help: more points in a batch, or several jobs back to back (--repeat).");
        } else if (token >= none && c[LAC_ON_LOAD][LAC_CAUSE_LOAD_BUS] > c[LAC_ON_LOAD][LAC_CAUSE_LOAD_BUSY]) {
            snprintf(limit, n, "The latency of the memory is the limit: in %.0f %% of their cycles the lanes have no job, and LOAD waits for lines "
                     "more often than it gets one.", waits);
            snprintf(help, n, "A longer job would help (more points in a batch, --repeat), so that fetching and computing overlap, or weights that "
                     "stay on chip.");
        } else if (token >= none) {
            snprintf(limit, n, "Loading is the limit: in %.0f %% of their cycles the lanes have no job, because what they need is still being "
                     "fetched.", waits);
            snprintf(help, n, r->resident == 1 ? "More points in a batch, or jobs back to back (--repeat), would help: features are "
                                                 "then fetched while others are computed."
                                               : "Weights that stay on chip (--resident, where they fit) or more points in a batch would help: "
                                                 "weights are then fetched once for all of them.");
        } else {
            snprintf(limit, n, "Storing is the limit: in %.0f %% of their cycles the lanes have no job, while results leave the machine.", waits);
            snprintf(help, n, "Requantised outputs instead of exact accumulators would help, or a longer job (more points, --repeat), so that "
                     "storing and computing overlap.");
        }
        break;
    case LAC_CAUSE_LANE_ITEMS:
        snprintf(limit, n, "The rate of items is the limit: in %.0f %% of their cycles the lanes have no item.", percent);
        snprintf(help, n, "More output channels a lane or denser columns would help, so that an item keeps a lane busy for longer; or fewer lanes.");
        break;
    case LAC_CAUSE_LANE_BLOCKED:
        snprintf(limit, n, "Uneven columns are the limit: in %.0f %% of their cycles lanes have no item because EXEC waits for another lane whose "
                 "queue is full.", percent);
        snprintf(help, n, "A configuration with longer queues (FIFO_DEPTH), more output channels a lane, or non-zeros that are spread more evenly "
                 "would help.");
        break;
    case LAC_CAUSE_LANE_DRAIN:
        snprintf(limit, n, "The ends of jobs are the limit: in %.0f %% of their cycles lanes are done while others still work.", percent);
        snprintf(help, n, "More points in a batch would help, or channels whose non-zeros are spread more evenly over the lanes.");
        break;
    case LAC_CAUSE_LANE_WEIGHTS:
        snprintf(limit, n, "Short columns are the limit: in %.0f %% of their cycles lanes wait for an item's words from their own RAM.", percent);
        snprintf(help, n, "More output channels a lane would help, so that an item brings more multiplications.");
        break;
    default:
        snprintf(limit, n, "Padding is the limit: in %.0f %% of their cycles lanes meet an entry that multiplies nothing.", percent);
        snprintf(help, n, "Another format would help: csc8 bridges longer gaps than csc.");
    }
}

void report_verdict(const report *r, char *limit, char *help, size_t n)
{
    const double t = cycles(r);
    const struct { const char *bound; double used; } of[] = {
        { "lanes", fullest_lane(r) },
        { "items", r->cause[LAC_ON_EXEC][LAC_CAUSE_EXEC_BUSY] },
        { "read bus", r->cause[LAC_ON_READ][LAC_CAUSE_READ_BUSY] },
        { "write bus", r->cause[LAC_ON_WRITE][LAC_CAUSE_WRITE_BUSY] },
        { "store", r->cause[LAC_ON_STORE][LAC_CAUSE_STORE_BUSY] },
    };
    size_t best = 0;
    for (size_t i = 1; i < sizeof of / sizeof *of; i++)
        if (of[i].used > of[best].used) best = i;
    if (t > 0 && r->counted && of[best].used >= 0.75 * t) bound_text(r, of[best].bound, share(of[best].used, t), limit, help, n);
    else if (t > 0 && r->counted) waiting_text(r, limit, help, n);
    else if (r->bound) bound_text(r, r->bound, -1, limit, help, n);
    else {
        snprintf(limit, n, "What limits this job is not in its statistics: nothing was measured.");
        snprintf(help, n, "Run it with --port rtl.");
    }
}

/* ---- Head ------------------------------------------------------------------------------------------------ */

static void heading(const report *r, FILE *f)
{
    fprintf(f, "Lacuna: ");
    if (r->format) {
        escape(f, r->format);
        fputs(r->resident == 1 ? ", weights on chip, on " : r->resident == 0 ? ", weights streamed, on " : " on ", f);
    }
    escape(f, r->config);
    fputs(r->cycles >= 0 ? " (measured)" : " (predicted)", f);
}

static void machine(const report *r, FILE *f)
{
    fputs("Configuration ", f);
    escape(f, r->config);
    fprintf(f, ": %" PRIu32 " lanes", r->lanes);
    if (r->bus_bits >= 0) fprintf(f, ", %.0f-bit bus", r->bus_bits);
    if (r->latency >= 0) fprintf(f, ", memory latency %.0f cycles", r->latency);
    fputs("; port ", f);
    escape(f, r->port);
    if (r->repeat > 1) fprintf(f, "; %.0f times back to back", r->repeat);
    if (r->storage) {
        fputs("; storage ", f);
        escape(f, r->storage);
    }
    if (r->git) {
        fputs("; commit ", f);
        escape(f, r->git);
    }
}

static void tile(FILE *f, double v, const char *unit, const char *what)
{
    fputs("<div class=\"tile\"><b>", f);
    put(f, v);
    fprintf(f, "%s</b><span>%s</span></div>", unit, what);
}

static void tiles(const report *r, FILE *f)
{
    const double t = cycles(r);
    tile(f, t > 0 ? t : -1, "", r->cycles >= 0 ? "cycles, measured" : "cycles, predicted");
    tile(f, t > 0 ? floor(1000 * rate(r) / r->lanes + 0.5) / 10 : -1, t > 0 ? "&#8239;%" : "",
         "utilisation: needed multiplications of what the lanes could do");
    tile(f, r->needed, "", "multiplications needed (neither operand zero)");
    tile(f, r->read_bytes >= 0 && r->write_bytes >= 0 ? r->read_bytes + r->write_bytes : -1, "", "bytes moved");
}

static void verdict(const report *r, FILE *f)
{
    char limit[512], help[512];
    report_verdict(r, limit, help, sizeof limit);
    fprintf(f, "<p><b>%s</b></p><p>%s</p>", limit, help);
}

/* ---- Roofline --------------------------------------------------------------------------------------------- */

typedef struct { double x0, x1, y0, y1; } frame; /* log2 of the ends of both axes */

enum { ROOF_W = 640, ROOF_H = 400, ROOF_L = 62, ROOF_R = 12, ROOF_T = 14, ROOF_B = 46 };

static double at_x(const frame *a, double v) { return ROOF_L + (ROOF_W - ROOF_L - ROOF_R) * (log2(v) - a->x0) / (a->x1 - a->x0); }
static double at_y(const frame *a, double v) { return ROOF_T + (ROOF_H - ROOF_T - ROOF_B) * (a->y1 - log2(v)) / (a->y1 - a->y0); }

static void ticks(FILE *f, const frame *a, int vertical)
{
    const int lo = (int)(vertical ? a->y0 : a->x0), hi = (int)(vertical ? a->y1 : a->x1), step = (hi - lo + 7) / 8;
    for (int e = lo; e <= hi; e += step) {
        char         text[24];
        const double v = ldexp(1, e), p = vertical ? at_y(a, v) : at_x(a, v);
        if (e < 0 && e >= -10) snprintf(text, sizeof text, "1/%d", 1 << -e);
        else snprintf(text, sizeof text, "%.4g", v);
        if (vertical) fprintf(f, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"dim\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
                              ROOF_L, p, ROOF_W - ROOF_R, ROOF_L - 6, p + 4, text);
        else fprintf(f, "<path class=\"grid\" d=\"M%.1f %dV%d\"/><text class=\"dim\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>", p, ROOF_T,
                     ROOF_H - ROOF_B, p, ROOF_H - ROOF_B + 16, text);
    }
}

/* The roofs over the job: multiplications a cycle that each resource would allow it. Negative: not known. */
typedef struct { double lanes, bus, items, x, y, lowest; const char *name; } roofs;

static roofs find_roofs(const report *r)
{
    roofs o = { r->lanes, -1, -1, -1, rate(r), r->lanes, "lanes" };
    if (bytes(r) > 0 && r->bus_bits > 0 && r->needed > 0) {
        o.x = r->needed / bytes(r);
        o.bus = o.x * r->bus_bits / 8;
    }
    if (r->items > 0 && r->needed > 0) o.items = r->needed / r->items;
    if (o.bus > 0 && o.bus < o.lowest) o.lowest = o.bus, o.name = "bus";
    if (o.items > 0 && o.items < o.lowest) o.lowest = o.items, o.name = "rate of items";
    return o;
}

static void roofline(const report *r, FILE *f)
{
    const roofs o = find_roofs(r);
    if (!(o.x > 0 && o.y > 0)) {
        fputs("<p class=\"note\">Nothing to draw: no multiplications, no bytes or no cycles are known.</p>", f);
        return;
    }
    const double width = r->bus_bits / 8, ridge = r->lanes / width, top = fmax(r->lanes, fmin(o.items, 8.0 * r->lanes));
    const double bottom = fmin(o.y, fmin(o.lowest, r->lanes / 8.0));
    const frame  a = { floor(log2(fmin(o.x, ridge))) - 2, ceil(log2(fmax(o.x, ridge))) + 2, floor(log2(bottom)) - 1, ceil(log2(top)) + 1 };
    const double left = ldexp(1, (int)a.x0), low = ldexp(1, (int)a.y0), start = fmax(left, low / width);
    fprintf(f, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Roofline\">", ROOF_W, ROOF_H);
    ticks(f, &a, 0);
    ticks(f, &a, 1);
    fprintf(f, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>", ROOF_L, ROOF_T, ROOF_H - ROOF_B, ROOF_W - ROOF_R);
    fprintf(f, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">multiplications needed for each byte moved</text>", (ROOF_W + ROOF_L) / 2,
            ROOF_H - 10);
    fprintf(f, "<text transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">multiplications a cycle</text>",
            (ROOF_H - ROOF_B + ROOF_T) / 2);

    /* The bus' roof goes from (x0, y0) to (x1, y1). */
    const double x0 = at_x(&a, start), y0 = at_y(&a, start * width), x1 = at_x(&a, ridge), y1 = at_y(&a, r->lanes);
    fprintf(f, "<path fill=\"#0072B2\" fill-opacity=\".07\" d=\"M%.1f %dL%.1f %.1fL%.1f %.1fH%dV%dZ\"/>", x0, ROOF_H - ROOF_B, x0, y0, x1, y1,
            ROOF_W - ROOF_R, ROOF_H - ROOF_B);
    fprintf(f, "<path stroke=\"#0072B2\" stroke-width=\"2.5\" fill=\"none\" d=\"M%.1f %.1fH%d\"/>", x1, y1, ROOF_W - ROOF_R);
    fprintf(f, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">lanes: %" PRIu32 " multipliers</text>", ROOF_W - ROOF_R - 4, y1 - 7, r->lanes);
    fprintf(f, "<path stroke=\"#D55E00\" stroke-width=\"2.5\" fill=\"none\" d=\"M%.1f %.1fL%.1f %.1f\"/>", x0, y0, x1, y1);
    fprintf(f, "<text transform=\"translate(%.1f %.1f) rotate(%.1f)\" text-anchor=\"middle\">bus: %.0f bytes a cycle</text>", (x0 + x1) / 2 - 5,
            (y0 + y1) / 2 - 6, -atan2(y0 - y1, x1 - x0) * 45 / atan(1), width);
    if (o.items > low && log2(o.items) < a.y1) {
        fprintf(f, "<path stroke=\"#009E73\" stroke-width=\"2.5\" stroke-dasharray=\"7 5\" fill=\"none\" d=\"M%d %.1fH%d\"/>", ROOF_L,
                at_y(&a, o.items), ROOF_W - ROOF_R);
        fprintf(f, "<text x=\"%d\" y=\"%.1f\">items: one a cycle, %.3g multiplications each</text>", ROOF_L + 6, at_y(&a, o.items) - 7, o.items);
    }
    const double px = at_x(&a, o.x), py = at_y(&a, o.y), iy = at_y(&a, o.lowest);
    const int    flip = px > ROOF_W * 0.62; /* room for the label */
    fprintf(f, "<path stroke=\"#1a1a1a\" stroke-dasharray=\"2 3\" d=\"M%.1f %.1fV%.1f\"/>", px, py, iy);
    fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"6\" fill=\"#fff\" stroke=\"#1a1a1a\" stroke-width=\"2\"><title>ideal: %.3g multiplications a "
            "cycle</title></circle>", px, iy, o.lowest);
    fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"7\" fill=\"#1a1a1a\"><title>this job: %.3g multiplications a cycle</title></circle>", px, py,
            o.y);
    fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-weight=\"600\">this job: %.3g</text></svg>", px + (flip ? -13 : 13), py + 14,
            flip ? "end" : "start", o.y);
}

static void roof_row(FILE *f, const char *name, double v, double y, const char *why)
{
    fprintf(f, "<tr><td>%s</td><td class=\"n\">", name);
    put(f, v >= 0 ? floor(v * 100 + 0.5) / 100 : v);
    fputs("</td><td class=\"n\">", f);
    if (v > 0) fprintf(f, "%.0f&#8239;%%", share(y, v));
    fprintf(f, "</td><td>%s</td></tr>", why);
}

static void roof_list(const report *r, FILE *f)
{
    const roofs o = find_roofs(r);
    fputs("<table><tr><th>roof</th><th class=\"n\">allows</th><th class=\"n\">reached</th><th></th></tr>", f);
    roof_row(f, "lanes", o.lanes, o.y, "one multiplier a lane");
    roof_row(f, "bus", o.bus, o.y, "bytes of the busier direction");
    roof_row(f, "items", o.items, o.y, "one activation (N:4: four) a cycle");
    fputs("</table><p class=\"note\">In multiplications a cycle. ", f);
    if (o.y > 0) {
        fprintf(f, "The lowest roof over this job is that of the %s: this job runs at %.0f&#8239;%% of it. ", o.name, share(o.y, o.lowest));
        fputs("The open circle is the ideal; the way up to it is what waiting costs. At that roof the job would take ", f);
        put(f, ceil(r->needed / o.lowest));
        fputs(" cycles.", f);
    }
    fputs("</p>", f);
}

/* ---- Causes ------------------------------------------------------------------------------------------------ */

static const char *colour(const char *cause)
{
    static const struct { const char *name, *colour; } of[] = {
        { "idle", "#DDDDDD" }, { "busy", "#0072B2" }, { "bus", "#E69F00" }, { "wait", "#E69F00" }, { "weights", "#E69F00" }, { "work", "#56B4E9" },
        { "token", "#009E73" }, { "blocked", "#D55E00" }, { "held", "#D55E00" }, { "scan", "#F0E442" }, { "items", "#F0E442" },
        { "drain", "#CC79A7" }, { "padding", "#444444" },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (!strcmp(of[i].name, cause)) return of[i].colour;
    return "#FFFFFF";
}

static const char *ink(const char *fill) { return strchr("04", fill[1]) || !strcmp(fill, "#D55E00") ? "#fff" : "#1a1a1a"; }

static void swatch(FILE *f, const char *fill) { fprintf(f, "<i class=\"c\" style=\"background:%s\"></i>", fill); }

/* Causes in the order in which a reader asks: what was done, what was waited for, nothing to do. */
static int order(int i) { return i == 0 ? BUSY : i < LAC_CAUSES - 1 ? i + 1 : IDLE; }

static void cause_bar(const report *r, int unit, const char *name, FILE *f)
{
    double sum = 0, x = 0;
    for (int c = 0; c < LAC_CAUSES; c++) sum += r->cause[unit][c];
    fprintf(f, "<div class=\"unit\"><span class=\"name\">%s</span><svg viewBox=\"0 0 1000 26\" role=\"img\" aria-label=\"%s\">", name, name);
    for (int i = 0; i < LAC_CAUSES; i++) {
        const int    c = order(i);
        const double w = sum > 0 ? 1000 * r->cause[unit][c] / sum : 0;
        const char  *cause = causes_name(unit, c);
        if (!cause || w <= 0) continue;
        fprintf(f, "<g><title>%s: %s, ", cause, causes_text(unit, c));
        put(f, r->cause[unit][c]);
        fprintf(f, "</title><rect x=\"%.2f\" y=\"1\" width=\"%.2f\" height=\"24\" fill=\"%s\" stroke=\"#fff\"/>", x, w, colour(cause));
        if (w > 16 + 7.5 * (double)strlen(cause))
            fprintf(f, "<text x=\"%.1f\" y=\"17\" style=\"fill:%s\">%s</text>", x + 7, ink(colour(cause)), cause);
        fputs("</g>", f);
        x += w;
    }
    fputs("</svg><ul class=\"legend\">", f);
    for (int i = 0; i < LAC_CAUSES; i++) {
        const int   c = order(i);
        const char *cause = causes_name(unit, c);
        if (!cause || r->cause[unit][c] <= 0) continue;
        fputs("<li>", f);
        swatch(f, colour(cause));
        fprintf(f, "%s: ", causes_text(unit, c));
        put(f, r->cause[unit][c]);
        fprintf(f, " (%.1f&#8239;%%)</li>", share(r->cause[unit][c], sum));
    }
    fputs("</ul></div>", f);
}

static void causes(const report *r, FILE *f)
{
    if (!r->counted) {
        fputs("<p class=\"note\">Not measured: the golden model has no cycles. Run the job with --port rtl.</p>", f);
        return;
    }
    fputs("<p class=\"note\">In every cycle each unit is in exactly one state; a bar is all cycles of the job, the last one those of all lanes "
          "together.</p>", f);
    cause_bar(r, LAC_ON_LOAD, "LOAD: brings weights and features", f);
    cause_bar(r, LAC_ON_EXEC, "EXEC: hands out activations as items", f);
    cause_bar(r, LAC_ON_STORE, "STORE: requantises and writes results", f);
    if (r->map) cause_bar(r, LAC_ON_MAP, "MAP: finds rules among coordinates", f);
    cause_bar(r, LAC_ON_READ, "Read bus", f);
    cause_bar(r, LAC_ON_WRITE, "Write bus", f);
    cause_bar(r, LANES, "All lanes: multiply", f);
}

/* ---- Lanes ------------------------------------------------------------------------------------------------- */

/* White to dark blue. */
static void heat(double v, char out[8])
{
    const double dark[3] = { 0, 68, 120 };
    int          c[3];
    for (int i = 0; i < 3; i++) c[i] = (int)(250 + (dark[i] - 250) * v + 0.5);
    snprintf(out, 8, "#%02X%02X%02X", (unsigned)c[0] & 255, (unsigned)c[1] & 255, (unsigned)c[2] & 255);
}

static void lanes(const report *r, FILE *f)
{
    if (!r->counted) {
        fputs("<p class=\"note\">Not measured.</p>", f);
        return;
    }
    const uint32_t a_row = r->lanes <= 32 ? r->lanes : 32, rows = (r->lanes + a_row - 1) / a_row;
    const double   w = fmin(1000.0 / a_row, 90), h = fmin(w, 34);
    double         lo = 100, hi = 0;
    char           fill[8];
    for (uint32_t l = 0; l < r->lanes; l++) {
        const double v = share(r->lane[BUSY][l], cycles(r));
        lo = fmin(lo, v);
        hi = fmax(hi, v);
    }
    fprintf(f, "<p class=\"note\">How much of the time each lane multiplies: from %.0f to %.0f&#8239;%%, mean %.0f&#8239;%%. Point at a lane for "
            "its causes.</p>", lo, hi,
            share(r->cause[LANES][BUSY], r->lanes * cycles(r)));
    fprintf(f, "<svg viewBox=\"0 0 1000 %.0f\" role=\"img\" aria-label=\"Lanes\">", rows * h + 34);
    for (uint32_t l = 0; l < r->lanes; l++) {
        const double v = fmin(share(r->lane[BUSY][l], cycles(r)), 100), x = w * (l % a_row), y = h * (l / a_row);
        heat(v / 100, fill);
        fprintf(f, "<g><title>lane %" PRIu32 ":", l);
        for (int i = 0; i < LAC_CAUSES; i++) {
            const int c = order(i);
            if (!causes_name(LANES, c)) continue;
            fprintf(f, " %s ", causes_name(LANES, c));
            put(f, r->lane[c][l]);
            fputc(i == LAC_CAUSES - 1 ? ' ' : ';', f);
        }
        fprintf(f, "</title><rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\" stroke=\"#fff\"/>", x, y, w, h, fill);
        fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" style=\"fill:%s\">%.0f</text></g>", x + w / 2, y + h / 2 + 4,
                v > 45 ? "#fff" : "#1a1a1a", v);
    }
    for (int i = 0; i <= 20; i++) {
        heat(i / 20.0, fill);
        fprintf(f, "<rect x=\"%d\" y=\"%.0f\" width=\"12.5\" height=\"12\" fill=\"%s\"/>", 36 + 12 * i, rows * h + 14, fill);
    }
    fprintf(f, "<text class=\"dim\" x=\"0\" y=\"%.0f\">0&#8239;%%</text><text class=\"dim\" x=\"296\" y=\"%.0f\">100&#8239;%% of the "
            "cycles</text></svg>", rows * h + 25, rows * h + 25);
}

/* ---- Timeline ------------------------------------------------------------------------------------------------ */

enum { TIME_L = 74, TIME_W = 1000 - TIME_L, ROW_H = 15 };

enum { COMMANDS = 9 };
static const struct { const char *name, *colour; } command_[COMMANDS] = {
    { "weights", "#0072B2" }, { "columns", "#56B4E9" }, { "codebook", "#CC79A7" }, { "features", "#E69F00" }, { "params", "#F0E442" },
    { "exec", "#009E73" }, { "store", "#D55E00" }, { "map", "#882255" }, { "other", "#999999" },
};

static int command_kind(const char *command)
{
    int k = 0;
    while (k < COMMANDS - 1 && strcmp(command_[k].name, command)) k++;
    return k;
}

static void draw_slice(FILE *f, double x, double w, double y, int kind, const char *text)
{
    fprintf(f, "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\" fill=\"%s\" stroke=\"#fff\" stroke-width=\"%s\"/>", x, y, w, ROW_H - 2,
            command_[kind].colour,
            w > 3 ? ".6" : "0");
    if (w > 14 + 7 * (double)strlen(text)) {
        fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" style=\"fill:%s\">", x + 4, y + ROW_H - 4, ink(command_[kind].colour));
        escape(f, text);
        fputs("</text>", f);
    }
}

/* Commands that are too narrow to be seen, one after the other in a row: drawn as one, in the colour of those that take the most time. */
typedef struct { size_t n; double start, end, busy[COMMANDS]; const char *command; } crowd;

static void draw_crowd(FILE *f, crowd *c, double scale, double y)
{
    char   text[64], buf[40];
    int    most = 0;
    double busy = 0;
    if (!c->n) return;
    for (int k = 0; k < COMMANDS; k++) {
        busy += c->busy[k];
        if (c->busy[k] > c->busy[most]) most = k;
    }
    if (!(busy > 0)) most = command_kind(c->command);
    snprintf(text, sizeof text, "%s commands", commas((double)c->n, buf));
    fputs("<g><title>", f);
    if (c->n == 1) escape(f, c->command);
    else fprintf(f, "%s, mostly %s, at work in %.0f&#8239;%% of them", text, command_[most].name, share(busy, c->end - c->start));
    fputs(": cycles ", f);
    put(f, c->start);
    fputs(" to ", f);
    put(f, c->end);
    fputs("</title>", f);
    draw_slice(f, TIME_L + c->start * scale, fmax((c->end - c->start) * scale, 1), y, most, c->n > 1 ? text : "");
    fputs("</g>", f);
    memset(c, 0, sizeof *c);
}

/* Rows of an engine: two where a command started before the one before it had completed. */
static int engine_rows(const report *r, uint32_t engine)
{
    double free_at = 0;
    for (size_t i = 0; i < r->events; i++) {
        if (r->event[i].engine != engine) continue;
        if (r->event[i].start < free_at) return 2;
        free_at = r->event[i].end;
    }
    return 1;
}

/* Its commands, from `y` on. */
static void draw_engine(const report *r, uint32_t engine, double scale, double y, FILE *f)
{
    double free_at[2] = { 0, 0 };
    crowd  small[2];
    memset(small, 0, sizeof small);
    for (size_t i = 0; i < r->events; i++) {
        const report_event *e = &r->event[i];
        if (e->engine != engine) continue;
        const int    row = e->start < free_at[0];
        const double at = y + row * ROW_H, w = (e->end - e->start) * scale;
        crowd       *c = &small[row];
        free_at[row] = fmax(free_at[row], e->end);
        if (c->n && (w >= 3 || (e->start - c->end) * scale > 1)) draw_crowd(f, c, scale, at);
        if (w >= 3) {
            fprintf(f, "<g><title>");
            escape(f, e->command);
            fputs(", command ", f);
            put(f, e->index);
            fputs(", cycles ", f);
            put(f, e->start);
            fputs(" to ", f);
            put(f, e->end);
            fputs("</title>", f);
            draw_slice(f, TIME_L + e->start * scale, w, at, command_kind(e->command), e->command);
            fputs("</g>", f);
        } else {
            if (!c->n) c->start = e->start, c->command = e->command;
            c->end = fmax(c->end, e->end);
            c->busy[command_kind(e->command)] += e->end - e->start;
            c->n++;
        }
    }
    for (int row = 0; row < 2; row++) draw_crowd(f, &small[row], scale, y + row * ROW_H);
}

static void label(FILE *f, double y, const char *text) { fprintf(f, "<text x=\"0\" y=\"%.1f\">%s</text>", y, text); }

/* Sums of windows over `full` a cycle, as an area. */
static void draw_area(const report *r, int which, double full, double scale, double y, double h, const char *fill, FILE *f)
{
    fprintf(f, "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"#f6f6f6\"/><path fill=\"%s\" d=\"M%d %.1f", TIME_L, y, TIME_W, h, fill,
            TIME_L, y + h);
    for (size_t i = 0; i < r->windows; i++) {
        const double v = fmin(r->activity[which][i] / (r->window * full), 1);
        fprintf(f, "V%.1fH%.1f", y + h - h * v, fmin(TIME_L + (double)(i + 1) * r->window * scale, 1000));
    }
    fprintf(f, "V%.1fZ\"/>", y + h);
}

static void timeline(const report *r, FILE *f)
{
    double last = cycles(r);
    for (size_t i = 0; i < r->events; i++) last = fmax(last, r->event[i].end);
    if (!r->events && !r->windows) {
        fputs("<p class=\"note\">No timeline in these statistics.</p>", f);
        return;
    }
    if (!(last > 0)) last = fmax((double)r->windows * r->window, 1);
    double       h = 30 + (r->windows ? 150 : 0);
    const uint32_t engines = r->map ? 4 : 3;
    for (uint32_t e = 0; e < engines; e++) h += engine_rows(r, e) * ROW_H + 8;
    const double scale = TIME_W / last;
    const char  *name[4] = { "LOAD", "EXEC", "STORE", "MAP" };
    double       y = 4, step = pow(10, floor(log10(last)));

    fputs("<ul class=\"legend flat\">", f);
    for (int k = 0; k < COMMANDS; k++) {
        size_t n = 0;
        for (size_t i = 0; i < r->events; i++) n += command_kind(r->event[i].command) == k;
        if (!n) continue;
        fputs("<li>", f);
        swatch(f, command_[k].colour);
        fprintf(f, "%s (", command_[k].name);
        put(f, (double)n);
        fputs(")</li>", f);
    }
    fputs("</ul>", f);
    if (r->lost > 0) {
        fputs("<p class=\"note\">", f);
        put(f, r->lost);
        fputs(" later commands were not recorded.</p>", f);
    }
    fprintf(f, "<svg viewBox=\"0 0 1000 %.0f\" role=\"img\" aria-label=\"Timeline\">", h);
    while (last / step < 4) step /= last / step < 2 ? 5 : 2;
    for (double t = 0; t <= last * 1.0001; t += step) {
        fprintf(f, "<path class=\"grid\" d=\"M%.1f 0V%.0f\"/><text class=\"dim\" x=\"%.1f\" y=\"%.0f\" text-anchor=\"%s\">", TIME_L + t * scale,
                h - 22, TIME_L + t * scale, h - 8,
                t == 0 ? "start" : t + step > last ? "end" : "middle");
        put(f, t);
        fputs(t == 0 ? " cycles</text>" : "</text>", f);
    }
    for (uint32_t e = 0; e < engines; e++) {
        label(f, y + 11, name[e]);
        draw_engine(r, e, scale, y, f);
        y += engine_rows(r, e) * ROW_H + 8;
    }
    if (r->windows) {
        static const char *const text[3][2] = { { "lanes", "multiplying" }, { "beats", "read" }, { "beats", "written" } };
        const double height[3] = { 70, 28, 28 }, full[3] = { r->lanes, 1, 1 };
        const char  *fill[3] = { "#0072B2", "#E69F00", "#D55E00" };
        for (int i = 0; i < 3; i++) {
            label(f, y + 12, text[i][0]);
            label(f, y + 26, text[i][1]);
            draw_area(r, i, full[i], scale, y, height[i], fill[i], f);
            y += height[i] + 8;
        }
    }
    fputs("</svg>", f);
    if (r->windows) fprintf(f, "<p class=\"note\">Areas reach the top where all %" PRIu32 " lanes multiply, or where a beat moves in every cycle; "
                            "each step is the mean of %.0f cycles.</p>", r->lanes, r->window);
}

/* ---- Numbers --------------------------------------------------------------------------------------------------- */

static const char *meaning(const char *key)
{
    static const struct { const char *key, *text; } of[] = {
        { "cycles", "doorbell to interrupt" }, { "predicted_cycles", "of the cycle model" }, { "bound", "what limits, by the cycle model" },
        { "lane_cycles", "entries the fullest lane has to walk" }, { "needed_macs", "multiplications with both operands non-zero" },
        { "issued_macs", "multiplications issued" }, { "dense_macs", "multiplications without any sparsity" },
        { "utilisation", "needed_macs / (lanes * cycles)" }, { "bytes_read", "on the bus, commands included" }, { "bytes_written", "on the bus" },
        { "weight_bits_per_nonzero", "stored bits for each weight that is not zero" },
        { "resident", "weights were on chip before the clock started" },
        { "items", "items broadcast to the lanes" }, { "bus_efficiency", "beats / cycles in which the bus was asked for something" },
        { "memory.latency", "of the simulated memory, in cycles" }, { "throughput_cycles", "cycles a repetition" },
        { "timeline_lost", "commands that the timeline leaves out" }, { "pruned", "non-zero weights that --prune set to 0" },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (!strcmp(of[i].key, key)) return of[i].text;
    return "";
}

static void numbers(const report *r, FILE *f)
{
    fputs("<div class=\"numbers\"><table><tr><th>key</th><th class=\"n\">value</th><th></th></tr>", f);
    for (size_t i = 0; i < r->numbers; i++) {
        char  *end;
        double v = strtod(r->number[i].text, &end);
        fputs("<tr><td>", f);
        escape(f, r->number[i].key);
        fputs("</td><td class=\"n\">", f);
        if (*r->number[i].text >= '0' && *r->number[i].text <= '9' && !*end) put(f, v);
        else escape(f, r->number[i].text);
        fprintf(f, "</td><td>%s</td></tr>", meaning(r->number[i].key));
    }
    fputs("</table>", f);
    if (r->counted) {
        fputs("<table><tr><th>unit</th><th>cause</th><th class=\"n\">cycles</th><th class=\"n\">share</th></tr>", f);
        for (int u = 0; u < CAUSES_UNITS; u++)
            for (int c = 0; c < LAC_CAUSES; c++) {
                if (!causes_name(u, c) || (u == LAC_ON_MAP && !r->map)) continue;
                fprintf(f, "<tr><td>%s</td><td>%s</td><td class=\"n\">", c ? "" : causes_unit(u), causes_name(u, c));
                put(f, r->cause[u][c]);
                fprintf(f, "</td><td class=\"n\">%.1f&#8239;%%</td></tr>", share(r->cause[u][c], cycles(r) * (u == LANES ? r->lanes : 1)));
            }
        fputs("</table>", f);
    }
    fputs("</div>", f);
    if (!r->counted) return;
    fputs("<details><summary>Causes of every lane</summary><table><tr><th class=\"n\">lane</th>", f);
    for (int c = 0; c < LAC_CAUSES; c++)
        if (causes_name(LANES, c)) fprintf(f, "<th class=\"n\">%s</th>", causes_name(LANES, c));
    fputs("</tr>", f);
    for (uint32_t l = 0; l < r->lanes; l++) {
        fprintf(f, "<tr><td class=\"n\">%" PRIu32 "</td>", l);
        for (int c = 0; c < LAC_CAUSES; c++) {
            if (!causes_name(LANES, c)) continue;
            fputs("<td class=\"n\">", f);
            put(f, r->lane[c][l]);
            fputs("</td>", f);
        }
        fputs("</tr>\n", f);
    }
    fputs("</table></details>", f);
}

/* ---- Words -------------------------------------------------------------------------------------------------- */

static void words(const report *r, FILE *f)
{
    static const struct { const char *word, *text; } of[] = {
        { "Dense multiplications", "points x input channels x output channels: what a machine that skips nothing would do" },
        { "Needed multiplications", "those of them with a weight and an activation that are both not zero: the work there is" },
        { "Issued multiplications", "what the lanes multiplied. N:4 formats also multiply the zeros inside their groups, so issued may be more than needed" },
        { "Utilisation", "needed multiplications / (lanes x cycles): 100 % if every lane did needed work in every cycle" },
        { "Item", "an activation (N:4: four neighbours) that EXEC hands to the lanes that have weights for it, one a cycle" },
        { "Cause", "what a unit did in a cycle, or why it did nothing. Each cycle has exactly one for every unit, so a unit's causes add up to the cycles of the job" },
    };
    (void)r;
    fputs("<dl>", f);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) fprintf(f, "<dt>%s</dt><dd>%s</dd>", of[i].word, of[i].text);
    fputs("</dl>", f);
}

/* ---- The page ------------------------------------------------------------------------------------------------- */

void report_page(const report *r, FILE *f)
{
    static const struct { const char *name; void (*write)(const report *, FILE *); } part[] = {
        { "title", heading }, { "heading", heading }, { "machine", machine }, { "tiles", tiles }, { "verdict", verdict }, { "roofline", roofline },
        { "roofs", roof_list }, { "causes", causes }, { "lanes", lanes }, { "timeline", timeline }, { "words", words }, { "numbers", numbers },
    };
    for (size_t i = 0; i < sizeof page_; i++) {
        size_t k = 0, n = 0;
        if (page_[i] == '{' && i + 2 < sizeof page_ && page_[i + 1] == '{')
            for (; k < sizeof part / sizeof *part; k++) {
                n = strlen(part[k].name);
                if (i + n + 4 <= sizeof page_ && !memcmp(page_ + i + 2, part[k].name, n) && !memcmp(page_ + i + 2 + n, "}}", 2)) break;
            }
        if (n && k < sizeof part / sizeof *part) {
            part[k].write(r, f);
            i += n + 3;
        } else {
            fputc(page_[i], f);
        }
    }
}
