/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The size-ordered index, for best fit: one bin for each small size, a balanced tree beyond.
 *
 *     summary    one bit a word of `occupied`
 *     occupied   one bit a bin
 *     bins       [1] [2] -> ... [3] -> ... [4] ... [511]       blocks of so many granules
 *     large      -> tree by size
 *     hand       the large free block that came last; it is not in the tree until the next one comes
 *
 * The hand makes the tree lazy: a large block that is freed and soon taken again, merged or cut, the memory at the end
 * of the heap above all, costs no insertion and no removal. A question compares what the tree answers with the block in
 * the hand, so every decision is that of the scan.
 *
 * Among equals the order is that of INDEX_BIN_FILE: bin_tree.h by address, bin_list.h the last in first.
 *
 * Cost: a bin is found by two bit searches, and the first in it is at hand. To file or remove a block costs a bin of
 * bin_list.h nothing more, one of bin_tree.h log2(span) + 1 steps at most; the tree of k large blocks 1.45 log2(k).
 * Memory: a link or two for each bin, 8 KiB or less; none in a heap that cannot grow beyond 64 times that, where all but
 * the smallest blocks are in the tree. In a free block two links in its payload.
 */
#ifndef OSMEM_POLICIES_INDEX_SIZE_H
#define OSMEM_POLICIES_INDEX_SIZE_H

#ifndef INDEX_BIN_FILE
#define INDEX_BIN_FILE "policies/bin_tree.h"
#endif
#include INDEX_BIN_FILE

enum { BINS = 512, BIN_WORDS = BINS / WORD_BITS, FEW = 8 };

/* The table of a heap that can become large enough to be worth it. */
struct bins {
	struct bin bin[BINS];
	size_t occupied[BIN_WORDS];
};

/* A region must be able to span this many times the table. */
enum { BINS_WORTH = 64 };

struct index {
	struct space space;
	size_t bin_count; /* BINS, or FEW */
	struct bin *bin;
	size_t *occupied;
	size_t summary; /* a bit that is not set: that word is 0 */
	struct block *large;
	struct block *hand;
	size_t hand_bytes;
	struct bin few[FEW];
	size_t few_occupied;
};

/* So many bytes in granules: what a bin is named after. */
static inline size_t units_of(const struct index *x, size_t bytes)
{
	return bytes >> x->space.granule_log2;
}

#define INDEX_GRANULE_MIN LAYOUT_NODE_GRANULE

/* What a search may take: the bins, and one way down a tree. */
#define INDEX_STEPS_MAX ((size_t)1 + TREE_HEIGHT)

static inline size_t index_span_max(const struct space *s)
{
	(void)s;
	return SIZE_MAX;
}

/* The first region decides whether the heap has a table; without one, all but the smallest blocks are in the tree. */
static bool index_extend(struct index *x, struct osm_region *region, char *end)
{
	struct bins *bins = NULL;

	(void)end;
	if (x->bin_count)
		return true;
	if ((size_t)(region->limit - region->start) / BINS_WORTH >= sizeof *bins)
		bins = x->space.config->metadata->take(x->space.config->metadata, sizeof *bins);
	x->bin_count = bins ? BINS : FEW;
	x->bin = bins ? bins->bin : x->few;
	x->occupied = bins ? bins->occupied : &x->few_occupied;
	return true;
}

/* Take a large block in the hand; the one that was there is filed. */
static APART void index_insert_large(struct index *x, struct block *b, size_t bytes)
{
	struct space *s = &x->space;

	if (x->hand) {
		large_stamp(s, x->hand);
		tree_insert(s, &x->large, x->hand);
	}
	x->hand = b;
	x->hand_bytes = bytes;
}

static APART bool index_remove_large(struct index *x, struct block *b, size_t bytes)
{
	if (b != x->hand)
		return tree_remove(&x->space, &x->large, b);
	if (bytes != x->hand_bytes)
		return node_damage(&x->space, b);
	x->hand = NULL;
	return true;
}

/* Enter a free block of so many bytes. */
static inline void index_insert(struct index *x, struct block *b, size_t bytes)
{
	size_t units = units_of(x, bytes);

	if (units >= x->bin_count) {
		index_insert_large(x, b, bytes);
		return;
	}
	bit_set(x->occupied, units);
	x->summary |= (size_t)1 << units / WORD_BITS;
	bin_insert(&x->space, &x->bin[units], b);
}

/* Remove a free block of so many bytes. False: it was not entered, or what is kept in it was overwritten; nothing has
 * changed, and it is told. */
static inline bool index_remove(struct index *x, struct block *b, size_t bytes)
{
	size_t units = units_of(x, bytes);

	if (units >= x->bin_count)
		return index_remove_large(x, b, bytes);
	if (!bin_remove(&x->space, &x->bin[units], b))
		return false;
	x->occupied[units / WORD_BITS] &= ~((size_t)!bin_first(&x->bin[units]) << units % WORD_BITS);
	return true;
}

/* The lowest occupied bin at or above `units`, which is below their count, and in a word behind that of `units`; their
 * count: none. */
static APART size_t bin_beyond(struct index *x, size_t units)
{
	size_t words = x->summary & bits_above(units / WORD_BITS);

	/*@ loop invariant \forall integer w; 0 <= w < 64 && bit(words, w) ==> units / WORD_BITS < w && bit(x->summary, w);
	    loop invariant \forall integer w; units / WORD_BITS < w < 64 && bit(x->summary, w) && !bit(words, w) ==>
	        x->occupied[w] == 0;
	    loop invariant summarized(x->occupied, x->summary, x->bin_count);
	    loop assigns words, x->summary;
	    loop variant words; */
	for (; words; words = bits_but_lowest(words)) {
		unsigned word = bit_lowest(words);

		if (x->occupied[word])
			return word * (size_t)WORD_BITS + bit_lowest(x->occupied[word]);
		x->summary ^= (size_t)1 << word;
	}
	return x->bin_count;
}

/* The lowest occupied bin at or above `units`; their count or more: none. */
static inline size_t bin_at_least(struct index *x, size_t units)
{
	size_t bits;

	if (units >= x->bin_count)
		return units;
	bits = x->occupied[units / WORD_BITS] >> units % WORD_BITS;
	return bits ? units + bit_lowest(bits) : bin_beyond(x, units);
}

/* The first in the tree of at least so many bytes, or NULL. */
static struct block *tree_at_least(struct space *s, struct block *root, size_t bytes)
{
	struct block *found = NULL;

	for (int depth = 0; root && depth < TREE_HEIGHT; depth++) {
		bool suffices = block_bytes(s, root) >= bytes;

		space_look(s, root);
		if (suffices)
			found = root;
		root = tree_child(s, root, suffices ? TREE_LEFT : TREE_RIGHT);
	}
	return found;
}

/* The first large block that suffices, or NULL. */
static APART struct block *large_best(struct index *x, struct request want)
{
	struct space *s = &x->space;
	struct block *hand = x->hand, *best = tree_at_least(s, x->large, want.bytes);

	while (best && !block_place(s, best, &want))
		best = tree_after(s, x->large, best);
	return hand && block_place_in(s, hand, x->hand_bytes, &want) && (!best || hand_before(s, hand, best)) ? hand : best;
}

/* The first block that suffices for an alignment beyond the granule, or NULL. */
static APART struct block *index_best_aligned(struct index *x, struct request want)
{
	struct space *s = &x->space;

	for (size_t units = units_of(x, want.bytes); (units = bin_at_least(x, units)) < x->bin_count; units++) {
		struct block *best = NULL;
		struct bin_walk walk;

		bin_walk_begin(&walk, &x->bin[units]);
		for (struct block *b; (b = bin_walk_next(s, &walk, best)) != NULL;) {
			OSM_LOOKED_AT(b);
			if (block_place(s, b, &want))
				best = b;
		}
		if (best)
			return best;
	}
	return large_best(x, want);
}

/* The smallest free block that suffices; among equals the first in their bin's order. */
static inline struct block *index_best(struct index *x, const struct request *want)
{
	size_t units;

	if (want->align > x->space.granule)
		return index_best_aligned(x, *want);
	space_look(&x->space, NULL);
	units = bin_at_least(x, units_of(x, want->bytes));
	return units < x->bin_count ? link_from_set(&x->space, bin_first(&x->bin[units])) : large_best(x, *want);
}

static bool index_check(const struct index *x, size_t free_blocks, struct osm_fault *fault)
{
	struct osm_policy_config config = *x->space.config; /* so that what is met is told here */
	struct space uncounted = x->space, *s = &uncounted;
	size_t filed = x->hand != NULL;

	config.fault = fault;
	s->config = &config;

	for (size_t units = 0; units < x->bin_count; units++) {
		struct bin_walk walk;

		if (bin_first(&x->bin[units]) != 0 && !(x->summary >> units / WORD_BITS & 1))
			return osm_bug(fault, NULL, "the bit of a word of bins is wrong");
		if (bit_get(x->occupied, units) != (bin_first(&x->bin[units]) != 0))
			return osm_bug(fault, link_from(s, bin_first(&x->bin[units])), "the bit of a bin is wrong");
		bin_walk_begin(&walk, &x->bin[units]);
		for (const struct block *b; (b = bin_walk_next(s, &walk, NULL)) != NULL; filed++)
			if (!block_is_free(s, b) || units_of(x, block_bytes(s, b)) != units)
				return osm_bug(fault, block_payload(b), "a block is in the wrong bin");
	}
	for (const struct block *b = x->large ? tree_first(s, x->large) : NULL; b; b = tree_after(s, x->large, b), filed++)
		if (!tree_node_is_sound(s, b))
			return false;
	if (fault->kind != OSM_FAULT_NONE)
		return false;
	if (filed != free_blocks)
		return osm_bug(fault, NULL, "the index does not hold each free block once");
	return true;
}

static inline size_t index_metadata_bytes(const struct index *x)
{
	return x->bin_count == BINS ? sizeof(struct bins) : 0;
}

#endif
