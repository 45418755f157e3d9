/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the buddy system knows to be true: whether a free block's links are sound, whose a pointer is, the walk over all
 * blocks, the check of every invariant. Part of buddy.c, which explains the structure.
 */
#ifndef OSMEM_POLICIES_BUDDY_AUDIT_H
#define OSMEM_POLICIES_BUDDY_AUDIT_H

#include "policies/buddy_maps.h"

/* Can a free block of this rank be there, or is it the list itself? */
static bool is_link(const struct buddy *b, const struct link *link, unsigned rank)
{
	const struct osm_region *region = region_of(b, link);

	return link == &b->lists[rank] || (region && (uintptr_t)link % rank_bytes(b, rank) == 0 &&
	                                   (size_t)(region->end - (const char *)link) >= rank_bytes(b, rank));
}

/* Are the links of a free block what the list's neighbours say? */
static bool list_is_sound(const struct buddy *b, uintptr_t at, unsigned rank)
{
	const struct link *link = (const struct link *)at;

	return b->config->trusted || (is_link(b, link->next, rank) && is_link(b, link->prev, rank) &&
	                              link->next->prev == link && link->prev->next == link);
}

static bool damage(const struct buddy *b, uintptr_t at)
{
	*b->config->fault = (struct osm_fault){OSM_FAULT_DAMAGED, (const void *)at, "a free block was written to"};
	return false;
}

/* Would all the blocks that `at` is to merge with be fit to leave their lists? */
static bool merges_are_sound(const struct buddy *b, struct maps *m, uintptr_t at, unsigned rank)
{
	for (; is_free_block(b, m, at ^ rank_bytes(b, rank), rank); at &= ~rank_bytes(b, rank), rank++)
		if (!list_is_sound(b, at ^ rank_bytes(b, rank), rank))
			return damage(b, at ^ rank_bytes(b, rank));
	return true;
}

static bool buddy_owns(const void *state, const void *p)
{
	const struct buddy *b = state;
	const struct osm_region *region = region_of(b, p);
	struct maps *m = region ? region->index : NULL;
	uintptr_t at = (uintptr_t)p;
	struct place place;

	if (!m || at < m->first || at >= m->end || at % b->granule != 0)
		return false;
	place = place_of(b, m, at);
	return is_start(place) && !is_free(place);
}

static bool buddy_walk(const void *state, osm_visit *visit, void *context)
{
	const struct buddy *b = state;

	for (const struct osm_region *region = b->config->regions->first; region; region = region->next) {
		struct maps *m = region->index;

		for (uintptr_t at = m->first; at < m->end; at += rank_bytes(b, rank_of(place_of(b, m, at))))
			if (!visit(&(struct osm_block){.payload = (void *)at,
			                               .size = rank_bytes(b, rank_of(place_of(b, m, at))),
			                               .free = is_free(place_of(b, m, at))},
			           context))
				return false;
	}
	return true;
}

/* Check the blocks of one region; returns how many are free. */
static size_t check_region(const struct buddy *b, struct maps *m, struct osm_fault *fault)
{
	size_t count = 0;

	for (uintptr_t at = m->first; at < m->end && fault->kind == OSM_FAULT_NONE;) {
		struct place place = place_of(b, m, at);
		unsigned rank = rank_of(place);
		size_t bytes = rank_bytes(b, rank);
		size_t of_block = rank < STRETCH ? granules[rank] << place.bit : 0;

		if (at % bytes != 0 || at + bytes > m->end)
			*fault = (struct osm_fault){OSM_FAULT_INTERNAL, (void *)at, "a block is not aligned to its size"};
		else if ((place.stretch->free & of_block) != (is_free(place) ? of_block : 0))
			*fault = (struct osm_fault){OSM_FAULT_INTERNAL, (void *)at, "a block is free in part"};
		else if (is_free(place) && !list_is_sound(b, at, rank))
			*fault = (struct osm_fault){OSM_FAULT_DAMAGED, (void *)at, "a free block was written to"};
		else if (is_free(place) && is_free_block(b, m, at ^ bytes, rank))
			*fault = (struct osm_fault){OSM_FAULT_INTERNAL, (void *)at, "two free buddies were not merged"};
		count += is_free(place);
		at += bytes;
	}
	return count;
}

static bool buddy_check(const void *state, struct osm_fault *fault)
{
	const struct buddy *b = state;
	size_t free_blocks = 0, listed = 0;

	fault->kind = OSM_FAULT_NONE;
	for (const struct osm_region *region = b->config->regions->first; region; region = region->next) {
		free_blocks += check_region(b, region->index, fault);
		if (fault->kind != OSM_FAULT_NONE)
			return false;
	}
	for (unsigned rank = 0; rank < RANKS; rank++) {
		const struct link *list = &b->lists[rank];

		if ((list->next != list) != ((b->nonempty & bit_at(rank)) != 0))
			*fault = (struct osm_fault){OSM_FAULT_INTERNAL, NULL, "the word of non-empty orders is wrong"};
		for (const struct link *link = list->next; link != list && listed <= free_blocks; link = link->next)
			listed++;
	}
	if (listed != free_blocks)
		*fault = (struct osm_fault){OSM_FAULT_INTERNAL, NULL, "the lists do not hold each free block once"};
	return fault->kind == OSM_FAULT_NONE;
}

#endif
