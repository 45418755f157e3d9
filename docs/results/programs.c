/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much memory the policies need for recorded programs: all bytes that the heap ever had, against the most that the
 * program ever asked to hold at a time. After Johnstone and Wilson 1998.
 */
#include "docs/results/results.h"

#include <osmem/trace.h>
#include <stdio.h>

static void measure(const char *policy, const char *path)
{
	struct osm_heap *heap = result_heap(policy);
	struct osm_trace_error error;
	struct osm_trace_reader *trace = osm_trace_open(path, &error);
	struct osm_stats stats;

	if (!trace || !osm_trace_replay(trace, heap, NULL, NULL, &error))
		give_up("%s: %s", path, error.reason);
	osm_heap_stats(heap, &stats);
	printf("{\"what\": \"program\", \"policy\": \"%s\", \"trace\": \"%s\", \"need\": %zu, \"held\": %zu}\n", policy,
	       path, stats.heap_bytes, (size_t)osm_trace_totals(trace)->peak_bytes);
	osm_trace_close(trace);
	osm_heap_destroy(heap);
}

void run_programs(int count, char **paths)
{
	for (int i = 0; i < count; i++) {
		for (int policy = 0; policy < RESULT_POLICIES; policy++)
			measure(result_policies[policy], paths[i]);
	}
}
