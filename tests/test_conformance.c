/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What osmem/heap.h promises, for every policy in every layout over every backend.
 */
#include "support/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STEPS (400 / THRIFT)

static uint64_t seed;
static struct world world;

static const struct shadow_habit habits[] = {
	{MIX_POWER_LAW, 3000, 5, 10},
	{MIX_POWERS_OF_TWO, 4096, 10, 10},
	{MIX_EQUAL, 40, 0, 20},
	{MIX_UNIFORM, 12000, 10, 20},
};

static const struct osm_config configs[] = {
	{0},
	{.preallocate = 65536, .map_threshold = 4096},
	{.growth = OSM_GROWTH_GEOMETRIC, .calloc_threshold = 2048},
	{.map_threshold = SIZE_MAX, .realloc = OSM_REALLOC_CLASSIC},
};

static void random_program_heap_in_order(void **state)
{
	for (size_t i = 0; i < COUNT_OF(habits) * COUNT_OF(configs); i++) {
		struct rng rng;

		rng_begin(&rng, seed + i);
		world_open(&world, *state, configs + i / COUNT_OF(habits), NULL);
		for (unsigned step = 0; step < STEPS / 4; step++) {
			shadow_step(&world.shadow, &rng, habits + i % COUNT_OF(habits));
			shadow_audit(&world.shadow);
			shadow_assert(&world.shadow);
		}
		shadow_verify(&world.shadow);
		world_close(&world);
	}
}

/* The peak is the most that was live after any call, however blocks grew and moved; with one's mapping moving too, or a
 * second one made. */
static void peak_is_the_most_that_was_live(void **state)
{
	static const struct shadow_habit large = {MIX_UNIFORM, 9000, 5, 10};
	const struct osm_config config = {.map_threshold = 4096};

	for (int no_remap = 0; no_remap < 2; no_remap++) {
		struct osm_stats stats;
		size_t most = 0;
		struct rng rng;

		rng_begin(&rng, seed);
		world_open(&world, *state, &config, &(struct osm_mock_plan){.no_remap = no_remap});
		for (unsigned step = 0; step < STEPS; step++) {
			shadow_step(&world.shadow, &rng, &large);
			osm_heap_tally(world.heap, &stats);
			most = stats.live_bytes > most ? stats.live_bytes : most;
			assert_int_equal(stats.peak_live_bytes, most);
		}
		world_close(&world);
	}
}

/* Where nothing is mapped and nothing goes back, no call has more memory than there is after it. */
static void peak_is_the_most_memory_there_was(void **state)
{
	static const struct shadow_habit large = {MIX_UNIFORM, 9000, 5, 10};
	const struct osm_config config = {.map_threshold = SIZE_MAX};
	struct osm_stats stats;
	size_t most = 0;
	struct rng rng;

	rng_begin(&rng, seed);
	world_open(&world, *state, &config, NULL);
	for (unsigned step = 0; step < STEPS; step++) {
		size_t bytes;

		shadow_step(&world.shadow, &rng, &large);
		osm_heap_tally(world.heap, &stats);
		bytes = stats.heap_bytes + stats.mapped_bytes + stats.metadata_bytes;
		most = bytes > most ? bytes : most;
		assert_int_equal(stats.peak_bytes, most);
	}
	world_close(&world);
}

static void every_granule_random_program(void **state)
{
	const struct cell *cell = *state;

	for (size_t g = cell->policy->granule_min; g <= cell->policy->granule_max && g <= 4096; g *= 2) {
		struct osm_config config = {.granule = g};
		struct rng rng;

		rng_begin(&rng, seed + g);
		world_open(&world, cell, &config, NULL);
		for (unsigned step = 0; step < STEPS / 4; step++)
			shadow_step(&world.shadow, &rng, habits);
		world_close(&world);
	}
}

/* NULL and the errno that belongs to it, and nothing else has changed. */
#define assert_refused(call, expected)     \
	do {                                   \
		errno = 0;                         \
		assert_null(call);                 \
		assert_int_equal(errno, expected); \
		shadow_audit(&world.shadow);       \
	} while (0)

static void sizes_at_the_limits_as_documented(void **state)
{
	static const size_t too_large[] = {
		SIZE_MAX, SIZE_MAX - 7, SIZE_MAX - 4096, (size_t)PTRDIFF_MAX + 1, PTRDIFF_MAX, PTRDIFF_MAX - 4096,
	};
	size_t calls;

	world_open(&world, *state, NULL, NULL);
	assert_true(shadow_alloc(&world.shadow, 0, 1, 1));
	assert_refused(osm_heap_alloc(world.heap, 0), 0);
	assert_refused(osm_heap_calloc(world.heap, 0, 8), 0);
	assert_refused(osm_heap_calloc(world.heap, 8, 0), 0);
	assert_refused(osm_heap_alloc_aligned(world.heap, 64, 0), 0);
	for (size_t i = 0; i < COUNT_OF(too_large); i++) {
		assert_refused(osm_heap_alloc(world.heap, too_large[i]), ENOMEM);
		assert_refused(osm_heap_calloc(world.heap, 1, too_large[i]), ENOMEM);
		assert_refused(osm_heap_alloc_aligned(world.heap, 4096, too_large[i]), ENOMEM);
		assert_refused(osm_heap_realloc(world.heap, world.shadow.slots[0].p, too_large[i]), ENOMEM);
	}
	assert_refused(osm_heap_calloc(world.heap, SIZE_MAX / 2, 3), ENOMEM);
	assert_refused(osm_heap_calloc(world.heap, (size_t)1 << 33, (size_t)1 << (sizeof(size_t) * 8 - 33)), ENOMEM);
	assert_refused(osm_heap_calloc(world.heap, 3, SIZE_MAX / 2), ENOMEM);
	/* What no backend can have, it is not asked for. */
	calls = world.mock.calls;
	assert_refused(osm_heap_alloc(world.heap, OSM_REQUEST_MAX), ENOMEM);
	assert_int_equal(world.mock.calls, calls);
	shadow_verify(&world.shadow);
	world_close(&world);
}

static void alignments_as_documented(void **state)
{
	static const size_t wrong[] = {0, 3, 24, 48, SIZE_MAX, SIZE_MAX / 2 + 2};
	unsigned slot = 0;

	world_open(&world, *state, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_refused(osm_heap_alloc_aligned(world.heap, wrong[i], 100), EINVAL);
	assert_refused(osm_heap_alloc_aligned(world.heap, SIZE_MAX / 2 + 1, 100), ENOMEM);
	for (size_t align = 1; align <= 65536; align *= 2) {
		assert_true(shadow_alloc(&world.shadow, slot++, 100, align));
		assert_true(shadow_alloc(&world.shadow, slot++, 5000, align));
		shadow_audit(&world.shadow);
	}
	for (size_t align = 4096; align <= 262144; align *= 8)
		assert_true(shadow_alloc(&world.shadow, slot++, 140000, align));
	world_close(&world);
}

static void calloc_after_free_zeroed(void **state)
{
	static const size_t sizes[] = {1, 24, 100, 1000, 4096, 20000, 200000};

	world_open(&world, *state, NULL, NULL);
	for (unsigned i = 0; i < COUNT_OF(sizes); i++)
		assert_true(shadow_alloc(&world.shadow, i, sizes[i], 1));
	shadow_free_all(&world.shadow);
	for (unsigned i = 0; i < COUNT_OF(sizes); i++)
		assert_true(shadow_calloc(&world.shadow, i, sizes[i]));
	world_close(&world);
}

static void realloc_all_pairs_contents_kept(void **state)
{
	static const size_t sizes[] = {1, 40, 500, 9000, 16384 - 40, 20000, 40000};
	struct osm_config config = {.map_threshold = 16384};

	world_open(&world, *state, &config, NULL);
	for (size_t from = 0; from < COUNT_OF(sizes); from++) {
		for (size_t to = 0; to < COUNT_OF(sizes); to++) {
			assert_true(shadow_alloc(&world.shadow, 0, sizes[from], 1));
			assert_true(shadow_alloc(&world.shadow, 1, 10, 1));
			assert_true(shadow_realloc(&world.shadow, 0, sizes[to]));
			shadow_free(&world.shadow, 0);
			shadow_free(&world.shadow, 1);
			shadow_audit(&world.shadow);
			shadow_assert(&world.shadow);
		}
	}
	world_close(&world);
}

static void realloc_of_null_and_to_nothing(void **state)
{
	void *p;

	world_open(&world, *state, NULL, NULL);
	p = osm_heap_realloc(world.heap, NULL, 50);
	assert_true(osm_heap_owns(world.heap, p));
	assert_refused(osm_heap_realloc(world.heap, p, 0), 0);
	assert_false(osm_heap_owns(world.heap, p));
	osm_heap_free(world.heap, NULL);
	assert_int_equal(osm_heap_usable_size(world.heap, NULL), 0);
	assert_false(osm_heap_owns(world.heap, NULL));
	world_close(&world);
}

struct span {
	uintptr_t low, high;
};

static bool widen(const struct osm_block *block, void *context)
{
	struct span *span = context;
	uintptr_t start = (uintptr_t)block->payload - block->header_bytes;

	if (block->mapped)
		return true;
	if (start < span->low)
		span->low = start;
	if ((uintptr_t)block->payload + block->size > span->high)
		span->high = (uintptr_t)block->payload + block->size;
	return true;
}

static bool is_held(uintptr_t address)
{
	for (unsigned i = 0; i < SHADOW_SLOTS; i++) {
		if (world.shadow.slots[i].p && (uintptr_t)world.shadow.slots[i].p == address)
			return true;
	}
	return false;
}

static void probe(uintptr_t low, uintptr_t high)
{
	for (uintptr_t at = low - 64; at <= high + 64; at++) {
		if (osm_heap_owns(world.heap, (void *)at) != is_held(at))
			fail_msg("%p is %s, owns says otherwise", (void *)at, is_held(at) ? "held" : "not held");
	}
}

static void owns_every_address_exact(void **state)
{
	struct osm_config config = {.map_threshold = 5000};
	struct span span = {UINTPTR_MAX, 0};
	static const char *script = "a100 b1 c300 d8 e64@256 f500 g6000 h40 i16 fc fd fh ra40 rf300 j24";
	struct script_op op;

	world_open(&world, *state, &config, NULL);
	for (const char *cursor = script; script_next(&cursor, &op);)
		assert_true(shadow_apply(&world.shadow, &op));
	assert_true(osm_heap_walk(world.heap, widen, &span));
	probe(span.low, span.high);
	probe((uintptr_t)world.shadow.slots['g' - 'a'].p, (uintptr_t)world.shadow.slots['g' - 'a'].p + 6000);
	probe(4096, 8192);
	probe(UINTPTR_MAX - 4096, UINTPTR_MAX - 128);
	probe((uintptr_t)&world, (uintptr_t)&world + 4096);
	world_close(&world);
}

static size_t mapped_blocks(void)
{
	struct osm_stats stats;

	osm_heap_stats(world.heap, &stats);
	return stats.mapped_blocks;
}

static void sizes_from_threshold_on_mapped(void **state)
{
	struct osm_config config = {.map_threshold = 8192, .calloc_threshold = 4096};

	world_open(&world, *state, &config, NULL);
	assert_true(shadow_alloc(&world.shadow, 0, 8192 - 64, 1));
	assert_true(shadow_calloc(&world.shadow, 1, 4096 - 64));
	assert_int_equal(mapped_blocks(), 0);
	assert_true(shadow_alloc(&world.shadow, 2, 8192, 1));
	assert_int_equal(mapped_blocks(), 1);
	assert_true(shadow_calloc(&world.shadow, 3, 4096));
	assert_int_equal(mapped_blocks(), 2);
	assert_true(shadow_realloc(&world.shadow, 0, 9000));
	assert_true(shadow_realloc(&world.shadow, 2, 10000));
	assert_int_equal(mapped_blocks(), 3);
	shadow_free(&world.shadow, 2);
	assert_int_equal(mapped_blocks(), 2);
	world_close(&world);
}

static void threshold_never_not_mapped(void **state)
{
	struct osm_config config = {.map_threshold = SIZE_MAX};

	world_open(&world, *state, &config, NULL);
	assert_true(shadow_alloc(&world.shadow, 0, 200000, 1));
	assert_true(shadow_calloc(&world.shadow, 1, 200000));
	assert_int_equal(mapped_blocks(), 0);
	world_close(&world);
}

static void default_threshold_128_kib(void **state)
{
	world_open(&world, *state, NULL, NULL);
	assert_true(shadow_alloc(&world.shadow, 0, 131072 - 64, 1));
	assert_true(shadow_calloc(&world.shadow, 1, 131072 - 64));
	assert_int_equal(mapped_blocks(), 0);
	assert_true(shadow_alloc(&world.shadow, 2, 131072, 1));
	assert_true(shadow_calloc(&world.shadow, 3, 131072));
	assert_int_equal(mapped_blocks(), 2);
	world_close(&world);
}

static void preallocate_first_growth_that_much(void **state)
{
	struct osm_config config = {.preallocate = 100000};
	struct osm_stats stats;

	world_open(&world, *state, &config, NULL);
	assert_true(shadow_alloc(&world.shadow, 0, 10, 1));
	assert_true(shadow_alloc(&world.shadow, 1, 10000, 1));
	osm_heap_stats(world.heap, &stats);
	assert_int_equal(stats.grow_calls, 1);
	assert_true(stats.heap_bytes >= 100000);
	world_close(&world);
}

static void geometric_growth_few_calls(void **state)
{
	struct osm_config config = {.growth = OSM_GROWTH_GEOMETRIC};
	struct osm_stats stats;
	unsigned count = 0;

	world_open(&world, *state, &config, NULL);
	while (count < 1500 && osm_heap_alloc(world.heap, 1000))
		count++;
	osm_heap_stats(world.heap, &stats);
	assert_int_equal(stats.live_blocks, 1500);
	/* A page at a time up to 256 pages, then a 256th more each time: 256 + log(1581056 / 1048576) / log(257 / 256). */
	if (stats.grow_calls > 361)
		fail_msg("%zu calls to grow to %zu bytes", stats.grow_calls, stats.heap_bytes);
	osm_heap_destroy(world.heap);
}

static void buddy_power_of_two_no_overhead(void **state)
{
	unsigned slot = 0;

	if (HEAPS_ARE_WATCHED)
		skip();
	world_open(&world, *state, NULL, NULL);
	for (size_t n = 16; n <= 65536; n *= 2) {
		assert_true(shadow_alloc(&world.shadow, slot, n, n));
		assert_int_equal(osm_heap_usable_size(world.heap, world.shadow.slots[slot++].p), n);
		assert_true(shadow_alloc(&world.shadow, slot, n, 1));
		assert_int_equal((uintptr_t)world.shadow.slots[slot].p % n, 0);
		assert_int_equal(osm_heap_usable_size(world.heap, world.shadow.slots[slot++].p), n);
	}
	world_close(&world);
}

/* Buddy: at most 2% of the span. The fits: 1/128 for the ledger, 1/80 for the index by address, the table of bins. */
/* Metadata is at most one part in so many of a heap: a ledger or maps, 1/128 or 1/64 of the span, and an index, 1/80. */
static size_t parts_of_metadata(const struct osm_policy *policy)
{
	if (strcmp(policy->name, "buddy") == 0)
		return 50;
	return strcmp(policy->layout, "bitmap") == 0 ? 33 : 45;
}

static void full_heap_metadata_is_little(void **state)
{
	size_t parts = parts_of_metadata(((const struct cell *)*state)->policy);
	struct osm_config config = {.map_threshold = SIZE_MAX};
	struct osm_stats stats;
	size_t heap_itself, mapped;

	world_open(&world, *state, &config, NULL);
	heap_itself = world.mock.mapped_bytes;
	while (osm_heap_alloc(world.heap, 1000))
		;
	mapped = world.mock.mapped_bytes - heap_itself;
	osm_heap_stats(world.heap, &stats);
	assert_true(stats.heap_bytes >= WORLD_BYTES / 2);
	if (stats.metadata_bytes * parts > stats.heap_bytes)
		fail_msg("%zu bytes of metadata for %zu bytes", stats.metadata_bytes, stats.heap_bytes);
	if (mapped * parts > stats.heap_bytes)
		fail_msg("%zu bytes mapped for %zu bytes", mapped, stats.heap_bytes);
	assert_true(osm_heap_check(world.heap, NULL));
	osm_heap_destroy(world.heap);
	assert_int_equal(world.mock.mapped_bytes, 0);
}

static void destroy_with_live_blocks_gives_all_back(void **state)
{
	struct osm_config config = {.map_threshold = 4096};

	world_open(&world, *state, &config, NULL);
	for (unsigned slot = 0; slot < 20; slot++)
		assert_true(shadow_alloc(&world.shadow, slot, slot * 500 + 1, slot % 5 == 0 ? 8192 : 1));
	shadow_audit(&world.shadow);
	shadow_assert(&world.shadow);
	osm_heap_destroy(world.heap);
	assert_int_equal(world.mock.mapped_bytes, 0);
	osm_heap_destroy(NULL);
}

static const struct suite_test tests[] = {
	{"random_program_heap_in_order", random_program_heap_in_order, NULL, NULL},
	{"peak_is_the_most_that_was_live", peak_is_the_most_that_was_live, NULL, "mock"},
	{"peak_is_the_most_memory_there_was", peak_is_the_most_memory_there_was, NULL, "mock"},
	{"every_granule_random_program", every_granule_random_program, NULL, NULL},
	{"sizes_at_the_limits_as_documented", sizes_at_the_limits_as_documented, NULL, NULL},
	{"alignments_as_documented", alignments_as_documented, NULL, NULL},
	{"calloc_after_free_zeroed", calloc_after_free_zeroed, NULL, NULL},
	{"realloc_all_pairs_contents_kept", realloc_all_pairs_contents_kept, NULL, NULL},
	{"realloc_of_null_and_to_nothing", realloc_of_null_and_to_nothing, NULL, NULL},
	{"owns_every_address_exact", owns_every_address_exact, NULL, NULL},
	{"sizes_from_threshold_on_mapped", sizes_from_threshold_on_mapped, NULL, NULL},
	{"threshold_never_not_mapped", threshold_never_not_mapped, NULL, NULL},
	{"default_threshold_128_kib", default_threshold_128_kib, NULL, NULL},
	{"preallocate_first_growth_that_much", preallocate_first_growth_that_much, NULL, NULL},
	{"geometric_growth_few_calls", geometric_growth_few_calls, NULL, NULL},
	{"buddy_power_of_two_no_overhead", buddy_power_of_two_no_overhead, "buddy", NULL},
	{"full_heap_metadata_is_little", full_heap_metadata_is_little, NULL, "mock"},
	{"destroy_with_live_blocks_gives_all_back", destroy_with_live_blocks_gives_all_back, NULL, "mock"},
};

int main(void)
{
	seed = seed_from_environment();
	return suite_run("conformance", tests, COUNT_OF(tests));
}
