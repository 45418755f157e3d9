/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bins as trees: of the blocks of one size, which differ in their address only, the lowest is the root. Larger blocks are
 * in a tree by size and then address. Ties go to the lowest address.
 *
 *       | 2 |         | 3 |               places, in granules
 *       fresh        /     \
 *                | 4 |     | 5 |          bit 0 of the place: 0 on the left, 1 on the right
 *               /     \         \
 *            | 8 |   | 6 |     | 7 |      bit 1
 *
 * A radix priority search tree: no block lies below one with a higher address, and on which side of a block that is d
 * deep another one lies is told by bit d of the other's place. Nothing is ever balanced, and the bits tell the way to a
 * block. In a heap that spans 2^k granules no two places have the same lowest k bits, so the tree is k + 1 high at most;
 * with n blocks it is about log2(n) high.
 *
 * One block is kept out of the tree: of the one that was there and the one that comes, the lower. Most bins have no more.
 *
 * Source: McCreight 1985, Priority search trees, SIAM J. Comput. 14(2), 2; there with the highest bit first.
 */
#ifndef OSMEM_POLICIES_BIN_TREE_H
#define OSMEM_POLICIES_BIN_TREE_H

#include "policies/space.h"

static inline bool block_before(const struct space *s, const struct block *a, const struct block *b)
{
	return block_bytes(s, a) != block_bytes(s, b) ? block_bytes(s, a) < block_bytes(s, b) : a < b;
}

#include "policies/tree.h"

/* No address has more bits. */
enum { BIN_DEPTH = WORD_BITS };

/* The blocks of one size. */
struct bin {
	link_word fresh; /* one that is not in the tree */
	link_word root;
};

/* The one that goes first; 0: there is none. */
static inline link_word bin_first(const struct bin *bin)
{
	return (link_word)(bin->fresh - 1) < (link_word)(bin->root - 1) ? bin->fresh : bin->root; /* 0 is the highest */
}

/* Who gives way to whom is hard to foresee, so no branch depends on it. */
static inline void bin_file(struct space *s, link_word *slot, link_word link)
{
	link_word at;

	for (unsigned depth = 0; (at = *slot) != 0; depth++) {
		link_word even = node_at(s, at)->side[0], odd = node_at(s, at)->side[1];
		link_word stays = link < at ? link : at;
		struct node *node = node_at(s, stays);

		s->steps++;
		link = link < at ? at : link;
		*slot = stays;
		node->side[0] = even;
		node->side[1] = odd;
		slot = &node->side[link_granules(s, link) >> depth & 1];
	}
	*slot = link;
	node_at(s, link)->side[0] = node_at(s, link)->side[1] = 0;
}

static inline void bin_insert(struct space *s, struct bin *bin, struct block *b)
{
	link_word link = link_to_set(s, b), fresh = bin->fresh;

	bin->fresh = (link_word)(fresh - 1) < link ? fresh : link;
	if (fresh)
		bin_file(s, &bin->root, fresh < link ? link : fresh);
}

static inline void bin_unfile(struct space *s, link_word *slot, link_word link)
{
	link_word even, odd;

	for (size_t way = link_granules(s, link); *slot != link; way >>= 1) {
		if (!*slot)
			return;
		s->steps++;
		slot = &node_at(s, *slot)->side[way & 1];
	}
	/* The lower of the two below takes its place, and so on. */
	for (even = node_at(s, link)->side[0], odd = node_at(s, link)->side[1]; even | odd; s->steps++) {
		bool side = (link_word)(odd - 1) < (link_word)(even - 1); /* 0 is the highest */
		link_word heir = side ? odd : even;
		struct node *node = node_at(s, heir);
		link_word even_below = node->side[0], odd_below = node->side[1];

		*slot = heir;
		node->side[0] = even;
		node->side[1] = odd;
		slot = &node->side[side];
		even = even_below;
		odd = odd_below;
	}
	*slot = 0;
}

static inline void bin_remove(struct space *s, struct bin *bin, struct block *b)
{
	link_word link = link_to_set(s, b);

	if (bin->fresh == link)
		bin->fresh = 0;
	else
		bin_unfile(s, &bin->root, link);
}

/* Walks over a bin. */
struct bin_walk {
	link_word fresh;
	link_word ahead[BIN_DEPTH + 2];
	int count;
};

static inline void bin_walk_begin(struct bin_walk *walk, const struct bin *bin)
{
	walk->fresh = bin->fresh;
	walk->ahead[0] = bin->root;
	walk->count = bin->root != 0;
}

/* One more block of those that go before `found`, if that is not NULL; NULL: there is none. */
static inline struct block *bin_walk_next(struct space *s, struct bin_walk *walk, const struct block *found)
{
	struct block *b = link_from(s, walk->fresh);

	s->steps++;
	walk->fresh = 0;
	if (b && (!found || b < found))
		return b;
	while (walk->count > 0) {
		b = link_from_set(s, walk->ahead[--walk->count]);
		s->steps++;
		if (found && b > found)
			continue; /* so is all below it */
		for (int side = 0; side < 2 && walk->count <= BIN_DEPTH; side++)
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
