/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trace, done on a heap.
 */
#include <errno.h>
#include <osmem/heap.h>
#include <osmem/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct table {
	void **payloads; /* by slot */
	size_t room;
};

static bool refuse(struct osm_trace_error *error, const char *reason)
{
	snprintf(error->reason, sizeof error->reason, "%s", reason);
	return false;
}

static bool table_reserve(struct table *table, uint32_t slot)
{
	if (slot < table->room)
		return true;
	size_t room = table->room ? 2 * table->room : 256;
	void **larger = realloc(table->payloads, room * sizeof *larger);
	if (!larger)
		return false;
	memset(larger + table->room, 0, (room - table->room) * sizeof *larger);
	table->payloads = larger;
	table->room = room;
	return true;
}

/* False: the heap had no memory. The old block of a realloc that failed stays. */
static bool op_do(struct osm_heap *heap, const struct osm_trace_op *op, void **payload)
{
	void *p = NULL;

	switch (op->kind) {
	case OSM_TRACE_ALLOC:
		p = osm_heap_alloc(heap, op->size);
		break;
	case OSM_TRACE_CALLOC:
		p = osm_heap_calloc(heap, op->count, op->each);
		break;
	case OSM_TRACE_ALIGNED:
		p = osm_heap_alloc_aligned(heap, op->align, op->size);
		break;
	case OSM_TRACE_REALLOC:
		p = osm_heap_realloc(heap, *payload, op->size);
		break;
	case OSM_TRACE_FREE:
		osm_heap_free(heap, *payload);
		break;
	}
	if (!p && op->size > 0)
		return false;
	*payload = p;
	return true;
}

/* One operation; OSM_TRACE_BAD: `error` tells why; OSM_TRACE_END: also when `step` says so. */
static enum osm_trace_next replay_one(struct osm_trace_reader *reader, struct osm_heap *heap, struct table *table,
                                      osm_trace_step *step, void *context, struct osm_trace_error *error)
{
	struct osm_trace_op op;
	enum osm_trace_next found = osm_trace_next(reader, &op);

	if (found == OSM_TRACE_BAD || found == OSM_TRACE_STRAY)
		*error = *osm_trace_failure(reader);
	if (found != OSM_TRACE_OP)
		return found;
	if (!table_reserve(table, op.slot)) {
		refuse(error, "no memory for the replay's own table");
		return OSM_TRACE_BAD;
	}
	if (!op_do(heap, &op, &table->payloads[op.slot])) {
		snprintf(error->reason, sizeof error->reason, "operation %llu: the heap has no memory",
		         (unsigned long long)osm_trace_totals(reader)->ops);
		return OSM_TRACE_BAD;
	}
	return step && !step(context, &op, table->payloads[op.slot]) ? OSM_TRACE_END : OSM_TRACE_OP;
}

bool osm_trace_replay(struct osm_trace_reader *reader, struct osm_heap *heap, osm_trace_step *step, void *context,
                      struct osm_trace_error *error)
{
	struct table table = {0};
	enum osm_trace_next found;

	*error = (struct osm_trace_error){0};
	do
		found = replay_one(reader, heap, &table, step, context, error);
	while (found == OSM_TRACE_OP);
	for (size_t i = 0; i < table.room; i++)
		osm_heap_free(heap, table.payloads[i]);
	free(table.payloads);
	return found == OSM_TRACE_END;
}
