/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an index keeps in a free block: two links, at the start of its payload.
 *
 * A program may write there still, after it freed the block or beyond the end of the one before. So a link is kept as
 * its exclusive or with a mask, which hangs on the block's place and on a secret of the heap: whatever a program writes
 * there, zero as well, or the contents of another free block, leads nowhere. And none is followed before it is clear
 * that a free block can be there. Where one leads astray the damage is told, and it counts as no link.
 *
 * The mask is the idea of "safe-linking": Itkin 2020, Check Point Research; glibc has it since 2.32.
 */
#ifndef OSMEM_POLICIES_NODE_H
#define OSMEM_POLICIES_NODE_H

#include "policies/space.h"

static inline struct node *node_of(const struct block *b)
{
	return (struct node *)(void *)block_payload(b);
}

static inline link_word node_mask(const struct space *s, const struct block *b)
{
	return (link_word)(s->secret ^ (uintptr_t)b);
}

static inline link_word node_link(const struct space *s, const struct block *b, int side)
{
	return node_of(b)->side[side] ^ node_mask(s, b);
}

static inline void node_set_link(const struct space *s, struct block *b, int side, link_word link)
{
	node_of(b)->side[side] = link ^ node_mask(s, b);
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
