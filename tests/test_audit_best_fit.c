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

static void wrong_bit_of_a_bin_found(void **state)
{
	(void)state;
	engine_open(AUDIT_LARGE);
	assert_int_equal(engine->index.bin_count, BINS);
	bit_set(engine->index.occupied, 3);
	audit_finds(&rig, OSM_FAULT_INTERNAL, NULL, "the bit of a bin is wrong");
	bit_clear(engine->index.occupied, 3);
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

/* A program that writes to a block it has freed cuts the tree there. Who looks for a block behind the cut gives up. */
static void node_overwritten_after_free(void **state)
{
	const char *tail;

	(void)state;
	engine_open(AUDIT_SMALL); /* a heap without bins: all is in the tree */
	tail = block_payload(engine->last);
	engine_free_block(a);
	engine_free_block(c);
	index_insert_large(&engine->index, NULL, 0); /* empties the hand */
	assert_ptr_equal(engine->index.large, block_of(c));
	memset(c, 0, sizeof(struct node));
	engine_free_block(b);
	assert_int_equal(rig.fault.kind, OSM_FAULT_NONE);
	audit_finds(&rig, OSM_FAULT_INTERNAL, NULL, "the index does not hold each free block once");
	index_insert(&engine->index, block_of(tail), bytes_of(tail));
	audit_passes(&rig);
}

/* The same in a bin: a freed block that is overwritten hides those below it, and who looks for one of them gives up. */
static void node_in_bin_overwritten_after_free(void **state)
{
	char *e, *f;

	(void)state;
	engine_open(AUDIT_LARGE);
	e = audit_alloc(&rig, 140);
	f = audit_alloc(&rig, 140);
	engine_free_block(a); /* the lowest is not in the tree */
	engine_free_block(c); /* its root */
	engine_free_block(e);
	assert_ptr_equal(block_of(e), block_next(&engine->index.space, block_of(d)));
	memset(c, 0, sizeof(struct node));
	engine_free_block(d);
	assert_int_equal(rig.fault.kind, OSM_FAULT_NONE);
	engine_free_block(f);
	assert_int_equal(rig.fault.kind, OSM_FAULT_NONE);
	audit_passes(&rig); /* the lost one is merged with others by now */
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
		cmocka_unit_test(node_overwritten_after_free),
		cmocka_unit_test(node_in_bin_overwritten_after_free),
		cmocka_unit_test(footer_overwritten_stops_free_and_slide),
	};

	return !!cmocka_run_group_tests_name("audit best-fit/tag", tests, NULL, NULL);
}
