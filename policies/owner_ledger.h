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
		region->ledger = region_table(s, region, end, NULL, ledger_bytes);
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

/* A block's size is held against so many words of the ledger at most, so that the rest costs no memory. */
enum { LEDGER_LOOK = 64 };

/* Is there no other live block where this one, of so many granules, claims to lie? */
static inline bool ledger_is_clear(const struct osm_region *region, size_t place, size_t granules)
{
	const size_t *words = region->ledger;
	size_t first = place / WORD_BITS, last = (place + granules - 1) / WORD_BITS;
	size_t begin = bits_above(place % WORD_BITS); /* what is behind the block's own bit */
	size_t end = ~(size_t)0 >> (WORD_BITS - 1 - (place + granules - 1) % WORD_BITS);
	size_t others = words[first] & begin & (first == last ? end : ~(size_t)0);

	for (size_t i = first + 1; !others && i <= last && i - first < LEDGER_LOOK; i++)
		others = words[i] & (i == last ? end : ~(size_t)0);
	return !others;
}

/* Is the size that the live block b tells its own: does it end where a block starts, as `next`, which is live, and not
 * beyond another? `next` NULL: what is behind b is not live. */
static inline bool owner_agrees(const struct space *s, const struct osm_region *region, const struct block *b,
                                const struct block *next)
{
	return space_trusts_blocks(s) ||
	       ((!next || owner_has(s, region, block_payload(next))) &&
	        ledger_is_clear(region, ledger_place(s, region, block_payload(b)), block_bytes(s, b) >> s->granule_log2));
}

static inline size_t owner_metadata_bytes(const struct space *s)
{
	size_t bytes = 0;

	for (const struct osm_region *region = s->config->regions->first; region; region = region->next)
		bytes += region->ledger ? ledger_bytes(s, (size_t)(region->top - region->start)) : 0;
	return bytes;
}

#endif
