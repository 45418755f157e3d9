/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much memory the policies need for recorded programs: all bytes that the heap ever had, against the most that the
 * program ever asked to hold at a time. After Johnstone and Wilson 1998.
 */
#include "docs/results/results.h"

#include <stdio.h>
#include <stdlib.h>

#include "tools/trace.h"

static void *serve(struct osm_heap *heap, const struct trace_op *op, void *p)
{
	switch ((enum trace_kind)op->kind) {
	case TRACE_ALLOC:
		return osm_heap_alloc(heap, op->size);
	case TRACE_CALLOC:
		return osm_heap_calloc(heap, 1, op->size);
	case TRACE_ALIGNED:
		return osm_heap_alloc_aligned(heap, (size_t)1 << op->align_shift, op->size);
	case TRACE_REALLOC:
		return osm_heap_realloc(heap, p, op->size);
	case TRACE_FREE:
		osm_heap_free(heap, p);
	}
	return NULL;
}

static void measure(const char *policy, const char *path, const struct trace *trace)
{
	struct osm_heap *heap = result_heap(policy);
	void **payloads = calloc(trace->slots, sizeof *payloads);
	struct osm_stats stats;

	if (!payloads)
		give_up("%s: memory ran out", path);
	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_op *op = &trace->ops[i];

		payloads[op->slot] = serve(heap, op, payloads[op->slot]);
		if (!payloads[op->slot] && op->kind != TRACE_FREE && op->size > 0)
			give_up("%s: memory ran out", path);
	}
	osm_heap_stats(heap, &stats);
	printf("{\"what\": \"program\", \"policy\": \"%s\", \"trace\": \"%s\", \"need\": %zu, \"held\": %zu}\n", policy,
	       path, stats.heap_bytes, trace->peak_bytes);
	free(payloads);
	osm_heap_destroy(heap);
}

void run_programs(int count, char **paths)
{
	for (int i = 0; i < count; i++) {
		struct trace_error error;
		struct trace trace;

		if (!trace_load(&trace, paths[i], &error))
			give_up("%s: %s", paths[i], error.reason);
		for (int policy = 0; policy < RESULT_POLICIES; policy++)
			measure(result_policies[policy], paths[i], &trace);
		trace_release(&trace);
	}
}
