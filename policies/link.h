/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Links from free block to free block, in two words at the start of the payload, and what may hang on them.
 *
 * A link is an address; where LINK_NEAR is defined it is half as wide, and counts in units of 2 bytes from an origin
 * that lies LINK_REACH below the heap's first block. So all blocks of such a heap must lie within LINK_REACH of its
 * first. The lowest two bits of a link are left to its user: blocks are aligned to more than that.
 */
#ifndef OSMEM_POLICIES_LINK_H
#define OSMEM_POLICIES_LINK_H

#ifdef LINK_NEAR
#include "policies/link_near.h"
#else
#include "policies/link_pointer.h"
#endif

/* The same for what may be NULL, whose link is 0. */
static inline link_word link_to(const struct space *s, const struct block *b)
{
	return b ? link_to_set(s, b) : 0;
}

static inline struct block *link_from(const struct space *s, link_word link)
{
	return link ? link_from_set(s, link) : NULL;
}

/* What an index keeps in a free block: what is below it in a tree, or its neighbours in a list. Masked: see node_mask(). */
struct node {
	link_word side[2];
};

#endif
