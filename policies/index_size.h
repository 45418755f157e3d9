/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The size-ordered index, for best fit: one bin for each small size, a balanced tree beyond.
 *
 *     summary    one bit a word of `occupied`
 *     occupied   one bit a bin
 *     bins       [1] [2] -> ... [3] -> ... [4] ... [1023]      blocks of so many granules
 *     large      -> tree by size
 *     hand       the free block that came last; it is in none of these until the next one comes
 *
 * The hand makes the index lazy: a block that is freed and soon taken again, or merged, costs no insertion and no
 * removal. A question compares what the bins answer with the block in the hand, so every decision is that of the scan.
 *
 * Among equals the order is that of INDEX_BIN_FILE: bin_tree.h by address, bin_list.h the last in first.
 *
 * Cost: a bin is found by two bit searches; a tree of k blocks costs at most 1.45 log2(k) steps, a list one.
 * Memory: 8 KiB a heap, of which only the pages of sizes in use are touched; none in a heap that cannot grow beyond
 * 512 KiB, where all but the smallest blocks are in the tree. In a free block two links in its payload.
 */
#ifndef OSMEM_POLICIES_INDEX_SIZE_H
#define OSMEM_POLICIES_INDEX_SIZE_H

#ifndef INDEX_BIN_FILE
#define INDEX_BIN_FILE "policies/bin_tree.h"
#endif
#include INDEX_BIN_FILE

enum { BINS = 1024, BIN_WORDS = BINS / WORD_BITS, FEW = 8, BIN_PAGE = 4096 };

/* The table of a heap that can become large enough to be worth it. */
struct bins {
	struct block *bin[BINS];
	size_t occupied[BIN_WORDS];
	size_t summary[(BIN_WORDS + WORD_BITS - 1) / WORD_BITS];
};

/* A region must be able to span this many times the table. */
enum { BINS_WORTH = 64 };

struct index {
	struct space space;
	size_t bin_count; /* BINS, or FEW */
	struct block **bin;
	size_t *occupied, *summary;
	struct block *large;
	struct block *hand;
	size_t hand_size;
	size_t pages; /* one bit a page of a table's bins that was touched */
	struct block *few[FEW];
	size_t few_occupied, few_summary;
};

/* A block of so many bytes, header included, in granules: what its bin is named after. */
static inline size_t units_of(const struct index *x, size_t size)
{
	return (size + BLOCK_HEADER) >> x->space.granule_log2;
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
	x->summary = bins ? bins->summary : &x->few_summary;
	return true;
}

/* File a block that was in the hand. */
static void index_file(struct index *x, struct block *b, size_t size)
{
	struct space *s = &x->space;
	size_t units = units_of(x, size);

	if (units >= x->bin_count) {
		large_stamp(s, b);
		tree_insert(s, &x->large, b, false);
		return;
	}
	if (!x->bin[units]) {
		bit_set(x->occupied, units);
		bit_set(x->summary, units / WORD_BITS);
		x->pages |= (size_t)1 << units * sizeof(struct block *) / BIN_PAGE;
	}
	bin_insert(s, &x->bin[units], b);
}

/* Enter a free block of so many bytes. */
static inline void index_insert(struct index *x, struct block *b, size_t size)
{
	if (x->hand)
		index_file(x, x->hand, x->hand_size);
	x->hand = b;
	x->hand_size = size;
}

static inline void index_remove(struct index *x, struct block *b, size_t size)
{
	struct space *s = &x->space;
	size_t units;

	if (b == x->hand) {
		x->hand = NULL;
		return;
	}
	units = units_of(x, size);
	if (units >= x->bin_count) {
		tree_remove(s, &x->large, b, false);
		return;
	}
	bin_remove(s, &x->bin[units], b);
	if (!x->bin[units]) {
		bit_clear(x->occupied, units);
		if (x->occupied[units / WORD_BITS] == 0)
			bit_clear(x->summary, units / WORD_BITS);
	}
}

/* The lowest occupied bin at or above `units`, which is below their count; their count: none. */
static inline size_t bin_at_least(const struct index *x, size_t units)
{
	size_t word = units / WORD_BITS, words = (x->bin_count + WORD_BITS - 1) / WORD_BITS;
	size_t bits = x->occupied[word] & ~(size_t)0 << units % WORD_BITS;

	if (bits)
		return word * WORD_BITS + bit_lowest(bits);
	for (word++; word < words; word = (word / WORD_BITS + 1) * WORD_BITS) {
		bits = x->summary[word / WORD_BITS] & ~(size_t)0 << word % WORD_BITS;
		if (bits) {
			word = word / WORD_BITS * WORD_BITS + bit_lowest(bits);
			return word * WORD_BITS + bit_lowest(x->occupied[word]);
		}
	}
	return x->bin_count;
}

/* The first in the tree of at least `size` bytes of payload, or NULL. */
static struct block *tree_at_least(struct space *s, struct block *root, size_t size)
{
	struct block *found = NULL;

	while (root) {
		bool suffices = block_size(s, root) >= size;

		space_look(s, root);
		if (suffices)
			found = root;
		root = tree_child(s, root, suffices ? TREE_LEFT : TREE_RIGHT);
	}
	return found;
}

/* The first filed block of at least `size` bytes of payload that suffices, or NULL. */
static struct block *index_filed(struct index *x, size_t size)
{
	struct space *s = &x->space;
	size_t units = units_of(x, size);

	if (units < x->bin_count) {
		space_look(s, NULL);
		units = bin_at_least(x, units);
		if (units < x->bin_count)
			return bin_first(s, x->bin[units]);
	}
	return tree_at_least(s, x->large, size);
}

/* The filed block that is next in order behind b, or NULL. */
static struct block *index_filed_after(struct index *x, const struct block *b)
{
	struct space *s = &x->space;
	size_t units = units_of(x, block_size(s, b));
	bool is_large = units >= x->bin_count;
	struct block *next = is_large ? tree_after(s, x->large, b) : bin_after(s, x->bin[units], b);

	return next || is_large ? next : index_filed(x, block_size(s, b) + x->space.granule);
}

/* The smallest free block that suffices; the lowest-addressed among equals. */
static inline struct block *index_best(struct index *x, const struct request *want)
{
	struct space *s = &x->space;
	struct block *hand = x->hand, *best;

	if (hand && !block_place_in(s, hand, x->hand_size, want))
		hand = NULL;
	if (HAND_WINS_TIES && hand && x->hand_size == want->size)
		return hand;
	best = index_filed(x, want->size);
	while (best && want->align > x->space.granule && !block_place(s, best, want))
		best = index_filed_after(x, best);
	return hand && (!best || hand_before(s, hand, best)) ? hand : best;
}

static bool index_check(const struct index *x, size_t free_blocks, struct osm_fault *fault)
{
	const struct space *s = &x->space;
	struct space uncounted = x->space;
	size_t filed = x->hand != NULL;

	for (size_t units = 0; units < x->bin_count; units++) {
		struct block *root = x->bin[units];
		size_t count = 0;

		if (bit_get(x->occupied, units) != (root != NULL))
			return osm_bug(fault, root, "the bit of a bin is wrong");
		for (const struct block *b = root ? bin_first(&uncounted, root) : NULL; b;
		     b = bin_after(&uncounted, root, b), count++)
			if (!block_is_free(s, b) || units_of(x, block_size(&x->space, b)) != units)
				return osm_bug(fault, block_payload(b), "a block is in the wrong bin");
		filed += count;
	}
	for (const struct block *b = x->large ? tree_first(&uncounted, x->large) : NULL; b;
	     b = tree_after(&uncounted, x->large, b))
		filed++;
	if (filed != free_blocks)
		return osm_bug(fault, NULL, "the index does not hold each free block once");
	return true;
}

static inline size_t index_metadata_bytes(const struct index *x)
{
	size_t pages = 0;

	for (size_t bits = x->pages; bits; bits &= bits - 1)
		pages++;
	return x->bin_count == BINS ? pages * BIN_PAGE + sizeof(struct bins) - BINS * sizeof(struct block *) : 0;
}

#endif
