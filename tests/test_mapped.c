/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The set of mapped blocks, against an array of flags: the same members after each random change, and the shape of a
 * treap, which no answer shows. Whatever header is damaged, nobody follows its links.
 */
#include "support/random.h"
#include "support/unit.h"

#include "framework/mapped.c"

#include <string.h>

enum { PLACES = 300, PLACE = 64, STEPS = 3000 };

static _Alignas(PLACE) unsigned char memory[PLACES * PLACE];
static struct mapped set;
static bool is_in[PLACES];
static uint64_t seed;

static struct block_meta *header(size_t place)
{
	return (struct block_meta *)(void *)(memory + place * PLACE);
}

/* Checks the subtree at b, whose blocks lie between `low` and `high`; returns its height, and counts into *members. */
static unsigned treap_height(const struct block_meta *b, const void *low, const void *high, uint64_t most,
                             size_t *members)
{
	struct osm_fault fault = {0};
	unsigned lower, higher;

	if (!b)
		return 0;
	++*members;
	assert_true(is_sound(b, &fault));
	assert_true((const void *)b >= low && (const void *)b < high);
	assert_true(priority(b) <= most);
	lower = treap_height(b->prev, low, b, priority(b), members);
	higher = treap_height(b->next, b + 1, high, priority(b), members);
	return 1 + (lower > higher ? lower : higher);
}

static unsigned height_of(size_t members)
{
	size_t found = 0;
	unsigned height = treap_height(set.root, memory, memory + sizeof memory, UINT64_MAX, &found);

	assert_int_equal(found, members);
	return height;
}

/* Of the subtree whose root it is. */
static size_t members_below(const struct block_meta *b)
{
	return b ? 1 + members_below(b->prev) + members_below(b->next) : 0;
}

/* Each question has the answer that the flags give. */
static void answers_are_right(void)
{
	struct osm_fault fault = {0};
	const struct block_meta *above = NULL;

	for (size_t place = PLACES; place-- > 0;) {
		const struct block_meta *b = header(place);

		assert_ptr_equal(mapped_above(&set, b, &fault), above);
		assert_ptr_equal(mapped_find(&set, b + 1, &fault), is_in[place] ? b : NULL);
		assert_null(mapped_find(&set, b, &fault));
		assert_null(mapped_find(&set, (const char *)(b + 1) + 1, &fault));
		if (is_in[place])
			above = b;
	}
	assert_ptr_equal(mapped_above(&set, NULL, &fault), above);
	assert_null(mapped_find(&set, NULL, &fault));
	assert_int_equal(fault.kind, OSM_FAULT_NONE);
}

static void change(size_t place)
{
	size_t payload = place * 40 + 1;

	is_in[place] = !is_in[place];
	if (!is_in[place]) {
		assert_int_equal(header(place)->size, payload);
		mapped_remove(&set, header(place));
		return;
	}
	assert_ptr_equal(mapped_insert(&set, header(place), payload), header(place));
	assert_int_equal(header(place)->size, payload);
	assert_int_equal(header(place)->status, STATUS_MAPPED);
}

static void begin(void)
{
	memset(memory, 0xdb, sizeof memory);
	memset(is_in, 0, sizeof is_in);
	set = (struct mapped){0};
}

static void random_changes_agree_with_flags(void **state)
{
	struct rng rng;
	size_t members = 0;

	(void)state;
	begin();
	rng_begin(&rng, seed);
	for (unsigned step = 0; step < STEPS; step++) {
		size_t place = rng_below(&rng, PLACES);

		change(place);
		members += is_in[place] ? 1 : (size_t)-1;
		height_of(members);
		if (step % 50 == 0)
			answers_are_right();
	}
}

/* Addresses that rise by equal steps, as those of mappings may, are no chain: the highest of 2000 such treaps, in memory
 * that began elsewhere each time, was 25. */
static void rising_addresses_low_treap(void **state)
{
	(void)state;
	begin();
	for (size_t place = 0; place < PLACES; place++)
		change(place);
	assert_in_range(height_of(PLACES), 9, 32);
	for (size_t place = 0; place < PLACES; place += 2)
		change(place);
	assert_in_range(height_of(PLACES / 2), 8, 32);
	answers_are_right();
}

/* Who has to pass a damaged header, or looks for its block, is told of it, and finds nothing: all
 * below it, and itself. Others find theirs. */
static void damaged_header_ends_searches(void **state)
{
	(void)state;
	begin();
	for (size_t place = 0; place < PLACES; place += 3)
		change(place);
	for (size_t bad = 0; bad < PLACES; bad += 3) {
		size_t stopped = 0;

		header(bad)->size ^= 1;
		for (size_t place = 0; place < PLACES; place += 3) {
			struct osm_fault fault = {0};
			const struct block_meta *found = mapped_find(&set, header(place) + 1, &fault);

			stopped += fault.kind != OSM_FAULT_NONE;
			if (fault.kind == OSM_FAULT_NONE) {
				assert_ptr_equal(found, header(place));
				continue;
			}
			assert_null(found);
			assert_int_equal(fault.kind, OSM_FAULT_DAMAGED);
			assert_ptr_equal(fault.where, header(bad) + 1);
			/* The one above may lie on another way. */
			fault = (struct osm_fault){0};
			found = mapped_above(&set, header(place), &fault);
			assert_true(!found || fault.kind == OSM_FAULT_NONE);
		}
		header(bad)->size ^= 1;
		assert_int_equal(stopped, members_below(header(bad)));
	}
	answers_are_right();
}

/* A header that is whole, but says that the block is not mapped. */
static void whole_header_of_another_state_is_damage(void **state)
{
	struct osm_fault fault = {0};

	(void)state;
	begin();
	change(7);
	header(7)->status = STATUS_FREE;
	seal(header(7));
	assert_null(mapped_find(&set, header(7) + 1, &fault));
	assert_int_equal(fault.kind, OSM_FAULT_DAMAGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_changes_agree_with_flags),
		cmocka_unit_test(rising_addresses_low_treap),
		cmocka_unit_test(damaged_header_ends_searches),
		cmocka_unit_test(whole_header_of_another_state_is_damage),
	};

	seed = seed_from_environment();
	return !!cmocka_run_group_tests_name("mapped", tests, NULL, NULL);
}
