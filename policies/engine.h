/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine that first, next and best fit share: placing, splitting, merging, resizing, aligning, growing.
 *
 * Below it stand a layout (space.h) and a free index, which answers questions about free blocks. A policy is one question
 * to the index:
 *
 *     static struct block *worst_fit(struct engine *e, const struct request *want) { ... }
 *     ENGINE_ALLOC(worst_fit)
 *     OSM_DEFINE_POLICY(worst_fit) = { .name = ENGINE_NAME("worst-fit"), .alloc = engine_alloc_worst_fit, ENGINE_SLOTS };
 *
 * A policy names its index in INDEX_FILE before it includes this. Each is built a second time with OSM_SCAN: then the
 * index is that of INDEX_SCAN_FILE, the walk over all blocks if it names none, and the policy is the textbook's.
 *
 * Invariants: blocks tile a region from region_first() to its top; behind its top is less than a block's room, and none
 * if the last block is free and may grow; no two neighbours are both free; every free block is in the index; `last` is
 * the last block of the growable region; the rover is where a block starts, or where the last one ends.
 */
#ifndef OSMEM_POLICIES_ENGINE_H
#define OSMEM_POLICIES_ENGINE_H

#include "policies/space.h"

#ifndef INDEX_SCAN_FILE
#define INDEX_SCAN_FILE "policies/index_scan.h"
#endif

#if defined(OSM_SCAN) || !defined(INDEX_FILE)
#include INDEX_SCAN_FILE
#else
#include INDEX_FILE
#endif

#ifdef OSM_SCAN
#define ENGINE_NAME(name) name "-scan"
#else
#define ENGINE_NAME(name) name
#endif

#if defined(LAYOUT_OWNER_FILE)
#include LAYOUT_OWNER_FILE
#elif defined(OSM_SCAN)
#include "policies/owner_walk.h"
#else
#include "policies/owner_ledger.h"
#endif

#define ENGINE_GRANULE_MIN (LAYOUT_GRANULE_MIN < INDEX_GRANULE_MIN ? INDEX_GRANULE_MIN : LAYOUT_GRANULE_MIN)
#define ENGINE_GRANULE_MAX ((size_t)4096)

struct engine {
	struct index index;  /* begins with the space */
	struct block *last;  /* last block of the growable region */
	char *rover;         /* where the block last allocated ended, or where it was merged to */
	struct block *freed; /* what the last free left */
};

_Static_assert(sizeof(struct engine) <= OSM_STATE_MAX, "the engine can serve the default heap");

typedef struct block *engine_choose(struct engine *e, const struct request *want);

/* b swallows the block behind it, which is in no index. */
static inline void engine_absorb(struct engine *e, struct block *b)
{
	struct space *s = &e->index.space;
	struct block *next = block_next(s, b);

	if (next == e->last)
		e->last = b;
	block_absorb(s, b);
	if (e->rover > (char *)b && e->rover < block_end(s, b))
		e->rover = (char *)b;
}

static inline struct block *engine_next_if_free(const struct space *s, const struct block *b)
{
	struct block *next = block_next(s, b);

	return next && block_is_free(s, next) ? next : NULL;
}

/* Cut b down to what is `wanted` of its bytes, if what is left can be a block; that joins a free block behind it. False:
 * that one was damaged, and nothing has changed. */
static inline bool engine_cut(struct engine *e, struct block *b, size_t bytes, size_t wanted)
{
	struct space *s = &e->index.space;
	struct block *rest, *next;

	if (bytes - wanted < s->least)
		return true;
	next = engine_next_if_free(s, b);
	if (next && !index_remove(&e->index, next, block_bytes(s, next)))
		return false;
	rest = block_split(s, b, wanted);
	if (b == e->last)
		e->last = rest;
	if (next)
		engine_absorb(e, rest);
	index_insert(&e->index, rest, block_bytes(s, rest));
	return true;
}

/* The last block, in no index, takes what lies between it and the end of its region. */
static void engine_take_slack(struct engine *e)
{
	struct space *s = &e->index.space;
	struct osm_region *region = e->index.space.config->regions->growable;
	char *floor = region_floor(s, region->end);

	if (floor == region->top)
		return;
	block_enlarge(s, e->last, floor);
	region->top = floor;
	if (e->rover > (char *)e->last && e->rover < floor)
		e->rover = (char *)e->last;
}

#include "policies/engine_audit.h"
#include "policies/engine_price.h"

static void engine_init(void *state, const struct osm_policy_config *config)
{
	struct engine *e = state;
	struct space *s = &e->index.space;

	s->config = config;
	s->trusted = config->trusted;
	s->granule = config->granule;
	s->granule_log2 = bit_lowest(config->granule);
	s->least = round_up(BLOCK_HEADER + BLOCK_PAYLOAD_MIN, s->granule);
	s->secret = space_secret(state);
}

static size_t engine_good_size(const void *state, size_t n)
{
	const struct engine *e = state;
	const struct space *s = &e->index.space;

	return block_bytes_for(s, n) - BLOCK_HEADER;
}

/* Begin b's payload at `payload`: what lies before becomes a free block of its own; returns the block behind it. */
static struct block *engine_cut_front(struct engine *e, struct block *b, const char *payload)
{
	struct space *s = &e->index.space;
	size_t bytes = (size_t)(payload - block_payload(b));
	struct block *aligned = block_split(s, b, bytes);

	if (b == e->last)
		e->last = aligned;
	index_insert(&e->index, b, bytes);
	return aligned;
}

/* Take what is `wanted` at the low end of a free block of so many bytes that is in no index; what is left can have no free
 * neighbour. */
static inline void engine_take(struct engine *e, struct block *b, size_t bytes, size_t wanted)
{
	struct space *s = &e->index.space;
	struct block *rest;

	if (bytes - wanted < s->least) {
		block_take(s, b);
		e->rover = (char *)b + bytes;
		return;
	}
	rest = block_carve(s, b, bytes, wanted);
	if (b == e->last)
		e->last = rest;
	e->rover = (char *)rest;
	index_insert(&e->index, rest, bytes - wanted);
}

/* Where there may be nothing to take, or damage, and where there is a ledger, or a larger alignment. */
static APART void *engine_alloc_with_care(struct engine *e, struct block *b, const struct request *want,
                                          struct osm_shortfall *price)
{
	struct space *s = &e->index.space;
	size_t bytes;
	char *payload;

	if (!b || (!s->trusted && !engine_choice_is_sound(e, b)) || !index_remove(&e->index, b, block_bytes(s, b))) {
		engine_price(e, want, price);
		return NULL;
	}
	bytes = block_bytes(s, b);
	payload = block_place_in(s, b, bytes, want);
	if (payload != block_payload(b)) {
		bytes -= (size_t)(payload - block_payload(b));
		b = engine_cut_front(e, b, payload);
	}
	engine_take(e, b, bytes, want->bytes);
	owner_enter(s, b);
	return payload;
}

static inline void *engine_alloc(void *state, size_t n, size_t align, struct osm_shortfall *price,
                                 engine_choose *choose)
{
	struct engine *e = state;
	struct space *s = &e->index.space;
	struct request want = {block_bytes_for(s, n), align};
	size_t steps = e->index.space.steps;
	struct block *b = choose(e, &want);
	size_t bytes;

	engine_hold_to_bound(e, &want, e->index.space.steps - steps);
	if (!b || !s->trusted || align > s->granule) {
		struct request same = want; /* so that `want` need not be in memory */

		return engine_alloc_with_care(e, b, &same, price);
	}
	bytes = block_bytes(s, b);
	index_remove(&e->index, b, bytes);
	engine_take(e, b, bytes, want.bytes);
	return block_payload(b);
}

/* The free neighbours of b leave the index. False: one was damaged, and nothing has changed. */
static inline bool engine_part(struct engine *e, struct block *b, const struct around *around)
{
	if (around->behind && !index_remove(&e->index, around_next(b, around), around->behind))
		return false;
	if (!around->before || index_remove(&e->index, around_prev(b, around), around->before))
		return true;
	if (around->behind)
		index_insert(&e->index, around_next(b, around), around->behind);
	return false;
}

static bool engine_free(void *state, void *p)
{
	struct engine *e = state;
	struct space *s = &e->index.space;
	struct block *b = block_of(p), *first;
	struct around around;
	size_t bytes;

	if (!s->trusted && !engine_neighbours_are_sound(e, b))
		return false;
	around = block_around(s, b);
	if (!engine_part(e, b, &around))
		return false;
	owner_leave(s, b);
	first = block_merge(s, b, &around);
	bytes = around_merged(&around);
	if (e->rover > (char *)first && e->rover < (char *)first + bytes)
		e->rover = (char *)first;
	if ((size_t)((char *)e->last - (char *)first) < bytes) {
		e->last = first;
		engine_take_slack(e);
		bytes = block_bytes(s, first);
	}
	index_insert(&e->index, first, bytes);
	e->freed = first;
	return true;
}

static bool engine_resize(void *state, void *p, size_t n, struct osm_shortfall *price)
{
	struct engine *e = state;
	struct space *s = &e->index.space;
	struct block *b = block_of(p);
	size_t wanted = block_bytes_for(s, n), bytes = block_bytes(s, b);
	struct block *next;

	*price = (struct osm_shortfall){0};
	if (!s->trusted && !engine_neighbours_are_sound(e, b))
		return false;
	next = engine_next_if_free(s, b);
	if (wanted > bytes && next) {
		if (!index_remove(&e->index, next, block_bytes(s, next)))
			return false;
		engine_absorb(e, b);
		bytes = block_bytes(s, b);
	}
	if (wanted > bytes && b == e->last) {
		engine_take_slack(e);
		bytes = block_bytes(s, b);
	}
	if (wanted > bytes) {
		if (b == e->last)
			price->more = engine_price_more(e, (char *)b + wanted);
		return false;
	}
	return engine_cut(e, b, bytes, wanted);
}

static size_t engine_usable_size(const void *state, const void *p)
{
	const struct engine *e = state;

	return block_size(&e->index.space, block_of(p));
}

static bool engine_extend(void *state, struct osm_region *region, char *end)
{
	struct engine *e = state;
	struct space *s = &e->index.space;
	struct block *last = region->top ? e->last : NULL;
	char *top = region->top ? region->top : (char *)region_first(s, region);
	bool grows;

	if (!layout_extend(s, region, end) || !index_extend(&e->index, region, end) || !owner_extend(s, region, end))
		return false;
	grows = last && block_is_free(s, last) && region_floor(s, end) > top;
	if (grows &&
	    ((!s->trusted && !engine_choice_is_sound(e, last)) || !index_remove(&e->index, last, block_bytes(s, last))))
		return false;
	region->end = end;
	region->top = top;
	space_note_end(s, region);
	if (grows) {
		engine_take_slack(e);
		index_insert(&e->index, last, block_bytes(s, last));
	} else if (region_floor(s, end) >= top + s->least) {
		region->top = region_floor(s, end);
		e->last = block_append(s, last, top, region->top);
		index_insert(&e->index, e->last, block_bytes(s, e->last));
	} else if (!last) {
		e->last = NULL;
	}
	return true;
}

#include "policies/engine_slide.h"
#include "policies/engine_trim.h"

static size_t engine_metadata_bytes(const void *state)
{
	const struct engine *e = state;
	const struct space *s = &e->index.space;

	return layout_metadata_bytes(s) + index_metadata_bytes(&e->index) + owner_metadata_bytes(s);
}

static size_t engine_steps(const void *state)
{
	const struct engine *e = state;

	return e->index.space.steps;
}

/* The slot `alloc` of a policy whose question is `choose`. */
#define ENGINE_ALLOC(choose)                                                                             \
	static void *engine_alloc_##choose(void *state, size_t n, size_t align, struct osm_shortfall *price) \
	{                                                                                                    \
		return engine_alloc(state, n, align, price, choose);                                             \
	}

/* Every other slot. */
#define ENGINE_SLOTS                                                                                            \
	.layout = OSM_QUOTE(OSM_LAYOUT), .state_size = sizeof(struct engine), .granule_min = ENGINE_GRANULE_MIN,    \
	.granule_max = ENGINE_GRANULE_MAX, .init = engine_init, .good_size = engine_good_size, .free = engine_free, \
	.resize = engine_resize, .usable_size = engine_usable_size, .owns = engine_owns, .extend = engine_extend,   \
	.walk = engine_walk, .check = engine_check, .metadata_bytes = engine_metadata_bytes, .steps = engine_steps, \
	.tail = engine_tail, .retract = engine_retract, .freed = engine_freed, .slide = engine_slide

#endif
