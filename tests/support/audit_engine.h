/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the engine finds, whatever layout and index are below it. For a test that has included a policy of the engine as
 * `audited`, and hands ENGINE_AUDITS to cmocka.
 *
 *     | a | b | c | d | free |      blocks of 140 bytes and the rest
 */
#ifndef TESTS_SUPPORT_AUDIT_ENGINE_H
#define TESTS_SUPPORT_AUDIT_ENGINE_H

#include "audit.h"

static struct rig rig;
static struct engine *engine;
static char *a, *b, *c, *d;

static void engine_open(size_t reach)
{
	audit_begin(&rig, &audited, reach);
	engine = (struct engine *)(void *)rig.state;
	assert_true(rig_region(&rig, AUDIT_SMALL));
	a = audit_alloc(&rig, 140);
	b = audit_alloc(&rig, 140);
	c = audit_alloc(&rig, 140);
	d = audit_alloc(&rig, 140);
	audit_passes(&rig);
}

static void engine_free_block(const char *payload)
{
	assert_true(audited.free(rig.state, (void *)(uintptr_t)payload));
}

static bool engine_resize_block(char *payload, size_t n)
{
	struct osm_shortfall price;
	bool done = audited.resize(rig.state, payload, n, &price);

	assert_int_equal(price.fresh, 0);
	return done;
}

/* A header begins with its size in the layouts that are audited: make that larger than the region, or as it was again. */
static void header_overwrite(const char *payload)
{
	*(uint32_t *)(void *)block_of(payload) ^= (uint32_t)1 << 30;
}

static size_t bytes_of(const char *payload)
{
	return block_bytes(&engine->index.space, block_of(payload));
}

/* Mark a block free, and do no more. */
static void block_release(struct block *block)
{
	struct around alone = {.self = block_bytes(&engine->index.space, block)};

	block_merge(&engine->index.space, block, &alone);
}

static void unmerged_neighbours_found(void **state)
{
	(void)state;
	engine_open(AUDIT_SMALL);
	engine_free_block(a);
	block_release(block_of(b));
	audit_finds(&rig, OSM_FAULT_INTERNAL, b, "two free blocks were not merged");
	block_take(&engine->index.space, block_of(b));
	audit_passes(&rig);
}

static void rover_inside_block_found(void **state)
{
	char *rover;

	(void)state;
	engine_open(AUDIT_SMALL);
	rover = engine->rover;
	engine->rover = b + 16;
	audit_finds(&rig, OSM_FAULT_INTERNAL, b + 16, "the rover points into a block");
	engine->rover = rover;
	audit_passes(&rig);
}

static void wrong_last_block_found(void **state)
{
	struct block *last;

	(void)state;
	engine_open(AUDIT_SMALL);
	last = engine->last;
	engine->last = block_of(a);
	audit_finds(&rig, OSM_FAULT_INTERNAL, last, "the last block is not the one on record");
	engine->last = last;
	audit_passes(&rig);
}

static void damaged_free_block_not_handed_out(void **state)
{
	struct osm_shortfall price = {1, 1};
	const char *tail;

	(void)state;
	engine_open(AUDIT_SMALL);
	tail = block_payload(engine->last);
	header_overwrite(tail);
	assert_null(audited.alloc(rig.state, 200, 16, &price));
	audit_met(&rig, tail, "its header was overwritten, perhaps by an overrun of the block before");
	assert_int_equal(price.more, 0);
	assert_int_equal(price.fresh, 0);
	audit_finds(&rig, OSM_FAULT_DAMAGED, tail, "its header was overwritten");
	header_overwrite(tail);
	audit_passes(&rig);
	assert_ptr_equal(audit_alloc(&rig, 200), tail);
}

static void damage_stops_free_and_resize(void **state)
{
	static const char next[] = "its header was overwritten, perhaps by an overrun of the block before";

	(void)state;
	engine_open(AUDIT_SMALL);
	header_overwrite(b);
	engine_free_block(d); /* out of the damage's reach */
	assert_false(audited.free(rig.state, b));
	audit_met(&rig, b, "its header was overwritten");
	assert_false(audited.free(rig.state, a));
	audit_met(&rig, b, next);
	assert_false(engine_resize_block(a, 200));
	audit_met(&rig, b, next);
	assert_false(engine_resize_block(b, 200));
	audit_met(&rig, b, "its header was overwritten");
	header_overwrite(b);
	audit_passes(&rig);
	assert_true(engine_resize_block(a, 50));
}

static void damaged_block_before_stops_free(void **state)
{
	(void)state;
	engine_open(AUDIT_SMALL);
	engine_free_block(a);
	header_overwrite(a);
	assert_false(audited.free(rig.state, b));
	audit_met(&rig, b, "the block before it does not end here");
	header_overwrite(a);
	audit_passes(&rig);
	engine_free_block(b);
	audit_passes(&rig);
}

static void region_without_room_for_a_block(void **state)
{
	(void)state;
	audit_begin(&rig, &audited, AUDIT_SMALL);
	engine = (struct engine *)(void *)rig.state;
	assert_true(rig_region(&rig, 16));
	assert_null(engine->last);
	audit_passes(&rig);
	audit_alloc(&rig, 140);
	assert_int_equal(rig.region_count, 1);
	assert_true(rig_region(&rig, 16));
	assert_null(engine->last);
	audit_passes(&rig);
	audit_alloc(&rig, 140);
	assert_int_equal(rig.region_count, 2);
	audit_passes(&rig);
}

/* What an index does not hold, or holds twice, it does not notice by itself: the walk over the blocks counts. */
static void free_block_not_in_index_found(void **state)
{
	(void)state;
	engine_open(AUDIT_SMALL);
	engine_free_block(a);
	engine_free_block(c);
	index_remove(&engine->index, block_of(a), bytes_of(a));
	audit_finds(&rig, OSM_FAULT_INTERNAL, NULL, "the index does not hold each free block once");
	index_insert(&engine->index, block_of(a), bytes_of(a));
	audit_passes(&rig);
}

/* The place that a link tells, one by one: what bins that are trees go by. */
static void places_count_granules(void **state)
{
	const struct space *s;
	size_t first;

	(void)state;
	engine_open(AUDIT_SMALL);
	s = &engine->index.space;
	first = link_granules(s, link_to(s, block_of(a)));
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(link_granules(s, link_to(s, block_of(a + i * s->granule))), first + i);
}

#define ENGINE_AUDITS                                                                                       \
	cmocka_unit_test(unmerged_neighbours_found), cmocka_unit_test(rover_inside_block_found),                \
		cmocka_unit_test(wrong_last_block_found), cmocka_unit_test(damaged_free_block_not_handed_out),      \
		cmocka_unit_test(damage_stops_free_and_resize), cmocka_unit_test(damaged_block_before_stops_free),  \
		cmocka_unit_test(region_without_room_for_a_block), cmocka_unit_test(free_block_not_in_index_found), \
		cmocka_unit_test(places_count_granules)

#endif
