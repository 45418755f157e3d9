/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Links that are addresses. Part of link.h.
 */
#ifndef OSMEM_POLICIES_LINK_POINTER_H
#define OSMEM_POLICIES_LINK_POINTER_H

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
