/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine that first, next and best fit share: placing, splitting, merging, resizing, aligning, growing.
 *
 * Two headers stand below it: a layout (where a block's size and state are kept; OSM_LAYOUT names it) and a free index
 * (which answers questions about free blocks). A policy is one question to the index:
 *
 *     static struct block *worst_fit(struct engine *e, const struct request *want) { ... }
 *     ENGINE_ALLOC(worst_fit)
 *     OSM_DEFINE_POLICY(worst_fit) = { .name = ..., .alloc = engine_alloc_worst_fit, ENGINE_SLOTS };
 *
 * Invariants: blocks tile a region from region_first() to region_top(); behind its top is less than a block's room, and
 * none if the last block is free and may grow; no two neighbours are both free; every free block is in the index; `last`
 * is the last block of the growable region; the rover is where a block starts, or where the last one ends.
 */
#ifndef OSMEM_POLICIES_ENGINE_H
#define OSMEM_POLICIES_ENGINE_H

#include "policies/define.h"

#include <stdint.h>

#define OSM_LAYOUT_FILE_(layout) OSM_QUOTE(policies/layout_##layout.h)
#define OSM_LAYOUT_FILE(layout) OSM_LAYOUT_FILE_(layout)
#include OSM_LAYOUT_FILE(OSM_LAYOUT)

#define LAYOUT_GRANULE_MAX ((size_t)4096)

struct engine {
	const struct osm_policy_config *config;
	size_t granule;
	size_t smallest;    /* the least payload */
	struct block *last; /* last block of the growable region */
	char *rover;        /* where the block last allocated ended, or where it was merged to */
};

_Static_assert(sizeof(struct engine) <= OSM_STATE_MAX, "the engine can serve the default heap");

/* What a free block must hold. */
struct request {
	size_t size;  /* payload, rounded as the layout does */
	size_t align; /* at least the granule */
};

static inline size_t round_up(size_t n, size_t unit)
{
	return (n + unit - 1) & ~(unit - 1);
}

static inline size_t round_down(size_t n, size_t unit)
{
	return n & ~(unit - 1);
}

/* A payload such that the payload behind the next header is aligned to the granule again. */
static inline size_t payload_round(size_t n, size_t granule)
{
	size_t least = n < BLOCK_PAYLOAD_MIN ? BLOCK_PAYLOAD_MIN : n;

	return round_up(least + BLOCK_HEADER, granule) - BLOCK_HEADER;
}

static inline char *block_payload(const struct block *b)
{
	return (char *)b + BLOCK_HEADER;
}

static inline struct block *block_of(const void *payload)
{
	return (struct block *)(void *)((char *)payload - BLOCK_HEADER);
}

static inline char *block_end(const struct block *b)
{
	return block_payload(b) + block_size(b);
}

/* Where the first header of a region stands. */
static inline struct block *region_first(const struct engine *e, const struct osm_region *region)
{
	size_t payload = round_up((size_t)(uintptr_t)region->start + BLOCK_HEADER, e->granule);

	return (struct block *)(void *)(region->start + (payload - BLOCK_HEADER - (size_t)(uintptr_t)region->start));
}

/* Where the last block of a region could end that reaches to `end`. */
static inline char *region_floor(const struct engine *e, char *end)
{
	size_t payload = round_down((size_t)(uintptr_t)end + BLOCK_HEADER - REGION_MARK, e->granule);

	return end + (payload - BLOCK_HEADER - (size_t)(uintptr_t)end);
}

/* Where the last block of a region does end. */
static inline char *region_top(const struct osm_region *region)
{
	return region->index;
}

static inline struct osm_region *region_of(const struct engine *e, const void *p)
{
	struct osm_region *region = e->config->regions->first;

	while (region && ((const char *)p < region->start || (const char *)p >= region->end))
		region = region->next;
	return region;
}

/* Report damage, and answer "no". */
static inline bool engine_damage(const struct engine *e, const struct block *b, const char *detail)
{
	*e->config->fault = (struct osm_fault){OSM_FAULT_DAMAGED, block_payload(b), detail};
	return false;
}

/* Bytes to leave out before an aligned payload: none, or room for a block. */
static inline size_t engine_gap(const struct engine *e, const char *payload, size_t align)
{
	size_t gap = round_up((size_t)(uintptr_t)payload, align) - (size_t)(uintptr_t)payload;

	while (gap && gap < BLOCK_HEADER + e->smallest)
		gap += align;
	return gap;
}

/* Where in the free block b a request would lie: as low as its alignment allows; NULL: nowhere. */
static inline char *block_place(const struct engine *e, const struct block *b, const struct request *want)
{
	char *payload = block_payload(b);
	size_t size = block_size(b);
	size_t gap = want->align > e->granule ? engine_gap(e, payload, want->align) : 0;

	return gap <= size && want->size <= size - gap ? payload + gap : NULL;
}

#include "policies/index_scan.h"

/* b swallows the block behind it, which is in no index. */
static inline void engine_absorb(struct engine *e, struct block *b)
{
	struct block *next = block_next(b);

	if (next == e->last)
		e->last = b;
	block_absorb(b);
	if (e->rover > (char *)b && e->rover < block_end(b))
		e->rover = (char *)b;
}

/* Cut b down to `size` where what is left can be a block; that joins a free block behind it. */
static inline void engine_cut(struct engine *e, struct block *b, size_t size)
{
	struct block *rest, *next;

	if (block_size(b) - size < BLOCK_HEADER + e->smallest)
		return;
	rest = block_split(b, size);
	if (b == e->last)
		e->last = rest;
	next = block_next(rest);
	if (next && block_is_free(next)) {
		index_remove(e, next);
		engine_absorb(e, rest);
	}
	index_insert(e, rest);
}

static void engine_init(void *state, const struct osm_policy_config *config)
{
	struct engine *e = state;

	e->config = config;
	e->granule = config->granule;
	e->smallest = payload_round(0, e->granule);
}

static size_t engine_good_size(const void *state, size_t n)
{
	const struct engine *e = state;

	return payload_round(n, e->granule);
}

/* The last block takes what lies between it and the end of its region. */
static void engine_take_slack(struct engine *e)
{
	struct osm_region *region = e->config->regions->growable;
	char *floor = region_floor(e, region->end);

	if (floor == region_top(region))
		return;
	block_enlarge(e->last, floor);
	region->index = floor;
	if (e->rover > (char *)e->last && e->rover < floor)
		e->rover = (char *)e->last;
}

/* Bytes to buy at the end of the growable region so that its last block may end at `block_end`; 0: not to be had. */
static size_t engine_price_more(const struct engine *e, const char *block_end)
{
	const struct osm_region *region = e->config->regions->growable;
	size_t more = (size_t)(block_end + REGION_MARK - region->end);

	return more <= (size_t)(region->limit - region->end) ? more : 0;
}

/* What it costs to serve `want` by buying memory. */
static void engine_price(const struct engine *e, const struct request *want, struct osm_shortfall *price)
{
	const struct osm_region *region = e->config->regions->growable;
	size_t offset = round_up(BLOCK_HEADER, e->granule) - BLOCK_HEADER;

	*price = (struct osm_shortfall){0};
	if (e->config->fault->kind != OSM_FAULT_NONE)
		return;
	price->fresh = offset + BLOCK_HEADER + want->size + REGION_MARK;
	if (want->align > 16)
		price->fresh += 2 * want->align + BLOCK_HEADER + e->smallest;
	if (region) {
		char *base = e->last && block_is_free(e->last) ? (char *)e->last : region_top(region);
		char *payload = base + BLOCK_HEADER;

		price->more = engine_price_more(e, payload + engine_gap(e, payload, want->align) + want->size);
	}
}

typedef struct block *engine_choose(struct engine *e, const struct request *want);

static inline void *engine_alloc(void *state, size_t n, size_t align, struct osm_shortfall *price, engine_choose *choose)
{
	struct engine *e = state;
	struct request want = {payload_round(n, e->granule), align};
	struct block *b = choose(e, &want);
	char *payload;

	if (!b) {
		engine_price(e, &want, price);
		return NULL;
	}
	index_remove(e, b);
	payload = block_place(e, b, &want);
	if (payload != block_payload(b)) {
		struct block *gap = b;

		b = block_split(gap, (size_t)(payload - block_payload(gap)) - BLOCK_HEADER);
		if (gap == e->last)
			e->last = b;
		index_insert(e, gap);
	}
	block_set_free(b, false);
	engine_cut(e, b, want.size);
	e->rover = block_end(b);
	return payload;
}

/* Are the blocks on both sides of b what their headers say? */
static bool engine_neighbours_are_sound(const struct engine *e, const struct osm_region *region, const struct block *b)
{
	const char *top = region_top(region);
	const struct block *next, *prev;

	if (!block_is_sound(b, top))
		return engine_damage(e, b, "its header was overwritten");
	if (block_end(b) < top) {
		next = (const struct block *)(const void *)block_end(b);
		if (!block_is_sound(next, top) || !block_agrees(b, next))
			return engine_damage(e, next, "its header was overwritten, perhaps by an overrun of the block before");
	}
	prev = block_prev_if_free(b);
	if (prev && (prev < region_first(e, region) || prev > b || !block_is_sound(prev, (const char *)b) ||
	             block_end(prev) != (const char *)b || !block_is_free(prev)))
		return engine_damage(e, b, "the block before it does not end here");
	return true;
}

static bool engine_free(void *state, void *p)
{
	struct engine *e = state;
	struct block *b = block_of(p);
	struct block *next, *prev;

	if (!engine_neighbours_are_sound(e, region_of(e, p), b))
		return false;
	next = block_next(b);
	prev = block_prev_if_free(b);
	block_set_free(b, true);
	if (next && block_is_free(next)) {
		index_remove(e, next);
		engine_absorb(e, b);
	}
	if (prev) {
		index_remove(e, prev);
		engine_absorb(e, prev);
		b = prev;
	}
	if (b == e->last)
		engine_take_slack(e);
	index_insert(e, b);
	return true;
}

static bool engine_resize(void *state, void *p, size_t n, struct osm_shortfall *price)
{
	struct engine *e = state;
	struct block *b = block_of(p);
	size_t size = payload_round(n, e->granule);
	struct block *next;

	*price = (struct osm_shortfall){0};
	if (!engine_neighbours_are_sound(e, region_of(e, p), b))
		return false;
	next = block_next(b);
	if (size > block_size(b) && next && block_is_free(next)) {
		index_remove(e, next);
		engine_absorb(e, b);
	}
	if (size > block_size(b) && b == e->last)
		engine_take_slack(e);
	if (size > block_size(b)) {
		if (b == e->last)
			price->more = engine_price_more(e, block_payload(b) + size);
		return false;
	}
	engine_cut(e, b, size);
	return true;
}

static size_t engine_usable_size(const void *state, const void *p)
{
	(void)state;
	return block_size(block_of(p));
}

/* The block behind b in a walk through `region`; NULL at its end or where damage was met, which is then reported. */
static const struct block *engine_step(const struct engine *e, const struct osm_region *region, const struct block *prev,
                                       struct osm_fault *fault)
{
	const char *top = region_top(region);
	const struct block *b = prev ? (const struct block *)(const void *)block_end(prev) : region_first(e, region);

	if ((const char *)b >= top)
		return NULL;
	if (!block_is_sound(b, top) || !block_agrees(prev, b)) {
		*fault = (struct osm_fault){OSM_FAULT_DAMAGED, block_payload(b), "its header was overwritten"};
		return NULL;
	}
	return b;
}

static bool engine_owns(const void *state, const void *p)
{
	const struct engine *e = state;
	const struct osm_region *region = region_of(e, p);
	struct osm_fault fault;

	if (!region || (uintptr_t)p % e->granule != 0 || block_of(p) < region_first(e, region) ||
	    (const char *)p >= region_top(region))
		return false;
	if (LAYOUT_IS_SEALED)
		return block_is_sound(block_of(p), region_top(region)) && !block_is_free(block_of(p));
	for (const struct block *b = engine_step(e, region, NULL, &fault); b && b <= block_of(p);
	     b = engine_step(e, region, b, &fault))
		if (b == block_of(p))
			return !block_is_free(b);
	return false;
}

static bool engine_extend(void *state, struct osm_region *region, char *end)
{
	struct engine *e = state;
	char *floor = region_floor(e, end);
	struct block *last = region->index ? e->last : NULL;
	char *top = region->index ? region_top(region) : (char *)region_first(e, region);

	region->end = end;
	region->index = top;
	if (last && block_is_free(last) && floor > top) {
		index_remove(e, last);
		engine_take_slack(e);
		index_insert(e, last);
	} else if (floor >= top + BLOCK_HEADER + e->smallest) {
		e->last = block_append(last, top, floor);
		region->index = floor;
		index_insert(e, e->last);
	} else if (!last) {
		e->last = NULL;
	}
	return true;
}

static bool engine_walk(const void *state, osm_visit *visit, void *context)
{
	const struct engine *e = state;
	struct osm_fault fault = {0};

	for (struct osm_region *region = e->config->regions->first; region; region = region->next)
		for (const struct block *b = engine_step(e, region, NULL, &fault); b; b = engine_step(e, region, b, &fault))
			if (!visit(&(struct osm_block){.payload = block_payload(b),
			                               .size = block_size(b),
			                               .header_bytes = BLOCK_HEADER,
			                               .free = block_is_free(b)},
			           context))
				return false;
	return fault.kind == OSM_FAULT_NONE;
}

static bool engine_check(const void *state, struct osm_fault *fault)
{
	const struct engine *e = state;
	size_t free_blocks = 0;

	fault->kind = OSM_FAULT_NONE;
	for (struct osm_region *region = e->config->regions->first; region; region = region->next) {
		const struct block *prev = NULL;
		bool rover_is_inside = e->rover > region->start && e->rover < region_top(region);

		for (const struct block *b; (b = engine_step(e, region, prev, fault)) != NULL; prev = b) {
			free_blocks += block_is_free(b);
			rover_is_inside = rover_is_inside && e->rover != (const char *)b && e->rover != block_end(b);
			if (prev && block_is_free(prev) && block_is_free(b))
				*fault = (struct osm_fault){OSM_FAULT_INTERNAL, block_payload(b), "two free blocks were not merged"};
		}
		if (fault->kind == OSM_FAULT_NONE && rover_is_inside)
			*fault = (struct osm_fault){OSM_FAULT_INTERNAL, e->rover, "the rover points into a block"};
		if (fault->kind == OSM_FAULT_NONE && region == e->config->regions->growable && prev != e->last)
			*fault = (struct osm_fault){OSM_FAULT_INTERNAL, prev, "the last block is not the one on record"};
		if (fault->kind != OSM_FAULT_NONE)
			return false;
	}
	return index_check(e, free_blocks, fault);
}

static size_t engine_metadata_bytes(const void *state)
{
	return index_metadata_bytes(state);
}

/* The slot `alloc` of a policy whose question is `choose`. */
#define ENGINE_ALLOC(choose)                                                                                   \
	static void *engine_alloc_##choose(void *state, size_t n, size_t align, struct osm_shortfall *price)      \
	{                                                                                                      \
		return engine_alloc(state, n, align, price, choose);                                               \
	}

/* Every other slot. */
#define ENGINE_SLOTS                                                                                           \
	.layout = OSM_QUOTE(OSM_LAYOUT), .state_size = sizeof(struct engine), .granule_min = LAYOUT_GRANULE_MIN,  \
	.granule_max = LAYOUT_GRANULE_MAX, .init = engine_init, .good_size = engine_good_size, .free = engine_free, \
	.resize = engine_resize, .usable_size = engine_usable_size, .owns = engine_owns, .extend = engine_extend, \
	.walk = engine_walk, .check = engine_check, .metadata_bytes = engine_metadata_bytes

#endif
