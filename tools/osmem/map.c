/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * osmem map: the heap of a trace at one moment, or all its life.
 */
#define _GNU_SOURCE /* isatty, TIOCGWINSZ */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/bench/machine.h"
#include "tools/gnuplot.h"
#include "tools/heapmap_raster.h"
#include "tools/json.h"
#include "tools/lab/choice.h"
#include "tools/lab/movie.h"
#include "tools/osmem/cli.h"
#include "tools/progress.h"
#include "tools/text.h"

#define LINES_USED 2 /* of the terminal, by what is not the heap */

static struct {
	struct choice choice;
	const char *at, *out, *movie;
	bool json;
} options = {.at = "peak"};

static const struct cli_option table[] = {
	{"at", 'a', CLI_TEXT, "MOMENT",
     "peak, end, a number of operations, or a time with a unit such as 1.5s, 20ms or 3us, if times were recorded "
     "(peak)",
     &options.at, NULL},
	{"out", 'o', CLI_FILE, "FILE", "Write FILE.svg or FILE.png in place of drawing in the terminal", &options.out,
     NULL},
	{"movie", 'v', CLI_FILE, "FILE", "Write the heap's life as a page with a slider", &options.movie, NULL},
	{"json", 'j', CLI_SWITCH, NULL, "List the blocks as JSON in place of drawing", &options.json, NULL},
	CHOICE_OPTIONS(options.choice),
	{0},
};

/* ---- Moments */

/* A time with a unit, in nanoseconds. */
static bool time_parse(const char *text, uint64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}};
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	double number = strtod(text, &end);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (strcmp(end, units[i].unit) == 0 && number * units[i].ns < 9e18) {
			*ns = (uint64_t)(number * units[i].ns);
			return true;
		}
	}
	return false;
}

/* Operations done when the time was over. */
static int time_find(const char *path, uint64_t ns, uint64_t *at)
{
	struct osm_trace_error error;
	struct osm_trace_reader *reader = osm_trace_open(path, &error);
	struct osm_trace_op op;
	uint64_t latest = 0;

	if (!reader)
		return cli_bad_trace(path, &error);
	*at = 0;
	while (osm_trace_next(reader, &op) == OSM_TRACE_OP && op.time <= ns) {
		latest = op.time;
		++*at;
	}
	bool timed = latest > 0 || op.time > ns;
	osm_trace_close(reader);
	if (timed)
		return CLI_OK;
	cli_complain("--at=%s: times were not recorded in %s", options.at, path);
	return CLI_USAGE;
}

static int moment_find(const struct tape_totals *totals, uint64_t *at)
{
	uint64_t ns;
	char *end;

	if (strcmp(options.at, "peak") == 0) {
		*at = totals->peak_at;
		return CLI_OK;
	}
	if (strcmp(options.at, "end") == 0) {
		*at = totals->ops;
		return CLI_OK;
	}
	errno = 0;
	*at = strtoull(options.at, &end, 10);
	if (isdigit((unsigned char)*options.at) && !*end && errno == 0) {
		if (*at <= totals->ops)
			return CLI_OK;
		cli_complain("--at=%s: %s has %" PRIu64 " operations", options.at, totals->path, totals->ops);
		return CLI_USAGE;
	}
	if (time_parse(options.at, &ns))
		return time_find(totals->path, ns, at);
	cli_complain("--at=%s: neither peak nor end, nor a number of operations, nor a time such as 1.5s", options.at);
	return CLI_USAGE;
}

/* ---- Pictures */

static void map_json(const struct heapmap *map, const struct tape_totals *totals, const struct setup *setup,
                     uint64_t at)
{
	struct json json = {.file = stdout};

	json_open(&json, NULL, '{');
	json_text(&json, "command", "map");
	json_text(&json, "file", totals->path);
	json_number(&json, "operation", true, (double)at);
	setup_json(&json, setup);
	json_open(&json, "sections", '[');
	for (size_t i = 0; i < map->section_count; i++) {
		json_line(&json);
		json_text(&json, "kind", map->sections[i].mapped ? "mapped" : "region");
		json_number(&json, "bytes", true, (double)map->sections[i].bytes);
		json_open(&json, "blocks", '[');
		for (size_t k = map->sections[i].first; k < map->sections[i].end; k++) {
			const struct heapmap_block *block = &map->blocks[k];
			json_line(&json);
			json_number(&json, "at", true, (double)block->at);
			json_number(&json, "header", true, (double)block->header);
			json_number(&json, "payload", true, (double)block->payload);
			json_flag(&json, "free", block->free);
			json_close(&json, '}');
		}
		json_close(&json, ']');
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
	putchar('\n');
}

static bool ends_with(const char *text, const char *ending)
{
	size_t length = strlen(text), of_ending = strlen(ending);

	return length > of_ending && strcmp(text + length - of_ending, ending) == 0;
}

static int map_write(const struct heapmap *map, const char *title, const char *subtitle)
{
	bool written = ends_with(options.out, ".png") ? heapmap_write_png(map, options.out, title, subtitle)
	                                              : heapmap_write(map, options.out, title, subtitle);

	if (!written)
		cli_complain("%s: %s", options.out, errno ? strerror(errno) : "gnuplot could not draw it");
	return written ? CLI_OK : CLI_FAILED;
}

static int map_print(const struct heapmap *map, const char *title, const char *subtitle)
{
	const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");
	bool colour = isatty(STDOUT_FILENO) && !(no && *no) && terminal && strcmp(terminal, "dumb") != 0;
	struct winsize window = {.ws_col = 80, .ws_row = 40};

	if (isatty(STDOUT_FILENO) && (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0))
		window = (struct winsize){.ws_col = 80, .ws_row = 24};
	size_t lines = window.ws_row > LINES_USED + 8 ? window.ws_row - LINES_USED - 2u : 8;
	text_put_line(stdout, title);
	printf(". %s\n", subtitle);
	if (heapmap_print(map, window.ws_col, lines, colour))
		return CLI_OK;
	cli_complain("out of memory");
	return CLI_FAILED;
}

static int map_show(const struct heapmap *map, const struct tape_totals *totals, const struct setup *setup, uint64_t at)
{
	char title[200], subtitle[200];

	progress_clear();
	snprintf(title, sizeof title, "%.80s: %s, %s layout", totals->name, setup->policy->name, setup->policy->layout);
	snprintf(subtitle, sizeof subtitle, "%s, after operation %s of %s",
	         at == totals->peak_at ? "At the trace's peak"
	         : at == totals->ops   ? "At the trace's end"
	                               : "On the way",
	         text_count(at).s, text_count(totals->ops).s);
	if (options.json)
		map_json(map, totals, setup, at);
	else
		return options.out ? map_write(map, title, subtitle) : map_print(map, title, subtitle);
	return CLI_OK;
}

static int map_draw(const struct tape_totals *totals, const struct setup *setup)
{
	struct heapmap map = {0};
	struct player player;
	uint64_t at;
	int status = moment_find(totals, &at);

	if (status != CLI_OK)
		return status;
	if (!player_open(&player, totals, setup, &cli_interrupted))
		return CLI_FAILED;
	if (!player_go(&player, at)) {
		status = CLI_FOUND;
	} else if (!heapmap_capture(&map, player.stage.heap)) {
		cli_complain("the heap could not be walked: no memory for it, or a block is damaged");
		status = CLI_FOUND;
	} else {
		status = map_show(&map, totals, setup, at);
	}
	heapmap_release(&map);
	player_close(&player);
	return status;
}

static int movie_draw(const struct tape_totals *totals, const struct setup *setup)
{
	char title[200];

	snprintf(title, sizeof title, "The heap of %.80s: %s, %s layout", totals->name, setup->policy->name,
	         setup->policy->layout);
	return movie_write(totals, setup, options.movie, title, &cli_interrupted);
}

static int run(size_t count, char **operands)
{
	struct tape_totals *totals = NULL;
	struct setup setup;

	if (!choice_setup(&options.choice, &setup))
		return CLI_USAGE;
	if (options.out && !ends_with(options.out, ".svg") && !ends_with(options.out, ".png")) {
		cli_complain("--out=%s: the name ends neither with .svg nor with .png", options.out);
		return CLI_USAGE;
	}
	if (options.out && ends_with(options.out, ".png") && !gnuplot_is_there()) {
		cli_complain("--out=%s: " GNUPLOT_MISSING, options.out);
		return CLI_FAILED;
	}
	machine_limit_memory();
	int status = tape_survey_all(operands, count, &totals, &cli_interrupted);
	if (status == CLI_OK && options.movie)
		status = movie_draw(totals, &setup);
	if (status == CLI_OK && (!options.movie || options.out || options.json))
		status = map_draw(totals, &setup);
	free(totals);
	return status;
}

const struct cli_command command_map = {
	.name = "map",
	.summary = "draw the heap of a trace, block by block",
	.synopsis = "FILE",
	.description = "Replays a trace on a heap of one policy up to a moment, and draws the heap: where blocks are live, "
				   "where they are "
				   "free, where headers lie. In a terminal that shows colour a character is two rows of cells; in a "
				   "pipe it is one "
				   "cell: # live, . free, + headers. SVG shows each block that is large enough by itself, with its "
				   "size; PNG is painted "
				   "by gnuplot.\n\n"
				   "A movie is a page with a slider and up to 160 moments; it needs no other file.",
	.options = table,
	.examples = "osmem map tests/traces/gitlog.rep.gz\n"
				"osmem map --policy=next-fit --at=end --out=gitlog.svg tests/traces/gitlog.rep.gz\n"
				"osmem map --movie=gitlog.html tests/traces/gitlog.rep.gz",
	.statuses = "1: the heap ran out of memory, or is damaged.",
	.operands_min = 1,
	.operands_max = 1,
	.run = run,
};
