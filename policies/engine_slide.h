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
	size_t size = request_for(s, n, 1).size;
	struct around around;

	if (!s->trusted && !engine_neighbours_are_sound(e, b))
		return NULL;
	around = block_around(s, b);
	if (!around.prev || around_merged(&around) < size || size < around.size)
		return NULL;
	first = around.prev;
	index_remove(&e->index, first, around.prev_size);
	owner_leave(s, b);
	block_take(s, first); /* a live block has nothing at its end that could overwrite contents */
	engine_absorb(e, first);
	if (around.next) {
		index_remove(&e->index, around.next, around.next_size);
		engine_absorb(e, first);
	}
	memmove(block_payload(first), p, around.size);
	engine_cut(e, first, around_merged(&around), size);
	owner_enter(s, first);
	return block_payload(first);
}

#endif
