/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `list` index: all free blocks in one list, the last in first. The textbook and the specification of policies whose
 * ties go to the block most recently freed, which a walk by address could not tell.
 *
 * O(free blocks) a question, O(1) to keep up; two words of payload in each free block.
 */
#ifndef OSMEM_POLICIES_INDEX_LIST_H
#define OSMEM_POLICIES_INDEX_LIST_H

#include "policies/bin_list.h"

#define INDEX_GRANULE_MIN LAYOUT_NODE_GRANULE

struct index {
	struct space space;
	struct bin all;
};

/* What a search may take: all free blocks. */
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
	struct space *s = &x->space;

	bin_insert(s, &x->all, b);
}

static inline bool index_remove(struct index *x, struct block *b, size_t bytes)
{
	(void)bytes;
	struct space *s = &x->space;

	return bin_remove(s, &x->all, b);
}

/* The smallest free block that suffices; the most recently freed among equals. */
static inline struct block *index_best(struct index *x, const struct request *want)
{
	struct space *s = &x->space;
	struct block *best = NULL;
	struct bin_walk walk;

	bin_walk_begin(&walk, &x->all);
	for (struct block *b; (b = bin_walk_next(s, &walk, NULL)) != NULL;) {
		OSM_LOOKED_AT(b);
		if ((!best || block_bytes(s, b) < block_bytes(s, best)) && block_place(s, b, want))
			best = b;
	}
	return best;
}

static bool index_check(const struct index *x, size_t free_blocks, struct osm_fault *fault)
{
	struct osm_policy_config config = *x->space.config; /* so that what is met is told here */
	struct space uncounted = x->space;
	struct bin_walk walk;
	size_t listed = 0;

	config.fault = fault;
	uncounted.config = &config;
	bin_walk_begin(&walk, &x->all);
	while (bin_walk_next(&uncounted, &walk, NULL))
		listed++;
	if (fault->kind != OSM_FAULT_NONE)
		return false;
	return listed == free_blocks || osm_bug(fault, NULL, "the index does not hold each free block once");
}

static inline size_t index_metadata_bytes(const struct index *x)
{
	(void)x;
	return 0;
}

#endif
