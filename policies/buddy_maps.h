/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The buddy system's maps: two bits a granule, outside the blocks, which say where blocks start, which are free, and
 * thereby of what order each is. Part of buddy.c, which explains them.
 *
 * Both maps are cut into stretches of as many granules as a word has bits, and a stretch's two words lie side by side,
 * so that a call finds all that it asks about small blocks in one place:
 *
 *     granule      0   1   2   3   4   5   6   7   8   9  ...
 *                | a     | b |///|///////////////|    c   ...       /// free
 *     starts       1   0   1   1   1   0   0   0   1   0  ...       a block starts here
 *     free         0   0   0   1   1   1   1   1   0   0  ...       it belongs to a free block
 *
 * Buddies never stay free together. So a free block's granules tell its order: where the whole of a block's buddy is
 * free, it is one block.
 *
 * A block as large as a stretch or larger has whole stretches for itself. Its first one has a single start, at bit 0,
 * and says in place of `free` of what rank it is, and in bit 0 again whether it is free; the others have no start.
 */
#ifndef OSMEM_POLICIES_BUDDY_MAPS_H
#define OSMEM_POLICIES_BUDDY_MAPS_H

#include "policies/bits.h"
#include "policies/reach.h"

#include <stdint.h>

/* A stretch as a whole has the rank STRETCH: higher blocks, and those of this rank, are large. */
enum { RANKS = WORD_BITS - 4, STRETCH = WORD_BITS == 64 ? 6 : 5 };

struct link {
	struct link *next, *prev;
};

#define GRANULE_MIN sizeof(struct link)
#define GRANULE_MAX ((size_t)4096)

struct stretch {
	size_t starts; /* also set at the end of the last block, if that lies within a stretch */
	size_t free;
};

/* The metadata of a region. */
struct maps {
	/* The region's start, rounded down to a whole stretch, so that stretches and blocks are aligned alike. */
	uintptr_t base;
	uintptr_t first; /* where blocks begin: rounded up */
	uintptr_t end;   /* where blocks end */
	_Alignas(2 * sizeof(size_t)) struct stretch stretches[];
};

struct buddy {
	const struct osm_policy_config *config;
	struct maps *easy;        /* maps of blocks that need no care: of the newest region, if the heap is trusted */
	uintptr_t easy_first;     /* where the easy blocks begin */
	size_t easy_bytes;        /* and how far they reach; 0: there are none */
	size_t granule;           /* in bytes */
	unsigned shift;           /* log2 of it */
	size_t nonempty;          /* bit r: a free block of rank r is there */
	struct link lists[RANKS]; /* rings through the free blocks of a rank, most recently freed first */
	uintptr_t freed;          /* the block that was listed last */
};

_Static_assert(sizeof(struct buddy) <= OSM_STATE_MAX, "buddy can serve the default heap");

/* A block's place in the maps: bit `bit` of a stretch. */
struct place {
	struct stretch *stretch;
	unsigned bit;
};

/* As many granules as a block of a rank has, from bit 0 on. Words of 32 bits need one entry less. */
static const size_t granules[] = {0x1, 0x3, 0xf, 0xff, 0xffff, 0xffffffff, SIZE_MAX};

/* Where the upper halves start when a stretch is halved down to its first granule: bits 1, 2, 4, 8 and so on. */
#define HALVES ((size_t)0x100010116)

static inline size_t bit_at(unsigned i)
{
	return (size_t)1 << i;
}

static inline size_t rank_bytes(const struct buddy *b, unsigned rank)
{
	return b->granule << rank;
}

/* The smallest rank of at least n bytes, n not 0. */
static inline unsigned rank_for(const struct buddy *b, size_t n)
{
	return bit_highest((n - 1) | (b->granule - 1)) + 1 - b->shift;
}

static struct osm_region *region_of(const struct buddy *b, const void *p)
{
	struct osm_region *region = b->config->regions->first;

	while (region && ((const char *)p < region->start || (const char *)p >= region->end))
		region = region->next;
	return region;
}

/* Is there a block in the newest region of a trusted heap? One comparison for both. */
static inline bool is_easy(const struct buddy *b, uintptr_t at)
{
	return at - b->easy_first < b->easy_bytes;
}

/* The maps of the block at `at`. */
static inline struct maps *maps_of(const struct buddy *b, uintptr_t at)
{
	return is_easy(b, at) ? b->easy : (struct maps *)region_of(b, (const void *)at)->index;
}

static inline struct place place_of(const struct buddy *b, struct maps *m, uintptr_t at)
{
	size_t i = (at - m->base) >> b->shift;

	return (struct place){&m->stretches[i / WORD_BITS], i % WORD_BITS};
}

static inline bool is_start(struct place at)
{
	return at.stretch->starts >> at.bit & 1;
}

static inline void mark_start(const struct buddy *b, struct maps *m, uintptr_t at)
{
	struct place place = place_of(b, m, at);

	place.stretch->starts |= bit_at(place.bit);
}

static inline bool is_free(struct place at)
{
	return at.stretch->free >> at.bit & 1;
}

/* What the first stretch of a large block says. */
static inline struct stretch large_block(unsigned rank, bool free)
{
	return (struct stretch){.starts = 1, .free = (size_t)rank << 1 | free};
}

/*
 * The rank of the block that starts there. No block starts inside it, and one starts where it ends, or its stretch ends
 * there. If that is a whole stretch away, the block is large.
 */
static inline unsigned rank_of(struct place at)
{
	size_t behind = at.stretch->starts >> at.bit >> 1 | bit_at(WORD_BITS - 1) >> at.bit;
	unsigned rank = bit_lowest(bit_lowest(behind) + 1);

	return rank < STRETCH ? rank : (unsigned)(at.stretch->free >> 1);
}

/* Does a block of this rank, wherever the buddy of another is, lie within the region? */
static inline bool is_within(const struct buddy *b, const struct maps *m, uintptr_t at, unsigned rank)
{
	return at >= m->first && at + rank_bytes(b, rank) <= m->end;
}

/* Is there a free block of exactly this rank? A block starts there, if the region reaches so far. */
static bool is_free_block(const struct buddy *b, struct maps *m, uintptr_t at, unsigned rank)
{
	return is_within(b, m, at, rank) && is_free(place_of(b, m, at)) && rank_of(place_of(b, m, at)) == rank;
}

/* The same for the rank of a large block. */
static inline bool is_free_large(const struct buddy *b, struct maps *m, uintptr_t at, unsigned rank)
{
	const struct stretch *s;

	if (!is_within(b, m, at, rank))
		return false;
	s = place_of(b, m, at).stretch;
	return s->starts == 1 && s->free == large_block(rank, true).free;
}

/* Metadata for a region, enough for its limit; if that is not to be had, for less, and the limit comes down. */
static struct maps *maps_create(const struct buddy *b, struct osm_region *region, char *end)
{
	size_t stretch_bytes = rank_bytes(b, STRETCH);
	uintptr_t base = (uintptr_t)region->start & ~(stretch_bytes - 1);

	region_bring_down_limit(b->config, region, end, REACH_FIRST);
	for (;;) {
		size_t count = ((uintptr_t)region->limit - base) / stretch_bytes + 1;
		struct maps *m = b->config->metadata->take(b->config->metadata, sizeof *m + count * sizeof(struct stretch));

		if (m) {
			m->base = base;
			m->first = m->end = ((uintptr_t)region->start + b->granule - 1) & ~(b->granule - 1);
			return m;
		}
		if (region->limit == end)
			return NULL;
		region->limit = end + (region->limit - end) / 2;
	}
}

#endif
