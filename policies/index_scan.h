/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `scan` index: no index at all. A question walks the blocks, free and live, from the lowest address on.
 *
 * This is the textbook, and the specification of every faster index: O(blocks) a question, nothing to keep up to date,
 * not one byte of memory.
 */
#ifndef OSMEM_POLICIES_INDEX_SCAN_H
#define OSMEM_POLICIES_INDEX_SCAN_H

static inline void index_insert(struct engine *e, struct block *b)
{
	(void)e;
	(void)b;
}

static inline void index_remove(struct engine *e, struct block *b)
{
	(void)e;
	(void)b;
}

static const struct block *engine_step(const struct engine *e, const struct osm_region *region, const struct block *prev,
                                       struct osm_fault *fault);

/* The lowest-addressed free block at or after `from` that suffices; `from` NULL: of all. */
static inline struct block *index_first(struct engine *e, const char *from, const struct request *want)
{
	for (struct osm_region *region = e->config->regions->first; region; region = region->next) {
		if (region->end <= from)
			continue;
		for (const struct block *b = engine_step(e, region, NULL, e->config->fault); b;
		     b = engine_step(e, region, b, e->config->fault))
			if (block_is_free(b) && (const char *)b >= from && block_place(e, b, want))
				return (struct block *)b;
		if (e->config->fault->kind != OSM_FAULT_NONE)
			return NULL;
	}
	return NULL;
}

/* The smallest free block that suffices; the lowest-addressed among equals. */
static inline struct block *index_best(struct engine *e, const struct request *want)
{
	const struct block *best = NULL;

	for (struct osm_region *region = e->config->regions->first; region; region = region->next)
		for (const struct block *b = engine_step(e, region, NULL, e->config->fault); b;
		     b = engine_step(e, region, b, e->config->fault))
			if (block_is_free(b) && (!best || block_size(b) < block_size(best)) && block_place(e, b, want))
				best = b;
	return e->config->fault->kind == OSM_FAULT_NONE ? (struct block *)best : NULL;
}

static inline bool index_check(const struct engine *e, size_t free_blocks, struct osm_fault *fault)
{
	(void)e;
	(void)free_blocks;
	(void)fault;
	return true;
}

static inline size_t index_metadata_bytes(const void *state)
{
	(void)state;
	return 0;
}

#endif
