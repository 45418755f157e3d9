/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The blocks of a heap map.
 *
 * A block that is wide enough stands alone: one path of horizontal strokes with a tooltip. Runs of smaller blocks are
 * merged: a run is parted into cells, each shows one kind of bytes, and the run has one tooltip.
 */
#include "tools/heapmap_draw.h"
#include "tools/text.h"

#define RUN_CELLS (2 * ROW_WIDTH + 2) /* a run is at most a row and a block that does not stand alone */

const char heapmap_kind_class[KINDS] = {'a', 'f', 'h'};
static const char *const kind_name[KINDS] = {"live", "free", "headers"};

/* Neighbouring small blocks, and what fills their cells. */
struct run {
	size_t at, end; /* in the section */
	size_t blocks;
	size_t bytes[KINDS];
	size_t cells[RUN_CELLS][KINDS];
	enum heapmap_kind shown[RUN_CELLS];
};

static size_t block_end(const struct heapmap_block *block)
{
	return block->at + block->header + block->payload;
}

/* At most two digits behind the point, and no zeros that say nothing. */
static void put_pixels(FILE *out, double pixels)
{
	fprintf(out, "%.7g", (double)(long)(pixels * 100 + .5) / 100);
}

/* Horizontal strokes over the bytes [at, end) of a section: the data of a path. */
static void put_span(const struct heapmap_canvas *canvas, size_t at, size_t end)
{
	double scale = (double)ROW_WIDTH / (double)canvas->row_bytes;

	while (at < end) {
		size_t row = at / canvas->row_bytes;
		size_t row_end = (row + 1) * canvas->row_bytes;
		size_t stop = end < row_end ? end : row_end;
		double x = (double)(at - row * canvas->row_bytes) * scale;
		double width = (double)(stop - at) * scale;
		fputc('M', canvas->out);
		put_pixels(canvas->out, x);
		fprintf(canvas->out, " %zuh", row * ROW_PITCH);
		put_pixels(canvas->out, width);
		at = stop;
	}
}

static void draw_alone(const struct heapmap_canvas *canvas, const struct heapmap_block *block, bool odd)
{
	char class = block->free ? heapmap_kind_class[KIND_FREE] : odd ? 'b' : heapmap_kind_class[KIND_LIVE];

	fprintf(canvas->out, "<path class=\"%c\" d=\"", class);
	put_span(canvas, block->at + block->header, block_end(block));
	fprintf(canvas->out, "\"><title>%s: %s at +0x%zx</title></path>\n", kind_name[heapmap_kind_of(block)],
	        text_bytes(block->payload).s, block->at + block->header);
}

static void run_add(const struct heapmap_canvas *canvas, struct run *run, enum heapmap_kind kind, size_t at, size_t end)
{
	size_t first = run->at / canvas->cell_bytes;

	run->bytes[kind] += end - at;
	while (at < end) {
		size_t cell = at / canvas->cell_bytes;
		size_t cell_end = (cell + 1) * canvas->cell_bytes;
		size_t stop = end < cell_end ? end : cell_end;
		run->cells[cell - first][kind] += stop - at;
		at = stop;
	}
}

/*
 * What each cell shows. Bytes that lose in a cell are carried over to the next one, so that over a few cells each kind
 * gets its share: headers that nowhere fill half a cell are still seen.
 */
static void run_choose(struct run *run, size_t cells)
{
	ptrdiff_t owed[KINDS] = {0};

	for (size_t cell = 0; cell < cells; cell++) {
		enum heapmap_kind most = KIND_LIVE;

		for (enum heapmap_kind kind = KIND_LIVE; kind < KINDS; kind++) {
			owed[kind] += (ptrdiff_t)run->cells[cell][kind];
			most = owed[kind] > owed[most] ? kind : most;
		}
		for (enum heapmap_kind kind = KIND_LIVE; kind < KINDS; kind++)
			owed[most] -= (ptrdiff_t)run->cells[cell][kind];
		run->shown[cell] = most;
	}
}

/* The strokes of one kind in a run: neighbouring cells that show it as one. */
static void draw_run_kind(const struct heapmap_canvas *canvas, const struct run *run, enum heapmap_kind kind,
                          size_t cells)
{
	size_t first = run->at / canvas->cell_bytes;
	bool begun = false;

	for (size_t cell = 0; cell < cells; cell++) {
		size_t from = cell;

		while (cell < cells && run->shown[cell] == kind)
			cell++;
		if (cell > from) {
			size_t at = (first + from) * canvas->cell_bytes, end = (first + cell) * canvas->cell_bytes;

			if (!begun)
				fprintf(canvas->out, "<path class=\"%c\" d=\"", heapmap_kind_class[kind]);
			begun = true;
			put_span(canvas, at < run->at ? run->at : at, end > run->end ? run->end : end);
		}
	}
	if (begun)
		fputs("\"/>", canvas->out);
}

static void draw_run(const struct heapmap_canvas *canvas, struct run *run)
{
	size_t cells = (run->end - 1) / canvas->cell_bytes - run->at / canvas->cell_bytes + 1;
	const char *separator = ": ";

	fprintf(canvas->out, "<g><title>%zu block%s", run->blocks, run->blocks == 1 ? "" : "s");
	for (enum heapmap_kind kind = KIND_LIVE; kind < KINDS; kind++) {
		if (run->bytes[kind] > 0) {
			fprintf(canvas->out, "%s%s %s", separator, kind_name[kind], text_bytes(run->bytes[kind]).s);
			separator = ", ";
		}
	}
	fprintf(canvas->out, " from +0x%zx on</title>", run->at);
	run_choose(run, cells);
	for (enum heapmap_kind kind = KIND_LIVE; kind < KINDS; kind++)
		draw_run_kind(canvas, run, kind, cells);
	fputs("</g>\n", canvas->out);
}

static bool stands_alone(const struct heapmap_canvas *canvas, const struct heapmap_block *block)
{
	return block->header + block->payload >= canvas->alone_bytes;
}

/* Collect small blocks from block i on until one stands alone, a gap comes, or the row ends; returns the next block. */
static size_t run_collect(const struct heapmap_canvas *canvas, struct run *run, size_t i, size_t end)
{
	const struct heapmap_block *blocks = canvas->map->blocks;

	*run = (struct run){.at = blocks[i].at, .end = blocks[i].at};
	while (i < end && !stands_alone(canvas, &blocks[i]) && blocks[i].at == run->end &&
	       run->end / canvas->row_bytes == run->at / canvas->row_bytes) {
		const struct heapmap_block *block = &blocks[i++];
		run_add(canvas, run, KIND_HEADER, block->at, block->at + block->header);
		run_add(canvas, run, heapmap_kind_of(block), block->at + block->header, block_end(block));
		run->end = block_end(block);
		run->blocks++;
	}
	return i;
}

void heapmap_draw_blocks(const struct heapmap_canvas *canvas, const struct heapmap_section *section)
{
	const struct heapmap_block *blocks = canvas->map->blocks;
	struct run run;
	bool odd = false;

	for (size_t i = section->first; i < section->end;) {
		if (stands_alone(canvas, &blocks[i])) {
			draw_alone(canvas, &blocks[i++], odd);
			odd = !odd;
		} else {
			i = run_collect(canvas, &run, i, section->end);
			draw_run(canvas, &run);
		}
	}
	/* the headers of blocks that stand alone, on top, all in one path */
	fputs("<path class=\"h\" d=\"M0 0", canvas->out);
	for (size_t i = section->first; i < section->end; i++)
		if (stands_alone(canvas, &blocks[i]) && blocks[i].header > 0)
			put_span(canvas, blocks[i].at, blocks[i].at + blocks[i].header);
	fputs("\"/>\n", canvas->out);
}
