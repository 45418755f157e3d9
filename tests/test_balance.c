/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shapes that make a search short, which no decision shows: after each operation of a random program the tree of
 * large blocks is an AVL tree whose leans are true, and each bin is a radix priority search tree.
 */
#include "support/audit.h"
#include "support/random.h"

#define OSM_LAYOUT tag
#define OSM_DEFINE_POLICY(name) static const struct osm_policy audited
#include "policies/best_fit.c"

#define STEPS (3000 / THRIFT + 500)

static struct rig rig;
static struct engine *engine;
static uint64_t seed;

/* Blocks that a program holds, in no order. */
enum { LIVE = 600 };
static void *live[LIVE];
static size_t live_count, filed;

/* The height of the subtree at b, whose blocks lie between `low` and `high` in the tree's order; NULL: no bound. */
static unsigned avl_height(const struct block *b, const struct block *low, const struct block *high)
{
	const struct space *s = &engine->index.space;
	unsigned left, right;

	if (!b)
		return 0;
	filed++;
	assert_true(!low || block_before(s, low, b));
	assert_true(!high || block_before(s, b, high));
	left = avl_height(tree_child(s, b, TREE_LEFT), low, b);
	right = avl_height(tree_child(s, b, TREE_RIGHT), b, high);
	assert_in_range(left + 1, right, right + 2);
	assert_int_equal(tree_lean(s, b), left == right ? LEAN_NONE : left > right ? LEAN_LEFT : LEAN_RIGHT);
	return 1 + (left > right ? left : right);
}

/* At the block that `at` is a link to, `depth` deep: its place ends with the bits of the way, and higher blocks only are
 * below it. */
static void radix_check(link_word at, unsigned depth, size_t way)
{
	const struct space *s = &engine->index.space;

	filed++;
	assert_true(depth < BIN_DEPTH);
	assert_int_equal(link_granules(s, at) & (((size_t)1 << depth) - 1), way);
	for (unsigned side = 0; side < 2; side++) {
		link_word below = node_link(s, link_from_set(s, at), (int)side);

		if (!below)
			continue;
		assert_true(below > at);
		radix_check(below, depth + 1, way | (size_t)side << depth);
	}
}

static bool count_free(const struct osm_block *block, void *context)
{
	*(size_t *)context += block->free;
	return true;
}

/* Each free block is in one place, and each place is where it has to be. */
static void shapes_are_right(void)
{
	const struct index *x = &engine->index;
	size_t free_blocks = 0;

	filed = x->hand != NULL;
	avl_height(x->large, NULL, NULL);
	for (size_t units = 0; units < x->bin_count; units++) {
		filed += x->bin[units].fresh != 0;
		if (x->bin[units].root)
			radix_check(x->bin[units].root, 0, 0);
	}
	assert_true(audited.walk(rig.state, count_free, &free_blocks));
	assert_int_equal(filed, free_blocks);
	assert_int_equal(rig.fault.kind, OSM_FAULT_NONE);
}

static void obtain(size_t n)
{
	if (live_count < LIVE)
		live[live_count++] = audit_alloc(&rig, n);
}

static void give_back(size_t i)
{
	assert_true(audited.free(rig.state, live[i]));
	live[i] = live[--live_count];
}

/* Fills the heap, and then takes and gives in turns, now more of this and now more of that. */
static void random_program(size_t reach, size_t least, size_t most)
{
	struct rng rng;

	rng_begin(&rng, seed);
	audit_begin(&rig, &audited, reach);
	engine = (struct engine *)(void *)rig.state;
	live_count = 0;
	while (live_count < LIVE)
		obtain(least + rng_below(&rng, most - least));
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned wish = step / 250 % 2 ? 6 : 3;

		if (live_count == 0 || rng_below(&rng, 9) < wish)
			obtain(least + rng_below(&rng, most - least));
		else
			give_back(rng_below(&rng, live_count));
		shapes_are_right();
	}
}

/* A heap that cannot become large has no bins to speak of. */
static void all_blocks_in_the_tree(void **state)
{
	(void)state;
	random_program((size_t)256 << 10, 124, 400);
	assert_int_equal(engine->index.bin_count, FEW);
}

static void blocks_of_few_sizes_in_bins(void **state)
{
	(void)state;
	random_program(AUDIT_LARGE, 124, 200);
	assert_int_equal(engine->index.bin_count, BINS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_blocks_in_the_tree),
		cmocka_unit_test(blocks_of_few_sizes_in_bins),
	};

	seed = seed_from_environment();
	return !!cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}
