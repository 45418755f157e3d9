/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Giving back: what the engine can spare at the end of the growable region, and what the last free left. Part of
 * engine.h.
 *
 *     | live | last, free ............................... | mark |
 *     | live | last, free | mark |                               the region's end came down
 *
 * The last block becomes shorter and never vanishes: the layout tag could not find the live block before it, which would
 * be the last one then.
 */
#ifndef OSMEM_POLICIES_ENGINE_TRIM_H
#define OSMEM_POLICIES_ENGINE_TRIM_H

static size_t engine_tail(const void *state)
{
	const struct engine *e = state;
	const struct space *s = &e->index.space;
	const struct osm_region *region = s->config->regions->growable;
	size_t least = s->least + REGION_MARK + s->granule;

	if (!e->last || !block_is_sound(s, e->last, region->top) || !block_is_free(s, e->last))
		return 0;
	return (size_t)(region->end - (char *)e->last) > least ? (size_t)(region->end - (char *)e->last) - least : 0;
}

static void engine_retract(void *state, struct osm_region *region, char *end)
{
	struct engine *e = state;
	struct space *s = &e->index.space;
	struct index *x = &e->index;
	char *top = region->top;

	if (!index_remove(x, e->last, block_bytes(s, e->last)))
		return;
	region->end = end;
	space_note_end(s, region);
	region->top = region_floor(&x->space, end);
	block_enlarge(s, e->last, region->top);
	if (e->rover == top)
		e->rover = region->top;
	index_insert(x, e->last, block_bytes(s, e->last));
}

static void *engine_freed(const void *state, size_t *size)
{
	const struct engine *e = state;
	const struct space *s = &e->index.space;

	*size = block_size(s, e->freed);
	return block_payload(e->freed);
}

#endif
