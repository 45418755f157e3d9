/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The four classic calls, whatever policy, backend and layout the default heap was built with.
 */
#include "support/random.h"
#include "support/unit.h"

#include <errno.h>
#include <osmem/osmem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "framework/heap_core.h"

#define SLOTS 64
#define STEPS 20000

static unsigned char *early;

/* Before any other constructor, so before the C++ ones and before main. */
__attribute__((constructor(101))) static void allocate_early(void)
{
	early = os_malloc(100);
	if (early)
		memset(early, 0x5a, 100);
}

static bool is_filled(const unsigned char *p, size_t n, unsigned char byte)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] != byte)
			return false;
	}
	return true;
}

static void assert_heap_in_order(void)
{
	struct osm_fault fault = {OSM_FAULT_NONE, NULL, NULL};

	if (!osm_heap_check(osm_default_heap(), &fault))
		fail_msg("%s at %p: %s", osm_fault_name(fault.kind), fault.where, fault.detail);
}

/* The build tells its tests what it was asked for. */
static void heap_is_the_chosen_one(void **state)
{
	const char *policy = getenv("OSM_POLICY"), *backend = getenv("OSM_BACKEND"), *layout = getenv("OSM_LAYOUT");
	const char *index = getenv("OSM_INDEX");
	const struct osm_heap *heap = osm_default_heap();
	bool is_fit;
	char name[64];

	(void)state;
	if (!policy || !backend || !layout || !index)
		skip();
	is_fit = osm_policy_find(policy, layout) != NULL; /* a policy of its own has one layout, under another name */
	snprintf(name, sizeof name, "%s%s", policy, is_fit && strcmp(index, "scan") == 0 ? "-scan" : "");
	assert_string_equal(heap->policy->name, name);
	assert_string_equal(heap->backend->name, backend);
	if (is_fit)
		assert_string_equal(heap->policy->layout, layout);
}

static void malloc_before_constructors_works(void **state)
{
	(void)state;
	assert_non_null(early);
	assert_true(is_filled(early, 100, 0x5a));
	assert_true(osm_heap_owns(osm_default_heap(), early));
	early = os_realloc(early, 1000);
	assert_true(is_filled(early, 100, 0x5a));
	os_free(early);
}

static void malloc_all_sizes_apart_and_aligned(void **state)
{
	static const size_t sizes[] = {1, 7, 8, 9, 100, 4000, 4096, 131072 - 40, 131072 - 32, 131072, 300000};
	unsigned char *p[COUNT_OF(sizes)];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		p[i] = os_malloc(sizes[i]);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % 8, 0);
		assert_true(osm_heap_usable_size(osm_default_heap(), p[i]) >= sizes[i]);
		memset(p[i], (int)i + 1, sizes[i]);
	}
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		assert_true(is_filled(p[i], sizes[i], (unsigned char)(i + 1)));
		os_free(p[i]);
	}
	assert_heap_in_order();
}

static void nothing_gives_null_without_errno(void **state)
{
	void *p = os_malloc(10);

	(void)state;
	errno = 0;
	assert_null(os_malloc(0));
	assert_null(os_calloc(0, 10));
	assert_null(os_calloc(10, 0));
	assert_null(os_realloc(NULL, 0));
	assert_null(os_realloc(p, 0));
	assert_false(osm_heap_owns(osm_default_heap(), p));
	assert_int_equal(errno, 0);
}

static void too_much_gives_null_and_enomem(void **state)
{
	static const size_t too_large[] = {SIZE_MAX, SIZE_MAX - 40, (size_t)PTRDIFF_MAX + 1, PTRDIFF_MAX};
	unsigned char *p = os_malloc(50);

	(void)state;
	memset(p, 0x77, 50);
	for (size_t i = 0; i < COUNT_OF(too_large); i++) {
		errno = 0;
		assert_null(os_malloc(too_large[i]));
		assert_int_equal(errno, ENOMEM);
		errno = 0;
		assert_null(os_calloc(too_large[i], 1));
		assert_int_equal(errno, ENOMEM);
		errno = 0;
		assert_null(os_realloc(p, too_large[i]));
		assert_int_equal(errno, ENOMEM);
	}
	errno = 0;
	assert_null(os_calloc(SIZE_MAX / 2, 3));
	assert_int_equal(errno, ENOMEM);
	assert_true(is_filled(p, 50, 0x77));
	os_free(p);
	assert_heap_in_order();
}

static void calloc_after_dirt_zeroed(void **state)
{
	static const size_t sizes[] = {1, 100, 4000, 4100, 50000, 200000};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		unsigned char *p = os_malloc(sizes[i]);

		assert_non_null(p);
		memset(p, 0xee, sizes[i]);
		os_free(p);
		p = os_calloc(sizes[i], 1);
		assert_non_null(p);
		assert_true(is_filled(p, sizes[i], 0));
		os_free(p);
	}
}

static void realloc_up_and_down_contents_kept(void **state)
{
	static const size_t sizes[] = {10, 5000, 200000, 300000, 140000, 100, 90000, 1};
	unsigned char *p = NULL;
	size_t before = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		p = os_realloc(p, sizes[i]);
		assert_non_null(p);
		assert_true(is_filled(p, before < sizes[i] ? before : sizes[i], 0x3c));
		memset(p, 0x3c, sizes[i]);
		before = sizes[i];
	}
	os_free(p);
	assert_heap_in_order();
}

static void realloc_of_no_block_gives_null_quietly(void **state)
{
	char local[64];
	char *p = os_malloc(100);
	char *q = os_malloc(100);

	(void)state;
	assert_null(os_realloc(local + 32, 10));
	assert_null(os_realloc(p + 8, 10));
	os_free(p);
	assert_null(os_realloc(p, 10));
	assert_heap_in_order();
	os_free(q);
}

static void free_keeps_errno(void **state)
{
	(void)state;
	errno = 4711;
	os_free(NULL);
	os_free(os_malloc(10));
	os_free(os_malloc(200000));
	assert_int_equal(errno, 4711);
}

struct slot {
	unsigned char *p;
	size_t n;
	unsigned char fill;
};

/* One operation on a slot; the block that was there must hold what was written. */
static void step(struct slot *slot, size_t n, unsigned char fill)
{
	unsigned char *p;

	if (slot->p && !is_filled(slot->p, slot->n, slot->fill))
		fail_msg("a block of %zu bytes at %p has changed", slot->n, (void *)slot->p);
	if (slot->p && fill % 3 != 0) {
		os_free(slot->p);
		slot->p = NULL;
		return;
	}
	if (slot->p)
		p = os_realloc(slot->p, n);
	else
		p = fill % 2 ? os_malloc(n) : os_calloc(1, n);
	assert_non_null(p);
	if (slot->p && !is_filled(p, n < slot->n ? n : slot->n, slot->fill))
		fail_msg("realloc from %zu to %zu bytes lost contents", slot->n, n);
	if (!slot->p && fill % 2 == 0 && !is_filled(p, n, 0))
		fail_msg("calloc of %zu bytes is not zero", n);
	*slot = (struct slot){p, n, fill};
	memset(p, fill, n);
}

static void random_program_heap_in_order(void **state)
{
	static struct slot slots[SLOTS];
	struct rng rng;

	(void)state;
	rng_begin(&rng, seed_from_environment());
	for (unsigned i = 0; i < STEPS; i++) {
		step(slots + rng_below(&rng, SLOTS), rng_size(&rng, MIX_POWER_LAW, i % 100 == 0 ? 200000 : 4000),
		     (unsigned char)rng_next(&rng));
		if (i % 64 == 0)
			assert_heap_in_order();
	}
	for (unsigned i = 0; i < SLOTS; i++)
		os_free(slots[i].p);
	assert_heap_in_order();
}

static void all_freed_nothing_live(void **state)
{
	struct osm_stats stats;

	(void)state;
	osm_heap_stats(osm_default_heap(), &stats);
	assert_int_equal(stats.live_blocks, 0);
	assert_int_equal(stats.live_bytes, 0);
	assert_int_equal(stats.mapped_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heap_is_the_chosen_one),
		cmocka_unit_test(malloc_before_constructors_works),
		cmocka_unit_test(malloc_all_sizes_apart_and_aligned),
		cmocka_unit_test(nothing_gives_null_without_errno),
		cmocka_unit_test(too_much_gives_null_and_enomem),
		cmocka_unit_test(calloc_after_dirt_zeroed),
		cmocka_unit_test(realloc_up_and_down_contents_kept),
		cmocka_unit_test(realloc_of_no_block_gives_null_quietly),
		cmocka_unit_test(free_keeps_errno),
		cmocka_unit_test(random_program_heap_in_order),
		cmocka_unit_test(all_freed_nothing_live),
	};

	return !!cmocka_run_group_tests_name("default", tests, NULL, NULL);
}
