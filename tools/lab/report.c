/* SPDX-License-Identifier: BSD-3-Clause */
/* What came out as a page: see report.h. */
#define _GNU_SOURCE /* open_memstream */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench/machine.h"
#include "tools/gnuplot.h"
#include "tools/lab/report.h"
#include "tools/lab/report_plots.h"
#include "tools/osmem/cli.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/whole.h"

static const char style[] =
	"<style>\n"
	":root{color-scheme:light dark;--ink:#1f2328;--soft:#57606a;--line:#d0d7de;--page:#fff;--best:#dcfce7}\n"
	"@media(prefers-color-scheme:dark){:root{--ink:#e8ebef;--soft:#9aa4b0;--line:#3a414b;--page:#14171c;--best:#14532d}"
	"}\n"
	"body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:1240px;margin:2em auto;"
	"padding:0 1em}\n"
	"h1{font-size:1.7em}h2{margin-top:2.2em;border-bottom:1px solid var(--line)}h3{margin:1.6em 0 .2em}\n"
	"p,figcaption{color:var(--soft)}p.verdict{color:var(--ink);border-left:4px solid #10b981;padding:.4em 1em}\n"
	"figure{margin:0 0 1.5em}svg{max-width:100%;height:auto;color:var(--ink)}\n"
	".scroll{overflow-x:auto}table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}\n"
	"th,td{padding:.25em .7em;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}\n"
	"th:first-child,td:first-child{text-align:left}th{color:var(--soft);font-weight:600}td.best{background:var(--best)}"
	"\n"
	"nav a{margin-right:1em}\n</style>\n";

bool report_is_possible(const char *path)
{
	if (!gnuplot_is_there()) {
		cli_complain("--html: " GNUPLOT_MISSING);
		return false;
	}
	if (!whole_is_possible(path)) {
		cli_complain("%s: %s", path, strerror(errno));
		return false;
	}
	return true;
}

/* ---- Tables */

/* A figure of a column; not a number: there is none. A trace of SIZE_MAX: over all. */
typedef double figure(const struct contest *contest, size_t trace, size_t place, int which);

static double figure_measure(const struct contest *contest, size_t trace, size_t place, int which)
{
	bool bare = which > MEASURES;
	int measure = bare ? which - MEASURES : which;
	double value;

	if (trace == SIZE_MAX)
		return contest_measure(contest, place, measure, bare, &value) ? 100 * value : NAN;
	const struct outcome *outcome = contest_outcome(contest, trace, place);
	bool known = outcome->memory_known && !outcome->cut && (!bare || outcome->walked);
	return known && measures_value(bare ? &outcome->bare : &outcome->whole, measure, &value) ? 100 * value : NAN;
}

static double figure_time(const struct contest *contest, size_t trace, size_t place, int which)
{
	double value;

	if (trace == SIZE_MAX)
		return which == 1 && contest_time(contest, place, &value) ? value : NAN;
	const struct times *times = &contest_outcome(contest, trace, place)->times;
	if (which == 0)
		return times->known ? times->first : NAN;
	if (which == 1)
		return times->is_warm ? times->warm : NAN;
	return times->worst > 0 ? times->p999 : NAN;
}

static double figure_inside(const struct contest *contest, size_t trace, size_t place, int which)
{
	if (trace == SIZE_MAX)
		return NAN;
	const struct outcome *outcome = contest_outcome(contest, trace, place);
	if (which == 0)
		return outcome->memory_known && !outcome->cut ? (double)outcome->whole.most_used / 1048576 : NAN;
	return outcome->walked && outcome->search_ops > 0 ? (double)outcome->search_steps / (double)outcome->search_ops
	                                                  : NAN;
}

static const struct column {
	const char *head;
	figure *get;
	int which, digits;
} columns[] = {
	{"ns/op, fresh heap", figure_time, 0, 1},
	{"again", figure_time, 1, 1},
	{"99.9%", figure_time, 2, 0},
	{"peak heap, MiB", figure_inside, 0, 2},
	{"#1, %", figure_measure, 1, 1},
	{"#2, %", figure_measure, 2, 1},
	{"#3, %", figure_measure, 3, 1},
	{"#4, %", figure_measure, 4, 1},
	{"bare #1, %", figure_measure, 5, 1},
	{"bare #2, %", figure_measure, 6, 1},
	{"bare #3, %", figure_measure, 7, 1},
	{"bare #4, %", figure_measure, 8, 1},
	{"steps a search", figure_inside, 1, 1},
};

#define COLUMNS (sizeof columns / sizeof *columns)

static void put_row(FILE *out, const struct contest *contest, size_t trace, size_t place, const double *least)
{
	bool cut = trace != SIZE_MAX && contest_outcome(contest, trace, place)->cut;
	char name[80];

	contender_name(&contest->contenders[place], name, sizeof name);
	fputs("<tr><td>", out);
	text_put_markup(out, name);
	fprintf(out, "%s</td>", cut ? " *" : "");
	for (size_t i = 0; i < COLUMNS; i++) {
		double value = columns[i].get(contest, trace, place, columns[i].which);
		if (isnan(value))
			fputs("<td>-</td>", out);
		else
			fprintf(out, "<td%s>%.*f</td>", !cut && value <= least[i] ? " class=\"best\"" : "", columns[i].digits,
			        value);
	}
	fputs("</tr>\n", out);
}

static void put_table(FILE *out, const struct contest *contest, size_t trace)
{
	size_t *order = calloc(contest->contender_count, sizeof *order);
	double least[COLUMNS];

	for (size_t i = 0; i < COLUMNS; i++) {
		least[i] = INFINITY;
		for (size_t place = 0; place < contest->contender_count; place++) {
			double value = columns[i].get(contest, trace, place, columns[i].which);
			bool cut = trace != SIZE_MAX && contest_outcome(contest, trace, place)->cut;
			if (!cut && value < least[i])
				least[i] = value;
		}
	}
	fputs("<div class=\"scroll\"><table>\n<tr><th>allocator</th>", out);
	for (size_t i = 0; i < COLUMNS; i++)
		fprintf(out, "<th>%s</th>", columns[i].head);
	fputs("</tr>\n", out);
	if (order)
		contest_rank(contest, trace, order);
	for (size_t i = 0; order && i < contest->contender_count; i++)
		put_row(out, contest, trace, order[i], least);
	fputs("</table></div>\n", out);
	free(order);
}

/* ---- The page */

static void put_head(FILE *out, const struct contest *contest)
{
	struct machine machine;
	struct verdict verdict;
	char text[800] = "";

	machine_read(&machine);
	fprintf(out,
	        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>osmem compare</title>\n%s</head>\n<body>\n"
	        "<h1>Allocators compared</h1>\n",
	        style);
	if (contest_judge(contest, &verdict)) {
		contest_explain(contest, &verdict, text, sizeof text);
		fputs("<p class=\"verdict\"><strong>Recommendation.</strong> ", out);
		text_put_markup(out, text);
		fputs("</p>\n", out);
	}
	fprintf(out, "<p>Policies on the backend %s. Measured on ", contest->backend);
	text_put_markup(out, machine.processor);
	fputs(", ", out);
	text_put_markup(out, machine.system);
	fputs(".</p>\n<p>Fragmentation after Johnstone and Wilson (1998): the memory that the allocator holds against the "
	      "payload "
	      "that the program asked for, less one. #1 is its mean over time, which is bytes allocated; #2 at the moment "
	      "of the "
	      "most payload; #3 at the moment of the most memory; #4 the most memory against the most payload. All of them "
	      "count "
	      "headers and metadata out of band; the <em>bare</em> ones leave out the latter, and the headers that were "
	      "live when the "
	      "heap grew. What other allocators hold is looked at at up to "
	      "257 moments, and what of it are headers cannot be seen from outside. A star: the replay was cut by the time "
	      "limit, and times are of its beginning.</p>\n",
	      out);
}

static bool put_trace(FILE *out, const struct contest *contest, size_t trace)
{
	const struct tape_totals *totals = &contest->traces[trace];

	fprintf(out, "<h2 id=\"t%zu\">", trace);
	text_put_markup(out, totals->name);
	fprintf(out, "</h2>\n<p>%s operations, %s blocks; at most %s in %s blocks live, after operation %s.</p>\n",
	        text_count(totals->ops).s, text_count(totals->blocks).s, text_bytes(totals->peak_bytes).s,
	        text_count(totals->slots).s, text_count(totals->peak_at).s);
	put_table(out, contest, trace);
	for (const struct report_plot *plot = report_plots; plot->title; plot++) {
		progress_show(totals->name, "drawing", (size_t)(plot - report_plots), 6);
		char *svg = report_plot_draw(plot, contest, trace);
		if (!svg)
			return false;
		if (*svg)
			fprintf(out, "<h3>%s</h3>\n<figure><figcaption>%s</figcaption>\n%s</figure>\n", plot->title, plot->text,
			        svg);
		free(svg);
	}
	return true;
}

static bool put_page(FILE *out, const struct contest *contest)
{
	bool drawn = true;

	put_head(out, contest);
	if (contest->trace_count > 1) {
		fputs("<nav>", out);
		for (size_t trace = 0; trace < contest->trace_count; trace++) {
			fprintf(out, "<a href=\"#t%zu\">", trace);
			text_put_markup(out, contest->traces[trace].name);
			fputs("</a>", out);
		}
		fprintf(out, "</nav>\n<h2>All traces</h2>\n<p>Means over the %zu traces; of times the geometric mean.</p>\n",
		        contest->trace_count);
		put_table(out, contest, SIZE_MAX);
	}
	for (size_t trace = 0; drawn && trace < contest->trace_count && !*contest->stop; trace++)
		drawn = put_trace(out, contest, trace);
	fputs("</body>\n</html>\n", out);
	return drawn && !*contest->stop;
}

bool report_write(const struct contest *contest, const char *path)
{
	struct whole page;

	if (!whole_begin(&page, path)) {
		cli_complain("%s: %s", path, strerror(errno));
		return false;
	}
	bool drawn = put_page(page.out, contest), written = !ferror(page.out);
	if (whole_end(&page, drawn))
		return true;
	cli_complain("%s: %s", path, written && !drawn ? "gnuplot could not draw" : strerror(errno));
	return false;
}
