/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A few lines for each public call on traces: the examples of the reference.
 */
#undef NDEBUG
#define _GNU_SOURCE
#include <assert.h>
#include <osmem/heap.h>
#include <osmem/mock.h>
#include <osmem/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char memory[1 << 16];

/* Two blocks, one of which grows; written by hand. */
static void write_by_hand(const char *path)
{
	//! [osm_trace_form_of]
	enum osm_trace_form form;
	enum osm_trace_packing packing;

	osm_trace_form_of("game.osmt.zst", &form, &packing);
	assert(form == OSM_TRACE_BINARY && packing == OSM_TRACE_ZSTD);
	//! [osm_trace_form_of]

	//! [osm_trace_create]
	struct osm_trace_error error;
	struct osm_trace_writer *writer = osm_trace_create(path, OSM_TRACE_TEXT, OSM_TRACE_PLAIN, &error);

	if (!writer)
		fprintf(stderr, "%s: %s\n", path, error.reason);
	//! [osm_trace_create]
	assert(writer);

	//! [osm_trace_write_site]
	bool good = osm_trace_write_site(writer, "read_line+0x12;main+0x40"); /* the first site is 1 */
	//! [osm_trace_write_site]

	//! [osm_trace_write]
	struct osm_trace_op op = {.kind = OSM_TRACE_ALLOC, .id = 7, .id_after = 7, .size = 100, .site = 1};

	good = good && osm_trace_write(writer, &op);
	op = (struct osm_trace_op){.kind = OSM_TRACE_REALLOC, .id = 7, .id_after = 7, .size = 300, .site = 1};
	good = good && osm_trace_write(writer, &op);
	//! [osm_trace_write]

	//! [osm_trace_finish]
	if (!osm_trace_finish(writer, &error))
		fprintf(stderr, "%s: %s\n", path, error.reason);
	//! [osm_trace_finish]
	assert(good);

	//! [osm_trace_abandon]
	writer = osm_trace_create(path, OSM_TRACE_TEXT, OSM_TRACE_PLAIN, &error);
	osm_trace_abandon(writer); /* the file is what it was */
							   //! [osm_trace_abandon]
}

static void read_again(const char *path)
{
	//! [osm_trace_open]
	struct osm_trace_error error;
	struct osm_trace_reader *trace = osm_trace_open(path, &error);

	if (!trace)
		fprintf(stderr, "%s: %s\n", path, error.reason);
	//! [osm_trace_open]
	assert(trace);

	//! [osm_trace_next]
	struct osm_trace_op op;
	size_t allocated = 0;

	while (osm_trace_next(trace, &op) == OSM_TRACE_OP) {
		if (op.kind != OSM_TRACE_FREE)
			allocated += op.size;
	}
	assert(allocated == 400);
	//! [osm_trace_next]

	//! [osm_trace_totals]
	assert(osm_trace_totals(trace)->ops == 2);
	assert(osm_trace_totals(trace)->peak_bytes == 300);
	//! [osm_trace_totals]

	//! [osm_trace_site]
	assert(strcmp(osm_trace_site(trace, 1), "read_line+0x12;main+0x40") == 0);
	assert(osm_trace_site(trace, 2) == NULL);
	//! [osm_trace_site]

	//! [osm_trace_progress]
	printf("%.0f%%\n", 100 * osm_trace_progress(trace));
	//! [osm_trace_progress]

	//! [osm_trace_close]
	osm_trace_close(trace);
	//! [osm_trace_close]
}

static void read_mistakes(const char *path)
{
	FILE *file = fopen(path, "w");
	struct osm_trace_error error;
	struct osm_trace_op op;

	assert(file);
	fputs("a 1 64\nf 1\nf 1\nhello\n", file);
	fclose(file);
	struct osm_trace_reader *trace = osm_trace_open(path, &error);

	assert(trace);
	//! [osm_trace_tolerate]
	osm_trace_tolerate(trace);
	assert(osm_trace_next(trace, &op) == OSM_TRACE_OP);
	assert(osm_trace_next(trace, &op) == OSM_TRACE_OP);
	assert(osm_trace_next(trace, &op) == OSM_TRACE_STRAY && op.kind == OSM_TRACE_FREE); /* freed twice */
	//! [osm_trace_tolerate]

	//! [osm_trace_failure]
	if (osm_trace_next(trace, &op) == OSM_TRACE_BAD)
		printf("line %d makes no sense\n", (int)osm_trace_failure(trace)->line);
	//! [osm_trace_failure]
	osm_trace_close(trace);
}

static void record(const char *path, struct osm_heap *heap)
{
	struct osm_trace_error error;
	struct osm_trace_writer *writer = osm_trace_create(path, OSM_TRACE_BINARY, OSM_TRACE_GZIP, &error);

	assert(writer);
	//! [osm_trace_alloc]
	char *text = osm_trace_alloc(writer, heap, 100);
	//! [osm_trace_alloc]
	assert(text);

	//! [osm_trace_realloc]
	char *longer = osm_trace_realloc(writer, heap, text, 200);
	//! [osm_trace_realloc]
	assert(longer);

	//! [osm_trace_calloc]
	int *numbers = osm_trace_calloc(writer, heap, 10, sizeof *numbers);
	//! [osm_trace_calloc]
	assert(numbers && numbers[9] == 0);

	//! [osm_trace_alloc_aligned]
	void *line = osm_trace_alloc_aligned(writer, heap, 64, 64);
	//! [osm_trace_alloc_aligned]
	assert(line);

	//! [osm_trace_free]
	osm_trace_free(writer, heap, longer);
	osm_trace_free(writer, heap, numbers);
	osm_trace_free(writer, heap, line);
	//! [osm_trace_free]
	assert(osm_trace_finish(writer, &error));
}

static void replay(const char *path, struct osm_heap *heap)
{
	//! [osm_trace_replay]
	struct osm_trace_error error;
	struct osm_trace_reader *trace = osm_trace_open(path, &error);
	struct osm_stats stats;

	assert(trace && osm_trace_replay(trace, heap, NULL, NULL, &error));
	osm_trace_close(trace);
	osm_heap_stats(heap, &stats);
	assert(stats.live_blocks == 0 && stats.peak_live_bytes >= 200 + 40 + 64);
	//! [osm_trace_replay]
}

int main(void)
{
	char path[] = P_tmpdir "/osmem-XXXXXX";
	int fd = mkstemp(path);
	struct osm_mock mock;
	struct osm_heap *heap;

	assert(fd >= 0 && close(fd) == 0);
	osm_mock_init(&mock, memory, sizeof memory);
	heap = osm_heap_create(osm_policy_find("best-fit", "tag"), &mock.backend, NULL);
	assert(heap);
	write_by_hand(path);
	read_again(path);
	read_mistakes(path);
	record(path, heap);
	replay(path, heap);
	osm_heap_destroy(heap);
	unlink(path);
	return 0;
}

/* output:
100%
line 4 makes no sense
*/
