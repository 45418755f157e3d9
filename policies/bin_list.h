/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bins as lists: blocks of one size, the last in first. Larger ones are in a tree by size, and among equals the last in
 * first; a stamp in the third word of their payload tells. Ties go to the block most recently freed.
 */
#ifndef OSMEM_POLICIES_BIN_LIST_H
#define OSMEM_POLICIES_BIN_LIST_H

#include "policies/space.h"

static inline size_t *large_stamp_of(const struct block *b)
{
	return (size_t *)(void *)block_payload(b) + 2;
}

/* The order of the tree of large blocks. */
static inline bool block_before(const struct space *s, const struct block *a, const struct block *b)
{
	return block_bytes(s, a) != block_bytes(s, b) ? block_bytes(s, a) < block_bytes(s, b)
	                                              : *large_stamp_of(a) > *large_stamp_of(b);
}

#include "policies/tree.h"

/* Of a listed block's node. */
enum { LIST_NEXT, LIST_PREV };

/* The blocks of one size. */
struct bin {
	link_word first;
};

/* The one that goes first; 0: there is none. */
static inline link_word bin_first(const struct bin *bin)
{
	return bin->first;
}

/* Whether a block has neighbours is hard to foresee, so no branch depends on it: where there is none, its link is in
 * the bin itself, or nowhere. */
static inline void bin_insert(struct space *s, struct bin *bin, struct block *b)
{
	link_word link = link_to_set(s, b), next = bin->first, nowhere;
	link_word *back = next ? &node_at(s, next)->side[LIST_PREV] : &nowhere;

	node_of(b)->side[LIST_NEXT] = next;
	node_of(b)->side[LIST_PREV] = 0;
	*back = link;
	bin->first = link;
}

static inline void bin_remove(struct space *s, struct bin *bin, struct block *b)
{
	link_word next = node_of(b)->side[LIST_NEXT], prev = node_of(b)->side[LIST_PREV], nowhere;
	link_word *back = next ? &node_at(s, next)->side[LIST_PREV] : &nowhere;
	link_word *on = prev ? &node_at(s, prev)->side[LIST_NEXT] : &bin->first;

	*back = prev;
	*on = next;
}

/* Walks over a bin. */
struct bin_walk {
	link_word next;
};

static inline void bin_walk_begin(struct bin_walk *walk, const struct bin *bin)
{
	walk->next = bin->first;
}

/* One more block of those that go before `found`, if that is not NULL; NULL: there is none. */
static inline struct block *bin_walk_next(struct space *s, struct bin_walk *walk, const struct block *found)
{
	struct block *b = found ? NULL : link_from(s, walk->next);

	if (b) {
		s->steps++;
		walk->next = node_of(b)->side[LIST_NEXT];
	}
	return b;
}

/* A large block is about to be filed: note when. */
static inline void large_stamp(struct space *s, struct block *b)
{
	*large_stamp_of(b) = ++s->stamps;
}

/* Does the block that came last go before a filed one that suffices too? */
static inline bool hand_before(const struct space *s, const struct block *hand, const struct block *filed)
{
	return block_bytes(s, hand) <= block_bytes(s, filed);
}

#endif
