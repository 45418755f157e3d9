/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What first fit over the `meta` layout finds when its state was damaged: the engine, and the address-ordered index. And
 * the spans that this index does not cover.
 */
#include "support/audit.h"

#define OSM_LAYOUT meta
#define OSM_DEFINE_POLICY(name) static const struct osm_policy audited
#include "policies/space.h"
#include "policies/index_address.h"
#include "policies/first_fit.c"

#include "support/audit_engine.h"

static struct pieces *pieces_open(size_t reach)
{
	engine_open(reach);
	engine_free_block(a);
	engine_free_block(c); /* takes a's place in the hand, so that a is filed */
	audit_passes(&rig);
	return rig.region[0].index;
}

static void live_block_filed_found(void **state)
{
	(void)state;
	pieces_open(AUDIT_SMALL);
	index_file(&engine->index, block_of(b), bytes_of(b));
	audit_finds(&rig, OSM_FAULT_INTERNAL, b, "a live block is filed as free");
	index_unfile(&engine->index, block_of(b), bytes_of(b));
	audit_passes(&rig);
}

/* A header says that the block is free, and the index knows of none there. */
static void unfiled_block_is_no_room(void **state)
{
	(void)state;
	engine_open(AUDIT_SMALL);
	block_release(block_of(c));
	assert_false(audited.free(rig.state, b));
	audit_met(&rig, c, "its header was overwritten");
	block_take(&engine->index.space, block_of(c));
	engine_free_block(b);
	audit_passes(&rig);
}

static void wrong_maximum_of_a_piece_found(void **state)
{
	struct pieces *pieces;

	(void)state;
	pieces = pieces_open(AUDIT_SMALL);
	assert_int_equal(pieces->levels, 1);
	pieces->max[0][1]++;
	audit_finds(&rig, OSM_FAULT_INTERNAL, pieces->base + WORD_BITS * 16, "the maximum of a piece is wrong");
	pieces->max[0][1]--;
	audit_passes(&rig);
}

/* Each of every level above the pieces, and some of those: whichever is wrong is found. */
static void wrong_maximum_of_children_found(void **state)
{
	struct pieces *pieces;
	size_t entries = AUDIT_LARGE / 16 / WORD_BITS;

	(void)state;
	pieces = pieces_open(AUDIT_LARGE);
	assert_true(rig_grow(&rig, AUDIT_LARGE - AUDIT_SMALL - 64));
	assert_in_range(pieces->levels, 3, LEVELS);
	for (size_t i = 0; i < entries; i += i < 8 ? 1 : 511) {
		pieces->max[0][i]++;
		audit_finds(&rig, OSM_FAULT_INTERNAL, pieces->base + i * WORD_BITS * 16, "the maximum of a piece is wrong");
		pieces->max[0][i]--;
	}
	for (unsigned level = 1; level < pieces->levels; level++) {
		entries = (entries + FAN - 1) / FAN;
		for (size_t i = 0; i < entries; i++) {
			pieces->max[level][i]++;
			audit_finds(&rig, OSM_FAULT_INTERNAL, pieces->base, "a maximum is not that of its children");
			pieces->max[level][i]--;
		}
	}
	assert_int_equal(entries, 1);
	audit_passes(&rig);
}

static void search_that_begins_too_high_found(void **state)
{
	(void)state;
	pieces_open(AUDIT_SMALL);
	engine->index.low[SMALL - 1] = a;
	audit_finds(&rig, OSM_FAULT_INTERNAL, a, "searches begin behind a block");
	engine->index.low[SMALL - 1] = NULL;
	audit_passes(&rig);
}

/* A region, and so a block, has at most 2^31 - 1 granules here: that much has a price, more has none. */
static void request_beyond_every_region_has_no_price(void **state)
{
	const size_t most = (size_t)INT32_MAX << 4, room = most - BLOCK_HEADER;
	const size_t beyond[] = {room + 1, most + 1, PTRDIFF_MAX / 2, PTRDIFF_MAX - 4096};
	struct osm_shortfall price;

	(void)state;
	if (sizeof(size_t) == 4)
		skip();
	engine_open(AUDIT_SMALL);
	assert_null(audited.alloc(rig.state, room, 16, &price));
	assert_int_equal(price.more, 0);
	assert_int_equal(price.fresh, most);
	for (size_t i = 0; i < COUNT_OF(beyond); i++) {
		price = (struct osm_shortfall){1, 1};
		assert_null(audited.alloc(rig.state, beyond[i], 16, &price));
		assert_int_equal(price.more, 0);
		assert_int_equal(price.fresh, 0);
	}
	audit_passes(&rig);
}

/* A backend that begins a region larger than that is of no use to this policy, and the policy says so. Nobody looks at the
 * region's bytes, so they need not be there. */
static void region_beyond_the_index_refused(void **state)
{
	struct osm_region region = {0};
	size_t most = (size_t)INT32_MAX << 4, used;

	(void)state;
	if (sizeof(size_t) == 4)
		skip();
	audit_begin(&rig, &audited, AUDIT_SMALL);
	used = rig.own_used;
	region.start = region.end = rig.space.memory;
	region.bought = region.limit = region.start + most + 16;
	assert_false(index_extend(&((struct engine *)(void *)rig.state)->index, &region, region.bought));
	assert_false(audited.extend(rig.state, &region, region.bought));
	assert_ptr_equal(region.end, region.start);
	assert_null(region.top);
	assert_null(region.index);
	assert_null(region.ledger);
	assert_ptr_equal(region.limit, region.start + most + 16);
	assert_int_equal(rig.own_used, used);
}

/* What the tables take of a region that reaches into so many pieces. */
static size_t tables_for(size_t pieces)
{
	audit_begin(&rig, &audited, AUDIT_LARGE);
	engine = (struct engine *)(void *)rig.state;
	assert_true(rig_region(&rig, ((pieces - 1) * WORD_BITS + 8) * 16));
	return index_metadata_bytes(&engine->index) - sizeof(struct pieces);
}

/* The tables are counted as far as the region reaches into them: one line of words for eight pieces, or 16 where words
 * are short, and one group of maxima; another line for one piece more. */
static void tables_counted_as_far_as_used(void **state)
{
	size_t pieces = 64 / sizeof(size_t);

	(void)state;
	assert_int_equal(tables_for(pieces), 64 + FAN * sizeof(int32_t));
	assert_int_equal(tables_for(pieces + 1), 128 + (pieces + 1 > FAN ? 3U : 1U) * FAN * sizeof(int32_t));
}

/* A region up to its limit, whose last piece is the last that its line of words has: what is looked at ends there. */
static void last_piece_is_the_last(void **state)
{
	size_t pieces = 64 / sizeof(size_t);

	(void)state;
	audit_begin(&rig, &audited, (pieces * WORD_BITS - 32) * 16);
	assert_true(rig_region(&rig, (pieces * WORD_BITS - 32) * 16));
	a = audit_alloc(&rig, 140);
	b = audit_alloc(&rig, 140);
	c = audit_alloc(&rig, 140);
	d = audit_alloc(&rig, 140);
	engine_free_block(a);
	engine_free_block(c); /* takes a's place in the hand, so that a is filed */
	audit_passes(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ENGINE_AUDITS,
		cmocka_unit_test(live_block_filed_found),
		cmocka_unit_test(unfiled_block_is_no_room),
		cmocka_unit_test(wrong_maximum_of_a_piece_found),
		cmocka_unit_test(wrong_maximum_of_children_found),
		cmocka_unit_test(search_that_begins_too_high_found),
		cmocka_unit_test(request_beyond_every_region_has_no_price),
		cmocka_unit_test(region_beyond_the_index_refused),
		cmocka_unit_test(tables_counted_as_far_as_used),
		cmocka_unit_test(last_piece_is_the_last),
	};

	return !!cmocka_run_group_tests_name("audit first-fit/meta", tests, NULL, NULL);
}
