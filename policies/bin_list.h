/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bins as lists: blocks of one size, the last in first. Larger ones are in a tree by size, and among equals the last in
 * first; a stamp in the third word of their payload tells. Ties go to the block most recently freed.
 */
#ifndef OSMEM_POLICIES_BIN_LIST_H
#define OSMEM_POLICIES_BIN_LIST_H

#include "policies/node.h"

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
	struct block *next = link_from_set(s, bin->first);
	link_word nowhere, *back = bin->first ? &node_of(next)->side[LIST_PREV] : &nowhere;

	node_set_links(s, b, bin->first, 0);
	*back = node_sealed(s, next, link_to_set(s, b));
	bin->first = link_to_set(s, b);
}

/* Is there a block whose link on this side is `link`? Only who knows the secret could have written that. */
static inline bool bin_points_back(const struct space *s, const struct block *b, int side, link_word link)
{
	return space_has(s, b) && node_link(s, b, side) == link;
}

/* False: b is not in this bin, as its neighbours do not say so, and nothing has changed. */
static inline bool bin_remove(struct space *s, struct bin *bin, struct block *b)
{
	link_word after = node_link(s, b, LIST_NEXT), before = node_link(s, b, LIST_PREV), nowhere;
	link_word link = link_to_set(s, b);
	struct block *next = link_from_set(s, after), *prev = link_from_set(s, before);
	link_word *back, *on;

	if (!space_trusts_blocks(s) && (!(before ? bin_points_back(s, prev, LIST_NEXT, link) : bin->first == link) ||
	                                (after && !bin_points_back(s, next, LIST_PREV, link))))
		return node_damage(s, b);
	back = after ? &node_of(next)->side[LIST_PREV] : &nowhere;
	on = before ? &node_of(prev)->side[LIST_NEXT] : &bin->first;
	*back = node_sealed(s, next, before);
	*on = before ? node_sealed(s, prev, after) : after;
	return true;
}

/* Walks over a bin. Each block must point back at the one before, so none is met twice. */
struct bin_walk {
	link_word last, next;
};

static inline void bin_walk_begin(struct bin_walk *walk, const struct bin *bin)
{
	*walk = (struct bin_walk){0, bin->first};
}

/* One more block of those that go before `found`, if that is not NULL; NULL: there is none. */
static inline struct block *bin_walk_next(struct space *s, struct bin_walk *walk, const struct block *found)
{
	struct block *b = found ? NULL : link_from(s, walk->next);

	if (!b)
		return NULL;
	if (!space_trusts_blocks(s) && !(bin_points_back(s, b, LIST_PREV, walk->last) && block_is_free(s, b))) {
		node_damage(s, walk->last ? link_from_set(s, walk->last) : b);
		return NULL;
	}
	s->steps++;
	walk->last = walk->next;
	walk->next = node_link(s, b, LIST_NEXT);
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
