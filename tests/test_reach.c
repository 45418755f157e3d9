/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How far a layout reaches: the near links of `tag` do not lead to a region that lies more than 4 GiB from the first, so
 * such a region is refused and nothing changes; every other layout takes it.
 */
#define _GNU_SOURCE
#include "support/rig.h"
#include "support/unit.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(region_within_reach_taken),
		cmocka_unit_test(region_out_of_reach_refused),
		cmocka_unit_test(request_beyond_a_tag_has_no_price),
	};
	int failed;

	memory = mmap(NULL, 8 * GIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	failed = cmocka_run_group_tests_name("reach", tests, NULL, NULL);
	munmap(memory, 8 * GIB);
	return failed != 0;
}
