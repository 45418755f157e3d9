/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Growing downwards: a block that cannot grow where it lies takes the free block before it, and its contents move down.
 * Part of engine.h.
 *
 *     | live | free .............. | b ######### | free ...... | live |
 *     | live | b ######### .................... | free ...... | live |
 */
#ifndef OSMEM_POLICIES_ENGINE_SLIDE_H
#define OSMEM_POLICIES_ENGINE_SLIDE_H

#include <string.h>

static void *engine_slide(void *state, void *p, size_t n)
{
	struct engine *e = state;
	struct space *s = &e->index.space;
	struct block *b = block_of(p), *first;
	size_t bytes = block_bytes_for(s, n);
	struct around around;

	if (!s->trusted && !engine_neighbours_are_sound(e, b))
		return NULL;
	around = block_around(s, b);
	if (!around.before || around_merged(&around) < bytes || bytes < around.self)
		return NULL;
	first = around_prev(b, &around);
	if (!engine_part(e, b, &around))
		return NULL;
	owner_leave(s, b);
	block_take(s, first); /* a live block has nothing at its end that could overwrite contents */
	engine_absorb(e, first);
	if (around.behind)
		engine_absorb(e, first);
	memmove(block_payload(first), p, around.self - BLOCK_HEADER);
	engine_cut(e, first, around_merged(&around), bytes);
	owner_enter(s, first);
	return block_payload(first);
}

#endif
