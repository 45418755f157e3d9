/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bins as trees: of the blocks of one size, which differ in their address only, the lowest is the root. Larger blocks are
 * in a tree by size and then address. Ties go to the lowest address.
 *
 *                     | 3 |               granule 3, odd: whoever has to give way goes on to the right
 *         even, 0    /     \    1, odd
 *                | 4 |     | 5 |          then the next bit decides, and so on
 *               /     \         \
 *            | 8 |   | 6 |     | 7 |
 *
 * A radix priority search tree: no block lies below one with a higher address, and what lies on which side of a block
 * that is d deep is told by bit d of its place, counted in granules. Nothing is ever balanced, and there is no search: the
 * bits tell the way to a block. In a heap that spans 2^k granules no two places have the same lowest k + 1 bits, so the
 * tree cannot be deeper; with n blocks it is about log2(n) deep.
 *
 * Source: McCreight 1985, Priority search trees, SIAM J. Comput. 14(2), 2; there with the highest bit first.
 */
#ifndef OSMEM_POLICIES_BIN_TREE_H
#define OSMEM_POLICIES_BIN_TREE_H

#include "policies/space.h"

static inline bool block_before(const struct space *s, const struct block *a, const struct block *b)
{
	return block_size(s, a) != block_size(s, b) ? block_size(s, a) < block_size(s, b) : a < b;
}

#include "policies/tree.h"

/* No address has more bits. */
enum { BIN_DEPTH = WORD_BITS };

static inline void bin_insert(struct space *s, link_word *bin, struct block *b)
{
	link_word link = link_to_set(s, b), at, *slot = bin;
	size_t way = link_granules(s, link);

	for (unsigned depth = 0; (at = *slot) != 0; depth++, way >>= 1) {
		struct node *node = node_at(s, at);

		s->steps++;
		if (link < at) { /* it stays here, and the block that was here goes on */
			*slot = link;
			*node_at(s, link) = *node;
			node = node_at(s, link);
			link = at;
			way = link_granules(s, at) >> depth;
		}
		slot = &node->side[way & 1];
	}
	*slot = link;
	*node_at(s, link) = (struct node){0};
}

static inline void bin_remove(struct space *s, link_word *bin, struct block *b)
{
	link_word link = link_to_set(s, b), *slot = bin;
	struct node below;

	for (size_t way = link_granules(s, link); *slot != link; way >>= 1) {
		if (!*slot)
			return;
		s->steps++;
		slot = &node_at(s, *slot)->side[way & 1];
	}
	/* The lower of the two below takes its place, and so on. */
	for (below = *node_of(b); below.side[0] | below.side[1]; s->steps++) {
		bool side = (link_word)(below.side[1] - 1) < (link_word)(below.side[0] - 1); /* 0 is the highest */
		struct node *heir = node_at(s, below.side[side]), rest = *heir;

		*slot = below.side[side];
		*heir = below;
		slot = &heir->side[side];
		below = rest;
	}
	*slot = 0;
}

/* Walks over a bin. */
struct bin_walk {
	link_word ahead[BIN_DEPTH + 1];
	int count;
};

static inline void bin_walk_begin(struct bin_walk *walk, link_word bin)
{
	walk->ahead[0] = bin;
	walk->count = bin != 0;
}

/* One more block of those that go before `found`, if that is not NULL; NULL: there is none. */
static inline struct block *bin_walk_next(struct space *s, struct bin_walk *walk, const struct block *found)
{
	while (walk->count > 0) {
		struct block *b = link_from(s, walk->ahead[--walk->count]);

		s->steps++;
		if (found && b > found)
			continue; /* so is all below it */
		for (int side = 1; side >= 0; side--)
			if (node_of(b)->side[side])
				walk->ahead[walk->count++] = node_of(b)->side[side];
		return b;
	}
	return NULL;
}

/* A large block is about to be filed. */
static inline void large_stamp(struct space *s, struct block *b)
{
	(void)s;
	(void)b;
}

/* Does the block that came last go before a filed one that suffices too? */
static inline bool hand_before(const struct space *s, const struct block *hand, const struct block *filed)
{
	return block_before(s, hand, filed);
}

#endif
