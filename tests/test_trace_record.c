/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing traces, recording a heap, replaying into one. */
#define _GNU_SOURCE
#include "support/unit.h"

#include <osmem/trace.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/trace_file.h"

static const struct {
	enum osm_trace_form form;
	struct osm_trace_op op;
	const char *reason;
} refused[] = {
	{OSM_TRACE_TEXT, {.kind = (enum osm_trace_kind)9}, "an operation of no known kind"},
	{OSM_TRACE_TEXT, {.kind = OSM_TRACE_ALIGNED, .align = 3}, "an alignment that is no power of two"},
	{OSM_TRACE_BINARY, {.kind = OSM_TRACE_ALIGNED}, "an alignment that is no power of two"},
	{OSM_TRACE_BINARY, {.kind = OSM_TRACE_ALLOC, .site = 1}, "a call site without a name"},
	{OSM_TRACE_TEXT, {.kind = OSM_TRACE_ALLOC, .size = SIZE_MAX}, "a size of more than PTRDIFF_MAX"},
	{OSM_TRACE_BINARY, {.kind = OSM_TRACE_CALLOC, .count = SIZE_MAX, .each = 0}, "a size of more than PTRDIFF_MAX"},
	{OSM_TRACE_REP, {.kind = OSM_TRACE_FREE}, "a block that is not live"},
	{OSM_TRACE_REP, {.kind = OSM_TRACE_REALLOC}, "a block that is not live"},
};

static void write_refuses_what_a_reader_would(void **state)
{
	struct osm_trace_error error;
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		file_write("kept", 4);
		struct osm_trace_writer *writer = osm_trace_create(trace_path, refused[i].form, OSM_TRACE_PLAIN, &error);
		assert_non_null(writer);
		assert_false(osm_trace_write(writer, &refused[i].op));
		assert_false(osm_trace_write(writer, &(struct osm_trace_op){.kind = OSM_TRACE_ALLOC}));
		assert_false(osm_trace_finish(writer, &error));
		assert_string_equal(error.reason, refused[i].reason);
		char *bytes = file_read(&n); /* what was there before is still there */
		assert_string_equal(bytes, "kept");
		free(bytes);
	}
}

static void write_abandoned_leaves_nothing(void **state)
{
	struct osm_trace_error error;
	char part[64];

	(void)state;
	snprintf(part, sizeof part, "%s.part", trace_path);
	struct osm_trace_writer *writer = osm_trace_create(trace_path, OSM_TRACE_TEXT, OSM_TRACE_GZIP, &error);
	assert_non_null(writer);
	assert_int_equal(access(part, F_OK), 0);
	osm_trace_abandon(writer);
	assert_int_not_equal(access(part, F_OK), 0);
	osm_trace_abandon(NULL);
	osm_trace_close(NULL);
	assert_null(osm_trace_create("no/such/folder/x", OSM_TRACE_TEXT, OSM_TRACE_GZIP, &error));
	assert_string_equal(error.reason, "No such file or directory");
	assert_null(osm_trace_open("no/such/file", &error));
	assert_string_equal(error.reason, "No such file or directory");
}

static void write_another_part_is_left_alone(void **state)
{
	static const struct osm_trace_op op = {.kind = OSM_TRACE_ALLOC, .id = 1, .id_after = 1, .size = 2};
	struct osm_trace_writer *writers[2];
	struct osm_trace_error error;
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(writers); i++) {
		writers[i] = osm_trace_create(trace_path, OSM_TRACE_TEXT, OSM_TRACE_PLAIN, &error);
		assert_non_null(writers[i]);
	}
	assert_true(osm_trace_write(writers[0], &op));
	osm_trace_abandon(writers[1]);
	assert_true(osm_trace_finish(writers[0], &error));
	char *bytes = file_read(&n);
	assert_string_equal(bytes, "a 1 2\n");
	free(bytes);
}

static void write_site_encodes_what_it_cannot_have(void **state)
{
	struct osm_trace_error error;
	size_t n;

	(void)state;
	struct osm_trace_writer *writer = osm_trace_create(trace_path, OSM_TRACE_TEXT, OSM_TRACE_PLAIN, &error);
	assert_non_null(writer);
	assert_true(osm_trace_write_site(writer, "a b#\n\xff%20 100%;%z9%"));
	assert_true(osm_trace_write(writer, &(struct osm_trace_op){.kind = OSM_TRACE_ALLOC, .size = 1, .site = 1}));
	assert_true(osm_trace_finish(writer, &error));
	char *text = file_read(&n);
	assert_string_equal(text, "s 1 a%20b%23%0a%ff%20%20100%25;%25z9%25\na 0 1 @1\n");
	free(text);
}

/* ---- Recording and replaying */

/* What a replay has seen. */
struct seen {
	size_t steps, stop_at;
	size_t bytes;
};

static bool see(void *context, const struct osm_trace_op *op, void *payload)
{
	struct seen *seen = context;

	assert_true((payload != NULL) == (op->size > 0));
	if (payload)
		memset(payload, 0x5a, op->size);
	seen->bytes += op->size;
	return ++seen->steps != seen->stop_at;
}

static struct osm_heap *heap_begin(void)
{
	struct osm_heap *heap = osm_heap_create(osm_policy_find("best-fit", "tag"), osm_backend_find("mmap"), NULL);

	assert_non_null(heap);
	return heap;
}

/* To the byte. */
static void write_site_that_is_too_long_is_refused(void **state)
{
	static char name[4002];
	struct osm_trace_error error;

	(void)state;
	memset(name, 'x', 4001);
	for (size_t length = 4000; length < 4002; length++) {
		struct osm_trace_writer *writer = osm_trace_create(trace_path, OSM_TRACE_TEXT, OSM_TRACE_PLAIN, &error);

		assert_non_null(writer);
		assert_int_equal(osm_trace_write_site(writer, name + 4001 - length), length == 4000);
		assert_int_equal(osm_trace_finish(writer, &error), length == 4000);
		assert_string_equal(error.reason, length == 4000 ? "" : "a call site of more than 4000 bytes");
	}
}

static struct osm_trace_writer *recording;

/* An error handler that goes on recording. */
static void record_more(struct osm_heap *heap, const char *call, const struct osm_fault *fault)
{
	(void)call;
	assert_int_not_equal(fault->kind, OSM_FAULT_NONE);
	assert_non_null(osm_trace_alloc(recording, heap, 50));
}

static jmp_buf elsewhere;

static void leave(struct osm_heap *heap, const char *call, const struct osm_fault *fault)
{
	(void)heap;
	(void)call;
	(void)fault;
	longjmp(elsewhere, 1);
}

/* What the heap refuses is no part of the trace, and its handler may record, or never come back. */
static void record_without_what_is_refused(void **state)
{
	struct osm_trace_error error;
	struct osm_trace_summary totals;
	struct osm_heap *heap = osm_heap_create(osm_policy_find("first-fit", NULL), osm_backend_find("mmap"), NULL);
	char local[64] = {0}, *p;

	(void)state;
	recording = osm_trace_create(trace_path, OSM_TRACE_BINARY, OSM_TRACE_PLAIN, &error);
	assert_non_null(recording);
	p = osm_trace_alloc(recording, heap, 100);
	osm_trace_free(recording, heap, p);
	osm_set_error_handler(record_more);
	osm_trace_free(recording, heap, local + 16);
	assert_null(osm_trace_realloc(recording, heap, local + 16, 10));
	osm_set_error_handler(leave);
	if (setjmp(elsewhere) == 0)
		osm_trace_free(recording, heap, local + 16);
	osm_set_error_handler(NULL);
	assert_non_null(osm_trace_alloc(recording, heap, 100));
	osm_heap_destroy(heap);
	assert_true(osm_trace_finish(recording, &error));
	assert_int_equal(read_all(&totals, &error), OSM_TRACE_END);
	assert_int_equal(totals.ops, 5);
	assert_int_equal(totals.live_blocks, 3);
}

static void record_then_replay_is_the_same(void **state)
{
	struct osm_trace_error error;
	struct osm_heap *heap = heap_begin();
	struct osm_trace_writer *writer = osm_trace_create(trace_path, OSM_TRACE_BINARY, OSM_TRACE_PLAIN, &error);
	struct osm_stats stats;

	(void)state;
	assert_non_null(writer);
	void *p = osm_trace_alloc(writer, heap, 100), *q = osm_trace_calloc(writer, heap, 3, 50);
	void *r = osm_trace_alloc_aligned(writer, heap, 4096, 10);
	assert_true(p && q && r && (uintptr_t)r % 4096 == 0);
	p = osm_trace_realloc(writer, heap, p, 50000);
	assert_non_null(p);
	assert_null(osm_trace_alloc(writer, heap, 0));
	assert_null(osm_trace_alloc(writer, heap, SIZE_MAX));
	assert_null(osm_trace_realloc(writer, heap, q, SIZE_MAX)); /* and q stays */
	assert_null(osm_trace_realloc(writer, heap, q, 0));
	osm_trace_free(writer, heap, NULL);
	q = osm_trace_realloc(writer, heap, NULL, 77);
	assert_non_null(q);
	osm_trace_free(writer, heap, p);
	assert_true(osm_trace_finish(writer, &error));
	osm_heap_free(heap, q);
	osm_heap_free(heap, r);

	struct osm_trace_reader *reader = osm_trace_open(trace_path, &error);
	struct seen seen = {0};
	assert_non_null(reader);
	assert_true(osm_trace_replay(reader, heap, see, &seen, &error));
	assert_int_equal(seen.steps, 7);
	assert_int_equal(seen.bytes, 100 + 150 + 10 + 50000 + 77);
	assert_int_equal(osm_trace_totals(reader)->live_blocks, 2);
	osm_trace_close(reader);
	osm_heap_stats(heap, &stats);
	assert_int_equal(stats.live_blocks, 0); /* what the trace keeps is freed behind it */
	osm_heap_destroy(heap);
}

/* What a thread works with. */
struct worker {
	struct osm_trace_writer *writer;
	struct osm_heap *heap;
	bool is_well;
};

static void *work(void *context)
{
	enum { BLOCKS = 50, TURNS = 40 };
	struct worker *worker = context;
	void *blocks[BLOCKS] = {0};

	worker->is_well = true;
	for (size_t turn = 0; turn < TURNS; turn++)
		for (size_t i = 0; i < BLOCKS; i++) {
			blocks[i] = osm_trace_realloc(worker->writer, worker->heap, blocks[i], 1 + (turn * 37 + i * 101) % 900);
			worker->is_well = worker->is_well && blocks[i];
			if ((turn + i) % 3 == 0) {
				osm_trace_free(worker->writer, worker->heap, blocks[i]);
				blocks[i] = NULL;
			}
		}
	for (size_t i = 0; i < BLOCKS; i++)
		osm_trace_free(worker->writer, worker->heap, blocks[i]);
	return NULL;
}

/* A block that one thread frees is another's at once: the trace has both in this order, or would not be sane. */
static void record_threads_in_one_order(void **state)
{
	enum { THREADS = 4 };
	struct osm_trace_summary totals;
	struct osm_trace_error error;
	struct osm_heap *heap = heap_begin();
	struct worker workers[THREADS];
	pthread_t threads[THREADS];

	(void)state;
	struct osm_trace_writer *writer = osm_trace_create(trace_path, OSM_TRACE_BINARY, OSM_TRACE_PLAIN, &error);
	assert_non_null(writer);
	for (size_t i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.writer = writer, .heap = heap};
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(workers[i].is_well);
	}
	assert_true(osm_trace_finish(writer, &error));
	osm_heap_destroy(heap);
	assert_int_equal(read_all(&totals, &error), OSM_TRACE_END);
	assert_int_equal(totals.live_blocks, 0);
	assert_true(totals.blocks > 2000);
}

static void replay_stops_and_leaves_nothing(void **state)
{
	struct osm_trace_error error;
	struct osm_heap *heap = heap_begin();
	struct osm_stats stats;

	(void)state;
	file_write("a 1 10\na 2 20\na 3 30\nf 1\n", 25);
	struct osm_trace_reader *reader = osm_trace_open(trace_path, &error);
	struct seen seen = {.stop_at = 2};
	assert_true(osm_trace_replay(reader, heap, see, &seen, &error));
	assert_int_equal(seen.steps, 2);
	osm_trace_close(reader);
	osm_heap_stats(heap, &stats);
	assert_int_equal(stats.live_blocks, 0);
	osm_heap_destroy(heap);
}

static void replay_tells_what_went_wrong(void **state)
{
	struct osm_trace_error error;
	struct osm_heap *heap = heap_begin();
	struct osm_stats stats;

	(void)state;
	file_write("a 1 10\nf 2\n", 11);
	struct osm_trace_reader *reader = osm_trace_open(trace_path, &error);
	assert_false(osm_trace_replay(reader, heap, NULL, NULL, &error));
	assert_string_equal(error.reason, "block 2 is not live");
	assert_int_equal(error.line, 2);
	osm_trace_close(reader);
	/* A heap cannot do what has no block, however tolerant the reader is. */
	reader = osm_trace_open(trace_path, &error);
	osm_trace_tolerate(reader);
	assert_false(osm_trace_replay(reader, heap, NULL, NULL, &error));
	assert_string_equal(error.reason, "block 2 is not live");
	osm_trace_close(reader);
	file_write("a 1 10\na 2 4611686018427387904\n", 31);
	reader = osm_trace_open(trace_path, &error);
	assert_false(osm_trace_replay(reader, heap, NULL, NULL, &error));
	assert_string_equal(error.reason, "operation 2: the heap has no memory");
	osm_trace_close(reader);
	osm_heap_stats(heap, &stats);
	assert_int_equal(stats.live_blocks, 0);
	osm_heap_destroy(heap);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_refuses_what_a_reader_would),
		cmocka_unit_test(write_abandoned_leaves_nothing),
		cmocka_unit_test(write_another_part_is_left_alone),
		cmocka_unit_test(write_site_encodes_what_it_cannot_have),
		cmocka_unit_test(write_site_that_is_too_long_is_refused),
		cmocka_unit_test(record_without_what_is_refused),
		cmocka_unit_test(record_then_replay_is_the_same),
		cmocka_unit_test(record_threads_in_one_order),
		cmocka_unit_test(replay_stops_and_leaves_nothing),
		cmocka_unit_test(replay_tells_what_went_wrong),
	};

	return !!cmocka_run_group_tests(tests, trace_file_begin, trace_file_end);
}
