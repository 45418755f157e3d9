/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose is a pointer? The textbook's answer: walk the region and see whether a live block starts there. O(blocks), no
 * memory, and exact whatever a program keeps in its payloads.
 */
#ifndef OSMEM_POLICIES_OWNER_WALK_H
#define OSMEM_POLICIES_OWNER_WALK_H

#include "policies/space.h"

static inline bool owner_extend(const struct space *s, struct osm_region *region, char *end)
{
	(void)s;
	(void)region;
	(void)end;
	return true;
}

static inline void owner_enter(const struct space *s, const struct block *b)
{
	(void)s;
	(void)b;
}

static inline void owner_leave(const struct space *s, const struct block *b)
{
	(void)s;
	(void)b;
}

/* Is there a live block whose payload is p? p lies in the region. */
static inline bool owner_has(const struct space *s, const struct osm_region *region, const void *p)
{
	struct osm_fault fault;

	for (const struct block *b = block_step(s, region, NULL, &fault); b && block_payload(b) <= (const char *)p;
	     b = block_step(s, region, b, &fault))
		if (block_payload(b) == p)
			return !block_is_free(s, b);
	return false;
}

/* Is the size that the live block b tells its own? To ask would be a walk. */
static inline bool owner_agrees(const struct space *s, const struct osm_region *region, const struct block *b,
                                const struct block *next)
{
	(void)s;
	(void)region;
	(void)b;
	(void)next;
	return true;
}

static inline size_t owner_metadata_bytes(const struct space *s)
{
	(void)s;
	return 0;
}

#endif
