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
typedef uint32_t link_word;

#define LINK_REACH ((uintptr_t)1 << 32)

static inline link_word link_to_set(const struct space *s, const struct block *b)
{
	return (link_word)(((uintptr_t)b - s->origin) >> 1);
}

static inline struct block *link_from_set(const struct space *s, link_word link)
{
	return (struct block *)(s->origin + ((uintptr_t)link << 1));
}

/* Where the block lies, in granules from the origin. */
static inline size_t link_granules(const struct space *s, link_word link)
{
	return (size_t)link >> (s->granule_log2 - 1);
}
#else
typedef uintptr_t link_word;

static inline link_word link_to_set(const struct space *s, const struct block *b)
{
	(void)s;
	return (link_word)b;
}

static inline struct block *link_from_set(const struct space *s, link_word link)
{
	(void)s;
	return (struct block *)link;
}

/* Where the block lies, in granules. */
static inline size_t link_granules(const struct space *s, link_word link)
{
	return link >> s->granule_log2;
}
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

/* What an index keeps in a free block: what is below it in a tree, or its neighbours in a list. */
struct node {
	link_word side[2];
};

#endif
