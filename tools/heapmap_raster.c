/* SPDX-License-Identifier: BSD-3-Clause */
/* A heap map as rows of cells: see heapmap_raster.h. */
#include <stdlib.h>
#include <string.h>

#include "tools/heapmap_draw.h"
#include "tools/heapmap_raster.h"

#define CELL_BYTES_MIN ((size_t)8)

static size_t section_rows(const struct heapmap_section *section, size_t row_bytes)
{
	return (section->bytes + row_bytes - 1) / row_bytes;
}

static size_t rows_total(const struct heapmap *map, size_t row_bytes)
{
	size_t rows = 0;

	for (size_t i = 0; i < map->section_count; i++)
		rows += section_rows(&map->sections[i], row_bytes);
	return rows;
}

size_t heapmap_cell_bytes(const struct heapmap *map, size_t width, size_t rows)
{
	size_t cell_bytes = CELL_BYTES_MIN;

	while (rows_total(map, width * cell_bytes) > rows + map->section_count)
		cell_bytes *= 2;
	return cell_bytes;
}

/* The bytes of each kind in the cell that is filled, and what earlier cells owe. */
struct filler {
	struct heapmap_raster *raster;
	size_t row;  /* the section's first */
	size_t cell; /* in the section */
	size_t bytes[KINDS];
	ptrdiff_t owed[KINDS];
};

static void cell_show(struct filler *filler)
{
	static const char letters[KINDS] = {RASTER_LIVE, RASTER_FREE, RASTER_HEADER};
	enum heapmap_kind most = KIND_LIVE;
	size_t whole = 0;

	for (enum heapmap_kind kind = KIND_LIVE; kind < KINDS; kind++) {
		whole += filler->bytes[kind];
		filler->owed[kind] += (ptrdiff_t)filler->bytes[kind];
		most = filler->owed[kind] > filler->owed[most] ? kind : most;
		filler->bytes[kind] = 0;
	}
	if (whole > 0) {
		filler->owed[most] -= (ptrdiff_t)whole;
		filler->raster->cells[filler->row * filler->raster->width + filler->cell] = letters[most];
	}
	filler->cell++;
}

static void fill(struct filler *filler, enum heapmap_kind kind, size_t at, size_t end)
{
	size_t cell_bytes = filler->raster->cell_bytes;

	while (at < end) {
		while (filler->cell < at / cell_bytes)
			cell_show(filler);
		size_t cell_end = (filler->cell + 1) * cell_bytes;
		size_t stop = end < cell_end ? end : cell_end;
		filler->bytes[kind] += stop - at;
		at = stop;
	}
}

static void section_fill(const struct heapmap *map, const struct heapmap_section *section, struct filler *filler)
{
	for (size_t i = section->first; i < section->end; i++) {
		const struct heapmap_block *block = &map->blocks[i];
		fill(filler, KIND_HEADER, block->at, block->at + block->header);
		fill(filler, heapmap_kind_of(block), block->at + block->header, block->at + block->header + block->payload);
	}
	if (section->bytes > 0)
		cell_show(filler);
}

bool heapmap_rasterise(const struct heapmap *map, size_t width, size_t cell_bytes, struct heapmap_raster *raster)
{
	size_t rows = rows_total(map, width * cell_bytes);

	*raster = (struct heapmap_raster){.width = width, .rows = rows, .cell_bytes = cell_bytes};
	raster->cells = malloc(width * rows + 1);
	raster->offsets = calloc(rows + 1, sizeof *raster->offsets);
	raster->sections = calloc(rows + 1, sizeof *raster->sections);
	if (!raster->cells || !raster->offsets || !raster->sections) {
		heapmap_raster_release(raster);
		return false;
	}
	memset(raster->cells, RASTER_NOTHING, width * rows);
	raster->cells[width * rows] = '\0';
	size_t row = 0;
	for (size_t i = 0; i < map->section_count; i++) {
		struct filler filler = {.raster = raster, .row = row};
		size_t end = row + section_rows(&map->sections[i], width * cell_bytes);
		section_fill(map, &map->sections[i], &filler);
		for (size_t first = row; row < end; row++) {
			raster->offsets[row] = (row - first) * width * cell_bytes;
			raster->sections[row] = i;
		}
	}
	return true;
}

void heapmap_raster_release(struct heapmap_raster *raster)
{
	free(raster->cells);
	free(raster->offsets);
	free(raster->sections);
	*raster = (struct heapmap_raster){0};
}
