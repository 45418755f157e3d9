/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shapes that make a search short, which no decision shows: after each operation of a random program the tree of
 * large blocks is an AVL tree whose leans are true, and each bin is a radix priority search tree. And what searching is
 * said to cost: the blocks on the way, as counted here.
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

/* Where b is in the tree: its depth, 1 for the root; and what is below it on the way to its successor, if it needs one. */
static size_t steps_to_remove(const struct block *b)
{
	const struct space *s = &engine->index.space;
	const struct block *at = engine->index.large, *heir;
	size_t steps = 1;

	for (; at != b; steps++)
		at = tree_child(s, at, block_before(s, b, at) ? TREE_LEFT : TREE_RIGHT);
	heir = tree_child(s, b, TREE_RIGHT);
	if (!heir || !tree_child(s, b, TREE_LEFT))
		return steps;
	for (; tree_child(s, heir, TREE_LEFT); steps++)
		heir = tree_child(s, heir, TREE_LEFT);
	return steps;
}

/* What the last free place on the way of b would cost, which is in no tree. */
static size_t steps_to_insert(const struct block *b)
{
	const struct space *s = &engine->index.space;
	size_t steps = 0;

	for (const struct block *at = engine->index.large; at; steps++)
		at = tree_child(s, at, block_before(s, b, at) ? TREE_LEFT : TREE_RIGHT);
	return steps;
}

/* Of the tree, from the smallest block that suffices on; the way passes what is too small as well. */
static size_t steps_to_find(size_t bytes, const struct block **found)
{
	const struct space *s = &engine->index.space;
	const struct block *at = engine->index.large;
	size_t steps = 0;

	for (*found = NULL; at; steps++) {
		bool suffices = block_bytes(s, at) >= bytes;

		*found = suffices ? at : *found;
		at = tree_child(s, at, suffices ? TREE_LEFT : TREE_RIGHT);
	}
	return steps;
}

static struct block *blocks[LIVE]; /* of a tree */
static size_t block_count;

static void collect(struct block *b)
{
	if (!b)
		return;
	assert_true(block_count < LIVE);
	blocks[block_count++] = b;
	collect(tree_child(&engine->index.space, b, TREE_LEFT));
	collect(tree_child(&engine->index.space, b, TREE_RIGHT));
}

/* Each block leaves the tree and comes back, and is found. */
static void steps_of_the_tree_are_counted(void)
{
	struct space *s = &engine->index.space;
	struct index *x = &engine->index;

	block_count = 0;
	collect(x->large);
	assert_true(block_count > 20);
	for (size_t i = 0; i < block_count; i++) {
		struct block *b = blocks[i];
		struct request want = {block_bytes(s, b), 16};
		size_t expected = s->steps + steps_to_remove(b);
		const struct block *found;

		assert_true(tree_remove(s, &x->large, b));
		assert_int_equal(s->steps, expected);
		expected += steps_to_insert(b);
		tree_insert(s, &x->large, b);
		assert_int_equal(s->steps, expected);
		expected += steps_to_find(want.bytes, &found);
		assert_ptr_equal(large_best(x, want),
		                 x->hand && x->hand_bytes == want.bytes && x->hand < found ? x->hand : found);
		assert_int_equal(s->steps, expected);
	}
	shapes_are_right();
}

static link_word below(link_word at, int side)
{
	const struct space *s = &engine->index.space;

	return at ? node_link(s, link_from_set(s, at), side) : 0;
}

/* The blocks above it on its way, and the one that takes each place that becomes free. */
static size_t steps_to_unfile(link_word root, link_word link)
{
	const struct space *s = &engine->index.space;
	link_word at = root;
	size_t steps = 0;

	for (unsigned depth = 0; at != link; depth++, steps++)
		at = below(at, link_granules(s, link) >> depth & 1);
	for (; below(at, 0) || below(at, 1); steps++) {
		link_word even = below(at, 0), odd = below(at, 1);

		at = !odd || (even && even < odd) ? even : odd;
	}
	return steps;
}

/* The blocks on the way down, on which the higher of two goes on. */
static size_t steps_to_file(link_word root, link_word link)
{
	const struct space *s = &engine->index.space;
	size_t steps = 0;

	for (link_word at = root; at; steps++) {
		link_word goes_on = link > at ? link : at;

		at = below(at, link_granules(s, goes_on) >> steps & 1);
		link = goes_on;
	}
	return steps;
}

static void collect_bin(link_word at)
{
	assert_true(block_count < LIVE);
	if (!at)
		return;
	blocks[block_count++] = link_from_set(&engine->index.space, at);
	collect_bin(below(at, 0));
	collect_bin(below(at, 1));
}

/* Each block of a bin leaves it and comes back. */
static void steps_of_the_bins_are_counted(void)
{
	struct space *s = &engine->index.space;
	size_t most = 0;

	for (size_t units = 0; units < BINS; units++) {
		struct bin *bin = &engine->index.bin[units];

		block_count = 0;
		collect_bin(bin->root);
		most = block_count > most ? block_count : most;
		for (size_t i = 0; i < block_count; i++) {
			link_word link = link_to_set(s, blocks[i]);
			size_t expected = s->steps + steps_to_unfile(bin->root, link);

			assert_true(bin_remove(s, bin, blocks[i]));
			assert_int_equal(s->steps, expected);
			if (bin->fresh)
				expected += steps_to_file(bin->root, bin->fresh < link ? link : bin->fresh);
			bin_insert(s, bin, blocks[i]);
			assert_int_equal(s->steps, expected);
		}
	}
	assert_true(most > 20);
	shapes_are_right();
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
	while (live_count > LIVE / 2)
		give_back(live_count / 2);
}

/* A heap that cannot become large has no bins to speak of. */
static void all_blocks_in_the_tree(void **state)
{
	(void)state;
	random_program((size_t)256 << 10, 124, 400);
	assert_int_equal(engine->index.bin_count, FEW);
	steps_of_the_tree_are_counted();
}

static void blocks_of_few_sizes_in_bins(void **state)
{
	(void)state;
	random_program(AUDIT_LARGE, 124, 156);
	assert_int_equal(engine->index.bin_count, BINS);
	steps_of_the_bins_are_counted();
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
