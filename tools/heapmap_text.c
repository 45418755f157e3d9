/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A heap map on a terminal: see heapmap_raster.h.
 *
 * In colour a letter is an upper half block, whose foreground is the upper of two rows and whose background the lower.
 */
#include <stdio.h>

#include "tools/heapmap_draw.h"
#include "tools/heapmap_raster.h"
#include "tools/text.h"

#define LABEL 12
#define CELLS_MIN 16
#define CELLS_MAX 128
#define HALF_BLOCK "\xe2\x96\x80"

/* Of the 256 colours; none: the terminal's own background. */
enum { COLOUR_NONE = -1, COLOUR_LIVE = 33, COLOUR_FREE = 151, COLOUR_HEADER = 208 };

static int colour_of(char cell)
{
	switch (cell) {
	case RASTER_LIVE:
		return COLOUR_LIVE;
	case RASTER_FREE:
		return COLOUR_FREE;
	case RASTER_HEADER:
		return COLOUR_HEADER;
	default:
		return COLOUR_NONE;
	}
}

static void half_blocks_print(char upper, char lower)
{
	int above = colour_of(upper), below = colour_of(lower);

	if (above == COLOUR_NONE && below == COLOUR_NONE)
		fputs("\033[0m ", stdout);
	else if (below == COLOUR_NONE)
		printf("\033[49;38;5;%dm" HALF_BLOCK, above);
	else
		printf("\033[38;5;%d;48;5;%dm" HALF_BLOCK, above, below);
}

static void label_print(const struct heapmap *map, const struct heapmap_raster *raster, size_t row)
{
	if (raster->offsets[row] == 0 && map->sections[raster->sections[row]].mapped)
		printf("%-*s", LABEL, "mapped");
	else
		printf("+0x%-*zx", LABEL - 3, raster->offsets[row]);
}

static void rows_print(const struct heapmap *map, const struct heapmap_raster *raster, bool colour)
{
	static const char letters[] = {
		[RASTER_LIVE] = '#', [RASTER_FREE] = '.', [RASTER_HEADER] = '+', [RASTER_NOTHING] = ' '};
	size_t rows_a_line = colour ? 2 : 1;

	for (size_t row = 0; row < raster->rows;) {
		const char *upper = raster->cells + row * raster->width;
		/* a section does not share a line with the next one */
		bool two = rows_a_line == 2 && row + 1 < raster->rows && raster->sections[row + 1] == raster->sections[row];
		label_print(map, raster, row);
		for (size_t i = 0; i < raster->width; i++) {
			if (colour)
				half_blocks_print(upper[i], two ? upper[raster->width + i] : RASTER_NOTHING);
			else
				putchar(letters[(unsigned char)upper[i]]);
		}
		fputs(colour ? "\033[0m\n" : "\n", stdout);
		row += two ? 2 : 1;
	}
}

static void legend_print(const struct heapmap *map, const struct heapmap_raster *raster, bool colour)
{
	static const char *const marks[2][KINDS] = {{"#", ".", "+"},
	                                            {"\033[38;5;33m" HALF_BLOCK "\033[0m",
	                                             "\033[38;5;151m" HALF_BLOCK "\033[0m",
	                                             "\033[38;5;208m" HALF_BLOCK "\033[0m"}};
	static const char *const names[KINDS] = {"live", "free", "headers"};
	size_t bytes[KINDS] = {0}, whole = 0;

	for (size_t i = 0; i < map->block_count; i++) {
		bytes[KIND_HEADER] += map->blocks[i].header;
		bytes[heapmap_kind_of(&map->blocks[i])] += map->blocks[i].payload;
		whole += map->blocks[i].header + map->blocks[i].payload;
	}
	for (enum heapmap_kind kind = KIND_LIVE; kind < KINDS; kind++)
		printf("%s%s %s %s (%s)", kind ? "   " : "", marks[colour][kind], names[kind], text_bytes(bytes[kind]).s,
		       text_share(bytes[kind], whole).s);
	printf("   a cell is %s\n", text_bytes(raster->cell_bytes).s);
}

bool heapmap_print(const struct heapmap *map, size_t width, size_t lines, bool colour)
{
	size_t cells = CELLS_MIN;
	struct heapmap_raster raster;

	while (2 * cells + LABEL <= width && cells < CELLS_MAX)
		cells *= 2;
	if (!heapmap_rasterise(map, cells, heapmap_cell_bytes(map, cells, colour ? 2 * lines : lines), &raster))
		return false;
	rows_print(map, &raster, colour);
	legend_print(map, &raster, colour);
	heapmap_raster_release(&raster);
	return true;
}
