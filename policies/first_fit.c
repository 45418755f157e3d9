/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * First fit: the lowest-addressed free block that suffices.
 *
 * Fills memory from the bottom, so that the high end stays free; small leftovers gather at the low end.
 * Source: Knuth 1973, The Art of Computer Programming, vol. 1, 2.5, algorithm A.
 */
#include "policies/engine.h"

static struct block *first_fit(struct engine *e, const struct request *want)
{
	return index_first(e, NULL, want);
}

ENGINE_ALLOC(first_fit)

OSM_DEFINE_POLICY(first_fit) = {
	.name = "first-fit",
	.summary = "the lowest-addressed free block that suffices",
	.alloc = engine_alloc_first_fit,
	ENGINE_SLOTS,
};
