/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The buddy system's maps: two bits a granule, outside the blocks, which say where blocks start, which are free, and
 * thereby of what order each is. Part of buddy.c, which explains them.
 */
#ifndef OSMEM_POLICIES_BUDDY_MAPS_H
#define OSMEM_POLICIES_BUDDY_MAPS_H

#include "policies/bits.h"
#include "policies/reach.h"

#include <stdint.h>

enum { ORDERS = WORD_BITS };

struct link {
	struct link *next, *prev;
};

#define GRANULE_MIN sizeof(struct link)
#define GRANULE_MAX ((size_t)4096)

struct buddy {
	const struct osm_policy_config *config;
	unsigned order_min;             /* log2 of the granule */
	size_t nonempty;                /* bit k: heads[k] is not NULL */
	struct link *heads[ORDERS - 3]; /* free blocks, most recently freed first */
	uintptr_t freed;                /* the block that the last free left */
};

_Static_assert(sizeof(struct buddy) <= OSM_STATE_MAX, "buddy can serve the default heap");

/* The metadata of a region; bit i stands for the granule at base + i granules. */
struct maps {
	/* The region's start, rounded down to a word's granules, so that words and blocks are aligned alike. */
	uintptr_t base;
	uintptr_t first; /* where blocks begin: rounded up */
	uintptr_t end;   /* where blocks end */
	size_t *starts;  /* a block starts here; also set at `end` */
	size_t *free;    /* the block that starts here is free */
};

static inline size_t bit_of(const struct buddy *b, const struct maps *m, uintptr_t at)
{
	return (at - m->base) >> b->order_min;
}

static inline size_t order_bytes(unsigned order)
{
	return (size_t)1 << order;
}

static unsigned order_for(const struct buddy *b, size_t n)
{
	unsigned order = n <= 1 ? 0 : bit_highest(n - 1) + 1;

	return order < b->order_min ? b->order_min : order;
}

static struct osm_region *region_of(const struct buddy *b, const void *p)
{
	struct osm_region *region = b->config->regions->first;

	while (region && ((const char *)p < region->start || (const char *)p >= region->end))
		region = region->next;
	return region;
}

static bool is_free(const struct buddy *b, const struct maps *m, uintptr_t at)
{
	return bit_get(m->free, bit_of(b, m, at));
}

/*
 * The order of the block that starts at `at`. No block starts inside it, and one starts where it ends, or the region ends
 * there, which is marked alike. A block of less than a word's granules lies within one word of `starts`; a larger one
 * begins with a word, and only powers of two need a look.
 */
static unsigned order_of(const struct buddy *b, const struct maps *m, uintptr_t at)
{
	size_t i = bit_of(b, m, at), within = i % WORD_BITS;
	size_t behind = m->starts[i / WORD_BITS] >> within >> 1;
	unsigned order = bit_lowest(WORD_BITS);

	if (behind)
		return b->order_min + bit_lowest(bit_lowest(behind) + 1);
	if (within)
		return b->order_min + bit_lowest(WORD_BITS - within);
	while (!bit_get(m->starts, i + order_bytes(order)))
		order++;
	return b->order_min + order;
}

/* Is there a free block of exactly this order? */
static bool is_free_block(const struct buddy *b, const struct maps *m, uintptr_t at, unsigned order)
{
	return at >= m->first && at + order_bytes(order) <= m->end && is_free(b, m, at) && order_of(b, m, at) == order;
}

/* Metadata for a region, enough for its limit; if that is not to be had, for less, and the limit comes down. */
static struct maps *maps_create(const struct buddy *b, struct osm_region *region, char *end)
{
	uintptr_t granule = order_bytes(b->order_min);
	uintptr_t base = (uintptr_t)region->start & ~(granule * WORD_BITS - 1);

	region_bring_down_limit(b->config, region, end);
	for (;;) {
		size_t bits = (((uintptr_t)region->limit - base) >> b->order_min) + 1;
		size_t words = (bits + WORD_BITS - 1) / WORD_BITS;
		struct maps *m = b->config->metadata->take(b->config->metadata, sizeof *m + 2 * words * sizeof(size_t));

		if (m) {
			m->base = base;
			m->first = m->end = ((uintptr_t)region->start + granule - 1) & ~(granule - 1);
			m->starts = (size_t *)(m + 1);
			m->free = m->starts + words;
			return m;
		}
		if (region->limit == end)
			return NULL;
		region->limit = end + (region->limit - end) / 2;
	}
}

#endif
