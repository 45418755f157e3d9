/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bins as trees: blocks of one size by address, larger ones by size and then address. Ties go to the lowest address.
 */
#ifndef OSMEM_POLICIES_BIN_TREE_H
#define OSMEM_POLICIES_BIN_TREE_H

#include "policies/space.h"

static inline bool block_before(const struct space *s, const struct block *a, const struct block *b)
{
	return block_size(s, a) != block_size(s, b) ? block_size(s, a) < block_size(s, b) : a < b;
}

#include "policies/tree.h"

static inline void bin_insert(struct space *s, struct block **bin, struct block *b)
{
	tree_insert(s, bin, b, true);
}

static inline void bin_remove(struct space *s, struct block **bin, struct block *b)
{
	tree_remove(s, bin, b, true);
}

static inline struct block *bin_first(struct space *s, struct block *bin)
{
	return tree_first(s, bin);
}

static inline struct block *bin_after(struct space *s, struct block *bin, const struct block *b)
{
	return tree_after(s, bin, b);
}

/* A large block is about to be filed. */
static inline void large_stamp(struct space *s, struct block *b)
{
	(void)s;
	(void)b;
}

#define HAND_WINS_TIES false

/* Does the block that came last go before a filed one that suffices too? */
static inline bool hand_before(const struct space *s, const struct block *hand, const struct block *filed)
{
	return block_before(s, hand, filed);
}

#endif
