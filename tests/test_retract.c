/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of a region goes back. By hand, over `meta` with granule 8, where a header has 32 bytes: what is left of the last
 * block, and where next fit searches then. And for every policy, layout and granule a random program whose region ends
 * anywhere, and grows again from there.
 *
 *     | a 200 | b 104 | c 624 |
 *     0       232     368     1024
 */
#include "support/random.h"
#include "support/rig.h"
#include "support/world.h"

#include <string.h>

static struct rig rig;
static uint64_t seed;

static const char *drawn(void)
{
	static struct picture picture;
	struct osm_fault fault;

	rig_draw(&rig, &picture);
	if (!rig.policy->check(rig.state, &fault))
		fail_msg("%s", fault.detail);
	return picture.text;
}

static void play(const char *script)
{
	struct script_op op;

	while (script_next(&script, &op))
		assert_null(rig_apply(&rig, &op));
}

static char *play_all_blocks(const char *policy)
{
	struct rig_space space = {
		.memory = world_memory(0), .bytes = 4096, .reach = 4096, .own = world_memory(1), .own_bytes = 4096};

	rig_begin(&rig, osm_policy_find(policy, "meta"), 8, &space);
	play("+1024 a200 b104 c624");
	return rig.space.memory;
}

static void last_block_shorter_and_never_gone(void **state)
{
	char *start = play_all_blocks("first-fit-scan");

	(void)state;
	assert_int_equal(rig.policy->tail(rig.state), 0);
	play("fc");
	assert_string_equal(drawn(), "A200 A104 F624");
	assert_int_equal(rig.policy->tail(rig.state), 1024 - 368 - 32 - 8 - 8);
	rig.policy->retract(rig.state, rig.region, start + 600);
	assert_string_equal(drawn(), "A200 A104 F200");
	rig.policy->retract(rig.state, rig.region, start + 600 - rig.policy->tail(rig.state));
	assert_string_equal(drawn(), "A200 A104 F16");
	assert_int_equal(rig.policy->tail(rig.state), 0);
	assert_true(rig.policy->extend(rig.state, rig.region, start + 1024));
	assert_string_equal(drawn(), "A200 A104 F624");
}

/* The rover stood where c ended, and so it stands at the new end; growing merges that away, and it drops to the start of
 * the last block. Had it stayed where it was, d would go to the lowest place. */
static void rover_goes_with_the_end(void **state)
{
	char *start = play_all_blocks("next-fit-scan");

	(void)state;
	play("fa fc");
	rig.policy->retract(rig.state, rig.region, start + 600);
	assert_string_equal(drawn(), "F200 A104 F200");
	assert_true(rig.policy->extend(rig.state, rig.region, start + 1024));
	play("d96");
	assert_string_equal(drawn(), "F200 A104 A96 F496");
}

static void freed_block_is_the_merged_one(void **state)
{
	char *start = play_all_blocks("best-fit-scan");
	size_t size;

	(void)state;
	play("fa");
	assert_ptr_equal(rig.policy->freed(rig.state, &size), start + 32);
	assert_int_equal(size, 200);
	play("fc");
	assert_ptr_equal(rig.policy->freed(rig.state, &size), start + 400);
	assert_int_equal(size, 624);
	play("fb");
	assert_ptr_equal(rig.policy->freed(rig.state, &size), start + 32);
	assert_int_equal(size, 992);
}

enum { STEPS = 400 / THRIFT + 100, OWN_BYTES = 256 << 10, REACH = 2 << 20 };

/* The walk goes from the region's start to its end, but for less than a block at both; what is live is as the slots say. */
struct tiling {
	const char *at;
	size_t header_bytes;
	unsigned live, free;
};

static bool tile(const struct osm_block *block, void *context)
{
	struct tiling *tiling = context;
	const char *start = (const char *)block->payload - block->header_bytes;
	bool is_held = false;

	if (tiling->at)
		assert_ptr_equal(start, tiling->at);
	else
		assert_in_range(start - rig.region[0].start, 0, rig.config.granule - 1);
	tiling->at = (const char *)block->payload + block->size;
	tiling->header_bytes = block->header_bytes;
	for (unsigned slot = 0; slot < SCRIPT_SLOTS; slot++)
		is_held = is_held || rig.slots[slot] == block->payload;
	assert_int_equal(is_held, !block->free);
	tiling->live += !block->free;
	tiling->free += block->free;
	return true;
}

static struct tiling heap_is_whole(void)
{
	struct osm_fault fault;
	struct tiling tiling = {0};
	const char *end = rig.region[0].end;
	unsigned held = 0;

	if (!rig.policy->check(rig.state, &fault))
		fail_msg("%s", fault.detail);
	assert_int_equal(rig.fault.kind, OSM_FAULT_NONE);
	assert_true(rig_is_within(&rig));
	assert_true(rig.policy->walk(rig.state, tile, &tiling));
	for (unsigned slot = 0; slot < SCRIPT_SLOTS; slot++)
		held += rig.slots[slot] != NULL;
	assert_int_equal(tiling.live, held);
	assert_in_range(end - tiling.at, 0, 2 * rig.config.granule + 64);
	assert_false(rig.policy->owns(rig.state, tiling.at + tiling.header_bytes)); /* no block follows the last */
	return tiling;
}

/* By any number of bytes that the policy can spare. */
static void retract_somewhere(struct rng *rng)
{
	size_t tail = rig.policy->tail(rig.state), used = rig.own_used, free_blocks = heap_is_whole().free;
	char *old = rig.region[0].end, *end;

	assert_true(tail <= (size_t)(old - rig.region[0].start));
	if (tail == 0)
		return;
	end = old - 1 - rng_below(rng, tail);
	rig.policy->retract(rig.state, rig.region, end);
	assert_ptr_equal(rig.region[0].end, end);
	heap_is_whole();
	if (rng_below(rng, 3) > 0)
		return;
	assert_true(rig.policy->extend(rig.state, rig.region, old)); /* and that undoes it */
	assert_int_equal(heap_is_whole().free, free_blocks);
	assert_int_equal(rig.own_used, used);
}

static void do_something(struct rng *rng, size_t most)
{
	struct script_op op = {SCRIPT_ALLOC, (unsigned)rng_below(rng, SCRIPT_SLOTS), rng_size(rng, MIX_POWER_LAW, most), 1};

	if (rng_below(rng, 8) == 0) {
		rig_grow(&rig, rng_below(rng, 3 * most) + 1);
	} else if (rig.slots[op.slot]) {
		op.call = rng_below(rng, 3) == 0 ? SCRIPT_RESIZE : SCRIPT_FREE;
		assert_null(rig_apply(&rig, &op));
		if (op.call == SCRIPT_FREE)
			rig.slots[op.slot] = NULL;
	} else {
		assert_null(rig_apply(&rig, &op));
	}
}

static void region_ends_anywhere_and_grows_again(const struct osm_policy *policy, size_t granule)
{
	struct rig_space space = {
		.memory = world_memory(0), .bytes = REACH, .reach = REACH, .own = world_memory(1), .own_bytes = OWN_BYTES};
	struct rng rng;

	rng_begin(&rng, seed + granule);
	rig_begin(&rig, policy, granule, &space);
	assert_true(rig_region(&rig, 64 * granule));
	for (unsigned step = 0; step < STEPS; step++) {
		do_something(&rng, 40 * granule);
		if (step % 4 == 0)
			retract_somewhere(&rng);
	}
	for (unsigned slot = 0; slot < SCRIPT_SLOTS; slot++) {
		if (rig.slots[slot])
			assert_true(policy->free(rig.state, rig.slots[slot]));
		rig.slots[slot] = NULL;
		retract_somewhere(&rng);
	}
	assert_true(rig_grow(&rig, 100 * granule));
	heap_is_whole();
}

static void regions_end_anywhere_and_grow_again(void **state)
{
	(void)state;
	for (const struct osm_policy *const *p = osm_policies(); *p; p++)
		for (size_t granule = (*p)->granule_min; granule <= (*p)->granule_max && granule <= 1024; granule *= 2)
			region_ends_anywhere_and_grows_again(*p, granule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regions_end_anywhere_and_grow_again),
		cmocka_unit_test(last_block_shorter_and_never_gone),
		cmocka_unit_test(rover_goes_with_the_end),
		cmocka_unit_test(freed_block_is_the_merged_one),
	};

	seed = seed_from_environment();
	return !!cmocka_run_group_tests_name("retract", tests, NULL, NULL);
}
