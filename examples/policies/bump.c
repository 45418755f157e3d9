/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bump: a policy with nothing shared, so that every slot of the contract can be seen. It has no search at all: a block
 * is placed at the top, and the top moves up.
 *
 *     | header payload | header payload (free) | header payload |  never used  |
 *     ^ region->start                                           ^ top          ^ region->end
 *
 * A free block below the top is not used again. When the last block is freed the top drops to where the free memory
 * under it begins, so programs that free in the reverse order of their allocations, as a stack does, waste nothing.
 *
 * Invariants: headers and payloads tile a region from its start to its top; no two neighbours are both free; the last
 * block is live. Cost: O(regions) to allocate, O(blocks) to free, for the sake of `owns`.
 */
#include "policies/define.h"

#include <stdint.h>

#define GRANULE ((size_t)16)

//! [header]
struct header {
	_Alignas(16) size_t size; /* payload bytes, a multiple of the granule */
	size_t free;              /* 0 or 1 */
};
//! [header]

_Static_assert(sizeof(struct header) == GRANULE, "a payload behind a header is aligned to the granule");

//! [state]
struct bump {
	const struct osm_policy_config *config;
};

static void bump_init(void *state, const struct osm_policy_config *config)
{
	struct bump *bump = state;

	bump->config = config;
}
//! [state]

static size_t round_to_granule(size_t n)
{
	return (n + GRANULE - 1) & ~(GRANULE - 1);
}

static size_t bump_good_size(const void *state, size_t n)
{
	(void)state;
	return round_to_granule(n);
}

static struct header *header_of(const void *payload)
{
	return (struct header *)payload - 1;
}

static struct header *header_behind(const struct header *h)
{
	return (struct header *)(void *)((char *)(h + 1) + h->size);
}

/* Where the next header of a region will stand. */
static struct header *top_of(const struct osm_region *region)
{
	return region->index;
}

static struct osm_region *region_of(const struct bump *bump, const void *p)
{
	struct osm_region *region = bump->config->regions->first;

	while (region && ((const char *)p < region->start || (const char *)p >= region->end))
		region = region->next;
	return region;
}

/* Only a program that wrote past the end of a block can make this false. */
static bool header_is_sound(const struct osm_region *region, const struct header *h)
{
	size_t room = (size_t)((char *)top_of(region) - (char *)h) - sizeof *h;

	return h->size > 0 && h->size % GRANULE == 0 && h->size <= room && h->free <= 1;
}

/* The block behind `h` in its region, the first one for NULL; NULL: that was the last one, or *fault is written. */
static struct header *step(const struct osm_region *region, const struct header *h, struct osm_fault *fault)
{
	struct header *next = h ? header_behind(h) : (struct header *)(void *)region->start;

	if (next == top_of(region))
		return NULL;
	if (header_is_sound(region, next))
		return next;
	*fault = (struct osm_fault){OSM_FAULT_DAMAGED, next + 1, "its header was overwritten"};
	return NULL;
}

//! [alloc]
/* Where a payload would lie if a region's next header stood at `top`: there is no gap, or room for a free block. */
static char *place(char *top, size_t align)
{
	size_t gap = (size_t)(-(uintptr_t)(top + sizeof(struct header)) & (align - 1));

	if (gap == sizeof(struct header))
		gap += align;
	return top + gap + sizeof(struct header);
}

static void *bump_alloc(void *state, size_t n, size_t align, struct osm_shortfall *price)
{
	struct bump *bump = state;
	struct osm_region *growable = bump->config->regions->growable;

	n = round_to_granule(n);
	for (struct osm_region *region = bump->config->regions->first; region; region = region->next) {
		char *top = region->index;
		char *payload = place(top, align);

		if (payload > region->end || n > (size_t)(region->end - payload))
			continue;
		if (payload > top + sizeof(struct header))
			*(struct header *)(void *)top = (struct header){(size_t)(payload - top) - 2 * sizeof(struct header), 1};
		*header_of(payload) = (struct header){n, 0};
		region->index = payload + n;
		return payload;
	}
	*price = (struct osm_shortfall){.fresh = sizeof(struct header) + 2 * align + n};
	if (growable) {
		size_t more = (uintptr_t)place(growable->index, align) + n - (uintptr_t)growable->end;

		price->more = more <= (size_t)(growable->limit - growable->end) ? more : 0;
	}
	return NULL;
}
//! [alloc]

//! [free]
static bool bump_free(void *state, void *p)
{
	struct bump *bump = state;
	struct osm_region *region = region_of(bump, p);
	struct header *h = header_of(p), *before = NULL, *next;
	struct osm_fault *fault = bump->config->fault;

	for (struct header *b = step(region, NULL, fault); b && b != h; b = step(region, b, fault))
		before = b;
	next = step(region, h, fault);
	if (fault->kind != OSM_FAULT_NONE)
		return false;
	h->free = 1;
	if (next && next->free)
		h->size += sizeof *next + next->size;
	if (before && before->free) {
		before->size += sizeof *h + h->size;
		h = before;
	}
	if (header_behind(h) == top_of(region))
		region->index = h;
	return true;
}
//! [free]

//! [resize]
static bool bump_resize(void *state, void *p, size_t n, struct osm_shortfall *price)
{
	struct bump *bump = state;
	struct osm_region *region = region_of(bump, p);
	struct header *h = header_of(p);
	size_t room = (size_t)(region->end - (char *)p);

	*price = (struct osm_shortfall){0};
	n = round_to_granule(n);
	if (header_behind(h) != top_of(region))
		return n <= h->size;
	if (n > room) {
		size_t more = n - room;

		if (region == bump->config->regions->growable && more <= (size_t)(region->limit - region->end))
			price->more = more;
		return false;
	}
	h->size = n;
	region->index = header_behind(h);
	return true;
}
//! [resize]

static size_t bump_usable_size(const void *state, const void *p)
{
	(void)state;
	return header_of(p)->size;
}

//! [owns]
static bool bump_owns(const void *state, const void *p)
{
	const struct osm_region *region = region_of(state, p);
	struct osm_fault fault;

	if (!region)
		return false;
	for (const struct header *b = step(region, NULL, &fault); b; b = step(region, b, &fault))
		if (b + 1 == p)
			return !b->free;
	return false;
}
//! [owns]

//! [extend]
static bool bump_extend(void *state, struct osm_region *region, char *end)
{
	(void)state;
	if (!region->index)
		region->index = region->start;
	region->end = end;
	return true;
}
//! [extend]

//! [walk]
static bool bump_walk(const void *state, osm_visit *visit, void *context)
{
	const struct bump *bump = state;
	struct osm_fault fault = {0};

	for (const struct osm_region *region = bump->config->regions->first; region; region = region->next) {
		struct osm_block rest = {.payload = top_of(region) + 1, .header_bytes = sizeof(struct header), .free = true};

		for (struct header *b = step(region, NULL, &fault); b; b = step(region, b, &fault))
			if (!visit(&(struct osm_block){b + 1, b->size, sizeof *b, b->free != 0, false}, context))
				return false;
		if (fault.kind != OSM_FAULT_NONE)
			return false;
		if ((char *)rest.payload >= region->end)
			continue;
		rest.size = (size_t)(region->end - (char *)rest.payload);
		if (!visit(&rest, context))
			return false;
	}
	return true;
}
//! [walk]

//! [check]
static bool bump_check(const void *state, struct osm_fault *fault)
{
	const struct bump *bump = state;

	*fault = (struct osm_fault){0};
	for (const struct osm_region *region = bump->config->regions->first; region; region = region->next) {
		bool before_is_free = false;

		for (struct header *b = step(region, NULL, fault); b; b = step(region, b, fault)) {
			if (b->free && before_is_free)
				*fault = (struct osm_fault){OSM_FAULT_INTERNAL, b + 1, "two free blocks were not merged"};
			before_is_free = b->free != 0;
		}
		if (fault->kind == OSM_FAULT_NONE && before_is_free)
			*fault = (struct osm_fault){OSM_FAULT_INTERNAL, top_of(region), "the block under the top is free"};
		if (fault->kind != OSM_FAULT_NONE)
			return false;
	}
	return true;
}
//! [check]

static size_t bump_metadata_bytes(const void *state)
{
	(void)state;
	return 0;
}

//! [policy]
OSM_DEFINE_POLICY(bump) = {
	.name = "bump",
	.layout = "header",
	.summary = "always at the top; only what is freed from the top down is used again",
	.state_size = sizeof(struct bump),
	.granule_min = GRANULE,
	.granule_max = GRANULE,
	.init = bump_init,
	.good_size = bump_good_size,
	.alloc = bump_alloc,
	.free = bump_free,
	.resize = bump_resize,
	.usable_size = bump_usable_size,
	.owns = bump_owns,
	.extend = bump_extend,
	.walk = bump_walk,
	.check = bump_check,
	.metadata_bytes = bump_metadata_bytes,
};
//! [policy]
