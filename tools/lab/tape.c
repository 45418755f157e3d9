/* SPDX-License-Identifier: BSD-3-Clause */
/* A trace as the lab plays it: see tape.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/lab/tape.h"
#include "tools/osmem/cli.h"

static const char stage_survey[] = "reading";

struct tape {
	const char *path;
	struct osm_trace_reader *reader;
	bool is_bad;
	struct trace_op ops[TAPE_BATCH];
};

/* The bytes that each block has; grows as slots turn up. */
struct sizes {
	size_t *of;
	size_t room;
};

static bool sizes_reserve(struct sizes *sizes, size_t slot)
{
	if (slot < sizes->room)
		return true;
	size_t room = 2 * slot + 1024;
	size_t *of = realloc(sizes->of, room * sizeof *of);
	if (!of)
		return false;
	memset(of + sizes->room, 0, (room - sizes->room) * sizeof *of);
	*sizes = (struct sizes){of, room};
	return true;
}

static bool batch_count(struct tape_totals *totals, struct sizes *sizes, const struct trace_op *ops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!sizes_reserve(sizes, ops[i].slot)) {
			cli_complain("%s: out of memory", totals->path);
			return false;
		}
		size_t *size = &sizes->of[ops[i].slot];
		if (ops[i].size > *size)
			totals->allocated += ops[i].size - *size;
		*size = ops[i].size;
	}
	return true;
}

/* It is read again for each replay. */
static bool file_judge(const char *path)
{
	struct stat file;

	if (strcmp(path, "-") == 0 || (stat(path, &file) == 0 && !S_ISREG(file.st_mode))) {
		cli_complain("%s: the trace is read several times, so it has to be a file", path);
		return false;
	}
	return true;
}

bool tape_survey(const char *path, struct tape_totals *totals, const volatile sig_atomic_t *stop)
{
	struct tape *tape = file_judge(path) ? tape_open(path) : NULL;
	struct sizes sizes = {0};
	bool good = tape != NULL;
	const struct trace_op *ops;
	size_t count;

	*totals = (struct tape_totals){.path = path};
	trace_name(totals->name, sizeof totals->name, path);
	while (good && (ops = tape_next(tape, &count)) && count > 0) {
		good = batch_count(totals, &sizes, ops, count) && !*stop;
		cli_progress(totals->name, stage_survey, tape->reader);
	}
	if (good) {
		const struct osm_trace_summary *read = osm_trace_totals(tape->reader);
		totals->ops = read->ops;
		totals->blocks = read->blocks;
		totals->peak_bytes = (size_t)read->peak_bytes;
		totals->peak_at = read->peak_at;
		totals->alloc_end = read->alloc_end;
		totals->slots = read->slots;
		good = tape_is_good(tape);
	}
	free(sizes.of);
	tape_close(tape);
	return good;
}

int tape_survey_all(char *const *paths, size_t count, struct tape_totals **totals, const volatile sig_atomic_t *stop)
{
	*totals = calloc(count, sizeof **totals);
	if (!*totals) {
		cli_complain("out of memory");
		return CLI_FAILED;
	}
	for (size_t i = 0; i < count; i++)
		if (!tape_survey(paths[i], &(*totals)[i], stop))
			return CLI_BAD_TRACE;
	return CLI_OK;
}

struct tape *tape_open(const char *path)
{
	struct osm_trace_error error = {.reason = "out of memory"};
	struct tape *tape = malloc(sizeof *tape);

	if (tape)
		tape->reader = osm_trace_open(path, &error);
	if (tape && tape->reader) {
		tape->path = path;
		tape->is_bad = false;
		return tape;
	}
	free(tape);
	cli_bad_trace(path, &error);
	return NULL;
}

const struct trace_op *tape_next(struct tape *tape, size_t *count)
{
	enum osm_trace_next found = OSM_TRACE_OP;
	struct osm_trace_op op;
	size_t n = 0;

	while (n < TAPE_BATCH && (found = osm_trace_next(tape->reader, &op)) == OSM_TRACE_OP)
		tape->ops[n++] = trace_op_shorten(&op);
	if (found == OSM_TRACE_BAD && !tape->is_bad) {
		cli_bad_trace(tape->path, osm_trace_failure(tape->reader));
		tape->is_bad = true;
	}
	*count = tape->is_bad ? 0 : n;
	return tape->ops;
}

bool tape_is_good(const struct tape *tape)
{
	return !tape->is_bad;
}

void tape_close(struct tape *tape)
{
	if (tape)
		osm_trace_close(tape->reader);
	free(tape);
}
