/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page of a heap map: title, legend, and a section a region with its rulers. heapmap_blocks.c draws the blocks.
 *
 *     offset  | row of row_bytes bytes, ROW_WIDTH pixels wide                 |
 *     offset  | next row ...                                                  |
 *
 * How small a block may be and still stand alone is decided by the file's size: the finest detail below FILE_MAX.
 */
#define _GNU_SOURCE /* open_memstream */

#include <stdio.h>
#include <stdlib.h>

#include "tools/heapmap.h"
#include "tools/heapmap_draw.h"
#include "tools/text.h"
#include "tools/whole.h"

#define FILE_MAX ((size_t)300000)
#define ROW_BYTES_MIN ((size_t)1024)
#define ROWS_WANTED 64
#define ROWS_A_LABEL 4
#define RULER_PARTS 8
#define MARGIN_LEFT 96
#define MARGIN_RIGHT 64
#define HEAD_HEIGHT 122
#define SECTION_HEAD 46
#define SECTION_GAP 14

/* From this many pixels on a block stands alone; the width of a cell in pixels. */
struct detail {
	size_t alone, cell;
};

static const struct detail details[] = {{2, 1}, {4, 1}, {8, 1}, {16, 1}, {32, 2}, {64, 4}, {128, 8}};

static size_t rows_of(const struct heapmap_section *section, size_t row_bytes)
{
	return (section->bytes + row_bytes - 1) / row_bytes;
}

static size_t rows_total(const struct heapmap *map, size_t row_bytes)
{
	size_t rows = 0;

	for (size_t i = 0; i < map->section_count; i++)
		rows += rows_of(&map->sections[i], row_bytes);
	return rows;
}

/* A power of two, so that offsets at the left are round numbers. */
static size_t row_bytes_for(const struct heapmap *map)
{
	size_t row_bytes = ROW_BYTES_MIN;

	while (rows_total(map, row_bytes) > ROWS_WANTED + map->section_count)
		row_bytes *= 2;
	return row_bytes;
}

static void draw_rulers(const struct heapmap_canvas *canvas, size_t rows)
{
	size_t height = rows * ROW_PITCH;

	for (size_t part = 0; part <= RULER_PARTS; part++) {
		size_t x = part * ROW_WIDTH / RULER_PARTS;
		fprintf(canvas->out, "<path class=\"r\" d=\"M%zu -10V%zu\"/><text class=\"m\" x=\"%zu\" y=\"-14\">+%s</text>\n",
		        x, height - ROW_PITCH / 2, x, text_bytes(part * canvas->row_bytes / RULER_PARTS).s);
	}
	for (size_t row = 0; row < rows; row += ROWS_A_LABEL) {
		fprintf(canvas->out, "<text class=\"e\" x=\"-10\" y=\"%zu\">0x%zx</text>\n", row * ROW_PITCH + 4,
		        row * canvas->row_bytes);
	}
}

/* Draws one section with its head at y; returns where the next one may begin. */
static size_t draw_section(const struct heapmap_canvas *canvas, size_t index, size_t regions, size_t y)
{
	const struct heapmap_section *section = &canvas->map->sections[index];
	size_t rows = rows_of(section, canvas->row_bytes);
	size_t blocks = section->end - section->first;

	fprintf(canvas->out, "<text class=\"s\" x=\"%d\" y=\"%zu\">", MARGIN_LEFT, y + 14);
	if (section->mapped)
		fprintf(canvas->out, "Mapped blocks, each with memory of its own, shown one behind the other");
	else
		fprintf(canvas->out, "Region %zu of %zu", index + 1, regions);
	fprintf(canvas->out, ": %s, %s block%s</text>\n<g transform=\"translate(%d %zu)\">\n", text_bytes(section->bytes).s,
	        text_count(blocks).s, blocks == 1 ? "" : "s", MARGIN_LEFT, y + SECTION_HEAD + ROW_PITCH / 2);
	draw_rulers(canvas, rows);
	heapmap_draw_blocks(canvas, section);
	fputs("</g>\n", canvas->out);
	return y + SECTION_HEAD + rows * ROW_PITCH + SECTION_GAP;
}

/* Colours that differ in lightness too, for light pages and for dark ones. */
static const char style[] =
	"<style>\n"
	"path{fill:none;stroke-width:10}.r{stroke-width:1;stroke:#c9ced6}\n"
	"text{font:12px system-ui,sans-serif;fill:#57606a}.t{font-size:20px;font-weight:600;fill:#1f2328}\n"
	".s{font-weight:600;fill:#1f2328}.m,.e{font:10px ui-monospace,monospace}.m{text-anchor:middle}.e{text-anchor:end}\n"
	".bg{fill:#fff}.a{stroke:#2f6db5}.b{stroke:#5b95d6}.f{stroke:#d3e2cd}.h{stroke:#e0701a}path:hover{opacity:.7}\n"
	"@media(prefers-color-scheme:dark){.bg{fill:#14171c}.r{stroke:#3a414b}text{fill:#9aa4b0}.t,.s{fill:#e8ebef}\n"
	".a{stroke:#4d8fdc}.b{stroke:#2f69ad}.f{stroke:#3b5040}.h{stroke:#f0913f}}\n"
	"</style>\n";

static void draw_legend(const struct heapmap_canvas *canvas, const size_t bytes[])
{
	static const char *const entries[KINDS] = {"live blocks, shades alternate", "free blocks", "headers"};
	size_t total = bytes[KIND_LIVE] + bytes[KIND_FREE] + bytes[KIND_HEADER];
	int x = MARGIN_LEFT;

	for (enum heapmap_kind kind = KIND_LIVE; kind < KINDS; kind++) {
		fprintf(canvas->out, "<path class=\"%c\" d=\"M%d 78h14\"/>", heapmap_kind_class[kind], x);
		if (kind == KIND_LIVE)
			fprintf(canvas->out, "<path class=\"b\" d=\"M%d 78h7\"/>", x + 7);
		fprintf(canvas->out, "<text x=\"%d\" y=\"82\">%s: %s (%s)</text>\n", x + 20, entries[kind],
		        text_bytes(bytes[kind]).s, text_share(bytes[kind], total).s);
		x += kind == KIND_LIVE ? 340 : 240;
	}
	fprintf(canvas->out,
	        "<text x=\"%d\" y=\"102\">A row is %s. Runs of blocks under %s are shown by their shares, in steps of %s. "
	        "Point at a block for its size.</text>\n",
	        MARGIN_LEFT, text_bytes(canvas->row_bytes).s, text_bytes(canvas->alone_bytes).s,
	        text_bytes(canvas->cell_bytes).s);
}

static void draw_head(const struct heapmap_canvas *canvas, size_t height, const char *title, const char *subtitle)
{
	int width = MARGIN_LEFT + ROW_WIDTH + MARGIN_RIGHT;
	size_t bytes[KINDS] = {0};

	for (size_t i = 0; i < canvas->map->block_count; i++) {
		bytes[KIND_HEADER] += canvas->map->blocks[i].header;
		bytes[heapmap_kind_of(&canvas->map->blocks[i])] += canvas->map->blocks[i].payload;
	}
	fprintf(canvas->out,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 %d %zu\" width=\"%d\" "
	        "height=\"%zu\">\n<title>",
	        width, height, width, height);
	text_put_markup(canvas->out, title);
	fprintf(canvas->out, "</title>\n%s<rect class=\"bg\" width=\"100%%\" height=\"100%%\"/>\n", style);
	fprintf(canvas->out, "<text class=\"t\" x=\"%d\" y=\"34\">", MARGIN_LEFT);
	text_put_markup(canvas->out, title);
	fprintf(canvas->out, "</text>\n<text x=\"%d\" y=\"56\">", MARGIN_LEFT);
	text_put_markup(canvas->out, subtitle);
	fputs("</text>\n", canvas->out);
	draw_legend(canvas, bytes);
}

static void draw_map(const struct heapmap_canvas *canvas, const char *title, const char *subtitle)
{
	const struct heapmap *map = canvas->map;
	size_t regions = 0;

	for (size_t i = 0; i < map->section_count; i++)
		regions += !map->sections[i].mapped;
	size_t height = HEAD_HEIGHT + rows_total(map, canvas->row_bytes) * ROW_PITCH +
	                map->section_count * (SECTION_HEAD + SECTION_GAP);
	draw_head(canvas, height, title, subtitle);
	size_t y = HEAD_HEIGHT;
	for (size_t i = 0; i < map->section_count; i++)
		y = draw_section(canvas, i, regions, y);
	fputs("</svg>\n", canvas->out);
}

/* The picture with this much detail, in memory of its own; NULL if memory ran out. */
static char *render(const struct heapmap *map, struct detail detail, const char *title, const char *subtitle,
                    size_t *length)
{
	char *svg = NULL;
	struct heapmap_canvas canvas = {.out = open_memstream(&svg, length), .map = map, .row_bytes = row_bytes_for(map)};

	if (!canvas.out)
		return NULL;
	canvas.alone_bytes = detail.alone * canvas.row_bytes / ROW_WIDTH;
	canvas.cell_bytes = detail.cell * canvas.row_bytes / ROW_WIDTH;
	draw_map(&canvas, title, subtitle);
	if (fclose(canvas.out) != 0) {
		free(svg);
		return NULL;
	}
	return svg;
}

bool heapmap_write(const struct heapmap *map, const char *path, const char *title, const char *subtitle)
{
	char *svg = NULL;
	size_t length = 0;

	for (size_t i = 0; i < sizeof details / sizeof *details && (!svg || length > FILE_MAX); i++) {
		free(svg);
		svg = render(map, details[i], title, subtitle, &length);
		if (!svg)
			return false;
	}
	bool written = whole_write(path, svg, length);
	free(svg);
	return written;
}
