/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of a fit's region goes back: what is left of the last block, and where next fit searches then. By hand, over
 * `meta` with granule 8, where a header has 32 bytes.
 *
 *     | a 200 | b 104 | c 624 |
 *     0       232     368     1024
 */
#include "support/rig.h"
#include "support/world.h"

#include <string.h>

static struct rig rig;

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_block_shorter_and_never_gone),
		cmocka_unit_test(rover_goes_with_the_end),
		cmocka_unit_test(freed_block_is_the_merged_one),
	};

	return !!cmocka_run_group_tests_name("retract", tests, NULL, NULL);
}
