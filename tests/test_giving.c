/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that goes back while the heap lives, for every policy in every layout over every backend: what is live stays as
 * it is, the books agree with what the backend was told, the heap grows again, and a load that goes up and down does not
 * call the system for ever.
 */
#include "support/world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PAGE ((size_t)4096)
#define STEPS (600 / THRIFT)
#define EPISODE (STEPS / 12)
#define TEETH (THRIFT == 1 ? 20 : 5)

static uint64_t seed;
static struct world world;

static const struct osm_config unmapped = {.map_threshold = SIZE_MAX};
static const struct osm_config by_itself = {
	.map_threshold = SIZE_MAX, .growth = OSM_GROWTH_GEOMETRIC, .trim_threshold = 16384, .purge_threshold = 8192};

static bool can_trim(const struct cell *cell)
{
	return cell->policy->tail && cell->policy->retract && world.backend->trim;
}

static struct osm_stats stats_now(void)
{
	struct osm_stats stats;

	osm_heap_stats(world.heap, &stats);
	return stats;
}

static void all_is_well(void)
{
	shadow_verify(&world.shadow);
	shadow_audit(&world.shadow);
	shadow_assert(&world.shadow);
}

/* Blocks of n bytes in the slots from `from` on. */
static void fill(unsigned from, unsigned count, size_t n)
{
	for (unsigned slot = from; slot < from + count; slot++)
		assert_true(shadow_alloc(&world.shadow, slot, n, 1));
}

static void empty(unsigned from, unsigned count)
{
	for (unsigned slot = from; slot < from + count; slot++)
		shadow_free(&world.shadow, slot);
}

/* Trims and compares what it says with the statistics. */
static size_t trim(size_t keep)
{
	struct osm_stats before = stats_now(), after;
	size_t given;

	errno = 4711;
	given = osm_heap_trim(world.heap, keep);
	assert_int_equal(errno, 4711);
	after = stats_now();
	assert_int_equal(after.heap_bytes, before.heap_bytes - given);
	assert_int_equal(after.trimmed_bytes, before.trimmed_bytes + given);
	assert_int_equal(after.trim_calls, before.trim_calls + (given > 0));
	assert_int_equal(after.live_bytes, before.live_bytes);
	assert_int_equal(after.peak_bytes, before.peak_bytes);
	all_is_well();
	return given;
}

static void free_end_goes_back(void **state)
{
	size_t given;

	world_open(&world, *state, &unmapped, NULL);
	assert_int_equal(osm_heap_trim(world.heap, 0), 0);
	fill(0, 4, 1000);
	assert_in_range(trim(0), 0, 8192); /* of a power of two, what is behind the last block */
	fill(4, 20, 8000);
	empty(4, 20);
	given = trim(0);
	if (can_trim(*state))
		assert_in_range(given, 20 * 8000 - 8192 - PAGE, 20 * 8192 + 8192);
	else
		assert_int_equal(given, 0);
	assert_int_equal(trim(0), 0);
	fill(4, 40, 8000);
	all_is_well();
	world_close(&world);
}

/* What is kept is there without the backend. */
static void kept_bytes_stay_free(void **state)
{
	size_t calls;

	world_open(&world, *state, &unmapped, NULL);
	fill(0, 2, 1000);
	fill(2, 16, 8192 - 64);
	empty(2, 16);
	trim(65536);
	assert_int_equal(trim(65536), 0);
	calls = stats_now().grow_calls;
	fill(2, 1, 16384 - 64);
	assert_int_equal(stats_now().grow_calls, calls);
	assert_int_equal(trim(SIZE_MAX), 0);
	world_close(&world);
}

static void empty_heap_trimmed_grows_again(void **state)
{
	world_open(&world, *state, &unmapped, NULL);
	for (int round = 0; round < 3; round++) {
		fill(0, 60, 4000);
		empty(0, 60);
		trim(0);
		/* One page, or the last of them that the least block reaches into; a region may start within a page. */
		if (can_trim(*state))
			assert_in_range(stats_now().heap_bytes, 1, 2 * PAGE);
	}
	world_close(&world);
}

static void live_end_stays(void **state)
{
	struct osm_stats before;

	world_open(&world, *state, &unmapped, NULL);
	fill(0, 1, 50000);
	fill(1, 1, 16384);
	shadow_free(&world.shadow, 0);
	if (strcmp(((const struct cell *)*state)->policy->name, "buddy") != 0) {
		before = stats_now();
		assert_int_equal(trim(0), 0);
		assert_int_equal(stats_now().heap_bytes, before.heap_bytes);
	}
	all_is_well();
	world_close(&world);
}

static void contents_of_free_blocks_go_back(void **state)
{
	struct osm_stats before, after;
	size_t given;

	world_open(&world, *state, &unmapped, NULL);
	fill(0, 20, 16384);
	for (unsigned slot = 1; slot < 20; slot += 2)
		shadow_free(&world.shadow, slot);
	before = stats_now();
	errno = 4711;
	given = osm_heap_purge(world.heap);
	assert_int_equal(errno, 4711);
	after = stats_now();
	if (world.backend->purge)
		assert_in_range(given, 10 * (16384 - 3 * PAGE), after.free_bytes);
	else
		assert_int_equal(given, 0);
	assert_int_equal(after.purged_bytes, given);
	assert_int_equal(after.purge_calls > 0, given > 0);
	assert_int_equal(after.heap_bytes, before.heap_bytes);
	assert_int_equal(after.free_bytes, before.free_bytes);
	all_is_well();
	for (unsigned slot = 1; slot < 20; slot += 2)
		assert_true(shadow_calloc(&world.shadow, slot, 16384));
	all_is_well();
	world_close(&world);
}

/* A free block waits to be purged; the live one behind it grows into it, and another comes free. */
static void block_that_slid_is_not_purged(void **state)
{
	const struct osm_config config = {.map_threshold = SIZE_MAX, .purge_threshold = 8192};

	world_open(&world, *state, &config, NULL);
	fill(0, 5, 30000);
	shadow_free(&world.shadow, 0);
	assert_true(shadow_realloc(&world.shadow, 1, 50000));
	shadow_free(&world.shadow, 3);
	all_is_well();
	world_close(&world);
}

static const struct shadow_habit habits[] = {
	{MIX_POWER_LAW, 30000, 5, 10},
	{MIX_UNIFORM, 12000, 10, 20},
	{MIX_POWERS_OF_TWO, 16384, 10, 10},
};

/* The heap gives back by itself, and is asked to now and then. */
static void random_program(void **state)
{
	for (size_t h = 0; h < COUNT_OF(habits); h++) {
		struct rng rng;

		rng_begin(&rng, seed + h);
		world_open(&world, *state, &by_itself, NULL);
		for (unsigned step = 0; step < STEPS; step++) {
			size_t roll = rng_below(&rng, 40);

			if (roll == 0)
				trim(rng_below(&rng, 20000));
			else if (roll == 1)
				osm_heap_purge(world.heap);
			else
				shadow_step(&world.shadow, &rng, habits + h);
			if (step % 100 == 99)
				shadow_free_all(&world.shadow);
			shadow_audit(&world.shadow);
			shadow_assert(&world.shadow);
		}
		shadow_verify(&world.shadow);
		world_close(&world);
	}
}

/* Goes up by 64 blocks and down again, n times. */
static void saw(unsigned teeth, size_t n)
{
	for (unsigned tooth = 0; tooth < teeth; tooth++) {
		fill(0, 64, n);
		empty(0, 64);
	}
}

/* 1.5 MiB up and down: the threshold doubles from 16 KiB to 2 MiB at most, one trim each. */
static void sawtooth_few_calls(void **state)
{
	size_t calls;

	world_open(&world, *state, &by_itself, NULL);
	assert_true(shadow_alloc(&world.shadow, 0, 100, 1));
	shadow_free(&world.shadow, 0);
	saw(TEETH, 24000);
	assert_in_range(stats_now().trim_calls, 1, 8);
	calls = world.mock.calls;
	saw(TEETH, 24000);
	assert_in_range(world.mock.calls, calls, calls + stats_now().purge_calls);
	world_close(&world);
}

/* Just above the threshold and again below the half that stays: no call at all. */
static void loop_at_the_boundary_no_calls(void **state)
{
	size_t calls;

	world_open(&world, *state, &by_itself, NULL);
	fill(0, 10, 8000);
	empty(1, 9);
	assert_int_equal(stats_now().trim_calls > 0, can_trim(*state));
	calls = stats_now().grow_calls + stats_now().trim_calls;
	for (int i = 0; i < 100; i++) {
		fill(1, 1, 4000);
		empty(1, 1);
	}
	assert_in_range(stats_now().grow_calls + stats_now().trim_calls, calls, calls + 1);
	world_close(&world);
}

/* A block is watched until as many bytes as the threshold were freed: 16 times 4000 are not enough, 17 are. */
static void purge_waits_for_frees(void **state)
{
	const struct osm_config config = {
		.map_threshold = SIZE_MAX, .trim_threshold = SIZE_MAX, .purge_threshold = (size_t)64 << 10};

	world_open(&world, *state, &config, NULL);
	fill(0, 1, 100000);
	fill(1, 18, 4000);
	empty(0, 17); /* each joins the first */
	assert_int_equal(stats_now().purge_calls, 0);
	empty(17, 1);
	assert_int_equal(stats_now().purge_calls, 1);
	world_close(&world);
}

/* Where there are no headers the first of them is all that is free, and as much as the threshold to the byte. */
static void purge_from_the_threshold_on(void **state)
{
	const struct osm_config config = {
		.map_threshold = SIZE_MAX, .trim_threshold = SIZE_MAX, .purge_threshold = (size_t)64 << 10};

	world_open(&world, *state, &config, NULL);
	fill(0, 4, 65536);
	empty(0, 1);
	assert_int_equal(stats_now().purge_calls, 0);
	empty(2, 1);
	assert_int_equal(stats_now().purge_calls, 1);
	world_close(&world);
}

/* The block waits between two live ones, which are used in their places: that is no use of it. Where there are no headers
 * all three touch. */
static void neighbours_in_use_do_not_stop_a_purge(void **state)
{
	const struct osm_config config = {
		.map_threshold = SIZE_MAX, .trim_threshold = SIZE_MAX, .purge_threshold = (size_t)64 << 10};

	for (unsigned used = 0; used <= 2; used += 2) {
		world_open(&world, *state, &config, NULL);
		fill(0, 4, 131072);
		empty(1, 1);
		assert_true(shadow_realloc(&world.shadow, used, 131072));
		assert_int_equal(stats_now().purge_calls, 0);
		empty(3, 1);
		assert_int_equal(stats_now().purge_calls, 1);
		world_close(&world);
	}
}

static void destroyed_after_trim_all_back(void **state)
{
	world_open(&world, *state, &unmapped, NULL);
	fill(0, 40, 5000);
	empty(10, 30);
	assert_true(trim(0) > 0);
	osm_heap_destroy(world.heap);
	assert_int_equal(world.mock.mapped_bytes, 0);
	assert_ptr_equal(world.mock.arena.brk, world.mock.arena.start);
}

static void refused_all_as_before(void **state)
{
	const struct osm_mock_plan refusing = {.fail_from = 1}, well = {0};
	struct osm_stats before, after;

	world_open(&world, *state, &unmapped, &well);
	fill(0, 20, 8000);
	empty(5, 15);
	before = stats_now();
	osm_mock_plan(&world.mock, &refusing);
	assert_int_equal(trim(0), 0);
	assert_int_equal(osm_heap_purge(world.heap), 0);
	after = stats_now();
	assert_memory_equal(&before, &after, sizeof before);
	assert_true(world.mock.failures >= 2);
	assert_true(shadow_alloc(&world.shadow, 5, 8000, 1)); /* without the backend */
	all_is_well();
	shadow_free(&world.shadow, 5);
	osm_mock_plan(&world.mock, &well);
	assert_true(trim(0) > 0);
	world_close(&world);
}

/* A backend that always refuses is asked ever less often. */
static void refused_asked_less_often(void **state)
{
	const struct osm_mock_plan well = {0};
	struct osm_config config = by_itself;

	config.purge_threshold = 0;
	world_open(&world, *state, &config, &well);
	fill(0, 64, 24000);
	osm_mock_plan(&world.mock, &(struct osm_mock_plan){.fail_from = 1});
	for (unsigned slot = 64; slot-- > 0;)
		shadow_free(&world.shadow, slot);
	assert_in_range(world.mock.failures, 1, 8);
	osm_mock_plan(&world.mock, &well);
	world_close(&world);
}

/* A block of `first` bytes goes back when it is freed, and then one of n bytes is made and freed. Whether its memory goes
 * back too, which is more than the threshold and less than twice as much, is as the rule says: not if the heap had grown
 * by half of what went back, or more. */
static bool is_regretted(const struct cell *cell, size_t first, size_t n)
{
	const struct osm_config config = {.map_threshold = SIZE_MAX, .trim_threshold = 65536};
	struct osm_stats stats;
	bool is_half;

	world_open(&world, cell, &config, NULL);
	fill(0, 1, 1000);
	fill(1, 1, first);
	empty(1, 1);
	stats = stats_now();
	assert_int_equal(stats.trim_calls, 1);
	fill(1, 1, n);
	is_half = stats_now().heap_bytes >= stats.heap_bytes + stats.trimmed_bytes / 2;
	empty(1, 1);
	assert_int_equal(stats_now().trim_calls, is_half ? 1 : 2);
	world_close(&world);
	return is_half;
}

static void growth_by_half_is_regretted(void **state)
{
	/* With one of them the heap can grow by exactly the half. */
	for (size_t first = 131072; first <= 131072 + 16; first += 16) {
		assert_false(is_regretted(*state, first, 83000));
		assert_true(is_regretted(*state, first, 84000));
		for (size_t n = 83300; n < 83500; n += 16)
			is_regretted(*state, first, n);
	}
}

/* A block of n bytes at the heap's end comes and goes: was its memory given back? */
static bool is_trimmed(size_t n)
{
	size_t trims = stats_now().trim_calls;

	fill(1, 1, n);
	empty(1, 1);
	return stats_now().trim_calls > trims;
}

/* Each trim is regretted, as the next block needs all that went back and more: the threshold is twice as much then. */
static void regretted_trim_doubles_the_threshold(void **state)
{
	const struct osm_config config = {.map_threshold = SIZE_MAX, .trim_threshold = 16384};

	world_open(&world, *state, &config, NULL);
	fill(0, 1, 1000);
	for (size_t threshold = 16384; threshold <= 262144; threshold *= 2) {
		assert_false(is_trimmed(threshold - 200));
		assert_true(is_trimmed(threshold + 200));
	}
	world_close(&world);
}

/* Each refusal doubles it too. */
static void refused_trim_doubles_the_threshold(void **state)
{
	const struct osm_config config = {.map_threshold = SIZE_MAX, .trim_threshold = 16384};

	world_open(&world, *state, &config, &(struct osm_mock_plan){0});
	fill(0, 1, 1000);
	for (size_t threshold = 16384; threshold <= 262144; threshold *= 2) {
		fill(1, 1, threshold + 200); /* the heap grows while it may */
		osm_mock_plan(&world.mock, &(struct osm_mock_plan){.fail_from = 1});
		empty(1, 1);
		assert_int_equal(world.mock.failures, 1);
		assert_false(is_trimmed(threshold + 200));
		assert_int_equal(world.mock.failures, 1);
		osm_mock_plan(&world.mock, &(struct osm_mock_plan){0});
	}
	world_close(&world);
}

/* As where it meets damage. */
static void retract_nothing(void *state, struct osm_region *region, char *end)
{
	(void)state;
	(void)region;
	(void)end;
}

/* A policy, or a backend, that has no way to give back: nothing is asked of the other. */
static void who_cannot_give_back_is_left_alone(void **state)
{
	for (int missing = 0; missing < 4; missing++) {
		struct cell cell = *(const struct cell *)*state;
		struct osm_policy policy = *cell.policy;

		cell.policy = &policy;
		if (missing == 0)
			policy.tail = NULL;
		if (missing == 1)
			policy.retract = NULL;
		if (missing == 3)
			policy.retract = retract_nothing;
		world_open(&world, &cell, &unmapped, NULL);
		if (missing == 2)
			world.mock.backend.trim = NULL;
		fill(0, 20, 8000);
		empty(1, 19);
		assert_int_equal(trim(0), 0);
		fill(1, 19, 8000);
		world_close(&world);
	}
}

static void never_without_thresholds(void **state)
{
	static const struct osm_config never[] = {
		{.map_threshold = SIZE_MAX},
		{.map_threshold = SIZE_MAX, .growth = OSM_GROWTH_GEOMETRIC, .trim_threshold = SIZE_MAX},
	};

	for (size_t i = 0; i < COUNT_OF(never); i++) {
		world_open(&world, *state, never + i, NULL);
		fill(0, 64, 24000);
		empty(0, 64);
		assert_int_equal(stats_now().trim_calls, 0);
		assert_int_equal(stats_now().purge_calls, 0);
		world_close(&world);
	}
}

static void geometric_growth_gives_back_by_default(void **state)
{
	const struct osm_config config = {.growth = OSM_GROWTH_GEOMETRIC, .map_threshold = SIZE_MAX};

	world_open(&world, *state, &config, NULL);
	fill(0, 50, 60000);
	empty(0, 50);
	assert_true(stats_now().trim_calls > 0);
	assert_in_range(stats_now().heap_bytes, 1, (size_t)2 << 20);
	world_close(&world);
}

static void threshold_of_a_page_trims_at_once(void **state)
{
	const struct osm_config config = {.map_threshold = SIZE_MAX, .trim_threshold = OSM_THRESHOLD_PAGE};

	world_open(&world, *state, &config, NULL);
	fill(0, 20, 8000); /* where buddy's blocks lie depends on the address: one of them alone may not be the last */
	empty(1, 19);
	assert_in_range(stats_now().trim_calls, 1, 19);
	world_close(&world);
}

/* Where a random program's blocks lie, with trims on the way: twelve times all is freed and trimmed, as often under a
   sanitizer as without. */
static void record(const struct osm_policy *policy, size_t *offsets)
{
	const struct cell cell = {.policy = policy, .backend = "mock"};
	struct rng rng;

	rng_begin(&rng, seed);
	world_open(&world, &cell, &by_itself, NULL);
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned slot = (unsigned)rng_below(&rng, SHADOW_SLOTS);
		size_t n = rng_size(&rng, MIX_UNIFORM, 30000), keep = rng_below(&rng, 9000);

		if (world.shadow.slots[slot].p)
			shadow_free(&world.shadow, slot);
		else
			assert_true(shadow_alloc(&world.shadow, slot, n, 1));
		if (step % EPISODE == EPISODE - 1)
			shadow_free_all(&world.shadow);
		if (step % EPISODE >= EPISODE - 2)
			osm_heap_trim(world.heap, keep);
		offsets[step] =
			world.shadow.slots[slot].p ? (size_t)((char *)world.shadow.slots[slot].p - world.mock.arena.start) : 0;
	}
	assert_true(stats_now().trim_calls > 3);
	world_close(&world);
}

static void index_decides_as_the_walk_does(void **state)
{
	static size_t fast[STEPS], scan[STEPS];
	const struct osm_policy *policy = ((const struct cell *)*state)->policy, *twin;
	char name[64];

	snprintf(name, sizeof name, "%s-scan", policy->name);
	twin = osm_policy_find(name, policy->layout);
	if (!twin)
		skip();
	record(policy, fast);
	record(twin, scan);
	for (unsigned step = 0; step < STEPS; step++)
		if (fast[step] != scan[step])
			fail_msg("step %u: at %zu, the walk takes %zu", step, fast[step], scan[step]);
}

static const struct suite_test tests[] = {
	{"free_end_goes_back", free_end_goes_back, NULL, NULL},
	{"kept_bytes_stay_free", kept_bytes_stay_free, NULL, NULL},
	{"empty_heap_trimmed_grows_again", empty_heap_trimmed_grows_again, NULL, NULL},
	{"live_end_stays", live_end_stays, NULL, NULL},
	{"contents_of_free_blocks_go_back", contents_of_free_blocks_go_back, NULL, NULL},
	{"block_that_slid_is_not_purged", block_that_slid_is_not_purged, NULL, NULL},
	{"random_program", random_program, NULL, NULL},
	{"sawtooth_few_calls", sawtooth_few_calls, NULL, "mock"},
	{"loop_at_the_boundary_no_calls", loop_at_the_boundary_no_calls, NULL, NULL},
	{"purge_waits_for_frees", purge_waits_for_frees, "best-fit", "mock"},
	{"purge_from_the_threshold_on", purge_from_the_threshold_on, NULL, "mock"},
	{"neighbours_in_use_do_not_stop_a_purge", neighbours_in_use_do_not_stop_a_purge, NULL, "mock"},
	{"destroyed_after_trim_all_back", destroyed_after_trim_all_back, NULL, "mock"},
	{"growth_by_half_is_regretted", growth_by_half_is_regretted, "first-fit-scan", "mock"},
	{"regretted_trim_doubles_the_threshold", regretted_trim_doubles_the_threshold, "first-fit-scan", "mock"},
	{"refused_trim_doubles_the_threshold", refused_trim_doubles_the_threshold, "first-fit-scan", "mock"},
	{"who_cannot_give_back_is_left_alone", who_cannot_give_back_is_left_alone, "first-fit-scan", "mock"},
	{"refused_all_as_before", refused_all_as_before, NULL, "mock"},
	{"refused_asked_less_often", refused_asked_less_often, NULL, "mock"},
	{"never_without_thresholds", never_without_thresholds, NULL, NULL},
	{"geometric_growth_gives_back_by_default", geometric_growth_gives_back_by_default, NULL, "mock"},
	{"threshold_of_a_page_trims_at_once", threshold_of_a_page_trims_at_once, NULL, "mock"},
	{"index_decides_as_the_walk_does", index_decides_as_the_walk_does, NULL, "mock"},
};

int main(void)
{
	seed = seed_from_environment();
	return suite_run("giving", tests, COUNT_OF(tests));
}
