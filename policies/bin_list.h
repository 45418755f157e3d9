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
	return block_size(s, a) != block_size(s, b) ? block_size(s, a) < block_size(s, b)
	                                            : *large_stamp_of(a) > *large_stamp_of(b);
}

#include "policies/tree.h"

/* Of a listed block's node. */
enum { LIST_NEXT, LIST_PREV };

static inline void bin_insert(struct space *s, struct block **bin, struct block *b)
{
	struct node *links = node_of(b);

	*links = (struct node){.side = {[LIST_NEXT] = link_to(s, *bin)}};
	if (*bin)
		node_of(*bin)->side[LIST_PREV] = link_to(s, b);
	*bin = b;
}

static inline void bin_remove(struct space *s, struct block **bin, struct block *b)
{
	const struct node *links = node_of(b);
	struct block *next = link_from(s, links->side[LIST_NEXT]), *prev = link_from(s, links->side[LIST_PREV]);

	if (next)
		node_of(next)->side[LIST_PREV] = links->side[LIST_PREV];
	if (prev)
		node_of(prev)->side[LIST_NEXT] = links->side[LIST_NEXT];
	else
		*bin = next;
}

static inline struct block *bin_first(struct space *s, struct block *bin)
{
	(void)s;
	return bin;
}

static inline struct block *bin_after(struct space *s, struct block *bin, const struct block *b)
{
	(void)bin;
	space_look(s, b);
	return link_from(s, node_of(b)->side[LIST_NEXT]);
}

/* A large block is about to be filed: note when. */
static inline void large_stamp(struct space *s, struct block *b)
{
	*large_stamp_of(b) = ++s->stamps;
}

/* Among equals the block that came last goes first: nothing filed can be better than one in the hand that fits exactly. */
#define HAND_WINS_TIES true

/* Does the block that came last go before a filed one that suffices too? */
static inline bool hand_before(const struct space *s, const struct block *hand, const struct block *filed)
{
	return block_size(s, hand) <= block_size(s, filed);
}

#endif
