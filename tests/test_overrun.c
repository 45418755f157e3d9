/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs that write beyond a block, or before it, into what the layout keeps there: found when the blocks on both
 * sides are freed, at the latest, in each layout that keeps something; and where nothing is kept the heap stays whole.
 *
 *     | a | b | c | d |      live blocks; the writes are to the end of b and to the header of c
 */
#include "support/world.h"

#include <string.h>

enum { BLOCKS = 4, SIZE = 100, BEYOND = 32 };

static struct world world;
static unsigned char *blocks[BLOCKS];
static unsigned reports;
static struct osm_fault told;

static void count_report(struct osm_heap *heap, const char *call, const struct osm_fault *fault)
{
	(void)heap;
	(void)call;
	told = *fault;
	reports++;
}

static bool has_headers(const struct cell *cell)
{
	return strcmp(cell->policy->layout, "bitmap") != 0 && strcmp(cell->policy->layout, "out-of-band") != 0;
}

/* All payload is made of words that could be tags of live blocks. */
static void open_heap(const struct cell *cell)
{
	struct osm_config config = {.map_threshold = SIZE_MAX};
	uint64_t word = 48;

	world_open(&world, cell, &config, NULL);
	reports = 0;
	for (unsigned i = 0; i < BLOCKS; i++) {
		blocks[i] = osm_heap_alloc(world.heap, SIZE);
		assert_non_null(blocks[i]);
		for (size_t at = 0; at + sizeof word <= osm_heap_usable_size(world.heap, blocks[i]); at += sizeof word)
			memcpy(blocks[i] + at, &word, sizeof word);
	}
}

static void write_behind_the_end_found(void **state)
{
	static const unsigned char values[] = {0, 1, 'x', 0xff};
	const struct cell *cell = *state;

	osm_set_error_handler(count_report);
	for (size_t bytes = 1; bytes <= BEYOND; bytes++)
		for (unsigned v = 0; v < COUNT_OF(values); v++) {
			unsigned char before[BEYOND], *end;
			bool has_changed;

			open_heap(cell);
			end = blocks[1] + osm_heap_usable_size(world.heap, blocks[1]);
			memcpy(before, end, bytes);
			memset(end, values[v], bytes);
			has_changed = memcmp(before, end, bytes) != 0;
			assert_int_equal(osm_heap_check(world.heap, NULL), !has_changed || !has_headers(cell));
			osm_heap_free(world.heap, blocks[1]);
			osm_heap_free(world.heap, blocks[2]);
			if ((reports > 0) != (has_changed && has_headers(cell)))
				fail_msg("%zu bytes %#x: %u reports", bytes, values[v], reports);
			if (reports > 0)
				assert_int_equal(told.kind, OSM_FAULT_DAMAGED);
			osm_heap_destroy(world.heap);
		}
	osm_set_error_handler(NULL);
}

/* A size that was overwritten with another leads to a place where no block starts, whatever the program keeps there. */
static void wrong_size_found(void **state)
{
	const struct cell *cell = *state;
	size_t is_tag = strcmp(cell->policy->layout, "tag") == 0, bytes = is_tag ? 4 : 8;
	bool walks = strstr(cell->policy->name, "-scan");

	if (!has_headers(cell))
		return;
	osm_set_error_handler(count_report);
	for (uint64_t wrong = 0; wrong < 4096; wrong += 8) {
		unsigned char *header;
		uint64_t right = 0;

		open_heap(cell);
		header = blocks[2] - (strcmp(cell->policy->layout, "meta") == 0 ? 32 : bytes);
		memcpy(&right, header, bytes);
		memcpy(header, &wrong, bytes);
		osm_heap_free(world.heap, blocks[2]);
		/* The walk has no ledger to ask: payload that looks like a tag deceives it. */
		if (wrong != right && !reports && (!walks || strcmp(cell->policy->layout, "meta") == 0))
			fail_msg("%llu in place of %llu: not found", (unsigned long long)wrong, (unsigned long long)right);
		if (wrong == right)
			assert_int_equal(reports, 0);
		osm_heap_destroy(world.heap);
	}
	osm_set_error_handler(NULL);
}

/* realloc meets the damage too, and copies nothing by a size that is wrong. */
static void wrong_size_stops_realloc(void **state)
{
	const struct cell *cell = *state;

	if (!has_headers(cell))
		return;
	osm_set_error_handler(count_report);
	open_heap(cell);
	memset(blocks[2] - 8, 0x7f, 8);
	assert_null(osm_heap_realloc(world.heap, blocks[2], 100000));
	assert_int_equal(reports, 1);
	assert_int_equal(told.kind, OSM_FAULT_DAMAGED);
	osm_heap_destroy(world.heap);
	osm_set_error_handler(NULL);
}

static const struct suite_test tests[] = {
	{"write_behind_the_end_found", write_behind_the_end_found, NULL, "mock"},
	{"wrong_size_found", wrong_size_found, NULL, "mock"},
	{"wrong_size_stops_realloc", wrong_size_stops_realloc, NULL, "mock"},
};

int main(void)
{
	return suite_run("overrun", tests, COUNT_OF(tests));
}
