/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The plots of a report: see report_plots.h.
 *
 * Lines are drawn for each policy with an index in the layout in which its heap stays smallest on this trace, and for
 * the other allocators: more of them could not be told apart.
 */
#define _GNU_SOURCE /* open_memstream */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/gnuplot.h"
#include "tools/lab/report_plots.h"

#define LINES_MAX 12
#define WIDTH 960
#define MIB 1048576.0

/* Where less than this part of the most payload is live, the ratio to it says nothing about the whole. */
#define LITTLE 20

static const char *const colours[LINES_MAX] = {"#3b82f6", "#f59e0b", "#10b981", "#a855f7", "#dc2626", "#0891b2",
                                               "#84cc16", "#db2777", "#64748b", "#7c5c3b", "#14b8a6", "#f43f5e"};

static const char common[] = "set border 3\nset tics nomirror out\nset grid lc rgb '#94a3b8' lw 0.5\n"
							 "set key outside right top\n";

/* The allocators that have a line. */
struct lines {
	size_t place[LINES_MAX];
	size_t count;
};

/* Is this the layout in which the policy's heap stays smallest? */
static bool is_leanest(const struct contest *contest, size_t trace, size_t place)
{
	const struct outcome *outcome = contest_outcome(contest, trace, place);

	for (size_t other = 0; other < contest->contender_count; other++) {
		const struct outcome *rival = contest_outcome(contest, trace, other);
		bool same = other != place && rival->layout && strcmp(rival->name, outcome->name) == 0;
		if (same && rival->memory_known && !rival->cut &&
		    (rival->whole.most_used < outcome->whole.most_used ||
		     (rival->whole.most_used == outcome->whole.most_used && other < place)))
			return false;
	}
	return true;
}

static struct lines lines_choose(const struct contest *contest, size_t trace)
{
	struct lines lines = {.count = 0};

	for (size_t place = 0; place < contest->contender_count && lines.count < LINES_MAX; place++) {
		const struct contender *contender = &contest->contenders[place];
		const struct outcome *outcome = contest_outcome(contest, trace, place);
		if (!contender->is_scan && outcome->memory_known && !outcome->cut &&
		    (contender->peer || is_leanest(contest, trace, place)))
			lines.place[lines.count++] = place;
	}
	return lines;
}

static void put_name(FILE *out, const struct contender *contender)
{
	char name[80];

	contender_name(contender, name, sizeof name);
	fprintf(out, "'%s'", name);
}

/* ---- Over time */

static double heap_of(const struct sample *sample, size_t peak)
{
	(void)peak;
	return (double)sample->used / MIB;
}

static double fragmentation_of(const struct sample *sample, size_t peak)
{
	return sample->requested == 0 || sample->requested * LITTLE < peak
	           ? -1
	           : 100 * ((double)sample->used / (double)sample->requested - 1);
}

/* The data of all lines; what is negative is left out. False: nothing is left. */
static bool put_course(FILE *out, const struct contest *contest, size_t trace, const struct lines *lines,
                       double (*value)(const struct sample *sample, size_t peak))
{
	bool any = false;

	for (size_t i = 0; i < lines->count; i++) {
		const struct outcome *outcome = contest_outcome(contest, trace, lines->place[i]);
		fprintf(out, "$l%zu << EOD\n", i);
		for (size_t k = 0; k < outcome->sample_count; k++) {
			double y = value(&outcome->samples[k], contest->traces[trace].peak_bytes);
			any = any || y >= 0;
			if (y >= 0)
				fprintf(out, "%llu %.6g\n", (unsigned long long)outcome->samples[k].op, y);
			else
				fputc('\n', out);
		}
		fputs("EOD\n", out);
	}
	return any;
}

static void put_lines(FILE *out, const struct contest *contest, const struct lines *lines, const char *style)
{
	for (size_t i = 0; i < lines->count; i++) {
		const struct contender *contender = &contest->contenders[lines->place[i]];
		fprintf(out, "%s$l%zu using 1:2 with %s lw 1.6 dt %d lc rgb '%s' title ", i > 0 ? ", " : "", i, style,
		        contender->peer ? 3 : 1, colours[i]);
		put_name(out, contender);
	}
	fputc('\n', out);
}

static bool write_heap(FILE *out, const struct contest *contest, size_t trace)
{
	struct lines lines = lines_choose(contest, trace);
	const struct outcome *outcome = lines.count ? contest_outcome(contest, trace, lines.place[0]) : NULL;

	if (!outcome)
		return false;
	put_course(out, contest, trace, &lines, heap_of);
	fputs("$payload << EOD\n", out);
	for (size_t k = 0; k < outcome->sample_count; k++)
		fprintf(out, "%llu %.6g\n", (unsigned long long)outcome->samples[k].op,
		        (double)outcome->samples[k].requested / MIB);
	fputs("EOD\nplot $payload using 1:2 with filledcurves y1=0 fs solid 0.35 lc rgb '#94a3b8' title 'live payload', ",
	      out);
	put_lines(out, contest, &lines, "lines");
	return true;
}

static bool write_fragmentation(FILE *out, const struct contest *contest, size_t trace)
{
	struct lines lines = lines_choose(contest, trace);

	bool any = put_course(out, contest, trace, &lines, fragmentation_of);

	fputs("plot ", out);
	put_lines(out, contest, &lines, "lines");
	return any;
}

/* ---- Inside */

static void lines_keep_walked(const struct contest *contest, size_t trace, struct lines *lines)
{
	size_t kept = 0;

	for (size_t i = 0; i < lines->count; i++)
		if (contest_outcome(contest, trace, lines->place[i])->walked)
			lines->place[kept++] = lines->place[i];
	lines->count = kept;
}

static bool write_free_sizes(FILE *out, const struct contest *contest, size_t trace)
{
	struct lines lines = lines_choose(contest, trace);
	bool any = false;

	lines_keep_walked(contest, trace, &lines);
	for (size_t i = 0; i < lines.count; i++) {
		const struct outcome *outcome = contest_outcome(contest, trace, lines.place[i]);
		fprintf(out, "$l%zu << EOD\n", i);
		for (size_t bin = 1; bin < BINS; bin++)
			if (outcome->free_sizes[bin] >= 0.01) {
				fprintf(out, "%.0f %.6g\n", (double)((uint64_t)1 << (bin - 1)), outcome->free_sizes[bin]);
				any = true;
			}
		fputs("EOD\n", out);
	}
	fputs("plot ", out);
	put_lines(out, contest, &lines, "linespoints pt 7 ps 0.4");
	return any;
}

/* Those that scan too: it is what they are there for. */
static bool write_searches(FILE *out, const struct contest *contest, size_t trace)
{
	struct lines lines = lines_choose(contest, trace);
	bool any = false;

	lines_keep_walked(contest, trace, &lines);
	for (size_t place = 0; place < contest->contender_count && lines.count < LINES_MAX; place++) {
		const struct contender *contender = &contest->contenders[place];
		bool first = place == 0 || strcmp(contest->contenders[place - 1].name, contender->name) != 0;
		if (contender->is_scan && contest_outcome(contest, trace, place)->walked && first &&
		    contender->policy == osm_policy_find(contender->name, NULL))
			lines.place[lines.count++] = place;
	}
	for (size_t i = 0; i < lines.count; i++) {
		const struct outcome *outcome = contest_outcome(contest, trace, lines.place[i]);
		uint64_t seen = 0;
		any = any || outcome->search_ops > 0;
		fprintf(out, "$l%zu << EOD\n", i);
		for (size_t bin = 0; bin < BINS && seen < outcome->search_ops; bin++) {
			seen += outcome->searches[bin];
			/* half a step stands for none, which a logarithmic axis has no place for */
			fprintf(out, "%.17g %.6g\n", bin ? (double)(((uint64_t)1 << bin) - 1) : 0.5,
			        100 * (double)seen / (double)outcome->search_ops);
		}
		fputs("EOD\n", out);
	}
	fputs("plot ", out);
	put_lines(out, contest, &lines, "steps");
	return any;
}

/* A bubble for each part of the trace in which the heap grew; its area is the bytes. */
static bool write_growth(FILE *out, const struct contest *contest, size_t trace)
{
	struct lines lines = lines_choose(contest, trace);
	double most = 1;

	lines_keep_walked(contest, trace, &lines);
	for (size_t i = 0; i < lines.count; i++)
		for (size_t part = 0; part < GROWTH_PARTS; part++) {
			double bytes = (double)contest_outcome(contest, trace, lines.place[i])->grown[part];
			most = bytes > most ? bytes : most;
		}
	fputs("set ytics (", out);
	for (size_t i = 0; i < lines.count; i++) {
		fputs(i > 0 ? ", " : "", out);
		put_name(out, &contest->contenders[lines.place[i]]);
		fprintf(out, " %zu", lines.count - i);
	}
	fprintf(out, ")\nset yrange [0.3:%zu.7]\n", lines.count);
	for (size_t i = 0; i < lines.count; i++) {
		const struct outcome *outcome = contest_outcome(contest, trace, lines.place[i]);
		fprintf(out, "$l%zu << EOD\n", i);
		for (size_t part = 0; part < GROWTH_PARTS; part++)
			if (outcome->grown[part] > 0)
				fprintf(out, "%.0f %zu %.6g\n",
				        ((double)part + 0.5) / GROWTH_PARTS * (double)contest->traces[trace].ops, lines.count - i,
				        (double)outcome->grown[part] / most);
		fputs("EOD\n", out);
	}
	for (size_t i = 0; i < lines.count; i++)
		fprintf(out, "%s$l%zu using 1:2:(0.25 + 2.6 * sqrt($3)) with points pt 7 ps variable lc rgb '%s' notitle",
		        i > 0 ? ", " : "plot ", i, colours[i]);
	fputc('\n', out);
	return lines.count > 0;
}

/* ---- Times */

static bool write_times(FILE *out, const struct contest *contest, size_t trace)
{
	bool any = false;

	fputs("$t << EOD\n", out);
	for (size_t place = 0; place < contest->contender_count; place++) {
		const struct times *times = &contest_outcome(contest, trace, place)->times;
		if (!times->known)
			continue;
		any = true;
		char name[80];
		contender_name(&contest->contenders[place], name, sizeof name);
		fprintf(out, "\"%s\" %.6g ", name, times->first);
		fprintf(out, times->is_warm ? "%.6g\n" : "NaN\n", times->warm);
	}
	fputs("EOD\nplot $t using 2:xtic(1) with histogram fs solid 0.5 lc rgb '#94a3b8' title 'fresh heap', "
	      "'' using 3 with histogram fs solid 0.9 lc rgb '#3b82f6' title 'again'\n",
	      out);
	return any;
}

const struct report_plot report_plots[] = {
	{"Heap and payload over time",
     "What the allocator holds, and under it what the program asked for. Dashed lines are other allocators.",
     "set xlabel 'operation'\nset format x '%.0s%c'\nset ylabel 'MiB'\nset yrange [0:*]\n", 420, write_heap},
	{"Fragmentation over time",
     "How much more the allocator holds than the program asked for, where at least a twentieth of the most payload is "
     "live.",
     "set xlabel 'operation'\nset format x '%.0s%c'\nset format y '%.0f%%'\nset yrange [0:*]\n", 420,
     write_fragmentation},
	{"Sizes of free blocks",
     "The mean number of free blocks between a power of two and the next, over the moments at which the heap was "
     "looked at.",
     "set xlabel 'size from'\nset ylabel 'free blocks'\nset logscale x 2\nset logscale y\nset xrange [*<32:64<*]\n"
     "set format x '%.0b %BB'\n",
     380, write_free_sizes},
	{"Search lengths",
     "The share of searches that looked at no more than so many blocks or nodes of an index. Policies that scan look "
     "at many.",
     "set xlabel 'steps'\nset logscale x\nset xrange [0.5:2<*]\nset format y '%.0f%%'\nset yrange [0:102]\n"
     "set key outside right bottom\n",
     400, write_searches},
	{"Time of an operation",
     "Processor time in nanoseconds, on a logarithmic axis: in a fresh heap, page faults included, and replayed again.",
     "set logscale y\nset ylabel 'ns'\nset style histogram clustered gap 1\nset boxwidth 0.9\n"
     "set xtics rotate by -55 font ',9'\nset key inside left top\nset yrange [5:*]\n",
     520, write_times},
	{"Where the heap grew",
     "A circle stands where the heap grew; its area is the bytes that it grew by in that part of the trace.",
     "set xlabel 'operation'\nset format x '%.0s%c'\n", 340, write_growth},
	{0},
};

char *report_plot_draw(const struct report_plot *plot, const struct contest *contest, size_t trace)
{
	char *script = NULL, *svg = NULL, name[40];
	size_t length;

	if (contest->traces[trace].ops == 0)
		return strdup("");
	FILE *out = open_memstream(&script, &length);
	if (!out)
		return NULL;
	fputs(common, out);
	if (plot->script == report_plots[0].script || plot->script == report_plots[1].script || plot->write == write_growth)
		fprintf(out, "set xrange [0:%llu]\n", (unsigned long long)contest->traces[trace].ops);
	fputs(plot->script, out);
	bool any = plot->write(out, contest, trace);
	snprintf(name, sizeof name, "p%zu_%zu", trace, (size_t)(plot - report_plots));
	if (fclose(out) == 0)
		svg = !any ? strdup("") : gnuplot_svg(name, plot->title, WIDTH, plot->height, script);
	free(script);
	return svg;
}
