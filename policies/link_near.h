/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Links of half a word, in units of 2 bytes from the heap's origin. Part of link.h.
 */
#ifndef OSMEM_POLICIES_LINK_NEAR_H
#define OSMEM_POLICIES_LINK_NEAR_H

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

#endif
