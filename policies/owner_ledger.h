/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose is a pointer? A ledger, out of band: one bit a granule, set where the payload of a live block starts. O(1), and
 * exact whatever a program keeps in its payloads.
 *
 * Memory: 1/128 of the span with a granule of 16. A caller that passes only live pointers (config->trusted) has no ledger.
 */
#ifndef OSMEM_POLICIES_OWNER_LEDGER_H
#define OSMEM_POLICIES_OWNER_LEDGER_H

#include "policies/space.h"

static inline size_t ledger_place(const struct space *s, const struct osm_region *region, const void *payload)
{
	return (size_t)((const char *)payload - block_payload(region_first(s, region))) >> s->granule_log2;
}

static size_t ledger_bytes(const struct space *s, size_t span)
{
	return ((span >> s->granule_log2) / WORD_BITS + 1) * sizeof(size_t);
}

static inline bool owner_extend(const struct space *s, struct osm_region *region, char *end)
{
	if (!region->ledger && !s->trusted)
		region->ledger = region_table(s, region, end, ledger_bytes);
	return region->ledger || s->trusted;
}

static inline void owner_enter(const struct space *s, const struct block *b)
{
	const struct osm_region *region;

	if (s->trusted)
		return;
	region = region_of(s, b);
	bit_set(region->ledger, ledger_place(s, region, block_payload(b)));
}

static inline void owner_leave(const struct space *s, const struct block *b)
{
	const struct osm_region *region;

	if (s->trusted)
		return;
	region = region_of(s, b);
	bit_clear(region->ledger, ledger_place(s, region, block_payload(b)));
}

/* Is there a live block whose payload is p? p lies in the region. */
static inline bool owner_has(const struct space *s, const struct osm_region *region, const void *p)
{
	return region->ledger && bit_get(region->ledger, ledger_place(s, region, p));
}

/* Does b, which its header calls live, start a live block? */
static inline bool owner_agrees(const struct space *s, const struct osm_region *region, const struct block *b)
{
	return space_trusts_blocks(s) || owner_has(s, region, block_payload(b));
}

static inline size_t owner_metadata_bytes(const struct space *s)
{
	size_t bytes = 0;

	for (const struct osm_region *region = s->config->regions->first; region; region = region->next)
		bytes += region->ledger ? ledger_bytes(s, (size_t)(region->top - region->start)) : 0;
	return bytes;
}

#endif
