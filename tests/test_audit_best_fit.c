/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What best fit over the `tag` layout finds when its state was damaged: the engine, and the size-ordered index.
 */
#include "support/audit.h"

#define OSM_LAYOUT tag
#define OSM_DEFINE_POLICY(name) static const struct osm_policy audited
#include "policies/space.h"
#include "policies/index_size.h"
#include "policies/best_fit.c"

#include "support/audit_engine.h"

#include <string.h>

/* Of each bin, empty or not. */
static void wrong_bit_of_a_bin_found(void **state)
{
	struct index *x;

	(void)state;
	engine_open(AUDIT_LARGE);
	x = &engine->index;
	assert_int_equal(x->bin_count, BINS);
	for (size_t units = 0; units < BINS; units++) {
		const struct block *first = link_from(&x->space, bin_first(&x->bin[units]));

		assert_int_equal(bit_get(x->occupied, units), first != NULL);
		x->occupied[units / WORD_BITS] ^= (size_t)1 << units % WORD_BITS;
		audit_finds(&rig, OSM_FAULT_INTERNAL, first, "the bit of a bin is wrong");
		x->occupied[units / WORD_BITS] ^= (size_t)1 << units % WORD_BITS;
	}
	audit_passes(&rig);
}

static void live_block_in_bin_found(void **state)
{
	(void)state;
	engine_open(AUDIT_LARGE);
	engine_free_block(a);
	block_take(&engine->index.space, block_of(a));
	audit_finds(&rig, OSM_FAULT_INTERNAL, a, "a block is in the wrong bin");
	block_release(block_of(a));
	audit_passes(&rig);
}

static void wrong_bit_of_a_word_found(void **state)
{
	size_t units = 144 / 16;

	(void)state;
	engine_open(AUDIT_LARGE);
	engine_free_block(a);
	assert_int_equal(bytes_of(a), 144);
	engine->index.summary &= ~((size_t)1 << units / WORD_BITS);
	audit_finds(&rig, OSM_FAULT_INTERNAL, NULL, "the bit of a word of bins is wrong");
	engine->index.summary |= (size_t)1 << units / WORD_BITS;
	audit_passes(&rig);
}

static const char written_to[] = "a free block was written to";

/* A link may lead only to where a block can begin, whatever number it is made of. */
static void blocks_begin_in_a_region_only(void **state)
{
	const struct space *s = &engine->index.space;
	uintptr_t first;

	(void)state;
	engine_open(AUDIT_LARGE);
	first = (uintptr_t)region_first(s, &rig.region[0]);
	assert_true(space_has(s, (const struct block *)first));
	assert_true(space_has(s, (const struct block *)(first + s->granule)));
	assert_false(space_has(s, (const struct block *)(first + s->granule / 2)));
	assert_false(space_has(s, (const struct block *)(first - s->granule)));
	assert_false(space_has(s, (const struct block *)(0 - first)));
	assert_false(space_has(s, (const struct block *)rig.region[0].end));
}

/* A program that writes to a block it has freed cuts the tree there. Who comes to the cut does not go on. */
static void node_overwritten_after_free(void **state)
{
	struct node node;

	(void)state;
	engine_open(AUDIT_SMALL); /* a heap without bins: all is in the tree */
	engine_free_block(a);
	engine_free_block(c);
	index_insert_large(&engine->index, NULL, 0); /* empties the hand */
	assert_ptr_equal(engine->index.large, block_of(c));
	memcpy(&node, c, sizeof node);
	memset(c, 0, sizeof node);
	assert_false(audited.free(rig.state, b));
	audit_met(&rig, c, written_to);
	audit_finds(&rig, OSM_FAULT_DAMAGED, c, written_to);
	memcpy(c, &node, sizeof node);
	audit_passes(&rig);
	engine_free_block(b);
	audit_passes(&rig);
}

/* The block in the hand has other bytes by its header than it came with. */
static void size_overwritten_in_the_hand(void **state)
{
	struct index *index;

	(void)state;
	engine_open(AUDIT_SMALL);
	index = &engine->index;
	engine_free_block(a);
	assert_ptr_equal(index->hand, block_of(a));
	assert_false(index_remove(index, block_of(a), bytes_of(a) + 16));
	audit_met(&rig, a, written_to);
	audit_passes(&rig);
}

/* What can be said of a block of the newest region without a search for its region: from its first granule to the last
 * that has room for a block; after growth and retraction too. */
static void newest_region_is_near(void **state)
{
	const struct space *s;

	(void)state;
	engine_open(AUDIT_LARGE / 2);
	s = &engine->index.space;
	for (unsigned step = 0; step < 3; step++) {
		const struct osm_region *region = rig.regions.growable;

		assert_int_equal(s->near_first, (uintptr_t)region_first(s, region));
		assert_int_equal(s->near_bytes, (size_t)(region->end - (char *)region_first(s, region)) - s->least + 1);
		if (step == 0)
			audited.retract(rig.state, rig.region, rig.region[0].end - 1000);
		if (step == 1)
			assert_true(rig_region(&rig, 5000) && rig_grow(&rig, 100));
	}
}

/* A region without room for a block has none, wherever a link in it or elsewhere leads. */
static void region_without_room_has_no_block(void **state)
{
	struct space *s;
	struct osm_region tiny;
	char *first;

	(void)state;
	engine_open(AUDIT_SMALL);
	s = &engine->index.space;
	first = (char *)region_first(s, rig.regions.first);
	assert_true(space_has(s, block_of(a)));
	assert_false(space_has(s, (struct block *)(void *)(first + ((size_t)1 << 20))));
	tiny = *rig.regions.first;
	tiny.end = first + s->least - 8;
	space_note_end(s, &tiny);
	assert_false(space_has(s, (struct block *)(void *)(first + ((size_t)1 << 20))));
	space_note_end(s, rig.regions.first);
	audit_passes(&rig);
}

/* What seals the links of one heap does not seal those of the next. */
static void secrets_differ(void **state)
{
	static const char states[2];

	(void)state;
	assert_int_not_equal(space_secret(states), space_secret(states + 1));
}

/* A node in a bin is overwritten. */
static void node_in_bin_overwritten_after_free(void **state)
{
	struct node node;
	char *e, *f;

	(void)state;
	engine_open(AUDIT_LARGE);
	e = audit_alloc(&rig, 140);
	f = audit_alloc(&rig, 140);
	engine_free_block(a); /* the lowest is not in the tree */
	engine_free_block(c); /* its root */
	engine_free_block(e);
	assert_ptr_equal(block_of(e), block_next(&engine->index.space, block_of(d)));
	memcpy(&node, c, sizeof node);
	memset(c, 0, sizeof node);
	assert_false(audited.free(rig.state, d));
	audit_met(&rig, c, written_to);
	assert_false(audited.free(rig.state, f));
	audit_met(&rig, c, written_to);
	audit_finds(&rig, OSM_FAULT_DAMAGED, c, written_to);
	memcpy(c, &node, sizeof node);
	engine_free_block(d);
	engine_free_block(f);
	audit_passes(&rig);
}

/* Who would take a damaged free block for a rest or for room leaves all as it is. */
static void damage_stops_shrinking_and_sliding(void **state)
{
	struct node node;
	char *e;

	(void)state;
	engine_open(AUDIT_LARGE);
	e = audit_alloc(&rig, 140);
	audit_alloc(&rig, 140);
	engine_free_block(a);
	engine_free_block(c);
	engine_free_block(e);
	memcpy(&node, c, sizeof node);
	memset(c, 0, sizeof node);
	assert_false(engine_resize_block(b, 100));
	audit_met(&rig, c, written_to);
	assert_null(audited.slide(rig.state, d, 250));
	audit_met(&rig, c, written_to);
	memcpy(c, &node, sizeof node);
	assert_int_equal(bytes_of(b), 144);
	assert_int_equal(bytes_of(d), 144);
	audit_passes(&rig);
}

/* The free end of a region was written to: the region does not grow from there. */
static void damage_stops_growing(void **state)
{
	struct node *last, node;
	char *end;

	(void)state;
	engine_open(AUDIT_LARGE);
	assert_true(rig_grow(&rig, 65536));          /* too large for a bin */
	index_insert_large(&engine->index, NULL, 0); /* the end leaves the hand for the tree */
	last = node_of(engine->last);
	end = rig.region[0].end;
	node = *last;
	memset(last, 0xff, sizeof node);
	assert_false(rig_grow(&rig, 256));
	audit_met(&rig, last, written_to);
	assert_ptr_equal(rig.region[0].end, end);
	*last = node;
	assert_true(rig_grow(&rig, 256));
	audit_passes(&rig);
}

/* Nor is it cut there: where the region ends, and what is in it, stays. */
static void damage_stops_retracting(void **state)
{
	struct node *last, node;
	struct osm_region *region = rig.region;
	char *end, *top;

	(void)state;
	engine_open(AUDIT_LARGE);
	assert_true(rig_grow(&rig, 65536));
	index_insert_large(&engine->index, NULL, 0);
	last = node_of(engine->last);
	end = region->end;
	top = region->top;
	node = *last;
	memset(last, 0xff, sizeof node);
	assert_true(audited.tail(rig.state) > 4096); /* its header is whole */
	audited.retract(rig.state, region, end - 4096);
	audit_met(&rig, last, written_to);
	assert_ptr_equal(region->end, end);
	assert_ptr_equal(region->top, top);
	*last = node;
	audit_passes(&rig);
	audited.retract(rig.state, region, end - 4096);
	assert_ptr_equal(region->end, end - 4096);
	audit_passes(&rig);
}

/* A block can be filed beside damage: that is told, and what lay behind it is lost. */
static void filed_beside_damage(void **state)
{
	char *e, *f;

	(void)state;
	engine_open(AUDIT_LARGE);
	e = audit_alloc(&rig, 140);
	audit_alloc(&rig, 140);
	f = audit_alloc(&rig, 140);
	audit_alloc(&rig, 140);
	engine_free_block(a);
	engine_free_block(c);
	engine_free_block(e);
	memset(c, 0, sizeof(struct node));
	engine_free_block(f);
	audit_met(&rig, c, written_to);
	assert_false(audited.owns(rig.state, f));
	audit_finds(&rig, OSM_FAULT_DAMAGED, c, written_to);
}

/* Links that nobody could have made by accident lead round in a circle: every way through the tree ends. */
static void circle_in_tree_ends(void **state)
{
	struct osm_shortfall price;
	struct space *s;

	(void)state;
	engine_open(AUDIT_SMALL);
	s = &engine->index.space;
	engine_free_block(a);
	engine_free_block(c);
	index_insert_large(&engine->index, NULL, 0);
	for (int side = TREE_LEFT; side <= TREE_RIGHT; side++) {
		link_word kept = node_link(s, block_of(c), side);

		tree_set_child(s, block_of(c), side, block_of(c));
		assert_false(audited.free(rig.state, b));
		assert_int_equal(rig.fault.kind, OSM_FAULT_DAMAGED);
		rig.fault = (struct osm_fault){0};
		audited.alloc(rig.state, 160, 64, &price);
		rig.fault = (struct osm_fault){0};
		assert_false(audited.check(rig.state, &rig.fault));
		rig.fault = (struct osm_fault){0};
		node_set_link(s, block_of(c), side, kept);
	}
}

/* The header of a free block lies, and its footer agrees: the index knows of no such block. */
static void header_and_footer_forged(void **state)
{
	(void)state;
	engine_open(AUDIT_LARGE);
	engine_free_block(a);
	memset(c, 0, 140);
	block_of(c)->tag = 64 | TAG_FREE;
	((struct block *)(void *)(c + 64 - BLOCK_HEADER) - 1)->tag = 64;
	assert_false(audited.free(rig.state, b));
	audit_met(&rig, c, written_to);
}

/* The word before a block is the free block's total; a program may have written beyond its own. */
static void footer_overwritten_stops_free_and_slide(void **state)
{
	tag_word total;

	(void)state;
	engine_open(AUDIT_SMALL);
	engine_free_block(a);
	total = (block_of(b) - 1)->tag;
	for (tag_word wrong = 0; wrong <= 2 * total; wrong++) {
		if (wrong == total)
			continue;
		(block_of(b) - 1)->tag = wrong;
		assert_false(audited.free(rig.state, b));
		audit_met(&rig, b, "the block before it does not end here");
		assert_null(audited.slide(rig.state, b, 200));
		audit_met(&rig, b, "the block before it does not end here");
		audit_finds(&rig, OSM_FAULT_DAMAGED, a, "its header was overwritten");
	}
	(block_of(b) - 1)->tag = total;
	audit_passes(&rig);
	engine_free_block(b);
	audit_passes(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ENGINE_AUDITS,
		cmocka_unit_test(wrong_bit_of_a_bin_found),
		cmocka_unit_test(live_block_in_bin_found),
		cmocka_unit_test(wrong_bit_of_a_word_found),
		cmocka_unit_test(blocks_begin_in_a_region_only),
		cmocka_unit_test(node_overwritten_after_free),
		cmocka_unit_test(size_overwritten_in_the_hand),
		cmocka_unit_test(newest_region_is_near),
		cmocka_unit_test(region_without_room_has_no_block),
		cmocka_unit_test(secrets_differ),
		cmocka_unit_test(node_in_bin_overwritten_after_free),
		cmocka_unit_test(damage_stops_shrinking_and_sliding),
		cmocka_unit_test(damage_stops_growing),
		cmocka_unit_test(damage_stops_retracting),
		cmocka_unit_test(filed_beside_damage),
		cmocka_unit_test(circle_in_tree_ends),
		cmocka_unit_test(header_and_footer_forged),
		cmocka_unit_test(footer_overwritten_stops_free_and_slide),
	};

	return !!cmocka_run_group_tests_name("audit best-fit/tag", tests, NULL, NULL);
}
