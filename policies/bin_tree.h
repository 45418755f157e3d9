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

#include "policies/node.h"

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

/* A link in the node of the block that `above` is a link to: it leads to a higher address, so that every way down ends.
 * 0: nowhere, or astray. */
static inline link_word bin_below(const struct space *s, link_word above, link_word link)
{
	if (space_trusts_blocks(s) || !link || (link > above && space_has(s, link_from_set(s, link))))
		return link;
	node_damage(s, link_from_set(s, above));
	return 0;
}

static inline link_word bin_child(const struct space *s, link_word at, int side)
{
	return bin_below(s, at, node_link(s, link_from_set(s, at), side));
}

/* A link in the node of b, or in the bin itself. */
struct slot {
	struct block *b; /* NULL: in the bin */
	link_word *link;
};

static inline struct slot slot_of(struct block *b, int side)
{
	return (struct slot){b, &node_of(b)->side[side]};
}

static inline void slot_set(const struct space *s, struct slot slot, link_word link)
{
	*slot.link = slot.b ? node_sealed(s, slot.b, link) : link;
}

/* Who gives way to whom is hard to foresee, so no branch depends on it. */
static APART void bin_file(struct space *s, link_word *root, link_word link)
{
	struct slot slot = {NULL, root};
	link_word at = *root;

	for (unsigned depth = 0; at && depth < BIN_DEPTH; depth++) {
		link_word even = node_link(s, link_from_set(s, at), 0), odd = node_link(s, link_from_set(s, at), 1);
		link_word stays = link < at ? link : at;
		struct block *b = link_from_set(s, stays);
		int side;

		s->steps++;
		link = link < at ? at : link;
		side = (int)(link_granules(s, link) >> depth & 1);
		slot_set(s, slot, stays);
		node_set_links(s, b, even, odd);
		slot = slot_of(b, side);
		at = bin_below(s, at, side ? odd : even);
	}
	slot_set(s, slot, link);
	node_set_links(s, link_from_set(s, link), 0, 0);
}

static inline void bin_insert(struct space *s, struct bin *bin, struct block *b)
{
	link_word link = link_to_set(s, b), fresh = bin->fresh;

	bin->fresh = (link_word)(fresh - 1) < link ? fresh : link;
	if (fresh)
		bin_file(s, &bin->root, fresh < link ? link : fresh);
}

/* False: the block is not there, or its links lead astray, and nothing has changed. */
static APART bool bin_unfile(struct space *s, link_word *root, link_word link)
{
	struct slot slot = {NULL, root};
	link_word at = *root, even, odd;

	for (size_t way = link_granules(s, link); at != link; way >>= 1) {
		struct block *b = link_from_set(s, at);

		if (!at)
			return node_damage(s, link_from_set(s, link));
		s->steps++;
		slot = slot_of(b, way & 1);
		at = bin_child(s, at, way & 1);
	}
	even = bin_child(s, link, 0);
	odd = bin_child(s, link, 1);
	if (s->config->fault->kind != OSM_FAULT_NONE)
		return false;
	/* The lower of the two below takes its place, and so on. */
	while (even | odd) {
		bool side = (link_word)(odd - 1) < (link_word)(even - 1); /* 0 is the highest */
		link_word heir = bin_below(s, at, side ? odd : even), even_below, odd_below;
		struct block *b = link_from_set(s, heir);

		if (!heir) {
			*(side ? &odd : &even) = 0;
			continue;
		}
		s->steps++;
		even_below = node_link(s, b, 0);
		odd_below = node_link(s, b, 1);
		slot_set(s, slot, heir);
		node_set_links(s, b, even, odd);
		slot = slot_of(b, side);
		at = heir;
		even = even_below;
		odd = odd_below;
	}
	slot_set(s, slot, 0);
	return true;
}

static inline bool bin_remove(struct space *s, struct bin *bin, struct block *b)
{
	link_word link = link_to_set(s, b);

	if (bin->fresh != link)
		return bin_unfile(s, &bin->root, link);
	bin->fresh = 0;
	return true;
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
		for (int side = 0; side < 2 && walk->count <= BIN_DEPTH; side++) {
			link_word below = bin_child(s, link_to_set(s, b), side);

			if (below)
				walk->ahead[walk->count++] = below;
		}
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
