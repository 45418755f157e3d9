/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A heap's life as a page: see movie.h.
 *
 * Each frame is a raster of the heap in run-length code, letter and count; rows of all frames have the same bytes, so
 * that a place on the page is a place in the first region from the first frame to the last. Mapped blocks lie below.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/heapmap_raster.h"
#include "tools/lab/movie.h"
#include "tools/osmem/cli.h"
#include "tools/text.h"
#include "tools/whole.h"

#define CELLS 384
#define ROWS 96

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n<style>\n"
	":root{color-scheme:light "
	"dark;--live:#2f6db5;--free:#d3e2cd;--header:#e0701a;--ink:#1f2328;--soft:#57606a;--page:#fff}\n"
	"@media(prefers-color-scheme:dark){:root{--live:#4d8fdc;--free:#3b5040;--header:#f0913f;--ink:#e8ebef;--soft:#"
	"9aa4b0;"
	"--page:#14171c}}\n"
	"body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:1000px;margin:1.5em "
	"auto;"
	"padding:0 1em}\nh1{font-size:1.4em}p,output{color:var(--soft)}\n"
	"canvas{width:100%;image-rendering:pixelated;display:block;margin:.6em 0}\n"
	"form{display:flex;gap:1em;align-items:center}input{flex:1}\n"
	".key span{display:inline-block;width:1em;height:1em;margin:0 .4em 0 1.2em;vertical-align:-.15em}\n</style>\n";

static const char body[] =
	"<p class=\"key\">Low addresses at the top, each row %s.<span style=\"background:var(--live)\"></span>live"
	"<span style=\"background:var(--free)\"></span>free<span style=\"background:var(--header)\"></span>headers</p>\n"
	"<form><button type=\"button\" id=\"play\">Play</button>"
	"<input type=\"range\" id=\"at\" min=\"0\" value=\"0\" aria-label=\"moment\"></form>\n"
	"<output id=\"says\" for=\"at\"></output>\n"
	"<canvas id=\"heap\" role=\"img\" aria-label=\"the heap, address by address\"></canvas>\n"
	"<noscript><p>The pictures are drawn by a script in this page, which has to be allowed.</p></noscript>\n";

static const char script[] =
	"const canvas = document.getElementById('heap'), at = document.getElementById('at'),\n"
	"  says = document.getElementById('says'), play = document.getElementById('play');\n"
	"const pen = canvas.getContext('2d'), tall = 3;\n"
	"let timer = 0;\n"
	"canvas.width = width; canvas.height = rows * tall; at.max = frames.length - 1;\n"
	"function size(n) {\n"
	"  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {\n"
	"    if (n < 1024 || unit === 'GiB') return (unit === 'B' ? n : n.toFixed(2)) + ' ' + unit;\n"
	"    n /= 1024;\n  }\n}\n"
	"function draw() {\n"
	"  const frame = frames[at.value], look = getComputedStyle(document.documentElement);\n"
	"  const colour = {a: look.getPropertyValue('--live'), f: look.getPropertyValue('--free'), h: "
	"look.getPropertyValue('--header')};\n"
	"  pen.clearRect(0, 0, canvas.width, canvas.height);\n"
	"  let cell = 0;\n"
	"  for (const run of frame.cells.matchAll(/([afh ])(\\d*)/g)) {\n"
	"    let count = run[2] ? +run[2] : 1;\n"
	"    while (count > 0) {\n"
	"      const x = cell % width, n = Math.min(count, width - x);\n"
	"      if (run[1] !== ' ') { pen.fillStyle = colour[run[1]]; pen.fillRect(x, Math.floor(cell / width) * tall, n, "
	"tall); }\n"
	"      cell += n; count -= n;\n    }\n  }\n"
	"  says.textContent = `operation ${frame.op.toLocaleString('en')} of ${ops.toLocaleString('en')}: payload "
	"${size(frame.live)}, heap ${size(frame.held)}, ${frame.free.toLocaleString('en')} free blocks, the largest "
	"${size(frame.largest)}`;\n}\n"
	"function step() { if (+at.value >= frames.length - 1) stop(); else { at.value = +at.value + 1; draw(); } }\n"
	"function stop() { clearInterval(timer); timer = 0; play.textContent = 'Play'; }\n"
	"play.onclick = () => { if (timer) return stop(); if (+at.value >= frames.length - 1) at.value = 0;\n"
	"  timer = setInterval(step, 80); play.textContent = 'Stop'; };\n"
	"at.oninput = draw;\n"
	"matchMedia('(prefers-color-scheme: dark)').onchange = draw;\n"
	"draw();\n";

static void put_cells(FILE *out, const struct heapmap_raster *raster)
{
	const char *cells = raster->cells;

	for (size_t i = 0, run; i < raster->rows * raster->width; i += run) {
		run = 1;
		while (i + run < raster->rows * raster->width && cells[i + run] == cells[i])
			run++;
		if (run > 1)
			fprintf(out, "%c%zu", cells[i], run);
		else
			fputc(cells[i], out);
	}
}

static bool put_frame(FILE *out, struct player *player, const struct heapmap *map, size_t cell_bytes, size_t *rows)
{
	struct heapmap_raster raster;
	struct osm_stats stats;

	if (!heapmap_rasterise(map, CELLS, cell_bytes, &raster))
		return false;
	osm_heap_stats(player->stage.heap, &stats);
	fprintf(out, "{op:%llu,live:%zu,held:%zu,free:%zu,largest:%zu,cells:\"", (unsigned long long)player->done,
	        stats.live_bytes, stats.heap_bytes + stats.mapped_bytes + stats.metadata_bytes, stats.free_blocks,
	        stats.largest_free);
	put_cells(out, &raster);
	fputs("\"},\n", out);
	*rows = raster.rows > *rows ? raster.rows : *rows;
	heapmap_raster_release(&raster);
	return true;
}

/* Which operation a frame is after. */
static uint64_t frame_op(const struct tape_totals *totals, size_t frame, size_t frames)
{
	return totals->ops * (frame + 1) / frames;
}

static size_t frame_count(const struct tape_totals *totals)
{
	return totals->ops < MOVIE_FRAMES ? (size_t)totals->ops : MOVIE_FRAMES;
}

static int frame_show(FILE *out, struct player *player, size_t *cell_bytes, size_t *rows)
{
	struct heapmap map = {0};
	int status = CLI_OK;

	if (!heapmap_capture(&map, player->stage.heap)) {
		cli_complain("the heap could not be walked: no memory for it, or a block is damaged");
		return CLI_FOUND;
	}
	if (out && !put_frame(out, player, &map, *cell_bytes, rows)) {
		cli_complain("out of memory");
		status = CLI_FAILED;
	} else if (!out) {
		size_t wanted = heapmap_cell_bytes(&map, CELLS, ROWS);
		*cell_bytes = wanted > *cell_bytes ? wanted : *cell_bytes;
	}
	heapmap_release(&map);
	return status;
}

/* Play once: without a file for the size of cells, with one for the frames. */
static int trace_play(const struct tape_totals *totals, const struct setup *setup, FILE *out, size_t *cell_bytes,
                      size_t *rows, const volatile sig_atomic_t *stop)
{
	size_t frames = frame_count(totals);
	struct player player;
	int status = CLI_OK;

	if (!player_open(&player, totals, setup, stop))
		return CLI_FAILED;
	for (size_t frame = 0; status == CLI_OK && frame < frames; frame++)
		status = player_go(&player, frame_op(totals, frame, frames)) ? frame_show(out, &player, cell_bytes, rows)
		                                                             : CLI_FOUND;
	player_close(&player);
	return status;
}

static int put_page(FILE *out, const struct tape_totals *totals, const struct setup *setup, const char *title,
                    const volatile sig_atomic_t *stop)
{
	size_t cell_bytes = 1, rows = 1;
	char row[40];

	int status = trace_play(totals, setup, NULL, &cell_bytes, &rows, stop);
	if (status != CLI_OK)
		return status;
	fputs(head, out);
	fputs("<title>", out);
	text_put_markup(out, title);
	fputs("</title>\n</head>\n<body>\n<h1>", out);
	text_put_markup(out, title);
	fputs("</h1>\n", out);
	snprintf(row, sizeof row, "%zu bytes", CELLS * cell_bytes);
	fprintf(out, body, row);
	fprintf(out, "<script>\nconst width = %d, ops = %llu, frames = [\n", CELLS, (unsigned long long)totals->ops);
	status = trace_play(totals, setup, out, &cell_bytes, &rows, stop);
	if (status != CLI_OK)
		return status;
	fprintf(out, "];\nconst rows = %zu;\n%s</script>\n</body>\n</html>\n", rows, script);
	return CLI_OK;
}

int movie_write(const struct tape_totals *totals, const struct setup *setup, const char *path, const char *title,
                const volatile sig_atomic_t *stop)
{
	struct whole page;

	if (totals->ops == 0) {
		cli_complain("%s: no operation, no movie", totals->path);
		return CLI_FAILED;
	}
	if (!whole_begin(&page, path)) {
		cli_complain("%s: %s", path, strerror(errno));
		return CLI_FAILED;
	}
	int status = put_page(page.out, totals, setup, title, stop);
	if (!whole_end(&page, status == CLI_OK) && status == CLI_OK) {
		cli_complain("%s: %s", path, strerror(errno));
		status = CLI_FAILED;
	}
	return status;
}
