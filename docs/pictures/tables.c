/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables of figures, as HTML that a page includes: asked of the library, or counted on a heap.
 */
#include "drawings.h"

#include <stdarg.h>
#include <stdio.h>

static FILE *table_begin(const char *folder, const char *name)
{
	char path[4096];
	FILE *file;

	if (snprintf(path, sizeof path, "%s/%s.html", folder, name) >= (int)sizeof path)
		give_up("the folder's name is too long");
	file = fopen(path, "w");
	if (!file)
		give_up("%s cannot be written", path);
	fprintf(file, "<table class='doxtable' data-table='%s'>\n", name);
	return file;
}

static void table_end(FILE *file)
{
	fputs("</table>\n", file);
	if (ferror(file) || fclose(file) != 0)
		give_up("a table could not be written");
}

/* A row; `cells` are separated by bars, `tag` is th or td. */
static void row(FILE *file, const char *tag, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void row(FILE *file, const char *tag, const char *format, ...)
{
	char cells[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(cells, sizeof cells, format, arguments);
	va_end(arguments);
	fprintf(file, "<tr><%s>", tag);
	for (const char *c = cells; *c; c++)
		if (*c == '|')
			fprintf(file, "</%s><%s>", tag, tag);
		else
			fputc(*c, file);
	fprintf(file, "</%s></tr>\n", tag);
}

void write_policies(const char *folder)
{
	FILE *file = table_begin(folder, "policies");

	row(file, "th", "policy|layout|what it takes|bytes of state|granule");
	for (const struct osm_policy *const *p = osm_policies(); *p; p++)
		row(file, "td", "%s|%s|%s|%zu|%zu to %zu", (*p)->name, (*p)->layout, (*p)->summary, (*p)->state_size,
		    (*p)->granule_min, (*p)->granule_max);
	table_end(file);
}

void write_backends(const char *folder)
{
	FILE *file = table_begin(folder, "backends");

	row(file, "th", "backend|what it is|grows in place|maps zeroed|maps lazily|remap|release|trim|purge");
	for (struct osm_backend *const *b = osm_backends(); *b; b++)
		row(file, "td", "%s|%s|%s|%s|%s|%s|%s|%s|%s", (*b)->name, (*b)->summary,
		    (*b)->promises & OSM_PROMISE_CONTIGUOUS ? "promised" : "if nobody is in the way",
		    (*b)->promises & OSM_PROMISE_MAP_ZEROED ? "promised" : "no",
		    (*b)->promises & OSM_PROMISE_MAP_LAZY ? "promised" : "no", (*b)->remap ? "yes" : "no",
		    (*b)->release ? "yes" : "no", (*b)->trim ? "yes" : "no", (*b)->purge ? "yes" : "no");
	table_end(file);
}

/* "usable + header" for one request. */
static void cost_of(const struct osm_policy *policy, size_t n, char *text, size_t room)
{
	const struct script_op step = {SCRIPT_ALLOC, 0, n, 1};
	struct player player;
	struct shot shot;

	player_open(&player, policy, 0, 4096, false);
	player_step(&player, &step, &shot);
	snprintf(text, room, "%zu + %zu", shot.blocks[0].size, shot.blocks[0].header);
}

void write_sizes(const char *folder)
{
	static const size_t requests[] = {1, 8, 16, 24, 25, 40, 64, 65, 100, 128, 129, 256, 1000, 1024, 1025};
	FILE *file = table_begin(folder, "sizes");
	char meta[32], tag[32], buddy[32];

	row(file, "th", "request|layout meta|layout tag|buddy");
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		cost_of(policy_named("best-fit", "meta"), requests[i], meta, sizeof meta);
		cost_of(policy_named("best-fit", "tag"), requests[i], tag, sizeof tag);
		cost_of(policy_named("buddy", NULL), requests[i], buddy, sizeof buddy);
		row(file, "td", "%zu|%s|%s|%s", requests[i], meta, tag, buddy);
	}
	table_end(file);
}

static void write_outcome(FILE *file, const struct scene *scene, unsigned steps)
{
	size_t asked = 0, usable = 0, headers = 0;
	struct osm_stats stats;
	struct player player;
	struct shot shot;

	player_open(&player, policy_for(scene->policy, scene->layout, scene->granule), scene->granule, scene->bytes,
	            scene->grows);
	player_play(&player, scene->steps, steps, &shot);
	for (size_t i = 0; i < shot.count; i++) {
		headers += shot.blocks[i].header;
		asked += shot.blocks[i].free ? 0 : shot.blocks[i].asked;
		usable += shot.blocks[i].free ? 0 : shot.blocks[i].size;
	}
	osm_heap_stats(player.heap, &stats);
	row(file, "td", "%s|%zu|%zu|%zu|%zu|%zu|%zu|%zu%%", scene->policy, asked, usable - asked, headers,
	    stats.free_blocks, stats.free_bytes, stats.largest_free,
	    stats.free_bytes ? 100 - 100 * stats.largest_free / stats.free_bytes : 0);
}

void write_outcomes(const char *folder, const struct scene *scenes, size_t count, unsigned steps)
{
	FILE *file = table_begin(folder, "outcomes");

	row(file, "th", "policy|asked for|rounding|headers|free blocks|free bytes|largest free|external fragmentation");
	for (size_t i = 0; i < count; i++)
		write_outcome(file, &scenes[i], steps);
	table_end(file);
}
