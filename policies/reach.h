/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How far a region is prepared for. A table that covers all that a region may become costs address space even where it
 * is never touched, and a region rarely becomes what its backend allows. Beyond the limit set here a heap takes a fresh
 * region, with a limit that follows the heap's size.
 */
#ifndef OSMEM_POLICIES_REACH_H
#define OSMEM_POLICIES_REACH_H

#include <osmem/policy.h>
#include <stdint.h>

#define REACH_FIRST ((size_t)1 << 30)
#define REACH_LATER ((size_t)1 << 20)
#define REACH_TIMES 16

/* Bring the limit of a new region, which is to end at `end` at once, down to what is worth a table; a heap's first
 * region to `first` more bytes. */
static inline void region_bring_down_limit(const struct osm_policy_config *config, struct osm_region *region,
                                           const char *end, size_t first)
{
	size_t at_once = (size_t)(end - region->start), bytes = 0, span;

	for (const struct osm_region *other = config->regions->first; other; other = other->next)
		bytes += (size_t)(other->end - other->start);
	span = at_once + REACH_TIMES * bytes + (bytes == 0 ? first : REACH_LATER);
	if (bytes <= SIZE_MAX / (4 * REACH_TIMES) && at_once <= SIZE_MAX / 4 &&
	    span < (size_t)(region->limit - region->start))
		region->limit = region->start + span;
}

#endif
