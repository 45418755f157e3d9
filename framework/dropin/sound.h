/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is a slab's free list what its counts say? Blocks of a slab have no headers, so a double free is not noticed when it
 * happens. It leaves a list that does not end, and a write to a free block one that leads elsewhere. Both are seen if
 * they are among the blocks that were freed last when the list is given out, or on a list that another thread sent.
 */
#ifndef OSMEM_DROPIN_SOUND_H
#define OSMEM_DROPIN_SOUND_H

#include <osmem/policy.h>

#include "framework/dropin/slab.h"

/* Blocks at the head of a list that are looked at: all of it costs up to a fifth of the time, in misses of the cache. */
enum { LIST_LOOKS = 4 };

/* Is p a place where a link can be in this slab? */
static inline bool link_is_inside(const struct slab *slab, const struct link *p)
{
	size_t offset = (size_t)((const char *)p - slab_memory(slab));

	return offset < SLAB_BYTES && offset % 16 == 0;
}

/* The last block of a list that has exactly so many; NULL: it has not. Cost: O(count), whatever it is. */
static inline struct link *list_last(const struct slab *slab, struct link *first, uint32_t count)
{
	struct link *last = NULL, *p = first;

	for (; count > 0 && link_is_inside(slab, p); count--) {
		last = p;
		p = link_next(p);
	}
	return count == 0 && !p ? last : NULL;
}

/* Can a list of so many blocks begin so? Looks at the first few. */
static inline bool list_begins_well(const struct slab *slab, struct link *first, uint32_t count)
{
	const struct link *seen[LIST_LOOKS], *p = first;

	for (uint32_t i = 0; i < LIST_LOOKS && i < count; i++, p = link_next(p)) {
		if (!link_is_inside(slab, p))
			return false;
		for (uint32_t k = 0; k < i; k++)
			if (seen[k] == p)
				return false;
		seen[i] = p;
	}
	return count > LIST_LOOKS || !p;
}

/* Tell what is wrong with a list that is not sound, in O(count^2). It must never be given out: if the program goes on, its
 * blocks count as out. */
void list_report(const struct slab *slab, struct link *first, uint32_t count);

#endif
