/* SPDX-License-Identifier: BSD-3-Clause */
/* A trace as the lab plays it: see tape.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lab/tape.h"

struct tape {
	struct trace trace;
	size_t at;
};

static bool complain(const char *path, const struct trace_error *error)
{
	if (error->line > 0)
		fprintf(stderr, "%s:%zu: %s\n", path, error->line, error->reason);
	else
		fprintf(stderr, "%s: %s\n", path, error->reason);
	return false;
}

/* The file's name without folder and endings. */
static void name_cut(char *name, size_t room, const char *path)
{
	static const char *const endings[] = {".gz", ".zst", ".rep", ".osmt", ".trace"};
	const char *slash = strrchr(path, '/');

	snprintf(name, room, "%s", slash ? slash + 1 : path);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t length = strlen(name), ending = strlen(endings[i]);
		if (length > ending && strcmp(name + length - ending, endings[i]) == 0)
			name[length - ending] = '\0';
	}
}

bool tape_survey(const char *path, struct tape_totals *totals, const volatile sig_atomic_t *stop)
{
	struct tape *tape = tape_open(path);

	*totals = (struct tape_totals){.path = path};
	name_cut(totals->name, sizeof totals->name, path);
	if (!tape)
		return false;
	size_t *sizes = calloc((size_t)tape->trace.slots + 1, sizeof *sizes), count;
	const struct trace_op *ops;
	while (sizes && (ops = tape_next(tape, &count)) && count > 0 && !*stop) {
		for (size_t i = 0; i < count; i++) {
			size_t *size = &sizes[ops[i].slot];
			if (ops[i].size > *size)
				totals->allocated += ops[i].size - *size;
			*size = ops[i].size;
		}
	}
	totals->ops = tape->trace.count;
	totals->blocks = tape->trace.blocks;
	totals->peak_bytes = tape->trace.peak_bytes;
	totals->peak_at = tape->trace.peak_at;
	totals->alloc_end = tape->trace.alloc_end;
	totals->slots = tape->trace.slots;
	bool good = sizes && tape_is_good(tape) && !*stop;
	free(sizes);
	tape_close(tape);
	return good;
}

struct tape *tape_open(const char *path)
{
	struct tape *tape = calloc(1, sizeof *tape);
	struct trace_error error = {.reason = "out of memory"};

	if (tape && trace_load(&tape->trace, path, &error))
		return tape;
	complain(path, &error);
	free(tape);
	return NULL;
}

const struct trace_op *tape_next(struct tape *tape, size_t *count)
{
	const struct trace_op *ops = tape->trace.ops + tape->at;
	size_t left = tape->trace.count - tape->at;

	*count = left < TAPE_BATCH ? left : TAPE_BATCH;
	tape->at += *count;
	return ops;
}

bool tape_is_good(const struct tape *tape)
{
	return tape != NULL;
}

void tape_close(struct tape *tape)
{
	if (tape)
		trace_release(&tape->trace);
	free(tape);
}
