/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Golden heaps: what the blocks look like after a few operations, worked out by hand from the definitions. The notation
 * is explained in support/script.h.
 *
 * Sizes of blocks, header included: `meta` with granule 8: n rounded up to 8, and 32. `wide`: n + 8 rounded up to 16,
 * at least 32; `tag`: n + 4 rounded up to the granule, at least 16; of a region both leave a granule unused. `bitmap`: n
 * rounded up to the granule, at least 16. Buddy: the next power of two, at least 16.
 */
#include "support/rig.h"
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define MEMORY_BYTES 65536
#define OWN_BYTES 65536
#define REACH 4096

struct golden {
	const char *name;
	const char *policy;
	const char *layout;
	size_t granule;
	const char *script;
	const char *expected;
};

static const struct golden goldens[] = {
	{"first_fit_two_holes_low", "first-fit", "meta", 8, "+1024 a200 b8 c100 d8 fa fc e100", "A104 F64 A8 F104 A8 F544"},
	{"first_fit_two_holes_low", "first-fit", "wide", 16, "+1024 a200 b8 c100 d8 fa fc e100",
     "A104 F88 A24 F104 A24 F616"},
	{"next_fit_two_holes_tail", "next-fit", "meta", 8, "+1024 a200 b8 c100 d8 fa fc e100", "F200 A8 F104 A8 A104 F408"},
	{"next_fit_two_holes_tail", "next-fit", "wide", 16, "+1024 a200 b8 c100 d8 fa fc e100",
     "F200 A24 F104 A24 A104 F504"},
	{"best_fit_two_holes_smallest", "best-fit", "meta", 8, "+1024 a200 b8 c100 d8 fa fc e100", "F200 A8 A104 A8 F544"},
	{"best_fit_two_holes_smallest", "best-fit", "wide", 16, "+1024 a200 b8 c100 d8 fa fc e100",
     "F200 A24 A104 A24 F616"},

	{"first_fit_hole_is_split", "first-fit", "meta", 8, "+1024 a100 b50 c100 fa fc d60", "A64 F8 A56 F768"},
	{"first_fit_hole_is_split", "first-fit", "wide", 16, "+1024 a100 b50 c100 fa fc d60", "A72 F24 A56 F824"},
	{"best_fit_hole_is_split", "best-fit", "meta", 8, "+1024 a100 b50 c100 fa fc d60", "A64 F8 A56 F768"},
	{"best_fit_hole_is_split", "best-fit", "wide", 16, "+1024 a100 b50 c100 fa fc d60", "A72 F24 A56 F824"},
	{"best_fit_ties_lowest", "best-fit", "meta", 8, "+1024 a50 b8 c50 d8 fa fc e50", "A56 A8 F56 A8 F736"},

	{"next_fit_rover_drops_in_merge", "next-fit", "meta", 8, "+1024 a100 b50 c100 fa fc d60", "F104 A56 A64 F672"},
	{"next_fit_rover_drops_in_merge", "next-fit", "wide", 16, "+1024 a100 b50 c100 fa fc d60", "F104 A56 A72 F744"},
	{"next_fit_nothing_behind_wraps", "next-fit", "meta", 8, "+512 a100 b100 c100 fa d100", "A104 A104 A104 F72"},
	{"next_fit_nothing_behind_wraps", "next-fit", "wide", 16, "+384 a100 b100 c100 fa d100", "A104 A104 A104 F24"},
	{"next_fit_resize_leaves_rover", "next-fit", "meta", 8, "+1024 a50 b50 c50 fb ra60 d8", "A64 F48 A56 A8 F688"},

	{"first_fit_last_free_grows_by_missing", "first-fit", "meta", 8, "+256 a100 b200", "A104 A200"},
	{"best_fit_last_free_grows_by_missing", "best-fit", "wide", 16, "+256 a100 b200", "A104 A200"},
	{"first_fit_last_live_grows_by_block", "first-fit", "meta", 8, "+136 a100 b8", "A104 A8"},
	{"first_fit_last_live_grows_by_block", "first-fit", "wide", 16, "+128 a100 b8", "A104 A24"},
	{"best_fit_rest_too_small_not_split", "best-fit", "meta", 8, "+136 a72", "A104"},
	{"best_fit_rest_smallest_split", "best-fit", "meta", 8, "+136 a64", "A64 F8"},
	{"best_fit_rest_too_small_not_split", "best-fit", "wide", 16, "+128 a88", "A104"},
	{"best_fit_rest_smallest_split", "best-fit", "wide", 16, "+128 a72", "A72 F24"},
	{"best_fit_granule_16_sizes", "best-fit", "meta", 16, "+1024 a100", "A112 F848"},
	{"first_fit_freed_between_merges_both", "first-fit", "meta", 8, "+512 a8 b8 c8 d8 fa fc fb", "F88 A8 F320"},
	{"first_fit_freed_between_merges_both", "first-fit", "wide", 16, "+512 a8 b8 c8 d8 fa fc fb", "F88 A24 F360"},
	{"first_fit_regions_touch_no_merge", "first-fit", "meta", 8, "+4096 |4096 a4000 b4064 fa fb", "F4064 | F4064"},
	{"first_fit_regions_touch_no_merge", "first-fit", "wide", 16, "+4096 |4096 a4000 b4072 fa fb", "F4072 | F4072"},

	{"best_fit_resize_absorbs_and_splits", "best-fit", "meta", 8, "+512 a100 b100 c8 fb ra150", "A152 F56 A8 F168"},
	{"best_fit_resize_absorbs_and_splits", "best-fit", "wide", 16, "+512 a100 b100 c8 fb ra150", "A152 F56 A24 F232"},
	{"best_fit_resize_refused_stays_absorbed", "best-fit", "meta", 8, "+512 a100 b100 c8 fb ra300", "A240 A8 F168"},
	{"best_fit_resize_refused_stays_absorbed", "best-fit", "wide", 16, "+512 a100 b100 c8 fb ra300", "A216 A24 F232"},
	{"best_fit_resize_last_grows_region", "best-fit", "meta", 8, "+136 a100 ra150", "A152"},
	{"best_fit_resize_last_grows_by_granule", "best-fit", "meta", 8, "+136 a100 ra112", "A112"},
	{"best_fit_resize_last_grows_region", "best-fit", "wide", 16, "+128 a100 ra150", "A152"},
	{"best_fit_shrink_rest_merges", "best-fit", "meta", 8, "+512 a200 ra100", "A104 F344"},
	{"best_fit_shrink_rest_merges", "best-fit", "wide", 16, "+512 a200 ra100", "A104 F376"},
	{"best_fit_shrink_rest_too_small_kept", "best-fit", "meta", 8, "+512 a200 ra176", "A200 F248"},
	{"best_fit_shrink_same_block_kept", "best-fit", "wide", 16, "+512 a200 ra190", "A200 F280"},
	{"first_fit_aligned_gap_is_free", "first-fit", "meta", 8, "+512 a8@64", "F64 A8 F344"},
	{"first_fit_aligned_gap_is_free", "first-fit", "wide", 16, "+512 a8@64", "F40 A24 F408"},

	{"first_fit_two_holes_low", "first-fit", "tag", 16, "+1024 a200 b8 c100 d8 fa fc e100",
     "A108 F92 A12 F108 A12 F652"},
	{"next_fit_two_holes_tail", "next-fit", "tag", 16, "+1024 a200 b8 c100 d8 fa fc e100",
     "F204 A12 F108 A12 A108 F540"},
	{"best_fit_two_holes_smallest", "best-fit", "tag", 16, "+1024 a200 b8 c100 d8 fa fc e100",
     "F204 A12 A108 A12 F652"},
	{"first_fit_hole_is_split", "first-fit", "tag", 16, "+1024 a100 b50 c100 fa fc d60", "A60 F44 A60 F828"},
	{"best_fit_last_free_grows_by_missing", "best-fit", "tag", 16, "+256 a100 b200", "A108 A204"},
	{"first_fit_last_live_grows_by_block", "first-fit", "tag", 16, "+128 a100 b8", "A108 A12"},
	{"best_fit_rest_smallest_split", "best-fit", "tag", 16, "+128 a92", "A92 F12"},
	{"first_fit_freed_between_merges_both", "first-fit", "tag", 16, "+512 a8 b8 c8 d8 fa fc fb", "F44 A12 F428"},
	{"best_fit_resize_absorbs_and_splits", "best-fit", "tag", 16, "+512 a100 b100 c8 fb ra150", "A156 F60 A12 F252"},
	{"best_fit_resize_refused_stays_absorbed", "best-fit", "tag", 16, "+512 a100 b100 c8 fb ra300", "A220 A12 F252"},
	{"best_fit_resize_last_grows_region", "best-fit", "tag", 16, "+128 a100 ra150", "A156"},
	{"best_fit_shrink_rest_merges", "best-fit", "tag", 16, "+512 a200 ra100", "A108 F380"},
	{"first_fit_aligned_gap_is_free", "first-fit", "tag", 16, "+512 a8@64", "F44 A12 F428"},
	{"best_fit_granule_8_sizes", "best-fit", "tag", 8, "+128 a20 b12 c13", "A20 A12 A20 F52"},

	{"first_fit_two_holes_low", "first-fit", "bitmap", 16, "+1024 a200 b8 c100 d8 fa fc e100",
     "A112 F96 A16 F112 A16 F672"},
	{"next_fit_two_holes_tail", "next-fit", "bitmap", 16, "+1024 a200 b8 c100 d8 fa fc e100",
     "F208 A16 F112 A16 A112 F560"},
	{"best_fit_two_holes_smallest", "best-fit", "bitmap", 16, "+1024 a200 b8 c100 d8 fa fc e100",
     "F208 A16 A112 A16 F672"},
	{"first_fit_hole_is_split", "first-fit", "bitmap", 16, "+1024 a100 b50 c100 fa fc d60", "A64 F48 A64 F848"},
	{"best_fit_last_free_grows_by_missing", "best-fit", "bitmap", 16, "+256 a100 b200", "A112 A208"},
	{"first_fit_last_live_grows_by_block", "first-fit", "bitmap", 16, "+112 a100 b8", "A112 A16"},
	{"best_fit_rest_smallest_split", "best-fit", "bitmap", 16, "+128 a100", "A112 F16"},
	{"best_fit_rest_too_small_not_split", "best-fit", "bitmap", 8, "+112 a100", "A112"},
	{"first_fit_freed_between_merges_both", "first-fit", "bitmap", 16, "+512 a8 b8 c8 d8 fa fc fb", "F48 A16 F448"},
	{"first_fit_regions_touch_no_merge", "first-fit", "bitmap", 16, "+4096 |4096 a4096 b4096 fa fb", "F4096 | F4096"},
	{"best_fit_resize_absorbs_and_splits", "best-fit", "bitmap", 16, "+512 a100 b100 c8 fb ra150", "A160 F64 A16 F272"},
	{"best_fit_resize_refused_stays_absorbed", "best-fit", "bitmap", 16, "+512 a100 b100 c8 fb ra300", "A224 A16 F272"},
	{"best_fit_resize_last_grows_region", "best-fit", "bitmap", 16, "+112 a100 ra150", "A160"},
	{"best_fit_shrink_rest_merges", "best-fit", "bitmap", 16, "+512 a200 ra100", "A112 F400"},
	{"best_fit_shrink_many_words_merge", "best-fit", "bitmap", 16, "+4096 a1500 b1000 c500 fb ra100",
     "A112 F2400 A512 F1072"},
	{"first_fit_aligned_gap_is_free", "first-fit", "bitmap", 16, "+512 a8 b8@64", "A16 F48 A16 F432"},
	{"best_fit_granule_8_sizes", "best-fit", "bitmap", 8, "+128 a20 b12 c13", "A24 A16 A16 F72"},

	{"best_fit_slides_into_block_before", "best-fit", "meta", 8, "+1024 a100 b100 c100 fa sb150", "A152 F56 A104 F584"},
	{"best_fit_slides_into_both_sides", "best-fit", "meta", 8, "+1024 a100 b100 c100 d8 fa fc sb300",
     "A304 F40 A8 F544"},
	{"best_fit_slides_and_keeps_small_rest", "best-fit", "meta", 8, "+1024 a100 b100 c100 fa sb216", "A240 A104 F584"},
	{"best_fit_live_before_stays", "best-fit", "meta", 8, "+1024 a100 b100 c100 d8 fc sb150", "A104 A104 F104 A8 F544"},
	{"best_fit_both_sides_too_small_stays", "best-fit", "meta", 8, "+1024 a100 b100 c100 d8 fa fc sb400",
     "F104 A104 F104 A8 F544"},
	{"best_fit_slides_into_block_before", "best-fit", "tag", 16, "+1024 a100 b100 c100 fa sb150", "A156 F60 A108 F668"},
	{"best_fit_slides_into_block_before", "best-fit", "bitmap", 16, "+1024 a100 b100 c100 fa sb150",
     "A160 F64 A112 F688"},
	{"best_fit_last_block_slides", "best-fit", "bitmap", 16, "+256 a100 b100 fa sb200", "A208 F48"},

	{"buddy_split_lower_half", "buddy", NULL, 16, "+1024 a100", "A128 F128 F256 F512"},
	{"buddy_smallest_order", "buddy", NULL, 16, "+1024 a100 b50 c100 fa fc d60", "F128 A64 A64 F256 F512"},
	{"buddy_same_order_last_freed", "buddy", NULL, 16, "+1024 a64 b64 c64 d64 fa fc e64", "F64 A64 A64 A64 F256 F512"},
	{"buddy_power_of_two_exact", "buddy", NULL, 16, "+1024 a1024", "A1024"},
	{"buddy_all_freed_one_block", "buddy", NULL, 16, "+1024 a100 b50 fa fb", "F1024"},
	{"buddy_aligned_split_to_size", "buddy", NULL, 16, "+1024 a100 b60@256", "A128 F128 A64 F64 F128 F512"},
	{"buddy_resize_takes_upper_buddies", "buddy", NULL, 16, "+1024 a100 ra500", "A512 F512"},
	{"buddy_resize_upper_live_refused", "buddy", NULL, 16, "+1024 a100 b200 ra500", "A128 F128 A256 F512"},
	{"buddy_shrink_frees_upper_halves", "buddy", NULL, 16, "+1024 a512 ra100 b60", "A128 A64 F64 F256 F512"},
	{"buddy_region_any_size_decomposed", "buddy", NULL, 16, "+1200", "F1024 F128 F32 F16"},
	{"buddy_region_grows_merges", "buddy", NULL, 16, "+1200 +848", "F2048"},
	{"buddy_regions_touch_no_merge", "buddy", NULL, 16, "+4096 |4096", "F4096 | F4096"},
};

static char *memory, *own;

static void assert_drawn(const struct golden *golden, const struct osm_policy *policy)
{
	struct rig_space space = {memory, MEMORY_BYTES, REACH, 0, own, OWN_BYTES, false};
	const char *cursor = golden->script;
	static struct rig rig;
	static struct picture picture;
	struct script_op op;

	rig_begin(&rig, policy, golden->granule, &space);
	while (script_next(&cursor, &op)) {
		const char *problem = rig_apply(&rig, &op);

		if (problem)
			fail_msg("\"%s\": %s before \"%s\"", golden->script, problem, cursor);
	}
	rig_draw(&rig, &picture);
	assert_string_equal(picture.text, golden->expected);
}

/* The policy, and its "-scan" twin if it has one; a granule may be too small for the first. */
static void heap_after_script_as_drawn(void **state)
{
	const struct golden *golden = *state;
	const struct osm_policy *policy = osm_policy_find(golden->policy, golden->layout), *scan;
	char twin[32];

	snprintf(twin, sizeof twin, "%s-scan", golden->policy);
	scan = osm_policy_find(twin, golden->layout);
	assert_non_null(policy);
	if (golden->granule >= policy->granule_min)
		assert_drawn(golden, policy);
	else
		assert_non_null(scan);
	if (scan)
		assert_drawn(golden, scan);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT_OF(goldens)];
	static char names[COUNT_OF(goldens)][64];
	int failed;

	/* The buddy system goes by absolute addresses. */
	memory = aligned_alloc(MEMORY_BYTES, MEMORY_BYTES);
	own = aligned_alloc(64, OWN_BYTES);
	for (size_t i = 0; i < COUNT_OF(goldens); i++) {
		const struct golden *golden = goldens + i;

		snprintf(names[i], sizeof *names, "%s%s%s", golden->name, golden->layout ? "/" : "",
		         golden->layout ? golden->layout : "");
		tests[i].name = names[i];
		tests[i].test_func = heap_after_script_as_drawn;
		tests[i].initial_state = (void *)(uintptr_t)golden;
	}
	failed = cmocka_run_group_tests_name("golden", tests, NULL, NULL);
	free(memory);
	free(own);
	return failed != 0;
}
