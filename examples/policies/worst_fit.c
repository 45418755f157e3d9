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
	const struct block *worst = NULL;

	for (struct osm_region *region = e->config->regions->first; region; region = region->next)
		for (const struct block *b = engine_step(e, region, NULL, e->config->fault); b;
		     b = engine_step(e, region, b, e->config->fault))
			if (block_is_free(b) && (!worst || block_size(b) > block_size(worst)) && block_place(e, b, want))
				worst = b;
	return e->config->fault->kind == OSM_FAULT_NONE ? (struct block *)worst : NULL;
}

ENGINE_ALLOC(worst_fit)

OSM_DEFINE_POLICY(worst_fit) = {
	.name = "worst-fit",
	.summary = "the largest free block that suffices, the lowest-addressed among equals",
	.alloc = engine_alloc_worst_fit,
	ENGINE_SLOTS,
};
//! [worst fit]
