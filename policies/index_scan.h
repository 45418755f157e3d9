/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `scan` index: no index at all. A question walks the blocks, free and live, from the lowest address on.
 *
 * This is the textbook, and the specification of every faster index: O(blocks) a question, nothing to keep up to date,
 * not one byte of memory.
 */
#ifndef OSMEM_POLICIES_INDEX_SCAN_H
#define OSMEM_POLICIES_INDEX_SCAN_H

#include "policies/space.h"

struct index {
	struct space space;
};

/* A free block needs no room for the index. */
#define INDEX_GRANULE_MIN ((size_t)1)

/* What a search may take: all blocks. */
#define INDEX_STEPS_MAX SIZE_MAX

static inline size_t index_span_max(const struct space *s)
{
	(void)s;
	return SIZE_MAX;
}

static bool index_extend(struct index *x, struct osm_region *region, char *end)
{
	(void)x;
	(void)region;
	(void)end;
	return true;
}

static inline void index_insert(struct index *x, struct block *b, size_t bytes)
{
	(void)bytes;
	(void)x;
	(void)b;
}

static inline bool index_remove(struct index *x, struct block *b, size_t bytes)
{
	(void)bytes;
	(void)x;
	(void)b;
	return true;
}

/* The lowest-addressed free block at or after `from` that suffices; `from` NULL: of all. */
static inline struct block *index_first(struct index *x, const char *from, const struct request *want)
{
	struct space *s = &x->space;
	struct walk walk = {.space = s, .fault = x->space.config->fault};

	for (struct block *b; (b = walk_next(&walk)) != NULL; space_look(s, b))
		if (block_is_free(s, b) && (const char *)b >= from && block_place(s, b, want))
			return b;
	return NULL;
}

/* The smallest free block that suffices; the lowest-addressed among equals. */
static inline struct block *index_best(struct index *x, const struct request *want)
{
	struct space *s = &x->space;
	struct walk walk = {.space = s, .fault = x->space.config->fault};
	struct block *best = NULL;

	for (struct block *b; (b = walk_next(&walk)) != NULL; space_look(s, b))
		if (block_is_free(s, b) && (!best || block_bytes(s, b) < block_bytes(s, best)) && block_place(s, b, want))
			best = b;
	return walk.fault->kind == OSM_FAULT_NONE ? best : NULL;
}

static inline bool index_check(const struct index *x, size_t free_blocks, struct osm_fault *fault)
{
	(void)x;
	(void)free_blocks;
	(void)fault;
	return true;
}

static inline size_t index_metadata_bytes(const struct index *x)
{
	(void)x;
	return 0;
}

#endif
