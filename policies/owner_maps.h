/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose is a pointer? A layout that keeps its blocks' starts and states out of band knows it by them: O(1), no more
 * memory, and exact whatever a program keeps in its payloads.
 */
#ifndef OSMEM_POLICIES_OWNER_MAPS_H
#define OSMEM_POLICIES_OWNER_MAPS_H

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
	const struct maps *m = region->ledger;
	size_t i = map_position(s, m, p);

	return map_starts(m, i) && !map_is_free(m, i);
}

/* Is the size that the live block b tells its own? The maps have said so. */
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
