/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an index keeps in a free block: two links, at the start of its payload.
 *
 * A program may write there still, after it freed the block or beyond the end of the one before. So a link is sealed: a
 * mask is added, which hangs on the block's place and on a secret of the heap, and the sum is multiplied, so that each
 * bit decides on all above it. Whatever a program writes there, zero as well, a single bit, or the contents of another
 * free block, leads far away. And no link is followed before it is clear that a block can be there. Where one leads
 * astray the damage is told, and it counts as no link. Where a heap is trusted links are kept as they are.
 *
 * After "safe-linking" (Itkin 2020, Check Point Research; glibc since 2.32), which has exclusive or and no secret.
 */
#ifndef OSMEM_POLICIES_NODE_H
#define OSMEM_POLICIES_NODE_H

#include "policies/space.h"

static inline struct node *node_of(const struct block *b)
{
	return (struct node *)(void *)block_payload(b);
}

/* Odd, and its inverse; a shorter link_word takes the low bits of both. */
#define NODE_SEAL ((link_word)0x9E3779B97F4A7C15U)
#define NODE_OPEN ((link_word)0xF1DE83E19937733DU)

static inline link_word node_mask(const struct space *s, const struct block *b)
{
	return (link_word)(s->secret ^ (uintptr_t)b);
}

/* A link as it is kept in the node of b. */
static inline link_word node_sealed(const struct space *s, const struct block *b, link_word link)
{
	return space_trusts_blocks(s) ? link : (link_word)((link + node_mask(s, b)) * NODE_SEAL);
}

static inline link_word node_link(const struct space *s, const struct block *b, int side)
{
	link_word kept = node_of(b)->side[side];

	return space_trusts_blocks(s) ? kept : (link_word)(kept * NODE_OPEN - node_mask(s, b));
}

static inline void node_set_link(const struct space *s, struct block *b, int side, link_word link)
{
	node_of(b)->side[side] = node_sealed(s, b, link);
}

static inline void node_set_links(const struct space *s, struct block *b, link_word first, link_word second)
{
	node_set_link(s, b, 0, first);
	node_set_link(s, b, 1, second);
}

/* Could a free block be there? Any pointer value; reads only what is memory of the heap. */
static inline bool node_can_be(const struct space *s, const struct block *b)
{
	return space_has(s, b) && block_is_free(s, b);
}

/* The node of b is not what the index wrote: tell, and answer "no". */
static inline bool node_damage(const struct space *s, const struct block *b)
{
	return space_damage(s, b, "a free block was written to");
}

#endif
