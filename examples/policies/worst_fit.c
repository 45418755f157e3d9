/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Worst fit: the largest free block that suffices; the lowest-addressed among equals.
 *
 * What is left of the largest block is most likely large enough to be useful; but the large blocks are the first to go.
 * Source: Wilson, Johnstone, Neely, Boles 1995, Dynamic Storage Allocation: A Survey and Critical Review, 3.5.
 */
//! [worst fit]
#include "policies/engine.h"

static struct block *worst_fit(struct engine *e, const struct request *want)
{
	const struct space *s = &e->index.space;
	struct walk walk = {.space = s, .fault = s->config->fault};
	struct block *worst = NULL;

	for (struct block *b; (b = walk_next(&walk)) != NULL;)
		if (block_is_free(s, b) && (!worst || block_size(s, b) > block_size(s, worst)) && block_place(s, b, want))
			worst = b;
	return walk.fault->kind == OSM_FAULT_NONE ? worst : NULL;
}

ENGINE_ALLOC(worst_fit)

OSM_DEFINE_POLICY(worst_fit) = {
	.name = ENGINE_NAME("worst-fit"),
	.summary = "the largest free block that suffices, the lowest-addressed among equals",
	.alloc = engine_alloc_worst_fit,
	ENGINE_SLOTS,
};
//! [worst fit]
