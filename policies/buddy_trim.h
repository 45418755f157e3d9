/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Giving back: the free blocks at the end of the growable region go, and the one that the new end cuts leaves its low
 * part, in blocks of descending orders. Part of buddy.c.
 *
 *     | live | 32 | 64 | 128 .......... | 256 ......................... |
 *     | live | 32 | 64 | 64 | 32 |                                        the region's end came down
 */
#ifndef OSMEM_POLICIES_BUDDY_TRIM_H
#define OSMEM_POLICIES_BUDDY_TRIM_H

#include <string.h>

static size_t buddy_tail(const void *state)
{
	const struct buddy *b = state;
	const struct osm_region *region = b->config->regions->growable;
	struct maps *m = region->index;
	uintptr_t tail = tail_start(b, m);

	for (uintptr_t at = tail; at < m->end;) {
		unsigned rank = rank_of(place_of(b, m, at));

		if (!list_is_sound(b, at, rank))
			return 0;
		at += rank_bytes(b, rank);
	}
	return (uintptr_t)region->end - tail;
}

/* A free block leaves the region; returns its end. */
static uintptr_t drop(struct buddy *b, struct maps *m, uintptr_t at)
{
	struct place place = place_of(b, m, at);
	unsigned rank = rank_of(place);

	list_remove(b, at, rank);
	if (rank < STRETCH) {
		place.stretch->starts &= ~bit_at(place.bit);
		place.stretch->free &= ~(granules[rank] << place.bit);
	} else {
		memset(place.stretch, 0, sizeof *place.stretch << (rank - STRETCH)); /* as growth finds new ones */
	}
	return at + rank_bytes(b, rank);
}

/* A free block appears that has no free buddy. */
static void appear(struct buddy *b, struct maps *m, uintptr_t at, unsigned rank)
{
	struct place place = place_of(b, m, at);

	place.stretch->starts |= bit_at(place.bit);
	if (rank < STRETCH)
		place.stretch->free |= granules[rank] << place.bit;
	else
		*place.stretch = large_block(rank, true);
	list_push(b, at, rank);
}

static void buddy_retract(void *state, struct osm_region *region, char *end)
{
	struct buddy *b = state;
	struct maps *m = region->index;
	uintptr_t at = tail_start(b, m), new_end = (uintptr_t)end & ~(b->granule - 1), cut;

	while (at < m->end && at + rank_bytes(b, rank_of(place_of(b, m, at))) <= new_end)
		at += rank_bytes(b, rank_of(place_of(b, m, at)));
	cut = at;
	while (at < m->end)
		at = drop(b, m, at);
	region->end = end;
	if (cut == m->end)
		return;
	if (place_of(b, m, m->end).bit != 0)
		place_of(b, m, m->end).stretch->starts &= ~bit_at(place_of(b, m, m->end).bit);
	m->end = new_end;
	b->easy_bytes = b->config->trusted ? m->end - m->first : 0;
	while (cut < new_end) {
		unsigned rank = bit_highest((new_end - cut) >> b->shift);

		appear(b, m, cut, rank);
		cut += rank_bytes(b, rank);
	}
	if (place_of(b, m, m->end).bit != 0)
		mark_start(b, m, m->end);
}

static void *buddy_freed(const void *state, size_t *size)
{
	const struct buddy *b = state;

	*size = buddy_usable_size(b, (const void *)b->freed);
	return (void *)b->freed;
}

#endif
