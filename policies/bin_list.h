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
static inline bool block_before(const struct block *a, const struct block *b)
{
	return block_size(a) != block_size(b) ? block_size(a) < block_size(b) : *large_stamp_of(a) > *large_stamp_of(b);
}

#include "policies/tree.h"

struct listed {
	struct block *next, *prev;
};

static inline struct listed *listed_of(const struct block *b)
{
	return (struct listed *)(void *)block_payload(b);
}

static inline void bin_insert(struct space *s, struct block **bin, struct block *b)
{
	(void)s;
	*listed_of(b) = (struct listed){.next = *bin};
	if (*bin)
		listed_of(*bin)->prev = b;
	*bin = b;
}

static inline void bin_remove(struct space *s, struct block **bin, struct block *b)
{
	const struct listed *links = listed_of(b);

	(void)s;
	if (links->next)
		listed_of(links->next)->prev = links->prev;
	if (links->prev)
		listed_of(links->prev)->next = links->next;
	else
		*bin = links->next;
}

static inline struct block *bin_first(struct space *s, struct block *bin)
{
	(void)s;
	return bin;
}

static inline struct block *bin_after(struct space *s, struct block *bin, const struct block *b)
{
	(void)bin;
	s->steps++;
	return listed_of(b)->next;
}

/* A large block is about to be filed: note when. */
static inline void large_stamp(struct space *s, struct block *b)
{
	*large_stamp_of(b) = ++s->stamps;
}

/* Among equals the block that came last goes first: nothing filed can be better than one in the hand that fits exactly. */
#define HAND_WINS_TIES true

/* Does the block that came last go before a filed one that suffices too? */
static inline bool hand_before(const struct block *hand, const struct block *filed)
{
	return block_size(hand) <= block_size(filed);
}

#endif
