/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How far a layout reaches: the near links of `tag` do not lead to a region that lies more than 4 GiB from the first, so
 * such a region is refused and nothing changes; every other layout takes it. And how far a region is prepared for.
 */
#define _GNU_SOURCE
#include "support/rig.h"
#include "support/unit.h"

#include "policies/reach.h"

#include <osmem/heap.h>
#include <string.h>
#include <sys/mman.h>

#define GIB ((size_t)1 << 30)
#define REACH ((size_t)1 << 20)
#define OWN_BYTES ((size_t)1 << 20)

static struct rig rig;
static char *memory;
static _Alignas(64) char own[OWN_BYTES];

/* Begin a second region so far behind the first. */
static bool second_region_taken(const struct osm_policy *policy, size_t distance)
{
	struct rig_space space = {memory, 8 * GIB, REACH, distance - REACH, own, sizeof own, false};
	struct osm_fault fault = {0};
	bool taken;

	memset(own, 0, sizeof own);
	rig_begin(&rig, policy, 16, &space);
	assert_true(rig_region(&rig, 65536));
	taken = rig_region(&rig, 65536);
	assert_true(policy->check(rig.state, &fault));
	return taken;
}

static bool is_near(const struct osm_policy *policy)
{
	return strcmp(policy->layout, "tag") == 0;
}

static void region_within_reach_taken(void **state)
{
	(void)state;
	for (const struct osm_policy *const *p = osm_policies(); *p; p++)
		assert_true(second_region_taken(*p, 4 * GIB - 2 * REACH));
}

static void region_out_of_reach_refused(void **state)
{
	(void)state;
	for (const struct osm_policy *const *p = osm_policies(); *p; p++)
		assert_int_equal(second_region_taken(*p, 5 * GIB), !is_near(*p));
}

/* A region that begins within reach, and could grow beyond it, may grow by half of what is within reach at least, and by no
 * more than that; where the policy needs tables too, only the second holds. */
static void region_partly_within_reach_grows_in_it(void **state)
{
	struct rig_space space = {memory, 8 * GIB, 3 * GIB, 0, own, sizeof own, false};

	(void)state;
	for (const struct osm_policy *const *p = osm_policies(); *p; p++) {
		size_t within = 4 * GIB - (3 * GIB + 65536), more;

		memset(own, 0, sizeof own);
		rig_begin(&rig, *p, 16, &space);
		assert_true(rig_region(&rig, 65536) && rig_region(&rig, 65536));
		more = (size_t)(rig.region[1].limit - rig.region[1].end);
		if (is_near(*p))
			assert_in_range(more, strstr((*p)->name, "-scan") ? within / 2 : 0, within);
	}
}

/* What a tag cannot tell is not offered for sale: there would be no answer to the second question. */
static void request_beyond_a_tag_has_no_price(void **state)
{
	struct rig_space space = {memory, 8 * GIB, REACH, 0, own, sizeof own, false};

	(void)state;
	for (const struct osm_policy *const *p = osm_policies(); *p; p++) {
		struct osm_shortfall price = {0, 0};

		memset(own, 0, sizeof own);
		rig_begin(&rig, *p, 16, &space);
		assert_null((*p)->alloc(rig.state, 4 * GIB, 16, &price));
		assert_int_equal(price.fresh == 0, is_near(*p));
		assert_int_equal(price.more, 0);
	}
}

/* So many bytes a new region could span of the `most` that its backend allows, where it has `at_once` and the heap's other
 * regions `before`, half in each of two; a heap's first one may have `first` more. */
static size_t span_for(size_t before, size_t at_once, size_t first, size_t most)
{
	const uintptr_t start = 65536;
	struct osm_region others[2] = {{.next = others + 1}, {.next = NULL}};
	struct osm_region region = {.start = (char *)start, .limit = (char *)(start + most)};
	struct osm_regions regions = {.first = before ? others : NULL};
	struct osm_policy_config config = {.regions = &regions};

	for (unsigned i = 0; i < 2; i++) {
		others[i].start = (char *)(start + i);
		others[i].end = (char *)(start + i + before / 2);
	}
	region_bring_down_limit(&config, &region, (const char *)start + at_once, first);
	return (size_t)(region.limit - region.start);
}

static void first_region_prepared_for_what_the_layout_says(void **state)
{
	(void)state;
	assert_int_equal(span_for(0, 4096, 1000000, GIB), 1004096);
	assert_int_equal(span_for(0, 4096, 1000000, 1004097), 1004096);
	assert_int_equal(span_for(0, 4096, 1000000, 1004095), 1004095);
	assert_int_equal(span_for(0, 0, REACH_FIRST, SIZE_MAX / 2), GIB);
}

/* A MiB, and 16 times what the heap has. */
static void later_region_prepared_for_more_of_a_larger_heap(void **state)
{
	(void)state;
	assert_int_equal(span_for(8192, 4096, 1, GIB), 4096 + 16 * 8192 + REACH);
	assert_int_equal(span_for(REACH, 4096, 1, GIB), 4096 + 17 * REACH);
	assert_int_equal(span_for(REACH, 4096, 1, 17 * REACH), 17 * REACH);
}

/* Where such a sum goes beyond all numbers there is no less to prepare for. */
static void sum_beyond_all_numbers_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(span_for(SIZE_MAX / 16 + 1, 4096, 1, SIZE_MAX / 2), SIZE_MAX / 2);
	assert_int_equal(span_for(8192, SIZE_MAX / 2, 1, SIZE_MAX / 2 + 1), SIZE_MAX / 2 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(region_within_reach_taken),
		cmocka_unit_test(region_out_of_reach_refused),
		cmocka_unit_test(region_partly_within_reach_grows_in_it),
		cmocka_unit_test(request_beyond_a_tag_has_no_price),
		cmocka_unit_test(first_region_prepared_for_what_the_layout_says),
		cmocka_unit_test(later_region_prepared_for_more_of_a_larger_heap),
		cmocka_unit_test(sum_beyond_all_numbers_changes_nothing),
	};
	int failed;

	memory = mmap(NULL, 8 * GIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	failed = cmocka_run_group_tests_name("reach", tests, NULL, NULL);
	munmap(memory, 8 * GIB);
	return failed != 0;
}
