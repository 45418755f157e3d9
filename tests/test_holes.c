/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whatever the span of a region, for every policy: where one hole only is large enough it is found, wherever it lies. So
 * the tables of an index reach to the last block, and each level of them to its last entry.
 */
#include "support/rig.h"
#include "support/unit.h"
#include "support/world.h"

#include <string.h>

/* In pieces of the index by address, of 64 granules each: 16 make a group, and so do 16 groups. */
static const size_t spans[] = {1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 240, 255, 256, 257, 258, 272, 273, 300};

enum { GRANULE = 16, PIECE = 64 * GRANULE, SIZE = 240, HOLES = 1500, OWN_BYTES = 256 << 10 };

static struct rig rig;
static void *blocks[HOLES];

/* Without paying. */
static void *obtain(size_t n)
{
	struct osm_shortfall price;

	return rig.policy->alloc(rig.state, n, GRANULE, &price);
}

static void give_back(void *p)
{
	assert_true(rig.policy->free(rig.state, p));
}

/* Fills a region of so many bytes, but for a small hole; then each block in turn, or each nth, is the only one that is
 * free and suffices. The small hole comes last, and so has the place that an index keeps for such. */
static void only_hole_found(const struct osm_policy *policy, size_t bytes, size_t nth)
{
	struct rig_space space = {
		.memory = world_memory(0), .bytes = bytes, .reach = bytes, .own = world_memory(1), .own_bytes = OWN_BYTES};
	size_t count = 0;
	void *small;

	rig_begin(&rig, policy, GRANULE, &space);
	assert_true(rig_region(&rig, bytes));
	small = obtain(1);
	assert_true(small && obtain(1));
	while (count < HOLES && (blocks[count] = obtain(SIZE)) != NULL)
		count++;
	assert_in_range(count, bytes / (2 * SIZE) - 2, HOLES - 1);
	while (obtain(1))
		;
	for (size_t i = count; i > 0; i -= i > nth ? nth : i) {
		give_back(blocks[i - 1]);
		give_back(small);
		if (obtain(SIZE) != blocks[i - 1])
			fail_msg("%s/%s, %zu bytes: hole %zu is not found", policy->name, policy->layout, bytes, i);
		assert_ptr_equal(obtain(1), small);
	}
	assert_true(rig_is_within(&rig));
}

static void only_hole_found_in_all_spans(void **state)
{
	(void)state;
	for (const struct osm_policy *const *p = osm_policies(); *p; p++)
		for (size_t i = 0; i < COUNT_OF(spans); i++)
			only_hole_found(*p, spans[i] * PIECE + SIZE + 64, strstr((*p)->name, "-scan") ? 11 : 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(only_hole_found_in_all_spans)};

	return !!cmocka_run_group_tests_name("holes", tests, NULL, NULL);
}
