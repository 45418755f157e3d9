/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The size-lifetime plot: a field for each pair of powers of two, the darker the more blocks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/gnuplot.h"
#include "tools/osmem/check.h"
#include "tools/osmem/cli.h"
#include "tools/whole.h"

enum { WIDTH = 760, HEIGHT = 460 };

/* The highest row and column that hold something. */
static void extent(const struct survey *survey, int *rows, int *columns)
{
	*rows = *columns = 4;
	for (int row = 0; row < SURVEY_MAP; row++)
		for (int column = 0; column < SURVEY_MAP; column++)
			if (survey->map[row][column]) {
				*rows = row >= *rows ? row + 1 : *rows;
				*columns = column >= *columns ? column + 1 : *columns;
			}
}

/* Each at its lower edge: field i holds 2^(i-1) to 2^i - 1. */
static void print_ticks(FILE *out, const char *axis, int end)
{
	static const char *const units[] = {"", "Ki", "Mi", "Gi", "Ti"};

	fprintf(out, "set %stics (", axis);
	for (int i = 1; i <= end; i += end > 24 ? 4 : 2)
		fprintf(out, "%s\"%d %sB\" %g", i > 1 ? ", " : "", 1 << (i - 1) % 10, units[(i - 1) / 10], i - 0.5);
	fputs(")\n", out);
}

static char *script(const struct survey *survey, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);
	int rows, columns;

	if (!out)
		return NULL;
	extent(survey, &rows, &columns);
	fprintf(
		out,
		"set xlabel 'size of the block'\nset ylabel 'bytes allocated while it lived'\nset cblabel 'blocks' offset 1.5\n"
		"set logscale cb\nset format cb '%%.0f'\nset palette defined (0 '#dbe9f6', 1 '#6baed6', 2 '#08306b')\n"
		"set xrange [-0.5:%d.5]\nset yrange [-0.5:%d.5]\nset tics out nomirror\nunset key\n",
		rows - 1, columns - 1);
	print_ticks(out, "x", rows);
	print_ticks(out, "y", columns);
	fputs("set xtics rotate by -40\n$map << END\n", out);
	for (int row = 0; row < rows; row++)
		for (int column = 0; column < columns; column++)
			if (survey->map[row][column])
				fprintf(out, "%d %d %" PRIu64 "\n", row, column, survey->map[row][column]);
	fputs("END\nplot $map using 1:2:(0.5):(0.5):3 with boxxyerror fillstyle solid noborder linecolor palette\n", out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

int check_plot(const struct survey *survey, const char *path, const char *to)
{
	size_t length;

	if (!survey->lifetimes) {
		cli_complain("%s: no block is freed: there are no lifetimes to draw", path);
		return CLI_FOUND;
	}
	if (!gnuplot_is_there()) {
		cli_complain("%s", GNUPLOT_MISSING);
		return CLI_FAILED;
	}
	char *text = script(survey, &length);
	char *svg = text ? gnuplot_svg("lives", "Lifetimes of blocks by size", WIDTH, HEIGHT, text) : NULL;
	int status = CLI_OK;
	free(text);
	if (!svg) {
		cli_complain("%s: gnuplot did not draw it", to);
		status = CLI_FAILED;
	} else if (!whole_write(to, svg, strlen(svg))) {
		cli_complain("%s: %s", to, strerror(errno));
		status = CLI_FAILED;
	}
	free(svg);
	return status;
}
