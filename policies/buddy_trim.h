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

static size_t buddy_tail(const void *state)
{
	const struct buddy *b = state;
	const struct osm_region *region = b->config->regions->growable;
	const struct maps *m = region->index;
	uintptr_t tail = tail_start(b, m);

	for (uintptr_t at = tail; at < m->end;) {
		unsigned order = order_of(b, m, at);

		if (!list_is_sound(b, at, order))
			return 0;
		at += order_bytes(order);
	}
	return (uintptr_t)region->end - tail;
}

static void buddy_retract(void *state, struct osm_region *region, char *end)
{
	struct buddy *b = state;
	struct maps *m = region->index;
	uintptr_t at = tail_start(b, m), new_end = (uintptr_t)end & ~(order_bytes(b->order_min) - 1), cut;

	while (at < m->end && at + order_bytes(order_of(b, m, at)) <= new_end)
		at += order_bytes(order_of(b, m, at));
	for (cut = at; at < m->end;) {
		unsigned order = order_of(b, m, at);

		list_remove(b, m, at, order);
		bit_clear(m->starts, bit_of(b, m, at));
		at += order_bytes(order);
	}
	region->end = end;
	if (cut == m->end)
		return;
	bit_clear(m->starts, bit_of(b, m, m->end));
	m->end = new_end;
	bit_set(m->starts, bit_of(b, m, m->end));
	while (cut < new_end) {
		unsigned order = bit_highest(new_end - cut);

		list_push(b, m, cut, order);
		cut += order_bytes(order);
	}
}

static void *buddy_freed(const void *state, size_t *size)
{
	const struct buddy *b = state;
	const struct maps *m = region_of(b, (void *)b->freed)->index;

	*size = order_bytes(order_of(b, m, b->freed));
	return (void *)b->freed;
}

#endif
