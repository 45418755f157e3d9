/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traces of `osmem generate` that theory says something about, replayed: the worst cases of first fit and best fit need
 * what Robson's formulas say, on each layout, and the fifty-percent rule holds.
 */
#define _GNU_SOURCE
#include "support/trace_file.h"
#include "support/unit.h"

#include <osmem/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/osmem/cli.h"
#include "tools/osmem/model.h"

/* The tool's commands, which help would list: there is none here. */
const struct cli_command *const cli_commands[] = {NULL};

enum { UNIT = 64 };

/* The layouts whose blocks tile with what a model leaves free for headers. */
static const struct {
	const char *layout;
	uint64_t header;
} layouts[] = {{"tag", 8}, {"wide", 8}, {"bitmap", 8}, {"meta", 32}};

static void trace_make(void (*make)(struct synth *synth), const struct model_options *options)
{
	struct osm_trace_error error;
	struct synth synth = {.options = *options, .random = options->seed};

	synth.writer = osm_trace_create(trace_path, OSM_TRACE_BINARY, OSM_TRACE_PLAIN, &error);
	assert_non_null(synth.writer);
	make(&synth);
	assert_int_equal(synth.status, CLI_OK);
	assert_true(osm_trace_finish(synth.writer, &error));
}

/* What a replay leaves when its last operation is done. */
struct last {
	struct osm_heap *heap;
	uint64_t ops, done;
	struct osm_stats stats;
};

static bool look_at_last(void *context, const struct osm_trace_op *op, void *payload)
{
	struct last *last = context;

	(void)op;
	(void)payload;
	if (++last->done == last->ops)
		osm_heap_stats(last->heap, &last->stats);
	return true;
}

static uint64_t ops_count(uint64_t *peak_bytes)
{
	struct osm_trace_error error;
	struct osm_trace_reader *reader = osm_trace_open(trace_path, &error);
	struct osm_trace_op op;

	assert_non_null(reader);
	while (osm_trace_next(reader, &op) == OSM_TRACE_OP)
		;
	uint64_t ops = osm_trace_totals(reader)->ops;
	*peak_bytes = osm_trace_totals(reader)->peak_bytes;
	osm_trace_close(reader);
	return ops;
}

/* The trace on a heap that grows by what is missing and never gives back: its size is the most that was needed. */
static struct osm_stats replay(const char *policy, const char *layout, uint64_t *peak_bytes)
{
	struct osm_config config = {.map_threshold = SIZE_MAX, .growth = OSM_GROWTH_EXACT, .trim_threshold = SIZE_MAX};
	struct osm_heap *heap = osm_heap_create(osm_policy_find(policy, layout), osm_backend_find("mmap"), &config);
	struct osm_trace_error error;
	struct osm_trace_reader *reader = osm_trace_open(trace_path, &error);
	struct last last = {.heap = heap, .ops = ops_count(peak_bytes)};

	assert_non_null(heap);
	assert_non_null(reader);
	assert_true(osm_trace_replay(reader, heap, look_at_last, &last, &error));
	osm_trace_close(reader);
	osm_heap_destroy(heap);
	return last.stats;
}

static void assert_about(uint64_t value, uint64_t least, uint64_t most)
{
	if (value < least || value > most)
		fail_msg("%llu is not within %llu and %llu", (unsigned long long)value, (unsigned long long)least,
		         (unsigned long long)most);
}

/* Robson 1974: M (1 + log2(n) / 2) for M live and blocks of up to n units. */
static void first_fit_needs_what_robson_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(layouts); i++)
		for (unsigned steps = 2; steps <= 8; steps += 3) {
			struct model_options options = {
				.live = 256 << 10, .most = (uint64_t)UNIT << steps, .header = layouts[i].header};
			uint64_t peak, expected = options.live + options.live * steps / 2;
			trace_make(model_first_fit, &options);
			struct osm_stats stats = replay("first-fit", layouts[i].layout, &peak);
			assert_about(stats.heap_bytes, expected * 97 / 100, expected * 103 / 100);
			assert_about(peak, 1, options.live);
		}
}

/* After Robson 1977: 3/8 ln(8/3) of M times n, that is 0.368 M n, less what does not divide: at most a share of M / n. */
static void best_fit_needs_the_product(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(layouts); i++)
		for (uint64_t most = 16; most <= 64; most *= 2) {
			uint64_t units = 64 * most, peak;
			struct model_options options = {.live = units * UNIT, .most = most * UNIT, .header = layouts[i].header};
			trace_make(model_best_fit, &options);
			struct osm_stats stats = replay("best-fit", layouts[i].layout, &peak);
			assert_about(stats.heap_bytes, units * most * UNIT * 30 / 100, units * most * UNIT * 37 / 100);
			assert_about(peak, 1, units * UNIT);
			stats = replay("first-fit", layouts[i].layout, &peak);
			assert_about(stats.heap_bytes, peak, 3 * units * UNIT); /* in proportion to M alone */
		}
}

#ifdef OSM_DEBUG
#define FEWER 8 /* each call looks at the whole heap */
#else
#define FEWER THRIFT
#endif

/* Knuth 1973, 2.5: in equilibrium there are p / 2 as many free blocks as live ones, where p is the chance that a block is
 * split, here nearly 1; blocks at the ends of memory and a system that is not quite random take some of it. */
static void half_as_many_blocks_are_free(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct model_options options = {
			.blocks = 60000 / FEWER, .live = 2000 / FEWER, .least = 16, .most = 65536, .seed = seed};
		uint64_t peak;
		trace_make(model_fifty, &options);
		struct osm_stats stats = replay("first-fit", "tag", &peak);
		assert_int_equal(stats.live_blocks, options.live);
		assert_about(stats.free_blocks, options.live * 42 / 100, options.live * 52 / 100);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_fit_needs_what_robson_says),
		cmocka_unit_test(best_fit_needs_the_product),
		cmocka_unit_test(half_as_many_blocks_are_free),
	};

	return !!cmocka_run_group_tests(tests, trace_file_begin, trace_file_end);
}
