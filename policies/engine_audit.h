/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an engine knows to be true: whose a pointer is, the walk over all blocks, the check of every invariant, damage.
 * Part of engine.h.
 */
#ifndef OSMEM_POLICIES_ENGINE_AUDIT_H
#define OSMEM_POLICIES_ENGINE_AUDIT_H

/* The debug profile holds every search to its bound, which is one for each region; an alignment beyond the granule may
 * take one search a block. */
#ifdef OSM_DEBUG
static inline void engine_hold_to_bound(const struct engine *e, const struct request *want, size_t steps)
{
	const struct osm_policy_config *config = e->index.space.config;
	size_t regions = 1;

	for (const struct osm_region *region = config->regions->first; region; region = region->next)
		regions++;
	if (want->align <= e->index.space.granule && steps / regions > INDEX_STEPS_MAX)
		osm_bug(config->fault, NULL, "a search took more steps than its bound");
}
#else
static inline void engine_hold_to_bound(const struct engine *e, const struct request *want, size_t steps)
{
	(void)e;
	(void)want;
	(void)steps;
}
#endif

/* Is what the index chose a free block as its header says? An overrun may have changed that since it was filed. */
static inline bool engine_choice_is_sound(const struct engine *e, const struct block *b)
{
	const struct space *s = &e->index.space;
	const struct osm_region *region = region_of(s, b);

	if (s->config->fault->kind != OSM_FAULT_NONE)
		return false;
	return (region && block_is_sound(s, b, region->top) && block_is_free(s, b)) ||
	       space_damage(s, b, "its header was overwritten, perhaps by an overrun of the block before");
}

/* Are b and the blocks on both sides of it what their headers say? */
static inline bool engine_neighbours_are_sound(const struct engine *e, const struct block *b)
{
	const struct space *s = &e->index.space;
	const struct osm_region *region = region_of(s, b);
	const struct block *next, *prev;

	if (!block_is_sound(s, b, region->top))
		return space_damage(s, b, "its header was overwritten");
	next = block_end(s, b) < region->top ? (const struct block *)(const void *)block_end(s, b) : NULL;
	if (next && (!block_is_sound(s, next, region->top) || !block_agrees(s, b, next)))
		return space_damage(s, next, "its header was overwritten, perhaps by an overrun of the block before");
	if (!owner_agrees(s, region, b, next && !block_is_free(s, next) ? next : NULL))
		return space_damage(s, b, "its header was overwritten");
	prev = block_prev_if_free(s, b);
	if (prev &&
	    (prev < region_first(s, region) || prev > b || ((uintptr_t)b - (uintptr_t)prev) % s->granule != 0 ||
	     !block_is_sound(s, prev, (const char *)b) || block_end(s, prev) != (const char *)b || !block_is_free(s, prev)))
		return space_damage(s, b, "the block before it does not end here");
	return true;
}

static bool engine_owns(const void *state, const void *p)
{
	const struct engine *e = state;
	const struct space *s = &e->index.space;
	const struct osm_region *region = region_of(s, p);

	return region && (uintptr_t)p % s->granule == 0 && block_of(p) >= region_first(s, region) &&
	       (const char *)p < region->top && owner_has(s, region, p);
}

static bool engine_walk(const void *state, osm_visit *visit, void *context)
{
	const struct engine *e = state;
	const struct space *s = &e->index.space;
	struct osm_fault fault = {0};
	struct walk walk = {.space = s, .fault = &fault};

	for (const struct block *b; (b = walk_next(&walk)) != NULL;) {
		struct osm_block seen = {.payload = block_payload(b),
		                         .size = block_size(s, b),
		                         .header_bytes = BLOCK_HEADER,
		                         .free = block_is_free(s, b)};

		if (!visit(&seen, context))
			return false;
	}
	return fault.kind == OSM_FAULT_NONE;
}

/* Check the blocks of one region and count the free ones. */
static bool engine_check_region(const struct engine *e, const struct osm_region *region, size_t *free_blocks,
                                struct osm_fault *fault)
{
	const struct space *s = &e->index.space;
	bool rover_is_inside = e->rover > region->start && e->rover < region->top;
	const struct block *prev = NULL;

	for (const struct block *b; (b = block_step(s, region, prev, fault)) != NULL; prev = b) {
		*free_blocks += block_is_free(s, b);
		rover_is_inside = rover_is_inside && e->rover != (const char *)b && e->rover != block_end(s, b);
		if (prev && block_is_free(s, prev) && block_is_free(s, b))
			return osm_bug(fault, block_payload(b), "two free blocks were not merged");
	}
	if (fault->kind != OSM_FAULT_NONE)
		return false;
	if (rover_is_inside)
		return osm_bug(fault, e->rover, "the rover points into a block");
	if (region == s->config->regions->growable && prev != e->last)
		return osm_bug(fault, prev, "the last block is not the one on record");
	return true;
}

static bool engine_check(const void *state, struct osm_fault *fault)
{
	const struct engine *e = state;
	size_t free_blocks = 0;

	fault->kind = OSM_FAULT_NONE;
	for (const struct osm_region *region = e->index.space.config->regions->first; region; region = region->next)
		if (!engine_check_region(e, region, &free_blocks, fault))
			return false;
	return index_check(&e->index, free_blocks, fault);
}

#endif
