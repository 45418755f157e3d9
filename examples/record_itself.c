/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that records what it asks of its heap, and replays it on another policy.
 */
#define _GNU_SOURCE
#include <osmem/heap.h>
#include <osmem/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 100, KEPT = 10 };

/* Words of growing length; the last few are kept. */
static bool work(struct osm_trace_writer *trace, struct osm_heap *heap)
{
	char *words[KEPT] = {0};

	for (int i = 0; i < WORDS; i++) {
		char **word = &words[i % KEPT];

		osm_trace_free(trace, heap, *word);
		*word = osm_trace_alloc(trace, heap, 8);
		if (!*word)
			return false;
		char *longer = osm_trace_realloc(trace, heap, *word, 8 + (size_t)i);
		if (!longer)
			return false;
		*word = longer;
	}
	for (int i = 0; i < KEPT; i++)
		osm_trace_free(trace, heap, words[i]);
	return true;
}

static bool record(const char *path, struct osm_trace_error *error)
{
	//! [record]
	struct osm_heap *heap = osm_heap_create(osm_policy_find("first-fit", NULL), osm_backend_find("mmap"), NULL);
	struct osm_trace_writer *trace = osm_trace_create(path, OSM_TRACE_BINARY, OSM_TRACE_ZSTD, error);
	bool is_done = heap && trace && work(trace, heap); /* calls osm_trace_alloc(trace, heap, n) and its like */

	if (trace && !osm_trace_finish(trace, error))
		is_done = false;
	//! [record]
	osm_heap_destroy(heap);
	return is_done;
}

//! [replay]
/* After each operation that leaves a block: write to all of it. */
static bool touch(void *context, const struct osm_trace_op *op, void *payload)
{
	size_t *touched = context;

	if (payload && op->size > 0) {
		memset(payload, 1, op->size);
		++*touched;
	}
	return true; /* go on */
}

static bool replay(const char *path, const char *policy, struct osm_trace_error *error)
{
	struct osm_trace_reader *trace = osm_trace_open(path, error);
	struct osm_heap *heap = osm_heap_create(osm_policy_find(policy, NULL), osm_backend_find("mmap"), NULL);
	size_t touched = 0;
	bool is_done = trace && heap && osm_trace_replay(trace, heap, touch, &touched, error) && osm_heap_check(heap, NULL);

	if (is_done)
		printf("%s: %llu operations, at most %llu bytes at a time, %zu blocks written\n", policy,
		       (unsigned long long)osm_trace_totals(trace)->ops,
		       (unsigned long long)osm_trace_totals(trace)->peak_bytes, touched);
	osm_heap_destroy(heap);
	osm_trace_close(trace);
	return is_done;
}
//! [replay]

int main(void)
{
	char path[] = P_tmpdir "/osmem-XXXXXX";
	struct osm_trace_error error = {0};
	int fd = mkstemp(path);

	if (fd < 0 || close(fd) != 0)
		return 1;
	bool is_good = record(path, &error) && replay(path, "best-fit", &error) && replay(path, "buddy", &error);
	if (!is_good)
		printf("%s\n", error.reason);
	unlink(path);
	return is_good ? 0 : 1;
}

/* output:
best-fit: 300 operations, at most 1025 bytes at a time, 200 blocks written
buddy: 300 operations, at most 1025 bytes at a time, 200 blocks written
*/
