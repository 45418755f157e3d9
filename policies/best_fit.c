/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Best fit: the smallest free block that suffices; the lowest-addressed among equals.
 *
 * Wastes the least in each choice and leaves large blocks whole; the leftovers are the smallest that can be.
 * Source: Knuth 1973, The Art of Computer Programming, vol. 1, 2.5; ties after Johnstone and Wilson, ISMM 1998
 * ("address-ordered best fit").
 */
#define INDEX_FILE "policies/index_size.h"
#include "policies/engine.h"

static struct block *best_fit(struct engine *e, const struct request *want)
{
	return index_best(&e->index, want);
}

ENGINE_ALLOC(best_fit)

OSM_DEFINE_POLICY(best_fit) = {
	.name = ENGINE_NAME("best-fit"),
	.summary = "the smallest free block that suffices, the lowest-addressed among equals",
	.alloc = engine_alloc_best_fit,
	ENGINE_SLOTS,
};
