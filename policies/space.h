/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The space that blocks tile: where they may begin and end in a region, where a request would lie in a free block, and
 * the step from block to block. Below it stands a layout (where a block's size and state are kept; OSM_LAYOUT names it).
 */
#ifndef OSMEM_POLICIES_SPACE_H
#define OSMEM_POLICIES_SPACE_H

#include "policies/bits.h"
#include "policies/define.h"
#include "policies/reach.h"

#include <stdint.h>

/* At level 0 of hardening links in free blocks are kept as they are, and followed unchecked. */
#ifndef OSM_HARDENING
#define OSM_HARDENING 1
#endif

struct block;

struct space {
	const struct osm_policy_config *config;
	bool trusted; /* as config has it */
	size_t granule;
	unsigned granule_log2;
	size_t least;         /* bytes of the smallest block, its header included */
	size_t stamps;        /* given to large free blocks so far */
	size_t steps;         /* blocks and nodes that were looked at to find places: what searching costs */
	uintptr_t origin;     /* what near links count from; 0 before there is a region */
	uintptr_t secret;     /* what seals the links in free blocks: node.h */
	uintptr_t near_first; /* where blocks of the newest region begin */
	size_t near_bytes;    /* and how far off the last could begin, and one more */
	void *here;           /* the layout's own: its tables of the newest region */
};

/* The bytes of a live block and of its neighbours, headers included; 0: that one is not free, or there is none. */
struct around {
	size_t before, self, behind;
};

/* The bytes of what they become. */
static inline size_t around_merged(const struct around *around)
{
	return around->before + around->self + around->behind;
}

/* Called with each block that a search looks at, NULL for a node of an index that is no block; a program that shows
 * searches defines it before it includes a policy. */
#ifndef OSM_LOOKED_AT
#define OSM_LOOKED_AT(b) ((void)(b))
#endif

/* A search looks at a block, or at another node of an index (NULL). */
static inline void space_look(struct space *s, const struct block *b)
{
	s->steps++;
	OSM_LOOKED_AT(b);
}

#define OSM_LAYOUT_FILE_(layout) OSM_QUOTE(layout_##layout.h)
#define OSM_LAYOUT_FILE(layout) OSM_LAYOUT_FILE_(layout)
#include OSM_LAYOUT_FILE(OSM_LAYOUT)

/* What a free block must hold. */
struct request {
	size_t bytes; /* of the block to be, header included and rounded */
	size_t align; /* of its payload; at least the granule */
};

static inline size_t round_up(size_t n, size_t unit)
{
	return (n + unit - 1) & ~(unit - 1);
}

static inline size_t round_down(size_t n, size_t unit)
{
	return n & ~(unit - 1);
}

/* The bytes of a block for a payload of n. */
static inline size_t block_bytes_for(const struct space *s, size_t n)
{
	size_t bytes = round_up(n + BLOCK_HEADER, s->granule);

	return bytes < s->least ? s->least : bytes;
}

/* The bytes of the payload of b. */
static inline size_t block_size(const struct space *s, const struct block *b)
{
	return block_bytes(s, b) - BLOCK_HEADER;
}

static inline char *block_payload(const struct block *b)
{
	return (char *)b + BLOCK_HEADER;
}

static inline struct block *block_of(const void *payload)
{
	return (struct block *)(void *)((char *)payload - BLOCK_HEADER);
}

/* The free blocks next to a block, if there are. */
static inline struct block *around_prev(const struct block *b, const struct around *around)
{
	return (struct block *)(void *)((char *)b - around->before);
}

static inline struct block *around_next(const struct block *b, const struct around *around)
{
	return (struct block *)(void *)((char *)b + around->self);
}

static inline char *block_end(const struct space *s, const struct block *b)
{
	return (char *)b + block_bytes(s, b);
}

/* Where the first header of a region stands. */
static inline struct block *region_first(const struct space *s, const struct osm_region *region)
{
	size_t payload = round_up((size_t)(uintptr_t)region->start + BLOCK_HEADER, s->granule);

	return (struct block *)(void *)(region->start + (payload - BLOCK_HEADER - (size_t)(uintptr_t)region->start));
}

/* Where the last block of a region could end that reaches to `end`. */
static inline char *region_floor(const struct space *s, char *end)
{
	size_t payload = round_down((size_t)(uintptr_t)end + BLOCK_HEADER - REGION_MARK, s->granule);

	return end - ((size_t)(uintptr_t)end + BLOCK_HEADER - payload);
}

static inline struct osm_region *region_of(const struct space *s, const void *p)
{
	struct osm_region *region = s->config->regions->first;

	while (region && ((const char *)p < region->start || (const char *)p >= region->end))
		region = region->next;
	return region;
}

/* Another number for each heap, where heaps lie at random addresses: a hash of its state's. */
static inline uintptr_t space_secret(const void *state)
{
	uintptr_t hash = (uintptr_t)state * (uintptr_t)0x9E3779B97F4A7C15U;

	return (hash ^ hash >> WORD_BITS / 2) * (uintptr_t)0xD6E8FEB86659FD93U;
}

static APART bool space_has_elsewhere(const struct space *s, uintptr_t at)
{
	const struct osm_region *region = region_of(s, (const void *)at);

	return region && ((at + BLOCK_HEADER) & (s->granule - 1)) == 0 && (uintptr_t)region->end - at >= s->least;
}

/* Are links in free blocks, and what a live block's neighbour is, taken for true? */
static inline bool space_trusts_blocks(const struct space *s)
{
	return OSM_HARDENING == 0 || s->trusted;
}

/* Could b be a block: may one begin there, and does the least that has room lie in the same region? Any pointer value;
 * reads nothing there. */
static inline bool space_has(const struct space *s, const struct block *b)
{
	uintptr_t distance = (uintptr_t)b - s->near_first;

	return distance < s->near_bytes ? (distance & (s->granule - 1)) == 0 : space_has_elsewhere(s, (uintptr_t)b);
}

/* The end of the newest region moved. */
static inline void space_note_end(struct space *s, const struct osm_region *region)
{
	uintptr_t first = (uintptr_t)region_first(s, region), end = (uintptr_t)region->end;

	s->near_first = first;
	s->near_bytes = end > first + s->least ? end - first - s->least + 1 : 0;
}

/* Bytes to leave out before an aligned payload: none, or room for a block. */
static inline size_t payload_gap(const struct space *s, const char *payload, size_t align)
{
	size_t gap = round_up((size_t)(uintptr_t)payload, align) - (size_t)(uintptr_t)payload;

	while (gap && gap < s->least)
		gap += align;
	return gap;
}

/* Where in the free block b of so many bytes the payload would lie: as low as its alignment allows; NULL: nowhere. */
static inline char *block_place_in(const struct space *s, const struct block *b, size_t bytes,
                                   const struct request *want)
{
	char *payload = block_payload(b);
	size_t gap = want->align > s->granule ? payload_gap(s, payload, want->align) : 0;

	return gap <= bytes && want->bytes <= bytes - gap ? payload + gap : NULL;
}

static inline char *block_place(const struct space *s, const struct block *b, const struct request *want)
{
	return block_place_in(s, b, block_bytes(s, b), want);
}

static inline void *region_take(const struct space *s, const struct osm_region *region,
                                size_t (*bytes_for)(const struct space *s, size_t span))
{
	return s->config->metadata->take(s->config->metadata, bytes_for(s, (size_t)(region->limit - region->start)));
}

/* Memory for a table that covers all that a region may become, of bytes_for(span) bytes; if that is not to be had, for
 * less, and the region's limit comes down. NULL: not even for what ends at `end`; or there is a table already, which has
 * room up to `had`: it stays. Where the region could not be taken over before, it may be less than what is to be had now. */
static inline void *region_table(const struct space *s, struct osm_region *region, char *end, char *had,
                                 size_t (*bytes_for)(const struct space *s, size_t span))
{
	void *table = NULL;

	if (!region->top)
		region_bring_down_limit(s->config, region, end, LAYOUT_REACH);
	if (!region->top && (!had || had < region->limit))
		table = region_take(s, region, bytes_for);
	if (!table && had && had < region->limit)
		region->limit = had;
	while (!table && !had && region->limit != end) {
		region->limit = end + (region->limit - end) / 2;
		table = region_take(s, region, bytes_for);
	}
	return table;
}

/* Tell of a broken invariant, if it is the first. */
static inline bool osm_bug(struct osm_fault *fault, const void *where, const char *detail)
{
	if (fault->kind == OSM_FAULT_NONE)
		*fault = (struct osm_fault){OSM_FAULT_INTERNAL, where, detail};
	return false;
}

/* Tell of a block that was overwritten, if nothing was told yet. */
static inline bool space_damage(const struct space *s, const struct block *b, const char *detail)
{
	if (s->config->fault->kind == OSM_FAULT_NONE)
		*s->config->fault = (struct osm_fault){OSM_FAULT_DAMAGED, block_payload(b), detail};
	return false;
}

/* The block behind `prev` in a walk through `region`, its first for NULL; NULL at the region's end, or where damage was
 * met, which is then told in *fault. */
static inline struct block *block_step(const struct space *s, const struct osm_region *region, const struct block *prev,
                                       struct osm_fault *fault)
{
	struct block *b = prev ? (struct block *)(void *)block_end(s, prev) : region_first(s, region);

	if ((char *)b >= region->top)
		return NULL;
	if (!block_is_sound(s, b, region->top) || !block_agrees(s, prev, b)) {
		*fault = (struct osm_fault){OSM_FAULT_DAMAGED, block_payload(b), "its header was overwritten"};
		return NULL;
	}
	return b;
}

/* A walk over the blocks of all regions, in address order: `struct walk walk = {space, fault};`. */
struct walk {
	const struct space *space;
	struct osm_fault *fault; /* told of damage, which ends the walk */
	const struct osm_region *region;
	struct block *at;
};

/* The next block, or NULL. */
static inline struct block *walk_next(struct walk *walk)
{
	if (!walk->region)
		walk->region = walk->space->config->regions->first;
	while (walk->region) {
		walk->at = block_step(walk->space, walk->region, walk->at, walk->fault);
		if (walk->at || walk->fault->kind != OSM_FAULT_NONE)
			return walk->at;
		walk->region = walk->region->next;
	}
	return NULL;
}

#endif
