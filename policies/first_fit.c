/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * First fit: the lowest-addressed free block that suffices.
 *
 * Fills memory from the bottom, so that the high end stays free; small leftovers gather at the low end.
 * Source: Knuth 1973, The Art of Computer Programming, vol. 1, 2.5, algorithm A.
 */
#define INDEX_FILE "policies/index_address.h"
#include "policies/engine.h"

static struct block *first_fit(struct engine *e, const struct request *want)
{
	return index_first(&e->index, NULL, want);
}

ENGINE_ALLOC(first_fit)

OSM_DEFINE_POLICY(first_fit) = {
	.name = ENGINE_NAME("first-fit"),
	.summary = "the lowest-addressed free block that suffices",
	.alloc = engine_alloc_first_fit,
	ENGINE_SLOTS,
};
