/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An arena: backing memory inside memory that the caller has. Regions grow from its low end upwards, mappings lie at its
 * high end and grow downwards; what was unmapped is a hole and serves the next mapping that fits, lowest address first.
 *
 *     | region ...... | region ... |  free  | mapping | hole | mapping |
 *     ^ start                      ^ brk    ^ maps                     ^ end
 *
 * Cost: O(1) to grow, O(holes) to map and unmap.
 */
#include <osmem/mock.h>
#include <stdint.h>
#include <string.h>

#include "framework/port.h"

#define ALIGN ((size_t)16)

/* What was unmapped, in address order; lies in the hole itself. */
struct hole {
	struct hole *next;
	size_t bytes;
};

_Static_assert(sizeof(struct hole) <= ALIGN, "every mapping can become a hole");

static size_t round_up(size_t n, size_t unit)
{
	return (n + unit - 1) & ~(unit - 1);
}

static void *fail(void)
{
	osm_port_set_errno(OSM_ENOMEM);
	return NULL;
}

static void *arena_grow(struct osm_backend *self, void *end, size_t n, size_t *reach)
{
	struct osm_arena *arena = (struct osm_arena *)self;
	char *from = end ? end : arena->brk + (-(uintptr_t)arena->brk & (ALIGN - 1));

	if (!arena->start || (end && end != arena->brk) || from > arena->maps || n > (size_t)(arena->maps - from))
		return fail();
	if (!end)
		*reach = (size_t)(arena->maps - from);
	arena->brk = from + n;
	return from;
}

/* Take [at, at + n) out of the hole that *link leads to. */
static void *take_from_hole(struct hole **link, char *at, size_t n)
{
	struct hole *hole = *link;
	char *end = (char *)hole + hole->bytes;
	struct hole *rest = hole->next;

	if (at + n < end) {
		rest = (struct hole *)(void *)(at + n);
		*rest = (struct hole){hole->next, (size_t)(end - (at + n))};
	}
	if (at > (char *)hole) {
		hole->bytes = (size_t)(at - (char *)hole);
		hole->next = rest;
	} else {
		*link = rest;
	}
	return at;
}

static void *arena_map(struct osm_backend *self, size_t n, size_t align)
{
	struct osm_arena *arena = (struct osm_arena *)self;
	char *at;

	if (!arena->start || n > (size_t)(arena->end - arena->start))
		return fail();
	n = round_up(n, ALIGN);
	align = align < ALIGN ? ALIGN : align;
	for (struct hole **link = (struct hole **)&arena->holes; *link; link = &(*link)->next) {
		size_t pad = -(uintptr_t)*link & (align - 1);

		if (pad <= (*link)->bytes && n <= (*link)->bytes - pad)
			return take_from_hole(link, (char *)*link + pad, n);
	}
	if (n > (size_t)(arena->maps - arena->brk))
		return fail();
	at = arena->maps - n;
	if (((uintptr_t)at & (align - 1)) > (size_t)(at - arena->brk))
		return fail();
	at -= (uintptr_t)at & (align - 1);
	if (at + n < arena->maps) {
		struct hole *hole = (struct hole *)(void *)(at + n);

		*hole = (struct hole){arena->holes, (size_t)(arena->maps - (at + n))};
		arena->holes = hole;
	}
	arena->maps = at;
	return at;
}

static void arena_unmap(struct osm_backend *self, void *p, size_t n)
{
	struct osm_arena *arena = (struct osm_arena *)self;
	struct hole *hole = p, *before = NULL, *next = arena->holes;

	while (next && next < hole) {
		before = next;
		next = next->next;
	}
	*hole = (struct hole){next, round_up(n, ALIGN)};
	if (next && (char *)hole + hole->bytes == (char *)next)
		*hole = (struct hole){next->next, hole->bytes + next->bytes};
	if (before && (char *)before + before->bytes == (char *)hole)
		*before = (struct hole){hole->next, before->bytes + hole->bytes};
	else if (before)
		before->next = hole;
	else
		arena->holes = hole;
	if (arena->holes == (void *)arena->maps) {
		hole = arena->holes;
		arena->maps += hole->bytes;
		arena->holes = hole->next;
	}
}

/* Only the last region's bytes can be used again, and what padding a region behind it needed. */
static void arena_release(struct osm_backend *self, void *start, size_t n, size_t reach)
{
	struct osm_arena *arena = (struct osm_arena *)self;

	(void)reach;
	if ((size_t)(arena->brk - ((char *)start + n)) < ALIGN)
		arena->brk = start;
}

static bool arena_trim(struct osm_backend *self, void *end, size_t n)
{
	struct osm_arena *arena = (struct osm_arena *)self;

	if (end != arena->brk)
		return false;
	arena->brk -= n;
	return true;
}

#define ARENA_BACKEND                                                                                         \
	{                                                                                                         \
		.name = "arena", .summary = "memory that the program has: a static array, a file, a stack",           \
		.page_size = OSM_PAGE_SIZE, .promises = OSM_PROMISE_CONTIGUOUS, .grow = arena_grow, .map = arena_map, \
		.unmap = arena_unmap, .release = arena_release, .trim = arena_trim,                                   \
	}

struct osm_arena osm_arena = {.backend = ARENA_BACKEND};

void osm_arena_init(struct osm_arena *arena, void *memory, size_t n)
{
	size_t pad = -(uintptr_t)memory & (ALIGN - 1);

	*arena = (struct osm_arena){.backend = ARENA_BACKEND};
	if (n < pad + ALIGN)
		return;
	arena->start = arena->brk = (char *)memory + pad;
	arena->end = arena->maps = arena->start + (n - pad) / ALIGN * ALIGN;
}
