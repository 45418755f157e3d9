/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the buddy system finds when its state, or what it keeps in free blocks, was damaged.
 *
 *     | a 64 | b 64 | free 128 | free 256 | free 512 | free 1024 | free 2048 |
 */
#include "support/audit.h"

#define OSM_DEFINE_POLICY(name) static const struct osm_policy audited
#include "policies/buddy.c"

static struct rig rig;
static struct buddy *buddy;
static struct maps *maps;
static char *a, *b;

static void buddy_open(void)
{
	audit_begin(&rig, &audited, AUDIT_LARGE);
	buddy = (struct buddy *)(void *)rig.state;
	assert_true(rig_region(&rig, AUDIT_SMALL));
	maps = rig.region[0].index;
	a = audit_alloc(&rig, 64);
	b = audit_alloc(&rig, 64);
	assert_ptr_equal(b, a + 64);
	audit_passes(&rig);
}

static struct link *link_at(char *at)
{
	return (struct link *)(void *)at;
}

/* A program wrote to the free block at `at`: its first link is gone astray, until the second call. */
static void link_overwrite(char *at)
{
	link_at(at)->next = (struct link *)((uintptr_t)link_at(at)->next ^ UINTPTR_MAX / 17);
}

static void damaged_free_block_not_handed_out(void **state)
{
	struct osm_shortfall price;
	char *hole;

	(void)state;
	buddy_open();
	hole = a + 128;
	link_overwrite(hole);
	audit_finds(&rig, OSM_FAULT_DAMAGED, hole, "a free block was written to");
	assert_null(audited.alloc(rig.state, 128, 16, &price));
	audit_met(&rig, hole, "a free block was written to");
	assert_int_equal(price.more, 0);
	assert_int_equal(price.fresh, 0);
	link_overwrite(hole);
	audit_passes(&rig);
	assert_ptr_equal(audit_alloc(&rig, 128), hole);
	audit_passes(&rig);
}

static void damaged_buddy_stops_free_and_resize(void **state)
{
	struct osm_shortfall price;

	(void)state;
	buddy_open();
	assert_true(audited.free(rig.state, b));
	link_overwrite(b);
	assert_false(audited.free(rig.state, a));
	audit_met(&rig, b, "a free block was written to");
	assert_false(audited.resize(rig.state, a, 128, &price));
	audit_met(&rig, b, "a free block was written to");
	assert_int_equal(price.more, 0);
	link_overwrite(b);
	audit_passes(&rig);
	assert_true(audited.resize(rig.state, a, 128, &price));
	audit_passes(&rig);
}

/* The second merge would meet the damage: then the first is not done either. */
static void damage_further_up_changes_nothing(void **state)
{
	struct picture before, after;

	(void)state;
	buddy_open();
	assert_true(audited.free(rig.state, b));
	rig_draw(&rig, &before);
	link_overwrite(a + 128);
	assert_false(audited.free(rig.state, a));
	audit_met(&rig, a + 128, "a free block was written to");
	link_overwrite(a + 128);
	rig_draw(&rig, &after);
	assert_string_equal(after.text, before.text);
	audit_passes(&rig);
	assert_true(audited.free(rig.state, a));
	audit_passes(&rig);
}

static void growth_below_a_granule_waits(void **state)
{
	(void)state;
	buddy_open();
	assert_true(rig_grow(&rig, 8));
	assert_int_equal(maps->end, (uintptr_t)rig.space.memory + AUDIT_SMALL);
	audit_passes(&rig);
	assert_true(rig_grow(&rig, 8));
	assert_int_equal(maps->end, (uintptr_t)rig.space.memory + AUDIT_SMALL + 16);
	audit_passes(&rig);
}

/* What goes is cut off the block that the new end lies in; growing again merges it all. */
static void retracted_end_leaves_descending_orders(void **state)
{
	char *start;
	struct osm_region *region = rig.region;
	struct picture before, after;

	(void)state;
	buddy_open();
	start = rig.space.memory;
	rig_draw(&rig, &before);
	assert_int_equal(audited.tail(rig.state), AUDIT_SMALL - 128);
	audited.retract(rig.state, region, start + 2640);
	assert_ptr_equal(region->end, start + 2640);
	rig_draw(&rig, &after);
	assert_string_equal(after.text, "A64 A64 F128 F256 F512 F1024 F512 F64 F16");
	audit_passes(&rig);
	assert_true(audited.extend(rig.state, region, start + AUDIT_SMALL));
	rig_draw(&rig, &after);
	assert_string_equal(after.text, before.text);
	audited.retract(rig.state, region, start + 128);
	rig_draw(&rig, &after);
	assert_string_equal(after.text, "A64 A64");
	assert_int_equal(audited.tail(rig.state), 0);
	audit_passes(&rig);
}

static void retracted_below_a_granule_no_block_changes(void **state)
{
	(void)state;
	buddy_open();
	assert_true(rig_grow(&rig, 8));
	audited.retract(rig.state, rig.region, rig.region[0].end - 4);
	assert_ptr_equal(rig.region[0].end, rig.space.memory + AUDIT_SMALL + 4);
	assert_int_equal(maps->end, (uintptr_t)rig.space.memory + AUDIT_SMALL);
	audit_passes(&rig);
}

static void damaged_end_stays(void **state)
{
	(void)state;
	buddy_open();
	link_overwrite(a + 128);
	assert_int_equal(audited.tail(rig.state), 0);
	link_overwrite(a + 128);
	assert_int_equal(audited.tail(rig.state), AUDIT_SMALL - 128);
}

static void block_not_aligned_found(void **state)
{
	struct place behind, further;

	(void)state;
	buddy_open();
	behind = place_of(buddy, maps, (uintptr_t)b + 64);
	further = place_of(buddy, maps, (uintptr_t)b + 128);
	behind.stretch->starts ^= bit_at(behind.bit);
	further.stretch->starts ^= bit_at(further.bit);
	audit_finds(&rig, OSM_FAULT_INTERNAL, b, "a block is not aligned to its size");
	behind.stretch->starts ^= bit_at(behind.bit);
	further.stretch->starts ^= bit_at(further.bit);
	audit_passes(&rig);
}

/* Any granule of a live or a free block that says otherwise than the first one. */
static void block_free_in_part_found(void **state)
{
	(void)state;
	buddy_open();
	for (unsigned i = 1; i < 12; i++) {
		char *at = a + 16 * i;
		struct place place = place_of(buddy, maps, (uintptr_t)at);

		if (at == b || at == b + 64)
			continue;
		place.stretch->free ^= bit_at(place.bit);
		audit_finds(&rig, OSM_FAULT_INTERNAL, at < b ? a : at < b + 64 ? b : b + 64, "a block is free in part");
		place.stretch->free ^= bit_at(place.bit);
		audit_passes(&rig);
	}
}

/* Two bits a granule, by the word: 64 granules of 16 bytes, or 32, take two words. */
static void metadata_is_two_bits_a_granule(void **state)
{
	size_t words = 2 * sizeof(size_t), bytes;

	(void)state;
	buddy_open();
	bytes = audited.metadata_bytes(rig.state);
	assert_int_equal(bytes - sizeof(struct maps), AUDIT_SMALL / 16 * 2 / 8);
	assert_true(rig_grow(&rig, 16));
	assert_int_equal(audited.metadata_bytes(rig.state), bytes + words);
	assert_true(rig_grow(&rig, 16 * WORD_BITS - 16));
	assert_int_equal(audited.metadata_bytes(rig.state), bytes + words);
}

/* Blocks of at least a stretch: each a merge, a split and a look at what is inside. */
static void large_blocks_merge_and_split(void **state)
{
	struct osm_shortfall price;
	char *large;

	(void)state;
	buddy_open();
	audit_alloc(&rig, 1024); /* the only other one */
	large = audit_alloc(&rig, 2048);
	assert_int_equal((uintptr_t)large % 2048, 0);
	assert_int_equal(audited.usable_size(rig.state, large), 2048);
	assert_true(audited.owns(rig.state, large));
	assert_false(audited.owns(rig.state, large + 1024));
	assert_true(audited.resize(rig.state, large, 1024, &price));
	audit_passes(&rig);
	assert_int_equal(audited.usable_size(rig.state, large), 1024);
	link_overwrite(large + 1024);
	audit_finds(&rig, OSM_FAULT_DAMAGED, large + 1024, "a free block was written to");
	assert_false(audited.free(rig.state, large));
	audit_met(&rig, large + 1024, "a free block was written to");
	link_overwrite(large + 1024);
	assert_true(audited.resize(rig.state, large, 1, &price));
	audit_passes(&rig);
	assert_int_equal(audited.usable_size(rig.state, large), 16);
	assert_true(audited.resize(rig.state, large, 2048, &price));
	audit_passes(&rig);
	for (size_t i = 1; i < 128; i++)
		assert_false(audited.owns(rig.state, large + 16 * i));
	assert_true(audited.free(rig.state, large));
	audit_passes(&rig);
	assert_ptr_equal(audit_alloc(&rig, 2048), large);
	audit_passes(&rig);
}

static void unmerged_buddies_found(void **state)
{
	struct place place;

	(void)state;
	buddy_open();
	place = place_of(buddy, maps, (uintptr_t)a);
	list_push(buddy, (uintptr_t)a, 2);
	list_push(buddy, (uintptr_t)b, 2);
	place.stretch->free ^= granules[3] << place.bit;
	audit_finds(&rig, OSM_FAULT_INTERNAL, a, "two free buddies were not merged");
	list_remove(buddy, (uintptr_t)a, 2);
	list_remove(buddy, (uintptr_t)b, 2);
	place.stretch->free ^= granules[3] << place.bit;
	audit_passes(&rig);
}

static void wrong_word_of_orders_found(void **state)
{
	(void)state;
	buddy_open();
	for (unsigned rank = 0; rank < RANKS; rank++) { /* one of each from 128 to 2048 is free */
		assert_int_equal(buddy->nonempty >> rank & 1, rank >= 3 && rank <= 7);
		buddy->nonempty ^= bit_at(rank);
		audit_finds(&rig, OSM_FAULT_INTERNAL, NULL, "the word of non-empty orders is wrong");
		buddy->nonempty ^= bit_at(rank);
		audit_passes(&rig);
	}
}

static void live_block_listed_found(void **state)
{
	(void)state;
	buddy_open();
	list_push(buddy, (uintptr_t)a, 2);
	audit_finds(&rig, OSM_FAULT_INTERNAL, NULL, "the lists do not hold each free block once");
	list_remove(buddy, (uintptr_t)a, 2);
	audit_passes(&rig);
}

/* New memory would merge with a damaged block: it is not followed. */
static void damaged_block_not_merged_with_growth(void **state)
{
	char *last, *fill;

	(void)state;
	buddy_open();
	fill = audit_alloc(&rig, 2048);
	last = fill + 2048;
	assert_true(rig_grow(&rig, 16));
	assert_ptr_equal((char *)rig.space.memory + AUDIT_SMALL, last);
	link_overwrite(last);
	rig_grow(&rig, 16);
	audit_met(&rig, last, "a free block was written to");
	link_overwrite(last);
	assert_false(buddy->nonempty & bit_at(1));
	audit_passes(&rig);
}

/* From the region's first granule to its last, whatever the rank: no block reaches further. */
static void blocks_lie_within_the_region(void **state)
{
	(void)state;
	buddy_open();
	assert_true(rig_grow(&rig, 48)); /* the end is a multiple of a small block only */
	for (unsigned rank = 0; rank <= 8; rank++) {
		uintptr_t last = maps->end - rank_bytes(buddy, rank);

		assert_true(is_within(buddy, maps, maps->first, rank));
		assert_true(is_within(buddy, maps, last, rank));
		assert_false(is_within(buddy, maps, maps->first - 16, rank));
		assert_false(is_within(buddy, maps, last + 16, rank));
	}
}

/* In a trusted heap the blocks of the newest region need no care, from its first to its last; in others each does. */
static void newest_region_of_a_trusted_heap_is_easy(void **state)
{
	uintptr_t first, middle = AUDIT_LARGE / 2;

	(void)state;
	for (int trusted = 0; trusted < 2; trusted++) {
		audit_begin(&rig, &audited, middle);
		rig.config.trusted = trusted;
		buddy = (struct buddy *)(void *)rig.state;
		first = (uintptr_t)rig.space.memory;
		assert_false(is_easy(buddy, first));
		assert_true(rig_region(&rig, 4096) && rig_grow(&rig, 4096));
		assert_int_equal(is_easy(buddy, first), trusted);
		assert_int_equal(is_easy(buddy, first + 8192 - 16), trusted);
		assert_false(is_easy(buddy, first - 16) || is_easy(buddy, first + 8192));
		audited.retract(rig.state, rig.region, (char *)first + 6000);
		assert_int_equal(is_easy(buddy, first + 6000 - 16), trusted);
		assert_false(is_easy(buddy, first + 6000));
		assert_true(rig_region(&rig, 4096));
		first += middle;
		assert_int_equal(is_easy(buddy, first), trusted);
		assert_int_equal(is_easy(buddy, first + 4096 - 16), trusted);
		assert_false(is_easy(buddy, first - 16) || is_easy(buddy, first - middle) || is_easy(buddy, first + 4096));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_free_block_not_handed_out),
		cmocka_unit_test(damaged_buddy_stops_free_and_resize),
		cmocka_unit_test(damage_further_up_changes_nothing),
		cmocka_unit_test(growth_below_a_granule_waits),
		cmocka_unit_test(block_not_aligned_found),
		cmocka_unit_test(unmerged_buddies_found),
		cmocka_unit_test(block_free_in_part_found),
		cmocka_unit_test(metadata_is_two_bits_a_granule),
		cmocka_unit_test(large_blocks_merge_and_split),
		cmocka_unit_test(damaged_block_not_merged_with_growth),
		cmocka_unit_test(wrong_word_of_orders_found),
		cmocka_unit_test(live_block_listed_found),
		cmocka_unit_test(retracted_end_leaves_descending_orders),
		cmocka_unit_test(retracted_below_a_granule_no_block_changes),
		cmocka_unit_test(damaged_end_stays),
		cmocka_unit_test(blocks_lie_within_the_region),
		cmocka_unit_test(newest_region_of_a_trusted_heap_is_easy),
	};

	return !!cmocka_run_group_tests_name("audit buddy", tests, NULL, NULL);
}
