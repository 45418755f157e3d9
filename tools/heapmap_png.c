/* SPDX-License-Identifier: BSD-3-Clause */
/* A heap map as a PNG file: see heapmap_raster.h. gnuplot paints the cells and writes the labels. */
#define _GNU_SOURCE /* open_memstream */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/gnuplot.h"
#include "tools/heapmap_draw.h"
#include "tools/heapmap_raster.h"
#include "tools/text.h"
#include "tools/whole.h"

#define CELLS 256
#define ROWS 64
#define PIXELS 4 /* of a cell's width; its height is 2.5 times that */
#define LABELS 16

static const unsigned char nothing[3] = {255, 255, 255};
static const unsigned char colours[KINDS][3] = {{0x2f, 0x6d, 0xb5}, {0xd3, 0xe2, 0xcd}, {0xe0, 0x70, 0x1a}};

static const unsigned char *colour_of(char cell)
{
	return cell == RASTER_LIVE     ? colours[KIND_LIVE]
	       : cell == RASTER_FREE   ? colours[KIND_FREE]
	       : cell == RASTER_HEADER ? colours[KIND_HEADER]
	                               : nothing;
}

/* Text between single quotes. */
static void put_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputc('\'', out);
		fputc(*text >= ' ' && *text < 0x7f ? *text : '?', out);
	}
	fputc('\'', out);
}

static void put_labels(FILE *out, const struct heapmap *map, const struct heapmap_raster *raster)
{
	size_t every = (raster->rows + LABELS - 1) / LABELS;
	bool more = false;

	fputs("set ytics (", out);
	for (size_t row = 0; row < raster->rows; row++) {
		if (raster->offsets[row] != 0 && raster->offsets[row] / raster->cell_bytes / raster->width % every != 0)
			continue;
		bool mapped = map->sections[raster->sections[row]].mapped;
		fprintf(out, "%s'%s0x%zx' %zu", more ? ", " : "", mapped ? "mapped +" : "", raster->offsets[row], row);
		more = true;
	}
	fputs(")\n", out);
}

static void put_script(FILE *out, const struct heapmap *map, const struct heapmap_raster *raster, const char *title,
                       const char *subtitle)
{
	size_t rows = raster->rows > 0 ? raster->rows : 1; /* an empty heap is a blank one */

	fprintf(out, "set terminal pngcairo size %zu,%zu noenhanced font 'sans-serif,10'\n", (size_t)(CELLS * PIXELS + 190),
	        rows * PIXELS * 5 / 2 + 150);
	fputs("set title ", out);
	put_quoted(out, title);
	fputs(" . \"\\n\" . ", out);
	put_quoted(out, subtitle);
	fprintf(out,
	        "\nset key below\nset border 0\nset tics scale 0\nset xtics ('0' -0.5, '%s' %zu, '%s' %.1f)\n"
	        "set xrange [-0.5:%zu.5]\nset yrange [%zu.5:-0.5]\n",
	        text_bytes(raster->width * raster->cell_bytes / 2).s, raster->width / 2,
	        text_bytes(raster->width * raster->cell_bytes).s, (double)raster->width - 0.5, raster->width - 1, rows - 1);
	put_labels(out, map, raster);
	fprintf(out, "plot '-' binary array=(%zu,%zu) format='%%uchar' with rgbimage notitle, ", raster->width, rows);
	static const char *const names[KINDS] = {"live", "free", "headers"};
	for (enum heapmap_kind kind = KIND_LIVE; kind < KINDS; kind++)
		fprintf(out, "keyentry with points pt 5 ps 2 lc rgb '#%02x%02x%02x' title '%s'%s", colours[kind][0],
		        colours[kind][1], colours[kind][2], names[kind], kind + 1 < KINDS ? ", " : "\n");
	for (size_t i = 0; i < rows * raster->width; i++)
		fwrite(colour_of(raster->rows > 0 ? raster->cells[i] : RASTER_NOTHING), 1, 3, out);
}

bool heapmap_write_png(const struct heapmap *map, const char *path, const char *title, const char *subtitle)
{
	struct heapmap_raster raster;
	char *script = NULL, *png = NULL;
	size_t length, png_bytes;

	if (!heapmap_rasterise(map, CELLS, heapmap_cell_bytes(map, CELLS, ROWS), &raster))
		return false;
	FILE *out = open_memstream(&script, &length);
	if (out)
		put_script(out, map, &raster, title, subtitle);
	heapmap_raster_release(&raster);
	if (!out || fclose(out) != 0) {
		free(script);
		return false;
	}
	png = gnuplot_run(script, length, &png_bytes);
	bool written = png && whole_write(path, png, png_bytes);
	if (!png)
		errno = 0;
	free(script);
	free(png);
	return written;
}
