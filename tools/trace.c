/* SPDX-License-Identifier: BSD-3-Clause */
/* A whole trace in memory: see trace.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trace.h"

/* Make room for one more operation. */
static bool ops_reserve(struct trace *trace, size_t *room)
{
	if (trace->count < *room)
		return true;
	size_t more = *room ? 2 * *room : 256;
	struct trace_op *larger = realloc(trace->ops, more * sizeof *larger);
	if (!larger)
		return false;
	trace->ops = larger;
	*room = more;
	return true;
}

static bool ops_read(struct trace *trace, struct osm_trace_reader *reader, struct osm_trace_error *error)
{
	struct osm_trace_op op;
	enum osm_trace_next found;
	size_t room = 0;

	while ((found = osm_trace_next(reader, &op)) == OSM_TRACE_OP) {
		if (!ops_reserve(trace, &room)) {
			snprintf(error->reason, sizeof error->reason, "%s", strerror(ENOMEM));
			return false;
		}
		trace->ops[trace->count++] = trace_op_shorten(&op);
	}
	if (found == OSM_TRACE_BAD)
		*error = *osm_trace_failure(reader);
	return found == OSM_TRACE_END;
}

bool trace_load(struct trace *trace, const char *path, struct osm_trace_error *error)
{
	struct osm_trace_reader *reader = osm_trace_open(path, error);

	*trace = (struct trace){0};
	if (!reader)
		return false;
	bool is_read = ops_read(trace, reader, error);
	const struct osm_trace_summary *totals = osm_trace_totals(reader);
	trace->blocks = totals->blocks;
	trace->slots = totals->slots;
	trace->peak_bytes = totals->peak_bytes;
	trace->peak_at = totals->peak_at;
	trace->alloc_end = totals->alloc_end;
	osm_trace_close(reader);
	if (!is_read)
		trace_release(trace);
	return is_read;
}

void trace_complain(const char *program, const char *path, const struct osm_trace_error *error)
{
	fprintf(stderr, "%s%s%s", program ? program : "", program ? ": " : "", path);
	if (error->line > 0)
		fprintf(stderr, ":%" PRIu64, error->line);
	if (error->byte > 0)
		fprintf(stderr, ": byte %" PRIu64, error->byte);
	fprintf(stderr, ": %s\n", error->reason);
}

void trace_release(struct trace *trace)
{
	free(trace->ops);
	*trace = (struct trace){0};
}

void trace_name(char *name, size_t room, const char *path)
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
