/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What giving back saves and what it costs, for a range of thresholds: `giving FOLDER TRACE...` writes a table and a plot.
 *
 * Only ratios to a heap that gives nothing back are written: they depend less on the machine than the figures themselves.
 */
#include <stdio.h>
#include <stdlib.h>

#include "docs/giving/load.h"
#include "docs/pictures/svg.h"

#define TRACES_MAX 16
#define ROUNDS 2
#define THRESHOLDS 7
#define SERIES 2

#define PLOT_WIDTH 620.0
#define PLOT_HEIGHT 300.0
#define LEFT 60.0
#define TOP 20.0

static const size_t kib[THRESHOLDS] = {16, 64, 256, 512, 1024, 2048, 4096};
static const char *const series_names[SERIES] = {"trim", "purge"};
static const enum svg_fill series_fills[SERIES] = {SVG_LIVE, SVG_FRESH};

/* Percent of what the heap without thresholds has. */
struct ratio {
	double saved, saved_idle; /* less resident memory: on average, and after each job */
	double faults, time;      /* more of them */
	double gives;             /* how many */
};

static struct ratio ratio_of(const struct cost *cost, const struct cost *never)
{
	return (struct ratio){.saved = 100 - 100 * cost->resident / never->resident,
	                      .saved_idle = 100 - 100 * cost->resident_idle / never->resident_idle,
	                      .faults = 100 * cost->faults / never->faults - 100,
	                      .time = 100 * cost->ns / never->ns - 100,
	                      .gives = cost->gives};
}

static void measure(const struct load *load, const char *backend, struct ratio ratios[SERIES][THRESHOLDS])
{
	struct osm_config config = {
		.growth = OSM_GROWTH_GEOMETRIC, .trim_threshold = SIZE_MAX, .purge_threshold = SIZE_MAX};
	struct cost never = load_measure(load, &config, backend);

	for (int series = 0; series < SERIES; series++)
		for (int i = 0; i < THRESHOLDS; i++) {
			struct cost cost;

			config.trim_threshold = series == 0 ? kib[i] << 10 : SIZE_MAX;
			config.purge_threshold = series == 1 ? kib[i] << 10 : SIZE_MAX;
			cost = load_measure(load, &config, backend);
			ratios[series][i] = ratio_of(&cost, &never);
		}
}

static void write_table(const char *folder, struct ratio ratios[SERIES][THRESHOLDS])
{
	char path[4096];
	FILE *file;

	if (snprintf(path, sizeof path, "%s/giving-back.html", folder) >= (int)sizeof path || !(file = fopen(path, "w")))
		give_up("%s/giving-back.html cannot be written", folder);
	fputs("<table class='doxtable' data-table='giving-back'>\n<tr><th>what goes back</th><th>threshold, KiB</th>"
	      "<th>less memory, on average</th><th>less memory between jobs</th><th>more page faults</th>"
	      "<th>more processor time</th><th>calls to give back</th></tr>\n",
	      file);
	for (int series = 0; series < SERIES; series++)
		for (int i = 0; i < THRESHOLDS; i++) {
			const struct ratio *r = &ratios[series][i];

			fprintf(file,
			        "<tr><td>%s</td><td>%zu</td><td>%.0f%%</td><td>%.0f%%</td><td>%.0f%%</td><td>%.0f%%</td>"
			        "<td>%.0f</td></tr>\n",
			        series_names[series], kib[i], r->saved, r->saved_idle, r->faults, r->time, r->gives);
		}
	fputs("</table>\n", file);
	if (ferror(file) || fclose(file) != 0)
		give_up("a table could not be written");
}

static double across(double faults, double most)
{
	return LEFT + PLOT_WIDTH * (faults < 0 ? 0 : faults) / most;
}

static double up(double saved)
{
	return TOP + PLOT_HEIGHT * (1 - (saved < 0 ? 0 : saved) / 100);
}

static void draw_axes(struct svg *svg, double most)
{
	svg_line(svg, LEFT, TOP, LEFT, TOP + PLOT_HEIGHT);
	svg_line(svg, LEFT, TOP + PLOT_HEIGHT, LEFT + PLOT_WIDTH, TOP + PLOT_HEIGHT);
	for (int percent = 0; percent <= 100; percent += 20)
		svg_text(svg, LEFT - 6, up(percent) + 4, SVG_RIGHT, "%d%%", percent);
	for (int part = 1; part <= 4; part++)
		svg_text(svg, LEFT + PLOT_WIDTH * part / 4, TOP + PLOT_HEIGHT + 16, SVG_MIDDLE, "%.0f%%", most * part / 4);
	svg_text(svg, LEFT + PLOT_WIDTH, TOP + PLOT_HEIGHT + 34, SVG_RIGHT, "more page faults");
	svg_text(svg, LEFT + 8, TOP - 6, SVG_LEFT, "less resident memory, on average");
}

static void draw(const char *folder, struct ratio ratios[SERIES][THRESHOLDS])
{
	double most = 100;
	struct svg svg;

	for (int series = 0; series < SERIES; series++)
		for (int i = 0; i < THRESHOLDS; i++)
			most = ratios[series][i].faults > most ? ratios[series][i].faults : most;
	svg_begin(&svg, folder, "giving-back", "Memory saved against page faults, by threshold", LEFT + PLOT_WIDTH + 50,
	          TOP + PLOT_HEIGHT + 70);
	draw_axes(&svg, most);
	for (int series = 0; series < SERIES; series++)
		for (int i = 0; i < THRESHOLDS; i++) {
			double x = across(ratios[series][i].faults, most), y = up(ratios[series][i].saved);

			if (i > 0)
				svg_line(&svg, across(ratios[series][i - 1].faults, most), up(ratios[series][i - 1].saved), x, y);
			svg_box(&svg, x - 4, y - 4, 8, 8, series_fills[series]);
			svg_text(&svg, x + 7, y + (series == 0 ? -7 : 16), SVG_LEFT, "%zu", kib[i]);
		}
	svg_legend(&svg, LEFT, TOP + PLOT_HEIGHT + 52, series_fills, series_names, SERIES);
	svg_end(&svg);
}

int main(int argc, char **argv)
{
	static struct ratio ratios[SERIES][THRESHOLDS];
	static struct trace traces[TRACES_MAX];
	struct load load = {.traces = traces, .rounds = ROUNDS};
	struct osm_trace_error error;

	if (argc < 3 || argc > TRACES_MAX + 2)
		give_up("usage: giving FOLDER TRACE...");
	for (int i = 2; i < argc; i++)
		if (!trace_load(&traces[load.count++], argv[i], &error))
			give_up("%s: %s", argv[i], error.reason);
	measure(&load, "mmap", ratios);
	write_table(argv[1], ratios);
	draw(argv[1], ratios);
	for (size_t i = 0; i < load.count; i++)
		trace_release(&traces[i]);
	return 0;
}
