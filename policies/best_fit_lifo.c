/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Best fit, lifo: the smallest free block that suffices; the most recently freed among equals.
 *
 * Fits as well as best fit, and is faster: a list instead of a tree for each size, and the block it takes is likely to
 * be in the cache still. "Freed" means entered into the free index: by a free, a merge or as what a split left over.
 * Source: Knuth 1973, The Art of Computer Programming, vol. 1, 2.5; ties after Johnstone and Wilson, ISMM 1998 ("LIFO
 * best fit").
 */
#define INDEX_FILE "policies/index_size.h"
#define INDEX_BIN_FILE "policies/bin_list.h"
#define INDEX_SCAN_FILE "policies/index_list.h"
#include "policies/engine.h"

static struct block *best_fit_lifo(struct engine *e, const struct request *want)
{
	return index_best(&e->index, want);
}

ENGINE_ALLOC(best_fit_lifo)

OSM_DEFINE_POLICY(best_fit_lifo) = {
	.name = ENGINE_NAME("best-fit-lifo"),
	.summary = "the smallest free block that suffices, the most recently freed among equals",
	.alloc = engine_alloc_best_fit_lifo,
	ENGINE_SLOTS,
};
